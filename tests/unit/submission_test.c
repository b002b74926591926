#include "ingest/submission.h"

#include "support/test.h"

static void a_submission_owns_what_lives_in_its_arena(void **state) {
    struct submission *submission = submission_create(SUBMISSION_BATCH, 1024);
    assert_non_null(submission);
    assert_int_equal(submission->kind, SUBMISSION_BATCH);
    assert_int_equal(submission->session, 0);
    assert_non_null(arena_alloc(&submission->arena, 512));
    assert_null(arena_alloc(&submission->arena, 1024));
    submission_destroy(submission);
}

static void destroying_nothing_is_fine(void **state) {
    submission_destroy(NULL);
}

static unsigned told;

static void count_told(struct submission *submission) {
    assert_int_equal(atomic_load(&submission->progress_of), 9000);
    told++;
}

static void how_far_a_command_has_come_is_there_to_be_looked_at_and_is_told(void **state) {
    struct submission *submission = submission_create(SUBMISSION_COMMAND, 1024);
    assert_int_equal(atomic_load(&submission->progress_of), 0);
    submission_progress(submission, 2000, 9000);
    submission->progressed = count_told;
    submission_progress(submission, 4000, 9000);
    assert_int_equal(atomic_load(&submission->progress_rows), 4000);
    assert_int_equal(told, 1);
    submission_destroy(submission);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_submission_owns_what_lives_in_its_arena),
        cmocka_unit_test(destroying_nothing_is_fine),
        cmocka_unit_test(how_far_a_command_has_come_is_there_to_be_looked_at_and_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
