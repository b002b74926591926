#include <stdio.h>

#include "store/sqlite.h"

enum { PACKED_BYTES_MAX = 4 * 1024 * 1024, ROLES_BYTES_MAX = 64 * 1024 };

static enum rond_err identity(struct store *base, struct store_identity *ret_identity) {
    struct store_identity found = {0};
    struct query query = query_start(sqlite_of(base), "SELECT id, epoch FROM store");
    bool row = query_next(&query);
    if (row) {
        column_exactly(&query, 0, found.store_id.b, ID_SIZE);
        found.epoch = (uint64_t)column_int(&query, 1);
    }
    enum rond_err err = query_finish(&query);
    if (err == ROND_OK && !row)
        err = ROND_ECORRUPT;
    if (err == ROND_OK)
        *ret_identity = found;
    return err;
}

static enum rond_err epoch_put(struct store *base, uint64_t epoch) {
    struct sqlite_store *store = sqlite_of(base);
    CHECK(store->in_transaction);
    if (epoch > INT64_MAX)
        return ROND_EINVALID;
    struct query query = query_start(store, "UPDATE store SET epoch = ?1 WHERE epoch < ?1");
    query_int(&query, (int64_t)epoch);
    enum rond_err err = query_run(&query);
    return err == ROND_OK && sqlite3_changes(store->db) != 1 ? ROND_EINVALID : err;
}

static enum rond_err fold_version(struct store *base, uint32_t *ret_version) {
    int64_t version = 0;
    enum rond_err err = sqlite_number(sqlite_of(base), "SELECT fold FROM store", &version);
    if (err == ROND_OK)
        *ret_version = (uint32_t)version;
    return err == ROND_ENOTFOUND ? ROND_ECORRUPT : err;
}

static enum rond_err fold_version_put(struct store *base, uint32_t version) {
    struct query query = query_start(sqlite_of(base), "UPDATE store SET fold = ?");
    query_int(&query, version);
    return query_run(&query);
}

static enum rond_err device_put(struct store *base, const struct device_record *device) {
    struct sqlite_store *store = sqlite_of(base);
    struct buffer roles;
    CHECK(store->in_transaction);
    buffer_init(&roles, ROLES_BYTES_MAX);
    enum rond_err err = roles_join(device->roles, device->roles_count, &roles);
    if (err != ROND_OK)
        goto done;
    struct query query = query_start(
        store, "INSERT INTO devices (device, name, organisation, area, roles, status, enrolled_ms, revoked_ms, seen_ms,"
               " issuer) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (device) DO UPDATE SET name = excluded.name,"
               " organisation = excluded.organisation, area = excluded.area, roles = excluded.roles,"
               " status = excluded.status, enrolled_ms = excluded.enrolled_ms, revoked_ms = excluded.revoked_ms,"
               " seen_ms = excluded.seen_ms, issuer = excluded.issuer");
    query_blob(&query, device->device.b, ID_SIZE);
    query_text(&query, device->name);
    query_text(&query, device->organisation);
    query_text(&query, device->area);
    query_text(&query, buffer_text(&roles));
    query_int(&query, device->status);
    query_int(&query, device->enrolled_ms);
    query_int(&query, device->revoked_ms);
    query_int(&query, device->seen_ms);
    query_blob(&query, device->issuer.b, HASH_SIZE);
    err = query_run(&query);
done:
    buffer_deinit(&roles);
    return err;
}

void sqlite_device_read(struct query *query, struct arena *arena, struct device_record *ret_device) {
    struct device_record device = {0};
    column_exactly(query, 1, device.device.b, ID_SIZE);
    device.name = column_text(query, 2, arena);
    device.organisation = column_text(query, 3, arena);
    device.area = column_text(query, 4, arena);
    const char *roles = column_text(query, 5, arena);
    if (query->err == ROND_OK)
        query->err = roles_split(roles, arena, &device.roles, &device.roles_count);
    device.status = (enum device_status)column_int(query, 6);
    device.enrolled_ms = column_int(query, 7);
    device.revoked_ms = column_int(query, 8);
    device.seen_ms = column_int(query, 9);
    column_exactly(query, 10, device.issuer.b, HASH_SIZE);
    const char *client = column_text(query, 11, arena);
    if (query->err == ROND_OK)
        (void)snprintf(device.client, sizeof device.client, "%s", client);
    *ret_device = device;
}

static enum rond_err device_get(struct store *base, const struct id128 *device, struct arena *arena,
                                struct device_record *ret_device) {
    struct device_record found_device = {0};
    struct query query = query_start(sqlite_of(base), "SELECT " DEVICE_COLUMNS "FROM devices WHERE device = ?");
    query_blob(&query, device->b, ID_SIZE);
    bool found = query_next(&query);
    if (found)
        sqlite_device_read(&query, arena, &found_device);
    enum rond_err err = query_finish(&query);
    if (err == ROND_OK && !found)
        err = ROND_ENOTFOUND;
    if (err == ROND_OK)
        *ret_device = found_device;
    return err;
}

static enum rond_err device_seen(struct store *base, const struct id128 *device, int64_t at_ms, const struct id128 *outbox,
                                 uint64_t last_seq, const char *client) {
    static const struct id128 none;
    struct sqlite_store *store = sqlite_of(base);
    char kept[DEVICE_CLIENT_BYTES_MAX + 1];
    CHECK(store->in_transaction);
    (void)snprintf(kept, sizeof kept, "%s", client);
    struct query query =
        query_start(store, "UPDATE devices SET seen_ms = ?, last_seq = ?, last_outbox = ?, client = ? WHERE device = ?");
    query_int(&query, at_ms);
    query_int(&query, last_seq > INT64_MAX ? INT64_MAX : (int64_t)last_seq);
    query_blob(&query, outbox == NULL ? none.b : outbox->b, ID_SIZE);
    query_text(&query, kept);
    query_blob(&query, device->b, ID_SIZE);
    enum rond_err err = query_run(&query);
    return err == ROND_OK && sqlite3_changes(store->db) == 0 ? ROND_ENOTFOUND : err;
}

static enum rond_err device_certified(struct store *base, const struct id128 *device, const struct hash256 *issuer) {
    struct sqlite_store *store = sqlite_of(base);
    CHECK(store->in_transaction);
    struct query query = query_start(store, "UPDATE devices SET issuer = ? WHERE device = ?");
    query_blob(&query, issuer->b, HASH_SIZE);
    query_blob(&query, device->b, ID_SIZE);
    enum rond_err err = query_run(&query);
    return err == ROND_OK && sqlite3_changes(store->db) == 0 ? ROND_ENOTFOUND : err;
}

// A key belongs to one device for ever.
static enum rond_err key_put(struct store *base, const struct device_key *key) {
    struct sqlite_store *store = sqlite_of(base);
    CHECK(store->in_transaction);
    struct query query = query_start(store, "UPDATE device_keys SET current = 0 WHERE device = ?");
    query_blob(&query, key->device.b, ID_SIZE);
    enum rond_err err = query_run(&query);
    if (err != ROND_OK)
        return err;
    query = query_start(store, "INSERT INTO device_keys (spki_hash, device, spki, current, since_ms) VALUES (?, ?, ?, 1, ?)"
                               " ON CONFLICT (spki_hash) DO UPDATE SET current = 1, since_ms = excluded.since_ms"
                               " WHERE device = excluded.device");
    query_blob(&query, key->spki_hash.b, HASH_SIZE);
    query_blob(&query, key->device.b, ID_SIZE);
    query_blob(&query, key->spki.data, key->spki.size);
    query_int(&query, key->since_ms);
    err = query_run(&query);
    return err == ROND_OK && sqlite3_changes(store->db) == 0 ? ROND_ECONFLICT : err;
}

void sqlite_key_read(struct query *query, struct arena *arena, struct device_key *ret_key) {
    struct device_key key = {0};
    column_exactly(query, 0, key.spki_hash.b, HASH_SIZE);
    column_exactly(query, 1, key.device.b, ID_SIZE);
    key.spki = column_bytes(query, 2, arena);
    key.current = column_int(query, 3) != 0;
    key.since_ms = column_int(query, 4);
    *ret_key = key;
}

static enum rond_err key_get(struct store *base, const struct hash256 *spki_hash, struct arena *arena,
                             struct device_key *ret_key) {
    struct device_key key = {0};
    struct query query = query_start(sqlite_of(base), "SELECT " KEY_COLUMNS "FROM device_keys WHERE spki_hash = ?");
    query_blob(&query, spki_hash->b, HASH_SIZE);
    bool found = query_next(&query);
    if (found)
        sqlite_key_read(&query, arena, &key);
    enum rond_err err = query_finish(&query);
    if (err == ROND_OK && !found)
        err = ROND_ENOTFOUND;
    if (err == ROND_OK)
        *ret_key = key;
    return err;
}

// ret_revision 0 where there is no such entry.
static enum rond_err reference_compare(struct sqlite_store *store, const Rond__V1__ReferenceEntry *entry,
                                       struct bytes packed, uint64_t *ret_revision, bool *ret_same) {
    struct query query = query_start(store, "SELECT revision, removed, body FROM reference WHERE kind = ? AND id = ?");
    query_int(&query, entry->body_case);
    query_text(&query, entry->id);
    *ret_revision = 0;
    *ret_same = entry->removed; // removing what is not there changes nothing
    if (query_next(&query)) {
        bool removed = column_int(&query, 1) != 0;
        struct bytes stored =
            bytes_of(sqlite3_column_blob(query.statement, 2), (size_t)sqlite3_column_bytes(query.statement, 2));
        *ret_revision = (uint64_t)column_int(&query, 0);
        *ret_same = removed == (bool)entry->removed && (removed || bytes_equal(stored, packed));
    }
    return query_finish(&query);
}

static enum rond_err reference_write(struct sqlite_store *store, const Rond__V1__ReferenceEntry *entry, struct bytes packed,
                                     uint64_t *ret_revision) {
    int64_t newest = 0;
    struct query query = query_start(store, "SELECT coalesce(max(revision), 0) FROM reference");
    enum rond_err err = query_single(&query, &newest);
    if (err != ROND_OK)
        return err;
    query =
        query_start(store, "INSERT OR REPLACE INTO reference (kind, id, revision, removed, body) VALUES (?, ?, ?, ?, ?)");
    query_int(&query, entry->body_case);
    query_text(&query, entry->id);
    query_int(&query, newest + 1);
    query_int(&query, entry->removed != 0);
    query_blob(&query, packed.data, packed.size);
    if ((err = query_run(&query)) == ROND_OK)
        *ret_revision = (uint64_t)newest + 1;
    return err;
}

static enum rond_err reference_put(struct store *base, const Rond__V1__ReferenceEntry *entry, uint64_t *ret_revision) {
    struct sqlite_store *store = sqlite_of(base);
    struct buffer packed;
    uint64_t revision = 0;
    bool same = false;
    CHECK(store->in_transaction);
    buffer_init(&packed, PACKED_BYTES_MAX);
    enum rond_err err = reference_pack(entry, &packed);
    if (err == ROND_OK)
        err = reference_compare(store, entry, buffer_bytes(&packed), &revision, &same);
    if (err == ROND_OK && !same)
        err = reference_write(store, entry, buffer_bytes(&packed), &revision);
    if (err == ROND_OK && ret_revision != NULL)
        *ret_revision = revision;
    buffer_deinit(&packed);
    return err;
}

static enum rond_err commitment_number(struct store *base, const char *path, uint32_t *ret_number) {
    struct sqlite_store *store = sqlite_of(base);
    int64_t number = 0;
    struct query query = query_start(store, "SELECT number FROM commitments WHERE path = ?");
    query_text(&query, path);
    enum rond_err err = query_single(&query, &number);
    if (err == ROND_ENOTFOUND) {
        CHECK(store->in_transaction);
        query = query_start(store, "INSERT INTO commitments (path) VALUES (?)");
        query_text(&query, path);
        err = query_run(&query);
        number = sqlite3_last_insert_rowid(store->db);
    }
    if (err == ROND_OK)
        *ret_number = (uint32_t)number;
    return err;
}

static enum rond_err audit(struct store *base, const struct audit_row *row) {
    struct sqlite_store *store = sqlite_of(base);
    struct hash256 previous = {0}, hash;
    int64_t id = 1;
    CHECK(store->in_transaction);
    struct query query = query_start(store, "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1");
    if (query_next(&query)) {
        id = column_int(&query, 0) + 1;
        column_exactly(&query, 1, previous.b, HASH_SIZE);
    }
    enum rond_err err = query_finish(&query);
    if (err == ROND_OK)
        err = audit_hash(&previous, (uint64_t)id, row, &hash);
    if (err != ROND_OK)
        return err;
    query = query_start(store, "INSERT INTO audit (id, at_ms, actor, action, detail, hash) VALUES (?, ?, ?, ?, ?, ?)");
    query_int(&query, id);
    query_int(&query, row->at_ms);
    query_text(&query, row->actor);
    query_text(&query, row->action);
    query_text(&query, row->detail);
    query_blob(&query, hash.b, HASH_SIZE);
    return query_run(&query);
}

const struct registry_ops sqlite_registry = {
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
    .code_put = sqlite_code_put,
    .code_get = sqlite_code_get,
    .code_update = sqlite_code_update,
    .reference_put = reference_put,
    .promise_version_put = sqlite_promise_version_put,
    .commitment_number = commitment_number,
    .followup_key_put = sqlite_followup_key_put,
    .followup_put = sqlite_followup_put,
    .decision_put = sqlite_decision_put,
    .decision_undo = sqlite_decision_undo,
    .rule_put = sqlite_rule_put,
    .retention_note = sqlite_retention_note,
    .person_put = sqlite_person_put,
    .person_get = sqlite_person_get,
    .person_by_setup = sqlite_person_by_setup,
    .session_put = sqlite_session_put,
    .session_get = sqlite_session_get,
    .session_end = sqlite_session_end,
    .sessions_end = sqlite_sessions_end,
    .audit = audit,
};
