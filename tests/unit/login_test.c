// Tests: server/auth/login.c
#include <stdio.h>
#include <string.h>

#include "auth/login.h"
#include "base/check.h"
#include "support/golden.h"
#include "support/test.h"

enum { NOW_MS = 1111111109 }; // a moment of RFC 6238, in seconds
#define AT(s) ((int64_t)(NOW_MS + (s)) * 1000)

static const uint8_t SECRET[] = "12345678901234567890";

static struct person person_made(struct hash256 *recovery) {
    struct person person = {.login = "anna", .password = bytes_of_text("x"), .second_factor = bytes_of(SECRET, 20)};
    person.recovery = recovery;
    if (recovery != NULL) {
        login_code_hash("ABCD-EFGH-IJKL-MNOP", &recovery[0]);
        login_code_hash("QRST-UVWX-YZ23-4567", &recovery[1]);
        person.recovery_count = 2;
    }
    return person;
}

static void password_and_code_log_in_and_a_code_does_so_once(void **state) {
    UNUSED(state);
    struct person person = person_made(NULL);
    person.failures = 3;
    assert_int_equal(login_try(&person, true, "081804", AT(0)), LOGIN_DONE);
    assert_int_equal(person.failures, 0);
    assert_int_equal(login_try(&person, true, "081804", AT(0)), LOGIN_WRONG_CODE);
    assert_int_equal(login_try(&person, true, "081804", AT(20)), LOGIN_WRONG_CODE);
    assert_int_equal(person.failures, 2);
}

static void neither_secret_alone_is_enough(void **state) {
    UNUSED(state);
    struct hash256 recovery[2];
    struct person person = person_made(recovery), without = person_made(NULL), unset = person_made(NULL);
    without.second_factor = unset.password = (struct bytes){0};
    assert_int_equal(login_try(&person, false, "081804", AT(0)), LOGIN_WRONG_PASSWORD);
    assert_int_equal(login_try(&person, false, "ABCD-EFGH-IJKL-MNOP", AT(0)), LOGIN_WRONG_PASSWORD);
    assert_int_equal(person.recovery_count, 2);
    assert_int_equal(login_try(&person, true, "", AT(0)), LOGIN_WRONG_CODE);
    assert_int_equal(login_try(&person, true, "081805", AT(0)), LOGIN_WRONG_CODE);
    assert_int_equal(login_try(&without, true, "081804", AT(0)), LOGIN_WRONG_CODE);
    assert_int_equal(login_try(&without, true, "", AT(0)), LOGIN_WRONG_CODE);
    assert_int_equal(login_try(&unset, true, "081804", AT(0)), LOGIN_WRONG_PASSWORD);
}

static void a_recovery_code_stands_in_once(void **state) {
    UNUSED(state);
    struct hash256 recovery[2];
    struct person person = person_made(recovery);
    assert_int_equal(login_try(&person, true, "abcd efgh ijkl mnop", AT(0)), LOGIN_BY_RECOVERY);
    assert_int_equal(person.recovery_count, 1);
    assert_int_equal(login_try(&person, true, "ABCD-EFGH-IJKL-MNOP", AT(0)), LOGIN_WRONG_CODE);
    assert_int_equal(login_try(&person, true, "QRST-UVWX-YZ23-4567", AT(0)), LOGIN_BY_RECOVERY);
    assert_int_equal(person.recovery_count, 0);
    assert_int_equal(login_try(&person, true, "081804", AT(0)), LOGIN_DONE);
}

static void the_own_password_is_tried_as_often_as_at_log_in_and_what_is_right_forgives_nothing(void **state) {
    UNUSED(state);
    struct person person = person_made(NULL), unset = person_made(NULL), locked = person_made(NULL);
    unset.password = (struct bytes){0};
    locked.locked = true;
    for (int i = 1; i < LOGIN_FREE_TRIES; i++)
        assert_int_equal(login_password_try(&person, false, AT(0)), LOGIN_WRONG_PASSWORD);
    assert_int_equal(login_password_try(&person, true, AT(0)), LOGIN_DONE);
    assert_int_equal(person.failures, LOGIN_FREE_TRIES - 1);
    assert_int_equal(login_password_try(&person, false, AT(0)), LOGIN_WRONG_PASSWORD);
    assert_int_equal(login_password_try(&person, true, AT(0)), LOGIN_WAITING);
    assert_int_equal(login_try(&person, true, "081804", AT(0)), LOGIN_WAITING); // the wait is one
    assert_int_equal(login_password_try(&unset, true, AT(0)), LOGIN_WRONG_PASSWORD);
    assert_int_equal(login_password_try(&locked, true, AT(0)), LOGIN_LOCKED);
}

static void each_failure_after_the_fifth_doubles_the_wait_up_to_an_hour(void **state) {
    UNUSED(state);
    struct person person = person_made(NULL);
    int64_t now_ms = AT(0), wait_ms = LOGIN_WAIT_FIRST_MS;
    for (int i = 1; i < LOGIN_FREE_TRIES; i++) {
        assert_int_equal(login_try(&person, false, "", now_ms), LOGIN_WRONG_PASSWORD);
        assert_int_equal(person.blocked_until_ms, 0);
    }
    for (int i = 0; i < 40; i++) {
        assert_int_equal(login_try(&person, i % 2, "", now_ms), i % 2 ? LOGIN_WRONG_CODE : LOGIN_WRONG_PASSWORD);
        assert_int_equal(person.blocked_until_ms, now_ms + wait_ms);
        uint32_t failures = person.failures;
        assert_int_equal(login_try(&person, true, "081804", now_ms + wait_ms - 1), LOGIN_WAITING); // even what is right
        assert_int_equal(person.failures, failures); // and whoever goes on trying does not lengthen it
        now_ms += wait_ms;
        wait_ms = wait_ms * 2 < LOGIN_WAIT_MAX_MS ? wait_ms * 2 : LOGIN_WAIT_MAX_MS;
    }
    char code[8];
    (void)snprintf(code, sizeof code, "%06u", totp_code(person.second_factor, (uint64_t)now_ms / 1000 / TOTP_STEP_S));
    assert_int_equal(login_try(&person, true, code, now_ms), LOGIN_DONE);
    assert_int_equal(person.blocked_until_ms, 0);
}

static void a_locked_person_stays_out_with_all_that_is_right(void **state) {
    UNUSED(state);
    struct person person = person_made(NULL);
    person.locked = true;
    assert_int_equal(login_try(&person, true, "081804", AT(0)), LOGIN_LOCKED);
    assert_int_equal(person.failures, 0);
}

static void a_login_name_is_short_and_plain(void **state) {
    UNUSED(state);
    static const char *const right[] = {"anna", "a1", "anna.berg-2_x"}, *const wrong[] = {"",      "a",     "Anna",
                                                                                          "1anna", "an na", "anna\n",
                                                                                          "åsa",   "*",     "-anna"};
    char longest[PERSON_LOGIN_BYTES_MAX + 2];
    for (size_t i = 0; i < ARRAY_COUNT(right); i++)
        assert_true(login_name_is_valid(right[i]));
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++)
        assert_false(login_name_is_valid(wrong[i]));
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_false(login_name_is_valid(longest));
    assert_true(login_name_is_valid(longest + 1));
}

static void codes_are_random_and_typed_in_either_case(void **state) {
    UNUSED(state);
    uint8_t next = 0;
    const struct rng rng = {golden_fill, &next};
    struct login_secrets secrets;
    struct hash256 hash, typed;
    char text[LOGIN_SETUP_TEXT_SIZE];
    login_setup_make(&rng, text, &hash);
    assert_string_equal(text, "AAAQ-EAYE-AUDA-OCAJ-BIFQ-YDIO-B4IB-CEQT");
    login_code_hash("aaaq eaye auda ocaj bifq ydio b4ib ceqt", &typed);
    assert_true(hash256_equal(&hash, &typed));
    login_code_hash("AAAQ-EAYE-AUDA-OCAJ-BIFQ-YDIO-B4IB-CEQTA", &typed);
    assert_false(hash256_equal(&hash, &typed));
    login_secrets_make(&rng, &secrets);
    for (size_t i = 0; i < PERSON_RECOVERY_CODES; i++) {
        login_code_hash(secrets.recovery_texts[i], &typed);
        assert_true(hash256_equal(&secrets.recovery[i], &typed));
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(secrets.recovery_texts[i], secrets.recovery_texts[k]);
    }
}

static void a_token_is_stored_as_its_hash_and_has_a_csrf_word_of_its_own(void **state) {
    UNUSED(state);
    uint8_t next = 1;
    const struct rng rng = {golden_fill, &next};
    char one[LOGIN_TOKEN_TEXT_SIZE], two[LOGIN_TOKEN_TEXT_SIZE], csrf_one[LOGIN_TOKEN_TEXT_SIZE],
        csrf_two[LOGIN_TOKEN_TEXT_SIZE];
    struct hash256 hash, other;
    login_token_make(&rng, one);
    login_token_make(&rng, two);
    assert_int_equal(strlen(one), 64);
    assert_true(login_token_hash(one, &hash) && login_token_hash(two, &other));
    assert_false(hash256_equal(&hash, &other));
    login_token_csrf(one, csrf_one);
    login_token_csrf(two, csrf_two);
    assert_string_not_equal(csrf_one, csrf_two);
    assert_string_not_equal(csrf_one, one);
    assert_false(login_token_hash("", &hash));
    one[63] = 'g';
    assert_false(login_token_hash(one, &hash));
    one[63] = '\0';
    assert_false(login_token_hash(one, &hash));
}

static void outcomes_have_names(void **state) {
    UNUSED(state);
    for (unsigned i = 0; i < LOGIN_OUTCOMES; i++)
        assert_true(login_outcome_name((enum login_outcome)i)[0] != '\0');
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(password_and_code_log_in_and_a_code_does_so_once),
        cmocka_unit_test(neither_secret_alone_is_enough),
        cmocka_unit_test(a_recovery_code_stands_in_once),
        cmocka_unit_test(the_own_password_is_tried_as_often_as_at_log_in_and_what_is_right_forgives_nothing),
        cmocka_unit_test(each_failure_after_the_fifth_doubles_the_wait_up_to_an_hour),
        cmocka_unit_test(a_locked_person_stays_out_with_all_that_is_right),
        cmocka_unit_test(a_login_name_is_short_and_plain),
        cmocka_unit_test(codes_are_random_and_typed_in_either_case),
        cmocka_unit_test(a_token_is_stored_as_its_hash_and_has_a_csrf_word_of_its_own),
        cmocka_unit_test(outcomes_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
