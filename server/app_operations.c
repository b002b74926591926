// What operations ask: alive, ready, figures. Plain text and JSON, on an address that only they reach.
#include <string.h>

#include "app_inner.h"
#include "base/log.h"

enum { ANSWER_BYTES_MAX = 256 * 1024, STUCK_MS = 30 * 1000, COUNTS_EVERY_MS = 10 * 1000 };

static void reason(struct buffer *reasons, bool *ready, const char *text) {
    *ready = false;
    if (buffer_printf(reasons, "%s\"%s\"", reasons->size ? "," : "", text) != ROND_OK)
        log_event(LOG_LEVEL_WARN, "reason_dropped", "text=%s", text);
}

bool app_is_ready(struct app *app, struct buffer *reasons) {
    struct app_committer_status status;
    app_committer_status(app->committer, &status);
    bool ready = true;
    if (app->stage == APP_STARTING)
        reason(reasons, &ready, "starting");
    if (app->stage > APP_SERVING)
        reason(reasons, &ready, "draining");
    if (status.trouble.err)
        reason(reasons, &ready, app_trouble_name(&status.trouble));
    if (status.busy_ms > STUCK_MS && clock_monotonic_ms(app->clock) - app->went_on_ms > STUCK_MS)
        reason(reasons, &ready, "committer_stuck");
    if (app_pressure_is_on(app))
        reason(reasons, &ready, "commit_queue_full");
    if (clock_wall_ms(app->clock) >= app->files.certificate_expires_ms)
        reason(reasons, &ready, "certificate_expired");
    return ready;
}

static void answer_ready(struct app *app, struct http_exchange *exchange) {
    struct buffer reasons, body;
    buffer_init(&reasons, 1024);
    buffer_init(&body, 2048);
    bool ready = app_is_ready(app, &reasons);
    enum rond_err err = buffer_printf(&body, "{\"ready\":%s,\"reasons\":[%s]}\n", ready ? "true" : "false", buffer_text(&reasons));
    http_exchange_answer(exchange, ready && !err ? HTTP_STATUS_OK : HTTP_STATUS_SERVICE_UNAVAILABLE, "application/json",
                         buffer_bytes(&body));
    buffer_deinit(&body);
    buffer_deinit(&reasons);
}

// Alive in any case: what is wrong, and what soon will be, is for whoever looks. Ready or not is /readyz.
static void answer_health(struct app *app, struct http_exchange *exchange) {
    struct buffer body;
    buffer_init(&body, ANSWER_BYTES_MAX);
    enum rond_err err = app_health_write(app, false, &body);
    http_exchange_answer(exchange, err ? HTTP_STATUS_INTERNAL_SERVER_ERROR : HTTP_STATUS_OK, "application/json",
                         buffer_bytes(&body));
    buffer_deinit(&body);
}

static void answer_metrics(struct app *app, struct http_exchange *exchange) {
    struct buffer body;
    buffer_init(&body, ANSWER_BYTES_MAX);
    enum rond_err err = app_metrics_write(app, &body);
    http_exchange_answer(exchange, err ? HTTP_STATUS_INTERNAL_SERVER_ERROR : HTTP_STATUS_OK, "text/plain; version=0.0.4",
                         buffer_bytes(&body));
    buffer_deinit(&body);
}

void app_operations_requested(void *context, struct http_exchange *exchange, enum http_method method, const char *path,
                              struct bytes body) {
    (void)body;
    struct app *app = context;
    if (method != HTTP_GET)
        http_exchange_answer(exchange, HTTP_STATUS_METHOD_NOT_ALLOWED, "text/plain", bytes_of_text("Use GET.\n"));
    else if (!strcmp(path, "/healthz"))
        answer_health(app, exchange);
    else if (!strcmp(path, "/readyz"))
        answer_ready(app, exchange);
    else if (!strcmp(path, "/metrics"))
        answer_metrics(app, exchange);
    else
        http_exchange_answer(exchange, HTTP_STATUS_NOT_FOUND, "text/plain", bytes_of_text("/healthz, /readyz or /metrics.\n"));
}

// --- The store's own figures, now and then ---

static void run_counts(struct reader_job *job, struct store *read_only) {
    struct app *app = (struct app *)((char *)job - offsetof(struct app, counts_job));
    struct store_counts counts;
    job->open_err = read_only ? read_only->views->counts(read_only, &counts) : job->open_err;
    if (!job->open_err)
        app->counts_read = counts;
}

static void end_counts(struct reader_job *job) {
    struct app *app = (struct app *)((char *)job - offsetof(struct app, counts_job));
    app->counts_busy = false;
    if (job->open_err)
        return;
    app->counts = app->counts_read;
    (void)app_balance_answer(app, &app->counts);
}

void app_operations_sweep(struct app *app) {
    int64_t now_ms = clock_monotonic_ms(app->clock);
    if (app->counts_busy || app->stage != APP_SERVING || (app->counts_at_ms && now_ms - app->counts_at_ms < COUNTS_EVERY_MS))
        return;
    app->counts_job = (struct reader_job){.run = run_counts, .done = end_counts};
    if (readers_submit(app->readers, &app->counts_job) != ROND_OK)
        return;
    app->counts_at_ms = now_ms;
    app->counts_busy = true;
    app_balance_ask(app);
}
