// What a site answers at which address, from what it was made of.
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "counting/zone.h"
#include "read/followup_html.h"
#include "read/public_page.h"
#include "read/public_site_inner.h"
#include "read/public_tables.h"

static const char HTML[] = "text/html; charset=utf-8";
static const char JSON[] = "application/json";
static const char CSV[] = "text/csv; charset=utf-8; header=present";
static const char GEOJSON[] = "application/geo+json";
static const char PEM[] = "application/x-pem-file";
static const char BINARY[] = "application/octet-stream";

// ---- One answer ----

static enum rond_err text_add(struct public_site *site, char *take_path, const char *type, bool is_frozen,
                              struct bytes text) {
    struct buffer body;
    buffer_init(&body, PUBLIC_SITE_BYTES_MAX);
    enum rond_err err = buffer_append(&body, text);
    if (err == ROND_OK)
        return public_site_add(site, take_path, PUBLIC_ANY, type, is_frozen, &body);
    free(take_path);
    buffer_deinit(&body);
    return err;
}

// Drops the document.
static enum rond_err json_add(struct public_site *site, char *take_path, json_t *take_document) {
    char *text = take_document == NULL ? NULL : json_dumps(take_document, JSON_SORT_KEYS | JSON_INDENT(2));
    json_decref(take_document);
    if (text == NULL) {
        free(take_path);
        return ROND_ENOMEM;
    }
    enum rond_err err = text_add(site, take_path, JSON, false, bytes_of_text(text));
    free(text);
    return err;
}

static enum rond_err table_add(struct public_site *site, const char *path, const char *type, const json_t *document,
                               enum rond_err (*write)(const json_t *document, struct buffer *to)) {
    struct buffer body;
    buffer_init(&body, PUBLIC_TABLE_BYTES_MAX);
    enum rond_err err = write(document, &body);
    if (err == ROND_OK)
        return public_site_add(site, strdup(path), PUBLIC_ANY, type, false, &body);
    buffer_deinit(&body);
    return err;
}

// ---- Statements ----

static enum rond_err statement_page_add(struct public_site *site, const struct followup *followup, bool swedish) {
    struct buffer body;
    struct fault fault = {0};
    buffer_init(&body, FOLLOWUP_HTML_BYTES_MAX);
    enum rond_err err = followup_html_write(followup->document, swedish, PUBLIC_STYLES, &body, &fault);
    if (err == ROND_OK)
        return public_site_add(
            site, public_path(PUBLIC_PAGE "/%s/%s/%u", followup->promise, followup->period, (unsigned)followup->version),
            swedish ? PUBLIC_SWEDISH : PUBLIC_ENGLISH, HTML, true, &body);
    buffer_deinit(&body);
    return err == ROND_EINVALID ? ROND_OK : err; // of a later release: its document is there
}

enum rond_err public_site_add_statement(struct public_site *site, const struct followup *followup) {
    static const char *const SUFFIXES[] = {"", ".sig"};
    const struct bytes bodies[] = {followup->document, bytes_of(followup->signature.b, SIGNATURE_SIZE)};
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < ARRAY_COUNT(bodies) && err == ROND_OK; i++)
        err = text_add(site,
                       public_path(PUBLIC_API "/promises/%s/statements/%s/v%u.json%s", followup->promise, followup->period,
                                   (unsigned)followup->version, SUFFIXES[i]),
                       i == 0 ? JSON : BINARY, true, bodies[i]);
    for (int swedish = 0; swedish < 2 && err == ROND_OK; swedish++)
        err = statement_page_add(site, followup, swedish == 1);
    return err;
}

// Of each promise that has statements, the first time that it comes.
static bool came_before(const json_t *statements, size_t index, const char *promise) {
    for (size_t i = 0; i < index; i++)
        if (strcmp(json_string_value(json_object_get(json_array_get(statements, i), "promise")), promise) == 0)
            return true;
    return false;
}

static enum rond_err lists_add(struct public_site *site, const struct public_settings *settings) {
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < json_array_size(site->statements) && err == ROND_OK; i++) {
        const char *promise = json_string_value(json_object_get(json_array_get(site->statements, i), "promise"));
        if (!came_before(site->statements, i, promise))
            err = json_add(site, public_path(PUBLIC_API "/promises/%s/statements", promise),
                           public_document_statements(settings, promise, site->statements));
    }
    return err;
}

static enum rond_err keys_add(struct public_site *site, const struct public_settings *settings) {
    enum rond_err err = json_add(site, strdup(PUBLIC_API "/keys"), public_document_keys(settings, site->keys));
    for (size_t i = 0; i < json_array_size(site->keys) && err == ROND_OK; i++) {
        const json_t *key = json_array_get(site->keys, i);
        const char *pem = json_string_value(json_object_get(key, "pem"));
        err = text_add(site, public_path(PUBLIC_API "/keys/%s.pem", json_string_value(json_object_get(key, "id"))), PEM,
                       false, bytes_of_text(pem == NULL ? "" : pem));
    }
    return err;
}

// ---- Promises ----

// promise NULL: the page of all.
static enum rond_err page_add(struct public_site *site, const json_t *document, const json_t *promise, bool swedish) {
    struct buffer body;
    buffer_init(&body, PUBLIC_PAGE_BYTES_MAX);
    enum rond_err err = promise == NULL ? public_page_write(document, swedish, &body)
                                        : public_page_write_promise(document, promise, swedish, &body);
    if (err != ROND_OK) {
        buffer_deinit(&body);
        return err;
    }
    char *path = promise == NULL ? strdup(PUBLIC_PAGE)
                                 : public_path(PUBLIC_PAGE "/%s", json_string_value(json_object_get(promise, "promise")));
    return public_site_add(site, path, swedish ? PUBLIC_SWEDISH : PUBLIC_ENGLISH, HTML, false, &body);
}

static enum rond_err promise_add(struct public_site *site, const struct public_settings *settings, const json_t *document,
                                 json_t *promise) {
    const char *id = json_string_value(json_object_get(promise, "promise"));
    enum rond_err err =
        json_add(site, public_path(PUBLIC_API "/promises/%s", id), public_document_promise(document, promise));
    if (err == ROND_OK && json_array_size(json_object_get(promise, "statements")) == 0) // lists_add has the others
        err = json_add(site, public_path(PUBLIC_API "/promises/%s/statements", id),
                       public_document_statements(settings, id, site->statements));
    for (int swedish = 0; swedish < 2 && err == ROND_OK; swedish++)
        err = page_add(site, document, promise, swedish == 1);
    return err;
}

static enum rond_err documents_add(struct public_site *site, const struct public_settings *settings, json_t *document) {
    const json_t *promises = json_object_get(document, "promises");
    enum rond_err err = json_add(site, strdup(PUBLIC_API "/promises"), json_incref(document));
    if (err == ROND_OK)
        err = json_add(site, strdup(PUBLIC_API "/promises.json"), json_incref(document));
    if (err == ROND_OK)
        err = table_add(site, PUBLIC_API "/promises.csv", CSV, document, public_csv_write);
    if (err == ROND_OK)
        err = table_add(site, PUBLIC_API "/promises.geojson", GEOJSON, document, public_geojson_write);
    for (int swedish = 0; swedish < 2 && err == ROND_OK; swedish++)
        err = page_add(site, document, NULL, swedish == 1);
    for (size_t i = 0; i < json_array_size(promises) && err == ROND_OK; i++)
        err = promise_add(site, settings, document, json_array_get(promises, i));
    return err;
}

enum rond_err public_site_add_documents(struct public_site *site, const struct public_settings *settings) {
    char week[DATE_TEXT_SIZE];
    day_format(site->week, week);
    json_t *document = public_document(settings, week, site->figures, site->statements);
    if (document == NULL)
        return ROND_ENOMEM;
    enum rond_err err = documents_add(site, settings, document);
    json_decref(document);
    if (err == ROND_OK)
        err = lists_add(site, settings);
    return err == ROND_OK ? keys_add(site, settings) : err;
}
