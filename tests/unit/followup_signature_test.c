// wire/followup_signature.c: what Ed25519 signs, and that nothing else passes.
#include "wire/followup_signature.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#include "support/test.h"

static EVP_PKEY *key;
static uint8_t *spki;
static size_t spki_size;

static int make_key(void **state) {
    // RFC 8032, 7.1, test 1: the secret key
    static const uint8_t SECRET[32] = {0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a,
                                       0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32,
                                       0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60};
    key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, SECRET, sizeof SECRET);
    spki = NULL;
    spki_size = (size_t)i2d_PUBKEY(key, &spki);
    return key == NULL;
}
static int free_key(void **state) {
    EVP_PKEY_free(key);
    OPENSSL_free(spki);
    return 0;
}

static enum rond_err check(const char *document, const struct signature *signature) {
    return followup_signature_verify(bytes_of(spki, spki_size), bytes_of_text(document),
                                     bytes_of(signature->b, SIGNATURE_SIZE));
}

static void a_document_verifies_as_it_was_signed_and_no_other(void **state) {
    struct signature signature, other;
    assert_ok(followup_signature_make(key, bytes_of_text("{}\n"), &signature));
    assert_ok(check("{}\n", &signature));
    assert_err(ROND_EAUTH, check("{}", &signature));
    assert_err(ROND_EAUTH, check("", &signature));
    other = signature;
    other.b[40] ^= 1;
    assert_err(ROND_EAUTH, check("{}\n", &other));
    assert_err(ROND_EAUTH, followup_signature_verify(bytes_of(spki, spki_size), bytes_of_text("{}\n"),
                                                     bytes_of(signature.b, SIGNATURE_SIZE - 1)));
}

static void the_same_document_has_the_same_signature(void **state) {
    struct signature one, two;
    assert_ok(followup_signature_make(key, bytes_of_text("{}\n"), &one));
    assert_ok(followup_signature_make(key, bytes_of_text("{}\n"), &two));
    assert_memory_equal(one.b, two.b, SIGNATURE_SIZE);
}

// What is signed begins with words of its own, so that a bare Ed25519 signature over the document is none.
static void a_signature_over_the_document_alone_is_refused(void **state) {
    struct signature bare;
    size_t size = SIGNATURE_SIZE;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(context, NULL, NULL, NULL, key), 1);
    assert_int_equal(EVP_DigestSign(context, bare.b, &size, (const uint8_t *)"{}\n", 3), 1);
    EVP_MD_CTX_free(context);
    assert_err(ROND_EAUTH, check("{}\n", &bare));
    context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(context, NULL, NULL, NULL, key), 1);
    assert_int_equal(EVP_DigestSign(context, bare.b, &size, (const uint8_t *)"rond statement v1{}\n", 20), 1);
    EVP_MD_CTX_free(context);
    assert_ok(check("{}\n", &bare));
}

static void what_is_no_ed25519_key_is_refused(void **state) {
    struct signature signature;
    struct sign_key *p256;
    uint8_t *der;
    size_t size;
    assert_ok(followup_signature_make(key, bytes_of_text("{}\n"), &signature));
    assert_ok(sign_key_generate(&p256));
    assert_ok(sign_key_spki(p256, &der, &size));
    struct bytes signed_by = bytes_of(signature.b, SIGNATURE_SIZE);
    assert_err(ROND_EINVALID, followup_signature_verify(bytes_of(der, size), bytes_of_text("{}\n"), signed_by));
    assert_err(ROND_EINVALID, followup_signature_verify(bytes_of(spki, spki_size - 1), bytes_of_text("{}\n"), signed_by));
    assert_err(ROND_EINVALID, followup_signature_verify(bytes_of(NULL, 0), bytes_of_text("{}\n"), signed_by));
    sign_key_destroy(p256);
    free(der);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_verifies_as_it_was_signed_and_no_other),
        cmocka_unit_test(the_same_document_has_the_same_signature),
        cmocka_unit_test(a_signature_over_the_document_alone_is_refused),
        cmocka_unit_test(what_is_no_ed25519_key_is_refused),
    };
    return cmocka_run_group_tests(tests, make_key, free_key);
}
