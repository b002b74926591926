// Reference data, and what is known of the server, each with its cursor in one transaction: after a crash the server sends
// again exactly what is not here. Words, places and promises are nobody's secret and lie open in the file; a planned
// activity tells of what is still to come, and is sealed.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outbox_internal.h"
#include "wire/limits.h"

// --- Which entries are sealed ---

enum { SEALED_AT_ONCE_MAX = 1000 };
static const char sealed_label[] = "rond activity v1";

bool reference_is_sealed(struct bytes body) {
    return body.size > 0 && body.data[0] == 0x01; // a seal's version, with which no message can begin
}

bool reference_unseals(struct outbox *outbox, int64_t kind, const char *id, struct bytes body) {
    return kind == ROND__V1__REFERENCE_ENTRY__BODY_ACTIVITY && strlen(id) <= REFERENCE_ID_BYTES_MAX &&
           outbox_unseal(outbox, place_of_name(sealed_label, id), body) == ROND_OK;
}

static enum rond_err row_store(struct outbox *outbox, int64_t kind, const char *id, int64_t revision, struct bytes body) {
    enum rond_err err = ROND_OK;
    if (kind == ROND__V1__REFERENCE_ENTRY__BODY_ACTIVITY && strlen(id) <= REFERENCE_ID_BYTES_MAX) {
        err = outbox_seal(outbox, place_of_name(sealed_label, id), body);
        body = buffer_bytes(&outbox->sealed);
    }
    return err != ROND_OK
               ? err
               : sql_run(outbox, "INSERT OR REPLACE INTO reference VALUES(?, ?, ?, ?)", "itib", kind, id, revision, body);
}

// What an older version left open. Where it fails (a full disk) it is done at the next opening.
static void activities_seal(struct outbox *outbox) {
    const int64_t kind = ROND__V1__REFERENCE_ENTRY__BODY_ACTIVITY;
    sqlite3_stmt *row = NULL;
    enum rond_err err = ROND_OK;
    for (int i = 0; err == ROND_OK && i < SEALED_AT_ONCE_MAX; i++) {
        char id[REFERENCE_ID_BYTES_MAX + 1];
        err = sql_query(outbox, &row,
                        "SELECT id, revision, body FROM reference WHERE kind = ? AND substr(body, 1, 1) <> x'01'"
                        " AND length(CAST(id AS BLOB)) BETWEEN 1 AND 64 LIMIT 1",
                        "i", kind);
        if (err != ROND_OK || (err = sql_next(outbox, row)) != ROND_OK)
            break;
        snprintf(id, sizeof id, "%s", (const char *)sqlite3_column_text(row, 0));
        int64_t revision = sqlite3_column_int64(row, 1);
        struct buffer body;
        buffer_init(&body, FRAME_BYTES_MAX);
        err = buffer_append(&body, sql_bytes(row, 2));
        sql_end(row);
        row = NULL;
        if (err == ROND_OK)
            err = row_store(outbox, kind, id, revision, buffer_bytes(&body));
        buffer_deinit(&body);
    }
    sql_end(row);
}

// --- The server's state: one blob, fixed layout; and a setting beside it, so that files of every version can hold that ---

static const char keep_setting[] = "server.keep_days";

static enum rond_err keep_save(struct outbox *outbox) {
    uint8_t days[4];
    put_be32(days, outbox->server.keep_days);
    return outbox_setting_put(outbox, keep_setting, bytes_of(days, outbox->server.keep_days == 0 ? 0 : sizeof days));
}

static enum rond_err keep_load(struct outbox *outbox) {
    struct arena arena;
    struct bytes days;
    arena_init(&arena, 4096);
    enum rond_err err = outbox_setting_get(outbox, keep_setting, &arena, &days);
    outbox->server.keep_days = err == ROND_OK && days.size == 4 ? get_be32(days.data) : 0;
    arena_deinit(&arena);
    return err == ROND_ENOTFOUND || err == ROND_ECORRUPT ? ROND_OK : err;
}

enum { SERVER_SIZE = 1 + ID_SIZE + 8 + 4 + 4 + 8 + 8 };

enum rond_err outbox_server_save(struct outbox *outbox) {
    const struct device_server_state *server = &outbox->server;
    uint8_t b[SERVER_SIZE] = {server->known};
    memcpy(b + 1, server->store_id.b, ID_SIZE);
    put_be64(b + 17, server->epoch);
    put_be32(b + 25, server->credit_bytes);
    put_be32(b + 29, server->batch_bytes_max);
    put_be64(b + 33, server->reference_cursor);
    put_be64(b + 41, server->feedback_cursor);
    return sql_run(outbox, "INSERT OR REPLACE INTO meta VALUES('server', ?)", "b", bytes_of(b, sizeof b));
}

enum rond_err outbox_server_load(struct outbox *outbox) {
    sqlite3_stmt *row;
    enum rond_err err = sql_query(outbox, &row, "SELECT value FROM meta WHERE name = 'server'", "");
    if (err != ROND_OK)
        return err;
    err = sql_next(outbox, row);
    struct bytes b = err == ROND_OK ? sql_bytes(row, 0) : bytes_of(NULL, 0);
    if (b.size == SERVER_SIZE) {
        struct device_server_state *server = &outbox->server;
        server->known = b.data[0] == 1;
        memcpy(server->store_id.b, b.data + 1, ID_SIZE);
        server->epoch = get_be64(b.data + 17);
        server->credit_bytes = get_be32(b.data + 25);
        server->batch_bytes_max = get_be32(b.data + 29);
        server->reference_cursor = get_be64(b.data + 33);
        server->feedback_cursor = get_be64(b.data + 41);
    }
    sql_end(row);
    activities_seal(outbox);
    err = err == ROND_ENOTFOUND || err == ROND_OK ? outbox_week_load(outbox) : err;
    return err == ROND_OK ? keep_load(outbox) : err;
}

void outbox_server(const struct outbox *outbox, struct device_server_state *ret_server) {
    *ret_server = outbox->server;
}

// A cursor that begins anew (another store, or one restored from a backup) begins with nothing: what the new history
// does not name must not stay.
static enum rond_err restart_clear(struct outbox *outbox, const struct device_server_state *server) {
    enum rond_err err = ROND_OK;
    if (server->reference_cursor == 0 && outbox->server.reference_cursor != 0)
        err = sql_run(outbox, "DELETE FROM reference", "");
    bool forgets_standings = (server->feedback_cursor == 0 && outbox->server.feedback_cursor != 0) ||
                             (server->standings_stamp == 0 && outbox->server.standings_stamp != 0);
    if (err == ROND_OK && forgets_standings)
        err = outbox_standings_forget(outbox);
    bool forgets_week = server->summary_week[0] == '\0' && outbox->server.summary_week[0] != '\0';
    bool forgets_actions = server->actions_stamp == 0 && outbox->server.actions_stamp != 0;
    if (err == ROND_OK && (forgets_week || forgets_actions))
        err = outbox_feedback_forget(outbox);
    return err;
}

enum rond_err outbox_server_store(struct outbox *outbox, const struct device_server_state *server) {
    enum rond_err err = transaction_begin(outbox);
    if (err != ROND_OK)
        return err;
    const struct device_server_state before = outbox->server;
    bool same_store = id128_equal(&before.store_id, &server->store_id);
    err = restart_clear(outbox, server);
    outbox->server = *server;
    if (err == ROND_OK)
        err = outbox_server_save(outbox);
    if (err == ROND_OK && before.keep_days != server->keep_days)
        err = keep_save(outbox);
    if (err == ROND_OK && before.keep_days != server->keep_days && outbox->visited.number == 0)
        err = outbox_prune(outbox);
    if (err == ROND_OK && before.known && server->known && (!same_store || before.epoch != server->epoch))
        err = outbox_history_begin(outbox, same_store);
    return transaction_end(outbox, err);
}

// --- Reference data ---

static enum rond_err entry_store(struct outbox *outbox, const Rond__V1__ReferenceEntry *entry) {
    if (entry->removed)
        return sql_run(outbox, "DELETE FROM reference WHERE kind = ? AND id = ?", "it", (int64_t)entry->body_case,
                       entry->id);
    size_t size = rond__v1__reference_entry__get_packed_size(entry);
    uint8_t *packed = malloc(size + 1);
    if (packed == NULL)
        return ROND_ENOMEM;
    rond__v1__reference_entry__pack(entry, packed);
    enum rond_err err =
        row_store(outbox, (int64_t)entry->body_case, entry->id, (int64_t)entry->revision, bytes_of(packed, size));
    bytes_wipe(packed, size);
    free(packed);
    return err;
}

enum rond_err outbox_reference_store(struct outbox *outbox, const Rond__V1__Reference *reference) {
    enum rond_err err = transaction_begin(outbox);
    if (err != ROND_OK)
        return err;
    for (size_t i = 0; err == ROND_OK && i < reference->n_entries; i++)
        err = entry_store(outbox, reference->entries[i]);
    outbox->server.reference_cursor = reference->cursor;
    if (err == ROND_OK)
        err = outbox_server_save(outbox);
    return transaction_end(outbox, err);
}

enum rond_err outbox_reference_list(struct outbox *outbox, Rond__V1__ReferenceEntry__BodyCase kind, struct arena *arena,
                                    Rond__V1__ReferenceEntry ***ret_entries, size_t *ret_count) {
    int64_t total = 0;
    enum rond_err err = sql_number(outbox, &total, "SELECT count(*) FROM reference WHERE kind = ?", "i", (int64_t)kind);
    if (err != ROND_OK)
        return err;
    Rond__V1__ReferenceEntry **entries = arena_array(arena, (size_t)total + 1, sizeof *entries);
    sqlite3_stmt *row = NULL;
    err = entries == NULL
              ? ROND_ENOMEM
              : sql_query(outbox, &row, "SELECT body, id FROM reference WHERE kind = ? ORDER BY id", "i", (int64_t)kind);
    size_t count = 0;
    while (err == ROND_OK && count < (size_t)total && (err = sql_next(outbox, row)) == ROND_OK) {
        struct bytes body = sql_bytes(row, 0);
        if (reference_is_sealed(body)) { // one that does not open is sent again with the next cursor that begins anew
            if (!reference_unseals(outbox, (int64_t)kind, (const char *)sqlite3_column_text(row, 1), body))
                continue;
            body = buffer_bytes(&outbox->plain);
        }
        entries[count] = rond__v1__reference_entry__unpack(&arena->pb, body.size, body.data);
        if (entries[count++] == NULL)
            err = ROND_ENOMEM;
    }
    sql_end(row);
    if (err != ROND_OK && err != ROND_ENOTFOUND) // not found: the last row was passed over
        return err;
    *ret_entries = entries;
    *ret_count = count;
    return ROND_OK;
}
