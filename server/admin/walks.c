// What a person decides about an unsafe place: who is responsible, what is promised and until when; and that nobody need
// look at it again. Kept beside the walk as decisions (read/action_state.h), each of which can be undone. No figure changes:
// nothing is folded anew.
#include <stdlib.h>
#include <string.h>

#include "admin/inner.h"
#include "read/walk_place.h"
#include "wire/limits.h"
#include "wire/personal_data.h"

struct deciding {
    struct admin_change *change;
    struct store *store;
    struct arena *arena;
    struct fault *fault;
    struct walk_place place;
    uint64_t last; // decision
    size_t count;  // of decisions made
};

static const char *finding_of(const struct admin_change *change) {
    return change->place;
}

static enum rond_err place_find(struct deciding *deciding) {
    const struct admin_change *change = deciding->change;
    struct stored_report walk;
    struct catalogue *catalogue = NULL;
    enum rond_err err = find_report(deciding->store, change->subject, deciding->arena, &walk, deciding->fault);
    if (err == ROND_OK) {
        err = catalogue_create(deciding->store, &catalogue, deciding->fault);
    }
    if (err == ROND_OK) {
        err = walk_place_find(deciding->store, catalogue, &walk, finding_of(change), change->now_ms / 1000, deciding->arena,
                              &deciding->place);
    }
    deciding->place.commitment = NULL; // the catalogue's
    catalogue_unref(catalogue);
    // A walk that was corrected meanwhile is another one by now.
    return err != ROND_ENOTFOUND || deciding->fault->text[0] != '\0'
               ? err
               : fault_both(deciding->fault, ROND_ECONFLICT, 0, "version",
                            "Walk %s has no unsafe place '%.64s' that is followed, or does not stand any more.",
                            "Vandring %s har ingen otrygg plats ”%.64s” som följs upp, eller gäller inte längre.",
                            change->subject, finding_of(change));
}

static enum rond_err version_check(const struct deciding *deciding) {
    const char *seen = deciding->change->value;
    return seen == NULL || strcmp(seen, deciding->place.version) == 0
               ? ROND_OK
               : fault_both(deciding->fault, ROND_ECONFLICT, 0, "version",
                            "Somebody has changed this place meanwhile, or looked at it again. Look at it anew.",
                            "Någon har ändrat platsen under tiden, eller sett den på nytt. Titta på den igen.");
}

static enum rond_err decision_put(struct deciding *deciding, enum action_field field, const char *value) {
    const char *subject = action_subject(field, deciding->place.look.finding, deciding->arena);
    const struct decision decision = {.kind = DECISION_ACTION,
                                      .subject = subject,
                                      .value = value,
                                      .reports = &deciding->place.look.key,
                                      .reports_count = 1,
                                      .at_ms = deciding->change->now_ms,
                                      .actor = deciding->change->actor};
    deciding->count++;
    return subject == NULL ? ROND_ENOMEM
                           : deciding->store->registry->decision_put(deciding->store, &decision, &deciding->last);
}

// ---- Setting ----

static bool field_parse(const char *name, enum action_field *ret_field) {
    for (int i = 0; i < ACTION_CLOSED; i++) {
        if (strcmp(action_field_name((enum action_field)i), name) == 0) {
            *ret_field = (enum action_field)i;
            return true;
        }
    }
    return false;
}

static const char *said(const struct walk_place *place, enum action_field field) {
    const Rond__V1__Finding *content = place->look.content;
    return content == NULL               ? ""
           : field == ACTION_RESPONSIBLE ? content->responsible
           : field == ACTION_PROMISED    ? content->promised_action
                                         : content->due;
}

static enum rond_err fields_put(struct deciding *deciding) {
    const struct admin_change *change = deciding->change;
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < change->amendments_count && err == ROND_OK; i++) {
        const struct admin_amendment *one = &change->amendments[i];
        enum action_field field = ACTION_CLOSED;
        bool is_known = field_parse(one->field, &field);
        CHECK(is_known);
        const char *now = action_state_text(&deciding->place.state, field, said(&deciding->place, field));
        if (strcmp(now, one->value) != 0) {
            err = decision_put(deciding, field, one->value);
        }
    }
    return err;
}

static enum rond_err decided(struct deciding *deciding) {
    struct admin_change *change = deciding->change;
    enum rond_err err = audit_put(change, deciding->store,
                                  arena_printf(deciding->arena, "decision=%llu report=%s finding=%s",
                                               (unsigned long long)deciding->last, change->subject, finding_of(change)));
    return err != ROND_OK
               ? err
               : answer_put(change, deciding->arena,
                            json_pack("{s:s,s:s,s:I,s:I}", "reference", change->subject, "finding", finding_of(change),
                                      "decision", (json_int_t)deciding->last, "decisions", (json_int_t)deciding->count));
}

static enum rond_err set_run(struct admin_change *change, struct submission *submission, struct store *store) {
    struct deciding deciding = {.change = change, .store = store, .arena = &submission->arena, .fault = &submission->fault};
    enum rond_err err = place_find(&deciding);
    if (err == ROND_OK) {
        err = version_check(&deciding);
    }
    if (err == ROND_OK) {
        err = fields_put(&deciding);
    }
    if (err == ROND_OK && deciding.count == 0) {
        err = fault_both(&submission->fault, ROND_ECONFLICT, 0, "set", "It says that already; nothing was changed.",
                         "Så står det redan; inget ändrades.");
    }
    return err == ROND_OK ? decided(&deciding) : err;
}

// ---- Closing ----

static enum rond_err close_run(struct admin_change *change, struct submission *submission, struct store *store) {
    struct deciding deciding = {.change = change, .store = store, .arena = &submission->arena, .fault = &submission->fault};
    enum rond_err err = place_find(&deciding);
    if (err == ROND_OK) {
        err = version_check(&deciding);
    }
    if (err == ROND_OK && deciding.place.status != WALK_OPEN) {
        err = deciding.place.status == WALK_SAFE
                  ? fault_both(&submission->fault, ROND_ECONFLICT, 0, "finding",
                               "The latest look found it safe; there is nothing to close.",
                               "Vid senaste vandringen var den trygg; det finns inget att avsluta.")
                  : fault_both(&submission->fault, ROND_ECONFLICT, 0, "finding", "It is closed already.",
                               "Den är redan avslutad.");
    }
    if (err == ROND_OK) {
        err = decision_put(&deciding, ACTION_CLOSED, change->reason);
    }
    return err == ROND_OK ? decided(&deciding) : err;
}

// ---- Preparing ----

static enum rond_err line_check(const char *name, const char *text, struct fault *fault) {
    for (const char *at = text; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f) {
            return fault_both(fault, ROND_EINVALID, 0, name, "This is one line: it may hold no line breaks or tabs.",
                              "Det här är en rad: den får inte ha radbrytningar eller tabbar.");
        }
    }
    if (strlen(text) > LINE_BYTES_MAX) {
        return fault_both(fault, ROND_EINVALID, 0, name, "This is longer than %d bytes.",
                          "Det här är längre än %d byte (å, ä och ö är två).", LINE_BYTES_MAX);
    }
    return personal_data_kinds(bytes_of_text(text)) == 0
               ? ROND_OK
               : fault_both(fault, ROND_EINVALID, 0, name,
                            "This seems to hold personal data, and goes to other organisations.",
                            "Det här verkar innehålla personuppgifter, och går till andra organisationer.");
}

// Nothing takes it back: nobody is responsible, no day.
static enum rond_err value_check(enum action_field field, const char *value, const struct catalogue *catalogue,
                                 struct fault *fault) {
    const char *name = action_field_name(field);
    day_t day;
    if (field == ACTION_RESPONSIBLE && value[0] != '\0' && catalogue_organisation(catalogue, value) == NULL) {
        return fault_both(fault, ROND_EINVALID, 0, name, "There is no organisation '%.64s'.",
                          "Organisationen ”%.64s” finns inte.", value);
    }
    if (field == ACTION_DUE && value[0] != '\0' && !day_parse(value, &day)) {
        return fault_both(fault, ROND_EINVALID, 0, name, "'%.20s' is not a day, as 2015-05-08.",
                          "”%.20s” är ingen dag; skriv som 2015-05-08.", value);
    }
    return line_check(name, value, fault);
}

static enum rond_err field_prepare(enum action_field field, json_t *arguments, const struct catalogue *catalogue,
                                   struct arena *arena, struct admin_change *change, struct fault *fault) {
    const char *name = action_field_name(field);
    json_t *value = json_object_get(arguments, name);
    if (value == NULL) {
        return ROND_OK;
    }
    if (!json_is_string(value)) {
        return fault_both(fault, ROND_EINVALID, 0, name, "'%s' is a text.", "”%s” är en text.", name);
    }
    struct admin_amendment *one = &change->amendments[change->amendments_count++];
    *one = (struct admin_amendment){name, arena_text(arena, json_string_value(value))};
    return one->value == NULL ? ROND_ENOMEM : value_check(field, one->value, catalogue, fault);
}

// Which place, and as which version it was seen: not said where nobody saw one, as by rondctl.
static enum rond_err place_prepare_of(json_t *arguments, struct arena *arena, struct admin_change *change,
                                      struct fault *fault) {
    enum rond_err err = argument_text(arguments, "reference", LINE_BYTES_MAX, arena, &change->subject, fault);
    if (err == ROND_OK) {
        err = argument_line(arguments, "finding", REFERENCE_ID_BYTES_MAX, arena, &change->place, fault);
    }
    return err == ROND_OK && json_object_get(arguments, "version") != NULL
               ? argument_text(arguments, "version", LINE_BYTES_MAX, arena, &change->value, fault)
               : err;
}

enum rond_err walk_set_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                               struct admin_change *change, struct fault *fault) {
    enum rond_err err = place_prepare_of(arguments, arena, change, fault);
    change->run = set_run;
    change->amendments = arena_array(arena, ACTION_FIELDS, sizeof *change->amendments);
    if (err == ROND_OK && change->amendments == NULL) {
        return ROND_ENOMEM;
    }
    for (int i = 0; i < ACTION_CLOSED && err == ROND_OK; i++) {
        err = field_prepare((enum action_field)i, arguments, context->catalogue, arena, change, fault);
    }
    return err == ROND_OK && change->amendments_count == 0
               ? fault_both(fault, ROND_EINVALID, 0, "set", "Say who is responsible, what is promised or until when.",
                            "Ange vem som ansvarar, vad som är lovat eller till när.")
               : err;
}

enum rond_err walk_close_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                                 struct admin_change *change, struct fault *fault) {
    UNUSED(context);
    change->run = close_run;
    if (change->reason == NULL) {
        return fault_both(fault, ROND_EINVALID, 0, "reason", "Say why, with --reason.", "Ange varför.");
    }
    enum rond_err err = line_check("reason", change->reason, fault);
    return err == ROND_OK ? place_prepare_of(arguments, arena, change, fault) : err;
}
