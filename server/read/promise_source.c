#include "read/promise_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "read/promise_document.h"
#include "wire/limits.h"

enum { NAME_BYTES_MAX = 255 };
#define PROMISE_PATH "promises[0]"

enum rond_err promise_source_take_promise(const json_t *arguments, const struct catalogue *catalogue, struct arena *arena,
                                          struct promise_source *ret_source, struct fault *fault) {
    json_t *promise = json_object_get(arguments, "promise");
    const char *area = json_string_value(json_object_get(arguments, "area"));
    if (!json_is_object(promise))
        return fault_both(fault, ROND_EINVALID, 0, "promise", "Give one promise, in the words of the promise file.",
                          "Ange ett löfte, med löftesfilens ord.");
    if (area == NULL || catalogue_area(catalogue, area) == NULL)
        return fault_both(fault, ROND_EINVALID, 0, "area",
                          "There is no area '%.64s'; import a promise file that has it, or choose another.",
                          "Området ”%.64s” finns inte; läs in en löftesfil som har det, eller välj ett annat.",
                          area == NULL ? "" : area);
    json_t *file = promise_document_file(promise, area, catalogue);
    char *text = file == NULL ? NULL : json_dumps(file, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
    json_decref(file);
    *ret_source = (struct promise_source){"promise", text == NULL ? NULL : arena_text(arena, text), true};
    free(text);
    return ret_source->text == NULL ? ROND_ENOMEM : ROND_OK;
}

enum rond_err promise_source_take_file(const json_t *arguments, struct arena *arena, struct promise_source *ret_source,
                                       struct fault *fault) {
    const char *name = json_string_value(json_object_get(arguments, "name"));
    const char *text = json_string_value(json_object_get(arguments, "text"));
    if (text == NULL || text[0] == '\0' || strlen(text) > PROMISE_FILE_BYTES_MAX)
        return fault_both(fault, ROND_EINVALID, 0, "text", "Give the file's text, at most %d bytes.",
                          "Ange filens text, högst %d byte.", PROMISE_FILE_BYTES_MAX);
    if (name != NULL && strlen(name) > NAME_BYTES_MAX)
        return fault_both(fault, ROND_EINVALID, 0, "name", "'name' is longer than %d bytes.", "”name” är längre än %d byte.",
                          NAME_BYTES_MAX);
    *ret_source = (struct promise_source){arena_text(arena, name == NULL || name[0] == '\0' ? "promises.yaml" : name),
                                          arena_text(arena, text), false};
    return ret_source->name == NULL || ret_source->text == NULL ? ROND_ENOMEM : ROND_OK;
}

enum rond_err promise_source_take(const json_t *arguments, const struct catalogue *catalogue, struct arena *arena,
                                  struct promise_source *ret_source, struct fault *fault) {
    return json_is_object(json_object_get(arguments, "promise"))
               ? promise_source_take_promise(arguments, catalogue, arena, ret_source, fault)
               : promise_source_take_file(arguments, arena, ret_source, fault);
}

// "promises[0].title_sv" becomes "title_sv"; there are no lines to tell of.
static void fault_of_promise(struct file_fault *fault) {
    size_t size = strlen(PROMISE_PATH);
    if (strncmp(fault->field, PROMISE_PATH, size) == 0) {
        size += fault->field[size] == '.';
        memmove(fault->field, fault->field + size, strlen(fault->field) - size + 1);
    }
    fault->line = 0;
    (void)snprintf(fault->message, sizeof fault->message, "%s%s%s", fault->field, fault->field[0] != '\0' ? ": " : "",
                   fault->text);
}

enum rond_err promise_source_parse(const struct promise_source *source, struct arena *arena, struct promise_file *ret_file,
                                   struct file_faults *ret_faults) {
    enum rond_err err = promise_file_parse(source->name, bytes_of_text(source->text), arena, ret_file, ret_faults);
    for (size_t i = 0; source->is_promise && i < ret_faults->count; i++)
        fault_of_promise(&ret_faults->faults[i]);
    return err;
}
