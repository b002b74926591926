#include "read/flagged.h"

#include "read/report_json.h"
#include "wire/free_text.h"
#include "wire/limits.h"

static bool found_add(json_t *list, const char *field, const char *text, size_t size) {
    struct personal_data found;
    personal_data_find(bytes_of(text, size), &found);
    for (size_t i = 0; i < found.count; i++) {
        json_t *object = json_object();
        bool added = read_add(object, "field", read_text(field)) &&
                     read_add(object, "kind", json_string(personal_data_name(found.hits[i].kind))) &&
                     read_add(object, "start", json_integer((json_int_t)found.hits[i].start)) &&
                     read_add(object, "size", json_integer((json_int_t)found.hits[i].size));
        if (json_array_append_new(list, read_whole(object, added)) != 0)
            return false;
    }
    return true;
}

static bool found_add_all(json_t *list, Rond__V1__Report *report) {
    struct free_texts at = {.report = report};
    struct free_text text;
    bool added = list != NULL;
    while (added && free_texts_next(&at, &text)) {
        char field[FAULT_FIELD_SIZE];
        free_text_field(&text, field);
        struct bytes bytes = bytes_of_text(*text.text);
        added = found_add(list, field, (const char *)bytes.data, bytes.size);
    }
    return added;
}

json_t *flagged_found(struct bytes body) {
    struct arena arena;
    Rond__V1__Report *report = NULL;
    json_t *list = json_array();
    arena_init(&arena, RECORD_ARENA_BYTES_MAX);
    enum rond_err err = codec_report_decode(&arena, body, &report, NULL);
    bool added = err == ROND_OK        ? found_add_all(list, report)
                 : err != ROND_ENOMEM ? found_add(list, NULL, (const char *)body.data, body.size)
                                      : false;
    arena_deinit(&arena);
    return read_whole(list, added);
}

json_t *flagged_kinds(unsigned kinds) {
    json_t *list = json_array();
    for (unsigned i = 0; i < PERSONAL_DATA_KINDS_MAX; i++) {
        enum personal_data_kind kind = (enum personal_data_kind)(1u << i);
        if ((kinds & kind) != 0 && json_array_append_new(list, json_string(personal_data_name(kind))) != 0)
            return read_whole(list, false);
    }
    return list;
}

static json_t *row_json(const struct flagged_row *row) {
    const struct stored_report *report = &row->report;
    json_t *object = json_object();
    bool quarantined = report->verdict == VERDICT_QUARANTINED;
    bool added =
        read_add_key(object, &report->key) && read_add(object, "row", json_integer((json_int_t)report->row)) &&
        read_add(object, "organisation", read_text(report->organisation)) &&
        read_add(object, "area", read_text(report->area)) &&
        read_add(object, "kind", report_json_kind(report->kind, report->is_withdrawal)) &&
        read_add(object, "verdict", json_string(quarantined ? "quarantined" : "applied")) &&
        read_add_s(object, "occurred_from", report->from_s) && read_add_ms(object, "received", report->received_ms) &&
        read_add(object, "erased", json_boolean(report->erased)) && read_add(object, "kinds", flagged_kinds(row->kinds)) &&
        read_add(object, "found", report->erased ? json_array() : flagged_found(report->record.report));
    return read_whole(object, added);
}

static enum rond_err flagged_all(struct store *store, struct arena *arena, const struct read_rows *rows) {
    uint64_t after_row = 0;
    size_t count = 0;
    do {
        struct flagged_row *page = NULL;
        arena_reset(arena);
        enum rond_err err = store->views->flagged(store, after_row, READ_PAGE_ROWS, arena, &page, &count);
        for (size_t i = 0; i < count && err == ROND_OK; i++) {
            err = read_rows_give(rows, row_json(&page[i]));
            after_row = page[i].report.row;
        }
        if (err != ROND_OK)
            return err;
    } while (count > 0);
    return ROND_OK;
}

enum rond_err read_flagged(struct store *store, const struct read_rows *rows) {
    struct arena arena;
    enum rond_err err = read_begin(store);
    if (err != ROND_OK)
        return err;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    err = flagged_all(store, &arena, rows);
    arena_deinit(&arena);
    read_end(store);
    return err;
}
