#include "base/openssl_err.h"

#include <openssl/err.h>

#include "support/test.h"

static void missing_memory_is_told_before_anything_else(void **state) {
    UNUSED(state);
    ERR_raise(ERR_LIB_EVP, ERR_R_MALLOC_FAILURE);
    ERR_raise(ERR_LIB_EVP, ERR_R_EVP_LIB);
    assert_err(ROND_ENOMEM, openssl_err(ROND_EAUTH));
}

static void without_it_the_caller_knows_best_and_the_queue_is_empty(void **state) {
    UNUSED(state);
    assert_err(ROND_EINVALID, openssl_err(ROND_EINVALID));
    ERR_raise(ERR_LIB_EVP, ERR_R_EVP_LIB);
    assert_err(ROND_EAUTH, openssl_err(ROND_EAUTH));
    assert_int_equal(ERR_peek_error(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_memory_is_told_before_anything_else),
        cmocka_unit_test(without_it_the_caller_knows_best_and_the_queue_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
