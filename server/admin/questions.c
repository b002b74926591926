#include "admin/questions.h"

#include <stdlib.h>
#include <string.h>

#include "backup/backup.h"
#include "base/check.h"
#include "read/activities.h"
#include "read/decisions.h"
#include "read/export.h"
#include "read/flagged.h"
#include "read/followup_lists.h"
#include "read/joins.h"
#include "read/lists.h"
#include "read/progress.h"
#include "read/summary.h"
#include "read/verify.h"
#include "read/verify_receipt.h"

struct admin_job {
    size_t question; // index in the table
    char *argument;  // NULL where none was given
    json_t *arguments; // all of them, for questions that take several
    int64_t now_s;
    char *directory;   // the data directory
    const struct clock *clock;
    const struct rng *rng;
    struct fault fault;
};

struct asked {
    struct admin_job *job;
    struct store *store;
    const struct catalogue *catalogue;
    const struct read_rows *rows;
    json_t *last; // the last line's object; "ok" is added
};

static enum rond_err ask_progress(struct asked *asked) {
    json_t *progress;
    enum rond_err err = read_progress(asked->store, asked->catalogue, asked->job->argument, asked->job->now_s, &progress);
    if (err == ROND_ENOTFOUND) {
        return fault_set(&asked->job->fault, err, 0, "area", "There is no area '%s'.", asked->job->argument);
    }
    if (err == ROND_OK) {
        json_decref(asked->last);
        asked->last = progress;
    }
    return err;
}

static enum rond_err no_commitment(struct asked *asked, const char *path) {
    return fault_set(&asked->job->fault, ROND_ENOTFOUND, 0, "commitment",
                     "There is no commitment '%s'; 'rondctl progress' lists them as PROMISE/COMMITMENT.", path);
}

static enum rond_err ask_why(struct asked *asked) {
    const char *path = asked->job->argument == NULL ? "" : asked->job->argument;
    enum rond_err err = read_why(asked->store, asked->catalogue, path, asked->rows);
    return err != ROND_ENOTFOUND ? err : no_commitment(asked, path);
}

static enum rond_err ask_commitment(struct asked *asked) {
    const char *path = asked->job->argument == NULL ? "" : asked->job->argument;
    json_t *commitment;
    enum rond_err err = read_progress_of(asked->store, asked->catalogue, path, asked->job->now_s, &commitment);
    if (err == ROND_ENOTFOUND) {
        return no_commitment(asked, path);
    }
    if (err == ROND_OK) {
        json_decref(asked->last);
        asked->last = commitment;
    }
    return err;
}

static enum rond_err ask_promises(struct asked *asked) {
    return read_promises(asked->store, asked->job->argument, asked->rows);
}

static enum rond_err ask_promise_versions(struct asked *asked) {
    const char *which = asked->job->argument == NULL ? "" : asked->job->argument;
    enum rond_err err = read_promise_versions(asked->store, which, asked->rows);
    return err != ROND_ENOTFOUND ? err
                                 : fault_set(&asked->job->fault, err, 0, "promise",
                                             "There is no promise '%s', or no such version; see 'rondctl promise list'.", which);
}

static enum rond_err ask_devices(struct asked *asked) {
    return read_devices(asked->store, asked->rows);
}

static enum rond_err ask_outboxes(struct asked *asked) {
    return read_outboxes(asked->store, NULL, asked->rows);
}

static enum rond_err ask_quarantine(struct asked *asked) {
    bool all = asked->job->argument != NULL && strcmp(asked->job->argument, "all") == 0;
    return read_quarantine(asked->store, all, asked->rows);
}

static enum rond_err ask_flagged(struct asked *asked) {
    return read_flagged(asked->store, asked->rows);
}

static enum rond_err ask_joins(struct asked *asked) {
    const json_t *request = asked->job->arguments;
    const struct joins_wanted wanted = {.area = asked->job->argument,
                                        .since = json_string_value(json_object_get(request, "since")),
                                        .until = json_string_value(json_object_get(request, "until")),
                                        .now_s = asked->job->now_s};
    bool more = false;
    enum rond_err err = read_joins(asked->store, asked->catalogue, &wanted, asked->rows, &more, &asked->job->fault);
    return err == ROND_OK && !read_add(asked->last, "more", json_boolean(more)) ? ROND_ENOMEM : err;
}

static enum rond_err ask_decisions(struct asked *asked) {
    return read_decisions(asked->store, asked->rows);
}

static enum rond_err ask_undecided(struct asked *asked) {
    return read_undecided(asked->store, asked->catalogue, asked->rows);
}

static enum rond_err ask_activities(struct asked *asked) {
    enum rond_err err = read_activities(asked->store, asked->catalogue, asked->job->argument, asked->rows);
    return err != ROND_ENOTFOUND ? err : fault_set(&asked->job->fault, err, 0, "area", "There is no area '%s'.", asked->job->argument);
}

static enum rond_err ask_summary(struct asked *asked) {
    const json_t *request = asked->job->arguments;
    const char *organisation = asked->job->argument == NULL ? "" : asked->job->argument;
    return read_summary(asked->store, asked->catalogue, organisation, json_string_value(json_object_get(request, "area")),
                        json_string_value(json_object_get(request, "week")), asked->job->now_s, asked->rows, &asked->job->fault);
}

static enum rond_err ask_words(struct asked *asked) {
    return read_words(asked->store, asked->job->argument, asked->rows);
}

static enum rond_err ask_counts(struct asked *asked) {
    json_t *counts;
    enum rond_err err = read_counts(asked->store, &counts);
    if (err == ROND_OK) {
        json_decref(asked->last);
        asked->last = counts;
    }
    return err;
}

// A running server answers this by itself, before it comes here.
static enum rond_err ask_health(struct asked *asked) {
    return json_object_set_new(asked->last, "alive", json_false()) == 0 ? ROND_OK : ROND_ENOMEM;
}

static enum rond_err ask_forks(struct asked *asked) {
    return read_forks(asked->store, asked->rows);
}

static enum rond_err ask_audit(struct asked *asked) {
    return read_audit(asked->store, asked->rows);
}

static enum rond_err ask_export(struct asked *asked) {
    return read_export(asked->store, asked->rows);
}

static enum rond_err ask_verify(struct asked *asked) {
    json_t *summary;
    enum rond_err err = read_verify(asked->store, asked->catalogue, asked->rows, &summary);
    if (err == ROND_OK) {
        json_decref(asked->last);
        asked->last = summary;
    }
    return err;
}

// --- Follow-ups ---

static const char *argument_of(const struct asked *asked, const char *name) {
    const char *text = json_string_value(json_object_get(asked->job->arguments, name));
    return text == NULL ? "" : text;
}

static enum rond_err ask_followups(struct asked *asked) {
    return read_followups(asked->store, asked->job->argument, asked->rows);
}

static enum rond_err ask_followup(struct asked *asked) {
    json_int_t version = json_integer_value(json_object_get(asked->job->arguments, "version"));
    return read_followup(asked->store, argument_of(asked, "promise"), argument_of(asked, "period"),
                         version < 0 || version > UINT32_MAX ? UINT32_MAX : (uint32_t)version, asked->rows, &asked->job->fault);
}

static enum rond_err ask_followup_diff(struct asked *asked) {
    json_t *difference;
    enum rond_err err = read_followup_diff(asked->store, asked->catalogue, argument_of(asked, "promise"),
                                           argument_of(asked, "period"), asked->job->now_s, &difference, &asked->job->fault);
    if (err == ROND_OK) {
        json_decref(asked->last);
        asked->last = difference;
    }
    return err;
}

static enum rond_err ask_followup_export(struct asked *asked) {
    return read_followup_export(asked->store, asked->rows);
}

static enum rond_err ask_followup_keys(struct asked *asked) {
    return read_followup_keys(asked->store, asked->rows);
}

// --- Backup ---

enum { PROGRESS_MS = 250 };

struct backup_asked {
    struct asked *asked;
    int64_t told_ms; // monotonic; 0: nothing yet
};

// An asker who has left gives the backup up: nobody would learn of it.
static enum rond_err tell_backup(void *context, enum backup_stage stage, uint64_t bytes, uint64_t of) {
    struct backup_asked *backup = context;
    int64_t now_ms = clock_monotonic_ms(backup->asked->job->clock);
    if (backup->told_ms != 0 && now_ms - backup->told_ms < PROGRESS_MS && stage == BACKUP_COPYING) {
        return ROND_OK;
    }
    backup->told_ms = now_ms;
    return read_rows_give(backup->asked->rows, json_pack("{s:{s:s,s:I,s:I}}", "progress", "doing", backup_stage_name(stage), "rows",
                                                         (json_int_t)bytes, "of", (json_int_t)of));
}

static json_t *backup_json(const struct manifest *manifest, const char *destination) {
    char store_id[2 * ID_SIZE + 1];
    uint64_t bytes = 0;
    for (size_t i = 0; i < manifest->files_count; i++) {
        bytes += manifest->files[i].stamp.bytes;
    }
    hex_encode(bytes_of(manifest->store.store_id.b, ID_SIZE), store_id);
    return json_pack("{s:s,s:I,s:I,s:I,s:s,s:I,s:I,s:I}", "backup", destination, "bytes", (json_int_t)bytes, "taken_ms",
                     (json_int_t)manifest->taken_ms, "took_ms", (json_int_t)manifest->took_ms, "store_id", store_id, "epoch",
                     (json_int_t)manifest->store.epoch, "reports", (json_int_t)manifest->reports, "received",
                     (json_int_t)manifest->received);
}

static enum rond_err ask_backup(struct asked *asked) {
    struct backup_asked backup = {.asked = asked};
    const struct backup_config config = {.data_dir = asked->job->directory,
                                         .destination = argument_of(asked, "destination"),
                                         .clock = asked->job->clock,
                                         .rng = asked->job->rng,
                                         .went_on = tell_backup,
                                         .context = &backup};
    struct manifest manifest;
    enum rond_err err = backup_make(asked->store, &config, &manifest, &asked->job->fault);
    if (err == ROND_OK) {
        json_decref(asked->last);
        asked->last = backup_json(&manifest, config.destination);
    }
    return err == ROND_OK && asked->last == NULL ? ROND_ENOMEM : err;
}

static enum rond_err ask_verify_receipt(struct asked *asked) {
    json_t *summary;
    enum rond_err err = read_verify_receipt(asked->store, json_object_get(asked->job->arguments, "receipt"), asked->rows, &summary,
                                            &asked->job->fault);
    if (err == ROND_OK) {
        json_decref(asked->last);
        asked->last = summary;
    }
    return err;
}

static const struct {
    const char *name;
    const char *argument; // its name in the request; NULL where it takes none
    enum rond_err (*ask)(struct asked *asked);
    bool follows; // asked only behind the change that has noted it
} questions[] = {
    {"progress", "area", ask_progress},
    {"progress.commitment", "commitment", ask_commitment},
    {"progress.why", "commitment", ask_why},
    {"promise.list", "area", ask_promises},
    {"promise.versions", "promise", ask_promise_versions},
    {"device.list", NULL, ask_devices},
    {"outbox.list", NULL, ask_outboxes},
    {"quarantine.list", "which", ask_quarantine},
    {"report.flagged", NULL, ask_flagged},
    {"report.undecided", NULL, ask_undecided},
    {"join.list", "area", ask_joins},
    {"join.log", NULL, ask_decisions},
    {"activity.list", "area", ask_activities},
    {"summary", "organisation", ask_summary},
    {"words", "list", ask_words},
    {"counts", NULL, ask_counts},
    {"health", NULL, ask_health},
    {"fork.list", NULL, ask_forks},
    {"audit", NULL, ask_audit},
    {"export", NULL, ask_export},
    {"verify", NULL, ask_verify},
    {"verify.receipt", NULL, ask_verify_receipt},
    {"followup.list", "promise", ask_followups},
    {"followup.show", NULL, ask_followup},
    {"followup.diff", NULL, ask_followup_diff},
    {"followup.export", NULL, ask_followup_export},
    {"followup.keys", NULL, ask_followup_keys},
    {"backup", NULL, ask_backup, true},
};

enum rond_err question_prepare(const char *name, bool follows, json_t *arguments, const struct admin_context *context,
                               struct admin_job **ret_job, struct fault *fault) {
    for (size_t i = 0; i < ARRAY_COUNT(questions); i++) {
        if (questions[i].follows != follows || strcmp(questions[i].name, name) != 0) {
            continue;
        }
        struct admin_job *job = calloc(1, sizeof *job);
        if (job == NULL) {
            return ROND_ENOMEM;
        }
        const char *argument = questions[i].argument == NULL ? NULL : json_string_value(json_object_get(arguments, questions[i].argument));
        job->question = i;
        job->now_s = clock_wall_ms(context->clock) / 1000;
        job->clock = context->clock;
        job->rng = context->rng;
        job->directory = strdup(context->directory == NULL ? "" : context->directory);
        job->arguments = json_deep_copy(arguments);
        job->argument = argument == NULL ? NULL : strdup(argument);
        if (job->arguments == NULL || job->directory == NULL || (argument != NULL && job->argument == NULL)) {
            admin_job_destroy(job);
            return ROND_ENOMEM;
        }
        *ret_job = job;
        return ROND_OK;
    }
    return fault_set(fault, ROND_EINVALID, 0, "command", "There is no command '%.60s'.", name);
}

static enum rond_err write_object(const struct admin_out *out, json_t *object) {
    char *text = json_dumps(object, JSON_COMPACT);
    if (text == NULL) {
        return ROND_ENOMEM;
    }
    enum rond_err err = out->write(out->context, bytes_of_text(text));
    free(text);
    return err == ROND_OK ? out->write(out->context, bytes_of_text("\n")) : err;
}

static enum rond_err write_row(void *context, json_t *row) {
    return write_object(context, row);
}

enum rond_err admin_read(struct admin_job *job, struct store *read_only, const struct catalogue *catalogue,
                         const struct admin_out *out) {
    const struct read_rows rows = {.row = write_row, .context = (void *)(uintptr_t)out};
    struct asked asked = {.job = job, .store = read_only, .catalogue = catalogue, .rows = &rows, .last = json_object()};
    enum rond_err err = questions[job->question].ask(&asked);
    if (err == ROND_OK) {
        err = json_object_set_new(asked.last, "ok", json_true()) == 0 ? write_object(out, asked.last) : ROND_ENOMEM;
    } else {
        err = admin_refuse(err, &job->fault, out);
    }
    json_decref(asked.last);
    return err;
}

void admin_job_destroy(struct admin_job *job) {
    if (job != NULL) {
        free(job->argument);
        free(job->directory);
        json_decref(job->arguments);
        free(job);
    }
}
