#include "auth/identity.h"

#include <stdlib.h>
#include <string.h>

#include "base/planted.h"
#include "wire/codes.h"

enum {
    IDENTITY_ARENA_BYTES_MAX = 256 * 1024,
    PAGE_ARENA_BYTES_MAX = 4 * 1024 * 1024,
    PAGE_DEVICES_MAX = 500,
};

static struct id128 key_id(const struct hash256 *spki_hash) {
    struct id128 id;
    memcpy(id.b, spki_hash->b, sizeof id.b);
    return id;
}

void identities_init(struct identities *identities) {
    id_map_init(&identities->by_device);
    id_map_init(&identities->by_key);
}

static void identity_destroy(struct identity *identity) {
    if (!identity)
        return;
    arena_deinit(&identity->arena);
    free(identity);
}

void identities_deinit(struct identities *identities) {
    for (size_t i = 0; i < identities->by_device.capacity; i++)
        identity_destroy(identities->by_device.slots[i].value);
    id_map_deinit(&identities->by_device);
    id_map_deinit(&identities->by_key);
}

static enum rond_err identity_read(struct store *read_only, const struct id128 *device, struct identity **ret_identity) {
    struct identity *identity = calloc(1, sizeof *identity);
    if (!identity)
        return ROND_ENOMEM;
    arena_init_small(&identity->arena, IDENTITY_ARENA_BYTES_MAX);
    struct device_key *keys = NULL;
    enum rond_err err = read_only->registry->device_get(read_only, device, &identity->arena, &identity->device);
    if (!err)
        err = read_only->views->keys_of(read_only, device, &identity->arena, &keys, &identity->keys_count);
    if (err) {
        identity_destroy(identity);
        return err;
    }
    identity->keys = keys;
    *ret_identity = identity;
    return ROND_OK;
}

static void forget(struct identities *identities, const struct id128 *device) {
    struct identity *old = id_map_get(&identities->by_device, device);
    if (!old)
        return;
    id_map_remove(&identities->by_device, device);
    for (size_t i = 0; i < old->keys_count; i++) {
        struct id128 id = key_id(&old->keys[i].spki_hash);
        if (id_map_get(&identities->by_key, &id) == old)
            id_map_remove(&identities->by_key, &id);
    }
    identity_destroy(old);
}

// Owns the identity even where it fails; a device that cannot be remembered whole is not known at all.
static enum rond_err remember(struct identities *identities, struct identity *take_identity) {
    enum rond_err err = id_map_put(&identities->by_device, &take_identity->device.device, take_identity);
    if (err) {
        identity_destroy(take_identity);
        return err;
    }
    for (size_t i = 0; i < take_identity->keys_count && !err; i++) {
        struct id128 id = key_id(&take_identity->keys[i].spki_hash);
        err = id_map_put(&identities->by_key, &id, take_identity);
    }
    if (err)
        forget(identities, &take_identity->device.device);
    return err;
}

enum rond_err identities_refresh(struct identities *identities, struct store *read_only, const struct id128 *device) {
    struct identity *identity = NULL;
    struct id128 id = *device; // the caller's may live in what is forgotten
    if (PLANTED(REVOCATION_NOT_HEARD) && identity_by_device(identities, device) != NULL)
        return ROND_OK;
    enum rond_err err = identity_read(read_only, &id, &identity);
    forget(identities, &id);
    return err ? (err == ROND_ENOTFOUND ? ROND_OK : err) : remember(identities, identity);
}

enum rond_err identities_load(struct identities *identities, struct store *read_only) {
    struct arena arena;
    arena_init(&arena, PAGE_ARENA_BYTES_MAX);
    uint64_t cursor = 0;
    enum rond_err err = ROND_OK;
    do {
        struct device_record *devices = NULL;
        size_t count = 0;
        arena_reset(&arena);
        err = read_only->views->devices(read_only, cursor, PAGE_DEVICES_MAX, &arena, &devices, &count, &cursor);
        for (size_t i = 0; !err && i < count; i++)
            err = identities_refresh(identities, read_only, &devices[i].device);
    } while (!err && cursor);
    arena_deinit(&arena);
    return err;
}

const struct device_key *identity_key(const struct identity *identity, const struct hash256 *spki_hash) {
    for (size_t i = 0; i < identity->keys_count; i++)
        if (hash256_equal(&identity->keys[i].spki_hash, spki_hash))
            return &identity->keys[i];
    return NULL;
}

const struct identity *identity_by_key(const struct identities *identities, const struct hash256 *spki_hash) {
    struct id128 id = key_id(spki_hash);
    const struct identity *identity = id_map_get(&identities->by_key, &id);
    return identity && identity_key(identity, spki_hash) ? identity : NULL;
}

const struct identity *identity_by_device(const struct identities *identities, const struct id128 *device) {
    return id_map_get(&identities->by_device, device);
}

unsigned identity_check(const struct identity *identity) {
    if (!identity)
        return CODE_DEVICE_UNKNOWN;
    return identity->device.status == DEVICE_LOST ? CODE_DEVICE_REVOKED : CODE_NONE;
}

unsigned identity_check_key(const struct identity *identity, const struct hash256 *spki_hash) {
    unsigned code = identity_check(identity);
    if (code != CODE_NONE)
        return code;
    const struct device_key *key = identity_key(identity, spki_hash);
    return key && key->current ? CODE_NONE : CODE_DEVICE_UNKNOWN;
}
