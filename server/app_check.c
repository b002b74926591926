// Is the store's file sound? Every page of it is read once in the background after the start, and again whenever something
// went wrong with it that a disk may have done: a read, a write or a page that SQLite finds malformed. The reader opens a
// connection of its own for it, so that it sees what is on the disk and not what another one remembers.
//
// Where it is not sound, the committer is told to write nothing more to it (app_trouble.h); reading goes on, and whatever
// lies on pages that are whole is answered.
#include <inttypes.h>

#include "app_inner.h"
#include "base/check.h"
#include "base/log.h"

enum { AGAIN_MS = 60 * 1000 };

static struct app *app_of(struct reader_job *job) {
    return (struct app *)((char *)job - offsetof(struct app, check.job));
}

static void run_check(struct reader_job *job, struct store *read_only) {
    struct app *app = app_of(job);
    struct store *fresh = NULL;
    UNUSED(read_only);
    app->check.fault = (struct fault){0};
    app->check.err = store_open_sqlite(app->config->data_dir, STORE_READ_ONLY, app->rng, &fresh, &app->check.fault);
    if (!app->check.err)
        app->check.err = fresh->views->damage(fresh, &app->check.fault);
    store_close(fresh);
}

static void end_check(struct reader_job *job) {
    struct app *app = app_of(job);
    int64_t now_ms = clock_monotonic_ms(app->clock);
    app->check.busy = false;
    if (app->check.err == ROND_ECORRUPT)
        app_committer_condemn(app->committer, app->check.fault.text);
    else if (app->check.err)
        app->check.due_ms = now_ms + AGAIN_MS; // it could not be looked at
    log_event(app->check.err ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, "store_checked", "err=%s took_ms=%" PRId64 " text=%s",
              rond_err_name(app->check.err), now_ms - app->check.began_ms, log_quote(app->check.fault.text).text);
}

// Trouble that began since the last look, and may come of the disk.
static bool is_suspect(struct app *app) {
    struct app_committer_status status;
    app_committer_status(app->committer, &status);
    const struct app_trouble *trouble = &status.trouble;
    bool is_new = trouble->begun != app->check.trouble_seen;
    bool is_disk = trouble->err == ROND_EIO || trouble->err == ROND_ECORRUPT;
    app->check.trouble_seen = trouble->begun;
    return is_new && is_disk;
}

void app_check_sweep(struct app *app) {
    int64_t now_ms = clock_monotonic_ms(app->clock);
    if (is_suspect(app) || (!app->check.began_ms && !app->check.due_ms))
        app->check.due_ms = now_ms;
    if (app->check.busy || !app->check.due_ms || now_ms < app->check.due_ms || app->stage != APP_SERVING)
        return;
    app->check.job = (struct reader_job){.run = run_check, .done = end_check};
    if (readers_submit(app->readers, &app->check.job) != ROND_OK)
        return;
    app->check.busy = true;
    app->check.began_ms = now_ms;
    app->check.due_ms = 0;
}
