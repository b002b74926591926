// What the files of app share: the whole server as one value, on the network thread.
#ifndef APP_INNER_H
#define APP_INNER_H

#include <uv.h>

#include "admin/command.h"
#include "app.h"
#include "app_committer.h"
#include "app_signer.h"
#include "auth/ca.h"
#include "auth/enrolment.h"
#include "auth/identity.h"
#include "auth/login.h"
#include "ingest/group_commit.h"
#include "net/control.h"
#include "net/listening.h"
#include "net/network.h"
#include "net/readers.h"
#include "people_refusal.h"
#include "read/feedback.h"
#include "sync/session.h"
#include "web/tile.h"

enum { APP_PEOPLE_BODY_BYTES_MAX = 64 * 1024 };
enum { APP_SWEEP_MS = 250, APP_CUT_MS = 250, APP_CODES = 600, APP_READS = 2 };

enum app_stage {
    APP_STARTING,
    APP_SERVING,
    APP_DRAINING, // nothing new comes in; what was submitted is committed and answered
    APP_CLOSING,  // connections are closing
    APP_STOPPED,
};

// app_files.c: what lies in the data directory beside the store.
struct app_files {
    char certificate_path[CONFIG_PATH_SIZE + 32];
    char key_path[CONFIG_PATH_SIZE + 32];
    char ca_path[CONFIG_PATH_SIZE + 32];
    char control_path[CONFIG_PATH_SIZE + 32];
    char ports_path[CONFIG_PATH_SIZE + 32];
    char people_certificate_path[CONFIG_PATH_SIZE + 32];
    char people_key_path[CONFIG_PATH_SIZE + 32];
    struct ticket_keys ticket_keys;
    int64_t certificate_expires_ms;
    bool certificate_due;     // could not be written
    int64_t renewal_tried_ms; // monotonic
};

// One device that is connected; app_devices.c.
struct live {
    uint64_t id; // session id, never used again
    struct live *previous, *next;
    struct live *paused_next;
    struct live *reads_next;
    struct session *session; // NULL: refused at the door
    struct connection *connection;
    struct id128 device;
    enum device_status status; // as the session knows it
    struct hash256 spki_hash;  // of the key in its certificate
    int64_t certificate_expires_ms;
    struct submission *waiting_first, *waiting_last; // the commit queue is full; app_pressure.c
    struct held_message *held;                       // came meanwhile
    bool is_paused;                                  // in the row, not read from
    size_t in_flight;                                // submissions with the committer
    int64_t cut_at_ms;                               // monotonic; killed then at the latest. 0: not
    bool read_due;                                   // something new may be there for it
    bool read_waits;                                 // listed in app_downstream, with the action
    struct session_action read;
};
struct app_devices {
    struct live *first;
    size_t count;
    struct id_map by_id;     // struct live
    struct id_map by_device; // struct live, the newest of each device
    struct id_map quotas;    // struct quota, of each device that came since the start
    struct retry retry;
    struct live *sweep_at;        // where the slow round goes on
    uint64_t refusals[APP_CODES]; // by code
    uint64_t superseded, cut;
};

// Who waits for room in the commit queue, in order; app_pressure.c.
struct app_pressure {
    struct live *first, *last;
    size_t held_bytes; // of messages that came meanwhile
    uint64_t held_total;
};

// Reference data and feedback for one session; app_downstream.c.
struct downstream_job {
    struct reader_job job; // first
    bool is_taken;
    struct app *app;
    uint64_t session;
    struct id128 device;
    struct session_action read;
    int64_t now_s;
    struct catalogue *catalogue; // a reference of its own
    // What came of it. The thread's while it runs.
    struct arena arena;
    Rond__V1__Reference *reference;
    Rond__V1__Feedback *feedback;
    enum rond_err err;
};
struct app_downstream {
    struct live *first, *last; // wait for their turn
    struct downstream_job jobs[APP_READS];
    size_t running;
    struct feedback_caches caches; // NULL without memory: each is made anew
};

// A question or a change that somebody waits for; app_commands.c.
struct app_commands {
    struct id_map pending; // struct pending, by id
    size_t count;
    uint64_t enrolments, renewals, enrolment_refusals, requests;
};

// People's listener; app_people.c.
struct people_request;
enum { APP_PEOPLE_HEADERS_MAX = 12 };
struct app_people {
    struct http_header headers[APP_PEOPLE_HEADERS_MAX]; // of every answer
    size_t headers_count;
    char policy[CONFIG_URL_SIZE + 300];                   // what a page may load
    struct id_map pending;                                // struct people_request, by id, while the committer has its work
    size_t count;                                         // requests under way
    struct address_limits limits;                         // of log-ins
    struct known_passwords *known;                        // that nobody may have
    char origins[CONFIG_URL_SIZE * CONFIG_HOSTNAMES_MAX]; // that changes may come from, by blanks
    char proxy[64];                                       // as http_head.h gives a peer's address; "": none is trusted
    uint8_t secret[HASH_SIZE];                            // for what proxied pages say with each change
    struct people_request *checks_first, *checks_last;    // wait for their turn at scrypt
    size_t checks_waiting;
    bool check_runs;
    bool heavy_runs; // a question that may fill a reader for a second, and much memory
    uint64_t outcomes[LOGIN_OUTCOMES];
    uint64_t setups, password_changes;
    uint64_t refusals[PEOPLE_REFUSALS];
};

// Pages that wait for news; app_events.c.
struct app_events {
    struct people_request *first;
    size_t count;
    bool is_due;     // something was committed
    int64_t told_ms; // monotonic
};

// The map's ground from a directory; app_tiles.c.
struct app_tiles {
    bool is_open;
    struct tile_zooms zooms; // that there are
};

// What the public reads; app_public.c.
struct public_site;
struct app_public {
    struct public_site *site, *made; // made: the job's while it runs
    struct reader_job job;
    struct catalogue *catalogue; // a reference of its own while the job runs
    enum rond_err err;
    bool busy;
    bool is_due;                  // something of it was changed
    bool failed;                  // said in the log
    int64_t tried_ms;             // monotonic; 0: never
    int64_t now_s;                // the job's
    char origin[CONFIG_URL_SIZE]; // that its addresses begin with
    uint64_t made_total, answers, unchanged, absent;
};

// Do the counters add up? app_balance.c.
struct app_balance {
    bool begun;
    bool disagrees;              // said in the log
    struct store_counts start;   // of the store, before this process changed it
    struct commit_census census; // when the store was asked last
    bool quiet;                  // nothing was under way then
};

// Is the store's file sound? app_check.c.
struct app_check {
    struct reader_job job;
    bool busy;
    int64_t began_ms;      // monotonic; 0: never
    int64_t due_ms;        // 0: no need
    uint64_t trouble_seen; // trouble.begun at the last look
    enum rond_err err;     // the job's while it runs
    struct fault fault;
};

// What is made up for when the store can be written again; app_recovery.c.
struct app_recovery {
    uint64_t openings_seen; // of the committer's, when who devices are was read last
    int64_t tried_ms;       // monotonic; when that was last tried
    bool failed;            // then, or a device could not be read since
    bool was_trouble;       // and nothing was made up for yet
};

// What will go wrong if nobody looks; app_health.c.
enum health_kind {
    HEALTH_CERTIFICATE,
    HEALTH_CA,
    HEALTH_DEVICES,
    HEALTH_BACKUP,
    HEALTH_DISK,
    HEALTH_COUNTERS,
    HEALTH_SIGNER,
    HEALTH_CA_KEY,
    HEALTH_KINDS
};
enum { HEALTH_TEXT_SIZE = 200 };
struct app_health {
    int64_t looked_ms;       // monotonic; 0: never
    int64_t disk_free_bytes; // -1: not known
    int64_t backup_ms;       // wall; 0: never
    uint64_t devices_ending, devices_ended;
    char texts[HEALTH_KINDS][HEALTH_TEXT_SIZE]; // "": nothing to warn of
    int64_t said_ms[HEALTH_KINDS];              // when the log last said so; 0: it did not
};

// The day's run of retention (app_retention.c).
struct app_retention {
    uint64_t session; // of the step that is with the committer; 0: none
    bool goes_on;
    int64_t day;    // since 1970, of the last run
    int64_t run_ms; // as the step before answered
    uint64_t after, erased;
};

struct app {
    const struct config *config;
    const struct clock *clock;
    const struct rng *rng;
    enum app_stage stage;
    int exit_code;
    int lock;
    uint64_t next_id;
    int64_t started_ms;     // wall
    int64_t drain_until_ms; // monotonic
    int64_t close_until_ms;
    int64_t went_on_ms; // monotonic; when a long command last came further

    uv_loop_t loop;
    uv_async_t wake;
    uv_timer_t sweep;
    uv_signal_t signals[2];
    bool handles_open;

    struct app_files files;
    struct app_signer signer;
    struct ca *ca;                    // its key is with the signer
    struct session_receipts receipts; // without a certificate none are given
    char *servers[SERVERS_MAX];       // wss://HOST:PORT
    size_t servers_count;
    char *enrolment_url;
    struct enrolment_config enrolment_config;

    struct network network;
    struct admissions admissions;
    struct device_listener device_listener;
    struct http_listener enrolment_listener, operations_listener, people_listener;
    struct listening *people_proxy_listening; // the Unix socket of a trusted proxy
    struct listening *listening[NETWORK_PORT_COUNT];
    uint16_t ports[NETWORK_PORT_COUNT];
    struct control *control;
    struct readers *readers;

    struct app_committer *committer;
    struct group_commit group;
    struct catalogue *catalogue;
    struct store_identity store_identity;
    struct store *read_only; // the network thread's own, for identities
    struct identities identities;
    bool identities_partial; // the store's pages that hold some of them are damaged
    struct app_devices devices;
    struct app_downstream downstream;
    struct app_commands commands;
    struct app_people people;
    struct app_events events;
    struct app_tiles tiles;
    struct app_public open;
    struct app_balance balance;
    struct app_check check;
    struct app_recovery recovery;
    struct app_health health;
    struct app_pressure pressure;
    struct app_retention retention;
    struct quota_limits quota_limits;

    struct reader_job counts_job; // app_operations.c: a slow look at the store
    bool counts_busy;
    int64_t counts_at_ms;
    struct store_counts counts_read; // the job's while it runs
    struct store_counts counts;
};

// app.c. ROND_EFULL: not taken, the queue is full.
MUST_CHECK enum rond_err app_submit(struct app *app, struct submission *submission);
// What lies beside the store and in it about how to reach this server, and the control socket. ROND_EFULL, ROND_EIO: not all
// of it could be written; asked again later.
MUST_CHECK enum rond_err app_tell_addresses(struct app *app, struct fault *fault);
// Makes the listeners' certificate anew.
void app_renew_certificate(struct app *app);

// app_files.c. Starts the signer. ROND_ENOTFOUND: not a data directory.
MUST_CHECK enum rond_err app_files_open(struct app *app, struct fault *fault);
// Makes a new certificate of the own CA for the configured names.
MUST_CHECK enum rond_err app_files_issue(struct app *app, struct fault *fault);
void app_files_sweep(struct app *app); // keys of TLS tickets that are due
MUST_CHECK enum rond_err app_files_write_ports(struct app *app, struct fault *fault);

// app_events.c. Something was committed that a page may show; told at the next sweep.
void app_events_changed(struct app *app);
void app_events_sweep(struct app *app);

// app_public.c
void app_public_changed(struct app *app); // the catalogue, or something was published
void app_public_sweep(struct app *app);
void app_public_deinit(struct app *app); // when the readers are through

// app_devices.c
extern const struct device_listener_events APP_DEVICE_EVENTS;
void app_devices_receipts(struct app *app);                                   // the signer has begun
void app_devices_settle(struct app *app, struct submission *take_submission); // came back from the committer
// A whole message, whether it has just come or was held.
void app_devices_deliver(struct app *app, struct live *live, struct bytes message);
// What was read for a session; it may be gone.
void app_devices_downstream(struct app *app, uint64_t session, const Rond__V1__Reference *reference,
                            const Rond__V1__Feedback *feedback);
void app_devices_notify(struct app *app); // the catalogue changed
// Enrolled, renewed, revoked. One that cannot be read now is told to come again until it has been.
void app_devices_changed(struct app *app, const struct id128 *device);
void app_devices_sweep(struct app *app);
void app_devices_drain(struct app *app); // refuse all that wait for nothing
void app_devices_deinit(struct app *app);

// app_pressure.c
bool app_pressure_is_on(const struct app *app);      // somebody waits
uint32_t app_pressure_credit(const struct app *app); // what devices are told now
void app_pressure_give(struct app *app, struct live *live, struct submission *take_submission);
// Keeps the message (copied) for the device's turn. ROND_EFULL: too much is kept already.
MUST_CHECK enum rond_err app_pressure_hold(struct app *app, struct live *live, struct bytes message);
void app_pressure_resume(struct app *app); // the queue has room again
void app_pressure_forget(struct app *app, struct live *live);

// app_downstream.c
void app_downstream_init(struct app *app);
void app_downstream_deinit(struct app *app); // when the readers are through
void app_downstream_list(struct app *app, struct live *live, const struct session_action *action); // its READ
void app_downstream_unlist(struct app *app, struct live *live);
void app_downstream_go_on(struct app *app); // begins what may begin

// app_commands.c
void app_commands_enrol(void *context, struct http_exchange *exchange, enum http_method method, const char *path,
                        struct bytes body);
void app_commands_gone(void *context, void *owner);
void app_commands_control(void *context, struct control_request *request, uint32_t uid, int32_t pid, struct bytes json);
void app_commands_settle(struct app *app, struct submission *take_submission);
// What people's changes are made ready against, wherever they come from.
struct admin_context app_admin_context(const struct app *app);
// Logs and counts a change that was refused with a code of its own (wire/codes.h); other changes do nothing here.
void app_commands_count_refusal(struct app *app, const struct submission *submission);
// Tells who waits how far it has come; true where something has come further since the last time.
bool app_commands_sweep(struct app *app);
void app_commands_deinit(struct app *app);

// app_tiles.c: before the server confines itself.
void app_tiles_open(struct app *app);

// app_people.c
// Before the server confines itself, which puts the file out of reach.
MUST_CHECK enum rond_err app_people_read_known(struct app *app, struct fault *fault);
MUST_CHECK enum rond_err app_people_init(struct app *app);           // before the network is opened
enum rond_err app_people_open(struct app *app, struct fault *fault); // the ports are known
void app_people_turned_away(void *context, struct http_exchange *exchange, unsigned status, const char *path);
void app_people_requested(void *context, struct http_exchange *exchange, enum http_method method, const char *path,
                          struct bytes body);
void app_people_gone(void *context, void *owner);
// True where it was a person's: it is taken then.
bool app_people_settle(struct app *app, struct submission *submission);
void app_people_deinit(struct app *app);
void app_people_headers_make(struct app *app);

// app_balance.c
void app_balance_begin(struct app *app); // the store is open and nothing was written yet
void app_balance_ask(struct app *app);   // the store is about to be counted
bool app_balance_answer(struct app *app, const struct store_counts *counts);
// The committer has stopped: takes what it still has and looks once more. True where all adds up.
bool app_balance_end(struct app *app);
uint64_t app_balance_sum(const struct app *app); // what became of the reports that were received, those in flight included

// app_check.c
void app_check_sweep(struct app *app);

// app_recovery.c
void app_recovery_begin(struct app *app); // who devices are was read
void app_recovery_look(struct app *app);  // before anybody is told what was committed, and in each sweep

// app_health.c
void app_health_sweep(struct app *app);
const char *app_health_name(enum health_kind kind);
// One JSON object and a line end; with "ok": true at its end for the control socket.
MUST_CHECK enum rond_err app_health_write(struct app *app, bool with_ok, struct buffer *to);

// app_retention.c
void app_retention_sweep(struct app *app);
// True where the submission was a step of its run, which is taken then.
bool app_retention_settle(struct app *app, struct submission *take_submission);

// app_operations.c
void app_operations_requested(void *context, struct http_exchange *exchange, enum http_method method, const char *path,
                              struct bytes body);
void app_operations_sweep(struct app *app);
// app_metrics.c
MUST_CHECK enum rond_err app_metrics_write(struct app *app, struct buffer *to);
// True where all is well; else reasons are appended as a JSON list's items.
bool app_is_ready(struct app *app, struct buffer *reasons);

#endif
