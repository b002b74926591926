// What happens to a device: it loses power, its disk or its coverage fails it, somebody restores an image of its files or
// turns its clock.
#include <sqlite3.h>

#include "base/check.h"
#include "sim/disk.h"
#include "sim/world.h"

enum { OUT_OF_COVERAGE_MS = 4 * 3600 * 1000 };

void handheld_mend_disk(struct handheld *handheld) {
    disk_trap_end(handheld->path);
    handheld->is_disk_bad = false;
}

void handheld_turn_clock(struct handheld *handheld, int64_t by_ms) {
    world_trace(handheld->world, "handheld %u: its clock jumps by %lld s", handheld->index, (long long)by_ms / 1000);
    handheld->skew_ms += by_ms;
    handheld->may_have_pruned = handheld->may_have_pruned || by_ms > (int64_t)handheld->world->keep_days * 86400000 - 1;
}

void handheld_fail_disk(struct handheld *handheld, enum fault_kind fault) {
    struct world *world = handheld->world;
    bool is_full = fault == FAULT_DISK_FULL;
    world_trace(world, "handheld %u: its disk %s", handheld->index, is_full ? "is full" : "fails");
    handheld->is_disk_bad = true;
    disk_trap(handheld->path, is_full ? DISK_FULL : DISK_ERROR, 1 + (unsigned)world_below(world, 12),
              1 + (unsigned)world_below(world, 5));
    if (world_chance(world, 60))
        handheld_queue(handheld, 1 + (size_t)world_below(world, 3));
}

// The old connection is slow to the end, and the device does not wait for that: it connects anew and says all again.
bool handheld_lag(struct handheld *handheld) {
    struct link *link = handheld->link;
    if (link == NULL || !link->device_open)
        return false;
    world_trace(handheld->world, "handheld %u leaves its connection behind", handheld->index);
    link->delay_ms = 20000 + (int64_t)world_below(handheld->world, 60000);
    handheld_queue(handheld, 1);
    if (handheld->link != link)
        return true;
    handheld->link = NULL; // the server is not told
    link->device_open = false;
    handheld->read_number++;
    device_disconnected(handheld->device);
    handheld_connect_at(handheld, handheld->world->now_ms);
    return true;
}

static void lose_power(struct handheld *handheld) {
    struct link *link = handheld->link;
    disk_crash(handheld->path);
    handheld_mend_disk(handheld);
    handheld_stop(handheld);
    handheld->read_number++;
    handheld->link = NULL;
    if (link != NULL) {
        link->device_open = false;
        link_close(link);
    }
}

static void start_again(struct handheld *handheld) {
    struct world *world = handheld->world;
    handheld_boot(handheld);
    if (world->has_failed)
        return;
    check_unacknowledged_never_dropped(handheld);
    handheld_connect_at(handheld, world->now_ms + (int64_t)world_below(world, 60000));
}

void handheld_lose_coverage(struct handheld *handheld) {
    struct world *world = handheld->world;
    handheld->covered_ms = world->now_ms + (int64_t)world_below(world, OUT_OF_COVERAGE_MS);
    world_trace(world, "handheld %u is out of coverage", handheld->index);
    if (handheld->link != NULL) {
        handheld->link->is_silent = true;
        world_at(world, world->now_ms + 60000, EVENT_GONE_UP, handheld->link, 0);
        handheld_gone(handheld, handheld->link);
    }
}

void handheld_crash(struct handheld *handheld) {
    world_trace(handheld->world, "handheld %u crashes", handheld->index);
    lose_power(handheld);
    start_again(handheld);
}

static void copy_image(struct handheld *handheld) {
    disk_copy(handheld->path, handheld->image_path);
    handheld->has_image = true;
    handheld->image_entries = handheld->entry_count;
    handheld->image_outbox = handheld->outbox_id;
    handheld->image_last_seq = handheld->last_seq;
}

void handheld_take_image(struct handheld *handheld) {
    world_trace(handheld->world, "handheld %u: an image is taken", handheld->index);
    lose_power(handheld);
    copy_image(handheld);
    start_again(handheld);
}

// The clone of a device speaks while the device itself is still being heard: what it had sent arrives late.
static void leave_a_voice(struct handheld *handheld) {
    if (handheld->link == NULL || !handheld->link->device_open)
        return;
    copy_image(handheld); // between two transactions the files are whole
    handheld->link->delay_ms = 60000;
    handheld->link->is_voice = true;
    handheld_queue(handheld, 1);
    handheld->link = NULL; // not closed: nobody is told
}

void handheld_restore_image(struct handheld *handheld) {
    struct world *world = handheld->world;
    bool is_clone = world_chance(world, 50);
    world_trace(world, "handheld %u is restored from its image%s", handheld->index, is_clone ? ", a clone" : "");
    handheld->may_fork = true;
    if (is_clone)
        leave_a_voice(handheld);
    lose_power(handheld);
    disk_copy(handheld->image_path, handheld->path);
    for (size_t i = handheld->image_entries; i < handheld->entry_count; i++)
        handheld->entries[i].has_vanished = true;
    handheld->outbox_id = handheld->image_outbox;
    handheld->last_seq = handheld->image_last_seq;
    if (!is_clone && world_chance(world, 70)) // so that something else is queued under the same numbers
        handheld->covered_ms = world->now_ms + (int64_t)world_below(world, OUT_OF_COVERAGE_MS);
    start_again(handheld);
    if (is_clone && !world->has_failed) {
        handheld_queue(handheld, 1);
        handheld_connect_at(handheld, world->now_ms);
        world_at(world, world->now_ms + 60000 + (int64_t)world_below(world, 20000), EVENT_QUEUE, handheld, 0);
    }
}

// Overwrites one sealed record in the file; what the report was is lost, unless the server has it already.
void handheld_damage(struct handheld *handheld) {
    struct world *world = handheld->world;
    struct outbox_report report;
    if (handheld->last_seq == 0)
        return;
    uint64_t seq = 1 + world_below(world, handheld->last_seq);
    if (outbox_find(handheld->outbox, &handheld->outbox_id, seq, &world->arena, &report) != ROND_OK ||
        report.report.size == 0)
        return;
    struct entry *entry = entry_of(handheld, report_hash(report.report));
    if (entry != NULL)
        entry->may_be_lost = true;
    handheld->may_fork = true;
    world_trace(world, "handheld %u: record %llu is damaged", handheld->index, (unsigned long long)seq);
    lose_power(handheld);
    sqlite3 *db = NULL;
    char *sql = sqlite3_mprintf("PRAGMA locking_mode = EXCLUSIVE; UPDATE reports SET sealed = x'00' WHERE seq = %lld AND"
                                " outbox = (SELECT max(number) FROM outboxes)",
                                (long long)seq);
    CHECK(sqlite3_open(handheld->path, &db) == SQLITE_OK && sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_free(sql);
    sqlite3_close(db);
    start_again(handheld);
}
