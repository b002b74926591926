// From a line of JSON to a change or a question, and from its result to the answer.
#include "admin/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/inner.h"
#include "admin/questions.h"
#include "wire/limits.h"

static const struct {
    const char *name;
    admin_change_prepare *prepare;
    const char *then; // a question that is answered in its place once it is committed; NULL: none
} changes[] = {
    {"promise.import", import_prepare},
    {"promise.save", save_prepare},
    {"promise.remove", remove_prepare},
    {"device.code", code_prepare},
    {"device.approve", approve_prepare},
    {"device.refuse", refuse_prepare},
    {"device.revoke", revoke_prepare},
    {"quarantine.amend", amend_prepare},
    {"quarantine.release", release_prepare},
    {"quarantine.discard", discard_prepare},
    {"report.erase", erase_prepare},
    {"rebuild", rebuild_prepare},
    {"report.show", show_prepare},
    {"followup.publish", publish_prepare},
    {"followup.rotate-key", rotate_key_prepare},
    {"join.make", join_make_prepare},
    {"join.part", join_part_prepare},
    {"join.dismiss", join_dismiss_prepare},
    {"join.undo", join_undo_prepare},
    {"report.place", place_prepare},
    {"walk.set", walk_set_prepare},
    {"walk.close", walk_close_prepare},
    {"activity.plan", activity_plan_prepare},
    {"activity.cancel", activity_cancel_prepare},
    {"backup", backup_prepare},
    {"backup.keys", backup_keys_prepare},
    {"rescue", rescue_prepare},
    {"retention.set", retention_set_prepare},
    {"retention.unset", retention_unset_prepare},
    {"retention.run", retention_run_prepare},
    {"hold.add", hold_add_prepare},
    {"hold.lift", hold_lift_prepare},
    {"disclosure.set", disclosure_set_prepare},
    {"disclosure.unset", disclosure_unset_prepare},
    {"export.public", export_public_prepare, "export.public"},
    {"export", export_prepare, "export"},
    {"person.add", person_add_prepare},
    {"person.grant", person_grant_prepare},
    {"person.end-grant", person_end_grant_prepare},
    {"person.lock", person_lock_prepare},
    {"person.unlock", person_unlock_prepare},
    {"person.log-out", person_log_out_prepare},
    {"person.reset-second-factor", person_reset_prepare},
    {"person.reset-password", person_reset_password_prepare},
    {"person.code", person_code_prepare},
    {"session.end", session_end_prepare},
    {"session.end-one", session_end_one_prepare},
    {"session.end-others", session_end_others_prepare},
    {"session.end-all", session_end_all_prepare},
};

const char *admin_command_name(size_t index) {
    return index < ARRAY_COUNT(changes) ? changes[index].name : question_name(index - ARRAY_COUNT(changes));
}

enum rond_err argument_text(json_t *arguments, const char *name, size_t size_max, struct arena *arena, const char **ret_text,
                            struct fault *fault) {
    json_t *value = json_object_get(arguments, name);
    if (!json_is_string(value) || json_string_length(value) == 0) {
        return fault_both(fault, ROND_EINVALID, 0, name, "'%s' is missing.", "”%s” saknas.", name);
    }
    if (json_string_length(value) > size_max) {
        return fault_both(fault, ROND_EINVALID, 0, name, "'%s' is longer than %zu bytes.",
                          "”%s” är längre än %zu byte (å, ä och ö är två).", name, size_max);
    }
    *ret_text = arena_text(arena, json_string_value(value));
    return *ret_text == NULL ? ROND_ENOMEM : ROND_OK;
}

enum rond_err argument_line(json_t *arguments, const char *name, size_t size_max, struct arena *arena, const char **ret_line,
                            struct fault *fault) {
    const char *line = NULL;
    enum rond_err err = argument_text(arguments, name, size_max, arena, &line, fault);
    for (const char *at = line; err == ROND_OK && *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f) {
            err = fault_both(fault, ROND_EINVALID, 0, name, "'%s' is one line: it may hold no line breaks or tabs.",
                             "”%s” är en rad: den får inte ha radbrytningar eller tabbar.", name);
        }
    }
    if (err == ROND_OK) {
        *ret_line = line;
    }
    return err;
}

static enum rond_err argument_reason(json_t *arguments, struct arena *arena, const char **ret_reason, struct fault *fault) {
    *ret_reason = NULL;
    return json_object_get(arguments, "reason") == NULL
               ? ROND_OK
               : argument_line(arguments, "reason", LINE_BYTES_MAX, arena, ret_reason, fault);
}

enum rond_err answer_put(struct admin_change *change, struct arena *arena, json_t *take_answer) {
    char *text = NULL;
    if (take_answer != NULL && json_object_set_new(take_answer, "ok", json_true()) == 0) {
        text = json_dumps(take_answer, JSON_COMPACT);
    }
    change->answer = text == NULL ? NULL : arena_text(arena, text);
    free(text);
    json_decref(take_answer);
    return change->answer == NULL ? ROND_ENOMEM : ROND_OK;
}

enum rond_err audit_put(const struct admin_change *change, struct store *store, const char *detail) {
    char with_reason[2 * LINE_BYTES_MAX + 1024];
    if (detail == NULL) {
        return ROND_ENOMEM;
    }
    if (change->reason != NULL) {
        (void)snprintf(with_reason, sizeof with_reason, "%.*s%sreason=%s", 1000, detail, detail[0] == '\0' ? "" : " ",
                       change->reason);
        detail = with_reason;
    }
    struct audit_row row = {.at_ms = change->now_ms, .actor = change->actor, .action = change->action, .detail = detail};
    return store->registry->audit(store, &row);
}

static enum rond_err change_run(struct submission *submission, struct store *store) {
    struct admin_change *change = submission->command_context;
    enum rond_err err = change->right == NULL ? ROND_OK : right_check(change->right, store, &submission->fault);
    return err != ROND_OK ? err : change->run(change, submission, store);
}

static void prepare_change(size_t index, json_t *arguments, const struct admin_request *request,
                           const struct admin_context *context, struct admin_work *work) {
    struct submission *submission = submission_create(SUBMISSION_COMMAND, ADMIN_ARENA_BYTES_MAX);
    struct admin_change *change = submission == NULL ? NULL : arena_alloc(&submission->arena, sizeof *change);
    if (change == NULL) {
        work->err = ROND_ENOMEM;
        goto out;
    }
    change->action = changes[index].name;
    change->actor = request->by_server       ? "server"
                    : request->login != NULL ? arena_printf(&submission->arena, "person:%s", request->login)
                                             : arena_printf(&submission->arena, "uid:%u", (unsigned)request->uid);
    change->by_server = request->by_server;
    change->now_ms = clock_wall_ms(context->clock);
    work->err = change->actor == NULL ? ROND_ENOMEM : ROND_OK;
    if (work->err == ROND_OK && request->login != NULL) {
        work->err = right_prepare(request->endpoint, request->login, arguments, context->catalogue, change->now_ms,
                                  &submission->arena, &change->right);
    }
    if (work->err == ROND_OK) {
        work->err = argument_reason(arguments, &submission->arena, &change->reason, &work->fault);
    }
    if (work->err == ROND_OK) {
        work->err = changes[index].prepare(arguments, context, &submission->arena, change, &work->fault);
    }
    if (work->err == ROND_OK && changes[index].then != NULL) {
        work->err = question_prepare(changes[index].then, true, arguments, request, context, &work->job, &work->fault);
    }
    if (work->err != ROND_OK) {
        goto out;
    }
    submission->command = change_run;
    submission->command_context = change;
    submission->received_ms = change->now_ms;
    submission->bytes = request->arguments != NULL ? request->size : request->json.size;
    work->submission = submission;
    work->route = ADMIN_COMMAND;
    submission = NULL;
out:
    submission_destroy(submission);
}

static void prepare_named(const char *name, json_t *arguments, const struct admin_request *request,
                          const struct admin_context *context, struct admin_work *work) {
    for (size_t i = 0; i < ARRAY_COUNT(changes); i++) {
        if (strcmp(changes[i].name, name) == 0) {
            prepare_change(i, arguments, request, context, work);
            return;
        }
    }
    work->err = question_prepare(name, false, arguments, request, context, &work->job, &work->fault);
    work->route = work->err == ROND_OK ? ADMIN_READ : ADMIN_INVALID;
}

void admin_prepare(const struct admin_request *request, const struct admin_context *context, struct admin_work *ret_work) {
    struct admin_work work = {.route = ADMIN_INVALID, .err = ROND_EINVALID};
    json_error_t error;
    json_t *arguments = request->arguments != NULL ? json_incref(request->arguments)
                                                   : json_loadb((const char *)request->json.data, request->json.size,
                                                                JSON_REJECT_DUPLICATES, &error);
    const char *name = json_string_value(json_object_get(arguments, "command"));
    if (name == NULL) {
        (void)fault_both(&work.fault, ROND_EINVALID, 0, "command", "The request is no JSON object with a \"command\".",
                         "Förfrågan är inget JSON-objekt med ”command”.");
    } else {
        prepare_named(name, arguments, request, context, &work);
    }
    json_decref(arguments);
    *ret_work = work;
}

static enum rond_err write_line(const struct admin_out *out, const char *text) {
    enum rond_err err = out->write(out->context, bytes_of_text(text));
    return err == ROND_OK ? out->write(out->context, bytes_of_text("\n")) : err;
}

enum rond_err admin_answer(const struct submission *submission, const struct admin_out *out) {
    const struct admin_change *change = submission->command_context;
    if (submission->err != ROND_OK) {
        return admin_refuse(submission->err, &submission->fault, out);
    }
    return write_line(out, change->answer);
}

enum rond_err admin_progress(const struct submission *submission, const struct admin_out *out) {
    char line[96];
    uint64_t of = atomic_load_explicit(&submission->progress_of, memory_order_acquire);
    uint64_t rows = atomic_load_explicit(&submission->progress_rows, memory_order_relaxed);
    snprintf(line, sizeof line, "{\"progress\":{\"rows\":%" PRIu64 ",\"of\":%" PRIu64 "}}\n", rows, of);
    return out->write(out->context, bytes_of_text(line)); // one write: it goes whole or not at all
}

enum rond_err admin_refuse(enum rond_err err, const struct fault *fault, const struct admin_out *out) {
    const char *sentence = fault != NULL && fault->text[0] != '\0' ? fault->text : NULL;
    char general[FAULT_TEXT_SIZE];
    if (sentence == NULL) {
        snprintf(general, sizeof general, "It could not be done (%s); nothing was changed.", rond_err_name(err));
        sentence = general;
    }
    json_t *answer = json_pack("{s:b,s:i,s:s,s:i,s:s,s:s,s:s}", "ok", 0, "err", (int)err, "name", rond_err_name(err), "code",
                               fault == NULL ? 0 : (int)fault->code, "field", fault == NULL ? "" : fault->field, "error",
                               sentence, "error_sv", fault == NULL ? "" : fault->text_sv);
    char *text = answer == NULL ? NULL : json_dumps(answer, JSON_COMPACT);
    enum rond_err written = text == NULL ? ROND_ENOMEM : write_line(out, text);
    free(text);
    json_decref(answer);
    return written;
}
