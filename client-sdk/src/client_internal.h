// What the files behind rond.h share. Nobody else includes this.
//
//   client.c            opening and closing, faults, objects handed out, totals, changes
//   client_enrol.c      enrolment and renewal
//   client_activity.c   rond_activity to Report and back
//   client_report.c     queueing, correcting, withdrawing
//   client_warnings.c   personal data in free texts
//   client_drafts.c     drafts
//   client_status.c     what became of it
//   client_promises.c   words and promises, offline
//   client_standings.c  how commitments stand by the server's last word
//   client_counting.c   what reports would count toward, by what is known here (client_counting.h)
//   client_preview.c    the same before a report is queued
//   client_actions.c    open unsafe places
//   client_summary.c    the weekly summary
//   client_activities.c planned joint activities, offline
//   client_receipts.c   receipts of the server: verified, kept, handed out
//   client_rescue.c     a sealed file in place of a sync
//   client_time.c       what time it is by the server's clock
//   client_sync*.c      syncing: joins outbox, device engine and transport
#ifndef CLIENT_CLIENT_INTERNAL_H
#define CLIENT_CLIENT_INTERNAL_H

#include "base/clock.h"
#include "base/rng.h"
#include "enrol.h"
#include "keystore.h"
#include "outbox.h"
#include "rond/rond.h"
#include "wire/limits.h"

enum { CLIENT_NAME_SIZE = 64, CLIENT_ARENA_BYTES_MAX = 32 * 1024 * 1024 };

struct client_sync;

// The server's clock as it was last heard, and this device's own at that moment.
struct client_time {
    int64_t server_ms; // 0: never
    int64_t monotonic_ms;
    uint64_t boot_id;
};

struct rond {
    struct keystore *keystore;
    struct outbox *outbox;
    const struct clock *clock;
    const struct rng *rng;
    char client[CLIENT_NAME_SIZE];
    struct arena enrolment_arena;
    struct enrolment enrolment; // in the arena; valid where is_enrolled
    bool is_enrolled;
    struct client_time heard; // client_time.c
    const char *name_servers; // for tests; NULL: the system's
    struct client_sync *sync; // NULL: not syncing
    void (*changed)(void *context, enum rond_change change);
    void *changed_context;
};

// rond_open with clock and randomness given.
MUST_CHECK enum rond_err client_open(const rond_config *config, const struct clock *clock, const struct rng *rng,
                                     rond **ret_rond, struct fault *fault);
// Reads the enrolment anew, after it changed in the outbox.
MUST_CHECK enum rond_err client_enrolment_reload(rond *r);
// ROND_EAUTH with a sentence before enrolment.
MUST_CHECK enum rond_err client_must_be_enrolled(const rond *r, struct fault *fault);
void client_changed(const rond *r, enum rond_change change);

// Fills what the app sees and returns err. Where the fault is still empty it gets a general sentence for the error.
enum rond_err client_fault(enum rond_err err, const struct fault *fault, rond_fault *ret_fault);

// An object that is handed out, with an arena for what hangs on it. Zero-filled; NULL without memory.
void *object_create(size_t size);
struct arena *object_arena(void *object);
void object_destroy(void *object); // NULL is fine

// --- client_activity.c ---

// Into the arena; what the report's texts hold is copied. Fills in the times, the role and the clocks.
// with_defaults false (drafts): takes only what is said.
MUST_CHECK enum rond_err activity_to_report(rond *r, const rond_activity *activity, bool with_defaults, struct arena *arena,
                                            Rond__V1__Report **ret_report, struct fault *fault);
MUST_CHECK enum rond_err activity_from_report(rond *r, const Rond__V1__Report *report, struct arena *arena,
                                              rond_activity *ret_activity);
enum rond_kind kind_of_report(const Rond__V1__Report *report);
// Names a report of any device; in the arena.
MUST_CHECK enum rond_err client_identity(struct arena *arena, const struct id128 *device, const struct id128 *outbox,
                                         uint64_t seq, Rond__V1__Identity **ret_identity);

// --- client_report.c ---

// The newest report of this device with that short reference.
MUST_CHECK enum rond_err client_find(rond *r, const char *reference, struct arena *arena, struct outbox_report *ret_report,
                                     struct fault *fault);
void client_reference(const rond *r, const struct id128 *outbox, uint64_t seq, char ret_reference[ROND_REFERENCE_SIZE]);
// Checks and serializes a report of this device.
MUST_CHECK enum rond_err client_report_pack(rond *r, const Rond__V1__Report *report, struct buffer *to, struct fault *fault);

// --- client_activities.c ---

// A planned activity that the report names is written as it is planned ("p-7qk2m" is P-7QK2M), and must be of its kind.
MUST_CHECK enum rond_err client_planned_check(rond *r, struct arena *arena, Rond__V1__Report *report, struct fault *fault);

// --- client_actions.c ---

// The walk of an open action, by its short reference and the finding that it looked at. ROND_ENOTFOUND: none that is known
// here.
MUST_CHECK enum rond_err client_action_find(rond *r, const char *reference, const char *finding, struct arena *arena,
                                            Rond__V1__Identity **ret_identity);

// --- client_standings.c ---

// By commitment, in the arena.
struct client_standings {
    Rond__V1__Standing **list;
    rond_standing *told; // the same
    size_t count;
};
MUST_CHECK enum rond_err client_standings_load(rond *r, struct arena *arena, struct client_standings *ret_standings);
// NULL: the server has said nothing of it.
const rond_standing *client_standing_find(const struct client_standings *standings, const char *commitment);

// --- client_status.c ---

// Which of the newest reports stand no more because a later report of this device replaces or withdraws them.
struct superseded {
    struct id128 outbox;
    uint64_t seq;
    bool is_withdrawn;
};
MUST_CHECK enum rond_err superseded_list(rond *r, struct arena *arena, struct superseded **ret_list, size_t *ret_count);
const struct superseded *superseded_find(const struct superseded *list, size_t count, const struct id128 *outbox,
                                         uint64_t seq);

// --- client_enrol.c ---

bool client_renewal_is_due(const rond *r);
// Where to renew, best first: what reference data says, then where the device enrolled. At least one; in the arena.
MUST_CHECK enum rond_err client_renewal_urls(rond *r, struct arena *arena, const char ***ret_urls, size_t *ret_count);
// Stores the answer to a renewal at `url` and reads the enrolment anew.
MUST_CHECK enum rond_err client_answer_keep_renewed(rond *r, const char *url, int status, struct bytes body, struct fault *fault);

// --- client_receipts.c ---

// A receipt came for what the server said to have: verifies it against the anchors (DER) and keeps it. One that is not
// signed by the server's key is told as a contradiction, and is no failure.
MUST_CHECK enum rond_err client_receipt_take(rond *r, const struct bytes *anchors, size_t anchors_count,
                                             const struct device_said *said, const Rond__V1__Receipt *from);

// --- client_time.c ---

// Best estimate of the time by the server's clock, in Unix milliseconds, never ahead of it; 0: nothing is known yet.
int64_t client_time_ms(const rond *r);
MUST_CHECK enum rond_err client_time_heard(rond *r, int64_t server_ms);
MUST_CHECK enum rond_err client_time_load(rond *r);

// --- client_sync.c ---
void client_sync_destroy(struct client_sync *sync);

#endif
