// Personal data in its texts is flagged, whatever the verdict: a flag neither counts nor refuses anything.
//
// Three questions in turn: can it be read, does it hold what any report must hold (wire/report_check.h), and are its words
// known here? The first "no" decides the verdict. Then the fields that the ledger keeps are filled from whatever can be
// trusted: an area or a target only where it has the right form.
#include "ingest/validate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "wire/codes.h"
#include "wire/free_text.h"
#include "wire/limits.h"
#include "wire/report_check.h"

// What is wrong; field and text as in a fault. The sentence is stored, sent and listed, so a word that seems to point out a
// citizen is not repeated in it.
static enum rond_err wrong(struct fault *fault, unsigned code, const char *field, const char *word) {
    if (word == NULL || personal_data_kinds(bytes_of_text(word)) != 0) {
        (void)fault_set(fault, ROND_EINVALID, code, field, "%s", wire_code_sentence(code));
        return fault_in_swedish(fault, ROND_EINVALID, "%s", wire_code_sentence_swedish(code));
    }
    (void)fault_set(fault, ROND_EINVALID, code, field, "%s (%s)", wire_code_sentence(code), word);
    return fault_in_swedish(fault, ROND_EINVALID, "%s (%s)", wire_code_sentence_swedish(code), word);
}

static bool is_empty(const char *text) {
    return text == NULL || text[0] == '\0';
}

// ---- Words ----

struct words {
    const struct validate_context *context;
    const char *area;
    struct fault *fault;
};

static enum rond_err check_place(const struct words *words, const char *field, const char *id) {
    if (is_empty(id))
        return ROND_OK;
    const Rond__V1__Place *place = catalogue_place(words->context->catalogue, id);
    return place != NULL && strcmp(place->area, words->area) == 0 ? ROND_OK
                                                                  : wrong(words->fault, CODE_PLACE_UNKNOWN, field, id);
}

static enum rond_err check_term(const struct words *words, const char *field, const char *list, const char *id) {
    if (is_empty(id) || catalogue_term(words->context->catalogue, list, id) != NULL)
        return ROND_OK;
    return wrong(words->fault, CODE_TERM_UNKNOWN, field, id);
}

static enum rond_err check_organisation(const struct words *words, const char *field, const char *id) {
    if (is_empty(id) || catalogue_organisation(words->context->catalogue, id) != NULL)
        return ROND_OK;
    return wrong(words->fault, CODE_ORGANISATION_UNKNOWN, field, id);
}

static const char *indexed(char path[FAULT_FIELD_SIZE], const char *base, size_t index, const char *name) {
    snprintf(path, FAULT_FIELD_SIZE, "%s[%zu]%s%s", base, index, name[0] == '\0' ? "" : ".", name);
    return path;
}

static enum rond_err check_organisations(const struct words *words, const Rond__V1__Report *report) {
    char path[FAULT_FIELD_SIZE];
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < report->n_organisations && err == ROND_OK; i++)
        err = check_organisation(words, indexed(path, "organisations", i, ""), report->organisations[i]);
    return err;
}

static enum rond_err check_handout_words(const struct words *words, const Rond__V1__Handout *handout) {
    char path[FAULT_FIELD_SIZE];
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < handout->n_items && err == ROND_OK; i++)
        err = check_term(words, indexed(path, "handout.items", i, "item"), "item", handout->items[i]->item);
    return err;
}

static enum rond_err check_patrol_words(const struct words *words, const Rond__V1__Patrol *patrol) {
    char path[FAULT_FIELD_SIZE];
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < patrol->n_persons && err == ROND_OK; i++)
        err = check_term(words, indexed(path, "patrol.persons", i, "role"), "role", patrol->persons[i]->role);
    return err;
}

static enum rond_err check_walk_words(const struct words *words, const Rond__V1__Walk *walk) {
    char path[FAULT_FIELD_SIZE];
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < walk->n_findings && err == ROND_OK; i++) {
        err = check_place(words, indexed(path, "walk.findings", i, "place"), walk->findings[i]->place);
        if (err == ROND_OK)
            err =
                check_organisation(words, indexed(path, "walk.findings", i, "responsible"), walk->findings[i]->responsible);
    }
    return err;
}

static enum rond_err check_inventory_words(const struct words *words, const Rond__V1__Inventory *inventory) {
    char path[FAULT_FIELD_SIZE];
    enum rond_err err = check_term(words, "inventory.of", "inventory", inventory->of);
    for (size_t i = 0; i < inventory->n_findings && err == ROND_OK; i++)
        err = check_place(words, indexed(path, "inventory.findings", i, "place"), inventory->findings[i]->place);
    return err;
}

static enum rond_err check_body_words(const struct words *words, const Rond__V1__Report *report) {
    switch (report->body_case) {
    case ROND__V1__REPORT__BODY_CHECK:
        return check_term(words, "check.of", "check", report->check->of);
    case ROND__V1__REPORT__BODY_HANDOUT:
        return check_handout_words(words, report->handout);
    case ROND__V1__REPORT__BODY_PATROL:
        return check_patrol_words(words, report->patrol);
    case ROND__V1__REPORT__BODY_WALK:
        return check_walk_words(words, report->walk);
    case ROND__V1__REPORT__BODY_MEETING:
        return check_term(words, "meeting.with", "counterpart", report->meeting->with);
    case ROND__V1__REPORT__BODY_INVENTORY:
        return check_inventory_words(words, report->inventory);
    case ROND__V1__REPORT__BODY_INITIATIVE:
        return check_term(words, "initiative.type", "initiative", report->initiative->type);
    case ROND__V1__REPORT__BODY_WITHDRAWAL:
    case ROND__V1__REPORT__BODY__NOT_SET:
    default:
        return ROND_OK;
    }
}

// ---- Who and when ----

static bool role_is_enrolled(const struct device_record *device, const char *role) {
    for (size_t i = 0; i < device->roles_count; i++)
        if (strcmp(device->roles[i], role) == 0)
            return true;
    return false;
}

static enum rond_err check_future(const struct validate_context *context, const struct time_estimate *estimate,
                                  struct fault *fault) {
    int64_t latest_s = context->now_ms / 1000 + FUTURE_ALLOWED_S + estimate->uncertainty_s;
    if (estimate->from_s > latest_s)
        return wrong(fault, CODE_TIME_IMPLAUSIBLE, "occurred_from_s", NULL);
    return estimate->to_s > latest_s ? wrong(fault, CODE_TIME_IMPLAUSIBLE, "occurred_to_s", NULL) : ROND_OK;
}

static enum rond_err check_here(const struct validate_context *context, const char *area, const Rond__V1__Report *report,
                                const struct time_estimate *estimate, struct fault *fault) {
    struct words words = {context, area, fault};
    if (context->device->status == DEVICE_RETIRED)
        return wrong(fault, CODE_DEVICE_RETIRED, "", NULL);
    if (!role_is_enrolled(context->device, report->role))
        return wrong(fault, CODE_ROLE_NOT_ENROLLED, "role", report->role);
    if (catalogue_area(context->catalogue, area) == NULL)
        return wrong(fault, CODE_AREA_UNKNOWN, "area", area);
    enum rond_err err = check_place(&words, "place", report->place);
    if (err == ROND_OK)
        err = check_organisations(&words, report);
    if (err == ROND_OK)
        err = check_body_words(&words, report);
    return err == ROND_OK ? check_future(context, estimate, fault) : err;
}

enum rond_err validate_words(const struct catalogue *catalogue, const char *area, const Rond__V1__Report *report,
                             struct fault *fault) {
    const struct validate_context context = {.catalogue = catalogue};
    struct words words = {&context, area, fault};
    enum rond_err err = check_term(&words, "role", "role", report->role);
    if (err == ROND_OK)
        err = check_place(&words, "place", report->place);
    if (err == ROND_OK)
        err = check_organisations(&words, report);
    return err == ROND_OK ? check_body_words(&words, report) : err;
}

// ---- What the ledger keeps ----

static const char *area_of(const struct validate_context *context, const Rond__V1__Report *report) {
    return !is_empty(report->area) && reference_id_is_valid(report->area) ? report->area : context->device->area;
}

static void take_target(const Rond__V1__Report *report, struct ledger_report *ret_report) {
    const Rond__V1__Identity *target = report->corrects;
    ret_report->is_withdrawal = report->body_case == ROND__V1__REPORT__BODY_WITHDRAWAL;
    if (ret_report->is_withdrawal)
        target = report->withdrawal->target;
    ret_report->has_target =
        target != NULL && target->seq > 0 && report_key_from_identity(target, &ret_report->target) == ROND_OK;
}

static enum rond_err quarantine(struct arena *arena, const struct fault *fault, struct ledger_report *ret_report) {
    ret_report->verdict = VERDICT_QUARANTINED;
    ret_report->code = fault->code;
    ret_report->reason = arena_text(arena, fault->text);
    ret_report->field = arena_text(arena, fault->field);
    return ret_report->reason != NULL && ret_report->field != NULL ? ROND_OK : ROND_ENOMEM;
}

static enum rond_err validate_readable(const struct validate_context *context, Rond__V1__Report *report, struct arena *arena,
                                       struct ledger_report *ret_report) {
    struct fault fault = {0};
    struct time_estimate estimate;
    estimate_time(&context->clock, report, context->now_ms, &estimate);
    ret_report->kind = report_kind(report);
    ret_report->area = area_of(context, report);
    ret_report->claimed_ms = estimate.claimed_ms;
    ret_report->from_s = estimate.from_s;
    ret_report->to_s = estimate.to_s;
    ret_report->uncertainty_s = estimate.uncertainty_s;
    take_target(report, ret_report);
    ret_report->flagged = free_texts_kinds(report);
    enum rond_err err = report_check(report, &fault);
    if (err == ROND_OK)
        err = check_here(context, ret_report->area, report, &estimate, &fault);
    if (err == ROND_OK)
        return ROND_OK;
    return err == ROND_EINVALID ? quarantine(arena, &fault, ret_report) : err;
}

enum rond_err validate_report(const struct validate_context *context, const struct record *record, struct arena *arena,
                              struct ledger_report *ret_report) {
    int64_t now_s = context->now_ms / 1000;
    struct ledger_report result = {
        .record = *record,
        .verdict = VERDICT_APPLIED,
        .area = context->device->area,
        .claimed_ms = context->now_ms,
        .from_s = now_s,
        .to_s = now_s,
    };
    struct fault fault = {0};
    Rond__V1__Report *report = NULL;
    enum rond_err err = codec_report_decode(arena, record->report, &report, &fault);
    if (err == ROND_EINVALID) {
        result.flagged = personal_data_kinds(record->report); // kept whole too
        err = quarantine(arena, &fault, &result);
    } else if (err == ROND_OK) {
        err = validate_readable(context, report, arena, &result);
    }
    if (err != ROND_OK)
        return err;
    result.decoded = report;
    result.salt = ret_report->salt;
    result.leaf = ret_report->leaf;
    *ret_report = result;
    return ROND_OK;
}
