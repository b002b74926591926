// What rond.h says of calls that cannot do what they are asked, where no other test says it.
#include <string.h>

#include "fake_transport.h"
#include "handheld.h"
#include "rond/rond.h"
#include "support/test.h"

static int setup(void **state) {
    static struct handheld handheld;
    fake_reset();
    handheld_open(&handheld);
    handheld_enrol(&handheld, "police_officer", 1);
    *state = &handheld;
    return 0;
}

static int teardown(void **state) {
    handheld_close(*state);
    fake_reset();
    return 0;
}

static const rond_activity check = {
    .struct_size = sizeof check, .kind = ROND_CHECK, .of = "cyclist_behaviour", .check_form = ROND_TARGETED, .checked = 14};

static void a_draft_that_is_not_there_is_not_found(void **state) {
    rond *r = ((struct handheld *)*state)->rond;
    rond_activity *activity;
    uint64_t number = 7, *drafts;
    size_t count;
    assert_err(ROND_ENOTFOUND, rond_draft_load(r, 7, &activity));
    assert_err(ROND_ENOTFOUND, rond_draft_discard(r, 7));
    assert_err(ROND_ENOTFOUND, rond_draft_save(r, &number, &check, NULL));
    assert_err(ROND_ENOTFOUND, rond_draft_queue(r, 7, NULL, NULL));
    assert_ok(rond_draft_list(r, &drafts, &count));
    assert_int_equal(count, 0);
    assert_non_null(drafts);
    rond_free(drafts);
}

static void a_list_of_nothing_is_asked_for_in_vain(void **state) {
    rond *r = ((struct handheld *)*state)->rond;
    rond_status_list *list;
    rond_words *words;
    rond_promises *promises;
    assert_err(ROND_EINVALID, rond_status_list_get(r, 0, 0, &list));
    assert_ok(rond_words_get(r, "no such list", &words));
    assert_int_equal(words->count, 0);
    rond_words_free(words);
    assert_ok(rond_promises_get(r, &promises));
    assert_int_equal(promises->count, 0);
    rond_promises_free(promises);
}

static void a_struct_of_another_size_is_refused_when_smaller_and_read_when_larger(void **state) {
    rond *r = ((struct handheld *)*state)->rond;
    rond_activity activity = check;
    activity.struct_size--;
    assert_err(ROND_EINVALID, rond_check_activity(r, &activity, NULL));
    activity.struct_size += 9;
    assert_ok(rond_check_activity(r, &activity, NULL));
}

static void the_descriptor_stays_the_same_from_start_to_stop(void **state) {
    rond *r = ((struct handheld *)*state)->rond;
    rond_wait first, wait;
    assert_ok(rond_sync_start(r, NULL));
    enum rond_err err = rond_sync_step(r, &first, NULL, NULL);
    for (int i = 0; i < 50 && err == ROND_EAGAIN; i++) {
        err = rond_sync_step(r, &wait, NULL, NULL);
        assert_int_equal(wait.descriptor, first.descriptor);
    }
    assert_ok(err);
    assert_ok(rond_sync_step(r, &wait, NULL, NULL)); // after the end, the same again
    assert_int_equal(wait.descriptor, first.descriptor);
    assert_int_equal(wait.events, 0);
    assert_err(ROND_ECONFLICT, rond_sync_start(r, NULL)); // until it is stopped
    rond_sync_stop(r);
    assert_err(ROND_ECONFLICT, rond_sync_step(r, &wait, NULL, NULL));
}

static void a_sync_that_does_not_begin_tells_what_waits_all_the_same(void **state) {
    rond *r = ((struct handheld *)*state)->rond;
    rond_sync_result result;
    assert_ok(rond_report(r, &check, NULL, NULL));
    assert_ok(rond_sync_start(r, NULL));
    assert_err(ROND_ECONFLICT, rond_sync(r, 100, &result, NULL));
    assert_int_equal(result.waiting, 1);
    assert_true(result.retry_after_ms > 0);
    rond_sync_stop(r);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_draft_that_is_not_there_is_not_found),
        TEST(a_list_of_nothing_is_asked_for_in_vain),
        TEST(a_struct_of_another_size_is_refused_when_smaller_and_read_when_larger),
        TEST(the_descriptor_stays_the_same_from_start_to_stop),
        TEST(a_sync_that_does_not_begin_tells_what_waits_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
