// What will go wrong if nobody looks: certificates that end, a backup that grows old, a disk that fills. Looked at every ten
// seconds; each warning goes to the log when it begins, once a day while it lasts, and when it is over.
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "app_inner.h"
#include "auth/seclusion.h"
#include "backup/backup.h"
#include "backup/keys.h"
#include "base/log.h"
#include "wire/limits.h"

enum { LOOK_MS = 10 * 1000 };
#define DAY_MS (INT64_C(24) * 3600 * 1000)
#define MEGABYTE (INT64_C(1024) * 1024)

const char *app_health_name(enum health_kind kind) {
    static const char *const NAMES[HEALTH_KINDS] = {"server_certificate", "ca_certificate", "device_certificates",
                                                    "backup",             "disk",           "counters",      "signer", "ca_key"};
    return NAMES[kind];
}

static void warn(struct app *app, enum health_kind kind, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void warn(struct app *app, enum health_kind kind, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(app->health.texts[kind], HEALTH_TEXT_SIZE, format, arguments);
    va_end(arguments);
}

// --- Looking ---

static void look_at_certificate(struct app *app, enum health_kind kind, const char *whose, int64_t ends_ms, uint32_t days) {
    int64_t left_ms = ends_ms - clock_wall_ms(app->clock);
    if (ends_ms == 0 || days == 0 || left_ms >= days * DAY_MS)
        return;
    if (left_ms <= 0)
        warn(app, kind, "The certificate of %s has run out.", whose);
    else
        warn(app, kind, "The certificate of %s runs out in %" PRId64 " days.", whose, left_ms / DAY_MS);
}

static int64_t certificate_ends_ms(const struct identity *identity) {
    for (size_t i = 0; i < identity->keys_count; i++)
        if (identity->keys[i].current)
            return identity->keys[i].since_ms + CERTIFICATE_DAYS * DAY_MS;
    return 0;
}

// Those that will have to enrol anew are counted no longer: nobody can do anything for them from here.
static void look_at_devices(struct app *app) {
    struct app_health *health = &app->health;
    int64_t now_ms = clock_wall_ms(app->clock);
    health->devices_ending = health->devices_ended = 0;
    for (size_t i = 0; i < app->identities.by_device.capacity; i++) {
        const struct identity *identity = app->identities.by_device.slots[i].value;
        int64_t ends_ms = identity && identity->device.status == DEVICE_ACTIVE ? certificate_ends_ms(identity) : 0;
        if (ends_ms == 0 || now_ms > ends_ms + app->config->grace_days * DAY_MS)
            continue;
        health->devices_ended += now_ms >= ends_ms;
        health->devices_ending += now_ms < ends_ms && ends_ms - now_ms < app->config->device_warn_days * DAY_MS;
    }
    if (app->config->device_warn_days && health->devices_ending + health->devices_ended)
        warn(app, HEALTH_DEVICES,
             "The certificates of %" PRIu64 " devices run out within %u days and those of %" PRIu64
             " have: they must connect within %u days of that.",
             health->devices_ending, (unsigned)app->config->device_warn_days, health->devices_ended, (unsigned)app->config->grace_days);
}

// backup.json is written by each backup that succeeded.
static void look_at_backup(struct app *app) {
    int64_t days = app->config->backup_warn_days, keys_ms = 0;
    app->health.backup_ms = 0;
    if (backup_last(app->config->data_dir, &app->health.backup_ms) != ROND_OK)
        app->health.backup_ms = 0; // never, or what is there cannot be read
    int64_t age_ms = clock_wall_ms(app->clock) - app->health.backup_ms;
    if (days == 0 || app->counts.reports == 0)
        return;
    if (app->health.backup_ms == 0)
        warn(app, HEALTH_BACKUP, "There is no backup; make one with rondctl backup.");
    else if (age_ms > days * DAY_MS)
        warn(app, HEALTH_BACKUP, "The last backup is %" PRId64 " days old.", age_ms / DAY_MS);
    else if (backup_keys_last(app->config->data_dir, &keys_ms) != ROND_OK)
        warn(app, HEALTH_BACKUP, "There is no key file: the backup cannot give back a text. Write one with rondctl backup --keys.");
    else if (keys_ms < app->health.backup_ms)
        warn(app, HEALTH_BACKUP, "The last backup is newer than its key file; write another with rondctl backup --keys.");
}

static void look_at_disk(struct app *app) {
    struct statvfs disk;
    bool known = statvfs(app->config->data_dir, &disk) == 0;
    app->health.disk_free_bytes = known ? (int64_t)disk.f_bavail * (int64_t)disk.f_frsize : -1;
    if (known && app->health.disk_free_bytes < app->config->disk_warn_mb * MEGABYTE)
        warn(app, HEALTH_DISK, "The disk of the data directory is nearly full: %" PRId64 " MB are free.",
             app->health.disk_free_bytes / MEGABYTE);
}

// --- Saying ---

static void say(struct app *app, int64_t now_ms) {
    for (size_t kind = 0; kind < HEALTH_KINDS; kind++) {
        const char *text = app->health.texts[kind];
        int64_t *said_ms = &app->health.said_ms[kind];
        if (text[0] && (*said_ms == 0 || now_ms - *said_ms >= DAY_MS)) {
            log_event(LOG_LEVEL_WARN, "health_warning", "name=%s text=%s", app_health_name(kind), log_quote(text).text);
            *said_ms = now_ms;
        } else if (!text[0] && *said_ms) {
            log_event(LOG_LEVEL_INFO, "health_warning_over", "name=%s", app_health_name(kind));
            *said_ms = 0;
        }
    }
}

void app_health_sweep(struct app *app) {
    int64_t now_ms = clock_monotonic_ms(app->clock);
    if (app->health.looked_ms && now_ms - app->health.looked_ms < LOOK_MS)
        return;
    app->health.looked_ms = now_ms;
    memset(app->health.texts, 0, sizeof app->health.texts);
    look_at_certificate(app, HEALTH_CERTIFICATE, "the listeners", app->files.certificate_expires_ms,
                        app->config->certificate_warn_days);
    look_at_certificate(app, HEALTH_CA, "the certificate authority", ca_expires_ms(app->ca), app->config->ca_warn_days);
    look_at_devices(app);
    look_at_backup(app);
    look_at_disk(app);
    if (app->balance.disagrees)
        warn(app, HEALTH_COUNTERS, "The counters do not add up; the log says which.");
    if (app->signer.has_ended)
        warn(app, HEALTH_SIGNER, "The signer has ended: nobody can enrol or renew, and no receipts are given, until rondd is started anew.");
    if (!seclusion_is_whole(app->config->data_dir))
        warn(app, HEALTH_CA_KEY, "ca.key or receipt.key lies where the server's network process may read it: run rondctl seclude.");
    say(app, now_ms);
}

static bool add_warning(json_t *warnings, const char *name, const char *text) {
    return json_array_append_new(warnings, json_pack("{s:s,s:s}", "name", name, "text", text)) == 0;
}

static json_t *health_json(struct app *app) {
    struct app_committer_status status;
    app_committer_status(app->committer, &status);
    const struct app_trouble *trouble = &status.trouble;
    json_t *warnings = json_array();
    bool added = !trouble->err || add_warning(warnings, app_trouble_name(trouble), trouble->text);
    for (size_t kind = 0; kind < HEALTH_KINDS && added; kind++)
        added = !app->health.texts[kind][0] || add_warning(warnings, app_health_name(kind), app->health.texts[kind]);
    int64_t since_ms = trouble->err ? clock_monotonic_ms(app->clock) - trouble->since_ms : 0;
    json_t *health = json_pack("{s:b,s:s,s:I,s:o}", "alive", 1, "store", trouble->err ? app_trouble_name(trouble) : "works",
                               "store_trouble_s", (json_int_t)(since_ms / 1000), "warnings", warnings);
    if (added)
        return health;
    json_decref(health);
    return NULL;
}

enum rond_err app_health_write(struct app *app, bool with_ok, struct buffer *to) {
    json_t *health = health_json(app);
    bool made = health && (!with_ok || json_object_set_new(health, "ok", json_true()) == 0);
    char *text = made ? json_dumps(health, JSON_COMPACT) : NULL;
    enum rond_err err = text ? buffer_printf(to, "%s\n", text) : ROND_ENOMEM;
    free(text);
    json_decref(health);
    return err;
}
