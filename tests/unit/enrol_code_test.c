// A code as it is typed from a note: what is read all the same, and what is told to be mistyped.
#include "enrol.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/sha256.h"
#include "support/test.h"
#include "wire/codes.h"

enum { BYTES = 35, DIGITS = 56, TEXT_SIZE = 256 };

// version, 16 bytes counting up from 1, 16 counting up from 0xe1
static const char code[] = "R040G-40R40-M30E2-09185-GR38E-1W8E3-RQ3WK-JYDSZ-8X7NE-QV7DX-VQZ0F-3T";
static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static void code_make(uint8_t version, char ret_text[TEXT_SIZE]) {
    uint8_t bytes[BYTES] = {version};
    struct hash256 check;
    for (uint8_t i = 0; i < 16; i++) {
        bytes[1 + i] = (uint8_t)(1 + i);
        bytes[17 + i] = (uint8_t)(0xe1 + i);
    }
    sha256_of(bytes_of(bytes, BYTES - 2), &check);
    memcpy(bytes + BYTES - 2, check.b, 2);
    size_t size = 0;
    ret_text[size++] = 'R';
    for (unsigned bit = 0; bit < BYTES * 8; bit += 5) {
        unsigned value = 0;
        for (unsigned i = bit; i < bit + 5; i++)
            value = value << 1 | (bytes[i / 8] >> (7 - i % 8) & 1u);
        ret_text[size++] = digits[value];
        if (size % 6 == 5)
            ret_text[size++] = '-';
    }
    ret_text[size] = '\0';
}

static void assert_refused(const char *text, const char *words) {
    struct enrol_code_parts parts = {{7}, {7}};
    struct fault fault = {0};
    if (enrol_code_parse(text, &parts, &fault) != ROND_EINVALID)
        fail_msg("'%s' was taken for a code", text);
    assert_int_equal(fault.code, CODE_CODE_UNKNOWN);
    assert_string_equal(fault.field, "code");
    if (strstr(fault.text, words) == NULL)
        fail_msg("'%s': \"%s\" does not say '%s'", text, fault.text, words);
    assert_int_equal(parts.secret[0] + parts.ca_fingerprint[0], 14); // untouched
}

static void assert_read(const char *text) {
    struct enrol_code_parts parts;
    struct fault fault = {0};
    if (enrol_code_parse(text, &parts, &fault) != ROND_OK)
        fail_msg("'%s': %s", text, fault.text);
    for (uint8_t i = 0; i < 16; i++) {
        assert_int_equal(parts.secret[i], 1 + i);
        assert_int_equal(parts.ca_fingerprint[i], 0xe1 + i);
    }
}

static void a_code_carries_the_secret_and_the_fingerprint(void **state) {
    char made[TEXT_SIZE];
    code_make(1, made);
    assert_string_equal(made, code);
    assert_read(code);
}

static void the_letters_that_stand_for_digits_are_read_as_the_digits(void **state) {
    static const struct {
        char digit, typed;
    } cases[] = {{'0', 'O'}, {'0', 'o'}, {'1', 'I'}, {'1', 'i'}, {'1', 'L'}, {'1', 'l'}};
    for (size_t c = 0; c < ARRAY_COUNT(cases); c++) {
        char typed[sizeof code];
        strcpy(typed, code);
        assert_non_null(strchr(typed, cases[c].digit));
        for (char *at = typed; *at != '\0'; at++)
            if (*at == cases[c].digit)
                *at = cases[c].typed;
        assert_read(typed);
    }
}

static void case_dashes_and_blanks_do_not_matter(void **state) {
    char lower[sizeof code], spaced[TEXT_SIZE], bare[sizeof code];
    size_t spaced_size = 0, bare_size = 0;
    for (size_t i = 0; i < sizeof code; i++) {
        lower[i] = (char)tolower((unsigned char)code[i]);
        spaced[spaced_size++] = code[i] == '-' ? '\t' : code[i];
        if (i % 2 == 0 && code[i] != '\0')
            spaced[spaced_size++] = ' ';
        if (code[i] != '-')
            bare[bare_size++] = code[i];
    }
    assert_read(lower);
    assert_read(spaced);
    assert_read(bare);
    char around[TEXT_SIZE];
    snprintf(around, sizeof around, " -- \n%s--\r\n", code);
    assert_read(around);
}

// One sign for another, anywhere: the checksum of 16 bits lets about one in 65536 through, none of these.
static void every_sign_that_is_another_is_noticed(void **state) {
    for (size_t i = 1; i < sizeof code - 1; i++) {
        for (size_t d = 0; code[i] != '-' && d < sizeof digits - 1; d++) {
            char typed[sizeof code];
            strcpy(typed, code);
            typed[i] = digits[d];
            if (typed[i] != code[i])
                assert_refused(typed, "mistyped");
        }
    }
}

static void two_neighbours_that_changed_places_are_noticed(void **state) {
    for (size_t i = 1; i + 1 < sizeof code - 1; i++) {
        char typed[sizeof code];
        strcpy(typed, code);
        typed[i] = code[i + 1];
        typed[i + 1] = code[i];
        if (code[i] != '-' && code[i + 1] != '-' && code[i] != code[i + 1])
            assert_refused(typed, "mistyped");
    }
}

static void a_code_that_is_cut_or_goes_on_is_told_so(void **state) {
    char typed[TEXT_SIZE];
    for (size_t size = 1; size < sizeof code - 1; size++) {
        snprintf(typed, sizeof typed, "%.*s", (int)size, code);
        if (code[size - 1] != '-')
            assert_refused(typed, "too short");
    }
    for (size_t d = 0; d < sizeof digits - 1; d++) {
        snprintf(typed, sizeof typed, "%s%c", code, digits[d]);
        assert_refused(typed, "too long");
    }
}

static void signs_of_no_code_are_told_so(void **state) {
    static const char *const strange[] = {"U", "u", "!", "_", "+", "=", "\"", "\xc3\xa5", "\xe2\x80\x93", "\xff", "\x01"};
    for (size_t i = 0; i < ARRAY_COUNT(strange); i++) {
        char typed[TEXT_SIZE];
        snprintf(typed, sizeof typed, "%.5s%s%s", code, strange[i], code + 5);
        assert_refused(typed, "none of its letters and digits");
    }
}

static void what_is_no_code_at_all_is_told_so(void **state) {
    static const char *const wrong[] = {
        "", " ", "-", "040G", "https://rond.example:7444", "040G-40R40", "\xc3\xa5", "code:R040G",
    };
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++)
        assert_refused(wrong[i], "begins with R");
    char very_long[100 * 1000];
    memset(very_long, 'Z', sizeof very_long);
    very_long[0] = 'R';
    very_long[sizeof very_long - 1] = '\0';
    assert_refused(very_long, "too long");
}

// One that is typed right and made by a server that this app does not know yet: not the typist's fault.
static void a_code_of_a_newer_kind_asks_for_a_newer_app(void **state) {
    static const uint8_t versions[] = {0, 2, 3, 0x80, 0xff};
    for (size_t i = 0; i < ARRAY_COUNT(versions); i++) {
        char made[TEXT_SIZE];
        code_make(versions[i], made);
        assert_refused(made, "update the app");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_carries_the_secret_and_the_fingerprint),
        cmocka_unit_test(the_letters_that_stand_for_digits_are_read_as_the_digits),
        cmocka_unit_test(case_dashes_and_blanks_do_not_matter),
        cmocka_unit_test(every_sign_that_is_another_is_noticed),
        cmocka_unit_test(two_neighbours_that_changed_places_are_noticed),
        cmocka_unit_test(a_code_that_is_cut_or_goes_on_is_told_so),
        cmocka_unit_test(signs_of_no_code_are_told_so),
        cmocka_unit_test(what_is_no_code_at_all_is_told_so),
        cmocka_unit_test(a_code_of_a_newer_kind_asks_for_a_newer_app),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
