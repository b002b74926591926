// Batches out: what to read, how to cut it, what is under way.
//
// A batch is cut to the bytes that may be sent now, not to a number of reports: the outbox is asked for about twice as
// many bytes of reports (they compress), and reports are left off the end until the frame fits. What is left off is
// read again. The size aimed at begins at 1 KiB, since the window may close at any moment, and doubles with every
// acknowledgement; before Welcome, where none can come, with every batch, but not by much.
#include "base/check.h"
#include "base/planted.h"
#include "device_inner.h"
#include "wire/codes.h"
#include "wire/limits.h"

enum {
    READ_BYTES_MAX = BATCH_RECORDS_BYTES_MAX / 2, // room for what Records adds to each report
};

// --- Flights ---

void device_flights_clear(struct device *device) {
    device->flight_count = 0;
    device->flight_bytes = 0;
}

static void flights_drop_first(struct device *device, size_t count) {
    for (size_t i = 0; i < count; i++)
        device->flight_bytes -= device->flights[i].bytes;
    device->flight_count -= count;
    for (size_t i = 0; i < device->flight_count; i++)
        device->flights[i] = device->flights[i + count];
}

// The server drops what does not continue its outbox, and answers no more for it.
static void flights_drop_beyond(struct device *device, uint64_t seq) {
    while (device->flight_count > 0 && device->flights[device->flight_count - 1].first_seq > seq)
        device->flight_bytes -= device->flights[--device->flight_count].bytes;
}

// True where what is under way goes on from seq, so that nothing need be sent again. A Batch may overlap what the
// server has; a Lost may not.
static bool flights_cover(const struct device *device, uint64_t seq) {
    for (size_t i = 0; i < device->flight_count; i++) {
        const struct flight *flight = &device->flights[i];
        if (flight->first_seq == seq || (!flight->is_lost && flight->first_seq < seq && seq <= flight->after.seq))
            return true;
    }
    return false;
}

static void flights_add(struct device *device, const struct flight *flight) {
    CHECK(device->flight_count < DEVICE_FLIGHTS_MAX);
    device->flights[device->flight_count++] = *flight;
    device->flight_bytes += flight->bytes;
    device->sent = flight->after;
    bool may_grow = device->phase == DEVICE_PHASE_OPEN && device->batch_target < FLIGHT_BATCH_BYTES_MAX;
    if (may_grow && device->flight_bytes + 2 * device->batch_target <= device->first_credit)
        device->batch_target *= 2;
}

void device_flights_land(struct device *device, uint64_t watermark) {
    size_t landed = 0;
    while (landed < device->flight_count && device->flights[landed].after.seq <= watermark)
        landed++;
    flights_drop_first(device, landed);
    device->is_held = false;
}

bool device_chain_at(const struct device *device, uint64_t seq, const struct hash256 *head, struct chain *ret_chain) {
    const struct chain *chain = &device->sent; // also after a rewind beyond what was under way
    for (size_t i = 0; i < device->flight_count; i++)
        if (device->flights[i].after.seq == seq)
            chain = &device->flights[i].after;
    if (chain->seq != seq || !hash256_equal(&chain->head, head))
        return false;
    *ret_chain = *chain;
    return true;
}

// --- What is known to be there ---

void device_acknowledge(struct device *device, const struct chain *chain, const Rond__V1__Verdicts *verdicts) {
    bool has_news =
        device->history_is_new || chain->seq > device->outbox.acknowledged.seq ||
        (chain->seq == device->outbox.acknowledged.seq && !hash256_equal(&chain->head, &device->outbox.acknowledged.head));
    device->history_is_new = false;
    if (has_news)
        device->outbox.acknowledged = *chain;
    if (has_news || verdicts->n_exceptions > 0) {
        device->verdicts = verdicts;
        device->acknowledged_wanted = true;
    }
}

void device_rewind(struct device *device, uint64_t watermark, const struct hash256 *head) {
    if (watermark > device->outbox.last_seq) {
        device_fork(device);
        return;
    }
    if (device->phase == DEVICE_PHASE_READY && flights_cover(device, watermark + 1))
        return; // answered before what is under way came in: that continues the outbox already
    if (PLANTED(FLIGHT_DROPPED_AT_WELCOME) ||
        !flights_cover(device, watermark + 1)) // else what is under way goes on from there, whole
        flights_drop_beyond(device, watermark + 1);
    device->is_reading = false;
    device->is_held = false;
    device->server_watermark = watermark;
    device->rewind_seq = watermark;
    device->rewind_head = *head;
    if (device->phase != DEVICE_PHASE_REWINDING)
        device_move(device, DEVICE_PHASE_REWINDING);
}

// The outbox has said where its own chain stands behind the server's watermark. Returns false where it forked.
static bool device_rewound(struct device *device, const struct device_answer *answer) {
    struct chain before = answer->before;
    if (!answer->before_known) {
        before = (struct chain){.seq = device->rewind_seq, .head = device->rewind_head, .ratchet = before.ratchet};
    } else if (before.seq != device->rewind_seq || !hash256_equal(&before.head, &device->rewind_head)) {
        device_fork(device);
        return false;
    }
    if (!flights_cover(device, before.seq + 1) && device->server_watermark <= before.seq)
        device->sent = before;
    if (answer->before_known && !PLANTED(VERDICT_DROPPED_ON_RECONNECT))
        device_acknowledge(device, &before, &device->verdicts_empty);
    device_move(device, DEVICE_PHASE_READY);
    return true;
}

// --- Reading ---

static size_t device_credit(const struct device *device) {
    if (device->phase == DEVICE_PHASE_OPEN)
        return device->first_credit;
    return device->server.credit_bytes > FIRST_BATCH_BYTES_MAX ? device->server.credit_bytes : FIRST_BATCH_BYTES_MAX;
}

// Bytes that the next frame may have.
static size_t device_batch_bytes(const struct device *device) {
    size_t bytes = device->batch_target;
    if (device->phase != DEVICE_PHASE_OPEN && bytes > device->server.batch_bytes_max)
        bytes = device->server.batch_bytes_max;
    size_t credit = device_credit(device);
    return bytes < credit ? bytes : credit;
}

static bool device_has_room(const struct device *device) {
    if (device->flight_count == 0)
        return true;
    return device->flight_count < DEVICE_FLIGHTS_MAX &&
           device->flight_bytes + device_batch_bytes(device) <= device_credit(device);
}

bool device_wants_read(const struct device *device, uint64_t *ret_first_seq, size_t *ret_bytes_max) {
    if (device->is_reading || device->is_held)
        return false;
    bool is_first = device->phase == DEVICE_PHASE_OPEN && !device->first_flight_over;
    bool is_rewinding = device->phase == DEVICE_PHASE_REWINDING;
    bool has_more = device->sent.seq < device->outbox.last_seq && device_has_room(device);
    if (!is_rewinding && !(has_more && (is_first || device->phase == DEVICE_PHASE_READY)))
        return false;
    *ret_first_seq = (is_rewinding ? device->rewind_seq : device->sent.seq) + 1;
    if (PLANTED(RESUME_ONE_TOO_EARLY) && is_rewinding && device->rewind_seq > 0)
        *ret_first_seq = device->rewind_seq;
    size_t bytes = 2 * device_batch_bytes(device);
    *ret_bytes_max = bytes < READ_BYTES_MAX ? bytes : READ_BYTES_MAX;
    return true;
}

// --- Cutting ---

static ProtobufCBinaryData borrowed(void *data, size_t size) {
    return (ProtobufCBinaryData){.data = data, .len = size};
}

struct cut {
    Rond__V1__Batch batch;
    Rond__V1__Frame frame;
    struct chain after;
    struct signature signature;
    struct hash256 seed;
    size_t count;
    size_t size; // of the frame
};

static enum rond_err cut_encode(struct device *device, struct cut *cut, const struct record *records, size_t count) {
    rond__v1__batch__init(&cut->batch);
    rond__v1__frame__init(&cut->frame);
    cut->frame.kind_case = ROND__V1__FRAME__KIND_BATCH;
    cut->frame.batch = &cut->batch;
    cut->batch.first_seq = device->sent.seq + 1;
    cut->batch.count = (uint32_t)count;
    cut->batch.head = borrowed(cut->after.head.b, HASH_SIZE);
    cut->batch.signature = borrowed(cut->signature.b, SIGNATURE_SIZE);
    if (device->sent.seq == 0) {
        cut->seed = device->sent.ratchet;
        cut->batch.chain_seed = borrowed(cut->seed.b, HASH_SIZE);
    }
    buffer_clear(&device->scratch);
    enum rond_err err = codec_records_encode(records, count, device->dictionary, &device->scratch, &cut->batch);
    if (err != ROND_OK)
        return err;
    cut->count = count;
    cut->size = rond__v1__frame__get_packed_size(&cut->frame);
    return ROND_OK;
}

// Leaves reports off the end until the frame fits; one is tried whatever its size.
static enum rond_err cut_fit(struct device *device, struct cut *cut, const struct record *records, size_t count,
                             size_t size_max) {
    if (count > BATCH_REPORTS_MAX)
        count = BATCH_REPORTS_MAX;
    for (;;) {
        enum rond_err err = cut_encode(device, cut, records, count);
        if (err != ROND_OK || cut->size <= size_max || count == 1)
            return err;
        size_t fewer = (size_t)((uint64_t)count * size_max / cut->size);
        count = fewer >= count ? count - 1 : fewer < 1 ? 1 : fewer;
    }
}

static enum rond_err cut_sign(struct device *device, struct cut *cut, const struct record *records) {
    cut->after = device->sent;
    for (size_t i = 0; i < cut->count; i++)
        chain_append(&cut->after, &records[i], NULL, NULL);
    struct statement statement;
    statement_batch(&statement, &device->device, &device->outbox.outbox, device->sent.seq + 1, cut->after.seq,
                    &cut->after.head);
    return device->sign(device->sign_context, &statement, &cut->signature);
}

// True where a frame of this size must wait until something that is under way has landed.
static bool device_must_hold(const struct device *device, size_t size) {
    if (device->phase == DEVICE_PHASE_OPEN)
        return device->flight_bytes + size > device_credit(device);
    return device->flight_count > 0 && device->flight_bytes + size > device_credit(device);
}

static enum rond_err device_hold(struct device *device) {
    if (device->phase == DEVICE_PHASE_OPEN)
        device->first_flight_over = true; // after Welcome it may be larger
    else
        device->is_held = true;
    return ROND_OK;
}

static enum rond_err device_send_batch(struct device *device, const struct device_now *now,
                                       const struct device_answer *answer) {
    struct cut cut = {0};
    enum rond_err err = cut_fit(device, &cut, answer->records, answer->count, device_batch_bytes(device));
    if (err != ROND_OK)
        return err;
    if (device_must_hold(device, cut.size))
        return device_hold(device);
    err = cut_sign(device, &cut, answer->records);
    if (err == ROND_OK)
        err = frame_queue_push(&device->out, &cut.frame, NULL);
    if (err != ROND_OK) {
        device->is_held = true; // a locked keystore opens by somebody's doing: device_outbox or a new connection
        return err;
    }
    flights_add(device,
                &(struct flight){
                    .first_seq = device->sent.seq + 1, .after = cut.after, .bytes = cut.size, .sent_ms = now->monotonic_ms});
    return ROND_OK;
}

static enum rond_err device_send_lost(struct device *device, const struct device_now *now,
                                      const struct device_answer *answer) {
    struct chain after = device->sent;
    struct hash256 ratchet = answer->lost_ratchet;
    chain_lose(&after, answer->lost_last, (uint32_t)answer->lost_reason, &ratchet);
    struct statement statement;
    struct signature signature;
    statement_lost(&statement, &device->device, &device->outbox.outbox, device->sent.seq + 1, after.seq, &after.head);
    enum rond_err err = device->sign(device->sign_context, &statement, &signature);
    if (err != ROND_OK) {
        device->is_held = true;
        return err;
    }
    Rond__V1__Lost lost = ROND__V1__LOST__INIT;
    lost.first_seq = device->sent.seq + 1;
    lost.last_seq = after.seq;
    lost.reason = answer->lost_reason;
    lost.ratchet = borrowed(ratchet.b, HASH_SIZE);
    lost.head = borrowed(after.head.b, HASH_SIZE);
    lost.signature = borrowed(signature.b, SIGNATURE_SIZE);
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_LOST;
    frame.lost = &lost;
    size_t size = rond__v1__frame__get_packed_size(&frame);
    if (device_must_hold(device, size))
        return device_hold(device);
    err = frame_queue_push(&device->out, &frame, NULL);
    if (err == ROND_OK)
        flights_add(
            device,
            &(struct flight){
                .first_seq = lost.first_seq, .after = after, .bytes = size, .sent_ms = now->monotonic_ms, .is_lost = true});
    return err;
}

enum rond_err device_records(struct device *device, const struct device_now *now, const struct device_answer *answer) {
    if (!device->is_reading || answer->first_seq != device->read_seq)
        return ROND_OK; // asked on a connection or for a position that is no more
    device->is_reading = false;
    if (device->phase == DEVICE_PHASE_REWINDING && !device_rewound(device, answer))
        return ROND_OK;
    if (answer->first_seq != device->sent.seq + 1)
        return ROND_OK; // asked only where the chain stands: that is under way already
    if (answer->count > 0)
        return device_send_batch(device, now, answer);
    if (answer->lost_last >= answer->first_seq)
        return device_send_lost(device, now, answer);
    device->outbox.last_seq = device->sent.seq;
    return ROND_OK;
}
