// Records back out of the file, in order, for the device engine.
//
// A row that cannot be unsealed, or is missing, is declared lost: it is marked so durably, and the heads of all rows
// behind it are made anew, because the server will hash a Lost where the report would have been. The same is done for
// rows whose payload is no longer kept, when a restored server asks for them. Rows declared lost together form a run;
// only the last row of a run has a head, so a later read finds the same run again.
#include <string.h>

#include "base/planted.h"
#include "outbox_internal.h"

enum { PRUNE_REPORTS_MAX = 1000 }; // in one acknowledgement

enum rond_err record_unseal(struct outbox *outbox, const struct id128 *id, uint64_t seq, struct bytes sealed,
                            struct record *ret_record) {
    enum rond_err err = outbox_unseal(outbox, place_of_report(id, seq), sealed);
    if (err != ROND_OK)
        return err;
    struct bytes plain = buffer_bytes(&outbox->plain);
    if (plain.size == 0 || plain.data[0] > 1)
        return ROND_ECORRUPT;
    struct record record = {.has_formerly = plain.data[0] == 1};
    size_t head_size = record.has_formerly ? 1 + ID_SIZE + 8 : 1;
    if (plain.size <= head_size)
        return ROND_ECORRUPT;
    if (record.has_formerly) {
        memcpy(record.formerly_outbox.b, plain.data + 1, ID_SIZE);
        record.formerly_seq = get_be64(plain.data + 1 + ID_SIZE);
    }
    record.report = bytes_of(plain.data + head_size, plain.size - head_size);
    *ret_record = record;
    return ROND_OK;
}

// --- The chain at any seq ---

static void ratchet_step(struct hash256 *ratchet) {
    struct chain scratch = {.ratchet = *ratchet};
    chain_append(&scratch, &(struct record){0}, NULL, NULL);
    *ratchet = scratch.ratchet;
}

static void nearest(const struct chain *candidate, uint64_t seq, struct chain *best) {
    if (candidate->seq <= seq && candidate->seq >= best->seq)
        *best = *candidate;
}

enum rond_err ratchet_after(const struct outbox_position *at, uint64_t seq, struct hash256 *ret_ratchet) {
    if (seq < at->base_seq || seq > at->last.seq)
        return ROND_ENOTFOUND;
    struct chain best = {.seq = at->base_seq, .ratchet = at->base_ratchet};
    nearest(&at->acknowledged, seq, &best);
    nearest(&at->last, seq, &best);
    if (at->read_known)
        nearest(&at->read, seq, &best);
    for (uint64_t i = best.seq; i < seq; i++)
        ratchet_step(&best.ratchet);
    *ret_ratchet = best.ratchet;
    return ROND_OK;
}

enum rond_err head_after(struct outbox *outbox, const struct outbox_position *at, uint64_t seq, struct hash256 *ret_head) {
    if (seq == 0) {
        *ret_head = (struct hash256){0};
        return ROND_OK;
    }
    sqlite3_stmt *row;
    enum rond_err err =
        sql_query(outbox, &row, "SELECT head FROM reports WHERE outbox = ? AND seq = ?", "ii", at->number, (int64_t)seq);
    if (err != ROND_OK)
        return err;
    err = sql_next(outbox, row);
    if (err == ROND_OK && !hash256_from_bytes(sql_bytes(row, 0), ret_head))
        err = ROND_ENOTFOUND;
    sql_end(row);
    return err;
}

// --- Declaring lost ---

struct row {
    bool is_lost;
    bool is_marked; // lost, and said so in the file
    bool has_head;
    enum row_status status; // where lost: ROW_LOST or ROW_EXPIRED
    struct record record;   // where not; borrows from outbox->plain
};

static enum rond_err row_read(struct outbox *outbox, uint64_t seq, struct row *ret_row) {
    const struct outbox_position *at = outbox_offered(outbox);
    sqlite3_stmt *statement;
    enum rond_err err =
        sql_query(outbox, &statement, "SELECT status, sealed, head FROM reports WHERE outbox = ? AND seq = ?", "ii",
                  at->number, (int64_t)seq);
    if (err != ROND_OK)
        return err;
    struct row row = {.status = seq <= at->base_seq ? ROW_EXPIRED : ROW_LOST, .is_lost = true};
    err = sql_next(outbox, statement);
    if (err == ROND_OK) {
        enum row_status status = (enum row_status)sqlite3_column_int(statement, 0);
        row.has_head = sql_bytes(statement, 2).size == HASH_SIZE;
        row.is_marked = status == ROW_LOST || status == ROW_EXPIRED;
        if (row.is_marked)
            row.status = status;
        else if (seq > at->base_seq)
            err = record_unseal(outbox, &at->id, seq, sql_bytes(statement, 1), &row.record);
        row.is_lost = row.is_marked || seq <= at->base_seq || err == ROND_ECORRUPT;
        if (seq <= at->base_seq) { // whatever it was: below the base no ratchet is known at which a run could end
            row.status = ROW_EXPIRED;
            row.has_head = row.has_head && seq == at->base_seq;
        }
        if (err == ROND_ECORRUPT) // and nothing but that: without memory a report is not lost
            err = ROND_OK;
    }
    sql_end(statement);
    if (err == ROND_ENOTFOUND)
        err = ROND_OK;
    if (err == ROND_OK)
        *ret_row = row;
    return err;
}

static Rond__V1__LostReason lost_reason(enum row_status status) {
    return status == ROW_EXPIRED ? ROND__V1__LOST_REASON__LOST_REASON_EXPIRED
                                 : ROND__V1__LOST_REASON__LOST_REASON_UNREADABLE;
}

static enum rond_err lost_mark(struct outbox *outbox, uint64_t seq, enum row_status status) {
    return sql_run(outbox,
                   "INSERT INTO reports VALUES(?1, ?2, ?3, NULL, NULL, ?4, NULL)"
                   " ON CONFLICT DO UPDATE SET status = ?3, head = NULL",
                   "iiii", outbox_offered(outbox)->number, (int64_t)seq, (int64_t)status, clock_wall_ms(outbox->clock));
}

static enum rond_err head_write(struct outbox *outbox, const struct chain *chain) {
    struct outbox_position *at = outbox_offered(outbox);
    if (chain->seq == at->acknowledged.seq)
        at->acknowledged.head = chain->head;
    if (chain->seq == at->last.seq)
        at->last.head = chain->head;
    return sql_run(outbox, "UPDATE reports SET head = ? WHERE outbox = ? AND seq = ?", "bii",
                   bytes_of(chain->head.b, HASH_SIZE), at->number, (int64_t)chain->seq);
}

// A run ends where a readable row or another reason follows, and at the acknowledged seq, whose head is needed.
static bool run_ends(struct outbox *outbox, uint64_t seq, enum row_status status) {
    const struct outbox_position *at = outbox_offered(outbox);
    return seq == at->last.seq || seq == at->acknowledged.seq || (status == ROW_EXPIRED && seq == at->base_seq);
}

// Makes the heads of first..last anew; `chain` stands at first - 1 and knows its ratchet unless that is below the base.
static enum rond_err rechain(struct outbox *outbox, struct chain chain) {
    const struct outbox_position *at = outbox_offered(outbox);
    struct hash256 ratchet = chain.ratchet; // for seq
    for (uint64_t seq = chain.seq + 1; seq <= at->last.seq; seq++) {
        struct row row;
        enum rond_err err = row_read(outbox, seq, &row);
        if (err != ROND_OK)
            return err;
        struct hash256 after = ratchet;
        if (seq == at->base_seq)
            after = at->base_ratchet;
        else if (seq > at->base_seq)
            ratchet_step(&after);
        if (row.is_lost) {
            err = lost_mark(outbox, seq, row.status);
            struct row next = {0};
            bool ends = run_ends(outbox, seq, row.status);
            if (err == ROND_OK && !ends)
                err = row_read(outbox, seq + 1, &next);
            if (err == ROND_OK && (ends || !next.is_lost || next.status != row.status)) {
                chain_lose(&chain, seq, lost_reason(row.status), &after);
                err = head_write(outbox, &chain);
            }
        } else {
            chain.ratchet = ratchet;
            chain_append(&chain, &row.record, NULL, NULL);
            err = head_write(outbox, &chain);
        }
        if (err != ROND_OK)
            return err;
        ratchet = after;
    }
    return ROND_OK;
}

static enum rond_err lose_from(struct outbox *outbox, const struct chain *before) {
    enum rond_err err = transaction_begin(outbox);
    if (err != ROND_OK)
        return err;
    outbox_offered(outbox)->read_known = false;
    err = rechain(outbox, *before);
    if (err == ROND_OK)
        err = outbox_position_write(outbox, outbox_offered(outbox));
    return transaction_end(outbox, err);
}

enum rond_err outbox_rechain(struct outbox *outbox, const struct chain *before) {
    outbox->position.read_known = false;
    return rechain(outbox, *before);
}

// The run that begins at first_seq, which is marked.
static enum rond_err run_answer(struct outbox *outbox, struct device_answer *answer) {
    struct row row;
    uint64_t seq = answer->first_seq;
    enum rond_err err = row_read(outbox, seq, &row);
    while (err == ROND_OK && !row.has_head && seq < outbox_offered(outbox)->last.seq)
        err = row_read(outbox, ++seq, &row);
    if (err != ROND_OK)
        return err;
    if (PLANTED(LOST_ONE_TOO_MANY) && seq < outbox->position.last.seq)
        seq++;
    answer->lost_last = seq;
    answer->lost_reason = lost_reason(row.status);
    return ratchet_after(outbox_offered(outbox), seq, &answer->lost_ratchet);
}

// What is below the base goes as one run up to it. Shorter ones were said before the base had moved on, or of rows that were
// damaged then: they do not end where a ratchet is known.
static enum rond_err run_is_marked(struct outbox *outbox, uint64_t first_seq, bool *inout_marked) {
    const struct outbox_position *at = outbox_offered(outbox);
    int64_t marked = 0;
    if (first_seq > at->base_seq)
        return ROND_OK;
    enum rond_err err = sql_number(outbox, &marked,
                                   "SELECT count(*) FROM reports WHERE outbox = ?1 AND seq BETWEEN ?2 AND ?3 AND status = ?4"
                                   " AND (head IS NULL) = (seq < ?3)",
                                   "iiii", at->number, (int64_t)first_seq, (int64_t)at->base_seq, (int64_t)ROW_EXPIRED);
    *inout_marked = (uint64_t)marked == at->base_seq - first_seq + 1;
    return err;
}

static enum rond_err lost_answer(struct outbox *outbox, const struct row *row, struct device_answer *answer) {
    bool is_marked = row->is_marked;
    enum rond_err marked_err = run_is_marked(outbox, answer->first_seq, &is_marked);
    if (marked_err != ROND_OK)
        return marked_err;
    if (!is_marked) {
        enum rond_err err = lose_from(outbox, &answer->before);
        if (err != ROND_OK)
            return err;
    }
    answer->before_known = answer->before_known && row->status != ROW_EXPIRED;
    return run_answer(outbox, answer);
}

// --- Reading ---

static enum rond_err before_fill(struct outbox *outbox, struct device_answer *answer) {
    uint64_t seq = answer->first_seq - 1;
    answer->before.seq = seq;
    enum rond_err err = head_after(outbox, outbox_offered(outbox), seq, &answer->before.head);
    enum rond_err ratchet_err = ratchet_after(outbox_offered(outbox), seq, &answer->before.ratchet); // serves without the head as well
    if (err == ROND_OK)
        err = ratchet_err;
    answer->before_known = err == ROND_OK;
    return err == ROND_ENOTFOUND ? ROND_OK : err;
}

static enum rond_err record_copy(struct arena *arena, const struct record *from, struct record *ret_record) {
    struct record record = *from;
    if (!arena_copy(arena, from->report, &record.report))
        return ROND_ENOMEM;
    *ret_record = record;
    return ROND_OK;
}

static size_t records_room(struct outbox *outbox, uint64_t first_seq, size_t bytes_max) {
    uint64_t room = outbox_offered(outbox)->last.seq - first_seq + 1;
    if (room > BATCH_REPORTS_MAX)
        room = BATCH_REPORTS_MAX;
    return bytes_max / 4 + 1 < room ? bytes_max / 4 + 1 : (size_t)room;
}

// Reads until the first row that cannot be read, and says which that was in *ret_lost.
static enum rond_err records_read(struct outbox *outbox, size_t bytes_max, struct arena *arena, struct device_answer *answer,
                                  struct row *ret_lost) {
    size_t room = records_room(outbox, answer->first_seq, bytes_max), bytes = 0;
    struct record *records = arena_array(arena, room, sizeof *records);
    if (records == NULL)
        return ROND_ENOMEM;
    answer->records = records;
    while (answer->count < room) {
        struct row row;
        enum rond_err err = row_read(outbox, answer->first_seq + answer->count, &row);
        if (err != ROND_OK)
            return err;
        if (row.is_lost) {
            *ret_lost = row;
            return ROND_OK;
        }
        bytes += row.record.report.size;
        if (answer->count > 0 && bytes > bytes_max)
            return ROND_OK;
        err = record_copy(arena, &row.record, &records[answer->count]);
        if (err != ROND_OK)
            return answer->count > 0 ? ROND_OK : err;
        answer->count++;
    }
    return ROND_OK;
}

// Remembers where this read ended, so that the next one need not step the ratchet from the beginning.
static void position_advance(struct outbox *outbox, const struct device_answer *answer) {
    if (!answer->before_known || answer->count == 0)
        return;
    struct chain read = answer->before;
    read.seq += answer->count;
    for (size_t i = 0; i < answer->count; i++)
        ratchet_step(&read.ratchet);
    outbox_offered(outbox)->read = read;
    outbox_offered(outbox)->read_known = true;
}

static enum rond_err read_once(struct outbox *outbox, uint64_t first_seq, size_t bytes_max, struct arena *arena,
                               struct device_answer *ret_answer) {
    if (first_seq == 0)
        return ROND_EINVALID;
    struct device_answer answer = {.first_seq = first_seq};
    if (first_seq > outbox_offered(outbox)->last.seq) {
        answer.before = outbox_offered(outbox)->last;
        answer.before_known = first_seq == outbox_offered(outbox)->last.seq + 1;
        *ret_answer = answer;
        return ROND_OK;
    }
    struct row lost = {0};
    enum rond_err err = before_fill(outbox, &answer);
    if (err == ROND_OK)
        err = records_read(outbox, bytes_max, arena, &answer, &lost);
    if (err == ROND_OK && answer.count == 0)
        err = lost_answer(outbox, &lost, &answer);
    if (err != ROND_OK)
        return err;
    position_advance(outbox, &answer);
    *ret_answer = answer;
    return ROND_OK;
}

// After mending, seqs may mean something else than when they were asked for: the window begins anew.
enum rond_err outbox_read(struct outbox *outbox, uint64_t first_seq, size_t bytes_max, struct arena *arena,
                          struct device_answer *ret_answer) {
    enum rond_err err = read_once(outbox, first_seq, bytes_max, arena, ret_answer);
    buffer_clear(&outbox->plain);
    return outbox_mended(outbox, err) ? ROND_EAGAIN : err;
}

// --- Dropping what was acknowledged long ago ---

static enum rond_err prune_active(struct outbox *outbox, uint64_t to_seq) {
    struct outbox_position *at = &outbox->position;
    if (PLANTED(PRUNED_TOO_EARLY) && to_seq > 0)
        to_seq = at->last.seq;
    else if (to_seq > at->acknowledged.seq)
        to_seq = at->acknowledged.seq;
    if (to_seq > at->base_seq + PRUNE_REPORTS_MAX)
        to_seq = at->base_seq + PRUNE_REPORTS_MAX;
    if (to_seq <= at->base_seq)
        return ROND_OK;
    struct hash256 ratchet;
    enum rond_err err = ratchet_after(at, to_seq, &ratchet);
    if (err == ROND_OK)
        err = sql_run(outbox, "UPDATE reports SET sealed = NULL WHERE outbox = ? AND seq > ? AND seq <= ?", "iii",
                      at->number, (int64_t)at->base_seq, (int64_t)to_seq);
    if (err == ROND_OK)
        err = sql_run(outbox, "DELETE FROM acks WHERE outbox = ? AND seq <= ?", "ii", at->number, (int64_t)to_seq);
    if (err != ROND_OK)
        return err;
    at->base_seq = to_seq;
    at->base_ratchet = ratchet;
    if (at->read_known && at->read.seq < to_seq)
        at->read_known = false;
    return ROND_OK;
}

// Payloads of closed outboxes serve the person, and a server that is restored (outbox_history.c).
static enum rond_err prune_closed(struct outbox *outbox, int64_t before_ms) {
    enum rond_err err =
        sql_run(outbox,
                "UPDATE reports SET sealed = NULL WHERE sealed IS NOT NULL AND outbox <> ?1 AND EXISTS(SELECT 1 FROM acks"
                " WHERE acks.outbox = reports.outbox AND acks.seq >= reports.seq AND at_ms < ?2) AND"
                " seq <= (SELECT acknowledged_seq FROM outboxes WHERE number = reports.outbox)",
                "ii", outbox->position.number, before_ms);
    if (err == ROND_OK)
        err = sql_run(outbox, "DELETE FROM acks WHERE outbox <> ? AND at_ms < ?", "ii", outbox->position.number, before_ms);
    return err;
}

#define DAY_MS (INT64_C(24) * 3600 * 1000)

// What the app was set to keep, or less, where the server's rules of retention say so.
static int64_t keep_ms(const struct outbox *outbox) {
    int64_t told_ms = (int64_t)outbox->server.keep_days * DAY_MS;
    return told_ms > 0 && told_ms < outbox->keep_ms ? told_ms : outbox->keep_ms;
}

enum rond_err outbox_prune(struct outbox *outbox) {
    int64_t before_ms = clock_wall_ms(outbox->clock) - keep_ms(outbox), to_seq = 0, old = 0;
    enum rond_err err = sql_number(outbox, &to_seq, "SELECT ifnull(max(seq), 0) FROM acks WHERE outbox = ? AND at_ms < ?",
                                   "ii", outbox->position.number, before_ms);
    if (err == ROND_OK)
        err = prune_active(outbox, (uint64_t)to_seq);
    if (err == ROND_OK)
        err = sql_number(outbox, &old, "SELECT EXISTS(SELECT 1 FROM acks WHERE outbox <> ? AND at_ms < ?)", "ii",
                         outbox->position.number, before_ms);
    if (err == ROND_OK && old != 0)
        err = prune_closed(outbox, before_ms);
    return err;
}
