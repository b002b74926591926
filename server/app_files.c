#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app_inner.h"
#include "base/file.h"
#include "base/log.h"

enum { CERTIFICATE_DAYS_LISTENERS = 365, PEM_BYTES_MAX = 32 * 1024 };
#define DAY_MS (INT64_C(24) * 3600 * 1000)

static void path_in(const struct app *app, const char *name, char (*ret_path)[CONFIG_PATH_SIZE + 32]) {
    (void)snprintf(*ret_path, sizeof *ret_path, "%s/%s", app->config->data_dir, name);
}

typedef char path_beside[CONFIG_PATH_SIZE + 40];

static enum rond_err not_written(const char *path, int error, struct fault *fault) {
    return fault_set(fault, error == ENOSPC || error == EDQUOT ? ROND_EFULL : ROND_EIO, 0, "server.data_dir",
                     "%s cannot be written: %s.", path, strerror(error));
}

static enum rond_err write_beside(const char *path, mode_t mode, struct bytes bytes, path_beside beside,
                                  struct fault *fault) {
    (void)snprintf(beside, sizeof(path_beside), "%s.new", path);
    int descriptor = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    bool written = descriptor >= 0 && fchmod(descriptor, mode) == 0 && file_write_all(descriptor, bytes) && fsync(descriptor) == 0;
    int error = errno;
    if (descriptor >= 0)
        (void)close(descriptor);
    if (written)
        return ROND_OK;
    (void)unlink(beside);
    return not_written(path, error, fault);
}

static enum rond_err take_place(path_beside beside, const char *path, struct fault *fault) {
    if (rename(beside, path) == 0)
        return ROND_OK;
    int error = errno;
    (void)unlink(beside);
    return not_written(path, error, fault);
}

// Whole or not at all: written beside and renamed.
static enum rond_err write_file(const char *path, mode_t mode, struct bytes bytes, struct fault *fault) {
    path_beside beside;
    enum rond_err err = write_beside(path, mode, bytes, beside, fault);
    return err ? err : take_place(beside, path, fault);
}

// Turned by the clock, in memory whatever the disk says: what is on it then is old, and the next start does not go by it.
static enum rond_err turn_ticket_keys(struct app *app, struct fault *fault) {
    char path[CONFIG_PATH_SIZE + 32];
    uint8_t kept[TICKET_KEYS_SIZE];
    if (!ticket_keys_turn(&app->files.ticket_keys, app->rng, clock_wall_ms(app->clock)))
        return ROND_OK;
    path_in(app, "tickets.key", &path);
    ticket_keys_write(&app->files.ticket_keys, kept);
    enum rond_err err = write_file(path, 0600, bytes_of(kept, sizeof kept), fault);
    bytes_wipe(kept, sizeof kept);
    return err;
}

static enum rond_err load_ticket_keys(struct app *app, struct fault *fault) {
    char path[CONFIG_PATH_SIZE + 32];
    uint8_t kept[TICKET_KEYS_SIZE + 1];
    path_in(app, "tickets.key", &path);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t size = descriptor >= 0 ? read(descriptor, kept, sizeof kept) : -1;
    if (descriptor >= 0)
        (void)close(descriptor);
    if (size < 0 || !ticket_keys_read(&app->files.ticket_keys, bytes_of(kept, (size_t)size)))
        app->files.ticket_keys = (struct ticket_keys){0};
    bytes_wipe(kept, sizeof kept);
    return turn_ticket_keys(app, fault);
}

void app_files_sweep(struct app *app) {
    struct fault fault = {0};
    int64_t made_ms = app->files.ticket_keys.now.made_ms;
    enum rond_err err = turn_ticket_keys(app, &fault);
    if (err || made_ms != app->files.ticket_keys.now.made_ms)
        log_event(err ? LOG_LEVEL_WARN : LOG_LEVEL_INFO, "ticket_keys_turned", "kept=%d text=%s", !err, log_quote(fault.text).text);
}

// Both are on the disk before either takes the place of the one before, so that a full disk leaves the old pair.
static enum rond_err write_pair(const struct app_files *files, struct bytes key, struct bytes certificates,
                                struct fault *fault) {
    path_beside key_beside, certificate_beside;
    enum rond_err err = write_beside(files->key_path, 0600, key, key_beside, fault);
    if (err)
        return err;
    err = write_beside(files->certificate_path, 0644, certificates, certificate_beside, fault);
    if (err) {
        (void)unlink(key_beside);
        return err;
    }
    err = take_place(key_beside, files->key_path, fault);
    return err ? err : take_place(certificate_beside, files->certificate_path, fault);
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
    else
        err = write_pair(&app->files, buffer_bytes(&key), buffer_bytes(&certificates), fault);
    if (!err)
        app->files.certificate_expires_ms = now_ms + CERTIFICATE_DAYS_LISTENERS * DAY_MS;
    if (key.data)
        bytes_wipe(key.data, key.size);
    buffer_deinit(&key);
    buffer_deinit(&certificates);
    return err;
}

// The pair of the last start, where it can be used still.
static bool kept_pair(struct app *app) {
    int days = 0, seconds = 0;
    FILE *certificate_file = fopen(app->files.certificate_path, "re"), *key_file = fopen(app->files.key_path, "re");
    X509 *certificate = certificate_file ? PEM_read_X509(certificate_file, NULL, NULL, NULL) : NULL;
    EVP_PKEY *key = key_file ? PEM_read_PrivateKey(key_file, NULL, NULL, NULL) : NULL;
    bool fits = certificate && key && X509_check_private_key(certificate, key) == 1 &&
                ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(certificate)) == 1 && days >= 0 && seconds >= 0;
    app->files.certificate_expires_ms = clock_wall_ms(app->clock) + days * DAY_MS + seconds * INT64_C(1000);
    EVP_PKEY_free(key);
    X509_free(certificate);
    if (certificate_file)
        (void)fclose(certificate_file);
    if (key_file)
        (void)fclose(key_file);
    return fits;
}

// A disk that cannot be written is no reason not to serve: what the last start left does until it can be.
static enum rond_err issue_or_keep(struct app *app, struct fault *fault) {
    enum rond_err err = app_files_issue(app, fault);
    if ((err != ROND_EFULL && err != ROND_EIO) || !kept_pair(app))
        return err;
    log_event(LOG_LEVEL_WARN, "certificate_kept", "err=%s text=%s", rond_err_name(err), log_quote(fault->text).text);
    *fault = (struct fault){0};
    app->files.certificate_due = true;
    return ROND_OK;
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
    enum rond_err err =
        app_signer_start(&app->signer, app->config, app->clock, app->rng, CERTIFICATE_DAYS_LISTENERS, fault);
    struct ca_keeper keeper = signer_keeper(&app->signer.signer);
    if (!err)
        err = ca_open_kept(app->config->data_dir, &keeper, &app->ca, fault);
    if (!err)
        err = load_ticket_keys(app, fault);
    return err ? err : issue_or_keep(app, fault);
}

enum rond_err app_files_write_ports(struct app *app, struct fault *fault) {
    char text[160];
    int size =
        snprintf(text, sizeof text, "devices=%u\nenrolment=%u\noperations=%u\n", (unsigned)app->ports[NETWORK_DEVICES],
                 (unsigned)app->ports[NETWORK_ENROLMENT], (unsigned)app->ports[NETWORK_OPERATIONS]);
    if (app->config->people_listens)
        size += snprintf(text + size, sizeof text - (size_t)size, "people=%u\n", (unsigned)app->ports[NETWORK_PEOPLE]);
    enum rond_err err = write_file(app->files.ports_path, 0644, bytes_of(text, (size_t)size), fault);
    if (err)
        (void)unlink(app->files.ports_path); // those of another start
    return err;
}
