#include "base/clock.h"

#include <time.h>

#include "support/test.h"

static void the_system_clock_tells_wall_time_and_never_goes_back(void **state) {
    const struct clock *clock = clock_system();
    assert_in_range(clock_wall_ms(clock) / 1000, time(NULL) - 2, time(NULL) + 2);
    int64_t before = clock_monotonic_ms(clock);
    nanosleep(&(struct timespec){.tv_nsec = 3000000}, NULL);
    assert_true(clock_monotonic_ms(clock) >= before + 2);
}

static void the_boot_id_is_the_same_while_the_machine_runs(void **state) {
    uint64_t boot_id = clock_boot_id(clock_system());
    assert_true(boot_id != 0);
    assert_true(boot_id == clock_boot_id(clock_system()));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_system_clock_tells_wall_time_and_never_goes_back),
        cmocka_unit_test(the_boot_id_is_the_same_while_the_machine_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
