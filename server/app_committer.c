// One mutex guards a mailbox of a few groups each way. The thread sleeps on the condition; a second without work is a lull,
// in which the write-ahead log is checkpointed once. After a failed commit nothing may be assumed of the store
// (store/ledger.h), so it is closed and opened anew, and what was acknowledged last is looked for, before the next group.
// While there is trouble (app_trouble.h) the thread itself tries once a second, so that the server is well again by itself,
// whether or not a device asks. To a store that SQLite finds malformed nothing is written any more: groups are given back as
// they come.
#include "app_committer.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "app_acknowledged.h"
#include "base/check.h"
#include "base/log.h"
#include "promise/upgrade.h"

enum { LULL_MS = 1000, TRY_MS = 1000, TELL_MS = 2000, LOOK_MS = 100, EXTEND_MS = 120 * 1000, ROOM_BYTES_MIN = 2 * 1024 * 1024 };

struct mailbox {
    struct submission *groups[GROUPS_OUT_MAX];
    struct commit_census census[GROUPS_OUT_MAX]; // ready: as it stood when the group was through
    size_t count;
};

struct app_committer {
    struct app_committer_config config;
    char *data_dir;
    pthread_t thread;
    bool joined;
    pthread_mutex_t mutex;
    pthread_cond_t changed;

    // Under the mutex.
    struct mailbox given, ready;
    size_t groups;                // given, running or ready
    bool stopping;
    bool opened;                  // the thread has tried to open; open_err tells how it went
    enum rond_err open_err;
    struct fault open_fault;
    struct store_identity identity;
    struct catalogue *published;  // for take (or create)
    struct app_committer_status status;
    int64_t busy_since_ms;

    // The thread's own.
    struct store *store;
    struct catalogue *catalogue;
    struct commit_census census;
    struct app_acknowledged acknowledged;
    enum rond_err checkpoint_err; // as the last one ended
    int64_t told_ms;
};

static void mailbox_put(struct mailbox *mailbox, struct submission *group) {
    CHECK(mailbox->count < GROUPS_OUT_MAX);
    mailbox->groups[mailbox->count++] = group;
}

// The oldest; NULL where it is empty.
static struct submission *mailbox_take(struct mailbox *mailbox) {
    if (mailbox->count == 0)
        return NULL;
    struct submission *group = mailbox->groups[0];
    mailbox->count--;
    memmove(mailbox->groups, mailbox->groups + 1, mailbox->count * sizeof *mailbox->groups);
    memmove(mailbox->census, mailbox->census + 1, mailbox->count * sizeof *mailbox->census);
    return group;
}

static void close_store(struct app_committer *committer) {
    store_close(committer->store);
    committer->store = NULL;
}

// After a failure: what was committed is to be there, in the log and in the tables, before anything is added to it.
static enum rond_err open_store(struct app_committer *committer, struct fault *fault) {
    enum rond_err err =
        store_open_sqlite(committer->data_dir, STORE_READ_WRITE, committer->config.rng, &committer->store, fault);
    if (!err && (err = app_acknowledged_check(&committer->acknowledged, committer->store, fault)))
        close_store(committer);
    pthread_mutex_lock(&committer->mutex);
    committer->status.openings += err ? 0 : 1;
    pthread_mutex_unlock(&committer->mutex);
    return err;
}

// Nothing is served meanwhile: whoever waits for the start is told that it goes on.
static void tell_counting(void *context, uint64_t rows, uint64_t of) {
    struct app_committer *committer = context;
    int64_t now_ms = clock_monotonic_ms(committer->config.clock);
    if (committer->told_ms != 0 && now_ms - committer->told_ms < TELL_MS && rows < of)
        return;
    committer->told_ms = now_ms;
    log_event(LOG_LEVEL_INFO, "counting_anew", "rows=%" PRIu64 " of=%" PRIu64, rows, of);
    (void)sd_notifyf(0, "STATUS=Counting anew: %" PRIu64 " of %" PRIu64 " reports\nEXTEND_TIMEOUT_USEC=%d000", rows, of, EXTEND_MS);
}

// The same while the bodies of a store of version 0.2 are put under keys. The one committer is the one who opens it first.
static void tell_sealing(uint64_t rows, uint64_t of) {
    static _Atomic int64_t told_ms;
    int64_t now_ms = clock_monotonic_ms(clock_system());
    if (told_ms != 0 && now_ms - told_ms < TELL_MS && rows < of)
        return;
    told_ms = now_ms;
    log_event(LOG_LEVEL_INFO, "sealing_bodies", "rows=%" PRIu64 " of=%" PRIu64, rows, of);
    (void)sd_notifyf(0, "STATUS=Sealing bodies: %" PRIu64 " of %" PRIu64 " reports\nEXTEND_TIMEOUT_USEC=%d000", rows, of, EXTEND_MS);
}

static enum rond_err trouble_of(struct app_committer *committer) {
    pthread_mutex_lock(&committer->mutex);
    enum rond_err err = committer->status.trouble.err;
    pthread_mutex_unlock(&committer->mutex);
    return err;
}

// A small transaction may fit on a disk that is full for the next one: it is full until there is room again.
static void note(struct app_committer *committer, enum rond_err err, const char *text) {
    static const char read_only[] = "The disk is mounted read-only.";
    struct statvfs disk;
    bool known = statvfs(committer->data_dir, &disk) == 0;
    bool has_room = !known || (uint64_t)disk.f_bavail * disk.f_frsize >= ROOM_BYTES_MIN;
    if (!err && !has_room && trouble_of(committer) == ROND_EFULL)
        return;
    if (err == ROND_EIO && known && (disk.f_flag & ST_RDONLY))
        text = read_only;
    int64_t now_ms = clock_monotonic_ms(committer->config.clock);
    pthread_mutex_lock(&committer->mutex);
    app_trouble_note(&committer->status.trouble, err, text, now_ms);
    pthread_mutex_unlock(&committer->mutex);
}

static enum rond_err open_first(struct app_committer *committer, struct store_identity *ret_identity, struct fault *fault) {
    enum rond_err err = open_store(committer, fault);
    if (!err)
        err = committer->store->registry->identity(committer->store, ret_identity);
    if (!err)
        err = catalogue_create(committer->store, &committer->catalogue, fault);
    if (!err)
        err = promise_upgrade(committer->store, committer->catalogue, tell_counting, committer);
    if (!err)
        return ROND_OK;
    catalogue_unref(committer->catalogue);
    committer->catalogue = NULL;
    close_store(committer);
    return err;
}

// What will pass: room is made, the disk is mounted for writing.
static bool may_pass(const struct app_committer *committer, enum rond_err err) {
    struct statvfs disk;
    bool is_read_only = statvfs(committer->data_dir, &disk) == 0 && (disk.f_flag & ST_RDONLY);
    return err == ROND_EFULL || (err == ROND_EIO && is_read_only);
}

// False where it is not worth while any more.
static bool wait_for_disk(struct app_committer *committer, enum rond_err err, const struct fault *fault) {
    struct timespec until;
    note(committer, err, fault->text);
    (void)sd_notifyf(0, "STATUS=Waiting for the disk: %s\nEXTEND_TIMEOUT_USEC=%d000", fault->text, EXTEND_MS);
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += TRY_MS / 1000;
    pthread_mutex_lock(&committer->mutex);
    while (!committer->stopping && pthread_cond_timedwait(&committer->changed, &committer->mutex, &until) == 0)
        continue;
    bool goes_on = !committer->stopping;
    pthread_mutex_unlock(&committer->mutex);
    return goes_on;
}

// A disk that has next to no room is told before the first device meets it, though something small might still fit.
static void look_for_room(struct app_committer *committer) {
    struct statvfs disk;
    if (statvfs(committer->data_dir, &disk) == 0 && (uint64_t)disk.f_bavail * disk.f_frsize < ROOM_BYTES_MIN)
        note(committer, ROND_EFULL, "");
}

static void publish_open(struct app_committer *committer) {
    struct fault fault = {0};
    struct store_identity identity = {0};
    store_on_upgrade(tell_sealing);
    enum rond_err err = open_first(committer, &identity, &fault);
    while (err && may_pass(committer, err) && wait_for_disk(committer, err, &fault)) {
        fault = (struct fault){0};
        err = open_first(committer, &identity, &fault);
    }
    if (!err && trouble_of(committer))
        note(committer, ROND_OK, "");
    if (!err)
        look_for_room(committer);
    pthread_mutex_lock(&committer->mutex);
    committer->opened = true;
    committer->open_err = err;
    committer->open_fault = fault;
    committer->identity = identity;
    committer->published = err ? NULL : catalogue_ref(committer->catalogue);
    pthread_cond_broadcast(&committer->changed);
    pthread_mutex_unlock(&committer->mutex);
}

// Reports and look-ups are nobody's mistake, so what they meet is the store's; a command may have brought its own.
static bool met_damage(const struct submission *group) {
    for (const struct submission *each = group; each; each = each->next)
        if (each->err == ROND_ECORRUPT && each->kind != SUBMISSION_COMMAND)
            return true;
    return false;
}

static enum rond_err try_group(struct app_committer *committer, struct submission *group, struct catalogue **ret_catalogue,
                               struct fault *fault) {
    uint64_t failed_before = committer->census.failed_groups;
    enum rond_err err = trouble_of(committer) == ROND_ECORRUPT
                            ? fault_set(fault, ROND_ECORRUPT, 0, "", "The store is damaged, nothing is written to it; see /healthz.")
                        : committer->store ? ROND_OK
                                           : open_store(committer, fault);
    if (err) {
        committer_fail(group, err, fault, &committer->census);
        return err;
    }
    committer_run(committer->store, group, committer->catalogue, &committer->census, ret_catalogue);
    if (met_damage(group))
        return ROND_ECORRUPT;
    if (committer->census.failed_groups != failed_before)
        return group->err;
    app_acknowledged_note(&committer->acknowledged, group);
    receipts_sign(&committer->config.receipts, group);
    return ROND_OK;
}

// A group fails as a whole when its transaction does: then the store is not to be trusted.
static void run_group(struct app_committer *committer, struct submission *group, struct catalogue **ret_catalogue) {
    struct fault fault = {0};
    bool was_damaged = trouble_of(committer) == ROND_ECORRUPT;
    enum rond_err err = try_group(committer, group, ret_catalogue, &fault);
    if (err)
        close_store(committer);
    if (!was_damaged && (err || trouble_of(committer)))
        note(committer, err, fault.text);
    pthread_mutex_lock(&committer->mutex);
    committer->status.trouble.groups += err ? 1 : 0;
    pthread_mutex_unlock(&committer->mutex);
}

// Writes what stands there already: a page goes to the log and to the disk.
static enum rond_err write_something(struct store *store) {
    uint32_t version = 0;
    enum rond_err err = store->ledger->begin(store);
    if (err)
        return err;
    err = store->registry->fold_version(store, &version);
    if (!err)
        err = store->registry->fold_version_put(store, version);
    if (!err)
        return store->ledger->commit(store);
    store->ledger->rollback(store);
    return err;
}

static void try_again(struct app_committer *committer) {
    struct fault fault = {0};
    enum rond_err err = committer->store ? ROND_OK : open_store(committer, &fault);
    if (!err)
        err = write_something(committer->store);
    if (err)
        close_store(committer);
    note(committer, err, fault.text);
}

static int64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void work(struct app_committer *committer, struct submission *group) {
    struct catalogue *newer = NULL;
    int64_t start_us = now_us();
    run_group(committer, group, &newer);
    int64_t took_us = now_us() - start_us;
    if (newer) {
        catalogue_unref(committer->catalogue);
        committer->catalogue = newer;
    }
    pthread_mutex_lock(&committer->mutex);
    committer->ready.census[committer->ready.count] = committer->census;
    mailbox_put(&committer->ready, group);
    if (newer) {
        catalogue_unref(committer->published);
        committer->published = catalogue_ref(newer);
    }
    committer->status.commit_us_sum += (uint64_t)took_us;
    committer->busy_since_ms = 0;
    pthread_mutex_unlock(&committer->mutex);
    committer->config.wake(committer->config.context);
}

static void checkpoint(struct app_committer *committer, bool in_lull) {
    if (!committer->store)
        return;
    enum rond_err err = committer->store->ledger->checkpoint(committer->store, in_lull);
    if (err != committer->checkpoint_err)
        log_event(LOG_LEVEL_WARN, err ? "checkpoint_failed" : "checkpoint_works", "err=%s", rond_err_name(err));
    committer->checkpoint_err = err;
}

// What is due where no group comes for a while.
enum idle { IDLE_NOTHING, IDLE_LULL, IDLE_TROUBLE };

static enum idle idle_of(const struct app_committer *committer, bool lull) {
    enum rond_err err = committer->status.trouble.err;
    if (err && err != ROND_ECORRUPT)
        return IDLE_TROUBLE;
    return lull ? IDLE_LULL : IDLE_NOTHING;
}

// Under the mutex, which it lets go of while it waits and works. True where the time passed with nothing else happening.
static bool wait_for_change(struct app_committer *committer, enum idle idle) {
    if (idle == IDLE_NOTHING)
        return pthread_cond_wait(&committer->changed, &committer->mutex) != 0;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (idle == IDLE_LULL ? LULL_MS : TRY_MS) / 1000;
    return pthread_cond_timedwait(&committer->changed, &committer->mutex, &until) != 0;
}

// Waits for a group. NULL: stop. *lull is true going in where a checkpoint is still due, and is served here.
static struct submission *wait_for_group(struct app_committer *committer, bool *lull) {
    struct submission *group = NULL;
    pthread_mutex_lock(&committer->mutex);
    while (committer->given.count == 0 && !committer->stopping) {
        enum idle idle = idle_of(committer, *lull);
        if (!wait_for_change(committer, idle))
            continue;
        pthread_mutex_unlock(&committer->mutex);
        if (idle == IDLE_TROUBLE)
            try_again(committer);
        else
            checkpoint(committer, true);
        *lull = *lull && idle != IDLE_LULL;
        pthread_mutex_lock(&committer->mutex);
    }
    group = mailbox_take(&committer->given);
    if (group)
        committer->busy_since_ms = clock_monotonic_ms(committer->config.clock);
    pthread_mutex_unlock(&committer->mutex);
    return group;
}

static void *run(void *context) {
    struct app_committer *committer = context;
    (void)prctl(PR_SET_NAME, "rondd-committer"); // for who looks at the process's threads
    publish_open(committer);
    bool lull = false;
    for (struct submission *group; !committer->open_err && (group = wait_for_group(committer, &lull));) {
        work(committer, group);
        checkpoint(committer, false);
        lull = true;
    }
    checkpoint(committer, true);
    close_store(committer);
    return NULL;
}

static enum rond_err start_thread(struct app_committer *committer, struct fault *fault) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&committer->mutex, NULL);
    pthread_cond_init(&committer->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (!committer->data_dir || pthread_create(&committer->thread, NULL, run, committer)) {
        pthread_cond_destroy(&committer->changed);
        pthread_mutex_destroy(&committer->mutex);
        free(committer->data_dir);
        free(committer);
        return fault_set(fault, ROND_ENOMEM, 0, "", "The committer thread cannot be started.");
    }
    return ROND_OK;
}

// Under the mutex.
static void wait_for_opening(struct app_committer *committer) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    (void)pthread_cond_timedwait(&committer->changed, &committer->mutex, &until);
    if (committer->opened || !committer->config.is_stopping)
        return;
    pthread_mutex_unlock(&committer->mutex);
    bool is_stopping = committer->config.is_stopping(committer->config.context);
    pthread_mutex_lock(&committer->mutex);
    committer->stopping = committer->stopping || is_stopping;
    pthread_cond_broadcast(&committer->changed);
}

enum rond_err app_committer_create(const struct app_committer_config *config, struct app_committer **ret_committer,
                                   struct catalogue **ret_catalogue, struct store_identity *ret_identity, struct fault *fault) {
    struct app_committer *committer = calloc(1, sizeof *committer);
    if (!committer)
        return ROND_ENOMEM;
    committer->config = *config;
    committer->data_dir = strdup(config->data_dir);
    enum rond_err err = start_thread(committer, fault);
    if (err)
        return err;
    pthread_mutex_lock(&committer->mutex);
    while (!committer->opened)
        wait_for_opening(committer);
    err = committer->stopping ? ROND_EAGAIN : committer->open_err;
    struct catalogue *catalogue = committer->published;
    committer->published = NULL;
    pthread_mutex_unlock(&committer->mutex);
    if (err) {
        catalogue_unref(catalogue);
        if (fault)
            *fault = committer->open_fault;
        app_committer_destroy(committer);
        return err;
    }
    *ret_identity = committer->identity;
    *ret_catalogue = catalogue;
    *ret_committer = committer;
    return ROND_OK;
}

void app_committer_give(struct app_committer *committer, struct submission *take_group) {
    pthread_mutex_lock(&committer->mutex);
    CHECK(committer->groups < GROUPS_OUT_MAX);
    committer->groups++;
    mailbox_put(&committer->given, take_group);
    pthread_cond_signal(&committer->changed);
    pthread_mutex_unlock(&committer->mutex);
}

struct submission *app_committer_take(struct app_committer *committer, struct catalogue **ret_catalogue) {
    pthread_mutex_lock(&committer->mutex);
    if (committer->ready.count > 0)
        committer->status.census = committer->ready.census[0];
    struct submission *group = mailbox_take(&committer->ready);
    committer->groups -= group ? 1 : 0;
    *ret_catalogue = committer->published;
    committer->published = NULL;
    pthread_mutex_unlock(&committer->mutex);
    return group;
}

void app_committer_condemn(struct app_committer *committer, const char *text) {
    note(committer, ROND_ECORRUPT, text);
}

void app_committer_status(struct app_committer *committer, struct app_committer_status *ret_status) {
    int64_t now_ms = clock_monotonic_ms(committer->config.clock);
    pthread_mutex_lock(&committer->mutex);
    *ret_status = committer->status;
    int64_t since_ms = committer->busy_since_ms;
    pthread_mutex_unlock(&committer->mutex);
    ret_status->busy_ms = since_ms && now_ms > since_ms ? now_ms - since_ms : 0;
}

static void destroy_group(struct submission *group) {
    while (group) {
        struct submission *next = group->next;
        submission_destroy(group);
        group = next;
    }
}

void app_committer_stop(struct app_committer *committer) {
    if (!committer || committer->joined)
        return;
    pthread_mutex_lock(&committer->mutex);
    committer->stopping = true;
    pthread_cond_broadcast(&committer->changed);
    pthread_mutex_unlock(&committer->mutex);
    pthread_join(committer->thread, NULL);
    committer->joined = true;
}

void app_committer_destroy(struct app_committer *committer) {
    if (!committer)
        return;
    app_committer_stop(committer);
    for (struct submission *group; (group = mailbox_take(&committer->given)) || (group = mailbox_take(&committer->ready));)
        destroy_group(group);
    catalogue_unref(committer->catalogue);
    catalogue_unref(committer->published);
    pthread_cond_destroy(&committer->changed);
    pthread_mutex_destroy(&committer->mutex);
    free(committer->data_dir);
    free(committer);
}
