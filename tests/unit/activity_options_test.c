// The options of `report`, `correct` and `draft save`: what becomes of them, and that a bad one is told by its name.
#include "cli/activity_options.h"

#include <string.h>

#include "clock_changes.h"
#include "handheld.h"
#include "said.h"

enum { WORDS_MAX = 200, WORD_SIZE = 600 };

static struct {
    struct handheld handheld;
    struct cli cli;
    struct activity_options options;
    char words[WORDS_MAX][WORD_SIZE]; // getopt and the parser change them in place
    char *argv[WORDS_MAX + 1];
    int argc;
} t;

static const struct command command = {.name = "report"};

static int setup(void **state) {
    memset(&t, 0, sizeof t);
    handheld_open(&t.handheld);
    handheld_enrol(&t.handheld, "police_officer", 1);
    handheld_reference(&t.handheld);
    t.cli = (struct cli){.rond = t.handheld.rond, .command = &command};
    return 0;
}

static int teardown(void **state) {
    handheld_close(&t.handheld);
    return 0;
}

static void word_add(const char *word) {
    CHECK(t.argc < WORDS_MAX && strlen(word) < WORD_SIZE);
    strcpy(t.words[t.argc], word);
    t.argv[t.argc] = t.words[t.argc];
    t.argv[++t.argc] = NULL;
}

// A command line as one text; words are separated by |.
static void words_set(const char *line) {
    char copy[WORD_SIZE], *rest = copy;
    t.argc = 0;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word; copy[0] != '\0' && (word = strsep(&rest, "|")) != NULL;)
        word_add(word);
}

static int parse(void) {
    said_begin();
    int code = activity_options_parse(&t.cli, t.argc, t.argv, &t.options);
    said_end();
    return code;
}

static const rond_activity *parsed(const char *line) {
    words_set(line);
    if (parse() != EXIT_CODE_OK)
        fail_msg("%s: %s", line, said.err);
    assert_string_equal(said.err, "");
    assert_int_equal(t.options.activity.struct_size, sizeof(rond_activity));
    return &t.options.activity;
}

// --- What is good ---

static void what_every_kind_takes_goes_to_its_place(void **state) {
    static const char *const kinds[] = {"check", "handout", "patrol", "walk", "meeting", "inventory", "initiative"};
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        char line[WORD_SIZE];
        snprintf(line, sizeof line,
                 "%s|--place|p|--from|2015-05-08 14:00|--to|15:30|--commitment|a/b|--with-org|o1|--with-org=o2|--activity|x|"
                 "--role|r|--text|a text, with = and |--position|55.7047,-13.191,15|--area|q|--dry-run|--number|7",
                 kinds[i]);
        const rond_activity *activity = parsed(line);
        assert_int_equal(activity->kind, ROND_CHECK + i);
        assert_string_equal(kind_label(activity->kind), kinds[i]);
        assert_string_equal(activity->place, "p");
        assert_int_equal(activity->occurred_from_s, 1431086400);
        assert_int_equal(activity->occurred_to_s, 1431086400 + 5400);
        assert_string_equal(activity->commitment, "a/b");
        assert_int_equal(activity->organisations_count, 2);
        assert_string_equal(activity->organisations[0], "o1");
        assert_string_equal(activity->organisations[1], "o2");
        assert_string_equal(activity->activity, "x");
        assert_string_equal(activity->role, "r");
        assert_string_equal(activity->text, "a text, with = and ");
        assert_true(activity->has_position && activity->latitude == 55.7047 && activity->longitude == -13.191);
        assert_int_equal(activity->accuracy_m, 15);
        assert_string_equal(activity->area, "q");
        assert_true(t.options.is_dry_run);
        assert_int_equal(t.options.draft, 7);
    }
    assert_string_equal(kind_label(0), "-");
    assert_string_equal(kind_label((enum rond_kind)8), "-");
}

static void nothing_said_is_nothing_set(void **state) {
    const rond_activity *activity = parsed("meeting");
    assert_int_equal(activity->occurred_from_s, 0);
    assert_int_equal(activity->occurred_to_s, 0);
    assert_null(activity->place);
    assert_null(activity->role);
    assert_false(activity->has_position || t.options.is_dry_run);
    assert_int_equal(activity->organisations_count + activity->items_count + activity->findings_count, 0);
}

static void the_own_options_of_each_kind_go_to_their_place(void **state) {
    const rond_activity *a = parsed("check|--of|taxi|--form|coordinated|--checked|30|--remarked|5|--reported|2");
    assert_string_equal(a->of, "taxi");
    assert_int_equal(a->check_form, ROND_COORDINATED);
    assert_int_equal(a->checked * 10000 + a->remarked * 100 + a->reported, 300502);
    assert_int_equal(parsed("check|--form|targeted")->check_form, ROND_TARGETED);

    a = parsed("handout|--item|lights=40|--item|a=b=4294967295|--information");
    assert_int_equal(a->items_count, 2);
    assert_string_equal(a->items[0].item, "lights");
    assert_int_equal(a->items[0].count, 40);
    assert_string_equal(a->items[1].item, "a=b");
    assert_int_equal(a->items[1].count, UINT32_MAX);
    assert_true(a->information_given);

    a = parsed("patrol|--persons|police_officer=2|--persons|station_host=0");
    assert_int_equal(a->persons_count, 2);
    assert_string_equal(a->persons[1].role, "station_host");
    assert_int_equal(a->persons[0].persons, 2);

    a = parsed("meeting|--with|taxi_trade|--subject|the autumn");
    assert_string_equal(a->with, "taxi_trade");
    assert_string_equal(a->subject, "the autumn");

    a = parsed("inventory|--of|traffic_signs|--surveyed|212|--finding|place=p,text=turned\\, twice|--finding|text=t");
    assert_string_equal(a->of, "traffic_signs");
    assert_int_equal(a->surveyed_count, 212);
    assert_int_equal(a->surveyed_findings_count, 2);
    assert_string_equal(a->surveyed[0].place, "p");
    assert_string_equal(a->surveyed[0].text, "turned, twice");
    assert_null(a->surveyed[1].place);

    a = parsed("initiative|--type|watch|--quantity|18446744073709551615|--unit|areas|--outcome|one");
    assert_string_equal(a->of, "watch");
    assert_true(a->quantity == UINT64_MAX);
    assert_string_equal(a->unit, "areas");
    assert_string_equal(a->outcome, "one");
}

static void findings_of_a_walk_say_all_about_a_place(void **state) {
    const rond_activity *a = parsed("walk|--safe|stortorget|--unsafe|place=p,where=by the steps,cause=dark\\, wet = bad\\\\,"
                                    "responsible=jernhusen,action=a lamp,due=2015-09-01,id=x,rewalk=AB-1:2|--rewalk|CD-3:z|"
                                    "--safe|where=q|--rewalk|EF:1:a");
    assert_int_equal(a->findings_count, 3);
    assert_string_equal(a->findings[0].place, "stortorget");
    assert_int_equal(a->findings[0].safety, ROND_SAFE);
    assert_null(a->findings[0].rewalk_reference);
    const rond_finding *f = &a->findings[1];
    assert_int_equal(f->safety, ROND_UNSAFE);
    assert_string_equal(f->place, "p");
    assert_string_equal(f->place_text, "by the steps");
    assert_string_equal(f->cause, "dark, wet = bad\\");
    assert_string_equal(f->responsible, "jernhusen");
    assert_string_equal(f->promised_action, "a lamp");
    assert_string_equal(f->due, "2015-09-01");
    assert_string_equal(f->id, "x");
    assert_string_equal(f->rewalk_reference, "CD-3"); // said last
    assert_string_equal(f->rewalk_finding, "z");
    assert_null(a->findings[2].place);
    assert_string_equal(a->findings[2].rewalk_reference, "EF:1");
}

static void a_position_is_read_with_and_without_its_radius(void **state) {
    assert_int_equal(parsed("meeting|--position|55.7,13.2")->accuracy_m, 0);
    assert_int_equal(parsed("meeting|--position|-55.7,-13.2,4294967295")->accuracy_m, UINT32_MAX);
    assert_true(t.options.activity.latitude == -55.7 && t.options.activity.longitude == -13.2);
}

// An end that is only a time of day comes after the beginning, if need be on the next day, however long the night is.
static void an_end_without_a_day_is_the_first_such_time_after_the_beginning(void **state) {
    static const struct {
        const char *from, *to;
        int64_t from_s, to_s;
    } cases[] = {
        {"2015-05-08 14:00", "15:30", 1431086400, 1431086400 + 5400},
        {"2015-05-08 14:00", "14:00", 1431086400, 1431086400},
        {"2015-05-08 22:00", "02:00", 1431115200, 1431115200 + 4 * 3600},
        {"2015-05-08 22:00", "2015-05-09 02:00", 1431115200, 1431115200 + 4 * 3600},
        {"2015-05-08 22:00", "2015-05-08 02:00", 1431115200, 1431115200 - 20 * 3600}, // a day was said: it stays
        {"2015-03-28 22:00", "04:00", SPRING_CHANGE_S - 4 * 3600, SPRING_CHANGE_S + 3600},
        {"2015-03-28 23:30", "02:30", SPRING_CHANGE_S - 5400 - 3600, SPRING_CHANGE_S}, // skipped
        {"2015-10-24 22:00", "04:00", AUTUMN_CHANGE_S - 5 * 3600, AUTUMN_CHANGE_S + 2 * 3600},
        {"2015-10-24 22:00", "01:30", AUTUMN_CHANGE_S - 5 * 3600, AUTUMN_CHANGE_S - 5400},
        {"2015-12-31 23:00", "00:15", 1451599200, 1451599200 + 4500},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        char line[WORD_SIZE];
        snprintf(line, sizeof line, "meeting|--from|%s|--to|%s", cases[i].from, cases[i].to);
        const rond_activity *a = parsed(line);
        if (a->occurred_from_s != cases[i].from_s || a->occurred_to_s != cases[i].to_s)
            fail_msg("%s to %s lasts %lld s", cases[i].from, cases[i].to,
                     (long long)(a->occurred_to_s - a->occurred_from_s));
    }
}

// --- What is bad, and which it is ---

static void a_bad_option_is_told_by_its_name(void **state) {
    static const struct {
        const char *line, *says;
    } cases[] = {
        {"", "say which kind"},
        {"dance", "not dance"},
        {"Check", "not Check"},
        {"check|--speed|3", "there is no option '--speed'"},
        {"check|--checked", "'--checked' wants a value"},
        {"check|--dry-run=yes", "'--dry-run=yes': the option takes no value"},
        {"check|-x", "there is no option '-x'"},
        {"check|stray", "'stray' is too much"},
        {"check|--text|a|long|text", "'long' is too much"},
        {"check|--checked|many", "--checked wants a number, not 'many'"},
        {"check|--checked|-1", "--checked wants a number, not '-1'"},
        {"check|--checked|4294967296", "--checked wants a number"},
        {"check|--remarked|1.5", "--remarked wants"},
        {"check|--reported|", "--reported wants a number, not ''"},
        {"check|--form|secret", "--form is targeted or coordinated, not 'secret'"},
        {"inventory|--surveyed|x", "--surveyed wants"},
        {"initiative|--quantity|18446744073709551616", "--quantity wants a number"},
        {"meeting|--number|x", "--number wants the number of a draft"},
        {"handout|--item|lights", "--item wants NAME=NUMBER, not 'lights'"},
        {"handout|--item|lights=", "--item wants NAME=NUMBER, not 'lights='"},
        {"handout|--item|=x", "--item wants NAME=NUMBER"},
        {"patrol|--persons|a=-1", "--persons wants NAME=NUMBER, not 'a=-1'"},
        {"walk|--unsafe|place=p,cause", "--unsafe wants KEY=VALUE,..., not 'cause'"},
        {"walk|--unsafe|place=p,", "--unsafe wants KEY=VALUE,..., not ''"},
        {"walk|--safe|,place=p", "--safe wants KEY=VALUE,..., not ''"},
        {"walk|--safe|colour=red", "--safe does not know 'colour'"},
        {"walk|--safe|place=p,rewalk=AB", "a re-walk is written REFERENCE:ID, not 'AB'"},
        {"walk|--rewalk|AB:1", "--rewalk belongs after"},
        {"walk|--safe|p|--rewalk|AB", "a re-walk is written REFERENCE:ID, not 'AB'"},
        {"inventory|--finding|place", "--finding wants place=PLACE,text=TEXT, not 'place'"},
        {"inventory|--finding|", "--finding wants place=PLACE,text=TEXT, not ''"},
        {"inventory|--finding|place=p,", "--finding wants place=PLACE,text=TEXT, not ''"},
        {"inventory|--finding|cause=x", "--finding does not know 'cause'"},
        {"meeting|--position|55", "--position wants"},
        {"meeting|--position|", "--position wants"},
        {"meeting|--position|55,", "--position wants"},
        {"meeting|--position|,13", "--position wants"},
        {"meeting|--position|55 13", "--position wants"},
        {"meeting|--position|55,13,", "--position wants"},
        {"meeting|--position|55,13,-1", "--position wants"},
        {"meeting|--position|55,13,1,1", "--position wants"},
        {"meeting|--position|55,13x", "--position wants"},
        {"meeting|--from|yesterday", "--from: 'yesterday' is no time"},
        {"meeting|--from|2015-02-30 10:00", "--from: '2015-02-30 10:00' is no time"},
        {"meeting|--to|25:00", "--to: '25:00' is no time"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        words_set(cases[i].line);
        if (parse() != EXIT_CODE_USAGE || strstr(said.err, cases[i].says) == NULL)
            fail_msg("'%s' says '%s', not '%s'", cases[i].line, said.err, cases[i].says);
        assert_non_null(strstr(said.err, "See: rond report --help"));
    }
}

static void an_option_of_another_kind_is_told(void **state) {
    static const struct {
        const char *option, *kinds; // that take it
    } cases[] = {
        {"--of|x", "check inventory initiative"},
        {"--form|targeted", "check"},
        {"--checked|1", "check"},
        {"--remarked|1", "check"},
        {"--reported|1", "check"},
        {"--item|a=1", "handout"},
        {"--information", "handout"},
        {"--persons|a=1", "patrol"},
        {"--safe|p", "walk"},
        {"--unsafe|p", "walk"},
        {"--with|w", "meeting"},
        {"--subject|s", "meeting"},
        {"--surveyed|1", "inventory"},
        {"--finding|place=p", "inventory"},
        {"--quantity|1", "initiative"},
        {"--unit|u", "initiative"},
        {"--outcome|o", "initiative"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        for (int kind = ROND_CHECK; kind <= ROND_INITIATIVE; kind++) {
            const char *label = kind_label((enum rond_kind)kind);
            char line[WORD_SIZE], says[100];
            bool belongs = strstr(cases[i].kinds, label) != NULL;
            snprintf(line, sizeof line, "%s|%s", label, cases[i].option);
            snprintf(says, sizeof says, "does not belong to a %s", label);
            words_set(line);
            assert_int_equal(parse(), belongs ? EXIT_CODE_OK : EXIT_CODE_USAGE);
            assert_int_equal(strstr(said.err, says) != NULL, !belongs);
        }
    }
}

static void more_than_there_is_room_for_is_told_and_nothing_runs_over(void **state) {
    static const struct {
        const char *kind, *option, *value;
        int max;
    } cases[] = {
        {"handout", "--item", "a=1", OPTION_ITEMS_MAX},
        {"patrol", "--persons", "a=1", OPTION_PERSONS_MAX},
        {"walk", "--safe", "p", OPTION_FINDINGS_MAX},
        {"meeting", "--with-org", "o", OPTION_ORGANISATIONS_MAX},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        words_set(cases[i].kind);
        for (int n = 0; n < cases[i].max; n++) {
            word_add(cases[i].option);
            word_add(cases[i].value);
        }
        assert_int_equal(parse(), EXIT_CODE_OK);
        words_set(cases[i].kind);
        for (int n = 0; n <= cases[i].max; n++) {
            word_add(cases[i].option);
            word_add(cases[i].value);
        }
        assert_int_equal(parse(), EXIT_CODE_USAGE);
        assert_non_null(strstr(said.err, cases[i].option));
        assert_non_null(strstr(said.err, "more than"));
    }
}

// --- Words that nobody knows ---

static const char *warned(const char *line) {
    words_set(line);
    assert_int_equal(parse(), EXIT_CODE_OK);
    said_begin();
    activity_options_warn(&t.cli, &t.options.activity);
    said_end();
    assert_string_equal(said.out, "");
    return said.err;
}

static void a_word_that_is_not_known_is_told_with_the_nearest(void **state) {
    static const struct {
        const char *line, *says; // NULL: nothing
    } cases[] = {
        {"check|--of|cyclist_behaviour|--place|stortorget", NULL},
        {"check|--place|stortorgt", "did you mean 'stortorget'"},
        {"check|--place|tortorget", "did you mean 'stortorget'"},
        {"check|--place|Stortorget", "did you mean 'stortorget'"},
        {"check|--place|bangatan", "place 'bangatan' is not among the words of this area (rond words place)"},
        {"check|--place|", "place '' is not among"},
        {"check|--of|cyclist_behavior", "check 'cyclist_behavior' is not among the words of this area; did you mean"},
        {"patrol|--persons|police_oficer=1", "did you mean 'police_officer'"},
        {"walk|--safe|stortoget", "did you mean 'stortorget'"},
        {"inventory|--finding|place=stortoget", "did you mean 'stortorget'"},
        {"meeting|--with|anybody", NULL}, // of a list without words nothing can be said
        {"handout|--item|lights=1", NULL},
        {"meeting|--with-org|polisen", NULL},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const char *says = warned(cases[i].line);
        if (cases[i].says == NULL ? says[0] != '\0' : strstr(says, cases[i].says) == NULL)
            fail_msg("%s: '%s'", cases[i].line, says);
    }
}

static void a_word_of_any_length_is_no_harm(void **state) {
    static const size_t sizes[] = {63, 64, 65, 200, 500};
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        char line[WORD_SIZE] = "check|--place|";
        size_t begin = strlen(line);
        memset(line + begin, 'x', sizes[i]);
        line[begin + sizes[i]] = '\0';
        assert_non_null(strstr(warned(line), "(rond words place)")); // nothing is near it
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_every_kind_takes_goes_to_its_place),
        TEST(nothing_said_is_nothing_set),
        TEST(the_own_options_of_each_kind_go_to_their_place),
        TEST(findings_of_a_walk_say_all_about_a_place),
        TEST(a_position_is_read_with_and_without_its_radius),
        TEST(an_end_without_a_day_is_the_first_such_time_after_the_beginning),
        TEST(a_bad_option_is_told_by_its_name),
        TEST(an_option_of_another_kind_is_told),
        TEST(more_than_there_is_room_for_is_told_and_nothing_runs_over),
        TEST(a_word_that_is_not_known_is_told_with_the_nearest),
        TEST(a_word_of_any_length_is_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
