#include "read/promise_show.h"

#include <stdio.h>
#include <string.h>

#include "promise/yaml_writer.h"
#include "read/promise_document.h"
#include "read/promise_json.h"
#include "wire/limits.h"

enum { COMMENT_SIZE = 256 };

static enum rond_err find(struct store *store, const struct promise_wanted *wanted, struct arena *arena,
                          struct promise_version *ret_version, uint32_t *ret_newest) {
    struct promise_version *versions = NULL;
    size_t count = 0;
    enum rond_err err = store->views->promise_versions(store, wanted->promise, arena, &versions, &count);
    for (size_t i = count; err == ROND_OK && i-- > 0;)
        if (wanted->version == 0 || versions[i].version == wanted->version) {
            *ret_version = versions[i];
            *ret_newest = versions[count - 1].version;
            return ROND_OK;
        }
    return err == ROND_OK ? ROND_ENOTFOUND : err;
}

static enum rond_err show(struct store *store, const struct promise_wanted *wanted, struct arena *arena, json_t **ret_json) {
    struct promise_version version;
    uint32_t newest;
    enum rond_err err = find(store, wanted, arena, &version, &newest);
    if (err != ROND_OK)
        return err;
    const Rond__V1__Promise *promise = version.entry->promise;
    json_t *object = json_object();
    bool added = read_add(object, "promise", promise_document(promise)) &&
                 read_add(object, "area", read_text(promise->area)) &&
                 read_add(object, "version", json_integer(version.version)) &&
                 read_add(object, "newest", json_integer(newest)) && read_add(object, "state", read_life(promise, NULL)) &&
                 read_add_ms_or_null(object, "since", version.at_ms) && read_add(object, "actor", read_text(version.actor));
    *ret_json = read_whole(object, added);
    return added ? ROND_OK : ROND_ENOMEM;
}

enum rond_err read_promise(struct store *store, const struct promise_wanted *wanted, json_t **ret_json) {
    struct arena arena;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    enum rond_err err = show(store, wanted, &arena, ret_json);
    arena_deinit(&arena);
    return err;
}

enum rond_err read_promise_text(json_t *promise, const char *area, const struct catalogue *catalogue, const char *comment,
                                struct buffer *to) {
    json_t *file = promise_document_file(promise, area, catalogue);
    enum rond_err err = file == NULL ? ROND_ENOMEM : yaml_write(file, comment, to);
    json_decref(file);
    return err;
}

static enum rond_err file_of(const struct catalogue *catalogue, const json_t *shown, json_t **ret_json) {
    const char *area = json_string_value(json_object_get(shown, "area"));
    const char *since = json_string_value(json_object_get(shown, "since"));
    json_t *promise = json_object_get(shown, "promise");
    const char *id = json_string_value(json_object_get(promise, "id"));
    char comment[COMMENT_SIZE];
    struct buffer text;
    buffer_init(&text, PROMISE_FILE_BYTES_MAX);
    (void)snprintf(comment, sizeof comment, "%s, version %lld%s%s", id,
                   (long long)json_integer_value(json_object_get(shown, "version")), since == NULL ? "" : " of ",
                   since == NULL ? "" : since);
    enum rond_err err = read_promise_text(promise, area, catalogue, comment, &text);
    json_t *object = err == ROND_OK ? json_object() : NULL;
    bool added = read_add(object, "name", json_sprintf("%s.yaml", id)) &&
                 read_add(object, "text", json_stringn((const char *)text.data, text.size));
    buffer_deinit(&text);
    *ret_json = read_whole(object, added);
    return err == ROND_OK && !added ? ROND_ENOMEM : err;
}

enum rond_err read_promise_file(struct store *store, const struct catalogue *catalogue, const struct promise_wanted *wanted,
                                json_t **ret_json) {
    json_t *shown = NULL;
    enum rond_err err = read_promise(store, wanted, &shown);
    if (err == ROND_OK && catalogue_area(catalogue, json_string_value(json_object_get(shown, "area"))) == NULL)
        err = ROND_ENOTFOUND;
    if (err == ROND_OK)
        err = file_of(catalogue, shown, ret_json);
    json_decref(shown);
    return err;
}
