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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_submission_owns_what_lives_in_its_arena),
        cmocka_unit_test(destroying_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
