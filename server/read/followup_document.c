#include "read/followup_document.h"

#include <stdlib.h>
#include <string.h>

#include "promise/upgrade.h"
#include "read/followup_changes.h"
#include "read/promise_json.h"
#include "read/sureness.h"
#include "read/tally_json.h"

struct writing {
    struct store *store;
    const struct catalogue *catalogue;
    const Rond__V1__Promise *promise;
    const struct followup_period *period;
    struct sureness sureness;
    struct followup_evidence *evidence;
};

// ---- One commitment ----

static json_t *figure_json(const struct progress *progress) {
    json_t *object = json_object();
    bool added = read_add(object, "done", json_integer(progress->done)) &&
                 read_add(object, "target", json_integer(progress->target)) &&
                 read_add(object, "target_whole", json_integer(progress->target_whole)) &&
                 read_add(object, "summary_sv", read_text(progress->summary_sv)) &&
                 read_add(object, "summary_en", read_text(progress->summary_en)) && read_add_tally(object, &progress->sum) &&
                 (progress->places_count == 0 || read_add(object, "places", read_places(progress)));
    return read_whole(object, added);
}

// The parts of all periods add up to the figure.
static json_t *part_json(const struct progress *until, const struct progress *before) {
    struct tally tally = until->sum;
    tally_subtract(&tally, &before->sum);
    json_t *object = json_object();
    bool added = read_add(object, "done", json_integer(until->done - before->done)) && read_add_tally(object, &tally);
    return read_whole(object, added);
}

static json_t *day_json(day_t day) {
    char text[DATE_TEXT_SIZE];
    day_format(day, text);
    return json_string(text);
}

// A day, no moment.
static json_t *since_json(const struct commitment *commitment, const struct silence *silence) {
    struct local_time local;
    if (silence->since_ms == 0)
        return json_null();
    zone_local(commitment->zone, silence->since_ms / 1000, &local);
    return day_json(local.day);
}

// How many devices, not which: what is published names none.
static json_t *sureness_json(const struct commitment *commitment, const struct silence *silence) {
    json_t *object = json_object();
    bool added = read_add(object, "devices", json_integer(silence->devices)) &&
                 read_add(object, "silent", json_integer(silence->silent)) &&
                 read_add(object, "never_heard", json_integer(silence->never)) &&
                 read_add(object, "unsent", json_integer(silence->unsent)) &&
                 read_add(object, "since", since_json(commitment, silence));
    return read_whole(object, added);
}

static json_t *title_or_null(const char *title) {
    return title[0] == '\0' ? json_null() : read_text(title);
}

static json_t *commitment_json(const struct writing *writing, const struct commitment *commitment,
                               const struct figures *until, const struct figures *before) {
    const Rond__V1__Commitment *definition = commitment->definition;
    struct silence silence;
    json_t *object = json_object();
    sureness_silence(&writing->sureness, commitment, sureness_day_end_ms(commitment, writing->period->until), NULL,
                     &silence);
    const char *status = sureness_status(until->progress.status, (size_t)silence.silent);
    bool added = read_add(object, "commitment", read_commitment_path(commitment->promise, definition)) &&
                 read_add(object, "title_sv", read_text(definition->title_sv)) &&
                 read_add(object, "title_en", title_or_null(definition->title_en)) &&
                 read_add(object, "measure", read_measure(definition->measure)) &&
                 read_add(object, "per", read_per(definition->per)) &&
                 read_add(object, "about", json_boolean(definition->about)) &&
                 read_add(object, "status", json_string(status)) &&
                 read_add(object, "status_by_reports", json_string(progress_status_name(until->progress.status))) &&
                 read_add(object, "figure", figure_json(&until->progress)) &&
                 read_add(object, "part", part_json(&until->progress, &before->progress)) &&
                 read_add(object, "sureness", sureness_json(commitment, &silence)) &&
                 read_add(object, "corrected", json_integer((json_int_t)until->corrected));
    return read_whole(object, added);
}

// What had happened before the period; nothing can have counted before the promise began.
static enum rond_err figures_before(const struct writing *writing, const struct commitment *commitment,
                                    struct figures *ret_figures) {
    *ret_figures = (struct figures){0};
    return writing->period->from == commitment->from
               ? ROND_OK
               : figures_until(writing->store, commitment, writing->period->from_s, NULL, ret_figures);
}

static enum rond_err commitment_add(struct writing *writing, const struct commitment *commitment, json_t *list) {
    struct evidence_commitment *evidence = NULL;
    struct figures until, before;
    const char *path = catalogue_commitment_path(writing->catalogue, commitment->number);
    enum rond_err err = evidence_commitment_add(writing->evidence, commitment, path, &evidence);
    struct figures_watch watch = {evidence_watch, evidence};
    if (err == ROND_OK)
        err = figures_until(writing->store, commitment, writing->period->until_s, &watch, &until);
    if (err == ROND_OK)
        err = figures_before(writing, commitment, &before);
    if (err != ROND_OK)
        return err;
    json_t *object = commitment_json(writing, commitment, &until, &before);
    return json_array_append_new(list, object) == 0 ? ROND_OK : ROND_ENOMEM;
}

static enum rond_err commitments_add(struct writing *writing, json_t *list) {
    size_t count = 0;
    const struct commitment *const *all = catalogue_commitments(writing->catalogue, writing->promise->area, &count);
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        if (all[i]->promise == writing->promise)
            err = commitment_add(writing, all[i], list);
    return err;
}

// ---- The head ----

static json_t *named_json(const char *id, const char *name) {
    json_t *object = json_object();
    return read_whole(object, read_add(object, "id", read_text(id)) && read_add(object, "name", read_text(name)));
}

static json_t *parties_json(const struct writing *writing) {
    json_t *list = json_array();
    for (size_t i = 0; i < writing->promise->n_parties; i++) {
        const char *id = writing->promise->parties[i];
        const Rond__V1__Organisation *known = catalogue_organisation(writing->catalogue, id);
        json_t *party = named_json(id, known == NULL || known->name[0] == '\0' ? id : known->name);
        if (json_array_append_new(list, party) != 0)
            return read_whole(list, false);
    }
    return list;
}

static json_t *promise_head(const struct writing *writing) {
    const Rond__V1__Promise *promise = writing->promise;
    char until[DATE_TEXT_SIZE];
    day_format(writing->period->until, until);
    json_t *object = json_object();
    bool added = read_add(object, "id", read_text(promise->id)) &&
                 read_add(object, "title_sv", read_text(promise->title_sv)) &&
                 read_add(object, "title_en", title_or_null(promise->title_en)) &&
                 read_add(object, "from", read_text(promise->from)) && read_add(object, "to", read_text(promise->to)) &&
                 read_add(object, "version", json_integer(promise->version)) &&
                 read_add(object, "phase", read_phase(promise, until)) &&
                 read_add(object, "sources", read_texts(promise->sources, promise->n_sources)) &&
                 read_add(object, "parties", parties_json(writing));
    return read_whole(object, added);
}

static json_t *period_json(const struct followup_period *period) {
    json_t *object = json_object();
    bool added = read_add(object, "name", read_text(period->name)) && read_add(object, "from", day_json(period->from)) &&
                 read_add(object, "to", day_json(period->to)) && read_add(object, "until", day_json(period->until)) &&
                 read_add(object, "early", json_boolean(period->is_early));
    return read_whole(object, added);
}

static bool add_head(json_t *document, const struct writing *writing) {
    const Rond__V1__Area *area = catalogue_area(writing->catalogue, writing->promise->area);
    const Rond__V1__TimeZone *zone = catalogue_zone_of_area(writing->catalogue, writing->promise->area);
    json_t *zone_json = json_object();
    return read_add(document, "format", json_string(FOLLOWUP_FORMAT)) &&
           read_add(document, "area", named_json(writing->promise->area, area == NULL ? "" : area->name)) &&
           read_add(document, "promise", promise_head(writing)) &&
           read_add(document, "period", period_json(writing->period)) && read_add(document, "time_zone", zone_json) &&
           read_add(zone_json, "id", read_text(zone->id)) && read_add(zone_json, "version", read_text(zone->version));
}

// ---- The whole ----

static const Rond__V1__TimeZone *zone_of(const struct catalogue *catalogue, const Rond__V1__Promise *promise) {
    return promise == NULL ? NULL : catalogue_zone_of_area(catalogue, promise->area);
}

enum rond_err followup_period_of(const struct catalogue *catalogue, const char *promise, const char *name, int64_t now_s,
                                 bool early, struct followup_period *ret_period, struct fault *fault) {
    const Rond__V1__Promise *known = catalogue_promise(catalogue, promise);
    const Rond__V1__TimeZone *zone = zone_of(catalogue, known);
    if (zone == NULL)
        return fault_both(fault, ROND_ENOTFOUND, 0, "promise", "There is no promise '%.64s'; see 'rondctl promise list'.",
                          "Löftet ”%.64s” finns inte.", promise);
    if (known->n_lives > 0 && known->lives[known->n_lives - 1]->life < ROND__V1__LIFE__LIFE_ACTIVE)
        return fault_both(fault, ROND_ECONFLICT, 0, "promise",
                          "Promise '%.64s' is not active yet; only what was promised can be followed up.",
                          "Löftet ”%.64s” gäller inte än; bara det som är lovat kan följas upp.", promise);
    return followup_period_find(known, zone, name, now_s, early, ret_period, fault);
}

static enum rond_err write_body(struct writing *writing, json_t *document) {
    json_t *commitments = json_array();
    struct store_counts counts = {0};
    if (!add_head(document, writing) || !read_add(document, "commitments", commitments))
        return ROND_ENOMEM;
    enum rond_err err = sureness_read(writing->store, writing->promise->area, INT64_MAX, &writing->sureness);
    if (err == ROND_OK)
        err = writing->store->views->counts(writing->store, &counts);
    writing->evidence->last_row = counts.reports;
    writing->evidence->rules = FOLD_VERSION;
    if (err == ROND_OK)
        err = commitments_add(writing, commitments);
    sureness_deinit(&writing->sureness);
    return err;
}

enum rond_err followup_draft_make(struct store *store, const struct catalogue *catalogue,
                                  const struct followup_request *request, struct followup_draft *ret_draft) {
    uint32_t version = request->previous == NULL ? 1 : request->previous->version + 1;
    *ret_draft = (struct followup_draft){.document = json_object(), .differs = true};
    struct writing writing = {.store = store,
                              .catalogue = catalogue,
                              .promise = catalogue_promise(catalogue, request->promise),
                              .period = &request->period,
                              .evidence = &ret_draft->evidence};
    if (zone_of(catalogue, writing.promise) == NULL)
        return ROND_ENOTFOUND;
    if (!read_add(ret_draft->document, "version", json_integer(version)))
        return ROND_ENOMEM;
    enum rond_err err = write_body(&writing, ret_draft->document);
    if (err == ROND_OK && request->previous != NULL)
        err = followup_changes_add(store, request->previous, &ret_draft->evidence, ret_draft->document, &ret_draft->differs);
    return err;
}

static enum rond_err dump(const json_t *document, struct buffer *to) {
    char *text = json_dumps(document, JSON_SORT_KEYS | JSON_INDENT(2));
    enum rond_err err = text == NULL ? ROND_ENOMEM : buffer_append(to, bytes_of_text(text));
    free(text);
    return err == ROND_OK ? buffer_append(to, bytes_of_text("\n")) : err;
}

enum rond_err followup_draft_finish(struct store *store, const struct catalogue *catalogue, struct followup_draft *draft,
                                    struct buffer *document, struct buffer *evidence) {
    struct followup_state state;
    enum rond_err err = followup_state_read(store, catalogue, json_object_get(draft->document, "commitments"), &state);
    if (err == ROND_OK && !read_add(draft->document, "state", followup_state_json(&state)))
        err = ROND_ENOMEM;
    if (err == ROND_OK)
        err = dump(draft->document, document);
    if (err == ROND_OK)
        err = evidence_encode(&draft->evidence, evidence);
    if (err == ROND_OK)
        memcpy(draft->state, state.name, sizeof draft->state);
    return err;
}

void followup_draft_deinit(struct followup_draft *draft) {
    json_decref(draft->document);
    evidence_deinit(&draft->evidence);
    draft->document = NULL;
}
