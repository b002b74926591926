#include "read/sessions.h"

#include <string.h>

void read_session_id(const struct person_session *session, char ret_id[READ_SESSION_ID_SIZE]) {
    hex_encode(bytes_of(session->token_hash.b, (READ_SESSION_ID_SIZE - 1) / 2), ret_id);
}

static bool lasts(const struct person_session *session, const struct sessions_wanted *wanted) {
    return (wanted->idle_ms == 0 || wanted->now_ms < session->seen_ms + wanted->idle_ms) &&
           (wanted->age_ms == 0 || wanted->now_ms < session->began_ms + wanted->age_ms);
}

static json_t *session_json(const struct person_session *session, const struct sessions_wanted *wanted) {
    char id[READ_SESSION_ID_SIZE], hash[2 * HASH_SIZE + 1];
    json_t *object = json_object();
    read_session_id(session, id);
    hex_encode(bytes_of(session->token_hash.b, HASH_SIZE), hash);
    bool is_this = wanted->own != NULL && strcmp(wanted->own, hash) == 0;
    bool added = read_add(object, "id", json_string(id)) && read_add_ms(object, "began", session->began_ms) &&
                 read_add_ms(object, "seen", session->seen_ms) && read_add(object, "address", read_text(session->address)) &&
                 read_add(object, "this", json_boolean(is_this));
    return read_whole(object, added);
}

enum rond_err read_sessions(struct store *store, const struct sessions_wanted *wanted, const struct read_rows *rows) {
    struct arena arena;
    struct person_session *sessions = NULL;
    size_t count = 0;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    enum rond_err err = store->views->sessions(store, wanted->login, &arena, &sessions, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        if (lasts(&sessions[i], wanted))
            err = read_rows_give(rows, session_json(&sessions[i], wanted));
    arena_deinit(&arena);
    return err;
}
