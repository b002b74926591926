#include "read/action_state.h"

#include <string.h>

#include "store/shape.h"

static const char *const NAMES[ACTION_FIELDS] = {
    [ACTION_RESPONSIBLE] = "responsible",
    [ACTION_PROMISED] = "promised_action",
    [ACTION_DUE] = "due",
    [ACTION_CLOSED] = "closed",
};

const char *action_field_name(enum action_field field) {
    return NAMES[field];
}

const char *action_subject(enum action_field field, const char *finding, struct arena *arena) {
    return arena_printf(arena, "%s:%s", NAMES[field], finding);
}

bool action_subject_add(json_t *object, const char *subject) {
    size_t size = strcspn(subject, ":");
    const char *finding = subject[size] == ':' ? subject + size + 1 : "";
    return read_add(object, "field", json_stringn(subject, size)) && read_add(object, "finding", read_text(finding));
}

static bool is_about(const struct decision *decision, const char *finding, enum action_field *ret_field) {
    for (int i = 0; i < ACTION_FIELDS; i++) {
        enum action_field field = (enum action_field)i;
        size_t size = strlen(NAMES[field]);
        if (strncmp(decision->subject, NAMES[field], size) == 0 && decision->subject[size] == ':' &&
            strcmp(decision->subject + size + 1, finding) == 0) {
            *ret_field = field;
            return decision->kind == DECISION_ACTION;
        }
    }
    return false;
}

enum rond_err action_state_read(struct store *store, const struct report_key *walk, const char *finding, struct arena *arena,
                                struct action_state *ret_state) {
    struct action_state state = {0};
    struct decision *decisions = NULL;
    size_t count = 0;
    enum rond_err err = store->views->decisions_about(store, walk, arena, &decisions, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        enum action_field field;
        if (!is_about(&decisions[i], finding, &field))
            continue;
        decisions[state.count] = decisions[i];
        state.undone_count += decisions[state.count].undone_ms != 0;
        if (decisions[state.count].undone_ms == 0)
            state.standing[field] = &decisions[state.count];
        state.count++;
    }
    state.decisions = decisions;
    if (err == ROND_OK)
        *ret_state = state;
    return err;
}

const char *action_state_text(const struct action_state *state, enum action_field field, const char *said) {
    return state->standing[field] != NULL ? state->standing[field]->value : said;
}

bool action_state_closed(const struct action_state *state, int64_t latest_s) {
    const struct decision *closed = state->standing[ACTION_CLOSED];
    return closed != NULL && latest_s * 1000 <= closed->at_ms;
}
