// Rules that people set, what retention must know of reports, and its protocol.
#include <string.h>

#include "store/sqlite.h"

enum rond_err sqlite_rule_put(struct store *base, const struct rule *rule) {
    struct sqlite_store *store = sqlite_of(base);
    CHECK(store->in_transaction);
    struct query query = query_start(
        store, rule->body == NULL ? "DELETE FROM rules WHERE kind = ? AND id = ?"
                                  : "INSERT OR REPLACE INTO rules (kind, id, body, at_ms, actor) VALUES (?, ?, ?, ?, ?)");
    query_int(&query, rule->kind);
    query_text(&query, rule->id);
    if (rule->body != NULL) {
        query_text(&query, rule->body);
        query_int(&query, rule->at_ms);
        query_text(&query, rule->actor);
    }
    enum rond_err err = query_run(&query);
    return err == ROND_OK && sqlite3_changes(store->db) == 0 ? ROND_ENOTFOUND : err;
}

enum rond_err sqlite_rules(struct store *base, enum rule_kind kind, struct arena *arena, struct rule **ret_rules,
                           size_t *ret_count) {
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct rule)};
    struct query query = query_start(sqlite_of(base), "SELECT id, body, at_ms, actor FROM rules WHERE kind = ? ORDER BY id");
    query_int(&query, kind);
    while (query_next(&query)) {
        struct rule *rule = arena_list_add(&list);
        if (rule == NULL) {
            query.err = ROND_ENOMEM;
            break;
        }
        rule->kind = kind;
        rule->id = column_text(&query, 0, arena);
        rule->body = column_text(&query, 1, arena);
        rule->at_ms = column_int(&query, 2);
        rule->actor = column_text(&query, 3, arena);
    }
    enum rond_err err = query_finish(&query);
    if (err != ROND_OK)
        return err;
    *ret_rules = (struct rule *)(void *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}

enum rond_err sqlite_retention_note(struct store *base, const struct retention_note *note) {
    CHECK(sqlite_of(base)->in_transaction);
    struct query query =
        query_start(sqlite_of(base), "INSERT INTO retention_notes (run_ms, at_ms, actor, rule, controller,"
                                     " reports, forks, first_ms, last_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    query_int(&query, note->run_ms);
    query_int(&query, note->at_ms);
    query_text(&query, note->actor);
    query_text(&query, note->rule);
    query_text(&query, note->controller);
    query_int(&query, (int64_t)note->reports);
    query_int(&query, (int64_t)note->forks);
    query_int(&query, note->first_ms);
    query_int(&query, note->last_ms);
    return query_run(&query);
}

static void note_read(struct query *query, struct arena *arena, struct retention_note *note) {
    note->run_ms = column_int(query, 1);
    note->at_ms = column_int(query, 2);
    note->actor = column_text(query, 3, arena);
    note->rule = column_text(query, 4, arena);
    note->controller = column_text(query, 5, arena);
    note->reports = (uint64_t)column_int(query, 6);
    note->forks = (uint64_t)column_int(query, 7);
    note->first_ms = column_int(query, 8);
    note->last_ms = column_int(query, 9);
}

enum rond_err sqlite_retention_notes(struct store *base, uint64_t cursor, size_t limit, struct arena *arena,
                                     struct retention_note **ret_notes, size_t *ret_count, uint64_t *ret_cursor) {
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct retention_note)};
    uint64_t last = 0;
    struct query query = query_start(
        sqlite_of(base), "SELECT number, run_ms, at_ms, actor, rule, controller, reports, forks, first_ms, last_ms"
                         " FROM retention_notes WHERE number > ? ORDER BY number LIMIT ?");
    query_int(&query, (int64_t)cursor);
    query_int(&query, (int64_t)limit);
    while (query_next(&query)) {
        struct retention_note *note = arena_list_add(&list);
        if (note == NULL) {
            query.err = ROND_ENOMEM;
            break;
        }
        last = (uint64_t)column_int(&query, 0);
        note_read(&query, arena, note);
    }
    enum rond_err err = query_finish(&query);
    if (err != ROND_OK)
        return err;
    *ret_notes = (struct retention_note *)(void *)list.items;
    *ret_count = list.count;
    *ret_cursor = list.count < limit ? 0 : last;
    return ROND_OK;
}

static void retained_read(struct query *query, struct arena *arena, struct retained_row *row) {
    row->row = (uint64_t)column_int(query, 0);
    column_exactly(query, 1, row->key.device.b, ID_SIZE);
    column_exactly(query, 2, row->key.outbox.b, ID_SIZE);
    row->key.seq = (uint64_t)column_int(query, 3);
    row->kind = (uint32_t)column_int(query, 4);
    row->is_withdrawal = column_int(query, 5) != 0;
    row->quarantined = column_int(query, 6) == VERDICT_QUARANTINED;
    row->flagged = column_int(query, 7) != 0;
    row->organisation = column_text(query, 8, arena);
    row->area = column_text(query, 9, arena);
    row->received_ms = column_int(query, 10);
    row->from_s = column_int(query, 11);
    row->to_s = column_int(query, 12);
}

// Led by the keys, so that what was erased long ago is not walked through again and again.
enum rond_err sqlite_retained(struct store *base, uint64_t after_row, size_t limit, struct arena *arena,
                              struct retained_row **ret_rows, size_t *ret_count) {
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct retained_row)};
    struct query query =
        query_start(sqlite_of(base),
                    "SELECT r.row, o.device, o.outbox, r.seq, r.kind, r.is_withdrawal, r.verdict,"
                    " EXISTS (SELECT 1 FROM flags f WHERE f.row = r.row), g.text, a.text, r.received_ms, r.from_s, r.to_s"
                    " FROM (SELECT row FROM body_keys WHERE row > ?1 UNION ALL SELECT row FROM keyless WHERE row > ?1"
                    " ORDER BY row LIMIT ?2) k CROSS JOIN reports r ON r.row = k.row JOIN outboxes o ON o.number = r.outbox"
                    " JOIN texts g ON g.number = r.organisation JOIN texts a ON a.number = r.area ORDER BY k.row");
    query_int(&query, (int64_t)after_row);
    query_int(&query, (int64_t)limit);
    while (query_next(&query)) {
        struct retained_row *row = arena_list_add(&list);
        if (row == NULL)
            query.err = ROND_ENOMEM;
        else
            retained_read(&query, arena, row);
    }
    enum rond_err err = query_finish(&query);
    if (err != ROND_OK)
        return err;
    *ret_rows = (struct retained_row *)(void *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}
