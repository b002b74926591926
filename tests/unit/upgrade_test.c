// What older rules counted is counted anew once, before anything else is written.
#include "promise/upgrade.h"

#include "promise/apply.h"
#include "base/check.h"
#include "support/lund.h"
#include "support/test.h"

static struct lund lund;

static int open_lund(void **state) {
    UNUSED(state);
    lund_open(&lund);
    lund_report(&lund, 0, 1, sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, 0));
    return 0;
}

static int close_lund(void **state) {
    UNUSED(state);
    lund_close(&lund);
    return 0;
}

static struct hash256 digest(void) {
    struct hash256 made;
    assert_ok(promise_digest(lund.store, &made));
    return made;
}

// The state that a store of another version is in: the version, and figures that these rules would not give.
static void set_version_and_spoil(uint32_t version) {
    lund_begin(&lund);
    assert_ok(lund.store->registry->fold_version_put(lund.store, version));
    assert_ok(lund.store->ledger->fold_clear(lund.store));
    lund_commit(&lund);
}

static void an_older_count_is_made_anew(void **state) {
    UNUSED(state);
    struct hash256 right = digest(), now;
    uint32_t version;
    set_version_and_spoil(FOLD_VERSION - 1);
    assert_ok(promise_upgrade(lund.store, lund.catalogue, NULL, NULL));
    now = digest();
    assert_memory_equal(&right, &now, sizeof right);
    assert_ok(lund.store->registry->fold_version(lund.store, &version));
    assert_int_equal(version, FOLD_VERSION);
}

static void a_count_by_these_rules_is_left_alone(void **state) {
    UNUSED(state);
    struct hash256 right = digest(), now;
    set_version_and_spoil(FOLD_VERSION);
    assert_ok(promise_upgrade(lund.store, lund.catalogue, NULL, NULL));
    now = digest();
    assert_memory_not_equal(&right, &now, sizeof right);
}

static uint64_t told_rows, told_of;

static void tell(void *context, uint64_t rows, uint64_t of) {
    UNUSED(context);
    told_rows = rows;
    told_of = of;
}

static void counting_anew_tells_how_far_it_has_come(void **state) {
    UNUSED(state);
    set_version_and_spoil(FOLD_VERSION - 1);
    assert_ok(promise_upgrade(lund.store, lund.catalogue, tell, NULL));
    assert_int_equal(told_rows, 1);
    assert_int_equal(told_of, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_older_count_is_made_anew, open_lund, close_lund),
        cmocka_unit_test_setup_teardown(counting_anew_tells_how_far_it_has_come, open_lund, close_lund),
        cmocka_unit_test_setup_teardown(a_count_by_these_rules_is_left_alone, open_lund, close_lund),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
