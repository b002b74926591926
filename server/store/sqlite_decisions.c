// People's decisions about reports, and the rows of joint activities.
//
// A decision is one row, and one for each report that it names. Nothing here is ever deleted: what holds for a report is
// worked out of the decisions about it that stand (shape.h), of which hardly any report has one.
#include "store/sqlite.h"

#define DECISION_COLUMNS "d.number, d.kind, d.subject, d.value, d.at_ms, d.actor, d.undone_ms, d.undone_actor "

static void decision_read(struct query *query, struct arena *arena, struct decision *ret_decision) {
    ret_decision->number = (uint64_t)column_int(query, 0);
    ret_decision->kind = (enum decision_kind)column_int(query, 1);
    ret_decision->subject = column_text(query, 2, arena);
    ret_decision->value = column_text(query, 3, arena);
    ret_decision->at_ms = column_int(query, 4);
    ret_decision->actor = column_text(query, 5, arena);
    ret_decision->undone_ms = column_int(query, 6);
    ret_decision->undone_actor = column_text(query, 7, arena);
}

static enum rond_err reports_read(struct sqlite_store *store, struct arena *arena, struct decision *decision) {
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct report_key)};
    struct query query = query_start(store, "SELECT device, outbox, seq FROM rulings WHERE decision = ? ORDER BY ordinal");
    query_int(&query, (int64_t)decision->number);
    while (query_next(&query)) {
        struct report_key *key = arena_list_add(&list);
        if (key == NULL) {
            query.err = ROND_ENOMEM;
            break;
        }
        column_exactly(&query, 0, key->device.b, ID_SIZE);
        column_exactly(&query, 1, key->outbox.b, ID_SIZE);
        key->seq = (uint64_t)column_int(&query, 2);
    }
    enum rond_err err = query_finish(&query);
    decision->reports = (struct report_key *)(void *)list.items;
    decision->reports_count = list.count;
    return err;
}

// Runs a query of DECISION_COLUMNS to its end, and finds whom each names.
static enum rond_err decisions_read(struct query *query, struct arena *arena, struct decision **ret_decisions,
                                    size_t *ret_count) {
    struct sqlite_store *store = query->store;
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct decision)};
    while (query_next(query)) {
        struct decision *found = arena_list_add(&list);
        if (found == NULL) {
            query->err = ROND_ENOMEM;
            break;
        }
        decision_read(query, arena, found);
    }
    enum rond_err err = query_finish(query);
    struct decision *decisions = (struct decision *)(void *)list.items;
    for (size_t i = 0; i < list.count && err == ROND_OK; i++)
        err = reports_read(store, arena, &decisions[i]);
    if (err != ROND_OK)
        return err;
    *ret_decisions = decisions;
    *ret_count = list.count;
    return ROND_OK;
}

static enum rond_err decisions_part(struct query query, uint64_t cursor, size_t limit, struct arena *arena,
                                    struct decision **ret_decisions, size_t *ret_count, uint64_t *ret_cursor) {
    query_int(&query, cursor > INT64_MAX ? INT64_MAX : (int64_t)cursor);
    query_int(&query, limit > INT64_MAX ? INT64_MAX : (int64_t)limit);
    enum rond_err err = decisions_read(&query, arena, ret_decisions, ret_count);
    if (err == ROND_OK)
        *ret_cursor = *ret_count == limit && limit > 0 ? (*ret_decisions)[limit - 1].number : 0;
    return err;
}

enum rond_err sqlite_decisions(struct store *base, uint64_t cursor, size_t limit, struct arena *arena,
                               struct decision **ret_decisions, size_t *ret_count, uint64_t *ret_cursor) {
    struct query query = query_start(sqlite_of(base), "SELECT " DECISION_COLUMNS "FROM decisions d WHERE d.number > ?"
                                                      " ORDER BY d.number LIMIT ?");
    return decisions_part(query, cursor, limit, arena, ret_decisions, ret_count, ret_cursor);
}

enum rond_err sqlite_decisions_newest(struct store *base, uint64_t cursor, size_t limit, struct arena *arena,
                                      struct decision **ret_decisions, size_t *ret_count, uint64_t *ret_cursor) {
    struct query query = query_start(sqlite_of(base), "SELECT " DECISION_COLUMNS "FROM decisions d WHERE d.number < ?"
                                                      " ORDER BY d.number DESC LIMIT ?");
    return decisions_part(query, cursor == 0 ? INT64_MAX : cursor, limit, arena, ret_decisions, ret_count, ret_cursor);
}

enum rond_err sqlite_decision(struct store *base, uint64_t number, struct arena *arena, struct decision *ret_decision) {
    struct decision *decisions = NULL;
    size_t count = 0;
    struct query query = query_start(sqlite_of(base), "SELECT " DECISION_COLUMNS "FROM decisions d WHERE d.number = ?");
    query_int(&query, number > INT64_MAX ? 0 : (int64_t)number);
    enum rond_err err = decisions_read(&query, arena, &decisions, &count);
    if (err == ROND_OK && count == 0)
        err = ROND_ENOTFOUND;
    if (err == ROND_OK)
        *ret_decision = decisions[0];
    return err;
}

enum rond_err sqlite_decisions_about(struct store *base, const struct report_key *key, struct arena *arena,
                                     struct decision **ret_decisions, size_t *ret_count) {
    struct query query =
        query_start(sqlite_of(base), "SELECT " DECISION_COLUMNS "FROM rulings r JOIN decisions d ON d.number = r.decision"
                                     " WHERE r.outbox = ? AND r.seq = ? ORDER BY d.number");
    query_blob(&query, key->outbox.b, ID_SIZE);
    query_int(&query, (int64_t)key->seq);
    return decisions_read(&query, arena, ret_decisions, ret_count);
}

// Both only ever grow, so that their sum is never the same again.
enum rond_err sqlite_decisions_mark(struct store *base, enum decision_kind kind, uint64_t *ret_mark) {
    int64_t mark = 0;
    struct query query = query_start(
        sqlite_of(base), "SELECT (SELECT coalesce(max(number), 0) FROM decisions WHERE kind = ?1)"
                         " + (SELECT count(*) FROM decisions INDEXED BY decisions_undone WHERE kind = ?1 AND undone_ms > 0)");
    query_int(&query, kind);
    enum rond_err err = query_single(&query, &mark);
    if (err == ROND_OK)
        *ret_mark = (uint64_t)mark;
    return err;
}

enum rond_err sqlite_rulings_of(struct store *base, const struct report_key *keys, size_t count, struct arena *arena,
                                struct ruling_list *ret_lists) {
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        struct decision *decisions = NULL;
        size_t decisions_count = 0;
        ret_lists[i] = (struct ruling_list){0};
        err = sqlite_decisions_about(base, &keys[i], arena, &decisions, &decisions_count);
        if (err == ROND_OK && decisions_count > 0)
            err = decisions_rule(decisions, decisions_count, arena, &ret_lists[i]);
    }
    return err;
}

// ---- Deciding ----

static enum rond_err ruling_insert(struct sqlite_store *store, const struct report_key *key, int64_t decision,
                                   size_t ordinal) {
    struct query query =
        query_start(store, "INSERT INTO rulings (outbox, seq, decision, device, ordinal) VALUES (?, ?, ?, ?, ?)");
    query_blob(&query, key->outbox.b, ID_SIZE);
    query_int(&query, (int64_t)key->seq);
    query_int(&query, decision);
    query_blob(&query, key->device.b, ID_SIZE);
    query_int(&query, (int64_t)ordinal);
    return query_run(&query);
}

enum rond_err sqlite_decision_put(struct store *base, const struct decision *decision, uint64_t *ret_number) {
    struct sqlite_store *store = sqlite_of(base);
    CHECK(store->in_transaction);
    if (decision->reports_count == 0)
        return ROND_EINVALID;
    struct query query =
        query_start(store, "INSERT INTO decisions (kind, subject, value, at_ms, actor, undone_ms, undone_actor)"
                           " VALUES (?, ?, ?, ?, ?, 0, '')");
    query_int(&query, decision->kind);
    query_text(&query, decision->subject);
    query_text(&query, decision->value);
    query_int(&query, decision->at_ms);
    query_text(&query, decision->actor);
    enum rond_err err = query_run(&query);
    int64_t number = sqlite3_last_insert_rowid(store->db);
    for (size_t i = 0; i < decision->reports_count && err == ROND_OK; i++)
        err = ruling_insert(store, &decision->reports[i], number, i);
    if (err == ROND_OK)
        *ret_number = (uint64_t)number;
    return err;
}

enum rond_err sqlite_decision_undo(struct store *base, uint64_t number, int64_t at_ms, const char *actor) {
    struct sqlite_store *store = sqlite_of(base);
    int64_t undone_ms = 0;
    CHECK(store->in_transaction);
    struct query query = query_start(store, "SELECT undone_ms FROM decisions WHERE number = ?");
    query_int(&query, number > INT64_MAX ? 0 : (int64_t)number);
    enum rond_err err = query_single(&query, &undone_ms);
    if (err != ROND_OK || undone_ms != 0)
        return err != ROND_OK ? err : ROND_ECONFLICT;
    query = query_start(store, "UPDATE decisions SET undone_ms = ?, undone_actor = ? WHERE number = ?");
    query_int(&query, at_ms);
    query_text(&query, actor);
    query_int(&query, (int64_t)number);
    return query_run(&query);
}

// ---- Joint activities ----

enum rond_err sqlite_joint_hold(struct store *base, const struct joint_key *joints, size_t count) {
    struct sqlite_store *store = sqlite_of(base);
    enum rond_err err = ROND_OK;
    CHECK(store->in_transaction);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        if (joints[i].reference[0] == '\0')
            return ROND_EINVALID;
        struct query query = query_start(
            store, "INSERT INTO joint_activities (area, kind, reference) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
        query_text(&query, joints[i].area);
        query_int(&query, joints[i].kind);
        query_text(&query, joints[i].reference);
        err = query_run(&query);
    }
    return err;
}

enum rond_err sqlite_joint_forget(struct store *base, const struct joint_key *joint) {
    CHECK(sqlite_of(base)->in_transaction);
    struct query query =
        query_start(sqlite_of(base), "DELETE FROM joint_activities WHERE area = ? AND kind = ? AND reference = ?");
    query_text(&query, joint->area);
    query_int(&query, joint->kind);
    query_text(&query, joint->reference);
    return query_run(&query);
}

enum rond_err sqlite_joint_number(struct store *base, const struct joint_key *joint, uint64_t *ret_number) {
    int64_t number = 0;
    struct query query =
        query_start(sqlite_of(base), "SELECT number FROM joint_activities WHERE area = ? AND kind = ? AND reference = ?");
    query_text(&query, joint->area);
    query_int(&query, joint->kind);
    query_text(&query, joint->reference);
    enum rond_err err = query_single(&query, &number);
    if (err == ROND_OK || err == ROND_ENOTFOUND)
        *ret_number = (uint64_t)number;
    return err == ROND_ENOTFOUND ? ROND_OK : err;
}
