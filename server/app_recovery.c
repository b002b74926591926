// What was not told apart at the time is looked at again. A commit that failed may have reached the disk all the same: what
// it left in the log is in the store once the committer has opened it anew, and a device that was revoked by it is to be out
// by then. So who devices are is read again after each such opening, and before anybody is told what was committed since.
//
// As long as nothing can be written nothing is taken in either, and the committer opens the store every second: meanwhile
// once in half a minute is enough.
#include "app_inner.h"
#include "base/log.h"

enum { PAGE_DEVICES_MAX = 500, PAGE_ARENA_BYTES_MAX = 4 * 1024 * 1024, IN_TROUBLE_MS = 30 * 1000, FAILED_MS = 1000 };

void app_recovery_begin(struct app *app) {
    struct app_committer_status status;
    app_committer_status(app->committer, &status);
    app->recovery.openings_seen = status.openings;
}

static enum rond_err read_devices_again(struct app *app) {
    struct arena arena;
    uint64_t cursor = 0;
    enum rond_err err;
    arena_init(&arena, PAGE_ARENA_BYTES_MAX);
    do {
        struct device_record *devices = NULL;
        size_t count = 0;
        arena_reset(&arena);
        err = app->read_only->views->devices(app->read_only, cursor, PAGE_DEVICES_MAX, &arena, &devices, &count, &cursor);
        for (size_t i = 0; !err && i < count; i++)
            app_devices_changed(app, &devices[i].device);
    } while (!err && cursor);
    arena_deinit(&arena);
    return err;
}

// What a start in trouble could not write, and how to reach this server, in case that was not committed then.
static void make_up(struct app *app) {
    struct fault fault = {0};
    if (app->files.certificate_due)
        app_renew_certificate(app);
    enum rond_err err = app_tell_addresses(app, &fault);
    if (err)
        log_event(LOG_LEVEL_WARN, "addresses_not_written", "err=%s text=%s", rond_err_name(err), log_quote(fault.text).text);
}

void app_recovery_look(struct app *app) {
    struct app_recovery *recovery = &app->recovery;
    struct app_committer_status status;
    app_committer_status(app->committer, &status);
    if (!status.trouble.err && app->stage == APP_SERVING && recovery->was_trouble) {
        recovery->was_trouble = false;
        make_up(app);
    }
    recovery->was_trouble = recovery->was_trouble || status.trouble.err;
    int64_t now_ms = clock_monotonic_ms(app->clock);
    int64_t wait_ms = status.trouble.err ? IN_TROUBLE_MS : recovery->failed ? FAILED_MS : 0;
    bool is_due = recovery->failed || status.openings != recovery->openings_seen;
    if (!is_due || (recovery->tried_ms && now_ms - recovery->tried_ms < wait_ms))
        return;
    recovery->tried_ms = now_ms;
    recovery->failed = false; // unless one of them says so again
    enum rond_err err = read_devices_again(app);
    recovery->failed = recovery->failed || err != ROND_OK;
    if (!recovery->failed) {
        recovery->openings_seen = status.openings;
        app->identities_partial = false;
    }
    log_event(recovery->failed ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, "devices_read_again", "err=%s devices=%zu", rond_err_name(err),
              app->identities.by_device.count);
}
