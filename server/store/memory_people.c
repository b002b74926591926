// People and their sessions. Both are few, so they are looked for from the first on.
#include <string.h>

#include "store/memory_store.h"

static enum rond_err grants_copy(struct arena *arena, const struct person *from, struct person *copy) {
    enum rond_err err = ROND_OK;
    copy->grants = arena_array(arena, from->grants_count, sizeof *copy->grants);
    if (copy->grants == NULL && from->grants_count > 0)
        return ROND_ENOMEM;
    for (size_t i = 0; i < from->grants_count && err == ROND_OK; i++) {
        copy->grants[i] = from->grants[i];
        err = text_copy(arena, from->grants[i].organisation, &copy->grants[i].organisation);
        if (err == ROND_OK)
            err = text_copy(arena, from->grants[i].area, &copy->grants[i].area);
    }
    return err;
}

static enum rond_err person_copy(struct arena *arena, const struct person *from, struct person *ret_person) {
    struct person copy = *from;
    struct bytes recovery;
    if (!arena_copy(arena, from->password, &copy.password) || !arena_copy(arena, from->second_factor, &copy.second_factor) ||
        !arena_copy(arena, bytes_of(from->recovery, from->recovery_count * HASH_SIZE), &recovery))
        return ROND_ENOMEM;
    copy.recovery = (struct hash256 *)(uintptr_t)recovery.data;
    enum rond_err err = text_copy(arena, from->login, &copy.login);
    if (err == ROND_OK)
        err = text_copy(arena, from->name, &copy.name);
    if (err == ROND_OK)
        err = grants_copy(arena, from, &copy);
    if (err == ROND_OK)
        *ret_person = copy;
    return err;
}

static const struct person *person_at(const struct memory_store *store, size_t number) {
    return table_at(&store->tables[MEMORY_PEOPLE], number);
}

static size_t person_find(const struct memory_store *store, const char *login) {
    size_t count = store->tables[MEMORY_PEOPLE].count;
    for (size_t i = 0; i < count; i++)
        if (strcmp(person_at(store, i)->login, login) == 0)
            return i;
    return TABLE_END;
}

static size_t setup_find(const struct memory_store *store, const struct hash256 *setup_hash) {
    size_t count = store->tables[MEMORY_PEOPLE].count;
    if (hash256_equal(setup_hash, &(struct hash256){0}))
        return TABLE_END;
    for (size_t i = 0; i < count; i++)
        if (hash256_equal(&person_at(store, i)->setup_hash, setup_hash))
            return i;
    return TABLE_END;
}

enum rond_err memory_person_put(struct store *base, const struct person *person) {
    struct memory_store *store = memory_of(base);
    struct table *table = memory_write(store, MEMORY_PEOPLE);
    size_t number = person_find(store, person->login), other = setup_find(store, &person->setup_hash);
    struct person kept;
    if (other != TABLE_END && other != number)
        return ROND_ECONFLICT;
    enum rond_err err = person_copy(&store->heap->arena, person, &kept);
    if (err != ROND_OK)
        return err;
    if (number == TABLE_END)
        return table_add(table, &kept);
    struct person *changed = table_change(table, number);
    if (changed == NULL)
        return ROND_ENOMEM;
    *changed = kept;
    return ROND_OK;
}

enum rond_err memory_person_get(struct store *base, const char *login, struct arena *arena, struct person *ret_person) {
    struct memory_store *store = memory_of(base);
    size_t number = person_find(store, login);
    return number == TABLE_END ? ROND_ENOTFOUND : person_copy(arena, person_at(store, number), ret_person);
}

enum rond_err memory_person_by_setup(struct store *base, const struct hash256 *setup_hash, struct arena *arena,
                                     struct person *ret_person) {
    struct memory_store *store = memory_of(base);
    size_t number = setup_find(store, setup_hash);
    return number == TABLE_END ? ROND_ENOTFOUND : person_copy(arena, person_at(store, number), ret_person);
}

enum rond_err memory_people(struct store *base, uint64_t cursor, size_t limit, struct arena *arena,
                            struct person **ret_people, size_t *ret_count, uint64_t *ret_cursor) {
    struct memory_store *store = memory_of(base);
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct person)};
    size_t i = cursor, count = store->tables[MEMORY_PEOPLE].count;
    for (; i < count && list.count < limit; i++) {
        struct person *copy = arena_list_add(&list);
        enum rond_err err = copy == NULL ? ROND_ENOMEM : person_copy(arena, person_at(store, i), copy);
        if (err != ROND_OK)
            return err;
    }
    *ret_people = (struct person *)(void *)list.items;
    *ret_count = list.count;
    *ret_cursor = i < count ? i : 0;
    return ROND_OK;
}

// --- Sessions ---

static const struct memory_session *session_at(const struct memory_store *store, size_t number) {
    return table_at(&store->tables[MEMORY_SESSIONS], number);
}

static size_t session_find(const struct memory_store *store, const struct hash256 *token_hash) {
    size_t count = store->tables[MEMORY_SESSIONS].count;
    for (size_t i = 0; i < count; i++)
        if (!session_at(store, i)->ended && hash256_equal(&session_at(store, i)->session.token_hash, token_hash))
            return i;
    return TABLE_END;
}

static enum rond_err session_see(struct memory_store *store, size_t number, const struct person_session *session) {
    if (strcmp(session_at(store, number)->session.login, session->login) != 0)
        return ROND_ECONFLICT;
    struct memory_session *changed = table_change(memory_write(store, MEMORY_SESSIONS), number);
    if (changed == NULL)
        return ROND_ENOMEM;
    changed->session.seen_ms = session->seen_ms;
    return ROND_OK;
}

enum rond_err memory_session_put(struct store *base, const struct person_session *session) {
    struct memory_store *store = memory_of(base);
    struct memory_session kept = {.session = *session};
    size_t number = session_find(store, &session->token_hash), person = person_find(store, session->login);
    if (person == TABLE_END)
        return ROND_ENOTFOUND;
    if (number != TABLE_END)
        return session_see(store, number, session);
    kept.session.login = person_at(store, person)->login;
    if (text_copy(&store->heap->arena, session->address == NULL ? "" : session->address, &kept.session.address) != ROND_OK)
        return ROND_ENOMEM;
    return table_add(memory_write(store, MEMORY_SESSIONS), &kept);
}

enum rond_err memory_session_get(struct store *base, const struct hash256 *token_hash, struct arena *arena,
                                 struct person_session *ret_session) {
    struct memory_store *store = memory_of(base);
    size_t number = session_find(store, token_hash);
    if (number == TABLE_END)
        return ROND_ENOTFOUND;
    struct person_session session = session_at(store, number)->session;
    enum rond_err err = text_copy(arena, session.login, &session.login);
    if (err == ROND_OK)
        err = text_copy(arena, session.address, &session.address);
    if (err == ROND_OK)
        *ret_session = session;
    return err;
}

static enum rond_err end(struct memory_store *store, size_t number) {
    struct memory_session *changed = table_change(memory_write(store, MEMORY_SESSIONS), number);
    if (changed == NULL)
        return ROND_ENOMEM;
    changed->ended = true;
    return ROND_OK;
}

enum rond_err memory_session_end(struct store *base, const struct hash256 *token_hash) {
    struct memory_store *store = memory_of(base);
    size_t number = session_find(store, token_hash);
    return number == TABLE_END ? ROND_ENOTFOUND : end(store, number);
}

enum rond_err memory_sessions_end(struct store *base, const char *login, int64_t began_before_ms, int64_t seen_before_ms,
                                  uint64_t *ret_count) {
    struct memory_store *store = memory_of(base);
    uint64_t ended = 0;
    for (size_t i = 0; i < store->tables[MEMORY_SESSIONS].count; i++) {
        const struct memory_session *each = session_at(store, i);
        bool is_old = each->session.began_ms < began_before_ms || each->session.seen_ms < seen_before_ms;
        if (each->ended || !is_old || (login != NULL && strcmp(each->session.login, login) != 0))
            continue;
        enum rond_err err = end(store, i);
        if (err != ROND_OK)
            return err;
        ended++;
    }
    *ret_count = ended;
    return ROND_OK;
}

static int by_beginning(const struct person_session *a, const struct person_session *b) {
    return a->began_ms != b->began_ms ? (a->began_ms > b->began_ms) - (a->began_ms < b->began_ms)
                                      : memcmp(a->token_hash.b, b->token_hash.b, HASH_SIZE);
}

static void sort(struct person_session *sessions, size_t count) {
    for (size_t i = 1; i < count; i++)
        for (size_t k = i; k > 0 && by_beginning(&sessions[k - 1], &sessions[k]) > 0; k--) {
            struct person_session later = sessions[k - 1];
            sessions[k - 1] = sessions[k];
            sessions[k] = later;
        }
}

enum rond_err memory_sessions(struct store *base, const char *login, struct arena *arena,
                              struct person_session **ret_sessions, size_t *ret_count) {
    struct memory_store *store = memory_of(base);
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct person_session)};
    for (size_t i = 0; i < store->tables[MEMORY_SESSIONS].count; i++) {
        const struct memory_session *each = session_at(store, i);
        if (each->ended || strcmp(each->session.login, login) != 0)
            continue;
        struct person_session *copy = arena_list_add(&list);
        if (copy == NULL)
            return ROND_ENOMEM;
        *copy = each->session;
        if (text_copy(arena, each->session.login, &copy->login) != ROND_OK ||
            text_copy(arena, each->session.address, &copy->address) != ROND_OK)
            return ROND_ENOMEM;
    }
    sort((struct person_session *)(void *)list.items, list.count);
    *ret_sessions = (struct person_session *)(void *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}
