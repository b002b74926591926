// An edit of a promise. What was promised before stays readable for ever: each edit is a version of its own, and figures
// say under which one they are counted. A promise does not go back in its life, and a closed one does not change.
#include <stdlib.h>
#include <string.h>

#include "admin/inner.h"

static Rond__V1__Life life_of(const Rond__V1__Promise *promise) {
    return promise->n_lives == 0 ? ROND__V1__LIFE__LIFE_ACTIVE : promise->lives[promise->n_lives - 1]->life;
}

static enum rond_err pack(const Rond__V1__Promise *promise, struct arena *arena, struct bytes *ret_packed) {
    size_t size = rond__v1__promise__get_packed_size(promise);
    uint8_t *bytes = arena_array(arena, size + 1, 1);
    if (bytes == NULL) {
        return ROND_ENOMEM;
    }
    *ret_packed = bytes_of(bytes, rond__v1__promise__pack(promise, bytes));
    return ROND_OK;
}

// The same but for the number of the version?
static enum rond_err is_same(Rond__V1__Promise *promise, const Rond__V1__Promise *before, struct arena *arena,
                             bool *ret_same) {
    struct bytes left, right;
    promise->version = before->version;
    enum rond_err err = pack(promise, arena, &left);
    if (err == ROND_OK) {
        err = pack(before, arena, &right);
    }
    if (err == ROND_OK) {
        *ret_same = bytes_equal(left, right);
    }
    return err;
}

static enum rond_err edit_check(const Rond__V1__Promise *promise, const Rond__V1__Promise *before, struct fault *fault) {
    static const char *const names[] = {"", "draft", "agreed", "active", "followed up", "closed"};
    static const char *const names_sv[] = {"", "utkast", "överenskommet", "aktivt", "uppföljt", "avslutat"};
    if (life_of(before) == ROND__V1__LIFE__LIFE_CLOSED) {
        return fault_both(fault, ROND_ECONFLICT, 0, "life", "Promise '%s' is closed; it does not change any more.",
                          "Löftet ”%s” är avslutat; det ändras inte längre.", promise->id);
    }
    if (life_of(promise) < life_of(before)) {
        (void)fault_set(fault, ROND_ECONFLICT, 0, "life", "Promise '%s' is %s already; it does not go back to %s.",
                        promise->id, names[life_of(before)], names[life_of(promise)]);
        return fault_in_swedish(fault, ROND_ECONFLICT, "Löftet ”%s” är redan %s; det går inte tillbaka till %s.",
                                promise->id, names_sv[life_of(before)], names_sv[life_of(promise)]);
    }
    return ROND_OK;
}

// Did somebody else put another version since the one that was seen?
static enum rond_err expected_check(const struct admin_change *change, const char *promise, uint32_t version,
                                    struct fault *fault) {
    for (size_t i = 0; i < change->expected_count; i++) {
        if (strcmp(change->expected[i].promise, promise) == 0 && change->expected[i].version != version) {
            return fault_both(fault, ROND_ECONFLICT, 0, "expected_versions",
                              "Promise '%.64s' is at version %u now, not %u; look at what changed, and decide anew.",
                              "Löftet ”%.64s” är nu i version %u, inte %u; titta på vad som ändrats och besluta på nytt.",
                              promise, version, change->expected[i].version);
        }
    }
    return ROND_OK;
}

static enum rond_err version_put(const struct admin_change *change, struct store *store, Rond__V1__Promise *promise,
                                 uint32_t version) {
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    entry.id = promise->id;
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_PROMISE;
    entry.promise = promise;
    promise->version = version;
    enum rond_err err = store->registry->reference_put(store, &entry, &entry.revision);
    const struct promise_version row = {version, change->now_ms, change->actor, &entry};
    return err == ROND_OK ? store->registry->promise_version_put(store, &row) : err;
}

enum rond_err promise_edit(const struct admin_change *change, struct store *store, Rond__V1__Promise *promise,
                           struct arena *arena, struct fault *fault) {
    struct promise_version *versions = NULL;
    size_t count = 0;
    bool same = false;
    enum rond_err err = store->views->promise_versions(store, promise->id, arena, &versions, &count);
    if (err != ROND_OK) {
        return err;
    }
    if (count == 0) {
        err = expected_check(change, promise->id, 0, fault);
        return err == ROND_OK ? version_put(change, store, promise, 1) : err;
    }
    const struct promise_version *before = &versions[count - 1];
    err = is_same(promise, before->entry->promise, arena, &same);
    if (err == ROND_OK && same) { // and there again, where it was removed
        Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
        entry.id = promise->id;
        entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_PROMISE;
        entry.promise = promise;
        return store->registry->reference_put(store, &entry, NULL);
    }
    if (err == ROND_OK) {
        err = expected_check(change, promise->id, before->version, fault);
    }
    if (err == ROND_OK) {
        err = edit_check(promise, before->entry->promise, fault);
    }
    return err == ROND_OK ? version_put(change, store, promise, before->version + 1) : err;
}
