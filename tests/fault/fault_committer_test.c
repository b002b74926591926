// Every sync of the committer thread fails, once and from then on, and each group's result is looked at: what is told to be
// stored is in the store at once and stays there, of what failed nothing is, and nothing more is added to a log that lacks
// what was acknowledged.
//
// Tests: server/app_acknowledged.c server/store/sqlite_log.c
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app_committer.h"
#include "base/check.h"
#include "fault/failing_calls.h"
#include "fault/fault_loop.h"
#include "support/lund.h"
#include "support/test.h"

enum { GROUPS = 5, REPORTS = 3, WAIT_MS = 60 * 1000, ARENA_BYTES_MAX = 1024 * 1024, SYNCS_MAX = 40 };

static struct lund lund;
static char root[] = "/tmp/rond-committer-XXXXXX", prepared[64], home[64];
static const struct ledger_batch *batches[GROUPS];
static struct app_committer *committer;
static struct catalogue *catalogue;
static struct store *reader; // open all the while, as the server's is; NULL: none
static struct fault_plan plan;
static bool struck;

static void wake(void *context) {
    UNUSED(context);
}

static void sleep_ms(long ms) {
    const struct timespec wait = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&wait, NULL);
}

// A batch of each outbox, and the folder as it was before them.
static int prepare(void **state) {
    UNUSED(state);
    lund_open(&lund);
    assert_non_null(mkdtemp(root));
    (void)snprintf(prepared, sizeof prepared, "%s/prepared", root);
    store_close(lund.store);
    fault_folder_copy(lund.directory, prepared);
    assert_ok(store_open_sqlite(lund.directory, STORE_READ_WRITE, rng_system(), &lund.store, NULL));
    for (unsigned i = 0; i < GROUPS; i++) {
        struct record records[REPORTS];
        struct append_result appended;
        for (unsigned k = 0; k < REPORTS; k++)
            records[k] = sample_record(&lund.arena, ROND__V1__KIND__KIND_CHECK, i * REPORTS + k);
        lund_begin(&lund);
        batches[i] = lund_batch(&lund, 0, i, records, REPORTS);
        assert_ok(lund.store->ledger->append(lund.store, batches[i], &appended));
        lund_commit(&lund);
    }
    return 0;
}

static int clean(void **state) {
    UNUSED(state);
    fault_folder_remove(root);
    lund_close(&lund);
    return 0;
}

static void begin(bool with_reader) {
    struct store_identity identity;
    struct fault fault = {0};
    (void)snprintf(home, sizeof home, "%s/home", root);
    fault_folder_remove(home);
    fault_folder_copy(prepared, home);
    const struct app_committer_config config = {
        .data_dir = home, .clock = clock_system(), .rng = rng_system(), .wake = wake};
    assert_ok(app_committer_create(&config, &committer, &catalogue, &identity, &fault));
    reader = NULL;
    if (with_reader)
        assert_ok(store_open_sqlite(home, STORE_READ_ONLY, rng_system(), &reader, NULL));
    struck = false;
}

static void end(void) {
    app_committer_destroy(committer);
    catalogue_unref(catalogue);
    store_close(reader);
}

static struct app_committer_status status(void) {
    struct app_committer_status now;
    app_committer_status(committer, &now);
    return now;
}

// Gives a group of one and waits for it.
static struct submission *run(struct submission *submission) {
    struct catalogue *newer = NULL;
    struct submission *back;
    app_committer_give(committer, submission);
    for (int waited_ms = 0; !(back = app_committer_take(committer, &newer)); waited_ms++) {
        assert_true(waited_ms < WAIT_MS);
        sleep_ms(1);
    }
    assert_null(newer);
    return back;
}

static enum rond_err run_command(enum rond_err (*command)(struct submission *submission, struct store *store)) {
    struct submission *submission = submission_create(SUBMISSION_COMMAND, ARENA_BYTES_MAX);
    assert_non_null(submission);
    submission->command = command;
    submission = run(submission);
    enum rond_err err = submission->err;
    submission_destroy(submission);
    return err;
}

static enum rond_err run_batch(unsigned i) {
    struct submission *submission = submission_create(SUBMISSION_BATCH, ARENA_BYTES_MAX);
    assert_non_null(submission);
    submission->batch = *batches[i];
    submission->device = batches[i]->device;
    submission->outbox = batches[i]->outbox;
    submission->received_ms = batches[i]->received_ms;
    submission = run(submission);
    enum rond_err err = submission->err;
    assert_true(err || submission->appended.status == APPEND_DONE);
    submission_destroy(submission);
    return err;
}

static uint64_t watermark(unsigned i) {
    struct outbox_state state = {0};
    assert_ok(reader->ledger->outbox_load(reader, &batches[i]->device, &batches[i]->outbox, &state));
    return state.chain.seq;
}

// --- On the committer thread ---

static enum rond_err arm(struct submission *submission, struct store *store) {
    UNUSED(submission);
    UNUSED(store);
    failing_calls_arm(&plan);
    return ROND_OK;
}

static enum rond_err disarm(struct submission *submission, struct store *store) {
    UNUSED(submission);
    UNUSED(store);
    (void)failing_calls_disarm();
    struck = struck || failing_calls_struck()[0] != '\0';
    return ROND_OK;
}

// The log's first frame, which was acknowledged, is not on the disk after all; and the next sync fails.
static enum rond_err lose_and_arm(struct submission *submission, struct store *store) {
    UNUSED(submission);
    char path[96];
    static const uint8_t zeros[4096];
    (void)snprintf(path, sizeof path, "%s/rond.db-wal", home);
    int descriptor = open(path, O_WRONLY);
    assert_true(descriptor >= 0);
    assert_int_equal(pwrite(descriptor, zeros, sizeof zeros, 32 + 24), sizeof zeros);
    close(descriptor);
    failing_calls_arm(&plan);
    const struct audit_row row = {.at_ms = 1, .actor = "test", .action = "anything", .detail = ""};
    return store->registry->audit(store, &row);
}

// --- Tests ---

// How many groups failed.
static size_t give_all(void) {
    bool acknowledged[GROUPS];
    size_t failed = 0;
    assert_ok(run_command(arm)); // which writes nothing itself
    for (unsigned i = 0; i < GROUPS; i++) {
        enum rond_err err = run_batch(i);
        acknowledged[i] = err == ROND_OK;
        if (err)
            assert_err(ROND_EIO, err);
        failed += err != ROND_OK;
        for (unsigned k = 0; k <= i; k++)
            assert_int_equal(watermark(k), acknowledged[k] ? REPORTS : 0);
    }
    assert_ok(run_command(disarm));
    return failed;
}

static void what_is_told_to_be_stored_is_there_whichever_sync_fails(void **state) {
    UNUSED(state);
    size_t failures = 0, runs = 0;
    for (unsigned stays = 0; stays < 2; stays++) {
        plan = (struct fault_plan){.class = FAULT_SYNC, .at = 1, .stays = stays};
        for (bool go_on = true; go_on; plan.at++, runs++) {
            struct store_counts counts;
            struct fault fault = {0};
            assert_true(plan.at < SYNCS_MAX);
            begin(true);
            size_t failed = give_all();
            failures += failed;
            assert_true(failed == 0 || struck);
            assert_true(stays || failed <= 1);
            assert_int_equal(status().census.failed_groups, failed);
            for (unsigned i = 0; i < GROUPS; i++)
                assert_ok(run_batch(i)); // as a device does that comes again
            assert_ok(status().trouble.err);
            end();
            assert_ok(store_open_sqlite(home, STORE_READ_WRITE, rng_system(), &reader, &fault));
            assert_ok(reader->views->integrity(reader, &fault));
            assert_ok(reader->views->counts(reader, &counts));
            assert_int_equal(counts.reports, GROUPS * REPORTS);
            store_close(reader);
            go_on = struck;
        }
    }
    print_message("%zu runs, %zu groups failed\n", runs, failures);
    assert_true(failures >= GROUPS + GROUPS * (GROUPS + 1) / 2); // each once; and from each on
}

static void expect_nothing_more_is_written(void) {
    plan = (struct fault_plan){.class = FAULT_SYNC, .at = 1};
    assert_ok(run_batch(0));
    assert_err(ROND_EIO, run_command(lose_and_arm));
    assert_err(ROND_ECORRUPT, run_batch(1));
    assert_err(ROND_ECORRUPT, status().trouble.err);
    assert_err(ROND_ECORRUPT, run_batch(1));
}

static void to_a_log_that_lost_what_was_acknowledged_nothing_more_is_written(void **state) {
    UNUSED(state);
    begin(true);
    expect_nothing_more_is_written();
    end();
}

// The log is recovered then, up to where it is whole, and what was acknowledged is missing from the tables.
static void nor_to_a_store_that_went_back_behind_what_was_acknowledged(void **state) {
    UNUSED(state);
    begin(false);
    expect_nothing_more_is_written();
    end();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_told_to_be_stored_is_there_whichever_sync_fails),
        cmocka_unit_test(to_a_log_that_lost_what_was_acknowledged_nothing_more_is_written),
        cmocka_unit_test(nor_to_a_store_that_went_back_behind_what_was_acknowledged),
    };
    return cmocka_run_group_tests(tests, prepare, clean);
}
