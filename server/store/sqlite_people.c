// People and their sessions. Recovery codes' hashes lie one after the other in one blob: they are only ever read whole.
#include <string.h>

#include "store/sqlite.h"

enum { RECOVERY_BYTES_MAX = PERSON_RECOVERY_CODES * HASH_SIZE };

#define PERSON_COLUMNS                                                                                                      \
    "number, login, name, created_ms, locked, password, second_factor, second_factor_step, recovery, failures, "            \
    "blocked_until_ms, setup_hash, setup_expires_ms "

static enum rond_err person_number(struct sqlite_store *store, const char *login, int64_t *ret_number) {
    struct query query = query_start(store, "SELECT number FROM people WHERE login = ?");
    query_text(&query, login);
    return query_single(&query, ret_number);
}

static enum rond_err row_put(struct sqlite_store *store, const struct person *person) {
    struct query query = query_start(
        store,
        "INSERT INTO people (login, name, created_ms, locked, password, second_factor, second_factor_step, recovery,"
        " failures, blocked_until_ms, setup_hash, setup_expires_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (login) DO UPDATE SET name = excluded.name, created_ms = excluded.created_ms,"
        " locked = excluded.locked, password = excluded.password, second_factor = excluded.second_factor,"
        " second_factor_step = excluded.second_factor_step, recovery = excluded.recovery, failures = excluded.failures,"
        " blocked_until_ms = excluded.blocked_until_ms, setup_hash = excluded.setup_hash,"
        " setup_expires_ms = excluded.setup_expires_ms");
    query_text(&query, person->login);
    query_text(&query, person->name);
    query_int(&query, person->created_ms);
    query_int(&query, person->locked);
    query_blob(&query, person->password.data, person->password.size);
    query_blob(&query, person->second_factor.data, person->second_factor.size);
    query_int(&query, (int64_t)person->second_factor_step);
    query_blob(&query, person->recovery, person->recovery_count * HASH_SIZE);
    query_int(&query, person->failures);
    query_int(&query, person->blocked_until_ms);
    if (hash256_equal(&person->setup_hash, &(struct hash256){0}))
        query_null(&query);
    else
        query_blob(&query, person->setup_hash.b, HASH_SIZE);
    query_int(&query, person->setup_expires_ms);
    return query_run(&query);
}

static enum rond_err grant_put(struct sqlite_store *store, int64_t person, size_t ordinal,
                               const struct person_grant *grant) {
    struct query query =
        query_start(store, "INSERT INTO person_grants (person, ordinal, role, organisation, area, from_ms, to_ms)"
                           " VALUES (?, ?, ?, ?, ?, ?, ?)");
    query_int(&query, person);
    query_int(&query, (int64_t)ordinal);
    query_int(&query, grant->role);
    query_text(&query, grant->organisation);
    query_text(&query, grant->area);
    query_int(&query, grant->from_ms);
    query_int(&query, grant->to_ms);
    return query_run(&query);
}

static enum rond_err setup_is_free(struct sqlite_store *store, const struct person *person) {
    int64_t other = 0;
    struct query query = query_start(store, "SELECT number FROM people WHERE setup_hash = ? AND login <> ?");
    query_blob(&query, person->setup_hash.b, HASH_SIZE);
    query_text(&query, person->login);
    enum rond_err err = query_single(&query, &other);
    return err == ROND_OK ? ROND_ECONFLICT : err == ROND_ENOTFOUND ? ROND_OK : err;
}

enum rond_err sqlite_person_put(struct store *base, const struct person *person) {
    struct sqlite_store *store = sqlite_of(base);
    int64_t number = 0;
    CHECK(store->in_transaction);
    enum rond_err err = setup_is_free(store, person);
    if (err == ROND_OK)
        err = row_put(store, person);
    if (err == ROND_OK)
        err = person_number(store, person->login, &number);
    if (err != ROND_OK)
        return err;
    struct query query = query_start(store, "DELETE FROM person_grants WHERE person = ?");
    query_int(&query, number);
    err = query_run(&query);
    for (size_t i = 0; i < person->grants_count && err == ROND_OK; i++)
        err = grant_put(store, number, i, &person->grants[i]);
    return err;
}

static void recovery_read(struct query *query, struct arena *arena, struct person *person) {
    struct bytes hashes = column_bytes(query, 8, arena);
    person->recovery_count = hashes.size / HASH_SIZE;
    if (query->err == ROND_OK && (hashes.size % HASH_SIZE != 0 || hashes.size > RECOVERY_BYTES_MAX))
        query->err = ROND_ECORRUPT;
    person->recovery = arena_array(arena, person->recovery_count, sizeof *person->recovery);
    if (query->err == ROND_OK && person->recovery_count > 0 && person->recovery == NULL)
        query->err = ROND_ENOMEM;
    if (query->err == ROND_OK && hashes.size > 0)
        memcpy(person->recovery, hashes.data, hashes.size);
}

static void person_read(struct query *query, struct arena *arena, struct person *ret_person) {
    struct person person = {0};
    person.login = column_text(query, 1, arena);
    person.name = column_text(query, 2, arena);
    person.created_ms = column_int(query, 3);
    person.locked = column_int(query, 4) != 0;
    person.password = column_bytes(query, 5, arena);
    person.second_factor = column_bytes(query, 6, arena);
    person.second_factor_step = (uint64_t)column_int(query, 7);
    recovery_read(query, arena, &person);
    person.failures = (uint32_t)column_int(query, 9);
    person.blocked_until_ms = column_int(query, 10);
    if (!column_is_null(query, 11))
        column_exactly(query, 11, person.setup_hash.b, HASH_SIZE);
    person.setup_expires_ms = column_int(query, 12);
    *ret_person = person;
}

static enum rond_err grants_read(struct sqlite_store *store, int64_t number, struct arena *arena, struct person *person) {
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct person_grant)};
    struct query query = query_start(
        store, "SELECT role, organisation, area, from_ms, to_ms FROM person_grants WHERE person = ? ORDER BY ordinal");
    query_int(&query, number);
    while (query_next(&query)) {
        struct person_grant *grant = arena_list_add(&list);
        if (grant == NULL) {
            query.err = ROND_ENOMEM;
            break;
        }
        grant->role = (enum person_role)column_int(&query, 0);
        grant->organisation = column_text(&query, 1, arena);
        grant->area = column_text(&query, 2, arena);
        grant->from_ms = column_int(&query, 3);
        grant->to_ms = column_int(&query, 4);
    }
    person->grants = (struct person_grant *)(void *)list.items;
    person->grants_count = list.count;
    return query_finish(&query);
}

// Of a query of PERSON_COLUMNS that gives one row or none.
static enum rond_err person_only(struct query *query, struct arena *arena, struct person *ret_person) {
    struct sqlite_store *store = query->store;
    struct person person = {0};
    int64_t number = 0;
    bool found = query_next(query);
    if (found) {
        number = column_int(query, 0);
        person_read(query, arena, &person);
    }
    enum rond_err err = query_finish(query);
    if (err == ROND_OK)
        err = found ? grants_read(store, number, arena, &person) : ROND_ENOTFOUND;
    if (err == ROND_OK)
        *ret_person = person;
    return err;
}

enum rond_err sqlite_person_get(struct store *base, const char *login, struct arena *arena, struct person *ret_person) {
    struct query query = query_start(sqlite_of(base), "SELECT " PERSON_COLUMNS "FROM people WHERE login = ?");
    query_text(&query, login);
    return person_only(&query, arena, ret_person);
}

enum rond_err sqlite_person_by_setup(struct store *base, const struct hash256 *setup_hash, struct arena *arena,
                                     struct person *ret_person) {
    struct query query = query_start(sqlite_of(base), "SELECT " PERSON_COLUMNS "FROM people WHERE setup_hash = ?");
    query_blob(&query, setup_hash->b, HASH_SIZE);
    return person_only(&query, arena, ret_person);
}

static enum rond_err people_rows(struct sqlite_store *store, uint64_t cursor, size_t limit, struct arena_list *people,
                                 struct arena_list *numbers) {
    struct query query = query_start(store, "SELECT " PERSON_COLUMNS "FROM people WHERE number > ? ORDER BY number LIMIT ?");
    query_int(&query, (int64_t)cursor);
    query_int(&query, (int64_t)limit);
    while (query_next(&query)) {
        struct person *person = arena_list_add(people);
        int64_t *number = arena_list_add(numbers);
        if (person == NULL || number == NULL) {
            query.err = ROND_ENOMEM;
            break;
        }
        *number = column_int(&query, 0);
        person_read(&query, people->arena, person);
    }
    return query_finish(&query);
}

enum rond_err sqlite_people(struct store *base, uint64_t cursor, size_t limit, struct arena *arena,
                            struct person **ret_people, size_t *ret_count, uint64_t *ret_cursor) {
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct person)};
    struct arena_list numbers = {.arena = arena, .item_size = sizeof(int64_t)};
    enum rond_err err = people_rows(sqlite_of(base), cursor, limit, &list, &numbers);
    struct person *people = (struct person *)(void *)list.items;
    const int64_t *number = (const int64_t *)(const void *)numbers.items;
    for (size_t i = 0; i < list.count && err == ROND_OK; i++)
        err = grants_read(sqlite_of(base), number[i], arena, &people[i]);
    if (err != ROND_OK)
        return err;
    *ret_people = people;
    *ret_count = list.count;
    *ret_cursor = list.count == limit && limit > 0 ? (uint64_t)number[list.count - 1] : 0;
    return ROND_OK;
}

// --- Sessions ---

enum rond_err sqlite_session_put(struct store *base, const struct person_session *session) {
    struct sqlite_store *store = sqlite_of(base);
    int64_t number = 0;
    CHECK(store->in_transaction);
    enum rond_err err = person_number(store, session->login, &number);
    if (err != ROND_OK)
        return err;
    struct query query = query_start(
        store, "INSERT INTO person_sessions (token_hash, person, began_ms, seen_ms, address) VALUES (?, ?, ?, ?, ?)"
               " ON CONFLICT (token_hash) DO UPDATE SET seen_ms = excluded.seen_ms"
               " WHERE person = excluded.person");
    query_blob(&query, session->token_hash.b, HASH_SIZE);
    query_int(&query, number);
    query_int(&query, session->began_ms);
    query_int(&query, session->seen_ms);
    query_text(&query, session->address == NULL ? "" : session->address);
    err = query_run(&query);
    return err == ROND_OK && sqlite3_changes(store->db) == 0 ? ROND_ECONFLICT : err;
}

enum rond_err sqlite_session_get(struct store *base, const struct hash256 *token_hash, struct arena *arena,
                                 struct person_session *ret_session) {
    struct person_session session = {.token_hash = *token_hash};
    struct query query =
        query_start(sqlite_of(base), "SELECT p.login, s.began_ms, s.seen_ms, s.address FROM person_sessions s"
                                     " JOIN people p ON p.number = s.person WHERE s.token_hash = ?");
    query_blob(&query, token_hash->b, HASH_SIZE);
    bool found = query_next(&query);
    if (found) {
        session.login = column_text(&query, 0, arena);
        session.began_ms = column_int(&query, 1);
        session.seen_ms = column_int(&query, 2);
        session.address = column_text(&query, 3, arena);
    }
    enum rond_err err = query_finish(&query);
    if (err == ROND_OK && !found)
        err = ROND_ENOTFOUND;
    if (err == ROND_OK)
        *ret_session = session;
    return err;
}

enum rond_err sqlite_session_end(struct store *base, const struct hash256 *token_hash) {
    struct sqlite_store *store = sqlite_of(base);
    CHECK(store->in_transaction);
    struct query query = query_start(store, "DELETE FROM person_sessions WHERE token_hash = ?");
    query_blob(&query, token_hash->b, HASH_SIZE);
    enum rond_err err = query_run(&query);
    return err == ROND_OK && sqlite3_changes(store->db) == 0 ? ROND_ENOTFOUND : err;
}

enum rond_err sqlite_sessions_end(struct store *base, const char *login, int64_t began_before_ms, int64_t seen_before_ms,
                                  uint64_t *ret_count) {
    struct sqlite_store *store = sqlite_of(base);
    CHECK(store->in_transaction);
    struct query query = query_start(store, "DELETE FROM person_sessions WHERE (began_ms < ?1 OR seen_ms < ?2) AND"
                                            " (?3 IS NULL OR person IN (SELECT number FROM people WHERE login = ?3))");
    query_int(&query, began_before_ms);
    query_int(&query, seen_before_ms);
    query_text(&query, login);
    enum rond_err err = query_run(&query);
    if (err == ROND_OK)
        *ret_count = (uint64_t)sqlite3_changes(store->db);
    return err;
}

enum rond_err sqlite_sessions(struct store *base, const char *login, struct arena *arena,
                              struct person_session **ret_sessions, size_t *ret_count) {
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct person_session)};
    struct query query = query_start(
        sqlite_of(base), "SELECT s.token_hash, s.began_ms, s.seen_ms, s.address FROM people p JOIN person_sessions s"
                         " ON s.person = p.number WHERE p.login = ? ORDER BY s.began_ms, s.token_hash");
    query_text(&query, login);
    while (query_next(&query)) {
        struct person_session *session = arena_list_add(&list);
        if (session == NULL || (session->login = arena_text(arena, login)) == NULL) {
            query.err = ROND_ENOMEM;
            break;
        }
        column_exactly(&query, 0, session->token_hash.b, HASH_SIZE);
        session->began_ms = column_int(&query, 1);
        session->seen_ms = column_int(&query, 2);
        session->address = column_text(&query, 3, arena);
    }
    enum rond_err err = query_finish(&query);
    if (err != ROND_OK)
        return err;
    *ret_sessions = (struct person_session *)(void *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}
