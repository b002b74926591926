#include "wire/sign.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#include "support/golden.h"

// The key with the private number 01 02 .. 20 (hexadecimal), and a signature made elsewhere.
#define POINT                                                                                                               \
    "515c3d6eb9e396b904d3feca7f54fdcd0cc1e997bf375dca515ad0a6c3b4035f4536be3a50f318fbf9a5475902a221502bef0d57e08c53b2cc0a5" \
    "6f17d9f9354"
#define NUMBER "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
static const char spki_hex[] = "3059301306072a8648ce3d020106082a8648ce3d03010703420004" POINT;
static const char compressed_hex[] =
    "3039301306072a8648ce3d020106082a8648ce3d03010703220002515c3d6eb9e396b904d3feca7f54fdcd0cc1e997bf375dca515ad0a6c3b4035f";
static const char off_curve_hex[] = "3059301306072a8648ce3d020106082a8648ce3d03010703420004"
                                    "515c3d6eb9e396b904d3feca7f54fdcd0cc1e997bf375dca515ad0a6c3b4035f"
                                    "4536be3a50f318fbf9a5475902a221502bef0d57e08c53b2cc0a56f17d9f9355";
static const char pkcs8_hex[] =
    "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420" NUMBER "a14403420004" POINT;
static const char sec1_hex[] = "307702010104"
                               "20" NUMBER "a00a06082a8648ce3d030107a14403420004" POINT;
static const char signature_hex[] = "1d67203f9c1e4a21c36a557f0820dc6e2476767770180e1e021c06fb6916e839"
                                    "b294a89b879266e06fbefba2282a259aa9bf8ef0c401ca61c6856c170ba6527e";
static const char secp256k1_hex[] = "3056301006072a8648ce3d020106052b8104000a03420004"
                                    "f01d6b9018ab421dd410404cb869072065522bf85734008f105cf385a023a80f"
                                    "0eba29d0f0c5408ed681984dc525982abefccd9f7ff01dd26da4999cf3f6a295";
static const char secp256k1_pkcs8_hex[] = "308184020100301006072a8648ce3d020106052b8104000a046d306b0201010420"
                                          "0000000000000000000000000000000000000000000000000000000000003039a14403420004"
                                          "f01d6b9018ab421dd410404cb869072065522bf85734008f105cf385a023a80f"
                                          "0eba29d0f0c5408ed681984dc525982abefccd9f7ff01dd26da4999cf3f6a295";

struct run {
    uint8_t b[256];
    size_t size;
};

static struct run from_hex(const char *hex) {
    struct run run = {.size = strlen(hex) / 2};
    assert_true(hex_decode(hex, run.b, run.size));
    return run;
}

static struct bytes bytes_of_run(const struct run *run) {
    return bytes_of(run->b, run->size);
}

static struct statement golden_statement(void) {
    struct id128 device = golden_id(GOLDEN_DEVICE), outbox = golden_id(GOLDEN_OUTBOX);
    struct hash256 head;
    assert_true(hex_decode("74282a0bfec473111ef32751e244e603352f243c156c96f5483ed01fd2199fab", head.b, HASH_SIZE));
    struct statement statement;
    statement_batch(&statement, &device, &outbox, 1, 3, &head);
    return statement;
}

static void statements_reach_the_golden_values(void **state) {
    struct id128 device = golden_id(GOLDEN_DEVICE), outbox = golden_id(GOLDEN_OUTBOX);
    struct statement statement = golden_statement();
    assert_hex(bytes_of(statement.b, statement.size),
               "726f6e64206261746368207631101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f00000000000000"
               "01000000000000000374282a0bfec473111ef32751e244e603352f243c156c96f5483ed01fd2199fab");
    struct hash256 head;
    assert_true(hex_decode("7cfec434ca69fda950ded8c9f53c9999c1cfba8028b8e58dbbf851253b2727aa", head.b, HASH_SIZE));
    statement_lost(&statement, &device, &outbox, 4, 9, &head);
    assert_hex(bytes_of(statement.b, statement.size),
               "726f6e64206c6f7374207631101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f0000000000000004"
               "00000000000000097cfec434ca69fda950ded8c9f53c9999c1cfba8028b8e58dbbf851253b2727aa");
    struct id128 nonce = golden_id(GOLDEN_NONCE);
    statement_renewal(&statement, &device, INT64_C(1431086400123), nonce.b, bytes_of_text("request"));
    assert_hex(bytes_of(statement.b, statement.size),
               "726f6e642072656e6577616c207631101112131415161718191a1b1c1d1e1f0000014d3365827b404142434445464748494a4b4c"
               "4d4e4f1f58b9145b24d108d7ac38887338b3ea3229833b9c1e418250343f907bfd1047");
}

static void a_signature_made_elsewhere_verifies(void **state) {
    struct run spki = from_hex(spki_hex), signature = from_hex(signature_hex);
    struct verify_key *key;
    assert_ok(verify_key_create(bytes_of_run(&spki), &key));
    struct statement statement = golden_statement();
    assert_ok(signature_verify(key, &statement, bytes_of_run(&signature)));
    verify_key_destroy(key);
}

static void a_key_that_is_decoded_already_is_shared(void **state) {
    struct run spki = from_hex(spki_hex), other = from_hex(secp256k1_hex), signature = from_hex(signature_hex);
    const unsigned char *der = bytes_of_run(&spki).data;
    EVP_PKEY *evp = d2i_PUBKEY(NULL, &der, (long)bytes_of_run(&spki).size);
    struct verify_key *key;
    assert_non_null(evp);
    assert_ok(verify_key_share(bytes_of_run(&spki), evp, &key));
    assert_err(ROND_EINVALID, verify_key_share(bytes_of_run(&other), evp, &key));
    EVP_PKEY_free(evp); // lives on in the verifying key
    struct statement statement = golden_statement();
    assert_ok(signature_verify(key, &statement, bytes_of_run(&signature)));
    verify_key_destroy(key);
}

static void what_one_key_signs_only_that_key_verifies_and_nothing_altered(void **state) {
    struct sign_key *mine, *other;
    assert_ok(sign_key_generate(&mine));
    assert_ok(sign_key_generate(&other));
    struct verify_key *keys[2];
    struct sign_key *const signers[2] = {mine, other};
    for (int i = 0; i < 2; i++) {
        uint8_t *der;
        size_t size;
        assert_ok(sign_key_spki(signers[i], &der, &size));
        assert_ok(verify_key_create(bytes_of(der, size), &keys[i]));
        free(der);
    }
    struct statement statement = golden_statement();
    for (int round = 0; round < 50; round++) { // short r or s come up now and then
        struct signature signature;
        assert_ok(signature_make(mine, &statement, &signature));
        assert_ok(signature_verify(keys[0], &statement, bytes_of(signature.b, SIGNATURE_SIZE)));
        assert_err(ROND_EAUTH, signature_verify(keys[1], &statement, bytes_of(signature.b, SIGNATURE_SIZE)));
        signature.b[round] ^= 1;
        assert_err(ROND_EAUTH, signature_verify(keys[0], &statement, bytes_of(signature.b, SIGNATURE_SIZE)));
        signature.b[round] ^= 1;
        statement.b[20] ^= 1;
        assert_err(ROND_EAUTH, signature_verify(keys[0], &statement, bytes_of(signature.b, SIGNATURE_SIZE)));
        statement.b[20] ^= 1;
    }
    assert_int_equal(ERR_peek_error(), 0);
    verify_key_destroy(keys[0]);
    verify_key_destroy(keys[1]);
    verify_key_destroy(NULL);
    sign_key_destroy(mine);
    sign_key_destroy(other);
    sign_key_destroy(NULL);
}

static void a_signature_of_another_size_or_of_zeros_or_too_large_is_refused(void **state) {
    struct run spki = from_hex(spki_hex);
    struct verify_key *key;
    assert_ok(verify_key_create(bytes_of_run(&spki), &key));
    struct statement statement = golden_statement();
    uint8_t signature[SIGNATURE_SIZE + 1] = {0};
    assert_err(ROND_EAUTH, signature_verify(key, &statement, bytes_of(NULL, 0)));
    assert_err(ROND_EAUTH, signature_verify(key, &statement, bytes_of(signature, SIGNATURE_SIZE - 1)));
    assert_err(ROND_EAUTH, signature_verify(key, &statement, bytes_of(signature, SIGNATURE_SIZE)));
    assert_err(ROND_EAUTH, signature_verify(key, &statement, bytes_of(signature, SIGNATURE_SIZE + 1)));
    memset(signature, 0xff, sizeof signature);
    assert_err(ROND_EAUTH, signature_verify(key, &statement, bytes_of(signature, SIGNATURE_SIZE)));
    assert_int_equal(ERR_peek_error(), 0);
    verify_key_destroy(key);
}

static void only_p256_keys_in_their_one_encoding_verify(void **state) {
    static const char *const refused[] = {"", "3059", secp256k1_hex, compressed_hex, off_curve_hex};
    for (size_t i = 0; i < ARRAY_COUNT(refused); i++) {
        struct run spki = from_hex(refused[i]);
        struct verify_key *key = NULL;
        assert_err(ROND_EINVALID, verify_key_create(bytes_of_run(&spki), &key));
        assert_null(key);
    }
    struct run longer = from_hex(spki_hex);
    struct verify_key *key = NULL;
    assert_err(ROND_EINVALID, verify_key_create(bytes_of(longer.b, longer.size + 1), &key));
    assert_int_equal(ERR_peek_error(), 0);
}

static void a_private_key_reads_from_both_forms_and_comes_back(void **state) {
    static const char *const forms[] = {pkcs8_hex, sec1_hex};
    for (size_t i = 0; i < ARRAY_COUNT(forms); i++) {
        struct run der = from_hex(forms[i]);
        struct sign_key *key;
        assert_ok(sign_key_from_der(bytes_of_run(&der), &key));
        uint8_t *written;
        size_t size;
        assert_ok(sign_key_pkcs8(key, &written, &size));
        assert_hex(bytes_of(written, size), pkcs8_hex);
        free(written);
        assert_ok(sign_key_spki(key, &written, &size));
        assert_hex(bytes_of(written, size), spki_hex);
        free(written);
        assert_non_null(sign_key_evp(key));
        sign_key_destroy(key);
    }
}

static void a_private_key_of_another_curve_or_kind_is_refused(void **state) {
    struct run der = from_hex(secp256k1_pkcs8_hex), longer = from_hex(pkcs8_hex);
    struct sign_key *key = NULL;
    assert_err(ROND_EINVALID, sign_key_from_der(bytes_of_run(&der), &key));
    assert_err(ROND_EINVALID, sign_key_from_der(bytes_of(longer.b, longer.size + 1), &key));
    assert_err(ROND_EINVALID, sign_key_from_der(bytes_of(longer.b, longer.size - 1), &key));
    assert_err(ROND_EINVALID, sign_key_from_der(bytes_of(NULL, 0), &key));
    EVP_PKEY *ed25519 = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    uint8_t *encoded = NULL;
    int size = i2d_PrivateKey(ed25519, &encoded);
    assert_true(size > 0);
    assert_err(ROND_EINVALID, sign_key_from_der(bytes_of(encoded, (size_t)size), &key));
    OPENSSL_free(encoded);
    EVP_PKEY_free(ed25519);
    assert_null(key);
    assert_int_equal(ERR_peek_error(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_reach_the_golden_values),
        cmocka_unit_test(a_signature_made_elsewhere_verifies),
        cmocka_unit_test(a_key_that_is_decoded_already_is_shared),
        cmocka_unit_test(what_one_key_signs_only_that_key_verifies_and_nothing_altered),
        cmocka_unit_test(a_signature_of_another_size_or_of_zeros_or_too_large_is_refused),
        cmocka_unit_test(only_p256_keys_in_their_one_encoding_verify),
        cmocka_unit_test(a_private_key_reads_from_both_forms_and_comes_back),
        cmocka_unit_test(a_private_key_of_another_curve_or_kind_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
