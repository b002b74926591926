// Tests: server/auth/seclusion.c server/auth/certificate.c
#include "auth/ca_rollover.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/seclusion.h"
#include "base/clock.h"
#include "support/test.h"

static char house[64], directory[80];
static int64_t now_ms;
static struct ca *before, *after; // as it was made, and as it is after the renewal

static struct ca *opened(void) {
    struct ca *ca;
    assert_ok(ca_open(directory, &ca, NULL));
    return ca;
}

static int setup(void **state) {
    UNUSED(state);
    strcpy(house, "/tmp/rond-rollover-XXXXXX");
    now_ms = clock_wall_ms(clock_system());
    if (mkdtemp(house) == NULL)
        return 1;
    snprintf(directory, sizeof directory, "%s/data", house);
    return mkdir(directory, 0700) != 0 || ca_create(directory, "Rond CA test", rng_system(), now_ms, NULL) != ROND_OK ||
           seclusion_make(directory, NULL) != ROND_OK || ca_open(directory, &before, NULL) != ROND_OK;
}

static int setup_renewed(void **state) {
    return setup(state) != 0 || ca_renew(directory, rng_system(), now_ms, NULL) != ROND_OK ||
           ca_open(directory, &after, NULL) != ROND_OK;
}

static int teardown(void **state) {
    UNUSED(state);
    char command[96];
    ca_close(before);
    ca_close(after);
    before = after = NULL;
    snprintf(command, sizeof command, "rm -rf %s", house);
    return system(command);
}

static int files_in(const char *folder) {
    char command[160];
    snprintf(command, sizeof command, "exit $(ls -A %s%s | wc -l)", directory, folder);
    return WEXITSTATUS(system(command));
}

static void path_of(const char *name, char (*ret_path)[128]) {
    snprintf(*ret_path, sizeof *ret_path, "%s/%s", directory, name);
}

// --- Chains ---

static X509 *decode(struct bytes der) {
    const unsigned char *at = der.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)der.size);
    assert_non_null(certificate);
    return certificate;
}

// The first of a chain in PEM; the others into `sent`.
static X509 *chain_read(struct bytes pem, STACK_OF(X509) * sent) {
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.size);
    X509 *first = PEM_read_bio_X509(bio, NULL, NULL, NULL), *more;
    while ((more = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
        sk_X509_push(sent, more);
    BIO_free(bio);
    return first;
}

static X509 *server_certificate(struct ca *ca, STACK_OF(X509) * sent) {
    const char *names[] = {"rond.example"};
    struct buffer chain, key;
    buffer_init(&chain, 64 * 1024);
    buffer_init(&key, 64 * 1024);
    assert_ok(ca_issue_server(ca, names, 1, 90, rng_system(), now_ms, &chain, &key));
    X509 *certificate = chain_read(buffer_bytes(&chain), sent);
    buffer_deinit(&chain);
    buffer_deinit(&key);
    return certificate;
}

static X509 *device_certificate(struct ca *ca) {
    const struct id128 device = {{7}};
    EVP_PKEY *key = EVP_EC_gen("P-256");
    unsigned char *spki = NULL;
    int size = i2d_PUBKEY(key, &spki);
    struct buffer der;
    buffer_init(&der, 8192);
    assert_ok(ca_issue_device(ca, bytes_of(spki, (size_t)size), &device, 14, rng_system(), now_ms, &der));
    X509 *certificate = decode(buffer_bytes(&der));
    buffer_deinit(&der);
    OPENSSL_free(spki);
    EVP_PKEY_free(key);
    return certificate;
}

// By one or more who know these authorities; strictly, as RFC 5280 has it.
static bool verifies(const struct bytes *anchors, size_t count, X509 *certificate, STACK_OF(X509) * sent, int purpose,
                     int64_t at_ms) {
    X509_STORE *store = X509_STORE_new();
    for (size_t i = 0; i < count; i++) {
        X509 *anchor = decode(anchors[i]);
        X509_STORE_add_cert(store, anchor);
        X509_free(anchor);
    }
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_STORE_CTX_init(context, store, certificate, sent);
    X509_STORE_CTX_set_purpose(context, purpose);
    X509_STORE_CTX_set_flags(context, X509_V_FLAG_X509_STRICT);
    X509_STORE_CTX_set_time(context, 0, (time_t)(at_ms / 1000));
    bool valid = X509_verify_cert(context) == 1;
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    return valid;
}

static void who_knows_either_ca_alone_finds_the_server(void **state) {
    UNUSED(state);
    STACK_OF(X509) *sent = sk_X509_new_null();
    X509 *server = server_certificate(after, sent);
    const struct bytes old = ca_certificate(before), new = ca_certificate(after);
    assert_int_equal(sk_X509_num(sent), 2);
    assert_true(verifies(&old, 1, server, sent, X509_PURPOSE_SSL_SERVER, now_ms));
    assert_true(verifies(&new, 1, server, sent, X509_PURPOSE_SSL_SERVER, now_ms));
    assert_false(verifies(&old, 1, server, NULL, X509_PURPOSE_SSL_SERVER, now_ms)); // the cross-certificate is what it takes
    assert_false(verifies(&old, 1, server, sent, X509_PURPOSE_SSL_CLIENT, now_ms));
    sk_X509_pop_free(sent, X509_free);
    X509_free(server);
}

static void the_cross_certificate_ends_with_the_ca_that_gave_it(void **state) {
    UNUSED(state);
    STACK_OF(X509) *sent = sk_X509_new_null();
    assert_ok(ca_retire(directory, NULL)); // and another renewal, years later
    int64_t later_ms = now_ms + INT64_C(6) * 365 * 86400000;
    assert_ok(ca_renew(directory, rng_system(), later_ms, NULL));
    struct ca *third = opened();
    X509_free(server_certificate(third, sent));
    const X509 *cross = sk_X509_value(sent, 0), *own = sk_X509_value(sent, 1);
    X509 *former = decode(ca_authority(third, 1));
    assert_int_equal(ASN1_TIME_compare(X509_get0_notAfter(cross), X509_get0_notAfter(former)), 0);
    assert_int_equal(ASN1_TIME_compare(X509_get0_notAfter(own), X509_get0_notAfter(former)), 1);
    assert_int_equal(ca_authority_expires_ms(third, 0) / 86400000, later_ms / 86400000 + CA_YEARS * 365);
    X509_free(former);
    sk_X509_pop_free(sent, X509_free);
    ca_close(third);
}

static void devices_of_both_are_known_until_the_one_before_is_retired(void **state) {
    UNUSED(state);
    X509 *old = device_certificate(before), *new = device_certificate(after);
    const struct bytes both[] = {ca_authority(after, 0), ca_authority(after, 1)};
    size_t index = 9;
    assert_int_equal(ca_authorities(after), 2);
    assert_true(bytes_equal(both[1], ca_certificate(before)));
    assert_true(verifies(both, 2, old, NULL, X509_PURPOSE_SSL_CLIENT, now_ms));
    assert_true(verifies(both, 2, new, NULL, X509_PURPOSE_SSL_CLIENT, now_ms));
    const ASN1_OCTET_STRING *by_old = X509_get0_authority_key_id(old), *by_new = X509_get0_authority_key_id(new);
    struct bytes old_id = bytes_of(ASN1_STRING_get0_data(by_old), (size_t)ASN1_STRING_length(by_old));
    struct bytes new_id = bytes_of(ASN1_STRING_get0_data(by_new), (size_t)ASN1_STRING_length(by_new));
    assert_true(ca_issuer(after, old_id, &index) && index == 1);
    assert_true(ca_issuer(after, new_id, &index) && index == 0);
    assert_ok(ca_retire(directory, NULL));
    struct ca *alone = opened();
    assert_int_equal(ca_authorities(alone), 1);
    assert_false(ca_issuer(alone, old_id, &index));
    assert_true(ca_issuer(alone, new_id, &index));
    assert_false(verifies(both, 1, old, NULL, X509_PURPOSE_SSL_CLIENT, now_ms));
    ca_close(alone);
    X509_free(old);
    X509_free(new);
}

static void what_is_sealed_for_the_one_before_opens_until_it_is_retired(void **state) {
    UNUSED(state);
    struct hash256 old, new, other = {{1}};
    uint8_t point[RESCUE_POINT_SIZE], by_before[RESCUE_SECRET_SIZE], by_after[RESCUE_SECRET_SIZE],
        by_new[RESCUE_SECRET_SIZE];
    EVP_PKEY *key = EVP_EC_gen("P-256");
    unsigned char *spki = NULL;
    int size = i2d_PUBKEY(key, &spki);
    memcpy(point, spki + size - RESCUE_POINT_SIZE, sizeof point);
    ca_spki_fingerprint(before, &old);
    ca_spki_fingerprint(after, &new);
    assert_ok(ca_agree(before, &old, point, by_before));
    assert_ok(ca_agree(after, &old, point, by_after));
    assert_ok(ca_agree(after, &new, point, by_new));
    assert_memory_equal(by_before, by_after, sizeof by_before);
    assert_memory_not_equal(by_before, by_new, sizeof by_before);
    assert_err(ROND_ENOTFOUND, ca_agree(after, &other, point, by_after));
    assert_ok(ca_retire(directory, NULL));
    struct ca *alone = opened();
    assert_err(ROND_ENOTFOUND, ca_agree(alone, &old, point, by_after));
    assert_ok(ca_agree(alone, &new, point, by_after));
    ca_close(alone);
    OPENSSL_free(spki);
    EVP_PKEY_free(key);
}

// --- Files ---

static void one_renewal_at_a_time(void **state) {
    UNUSED(state);
    struct fault fault = {0};
    assert_err(ROND_ENOTFOUND, ca_retire(directory, &fault));
    assert_ok(ca_renew(directory, rng_system(), now_ms, NULL));
    assert_err(ROND_ECONFLICT, ca_renew(directory, rng_system(), now_ms, &fault));
    assert_ok(ca_retire(directory, NULL));
    assert_err(ROND_ENOTFOUND, ca_retire(directory, &fault));
    assert_err(ROND_ECONFLICT, ca_renew(directory, rng_system(), now_ms + INT64_C(11) * 365 * 86400000, &fault));
    assert_non_null(strstr(fault.text, "has run out"));
}

static void keys_are_the_owners_alone_and_none_is_left_behind(void **state) {
    UNUSED(state);
    struct stat status;
    char path[128];
    path_of("ca.key", &path);
    for (int i = 0; i < 2; i++) {
        assert_true(seclusion_is_whole(directory));
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
        assert_int_equal(files_in("-ca"), 1);
        assert_int_equal(files_in(""), 2);
        if (i == 0)
            assert_ok(ca_retire(directory, NULL));
    }
}

static void a_key_that_lies_in_the_data_directory_is_replaced_there(void **state) {
    UNUSED(state);
    char path[128], secluded[128];
    path_of("ca.key", &path);
    ssize_t size = readlink(path, secluded, sizeof secluded - 1);
    assert_true(size > 0);
    secluded[size] = '\0';
    assert_int_equal(rename(secluded, path), 0);
    assert_ok(ca_renew(directory, rng_system(), now_ms, NULL));
    assert_false(seclusion_is_whole(directory));
    assert_int_equal(files_in(""), 2);
    assert_ok(seclusion_make(directory, NULL));
    assert_ok(ca_retire(directory, NULL));
    assert_int_equal(files_in("-ca"), 1);
}

// The server's process can write ca.crt: it must not make anybody trusted whose key is not with the signer.
static void an_authority_whose_key_is_not_there_is_none(void **state) {
    UNUSED(state);
    char crt[128], kept[128], command[400];
    struct ca *ca;
    path_of("ca.crt", &crt);
    path_of("kept.crt", &kept);
    snprintf(command, sizeof command, "cp %s %s", crt, kept);
    assert_int_equal(system(command), 0);
    assert_ok(ca_retire(directory, NULL)); // its key is gone
    assert_int_equal(rename(kept, crt), 0);
    assert_err(ROND_ECORRUPT, ca_open(directory, &ca, NULL));
}

static void a_chain_that_lacks_a_part_is_refused(void **state) {
    UNUSED(state);
    char crt[128], command[600];
    struct ca *ca;
    path_of("ca.crt", &crt);
    snprintf(command, sizeof command, "awk '/BEGIN/ {n++} n != 3' %s >%s.n && mv %s.n %s", crt, crt, crt, crt);
    assert_int_equal(system(command), 0);
    assert_err(ROND_ECORRUPT, ca_open(directory, &ca, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_knows_either_ca_alone_finds_the_server, setup_renewed, teardown),
        cmocka_unit_test_setup_teardown(the_cross_certificate_ends_with_the_ca_that_gave_it, setup_renewed, teardown),
        cmocka_unit_test_setup_teardown(devices_of_both_are_known_until_the_one_before_is_retired, setup_renewed, teardown),
        cmocka_unit_test_setup_teardown(what_is_sealed_for_the_one_before_opens_until_it_is_retired, setup_renewed,
                                        teardown),
        cmocka_unit_test_setup_teardown(one_renewal_at_a_time, setup, teardown),
        cmocka_unit_test_setup_teardown(keys_are_the_owners_alone_and_none_is_left_behind, setup_renewed, teardown),
        cmocka_unit_test_setup_teardown(a_key_that_lies_in_the_data_directory_is_replaced_there, setup, teardown),
        cmocka_unit_test_setup_teardown(an_authority_whose_key_is_not_there_is_none, setup_renewed, teardown),
        cmocka_unit_test_setup_teardown(a_chain_that_lacks_a_part_is_refused, setup_renewed, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
