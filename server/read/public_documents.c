#include "read/public_documents.h"

#include <string.h>

#include "counting/zone.h"
#include "read/followup_lists.h"

enum { DAY_MS = 24 * 3600 * 1000 };

// ---- Rows ----

json_t *public_statement_row(const struct followup *followup) {
    char day[DATE_TEXT_SIZE];
    json_t *object = json_object();
    day_format((day_t)(followup->at_ms / DAY_MS), day);
    bool added = read_add(object, "promise", read_text(followup->promise)) &&
                 read_add(object, "period", read_text(followup->period)) &&
                 read_add(object, "version", json_integer(followup->version)) &&
                 read_add(object, "published", json_string(day)) &&
                 read_add(object, "key", read_hex(bytes_of(followup->key_id.b, HASH_SIZE)));
    return read_whole(object, added);
}

json_t *public_key_row(const struct followup_key *key) {
    json_t *object = json_object();
    bool added = read_add(object, "id", read_hex(bytes_of(key->id.b, HASH_SIZE))) &&
                 read_add(object, "pem", followup_key_pem(key->spki));
    return read_whole(object, added);
}

// ---- Addresses ----

static const char *text_of(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

static json_t *statement_address(const struct public_settings *settings, const json_t *row, const char *suffix) {
    return json_sprintf("%s" PUBLIC_API "/promises/%s/statements/%s/v%d.json%s", settings->origin, text_of(row, "promise"),
                        text_of(row, "period"), (int)json_integer_value(json_object_get(row, "version")), suffix);
}

static json_t *statement_page(const struct public_settings *settings, const json_t *row) {
    return json_sprintf("%s" PUBLIC_PAGE "/%s/%s/%d", settings->origin, text_of(row, "promise"), text_of(row, "period"),
                        (int)json_integer_value(json_object_get(row, "version")));
}

static json_t *statement_json(const struct public_settings *settings, json_t *row) {
    json_t *object = json_object();
    bool added = object != NULL && json_object_update(object, row) == 0 &&
                 read_add(object, "address", statement_address(settings, row, "")) &&
                 read_add(object, "signature", statement_address(settings, row, ".sig")) &&
                 read_add(object, "page", statement_page(settings, row));
    return read_whole(object, added);
}

static json_t *statements_of(const struct public_settings *settings, const char *promise, const json_t *statements) {
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(statements); i++) {
        json_t *row = json_array_get(statements, i);
        if (strcmp(text_of(row, "promise"), promise) == 0 && json_array_append_new(list, statement_json(settings, row)) != 0)
            return read_whole(list, false);
    }
    return list;
}

// ---- Documents ----

static json_t *promise_json_of(const struct public_settings *settings, json_t *figure, const json_t *statements) {
    const char *id = text_of(figure, "promise");
    json_t *object = json_object();
    bool added = object != NULL && json_object_update(object, figure) == 0 &&
                 read_add(object, "address", json_sprintf("%s" PUBLIC_API "/promises/%s", settings->origin, id)) &&
                 read_add(object, "page", json_sprintf("%s" PUBLIC_PAGE "/%s", settings->origin, id)) &&
                 read_add(object, "statements", statements_of(settings, id, statements));
    return read_whole(object, added);
}

json_t *public_document(const struct public_settings *settings, const char *week, const json_t *figures,
                        const json_t *statements) {
    json_t *object = json_object(), *promises = json_array();
    bool added = read_add(object, "promises", promises) && read_add(object, "format", json_string(PUBLIC_FORMAT)) &&
                 read_add(object, "licence", read_text(settings->licence)) &&
                 read_add(object, "address", json_sprintf("%s" PUBLIC_API "/promises.json", settings->origin)) &&
                 read_add(object, "week", json_string(week));
    for (size_t i = 0; i < json_array_size(figures) && added; i++)
        added = json_array_append_new(promises, promise_json_of(settings, json_array_get(figures, i), statements)) == 0;
    return read_whole(object, added);
}

json_t *public_document_promise(const json_t *document, json_t *promise) {
    json_t *object = json_object();
    bool added = read_add(object, "format", json_string(PUBLIC_FORMAT)) &&
                 read_add(object, "licence", json_incref(json_object_get(document, "licence"))) &&
                 read_add(object, "week", json_incref(json_object_get(document, "week"))) &&
                 read_add(object, "promise", json_incref(promise));
    return read_whole(object, added);
}

json_t *public_document_statements(const struct public_settings *settings, const char *promise, const json_t *statements) {
    json_t *object = json_object();
    bool added = read_add(object, "licence", read_text(settings->licence)) &&
                 read_add(object, "promise", read_text(promise)) &&
                 read_add(object, "statements", statements_of(settings, promise, statements));
    return read_whole(object, added);
}

json_t *public_document_keys(const struct public_settings *settings, const json_t *keys) {
    json_t *object = json_object(), *list = json_array();
    bool added = read_add(object, "keys", list) && read_add(object, "licence", read_text(settings->licence));
    for (size_t i = 0; i < json_array_size(keys) && added; i++) {
        json_t *key = json_copy(json_array_get(keys, i));
        json_t *address = json_sprintf("%s" PUBLIC_API "/keys/%s.pem", settings->origin, text_of(key, "id"));
        added = json_array_append_new(list, read_whole(key, read_add(key, "address", address))) == 0;
    }
    return read_whole(object, added);
}
