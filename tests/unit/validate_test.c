#include "ingest/validate.h"

#include <string.h>

#include "support/lund.h"
#include "support/test.h"
#include "wire/codes.h"
#include "wire/personal_data.h"

static struct lund lund;
static const char *roles[] = {"police_officer", "station_host"};
static struct device_record device;

static int open_lund(void **state) {
    (void)state;
    lund_open(&lund);
    device = (struct device_record){.device = lund_device(0),
                                    .organisation = "polisen",
                                    .area = "lund",
                                    .roles = roles,
                                    .roles_count = ARRAY_COUNT(roles)};
    return 0;
}

static int close_lund(void **state) {
    (void)state;
    lund_close(&lund);
    return 0;
}

static struct validate_context context(void) {
    return (struct validate_context){
        .device = &device,
        .catalogue = lund.catalogue,
        .clock = {.wall_ms = lund.now_ms, .boot_id = 1, .server_ms = lund.now_ms},
        .now_ms = lund.now_ms,
    };
}

static struct ledger_report validated(const struct record *record) {
    struct validate_context here = context();
    struct ledger_report report = {.salt = {{1, 2}}, .leaf = {{3, 4}}};
    assert_ok(validate_report(&here, record, &lund.arena, &report));
    assert_int_equal(report.salt.b[1], 2); // not its to touch
    assert_int_equal(report.leaf.b[1], 4);
    return report;
}

static struct ledger_report verdict_on(const Rond__V1__Report *report) {
    struct record record = record_of_report(&lund.arena, report);
    return validated(&record);
}

static void expect_quarantine(const Rond__V1__Report *report, unsigned code, const char *field) {
    struct ledger_report result = verdict_on(report);
    assert_int_equal(result.verdict, VERDICT_QUARANTINED);
    assert_string_equal(wire_code_name(result.code), wire_code_name(code));
    assert_string_equal(result.field, field);
    assert_true(result.reason[0] != '\0');
}

static void every_kind_of_report_is_applied(void **state) {
    (void)state;
    for (Rond__V1__Kind kind = ROND__V1__KIND__KIND_CHECK; kind <= ROND__V1__KIND__KIND_INITIATIVE; kind++) {
        for (unsigned variant = 0; variant < 4; variant++) {
            struct record record = sample_record(&lund.arena, kind, variant);
            struct ledger_report result = validated(&record);
            assert_int_equal(result.verdict, VERDICT_APPLIED);
            assert_null(result.reason);
            assert_int_equal(result.kind, kind);
            assert_string_equal(result.area, "lund");
            assert_int_equal(result.from_s, SAMPLE_START_S + 3600 * variant);
            assert_false(result.has_target);
        }
    }
}

static void a_withdrawal_and_a_correction_name_their_target(void **state) {
    (void)state;
    struct report_key key = lund_key_of(1, 2, 7);
    struct ledger_report withdrawal = verdict_on(sample_withdrawal(&lund.arena, &key.device, &key.outbox, key.seq));
    assert_int_equal(withdrawal.verdict, VERDICT_APPLIED);
    assert_true(withdrawal.has_target && withdrawal.is_withdrawal);
    assert_true(report_key_equal(&withdrawal.target, &key));
    assert_int_equal(withdrawal.kind, 0);
    Rond__V1__Report *correction = sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, 1);
    correction->corrects = lund_identity(&lund.arena, &key);
    struct ledger_report corrected = verdict_on(correction);
    assert_true(corrected.has_target && !corrected.is_withdrawal);
    assert_true(report_key_equal(&corrected.target, &key));
}

static void what_cannot_be_read_is_kept_with_the_time_of_receipt(void **state) {
    (void)state;
    static const uint8_t garbage[] = {0xFF, 0xFF, 0xFF, 0x01};
    struct record record = {.report = bytes_of(garbage, sizeof garbage)};
    struct ledger_report result = validated(&record);
    assert_int_equal(result.verdict, VERDICT_QUARANTINED);
    assert_int_equal(result.code, CODE_REPORT_UNREADABLE);
    assert_int_equal(result.kind, 0);
    assert_string_equal(result.area, "lund");
    assert_int_equal(result.claimed_ms, lund.now_ms);
    assert_int_equal(result.to_s, lund.now_ms / 1000);
    assert_true(bytes_equal(result.record.report, record.report));
}

static void the_first_broken_rule_is_named_with_its_field(void **state) {
    (void)state;
    Rond__V1__Report *report = sample_report(&lund.arena, ROND__V1__KIND__KIND_SAFETY_WALK, 0);
    report->walk->findings[1]->cause = report->walk->findings[0]->cause;
    expect_quarantine(report, CODE_REPORT_INVALID, "walk.findings[1].cause");
    report = sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, 0);
    report->schema_version = 99;
    expect_quarantine(report, CODE_REPORT_SCHEMA, "schema_version");
    report = sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, 0);
    report->body_case = ROND__V1__REPORT__BODY__NOT_SET;
    expect_quarantine(report, CODE_KIND_UNKNOWN, "body");
}

static char *word(const char *text) {
    return arena_text(&lund.arena, text);
}

static void words_that_are_not_known_here_quarantine_the_report(void **state) {
    (void)state;
    struct arena *arena = &lund.arena;
    Rond__V1__Report *report = sample_report(arena, ROND__V1__KIND__KIND_CHECK, 0);
    report->check->of = word("unicorns");
    expect_quarantine(report, CODE_TERM_UNKNOWN, "check.of");
    report = sample_report(arena, ROND__V1__KIND__KIND_CAMPAIGN_HANDOUT, 0);
    report->handout->items[1]->item = word("taxi"); // a word, but of another list
    expect_quarantine(report, CODE_TERM_UNKNOWN, "handout.items[1].item");
    report = sample_report(arena, ROND__V1__KIND__KIND_VISIBLE_PATROL, 0);
    report->patrol->persons[0]->role = word("wizard");
    expect_quarantine(report, CODE_TERM_UNKNOWN, "patrol.persons[0].role");
    report = sample_report(arena, ROND__V1__KIND__KIND_MEETING, 0);
    report->meeting->with = word("nobody");
    expect_quarantine(report, CODE_TERM_UNKNOWN, "meeting.with");
    report = sample_report(arena, ROND__V1__KIND__KIND_INVENTORY, 0);
    report->inventory->of = word("trees");
    expect_quarantine(report, CODE_TERM_UNKNOWN, "inventory.of");
    report = sample_report(arena, ROND__V1__KIND__KIND_INVENTORY, 0);
    report->inventory->findings[0]->place = word("atlantis");
    expect_quarantine(report, CODE_PLACE_UNKNOWN, "inventory.findings[0].place");
    report = sample_report(arena, ROND__V1__KIND__KIND_INITIATIVE, 0);
    report->initiative->type = word("parade");
    expect_quarantine(report, CODE_TERM_UNKNOWN, "initiative.type");
    report = sample_report(arena, ROND__V1__KIND__KIND_SAFETY_WALK, 0);
    report->walk->findings[1]->responsible = word("acme");
    expect_quarantine(report, CODE_ORGANISATION_UNKNOWN, "walk.findings[1].responsible");
    report = sample_report(arena, ROND__V1__KIND__KIND_SAFETY_WALK, 0);
    report->walk->findings[0]->place = word("mollevangen");
    expect_quarantine(report, CODE_PLACE_UNKNOWN, "walk.findings[0].place");
    report = sample_report(arena, ROND__V1__KIND__KIND_SAFETY_WALK, 0);
    report->organisations[1] = word("acme");
    expect_quarantine(report, CODE_ORGANISATION_UNKNOWN, "organisations[1]");
}

static void area_and_place_must_belong_together(void **state) {
    (void)state;
    Rond__V1__Report *report = sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, 0);
    report->area = word("");
    assert_int_equal(verdict_on(report).verdict, VERDICT_APPLIED); // the device's own area
    report->area = word("malmo");
    expect_quarantine(report, CODE_PLACE_UNKNOWN, "place");
    report->place = word("mollevangen");
    struct ledger_report result = verdict_on(report);
    assert_int_equal(result.verdict, VERDICT_APPLIED);
    assert_string_equal(result.area, "malmo");
    report->area = word("kiruna");
    expect_quarantine(report, CODE_AREA_UNKNOWN, "area");
}

static void only_an_enrolled_role_may_report(void **state) {
    (void)state;
    Rond__V1__Report *report = sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, 0);
    report->role = word("station_host");
    assert_int_equal(verdict_on(report).verdict, VERDICT_APPLIED);
    report->role = word("municipal_staff");
    expect_quarantine(report, CODE_ROLE_NOT_ENROLLED, "role");
}

static void the_future_is_quarantined_beyond_ten_minutes_and_the_uncertainty(void **state) {
    (void)state;
    Rond__V1__Report *report = sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, 0);
    report->boot_id = 99;
    report->claimed_ms = lund.now_ms;
    report->occurred_from_s = lund.now_ms / 1000;
    report->occurred_to_s = lund.now_ms / 1000 + 10 * 60 + 1;
    assert_int_equal(verdict_on(report).verdict, VERDICT_APPLIED);
    report->occurred_to_s++;
    expect_quarantine(report, CODE_TIME_IMPLAUSIBLE, "occurred_to_s");
    report->occurred_from_s = report->occurred_to_s;
    expect_quarantine(report, CODE_TIME_IMPLAUSIBLE, "occurred_from_s");
}

static void a_retired_device_hands_in_its_queue_into_quarantine(void **state) {
    (void)state;
    device.status = DEVICE_RETIRED;
    expect_quarantine(sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, 0), CODE_DEVICE_RETIRED, "");
}

// Numbers are of the Tax Agency's series for tests.
static void personal_data_is_flagged_and_changes_no_verdict(void **state) {
    (void)state;
    Rond__V1__Report *report = sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, 0);
    assert_int_equal(verdict_on(report).flagged, 0);
    report->text = word("spoke with 900101-9802 in ABC 123");
    struct ledger_report result = verdict_on(report);
    assert_int_equal(result.verdict, VERDICT_APPLIED);
    assert_int_equal(result.flagged, PERSONAL_DATA_NUMBER | PERSONAL_DATA_PLATE);
    report->check->of = word("unicorns");
    result = verdict_on(report);
    assert_int_equal(result.verdict, VERDICT_QUARANTINED);
    assert_int_equal(result.flagged, PERSONAL_DATA_NUMBER | PERSONAL_DATA_PLATE);
    struct record unreadable = {.report = bytes_of_text("\xFF\xFF 900161-9809")};
    result = validated(&unreadable);
    assert_int_equal(result.code, CODE_REPORT_UNREADABLE);
    assert_int_equal(result.flagged, PERSONAL_DATA_COORDINATION);
}

static void a_reason_repeats_an_unknown_word_but_not_one_that_points_out_a_citizen(void **state) {
    (void)state;
    Rond__V1__Report *report = sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, 0);
    report->place = word("atlantis");
    assert_non_null(strstr(verdict_on(report).reason, "atlantis"));
    report->place = word("900101-9802");
    struct ledger_report result = verdict_on(report);
    assert_int_equal(result.code, CODE_PLACE_UNKNOWN);
    assert_null(strstr(result.reason, "9802"));
}

static void nothing_wrong_in_a_quarantined_report_reaches_the_fields_the_ledger_keeps(void **state) {
    (void)state;
    Rond__V1__Report *report = sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, 0);
    report->area = word("NOT AN ID");
    report->corrects = sample_identity(&lund.arena, &(struct id128){{1}}, &(struct id128){{2}}, 3);
    report->corrects->device.len = 5;
    struct ledger_report result = verdict_on(report);
    assert_int_equal(result.verdict, VERDICT_QUARANTINED);
    assert_string_equal(result.area, "lund");
    assert_false(result.has_target);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_lund, close_lund)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_kind_of_report_is_applied),
        TEST(a_withdrawal_and_a_correction_name_their_target),
        TEST(what_cannot_be_read_is_kept_with_the_time_of_receipt),
        TEST(the_first_broken_rule_is_named_with_its_field),
        TEST(words_that_are_not_known_here_quarantine_the_report),
        TEST(area_and_place_must_belong_together),
        TEST(only_an_enrolled_role_may_report),
        TEST(the_future_is_quarantined_beyond_ten_minutes_and_the_uncertainty),
        TEST(a_retired_device_hands_in_its_queue_into_quarantine),
        TEST(personal_data_is_flagged_and_changes_no_verdict),
        TEST(a_reason_repeats_an_unknown_word_but_not_one_that_points_out_a_citizen),
        TEST(nothing_wrong_in_a_quarantined_report_reaches_the_fields_the_ledger_keeps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
