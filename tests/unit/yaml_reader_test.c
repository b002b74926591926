#include "promise/yaml_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "promise/promise_file.h"
#include "support/test.h"
#include "wire/limits.h"

static struct arena arena;
static struct file_faults faults;
static yaml_document_t document;
static struct yaml_reader reader;
static bool loaded;

static int reader_setup(void **state) {
    UNUSED(state);
    arena_init(&arena, 1024 * 1024);
    faults = (struct file_faults){0};
    reader = (struct yaml_reader){.name = "x.yaml", .arena = &arena, .document = &document, .faults = &faults};
    loaded = false;
    return 0;
}

static int reader_teardown(void **state) {
    UNUSED(state);
    if (loaded)
        yaml_document_delete(&document);
    arena_deinit(&arena);
    return 0;
}

// The root of this text; faults of the text before are forgotten.
static struct yaml_at root_of(const char *text) {
    yaml_parser_t parser;
    if (loaded)
        yaml_document_delete(&document);
    faults.count = 0;
    assert_int_equal(yaml_parser_initialize(&parser), 1);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
    loaded = yaml_parser_load(&parser, &document) == 1;
    assert_true(loaded);
    yaml_parser_delete(&parser);
    return yaml_root(&reader);
}

static struct yaml_at value_of(const char *text) {
    char line[1024];
    (void)snprintf(line, sizeof line, "v: %s\n", text);
    struct yaml_at root = root_of(line);
    return yaml_get(&reader, &root, "v");
}

static void assert_fault(const char *says) {
    assert_int_equal(faults.count, 1);
    if (!strstr(faults.faults[0].text, says))
        fail_msg("'%s' does not say '%s'", faults.faults[0].text, says);
}

static void numbers_are_whole_and_within_their_bounds_or_zero_with_a_fault(void **state) {
    UNUSED(state);
    static const struct {
        const char *text;
        int64_t number;
        const char *fault; // NULL: none
    } cases[] = {
        {"5", 5, NULL},
        {"-3", -3, NULL},
        {"+7", 7, NULL},
        {"10", 10, NULL},
        {"-10", -10, NULL},
        {"11", 0, "at most 10"},
        {"-11", 0, "at least -10"},
        {"1.5", 0, "whole"},
        {"0x5", 0, "whole"},
        {"5 ", 5, NULL},
        {"\" 5\"", 0, "whole"},
        {"\"\"", 0, "whole"},
        {"~", 0, "whole"},
        {"[5]", 0, "whole"},
        {"{a: 5}", 0, "whole"},
        {"1e1", 0, "whole"},
        {"9223372036854775808", 0, "whole"},
        {"-9223372036854775809", 0, "whole"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct yaml_at at = value_of(cases[i].text);
        int64_t number = yaml_number(&reader, &at, -10, 10);
        if (number != cases[i].number || (faults.count == 0) != (cases[i].fault == NULL))
            fail_msg("%s: %lld with %zu faults", cases[i].text, (long long)number, faults.count);
        if (cases[i].fault)
            assert_fault(cases[i].fault);
    }
}

static void degrees_are_rounded_to_millionths_and_stay_on_the_globe(void **state) {
    UNUSED(state);
    static const struct {
        const char *text;
        int32_t degrees_e6;
        bool faulty;
    } cases[] = {
        {"55.7059", 55705900, false},
        {"-0.0000005", -1, false},
        {"90", 90000000, false},
        {"-90.0", -90000000, false},
        {"90.0001", 0, true},
        {"nan", 0, true},
        {"inf", 0, true},
        {"1e1", 0, true},
        {"0x10", 0, true},
        {"1.2.3", 0, true},
        {"[1]", 0, true},
        {"\"\"", 0, true},
        {"\"-\"", 0, true},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct yaml_at at = value_of(cases[i].text);
        int32_t degrees_e6 = yaml_degrees_e6(&reader, &at, 90);
        if (degrees_e6 != cases[i].degrees_e6 || (faults.count > 0) != cases[i].faulty)
            fail_msg("%s: %d with %zu faults", cases[i].text, degrees_e6, faults.count);
    }
}

static void texts_ids_dates_and_flags_take_what_they_say_and_nothing_else(void **state) {
    UNUSED(state);
    static const struct {
        char type; // t i d f
        const char *text, *value;
        const char *fault;
    } cases[] = {
        {'t', "Lund", "Lund", NULL},
        {'t', "\"a\\nb\"", "a\nb", NULL},
        {'t', "\"\"", "", "must be a text"},
        {'t', "[a]", "", "must be a text"},
        {'t', "\"a\\0b\"", "", "without NUL"},
        {'i', "lund-c_1", "lund-c_1", NULL},
        {'i', "Lund", "", "must be an id"},
        {'i', "a/b", "", "must be an id"},
        {'i', "å", "", "must be an id"},
        {'i', "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "", "must be an id"},
        {'d', "2016-02-29", "2016-02-29", NULL},
        {'d', "2015-02-29", "", "exists"},
        {'d', "2015-2-9", "", "exists"},
        {'d', "2015-02-09x", "", "exists"},
        {'d', "0000-00-00", "", "exists"},
        {'f', "true", "true", NULL},
        {'f', "false", "false", NULL},
        {'f', "yes", "false", "true or false"},
        {'f', "True", "false", "true or false"},
        {'f', "[true]", "false", "true or false"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct yaml_at at = value_of(cases[i].text);
        const char *value = cases[i].type == 't'      ? yaml_text(&reader, &at)
                            : cases[i].type == 'i'    ? yaml_id(&reader, &at)
                            : cases[i].type == 'd'    ? yaml_date(&reader, &at)
                            : yaml_flag(&reader, &at) ? "true"
                                                      : "false";
        if (strcmp(value, cases[i].value) != 0 || (faults.count == 0) != (cases[i].fault == NULL))
            fail_msg("%s: '%s' with %zu faults", cases[i].text, value, faults.count);
        if (cases[i].fault)
            assert_fault(cases[i].fault);
    }
}

static void what_is_absent_is_its_default_without_a_fault(void **state) {
    UNUSED(state);
    static const char *const words[] = {"a", "b"};
    struct yaml_at root = root_of("a: 1\n"), at = yaml_get(&reader, &root, "b");
    size_t count = 9;
    assert_false(yaml_has(&at));
    assert_string_equal(yaml_text(&reader, &at), "");
    assert_string_equal(yaml_id(&reader, &at), "");
    assert_string_equal(yaml_date(&reader, &at), "");
    assert_int_equal(yaml_number(&reader, &at, 1, 2), 0);
    assert_int_equal(yaml_degrees_e6(&reader, &at, 90), 0);
    assert_false(yaml_flag(&reader, &at));
    assert_int_equal(yaml_choice(&reader, &at, words, 2), -1);
    assert_int_equal(yaml_length(&reader, &at, 5), 0);
    assert_non_null(yaml_ids(&reader, &at, 5, &count));
    assert_int_equal(count, 0);
    yaml_mapping(&reader, &at, words, 2);
    struct yaml_at below = yaml_get(&reader, &at, "c");
    assert_false(yaml_has(&below));
    assert_int_equal(faults.count, 0);
    yaml_require(&reader, &below);
    assert_fault("is missing");
    assert_string_equal(faults.faults[0].message, "x.yaml:1: b.c: is missing");
}

static void an_unknown_key_is_named_with_the_nearest_known_one(void **state) {
    UNUSED(state);
    static const char *const keys[] = {"target", "per", "required_parties"};
    static const struct {
        const char *text, *field, *says;
    } cases[] = {
        {"tagret: 1", "tagret", "did you mean target?"},
        {"targets: 1", "targets", "did you mean target?"},
        {"Per: 1", "Per", "did you mean per?"},
        {"colour: 1", "colour", "unknown key"},
        {"\"\": 1", "", "unknown key"},
        {"[a]: 1", "", "unknown key"},
        {"target: 1\ntarget: 2", "target", "comes twice"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         ": 1",
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "unknown key"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct yaml_at root = root_of(cases[i].text);
        yaml_mapping(&reader, &root, keys, ARRAY_COUNT(keys));
        assert_int_equal(faults.count, 1);
        assert_fault(cases[i].says);
        assert_string_equal(faults.faults[0].field, cases[i].field);
    }
}

static void a_choice_lists_all_words_however_many_there_are(void **state) {
    UNUSED(state);
    static const char *words[64];
    for (size_t i = 0; i < ARRAY_COUNT(words); i++)
        words[i] = "a_word_of_some_length";
    struct yaml_at at = value_of("other");
    assert_int_equal(yaml_choice(&reader, &at, words, ARRAY_COUNT(words)), -1);
    assert_fault("must be one of a_word_of_some_length, a_word");
    at = value_of("[a_word_of_some_length]");
    assert_int_equal(yaml_choice(&reader, &at, words, 1), -1);
    at = value_of("a_word_of_some_length");
    assert_int_equal(yaml_choice(&reader, &at, words, 1), 0);
}

static void lists_are_bounded_and_ids_in_them_come_once(void **state) {
    UNUSED(state);
    size_t count;
    struct yaml_at at = value_of("[a, b, c]");
    assert_int_equal(yaml_length(&reader, &at, 3), 3);
    assert_int_equal(yaml_length(&reader, &at, 2), 0);
    assert_fault("has 3 entries; at most 2");
    at = value_of("[a, b, a]");
    char **ids = yaml_ids(&reader, &at, 3, &count);
    assert_int_equal(count, 3);
    assert_string_equal(ids[1], "b");
    assert_fault("a comes twice");
    assert_string_equal(faults.faults[0].field, "v[2]");
    at = value_of("a");
    (void)yaml_ids(&reader, &at, 3, &count);
    assert_int_equal(count, 0);
    assert_fault("must be a list");
}

static void faults_beyond_the_bound_are_not_kept_and_a_long_one_is_cut(void **state) {
    UNUSED(state);
    char long_text[2 * FAULT_TEXT_SIZE];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    struct yaml_at root = root_of("a: 1\n");
    for (size_t i = 0; i < FILE_FAULTS_MAX + 5; i++)
        yaml_fault(&reader, &root, "%s", long_text);
    assert_int_equal(faults.count, FILE_FAULTS_MAX);
    assert_int_equal(strlen(faults.faults[FILE_FAULTS_MAX - 1].text), FAULT_TEXT_SIZE - 1);
}

static void a_reader_without_memory_says_so_and_gives_harmless_texts(void **state) {
    UNUSED(state);
    struct arena none;
    arena_init(&none, 0);
    struct yaml_at at = value_of("text");
    reader.arena = &none;
    assert_string_equal(yaml_text(&reader, &at), "");
    assert_true(reader.no_memory);
    size_t count = 7;
    at = value_of("[a]");
    assert_null(yaml_ids(&reader, &at, 3, &count));
    assert_int_equal(count, 0);
    arena_deinit(&none);
}

static void a_value_that_contains_itself_is_read_as_deep_as_it_is_asked_for(void **state) {
    UNUSED(state);
    struct yaml_at at = root_of("&a {b: *a, c: [*a]}\n");
    for (size_t depth = 0; depth < 100; depth++)
        at = yaml_get(&reader, &at, "b");
    assert_true(yaml_has(&at));
    assert_true(strlen(at.path) < sizeof at.path);
}

// A file as large as may be, of one kind of junk: refused, and before anybody loses patience. The server parses it on the
// thread that all devices wait for. What counts is the processor's time: a busy machine says nothing of the parser.
static void a_file_of_junk_is_refused_at_once(void **state) {
    UNUSED(state);
    static const struct {
        const char *what, *junk;
    } cases[] = {
        {"brackets", "["},
        {"braces", "{"},
        {"dashes", "- "},
        {"question marks", "? "},
        {"anchors", "&a "},
        {"keys of a mapping", NULL},
        {"tabs", "\t"},
        {"comments", "#\n"},
        {"one long word", "x"},
        {"quotes", "\""},
        {"directives", "%YAML 1.1\n"},
        {"documents", "---\n"},
    };
    static char text[PROMISE_FILE_BYTES_MAX + 64];
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        size_t size = 0;
        for (unsigned n = 0; size + 16 < PROMISE_FILE_BYTES_MAX; n++)
            size += cases[i].junk ? (size_t)snprintf(text + size, 32, "%s", cases[i].junk)
                                  : (size_t)snprintf(text + size, 32, "%x:\n", n);
        struct promise_file file;
        struct timespec before, after;
        faults.count = 0;
        arena_reset(&arena);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
        enum rond_err err = promise_file_parse("junk.yaml", bytes_of(text, size), &arena, &file, &faults);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
        assert_err(ROND_EINVALID, err);
        assert_true(faults.count > 0);
        double took_s = (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) / 1e9;
        if (took_s > 5)
            fail_msg("%s took %.1f s", cases[i].what, took_s);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, reader_setup, reader_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(numbers_are_whole_and_within_their_bounds_or_zero_with_a_fault),
        TEST(degrees_are_rounded_to_millionths_and_stay_on_the_globe),
        TEST(texts_ids_dates_and_flags_take_what_they_say_and_nothing_else),
        TEST(what_is_absent_is_its_default_without_a_fault),
        TEST(an_unknown_key_is_named_with_the_nearest_known_one),
        TEST(a_choice_lists_all_words_however_many_there_are),
        TEST(lists_are_bounded_and_ids_in_them_come_once),
        TEST(faults_beyond_the_bound_are_not_kept_and_a_long_one_is_cut),
        TEST(a_reader_without_memory_says_so_and_gives_harmless_texts),
        TEST(a_value_that_contains_itself_is_read_as_deep_as_it_is_asked_for),
        TEST(a_file_of_junk_is_refused_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
