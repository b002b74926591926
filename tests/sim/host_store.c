// The server's store of a seed: in memory, or the real one on the simulated disk, where a power cut takes what was not
// synced. What the store has to keep is known here by what was told of it: watermarks, and the reports themselves.
#include <sqlite3.h>

#include "base/check.h"
#include "sim/disk.h"
#include "sim/world.h"
#include "store/memory.h"

#define OK(call) CHECK((call) == ROND_OK)

static const char directory[] = "server", prefix[] = "server/", backup_prefix[] = "backup/";

enum { CUT_WITHIN_WRITES = 30, FAIL_WITHIN_WRITES = 30 };

void host_store_open(struct world *world) {
    struct fault fault;
    struct store *store;
    if (!world->on_disk) {
        lund_open_memory(&world->lund, &world->rng);
        return;
    }
    OK(store_open_sqlite(directory, STORE_CREATE, &world->rng, &store, &fault));
    lund_open_in(&world->lund, store);
}

// --- What it must keep ---

static struct durable *durable_of(struct host *host, const struct id128 *device, const struct id128 *outbox) {
    for (size_t i = 0; i < host->durable_count; i++)
        if (id128_equal(&host->durable[i].device, device) && id128_equal(&host->durable[i].outbox, outbox))
            return &host->durable[i];
    return NULL;
}

// The model believes the store alone, not what was answered.
static void check_is_durable(struct world *world, const struct submission *submission) {
    struct outbox_state state = {0};
    struct store *store = world->lund.store;
    OK(store->ledger->outbox_load(store, &submission->device, &submission->outbox, &state));
    if (state.chain.seq < submission->appended.chain.seq)
        world_fail(world, "acknowledged_implies_durable", "committed up to %llu was answered, the store has %llu",
                   (unsigned long long)submission->appended.chain.seq, (unsigned long long)state.chain.seq);
}

void host_note_durable(struct world *world, const struct submission *submission) {
    struct host *host = &world->host;
    struct durable *durable = durable_of(host, &submission->device, &submission->outbox);
    check_is_durable(world, submission);
    if (durable == NULL) {
        CHECK(host->durable_count < DURABLE_MAX);
        durable = &host->durable[host->durable_count++];
        *durable = (struct durable){.device = submission->device, .outbox = submission->outbox};
    }
    uint64_t watermark = submission->appended.chain.seq;
    durable->watermark = watermark > durable->watermark ? watermark : durable->watermark;
    durable->kept = watermark > durable->kept ? watermark : durable->kept;
}

void host_note_committed(struct world *world, const struct submission *submission) {
    struct host *host = &world->host;
    const struct append_result *appended = &submission->appended;
    for (size_t i = 0; submission->kind == SUBMISSION_BATCH && i < appended->appended; i++) {
        CHECK(host->committed_count < COMMITTED_MAX);
        const struct ledger_report *report = &submission->batch.reports[appended->repeated + i];
        host->committed[host->committed_count++] = report_hash(report->record.report);
    }
}

// What was committed although the answer got lost counts as durable too: the store itself says so.
void host_note_durable_anyway(struct world *world, struct submission *submission) {
    struct outbox_state state;
    struct store *store = world->lund.store;
    if (store->ledger->outbox_load(store, &submission->device, &submission->outbox, &state) != ROND_OK || !state.exists)
        return;
    submission->appended.chain = state.chain;
    host_note_durable(world, submission);
}

uint64_t host_durable(const struct world *world, const struct id128 *device, const struct id128 *outbox) {
    const struct durable *durable = durable_of((struct host *)(uintptr_t)&world->host, device, outbox);
    return durable != NULL ? durable->watermark : 0;
}

static uint64_t stored_watermark(struct world *world, const struct durable *durable) {
    struct outbox_state state;
    struct store *store = world->lund.store;
    OK(store->ledger->outbox_load(store, &durable->device, &durable->outbox, &state));
    return state.exists ? state.chain.seq : 0;
}

static void check_committed_is_kept(struct world *world) {
    const struct host *host = &world->host;
    for (size_t i = 0; i < host->durable_count; i++) {
        const struct durable *durable = &host->durable[i];
        uint64_t stored = stored_watermark(world, durable);
        if (stored < durable->kept)
            world_fail(world, "acknowledged_is_kept", "after a power cut the store has %llu of an outbox, told were %llu",
                       (unsigned long long)stored, (unsigned long long)durable->kept);
    }
}

// --- What happens to it ---

static void reopen(struct world *world) {
    struct fault fault = {0};
    enum rond_err err = store_open_sqlite(directory, STORE_READ_WRITE, &world->rng, &world->lund.store, &fault);
    if (err == ROND_OK)
        return;
    world_fail(world, "acknowledged_is_kept", "the store does not open: %s %s", rond_err_name(err), fault.text);
    OK(store_open_memory(&world->rng, &world->lund.store)); // so that the seed can be ended
}

void host_store_lose_power(struct world *world) {
    if (!world->on_disk)
        return;
    world_trace(world, "the server's disk loses what was not synced");
    world->census->power_cuts++;
    disk_crash(prefix);
    store_close(world->lund.store);
    reopen(world);
    if (!world->has_failed)
        check_committed_is_kept(world);
}

bool host_store_cut_soon(struct world *world) {
    if (!world->on_disk || !world_chance(world, 80))
        return false;
    disk_trap(prefix, DISK_POWER, 1 + (unsigned)world_below(world, CUT_WITHIN_WRITES), 1);
    return true;
}

// True where it came before the commit was through; who asks must not look into the store then.
bool host_store_was_cut(struct world *world) {
    bool was_cut = world->on_disk && disk_trap_end(prefix);
    world->census->cuts_in_commit += was_cut;
    return was_cut;
}

static void fail_on_disk(struct world *world, enum disk_trap trap) {
    disk_trap(prefix, trap, 1 + (unsigned)world_below(world, FAIL_WITHIN_WRITES), 1 + (unsigned)world_below(world, 3));
}

void host_store_fail_soon(struct world *world) {
    struct store *store = world->lund.store;
    if (world_strikes(world, FAULT_COMMIT_EIO, 2)) {
        if (world->on_disk)
            fail_on_disk(world, DISK_ERROR);
        else
            memory_store_fail_commit(store, ROND_EIO, false);
    } else if (world_strikes(world, FAULT_COMMIT_EFULL, 2)) {
        if (world->on_disk)
            fail_on_disk(world, DISK_FULL);
        else
            memory_store_fail_commit(store, ROND_EFULL, false);
    } else if (!world->on_disk && world_strikes(world, FAULT_COMMIT_ANSWER_LOST, 2)) {
        memory_store_fail_commit(store, ROND_EIO, true);
    }
}

void host_store_rest(struct world *world) {
    if (!world->on_disk)
        return;
    disk_trap_end(prefix);
    struct store *store = world->lund.store;
    if (world_chance(world, 20))
        OK(store->ledger->checkpoint(store, world_chance(world, 50)));
}

// --- Backup and restore ---

void host_take_backup(struct world *world) {
    struct host *host = &world->host;
    world_trace(world, "a backup is taken");
    if (world->on_disk) {
        disk_copy(prefix, backup_prefix); // between two transactions the files are whole
    } else {
        store_close(host->snapshot);
        host->snapshot = NULL;
        OK(memory_store_snapshot(world->lund.store, &host->snapshot));
    }
    host->has_backup = true;
    host->backup_committed_count = host->committed_count;
}

static void epoch_begin(struct world *world) {
    struct store *store = world->lund.store;
    OK(store->ledger->begin(store));
    OK(store->registry->epoch_put(store, (uint64_t)world->now_ms));
    OK(store->ledger->commit(store));
}

void host_store_restore(struct world *world) {
    struct host *host = &world->host;
    bool is_kept = world_chance(world, 60); // the same backup may be needed again, when it is older
    store_close(world->lund.store);
    if (world->on_disk) {
        disk_copy(backup_prefix, prefix);
        reopen(world);
    } else {
        world->lund.store = host->snapshot;
        host->snapshot = NULL;
        if (is_kept)
            OK(memory_store_snapshot(world->lund.store, &host->snapshot));
    }
    epoch_begin(world);
    host->has_backup = is_kept;
    host->was_restored = true;
    host->committed_count = host->backup_committed_count;
    for (size_t i = 0; i < host->durable_count; i++)
        host->durable[i].kept = stored_watermark(world, &host->durable[i]);
}
