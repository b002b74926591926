// Tests: server/store/memory_people.c server/store/sqlite_people.c
#include <string.h>

#include "support/store_fixture.h"

static struct hash256 hash_of(uint8_t first) {
    return (struct hash256){.b = {first, 1, 2}};
}

static struct person_grant GRANTS[] = {{PERSON_AREA_CHIEF, "polisen", "lund", 1000, 0},
                                       {PERSON_AUDITOR, "*", "*", 2000, 3000}};

static struct person anna(void) {
    static struct hash256 recovery[2];
    recovery[0] = hash_of(7);
    recovery[1] = hash_of(8);
    struct person person = {.login = "anna", .name = "Områdeschef Lund", .created_ms = 5};
    person.password = bytes_of_text("scrypt");
    person.second_factor = bytes_of_text("twenty bytes or so");
    person.second_factor_step = 47000000;
    person.recovery = recovery;
    person.recovery_count = 2;
    person.failures = 3;
    person.blocked_until_ms = 99;
    person.setup_hash = hash_of(1);
    person.setup_expires_ms = 77;
    person.grants = GRANTS;
    person.grants_count = 2;
    return person;
}

static void put(struct store_fixture *fixture, const struct person *person) {
    fixture_begin(fixture);
    assert_ok(fixture->store->registry->person_put(fixture->store, person));
    fixture_commit(fixture);
}

static struct person got(struct store_fixture *fixture, const char *login) {
    struct person person = {0};
    assert_ok(fixture->store->registry->person_get(fixture->store, login, &fixture->arena, &person));
    return person;
}

static void a_person_is_kept_with_secrets_and_grants(void **state) {
    struct store_fixture *fixture = *state;
    struct person person = anna(), unknown;
    put(fixture, &person);
    fixture_reopen(fixture);
    struct person read = got(fixture, "anna");
    assert_string_equal(read.name, "Områdeschef Lund");
    assert_int_equal(read.created_ms, 5);
    assert_false(read.locked);
    assert_true(bytes_equal(read.password, person.password));
    assert_true(bytes_equal(read.second_factor, person.second_factor));
    assert_int_equal(read.second_factor_step, 47000000);
    assert_int_equal(read.recovery_count, 2);
    assert_memory_equal(read.recovery, person.recovery, 2 * sizeof(struct hash256));
    assert_int_equal(read.failures, 3);
    assert_int_equal(read.blocked_until_ms, 99);
    assert_true(hash256_equal(&read.setup_hash, &person.setup_hash));
    assert_int_equal(read.setup_expires_ms, 77);
    assert_int_equal(read.grants_count, 2);
    assert_int_equal(read.grants[0].role, PERSON_AREA_CHIEF);
    assert_string_equal(read.grants[0].organisation, "polisen");
    assert_string_equal(read.grants[0].area, "lund");
    assert_int_equal(read.grants[1].from_ms, 2000);
    assert_int_equal(read.grants[1].to_ms, 3000);
    assert_err(ROND_ENOTFOUND, fixture->store->registry->person_get(fixture->store, "Anna", &fixture->arena, &unknown));
}

static void a_changed_person_is_as_it_was_put_last(void **state) {
    struct store_fixture *fixture = *state;
    struct person person = anna();
    put(fixture, &person);
    person.locked = true;
    person.password = person.second_factor = (struct bytes){0};
    person.recovery_count = 0;
    person.setup_hash = (struct hash256){0};
    person.grants_count = 1;
    fixture_begin(fixture);
    assert_ok(fixture->store->registry->person_put(fixture->store, &person));
    fixture_rollback(fixture);
    assert_int_equal(got(fixture, "anna").grants_count, 2);
    put(fixture, &person);
    fixture_reopen(fixture);
    struct person read = got(fixture, "anna");
    assert_true(read.locked);
    assert_int_equal(read.password.size + read.second_factor.size + read.recovery_count, 0);
    assert_int_equal(read.grants_count, 1);
    assert_true(hash256_equal(&read.setup_hash, &person.setup_hash));
}

static void a_set_up_code_finds_its_one_person(void **state) {
    struct store_fixture *fixture = *state;
    const struct registry_ops *registry = fixture->store->registry;
    struct person person = anna(), other = {.login = "bo", .name = "Bo", .setup_hash = hash_of(1)}, found;
    struct hash256 none = {0}, wrong = hash_of(2), right = hash_of(1);
    put(fixture, &person);
    fixture_begin(fixture);
    assert_err(ROND_ECONFLICT, registry->person_put(fixture->store, &other));
    fixture_rollback(fixture);
    other.setup_hash = none;
    put(fixture, &other);
    assert_ok(registry->person_by_setup(fixture->store, &right, &fixture->arena, &found));
    assert_string_equal(found.login, "anna");
    assert_err(ROND_ENOTFOUND, registry->person_by_setup(fixture->store, &wrong, &fixture->arena, &found));
    assert_err(ROND_ENOTFOUND, registry->person_by_setup(fixture->store, &none, &fixture->arena, &found));
}

static void people_come_page_by_page(void **state) {
    static const char *const LOGINS[] = {"dag", "anna", "cilla", "bo", "eva"};
    struct store_fixture *fixture = *state;
    size_t seen = 0;
    uint64_t cursor = 0;
    for (size_t i = 0; i < 5; i++) {
        struct person person = {.login = LOGINS[i], .name = "x", .grants = GRANTS, .grants_count = i % 3};
        put(fixture, &person);
    }
    do {
        struct person *people = NULL;
        size_t count = 0;
        assert_ok(fixture->store->views->people(fixture->store, cursor, 2, &fixture->arena, &people, &count, &cursor));
        for (size_t i = 0; i < count; i++, seen++) {
            assert_string_equal(people[i].login, LOGINS[seen]);
            assert_int_equal(people[i].grants_count, seen % 3);
        }
    } while (cursor != 0);
    assert_int_equal(seen, 5);
}

static struct person_session session_of(const char *login, uint8_t token, int64_t began_ms) {
    return (struct person_session){
        .token_hash = hash_of(token), .login = login, .address = "192.0.2.7", .began_ms = began_ms, .seen_ms = began_ms};
}

static void session_put(struct store_fixture *fixture, const char *login, uint8_t token, int64_t began_ms) {
    struct person_session session = session_of(login, token, began_ms);
    fixture_begin(fixture);
    assert_ok(fixture->store->registry->session_put(fixture->store, &session));
    fixture_commit(fixture);
}

static size_t sessions_count(struct store_fixture *fixture, const char *login) {
    struct person_session *sessions = NULL;
    size_t count = 99;
    assert_ok(fixture->store->views->sessions(fixture->store, login, &fixture->arena, &sessions, &count));
    for (size_t i = 0; i < count; i++) {
        assert_true(i == 0 || sessions[i - 1].began_ms <= sessions[i].began_ms);
        assert_string_equal(sessions[i].address, "192.0.2.7");
    }
    return count;
}

static void two_people(struct store_fixture *fixture) {
    struct person person = anna(), bo = {.login = "bo", .name = "Bo"};
    put(fixture, &person);
    put(fixture, &bo);
}

static void a_session_belongs_to_one_person_and_is_seen_again(void **state) {
    struct store_fixture *fixture = *state;
    const struct registry_ops *registry = fixture->store->registry;
    struct hash256 token = hash_of(40);
    struct person_session session, nobody = session_of("nobody", 50, 1), stolen = session_of("bo", 40, 200);
    two_people(fixture);
    session_put(fixture, "anna", 40, 100);
    struct person_session again = session_of("anna", 40, 160);
    again.address = NULL; // only when it was seen changes
    fixture_begin(fixture);
    assert_ok(registry->session_put(fixture->store, &again));
    fixture_commit(fixture);
    fixture_begin(fixture);
    assert_err(ROND_ENOTFOUND, registry->session_put(fixture->store, &nobody));
    assert_err(ROND_ECONFLICT, registry->session_put(fixture->store, &stolen));
    fixture_rollback(fixture);
    fixture_reopen(fixture);
    registry = fixture->store->registry;
    assert_ok(registry->session_get(fixture->store, &token, &fixture->arena, &session));
    assert_string_equal(session.login, "anna");
    assert_int_equal(session.began_ms, 100);
    assert_int_equal(session.seen_ms, 160);
    assert_string_equal(session.address, "192.0.2.7");
    assert_err(ROND_ENOTFOUND, registry->session_get(fixture->store, &nobody.token_hash, &fixture->arena, &session));
}

static void a_session_that_ended_is_gone(void **state) {
    struct store_fixture *fixture = *state;
    const struct registry_ops *registry = fixture->store->registry;
    struct hash256 token = hash_of(40);
    struct person_session session;
    two_people(fixture);
    session_put(fixture, "anna", 40, 100);
    fixture_begin(fixture);
    assert_ok(registry->session_end(fixture->store, &token));
    assert_err(ROND_ENOTFOUND, registry->session_end(fixture->store, &token));
    fixture_commit(fixture);
    assert_err(ROND_ENOTFOUND, registry->session_get(fixture->store, &token, &fixture->arena, &session));
    assert_int_equal(sessions_count(fixture, "anna"), 0);
    session_put(fixture, "bo", 40, 300); // a token of that hash may begin anew
    assert_ok(registry->session_get(fixture->store, &token, &fixture->arena, &session));
    assert_string_equal(session.login, "bo");
}

static void sessions_end_by_person_and_by_age(void **state) {
    struct store_fixture *fixture = *state;
    const struct registry_ops *registry = fixture->store->registry;
    uint64_t count = 0;
    two_people(fixture);
    for (uint8_t i = 0; i < 4; i++) {
        session_put(fixture, "anna", 40 + i, 100 * (4 - i));
        session_put(fixture, "bo", 60 + i, 100 * (i + 1));
    }
    assert_int_equal(sessions_count(fixture, "anna"), 4);
    fixture_begin(fixture);
    assert_ok(registry->sessions_end(fixture->store, NULL, 200, 0, &count)); // began too long ago
    assert_int_equal(count, 2);
    assert_ok(registry->sessions_end(fixture->store, "bo", 0, 300, &count)); // not seen for too long
    assert_int_equal(count, 1);
    assert_ok(registry->sessions_end(fixture->store, "anna", INT64_MAX, INT64_MAX, &count));
    assert_int_equal(count, 3);
    fixture_commit(fixture);
    assert_int_equal(sessions_count(fixture, "anna"), 0);
    assert_int_equal(sessions_count(fixture, "bo"), 2);
    assert_int_equal(sessions_count(fixture, "nobody"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_EVERY_BACKEND(a_person_is_kept_with_secrets_and_grants),
        ON_EVERY_BACKEND(a_changed_person_is_as_it_was_put_last),
        ON_EVERY_BACKEND(a_set_up_code_finds_its_one_person),
        ON_EVERY_BACKEND(people_come_page_by_page),
        ON_EVERY_BACKEND(a_session_belongs_to_one_person_and_is_seen_again),
        ON_EVERY_BACKEND(a_session_that_ended_is_gone),
        ON_EVERY_BACKEND(sessions_end_by_person_and_by_age),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
