// Tests: server/read/export.c server/read/promise_json.c server/read/rows.c server/read/lists.c
#include "read/lists.h"

#include <string.h>

#include "promise/apply.h"
#include "read/export.h"
#include "support/lund.h"
#include "support/rows.h"
#include "support/test.h"
#include "wire/codes.h"

static struct lund lund;
static struct kept_rows kept;

static int open_lund(void **state) {
    lund_open(&lund);
    kept_rows_init(&kept);
    return 0;
}

static int close_lund(void **state) {
    kept_rows_deinit(&kept);
    lund_close(&lund);
    return 0;
}

static void forget(void) {
    kept_rows_deinit(&kept);
    kept_rows_init(&kept);
}

static Rond__V1__Report *check(unsigned variant) {
    return sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, variant);
}

static Rond__V1__Report *bad_check(void) {
    Rond__V1__Report *report = check(0);
    report->place = arena_text(&lund.arena, "atlantis");
    return report;
}

static void moments_are_written_in_utc(void **state) {
    const struct {
        int64_t at_s;
        const char *text;
    } moments[] = {
        {0, "1970-01-01T00:00:00Z"},
        {-1, "1969-12-31T23:59:59Z"},
        {-86400, "1969-12-31T00:00:00Z"},
        {951868799, "2000-02-29T23:59:59Z"},
        {INT64_C(253402300799), "9999-12-31T23:59:59Z"},
        {INT64_C(253402300800), NULL},
        {INT64_MAX, NULL},
        {INT64_MIN, NULL},
    };
    for (size_t i = 0; i < ARRAY_COUNT(moments); i++) {
        json_t *made = read_moment(moments[i].at_s);
        if (moments[i].text == NULL)
            assert_true(json_is_null(made));
        else
            assert_string_equal(json_string_value(made), moments[i].text);
        json_decref(made);
    }
}

static void what_is_no_utf8_is_given_as_digits(void **state) {
    json_t *made = read_text("a\xff");
    assert_string_equal(json_string_value(made), "hex:61ff");
    json_decref(made);
    assert_true(json_is_null(read_text(NULL)));
}

static void an_answer_is_of_one_moment(void **state) {
    struct store *reader = NULL;
    struct fault fault = {0};
    struct store_counts counts;
    lund_report(&lund, 0, 1, check(0));
    assert_ok(store_open_sqlite(lund.directory, STORE_READ_ONLY, rng_system(), &reader, &fault));
    assert_ok(read_begin(reader));
    assert_ok(reader->views->counts(reader, &counts));
    assert_int_equal(counts.reports, 1);
    lund_report(&lund, 0, 1, check(1));
    assert_ok(reader->views->counts(reader, &counts));
    assert_int_equal(counts.reports, 1);
    read_end(reader);
    assert_ok(reader->views->counts(reader, &counts));
    assert_int_equal(counts.reports, 2);
    store_close(reader);
}

static void outboxes_are_listed_of_all_or_of_one_device(void **state) {
    struct id128 id = lund_device(2);
    lund_report(&lund, 0, 1, check(0));
    lund_report(&lund, 2, 1, check(0));
    lund_report(&lund, 2, 1, check(1));
    assert_ok(read_outboxes(lund.store, NULL, &kept.rows));
    assert_int_equal(kept_count(&kept), 2);
    forget();
    assert_ok(read_outboxes(lund.store, &id, &kept.rows));
    assert_int_equal(kept_count(&kept), 1);
    assert_int_equal(field_number(kept_row(&kept, 0), "watermark"), 2);
    assert_false(field_truth(kept_row(&kept, 0), "forked"));
}

static void the_quarantine_shows_reason_and_body(void **state) {
    lund_report(&lund, 0, 1, check(0));
    uint64_t row = lund_report(&lund, 0, 1, bad_check());
    lund_report(&lund, 2, 1, bad_check());
    lund_begin(&lund);
    assert_ok(lund.store->ledger->quarantine_decide(lund.store, row, true));
    lund_commit(&lund);
    assert_ok(read_quarantine(lund.store, false, 0, &kept.rows));
    assert_int_equal(kept_count(&kept), 1);
    const json_t *open = kept_row(&kept, 0);
    assert_string_equal(field_text(open, "verdict"), "quarantined");
    assert_string_equal(field_text(open, "code_name"), "place_unknown");
    assert_string_equal(field_text(open, "field"), "place");
    assert_string_equal(field_text(field(open, "report"), "place"), "atlantis");
    forget();
    assert_ok(read_quarantine(lund.store, true, 0, &kept.rows));
    assert_int_equal(kept_count(&kept), 2);
    assert_true(field_truth(kept_row(&kept, 0), "released"));
}

static void a_report_is_found_by_what_a_person_reads_out(void **state) {
    struct fault fault = {0};
    lund_report(&lund, 0, 1, check(0));
    lund_report(&lund, 0, 1, check(1));
    struct report_key key = lund_key_of(0, 1, 2);
    json_t *reference = read_reference_text(&key);
    assert_ok(read_report(lund.store, json_string_value(reference), &kept.rows, &fault));
    json_decref(reference);
    assert_int_equal(kept_count(&kept), 1);
    assert_int_equal(field_number(kept_row(&kept, 0), "seq"), 2);
    assert_int_equal(json_array_size(field(kept_row(&kept, 0), "contributions")) > 0, 1);
    key.seq = 3;
    reference = read_reference_text(&key);
    assert_err(ROND_ENOTFOUND, read_report(lund.store, json_string_value(reference), &kept.rows, &fault));
    json_decref(reference);
    assert_err(ROND_EINVALID, read_report(lund.store, "no reference", &kept.rows, &fault));
    assert_true(fault.text[0] != '\0');
}

// As an ambiguous reference's fault advises, and rondctl's help says.
static void a_report_is_found_by_its_row_too(void **state) {
    static const char *const nowhere[] = {"#", "#0", "#2", "#-1", "#1x", "#x", "##1", "#99999999999999999999999"};
    struct fault fault = {0};
    char text[32];
    (void)snprintf(text, sizeof text, "#%llu", (unsigned long long)lund_report(&lund, 0, 1, check(0)));
    assert_string_equal(text, "#1");
    assert_ok(read_report(lund.store, text, &kept.rows, &fault));
    assert_int_equal(kept_count(&kept), 1);
    assert_int_equal(field_number(kept_row(&kept, 0), "seq"), 1);
    for (size_t i = 0; i < ARRAY_COUNT(nowhere); i++)
        assert_err(ROND_ENOTFOUND, read_report(lund.store, nowhere[i], &kept.rows, &fault));
    assert_int_equal(kept_count(&kept), 1);
    assert_string_equal(fault.field, "reference");
}

static void counts_add_up(void **state) {
    json_t *counts = NULL;
    lund_report(&lund, 0, 1, check(0));
    lund_report(&lund, 0, 1, bad_check());
    assert_ok(read_counts(lund.store, &counts));
    assert_int_equal(field_number(counts, "reports"), 2);
    assert_int_equal(field_number(counts, "applied"), 1);
    assert_int_equal(field_number(counts, "quarantined"), 1);
    assert_int_equal(field_number(counts, "quarantined_open"), 1);
    assert_int_equal(field_number(counts, "devices"), LUND_DEVICES);
    json_decref(counts);
}

static void a_fork_is_shown_with_its_body(void **state) {
    struct record record = sample_record(&lund.arena, ROND__V1__KIND__KIND_MEETING, 3);
    struct append_result result;
    struct ledger_batch *other = lund_batch(&lund, 0, 1, &record, 1);
    lund_report(&lund, 0, 1, check(0));
    lund_begin(&lund);
    assert_ok(lund.store->ledger->append(lund.store, other, &result));
    assert_int_equal(result.status, APPEND_FORKED);
    lund_commit(&lund);
    assert_ok(read_forks(lund.store, &kept.rows));
    assert_int_equal(kept_count(&kept), 1);
    assert_int_equal(field_number(kept_row(&kept, 0), "seq"), 1);
    assert_string_equal(field_text(field(kept_row(&kept, 0), "report"), "kind"), "meeting");
}

static void words_are_listed_of_one_list_or_all(void **state) {
    assert_ok(read_words(lund.store, "role", &kept.rows));
    assert_int_equal(kept_count(&kept), 6);
    assert_non_null(object_with(kept.list, "id", "station_host"));
    forget();
    assert_ok(read_words(lund.store, "place", &kept.rows));
    assert_int_equal(kept_count(&kept), 5);
    assert_int_equal(field_number(kept_row(&kept, 0), "latitude_e6"), 55705900);
    forget();
    assert_ok(read_words(lund.store, NULL, &kept.rows));
    assert_int_equal(kept_count(&kept), 14 + 5 + 5 + 2);
    assert_null(object_with(kept.list, "list", "promise"));
}

static void a_word_that_was_removed_is_not_listed(void **state) {
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    Rond__V1__Place place = ROND__V1__PLACE__INIT;
    place.id = entry.id = arena_text(&lund.arena, "bangatan");
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_PLACE;
    entry.place = &place;
    entry.removed = true;
    lund_begin(&lund);
    assert_ok(lund.store->registry->reference_put(lund.store, &entry, NULL));
    lund_commit(&lund);
    assert_ok(read_words(lund.store, "place", &kept.rows));
    assert_int_equal(kept_count(&kept), 4);
}

static void promises_are_listed_by_area(void **state) {
    assert_ok(read_promises(lund.store, "lund", &kept.rows));
    assert_int_equal(kept_count(&kept), 2);
    const json_t *traffic = object_with(kept.list, "promise", "lund-2015-trafik");
    const json_t *taxi = object_with(field(traffic, "commitments"), "commitment", "lund-2015-trafik/taxi");
    assert_int_equal(field_number(taxi, "target"), 2);
    assert_string_equal(field_text(taxi, "measure"), "at_least");
    forget();
    assert_ok(read_promises(lund.store, "malmo", &kept.rows));
    assert_int_equal(kept_count(&kept), 0);
}

static void an_export_holds_every_report_with_its_hashes(void **state) {
    for (unsigned i = 0; i < READ_PAGE_ROWS + 2; i++)
        lund_report(&lund, i % 2, 1, i == 7 ? bad_check() : check(i % 50));
    lund_begin(&lund);
    assert_ok(lund.store->ledger->erase(lund.store, 3, FOR_A_TEST));
    lund_commit(&lund);
    assert_ok(read_export(lund.store, &kept.rows));
    assert_int_equal(kept_count(&kept), READ_PAGE_ROWS + 2);
    for (size_t i = 0; i < kept_count(&kept); i++) {
        assert_int_equal(field_number(kept_row(&kept, i), "row"), i + 1);
        assert_int_equal(strlen(field_text(kept_row(&kept, i), "leaf")), 2 * HASH_SIZE);
    }
    assert_true(field_is_null(kept_row(&kept, 2), "salt"));
    assert_true(field_is_null(kept_row(&kept, 2), "report"));
    assert_true(field_truth(kept_row(&kept, 2), "erased"));
    assert_int_equal(strlen(field_text(kept_row(&kept, 3), "salt")), 2 * SALT_SIZE);
    assert_string_equal(field_text(kept_row(&kept, 7), "verdict"), "quarantined");
    assert_int_equal(json_array_size(field(kept_row(&kept, 7), "contributions")), 0);
    const json_t *toward = object_with(field(kept_row(&kept, 3), "contributions"), "commitment", "lund-2015-trafik/cykel");
    assert_true(field_truth(toward, "counted"));
}

static void a_listener_that_is_gone_ends_an_export(void **state) {
    lund_report(&lund, 0, 1, check(0));
    lund_report(&lund, 0, 1, check(1));
    kept.stop_after = 1;
    assert_err(ROND_EIO, read_export(lund.store, &kept.rows));
    lund_report(&lund, 0, 1, check(2)); // no read was left open
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, open_lund, close_lund)
    const struct CMUnitTest tests[] = {
        TEST(moments_are_written_in_utc),
        TEST(what_is_no_utf8_is_given_as_digits),
        TEST(an_answer_is_of_one_moment),
        TEST(outboxes_are_listed_of_all_or_of_one_device),
        TEST(the_quarantine_shows_reason_and_body),
        TEST(a_report_is_found_by_what_a_person_reads_out),
        TEST(a_report_is_found_by_its_row_too),
        TEST(counts_add_up),
        TEST(a_fork_is_shown_with_its_body),
        TEST(words_are_listed_of_one_list_or_all),
        TEST(a_word_that_was_removed_is_not_listed),
        TEST(promises_are_listed_by_area),
        TEST(an_export_holds_every_report_with_its_hashes),
        TEST(a_listener_that_is_gone_ends_an_export),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
