// Enrolment codes, and what has come of a second person's approval of them.
#include "store/sqlite.h"

enum { ROLES_BYTES_MAX = 64 * 1024 };

#define CODE_COLUMNS                                                                                                        \
    "secret_hash, organisation, area, roles, expires_ms, tries_left, used, device, issuer, approval, key_hash, name,"       \
    " asked_ms, approval_ends_ms "

static const char *or_empty(const char *text) {
    return text == NULL ? "" : text;
}

static void bind_approval(struct query *query, const struct enrol_code *code) {
    query_int(query, code->approval);
    query_blob(query, code->key_hash.b, HASH_SIZE);
    query_text(query, or_empty(code->name));
    query_int(query, code->asked_ms);
    query_int(query, code->approval_ends_ms);
}

enum rond_err sqlite_code_put(struct store *base, const struct enrol_code *code) {
    struct sqlite_store *store = sqlite_of(base);
    struct buffer roles;
    CHECK(store->in_transaction);
    buffer_init(&roles, ROLES_BYTES_MAX);
    enum rond_err err = roles_join(code->roles, code->roles_count, &roles);
    if (err != ROND_OK)
        goto done;
    struct query query =
        query_start(store, "INSERT INTO codes (" CODE_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    query_blob(&query, code->secret_hash.b, HASH_SIZE);
    query_text(&query, code->organisation);
    query_text(&query, code->area);
    query_text(&query, buffer_text(&roles));
    query_int(&query, code->expires_ms);
    query_int(&query, code->tries_left);
    query_int(&query, code->used);
    query_blob(&query, code->device.b, ID_SIZE);
    query_text(&query, or_empty(code->issuer));
    bind_approval(&query, code);
    err = query_run(&query);
done:
    buffer_deinit(&roles);
    return err;
}

static void code_read(struct query *query, struct arena *arena, struct enrol_code *ret_code) {
    struct enrol_code code = {0};
    column_exactly(query, 0, code.secret_hash.b, HASH_SIZE);
    code.organisation = column_text(query, 1, arena);
    code.area = column_text(query, 2, arena);
    const char *roles = column_text(query, 3, arena);
    if (query->err == ROND_OK)
        query->err = roles_split(roles, arena, &code.roles, &code.roles_count);
    code.expires_ms = column_int(query, 4);
    code.tries_left = (uint32_t)column_int(query, 5);
    code.used = column_int(query, 6) != 0;
    column_exactly(query, 7, code.device.b, ID_SIZE);
    code.issuer = column_text(query, 8, arena);
    code.approval = (enum code_approval)column_int(query, 9);
    column_exactly(query, 10, code.key_hash.b, HASH_SIZE);
    code.name = column_text(query, 11, arena);
    code.asked_ms = column_int(query, 12);
    code.approval_ends_ms = column_int(query, 13);
    *ret_code = code;
}

enum rond_err sqlite_code_get(struct store *base, const struct hash256 *secret_hash, struct arena *arena,
                              struct enrol_code *ret_code) {
    struct enrol_code code = {0};
    struct query query = query_start(sqlite_of(base), "SELECT " CODE_COLUMNS "FROM codes WHERE secret_hash = ?");
    query_blob(&query, secret_hash->b, HASH_SIZE);
    bool found = query_next(&query);
    if (found)
        code_read(&query, arena, &code);
    enum rond_err err = query_finish(&query);
    if (err == ROND_OK && !found)
        err = ROND_ENOTFOUND;
    if (err == ROND_OK)
        *ret_code = code;
    return err;
}

enum rond_err sqlite_code_update(struct store *base, const struct enrol_code *code) {
    struct sqlite_store *store = sqlite_of(base);
    CHECK(store->in_transaction);
    struct query query =
        query_start(store, "UPDATE codes SET tries_left = ?, used = ?, device = ?, approval = ?, key_hash = ?, name = ?,"
                           " asked_ms = ?, approval_ends_ms = ? WHERE secret_hash = ?");
    query_int(&query, code->tries_left);
    query_int(&query, code->used);
    query_blob(&query, code->device.b, ID_SIZE);
    bind_approval(&query, code);
    query_blob(&query, code->secret_hash.b, HASH_SIZE);
    enum rond_err err = query_run(&query);
    return err == ROND_OK && sqlite3_changes(store->db) == 0 ? ROND_ENOTFOUND : err;
}

// The index bears the same condition, so that codes that are done with cost nothing.
enum rond_err sqlite_codes_waiting(struct store *base, int64_t now_ms, size_t limit, struct arena *arena,
                                   struct enrol_code **ret_codes, size_t *ret_count) {
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct enrol_code)};
    struct query query =
        query_start(sqlite_of(base), "SELECT " CODE_COLUMNS "FROM codes WHERE approval IN (2, 3) AND approval_ends_ms > ?"
                                     " ORDER BY asked_ms, secret_hash LIMIT ?");
    query_int(&query, now_ms);
    query_int(&query, limit >= INT32_MAX ? INT32_MAX : (int64_t)limit);
    while (query_next(&query)) {
        struct enrol_code *code = arena_list_add(&list);
        if (code == NULL)
            query.err = ROND_ENOMEM;
        else
            code_read(&query, arena, code);
    }
    enum rond_err err = query_finish(&query);
    if (err != ROND_OK)
        return err;
    *ret_codes = (struct enrol_code *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}
