#include "read/answer_cache.h"

#include <stdio.h>
#include <string.h>

#include "support/test.h"

static struct answer_cache *cache;
static struct arena arena;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, 1024 * 1024);
    assert_ok(answer_cache_create(&cache));
    return 0;
}
static int teardown(void **state) {
    (void)state;
    answer_cache_destroy(cache);
    arena_deinit(&arena);
    return 0;
}

static void keep(const char *key, uint64_t mark, const char *text) {
    answer_cache_keep(cache, key, &(struct answer){mark, bytes_of_text(text)}, answer_cache_generation(cache));
}

// NULL where none is kept.
static const char *kept(const char *key, uint64_t mark) {
    struct answer answer;
    if (!answer_cache_look(cache, key, &arena, &answer))
        return NULL;
    assert_int_equal(answer.mark, mark);
    char *text = arena_alloc(&arena, answer.bytes.size + 1);
    memcpy(text, answer.bytes.data, answer.bytes.size);
    return text;
}

static void what_was_made_is_given_again_with_its_mark(void **state) {
    (void)state;
    char made[] = "one";
    keep("lund", 7, made);
    made[0] = '?'; // a copy was kept
    assert_string_equal(kept("lund", 7), "one");
    assert_null(kept("malmo", 0));
    keep("lund", 8, "two");
    assert_string_equal(kept("lund", 8), "two");
}

static void what_was_begun_before_all_was_forgotten_is_not_kept(void **state) {
    (void)state;
    uint64_t before = answer_cache_generation(cache);
    keep("lund", 1, "old");
    answer_cache_clear(cache);
    assert_null(kept("lund", 0));
    answer_cache_keep(cache, "lund", &(struct answer){1, bytes_of_text("erased meanwhile")}, before);
    assert_null(kept("lund", 0));
    keep("lund", 2, "new");
    assert_string_equal(kept("lund", 2), "new");
}

static void there_is_room_for_some_and_the_newest_are_there(void **state) {
    (void)state;
    enum { MANY = 300 };
    char key[16];
    for (unsigned i = 0; i < MANY; i++) {
        (void)snprintf(key, sizeof key, "area-%u", i);
        keep(key, i, "answer");
    }
    assert_non_null(kept("area-299", 299));
    assert_non_null(kept("area-250", 250));
    assert_null(kept("area-0", 0));
}

static void without_a_cache_or_memory_nothing_is_found(void **state) {
    (void)state;
    struct answer answer;
    struct arena small;
    answer_cache_keep(NULL, "lund", &(struct answer){1, bytes_of_text("x")}, 0);
    assert_int_equal(answer_cache_generation(NULL), 0);
    assert_false(answer_cache_look(NULL, "lund", &arena, &answer));
    answer_cache_clear(NULL);
    keep("lund", 1, "more than there is room for");
    arena_init(&small, 4);
    assert_false(answer_cache_look(cache, "lund", &small, &answer));
    arena_deinit(&small);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_was_made_is_given_again_with_its_mark),
        TEST(what_was_begun_before_all_was_forgotten_is_not_kept),
        TEST(there_is_room_for_some_and_the_newest_are_there),
        TEST(without_a_cache_or_memory_nothing_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
