#include "ingest/group_commit.h"

#include "support/test.h"
#include "wire/limits.h"

static struct submission *submission_of(uint64_t session, size_t reports, size_t bytes) {
    struct submission *submission = submission_create(SUBMISSION_BATCH, 1024);
    assert_non_null(submission);
    submission->session = session;
    submission->batch.count = reports;
    submission->bytes = bytes;
    return submission;
}

static void add(struct group_commit *group, uint64_t session, size_t reports) {
    assert_ok(group_commit_add(group, submission_of(session, reports, 100)));
}

// The sessions of a group, in order; destroys it.
static size_t take(struct submission *first, uint64_t *ret_sessions) {
    size_t count = 0;
    while (first != NULL) {
        struct submission *next = first->next;
        ret_sessions[count++] = first->session;
        submission_destroy(first);
        first = next;
    }
    return count;
}

static void what_arrives_during_a_commit_goes_together_into_the_next_in_order(void **state) {
    struct group_commit group;
    uint64_t sessions[8];
    group_commit_init(&group);
    assert_null(group_commit_next(&group));
    add(&group, 1, 1);
    assert_int_equal(take(group_commit_next(&group), sessions), 1);
    add(&group, 2, 1);
    add(&group, 3, 1);
    add(&group, 2, 1);
    assert_null(group_commit_next(&group)); // one is out
    assert_false(group_commit_is_idle(&group));
    group_commit_done(&group, NULL);
    assert_int_equal(take(group_commit_next(&group), sessions), 3);
    assert_int_equal(sessions[0], 2);
    assert_int_equal(sessions[1], 3);
    assert_int_equal(sessions[2], 2);
    group_commit_done(&group, NULL);
    assert_true(group_commit_is_idle(&group));
    assert_int_equal(group.waiting_bytes, 0);
    assert_int_equal(group.groups, 2);
    group_commit_deinit(&group);
}

static void a_group_is_bounded_unless_one_submission_alone_is_larger(void **state) {
    static const struct {
        size_t reports[4];
        size_t groups[4]; // submissions in each group
    } cases[] = {
        {{GROUP_REPORTS_MAX, 1, 0}, {1, 1}},
        {{GROUP_REPORTS_MAX - 1, 1, 1}, {2, 1}},
        {{GROUP_REPORTS_MAX + 5, 1, 0}, {1, 1}},
        {{1, GROUP_REPORTS_MAX + 5, 1}, {1, 1, 1}},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct group_commit group;
        uint64_t sessions[8];
        group_commit_init(&group);
        for (size_t n = 0; cases[i].reports[n] != 0; n++)
            add(&group, n + 1, cases[i].reports[n]);
        for (size_t n = 0; cases[i].groups[n] != 0; n++) {
            assert_int_equal(take(group_commit_next(&group), sessions), cases[i].groups[n]);
            group_commit_done(&group, NULL);
        }
        assert_true(group_commit_is_idle(&group));
        group_commit_deinit(&group);
    }
}

static void a_whole_group_goes_out_ahead_and_a_partial_one_waits(void **state) {
    struct group_commit group;
    uint64_t sessions[8];
    group_commit_init(&group);
    add(&group, 1, 1);
    assert_null(group_commit_ahead(&group)); // none is out
    assert_int_equal(take(group_commit_next(&group), sessions), 1);
    add(&group, 2, GROUP_REPORTS_MAX - 1);
    add(&group, 3, 1);
    assert_null(group_commit_ahead(&group)); // whole, but nothing tells so yet
    add(&group, 4, 1);
    assert_int_equal(take(group_commit_ahead(&group), sessions), 2);
    assert_int_equal(sessions[0], 2);
    add(&group, 5, GROUP_REPORTS_MAX);
    assert_null(group_commit_ahead(&group)); // one ahead is enough
    group_commit_done(&group, NULL);
    assert_null(group_commit_next(&group)); // the second is out
    assert_int_equal(take(group_commit_ahead(&group), sessions), 1);
    assert_int_equal(sessions[0], 4);
    assert_int_equal(group.waiting_bytes, 400);
    group_commit_done(&group, NULL);
    group_commit_done(&group, NULL);
    assert_int_equal(group.waiting_bytes, 100);
    assert_int_equal(take(group_commit_next(&group), sessions), 1);
    group_commit_done(&group, NULL);
    assert_true(group_commit_is_idle(&group));
    assert_int_equal(group.waiting_bytes, 0);
    group_commit_deinit(&group);
}

static void a_full_queue_takes_nothing_until_a_group_is_done(void **state) {
    struct group_commit group;
    uint64_t sessions[8];
    group_commit_init(&group);
    assert_ok(group_commit_add(&group, submission_of(1, 1, COMMIT_QUEUE_BYTES_MAX)));
    struct submission *late = submission_of(2, 1, 1);
    assert_err(ROND_EFULL, group_commit_add(&group, late));
    take(group_commit_next(&group), sessions);
    assert_err(ROND_EFULL, group_commit_add(&group, late)); // what is out counts as well
    group_commit_done(&group, NULL);
    assert_ok(group_commit_add(&group, late));
    group_commit_deinit(&group); // destroys what waits
}

static void every_report_is_in_flight_from_taking_it_until_its_group_is_done(void **state) {
    struct group_commit group;
    uint64_t sessions[8];
    group_commit_init(&group);
    add(&group, 1, 3);
    struct submission *lost = submission_create(SUBMISSION_LOST, 1024), *hello = submission_create(SUBMISSION_HELLO, 1024);
    lost->lost = (struct ledger_lost){.first_seq = 5, .last_seq = 9};
    assert_ok(group_commit_add(&group, hello));
    take(group_commit_next(&group), sessions);
    assert_ok(group_commit_add(&group, lost));
    assert_int_equal(group.reports, 8);
    group_commit_done(&group, NULL);
    assert_int_equal(group.reports, 5);
    take(group_commit_next(&group), sessions);
    assert_int_equal(group.reports, 5);
    group_commit_done(&group, NULL);
    assert_int_equal(group.reports, 0);
    assert_int_equal(group.reports_taken, 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_arrives_during_a_commit_goes_together_into_the_next_in_order),
        cmocka_unit_test(a_group_is_bounded_unless_one_submission_alone_is_larger),
        cmocka_unit_test(a_whole_group_goes_out_ahead_and_a_partial_one_waits),
        cmocka_unit_test(a_full_queue_takes_nothing_until_a_group_is_done),
        cmocka_unit_test(every_report_is_in_flight_from_taking_it_until_its_group_is_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
