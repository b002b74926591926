// What the parts of one connectivity window share: client_sync.c (its life, its steps), client_sync_peer.c (finding a
// server), client_sync_act.c (talking with it).
#ifndef CLIENT_CLIENT_SYNC_INTERNAL_H
#define CLIENT_CLIENT_SYNC_INTERNAL_H

#include "backoff.h"
#include "client_internal.h"
#include "transport.h"

enum sync_phase {
    SYNC_RENEWING,
    SYNC_CONNECTING,
    SYNC_TALKING,
    SYNC_CLOSING,
    SYNC_RESTING,
    SYNC_OVER,
};

struct client_sync {
    rond *r;
    struct transport *transport;
    struct device *device;
    enum sync_phase phase;
    int64_t phase_deadline_ms; // monotonic; of CLOSING, RESTING
    bool has_tried_renewal;
    struct arena peers_arena; // servers and anchors, read anew before each round
    const char **servers;
    size_t servers_count, server; // the one being tried
    const char **renewals;
    size_t renewals_count, renewal; // the one being tried
    struct client_trust trust;
    struct arena read_arena;
    struct buffer out; // frames that the transport has not yet taken: be32(size) || frame
    size_t out_offset;
    struct buffer answer; // of the renewal
    int answer_status;
    struct buffer recalled;
    struct buffer kept; // settings that wait to be written: be32(size) || name with NUL || value, each
    struct backoff backoff;
    int64_t retry_after_ms; // as the server last said
    uint64_t mends; // of the outbox, when the conversation began
    uint64_t last_seq;      // as the engine knows it
    bool stands;            // a connection stands now
    bool is_refused;        // for good
    enum rond_err outcome;  // of OVER
    struct fault fault;     // why the last attempt failed
    rond_sync_result result;
};

// --- client_sync.c ---

int64_t sync_monotonic_ms(const struct client_sync *sync);
struct device_now sync_now(const struct client_sync *sync);
// The outcome stands, unless one stood before.
void sync_over(struct client_sync *sync, enum rond_err outcome);
// Ends the conversation in order; the outcome is said already where it is known.
void sync_close(struct client_sync *sync, enum rond_err outcome);
// The device's own storage or keystore failed: nothing more can be done in this window.
void sync_fail(struct client_sync *sync, enum rond_err err);

// --- client_sync_act.c: also events of the transport ---

// Carries out what the engine wants, until it wants nothing.
void sync_act_all(struct client_sync *sync);
void sync_on_connected(void *context, uint32_t credit_bytes);
void sync_on_received(void *context, struct bytes frame);
void sync_on_writable(void *context);

// --- client_sync_peer.c: also events of the transport ---

// From the first server on.
void sync_round(struct client_sync *sync);
void sync_on_ended(void *context, enum rond_err err, const struct fault *fault);
void sync_on_answered(void *context, int status, struct bytes body);
void sync_on_remember(void *context, const char *name, struct bytes value);
// Keeps a setting, but not before the first frames have left: a write to the disk is no reason to leave the server waiting.
void sync_keep(struct client_sync *sync, const char *setting, struct bytes value);
// Writes what waits, where it is not there already.
void sync_write_kept(struct client_sync *sync);
bool sync_on_recall(void *context, const char *name, struct bytes *ret_value);

#endif
