// Once a day, at the hour that the configuration names, what is due by the rules of retention is erased: the same command
// that rondctl sends, step after step, each behind what else has come in meanwhile.
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "admin/command.h"
#include "app_inner.h"
#include "base/log.h"

enum { FIRST_MS = 1000, HOURS_NEVER = 24, REQUEST_SIZE = 160 };
#define HOUR_MS (INT64_C(3600) * 1000)

static bool step_submit(struct app *app) {
    struct app_retention *retention = &app->retention;
    char request[REQUEST_SIZE];
    (void)snprintf(request, sizeof request, "{\"command\":\"retention.run\",\"run_ms\":%" PRId64 ",\"after\":%" PRIu64 "}",
                   retention->run_ms, retention->after);
    const struct admin_request asked = {.by_server = true, .json = bytes_of_text(request)};
    const struct admin_context against = {.catalogue = app->catalogue, .ca = app->ca, .clock = app->clock, .rng = app->rng};
    struct admin_work work = {0};
    admin_prepare(&asked, &against, &work);
    if (work.route != ADMIN_COMMAND) {
        retention->goes_on = false; // tomorrow again
        log_event(LOG_LEVEL_ERROR, "retention_failed", "err=%s text=%s", rond_err_name(work.err), log_quote(work.fault.text).text);
        return false;
    }
    work.submission->session = retention->session = ++app->next_id;
    work.submission->received_ms = clock_wall_ms(app->clock);
    if (app_submit(app, work.submission) == ROND_OK)
        return true;
    submission_destroy(work.submission);
    retention->session = 0;
    return false;
}

void app_retention_sweep(struct app *app) {
    struct app_retention *retention = &app->retention;
    int64_t now_ms = clock_wall_ms(app->clock), day = now_ms / (24 * HOUR_MS);
    bool is_time = app->config->retention_hour < HOURS_NEVER &&
                   now_ms % (24 * HOUR_MS) >= (int64_t)app->config->retention_hour * HOUR_MS &&
                   now_ms - app->started_ms >= FIRST_MS;
    if (app->stage != APP_SERVING || retention->session != 0 || (!retention->goes_on && (!is_time || retention->day == day)))
        return;
    if (!retention->goes_on) {
        retention->run_ms = 0;
        retention->after = retention->erased = 0;
    }
    retention->goes_on = true; // tried again at the next sweep where the queue is full
    retention->day = day;
    (void)step_submit(app);
}

static enum rond_err take_line(void *context, struct bytes bytes) {
    struct app_retention *retention = context;
    json_t *line = json_loadb((const char *)bytes.data, bytes.size, 0, NULL);
    if (json_is_true(json_object_get(line, "ok"))) {
        retention->run_ms = json_integer_value(json_object_get(line, "run_ms"));
        retention->after = (uint64_t)json_integer_value(json_object_get(line, "after"));
        retention->erased += (uint64_t)json_integer_value(json_object_get(line, "erased"));
        retention->erased += (uint64_t)json_integer_value(json_object_get(line, "forks"));
        retention->goes_on = !json_is_true(json_object_get(line, "over"));
    }
    json_decref(line);
    return ROND_OK;
}

bool app_retention_settle(struct app *app, struct submission *take_submission) {
    struct app_retention *retention = &app->retention;
    if (retention->session == 0 || take_submission->session != retention->session)
        return false;
    const struct admin_out out = {.write = take_line, .context = retention};
    retention->session = 0;
    if (take_submission->err != ROND_OK) {
        retention->goes_on = false; // tomorrow again, from the first row on
        log_event(LOG_LEVEL_WARN, "retention_failed", "err=%s text=%s", rond_err_name(take_submission->err),
                  log_quote(take_submission->fault.text).text);
    } else if (admin_answer(take_submission, &out) != ROND_OK) {
        retention->goes_on = false;
    } else if (!retention->goes_on) {
        log_event(LOG_LEVEL_INFO, "retention_run", "erased=%" PRIu64, retention->erased);
    }
    submission_destroy(take_submission);
    if (retention->goes_on && app->stage == APP_SERVING)
        (void)step_submit(app);
    return true;
}
