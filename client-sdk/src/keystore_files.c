// The keystore of two files: DIRECTORY/outbox.key (32 random bytes) and DIRECTORY/device.key (PKCS#8, DER), each made
// at first use. A file appears under its name only complete and on disk, and never replaces another: of two processes
// that make a key at once, both end up with the same one.
#include <errno.h>
#include <fcntl.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/rng.h"
#include "rond/rond.h"
#include "wire/seal.h"
#include "wire/sign.h"

enum { KEY_FILE_SIZE_MAX = 1024, NUMBER_SIZE = SIGNATURE_SIZE / 2, DER_SIGNATURE_SIZE_MAX = 80 };

struct key_files {
    int directory; // descriptor
    struct sign_key *device_key;
};

static enum rond_err err_of_errno(void) {
    switch (errno) {
    case ENOENT:
        return ROND_ENOTFOUND;
    case ENOMEM:
        return ROND_ENOMEM;
    case ENOSPC:
    case EDQUOT:
        return ROND_EFULL;
    case EACCES:
    case EPERM:
        return ROND_EAUTH;
    default:
        return ROND_EIO;
    }
}

// --- One file ---

static enum rond_err file_read(int directory, const char *name, uint8_t *data, size_t room, size_t *ret_size) {
    int file = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0)
        return err_of_errno();
    size_t size = 0;
    ssize_t got = 1;
    while (size < room && (got = read(file, data + size, room - size)) > 0)
        size += (size_t)got;
    enum rond_err err = got < 0 ? err_of_errno() : ROND_OK;
    close(file);
    if (err == ROND_OK)
        *ret_size = size;
    return err;
}

static enum rond_err write_all(int file, const uint8_t *data, size_t size) {
    if (!file_write_all(file, bytes_of(data, size)))
        return err_of_errno();
    return fsync(file) == 0 ? ROND_OK : err_of_errno();
}

// ROND_ECONFLICT where the file is there already: read that one.
static enum rond_err file_make(int directory, const char *name, const uint8_t *data, size_t size) {
    char part[64];
    snprintf(part, sizeof part, "%s.%016llx.part", name, (unsigned long long)rng_u64(rng_system()));
    int file = openat(directory, part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return err_of_errno();
    enum rond_err err = write_all(file, data, size);
    if (close(file) != 0 && err == ROND_OK)
        err = err_of_errno();
    if (err == ROND_OK && linkat(directory, part, directory, name, 0) != 0)
        err = errno == EEXIST ? ROND_ECONFLICT : err_of_errno();
    unlinkat(directory, part, 0);
    if (err == ROND_OK && fsync(directory) != 0)
        err = err_of_errno();
    return err;
}

// --- The outbox key ---

static enum rond_err outbox_key_read(int directory, uint8_t ret_key[32]) {
    uint8_t data[SEAL_KEY_SIZE + 1];
    size_t size = 0;
    enum rond_err err = file_read(directory, "outbox.key", data, sizeof data, &size);
    if (err == ROND_OK && size != SEAL_KEY_SIZE)
        err = ROND_ECORRUPT;
    if (err == ROND_OK)
        memcpy(ret_key, data, SEAL_KEY_SIZE);
    bytes_wipe(data, sizeof data);
    return err;
}

static enum rond_err outbox_key(void *context, uint8_t ret_key[32]) {
    const struct key_files *files = context;
    enum rond_err err = outbox_key_read(files->directory, ret_key);
    if (err != ROND_ENOTFOUND)
        return err;
    uint8_t key[SEAL_KEY_SIZE];
    rng_fill(rng_system(), key, sizeof key);
    err = file_make(files->directory, "outbox.key", key, sizeof key);
    bytes_wipe(key, sizeof key);
    if (err != ROND_OK && err != ROND_ECONFLICT)
        return err;
    return outbox_key_read(files->directory, ret_key);
}

// --- The device key ---

static enum rond_err device_key_read(int directory, struct sign_key **ret_key) {
    uint8_t der[KEY_FILE_SIZE_MAX];
    size_t size = 0;
    enum rond_err err = file_read(directory, "device.key", der, sizeof der, &size);
    if (err == ROND_OK && sign_key_from_der(bytes_of(der, size), ret_key) != ROND_OK)
        err = ROND_ECORRUPT;
    bytes_wipe(der, sizeof der);
    return err;
}

static enum rond_err device_key_make(int directory) {
    struct sign_key *key = NULL;
    uint8_t *der = NULL;
    size_t size = 0;
    enum rond_err err = sign_key_generate(&key);
    if (err == ROND_OK)
        err = sign_key_pkcs8(key, &der, &size);
    if (err == ROND_OK)
        err = file_make(directory, "device.key", der, size);
    if (der != NULL)
        bytes_wipe(der, size);
    free(der);
    sign_key_destroy(key);
    return err == ROND_ECONFLICT ? ROND_OK : err;
}

static enum rond_err device_key_need(struct key_files *files) {
    if (files->device_key != NULL)
        return ROND_OK;
    enum rond_err err = device_key_read(files->directory, &files->device_key);
    if (err != ROND_ENOTFOUND)
        return err;
    err = device_key_make(files->directory);
    return err == ROND_OK ? device_key_read(files->directory, &files->device_key) : err;
}

static enum rond_err public_key(void *context, uint8_t *ret_der, size_t *inout_size) {
    struct key_files *files = context;
    uint8_t *der = NULL;
    size_t size = 0;
    enum rond_err err = device_key_need(files);
    if (err == ROND_OK)
        err = sign_key_spki(files->device_key, &der, &size);
    if (err == ROND_OK && size > *inout_size)
        err = ROND_EINVALID;
    if (err == ROND_OK) {
        memcpy(ret_der, der, size);
        *inout_size = size;
    }
    free(der);
    return err;
}

// From OpenSSL's DER form to r || s.
static enum rond_err numbers_of(const uint8_t *der, size_t size, uint8_t ret_signature[64]) {
    const unsigned char *at = der;
    ECDSA_SIG *numbers = d2i_ECDSA_SIG(NULL, &at, (long)size);
    if (numbers == NULL)
        return ROND_ENOMEM;
    bool fits = BN_bn2binpad(ECDSA_SIG_get0_r(numbers), ret_signature, NUMBER_SIZE) == NUMBER_SIZE &&
                BN_bn2binpad(ECDSA_SIG_get0_s(numbers), ret_signature + NUMBER_SIZE, NUMBER_SIZE) == NUMBER_SIZE;
    ECDSA_SIG_free(numbers);
    return fits ? ROND_OK : ROND_ENOMEM;
}

static enum rond_err sign_digest(void *context, const uint8_t digest[32], uint8_t ret_signature[64]) {
    struct key_files *files = context;
    enum rond_err err = device_key_need(files);
    if (err != ROND_OK)
        return err;
    uint8_t der[DER_SIGNATURE_SIZE_MAX];
    size_t size = sizeof der;
    EVP_PKEY_CTX *signing = EVP_PKEY_CTX_new(sign_key_evp(files->device_key), NULL);
    if (signing == NULL || EVP_PKEY_sign_init(signing) != 1 || EVP_PKEY_sign(signing, der, &size, digest, HASH_SIZE) != 1)
        err = ROND_ENOMEM;
    EVP_PKEY_CTX_free(signing);
    ERR_clear_error();
    return err == ROND_OK ? numbers_of(der, size, ret_signature) : err;
}

static void release(void *context) {
    struct key_files *files = context;
    if (files == NULL)
        return;
    sign_key_destroy(files->device_key);
    close(files->directory);
    free(files);
}

// --- Opening ---

static enum rond_err directory_open(const char *path, int *ret_directory, struct fault *fault) {
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return fault_set(fault, err_of_errno(), 0, "directory", "Cannot make %s: %s.", path, strerror(errno));
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat status;
    if (directory < 0 || fstat(directory, &status) != 0) {
        enum rond_err err = fault_set(fault, err_of_errno(), 0, "directory", "Cannot open %s: %s.", path, strerror(errno));
        if (directory >= 0)
            close(directory);
        return err;
    }
    if (status.st_uid != geteuid() || (status.st_mode & 077) != 0) {
        close(directory);
        return fault_set(fault, ROND_EAUTH, 0, "directory", "Keys must be readable by their owner alone: chmod 700 %s.",
                         path);
    }
    *ret_directory = directory;
    return ROND_OK;
}

_Static_assert(offsetof(struct fault, text_sv) == sizeof(rond_fault), "the public fault is the first part of ours");

enum rond_err rond_keystore_files(const char *directory, rond_keystore *ret_keystore, rond_fault *fault) {
    struct fault own = {0};
    struct key_files *files = NULL;
    int descriptor = -1;
    enum rond_err err = directory == NULL || directory[0] == '\0'
                            ? fault_set(&own, ROND_EINVALID, 0, "directory", "Name a directory for the keys.")
                            : directory_open(directory, &descriptor, &own);
    if (err == ROND_OK && (files = calloc(1, sizeof *files)) == NULL) {
        close(descriptor);
        err = fault_set(&own, ROND_ENOMEM, 0, NULL, "There is no memory.");
    }
    if (err != ROND_OK) {
        if (fault != NULL)
            memcpy(fault, &own, sizeof *fault);
        return err;
    }
    files->directory = descriptor;
    *ret_keystore = (rond_keystore){.context = files,
                                    .outbox_key = outbox_key,
                                    .public_key = public_key,
                                    .sign_digest = sign_digest,
                                    .release = release};
    return ROND_OK;
}
