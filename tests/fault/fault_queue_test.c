// Every call of a device's outbox fails, once and from then on: memory, and what touches its file.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fault/device_steps.h"
#include "fault/dump.h"
#include "fault/fault_loop.h"
#include "support/test.h"

static struct device_life life;
static struct hash256 after[64]; // each step; [0]: opened
static size_t done;              // steps confirmed

static enum rond_err open_in(const char *directory, struct fault *fault) {
    snprintf(life.path, sizeof life.path, "%s/outbox.db", directory);
    return device_life_open(&life, fault);
}

// As an app does: what failed is tried once more, on the same outbox.
static enum rond_err steps_run(size_t to) {
    enum rond_err err = ROND_OK;
    for (bool again = false; done < to; again = err != ROND_OK) {
        err = device_step(&life, done);
        if (err == ROND_OK)
            done++;
        else if (again || life.outbox == NULL)
            return err;
    }
    return ROND_OK;
}

static enum rond_err run(void *context, const char *directory) {
    UNUSED(context);
    struct fault fault = {0};
    done = 0;
    if (mkdir(directory, 0700) != 0)
        return ROND_EIO;
    enum rond_err err = open_in(directory, &fault);
    if (err == ROND_OK)
        err = steps_run(device_steps());
    device_life_close(&life);
    return err;
}

static bool is_after(size_t step) {
    struct hash256 now;
    dump_hash(life.outbox->db, &now);
    return step <= device_steps() && hash256_equal(&now, &after[step]);
}

static const char *check(void *context, const char *directory, enum rond_err err) {
    static char wrong[200];
    UNUSED(context);
    (void)mkdir(directory, 0700);
    enum rond_err opened = open_in(directory, NULL);
    if (opened != ROND_OK)
        return snprintf(wrong, sizeof wrong, "does not open: %s", rond_err_name(opened)), wrong;
    const char *fault = device_life_fault(&life);
    if (fault[0] != '\0')
        return fault;
    if (!is_after(done)) {
        if (err == ROND_OK || !is_after(done + 1))
            return snprintf(wrong, sizeof wrong, "half of '%s' is there", device_step_name(done)), wrong;
        done++;
    }
    err = steps_run(device_steps());
    if (err != ROND_OK)
        return snprintf(wrong, sizeof wrong, "'%s' fails again: %s", device_step_name(done), rond_err_name(err)), wrong;
    fault = device_life_fault(&life);
    bool is_whole = is_after(device_steps());
    device_life_close(&life);
    return fault[0] != '\0' || is_whole ? fault : "it ends otherwise than undisturbed";
}

static int setup(void **state) {
    UNUSED(state);
    device_life_init(&life, ":memory:");
    assert_ok(device_life_open(&life, NULL));
    dump_hash(life.outbox->db, &after[0]);
    return 0;
}

static int teardown(void **state) {
    UNUSED(state);
    device_life_deinit(&life);
    return 0;
}

// The undisturbed run tells what is there after each step.
static void learn(const char *directory) {
    (void)mkdir(directory, 0700);
    device_life_close(&life);
    assert_ok(open_in(directory, NULL));
    for (size_t i = 0; i <= device_steps(); i++) {
        dump_hash(life.outbox->db, &after[i]);
        if (i < device_steps())
            assert_ok(device_step(&life, i));
    }
    device_life_close(&life);
}

static void no_failing_call_loses_doubles_or_halves_what_a_device_queued(void **state) {
    UNUSED(state);
    char directory[] = "/tmp/rond-queue-XXXXXX", command[64];
    assert_non_null(mkdtemp(directory));
    learn(directory);
    snprintf(command, sizeof command, "rm -rf %s", directory);
    assert_int_equal(system(command), 0);
    const struct fault_scenario scenario = {.name = "queue", .run = run, .check = check};
    fault_loop(&scenario, 36);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_failing_call_loses_doubles_or_halves_what_a_device_queued, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
