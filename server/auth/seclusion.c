#include "auth/seclusion.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/key_file.h"
#include "base/buffer.h"
#include "base/sha256.h"

enum { KEY_BYTES_MAX = 16 * 1024, NAME_BYTES = 8 };

#define CA_KEY "ca.key"
#define RECEIPT_KEY "receipt.key"

// What is on its way from one place to the other.
struct moving {
    const char *name;      // ca.key
    const char *what;      // "the CA's key"
    char from[PATH_MAX];   // DIRECTORY/NAME
    char folder[PATH_MAX]; // DIRECTORY-ca
    char to[PATH_MAX + 32];
    char link[PATH_MAX + 8];
    struct stat owner; // of the data directory
    struct buffer pem;
    struct fault *fault;
};

static enum rond_err failed(const struct moving *moving, const char *path, const char *what) {
    enum rond_err err = errno == EACCES || errno == EPERM || errno == EROFS ? ROND_EAUTH
                        : errno == ENOSPC                                   ? ROND_EFULL
                                                                            : ROND_EIO;
    return fault_set(moving->fault, err, 0, "", "%.160s cannot be %s: %s.", path, what, strerror(errno));
}

static enum rond_err places_find(struct moving *moving, const char *directory) {
    char data[PATH_MAX];
    if (realpath(directory, data) == NULL || stat(data, &moving->owner) != 0)
        return fault_set(moving->fault, ROND_ENOTFOUND, 0, "", "There is no data directory at %.160s.", directory);
    if (snprintf(moving->from, sizeof moving->from, "%s/%s", data, moving->name) >= (int)sizeof moving->from ||
        snprintf(moving->folder, sizeof moving->folder, "%s-ca", data) >= (int)sizeof moving->folder)
        return fault_set(moving->fault, ROND_EINVALID, 0, "", "The data directory's path is too long.");
    (void)snprintf(moving->link, sizeof moving->link, "%s.link", moving->from);
    return ROND_OK;
}

// A name that no other key has.
static void key_name(struct moving *moving) {
    struct hash256 hash;
    char name[2 * NAME_BYTES + 1];
    sha256_of(buffer_bytes(&moving->pem), &hash);
    hex_encode(bytes_of(hash.b, NAME_BYTES), name);
    (void)snprintf(moving->to, sizeof moving->to, "%s/%s.key", moving->folder, name);
}

static enum rond_err key_read(struct moving *moving, const char *directory) {
    FILE *file = NULL;
    enum rond_err err = key_file_open(directory, moving->name, true, moving->what, &file, moving->fault);
    if (err != ROND_OK)
        return err;
    uint8_t chunk[1024];
    for (size_t got; err == ROND_OK && (got = fread(chunk, 1, sizeof chunk, file)) > 0;)
        err = buffer_append(&moving->pem, bytes_of(chunk, got));
    if (err == ROND_OK && ferror(file))
        err = failed(moving, moving->from, "read");
    fclose(file);
    bytes_wipe(chunk, sizeof chunk);
    key_name(moving);
    return err;
}

static bool give_to_owner(const struct moving *moving, const char *path) {
    return geteuid() != 0 || lchown(path, moving->owner.st_uid, moving->owner.st_gid) == 0;
}

// What has this name has these bytes: the name is their hash.
static enum rond_err key_lay(struct moving *moving) {
    if (mkdir(moving->folder, 0700) != 0 && errno != EEXIST)
        return failed(moving, moving->folder, "made");
    enum rond_err err = key_file_write(moving->to, 0600, buffer_bytes(&moving->pem), moving->fault);
    if (err == ROND_ECONFLICT)
        err = ROND_OK;
    if (err == ROND_OK && (!give_to_owner(moving, moving->folder) || !give_to_owner(moving, moving->to)))
        err = failed(moving, moving->to, "given away");
    return err;
}

static enum rond_err link_put(const struct moving *moving) {
    (void)unlink(moving->link);
    if (symlink(moving->to, moving->link) != 0 || !give_to_owner(moving, moving->link))
        return failed(moving, moving->link, "made");
    return rename(moving->link, moving->from) == 0 ? ROND_OK : failed(moving, moving->from, "replaced");
}

static bool is_moved(const char *directory, const char *name) {
    char data[PATH_MAX], link[PATH_MAX + 16], key[PATH_MAX];
    if (realpath(directory, data) == NULL)
        return false;
    (void)snprintf(link, sizeof link, "%s/%s", data, name);
    size_t size = strlen(data);
    return realpath(link, key) != NULL && (strncmp(key, data, size) != 0 || key[size] != '/');
}

static bool is_there(const char *directory, const char *name) {
    char path[PATH_MAX + 16];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    return access(path, F_OK) == 0;
}

static enum rond_err move(const char *directory, const char *name, const char *what, struct fault *fault) {
    struct moving moving = {.name = name, .what = what, .fault = fault};
    if (is_moved(directory, name))
        return ROND_OK;
    buffer_init(&moving.pem, KEY_BYTES_MAX);
    enum rond_err err = places_find(&moving, directory);
    if (err == ROND_OK)
        err = key_read(&moving, directory);
    if (err == ROND_OK)
        err = key_lay(&moving);
    if (err == ROND_OK)
        err = link_put(&moving);
    if (moving.pem.data != NULL)
        bytes_wipe(moving.pem.data, moving.pem.capacity);
    buffer_deinit(&moving.pem);
    return err;
}

static enum rond_err receipt_key_move(const char *directory, struct fault *fault) {
    return is_there(directory, RECEIPT_KEY) ? move(directory, RECEIPT_KEY, "the key that signs receipts", fault) : ROND_OK;
}

enum rond_err seclusion_make(const char *directory, struct fault *fault) {
    enum rond_err err = move(directory, CA_KEY, "the CA's key", fault);
    return err == ROND_OK ? receipt_key_move(directory, fault) : err;
}

enum rond_err seclusion_follow(const char *directory, struct fault *fault) {
    return is_moved(directory, CA_KEY) ? receipt_key_move(directory, fault) : ROND_OK;
}

bool seclusion_is_whole(const char *directory) {
    return is_moved(directory, CA_KEY) && (!is_there(directory, RECEIPT_KEY) || is_moved(directory, RECEIPT_KEY));
}

// Two files are noted beside the keys, where the server's process cannot write, until all is done: the one that will be in
// use and the one that was. Of those the one that is not goes, now or with the next call.
enum { NOTES = 2 };

static void note_path(const struct moving *moving, size_t which, char (*ret_note)[PATH_MAX + 32]) {
    static const char *const NAMES[NOTES] = {"next", "former"};
    (void)snprintf(*ret_note, sizeof *ret_note, "%s/%s.link", moving->folder, NAMES[which]);
}

static enum rond_err note_take(const struct moving *moving, size_t which) {
    char note[PATH_MAX + 32], noted[PATH_MAX], part[PATH_MAX + 8], now[PATH_MAX];
    note_path(moving, which, &note);
    ssize_t size = readlink(note, noted, sizeof noted - 1);
    if (size < 0)
        return errno == ENOENT ? ROND_OK : failed(moving, note, "read");
    noted[size] = '\0';
    if (realpath(moving->from, now) == NULL)
        return failed(moving, moving->from, "found");
    (void)snprintf(part, sizeof part, "%s.part", noted); // as key_file_write may leave it
    if (unlink(part) != 0 && errno != ENOENT)
        return failed(moving, part, "removed");
    if (strcmp(now, noted) != 0 && unlink(noted) != 0 && errno != ENOENT)
        return failed(moving, noted, "removed");
    return unlink(note) == 0 ? ROND_OK : failed(moving, note, "removed");
}

static enum rond_err unused_drop(const struct moving *moving) {
    enum rond_err err = note_take(moving, 0);
    return err == ROND_OK ? note_take(moving, 1) : err;
}

static enum rond_err both_note(const struct moving *moving, const char *former) {
    const char *const files[NOTES] = {moving->to, former};
    char note[PATH_MAX + 32];
    for (size_t i = 0; i < NOTES; i++) {
        note_path(moving, i, &note);
        if (symlink(files[i], note) != 0)
            return failed(moving, note, "made");
    }
    return key_file_sync_folder(moving->to) ? ROND_OK : failed(moving, moving->folder, "written");
}

static enum rond_err secluded_replace(struct moving *moving) {
    char former[PATH_MAX];
    if (realpath(moving->from, former) == NULL)
        return failed(moving, moving->from, "found");
    key_name(moving);
    enum rond_err err = unused_drop(moving);
    if (err != ROND_OK || strcmp(former, moving->to) == 0)
        return err; // these keys are there
    err = both_note(moving, former);
    if (err == ROND_OK)
        err = key_lay(moving);
    if (err == ROND_OK)
        err = link_put(moving);
    if (err == ROND_OK && !key_file_sync_folder(moving->from))
        err = failed(moving, moving->from, "written");
    return err == ROND_OK ? unused_drop(moving) : err;
}

enum rond_err seclusion_replace(const char *directory, struct bytes pem, struct fault *fault) {
    struct moving moving = {.name = CA_KEY, .what = "the CA's key", .fault = fault};
    enum rond_err err = places_find(&moving, directory);
    if (err != ROND_OK)
        return err;
    if (!is_moved(directory, CA_KEY))
        return key_file_replace(moving.from, 0600, pem, fault);
    buffer_init(&moving.pem, KEY_BYTES_MAX);
    err = buffer_append(&moving.pem, pem);
    if (err == ROND_OK)
        err = secluded_replace(&moving);
    if (moving.pem.data != NULL)
        bytes_wipe(moving.pem.data, moving.pem.capacity);
    buffer_deinit(&moving.pem);
    return err;
}
