#include "read/export.h"

#include <stdlib.h>

#include "read/report_json.h"

static bool add_contribution(json_t *object, const struct contribution *value) {
    return read_add(object, "counted", json_boolean(value->reason == REASON_COUNTED)) &&
           read_add(object, "reason", json_string(reason_name(value->reason))) &&
           read_add(object, "bucket", read_bucket(value->bucket)) && read_add(object, "period", read_text(value->period)) &&
           read_add(object, "quantity", json_integer(value->quantity)) &&
           read_add(object, "persons", json_integer(value->persons)) &&
           read_add_s(object, "counted_from", value->from_s) && read_add_s(object, "counted_to", value->to_s);
}

static enum rond_err contribution_add(struct store *store, const struct stored_contribution *contribution,
                                      struct arena *arena, json_t *list) {
    const char *path = NULL;
    enum rond_err err = store->views->commitment_path(store, contribution->commitment, arena, &path);
    if (err != ROND_OK)
        return err;
    json_t *object = json_object();
    bool added = read_add(object, "commitment", read_text(path)) && add_contribution(object, &contribution->value);
    return json_array_append_new(list, read_whole(object, added)) == 0 ? ROND_OK : ROND_ENOMEM;
}

enum rond_err read_contributions_of(struct store *store, uint64_t row, json_t **ret_list) {
    struct arena arena;
    struct stored_contribution *contributions = NULL;
    size_t count = 0;
    json_t *list = json_array();
    if (list == NULL)
        return ROND_ENOMEM;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    enum rond_err err = store->views->contributions_of_row(store, row, &arena, &contributions, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = contribution_add(store, &contributions[i], &arena, list);
    arena_deinit(&arena);
    if (err == ROND_OK)
        *ret_list = list;
    else
        json_decref(list);
    return err;
}

static enum rond_err export_one(struct store *store, const struct stored_report *stored, const struct read_rows *rows) {
    json_t *object = NULL, *contributions = NULL;
    enum rond_err err = report_json_stored(stored, TEXTS_LEFT_OUT, &object);
    if (err != ROND_OK)
        return err;
    bool added = read_add(object, "leaf", read_hex(bytes_of(stored->leaf.b, HASH_SIZE))) &&
                 read_add(object, "salt", stored->erased ? json_null() : read_hex(bytes_of(stored->salt.b, SALT_SIZE)));
    err = added ? read_contributions_of(store, stored->row, &contributions) : ROND_ENOMEM;
    if (err == ROND_OK && !read_add(object, "contributions", contributions))
        err = ROND_ENOMEM;
    if (err != ROND_OK) {
        json_decref(object);
        return err;
    }
    return read_rows_give(rows, object);
}

static enum rond_err export_all(struct store *store, uint64_t row, struct arena *arena, const struct read_rows *rows) {
    size_t count = 0;
    do {
        struct stored_report *reports = NULL;
        arena_reset(arena);
        enum rond_err err = store->views->reports(store, row, READ_PAGE_ROWS, arena, &reports, &count);
        for (size_t i = 0; i < count && err == ROND_OK; i++) {
            err = export_one(store, &reports[i], rows);
            row = reports[i].row;
        }
        if (err != ROND_OK)
            return err;
    } while (count > 0);
    return ROND_OK;
}

enum rond_err read_export(struct store *store, const struct read_rows *rows) {
    return read_export_after(store, 0, rows);
}

enum rond_err read_export_after(struct store *store, uint64_t after_row, const struct read_rows *rows) {
    struct arena arena;
    enum rond_err err = read_begin(store);
    if (err != ROND_OK)
        return err;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    err = export_all(store, after_row, &arena, rows);
    arena_deinit(&arena);
    read_end(store);
    return err;
}
