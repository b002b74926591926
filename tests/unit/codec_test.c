#include "wire/codec.h"

#include <string.h>

#include "support/report_samples.h"
#include "support/test.h"
#include "wire/codes.h"
#include "wire/compress.h"
#include "wire/limits.h"

static struct arena arena;
static struct buffer buffer;
static struct fault fault;

static int setup(void **state) {
    arena_init(&arena, RECORD_ARENA_BYTES_MAX);
    buffer_init(&buffer, 2 * BATCH_RECORDS_BYTES_MAX);
    return 0;
}

static int teardown(void **state) {
    arena_deinit(&arena);
    buffer_deinit(&buffer);
    return 0;
}

// ---- Frames ----

static void a_frame_comes_back_and_borrows_nothing(void **state) {
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    Rond__V1__Refusal refusal;
    rond__v1__refusal__init(&refusal);
    char sentence[] = "The server is busy.";
    refusal.code = CODE_BUSY;
    refusal.sentence = sentence;
    frame.kind_case = ROND__V1__FRAME__KIND_REFUSAL;
    frame.refusal = &refusal;
    assert_ok(codec_frame_encode(&frame, &buffer));
    Rond__V1__Frame *back;
    assert_ok(codec_frame_decode(&arena, buffer_bytes(&buffer), &back, &fault));
    memset(buffer.data, 0, buffer.size);
    assert_int_equal(back->kind_case, ROND__V1__FRAME__KIND_REFUSAL);
    assert_string_equal(back->refusal->sentence, "The server is busy.");
}

static void frames_that_cannot_be_are_refused_with_their_code(void **state) {
    static uint8_t large[FRAME_BYTES_MAX + 1];
    Rond__V1__Frame *frame = NULL;
    assert_err(ROND_EPROTOCOL, codec_frame_decode(&arena, bytes_of(large, sizeof large), &frame, &fault));
    assert_int_equal(fault.code, CODE_FRAME_TOO_LARGE);
    assert_int_equal(arena.used, 0);
    assert_err(ROND_EPROTOCOL, codec_frame_decode(&arena, bytes_of("\x0a\x09x", 3), &frame, &fault));
    assert_int_equal(fault.code, CODE_FRAME_MALFORMED);
    assert_err(ROND_EPROTOCOL, codec_frame_decode(&arena, bytes_of(NULL, 0), &frame, &fault));
    assert_int_equal(fault.code, CODE_FRAME_UNKNOWN);
    assert_err(ROND_EPROTOCOL, codec_frame_decode(&arena, bytes_of("\xa2\x01\x00", 3), &frame, &fault)); // field 20
    assert_int_equal(fault.code, CODE_FRAME_UNKNOWN);
    assert_err(ROND_EPROTOCOL, codec_frame_decode(&arena, bytes_of("\x0a\x04\x7a\x02x\0", 6), &frame, &fault)); // client
    assert_int_equal(fault.code, CODE_FRAME_MALFORMED);
    assert_string_equal(fault.field, "hello.client");
    assert_null(frame);
}

// A Verdicts frame of empty exceptions grows a hundredfold when decoded.
static void a_frame_that_would_grow_beyond_the_arena_is_refused(void **state) {
    struct arena small;
    arena_init(&small, DECODE_ARENA_BYTES_MAX);
    static uint8_t hostile[60000];
    size_t body = sizeof hostile - 4;
    hostile[0] = 0x22; // verdicts
    hostile[1] = (uint8_t)(body | 0x80);
    hostile[2] = (uint8_t)(body >> 7 | 0x80);
    hostile[3] = (uint8_t)(body >> 14);
    for (size_t i = 4; i + 1 < sizeof hostile; i += 2)
        hostile[i] = 0x1a; // exceptions, empty
    Rond__V1__Frame *frame;
    assert_err(ROND_EPROTOCOL, codec_frame_decode(&small, bytes_of(hostile, sizeof hostile), &frame, &fault));
    assert_int_equal(fault.code, CODE_FRAME_MALFORMED);
    arena_deinit(&small);
}

// ---- Packed Feedback ----

enum { OUTCOMES = 100 };

static void fill_feedback(Rond__V1__Feedback *feedback, size_t outcomes) {
    static Rond__V1__Outcome outcome[OUTCOMES];
    static Rond__V1__Outcome *list[OUTCOMES];
    static uint8_t outbox[ID_SIZE] = {7};
    static char reason[] = "The report lies outside the period of the promise.";
    rond__v1__feedback__init(feedback);
    for (size_t i = 0; i < outcomes; i++) {
        rond__v1__outcome__init(&outcome[i]);
        outcome[i].outbox = (ProtobufCBinaryData){.data = outbox, .len = ID_SIZE};
        outcome[i].seq = i + 1;
        outcome[i].reason = reason;
        list[i] = &outcome[i];
    }
    feedback->cursor = 9;
    feedback->n_outcomes = outcomes;
    feedback->outcomes = list;
}

static enum rond_err feedback_back(const Rond__V1__Feedback *feedback, Rond__V1__Feedback **ret_back) {
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT, *back;
    frame.kind_case = ROND__V1__FRAME__KIND_FEEDBACK;
    frame.feedback = (Rond__V1__Feedback *)(uintptr_t)feedback;
    buffer_clear(&buffer);
    assert_ok(codec_frame_encode(&frame, &buffer));
    enum rond_err err = codec_frame_decode(&arena, buffer_bytes(&buffer), &back, &fault);
    if (err == ROND_OK)
        *ret_back = back->feedback;
    return err;
}

static void feedback_comes_back_packed_where_that_helps(void **state) {
    for (size_t outcomes = 1; outcomes <= OUTCOMES; outcomes += OUTCOMES - 1) {
        Rond__V1__Feedback feedback, packed, *back = NULL;
        struct buffer scratch;
        buffer_init(&scratch, 4 * FRAME_BYTES_MAX);
        fill_feedback(&feedback, outcomes);
        assert_ok(codec_feedback_pack(&feedback, &scratch, &packed));
        assert_int_equal(packed.packed.len > 0, outcomes == OUTCOMES);
        if (outcomes == OUTCOMES)
            assert_true(packed.packed.len < rond__v1__feedback__get_packed_size(&feedback) / 5);
        assert_ok(feedback_back(&packed, &back));
        buffer_deinit(&scratch);
        assert_int_equal(back->cursor, 9);
        assert_int_equal(back->n_outcomes, outcomes);
        assert_int_equal(back->outcomes[outcomes - 1]->seq, outcomes);
        assert_string_equal(back->outcomes[0]->reason, feedback.outcomes[0]->reason);
    }
}

static void packed_feedback_that_cannot_be_is_refused(void **state) {
    Rond__V1__Feedback feedback, packed, again, *back;
    struct buffer scratch, second;
    buffer_init(&scratch, 4 * FRAME_BYTES_MAX);
    buffer_init(&second, 4 * FRAME_BYTES_MAX);
    fill_feedback(&feedback, OUTCOMES);
    assert_ok(codec_feedback_pack(&feedback, &scratch, &packed));
    const uint32_t size = packed.packed_size, wrong[] = {0, size - 1, size + 1, FEEDBACK_PACKED_TO + 1, UINT32_MAX};
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        packed.packed_size = wrong[i];
        assert_err(ROND_EPROTOCOL, feedback_back(&packed, &back));
        assert_int_equal(fault.code, CODE_FRAME_MALFORMED);
    }
    packed.packed_size = size;
    again = packed; // one within the other
    again.n_outcomes = OUTCOMES;
    again.outcomes = feedback.outcomes;
    assert_ok(codec_feedback_pack(&again, &second, &again));
    assert_true(again.packed.data != packed.packed.data);
    assert_err(ROND_EPROTOCOL, feedback_back(&again, &back));
    assert_int_equal(fault.code, CODE_FRAME_MALFORMED);
    packed.packed.data[packed.packed.len / 2] ^= 0x55;
    packed.packed.len -= 3;
    assert_err(ROND_EPROTOCOL, feedback_back(&packed, &back));
    char reason[] = "\xff";
    feedback.outcomes[50]->reason = reason;
    assert_ok(codec_feedback_pack(&feedback, &scratch, &packed));
    assert_err(ROND_EPROTOCOL, feedback_back(&packed, &back));
    assert_int_equal(fault.code, CODE_FRAME_MALFORMED);
    buffer_deinit(&scratch);
    buffer_deinit(&second);
}

static void a_frame_larger_than_allowed_is_not_written(void **state) {
    static uint8_t large[FRAME_BYTES_MAX];
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    Rond__V1__Batch batch = ROND__V1__BATCH__INIT;
    batch.records = (ProtobufCBinaryData){.len = sizeof large, .data = large};
    frame.kind_case = ROND__V1__FRAME__KIND_BATCH;
    frame.batch = &batch;
    assert_err(ROND_EFULL, codec_frame_encode(&frame, &buffer));
    assert_int_equal(buffer.size, 0);
}

// ---- Reports ----

static void every_kind_of_report_comes_back(void **state) {
    for (int kind = ROND__V1__KIND__KIND_CHECK; kind <= ROND__V1__KIND__KIND_INITIATIVE; kind++) {
        struct record record = sample_record(&arena, (Rond__V1__Kind)kind, 3);
        Rond__V1__Report *report;
        assert_ok(codec_report_decode(&arena, record.report, &report, &fault));
        assert_int_equal(report_kind(report), kind);
        assert_string_equal(report->place, "stortorget");
        buffer_clear(&buffer);
        assert_ok(codec_report_encode(report, &buffer));
        assert_true(bytes_equal(buffer_bytes(&buffer), record.report));
    }
}

static void what_was_decoded_once_is_decoded_again_without_a_look_at_its_texts(void **state) {
    Rond__V1__Report *report = NULL;
    struct record record = sample_record(&arena, ROND__V1__KIND__KIND_CHECK, 0);
    assert_ok(codec_report_decode_again(&arena, record.report, &report));
    assert_string_equal(report->role, "police_officer");
    assert_err(ROND_EINVALID, codec_report_decode_again(&arena, bytes_of(NULL, 0), &report));
    assert_err(ROND_EINVALID, codec_report_decode_again(&arena, bytes_of("\x42\x09lund", 6), &report));
}

static void fields_of_a_newer_app_are_kept(void **state) {
    struct record record = sample_record(&arena, ROND__V1__KIND__KIND_CHECK, 0);
    assert_ok(buffer_append(&buffer, record.report));
    assert_ok(buffer_append(&buffer, bytes_of("\xf8\x07\x2a", 3))); // field 127 = 42
    Rond__V1__Report *report;
    assert_ok(codec_report_decode(&arena, buffer_bytes(&buffer), &report, &fault));
    struct buffer again;
    buffer_init(&again, REPORT_BYTES_MAX);
    assert_ok(codec_report_encode(report, &again));
    assert_true(bytes_equal(buffer_bytes(&again), buffer_bytes(&buffer)));
    buffer_deinit(&again);
}

static void a_report_that_cannot_be_read_is_only_invalid(void **state) {
    static uint8_t large[REPORT_BYTES_MAX + 1];
    Rond__V1__Report *report = NULL;
    assert_err(ROND_EINVALID, codec_report_decode(&arena, bytes_of(NULL, 0), &report, &fault));
    assert_int_equal(fault.code, CODE_REPORT_UNREADABLE);
    assert_err(ROND_EINVALID, codec_report_decode(&arena, bytes_of(large, sizeof large), &report, &fault));
    assert_int_equal(fault.code, CODE_REPORT_UNREADABLE);
    assert_err(ROND_EINVALID, codec_report_decode(&arena, bytes_of("\x42\x09lund", 6), &report, &fault));
    assert_int_equal(fault.code, CODE_REPORT_UNREADABLE);
    assert_err(ROND_EINVALID, codec_report_decode(&arena, bytes_of("\x42\x04lu\0d", 6), &report, &fault));
    assert_int_equal(fault.code, CODE_REPORT_INVALID);
    assert_string_equal(fault.field, "area");
    assert_null(report);
}

static void a_report_larger_than_allowed_is_not_written(void **state) {
    Rond__V1__Report *report = sample_report(&arena, ROND__V1__KIND__KIND_CHECK, 0);
    report->text = arena_alloc(&arena, REPORT_BYTES_MAX + 1);
    memset(report->text, 'x', REPORT_BYTES_MAX);
    assert_err(ROND_EINVALID, codec_report_encode(report, &buffer));
    assert_int_equal(buffer.size, 0);
}

// ---- Batches ----

static struct record *records_of(size_t count, size_t size, bool compressible) {
    struct record *records = arena_array(&arena, count, sizeof *records);
    uint64_t noise = 88172645463325252u;
    for (size_t i = 0; i < count; i++) {
        uint8_t *data = arena_alloc(&arena, size);
        for (size_t k = 0; k < size; k++) {
            noise ^= noise << 13;
            noise ^= noise >> 7;
            noise ^= noise << 17;
            data[k] = compressible ? (uint8_t)(k % 50) : (uint8_t)noise;
        }
        records[i].report = bytes_of(data, size);
    }
    return records;
}

static void assert_records_come_back(const struct record *records, size_t count, Rond__V1__Encoding encoding) {
    Rond__V1__Batch batch = ROND__V1__BATCH__INIT;
    struct record *back;
    size_t back_count;
    assert_ok(codec_records_encode(records, count, 0, &buffer, &batch));
    assert_int_equal(batch.encoding, encoding);
    assert_int_equal(batch.count, count);
    assert_ok(codec_records_decode(&arena, &batch, &back, &back_count, &fault));
    assert_int_equal(back_count, count);
    for (size_t i = 0; i < count; i++) {
        assert_true(bytes_equal(back[i].report, records[i].report));
        assert_int_equal(back[i].has_formerly, records[i].has_formerly);
        assert_true(back[i].formerly_seq == records[i].formerly_seq);
        assert_true(id128_equal(&back[i].formerly_outbox, &records[i].formerly_outbox));
    }
}

static void records_come_back_compressed_where_that_helps(void **state) {
    assert_records_come_back(records_of(1, 1, true), 1, ROND__V1__ENCODING__ENCODING_IDENTITY);
    assert_records_come_back(records_of(20, 100, true), 20, ROND__V1__ENCODING__ENCODING_ZSTD);
    assert_records_come_back(records_of(20, 100, false), 20, ROND__V1__ENCODING__ENCODING_IDENTITY);
    assert_records_come_back(records_of(BATCH_REPORTS_MAX, 250, true), BATCH_REPORTS_MAX, ROND__V1__ENCODING__ENCODING_ZSTD);
}

static void an_empty_or_oversized_report_does_not_spoil_its_batch(void **state) {
    struct record *records = records_of(3, 100, true);
    records[1].report = bytes_of(NULL, 0);
    records[2] = records_of(1, REPORT_BYTES_MAX + 5, true)[0];
    assert_records_come_back(records, 3, ROND__V1__ENCODING__ENCODING_ZSTD);
}

static void former_identities_come_back_with_their_report(void **state) {
    struct record *records = records_of(5, 40, true);
    for (size_t i = 1; i < 5; i += 2) {
        records[i].has_formerly = true;
        records[i].formerly_outbox.b[0] = (uint8_t)i;
        records[i].formerly_seq = 100 + i;
    }
    assert_records_come_back(records, 5, ROND__V1__ENCODING__ENCODING_ZSTD);
}

static void records_beyond_the_bounds_are_not_written(void **state) {
    Rond__V1__Batch batch = ROND__V1__BATCH__INIT;
    struct record *records = records_of(20, 16000, true);
    assert_err(ROND_EINVALID, codec_records_encode(records, 0, 0, &buffer, &batch));
    assert_err(ROND_EINVALID, codec_records_encode(records, BATCH_REPORTS_MAX + 1, 0, &buffer, &batch));
    assert_err(ROND_EFULL, codec_records_encode(records, 20, 0, &buffer, &batch));
    assert_int_equal(batch.count, 0);
}

// Each breaks a good batch of two in one way.
static void wrong_count(Rond__V1__Batch *batch) {
    batch->count = 3;
}
static void no_count(Rond__V1__Batch *batch) {
    batch->count = 0;
}
static void count_beyond_bound(Rond__V1__Batch *batch) {
    batch->count = BATCH_REPORTS_MAX + 1;
}
static void wrong_size(Rond__V1__Batch *batch) {
    batch->records_size++;
}
static void no_size(Rond__V1__Batch *batch) {
    batch->records_size = 0;
    batch->records.len = 0;
}
static void size_beyond_bound(Rond__V1__Batch *batch) {
    batch->records_size = BATCH_RECORDS_BYTES_MAX + 1;
}
static void unknown_encoding(Rond__V1__Batch *batch) {
    batch->encoding = (Rond__V1__Encoding)7;
}
static void falsely_zstd(Rond__V1__Batch *batch) {
    batch->encoding = ROND__V1__ENCODING__ENCODING_ZSTD;
}
static void unknown_dictionary(Rond__V1__Batch *batch) {
    batch->encoding = ROND__V1__ENCODING__ENCODING_ZSTD;
    batch->dictionary = 9999;
}
static void dictionary_without_zstd(Rond__V1__Batch *batch) {
    batch->dictionary = 1;
}
static void cut_records(Rond__V1__Batch *batch) {
    batch->records_size--;
    batch->records.len--;
}

static void a_batch_that_contradicts_itself_is_refused(void **state) {
    static void (*const breaks[])(Rond__V1__Batch *) = {
        wrong_count,  no_count,           count_beyond_bound,      wrong_size,  no_size, size_beyond_bound, unknown_encoding,
        falsely_zstd, unknown_dictionary, dictionary_without_zstd, cut_records,
    };
    struct record *records = records_of(2, 10, false);
    for (size_t i = 0; i < ARRAY_COUNT(breaks); i++) {
        Rond__V1__Batch batch = ROND__V1__BATCH__INIT;
        assert_ok(codec_records_encode(records, 2, 0, &buffer, &batch));
        breaks[i](&batch);
        struct record *back = NULL;
        size_t count;
        fault.code = 0;
        assert_err(ROND_EPROTOCOL, codec_records_decode(&arena, &batch, &back, &count, &fault));
        assert_int_equal(fault.code, CODE_BATCH_MALFORMED);
        assert_null(back);
    }
}

// 256 KiB and a byte fit into a few compressed; their size is refused before they are unpacked.
static void a_batch_that_would_unpack_beyond_the_bound_is_refused(void **state) {
    size_t size = BATCH_RECORDS_BYTES_MAX + 1;
    uint8_t *raw = arena_alloc(&arena, size);
    size_t body = size - 4; // one report of that size
    raw[0] = 0x0a;
    raw[1] = (uint8_t)(body | 0x80);
    raw[2] = (uint8_t)(body >> 7 | 0x80);
    raw[3] = (uint8_t)(body >> 14);
    assert_ok(compress_append(bytes_of(raw, size), 0, &buffer));
    Rond__V1__Batch batch = ROND__V1__BATCH__INIT;
    batch.count = 1;
    batch.records_size = (uint32_t)size;
    batch.encoding = ROND__V1__ENCODING__ENCODING_ZSTD;
    batch.records = (ProtobufCBinaryData){.len = buffer.size, .data = buffer.data};
    struct record *back;
    size_t count;
    assert_err(ROND_EPROTOCOL, codec_records_decode(&arena, &batch, &back, &count, &fault));
    assert_int_equal(fault.code, CODE_BATCH_MALFORMED);
}

struct formerly_case {
    uint32_t index;
    uint32_t second_index;
    size_t outbox_size;
    uint64_t seq;
};

static void a_former_identity_that_cannot_be_is_refused(void **state) {
    static const struct formerly_case cases[] = {{2, 0, 16, 1}, {0, 0, 16, 1}, {0, 1, 15, 1}, {0, 1, 16, 0}, {0, 1, 0, 1}};
    static uint8_t outbox[16];
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        Rond__V1__Formerly formerly[2] = {ROND__V1__FORMERLY__INIT, ROND__V1__FORMERLY__INIT};
        Rond__V1__Formerly *formerly_at[2] = {&formerly[0], &formerly[1]};
        ProtobufCBinaryData reports[2] = {{.len = 3, .data = outbox}, {.len = 3, .data = outbox}};
        Rond__V1__Records message = ROND__V1__RECORDS__INIT;
        formerly[0].index = cases[i].index;
        formerly[1].index = cases[i].second_index;
        for (int k = 0; k < 2; k++) {
            formerly[k].outbox = (ProtobufCBinaryData){.len = cases[i].outbox_size, .data = outbox};
            formerly[k].seq = cases[i].seq;
        }
        message.n_reports = message.n_formerly = 2;
        message.reports = reports;
        message.formerly = formerly_at;
        uint8_t raw[200];
        size_t size = rond__v1__records__pack(&message, raw);
        Rond__V1__Batch batch = ROND__V1__BATCH__INIT;
        batch.count = 2;
        batch.records_size = (uint32_t)size;
        batch.records = (ProtobufCBinaryData){.len = size, .data = raw};
        struct record *back;
        size_t count;
        assert_err(ROND_EPROTOCOL, codec_records_decode(&arena, &batch, &back, &count, &fault));
        assert_int_equal(fault.code, CODE_BATCH_MALFORMED);
    }
}

// ---- Kinds ----

static void kinds_have_names_that_lead_back(void **state) {
    for (int kind = ROND__V1__KIND__KIND_CHECK; kind <= ROND__V1__KIND__KIND_INITIATIVE; kind++) {
        Rond__V1__Kind back;
        assert_true(kind_from_name(kind_name((Rond__V1__Kind)kind), &back));
        assert_int_equal(back, kind);
    }
    Rond__V1__Kind none;
    assert_string_equal(kind_name(ROND__V1__KIND__KIND_SAFETY_WALK), "safety_walk");
    assert_string_equal(kind_name((Rond__V1__Kind)99), "unspecified");
    assert_false(kind_from_name("unspecified", &none));
    assert_false(kind_from_name("", &none));
}

static void a_withdrawal_has_no_kind(void **state) {
    struct id128 id = {{1}};
    assert_int_equal(report_kind(sample_withdrawal(&arena, &id, &id, 1)), ROND__V1__KIND__KIND_UNSPECIFIED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_frame_comes_back_and_borrows_nothing),
        TEST(frames_that_cannot_be_are_refused_with_their_code),
        TEST(a_frame_that_would_grow_beyond_the_arena_is_refused),
        TEST(a_frame_larger_than_allowed_is_not_written),
        TEST(feedback_comes_back_packed_where_that_helps),
        TEST(packed_feedback_that_cannot_be_is_refused),
        TEST(every_kind_of_report_comes_back),
        TEST(what_was_decoded_once_is_decoded_again_without_a_look_at_its_texts),
        TEST(fields_of_a_newer_app_are_kept),
        TEST(a_report_that_cannot_be_read_is_only_invalid),
        TEST(a_report_larger_than_allowed_is_not_written),
        TEST(records_come_back_compressed_where_that_helps),
        TEST(an_empty_or_oversized_report_does_not_spoil_its_batch),
        TEST(former_identities_come_back_with_their_report),
        TEST(records_beyond_the_bounds_are_not_written),
        TEST(a_batch_that_contradicts_itself_is_refused),
        TEST(a_batch_that_would_unpack_beyond_the_bound_is_refused),
        TEST(a_former_identity_that_cannot_be_is_refused),
        TEST(kinds_have_names_that_lead_back),
        TEST(a_withdrawal_has_no_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
