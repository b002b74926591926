#include "backup/last.h"

#include <stdlib.h>

#include "backup/files.h"

enum rond_err last_note(const char *data_dir, const char *name, json_t *take_last, struct fault *fault) {
    char *text = take_last == NULL ? NULL : json_dumps(take_last, JSON_COMPACT);
    enum rond_err err = text == NULL ? ROND_ENOMEM : files_write(data_dir, name, bytes_of_text(text), fault);
    free(text);
    json_decref(take_last);
    return err == ROND_OK ? files_give_to_owner(data_dir, name, fault) : err;
}

enum rond_err last_read(const char *data_dir, const char *name, int64_t *ret_at_ms) {
    struct buffer text;
    buffer_init(&text, FILES_SMALL_BYTES_MAX);
    enum rond_err err = files_read(data_dir, name, &text, NULL);
    json_t *last = err == ROND_OK ? json_loadb((const char *)text.data, text.size, 0, NULL) : NULL;
    json_t *at_ms = json_object_get(last, "at_ms");
    if (err == ROND_OK && !json_is_integer(at_ms))
        err = ROND_ECORRUPT;
    if (err == ROND_OK)
        *ret_at_ms = json_integer_value(at_ms);
    json_decref(last);
    buffer_deinit(&text);
    return err;
}
