#include "read/export.h"

#include <stdlib.h>

#include "read/disclosure_lists.h"
#include "read/report_json.h"

struct export_for {
    const char *organisation;
    struct disclosure disclosure;
};

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

static enum rond_err export_one(struct store *store, const struct stored_report *stored, bool with_salt,
                                const struct read_rows *rows) {
    json_t *object = NULL, *contributions = NULL;
    enum rond_err err = report_json_stored(stored, TEXTS_LEFT_OUT, &object);
    if (err != ROND_OK)
        return err;
    bool added = read_add(object, "leaf", read_hex(bytes_of(stored->leaf.b, HASH_SIZE))) &&
                 read_add(object, "salt", stored->erased || !with_salt ? json_null() : read_hex(bytes_of(stored->salt.b, SALT_SIZE)));
    err = added ? read_contributions_of(store, stored->row, &contributions) : ROND_ENOMEM;
    if (err == ROND_OK && !read_add(object, "contributions", contributions))
        err = ROND_ENOMEM;
    if (err != ROND_OK) {
        json_decref(object);
        return err;
    }
    return read_rows_give(rows, object);
}

// Of another organisation's reports only those that a rule discloses one by one.
static bool may_go(const struct export_for *whom, const struct stored_report *stored) {
    const char *category = stored->is_withdrawal || stored->kind == 0 || stored->kind > ROND__V1__KIND__KIND_INITIATIVE
                               ? ""
                               : kind_name((Rond__V1__Kind)stored->kind);
    return whom == NULL ||
           disclosure_level_of(&whom->disclosure, stored->organisation, whom->organisation, category) >= DISCLOSE_REPORTS;
}

static enum rond_err export_all(struct store *store, const struct export_for *whom, uint64_t row, struct arena *arena,
                                const struct read_rows *rows) {
    size_t count = 0;
    do {
        struct stored_report *reports = NULL;
        arena_reset(arena);
        enum rond_err err = store->views->reports(store, row, READ_PAGE_ROWS, arena, &reports, &count);
        for (size_t i = 0; i < count && err == ROND_OK; i++) {
            if (may_go(whom, &reports[i]))
                err = export_one(store, &reports[i], whom == NULL, rows);
            row = reports[i].row;
        }
        if (err != ROND_OK)
            return err;
    } while (count > 0);
    return ROND_OK;
}

static enum rond_err export_to(struct store *store, struct export_for *whom, uint64_t after_row, const struct read_rows *rows) {
    struct arena arena, rules;
    enum rond_err err = read_begin(store);
    if (err != ROND_OK)
        return err;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    arena_init(&rules, READ_ARENA_BYTES_MAX);
    if (whom != NULL)
        err = disclosure_load(store, &rules, &whom->disclosure);
    if (err == ROND_OK)
        err = export_all(store, whom, after_row, &arena, rows);
    arena_deinit(&rules);
    arena_deinit(&arena);
    read_end(store);
    return err;
}

enum rond_err read_export(struct store *store, const struct read_rows *rows) {
    return export_to(store, NULL, 0, rows);
}

enum rond_err read_export_after(struct store *store, uint64_t after_row, const struct read_rows *rows) {
    return export_to(store, NULL, after_row, rows);
}

enum rond_err read_export_for(struct store *store, const char *organisation, const struct read_rows *rows) {
    struct export_for whom = {.organisation = organisation};
    return export_to(store, &whom, 0, rows);
}
