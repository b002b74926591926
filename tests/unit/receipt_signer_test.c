// The key of receipts and what says that it is one.
//
// Tests: proto/wire/receipt_key.c
#include "auth/receipt_signer.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "support/test.h"
#include "wire/receipt.h"
#include "wire/receipt_key.h"

static char directory[64];
static struct ca *ca, *other_ca;
static struct receipt_signer *signer;

static const char *path_of(const char *name) {
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static struct ca *ca_of(const char *folder) {
    struct ca *made = NULL;
    assert_ok(ca_create(folder, "Rond CA test", rng_system(), clock_wall_ms(clock_system()), NULL));
    assert_ok(ca_open(folder, &made, NULL));
    return made;
}

static enum rond_err open_signer(struct fault *fault) {
    receipt_signer_close(signer);
    signer = NULL;
    return receipt_signer_open(directory, ca, rng_system(), clock_wall_ms(clock_system()), &signer, fault);
}

static int setup(void **state) {
    strcpy(directory, "/tmp/rond-receipts-XXXXXX");
    assert_non_null(mkdtemp(directory));
    assert_int_equal(mkdir(path_of("other"), 0700), 0);
    other_ca = ca_of(path_of("other"));
    ca = ca_of(directory);
    return open_signer(NULL) != ROND_OK;
}

static int teardown(void **state) {
    char command[128];
    receipt_signer_close(signer);
    ca_close(ca);
    ca_close(other_ca);
    signer = NULL;
    snprintf(command, sizeof command, "rm -rf %s", directory);
    return system(command);
}

static enum rond_err key_of(struct bytes certificate, const struct ca *issuer, struct verify_key **ret_key) {
    const struct bytes anchor = ca_certificate(issuer);
    return receipt_key_create(certificate, &anchor, 1, ret_key);
}

static void assert_signs(void) {
    const struct receipt receipt = {.watermark = 7};
    struct statement statement, other;
    struct signature signature;
    struct verify_key *key = NULL;
    statement_receipt(&statement, &receipt);
    statement_receipt(&other, &(struct receipt){.watermark = 8});
    assert_ok(receipt_signer_sign(signer, &receipt, &signature));
    assert_ok(key_of(receipt_signer_certificate(signer), ca, &key));
    assert_ok(signature_verify(key, &statement, bytes_of(signature.b, SIGNATURE_SIZE)));
    assert_err(ROND_EAUTH, signature_verify(key, &other, bytes_of(signature.b, SIGNATURE_SIZE)));
    verify_key_destroy(key);
}

static void what_it_signs_the_certificate_s_key_verifies(void **state) {
    assert_signs();
}

static void key_and_certificate_stay_and_the_key_is_its_owner_s_alone(void **state) {
    struct stat status;
    uint8_t before[RECEIPT_CERTIFICATE_SIZE_MAX];
    struct bytes certificate = receipt_signer_certificate(signer);
    size_t size = certificate.size;
    memcpy(before, certificate.data, size);
    assert_int_equal(stat(path_of("receipt.key"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_ok(open_signer(NULL));
    assert_true(bytes_equal(receipt_signer_certificate(signer), bytes_of(before, size)));
}

static void a_key_that_others_can_read_or_that_is_none_is_refused(void **state) {
    struct fault fault = {0};
    assert_int_equal(chmod(path_of("receipt.key"), 0640), 0);
    assert_err(ROND_EAUTH, open_signer(&fault));
    assert_non_null(strstr(fault.text, "chmod 600"));
    FILE *file = fopen(path_of("receipt.key"), "w");
    fputs("no key\n", file);
    fclose(file);
    assert_int_equal(chmod(path_of("receipt.key"), 0600), 0);
    assert_err(ROND_ECORRUPT, open_signer(&fault));
    assert_int_equal(ERR_peek_error(), 0);
}

// A backup holds the key alone, and the authority may be another one than before.
static void a_certificate_that_is_missing_or_does_not_fit_is_made_anew(void **state) {
    assert_int_equal(unlink(path_of("receipt.crt")), 0);
    assert_ok(open_signer(NULL));
    assert_signs();
    assert_int_equal(access(path_of("receipt.crt"), F_OK), 0);
    assert_int_equal(unlink(path_of("receipt.key")), 0); // the certificate is of another key then
    assert_ok(open_signer(NULL));
    assert_signs();
    struct ca *swap = ca;
    ca = other_ca;
    other_ca = swap;
    assert_ok(open_signer(NULL));
    assert_signs();
}

static void the_certificate_is_read_without_the_key(void **state) {
    struct buffer read;
    buffer_init(&read, RECEIPT_CERTIFICATE_SIZE_MAX);
    assert_int_equal(unlink(path_of("receipt.key")), 0);
    assert_ok(receipt_certificate_read(directory, &read));
    assert_true(bytes_equal(receipt_signer_certificate(signer), buffer_bytes(&read)));
    buffer_clear(&read);
    FILE *file = fopen(path_of("receipt.crt"), "w");
    fputs("no certificate\n", file);
    fclose(file);
    assert_err(ROND_ENOTFOUND, receipt_certificate_read(directory, &read));
    assert_int_equal(unlink(path_of("receipt.crt")), 0);
    assert_err(ROND_ENOTFOUND, receipt_certificate_read(directory, &read));
    assert_int_equal(buffer_bytes(&read).size, 0);
    assert_int_equal(ERR_peek_error(), 0);
    buffer_deinit(&read);
}

static void nobody_else_s_certificate_passes_for_it(void **state) {
    struct sign_key *key;
    struct verify_key *none = NULL;
    struct buffer device, listeners, secret, ours;
    uint8_t *spki;
    size_t size;
    const struct id128 id = {{1}};
    const char *names[] = {"localhost"};
    int64_t now_ms = clock_wall_ms(clock_system());
    buffer_init(&device, 4096);
    buffer_init(&listeners, 8192);
    buffer_init(&secret, 4096);
    buffer_init(&ours, 4096);
    assert_ok(sign_key_generate(&key));
    assert_ok(sign_key_spki(key, &spki, &size));
    assert_ok(ca_issue_device(ca, bytes_of(spki, size), &id, 30, rng_system(), now_ms, &device));
    assert_ok(ca_issue_server(ca, names, 1, 30, rng_system(), now_ms, &listeners, &secret));
    assert_err(ROND_EAUTH, key_of(buffer_bytes(&device), ca, &none));
    assert_err(ROND_EAUTH, key_of(buffer_bytes(&listeners), ca, &none));
    assert_err(ROND_EAUTH, key_of(ca_certificate(ca), ca, &none));
    assert_err(ROND_EAUTH, key_of(receipt_signer_certificate(signer), other_ca, &none));
    assert_err(ROND_EAUTH, key_of(bytes_of(NULL, 0), ca, &none));
    assert_ok(buffer_append(&ours, receipt_signer_certificate(signer)));
    assert_ok(buffer_append(&ours, bytes_of("x", 1)));
    assert_err(ROND_EAUTH, key_of(buffer_bytes(&ours), ca, &none));
    assert_err(ROND_EAUTH, receipt_key_create(receipt_signer_certificate(signer), NULL, 0, &none));
    assert_null(none);
    assert_int_equal(ERR_peek_error(), 0);
    buffer_deinit(&device);
    buffer_deinit(&listeners);
    buffer_deinit(&secret);
    buffer_deinit(&ours);
    sign_key_destroy(key);
    free(spki);
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_it_signs_the_certificate_s_key_verifies),
        TEST(key_and_certificate_stay_and_the_key_is_its_owner_s_alone),
        TEST(a_key_that_others_can_read_or_that_is_none_is_refused),
        TEST(a_certificate_that_is_missing_or_does_not_fit_is_made_anew),
        TEST(the_certificate_is_read_without_the_key),
        TEST(nobody_else_s_certificate_passes_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
