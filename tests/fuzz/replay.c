// Plays every fuzz target's seeds, and every input that once found something (tests/fuzz/corpus), through it again: no
// fuzzing, but in each build, and quick.
#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "support/test.h"

static void play(void *context, struct bytes input) {
    const struct fuzz_target *target = context;
    target->run(input);
}

static void every_input_that_is_kept_goes_through(void **state) {
    const struct fuzz_target *target = *state;
    char pattern[128];
    if (target->begin)
        target->begin();
    target->run(bytes_of("", 0));
    if (target->seed)
        target->seed(play, *state);
    (void)snprintf(pattern, sizeof pattern, "tests/fuzz/corpus/%s/*", target->name);
    seed_files(pattern, play, *state);
}

int main(void) {
    struct CMUnitTest tests[64];
    size_t count = 0;
    memset(tests, 0, sizeof tests);
    for (; fuzz_target_at(count); count++) {
        CHECK(count < ARRAY_COUNT(tests));
        tests[count] = (struct CMUnitTest){.name = fuzz_target_at(count)->name,
                                           .test_func = every_input_that_is_kept_goes_through,
                                           .initial_state = (void *)(uintptr_t)fuzz_target_at(count)};
    }
    return _cmocka_run_group_tests("fuzz", tests, count, NULL, NULL);
}
