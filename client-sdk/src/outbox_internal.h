// What the files of the outbox share. Nobody else includes this.
//
//   outbox.c            open, append, acknowledge, fork
//   outbox_history.c    offering again what another history of the server had acknowledged
//   outbox_read.c       records back out of the file; what cannot be read is declared lost
//   outbox_status.c     what the person sees of each report
//   outbox_drafts.c     drafts
//   outbox_reference.c  what came down: reference data, the server's state
//   outbox_feedback.c   what came down: outcomes, standings, open actions, the weekly summary
//   outbox_receipts.c   receipts of the server
//   outbox_contradictions.c   what contradicts them
//   outbox_settings.c   small sealed settings
//   outbox_mend.c       a damaged file: what is readable goes into a fresh one (outbox_pages.c reads it)
//   outbox_log.c        whether a log that a crash left is spoilt
//   outbox_sql.c        statements, transactions, the meaning of SQLite's answers
#ifndef CLIENT_OUTBOX_INTERNAL_H
#define CLIENT_OUTBOX_INTERNAL_H

#include <sqlite3.h>

#include "base/buffer.h"
#include "base/check.h"
#include "outbox.h"
#include "wire/limits.h"

// Column reports.status. Waiting and received are not stored: a report up to the acknowledged seq is received.
enum row_status { ROW_PLAIN = 0, ROW_QUARANTINED = 2, ROW_LOST = 3, ROW_EXPIRED = 4, ROW_DISCARDED = 5 };

// Where the active outbox stands; the same as its row in the file.
struct outbox_position {
    int64_t number; // row of the outbox
    struct id128 id;
    struct chain last; // at the highest queued seq
    struct chain acknowledged;
    uint64_t base_seq;           // payloads up to here are no longer kept
    struct hash256 base_ratchet; // for base_seq + 1; the seed while base_seq is 0
    struct chain read;           // where the last read ended, so that draining steps the ratchet once per report
    bool read_known;
};

enum { STATEMENTS_MAX = 160 }; // more than there are texts of statements in outbox*.c
struct outbox {
    sqlite3 *db;
    struct {
        const char *sql;
        sqlite3_stmt *statement;
    } statements[STATEMENTS_MAX];
    struct seal_key key;
    const struct rng *rng;
    const struct clock *clock;
    int64_t keep_ms;
    struct outbox_position position;
    struct outbox_position visited; // a closed outbox that is on offer in place of the active one; number 0: none
    struct outbox_position before, visited_before; // as they were when the transaction began
    struct device_server_state server;
    struct device_server_state server_before;
    struct receipt receipt;             // newest that is known for `receipt.outbox`; all zero: none
    struct hash256 receipt_certificate; // SHA-256 of the newest; all zero: none
    struct buffer plain; // scratch of unsealing; cleared, which wipes it, once what it held is copied
    struct buffer sealed;
    char *path;          // NULL where the file cannot be mended
    uint64_t mends;      // how often it was, while open
};

// --- outbox_sql.c ---

enum rond_err sql_err(struct outbox *outbox, int code);
// A statement with its parameters bound; types: i int64_t, b struct bytes, t text. End it with sql_end.
// The text must be a literal: statements are kept by its address.
MUST_CHECK enum rond_err sql_query(struct outbox *outbox, sqlite3_stmt **ret_statement, const char *sql, const char *types,
                                   ...);
MUST_CHECK enum rond_err sql_next(struct outbox *outbox, sqlite3_stmt *statement); // ROND_ENOTFOUND after the last row
void sql_end(sqlite3_stmt *statement);                                             // NULL is fine
MUST_CHECK enum rond_err sql_run(struct outbox *outbox, const char *sql, const char *types, ...);
// The first column of the first row; ROND_ENOTFOUND without one.
MUST_CHECK enum rond_err sql_number(struct outbox *outbox, int64_t *ret_number, const char *sql, const char *types, ...);
struct bytes sql_bytes(sqlite3_stmt *statement, int column); // borrowed until the next step
void sql_finalize_all(struct outbox *outbox);

MUST_CHECK enum rond_err transaction_begin(struct outbox *outbox);
// Commits where err is ROND_OK, else rolls back and answers err. After a failure the outbox is as before.
MUST_CHECK enum rond_err transaction_end(struct outbox *outbox, enum rond_err err);

// --- sealing: `label` and two numbers or a name say where the payload belongs ---

enum { PLACE_SIZE_MAX = 128 };
struct seal_place {
    uint8_t b[PLACE_SIZE_MAX];
    size_t size;
};
struct seal_place place_of_report(const struct id128 *outbox, uint64_t seq);
struct seal_place place_of_number(const char *label, uint64_t number);
struct seal_place place_of_row(const char *label, int64_t outbox_number, uint64_t seq);
struct seal_place place_of_name(const char *label, const char *name);
// Into outbox->sealed (outbox->plain).
MUST_CHECK enum rond_err outbox_seal(struct outbox *outbox, struct seal_place place, struct bytes plain);
MUST_CHECK enum rond_err outbox_unseal(struct outbox *outbox, struct seal_place place, struct bytes sealed);

// The outbox that the engine reads from: the active one unless a closed one is offered again.
static inline struct outbox_position *outbox_offered(struct outbox *outbox) {
    return outbox->visited.number != 0 ? &outbox->visited : &outbox->position;
}

// --- outbox.c ---

// Ratchets of `base`, `acknowledged` and `last` out of the row; the seqs are there already.
MUST_CHECK enum rond_err outbox_ratchets_unseal(struct outbox *outbox, struct bytes sealed, struct outbox_position *position);
MUST_CHECK enum rond_err outbox_position_write(struct outbox *outbox, const struct outbox_position *position);
// Within a transaction: moves the reports behind `from_seq` of another outbox into the active one.
MUST_CHECK enum rond_err outbox_move(struct outbox *outbox, const struct outbox_position *old, uint64_t from_seq);

// Within a transaction: adds a record to the active outbox. queued_ms: when it was queued first.
MUST_CHECK enum rond_err outbox_add(struct outbox *outbox, const struct record *record, int64_t queued_ms,
                                    uint64_t *ret_seq);
MUST_CHECK enum rond_err outbox_position_save(struct outbox *outbox);
MUST_CHECK enum rond_err outbox_position_load(struct outbox *outbox); // the active outbox, from its row
// Within a transaction: a fresh outbox becomes the active one.
MUST_CHECK enum rond_err outbox_position_create(struct outbox *outbox);
// Within a transaction: moves one report of the old outbox into the active one. What cannot be read stays behind as lost.
MUST_CHECK enum rond_err outbox_fork_move(struct outbox *outbox, const struct outbox_position *old, uint64_t seq);

// --- outbox_read.c ---

// Unseals one row into a record that borrows from outbox->plain.
MUST_CHECK enum rond_err record_unseal(struct outbox *outbox, const struct id128 *id, uint64_t seq, struct bytes sealed,
                                       struct record *ret_record);
// The ratchet for seq + 1, stepped forward from the nearest known; ROND_ENOTFOUND below the base.
MUST_CHECK enum rond_err ratchet_after(const struct outbox_position *at, uint64_t seq, struct hash256 *ret_ratchet);
MUST_CHECK enum rond_err head_after(struct outbox *outbox, const struct outbox_position *at, uint64_t seq, struct hash256 *ret_head);
MUST_CHECK enum rond_err outbox_prune(struct outbox *outbox);
// Within a transaction: makes all heads after `before` anew and declares lost what is missing or cannot be read.
MUST_CHECK enum rond_err outbox_rechain(struct outbox *outbox, const struct chain *before);

// --- outbox_receipts.c ---
MUST_CHECK enum rond_err outbox_receipts_load(struct outbox *outbox);
// Of one outbox, under the store and epoch that are known now; ROND_ENOTFOUND.
MUST_CHECK enum rond_err outbox_receipt_find(struct outbox *outbox, const struct id128 *id, struct receipt *ret_receipt);
struct device_receipt_state outbox_receipt_state(const struct outbox *outbox, const struct id128 *id);

// --- outbox_settings.c ---
// Names of settings that begin so, by name.
MUST_CHECK enum rond_err outbox_setting_names(struct outbox *outbox, const char *prefix, struct arena *arena, char ***ret_names,
                                              size_t *ret_count);


// What a device cannot do without is kept a second time in another table, so on another page, under this name and its own.
#define OUTBOX_SETTING_COPY "setting "
// Makes the copies that are missing (a file of before there were any).
MUST_CHECK enum rond_err outbox_settings_copy(struct outbox *outbox);

// --- outbox_history.c ---

// Within a transaction: nothing that was acknowledged is known to be with the server as it is now. The active outbox waits
// again from the oldest report that is kept; closed ones as well, where it is the same store.
MUST_CHECK enum rond_err outbox_history_begin(struct outbox *outbox, bool same_store);

// --- outbox_reference.c ---
MUST_CHECK enum rond_err outbox_server_load(struct outbox *outbox);
MUST_CHECK enum rond_err outbox_server_save(struct outbox *outbox);
MUST_CHECK enum rond_err outbox_anchors_forget(struct outbox *outbox);
// A stored entry: sealed, as planned activities are; and whether it opens for this place, into outbox->plain.
bool reference_is_sealed(struct bytes body);
bool reference_unseals(struct outbox *outbox, int64_t kind, const char *id, struct bytes body);

// --- outbox_feedback.c ---

MUST_CHECK enum rond_err outbox_week_load(struct outbox *outbox); // outbox->server.summary_week and the stamps
// Open actions and the summary, which were of another history; and the standings.
MUST_CHECK enum rond_err outbox_feedback_forget(struct outbox *outbox);
MUST_CHECK enum rond_err outbox_standings_forget(struct outbox *outbox);

// --- outbox_status.c ---
// The row in which a report lives now, following it through outboxes that forked.
MUST_CHECK enum rond_err outbox_locate(struct outbox *outbox, const struct id128 *id, uint64_t seq, int64_t *ret_number,
                                       uint64_t *ret_seq);

#endif
