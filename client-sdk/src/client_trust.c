// Whom the device trusts: the authorities that the answer to its enrolment or last renewal named, and what reference data
// has said since (the answer clears that). One that was taken back stays noted until then, so that it is not trusted for
// having been named before.
#include <openssl/err.h>
#include <openssl/x509.h>
#include <string.h>

#include "base/sha256.h"
#include "client_internal.h"

enum { ID_SIZE_TEXT = 2 * HASH_SIZE + 1 };

// As the server names an authority: SHA-256 of its SubjectPublicKeyInfo. "" where it cannot be read.
static void id_of(struct bytes der, char ret_id[ID_SIZE_TEXT]) {
    const unsigned char *at = der.data;
    unsigned char *spki = NULL;
    X509 *certificate = d2i_X509(NULL, &at, (long)der.size);
    int size = certificate == NULL ? -1 : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki);
    struct hash256 hash;
    ret_id[0] = '\0';
    if (size > 0) {
        sha256_of(bytes_of(spki, (size_t)size), &hash);
        hex_encode(bytes_of(hash.b, HASH_SIZE), ret_id);
    }
    OPENSSL_free(spki);
    X509_free(certificate);
    ERR_clear_error();
}

static bool is_taken_back(Rond__V1__ReferenceEntry *const *entries, size_t count, struct bytes certificate) {
    char id[ID_SIZE_TEXT];
    id_of(certificate, id);
    for (size_t i = 0; i < count; i++)
        if (entries[i]->removed && strcmp(entries[i]->id, id) == 0)
            return true;
    return false;
}

static bool is_there(const struct client_trust *trust, struct bytes certificate) {
    for (size_t i = 0; i < trust->anchors_count; i++)
        if (bytes_equal(trust->anchors[i], certificate))
            return true;
    return false;
}

enum rond_err client_trust_load(rond *r, struct arena *arena, struct client_trust *ret_trust) {
    const struct enrolment *enrolment = &r->enrolment;
    struct client_trust trust = {.anchors = arena_array(arena, TRUST_ANCHORS_MAX, sizeof *trust.anchors)};
    Rond__V1__ReferenceEntry **entries;
    size_t count;
    enum rond_err err =
        outbox_reference_list(r->outbox, ROND__V1__REFERENCE_ENTRY__BODY_TRUST_ANCHOR, arena, &entries, &count);
    if (err == ROND_OK && trust.anchors == NULL)
        err = ROND_ENOMEM;
    if (err != ROND_OK)
        return err;
    for (size_t i = 0; i < enrolment->anchors_count; i++)
        if (!is_taken_back(entries, count, enrolment->anchors[i]) &&
            !arena_copy(arena, enrolment->anchors[i], &trust.anchors[trust.anchors_count++]))
            return ROND_ENOMEM;
    for (size_t i = 0; i < count && trust.anchors_count < TRUST_ANCHORS_MAX; i++) {
        if (entries[i]->removed)
            continue;
        struct bytes certificate =
            bytes_of(entries[i]->trust_anchor->certificate.data, entries[i]->trust_anchor->certificate.len);
        if (is_there(&trust, certificate))
            continue;
        trust.anchors[trust.anchors_count++] = certificate;
        trust.has_newer = true;
    }
    *ret_trust = trust;
    return ROND_OK;
}
