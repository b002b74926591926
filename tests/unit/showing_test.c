// Tests: server/read/flagged.c
// Free texts are shown by one audited reading alone. Numbers are of the Tax Agency's series for tests.
#include "admin/command.h"
#include "ingest/committer.h"
#include "read/audit.h"
#include "read/export.h"
#include "read/flagged.h"
#include "read/lists.h"
#include "read/progress.h"
#include "support/lund.h"
#include "support/rows.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct lund lund;
static struct kept_rows kept;
static struct buffer answer;

static int open_lund(void **state) {
    lund_open(&lund);
    kept_rows_init(&kept);
    buffer_init(&answer, 1024 * 1024);
    return 0;
}

static int close_lund(void **state) {
    buffer_deinit(&answer);
    kept_rows_deinit(&kept);
    lund_close(&lund);
    return 0;
}

#define MARK "900101-9802" // in every text
static char *marked(void) {
    return arena_text(&lund.arena, "said " MARK);
}

// One of each kind with all its texts, one that is unreadable, a withdrawal, and a fork: rows 1 to 9, all flagged.
static void reports_with_marked_texts(void) {
    struct arena *arena = &lund.arena;
    for (Rond__V1__Kind kind = ROND__V1__KIND__KIND_CHECK; kind <= ROND__V1__KIND__KIND_INITIATIVE; kind++) {
        Rond__V1__Report *report = sample_report(arena, kind, 0);
        report->text = marked();
        report->activity = marked();
        if (kind == ROND__V1__KIND__KIND_MEETING)
            report->meeting->subject = marked();
        if (kind == ROND__V1__KIND__KIND_INITIATIVE)
            report->initiative->unit = report->initiative->outcome = marked();
        for (size_t i = 0; kind == ROND__V1__KIND__KIND_SAFETY_WALK && i < report->walk->n_findings; i++)
            report->walk->findings[i]->place_text = report->walk->findings[i]->cause = marked();
        for (size_t i = 0; kind == ROND__V1__KIND__KIND_INVENTORY && i < report->inventory->n_findings; i++)
            report->inventory->findings[i]->text = marked();
        lund_report(&lund, 0, 1, report);
    }
    struct record unreadable = {.report = bytes_of_text("\xFF\xFF " MARK)};
    lund_begin(&lund);
    lund_append_record(&lund, 0, 1, &unreadable);
    lund_commit(&lund);
    struct id128 device = lund_device(0), outbox = lund_outbox(0, 1);
    Rond__V1__Report *withdrawal = sample_withdrawal(arena, &device, &outbox, 700);
    withdrawal->withdrawal->reason = marked();
    lund_report(&lund, 0, 1, withdrawal);
    lund_report(&lund, 0, 1, sample_report(arena, ROND__V1__KIND__KIND_CHECK, 1)); // row 10: not flagged
}

static void fork_with_a_marked_text(void) {
    Rond__V1__Report *report = sample_report(&lund.arena, ROND__V1__KIND__KIND_MEETING, 3);
    report->text = marked();
    struct record record = record_of_report(&lund.arena, report);
    struct append_result result;
    struct ledger_batch *other = lund_batch(&lund, 0, 2, &record, 1);
    lund_report(&lund, 0, 2, sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, 1));
    lund_begin(&lund);
    assert_ok(lund.store->ledger->append(lund.store, other, &result));
    assert_int_equal(result.status, APPEND_FORKED);
    lund_commit(&lund);
}

static void flagged_reports_are_listed_by_field_and_kind_without_the_text(void **state) {
    reports_with_marked_texts();
    assert_ok(read_flagged(lund.store, &kept.rows));
    assert_int_equal(kept_count(&kept), 9);
    const json_t *walk = kept_row(&kept, 3);
    assert_int_equal(field_number(walk, "row"), 4);
    assert_string_equal(field_text(walk, "organisation"), "polisen");
    assert_string_equal(field_text(walk, "area"), "lund");
    assert_string_equal(json_string_value(json_array_get(field(walk, "kinds"), 0)), "personal_number");
    const json_t *cause = object_with(field(walk, "found"), "field", "walk.findings[1].cause");
    assert_string_equal(field_text(cause, "kind"), "personal_number");
    assert_int_equal(field_number(cause, "start"), 5);
    assert_int_equal(field_number(cause, "size"), strlen(MARK));
    assert_true(field_is_null(json_array_get(field(kept_row(&kept, 7), "found"), 0), "field")); // unreadable
    assert_non_null(object_with(field(kept_row(&kept, 8), "found"), "field", "withdrawal.reason"));
}

static void an_erased_report_stays_listed_by_its_kinds(void **state) {
    reports_with_marked_texts();
    lund_begin(&lund);
    assert_ok(lund.store->ledger->erase(lund.store, 1, FOR_A_TEST));
    lund_commit(&lund);
    assert_ok(read_flagged(lund.store, &kept.rows));
    assert_true(field_truth(kept_row(&kept, 0), "erased"));
    assert_int_equal(json_array_size(field(kept_row(&kept, 0), "kinds")), 1);
    assert_int_equal(json_array_size(field(kept_row(&kept, 0), "found")), 0);
}

static void expect_no_mark(const char *what) {
    char *text = json_dumps(kept.list, JSON_ENCODE_ANY);
    char hex[2 * sizeof MARK];
    hex_encode(bytes_of_text(MARK), hex);
    assert_non_null(text);
    if (kept_count(&kept) == 0 || strstr(text, MARK) != NULL || strstr(text, hex) != NULL)
        fail_msg("%s: %zu rows, text shown", what, kept_count(&kept));
    free(text);
    json_array_clear(kept.list);
}

static void no_list_and_no_export_shows_a_free_text(void **state) {
    json_t *progress = NULL;
    reports_with_marked_texts();
    fork_with_a_marked_text();
    assert_ok(read_export(lund.store, &kept.rows));
    expect_no_mark("export");
    assert_ok(read_flagged(lund.store, &kept.rows));
    expect_no_mark("flagged");
    assert_ok(read_quarantine(lund.store, true, 0, &kept.rows));
    expect_no_mark("quarantine");
    assert_ok(read_forks(lund.store, &kept.rows));
    expect_no_mark("forks");
    assert_ok(read_why(lund.store, lund.catalogue, "lund-2015-trafik/cykel", &kept.rows));
    expect_no_mark("why");
    assert_ok(read_progress(lund.store, lund.catalogue, NULL, LUND_NOW_S, &progress));
    json_array_append_new(kept.list, progress);
    expect_no_mark("progress");
}

// ---- The one reading ----

static enum rond_err take(void *context, struct bytes bytes) {
    return buffer_append(context, bytes);
}

static void show(const char *reference) {
    char request[96];
    const struct admin_context context = {.catalogue = lund.catalogue, .clock = clock_system(), .rng = rng_system()};
    const struct admin_out out = {.write = take, .context = &answer};
    struct commit_census census = {0};
    struct catalogue *changed = NULL;
    struct admin_work work;
    snprintf(request, sizeof request, "{\"command\":\"report.show\",\"reference\":\"%s\"}", reference);
    const struct admin_request asked = {.uid = 7, .json = bytes_of_text(request)};
    admin_prepare(&asked, &context, &work);
    assert_int_equal(work.route, ADMIN_COMMAND);
    committer_run(lund.store, work.submission, lund.catalogue, &census, &changed);
    assert_ok(admin_answer(work.submission, &out));
    submission_destroy(work.submission);
}

static void showing_a_report_shows_its_text_and_is_audited(void **state) {
    reports_with_marked_texts();
    struct report_key key = lund_key_of(0, 1, 1);
    json_t *reference = read_reference_text(&key);
    show(json_string_value(reference));
    const char *text = buffer_text(&answer);
    const char *last = strchr(text, '\n');
    assert_non_null(strstr(text, MARK));
    assert_non_null(last);
    assert_string_equal(last, "\n{\"ok\":true}\n");
    assert_ok(read_audit(lund.store, &(struct audit_wanted){0}, &kept.rows, NULL));
    assert_int_equal(kept_count(&kept), 1);
    assert_string_equal(field_text(kept_row(&kept, 0), "action"), "report.show");
    assert_string_equal(field_text(kept_row(&kept, 0), "actor"), "uid:7");
    assert_non_null(strstr(field_text(kept_row(&kept, 0), "detail"), json_string_value(reference)));
    json_decref(reference);
}

static void what_is_not_there_is_not_shown_and_not_audited(void **state) {
    reports_with_marked_texts();
    struct report_key key = lund_key_of(0, 1, 99);
    json_t *reference = read_reference_text(&key);
    const char *const references[] = {"000000-01-1", json_string_value(reference)}; // mistyped; of no report
    for (size_t i = 0; i < ARRAY_COUNT(references); i++) {
        buffer_clear(&answer);
        show(references[i]);
        assert_non_null(strstr(buffer_text(&answer), "\"ok\":false"));
        assert_non_null(strstr(buffer_text(&answer), "\"field\":\"reference\""));
    }
    json_decref(reference);
    assert_ok(read_audit(lund.store, &(struct audit_wanted){0}, &kept.rows, NULL));
    assert_int_equal(kept_count(&kept), 0);
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, open_lund, close_lund)
    const struct CMUnitTest tests[] = {
        TEST(flagged_reports_are_listed_by_field_and_kind_without_the_text),
        TEST(an_erased_report_stays_listed_by_its_kinds),
        TEST(no_list_and_no_export_shows_a_free_text),
        TEST(showing_a_report_shows_its_text_and_is_audited),
        TEST(what_is_not_there_is_not_shown_and_not_audited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
