#include "read/promise_check.h"

#include "read/promise_json.h"
#include "read/promise_source.h"

enum { CHECK_ARENA_BYTES_MAX = 16 * 1024 * 1024 };

json_t *read_promise_fault(const struct file_fault *fault) {
    json_t *object = json_object();
    return read_whole(object, read_add(object, "fault", read_text(fault->message)) &&
                                  read_add(object, "field", read_text(fault->field)) &&
                                  read_add(object, "text", read_text(fault->text)) &&
                                  read_add(object, "line", fault->line > 0 ? json_integer(fault->line) : json_null()));
}

static json_t *promises_json(const struct promise_file *file, const struct catalogue *catalogue) {
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < file->promise_count; i++) {
        const Rond__V1__Promise *promise = file->promises[i];
        const Rond__V1__Promise *known = catalogue_promise(catalogue, promise->id);
        json_t *object = json_object();
        bool added = read_add(object, "promise", read_text(promise->id)) &&
                     read_add(object, "title_sv", read_text(promise->title_sv)) &&
                     read_add(object, "is_new", json_boolean(known == NULL)) &&
                     read_add(object, "version", json_integer(known == NULL ? 0 : promise_json_version(known))) &&
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

static enum rond_err check(const struct catalogue *catalogue, const json_t *arguments, struct arena *arena,
                           const struct read_rows *rows, json_t **last, struct fault *fault) {
    struct promise_source source;
    struct promise_file file;
    struct file_faults faults = {0};
    enum rond_err err = promise_source_take(arguments, catalogue, arena, &source, fault);
    if (err == ROND_OK)
        err = promise_source_parse(&source, arena, &file, &faults);
    bool is_good = err == ROND_OK;
    if (err != ROND_OK && faults.count == 0)
        return err;
    err = ROND_OK;
    for (size_t i = 0; i < faults.count && err == ROND_OK; i++)
        err = read_rows_give(rows, read_promise_fault(&faults.faults[i]));
    if (err == ROND_OK &&
        !(read_add(*last, "good", json_boolean(is_good)) && read_add(*last, "more", json_integer((json_int_t)faults.more)) &&
          (!is_good || add_contents(&file, catalogue, *last))))
        err = ROND_ENOMEM;
    return err;
}

enum rond_err read_promise_check(const struct catalogue *catalogue, const json_t *arguments, const struct read_rows *rows,
                                 json_t **last, struct fault *fault) {
    struct arena arena;
    arena_init(&arena, CHECK_ARENA_BYTES_MAX);
    enum rond_err err = check(catalogue, arguments, &arena, rows, last, fault);
    arena_deinit(&arena);
    return err;
}
