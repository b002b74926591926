// Tests: proto/counting/among.c
// Every rule vector by the pure fold alone: no store, and who corrects whom decided by the shortest code that can say it.
#include <stdlib.h>
#include <string.h>

#include "support/rules.h"
#include "support/stockholm.h"
#include "support/test.h"

struct run {
    struct rules rules;
    struct rules_case one;
    struct commitment commitments[RULES_COMMITMENTS_MAX];
    enum counting_reason parts[RULES_REPORTS_MAX]; // REASON_COUNTED: it stands
    int roots[RULES_REPORTS_MAX];
    struct rules_outcome outcome;
};
static struct run run;
static bool reasons_seen[REASON_COUNT], measures_seen[8];

// ---- Who stands ----

static bool is_eligible(const struct rules_report *report) {
    return !report->quarantined || report->released;
}

static bool role_may(const char *role, const char *other) {
    bool may = strcmp(role, other) == 0;
    for (size_t i = 0; i < run.rules.promises.term_count; i++) {
        const Rond__V1__Term *term = run.rules.promises.terms[i];
        for (size_t k = 0; strcmp(term->list, "role") == 0 && strcmp(term->id, role) == 0 && k < term->n_corrects; k++)
            may = may || strcmp(term->corrects[k], other) == 0;
    }
    return may;
}

// The original that a report stands for, or why it stands for none.
static enum counting_reason root_of(int index, int *ret_root) {
    *ret_root = index;
    for (size_t steps = 0; run.one.reports[index].has_target; steps++) {
        const struct rules_report *report = &run.one.reports[index];
        if (report->target_index < 0 || steps > run.one.count)
            return REASON_WAITING_TARGET;
        const struct rules_report *target = &run.one.reports[report->target_index];
        if (strcmp(report->device->organisation, target->device->organisation) != 0)
            return REASON_FOREIGN_TARGET;
        if (report->device != target->device && !role_may(report->report->role, target->report->role))
            return REASON_ROLE_TARGET;
        index = report->target_index;
        *ret_root = index;
    }
    return REASON_COUNTED;
}

static void decide(int root) {
    struct revision revisions[RULES_REPORTS_MAX] = {0};
    int members[RULES_REPORTS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < run.one.count; i++) {
        const struct rules_report *report = &run.one.reports[i];
        if (run.parts[i] != REASON_COUNTED || run.roots[i] != root || !is_eligible(report))
            continue;
        members[count] = (int)i;
        revisions[count++] = (struct revision){
            .key = report->key,
            .is_original = (int)i == root,
            .is_withdrawal = report->is_withdrawal,
            .claimed_ms = report->report->claimed_ms,
        };
    }
    int standing = revision_standing(revisions, count);
    for (size_t i = 0; i < count; i++)
        run.parts[members[i]] = standing < 0 ? REASON_WITHDRAWN : standing == (int)i ? REASON_COUNTED : REASON_REPLACED;
}

static void decide_all(void) {
    for (size_t i = 0; i < run.one.count; i++) {
        run.parts[i] = root_of((int)i, &run.roots[i]);
        run.parts[i] = run.one.reports[i].repeats >= 0 ? REASON_REPEATED : run.parts[i];
    }
    for (size_t i = 0; i < run.one.count; i++)
        if (run.roots[i] == (int)i)
            decide((int)i);
}

// ---- What counts ----

struct kept {
    size_t report;
    struct contribution value;
};
static struct kept kept[RULES_REPORTS_MAX * 64];

static void contribute(const struct commitment *commitment, size_t index, size_t *count) {
    const struct rules_report *report = &run.one.reports[index];
    struct contribution *made = NULL;
    size_t more = 1;
    struct counted_report counted = {
        .report = report->report,
        .key = run.one.reports[run.roots[index]].key,
        .organisation = report->device->organisation,
        .area = report->report->area[0] != '\0' ? report->report->area : run.rules.promises.area->id,
        .from_s = report->from_s,
        .to_s = report->to_s,
        .uncertainty_s = report->uncertainty_s,
        .rulings = report->rulings,
        .rulings_count = report->rulings_count,
    };
    struct contribution single = {.reason = run.parts[index]};
    if (!is_eligible(report) || report->is_withdrawal || !match_is_candidate(commitment, &counted))
        return;
    if (run.parts[index] == REASON_COUNTED)
        assert_ok(match(commitment, &counted, &run.rules.arena, &made, &more));
    for (size_t i = 0; i < more; i++)
        kept[(*count)++] = (struct kept){index, made == NULL ? single : made[i]};
}

// The bucket of one contribution: what is in it, and whether that one is the first of it.
static size_t bucket_of(size_t count, size_t index, struct contribution *contents, bool *ret_first) {
    size_t inside = 0;
    *ret_first = true;
    for (size_t i = 0; i < count; i++) {
        if (kept[i].value.bucket[0] == '\0' || strcmp(kept[i].value.bucket, kept[index].value.bucket) != 0)
            continue;
        *ret_first = *ret_first && i >= index;
        contents[inside++] = kept[i].value;
    }
    return inside;
}

static void total_add(struct period_total *totals, size_t *count, const char *period, const struct tally *value) {
    size_t i = 0;
    while (i < *count && strcmp(totals[i].period, period) != 0)
        i++;
    if (i == *count) {
        totals[i] = (struct period_total){0};
        strcpy(totals[i].period, period);
        (*count)++;
    }
    tally_add(&totals[i].tally, value);
}

static void bucket_add(const struct commitment *commitment, const struct contribution *contents, size_t inside,
                       struct period_total *totals, size_t *count) {
    const struct tally once = {.count = 1};
    enum counting_reason reason;
    struct tally value;
    char period[PERIOD_SIZE];
    uint32_t bits[2];
    bucket_value(commitment, contents, inside, &value, &reason);
    total_add(totals, count, bucket_period(contents, inside), &value);
    bucket_places(contents, inside, &bits[0], &bits[1]);
    for (size_t i = 0; i < 64 && reason == REASON_COUNTED; i++)
        if ((bits[i / 32] >> i % 32 & 1) != 0) {
            place_period(i >= 32, i % 32, period);
            total_add(totals, count, period, &once);
        }
}

static void count_toward(size_t index) {
    static struct contribution contents[RULES_REPORTS_MAX * 64];
    static struct period_total totals[RULES_REPORTS_MAX * 64];
    const struct commitment *commitment = &run.commitments[index];
    size_t count = 0, totals_count = 0;
    for (size_t i = 0; i < run.one.count; i++)
        contribute(commitment, i, &count);
    for (size_t i = 0; i < count; i++) {
        bool first;
        struct tally value;
        enum counting_reason reason = kept[i].value.reason;
        size_t inside = kept[i].value.bucket[0] == '\0' ? 0 : bucket_of(count, i, contents, &first);
        if (inside > 0)
            bucket_value(commitment, contents, inside, &value, &reason);
        if (inside > 0 && first)
            bucket_add(commitment, contents, inside, totals, &totals_count);
        const char **text = &run.outcome.texts[kept[i].report][index];
        *text = rules_text(&run.rules, *text, run.rules.definitions[index], &kept[i].value, reason);
        reasons_seen[reason] = true;
    }
    progress_at(commitment, totals, totals_count, run.one.now_s, &run.outcome.progress[index]);
    measures_seen[commitment->definition->measure] = true;
}

// ---- All of them ----

static void run_file(const char *name) {
    rules_open(&run.rules, name);
    struct place_table places = rules_places(&run.rules);
    for (size_t i = 0; i < run.rules.commitments_count; i++)
        assert_ok(commitment_init(&run.commitments[i], (uint32_t)i + 1, run.rules.promise_of[i], run.rules.definitions[i],
                                  stockholm(), &places, NULL));
    for (size_t k = 0; k < run.rules.cases_count; k++) {
        run.outcome = (struct rules_outcome){0};
        rules_case_read(&run.rules, k, &run.one);
        decide_all();
        for (size_t i = 0; i < run.rules.commitments_count; i++)
            count_toward(i);
        rules_check(&run.rules, &run.one, &run.outcome);
    }
    rules_close(&run.rules);
}

static void every_vector_comes_out_of_the_pure_fold(void **state) {
    (void)state;
    for (size_t i = 0; rules_files[i] != NULL; i++)
        run_file(rules_files[i]);
}

// Quarantined reports contribute nothing at all; the reason is of released ones that cannot be counted (apply_test).
static void the_vectors_give_every_reason_and_every_measure(void **state) {
    (void)state;
    for (int i = 0; i < REASON_COUNT; i++)
        if (!reasons_seen[i] && i != REASON_QUARANTINED)
            fail_msg("no vector gives the reason %s", reason_name((enum counting_reason)i));
    for (int i = ROND__V1__MEASURE__MEASURE_AT_LEAST; i <= ROND__V1__MEASURE__MEASURE_UNQUANTIFIED; i++)
        assert_true(measures_seen[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vector_comes_out_of_the_pure_fold),
        cmocka_unit_test(the_vectors_give_every_reason_and_every_measure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
