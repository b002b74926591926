#include "wire/flow.h"

#include <string.h>

#include "support/test.h"

enum { LAST = ROND__V1__FRAME__KIND_RECEIVED };

static void no_frame_may_come_from_both_sides_but_a_refusal(void **state) {
    for (int s = FLOW_OPEN; s < FLOW_STATE_COUNT; s++)
        for (int kind = 0; kind <= LAST; kind++)
            if (kind != ROND__V1__FRAME__KIND_REFUSAL)
                assert_false(flow_is_legal(FLOW_DEVICE, (enum flow_state)s, (Rond__V1__Frame__KindCase)kind) &&
                             flow_is_legal(FLOW_SERVER, (enum flow_state)s, (Rond__V1__Frame__KindCase)kind));
}

static void every_frame_is_legal_somewhere_and_none_once_closing(void **state) {
    for (int kind = 1; kind <= LAST; kind++) {
        bool somewhere = false;
        for (int side = FLOW_DEVICE; side <= FLOW_SERVER; side++) {
            somewhere |= flow_is_legal((enum flow_side)side, FLOW_READY, (Rond__V1__Frame__KindCase)kind);
            assert_false(flow_is_legal((enum flow_side)side, FLOW_CLOSING, (Rond__V1__Frame__KindCase)kind));
        }
        assert_true(somewhere);
    }
}

static void reports_may_come_before_the_welcome_but_nothing_else_may(void **state) {
    assert_true(flow_is_legal(FLOW_DEVICE, FLOW_OPEN, ROND__V1__FRAME__KIND_HELLO));
    assert_true(flow_is_legal(FLOW_DEVICE, FLOW_OPEN, ROND__V1__FRAME__KIND_BATCH));
    assert_true(flow_is_legal(FLOW_DEVICE, FLOW_OPEN, ROND__V1__FRAME__KIND_LOST));
    assert_false(flow_is_legal(FLOW_DEVICE, FLOW_OPEN, ROND__V1__FRAME__KIND_RECEIVED));
    assert_false(flow_is_legal(FLOW_SERVER, FLOW_OPEN, ROND__V1__FRAME__KIND_VERDICTS));
    assert_false(flow_is_legal(FLOW_SERVER, FLOW_OPEN, ROND__V1__FRAME__KIND_REFERENCE));
    assert_true(flow_is_legal(FLOW_SERVER, FLOW_OPEN, ROND__V1__FRAME__KIND_FORKED));
}

static void a_frame_of_unknown_kind_is_never_legal(void **state) {
    assert_false(flow_is_legal(FLOW_DEVICE, FLOW_READY, ROND__V1__FRAME__KIND__NOT_SET));
    assert_false(flow_is_legal(FLOW_DEVICE, FLOW_READY, (Rond__V1__Frame__KindCase)31));
    assert_false(flow_is_legal(FLOW_DEVICE, FLOW_READY, (Rond__V1__Frame__KindCase)33));
    assert_string_equal(flow_frame_name((Rond__V1__Frame__KindCase)31), "unknown");
}

static void every_frame_has_its_name(void **state) {
    assert_string_equal(flow_frame_name(ROND__V1__FRAME__KIND_HELLO), "hello");
    assert_string_equal(flow_frame_name(ROND__V1__FRAME__KIND_RECEIVED), "received");
    for (int a = 0; a <= LAST; a++)
        for (int b = 0; b < a; b++)
            assert_string_not_equal(flow_frame_name((Rond__V1__Frame__KindCase)a),
                                    flow_frame_name((Rond__V1__Frame__KindCase)b));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_frame_may_come_from_both_sides_but_a_refusal),
        cmocka_unit_test(every_frame_is_legal_somewhere_and_none_once_closing),
        cmocka_unit_test(reports_may_come_before_the_welcome_but_nothing_else_may),
        cmocka_unit_test(a_frame_of_unknown_kind_is_never_legal),
        cmocka_unit_test(every_frame_has_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
