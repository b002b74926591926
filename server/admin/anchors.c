#include "admin/anchors.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"

enum { ARENA_BYTES_MAX = 16 * 1024 * 1024, PAGE_ENTRIES = 500, ID_TEXT_SIZE = 2 * HASH_SIZE + 1 };

static void id_of(const struct ca *ca, size_t index, char ret_id[ID_TEXT_SIZE]) {
    struct hash256 hash;
    ca_authority_fingerprint(ca, index, &hash);
    hex_encode(bytes_of(hash.b, HASH_SIZE), ret_id);
}

static bool is_of(const struct ca *ca, const char *id) {
    char own[ID_TEXT_SIZE];
    for (size_t i = 0; i < ca_authorities(ca); i++) {
        id_of(ca, i, own);
        if (strcmp(own, id) == 0)
            return true;
    }
    return false;
}

static enum rond_err newest_revision(struct store *store, struct arena *arena, uint64_t *ret_newest) {
    Rond__V1__ReferenceEntry **entries;
    size_t count;
    // A page of none beyond the end of time.
    return store->views->reference(store, INT64_MAX, 1, arena, &entries, &count, ret_newest);
}

static enum rond_err put(struct store *store, const struct ca *ca, size_t index) {
    struct bytes certificate = ca_authority(ca, index);
    Rond__V1__TrustAnchor anchor = ROND__V1__TRUST_ANCHOR__INIT;
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    char id[ID_TEXT_SIZE];
    id_of(ca, index, id);
    anchor.certificate.data = (uint8_t *)(uintptr_t)certificate.data;
    anchor.certificate.len = certificate.size;
    entry.id = id;
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_TRUST_ANCHOR;
    entry.trust_anchor = &anchor;
    return store->registry->reference_put(store, &entry, NULL);
}

static enum rond_err remove_page(struct store *store, const struct ca *ca, Rond__V1__ReferenceEntry **entries,
                                 size_t count) {
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        Rond__V1__ReferenceEntry gone = *entries[i];
        if (gone.removed || gone.body_case != ROND__V1__REFERENCE_ENTRY__BODY_TRUST_ANCHOR || is_of(ca, gone.id))
            continue;
        gone.removed = true;
        err = store->registry->reference_put(store, &gone, NULL);
    }
    return err;
}

static enum rond_err remove_others(struct store *store, const struct ca *ca, uint64_t newest) {
    struct arena arena;
    uint64_t cursor = 0;
    size_t count = 0;
    enum rond_err err = ROND_OK;
    arena_init(&arena, ARENA_BYTES_MAX);
    do {
        Rond__V1__ReferenceEntry **entries = NULL;
        uint64_t last;
        arena_reset(&arena);
        err = store->views->reference(store, cursor, PAGE_ENTRIES, &arena, &entries, &count, &last);
        cursor = err == ROND_OK && count > 0 ? entries[count - 1]->revision : cursor;
        if (err == ROND_OK)
            err = remove_page(store, ca, entries, count);
    } while (err == ROND_OK && count > 0 && cursor < newest);
    arena_deinit(&arena);
    return err;
}

enum rond_err anchors_follow(struct store *store, const struct ca *ca, const char *actor, int64_t now_ms,
                             struct arena *arena, bool *ret_changed) {
    uint64_t before = 0, after = 0;
    enum rond_err err = newest_revision(store, arena, &before);
    for (size_t i = 0; i < ca_authorities(ca) && err == ROND_OK; i++)
        err = put(store, ca, i);
    if (err == ROND_OK)
        err = remove_others(store, ca, before);
    if (err == ROND_OK)
        err = newest_revision(store, arena, &after);
    if (err != ROND_OK)
        return err;
    *ret_changed = after > before;
    if (after == before || before == 0) // the first of a store that is being made
        return ROND_OK;
    char now[ID_TEXT_SIZE], former[ID_TEXT_SIZE] = "none", detail[2 * ID_TEXT_SIZE + 32];
    id_of(ca, 0, now);
    if (ca_authorities(ca) > 1)
        id_of(ca, 1, former);
    snprintf(detail, sizeof detail, "signs=%s also_trusted=%s", now, former);
    const struct audit_row row = {.at_ms = now_ms, .actor = actor, .action = "ca.trusted", .detail = detail};
    return store->registry->audit(store, &row);
}

// --- As the server's command ---

static enum rond_err anchors_run(struct submission *submission, struct store *store) {
    return anchors_follow(store, submission->command_context, "server", submission->received_ms, &submission->arena,
                          &submission->changes_catalogue);
}

enum rond_err admin_anchors(const struct ca *ca, int64_t now_ms, struct submission **ret_submission) {
    struct submission *submission = submission_create(SUBMISSION_COMMAND, ARENA_BYTES_MAX);
    if (submission == NULL)
        return ROND_ENOMEM;
    submission->command = anchors_run;
    submission->command_context = (void *)(uintptr_t)ca;
    submission->received_ms = now_ms;
    *ret_submission = submission;
    return ROND_OK;
}
