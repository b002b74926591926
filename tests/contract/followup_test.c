// Tests: server/store/memory_followup.c server/store/sqlite_followup.c
// Published follow-ups and the keys that sign them, on every backend.
#include <string.h>

#include "support/store_fixture.h"

static struct followup_key key_made(unsigned number, int64_t since_ms) {
    static const uint8_t SPKI[2][3] = {{1, 2, 3}, {4, 5, 6}};
    return (struct followup_key){.id.b = {(uint8_t)number}, .spki = bytes_of(SPKI[number % 2], 3), .since_ms = since_ms};
}

static void key_put(struct store_fixture *fixture, enum rond_err expected, unsigned number, int64_t since_ms) {
    struct followup_key key = key_made(number, since_ms);
    fixture_begin(fixture);
    assert_err(expected, fixture->store->registry->followup_key_put(fixture->store, &key));
    fixture_commit(fixture);
}

static struct followup made(const char *promise, const char *period, uint32_t version, const char *document) {
    return (struct followup){.promise = promise,
                             .period = period,
                             .version = version,
                             .state = "5ta7e",
                             .at_ms = 77,
                             .actor = "uid:1000",
                             .key_id.b = {1},
                             .document = bytes_of_text(document),
                             .signature.b = {[63] = 9},
                             .evidence = bytes_of("e\0v", 3)};
}

static enum rond_err put(struct store_fixture *fixture, const char *promise, const char *period, uint32_t version,
                         const char *document) {
    struct followup followup = made(promise, period, version, document);
    fixture_begin(fixture);
    enum rond_err err = fixture->store->registry->followup_put(fixture->store, &followup);
    fixture_commit(fixture);
    return err;
}

static struct followup got(struct store_fixture *fixture, const char *period, uint32_t version) {
    struct followup followup = {0};
    assert_ok(fixture->store->views->followup(fixture->store, "p", period, version, &fixture->arena, &followup));
    return followup;
}

static void a_followup_is_given_back_as_it_was_signed(void **state) {
    struct store_fixture *fixture = *state;
    struct followup none;
    key_put(fixture, ROND_OK, 1, 5);
    assert_ok(put(fixture, "p", "2015-T1", 1, "{\"å\": 1}\n"));
    fixture_reopen(fixture);
    struct followup followup = got(fixture, "2015-T1", 1);
    assert_int_equal(followup.number, 1);
    assert_string_equal(followup.promise, "p");
    assert_string_equal(followup.period, "2015-T1");
    assert_int_equal(followup.version, 1);
    assert_string_equal(followup.state, "5ta7e");
    assert_int_equal(followup.at_ms, 77);
    assert_string_equal(followup.actor, "uid:1000");
    assert_int_equal(followup.key_id.b[0], 1);
    assert_int_equal(followup.signature.b[63], 9);
    assert_true(bytes_equal(followup.document, bytes_of_text("{\"å\": 1}\n")));
    assert_true(bytes_equal(followup.evidence, bytes_of("e\0v", 3)));
    assert_err(ROND_ENOTFOUND,
               fixture->store->views->followup(fixture->store, "p", "final", 0, &fixture->arena, &none));
    assert_err(ROND_ENOTFOUND,
               fixture->store->views->followup(fixture->store, "p", "2015-T1", 2, &fixture->arena, &none));
}

static void versions_follow_each_other_and_none_is_replaced(void **state) {
    struct store_fixture *fixture = *state;
    key_put(fixture, ROND_OK, 1, 5);
    assert_err(ROND_ECONFLICT, put(fixture, "p", "final", 2, "too early"));
    assert_ok(put(fixture, "p", "final", 1, "one"));
    assert_err(ROND_ECONFLICT, put(fixture, "p", "final", 1, "another one"));
    assert_err(ROND_ECONFLICT, put(fixture, "p", "final", 3, "three"));
    assert_ok(put(fixture, "p", "final", 2, "two"));
    assert_ok(put(fixture, "p", "2015-T1", 1, "a period of its own"));
    fixture_reopen(fixture);
    assert_true(bytes_equal(got(fixture, "final", 1).document, bytes_of_text("one")));
    assert_true(bytes_equal(got(fixture, "final", 0).document, bytes_of_text("two")));
}

static void a_followup_is_signed_by_a_key_that_is_kept(void **state) {
    struct store_fixture *fixture = *state;
    assert_err(ROND_ENOTFOUND, put(fixture, "p", "final", 1, "one"));
    key_put(fixture, ROND_OK, 1, 5);
    key_put(fixture, ROND_OK, 2, 6);
    assert_ok(put(fixture, "p", "final", 1, "one")); // a retired one is kept too
}

static void one_key_is_current_and_a_retired_one_does_not_come_back(void **state) {
    struct store_fixture *fixture = *state;
    struct followup_key *keys = NULL;
    size_t count = 0;
    key_put(fixture, ROND_OK, 2, 10);
    key_put(fixture, ROND_OK, 2, 15);
    key_put(fixture, ROND_OK, 1, 20);
    key_put(fixture, ROND_ECONFLICT, 2, 30);
    fixture_reopen(fixture);
    assert_ok(fixture->store->views->followup_keys(fixture->store, &fixture->arena, &keys, &count));
    assert_int_equal(count, 2);
    assert_int_equal(keys[0].id.b[0], 2);
    assert_true(bytes_equal(keys[0].spki, bytes_of("\1\2\3", 3)));
    assert_int_equal(keys[0].since_ms, 10);
    assert_int_equal(keys[0].retired_ms, 20);
    assert_int_equal(keys[1].id.b[0], 1);
    assert_int_equal(keys[1].retired_ms, 0);
}

static void followups_are_listed_by_page_in_order_of_publication(void **state) {
    struct store_fixture *fixture = *state;
    struct followup *page = NULL;
    size_t count = 0;
    uint64_t cursor = 0;
    key_put(fixture, ROND_OK, 1, 5);
    assert_ok(put(fixture, "p", "2015-T1", 1, "one"));
    assert_ok(put(fixture, "q", "2015-T1", 1, "of another promise"));
    assert_ok(put(fixture, "p", "2015-T1", 2, "two"));
    assert_ok(put(fixture, "p", "final", 1, "three"));
    fixture_reopen(fixture);
    assert_ok(fixture->store->views->followups(fixture->store, "p", 0, 2, &fixture->arena, &page, &count, &cursor));
    assert_int_equal(count, 2);
    assert_int_equal(page[1].version, 2);
    assert_int_equal(page[0].document.size, 0);
    assert_true(cursor != 0);
    assert_ok(fixture->store->views->followups(fixture->store, "p", cursor, 2, &fixture->arena, &page, &count, &cursor));
    assert_int_equal(count, 1);
    assert_string_equal(page[0].period, "final");
    assert_int_equal(cursor, 0);
    assert_ok(fixture->store->views->followups(fixture->store, NULL, 0, 9, &fixture->arena, &page, &count, &cursor));
    assert_int_equal(count, 4);
    assert_string_equal(page[1].promise, "q");
}

static void a_followup_goes_with_its_transaction(void **state) {
    struct store_fixture *fixture = *state;
    struct followup followup = made("p", "final", 1, "one"), none;
    key_put(fixture, ROND_OK, 1, 5);
    fixture_begin(fixture);
    assert_ok(fixture->store->registry->followup_put(fixture->store, &followup));
    fixture_rollback(fixture);
    assert_err(ROND_ENOTFOUND,
               fixture->store->views->followup(fixture->store, "p", "final", 0, &fixture->arena, &none));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_EVERY_BACKEND(a_followup_is_given_back_as_it_was_signed),
        ON_EVERY_BACKEND(versions_follow_each_other_and_none_is_replaced),
        ON_EVERY_BACKEND(a_followup_is_signed_by_a_key_that_is_kept),
        ON_EVERY_BACKEND(one_key_is_current_and_a_retired_one_does_not_come_back),
        ON_EVERY_BACKEND(followups_are_listed_by_page_in_order_of_publication),
        ON_EVERY_BACKEND(a_followup_goes_with_its_transaction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
