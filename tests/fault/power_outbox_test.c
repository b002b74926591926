// The power of a device goes at any operation of its disk, and once more on the way back.
#include "fault/device_steps.h"
#include "fault/dump.h"
#include "fault/power_run.h"
#include "support/test.h"

static struct device_life life;

static enum rond_err open_life(void *context) {
    return device_life_open(context, NULL);
}

static enum rond_err step(void *context, size_t number) {
    return device_step(context, number);
}

static void close_life(void *context) {
    device_life_close(context);
}

static void digest(void *context, struct hash256 *ret_digest) {
    dump_hash(((struct device_life *)context)->outbox->db, ret_digest);
}

static const char *fault(void *context, bool deeply) {
    UNUSED(deeply);
    return device_life_fault(context);
}

static struct power_scenario scenario(void) {
    return (struct power_scenario){.steps = device_steps(),
                                   .open = open_life,
                                   .step = step,
                                   .close = close_life,
                                   .digest = digest,
                                   .fault = fault,
                                   .context = &life};
}

static int setup(void **state) {
    UNUSED(state);
    device_life_init(&life, "device/outbox.db");
    return 0;
}

static int teardown(void **state) {
    UNUSED(state);
    device_life_deinit(&life);
    return 0;
}

static void what_an_outbox_confirmed_survives_a_power_cut_at_any_operation(void **state) {
    UNUSED(state);
    const struct power_scenario all = scenario();
    power_run_all(&all, &(struct power_sample){.cuts = 60, .seconds = 1});
}

static unsigned wrong_with(const char *synchronous) {
    const struct power_scenario all = scenario();
    life.synchronous = synchronous;
    return power_run_wrong(&all, 60);
}

static void the_test_sees_where_an_outbox_does_not_wait_for_the_disk(void **state) {
    UNUSED(state);
    assert_int_equal(wrong_with("FULL"), 0);
    assert_int_not_equal(wrong_with("NORMAL"), 0);
    assert_int_not_equal(wrong_with("OFF"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    power_disk_register();
    power_run_watch();
    const struct CMUnitTest tests[] = {
        TEST(what_an_outbox_confirmed_survives_a_power_cut_at_any_operation),
        TEST(the_test_sees_where_an_outbox_does_not_wait_for_the_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
