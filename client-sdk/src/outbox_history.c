// What another history of the server had acknowledged.
//
// A server that is restored from a backup goes on in another epoch and lacks what it took in since the backup.
// "Acknowledged" was true of a history that is no more, so it is taken back: durably, in the transaction that stores the new
// epoch, every outbox stands again before the oldest report that it keeps. What the server has is confirmed at once by its
// Welcome; what it lacks goes out again.
//
// A closed outbox (closed = 1) had all its reports acknowledged; what was not was moved away in the fork. Where its server
// was restored it waits once more (closed = 2) and is put on offer as it is, under the identity and chain that it had: what
// the server still has is already there, and counts once. Only where the server says that it has another history under that
// identity are its reports queued anew in the active outbox, each naming what it was. Outboxes of another store are not
// offered: what they held was handed in where it belonged.
#include "outbox_internal.h"

enum closed { CLOSED_DONE = 1, CLOSED_WAITS = 2 };

static enum rond_err closed_set(struct outbox *outbox, int64_t number, enum closed closed) {
    return sql_run(outbox, "UPDATE outboxes SET closed = ? WHERE number = ? AND closed <> 0", "ii", (int64_t)closed, number);
}

// --- A closed outbox out of the file ---

// The highest seq whose payload was let go, and the highest that was queued and not moved away or lost.
static enum rond_err closed_bounds(struct outbox *outbox, int64_t number, uint64_t *inout_base, uint64_t *ret_last) {
    int64_t dropped = 0, last = 0;
    enum rond_err err = sql_number(outbox, &dropped,
                                   "SELECT ifnull(max(seq), 0) FROM reports WHERE outbox = ? AND sealed IS NULL"
                                   " AND status NOT IN (3, 4)",
                                   "i", number);
    if (err == ROND_OK)
        err = sql_number(outbox, &last,
                         "SELECT ifnull(max(seq), 0) FROM reports WHERE outbox = ? AND head IS NOT NULL AND status <> 3",
                         "i", number);
    *inout_base = (uint64_t)dropped > *inout_base ? (uint64_t)dropped : *inout_base;
    *ret_last = (uint64_t)last;
    return err;
}

static enum rond_err row_load(struct outbox *outbox, int64_t number, struct outbox_position *at) {
    sqlite3_stmt *row;
    enum rond_err err =
        sql_query(outbox, &row,
                  "SELECT outbox, last_seq, last_head, acknowledged_seq, acknowledged_head, base_seq, ratchets"
                  " FROM outboxes WHERE number = ?",
                  "i", number);
    if (err != ROND_OK)
        return err;
    err = sql_next(outbox, row);
    if (err == ROND_OK) {
        at->number = number;
        at->last.seq = (uint64_t)sqlite3_column_int64(row, 1);
        at->acknowledged.seq = (uint64_t)sqlite3_column_int64(row, 3);
        at->base_seq = (uint64_t)sqlite3_column_int64(row, 5);
        bool fits = id128_from_bytes(sql_bytes(row, 0), &at->id) && hash256_from_bytes(sql_bytes(row, 2), &at->last.head) &&
                    hash256_from_bytes(sql_bytes(row, 4), &at->acknowledged.head);
        err = fits ? outbox_ratchets_unseal(outbox, sql_bytes(row, 6), at) : ROND_ECORRUPT;
    }
    sql_end(row);
    return err == ROND_ENOTFOUND ? ROND_ECORRUPT : err;
}

static enum rond_err chain_at(struct outbox *outbox, const struct outbox_position *at, uint64_t seq,
                              struct chain *ret_chain) {
    struct chain chain = {.seq = seq};
    enum rond_err err = head_after(outbox, at, seq, &chain.head);
    if (err == ROND_OK)
        err = ratchet_after(at, seq, &chain.ratchet);
    if (err == ROND_OK)
        *ret_chain = chain;
    return err;
}

// `last` is the last report that it kept: those behind it live elsewhere now.
static enum rond_err closed_load(struct outbox *outbox, int64_t number, struct outbox_position *ret_at) {
    struct outbox_position at = {0};
    uint64_t base = 0, last = 0;
    enum rond_err err = row_load(outbox, number, &at);
    base = at.base_seq;
    if (err == ROND_OK)
        err = closed_bounds(outbox, number, &base, &last);
    if (err == ROND_OK && last > at.last.seq)
        err = ROND_ECORRUPT;
    if (err == ROND_OK && base > at.base_seq) {
        err = ratchet_after(&at, base, &at.base_ratchet);
        at.base_seq = base;
    }
    if (err == ROND_OK && last != at.last.seq && last >= at.base_seq)
        err = chain_at(outbox, &at, last, &at.last);
    if (err == ROND_OK)
        *ret_at = at;
    return err;
}

// --- Another history ---

// The lowest place from which the outbox can still speak for itself. Rows that were lost together have a head at their end
// only.
static enum rond_err floor_find(struct outbox *outbox, const struct outbox_position *at, struct chain *ret_floor) {
    int64_t seq = 0;
    if (at->base_seq == 0) {
        chain_init(ret_floor, &at->base_ratchet);
        return ROND_OK;
    }
    enum rond_err err = sql_number(
        outbox, &seq, "SELECT seq FROM reports WHERE outbox = ? AND seq >= ? AND head IS NOT NULL ORDER BY seq LIMIT 1",
        "ii", at->number, (int64_t)at->base_seq);
    return err == ROND_OK ? chain_at(outbox, at, (uint64_t)seq, ret_floor) : err;
}

// Takes back what was acknowledged. When it was so first is still known: payloads are let go by that, once they are confirmed.
static enum rond_err acknowledged_take_back(struct outbox *outbox, struct outbox_position *at) {
    struct chain floor;
    enum rond_err err = floor_find(outbox, at, &floor);
    if (err == ROND_ENOTFOUND || (err == ROND_OK && floor.seq >= at->acknowledged.seq))
        return ROND_OK;
    at->acknowledged = floor;
    return err == ROND_OK ? outbox_position_write(outbox, at) : err;
}

static enum rond_err closed_take_back(struct outbox *outbox, int64_t number) {
    struct outbox_position at;
    enum rond_err err = closed_load(outbox, number, &at);
    if (err != ROND_OK)
        return err;
    at.acknowledged = at.last; // the fork left behind nothing else
    if (at.last.seq == 0)
        return ROND_OK;
    err = acknowledged_take_back(outbox, &at);
    return err == ROND_OK ? closed_set(outbox, number, CLOSED_WAITS) : err; // even if to say that it keeps nothing any more
}

enum rond_err outbox_history_begin(struct outbox *outbox, bool same_store) {
    enum rond_err err = acknowledged_take_back(outbox, &outbox->position);
    for (int64_t number = 1; err == ROND_OK && same_store && number < outbox->position.number; number++) {
        err = closed_take_back(outbox, number);
        if (err == ROND_ECORRUPT) // what cannot be read is not offered; the rest is
            err = ROND_OK;
    }
    return err;
}

// --- On offer ---

void outbox_offered_state(struct outbox *outbox, struct device_outbox_state *ret_state) {
    const struct outbox_position *at = &outbox->visited;
    if (at->number == 0) {
        outbox_state(outbox, ret_state);
        return;
    }
    *ret_state = (struct device_outbox_state){
        .outbox = at->id,
        .acknowledged = at->last, // so that the server holds its own chain against it
        .last_seq = at->last.seq,
        .is_closed = true,
        .receipt = outbox_receipt_state(outbox, &at->id),
    };
}

enum rond_err outbox_offered_from(struct outbox *outbox, bool all_kept, struct chain *ret_chain) {
    struct outbox_position *at = outbox_offered(outbox);
    struct chain floor;
    enum rond_err err = all_kept ? floor_find(outbox, at, &floor) : ROND_ENOTFOUND;
    if (err == ROND_ENOTFOUND || (err == ROND_OK && floor.seq > at->acknowledged.seq)) {
        floor = at->acknowledged;
        err = ROND_OK;
    }
    if (err == ROND_OK)
        *ret_chain = floor;
    return err;
}

void outbox_offer_end(struct outbox *outbox) {
    outbox->visited = (struct outbox_position){0};
}

// The one on offer needs no more offering.
static enum rond_err visited_done(struct outbox *outbox, bool all_there) {
    struct outbox_position *at = &outbox->visited;
    enum rond_err err = closed_set(outbox, at->number, CLOSED_DONE);
    if (err == ROND_OK && all_there && at->acknowledged.seq < at->last.seq) {
        at->acknowledged = at->last;
        err = sql_run(outbox, "INSERT OR IGNORE INTO acks VALUES(?, ?, ?)", "iii", at->number, (int64_t)at->last.seq,
                      clock_wall_ms(outbox->clock));
        if (err == ROND_OK)
            err = outbox_position_write(outbox, at);
    }
    return err;
}

static enum rond_err visited_end(struct outbox *outbox, bool all_there) {
    enum rond_err err = transaction_begin(outbox);
    if (err == ROND_OK)
        err = transaction_end(outbox, visited_done(outbox, all_there));
    if (err == ROND_OK)
        outbox_offer_end(outbox);
    return err;
}

enum rond_err outbox_offer_next(struct outbox *outbox, bool *ret_changed) {
    bool was_visiting = outbox->visited.number != 0;
    int64_t number = 0;
    enum rond_err err = was_visiting ? visited_end(outbox, true) : ROND_OK;
    if (err == ROND_OK)
        err = sql_number(outbox, &number, "SELECT ifnull(min(number), 0) FROM outboxes WHERE closed = 2", "");
    if (err == ROND_OK && number != 0)
        err = closed_load(outbox, number, &outbox->visited);
    if (err == ROND_ECORRUPT)
        err = closed_set(outbox, number, CLOSED_DONE);
    if (err == ROND_OK)
        *ret_changed = was_visiting || outbox->visited.number != 0;
    return err;
}

enum rond_err outbox_offer_first(struct outbox *outbox, bool *ret_changed) {
    *ret_changed = false;
    return outbox->visited.number != 0 ? ROND_OK : outbox_offer_next(outbox, ret_changed);
}

enum rond_err outbox_offer_look(struct outbox *outbox, bool *ret_found) {
    int64_t number = 0;
    enum rond_err err =
        sql_number(outbox, &number, "SELECT ifnull(min(number), 0) FROM outboxes WHERE closed = 2 AND number > ?", "i",
                   outbox->visited.number);
    if (err == ROND_OK && number != 0)
        err = closed_load(outbox, number, &outbox->visited);
    if (err == ROND_OK)
        *ret_found = number != 0;
    return err;
}

static enum rond_err visited_move(struct outbox *outbox) {
    const struct outbox_position old = outbox->visited;
    enum rond_err err = visited_done(outbox, false);
    outbox_offer_end(outbox);
    return err == ROND_OK ? outbox_move(outbox, &old, old.acknowledged.seq) : err;
}

enum rond_err outbox_offer_forked(struct outbox *outbox, uint64_t first_seq) {
    if (outbox->visited.number == 0)
        return outbox_fork(outbox);
    if (first_seq > outbox->visited.last.seq)
        return visited_end(outbox, true);
    enum rond_err err = transaction_begin(outbox);
    return err == ROND_OK ? transaction_end(outbox, visited_move(outbox)) : err;
}

enum rond_err outbox_offer_give_up(struct outbox *outbox) {
    return outbox->visited.number != 0 ? visited_end(outbox, true) : ROND_ENOTFOUND;
}
