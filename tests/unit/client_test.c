// Tests: client-sdk/src/client_drafts.c client-sdk/src/client_promises.c client-sdk/src/client_report.c client-sdk/src/client_standings.c
// Tests: client-sdk/src/client_status.c
#include "rond/rond.h"

#include "support/test.h"

#include <string.h>

#include "fake_transport.h"
#include "handheld.h"
#include "wire/short_reference.h"

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

static rond_activity a_check(void) {
    return (rond_activity){
        .struct_size = sizeof(rond_activity),
        .kind = ROND_CHECK,
        .of = "cyclist_behaviour",
        .check_form = ROND_TARGETED,
        .checked = 14,
        .remarked = 3,
        .place = "stortorget",
    };
}

static Rond__V1__Report *newest(struct handheld *handheld) {
    struct outbox_report *reports;
    size_t count;
    uint64_t cursor;
    Rond__V1__Report *report;
    assert_ok(outbox_list(handheld->rond->outbox, 0, 1, &handheld->arena, &reports, &count, &cursor));
    assert_int_equal(count, 1);
    assert_ok(codec_report_decode(&handheld->arena, reports[0].report, &report, NULL));
    return report;
}

static enum rond_status status_of(struct handheld *handheld, const char *reference) {
    rond_status_list *list;
    assert_ok(rond_status_get(handheld->rond, reference, &list, NULL));
    assert_int_equal(list->count, 1);
    enum rond_status status = list->reports[0].status;
    rond_status_list_free(list);
    return status;
}

static void acknowledge(struct handheld *handheld, uint64_t seq) {
    assert_ok(outbox_acknowledge(handheld->rond->outbox, &(struct chain){.seq = seq}, NULL));
}

// --- Opening ---

static void a_configuration_that_lacks_something_is_refused(void **state) {
    rond *r;
    rond_fault fault;
    rond_config config = {.struct_size = 4};
    assert_err(ROND_EINVALID, rond_open(&config, &r, &fault));
    assert_string_not_equal(fault.text, "");
    rond_close(NULL);
    assert_string_not_equal(rond_version(), "");
    assert_true(rond_err_retryable(ROND_EAGAIN));
}

static void every_error_has_a_sentence_of_its_own_where_nobody_knew_better(void **state) {
    static const struct fault told = {.code = 7, .field = "a.b", .text = "Told."};
    rond_fault faults[ROND_ENOTFOUND + 1] = {0};
    for (int err = ROND_EAGAIN; err <= ROND_ENOTFOUND; err++) {
        assert_err((enum rond_err)err, client_fault((enum rond_err)err, NULL, &faults[err]));
        assert_true(strlen(faults[err].text) > 10);
        for (int other = ROND_EAGAIN; other < err; other++)
            assert_string_not_equal(faults[err].text, faults[other].text);
    }
    assert_err(ROND_EIO, client_fault(ROND_EIO, &told, &faults[0]));
    assert_memory_equal(&faults[0], &told, sizeof faults[0]);
    memset(&faults[0], 'x', sizeof faults[0]);
    assert_ok(client_fault(ROND_OK, &told, &faults[0]));
    assert_int_equal(faults[0].text[0], 'x'); // filled on failure only
    assert_err(ROND_EIO, client_fault(ROND_EIO, &told, NULL));
}

static unsigned releases;
static void count_release(void *context) {
    releases++;
}
static enum rond_err locked_outbox_key(void *context, uint8_t ret_key[32]) {
    return ROND_EAUTH;
}
static enum rond_err other_outbox_key(void *context, uint8_t ret_key[32]) {
    memset(ret_key, 9, 32);
    return ROND_OK;
}

static void what_cannot_be_opened_is_told_and_the_keystore_released(void **state) {
    struct handheld *handheld = *state;
    rond_keystore keys;
    char path[96];
    snprintf(path, sizeof path, "%s/keys", handheld->directory);
    assert_ok(rond_keystore_files(path, &keys, NULL));
    rond_keystore keystore = keys;
    keystore.release = count_release;
    struct {
        const char *path;
        enum rond_err (*key)(void *context, uint8_t ret_key[32]);
        enum rond_err err;
    } cases[] = {
        {handheld->path, locked_outbox_key, ROND_EAUTH},  {handheld->path, keys.outbox_key, ROND_ECONFLICT}, // open already
        {handheld->directory, keys.outbox_key, ROND_EIO}, {"/no/such/directory/outbox", keys.outbox_key, ROND_EIO},
        {handheld->path, other_outbox_key, ROND_EAUTH}, // the last: closed before
    };
    releases = 0;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        rond *r = NULL;
        rond_fault fault = {0};
        if (i + 1 == ARRAY_COUNT(cases)) {
            rond_close(handheld->rond);
            handheld->rond = NULL;
        }
        keystore.outbox_key = cases[i].key;
        const rond_config config = {.struct_size = sizeof config, .path = cases[i].path, .keystore = &keystore};
        assert_err(cases[i].err, rond_open(&config, &r, &fault));
        assert_null(r);
        assert_string_not_equal(fault.text, "");
        assert_int_equal(releases, i + 1);
    }
    keys.release(keys.context);
}

static void before_enrolment_reports_are_refused_and_drafts_are_not(void **state) {
    struct handheld *handheld = *state;
    rond_activity check = a_check();
    rond_fault fault;
    rond_enrolment *enrolment;
    uint64_t draft = 0;
    assert_err(ROND_ENOTFOUND, rond_enrolment_get(handheld->rond, &enrolment));
    assert_err(ROND_EAUTH, rond_report(handheld->rond, &check, NULL, &fault));
    assert_non_null(strstr(fault.text, "enrol"));
    assert_ok(rond_draft_save(handheld->rond, &draft, &check, &fault));
    handheld_enrol(handheld, "police_officer", 1);
    assert_ok(rond_draft_queue(handheld->rond, draft, NULL, &fault));
    assert_ok(rond_enrolment_get(handheld->rond, &enrolment));
    assert_string_equal(enrolment->organisation, "polisen");
    assert_string_equal(enrolment->roles[0], "police_officer");
    assert_string_equal(enrolment->device, "01010101010101010101010101010101");
    rond_enrolment_free(enrolment);
}

// --- Reports ---

static void a_report_carries_what_was_said_and_when(void **state) {
    struct handheld *handheld = *state;
    const char *organisations[] = {"skatteverket", "forsakringskassan"};
    rond_activity check = a_check();
    check.organisations = organisations;
    check.organisations_count = 2;
    check.has_position = true;
    check.latitude = 55.7047;
    check.longitude = -13.1910001;
    check.activity = "taxi-0508";
    char reference[ROND_REFERENCE_SIZE];
    assert_ok(rond_report(handheld->rond, &check, reference, NULL));
    Rond__V1__Report *report = newest(handheld);
    assert_int_equal(report->body_case, ROND__V1__REPORT__BODY_CHECK);
    assert_int_equal(report->check->checked, 14);
    assert_string_equal(report->check->of, "cyclist_behaviour");
    assert_string_equal(report->role, "police_officer");
    assert_string_equal(report->organisations[1], "forsakringskassan");
    assert_int_equal(report->position->latitude_e6, 55704700);
    assert_int_equal(report->position->longitude_e6, -13191000);
    assert_int_equal(report->claimed_ms, handheld_wall_ms);
    assert_int_equal(report->occurred_from_s, handheld_wall_ms / 1000);
    assert_int_equal(report->occurred_to_s, handheld_wall_ms / 1000);
    assert_int_equal(report->boot_id, 77);
    assert_int_equal(status_of(handheld, reference), ROND_WAITING);
    handheld_reopen(handheld);
    assert_int_equal(status_of(handheld, reference), ROND_WAITING);
}

static void every_kind_can_be_reported(void **state) {
    struct handheld *handheld = *state;
    const rond_item items[] = {{"lights", 40}, {"reflectors", 60}};
    const rond_persons persons[] = {{"police_officer", 2}};
    const rond_finding findings[] = {
        {.place = "bangatan",
         .safety = ROND_UNSAFE,
         .cause = "dark",
         .responsible = "lunds-kommun",
         .promised_action = "light",
         .due = "2015-06-30"},
        {.place = "stortorget", .safety = ROND_SAFE},
    };
    const rond_surveyed surveyed[] = {{"bangatan", "a sign is missing"}};
    rond_activity base = {
        .struct_size = sizeof base, .occurred_from_s = 1431086400, .occurred_to_s = 1431090000, .place = "bangatan"};
    rond_activity all[7];
    for (int i = 0; i < 7; i++) {
        all[i] = base;
        all[i].kind = (enum rond_kind)(i + 1);
    }
    all[0].of = "cyclist_behaviour";
    all[0].check_form = ROND_COORDINATED;
    all[0].checked = 1;
    all[1].items = items;
    all[1].items_count = 2;
    all[2].persons = persons;
    all[2].persons_count = 1;
    all[3].findings = findings;
    all[3].findings_count = 2;
    all[4].with = "taxi_trade";
    all[5].of = "traffic_signs";
    all[5].surveyed_count = 12;
    all[5].surveyed = surveyed;
    all[5].surveyed_findings_count = 1;
    all[6].of = "neighbourhood_watch";
    all[6].quantity = 2;
    for (int i = 0; i < 7; i++) {
        rond_fault fault = {0};
        char reference[ROND_REFERENCE_SIZE];
        enum rond_err err = rond_report(handheld->rond, &all[i], reference, &fault);
        if (err != ROND_OK)
            fail_msg("kind %d: %s %s", i + 1, fault.field, fault.text);
        assert_int_equal(kind_of_report(newest(handheld)), i + 1);
    }
    assert_string_equal(newest(handheld)->initiative->type, "neighbourhood_watch");
}

static void a_report_that_lacks_something_names_the_field_and_saves_nothing(void **state) {
    struct handheld *handheld = *state;
    rond_fault fault;
    rond_activity check = a_check();
    check.of = NULL;
    assert_err(ROND_EINVALID, rond_check_activity(handheld->rond, &check, &fault));
    assert_err(ROND_EINVALID, rond_report(handheld->rond, &check, NULL, &fault));
    assert_string_equal(fault.field, "check.of");
    assert_int_equal(fault.code, 401);
    check = a_check();
    check.text = "bad \xff utf-8";
    assert_err(ROND_EINVALID, rond_report(handheld->rond, &check, NULL, &fault));
    assert_string_equal(fault.field, "text");
    check = a_check();
    check.has_position = true;
    check.latitude = 91;
    assert_err(ROND_EINVALID, rond_report(handheld->rond, &check, NULL, &fault));
    assert_string_equal(fault.field, "position");
    check = a_check();
    check.kind = (enum rond_kind)99;
    assert_err(ROND_EINVALID, rond_report(handheld->rond, &check, NULL, &fault));
    assert_string_equal(fault.field, "kind");
    check = a_check();
    check.role = "station_host";
    assert_err(ROND_EINVALID, rond_report(handheld->rond, &check, NULL, &fault));
    assert_string_equal(fault.field, "role");
    rond_totals totals;
    assert_ok(rond_totals_get(handheld->rond, &totals));
    assert_int_equal(totals.queued, 0);
}

static void with_several_roles_the_role_must_be_said(void **state) {
    struct handheld *handheld = *state;
    handheld_enrol(handheld, "police_officer station_host", 1);
    rond_activity check = a_check();
    rond_fault fault;
    assert_err(ROND_EINVALID, rond_report(handheld->rond, &check, NULL, &fault));
    assert_string_equal(fault.field, "role");
    check.role = "station_host";
    assert_ok(rond_report(handheld->rond, &check, NULL, &fault));
}

// --- Correcting and withdrawing ---

static void a_correction_names_the_report_it_replaces(void **state) {
    struct handheld *handheld = *state;
    rond_activity check = a_check();
    char first[ROND_REFERENCE_SIZE], second[ROND_REFERENCE_SIZE], third[ROND_REFERENCE_SIZE];
    rond_fault fault;
    assert_ok(rond_report(handheld->rond, &check, first, NULL));
    check.checked = 15;
    assert_ok(rond_correct(handheld->rond, first, &check, second, NULL));
    Rond__V1__Report *report = newest(handheld);
    assert_int_equal(report->corrects->seq, 1);
    assert_memory_equal(report->corrects->device.data, handheld->rond->enrolment.device.b, ID_SIZE);
    assert_int_equal(status_of(handheld, first), ROND_REPLACED);
    assert_int_equal(status_of(handheld, second), ROND_WAITING);
    assert_ok(rond_withdraw(handheld->rond, second, "typed twice", third, NULL));
    assert_int_equal(status_of(handheld, second), ROND_WITHDRAWN);
    assert_err(ROND_EINVALID, rond_correct(handheld->rond, third, &check, NULL, &fault));
    first[strlen(first) - 1] = first[strlen(first) - 1] == '1' ? '2' : '1'; // mistyped
    assert_err(ROND_EINVALID, rond_withdraw(handheld->rond, first, "none", NULL, &fault));
    struct id128 foreign = {{9}};
    short_reference_format(&foreign, &foreign, 1, first); // another device's
    assert_err(ROND_ENOTFOUND, rond_withdraw(handheld->rond, first, "none", NULL, &fault));
    rond_status_list *list;
    assert_ok(rond_status_get(handheld->rond, third, &list, NULL));
    assert_true(list->reports[0].is_withdrawal);
    assert_string_equal(list->reports[0].corrects, second);
    assert_string_equal(list->reports[0].text, "typed twice");
    rond_status_list_free(list);
}

static void a_report_of_another_device_is_corrected_and_withdrawn_by_its_identity(void **state) {
    static const char identity[] = "09090909090909090909090909090909-0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A-17";
    struct handheld *handheld = *state;
    rond_activity check = a_check();
    rond_fault fault = {0};
    char reference[ROND_REFERENCE_SIZE], foreign[ROND_REFERENCE_SIZE];
    assert_ok(rond_correct(handheld->rond, identity, &check, reference, &fault));
    Rond__V1__Report *report = newest(handheld);
    assert_int_equal(report->corrects->seq, 17);
    assert_int_equal(report->corrects->device.data[0], 9);
    assert_int_equal(report->corrects->outbox.data[15], 10);
    rond_status_list *list;
    assert_ok(rond_status_get(handheld->rond, reference, &list, NULL));
    struct id128 device, outbox;
    memset(device.b, 9, ID_SIZE);
    memset(outbox.b, 10, ID_SIZE);
    short_reference_format(&device, &outbox, 17, foreign);
    assert_string_equal(list->reports[0].corrects, foreign);
    rond_status_list_free(list);
    assert_ok(rond_withdraw(handheld->rond, identity, "typed twice", NULL, &fault));
    assert_int_equal(newest(handheld)->withdrawal->target->seq, 17);
    assert_err(ROND_EINVALID, rond_withdraw(handheld->rond, "09090909090909090909090909090909-17", "none", NULL, &fault));
    assert_non_null(strstr(fault.text, "Copy it whole"));
}

static void the_identity_of_an_own_report_is_looked_up_like_its_reference(void **state) {
    struct handheld *handheld = *state;
    rond_activity check = a_check();
    char first[ROND_REFERENCE_SIZE], second[ROND_REFERENCE_SIZE];
    rond_status_list *list;
    rond_fault fault;
    assert_ok(rond_report(handheld->rond, &check, first, NULL));
    assert_ok(rond_status_get(handheld->rond, first, &list, NULL));
    assert_ok(rond_withdraw(handheld->rond, list->reports[0].identity, "typed twice", second, &fault));
    rond_status_list_free(list);
    assert_int_equal(status_of(handheld, first), ROND_WITHDRAWN);
    assert_ok(rond_status_get(handheld->rond, second, &list, NULL));
    assert_err(ROND_EINVALID, rond_correct(handheld->rond, list->reports[0].identity, &check, NULL, &fault));
    assert_non_null(strstr(fault.text, "withdrawal"));
    rond_status_list_free(list);
}

static void a_correction_still_finds_its_report_after_a_fork(void **state) {
    struct handheld *handheld = *state;
    rond_activity check = a_check();
    char first[ROND_REFERENCE_SIZE];
    assert_ok(rond_report(handheld->rond, &check, first, NULL));
    assert_ok(outbox_fork(handheld->rond->outbox));
    assert_ok(rond_withdraw(handheld->rond, first, "gone", NULL, NULL));
    assert_int_equal(status_of(handheld, first), ROND_WITHDRAWN);
}

// --- Drafts ---

static void a_draft_comes_back_as_it_was_saved(void **state) {
    struct handheld *handheld = *state;
    const rond_finding findings[] = {{.place = "bangatan", .cause = "dark"}};
    rond_activity walk = {.struct_size = sizeof walk, .kind = ROND_SAFETY_WALK, .findings = findings, .findings_count = 1};
    uint64_t draft = 0, *drafts;
    size_t count;
    assert_ok(rond_draft_save(handheld->rond, &draft, &walk, NULL));
    walk.text = "half done";
    assert_ok(rond_draft_save(handheld->rond, &draft, &walk, NULL));
    handheld_reopen(handheld);
    assert_ok(rond_draft_list(handheld->rond, &drafts, &count));
    assert_int_equal(count, 1);
    assert_int_equal(drafts[0], draft);
    rond_free(drafts);
    rond_activity *loaded;
    assert_ok(rond_draft_load(handheld->rond, draft, &loaded));
    assert_int_equal(loaded->kind, ROND_SAFETY_WALK);
    assert_string_equal(loaded->text, "half done");
    assert_string_equal(loaded->findings[0].cause, "dark");
    assert_null(loaded->findings[0].due);
    assert_null(loaded->place);
    assert_int_equal(loaded->occurred_from_s, 0);
    rond_activity_free(loaded);
    rond_fault fault;
    assert_err(ROND_EINVALID, rond_draft_queue(handheld->rond, draft, NULL, &fault)); // incomplete: it stays a draft
    assert_string_not_equal(fault.field, "");
    walk.text = "\xff";
    assert_err(ROND_EINVALID, rond_draft_save(handheld->rond, &draft, &walk, &fault));
    assert_ok(rond_draft_discard(handheld->rond, draft));
    assert_err(ROND_ENOTFOUND, rond_draft_load(handheld->rond, draft, &loaded));
}

// --- Status ---

static unsigned changes;
static void count_changes(void *context, enum rond_change change) {
    changes += change == ROND_CHANGE_REPORTS;
}

static void the_list_shows_drafts_then_reports_with_totals(void **state) {
    struct handheld *handheld = *state;
    rond_activity check = a_check();
    uint64_t draft = 0;
    changes = 0;
    rond_subscribe(handheld->rond, count_changes, NULL);
    for (int i = 0; i < 5; i++)
        assert_ok(rond_report(handheld->rond, &check, NULL, NULL));
    assert_int_equal(changes, 5);
    assert_ok(rond_draft_save(handheld->rond, &draft, &check, NULL));
    draft = 0;
    assert_ok(rond_draft_save(handheld->rond, &draft, &check, NULL));
    acknowledge(handheld, 2);
    handheld_wall_ms += 5000;
    rond_totals totals;
    assert_ok(rond_totals_get(handheld->rond, &totals));
    assert_int_equal(totals.waiting, 3);
    assert_int_equal(totals.received, 2);
    assert_int_equal(totals.drafts, 2);
    assert_int_equal(totals.oldest_waiting_age_ms, 5000);
    for (size_t limit = 1; limit < 9; limit++) {
        uint64_t cursor = 0;
        unsigned seen = 0;
        do {
            rond_status_list *list;
            assert_ok(rond_status_list_get(handheld->rond, cursor, limit, &list));
            for (size_t i = 0; i < list->count; i++, seen++) {
                const rond_report_status *line = &list->reports[i];
                assert_int_equal(line->status, seen < 2 ? ROND_DRAFT : seen < 5 ? ROND_WAITING : ROND_RECEIVED);
                assert_int_equal(line->kind, ROND_CHECK);
                assert_string_equal(line->place, "stortorget");
            }
            cursor = list->cursor;
            rond_status_list_free(list);
        } while (cursor != 0);
        assert_int_equal(seen, 7);
    }
}

static void what_became_of_a_report_is_told_with_the_reason(void **state) {
    struct handheld *handheld = *state;
    rond_activity check = a_check();
    char reference[ROND_REFERENCE_SIZE], bad[ROND_REFERENCE_SIZE];
    assert_ok(rond_report(handheld->rond, &check, reference, NULL));
    assert_ok(rond_report(handheld->rond, &check, bad, NULL));
    Rond__V1__Exception exception = ROND__V1__EXCEPTION__INIT, *exceptions[] = {&exception};
    exception.seq = 2;
    exception.verdict = ROND__V1__VERDICT__VERDICT_QUARANTINED;
    exception.code = 405;
    Rond__V1__Verdicts verdicts = ROND__V1__VERDICTS__INIT;
    verdicts.n_exceptions = 1;
    verdicts.exceptions = exceptions;
    assert_ok(outbox_acknowledge(handheld->rond->outbox, &(struct chain){.seq = 2}, &verdicts));
    struct device_outbox_state at;
    outbox_state(handheld->rond->outbox, &at);
    char commitment[] = "lund-2015/checks";
    Rond__V1__Toward toward = ROND__V1__TOWARD__INIT, *towards[] = {&toward};
    toward.commitment = commitment;
    toward.counted = true;
    Rond__V1__Outcome outcome = ROND__V1__OUTCOME__INIT, *outcomes[] = {&outcome};
    outcome.outbox = (ProtobufCBinaryData){.data = at.outbox.b, .len = ID_SIZE};
    outcome.seq = 1;
    outcome.state = ROND__V1__OUTCOME_STATE__OUTCOME_STATE_COUNTED;
    outcome.n_toward = 1;
    outcome.toward = towards;
    Rond__V1__Feedback feedback = ROND__V1__FEEDBACK__INIT;
    feedback.n_outcomes = 1;
    feedback.outcomes = outcomes;
    assert_ok(outbox_feedback_store(handheld->rond->outbox, &feedback));
    rond_status_list *list;
    assert_ok(rond_status_get(handheld->rond, reference, &list, NULL));
    assert_int_equal(list->reports[0].status, ROND_COUNTED);
    assert_string_equal(list->reports[0].toward[0].commitment, commitment);
    rond_status_list_free(list);
    assert_ok(rond_status_get(handheld->rond, bad, &list, NULL));
    assert_int_equal(list->reports[0].status, ROND_NEEDS_YOU);
    assert_int_equal(list->reports[0].code, 405);
    assert_string_equal(list->reports[0].reason, "The place is not known in this area.");
    assert_string_equal(list->reports[0].reason_sv, "Platsen är inte känd i området.");
    rond_status_list_free(list);
}

static void outcome_feed(struct handheld *handheld, Rond__V1__OutcomeState state, const char *reason) {
    struct device_outbox_state at;
    char text[64];
    Rond__V1__Outcome outcome = ROND__V1__OUTCOME__INIT, *outcomes[] = {&outcome};
    outbox_state(handheld->rond->outbox, &at);
    snprintf(text, sizeof text, "%s", reason);
    outcome.outbox = (ProtobufCBinaryData){.data = at.outbox.b, .len = ID_SIZE};
    outcome.seq = 1;
    outcome.state = state;
    outcome.reason = text;
    Rond__V1__Feedback feedback = ROND__V1__FEEDBACK__INIT;
    feedback.n_outcomes = 1;
    feedback.outcomes = outcomes;
    assert_ok(outbox_feedback_store(handheld->rond->outbox, &feedback));
}

static void a_report_that_left_quarantine_needs_nobody_and_does_not_say_why_it_was_there(void **state) {
    struct handheld *handheld = *state;
    const struct {
        Rond__V1__OutcomeState state;
        const char *said;
        enum rond_status status;
        const char *reason;
        unsigned code;
        uint64_t needs_you;
    } cases[] = {
        {ROND__V1__OUTCOME_STATE__OUTCOME_STATE_COUNTED, "", ROND_COUNTED, "", 0, 0},
        {ROND__V1__OUTCOME_STATE__OUTCOME_STATE_NOT_COUNTED, "Too early.", ROND_RECEIVED, "Too early.", 0, 0},
        {ROND__V1__OUTCOME_STATE__OUTCOME_STATE_DISCARDED, "Set aside.", ROND_DISCARDED, "Set aside.", 407, 0},
        {ROND__V1__OUTCOME_STATE__OUTCOME_STATE_QUARANTINED, "", ROND_NEEDS_YOU, "Not known here.", 407, 1},
    };
    rond_activity check = a_check();
    char reference[ROND_REFERENCE_SIZE], why[] = "Not known here.";
    assert_ok(rond_report(handheld->rond, &check, reference, NULL));
    Rond__V1__Exception exception = ROND__V1__EXCEPTION__INIT, *exceptions[] = {&exception};
    exception.seq = 1;
    exception.verdict = ROND__V1__VERDICT__VERDICT_QUARANTINED;
    exception.code = 407;
    exception.reason = why;
    Rond__V1__Verdicts verdicts = ROND__V1__VERDICTS__INIT;
    verdicts.n_exceptions = 1;
    verdicts.exceptions = exceptions;
    assert_ok(outbox_acknowledge(handheld->rond->outbox, &(struct chain){.seq = 1}, &verdicts));
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        rond_status_list *list;
        rond_totals totals;
        outcome_feed(handheld, cases[i].state, cases[i].said);
        assert_ok(rond_status_get(handheld->rond, reference, &list, NULL));
        assert_int_equal(list->reports[0].status, cases[i].status);
        assert_string_equal(list->reports[0].reason, cases[i].reason);
        assert_int_equal(list->reports[0].code, cases[i].code);
        rond_status_list_free(list);
        assert_ok(rond_totals_get(handheld->rond, &totals));
        assert_int_equal(totals.needs_you, cases[i].needs_you);
        assert_int_equal(totals.received, 1 - cases[i].needs_you);
    }
}

// --- Words, promises, local time ---

static void words_can_be_asked_for_by_list(void **state) {
    struct handheld *handheld = *state;
    rond_words *all;
    assert_ok(rond_words_get(handheld->rond, NULL, &all));
    assert_int_equal(all->count, 0);
    rond_words_free(all);
    handheld_reference(handheld);
    assert_ok(rond_words_get(handheld->rond, NULL, &all));
    assert_int_equal(all->count, 4);
    rond_words_free(all);
    assert_ok(rond_words_get(handheld->rond, "check", &all));
    assert_int_equal(all->count, 1);
    assert_string_equal(all->words[0].name_sv, "cyklisters beteende");
    rond_words_free(all);
}

static uint64_t pending_checks(struct handheld *handheld) {
    rond_promises *promises;
    assert_ok(rond_promises_get(handheld->rond, &promises));
    assert_int_equal(promises->count, 1);
    assert_string_equal(promises->lines[0].commitment, "lund-2015/checks");
    assert_int_equal(promises->lines[0].target, 10);
    uint64_t own = promises->lines[0].own_pending;
    rond_promises_free(promises);
    return own;
}

static void promises_tell_what_is_still_to_be_sent(void **state) {
    struct handheld *handheld = *state;
    rond_activity check = a_check();
    char one[ROND_REFERENCE_SIZE], two[ROND_REFERENCE_SIZE];
    handheld_reference(handheld);
    assert_ok(rond_report(handheld->rond, &check, one, NULL));
    assert_ok(rond_report(handheld->rond, &check, two, NULL));
    rond_activity late = a_check();
    late.occurred_from_s = 1400000000; // 2014: before the promise
    assert_ok(rond_report(handheld->rond, &late, NULL, NULL));
    assert_int_equal(pending_checks(handheld), 2);
    assert_ok(rond_correct(handheld->rond, one, &check, NULL, NULL));
    assert_int_equal(pending_checks(handheld), 2); // one in the other's place
    assert_ok(rond_withdraw(handheld->rond, two, "typed twice", NULL, NULL));
    assert_int_equal(pending_checks(handheld), 1);
    acknowledge(handheld, 4);
    assert_int_equal(pending_checks(handheld), 0);
}

// --- How promises stand ---

static void standing_store(struct handheld *handheld, Rond__V1__Standing *standing) {
    Rond__V1__Feedback feedback = ROND__V1__FEEDBACK__INIT;
    Rond__V1__Standing *standings[] = {standing};
    standing->commitment = arena_text(&handheld->arena, "lund-2015/checks");
    standing->done = 3;
    standing->target = 10;
    feedback.n_standings = 1;
    feedback.standings = standings;
    assert_ok(outbox_feedback_store(handheld->rond->outbox, &feedback));
}

static void a_promise_says_how_sure_its_figure_is_also_by_an_older_server(void **state) {
    static const struct {
        const char *status, *by_reports, *state;
        uint32_t silent;
        int64_t since_s;
        const char *told_by_reports, *told_state;
    } cases[] = {
        {"unknown", "behind", "closed", 2, 1430982000, "behind", "closed"},
        {"behind", "", "", 0, 0, "behind", "active"}, // as an older server leaves them
    };
    struct handheld *handheld = *state;
    handheld_reference(handheld);
    rond_promises *promises;
    assert_ok(rond_promises_get(handheld->rond, &promises));
    assert_null(promises->lines[0].standing);
    rond_promises_free(promises);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        Rond__V1__Standing standing = ROND__V1__STANDING__INIT;
        standing.status = arena_text(&handheld->arena, cases[i].status);
        standing.status_by_reports = arena_text(&handheld->arena, cases[i].by_reports);
        standing.state = arena_text(&handheld->arena, cases[i].state);
        standing.silent_devices = cases[i].silent;
        standing.silent_since_s = cases[i].since_s;
        standing_store(handheld, &standing);
        assert_ok(rond_promises_get(handheld->rond, &promises));
        const rond_promise_line *line = &promises->lines[0];
        assert_string_equal(line->status, cases[i].status);
        assert_string_equal(line->standing->status, cases[i].status);
        assert_string_equal(line->standing->status_by_reports, cases[i].told_by_reports);
        assert_string_equal(line->standing->state, cases[i].told_state);
        assert_int_equal(line->standing->silent_devices, cases[i].silent);
        assert_int_equal(line->standing->silent_since_s, cases[i].since_s);
        assert_int_equal(line->standing->done, 3);
        rond_promises_free(promises);
    }
}

static void a_promise_of_another_area_is_told_apart(void **state) {
    struct handheld *handheld = *state;
    struct arena *arena = &handheld->arena;
    Rond__V1__Reference reference = ROND__V1__REFERENCE__INIT;
    Rond__V1__ReferenceEntry *room[1];
    handheld_reference(handheld);
    reference.cursor = 100;
    reference.entries = room;
    Rond__V1__ReferenceEntry *entry = entry_add(arena, &reference, "malmo", ROND__V1__REFERENCE_ENTRY__BODY_PROMISE);
    entry->promise = a_promise(arena, a_commitment(arena, ROND__V1__MEASURE__MEASURE_ONCE, ROND__V1__KIND__KIND_CHECK));
    entry->promise->id = entry->promise->area = entry->id;
    assert_ok(outbox_reference_store(handheld->rond->outbox, &reference));
    rond_promises *promises;
    assert_ok(rond_promises_get(handheld->rond, &promises));
    assert_int_equal(promises->count, 2);
    for (size_t i = 0; i < promises->count; i++) {
        bool is_own = strcmp(promises->lines[i].commitment, "lund-2015/checks") == 0;
        assert_int_equal(promises->lines[i].is_own_area, is_own);
        assert_string_equal(promises->lines[i].area, is_own ? "lund" : "malmo");
    }
    rond_promises_free(promises);
}

static void a_report_says_how_what_it_counts_toward_stands_now(void **state) {
    struct handheld *handheld = *state;
    struct device_outbox_state outbox;
    rond_activity check = a_check();
    char reference[ROND_REFERENCE_SIZE], counted[] = "lund-2015/checks", other[] = "malmo/c1";
    Rond__V1__Standing standing = ROND__V1__STANDING__INIT;
    Rond__V1__Feedback feedback = ROND__V1__FEEDBACK__INIT;
    Rond__V1__Outcome outcome = ROND__V1__OUTCOME__INIT, *outcomes[] = {&outcome};
    Rond__V1__Toward one = ROND__V1__TOWARD__INIT, two = ROND__V1__TOWARD__INIT, *toward[] = {&one, &two};
    handheld_reference(handheld);
    assert_ok(rond_report(handheld->rond, &check, reference, NULL));
    acknowledge(handheld, 1);
    outbox_state(handheld->rond->outbox, &outbox);
    one.commitment = counted;
    one.counted = true;
    two.commitment = other;
    outcome.outbox = (ProtobufCBinaryData){.data = outbox.outbox.b, .len = ID_SIZE};
    outcome.seq = 1;
    outcome.state = ROND__V1__OUTCOME_STATE__OUTCOME_STATE_COUNTED;
    outcome.toward = toward;
    outcome.n_toward = 2;
    feedback.outcomes = outcomes;
    feedback.n_outcomes = 1;
    assert_ok(outbox_feedback_store(handheld->rond->outbox, &feedback));
    standing_store(handheld, &standing);
    standing.done = 4; // meanwhile others reported, too
    feedback = (Rond__V1__Feedback)ROND__V1__FEEDBACK__INIT;
    Rond__V1__Standing *standings[] = {&standing};
    feedback.standings = standings;
    feedback.n_standings = 1;
    assert_ok(outbox_feedback_store(handheld->rond->outbox, &feedback));
    rond_status_list *list;
    assert_ok(rond_status_get(handheld->rond, reference, &list, NULL));
    assert_int_equal(list->reports[0].toward_count, 2);
    assert_non_null(list->reports[0].toward[0].standing);
    assert_int_equal(list->reports[0].toward[0].standing->done, 4);
    assert_null(list->reports[0].toward[1].standing); // the server has said nothing of it
    rond_status_list_free(list);
    assert_ok(rond_status_list_get(handheld->rond, 0, 10, &list));
    assert_int_equal(list->reports[0].toward[0].standing->done, 4);
    rond_status_list_free(list);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_ENROLLED(name) cmocka_unit_test_setup_teardown(name, setup_enrolled, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_configuration_that_lacks_something_is_refused),
        TEST(every_error_has_a_sentence_of_its_own_where_nobody_knew_better),
        TEST(what_cannot_be_opened_is_told_and_the_keystore_released),
        TEST(before_enrolment_reports_are_refused_and_drafts_are_not),
        TEST_ENROLLED(a_report_carries_what_was_said_and_when),
        TEST_ENROLLED(every_kind_can_be_reported),
        TEST_ENROLLED(a_report_that_lacks_something_names_the_field_and_saves_nothing),
        TEST_ENROLLED(with_several_roles_the_role_must_be_said),
        TEST_ENROLLED(a_correction_names_the_report_it_replaces),
        TEST_ENROLLED(a_correction_still_finds_its_report_after_a_fork),
        TEST_ENROLLED(a_report_of_another_device_is_corrected_and_withdrawn_by_its_identity),
        TEST_ENROLLED(the_identity_of_an_own_report_is_looked_up_like_its_reference),
        TEST_ENROLLED(a_draft_comes_back_as_it_was_saved),
        TEST_ENROLLED(the_list_shows_drafts_then_reports_with_totals),
        TEST_ENROLLED(what_became_of_a_report_is_told_with_the_reason),
        TEST_ENROLLED(a_report_that_left_quarantine_needs_nobody_and_does_not_say_why_it_was_there),
        TEST_ENROLLED(words_can_be_asked_for_by_list),
        TEST_ENROLLED(promises_tell_what_is_still_to_be_sent),
        TEST_ENROLLED(a_promise_says_how_sure_its_figure_is_also_by_an_older_server),
        TEST_ENROLLED(a_promise_of_another_area_is_told_apart),
        TEST_ENROLLED(a_report_says_how_what_it_counts_toward_stands_now),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
