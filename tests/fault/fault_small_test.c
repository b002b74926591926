// What a single call answers while memory is missing: that, and never a word about its input. And that the failing calls
// fail as they are told to.
#include "fault/failing_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/lund.h"
#include "support/report_samples.h"
#include "support/test.h"
#include "wire/seal.h"

enum { ALLOCATIONS_MAX = 2000 };

// --- The failing calls themselves ---

static bool can_allocate(void) {
    void *volatile memory = malloc(10);
    free(memory);
    return memory != NULL;
}

static void *allocate_elsewhere(void *context) {
    *(bool *)context = can_allocate();
    return NULL;
}

static void the_nth_allocation_fails_once_or_from_then_on(void **state) {
    UNUSED(state);
    bool once[4], on[4];
    failing_calls_arm(&(struct fault_plan){.class = FAULT_MEMORY, .at = 2});
    for (int i = 0; i < 4; i++)
        once[i] = can_allocate();
    assert_int_equal(failing_calls_disarm(), 4);
    assert_string_equal(failing_calls_struck(), "malloc");
    failing_calls_arm(&(struct fault_plan){.class = FAULT_MEMORY, .at = 3, .stays = true});
    for (int i = 0; i < 4; i++)
        on[i] = can_allocate();
    failing_calls_disarm();
    assert_true(once[0] && !once[1] && once[2] && once[3]);
    assert_true(on[0] && on[1] && !on[2] && !on[3]);
    assert_true(can_allocate());
}

static void no_other_thread_sees_it(void **state) {
    UNUSED(state);
    pthread_t thread;
    bool could = false;
    failing_calls_arm(&(struct fault_plan){.class = FAULT_MEMORY, .at = 100, .stays = true});
    int started = pthread_create(&thread, NULL, allocate_elsewhere, &could);
    failing_calls_disarm();
    assert_int_equal(started, 0);
    failing_calls_arm(&(struct fault_plan){.class = FAULT_MEMORY, .at = 1, .stays = true});
    (void)pthread_join(thread, NULL);
    failing_calls_disarm();
    assert_true(could);
}

static ssize_t write_under(const struct fault_plan *plan, int file, int *ret_errno) {
    failing_calls_arm(plan);
    errno = 0;
    ssize_t written = write(file, "12345678", 8);
    *ret_errno = errno;
    failing_calls_disarm();
    return written;
}

static void files_fail_as_they_are_told_to(void **state) {
    UNUSED(state);
    char path[] = "/tmp/rond-failing-XXXXXX";
    int file = mkstemp(path), error;
    assert_true(file >= 0);
    assert_int_equal(write_under(&(struct fault_plan){.class = FAULT_FILE, .at = 1}, file, &error), -1);
    assert_int_equal(error, EIO);
    assert_int_equal(write_under(&(struct fault_plan){.class = FAULT_FILE, .how = FAULT_FULL, .at = 1}, file, &error), -1);
    assert_int_equal(error, ENOSPC);
    assert_int_equal(write_under(&(struct fault_plan){.class = FAULT_FILE, .how = FAULT_SHORT, .at = 1}, file, &error), 4);
    assert_int_equal(write_under(&(struct fault_plan){.class = FAULT_FILE, .at = 2}, file, &error), 8);
    failing_calls_arm(&(struct fault_plan){.class = FAULT_FILE, .at = 1, .stays = true});
    int synced = fsync(file), opened = open(path, O_RDONLY);
    assert_int_equal(failing_calls_disarm(), 2);
    assert_int_equal(synced, -1);
    assert_int_equal(opened, -1);
    close(file);
    unlink(path);
}

// --- One call ---

struct input {
    struct arena arena; // what the inputs live in
    struct record report;
    struct buffer sealed;
    struct seal_key key;
    struct statement statement;
    struct signature signature;
    struct bytes spki;
};
static struct input input;

static enum rond_err decode_report(void) {
    struct arena arena;
    Rond__V1__Report *report;
    arena_init(&arena, 1024 * 1024);
    enum rond_err err = codec_report_decode(&arena, input.report.report, &report, NULL);
    arena_deinit(&arena);
    return err;
}

static enum rond_err unseal_record(void) {
    struct buffer plain;
    buffer_init(&plain, 64 * 1024);
    enum rond_err err = unseal(&input.key, bytes_of_text("place"), buffer_bytes(&input.sealed), &plain);
    buffer_deinit(&plain);
    return err;
}

static enum rond_err verify(void) {
    struct verify_key *key;
    enum rond_err err = verify_key_create(input.spki, &key);
    if (err != ROND_OK)
        return err;
    err = signature_verify(key, &input.statement, bytes_of(input.signature.b, SIGNATURE_SIZE));
    verify_key_destroy(key);
    return err;
}

static enum rond_err sign(void) {
    struct signature signature;
    return signature_make(lund_key(0), &input.statement, &signature);
}

// Each allocation fails in its turn, once and from then on, until a run needs none that fails.
static void says_only_that_memory_is_missing(enum rond_err (*call)(void)) {
    assert_ok(call()); // whatever is looked up once
    for (int stays = 0; stays < 2; stays++) {
        uint64_t calls = UINT64_MAX;
        for (uint64_t at = 1; at <= calls; at++) {
            assert_true(at < ALLOCATIONS_MAX);
            failing_calls_arm(&(struct fault_plan){.class = FAULT_MEMORY, .at = at, .stays = stays});
            enum rond_err err = call();
            calls = failing_calls_disarm();
            if (err != ROND_OK && err != ROND_ENOMEM)
                fail_msg("allocation %llu%s: '%s'", (unsigned long long)at, stays ? " and all after it" : "",
                         rond_err_name(err));
        }
        assert_ok(call());
    }
}

static void a_report_is_not_called_unreadable_for_want_of_memory(void **state) {
    UNUSED(state);
    says_only_that_memory_is_missing(decode_report);
}

static void a_record_is_not_called_damaged_for_want_of_memory(void **state) {
    UNUSED(state);
    says_only_that_memory_is_missing(unseal_record);
}

static void a_signature_is_not_called_wrong_for_want_of_memory(void **state) {
    UNUSED(state);
    says_only_that_memory_is_missing(verify);
    says_only_that_memory_is_missing(sign);
}

static int setup(void **state) {
    UNUSED(state);
    uint8_t *spki;
    size_t size;
    struct hash256 head = {{7}};
    struct id128 device = lund_device(0), outbox = lund_outbox(0, 1);
    arena_init(&input.arena, 4 * 1024 * 1024);
    input.report = sample_record(&input.arena, ROND__V1__KIND__KIND_SAFETY_WALK, 1);
    buffer_init(&input.sealed, 64 * 1024);
    memset(input.key.b, 5, sizeof input.key.b);
    assert_ok(seal(&input.key, rng_system(), bytes_of_text("place"), input.report.report, &input.sealed));
    statement_batch(&input.statement, &device, &outbox, 1, 3, &head);
    assert_ok(signature_make(lund_key(0), &input.statement, &input.signature));
    assert_ok(sign_key_spki(lund_key(0), &spki, &size));
    assert_true(arena_copy(&input.arena, bytes_of(spki, size), &input.spki));
    free(spki);
    return 0;
}

static int teardown(void **state) {
    UNUSED(state);
    buffer_deinit(&input.sealed);
    arena_deinit(&input.arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nth_allocation_fails_once_or_from_then_on),
        cmocka_unit_test(no_other_thread_sees_it),
        cmocka_unit_test(files_fail_as_they_are_told_to),
        cmocka_unit_test(a_report_is_not_called_unreadable_for_want_of_memory),
        cmocka_unit_test(a_record_is_not_called_damaged_for_want_of_memory),
        cmocka_unit_test(a_signature_is_not_called_wrong_for_want_of_memory),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
