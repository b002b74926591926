// Known defects, put in on purpose, of which `make sim-mutants` shows that the simulator finds each: what it checks would
// notice if a promise were broken. Only that target has them, one at a time, chosen when it runs. Anywhere else PLANTED()
// is constant false, and tests/guard/planted.sh shows that nothing of them is left.
#ifndef BASE_PLANTED_H
#define BASE_PLANTED_H

#include <stdbool.h>

#ifdef ROND_PLANTED

// X(name, what is wrong)
#define PLANTED_DEFECTS(X)                                                                                                  \
    X(ACKNOWLEDGED_BEFORE_COMMIT, "the session acknowledges what it has only submitted")                                    \
    X(STORE_NOT_SYNCED, "the store commits with synchronous=NORMAL")                                                        \
    X(OUTBOX_NOT_SYNCED, "the outbox commits with synchronous=NORMAL")                                                      \
    X(WATERMARK_NOT_COMPARED, "the ledger appends a batch without asking what is there")                                    \
    X(WATERMARK_BEFORE_ROWS, "the watermark stays where the rows are rolled back")                                          \
    X(RETRY_NEVER_FIRES, "the device waits for Verdicts without a deadline")                                                \
    X(HELLO_NEVER_TIMES_OUT, "the device waits for Welcome without a deadline")                                             \
    X(VERDICT_DROPPED_ON_RECONNECT, "what a Welcome says to be there is not taken as acknowledged")                         \
    X(CREDIT_LEAK, "the server gives back only half of a batch's credit")                                                   \
    X(RESUME_ONE_TOO_EARLY, "the device goes on one report before the server's watermark")                                  \
    X(FLIGHT_DROPPED_AT_WELCOME, "the device forgets what went with Hello where the server has some of it")                 \
    X(EXPECTED_ONE_TOO_LATE, "the server asks for the report after the one it lacks")                                       \
    X(FORK_OVERWRITTEN, "other content under the same number takes the place of the first")                                 \
    X(FORK_FORGETS_IDENTITY, "a report queued anew does not name what it was before")                                       \
    X(FORK_LEAVES_ONE, "a fork leaves the newest report behind")                                                            \
    X(QUARANTINE_BLOCKS, "a report that must be quarantined spoils its whole batch")                                        \
    X(RELEASED_NOT_COUNTED, "a report released from quarantine is not folded again")                                        \
    X(LATE_CORRECTION_LOST, "a target that comes after its correction does not find it")                                    \
    X(CONTRIBUTION_TWICE, "a report that counts anew keeps its old contribution")                                           \
    X(SPOT_STAYS, "a report that counts anew, or no more, stays on the map where it was")                                   \
    X(TWIN_COUNTED_TWICE, "a report that a fork queued anew counts beside its first copy")                                  \
    X(EPOCH_IGNORED_BY_DEVICE, "the device keeps its cursors under another epoch")                                          \
    X(EPOCH_IGNORED_BY_SERVER, "the server takes a device's cursors of another epoch")                                      \
    X(FEEDBACK_LOSES_ONE, "the outbox drops the last outcome of a page")                                                    \
    X(LOST_ONE_TOO_MANY, "a declaration of loss takes the report behind it along")                                          \
    X(REVOCATION_NOT_HEARD, "a revoked device is welcome until the server starts again")                                    \
    X(SIGNATURE_NOT_VERIFIED, "any signature under a batch will do")                                                        \
    X(GROUP_HALF_FAILED, "where a commit fails the first of the group is told that it went well")                           \
    X(HALF_QUEUED, "an append that failed leaves its number behind")                                                        \
    X(PRUNED_TOO_EARLY, "what is not acknowledged is let go of when its time is over")                                      \
    X(RECEIPT_OF_ANOTHER_HEAD, "a receipt goes down with Verdicts that it was not signed for")                              \
    X(RECEIPT_OUTLIVES_EPOCH, "the device holds a server that was restored to what another epoch signed")

enum planted {
    PLANTED_NOTHING,
#define PLANTED_ENUM(name, text) PLANTED_##name,
    PLANTED_DEFECTS(PLANTED_ENUM)
#undef PLANTED_ENUM
        PLANTED_COUNT
};
extern enum planted planted_now; // tests/sim/mutants.c

#define PLANTED(name) (planted_now == PLANTED_##name)

#else

#define PLANTED(name) false

#endif

#endif
