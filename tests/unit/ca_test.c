// Tests: server/auth/ca.c server/auth/ca_issue.c server/auth/key_file.c
#include "auth/ca.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sha256.h"
#include "support/test.h"

static char directory[64];
static int64_t now_ms;

static void remove_files(void) {
    char path[96];
    snprintf(path, sizeof path, "%s/ca.key", directory);
    unlink(path);
    snprintf(path, sizeof path, "%s/ca.crt", directory);
    unlink(path);
}

static int setup(void **state) {
    strcpy(directory, "/tmp/rond-ca-XXXXXX");
    now_ms = clock_wall_ms(clock_system());
    return mkdtemp(directory) == NULL || ca_create(directory, "Rond CA test", rng_system(), now_ms, NULL) != ROND_OK;
}

static int teardown(void **state) {
    remove_files();
    return rmdir(directory);
}

static struct ca *ca(void) {
    struct ca *opened;
    assert_ok(ca_open(directory, &opened, NULL));
    return opened;
}

static X509 *decode(struct bytes der) {
    const unsigned char *at = der.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)der.size);
    assert_non_null(certificate);
    return certificate;
}

static bool chains(const struct ca *issuer, X509 *certificate, int purpose, int64_t at_ms) {
    X509_STORE *store = X509_STORE_new();
    X509 *root = decode(ca_certificate(issuer));
    X509_STORE_add_cert(store, root);
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_STORE_CTX_init(context, store, certificate, NULL);
    X509_STORE_CTX_set_purpose(context, purpose);
    X509_STORE_CTX_set_flags(context, X509_V_FLAG_X509_STRICT);
    X509_STORE_CTX_set_time(context, 0, (time_t)(at_ms / 1000));
    bool valid = X509_verify_cert(context) == 1;
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    X509_free(root);
    return valid;
}

// A request for `key` signed by `signer`, DER.
static size_t request_make(EVP_PKEY *key, EVP_PKEY *signer, uint8_t *ret_der) {
    X509_REQ *request = X509_REQ_new();
    X509_REQ_set_pubkey(request, key);
    X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request), "CN", MBSTRING_UTF8,
                               (const unsigned char *)"somebody else", -1, -1, 0);
    assert_true(X509_REQ_sign(request, signer, EVP_sha256()) > 0);
    uint8_t *at = ret_der;
    int size = i2d_X509_REQ(request, &at);
    X509_REQ_free(request);
    return (size_t)size;
}

static void a_device_certificate_names_the_device_and_nothing_of_the_request(void **state) {
    struct ca *issuer = ca();
    EVP_PKEY *key = EVP_EC_gen("P-256");
    uint8_t request[4096];
    size_t size = request_make(key, key, request);
    struct buffer spki, der;
    buffer_init(&spki, 1000);
    buffer_init(&der, 4000);
    assert_ok(ca_request_key(bytes_of(request, size), &spki));
    const struct id128 device = {{0xab, 0xcd}};
    assert_ok(ca_issue_device(issuer, buffer_bytes(&spki), &device, 14, rng_system(), now_ms, &der));
    X509 *certificate = decode(buffer_bytes(&der));
    char name[100];
    X509_NAME_oneline(X509_get_subject_name(certificate), name, sizeof name);
    assert_string_equal(name, "/CN=abcd0000000000000000000000000000");
    assert_true(chains(issuer, certificate, X509_PURPOSE_SSL_CLIENT, now_ms));
    assert_false(chains(issuer, certificate, X509_PURPOSE_SSL_SERVER, now_ms));
    assert_true(chains(issuer, certificate, X509_PURPOSE_SSL_CLIENT, now_ms + INT64_C(14) * 86400000 - 10000));
    assert_false(chains(issuer, certificate, X509_PURPOSE_SSL_CLIENT, now_ms + INT64_C(14) * 86400000 + 10000));
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    assert_int_equal(sk_GENERAL_NAME_num(names), 1);
    const GENERAL_NAME *uri = sk_GENERAL_NAME_value(names, 0);
    assert_int_equal(uri->type, GEN_URI);
    assert_string_equal((const char *)ASN1_STRING_get0_data(uri->d.ia5), "urn:rond:device:abcd0000000000000000000000000000");
    GENERAL_NAMES_free(names);
    assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(certificate), key), 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
    buffer_deinit(&spki);
    buffer_deinit(&der);
    ca_close(issuer);
}

static void only_a_request_signed_by_its_own_p256_key_is_read(void **state) {
    EVP_PKEY *key = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256"), *curve = EVP_EC_gen("P-384"),
             *rsa = EVP_RSA_gen(2048);
    uint8_t request[4096];
    struct buffer spki;
    buffer_init(&spki, 1000);
    size_t size = request_make(key, other, request);
    assert_err(ROND_EINVALID, ca_request_key(bytes_of(request, size), &spki));
    size = request_make(curve, curve, request);
    assert_err(ROND_EINVALID, ca_request_key(bytes_of(request, size), &spki));
    size = request_make(rsa, rsa, request);
    assert_err(ROND_EINVALID, ca_request_key(bytes_of(request, size), &spki));
    size = request_make(key, key, request);
    request[size] = 0;
    assert_err(ROND_EINVALID, ca_request_key(bytes_of(request, size + 1), &spki));
    assert_err(ROND_EINVALID, ca_request_key(bytes_of(request, size - 1), &spki));
    assert_err(ROND_EINVALID, ca_request_key(bytes_of(NULL, 0), &spki));
    for (size_t i = 0; i < size; i++) {
        request[i] ^= 0x20;
        assert_err(ROND_EINVALID, ca_request_key(bytes_of(request, size), &spki));
        request[i] ^= 0x20;
    }
    assert_int_equal(spki.size, 0);
    assert_ok(ca_request_key(bytes_of(request, size), &spki));
    buffer_deinit(&spki);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
    EVP_PKEY_free(curve);
    EVP_PKEY_free(rsa);
}

static void a_server_certificate_covers_exactly_the_names_given(void **state) {
    struct ca *issuer = ca();
    struct buffer chain, key;
    const char *names[] = {"rond.example", "127.0.0.1", "::1"};
    buffer_init(&chain, 10000);
    buffer_init(&key, 10000);
    assert_ok(ca_issue_server(issuer, names, 3, 90, rng_system(), now_ms, &chain, &key));
    BIO *bio = BIO_new_mem_buf(chain.data, (int)chain.size);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    X509 *root = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    bio = BIO_new_mem_buf(key.data, (int)key.size);
    EVP_PKEY *private_key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    assert_int_equal(X509_check_private_key(certificate, private_key), 1);
    assert_true(chains(issuer, certificate, X509_PURPOSE_SSL_SERVER, now_ms));
    assert_false(chains(issuer, certificate, X509_PURPOSE_SSL_CLIENT, now_ms));
    assert_int_equal(X509_check_host(certificate, "rond.example", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(certificate, "evil.example", 0, 0, NULL), 0);
    assert_int_equal(X509_check_ip_asc(certificate, "127.0.0.1", 0), 1);
    assert_int_equal(X509_check_ip_asc(certificate, "::1", 0), 1);
    assert_int_equal(X509_check_ip_asc(certificate, "127.0.0.2", 0), 0);
    X509 *own = decode(ca_certificate(issuer));
    assert_int_equal(X509_cmp(own, root), 0);
    const char *hostile[] = {"a,DNS:evil.example"}, *empty[] = {""};
    assert_err(ROND_EINVALID, ca_issue_server(issuer, hostile, 1, 90, rng_system(), now_ms, &chain, &key));
    assert_err(ROND_EINVALID, ca_issue_server(issuer, empty, 1, 90, rng_system(), now_ms, &chain, &key));
    assert_err(ROND_EINVALID, ca_issue_server(issuer, names, 0, 90, rng_system(), now_ms, &chain, &key));
    X509_free(own);
    X509_free(root);
    X509_free(certificate);
    EVP_PKEY_free(private_key);
    buffer_deinit(&chain);
    buffer_deinit(&key);
    ca_close(issuer);
}

static void the_ca_is_the_same_at_every_opening_and_never_replaced(void **state) {
    struct ca *first = ca();
    struct hash256 before, after, spki_hash;
    struct fault fault = {0};
    ca_spki_fingerprint(first, &before);
    X509 *certificate = decode(ca_certificate(first));
    unsigned char *spki = NULL;
    int size = i2d_PUBKEY(X509_get0_pubkey(certificate), &spki);
    sha256_of(bytes_of(spki, (size_t)size), &spki_hash);
    assert_true(hash256_equal(&before, &spki_hash));
    assert_int_equal(X509_get_pathlen(certificate), 0);
    OPENSSL_free(spki);
    X509_free(certificate);
    ca_close(first);
    assert_err(ROND_ECONFLICT, ca_create(directory, "Another", rng_system(), now_ms, &fault));
    assert_non_null(strstr(fault.text, "ca."));
    struct ca *second = ca();
    ca_spki_fingerprint(second, &after);
    assert_true(hash256_equal(&before, &after));
    ca_close(second);
}

static void a_key_that_others_can_read_is_refused(void **state) {
    char path[96];
    struct stat status;
    struct ca *opened;
    struct fault fault = {0};
    snprintf(path, sizeof path, "%s/ca.key", directory);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    chmod(path, 0640);
    assert_err(ROND_EAUTH, ca_open(directory, &opened, &fault));
    assert_non_null(strstr(fault.text, "chmod 600"));
}

static void missing_and_damaged_files_are_told_apart(void **state) {
    char path[96];
    struct ca *opened;
    snprintf(path, sizeof path, "%s/ca.crt", directory);
    FILE *file = fopen(path, "w");
    fputs("not a certificate", file);
    fclose(file);
    assert_err(ROND_ECORRUPT, ca_open(directory, &opened, NULL));
    remove_files();
    assert_err(ROND_ENOTFOUND, ca_open(directory, &opened, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_device_certificate_names_the_device_and_nothing_of_the_request, setup, teardown),
        cmocka_unit_test_setup_teardown(only_a_request_signed_by_its_own_p256_key_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(a_server_certificate_covers_exactly_the_names_given, setup, teardown),
        cmocka_unit_test_setup_teardown(the_ca_is_the_same_at_every_opening_and_never_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(a_key_that_others_can_read_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(missing_and_damaged_files_are_told_apart, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
