// The figures, how sure they are, and what is behind them.
// Tests: server/read/progress.c server/read/commitment_json.c server/read/tally_json.c server/read/sureness.c
// Tests: server/read/why.c server/read/why_filter.c server/read/bucket_reason.c server/read/contribution_json.c
#include "read/progress.h"
#include "read/sureness.h"

#include <string.h>

#include "promise/apply.h"
#include "support/lund.h"
#include "support/rows.h"
#include "support/test.h"

static struct lund lund;
static struct kept_rows why;
static json_t *progress;

static int open_lund(void **state) {
    lund_open_memory(&lund, rng_system());
    kept_rows_init(&why);
    progress = NULL;
    return 0;
}

static int open_sqlite(void **state) {
    lund_open(&lund);
    kept_rows_init(&why);
    progress = NULL;
    return 0;
}

static int close_lund(void **state) {
    json_decref(progress);
    kept_rows_deinit(&why);
    lund_close(&lund);
    return 0;
}

static const json_t *area_now(const char *area) {
    json_decref(progress);
    progress = NULL;
    assert_ok(read_progress(lund.store, lund.catalogue, area, LUND_NOW_S, &progress));
    assert_int_equal(json_array_size(field(progress, "areas")), 1);
    return json_array_get(field(progress, "areas"), 0);
}

static const json_t *commitment_now(const char *promise, const char *path) {
    const json_t *found = object_with(field(area_now("lund"), "promises"), "promise", promise);
    assert_non_null(found);
    found = object_with(field(found, "commitments"), "commitment", path);
    assert_non_null(found);
    return found;
}

static void ask_why(const char *path) {
    kept_rows_deinit(&why);
    kept_rows_init(&why);
    assert_ok(read_why(lund.store, lund.catalogue, path, &why.rows));
}

static Rond__V1__Report *sample(Rond__V1__Kind kind, unsigned variant) {
    return sample_report(&lund.arena, kind, variant);
}

static Rond__V1__Report *taxi_check(const char *with) {
    Rond__V1__Report *report = sample(ROND__V1__KIND__KIND_CHECK, 0);
    report->check->of = arena_text(&lund.arena, "taxi");
    report->check->form = ROND__V1__CHECK_FORM__CHECK_FORM_COORDINATED;
    report->activity = arena_text(&lund.arena, "taxi-1");
    report->organisations = arena_array(&lund.arena, 1, sizeof(char *));
    report->organisations[0] = arena_text(&lund.arena, with);
    report->n_organisations = 1;
    return report;
}

static void seen(unsigned device, int64_t at_ms, uint64_t last_seq) {
    struct id128 id = lund_device(device);
    lund_begin(&lund);
    assert_ok(lund.store->registry->device_seen(lund.store, &id, at_ms, NULL, last_seq, ""));
    lund_commit(&lund);
}

static void a_figure_moves_with_its_reports(void **state) {
    assert_int_equal(field_number(commitment_now("lund-2015-trafik", "lund-2015-trafik/cykel"), "done"), 0);
    for (unsigned i = 0; i < 3; i++)
        lund_report(&lund, 0, 1, sample(ROND__V1__KIND__KIND_CHECK, i));
    const json_t *cycling = commitment_now("lund-2015-trafik", "lund-2015-trafik/cykel");
    assert_int_equal(field_number(cycling, "done"), 3);
    assert_int_equal(field_number(cycling, "target"), 10);
    assert_int_equal(field_number(cycling, "target_whole"), 10);
    assert_string_equal(field_text(cycling, "measure"), "at_least");
    assert_string_equal(field_text(cycling, "status_by_reports"), "behind");
    assert_string_equal(field_text(cycling, "summary_sv"), "3 av minst 10 kontroller");
    assert_true(field_is_null(cycling, "per"));
    assert_int_equal(field_number(field(cycling, "sum"), "reports"), 3);
    assert_int_equal(json_array_size(field(cycling, "periods")), 1);
}

static void periods_of_a_rate_stand_beside_it(void **state) {
    lund_report(&lund, 0, 1, sample(ROND__V1__KIND__KIND_MEETING, 0));
    const json_t *meetings = commitment_now("lund-2015-station", "lund-2015-station/samverkan");
    assert_string_equal(field_text(meetings, "per"), "month");
    assert_true(field_truth(meetings, "about"));
    assert_string_equal(field_text(json_array_get(field(meetings, "periods"), 0), "period"), "2015-05");
}

static void promises_say_their_parties_and_phase(void **state) {
    const json_t *promises = field(area_now("lund"), "promises");
    assert_int_equal(json_array_size(promises), 2);
    const json_t *first = object_with(promises, "promise", "lund-2015-trafik");
    assert_string_equal(field_text(first, "phase"), "act");
    assert_int_equal(json_array_size(field(first, "parties")), 2);
    assert_int_equal(json_array_size(field(first, "commitments")), 5);
}

static void all_areas_with_promises_are_given_where_none_is_asked_for(void **state) {
    assert_string_equal(field_text(area_now(NULL), "area"), "lund");
    assert_string_equal(field_text(area_now(""), "name"), "Lund");
    assert_int_equal(json_array_size(field(area_now("malmo"), "promises")), 0);
}

static void an_unknown_area_is_said_not_to_be_there(void **state) {
    assert_err(ROND_ENOTFOUND, read_progress(lund.store, lund.catalogue, "atlantis", LUND_NOW_S, &progress));
    assert_null(progress);
}

static void devices_that_were_never_heard_of_are_named(void **state) {
    const json_t *area = area_now("lund");
    assert_int_equal(field_number(area, "devices"), LUND_DEVICES);
    assert_int_equal(json_array_size(field(area, "silent_devices")), LUND_DEVICES);
    assert_true(field_truth(json_array_get(field(area, "silent_devices"), 0), "never_seen"));
    assert_true(field_is_null(area, "complete_until"));
}

static void silence_is_told_from_zero(void **state) {
    for (unsigned i = 0; i < LUND_DEVICES; i++)
        seen(i, lund.now_ms - 60 * 1000 * (int64_t)(i + 1), 0);
    assert_int_equal(json_array_size(field(area_now("lund"), "silent_devices")), 0);
    assert_int_equal(field_number(area_now("lund"), "complete_until_ms"), lund.now_ms - 60 * 1000 * LUND_DEVICES);
    seen(3, lund.now_ms - INT64_C(25) * 60 * 60 * 1000, 0);
    const json_t *silent = field(area_now("lund"), "silent_devices");
    assert_int_equal(json_array_size(silent), 1);
    assert_string_equal(field_text(json_array_get(silent, 0), "name"), "handheld 3");
    assert_int_equal(field_number(json_array_get(silent, 0), "waiting"), 0);
}

static void all_seen(int64_t at_ms) {
    for (unsigned i = 0; i < LUND_DEVICES; i++)
        seen(i, at_ms, 0);
}

// Devices beside those of the fixture, from number 100 on, which were heard of one after another long ago.
static void add_silent(unsigned count) {
    const char *roles[] = {"police_officer"};
    lund_begin(&lund);
    for (unsigned i = 0; i < count; i++) {
        struct device_record record = {.organisation = "polisen", .area = "lund", .roles = roles, .roles_count = 1, .enrolled_ms = 1};
        record.device.b[0] = 0xaa;
        put_be32(record.device.b + 4, i);
        record.name = arena_printf(&lund.arena, "handheld %u", 100 + i);
        assert_ok(lund.store->registry->device_put(lund.store, &record));
        if (i % 10 != 7) // the others never
            assert_ok(lund.store->registry->device_seen(lund.store, &record.device, 1000000 - (int64_t)i, NULL, 0, ""));
    }
    lund_commit(&lund);
}

static void of_many_silent_ones_the_longest_silent_are_named_and_all_are_counted(void **state) {
    enum { MANY = 3000 };
    for (unsigned i = 0; i < LUND_DEVICES; i++)
        seen(i, lund.now_ms, 0);
    add_silent(25);
    assert_int_equal(field_number(area_now("lund"), "silent_devices_count"), 25);
    const json_t *silent = field(area_now("lund"), "silent_devices");
    assert_int_equal(json_array_size(silent), SURENESS_NAMED_MAX);
    assert_true(field_truth(json_array_get(silent, 0), "never_seen"));
    assert_true(field_truth(json_array_get(silent, 1), "never_seen"));
    assert_string_equal(field_text(json_array_get(silent, 2), "name"), "handheld 124");
    assert_string_equal(field_text(json_array_get(silent, 3), "name"), "handheld 123");
    add_silent(MANY);
    const json_t *cycling = commitment_now("lund-2015-trafik", "lund-2015-trafik/cykel");
    assert_int_equal(field_number(cycling, "silent_count"), MANY);
    assert_int_equal(json_array_size(field(cycling, "silent")), SURENESS_NAMED_MAX);
    assert_string_equal(field_text(cycling, "status"), "unknown");
    char *text = json_dumps(area_now("lund"), JSON_COMPACT);
    assert_true(strlen(text) < 100000);
    free(text);
}

static void behind_is_unknown_while_a_device_that_matters_is_silent(void **state) {
    const char *path = "lund-2015-trafik/cykel";
    int64_t long_ago_ms = lund.now_ms - INT64_C(30) * 24 * 60 * 60 * 1000;
    all_seen(lund.now_ms);
    const json_t *cycling = commitment_now("lund-2015-trafik", path);
    assert_string_equal(field_text(cycling, "status"), "behind");
    assert_int_equal(json_array_size(field(cycling, "silent")), 0);
    seen(2, long_ago_ms, 0);
    cycling = commitment_now("lund-2015-trafik", path);
    assert_string_equal(field_text(cycling, "status"), "unknown");
    assert_string_equal(field_text(cycling, "status_by_reports"), "behind");
    const json_t *silent = field(cycling, "silent");
    assert_int_equal(json_array_size(silent), 1);
    assert_string_equal(field_text(json_array_get(silent, 0), "name"), "handheld 2");
    assert_int_equal(field_number(json_array_get(silent, 0), "since_ms"), long_ago_ms);
}

static void met_stays_met_whoever_is_silent(void **state) {
    for (unsigned i = 0; i < 10; i++)
        lund_report(&lund, 0, 1, sample(ROND__V1__KIND__KIND_CHECK, i));
    const json_t *cycling = commitment_now("lund-2015-trafik", "lund-2015-trafik/cykel");
    assert_string_equal(field_text(cycling, "status"), "met");
    assert_int_equal(json_array_size(field(cycling, "silent")), LUND_DEVICES);
}

static void what_was_missed_is_known_once_every_device_was_heard_of_after_the_end(void **state) {
    int64_t year_later_s = LUND_NOW_S + INT64_C(365) * 24 * 60 * 60;
    json_t *cycling = NULL;
    all_seen((year_later_s - INT64_C(90) * 24 * 60 * 60) * 1000); // silent for long, but heard of after 2015
    assert_ok(read_progress_of(lund.store, lund.catalogue, "lund-2015-trafik/cykel", year_later_s, &cycling));
    assert_string_equal(field_text(cycling, "status"), "missed");
    json_decref(cycling);
    seen(4, lund.now_ms, 0); // June 2015
    assert_ok(read_progress_of(lund.store, lund.catalogue, "lund-2015-trafik/cykel", year_later_s, &cycling));
    assert_string_equal(field_text(cycling, "status"), "unknown");
    json_decref(cycling);
    assert_err(ROND_ENOTFOUND, read_progress_of(lund.store, lund.catalogue, "lund-2015-trafik/flyg", LUND_NOW_S, &cycling));
}

static void what_is_closed_is_missed_and_says_that_it_is_closed(void **state) {
    all_seen(lund.now_ms);
    lund_begin(&lund);
    lund_promise_enters(&lund, "lund-2015-trafik", ROND__V1__LIFE__LIFE_CLOSED, "2015-06-01");
    lund_commit(&lund);
    const json_t *cycling = commitment_now("lund-2015-trafik", "lund-2015-trafik/cykel");
    assert_string_equal(field_text(cycling, "status"), "missed");
    assert_string_equal(field_text(cycling, "state"), "closed");
    assert_true(json_is_null(field(cycling, "pace")) && json_is_null(field(cycling, "forecast")));
    assert_string_equal(field_text(commitment_now("lund-2015-station", "lund-2015-station/vandring"), "state"), "active");
}

static void a_device_heard_of_after_the_closing_has_nothing_more_to_say(void **state) {
    const int64_t day_s = 24 * 60 * 60;
    all_seen((LUND_NOW_S - 3 * day_s) * 1000); // 2015-05-29
    lund_begin(&lund);
    lund_promise_enters(&lund, "lund-2015-trafik", ROND__V1__LIFE__LIFE_CLOSED, "2015-05-29");
    lund_commit(&lund);
    assert_string_equal(field_text(commitment_now("lund-2015-trafik", "lund-2015-trafik/cykel"), "status"), "missed");
    seen(2, (LUND_NOW_S - 4 * day_s) * 1000, 0);
    assert_string_equal(field_text(commitment_now("lund-2015-trafik", "lund-2015-trafik/cykel"), "status"), "unknown");
}

static void a_pace_and_where_it_carries_a_forecast_stand_beside_the_figure(void **state) {
    for (unsigned i = 0; i < 3; i++)
        lund_report(&lund, 0, 1, sample(ROND__V1__KIND__KIND_CHECK, i));
    const json_t *cycling = commitment_now("lund-2015-trafik", "lund-2015-trafik/cykel");
    const json_t *pace = field(cycling, "pace"), *line = field(pace, "line");
    assert_int_equal(field_number(pace, "due_now"), 4); // 151 days of 365
    assert_int_equal(field_number(pace, "remaining"), 7);
    assert_int_equal(json_array_size(line), 7);
    assert_string_equal(field_text(json_array_get(line, 6), "day"), "2015-12-31");
    assert_int_equal(field_number(json_array_get(line, 6), "due"), 10);
    assert_int_equal(field_number(field(cycling, "forecast"), "at_end"), 7);
    const json_t *actions = commitment_now("lund-2015-station", "lund-2015-station/atgarder");
    assert_true(field_is_null(actions, "pace"));
    assert_true(field_is_null(actions, "forecast"));
}

static void each_window_tells_what_was_promised_and_what_was_done(void **state) {
    Rond__V1__Report *patrol = sample(ROND__V1__KIND__KIND_VISIBLE_PATROL, 0);
    patrol->place = arena_text(&lund.arena, "lund-c-stationen");
    patrol->occurred_from_s = 1431108000; // Friday 2015-05-08 20:00 in Stockholm
    patrol->occurred_to_s = patrol->occurred_from_s + 90 * 60;
    patrol->claimed_ms = (patrol->occurred_to_s + 60) * 1000;
    lund_report(&lund, 0, 1, patrol);
    const json_t *windows = field(commitment_now("lund-2015-station", "lund-2015-station/narvaro"), "windows");
    assert_true(json_array_size(windows) >= 1);
    int64_t covered = 0, kept = 0, planned = 0;
    for (size_t i = 0; i < json_array_size(windows); i++) {
        const json_t *window = json_array_get(windows, i);
        covered += field_number(window, "covered_minutes");
        kept += field_number(window, "kept");
        planned += field_number(window, "planned");
        assert_int_equal(field_number(window, "planned_minutes"),
                         field_number(window, "planned") * field_number(window, "minutes"));
    }
    assert_int_equal(covered, 90);
    assert_int_equal(kept, 1);
    assert_true(planned > 1);
}

static void a_report_that_came_days_later_is_shown_as_late(void **state) {
    lund.now_ms += INT64_C(3) * 24 * 60 * 60 * 1000;
    Rond__V1__Report *report = sample(ROND__V1__KIND__KIND_CHECK, 0);
    lund_report(&lund, 0, 1, report);
    ask_why("lund-2015-trafik/cykel");
    assert_true(field_truth(kept_row(&why, 0), "counted"));
    assert_true(field_truth(kept_row(&why, 0), "late"));
    assert_int_equal(field_number(kept_row(&why, 0), "late_s"), field_number(kept_row(&why, 0), "received_ms") / 1000 -
                                                                    field_number(kept_row(&why, 0), "occurred_to_s"));
}

static void only_who_could_report_toward_it_matters_to_a_commitment(void **state) {
    static const char *guard[] = {"security_guard"};
    static char owner[] = "jernhusen", officer[] = "police_officer", guards[] = "security_guard", role[] = "role";
    char *roles[] = {officer}, *wanted[] = {guards};
    Rond__V1__Commitment definition = ROND__V1__COMMITMENT__INIT;
    Rond__V1__Filter filter = ROND__V1__FILTER__INIT;
    Rond__V1__Condition condition = ROND__V1__CONDITION__INIT, *conditions[] = {&condition};
    const struct commitment commitment = {.definition = &definition};
    const struct sure_device device = {.organisation = "polisen", .roles = guard, .roles_count = 1};
    assert_true(sureness_concerns(&commitment, &device));
    definition.owner = owner;
    assert_false(sureness_concerns(&commitment, &device));
    definition.owner = (char *)(uintptr_t)device.organisation;
    definition.roles = roles;
    definition.n_roles = 1;
    assert_false(sureness_concerns(&commitment, &device));
    definition.n_roles = 0;
    definition.filter = &filter;
    condition.field = role;
    condition.any_of = roles;
    condition.n_any_of = 1;
    filter.where = conditions;
    filter.n_where = 1;
    assert_false(sureness_concerns(&commitment, &device));
    condition.any_of = wanted;
    assert_true(sureness_concerns(&commitment, &device));
}

static void reports_known_to_be_queued_are_counted_as_not_here(void **state) {
    for (unsigned i = 0; i < LUND_DEVICES; i++)
        seen(i, lund.now_ms, 0);
    lund_report(&lund, 0, 1, sample(ROND__V1__KIND__KIND_CHECK, 0));
    seen(0, lund.now_ms, 5);
    const json_t *area = area_now("lund");
    assert_int_equal(json_array_size(field(area, "silent_devices")), 1);
    assert_int_equal(field_number(json_array_get(field(area, "silent_devices"), 0), "waiting"), 4);
    assert_true(field_is_null(area, "complete_until"));
}

static void a_device_out_of_use_is_not_waited_for(void **state) {
    struct device_record device;
    struct id128 id = lund_device(0);
    lund_begin(&lund);
    assert_ok(lund.store->registry->device_get(lund.store, &id, &lund.arena, &device));
    device.status = DEVICE_LOST;
    device.revoked_ms = lund.now_ms;
    assert_ok(lund.store->registry->device_put(lund.store, &device));
    lund_commit(&lund);
    assert_int_equal(field_number(area_now("lund"), "devices"), LUND_DEVICES - 1);
}

static void every_report_behind_a_figure_is_shown(void **state) {
    lund_report(&lund, 0, 1, sample(ROND__V1__KIND__KIND_CHECK, 0));
    lund_report(&lund, 2, 1, sample(ROND__V1__KIND__KIND_CHECK, 1));
    ask_why("lund-2015-trafik/cykel");
    assert_int_equal(kept_count(&why), 2);
    assert_string_equal(field_text(kept_row(&why, 0), "organisation"), "polisen");
    assert_string_equal(field_text(kept_row(&why, 1), "organisation"), "lunds-kommun");
    assert_string_equal(field_text(kept_row(&why, 0), "kind"), "check");
    assert_true(field_truth(kept_row(&why, 0), "counted"));
    assert_string_equal(field_text(kept_row(&why, 0), "reason"), "counted");
    assert_true(field_number(kept_row(&why, 0), "occurred_from_s") < field_number(kept_row(&why, 0), "occurred_to_s"));
    assert_string_not_equal(field_text(kept_row(&why, 0), "reference"), field_text(kept_row(&why, 1), "reference"));
}

static void what_does_not_count_says_why_in_both_languages(void **state) {
    Rond__V1__Report *report = sample(ROND__V1__KIND__KIND_CHECK, 0);
    report->check->form = ROND__V1__CHECK_FORM__CHECK_FORM_COORDINATED;
    lund_report(&lund, 0, 1, report);
    ask_why("lund-2015-trafik/cykel");
    assert_int_equal(kept_count(&why), 1);
    assert_false(field_truth(kept_row(&why, 0), "counted"));
    assert_string_equal(field_text(kept_row(&why, 0), "reason"), "detail");
    assert_string_equal(field_text(kept_row(&why, 0), "reason_sv"), reason_sentence(REASON_DETAIL, true));
    assert_string_equal(field_text(kept_row(&why, 0), "reason_en"), reason_sentence(REASON_DETAIL, false));
}

static void a_bucket_that_lacks_a_partner_counts_nothing_until_it_is_there(void **state) {
    lund_report(&lund, 0, 1, taxi_check("skatteverket"));
    ask_why("lund-2015-trafik/taxi");
    assert_int_equal(kept_count(&why), 1);
    assert_false(field_truth(kept_row(&why, 0), "counted"));
    assert_string_equal(field_text(kept_row(&why, 0), "reason"), "organisations");
    lund_report(&lund, 5, 1, taxi_check("forsakringskassan"));
    ask_why("lund-2015-trafik/taxi");
    assert_int_equal(kept_count(&why), 2);
    assert_true(field_truth(kept_row(&why, 0), "counted"));
    assert_true(field_truth(kept_row(&why, 1), "counted"));
    assert_string_equal(field_text(kept_row(&why, 0), "bucket"), field_text(kept_row(&why, 1), "bucket"));
    assert_int_equal(field_number(commitment_now("lund-2015-trafik", "lund-2015-trafik/taxi"), "done"), 1);
}

static void more_reports_than_a_page_are_all_shown_once(void **state) {
    enum { COUNT = 2 * READ_PAGE_ROWS + 10 };
    struct record *records = arena_array(&lund.arena, COUNT, sizeof *records);
    struct append_result result;
    for (unsigned i = 0; i < COUNT; i++)
        records[i] = sample_record(&lund.arena, ROND__V1__KIND__KIND_CHECK, i % 100);
    lund_begin(&lund);
    const struct ledger_batch *batch = lund_batch(&lund, 0, 1, records, COUNT);
    assert_ok(lund.store->ledger->append(lund.store, batch, &result));
    lund_apply(&lund, batch, &result);
    lund_commit(&lund);
    ask_why("lund-2015-trafik/cykel");
    assert_int_equal(kept_count(&why), COUNT);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(field_number(kept_row(&why, i), "row"), i + 1);
}

static void an_unknown_commitment_is_said_not_to_be_there(void **state) {
    assert_err(ROND_ENOTFOUND, read_why(lund.store, lund.catalogue, "lund-2015-trafik/flyg", &why.rows));
    assert_err(ROND_ENOTFOUND, read_why(lund.store, lund.catalogue, "", &why.rows));
}

static void a_listener_that_is_gone_ends_the_answer(void **state) {
    lund_report(&lund, 0, 1, sample(ROND__V1__KIND__KIND_CHECK, 0));
    lund_report(&lund, 0, 1, sample(ROND__V1__KIND__KIND_CHECK, 1));
    why.stop_after = 1;
    assert_err(ROND_EIO, read_why(lund.store, lund.catalogue, "lund-2015-trafik/cykel", &why.rows));
    lund_report(&lund, 0, 1, sample(ROND__V1__KIND__KIND_CHECK, 2)); // no read was left open
}

// ---- A part of what is behind a figure ----

static uint64_t ask_part(enum why_which which, uint64_t after, uint64_t looks) {
    const struct why_wanted wanted = {.path = "lund-2015-trafik/cykel", .which = which, .after = after, .looks = looks};
    uint64_t stopped = 99;
    kept_rows_deinit(&why);
    kept_rows_init(&why);
    struct fault fault;
    assert_ok(read_why_part(lund.store, lund.catalogue, &wanted, &why.rows, &stopped, &fault));
    return stopped;
}

static void what_is_behind_a_figure_is_given_in_parts(void **state) {
    for (unsigned i = 0; i < 3; i++)
        lund_report(&lund, 0, 1, sample(ROND__V1__KIND__KIND_CHECK, i));
    lund_report(&lund, 0, 1, taxi_check("skatteverket"));
    assert_int_equal(ask_part(WHY_ALL, 0, 0), 0);
    assert_int_equal(kept_count(&why), 4);
    assert_int_equal(ask_part(WHY_ALL, 2, 0), 0);
    assert_int_equal(kept_count(&why), 2);
    assert_int_equal(ask_part(WHY_COUNTED, 0, 0), 0);
    assert_int_equal(kept_count(&why), 3);
    ask_part(WHY_NOT_COUNTED, 0, 0);
    assert_int_equal(kept_count(&why), 1);
    assert_string_equal(field_text(kept_row(&why, 0), "reason"), "detail");
    ask_part(WHY_LATE, 0, 0);
    for (size_t i = 0; i < kept_count(&why); i++)
        assert_true(field_truth(kept_row(&why, i), "late"));
}

static size_t behind(const char *path, struct why_part part) {
    const struct why_wanted wanted = {.path = path, .part = part};
    uint64_t stopped;
    struct fault fault;
    kept_rows_deinit(&why);
    kept_rows_init(&why);
    assert_ok(read_why_part(lund.store, lund.catalogue, &wanted, &why.rows, &stopped, &fault));
    return kept_count(&why);
}

static void refused_part(struct why_part part, const char *field_name) {
    const struct why_wanted wanted = {.path = "lund-2015-station/narvaro", .part = part};
    uint64_t stopped;
    struct fault fault = {0};
    assert_err(ROND_EINVALID, read_why_part(lund.store, lund.catalogue, &wanted, &why.rows, &stopped, &fault));
    assert_string_equal(fault.field, field_name);
}

static void what_is_behind_a_part_of_a_figure_is_found(void **state) {
    static const char presence[] = "lund-2015-station/narvaro", meetings[] = "lund-2015-station/samverkan";
    Rond__V1__Report *patrol = sample(ROND__V1__KIND__KIND_VISIBLE_PATROL, 0);
    patrol->place = arena_text(&lund.arena, "lund-c-stationen");
    patrol->occurred_from_s = 1431106200; // Friday 2015-05-08 19:30 in Stockholm
    patrol->occurred_to_s = patrol->occurred_from_s + 2 * 60 * 60;
    patrol->claimed_ms = (patrol->occurred_to_s + 60) * 1000;
    lund_report(&lund, 0, 1, patrol);
    assert_int_equal(behind(presence, (struct why_part){0}), 1);
    const struct {
        struct why_part part;
        size_t count;
    } cases[] = {
        {{.period = "w0"}, 1},
        {{.period = "w1"}, 0},
        {{.period = "2015-05"}, 0},
        {{.place = "lund-c-stationen"}, 1},
        {{.place = "bangatan"}, 0},
        {{.weekday = "fri", .hour = "19"}, 1},
        {{.weekday = "fri", .hour = "21"}, 1},
        {{.weekday = "fri", .hour = "22"}, 0},
        {{.weekday = "fri", .hour = "18"}, 0},
        {{.weekday = "sat", .hour = "20"}, 0},
        {{.from = "2015-05-08", .to = "2015-05-08"}, 1},
        {{.from = "2015-05-09"}, 0},
        {{.to = "2015-05-07"}, 0},
        {{.period = "w0", .place = "lund-c-stationen", .weekday = "fri", .hour = "20", .from = "2015-05-01", .to = "2015-05-31"}, 1},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
        if (behind(presence, cases[i].part) != cases[i].count)
            fail_msg("case %zu: %zu", i, kept_count(&why));
    refused_part((struct why_part){.from = "soon"}, "from");
    refused_part((struct why_part){.to = "2015-02-30"}, "to");
    refused_part((struct why_part){.weekday = "fre", .hour = "1"}, "weekday");
    refused_part((struct why_part){.hour = "1"}, "weekday");
    refused_part((struct why_part){.weekday = "fri"}, "hour");
    refused_part((struct why_part){.weekday = "fri", .hour = "24"}, "hour");
    refused_part((struct why_part){.weekday = "fri", .hour = "1x"}, "hour");
    Rond__V1__Report *meeting = sample(ROND__V1__KIND__KIND_MEETING, 0);
    meeting->organisations = arena_array(&lund.arena, 2, sizeof(char *));
    meeting->n_organisations = 2;
    meeting->organisations[0] = arena_text(&lund.arena, "lunds-kommun");
    meeting->organisations[1] = arena_text(&lund.arena, "jernhusen");
    lund_report(&lund, 0, 1, meeting);
    assert_true(behind(meetings, (struct why_part){0}) > 0);
    const char *period = arena_text(&lund.arena, field_text(kept_row(&why, 0), "period"));
    assert_int_equal(behind(meetings, (struct why_part){.period = period}), 1);
    assert_int_equal(behind(meetings, (struct why_part){.period = "2014-12"}), 0);
}

static void a_part_ends_where_enough_was_looked_at_and_says_where(void **state) {
    for (unsigned i = 0; i < 300; i++)
        lund_report(&lund, 0, 1, sample(ROND__V1__KIND__KIND_CHECK, 0));
    uint64_t stopped = ask_part(WHY_NOT_COUNTED, 0, 100);
    assert_int_equal(kept_count(&why), 0);
    assert_true(stopped >= 100 && stopped < 300);
    assert_int_equal(ask_part(WHY_COUNTED, stopped, 0), 0);
    assert_int_equal(kept_count(&why), 300 - stopped);
}

static void parts_have_names(void **state) {
    enum why_which which;
    assert_true(why_which_parse("not_counted", &which));
    assert_int_equal(which, WHY_NOT_COUNTED);
    assert_false(why_which_parse("every", &which));
}
int main(void) {
#define TEST(test)                                                                                                          \
    cmocka_unit_test_setup_teardown(test, open_lund, close_lund),                                                           \
        cmocka_unit_test_setup_teardown(test, open_sqlite, close_lund)
    const struct CMUnitTest tests[] = {
        TEST(a_figure_moves_with_its_reports),
        TEST(periods_of_a_rate_stand_beside_it),
        TEST(promises_say_their_parties_and_phase),
        TEST(all_areas_with_promises_are_given_where_none_is_asked_for),
        TEST(an_unknown_area_is_said_not_to_be_there),
        TEST(devices_that_were_never_heard_of_are_named),
        TEST(silence_is_told_from_zero),
        TEST(of_many_silent_ones_the_longest_silent_are_named_and_all_are_counted),
        TEST(behind_is_unknown_while_a_device_that_matters_is_silent),
        TEST(met_stays_met_whoever_is_silent),
        TEST(what_is_closed_is_missed_and_says_that_it_is_closed),
        TEST(a_device_heard_of_after_the_closing_has_nothing_more_to_say),
        TEST(what_was_missed_is_known_once_every_device_was_heard_of_after_the_end),
        TEST(a_pace_and_where_it_carries_a_forecast_stand_beside_the_figure),
        TEST(each_window_tells_what_was_promised_and_what_was_done),
        TEST(a_report_that_came_days_later_is_shown_as_late),
        TEST(only_who_could_report_toward_it_matters_to_a_commitment),
        TEST(reports_known_to_be_queued_are_counted_as_not_here),
        TEST(a_device_out_of_use_is_not_waited_for),
        TEST(every_report_behind_a_figure_is_shown),
        TEST(what_does_not_count_says_why_in_both_languages),
        TEST(a_bucket_that_lacks_a_partner_counts_nothing_until_it_is_there),
        TEST(more_reports_than_a_page_are_all_shown_once),
        TEST(an_unknown_commitment_is_said_not_to_be_there),
        TEST(a_listener_that_is_gone_ends_the_answer),
        TEST(what_is_behind_a_figure_is_given_in_parts),
        TEST(what_is_behind_a_part_of_a_figure_is_found),
        TEST(a_part_ends_where_enough_was_looked_at_and_says_where),
        TEST(parts_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
