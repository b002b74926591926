#include "read/people.h"

// The names of the roles are auth/access.h's, which read/ does not see: they are said by number there and by word here.
static const char *role_name(enum person_role role) {
    switch (role) {
    case PERSON_ADMINISTRATOR:
        return "administrator";
    case PERSON_AREA_CHIEF:
        return "area_chief";
    case PERSON_COORDINATOR:
        return "coordinator";
    case PERSON_PARTNER_VIEWER:
        return "partner_viewer";
    case PERSON_AUDITOR:
        return "auditor";
    default:
        return "unknown";
    }
}

static json_t *grant_json(const struct person_grant *grant, size_t number, int64_t now_ms) {
    bool is_valid = now_ms >= grant->from_ms && (grant->to_ms == 0 || now_ms < grant->to_ms);
    json_t *object = json_object();
    bool added = read_add(object, "number", json_integer((json_int_t)number)) &&
                 read_add(object, "role", json_string(role_name(grant->role))) &&
                 read_add(object, "organisation", read_text(grant->organisation)) &&
                 read_add(object, "area", read_text(grant->area)) && read_add_ms(object, "from", grant->from_ms) &&
                 read_add_ms_or_null(object, "to", grant->to_ms) && read_add(object, "valid", json_boolean(is_valid));
    return read_whole(object, added);
}

static json_t *grants_json(const struct person *person, int64_t now_ms) {
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < person->grants_count; i++)
        if (json_array_append_new(list, grant_json(&person->grants[i], i + 1, now_ms)) != 0)
            return read_whole(list, false);
    return list;
}

static const char *state_of(const struct person *person, int64_t now_ms) {
    if (person->locked)
        return "locked";
    if (person->password.size == 0)
        return "not_set_up";
    return now_ms < person->blocked_until_ms ? "waiting" : "active";
}

json_t *read_person(const struct person *person, size_t sessions, int64_t now_ms) {
    json_t *object = json_object();
    bool is_blocked = now_ms < person->blocked_until_ms;
    bool added = read_add(object, "login", read_text(person->login)) && read_add(object, "name", read_text(person->name)) &&
                 read_add_ms(object, "created", person->created_ms) &&
                 read_add(object, "state", json_string(state_of(person, now_ms))) &&
                 read_add_ms_or_null(object, "blocked_until", is_blocked ? person->blocked_until_ms : 0) &&
                 read_add(object, "second_factor", json_boolean(person->second_factor.size > 0)) &&
                 read_add(object, "recovery_codes", json_integer((json_int_t)person->recovery_count)) &&
                 read_add(object, "failures", json_integer(person->failures)) &&
                 read_add(object, "sessions", json_integer((json_int_t)sessions)) &&
                 read_add(object, "grants", grants_json(person, now_ms));
    return read_whole(object, added);
}

static enum rond_err person_give(struct store *store, const struct person *person, int64_t now_ms, struct arena *arena,
                                 const struct read_rows *rows) {
    struct person_session *sessions = NULL;
    size_t count = 0;
    enum rond_err err = store->views->sessions(store, person->login, arena, &sessions, &count);
    return err != ROND_OK ? err : read_rows_give(rows, read_person(person, count, now_ms));
}

static enum rond_err people_all(struct store *store, int64_t now_ms, struct arena *arena, const struct read_rows *rows) {
    uint64_t cursor = 0;
    enum rond_err err;
    do {
        struct person *people = NULL;
        size_t count = 0;
        arena_reset(arena);
        err = store->views->people(store, cursor, READ_PAGE_ROWS, arena, &people, &count, &cursor);
        for (size_t i = 0; i < count && err == ROND_OK; i++)
            err = person_give(store, &people[i], now_ms, arena, rows);
    } while (err == ROND_OK && cursor != 0);
    return err;
}

enum rond_err read_people(struct store *store, int64_t now_ms, const struct read_rows *rows) {
    struct arena arena;
    enum rond_err err = read_begin(store);
    if (err != ROND_OK)
        return err;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    err = people_all(store, now_ms, &arena, rows);
    arena_deinit(&arena);
    read_end(store);
    return err;
}
