#include "support/patrols.h"

#include "base/check.h"
#include "support/report_samples.h"

enum { MINUTE_S = 60, POSITIONED_PERCENT = 30, AROUND_E6 = 20000 };

static const char *const LUND[] = {"stortorget",    "clemenstorget", "bangatan",      "martenstorget", "botulfsplatsen", "lund-c-stationen",
                                   "knut-den-store", "stadsparken",   "lundagard",     "sankt-petri",   "kloster-skolan", "sydgatan",
                                   "norra-faladen",  "linero-torg",   "gunnesbo-skola", "mobilia",       "nova"};
const struct patrol_world PATROLS_IN_LUND = {"lund", LUND, ARRAY_COUNT(LUND), "police_officer", 55704000, 13191000};

static char *text(struct arena *arena, const char *from) {
    char *copy = arena_text(arena, from);
    CHECK(copy != NULL);
    return copy;
}

static char *place_id(struct arena *arena, const struct patrol_world *world, size_t place) {
    size_t again = place / world->names_count;
    const char *name = world->names[place % world->names_count];
    return text(arena, again == 0 ? name : arena_printf(arena, "%s-%zu", name, again + 1));
}

void patrols_put_places(struct store *store, const struct patrol_world *world) {
    struct arena arena;
    arena_init(&arena, 64 * 1024);
    for (size_t i = 0; i < PATROL_PLACES; i++) {
        Rond__V1__Place place = ROND__V1__PLACE__INIT;
        Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
        place.id = place.name = entry.id = place_id(&arena, world, i);
        place.area = text(&arena, world->area);
        entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_PLACE;
        entry.place = &place;
        CHECK(store->registry->reference_put(store, &entry, NULL) == ROND_OK);
    }
    arena_deinit(&arena);
}

// splitmix64: the same on every machine.
static uint64_t draw(uint64_t *state, uint64_t below) {
    uint64_t value = *state += UINT64_C(0x9E3779B97F4A7C15);
    value = (value ^ value >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    value = (value ^ value >> 27) * UINT64_C(0x94D049BB133111EB);
    return (value ^ value >> 31) % below;
}

static Rond__V1__Position *position(struct arena *arena, const struct patrol_world *world, uint64_t *chance) {
    Rond__V1__Position *made = arena_alloc(arena, sizeof *made);
    CHECK(made != NULL);
    rond__v1__position__init(made);
    made->latitude_e6 = world->latitude_e6 + (int32_t)draw(chance, 2 * AROUND_E6) - AROUND_E6;
    made->longitude_e6 = world->longitude_e6 + (int32_t)draw(chance, 2 * AROUND_E6) - AROUND_E6;
    made->accuracy_m = (uint32_t)(3 + draw(chance, 40));
    return made;
}

Rond__V1__Report *patrol_report(struct arena *arena, const struct patrol_world *world, size_t device, size_t index) {
    uint64_t of_device = device + 1, chance = (device + 1) * 1000003 + index;
    Rond__V1__Report *report = sample_report(arena, ROND__V1__KIND__KIND_VISIBLE_PATROL, 0);
    uint64_t boot_id = draw(&of_device, UINT64_MAX), started_s = draw(&of_device, 7 * 24 * 60) * MINUTE_S;
    report->occurred_from_s = SAMPLE_START_S + (int64_t)(started_s + index * 40 * MINUTE_S + draw(&chance, 30 * MINUTE_S));
    report->occurred_to_s = report->occurred_from_s + (int64_t)(5 * MINUTE_S + draw(&chance, 55 * MINUTE_S));
    report->claimed_ms = report->occurred_to_s * 1000 + (int64_t)draw(&chance, (uint64_t)10 * MINUTE_S * 1000);
    report->boot_id = boot_id;
    report->monotonic_ms = (uint64_t)(report->claimed_ms - (SAMPLE_START_S + (int64_t)started_s - 1000) * 1000);
    report->area = text(arena, world->area);
    report->role = text(arena, world->role);
    report->place = place_id(arena, world, draw(&chance, PATROL_PLACES));
    CHECK(report->patrol->n_persons > 0);
    report->patrol->n_persons = 1;
    report->patrol->persons[0]->role = report->role;
    report->patrol->persons[0]->persons = (uint32_t)(1 + draw(&chance, 4));
    if (draw(&chance, 100) < POSITIONED_PERCENT)
        report->position = position(arena, world, &chance);
    return report;
}
