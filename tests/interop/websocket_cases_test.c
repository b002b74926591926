// How the devices' port takes WebSocket frames of every kind, byte by byte over TLS: the cases of websocket_cases.txt, by
// the sections of the Autobahn list, each on a connection of its own.
//
// What is expected is RFC 6455 and docs/protocol.md. Where libwebsockets does something else, docs/reliability.md lists
// the case with what comes instead; a deviation that is not listed fails, and so does one that is listed and gone.
//
// Tests: server/net/device_listener.c
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/test.h"
#include "support/ws_script.h"

#define CASES_PATH "tests/interop/websocket_cases.txt"
#define DEVIATIONS_PATH "docs/reliability.md"

enum { CASES_MAX = 600, CASES_AT_LEAST = 300, DEVIATIONS_MAX = 100, LINE_SIZE = 2048, CELL_SIZE = 1024 };

struct websocket_case {
    char id[16];
    char script[CELL_SIZE];
    char expected[WS_SEEN_SIZE];
};
struct deviation {
    char id[16];
    char seen[WS_SEEN_SIZE];
    bool met;
};

static struct websocket_case cases[CASES_MAX];
static size_t cases_count;
static struct deviation deviations[DEVIATIONS_MAX];
static size_t deviations_count;
static struct rondd rondd;
static const char *test_program;

// --- The two tables ---

// A cell between bars, without the blanks around it. Answers what stands behind it.
static const char *take_cell(const char *at, char *ret_cell, size_t size) {
    at += strspn(at, " ");
    size_t length = strcspn(at, "|\n");
    const char *behind = at + length + (at[length] == '|' ? 1 : 0);
    while (length > 0 && at[length - 1] == ' ')
        length--;
    assert_true(length < size);
    memcpy(ret_cell, at, length);
    ret_cell[length] = '\0';
    return behind;
}

static void read_case(const char *line) {
    assert_true(cases_count < CASES_MAX);
    struct websocket_case *each = &cases[cases_count++];
    line = take_cell(line, each->id, sizeof each->id);
    line = take_cell(line, each->script, sizeof each->script);
    (void)take_cell(line, each->expected, sizeof each->expected);
    assert_true(each->id[0] && each->script[0] && each->expected[0]);
}

static const struct websocket_case *case_by_id(const char *id) {
    for (size_t i = 0; i < cases_count; i++)
        if (!strcmp(cases[i].id, id))
            return &cases[i];
    return NULL;
}

// | 2.10 2.11 | `what comes` | words: a row whose first cell names cases.
static void read_deviation(const char *line) {
    char ids[CELL_SIZE], seen[CELL_SIZE];
    if (line[0] != '|')
        return;
    line = take_cell(line + 1, ids, sizeof ids);
    (void)take_cell(line, seen, sizeof seen);
    for (char *rest = ids, *id; (id = strtok_r(rest, " ", &rest));) {
        if (!case_by_id(id) || seen[0] != '`')
            return;
        assert_true(deviations_count < DEVIATIONS_MAX);
        struct deviation *each = &deviations[deviations_count++];
        (void)snprintf(each->id, sizeof each->id, "%s", id);
        (void)snprintf(each->seen, sizeof each->seen, "%.*s", (int)strcspn(seen + 1, "`"), seen + 1);
    }
}

static void read_lines(const char *path, void (*take)(const char *line)) {
    static char line[LINE_SIZE];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        if (line[0] != '#' && line[0] != '\n' && (take != read_deviation || strlen(line) < CELL_SIZE))
            take(line);
    assert_int_equal(fclose(file), 0);
}

static int setup(void **state) {
    UNUSED(state);
    read_lines(CASES_PATH, read_case);
    read_lines(DEVIATIONS_PATH, read_deviation);
    rondd_start(&rondd, test_program, "connections_per_address = 1000\n");
    return 0;
}

static int teardown(void **state) {
    UNUSED(state);
    assert_int_equal(rondd_stop(&rondd, SIGTERM), 0);
    rondd_end(&rondd);
    return 0;
}

// --- Playing them ---

static struct deviation *deviation_of(const struct websocket_case *each) {
    for (size_t i = 0; i < deviations_count; i++)
        if (!strcmp(deviations[i].id, each->id))
            return &deviations[i];
    return NULL;
}

// "W C1002?": Close, or the end before it could be read: of what was sent something had not been read when the other side
// closed, and TCP then drops what is under way back.
static bool is_one(const char *seen, const char *expected, size_t size) {
    if (expected[size - 1] != '?')
        return strlen(seen) == size && !strncmp(seen, expected, size);
    size_t before = (size_t)((const char *)memrchr(expected, 'C', size) - expected);
    bool is_closed = strlen(seen) == size - 1 && !strncmp(seen, expected, size - 1);
    return is_closed || (!strncmp(seen, expected, before) && !strcmp(seen + before, "E"));
}

// "W C1000 or W W C1000": either.
static bool is_as_expected(const char *seen, const char *expected) {
    for (const char *or; (or = strstr(expected, " or ")) != NULL; expected = or + strlen(" or "))
        if (is_one(seen, expected, (size_t)(or - expected)))
            return true;
    return is_one(seen, expected, strlen(expected));
}

// True where it went as it should, or as it is known to.
static bool play(const struct websocket_case *each, unsigned number) {
    char seen[WS_SEEN_SIZE];
    struct handset handset;
    handset_init(&handset, &rondd, number % LUND_DEVICES);
    assert_true(handset_connect(&handset));
    ws_script_play(&handset, each->script, seen);
    handset_deinit(&handset);
    struct deviation *deviation = deviation_of(each);
    if (deviation ? !strcmp(seen, deviation->seen) : is_as_expected(seen, each->expected))
        return true;
    print_error("%s: sent %s\n    expected %s\n    came     %s\n", each->id, each->script,
                deviation ? deviation->seen : each->expected, seen);
    return false;
}

// Under a sanitizer one of four where there are many of a kind: it looks at our code, which they go through in the same way.
static bool is_played(const struct websocket_case *each, unsigned number) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return (each->id[0] != '6' && each->id[0] != '9') || number % 4 == 0;
#else
    UNUSED(each);
    UNUSED(number);
    return true;
#endif
}

static void every_case_of_the_section_goes_as_listed(void **state) {
    const char *section = *state;
    unsigned played = 0, failed = 0, number = 0;
    for (size_t i = 0; i < cases_count; i++)
        if (!strncmp(cases[i].id, section, strlen(section)) && is_played(&cases[i], number++))
            failed += play(&cases[i], played++) ? 0 : 1;
    assert_true(played > 0);
    assert_int_equal(failed, 0);
}

static void there_are_enough_cases_and_each_is_in_a_section_once(void **state) {
    static const char *const SECTIONS[] = {"1.", "2.", "3.", "4.", "5.", "6.", "7.", "9", "10.", "m.", "s."};
    UNUSED(state);
    assert_true(cases_count >= CASES_AT_LEAST);
    for (size_t i = 0; i < cases_count; i++) {
        size_t sections = 0;
        assert_ptr_equal(case_by_id(cases[i].id), &cases[i]);
        for (size_t s = 0; s < ARRAY_COUNT(SECTIONS); s++)
            sections += !strncmp(cases[i].id, SECTIONS[s], strlen(SECTIONS[s]));
        assert_int_equal(sections, 1);
    }
}

// A deviation that says what is expected anyhow is none.
static void no_deviation_is_listed_that_is_none(void **state) {
    UNUSED(state);
    for (size_t i = 0; i < deviations_count; i++)
        assert_string_not_equal(deviations[i].seen, case_by_id(deviations[i].id)->expected);
}

// --- Sections 12 and 13: compression ---

static void no_compression_is_negotiated_whatever_is_offered(void **state) {
    static const char *const OFFERS[] = {"permessage-deflate",
                                         "permessage-deflate; client_max_window_bits",
                                         "permessage-deflate; server_no_context_takeover",
                                         "permessage-deflate; client_no_context_takeover; server_max_window_bits=8",
                                         "x-webkit-deflate-frame",
                                         "permessage-deflate, permessage-deflate; client_max_window_bits=15",
                                         "permessage-bzip2"};
    UNUSED(state);
    for (size_t i = 0; i < ARRAY_COUNT(OFFERS); i++) {
        char line[256], seen[WS_SEEN_SIZE];
        struct handset handset;
        handset_init(&handset, &rondd, 0);
        struct ws_options options = handset_options(&handset);
        (void)snprintf(line, sizeof line, "Sec-WebSocket-Extensions: %s\r\n", OFFERS[i]);
        options.headers = line;
        handset.connected = true;
        assert_true(ws_open(&handset.client, &options));
        assert_null(strcasestr(handset.client.head, "extensions"));
        ws_script_play(&handset, "b125 w b^4=aa00", seen); // as if it were
        assert_string_equal(seen, "W C1002");
        handset_deinit(&handset);
    }
}

int main(int argc, char **argv) {
    UNUSED(argc);
    test_program = argv[0];
#define SECTION(name_, prefix)                                                                                              \
    { .name = name_, .test_func = every_case_of_the_section_goes_as_listed, .initial_state = (void *)(uintptr_t)prefix }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_are_enough_cases_and_each_is_in_a_section_once),
        cmocka_unit_test(no_deviation_is_listed_that_is_none),
        SECTION("section_1_framing", "1."),
        SECTION("section_2_pings_and_pongs", "2."),
        SECTION("section_3_reserved_bits", "3."),
        SECTION("section_4_opcodes", "4."),
        SECTION("section_5_fragments", "5."),
        SECTION("section_6_utf8", "6."),
        SECTION("section_7_closing", "7."),
        SECTION("section_9_limits", "9"),
        SECTION("section_10_miscellaneous", "10."),
        SECTION("masks_and_lengths", "m."),
        SECTION("sequences", "s."),
        cmocka_unit_test(no_compression_is_negotiated_whatever_is_offered),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
