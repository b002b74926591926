#include "read/sureness.h"

#include <stdlib.h>
#include <string.h>

#include "read/waiting.h"

enum { DEVICES_FIRST = 64 };

// ---- Devices of the area ----

static bool grow(struct sureness *sureness) {
    size_t capacity = sureness->count < DEVICES_FIRST ? DEVICES_FIRST : sureness->count;
    if (sureness->count > 0 && (sureness->count < DEVICES_FIRST || (sureness->count & (sureness->count - 1)) != 0))
        return true; // room is doubled at powers of two
    struct sure_device *devices = arena_array(&sureness->arena, 2 * capacity, sizeof *devices);
    if (devices == NULL)
        return false;
    if (sureness->count > 0)
        memcpy(devices, sureness->devices, sureness->count * sizeof *devices);
    sureness->devices = devices;
    return true;
}

// From the page's arena into ours.
static bool device_keep(struct sureness *sureness, const struct sure_device *from) {
    struct arena *arena = &sureness->arena;
    struct sure_device kept = *from;
    kept.name = arena_text(arena, from->name);
    kept.organisation = arena_text(arena, from->organisation);
    kept.roles = arena_array(arena, from->roles_count, sizeof *kept.roles);
    if (kept.name == NULL || kept.organisation == NULL || kept.roles == NULL || !grow(sureness))
        return false;
    for (size_t i = 0; i < from->roles_count; i++)
        if ((kept.roles[i] = arena_text(arena, from->roles[i])) == NULL)
            return false;
    sureness->devices[sureness->count++] = kept;
    return true;
}

static enum rond_err device_take(struct store *store, const struct device_record *record, bool silent_only, struct arena *page,
                                 struct sureness *sureness) {
    struct sure_device device = {.device = record->device,
                                 .name = record->name,
                                 .organisation = record->organisation,
                                 .roles = record->roles,
                                 .roles_count = record->roles_count,
                                 .seen_ms = record->seen_ms};
    enum rond_err err = read_waiting(store, &record->device, page, &device.waiting);
    if (err != ROND_OK || (silent_only && !sureness_is_silent(sureness, &device, INT64_MAX)))
        return err;
    return device_keep(sureness, &device) ? ROND_OK : ROND_ENOMEM;
}

static enum rond_err read_devices(struct store *store, const char *area, int64_t now_ms, bool silent_only,
                                  struct sureness *sureness) {
    struct arena page; // of a page of devices: there may be many, and few are kept
    *sureness = (struct sureness){.now_ms = now_ms};
    arena_init(&sureness->arena, READ_ARENA_BYTES_MAX);
    arena_init(&page, READ_ARENA_BYTES_MAX);
    uint64_t cursor = 0;
    enum rond_err err;
    do {
        struct device_record *records = NULL;
        size_t count = 0;
        arena_reset(&page);
        err = store->views->devices(store, cursor, READ_PAGE_ROWS, &page, &records, &count, &cursor);
        for (size_t i = 0; i < count && err == ROND_OK; i++)
            if (records[i].status == DEVICE_ACTIVE && strcmp(records[i].area, area) == 0)
                err = device_take(store, &records[i], silent_only, &page, sureness);
    } while (err == ROND_OK && cursor != 0);
    arena_deinit(&page);
    return err;
}

enum rond_err sureness_read(struct store *store, const char *area, int64_t now_ms, struct sureness *sureness) {
    return read_devices(store, area, now_ms, false, sureness);
}

enum rond_err sureness_read_silent(struct store *store, const char *area, int64_t now_ms, struct sureness *sureness) {
    return read_devices(store, area, now_ms, true, sureness);
}

enum rond_err sureness_look_again(struct store *store, struct sure_device *device) {
    struct arena arena;
    struct device_record record;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    enum rond_err err = store->registry->device_get(store, &device->device, &arena, &record);
    if (err == ROND_OK)
        err = read_waiting(store, &device->device, &arena, &device->waiting);
    if (err == ROND_OK)
        device->seen_ms = record.seen_ms;
    arena_deinit(&arena);
    return err;
}

void sureness_deinit(struct sureness *sureness) {
    arena_deinit(&sureness->arena);
}

// Of two that were heard of at once the id decides: what has not changed is answered alike.
static int by_seen(const void *a, const void *b) {
    const struct sure_device *one = a, *other = b;
    if (one->seen_ms != other->seen_ms)
        return one->seen_ms < other->seen_ms ? -1 : 1;
    return memcmp(one->device.b, other->device.b, sizeof one->device.b);
}

void sureness_longest_silent_first(struct sureness *sureness) {
    if (sureness->count > 1)
        qsort(sureness->devices, sureness->count, sizeof *sureness->devices, by_seen);
}

// ---- What matters to whom ----

// Heard of late enough to have told everything, but for what waits there.
static bool was_heard(const struct sureness *sureness, const struct sure_device *device, int64_t end_ms) {
    int64_t heard_since_ms = sureness->now_ms - (int64_t)READ_SILENT_HOURS * 60 * 60 * 1000;
    return device->seen_ms >= (heard_since_ms < end_ms ? heard_since_ms : end_ms);
}

bool sureness_is_silent(const struct sureness *sureness, const struct sure_device *device, int64_t end_ms) {
    return device->waiting > 0 || !was_heard(sureness, device, end_ms);
}

static bool has_role_of(const struct sure_device *device, char *const *roles, size_t count) {
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < device->roles_count; k++)
            if (strcmp(roles[i], device->roles[k]) == 0)
                return true;
    return count == 0;
}

static bool fits_conditions(const struct sure_device *device, const Rond__V1__Filter *filter) {
    for (size_t i = 0; filter != NULL && i < filter->n_where; i++) {
        const Rond__V1__Condition *condition = filter->where[i];
        if (strcmp(condition->field, "role") == 0 && !has_role_of(device, condition->any_of, condition->n_any_of))
            return false;
    }
    return true;
}

bool sureness_concerns(const struct commitment *commitment, const struct sure_device *device) {
    const Rond__V1__Commitment *definition = commitment->definition;
    bool owns = definition->owner[0] == '\0' || strcmp(definition->owner, device->organisation) == 0;
    return owns && has_role_of(device, definition->roles, definition->n_roles) &&
           fits_conditions(device, definition->filter);
}

int64_t sureness_day_end_ms(const struct commitment *commitment, day_t day) {
    const Rond__V1__Commitment *definition = commitment->definition;
    int64_t end_s = zone_instant(commitment->zone, day + 1, 0);
    for (size_t i = 0; i < definition->n_windows; i++) {
        int64_t from_s, to_s;
        commitment_window_span(commitment, definition->windows[i], day, &from_s, &to_s);
        end_s = to_s > end_s ? to_s : end_s;
    }
    return end_s * 1000;
}

int64_t sureness_end_ms(const struct commitment *commitment) {
    day_t last = commitment->to < commitment->judged_from ? commitment->to : commitment->judged_from - 1;
    return sureness_day_end_ms(commitment, last);
}

static bool is_missing(const struct sureness *sureness, const struct commitment *commitment,
                       const struct sure_device *device, int64_t end_ms) {
    return sureness_is_silent(sureness, device, end_ms) && sureness_concerns(commitment, device);
}

static json_t *device_json(const struct sure_device *device) {
    json_t *object = json_object();
    bool added = read_add(object, "device", read_id(&device->device)) && read_add(object, "name", read_text(device->name)) &&
                 read_add(object, "organisation", read_text(device->organisation)) &&
                 read_add_ms_or_null(object, "since", device->seen_ms) &&
                 read_add(object, "waiting", json_integer((json_int_t)device->waiting));
    return read_whole(object, added);
}

enum rond_err sureness_add(const struct sureness *sureness, const struct commitment *commitment, json_t *object,
                           size_t *ret_count) {
    int64_t end_ms = sureness_end_ms(commitment);
    json_t *list = json_array();
    size_t count = 0;
    for (size_t i = 0; i < sureness->count; i++) {
        const struct sure_device *device = &sureness->devices[i];
        if (!is_missing(sureness, commitment, device, end_ms) || ++count > SURENESS_NAMED_MAX)
            continue;
        if (json_array_append_new(list, device_json(device)) != 0) {
            json_decref(list);
            return ROND_ENOMEM;
        }
    }
    *ret_count = count;
    bool added = read_add(object, "silent", list) && read_add(object, "silent_count", json_integer((json_int_t)count));
    return added ? ROND_OK : ROND_ENOMEM;
}

static void silent_add(const struct sureness *sureness, const struct sure_device *device, int64_t end_ms,
                       struct silence *silence) {
    if (silence->silent++ == 0 || device->seen_ms < silence->heard_ms)
        silence->heard_ms = device->seen_ms;
    if (device->seen_ms == 0)
        silence->never++;
    else if (was_heard(sureness, device, end_ms))
        silence->unsent++;
    else if (silence->since_ms == 0 || device->seen_ms < silence->since_ms)
        silence->since_ms = device->seen_ms;
}

void sureness_silence(const struct sureness *sureness, const struct commitment *commitment, int64_t end_ms,
                      const struct id128 *except, struct silence *ret_silence) {
    struct silence silence = {0};
    for (size_t i = 0; i < sureness->count; i++) {
        const struct sure_device *device = &sureness->devices[i];
        if ((except != NULL && id128_equal(&device->device, except)) || !sureness_concerns(commitment, device))
            continue;
        silence.devices++;
        if (sureness_is_silent(sureness, device, end_ms))
            silent_add(sureness, device, end_ms, &silence);
    }
    *ret_silence = silence;
}

const char *sureness_status(enum progress_status by_reports, size_t silent_count) {
    bool could_be_better = by_reports == PROGRESS_BEHIND || by_reports == PROGRESS_MISSED;
    return could_be_better && silent_count > 0 ? "unknown" : progress_status_name(by_reports);
}
