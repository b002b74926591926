#include "read/promise_preview.h"

#include <string.h>

#include "read/contribution_json.h"
#include "read/promise_check.h"
#include "read/promise_show.h"
#include "read/promise_source.h"
#include "read/report_json.h"
#include "read/trial.h"
#include "wire/limits.h"

enum { PREVIEW_ARENA_BYTES_MAX = 384 * 1024 * 1024 };

struct preview {
    struct store *store;
    const struct catalogue *catalogue;
    const json_t *arguments;
    int64_t now_s;
    struct arena arena;
    struct promise_source source;
    struct promise_file file;
    struct file_faults faults;
    struct commitment *commitments;
    struct fault *unfit; // by definition, in order: text "" where it can be tried
    size_t commitments_count;
    size_t definitions_count;
    json_t *to;
    struct fault *fault;
};

static const char *argument(const struct preview *preview, const char *name) {
    return json_string_value(json_object_get(preview->arguments, name));
}

// ---- What is tried ----

static const Rond__V1__Place *find_place(const void *context, const char *id) {
    const struct promise_file *file = context;
    for (size_t i = 0; i < file->place_count; i++)
        if (strcmp(file->places[i]->id, id) == 0)
            return file->places[i];
    return NULL;
}

static enum rond_err another_period(struct preview *preview, Rond__V1__Promise *promise) {
    const char *from = argument(preview, "from"), *to = argument(preview, "to");
    day_t first, last;
    if (from == NULL || from[0] == '\0')
        return ROND_OK;
    if (!day_parse(from, &first) || to == NULL || !day_parse(to, &last) || last < first)
        return fault_both(preview->fault, ROND_EINVALID, 0, "from", "Give two days, YYYY-MM-DD, the later one last.",
                          "Ange två dagar, ÅÅÅÅ-MM-DD, den senare sist.");
    promise->from = arena_text(&preview->arena, from);
    promise->to = arena_text(&preview->arena, to);
    promise->n_phases = 0;
    promise->n_lives = 0;
    return promise->from == NULL || promise->to == NULL ? ROND_ENOMEM : ROND_OK;
}

static enum rond_err derive(struct preview *preview, const Rond__V1__TimeZone *zone) {
    const struct place_table places = {.find = find_place, .context = &preview->file};
    size_t most = preview->file.promise_count * PROMISE_COMMITMENTS_MAX;
    preview->commitments = arena_array(&preview->arena, most + 1, sizeof *preview->commitments);
    preview->unfit = arena_array(&preview->arena, most + 1, sizeof *preview->unfit);
    enum rond_err err = preview->commitments == NULL || preview->unfit == NULL ? ROND_ENOMEM : ROND_OK;
    for (size_t i = 0; i < preview->file.promise_count && err == ROND_OK; i++) {
        Rond__V1__Promise *promise = preview->file.promises[i];
        err = another_period(preview, promise);
        for (size_t j = 0; j < promise->n_commitments && err == ROND_OK; j++) {
            struct commitment *made = &preview->commitments[preview->commitments_count];
            struct fault *unfit = &preview->unfit[preview->definitions_count++];
            err = commitment_init(made, (uint32_t)preview->definitions_count, promise, promise->commitments[j], zone,
                                  &places, unfit);
            preview->commitments_count += err == ROND_OK;
            err = err == ROND_EINVALID ? ROND_OK : err;
        }
    }
    return err;
}

// ---- Answer ----

static json_t *not_counted_json(const struct trial_one *one) {
    json_t *list = json_array();
    bool added = list != NULL;
    for (unsigned reason = REASON_COUNTED + 1; reason < REASON_COUNT && added; reason++) {
        if (one->reports[reason] == 0)
            continue;
        json_t *object = json_object();
        object = read_whole(object, contribution_add_reason(object, (enum counting_reason)reason) &&
                                        read_add(object, "reports", json_integer((json_int_t)one->reports[reason])));
        added = object != NULL && json_array_append_new(list, object) == 0;
    }
    return read_whole(list, added);
}

static json_t *example_json(struct preview *preview, const struct commitment *commitment,
                            const struct trial_example *example) {
    struct stored_report report;
    if (preview->store->views->report(preview->store, example->row, &preview->arena, &report) != ROND_OK)
        return NULL;
    json_t *object = json_object();
    bool added = read_add(object, "reference", read_reference_text(&report.key)) &&
                 read_add(object, "organisation", read_text(report.organisation)) &&
                 read_add(object, "kind", report_json_kind(report.kind, report.is_withdrawal)) &&
                 read_add_s(object, "occurred_from", report.from_s) &&
                 read_add(object, "local_from", read_local(commitment->zone, report.from_s)) &&
                 contribution_add_reason(object, example->reason);
    return read_whole(object, added);
}

// The latest first.
static json_t *examples_json(struct preview *preview, const struct trial_one *one) {
    json_t *list = json_array();
    bool added = list != NULL;
    for (size_t i = one->examples_count; i-- > 0 && added;) {
        json_t *example = example_json(preview, one->commitment, &one->examples[i]);
        added = example != NULL && json_array_append_new(list, example) == 0;
    }
    return read_whole(list, added);
}

static bool add_trial(struct preview *preview, json_t *object, const struct trial_one *one) {
    const struct progress *progress = &one->progress;
    return read_add(object, "done", json_integer(progress->done)) &&
           read_add(object, "target", json_integer(progress->target)) &&
           read_add(object, "target_whole", json_integer(progress->target_whole)) &&
           read_add(object, "status", json_string(progress_status_name(progress->status))) &&
           read_add(object, "summary_sv", read_text(progress->summary_sv)) &&
           read_add(object, "summary_en", read_text(progress->summary_en)) &&
           read_add(object, "reports", json_integer((json_int_t)one->reports[REASON_COUNTED])) &&
           read_add(object, "not_counted", not_counted_json(one)) &&
           read_add(object, "examples", examples_json(preview, one));
}

static json_t *commitments_json(struct preview *preview, const struct trial *trial) {
    json_t *list = json_array();
    bool added = list != NULL;
    size_t definition = 0, tried = 0;
    for (size_t i = 0; i < preview->file.promise_count; i++) {
        const Rond__V1__Promise *promise = preview->file.promises[i];
        for (size_t j = 0; j < promise->n_commitments && added; j++) {
            const struct fault *unfit = &preview->unfit[definition++];
            bool fits = tried < trial->count && trial->ones[tried].commitment->definition == promise->commitments[j];
            json_t *object = json_object();
            added = read_add(object, "promise", read_text(promise->id)) &&
                    read_add(object, "commitment", read_text(promise->commitments[j]->id)) &&
                    read_add(object, "fault", fits ? json_null() : read_text(unfit->text)) &&
                    (!fits || add_trial(preview, object, &trial->ones[tried++]));
            object = read_whole(object, added);
            added = object != NULL && json_array_append_new(list, object) == 0;
        }
    }
    return read_whole(list, added);
}

static json_t *file_json(struct preview *preview) {
    struct buffer text;
    if (!preview->source.is_promise)
        return json_null();
    buffer_init(&text, PROMISE_FILE_BYTES_MAX);
    enum rond_err err = read_promise_text(json_object_get(preview->arguments, "promise"), argument(preview, "area"),
                                          preview->catalogue, NULL, &text);
    json_t *json = err == ROND_OK ? json_stringn((const char *)text.data, text.size) : json_null();
    buffer_deinit(&text);
    return json;
}

static json_t *faults_json(const struct file_faults *faults) {
    json_t *list = json_array();
    bool added = list != NULL;
    for (size_t i = 0; i < faults->count && added; i++) {
        json_t *one = read_promise_fault(&faults->faults[i]);
        added = one != NULL && json_array_append_new(list, one) == 0;
    }
    return read_whole(list, added);
}

static enum rond_err answer_faults(struct preview *preview) {
    bool added = read_add(preview->to, "good", json_boolean(preview->faults.count == 0)) &&
                 read_add(preview->to, "faults", faults_json(&preview->faults)) &&
                 read_add(preview->to, "more", json_integer((json_int_t)preview->faults.more));
    return added ? ROND_OK : ROND_ENOMEM;
}

static enum rond_err answer_trial(struct preview *preview, const struct trial *trial) {
    const Rond__V1__Promise *first = preview->file.promise_count > 0 ? preview->file.promises[0] : NULL;
    bool added = read_add(preview->to, "commitments", commitments_json(preview, trial)) &&
                 read_add(preview->to, "looked", json_integer((json_int_t)trial->looked)) &&
                 read_add(preview->to, "whole", json_boolean(trial->is_whole)) &&
                 read_add(preview->to, "from", first == NULL ? json_null() : read_text(first->from)) &&
                 read_add(preview->to, "to", first == NULL ? json_null() : read_text(first->to)) &&
                 read_add(preview->to, "file", file_json(preview));
    return added ? ROND_OK : ROND_ENOMEM;
}

static enum rond_err try_it(struct preview *preview) {
    struct trial trial;
    const char *area = argument(preview, "area");
    const Rond__V1__TimeZone *zone = catalogue_zone_of_area(preview->catalogue, area);
    if (zone == NULL || strcmp(preview->file.area->id, area) != 0) // the right is that area's
        return fault_both(preview->fault, ROND_EINVALID, 0, "area", "The promise is of another area, '%.64s'.",
                          "Löftet gäller ett annat område, ”%.64s”.", preview->file.area->id);
    enum rond_err err = derive(preview, zone);
    if (err == ROND_OK)
        err = read_begin(preview->store);
    if (err != ROND_OK)
        return err;
    err = trial_run(preview->store, preview->catalogue, preview->commitments, preview->commitments_count, preview->now_s,
                    &preview->arena, &trial);
    if (err == ROND_OK)
        err = answer_trial(preview, &trial);
    read_end(preview->store);
    return err;
}

static enum rond_err preview_run(struct preview *preview) {
    enum rond_err err =
        argument(preview, "area") == NULL
            ? fault_both(preview->fault, ROND_EINVALID, 0, "area", "Say of which area.", "Ange vilket område.")
            : promise_source_take(preview->arguments, preview->catalogue, &preview->arena, &preview->source, preview->fault);
    if (err != ROND_OK)
        return err;
    err = promise_source_parse(&preview->source, &preview->arena, &preview->file, &preview->faults);
    bool is_good = err == ROND_OK;
    if (!is_good && preview->faults.count == 0)
        return err;
    err = answer_faults(preview);
    return err == ROND_OK && is_good ? try_it(preview) : err;
}

enum rond_err read_promise_preview(struct store *store, const struct catalogue *catalogue, const json_t *arguments,
                                   int64_t now_s, json_t *to, struct fault *fault) {
    struct preview preview = {.store = store, .catalogue = catalogue, .arguments = arguments, .now_s = now_s, .to = to};
    preview.fault = fault;
    arena_init(&preview.arena, PREVIEW_ARENA_BYTES_MAX);
    enum rond_err err = preview_run(&preview);
    arena_deinit(&preview.arena);
    return err;
}
