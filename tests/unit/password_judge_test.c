// Tests: server/auth/password_judge.c server/auth/known_passwords.c
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/password_judge.h"
#include "base/check.h"
#include "support/test.h"

static char path[] = "/tmp/known_passwords_test.XXXXXX";
static struct known_passwords *own;

static int setup(void **state) {
    UNUSED(state);
    struct fault fault;
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(close(descriptor), 0);
    assert_ok(known_passwords_read("", &own, &fault));
    return 0;
}

static int teardown(void **state) {
    UNUSED(state);
    known_passwords_destroy(own);
    return unlink(path);
}

static void write_file(const char *text, size_t size) {
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static const char WORDS[] = "polisen jernhusen lunds-kommun lunds kommun lund strängnäs";

static enum rond_err judged(const struct known_passwords *known, const char *password, struct fault *fault) {
    const struct password_rules rules = {.known = known, .login = "anna", .words = WORDS};
    return password_judge(password, &rules, "password", fault);
}

static void hold(const struct known_passwords *known, const char *const *passwords, size_t count, enum rond_err expected) {
    struct fault fault;
    for (size_t i = 0; i < count; i++) {
        enum rond_err err = judged(known, passwords[i], &fault);
        if (err != expected)
            fail_msg("'%s': %s", passwords[i], err ? fault.text : "taken");
        if (err) {
            assert_string_equal(fault.field, "password");
            assert_true(passwords[i][0] == '\0' || strstr(fault.text, passwords[i]) == NULL); // it is not repeated
        }
    }
}
#define TAKEN(known, passwords) hold(known, passwords, ARRAY_COUNT(passwords), ROND_OK)
#define REFUSED(known, passwords) hold(known, passwords, ARRAY_COUNT(passwords), ROND_EINVALID)

static void a_password_is_judged_by_its_length(void **state) {
    UNUSED(state);
    static const char *const right[] = {"tre gröna äpplen", "fyra blå päron", "ååååååååååäö", "aaaaaaaaaaab"};
    static const char *const wrong[] = {"", "elva tecken", "åååååååååäö",
                                        "\xff"
                                        "bcdefghijklmn"};
    char longest[PASSWORD_BYTES_MAX + 2];
    struct fault fault;
    TAKEN(own, right);
    REFUSED(own, wrong);
    for (size_t i = 0; i < sizeof longest; i++)
        longest[i] = (char)('a' + (i * i + i / 7) % 26);
    longest[PASSWORD_BYTES_MAX + 1] = '\0';
    assert_err(ROND_EINVALID, judged(own, longest, &fault));
    longest[PASSWORD_BYTES_MAX] = '\0';
    assert_ok(judged(own, longest, &fault));
}

static void what_everybody_tries_is_refused_in_any_case_with_digits_and_repeated(void **state) {
    UNUSED(state);
    static const char *const wrong[] = {"Password1234",     "SOMMAREN2026",  "aaaaaaaaaaaa",     "ÅÅÅÅÅÅÅÅÅÅÅÅ",
                                        "LÖSENORD!!2026",   "välkommen123",  "passwordpassword", "abc123abc123",
                                        "2026Sommaren!",    "qwertyuiop12",  "123456123456",     "HejsanHejsan1",
                                        "changemechangeme", "administrator", "Medborgarlöfte"};
    static const char *const right[] = {"password och tre äpplen", "a92837465019", "sommaren kom sent", "hemligt0918273645"};
    REFUSED(own, wrong);
    TAKEN(own, right);
}

static void the_login_name_and_words_of_the_place_are_no_password(void **state) {
    UNUSED(state);
    static const char *const wrong[] = {"min anna-karin", "Polisen2026!",     "polisen i Lund", "LundsKommun 15",
                                        "rondrondrond",   "Rond-i-Lund-2015", "STRÄNGNÄS-2019!"};
    static const char *const right[] = {"polisen går rond i regn", "lundagård i maj"};
    REFUSED(own, wrong);
    TAKEN(own, right);
}

static void a_file_of_known_passwords_is_read_whatever_its_order_case_and_line_ends(void **state) {
    UNUSED(state);
    static const char text[] = "#!comment: common ones\nzebrorna\r\nTre Gröna Äpplen\n\nfyra blå päron";
    static const char *const wrong[] = {"tre gröna äpplen", "Fyra Blå Päron", "Zebrorna-2026", "Password1234"};
    static const char *const right[] = {"#!comment: common ones", "zebrornas land i syd"};
    struct known_passwords *known = NULL;
    struct fault fault;
    write_file(text, sizeof text - 1);
    assert_ok(known_passwords_read(path, &known, &fault));
    assert_int_equal(known_passwords_count(known), known_passwords_count(own) + 3);
    REFUSED(known, wrong);
    TAKEN(known, right);
    known_passwords_destroy(known);
}

static void a_file_that_is_missing_empty_or_too_large_is_said(void **state) {
    UNUSED(state);
    struct known_passwords *known = NULL;
    struct fault fault;
    assert_err(ROND_EINVALID, known_passwords_read("/nowhere/at/all", &known, &fault));
    assert_string_equal(fault.field, "people.forbidden_passwords");
    assert_non_null(strstr(fault.text, "No such file"));
    write_file("\n#!comment\n", 11);
    assert_err(ROND_EINVALID, known_passwords_read(path, &known, &fault));
    assert_non_null(strstr(fault.text, "no passwords"));
    assert_err(ROND_EINVALID, known_passwords_read("/tmp", &known, &fault));
    assert_int_equal(truncate(path, (off_t)KNOWN_PASSWORDS_FILE_BYTES_MAX + 1), 0); // zeroes without a line end
    assert_err(ROND_EINVALID, known_passwords_read(path, &known, &fault));
    assert_non_null(strstr(fault.text, "too large"));
    assert_null(known);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_is_judged_by_its_length),
        cmocka_unit_test(what_everybody_tries_is_refused_in_any_case_with_digits_and_repeated),
        cmocka_unit_test(the_login_name_and_words_of_the_place_are_no_password),
        cmocka_unit_test(a_file_of_known_passwords_is_read_whatever_its_order_case_and_line_ends),
        cmocka_unit_test(a_file_that_is_missing_empty_or_too_large_is_said),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
