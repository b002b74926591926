#include "wire/report_check.h"

#include <string.h>

#include "support/report_samples.h"
#include "support/test.h"
#include "wire/codes.h"
#include "wire/limits.h"

static struct arena arena;
static const struct id128 some_id = {{1, 2, 3}};

static int setup(void **state) {
    arena_init(&arena, 1 << 20);
    return 0;
}

static int teardown(void **state) {
    arena_deinit(&arena);
    return 0;
}

static char *text_of(const char *text) {
    return arena_text(&arena, text);
}

static char *text_of_size(size_t size) {
    char *text = arena_alloc(&arena, size + 1);
    memset(text, 'x', size);
    return text;
}

// ---- What is fine ----

static void every_sample_of_every_kind_is_fine(void **state) {
    for (int kind = ROND__V1__KIND__KIND_CHECK; kind <= ROND__V1__KIND__KIND_INITIATIVE; kind++)
        for (unsigned variant = 0; variant < 50; variant++) {
            arena_reset(&arena);
            assert_ok(report_check(sample_report(&arena, (Rond__V1__Kind)kind, variant), NULL));
        }
    assert_ok(report_check(sample_withdrawal(&arena, &some_id, &some_id, 1), NULL));
}

static void a_report_at_every_bound_is_fine(void **state) {
    Rond__V1__Report *walk = sample_report(&arena, ROND__V1__KIND__KIND_SAFETY_WALK, 0);
    walk->text = text_of_size(TEXT_BYTES_MAX);
    walk->activity = text_of_size(ACTIVITY_BYTES_MAX);
    walk->area = text_of_size(REFERENCE_ID_BYTES_MAX);
    walk->walk->findings[1]->cause = text_of_size(LINE_BYTES_MAX);
    walk->commitment = text_of("lund-2015/trafik_1");
    walk->corrects = sample_identity(&arena, &some_id, &some_id, UINT64_MAX);
    walk->occurred_to_s = walk->occurred_from_s + (int64_t)OCCURRED_DAYS_MAX * 86400;
    assert_ok(report_check(walk, NULL));
    Rond__V1__Report *patrol = sample_report(&arena, ROND__V1__KIND__KIND_VISIBLE_PATROL, 0);
    patrol->occurred_to_s = patrol->occurred_from_s + (int64_t)PATROL_HOURS_MAX * 3600;
    patrol->patrol->persons[0]->persons = PATROL_PERSONS_MAX;
    assert_ok(report_check(patrol, NULL));
}

static void absent_texts_are_empty_texts(void **state) {
    Rond__V1__Report *report = sample_report(&arena, ROND__V1__KIND__KIND_CHECK, 0);
    report->area = report->place = report->text = report->activity = report->commitment = NULL;
    assert_ok(report_check(report, NULL));
}

static void information_alone_makes_a_handout_and_a_counterpart_or_organisation_alone_a_meeting(void **state) {
    Rond__V1__Report *handout = sample_report(&arena, ROND__V1__KIND__KIND_CAMPAIGN_HANDOUT, 0);
    handout->handout->n_items = 0;
    assert_ok(report_check(handout, NULL));
    Rond__V1__Report *meeting = sample_report(&arena, ROND__V1__KIND__KIND_MEETING, 0);
    meeting->n_organisations = 0;
    assert_ok(report_check(meeting, NULL));
    meeting = sample_report(&arena, ROND__V1__KIND__KIND_MEETING, 0);
    meeting->meeting->with = text_of("");
    assert_ok(report_check(meeting, NULL));
}

// ---- What is not: each breaks a good sample in one way ----

typedef Rond__V1__Report R;

static void no_schema(R *r) {
    r->schema_version = 0;
}
static void no_claimed(R *r) {
    r->claimed_ms = 0;
}
static void no_from(R *r) {
    r->occurred_from_s = 0;
}
static void negative_from(R *r) {
    r->occurred_from_s = INT64_MIN;
}
static void to_before_from(R *r) {
    r->occurred_to_s = r->occurred_from_s - 1;
}
static void too_long(R *r) {
    r->occurred_to_s = r->occurred_from_s + (int64_t)OCCURRED_DAYS_MAX * 86400 + 1;
}
static void endless(R *r) {
    r->occurred_to_s = INT64_MAX;
}
static void bad_area(R *r) {
    r->area = text_of("Lund");
}
static void bad_place(R *r) {
    r->place = text_of("-bangatan");
}
static void long_place(R *r) {
    r->place = text_of_size(REFERENCE_ID_BYTES_MAX + 1);
}
static void bad_commitment(R *r) {
    r->commitment = text_of("lund-2015");
}
static void bad_commitment_two(R *r) {
    r->commitment = text_of("lund-2015/a/b");
}
static void bad_commitment_empty(R *r) {
    r->commitment = text_of("/a");
}
static void long_activity(R *r) {
    r->activity = text_of_size(ACTIVITY_BYTES_MAX + 1);
}
static void no_role(R *r) {
    r->role = text_of("");
}
static void long_text(R *r) {
    r->text = text_of_size(TEXT_BYTES_MAX + 1);
}
static void not_utf8(R *r) {
    r->text = text_of("\xc3\x28");
}
static char *repeated_organisations[ORGANISATIONS_MAX + 1];
static void too_many_organisations(R *r) {
    for (size_t i = 0; i < ARRAY_COUNT(repeated_organisations); i++)
        repeated_organisations[i] = arena_printf(&arena, "o%zu", i);
    r->organisations = repeated_organisations;
    r->n_organisations = ARRAY_COUNT(repeated_organisations);
}
static void organisation_twice(R *r) {
    too_many_organisations(r);
    r->n_organisations = 3;
    r->organisations[2] = r->organisations[0];
}
static void bad_organisation(R *r) {
    too_many_organisations(r);
    r->n_organisations = 2;
    r->organisations[1] = text_of("");
}
static Rond__V1__Position position;
static void north_of_the_pole(R *r) {
    rond__v1__position__init(&position);
    position.latitude_e6 = 90000001;
    r->position = &position;
}
static void around_the_world(R *r) {
    rond__v1__position__init(&position);
    position.longitude_e6 = -180000001;
    r->position = &position;
}
static void corrects_no_seq(R *r) {
    r->corrects = sample_identity(&arena, &some_id, &some_id, 0);
}
static void corrects_short_device(R *r) {
    r->corrects = sample_identity(&arena, &some_id, &some_id, 1);
    r->corrects->device.len = 15;
}
static void corrects_no_outbox(R *r) {
    r->corrects = sample_identity(&arena, &some_id, &some_id, 1);
    r->corrects->outbox.len = 0;
}

static void check_no_form(R *r) {
    r->check->form = ROND__V1__CHECK_FORM__CHECK_FORM_UNSPECIFIED;
}
static void check_unknown_form(R *r) {
    r->check->form = (Rond__V1__CheckForm)3;
}
static void check_no_of(R *r) {
    r->check->of = text_of("");
}
static void check_none(R *r) {
    r->check->checked = 0;
}
static void check_too_many(R *r) {
    r->check->checked = COUNT_MAX + 1;
}
static void check_remarked(R *r) {
    r->check->remarked = r->check->checked + 1;
}
static void check_reported(R *r) {
    r->check->reported = r->check->checked + 1;
}

static void handout_nothing(R *r) {
    r->handout->n_items = 0;
    r->handout->information_given = false;
}
static void handout_too_many(R *r) {
    r->handout->n_items = HANDOUT_ITEMS_MAX + 1;
}
static void handout_no_item(R *r) {
    r->handout->items[1]->item = text_of("");
}
static void handout_none(R *r) {
    r->handout->items[1]->count = 0;
}

static void patrol_no_time(R *r) {
    r->occurred_to_s = r->occurred_from_s;
}
static void patrol_too_long(R *r) {
    r->occurred_to_s = r->occurred_from_s + PATROL_HOURS_MAX * 3600 + 1;
}
static void patrol_no_place(R *r) {
    r->place = text_of("");
}
static void patrol_nobody(R *r) {
    r->patrol->n_persons = 0;
}
static void patrol_too_many_roles(R *r) {
    r->patrol->n_persons = PATROL_ROLES_MAX + 1;
}
static void patrol_no_persons(R *r) {
    r->patrol->persons[1]->persons = 0;
}
static void patrol_crowd(R *r) {
    r->patrol->persons[1]->persons = PATROL_PERSONS_MAX + 1;
}
static void patrol_no_role(R *r) {
    r->patrol->persons[0]->role = text_of("");
}

static void walk_nothing(R *r) {
    r->walk->n_findings = 0;
}
static void walk_too_many(R *r) {
    r->walk->n_findings = WALK_FINDINGS_MAX + 1;
}
static void walk_no_id(R *r) {
    r->walk->findings[0]->id = text_of("");
}
static void walk_same_id(R *r) {
    r->walk->findings[1]->id = r->walk->findings[0]->id;
}
static void walk_no_place(R *r) {
    r->walk->findings[1]->place = text_of("");
}
static void walk_no_safety(R *r) {
    r->walk->findings[1]->safety = ROND__V1__SAFETY__SAFETY_UNSPECIFIED;
}
static void walk_unknown_safety(R *r) {
    r->walk->findings[1]->safety = (Rond__V1__Safety)-1;
}
static void walk_no_cause(R *r) {
    r->walk->findings[1]->cause = text_of("");
}
static void walk_no_responsible(R *r) {
    r->walk->findings[1]->responsible = text_of("");
}
static void walk_bad_due(R *r) {
    r->walk->findings[1]->due = text_of("2015-02-29");
}
static void rewalk(R *r, const char *finding, uint64_t seq) {
    Rond__V1__FindingRef *ref = arena_alloc(&arena, sizeof *ref);
    rond__v1__finding_ref__init(ref);
    ref->report = sample_identity(&arena, &some_id, &some_id, seq);
    ref->finding = text_of(finding);
    r->walk->findings[0]->rewalk_of = ref;
}
static void walk_rewalk_no_seq(R *r) {
    rewalk(r, "1", 0);
}
static void walk_rewalk_no_finding(R *r) {
    rewalk(r, "", 1);
}
static void walk_rewalk_no_report(R *r) {
    rewalk(r, "1", 1);
    r->walk->findings[0]->rewalk_of->report = NULL;
}

static void meeting_nobody(R *r) {
    r->n_organisations = 0;
    r->meeting->with = text_of("");
}
static void meeting_long(R *r) {
    r->meeting->subject = text_of_size(LINE_BYTES_MAX + 1);
}
static void inventory_no_of(R *r) {
    r->inventory->of = text_of("");
}
static void inventory_many(R *r) {
    r->inventory->surveyed = COUNT_MAX + 1;
}
static void inventory_findings(R *r) {
    r->inventory->n_findings = INVENTORY_FINDINGS_MAX + 1;
}
static void inventory_empty_finding(R *r) {
    r->inventory->findings[0]->place = text_of("");
    r->inventory->findings[0]->text = text_of("");
}
static void inventory_bad_place(R *r) {
    r->inventory->findings[0]->place = text_of("B");
}
static void initiative_no_type(R *r) {
    r->initiative->type = text_of("");
}
static void initiative_many(R *r) {
    r->initiative->quantity = COUNT_MAX + 1;
}
static void initiative_outcome(R *r) {
    r->initiative->outcome = text_of_size(LINE_BYTES_MAX + 1);
}

enum { CHECK_ = 1, HANDOUT, PATROL, WALK, MEETING, INVENTORY, INITIATIVE };

struct broken {
    unsigned kind;
    void (*break_it)(R *report);
    const char *field;
};

static const struct broken broken[] = {
    {CHECK_, no_schema, "schema_version"},
    {CHECK_, no_claimed, "claimed_ms"},
    {CHECK_, no_from, "occurred_from_s"},
    {CHECK_, negative_from, "occurred_from_s"},
    {CHECK_, to_before_from, "occurred_to_s"},
    {CHECK_, too_long, "occurred_to_s"},
    {CHECK_, endless, "occurred_to_s"},
    {CHECK_, bad_area, "area"},
    {CHECK_, bad_place, "place"},
    {CHECK_, long_place, "place"},
    {CHECK_, bad_commitment, "commitment"},
    {CHECK_, bad_commitment_two, "commitment"},
    {CHECK_, bad_commitment_empty, "commitment"},
    {CHECK_, long_activity, "activity"},
    {CHECK_, no_role, "role"},
    {CHECK_, long_text, "text"},
    {CHECK_, not_utf8, "text"},
    {CHECK_, too_many_organisations, "organisations"},
    {CHECK_, organisation_twice, "organisations[2]"},
    {CHECK_, bad_organisation, "organisations[1]"},
    {CHECK_, north_of_the_pole, "position.latitude_e6"},
    {CHECK_, around_the_world, "position.longitude_e6"},
    {CHECK_, corrects_no_seq, "corrects"},
    {CHECK_, corrects_short_device, "corrects"},
    {CHECK_, corrects_no_outbox, "corrects"},
    {CHECK_, check_no_form, "check.form"},
    {CHECK_, check_unknown_form, "check.form"},
    {CHECK_, check_no_of, "check.of"},
    {CHECK_, check_none, "check.checked"},
    {CHECK_, check_too_many, "check.checked"},
    {CHECK_, check_remarked, "check.remarked"},
    {CHECK_, check_reported, "check.reported"},
    {HANDOUT, handout_nothing, "handout.items"},
    {HANDOUT, handout_too_many, "handout.items"},
    {HANDOUT, handout_no_item, "handout.items[1].item"},
    {HANDOUT, handout_none, "handout.items[1].count"},
    {PATROL, patrol_no_time, "occurred_to_s"},
    {PATROL, patrol_too_long, "occurred_to_s"},
    {PATROL, patrol_no_place, "place"},
    {PATROL, patrol_nobody, "patrol.persons"},
    {PATROL, patrol_too_many_roles, "patrol.persons"},
    {PATROL, patrol_no_persons, "patrol.persons[1].persons"},
    {PATROL, patrol_crowd, "patrol.persons[1].persons"},
    {PATROL, patrol_no_role, "patrol.persons[0].role"},
    {WALK, walk_nothing, "walk.findings"},
    {WALK, walk_too_many, "walk.findings"},
    {WALK, walk_no_id, "walk.findings[0].id"},
    {WALK, walk_same_id, "walk.findings[1].id"},
    {WALK, walk_no_place, "walk.findings[1].place"},
    {WALK, walk_no_safety, "walk.findings[1].safety"},
    {WALK, walk_unknown_safety, "walk.findings[1].safety"},
    {WALK, walk_no_cause, "walk.findings[1].cause"},
    {WALK, walk_no_responsible, "walk.findings[1].responsible"},
    {WALK, walk_bad_due, "walk.findings[1].due"},
    {WALK, walk_rewalk_no_seq, "walk.findings[0].rewalk_of.report"},
    {WALK, walk_rewalk_no_report, "walk.findings[0].rewalk_of.report"},
    {WALK, walk_rewalk_no_finding, "walk.findings[0].rewalk_of.finding"},
    {MEETING, meeting_nobody, "meeting.with"},
    {MEETING, meeting_long, "meeting.subject"},
    {INVENTORY, inventory_no_of, "inventory.of"},
    {INVENTORY, inventory_many, "inventory.surveyed"},
    {INVENTORY, inventory_findings, "inventory.findings"},
    {INVENTORY, inventory_empty_finding, "inventory.findings[0].text"},
    {INVENTORY, inventory_bad_place, "inventory.findings[0].place"},
    {INITIATIVE, initiative_no_type, "initiative.type"},
    {INITIATIVE, initiative_many, "initiative.quantity"},
    {INITIATIVE, initiative_outcome, "initiative.outcome"},
};

static void each_wrong_field_is_named_with_its_path_and_a_sentence(void **state) {
    for (size_t i = 0; i < ARRAY_COUNT(broken); i++) {
        arena_reset(&arena);
        R *report = sample_report(&arena, (Rond__V1__Kind)broken[i].kind, 0);
        broken[i].break_it(report);
        struct fault fault = {0};
        enum rond_err err = report_check(report, &fault);
        if (err != ROND_EINVALID || fault.code != CODE_REPORT_INVALID || strcmp(fault.field, broken[i].field) != 0)
            fail_msg("case %zu, %s: answered %s, code %u, field '%s'", i, broken[i].field, rond_err_name(err), fault.code,
                     fault.field);
        assert_true(strlen(fault.text) > 10);
    }
}

static void a_withdrawal_names_its_target_fully_and_corrects_nothing(void **state) {
    struct fault fault;
    R *report = sample_withdrawal(&arena, &some_id, &some_id, 0);
    assert_err(ROND_EINVALID, report_check(report, &fault));
    assert_string_equal(fault.field, "withdrawal.target");
    report->withdrawal->target = NULL;
    assert_err(ROND_EINVALID, report_check(report, &fault));
    report = sample_withdrawal(&arena, &some_id, &some_id, 1);
    report->withdrawal->reason = text_of_size(LINE_BYTES_MAX + 1);
    assert_err(ROND_EINVALID, report_check(report, &fault));
    assert_string_equal(fault.field, "withdrawal.reason");
    report = sample_withdrawal(&arena, &some_id, &some_id, 1);
    report->corrects = sample_identity(&arena, &some_id, &some_id, 2);
    assert_err(ROND_EINVALID, report_check(report, &fault));
    assert_string_equal(fault.field, "corrects");
}

static void a_newer_form_and_an_unknown_kind_have_codes_of_their_own(void **state) {
    struct fault fault;
    R *report = sample_report(&arena, ROND__V1__KIND__KIND_CHECK, 0);
    report->body_case = ROND__V1__REPORT__BODY__NOT_SET;
    assert_err(ROND_EINVALID, report_check(report, &fault));
    assert_int_equal(fault.code, CODE_KIND_UNKNOWN);
    report->schema_version = REPORT_SCHEMA_VERSION + 1;
    assert_err(ROND_EINVALID, report_check(report, &fault));
    assert_int_equal(fault.code, CODE_REPORT_SCHEMA);
}

static void ids_are_small_letters_digits_dashes_and_underscores(void **state) {
    static const char *const good[] = {"a", "1", "lund-c-stationen", "police_officer", "2015"};
    static const char *const bad[] = {"", "-a", "_a", "Lund", "a b", "a/b", "a.b", "\xc3\xa5", "a\n"};
    for (size_t i = 0; i < ARRAY_COUNT(good); i++)
        assert_true(reference_id_is_valid(good[i]));
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        assert_false(reference_id_is_valid(bad[i]));
    assert_true(reference_id_is_valid(text_of_size(REFERENCE_ID_BYTES_MAX)));
    assert_false(reference_id_is_valid(text_of_size(REFERENCE_ID_BYTES_MAX + 1)));
}

static void a_date_is_a_real_day(void **state) {
    static const char *const good[] = {"2015-05-08", "2016-02-29", "2000-02-29", "1900-01-01", "2999-12-31"};
    static const char *const bad[] = {"",           "2015-5-8",    "2015-02-29", "2100-02-29", "2015-13-01",
                                      "2015-00-10", "2015-04-31",  "2015-01-00", "1899-12-31", "3000-01-01",
                                      "2015/05/08", "2015-05-08T", "+015-05-08", "20150-5-08"};
    for (size_t i = 0; i < ARRAY_COUNT(good); i++)
        assert_true(date_is_valid(good[i]));
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        assert_false(date_is_valid(bad[i]));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_sample_of_every_kind_is_fine),
        TEST(a_report_at_every_bound_is_fine),
        TEST(absent_texts_are_empty_texts),
        TEST(information_alone_makes_a_handout_and_a_counterpart_or_organisation_alone_a_meeting),
        TEST(each_wrong_field_is_named_with_its_path_and_a_sentence),
        TEST(a_withdrawal_names_its_target_fully_and_corrects_nothing),
        TEST(a_newer_form_and_an_unknown_kind_have_codes_of_their_own),
        TEST(ids_are_small_letters_digits_dashes_and_underscores),
        TEST(a_date_is_a_real_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
