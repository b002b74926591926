// What comes on the wire, one message at a time: a frame, the records of a batch, a report.
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "ingest/validate.h"
#include "support/lund.h"
#include "wire/codes.h"
#include "wire/limits.h"
#include "wire/personal_data.h"
#include "wire/report_check.h"

static struct arena arena;

static void begin(void) {
    arena_deinit(&arena); // of another target
    arena_init(&arena, RECORD_ARENA_BYTES_MAX);
}

// --- frame: decodes or says why not; what was decoded encodes, and decodes to the same again ---

static void frame_begin(void) {
    arena_deinit(&arena);
    arena_init(&arena, DECODE_ARENA_BYTES_MAX);
}

static void frame_again(const Rond__V1__Frame *frame) {
    struct arena second;
    struct buffer once, twice;
    arena_init(&second, 2 * DECODE_ARENA_BYTES_MAX);
    buffer_init(&once, FRAME_BYTES_MAX);
    buffer_init(&twice, FRAME_BYTES_MAX);
    Rond__V1__Frame *again;
    if (codec_frame_encode(frame, &once) == ROND_OK &&
        codec_frame_decode(&second, buffer_bytes(&once), &again, NULL) == ROND_OK) {
        CHECK(again->kind_case == frame->kind_case);
        CHECK(codec_frame_encode(again, &twice) == ROND_OK);
        CHECK(bytes_equal(buffer_bytes(&once), buffer_bytes(&twice)));
    }
    buffer_deinit(&once);
    buffer_deinit(&twice);
    arena_deinit(&second);
}

static void frame_run(struct bytes input) {
    struct fault fault = {0};
    Rond__V1__Frame *frame;
    arena_reset(&arena);
    enum rond_err err = codec_frame_decode(&arena, input, &frame, &fault);
    CHECK(err == ROND_OK || (err == ROND_EPROTOCOL && fault.code >= CODE_FRAME_TOO_LARGE && fault.code < 200));
    CHECK(arena.used <= DECODE_ARENA_BYTES_MAX);
    if (err == ROND_OK)
        frame_again(frame);
}

static void frame_seed(fuzz_take *take, void *context) {
    static const char *const NAMES[] = {"hello",  "batch",   "welcome",   "verdicts", "expected", "lost",
                                        "forked", "refusal", "reference", "feedback", "received"};
    for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++)
        seed_frames(NAMES[i], take, context);
}

const struct fuzz_target FUZZ_FRAME = {"frame", frame_begin, frame_run, frame_seed};

// --- records: encoding, count and size as the input says, then the compressed bytes ---

static void records_run(struct bytes input) {
    struct input in = {input};
    Rond__V1__Batch batch = ROND__V1__BATCH__INIT;
    batch.encoding = (Rond__V1__Encoding)(input_u8(&in) & 3);
    batch.dictionary = input_u8(&in) & 1;
    batch.count = input_u16(&in);
    batch.records_size = input_u32(&in);
    batch.records = (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)in.left.data, .len = in.left.size};
    struct record *records;
    size_t count;
    arena_reset(&arena);
    enum rond_err err = codec_records_decode(&arena, &batch, &records, &count, NULL);
    CHECK(err == ROND_OK || err == ROND_EPROTOCOL || err == ROND_ENOMEM);
    CHECK(arena.used <= RECORD_ARENA_BYTES_MAX);
    uint8_t sum = 0;
    for (size_t i = 0; err == ROND_OK && i < count; i++)
        for (size_t at = 0; at < records[i].report.size; at++)
            sum ^= records[i].report.data[at];
    CHECK(err != ROND_OK || count == batch.count || sum == 0);
}

static void seed_batch(const Rond__V1__Batch *batch, fuzz_take *take, void *context) {
    struct buffer seed;
    uint8_t head[8] = {(uint8_t)batch->encoding, 0, (uint8_t)(batch->count >> 8), (uint8_t)batch->count};
    for (int b = 0; b < 4; b++)
        head[4 + b] = (uint8_t)(batch->records_size >> 8 * (3 - b));
    buffer_init(&seed, FRAME_BYTES_MAX);
    CHECK(buffer_append(&seed, bytes_of(head, sizeof head)) == ROND_OK);
    CHECK(buffer_append(&seed, bytes_of(batch->records.data, batch->records.len)) == ROND_OK);
    take(context, buffer_bytes(&seed));
    buffer_deinit(&seed);
}

static void records_seed(fuzz_take *take, void *context) {
    static const char *const NAMES[] = {"batch", "batch_zstd", "batch_formerly"};
    struct arena frames;
    arena_init(&frames, 16 * 1024 * 1024);
    for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++) {
        Rond__V1__Frame *frame;
        CHECK(codec_frame_decode(&frames, seed_frame(NAMES[i], &frames), &frame, NULL) == ROND_OK);
        seed_batch(frame->batch, take, context);
    }
    // Small, and both queued before: with their indexes written out.
    struct record two[2] = {{.report = bytes_of("\x08\x01", 2), .has_formerly = true, .formerly_seq = 7},
                            {.report = bytes_of("\x08\x01", 2), .has_formerly = true, .formerly_seq = 8}};
    struct buffer scratch;
    Rond__V1__Batch batch = ROND__V1__BATCH__INIT;
    buffer_init(&scratch, 2 * BATCH_RECORDS_BYTES_MAX);
    CHECK(codec_records_encode(two, 2, 0, &scratch, &batch) == ROND_OK);
    seed_batch(&batch, take, context);
    memset(two[0].formerly_outbox.b, 0x5e, ID_SIZE);
    for (uint8_t i = 0; i < ID_SIZE; i++)
        two[1].formerly_outbox.b[i] = (uint8_t)(i * 37); // does not compress
    CHECK(codec_records_encode(two + 1, 1, 0, &scratch, &batch) == ROND_OK);
    seed_batch(&batch, take, context);
    buffer_deinit(&scratch);
    arena_deinit(&frames);
}

const struct fuzz_target FUZZ_RECORDS = {"records", begin, records_run, records_seed};

// --- report: always gets a verdict, the same one twice; what is applied is well-formed ---

static struct lund lund;
static struct rng_seeded seeded;
static struct rng rng;

static void report_begin(void) {
    begin();
    rng_seeded_init(&seeded, 1);
    rng = rng_seeded_as_rng(&seeded);
    lund_open_memory(&lund, &rng);
}

static void validate(struct bytes input, struct ledger_report *ret_report) {
    static const char *const ROLES[] = {"police_officer", "municipal_staff"};
    static const struct device_record DEVICE = {
        .organisation = "polisen", .area = "lund", .roles = (const char **)(uintptr_t)ROLES, .roles_count = 2};
    static const int64_t NOW_MS = INT64_C(1000) * LUND_NOW_S;
    struct validate_context context = {.device = &DEVICE, .catalogue = lund.catalogue, .now_ms = NOW_MS};
    context.clock = (struct hello_clock){.wall_ms = NOW_MS, .boot_id = 7, .monotonic_ms = 1000, .server_ms = NOW_MS};
    struct record record = {.report = input};
    memset(ret_report, 0, sizeof *ret_report);
    arena_reset(&arena);
    CHECK(validate_report(&context, &record, &arena, ret_report) == ROND_OK);
}

static void report_run(struct bytes input) {
    struct ledger_report report, again;
    validate(input, &again);
    validate(input, &report);
    CHECK(report.verdict == again.verdict && report.code == again.code && report.flagged == again.flagged);
    CHECK((report.verdict == VERDICT_QUARANTINED) == (report.code != 0));
    Rond__V1__Report *decoded;
    struct fault fault = {0};
    arena_reset(&arena);
    bool reads = codec_report_decode(&arena, input, &decoded, &fault) == ROND_OK;
    CHECK(report.verdict == VERDICT_QUARANTINED || (reads && report_check(decoded, &fault) == ROND_OK));
    struct personal_data found;
    personal_data_find(input, &found);
    for (size_t i = 0; i < found.count; i++)
        CHECK(found.hits[i].start + found.hits[i].size <= input.size);
}

static void report_seed(fuzz_take *take, void *context) {
    seed_frames("report", take, context);
}

const struct fuzz_target FUZZ_REPORT = {"report", report_begin, report_run, report_seed};
