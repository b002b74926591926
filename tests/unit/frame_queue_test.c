#include "wire/frame_queue.h"

#include "support/test.h"
#include "wire/codes.h"
#include "wire/limits.h"

static void push_expected(struct frame_queue *queue, uint64_t seq) {
    Rond__V1__Expected expected = ROND__V1__EXPECTED__INIT;
    expected.seq = seq;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_EXPECTED;
    frame.expected = &expected;
    size_t size = 0;
    assert_ok(frame_queue_push(queue, &frame, &size));
    assert_true(size > 0);
}

static Rond__V1__Frame *take(struct frame_queue *queue, struct arena *arena) {
    struct bytes bytes;
    Rond__V1__Frame *frame;
    assert_true(frame_queue_take(queue, &bytes));
    assert_ok(codec_frame_decode(arena, bytes, &frame, NULL));
    return frame;
}

static void frames_leave_in_the_order_in_which_they_came(void **state) {
    struct frame_queue queue;
    struct arena arena;
    struct bytes none;
    frame_queue_init(&queue);
    arena_init(&arena, DECODE_ARENA_BYTES_MAX);
    push_expected(&queue, 1);
    push_expected(&queue, 2);
    assert_int_equal(take(&queue, &arena)->expected->seq, 1);
    push_expected(&queue, 3);
    assert_int_equal(take(&queue, &arena)->expected->seq, 2);
    assert_int_equal(take(&queue, &arena)->expected->seq, 3);
    assert_true(frame_queue_is_empty(&queue));
    assert_non_null(queue.taken);
    assert_false(frame_queue_take(&queue, &none));
    assert_null(queue.taken); // nothing is kept for a connection that is silent for hours
    arena_deinit(&arena);
    frame_queue_deinit(&queue);
}

static void what_was_taken_outlives_a_clear(void **state) {
    struct frame_queue queue;
    struct bytes bytes;
    frame_queue_init(&queue);
    push_expected(&queue, 1);
    push_expected(&queue, 2);
    assert_true(frame_queue_take(&queue, &bytes));
    uint8_t first = bytes.data[0];
    frame_queue_clear(&queue);
    assert_true(frame_queue_is_empty(&queue));
    assert_int_equal(bytes.data[0], first);
    frame_queue_deinit(&queue);
}

static void a_refusal_carries_its_codes_own_sentence(void **state) {
    struct frame_queue queue;
    struct arena arena;
    frame_queue_init(&queue);
    arena_init(&arena, DECODE_ARENA_BYTES_MAX);
    assert_ok(frame_queue_push_refusal(&queue, CODE_STORE_FULL, 5000));
    const Rond__V1__Refusal *refusal = take(&queue, &arena)->refusal;
    assert_int_equal(refusal->code, CODE_STORE_FULL);
    assert_string_equal(refusal->sentence, wire_code_sentence(CODE_STORE_FULL));
    assert_true(refusal->retry);
    assert_int_equal(refusal->retry_after_ms, 5000);
    arena_deinit(&arena);
    frame_queue_deinit(&queue);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_leave_in_the_order_in_which_they_came),
        cmocka_unit_test(what_was_taken_outlives_a_clear),
        cmocka_unit_test(a_refusal_carries_its_codes_own_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
