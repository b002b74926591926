// Presence by the hours of the week, over midnight and over the changes of the clocks.
// Tests: server/read/presence.c server/read/presence_grid.c server/read/presence_hours.c
#include "read/presence.h"

#include <string.h>

#include "promise/apply.h"
#include "read/presence_hours.h"
#include "read/progress.h"
#include "support/lund.h"
#include "support/rows.h"
#include "support/stockholm.h"
#include "support/test.h"

static struct lund lund;
static json_t *presence;

static int open_sqlite(void **state) {
    UNUSED(state);
    lund_open(&lund);
    presence = NULL;
    return 0;
}
static int open_memory(void **state) {
    UNUSED(state);
    lund_open_memory(&lund, rng_system());
    presence = NULL;
    return 0;
}
static int close_lund(void **state) {
    UNUSED(state);
    json_decref(presence);
    lund_close(&lund);
    return 0;
}

enum { FRIDAY = 1 << 4, SATURDAY = 1 << 5, SUNDAY = 1 << 6 };

struct given {
    const char *place;
    uint32_t weekdays;
    uint32_t from, to; // hours
    uint32_t minutes;
};

// The promise of presence with these windows instead of its own.
static void promise_windows(const struct given *given, size_t count) {
    Rond__V1__Promise promise = *catalogue_promise(lund.catalogue, "lund-2015-station");
    Rond__V1__Commitment **commitments = arena_array(&lund.arena, promise.n_commitments, sizeof *commitments);
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    memcpy(commitments, promise.commitments, promise.n_commitments * sizeof *commitments);
    promise.commitments = commitments;
    for (size_t i = 0; i < promise.n_commitments; i++) {
        if (strcmp(commitments[i]->id, "narvaro") != 0)
            continue;
        Rond__V1__Commitment *own = arena_alloc(&lund.arena, sizeof *own);
        *own = *commitments[i];
        own->windows = arena_array(&lund.arena, count, sizeof *own->windows);
        own->n_windows = count;
        for (size_t w = 0; w < count; w++) {
            own->windows[w] = arena_alloc(&lund.arena, sizeof *own->windows[w]);
            rond__v1__window__init(own->windows[w]);
            own->windows[w]->place = arena_text(&lund.arena, given[w].place);
            own->windows[w]->weekdays = given[w].weekdays;
            own->windows[w]->from_minute = given[w].from * 60;
            own->windows[w]->to_minute = given[w].to * 60;
            own->windows[w]->minutes = given[w].minutes;
        }
        commitments[i] = own;
    }
    entry.id = promise.id;
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_PROMISE;
    entry.promise = &promise;
    lund_begin(&lund);
    assert_ok(lund.store->registry->reference_put(lund.store, &entry, NULL));
    lund_refresh(&lund);
    lund_commit(&lund);
}
#define WINDOWS(...) promise_windows((const struct given[]){__VA_ARGS__}, ARRAY_COUNT(((const struct given[]){__VA_ARGS__})))
#define STATION "lund-c-stationen"

// Two persons, by the wall.
static void patrol(unsigned device, const char *from, const char *to) {
    Rond__V1__Report *report = sample_report(&lund.arena, ROND__V1__KIND__KIND_VISIBLE_PATROL, 0);
    report->place = arena_text(&lund.arena, STATION);
    report->occurred_from_s = stockholm_at(from);
    report->occurred_to_s = stockholm_at(to);
    report->claimed_ms = report->occurred_to_s * 1000;
    lund.now_ms = report->claimed_ms + 60 * 1000;
    (void)lund_report(&lund, device, 1, report);
}

static enum rond_err attempt(const char *from, const char *to, const char *now, struct fault *fault) {
    const struct presence_wanted wanted = {.area = "lund", .from = from, .to = to, .now_s = stockholm_at(now)};
    json_decref(presence);
    presence = NULL;
    return read_presence(lund.store, lund.catalogue, &wanted, &presence, fault);
}
static void ask(const char *from, const char *to, const char *now) {
    struct fault fault = {0};
    assert_ok(attempt(from, to, now, &fault));
}

static const json_t *grid(size_t index) {
    const json_t *grids = field(json_array_get(field(presence, "areas"), 0), "grids");
    assert_true(index < json_array_size(grids));
    return json_array_get(grids, index);
}

static const json_t *cell(size_t of, const char *day, int hour) {
    const json_t *cells = field(grid(of), "cells");
    for (size_t i = 0; i < json_array_size(cells); i++) {
        const json_t *one = json_array_get(cells, i);
        if (strcmp(field_text(one, "day"), day) == 0 && field_number(one, "hour") == hour)
            return one;
    }
    return NULL;
}

static void assert_cell(const char *day, int hour, const char *expected) {
    const json_t *one = cell(0, day, hour);
    char text[96] = "none";
    if (one != NULL)
        snprintf(text, sizeof text, "%d of %d, %d of %d min, %d", (int)field_number(one, "seen"),
                 (int)field_number(one, "times"), (int)field_number(one, "covered_minutes"),
                 (int)field_number(one, "promised_minutes"), (int)field_number(one, "person_minutes"));
    assert_string_equal(text, expected);
}

static void a_window_over_midnight_lies_in_two_weekdays_and_opens_on_one(void **state) {
    UNUSED(state);
    WINDOWS({STATION, FRIDAY, 22, 2, 60});
    patrol(0, "2015-05-08 23:30", "2015-05-09 00:45");
    ask("2015-05-08", "2015-05-15", "2015-05-20 12:00");
    assert_cell("fri", 22, "0 of 2, 0 of 30 min, 0");
    assert_cell("fri", 23, "1 of 2, 30 of 30 min, 60");
    assert_cell("sat", 0, "1 of 2, 45 of 30 min, 90");
    assert_cell("sat", 1, "0 of 2, 0 of 30 min, 0");
    assert_cell("sat", 2, "none");
    assert_cell("sat", 22, "none");
    assert_int_equal(field_number(grid(0), "planned"), 2);
    assert_int_equal(field_number(grid(0), "kept"), 1);
    const json_t *gap = json_array_get(field(grid(0), "gaps"), 0);
    assert_int_equal(field_number(grid(0), "gaps_count"), 1);
    assert_string_equal(field_text(gap, "day"), "2015-05-15");
    assert_string_equal(field_text(gap, "weekday"), "fri");
    assert_string_equal(field_text(gap, "opens"), "22:00");
    assert_string_equal(field_text(gap, "closes"), "02:00");
}

static void an_hour_that_the_clocks_give_twice_has_two_hours_in_it(void **state) {
    UNUSED(state);
    WINDOWS({STATION, SATURDAY, 22, 4, 70});
    patrol(0, "2015-10-25 01:30", "2015-10-25 03:30"); // three hours
    ask("2015-10-24", "2015-10-24", "2015-11-20 12:00");
    assert_cell("sun", 1, "1 of 1, 30 of 10 min, 60");
    assert_cell("sun", 2, "1 of 1, 120 of 20 min, 240");
    assert_cell("sun", 3, "1 of 1, 30 of 10 min, 60");
    assert_int_equal(json_array_size(field(grid(0), "cells")), 6);
}

static void an_hour_that_the_clocks_skip_was_promised_to_nobody(void **state) {
    UNUSED(state);
    WINDOWS({STATION, SATURDAY, 22, 4, 50}, {STATION, SUNDAY, 2, 3, 30});
    patrol(0, "2015-03-29 01:30", "2015-03-29 03:30"); // one hour
    ask("2015-03-28", "2015-03-29", "2015-04-20 12:00");
    assert_cell("sun", 1, "1 of 1, 30 of 10 min, 60");
    assert_cell("sun", 2, "none");
    assert_cell("sun", 3, "1 of 1, 30 of 10 min, 60");
    assert_int_equal(field_number(grid(0), "planned"), 1);
}

static void people_at_once_cover_a_minute_once(void **state) {
    UNUSED(state);
    WINDOWS({STATION, FRIDAY, 20, 22, 60});
    patrol(0, "2015-05-08 20:00", "2015-05-08 20:40");
    patrol(1, "2015-05-08 20:20", "2015-05-08 21:10");
    patrol(2, "2015-05-08 20:30", "2015-05-08 20:35");
    ask("2015-05-08", "2015-05-08", "2015-05-20 12:00");
    assert_cell("fri", 20, "1 of 1, 60 of 30 min, 170");
    assert_cell("fri", 21, "1 of 1, 10 of 30 min, 20");
    json_t *now;
    assert_ok(
        read_progress_of(lund.store, lund.catalogue, "lund-2015-station/narvaro", stockholm_at("2015-05-20 12:00"), &now));
    const json_t *sum = field(now, "sum");
    assert_int_equal(field_number(sum, "covered_minutes"), 70);
    assert_int_equal(field_number(sum, "person_minutes"), 190);
    json_decref(now);
}

// As many as make a crowd: when somebody was there is told as always, but not how many in which hour.
static void a_crowded_window_is_told_without_its_persons(void **state) {
    UNUSED(state);
    WINDOWS({STATION, FRIDAY, 20, 22, 60});
    for (unsigned i = 0; i < CROWD_MIN + 8; i++)
        patrol(i % 2, "2015-05-08 20:50", "2015-05-08 21:10");
    ask("2015-05-08", "2015-05-08", "2015-05-20 12:00");
    const json_t *eight = cell(0, "fri", 20);
    assert_int_equal(field_number(eight, "covered_minutes"), 10);
    assert_int_equal(field_number(cell(0, "fri", 21), "covered_minutes"), 10);
    assert_true(field_is_null(eight, "person_minutes"));
    assert_int_equal(field_number(grid(0), "gaps_count"), 0);
}

// Apart from each other, so that no list of stretches holds them: their reports tell.
static void a_crowd_that_overflows_is_read(void **state) {
    UNUSED(state);
    WINDOWS({STATION, FRIDAY, 20, 22, 60});
    for (unsigned i = 0; i < CROWD_MIN + 8; i++) {
        char from[17], to[17];
        snprintf(from, sizeof from, "2015-05-08 20:%02u", i % 20 * 3);
        snprintf(to, sizeof to, "2015-05-08 20:%02u", i % 20 * 3 + 1);
        patrol(i % 2, from, to);
    }
    ask("2015-05-08", "2015-05-08", "2015-05-20 12:00");
    assert_cell("fri", 20, "1 of 1, 20 of 30 min, 144");
}

static void where_too_much_lies_the_earliest_days_are_left_out(void **state) {
    UNUSED(state);
    enum { DAYS = 16, WINDOWS_MAX = 16 };
    struct given many[WINDOWS_MAX];
    for (size_t i = 0; i < ARRAY_COUNT(many); i++)
        many[i] = (struct given){STATION, 0x7f, 20, 22, 10};
    promise_windows(many, ARRAY_COUNT(many));
    for (unsigned day = 1; day <= DAYS; day++)
        for (unsigned i = 0; i < CROWD_MIN - 1; i++) {
            char from[17], to[17];
            snprintf(from, sizeof from, "2015-05-%02u 20:00", day);
            snprintf(to, sizeof to, "2015-05-%02u 20:30", day);
            patrol(0, from, to);
        }
    ask("2015-05-01", "2015-05-16", "2015-05-20 12:00");
    assert_true(field_truth(presence, "cut"));
    unsigned days = PRESENCE_READ_MAX / (WINDOWS_MAX * (CROWD_MIN - 1)) + 1;
    char from[11];
    snprintf(from, sizeof from, "2015-05-%02u", DAYS + 1 - days);
    assert_string_equal(field_text(presence, "from"), from);
    assert_int_equal(field_number(grid(0), "planned"), days * WINDOWS_MAX);
}

static void places_have_grids_of_their_own(void **state) {
    UNUSED(state);
    WINDOWS({STATION, FRIDAY, 20, 22, 60}, {"bangatan", FRIDAY, 20, 22, 60}, {STATION, SATURDAY, 20, 22, 60});
    patrol(0, "2015-05-08 20:00", "2015-05-08 22:00");
    ask("2015-05-08", "2015-05-09", "2015-05-20 12:00");
    assert_string_equal(field_text(grid(0), "place"), STATION);
    assert_string_equal(field_text(grid(1), "place"), "bangatan");
    assert_int_equal(field_number(grid(0), "planned"), 2);
    assert_int_equal(field_number(grid(0), "kept"), 1);
    assert_int_equal(field_number(grid(1), "gaps_count"), 1);
    assert_true(json_array_size(field(grid(0), "silent")) > 0); // nobody was heard of: zero and unknown differ
}

static void only_what_has_closed_is_promised_by_now(void **state) {
    UNUSED(state);
    WINDOWS({STATION, FRIDAY, 20, 22, 60});
    ask("2015-05-01", "2015-05-31", "2015-05-08 21:59");
    assert_int_equal(field_number(grid(0), "planned"), 1);
    ask("2015-05-01", "2015-05-31", "2015-05-08 22:00");
    assert_int_equal(field_number(grid(0), "planned"), 2);
}

static void without_a_period_it_is_the_last_weeks_of_what_is_promised(void **state) {
    UNUSED(state);
    ask(NULL, NULL, "2015-05-20 12:00");
    assert_string_equal(field_text(presence, "from"), "2015-03-26");
    assert_string_equal(field_text(presence, "to"), "2015-05-20");
    ask(NULL, NULL, "2020-05-20 12:00");
    assert_string_equal(field_text(presence, "to"), "2015-12-31");
    assert_int_equal(field_number(grid(0), "planned"), PRESENCE_DAYS_DEFAULT);
}

static void what_cannot_be_told_is_refused_with_the_field(void **state) {
    UNUSED(state);
    struct fault fault = {0};
    assert_err(ROND_EINVALID, attempt("2015-13-01", NULL, "2015-05-20 12:00", &fault));
    assert_string_equal(fault.field, "from");
    assert_err(ROND_EINVALID, attempt("2015-05-02", "2015-05-01", "2015-05-20 12:00", &fault));
    assert_string_equal(fault.field, "to");
    ask("0001-01-01", "9999-12-31", "2015-05-20 12:00"); // as long as it likes, where little is promised
    const struct presence_wanted nowhere = {.area = "ystad", .now_s = LUND_NOW_S};
    assert_err(ROND_ENOTFOUND, read_presence(lund.store, lund.catalogue, &nowhere, &presence, &fault));
    const struct presence_wanted unsaid = {.now_s = LUND_NOW_S};
    assert_err(ROND_EINVALID, read_presence(lund.store, lund.catalogue, &unsaid, &presence, &fault));
    assert_string_equal(fault.field, "area");
}

static void too_many_windows_are_refused_rather_than_gone_through(void **state) {
    UNUSED(state);
    struct given many[9];
    struct fault fault = {0};
    for (size_t i = 0; i < ARRAY_COUNT(many); i++)
        many[i] = (struct given){STATION, 0x7f, (uint32_t)i, (uint32_t)i + 1, 10};
    promise_windows(many, ARRAY_COUNT(many));
    assert_err(ROND_EINVALID, attempt("2015-01-01", "2015-12-31", "2016-05-20 12:00", &fault));
    assert_string_equal(fault.field, "from");
    ask(NULL, NULL, "2016-05-20 12:00");
    assert_int_equal(field_number(grid(0), "gaps_count"), 9 * PRESENCE_DAYS_DEFAULT);
    assert_int_equal(json_array_size(field(grid(0), "gaps")), PRESENCE_GAPS_MAX);
}

static void an_area_without_promises_of_presence_has_no_grid(void **state) {
    UNUSED(state);
    struct fault fault = {0};
    const struct presence_wanted wanted = {.area = "malmo", .now_s = LUND_NOW_S};
    assert_ok(read_presence(lund.store, lund.catalogue, &wanted, &presence, &fault));
    assert_int_equal(json_array_size(field(json_array_get(field(presence, "areas"), 0), "grids")), 0);
}

#define IN_BOTH(name)                                                                                                       \
    cmocka_unit_test_setup_teardown(name, open_memory, close_lund),                                                         \
        cmocka_unit_test_setup_teardown(name, open_sqlite, close_lund)
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_memory, close_lund)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_BOTH(a_window_over_midnight_lies_in_two_weekdays_and_opens_on_one),
        TEST(an_hour_that_the_clocks_give_twice_has_two_hours_in_it),
        TEST(an_hour_that_the_clocks_skip_was_promised_to_nobody),
        TEST(people_at_once_cover_a_minute_once),
        IN_BOTH(a_crowded_window_is_told_without_its_persons),
        TEST(a_crowd_that_overflows_is_read),
        TEST(where_too_much_lies_the_earliest_days_are_left_out),
        TEST(places_have_grids_of_their_own),
        TEST(only_what_has_closed_is_promised_by_now),
        TEST(without_a_period_it_is_the_last_weeks_of_what_is_promised),
        TEST(what_cannot_be_told_is_refused_with_the_field),
        TEST(too_many_windows_are_refused_rather_than_gone_through),
        TEST(an_area_without_promises_of_presence_has_no_grid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
