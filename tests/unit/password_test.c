#include <stdlib.h>
#include <string.h>

#include "auth/password.h"
#include "base/check.h"
#include "support/golden.h"
#include "support/test.h"

static void a_password_fits_what_was_stored_for_it_and_no_other_does(void **state) {
    UNUSED(state);
    uint8_t next = 0, stored[PASSWORD_STORED_SIZE], again[PASSWORD_STORED_SIZE];
    const struct rng rng = {golden_fill, &next};
    bool fits = false;
    assert_ok(password_make("tre gröna äpplen", &rng, stored));
    assert_ok(password_make("tre gröna äpplen", &rng, again));
    assert_memory_not_equal(stored, again, sizeof stored); // another salt
    assert_ok(password_check("tre gröna äpplen", bytes_of(stored, sizeof stored), &fits));
    assert_true(fits);
    assert_ok(password_check("tre gröna äpplen ", bytes_of(stored, sizeof stored), &fits));
    assert_false(fits);
}

// As made when this was written: what is stored must be readable for ever. Computed by Python's hashlib.scrypt as well.
static void what_was_stored_once_is_read_for_ever(void **state) {
    UNUSED(state);
    uint8_t next = 0, stored[PASSWORD_STORED_SIZE];
    const struct rng rng = {golden_fill, &next};
    assert_ok(password_make("tre gröna äpplen", &rng, stored));
    assert_hex(bytes_of(stored, sizeof stored),
               "010f0801000102030405060708090a0b0c0d0e0ff52cbe4decce4219df044fe9fd153edfce7cf982a6e9cc7da6d9eb16190bebb0");
}

static void nobody_costs_as_much_as_somebody(void **state) {
    UNUSED(state);
    uint64_t before = password_runs();
    bool fits = true;
    assert_ok(password_check("", (struct bytes){0}, &fits));
    assert_false(fits);
    assert_int_equal(password_runs(), before + 1);
}

static void a_damaged_row_asks_for_no_gigabytes(void **state) {
    UNUSED(state);
    uint8_t stored[PASSWORD_STORED_SIZE] = {1, 15, 8, 1};
    bool fits;
    static const uint8_t damaged[][4] = {{2, 15, 8, 1}, {1, 31, 8, 1}, {1, 0, 8, 1},   {1, 15, 255, 1},
                                         {1, 15, 0, 1}, {1, 15, 8, 0}, {1, 15, 8, 255}};
    for (size_t i = 0; i < ARRAY_COUNT(damaged); i++) {
        memcpy(stored, damaged[i], 4);
        assert_err(ROND_ECORRUPT, password_check("x", bytes_of(stored, sizeof stored), &fits));
    }
    assert_err(ROND_ECORRUPT, password_check("x", bytes_of(stored, 51), &fits));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_fits_what_was_stored_for_it_and_no_other_does),
        cmocka_unit_test(what_was_stored_once_is_read_for_ever),
        cmocka_unit_test(nobody_costs_as_much_as_somebody),
        cmocka_unit_test(a_damaged_row_asks_for_no_gigabytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
