// rondctl backup, restore, verify --backup.
#include "ctl/backup.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backup/backup.h"
#include "backup/keys.h"
#include "backup/restore.h"
#include "base/check.h"
#include "base/clock.h"
#include "ctl/seclude.h"
#include "promise/forget.h"
#include "read/verify.h"
#include "read/verify_receipt.h"

static int say(const struct fault *fault, enum rond_err err) {
    return ctl_fail(ctl_exit_of(err), "%s", fault->text[0] != '\0' ? fault->text : rond_err_name(err));
}

static void moment(int64_t at_ms, char (*ret_text)[32]) {
    time_t at_s = (time_t)(at_ms / 1000);
    struct tm parts;
    if (gmtime_r(&at_s, &parts) == NULL || strftime(*ret_text, sizeof *ret_text, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        (*ret_text)[0] = '\0';
}

// --- backup ---

static const char backup_help[] =
    "usage: rondctl backup DEST\n"
    "       rondctl backup --keys FILE\n\n"
    "Makes the directory DEST (which must not be there) with all that a server needs to go on elsewhere: the store, ca.key and\n"
    "ca.crt, statement.key, receipt.key, and manifest.json with the SHA-256 of each. A server goes on meanwhile; it is told,\n"
    "and has no part in it: run this as the server's user or as root. It is checked before it gets its name; what ends on\n"
    ".partial is none.\n"
    "It holds secrets: keep it as you keep the data directory. Reports' bodies are sealed in it; what opens them is left out.\n\n"
    "  --keys FILE  write those keys, and what was erased, to FILE, in place of the one before. Keep no older ones: they open\n"
    "               what was erased since. Write it after each backup, and keep it apart from the backups.\n";

// What is noted in the audit log says where it lies. NULL without memory.
static char *whole_path(const char *path) {
    char here[PATH_MAX], *whole = NULL;
    size_t size = strlen(path);
    while (size > 1 && path[size - 1] == '/')
        size--;
    if (path[0] == '/')
        return strndup(path, size);
    if (getcwd(here, sizeof here) == NULL || asprintf(&whole, "%s/%.*s", here, (int)size, path) < 0)
        return NULL;
    return whole;
}

// Only where somebody looks.
static enum rond_err backup_went_on(void *context, enum backup_stage stage, uint64_t bytes, uint64_t of) {
    UNUSED(context);
    if (isatty(STDERR_FILENO) && of > 0)
        fprintf(stderr, "\r\033[K%s: %" PRIu64 " of %" PRIu64 " MiB, %u %%", backup_stage_name(stage), bytes >> 20, of >> 20,
                (unsigned)(bytes * 100 / of));
    return ROND_OK;
}

static int backup_say(const struct ctl *ctl, const struct manifest *manifest, const char *destination) {
    char taken[32], store_id[2 * ID_SIZE + 1];
    uint64_t bytes = 0;
    for (size_t i = 0; i < manifest->files_count; i++)
        bytes += manifest->files[i].stamp.bytes;
    moment(manifest->taken_ms, &taken);
    hex_encode(bytes_of(manifest->store.store_id.b, ID_SIZE), store_id);
    if (!ctl->json) {
        printf("%s: %" PRIu64 " reports as of %s, %.1f MiB in %.1f s, checked\n", destination, manifest->reports, taken,
               (double)bytes / (1 << 20), (double)manifest->took_ms / 1000);
        return CTL_OK;
    }
    json_t *line = json_pack("{s:s,s:I,s:I,s:I,s:s,s:I,s:I,s:I,s:b}", "backup", destination, "bytes", (json_int_t)bytes, "taken_ms",
                             (json_int_t)manifest->taken_ms, "took_ms", (json_int_t)manifest->took_ms, "store_id", store_id, "epoch",
                             (json_int_t)manifest->store.epoch, "reports", (json_int_t)manifest->reports, "received",
                             (json_int_t)manifest->received, "ok", 1);
    json_dumpf(line, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(line);
    return CTL_OK;
}

// The server may read neither ca.key nor write anywhere but in its data directory (server/sandbox.h), so whoever asks for a
// backup makes it: over a connection that only reads, as one of the server's own readers would.
static int backup_here(const struct ctl *ctl, const char *destination) {
    const struct backup_config config = {.data_dir = ctl->data,
                                         .destination = destination,
                                         .clock = clock_system(),
                                         .rng = rng_system(),
                                         .went_on = backup_went_on};
    struct fault fault = {0};
    struct manifest manifest;
    struct store *store = NULL;
    enum rond_err err = store_open_sqlite(ctl->data, STORE_READ_ONLY, rng_system(), &store, &fault);
    if (err == ROND_OK)
        err = backup_make(store, &config, &manifest, &fault);
    store_close(store);
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    if (err == ROND_OK)
        return backup_say(ctl, &manifest, destination);
    ctl_fail_refused(rond_err_name(err), (int)fault.code, fault.field, fault.text[0] != '\0' ? fault.text : rond_err_name(err));
    return ctl_exit_of(err);
}

static void noted(void *context, json_t *line) {
    UNUSED(context);
    UNUSED(line);
}

static int keys_here(const struct ctl *ctl, const char *path) {
    struct fault fault = {0};
    struct backup_keys file;
    struct store *store = NULL;
    enum rond_err err = store_open_sqlite(ctl->data, STORE_READ_ONLY, rng_system(), &store, &fault);
    if (err == ROND_OK)
        err = backup_keys_write(store, path, ctl->data, clock_system(), &file, &fault);
    store_close(store);
    if (err != ROND_OK) {
        ctl_fail_refused(rond_err_name(err), (int)fault.code, fault.field, fault.text[0] != '\0' ? fault.text : rond_err_name(err));
        return ctl_exit_of(err);
    }
    if (!ctl->json) {
        printf("%s: %" PRIu64 " keys, %" PRIu64 " erasures\n", path, file.keys, file.erasures);
        return CTL_OK;
    }
    json_t *line = json_pack("{s:s,s:I,s:I,s:I,s:b}", "keys_file", path, "taken_ms", (json_int_t)file.taken_ms, "keys",
                             (json_int_t)file.keys, "erasures", (json_int_t)file.erasures, "ok", 1);
    json_dumpf(line, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(line);
    return CTL_OK;
}

// Who takes it is noted before it is written, so that the backup tells of itself.
int ctl_backup(const struct ctl *ctl, int argc, char **argv) {
    bool of_keys = argc == 3 && strcmp(argv[1], "--keys") == 0;
    if (!of_keys && (argc != 2 || argv[1][0] == '-'))
        return ctl_help(backup_help, argc == 2 && strcmp(argv[1], "--help") == 0);
    char *destination = whole_path(argv[argc - 1]);
    if (destination == NULL)
        return ctl_fail(CTL_FAILED, "%s cannot be found: %s", argv[argc - 1], strerror(errno));
    int code = asker_ask(ctl, json_pack("{s:s,s:s}", "command", of_keys ? "backup.keys" : "backup", of_keys ? "keys" : "destination", destination),
                         noted, NULL);
    if (code == CTL_OK)
        code = of_keys ? keys_here(ctl, destination) : backup_here(ctl, destination);
    free(destination);
    return code;
}

// --- restore ---

static const char restore_help[] =
    "usage: rondctl [--data DIR] restore BACKUP --keys FILE|--without-texts [--replace]\n\n"
    "A backup becomes the data directory DIR, which is made where it is missing. No server may be running on it. The backup's\n"
    "files and its store are checked first; then the store begins another epoch, so that devices offer again what they keep.\n\n"
    "  --keys FILE      what 'rondctl backup --keys' wrote last. What was erased until then is erased again\n"
    "  --without-texts  without it: figures, verdicts and hashes are there, and a report gets its body back only where its\n"
    "                   device still keeps it\n"
    "  --replace  also where a store is there: its files are moved to DIR/replaced-TIME and kept\n\n"
    "Lost is what people did after the backup, since no device has it: promises, decisions, revocations (revoke again!),\n"
    "follow-ups, enrolments. docs/operating.md has the whole drill.\n";

static int restored_say(const struct ctl *ctl, const struct restored *restored, const char *aside) {
    char taken[32], store_id[2 * ID_SIZE + 1];
    const struct manifest *manifest = &restored->manifest;
    moment(manifest->taken_ms, &taken);
    hex_encode(bytes_of(restored->identity.store_id.b, ID_SIZE), store_id);
    if (ctl->json) {
        json_t *line = json_pack("{s:b,s:s,s:I,s:s,s:I,s:I,s:I,s:s?}", "ok", 1, "data", ctl->data, "taken_ms",
                                 (json_int_t)manifest->taken_ms, "store_id", store_id, "epoch",
                                 (json_int_t)restored->identity.epoch, "reports", (json_int_t)manifest->reports, "keyless", (json_int_t)restored->keyless, "replaced",
                                 restored->replaced ? aside : NULL);
        json_dumpf(line, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(line);
        return CTL_OK;
    }
    printf("%s is restored: %" PRIu64 " reports as of %s, epoch %" PRIu64 "\n", ctl->data, manifest->reports, taken,
           restored->identity.epoch);
    if (restored->keyless > 0)
        printf("%" PRIu64 " reports have no text: their keys were not there. They count as before, and get it back where their"
               " device still keeps it\n", restored->keyless);
    if (restored->replaced)
        printf("what was there is kept in %s/%s\n", ctl->data, aside);
    puts("start rondd; devices hand in what they keep at their next sync. Do again what people did since: see docs/operating.md");
    return CTL_OK;
}

struct forgetting {
    struct catalogue *catalogue; // of the restored store; NULL: not needed yet
};

static enum rond_err forget(void *context, struct store *store, uint64_t row) {
    struct forgetting *forgetting = context;
    enum rond_err err = forgetting->catalogue == NULL ? catalogue_create(store, &forgetting->catalogue, NULL) : ROND_OK;
    return err == ROND_OK ? promise_forget(store, forgetting->catalogue, row) : err;
}

static int restore(const struct ctl *ctl, const char *backup, const char *keys_file, bool without_texts, bool replace) {
    struct fault fault = {0};
    struct restored restored;
    struct forgetting forgetting = {0};
    char now[32], aside[64], actor[32];
    int lock;
    int64_t now_ms = clock_wall_ms(clock_system());
    moment(now_ms, &now);
    snprintf(aside, sizeof aside, "replaced-%s", now);
    snprintf(actor, sizeof actor, "uid:%u", (unsigned)getuid());
    if (mkdir(ctl->data, 0700) != 0 && errno != EEXIST)
        return ctl_fail(CTL_FAILED, "%s cannot be made: %s", ctl->data, strerror(errno));
    enum rond_err err = store_lock(ctl->data, &lock, &fault);
    if (err == ROND_ECONFLICT)
        return ctl_fail(CTL_CONFLICT, "a server or another rondctl holds %s; stop it first", ctl->data);
    if (err != ROND_OK)
        return say(&fault, err);
    const struct restore_config config = {.backup = backup,
                                          .data_dir = ctl->data,
                                          .keys = keys_file,
                                          .without_texts = without_texts,
                                          .aside = replace ? aside : NULL,
                                          .actor = actor,
                                          .now_ms = now_ms,
                                          .rng = rng_system(),
                                          .erased = forget,
                                          .context = &forgetting};
    err = restore_run(&config, &restored, &fault);
    catalogue_unref(forgetting.catalogue);
    close(lock);
    if (err != ROND_OK)
        return say(&fault, err);
    seclude_or_say(ctl->data);
    return restored_say(ctl, &restored, aside);
}

int ctl_restore(const struct ctl *ctl, int argc, char **argv) {
    static const struct option options[] = {{"replace", no_argument, NULL, 'r'},
                                            {"keys", required_argument, NULL, 'k'},
                                            {"without-texts", no_argument, NULL, 'w'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *keys_file = NULL;
    bool replace = false, without_texts = false;
    optind = 0; // anew, and options may stand behind the name
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option != 'r' && option != 'k' && option != 'w')
            return ctl_help(restore_help, option == 'h');
        replace = replace || option == 'r';
        without_texts = without_texts || option == 'w';
        keys_file = option == 'k' ? optarg : keys_file;
    }
    if (optind != argc - 1)
        return ctl_help(restore_help, false);
    return restore(ctl, argv[optind], keys_file, without_texts, replace);
}

// --- verify --backup ---

struct verified {
    asker_line *line;
    void *context;
};

static enum rond_err give_line(void *context, json_t *row) {
    const struct verified *verified = context;
    verified->line(verified->context, row);
    return ROND_OK;
}

static enum rond_err store_verify(const char *backup, const struct verified *verified, struct fault *fault) {
    const struct read_rows rows = {.row = give_line, .context = (void *)(uintptr_t)verified};
    struct store *store = NULL;
    struct catalogue *catalogue = NULL;
    json_t *summary = NULL;
    enum rond_err err = store_open_sqlite(backup, STORE_BACKUP, rng_system(), &store, fault);
    if (err == ROND_OK)
        err = catalogue_create(store, &catalogue, fault);
    if (err == ROND_OK)
        err = read_verify(store, catalogue, &rows, &summary);
    if (err == ROND_OK && json_object_set_new(summary, "ok", json_true()) == 0)
        verified->line(verified->context, summary);
    json_decref(summary);
    catalogue_unref(catalogue);
    store_close(store);
    return err;
}

static enum rond_err receipt_check(const char *backup, const json_t *receipt, const struct verified *verified, struct fault *fault) {
    const struct read_rows rows = {.row = give_line, .context = (void *)(uintptr_t)verified};
    struct store *store = NULL;
    json_t *summary = NULL;
    enum rond_err err = store_open_sqlite(backup, STORE_BACKUP, rng_system(), &store, fault);
    if (err == ROND_OK)
        err = read_verify_receipt(store, receipt, &rows, &summary, fault);
    if (err == ROND_OK && json_object_set_new(summary, "ok", json_true()) == 0)
        verified->line(verified->context, summary);
    json_decref(summary);
    store_close(store);
    return err;
}

int backup_verify_receipt(const char *backup, const json_t *receipt, asker_line *line, void *context) {
    const struct verified verified = {.line = line, .context = context};
    struct fault fault = {0};
    enum rond_err err = receipt_check(backup, receipt, &verified, &fault);
    return err == ROND_OK ? CTL_OK : say(&fault, err);
}

int backup_verify(const struct ctl *ctl, const char *backup, asker_line *line, void *context) {
    const struct verified verified = {.line = line, .context = context};
    struct manifest manifest;
    struct fault fault = {0};
    UNUSED(ctl);
    enum rond_err err = manifest_read(backup, &manifest, &fault);
    if (err == ROND_OK)
        err = manifest_check(&manifest, backup, &fault);
    if (err == ROND_OK)
        err = store_verify(backup, &verified, &fault);
    return err == ROND_OK ? CTL_OK : say(&fault, err);
}
