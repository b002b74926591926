// Tests: server/store/memory_crowds.c server/store/sqlite_crowds.c
#include <stdio.h>
#include <string.h>

#include "support/store_fixture.h"

static struct crowd a_crowd(uint64_t count) {
    struct crowd made = {.count = count, .parts = 0x80000001, .organisations = UINT32_MAX, .quantity = 7, .places = 3};
    made.places_open = UINT32_MAX;
    made.first_s = -1;
    strcpy(made.period, "2015-W19");
    made.person_s = INT64_MAX;
    made.was_unsafe = true;
    made.latest_s = INT64_MIN;
    made.latest_state = 2;
    for (; made.stretches_count < CROWD_STRETCHES; made.stretches_count++)
        made.stretches[made.stretches_count] = (struct stretch){-(int64_t)made.stretches_count, INT64_MAX};
    return made;
}

static void put(struct store_fixture *fixture, uint32_t commitment, const char *bucket, const struct crowd *crowd) {
    struct crowd_change change = {commitment, bucket, *crowd};
    struct fold_changes changes = {.crowds = &change, .crowds_count = 1};
    assert_ok(fixture->store->ledger->fold_store(fixture->store, &changes));
}

static struct crowd crowd_of(struct store_fixture *fixture, uint32_t commitment, const char *bucket) {
    const struct bucket_key key = {.commitment = commitment, .bucket = bucket};
    struct crowd found, viewed;
    assert_ok(fixture->store->ledger->crowds_of(fixture->store, &key, 1, &found));
    assert_ok(fixture->store->views->crowd(fixture->store, &key, &viewed));
    assert_memory_equal(&found, &viewed, sizeof found);
    return found;
}

static void a_crowd_is_given_back_as_it_was_last_put(void **state) {
    struct store_fixture *fixture = *state;
    struct crowd first = a_crowd(64), second = a_crowd(65), other = {.count = 99, .period = ""};
    fixture_begin(fixture);
    put(fixture, 1, "w0:2015-05-04", &first);
    put(fixture, 1, "w0:2015-05-04", &second);
    put(fixture, 2, "w0:2015-05-04", &other);
    fixture_commit(fixture);
    fixture_reopen(fixture);
    struct crowd found = crowd_of(fixture, 1, "w0:2015-05-04");
    assert_memory_equal(&found, &second, sizeof found);
    found = crowd_of(fixture, 2, "w0:2015-05-04");
    assert_memory_equal(&found, &other, sizeof found);
    assert_int_equal(crowd_of(fixture, 1, "p").count, 0);
}

static void a_crowd_goes_when_it_is_put_empty_or_the_fold_is_cleared(void **state) {
    struct store_fixture *fixture = *state;
    struct crowd crowd = a_crowd(64), nothing = {0};
    fixture_begin(fixture);
    put(fixture, 1, "p", &crowd);
    put(fixture, 1, "s:2015-06-01", &crowd);
    fixture_commit(fixture);
    fixture_begin(fixture);
    put(fixture, 1, "p", &nothing);
    assert_int_equal(crowd_of(fixture, 1, "p").count, 0);
    assert_ok(fixture->store->ledger->fold_clear(fixture->store));
    assert_int_equal(crowd_of(fixture, 1, "s:2015-06-01").count, 0);
    fixture_rollback(fixture);
    assert_int_equal(crowd_of(fixture, 1, "p").count, 64);
    assert_int_equal(crowd_of(fixture, 1, "s:2015-06-01").count, 64);
}

static void no_more_of_a_bucket_is_read_than_is_asked_for(void **state) {
    struct store_fixture *fixture = *state;
    enum { ROWS = 10 };
    struct sender sender;
    struct stored_contribution added[ROWS];
    sender_init(&sender, 1, 1);
    sender_send(fixture, &sender, ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        added[i] = (struct stored_contribution){.row = ROWS - i, .commitment = 1, .value = {.quantity = 1}};
        strcpy(added[i].value.bucket, "a:market");
    }
    const struct fold_changes changes = {.added = added, .added_count = ROWS};
    fixture_begin(fixture);
    assert_ok(fixture->store->ledger->fold_store(fixture->store, &changes));
    const struct bucket_key keys[] = {{1, "a:market", 3}, {1, "a:market", ROWS + 1}, {1, "a:market", 0}};
    struct bucket_contents contents[3];
    assert_ok(fixture->store->ledger->contributions_in(fixture->store, keys, 3, &fixture->arena, contents));
    assert_int_equal(contents[0].count, 3);
    assert_int_equal(contents[0].contributions[2].row, 3);
    assert_int_equal(contents[1].count, ROWS);
    assert_int_equal(contents[2].count, ROWS);
    fixture_commit(fixture);
}

static void erased_rows_are_listed_in_order(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    uint64_t *rows = NULL;
    size_t count = 1;
    sender_init(&sender, 1, 1);
    sender_send(fixture, &sender, 5);
    assert_ok(fixture->store->views->erased(fixture->store, 0, 10, &fixture->arena, &rows, &count));
    assert_int_equal(count, 0);
    fixture_begin(fixture);
    assert_ok(fixture->store->ledger->erase(fixture->store, 4, FOR_A_TEST));
    assert_ok(fixture->store->ledger->erase(fixture->store, 2, FOR_A_TEST));
    assert_ok(fixture->store->ledger->erase(fixture->store, 5, FOR_A_TEST));
    fixture_commit(fixture);
    assert_ok(fixture->store->views->erased(fixture->store, 0, 2, &fixture->arena, &rows, &count));
    assert_int_equal(count, 2);
    assert_int_equal(rows[0], 2);
    assert_int_equal(rows[1], 4);
    assert_ok(fixture->store->views->erased(fixture->store, 4, 2, &fixture->arena, &rows, &count));
    assert_int_equal(count, 1);
    assert_int_equal(rows[0], 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_EVERY_BACKEND(a_crowd_is_given_back_as_it_was_last_put),
        ON_EVERY_BACKEND(a_crowd_goes_when_it_is_put_empty_or_the_fold_is_cleared),
        ON_EVERY_BACKEND(no_more_of_a_bucket_is_read_than_is_asked_for),
        ON_EVERY_BACKEND(erased_rows_are_listed_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
