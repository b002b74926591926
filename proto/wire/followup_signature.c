#include "wire/followup_signature.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"

// Ed25519 takes the whole message at once.
static enum rond_err message_make(struct bytes document, struct buffer *message) {
    buffer_init(message, FOLLOWUP_DOCUMENT_BYTES_MAX + strlen(FOLLOWUP_DOMAIN));
    enum rond_err err = buffer_append(message, bytes_of_text(FOLLOWUP_DOMAIN));
    return err == ROND_OK ? buffer_append(message, document) : err;
}

// OpenSSL's own queue of errors must not be found by the next caller.
static enum rond_err forget(enum rond_err err) {
    ERR_clear_error();
    return err;
}

enum rond_err followup_signature_make(void *key, struct bytes document, struct signature *ret_signature) {
    struct buffer message;
    struct signature made;
    size_t size = sizeof made.b;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    enum rond_err err = message_make(document, &message);
    if (err == ROND_OK && (context == NULL || EVP_DigestSignInit(context, NULL, NULL, NULL, key) != 1 ||
                           EVP_DigestSign(context, made.b, &size, message.data, message.size) != 1 || size != sizeof made.b))
        err = forget(ROND_ENOMEM);
    if (err == ROND_OK)
        *ret_signature = made;
    EVP_MD_CTX_free(context);
    buffer_deinit(&message);
    return err;
}

static enum rond_err verify(EVP_PKEY *key, struct bytes document, struct bytes signature) {
    struct buffer message;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    enum rond_err err = message_make(document, &message);
    if (err == ROND_OK && (context == NULL || EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) != 1))
        err = forget(ROND_ENOMEM);
    if (err == ROND_OK && (signature.size != SIGNATURE_SIZE ||
                           EVP_DigestVerify(context, signature.data, signature.size, message.data, message.size) != 1))
        err = forget(ROND_EAUTH);
    EVP_MD_CTX_free(context);
    buffer_deinit(&message);
    return err;
}

enum rond_err followup_signature_verify(struct bytes spki, struct bytes document, struct bytes signature) {
    const uint8_t *at = spki.data;
    EVP_PKEY *key = spki.size == 0 || spki.size > 1024 ? NULL : d2i_PUBKEY(NULL, &at, (long)spki.size);
    enum rond_err err = key == NULL || at != spki.data + spki.size || EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519
                            ? forget(ROND_EINVALID)
                            : verify(key, document, signature);
    EVP_PKEY_free(key);
    return err;
}
