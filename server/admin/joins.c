// People's decisions about reports: several are one activity, one counts on its own, two are not the same, one was at a
// place. Each is stored, the reports that it names are folded anew in the same transaction, and each can be undone.
//
// A decision is about an activity, so it is kept for the original, whichever revision the person named: a correction that
// comes later keeps it.
#include <stdlib.h>
#include <string.h>

#include "admin/inner.h"
#include "promise/apply.h"
#include "promise/counted.h"
#include "store/shape.h"
#include "wire/activity_reference.h"
#include "wire/limits.h"

// A report that a decision can be about.
struct member {
    const char *typed;
    struct stored_report standing;
    struct report_key original;
    const char *activity; // in which it counts now; "" on its own
};

// --- Which report is meant, and may it be decided about? ---

static const struct lineage_node *standing_of(const struct lineages *set, const struct lineage_node *meant) {
    for (size_t i = 0; i < set->count; i++) {
        const struct lineage_node *node = &set->nodes[i];
        if (node->report.row != 0 && !node->silent && node->part == REASON_COUNTED &&
            report_key_equal(&node->counts_as, &meant->counts_as)) {
            return node;
        }
    }
    return NULL;
}

static bool is_in_quarantine(const struct stored_report *report) {
    return report->verdict == VERDICT_QUARANTINED && !report->released;
}

static enum rond_err refuse(struct fault *fault, const char *typed, const char *why, const char *why_sv) {
    (void)fault_set(fault, ROND_ECONFLICT, 0, "reference", "Report %s %s", typed, why);
    return fault_in_swedish(fault, ROND_ECONFLICT, "Rapport %s %s", typed, why_sv);
}

static enum rond_err standing_check(const struct lineages *set, const char *typed, const struct lineage_node **ret_standing,
                                    struct fault *fault) {
    const struct lineage_node *meant = &set->nodes[0], *standing = standing_of(set, meant);
    if (meant->report.is_withdrawal) {
        return refuse(fault, typed, "is a withdrawal; nothing can be decided about it.",
                      "är ett återtagande; inget kan beslutas om den.");
    }
    if (standing == NULL && is_in_quarantine(&meant->report)) {
        return meant->report.discarded
                   ? refuse(fault, typed, "was set aside; it never counts.", "är lagd åt sidan; den räknas aldrig.")
                   : refuse(fault, typed, "is in quarantine; release it first (rondctl quarantine release).",
                            "är i karantän; släpp den först.");
    }
    if (standing == NULL && meant->part == REASON_WITHDRAWN) {
        return refuse(fault, typed, "was withdrawn; it no longer counts.", "är återtagen; den räknas inte längre.");
    }
    if (standing == NULL) {
        return refuse(fault, typed, "does not stand: it corrects one that is not here or that it may not correct.",
                      "gäller inte: den rättar en som inte finns här eller som den inte får rätta.");
    }
    if (standing->report.erased) {
        return refuse(fault, typed, "was erased; what it counts as is frozen.",
                      "är raderad; vad den räknas som ligger fast.");
    }
    *ret_standing = standing;
    return ROND_OK;
}

static enum rond_err activity_of(struct store *store, struct member *member, struct arena *arena) {
    struct ruling_list ruled;
    Rond__V1__Report *report = NULL;
    enum rond_err err = store->ledger->rulings_of(store, &member->original, 1, arena, &ruled);
    if (err != ROND_OK) {
        return err;
    }
    err = counted_content(store, &member->standing, arena, &report);
    if (err != ROND_OK) {
        return err == ROND_ENOMEM ? err : ROND_ECORRUPT;
    }
    const struct counted_report counted = {.report = report, .rulings = ruled.rulings, .rulings_count = ruled.count};
    member->activity = counted_activity(&counted);
    return ROND_OK;
}

// The report with its corrections and withdrawals.
static enum rond_err lineage_load(struct store *store, const struct stored_report *report, struct arena *arena,
                                  struct lineages *ret_set, struct fault *fault) {
    struct catalogue *catalogue = NULL;
    enum rond_err err = catalogue_create(store, &catalogue, fault);
    if (err == ROND_OK) {
        err = lineages_load(store, catalogue, report, 1, arena, ret_set);
    }
    catalogue_unref(catalogue);
    return err;
}

static enum rond_err member_find(struct store *store, const char *typed, struct arena *arena, struct member *ret_member,
                                 struct fault *fault) {
    struct stored_report report;
    struct lineages set;
    const struct lineage_node *standing = NULL;
    enum rond_err err = find_report(store, typed, arena, &report, fault);
    if (err == ROND_OK) {
        err = lineage_load(store, &report, arena, &set, fault);
    }
    if (err == ROND_OK) {
        err = standing_check(&set, typed, &standing, fault);
    }
    if (err != ROND_OK) {
        return err;
    }
    *ret_member = (struct member){.typed = typed, .standing = standing->report, .original = standing->counts_as};
    return activity_of(store, ret_member, arena);
}

static enum rond_err pair_check(const struct member *a, const struct member *b, struct fault *fault) {
    if (report_key_equal(&a->original, &b->original)) {
        return fault_both(fault, ROND_ECONFLICT, 0, "reference", "%s and %s are the same report.",
                          "%s och %s är samma rapport.", a->typed, b->typed);
    }
    if (strcmp(a->standing.area, b->standing.area) != 0) {
        return fault_both(fault, ROND_EINVALID, 0, "reference",
                          "Reports of different areas are not one activity: %s is of %s, %s of %s.",
                          "Rapporter från olika områden är inte samma insats: %s är från %s, %s från %s.", a->typed,
                          a->standing.area, b->typed, b->standing.area);
    }
    if (a->standing.kind != b->standing.kind) {
        return fault_both(fault, ROND_EINVALID, 0, "reference",
                          "Reports of different kinds are not one activity: %s and %s.",
                          "Rapporter av olika sort är inte samma insats: %s och %s.", a->typed, b->typed);
    }
    return ROND_OK;
}

static enum rond_err members_find(struct store *store, const struct admin_change *change, struct arena *arena,
                                  struct member *ret_members, struct fault *fault) {
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < change->references_count && err == ROND_OK; i++) {
        err = member_find(store, change->references[i], arena, &ret_members[i], fault);
        for (size_t k = 0; k < i && err == ROND_OK; k++) {
            err = pair_check(&ret_members[k], &ret_members[i], fault);
        }
    }
    return err;
}

// --- Storing a decision, and counting by it ---

static enum rond_err refold(struct store *store, const struct report_key *keys, size_t count, struct arena *arena,
                            struct fault *fault) {
    struct catalogue *catalogue = NULL;
    enum rond_err err = catalogue_create(store, &catalogue, fault);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        struct stored_report report;
        err = store->views->report_by_key(store, &keys[i], arena, &report);
        if (err == ROND_OK) {
            err = promise_refold(store, catalogue, report.row);
        }
    }
    catalogue_unref(catalogue);
    return err;
}

static const char *typed_list(const struct member *members, size_t count, struct arena *arena) {
    const char *list = count == 0 ? "" : members[0].typed;
    for (size_t i = 1; i < count && list != NULL; i++) {
        list = arena_printf(arena, "%s,%s", list, members[i].typed);
    }
    return list;
}

static enum rond_err decide(struct admin_change *change, struct submission *submission, struct store *store,
                            struct decision *decision, const struct member *members, size_t count) {
    struct arena *arena = &submission->arena;
    struct report_key *keys = arena_array(arena, count, sizeof *keys);
    const char *list = typed_list(members, count, arena);
    uint64_t number = 0;
    if (keys == NULL || list == NULL) {
        return ROND_ENOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        keys[i] = members[i].original;
    }
    decision->reports = keys;
    decision->reports_count = count;
    decision->at_ms = change->now_ms;
    decision->actor = change->actor;
    enum rond_err err = store->registry->decision_put(store, decision, &number);
    if (err == ROND_OK && decision->kind != DECISION_DISTINCT) {
        err = refold(store, keys, count, arena, &submission->fault);
    }
    if (err == ROND_OK) {
        err = audit_put(change, store,
                        arena_printf(arena, "decision=%llu reports=%s%s%s%s%s", (unsigned long long)number, list,
                                     decision->subject[0] == '\0' ? "" : " subject=", decision->subject,
                                     decision->value[0] == '\0' ? "" : " value=", decision->value));
    }
    return err != ROND_OK ? err
                          : answer_put(change, arena,
                                       json_pack("{s:I,s:s,s:s,s:s}", "decision", (json_int_t)number, "reports", list,
                                                 "subject", decision->subject, "value", decision->value));
}

// --- Join, part, dismiss ---

static enum rond_err is_free(struct store *store, const struct member *member, const char *reference, bool *ret_free) {
    const struct joint_key joint = {member->standing.area, member->standing.kind, reference};
    uint64_t number = 0;
    enum rond_err err = store->views->joint_number(store, &joint, &number);
    *ret_free = number == 0;
    return err;
}

// A reference that one of them has already, so that whoever else reports under it is of the activity; else a new one,
// whose row is there from now on, so that it is never given twice.
static enum rond_err reference_choose(struct admin_change *change, struct store *store, const struct member *members,
                                      const char **ret_reference) {
    const struct member *first = &members[0];
    for (size_t i = 0; i < change->references_count; i++) {
        if (members[i].activity[0] != '\0') {
            *ret_reference = members[i].activity;
            return ROND_OK;
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(change->new_references); i++) {
        const struct joint_key joint = {first->standing.area, first->standing.kind, change->new_references[i]};
        bool is_new = false;
        enum rond_err err = is_free(store, first, joint.reference, &is_new);
        if (err == ROND_OK && is_new) {
            *ret_reference = joint.reference;
            err = store->ledger->joint_hold(store, &joint, 1);
        }
        if (err != ROND_OK || is_new) {
            return err;
        }
    }
    return ROND_EAGAIN; // as many taken in a row is not to be expected in this world
}

static bool all_in_one(const struct member *members, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (members[i].activity[0] == '\0' || strcmp(members[i].activity, members[0].activity) != 0) {
            return false;
        }
    }
    return true;
}

static enum rond_err make_run(struct admin_change *change, struct submission *submission, struct store *store) {
    struct member *members = arena_array(&submission->arena, change->references_count, sizeof *members);
    struct decision decision = {.kind = DECISION_JOIN, .value = ""};
    if (members == NULL) {
        return ROND_ENOMEM;
    }
    enum rond_err err = members_find(store, change, &submission->arena, members, &submission->fault);
    if (err == ROND_OK && all_in_one(members, change->references_count)) {
        err = fault_both(&submission->fault, ROND_ECONFLICT, 0, "reference", "They are joined already, as %s.",
                         "De är redan hopkopplade, som %s.", members[0].activity);
    }
    if (err == ROND_OK) {
        err = reference_choose(change, store, members, &decision.subject);
    }
    return err != ROND_OK ? err : decide(change, submission, store, &decision, members, change->references_count);
}

static enum rond_err part_run(struct admin_change *change, struct submission *submission, struct store *store) {
    struct member member;
    struct decision decision = {.kind = DECISION_PART, .subject = "", .value = ""};
    enum rond_err err = members_find(store, change, &submission->arena, &member, &submission->fault);
    if (err == ROND_OK && member.activity[0] == '\0') {
        err = refuse(&submission->fault, member.typed, "counts on its own already.", "räknas redan för sig.");
    }
    return err != ROND_OK ? err : decide(change, submission, store, &decision, &member, 1);
}

static bool names(const struct decision *decision, const struct report_key *key) {
    for (size_t i = 0; i < decision->reports_count; i++) {
        if (report_key_equal(&decision->reports[i], key)) {
            return true;
        }
    }
    return false;
}

static enum rond_err dismiss_check(struct store *store, const struct member *members, struct arena *arena,
                                   struct fault *fault) {
    struct decision *about = NULL;
    size_t count = 0;
    if (all_in_one(members, 2)) {
        return fault_both(fault, ROND_ECONFLICT, 0, "reference",
                          "They are joined as %s; undo that or part one of them first.",
                          "De är hopkopplade som %s; ångra det eller ta isär en av dem först.", members[0].activity);
    }
    enum rond_err err = store->views->decisions_about(store, &members[0].original, arena, &about, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        if (about[i].kind == DECISION_DISTINCT && about[i].undone_ms == 0 && names(&about[i], &members[1].original)) {
            err = fault_both(fault, ROND_ECONFLICT, 0, "reference", "They were told apart already, by decision %llu.",
                             "De har redan skilts åt, genom beslut %llu.", (unsigned long long)about[i].number);
        }
    }
    return err;
}

static enum rond_err dismiss_run(struct admin_change *change, struct submission *submission, struct store *store) {
    struct member members[2];
    struct decision decision = {.kind = DECISION_DISTINCT, .subject = "", .value = ""};
    enum rond_err err = members_find(store, change, &submission->arena, members, &submission->fault);
    if (err == ROND_OK) {
        err = dismiss_check(store, members, &submission->arena, &submission->fault);
    }
    return err != ROND_OK ? err : decide(change, submission, store, &decision, members, 2);
}

// --- Undo ---

static enum rond_err undo_check(struct store *store, const struct decision *decision, struct arena *arena,
                                struct fault *fault) {
    for (size_t i = 0; i < decision->reports_count; i++) {
        struct stored_report report;
        struct lineages set;
        enum rond_err err = store->views->report_by_key(store, &decision->reports[i], arena, &report);
        if (err == ROND_OK) {
            err = lineage_load(store, &report, arena, &set, fault);
        }
        if (err != ROND_OK) {
            return err;
        }
        const struct lineage_node *standing = standing_of(&set, &set.nodes[0]);
        if (standing != NULL && standing->report.erased) {
            return fault_both(
                fault, ROND_ECONFLICT, 0, "decision",
                "One of its reports was erased, and what that counts as is frozen; decide about the others anew.",
                "En av rapporterna är raderad, och vad den räknas som ligger fast; besluta om de andra på nytt.");
        }
    }
    return ROND_OK;
}

static enum rond_err undo_decision(struct admin_change *change, struct submission *submission, struct store *store,
                                   uint64_t number) {
    struct arena *arena = &submission->arena;
    struct decision decision;
    enum rond_err err = store->views->decision(store, number, arena, &decision);
    if (err == ROND_ENOTFOUND) {
        return fault_both(&submission->fault, err, 0, "decision", "There is no decision %llu; see 'rondctl join log'.",
                          "Beslut %llu finns inte.", (unsigned long long)number);
    }
    if (err == ROND_OK && decision.undone_ms != 0) {
        return fault_both(&submission->fault, ROND_ECONFLICT, 0, "decision", "Decision %llu is undone already.",
                          "Beslut %llu är redan ångrat.", (unsigned long long)number);
    }
    struct ruling ignored;
    bool rules = err == ROND_OK && decision_ruling(&decision, &ignored); // else nothing is counted by it
    if (rules) {
        err = undo_check(store, &decision, arena, &submission->fault);
    }
    if (err == ROND_OK && decision.kind == DECISION_AMEND) {
        err = amend_undo_check(change, store, &decision, arena, &submission->fault);
    }
    if (err == ROND_OK) {
        err = store->registry->decision_undo(store, number, change->now_ms, change->actor);
    }
    if (err == ROND_OK && rules) {
        err = refold(store, decision.reports, decision.reports_count, arena, &submission->fault);
    }
    if (err == ROND_OK) {
        err = audit_put(change, store, arena_printf(arena, "undone=%llu", (unsigned long long)number));
    }
    return err != ROND_OK ? err : answer_put(change, arena, json_pack("{s:I}", "undone", (json_int_t)number));
}

static enum rond_err undo_run(struct admin_change *change, struct submission *submission, struct store *store) {
    return undo_decision(change, submission, store, change->number);
}

// --- Was it there? ---

// The newest decision about this report and place that stands; 0: none.
static enum rond_err place_decision(struct store *store, const struct member *member, const char *place, struct arena *arena,
                                    struct decision *ret_decision) {
    struct decision *about = NULL;
    size_t count = 0;
    *ret_decision = (struct decision){0};
    enum rond_err err = store->views->decisions_about(store, &member->original, arena, &about, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        if (about[i].kind == DECISION_PLACE && about[i].undone_ms == 0 && strcmp(about[i].subject, place) == 0) {
            *ret_decision = about[i];
        }
    }
    return err;
}

static enum rond_err place_run(struct admin_change *change, struct submission *submission, struct store *store) {
    struct member member;
    struct decision before, decision = {.kind = DECISION_PLACE, .subject = change->place, .value = change->value};
    struct fault *fault = &submission->fault;
    enum rond_err err = members_find(store, change, &submission->arena, &member, fault);
    if (err == ROND_OK && strcmp(change->place_area, member.standing.area) != 0) {
        err = fault_both(fault, ROND_EINVALID, 0, "place", "%s is a place of %s, and report %s is of %s.",
                         "%s är en plats i %s, och rapport %s är från %s.", change->place, change->place_area, member.typed,
                         member.standing.area);
    }
    if (err == ROND_OK) {
        err = place_decision(store, &member, change->place, &submission->arena, &before);
    }
    if (err != ROND_OK) {
        return err;
    }
    if (strcmp(change->value, "undo") == 0) {
        return before.number != 0
                   ? undo_decision(change, submission, store, before.number)
                   : fault_both(fault, ROND_ENOTFOUND, 0, "place", "Nobody decided whether report %s was at %s.",
                                "Ingen har beslutat om rapport %s gällde %s.", member.typed, change->place);
    }
    if (before.number != 0 && strcmp(before.value, change->value) == 0) {
        return fault_both(fault, ROND_ECONFLICT, 0, "place", "That was decided already, by decision %llu.",
                          "Det är redan beslutat, genom beslut %llu.", (unsigned long long)before.number);
    }
    return decide(change, submission, store, &decision, &member, 1);
}

// --- Preparing ---

static enum rond_err references_prepare(json_t *arguments, size_t least, size_t most, struct arena *arena,
                                        struct admin_change *change, struct fault *fault) {
    json_t *list = json_object_get(arguments, "references");
    size_t count = json_array_size(list);
    if (count < least || count > most) {
        return least == most ? fault_both(fault, ROND_EINVALID, 0, "references", "The number of reports to name is %zu.",
                                          "Antalet rapporter att ange är %zu.", least)
                             : fault_both(fault, ROND_EINVALID, 0, "references", "Name between %zu and %zu reports.",
                                          "Ange mellan %zu och %zu rapporter.", least, most);
    }
    change->references = arena_array(arena, count, sizeof *change->references);
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (text == NULL || strlen(text) > LINE_BYTES_MAX) {
            return fault_both(fault, ROND_EINVALID, 0, "references", "A reference is a text such as K7QF2M-1A-C, or #ROW.",
                              "En referens är en text som K7QF2M-1A-C, eller #RAD.");
        }
        if (change->references == NULL || (change->references[i] = arena_text(arena, text)) == NULL) {
            return ROND_ENOMEM;
        }
    }
    change->references_count = count;
    return ROND_OK;
}

// "reference" alone, as a path names it; "references", a list of one, as rondctl does.
static enum rond_err one_reference_prepare(json_t *arguments, struct arena *arena, struct admin_change *change,
                                           struct fault *fault) {
    if (json_object_get(arguments, "reference") == NULL) {
        return references_prepare(arguments, 1, 1, arena, change, fault);
    }
    change->references = arena_array(arena, 1, sizeof *change->references);
    change->references_count = 1;
    return change->references == NULL
               ? ROND_ENOMEM
               : argument_text(arguments, "reference", LINE_BYTES_MAX, arena, &change->references[0], fault);
}

enum rond_err join_make_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                                struct admin_change *change, struct fault *fault) {
    for (size_t i = 0; i < ARRAY_COUNT(change->new_references); i++) {
        activity_reference_make(ACTIVITY_JOINED, (uint32_t)rng_u64(context->rng), change->new_references[i]);
    }
    change->run = make_run;
    return references_prepare(arguments, 2, JOIN_REPORTS_MAX, arena, change, fault);
}

enum rond_err join_part_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                                struct admin_change *change, struct fault *fault) {
    UNUSED(context);
    change->run = part_run;
    return one_reference_prepare(arguments, arena, change, fault);
}

enum rond_err join_dismiss_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                                   struct admin_change *change, struct fault *fault) {
    UNUSED(context);
    change->run = dismiss_run;
    return references_prepare(arguments, 2, 2, arena, change, fault);
}

enum rond_err join_undo_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                                struct admin_change *change, struct fault *fault) {
    UNUSED(context);
    UNUSED(arena);
    json_int_t number = json_integer_value(json_object_get(arguments, "decision"));
    if (number <= 0) {
        return fault_both(fault, ROND_EINVALID, 0, "decision",
                          "Name the number of a decision; 'rondctl join log' lists them.", "Ange ett besluts nummer.");
    }
    change->number = (uint64_t)number;
    change->run = undo_run;
    return ROND_OK;
}

enum rond_err place_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                            struct admin_change *change, struct fault *fault) {
    enum rond_err err = one_reference_prepare(arguments, arena, change, fault);
    if (err == ROND_OK) {
        err = argument_text(arguments, "place", REFERENCE_ID_BYTES_MAX, arena, &change->place, fault);
    }
    if (err == ROND_OK) {
        err = argument_text(arguments, "value", REFERENCE_ID_BYTES_MAX, arena, &change->value, fault);
    }
    if (err != ROND_OK) {
        return err;
    }
    const Rond__V1__Place *place = catalogue_place(context->catalogue, change->place);
    if (place == NULL) {
        return fault_both(fault, ROND_ENOTFOUND, 0, "place", "There is no place '%s'.", "Platsen ”%s” finns inte.",
                          change->place);
    }
    if (strcmp(change->value, "yes") != 0 && strcmp(change->value, "no") != 0 && strcmp(change->value, "undo") != 0) {
        return fault_both(fault, ROND_EINVALID, 0, "value", "Say yes (it was there), no (it was not) or undo.",
                          "Ange yes (det var där), no (det var inte där) eller undo (ångra).");
    }
    change->place_area = arena_text(arena, place->area);
    change->run = place_run;
    return change->place_area == NULL ? ROND_ENOMEM : ROND_OK;
}
