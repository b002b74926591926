#include "keystore.h"

#include <dirent.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/test.h"

static char directory[64];

static int directory_make(void **state) {
    strcpy(directory, "/tmp/rond-keystore-XXXXXX");
    return mkdtemp(directory) == NULL;
}

static int directory_remove(void **state) {
    DIR *listing = opendir(directory);
    for (const struct dirent *entry; (entry = readdir(listing)) != NULL;)
        unlinkat(dirfd(listing), entry->d_name, 0);
    closedir(listing);
    return rmdir(directory);
}

static struct keystore *keystore_of_files(void) {
    rond_keystore callbacks;
    struct keystore *keystore;
    assert_ok(rond_keystore_files(directory, &callbacks, NULL));
    assert_ok(keystore_create(&callbacks, &keystore));
    return keystore;
}

static void keys_are_the_same_at_every_opening(void **state) {
    struct keystore *first = keystore_of_files();
    struct seal_key key[2];
    struct bytes spki[2];
    assert_ok(keystore_outbox_key(first, &key[0]));
    assert_ok(keystore_spki(first, &spki[0]));
    struct keystore *second = keystore_of_files();
    assert_ok(keystore_outbox_key(second, &key[1]));
    assert_ok(keystore_spki(second, &spki[1]));
    assert_memory_equal(&key[0], &key[1], sizeof key[0]);
    assert_true(bytes_equal(spki[0], spki[1]));
    keystore_destroy(second);
    keystore_destroy(first);
    keystore_destroy(NULL);
}

static void only_the_owner_can_read_the_keys(void **state) {
    struct keystore *keystore = keystore_of_files();
    struct seal_key key;
    struct bytes spki;
    assert_ok(keystore_outbox_key(keystore, &key));
    assert_ok(keystore_spki(keystore, &spki));
    keystore_destroy(keystore);
    int files = 0;
    DIR *listing = opendir(directory);
    for (const struct dirent *entry; (entry = readdir(listing)) != NULL;) {
        struct stat status;
        if (entry->d_name[0] == '.')
            continue;
        assert_int_equal(fstatat(dirfd(listing), entry->d_name, &status, 0), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
        files++;
    }
    closedir(listing);
    assert_int_equal(files, 2);

    rond_keystore callbacks;
    rond_fault fault = {0};
    chmod(directory, 0755);
    assert_err(ROND_EAUTH, rond_keystore_files(directory, &callbacks, &fault));
    assert_non_null(strstr(fault.text, "chmod 700"));
    chmod(directory, 0700);
}

static void a_damaged_key_is_told_and_not_replaced(void **state) {
    char path[96];
    snprintf(path, sizeof path, "%s/outbox.key", directory);
    FILE *file = fopen(path, "w");
    fputs("short", file);
    fclose(file);
    snprintf(path, sizeof path, "%s/device.key", directory);
    file = fopen(path, "w");
    fputs("not a key", file);
    fclose(file);
    struct keystore *keystore = keystore_of_files();
    struct seal_key key;
    struct bytes spki;
    assert_err(ROND_ECORRUPT, keystore_outbox_key(keystore, &key));
    assert_err(ROND_ECORRUPT, keystore_spki(keystore, &spki));
    keystore_destroy(keystore);
}

static void a_statement_signed_here_is_verified_with_the_public_key(void **state) {
    struct keystore *keystore = keystore_of_files();
    struct id128 id = {{7}};
    struct hash256 head = {{9}};
    struct statement statement;
    struct signature signature;
    struct bytes spki;
    struct verify_key *key;
    statement_batch(&statement, &id, &id, 1, 2, &head);
    assert_ok(keystore_sign(keystore, &statement, &signature));
    assert_ok(keystore_spki(keystore, &spki));
    assert_ok(verify_key_create(spki, &key));
    assert_ok(signature_verify(key, &statement, bytes_of(signature.b, sizeof signature.b)));
    signature.b[5] ^= 1;
    assert_err(ROND_EAUTH, signature_verify(key, &statement, bytes_of(signature.b, sizeof signature.b)));
    verify_key_destroy(key);
    keystore_destroy(keystore);
}

// --- A keystore whose private key OpenSSL never sees, and that can be locked ---
static struct {
    rond_keystore files;
    bool locked;
    int signatures;
    int released;
} guarded;

static enum rond_err guarded_outbox_key(void *context, uint8_t ret_key[32]) {
    return guarded.locked ? ROND_EAUTH : guarded.files.outbox_key(guarded.files.context, ret_key);
}
static enum rond_err guarded_public_key(void *context, uint8_t *ret_der, size_t *inout_size) {
    return guarded.locked ? ROND_EAUTH : guarded.files.public_key(guarded.files.context, ret_der, inout_size);
}
static enum rond_err guarded_sign(void *context, const uint8_t digest[32], uint8_t ret_signature[64]) {
    guarded.signatures++;
    return guarded.locked ? ROND_EAUTH : guarded.files.sign_digest(guarded.files.context, digest, ret_signature);
}
static void guarded_release(void *context) {
    guarded.released++;
    guarded.files.release(guarded.files.context);
}

static struct keystore *guarded_create(void) {
    const rond_keystore callbacks = {.outbox_key = guarded_outbox_key,
                                     .public_key = guarded_public_key,
                                     .sign_digest = guarded_sign,
                                     .release = guarded_release};
    struct keystore *keystore;
    memset(&guarded, 0, sizeof guarded);
    assert_ok(rond_keystore_files(directory, &guarded.files, NULL));
    assert_ok(keystore_create(&callbacks, &keystore));
    return keystore;
}

static void openssl_signs_requests_through_the_callback(void **state) {
    struct keystore *keystore = guarded_create();
    EVP_PKEY *key, *again;
    assert_ok(keystore_evp(keystore, &key));
    assert_ok(keystore_evp(keystore, &again));
    assert_ptr_equal(key, again);
    X509_REQ *request = X509_REQ_new();
    assert_int_equal(X509_REQ_set_pubkey(request, key), 1);
    assert_true(X509_REQ_sign(request, key, EVP_sha256()) > 0);
    assert_int_equal(guarded.signatures, 1);
    struct bytes spki;
    assert_ok(keystore_spki(keystore, &spki));
    const unsigned char *at = spki.data;
    EVP_PKEY *plain = d2i_PUBKEY(NULL, &at, (long)spki.size);
    assert_int_equal(X509_REQ_verify(request, plain), 1);
    EVP_PKEY_free(plain);
    guarded.locked = true;
    assert_int_equal(X509_REQ_sign(request, key, EVP_sha256()), 0);
    assert_err(ROND_EAUTH, keystore_signing_err(keystore));
    X509_REQ_free(request);
    keystore_destroy(keystore);
    assert_int_equal(guarded.released, 1);
}

static void a_locked_keystore_changes_nothing_and_works_once_unlocked(void **state) {
    struct keystore *keystore = guarded_create();
    struct seal_key key;
    struct bytes spki;
    EVP_PKEY *evp;
    struct statement statement = {.size = 3};
    struct signature signature;
    guarded.locked = true;
    assert_err(ROND_EAUTH, keystore_outbox_key(keystore, &key));
    assert_err(ROND_EAUTH, keystore_spki(keystore, &spki));
    assert_err(ROND_EAUTH, keystore_evp(keystore, &evp));
    assert_err(ROND_EAUTH, keystore_sign(keystore, &statement, &signature));
    guarded.locked = false;
    assert_ok(keystore_outbox_key(keystore, &key));
    assert_ok(keystore_evp(keystore, &evp));
    keystore_destroy(keystore);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keys_are_the_same_at_every_opening, directory_make, directory_remove),
        cmocka_unit_test_setup_teardown(only_the_owner_can_read_the_keys, directory_make, directory_remove),
        cmocka_unit_test_setup_teardown(a_damaged_key_is_told_and_not_replaced, directory_make, directory_remove),
        cmocka_unit_test_setup_teardown(a_statement_signed_here_is_verified_with_the_public_key, directory_make,
                                        directory_remove),
        cmocka_unit_test_setup_teardown(openssl_signs_requests_through_the_callback, directory_make, directory_remove),
        cmocka_unit_test_setup_teardown(a_locked_keystore_changes_nothing_and_works_once_unlocked, directory_make,
                                        directory_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
