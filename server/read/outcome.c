#include "read/outcome.h"

#include <stdint.h>

#include "base/check.h"
#include "wire/codes.h"

static bool is_in_quarantine(const struct stored_report *report) {
    return report->verdict == VERDICT_QUARANTINED && !report->released;
}

// protobuf-c's structures have no const; nothing writes through them.
static char *unconst(const char *text) {
    return (char *)(uintptr_t)text;
}

// ---- Where others stand in its place ----

// Does the node name that one, by itself or through others that it corrects?
static bool leads_to(const struct lineages *set, const struct lineage_node *from, uint32_t index) {
    for (size_t steps = 0; steps < set->count && from->target != LINEAGE_NONE; steps++) {
        if (from->target == index)
            return true;
        from = &set->nodes[from->target];
    }
    return false;
}

// Of a report in quarantine: mended by a correction, taken back, or neither.
static Rond__V1__OutcomeState fate_in_quarantine(const struct lineages *set, uint32_t index) {
    Rond__V1__OutcomeState state = ROND__V1__OUTCOME_STATE__OUTCOME_STATE_QUARANTINED;
    for (size_t i = 0; set->nodes[index].linked && i < set->count; i++) {
        const struct lineage_node *node = &set->nodes[i];
        if (node->report.row == 0 || is_in_quarantine(&node->report) || node->part == REASON_FOREIGN_TARGET ||
            node->part == REASON_ROLE_TARGET || !leads_to(set, node, index))
            continue;
        if (node->report.is_withdrawal)
            return ROND__V1__OUTCOME_STATE__OUTCOME_STATE_WITHDRAWN;
        state = ROND__V1__OUTCOME_STATE__OUTCOME_STATE_REPLACED;
    }
    return state;
}

// The twin that stands for a repeated report.
static const struct lineage_node *speaker_of(const struct lineages *set, const struct lineage_node *node) {
    for (size_t i = 0; node->part == REASON_REPEATED && i < set->count; i++) {
        const struct lineage_node *other = &set->nodes[i];
        if (other->report.row != 0 && other->twin == node->twin && other->part != REASON_REPEATED &&
            !is_in_quarantine(&other->report))
            return other;
    }
    return node;
}

// ---- Toward which commitments ----

static enum rond_err toward_make(const struct outcome_source *source, const struct stored_contribution *contributions,
                                 size_t count, struct arena *arena, Rond__V1__Toward **ret_toward) {
    const struct commitment *commitment = catalogue_commitment(source->catalogue, contributions[0].commitment);
    const char *path = catalogue_commitment_path(source->catalogue, contributions[0].commitment);
    enum counting_reason best = REASON_COUNT;
    // It counts where one of its contributions does; else the first says why not.
    for (size_t i = 0; i < count && best != REASON_COUNTED; i++) {
        enum counting_reason reason;
        enum rond_err err = bucket_reason(source->store, commitment, &contributions[i], source->reasons, &reason);
        if (err != ROND_OK)
            return err;
        if (best == REASON_COUNT || reason == REASON_COUNTED)
            best = reason;
    }
    Rond__V1__Toward *toward = arena_alloc(arena, sizeof *toward);
    char *path_copy = toward == NULL ? NULL : arena_text(arena, path);
    if (path_copy == NULL)
        return ROND_ENOMEM;
    rond__v1__toward__init(toward);
    toward->commitment = path_copy;
    toward->counted = best == REASON_COUNTED;
    if (!toward->counted) {
        toward->reason = unconst(reason_sentence(best, false));
        toward->reason_sv = unconst(reason_sentence(best, true));
    }
    *ret_toward = toward;
    return ROND_OK;
}

// One for each commitment that still is: contributions come by commitment.
static enum rond_err towards_make(const struct outcome_source *source, const struct stored_contribution *contributions,
                                  size_t count, struct arena *arena, Rond__V1__Outcome *outcome) {
    enum rond_err err = ROND_OK;
    outcome->toward = arena_array(arena, count + 1, sizeof(Rond__V1__Toward *));
    if (outcome->toward == NULL)
        return ROND_ENOMEM;
    for (size_t first = 0, next; first < count && err == ROND_OK; first = next) {
        uint32_t commitment = contributions[first].commitment;
        for (next = first + 1; next < count && contributions[next].commitment == commitment; next++)
            continue;
        if (catalogue_commitment(source->catalogue, commitment) == NULL)
            continue;
        err = toward_make(source, &contributions[first], next - first, arena, &outcome->toward[outcome->n_toward]);
        outcome->n_toward += err == ROND_OK;
    }
    return err;
}

static void weigh_towards(Rond__V1__Outcome *outcome) {
    outcome->state = ROND__V1__OUTCOME_STATE__OUTCOME_STATE_NOT_COUNTED;
    outcome->reason = unconst(outcome->n_toward > 0 ? outcome->toward[0]->reason : "No commitment asks for it.");
    outcome->reason_sv = unconst(outcome->n_toward > 0 ? outcome->toward[0]->reason_sv : "Inget åtagande gäller den.");
    for (size_t i = 0; i < outcome->n_toward; i++)
        if (outcome->toward[i]->counted) {
            outcome->state = ROND__V1__OUTCOME_STATE__OUTCOME_STATE_COUNTED;
            outcome->reason = outcome->reason_sv = unconst("");
            return;
        }
}

static enum rond_err counted_or_not(const struct outcome_source *source, const struct lineage_node *node,
                                    struct arena *arena, Rond__V1__Outcome *outcome) {
    struct stored_contribution *contributions = NULL;
    size_t count = 0;
    enum rond_err err = source->store->views->contributions_of_row(source->store, node->report.row, source->scratch,
                                                                   &contributions, &count);
    if (err == ROND_OK)
        err = towards_make(source, contributions, count, arena, outcome);
    if (err == ROND_OK)
        weigh_towards(outcome);
    return err;
}

// ---- All of it ----

static enum rond_err quarantined(const struct lineages *set, uint32_t index, struct arena *arena, Rond__V1__Outcome *outcome) {
    const struct stored_report *report = &set->nodes[index].report;
    outcome->state = fate_in_quarantine(set, index);
    if (outcome->state != ROND__V1__OUTCOME_STATE__OUTCOME_STATE_QUARANTINED)
        return ROND_OK;
    const char *reason = report->reason != NULL ? report->reason : wire_code_sentence(report->code);
    if (report->discarded)
        outcome->state = ROND__V1__OUTCOME_STATE__OUTCOME_STATE_DISCARDED;
    outcome->reason = report->discarded ? arena_printf(arena, "It was looked at and set aside: %s", reason)
                                        : arena_text(arena, reason);
    const char *swedish = wire_code_sentence_swedish(report->code);
    outcome->reason_sv = report->discarded ? arena_printf(arena, "Den har granskats och lagts åt sidan: %s", swedish)
                                           : unconst(swedish);
    return outcome->reason == NULL || outcome->reason_sv == NULL ? ROND_ENOMEM : ROND_OK;
}

static enum rond_err decide(const struct outcome_source *source, const struct lineages *set, uint32_t index,
                            struct arena *arena, Rond__V1__Outcome *outcome) {
    if (is_in_quarantine(&set->nodes[index].report))
        return quarantined(set, index, arena, outcome);
    const struct lineage_node *node = speaker_of(set, &set->nodes[index]);
    outcome->state = ROND__V1__OUTCOME_STATE__OUTCOME_STATE_NOT_COUNTED;
    if (lineage_is_loose(node)) {
        outcome->reason = unconst(reason_sentence(node->part, false));
        outcome->reason_sv = unconst(reason_sentence(node->part, true));
    } else if (!node->report.is_withdrawal) {
        if (node->part == REASON_COUNTED)
            return counted_or_not(source, node, arena, outcome);
        outcome->state = node->part == REASON_WITHDRAWN  ? ROND__V1__OUTCOME_STATE__OUTCOME_STATE_WITHDRAWN
                         : node->part == REASON_REPLACED ? ROND__V1__OUTCOME_STATE__OUTCOME_STATE_REPLACED
                                                         : ROND__V1__OUTCOME_STATE__OUTCOME_STATE_NOT_COUNTED;
    }
    return ROND_OK;
}

enum rond_err outcome_make(const struct outcome_source *source, const struct lineages *set, uint32_t index,
                           struct arena *arena, Rond__V1__Outcome **ret_outcome) {
    const struct report_key *key = &set->nodes[index].key;
    struct bytes outbox;
    Rond__V1__Outcome *outcome = arena_alloc(arena, sizeof *outcome);
    CHECK(set->nodes[index].report.row != 0);
    if (outcome == NULL || !arena_copy(arena, bytes_of(key->outbox.b, ID_SIZE), &outbox))
        return ROND_ENOMEM;
    rond__v1__outcome__init(outcome);
    outcome->outbox = (ProtobufCBinaryData){.len = ID_SIZE, .data = (uint8_t *)(uintptr_t)outbox.data};
    outcome->seq = key->seq;
    enum rond_err err = decide(source, set, index, arena, outcome);
    if (err == ROND_OK)
        *ret_outcome = outcome;
    return err;
}
