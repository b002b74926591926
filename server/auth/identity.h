// Who may talk: every device and key of the store, in memory, for the network thread. From the key in a certificate to
// the device, and whether it is still welcome: asked at the upgrade and again for every message, because TLS resumption
// skips the certificate check.
//
// Any key that a device has had leads to it, so that a refusal can say whose it was; the newest alone lets it in. A device
// that was lost may have been given to another handheld since, by a new code: it is active again then, and the old key is
// not.
#ifndef AUTH_IDENTITY_H
#define AUTH_IDENTITY_H

#include "auth/id_map.h"
#include "store/store.h"

struct identity {
    struct device_record device;
    const struct device_key *keys;
    size_t keys_count;
    struct arena arena; // everything above lives here
};

struct identities {
    struct id_map by_device; // struct identity
    struct id_map by_key;    // struct identity, by the first 16 bytes of the key's hash
};

void identities_init(struct identities *identities);
void identities_deinit(struct identities *identities);

// Reads all devices. Any error leaves what was there before the call or part of the new; start over or give up.
MUST_CHECK enum rond_err identities_load(struct identities *identities, struct store *read_only);
// Reads one device anew: it was enrolled, renewed or revoked. What identity_by_* gave for it is invalid afterwards. Where it
// cannot be read it is not known any more: what it was before is not trusted.
MUST_CHECK enum rond_err identities_refresh(struct identities *identities, struct store *read_only,
                                            const struct id128 *device);

// NULL where it is not enrolled here. Valid until the next refresh of that device.
const struct identity *identity_by_key(const struct identities *identities, const struct hash256 *spki_hash);
const struct identity *identity_by_device(const struct identities *identities, const struct id128 *device);
// CODE_NONE, CODE_DEVICE_UNKNOWN (identity is NULL) or CODE_DEVICE_REVOKED. A retired device may hand in its queue.
unsigned identity_check(const struct identity *identity);
// The same of whoever shows this key; CODE_DEVICE_UNKNOWN, too, where it is not the device's newest.
unsigned identity_check_key(const struct identity *identity, const struct hash256 *spki_hash);
// The key itself, NULL where the device does not have it.
const struct device_key *identity_key(const struct identity *identity, const struct hash256 *spki_hash);

#endif
