// People's requests: enrolments by HTTPS and commands by the control socket. A change waits here, by its id, for its
// submission to come back from the committer; a question is answered by a reader thread.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "admin/command.h"
#include "app_inner.h"
#include "base/check.h"
#include "base/log.h"
#include "wire/codes.h"
#include "wire/limits.h"

enum { ANSWER_BYTES_MAX = 64 * 1024, HEALTH_REQUEST_BYTES_MAX = 256 };

// Waits for the committer or for a reader.
struct pending {
    struct app *app;
    uint64_t id;
    struct http_exchange *exchange;  // enrolment; NULL once the asker left
    struct control_request *request; // control
    const struct submission *change; // of a command, while it is with the committer
    uint64_t told_rows;              // of its progress
    bool is_enrolment;
    struct reader_job job;           // a question
    struct admin_job *question;
    struct catalogue *catalogue;
};

static struct id128 key_of(uint64_t id) {
    struct id128 key = {0};
    put_be64(key.b, id);
    return key;
}

static struct pending *pending_create(struct app *app) {
    struct pending *pending = calloc(1, sizeof *pending);
    if (!pending)
        return NULL;
    pending->app = app;
    pending->id = ++app->next_id;
    struct id128 key = key_of(pending->id);
    if (id_map_put(&app->commands.pending, &key, pending)) {
        free(pending);
        return NULL;
    }
    app->commands.count++;
    return pending;
}

static void pending_drop(struct pending *pending) {
    if (!pending)
        return;
    admin_job_destroy(pending->question);
    catalogue_unref(pending->catalogue);
    free(pending);
}

static void pending_destroy(struct pending *pending) {
    struct id128 key = key_of(pending->id);
    id_map_remove(&pending->app->commands.pending, &key);
    pending->app->commands.count--;
    pending_drop(pending);
}

// --- Enrolment ---

static void count_enrolment(struct app *app, const struct submission *submission, int status) {
    unsigned code = enrolment_code(submission);
    const struct id128 *device = enrolment_device(submission);
    char hex[2 * ID_SIZE + 1] = "-";
    if (device)
        hex_encode(bytes_of(device->b, ID_SIZE), hex);
    app->commands.enrolment_refusals += status == 200 ? 0 : 1;
    if (code != CODE_NONE)
        app->devices.refusals[code < APP_CODES ? code : 0]++;
    log_event(LOG_LEVEL_INFO, "enrolment", "status=%d device=%s code=%u name=%s", status, hex, code,
              code == CODE_NONE ? "-" : wire_code_name(code));
}

static void answer_enrolment(struct app *app, struct http_exchange *exchange, const struct submission *submission) {
    struct buffer body;
    buffer_init(&body, ANSWER_BYTES_MAX);
    int status = enrolment_answer(submission, &body);
    count_enrolment(app, submission, status);
    const struct id128 *device = enrolment_device(submission);
    if (status == 200 && device)
        app_devices_changed(app, device); // before the answer: the device connects at once
    if (exchange)
        http_exchange_answer(exchange, (unsigned)status, "application/x-protobuf", buffer_bytes(&body));
    buffer_deinit(&body);
}

static void answer_unavailable(const struct app *app, struct http_exchange *exchange) {
    struct buffer body;
    buffer_init(&body, ANSWER_BYTES_MAX);
    int status = enrolment_unavailable(app->stage == APP_SERVING ? CODE_BUSY : CODE_DRAINING, &body);
    http_exchange_answer(exchange, (unsigned)status, "application/x-protobuf", buffer_bytes(&body));
    buffer_deinit(&body);
}

static void submit_enrolment(struct app *app, struct http_exchange *exchange, struct submission *take_submission) {
    struct pending *pending = pending_create(app);
    if (pending) {
        take_submission->session = pending->id;
        pending->is_enrolment = true;
        pending->exchange = exchange;
        http_exchange_set_owner(exchange, pending);
    }
    if (pending && app_submit(app, take_submission) == ROND_OK)
        return;
    if (pending)
        pending_destroy(pending);
    submission_destroy(take_submission);
    answer_unavailable(app, exchange);
}

void app_commands_enrol(void *context, struct http_exchange *exchange, enum http_method method, const char *path,
                        struct bytes body) {
    struct app *app = context;
    bool is_enrol = !strcmp(path, "/v1/enrol"), is_renew = !strcmp(path, "/v1/renew");
    if (method != HTTP_POST || (!is_enrol && !is_renew)) {
        http_exchange_answer(exchange, HTTP_STATUS_NOT_FOUND, "text/plain", bytes_of_text("POST /v1/enrol or /v1/renew.\n"));
        return;
    }
    app->commands.enrolments += is_enrol ? 1 : 0;
    app->commands.renewals += is_renew ? 1 : 0;
    struct submission *submission = NULL;
    enum rond_err err = app->stage == APP_SERVING
                            ? enrolment_receive(&app->enrolment_config, is_enrol ? ENROLMENT_ENROL : ENROLMENT_RENEW, body,
                                                clock_wall_ms(app->clock), &submission)
                            : ROND_EAGAIN;
    if (err) {
        answer_unavailable(app, exchange);
    } else if (enrolment_is_settled(submission)) {
        answer_enrolment(app, exchange, submission);
        submission_destroy(submission);
    } else {
        submit_enrolment(app, exchange, submission);
    }
}

void app_commands_gone(void *context, void *owner) {
    UNUSED(context);
    struct pending *pending = owner;
    pending->exchange = NULL; // the enrolment stands; the device asks again with the same code and key
}

// --- Control socket ---

static enum rond_err write_control(void *context, struct bytes bytes) {
    return control_write(context, bytes);
}

static struct admin_out out_of(struct control_request *request) {
    return (struct admin_out){.write = write_control, .context = request};
}

static void refuse_control(struct control_request *request, enum rond_err err, const struct fault *fault) {
    struct admin_out out = out_of(request);
    if (admin_refuse(err, fault, &out) != ROND_OK)
        log_event(LOG_LEVEL_DEBUG, "control_gone", "err=%s", rond_err_name(err));
    control_end(request);
}

static void refuse_busy(struct control_request *request) {
    struct fault fault = {0};
    enum rond_err err = fault_set(&fault, ROND_EAGAIN, 0, "", "The server is busy or stopping; try again.");
    refuse_control(request, err, &fault);
}

static void run_question(struct reader_job *job, struct store *read_only) {
    struct pending *pending = (struct pending *)((char *)job - offsetof(struct pending, job));
    struct admin_out out = out_of(pending->request);
    enum rond_err err = read_only ? admin_read(pending->question, read_only, pending->catalogue, &out)
                                  : admin_refuse(job->open_err, &job->fault, &out);
    if (err)
        log_event(LOG_LEVEL_WARN, "control_read_failed", "err=%s", rond_err_name(err));
}

static void end_question(struct reader_job *job) {
    struct pending *pending = (struct pending *)((char *)job - offsetof(struct pending, job));
    control_end(pending->request);
    pending_destroy(pending);
}

// pending->question, in its turn.
static void submit_question(struct app *app, struct pending *pending) {
    struct control_request *request = pending->request;
    pending->catalogue = catalogue_ref(app->catalogue);
    pending->job = (struct reader_job){.run = run_question, .done = end_question};
    if (readers_submit(app->readers, &pending->job) != ROND_OK) {
        pending_destroy(pending);
        refuse_busy(request);
    }
}

static void ask(struct app *app, struct control_request *request, struct admin_job *take_question) {
    struct pending *pending = pending_create(app);
    if (!pending) {
        admin_job_destroy(take_question);
        refuse_busy(request);
        return;
    }
    pending->request = request;
    pending->question = take_question;
    submit_question(app, pending);
}

static void change(struct app *app, struct control_request *request, struct submission *take_submission,
                   struct admin_job *take_question) {
    struct pending *pending = pending_create(app);
    if (pending) {
        pending->request = request;
        pending->question = take_question;
        pending->change = take_submission;
        take_submission->session = pending->id;
        take_submission->received_ms = clock_wall_ms(app->clock);
        if (app_submit(app, take_submission) == ROND_OK)
            return;
        pending_destroy(pending);
    } else {
        admin_job_destroy(take_question);
    }
    submission_destroy(take_submission);
    refuse_busy(request);
}

// Asked of the process and not of its store, so it is answered here, whatever the committer and the readers do.
static bool is_health(struct bytes json) {
    json_t *request =
        json.size <= HEALTH_REQUEST_BYTES_MAX ? json_loadb((const char *)json.data, json.size, 0, NULL) : NULL;
    const char *command = json_string_value(json_object_get(request, "command"));
    bool is = command && !strcmp(command, "health");
    json_decref(request);
    return is;
}

static void answer_health(struct app *app, struct control_request *request) {
    struct buffer line;
    buffer_init(&line, ANSWER_BYTES_MAX);
    if (app_health_write(app, true, &line) != ROND_OK || control_write(request, buffer_bytes(&line)) != ROND_OK)
        log_event(LOG_LEVEL_DEBUG, "control_gone", "after=health");
    buffer_deinit(&line);
    control_end(request);
}

struct admin_context app_admin_context(const struct app *app) {
    return (struct admin_context){.catalogue = app->catalogue,
                                  .ca = app->ca,
                                  .enrolment_url = app->enrolment_url,
                                  .code_minutes = app->config->code_minutes,
                                  .code_tries = app->config->code_tries,
                                  .wants_approval = app->config->wants_approval,
                                  .approval_hours = app->config->approval_hours,
                                  .directory = app->config->data_dir,
                                  .clock = app->clock,
                                  .rng = app->rng};
}

void app_commands_control(void *context, struct control_request *request, uint32_t uid, int32_t pid, struct bytes json) {
    struct app *app = context;
    app->commands.requests++;
    log_event(LOG_LEVEL_INFO, "control_request", "uid=%u pid=%d bytes=%zu", uid, (int)pid, json.size);
    if (is_health(json)) {
        answer_health(app, request);
        return;
    }
    if (app->stage != APP_SERVING) {
        refuse_busy(request);
        return;
    }
    struct admin_request asked = {.uid = uid, .pid = pid, .json = json};
    struct admin_context against = app_admin_context(app);
    struct admin_work work = {0};
    admin_prepare(&asked, &against, &work);
    switch (work.route) {
    case ADMIN_INVALID:
        refuse_control(request, work.err, &work.fault);
        break;
    case ADMIN_READ:
        ask(app, request, work.job);
        break;
    case ADMIN_COMMAND:
        change(app, request, work.submission, work.job);
        break;
    }
}

// --- How far it has come ---

static enum rond_err offer_control(void *context, struct bytes bytes) {
    return control_offer(context, bytes);
}

static bool tell_progress(struct pending *pending) {
    if (!pending->change || atomic_load_explicit(&pending->change->progress_of, memory_order_acquire) == 0)
        return false;
    uint64_t rows = atomic_load_explicit(&pending->change->progress_rows, memory_order_relaxed);
    bool moved = rows != pending->told_rows;
    struct admin_out out = {.write = offer_control, .context = pending->request};
    if (moved && admin_progress(pending->change, &out) == ROND_EIO)
        log_event(LOG_LEVEL_DEBUG, "control_gone", "under_way=command");
    pending->told_rows = rows;
    return moved;
}

bool app_commands_sweep(struct app *app) {
    bool moved = false;
    for (size_t i = 0; i < app->commands.pending.capacity; i++) {
        struct pending *pending = app->commands.pending.slots[i].value;
        moved = (pending && tell_progress(pending)) || moved;
    }
    return moved;
}

// --- What comes back ---

void app_commands_count_refusal(struct app *app, const struct submission *submission) {
    unsigned code = submission->err ? submission->fault.code : CODE_NONE;
    if (code == CODE_NONE)
        return;
    app->devices.refusals[code < APP_CODES ? code : 0]++;
    log_event(LOG_LEVEL_INFO, "change_refused", "code=%u name=%s", code, wire_code_name(code));
}

void app_commands_settle(struct app *app, struct submission *take_submission) {
    if (app_retention_settle(app, take_submission))
        return;
    struct id128 key = key_of(take_submission->session);
    struct pending *pending = id_map_get(&app->commands.pending, &key);
    bool unnoted = pending && pending->question && admin_reads_unnoted(pending->question, take_submission->err);
    if (unnoted)
        log_event(LOG_LEVEL_WARN, "export_not_noted", "err=%s", rond_err_name(take_submission->err));
    if (pending && pending->question && (unnoted || !take_submission->err)) {
        pending->change = NULL;
        submit_question(app, pending);
        pending = NULL; // goes with its answer
    } else if (pending && pending->is_enrolment) {
        answer_enrolment(app, pending->exchange, take_submission);
    } else if (pending) {
        struct admin_out out = out_of(pending->request);
        app_commands_count_refusal(app, take_submission);
        if (admin_answer(take_submission, &out) != ROND_OK)
            log_event(LOG_LEVEL_DEBUG, "control_gone", "after=command");
        control_end(pending->request);
    }
    if (pending)
        pending_destroy(pending);
    submission_destroy(take_submission);
}

void app_commands_deinit(struct app *app) {
    for (size_t i = 0; i < app->commands.pending.capacity; i++)
        pending_drop(app->commands.pending.slots[i].value); // their askers went with the listeners
    id_map_deinit(&app->commands.pending);
}
