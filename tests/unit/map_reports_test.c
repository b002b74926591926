// Tests: server/read/map_reports.c server/read/report_row.c
#include "read/map_reports.h"

#include <string.h>

#include "promise/apply.h"
#include "support/lund.h"
#include "support/rows.h"
#include "support/test.h"

static struct lund lund;
static struct kept_rows on_map, behind;

static int open_lund(void **state) {
    if (strcmp(*state, "memory") == 0)
        lund_open_memory(&lund, rng_system());
    else
        lund_open(&lund);
    kept_rows_init(&on_map);
    kept_rows_init(&behind);
    return 0;
}

static int close_lund(void **state) {
    (void)state;
    kept_rows_deinit(&on_map);
    kept_rows_deinit(&behind);
    lund_close(&lund);
    return 0;
}

// ---- What is generated ----

enum { ROUNDS = 300, OF_EACH_DEVICE = ROUNDS / LUND_DEVICES };

static Rond__V1__Kind kind_of(unsigned dice) {
    return (Rond__V1__Kind)(ROND__V1__KIND__KIND_CHECK + (int)(dice % ROND__V1__KIND__KIND_INITIATIVE));
}

// At a named place, at a position, or nowhere; within half a year about the turn of a year.
static Rond__V1__Report *scattered(unsigned dice) {
    static Rond__V1__Position positions[ROUNDS];
    static size_t positions_count;
    Rond__V1__Report *report = sample_report(&lund.arena, kind_of(dice >> 4 & 3), dice >> 8 & 255);
    int64_t later_s = (int64_t)(dice >> 16 & 127) * 86400 - (int64_t)200 * 86400;
    report->occurred_from_s += later_s;
    report->occurred_to_s += later_s;
    report->claimed_ms += later_s * 1000;
    if ((dice & 3) >= 2)
        report->place = arena_text(&lund.arena, "");
    if ((dice & 3) == 3) {
        Rond__V1__Position *position = &positions[positions_count++ % ROUNDS];
        rond__v1__position__init(position);
        position->latitude_e6 = 55700000 + (int32_t)(dice >> 24 & 3) * SQUARE_HEIGHT_E6;
        position->longitude_e6 = 13190000 + (int32_t)(dice >> 26 & 3) * SQUARE_WIDTH_E6;
        report->position = position;
    }
    return report;
}

static void join(const struct report_key *keys, size_t count) {
    struct decision decision = {.kind = DECISION_JOIN, .subject = "J-7QK2M", .value = "", .actor = "uid:1000"};
    decision.reports = keys;
    decision.reports_count = count;
    lund_begin(&lund);
    assert_ok(lund.store->registry->decision_put(lund.store, &decision, &(uint64_t){0}));
    for (size_t i = 0; i < count; i++) {
        struct stored_report report;
        assert_ok(lund.store->views->report_by_key(lund.store, &keys[i], &lund.arena, &report));
        assert_ok(promise_refold(lund.store, lund.catalogue, report.row));
    }
    lund_commit(&lund);
}

// Reports of every device, a third of the later ones corrections of earlier ones, some withdrawals, and two joined.
static void generate(void) {
    const struct report_key joined[] = {lund_key_of(0, 0, 1), lund_key_of(2, 0, 1)};
    uint32_t seed = 11;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint32_t dice = seed = seed * 1664525 + 1013904223;
        unsigned device = i % LUND_DEVICES, seq = 1 + i / LUND_DEVICES;
        struct report_key earlier = lund_key_of(device, 0, seq > 1 ? 1 + (dice >> 12) % (seq - 1) : 1);
        Rond__V1__Report *report = scattered(dice);
        if (seq > 10 && dice >> 30 == 0)
            report->corrects = lund_identity(&lund.arena, &earlier);
        else if (seq > 10 && dice >> 28 == 4)
            report = sample_withdrawal(&lund.arena, &earlier.device, &earlier.outbox, earlier.seq);
        lund_report(&lund, device, 0, report);
    }
    join(joined, ARRAY_COUNT(joined));
}

// ---- The list and the number ----

static json_int_t number_or_none(const json_t *row, const char *name) {
    return json_integer_value(json_object_get(row, name));
}

static struct map_reports_wanted wanted_of(const json_t *row, const char *from, const char *to) {
    return (struct map_reports_wanted){.of = {.area = field_text(row, "area"),
                                              .organisation = field_text(row, "organisation"),
                                              .kind = field_text(row, "kind"),
                                              .from = from,
                                              .to = to},
                                       .place = json_string_value(json_object_get(row, "place")),
                                       .latitude_e6 = number_or_none(row, "latitude_e6"),
                                       .longitude_e6 = number_or_none(row, "longitude_e6"),
                                       .square_m = number_or_none(row, "square_m")};
}

// Marks what is behind a row of the map; each report is behind one row alone.
static size_t expect_as_many(const json_t *row, const char *from, const char *to, bool *seen) {
    const struct map_reports_wanted wanted = wanted_of(row, from, to);
    const struct read_rows rows = behind.rows;
    json_array_clear(behind.list);
    assert_ok(read_map_reports(lund.store, lund.catalogue, &wanted, &rows, NULL));
    assert_int_equal(kept_count(&behind), field_number(row, "reports"));
    for (size_t i = 0; i < kept_count(&behind); i++) {
        const json_t *report = kept_row(&behind, i);
        assert_string_equal(field_text(report, "organisation"), wanted.of.organisation);
        assert_string_equal(field_text(report, "kind"), wanted.of.kind);
        assert_false(seen[field_number(report, "row")]);
        seen[field_number(report, "row")] = true;
    }
    return kept_count(&behind);
}

static void every_row_of_the_map_opens_into_as_many_reports_as_it_says(void **state) {
    static const char *const periods[][2] = {
        {NULL, NULL}, {"2014-12-01", "2015-01-31"}, {"2014-11-05", "2014-11-05"}, {"2014-12-31", "2015-01-01"}};
    (void)state;
    generate();
    size_t reports = 0, of_squares = 0;
    for (size_t i = 0; i < ARRAY_COUNT(periods); i++) {
        bool seen[ROUNDS + 1] = {false};
        const struct map_wanted wanted = {.from = periods[i][0], .to = periods[i][1]};
        const struct read_rows rows = on_map.rows;
        json_array_clear(on_map.list);
        assert_ok(read_map(lund.store, lund.catalogue, &wanted, &rows, NULL));
        for (size_t k = 0; k < kept_count(&on_map); k++) {
            of_squares += !field_is_null(kept_row(&on_map, k), "square_m");
            reports += expect_as_many(kept_row(&on_map, k), periods[i][0], periods[i][1], seen);
        }
    }
    assert_in_range(reports, ROUNDS / 2, 4 * ROUNDS);
    assert_in_range(of_squares, 50, 4 * ROUNDS);
}

// More positions than the map has rows for: squares of twice the height, each of which opens into all that it was joined of.
static void a_joined_square_opens_into_the_reports_of_all_that_it_was_joined_of(void **state) {
    (void)state;
    bool seen[MAP_ROWS_MAX + 200] = {false};
    Rond__V1__Position position = ROND__V1__POSITION__INIT;
    Rond__V1__Report *report = sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, 0);
    size_t found = 0;
    report->place = arena_text(&lund.arena, "");
    report->position = &position;
    for (int32_t i = 0; i < MAP_ROWS_MAX + 100; i++) {
        position.latitude_e6 = 55600000 + i / 50 * SQUARE_HEIGHT_E6;
        position.longitude_e6 = 13000000 + i % 50 * SQUARE_WIDTH_E6;
        lund_report(&lund, 0, 0, report);
    }
    const struct read_rows rows = on_map.rows;
    assert_ok(read_map(lund.store, lund.catalogue, &(struct map_wanted){.area = "lund"}, &rows, NULL));
    assert_int_equal(field_number(kept_row(&on_map, 0), "square_m"), 300);
    for (size_t i = 0; i < kept_count(&on_map); i++)
        found += expect_as_many(kept_row(&on_map, i), NULL, NULL, seen);
    assert_int_equal(found, MAP_ROWS_MAX + 100);
}

// ---- One list ----

static struct map_reports_wanted checks_at(const char *place) {
    return (struct map_reports_wanted){.of = {.area = "lund", .organisation = "polisen", .kind = "check"}, .place = place};
}

static size_t ask(const struct map_reports_wanted *wanted) {
    const struct read_rows rows = behind.rows;
    json_array_clear(behind.list);
    assert_ok(read_map_reports(lund.store, lund.catalogue, wanted, &rows, NULL));
    return kept_count(&behind);
}

static Rond__V1__Report *check(unsigned variant) {
    return sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, variant);
}

static void a_report_comes_with_its_fate_and_the_newest_day_first(void **state) {
    (void)state;
    lund_report(&lund, 0, 0, check(24)); // the day after
    lund_report(&lund, 0, 0, check(0));
    lund_report(&lund, 0, 0, check(4));
    struct map_reports_wanted wanted = checks_at("lund-c-stationen");
    assert_int_equal(ask(&wanted), 3);
    assert_int_equal(field_number(kept_row(&behind, 0), "row"), 1);
    assert_int_equal(field_number(kept_row(&behind, 1), "row"), 3);
    assert_string_equal(field_text(kept_row(&behind, 0), "local_from"), "2015-05-09 14:00");
    assert_true(json_array_size(field(kept_row(&behind, 0), "contributions")) > 0);
    assert_true(object_with(field(kept_row(&behind, 0), "contributions"), "commitment", "lund-2015-trafik/cykel") != NULL);
}

static void a_list_goes_on_after_any_report_even_one_that_left_the_map_meanwhile(void **state) {
    (void)state;
    struct report_key second = lund_key_of(0, 0, 2);
    for (unsigned i = 0; i < 5; i++)
        lund_report(&lund, 0, 0, check(4 * i)); // of one day
    lund_report(&lund, 0, 0, check(24));
    struct map_reports_wanted wanted = checks_at("lund-c-stationen");
    wanted.after = 6;
    assert_int_equal(ask(&wanted), 5);
    wanted.after = 2;
    assert_int_equal(ask(&wanted), 1);
    lund_report(&lund, 0, 0, sample_withdrawal(&lund.arena, &second.device, &second.outbox, 2));
    assert_int_equal(ask(&wanted), 1);
    assert_int_equal(field_number(kept_row(&behind, 0), "row"), 1);
    wanted.of.to = "2015-05-07";
    assert_int_equal(ask(&wanted), 0);
}

static void more_than_a_page_come_each_once(void **state) {
    (void)state;
    for (unsigned i = 0; i < READ_PAGE_ROWS + 10; i++)
        lund_report(&lund, 0, 0, check(0));
    const struct map_reports_wanted wanted = checks_at("lund-c-stationen");
    assert_int_equal(ask(&wanted), READ_PAGE_ROWS + 10);
    for (size_t i = 0; i < READ_PAGE_ROWS + 10; i++)
        assert_int_equal(field_number(kept_row(&behind, i), "row"), READ_PAGE_ROWS + 10 - i);
}

static bool not_there(const void *context, const char *area) {
    (void)context;
    (void)area;
    return false;
}

static bool its_own(const void *context, const char *organisation, const char *area, const char *kind) {
    (void)area;
    (void)kind;
    return strcmp(organisation, context) == 0;
}

static void what_one_may_not_see_on_the_map_opens_into_nothing(void **state) {
    (void)state;
    lund_report(&lund, 0, 0, check(0));
    struct map_reports_wanted wanted = checks_at("lund-c-stationen");
    wanted.of.shows = its_own;
    wanted.of.context = "polisen";
    assert_int_equal(ask(&wanted), 1);
    wanted.of.context = "jernhusen";
    assert_int_equal(ask(&wanted), 0);
    wanted.of.context = "polisen";
    wanted.of.may_see = not_there;
    assert_int_equal(ask(&wanted), 0);
}

static void what_makes_no_sense_is_refused_with_its_field(void **state) {
    (void)state;
    const struct {
        struct map_reports_wanted wanted;
        enum rond_err err;
        const char *field;
    } cases[] = {
        {{.of = {.organisation = "polisen", .kind = "check"}}, ROND_EINVALID, "area"},
        {{.of = {.area = "lund", .kind = "check"}}, ROND_EINVALID, "organisation"},
        {{.of = {.area = "lund", .organisation = "polisen"}}, ROND_EINVALID, "kind"},
        {{.of = {.area = "lund", .organisation = "polisen", .kind = "parade"}}, ROND_EINVALID, "kind"},
        {{.of = {.area = "atlantis", .organisation = "polisen", .kind = "check"}}, ROND_ENOTFOUND, "area"},
        {{.of = {.area = "lund", .organisation = "polisen", .kind = "check", .from = "May"}}, ROND_EINVALID, "from"},
        {{.of = checks_at(NULL).of, .square_m = 151}, ROND_EINVALID, "square_m"},
        {{.of = checks_at(NULL).of, .square_m = -150}, ROND_EINVALID, "square_m"},
        {{.of = checks_at(NULL).of, .square_m = INT64_MAX}, ROND_EINVALID, "square_m"},
        {{.of = checks_at(NULL).of, .square_m = 150, .latitude_e6 = INT64_MIN}, ROND_EINVALID, "latitude_e6"},
        {{.of = checks_at(NULL).of, .square_m = 150, .longitude_e6 = 180000001}, ROND_EINVALID, "longitude_e6"},
        {{.of = checks_at(NULL).of, .after = 77}, ROND_EINVALID, "after"},
    };
    const struct read_rows rows = behind.rows;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct fault fault = {0};
        assert_err(cases[i].err, read_map_reports(lund.store, lund.catalogue, &cases[i].wanted, &rows, &fault));
        assert_string_equal(fault.field, cases[i].field);
    }
}

#define ON_BOTH(name)                                                                                                       \
    {#name " (memory)", name, open_lund, close_lund, (char[]){"memory"}}, {                                                 \
#name " (sqlite)", name, open_lund, close_lund, (char[]) {                                                          \
            "sqlite"                                                                                                        \
        }                                                                                                                   \
    }

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_BOTH(every_row_of_the_map_opens_into_as_many_reports_as_it_says),
        ON_BOTH(a_joined_square_opens_into_the_reports_of_all_that_it_was_joined_of),
        ON_BOTH(a_report_comes_with_its_fate_and_the_newest_day_first),
        ON_BOTH(a_list_goes_on_after_any_report_even_one_that_left_the_map_meanwhile),
        ON_BOTH(more_than_a_page_come_each_once),
        ON_BOTH(what_one_may_not_see_on_the_map_opens_into_nothing),
        ON_BOTH(what_makes_no_sense_is_refused_with_its_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
