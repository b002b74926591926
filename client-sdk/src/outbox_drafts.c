#include "outbox_internal.h"

static enum rond_err draft_id(struct outbox *outbox, uint64_t *inout_id) {
    int64_t known = 0;
    if (*inout_id != 0)
        return sql_number(outbox, &known, "SELECT id FROM drafts WHERE id = ?", "i", (int64_t)*inout_id);
    enum rond_err err = sql_number(outbox, &known, "SELECT count(*) FROM drafts", "");
    if (err == ROND_OK && known >= DRAFTS_MAX)
        err = ROND_EFULL;
    if (err == ROND_OK)
        err = sql_run(outbox, "INSERT INTO drafts(sealed) VALUES(zeroblob(0))", "");
    if (err == ROND_OK)
        *inout_id = (uint64_t)sqlite3_last_insert_rowid(outbox->db);
    return err;
}

enum rond_err outbox_draft_save(struct outbox *outbox, uint64_t *inout_id, struct bytes draft) {
    if (draft.size > REPORT_BYTES_MAX)
        return ROND_EINVALID;
    uint64_t id = *inout_id;
    enum rond_err err = transaction_begin(outbox);
    if (err != ROND_OK)
        return err;
    err = draft_id(outbox, &id);
    if (err == ROND_OK)
        err = outbox_seal(outbox, place_of_number("rond draft v1", id), draft);
    if (err == ROND_OK)
        err = sql_run(outbox, "UPDATE drafts SET sealed = ? WHERE id = ?", "bi", buffer_bytes(&outbox->sealed), (int64_t)id);
    err = transaction_end(outbox, err);
    if (err == ROND_OK)
        *inout_id = id;
    return err;
}

enum rond_err outbox_draft_load(struct outbox *outbox, uint64_t id, struct arena *arena, struct bytes *ret_draft) {
    sqlite3_stmt *row;
    enum rond_err err = sql_query(outbox, &row, "SELECT sealed FROM drafts WHERE id = ?", "i", (int64_t)id);
    if (err != ROND_OK)
        return err;
    err = sql_next(outbox, row);
    if (err == ROND_OK)
        err = outbox_unseal(outbox, place_of_number("rond draft v1", id), sql_bytes(row, 0));
    if (err == ROND_OK && !arena_copy(arena, buffer_bytes(&outbox->plain), ret_draft))
        err = ROND_ENOMEM;
    buffer_clear(&outbox->plain);
    sql_end(row);
    return err;
}

enum rond_err outbox_draft_list(struct outbox *outbox, struct arena *arena, uint64_t **ret_ids, size_t *ret_count) {
    uint64_t *ids = arena_array(arena, DRAFTS_MAX, sizeof *ids);
    if (ids == NULL)
        return ROND_ENOMEM;
    sqlite3_stmt *row;
    enum rond_err err = sql_query(outbox, &row, "SELECT id FROM drafts ORDER BY id", "");
    if (err != ROND_OK)
        return err;
    size_t count = 0;
    while (count < DRAFTS_MAX && (err = sql_next(outbox, row)) == ROND_OK)
        ids[count++] = (uint64_t)sqlite3_column_int64(row, 0);
    sql_end(row);
    if (err != ROND_OK && err != ROND_ENOTFOUND)
        return err;
    *ret_ids = ids;
    *ret_count = count;
    return ROND_OK;
}

static enum rond_err draft_delete(struct outbox *outbox, uint64_t id) {
    enum rond_err err = sql_run(outbox, "DELETE FROM drafts WHERE id = ?", "i", (int64_t)id);
    return err == ROND_OK && sqlite3_changes(outbox->db) == 0 ? ROND_ENOTFOUND : err;
}

enum rond_err outbox_draft_discard(struct outbox *outbox, uint64_t id) {
    return draft_delete(outbox, id);
}

enum rond_err outbox_draft_queue(struct outbox *outbox, uint64_t id, struct bytes report, uint64_t *ret_seq) {
    if (report.size == 0 || report.size > REPORT_BYTES_MAX)
        return ROND_EINVALID;
    enum rond_err err = transaction_begin(outbox);
    if (err != ROND_OK)
        return err;
    uint64_t seq = 0;
    err = draft_delete(outbox, id);
    if (err == ROND_OK)
        err = outbox_add(outbox, &(struct record){.report = report}, clock_wall_ms(outbox->clock), &seq);
    if (err == ROND_OK)
        err = outbox_position_save(outbox);
    err = transaction_end(outbox, err);
    if (err == ROND_OK)
        *ret_seq = seq;
    return err;
}
