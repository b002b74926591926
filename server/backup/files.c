#include "backup/files.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum { CHUNK_BYTES = 64 * 1024 };

static enum rond_err failed(struct fault *fault, const char *path, const char *what) {
    int error = errno;
    enum rond_err err = error == ENOSPC || error == EDQUOT  ? ROND_EFULL
                        : error == ENOENT                   ? ROND_ENOTFOUND
                        : error == EEXIST                   ? ROND_ECONFLICT
                        : error == EACCES || error == EPERM ? ROND_EAUTH
                                                            : ROND_EIO;
    return fault_set(fault, err, 0, "", "%.160s cannot be %s: %s.", path, what, strerror(error));
}

enum rond_err files_path(const char *directory, const char *name, char (*ret_path)[FILES_PATH_SIZE], struct fault *fault) {
    if (snprintf(*ret_path, sizeof *ret_path, "%s/%s", directory, name) >= (int)sizeof *ret_path)
        return fault_set(fault, ROND_EINVALID, 0, "", "The directory's name is too long.");
    return ROND_OK;
}

bool files_is_there(const char *directory, const char *name) {
    char path[FILES_PATH_SIZE];
    struct stat status;
    return files_path(directory, name, &path, NULL) == ROND_OK && lstat(path, &status) == 0;
}

// From one descriptor through the hash into another (-1: nowhere).
static enum rond_err pour(int from, int to, const char *path, struct file_stamp *ret_stamp, struct fault *fault) {
    uint8_t chunk[CHUNK_BYTES];
    struct file_stamp stamp = {0};
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    enum rond_err err = hash != NULL && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1 ? ROND_OK : ROND_ENOMEM;
    for (ssize_t got = 1; err == ROND_OK && got > 0;) {
        got = read(from, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR) {
            got = 1;
            continue;
        }
        if (got < 0)
            err = failed(fault, path, "read");
        else if (got > 0 && EVP_DigestUpdate(hash, chunk, (size_t)got) != 1)
            err = ROND_ENOMEM;
        else if (got > 0 && to >= 0 && !file_write_all(to, bytes_of(chunk, (size_t)got)))
            err = failed(fault, path, "copied");
        stamp.bytes += got > 0 ? (uint64_t)got : 0;
    }
    if (err == ROND_OK && EVP_DigestFinal_ex(hash, stamp.sha256.b, NULL) != 1)
        err = ROND_ENOMEM;
    EVP_MD_CTX_free(hash);
    bytes_wipe(chunk, sizeof chunk);
    if (err == ROND_OK)
        *ret_stamp = stamp;
    return err;
}

static enum rond_err open_to_read(const char *directory, const char *name, enum files_links links,
                                  char (*ret_path)[FILES_PATH_SIZE], int *ret_descriptor, struct fault *fault) {
    struct stat status;
    enum rond_err err = files_path(directory, name, ret_path, fault);
    if (err != ROND_OK)
        return err;
    int descriptor = open(*ret_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (links == FILES_FOLLOWED ? 0 : O_NOFOLLOW));
    if (descriptor < 0)
        return failed(fault, *ret_path, "read");
    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(descriptor);
        return fault_set(fault, ROND_EINVALID, 0, "", "%.160s is no file.", *ret_path);
    }
    *ret_descriptor = descriptor;
    return ROND_OK;
}

enum rond_err files_stamp(const char *directory, const char *name, enum files_links links, struct file_stamp *ret_stamp,
                          struct fault *fault) {
    char path[FILES_PATH_SIZE];
    int descriptor;
    enum rond_err err = open_to_read(directory, name, links, &path, &descriptor, fault);
    if (err != ROND_OK)
        return err;
    err = pour(descriptor, -1, path, ret_stamp, fault);
    close(descriptor);
    return err;
}

enum rond_err files_copy(const char *from, enum files_links links, const char *to, const char *name,
                         struct file_stamp *ret_stamp, struct fault *fault) {
    char from_path[FILES_PATH_SIZE], to_path[FILES_PATH_SIZE];
    int source, target;
    enum rond_err err = open_to_read(from, name, links, &from_path, &source, fault);
    if (err != ROND_OK)
        return err;
    err = files_path(to, name, &to_path, fault);
    target = err == ROND_OK ? open(to_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
    if (err == ROND_OK && target < 0)
        err = failed(fault, to_path, "made");
    if (err == ROND_OK)
        err = pour(source, target, to_path, ret_stamp, fault);
    if (err == ROND_OK && fsync(target) != 0)
        err = failed(fault, to_path, "synced");
    if (target >= 0)
        close(target);
    close(source);
    return err;
}

enum rond_err files_read(const char *directory, const char *name, struct buffer *to, struct fault *fault) {
    char path[FILES_PATH_SIZE];
    uint8_t chunk[4096];
    int descriptor;
    enum rond_err err = open_to_read(directory, name, FILES_AS_THEY_ARE, &path, &descriptor, fault);
    if (err != ROND_OK)
        return err;
    for (ssize_t got = 1; err == ROND_OK && got > 0;) {
        got = read(descriptor, chunk, sizeof chunk);
        if (got < 0)
            err = failed(fault, path, "read");
        else if (to->size + (size_t)got > FILES_SMALL_BYTES_MAX)
            err = fault_set(fault, ROND_EFULL, 0, "", "%.160s is too large.", path);
        else
            err = buffer_append(to, bytes_of(chunk, (size_t)got));
    }
    close(descriptor);
    return err;
}

enum rond_err files_write(const char *directory, const char *name, struct bytes content, struct fault *fault) {
    char path[FILES_PATH_SIZE], beside[FILES_PATH_SIZE + 8];
    enum rond_err err = files_path(directory, name, &path, fault);
    if (err != ROND_OK)
        return err;
    snprintf(beside, sizeof beside, "%s.new", path);
    int descriptor = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0)
        return failed(fault, beside, "made");
    if (!file_write_all(descriptor, content) || fsync(descriptor) != 0)
        err = failed(fault, beside, "written");
    close(descriptor);
    if (err == ROND_OK && rename(beside, path) != 0)
        err = failed(fault, path, "written");
    if (err != ROND_OK)
        (void)unlink(beside);
    return err == ROND_OK ? files_sync_directory(directory, fault) : err;
}

enum rond_err files_give_to_owner(const char *directory, const char *name, struct fault *fault) {
    char path[FILES_PATH_SIZE];
    struct stat owner;
    enum rond_err err = files_path(directory, name, &path, fault);
    if (err != ROND_OK || geteuid() != 0)
        return err;
    return stat(directory, &owner) == 0 && lchown(path, owner.st_uid, owner.st_gid) == 0 ? ROND_OK
                                                                                         : failed(fault, path, "given away");
}

enum rond_err files_sync_directory(const char *directory, struct fault *fault) {
    int descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return failed(fault, directory, "opened");
    enum rond_err err = fsync(descriptor) == 0 ? ROND_OK : failed(fault, directory, "synced");
    close(descriptor);
    return err;
}
