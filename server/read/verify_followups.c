#include "read/verify_followups.h"

#include "read/followup_evidence.h"
#include "wire/followup_signature.h"

static const struct followup_key *key_of(const struct followup_key *keys, size_t count, const struct hash256 *id) {
    for (size_t i = 0; i < count; i++)
        if (hash256_equal(&keys[i].id, id))
            return &keys[i];
    return NULL;
}

static enum rond_err check(const struct followup *followup, const struct followup_key *key, struct findings *findings) {
    struct finding finding = {.what = "A published follow-up is not what its key signed.", .commitment = followup->promise};
    enum rond_err err = key == NULL ? ROND_EAUTH
                                    : followup_signature_verify(key->spki, followup->document,
                                                                bytes_of(followup->signature.b, SIGNATURE_SIZE));
    findings->followups++;
    return err == ROND_EAUTH || err == ROND_EINVALID ? findings_add(findings, &finding) : err;
}

static enum rond_err one_check(struct store *store, const struct followup *head, const struct followup_key *keys,
                               size_t count, struct findings *findings) {
    struct arena arena;
    struct followup followup;
    arena_init(&arena, FOLLOWUP_ARENA_BYTES_MAX);
    enum rond_err err = store->views->followup(store, head->promise, head->period, head->version, &arena, &followup);
    if (err == ROND_OK)
        err = check(&followup, key_of(keys, count, &followup.key_id), findings);
    arena_deinit(&arena);
    return err;
}

enum rond_err verify_followups(struct store *store, struct findings *findings) {
    struct arena arena;
    struct followup_key *keys = NULL;
    size_t keys_count = 0;
    uint64_t cursor = 0;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    enum rond_err err = store->views->followup_keys(store, &arena, &keys, &keys_count);
    while (err == ROND_OK) {
        struct followup *page = NULL;
        size_t count = 0;
        err = store->views->followups(store, NULL, cursor, READ_PAGE_ROWS, &arena, &page, &count, &cursor);
        for (size_t i = 0; i < count && err == ROND_OK; i++)
            err = one_check(store, &page[i], keys, keys_count, findings);
        if (cursor == 0)
            break;
    }
    arena_deinit(&arena);
    return err;
}
