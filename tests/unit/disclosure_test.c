// What one organisation may see of another's, and what goes to the public.
//
// Tests: server/store/disclosure.c server/read/disclosure_lists.c server/read/public_record.c server/admin/disclosure.c
// Tests: server/admin/export.c
#include "store/disclosure.h"

#include <stdlib.h>
#include <string.h>

#include "support/desk.h"
#include "support/followups.h"
#include "support/test.h"

static struct desk desk;

static int open_desk(void **state) {
    desk_open(&desk);
    return 0;
}

static int close_desk(void **state) {
    desk_close(&desk);
    return 0;
}

static void nothing_is_disclosed_but_ones_own(void **state) {
    const struct disclosure none = {0};
    assert_int_equal(disclosure_level_of(&none, "polisen", "jernhusen", "check"), DISCLOSE_NOTHING);
    assert_int_equal(disclosure_level_of(&none, "polisen", "public", "check"), DISCLOSE_NOTHING);
    assert_int_equal(disclosure_level_of(&none, "polisen", "polisen", "check"), DISCLOSE_TEXTS);
}

static void the_closest_rule_holds(void **state) {
    static const struct disclosure_rule RULES[] = {
        {"polisen", "jernhusen", "default", DISCLOSE_REPORTS},
        {"polisen", "jernhusen", "check", DISCLOSE_NOTHING},
        {"*", "*", "default", DISCLOSE_FIGURES},
        {"*", "*", "meeting", DISCLOSE_TEXTS},
        {"polisen", "public", "check", DISCLOSE_FIGURES},
    };
    const struct disclosure rules = {RULES, ARRAY_COUNT(RULES)};
    assert_int_equal(disclosure_level_of(&rules, "polisen", "jernhusen", "check"), DISCLOSE_NOTHING);
    assert_int_equal(disclosure_level_of(&rules, "polisen", "jernhusen", "initiative"), DISCLOSE_REPORTS);
    assert_int_equal(disclosure_level_of(&rules, "polisen", "jernhusen", ""), DISCLOSE_REPORTS);
    assert_int_equal(disclosure_level_of(&rules, "polisen", "jernhusen", "meeting"), DISCLOSE_TEXTS);
    assert_int_equal(disclosure_level_of(&rules, "jernhusen", "polisen", "check"), DISCLOSE_FIGURES);
    assert_int_equal(disclosure_level_of(&rules, "polisen", "public", "check"), DISCLOSE_FIGURES);
    assert_int_equal(disclosure_level_of(&rules, "polisen", "public", "meeting"), DISCLOSE_NOTHING); // * is not the public
}

static json_t *set(const char *from, const char *to, const char *category, const char *level) {
    return json_pack("{s:s,s:s,s:s,s:s,s:s}", "command", "disclosure.set", "from", from, "to", to, "category", category,
                     "level", level);
}

static size_t exported_for(const char *organisation) {
    desk_do(&desk, json_pack("{s:s,s:s}", "command", "export", "for", organisation));
    return kept_count(&desk.rows);
}

static void an_export_for_an_organisation_holds_what_rules_disclose(void **state) {
    lund_report(&desk.lund, 0, 0, cycle_check(&desk.lund, "2015-05-01 10:00"));
    lund_report(&desk.lund, 0, 0, report_at(&desk.lund, ROND__V1__KIND__KIND_MEETING, "2015-05-02 10:00", 30));
    lund_report(&desk.lund, 2, 0, cycle_check(&desk.lund, "2015-05-03 10:00"));
    assert_int_equal(exported_for("polisen"), 2);
    assert_int_equal(exported_for("lunds-kommun"), 1);
    assert_int_equal(exported_for("jernhusen"), 0);
    desk_do(&desk, set("polisen", "lunds-kommun", "default", "figures"));
    assert_int_equal(exported_for("lunds-kommun"), 1);
    desk_do(&desk, set("polisen", "lunds-kommun", "check", "reports"));
    assert_int_equal(exported_for("lunds-kommun"), 2);
    assert_true(field_is_null(kept_row(&desk.rows, 0), "salt"));
    desk_do(&desk, json_pack("{s:s}", "command", "disclosure.list"));
    assert_int_equal(kept_count(&desk.rows), 2);
    assert_string_equal(field_text(kept_row(&desk.rows, 0), "level"), "reports");
    desk_do(&desk, json_pack("{s:s,s:s,s:s,s:s}", "command", "disclosure.unset", "from", "polisen", "to", "lunds-kommun",
                             "category", "check"));
    assert_int_equal(exported_for("lunds-kommun"), 1);
    desk_do(&desk, json_pack("{s:s}", "command", "audit"));
    assert_string_equal(field_text(kept_row(&desk.rows, kept_count(&desk.rows) - 2), "action"), "disclosure.unset");
    const json_t *last = kept_row(&desk.rows, kept_count(&desk.rows) - 1);
    assert_string_equal(field_text(last, "action"), "export");
    assert_string_equal(field_text(last, "detail"), "for=lunds-kommun"); // for whom is what an auditor asks
    desk_refused(&desk, json_pack("{s:s,s:s}", "command", "export", "for", "nobody"), ROND_EINVALID, "for");
    desk_refused(&desk, set("nobody", "polisen", "check", "reports"), ROND_EINVALID, "from");
    desk_refused(&desk, set("polisen", "nobody", "check", "reports"), ROND_EINVALID, "to");
    desk_refused(&desk, set("polisen", "public", "poem", "reports"), ROND_EINVALID, "category");
    desk_refused(&desk, set("polisen", "public", "check", "all"), ROND_EINVALID, "level");
}

static void a_public_record_is_masked_and_its_decision_is_noted(void **state) {
    Rond__V1__Report *report = cycle_check(&desk.lund, "2015-05-01 10:00");
    report->text = arena_text(&desk.lund.arena, "CANARY in the text");
    lund_report(&desk.lund, 0, 0, report);
    lund_report(&desk.lund, 2, 0, cycle_check(&desk.lund, "2015-05-03 10:00"));
    desk_do(&desk, json_pack("{s:s,s:s,s:s,s:s,s:s}", "command", "export.public", "decision", "DNR 123/2026", "controller",
                             "polisen", "from", "2015-05-01", "to", "2015-05-31"));
    assert_int_equal(kept_count(&desk.rows), 1);
    const json_t *row = kept_row(&desk.rows, 0);
    assert_string_equal(field_text(row, "day"), "2015-05-01");
    assert_string_equal(field_text(row, "organisation"), "polisen");
    char *text = json_dumps(row, JSON_COMPACT);
    static const char *const NEVER[] = {"CANARY", "stortorget", "10:00",    "device", "outbox", "role",
                                        "seq",    "reference",  "position", "place",  "text"};
    for (size_t i = 0; i < ARRAY_COUNT(NEVER); i++)
        if (strstr(text, NEVER[i]) != NULL)
            fail_msg("%s is in %s", NEVER[i], text);
    free(text);
    assert_true(json_array_size(json_object_get(desk.last, "masked")) >= 4);
    desk_do(&desk, json_pack("{s:s,s:s,s:s,s:s}", "command", "export.public", "decision", "DNR 1", "controller", "polisen",
                             "from", "2015-05-02"));
    assert_int_equal(kept_count(&desk.rows), 0);
    desk_do(&desk, json_pack("{s:s}", "command", "audit"));
    const json_t *last = kept_row(&desk.rows, kept_count(&desk.rows) - 2);
    assert_string_equal(field_text(last, "action"), "export.public");
    assert_string_equal(field_text(last, "detail"),
                        "decision=DNR 123/2026 controller=polisen from=2015-05-01 to=2015-05-31");
    desk_refused(&desk, json_pack("{s:s,s:s}", "command", "export.public", "controller", "polisen"), ROND_EINVALID,
                 "decision");
    desk_refused(&desk, json_pack("{s:s,s:s,s:s}", "command", "export.public", "decision", "D", "controller", "nobody"),
                 ROND_EINVALID, "controller");
    desk_refused(
        &desk,
        json_pack("{s:s,s:s,s:s,s:s}", "command", "export.public", "decision", "D", "controller", "polisen", "from", "May"),
        ROND_EINVALID, "from");
    desk_refused(&desk,
                 json_pack("{s:s,s:s,s:s,s:s}", "command", "export.public", "decision", "D", "controller", "polisen", "area",
                           "atlantis"),
                 ROND_EINVALID, "area");
    desk_refused(&desk, json_pack("{s:s,s:s,s:s}", "command", "export.public", "decision", "D\tE", "controller", "polisen"),
                 ROND_EINVALID, "decision");
    desk_do(&desk, json_pack("{s:s,s:i,s:i}", "command", "audit.sample", "size", 10, "seed", 1)); // both were readings
    assert_int_equal(kept_count(&desk.rows), 2);
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, open_desk, close_desk)
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_disclosed_but_ones_own),
        TEST(the_closest_rule_holds),
        TEST(an_export_for_an_organisation_holds_what_rules_disclose),
        TEST(a_public_record_is_masked_and_its_decision_is_noted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
