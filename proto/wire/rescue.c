#include "wire/rescue.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/openssl_err.h"
#include "base/sha256.h"

static const char magic[] = "rond rescue v1\n", kek_label[] = "rond rescue v1", key_label[] = "rond rescue key v1",
                  record_label[] = "rond rescue record v1";

enum {
    MAGIC_SIZE = sizeof magic - 1,
    KEY_SIZE = HASH_SIZE + RESCUE_POINT_SIZE + RESCUE_WRAPPED_SIZE,
    LABELLED_SIZE_MAX = 160,
    RECORD_BYTES_MAX = FRAME_BYTES_MAX + SEAL_OVERHEAD,
};

// --- Labels with what they are about ---

struct labelled {
    uint8_t b[LABELLED_SIZE_MAX];
    size_t size;
};

static void labelled_add(struct labelled *labelled, struct bytes bytes) {
    memcpy(labelled->b + labelled->size, bytes.data, bytes.size);
    labelled->size += bytes.size;
}

static struct labelled labelled_of(const char *label, const struct id128 *id) {
    struct labelled labelled = {0};
    labelled_add(&labelled, bytes_of_text(label));
    labelled_add(&labelled, bytes_of(id->b, ID_SIZE));
    return labelled;
}

static struct bytes labelled_bytes(const struct labelled *labelled) {
    return bytes_of(labelled->b, labelled->size);
}

static struct labelled of_key(const struct id128 *id, const struct hash256 *anchor) {
    struct labelled labelled = labelled_of(key_label, id);
    labelled_add(&labelled, bytes_of(anchor->b, HASH_SIZE));
    return labelled;
}

static struct labelled of_record(const struct id128 *id, uint64_t index) {
    uint8_t number[8];
    struct labelled labelled = labelled_of(record_label, id);
    put_be64(number, index);
    labelled_add(&labelled, bytes_of(number, sizeof number));
    return labelled;
}

// --- Agreement on a key ---

static enum rond_err peer_of(const uint8_t point[RESCUE_POINT_SIZE], EVP_PKEY **ret_key) {
    char group[] = "P-256";
    const OSSL_PARAM parts[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)point, RESCUE_POINT_SIZE),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    bool made = context != NULL && EVP_PKEY_fromdata_init(context) == 1 &&
                EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, (OSSL_PARAM *)(uintptr_t)parts) == 1;
    EVP_PKEY_CTX_free(context);
    enum rond_err err = openssl_err(ROND_ECORRUPT);
    if (!made)
        return err;
    *ret_key = key;
    return ROND_OK;
}

static enum rond_err derive(EVP_PKEY *private_key, EVP_PKEY *peer, uint8_t ret_secret[RESCUE_SECRET_SIZE]) {
    size_t size = RESCUE_SECRET_SIZE;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(private_key, NULL);
    bool derived = context != NULL && EVP_PKEY_derive_init(context) == 1 && EVP_PKEY_derive_set_peer(context, peer) == 1 &&
                   EVP_PKEY_derive(context, ret_secret, &size) == 1 && size == RESCUE_SECRET_SIZE;
    EVP_PKEY_CTX_free(context);
    enum rond_err err = openssl_err(ROND_ECORRUPT);
    return derived ? ROND_OK : err;
}

enum rond_err rescue_agree(void *private_key, const uint8_t point[RESCUE_POINT_SIZE],
                           uint8_t ret_secret[RESCUE_SECRET_SIZE]) {
    EVP_PKEY *peer = NULL;
    enum rond_err err = peer_of(point, &peer);
    if (err == ROND_OK)
        err = derive(private_key, peer, ret_secret);
    EVP_PKEY_free(peer);
    return err;
}

static enum rond_err kek_make(const uint8_t secret[RESCUE_SECRET_SIZE], const struct id128 *id, const struct rescue_key *key,
                              struct seal_key *ret_kek) {
    char digest[] = "SHA256";
    struct labelled info = labelled_of(kek_label, id);
    labelled_add(&info, bytes_of(key->anchor.b, HASH_SIZE));
    labelled_add(&info, bytes_of(key->point, RESCUE_POINT_SIZE));
    const OSSL_PARAM parts[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)secret, RESCUE_SECRET_SIZE),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.b, info.size),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF *hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = hkdf != NULL ? EVP_KDF_CTX_new(hkdf) : NULL;
    bool made = context != NULL && EVP_KDF_derive(context, ret_kek->b, SEAL_KEY_SIZE, parts) == 1;
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(hkdf);
    ERR_clear_error();
    return made ? ROND_OK : ROND_ENOMEM;
}

// --- Writing ---

static EVP_PKEY *anchor_key(struct bytes certificate, struct hash256 *ret_hash) {
    const unsigned char *at = certificate.data;
    uint8_t *spki = NULL;
    X509 *parsed = d2i_X509(NULL, &at, (long)certificate.size);
    EVP_PKEY *key = parsed != NULL ? X509_get_pubkey(parsed) : NULL;
    int size = key != NULL ? i2d_PUBKEY(key, &spki) : -1;
    if (size > 0)
        sha256_of(bytes_of(spki, (size_t)size), ret_hash);
    OPENSSL_free(spki);
    X509_free(parsed);
    if (size > 0)
        return key;
    EVP_PKEY_free(key);
    return NULL;
}

static bool point_of(EVP_PKEY *key, uint8_t ret_point[RESCUE_POINT_SIZE]) {
    unsigned char *encoded = NULL;
    size_t size = EVP_PKEY_get1_encoded_public_key(key, &encoded);
    bool fits = size == RESCUE_POINT_SIZE;
    if (fits)
        memcpy(ret_point, encoded, RESCUE_POINT_SIZE);
    OPENSSL_free(encoded);
    return fits;
}

static enum rond_err key_wrap(struct rescue_writer *writer, EVP_PKEY *anchor, EVP_PKEY *ephemeral, struct rescue_key *key) {
    uint8_t secret[RESCUE_SECRET_SIZE];
    struct seal_key kek;
    struct buffer wrapped;
    buffer_init(&wrapped, RESCUE_WRAPPED_SIZE);
    enum rond_err err = point_of(ephemeral, key->point) ? derive(ephemeral, anchor, secret) : openssl_err(ROND_EINVALID);
    if (err == ROND_OK)
        err = kek_make(secret, &writer->id, key, &kek);
    struct labelled place = of_key(&writer->id, &key->anchor);
    if (err == ROND_OK)
        err = seal(&kek, writer->rng, labelled_bytes(&place), bytes_of(writer->key.b, SEAL_KEY_SIZE), &wrapped);
    if (err == ROND_OK)
        memcpy(key->wrapped, wrapped.data, RESCUE_WRAPPED_SIZE);
    buffer_deinit(&wrapped);
    bytes_wipe(secret, sizeof secret);
    bytes_wipe(&kek, sizeof kek);
    return err;
}

static enum rond_err key_append(struct rescue_writer *writer, struct bytes certificate, struct buffer *to) {
    struct rescue_key key = {0};
    EVP_PKEY *anchor = anchor_key(certificate, &key.anchor);
    EVP_PKEY *ephemeral = anchor != NULL ? EVP_EC_gen("P-256") : NULL;
    enum rond_err err = ephemeral != NULL ? key_wrap(writer, anchor, ephemeral, &key) : openssl_err(ROND_EINVALID);
    EVP_PKEY_free(ephemeral);
    EVP_PKEY_free(anchor);
    ERR_clear_error();
    if (err == ROND_OK)
        err = buffer_append(to, bytes_of(key.anchor.b, HASH_SIZE));
    if (err == ROND_OK)
        err = buffer_append(to, bytes_of(key.point, RESCUE_POINT_SIZE));
    return err == ROND_OK ? buffer_append(to, bytes_of(key.wrapped, RESCUE_WRAPPED_SIZE)) : err;
}

enum rond_err rescue_begin(struct rescue_writer *writer, const struct rng *rng, const struct bytes *anchors,
                           size_t anchors_count, struct buffer *to) {
    *writer = (struct rescue_writer){.rng = rng};
    rng_fill(rng, writer->id.b, ID_SIZE);
    rng_fill(rng, writer->key.b, SEAL_KEY_SIZE);
    if (anchors_count == 0 || anchors_count > TRUST_ANCHORS_MAX)
        return ROND_EINVALID;
    const uint8_t count = (uint8_t)anchors_count;
    enum rond_err err = buffer_append(to, bytes_of(magic, MAGIC_SIZE));
    if (err == ROND_OK)
        err = buffer_append(to, bytes_of(writer->id.b, ID_SIZE));
    if (err == ROND_OK)
        err = buffer_append(to, bytes_of(&count, 1));
    for (size_t i = 0; i < anchors_count && err == ROND_OK; i++)
        err = key_append(writer, anchors[i], to);
    return err;
}

enum rond_err rescue_add(struct rescue_writer *writer, struct bytes content, struct buffer *to) {
    uint8_t size[4];
    struct labelled place = of_record(&writer->id, writer->index);
    put_be32(size, (uint32_t)(content.size + SEAL_OVERHEAD));
    enum rond_err err = content.size <= FRAME_BYTES_MAX ? buffer_append(to, bytes_of(size, sizeof size)) : ROND_EINVALID;
    if (err == ROND_OK)
        err = seal(&writer->key, writer->rng, labelled_bytes(&place), content, to);
    writer->index++;
    return err;
}

void rescue_end(struct rescue_writer *writer) {
    bytes_wipe(&writer->key, sizeof writer->key);
}

// --- Reading ---

static struct bytes take(struct bytes *rest, size_t size) {
    struct bytes taken = bytes_of(rest->data, size);
    *rest = bytes_of(rest->data + size, rest->size - size);
    return taken;
}

enum rond_err rescue_read(struct bytes file, struct rescue_reader *ret_reader) {
    struct rescue_reader reader = {.rest = file};
    if (file.size < MAGIC_SIZE + ID_SIZE + 1 || memcmp(file.data, magic, MAGIC_SIZE) != 0)
        return ROND_EINVALID;
    (void)take(&reader.rest, MAGIC_SIZE);
    memcpy(reader.id.b, take(&reader.rest, ID_SIZE).data, ID_SIZE);
    reader.keys_count = take(&reader.rest, 1).data[0];
    if (reader.keys_count == 0 || reader.keys_count > TRUST_ANCHORS_MAX || reader.rest.size < reader.keys_count * KEY_SIZE)
        return ROND_EINVALID;
    for (size_t i = 0; i < reader.keys_count; i++) {
        memcpy(reader.keys[i].anchor.b, take(&reader.rest, HASH_SIZE).data, HASH_SIZE);
        memcpy(reader.keys[i].point, take(&reader.rest, RESCUE_POINT_SIZE).data, RESCUE_POINT_SIZE);
        memcpy(reader.keys[i].wrapped, take(&reader.rest, RESCUE_WRAPPED_SIZE).data, RESCUE_WRAPPED_SIZE);
    }
    *ret_reader = reader;
    return ROND_OK;
}

const struct rescue_key *rescue_key_for(const struct rescue_reader *reader, const struct hash256 *anchor) {
    for (size_t i = 0; i < reader->keys_count; i++)
        if (hash256_equal(&reader->keys[i].anchor, anchor))
            return &reader->keys[i];
    return NULL;
}

enum rond_err rescue_open(struct rescue_reader *reader, const struct rescue_key *key,
                          const uint8_t secret[RESCUE_SECRET_SIZE]) {
    struct seal_key kek;
    struct buffer plain;
    struct labelled place = of_key(&reader->id, &key->anchor);
    buffer_init(&plain, SEAL_KEY_SIZE);
    enum rond_err err = kek_make(secret, &reader->id, key, &kek);
    if (err == ROND_OK)
        err = unseal(&kek, labelled_bytes(&place), bytes_of(key->wrapped, RESCUE_WRAPPED_SIZE), &plain);
    if (err == ROND_OK && plain.size != SEAL_KEY_SIZE)
        err = ROND_ECORRUPT;
    if (err == ROND_OK)
        memcpy(reader->key.b, plain.data, SEAL_KEY_SIZE);
    if (plain.data != NULL)
        bytes_wipe(plain.data, plain.capacity);
    buffer_deinit(&plain);
    bytes_wipe(&kek, sizeof kek);
    return err;
}

enum rond_err rescue_next(struct rescue_reader *reader, struct buffer *ret_content) {
    struct labelled place = of_record(&reader->id, reader->index++);
    buffer_clear(ret_content);
    if (reader->rest.size < 4)
        return ROND_ECORRUPT;
    size_t size = get_be32(take(&reader->rest, 4).data);
    if (size > RECORD_BYTES_MAX || size > reader->rest.size)
        return ROND_ECORRUPT;
    enum rond_err err = unseal(&reader->key, labelled_bytes(&place), take(&reader->rest, size), ret_content);
    bool is_end = err == ROND_OK && ret_content->size == 0;
    return is_end && reader->rest.size > 0 ? ROND_ECORRUPT : err;
}

void rescue_close(struct rescue_reader *reader) {
    bytes_wipe(&reader->key, sizeof reader->key);
}
