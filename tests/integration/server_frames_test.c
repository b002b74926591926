// Bad input over real sockets: each broken frame ends its own connection with a stable code, and nothing else.
//
// Tests: server/net/device_listener.c
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/rondd.h"
#include "support/test.h"
#include "wire/codes.h"
#include "wire/limits.h"

static const char *test_program;
enum { CLOSE_MS_MAX = 10 * 1000, FLOOD_FRAMES = 2 * NOISE_BYTES_MAX / 125 };

static int setup(void **state) {
    static struct rondd rondd;
    rondd_start(&rondd, test_program, "frame_ms = 400\n");
    *state = &rondd;
    return 0;
}

static int teardown(void **state) {
    rondd_end(*state);
    return 0;
}

static void connect_and_greet(struct handset *handset, struct rondd *rondd) {
    handset_init(handset, rondd, 0);
    assert_true(handset_connect(handset));
    handset_hello(handset, PROTOCOL_VERSION);
    assert_non_null(handset_expect(handset, ROND__V1__FRAME__KIND_WELCOME));
}

static void expect_refusal(struct handset *handset, unsigned code, int close_code) {
    const Rond__V1__Frame *frame = handset_expect(handset, ROND__V1__FRAME__KIND_REFUSAL);
    assert_non_null(frame);
    assert_int_equal(frame->refusal->code, code);
    assert_string_equal(frame->refusal->sentence, wire_code_sentence(code));
    assert_true(ws_read_until_closed(&handset->client, CLOSE_MS_MAX) >= 0);
    assert_int_equal(handset->client.close_code, close_code);
}

// The server goes on, and a device that behaves is served.
static void expect_served(struct rondd *rondd) {
    struct handset handset;
    connect_and_greet(&handset, rondd);
    handset_batch(&handset, 2);
    assert_true(handset_acknowledged(&handset));
    handset_deinit(&handset);
}

static void an_unknown_protocol_version_is_refused_with_its_code(void **state) {
    struct handset handset;
    handset_init(&handset, *state, 0);
    assert_true(handset_connect(&handset));
    handset_hello(&handset, 99);
    expect_refusal(&handset, CODE_PROTOCOL_UNKNOWN, 1002);
    handset_deinit(&handset);
    expect_served(*state);
}

static void what_is_no_frame_is_refused_with_its_code(void **state) {
    struct handset handset;
    connect_and_greet(&handset, *state);
    assert_true(ws_send(&handset.client, WS_FINAL | WS_BINARY, bytes_of("\xff\xff\xff\xff", 4)));
    expect_refusal(&handset, CODE_FRAME_MALFORMED, 1002);
    handset_deinit(&handset);
    expect_served(*state);
}

static void a_frame_for_another_device_is_refused_with_its_code(void **state) {
    struct handset handset;
    handset_init(&handset, *state, 0);
    assert_true(handset_connect(&handset));
    handset.device = lund_device(2);
    handset_hello(&handset, PROTOCOL_VERSION);
    expect_refusal(&handset, CODE_IDENTITY_FOREIGN, 1008);
    handset_deinit(&handset);
}

// Larger than what a socket takes at once: the server must read on while its last words go out.
static void a_frame_too_large_is_refused_with_its_code_before_and_after_welcome(void **state) {
    static uint8_t zeros[300000];
    for (int greeted = 0; greeted < 2; greeted++) {
        struct handset handset;
        handset_init(&handset, *state, 0);
        assert_true(handset_connect(&handset));
        if (greeted) {
            handset_hello(&handset, PROTOCOL_VERSION);
            assert_non_null(handset_expect(&handset, ROND__V1__FRAME__KIND_WELCOME));
        }
        (void)ws_send(&handset.client, WS_FINAL | WS_BINARY, bytes_of(zeros, greeted ? FRAME_BYTES_MAX + 1 : sizeof zeros));
        expect_refusal(&handset, CODE_FRAME_TOO_LARGE, 1009);
        handset_deinit(&handset);
    }
    expect_served(*state);
}

// Announced in the header, never sent: the server need not wait for it.
static void a_frame_announced_too_large_is_refused_at_its_beginning(void **state) {
    struct handset handset;
    connect_and_greet(&handset, *state);
    static uint8_t first[4096];
    assert_true(ws_send_begun(&handset.client, WS_FINAL | WS_BINARY, 1u << 30, bytes_of(first, sizeof first)));
    expect_refusal(&handset, CODE_FRAME_TOO_LARGE, 1009);
    handset_deinit(&handset);
}

static void fragments_beyond_the_bound_are_refused_with_their_code(void **state) {
    struct handset handset;
    connect_and_greet(&handset, *state);
    static uint8_t part[60000];
    (void)ws_send(&handset.client, WS_BINARY, bytes_of(part, sizeof part));
    for (int i = 0; i < 5; i++)
        (void)ws_send(&handset.client, WS_CONTINUATION, bytes_of(part, sizeof part));
    expect_refusal(&handset, CODE_FRAME_TOO_LARGE, 1009);
    handset_deinit(&handset);
    expect_served(*state);
}

static void a_text_message_is_refused_as_of_an_unknown_type(void **state) {
    for (int greeted = 0; greeted < 2; greeted++) {
        struct handset handset;
        handset_init(&handset, *state, 0);
        assert_true(handset_connect(&handset));
        if (greeted) {
            handset_hello(&handset, PROTOCOL_VERSION);
            assert_non_null(handset_expect(&handset, ROND__V1__FRAME__KIND_WELCOME));
        }
        assert_true(ws_send(&handset.client, WS_FINAL | WS_TEXT, bytes_of_text("hello")));
        expect_refusal(&handset, CODE_FRAME_UNKNOWN, 1002);
        handset_deinit(&handset);
    }
}

static void a_message_that_stalls_is_refused_after_its_deadline(void **state) {
    static const size_t SENT[] = {0, 10, 100, 5000}; // nothing but the header; less and more than one buffer of the server's
    static uint8_t zeros[5000];
    for (size_t i = 0; i < ARRAY_COUNT(SENT); i++) {
        struct handset handset;
        connect_and_greet(&handset, *state);
        assert_true(ws_send_begun(&handset.client, WS_FINAL | WS_BINARY, 20000, bytes_of(zeros, SENT[i])));
        expect_refusal(&handset, CODE_FRAME_STALLED, 1008);
        handset_deinit(&handset);
    }
    expect_served(*state);
}

// Before Hello and after Welcome; the flood goes on until the server ends it.
static void a_flood_that_is_no_message_is_refused_and_others_are_served(void **state) {
    static const uint8_t FLOOD[] = {WS_FINAL | WS_PING, WS_FINAL | WS_PONG};
    static const uint8_t payload[125];
    for (size_t i = 0; i < ARRAY_COUNT(FLOOD); i++) {
        struct handset handset, good;
        connect_and_greet(&handset, *state);
        handset_init(&good, *state, 2);
        assert_true(handset_connect(&good));
        unsigned sent = 0;
        while (sent < FLOOD_FRAMES && ws_send(&handset.client, FLOOD[i], bytes_of(payload, sizeof payload)))
            sent++;
        handset_hello(&good, PROTOCOL_VERSION);
        assert_non_null(handset_expect(&good, ROND__V1__FRAME__KIND_WELCOME));
        expect_refusal(&handset, CODE_CREDIT_EXCEEDED, 1008);
        handset_deinit(&handset);
        handset_deinit(&good);
    }
    expect_served(*state);
}

static void a_hello_in_fragments_is_one_message(void **state) {
    struct handset handset;
    handset_init(&handset, *state, 0);
    assert_true(handset_connect(&handset));
    // An unknown field (number 15, bytes) in two fragments: the frame is read whole, then found to be of no known type.
    assert_true(ws_send(&handset.client, WS_BINARY, bytes_of("\x7a\x04" "ab", 4)));
    assert_true(ws_send(&handset.client, WS_CONTINUATION | WS_FINAL, bytes_of("cd", 2)));
    expect_refusal(&handset, CODE_FRAME_UNKNOWN, 1002);
    handset_deinit(&handset);
}

static void the_upgrade_tells_how_much_may_come_before_welcome(void **state) {
    struct handset handset;
    char line[64];
    handset_init(&handset, *state, 0);
    assert_true(handset_connect(&handset));
    (void)snprintf(line, sizeof line, "\r\nRond-Credit: %d\r\n", CREDIT_UPGRADE_BYTES);
    assert_non_null(strstr(handset.client.head, line));
    handset_deinit(&handset);
}

static void one_device_breaking_the_protocol_does_not_touch_another(void **state) {
    struct handset good;
    handset_init(&good, *state, 2);
    assert_true(handset_connect(&good));
    handset_hello(&good, PROTOCOL_VERSION);
    assert_non_null(handset_expect(&good, ROND__V1__FRAME__KIND_WELCOME));
    struct handset bad;
    connect_and_greet(&bad, *state);
    assert_true(ws_send(&bad.client, WS_FINAL | WS_BINARY, bytes_of("\x00", 1)));
    assert_true(ws_read_until_closed(&bad.client, CLOSE_MS_MAX) >= 0);
    handset_deinit(&bad);
    handset_batch(&good, 5);
    assert_true(handset_acknowledged(&good));
    handset_deinit(&good);
}

int main(int argc, char **argv) {
    UNUSED(argc);
    test_program = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_protocol_version_is_refused_with_its_code),
        cmocka_unit_test(what_is_no_frame_is_refused_with_its_code),
        cmocka_unit_test(a_frame_for_another_device_is_refused_with_its_code),
        cmocka_unit_test(a_frame_too_large_is_refused_with_its_code_before_and_after_welcome),
        cmocka_unit_test(a_frame_announced_too_large_is_refused_at_its_beginning),
        cmocka_unit_test(fragments_beyond_the_bound_are_refused_with_their_code),
        cmocka_unit_test(a_text_message_is_refused_as_of_an_unknown_type),
        cmocka_unit_test(a_message_that_stalls_is_refused_after_its_deadline),
        cmocka_unit_test(a_flood_that_is_no_message_is_refused_and_others_are_served),
        cmocka_unit_test(a_hello_in_fragments_is_one_message),
        cmocka_unit_test(the_upgrade_tells_how_much_may_come_before_welcome),
        cmocka_unit_test(one_device_breaking_the_protocol_does_not_touch_another),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
