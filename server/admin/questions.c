#include "admin/questions.h"

#include <stdlib.h>
#include <string.h>

#include "admin/inner.h"
#include "admin/right.h"
#include "auth/receipt_signer.h"
#include "base/check.h"
#include "base/sha256.h"
#include "read/activities.h"
#include "read/audit.h"
#include "read/course.h"
#include "read/decisions.h"
#include "read/devices.h"
#include "read/disclosure_lists.h"
#include "read/export.h"
#include "read/flagged.h"
#include "read/followup_lists.h"
#include "read/joins.h"
#include "read/lists.h"
#include "read/map_reports.h"
#include "read/people.h"
#include "read/presence.h"
#include "read/progress.h"
#include "read/promise_check.h"
#include "read/promise_preview.h"
#include "read/promise_show.h"
#include "read/public_record.h"
#include "read/retention.h"
#include "read/sessions.h"
#include "read/summary.h"
#include "read/trace.h"
#include "read/unsafe_places.h"
#include "read/verify.h"
#include "read/verify_receipt.h"
#include "read/walks.h"
#include "wire/receipt_key.h"

enum { RIGHT_ARENA_BYTES_MAX = 4 * 1024 * 1024 };

struct admin_job {
    size_t question;   // index in the table
    char *argument;    // NULL where none was given
    char *directory;   // of the data; NULL: not known
    json_t *arguments; // all of them, for questions that take several
    int64_t now_s;
    int64_t session_idle_ms, session_age_ms;
    struct admin_page page;
    struct right *right; // what the person may who asks; NULL: everything
    struct arena arena;  // where it lives
    const struct clock *clock;
    struct fault fault;
};

struct asked {
    struct admin_job *job;
    struct store *store;
    const struct catalogue *catalogue;
    const struct read_rows *rows;
    json_t *last;     // the last line's object; "ok" is added
    uint64_t stopped; // the row after which to go on, where a part ended before its rows were full; 0: it did not
};

// The last line; as it was where there is an error.
static enum rond_err answer_take(struct asked *asked, enum rond_err err, json_t *take_last) {
    if (err == ROND_OK) {
        json_decref(asked->last);
        asked->last = take_last;
    }
    return err;
}

static enum rond_err ask_progress(struct asked *asked) {
    json_t *progress = NULL;
    enum rond_err err = read_progress(asked->store, asked->catalogue, asked->job->argument, asked->job->now_s, &progress);
    if (err == ROND_ENOTFOUND) {
        return fault_both(&asked->job->fault, err, 0, "area", "There is no area '%s'.", "Området ”%s” finns inte.",
                          asked->job->argument);
    }
    return answer_take(asked, err, progress);
}

static bool is_newest_first(const struct asked *asked) {
    const char *order = json_string_value(json_object_get(asked->job->arguments, "order"));
    return order != NULL && strcmp(order, "newest") == 0;
}

static enum rond_err no_commitment(struct asked *asked, const char *path) {
    return fault_both(&asked->job->fault, ROND_ENOTFOUND, 0, "commitment",
                      "There is no commitment '%s'; 'rondctl progress' lists them as PROMISE/COMMITMENT.",
                      "Åtagandet ”%s” finns inte.", path);
}

static const char *argument_of(const struct asked *asked, const char *name) {
    const char *text = json_string_value(json_object_get(asked->job->arguments, name));
    return text == NULL ? "" : text;
}

static enum rond_err ask_why(struct asked *asked) {
    const char *path = asked->job->argument == NULL ? "" : asked->job->argument;
    const char *which = json_string_value(json_object_get(asked->job->arguments, "which"));
    struct why_wanted wanted = {.path = path,
                                .after = asked->job->page.after,
                                .newest_first = is_newest_first(asked),
                                .part = {.period = argument_of(asked, "period"),
                                         .place = argument_of(asked, "place"),
                                         .from = argument_of(asked, "from"),
                                         .to = argument_of(asked, "to"),
                                         .weekday = argument_of(asked, "weekday"),
                                         .hour = argument_of(asked, "hour")}};
    size_t limit = asked->job->page.limit;
    wanted.looks = limit == 0 ? 0 : limit > WHY_LOOKS ? limit : WHY_LOOKS;
    if (which != NULL && !why_which_parse(which, &wanted.which)) {
        return fault_both(&asked->job->fault, ROND_EINVALID, 0, "which", "Say all, counted, not_counted or late.",
                          "Ange all (alla), counted (räknade), not_counted (räknas inte) eller late (sena).");
    }
    enum rond_err err =
        read_why_part(asked->store, asked->catalogue, &wanted, asked->rows, &asked->stopped, &asked->job->fault);
    return err != ROND_ENOTFOUND ? err : no_commitment(asked, path);
}

static enum rond_err ask_course(struct asked *asked) {
    const char *path = asked->job->argument == NULL ? "" : asked->job->argument;
    json_t *course = NULL;
    enum rond_err err = read_course(asked->store, asked->catalogue, path, asked->job->now_s, &course);
    if (err == ROND_ENOTFOUND) {
        return no_commitment(asked, path);
    }
    return answer_take(asked, err, course);
}

static enum rond_err ask_presence(struct asked *asked) {
    const json_t *request = asked->job->arguments;
    const struct presence_wanted wanted = {.area = asked->job->argument,
                                           .from = json_string_value(json_object_get(request, "from")),
                                           .to = json_string_value(json_object_get(request, "to")),
                                           .now_s = asked->job->now_s};
    json_t *presence = NULL;
    enum rond_err err = read_presence(asked->store, asked->catalogue, &wanted, &presence, &asked->job->fault);
    return answer_take(asked, err, presence);
}

static bool may_see_area(const void *context, const char *area) {
    return right_reaches(context, area);
}

static bool map_shows(const void *context, const char *organisation, const char *area, const char *kind) {
    return right_sees(context, organisation, area, kind);
}

static struct map_wanted map_wanted_of(const struct asked *asked) {
    const json_t *request = asked->job->arguments;
    return (struct map_wanted){.area = asked->job->argument,
                               .from = json_string_value(json_object_get(request, "from")),
                               .to = json_string_value(json_object_get(request, "to")),
                               .kind = json_string_value(json_object_get(request, "kind")),
                               .organisation = json_string_value(json_object_get(request, "organisation")),
                               .may_see = asked->job->right == NULL ? NULL : may_see_area,
                               .shows = asked->job->right == NULL ? NULL : map_shows,
                               .context = asked->job->right};
}

static enum rond_err ask_map(struct asked *asked) {
    const struct map_wanted wanted = map_wanted_of(asked);
    return read_map(asked->store, asked->catalogue, &wanted, asked->rows, &asked->job->fault);
}

static enum rond_err ask_map_reports(struct asked *asked) {
    const json_t *request = asked->job->arguments;
    const struct map_reports_wanted wanted = {.of = map_wanted_of(asked),
                                              .place = json_string_value(json_object_get(request, "place")),
                                              .latitude_e6 = json_integer_value(json_object_get(request, "latitude_e6")),
                                              .longitude_e6 = json_integer_value(json_object_get(request, "longitude_e6")),
                                              .square_m = json_integer_value(json_object_get(request, "square_m")),
                                              .after = asked->job->page.after};
    return read_map_reports(asked->store, asked->catalogue, &wanted, asked->rows, &asked->job->fault);
}

static struct walks_wanted walks_of(const struct asked *asked, enum walks_which which) {
    return (struct walks_wanted){.area = asked->job->argument,
                                 .which = which,
                                 .now_s = asked->job->now_s,
                                 .after = asked->job->page.after,
                                 .is_part = asked->job->page.limit != 0,
                                 .may_see = asked->job->right == NULL ? NULL : may_see_area,
                                 .context = asked->job->right};
}

static enum rond_err area_answer(struct asked *asked, enum rond_err err) {
    return err != ROND_ENOTFOUND ? err
                                 : fault_both(&asked->job->fault, err, 0, "area", "There is no area '%s'.",
                                              "Området ”%s” finns inte.", asked->job->argument);
}

static enum rond_err ask_unsafe_places(struct asked *asked) {
    const struct walks_wanted wanted = walks_of(asked, WALKS_OPEN);
    return area_answer(asked, read_unsafe_places(asked->store, asked->catalogue, &wanted, asked->rows, &asked->stopped));
}

// Of the key that signs receipts. False where there is none.
static bool receipt_key_of(const struct admin_job *job, struct hash256 *ret_hash) {
    struct buffer certificate;
    buffer_init(&certificate, RECEIPT_CERTIFICATE_SIZE_MAX);
    bool is_there = job->directory != NULL && receipt_certificate_read(job->directory, &certificate) == ROND_OK;
    if (is_there) {
        sha256_of(buffer_bytes(&certificate), ret_hash);
    }
    buffer_deinit(&certificate);
    return is_there;
}

static enum rond_err ask_trace(struct asked *asked) {
    const char *reference = asked->job->argument == NULL ? "" : asked->job->argument;
    struct stored_report report;
    struct hash256 key;
    bool has_key = receipt_key_of(asked->job, &key);
    json_t *trace = NULL;
    enum rond_err err = read_begin(asked->store);
    if (err != ROND_OK) {
        return err;
    }
    err = find_report(asked->store, reference, &asked->job->arena, &report, &asked->job->fault);
    if (err == ROND_OK) {
        err = read_trace(asked->store, asked->catalogue, &report, has_key ? &key : NULL, &trace);
    }
    read_end(asked->store);
    return answer_take(asked, err, trace);
}

static enum rond_err ask_commitment(struct asked *asked) {
    const char *path = asked->job->argument == NULL ? "" : asked->job->argument;
    json_t *commitment = NULL;
    enum rond_err err = read_progress_of(asked->store, asked->catalogue, path, asked->job->now_s, &commitment);
    if (err == ROND_ENOTFOUND) {
        return no_commitment(asked, path);
    }
    return answer_take(asked, err, commitment);
}

static enum rond_err ask_promises(struct asked *asked) {
    return read_promises(asked->store, asked->job->argument, asked->rows);
}

static enum rond_err ask_promise_check(struct asked *asked) {
    return read_promise_check(asked->catalogue, asked->job->arguments, asked->rows, &asked->last, &asked->job->fault);
}

static struct promise_wanted promise_wanted_of(const struct asked *asked) {
    const char *promise = json_string_value(json_object_get(asked->job->arguments, "promise"));
    json_int_t version = json_integer_value(json_object_get(asked->job->arguments, "version"));
    return (struct promise_wanted){promise == NULL ? "" : promise,
                                   version < 0 || version > UINT32_MAX ? UINT32_MAX : (uint32_t)version};
}

static enum rond_err promise_answer(struct asked *asked, enum rond_err err, json_t *answer) {
    if (err == ROND_ENOTFOUND) {
        return fault_both(&asked->job->fault, err, 0, "promise",
                          "There is no such promise, or no such version; see 'rondctl promise list'.",
                          "Löftet eller versionen finns inte.");
    }
    return answer_take(asked, err, answer);
}

static enum rond_err ask_promise(struct asked *asked) {
    struct promise_wanted wanted = promise_wanted_of(asked);
    json_t *promise = NULL;
    enum rond_err err = read_promise(asked->store, &wanted, &promise);
    return promise_answer(asked, err, promise);
}

static enum rond_err ask_promise_file(struct asked *asked) {
    struct promise_wanted wanted = promise_wanted_of(asked);
    json_t *file = NULL;
    enum rond_err err = read_promise_file(asked->store, asked->catalogue, &wanted, &file);
    return promise_answer(asked, err, file);
}

static enum rond_err ask_promise_preview(struct asked *asked) {
    return read_promise_preview(asked->store, asked->catalogue, asked->job->arguments, asked->job->now_s, asked->last,
                                &asked->job->fault);
}

static enum rond_err ask_promise_versions(struct asked *asked) {
    const char *which = asked->job->argument == NULL ? "" : asked->job->argument;
    enum rond_err err = read_promise_versions(asked->store, which, asked->rows);
    return err != ROND_ENOTFOUND ? err
                                 : fault_both(&asked->job->fault, err, 0, "promise",
                                              "There is no promise '%s', or no such version; see 'rondctl promise list'.",
                                              "Löftet ”%s” eller versionen finns inte.", which);
}

static enum rond_err ask_devices(struct asked *asked) {
    return read_devices(asked->store, asked->job->now_s * 1000, asked->rows);
}

static enum rond_err ask_waiting(struct asked *asked) {
    return read_devices_waiting(asked->store, clock_wall_ms(asked->job->clock), asked->rows);
}

static enum rond_err ask_outboxes(struct asked *asked) {
    return read_outboxes(asked->store, NULL, asked->rows);
}

static enum rond_err ask_quarantine(struct asked *asked) {
    bool all = asked->job->argument != NULL && strcmp(asked->job->argument, "all") == 0;
    return read_quarantine(asked->store, all, asked->job->page.after, asked->rows);
}

static enum rond_err ask_flagged(struct asked *asked) {
    return read_flagged(asked->store, asked->rows);
}

static enum rond_err ask_joins(struct asked *asked) {
    const json_t *request = asked->job->arguments;
    const struct joins_wanted wanted = {.area = asked->job->argument,
                                        .since = json_string_value(json_object_get(request, "since")),
                                        .until = json_string_value(json_object_get(request, "until")),
                                        .now_s = asked->job->now_s,
                                        .may_see = asked->job->right == NULL ? NULL : may_see_area,
                                        .context = asked->job->right};
    bool more = false;
    enum rond_err err = read_joins(asked->store, asked->catalogue, &wanted, asked->rows, &more, &asked->job->fault);
    return err == ROND_OK && !read_add(asked->last, "more", json_boolean(more)) ? ROND_ENOMEM : err;
}

static enum rond_err ask_decisions(struct asked *asked) {
    return read_decisions(asked->store, asked->job->page.after, is_newest_first(asked), asked->rows);
}

static enum rond_err ask_undecided(struct asked *asked) {
    return read_undecided(asked->store, asked->catalogue, asked->rows);
}

static enum rond_err ask_activities(struct asked *asked) {
    enum rond_err err = read_activities(asked->store, asked->catalogue, asked->job->argument, asked->rows);
    return err != ROND_ENOTFOUND ? err
                                 : fault_both(&asked->job->fault, err, 0, "area", "There is no area '%s'.",
                                              "Området ”%s” finns inte.", asked->job->argument);
}

static enum rond_err ask_walks(struct asked *asked) {
    const char *name = json_string_value(json_object_get(asked->job->arguments, "which"));
    enum walks_which which = WALKS_ALL;
    if (name != NULL && !walks_which_parse(name, &which)) {
        return fault_both(&asked->job->fault, ROND_EINVALID, 0, "which", "Say all, open, overdue, safe or closed.",
                          "Ange all (alla), open (öppna), overdue (försenade), safe (trygga) eller closed (avslutade).");
    }
    const struct walks_wanted wanted = walks_of(asked, which);
    return area_answer(asked, read_walks(asked->store, asked->catalogue, &wanted, asked->rows, &asked->stopped));
}

static enum rond_err ask_summary(struct asked *asked) {
    const json_t *request = asked->job->arguments;
    const char *organisation = asked->job->argument == NULL ? "" : asked->job->argument;
    return read_summary(asked->store, asked->catalogue, organisation, json_string_value(json_object_get(request, "area")),
                        json_string_value(json_object_get(request, "week")), asked->job->now_s, asked->rows,
                        &asked->job->fault);
}

static enum rond_err ask_words(struct asked *asked) {
    return read_words(asked->store, asked->job->argument, asked->rows);
}

static enum rond_err ask_counts(struct asked *asked) {
    json_t *counts = NULL;
    enum rond_err err = read_counts(asked->store, &counts);
    return answer_take(asked, err, counts);
}

// A running server answers this by itself, before it comes here.
static enum rond_err ask_health(struct asked *asked) {
    return json_object_set_new(asked->last, "alive", json_false()) == 0 ? ROND_OK : ROND_ENOMEM;
}

static enum rond_err ask_forks(struct asked *asked) {
    return read_forks(asked->store, asked->rows);
}

static struct audit_wanted audit_wanted_of(const struct asked *asked) {
    return (struct audit_wanted){.after = asked->job->page.after,
                                 .newest_first = is_newest_first(asked),
                                 .from_ms = json_integer_value(json_object_get(asked->job->arguments, "from_ms")),
                                 .to_ms = json_integer_value(json_object_get(asked->job->arguments, "to_ms")),
                                 .actor = json_string_value(json_object_get(asked->job->arguments, "actor")),
                                 .action = json_string_value(json_object_get(asked->job->arguments, "action")),
                                 .from = json_string_value(json_object_get(asked->job->arguments, "from")),
                                 .to = json_string_value(json_object_get(asked->job->arguments, "to"))};
}

static enum rond_err ask_audit(struct asked *asked) {
    struct audit_wanted wanted = audit_wanted_of(asked);
    return read_audit(asked->store, &wanted, asked->rows, &asked->job->fault);
}

static enum rond_err ask_audit_sample(struct asked *asked) {
    struct audit_wanted wanted = audit_wanted_of(asked);
    json_int_t size = json_integer_value(json_object_get(asked->job->arguments, "size"));
    json_int_t seed = json_integer_value(json_object_get(asked->job->arguments, "seed"));
    uint64_t of = 0;
    wanted.after = 0;
    enum rond_err err = read_audit_sample(asked->store, &wanted, size < 0 ? 0 : (uint64_t)size, (uint64_t)seed, asked->rows,
                                          &of, &asked->job->fault);
    return err == ROND_OK && !read_add(asked->last, "of", json_integer((json_int_t)of)) ? ROND_ENOMEM : err;
}

static enum rond_err ask_people(struct asked *asked) {
    return read_people(asked->store, clock_wall_ms(asked->job->clock), asked->rows);
}

// One's own account; through the listener the person who asks.
static enum rond_err ask_session(struct asked *asked) {
    struct arena arena;
    struct person person;
    const struct right *right = asked->job->right;
    const char *login = right != NULL ? right->login : asked->job->argument;
    arena_init(&arena, 256 * 1024);
    enum rond_err err = asked->store->registry->person_get(asked->store, login == NULL ? "" : login, &arena, &person);
    json_t *object = err == ROND_OK ? read_person(&person, 0, clock_wall_ms(asked->job->clock)) : NULL;
    if (err == ROND_OK && object == NULL) {
        err = ROND_ENOMEM;
    }
    if (err == ROND_OK) {
        (void)json_object_del(object, "sessions");
        json_decref(asked->last);
        asked->last = object;
    }
    arena_deinit(&arena);
    return err;
}

static enum rond_err ask_sessions(struct asked *asked) {
    const struct admin_job *job = asked->job;
    const char *login = job->right != NULL ? job->right->login : job->argument;
    const struct sessions_wanted wanted = {.login = login == NULL ? "" : login,
                                           .own = json_string_value(json_object_get(job->arguments, "session")),
                                           .now_ms = job->now_s * 1000,
                                           .idle_ms = job->session_idle_ms,
                                           .age_ms = job->session_age_ms};
    return read_sessions(asked->store, &wanted, asked->rows);
}

static enum rond_err ask_export(struct asked *asked) {
    return asked->job->argument == NULL ? read_export_after(asked->store, asked->job->page.after, asked->rows)
                                        : read_export_for(asked->store, asked->job->argument, asked->rows);
}

static enum rond_err ask_verify(struct asked *asked) {
    json_t *summary = NULL;
    enum rond_err err = read_verify(asked->store, asked->catalogue, asked->rows, &summary);
    return answer_take(asked, err, summary);
}

// --- Follow-ups ---

static enum rond_err ask_followups(struct asked *asked) {
    return read_followups(asked->store, asked->job->argument, asked->rows);
}

static enum rond_err ask_followup(struct asked *asked) {
    json_int_t version = json_integer_value(json_object_get(asked->job->arguments, "version"));
    return read_followup(asked->store, argument_of(asked, "promise"), argument_of(asked, "period"),
                         version < 0 || version > UINT32_MAX ? UINT32_MAX : (uint32_t)version, asked->rows,
                         &asked->job->fault);
}

static enum rond_err ask_followup_diff(struct asked *asked) {
    json_t *difference = NULL;
    enum rond_err err = read_followup_diff(asked->store, asked->catalogue, argument_of(asked, "promise"),
                                           argument_of(asked, "period"), asked->job->now_s, &difference, &asked->job->fault);
    return answer_take(asked, err, difference);
}

static enum rond_err ask_followup_draft(struct asked *asked) {
    json_t *draft = NULL;
    enum rond_err err = read_followup_draft(asked->store, asked->catalogue, argument_of(asked, "promise"),
                                            argument_of(asked, "period"), asked->job->now_s, &draft, &asked->job->fault);
    return answer_take(asked, err, draft);
}

static enum rond_err ask_followup_export(struct asked *asked) {
    return read_followup_export(asked->store, asked->rows);
}

static enum rond_err ask_followup_keys(struct asked *asked) {
    return read_followup_keys(asked->store, asked->rows);
}

// --- Retention and disclosure ---

static enum rond_err ask_retention_rules(struct asked *asked) {
    return read_retention_rules(asked->store, asked->rows);
}

static enum rond_err ask_retention_plan(struct asked *asked) {
    return read_retention_plan(asked->store, clock_wall_ms(asked->job->clock), asked->rows);
}

static enum rond_err ask_retention_protocol(struct asked *asked) {
    return read_retention_protocol(asked->store, asked->rows);
}

static enum rond_err ask_holds(struct asked *asked) {
    return read_holds(asked->store, asked->rows);
}

static enum rond_err ask_disclosure(struct asked *asked) {
    return read_disclosure_rules(asked->store, asked->rows);
}

static enum rond_err ask_public_record(struct asked *asked) {
    const struct public_record_wanted wanted = {.controller = argument_of(asked, "controller"),
                                                .area = json_string_value(json_object_get(asked->job->arguments, "area")),
                                                .from = json_string_value(json_object_get(asked->job->arguments, "from")),
                                                .to = json_string_value(json_object_get(asked->job->arguments, "to"))};
    enum rond_err err = read_public_record(asked->store, &wanted, asked->rows, &asked->job->fault);
    return err == ROND_OK && !read_add(asked->last, "masked", public_record_masked()) ? ROND_ENOMEM : err;
}

static enum rond_err ask_verify_receipt(struct asked *asked) {
    json_t *summary = NULL;
    enum rond_err err = read_verify_receipt(asked->store, json_object_get(asked->job->arguments, "receipt"), asked->rows,
                                            &summary, &asked->job->fault);
    return answer_take(asked, err, summary);
}

static const struct {
    const char *name;
    const char *argument; // its name in the request; NULL where it takes none
    enum rond_err (*ask)(struct asked *asked);
    bool follows;    // asked only behind the change that has noted it
    const char *key; // a row's number that a page goes on after, and that the question begins after by itself; NULL: counted
} questions[] = {
    {"progress", "area", ask_progress},
    {"progress.commitment", "commitment", ask_commitment},
    {"progress.course", "commitment", ask_course},
    {"progress.why", "commitment", ask_why, false, "row"},
    {"presence", "area", ask_presence},
    {"promise.list", "area", ask_promises},
    {"promise.check", NULL, ask_promise_check},
    {"promise.show", NULL, ask_promise},
    {"promise.file", NULL, ask_promise_file},
    {"promise.preview", NULL, ask_promise_preview},
    {"promise.versions", "promise", ask_promise_versions},
    {"device.list", NULL, ask_devices},
    {"device.waiting", NULL, ask_waiting},
    {"outbox.list", NULL, ask_outboxes},
    {"quarantine.list", "which", ask_quarantine, false, "row"},
    {"map", "area", ask_map},
    {"map.reports", "area", ask_map_reports, false, "row"},
    {"map.unsafe", "area", ask_unsafe_places, false, "row"},
    {"report.trace", "reference", ask_trace},
    {"report.flagged", NULL, ask_flagged},
    {"report.undecided", NULL, ask_undecided},
    {"join.list", "area", ask_joins},
    {"join.log", NULL, ask_decisions, false, "decision"},
    {"activity.list", "area", ask_activities},
    {"walk.list", "area", ask_walks, false, "row"},
    {"summary", "organisation", ask_summary},
    {"words", "list", ask_words},
    {"counts", NULL, ask_counts},
    {"health", NULL, ask_health},
    {"fork.list", NULL, ask_forks},
    {"audit", NULL, ask_audit, false, "id"},
    {"audit.sample", NULL, ask_audit_sample},
    {"export", "for", ask_export, true, "row"},
    {"person.list", NULL, ask_people},
    {"session.show", "login", ask_session},
    {"session.list", "login", ask_sessions},
    {"verify", NULL, ask_verify},
    {"verify.receipt", NULL, ask_verify_receipt},
    {"followup.list", "promise", ask_followups},
    {"followup.show", NULL, ask_followup},
    {"followup.diff", NULL, ask_followup_diff},
    {"followup.draft", NULL, ask_followup_draft},
    {"followup.export", NULL, ask_followup_export},
    {"followup.keys", NULL, ask_followup_keys},
    {"retention.list", NULL, ask_retention_rules},
    {"retention.plan", NULL, ask_retention_plan},
    {"retention.protocol", NULL, ask_retention_protocol},
    {"hold.list", NULL, ask_holds},
    {"disclosure.list", NULL, ask_disclosure},
    {"export.public", NULL, ask_public_record, true},
};

const char *question_name(size_t index) {
    return index < ARRAY_COUNT(questions) ? questions[index].name : NULL;
}

enum rond_err question_prepare(const char *name, bool follows, json_t *arguments, const struct admin_request *request,
                               const struct admin_context *context, struct admin_job **ret_job, struct fault *fault) {
    for (size_t i = 0; i < ARRAY_COUNT(questions); i++) {
        if (questions[i].follows != follows || strcmp(questions[i].name, name) != 0) {
            continue;
        }
        struct admin_job *job = calloc(1, sizeof *job);
        if (job == NULL) {
            return ROND_ENOMEM;
        }
        const char *argument =
            questions[i].argument == NULL ? NULL : json_string_value(json_object_get(arguments, questions[i].argument));
        job->question = i;
        job->page = request->page;
        arena_init(&job->arena, RIGHT_ARENA_BYTES_MAX);
        job->now_s = clock_wall_ms(context->clock) / 1000;
        job->clock = context->clock;
        job->session_idle_ms = context->session_idle_ms;
        job->session_age_ms = context->session_age_ms;
        job->arguments = json_deep_copy(arguments);
        job->argument = argument == NULL ? NULL : strdup(argument);
        job->directory = context->directory == NULL ? NULL : strdup(context->directory);
        if (job->arguments == NULL || (argument != NULL && job->argument == NULL) ||
            (context->directory != NULL && job->directory == NULL)) {
            admin_job_destroy(job);
            return ROND_ENOMEM;
        }
        if (request->login != NULL && right_prepare(request->endpoint, request->login, arguments, context->catalogue,
                                                    clock_wall_ms(context->clock), &job->arena, &job->right) != ROND_OK) {
            admin_job_destroy(job);
            return ROND_ENOMEM;
        }
        *ret_job = job;
        return ROND_OK;
    }
    return fault_both(fault, ROND_EINVALID, 0, "command", "There is no command '%.60s'.", "Kommandot ”%.60s” finns inte.",
                      name);
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

// Rows on their way out: those that the person may see, those of the page.
struct giving {
    const struct admin_job *job;
    const struct catalogue *catalogue;
    const struct admin_out *out;
    uint64_t seen; // rows that came
    uint64_t key;  // where the last one that was given stands
    size_t given;
    bool is_full; // there are more: the reading was ended with ROND_EFULL
};

static enum rond_err write_row(void *context, json_t *row) {
    struct giving *giving = context;
    const struct admin_page *page = &giving->job->page;
    const char *key = questions[giving->job->question].key;
    giving->seen++;
    if ((key == NULL && giving->seen <= page->after) ||
        (giving->job->right != NULL && !right_shows(giving->job->right, giving->catalogue, row))) {
        return ROND_OK;
    }
    uint64_t at = key == NULL ? giving->seen : (uint64_t)json_integer_value(json_object_get(row, key));
    // Several rows may stand at one place: they come together.
    if (page->limit != 0 && giving->given >= page->limit && at != giving->key) {
        giving->is_full = true;
        return ROND_EFULL;
    }
    giving->given++;
    giving->key = at;
    if (giving->job->right != NULL) {
        right_mask(giving->job->right, row);
    }
    return write_object(giving->out, row);
}

static enum rond_err ask_allowed(struct asked *asked, struct giving *giving) {
    struct admin_job *job = asked->job;
    enum rond_err err = job->right == NULL ? ROND_OK : right_check(job->right, asked->store, &job->fault);
    if (err == ROND_OK) {
        err = questions[job->question].ask(asked);
    }
    if (err == ROND_EFULL && giving->is_full) {
        err = ROND_OK;
    }
    if (err == ROND_OK && job->right != NULL) {
        right_mask(job->right, asked->last);
    }
    if (err == ROND_OK && job->page.limit != 0) {
        json_t *next = giving->is_full       ? json_integer((json_int_t)giving->key)
                       : asked->stopped != 0 ? json_integer((json_int_t)asked->stopped)
                                             : json_null();
        err = json_object_set_new(asked->last, "next", next) == 0 ? ROND_OK : ROND_ENOMEM;
    }
    return err;
}

enum rond_err admin_read(struct admin_job *job, struct store *read_only, const struct catalogue *catalogue,
                         const struct admin_out *out) {
    struct giving giving = {.job = job, .catalogue = catalogue, .out = out};
    const struct read_rows rows = {.row = write_row, .context = &giving};
    struct asked asked = {.job = job, .store = read_only, .catalogue = catalogue, .rows = &rows, .last = json_object()};
    enum rond_err err = ask_allowed(&asked, &giving);
    if (err == ROND_OK) {
        err = json_object_set_new(asked.last, "ok", json_true()) == 0 ? write_object(out, asked.last) : ROND_ENOMEM;
    } else {
        err = admin_refuse(err, &job->fault, out);
    }
    json_decref(asked.last);
    return err;
}

bool admin_reads_unnoted(const struct admin_job *job, enum rond_err err) {
    bool is_storage = err == ROND_EIO || err == ROND_EFULL || err == ROND_ECORRUPT;
    return is_storage && job->right == NULL && questions[job->question].ask == ask_export;
}

void admin_job_destroy(struct admin_job *job) {
    if (job != NULL) {
        free(job->argument);
        free(job->directory);
        arena_deinit(&job->arena);
        json_decref(job->arguments);
        free(job);
    }
}
