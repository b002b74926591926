// A report in quarantine is corrected by a person, and released. What is stored of it stays as it came: each field becomes a
// decision of that person beside it (promise/amend.h), which can be undone like any other, and a rebuild gives the same.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/inner.h"
#include "ingest/validate.h"
#include "promise/amend.h"
#include "promise/apply.h"
#include "store/shape.h"
#include "wire/codec.h"
#include "wire/limits.h"
#include "wire/personal_data.h"
#include "wire/report_check.h"

enum { FIELDS_MAX = 32 };

struct amending {
    struct admin_change *change;
    struct store *store;
    struct arena *arena;
    struct fault *fault;
    struct catalogue *catalogue;
    struct stored_report report;
    Rond__V1__Report *decoded; // as it says from now on
    bool times;
};

static enum rond_err refuse(struct amending *amending, const char *why, const char *why_sv) {
    (void)fault_set(amending->fault, ROND_ECONFLICT, 0, "reference", "Report %s %s", amending->change->subject, why);
    return fault_in_swedish(amending->fault, ROND_ECONFLICT, "Rapport %s %s", amending->change->subject, why_sv);
}

static enum rond_err report_find(struct amending *amending) {
    struct stored_report *report = &amending->report;
    enum rond_err err = find_report(amending->store, amending->change->subject, amending->arena, report, amending->fault);
    if (err != ROND_OK) {
        return err;
    }
    if (report->verdict != VERDICT_QUARANTINED) {
        return refuse(amending, "is not in quarantine: its device corrects it.",
                      "är inte i karantän: den rättas från sin enhet.");
    }
    if (report->discarded) {
        return refuse(amending, "was set aside; it never counts.", "är lagd åt sidan; den räknas aldrig.");
    }
    if (report->erased) {
        return refuse(amending, "was erased.", "är raderad.");
    }
    if (report->is_withdrawal) {
        return refuse(amending, "is a withdrawal; there is nothing in it to amend.",
                      "är ett återtagande; det finns inget i den att rätta.");
    }
    err = codec_report_decode(amending->arena, report->record.report, &amending->decoded, NULL);
    return err == ROND_EINVALID
               ? refuse(amending, "cannot be read, and so not amended.", "går inte att läsa, och därför inte att rätta.")
               : err;
}

// ---- Values ----

static bool is_time(const char *field) {
    return strncmp(field, "occurred_", 9) == 0;
}

// "2015-05-08 14:00" by the wall of the area, as seconds; what is none stays as it was said.
static const char *time_normal(const struct amending *amending, const char *value) {
    const Rond__V1__TimeZone *zone = catalogue_zone_of_area(amending->catalogue, amending->report.area);
    char date[DATE_TEXT_SIZE];
    unsigned hour, minute;
    day_t day;
    bool is_local =
        strlen(value) == 16 && (value[10] == ' ' || value[10] == 'T') && sscanf(value + 11, "%2u:%2u", &hour, &minute) == 2;
    if (!is_local || zone == NULL || hour > 23 || minute > 59) {
        return value;
    }
    memcpy(date, value, 10);
    date[10] = '\0';
    return day_parse(date, &day)
               ? arena_printf(amending->arena, "%lld", (long long)zone_instant(zone, day, (int)(60 * hour + minute)))
               : value;
}

static enum rond_err field_take(struct amending *amending, struct admin_amendment *one) {
    if (is_time(one->field)) {
        one->value = time_normal(amending, one->value);
        amending->times = true;
    }
    if (one->value == NULL) {
        return ROND_ENOMEM;
    }
    if (personal_data_kinds(bytes_of_text(one->value)) != 0) {
        return fault_both(amending->fault, ROND_EINVALID, 0, one->field, "The value seems to hold personal data.",
                          "Värdet verkar innehålla personuppgifter.");
    }
    return amend_field(amending->decoded, one->field, one->value, amending->arena, amending->fault);
}

static enum rond_err before_take(struct amending *amending, const struct ruling_list *before) {
    return amend_by_rulings(amending->decoded, before->rulings, before->count, amending->arena, &amending->times);
}

// Whatever was amended of it before, and what is now.
static enum rond_err fields_take(struct amending *amending) {
    struct ruling_list before;
    enum rond_err err =
        amending->store->ledger->rulings_of(amending->store, &amending->report.key, 1, amending->arena, &before);
    if (err == ROND_OK) {
        err = before_take(amending, &before);
    }
    for (size_t i = 0; i < amending->change->amendments_count && err == ROND_OK; i++) {
        err = field_take(amending, &amending->change->amendments[i]);
    }
    amend_end(amending->decoded);
    return err;
}

// ---- Is it a report that would have been taken in? ----

static enum rond_err times_check(struct amending *amending) {
    uint32_t uncertainty_s = amending->times ? 0 : amending->report.uncertainty_s;
    int64_t latest_s = amending->change->now_ms / 1000 + FUTURE_ALLOWED_S + uncertainty_s;
    int64_t to_s = amending->times ? amending->decoded->occurred_to_s : amending->report.to_s;
    return to_s <= latest_s
               ? ROND_OK
               : fault_both(amending->fault, ROND_EINVALID, 0, "occurred_to_s",
                            "The report says that it happened in the future.", "Rapporten säger att det hände i framtiden.");
}

static enum rond_err whole_check(struct amending *amending) {
    const char *commitment = amending->decoded->commitment;
    enum rond_err err = report_check(amending->decoded, amending->fault);
    if (err == ROND_OK) {
        err = validate_words(amending->catalogue, amending->report.area, amending->decoded, amending->fault);
    }
    if (err == ROND_OK && commitment[0] != '\0' && catalogue_commitment_by_path(amending->catalogue, commitment) == NULL) {
        err = fault_both(amending->fault, ROND_EINVALID, 0, "commitment", "There is no such commitment.",
                         "Åtagandet finns inte.");
    }
    return err == ROND_OK ? times_check(amending) : err;
}

// ---- Keeping it ----

static enum rond_err decisions_put(struct amending *amending) {
    const struct admin_change *change = amending->change;
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < change->amendments_count && err == ROND_OK; i++) {
        const struct decision decision = {.kind = DECISION_AMEND,
                                          .subject = change->amendments[i].field,
                                          .value = change->amendments[i].value,
                                          .reports = &amending->report.key,
                                          .reports_count = 1,
                                          .at_ms = change->now_ms,
                                          .actor = change->actor};
        uint64_t number;
        err = amending->store->registry->decision_put(amending->store, &decision, &number);
    }
    return err;
}

static const char *detail_of(const struct amending *amending) {
    const struct admin_change *change = amending->change;
    const char *detail = arena_printf(amending->arena, "row=%llu", (unsigned long long)amending->report.row);
    for (size_t i = 0; i < change->amendments_count && detail != NULL; i++) {
        detail = arena_printf(amending->arena, "%s %s=%s", detail, change->amendments[i].field, change->amendments[i].value);
    }
    return detail;
}

static enum rond_err keep(struct amending *amending) {
    struct store *store = amending->store;
    enum rond_err err = decisions_put(amending);
    if (err == ROND_OK && !amending->report.released) {
        err = store->ledger->quarantine_decide(store, amending->report.row, true);
    }
    if (err == ROND_OK) {
        err = promise_refold(store, amending->catalogue, amending->report.row);
    }
    return err == ROND_OK ? audit_put(amending->change, store, detail_of(amending)) : err;
}

static enum rond_err amend_run(struct admin_change *change, struct submission *submission, struct store *store) {
    struct amending amending = {.change = change, .store = store, .arena = &submission->arena, .fault = &submission->fault};
    enum rond_err err = catalogue_create(store, &amending.catalogue, &submission->fault);
    if (err == ROND_OK) {
        err = report_find(&amending);
    }
    if (err == ROND_OK) {
        err = fields_take(&amending);
    }
    if (err == ROND_OK) {
        err = whole_check(&amending);
    }
    if (err == ROND_OK) {
        err = keep(&amending);
    }
    catalogue_unref(amending.catalogue);
    return err != ROND_OK
               ? err
               : answer_put(change, &submission->arena,
                            json_pack("{s:s,s:s,s:I,s:I}", "reference", change->subject, "decided", "amended", "row",
                                      (json_int_t)amending.report.row, "fields", (json_int_t)change->amendments_count));
}

// ---- Taking one back ----

// What was decided of the report but for that one.
static enum rond_err rulings_without(struct amending *amending, uint64_t number, struct ruling_list *ret_list) {
    struct decision *about = NULL;
    size_t count = 0;
    enum rond_err err =
        amending->store->views->decisions_about(amending->store, &amending->report.key, amending->arena, &about, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        about[i].undone_ms = about[i].number == number ? amending->change->now_ms : about[i].undone_ms;
    }
    return err == ROND_OK ? decisions_rule(about, count, amending->arena, ret_list) : err;
}

static enum rond_err remains_take(struct amending *amending, const struct decision *undone) {
    struct ruling_list rest;
    enum rond_err err =
        amending->store->views->report_by_key(amending->store, &undone->reports[0], amending->arena, &amending->report);
    if (err == ROND_OK) {
        err = codec_report_decode(amending->arena, amending->report.record.report, &amending->decoded, NULL);
    }
    if (err == ROND_OK) {
        err = rulings_without(amending, undone->number, &rest);
    }
    if (err == ROND_OK) {
        err = before_take(amending, &rest);
    }
    if (err == ROND_OK) {
        amend_end(amending->decoded);
    }
    return err;
}

enum rond_err amend_undo_check(struct admin_change *change, struct store *store, const struct decision *undone,
                               struct arena *arena, struct fault *fault) {
    struct fault why = {0};
    struct amending amending = {.change = change, .store = store, .arena = arena, .fault = &why};
    enum rond_err err = catalogue_create(store, &amending.catalogue, fault);
    if (err == ROND_OK) {
        err = remains_take(&amending, undone);
    }
    if (err == ROND_OK) {
        err = whole_check(&amending);
    }
    catalogue_unref(amending.catalogue);
    return err != ROND_EINVALID ? err
                                : fault_both(fault, ROND_ECONFLICT, 0, "decision",
                                             "Without it the report would not have been taken in, for its %.40s, and it "
                                             "counts; amend it again instead.",
                                             "Utan den skulle rapporten inte ha tagits emot, för fältet %.40s, och den "
                                             "räknas; rätta den igen i stället.",
                                             why.field[0] == '\0' ? "contents" : why.field);
}

enum rond_err amend_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                            struct admin_change *change, struct fault *fault) {
    UNUSED(context);
    json_t *set = json_object_get(arguments, "set"), *value;
    const char *field;
    size_t count = json_object_size(set);
    change->run = amend_run;
    if (count == 0 || count > FIELDS_MAX) {
        return fault_both(fault, ROND_EINVALID, 0, "set", "Say between 1 and %d fields, each with what it is to say.",
                          "Ange mellan 1 och %d fält, vart och ett med vad det ska säga.", FIELDS_MAX);
    }
    change->amendments = arena_array(arena, count, sizeof *change->amendments);
    if (change->amendments == NULL) {
        return ROND_ENOMEM;
    }
    json_object_foreach(set, field, value) {
        const char *text = json_string_value(value);
        if (text == NULL || strlen(field) >= FAULT_FIELD_SIZE || strlen(text) > AMEND_VALUE_BYTES_MAX) {
            return fault_both(fault, ROND_EINVALID, 0, "set", "A field and what it is to say are short texts.",
                              "Ett fält och vad det ska säga är korta texter.");
        }
        struct admin_amendment *one = &change->amendments[change->amendments_count++];
        *one = (struct admin_amendment){arena_text(arena, field), arena_text(arena, text)};
        if (one->field == NULL || one->value == NULL) {
            return ROND_ENOMEM;
        }
    }
    return argument_text(arguments, "reference", LINE_BYTES_MAX, arena, &change->subject, fault);
}
