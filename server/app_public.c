// What the public reads, without a log-in: a site (read/public_site.h) is made by a reader at the start, when the week is
// over, and where the catalogue changed or something was published; every question is answered from it, on the network
// thread, by a look-up and a copy. So strangers cost neither the store nor whoever is logged in anything, and what they get
// does not depend on who they are: nothing of a request is looked at but its path, its language and which version it has
// already.
#include <stdio.h>
#include <string.h>

#include "app_people.h"
#include "base/log.h"
#include "read/public_figures.h"
#include "read/public_site.h"

enum { MAKE_EVERY_MS = 1000, AGAIN_MS = 60 * 1000 };

bool app_public_is_open(const struct app *app) {
    return app->config->public_enabled && app->config->people_listens;
}

// --- Making ---

static void run_making(struct reader_job *job, struct store *read_only) {
    struct app *app = (struct app *)((char *)job - offsetof(struct app, open.job));
    struct app_public *open = &app->open;
    const struct public_settings settings = {.origin = open->origin, .licence = app->config->public_licence};
    open->made = NULL;
    open->err = read_only ? public_site_make(read_only, open->catalogue, &settings, open->now_s, open->site, &open->made)
                          : job->open_err;
}

static void end_making(struct reader_job *job) {
    struct app *app = (struct app *)((char *)job - offsetof(struct app, open.job));
    struct app_public *open = &app->open;
    open->busy = false;
    open->made_total++;
    catalogue_unref(open->catalogue);
    open->catalogue = NULL;
    if (open->err && !open->failed)
        log_event(LOG_LEVEL_ERROR, "public_not_made", "err=%s", rond_err_name(open->err));
    open->failed = open->err != ROND_OK;
    if (open->made) {
        public_site_destroy(open->site);
        open->site = open->made;
        open->made = NULL;
        log_event(LOG_LEVEL_INFO, "public_made", "addresses=%zu", public_site_count(open->site));
    }
}

// The first of the origins is the one that people type.
static void find_origin(struct app *app) {
    const char *origins = app->people.origins;
    (void)snprintf(app->open.origin, sizeof app->open.origin, "%.*s", (int)strcspn(origins, " "), origins);
}

void app_public_changed(struct app *app) {
    app->open.is_due = true;
}

void app_public_sweep(struct app *app) {
    struct app_public *open = &app->open;
    int64_t now_ms = clock_monotonic_ms(app->clock), now_s = clock_wall_ms(app->clock) / 1000;
    bool is_new = open->is_due || open->failed || !open->site || public_week(now_s) != public_week(open->now_s);
    bool is_early = open->tried_ms != 0 && now_ms - open->tried_ms < (open->failed ? AGAIN_MS : MAKE_EVERY_MS);
    if (!app_public_is_open(app) || app->stage != APP_SERVING || open->busy || !is_new || is_early)
        return;
    open->tried_ms = now_ms;
    open->now_s = now_s;
    open->is_due = false;
    open->catalogue = catalogue_ref(app->catalogue);
    find_origin(app);
    open->job = (struct reader_job){.run = run_making, .done = end_making};
    open->busy = readers_submit(app->readers, &open->job) == ROND_OK;
    if (!open->busy) {
        catalogue_unref(open->catalogue);
        open->catalogue = NULL;
        open->is_due = true;
    }
}

void app_public_deinit(struct app *app) {
    public_site_destroy(app->open.site);
    catalogue_unref(app->open.catalogue);
    app->open.site = NULL;
    app->open.catalogue = NULL;
}

// --- Answers ---

bool people_wants_swedish(const struct http_head *head) {
    const char *language = http_head_argument(head, "lang");
    if (language && (!strcmp(language, "sv") || !strcmp(language, "en")))
        return language[0] == 's';
    return !http_head_prefers(head, "en", "sv");
}

// What is signed never changes; a page about it may, with a release.
static const char *lasting_of(const struct public_entry *entry) {
    return !entry->is_frozen               ? "public, max-age=300"
           : entry->language == PUBLIC_ANY ? "public, max-age=31536000, immutable"
                                           : "public, max-age=3600";
}

static void give(struct people_request *request, const struct public_entry *entry) {
    struct http_exchange *exchange = request->exchange;
    bool has_it = http_head_has_tag(http_exchange_head(exchange), entry->tag);
    (void)http_exchange_header(exchange, "cache-control:", lasting_of(entry));
    (void)http_exchange_header(exchange, "etag:", entry->tag);
    (void)http_exchange_header(exchange, "access-control-allow-origin:", "*");
    if (entry->language != PUBLIC_ANY)
        (void)http_exchange_header(exchange, "vary:", "accept-language");
    request->app->open.unchanged += has_it;
    people_request_answer(request, has_it ? HTTP_STATUS_NOT_MODIFIED : HTTP_STATUS_OK, entry->type,
                          has_it ? bytes_of(NULL, 0) : entry->body);
}

void app_public_answer(struct people_request *request, const char *path) {
    struct app *app = request->app;
    struct http_exchange *exchange = request->exchange;
    const struct public_entry *entry = NULL;
    app->open.answers++;
    if (app_public_is_open(app) && !app->open.site) {
        people_request_refuse(request, REFUSAL_BUSY, NULL);
        return;
    }
    if (app_public_is_open(app))
        entry = public_site_find(app->open.site, path, people_wants_swedish(http_exchange_head(exchange)));
    app->open.absent += entry == NULL;
    if (entry) {
        give(request, entry);
        return;
    }
    people_turn_away(app, exchange, path, REFUSAL_NOT_FOUND);
    people_request_destroy(request);
}
