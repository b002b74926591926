#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app_inner.h"

enum { CERTIFICATE_DAYS_LISTENERS = 365, PEM_BYTES_MAX = 32 * 1024 };
#define DAY_MS (INT64_C(24) * 3600 * 1000)

static void path_in(const struct app *app, const char *name, char (*ret_path)[CONFIG_PATH_SIZE + 32]) {
    (void)snprintf(*ret_path, sizeof *ret_path, "%s/%s", app->config->data_dir, name);
}

// Whole or not at all: written beside and renamed.
static enum rond_err write_file(const char *path, mode_t mode, struct bytes bytes, struct fault *fault) {
    char beside[CONFIG_PATH_SIZE + 40];
    (void)snprintf(beside, sizeof beside, "%s.new", path);
    int descriptor = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    bool written = descriptor >= 0 && fchmod(descriptor, mode) == 0 &&
                   write(descriptor, bytes.data, bytes.size) == (ssize_t)bytes.size && fsync(descriptor) == 0;
    int error = errno;
    if (descriptor >= 0)
        (void)close(descriptor);
    if (written && rename(beside, path) == 0)
        return ROND_OK;
    error = written ? errno : error;
    (void)unlink(beside);
    return fault_set(fault, error == ENOSPC ? ROND_EFULL : ROND_EIO, 0, "server.data_dir", "%s cannot be written: %s.", path,
                     strerror(error));
}

// Keys of TLS tickets, so that devices resume their sessions after a restart.
static enum rond_err load_ticket_keys(struct app *app, struct fault *fault) {
    char path[CONFIG_PATH_SIZE + 32];
    path_in(app, "tickets.key", &path);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t size = descriptor >= 0 ? read(descriptor, app->files.ticket_keys, TLS_TICKET_KEYS_SIZE) : -1;
    if (descriptor >= 0)
        (void)close(descriptor);
    if (size == TLS_TICKET_KEYS_SIZE)
        return ROND_OK;
    rng_fill(app->rng, app->files.ticket_keys, TLS_TICKET_KEYS_SIZE);
    return write_file(path, 0600, bytes_of(app->files.ticket_keys, TLS_TICKET_KEYS_SIZE), fault);
}

enum rond_err app_files_issue(struct app *app, struct fault *fault) {
    const char *names[CONFIG_HOSTNAMES_MAX];
    for (size_t i = 0; i < app->config->hostnames_count; i++)
        names[i] = app->config->hostnames[i];
    struct buffer certificates, key;
    buffer_init(&certificates, PEM_BYTES_MAX);
    buffer_init(&key, PEM_BYTES_MAX);
    int64_t now_ms = clock_wall_ms(app->clock);
    enum rond_err err = ca_issue_server(app->ca, names, app->config->hostnames_count, CERTIFICATE_DAYS_LISTENERS, app->rng,
                                        now_ms, &certificates, &key);
    if (err)
        (void)fault_set(fault, err, 0, "", "The server's certificate cannot be made.");
    else if (!(err = write_file(app->files.key_path, 0600, buffer_bytes(&key), fault)))
        err = write_file(app->files.certificate_path, 0644, buffer_bytes(&certificates), fault);
    if (!err)
        app->files.certificate_expires_ms = now_ms + CERTIFICATE_DAYS_LISTENERS * DAY_MS;
    if (key.data)
        bytes_wipe(key.data, key.size);
    buffer_deinit(&key);
    buffer_deinit(&certificates);
    return err;
}

enum rond_err app_files_open(struct app *app, struct fault *fault) {
    struct app_files *files = &app->files;
    path_in(app, "server.crt", &files->certificate_path);
    path_in(app, "server.key", &files->key_path);
    path_in(app, "ca.crt", &files->ca_path);
    path_in(app, "control.sock", &files->control_path);
    path_in(app, "ports", &files->ports_path);
    bool own = app->config->people_certificate[0] == '\0';
    (void)snprintf(files->people_certificate_path, sizeof files->people_certificate_path, "%s",
                   own ? files->certificate_path : app->config->people_certificate);
    (void)snprintf(files->people_key_path, sizeof files->people_key_path, "%s",
                   own ? files->key_path : app->config->people_key);
    if (app->config->people_listens && own != (app->config->people_key[0] == '\0'))
        return fault_set(fault, ROND_EINVALID, 0, "people.key", "Give certificate and key both, or neither.");
    enum rond_err err = ca_open(app->config->data_dir, &app->ca, fault);
    if (!err)
        err = load_ticket_keys(app, fault);
    return err ? err : app_files_issue(app, fault);
}

enum rond_err app_files_write_ports(struct app *app, struct fault *fault) {
    char text[160];
    int size =
        snprintf(text, sizeof text, "devices=%u\nenrolment=%u\noperations=%u\n", (unsigned)app->ports[NETWORK_DEVICES],
                 (unsigned)app->ports[NETWORK_ENROLMENT], (unsigned)app->ports[NETWORK_OPERATIONS]);
    if (app->config->people_listens)
        size += snprintf(text + size, sizeof text - (size_t)size, "people=%u\n", (unsigned)app->ports[NETWORK_PEOPLE]);
    return write_file(app->files.ports_path, 0644, bytes_of(text, (size_t)size), fault);
}
