// A conversation with the device's sync engine: what a server, or whoever sits in its place, may say to it. The input is a
// list of steps: frames as they are, or the frames of a server that knows the device's chain.
//
// What must hold whatever is said: acknowledged never falls, never passes what was queued, and only where the head is the
// device's own; what goes out is within its bounds; nothing goes out after the close.
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "fuzz/fuzz.h"
#include "support/lund.h"
#include "wire/limits.h"

enum { STEPS_MAX = 64, REPORTS = 40, ARENA_BYTES_MAX = 16 * 1024 * 1024 };
enum step {
    STEP_FRAME,
    STEP_WELCOME,
    STEP_VERDICTS,
    STEP_FEEDBACK,
    STEP_EXPECTED,
    STEP_FORKED,
    STEP_CONNECT,
    STEP_CUT,
    STEP_TIME,
    STEPS
};

struct talk {
    struct device *device;
    struct device_now now;
    struct arena arena;
    struct id128 outbox;
    uint64_t acknowledged;
    bool closed;
    bool connected;
};

static struct record records[REPORTS + 1];
static struct chain chains[REPORTS + 1];
static struct arena kept;

static void begin(void) {
    struct hash256 seed = {{0x5e}};
    arena_init(&kept, ARENA_BYTES_MAX);
    chain_init(&chains[0], &seed);
    for (unsigned seq = 1; seq <= REPORTS; seq++) {
        records[seq] = sample_record(&kept, ROND__V1__KIND__KIND_CHECK, seq);
        chains[seq] = chains[seq - 1];
        chain_append(&chains[seq], &records[seq], NULL, NULL);
    }
}

// Not a signature: nobody looks at it here.
static enum rond_err sign(void *context, const struct statement *statement, struct signature *ret_signature) {
    UNUSED(context);
    memset(ret_signature->b, (int)statement->size, SIGNATURE_SIZE);
    return ROND_OK;
}

static struct device_outbox_state outbox_state(const struct talk *talk) {
    return (struct device_outbox_state){.outbox = talk->outbox,
                                        .acknowledged = chains[talk->acknowledged],
                                        .last_seq = REPORTS,
                                        .seed = {{0x5e}},
                                        .seed_known = true};
}

// --- The device's actions ---

static enum rond_err answer_read(struct talk *talk, const struct device_action *action) {
    struct device_answer answer = {.first_seq = action->first_seq};
    CHECK(action->first_seq >= 1);
    if (action->first_seq > REPORTS + 1)
        return device_records(talk->device, &talk->now, &answer);
    answer.before_known = true;
    answer.before = chains[action->first_seq - 1];
    answer.records = records + action->first_seq;
    size_t bytes = 0;
    while (action->first_seq + answer.count <= REPORTS && (answer.count == 0 || bytes < action->bytes_max))
        bytes += answer.records[answer.count++].report.size;
    return device_records(talk->device, &talk->now, &answer);
}

static void check_sent(struct talk *talk, struct bytes bytes) {
    Rond__V1__Frame *frame;
    CHECK(bytes.size <= FRAME_BYTES_MAX && !talk->closed && talk->connected);
    CHECK(codec_frame_decode(&talk->arena, bytes, &frame, NULL) == ROND_OK);
    if (frame->kind_case == ROND__V1__FRAME__KIND_BATCH)
        CHECK(bytes.size <= BATCH_BYTES_MAX && frame->batch->first_seq + frame->batch->count - 1 <= REPORTS);
}

static void acknowledge(struct talk *talk, const struct device_action *action) {
    CHECK(action->chain.seq >= talk->acknowledged && action->chain.seq <= REPORTS);
    CHECK(hash256_equal(&action->chain.head, &chains[action->chain.seq].head));
    talk->acknowledged = action->chain.seq;
}

static enum rond_err act(struct talk *talk, const struct device_action *action) {
    switch (action->kind) {
    case DEVICE_SEND:
        check_sent(talk, action->frame);
        return ROND_OK;
    case DEVICE_READ:
        return answer_read(talk, action);
    case DEVICE_ACKNOWLEDGED:
        acknowledge(talk, action);
        return ROND_OK;
    case DEVICE_REFERENCE:
    case DEVICE_FEEDBACK:
        return device_stored(talk->device);
    case DEVICE_FORKED: {
        talk->outbox.b[0]++;
        talk->acknowledged = 0;
        struct device_outbox_state state = outbox_state(talk);
        return device_outbox(talk->device, &talk->now, &state);
    }
    case DEVICE_CLOSE:
        talk->closed = true;
        return ROND_OK;
    default:
        return ROND_OK;
    }
}

static void pump(struct talk *talk) {
    struct device_action action;
    for (int i = 0; i < 10000; i++) {
        device_next_action(talk->device, &action);
        if (action.kind == DEVICE_NOTHING)
            return;
        CHECK(act(talk, &action) == ROND_OK);
    }
    CHECK(!"it comes to rest");
}

// --- The server's side ---

static void receive(struct talk *talk, struct bytes frame) {
    if (!talk->connected || talk->closed)
        return;
    CHECK(device_receive(talk->device, &talk->now, frame) == ROND_OK);
    pump(talk);
}

static void hand_in(struct talk *talk, Rond__V1__Frame__KindCase kind, void *message) {
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    struct buffer bytes;
    frame.kind_case = kind;
    frame.hello = message; // the members of the union are pointers all
    buffer_init(&bytes, FRAME_BYTES_MAX);
    if (codec_frame_encode(&frame, &bytes) == ROND_OK)
        receive(talk, buffer_bytes(&bytes));
    buffer_deinit(&bytes);
}

static ProtobufCBinaryData data_of(const void *data, size_t size) {
    return (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)data, .len = size};
}

static ProtobufCBinaryData head_of(uint64_t seq, bool is_wrong) {
    static const uint8_t WRONG[HASH_SIZE] = {1};
    return data_of(is_wrong || seq > REPORTS ? WRONG : chains[seq].head.b, HASH_SIZE);
}

static void say_welcome(struct talk *talk, struct input *in) {
    Rond__V1__Welcome welcome = ROND__V1__WELCOME__INIT;
    uint8_t how = input_u8(in);
    struct id128 store = {.b = {(uint8_t)(how & 1)}};
    welcome.protocol = how & 2 ? input_u8(in) : PROTOCOL_VERSION;
    welcome.store_id = data_of(store.b, ID_SIZE);
    welcome.epoch = how >> 6;
    welcome.outbox = data_of(talk->outbox.b, ID_SIZE);
    welcome.watermark = how & 4 ? input_u8(in) : talk->acknowledged;
    welcome.head = head_of(welcome.watermark, how & 8);
    welcome.credit_bytes = how & 16 ? input_u32(in) : CREDIT_BYTES;
    welcome.batch_bytes_max = how & 32 ? input_u32(in) : BATCH_BYTES_MAX;
    hand_in(talk, ROND__V1__FRAME__KIND_WELCOME, &welcome);
}

static void say_verdicts(struct talk *talk, struct input *in) {
    Rond__V1__Verdicts verdicts = ROND__V1__VERDICTS__INIT;
    Rond__V1__Exception exception = ROND__V1__EXCEPTION__INIT, *list = &exception;
    uint8_t how = input_u8(in);
    verdicts.watermark = input_u8(in);
    verdicts.head = head_of(verdicts.watermark, how & 1);
    verdicts.credit_bytes = how & 2 ? input_u32(in) : CREDIT_BYTES;
    exception.seq = input_u8(in);
    exception.code = 401;
    exception.verdict = (Rond__V1__Verdict)(how >> 6);
    verdicts.n_exceptions = how & 4 ? 1 : 0;
    verdicts.exceptions = &list;
    hand_in(talk, ROND__V1__FRAME__KIND_VERDICTS, &verdicts);
}

static void say_feedback(struct talk *talk, struct input *in) {
    Rond__V1__Feedback feedback = ROND__V1__FEEDBACK__INIT;
    uint8_t how = input_u8(in);
    feedback.cursor = how >> 2;
    feedback.more = how & 1;
    feedback.actions_stamp = how & 2;
    hand_in(talk, ROND__V1__FRAME__KIND_FEEDBACK, &feedback);
}

static void say_expected(struct talk *talk, struct input *in) {
    Rond__V1__Expected expected = ROND__V1__EXPECTED__INIT;
    uint8_t how = input_u8(in);
    expected.seq = input_u8(in);
    expected.head = head_of(expected.seq ? expected.seq - 1 : 0, how & 1);
    hand_in(talk, ROND__V1__FRAME__KIND_EXPECTED, &expected);
}

static void say_forked(struct talk *talk, struct input *in) {
    Rond__V1__Forked forked = ROND__V1__FORKED__INIT;
    struct id128 outbox = talk->outbox;
    outbox.b[1] = input_u8(in) & 1;
    forked.outbox = data_of(outbox.b, ID_SIZE);
    forked.seq = input_u8(in);
    hand_in(talk, ROND__V1__FRAME__KIND_FORKED, &forked);
}

static void connect_it(struct talk *talk) {
    if (talk->connected)
        return;
    talk->connected = true;
    talk->closed = false;
    CHECK(device_connected(talk->device, &talk->now, CREDIT_UPGRADE_BYTES) == ROND_OK);
    pump(talk);
}

static void cut(struct talk *talk) {
    if (!talk->connected)
        return;
    talk->connected = false;
    device_disconnected(talk->device);
    pump(talk);
}

static void pass_time(struct talk *talk, struct input *in) {
    int64_t ms = (int64_t)input_u8(in) * input_u8(in) * 2;
    talk->now.wall_ms += ms;
    talk->now.monotonic_ms += ms;
    if (talk->now.monotonic_ms >= device_deadline(talk->device))
        device_tick(talk->device, &talk->now);
    pump(talk);
}

static void step(struct talk *talk, struct input *in) {
    switch ((enum step)(input_u8(in) % STEPS)) {
    case STEP_FRAME:
        receive(talk, input_bytes(in, input_u16(in)));
        break;
    case STEP_WELCOME:
        say_welcome(talk, in);
        break;
    case STEP_VERDICTS:
        say_verdicts(talk, in);
        break;
    case STEP_FEEDBACK:
        say_feedback(talk, in);
        break;
    case STEP_EXPECTED:
        say_expected(talk, in);
        break;
    case STEP_FORKED:
        say_forked(talk, in);
        break;
    case STEP_CONNECT:
        connect_it(talk);
        break;
    case STEP_CUT:
        cut(talk);
        break;
    case STEP_TIME:
        pass_time(talk, in);
        break;
    case STEPS:
        break;
    }
}

static void run(struct bytes input) {
    struct talk talk = {.now = {.wall_ms = 1700000000000, .monotonic_ms = 5000, .boot_id = 7}};
    struct input in = {input};
    arena_init(&talk.arena, ARENA_BYTES_MAX);
    struct device_config config = {
        .device = lund_device(0), .client = "fuzz 1", .outbox = outbox_state(&talk), .sign = sign};
    CHECK(device_create(&config, &talk.device) == ROND_OK);
    connect_it(&talk);
    for (int i = 0; i < STEPS_MAX && in.left.size > 0; i++)
        step(&talk, &in);
    device_destroy(talk.device);
    arena_deinit(&talk.arena);
}

static void seed(fuzz_take *take, void *context) {
    static const uint8_t TALK[] = {STEP_WELCOME,
                                   0,
                                   STEP_VERDICTS,
                                   0,
                                   3,
                                   0,
                                   STEP_FEEDBACK,
                                   4,
                                   STEP_VERDICTS,
                                   4,
                                   20,
                                   5,
                                   STEP_EXPECTED,
                                   0,
                                   8,
                                   STEP_CUT,
                                   STEP_CONNECT,
                                   STEP_WELCOME,
                                   4,
                                   30,
                                   STEP_FORKED,
                                   0,
                                   1,
                                   STEP_TIME,
                                   255,
                                   255,
                                   STEP_WELCOME,
                                   0xc9};
    static const char *const NAMES[] = {"welcome", "verdicts",  "expected", "forked",
                                        "refusal", "reference", "feedback", "feedback_actions"};
    struct arena frames;
    struct buffer seed;
    arena_init(&frames, ARENA_BYTES_MAX);
    buffer_init(&seed, 64 * 1024);
    take(context, bytes_of(TALK, sizeof TALK));
    for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++) {
        struct bytes frame = seed_frame(NAMES[i], &frames);
        uint8_t head[] = {STEP_WELCOME, 0, STEP_FRAME, (uint8_t)(frame.size >> 8), (uint8_t)frame.size};
        buffer_clear(&seed);
        CHECK(buffer_append(&seed, bytes_of(head, sizeof head)) == ROND_OK && buffer_append(&seed, frame) == ROND_OK);
        take(context, buffer_bytes(&seed));
    }
    buffer_deinit(&seed);
    arena_deinit(&frames);
}

const struct fuzz_target FUZZ_DEVICE = {"device", begin, run, seed};
