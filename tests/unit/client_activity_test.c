// Every field of every kind, from what the app says to the wire and back, and the field that is named where it is wrong.
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_transport.h"
#include "handheld.h"

static struct handheld handheld;

static int setup(void **state) {
    fake_reset();
    handheld_open(&handheld);
    handheld_enrol(&handheld, "police_officer", 1);
    return 0;
}

static int teardown(void **state) {
    handheld_close(&handheld);
    return 0;
}

// --- A message as text: one "path=value" for each field, "path" alone for one that is not said ---

static void message_write(FILE *to, const char *path, const ProtobufCMessage *message);

static void value_write(FILE *to, const char *path, const ProtobufCFieldDescriptor *field, const void *value) {
    union {
        const void *at;
        char *const *text;
        ProtobufCMessage *const *message;
        const ProtobufCBinaryData *bytes;
        const int32_t *i32;
        const uint32_t *u32;
        const int64_t *i64;
        const uint64_t *u64;
        const protobuf_c_boolean *truth;
    } v = {.at = value};
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        fprintf(to, *v.text[0] != '\0' ? "%s=%s " : "%s ", path, *v.text);
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        if (*v.message == NULL)
            fprintf(to, "%s ", path);
        else
            message_write(to, path, *v.message);
        break;
    case PROTOBUF_C_TYPE_BYTES:
        fprintf(to, "%s=%zu bytes ", path, v.bytes->len);
        break;
    case PROTOBUF_C_TYPE_BOOL:
        fprintf(to, *v.truth ? "%s=true " : "%s ", path);
        break;
    case PROTOBUF_C_TYPE_INT64:
        fprintf(to, *v.i64 != 0 ? "%s=%lld " : "%s ", path, (long long)*v.i64);
        break;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        fprintf(to, *v.u64 != 0 ? "%s=%llu " : "%s ", path, (unsigned long long)*v.u64);
        break;
    case PROTOBUF_C_TYPE_UINT32:
        fprintf(to, *v.u32 != 0 ? "%s=%lu " : "%s ", path, (unsigned long)*v.u32);
        break;
    default: // enums, sint32
        fprintf(to, *v.i32 != 0 ? "%s=%ld " : "%s ", path, (long)*v.i32);
    }
}

static void message_write(FILE *to, const char *path, const ProtobufCMessage *message) {
    const uint8_t *at = (const uint8_t *)message;
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        const void *value = at + field->offset;
        char below[128];
        snprintf(below, sizeof below, "%s%s%s", path, path[0] != '\0' ? "." : "", field->name);
        if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0)
            continue; // the body is looked at by itself
        if (field->label != PROTOBUF_C_LABEL_REPEATED) {
            value_write(to, below, field, value);
            continue;
        }
        size_t count = *(const size_t *)(const void *)(at + field->quantifier_offset);
        void *const *elements = *(void *const *const *)value; // texts and messages only
        if (count == 0)
            fprintf(to, "%s ", below);
        for (size_t n = 0; n < count; n++)
            value_write(to, below, field, &elements[n]);
    }
}

// In the handheld's arena, without the last blank.
static const char *written(const ProtobufCMessage *message) {
    char *text;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    message_write(to, "", message);
    fclose(to);
    text[size > 0 ? size - 1 : 0] = '\0';
    const char *copy = arena_text(&handheld.arena, text);
    free(text);
    return copy;
}

static const ProtobufCMessage *body_of(const Rond__V1__Report *report) {
    assert_int_not_equal(report->body_case, ROND__V1__REPORT__BODY__NOT_SET);
    return &report->check->base; // each body is the same pointer
}

static Rond__V1__Report *converted(const rond_activity *activity, bool with_defaults) {
    Rond__V1__Report *report = NULL;
    struct fault fault = {0};
    if (activity_to_report(handheld.rond, activity, with_defaults, &handheld.arena, &report, &fault) != ROND_OK)
        fail_msg("%s: %s", fault.field, fault.text);
    return report;
}

// --- What the app says ---

static const rond_item items[] = {{"lights", 40}, {"reflectors", 4294967295}};
static const rond_persons persons[] = {{"police_officer", 2}, {"station_host", 1}};
static const rond_finding findings[] = {
    {.id = "a",
     .place = "bangatan",
     .place_text = "by the steps",
     .safety = ROND_UNSAFE,
     .cause = "dark",
     .responsible = "jernhusen",
     .promised_action = "a lamp",
     .due = "2015-09-01"},
    {.place = "stortorget", .safety = ROND_SAFE},
};
static const rond_surveyed surveyed[] = {{"bangatan", "sign turned"}, {"stortorget", NULL}};

static const struct {
    rond_activity activity;
    const char *body;
} kinds[] = {
    {{.kind = ROND_CHECK, .check_form = ROND_COORDINATED, .of = "taxi", .checked = 30, .remarked = 5, .reported = 2},
     "form=2 of=taxi checked=30 remarked=5 reported=2"},
    {{.kind = ROND_CAMPAIGN_HANDOUT, .items = items, .items_count = 2, .information_given = true},
     "items.item=lights items.count=40 items.item=reflectors items.count=4294967295 information_given=true"},
    {{.kind = ROND_VISIBLE_PATROL, .persons = persons, .persons_count = 2},
     "persons.role=police_officer persons.persons=2 persons.role=station_host persons.persons=1"},
    {{.kind = ROND_SAFETY_WALK, .findings = findings, .findings_count = 2},
     "findings.id=a findings.place=bangatan findings.place_text=by the steps findings.safety=2 findings.cause=dark"
     " findings.responsible=jernhusen findings.promised_action=a lamp findings.due=2015-09-01 findings.rewalk_of"
     " findings.id=2 findings.place=stortorget findings.place_text findings.safety=1 findings.cause"
     " findings.responsible findings.promised_action findings.due findings.rewalk_of"},
    {{.kind = ROND_MEETING, .with = "taxi_trade", .subject = "the autumn"}, "with=taxi_trade subject=the autumn"},
    {{.kind = ROND_INVENTORY,
      .of = "traffic_signs",
      .surveyed_count = 212,
      .surveyed = surveyed,
      .surveyed_findings_count = 2},
     "of=traffic_signs surveyed=212 findings.place=bangatan findings.text=sign turned findings.place=stortorget"
     " findings.text"},
    {{.kind = ROND_INITIATIVE, .of = "neighbourhood_watch", .quantity = UINT64_MAX, .unit = "areas", .outcome = "one began"},
     "type=neighbourhood_watch quantity=18446744073709551615 unit=areas outcome=one began"},
};

static rond_activity kind_full(size_t index) {
    rond_activity activity = kinds[index].activity;
    activity.struct_size = sizeof activity;
    return activity;
}

static rond_activity envelope_full(void) {
    static const char *const organisations[] = {"skatteverket", "forsakringskassan"};
    return (rond_activity){
        .struct_size = sizeof(rond_activity),
        .kind = ROND_MEETING,
        .occurred_from_s = 1433145600,
        .occurred_to_s = 1433149200,
        .has_position = true,
        .latitude = 55.7047,
        .longitude = -13.1910001,
        .accuracy_m = 15,
        .area = "lund",
        .place = "stortorget",
        .commitment = "lund-2015/checks",
        .organisations = organisations,
        .organisations_count = 2,
        .activity = "taxi-0508",
        .role = "police_officer",
        .text = "wind från väst",
    };
}

// --- To the wire and back ---

static void every_field_of_every_kind_goes_to_its_place(void **state) {
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        rond_activity activity = kind_full(i);
        const Rond__V1__Report *report = converted(&activity, true);
        assert_int_equal(kind_of_report(report), activity.kind);
        assert_string_equal(written(body_of(report)), kinds[i].body);
    }
}

static void every_field_of_the_envelope_goes_to_its_place(void **state) {
    rond_activity activity = envelope_full();
    assert_string_equal(written(&converted(&activity, true)->base),
                        "schema_version=1 claimed_ms=1433152800000 boot_id=77 monotonic_ms=1433152800000"
                        " occurred_from_s=1433145600 occurred_to_s=1433149200 position.latitude_e6=55704700"
                        " position.longitude_e6=-13191000 position.accuracy_m=15 area=lund place=stortorget"
                        " commitment=lund-2015/checks organisations=skatteverket organisations=forsakringskassan"
                        " activity=taxi-0508 role=police_officer text=wind från väst corrects");
}

// By the two tests above the way out is right: so what came back and goes out the same was read right.
static void every_field_comes_back_as_it_was_said(void **state) {
    for (size_t i = 0; i <= ARRAY_COUNT(kinds); i++) {
        rond_activity activity = i < ARRAY_COUNT(kinds) ? kind_full(i) : envelope_full(), back;
        const Rond__V1__Report *report = converted(&activity, false);
        assert_ok(activity_from_report(handheld.rond, report, &handheld.arena, &back));
        assert_int_equal(back.struct_size, sizeof back);
        const Rond__V1__Report *again = converted(&back, false);
        assert_string_equal(written(&again->base), written(&report->base));
        assert_string_equal(written(body_of(again)), written(body_of(report)));
    }
}

static void what_is_not_said_comes_back_as_nothing(void **state) {
    for (int kind = ROND_CHECK; kind <= ROND_INITIATIVE; kind++) {
        const rond_activity activity = {.struct_size = sizeof activity, .kind = (enum rond_kind)kind};
        rond_activity back, expected = activity;
        assert_ok(activity_from_report(handheld.rond, converted(&activity, false), &handheld.arena, &back));
        back.organisations = NULL; // of count 0
        back.items = NULL;
        back.persons = NULL;
        back.findings = NULL;
        back.surveyed = NULL;
        assert_memory_equal(&back, &expected, sizeof back);
    }
}

static void a_report_has_the_times_and_the_role_that_were_not_said_and_a_draft_has_not(void **state) {
    static const struct {
        int64_t from_s, to_s, reported_from_s, reported_to_s;
    } cases[] = {
        {0, 0, 1433152800, 1433152800},
        {1433145600, 0, 1433145600, 1433145600},
        {0, 1433160000, 1433152800, 1433160000},
        {1433145600, 1433149200, 1433145600, 1433149200},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        rond_activity activity = kind_full(0);
        activity.occurred_from_s = cases[i].from_s;
        activity.occurred_to_s = cases[i].to_s;
        const Rond__V1__Report *report = converted(&activity, true), *draft = converted(&activity, false);
        assert_int_equal(report->occurred_from_s, cases[i].reported_from_s);
        assert_int_equal(report->occurred_to_s, cases[i].reported_to_s);
        assert_string_equal(report->role, "police_officer");
        assert_int_equal(draft->occurred_from_s, cases[i].from_s);
        assert_int_equal(draft->occurred_to_s, cases[i].to_s);
        assert_int_equal(draft->claimed_ms, 0);
        assert_string_equal(draft->role, "");
    }
}

static void degrees_are_rounded_to_the_nearest_on_both_sides_of_zero(void **state) {
    static const struct {
        double degrees;
        int32_t e6;
    } cases[] = {
        {0, 0},         {90, 90000000},   {-90, -90000000},       {0.0000004, 0},           {-0.0000004, 0},
        {0.0000006, 1}, {-0.0000006, -1}, {55.6999999, 55700000}, {-55.6999999, -55700000}, {59.3293, 59329300},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        rond_activity activity = kind_full(0);
        activity.has_position = true;
        activity.latitude = cases[i].degrees;
        activity.longitude = 2 * cases[i].degrees;
        const Rond__V1__Report *report = converted(&activity, true);
        assert_int_equal(report->position->latitude_e6, cases[i].e6);
        assert_true(report->position->longitude_e6 >= 2 * cases[i].e6 - 1 &&
                    report->position->longitude_e6 <= 2 * cases[i].e6 + 1);
    }
}

static void what_was_passed_may_be_changed_after_the_call(void **state) {
    char of[] = "taxi", organisation[] = "skatteverket";
    const char *organisations[] = {organisation, NULL};
    rond_activity activity = kind_full(0);
    activity.of = of;
    activity.organisations = organisations;
    activity.organisations_count = 2;
    const Rond__V1__Report *report = converted(&activity, true);
    memset(of, 'x', sizeof of - 1);
    memset(organisation, 'x', sizeof organisation - 1);
    assert_string_equal(report->check->of, "taxi");
    assert_string_equal(report->organisations[0], "skatteverket");
    assert_string_equal(report->organisations[1], "");
}

// --- A second look at a place ---

static void a_second_look_names_the_report_and_the_finding_and_comes_back_so(void **state) {
    char reference[ROND_REFERENCE_SIZE];
    struct device_outbox_state outbox;
    rond_activity walk = kind_full(3), back;
    assert_ok(rond_report(handheld.rond, &walk, reference, NULL));
    const rond_finding again[] = {
        {.place = "bangatan", .safety = ROND_SAFE, .rewalk_reference = reference, .rewalk_finding = "a"}};
    walk.findings = again;
    walk.findings_count = 1;
    const Rond__V1__Report *report = converted(&walk, true);
    const Rond__V1__FindingRef *first = report->walk->findings[0]->rewalk_of;
    outbox_state(handheld.rond->outbox, &outbox);
    assert_memory_equal(first->report->device.data, handheld.rond->enrolment.device.b, ID_SIZE);
    assert_memory_equal(first->report->outbox.data, outbox.outbox.b, ID_SIZE);
    assert_int_equal(first->report->seq, 1);
    assert_string_equal(first->finding, "a");
    assert_ok(activity_from_report(handheld.rond, report, &handheld.arena, &back));
    assert_string_equal(back.findings[0].rewalk_reference, reference);
    assert_string_equal(back.findings[0].rewalk_finding, "a");
}

static void a_second_look_that_is_cut_short_on_the_wire_is_no_second_look(void **state) {
    Rond__V1__Report report = ROND__V1__REPORT__INIT;
    Rond__V1__Walk walk = ROND__V1__WALK__INIT;
    Rond__V1__Finding finding = ROND__V1__FINDING__INIT, *list[] = {&finding};
    Rond__V1__FindingRef reference = ROND__V1__FINDING_REF__INIT;
    Rond__V1__Identity identity = ROND__V1__IDENTITY__INIT;
    static uint8_t id[ID_SIZE];
    rond_activity back;
    report.body_case = ROND__V1__REPORT__BODY_WALK;
    report.walk = &walk;
    walk.findings = list;
    walk.n_findings = 1;
    finding.rewalk_of = &reference; // without a report
    assert_ok(activity_from_report(handheld.rond, &report, &handheld.arena, &back));
    assert_null(back.findings[0].rewalk_reference);
    reference.report = &identity; // of an outbox of 15 bytes
    identity.outbox = (ProtobufCBinaryData){.data = id, .len = ID_SIZE - 1};
    assert_ok(activity_from_report(handheld.rond, &report, &handheld.arena, &back));
    assert_null(back.findings[0].rewalk_reference);
}

static void a_withdrawal_is_no_activity(void **state) {
    Rond__V1__Report report = ROND__V1__REPORT__INIT;
    Rond__V1__Withdrawal withdrawal = ROND__V1__WITHDRAWAL__INIT;
    rond_activity back;
    report.body_case = ROND__V1__REPORT__BODY_WITHDRAWAL;
    report.withdrawal = &withdrawal;
    assert_ok(activity_from_report(handheld.rond, &report, &handheld.arena, &back));
    assert_int_equal(back.kind, 0);
}

// --- What is wrong, by its field ---

static const rond_finding no_such_walk[] = {{.place = "a", .safety = ROND_SAFE},
                                            {.place = "b", .safety = ROND_SAFE, .rewalk_reference = "000000-01-1"}};
static const rond_finding unsafe_without_cause[] = {{.place = "a", .safety = ROND_SAFE},
                                                    {.place = "b", .safety = ROND_UNSAFE}};
static const rond_finding no_date[] = {
    {.place = "b", .safety = ROND_UNSAFE, .cause = "c", .responsible = "r", .promised_action = "p", .due = "2015-02-30"}};
static const rond_item no_item[] = {{"lights", 4}, {NULL, 4}};
static const rond_persons nobody[] = {{"police_officer", 1}, {"station_host", 0}};
static const char *const no_organisation[] = {"skatteverket", NULL};

static const struct {
    rond_activity activity;
    const char *field;
} wrong[] = {
    {{.kind = 0}, "kind"},
    {{.kind = 8}, "kind"},
    {{.kind = (enum rond_kind) - 1}, "kind"},
    {{.kind = ROND_CHECK, .check_form = ROND_TARGETED, .checked = 1}, "check.of"},
    {{.kind = ROND_CHECK, .of = "taxi"}, "check.form"},
    {{.kind = ROND_CHECK, .of = "taxi", .check_form = (enum rond_check_form)3}, "check.form"},
    {{.kind = ROND_CHECK, .of = "taxi", .check_form = ROND_TARGETED, .checked = 3, .remarked = 4}, "check.remarked"},
    {{.kind = ROND_CAMPAIGN_HANDOUT, .items = no_item, .items_count = 2}, "handout.items[1].item"},
    {{.kind = ROND_CAMPAIGN_HANDOUT, .items_count = HANDOUT_ITEMS_MAX + 1}, "handout.items"},
    {{.kind = ROND_VISIBLE_PATROL, .place = "a", .occurred_to_s = 1433160000, .persons = nobody, .persons_count = 2},
     "patrol.persons[1].persons"},
    {{.kind = ROND_VISIBLE_PATROL, .persons_count = PATROL_ROLES_MAX + 1}, "patrol.persons"},
    {{.kind = ROND_SAFETY_WALK, .findings = unsafe_without_cause, .findings_count = 2}, "walk.findings[1].cause"},
    {{.kind = ROND_SAFETY_WALK, .findings = no_date, .findings_count = 1}, "walk.findings[0].due"},
    {{.kind = ROND_SAFETY_WALK, .findings = no_such_walk, .findings_count = 2}, "walk.findings[1].rewalk_of"},
    {{.kind = ROND_SAFETY_WALK, .findings_count = WALK_FINDINGS_MAX + 1}, "walk.findings"},
    {{.kind = ROND_SAFETY_WALK, .findings_count = SIZE_MAX}, "walk.findings"},
    {{.kind = ROND_INVENTORY}, "inventory.of"},
    {{.kind = ROND_INVENTORY, .of = "a", .surveyed_findings_count = INVENTORY_FINDINGS_MAX + 1}, "inventory.findings"},
    {{.kind = ROND_INITIATIVE}, "initiative.type"},
    {{.kind = ROND_MEETING, .with = "w", .organisations_count = ORGANISATIONS_MAX + 1}, "organisations"},
    {{.kind = ROND_MEETING, .with = "w", .organisations = no_organisation, .organisations_count = 2}, "organisations[1]"},
    {{.kind = ROND_MEETING, .with = "w", .has_position = true, .latitude = 90.1}, "position"},
    {{.kind = ROND_MEETING, .with = "w", .has_position = true, .latitude = -90.1}, "position"},
    {{.kind = ROND_MEETING, .with = "w", .has_position = true, .longitude = 180.1}, "position"},
    {{.kind = ROND_MEETING, .with = "w", .has_position = true, .longitude = -1e300}, "position"},
    {{.kind = ROND_MEETING, .with = "w", .has_position = true, .latitude = NAN}, "position"},
    {{.kind = ROND_MEETING, .with = "w", .has_position = true, .longitude = INFINITY}, "position"},
    {{.kind = ROND_MEETING, .with = "w", .occurred_from_s = 1433145600, .occurred_to_s = 1433145599}, "occurred_to_s"},
    {{.kind = ROND_MEETING, .with = "w", .role = "station_host"}, "role"},
    {{.kind = ROND_MEETING, .with = "w", .text = "\xc3"}, "text"},
};

static void what_is_wrong_is_named_by_its_field_and_not_saved(void **state) {
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        rond_activity activity = wrong[i].activity;
        rond_fault fault;
        activity.struct_size = sizeof activity;
        if (rond_report(handheld.rond, &activity, NULL, &fault) != ROND_EINVALID || strcmp(fault.field, wrong[i].field) != 0)
            fail_msg("case %zu: '%s' (%s), not '%s'", i, fault.field, fault.text, wrong[i].field);
        assert_string_not_equal(fault.text, "");
        assert_int_not_equal(fault.code, 0);
    }
    rond_totals totals;
    assert_ok(rond_totals_get(handheld.rond, &totals));
    assert_int_equal(totals.queued, 0);
}

static void an_activity_of_another_shape_is_refused(void **state) {
    rond_activity activity = envelope_full();
    rond_fault fault;
    static const size_t sizes[] = {0, 1, sizeof activity - 1};
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        activity.struct_size = sizes[i];
        assert_err(ROND_EINVALID, rond_report(handheld.rond, &activity, NULL, &fault));
        assert_string_equal(fault.field, "struct_size");
    }
    assert_err(ROND_EINVALID, rond_report(handheld.rond, NULL, NULL, &fault));
    assert_string_equal(fault.field, "struct_size");
    activity.struct_size = sizeof activity + 64; // an app built for a later version
    assert_ok(rond_report(handheld.rond, &activity, NULL, &fault));
}

// Every bound of memory up to the one that suffices: an error, never half a report.
static void without_memory_there_is_no_report(void **state) {
    for (size_t i = 0; i <= ARRAY_COUNT(kinds); i++) {
        rond_activity activity = i < ARRAY_COUNT(kinds) ? kind_full(i) : envelope_full();
        bool is_done = false;
        for (size_t bound = 0; !is_done; bound += 16) {
            struct arena arena;
            Rond__V1__Report *report = NULL;
            rond_activity back = {0};
            arena_init(&arena, bound);
            enum rond_err err = activity_to_report(handheld.rond, &activity, true, &arena, &report, NULL);
            if (err == ROND_OK)
                err = activity_from_report(handheld.rond, report, &arena, &back);
            is_done = err == ROND_OK;
            if (!is_done) {
                assert_err(ROND_ENOMEM, err);
                assert_int_equal(back.struct_size, 0);
            }
            arena_deinit(&arena);
            assert_true(bound < 1024 * 1024);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_field_of_every_kind_goes_to_its_place),
        TEST(every_field_of_the_envelope_goes_to_its_place),
        TEST(every_field_comes_back_as_it_was_said),
        TEST(what_is_not_said_comes_back_as_nothing),
        TEST(a_report_has_the_times_and_the_role_that_were_not_said_and_a_draft_has_not),
        TEST(degrees_are_rounded_to_the_nearest_on_both_sides_of_zero),
        TEST(what_was_passed_may_be_changed_after_the_call),
        TEST(a_second_look_names_the_report_and_the_finding_and_comes_back_so),
        TEST(a_second_look_that_is_cut_short_on_the_wire_is_no_second_look),
        TEST(a_withdrawal_is_no_activity),
        TEST(what_is_wrong_is_named_by_its_field_and_not_saved),
        TEST(an_activity_of_another_shape_is_refused),
        TEST(without_memory_there_is_no_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
