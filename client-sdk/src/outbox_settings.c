#include <string.h>

#include "outbox_internal.h"

enum { SETTING_NAME_SIZE_MAX = 96 };

enum rond_err outbox_setting_put(struct outbox *outbox, const char *name, struct bytes value) {
    if (strlen(name) > SETTING_NAME_SIZE_MAX)
        return ROND_EINVALID;
    if (value.size == 0)
        return sql_run(outbox, "DELETE FROM settings WHERE name = ?", "t", name);
    enum rond_err err = outbox_seal(outbox, place_of_name("rond setting v1", name), value);
    if (err != ROND_OK)
        return err;
    return sql_run(outbox, "INSERT OR REPLACE INTO settings VALUES(?, ?)", "tb", name, buffer_bytes(&outbox->sealed));
}

enum rond_err outbox_setting_get(struct outbox *outbox, const char *name, struct arena *arena, struct bytes *ret_value) {
    if (strlen(name) > SETTING_NAME_SIZE_MAX)
        return ROND_ENOTFOUND;
    sqlite3_stmt *row;
    enum rond_err err = sql_query(outbox, &row, "SELECT sealed FROM settings WHERE name = ?", "t", name);
    if (err != ROND_OK)
        return err;
    err = sql_next(outbox, row);
    if (err == ROND_OK)
        err = outbox_unseal(outbox, place_of_name("rond setting v1", name), sql_bytes(row, 0));
    if (err == ROND_OK && !arena_copy(arena, buffer_bytes(&outbox->plain), ret_value))
        err = ROND_ENOMEM;
    sql_end(row);
    return err;
}
