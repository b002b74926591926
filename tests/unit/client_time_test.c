// Tests: client-sdk/src/client_time.c
#include "rond/rond.h"

#include "support/test.h"

#include "handheld.h"

enum { MINUTE_MS = 60 * 1000, YEAR_DAYS = 365 };
static const int64_t DAY_MS = INT64_C(86400000);

static int setup(void **state) {
    static struct handheld handheld;
    handheld_open(&handheld);
    *state = &handheld;
    return 0;
}

static int teardown(void **state) {
    handheld_close(*state);
    return 0;
}

static int64_t known_ms(struct handheld *handheld) {
    return client_time_ms(handheld->rond);
}

// The handheld was off for so long; its clocks begin anew.
static void restart(struct handheld *handheld, int64_t off_ms) {
    handheld_wall_ms += off_ms;
    handheld_booted_ms = handheld_wall_ms;
    handheld_boot++;
    handheld_reopen(handheld);
}

static void before_enrolment_nothing_is_known(void **state) {
    assert_int_equal(known_ms(*state), 0);
}

static void enrolment_tells_the_time_for_the_first(void **state) {
    struct handheld *handheld = *state;
    handheld_wrong_ms = -20 * YEAR_DAYS * DAY_MS;
    handheld_enrol(handheld, "police_officer", 1);
    handheld->rond->heard = (struct client_time){0}; // as after an update from a version that kept no time
    handheld_wall_ms += DAY_MS;
    assert_int_equal(known_ms(handheld), handheld_wall_ms - DAY_MS);
}

static void what_the_server_said_is_carried_on_by_the_monotonic_clock(void **state) {
    struct handheld *handheld = *state;
    int64_t said_ms = handheld_wall_ms;
    assert_ok(client_time_heard(handheld->rond, said_ms));
    handheld_wall_ms += 3 * DAY_MS;
    assert_int_equal(known_ms(handheld), said_ms + 3 * DAY_MS);
    handheld_wrong_ms = 5 * YEAR_DAYS * DAY_MS; // somebody sets the clock
    assert_int_equal(known_ms(handheld), said_ms + 3 * DAY_MS);
    handheld_wrong_ms = -5 * YEAR_DAYS * DAY_MS;
    handheld_reopen(handheld);
    assert_int_equal(known_ms(handheld), said_ms + 3 * DAY_MS);
}

static void a_restart_loses_only_the_time_that_it_was_off(void **state) {
    struct handheld *handheld = *state;
    int64_t said_ms = handheld_wall_ms;
    handheld_wall_ms += 10 * DAY_MS; // a clock that had run for long
    assert_ok(client_time_heard(handheld->rond, said_ms));
    handheld_wall_ms += 2 * DAY_MS;
    restart(handheld, 30 * DAY_MS);
    assert_int_equal(known_ms(handheld), said_ms); // no more is sure
    handheld_wall_ms += DAY_MS;
    assert_int_equal(known_ms(handheld), said_ms + DAY_MS);
    assert_ok(client_time_heard(handheld->rond, handheld_wall_ms));
    assert_int_equal(known_ms(handheld), handheld_wall_ms);
    handheld_reopen(handheld);
    assert_int_equal(known_ms(handheld), handheld_wall_ms);
}

static void the_newest_word_counts_even_where_it_is_earlier(void **state) {
    struct handheld *handheld = *state;
    int64_t right_ms = handheld_wall_ms;
    assert_ok(client_time_heard(handheld->rond, right_ms + 9 * YEAR_DAYS * DAY_MS)); // a server that was wrong
    assert_ok(client_time_heard(handheld->rond, right_ms));
    assert_int_equal(known_ms(handheld), right_ms);
    handheld_reopen(handheld);
    assert_int_equal(known_ms(handheld), right_ms);
}

static void a_server_that_says_what_is_known_costs_no_write(void **state) {
    struct handheld *handheld = *state;
    assert_ok(client_time_heard(handheld->rond, handheld_wall_ms));
    struct client_time heard = handheld->rond->heard;
    handheld_wall_ms += DAY_MS;
    assert_ok(client_time_heard(handheld->rond, handheld_wall_ms + MINUTE_MS / 2));
    assert_memory_equal(&heard, &handheld->rond->heard, sizeof heard);
    assert_ok(client_time_heard(handheld->rond, 0)); // one that says nothing
    assert_memory_equal(&heard, &handheld->rond->heard, sizeof heard);
    assert_ok(client_time_heard(handheld->rond, handheld_wall_ms + 2 * MINUTE_MS));
    assert_int_equal(known_ms(handheld), handheld_wall_ms + 2 * MINUTE_MS);
}

static void a_certificate_is_renewed_by_that_time_alone(void **state) {
    struct handheld *handheld = *state;
    handheld_enrol(handheld, "police_officer", 1);
    assert_ok(client_time_heard(handheld->rond, handheld_wall_ms));
    handheld_wrong_ms = YEAR_DAYS * DAY_MS;
    assert_false(client_renewal_is_due(handheld->rond, &(struct client_trust){0}));
    handheld_wrong_ms = -YEAR_DAYS * DAY_MS;
    handheld_wall_ms += 8 * DAY_MS; // of fourteen
    assert_true(client_renewal_is_due(handheld->rond, &(struct client_trust){0}));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(before_enrolment_nothing_is_known),
        TEST(enrolment_tells_the_time_for_the_first),
        TEST(what_the_server_said_is_carried_on_by_the_monotonic_clock),
        TEST(a_restart_loses_only_the_time_that_it_was_off),
        TEST(the_newest_word_counts_even_where_it_is_earlier),
        TEST(a_server_that_says_what_is_known_costs_no_write),
        TEST(a_certificate_is_renewed_by_that_time_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
