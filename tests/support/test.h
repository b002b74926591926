// What every unit test includes: cmocka with the headers it wants, and asserting an answer by its name.
#ifndef TESTS_SUPPORT_TEST_H
#define TESTS_SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/check.h"
#include "base/err.h"

#define assert_err(expected, call) assert_string_equal(rond_err_name(call), rond_err_name(expected))
// An erasure, for tests to which it does not matter when and why (store/ledger.h).
#define FOR_A_TEST (&(struct erasure){.at_ms = 7, .rule = "test"})
#define assert_ok(call) assert_err(ROND_OK, call)

#endif
