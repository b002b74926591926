#include <stdio.h>
#include <string.h>

#include "store/memory_store.h"

enum { PACKED_BYTES_MAX = 4 * 1024 * 1024 };

static enum rond_err identity(struct store *base, struct store_identity *ret_identity) {
    *ret_identity = memory_of(base)->identity;
    return ROND_OK;
}

static enum rond_err epoch_put(struct store *base, uint64_t epoch) {
    struct memory_store *store = memory_of(base);
    if (epoch > INT64_MAX || epoch <= store->identity.epoch)
        return ROND_EINVALID;
    store->identity.epoch = epoch;
    return ROND_OK;
}

static enum rond_err fold_version(struct store *base, uint32_t *ret_version) {
    *ret_version = memory_of(base)->fold_version;
    return ROND_OK;
}

static enum rond_err fold_version_put(struct store *base, uint32_t version) {
    memory_of(base)->fold_version = version;
    return ROND_OK;
}

// A new item, or what stands in place of the old one.
static enum rond_err put(struct table *table, size_t number, const void *item) {
    if (number == TABLE_END)
        return table_add(table, item);
    void *changed = table_change(table, number);
    if (changed == NULL)
        return ROND_ENOMEM;
    memcpy(changed, item, table->item_size);
    return ROND_OK;
}

static enum rond_err device_put(struct store *base, const struct device_record *device) {
    struct memory_store *store = memory_of(base);
    struct table *table = memory_write(store, MEMORY_DEVICES);
    size_t number = memory_device_find(store, &device->device);
    struct memory_device kept = {0};
    if (number != TABLE_END)
        kept = *(const struct memory_device *)table_at(table, number);
    const struct device_record before = kept.record;
    enum rond_err err = device_copy(&store->heap->arena, device, &kept.record);
    memcpy(kept.record.client, before.client, sizeof before.client);
    return err == ROND_OK ? put(table, number, &kept) : err;
}

static enum rond_err device_get(struct store *base, const struct id128 *device, struct arena *arena,
                                struct device_record *ret_device) {
    struct memory_store *store = memory_of(base);
    size_t number = memory_device_find(store, device);
    if (number == TABLE_END)
        return ROND_ENOTFOUND;
    const struct memory_device *found = table_at(&store->tables[MEMORY_DEVICES], number);
    return device_copy(arena, &found->record, ret_device);
}

static enum rond_err device_seen(struct store *base, const struct id128 *device, int64_t at_ms, const struct id128 *outbox,
                                 uint64_t last_seq, const char *client) {
    struct memory_store *store = memory_of(base);
    struct table *table = memory_write(store, MEMORY_DEVICES);
    size_t number = memory_device_find(store, device);
    if (number == TABLE_END)
        return ROND_ENOTFOUND;
    struct memory_device *changed = table_change(table, number);
    if (changed == NULL)
        return ROND_ENOMEM;
    changed->record.seen_ms = at_ms;
    (void)snprintf(changed->record.client, sizeof changed->record.client, "%s", client);
    changed->last_seq = last_seq > INT64_MAX ? INT64_MAX : last_seq;
    changed->last_outbox = outbox == NULL ? (struct id128){0} : *outbox;
    return ROND_OK;
}

static enum rond_err device_certified(struct store *base, const struct id128 *device, const struct hash256 *issuer) {
    struct memory_store *store = memory_of(base);
    struct table *table = memory_write(store, MEMORY_DEVICES);
    size_t number = memory_device_find(store, device);
    if (number == TABLE_END)
        return ROND_ENOTFOUND;
    struct memory_device *changed = table_change(table, number);
    if (changed == NULL)
        return ROND_ENOMEM;
    changed->record.issuer = *issuer;
    return ROND_OK;
}

static size_t key_find(const struct memory_store *store, const struct hash256 *spki_hash) {
    const struct table *table = &store->tables[MEMORY_KEYS];
    size_t number = table_first(table, 0, hash_add(HASH_START, spki_hash->b, HASH_SIZE));
    for (; number != TABLE_END; number = table_next(table, 0, number))
        if (hash256_equal(&((const struct device_key *)table_at(table, number))->spki_hash, spki_hash))
            break;
    return number;
}

static enum rond_err keys_retire(struct table *table, const struct id128 *device) {
    for (size_t i = table_first(table, 1, memory_hash_id(device)); i != TABLE_END; i = table_next(table, 1, i)) {
        if (!id128_equal(&((const struct device_key *)table_at(table, i))->device, device))
            continue;
        struct device_key *changed = table_change(table, i);
        if (changed == NULL)
            return ROND_ENOMEM;
        changed->current = false;
    }
    return ROND_OK;
}

static enum rond_err key_put(struct store *base, const struct device_key *key) {
    struct memory_store *store = memory_of(base);
    struct table *table = memory_write(store, MEMORY_KEYS);
    size_t number = key_find(store, &key->spki_hash);
    struct device_key kept = {0};
    if (number != TABLE_END && !id128_equal(&((const struct device_key *)table_at(table, number))->device, &key->device))
        return ROND_ECONFLICT;
    enum rond_err err = keys_retire(table, &key->device);
    if (err == ROND_OK)
        err = key_copy(&store->heap->arena, key, &kept);
    kept.current = true;
    if (number != TABLE_END)
        kept.spki = ((const struct device_key *)table_at(table, number))->spki;
    return err == ROND_OK ? put(table, number, &kept) : err;
}

static enum rond_err key_get(struct store *base, const struct hash256 *spki_hash, struct arena *arena,
                             struct device_key *ret_key) {
    struct memory_store *store = memory_of(base);
    size_t number = key_find(store, spki_hash);
    return number == TABLE_END ? ROND_ENOTFOUND : key_copy(arena, table_at(&store->tables[MEMORY_KEYS], number), ret_key);
}

static size_t reference_find(const struct table *table, uint32_t kind, const char *id) {
    size_t number = table_first(table, 0, memory_hash_text(kind, id));
    for (; number != TABLE_END; number = table_next(table, 0, number)) {
        const struct memory_reference *found = table_at(table, number);
        if (found->kind == kind && strcmp(found->id, id) == 0)
            break;
    }
    return number;
}

static uint64_t newest_revision(const struct table *table) {
    uint64_t newest = 0;
    for (size_t i = 0; i < table->count; i++) {
        uint64_t revision = ((const struct memory_reference *)table_at(table, i))->revision;
        newest = revision > newest ? revision : newest;
    }
    return newest;
}

static enum rond_err reference_write(struct memory_store *store, const Rond__V1__ReferenceEntry *entry, struct bytes packed,
                                     uint64_t *revision) {
    struct table *table = memory_write(store, MEMORY_REFERENCE);
    size_t number = reference_find(table, entry->body_case, entry->id);
    const struct memory_reference *found = number == TABLE_END ? NULL : table_at(table, number);
    bool removed = entry->removed != 0;
    bool gone = found == NULL || found->removed;
    *revision = found == NULL ? 0 : found->revision;
    if (removed ? gone : found != NULL && !found->removed && bytes_equal(found->packed, packed))
        return ROND_OK;
    struct memory_reference kept = {.kind = entry->body_case, .revision = newest_revision(table) + 1, .removed = removed};
    enum rond_err err = text_copy(&store->heap->arena, entry->id, &kept.id);
    if (err == ROND_OK && !arena_copy(&store->heap->arena, packed, &kept.packed))
        err = ROND_ENOMEM;
    *revision = kept.revision;
    return err == ROND_OK ? put(table, number, &kept) : err;
}

static enum rond_err reference_put(struct store *base, const Rond__V1__ReferenceEntry *entry, uint64_t *ret_revision) {
    struct buffer packed;
    uint64_t revision = 0;
    buffer_init(&packed, PACKED_BYTES_MAX);
    enum rond_err err = reference_pack(entry, &packed);
    if (err == ROND_OK)
        err = reference_write(memory_of(base), entry, buffer_bytes(&packed), &revision);
    if (err == ROND_OK && ret_revision != NULL)
        *ret_revision = revision;
    buffer_deinit(&packed);
    return err;
}

static enum rond_err commitment_number(struct store *base, const char *path, uint32_t *ret_number) {
    struct memory_store *store = memory_of(base);
    const struct table *table = &store->tables[MEMORY_COMMITMENTS];
    size_t number = 0;
    while (number < table->count && strcmp(*(const char *const *)table_at(table, number), path) != 0)
        number++;
    if (number == table->count) {
        const char *kept = NULL;
        enum rond_err err = text_copy(&store->heap->arena, path, &kept);
        if (err == ROND_OK)
            err = table_add(memory_write(store, MEMORY_COMMITMENTS), &kept);
        if (err != ROND_OK)
            return err;
    }
    *ret_number = (uint32_t)number + 1;
    return ROND_OK;
}

static enum rond_err audit(struct store *base, const struct audit_row *row) {
    struct memory_store *store = memory_of(base);
    struct table *table = memory_write(store, MEMORY_AUDIT);
    struct hash256 previous = {0};
    struct memory_audit kept = {.row = *row};
    if (table->count > 0)
        previous = ((const struct memory_audit *)table_at(table, table->count - 1))->hash;
    enum rond_err err = audit_hash(&previous, table->count + 1, row, &kept.hash);
    if (err == ROND_OK)
        err = text_copy(&store->heap->arena, row->actor, &kept.row.actor);
    if (err == ROND_OK)
        err = text_copy(&store->heap->arena, row->action, &kept.row.action);
    if (err == ROND_OK)
        err = text_copy(&store->heap->arena, row->detail, &kept.row.detail);
    return err == ROND_OK ? table_add(table, &kept) : err;
}

const struct registry_ops memory_registry = {
    .identity = identity,
    .epoch_put = epoch_put,
    .fold_version = fold_version,
    .fold_version_put = fold_version_put,
    .device_put = device_put,
    .device_get = device_get,
    .device_seen = device_seen,
    .device_certified = device_certified,
    .key_put = key_put,
    .key_get = key_get,
    .code_put = memory_code_put,
    .code_get = memory_code_get,
    .code_update = memory_code_update,
    .reference_put = reference_put,
    .promise_version_put = memory_promise_version_put,
    .commitment_number = commitment_number,
    .followup_key_put = memory_followup_key_put,
    .followup_put = memory_followup_put,
    .decision_put = memory_decision_put,
    .decision_undo = memory_decision_undo,
    .rule_put = memory_rule_put,
    .retention_note = memory_retention_note,
    .person_put = memory_person_put,
    .person_get = memory_person_get,
    .person_by_setup = memory_person_by_setup,
    .session_put = memory_session_put,
    .session_get = memory_session_get,
    .session_end = memory_session_end,
    .sessions_end = memory_sessions_end,
    .audit = audit,
};
