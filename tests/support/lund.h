// Lund, 2015, for the server's tests: a store in a folder of its own with areas, places, words, two promises and devices.
// Everything aborts where it fails.
#ifndef SUPPORT_LUND_H
#define SUPPORT_LUND_H

#include "promise/catalogue.h"
#include "support/report_samples.h"
#include "wire/sign.h"

// 2015-06-01T10:00:00Z
enum { LUND_NOW_S = 1433152800 };

struct lund {
    struct arena arena; // for whatever the test makes
    struct store *store;
    struct catalogue *catalogue;
    char directory[64];
    int64_t now_ms;
};

void lund_open(struct lund *lund);
void lund_open_memory(struct lund *lund, const struct rng *rng); // the same in a memory store
void lund_open_in(struct lund *lund, struct store *take_store);          // in one that is there, and empty
void lund_close(struct lund *lund); // removes the folder

// The devices: 0 and 1 polisen (police_officer), 2 lunds-kommun (municipal_staff), 3 jernhusen (station_host),
// 4 skatteverket (agency_staff), 5 forsakringskassan (agency_staff). All are enrolled for police_officer as well, so that
// any sample report may come from any of them.
enum { LUND_DEVICES = 6 };
struct id128 lund_device(unsigned device);
const char *lund_organisation(unsigned device);
const struct sign_key *lund_key(unsigned device);
struct bytes lund_spki(unsigned device);
// Outbox n of a device; its chain seed follows from it.
struct id128 lund_outbox(unsigned device, unsigned outbox);
struct report_key lund_key_of(unsigned device, unsigned outbox, uint64_t seq);
Rond__V1__Identity *lund_identity(struct arena *arena, const struct report_key *key);

// Reports as the session would hand them over: chained after what the store has, signed, validated.
struct ledger_batch *lund_batch(struct lund *lund, unsigned device, unsigned outbox, const struct record *records,
                                size_t count);
// Appends one report (inside an open transaction) and answers its row; the fold is left to the caller.
uint64_t lund_append(struct lund *lund, unsigned device, unsigned outbox, const Rond__V1__Report *report);
// Folds what was appended of the batch: promise_apply.
void lund_apply(struct lund *lund, const struct ledger_batch *batch, const struct append_result *appended);
// Appends and folds one record (inside an open transaction) and answers its row.
uint64_t lund_apply_record(struct lund *lund, unsigned device, unsigned outbox, const struct record *record);
// lund_append with more said about the record.
uint64_t lund_append_record(struct lund *lund, unsigned device, unsigned outbox, const struct record *record);
// Begin, append, promise_apply, commit.
uint64_t lund_report(struct lund *lund, unsigned device, unsigned outbox, const Rond__V1__Report *report);

// The promise is active since the first day of 2015 and in this state since that day; inside an open transaction.
void lund_promise_enters(struct lund *lund, const char *promise, Rond__V1__Life life, const char *day);

void lund_begin(struct lund *lund);
void lund_commit(struct lund *lund);
// Puts the entry and makes the catalogue anew; inside a transaction.
void lund_refresh(struct lund *lund);

#endif
