#include "backup/manifest.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

enum { FORMAT = 1 };

const struct backup_file BACKUP_FILES[BACKUP_FILES_COUNT] = {
    {"ca.key", true}, {"ca.crt", true}, {"statement.key", false}, {"receipt.key", false}};

// --- Out ---

static json_t *file_json(const char *name, const struct file_stamp *stamp) {
    char hash[2 * HASH_SIZE + 1];
    hex_encode(bytes_of(stamp->sha256.b, HASH_SIZE), hash);
    return json_pack("{s:s,s:I,s:s}", "name", name, "bytes", (json_int_t)stamp->bytes, "sha256", hash);
}

static json_t *to_json(const struct manifest *manifest) {
    char store_id[2 * ID_SIZE + 1];
    hex_encode(bytes_of(manifest->store.store_id.b, ID_SIZE), store_id);
    json_t *files = json_array();
    for (size_t i = 0; files != NULL && i < manifest->files_count; i++)
        if (json_array_append_new(files, file_json(manifest->files[i].name, &manifest->files[i].stamp)) != 0)
            break; // the pack below fails, or the file is missed when it is read back
    return json_pack("{s:i,s:s,s:I,s:I,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:o}", "format", FORMAT, "program", manifest->program,
                     "taken_ms", (json_int_t)manifest->taken_ms, "took_ms", (json_int_t)manifest->took_ms, "store_id",
                     store_id, "epoch", (json_int_t)manifest->store.epoch, "reports", (json_int_t)manifest->reports, "lost",
                     (json_int_t)manifest->lost, "devices", (json_int_t)manifest->devices, "outboxes",
                     (json_int_t)manifest->outboxes, "received", (json_int_t)manifest->received, "files", files);
}

// --- In ---

static enum rond_err senseless(const char *directory, struct fault *fault) {
    return fault_set(fault, ROND_ECORRUPT, 0, "", "%.160s/" BACKUP_MANIFEST " cannot be read as a backup's.", directory);
}

static bool take_number(json_t *object, const char *name, uint64_t *ret_number) {
    json_t *value = json_object_get(object, name);
    bool fits = json_is_integer(value) && json_integer_value(value) >= 0;
    if (fits)
        *ret_number = (uint64_t)json_integer_value(value);
    return fits;
}

static bool take_hex(json_t *object, const char *name, uint8_t *ret_data, size_t size) {
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL && hex_decode(text, ret_data, size);
}

// Only names that a backup has: whatever else stands there is never looked for.
static bool name_is_known(const char *name) {
    bool known = strcmp(name, BACKUP_STORE) == 0;
    for (size_t i = 0; i < BACKUP_FILES_COUNT; i++)
        known = known || strcmp(name, BACKUP_FILES[i].name) == 0;
    return known;
}

static bool take_files(json_t *files, struct manifest *manifest) {
    size_t i;
    json_t *file;
    if (json_array_size(files) > MANIFEST_FILES_MAX)
        return false;
    json_array_foreach(files, i, file) {
        const char *name = json_string_value(json_object_get(file, "name"));
        struct file_stamp *stamp = &manifest->files[i].stamp;
        if (name == NULL || !name_is_known(name) || !take_number(file, "bytes", &stamp->bytes) ||
            !take_hex(file, "sha256", stamp->sha256.b, HASH_SIZE))
            return false;
        snprintf(manifest->files[i].name, MANIFEST_NAME_SIZE, "%s", name);
    }
    manifest->files_count = json_array_size(files);
    return true;
}

static bool manifest_has(const struct manifest *manifest, const char *name) {
    for (size_t i = 0; i < manifest->files_count; i++)
        if (strcmp(manifest->files[i].name, name) == 0)
            return true;
    return false;
}

static bool is_complete(const struct manifest *manifest) {
    bool complete = manifest_has(manifest, BACKUP_STORE);
    for (size_t i = 0; i < BACKUP_FILES_COUNT; i++)
        complete = complete && (!BACKUP_FILES[i].needed || manifest_has(manifest, BACKUP_FILES[i].name));
    return complete;
}

static bool from_json(json_t *object, struct manifest *manifest) {
    const char *program = json_string_value(json_object_get(object, "program"));
    uint64_t taken_ms = 0, took_ms = 0;
    bool fits = program != NULL && take_number(object, "taken_ms", &taken_ms) && take_number(object, "took_ms", &took_ms) &&
                take_hex(object, "store_id", manifest->store.store_id.b, ID_SIZE) &&
                take_number(object, "epoch", &manifest->store.epoch) && take_number(object, "reports", &manifest->reports) &&
                take_number(object, "lost", &manifest->lost) && take_number(object, "devices", &manifest->devices) &&
                take_number(object, "outboxes", &manifest->outboxes) &&
                take_number(object, "received", &manifest->received) &&
                take_files(json_object_get(object, "files"), manifest) && is_complete(manifest);
    if (!fits)
        return false;
    snprintf(manifest->program, sizeof manifest->program, "%s", program);
    manifest->taken_ms = (int64_t)taken_ms;
    manifest->took_ms = (int64_t)took_ms;
    return true;
}

static enum rond_err understand(struct bytes text, const char *directory, struct manifest *ret_manifest,
                                struct fault *fault) {
    uint64_t format = 0;
    enum rond_err err = ROND_OK;
    *ret_manifest = (struct manifest){0};
    json_t *object = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, NULL);
    if (!take_number(object, "format", &format) || format == 0)
        err = senseless(directory, fault);
    else if (format > FORMAT)
        err = fault_set(fault, ROND_EINVALID, 0, "",
                        "The backup is of a later form (%" PRIu64 "); use the release that wrote it.", format);
    else if (!from_json(object, ret_manifest))
        err = senseless(directory, fault);
    json_decref(object);
    return err;
}

// jansson does not say where it lacked memory to read a text, and may then have left part of it out; what it allocates with
// says so.
static _Thread_local bool lacked_memory;

static void *noting_malloc(size_t size) {
    void *memory = malloc(size);
    lacked_memory = lacked_memory || memory == NULL;
    return memory;
}

static enum rond_err understand_noting(struct bytes text, const char *directory, struct manifest *ret_manifest,
                                       struct fault *fault) {
    json_malloc_t malloc_before;
    json_free_t free_before;
    lacked_memory = false;
    json_get_alloc_funcs(&malloc_before, &free_before);
    json_set_alloc_funcs(noting_malloc, free);
    enum rond_err err = understand(text, directory, ret_manifest, fault);
    json_set_alloc_funcs(malloc_before, free_before);
    return !lacked_memory
               ? err
               : fault_set(fault, ROND_ENOMEM, 0, "", "There is no memory to read %.160s/" BACKUP_MANIFEST ".", directory);
}

enum rond_err manifest_read(const char *directory, struct manifest *ret_manifest, struct fault *fault) {
    struct manifest manifest;
    struct buffer text;
    buffer_init(&text, FILES_SMALL_BYTES_MAX);
    enum rond_err err = files_read(directory, BACKUP_MANIFEST, &text, fault);
    if (err == ROND_ENOTFOUND)
        err = fault_set(fault, err, 0, "", "%.120s is no backup: it has no " BACKUP_MANIFEST ".", directory);
    if (err == ROND_OK)
        err = understand_noting(buffer_bytes(&text), directory, &manifest, fault);
    buffer_deinit(&text);
    if (err == ROND_OK)
        *ret_manifest = manifest;
    return err;
}

// --- Both ---

static bool is_same(const struct manifest *a, const struct manifest *b) {
    bool same = strcmp(a->program, b->program) == 0 && a->taken_ms == b->taken_ms && a->took_ms == b->took_ms &&
                id128_equal(&a->store.store_id, &b->store.store_id) && a->store.epoch == b->store.epoch &&
                a->reports == b->reports && a->lost == b->lost && a->devices == b->devices && a->outboxes == b->outboxes &&
                a->received == b->received && a->files_count == b->files_count;
    for (size_t i = 0; same && i < a->files_count; i++)
        same = strcmp(a->files[i].name, b->files[i].name) == 0 && a->files[i].stamp.bytes == b->files[i].stamp.bytes &&
               hash256_equal(&a->files[i].stamp.sha256, &b->files[i].stamp.sha256);
    return same;
}

enum rond_err manifest_write(const struct manifest *manifest, const char *directory, struct fault *fault) {
    json_t *object = to_json(manifest);
    char *text = object == NULL ? NULL : json_dumps(object, JSON_INDENT(2));
    struct manifest said;
    // Without memory jansson may leave something out and not say so.
    bool is_whole =
        text != NULL && understand(bytes_of_text(text), directory, &said, NULL) == ROND_OK && is_same(&said, manifest);
    enum rond_err err = is_whole ? files_write(directory, BACKUP_MANIFEST, bytes_of_text(text), fault) : ROND_ENOMEM;
    free(text);
    json_decref(object);
    return err;
}

enum rond_err manifest_check(const struct manifest *manifest, const char *directory, struct fault *fault) {
    for (size_t i = 0; i < manifest->files_count; i++) {
        const char *name = manifest->files[i].name;
        const struct file_stamp *said = &manifest->files[i].stamp;
        struct file_stamp found;
        enum rond_err err = files_stamp(directory, name, FILES_AS_THEY_ARE, &found, fault);
        if (err == ROND_ENOTFOUND)
            return fault_set(fault, ROND_ECORRUPT, 0, "", "The backup %.120s lacks %s.", directory, name);
        if (err != ROND_OK)
            return err;
        if (found.bytes != said->bytes || !hash256_equal(&found.sha256, &said->sha256))
            return fault_set(fault, ROND_ECORRUPT, 0, "", "%s of the backup %.120s is not what was written there.", name,
                             directory);
    }
    return ROND_OK;
}
