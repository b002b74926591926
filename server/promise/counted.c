#include "promise/counted.h"

#include "promise/amend.h"
#include "wire/report_check.h"

// A report released from quarantine need not be well-formed. What is not cannot be counted, whoever releases it: it is
// shown where it would have been.
static bool is_well_formed(const struct stored_report *stored, const Rond__V1__Report *report) {
    struct fault ignored;
    return stored->verdict == VERDICT_APPLIED || report_check(report, &ignored) == ROND_OK;
}

// What was applied was decoded, and found well, when it came.
static enum rond_err decode(struct arena *scratch, const struct stored_report *stored, Rond__V1__Report **ret_report) {
    return stored->verdict == VERDICT_APPLIED ? codec_report_decode_again(scratch, stored->record.report, ret_report)
                                              : codec_report_decode(scratch, stored->record.report, ret_report, NULL);
}

static bool is_amended(const struct ruling_list *list) {
    for (size_t i = 0; i < list->count; i++)
        if (list->rulings[i].kind == RULING_FIELD)
            return true;
    return false;
}

// Decoded anew, so that it may be changed, and as people amended it.
static enum rond_err decode_amended(const struct stored_report *stored, const struct ruling_list *amended,
                                    struct arena *arena, Rond__V1__Report **ret_report, bool *ret_times) {
    Rond__V1__Report *made = NULL;
    enum rond_err err = decode(arena, stored, &made);
    if (err == ROND_OK)
        err = amend_by_rulings(made, amended->rulings, amended->count, arena, ret_times);
    if (err != ROND_OK)
        return err;
    amend_end(made);
    *ret_report = made;
    return ROND_OK;
}

// *ret_report stays as it is where nobody amended it.
static enum rond_err amend(const struct lineage_node *node, const struct rulings *rulings, struct arena *scratch,
                           const Rond__V1__Report **ret_report, bool *ret_times) {
    struct ruling_list amended = rulings_find(rulings, &node->key);
    Rond__V1__Report *made = NULL;
    if (!is_amended(&amended))
        return ROND_OK;
    enum rond_err err = decode_amended(&node->report, &amended, scratch, &made, ret_times);
    if (err == ROND_OK)
        *ret_report = made;
    return err;
}

enum rond_err counted_content(struct store *store, const struct stored_report *stored, struct arena *arena,
                              Rond__V1__Report **ret_report) {
    struct ruling_list amended = {0};
    bool ignored = false;
    enum rond_err err = stored->erased ? ROND_ENOTFOUND : ROND_OK;
    if (err == ROND_OK && stored->verdict == VERDICT_QUARANTINED) // what was applied nobody amends
        err = store->ledger->rulings_of(store, &stored->key, 1, arena, &amended);
    if (err != ROND_OK)
        return err;
    return is_amended(&amended) ? decode_amended(stored, &amended, arena, ret_report, &ignored)
                                : decode(arena, stored, ret_report);
}

enum rond_err counted_read(const struct lineage_node *node, const Rond__V1__Report *decoded, const struct rulings *rulings,
                           struct arena *scratch, struct counted *ret_counted) {
    const struct stored_report *stored = &node->report;
    bool times = false;
    *ret_counted = (struct counted){0};
    if (decoded == NULL) {
        Rond__V1__Report *made = NULL;
        enum rond_err err = decode(scratch, stored, &made);
        if (err != ROND_OK) // nothing counts of what cannot be read; without memory nobody knows
            return err == ROND_ENOMEM ? err : ROND_OK;
        decoded = made;
    }
    enum rond_err err = amend(node, rulings, scratch, &decoded, &times);
    if (err != ROND_OK)
        return err;
    struct counted_report report = {
        .report = decoded,
        .key = node->counts_as,
        .organisation = stored->organisation,
        .area = stored->area,
        .from_s = stored->from_s,
        .to_s = stored->to_s,
        .uncertainty_s = stored->uncertainty_s,
    };
    if (times) { // a person's word in place of the estimate
        report.from_s = decoded->occurred_from_s;
        report.to_s = decoded->occurred_to_s;
        report.uncertainty_s = 0;
    }
    struct ruling_list ruled = rulings_find(rulings, &node->counts_as);
    report.rulings = ruled.rulings;
    report.rulings_count = ruled.count;
    enum counting_reason part = is_well_formed(stored, decoded) ? node->part : REASON_QUARANTINED;
    *ret_counted = (struct counted){.report = report, .part = part, .is_readable = true};
    return ROND_OK;
}

enum rond_err counted_toward(const struct counted *counted, const struct commitment *commitment, struct arena *scratch,
                             struct contribution **ret_values, size_t *ret_count) {
    const struct counted_report *report = &counted->report;
    *ret_count = 0;
    if (!counted->is_readable || !match_is_candidate(commitment, report))
        return ROND_OK;
    enum rond_err err = ROND_EFULL;
    if (counted->part == REASON_COUNTED)
        err = match(commitment, report, scratch, ret_values, ret_count);
    if (err != ROND_EFULL)
        return err;
    // More parts than anything real has: shown, not counted.
    enum counting_reason reason = counted->part == REASON_COUNTED ? REASON_DETAIL : counted->part;
    struct contribution *single = arena_alloc(scratch, sizeof *single);
    if (single == NULL)
        return ROND_ENOMEM;
    *single = (struct contribution){.reason = reason, .quantity = 1, .from_s = report->from_s, .to_s = report->to_s};
    *ret_values = single;
    *ret_count = 1;
    return ROND_OK;
}
