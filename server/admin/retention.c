// Retention: its rules, legal holds, and a run that erases what is due, step by step. Each step is a change of its own with
// a line of the protocol for each rule and controller, so that it takes the committer a moment, and whatever ends a run
// between two steps, the next run goes on where it stopped.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/inner.h"
#include "counting/zone.h"
#include "promise/forget.h"
#include "read/retention.h"
#include "wire/identity_text.h"
#include "wire/limits.h"

enum { STEP_SCAN = 4096, STEP_ERASE = 512, NOTES_MAX = 64, FORKS_PAGE = 64 };

// --- Rules ---

static enum rond_err rule_put_run(struct admin_change *change, struct submission *submission, struct store *store) {
    struct rule rule = {.kind = change->rule_kind,
                        .id = change->subject,
                        .body = change->value,
                        .at_ms = change->now_ms,
                        .actor = change->actor};
    enum rond_err err = store->registry->rule_put(store, &rule);
    if (err == ROND_ENOTFOUND) {
        return fault_both(&submission->fault, err, 0, "id", "There is no '%s' to take away.",
                          "Det finns inget ”%s” att ta bort.", change->subject);
    }
    if (err == ROND_OK) {
        err = audit_put(change, store,
                        change->value == NULL ? change->subject
                                              : arena_printf(&submission->arena, "%s %s", change->subject, change->value));
    }
    return err != ROND_OK ? err : answer_put(change, &submission->arena, json_pack("{s:s}", "id", change->subject));
}

// The body of a rule as it is stored: one line of JSON with its keys in order.
enum rond_err rule_body_put(struct admin_change *change, json_t *take_body, struct arena *arena) {
    char *text = take_body == NULL ? NULL : json_dumps(take_body, JSON_COMPACT | JSON_SORT_KEYS);
    change->value = text == NULL ? NULL : arena_text(arena, text);
    free(text);
    json_decref(take_body);
    change->run = rule_put_run;
    return change->value == NULL ? ROND_ENOMEM : ROND_OK;
}

enum rond_err rule_remove(struct admin_change *change) {
    change->value = NULL;
    change->run = rule_put_run;
    return ROND_OK;
}

// "*" or an organisation that is known.
enum rond_err controller_prepare(json_t *arguments, const char *name, const struct catalogue *catalogue, struct arena *arena,
                                 const char **ret_controller, struct fault *fault) {
    enum rond_err err = argument_text(arguments, name, REFERENCE_ID_BYTES_MAX, arena, ret_controller, fault);
    if (err == ROND_OK && strcmp(*ret_controller, RETENTION_EVERYBODY) != 0 &&
        catalogue_organisation(catalogue, *ret_controller) == NULL) {
        err = fault_both(fault, ROND_EINVALID, 0, name, "There is no organisation '%s'; see 'rondctl words'.",
                         "Organisationen ”%s” finns inte.", *ret_controller);
    }
    return err;
}

static enum rond_err rule_named(json_t *arguments, const struct admin_context *context, struct arena *arena,
                                struct admin_change *change, const char **ret_controller, const char **ret_category,
                                struct fault *fault) {
    enum rond_err err = controller_prepare(arguments, "controller", context->catalogue, arena, ret_controller, fault);
    if (err == ROND_OK) {
        err = argument_text(arguments, "category", REFERENCE_ID_BYTES_MAX, arena, ret_category, fault);
    }
    if (err == ROND_OK && !retention_category_is_known(*ret_category)) {
        err = fault_both(fault, ROND_EINVALID, 0, "category",
                         "There is no category '%s'; it is a kind of report (check, campaign_handout, visible_patrol, "
                         "safety_walk, meeting,"
                         " inventory, initiative), withdrawal, quarantined, flagged or default.",
                         "Kategorin ”%s” finns inte; den är en sorts rapport (check, campaign_handout, visible_patrol, "
                         "safety_walk, meeting, inventory, initiative), withdrawal, quarantined, flagged eller default.",
                         *ret_category);
    }
    if (err != ROND_OK) {
        return err;
    }
    change->rule_kind = RULE_RETENTION;
    change->subject = arena_printf(arena, "%s/%s", *ret_controller, *ret_category);
    return change->subject == NULL ? ROND_ENOMEM : ROND_OK;
}

enum rond_err retention_set_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                                    struct admin_change *change, struct fault *fault) {
    const char *controller, *category, *keep;
    struct retention_keep parsed;
    enum rond_err err = rule_named(arguments, context, arena, change, &controller, &category, fault);
    if (err == ROND_OK) {
        err = argument_text(arguments, "keep", 32, arena, &keep, fault);
    }
    if (err == ROND_OK && !retention_keep_parse(keep, &parsed)) {
        err = fault_both(
            fault, ROND_EINVALID, 0, "keep",
            "'%s' is no time to keep: say year+1y (until one year after the end of the calendar year of receipt; 0 to %d)"
            " or 90d (days from receipt).",
            "”%s” är ingen tid att bevara: ange year+1y (till ett år efter slutet av kalenderåret då den kom in; 0 till %d) "
            "eller 90d (dagar från att den kom in).",
            keep, RETENTION_YEARS_MAX);
    }
    return err == ROND_OK
               ? rule_body_put(
                     change, json_pack("{s:s,s:s,s:s}", "controller", controller, "category", category, "keep", keep), arena)
               : err;
}

enum rond_err retention_unset_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                                      struct admin_change *change, struct fault *fault) {
    const char *controller, *category;
    enum rond_err err = rule_named(arguments, context, arena, change, &controller, &category, fault);
    return err == ROND_OK ? rule_remove(change) : err;
}

// --- Holds ---

// Rather a few hours too much than too little: what is held is only kept.
enum { HOLD_EARLIER_S = 2 * 3600 };

static enum rond_err day_argument(json_t *arguments, const char *name, bool is_end, json_t *body, const char *field,
                                  struct fault *fault) {
    const char *text = json_string_value(json_object_get(arguments, name));
    day_t day = 0;
    if (text == NULL) {
        return ROND_OK;
    }
    if (!day_parse(text, &day)) {
        return fault_both(fault, ROND_EINVALID, 0, name, "'%.40s' is no day; write 2026-05-08.",
                          "”%.40s” är ingen dag; skriv som 2026-05-08.", text);
    }
    int64_t at_s = is_end ? ((int64_t)day + 1) * 86400 : (int64_t)day * 86400 - HOLD_EARLIER_S;
    return json_object_set_new(body, field, json_integer((json_int_t)at_s)) == 0 ? ROND_OK : ROND_ENOMEM;
}

// Of whom, and where: what is not known here would hold nothing.
static enum rond_err held_where(json_t *arguments, const struct catalogue *catalogue, json_t *body, struct arena *arena,
                                struct fault *fault) {
    const char *controller = RETENTION_EVERYBODY, *area = NULL;
    enum rond_err err = ROND_OK;
    if (json_object_get(arguments, "controller") != NULL) {
        err = controller_prepare(arguments, "controller", catalogue, arena, &controller, fault);
    }
    if (err == ROND_OK && json_object_get(arguments, "area") != NULL) {
        err = argument_text(arguments, "area", REFERENCE_ID_BYTES_MAX, arena, &area, fault);
    }
    if (err == ROND_OK && area != NULL && catalogue_area(catalogue, area) == NULL) {
        err = fault_both(fault, ROND_EINVALID, 0, "area", "There is no area '%s'; see 'rondctl promise list'.",
                         "Området ”%s” finns inte.", area);
    }
    bool is_everybody = strcmp(controller, RETENTION_EVERYBODY) == 0;
    if (err == ROND_OK && ((!is_everybody && json_object_set_new(body, "controller", json_string(controller)) != 0) ||
                           (area != NULL && json_object_set_new(body, "area", json_string(area)) != 0))) {
        err = ROND_ENOMEM;
    }
    return err;
}

static enum rond_err held_when(json_t *arguments, json_t *body, struct fault *fault) {
    enum rond_err err = day_argument(arguments, "from", false, body, "from_s", fault);
    if (err == ROND_OK) {
        err = day_argument(arguments, "to", true, body, "to_s", fault);
    }
    json_t *from = json_object_get(body, "from_s"), *to = json_object_get(body, "to_s");
    if (err == ROND_OK && from != NULL && to != NULL &&
        json_integer_value(from) + HOLD_EARLIER_S >= json_integer_value(to)) {
        err = fault_both(fault, ROND_EINVALID, 0, "to", "The last day is before the first.",
                         "Sista dagen är före den första.");
    }
    return err;
}

static enum rond_err hold_run(struct admin_change *change, struct submission *submission, struct store *store) {
    json_error_t error;
    if (change->references_count == 0) {
        return rule_put_run(change, submission, store);
    }
    struct stored_report report;
    char identity[IDENTITY_TEXT_SIZE];
    enum rond_err err = find_report(store, change->references[0], &submission->arena, &report, &submission->fault);
    if (err != ROND_OK) {
        return err;
    }
    identity_text_format(&report.key.device, &report.key.outbox, report.key.seq, identity);
    json_t *body = json_loads(change->value, 0, &error);
    // Whose it is and where, so that who may lift it can be told (admin/right.c). It is held by its identity.
    if (body == NULL || json_object_set_new(body, "report", json_string(identity)) != 0 ||
        (json_object_get(body, "controller") == NULL &&
         json_object_set_new(body, "controller", json_string(report.organisation)) != 0) ||
        (json_object_get(body, "area") == NULL && json_object_set_new(body, "area", json_string(report.area)) != 0)) {
        json_decref(body);
        return ROND_ENOMEM;
    }
    err = rule_body_put(change, body, &submission->arena);
    return err == ROND_OK ? rule_put_run(change, submission, store) : err;
}

enum rond_err hold_add_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                               struct admin_change *change, struct fault *fault) {
    json_t *body = json_object();
    enum rond_err err = held_where(arguments, context->catalogue, body, arena, fault);
    if (err == ROND_OK) {
        err = held_when(arguments, body, fault);
    }
    if (err == ROND_OK && change->reason == NULL) {
        err = fault_both(fault, ROND_EINVALID, 0, "reason", "Say why, with --reason: a case, a decision.",
                         "Ange varför: ett ärende, ett beslut.");
    }
    if (err == ROND_OK && json_object_set_new(body, "reason", json_string(change->reason)) != 0) {
        err = ROND_ENOMEM;
    }
    if (err == ROND_OK && json_object_get(arguments, "reference") != NULL) {
        change->references = arena_array(arena, 1, sizeof *change->references);
        change->references_count = 1;
        err = change->references == NULL
                  ? ROND_ENOMEM
                  : argument_text(arguments, "reference", LINE_BYTES_MAX, arena, &change->references[0], fault);
    }
    if (err == ROND_OK && change->references_count == 0 && json_object_size(body) == 1 &&
        json_object_get(arguments, "controller") == NULL) { // "*" holds everything, and is said
        err = fault_both(fault, ROND_EINVALID, 0, "reference",
                         "Say what is held: a report, or --controller, --area, --from, --to.",
                         "Ange vad som bevaras: en rapport, eller organisation, område eller dagar.");
    }
    if (err != ROND_OK) {
        json_decref(body);
        return err;
    }
    uint32_t random;
    rng_fill(context->rng, &random, sizeof random);
    change->rule_kind = RULE_HOLD;
    change->subject = arena_printf(arena, "H-%08" PRIX32, random);
    err = rule_body_put(change, body, arena);
    change->run = hold_run;
    return change->subject == NULL ? ROND_ENOMEM : err;
}

enum rond_err hold_lift_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                                struct admin_change *change, struct fault *fault) {
    UNUSED(context);
    enum rond_err err = argument_text(arguments, "id", LINE_BYTES_MAX, arena, &change->subject, fault);
    change->rule_kind = RULE_HOLD;
    return err == ROND_OK ? rule_remove(change) : err;
}

// --- A run ---

struct run {
    struct admin_change *change;
    struct submission *submission;
    struct store *store;
    struct catalogue *catalogue;
    struct arena arena; // of a page
    struct retention retention;
    struct retention_note notes[NOTES_MAX];
    size_t notes_count;
    uint64_t erased, forks, held, after;
    bool over;
};

static struct retention_note *note_of(struct run *run, const char *rule, const char *controller) {
    for (size_t i = 0; i < run->notes_count; i++) {
        if (strcmp(run->notes[i].rule, rule) == 0 && strcmp(run->notes[i].controller, controller) == 0) {
            return &run->notes[i];
        }
    }
    const char *name = run->notes_count < NOTES_MAX ? arena_text(&run->submission->arena, controller) : NULL;
    if (name == NULL) {
        return NULL;
    }
    struct retention_note *note = &run->notes[run->notes_count++];
    *note = (struct retention_note){.run_ms = (int64_t)run->change->number,
                                    .at_ms = run->change->now_ms,
                                    .actor = run->change->actor,
                                    .rule = rule,
                                    .controller = name};
    return note;
}

static void note_add(struct retention_note *note, int64_t received_ms, bool is_fork) {
    bool is_first = note->reports + note->forks == 0;
    note->reports += !is_fork;
    note->forks += is_fork;
    note->first_ms = is_first || received_ms < note->first_ms ? received_ms : note->first_ms;
    note->last_ms = is_first || received_ms > note->last_ms ? received_ms : note->last_ms;
}

// ROND_EFULL ends the step, not the run.
static enum rond_err row_run(struct run *run, const struct retained_row *row) {
    const struct retention_rule *rule = retention_rule_for(&run->retention, row);
    if (retention_due_ms(&rule->keep, row->received_ms) > run->change->now_ms) {
        return ROND_OK;
    }
    if (retention_hold_of(&run->retention, row) != NULL) {
        run->held++;
        return ROND_OK;
    }
    struct retention_note *note = run->erased == STEP_ERASE ? NULL : note_of(run, rule->name, row->organisation);
    if (note == NULL) {
        return ROND_EFULL;
    }
    const struct erasure erasure = {.at_ms = run->change->now_ms, .rule = rule->name};
    enum rond_err err = run->store->ledger->erase(run->store, row->row, &erasure);
    if (err == ROND_OK) {
        err = promise_forget(run->store, run->catalogue, row->row);
    }
    if (err == ROND_OK) {
        note_add(note, row->received_ms, false);
        run->erased++;
    }
    return err;
}

static enum rond_err rows_run(struct run *run) {
    struct retained_row *rows = NULL;
    size_t count = 0;
    int64_t newest_ms = retention_newest_due_ms(&run->retention, run->change->now_ms) + 2 * 24 * 3600 * INT64_C(1000);
    bool none_can_follow = true; // rows come in order of receipt, as far as the server's clock goes forward
    enum rond_err err = run->store->views->retained(run->store, run->after, STEP_SCAN, &run->arena, &rows, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        none_can_follow = none_can_follow && rows[i].received_ms >= newest_ms;
        err = row_run(run, &rows[i]);
        run->after = err == ROND_OK ? rows[i].row : run->after;
    }
    run->over = err == ROND_OK && (count < STEP_SCAN || none_can_follow);
    return err == ROND_EFULL ? ROND_OK : err;
}

// A fork has no category but the default of the device's organisation.
static enum rond_err fork_run(struct run *run, const struct fork_row *fork) {
    struct device_record device;
    enum rond_err err = run->store->registry->device_get(run->store, &fork->key.device, &run->arena, &device);
    if (err != ROND_OK) {
        return err == ROND_ENOTFOUND ? ROND_OK : err;
    }
    const struct retained_row as_row = {.key = fork->key,
                                        .organisation = device.organisation,
                                        .area = device.area,
                                        .from_s = fork->received_ms / 1000,
                                        .to_s = fork->received_ms / 1000};
    const struct retention_rule *rule = retention_rule_for(&run->retention, &as_row);
    if (fork->erased_ms != 0 || retention_due_ms(&rule->keep, fork->received_ms) > run->change->now_ms) {
        return ROND_OK;
    }
    if (retention_hold_of(&run->retention, &as_row) != NULL) {
        run->held++;
        return ROND_OK;
    }
    struct retention_note *note =
        run->erased + run->forks == STEP_ERASE ? NULL : note_of(run, rule->name, device.organisation);
    if (note == NULL) {
        return ROND_EFULL;
    }
    const struct erasure erasure = {.at_ms = run->change->now_ms, .rule = rule->name};
    err = run->store->ledger->erase_fork(run->store, fork->id, &erasure);
    if (err == ROND_OK) {
        note_add(note, fork->received_ms, true);
        run->forks++;
    }
    return err;
}

static enum rond_err forks_run(struct run *run) {
    struct fork_row *forks = NULL;
    uint64_t cursor = 0;
    size_t count = 0;
    enum rond_err err;
    do {
        arena_reset(&run->arena);
        err = run->store->views->forks(run->store, cursor, FORKS_PAGE, &run->arena, &forks, &count, &cursor);
        for (size_t i = 0; i < count && err == ROND_OK; i++) {
            err = fork_run(run, &forks[i]);
        }
    } while (err == ROND_OK && cursor != 0);
    run->over = err == ROND_OK;
    return err == ROND_EFULL ? ROND_OK : err; // the next step goes on with those that are left
}

static enum rond_err run_note(struct run *run) {
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < run->notes_count && err == ROND_OK; i++) {
        err = run->store->registry->retention_note(run->store, &run->notes[i]);
    }
    if (err == ROND_OK && (run->notes_count > 0 || (run->over && !run->change->by_server))) { // which runs every day
        err = audit_put(run->change, run->store,
                        arena_printf(&run->submission->arena,
                                     "run_ms=%" PRIu64 " erased=%" PRIu64 " forks=%" PRIu64 " held=%" PRIu64 " over=%d",
                                     run->change->number, run->erased, run->forks, run->held, run->over));
    }
    return err;
}

static enum rond_err retention_run(struct admin_change *change, struct submission *submission, struct store *store) {
    struct run run = {.change = change, .submission = submission, .store = store, .after = change->after};
    if (change->number == 0) {
        change->number = (uint64_t)change->now_ms;
    }
    arena_init(&run.arena, ADMIN_ARENA_BYTES_MAX);
    enum rond_err err = catalogue_create(store, &run.catalogue, &submission->fault);
    if (err == ROND_OK) {
        err = retention_load(store, &submission->arena, &run.retention);
    }
    if (err == ROND_OK) {
        err = rows_run(&run);
    }
    if (err == ROND_OK && run.over) {
        err = forks_run(&run);
    }
    if (err == ROND_OK) {
        err = run_note(&run);
    }
    submission->is_of_no_news = change->by_server && run.notes_count == 0; // as on most days
    catalogue_unref(run.catalogue);
    arena_deinit(&run.arena);
    return err != ROND_OK ? err
                          : answer_put(change, &submission->arena,
                                       json_pack("{s:I,s:I,s:I,s:I,s:I,s:b}", "run_ms", (json_int_t)change->number, "erased",
                                                 (json_int_t)run.erased, "forks", (json_int_t)run.forks, "held",
                                                 (json_int_t)run.held, "after", (json_int_t)run.after, "over", run.over));
}

// "run_ms" and "after" are those of the step before; absent: a run begins.
enum rond_err retention_run_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                                    struct admin_change *change, struct fault *fault) {
    UNUSED(context);
    UNUSED(arena);
    json_int_t run_ms = json_integer_value(json_object_get(arguments, "run_ms"));
    json_int_t after = json_integer_value(json_object_get(arguments, "after"));
    if (run_ms < 0 || after < 0 || run_ms > change->now_ms) {
        return fault_both(fault, ROND_EINVALID, 0, "after", "A step goes on from what the step before it answered.",
                          "Ett steg fortsätter från det som steget före svarade.");
    }
    change->number = (uint64_t)run_ms;
    change->after = (uint64_t)after;
    change->run = retention_run;
    return ROND_OK;
}
