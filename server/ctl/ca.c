// rondctl ca: status | renew | retire: another key and certificate in the place of the CA's (auth/ca_rollover.h).
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "admin/anchors.h"
#include "auth/ca_rollover.h"
#include "base/check.h"
#include "base/clock.h"
#include "ctl/asker.h"
#include "store/store.h"

enum { PAGE_DEVICES = 500, ARENA_BYTES_MAX = 16 * 1024 * 1024, NAMED_MAX = 100 };

static const char help[] =
    "usage: rondctl ca status\n"
    "           which CA signs, until when, and which devices have not come with a certificate of it yet\n"
    "       rondctl ca renew\n"
    "           a new key and certificate; the CA before goes on being trusted, and certifies the new one, so that devices\n"
    "           that know it alone still find the server. While rondd is stopped; make a backup afterwards\n"
    "       rondctl ca retire [--force]\n"
    "           the CA before is trusted no longer. While rondd is stopped. Refused while active devices depend on it; with\n"
    "           --force they must enrol anew\n";

static void date_format(int64_t at_ms, char (*ret_text)[32]) {
    time_t at = (time_t)(at_ms / 1000);
    struct tm utc;
    if (at_ms == 0) {
        snprintf(*ret_text, sizeof *ret_text, "never");
    } else {
        strftime(*ret_text, sizeof *ret_text, "%Y-%m-%d %H:%MZ", gmtime_r(&at, &utc));
    }
}

static void fingerprint_format(const struct ca *ca, size_t index, char (*ret_text)[2 * HASH_SIZE + 1]) {
    struct hash256 hash;
    ca_authority_fingerprint(ca, index, &hash);
    hex_encode(bytes_of(hash.b, HASH_SIZE), *ret_text);
}

static int failed(enum rond_err err, const struct fault *fault) {
    return ctl_fail(ctl_exit_of(err), "%s", fault->text[0] != '\0' ? fault->text : rond_err_name(err));
}

// --- Which devices depend on the CA before ---

static void print_waiting(const struct ctl *ctl, json_t *device) {
    char seen[32];
    date_format(json_integer_value(json_object_get(device, "seen_ms")), &seen);
    if (ctl->json) {
        json_dumpf(device, stdout, JSON_COMPACT);
        putchar('\n');
    } else {
        printf("%s  %-20s %-16s last sync %s\n", json_string_value(json_object_get(device, "device")),
               json_string_value(json_object_get(device, "name")), json_string_value(json_object_get(device, "organisation")), seen);
    }
}

struct looked {
    const struct ctl *ctl;
    char signs[2 * HASH_SIZE + 1];
    bool prints;
    uint64_t active, waiting;
};

// A certificate comes in one answer with the CAs to trust, so who shows one of the new CA knows it.
static void look_at(void *context, json_t *row) {
    struct looked *looked = context;
    const char *status = json_string_value(json_object_get(row, "status"));
    const char *issuer = json_string_value(json_object_get(row, "ca"));
    if (status == NULL || strcmp(status, "active") != 0) {
        return;
    }
    looked->active++;
    if (issuer != NULL && strcmp(issuer, looked->signs) == 0) {
        return;
    }
    looked->waiting++;
    if (looked->prints) {
        print_waiting(looked->ctl, row);
    }
}

static void print_authority(const struct ctl *ctl, const struct ca *ca, size_t index) {
    char fingerprint[2 * HASH_SIZE + 1], until[32];
    const char *role = index == 0 ? "signs" : "former";
    fingerprint_format(ca, index, &fingerprint);
    date_format(ca_authority_expires_ms(ca, index), &until);
    if (ctl->json) {
        printf("{\"ca\":\"%s\",\"role\":\"%s\",\"expires_ms\":%lld}\n", fingerprint, role,
               (long long)ca_authority_expires_ms(ca, index));
    } else {
        printf("%-7s %.32s until %s\n", role, fingerprint, until);
    }
}

static int ca_status(const struct ctl *ctl) {
    const struct ca_keeper nobody = {0};
    struct fault fault = {0};
    struct looked looked = {.ctl = ctl};
    struct ca *ca = NULL;
    enum rond_err err = ca_open_kept(ctl->data, &nobody, &ca, &fault);
    if (err != ROND_OK) {
        return failed(err, &fault);
    }
    bool has_former = ca_authorities(ca) > 1;
    fingerprint_format(ca, 0, &looked.signs);
    for (size_t i = 0; i < ca_authorities(ca); i++) {
        print_authority(ctl, ca, i);
    }
    looked.prints = has_former;
    int code = has_former ? asker_ask(ctl, json_pack("{s:s}", "command", "device.list"), look_at, &looked) : CTL_OK;
    if (code == CTL_OK && has_former && ctl->json) {
        printf("{\"active\":%llu,\"waiting\":%llu}\n", (unsigned long long)looked.active, (unsigned long long)looked.waiting);
    } else if (code == CTL_OK && has_former) {
        printf("%llu of %llu active devices depend on the former CA still%s\n", (unsigned long long)looked.waiting,
               (unsigned long long)looked.active, looked.waiting == 0 ? ": rondctl ca retire" : "");
    }
    ca_close(ca);
    return code;
}

// --- Changing it: the lock is held throughout ---

struct change {
    const struct ctl *ctl;
    bool forced;
    struct store *store;
    struct fault fault;
};

static bool depends(const struct device_record *device, const struct hash256 *signs) {
    return device->status == DEVICE_ACTIVE && !hash256_equal(&device->issuer, signs);
}

static void name_waiting(const struct device_record *device) {
    char seen[32], id[2 * ID_SIZE + 1];
    date_format(device->seen_ms, &seen);
    hex_encode(bytes_of(device->device.b, ID_SIZE), id);
    fprintf(stderr, "  %s  %-20s %-16s last sync %s\n", id, device->name, device->organisation, seen);
}

static enum rond_err count_waiting(struct store *store, const struct hash256 *signs, uint64_t *ret_count) {
    struct arena arena;
    uint64_t cursor = 0, waiting = 0;
    enum rond_err err;
    arena_init(&arena, ARENA_BYTES_MAX);
    do {
        struct device_record *devices = NULL;
        size_t count = 0;
        arena_reset(&arena);
        err = store->views->devices(store, cursor, PAGE_DEVICES, &arena, &devices, &count, &cursor);
        for (size_t i = 0; err == ROND_OK && i < count; i++) {
            if (depends(&devices[i], signs) && ++waiting <= NAMED_MAX) {
                name_waiting(&devices[i]);
            }
        }
    } while (err == ROND_OK && cursor != 0);
    arena_deinit(&arena);
    *ret_count = waiting;
    return err;
}

static enum rond_err may_retire(struct change *change) {
    const struct ca_keeper nobody = {0};
    struct hash256 signs;
    struct ca *ca = NULL;
    uint64_t waiting = 0;
    enum rond_err err = ca_open_kept(change->ctl->data, &nobody, &ca, &change->fault);
    if (err != ROND_OK) {
        return err;
    }
    bool has_former = ca_authorities(ca) > 1;
    ca_spki_fingerprint(ca, &signs);
    ca_close(ca);
    err = has_former ? count_waiting(change->store, &signs, &waiting) : ROND_OK;
    if (err == ROND_OK && waiting > 0 && !change->forced) {
        err = fault_set(&change->fault, ROND_EAUTH, 0, "",
                        "%llu active devices depend on the former CA: let them sync, revoke them, or retire it with --force, after "
                        "which they must enrol anew.",
                        (unsigned long long)waiting);
    }
    return err;
}

// What devices are told follows the files; where this fails, rondd does it when it starts.
static enum rond_err tell(struct change *change) {
    const struct ca_keeper nobody = {0};
    struct arena arena;
    struct ca *ca = NULL;
    char actor[32];
    bool changed = false;
    enum rond_err err = ca_open_kept(change->ctl->data, &nobody, &ca, &change->fault);
    if (err != ROND_OK) {
        return err;
    }
    snprintf(actor, sizeof actor, "uid:%u", (unsigned)getuid());
    arena_init(&arena, ARENA_BYTES_MAX);
    err = change->store->ledger->begin(change->store);
    if (err == ROND_OK) {
        err = anchors_follow(change->store, ca, actor, clock_wall_ms(clock_system()), &arena, &changed);
        if (err == ROND_OK) {
            err = change->store->ledger->commit(change->store);
        } else {
            change->store->ledger->rollback(change->store);
        }
    }
    arena_deinit(&arena);
    ca_close(ca);
    return err;
}

static enum rond_err renew(struct change *change) {
    return ca_renew(change->ctl->data, rng_system(), clock_wall_ms(clock_system()), &change->fault);
}

static enum rond_err retire(struct change *change) {
    enum rond_err err = may_retire(change);
    return err == ROND_OK ? ca_retire(change->ctl->data, &change->fault) : err;
}

static int ca_change(const struct ctl *ctl, bool forced, enum rond_err (*run)(struct change *change), const char *done) {
    struct change change = {.ctl = ctl, .forced = forced};
    int lock = -1;
    enum rond_err err = store_lock(ctl->data, &lock, &change.fault);
    if (err == ROND_ECONFLICT) {
        return ctl_fail(CTL_CONFLICT, "a server holds %s: stop rondd first, and start it again afterwards", ctl->data);
    }
    if (err == ROND_OK) {
        err = store_open_sqlite(ctl->data, STORE_READ_WRITE, rng_system(), &change.store, &change.fault);
    }
    if (err == ROND_OK) {
        err = run(&change);
    }
    if (err == ROND_OK) {
        err = tell(&change);
    }
    store_close(change.store);
    if (lock >= 0) {
        close(lock);
    }
    if (err != ROND_OK) {
        return failed(err, &change.fault);
    }
    puts(ctl->json ? "{\"ok\":true}" : done);
    return CTL_OK;
}

int ctl_ca(const struct ctl *ctl, int argc, char **argv) {
    const char *action = argc > 1 ? argv[1] : "";
    bool forced = argc == 3 && strcmp(argv[2], "--force") == 0;
    if (strcmp(action, "status") == 0 && argc == 2) {
        return ca_status(ctl);
    }
    if (strcmp(action, "renew") == 0 && argc == 2) {
        return ca_change(ctl, false, renew, "renewed: start rondd, make a backup, and watch rondctl ca status");
    }
    if (strcmp(action, "retire") == 0 && (argc == 2 || forced)) {
        return ca_change(ctl, forced, retire, "retired: start rondd, and make a backup");
    }
    return ctl_help(help, strcmp(action, "--help") == 0);
}
