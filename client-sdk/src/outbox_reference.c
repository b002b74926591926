// What came down, each with its cursor in one transaction: after a crash the server sends again exactly what is not
// here. Reference data is nobody's secret and lies open in the file; outcomes speak of reports and are sealed.
#include <stdlib.h>
#include <string.h>

#include "outbox_internal.h"

// --- The server's state: one blob, fixed layout ---

enum { SERVER_SIZE = 1 + ID_SIZE + 8 + 4 + 4 + 8 + 8 };

static enum rond_err server_save(struct outbox *outbox) {
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
    return err == ROND_ENOTFOUND ? ROND_OK : err;
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
    if (err == ROND_OK && server->feedback_cursor == 0 && outbox->server.feedback_cursor != 0)
        err = sql_run(outbox, "DELETE FROM standings", "");
    return err;
}

enum rond_err outbox_server_store(struct outbox *outbox, const struct device_server_state *server) {
    enum rond_err err = transaction_begin(outbox);
    if (err != ROND_OK)
        return err;
    err = restart_clear(outbox, server);
    outbox->server = *server;
    if (err == ROND_OK)
        err = server_save(outbox);
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
    enum rond_err err = sql_run(outbox, "INSERT OR REPLACE INTO reference VALUES(?, ?, ?, ?)", "itib",
                                (int64_t)entry->body_case, entry->id, (int64_t)entry->revision, bytes_of(packed, size));
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
        err = server_save(outbox);
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
              : sql_query(outbox, &row, "SELECT body FROM reference WHERE kind = ? ORDER BY id", "i", (int64_t)kind);
    size_t count = 0;
    while (err == ROND_OK && count < (size_t)total && (err = sql_next(outbox, row)) == ROND_OK) {
        struct bytes body = sql_bytes(row, 0);
        entries[count] = rond__v1__reference_entry__unpack(&arena->pb, body.size, body.data);
        if (entries[count++] == NULL)
            err = ROND_ENOMEM;
    }
    sql_end(row);
    if (err != ROND_OK)
        return err;
    *ret_entries = entries;
    *ret_count = count;
    return ROND_OK;
}

// --- Feedback ---

static enum row_status row_status_of(Rond__V1__OutcomeState state) {
    switch (state) {
    case ROND__V1__OUTCOME_STATE__OUTCOME_STATE_QUARANTINED:
        return ROW_QUARANTINED;
    case ROND__V1__OUTCOME_STATE__OUTCOME_STATE_DISCARDED:
        return ROW_DISCARDED;
    default:
        return ROW_PLAIN;
    }
}

// A report released from quarantine, or set aside there for good, needs nobody any more; one put there later does.
static enum rond_err outcome_status(struct outbox *outbox, int64_t number, uint64_t seq, Rond__V1__OutcomeState state) {
    return sql_run(outbox,
                   "UPDATE reports SET status = ?3 WHERE outbox = ?1 AND seq = ?2 AND status IN (0, 2, 5) AND status <> ?3",
                   "iii", number, (int64_t)seq, (int64_t)row_status_of(state));
}

static enum rond_err outcome_store(struct outbox *outbox, const Rond__V1__Outcome *outcome) {
    struct id128 id;
    if (!id128_from_bytes(bytes_of(outcome->outbox.data, outcome->outbox.len), &id))
        return ROND_OK;
    int64_t number;
    uint64_t seq;
    enum rond_err err = outbox_locate(outbox, &id, outcome->seq, &number, &seq);
    if (err != ROND_OK)
        return err == ROND_ENOTFOUND ? ROND_OK : err; // another outbox file of this device
    size_t size = rond__v1__outcome__get_packed_size(outcome);
    uint8_t *packed = malloc(size + 1);
    if (packed == NULL)
        return ROND_ENOMEM;
    rond__v1__outcome__pack(outcome, packed);
    err = outbox_seal(outbox, place_of_row("rond outcome v1", number, seq), bytes_of(packed, size));
    free(packed);
    if (err == ROND_OK)
        err = sql_run(outbox, "INSERT OR REPLACE INTO outcomes VALUES(?, ?, ?)", "iib", number, (int64_t)seq,
                      buffer_bytes(&outbox->sealed));
    if (err == ROND_OK)
        err = outcome_status(outbox, number, seq, outcome->state);
    return err;
}

static enum rond_err standing_store(struct outbox *outbox, const Rond__V1__Standing *standing) {
    size_t size = rond__v1__standing__get_packed_size(standing);
    uint8_t *packed = malloc(size + 1);
    if (packed == NULL)
        return ROND_ENOMEM;
    rond__v1__standing__pack(standing, packed);
    enum rond_err err =
        sql_run(outbox, "INSERT OR REPLACE INTO standings VALUES(?, ?)", "tb", standing->commitment, bytes_of(packed, size));
    free(packed);
    return err;
}

enum rond_err outbox_feedback_store(struct outbox *outbox, const Rond__V1__Feedback *feedback) {
    enum rond_err err = transaction_begin(outbox);
    if (err != ROND_OK)
        return err;
    for (size_t i = 0; err == ROND_OK && i < feedback->n_outcomes; i++)
        err = outcome_store(outbox, feedback->outcomes[i]);
    for (size_t i = 0; err == ROND_OK && i < feedback->n_standings; i++)
        err = standing_store(outbox, feedback->standings[i]);
    outbox->server.feedback_cursor = feedback->cursor;
    if (err == ROND_OK)
        err = server_save(outbox);
    return transaction_end(outbox, err);
}

enum rond_err outbox_standings(struct outbox *outbox, struct arena *arena, Rond__V1__Standing ***ret_standings,
                               size_t *ret_count) {
    int64_t total = 0;
    enum rond_err err = sql_number(outbox, &total, "SELECT count(*) FROM standings", "");
    if (err != ROND_OK)
        return err;
    Rond__V1__Standing **standings = arena_array(arena, (size_t)total + 1, sizeof *standings);
    sqlite3_stmt *row = NULL;
    err = standings == NULL ? ROND_ENOMEM : sql_query(outbox, &row, "SELECT body FROM standings ORDER BY commitment", "");
    size_t count = 0;
    while (err == ROND_OK && count < (size_t)total && (err = sql_next(outbox, row)) == ROND_OK) {
        struct bytes body = sql_bytes(row, 0);
        standings[count] = rond__v1__standing__unpack(&arena->pb, body.size, body.data);
        if (standings[count++] == NULL)
            err = ROND_ENOMEM;
    }
    sql_end(row);
    if (err != ROND_OK)
        return err;
    *ret_standings = standings;
    *ret_count = count;
    return ROND_OK;
}
