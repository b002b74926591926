#include "backup/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/files.h"
#include "backup/last.h"
#include "base/check.h"

enum {
    PAGE_ROWS = 2000,
    ROWS_ARENA_BYTES_MAX = 16 * 1024 * 1024,
    TEXT_MAX = 255,
};
static const char MAGIC[] = "rond keys v1\n";

// One way through the file, writing or reading, with the hash of all that went by.
struct pouring {
    FILE *file;
    EVP_MD_CTX *hash;
    bool failed;
};

static enum rond_err failed(struct fault *fault, const char *path, const char *what) {
    int error = errno;
    return fault_set(fault,
                     error == ENOSPC || error == EDQUOT  ? ROND_EFULL
                     : error == ENOENT                   ? ROND_ENOTFOUND
                     : error == EACCES || error == EPERM ? ROND_EAUTH
                                                         : ROND_EIO,
                     0, "keys", "%.160s cannot be %s: %s.", path, what, strerror(error));
}

static enum rond_err pouring_start(struct pouring *pouring, int descriptor, const char *mode) {
    *pouring = (struct pouring){.file = fdopen(descriptor, mode), .hash = EVP_MD_CTX_new()};
    if (pouring->file == NULL)
        close(descriptor);
    bool started =
        pouring->file != NULL && pouring->hash != NULL && EVP_DigestInit_ex(pouring->hash, EVP_sha256(), NULL) == 1;
    return started ? ROND_OK : ROND_ENOMEM;
}

static void pouring_end(struct pouring *pouring) {
    if (pouring->file != NULL)
        (void)fclose(pouring->file);
    EVP_MD_CTX_free(pouring->hash);
}

// ---- Out ----

static void put(struct pouring *to, const void *data, size_t size) {
    to->failed = to->failed || fwrite(data, 1, size, to->file) != size || EVP_DigestUpdate(to->hash, data, size) != 1;
}

static void put_number(struct pouring *to, uint64_t number) {
    uint8_t data[8];
    put_be64(data, number);
    put(to, data, sizeof data);
}

// A role or a rule; NULL is written as none.
static void put_text(struct pouring *to, const char *text) {
    size_t size = text == NULL ? 0 : strlen(text);
    uint8_t length = size > TEXT_MAX ? TEXT_MAX : (uint8_t)size;
    put(to, &length, 1);
    put(to, text == NULL ? "" : text, length);
}

static enum rond_err put_keys(struct store *store, bool of_forks, struct pouring *to, struct backup_keys *file) {
    struct body_key_row *rows = NULL;
    struct arena arena;
    uint64_t after = 0;
    size_t count = 0;
    enum rond_err err;
    arena_init(&arena, ROWS_ARENA_BYTES_MAX);
    do {
        arena_reset(&arena);
        err = store->views->body_keys(store, of_forks, after, PAGE_ROWS, &arena, &rows, &count);
        for (size_t i = 0; i < count && err == ROND_OK; i++) {
            put(to, of_forks ? "f" : "k", 1);
            put_number(to, rows[i].row);
            put_number(to, rows[i].leaf);
            put(to, rows[i].key.b, BODY_KEY_SIZE);
            after = rows[i].row;
        }
        file->keys += err == ROND_OK ? count : 0;
        if (err == ROND_OK && count > 0)
            bytes_wipe(rows, count * sizeof *rows);
    } while (err == ROND_OK && count > 0 && !to->failed);
    arena_deinit(&arena);
    return err;
}

static enum rond_err put_erasures(struct store *store, struct pouring *to, struct backup_keys *file) {
    struct erasure_row *rows = NULL;
    struct arena arena;
    uint64_t after = 0;
    size_t count = 0;
    enum rond_err err;
    arena_init(&arena, ROWS_ARENA_BYTES_MAX);
    do {
        arena_reset(&arena);
        err = store->views->erasures(store, after, PAGE_ROWS, &arena, &rows, &count);
        for (size_t i = 0; i < count && err == ROND_OK; i++) {
            put(to, "e", 1);
            put_number(to, rows[i].row);
            put_number(to, rows[i].leaf);
            put_number(to, (uint64_t)rows[i].erasure.at_ms);
            put_text(to, rows[i].erasure.role);
            put_text(to, rows[i].erasure.rule);
            after = rows[i].row;
        }
        file->erasures += err == ROND_OK ? count : 0;
    } while (err == ROND_OK && count > 0 && !to->failed);
    arena_deinit(&arena);
    return err;
}

static enum rond_err put_all(struct store *store, struct pouring *to, struct backup_keys *file) {
    uint8_t hash[HASH_SIZE];
    enum rond_err err = store->registry->identity(store, &file->store);
    if (err != ROND_OK)
        return err;
    put(to, MAGIC, sizeof MAGIC - 1);
    put(to, file->store.store_id.b, ID_SIZE);
    put_number(to, file->store.epoch);
    put_number(to, (uint64_t)file->taken_ms);
    err = put_keys(store, false, to, file);
    if (err == ROND_OK)
        err = put_keys(store, true, to, file);
    if (err == ROND_OK)
        err = put_erasures(store, to, file);
    put(to, "z", 1);
    to->failed = to->failed || EVP_DigestFinal_ex(to->hash, hash, NULL) != 1 ||
                 fwrite(hash, 1, sizeof hash, to->file) != sizeof hash || fflush(to->file) != 0 ||
                 fsync(fileno(to->file)) != 0;
    return err;
}

static enum rond_err write_beside(struct store *store, const char *beside, struct backup_keys *file, struct fault *fault) {
    struct pouring to = {0};
    int descriptor = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0 || fchmod(descriptor, 0600) != 0) {
        enum rond_err err = failed(fault, beside, "made");
        if (descriptor >= 0)
            close(descriptor);
        return err;
    }
    enum rond_err err = pouring_start(&to, descriptor, "w");
    if (err == ROND_OK)
        err = store->views->read_begin(store);
    if (err == ROND_OK) {
        err = put_all(store, &to, file);
        store->views->read_end(store);
    }
    if (err == ROND_OK && to.failed)
        err = failed(fault, beside, "written");
    pouring_end(&to);
    return err;
}

static enum rond_err last_write(const char *data_dir, const char *path, const struct backup_keys *file,
                                struct fault *fault) {
    json_t *last = json_pack("{s:I,s:s,s:I,s:I}", "at_ms", (json_int_t)file->taken_ms, "path", path, "keys",
                             (json_int_t)file->keys, "erasures", (json_int_t)file->erasures);
    return last_note(data_dir, KEYS_LAST, last, fault);
}

enum rond_err backup_keys_write(struct store *store, const char *path, const char *data_dir, const struct clock *clock,
                                struct backup_keys *ret_file, struct fault *fault) {
    struct backup_keys file = {.taken_ms = clock_wall_ms(clock)};
    char beside[FILES_PATH_SIZE], directory[FILES_PATH_SIZE];
    const char *slash = strrchr(path, '/');
    if (store->views->body_keys == NULL || store->views->read_begin == NULL)
        return fault_set(fault, ROND_EINVALID, 0, "keys", "This kind of store keeps no keys apart.");
    if (path[0] != '/' || slash[1] == '\0' || strlen(path) + 5 > sizeof beside)
        return fault_set(fault, ROND_EINVALID, 0, "keys", "Name a file for the keys, by its whole path.");
    (void)snprintf(beside, sizeof beside, "%s.new", path);
    (void)snprintf(directory, sizeof directory, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    enum rond_err err = write_beside(store, beside, &file, fault);
    if (err == ROND_OK && rename(beside, path) != 0)
        err = failed(fault, path, "written");
    if (err != ROND_OK)
        (void)unlink(beside);
    if (err == ROND_OK)
        err = files_sync_directory(directory, fault);
    if (err == ROND_OK)
        err = last_write(data_dir, path, &file, fault);
    if (err == ROND_OK)
        *ret_file = file;
    return err;
}

// ---- In ----

static bool take(struct pouring *from, void *data, size_t size) {
    from->failed = from->failed || fread(data, 1, size, from->file) != size || EVP_DigestUpdate(from->hash, data, size) != 1;
    return !from->failed;
}

static uint64_t take_number(struct pouring *from) {
    uint8_t data[8] = {0};
    return take(from, data, sizeof data) ? get_be64(data) : 0;
}

static void take_text(struct pouring *from, char (*text)[TEXT_MAX + 1]) {
    uint8_t size = 0;
    memset(*text, 0, sizeof *text);
    if (take(from, &size, 1))
        (void)take(from, *text, size);
}

// What is done with each entry; NULL: it is only counted. An error ends the reading.
struct taker {
    struct store *store;
    const struct backup_keys_taker *told;
    bool of_keys; // else of erasures
    size_t since_commit;
};

static enum rond_err commit_now_and_then(struct taker *taker) {
    struct store *store = taker->store;
    if (++taker->since_commit < PAGE_ROWS)
        return ROND_OK;
    taker->since_commit = 0;
    enum rond_err err = store->ledger->commit(store);
    return err == ROND_OK ? store->ledger->begin(store) : err;
}

static enum rond_err key_take(struct pouring *from, bool of_fork, struct taker *taker, struct backup_keys *file) {
    struct body_key_row row = {.row = take_number(from)};
    row.leaf = take_number(from);
    enum rond_err err = ROND_OK;
    if (take(from, row.key.b, BODY_KEY_SIZE)) {
        file->keys++;
        if (taker != NULL && taker->of_keys)
            err = taker->store->ledger->body_keys_put(taker->store, of_fork, &row, 1);
    }
    bytes_wipe(&row, sizeof row);
    return err == ROND_OK && taker != NULL && taker->of_keys ? commit_now_and_then(taker) : err;
}

// Only where it is the same report.
static enum rond_err erase_again(struct taker *taker, uint64_t row, uint64_t leaf, const struct erasure *erasure) {
    struct store *store = taker->store;
    struct stored_report report;
    struct arena arena;
    arena_init(&arena, ROWS_ARENA_BYTES_MAX);
    enum rond_err err = store->views->report(store, row, &arena, &report);
    if (err == ROND_OK && get_be64(report.leaf.b) == leaf)
        err = store->ledger->erase(store, row, erasure);
    if (err == ROND_OK && get_be64(report.leaf.b) == leaf && taker->told->erased != NULL)
        err = taker->told->erased(taker->told->context, store, row);
    arena_deinit(&arena);
    err = err == ROND_ENOTFOUND ? ROND_OK : err;
    return err == ROND_OK ? commit_now_and_then(taker) : err;
}

static enum rond_err erasure_take(struct pouring *from, struct taker *taker, struct backup_keys *file) {
    char role[TEXT_MAX + 1], rule[TEXT_MAX + 1];
    uint64_t row = take_number(from), leaf = take_number(from);
    struct erasure erasure = {.at_ms = (int64_t)take_number(from), .rule = rule};
    take_text(from, &role);
    take_text(from, &rule);
    erasure.role = role[0] == '\0' ? NULL : role;
    if (from->failed)
        return ROND_OK;
    file->erasures++;
    return taker != NULL && !taker->of_keys ? erase_again(taker, row, leaf, &erasure) : ROND_OK;
}

static enum rond_err entries_take(struct pouring *from, struct taker *taker, struct backup_keys *file) {
    enum rond_err err = ROND_OK;
    char letter = 0;
    while (err == ROND_OK && take(from, &letter, 1) && letter != 'z') {
        if (letter == 'k' || letter == 'f')
            err = key_take(from, letter == 'f', taker, file);
        else if (letter == 'e')
            err = erasure_take(from, taker, file);
        else
            from->failed = true;
    }
    return err;
}

static bool header_take(struct pouring *from, struct backup_keys *file) {
    char magic[sizeof MAGIC - 1];
    if (!take(from, magic, sizeof magic) || memcmp(magic, MAGIC, sizeof magic) != 0)
        return false;
    (void)take(from, file->store.store_id.b, ID_SIZE);
    file->store.epoch = take_number(from);
    file->taken_ms = (int64_t)take_number(from);
    return true;
}

static bool end_holds(struct pouring *from) {
    uint8_t hash[HASH_SIZE], said[HASH_SIZE];
    return !from->failed && EVP_DigestFinal_ex(from->hash, hash, NULL) == 1 &&
           fread(said, 1, HASH_SIZE, from->file) == HASH_SIZE && memcmp(hash, said, HASH_SIZE) == 0 &&
           fgetc(from->file) == EOF;
}

static enum rond_err read_through(const char *path, struct taker *taker, struct backup_keys *ret_file, struct fault *fault) {
    struct backup_keys file = {0};
    struct pouring from;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return failed(fault, path, "read");
    enum rond_err err = pouring_start(&from, descriptor, "r");
    if (err == ROND_OK && !header_take(&from, &file))
        err = fault_set(fault, ROND_EINVALID, 0, "keys", "%.160s is no key file of rondctl backup --keys.", path);
    if (err == ROND_OK)
        err = entries_take(&from, taker, &file);
    if (err == ROND_OK && !end_holds(&from))
        err = fault_set(fault, ROND_ECORRUPT, 0, "keys", "The key file %.160s is damaged or was cut off.", path);
    pouring_end(&from);
    if (err == ROND_OK)
        *ret_file = file;
    return err;
}

enum rond_err backup_keys_check(const char *path, struct backup_keys *ret_file, struct fault *fault) {
    return read_through(path, NULL, ret_file, fault);
}

// path NULL: it is only counted what lacks a key now.
static enum rond_err apply_part(struct store *store, const char *path, const struct backup_keys_taker *told, bool of_keys,
                                uint64_t *ret_missing, struct fault *fault) {
    struct taker taker = {.store = store, .told = told, .of_keys = of_keys};
    struct backup_keys file;
    enum rond_err err = store->ledger->begin(store);
    if (err != ROND_OK)
        return err;
    if (path != NULL)
        err = read_through(path, &taker, &file, fault);
    if (err == ROND_OK && of_keys)
        err = store->ledger->body_keys_end(store, ret_missing);
    if (err == ROND_OK)
        return store->ledger->commit(store);
    store->ledger->rollback(store);
    return err;
}

enum rond_err backup_keys_apply(struct store *store, const char *path, const struct backup_keys_taker *taker,
                                uint64_t *ret_missing, struct fault *fault) {
    enum rond_err err = apply_part(store, path, taker, true, ret_missing, fault);
    if (err == ROND_OK && path != NULL)
        err = apply_part(store, path, taker, false, ret_missing, fault);
    return err == ROND_OK && path != NULL ? apply_part(store, NULL, taker, true, ret_missing, fault) : err;
}

enum rond_err backup_keys_last(const char *data_dir, int64_t *ret_at_ms) {
    return last_read(data_dir, KEYS_LAST, ret_at_ms);
}
