// A conversation with the server's session engine, its submissions carried out by the committer on a memory store. The
// input is a list of steps: frames as they are, or frames of a device that keeps its chain and signs what the input says,
// so that the fuzzer gets past the signature.
//
// What must hold whatever is sent: nothing acknowledged that the store does not have; the watermark never falls but by a
// Hello for another outbox; after a Refusal nothing but the close; the submissions' bytes stay within the credit.
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "ingest/committer.h"
#include "support/lund.h"
#include "sync/session.h"
#include "wire/limits.h"

enum { STEPS_MAX = 64, REPORTS_MAX = 20, ARENA_BYTES_MAX = 16 * 1024 * 1024, OUTBOXES = 2 };
enum step {
    STEP_FRAME,
    STEP_HELLO,
    STEP_BATCH,
    STEP_RECORDS,
    STEP_LOST,
    STEP_COMMIT,
    STEP_TIME,
    STEP_DOWN,
    STEP_RECEIVED,
    STEP_REFUSE,
    STEPS
};
static const int64_t NOW_MS = INT64_C(1000) * LUND_NOW_S;

struct talk {
    struct session *session;
    struct arena arena;
    struct submission *first, *last;
    int64_t now_ms;
    bool refused, closed;
    struct id128 outbox;
    struct chain chain; // of what the device sent
};

// One store for many talks, each with outboxes of its own: making it takes longer than a talk.
enum { TALKS_MAX = 256 };
static struct lund lund;
static struct rng_seeded seeded;
static struct rng rng;
static uint32_t talks;
static const struct sign_key *key;
static uint8_t *spki;
static size_t spki_size;

static void begin(void) {
    key = lund_key(0);
    CHECK(sign_key_spki(key, &spki, &spki_size) == ROND_OK);
}

static ProtobufCBinaryData data_of(const void *data, size_t size) {
    return (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)data, .len = size};
}

// --- The server's side ---

static void check_said(struct talk *talk, struct bytes bytes) {
    Rond__V1__Frame *frame;
    struct outbox_state state = {0};
    CHECK(codec_frame_decode(&talk->arena, bytes, &frame, NULL) == ROND_OK);
    CHECK(!talk->refused && !talk->closed);
    talk->refused = frame->kind_case == ROND__V1__FRAME__KIND_REFUSAL;
    uint64_t watermark = frame->kind_case == ROND__V1__FRAME__KIND_VERDICTS  ? frame->verdicts->watermark
                         : frame->kind_case == ROND__V1__FRAME__KIND_WELCOME ? frame->welcome->watermark
                                                                             : 0;
    if (watermark == 0)
        return;
    struct id128 device = lund_device(0);
    struct store *store = lund.store;
    CHECK(store->ledger->outbox_load(store, &device, &talk->outbox, &state) == ROND_OK);
    CHECK(state.exists && watermark <= state.chain.seq);
}

static void pump(struct talk *talk) {
    struct session_action action;
    for (session_next_action(talk->session, &action); action.kind != SESSION_NOTHING;
         session_next_action(talk->session, &action)) {
        switch (action.kind) {
        case SESSION_SEND:
            check_said(talk, action.frame);
            break;
        case SESSION_SUBMIT:
            CHECK(action.submission->frame_bytes <= BATCH_BYTES_MAX);
            if (talk->last)
                talk->last->next = action.submission;
            else
                talk->first = action.submission;
            talk->last = action.submission;
            break;
        case SESSION_CLOSE:
            CHECK(!talk->closed);
            talk->closed = true;
            break;
        default:
            break;
        }
    }
}

static void commit_one(struct talk *talk) {
    struct submission *submission = talk->first;
    struct commit_census census = {0};
    struct catalogue *changed = NULL;
    if (!submission)
        return;
    talk->first = submission->next;
    talk->last = talk->first ? talk->last : NULL;
    submission->next = NULL;
    committer_run(lund.store, submission, lund.catalogue, &census, &changed);
    CHECK(changed == NULL);
    CHECK(session_result(talk->session, talk->now_ms, submission) == ROND_OK);
    submission_destroy(submission);
    pump(talk);
}

// --- The device's side ---

static void receive(struct talk *talk, struct bytes frame) {
    CHECK(session_receive(talk->session, talk->now_ms, talk->now_ms - NOW_MS + 1000, frame) == ROND_OK);
    pump(talk);
}

static void hand_in(struct talk *talk, Rond__V1__Frame *frame) {
    struct buffer bytes;
    buffer_init(&bytes, 2 * FRAME_BYTES_MAX);
    if (codec_frame_encode(frame, &bytes) == ROND_OK)
        receive(talk, buffer_bytes(&bytes));
    buffer_deinit(&bytes);
}

static void say_hello(struct talk *talk, struct input *in) {
    Rond__V1__Hello hello = ROND__V1__HELLO__INIT;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    struct id128 device = lund_device(0);
    uint8_t how = input_u8(in);
    if ((how & 3) == 3) { // another outbox
        talk->outbox.b[0] = (uint8_t)(how >> 2) % OUTBOXES;
        struct hash256 seed = {{0x5e}};
        chain_init(&talk->chain, &seed);
    }
    hello.protocol = PROTOCOL_VERSION;
    hello.device = data_of(device.b, ID_SIZE);
    hello.outbox = data_of(talk->outbox.b, ID_SIZE);
    struct hash256 zero = {{0}};
    hello.watermark = how & 4 ? talk->chain.seq : how & 8 ? input_u16(in) : 0;
    hello.head = data_of(how & 4 && talk->chain.seq ? talk->chain.head.b : zero.b, HASH_SIZE);
    hello.last_seq = hello.watermark + (how >> 4);
    hello.wall_ms = talk->now_ms;
    hello.boot_id = 7;
    hello.monotonic_ms = 1000;
    frame.kind_case = ROND__V1__FRAME__KIND_HELLO;
    frame.hello = &hello;
    hand_in(talk, &frame);
}

static void sign_and_send(struct talk *talk, Rond__V1__Batch *batch, uint64_t first, const struct hash256 *head) {
    struct statement statement;
    struct signature signature;
    struct id128 device = lund_device(0);
    static const struct hash256 SEED = {{0x5e}};
    statement_batch(&statement, &device, &talk->outbox, first, first + batch->count - 1, head);
    CHECK(signature_make(key, &statement, &signature) == ROND_OK);
    batch->first_seq = first;
    batch->head = data_of(head->b, HASH_SIZE);
    batch->signature = data_of(signature.b, SIGNATURE_SIZE);
    if (first == 1)
        batch->chain_seed = data_of(SEED.b, HASH_SIZE);
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_BATCH;
    frame.batch = batch;
    hand_in(talk, &frame);
}

// Reports of the input's bytes, or samples, in a batch that is right in all else.
static void send_batch(struct talk *talk, struct input *in) {
    struct record records[REPORTS_MAX];
    uint8_t how = input_u8(in);
    size_t count = 1 + how % REPORTS_MAX;
    uint64_t first = talk->chain.seq + 1;
    for (size_t i = 0; i < count; i++) {
        uint8_t size = input_u8(in);
        records[i] = size < 8 ? sample_record(&talk->arena, ROND__V1__KIND__KIND_CHECK + size % 7, size)
                              : (struct record){.report = input_bytes(in, size)};
        chain_append(&talk->chain, &records[i], NULL, NULL);
    }
    struct buffer scratch;
    buffer_init(&scratch, 2 * BATCH_RECORDS_BYTES_MAX);
    Rond__V1__Batch batch = ROND__V1__BATCH__INIT;
    if (codec_records_encode(records, count, 0, &scratch, &batch) == ROND_OK)
        sign_and_send(talk, &batch, first, &talk->chain.head);
    buffer_deinit(&scratch);
}

// The records are the input's, as are first, count and size; signed all the same.
static void send_records(struct talk *talk, struct input *in) {
    Rond__V1__Batch batch = ROND__V1__BATCH__INIT;
    uint64_t first = (uint64_t)((int64_t)talk->chain.seq + 1 + (int8_t)input_u8(in));
    batch.encoding = (Rond__V1__Encoding)(input_u8(in) & 1);
    batch.count = 1 + input_u8(in);
    batch.records_size = input_u16(in);
    struct bytes records = input_bytes(in, input_u16(in));
    batch.records = data_of(records.data, records.size);
    sign_and_send(talk, &batch, first, &talk->chain.head);
}

static void send_lost(struct talk *talk, struct input *in) {
    uint64_t first = talk->chain.seq + 1, last = talk->chain.seq + 1 + input_u8(in);
    struct hash256 ratchet = {{input_u8(in)}};
    struct id128 device = lund_device(0);
    struct statement statement;
    struct signature signature;
    chain_lose(&talk->chain, last, ROND__V1__LOST_REASON__LOST_REASON_UNREADABLE, &ratchet);
    statement_lost(&statement, &device, &talk->outbox, first, last, &talk->chain.head);
    CHECK(signature_make(key, &statement, &signature) == ROND_OK);
    Rond__V1__Lost lost = ROND__V1__LOST__INIT;
    lost.first_seq = first;
    lost.last_seq = last;
    lost.reason = ROND__V1__LOST_REASON__LOST_REASON_UNREADABLE;
    lost.ratchet = data_of(ratchet.b, HASH_SIZE);
    lost.head = data_of(talk->chain.head.b, HASH_SIZE);
    lost.signature = data_of(signature.b, SIGNATURE_SIZE);
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_LOST;
    frame.lost = &lost;
    hand_in(talk, &frame);
}

static void send_received(struct talk *talk, struct input *in) {
    Rond__V1__Received received = ROND__V1__RECEIVED__INIT;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    received.reference_cursor = input_u8(in);
    received.feedback_cursor = input_u8(in);
    frame.kind_case = ROND__V1__FRAME__KIND_RECEIVED;
    frame.received = &received;
    hand_in(talk, &frame);
}

static void bring_down(struct talk *talk, struct input *in) {
    Rond__V1__Feedback feedback = ROND__V1__FEEDBACK__INIT;
    Rond__V1__Reference reference = ROND__V1__REFERENCE__INIT;
    uint8_t how = input_u8(in);
    reference.cursor = how >> 2;
    feedback.cursor = how >> 3;
    feedback.more = how & 2;
    session_notify(talk->session, lund.catalogue);
    pump(talk);
    CHECK(session_downstream(talk->session, how & 1 ? &reference : NULL, how & 4 ? &feedback : NULL) == ROND_OK);
    pump(talk);
}

static void pass_time(struct talk *talk, struct input *in) {
    talk->now_ms += (int64_t)input_u8(in) * input_u8(in) * 20;
    int64_t monotonic_ms = talk->now_ms - NOW_MS + 1000;
    if (monotonic_ms >= session_deadline(talk->session))
        session_tick(talk->session, talk->now_ms, monotonic_ms);
    pump(talk);
}

static void step(struct talk *talk, struct input *in) {
    switch ((enum step)(input_u8(in) % STEPS)) {
    case STEP_FRAME:
        receive(talk, input_bytes(in, input_u16(in)));
        break;
    case STEP_HELLO:
        say_hello(talk, in);
        break;
    case STEP_BATCH:
        send_batch(talk, in);
        break;
    case STEP_RECORDS:
        send_records(talk, in);
        break;
    case STEP_LOST:
        send_lost(talk, in);
        break;
    case STEP_COMMIT:
        commit_one(talk);
        break;
    case STEP_TIME:
        pass_time(talk, in);
        break;
    case STEP_DOWN:
        bring_down(talk, in);
        break;
    case STEP_RECEIVED:
        send_received(talk, in);
        break;
    case STEP_REFUSE:
        session_refuse(talk->session, 300 + input_u8(in) % 5);
        pump(talk);
        break;
    case STEPS:
        break;
    }
}

static void open_session(struct talk *talk) {
    static const char *const ROLES[] = {"police_officer"};
    struct device_record device = {.device = lund_device(0),
                                   .organisation = "polisen",
                                   .area = "lund",
                                   .name = "fuzz",
                                   .roles = (const char **)(uintptr_t)ROLES,
                                   .roles_count = 1};
    struct session_config config = {.id = 1,
                                    .device = &device,
                                    .spki = bytes_of(spki, spki_size),
                                    .store = {.epoch = 3},
                                    .catalogue = lund.catalogue,
                                    .credit_bytes = CREDIT_BYTES,
                                    .now_ms = NOW_MS,
                                    .now_monotonic_ms = 1000};
    struct hash256 seed = {{0x5e}};
    chain_init(&talk->chain, &seed);
    CHECK(session_create(&config, &talk->session) == ROND_OK);
}

static void fresh_store(void) {
    if (talks++ % TALKS_MAX != 0)
        return;
    if (talks > 1)
        lund_close(&lund);
    rng_seeded_init(&seeded, 1);
    rng = rng_seeded_as_rng(&seeded);
    lund_open_memory(&lund, &rng);
}

static void run(struct bytes input) {
    static struct talk talk;
    struct input in = {input};
    memset(&talk, 0, sizeof talk);
    talk.now_ms = NOW_MS;
    arena_init(&talk.arena, ARENA_BYTES_MAX);
    fresh_store();
    for (int i = 0; i < 4; i++)
        talk.outbox.b[4 + i] = (uint8_t)(talks >> 8 * i);
    open_session(&talk);
    for (int i = 0; i < STEPS_MAX && in.left.size > 0; i++)
        step(&talk, &in);
    while (talk.first) // whatever is under way comes back, or the session is gone before
        commit_one(&talk);
    session_destroy(talk.session);
    arena_deinit(&talk.arena);
}

static void seed(fuzz_take *take, void *context) {
    static const uint8_t TALK[] = {STEP_HELLO,  0,         STEP_COMMIT, STEP_BATCH,  2,           1,
                                   2,           3,         STEP_COMMIT, STEP_DOWN,   0xff,        STEP_RECEIVED,
                                   1,           1,         STEP_BATCH,  0,           12,          1,
                                   2,           3,         4,           5,           6,           7,
                                   8,           9,         10,          11,          12,          STEP_LOST,
                                   3,           1,         STEP_COMMIT, STEP_COMMIT, STEP_HELLO,  7,
                                   STEP_COMMIT, STEP_TIME, 255,         255,         STEP_REFUSE, 1};
    static const char *const NAMES[] = {"hello", "batch", "batch_zstd", "lost", "received"};
    struct arena frames;
    struct buffer seed;
    arena_init(&frames, ARENA_BYTES_MAX);
    buffer_init(&seed, 64 * 1024);
    take(context, bytes_of(TALK, sizeof TALK));
    for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++) {
        struct bytes frame = seed_frame(NAMES[i], &frames);
        uint8_t head[] = {STEP_HELLO, 0, STEP_COMMIT, STEP_FRAME, (uint8_t)(frame.size >> 8), (uint8_t)frame.size};
        buffer_clear(&seed);
        CHECK(buffer_append(&seed, bytes_of(head, sizeof head)) == ROND_OK && buffer_append(&seed, frame) == ROND_OK);
        take(context, buffer_bytes(&seed));
    }
    buffer_deinit(&seed);
    arena_deinit(&frames);
}

const struct fuzz_target FUZZ_SESSION = {"session", begin, run, seed};
