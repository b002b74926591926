// The handshake's deadline: sockets that came to nothing are ended, but not for time in which the server itself was busy.
#include "net/admission.h"

#include "support/test.h"
#include "wire/limits.h"

static int64_t now_ms;

static int64_t now(void *context) {
    UNUSED(context);
    return now_ms;
}

static const struct clock CLOCK = {.monotonic_ms = now};
static struct admissions admissions;
static struct admission waiting;

// One socket that has been accepted and has come to nothing yet.
static int accept_one(void **state) {
    UNUSED(state);
    now_ms = 1000000;
    assert_ok(admissions_init(&admissions, 10, 10, 10, &CLOCK, rng_system()));
    admissions_sweep(&admissions);
    waiting = (struct admission){.admissions = &admissions, .deadline_ms = now_ms + HANDSHAKE_DEADLINE_MS};
    admissions.first = &waiting;
    return 0;
}

static int drop(void **state) {
    UNUSED(state);
    admissions.first = NULL;
    admissions_deinit(&admissions);
    return 0;
}

static void a_server_that_was_busy_does_not_hold_it_against_who_waits(void **state) {
    UNUSED(state);
    for (int i = 0; i < 3; i++) { // half a minute, in which it came round three times
        now_ms += HANDSHAKE_DEADLINE_MS;
        admissions_sweep(&admissions);
        assert_int_equal(admissions.timed_out, 0);
    }
    assert_true(waiting.deadline_ms > now_ms);
    assert_true(waiting.deadline_ms < now_ms + HANDSHAKE_DEADLINE_MS);
}

static void what_is_settled_has_no_deadline_however_late_it_is(void **state) {
    UNUSED(state);
    admission_settle(&waiting);
    now_ms += 10 * HANDSHAKE_DEADLINE_MS;
    admissions_sweep(&admissions);
    assert_int_equal(waiting.deadline_ms, 0);
    assert_int_equal(admissions.timed_out, 0);
}

static void time_in_which_it_was_not_busy_counts(void **state) {
    UNUSED(state);
    int64_t deadline_ms = waiting.deadline_ms;
    while (now_ms + 250 < deadline_ms) {
        now_ms += 250;
        admissions_sweep(&admissions);
    }
    assert_int_equal(waiting.deadline_ms, deadline_ms);
    assert_int_equal(admissions.timed_out, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_server_that_was_busy_does_not_hold_it_against_who_waits, accept_one, drop),
        cmocka_unit_test_setup_teardown(what_is_settled_has_no_deadline_however_late_it_is, accept_one, drop),
        cmocka_unit_test_setup_teardown(time_in_which_it_was_not_busy_counts, accept_one, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
