// How `rond` ends and speaks: exit codes, faults as words and as JSON, numbers, and where the outbox lies.
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "said.h"

static const struct command a_command = {.name = "report"};

static void every_error_has_its_exit_code(void **state) {
    static const struct {
        enum rond_err err;
        int code, of_network;
    } cases[] = {
        {ROND_OK, 0, 0},       {ROND_EAGAIN, 6, 6},    {ROND_EINVALID, 3, 3},  {ROND_ECONFLICT, 6, 6},
        {ROND_EAUTH, 4, 4},    {ROND_EFULL, 5, 5},     {ROND_EIO, 8, 6},       {ROND_ENOMEM, 1, 1},
        {ROND_ECORRUPT, 8, 8}, {ROND_EPROTOCOL, 1, 1}, {ROND_ENOTFOUND, 7, 7}, {(enum rond_err)99, 1, 1},
    };
    struct cli cli = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        said_begin();
        int code = cli_fail(&cli, cases[i].err, NULL), of_network = cli_fail_network(&cli, cases[i].err, NULL);
        said_end();
        assert_int_equal(code, cases[i].code);
        assert_int_equal(of_network, cases[i].of_network);
    }
}

static void a_fault_is_said_with_its_field_and_code_and_on_standard_error(void **state) {
    static const struct {
        rond_fault fault;
        const char *said;
    } cases[] = {
        {{0}, "rond: invalid\n"},
        {{.text = "No."}, "rond: No.\n"},
        {{.field = "check.of", .text = "Say what."}, "rond: check.of: Say what.\n"},
        {{.code = 401, .field = "check.of", .text = "Say what."}, "rond: check.of: Say what. (401)\n"},
    };
    struct cli cli = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        said_begin();
        assert_int_equal(cli_fail(&cli, ROND_EINVALID, &cases[i].fault), EXIT_CODE_INVALID);
        said_end();
        assert_string_equal(said.err, cases[i].said);
        assert_string_equal(said.out, "");
    }
}

static void with_json_a_fault_is_an_object_too(void **state) {
    static const rond_fault fault = {.code = 5, .field = "a", .text = "Full \"to\" the brim\n\001å."};
    static const rond_fault cut = {.field = "caf\xe9", .text = "There is no place by the name of St\xc3"}; // no UTF-8
    static const struct {
        const rond_fault *fault;
        const char *json;
    } cases[] = {
        {NULL, "{\"error\": {\"name\": \"full\", \"code\": 0, \"field\": null, \"text\": null}}"},
        {&fault, "{\"error\": {\"name\": \"full\", \"code\": 5, \"field\": \"a\","
                 " \"text\": \"Full \\\"to\\\" the brim\\n\\u0001å.\"}}"},
        {&cut, "{\"error\": {\"name\": \"full\", \"code\": 0, \"field\": \"caf?\","
               " \"text\": \"There is no place by the name of St?\"}}"},
    };
    struct cli cli = {.is_json = true};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        said_begin();
        assert_int_equal(cli_fail(&cli, ROND_EFULL, cases[i].fault), EXIT_CODE_FULL);
        said_end();
        json_t *got = json_loads(said.out, 0, NULL), *expected = json_loads(cases[i].json, 0, NULL);
        assert_non_null(got);
        assert_true(json_equal(got, expected));
        json_decref(got);
        json_decref(expected);
    }
}

static void wrong_use_says_where_the_help_is(void **state) {
    struct cli cli = {.command = &a_command};
    said_begin();
    assert_int_equal(cli_usage(&cli, "--%s wants a number, not '%s'.", "checked", "%n%s"), EXIT_CODE_USAGE);
    cli.command = NULL;
    assert_int_equal(cli_usage(&cli, "wrong."), EXIT_CODE_USAGE);
    cli_warn(&cli, "%d of %d", 1, 2);
    said_end();
    assert_string_equal(said.err, "rond: --checked wants a number, not '%n%s'.\nSee: rond report --help\n"
                                  "rond: wrong.\nSee: rond --help\nrond: warning: 1 of 2\n");
}

static void a_number_is_digits_up_to_its_bound(void **state) {
    static const struct {
        const char *text;
        unsigned long long max;
        bool is_number;
        unsigned long long number;
    } cases[] = {
        {"0", 0, true, 0},
        {"0010", 10, true, 10},
        {"4294967295", UINT32_MAX, true, UINT32_MAX},
        {"4294967296", UINT32_MAX, false, 0},
        {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
        {"18446744073709551616", UINT64_MAX, false, 0},
        {"99999999999999999999999999", UINT64_MAX, false, 0},
        {"", 10, false, 0},
        {"-1", UINT64_MAX, false, 0},
        {"+1", 10, false, 0},
        {" 1", 10, false, 0},
        {"1 ", 10, false, 0},
        {"1x", 10, false, 0},
        {"0x1", 10, false, 0},
        {"1.0", 10, false, 0},
        {"1e1", 10, false, 0},
        {"\xd9\xa1", 10, false, 0}, // a digit of another script
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        unsigned long long number = 0;
        if (cli_number(cases[i].text, cases[i].max, &number) != cases[i].is_number || number != cases[i].number)
            fail_msg("'%s' is %llu", cases[i].text, number);
    }
}

static void texts_that_are_not_there_are_null_in_json(void **state) {
    assert_true(json_is_null(json_text(NULL)));
    assert_true(json_is_null(json_text("")));
    json_t *text = json_text("å");
    assert_string_equal(json_string_value(text), "å");
    json_decref(text);
}

static void escape_codes_are_for_terminals(void **state) {
    const struct cli plain = {0}, coloured = {.is_coloured = true};
    for (int style = STYLE_PLAIN; style <= STYLE_DIM; style++) {
        assert_string_equal(cli_style(&plain, (enum cli_style)style), "");
        assert_int_equal(cli_style(&coloured, (enum cli_style)style)[0], '\033');
    }
}

// --- The outbox ---

static char directory[64];

static int setup(void **state) {
    strcpy(directory, "/tmp/rond-cli-XXXXXX");
    return mkdtemp(directory) == NULL;
}

static int teardown(void **state) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", directory);
    return system(command);
}

static int open_in(const char *where, rond **ret_rond) {
    struct cli cli = {.directory = where};
    said_begin();
    int code = cli_open(&cli);
    said_end();
    *ret_rond = cli.rond;
    return code;
}

static void the_directory_is_made_for_its_owner_alone_and_opened_again(void **state) {
    char where[96];
    struct stat status;
    rond *r;
    snprintf(where, sizeof where, "%s/held", directory);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(open_in(where, &r), EXIT_CODE_OK);
        assert_non_null(r);
        rond_close(r);
    }
    assert_int_equal(stat(where, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
}

static void a_directory_that_cannot_be_is_told_by_its_name(void **state) {
    char where[96];
    rond *r;
    snprintf(where, sizeof where, "%s/no/such", directory);
    assert_int_equal(open_in(where, &r), EXIT_CODE_STORAGE);
    assert_non_null(strstr(said.err, where));
    assert_null(r);
    snprintf(where, sizeof where, "%s/file", directory);
    fclose(fopen(where, "w"));
    assert_int_not_equal(open_in(where, &r), EXIT_CODE_OK);
    assert_string_not_equal(said.err, "");
}

static void an_outbox_in_use_is_waited_for_and_then_worth_another_try(void **state) {
    rond *r, *second;
    assert_int_equal(open_in(directory, &r), EXIT_CODE_OK);
    assert_int_equal(open_in(directory, &second), EXIT_CODE_AGAIN);
    assert_string_not_equal(said.err, "");
    rond_close(r);
}

static void damaged_keys_are_told_as_damaged_storage(void **state) {
    char path[128];
    rond *r;
    assert_int_equal(open_in(directory, &r), EXIT_CODE_OK);
    rond_close(r);
    snprintf(path, sizeof path, "%s/keys/outbox.key", directory);
    assert_int_equal(truncate(path, 5), 0);
    assert_int_equal(open_in(directory, &r), EXIT_CODE_STORAGE);
    snprintf(path, sizeof path, "%s/keys", directory);
    assert_int_equal(chmod(path, 0755), 0);
    assert_int_equal(open_in(directory, &r), EXIT_CODE_REFUSED);
    assert_non_null(strstr(said.err, "chmod 700"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_has_its_exit_code),
        cmocka_unit_test(a_fault_is_said_with_its_field_and_code_and_on_standard_error),
        cmocka_unit_test(with_json_a_fault_is_an_object_too),
        cmocka_unit_test(wrong_use_says_where_the_help_is),
        cmocka_unit_test(a_number_is_digits_up_to_its_bound),
        cmocka_unit_test(texts_that_are_not_there_are_null_in_json),
        cmocka_unit_test(escape_codes_are_for_terminals),
        TEST(the_directory_is_made_for_its_owner_alone_and_opened_again),
        TEST(a_directory_that_cannot_be_is_told_by_its_name),
        TEST(an_outbox_in_use_is_waited_for_and_then_worth_another_try),
        TEST(damaged_keys_are_told_as_damaged_storage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
