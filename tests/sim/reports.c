// What people report in the simulator: samples of every kind, each made different by its text.
#include <string.h>

#include "base/check.h"
#include "sim/world.h"
#include "wire/limits.h"

uint64_t report_hash(struct bytes report) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325); // FNV-1a
    for (size_t i = 0; i < report.size; i++)
        hash = (hash ^ report.data[i]) * UINT64_C(0x100000001b3);
    return hash;
}

struct entry *entry_of(struct handheld *handheld, uint64_t hash) {
    for (size_t i = 0; i < handheld->entry_count; i++)
        if (handheld->entries[i].hash == hash)
            return &handheld->entries[i];
    return NULL;
}

static struct bytes garbage_make(struct handheld *handheld) {
    struct world *world = handheld->world;
    char *text = arena_printf(&world->arena, "\xff\xff garbage %u %zu", handheld->index, handheld->entry_count);
    CHECK(text != NULL);
    return bytes_of_text(text);
}

static void spoil(struct handheld *handheld, Rond__V1__Report *report) {
    struct world *world = handheld->world;
    static char no_such[] = "no-such";
    uint64_t way = world_below(world, 9);
    if (way == 7 && world->on[FAULT_CLOCK_YEARS]) // a clock that is off by years makes no future implausible
        way = 8;
    switch (way) {
    case 0:
        report->occurred_to_s = report->occurred_from_s - 1;
        break;
    case 1:
        report->schema_version = REPORT_SCHEMA_VERSION + 1;
        break;
    case 2:
        report->role = arena_text(&world->arena, "agency_staff");
        break;
    case 3:
        report->area = no_such;
        break;
    case 4:
        report->place = no_such;
        break;
    case 5:
        if (report->body_case == ROND__V1__REPORT__BODY_CHECK)
            report->check->of = no_such;
        else
            report->place = no_such;
        break;
    case 6:
        report->n_organisations = 1;
        report->organisations = arena_array(&world->arena, 1, sizeof *report->organisations);
        report->organisations[0] = no_such;
        break;
    case 7:
        report->occurred_from_s += 30 * 86400;
        report->occurred_to_s += 30 * 86400;
        break;
    default:
        report->body_case = ROND__V1__REPORT__BODY__NOT_SET;
        break;
    }
}

// Of any device of the seed, queued or not yet.
static Rond__V1__Identity *some_identity(struct handheld *handheld) {
    struct world *world = handheld->world;
    const struct handheld *other =
        world_chance(world, 80) ? handheld : &world->handhelds[world_below(world, world->handheld_count)];
    struct id128 device = lund_device(other->index);
    return sample_identity(&world->arena, &device, &other->outbox_id, 1 + world_below(world, other->last_seq + 2));
}

static Rond__V1__Report *honest(struct handheld *handheld) {
    struct world *world = handheld->world;
    if (handheld->last_seq > 0 && world_strikes(world, FAULT_WITHDRAWAL, 5)) {
        Rond__V1__Identity *target = some_identity(handheld);
        struct id128 device, outbox;
        CHECK(id128_from_bytes(bytes_of(target->device.data, target->device.len), &device) &&
              id128_from_bytes(bytes_of(target->outbox.data, target->outbox.len), &outbox));
        return sample_withdrawal(&world->arena, &device, &outbox, target->seq);
    }
    Rond__V1__Kind kind = (Rond__V1__Kind)(1 + world_below(world, 7));
    Rond__V1__Report *report = sample_report(&world->arena, kind, (unsigned)world_below(world, 200));
    if (handheld->last_seq > 0 && world_strikes(world, FAULT_CORRECTION, 10))
        report->corrects = some_identity(handheld);
    return report;
}

struct bytes report_make(struct handheld *handheld, bool *ret_is_bad) {
    struct world *world = handheld->world;
    *ret_is_bad = world_strikes(world, FAULT_BAD_REPORT, 12);
    if (*ret_is_bad && world_chance(world, 15))
        return garbage_make(handheld);
    Rond__V1__Report *report = honest(handheld);
    report->occurred_from_s += world->season_s;
    report->occurred_to_s += world->season_s;
    report->claimed_ms = clock_wall_ms(&handheld->clock);
    report->monotonic_ms = (uint64_t)clock_monotonic_ms(&handheld->clock);
    report->boot_id = clock_boot_id(&handheld->clock);
    report->text = arena_printf(&world->arena, "report %zu of handheld %u, seed %llu", handheld->entry_count,
                                handheld->index, (unsigned long long)world->seed);
    if (world_chance(world, 3)) { // a long one, which does not fit the first flight
        size_t size = 900 + (size_t)world_below(world, 2500);
        char *text = arena_array(&world->arena, size + 1, 1);
        for (size_t i = 0; i < size; i++)
            text[i] = (char)('!' + world_below(world, 90));
        report->text = text;
    }
    if (*ret_is_bad)
        spoil(handheld, report);
    return record_of_report(&world->arena, report).report;
}
