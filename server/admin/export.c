// Exports: who took one, for whom and by which decision, is noted before anything is read. Who asked to see public records
// is not recorded.
#include <string.h>

#include "admin/inner.h"
#include "counting/zone.h"
#include "store/disclosure.h"
#include "wire/limits.h"

static enum rond_err export_run(struct admin_change *change, struct submission *submission, struct store *store) {
    enum rond_err err = audit_put(change, store, change->value);
    return err != ROND_OK ? err : answer_put(change, &submission->arena, json_object());
}

static enum rond_err organisation_argument(json_t *arguments, const char *name, const struct catalogue *catalogue,
                                           bool or_public, struct arena *arena, const char **ret_organisation,
                                           struct fault *fault) {
    enum rond_err err = argument_text(arguments, name, REFERENCE_ID_BYTES_MAX, arena, ret_organisation, fault);
    bool is_public = err == ROND_OK && or_public && strcmp(*ret_organisation, DISCLOSURE_PUBLIC) == 0;
    if (err == ROND_OK && !is_public && catalogue_organisation(catalogue, *ret_organisation) == NULL) {
        err = fault_both(fault, ROND_EINVALID, 0, name, "There is no organisation '%s'; see 'rondctl words'.",
                         "Organisationen ”%s” finns inte.", *ret_organisation);
    }
    return err;
}

enum rond_err export_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                             struct admin_change *change, struct fault *fault) {
    const char *whom = NULL;
    enum rond_err err = ROND_OK;
    change->run = export_run;
    change->value = "";
    if (json_object_get(arguments, "for") != NULL) {
        err = organisation_argument(arguments, "for", context->catalogue, true, arena, &whom, fault);
        change->value = err == ROND_OK ? arena_printf(arena, "for=%s", whom) : "";
    }
    return err == ROND_OK && change->value == NULL ? ROND_ENOMEM : err;
}

static enum rond_err area_argument(json_t *arguments, const struct catalogue *catalogue, struct arena *arena,
                                   struct admin_change *change, struct fault *fault) {
    const char *area;
    if (json_object_get(arguments, "area") == NULL) {
        return ROND_OK;
    }
    enum rond_err err = argument_text(arguments, "area", REFERENCE_ID_BYTES_MAX, arena, &area, fault);
    if (err == ROND_OK && catalogue_area(catalogue, area) == NULL) {
        err = fault_both(fault, ROND_EINVALID, 0, "area", "There is no area '%s'; see 'rondctl promise list'.",
                         "Området ”%s” finns inte.", area);
    }
    change->value = err == ROND_OK ? arena_printf(arena, "%s area=%s", change->value, area) : change->value;
    return err == ROND_OK && change->value == NULL ? ROND_ENOMEM : err;
}

static enum rond_err day_argument(json_t *arguments, const char *name, struct arena *arena, struct admin_change *change,
                                  struct fault *fault) {
    const char *text;
    day_t day;
    if (json_object_get(arguments, name) == NULL) {
        return ROND_OK;
    }
    enum rond_err err = argument_text(arguments, name, REFERENCE_ID_BYTES_MAX, arena, &text, fault);
    if (err == ROND_OK && !day_parse(text, &day)) {
        err = fault_both(fault, ROND_EINVALID, 0, name, "'%s' is no day; write 2026-05-08.",
                         "”%s” är ingen dag; skriv som 2026-05-08.", text);
    }
    change->value = err == ROND_OK ? arena_printf(arena, "%s %s=%s", change->value, name, text) : change->value;
    return err == ROND_OK && change->value == NULL ? ROND_ENOMEM : err;
}

enum rond_err export_public_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                                    struct admin_change *change, struct fault *fault) {
    const char *controller;
    change->run = export_run;
    enum rond_err err = argument_line(arguments, "decision", LINE_BYTES_MAX, arena, &change->subject, fault);
    if (err == ROND_OK) {
        err = organisation_argument(arguments, "controller", context->catalogue, false, arena, &controller, fault);
    }
    if (err != ROND_OK) {
        return err;
    }
    change->value = arena_printf(arena, "decision=%s controller=%s", change->subject, controller);
    err = change->value == NULL ? ROND_ENOMEM : area_argument(arguments, context->catalogue, arena, change, fault);
    if (err == ROND_OK) {
        err = day_argument(arguments, "from", arena, change, fault);
    }
    return err == ROND_OK ? day_argument(arguments, "to", arena, change, fault) : err;
}
