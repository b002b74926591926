#include "auth/followup_signer.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/key_file.h"
#include "base/openssl_err.h"
#include "base/sha256.h"
#include "wire/followup_signature.h"

#define FILE_NAME "statement.key"
enum { PEM_BYTES_MAX = 4 * 1024 };

struct followup_signer {
    EVP_PKEY *key;
    uint8_t *spki;
    size_t spki_size;
    struct hash256 id;
};

void followup_signer_close(struct followup_signer *signer) {
    if (signer == NULL)
        return;
    EVP_PKEY_free(signer->key);
    OPENSSL_free(signer->spki);
    free(signer);
}

static enum rond_err signer_make(EVP_PKEY *take_key, struct followup_signer **ret_signer) {
    struct followup_signer *signer = calloc(1, sizeof *signer);
    if (signer == NULL) {
        EVP_PKEY_free(take_key);
        return ROND_ENOMEM;
    }
    signer->key = take_key;
    int size = i2d_PUBKEY(signer->key, &signer->spki);
    if (size <= 0) {
        ERR_clear_error();
        followup_signer_close(signer);
        return ROND_ENOMEM;
    }
    signer->spki_size = (size_t)size;
    sha256_of(bytes_of(signer->spki, signer->spki_size), &signer->id);
    *ret_signer = signer;
    return ROND_OK;
}

static enum rond_err key_store(const char *path, const EVP_PKEY *key, struct fault *fault) {
    struct buffer pem;
    buffer_init(&pem, PEM_BYTES_MAX);
    enum rond_err err = key_file_pem(key, &pem);
    if (err == ROND_OK)
        err = key_file_write(path, 0600, buffer_bytes(&pem), fault);
    if (pem.data != NULL)
        bytes_wipe(pem.data, pem.capacity);
    buffer_deinit(&pem);
    return err;
}

// Written beside and renamed: whole or not at all.
enum rond_err followup_signer_rotate(const char *directory, struct followup_signer **ret_signer, struct fault *fault) {
    char path[KEY_FILE_PATH_SIZE], beside[KEY_FILE_PATH_SIZE];
    snprintf(path, sizeof path, "%s/" FILE_NAME, directory);
    snprintf(beside, sizeof beside, "%s/" FILE_NAME ".new", directory);
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (key == NULL) {
        ERR_clear_error();
        return ROND_ENOMEM;
    }
    (void)unlink(beside); // left by a crash
    enum rond_err err = key_store(beside, key, fault);
    if (err == ROND_OK && rename(beside, path) != 0)
        err = fault_set(fault, errno == ENOSPC ? ROND_EFULL : ROND_EIO, 0, NULL, "%s: %s.", path, strerror(errno));
    if (err != ROND_OK) {
        EVP_PKEY_free(key);
        return err;
    }
    return signer_make(key, ret_signer);
}

enum rond_err followup_signer_open(const char *directory, struct followup_signer **ret_signer, struct fault *fault) {
    FILE *file = NULL;
    enum rond_err err = key_file_open(directory, FILE_NAME, true, "the key that signs follow-ups", &file, fault);
    if (err == ROND_ENOTFOUND) {
        if (fault != NULL)
            *fault = (struct fault){0};
        return followup_signer_rotate(directory, ret_signer, fault);
    }
    if (err != ROND_OK)
        return err;
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    if (key == NULL || EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519) {
        EVP_PKEY_free(key);
        return fault_set(
            fault, openssl_err(ROND_ECORRUPT), 0, NULL,
            "%s/" FILE_NAME
            " is no Ed25519 key; put it back from a copy, or make a new one with 'rondctl followup rotate-key'.",
            directory);
    }
    return signer_make(key, ret_signer);
}

struct hash256 followup_signer_id(const struct followup_signer *signer) {
    return signer->id;
}

enum rond_err followup_signer_adopt(const struct followup_signer *signer, struct store *store, int64_t now_ms,
                                    struct fault *fault) {
    struct followup_key key = {.id = signer->id, .spki = bytes_of(signer->spki, signer->spki_size), .since_ms = now_ms};
    enum rond_err err = store->registry->followup_key_put(store, &key);
    return err != ROND_ECONFLICT ? err
                                 : fault_set(fault, err, 0, "",
                                             FILE_NAME " holds a key that was retired; put the newer one back, or make "
                                                       "another with 'rondctl followup rotate-key'.");
}

enum rond_err followup_signer_sign(const struct followup_signer *signer, struct bytes document,
                                   struct signature *ret_signature) {
    return followup_signature_make(signer->key, document, ret_signature);
}
