#include "auth/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum rond_err file_fault(enum rond_err err, const char *path, struct fault *fault) {
    return fault_set(fault, err, 0, NULL, "%s: %s.", path, strerror(errno));
}

enum rond_err key_file_write(const char *path, mode_t mode, struct bytes content, struct fault *fault) {
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (file < 0)
        return file_fault(errno == EEXIST ? ROND_ECONFLICT : ROND_EIO, path, fault);
    bool written = write(file, content.data, content.size) == (ssize_t)content.size && fsync(file) == 0;
    enum rond_err err = written ? ROND_OK : file_fault(ROND_EIO, path, fault);
    close(file);
    if (!written)
        unlink(path);
    return err;
}

enum rond_err key_file_open(const char *directory, const char *name, bool secret, const char *what, FILE **ret_file,
                            struct fault *fault) {
    char path[KEY_FILE_PATH_SIZE];
    struct stat status;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return file_fault(errno == ENOENT ? ROND_ENOTFOUND : ROND_EIO, path, fault);
    if (secret && (fstat(fileno(file), &status) != 0 || (status.st_mode & 077) != 0)) {
        fclose(file);
        return fault_set(fault, ROND_EAUTH, 0, NULL, "Others than its owner can reach %s: chmod 600 %s.", what, path);
    }
    *ret_file = file;
    return ROND_OK;
}

enum rond_err key_file_pem(const EVP_PKEY *key, struct buffer *to) {
    char *data = NULL;
    BIO *bio = BIO_new(BIO_s_secmem());
    bool written = bio != NULL && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1;
    long size = written ? BIO_get_mem_data(bio, &data) : -1;
    enum rond_err err = size < 0 ? ROND_ENOMEM : buffer_append(to, bytes_of(data, (size_t)size));
    ERR_clear_error();
    BIO_free(bio);
    return err;
}
