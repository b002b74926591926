// What the parts of the device engine share: device.c (its life, what it wants next), device_send.c (batches out),
// device_receive.c (frames in).
#ifndef CLIENT_DEVICE_INNER_H
#define CLIENT_DEVICE_INNER_H

#include "device.h"
#include "wire/frame_queue.h"

enum device_phase {
    DEVICE_PHASE_OFFLINE,
    DEVICE_PHASE_OPEN,      // Hello is out, Welcome is not in
    DEVICE_PHASE_REWINDING, // the server goes on elsewhere: the outbox is asked for the chain there
    DEVICE_PHASE_READY,
    DEVICE_PHASE_FORKED, // waits for a fresh outbox
    DEVICE_PHASE_CLOSING,
    DEVICE_PHASE_COUNT
};

// A Batch or Lost that is under way.
struct flight {
    uint64_t first_seq;
    struct chain after;
    size_t bytes;
    int64_t sent_ms;
    bool is_lost; // a Lost: taken whole or not at all
};
enum { DEVICE_FLIGHTS_MAX = 64, DEVICE_CLIENT_SIZE = 64 };

struct device_close {
    bool is_wanted;
    unsigned code;
    const char *sentence;
    bool may_retry;
    uint32_t retry_after_ms;
};

struct device {
    struct id128 device;
    char client[DEVICE_CLIENT_SIZE];
    struct device_outbox_state outbox;
    struct device_server_state server;
    enum rond_err (*sign)(void *context, const struct statement *statement, struct signature *ret_signature);
    void *sign_context;
    struct state_census *census;

    unsigned phase;
    unsigned hellos;  // said on this connection
    int64_t hello_ms; // monotonic, of the newest
    int64_t heard_ms; // monotonic, when the server last said something

    // Upstream.
    struct chain sent;                         // where the next batch begins
    struct flight flights[DEVICE_FLIGHTS_MAX]; // oldest first
    size_t flight_count;
    size_t flight_bytes;
    size_t batch_target; // bytes of the next Batch frame
    uint32_t dictionary; // the newest that this Welcome named and that is built in here; none before it
    uint32_t first_credit; // bytes under way before Welcome
    bool first_flight_over;
    bool is_reading;
    uint64_t read_seq;
    bool is_held; // no READ until something changes: no room, or the key is locked
    uint64_t server_watermark;
    bool history_is_new; // what was acknowledged was so by another store or epoch, and this one has not confirmed any of it
    uint64_t forked_seq; // as Forked said; 0: it was found here
    uint64_t rewind_seq; // REWINDING: the server has everything up to here
    struct hash256 rewind_head;

    // Downstream.
    uint64_t newest_reference; // as Welcome said
    bool more_reference;
    bool more_feedback; // also from every Welcome and Verdicts until the Feedback that follows it
    bool is_storing;    // REFERENCE or FEEDBACK was given out
    bool drained_said;

    // What the next calls of device_next_action give.
    struct arena arena; // the frame received last; what actions point at
    struct frame_queue out;
    struct buffer scratch;
    bool welcome_wanted;
    int64_t server_ms;
    struct device_said welcomed;      // with the Welcome
    const Rond__V1__Receipt *receipt; // NULL: none came
    struct device_said receipted;     // with the receipt
    bool acknowledged_wanted;
    Rond__V1__Verdicts verdicts_empty;
    const Rond__V1__Verdicts *verdicts;
    bool forked_wanted;
    const Rond__V1__Reference *reference;
    const Rond__V1__Feedback *feedback;
    const Rond__V1__Reference *reference_storing;
    const Rond__V1__Feedback *feedback_storing;
    struct device_close close;
};

extern const struct state_table device_phases;
void device_move(struct device *device, enum device_phase next);
MUST_CHECK enum rond_err device_say_hello(struct device *device, const struct device_now *now);
// Says Refusal(code) to a server that broke the protocol, and closes.
MUST_CHECK enum rond_err device_protest(struct device *device, unsigned code);
void device_close_for(struct device *device, unsigned code, const char *sentence, bool may_retry, uint32_t retry_after_ms);
void device_fork(struct device *device);

// device_send.c
bool device_wants_read(const struct device *device, uint64_t *ret_first_seq, size_t *ret_bytes_max);
void device_flights_clear(struct device *device);
// Forgets those that the watermark covers.
void device_flights_land(struct device *device, uint64_t watermark);
// Our own chain at a boundary of what was sent; false where seq is none, or the head there is another.
bool device_chain_at(const struct device *device, uint64_t seq, const struct hash256 *head, struct chain *ret_chain);
// Go on behind `watermark`, where the server's chain has this head.
void device_rewind(struct device *device, uint64_t watermark, const struct hash256 *head);
void device_acknowledge(struct device *device, const struct chain *chain, const Rond__V1__Verdicts *verdicts);

#endif
