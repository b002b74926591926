// The life of the server.
//
//   STARTING ─ open everything ─> SERVING ─ SIGTERM ─> DRAINING ─ all committed and answered ─> CLOSING ─> STOPPED
//
// Draining closes the listeners, refuses conversations that wait for nothing, and lets the committer finish what was
// submitted, so that whatever a device sent in whole is acknowledged. It ends at the latest after limits.drain_ms; what is
// not acknowledged then, the device still has.
//
// Opening goes by the order in which things are needed and closing by the reverse; app_close copes with a half-opened one.
#include "app.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "admin/anchors.h"
#include "admin/servers.h"
#include "app_inner.h"
#include "auth/seclusion.h"
#include "base/check.h"
#include "base/log.h"
#include "sandbox.h"
#include "wire/limits.h"

enum {
    CLOSE_MS_MAX = 1000,   // for the closing handshakes
    OPERATIONS_EXTRA = 16, // sockets beyond the cap, so that a full server can still be looked at
    RENEW_AGAIN_MS = 60 * 60 * 1000,
    RENEW_BEFORE_DAYS = 30,
    STUCK_MS = 60 * 1000,
    LOCK_WAIT_MS = 2000,
    LOCK_PAUSE_MS = 5,
};
#define DAY_MS (INT64_C(24) * 3600 * 1000)
_Static_assert((int)CONFIG_HOSTNAMES_MAX <= (int)SERVERS_MAX, "every hostname makes one server address");

// --- The committer's mailbox ---

static void kick(struct app *app) {
    struct submission *group;
    while ((group = group_commit_next(&app->group)) || (group = group_commit_ahead(&app->group)))
        app_committer_give(app->committer, group);
}

enum rond_err app_submit(struct app *app, struct submission *submission) {
    enum rond_err err = group_commit_add(&app->group, submission);
    if (!err)
        kick(app);
    return err;
}

static void settle(struct app *app, struct submission *take_submission) {
    if (take_submission->kind != SUBMISSION_COMMAND) {
        app_devices_settle(app, take_submission);
        return;
    }
    if (!id128_is_zero(&take_submission->changed_device)) // failed or not: a commit whose answer got lost is in the store
        app_devices_changed(app, &take_submission->changed_device);
    if (!take_submission->is_of_no_news)
        answer_cache_clear(app->downstream.caches.actions);
    if (take_submission->publishes)
        app_public_changed(app);
    if (take_submission->done)
        take_submission->done(take_submission);
    if (app_people_settle(app, take_submission))
        return;
    app_commands_settle(app, take_submission);
}

static void take_catalogue(struct app *app, struct catalogue *take_newer) {
    catalogue_unref(app->catalogue);
    app->catalogue = take_newer;
    log_event(LOG_LEVEL_INFO, "catalogue_changed", "revision=%llu", (unsigned long long)catalogue_revision(take_newer));
    app_devices_notify(app);
    app_public_changed(app);
}

static void settle_group(struct app *app, struct submission *group) {
    bool is_news = false;
    while (group) {
        struct submission *next = group->next;
        is_news = is_news || submission_is_news(group);
        settle(app, group);
        group = next;
    }
    if (is_news)
        app_events_changed(app);
}

// The next group leaves before this one's owners are told, so that the committer is never idle meanwhile.
static void take_results(struct app *app) {
    struct submission *group;
    do {
        struct catalogue *newer = NULL;
        group = app_committer_take(app->committer, &newer);
        if (group) {
            group_commit_done(&app->group, group);
            kick(app);
            app_recovery_look(app);
        }
        if (newer)
            take_catalogue(app, newer);
        settle_group(app, group);
    } while (group);
    app_pressure_resume(app);
    app_downstream_go_on(app);
}

static void on_wake(uv_async_t *wake) {
    take_results(wake->data);
}

// On the committer thread.
static void wake_network(void *context) {
    struct app *app = context;
    (void)uv_async_send(&app->wake);
}

// --- Draining ---

static void close_listening(struct app *app) {
    listening_close(app->listening[NETWORK_DEVICES]);
    listening_close(app->listening[NETWORK_ENROLMENT]);
    listening_close(app->listening[NETWORK_PEOPLE]);
    listening_close(app->people_proxy_listening);
    app->listening[NETWORK_DEVICES] = app->listening[NETWORK_ENROLMENT] = app->listening[NETWORK_PEOPLE] = NULL;
    app->people_proxy_listening = NULL;
}

static void start_draining(struct app *app) {
    app->stage = APP_DRAINING;
    app->drain_until_ms = clock_monotonic_ms(app->clock) + (int64_t)app->config->drain_ms_max;
    app->device_listener.draining = true;
    log_event(LOG_LEVEL_INFO, "draining", "connections=%zu queue_bytes=%zu", app->devices.count, app->group.waiting_bytes);
    (void)sd_notify(0, "STOPPING=1");
    close_listening(app);
    app_devices_drain(app);
}

static void stop(struct app *app) {
    app->stage = APP_STOPPED;
    uv_stop(&app->loop);
}

static void move_on(struct app *app) {
    int64_t now_ms = clock_monotonic_ms(app->clock);
    bool settled =
        group_commit_is_idle(&app->group) && !app_pressure_is_on(app) && app->commands.count == 0 && app->people.count == 0;
    if (app->stage == APP_DRAINING && (settled || now_ms >= app->drain_until_ms)) {
        app->stage = APP_CLOSING;
        app->close_until_ms = now_ms + CLOSE_MS_MAX;
        if (!settled)
            log_event(LOG_LEVEL_WARN, "drain_cut_short", "queue_bytes=%zu", app->group.waiting_bytes);
    }
    if (app->stage == APP_CLOSING && (app->device_listener.count == 0 || now_ms >= app->close_until_ms))
        stop(app);
}

static void on_signal(uv_signal_t *handle, int number) {
    struct app *app = handle->data;
    log_event(LOG_LEVEL_INFO, "signal", "number=%d", number);
    if (app->stage >= APP_DRAINING)
        _exit(APP_EXIT_FAILED); // asked twice: at once; the store is safe at any moment
    start_draining(app);
}

// --- Time ---

void app_renew_certificate(struct app *app) {
    struct fault fault = {0};
    bool people_too = app->people_listener.tls && !app->config->people_certificate[0];
    SSL_CTX *contexts[] = {app->device_listener.tls, app->enrolment_listener.tls,
                           people_too ? app->people_listener.tls : NULL};
    bool renewed = app_files_issue(app, &fault) == ROND_OK;
    for (size_t i = 0; renewed && i < ARRAY_COUNT(contexts) && contexts[i]; i++)
        renewed = SSL_CTX_use_certificate_chain_file(contexts[i], app->files.certificate_path) == 1 &&
                  SSL_CTX_use_PrivateKey_file(contexts[i], app->files.key_path, SSL_FILETYPE_PEM) == 1;
    app->files.certificate_due = !renewed;
    log_event(renewed ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "certificate_renewed", "ok=%d text=%s", renewed,
              log_quote(fault.text).text);
}

static bool certificate_ends_soon(const struct app *app) {
    return clock_wall_ms(app->clock) >= app->files.certificate_expires_ms - RENEW_BEFORE_DAYS * DAY_MS;
}

// What fails (the disk, the signer) is tried again within the hour, not at every sweep.
static void renew_now_and_then(struct app *app) {
    int64_t now_ms = clock_monotonic_ms(app->clock);
    if (app->files.renewal_tried_ms && now_ms - app->files.renewal_tried_ms < RENEW_AGAIN_MS)
        return;
    app->files.renewal_tried_ms = now_ms;
    app_renew_certificate(app);
}

// A group that takes long is stuck, unless it says that it goes on.
static void feed_watchdog(struct app *app, bool goes_on) {
    struct app_committer_status status;
    app_committer_status(app->committer, &status);
    if (goes_on)
        app->went_on_ms = clock_monotonic_ms(app->clock);
    if (status.busy_ms < STUCK_MS || clock_monotonic_ms(app->clock) - app->went_on_ms < STUCK_MS)
        (void)sd_notify(0, "WATCHDOG=1");
}

static void on_sweep(uv_timer_t *timer) {
    struct app *app = timer->data;
    if (!app->committer)
        return; // the store is being opened
    admissions_sweep(&app->admissions);
    device_listener_sweep(&app->device_listener);
    app_devices_sweep(app);
    app_operations_sweep(app);
    app_check_sweep(app);
    app_recovery_look(app);
    if (app_signer_sweep(&app->signer))
        app->health.looked_ms = 0; // it is said at once
    app_health_sweep(app);
    app_retention_sweep(app);
    app_events_sweep(app);
    app_public_sweep(app);
    app_files_sweep(app);
    for (size_t i = 0; i < NETWORK_PORT_COUNT; i++)
        if (app->listening[i])
            listening_resume(app->listening[i]);
    if (app->people_proxy_listening)
        listening_resume(app->people_proxy_listening);
    feed_watchdog(app, app_commands_sweep(app));
    if (app->stage != APP_SERVING)
        move_on(app);
    else if (certificate_ends_soon(app) || app->files.certificate_due)
        renew_now_and_then(app);
}

// --- Opening ---

static void on_device_accepted(void *context, int take_descriptor, const struct sockaddr *address) {
    struct app *app = context;
    admission_enter(&app->admissions, app->network.vhosts[NETWORK_DEVICES], take_descriptor, address, 0);
}

static void on_enrolment_accepted(void *context, int take_descriptor, const struct sockaddr *address) {
    struct app *app = context;
    admission_enter(&app->admissions, app->network.vhosts[NETWORK_ENROLMENT], take_descriptor, address, 0);
}

static void on_operations_accepted(void *context, int take_descriptor, const struct sockaddr *address) {
    struct app *app = context;
    admission_enter(&app->admissions, app->network.vhosts[NETWORK_OPERATIONS], take_descriptor, address, OPERATIONS_EXTRA);
}

static void on_person_accepted(void *context, int take_descriptor, const struct sockaddr *address) {
    struct app *app = context;
    admission_enter(&app->admissions, app->network.vhosts[NETWORK_PEOPLE], take_descriptor, address, 0);
}

static enum rond_err open_loop(struct app *app) {
    if (uv_loop_init(&app->loop))
        return ROND_EIO;
    app->handles_open = true;
    app->wake.data = app->sweep.data = app->signals[0].data = app->signals[1].data = app;
    CHECK(uv_async_init(&app->loop, &app->wake, on_wake) == 0);
    CHECK(uv_timer_init(&app->loop, &app->sweep) == 0);
    CHECK(uv_signal_init(&app->loop, &app->signals[0]) == 0);
    CHECK(uv_signal_init(&app->loop, &app->signals[1]) == 0);
    CHECK(uv_timer_start(&app->sweep, on_sweep, APP_SWEEP_MS, APP_SWEEP_MS) == 0);
    CHECK(uv_signal_start(&app->signals[0], on_signal, SIGTERM) == 0);
    CHECK(uv_signal_start(&app->signals[1], on_signal, SIGINT) == 0);
    (void)signal(SIGPIPE, SIG_IGN);
    return ROND_OK;
}

// A rondctl holds the lock for a moment where no server runs.
static enum rond_err lock_data(struct app *app, struct fault *fault) {
    const struct timespec pause = {.tv_nsec = LOCK_PAUSE_MS * 1000000L};
    enum rond_err err = store_lock(app->config->data_dir, &app->lock, fault);
    for (int waited_ms = 0; err == ROND_ECONFLICT && waited_ms < LOCK_WAIT_MS; waited_ms += LOCK_PAUSE_MS) {
        nanosleep(&pause, NULL);
        err = store_lock(app->config->data_dir, &app->lock, fault);
    }
    return err;
}

// While the store waits for its disk nothing is served yet; a signal ends that.
static bool is_stopping(void *context) {
    struct app *app = context;
    uv_run(&app->loop, UV_RUN_NOWAIT);
    return app->stage >= APP_DRAINING;
}

// Where pages that say who devices are cannot be read, those that are not known are sent away for a while, and nothing is
// taken in: the rest of the store stays readable.
static enum rond_err load_identities(struct app *app) {
    enum rond_err err = identities_load(&app->identities, app->read_only);
    if (err != ROND_ECORRUPT)
        return err;
    app->identities_partial = true;
    app_committer_condemn(app->committer, "The pages that hold devices are damaged.");
    return ROND_OK;
}

// Before the first thread, and before anything is read that came from outside.
static enum rond_err confine(struct app *app, struct fault *fault) {
    const struct sandbox_config config = {
        .data_dir = app->config->data_dir,
        .read = {app->config->people_certificate, app->config->people_key, app->config->people_map_tiles_directory},
        .socket_path = app->config->people_proxy[0] == '/' ? app->config->people_proxy : NULL,
        .ports = {app->config->devices.port, app->config->enrolment.port, app->config->operations.port,
                  app->config->people.port},
        .ports_count = app->config->people_listens ? 4 : 3,
        .signer = app->signer.pid};
    struct sandbox_walls walls;
    enum rond_err err = sandbox_enter(&config, &walls, fault);
    if (!err)
        log_event(walls.landlock_abi && walls.seccomp ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, "confined",
                  "landlock=%d seccomp=%s ca_key=%s", walls.landlock_abi, walls.seccomp ? "on" : "off",
                  walls.landlock_abi && seclusion_is_whole(app->config->data_dir) ? "out_of_reach" : "within_reach");
    return err;
}

static enum rond_err open_data(struct app *app, struct fault *fault) {
    struct app_committer_config config = {.data_dir = app->config->data_dir,
                                          .clock = app->clock,
                                          .rng = app->rng,
                                          .wake = wake_network,
                                          .is_stopping = is_stopping,
                                          .context = app,
                                          .receipts = {.sign = signer_receipt, .context = &app->signer.signer}};
    enum rond_err err = lock_data(app, fault);
    if (!err)
        err = app_files_open(app, fault);
    if (!err)
        app_devices_receipts(app);
    if (!err)
        err = app_people_read_known(app, fault);
    app_tiles_open(app);
    if (!err)
        err = confine(app, fault);
    if (!err)
        err = app_committer_create(&config, &app->committer, &app->catalogue, &app->store_identity, fault);
    if (!err)
        err = store_open_sqlite(app->config->data_dir, STORE_READ_ONLY, app->rng, &app->read_only, fault);
    if (!err)
        err = load_identities(app);
    if (!err) {
        app_balance_begin(app);
        app_recovery_begin(app);
    }
    return err;
}

static enum rond_err open_network(struct app *app, struct fault *fault) {
    size_t connections = 0;
    network_limit_files(app->config->connections_max, &connections);
    if (connections < app->config->connections_max)
        log_event(LOG_LEVEL_WARN, "connections_limited", "connections=%zu configured=%u", connections,
                  app->config->connections_max);
    enum rond_err err = admissions_init(&app->admissions, connections, app->config->connections_per_address_max,
                                        app->config->enrolments_per_minute, app->clock, app->rng);
    if (err)
        return err;
    app->device_listener = (struct device_listener){.events = &APP_DEVICE_EVENTS,
                                                    .context = app,
                                                    .authorities_count = ca_authorities(app->ca),
                                                    .ticket_keys = &app->files.ticket_keys,
                                                    .clock = app->clock,
                                                    .frame_deadline_ms = app->config->frame_deadline_ms};
    for (size_t i = 0; i < ca_authorities(app->ca); i++)
        app->device_listener.authorities[i] = ca_authority(app->ca, i);
    app->enrolment_listener = (struct http_listener){.requested = app_commands_enrol,
                                                     .gone = app_commands_gone,
                                                     .context = app,
                                                     .body_bytes_max = ENROL_BODY_BYTES_MAX,
                                                     .limits_requests = true,
                                                     .ticket_keys = &app->files.ticket_keys,
                                                     .clock = app->clock};
    app->operations_listener =
        (struct http_listener){.requested = app_operations_requested, .context = app, .clock = app->clock};
    app_people_headers_make(app);
    app->people_listener = (struct http_listener){.requested = app_people_requested,
                                                  .turned_away = app_people_turned_away,
                                                  .gone = app_people_gone,
                                                  .context = app,
                                                  .body_bytes_max = APP_PEOPLE_BODY_BYTES_MAX,
                                                  .ticket_keys = &app->files.ticket_keys,
                                                  .clock = app->clock,
                                                  .remote_user_header = app->config->people_proxy_header,
                                                  .headers = app->people.headers,
                                                  .headers_count = app->people.headers_count,
                                                  .keeps_connections = true};
    struct network_config config = {.loop = &app->loop,
                                    .certificate_path = app->files.certificate_path,
                                    .key_path = app->files.key_path,
                                    .ca_path = app->files.ca_path,
                                    .device_listener = &app->device_listener,
                                    .enrolment = &app->enrolment_listener,
                                    .operations = &app->operations_listener,
                                    .people = app->config->people_listens ? &app->people_listener : NULL,
                                    .people_certificate_path = app->files.people_certificate_path,
                                    .people_key_path = app->files.people_key_path};
    err = app_people_init(app);
    if (err)
        return err;
    err = readers_create(&app->loop, app->config->data_dir, app->rng, &app->readers);
    return err ? err : network_open(&app->network, &config, fault);
}

static enum rond_err listen_all(struct app *app, struct fault *fault) {
    const struct listen_address *addresses[] = {&app->config->devices, &app->config->enrolment, &app->config->operations,
                                                &app->config->people};
    listening_accepted *accepted[] = {on_device_accepted, on_enrolment_accepted, on_operations_accepted, on_person_accepted};
    static const char *const NAMES[] = {"devices", "enrolment", "operations", "people"};
    for (size_t i = 0; i < NETWORK_PORT_COUNT; i++) {
        if (i == NETWORK_PEOPLE && !app->config->people_listens)
            continue;
        enum rond_err err =
            listening_open(&app->loop, addresses[i]->host, addresses[i]->port, accepted[i], app, &app->listening[i], fault);
        if (err)
            return err;
        if (i == NETWORK_DEVICES || i == NETWORK_ENROLMENT)
            listening_take_data_with_syn(app->listening[i]);
        app->ports[i] = listening_port(app->listening[i]);
        log_event(LOG_LEVEL_INFO, "listening", "name=%s address=%s port=%u", NAMES[i],
                  addresses[i]->host[0] ? addresses[i]->host : "*", (unsigned)app->ports[i]);
    }
    if (app->config->people_listens && app->config->people_proxy[0] == '/')
        return listening_open_unix(&app->loop, app->config->people_proxy, on_person_accepted, app,
                                   &app->people_proxy_listening, fault);
    return ROND_OK;
}

static char *make_url(const char *scheme, const char *host, unsigned port) {
    bool is_v6 = strchr(host, ':') != NULL;
    char *url = NULL;
    return asprintf(&url, "%s://%s%s%s:%u", scheme, is_v6 ? "[" : "", host, is_v6 ? "]" : "", port) < 0 ? NULL : url;
}

// What a device was told when it enrolled may have changed since: the list goes down as reference data.
static enum rond_err submit_servers(struct app *app) {
    struct submission *submission = NULL;
    enum rond_err err =
        admin_servers(app->servers, app->servers_count, app->enrolment_url, clock_wall_ms(app->clock), &submission);
    if (!err && (err = app_submit(app, submission)))
        submission_destroy(submission);
    return err;
}

// What a crash or a restored store left behind the CA's files follows them.
static enum rond_err submit_anchors(struct app *app) {
    struct submission *submission = NULL;
    enum rond_err err = admin_anchors(app->ca, clock_wall_ms(app->clock), &submission);
    if (!err && (err = app_submit(app, submission)))
        submission_destroy(submission);
    return err;
}

static enum rond_err make_addresses(struct app *app) {
    const struct config *config = app->config;
    app->enrolment_url = make_url("https", config->hostnames[0], app->ports[NETWORK_ENROLMENT]);
    bool made = app->enrolment_url != NULL;
    app->servers_count = config->servers_count ? config->servers_count : config->hostnames_count;
    for (size_t i = 0; i < app->servers_count; i++) {
        app->servers[i] = config->servers_count ? strdup(config->servers[i])
                                                : make_url("wss", config->hostnames[i], app->ports[NETWORK_DEVICES]);
        made = made && app->servers[i];
    }
    if (!made)
        return ROND_ENOMEM;
    app->enrolment_config = (struct enrolment_config){.ca = app->ca,
                                                      .wants_approval = config->wants_approval,
                                                      .approval_hours = (int)config->approval_hours,
                                                      .rng = app->rng,
                                                      .certificate_days = CERTIFICATE_DAYS,
                                                      .grace_days = (int)config->grace_days,
                                                      .servers = (const char *const *)app->servers,
                                                      .servers_count = app->servers_count};
    return ROND_OK;
}

enum rond_err app_tell_addresses(struct app *app, struct fault *fault) {
    enum rond_err written = app_files_write_ports(app, fault);
    enum rond_err err = submit_servers(app);
    if (!err)
        err = submit_anchors(app);
    if (!err && !app->control)
        err = control_open(&app->loop, app->files.control_path, app->config->control_mode, app_commands_control, app,
                           &app->control, fault);
    return err ? err : written;
}

// On a disk that cannot be written it is done when it can be (app_recovery.c).
static enum rond_err tell_addresses(struct app *app, struct fault *fault) {
    struct app_committer_status status;
    enum rond_err err = make_addresses(app);
    if (!err)
        err = app_tell_addresses(app, fault);
    app_committer_status(app->committer, &status);
    if (!err || !status.trouble.err || (err != ROND_EFULL && err != ROND_EIO))
        return err;
    log_event(LOG_LEVEL_WARN, "addresses_not_written", "err=%s text=%s", rond_err_name(err), log_quote(fault->text).text);
    return ROND_OK;
}

// --- Closing ---

static void close_handles(struct app *app) {
    if (!app->handles_open)
        return;
    uv_close((uv_handle_t *)&app->wake, NULL);
    uv_close((uv_handle_t *)&app->sweep, NULL);
    uv_close((uv_handle_t *)&app->signals[0], NULL);
    uv_close((uv_handle_t *)&app->signals[1], NULL);
    for (size_t i = 0; i < NETWORK_PORT_COUNT; i++)
        listening_close(app->listening[i]);
    listening_close(app->people_proxy_listening);
    control_close(app->control);
    network_close(&app->network);
    uv_run(&app->loop, UV_RUN_DEFAULT); // reader threads end, libwebsockets closes its handles
    network_close(&app->network);       // and, on a foreign loop, frees itself when told again
    for (int i = 0; uv_loop_close(&app->loop) && i < 100; i++)
        uv_run(&app->loop, UV_RUN_NOWAIT);
}

// False where the counters do not add up.
static bool app_close(struct app *app) {
    app->stage = APP_STOPPED;
    if (app->ports[0])
        (void)unlink(app->files.ports_path);
    app_committer_stop(app->committer); // while its wake handle is open
    bool balanced = app_balance_end(app);
    close_handles(app); // readers that end meanwhile still ask the committer how it stands
    app_committer_destroy(app->committer);
    app_devices_deinit(app);
    app_commands_deinit(app);
    app_people_deinit(app);
    group_commit_deinit(&app->group);
    readers_destroy(app->readers);
    app_public_deinit(app);
    admissions_deinit(&app->admissions);
    identities_deinit(&app->identities);
    store_close(app->read_only);
    catalogue_unref(app->catalogue);
    app_downstream_deinit(app);
    ca_close(app->ca);
    app_signer_stop(&app->signer);
    for (size_t i = 0; i < app->servers_count; i++)
        free(app->servers[i]);
    free(app->enrolment_url);
    bytes_wipe(&app->files.ticket_keys, sizeof app->files.ticket_keys);
    if (app->lock >= 0)
        (void)close(app->lock);
    return balanced;
}

static int exit_code_of(enum rond_err err, bool data_open) {
    if (err == ROND_OK)
        return APP_EXIT_OK;
    return data_open || (err != ROND_ECONFLICT && err != ROND_ENOTFOUND) ? APP_EXIT_FAILED : APP_EXIT_DATA;
}

static enum rond_err app_open(struct app *app, bool *ret_data_open, struct fault *fault) {
    enum rond_err err = open_loop(app);
    if (!err)
        err = open_data(app, fault);
    *ret_data_open = !err;
    if (!err)
        err = open_network(app, fault);
    if (!err)
        err = listen_all(app, fault);
    if (!err)
        err = app_people_open(app, fault);
    return err ? err : tell_addresses(app, fault);
}

int app_run(const struct config *config, const struct clock *clock, const struct rng *rng) {
    struct app *app = calloc(1, sizeof *app);
    if (!app)
        return APP_EXIT_FAILED;
    *app = (struct app){.config = config, .clock = clock, .rng = rng, .lock = -1, .started_ms = clock_wall_ms(clock)};
    app_downstream_init(app);
    group_commit_init(&app->group);
    identities_init(&app->identities);
    id_map_init(&app->devices.by_id);
    id_map_init(&app->devices.by_device);
    id_map_init(&app->devices.quotas);
    app->devices.retry.rng = rng;
    app->quota_limits = (struct quota_limits){.batches_per_minute = config->device_batches_per_minute,
                                              .reports_per_minute = config->device_reports_per_minute,
                                              .kib_per_minute = config->device_kib_per_minute,
                                              .mib_per_day = config->device_mib_per_day};
    id_map_init(&app->commands.pending);
    id_map_init(&app->people.pending);
    struct fault fault = {0};
    bool data_open = false;
    enum rond_err err = app_open(app, &data_open, &fault);
    int code = app->stage >= APP_DRAINING ? APP_EXIT_OK : exit_code_of(err, data_open);
    if (app->stage >= APP_DRAINING) {
        log_event(LOG_LEVEL_INFO, "start_given_up", "err=%s", rond_err_name(err));
    } else if (!err) {
        app->stage = APP_SERVING;
        log_event(LOG_LEVEL_INFO, "serving", "version=%s data=%s devices=%zu", ROND_VERSION,
                  log_quote(config->data_dir).text, app->identities.by_device.count);
        (void)sd_notify(0, "READY=1");
        uv_run(&app->loop, UV_RUN_DEFAULT);
    } else {
        log_event(LOG_LEVEL_ERROR, "start_failed", "err=%s field=%s text=%s", rond_err_name(err),
                  log_quote(fault.field).text, log_quote(fault.text).text);
    }
    if (!app_close(app) && code == APP_EXIT_OK)
        code = APP_EXIT_FAILED;
    log_event(LOG_LEVEL_INFO, "stopped", "code=%d", code);
    free(app);
    return code;
}
