// Readers on a loop of the test's own, over a store that support/lund.h made.
#include "net/readers.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>

#include "support/loop.h"
#include "support/lund.h"

enum { JOBS = READERS_STORES + READERS_WAITING_MAX };

struct question {
    struct reader_job job; // first
    pthread_t thread;
    int priority; // its niceness
    enum rond_err err;
    struct store_counts counts;
    size_t order; // of being done; from 1
    struct question *then; // submitted when this one is done
};

static struct lund lund;
static uv_loop_t loop;
static struct readers *readers;
static struct question questions[JOBS + 1];
static size_t done_count;
static atomic_bool held; // jobs wait while it is true
static atomic_int at_once, at_once_max;

static int readers_setup(void **state) {
    UNUSED(state);
    memset(questions, 0, sizeof questions);
    done_count = 0;
    atomic_store(&held, false);
    atomic_store(&at_once_max, 0);
    lund_open(&lund);
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_ok(readers_create(&loop, lund.directory, rng_system(), &readers));
    return 0;
}

static int readers_teardown(void **state) {
    UNUSED(state);
    readers_destroy(readers);
    loop_end(&loop);
    lund_close(&lund);
    return 0;
}

static void run(struct reader_job *job, struct store *read_only) {
    struct question *question = (struct question *)job;
    int now = atomic_fetch_add(&at_once, 1) + 1, most = atomic_load(&at_once_max);
    while (now > most && !atomic_compare_exchange_weak(&at_once_max, &most, now))
        continue;
    while (atomic_load(&held))
        uv_sleep(1);
    question->thread = pthread_self();
    question->priority = getpriority(PRIO_PROCESS, 0);
    question->err = read_only ? read_only->views->counts(read_only, &question->counts) : job->open_err;
    atomic_fetch_sub(&at_once, 1);
}

static void done(struct reader_job *job) {
    struct question *question = (struct question *)job;
    question->order = ++done_count;
    if (question->then)
        assert_ok(readers_submit(readers, &question->then->job));
}

static enum rond_err submit(size_t i) {
    questions[i].job = (struct reader_job){.run = run, .done = done};
    return readers_submit(readers, &questions[i].job);
}

static void a_question_is_answered_on_another_thread_and_ended_on_this(void **state) {
    UNUSED(state);
    assert_int_equal(readers_busy(readers), 0);
    assert_ok(submit(0));
    assert_int_equal(readers_busy(readers), 1);
    assert_int_equal(done_count, 0);
    loop_until(&loop, done_count == 1);
    assert_int_equal(readers_busy(readers), 0);
    assert_ok(questions[0].err);
    assert_int_equal(questions[0].counts.devices, LUND_DEVICES);
    assert_false(pthread_equal(questions[0].thread, pthread_self()));
}

static void who_asks_makes_way_for_who_is_acknowledged(void **state) {
    UNUSED(state);
    int own = getpriority(PRIO_PROCESS, 0);
    assert_ok(submit(0));
    loop_until(&loop, done_count == 1);
    assert_true(questions[0].priority >= READERS_NICE);
    assert_int_equal(getpriority(PRIO_PROCESS, 0), own); // this thread's is as it was
}

static void what_was_committed_meanwhile_is_seen_by_the_next_question(void **state) {
    UNUSED(state);
    assert_ok(submit(0));
    loop_until(&loop, done_count == 1);
    assert_int_equal(questions[0].counts.applied, 0);
    (void)lund_report(&lund, 0, 0, sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, 0));
    assert_ok(submit(1));
    loop_until(&loop, done_count == 2);
    assert_int_equal(questions[1].counts.applied, 1);
}

static void more_questions_than_stores_wait_their_turn_and_too_many_are_refused(void **state) {
    UNUSED(state);
    atomic_store(&held, true);
    for (size_t i = 0; i < JOBS; i++)
        assert_ok(submit(i));
    assert_err(ROND_EFULL, submit(JOBS));
    assert_int_equal(readers_busy(readers), JOBS);
    atomic_store(&held, false);
    loop_until(&loop, done_count == JOBS);
    assert_int_equal(readers_busy(readers), 0);
    assert_true(atomic_load(&at_once_max) <= READERS_STORES);
    for (size_t i = 0; i < JOBS; i++)
        assert_ok(questions[i].err);
    assert_ok(submit(JOBS)); // there is room again
    loop_until(&loop, done_count == JOBS + 1);
}

static void a_question_may_be_asked_when_another_is_done(void **state) {
    UNUSED(state);
    questions[1].job = (struct reader_job){.run = run, .done = done};
    assert_ok(submit(0));
    questions[0].then = &questions[1];
    loop_until(&loop, done_count == 2);
    assert_int_equal(questions[1].order, 2);
}

static void without_a_store_the_question_hears_why_and_the_next_tries_again(void **state) {
    UNUSED(state);
    struct readers *lost = NULL, *found = readers;
    assert_ok(readers_create(&loop, "/nonexistent-data", rng_system(), &lost));
    readers = lost;
    for (size_t i = 0; i < 2; i++) {
        assert_ok(submit(i));
        loop_until(&loop, done_count == i + 1);
        assert_int_not_equal(questions[i].err, ROND_OK);
        assert_true(questions[i].job.fault.text[0] != '\0');
    }
    readers = found;
    readers_destroy(lost);
    readers_destroy(NULL);
    assert_int_equal(readers_busy(NULL), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, readers_setup, readers_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_question_is_answered_on_another_thread_and_ended_on_this),
        TEST(who_asks_makes_way_for_who_is_acknowledged),
        TEST(what_was_committed_meanwhile_is_seen_by_the_next_question),
        TEST(more_questions_than_stores_wait_their_turn_and_too_many_are_refused),
        TEST(a_question_may_be_asked_when_another_is_done),
        TEST(without_a_store_the_question_hears_why_and_the_next_tries_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
