#include "outbox.h"

#include "support/test.h"

#include "outbox_world.h"

static uint64_t save(struct world *world, uint64_t id, const char *text) {
    assert_ok(outbox_draft_save(world->outbox, &id, bytes_of_text(text)));
    return id;
}

static void a_draft_is_saved_changed_listed_and_discarded(void **state) {
    struct world *world = *state;
    uint64_t one = save(world, 0, "one"), two = save(world, 0, "two");
    assert_true(one != two);
    assert_int_equal(save(world, one, "one, changed"), one);
    struct bytes draft;
    assert_ok(outbox_draft_load(world->outbox, one, &world->arena, &draft));
    assert_true(bytes_equal(draft, bytes_of_text("one, changed")));
    uint64_t *ids;
    size_t count;
    assert_ok(outbox_draft_list(world->outbox, &world->arena, &ids, &count));
    assert_int_equal(count, 2);
    assert_ok(outbox_draft_discard(world->outbox, one));
    assert_err(ROND_ENOTFOUND, outbox_draft_discard(world->outbox, one));
    assert_err(ROND_ENOTFOUND, outbox_draft_load(world->outbox, one, &world->arena, &draft));
    assert_err(ROND_ENOTFOUND, outbox_draft_save(world->outbox, &one, bytes_of_text("gone")));
    assert_true(save(world, 0, "three") > two); // a number is never given twice
}

static void a_draft_is_gone_exactly_when_its_report_is_saved(void **state) {
    struct world *world = *state;
    uint64_t id = save(world, 0, "draft"), seq = 0;
    static uint8_t large[REPORT_BYTES_MAX];
    assert_int_equal(sqlite3_exec(world->outbox->db, "PRAGMA max_page_count = 1", NULL, NULL, NULL), SQLITE_OK);
    assert_err(ROND_EFULL, outbox_draft_queue(world->outbox, id, bytes_of(large, sizeof large), &seq));
    struct outbox_totals totals;
    assert_ok(outbox_totals(world->outbox, &totals));
    assert_int_equal(totals.drafts, 1);
    assert_int_equal(totals.waiting, 0);
    assert_int_equal(sqlite3_exec(world->outbox->db, "PRAGMA max_page_count = 100000", NULL, NULL, NULL), SQLITE_OK);
    assert_ok(outbox_draft_queue(world->outbox, id, bytes_of_text("report"), &seq));
    assert_int_equal(seq, 1);
    assert_ok(outbox_totals(world->outbox, &totals));
    assert_int_equal(totals.drafts, 0);
    assert_int_equal(totals.waiting, 1);
    assert_err(ROND_ENOTFOUND, outbox_draft_queue(world->outbox, id, bytes_of_text("report"), &seq));
    assert_ok(outbox_totals(world->outbox, &totals));
    assert_int_equal(totals.waiting, 1);
}

static void more_drafts_than_the_bound_are_refused(void **state) {
    struct world *world = *state;
    for (int i = 0; i < DRAFTS_MAX; i++)
        save(world, 0, "x");
    uint64_t id = 0;
    assert_err(ROND_EFULL, outbox_draft_save(world->outbox, &id, bytes_of_text("x")));
    assert_int_equal(id, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_draft_is_saved_changed_listed_and_discarded),
        TEST(a_draft_is_gone_exactly_when_its_report_is_saved),
        TEST(more_drafts_than_the_bound_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
