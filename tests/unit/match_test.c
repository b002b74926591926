#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/check.h"
#include "support/counting.h"

enum { ARENA_BYTES = 4 * 1024 * 1024 };

static struct arena arena;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, ARENA_BYTES);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    arena_deinit(&arena);
    return 0;
}

static struct contribution *matched(const struct commitment *commitment, const struct counted_report *report,
                                    size_t *ret_count) {
    struct contribution *contributions = NULL;
    assert_int_equal(match(commitment, report, &arena, &contributions, ret_count), ROND_OK);
    assert_true(*ret_count >= 1);
    return contributions;
}

static struct contribution matched_one(const struct commitment *commitment, const struct counted_report *report) {
    size_t count;
    struct contribution *contributions = matched(commitment, report, &count);
    assert_int_equal(count, 1);
    return contributions[0];
}

static void assert_reason(const struct commitment *commitment, const struct counted_report *report,
                          enum counting_reason reason) {
    struct contribution one = matched_one(commitment, report);
    assert_string_equal(reason_name(one.reason), reason_name(reason));
    assert_int_equal(one.bucket[0] == '\0', reason != REASON_COUNTED);
}

static Rond__V1__Report *cycle_check(void) {
    Rond__V1__Report *report = a_report(&arena, ROND__V1__REPORT__BODY_CHECK);
    report->check->of = arena_text(&arena, "cyclist_behaviour");
    report->check->form = ROND__V1__CHECK_FORM__CHECK_FORM_TARGETED;
    return report;
}

static Rond__V1__Promise *cycle_promise(void) {
    Rond__V1__Commitment *definition = a_commitment(&arena, ROND__V1__MEASURE__MEASURE_AT_LEAST, ROND__V1__KIND__KIND_CHECK);
    definition->filter->of = arena_text(&arena, "cyclist_behaviour");
    definition->filter->form = arena_text(&arena, "targeted");
    definition->target = 10;
    return a_promise(&arena, definition);
}

static void a_report_that_fits_counts_in_a_bucket_of_its_own(void **state) {
    (void)state;
    struct commitment commitment = derived(cycle_promise(), 0);
    struct counted_report report = counted(cycle_check(), 7, "polisen", "2015-05-04 10:00", "2015-05-04 11:00");
    assert_true(match_is_candidate(&commitment, &report));
    struct contribution one = matched_one(&commitment, &report);
    assert_int_equal(one.reason, REASON_COUNTED);
    assert_string_equal(one.bucket, "r:0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b:7");
    assert_string_equal(one.period, "");
    assert_int_equal(one.quantity, 1);
}

static void a_shared_activity_reference_names_the_bucket(void **state) {
    (void)state;
    struct commitment commitment = derived(cycle_promise(), 0);
    Rond__V1__Report *check = cycle_check();
    check->activity = arena_text(&arena, "kvall-17");
    struct counted_report report = counted(check, 7, "polisen", "2015-05-04 10:00", "2015-05-04 11:00");
    assert_string_equal(matched_one(&commitment, &report).bucket, "a:kvall-17");
}

static void a_persons_ruling_names_the_bucket_whatever_the_report_says(void **state) {
    (void)state;
    struct commitment commitment = derived(cycle_promise(), 0);
    Rond__V1__Report *check = cycle_check();
    struct counted_report report = counted(check, 3, "polisen", "2015-05-04 10:00", "2015-05-04 11:00");
    struct contribution alone = matched_one(&commitment, &report);
    const struct ruling joined[] = {{RULING_PLACE, "lund-c", "yes"}, {RULING_ACTIVITY, "", "J-7QK2M"}};
    const struct ruling parted = {RULING_ACTIVITY, "", ""};
    report.rulings = joined;
    report.rulings_count = 2;
    assert_string_equal(matched_one(&commitment, &report).bucket, "a:J-7QK2M");
    check->activity = arena_text(&arena, "taxi-0508");
    assert_string_equal(matched_one(&commitment, &report).bucket, "a:J-7QK2M");
    report.rulings = &parted;
    report.rulings_count = 1;
    assert_string_equal(matched_one(&commitment, &report).bucket, alone.bucket);
    report.rulings_count = 0;
    assert_string_equal(matched_one(&commitment, &report).bucket, "a:taxi-0508");
}

static void a_commitment_that_takes_every_kind_keeps_joint_activities_of_each_kind_apart(void **state) {
    (void)state;
    Rond__V1__Commitment *definition =
        a_commitment(&arena, ROND__V1__MEASURE__MEASURE_UNQUANTIFIED, ROND__V1__KIND__KIND_UNSPECIFIED);
    struct commitment any = derived(a_promise(&arena, definition), 0), one = derived(cycle_promise(), 0);
    Rond__V1__Report *check = cycle_check(), *meeting = a_report(&arena, ROND__V1__REPORT__BODY_MEETING);
    struct counted_report first = counted(check, 3, "polisen", "2015-05-04 10:00", "2015-05-04 11:00");
    struct counted_report second = counted(meeting, 4, "polisen", "2015-05-04 10:00", "2015-05-04 11:00");
    Rond__V1__Kind kind;
    const char *reference;
    check->activity = meeting->activity = arena_text(&arena, "5:x");
    struct contribution of_check = matched_one(&any, &first), of_meeting = matched_one(&any, &second);
    assert_string_not_equal(of_check.bucket, of_meeting.bucket);
    assert_true(match_bucket_joint(&any, of_meeting.bucket, &kind, &reference));
    assert_int_equal(kind, ROND__V1__KIND__KIND_MEETING);
    assert_string_equal(reference, "5:x");
    assert_true(match_bucket_joint(&one, matched_one(&one, &first).bucket, &kind, &reference));
    assert_int_equal(kind, ROND__V1__KIND__KIND_CHECK);
    assert_string_equal(reference, "5:x");
    assert_false(match_bucket_joint(&one, "r:00:1", &kind, &reference));
}

static void a_report_outside_area_or_kind_is_a_candidate_only_where_the_officer_named_the_commitment(void **state) {
    (void)state;
    struct commitment commitment = derived(cycle_promise(), 0);
    Rond__V1__Report *meeting = a_report(&arena, ROND__V1__REPORT__BODY_MEETING);
    struct counted_report other_kind = counted(meeting, 1, "polisen", "2015-05-04 10:00", "2015-05-04 11:00");
    Rond__V1__Report *check = cycle_check();
    struct counted_report other_area = counted(check, 2, "polisen", "2015-05-04 10:00", "2015-05-04 11:00");
    other_area.area = "malmo";
    assert_false(match_is_candidate(&commitment, &other_kind));
    assert_false(match_is_candidate(&commitment, &other_area));
    meeting->commitment = arena_text(&arena, "lund-2015/c1");
    check->commitment = meeting->commitment;
    assert_true(match_is_candidate(&commitment, &other_kind));
    assert_true(match_is_candidate(&commitment, &other_area));
    assert_reason(&commitment, &other_kind, REASON_KIND);
    assert_reason(&commitment, &other_area, REASON_AREA);
    static const char *const others[] = {"lund-2015/c10", "lund-201/c1", "lund-2015", "c1", "lund-2015c1", ""};
    for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
        meeting->commitment = arena_text(&arena, others[i]);
        assert_false(match_is_candidate(&commitment, &other_kind));
    }
}

static void naming_a_commitment_overrides_no_rule(void **state) {
    (void)state;
    struct commitment commitment = derived(cycle_promise(), 0);
    Rond__V1__Report *check = cycle_check();
    check->commitment = arena_text(&arena, "lund-2015/c1");
    check->check->of = arena_text(&arena, "taxi");
    struct counted_report report = counted(check, 1, "polisen", "2015-05-04 10:00", "2015-05-04 11:00");
    assert_reason(&commitment, &report, REASON_DETAIL);
}

static void the_period_is_that_of_local_days_with_both_ends(void **state) {
    (void)state;
    struct commitment commitment = derived(cycle_promise(), 0);
    static const struct {
        const char *from;
        enum counting_reason reason;
    } vectors[] = {
        {"2014-12-31 23:59", REASON_PERIOD},
        {"2015-01-01 00:00", REASON_COUNTED}, // 23:00 of the day before in UTC
        {"2015-12-31 23:59", REASON_COUNTED},
        {"2016-01-01 00:00", REASON_PERIOD},
    };
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        struct counted_report report = counted(cycle_check(), 1, "polisen", vectors[i].from, vectors[i].from);
        assert_reason(&commitment, &report, vectors[i].reason);
    }
}

static void only_a_promise_in_act_or_later_collects(void **state) {
    (void)state;
    static const struct {
        Rond__V1__Phase phase;
        const char *entered;
        const char *at;
        enum counting_reason reason;
    } vectors[] = {
        {ROND__V1__PHASE__PHASE_ACT, "2015-03-01", "2015-02-28 12:00", REASON_PHASE},
        {ROND__V1__PHASE__PHASE_ACT, "2015-03-01", "2015-03-01 00:00", REASON_COUNTED},
        {ROND__V1__PHASE__PHASE_FOLLOW_UP, "2015-03-01", "2015-06-01 00:00", REASON_COUNTED},
        {ROND__V1__PHASE__PHASE_ACT, "2014-11-01", "2015-01-01 00:00", REASON_COUNTED},
        {ROND__V1__PHASE__PHASE_ACT, "2014-11-01", "2014-12-01 00:00", REASON_PERIOD},
        {ROND__V1__PHASE__PHASE_ANALYSE, "2015-01-01", "2015-06-01 00:00", REASON_PHASE},
    };
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        Rond__V1__Promise *promise = cycle_promise();
        Rond__V1__PhaseEntry entry = ROND__V1__PHASE_ENTRY__INIT;
        Rond__V1__PhaseEntry *entries[] = {&entry};
        entry.phase = vectors[i].phase;
        entry.entered = arena_text(&arena, vectors[i].entered);
        promise->phases = entries;
        promise->n_phases = 1;
        struct commitment commitment = derived(promise, 0);
        struct counted_report report = counted(cycle_check(), 1, "polisen", vectors[i].at, vectors[i].at);
        assert_reason(&commitment, &report, vectors[i].reason);
    }
}

static void only_an_active_promise_collects(void **state) {
    (void)state;
    static const struct {
        Rond__V1__Life life;
        const char *entered;
        const char *at;
        enum counting_reason reason;
    } vectors[] = {
        {ROND__V1__LIFE__LIFE_DRAFT, "2014-11-01", "2015-06-01 00:00", REASON_PHASE},
        {ROND__V1__LIFE__LIFE_AGREED, "2014-11-01", "2015-06-01 00:00", REASON_PHASE},
        {ROND__V1__LIFE__LIFE_ACTIVE, "2014-11-01", "2015-01-01 00:00", REASON_COUNTED},
        {ROND__V1__LIFE__LIFE_ACTIVE, "2015-03-01", "2015-02-28 12:00", REASON_PHASE},
        {ROND__V1__LIFE__LIFE_ACTIVE, "2015-03-01", "2015-03-01 00:00", REASON_COUNTED},
        {ROND__V1__LIFE__LIFE_CLOSED, "2015-01-01", "2015-06-01 00:00", REASON_COUNTED},
    };
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        Rond__V1__Promise *promise = cycle_promise();
        Rond__V1__LifeEntry entry = ROND__V1__LIFE_ENTRY__INIT;
        Rond__V1__LifeEntry *entries[] = {&entry};
        entry.life = vectors[i].life;
        entry.entered = arena_text(&arena, vectors[i].entered);
        promise->lives = entries;
        promise->n_lives = 1;
        struct commitment commitment = derived(promise, 0);
        struct counted_report report = counted(cycle_check(), 1, "polisen", vectors[i].at, vectors[i].at);
        assert_reason(&commitment, &report, vectors[i].reason);
    }
}

static void a_season_bounds_the_days_also_over_the_new_year(void **state) {
    (void)state;
    static const struct {
        const char *from, *to, *at;
        enum counting_reason reason;
    } vectors[] = {
        {"09-01", "11-30", "2015-08-31 23:59", REASON_SEASON},  {"09-01", "11-30", "2015-09-01 00:00", REASON_COUNTED},
        {"09-01", "11-30", "2015-11-30 23:59", REASON_COUNTED}, {"09-01", "11-30", "2015-12-01 00:00", REASON_SEASON},
        {"11-15", "02-15", "2015-02-15 12:00", REASON_COUNTED}, {"11-15", "02-15", "2015-02-16 00:00", REASON_SEASON},
        {"11-15", "02-15", "2015-11-15 00:00", REASON_COUNTED},
    };
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        Rond__V1__Promise *promise = cycle_promise();
        promise->commitments[0]->season_from = arena_text(&arena, vectors[i].from);
        promise->commitments[0]->season_to = arena_text(&arena, vectors[i].to);
        struct commitment commitment = derived(promise, 0);
        struct counted_report report = counted(cycle_check(), 1, "polisen", vectors[i].at, vectors[i].at);
        assert_reason(&commitment, &report, vectors[i].reason);
    }
}

static void organisations_present_are_the_reporter_and_those_named(void **state) {
    (void)state;
    Rond__V1__Promise *promise = cycle_promise();
    promise->commitments[0]->required_organisations =
        words(&arena, "skatteverket forsakringskassan", &promise->commitments[0]->n_required_organisations);
    struct commitment commitment = derived(promise, 0);
    assert_int_equal(commitment.required_count, 2);
    Rond__V1__Report *check = cycle_check();
    struct counted_report report = counted(check, 1, "polisen", "2015-05-04 10:00", "2015-05-04 11:00");
    assert_int_equal(matched_one(&commitment, &report).organisations, 0);
    report.organisation = "forsakringskassan";
    assert_int_equal(matched_one(&commitment, &report).organisations, 2);
    check->organisations = words(&arena, "polisen skatteverket", &check->n_organisations);
    assert_int_equal(matched_one(&commitment, &report).organisations, 3);
    promise->commitments[0]->joint = true; // and all parties
    assert_int_equal(derived(promise, 0).required_count, 5);
}

static void a_period_ends_where_the_next_day_bears_another_name(void **state) {
    (void)state;
    static const Rond__V1__Per pers[] = {ROND__V1__PER__PER_UNSPECIFIED, ROND__V1__PER__PER_WEEK, ROND__V1__PER__PER_MONTH,
                                         ROND__V1__PER__PER_TERTIAL, ROND__V1__PER__PER_QUARTER};
    for (size_t i = 0; i < ARRAY_COUNT(pers); i++)
        for (day_t day = day_from_civil(1999, 1, 1); day < day_from_civil(2030, 1, 1); day++) {
            char name[PERIOD_SIZE], next[PERIOD_SIZE];
            period_name(pers[i], day, name);
            period_name(pers[i], day + 1, next);
            assert_int_equal(period_ends(pers[i], day), strcmp(name, next) != 0);
        }
}

static void a_rate_names_the_period_of_the_local_day(void **state) {
    (void)state;
    static const struct {
        Rond__V1__Per per;
        const char *at, *period;
    } vectors[] = {
        {ROND__V1__PER__PER_MONTH, "2015-06-01 00:00", "2015-06"},
        {ROND__V1__PER__PER_MONTH, "2015-05-31 23:59", "2015-05"},
        {ROND__V1__PER__PER_WEEK, "2015-01-01 00:00", "2015-W01"},
        {ROND__V1__PER__PER_WEEK, "2015-12-31 12:00", "2015-W53"},
        {ROND__V1__PER__PER_WEEK, "2015-05-10 23:59", "2015-W19"},
        {ROND__V1__PER__PER_TERTIAL, "2015-04-30 23:59", "2015-T1"},
        {ROND__V1__PER__PER_TERTIAL, "2015-05-01 00:00", "2015-T2"},
        {ROND__V1__PER__PER_TERTIAL, "2015-12-01 00:00", "2015-T3"},
        {ROND__V1__PER__PER_QUARTER, "2015-03-31 00:00", "2015-Q1"},
        {ROND__V1__PER__PER_QUARTER, "2015-10-01 00:00", "2015-Q4"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        Rond__V1__Commitment *definition =
            a_commitment(&arena, ROND__V1__MEASURE__MEASURE_RATE, ROND__V1__KIND__KIND_MEETING);
        definition->per = vectors[i].per;
        definition->target = 1;
        struct commitment commitment = derived(a_promise(&arena, definition), 0);
        Rond__V1__Report *meeting = a_report(&arena, ROND__V1__REPORT__BODY_MEETING);
        struct counted_report report = counted(meeting, 1, "polisen", vectors[i].at, vectors[i].at);
        assert_string_equal(matched_one(&commitment, &report).period, vectors[i].period);
    }
    char period[PERIOD_SIZE];
    period_name(ROND__V1__PER__PER_WEEK, day_from_civil(2016, 1, 3), period); // a Sunday of the old year's last week
    assert_string_equal(period, "2015-W53");
}

static Rond__V1__Promise *campaign_promise(void) {
    Rond__V1__Commitment *definition =
        a_commitment(&arena, ROND__V1__MEASURE__MEASURE_ONCE, ROND__V1__KIND__KIND_UNSPECIFIED);
    definition->season_from = arena_text(&arena, "09-01");
    definition->season_to = arena_text(&arena, "11-30");
    definition->parts = arena_array(&arena, 3, sizeof(Rond__V1__Filter *));
    definition->n_parts = 3;
    definition->parts[0] = a_filter(&arena, ROND__V1__KIND__KIND_CHECK);
    definition->parts[0]->of = arena_text(&arena, "cycle_equipment");
    definition->parts[1] = a_filter(&arena, ROND__V1__KIND__KIND_CAMPAIGN_HANDOUT);
    definition->parts[1]->items = words(&arena, "lights reflectors", &definition->parts[1]->n_items);
    definition->parts[2] = a_filter(&arena, ROND__V1__KIND__KIND_CAMPAIGN_HANDOUT);
    definition->parts[2]->information = true;
    return a_promise(&arena, definition);
}

static void a_campaign_counts_by_parts_in_the_bucket_of_its_season(void **state) {
    (void)state;
    struct commitment commitment = derived(campaign_promise(), 0);
    assert_int_equal(commitment.requirement_count, 4); // each item is a thing of its own
    Rond__V1__Report *check = a_report(&arena, ROND__V1__REPORT__BODY_CHECK);
    check->check->of = arena_text(&arena, "cycle_equipment");
    struct counted_report report = counted(check, 1, "polisen", "2015-10-05 10:00", "2015-10-05 11:00");
    struct contribution one = matched_one(&commitment, &report);
    assert_string_equal(one.bucket, "s:2015-09-01");
    assert_int_equal(one.parts, 1);
    Rond__V1__Report *handout = a_report(&arena, ROND__V1__REPORT__BODY_HANDOUT);
    add_item(&arena, handout, "reflectors", 40);
    report.report = handout;
    assert_int_equal(matched_one(&commitment, &report).parts, 4);
    handout->handout->information_given = true;
    add_item(&arena, handout, "lights", 40);
    assert_int_equal(matched_one(&commitment, &report).parts, 14);
    check->check->of = arena_text(&arena, "cyclist_behaviour");
    report.report = check;
    assert_reason(&commitment, &report, REASON_DETAIL);
    Rond__V1__Report *meeting = a_report(&arena, ROND__V1__REPORT__BODY_MEETING);
    report.report = meeting;
    assert_false(match_is_candidate(&commitment, &report));
}

static Rond__V1__Promise *presence_promise(void) {
    Rond__V1__Commitment *definition =
        a_commitment(&arena, ROND__V1__MEASURE__MEASURE_PRESENCE, ROND__V1__KIND__KIND_VISIBLE_PATROL);
    definition->roles = words(&arena, "police_officer security_guard", &definition->n_roles);
    add_window(&arena, definition, "lund-c", "fri sat", "20:00", "02:00", 60);
    add_window(&arena, definition, "lund-c", "mon tue wed thu fri", "06:30", "09:00", 20);
    return a_promise(&arena, definition);
}

static Rond__V1__Report *patrol_of(const char *role, unsigned persons) {
    Rond__V1__Report *patrol = a_report(&arena, ROND__V1__REPORT__BODY_PATROL);
    add_persons(&arena, patrol, role, persons);
    return patrol;
}

static void presence_counts_only_inside_windows_which_belong_to_the_day_they_open(void **state) {
    (void)state;
    struct commitment commitment = derived(presence_promise(), 0);
    static const struct {
        const char *from, *to;
        const char *buckets; // and clipped minutes
    } vectors[] = {
        {"2015-05-08 19:30", "2015-05-08 21:00", "w0:2015-05-08=60"},                  // Friday, clipped at 20:00
        {"2015-05-09 01:00", "2015-05-09 04:00", "w0:2015-05-08=60"},                  // night to Saturday
        {"2015-05-10 01:30", "2015-05-10 02:30", "w0:2015-05-09=30"},                  // night to Sunday
        {"2015-05-08 08:00", "2015-05-08 20:30", "w1:2015-05-08=60 w0:2015-05-08=30"}, // across two windows
        {"2015-05-08 20:00", "2015-05-09 20:10", "w0:2015-05-08=360 w0:2015-05-09=10"},
        {"2015-03-28 20:00", "2015-03-29 06:00", "w0:2015-03-28=360"}, // the clock changes after the window
        {"2015-10-24 23:00", "2015-10-25 09:00", "w0:2015-10-24=180"}, // 02:00 is its first occurrence
        {"2015-01-01 06:00", "2015-01-01 07:00", "w1:2015-01-01=30"},  // the first day
        {"2015-12-31 06:00", "2015-12-31 07:00", "w1:2015-12-31=30"},  // the last day
    };
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        Rond__V1__Report *patrol = patrol_of("police_officer", 2);
        struct counted_report report = counted(patrol, 1, "polisen", vectors[i].from, vectors[i].to);
        size_t count;
        struct contribution *all = matched(&commitment, &report, &count);
        char *text = arena_text(&arena, "");
        for (size_t j = 0; j < count; j++) {
            assert_int_equal(all[j].persons, 2);
            text = arena_printf(&arena, "%s%s%s=%d", text, j ? " " : "", all[j].bucket,
                                (int)(all[j].to_s - all[j].from_s) / 60);
        }
        // Order within one report says nothing; both orders are the same set.
        size_t wanted_count;
        char **wanted = words(&arena, vectors[i].buckets, &wanted_count);
        assert_int_equal(count, wanted_count);
        for (size_t j = 0; j < wanted_count; j++) {
            assert_non_null(strstr(text, wanted[j]));
        }
    }
}

static void a_window_over_the_clock_change_is_an_hour_shorter_or_longer(void **state) {
    (void)state;
    Rond__V1__Commitment *definition =
        a_commitment(&arena, ROND__V1__MEASURE__MEASURE_PRESENCE, ROND__V1__KIND__KIND_VISIBLE_PATROL);
    add_window(&arena, definition, "lund-c", "sat", "23:00", "05:00", 60);
    struct commitment commitment = derived(a_promise(&arena, definition), 0);
    static const struct {
        const char *from, *to;
        int hours;
    } vectors[] = {
        {"2015-03-28 22:00", "2015-03-29 08:00", 5},
        {"2015-10-24 22:00", "2015-10-25 08:00", 7},
        {"2015-05-09 22:00", "2015-05-10 08:00", 6},
    };
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        struct counted_report report = counted(patrol_of("x", 1), 1, "polisen", vectors[i].from, vectors[i].to);
        struct contribution one = matched_one(&commitment, &report);
        assert_int_equal(one.to_s - one.from_s, vectors[i].hours * 3600);
    }
}

static void presence_that_does_not_count_says_why(void **state) {
    (void)state;
    struct commitment commitment = derived(presence_promise(), 0);
    static const struct {
        const char *role, *place, *from, *to;
        enum counting_reason reason;
    } vectors[] = {
        {"police_officer", "lund-c", "2015-05-08 12:00", "2015-05-08 13:00", REASON_WINDOW},
        {"police_officer", "lund-c", "2015-05-10 20:00", "2015-05-10 23:00", REASON_WINDOW}, // Sunday
        {"police_officer", "lund-c", "2015-05-08 18:00", "2015-05-08 20:00", REASON_WINDOW}, // ends as it opens
        {"police_officer", "bangatan", "2015-05-08 20:00", "2015-05-08 21:00", REASON_PLACE},
        {"station_host", "lund-c", "2015-05-08 20:00", "2015-05-08 21:00", REASON_ROLE},
        {"police_officer", "lund-c", "2014-12-26 20:00", "2014-12-26 21:00", REASON_PERIOD},
        {"police_officer", "lund-c", "2016-01-01 07:00", "2016-01-01 08:00", REASON_PERIOD},
        {"police_officer", "lund-c", "2016-05-06 20:00", "2016-05-06 21:00", REASON_PERIOD},
    };
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        Rond__V1__Report *patrol = patrol_of(vectors[i].role, 1);
        patrol->place = arena_text(&arena, vectors[i].place);
        struct counted_report report = counted(patrol, 1, "polisen", vectors[i].from, vectors[i].to);
        assert_reason(&commitment, &report, vectors[i].reason);
    }
}

static void a_patrol_of_absurd_length_is_answered_soon(void **state) {
    (void)state;
    struct commitment commitment = derived(presence_promise(), 0);
    struct counted_report report =
        counted(patrol_of("police_officer", 1), 1, "polisen", "2015-05-08 20:00", "2015-05-08 21:00");
    report.from_s = INT64_MIN;
    report.to_s = INT64_MAX;
    size_t count;
    struct contribution *contributions;
    assert_int_equal(match(&commitment, &report, &arena, &contributions, &count), ROND_OK);
    assert_int_equal(count, 104 + 261); // every Friday and Saturday, every working day, and no more
    report.from_s = INT64_MAX - 1;
    assert_reason(&commitment, &report, REASON_PERIOD);
}

static void only_persons_in_the_promised_roles_count(void **state) {
    (void)state;
    struct commitment commitment = derived(presence_promise(), 0);
    Rond__V1__Report *patrol = patrol_of("police_officer", 2);
    add_persons(&arena, patrol, "station_host", 5);
    add_persons(&arena, patrol, "security_guard", 1);
    struct counted_report report = counted(patrol, 1, "polisen", "2015-05-08 20:00", "2015-05-08 21:00");
    assert_int_equal(matched_one(&commitment, &report).persons, 3);
    Rond__V1__Report *alone = a_report(&arena, ROND__V1__REPORT__BODY_PATROL);
    alone->role = arena_text(&arena, "security_guard");
    report.report = alone;
    assert_int_equal(matched_one(&commitment, &report).persons, 1);
}

static Rond__V1__Promise *actions_promise(void) {
    Rond__V1__Commitment *actions =
        a_commitment(&arena, ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED, ROND__V1__KIND__KIND_SAFETY_WALK);
    actions->follows = arena_text(&arena, "c2");
    Rond__V1__Commitment *walks =
        a_commitment(&arena, ROND__V1__MEASURE__MEASURE_AT_LEAST, ROND__V1__KIND__KIND_SAFETY_WALK);
    walks->id = arena_text(&arena, "c2");
    Rond__V1__Promise *promise = a_promise(&arena, actions);
    promise->commitments[promise->n_commitments++] = walks;
    return promise;
}

static void an_unsafe_place_opens_a_bucket_and_a_rewalk_goes_into_that_of_the_first_finding(void **state) {
    (void)state;
    struct commitment commitment = derived(actions_promise(), 0);
    Rond__V1__Report *walk = a_report(&arena, ROND__V1__REPORT__BODY_WALK);
    struct counted_report report = counted(walk, 5, "polisen", "2015-05-04 18:00", "2015-05-04 20:00");
    add_finding(&arena, walk, "1", ROND__V1__SAFETY__SAFETY_SAFE);
    assert_reason(&commitment, &report, REASON_NOTHING_UNSAFE);
    add_finding(&arena, walk, "2", ROND__V1__SAFETY__SAFETY_UNSAFE);
    struct contribution one = matched_one(&commitment, &report);
    assert_string_equal(one.bucket, "f:0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b:5:2");
    assert_int_equal(one.finding_state, ROND__V1__SAFETY__SAFETY_UNSAFE);

    Rond__V1__Report *again = a_report(&arena, ROND__V1__REPORT__BODY_WALK);
    rewalk_of(&arena, add_finding(&arena, again, "1", ROND__V1__SAFETY__SAFETY_SAFE), &report.key, "2");
    struct counted_report later = counted(again, 9, "lunds-kommun", "2015-09-04 18:00", "2015-09-04 20:00");
    one = matched_one(&commitment, &later);
    assert_string_equal(one.bucket, "f:0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b:5:2");
    assert_int_equal(one.finding_state, ROND__V1__SAFETY__SAFETY_SAFE);
}

static void a_rewalk_of_something_malformed_opens_nothing(void **state) {
    (void)state;
    struct commitment commitment = derived(actions_promise(), 0);
    Rond__V1__Report *walk = a_report(&arena, ROND__V1__REPORT__BODY_WALK);
    struct counted_report report = counted(walk, 5, "polisen", "2015-05-04 18:00", "2015-05-04 20:00");
    Rond__V1__Finding *finding = add_finding(&arena, walk, "1", ROND__V1__SAFETY__SAFETY_UNSAFE);
    rewalk_of(&arena, finding, &report.key, "2");
    finding->rewalk_of->report->outbox.len = 3;
    assert_reason(&commitment, &report, REASON_NOTHING_UNSAFE);
    finding->rewalk_of->report = NULL;
    assert_reason(&commitment, &report, REASON_NOTHING_UNSAFE);
}

static void a_finding_id_beyond_the_bucket_is_refused_not_cut(void **state) {
    (void)state;
    struct commitment commitment = derived(actions_promise(), 0);
    char id[BUCKET_SIZE + 1];
    memset(id, 'x', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    Rond__V1__Report *walk = a_report(&arena, ROND__V1__REPORT__BODY_WALK);
    add_finding(&arena, walk, id, ROND__V1__SAFETY__SAFETY_UNSAFE);
    struct counted_report report = counted(walk, 5, "polisen", "2015-05-04 18:00", "2015-05-04 20:00");
    struct contribution *contributions;
    size_t count;
    assert_int_equal(match(&commitment, &report, &arena, &contributions, &count), ROND_EFULL);
}

static void a_withdrawal_is_no_candidate(void **state) {
    (void)state;
    struct commitment commitment = derived(cycle_promise(), 0);
    Rond__V1__Report *withdrawal = a_report(&arena, ROND__V1__REPORT__BODY_WITHDRAWAL);
    withdrawal->commitment = arena_text(&arena, "lund-2015/c1");
    struct counted_report report = counted(withdrawal, 1, "polisen", "2015-05-04 10:00", "2015-05-04 11:00");
    assert_false(match_is_candidate(&commitment, &report));
}

static void an_initiative_counts_by_its_quantity(void **state) {
    (void)state;
    Rond__V1__Commitment *definition =
        a_commitment(&arena, ROND__V1__MEASURE__MEASURE_AT_LEAST, ROND__V1__KIND__KIND_INITIATIVE);
    struct commitment commitment = derived(a_promise(&arena, definition), 0);
    Rond__V1__Report *initiative = a_report(&arena, ROND__V1__REPORT__BODY_INITIATIVE);
    struct counted_report report = counted(initiative, 1, "polisen", "2015-05-04 10:00", "2015-05-04 11:00");
    assert_int_equal(matched_one(&commitment, &report).quantity, 1);
    initiative->initiative->quantity = 5;
    assert_int_equal(matched_one(&commitment, &report).quantity, 5);
}

static void without_memory_nothing_is_answered(void **state) {
    (void)state;
    struct commitment commitment = derived(cycle_promise(), 0);
    struct counted_report report = counted(cycle_check(), 1, "polisen", "2015-05-04 10:00", "2015-05-04 11:00");
    struct arena none;
    arena_init(&none, 8);
    struct contribution *contributions;
    size_t count;
    assert_int_equal(match(&commitment, &report, &none, &contributions, &count), ROND_ENOMEM);
    arena_deinit(&none);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_report_that_fits_counts_in_a_bucket_of_its_own),
        TEST(a_shared_activity_reference_names_the_bucket),
        TEST(a_persons_ruling_names_the_bucket_whatever_the_report_says),
        TEST(a_commitment_that_takes_every_kind_keeps_joint_activities_of_each_kind_apart),
        TEST(a_report_outside_area_or_kind_is_a_candidate_only_where_the_officer_named_the_commitment),
        TEST(naming_a_commitment_overrides_no_rule),
        TEST(the_period_is_that_of_local_days_with_both_ends),
        TEST(only_a_promise_in_act_or_later_collects),
        TEST(only_an_active_promise_collects),
        TEST(a_season_bounds_the_days_also_over_the_new_year),
        TEST(organisations_present_are_the_reporter_and_those_named),
        TEST(a_rate_names_the_period_of_the_local_day),
        TEST(a_period_ends_where_the_next_day_bears_another_name),
        TEST(a_campaign_counts_by_parts_in_the_bucket_of_its_season),
        TEST(presence_counts_only_inside_windows_which_belong_to_the_day_they_open),
        TEST(a_window_over_the_clock_change_is_an_hour_shorter_or_longer),
        TEST(presence_that_does_not_count_says_why),
        TEST(a_patrol_of_absurd_length_is_answered_soon),
        TEST(only_persons_in_the_promised_roles_count),
        TEST(an_unsafe_place_opens_a_bucket_and_a_rewalk_goes_into_that_of_the_first_finding),
        TEST(a_rewalk_of_something_malformed_opens_nothing),
        TEST(a_finding_id_beyond_the_bucket_is_refused_not_cut),
        TEST(a_withdrawal_is_no_candidate),
        TEST(an_initiative_counts_by_its_quantity),
        TEST(without_memory_nothing_is_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
