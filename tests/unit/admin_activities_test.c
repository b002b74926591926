// Tests: server/admin/activities.c server/read/activities.c
// Planned joint activities: planned with everything that is named checked, listed with who has reported, cancelled.
#include <string.h>

#include "read/reference.h"
#include "support/desk.h"
#include "support/test.h"

#define CYCLE "lund-2015-trafik/cykel"

static struct desk desk;

static int open_desk(void **state) {
    (void)state;
    desk_open(&desk);
    return 0;
}

static int close_desk(void **state) {
    (void)state;
    desk_close(&desk);
    return 0;
}

static json_t *plan(void) {
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:[s,s]}", "command", "activity.plan", "area", "lund", "kind", "check",
                     "title", "Cykelkontroll på Stortorget", "from", "2015-05-08 17:00", "to", "2015-05-08 18:30",
                     "organisations", "polisen", "lunds-kommun");
}

static json_t *with(json_t *request, const char *name, json_t *value) {
    json_object_set_new(request, name, value);
    return request;
}

static const char *planned(json_t *take_request) {
    return arena_text(&desk.lund.arena, field_text(desk_do(&desk, take_request), "activity"));
}

static void a_planned_activity_is_reference_data_and_nothing_is_counted_anew(void **state) {
    (void)state;
    json_t *request = with(with(with(plan(), "place", json_string("stortorget")), "of", json_string("cyclist_behaviour")),
                           "commitment", json_string(CYCLE));
    const char *id = planned(request);
    const Rond__V1__Activity *activity = catalogue_activity(desk.lund.catalogue, id);
    assert_non_null(activity);
    assert_int_equal(strncmp(id, "P-", 2), 0);
    assert_int_equal(activity->from_s, 1431097200); // 15:00 UTC, summer time
    assert_int_equal(activity->to_s, 1431097200 + 90 * 60);
    assert_int_equal(activity->n_organisations, 2);
    assert_string_equal(activity->commitment, CYCLE);
    assert_string_not_equal(planned(plan()), id);
    desk_do(&desk, json_pack("{s:s}", "command", "audit"));
    assert_non_null(object_with(desk.rows.list, "action", "activity.plan"));
}

static void what_is_not_known_or_does_not_fit_is_refused(void **state) {
    (void)state;
    const struct {
        const char *name, *value, *field;
    } cases[] = {
        {"area", "atlantis", "area"},
        {"area", "malmo", "commitment"},
        {"kind", "party", "kind"},
        {"kind", "meeting", "of"},
        {"title", "", "title"},
        {"from", "tomorrow", "from"},
        {"from", "2015-02-29 17:00", "from"},
        {"from", "2015-05-08 24:00", "from"},
        {"from", "2015-05-08", "from"},
        {"to", "2015-05-08 17:00", "to"},
        {"to", "2015-07-08 17:00", "to"},
        {"place", "mollevangen", "place"},
        {"place", "atlantis", "place"},
        {"of", "speeding", "of"},
        {"commitment", "lund-2015-trafik/nothing", "commitment"},
        {"commitment", "lund-2015-trafik/taximoten", "commitment"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        json_t *request = with(with(plan(), "of", json_string("cyclist_behaviour")), "commitment", json_string(CYCLE));
        desk_refused(&desk, with(request, cases[i].name, json_string(cases[i].value)), ROND_EINVALID, cases[i].field);
    }
    desk_refused(&desk, with(plan(), "organisations", json_array()), ROND_EINVALID, "organisations");
    desk_refused(&desk, with(plan(), "organisations", json_pack("[s]", "nobody")), ROND_EINVALID, "organisations");
    desk_refused(&desk, with(plan(), "organisations", json_pack("[s,s]", "polisen", "polisen")), ROND_EINVALID,
                 "organisations");
}

static Rond__V1__Report *check(const char *activity) {
    Rond__V1__Report *report = sample_report(&desk.lund.arena, ROND__V1__KIND__KIND_CHECK, 3);
    report->activity = arena_text(&desk.lund.arena, activity);
    return report;
}

static const json_t *listed(size_t index) {
    desk_do(&desk, json_pack("{s:s,s:s}", "command", "activity.list", "area", "lund"));
    return kept_row(&desk.rows, index);
}

static void the_list_tells_who_has_reported_and_who_is_missing(void **state) {
    (void)state;
    const char *id = planned(plan());
    assert_int_equal(field_number(listed(0), "reports"), 0);
    assert_int_equal(json_array_size(field(listed(0), "missing")), 2);
    desk_report(&desk, 0, check(id));
    desk_report(&desk, 1, check(id));
    desk_report(&desk, 3, check("another"));
    assert_int_equal(field_number(listed(0), "reports"), 2);
    assert_int_equal(json_array_size(field(listed(0), "reported_by")), 1);
    assert_string_equal(json_string_value(json_array_get(field(listed(0), "missing"), 0)), "lunds-kommun");
    assert_false(field_truth(listed(0), "complete"));
    // By a person, where the report names nothing.
    const char *one = desk_report(&desk, 2, check(""));
    desk_do(&desk, json_pack("{s:s,s:[s,s]}", "command", "join.make", "references", "#1", one));
    assert_int_equal(field_number(listed(0), "reports"), 3);
    assert_true(field_truth(listed(0), "complete"));
    assert_int_equal(desk_count(&desk, CYCLE), 2);
}

static void who_an_amended_report_says_was_there_has_reported(void **state) {
    (void)state;
    const char *id = planned(plan());
    Rond__V1__Report *mistyped = check(id);
    char *names[] = {(char[]){"kommunen"}};
    mistyped->organisations = names;
    mistyped->n_organisations = 1;
    const char *reference = desk_report(&desk, 0, mistyped);
    desk_do(&desk, json_pack("{s:s,s:s,s:{s:s}}", "command", "quarantine.amend", "reference", reference, "set",
                             "organisations[0]", "lunds-kommun"));
    assert_int_equal(json_array_size(field(listed(0), "missing")), 0);
}

static void the_reports_of_a_campaign_made_of_parts_are_found_too(void **state) {
    (void)state;
    json_t *request =
        with(with(with(plan(), "kind", json_string("campaign_handout")), "from", json_string("2015-10-08 17:00")), "to",
             json_string("2015-10-08 19:00"));
    const char *id = planned(request);
    desk.lund.now_ms += INT64_C(200) * 24 * 3600 * 1000;
    for (unsigned i = 0; i < 2; i++) {
        Rond__V1__Report *handout = sample_report(&desk.lund.arena, ROND__V1__KIND__KIND_CAMPAIGN_HANDOUT, 0);
        int64_t moved_s = INT64_C(1444320000) - handout->occurred_from_s; // 2015-10-08 16:00 UTC
        handout->occurred_from_s += moved_s;
        handout->occurred_to_s += moved_s;
        handout->claimed_ms += moved_s * 1000;
        handout->activity = arena_text(&desk.lund.arena, i == 0 ? id : "");
        desk_report(&desk, 2 * i, handout);
    }
    assert_int_equal(field_number(listed(0), "reports"), 1);
    assert_string_equal(json_string_value(json_array_get(field(listed(0), "reported_by"), 0)), "polisen");
}

static void a_cancelled_activity_is_gone_and_what_was_reported_stays(void **state) {
    (void)state;
    const char *id = planned(plan());
    desk_report(&desk, 0, check(id));
    desk_report(&desk, 2, check(id));
    desk_refused(&desk, json_pack("{s:s,s:s}", "command", "activity.cancel", "activity", "P-XXXXX"), ROND_ENOTFOUND,
                 "activity");
    desk_do(&desk, json_pack("{s:s,s:s}", "command", "activity.cancel", "activity", id));
    assert_null(catalogue_activity(desk.lund.catalogue, id));
    desk_do(&desk, json_pack("{s:s}", "command", "activity.list"));
    assert_int_equal(kept_count(&desk.rows), 0);
    assert_int_equal(desk_count(&desk, CYCLE), 1);
    desk_refused(&desk, json_pack("{s:s,s:s}", "command", "activity.cancel", "activity", id), ROND_ENOTFOUND, "activity");
    desk_refused(&desk, json_pack("{s:s,s:s}", "command", "activity.list", "area", "atlantis"), ROND_ENOTFOUND, "area");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_planned_activity_is_reference_data_and_nothing_is_counted_anew),
        TEST(what_is_not_known_or_does_not_fit_is_refused),
        TEST(the_list_tells_who_has_reported_and_who_is_missing),
        TEST(who_an_amended_report_says_was_there_has_reported),
        TEST(the_reports_of_a_campaign_made_of_parts_are_found_too),
        TEST(a_cancelled_activity_is_gone_and_what_was_reported_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
