// Local time of the device's area, out of the reference data it has stored.
#include "support/test.h"

#include "clock_changes.h"
#include "handheld.h"

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

static rond *enrolled(void **state) {
    struct handheld *handheld = *state;
    handheld_enrol(handheld, "police_officer", 1);
    handheld_reference(handheld);
    return handheld->rond;
}

static void no_zone_is_known_before_enrolment_and_reference_data(void **state) {
    struct handheld *handheld = *state;
    int32_t offset_s = 17;
    int64_t at_s = 17;
    assert_err(ROND_ENOTFOUND, rond_zone_offset_s(handheld->rond, 0, &offset_s));
    handheld_reference(handheld); // of no enrolled device
    assert_err(ROND_ENOTFOUND, rond_zone_instant_s(handheld->rond, "2015-06-01 12:00", &at_s));
    handheld_close(handheld);
    handheld_open(handheld);
    handheld_enrol(handheld, "police_officer", 1);
    assert_err(ROND_ENOTFOUND, rond_zone_offset_s(handheld->rond, 0, &offset_s));
    assert_err(ROND_ENOTFOUND, rond_zone_instant_s(handheld->rond, "2015-06-01 12:00", &at_s));
    assert_int_equal(offset_s, 17);
    assert_int_equal(at_s, 17);
}

static void wall_times_over_both_changes_are_the_moments_promised(void **state) {
    rond *r = enrolled(state);
    for (size_t i = 0; i < ARRAY_COUNT(clock_changes); i++) {
        int64_t at_s = 0;
        assert_ok(rond_zone_instant_s(r, clock_changes[i].wall, &at_s));
        if (at_s != clock_changes[i].at_s)
            fail_msg("%s is %lld, not %lld", clock_changes[i].wall, (long long)at_s, (long long)clock_changes[i].at_s);
    }
}

static void the_offset_changes_at_the_second_of_the_change(void **state) {
    rond *r = enrolled(state);
    static const struct {
        int64_t at_s;
        int32_t offset_s;
    } cases[] = {
        {0, 3600}, // before the first change that the zone names
        {SPRING_CHANGE_S - 1, 3600},
        {SPRING_CHANGE_S, 7200},
        {AUTUMN_CHANGE_S - 1, 7200},
        {AUTUMN_CHANGE_S, 3600},
        {INT64_MIN, 3600},
        {INT64_MAX, 3600},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        int32_t offset_s = 0;
        assert_ok(rond_zone_offset_s(r, cases[i].at_s, &offset_s));
        assert_int_equal(offset_s, cases[i].offset_s);
    }
}

static void what_is_no_wall_time_is_refused_and_answers_nothing(void **state) {
    rond *r = enrolled(state);
    for (size_t i = 0; i < ARRAY_COUNT(no_wall_times); i++) {
        int64_t at_s = 17;
        if (rond_zone_instant_s(r, no_wall_times[i], &at_s) != ROND_EINVALID || at_s != 17)
            fail_msg("'%s' was taken for a wall time", no_wall_times[i]);
    }
    int64_t at_s;
    assert_err(ROND_EINVALID, rond_zone_instant_s(r, "2015-06-01T12:00", &at_s));
}

static void the_zone_is_that_of_the_own_area_among_several(void **state) {
    rond *r = enrolled(state);
    struct handheld *handheld = *state;
    Rond__V1__Reference reference = ROND__V1__REFERENCE__INIT;
    Rond__V1__ReferenceEntry *entries[4];
    reference.entries = entries;
    reference.cursor = 100;
    static char utc[] = "UTC", london[] = "Europe/London";
    Rond__V1__TimeZone zone = ROND__V1__TIME_ZONE__INIT;
    zone.id = utc;
    entry_add(&handheld->arena, &reference, utc, ROND__V1__REFERENCE_ENTRY__BODY_TIME_ZONE)->time_zone = &zone;
    Rond__V1__Area other = ROND__V1__AREA__INIT, unknown = ROND__V1__AREA__INIT;
    other.id = arena_text(&handheld->arena, "angered");
    other.time_zone = utc;
    unknown.id = arena_text(&handheld->arena, "pitea");
    unknown.time_zone = london; // nobody has it
    entry_add(&handheld->arena, &reference, other.id, ROND__V1__REFERENCE_ENTRY__BODY_AREA)->area = &other;
    entry_add(&handheld->arena, &reference, unknown.id, ROND__V1__REFERENCE_ENTRY__BODY_AREA)->area = &unknown;
    assert_ok(outbox_reference_store(r->outbox, &reference));
    const struct {
        const char *area;
        enum rond_err err;
        int32_t offset_s;
    } cases[] = {{"lund", ROND_OK, 7200}, {"angered", ROND_OK, 0}, {"pitea", ROND_ENOTFOUND, 17}, {"x", ROND_ENOTFOUND, 17}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        int32_t offset_s = 17;
        r->enrolment.area = cases[i].area;
        assert_err(cases[i].err, rond_zone_offset_s(r, SPRING_CHANGE_S, &offset_s));
        assert_int_equal(offset_s, cases[i].offset_s);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(no_zone_is_known_before_enrolment_and_reference_data),
        TEST(wall_times_over_both_changes_are_the_moments_promised),
        TEST(the_offset_changes_at_the_second_of_the_change),
        TEST(what_is_no_wall_time_is_refused_and_answers_nothing),
        TEST(the_zone_is_that_of_the_own_area_among_several),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
