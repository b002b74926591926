// Tests: server/store/memory_map.c server/store/sqlite_map.c server/store/sqlite_map_check.c server/store/sqlite_spots.c
#include <string.h>

#include "support/store_fixture.h"

static struct map_key key_at(enum map_span span, int32_t day, const char *place, int64_t square) {
    return (struct map_key){
        .area = "lund", .span = span, .day = day, .kind = 1, .organisation = "polisen", .place = place, .square = square};
}

static struct spot spot_at(uint64_t row, int32_t day, const char *place, int64_t square) {
    return (struct spot){.row = row, .at = key_at(MAP_DAY, day, place, square), .tally = {1, 60, 7}};
}

// What lies in a range.
struct found {
    size_t rows;
    struct map_tally sum;
    char places[64];
};

static enum rond_err found_add(void *context, const struct map_change *row) {
    struct found *found = context;
    found->rows++;
    map_tally_add(&found->sum, &row->add);
    strncat(found->places, row->at.place, sizeof found->places - strlen(found->places) - 1);
    return ROND_OK;
}

static struct found find(struct store_fixture *fixture, const char *area, enum map_span span, int32_t first, int32_t last) {
    struct found found = {0};
    const struct map_range range = {area, span, first, last};
    const struct map_rows rows = {found_add, &found};
    assert_ok(fixture->store->views->map(fixture->store, &range, &rows));
    return found;
}

static void fold(struct store_fixture *fixture, const struct fold_changes *changes) {
    fixture_begin(fixture);
    assert_ok(fixture->store->ledger->fold_store(fixture->store, changes));
    fixture_commit(fixture);
}

// Two reports on one day at one place, and what they come to.
static void put_two(struct store_fixture *fixture) {
    const struct spot spots[] = {spot_at(1, 100, "bangatan", 0), spot_at(2, 100, "", 12345)};
    const struct map_change map[] = {
        {key_at(MAP_DAY, 100, "bangatan", 0), {1, 60, 7}},  {key_at(MAP_DAY, 100, "", 12345), {1, 60, 7}},
        {key_at(MAP_MONTH, 90, "bangatan", 0), {1, 60, 7}}, {key_at(MAP_MONTH, 90, "", 12345), {1, 60, 7}},
        {key_at(MAP_YEAR, 0, "bangatan", 0), {1, 60, 7}},   {key_at(MAP_YEAR, 0, "", 12345), {1, 60, 7}}};
    struct sender sender;
    sender_init(&sender, 1, 1);
    sender_send(fixture, &sender, 3);
    fold(fixture, &(struct fold_changes){.spots = spots, .spots_count = 2, .map = map, .map_count = 6});
}

static void a_spot_is_given_back_as_it_was_put(void **state) {
    struct store_fixture *fixture = *state;
    const uint64_t rows[] = {2, 3, 1};
    struct spot spots[3];
    put_two(fixture);
    assert_ok(fixture->store->ledger->spots_of(fixture->store, rows, 3, &fixture->arena, spots));
    assert_int_equal(spots[0].row, 2);
    assert_int_equal(spots[0].at.square, 12345);
    assert_string_equal(spots[0].at.place, "");
    assert_int_equal(spots[1].tally.reports, 0);
    const struct map_key expected = key_at(MAP_DAY, 100, "bangatan", 0);
    assert_int_equal(map_key_compare(&spots[2].at, &expected), 0);
    assert_int_equal(spots[2].tally.reports, 1);
    assert_int_equal(spots[2].tally.person_minutes, 60);
    assert_int_equal(spots[2].tally.quantity, 7);
}

static void the_map_gives_one_area_and_one_span_and_no_day_outside_the_range(void **state) {
    struct store_fixture *fixture = *state;
    put_two(fixture);
    assert_int_equal(find(fixture, "lund", MAP_DAY, 100, 100).rows, 2);
    assert_int_equal(find(fixture, NULL, MAP_DAY, 0, 1000).sum.quantity, 14);
    assert_string_equal(find(fixture, "lund", MAP_MONTH, 90, 90).places, "bangatan");
    assert_int_equal(find(fixture, "lund", MAP_DAY, 101, 200).rows, 0);
    assert_int_equal(find(fixture, "lund", MAP_DAY, 0, 99).rows, 0);
    assert_int_equal(find(fixture, "malmo", MAP_DAY, 0, 200).rows, 0);
}

static void what_comes_to_nothing_is_not_given_and_may_come_back(void **state) {
    struct store_fixture *fixture = *state;
    const uint64_t row = 1;
    const struct spot moved = spot_at(1, 101, "clemenstorget", 0), again = spot_at(1, 100, "bangatan", 0);
    const struct map_change map[] = {{key_at(MAP_DAY, 100, "bangatan", 0), {-1, -60, -7}},
                                     {key_at(MAP_DAY, 101, "clemenstorget", 0), {1, 60, 7}}},
                            back[] = {{key_at(MAP_DAY, 100, "bangatan", 0), {1, 60, 7}},
                                      {key_at(MAP_DAY, 101, "clemenstorget", 0), {-1, -60, -7}}};
    put_two(fixture);
    const struct fold_changes there = {.spots_removed = &row,
                                       .spots_removed_count = 1,
                                       .spots = &moved,
                                       .spots_count = 1,
                                       .map = map,
                                       .map_count = 2},
                              here = {.spots_removed = &row,
                                      .spots_removed_count = 1,
                                      .spots = &again,
                                      .spots_count = 1,
                                      .map = back,
                                      .map_count = 2};
    fold(fixture, &there);
    assert_int_equal(find(fixture, "lund", MAP_DAY, 100, 100).rows, 1);
    assert_string_equal(find(fixture, "lund", MAP_DAY, 101, 101).places, "clemenstorget");
    fold(fixture, &here);
    assert_int_equal(find(fixture, "lund", MAP_DAY, 100, 100).sum.reports, 2);
    assert_int_equal(find(fixture, "lund", MAP_DAY, 101, 101).rows, 0);
}

// More than go into one statement, and not a whole number of them.
static void many_at_once_are_each_put_and_each_taken_off(void **state) {
    enum { MANY = 19 };
    struct store_fixture *fixture = *state;
    struct spot spots[MANY], found[MANY];
    struct map_change map[MANY];
    uint64_t rows[MANY];
    struct sender sender;
    sender_init(&sender, 1, 1);
    sender_send(fixture, &sender, MANY);
    for (int i = 0; i < MANY; i++) {
        rows[i] = (uint64_t)i + 1;
        spots[i] = spot_at(rows[i], 100 + i, "bangatan", 0);
        map[i] = (struct map_change){spots[i].at, {1, i, 7}};
    }
    fold(fixture, &(struct fold_changes){.spots = spots, .spots_count = MANY, .map = map, .map_count = MANY});
    assert_int_equal(find(fixture, "lund", MAP_DAY, 100, 200).rows, MANY);
    assert_int_equal(find(fixture, "lund", MAP_DAY, 117, 117).sum.person_minutes, 17);
    assert_ok(fixture->store->ledger->spots_of(fixture->store, rows, MANY, &fixture->arena, found));
    for (int i = 0; i < MANY; i++)
        assert_int_equal(found[i].at.day, 100 + i);
    for (int i = 0; i < MANY; i++)
        map[i].add = (struct map_tally){i == 10 ? 1 : -1, i == 10 ? 5 : -i, i == 10 ? 0 : -7};
    fold(fixture, &(struct fold_changes){.spots_removed = rows, .spots_removed_count = MANY, .map = map, .map_count = MANY});
    assert_int_equal(find(fixture, "lund", MAP_DAY, 100, 200).rows, 1);
    assert_int_equal(find(fixture, "lund", MAP_DAY, 110, 110).sum.reports, 2);
}

static void the_map_goes_with_the_fold_and_comes_back_with_a_rollback(void **state) {
    struct store_fixture *fixture = *state;
    const uint64_t row = 1;
    struct spot spot;
    put_two(fixture);
    fixture_begin(fixture);
    assert_ok(fixture->store->ledger->fold_clear(fixture->store));
    assert_int_equal(find(fixture, NULL, MAP_DAY, 0, 200).rows, 0);
    assert_ok(fixture->store->ledger->spots_of(fixture->store, &row, 1, &fixture->arena, &spot));
    assert_int_equal(spot.tally.reports, 0);
    fixture_rollback(fixture);
    assert_int_equal(find(fixture, NULL, MAP_YEAR, 0, 200).rows, 2);
    assert_ok(fixture->store->ledger->spots_of(fixture->store, &row, 1, &fixture->arena, &spot));
    assert_int_equal(spot.tally.reports, 1);
}

// ---- The reports behind a row ----

enum { SCATTERED = 500 };

// Over three years, four places, a block of squares and two of each else, so that most keys have something on some days.
static void scatter(struct spot spots[SCATTERED]) {
    static const char *const places[] = {"bangatan", "clemenstorget", "stortorget", ""};
    static const char *const areas[] = {"lund", "malmo"}, *const organisations[] = {"polisen", "jernhusen"};
    uint32_t seed = 7;
    for (uint64_t i = 0; i < SCATTERED; i++) {
        uint32_t dice = seed = seed * 1664525 + 1013904223;
        struct spot *spot = &spots[i];
        const char *place = places[dice >> 30];
        *spot = spot_at(i + 1, (int32_t)(dice >> 8 & 1023), place, 0);
        spot->at.area = areas[dice >> 7 & 1];
        spot->at.organisation = organisations[dice >> 6 & 1];
        spot->at.kind = 1 + (dice >> 5 & 1);
        if (place[0] == '\0' && (dice >> 4 & 1) != 0)
            spot->at.square = square_of(55700000 + (int32_t)(dice >> 20 & 7) * SQUARE_HEIGHT_E6,
                                        13190000 + (int32_t)(dice >> 23 & 7) * SQUARE_WIDTH_E6);
    }
}

// Each as a change of its day, its month and its year.
static void fold_scattered(struct store_fixture *fixture, const struct spot *spots) {
    static struct map_change map[3 * SCATTERED];
    for (size_t i = 0; i < SCATTERED; i++)
        for (enum map_span span = MAP_DAY; span <= MAP_YEAR; span++) {
            struct map_change *change = &map[3 * i + span];
            *change = (struct map_change){spots[i].at, spots[i].tally};
            change->at.span = span;
            change->at.day = map_span_start(span, spots[i].at.day);
        }
    struct sender sender;
    sender_init(&sender, 1, 1);
    for (size_t i = 0; i < SCATTERED; i += SENDER_REPORTS_MAX)
        sender_send(fixture, &sender, SENDER_REPORTS_MAX);
    fold(fixture,
         &(struct fold_changes){.spots = spots, .spots_count = SCATTERED, .map = map, .map_count = (size_t)3 * SCATTERED});
}

static bool is_behind(const struct spot *spot, const struct spots_wanted *wanted) {
    struct map_key at = spot->at;
    at.day = wanted->at.day;
    at.square = at.square == 0 ? 0 : square_coarser(at.square, wanted->level);
    return map_key_compare(&at, &wanted->at) == 0 && spot->at.day >= wanted->first && spot->at.day <= wanted->last;
}

// In parts of a few, each after the last row of the one before.
static size_t expect_as_scattered(struct store_fixture *fixture, const struct spot *spots, struct spots_wanted wanted) {
    enum { PART = 3 };
    size_t expected = 0, found = 0, count = PART;
    const struct spot *last = NULL;
    for (size_t i = 0; i < SCATTERED; i++)
        expected += is_behind(&spots[i], &wanted);
    while (count == PART) {
        uint64_t *rows;
        arena_reset(&fixture->arena);
        assert_ok(fixture->store->views->spots(fixture->store, &wanted, PART, &fixture->arena, &rows, &count));
        for (size_t i = 0; i < count; i++) {
            const struct spot *spot = &spots[rows[i] - 1];
            assert_true(is_behind(spot, &wanted));
            assert_true(last == NULL || spot->at.day < last->at.day ||
                        (spot->at.day == last->at.day && spot->row < last->row));
            last = spot;
        }
        found += count;
        wanted.last = last == NULL ? wanted.last : last->at.day;
        wanted.before = last == NULL ? 0 : last->row;
    }
    assert_int_equal(found, expected);
    return found;
}

static void the_reports_behind_a_row_are_those_and_no_others_the_newest_day_first(void **state) {
    static struct spot spots[SCATTERED];
    static const int32_t periods[][2] = {{0, 1023},  {-4000, 9000}, {31, 58},    {364, 366},
                                         {365, 365}, {200, 700},    {2000, 3000}};
    struct store_fixture *fixture = *state;
    size_t found = 0;
    scatter(spots);
    fold_scattered(fixture, spots);
    for (size_t i = 0; i < SCATTERED; i += 9)
        for (size_t k = 0; k < ARRAY_COUNT(periods); k++)
            for (unsigned level = 0; level <= (spots[i].at.square == 0 ? 0 : 3); level++) {
                struct spots_wanted wanted = {spots[i].at, level, periods[k][0], periods[k][1], 0};
                if (wanted.at.square != 0)
                    wanted.at.square = square_coarser(wanted.at.square, level);
                found += expect_as_scattered(fixture, spots, wanted);
            }
    assert_true(found > 1000);
}

static void behind_what_is_not_on_the_map_there_is_nothing(void **state) {
    struct store_fixture *fixture = *state;
    uint64_t *rows;
    size_t count = 1;
    struct spots_wanted wanted = {key_at(MAP_DAY, 0, "bangatan", 0), 0, 0, 1000, 0};
    put_two(fixture);
    assert_ok(fixture->store->views->spots(fixture->store, &wanted, 10, &fixture->arena, &rows, &count));
    assert_int_equal(count, 1);
    wanted.at.place = "atlantis";
    assert_ok(fixture->store->views->spots(fixture->store, &wanted, 10, &fixture->arena, &rows, &count));
    assert_int_equal(count, 0);
    wanted.at = key_at(MAP_DAY, 0, "", 0); // somewhere, but not nowhere
    assert_ok(fixture->store->views->spots(fixture->store, &wanted, 10, &fixture->arena, &rows, &count));
    assert_int_equal(count, 0);
}

static enum rond_err refuse(void *context, const struct map_change *row) {
    (void)row;
    ++*(size_t *)context;
    return ROND_EFULL;
}

// Of each scattered report one that counts toward commitment 1, an hour from its day's noon, one that does not, and of every third
// another one that counts, toward 2.
static size_t contributions_of_scattered(const struct spot *spots, struct stored_contribution *ret_added) {
    size_t count = 0;
    for (size_t i = 0; i < SCATTERED; i++) {
        struct stored_contribution one = {.row = spots[i].row, .commitment = 1};
        one.value = (struct contribution){.reason = REASON_COUNTED, .bucket = "a:one", .period = "2015", .quantity = 1};
        one.value.from_s = (int64_t)spots[i].at.day * 86400 + 12 * 3600;
        one.value.to_s = one.value.from_s + 3600;
        ret_added[count++] = one;
        one.commitment = 2;
        one.value.reason = i % 3 == 0 ? REASON_COUNTED : REASON_PLACE;
        ret_added[count++] = one;
    }
    return count;
}

struct counted_seen {
    const struct counted_wanted *wanted;
    const struct spot *spots;
    size_t count, end_at;
};

static bool is_of(const struct counted_wanted *wanted, const struct spot *spot) {
    int64_t from_s = (int64_t)spot->at.day * 86400 + 12 * 3600;
    return strcmp(spot->at.area, wanted->area) == 0 && spot->at.kind == wanted->kind && spot->at.day >= wanted->first &&
           spot->at.day <= wanted->last && from_s + 3600 >= wanted->from_s && from_s <= wanted->to_s;
}

static enum rond_err counted_see(void *context, const struct counted_one *one) {
    struct counted_seen *seen = context;
    const struct spot *spot = &seen->spots[one->row - 1];
    assert_true(is_of(seen->wanted, spot));
    assert_true(one->commitment == 1 || (one->commitment == 2 && (one->row - 1) % 3 == 0));
    assert_string_equal(one->bucket, "a:one");
    assert_int_equal(one->to_s - one->from_s, 3600);
    return ++seen->count == seen->end_at ? ROND_EFULL : ROND_OK;
}

static void what_counts_of_a_kind_in_an_area_on_some_days_is_found_and_nothing_else(void **state) {
    enum { KINDS = 4 }; // 1 and 2 are scattered
    static struct spot spots[SCATTERED];
    static struct stored_contribution added[2 * SCATTERED];
    static const int32_t periods[][2] = {{0, 1023}, {31, 58}, {365, 365}, {2000, 3000}, {58, 31}};
    static const char *const areas[] = {"lund", "malmo", "atlantis"};
    struct store_fixture *fixture = *state;
    size_t all = 0;
    scatter(spots);
    fold_scattered(fixture, spots);
    fold(fixture, &(struct fold_changes){.added = added, .added_count = contributions_of_scattered(spots, added)});
    for (size_t k = 0; k < ARRAY_COUNT(areas) * KINDS * ARRAY_COUNT(periods); k++) {
        const int32_t *period = periods[k / KINDS % ARRAY_COUNT(periods)];
        struct counted_wanted wanted = {areas[k / KINDS / ARRAY_COUNT(periods)], (uint32_t)(k % KINDS), period[0], period[1]};
        wanted.from_s = (int64_t)(period[0] + 1) * 86400; // nothing of the first day reaches into it
        wanted.to_s = (int64_t)period[1] * 86400 + 12 * 3600;
        struct counted_seen seen = {&wanted, spots, 0, 0};
        size_t expected = 0;
        for (size_t i = 0; i < SCATTERED; i++)
            expected += is_of(&wanted, &spots[i]) ? 1 + (i % 3 == 0) : 0;
        assert_ok(fixture->store->views->counted_on(fixture->store, &wanted, &(struct counted_ones){counted_see, &seen}));
        assert_int_equal(seen.count, expected);
        all += expected;
    }
    assert_true(all > SCATTERED);
    const struct counted_wanted many = {"lund", spots[0].at.kind, 0, 1023, 0, INT64_MAX};
    struct counted_seen seen = {&many, spots, 0, 3};
    assert_int_equal(fixture->store->views->counted_on(fixture->store, &many, &(struct counted_ones){counted_see, &seen}), ROND_EFULL);
    assert_int_equal(seen.count, 3);
}

static void who_reads_may_end_it(void **state) {
    struct store_fixture *fixture = *state;
    size_t seen = 0;
    const struct map_range range = {"lund", MAP_DAY, 0, 200};
    const struct map_rows rows = {refuse, &seen};
    put_two(fixture);
    assert_int_equal(fixture->store->views->map(fixture->store, &range, &rows), ROND_EFULL);
    assert_int_equal(seen, 1);
}

// The reports' own rows and those of each span are held against each other where a store is verified.
static void a_map_that_its_reports_do_not_add_up_to_is_found(void **state) {
    const struct map_change day = {key_at(MAP_DAY, 100, "bangatan", 0), {2, 120, 14}},
                            month = {key_at(MAP_MONTH, 90, "bangatan", 0), {2, 120, 14}},
                            year = {key_at(MAP_YEAR, 0, "bangatan", 0), {2, 120, 14}};
    const struct {
        struct map_change add; // beside what is right
        const char *text;
    } cases[] = {
        {{key_at(MAP_DAY, 100, "bangatan", 0), {0, 0, 1}}, "The map of a day is not what the reports on it add up to."},
        {{key_at(MAP_DAY, 100, "bangatan", 0), {1, 0, 0}}, "The map of a day is not what the reports on it add up to."},
        {{key_at(MAP_DAY, 101, "bangatan", 0), {0, 0, 0}}, "The map of a day is not what the reports on it add up to."},
        {{key_at(MAP_MONTH, 90, "", 0), {1, 60, 7}}, "The map of a month is not what the reports on it add up to."},
        {{key_at(MAP_MONTH, 90, "bangatan", 0), {0, -1, 0}}, "The map of a month is not what the reports on it add up to."},
        {{key_at(MAP_YEAR, 0, "bangatan", 1), {1, 60, 7}}, "The map of a year is not what the reports on it add up to."},
        {{key_at(MAP_YEAR + 1, 0, "bangatan", 0), {2, 120, 14}}, "The map has a row of neither day, month nor year."},
    };
    struct store_fixture *fixture = *state;
    const struct spot spots[] = {spot_at(1, 100, "bangatan", 0), spot_at(2, 100, "bangatan", 0)};
    struct fault fault;
    struct sender sender;
    sender_init(&sender, 1, 1);
    sender_send(fixture, &sender, 2);
    for (size_t i = 0; i <= ARRAY_COUNT(cases); i++) {
        bool is_right = i == ARRAY_COUNT(cases);
        const struct map_change map[] = {day, month, year, cases[is_right ? 0 : i].add};
        fixture_begin(fixture);
        assert_ok(fixture->store->ledger->fold_clear(fixture->store));
        fixture_commit(fixture);
        fold(fixture,
             &(struct fold_changes){.spots = spots, .spots_count = 2, .map = map, .map_count = ARRAY_COUNT(map) - is_right});
        fault = (struct fault){0};
        assert_int_equal(fixture->store->views->integrity(fixture->store, &fault), is_right ? ROND_OK : ROND_ECORRUPT);
        assert_string_equal(fault.text, is_right ? "" : cases[i].text);
    }
}

// What is moved from one place to another, and back in another row, comes to the same in all.
static void a_map_whose_rows_have_changed_places_is_found(void **state) {
    struct store_fixture *fixture = *state;
    struct fault fault = {0};
    const struct spot spots[] = {spot_at(1, 100, "bangatan", 0), spot_at(2, 101, "clemenstorget", 0)};
    const struct map_change map[] = {
        {key_at(MAP_DAY, 100, "clemenstorget", 0), {1, 60, 7}},  {key_at(MAP_DAY, 101, "bangatan", 0), {1, 60, 7}},
        {key_at(MAP_MONTH, 90, "clemenstorget", 0), {1, 60, 7}}, {key_at(MAP_MONTH, 90, "bangatan", 0), {1, 60, 7}},
        {key_at(MAP_YEAR, 0, "clemenstorget", 0), {1, 60, 7}},   {key_at(MAP_YEAR, 0, "bangatan", 0), {1, 60, 7}}};
    struct sender sender;
    sender_init(&sender, 1, 1);
    sender_send(fixture, &sender, 2);
    fold(fixture, &(struct fold_changes){.spots = spots, .spots_count = 2, .map = map, .map_count = ARRAY_COUNT(map)});
    assert_int_equal(fixture->store->views->integrity(fixture->store, &fault), ROND_ECORRUPT);
    assert_string_equal(fault.text, "The map of a day is not what the reports on it add up to.");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_EVERY_BACKEND(a_spot_is_given_back_as_it_was_put),
        ON_EVERY_BACKEND(the_map_gives_one_area_and_one_span_and_no_day_outside_the_range),
        ON_EVERY_BACKEND(what_comes_to_nothing_is_not_given_and_may_come_back),
        ON_EVERY_BACKEND(many_at_once_are_each_put_and_each_taken_off),
        ON_EVERY_BACKEND(the_map_goes_with_the_fold_and_comes_back_with_a_rollback),
        ON_EVERY_BACKEND(the_reports_behind_a_row_are_those_and_no_others_the_newest_day_first),
        ON_EVERY_BACKEND(behind_what_is_not_on_the_map_there_is_nothing),
        ON_EVERY_BACKEND(what_counts_of_a_kind_in_an_area_on_some_days_is_found_and_nothing_else),
        ON_EVERY_BACKEND(who_reads_may_end_it),
        ON_SQLITE(a_map_that_its_reports_do_not_add_up_to_is_found),
        ON_SQLITE(a_map_whose_rows_have_changed_places_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
