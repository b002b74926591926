#include "auth/id_map.h"

#include <string.h>

#include "base/rng.h"
#include "support/test.h"

enum { IDS = 3000 };

static void map_behaves_like_a_plain_table_under_random_use(void **state) {
    UNUSED(state);
    static struct id128 ids[IDS];
    static int present[IDS];
    struct rng_seeded seeded;
    rng_seeded_init(&seeded, 7);
    struct rng rng = rng_seeded_as_rng(&seeded);
    for (size_t i = 0; i < IDS; i++) {
        rng_fill(&rng, &ids[i], sizeof ids[i]);
        memset(ids[i].b, 0, 7);  // few homes: long runs
        ids[i].b[7] &= 0x3f;
    }
    struct id_map map;
    id_map_init(&map);
    assert_null(id_map_get(&map, &ids[0]));
    id_map_remove(&map, &ids[0]);
    size_t count = 0;
    for (size_t step = 0; step < 40000; step++) {
        size_t i = (size_t)rng_below(&rng, 300);
        if (rng_below(&rng, 2)) {
            assert_ok(id_map_put(&map, &ids[i], &present[i]));
            count += present[i] ? 0 : 1;
            present[i] = 1;
        } else {
            id_map_remove(&map, &ids[i]);
            count -= present[i] ? 1 : 0;
            present[i] = 0;
        }
        assert_int_equal(map.count, count);
        size_t probe = (size_t)rng_below(&rng, 300);
        assert_ptr_equal(id_map_get(&map, &ids[probe]), present[probe] ? &present[probe] : NULL);
    }
    for (size_t i = 0; i < 300; i++)
        assert_ptr_equal(id_map_get(&map, &ids[i]), present[i] ? &present[i] : NULL);
    id_map_deinit(&map);
}

static void map_grows_and_keeps_everything(void **state) {
    UNUSED(state);
    static struct id128 ids[IDS];
    struct rng_seeded seeded;
    rng_seeded_init(&seeded, 8);
    struct rng rng = rng_seeded_as_rng(&seeded);
    struct id_map map;
    id_map_init(&map);
    for (size_t i = 0; i < IDS; i++) {
        rng_fill(&rng, &ids[i], sizeof ids[i]);
        assert_ok(id_map_put(&map, &ids[i], &ids[i]));
    }
    assert_int_equal(map.count, IDS);
    for (size_t i = 0; i < IDS; i++)
        assert_ptr_equal(id_map_get(&map, &ids[i]), &ids[i]);
    id_map_deinit(&map);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(map_behaves_like_a_plain_table_under_random_use),
        cmocka_unit_test(map_grows_and_keeps_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
