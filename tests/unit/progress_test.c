// Tests: proto/counting/progress.c
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/check.h"
#include "support/counting.h"

static struct arena arena;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, 4 * 1024 * 1024);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    arena_deinit(&arena);
    return 0;
}

static struct progress at(const struct commitment *commitment, struct period_total *totals, size_t count, const char *now) {
    struct progress progress;
    progress_at(commitment, totals, count, stockholm_at(now), &progress);
    return progress;
}

static void assert_status(const struct progress *progress, enum progress_status status) {
    assert_string_equal(progress_status_name(progress->status), progress_status_name(status));
}

static void at_least_follows_the_calendar(void **state) {
    (void)state;
    static const struct {
        const char *now;
        int64_t count;
        enum progress_status status;
        const char *summary_sv, *summary_en;
    } vectors[] = {
        {"2014-12-31 23:59", 0, PROGRESS_NOT_STARTED, "0 av minst 10 kontroller", "0 of at least 10 checks"},
        {"2015-01-01 00:00", 0, PROGRESS_ON_PACE, "0 av minst 10 kontroller", "0 of at least 10 checks"},
        {"2015-07-04 12:00", 5, PROGRESS_ON_PACE, "5 av minst 10 kontroller", "5 of at least 10 checks"},
        {"2015-07-04 12:00", 4, PROGRESS_BEHIND, "4 av minst 10 kontroller", "4 of at least 10 checks"},
        {"2015-07-04 12:00", 10, PROGRESS_MET, "10 av minst 10 kontroller", "10 of at least 10 checks"},
        {"2015-12-31 23:59", 9, PROGRESS_ON_PACE, "9 av minst 10 kontroller", "9 of at least 10 checks"},
        {"2016-01-01 00:00", 9, PROGRESS_MISSED, "9 av minst 10 kontroller", "9 of at least 10 checks"},
        {"2016-01-01 00:00", 12, PROGRESS_MET, "12 av minst 10 kontroller", "12 of at least 10 checks"},
    };
    Rond__V1__Commitment *definition = a_commitment(&arena, ROND__V1__MEASURE__MEASURE_AT_LEAST, ROND__V1__KIND__KIND_CHECK);
    definition->target = 10;
    struct commitment commitment = derived(a_promise(&arena, definition), 0);
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        struct period_total total = {.tally = {.count = vectors[i].count}};
        struct progress progress = at(&commitment, &total, 1, vectors[i].now);
        assert_status(&progress, vectors[i].status);
        assert_int_equal(progress.done, vectors[i].count);
        assert_int_equal(progress.target, 10);
        assert_string_equal(progress.summary_sv, vectors[i].summary_sv);
        assert_string_equal(progress.summary_en, vectors[i].summary_en);
    }
}

static void once_is_due_when_its_season_ends(void **state) {
    (void)state;
    static const struct {
        const char *now;
        int64_t count, reports;
        enum progress_status status;
        const char *summary_en;
    } vectors[] = {
        {"2015-05-01 12:00", 0, 0, PROGRESS_ON_PACE, "not carried out"},
        {"2015-11-30 12:00", 0, 2, PROGRESS_ON_PACE, "begun, not complete"},
        {"2015-12-01 12:00", 0, 2, PROGRESS_MISSED, "begun, not complete"},
        {"2015-10-01 12:00", 1, 3, PROGRESS_MET, "carried out"},
    };
    Rond__V1__Commitment *definition = a_commitment(&arena, ROND__V1__MEASURE__MEASURE_ONCE, ROND__V1__KIND__KIND_CHECK);
    definition->season_from = arena_text(&arena, "09-01");
    definition->season_to = arena_text(&arena, "11-30");
    struct commitment commitment = derived(a_promise(&arena, definition), 0);
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        struct period_total total = {.tally = {.count = vectors[i].count, .reports = vectors[i].reports}};
        struct progress progress = at(&commitment, &total, 1, vectors[i].now);
        assert_status(&progress, vectors[i].status);
        assert_string_equal(progress.summary_en, vectors[i].summary_en);
        assert_int_equal(progress.target, 1);
    }
}

static void many_are_told_with_their_thousands_set_apart(void **state) {
    (void)state;
    Rond__V1__Commitment *definition = a_commitment(&arena, ROND__V1__MEASURE__MEASURE_AT_LEAST, ROND__V1__KIND__KIND_CHECK);
    definition->target = 12000;
    struct commitment commitment = derived(a_promise(&arena, definition), 0);
    struct period_total total = {.tally = {.count = 1234}};
    struct progress progress = at(&commitment, &total, 1, "2015-05-01 12:00");
    assert_string_equal(progress.summary_sv, "1\u00a0234 av minst 12\u00a0000 kontroller");
    assert_string_equal(progress.summary_en, "1,234 of at least 12,000 checks");
}

static void presence_is_told_against_the_windows_so_far_and_all_of_them(void **state) {
    (void)state;
    Rond__V1__Commitment *definition =
        a_commitment(&arena, ROND__V1__MEASURE__MEASURE_PRESENCE, ROND__V1__KIND__KIND_VISIBLE_PATROL);
    add_window(&arena, definition, "lund-c", "thu", "20:00", "02:00", 60); // 2015-01-01 is a Thursday
    struct commitment commitment = derived(a_promise(&arena, definition), 0);
    struct period_total total = {.period = "w0",
                                 .tally = {.windows_met = 1, .person_minutes = 3690, .covered_minutes = 1234}};
    struct progress progress = at(&commitment, &total, 1, "2015-01-09 12:00");
    assert_string_equal(progress.summary_sv, "1 av 2 pass med utlovad närvaro hittills, 53 i hela perioden; 3\u00a0690 "
                                             "personminuter, 1\u00a0234 minuter täckta");
    assert_string_equal(progress.summary_en,
                        "1 of 2 windows with the promised presence so far, 53 in the whole period; 3,690 "
                        "person-minutes, 1,234 minutes covered");
    progress = at(&commitment, &total, 1, "2016-01-09 12:00");
    assert_string_equal(progress.summary_en,
                        "1 of 53 windows with the promised presence; 3,690 person-minutes, 1,234 minutes covered");
}

static void what_has_no_target_is_only_counted(void **state) {
    (void)state;
    Rond__V1__Commitment *definition =
        a_commitment(&arena, ROND__V1__MEASURE__MEASURE_UNQUANTIFIED, ROND__V1__KIND__KIND_MEETING);
    struct commitment commitment = derived(a_promise(&arena, definition), 0);
    struct period_total total = {.tally = {.count = 1}};
    struct progress progress = at(&commitment, &total, 1, "2016-05-01 12:00");
    assert_status(&progress, PROGRESS_COUNTED);
    assert_int_equal(progress.target, 0);
    assert_string_equal(progress.summary_sv, "1 möte");
}

static const Rond__V1__Place *long_place(const void *context, const char *id) {
    (void)id;
    return context;
}

// Totals of `missed` places that nothing was at and `open` ones that it may have been at, the names 150 bytes long.
static void names_that_do_not_fit_the_summary_are_told_by_their_number(void **state) {
    (void)state;
    Rond__V1__Place place = ROND__V1__PLACE__INIT;
    char name[151];
    memset(name, 'x', 150);
    name[150] = '\0';
    place.name = name;
    Rond__V1__Commitment *definition =
        a_commitment(&arena, ROND__V1__MEASURE__MEASURE_AT_LEAST, ROND__V1__KIND__KIND_SAFETY_WALK);
    definition->target = 4;
    definition->among_places = words(&arena, "a b c d", &definition->n_among_places);
    struct commitment commitment = derived(a_promise(&arena, definition), 0);
    commitment.places = (struct place_table){.find = long_place, .context = &place};
    struct period_total totals[] = {{.tally = {.count = 4}}, {.period = "?2", .tally = {.count = 1}}};
    struct progress progress = at(&commitment, totals, 2, "2016-02-01 12:00");
    assert_string_equal(progress.summary_sv,
                        "4 av minst 4 trygghetsvandringar; ingen vid 3 utpekade platser; oklart vid 1 utpekad plats");
    assert_string_equal(progress.summary_en,
                        "4 of at least 4 safety walks; none at 3 named places; unclear at 1 named place");
    name[20] = '\0'; // three of them fit, and leave room for the other
    progress = at(&commitment, totals, 2, "2016-02-01 12:00");
    assert_non_null(strstr(progress.summary_en, "; none at xxxxxxxxxxxxxxxxxxxx, xxxxxxxxxxxxxxxxxxxx, "));
    assert_non_null(strstr(progress.summary_en, "; unclear at xxxxxxxxxxxxxxxxxxxx"));
    assert_status(&progress, PROGRESS_MISSED);
}

// kept: for each month from January how many meetings it had, "1021...".
static struct progress rate_at(bool about, const char *kept, const char *now) {
    Rond__V1__Commitment *definition = a_commitment(&arena, ROND__V1__MEASURE__MEASURE_RATE, ROND__V1__KIND__KIND_MEETING);
    definition->per = ROND__V1__PER__PER_MONTH;
    definition->target = 1;
    definition->about = about;
    struct commitment commitment = derived(a_promise(&arena, definition), 0);
    struct period_total totals[12] = {0};
    size_t count = strlen(kept);
    for (size_t i = 0; i < count; i++) {
        snprintf(totals[i].period, PERIOD_SIZE, "2015-%02u", (unsigned)(i + 1) % 100);
        totals[i].tally.count = kept[i] - '0';
    }
    return at(&commitment, totals, count, now);
}

static void a_rate_must_be_kept_in_every_period_that_has_passed(void **state) {
    (void)state;
    static const struct {
        const char *kept, *now;
        enum progress_status status;
        int64_t done, target;
    } vectors[] = {
        {"", "2015-01-31 23:00", PROGRESS_ON_PACE, 0, 0},
        {"", "2015-02-01 00:00", PROGRESS_BEHIND, 0, 1},
        {"11", "2015-02-20 00:00", PROGRESS_ON_PACE, 2, 2},
        {"1", "2015-02-20 00:00", PROGRESS_ON_PACE, 1, 1},
        {"20", "2015-03-01 00:00", PROGRESS_BEHIND, 1, 2},
        {"111111111111", "2016-01-01 00:00", PROGRESS_MET, 12, 12},
        {"111111111111", "2015-12-10 00:00", PROGRESS_MET, 12, 12},
        {"211111111110", "2016-01-01 00:00", PROGRESS_MISSED, 11, 12},
    };
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        struct progress progress = rate_at(false, vectors[i].kept, vectors[i].now);
        assert_status(&progress, vectors[i].status);
        assert_int_equal(progress.done, vectors[i].done);
        assert_int_equal(progress.target, vectors[i].target);
        assert_int_equal(progress.target_whole, 12);
    }
}

static void a_rate_meant_as_about_is_judged_by_the_average(void **state) {
    (void)state;
    static const struct {
        const char *kept, *now;
        enum progress_status status;
    } vectors[] = {
        {"20", "2015-03-01 00:00", PROGRESS_ON_PACE},
        {"10", "2015-03-01 00:00", PROGRESS_BEHIND},
        {"201111011112", "2016-01-01 00:00", PROGRESS_MET},
        {"101111011111", "2016-01-01 00:00", PROGRESS_MISSED},
    };
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        struct progress progress = rate_at(true, vectors[i].kept, vectors[i].now);
        assert_status(&progress, vectors[i].status);
    }
    struct progress progress = rate_at(true, "20", "2015-03-01 00:00");
    assert_string_equal(progress.summary_sv, "2 möten på 2 månader (utlovat: ungefär 1 per månad)");
    assert_string_equal(progress.summary_en, "2 meetings in 2 months (promised: about 1 per month)");
}

static void presence_is_due_window_by_window(void **state) {
    (void)state;
    Rond__V1__Commitment *definition =
        a_commitment(&arena, ROND__V1__MEASURE__MEASURE_PRESENCE, ROND__V1__KIND__KIND_VISIBLE_PATROL);
    add_window(&arena, definition, "lund-c", "fri sat", "20:00", "02:00", 60);
    struct commitment commitment = derived(a_promise(&arena, definition), 0);
    static const struct {
        const char *now;
        int64_t met, target;
        enum progress_status status;
    } vectors[] = {
        {"2015-01-03 01:59", 0, 0, PROGRESS_ON_PACE}, // the first Friday's window still runs
        {"2015-01-03 02:00", 0, 1, PROGRESS_BEHIND},     {"2015-01-03 02:00", 1, 1, PROGRESS_ON_PACE},
        {"2015-01-03 01:00", 1, 1, PROGRESS_ON_PACE},    {"2016-01-01 00:00", 104, 104, PROGRESS_MET},
        {"2016-01-01 00:00", 103, 104, PROGRESS_MISSED},
    };
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        struct period_total total = {.period = "w0",
                                     .tally = {.windows_met = vectors[i].met, .person_minutes = 90, .covered_minutes = 60}};
        struct progress progress = at(&commitment, &total, 1, vectors[i].now);
        assert_status(&progress, vectors[i].status);
        assert_int_equal(progress.done, vectors[i].met);
        assert_int_equal(progress.target, vectors[i].target);
        assert_int_equal(progress.target_whole, 104);
    }
}

static void a_draft_is_never_missed(void **state) {
    (void)state;
    Rond__V1__Commitment *definition = a_commitment(&arena, ROND__V1__MEASURE__MEASURE_AT_LEAST, ROND__V1__KIND__KIND_CHECK);
    Rond__V1__LifeEntry draft = ROND__V1__LIFE_ENTRY__INIT, *lives[] = {&draft};
    char entered[] = "2014-11-01";
    definition->target = 10;
    Rond__V1__Promise *promise = a_promise(&arena, definition);
    draft.life = ROND__V1__LIFE__LIFE_AGREED;
    draft.entered = entered;
    promise->lives = lives;
    promise->n_lives = 1;
    struct commitment commitment = derived(promise, 0);
    struct period_total total = {.tally = {.count = 0}};
    struct progress progress = at(&commitment, &total, 1, "2016-05-01 12:00");
    assert_status(&progress, PROGRESS_NOT_STARTED);
    draft.life = ROND__V1__LIFE__LIFE_ACTIVE;
    commitment = derived(promise, 0);
    progress = at(&commitment, &total, 1, "2016-05-01 12:00");
    assert_status(&progress, PROGRESS_MISSED);
}

static void actions_are_met_when_none_is_open(void **state) {
    (void)state;
    Rond__V1__Commitment *definition =
        a_commitment(&arena, ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED, ROND__V1__KIND__KIND_SAFETY_WALK);
    definition->follows = definition->id;
    struct commitment commitment = derived(a_promise(&arena, definition), 0);
    static const struct {
        const char *now;
        int64_t open, closed;
        enum progress_status status;
        const char *summary_sv;
    } vectors[] = {
        {"2015-05-01 12:00", 0, 0, PROGRESS_COUNTED, "ingen otrygg plats har påträffats"},
        {"2015-05-01 12:00", 2, 1, PROGRESS_ON_PACE, "1 av 3 otrygga platser åtgärdade"},
        {"2015-05-01 12:00", 0, 3, PROGRESS_MET, "3 av 3 otrygga platser åtgärdade"},
        {"2016-05-01 12:00", 1, 2, PROGRESS_MISSED, "2 av 3 otrygga platser åtgärdade"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        struct period_total total = {.tally = {.actions_open = vectors[i].open, .actions_closed = vectors[i].closed}};
        struct progress progress = at(&commitment, &total, 1, vectors[i].now);
        assert_status(&progress, vectors[i].status);
        assert_string_equal(progress.summary_sv, vectors[i].summary_sv);
    }
}

static void before_the_phase_act_nothing_is_due(void **state) {
    (void)state;
    Rond__V1__Commitment *definition = a_commitment(&arena, ROND__V1__MEASURE__MEASURE_AT_LEAST, ROND__V1__KIND__KIND_CHECK);
    definition->target = 10;
    Rond__V1__Promise *promise = a_promise(&arena, definition);
    Rond__V1__PhaseEntry entry = ROND__V1__PHASE_ENTRY__INIT;
    Rond__V1__PhaseEntry *entries[] = {&entry};
    entry.phase = ROND__V1__PHASE__PHASE_ACT;
    entry.entered = arena_text(&arena, "2015-07-01");
    promise->phases = entries;
    promise->n_phases = 1;
    struct commitment commitment = derived(promise, 0);
    struct progress progress = at(&commitment, NULL, 0, "2015-06-30 12:00");
    assert_status(&progress, PROGRESS_NOT_STARTED);
    progress = at(&commitment, NULL, 0, "2015-07-10 12:00");
    assert_status(&progress, PROGRESS_ON_PACE);
}

static Rond__V1__Promise *closing_on(Rond__V1__Commitment *definition, Rond__V1__Life life, const char *day) {
    Rond__V1__Promise *promise = a_promise(&arena, definition);
    promise->lives = arena_array(&arena, 2, sizeof *promise->lives);
    for (size_t i = 0; i < 2; i++) {
        promise->lives[i] = arena_alloc(&arena, sizeof *promise->lives[i]);
        rond__v1__life_entry__init(promise->lives[i]);
        promise->lives[i]->life = i == 0 ? ROND__V1__LIFE__LIFE_ACTIVE : life;
        promise->lives[i]->entered = arena_text(&arena, i == 0 ? "2015-01-01" : day);
    }
    promise->n_lives = 2;
    return promise;
}

static void what_is_followed_up_or_closed_is_met_or_missed_though_its_period_runs(void **state) {
    (void)state;
    static const struct {
        Rond__V1__Life life;
        const char *now;
        int64_t count;
        enum progress_status status;
    } vectors[] = {
        {ROND__V1__LIFE__LIFE_CLOSED, "2015-06-30 23:59", 3, PROGRESS_BEHIND},
        {ROND__V1__LIFE__LIFE_CLOSED, "2015-06-30 23:59", 4, PROGRESS_ON_PACE},
        {ROND__V1__LIFE__LIFE_CLOSED, "2015-07-01 00:00", 5, PROGRESS_MISSED},
        {ROND__V1__LIFE__LIFE_CLOSED, "2015-07-01 00:00", 10, PROGRESS_MET},
        {ROND__V1__LIFE__LIFE_FOLLOWED_UP, "2015-07-01 00:00", 5, PROGRESS_MISSED},
        {ROND__V1__LIFE__LIFE_FOLLOWED_UP, "2015-12-01 00:00", 10, PROGRESS_MET},
    };
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        Rond__V1__Commitment *definition =
            a_commitment(&arena, ROND__V1__MEASURE__MEASURE_AT_LEAST, ROND__V1__KIND__KIND_CHECK);
        definition->target = 10;
        struct commitment commitment = derived(closing_on(definition, vectors[i].life, "2015-07-01"), 0);
        struct period_total total = {.tally = {.count = vectors[i].count}};
        struct progress progress = at(&commitment, &total, 1, vectors[i].now);
        assert_status(&progress, vectors[i].status);
    }
}

static void periods_and_windows_after_the_closing_day_are_not_asked_for(void **state) {
    (void)state;
    Rond__V1__Commitment *meetings = a_commitment(&arena, ROND__V1__MEASURE__MEASURE_RATE, ROND__V1__KIND__KIND_MEETING);
    meetings->target = 1;
    meetings->per = ROND__V1__PER__PER_MONTH;
    struct commitment commitment = derived(closing_on(meetings, ROND__V1__LIFE__LIFE_CLOSED, "2015-03-01"), 0);
    struct period_total totals[] = {{"2015-01", {.count = 1}}, {"2015-02", {.count = 1}}};
    struct progress progress = at(&commitment, totals, 2, "2015-09-10 12:00");
    assert_int_equal(progress.target, 2);
    assert_status(&progress, PROGRESS_MISSED); // ten months were promised and not kept
    Rond__V1__Commitment *presence =
        a_commitment(&arena, ROND__V1__MEASURE__MEASURE_PRESENCE, ROND__V1__KIND__KIND_VISIBLE_PATROL);
    add_window(&arena, presence, "lund-c", "mon tue wed thu fri sat sun", "20:00", "22:00", 30);
    commitment = derived(closing_on(presence, ROND__V1__LIFE__LIFE_CLOSED, "2015-01-11"), 0);
    progress = at(&commitment, totals, 0, "2015-09-10 12:00");
    assert_int_equal(progress.target, 10);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(at_least_follows_the_calendar),
        TEST(once_is_due_when_its_season_ends),
        TEST(many_are_told_with_their_thousands_set_apart),
        TEST(presence_is_told_against_the_windows_so_far_and_all_of_them),
        TEST(what_has_no_target_is_only_counted),
        TEST(names_that_do_not_fit_the_summary_are_told_by_their_number),
        TEST(a_rate_must_be_kept_in_every_period_that_has_passed),
        TEST(a_rate_meant_as_about_is_judged_by_the_average),
        TEST(presence_is_due_window_by_window),
        TEST(a_draft_is_never_missed),
        TEST(actions_are_met_when_none_is_open),
        TEST(before_the_phase_act_nothing_is_due),
        TEST(what_is_followed_up_or_closed_is_met_or_missed_though_its_period_runs),
        TEST(periods_and_windows_after_the_closing_day_are_not_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
