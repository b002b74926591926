#include "read/promise_check.h"

#include <string.h>

#include "promise/promise_file.h"
#include "wire/limits.h"

enum { CHECK_ARENA_BYTES_MAX = 16 * 1024 * 1024 };

static json_t *fault_json(const struct file_fault *fault) {
    json_t *object = json_object();
    return read_whole(object, read_add(object, "fault", read_text(fault->message)) &&
                                  read_add(object, "field", read_text(fault->field)));
}

static json_t *promises_json(const struct promise_file *file, const struct catalogue *catalogue) {
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < file->promise_count; i++) {
        const Rond__V1__Promise *promise = file->promises[i];
        json_t *object = json_object();
        bool added = read_add(object, "promise", read_text(promise->id)) &&
                     read_add(object, "title_sv", read_text(promise->title_sv)) &&
                     read_add(object, "is_new", json_boolean(catalogue_promise(catalogue, promise->id) == NULL)) &&
                     read_add(object, "commitments", json_integer((json_int_t)promise->n_commitments));
        if (json_array_append_new(list, read_whole(object, added)) != 0)
            return read_whole(list, false);
    }
    return list;
}

static bool add_contents(const struct promise_file *file, const struct catalogue *catalogue, json_t *last) {
    return read_add(last, "area", read_text(file->area->id)) && read_add(last, "promises", promises_json(file, catalogue)) &&
           read_add(last, "places", json_integer((json_int_t)file->place_count)) &&
           read_add(last, "words", json_integer((json_int_t)file->term_count));
}

static enum rond_err check(const struct catalogue *catalogue, const char *name, const char *text, struct arena *arena,
                           const struct read_rows *rows, json_t **last) {
    struct promise_file file;
    struct file_faults faults = {0};
    enum rond_err err = promise_file_parse(name, bytes_of_text(text), arena, &file, &faults);
    bool is_good = err == ROND_OK;
    if (err != ROND_OK && faults.count == 0)
        return err;
    err = ROND_OK;
    for (size_t i = 0; i < faults.count && err == ROND_OK; i++)
        err = read_rows_give(rows, fault_json(&faults.faults[i]));
    if (err == ROND_OK &&
        !(read_add(*last, "good", json_boolean(is_good)) && read_add(*last, "more", json_integer((json_int_t)faults.more)) &&
          (!is_good || add_contents(&file, catalogue, *last))))
        err = ROND_ENOMEM;
    return err;
}

enum rond_err read_promise_check(const struct catalogue *catalogue, const char *name, const char *text,
                                 const struct read_rows *rows, json_t **last, struct fault *fault) {
    struct arena arena;
    if (text == NULL || text[0] == '\0' || strlen(text) > PROMISE_FILE_BYTES_MAX)
        return fault_set(fault, ROND_EINVALID, 0, "text", "Give the file's text, at most %d bytes.", PROMISE_FILE_BYTES_MAX);
    arena_init(&arena, CHECK_ARENA_BYTES_MAX);
    enum rond_err err = check(catalogue, name[0] == '\0' ? "promises.yaml" : name, text, &arena, rows, last);
    arena_deinit(&arena);
    return err;
}
