// What the guard finds and what it leaves alone, case by case and measured on a generated corpus. Personal numbers are of
// the Tax Agency's series for tests (birth numbers 980 to 999) throughout.
#include "wire/personal_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/personal_corpus.h"
#include "support/test.h"

enum { N = PERSONAL_DATA_NUMBER, C = PERSONAL_DATA_COORDINATION, P = PERSONAL_DATA_PLATE };

struct text_case {
    const char *text;
    unsigned kinds;
};

static void expect_kinds(const struct text_case *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        unsigned kinds = personal_data_kinds(bytes_of_text(cases[i].text));
        if (kinds != cases[i].kinds)
            fail_msg("\"%s\": %u, not %u", cases[i].text, kinds, cases[i].kinds);
    }
}

static void numbers_are_found_in_every_way_of_writing_and_only_whole(void **state) {
    static const struct text_case cases[] = {
        {"900101-9802", N},     {"9001019802", N},      {"19900101-9802", N}, {"199001019802", N},
        {"900101+9802", N},     {"900101 9802", N},     {"900101–9802", N},   {"900101 - 9802", N},
        {"900101−9802", N},     {"1990-01-01-9802", N}, {"18900101-9802", N}, {"20900101-9802", N},
        {"pnr900101-9802x", N}, {"(900101-9802)", N},   {"900101-9802,", N},  {"12 900101-9802 34", N},
        {"900101-9803", 0},     {"1900101-9802", 0},    {"900101-98021", 0},  {"21900101-9802", 0},
        {"900101--9802", 0},    {"900101/9802", 0},     {"900101", 0},        {"900101-", 0},
        {"900101-980", 0},      {"1990-01-01 9802", 0}, {"900101   9802", 0}, {"", 0},
    };
    expect_kinds(cases, ARRAY_COUNT(cases));
}

// The checksums are right: it is the day that decides.
static void a_day_must_be_real_in_some_century_that_is_meant(void **state) {
    static const struct {
        const char *day;
        unsigned kinds;
    } days[] = {
        {"000229", N}, {"20000229", N}, {"19000229", 0}, {"18000229", 0}, {"19960229", N}, {"19970229", 0},
        {"970229", 0}, {"900431", 0},   {"900430", N},   {"901301", 0},   {"900001", 0},   {"900100", 0},
        {"900132", 0}, {"17990101", 0}, {"900161", C},   {"900191", C},   {"900192", 0},   {"900160", C},
        {"900060", C}, {"900061", C},   {"901361", 0},   {"19900290", C}, {"900159", 0},
    };
    for (size_t i = 0; i < ARRAY_COUNT(days); i++)
        for (unsigned last = 0, found = 0; last < 10; last++) { // one of the ten has the right checksum
            char text[32];
            snprintf(text, sizeof text, "%s-980%u", days[i].day, last);
            unsigned kinds = personal_data_kinds(bytes_of_text(text));
            found += kinds != 0;
            if (kinds != 0 && kinds != days[i].kinds)
                fail_msg("%s: %u, not %u", text, kinds, days[i].kinds);
            if (last == 9 && found != (days[i].kinds != 0))
                fail_msg("%s: found %u times", days[i].day, found);
        }
}

static void plates_of_both_patterns_are_found(void **state) {
    static const struct text_case cases[] = {
        {"ABC 123", P},
        {"ABC123", P},
        {"ABC-123", P},
        {"ABC 12D", P},
        {"ABC12D", P},
        {"abc123", P},
        {"Abc12d", P},
        {"reg.nr abc 123", P},
        {"regnr: abc 12d", P},
        {"skylten abc 123", P},
        {"(reg abc 123)", P},
        {"(ABC 123)", P},
        {"SE-ABC 123.", P},
        {"“ABC 123”", P},
        {"ABC 123, DEF 456", P},
        {"MAX200", P},
        {"reg MAX 200", P},
        {"ABC 123/DEF 45G", P},
        {"ABC 123-an", P},
        {"ABC 12O", 0},
        {"ABC 12Q", 0},
        {"IBC 123", 0},
        {"ABQ 123", 0},
        {"VBC 123", 0},
        {"ABC 1234", 0},
        {"ABC 12DE", 0},
        {"XABC 123", 0},
        {"ÅABC 123", 0},
        {"ABC 12Å", 0},
        {"1ABC 123", 0},
        {"ABC 12", 0},
        {"AB 123", 0},
        {"abc 123", 0},
        {"ABC  123", 0},
        {"ABC 123/15", 0},
        {"ABC 123-15", 0},
        {"K7QF2M-1A-C", 0},
        {"ABC123-1A-C", 0},
        {"abc123.jpg", 0},
        {"www.abc123.se", 0},
        {"abc123@exempel.se", 0},
    };
    expect_kinds(cases, ARRAY_COUNT(cases));
}

static void what_only_looks_like_a_plate_is_left_alone(void **state) {
    static const struct text_case cases[] = {
        {"MAX 200", 0},       {"Max 200", 0},    {"max200", 0},          {"ISO 900", 0},
        {"RAL 900", 0},       {"SOS 112", 0},    {"och 200", 0},         {"Och 200", 0},
        {"VÄG 108", 0},       {"väg 108", 0},    {"BOX 123", 0},         {"regnade och 200", 0},
        {"skylt med 120", 0}, {"SEK 100,50", 0}, {"5000-K123456-15", 0}, {"USA 100", 0},
        {"E22", 0},           {"kl 1400", 0},    {"Storgatan 12B", 0},   {"223 50 Lund", 0},
    };
    expect_kinds(cases, ARRAY_COUNT(cases));
}

// Every combination of letters that may be issued; apart from the digits some are words, and these are few.
static void few_combinations_are_taken_for_words_and_none_where_the_plate_is_written_as_one(void **state) {
    static const char letters[] = "ABCDEFGHJKLMNOPRSTUWXYZ";
    unsigned missed_apart = 0, all = 0;
    for (size_t i = 0; i < 23 * 23 * 23; i++) {
        char joined[8] = {letters[i / 529], letters[i / 23 % 23], letters[i % 23], '1', '2', '3'}, apart[16], announced[24];
        snprintf(apart, sizeof apart, "%.3s %s", joined, joined + 3);
        snprintf(announced, sizeof announced, "regnr %s", apart);
        assert_int_equal(personal_data_kinds(bytes_of_text(joined)), P);
        assert_int_equal(personal_data_kinds(bytes_of_text(announced)), P);
        missed_apart += personal_data_kinds(bytes_of_text(apart)) == 0;
        all++;
    }
    print_message("combinations taken for a word where they stand apart and unannounced: %u of %u\n", missed_apart, all);
    assert_true(missed_apart <= 140);
}

static void hits_come_in_order_with_their_bytes(void **state) {
    struct personal_data found;
    const char *text = "Åtta: 900101-9802 i ABC 123, 900161–9802?";
    personal_data_find(bytes_of_text(text), &found);
    assert_int_equal(found.kinds, N | P);
    assert_int_equal(found.count, 2);
    assert_int_equal(found.hits[0].kind, N);
    assert_memory_equal(text + found.hits[0].start, "900101-9802", found.hits[0].size);
    assert_int_equal(found.hits[1].kind, P);
    assert_memory_equal(text + found.hits[1].start, "ABC 123", found.hits[1].size);
}

static void the_list_is_bounded_and_the_kinds_are_not(void **state) {
    char text[1024] = "";
    for (size_t i = 0; i < 40; i++)
        strcat(text, "900101-9802 ");
    strcat(text, "ABC 123");
    struct personal_data found;
    personal_data_find(bytes_of_text(text), &found);
    assert_int_equal(found.count, PERSONAL_DATA_HITS_MAX);
    assert_int_equal(found.kinds, N | P);
}

// ---- The corpus ----

enum { HITS_PER_FORM = 2000, MISSES_PER_KIND = 2000, SEED = 2015 };

static void every_hit_of_the_corpus_is_found_where_it_stands(void **state) {
    struct rng_seeded seeded;
    rng_seeded_init(&seeded, SEED);
    struct rng rng = rng_seeded_as_rng(&seeded);
    size_t all = 0, missed = 0;
    for (size_t form = 0; form < corpus_forms_count(); form++) {
        size_t missed_of_form = 0;
        for (size_t i = 0; i < HITS_PER_FORM; i++) {
            struct corpus_hit made;
            struct personal_data found;
            corpus_hit_make(&rng, form, &made);
            personal_data_find(bytes_of_text(made.text), &found);
            bool is_found = found.count == 1 && found.kinds == made.hit.kind && found.hits[0].start == made.hit.start &&
                            found.hits[0].size == made.hit.size;
            if (!is_found && missed_of_form == 0)
                print_message("not found: %s\n", made.text);
            missed_of_form += !is_found;
        }
        all += HITS_PER_FORM;
        missed += missed_of_form;
        print_message("%-34s %6zu of %d found\n", corpus_form_name(form), HITS_PER_FORM - missed_of_form, HITS_PER_FORM);
    }
    print_message("hits: %zu of %zu found\n", all - missed, all);
    assert_int_equal(missed, 0);
}

static void at_most_one_near_miss_in_a_hundred_is_flagged(void **state) {
    struct rng_seeded seeded;
    rng_seeded_init(&seeded, SEED);
    struct rng rng = rng_seeded_as_rng(&seeded);
    size_t all = 0, flagged = 0;
    for (size_t miss = 0; miss < corpus_misses_count(); miss++) {
        size_t flagged_of_kind = 0;
        for (size_t i = 0; i < MISSES_PER_KIND; i++) {
            char text[CORPUS_TEXT_SIZE];
            corpus_miss_make(&rng, miss, text);
            bool is_flagged = personal_data_kinds(bytes_of_text(text)) != 0;
            if (is_flagged && getenv("SHOW_FLAGGED") != NULL)
                print_message("flagged: %s\n", text);
            flagged_of_kind += is_flagged;
        }
        all += MISSES_PER_KIND;
        flagged += flagged_of_kind;
        print_message("%-34s %6zu of %d flagged (%.2f %%)\n", corpus_miss_name(miss), flagged_of_kind, MISSES_PER_KIND,
                      100.0 * (double)flagged_of_kind / MISSES_PER_KIND);
    }
    print_message("near misses: %zu of %zu flagged (%.2f %%)\n", flagged, all, 100.0 * (double)flagged / (double)all);
    assert_true(flagged * 100 <= all);
}

// ---- Hostile texts ----

static void anything_at_all_is_looked_at_within_its_bounds(void **state) {
    struct rng_seeded seeded;
    rng_seeded_init(&seeded, SEED);
    struct rng rng = rng_seeded_as_rng(&seeded);
    static const char signs[] = "09018A1BCabc -+\xE2\x80\x91\xC2\xA0\xC3\xA5\xFF\0./:";
    for (size_t round = 0; round < 200000; round++) {
        size_t size = rng_below(&rng, 40);
        uint8_t *text = malloc(size + 1); // as large as it is, so that a sanitizer sees a step beyond
        assert_non_null(text);
        for (size_t i = 0; i < size; i++)
            text[i] = round % 2 == 0 ? (uint8_t)rng_below(&rng, 256) : (uint8_t)signs[rng_below(&rng, sizeof signs - 1)];
        uint8_t *exact = size > 0 ? realloc(text, size) : text;
        struct personal_data found;
        personal_data_find(bytes_of(exact, size), &found);
        for (size_t i = 0, end = 0; i < found.count; i++) {
            assert_true(found.hits[i].start >= end && found.hits[i].size >= 6);
            end = found.hits[i].start + found.hits[i].size;
            assert_true(end <= size);
        }
        free(exact);
    }
}

// Eight megabytes of what makes a scan begin again and again. At a step a byte this takes milliseconds; a scan whose cost
// grew with the square would take hours.
static void the_cost_grows_with_the_size_alone(void **state) {
    static const char *const patterns[] = {"9",         "A",        "a",         " ",         "-",        "900101-980 ",
                                           "900101 - ", "ABC ",     "ABC12",     "1990-01-0", "reg abc ", "\xE2",
                                           "\x80",      "\xC3\xA5", "K7QF2M-1A", "123456 "};
    enum { SIZE = 8 * 1024 * 1024 };
    char *text = malloc(SIZE);
    assert_non_null(text);
    double worst_s = 0;
    for (size_t i = 0; i < ARRAY_COUNT(patterns); i++) {
        size_t size = strlen(patterns[i]);
        for (size_t at = 0; at < SIZE; at++)
            text[at] = patterns[i][at % size];
        clock_t before = clock();
        (void)personal_data_kinds(bytes_of(text, SIZE));
        double took_s = (double)(clock() - before) / CLOCKS_PER_SEC;
        worst_s = took_s > worst_s ? took_s : worst_s;
    }
    free(text);
    print_message("worst of 8 MiB: %.3f s\n", worst_s);
    assert_true(worst_s < 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_found_in_every_way_of_writing_and_only_whole),
        cmocka_unit_test(a_day_must_be_real_in_some_century_that_is_meant),
        cmocka_unit_test(plates_of_both_patterns_are_found),
        cmocka_unit_test(what_only_looks_like_a_plate_is_left_alone),
        cmocka_unit_test(few_combinations_are_taken_for_words_and_none_where_the_plate_is_written_as_one),
        cmocka_unit_test(hits_come_in_order_with_their_bytes),
        cmocka_unit_test(the_list_is_bounded_and_the_kinds_are_not),
        cmocka_unit_test(every_hit_of_the_corpus_is_found_where_it_stands),
        cmocka_unit_test(at_most_one_near_miss_in_a_hundred_is_flagged),
        cmocka_unit_test(anything_at_all_is_looked_at_within_its_bounds),
        cmocka_unit_test(the_cost_grows_with_the_size_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
