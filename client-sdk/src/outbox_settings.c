#include <string.h>

#include "outbox_internal.h"

enum { SETTING_NAME_SIZE_MAX = 96 };

// Without its enrolment a device must be enrolled anew before anything that it has queued gets in.
static const char kept_twice[] = "enrolment.current";

enum rond_err outbox_settings_copy(struct outbox *outbox) {
    int64_t lacks = 0;
    enum rond_err err = sql_number(outbox, &lacks,
                                   "SELECT EXISTS(SELECT 1 FROM settings WHERE name = ?1) AND NOT EXISTS(SELECT 1 FROM meta"
                                   " WHERE name = '" OUTBOX_SETTING_COPY "' || ?1)",
                                   "t", kept_twice);
    if (err != ROND_OK || !lacks)
        return err;
    return sql_run(outbox,
                   "INSERT OR REPLACE INTO meta SELECT '" OUTBOX_SETTING_COPY "' || name, sealed FROM settings WHERE name = ?",
                   "t", kept_twice);
}

enum rond_err outbox_setting_put(struct outbox *outbox, const char *name, struct bytes value) {
    if (strlen(name) > SETTING_NAME_SIZE_MAX)
        return ROND_EINVALID;
    if (value.size == 0)
        return sql_run(outbox, "DELETE FROM settings WHERE name = ?", "t", name);
    enum rond_err err = outbox_seal(outbox, place_of_name("rond setting v1", name), value);
    if (err != ROND_OK)
        return err;
    err = sql_run(outbox, "INSERT OR REPLACE INTO settings VALUES(?, ?)", "tb", name, buffer_bytes(&outbox->sealed));
    if (err != ROND_OK || strcmp(name, kept_twice) != 0)
        return err;
    return sql_run(outbox, "INSERT OR REPLACE INTO meta VALUES('" OUTBOX_SETTING_COPY "' || ?, ?)", "tb", name,
                   buffer_bytes(&outbox->sealed));
}

static enum rond_err setting_read(struct outbox *outbox, const char *name, sqlite3_stmt *row, struct arena *arena,
                                  struct bytes *ret_value) {
    enum rond_err err = sql_next(outbox, row);
    if (err == ROND_OK)
        err = outbox_unseal(outbox, place_of_name("rond setting v1", name), sql_bytes(row, 0));
    if (err == ROND_OK && !arena_copy(arena, buffer_bytes(&outbox->plain), ret_value))
        err = ROND_ENOMEM;
    buffer_clear(&outbox->plain);
    sql_end(row);
    return err;
}

// Where the bytes of one are spoilt, the file itself being whole, the copy serves.
enum rond_err outbox_setting_get(struct outbox *outbox, const char *name, struct arena *arena, struct bytes *ret_value) {
    if (strlen(name) > SETTING_NAME_SIZE_MAX)
        return ROND_ENOTFOUND;
    sqlite3_stmt *row;
    enum rond_err err = sql_query(outbox, &row, "SELECT sealed FROM settings WHERE name = ?", "t", name);
    if (err == ROND_OK)
        err = setting_read(outbox, name, row, arena, ret_value);
    if (err != ROND_ECORRUPT || strcmp(name, kept_twice) != 0)
        return err;
    err = sql_query(outbox, &row, "SELECT value FROM meta WHERE name = '" OUTBOX_SETTING_COPY "' || ?", "t", name);
    return err == ROND_OK ? setting_read(outbox, name, row, arena, ret_value) : err;
}

enum rond_err outbox_setting_names(struct outbox *outbox, const char *prefix, struct arena *arena, char ***ret_names,
                                   size_t *ret_count) {
    int64_t size = (int64_t)strlen(prefix), total = 0;
    enum rond_err err =
        sql_number(outbox, &total, "SELECT count(*) FROM settings WHERE substr(name, 1, ?) = ?", "it", size, prefix);
    char **names = err == ROND_OK ? arena_array(arena, (size_t)total + 1, sizeof *names) : NULL;
    if (err == ROND_OK && names == NULL)
        err = ROND_ENOMEM;
    sqlite3_stmt *row = NULL;
    if (err == ROND_OK)
        err = sql_query(outbox, &row, "SELECT name FROM settings WHERE substr(name, 1, ?) = ? ORDER BY name", "it", size, prefix);
    size_t count = 0;
    while (err == ROND_OK && count < (size_t)total && (err = sql_next(outbox, row)) == ROND_OK)
        if ((names[count++] = arena_text(arena, (const char *)sqlite3_column_text(row, 0))) == NULL)
            err = ROND_ENOMEM;
    sql_end(row);
    if (err != ROND_OK)
        return err;
    *ret_names = names;
    *ret_count = count;
    return ROND_OK;
}
