#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/check.h"
#include "promise/zone_file.h"
#include "support/stockholm.h"
#include "wire/limits.h"

static struct arena arena;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, 2 * 1024 * 1024);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    arena_deinit(&arena);
    return 0;
}

// A TZif file of version 2 with an empty first block and one type (UTC+1), without transitions.
static struct bytes slim_file(const char *rule) {
    uint8_t *file = arena_alloc(&arena, 256);
    memcpy(file, "TZif2", 5);
    memcpy(file + 44, "TZif2", 5);
    put_be32(file + 44 + 36, 1); // types
    put_be32(file + 44 + 40, 4); // characters
    put_be32(file + 88, 3600);
    memcpy(file + 94, "CET", 4);
    int size = snprintf((char *)file + 98, 158, "\n%s\n", rule);
    return bytes_of(file, 98 + (size_t)size);
}

static void stockholm_agrees_with_the_rule_of_the_union_from_1996_to_2099(void **state) {
    (void)state;
    Rond__V1__TimeZone *zone;
    struct fault fault;
    assert_int_equal(zone_file_read(ZONE_FILE_DIRECTORY, "Europe/Stockholm", &arena, &zone, &fault), ROND_OK);
    assert_string_equal(zone->id, "Europe/Stockholm");
    assert_true(strlen(zone->version) >= 5);
    assert_true(zone->n_transitions <= ZONE_TRANSITIONS_MAX);
    int64_t end_s = (int64_t)day_from_civil(2100, 1, 1) * 86400;
    for (int64_t at_s = (int64_t)day_from_civil(1996, 1, 1) * 86400; at_s < end_s; at_s += 3600) {
        assert_int_equal(zone_offset_s(zone, at_s), zone_offset_s(stockholm(), at_s));
    }
    assert_int_equal(zone_offset_s(zone, 0), 3600);         // no summer time in 1970
    assert_int_equal(zone_offset_s(zone, 331000000), 7200); // in June 1980 there was
    for (size_t i = 1; i < zone->n_transitions; i++) {
        assert_true(zone->transitions[i - 1]->at_s < zone->transitions[i]->at_s);
        assert_int_not_equal(zone->transitions[i - 1]->offset_s, zone->transitions[i]->offset_s);
    }
}

static void zones_of_the_south_and_without_summer_time_are_read(void **state) {
    (void)state;
    Rond__V1__TimeZone *zone;
    struct fault fault;
    assert_int_equal(zone_file_read(ZONE_FILE_DIRECTORY, "Australia/Sydney", &arena, &zone, &fault), ROND_OK);
    assert_int_equal(zone_offset_s(zone, (int64_t)day_from_civil(2060, 1, 10) * 86400), 11 * 3600);
    assert_int_equal(zone_offset_s(zone, (int64_t)day_from_civil(2060, 7, 10) * 86400), 10 * 3600);
    assert_int_equal(zone_file_read(ZONE_FILE_DIRECTORY, "Asia/Tokyo", &arena, &zone, &fault), ROND_OK);
    assert_int_equal(zone_offset_s(zone, (int64_t)day_from_civil(2060, 7, 10) * 86400), 9 * 3600);
    assert_int_equal(zone_file_read(ZONE_FILE_DIRECTORY, "UTC", &arena, &zone, &fault), ROND_OK);
    assert_int_equal(zone->n_transitions, 0);
}

static void every_form_of_the_footer_rule_gives_its_days(void **state) {
    (void)state;
    static const struct {
        const char *rule;
        const char *summer_from; // UTC day of the change in 2016
        int hour;
    } vectors[] = {
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2016-03-27", 1},
        {"CET-1CEST,J60,J300", "2016-03-01", 1},
        {"CET-1CEST,59,300", "2016-02-29", 1},
        {"<+01>-1<+02>,M4.1.6/-2,M10.5.0", "2016-04-01", 21},
        {"CET-1CEST-2,M3.5.0/26:30,M10.5.0", "2016-03-28", 1},
    };
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        Rond__V1__TimeZone *zone;
        struct fault fault;
        day_t day;
        assert_int_equal(zone_file_parse(slim_file(vectors[i].rule), "X", "v", &arena, &zone, &fault), ROND_OK);
        assert_true(day_parse(vectors[i].summer_from, &day));
        int64_t at_s = (int64_t)day * 86400 + vectors[i].hour * 3600 + (i == 4 ? 1800 : 0);
        assert_int_equal(zone_offset_s(zone, at_s - 1), 3600);
        assert_int_equal(zone_offset_s(zone, at_s), 7200);
        assert_int_equal(zone->n_transitions, 260);
    }
}

static void a_file_that_is_no_zone_is_refused(void **state) {
    (void)state;
    static const char *const rules[] = {
        "CET",    "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.5.0,M10.5.0x", "C-1",
        "<CET-1", "CET-999",   "CET-1CEST,J0,J1"};
    Rond__V1__TimeZone *zone = NULL;
    struct fault fault;
    for (size_t i = 0; i < ARRAY_COUNT(rules); i++) {
        assert_int_equal(zone_file_parse(slim_file(rules[i]), "X", "v", &arena, &zone, &fault), ROND_EINVALID);
    }
    struct bytes whole = slim_file("CET-1CEST,M3.5.0,M10.5.0/3");
    for (size_t size = 0; size < whole.size; size++) {
        assert_int_equal(zone_file_parse(bytes_of(whole.data, size), "X", "v", &arena, &zone, &fault), ROND_EINVALID);
    }
    uint8_t *spoiled = arena_alloc(&arena, whole.size);
    memcpy(spoiled, whole.data, whole.size);
    put_be32(spoiled + 44 + 32, 0xffffffffU);
    assert_int_equal(zone_file_parse(bytes_of(spoiled, whole.size), "X", "v", &arena, &zone, &fault), ROND_EINVALID);
    assert_null(zone);
}

static void a_name_leads_nowhere_but_into_the_tables(void **state) {
    (void)state;
    static const char *const names[] = {"",       "../../etc/passwd", "/etc/passwd", "Europe/Nowhere",
                                        "Europe", "tzdata.zi",        "a b"};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        Rond__V1__TimeZone *zone = NULL;
        struct fault fault;
        enum rond_err err = zone_file_read(ZONE_FILE_DIRECTORY, names[i], &arena, &zone, &fault);
        assert_true(err == ROND_EINVALID || err == ROND_EIO);
        assert_null(zone);
    }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(stockholm_agrees_with_the_rule_of_the_union_from_1996_to_2099),
        TEST(zones_of_the_south_and_without_summer_time_are_read),
        TEST(every_form_of_the_footer_rule_gives_its_days),
        TEST(a_file_that_is_no_zone_is_refused),
        TEST(a_name_leads_nowhere_but_into_the_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
