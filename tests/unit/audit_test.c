// Tests: server/read/audit.c
#include "read/audit.h"

#include <string.h>

#include "support/lund.h"
#include "support/rows.h"
#include "support/test.h"

static struct lund lund;
static struct kept_rows kept;

#define DAY_MS (INT64_C(24) * 3600 * 1000)

static int open_lund(void **state) {
    UNUSED(state);
    lund_open(&lund);
    kept_rows_init(&kept);
    return 0;
}

static int close_lund(void **state) {
    UNUSED(state);
    kept_rows_deinit(&kept);
    lund_close(&lund);
    return 0;
}

static void forget(void) {
    kept_rows_deinit(&kept);
    kept_rows_init(&kept);
}

// Every third is a reading; one each hour from the beginning of 1970.
static void rows_made(unsigned count) {
    lund_begin(&lund);
    for (unsigned i = 0; i < count; i++) {
        struct audit_row row = {.at_ms = (int64_t)i * 3600 * 1000,
                                .actor = "uid:0",
                                .action = i % 3 == 0 ? "report.show" : "device.code",
                                .detail = "nothing"};
        assert_ok(lund.store->registry->audit(lund.store, &row));
    }
    lund_commit(&lund);
}

static void the_log_is_listed_oldest_first_with_its_chain(void **state) {
    UNUSED(state);
    rows_made(READ_PAGE_ROWS + 3);
    assert_ok(read_audit(lund.store, &(struct audit_wanted){0}, &kept.rows, NULL));
    assert_int_equal(kept_count(&kept), READ_PAGE_ROWS + 3);
    for (size_t i = 0; i < kept_count(&kept); i++) {
        assert_int_equal(field_number(kept_row(&kept, i), "id"), i + 1);
        assert_int_equal(field_number(kept_row(&kept, i), "at_ms"), i * 3600 * 1000);
        assert_int_equal(strlen(field_text(kept_row(&kept, i), "hash")), 2 * HASH_SIZE);
    }
    forget();
    assert_ok(read_audit(lund.store, &(struct audit_wanted){.after = READ_PAGE_ROWS}, &kept.rows, NULL));
    assert_int_equal(kept_count(&kept), 3);
}

static void the_newest_come_first_where_that_is_wanted(void **state) {
    UNUSED(state);
    rows_made(READ_PAGE_ROWS + 3);
    assert_ok(read_audit(lund.store, &(struct audit_wanted){.newest_first = true}, &kept.rows, NULL));
    assert_int_equal(kept_count(&kept), READ_PAGE_ROWS + 3);
    for (size_t i = 0; i < kept_count(&kept); i++)
        assert_int_equal(field_number(kept_row(&kept, i), "id"), READ_PAGE_ROWS + 3 - i);
    forget();
    assert_ok(read_audit(lund.store, &(struct audit_wanted){.newest_first = true, .after = 3}, &kept.rows, NULL));
    assert_int_equal(kept_count(&kept), 2);
}

static void rows_of_one_actor_or_action_are_listed_in_either_order(void **state) {
    UNUSED(state);
    struct audit_wanted wanted = {.action = "report.show", .from = "1970-01-01", .to = "1970-01-01"};
    rows_made(48);
    for (int newest = 0; newest < 2; newest++) {
        wanted.newest_first = newest;
        wanted.actor = "uid:0";
        forget();
        assert_ok(read_audit(lund.store, &wanted, &kept.rows, NULL));
        assert_int_equal(kept_count(&kept), 8);
        assert_string_equal(field_text(kept_row(&kept, 0), "action"), "report.show");
        wanted.actor = "uid:1";
        forget();
        assert_ok(read_audit(lund.store, &wanted, &kept.rows, NULL));
        assert_int_equal(kept_count(&kept), 0);
    }
}

static void days_are_both_included(void **state) {
    UNUSED(state);
    struct fault fault;
    rows_made(24 * 5);
    assert_ok(read_audit(lund.store, &(struct audit_wanted){.from = "1970-01-02", .to = "1970-01-03"}, &kept.rows, NULL));
    assert_int_equal(kept_count(&kept), 48);
    assert_int_equal(field_number(kept_row(&kept, 0), "at_ms"), DAY_MS);
    forget();
    assert_ok(read_audit(lund.store, &(struct audit_wanted){.from = "", .to = "1970-01-01"}, &kept.rows, NULL));
    assert_int_equal(kept_count(&kept), 24);
    forget(); // a day of Sweden's in winter
    const struct audit_wanted local = {.from_ms = DAY_MS - 3600000, .to_ms = 2 * DAY_MS - 3600000};
    assert_ok(read_audit(lund.store, &local, &kept.rows, NULL));
    assert_int_equal(kept_count(&kept), 24);
    assert_int_equal(field_number(kept_row(&kept, 0), "at_ms"), DAY_MS - 3600000);
    assert_err(ROND_EINVALID, read_audit(lund.store, &(struct audit_wanted){.from = "1970-13-01"}, &kept.rows, &fault));
    assert_string_equal(fault.field, "from");
    assert_err(ROND_EINVALID, read_audit(lund.store, &(struct audit_wanted){.to = "today"}, &kept.rows, &fault));
    assert_string_equal(fault.field, "to");
}

static void a_sample_is_of_readings_each_once_and_the_same_for_a_seed(void **state) {
    UNUSED(state);
    uint64_t of = 0;
    struct audit_wanted all = {0};
    rows_made(3000);
    assert_ok(read_audit_sample(lund.store, &all, 20, 7, &kept.rows, &of, NULL));
    assert_int_equal(of, 1000);
    assert_int_equal(kept_count(&kept), 20);
    for (size_t i = 0; i < 20; i++) {
        assert_string_equal(field_text(kept_row(&kept, i), "action"), "report.show");
        assert_true(i == 0 || field_number(kept_row(&kept, i), "id") > field_number(kept_row(&kept, i - 1), "id"));
    }
    json_t *first = json_deep_copy(kept.list);
    forget();
    assert_ok(read_audit_sample(lund.store, &all, 20, 7, &kept.rows, &of, NULL));
    assert_true(json_equal(first, kept.list));
    forget();
    assert_ok(read_audit_sample(lund.store, &all, 20, 8, &kept.rows, &of, NULL));
    assert_false(json_equal(first, kept.list));
    json_decref(first);
}

// 200 samples of 10 out of 100: each row is expected 20 times, and 60 would be nine deviations away.
static void every_reading_has_the_same_chance(void **state) {
    UNUSED(state);
    unsigned chosen[301] = {0};
    uint64_t of;
    rows_made(300);
    for (uint64_t seed = 0; seed < 200; seed++) {
        forget();
        assert_ok(read_audit_sample(lund.store, &(struct audit_wanted){0}, 10, seed, &kept.rows, &of, NULL));
        for (size_t i = 0; i < kept_count(&kept); i++)
            chosen[field_number(kept_row(&kept, i), "id")]++;
    }
    for (unsigned id = 1; id <= 300; id += 3)
        assert_true(chosen[id] > 2 && chosen[id] < 60);
}

static void fewer_than_asked_for_are_all_given_and_a_size_has_bounds(void **state) {
    UNUSED(state);
    uint64_t of = 99;
    struct audit_wanted all = {0};
    assert_ok(read_audit_sample(lund.store, &all, 5, 1, &kept.rows, &of, NULL));
    assert_int_equal(of, 0);
    rows_made(9);
    assert_ok(read_audit_sample(lund.store, &all, AUDIT_SAMPLE_MAX, 1, &kept.rows, &of, NULL));
    assert_int_equal(kept_count(&kept), 3);
    assert_err(ROND_EINVALID, read_audit_sample(lund.store, &all, 0, 1, &kept.rows, &of, NULL));
    assert_err(ROND_EINVALID, read_audit_sample(lund.store, &all, AUDIT_SAMPLE_MAX + 1, 1, &kept.rows, &of, NULL));
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, open_lund, close_lund)
    const struct CMUnitTest tests[] = {
        TEST(the_log_is_listed_oldest_first_with_its_chain),
        TEST(the_newest_come_first_where_that_is_wanted),
        TEST(rows_of_one_actor_or_action_are_listed_in_either_order),
        TEST(days_are_both_included),
        TEST(a_sample_is_of_readings_each_once_and_the_same_for_a_seed),
        TEST(every_reading_has_the_same_chance),
        TEST(fewer_than_asked_for_are_all_given_and_a_size_has_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
