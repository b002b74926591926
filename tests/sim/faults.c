// Which faults a seed has (a swarm: each seed another mix, so that one fault does not hide what another would show), and
// when they strike.
#include "base/check.h"
#include "sim/world.h"

#define YEAR_MS (INT64_C(365) * 24 * 3600 * 1000)

enum { KEPT_OVER_MS = 27 * 3600 * 1000 };

static const struct {
    unsigned chance;
    unsigned mean_s; // 0: struck where it happens, not by the clock
} plans[] = {
#define SIM_FAULT_PLAN(name, chance, mean_s, text) {chance, mean_s},
    SIM_FAULTS(SIM_FAULT_PLAN)
#undef SIM_FAULT_PLAN
};

// From the summer day of Lund's reports to the eves of both clock changes of its year, 10:00 UTC on 28 March and 24 October.
enum { SPRING_S = 1427536800 - LUND_NOW_S, AUTUMN_S = 1445680800 - LUND_NOW_S };

void faults_pick(struct world *world) {
    for (int i = 0; i < FAULT_COUNT; i++)
        world->on[i] = world_chance(world, plans[i].chance);
    world->on_disk = world_chance(world, 12);
    world->census->on_disk += world->on_disk;
    static const int64_t seasons_s[] = {SPRING_S, AUTUMN_S};
    if (world_chance(world, 20)) {
        world->season_s = seasons_s[world_below(world, ARRAY_COUNT(seasons_s))];
        world->census->clock_changes++;
    }
    world->handheld_count = 1 + (unsigned)world_below(world, HANDHELDS_MAX);
    world->reports_wanted = 60 + (size_t)world_below(world, 80);
    static const int64_t delays_ms[] = {5, 40, 300, 2000};
    world->delay_ms = delays_ms[world_below(world, ARRAY_COUNT(delays_ms))];
    world->keep_days = world->on[FAULT_SERVER_RESTORE] && world_chance(world, 50) ? 1 : 30;
    static const uint32_t credits[] = {2048, 16384, 0};
    world->host.credit_bytes = credits[world_below(world, ARRAY_COUNT(credits))];
}

static void arm(struct world *world, enum fault_kind fault) {
    int64_t at_ms = world->now_ms + (int64_t)world_below(world, 2000 * (uint64_t)plans[fault].mean_s);
    if (at_ms < world->calm_ms)
        world_at(world, at_ms, EVENT_FAULT, NULL, (uint64_t)fault);
}

void faults_arm(struct world *world) {
    for (int i = 0; i < FAULT_COUNT; i++)
        if (world->on[i] && plans[i].mean_s > 0)
            arm(world, (enum fault_kind)i);
}

static void strange_link(struct world *world, bool speaks) {
    static const uint8_t truncated[] = {0x0a, 0x7f, 0x08}, unknown[] = {0xfa, 0x01, 0x00};
    if (!world->host.is_up)
        return;
    struct link *link = link_create(world, NULL);
    link->cuts = false;
    int64_t at_ms = world->now_ms + 2 * link->delay_ms;
    world_at(world, at_ms, EVENT_LINK_UP, link, 0);
    if (speaks)
        world_at_with(world, at_ms + 1, EVENT_UP, link,
                      world_chance(world, 50) ? bytes_of(truncated, sizeof truncated) : bytes_of(unknown, sizeof unknown));
}

static bool strike_device(struct world *world, enum fault_kind fault) {
    struct handheld *handheld = &world->handhelds[world_below(world, world->handheld_count)];
    switch (fault) {
    case FAULT_NO_COVERAGE:
        handheld_lose_coverage(handheld);
        return true;
    case FAULT_CLOCK_JUMP:
        handheld_turn_clock(handheld, (int64_t)world_below(world, 20000000) - 10000000);
        return true;
    case FAULT_CLOCK_YEARS:
        handheld_turn_clock(handheld, YEAR_MS * (1 + (int64_t)world_below(world, 40)) * (world_chance(world, 50) ? 1 : -1));
        return true;
    case FAULT_DEVICE_CRASH:
        handheld_crash(handheld);
        return true;
    case FAULT_DEVICE_IMAGE:
        if (!handheld->has_image) {
            handheld_take_image(handheld);
            return false;
        }
        handheld_restore_image(handheld);
        return true;
    case FAULT_DAMAGED_RECORD:
        handheld_damage(handheld);
        return true;
    case FAULT_DISK_FULL:
    case FAULT_DISK_ERROR:
        handheld_fail_disk(handheld, fault);
        return true;
    case FAULT_LAGGING_CONNECTION:
        return handheld_lag(handheld);
    default:
        return false;
    }
}

static bool strike_server(struct world *world, enum fault_kind fault) {
    struct handheld *handheld = &world->handhelds[world_below(world, world->handheld_count)];
    if (!world->host.is_up)
        return false;
    switch (fault) {
    case FAULT_SERVER_CRASH:
        host_crash(world);
        return true;
    case FAULT_SERVER_DRAIN:
        host_drain(world);
        return true;
    case FAULT_SERVER_RESTORE:
        if (!world->host.has_backup) {
            host_take_backup(world);
            return false;
        }
        // Where devices keep little the backup is older than what they keep, so that some of it is lost for good.
        if (world->keep_days == 1 && world->now_ms < world->started_ms + KEPT_OVER_MS)
            return false;
        host_restore(world);
        return true;
    case FAULT_PERSON_DECIDES:
        return people_decide(world);
    case FAULT_QUARANTINE_DECIDED:
        return people_decide_quarantine(world);
    case FAULT_DEVICE_RETIRED:
        people_revoke(world, handheld, "retired");
        return true;
    case FAULT_DEVICE_LOST:
        people_revoke(world, handheld, "lost");
        return true;
    case FAULT_ENROLLED_AGAIN:
        people_enrol_again(world, handheld);
        return true;
    case FAULT_SILENT_STRANGER:
        strange_link(world, false);
        return true;
    case FAULT_HOSTILE_FRAME:
        strange_link(world, true);
        return true;
    default:
        return false;
    }
}

void faults_strike(struct world *world, enum fault_kind fault) {
    if (strike_device(world, fault) || strike_server(world, fault))
        world->census->faults[fault]++;
    arm(world, fault);
}
