#include <string.h>

#include "promise/apply.h"
#include "support/lund.h"
#include "support/test.h"

static struct lund lund;

static int open_lund(void **state) {
    (void)state;
    lund_open_memory(&lund, rng_system());
    return 0;
}

static int close_lund(void **state) {
    (void)state;
    lund_close(&lund);
    return 0;
}

static struct hash256 digest(void) {
    struct hash256 made;
    assert_ok(promise_digest(lund.store, &made));
    return made;
}

static bool is_same(struct hash256 a, struct hash256 b) {
    return hash256_equal(&a, &b);
}

static Rond__V1__Report *check(unsigned variant) {
    return sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, variant);
}

static void the_order_of_arrival_does_not_matter(void **state) {
    (void)state;
    lund_report(&lund, 0, 0, check(0));
    lund_report(&lund, 1, 0, check(1));
    lund_report(&lund, 0, 1, check(2));
    struct hash256 first = digest();
    lund_close(&lund);
    lund_open_memory(&lund, rng_system());
    lund_report(&lund, 0, 1, check(2));
    lund_report(&lund, 0, 0, check(0));
    lund_report(&lund, 1, 0, check(1));
    assert_true(is_same(first, digest()));
}

static void every_contribution_and_every_total_is_in_it(void **state) {
    (void)state;
    struct hash256 empty = digest();
    lund_report(&lund, 0, 0, check(0));
    struct hash256 one = digest();
    assert_false(is_same(empty, one));
    struct stored_contribution extra = {.row = 1, .commitment = 1, .value = {.reason = REASON_PLACE}};
    struct total_change total = {.commitment = 1, .period = "2015-05", .add = {.windows_met = 1}};
    lund_begin(&lund);
    assert_ok(lund.store->ledger->fold_store(lund.store, &(struct fold_changes){.added = &extra, .added_count = 1}));
    assert_false(is_same(one, digest()));
    lund.store->ledger->rollback(lund.store);
    lund_begin(&lund);
    assert_ok(lund.store->ledger->fold_store(lund.store, &(struct fold_changes){.totals = &total, .totals_count = 1}));
    assert_false(is_same(one, digest()));
    lund.store->ledger->rollback(lund.store);
    assert_true(is_same(one, digest()));
}

static void a_total_of_nothing_is_as_none(void **state) {
    (void)state;
    lund_report(&lund, 0, 0, check(0));
    struct hash256 before = digest();
    struct total_change there[] = {{.commitment = 1, .period = "2015-05", .add = {.count = 1}},
                                   {.commitment = 1, .period = "2015-05", .add = {.count = -1}}};
    lund_begin(&lund);
    assert_ok(lund.store->ledger->fold_store(lund.store, &(struct fold_changes){.totals = there, .totals_count = 2}));
    lund_commit(&lund);
    assert_true(is_same(before, digest()));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_lund, close_lund)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_order_of_arrival_does_not_matter),
        TEST(every_contribution_and_every_total_is_in_it),
        TEST(a_total_of_nothing_is_as_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
