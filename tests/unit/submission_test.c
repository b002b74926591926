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

static bool is_news(struct submission submission) {
    return submission_is_news(&submission);
}

static void news_is_what_was_stored_and_nothing_that_only_asked_failed_or_was_there(void **state) {
    const struct append_result stored = {.status = APPEND_DONE, .appended = 2},
                               there = {.status = APPEND_DONE, .repeated = 2}, forked = {.status = APPEND_FORKED},
                               ahead = {.status = APPEND_OUT_OF_ORDER};
    assert_true(is_news((struct submission){.kind = SUBMISSION_BATCH, .appended = stored}));
    assert_true(is_news((struct submission){.kind = SUBMISSION_LOST, .appended = stored}));
    assert_true(is_news((struct submission){.kind = SUBMISSION_BATCH, .appended = forked}));
    assert_true(is_news((struct submission){.kind = SUBMISSION_COMMAND}));
    assert_false(is_news((struct submission){.kind = SUBMISSION_HELLO, .appended = stored}));
    assert_false(is_news((struct submission){.kind = SUBMISSION_BATCH, .appended = there}));
    assert_false(is_news((struct submission){.kind = SUBMISSION_BATCH, .appended = ahead}));
    assert_false(is_news((struct submission){.kind = SUBMISSION_BATCH, .appended = stored, .err = ROND_EIO}));
    assert_false(is_news((struct submission){.kind = SUBMISSION_COMMAND, .err = ROND_EINVALID}));
    assert_false(is_news((struct submission){.kind = SUBMISSION_COMMAND, .is_of_no_news = true}));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_submission_owns_what_lives_in_its_arena),
        cmocka_unit_test(destroying_nothing_is_fine),
        cmocka_unit_test(how_far_a_command_has_come_is_there_to_be_looked_at_and_is_told),
        cmocka_unit_test(news_is_what_was_stored_and_nothing_that_only_asked_failed_or_was_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
