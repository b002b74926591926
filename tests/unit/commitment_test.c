#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/check.h"
#include "support/counting.h"

static struct arena arena;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, 1024 * 1024);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    arena_deinit(&arena);
    return 0;
}

static void too_many_required(Rond__V1__Promise *promise) {
    static char names[REQUIRED_MAX + 1][4];
    static char *pointers[REQUIRED_MAX + 1];
    for (int i = 0; i <= REQUIRED_MAX; i++) {
        names[i][0] = (char)('a' + i / 10);
        names[i][1] = (char)('0' + i % 10);
        pointers[i] = names[i];
    }
    promise->commitments[0]->required_organisations = pointers;
    promise->commitments[0]->n_required_organisations = REQUIRED_MAX + 1;
}
static void too_many_items(Rond__V1__Promise *promise) {
    static char item[] = "lights";
    static char *items[REQUIRED_MAX + 1];
    static Rond__V1__Filter *parts[1];
    for (int i = 0; i <= REQUIRED_MAX; i++) {
        items[i] = item;
    }
    parts[0] = a_filter(&arena, ROND__V1__KIND__KIND_CAMPAIGN_HANDOUT);
    parts[0]->items = items;
    parts[0]->n_items = REQUIRED_MAX + 1;
    promise->commitments[0]->parts = parts;
    promise->commitments[0]->n_parts = 1;
}
static char text[16];
static char *said(const char *value) {
    return strcpy(text, value);
}
static void day_that_is_not(Rond__V1__Promise *promise) {
    promise->from = said("2015-02-30");
}
static void end_before_start(Rond__V1__Promise *promise) {
    promise->to = said("2014-12-31");
}
static void half_a_season(Rond__V1__Promise *promise) {
    promise->commitments[0]->season_from = said("09-01");
}
static void season_that_is_not(Rond__V1__Promise *promise) {
    promise->commitments[0]->season_to = promise->commitments[0]->season_from = said("13-01");
}
static void rate_without_per(Rond__V1__Promise *promise) {
    promise->commitments[0]->measure = ROND__V1__MEASURE__MEASURE_RATE;
}
static void presence_without_windows(Rond__V1__Promise *promise) {
    promise->commitments[0]->measure = ROND__V1__MEASURE__MEASURE_PRESENCE;
}
static void window_without_days(Rond__V1__Promise *promise) {
    promise->commitments[0]->measure = ROND__V1__MEASURE__MEASURE_PRESENCE;
    add_window(&arena, promise->commitments[0], "x", "", "10:00", "11:00", 1);
}
static void follows_nothing(Rond__V1__Promise *promise) {
    promise->commitments[0]->measure = ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED;
    promise->commitments[0]->follows = said("c9");
}
static void unknown_measure(Rond__V1__Promise *promise) {
    promise->commitments[0]->measure = (Rond__V1__Measure)99;
}

static void a_definition_that_contradicts_itself_is_refused_and_names_the_field(void **state) {
    (void)state;
    static const struct {
        void (*spoil)(Rond__V1__Promise *promise);
        const char *field;
    } vectors[] = {
        {too_many_required, "required_organisations"},
        {too_many_items, "parts"},
        {day_that_is_not, "period"},
        {end_before_start, "period.to"},
        {half_a_season, "season"},
        {season_that_is_not, "season"},
        {rate_without_per, "per"},
        {presence_without_windows, "windows"},
        {window_without_days, "windows"},
        {follows_nothing, "follows"},
        {unknown_measure, "measure"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        Rond__V1__Promise *promise =
            a_promise(&arena, a_commitment(&arena, ROND__V1__MEASURE__MEASURE_AT_LEAST, ROND__V1__KIND__KIND_CHECK));
        struct commitment commitment = {.number = 77};
        struct fault fault;
        assert_int_equal(commitment_init(&commitment, 1, promise, promise->commitments[0], stockholm(), NULL, &fault), ROND_OK);
        vectors[i].spoil(promise);
        commitment.number = 77;
        assert_int_equal(commitment_init(&commitment, 1, promise, promise->commitments[0], stockholm(), NULL, &fault),
                         ROND_EINVALID);
        assert_string_equal(fault.field, vectors[i].field);
        assert_int_equal(commitment.number, 77);
    }
}

static void without_a_zone_nothing_can_be_counted(void **state) {
    (void)state;
    Rond__V1__Promise *promise =
        a_promise(&arena, a_commitment(&arena, ROND__V1__MEASURE__MEASURE_AT_LEAST, ROND__V1__KIND__KIND_CHECK));
    struct commitment commitment;
    assert_int_equal(commitment_init(&commitment, 1, promise, promise->commitments[0], NULL, NULL, NULL), ROND_EINVALID);
}

static void a_season_over_the_new_year_began_in_the_year_before(void **state) {
    (void)state;
    Rond__V1__Promise *promise =
        a_promise(&arena, a_commitment(&arena, ROND__V1__MEASURE__MEASURE_ONCE, ROND__V1__KIND__KIND_CHECK));
    promise->commitments[0]->season_from = arena_text(&arena, "11-15");
    promise->commitments[0]->season_to = arena_text(&arena, "02-15");
    struct commitment commitment = derived(promise, 0);
    day_t first;
    assert_true(commitment_in_season(&commitment, day_from_civil(2015, 1, 20), &first));
    assert_int_equal(first, day_from_civil(2014, 11, 15));
    assert_true(commitment_in_season(&commitment, day_from_civil(2015, 12, 20), &first));
    assert_int_equal(first, day_from_civil(2015, 11, 15));
    assert_false(commitment_in_season(&commitment, day_from_civil(2015, 6, 1), &first));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_definition_that_contradicts_itself_is_refused_and_names_the_field),
        TEST(without_a_zone_nothing_can_be_counted),
        TEST(a_season_over_the_new_year_began_in_the_year_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
