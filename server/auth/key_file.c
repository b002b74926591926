#include "auth/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static enum rond_err errno_err(int error) {
    return error == ENOSPC || error == EDQUOT ? ROND_EFULL : error == ENOMEM ? ROND_ENOMEM : ROND_EIO;
}

static enum rond_err file_fault(int error, const char *path, struct fault *fault) {
    enum rond_err err = error == EEXIST ? ROND_ECONFLICT : error == ENOENT ? ROND_ENOTFOUND : errno_err(error);
    return fault_set(fault, err, 0, NULL, "%s: %s.", path, strerror(error));
}

// 0 or errno.
static int write_whole(int file, struct bytes content) {
    if (!file_write_all(file, content))
        return errno;
    return fsync(file) == 0 ? 0 : errno;
}

// The name must survive a power cut as well as what it leads to.
static int folder_sync(const char *path) {
    char folder[KEY_FILE_PATH_SIZE];
    snprintf(folder, sizeof folder, "%s", path);
    char *end = strrchr(folder, '/');
    if (end == NULL)
        return 0;
    *end = '\0';
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = descriptor < 0 || fsync(descriptor) != 0 ? errno : 0;
    if (descriptor >= 0)
        close(descriptor);
    return error;
}

// A file of its own beside the one that is meant. 0 or errno; nothing is left where it fails.
static int part_write(const char *part, mode_t mode, struct bytes content) {
    (void)unlink(part); // left by a crash
    int file = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (file < 0)
        return errno;
    int error = write_whole(file, content);
    if (close(file) != 0 && error == 0)
        error = errno;
    if (error != 0)
        (void)unlink(part);
    return error;
}

enum rond_err key_file_write(const char *path, mode_t mode, struct bytes content, struct fault *fault) {
    char part[KEY_FILE_PATH_SIZE + 8];
    snprintf(part, sizeof part, "%s.part", path);
    int error = part_write(part, mode, content);
    if (error != 0)
        return file_fault(error, path, fault);
    bool is_linked = link(part, path) == 0;
    if (!is_linked)
        error = errno;
    if (is_linked && (error = folder_sync(path)) != 0)
        (void)unlink(path);
    (void)unlink(part);
    return error == 0 ? ROND_OK : file_fault(error, path, fault);
}

// root writes for the server's user.
static bool give_to_folder_owner(const char *part, const char *path) {
    char folder[KEY_FILE_PATH_SIZE];
    struct stat owner;
    snprintf(folder, sizeof folder, "%s", path);
    char *end = strrchr(folder, '/');
    if (geteuid() != 0)
        return true;
    if (end != NULL)
        *end = '\0';
    return stat(end != NULL ? folder : ".", &owner) == 0 && chown(part, owner.st_uid, owner.st_gid) == 0;
}

enum rond_err key_file_replace(const char *path, mode_t mode, struct bytes content, struct fault *fault) {
    char part[KEY_FILE_PATH_SIZE + 8];
    snprintf(part, sizeof part, "%s.part", path);
    int error = part_write(part, mode, content);
    if (error != 0)
        return file_fault(error, path, fault);
    if (!give_to_folder_owner(part, path) || rename(part, path) != 0) {
        error = errno;
        (void)unlink(part);
        return file_fault(error, path, fault);
    }
    error = folder_sync(path);
    return error == 0 ? ROND_OK : file_fault(error, path, fault);
}

bool key_file_sync_folder(const char *path_in_it) {
    int error = folder_sync(path_in_it);
    errno = error;
    return error == 0;
}

enum rond_err key_file_open(const char *directory, const char *name, bool secret, const char *what, FILE **ret_file,
                            struct fault *fault) {
    char path[KEY_FILE_PATH_SIZE];
    struct stat status;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return file_fault(errno, path, fault);
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
