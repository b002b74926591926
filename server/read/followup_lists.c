#include "read/followup_lists.h"

#include <openssl/evp.h>
#include <string.h>

#include "read/followup_document.h"

enum { SPKI_BYTES_MAX = 256 };

// ---- Rows ----

static json_t *hash_json(const struct hash256 *hash) {
    return read_hex(bytes_of(hash->b, HASH_SIZE));
}

static json_t *head_json(const struct followup *followup) {
    json_t *object = json_object();
    bool added = read_add(object, "promise", read_text(followup->promise)) &&
                 read_add(object, "period", read_text(followup->period)) &&
                 read_add(object, "version", json_integer(followup->version)) &&
                 read_add(object, "state", read_text(followup->state)) &&
                 read_add(object, "key", hash_json(&followup->key_id)) && read_add_ms(object, "at", followup->at_ms) &&
                 read_add(object, "actor", read_text(followup->actor));
    return read_whole(object, added);
}

static json_t *whole_json(const struct followup *followup) {
    json_t *object = head_json(followup);
    bool added =
        read_add(object, "document", json_stringn((const char *)followup->document.data, followup->document.size)) &&
        read_add(object, "signature", read_hex(bytes_of(followup->signature.b, SIGNATURE_SIZE)));
    return read_whole(object, added);
}

json_t *followup_key_pem(struct bytes spki) {
    unsigned char text[SPKI_BYTES_MAX * 2];
    if (spki.size > SPKI_BYTES_MAX)
        return json_null();
    EVP_EncodeBlock(text, spki.data, (int)spki.size);
    return json_sprintf("-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n", (const char *)text);
}

static json_t *key_json(const struct followup_key *key) {
    json_t *object = json_object();
    bool added = read_add(object, "id", hash_json(&key->id)) && read_add(object, "pem", followup_key_pem(key->spki)) &&
                 read_add_ms(object, "since", key->since_ms) && read_add_ms_or_null(object, "retired", key->retired_ms);
    return read_whole(object, added);
}

// ---- Lists ----

// Heads, or with `whole` each with its document.
static enum rond_err row_give(struct store *store, const struct followup *head, bool whole, const struct read_rows *rows) {
    struct arena arena;
    struct followup followup;
    if (!whole)
        return read_rows_give(rows, head_json(head));
    arena_init(&arena, FOLLOWUP_ARENA_BYTES_MAX);
    enum rond_err err = store->views->followup(store, head->promise, head->period, head->version, &arena, &followup);
    if (err == ROND_OK)
        err = read_rows_give(rows, whole_json(&followup));
    arena_deinit(&arena);
    return err;
}

static enum rond_err followups_give(struct store *store, const char *promise, bool whole, const struct read_rows *rows) {
    struct arena arena;
    uint64_t cursor = 0;
    enum rond_err err = ROND_OK;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    do {
        struct followup *page = NULL;
        size_t count = 0;
        arena_reset(&arena);
        err = store->views->followups(store, promise, cursor, READ_PAGE_ROWS, &arena, &page, &count, &cursor);
        for (size_t i = 0; i < count && err == ROND_OK; i++)
            err = row_give(store, &page[i], whole, rows);
    } while (err == ROND_OK && cursor != 0);
    arena_deinit(&arena);
    return err;
}

static enum rond_err keys_give(struct store *store, const struct read_rows *rows) {
    struct arena arena;
    struct followup_key *keys = NULL;
    size_t count = 0;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    enum rond_err err = store->views->followup_keys(store, &arena, &keys, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = read_rows_give(rows, key_json(&keys[i]));
    arena_deinit(&arena);
    return err;
}

enum rond_err read_followups(struct store *store, const char *promise, const struct read_rows *rows) {
    enum rond_err err = read_begin(store);
    if (err != ROND_OK)
        return err;
    err = followups_give(store, promise == NULL || promise[0] == '\0' ? NULL : promise, false, rows);
    read_end(store);
    return err;
}

enum rond_err read_followup_export(struct store *store, const struct read_rows *rows) {
    enum rond_err err = read_begin(store);
    if (err != ROND_OK)
        return err;
    err = followups_give(store, NULL, true, rows);
    if (err == ROND_OK)
        err = keys_give(store, rows);
    read_end(store);
    return err;
}

enum rond_err read_followup_keys(struct store *store, const struct read_rows *rows) {
    return keys_give(store, rows);
}

static enum rond_err not_published(const char *promise, const char *period, struct fault *fault) {
    return fault_both(fault, ROND_ENOTFOUND, 0, "period",
                      "No such follow-up of %.64s for %.16s is published; see 'rondctl followup list'.",
                      "Ingen sådan uppföljning av %.64s för %.16s är publicerad.", promise, period);
}

enum rond_err read_followup(struct store *store, const char *promise, const char *period, uint32_t version,
                            const struct read_rows *rows, struct fault *fault) {
    struct followup head = {.promise = promise, .period = period, .version = version};
    enum rond_err err = row_give(store, &head, true, rows);
    return err == ROND_ENOTFOUND ? not_published(promise, period, fault) : err;
}

// ---- What changed since ----

static json_t *difference_json(const struct followup *published, const struct followup_draft *draft) {
    json_t *object = json_object();
    bool added = read_add(object, "promise", read_text(published->promise)) &&
                 read_add(object, "period", read_text(published->period)) &&
                 read_add(object, "version", json_integer(published->version)) &&
                 read_add(object, "differs", json_boolean(draft->differs)) &&
                 read_add(object, "replaces", json_incref(json_object_get(draft->document, "replaces"))) &&
                 read_add(object, "changes", json_incref(json_object_get(draft->document, "changes")));
    return read_whole(object, added);
}

static enum rond_err diff(struct store *store, const struct catalogue *catalogue, struct followup_request *request,
                          const char *period, int64_t now_s, json_t **ret_json, struct fault *fault) {
    struct followup_draft draft = {0};
    enum rond_err err = followup_period_of(catalogue, request->promise, period, now_s, true, &request->period, fault);
    if (err == ROND_OK)
        err = followup_draft_make(store, catalogue, request, &draft);
    if (err == ROND_OK && (*ret_json = difference_json(request->previous, &draft)) == NULL)
        err = ROND_ENOMEM;
    followup_draft_deinit(&draft);
    return err;
}

enum rond_err read_followup_diff(struct store *store, const struct catalogue *catalogue, const char *promise,
                                 const char *period, int64_t now_s, json_t **ret_json, struct fault *fault) {
    struct arena arena;
    struct followup published;
    struct followup_request request = {.promise = promise, .previous = &published};
    enum rond_err err = read_begin(store);
    if (err != ROND_OK)
        return err;
    arena_init(&arena, FOLLOWUP_ARENA_BYTES_MAX);
    err = store->views->followup(store, promise, period, 0, &arena, &published);
    err = err == ROND_ENOTFOUND ? not_published(promise, period, fault)
          : err == ROND_OK      ? diff(store, catalogue, &request, period, now_s, ret_json, fault)
                                : err;
    arena_deinit(&arena);
    read_end(store);
    return err;
}

// ---- What would be published ----

static json_t *draft_json(const struct followup_request *request, const struct followup_draft *draft) {
    json_t *object = json_object();
    uint32_t version = request->previous == NULL ? 1 : request->previous->version + 1;
    bool added = read_add(object, "promise", read_text(request->promise)) &&
                 read_add(object, "period", read_text(request->period.name)) &&
                 read_add(object, "version", json_integer(version)) &&
                 read_add(object, "differs", json_boolean(draft->differs)) &&
                 read_add(object, "document", json_incref(draft->document));
    return read_whole(object, added);
}

static enum rond_err draft_make(struct store *store, const struct catalogue *catalogue, struct followup_request *request,
                                const char *period, int64_t now_s, json_t **ret_json, struct fault *fault) {
    struct followup_draft draft = {0};
    enum rond_err err = followup_period_of(catalogue, request->promise, period, now_s, true, &request->period, fault);
    if (err == ROND_OK)
        err = followup_draft_make(store, catalogue, request, &draft);
    if (err == ROND_OK && (*ret_json = draft_json(request, &draft)) == NULL)
        err = ROND_ENOMEM;
    followup_draft_deinit(&draft);
    return err;
}

enum rond_err read_followup_draft(struct store *store, const struct catalogue *catalogue, const char *promise,
                                  const char *period, int64_t now_s, json_t **ret_json, struct fault *fault) {
    struct arena arena;
    struct followup published;
    struct followup_request request = {.promise = promise};
    enum rond_err err = read_begin(store);
    if (err != ROND_OK)
        return err;
    arena_init(&arena, FOLLOWUP_ARENA_BYTES_MAX);
    err = store->views->followup(store, promise, period, 0, &arena, &published);
    request.previous = err == ROND_OK ? &published : NULL;
    if (err == ROND_OK || err == ROND_ENOTFOUND)
        err = draft_make(store, catalogue, &request, period, now_s, ret_json, fault);
    arena_deinit(&arena);
    read_end(store);
    return err;
}
