#include "read/progress.h"

#include <string.h>

#include "counting/zone.h"
#include "read/bucket_reason.h"
#include "read/promise_json.h"
#include "read/report_json.h"
#include "read/waiting.h"

// ---- One commitment ----

static bool add_tally(json_t *object, const struct tally *tally) {
    return read_add(object, "count", json_integer(tally->count)) &&
           read_add(object, "person_minutes", json_integer(tally->person_minutes)) &&
           read_add(object, "covered_minutes", json_integer(tally->covered_minutes)) &&
           read_add(object, "windows_met", json_integer(tally->windows_met)) &&
           read_add(object, "actions_open", json_integer(tally->actions_open)) &&
           read_add(object, "actions_closed", json_integer(tally->actions_closed)) &&
           read_add(object, "reports", json_integer(tally->reports));
}

static json_t *tally_json(const struct tally *tally) {
    json_t *object = json_object();
    return read_whole(object, add_tally(object, tally));
}

static json_t *periods_json(const struct period_total *totals, size_t count) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        if (period_is_place(totals[i].period))
            continue;
        json_t *object = json_object();
        bool added = read_add(object, "period", read_text(totals[i].period)) && add_tally(object, &totals[i].tally);
        if (json_array_append_new(list, read_whole(object, added)) != 0)
            return read_whole(list, false);
    }
    return list;
}

static json_t *places_json(const struct progress *progress) {
    json_t *list = json_array();
    for (size_t i = 0; i < progress->places_count; i++) {
        const struct place_progress *place = &progress->places[i];
        json_t *object = json_object();
        bool added = read_add(object, "place", read_text(place->place)) &&
                     read_add(object, "count", json_integer(place->count)) &&
                     read_add(object, "open", json_integer(place->open));
        if (json_array_append_new(list, read_whole(object, added)) != 0)
            return read_whole(list, false);
    }
    return list;
}

static bool add_definition(json_t *object, const struct commitment *commitment) {
    const Rond__V1__Commitment *definition = commitment->definition;
    return read_add(object, "commitment", read_commitment_path(commitment->promise, definition)) &&
           read_add(object, "title_sv", read_text(definition->title_sv)) &&
           read_add(object, "title_en", read_text(definition->title_en)) &&
           read_add(object, "measure", read_measure(definition->measure)) &&
           read_add(object, "per", read_per(definition->per)) &&
           read_add(object, "about", json_boolean(definition->about));
}

static bool add_progress(json_t *object, const struct progress *progress) {
    return read_add(object, "done", json_integer(progress->done)) &&
           read_add(object, "target", json_integer(progress->target)) &&
           read_add(object, "target_whole", json_integer(progress->target_whole)) &&
           read_add(object, "status", json_string(progress_status_name(progress->status))) &&
           read_add(object, "summary_sv", read_text(progress->summary_sv)) &&
           read_add(object, "summary_en", read_text(progress->summary_en)) &&
           read_add(object, "sum", tally_json(&progress->sum)) && read_add(object, "places", places_json(progress));
}

static enum rond_err commitment_add(struct store *store, const struct commitment *commitment, int64_t now_s, json_t *list) {
    struct arena arena;
    struct period_total *totals = NULL;
    size_t count = 0;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    enum rond_err err = store->views->totals(store, commitment->number, &arena, &totals, &count);
    if (err == ROND_OK) {
        struct progress progress;
        progress_at(commitment, totals, count, now_s, &progress);
        json_t *object = json_object();
        bool added = add_definition(object, commitment) && add_progress(object, &progress) &&
                     read_add(object, "periods", periods_json(totals, count));
        err = json_array_append_new(list, read_whole(object, added)) == 0 ? ROND_OK : ROND_ENOMEM;
    }
    arena_deinit(&arena);
    return err;
}

// ---- One promise ----

static json_t *promise_head(const struct commitment *commitment, int64_t now_s) {
    const Rond__V1__Promise *promise = commitment->promise;
    struct local_time now;
    char today[DATE_TEXT_SIZE];
    zone_local(commitment->zone, now_s, &now);
    day_format(now.day, today);
    json_t *object = json_object();
    bool added = read_add(object, "promise", read_text(promise->id)) &&
                 read_add(object, "title_sv", read_text(promise->title_sv)) &&
                 read_add(object, "title_en", read_text(promise->title_en)) &&
                 read_add(object, "from", read_text(promise->from)) && read_add(object, "to", read_text(promise->to)) &&
                 read_add(object, "phase", read_phase(promise, today)) &&
                 read_add(object, "parties", read_texts(promise->parties, promise->n_parties)) &&
                 read_add(object, "commitments", json_array());
    return read_whole(object, added);
}

// Commitments of one promise follow each other: a new one begins where the promise changes.
static enum rond_err promises_add(struct store *store, const struct commitment *const *commitments, size_t count,
                                  int64_t now_s, json_t *list) {
    json_t *promise = NULL;
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        if (i == 0 || commitments[i]->promise != commitments[i - 1]->promise) {
            promise = promise_head(commitments[i], now_s);
            if (json_array_append_new(list, promise) != 0)
                return ROND_ENOMEM;
        }
        err = commitment_add(store, commitments[i], now_s, json_object_get(promise, "commitments"));
    }
    return err;
}

// ---- How sure it is ----

struct sureness {
    const char *area;
    int64_t now_ms;
    json_t *silent;
    int64_t devices;
    int64_t complete_until_ms; // of those looked at so far
    bool unknown;              // some device was never heard of, or has something that has not come in
};

static enum rond_err silent_add(struct sureness *sureness, const struct device_record *device, uint64_t waiting) {
    json_t *object = json_object();
    bool added = read_add(object, "device", read_id(&device->device)) && read_add(object, "name", read_text(device->name)) &&
                 read_add(object, "organisation", read_text(device->organisation)) &&
                 read_add_ms_or_null(object, "seen", device->seen_ms) &&
                 read_add(object, "never_seen", json_boolean(device->seen_ms == 0)) &&
                 read_add(object, "waiting", json_integer((json_int_t)waiting));
    return json_array_append_new(sureness->silent, read_whole(object, added)) == 0 ? ROND_OK : ROND_ENOMEM;
}

// What a device saw before it was last heard of has come in, unless it said that something waits: of unknown age.
static enum rond_err device_weigh(struct store *store, struct sureness *sureness, const struct device_record *device,
                                  struct arena *arena) {
    uint64_t waiting = 0;
    if (device->status != DEVICE_ACTIVE || strcmp(device->area, sureness->area) != 0)
        return ROND_OK;
    enum rond_err err = read_waiting(store, &device->device, arena, &waiting);
    if (err != ROND_OK)
        return err;
    sureness->devices++;
    sureness->unknown = sureness->unknown || device->seen_ms == 0 || waiting > 0;
    if (device->seen_ms < sureness->complete_until_ms)
        sureness->complete_until_ms = device->seen_ms;
    bool silent = device->seen_ms < sureness->now_ms - (int64_t)READ_SILENT_HOURS * 60 * 60 * 1000;
    return silent || waiting > 0 ? silent_add(sureness, device, waiting) : ROND_OK;
}

static enum rond_err devices_weigh(struct store *store, struct sureness *sureness) {
    struct arena arena;
    uint64_t cursor = 0;
    enum rond_err err = ROND_OK;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    do {
        struct device_record *devices = NULL;
        size_t count = 0;
        arena_reset(&arena);
        err = store->views->devices(store, cursor, READ_PAGE_ROWS, &arena, &devices, &count, &cursor);
        for (size_t i = 0; i < count && err == ROND_OK; i++)
            err = device_weigh(store, sureness, &devices[i], &arena);
    } while (err == ROND_OK && cursor != 0);
    arena_deinit(&arena);
    return err;
}

static enum rond_err sureness_add(struct store *store, const char *area, int64_t now_s, json_t *object) {
    struct sureness sureness = {.area = area, .now_ms = now_s * 1000, .complete_until_ms = now_s * 1000};
    sureness.silent = json_array();
    if (!read_add(object, "silent_devices", sureness.silent))
        return ROND_ENOMEM;
    enum rond_err err = devices_weigh(store, &sureness);
    if (err != ROND_OK)
        return err;
    bool added = read_add(object, "devices", json_integer(sureness.devices)) &&
                 read_add_ms_or_null(object, "complete_until", sureness.unknown ? 0 : sureness.complete_until_ms);
    return added ? ROND_OK : ROND_ENOMEM;
}

// ---- Areas ----

static enum rond_err area_add(struct store *store, const struct catalogue *catalogue, const char *area, int64_t now_s,
                              json_t *list) {
    const Rond__V1__Area *known = catalogue_area(catalogue, area);
    size_t count = 0;
    const struct commitment *const *commitments = catalogue_commitments(catalogue, area, &count);
    json_t *object = json_object(), *promises = json_array();
    bool added = read_add(object, "promises", promises) && read_add(object, "area", read_text(area)) &&
                 read_add(object, "name", read_text(known == NULL ? NULL : known->name));
    if (json_array_append_new(list, read_whole(object, added)) != 0)
        return ROND_ENOMEM;
    enum rond_err err = promises_add(store, commitments, count, now_s, promises);
    return err == ROND_OK ? sureness_add(store, area, now_s, object) : err;
}

static bool is_listed(const json_t *areas, const char *area) {
    for (size_t i = 0; i < json_array_size(areas); i++)
        if (strcmp(json_string_value(json_object_get(json_array_get(areas, i), "area")), area) == 0)
            return true;
    return false;
}

static enum rond_err areas_add(struct store *store, const struct catalogue *catalogue, int64_t now_s, json_t *areas) {
    size_t count = 0;
    const struct commitment *const *commitments = catalogue_commitments(catalogue, NULL, &count);
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        if (!is_listed(areas, commitments[i]->promise->area))
            err = area_add(store, catalogue, commitments[i]->promise->area, now_s, areas);
    return err;
}

enum rond_err read_progress(struct store *store, const struct catalogue *catalogue, const char *area, int64_t now_s,
                            json_t **ret_json) {
    bool all = area == NULL || area[0] == '\0';
    if (!all && catalogue_area(catalogue, area) == NULL)
        return ROND_ENOTFOUND;
    json_t *object = json_object(), *areas = json_array();
    bool added = read_add(object, "areas", areas) && read_add_s(object, "now", now_s);
    enum rond_err err = added ? read_begin(store) : ROND_ENOMEM;
    if (err == ROND_OK) {
        err = all ? areas_add(store, catalogue, now_s, areas) : area_add(store, catalogue, area, now_s, areas);
        read_end(store);
    }
    if (err != ROND_OK) {
        json_decref(object);
        return err;
    }
    *ret_json = object;
    return ROND_OK;
}
