// The app's keystore as the rest of the SDK sees it: the outbox key, an OpenSSL key whose signing goes through the
// callback (so TLS and the certificate request never see the private key), and batch signatures.
#ifndef CLIENT_KEYSTORE_H
#define CLIENT_KEYSTORE_H

#include <openssl/evp.h>

#include "base/err.h"
#include "rond/rond.h"
#include "wire/seal.h"
#include "wire/sign.h"

struct keystore;

// Copies the callbacks. Asks for nothing yet.
MUST_CHECK enum rond_err keystore_create(const rond_keystore *callbacks, struct keystore **ret_keystore);
void keystore_destroy(struct keystore *keystore); // calls release
MUST_CHECK enum rond_err keystore_outbox_key(struct keystore *keystore, struct seal_key *ret_key);
// Fits device_config.sign with the keystore as context.
enum rond_err keystore_sign(void *keystore, const struct statement *statement, struct signature *ret_signature);
// A key for SSL_CTX_use_PrivateKey and X509_REQ_sign whose signatures come from the callback. Borrowed.
MUST_CHECK enum rond_err keystore_evp(struct keystore *keystore, EVP_PKEY **ret_key);
// What the last signature that OpenSSL asked for came to; OpenSSL itself tells only that there was none.
enum rond_err keystore_signing_err(const struct keystore *keystore);
MUST_CHECK enum rond_err keystore_spki(struct keystore *keystore, struct bytes *ret_spki); // borrowed

#endif
