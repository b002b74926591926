// rondctl init: a data directory with an empty store and a certificate authority of its own.
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/anchors.h"
#include "auth/ca.h"
#include "auth/followup_signer.h"
#include "auth/receipt_signer.h"
#include "base/clock.h"
#include "ctl/ctl.h"
#include "ctl/seclude.h"
#include "store/store.h"

enum { ARENA_BYTES_MAX = 1024 * 1024 };

static const char help[] = "usage: rondctl --data DIR init [--name NAME]\n\n"
                           "Makes DIR (if missing) with an empty store (rond.db) and a certificate authority (ca.key, ca.crt),\n"
                           "a key that signs follow-ups (statement.key), and one that signs receipts for devices (receipt.key, receipt.crt).\n"
                           "Keep ca.key safe: whoever has it can enrol devices; and statement.key and receipt.key: they sign for you. Nothing that is there is replaced.\n"
                           "ca.key and receipt.key go into DIR-ca, where the running server cannot read them; what DIR has of them are links.\n\n"
                           "  --name NAME  name in the CA's certificate (default: Rond CA)\n";

// Devices learn the CA as reference data, so that another can stand beside it before it takes over.
static enum rond_err anchors_put(struct store *store, const struct ca *ca) {
    struct arena arena;
    bool changed = false;
    arena_init(&arena, ARENA_BYTES_MAX);
    enum rond_err err = anchors_follow(store, ca, "server", clock_wall_ms(clock_system()), &arena, &changed);
    arena_deinit(&arena);
    return err;
}

static enum rond_err signer_put(struct store *store, const char *directory, struct fault *fault) {
    struct followup_signer *signer = NULL;
    enum rond_err err = followup_signer_open(directory, &signer, fault);
    if (err == ROND_OK) {
        err = followup_signer_adopt(signer, store, clock_wall_ms(clock_system()), fault);
    }
    followup_signer_close(signer);
    return err;
}

static enum rond_err receipts_make(const char *directory, const struct ca *ca, struct fault *fault) {
    struct receipt_signer *signer = NULL;
    enum rond_err err = receipt_signer_open(directory, ca, rng_system(), clock_wall_ms(clock_system()), &signer, fault);
    receipt_signer_close(signer);
    return err;
}

static enum rond_err fill(struct store *store, const char *directory, const struct ca *ca, struct fault *fault) {
    enum rond_err err = store->ledger->begin(store);
    if (err != ROND_OK) {
        return err;
    }
    err = anchors_put(store, ca);
    if (err == ROND_OK) {
        err = signer_put(store, directory, fault);
    }
    if (err == ROND_OK) {
        return store->ledger->commit(store);
    }
    store->ledger->rollback(store);
    return err;
}

// Reference data is put in last, with the key that signs: without any, the making was broken off before.
static enum rond_err is_unfinished(const char *directory, bool *ret_unfinished) {
    struct store *store = NULL;
    struct arena arena;
    Rond__V1__ReferenceEntry **entries;
    size_t count = 0;
    uint64_t newest = 0;
    enum rond_err err = store_open_sqlite(directory, STORE_READ_ONLY, rng_system(), &store, NULL);
    if (err != ROND_OK) {
        return err;
    }
    arena_init(&arena, ARENA_BYTES_MAX);
    err = store->views->reference(store, 0, 1, &arena, &entries, &count, &newest);
    arena_deinit(&arena);
    store_close(store);
    *ret_unfinished = newest == 0;
    return err;
}

// A new one, or one whose making was broken off.
static enum rond_err store_make(const char *directory, struct store **ret_store, bool *ret_resumed, struct fault *fault) {
    *ret_resumed = false;
    enum rond_err err = store_open_sqlite(directory, STORE_CREATE, rng_system(), ret_store, fault);
    if (err != ROND_ECONFLICT) {
        return err;
    }
    enum rond_err looked = is_unfinished(directory, ret_resumed);
    if (looked == ROND_ENOMEM || looked == ROND_EIO) {
        return fault_set(fault, looked, 0, "", "The store in %s cannot be looked at.", directory);
    }
    return *ret_resumed ? store_open_sqlite(directory, STORE_READ_WRITE, rng_system(), ret_store, fault) : err;
}

static enum rond_err ca_make(const char *directory, const char *name, bool resumed, struct ca **ret_ca, struct fault *fault) {
    enum rond_err err = ca_create(directory, name, rng_system(), clock_wall_ms(clock_system()), fault);
    if (err != ROND_OK && !(resumed && err == ROND_ECONFLICT)) {
        return err;
    }
    return ca_open(directory, ret_ca, fault);
}

// Whatever breaks it off, made once more it goes on from there; what is there is used and never replaced.
static enum rond_err make(const char *directory, const char *name, struct fault *fault) {
    struct store *store = NULL;
    struct ca *ca = NULL;
    bool resumed = false;
    int lock = -1;
    enum rond_err err = store_lock(directory, &lock, fault);
    if (err == ROND_OK) {
        err = store_make(directory, &store, &resumed, fault);
    }
    if (err == ROND_OK) {
        err = ca_make(directory, name, resumed, &ca, fault);
    }
    if (err == ROND_OK) {
        *fault = (struct fault){0};
        err = receipts_make(directory, ca, fault);
    }
    if (err == ROND_OK) {
        err = fill(store, directory, ca, fault);
    }
    ca_close(ca);
    store_close(store);
    if (lock >= 0) {
        close(lock);
    }
    return err;
}

int ctl_init(const struct ctl *ctl, int argc, char **argv) {
    static const struct option options[] = {{"name", required_argument, NULL, 'n'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    const char *name = "Rond CA";
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'n': name = optarg; break;
        default: return ctl_help(help, option == 'h');
        }
    }
    if (optind != argc) {
        return ctl_fail(CTL_USAGE, "init takes no '%s'", argv[optind]);
    }
    if (mkdir(ctl->data, 0700) != 0 && errno != EEXIST) {
        return ctl_fail(CTL_FAILED, "%s cannot be made: %s", ctl->data, strerror(errno));
    }
    struct fault fault = {0};
    enum rond_err err = make(ctl->data, name, &fault);
    if (err != ROND_OK) {
        return ctl_fail(ctl_exit_of(err), "%s", fault.text[0] != '\0' ? fault.text : rond_err_name(err));
    }
    seclude_or_say(ctl->data);
    if (ctl->json) {
        printf("{\"ok\":true,\"data\":\"%s\"}\n", ctl->data);
    } else {
        printf("%s is ready: rond.db, ca.key, ca.crt, statement.key, receipt.key, receipt.crt\n", ctl->data);
    }
    return CTL_OK;
}
