// What the CA is made of, for the files that make it, change it and issue by it.
#ifndef AUTH_CA_INNER_H
#define AUTH_CA_INNER_H

#include <openssl/x509.h>

#include "auth/ca.h"

// One key with the certificate that it signed for itself.
struct authority {
    X509 *certificate;
    EVP_PKEY *key; // NULL: not here
    uint8_t *der;
    size_t der_size;
    struct hash256 spki_hash;
};

struct ca {
    struct authority authorities[CA_AUTHORITIES_MAX]; // the one that signs, then the one before
    size_t count;
    X509 *cross;             // where there are two: the first's key, certified by the second
    struct ca_keeper keeper; // all NULL: the keys are here
};

#endif
