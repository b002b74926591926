// An outbox in memory for the tests of its parts; each test has a fresh one.
#ifndef TESTS_UNIT_OUTBOX_WORLD_H
#define TESTS_UNIT_OUTBOX_WORLD_H

#include "outbox_internal.h"
#include "support/test.h"

struct world {
    struct seal_key key;
    struct outbox *outbox;
    struct arena arena; // for whatever the test reads
};

static int setup(void **state) {
    static struct world world;
    world = (struct world){.key = {{1}}};
    arena_init(&world.arena, 4 * 1024 * 1024);
    struct outbox_config config = {.path = ":memory:", .key = &world.key, .rng = rng_system(), .clock = clock_system()};
    assert_ok(outbox_open(&config, &world.outbox, NULL));
    *state = &world;
    return 0;
}

static int teardown(void **state) {
    struct world *world = *state;
    outbox_close(world->outbox);
    arena_deinit(&world->arena);
    return 0;
}

#endif
