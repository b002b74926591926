// How sure the standings are that go down to devices, and that what a device has does not go down again.
#include "read/silence_cache.h"

#include <string.h>

#include "read/feedback.h"
#include "read/progress.h"
#include "support/lund.h"
#include "support/rows.h"
#include "support/test.h"

#define CYCLING "lund-2015-trafik/cykel"
enum { DAY_S = 24 * 60 * 60 };

static struct lund lund;
static struct silence_cache *cache;

static int open_lund(void **state) {
    lund_open_memory(&lund, rng_system());
    assert_ok(silence_cache_create(&cache));
    return 0;
}

static int close_lund(void **state) {
    silence_cache_destroy(cache);
    lund_close(&lund);
    return 0;
}

static void seen(unsigned device, int64_t at_s, uint64_t last_seq) {
    struct id128 id = lund_device(device);
    lund_begin(&lund);
    assert_ok(lund.store->registry->device_seen(lund.store, &id, at_s * 1000, NULL, last_seq, ""));
    lund_commit(&lund);
}

static void all_seen(void) {
    for (unsigned i = 0; i < LUND_DEVICES; i++)
        seen(i, LUND_NOW_S - 60, 0);
}

static Rond__V1__Feedback *told_at(unsigned device, int64_t now_s, uint64_t stamp) {
    Rond__V1__Feedback *feedback = NULL;
    struct id128 id = lund_device(device);
    const struct feedback_known known = {.week = "9999-W01", .standings_stamp = stamp};
    const struct feedback_caches caches = {.silences = cache};
    assert_ok(read_feedback(lund.store, lund.catalogue, &id, &known, now_s, &caches, &lund.arena, &feedback));
    return feedback;
}

static const Rond__V1__Standing *cycling(const Rond__V1__Feedback *feedback) {
    for (size_t i = 0; i < feedback->n_standings; i++)
        if (strcmp(feedback->standings[i]->commitment, CYCLING) == 0)
            return feedback->standings[i];
    fail_msg("nothing of " CYCLING);
    return NULL;
}

static const Rond__V1__Standing *cycling_now(unsigned device) {
    return cycling(told_at(device, LUND_NOW_S, 0));
}

static void what_is_behind_is_unknown_to_a_device_while_another_is_silent(void **state) {
    const int64_t long_ago_s = LUND_NOW_S - 3 * DAY_S - 10 * 60;
    all_seen();
    const Rond__V1__Standing *standing = cycling_now(0);
    assert_string_equal(standing->status, "behind");
    assert_string_equal(standing->status_by_reports, "");
    assert_int_equal(standing->silent_devices, 0);
    seen(2, long_ago_s, 0);
    silence_cache_clear(cache);
    standing = cycling_now(0);
    assert_string_equal(standing->status, "unknown");
    assert_string_equal(standing->status_by_reports, "behind");
    assert_int_equal(standing->silent_devices, 1);
    assert_int_equal(standing->silent_since_s, long_ago_s / 3600 * 3600); // to the hour
    seen(3, long_ago_s - DAY_S, 0);
    silence_cache_clear(cache);
    assert_int_equal(cycling_now(0)->silent_devices, 2);
    assert_int_equal(cycling_now(0)->silent_since_s, (long_ago_s - DAY_S) / 3600 * 3600);
}

static void since_when_is_nothing_where_a_device_was_never_heard_of(void **state) {
    const Rond__V1__Standing *standing = cycling_now(0);
    assert_int_equal(standing->silent_devices, LUND_DEVICES - 1); // the one that asks is heard of now
    assert_int_equal(standing->silent_since_s, 0);
}

static void a_device_and_a_chief_are_told_the_same(void **state) {
    json_t *progress;
    all_seen();
    seen(4, LUND_NOW_S - 2 * DAY_S, 0);
    assert_ok(read_progress(lund.store, lund.catalogue, "lund", LUND_NOW_S, &progress));
    Rond__V1__Feedback *feedback = told_at(0, LUND_NOW_S, 0);
    const json_t *promises = field(json_array_get(field(progress, "areas"), 0), "promises");
    size_t compared = 0;
    for (size_t i = 0; i < json_array_size(promises); i++)
        for (size_t k = 0; k < json_array_size(field(json_array_get(promises, i), "commitments")); k++, compared++) {
            const json_t *shown = json_array_get(field(json_array_get(promises, i), "commitments"), k);
            const Rond__V1__Standing *told = feedback->standings[compared];
            assert_string_equal(told->commitment, field_text(shown, "commitment"));
            assert_string_equal(told->status, field_text(shown, "status"));
            assert_string_equal(told->status_by_reports[0] == '\0' ? told->status : told->status_by_reports,
                                field_text(shown, "status_by_reports"));
            assert_int_equal(told->silent_devices, field_number(shown, "silent_count"));
        }
    assert_int_equal(compared, feedback->n_standings);
    json_decref(progress);
}

static void of_a_closed_promise_a_device_is_told_so_and_no_pace(void **state) {
    all_seen();
    assert_string_equal(cycling_now(0)->state, "");
    lund_begin(&lund);
    lund_promise_enters(&lund, "lund-2015-trafik", ROND__V1__LIFE__LIFE_CLOSED, "2015-06-01");
    lund_commit(&lund);
    assert_string_equal(cycling_now(0)->state, "closed");
    assert_string_equal(cycling_now(0)->status, "missed");
}

// ---- Found once ----

static void who_is_silent_is_found_once_a_minute_for_all(void **state) {
    all_seen();
    assert_int_equal(cycling_now(0)->silent_devices, 0);
    seen(2, LUND_NOW_S - 3 * DAY_S, 0);
    assert_int_equal(cycling_now(1)->silent_devices, 0);
    assert_int_equal(cycling(told_at(1, LUND_NOW_S + SILENCE_CACHE_S, 0))->silent_devices, 1);
}

static void a_silent_device_that_asks_is_silent_to_nobody_any_more(void **state) {
    all_seen();
    seen(2, LUND_NOW_S - 3 * DAY_S, 0);
    assert_int_equal(cycling_now(0)->silent_devices, 1);
    seen(2, LUND_NOW_S, 0);
    assert_int_equal(cycling_now(2)->silent_devices, 0);
    assert_int_equal(cycling_now(0)->silent_devices, 0);
}

static void one_that_comes_back_leaves_the_others_silent_and_is_told_of_while_it_has_more(void **state) {
    const int64_t long_ago_s = LUND_NOW_S / 3600 * 3600 - 3 * DAY_S;
    all_seen();
    seen(2, long_ago_s - DAY_S, 0);
    seen(3, long_ago_s, 0);
    assert_int_equal(cycling_now(0)->silent_devices, 2);
    seen(2, LUND_NOW_S, 0);
    assert_int_equal(cycling_now(2)->silent_devices, 1);
    assert_int_equal(cycling_now(0)->silent_devices, 1);
    assert_int_equal(cycling_now(0)->silent_since_s, long_ago_s);
    lund_report(&lund, 3, 1, sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, 1));
    seen(3, LUND_NOW_S, 5);
    assert_int_equal(cycling_now(3)->silent_devices, 0); // shows what it has itself
    assert_int_equal(cycling_now(0)->silent_devices, 1);
    seen(3, LUND_NOW_S, 1);
    assert_int_equal(cycling_now(3)->silent_devices, 0);
    assert_int_equal(cycling_now(0)->silent_devices, 0);
}

static void what_waits_on_the_device_itself_makes_nothing_unknown_to_it(void **state) {
    all_seen();
    seen(0, LUND_NOW_S, 5); // it shows its own pending reports itself
    lund_report(&lund, 0, 1, sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, 1));
    assert_int_equal(cycling_now(0)->silent_devices, 0);
    assert_int_equal(cycling_now(1)->silent_devices, 1);
}

static void a_new_device_is_known_at_once(void **state) {
    all_seen();
    assert_int_equal(cycling_now(0)->silent_devices, 0);
    seen(2, LUND_NOW_S - 3 * DAY_S, 0); // as one that was enrolled or revoked
    silence_cache_clear(cache);
    assert_int_equal(cycling_now(0)->silent_devices, 1);
}

// ---- Told once ----

static void standings_that_a_device_has_do_not_go_down_again(void **state) {
    all_seen();
    Rond__V1__Feedback *first = told_at(0, LUND_NOW_S, 0);
    assert_true(first->n_standings > 0 && first->standings_stamp != 0);
    Rond__V1__Feedback *again = told_at(0, LUND_NOW_S + 3, first->standings_stamp);
    assert_int_equal(again->n_standings, 0);
    assert_int_equal(again->standings_stamp, 0);
    lund_report(&lund, 2, 1, sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, 1));
    Rond__V1__Feedback *changed = told_at(0, LUND_NOW_S + 6, first->standings_stamp);
    assert_int_equal(changed->n_standings, first->n_standings);
    assert_true(changed->standings_stamp != 0 && changed->standings_stamp != first->standings_stamp);
}

static void a_device_in_contact_that_has_more_to_send_is_no_news_each_time(void **state) {
    const int64_t hour_s = LUND_NOW_S / 3600 * 3600;
    all_seen();
    lund_report(&lund, 2, 1, sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, 1));
    seen(2, hour_s + 60, 5);
    uint64_t stamp = told_at(0, LUND_NOW_S, 0)->standings_stamp;
    seen(2, hour_s + 120, 5);
    silence_cache_clear(cache);
    assert_int_equal(told_at(0, LUND_NOW_S, stamp)->n_standings, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_lund, close_lund)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_is_behind_is_unknown_to_a_device_while_another_is_silent),
        TEST(since_when_is_nothing_where_a_device_was_never_heard_of),
        TEST(a_device_and_a_chief_are_told_the_same),
        TEST(of_a_closed_promise_a_device_is_told_so_and_no_pace),
        TEST(who_is_silent_is_found_once_a_minute_for_all),
        TEST(a_silent_device_that_asks_is_silent_to_nobody_any_more),
        TEST(one_that_comes_back_leaves_the_others_silent_and_is_told_of_while_it_has_more),
        TEST(what_waits_on_the_device_itself_makes_nothing_unknown_to_it),
        TEST(a_new_device_is_known_at_once),
        TEST(standings_that_a_device_has_do_not_go_down_again),
        TEST(a_device_in_contact_that_has_more_to_send_is_no_news_each_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
