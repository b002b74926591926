// Personal data is warned of before it is queued. Numbers are of the Tax Agency's series for tests.
#include "rond/rond.h"

#include <string.h>

#include "fake_transport.h"
#include "handheld.h"
#include "support/test.h"

static int setup(void **state) {
    static struct handheld handheld;
    fake_reset();
    handheld_open(&handheld);
    *state = &handheld;
    return 0;
}

static int setup_enrolled(void **state) {
    setup(state);
    handheld_enrol(*state, "police_officer", 1);
    return 0;
}

static int teardown(void **state) {
    handheld_close(*state);
    return 0;
}

static rond_warnings *warnings_of(struct handheld *handheld, const rond_activity *activity) {
    rond_warnings *warnings;
    rond_fault fault;
    if (rond_warnings_get(handheld->rond, activity, &warnings, &fault) != ROND_OK)
        fail_msg("%s: %s", fault.field, fault.text);
    return warnings;
}

static void each_free_text_is_looked_at_and_named(void **state) {
    const rond_finding findings[] = {
        {.place = "bangatan", .cause = "dark"},
        {.place_text = "beside 900101-9802", .cause = "ABC 123", .promised_action = "900161-9809"}};
    const rond_activity walk = {
        .struct_size = sizeof walk,
        .kind = ROND_SAFETY_WALK,
        .text = "nothing",
        .activity = "walk abc123",
        .findings = findings,
        .findings_count = 2,
    };
    static const struct {
        const char *field;
        enum rond_personal_data kind;
        size_t start, length;
    } expected[] = {
        {"activity", ROND_VEHICLE_PLATE, 5, 6},
        {"walk.findings[1].place_text", ROND_PERSONAL_NUMBER, 7, 11},
        {"walk.findings[1].cause", ROND_VEHICLE_PLATE, 0, 7},
        {"walk.findings[1].promised_action", ROND_COORDINATION_NUMBER, 0, 11},
    };
    rond_warnings *warnings = warnings_of(*state, &walk);
    assert_int_equal(warnings->count, ARRAY_COUNT(expected));
    for (size_t i = 0; i < warnings->count; i++) {
        const rond_warning *warning = &warnings->warnings[i];
        assert_string_equal(warning->field, expected[i].field);
        assert_int_equal(warning->kind, expected[i].kind);
        assert_int_equal(warning->start, expected[i].start);
        assert_int_equal(warning->length, expected[i].length);
        assert_null(strstr(warning->sentence_sv, "9802"));
        assert_string_not_equal(warning->sentence_sv, warning->sentence_en);
    }
    rond_warnings_free(warnings);
}

static void a_report_without_personal_data_gives_no_warning(void **state) {
    const rond_activity check = {
        .struct_size = sizeof check, .kind = ROND_CHECK, .checked = 14, .text = "MAX 200 i kö, kl 1400"};
    rond_warnings *warnings = warnings_of(*state, &check);
    assert_int_equal(warnings->count, 0);
    rond_warnings_free(warnings);
    rond_warnings_free(NULL);
}

static void a_walk_whose_rewalk_is_not_known_is_looked_at_all_the_same(void **state) {
    const rond_finding finding = {
        .place = "bangatan", .cause = "900101-9802", .rewalk_reference = "nonsense", .rewalk_finding = "1"};
    const rond_activity walk = {
        .struct_size = sizeof walk, .kind = ROND_SAFETY_WALK, .findings = &finding, .findings_count = 1};
    rond_warnings *warnings = warnings_of(*state, &walk);
    assert_int_equal(warnings->count, 1);
    rond_warnings_free(warnings);
}

static void a_warning_does_not_keep_a_report_from_being_saved(void **state) {
    struct handheld *handheld = *state;
    const rond_activity check = {.struct_size = sizeof check,
                                 .kind = ROND_CHECK,
                                 .of = "cyclist_behaviour",
                                 .check_form = ROND_TARGETED,
                                 .checked = 1,
                                 .text = "900101-9802"};
    char reference[ROND_REFERENCE_SIZE];
    assert_ok(rond_report(handheld->rond, &check, reference, NULL));
}

static void single_texts_can_be_looked_at_too(void **state) {
    rond_warnings *warnings;
    assert_ok(rond_text_warnings_get("name", "patrull ABC 123", &warnings));
    assert_int_equal(warnings->count, 1);
    assert_string_equal(warnings->warnings[0].field, "name");
    assert_int_equal(warnings->warnings[0].start, 8);
    rond_warnings_free(warnings);
    assert_ok(rond_text_warnings_get(NULL, NULL, &warnings));
    assert_int_equal(warnings->count, 0);
    rond_warnings_free(warnings);
}

static void what_is_no_activity_is_refused_with_its_field(void **state) {
    struct handheld *handheld = *state;
    rond_warnings *warnings;
    rond_fault fault;
    const rond_activity small = {.struct_size = 8}, kindless = {.struct_size = sizeof kindless};
    assert_err(ROND_EINVALID, rond_warnings_get(handheld->rond, NULL, &warnings, &fault));
    assert_err(ROND_EINVALID, rond_warnings_get(handheld->rond, &small, &warnings, &fault));
    assert_string_equal(fault.field, "struct_size");
    assert_err(ROND_EINVALID, rond_warnings_get(handheld->rond, &kindless, &warnings, &fault));
    assert_string_equal(fault.field, "kind");
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        FRESH(each_free_text_is_looked_at_and_named),
        FRESH(a_report_without_personal_data_gives_no_warning),
        FRESH(a_walk_whose_rewalk_is_not_known_is_looked_at_all_the_same),
        cmocka_unit_test_setup_teardown(a_warning_does_not_keep_a_report_from_being_saved, setup_enrolled, teardown),
        FRESH(single_texts_can_be_looked_at_too),
        FRESH(what_is_no_activity_is_refused_with_its_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
