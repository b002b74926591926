// The keystore of two files: whose keys it takes, what it makes of files that somebody else has been at, and what it
// never does: make a second key where there is one.
#include "rond/rond.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sha256.h"
#include "support/test.h"
#include "wire/sign.h"

enum { PATH_SIZE = 128, DER_SIZE_MAX = 256 };

static char directory[64], keys[PATH_SIZE];

static int setup(void **state) {
    strcpy(directory, "/tmp/rond-keys-XXXXXX");
    if (mkdtemp(directory) == NULL)
        return 1;
    snprintf(keys, sizeof keys, "%s/keys", directory);
    return 0;
}

static int teardown(void **state) {
    char command[2 * PATH_SIZE];
    snprintf(command, sizeof command, "chmod -R u+rwx %s && rm -rf %s", directory, directory);
    return system(command);
}

static void path_of(const char *name, char ret_path[PATH_SIZE + 64]) {
    snprintf(ret_path, PATH_SIZE + 64, "%s/%s", keys, name);
}

static void file_put(const char *name, const void *data, size_t size) {
    char path[PATH_SIZE + 64];
    path_of(name, path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    fclose(file);
}

static size_t file_get(const char *name, uint8_t *room, size_t room_size) {
    char path[PATH_SIZE + 64];
    path_of(name, path);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 0;
    size_t size = fread(room, 1, room_size, file);
    fclose(file);
    return size;
}

static rond_keystore open_keys(void) {
    rond_keystore keystore;
    assert_ok(rond_keystore_files(keys, &keystore, NULL));
    return keystore;
}

// What each callback answers, with fresh reading of the files.
static void assert_answers(enum rond_err outbox_key_err, enum rond_err device_key_err) {
    rond_keystore keystore = open_keys();
    uint8_t key[32], der[DER_SIZE_MAX], digest[32] = {1}, signature[64];
    size_t size = sizeof der;
    assert_err(outbox_key_err, keystore.outbox_key(keystore.context, key));
    assert_err(device_key_err, keystore.public_key(keystore.context, der, &size));
    assert_err(device_key_err, keystore.sign_digest(keystore.context, digest, signature));
    keystore.release(keystore.context);
}

// --- The directory ---

static void a_new_directory_is_its_owners_alone(void **state) {
    struct stat status;
    mode_t before = umask(0);
    assert_answers(ROND_OK, ROND_OK);
    assert_int_equal(stat(keys, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    static const char *const names[] = {"outbox.key", "device.key"};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        char path[PATH_SIZE + 64];
        path_of(names[i], path);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
    }
    umask(before);
}

static void a_directory_that_others_can_enter_is_refused(void **state) {
    static const struct {
        mode_t mode;
        enum rond_err err;
    } cases[] = {
        {0700, ROND_OK},    {0500, ROND_OK},    {0701, ROND_EAUTH}, {0710, ROND_EAUTH},
        {0704, ROND_EAUTH}, {0740, ROND_EAUTH}, {0702, ROND_EAUTH}, {0777, ROND_EAUTH},
    };
    mkdir(keys, 0700);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        rond_keystore keystore;
        rond_fault fault = {0};
        assert_int_equal(chmod(keys, cases[i].mode), 0);
        assert_err(cases[i].err, rond_keystore_files(keys, &keystore, &fault));
        if (cases[i].err == ROND_OK) {
            keystore.release(keystore.context);
        } else {
            assert_string_equal(fault.field, "directory");
            assert_non_null(strstr(fault.text, "chmod 700"));
        }
    }
}

static void a_directory_of_somebody_else_is_refused(void **state) {
    rond_keystore keystore;
    rond_fault fault = {0};
    if (geteuid() == 0) {
        mkdir(keys, 0700);
        assert_int_equal(chown(keys, 65534, 65534), 0);
        assert_err(ROND_EAUTH, rond_keystore_files(keys, &keystore, &fault));
    } else {
        assert_int_not_equal(rond_keystore_files("/", &keystore, &fault), ROND_OK);
    }
    assert_string_equal(fault.field, "directory");
}

static void what_cannot_be_a_directory_is_told(void **state) {
    char below[PATH_SIZE + 64], file[PATH_SIZE], longer[400];
    snprintf(below, sizeof below, "%s/no/such", directory);
    snprintf(file, sizeof file, "%s/file", directory);
    fclose(fopen(file, "w"));
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    const struct {
        const char *path;
        enum rond_err err;
    } cases[] = {
        {NULL, ROND_EINVALID}, {"", ROND_EINVALID}, {below, ROND_ENOTFOUND}, {file, ROND_EIO}, {longer, ROND_EIO},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        rond_keystore keystore = {0};
        rond_fault fault = {0};
        assert_err(cases[i].err, rond_keystore_files(cases[i].path, &keystore, &fault));
        assert_string_equal(fault.field, "directory");
        assert_string_not_equal(fault.text, "");
        assert_null(keystore.context);
        assert_err(cases[i].err, rond_keystore_files(cases[i].path, &keystore, NULL));
    }
}

// --- The files ---

static void keys_that_somebody_has_been_at_are_told_and_left_as_they_are(void **state) {
    static const struct {
        const char *name;
        size_t size; // of what is in its place
        enum rond_err outbox_key_err, device_key_err;
    } cases[] = {
        {"outbox.key", 0, ROND_ECORRUPT, ROND_OK},   {"outbox.key", 31, ROND_ECORRUPT, ROND_OK},
        {"outbox.key", 33, ROND_ECORRUPT, ROND_OK},  {"outbox.key", 5000, ROND_ECORRUPT, ROND_OK},
        {"device.key", 0, ROND_OK, ROND_ECORRUPT},   {"device.key", 1, ROND_OK, ROND_ECORRUPT},
        {"device.key", 138, ROND_OK, ROND_ECORRUPT}, {"device.key", 5000, ROND_OK, ROND_ECORRUPT},
    };
    static uint8_t junk[5000], after[6000];
    memset(junk, 0x30, sizeof junk);
    mkdir(keys, 0700);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        char path[PATH_SIZE + 64];
        file_put(cases[i].name, junk, cases[i].size);
        assert_answers(cases[i].outbox_key_err, cases[i].device_key_err);
        assert_answers(cases[i].outbox_key_err, cases[i].device_key_err); // nor at the second try
        assert_int_equal(file_get(cases[i].name, after, sizeof after), cases[i].size);
        assert_memory_equal(after, junk, cases[i].size);
        path_of(cases[i].name, path);
        unlink(path);
    }
}

// PKCS#8 of another kind of key; caller frees with OPENSSL_free.
static int foreign_key(const char *kind, const char *curve, uint8_t **ret_der) {
    EVP_PKEY *key = curve != NULL ? EVP_PKEY_Q_keygen(NULL, NULL, kind, curve) : EVP_PKEY_Q_keygen(NULL, NULL, kind);
    assert_non_null(key);
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
    int size = i2d_PKCS8_PRIV_KEY_INFO(info, ret_der);
    PKCS8_PRIV_KEY_INFO_free(info);
    EVP_PKEY_free(key);
    return size;
}

static void a_key_of_another_kind_is_not_taken_for_the_device_key(void **state) {
    static const struct {
        const char *kind, *curve;
    } cases[] = {{"EC", "P-384"}, {"EC", "secp256k1"}, {"ED25519", NULL}, {"X25519", NULL}};
    mkdir(keys, 0700);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        uint8_t *der = NULL;
        int size = foreign_key(cases[i].kind, cases[i].curve, &der);
        file_put("device.key", der, (size_t)size);
        OPENSSL_free(der);
        assert_answers(ROND_OK, ROND_ECORRUPT);
    }
}

static void every_altered_byte_of_the_device_key_is_noticed_or_another_key(void **state) {
    assert_answers(ROND_OK, ROND_OK);
    uint8_t whole[1024], spki[DER_SIZE_MAX], altered[1024], other[DER_SIZE_MAX];
    size_t size = file_get("device.key", whole, sizeof whole);
    rond_keystore keystore = open_keys();
    size_t spki_size = sizeof spki;
    assert_ok(keystore.public_key(keystore.context, spki, &spki_size));
    keystore.release(keystore.context);
    for (size_t cut = 1; cut < size; cut += 7) {
        file_put("device.key", whole, size - cut);
        assert_answers(ROND_OK, ROND_ECORRUPT);
    }
    for (size_t i = 0; i < size; i++) {
        memcpy(altered, whole, size);
        altered[i] ^= 0x01;
        file_put("device.key", altered, size);
        keystore = open_keys();
        size_t other_size = sizeof other;
        enum rond_err err = keystore.public_key(keystore.context, other, &other_size);
        keystore.release(keystore.context);
        if (err != ROND_ECORRUPT)
            assert_ok(err); // never a crash, never a key made in its place
        assert_int_equal(file_get("device.key", other, sizeof other), size < sizeof other ? size : sizeof other);
    }
}

static void a_link_in_the_place_of_a_key_is_not_followed(void **state) {
    char elsewhere[PATH_SIZE], path[PATH_SIZE + 64];
    mkdir(keys, 0700);
    static const char *const names[] = {"outbox.key", "device.key"};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        path_of(names[i], path);
        snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", directory);
        assert_int_equal(symlink(elsewhere, path), 0);
    }
    assert_answers(ROND_EIO, ROND_EIO);
    assert_int_equal(access(elsewhere, F_OK), -1); // nothing was made there
}

static void a_directory_in_the_place_of_a_key_is_told(void **state) {
    char path[PATH_SIZE + 64];
    mkdir(keys, 0700);
    path_of("outbox.key", path);
    mkdir(path, 0700);
    path_of("device.key", path);
    mkdir(path, 0700);
    assert_answers(ROND_EIO, ROND_EIO);
}

static void leftovers_of_a_crash_do_not_disturb(void **state) {
    mkdir(keys, 0700);
    file_put("outbox.key.0123456789abcdef.part", "half", 4);
    file_put("device.key.0123456789abcdef.part", "half", 4);
    assert_answers(ROND_OK, ROND_OK);
}

// --- The keys ---

static void a_signature_is_verified_with_the_public_key(void **state) {
    rond_keystore keystore = open_keys();
    struct verify_key *key;
    struct statement statement;
    struct signature signature;
    struct hash256 digest;
    uint8_t der[DER_SIZE_MAX];
    size_t size = sizeof der;
    const struct id128 id = {{7}};
    const struct hash256 head = {{9}};
    assert_ok(keystore.public_key(keystore.context, der, &size));
    assert_ok(verify_key_create(bytes_of(der, size), &key));
    // ECDSA is drawn anew each time: r and s with leading zeros are among a few hundred.
    for (unsigned i = 0; i < 600; i++) {
        statement_batch(&statement, &id, &id, 1, 2 + i, &head);
        sha256_of(bytes_of(statement.b, statement.size), &digest);
        assert_ok(keystore.sign_digest(keystore.context, digest.b, signature.b));
        assert_ok(signature_verify(key, &statement, bytes_of(signature.b, sizeof signature.b)));
    }
    verify_key_destroy(key);
    keystore.release(keystore.context);
}

static void too_little_room_for_the_public_key_is_refused_and_nothing_written(void **state) {
    rond_keystore keystore = open_keys();
    uint8_t der[DER_SIZE_MAX] = {0};
    size_t size = sizeof der;
    assert_ok(keystore.public_key(keystore.context, der, &size));
    size_t needed = size--;
    memset(der, 0, sizeof der);
    assert_err(ROND_EINVALID, keystore.public_key(keystore.context, der, &size));
    assert_int_equal(size, needed - 1);
    assert_int_equal(der[0], 0);
    keystore.release(keystore.context);
}

static void *open_and_ask(void *context) {
    uint8_t *got = context; // outbox key, then public key
    rond_keystore keystore;
    size_t size = DER_SIZE_MAX;
    if (rond_keystore_files(keys, &keystore, NULL) != ROND_OK)
        return NULL;
    bool fine = keystore.outbox_key(keystore.context, got) == ROND_OK &&
                keystore.public_key(keystore.context, got + 32, &size) == ROND_OK;
    keystore.release(keystore.context);
    return fine ? context : NULL;
}

static void openers_at_once_end_up_with_the_same_keys(void **state) {
    enum { OPENERS = 8 };
    static uint8_t got[OPENERS][32 + DER_SIZE_MAX];
    for (int round = 0; round < 10; round++) {
        pthread_t openers[OPENERS];
        snprintf(keys, sizeof keys, "%s/keys-%d", directory, round);
        memset(got, 0, sizeof got);
        for (int i = 0; i < OPENERS; i++)
            assert_int_equal(pthread_create(&openers[i], NULL, open_and_ask, got[i]), 0);
        for (int i = 0; i < OPENERS; i++) {
            void *fine;
            pthread_join(openers[i], &fine);
            assert_non_null(fine);
        }
        for (int i = 1; i < OPENERS; i++)
            assert_memory_equal(got[i], got[0], sizeof got[0]);
    }
}

static void a_directory_that_cannot_be_written_gives_no_keys(void **state) {
    mkdir(keys, 0500);
    if (geteuid() == 0) { // whom no mode keeps out: the directory is gone instead
        rond_keystore keystore = open_keys();
        uint8_t key[32], der[DER_SIZE_MAX];
        size_t size = sizeof der;
        rmdir(keys);
        assert_err(ROND_ENOTFOUND, keystore.outbox_key(keystore.context, key));
        assert_err(ROND_ENOTFOUND, keystore.public_key(keystore.context, der, &size));
        keystore.release(keystore.context);
    } else {
        assert_answers(ROND_EAUTH, ROND_EAUTH);
    }
}

static void releasing_nothing_is_fine(void **state) {
    rond_keystore keystore = open_keys();
    keystore.release(NULL);
    keystore.release(keystore.context); // before any key was asked for
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_new_directory_is_its_owners_alone),
        TEST(a_directory_that_others_can_enter_is_refused),
        TEST(a_directory_of_somebody_else_is_refused),
        TEST(what_cannot_be_a_directory_is_told),
        TEST(keys_that_somebody_has_been_at_are_told_and_left_as_they_are),
        TEST(a_key_of_another_kind_is_not_taken_for_the_device_key),
        TEST(every_altered_byte_of_the_device_key_is_noticed_or_another_key),
        TEST(a_link_in_the_place_of_a_key_is_not_followed),
        TEST(a_directory_in_the_place_of_a_key_is_told),
        TEST(leftovers_of_a_crash_do_not_disturb),
        TEST(a_signature_is_verified_with_the_public_key),
        TEST(too_little_room_for_the_public_key_is_refused_and_nothing_written),
        TEST(openers_at_once_end_up_with_the_same_keys),
        TEST(a_directory_that_cannot_be_written_gives_no_keys),
        TEST(releasing_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
