// One piece of work for the committer: what goes from the sessions and the administrators' commands, through the group
// commit, into one transaction, and comes back with its result. Owns everything it points at (its arena).
#ifndef INGEST_SUBMISSION_H
#define INGEST_SUBMISSION_H

#include <stdatomic.h>

#include "promise/apply.h"
#include "store/store.h"
#include "wire/receipt.h"

enum submission_kind {
    SUBMISSION_HELLO, // read what is known of an outbox, after everything submitted before
    SUBMISSION_BATCH,
    SUBMISSION_LOST,
    SUBMISSION_COMMAND, // an administrator's change (admin/command.h) or an enrolment; `command` says what
};

// What became of everything that was run, for metrics; the caller's, added to. Each report of a batch, and each seq of a
// declaration of loss, is counted as exactly one of those that commit_census_reports adds up.
struct commit_census {
    uint64_t groups, failed_groups;
    uint64_t reports_applied, reports_quarantined;
    uint64_t reports_repeated; // there already
    uint64_t reports_forked;   // kept apart
    uint64_t lost;             // seqs that are declared lost now
    uint64_t reports_refused;  // by its own fault nothing of it was stored: out of order, of another's outbox
    uint64_t reports_failed;   // the store failed: nothing of it is stored, and the device still has it
    uint64_t reports_flagged;  // of those applied and quarantined
};
uint64_t commit_census_reports(const struct commit_census *census);
void commit_census_add(struct commit_census *census, const struct commit_census *more);

struct submission {
    enum submission_kind kind;
    struct submission *next; // used by whoever holds it
    uint64_t session;        // whom to tell; 0: nobody is waiting any more
    struct arena arena;      // everything below lives here
    size_t bytes;            // for the queue's bound
    size_t frame_bytes;      // the session's own: the frame that it came in, for its credit
    uint32_t generation;     // the session's own: which run of the outbox's chain it belongs to

    // Input.
    struct id128 device;
    struct id128 outbox;
    struct ledger_batch batch; // SUBMISSION_BATCH
    struct arena decoded;      // its reports as they were decoded for validation, for the fold
    struct ledger_lost lost;   // SUBMISSION_LOST
    uint64_t hello_watermark;  // SUBMISSION_HELLO: where the device's head was taken
    uint64_t hello_last_seq;
    struct hash256 issuer;    // HELLO: fingerprint of the CA whose certificate the device came with; zeroes: not known
    const char *hello_client; // NULL: it did not say
    int64_t received_ms;
    // HELLO, BATCH, LOST: the session wants a receipt for what this acknowledges (ingest/receipts.h). `receipt` says of
    // which store, epoch, device and outbox, and as its watermark up to where the device has one.
    bool receipt_wanted;
    // SUBMISSION_COMMAND: carried out inside the transaction by the committer thread; everything it changed is rolled
    // back where it fails. `done` runs on the network thread after the commit (or its failure) with the outcome in err.
    enum rond_err (*command)(struct submission *submission, struct store *store);
    void (*done)(struct submission *submission);
    void *command_context;       // lives in the arena or is the command's own
    bool changes_catalogue;      // set by the command: reference data changed
    bool publishes;              // set by the command: it put a statement, or a key that signs them
    bool is_of_no_news;          // by whoever makes it: it changes nothing that a page shows (a session was seen)
    struct commit_census taken;  // set by the command: reports that it took in itself, from a file
    struct id128 changed_device; // set by the command: this device was enrolled, renewed, renamed or revoked; zero: none

    // COMMAND: how far a long one has come. Written by whoever carries it out; any thread may look while it is under way.
    atomic_uint_least64_t progress_rows, progress_of;  // of 0: nothing to tell
    void (*progressed)(struct submission *submission); // called there after each change; NULL: nobody but who looks

    // Result, valid after the group was committed.
    enum rond_err err; // ROND_OK, or why nothing of it (and of its group) was stored
    struct fault fault;
    struct append_result appended; // BATCH, LOST
    struct appended_reports fold;  // BATCH: the committer's own, while the group runs
    struct outbox_state state;     // HELLO
    bool receipt_signed;           // `receipt` is what was wanted, with its signature
    struct receipt receipt;
    bool hello_head_known;     // HELLO: the store has that seq
    struct hash256 hello_head; // HELLO: its own head there
};

// How many reports it brings, those that it declares lost included; 0 for a look-up. For a command that takes in reports it
// is known when it has been carried out.
uint64_t submission_reports(const struct submission *submission);
// Once it was committed: what its session may acknowledge by it. Another connection of the device may have brought the store
// further than what came with this one, and the device knows no more than what it sent here. NULL: nothing.
const struct chain *submission_acknowledges(const struct submission *submission);
// Once it was committed: whether it changed anything that a page may show.
bool submission_is_news(const struct submission *submission);
// NULL without memory.
struct submission *submission_create(enum submission_kind kind, size_t arena_bytes_max);
void submission_destroy(struct submission *submission);
// A promise_progress whose context is the submission.
void submission_progress(void *submission, uint64_t rows, uint64_t of);

#endif
