// One seed: handhelds, a network, a server, their clocks, and the faults that this seed picked. Everything happens as
// an event at a virtual time; two events at one time keep the order in which they were made, so a seed repeats exactly.
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "auth/identity.h"
#include "backoff.h"
#include "base/clock.h"
#include "ingest/committer.h"
#include "ingest/group_commit.h"
#include "ingest/receipts.h"
#include "outbox.h"
#include "sim/census.h"
#include "sim/trace.h"
#include "support/lund.h"
#include "sync/session.h"

enum { HANDHELDS_MAX = 4, ENTRIES_MAX = 400, SESSIONS_MAX = 64, DURABLE_MAX = 256, COMMITTED_MAX = 8192 };

enum event_kind {
    EVENT_CONNECT,   // a handheld tries
    EVENT_LINK_UP,   // the upgrade is through
    EVENT_UP,        // a frame reaches the server
    EVENT_DOWN,      // a frame reaches the device
    EVENT_GONE_UP,   // the server sees the connection end
    EVENT_GONE_DOWN, // the device does
    EVENT_DEVICE_TICK,
    EVENT_SESSION_TICK,
    EVENT_READ,   // a late answer to READ
    EVENT_FORK,   // a late fork
    EVENT_COMMIT, // the committer is through
    EVENT_QUEUE,  // a person reports something
    EVENT_FAULT,
    EVENT_SERVER_UP,
};
struct event {
    int64_t at_ms;
    uint64_t order;
    enum event_kind kind;
    void *object;
    uint64_t number;
    uint8_t *data;
    size_t size;
};

// What was queued, as the person knows it.
struct entry {
    uint64_t hash;     // of the exact bytes; every report is made different
    bool has_vanished; // was on a device that was restored to before it
    bool may_be_lost;  // its record was damaged
    bool is_bad;       // must be quarantined
};

struct link {
    struct world *world;
    unsigned number;
    struct handheld *handheld; // NULL: a stranger
    bool device_open, host_open;
    bool is_silent; // half-open
    bool is_twin;   // the same frames on a second connection, of which the device knows nothing
    bool tampers;   // a twin on which somebody changes a byte now and then
    bool was_refused;
    struct link *twin;
    size_t twin_frames_left;
    bool is_voice; // of a device whose clone speaks too, heard by a server that does not know of the other connection
    uint64_t session;
    int64_t delay_ms;
    int64_t up_last_ms, down_last_ms;
    int64_t dead_ms; // what is still under way then arrives nowhere; INT64_MAX: not known yet
    bool cuts, cuts_inside;
    size_t bytes_left; // until it is cut
    bool welcomed;
    uint32_t upgrade_credit; // told with the upgrade; 0: by a server that tells none
    size_t early_bytes;      // of Batch and Lost before Welcome
    struct link *next;
};

// Who signs the server's receipts.
enum { SIM_RECEIPT_KEY = 0 };
#define SIM_RECEIPT_CERTIFICATE "the certificate of the simulated server's receipts"

struct handheld {
    struct world *world;
    unsigned index;
    char path[24], image_path[24];
    struct clock clock;
    int64_t skew_ms, boot_at_ms;
    uint64_t boot_id;
    struct seal_key key;
    struct outbox *outbox;
    struct device *device;
    struct link *link;
    struct backoff backoff;
    int64_t tick_ms;         // of the newest planned tick
    unsigned connect_number; // a planned attempt counts only if it is the newest
    int64_t covered_ms;      // out of coverage until then
    bool is_lost;            // revoked so; nothing that is sent after lost_at_ms may get in
    int64_t lost_at_ms;
    bool may_fork;        // for a cause: a damaged record, an image
    bool may_have_pruned; // its clock has jumped over the time for which acknowledged reports are kept
    bool is_disk_bad;
    uint64_t fork_seq;
    uint64_t read_first;
    size_t read_bytes;
    unsigned read_number;
    bool has_drained;       // in the calm
    struct id128 outbox_id; // as the model has it
    uint64_t last_seq;
    struct entry entries[ENTRIES_MAX];
    size_t entry_count;
    size_t image_entries; // entries when the image was taken
    bool has_image;
    struct id128 image_outbox;
    uint64_t image_last_seq;
};

// The highest that was ever committed of an outbox.
struct durable {
    struct id128 device, outbox;
    uint64_t watermark; // ever
    uint64_t kept;      // since the store was last restored
};

struct host_session {
    struct session *session;
    struct link *link;
    enum device_status status; // of its device when it began
    uint64_t id;
    unsigned tick_number;
};
struct host {
    struct store *snapshot; // the backup of a store in memory
    bool has_backup;
    struct identities identities;
    bool is_up;
    unsigned life; // counts its restarts
    uint64_t next_session;
    struct host_session sessions[SESSIONS_MAX];
    struct group_commit group;
    struct submission *out; // the group that is being committed
    struct durable durable[DURABLE_MAX];
    size_t durable_count;
    uint64_t committed[COMMITTED_MAX]; // hashes of the reports whose commit was answered
    size_t committed_count, backup_committed_count;
    bool was_restored;
    bool was_restored_hot; // under the feet of living sessions
    bool dies_in_commit; // the next one
    struct session_receipts receipts;
    uint32_t credit_bytes;
};

struct world {
    uint64_t seed;
    struct rng_seeded seeded;
    struct rng rng;
    bool on[FAULT_COUNT]; // what this seed picked
    int64_t now_ms;
    int64_t started_ms;
    int64_t calm_ms; // when the faults end
    bool is_calm;
    int64_t delay_ms; // of the network, typical
    int keep_days;
    bool on_disk;        // the server's store is the real one, on the simulated disk
    bool reads_feedback; // what goes down is what the server's own reader makes
    int64_t season_s;    // from the summer day of Lund's reports to the day on which this world begins
    struct lund lund;    // the store and its catalogue
    struct host host;
    struct handheld handhelds[HANDHELDS_MAX];
    unsigned handheld_count;
    size_t reports_wanted, reports_made;
    struct link *links;
    unsigned link_count;
    struct event *events; // a heap
    size_t event_count, event_capacity;
    uint64_t event_order;
    struct arena arena; // of one event
    struct census *census;
    struct trace *trace; // NULL: none is kept
    bool has_failed;
    char failure[512];
};

// --- world.c ---
// True where all promises held; else world->failure says which did not. The trace may be NULL.
bool world_run(struct world *world, uint64_t seed, struct census *census, struct trace *trace);
void world_describe(const struct world *world, FILE *to);
void world_at(struct world *world, int64_t at_ms, enum event_kind kind, void *object, uint64_t number);
void world_at_with(struct world *world, int64_t at_ms, enum event_kind kind, void *object, struct bytes bytes);
void world_trace(const struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));
// A promise was broken: the first one counts.
void world_fail(struct world *world, const char *checker, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool world_chance(struct world *world, unsigned percent);
uint64_t world_below(struct world *world, uint64_t bound);
// True (and counted) where this seed has the fault, no calm has begun, and the dice say so.
bool world_strikes(struct world *world, enum fault_kind fault, unsigned percent);

// --- network.c ---
struct link *link_create(struct world *world, struct handheld *handheld);
void link_send_up(struct link *link, struct bytes frame);
void link_send_down(struct link *link, struct bytes frame);
void link_close(struct link *link); // by either end: the other one sees it a delay later

// --- handheld.c ---
void handheld_start(struct world *world, unsigned index);
void handheld_boot(struct handheld *handheld); // opens its outbox and makes its engine anew
void handheld_stop(struct handheld *handheld);
void handheld_connect(struct handheld *handheld);
void handheld_connect_at(struct handheld *handheld, int64_t at_ms);
void handheld_link_up(struct handheld *handheld, struct link *link);
void handheld_receive(struct handheld *handheld, struct link *link, struct bytes frame);
void handheld_gone(struct handheld *handheld, struct link *link);
void handheld_tick(struct handheld *handheld);
void handheld_read(struct handheld *handheld, uint64_t number);
void handheld_fork(struct handheld *handheld, uint64_t number);
void handheld_lose_coverage(struct handheld *handheld);
void handheld_queue(struct handheld *handheld, size_t count);
void handheld_report(struct handheld *handheld); // now and then some
void handheld_crash(struct handheld *handheld);
void handheld_take_image(struct handheld *handheld);
void handheld_restore_image(struct handheld *handheld);
void handheld_damage(struct handheld *handheld);
bool handheld_lag(struct handheld *handheld); // false: there is no connection to lag behind
void handheld_fail_disk(struct handheld *handheld, enum fault_kind fault);
void handheld_mend_disk(struct handheld *handheld);
void handheld_turn_clock(struct handheld *handheld, int64_t by_ms);
bool handheld_is_empty(const struct handheld *handheld);

// --- reports.c ---
// The next report of a handheld, of any kind, now and then a bad one, a correction, a withdrawal.
struct bytes report_make(struct handheld *handheld, bool *ret_is_bad);
uint64_t report_hash(struct bytes report);
struct entry *entry_of(struct handheld *handheld, uint64_t hash);

// --- host.c ---
void host_start(struct world *world);
void host_stop(struct world *world);
void host_accept(struct world *world, struct link *link);
void host_receive(struct world *world, struct link *link, struct bytes frame);
void host_gone(struct world *world, struct link *link);
void host_tick(struct world *world, uint64_t session, uint64_t number);
void host_commit(struct world *world, uint64_t life);
void host_crash(struct world *world);
void host_drain(struct world *world);
void host_up(struct world *world);
void host_restore(struct world *world);
// A command; where the server is down or full it is not carried out.
void host_submit(struct world *world, struct submission *take_submission);

// --- downstream.c ---
// Reference data and feedback for a session that asks.
void downstream_answer(struct world *world, struct host_session *hosted, const struct session_action *action);
// The stamp that these standings bear.
uint64_t downstream_stamp(struct world *world, Rond__V1__Standing **standings, size_t count);

// --- host_store.c ---
void host_store_open(struct world *world);
void host_store_lose_power(struct world *world); // where it is on disk
bool host_store_cut_soon(struct world *world);   // power is lost in the next transaction, perhaps
bool host_store_was_cut(struct world *world);
void host_store_fail_soon(struct world *world); // a fault of this seed may hit the next transaction
void host_store_rest(struct world *world);      // after a transaction
void host_take_backup(struct world *world);
void host_store_restore(struct world *world);
void host_note_durable(struct world *world, const struct submission *submission);
void host_note_durable_anyway(struct world *world, struct submission *submission);
void host_note_committed(struct world *world, const struct submission *submission);
uint64_t host_durable(const struct world *world, const struct id128 *device, const struct id128 *outbox);

// --- people.c ---
void people_revoke(struct world *world, struct handheld *handheld, const char *how);
void people_enrol_again(struct world *world, struct handheld *handheld);
bool people_decide_quarantine(struct world *world); // false: there is nothing to decide about
bool people_decide(struct world *world);

// --- faults.c ---
void faults_pick(struct world *world);
void faults_arm(struct world *world);
void faults_strike(struct world *world, enum fault_kind fault);

// --- checkers.c ---
void check_acknowledged_implies_durable(struct handheld *handheld, const struct chain *chain);
void check_unacknowledged_never_dropped(struct handheld *handheld);
void check_bounds_of_frame(struct link *link, struct bytes bytes, const Rond__V1__Frame *frame, bool is_up);
void check_bounds_of_group(struct world *world, const struct submission *group);
// Each report of the group is one thing in the census.
void check_counters_of_group(struct world *world, const struct submission *group, const struct commit_census *census);
// A receipt came: it is the server's own, and what it is for is committed.
void check_receipt(struct handheld *handheld, const struct receipt *receipt);
void check_not_contradicted(struct handheld *handheld, bool is_contradicted);
void check_fork_has_cause(struct handheld *handheld);
void check_the_lost_stay_out(struct world *world, const struct submission *submission);
void check_the_end(struct world *world);

#endif
