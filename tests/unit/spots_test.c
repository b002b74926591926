// Tests: server/store/spot.c
#include "promise/spots.h"

#include <stdlib.h>
#include <string.h>

#include "promise/apply.h"
#include "support/lund.h"
#include "support/test.h"

static struct lund lund;

static int open_lund(void **state) {
    (void)state;
    lund_open(&lund);
    return 0;
}

static int close_lund(void **state) {
    (void)state;
    lund_close(&lund);
    return 0;
}

static enum rond_err tally_take(void *context, const struct map_change *row) {
    map_tally_add(context, &row->add);
    return ROND_OK;
}

// Of all areas, in the days, months and years that begin then.
static struct map_tally on_map(enum map_span span, day_t first, day_t last) {
    struct map_tally sum = {0};
    const struct map_range range = {.span = span, .first = first, .last = last};
    const struct map_rows rows = {tally_take, &sum};
    assert_ok(lund.store->views->map(lund.store, &range, &rows));
    return sum;
}

static int64_t reports_of_year(void) {
    return on_map(MAP_YEAR, day_from_civil(2015, 1, 1), day_from_civil(2015, 1, 1)).reports;
}

static struct hash256 digest(void) {
    struct hash256 made;
    assert_ok(promise_map_digest(lund.store, &made));
    return made;
}

// And the store itself finds nothing wrong with it.
static void expect_same_after_rebuild(void) {
    struct fault fault = {0};
    struct hash256 before = digest(), after;
    lund_begin(&lund);
    assert_ok(promise_rebuild(lund.store, lund.catalogue, NULL, NULL));
    after = digest();
    lund_commit(&lund);
    assert_memory_equal(&before, &after, sizeof before);
    assert_ok(lund.store->views->integrity(lund.store, &fault));
}

static Rond__V1__Report *report_of(Rond__V1__Kind kind, unsigned variant) {
    return sample_report(&lund.arena, kind, variant);
}

static Rond__V1__Report *check(unsigned variant) {
    return report_of(ROND__V1__KIND__KIND_CHECK, variant);
}

static struct spot spot_of(uint64_t row) {
    struct spot spot;
    assert_ok(lund.store->ledger->spots_of(lund.store, &row, 1, &lund.arena, &spot));
    return spot;
}

// ---- One report ----

static void every_kind_of_report_is_on_the_map_at_its_place_and_day_whatever_it_counts_toward(void **state) {
    (void)state;
    int64_t reports = 0;
    for (int kind = ROND__V1__KIND__KIND_CHECK; kind <= ROND__V1__KIND__KIND_INITIATIVE; kind++) {
        struct spot spot = spot_of(lund_report(&lund, 0, 0, report_of((Rond__V1__Kind)kind, 0)));
        assert_int_equal(spot.tally.reports, 1);
        assert_int_equal(spot.at.kind, kind);
        assert_int_equal(spot.at.day, day_from_civil(2015, 5, 8));
        assert_string_equal(spot.at.place, "lund-c-stationen");
        assert_string_equal(spot.at.organisation, "polisen");
        assert_string_equal(spot.at.area, "lund");
        assert_int_equal(reports_of_year(), ++reports);
    }
    assert_int_equal(on_map(MAP_DAY, day_from_civil(2015, 5, 8), day_from_civil(2015, 5, 8)).reports, 7);
    assert_int_equal(on_map(MAP_MONTH, day_from_civil(2015, 5, 1), day_from_civil(2015, 5, 1)).reports, 7);
    assert_int_equal(on_map(MAP_MONTH, day_from_civil(2015, 6, 1), day_from_civil(2016, 1, 1)).reports, 0);
    expect_same_after_rebuild();
}

static void a_report_of_the_late_evening_lies_on_the_local_day(void **state) {
    (void)state;
    Rond__V1__Report *report = check(0);
    report->occurred_from_s = 1431122400; // 2015-05-08T22:00:00Z, midnight in Lund
    report->occurred_to_s = report->occurred_from_s + 60;
    report->claimed_ms = report->occurred_to_s * 1000;
    assert_int_equal(spot_of(lund_report(&lund, 0, 0, report)).at.day, day_from_civil(2015, 5, 9));
}

static void a_patrol_is_on_the_map_with_its_person_minutes(void **state) {
    (void)state;
    Rond__V1__Report *patrol = report_of(ROND__V1__KIND__KIND_VISIBLE_PATROL, 0);
    int64_t persons = 0;
    for (size_t i = 0; i < patrol->patrol->n_persons; i++)
        persons += patrol->patrol->persons[i]->persons;
    struct spot spot = spot_of(lund_report(&lund, 0, 0, patrol));
    assert_true(persons > 0);
    assert_int_equal(spot.tally.person_minutes, persons * 60);
    assert_int_equal(spot.tally.quantity, 0);
}

static void a_position_without_a_place_is_known_by_its_square_alone(void **state) {
    (void)state;
    Rond__V1__Position position = ROND__V1__POSITION__INIT;
    Rond__V1__Report *report = check(0);
    char nowhere[] = "";
    int32_t latitude, longitude;
    position.latitude_e6 = 55708123;
    position.longitude_e6 = 13187456;
    report->place = nowhere;
    report->position = &position;
    struct spot spot = spot_of(lund_report(&lund, 0, 0, report));
    assert_int_not_equal(spot.at.square, 0);
    square_middle(spot.at.square, 0, &latitude, &longitude);
    assert_int_not_equal(latitude, position.latitude_e6);
    assert_in_range(latitude - position.latitude_e6 + SQUARE_HEIGHT_E6, 0, 2 * SQUARE_HEIGHT_E6);
    assert_in_range(longitude - position.longitude_e6 + SQUARE_WIDTH_E6, 0, 2 * SQUARE_WIDTH_E6);
    expect_same_after_rebuild();
}

static void coarser_squares_hold_the_finer_ones_and_reach_round_the_world(void **state) {
    (void)state;
    static const int32_t corners[][2] = {
        {-90000000, -180000000}, {90000000, 180000000}, {0, 0}, {55708123, 13187456}, {69060000, 20548000}};
    for (size_t i = 0; i < ARRAY_COUNT(corners); i++)
        for (unsigned level = 0; level <= SQUARE_LEVEL_MAX; level++) {
            int64_t square = square_of(corners[i][0], corners[i][1]), coarse = square_coarser(square, level);
            int32_t latitude, longitude;
            assert_true(square > 0 && coarse > 0 && coarse <= square);
            assert_int_equal(square_coarser(coarse, level), coarse);
            square_middle(coarse, level, &latitude, &longitude);
            assert_true(labs((long)latitude - corners[i][0]) <= (SQUARE_HEIGHT_E6 << level) / 2 + 1);
            assert_true(labs((long)longitude - corners[i][1]) <= (SQUARE_WIDTH_E6 << level) / 2 + 1);
        }
}

// ---- What one run changes ----

enum { MOVED = 200, DAYS_OF_TWO_MONTHS = 61 };

static struct spot spot_on(uint64_t row, day_t day) {
    return (struct spot){
        .row = row,
        .at = {.area = "lund", .span = MAP_DAY, .day = day, .kind = 1, .organisation = "polisen", .place = "bangatan"},
        .tally = {.reports = 1, .person_minutes = (int64_t)row, .quantity = 2}};
}

static void a_run_changes_each_day_month_and_year_once_in_order(void **state) {
    (void)state;
    const struct spot nowhere = {0};
    const day_t first = day_from_civil(2015, 11, 1);
    struct spot_moves moves;
    struct fold_changes changes = {0};
    spot_moves_init(&moves, &lund.arena);
    for (uint64_t row = 1; row <= MOVED; row++) {
        struct spot spot = spot_on(row, first + (day_t)(row % DAYS_OF_TWO_MONTHS));
        assert_ok(spot_move(&moves, &nowhere, &spot));
    }
    struct spot there = spot_on(MOVED + 1, first), later = spot_on(MOVED + 1, first + 70), gone = spot_on(MOVED + 2, first);
    assert_ok(spot_move(&moves, &there, &later)); // into the next year
    assert_ok(spot_move(&moves, &gone, &nowhere));
    assert_ok(spot_moves_settle(&moves, &changes));
    assert_int_equal(changes.spots_count, MOVED + 1);
    assert_int_equal(changes.spots_removed_count, 2);
    assert_int_equal(changes.map_count, DAYS_OF_TWO_MONTHS + 1 + 3 + 2);
    struct map_tally sums[MAP_YEAR + 1] = {0};
    for (size_t i = 0; i < changes.map_count; i++) {
        assert_true(i == 0 || map_key_compare(&changes.map[i - 1].at, &changes.map[i].at) < 0);
        map_tally_add(&sums[changes.map[i].at.span], &changes.map[i].add);
    }
    for (enum map_span span = MAP_DAY; span <= MAP_YEAR; span++) {
        assert_int_equal(sums[span].reports, MOVED - 1);
        assert_int_equal(sums[span].quantity, 2 * (MOVED - 1));
        assert_int_equal(sums[span].person_minutes, MOVED * (MOVED + 1) / 2 - (MOVED + 2));
    }
}

static void a_move_within_a_month_changes_its_days_alone(void **state) {
    (void)state;
    const day_t day = day_from_civil(2015, 11, 1);
    struct spot from = spot_on(1, day), to = spot_on(1, day + 3);
    struct spot_moves moves;
    struct fold_changes changes = {0};
    spot_moves_init(&moves, &lund.arena);
    assert_ok(spot_move(&moves, &from, &to));
    assert_ok(spot_moves_settle(&moves, &changes));
    assert_int_equal(changes.map_count, 2);
    assert_int_equal(changes.map[0].add.reports, -1);
    assert_int_equal(changes.map[1].add.reports, 1);
}

// ---- What stands ----

static Rond__V1__Report *correction_of(const struct report_key *key, unsigned variant) {
    Rond__V1__Report *report = check(variant);
    report->corrects = lund_identity(&lund.arena, key);
    return report;
}

static void a_correction_moves_the_report_and_a_withdrawal_takes_it_off(void **state) {
    (void)state;
    struct report_key first = lund_key_of(0, 0, 1);
    uint64_t row = lund_report(&lund, 0, 0, check(0));
    uint64_t corrected = lund_report(&lund, 0, 0, correction_of(&first, 25)); // 25 hours later, elsewhere
    assert_int_equal(spot_of(row).tally.reports, 0);
    assert_int_equal(spot_of(corrected).at.day, day_from_civil(2015, 5, 9));
    assert_string_equal(spot_of(corrected).at.place, "bangatan");
    assert_int_equal(reports_of_year(), 1);
    assert_int_equal(on_map(MAP_DAY, day_from_civil(2015, 5, 8), day_from_civil(2015, 5, 8)).reports, 0);
    expect_same_after_rebuild();
    lund_report(&lund, 0, 0, sample_withdrawal(&lund.arena, &first.device, &first.outbox, 1));
    assert_int_equal(reports_of_year(), 0);
    expect_same_after_rebuild();
}

// Four reports from four outboxes of one device: an original, two corrections of it, and one beside; with or without a
// withdrawal. Every order of arrival gives one and the same map.
enum { PARTS = 4 };

static void arrive(unsigned part, bool withdraws) {
    struct report_key first = lund_key_of(0, 0, 1);
    Rond__V1__Report *report = part == 0   ? check(0)
                               : part == 1 ? correction_of(&first, 30)
                               : part == 2 ? correction_of(&first, 60)
                                           : report_of(ROND__V1__KIND__KIND_VISIBLE_PATROL, 3);
    if (part == 3 && withdraws)
        report = sample_withdrawal(&lund.arena, &first.device, &first.outbox, 1);
    lund_report(&lund, 0, part, report);
}

static struct hash256 digest_of_order(const unsigned *order, bool withdraws) {
    lund_open_memory(&lund, rng_system());
    for (size_t i = 0; i < PARTS; i++)
        arrive(order[i], withdraws);
    assert_int_equal(reports_of_year(), withdraws ? 0 : 2);
    struct hash256 made = digest(), rebuilt;
    lund_begin(&lund);
    assert_ok(promise_rebuild(lund.store, lund.catalogue, NULL, NULL));
    rebuilt = digest();
    lund_commit(&lund);
    assert_memory_equal(&made, &rebuilt, sizeof made);
    lund_close(&lund);
    return made;
}

static void permute(unsigned *order, size_t fixed, bool withdraws, struct hash256 *expected, size_t *tried) {
    if (fixed == PARTS) {
        struct hash256 made = digest_of_order(order, withdraws);
        if ((*tried)++ == 0)
            *expected = made;
        assert_memory_equal(expected, &made, sizeof made);
        return;
    }
    for (size_t i = fixed; i < PARTS; i++) {
        unsigned moved = order[i];
        order[i] = order[fixed];
        order[fixed] = moved;
        permute(order, fixed + 1, withdraws, expected, tried);
        order[fixed] = order[i];
        order[i] = moved;
    }
}

static void every_order_of_arrival_gives_the_same_map(void **state) {
    (void)state;
    for (int withdraws = 0; withdraws < 2; withdraws++) {
        unsigned order[PARTS] = {0, 1, 2, 3};
        struct hash256 expected;
        size_t tried = 0;
        permute(order, 0, withdraws != 0, &expected, &tried);
        assert_int_equal(tried, 24);
    }
}

static void an_erased_report_stays_where_it_was_until_it_is_withdrawn(void **state) {
    (void)state;
    struct report_key first = lund_key_of(0, 0, 1);
    const struct erasure erasure = {.at_ms = lund.now_ms, .rule = "test"};
    uint64_t row = lund_report(&lund, 0, 0, check(1));
    lund_begin(&lund);
    assert_ok(lund.store->ledger->erase(lund.store, row, &erasure));
    lund_commit(&lund);
    expect_same_after_rebuild();
    assert_string_equal(spot_of(row).at.place, "bangatan");
    assert_int_equal(reports_of_year(), 1);
    lund_report(&lund, 0, 0, sample_withdrawal(&lund.arena, &first.device, &first.outbox, 1));
    assert_int_equal(reports_of_year(), 0);
    expect_same_after_rebuild();
}

static void what_waits_in_quarantine_is_on_the_map_once_it_is_released(void **state) {
    (void)state;
    Rond__V1__Report *report = check(0);
    char unknown[] = "no-such-place";
    report->place = unknown;
    uint64_t row = lund_report(&lund, 0, 0, report);
    assert_int_equal(spot_of(row).tally.reports, 0);
    lund_begin(&lund);
    assert_ok(lund.store->ledger->quarantine_decide(lund.store, row, true));
    assert_ok(promise_refold(lund.store, lund.catalogue, row));
    lund_commit(&lund);
    assert_int_equal(reports_of_year(), 1);
    expect_same_after_rebuild();
}

#define IN_LUND(test)                                                                                                       \
    { #test, test, open_lund, close_lund, NULL }

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_LUND(every_kind_of_report_is_on_the_map_at_its_place_and_day_whatever_it_counts_toward),
        IN_LUND(a_report_of_the_late_evening_lies_on_the_local_day),
        IN_LUND(a_patrol_is_on_the_map_with_its_person_minutes),
        IN_LUND(a_position_without_a_place_is_known_by_its_square_alone),
        cmocka_unit_test(coarser_squares_hold_the_finer_ones_and_reach_round_the_world),
        IN_LUND(a_run_changes_each_day_month_and_year_once_in_order),
        IN_LUND(a_move_within_a_month_changes_its_days_alone),
        IN_LUND(a_correction_moves_the_report_and_a_withdrawal_takes_it_off),
        cmocka_unit_test(every_order_of_arrival_gives_the_same_map),
        IN_LUND(an_erased_report_stays_where_it_was_until_it_is_withdrawn),
        IN_LUND(what_waits_in_quarantine_is_on_the_map_once_it_is_released),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
