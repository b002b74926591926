// Every rule vector through the server's store: in several orders of arrival, in memory and in SQLite, and counted anew.
// What people decide is stored as their decisions, so that the vectors of rulings hold for those too. And the same
// commitments, tried as if they were not there, come to the same.
//
// Tests: server/read/trial.c server/promise/counted.c
#include <string.h>

#include "promise/apply.h"
#include "read/bucket_reason.h"
#include "read/trial.h"
#include "support/report_samples.h"
#include "support/rules.h"
#include "support/stockholm.h"
#include "support/store_fixture.h"

enum { SHUFFLES = 6 };

struct run {
    struct store *store;
    struct rules rules;
    struct rules_case one;
    struct catalogue *catalogue;
    uint64_t rows[RULES_REPORTS_MAX];
};
static struct run run;

// ---- What the store is made of ----

static void put(Rond__V1__ReferenceEntry__BodyCase kind, const char *id, const void *body) {
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    entry.id = arena_text(&run.rules.arena, id);
    entry.body_case = kind;
    memcpy(&entry.area, &body, sizeof body); // every body is a pointer in the same union
    assert_ok(run.store->registry->reference_put(run.store, &entry, NULL));
}

static void put_all(void) {
    const struct promise_file *file = &run.rules.promises;
    struct fault fault = {0};
    put(ROND__V1__REFERENCE_ENTRY__BODY_TIME_ZONE, stockholm()->id, stockholm());
    put(ROND__V1__REFERENCE_ENTRY__BODY_AREA, file->area->id, file->area);
    for (size_t i = 0; i < file->place_count; i++)
        put(ROND__V1__REFERENCE_ENTRY__BODY_PLACE, file->places[i]->id, file->places[i]);
    for (size_t i = 0; i < file->term_count; i++)
        put(ROND__V1__REFERENCE_ENTRY__BODY_TERM,
            arena_printf(&run.rules.arena, "%s/%s", file->terms[i]->list, file->terms[i]->id), file->terms[i]);
    for (size_t i = 0; i < file->promise_count; i++)
        put(ROND__V1__REFERENCE_ENTRY__BODY_PROMISE, file->promises[i]->id, file->promises[i]);
    if (catalogue_create(run.store, &run.catalogue, &fault) != ROND_OK)
        fail_msg("%s %s", fault.field, fault.text);
}

// ---- Reports arrive ----

static struct ledger_report ledger_report_of(const struct rules_report *said) {
    struct ledger_report report = {
        .record = record_of_report(&run.rules.arena, said->report),
        .verdict = said->quarantined ? VERDICT_QUARANTINED : VERDICT_APPLIED,
        .code = said->quarantined ? 1 : 0,
        .reason = said->quarantined ? "Not yet." : NULL,
        .kind = (uint32_t)report_kind(said->report),
        .area = said->report->area[0] != '\0' ? said->report->area : run.rules.promises.area->id,
        .has_target = said->has_target,
        .is_withdrawal = said->is_withdrawal,
        .target = said->target,
        .claimed_ms = said->report->claimed_ms,
        .from_s = said->from_s,
        .to_s = said->to_s,
        .uncertainty_s = said->uncertainty_s,
    };
    if (said->repeats >= 0) {
        report.record.has_formerly = true;
        report.record.formerly_outbox = run.one.reports[said->repeats].key.outbox;
        report.record.formerly_seq = 1;
    }
    return report;
}

// People decide once the report is there, one decision after the other.
static void decide(const struct rules_report *said, uint64_t row) {
    for (size_t i = 0; i < said->rulings_count; i++) {
        const struct ruling *ruling = &said->rulings[i];
        bool place = ruling->kind == RULING_PLACE;
        struct decision decision = {
            .kind = place                      ? DECISION_PLACE
                    : ruling->value[0] == '\0' ? DECISION_PART
                                               : DECISION_JOIN,
            .subject = place ? ruling->subject : ruling->value,
            .value = place ? ruling->value : "",
            .reports = &said->key,
            .reports_count = 1,
            .at_ms = 1,
            .actor = "uid:1000",
        };
        uint64_t number;
        assert_ok(run.store->registry->decision_put(run.store, &decision, &number));
    }
    if (said->rulings_count > 0)
        assert_ok(promise_refold(run.store, run.catalogue, row));
}

static void arrive(size_t index) {
    const struct rules_report *said = &run.one.reports[index];
    struct ledger_report report = ledger_report_of(said);
    struct append_result result;
    struct hash256 seed = {{0x5e, (uint8_t)index}};
    struct chain chain;
    chain_init(&chain, &seed);
    chain_append(&chain, &report.record, &report.salt, &report.leaf);
    struct ledger_batch batch = {
        .device = said->key.device,
        .outbox = said->key.outbox,
        .organisation = said->device->organisation,
        .first_seq = 1,
        .reports = &report,
        .count = 1,
        .chain_after = chain,
        .received_ms = 1,
    };
    assert_ok(run.store->ledger->append(run.store, &batch, &result));
    run.rows[index] = result.first_row;
    const struct appended_reports appended = {.batch = &batch, .count = 1, .first_row = result.first_row};
    assert_ok(promise_apply(run.store, run.catalogue, &appended));
    if (said->released) {
        assert_ok(run.store->ledger->quarantine_decide(run.store, result.first_row, true));
        assert_ok(promise_refold(run.store, run.catalogue, result.first_row));
    }
    decide(said, result.first_row);
}

// ---- What came of it ----

static size_t index_of(uint32_t number) {
    const char *path = catalogue_commitment_path(run.catalogue, number);
    for (size_t i = 0; i < run.rules.commitments_count; i++)
        if (strcmp(run.rules.paths[i], path) == 0)
            return i;
    fail_msg("no commitment %s", path);
    return 0;
}

static void texts_read(size_t report, struct rules_outcome *outcome) {
    static struct bucket_reasons reasons;
    struct stored_contribution *list;
    size_t count;
    memset(&reasons, 0, sizeof reasons);
    assert_ok(run.store->views->contributions_of_row(run.store, run.rows[report], &run.rules.arena, &list, &count));
    for (size_t i = 0; i < count; i++) {
        size_t at = index_of(list[i].commitment);
        enum counting_reason reason;
        assert_ok(
            bucket_reason(run.store, catalogue_commitment(run.catalogue, list[i].commitment), &list[i], &reasons, &reason));
        outcome->texts[report][at] =
            rules_text(&run.rules, outcome->texts[report][at], run.rules.definitions[at], &list[i].value, reason);
    }
}

static void check(void) {
    static struct rules_outcome outcome;
    outcome = (struct rules_outcome){0};
    for (size_t i = 0; i < run.one.count; i++)
        texts_read(i, &outcome);
    for (size_t i = 0; i < run.rules.commitments_count; i++) {
        const struct commitment *commitment = catalogue_commitment_by_path(run.catalogue, run.rules.paths[i]);
        struct period_total *totals;
        size_t count;
        assert_ok(run.store->views->totals(run.store, commitment->number, &run.rules.arena, &totals, &count));
        progress_at(commitment, totals, count, run.one.now_s, &outcome.progress[i]);
    }
    rules_check(&run.rules, &run.one, &outcome);
}

static bool is_same_progress(const struct progress *a, const struct progress *b) {
    return a->done == b->done && a->status == b->status && a->sum.reports == b->sum.reports &&
           strcmp(a->summary_sv, b->summary_sv) == 0 && strcmp(a->summary_en, b->summary_en) == 0;
}

// Promise by promise, since one that is tried has its own period.
static void check_trial(void) {
    static struct commitment commitments[RULES_COMMITMENTS_MAX];
    struct trial trial;
    for (size_t first = 0, next; first < run.rules.commitments_count; first = next) {
        for (next = first; next < run.rules.commitments_count && run.rules.promise_of[next] == run.rules.promise_of[first];
             next++)
            commitments[next - first] = *catalogue_commitment_by_path(run.catalogue, run.rules.paths[next]);
        assert_ok(trial_run(run.store, run.catalogue, commitments, next - first, run.one.now_s, &run.rules.arena, &trial));
        assert_true(trial.is_whole);
        for (size_t i = 0; i < trial.count; i++) {
            struct period_total *totals;
            struct progress progress;
            size_t count;
            assert_ok(run.store->views->totals(run.store, commitments[i].number, &run.rules.arena, &totals, &count));
            progress_at(&commitments[i], totals, count, run.one.now_s, &progress);
            if (!is_same_progress(&trial.ones[i].progress, &progress))
                fail_msg("%s, %s: tried %s, counted %s", run.one.says, run.rules.paths[first + i],
                         trial.ones[i].progress.summary_en, progress.summary_en);
        }
    }
}

// ---- One case in one order ----

static struct hash256 run_order(const size_t *order) {
    struct hash256 before, after;
    assert_ok(run.store->ledger->begin(run.store));
    put_all();
    for (size_t i = 0; i < run.one.count; i++)
        arrive(order[i]);
    check();
    check_trial();
    assert_ok(promise_digest(run.store, &before));
    assert_ok(promise_rebuild(run.store, run.catalogue, NULL, NULL));
    assert_ok(promise_digest(run.store, &after));
    assert_memory_equal(&before, &after, sizeof before);
    check();
    run.store->ledger->rollback(run.store);
    catalogue_unref(run.catalogue);
    return before;
}

static void shuffle(size_t *order, size_t count, const struct rng *rng) {
    for (size_t i = count; i > 1; i--) {
        size_t other = rng_below(rng, i), kept = order[i - 1];
        order[i - 1] = order[other];
        order[other] = kept;
    }
}

// Which of two twins is shown as repeated is the one thing that the order of arrival decides.
static bool has_twins(void) {
    for (size_t i = 0; i < run.one.count; i++)
        if (run.one.reports[i].repeats >= 0)
            return true;
    return false;
}

// As told, backwards, and in any order.
static void run_case(const struct rng *rng, unsigned orders) {
    size_t order[RULES_REPORTS_MAX];
    struct hash256 first = {0};
    orders = has_twins() ? 1 : orders;
    for (unsigned k = 0; k < orders; k++) {
        for (size_t i = 0; i < run.one.count; i++)
            order[i] = k == 1 ? run.one.count - 1 - i : i;
        if (k > 1)
            shuffle(order, run.one.count, rng);
        struct hash256 digest = run_order(order);
        if (k == 0)
            first = digest;
        assert_memory_equal(&first, &digest, sizeof first);
    }
}

static void every_vector_comes_out_of_the_store_in_any_order_of_arrival(void **state) {
    struct store_fixture *fixture = *state;
    for (size_t i = 0; rules_files[i] != NULL; i++) {
        run = (struct run){.store = fixture->store};
        rules_open(&run.rules, rules_files[i]);
        for (size_t k = 0; k < run.rules.cases_count; k++) {
            rules_case_read(&run.rules, k, &run.one);
            run_case(&fixture->rng, fixture->backend->durable ? 2 : SHUFFLES);
        }
        rules_close(&run.rules);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {ON_EVERY_BACKEND(every_vector_comes_out_of_the_store_in_any_order_of_arrival)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
