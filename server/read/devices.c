#include "read/devices.h"

#include "read/flagged.h"
#include "read/sureness.h"
#include "read/waiting.h"
#include "wire/key_fingerprint.h"
#include "wire/limits.h"
#include "wire/personal_data.h"

#define HOUR_MS (INT64_C(3600) * 1000)

const char *device_status_name(enum device_status status) {
    return status == DEVICE_ACTIVE ? "active" : status == DEVICE_RETIRED ? "retired" : "lost";
}

json_t *device_roles_json(const char *const *roles, size_t count) {
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < count; i++)
        if (json_array_append_new(list, read_text(roles[i])) != 0)
            return read_whole(list, false);
    return list;
}

// Of the CA whose certificate it came with last.
static json_t *issuer_json(const struct device_record *device) {
    const struct hash256 none = {0};
    return hash256_equal(&device->issuer, &none) ? json_null() : read_hex(bytes_of(device->issuer.b, HASH_SIZE));
}

static bool is_silent(const struct device_record *device, int64_t now_ms) {
    return device->status == DEVICE_ACTIVE && now_ms - device->seen_ms >= READ_SILENT_HOURS * HOUR_MS;
}

static bool key_add(json_t *object, const struct device_key *key) {
    char text[KEY_FINGERPRINT_SIZE];
    if (key == NULL)
        return read_add(object, "key", json_null()) && read_add_ms_or_null(object, "certificate_ends", 0);
    key_fingerprint_format(&key->spki_hash, text);
    return read_add(object, "key", json_string(text)) &&
           read_add_ms(object, "certificate_ends", key->since_ms + CERTIFICATE_DAYS * 24 * HOUR_MS);
}

// What was waiting when the device last spoke was queued before that.
static bool queue_add(json_t *object, const struct device_record *device, const struct device_queue *queue) {
    return read_add(object, "waiting", json_integer((json_int_t)queue->waiting)) &&
           read_add_ms_or_null(object, "waiting_since", queue->waiting == 0 ? 0 : device->seen_ms) &&
           read_add(object, "lost", json_integer((json_int_t)queue->lost)) &&
           read_add(object, "forks", json_integer((json_int_t)queue->forks));
}

static json_t *device_json(const struct device_record *device, const struct device_queue *queue,
                           const struct device_key *key, int64_t now_ms) {
    json_t *object = json_object();
    bool added = read_add(object, "device", read_id(&device->device)) && read_add(object, "name", read_text(device->name)) &&
                 read_add(object, "name_kinds", flagged_kinds(personal_data_kinds(bytes_of_text(device->name)))) &&
                 read_add(object, "organisation", read_text(device->organisation)) &&
                 read_add(object, "area", read_text(device->area)) &&
                 read_add(object, "roles", device_roles_json(device->roles, device->roles_count)) &&
                 read_add(object, "status", json_string(device_status_name(device->status))) &&
                 read_add_ms(object, "enrolled", device->enrolled_ms) &&
                 read_add_ms_or_null(object, "revoked", device->revoked_ms) &&
                 read_add_ms_or_null(object, "seen", device->seen_ms) &&
                 read_add(object, "is_silent", json_boolean(is_silent(device, now_ms))) &&
                 queue_add(object, device, queue) && read_add(object, "client", read_text(device->client)) &&
                 read_add(object, "ca", issuer_json(device)) && key_add(object, key);
    return read_whole(object, added);
}

static enum rond_err device_give(struct store *store, const struct device_record *device, int64_t now_ms,
                                 struct arena *arena, const struct read_rows *rows) {
    struct device_queue queue;
    struct device_key *keys = NULL;
    const struct device_key *current = NULL;
    size_t count = 0;
    enum rond_err err = read_queue(store, &device->device, arena, &queue);
    if (err == ROND_OK)
        err = store->views->keys_of(store, &device->device, arena, &keys, &count);
    for (size_t i = 0; i < count && err == ROND_OK && current == NULL; i++)
        current = keys[i].current ? &keys[i] : NULL;
    return err != ROND_OK ? err : read_rows_give(rows, device_json(device, &queue, current, now_ms));
}

static enum rond_err devices_all(struct store *store, int64_t now_ms, struct arena *arena, const struct read_rows *rows) {
    uint64_t cursor = 0;
    enum rond_err err;
    do {
        struct device_record *devices = NULL;
        size_t count = 0;
        arena_reset(arena);
        err = store->views->devices(store, cursor, READ_PAGE_ROWS, arena, &devices, &count, &cursor);
        for (size_t i = 0; i < count && err == ROND_OK; i++)
            err = device_give(store, &devices[i], now_ms, arena, rows);
    } while (err == ROND_OK && cursor != 0);
    return err;
}

enum rond_err read_devices(struct store *store, int64_t now_ms, const struct read_rows *rows) {
    struct arena arena;
    enum rond_err err = read_begin(store);
    if (err != ROND_OK)
        return err;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    err = devices_all(store, now_ms, &arena, rows);
    arena_deinit(&arena);
    read_end(store);
    return err;
}

static json_t *waiting_json(const struct enrol_code *code) {
    char key[KEY_FINGERPRINT_SIZE];
    json_t *object = json_object();
    key_fingerprint_format(&code->key_hash, key);
    bool added = read_add(object, "key", json_string(key)) && read_add(object, "device", read_id(&code->device)) &&
                 read_add(object, "name", read_text(code->name)) &&
                 read_add(object, "name_kinds", flagged_kinds(personal_data_kinds(bytes_of_text(code->name)))) &&
                 read_add(object, "organisation", read_text(code->organisation)) &&
                 read_add(object, "area", read_text(code->area)) &&
                 read_add(object, "roles", device_roles_json(code->roles, code->roles_count)) &&
                 read_add(object, "status", json_string(code->approval == APPROVAL_GIVEN ? "approved" : "pending")) &&
                 read_add(object, "issuer", read_text(code->issuer)) && read_add_ms(object, "asked", code->asked_ms) &&
                 read_add_ms(object, "ends", code->approval_ends_ms);
    return read_whole(object, added);
}

enum rond_err read_devices_waiting(struct store *store, int64_t now_ms, const struct read_rows *rows) {
    struct arena arena;
    struct enrol_code *codes;
    size_t count = 0;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    enum rond_err err = store->views->codes_waiting(store, now_ms, APPROVALS_WAITING_MAX, &arena, &codes, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = read_rows_give(rows, waiting_json(&codes[i]));
    arena_deinit(&arena);
    return err;
}
