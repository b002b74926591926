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

#include "backup/restore.h"
#include "base/check.h"
#include "base/clock.h"
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
    "usage: rondctl backup DEST\n\n"
    "Makes the directory DEST (which must not be there) with all that a server needs to go on elsewhere: the store, ca.key and\n"
    "ca.crt, statement.key, receipt.key, and manifest.json with the SHA-256 of each. The server goes on meanwhile, and writes it as its own\n"
    "user. It is checked before it gets its name; what ends on .partial is none.\n"
    "It holds secrets and every report with its texts: keep it as you keep the data directory.\n";

// The server has a working directory of its own. NULL without memory.
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

static void print_backup(void *context, json_t *line) {
    UNUSED(context);
    char taken[32];
    moment((int64_t)json_integer_value(json_object_get(line, "taken_ms")), &taken);
    printf("%s: %" JSON_INTEGER_FORMAT " reports as of %s, %.1f MiB in %.1f s, checked\n",
           json_string_value(json_object_get(line, "backup")), json_integer_value(json_object_get(line, "reports")), taken,
           (double)json_integer_value(json_object_get(line, "bytes")) / (1 << 20),
           (double)json_integer_value(json_object_get(line, "took_ms")) / 1000);
}

int ctl_backup(const struct ctl *ctl, int argc, char **argv) {
    if (argc != 2 || argv[1][0] == '-')
        return ctl_help(backup_help, argc == 2 && strcmp(argv[1], "--help") == 0);
    char *destination = whole_path(argv[1]);
    if (destination == NULL)
        return ctl_fail(CTL_FAILED, "%s cannot be found: %s", argv[1], strerror(errno));
    int code = asker_show(ctl, json_pack("{s:s,s:s}", "command", "backup", "destination", destination), NULL, print_backup);
    free(destination);
    return code;
}

// --- restore ---

static const char restore_help[] =
    "usage: rondctl [--data DIR] restore BACKUP [--replace]\n\n"
    "A backup becomes the data directory DIR, which is made where it is missing. No server may be running on it. The backup's\n"
    "files and its store are checked first; then the store begins another epoch, so that devices offer again what they keep.\n\n"
    "  --replace  also where a store is there: its files are moved to DIR/replaced-TIME and kept\n\n"
    "Lost is what people did after the backup, since no device has it: promises, decisions, revocations (revoke again!),\n"
    "follow-ups, enrolments. docs/operating.md has the whole drill.\n";

static int restored_say(const struct ctl *ctl, const struct restored *restored, const char *aside) {
    char taken[32], store_id[2 * ID_SIZE + 1];
    const struct manifest *manifest = &restored->manifest;
    moment(manifest->taken_ms, &taken);
    hex_encode(bytes_of(restored->identity.store_id.b, ID_SIZE), store_id);
    if (ctl->json) {
        json_t *line = json_pack("{s:b,s:s,s:I,s:s,s:I,s:I,s:s?}", "ok", 1, "data", ctl->data, "taken_ms",
                                 (json_int_t)manifest->taken_ms, "store_id", store_id, "epoch",
                                 (json_int_t)restored->identity.epoch, "reports", (json_int_t)manifest->reports, "replaced",
                                 restored->replaced ? aside : NULL);
        json_dumpf(line, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(line);
        return CTL_OK;
    }
    printf("%s is restored: %" PRIu64 " reports as of %s, epoch %" PRIu64 "\n", ctl->data, manifest->reports, taken,
           restored->identity.epoch);
    if (restored->replaced)
        printf("what was there is kept in %s/%s\n", ctl->data, aside);
    puts("start rondd; devices hand in what they keep at their next sync. Do again what people did since: see docs/operating.md");
    return CTL_OK;
}

static int restore(const struct ctl *ctl, const char *backup, bool replace) {
    struct fault fault = {0};
    struct restored restored;
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
                                          .aside = replace ? aside : NULL,
                                          .actor = actor,
                                          .now_ms = now_ms,
                                          .rng = rng_system()};
    err = restore_run(&config, &restored, &fault);
    close(lock);
    return err == ROND_OK ? restored_say(ctl, &restored, aside) : say(&fault, err);
}

int ctl_restore(const struct ctl *ctl, int argc, char **argv) {
    static const struct option options[] = {{"replace", no_argument, NULL, 'r'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    bool replace = false;
    optind = 0; // anew, and options may stand behind the name
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option != 'r')
            return ctl_help(restore_help, option == 'h');
        replace = true;
    }
    if (optind != argc - 1)
        return ctl_help(restore_help, false);
    return restore(ctl, argv[optind], replace);
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
