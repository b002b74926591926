#include "read/progress.h"

#include <string.h>

#include "read/commitment_json.h"
#include "read/promise_json.h"

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
                 read_add(object, "state", read_life(promise, today)) &&
                 read_add(object, "version", json_integer(promise->version > 0 ? promise->version : 1)) &&
                 read_add(object, "parties", read_texts(promise->parties, promise->n_parties)) &&
                 read_add(object, "commitments", json_array());
    return read_whole(object, added);
}

// Commitments of one promise follow each other: a new one begins where the promise changes.
static enum rond_err promises_add(struct store *store, const struct commitment *const *commitments, size_t count,
                                  const struct sureness *sureness, int64_t now_s, json_t *list) {
    json_t *promise = NULL;
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        if (i == 0 || commitments[i]->promise != commitments[i - 1]->promise) {
            promise = promise_head(commitments[i], now_s);
            if (json_array_append_new(list, promise) != 0)
                return ROND_ENOMEM;
        }
        json_t *made = NULL;
        err = commitment_json(store, commitments[i], sureness, now_s, &made);
        if (err == ROND_OK && json_array_append_new(json_object_get(promise, "commitments"), made) != 0)
            err = ROND_ENOMEM;
    }
    return err;
}

// ---- How sure it is ----

static json_t *silent_json(const struct sure_device *device) {
    json_t *object = json_object();
    bool added = read_add(object, "device", read_id(&device->device)) && read_add(object, "name", read_text(device->name)) &&
                 read_add(object, "organisation", read_text(device->organisation)) &&
                 read_add_ms_or_null(object, "seen", device->seen_ms) &&
                 read_add(object, "never_seen", json_boolean(device->seen_ms == 0)) &&
                 read_add(object, "waiting", json_integer((json_int_t)device->waiting));
    return read_whole(object, added);
}

// What a device saw before it was last heard of has come in, unless it said that something waits: of unknown age.
static enum rond_err complete_add(const struct sureness *sureness, json_t *object) {
    json_t *silent = json_array();
    int64_t until_ms = sureness->now_ms;
    size_t silent_count = 0;
    bool unknown = false;
    if (!read_add(object, "silent_devices", silent))
        return ROND_ENOMEM;
    for (size_t i = 0; i < sureness->count; i++) {
        const struct sure_device *device = &sureness->devices[i];
        unknown = unknown || device->seen_ms == 0 || device->waiting > 0;
        until_ms = device->seen_ms < until_ms ? device->seen_ms : until_ms;
        if (!sureness_is_silent(sureness, device, INT64_MAX) || ++silent_count > SURENESS_NAMED_MAX)
            continue;
        if (json_array_append_new(silent, silent_json(device)) != 0)
            return ROND_ENOMEM;
    }
    bool added = read_add(object, "devices", json_integer((json_int_t)sureness->count)) &&
                 read_add(object, "silent_devices_count", json_integer((json_int_t)silent_count)) &&
                 read_add_ms_or_null(object, "complete_until", unknown ? 0 : until_ms);
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
    struct sureness sureness;
    enum rond_err err = sureness_read(store, area, now_s * 1000, &sureness);
    sureness_longest_silent_first(&sureness);
    if (err == ROND_OK)
        err = promises_add(store, commitments, count, &sureness, now_s, promises);
    if (err == ROND_OK)
        err = complete_add(&sureness, object);
    sureness_deinit(&sureness);
    return err;
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
    enum rond_err err = read_add(object, "areas", areas) ? read_begin(store) : ROND_ENOMEM;
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

enum rond_err read_progress_of(struct store *store, const struct catalogue *catalogue, const char *path, int64_t now_s,
                               json_t **ret_json) {
    const struct commitment *commitment = catalogue_commitment_by_path(catalogue, path);
    struct sureness sureness;
    if (commitment == NULL)
        return ROND_ENOTFOUND;
    enum rond_err err = read_begin(store);
    if (err != ROND_OK)
        return err;
    err = sureness_read(store, commitment->promise->area, now_s * 1000, &sureness);
    sureness_longest_silent_first(&sureness);
    if (err == ROND_OK)
        err = commitment_json(store, commitment, &sureness, now_s, ret_json);
    sureness_deinit(&sureness);
    read_end(store);
    return err;
}
