// What goes down to devices is read by the readers' threads: a session asks, is listed, and gets its turn as a job with a
// read-only store and a catalogue of its own. A job begins after the session asked, so that it sees at least what the
// session's Verdicts acknowledged. One read of a session is under way at a time (sync/session.h); where the session is
// gone when a result comes back, nobody is told.
//
// A read costs as much as taking in a hundred reports. While the committer has work, one begins for each group that it
// finishes; without, as many as there are jobs. One store is left for what people ask (net/readers.h).
#include "app_inner.h"
#include "base/log.h"
#include "read/reference.h"

_Static_assert((int)APP_READS < (int)READERS_STORES, "a store is left for what people ask");
enum { DOWNSTREAM_ARENA_BYTES_MAX = 8 * 1024 * 1024 };

// ---- Whose turn it is ----

void app_downstream_list(struct app *app, struct live *live, const struct session_action *action) {
    struct app_downstream *downstream = &app->downstream;
    live->read = *action;
    if (live->read_waits)
        return;
    live->read_waits = true;
    live->reads_next = NULL;
    if (downstream->last)
        downstream->last->reads_next = live;
    else
        downstream->first = live;
    downstream->last = live;
}

void app_downstream_unlist(struct app *app, struct live *live) {
    struct app_downstream *downstream = &app->downstream;
    struct live *before = NULL;
    if (!live->read_waits)
        return;
    live->read_waits = false;
    for (struct live *each = downstream->first; each != live; each = each->reads_next)
        before = each;
    if (before)
        before->reads_next = live->reads_next;
    else
        downstream->first = live->reads_next;
    if (downstream->last == live)
        downstream->last = before;
}

// ---- One read ----

// On a reader's thread.
static void run(struct reader_job *base, struct store *read_only) {
    struct downstream_job *job = (struct downstream_job *)base;
    job->err = read_only ? ROND_OK : base->open_err;
    if (!job->err)
        job->err = read_reference(read_only, &job->device, job->read.reference_cursor, &job->arena, &job->reference);
    if (!job->err)
        job->err = read_feedback(read_only, job->catalogue, &job->device,
                                 &(struct feedback_known){.cursor = job->read.feedback_cursor,
                                                          .week = job->read.summary_week,
                                                          .actions_stamp = job->read.actions_stamp,
                                                          .standings_stamp = job->read.standings_stamp},
                                 job->now_s, &job->app->downstream.caches, &job->arena, &job->feedback);
}

static void done(struct reader_job *base) {
    struct downstream_job *job = (struct downstream_job *)base;
    struct app *app = job->app;
    if (job->err)
        log_event(LOG_LEVEL_WARN, "downstream_failed", "session=%llu err=%s", (unsigned long long)job->session,
                  rond_err_name(job->err));
    if (app->stage != APP_STOPPED)
        app_devices_downstream(app, job->session, job->reference, job->feedback);
    catalogue_unref(job->catalogue);
    job->catalogue = NULL;
    job->is_taken = false;
    app->downstream.running--;
    arena_reset(&job->arena);
    if (group_commit_is_idle(&app->group))
        app_downstream_go_on(app);
}

static bool start(struct app *app, struct downstream_job *job, struct live *live) {
    job->job = (struct reader_job){.run = run, .done = done};
    job->app = app;
    job->session = live->id;
    job->device = live->device;
    job->read = live->read;
    job->now_s = clock_wall_ms(app->clock) / 1000;
    job->reference = NULL;
    job->feedback = NULL;
    job->catalogue = catalogue_ref(app->catalogue);
    if (readers_submit(app->readers, &job->job) != ROND_OK) { // many questions wait; the sweep tries again
        catalogue_unref(job->catalogue);
        job->catalogue = NULL;
        return false;
    }
    job->is_taken = true;
    app->downstream.running++;
    app_downstream_unlist(app, live);
    return true;
}

static struct downstream_job *free_job(struct app_downstream *downstream) {
    for (size_t i = 0; i < APP_READS; i++)
        if (!downstream->jobs[i].is_taken)
            return &downstream->jobs[i];
    return NULL;
}

void app_downstream_go_on(struct app *app) {
    struct app_downstream *downstream = &app->downstream;
    size_t limit = group_commit_is_idle(&app->group) ? APP_READS : 1;
    while (downstream->first && downstream->running < limit && app->stage != APP_STOPPED)
        if (!start(app, free_job(downstream), downstream->first))
            return;
}

void app_downstream_init(struct app *app) {
    struct feedback_caches *caches = &app->downstream.caches;
    if (answer_cache_create(&caches->summaries) != ROND_OK)
        caches->summaries = NULL;
    if (silence_cache_create(&caches->silences) != ROND_OK)
        caches->silences = NULL;
    if (answer_cache_create(&caches->actions) != ROND_OK)
        caches->actions = NULL;
    for (size_t i = 0; i < APP_READS; i++)
        arena_init(&app->downstream.jobs[i].arena, DOWNSTREAM_ARENA_BYTES_MAX);
}

void app_downstream_deinit(struct app *app) {
    for (size_t i = 0; i < APP_READS; i++)
        arena_deinit(&app->downstream.jobs[i].arena);
    answer_cache_destroy(app->downstream.caches.summaries);
    silence_cache_destroy(app->downstream.caches.silences);
    answer_cache_destroy(app->downstream.caches.actions);
    app->downstream.caches = (struct feedback_caches){0};
}
