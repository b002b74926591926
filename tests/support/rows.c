#include "support/rows.h"

#include <string.h>

#include "base/check.h"

static enum rond_err keep(void *context, json_t *row) {
    struct kept_rows *kept = context;
    if (kept->stop_after > 0 && json_array_size(kept->list) == kept->stop_after)
        return ROND_EIO;
    CHECK(json_array_append(kept->list, row) == 0);
    return ROND_OK;
}

void kept_rows_init(struct kept_rows *kept) {
    *kept = (struct kept_rows){.rows = {.row = keep, .context = kept}, .list = json_array()};
}

void kept_rows_deinit(struct kept_rows *kept) {
    json_decref(kept->list);
}

size_t kept_count(const struct kept_rows *kept) {
    return json_array_size(kept->list);
}

const json_t *kept_row(const struct kept_rows *kept, size_t index) {
    CHECK(index < json_array_size(kept->list));
    return json_array_get(kept->list, index);
}

const json_t *field(const json_t *object, const char *name) {
    const json_t *value = json_object_get(object, name);
    CHECK(value != NULL);
    return value;
}

const char *field_text(const json_t *object, const char *name) {
    CHECK(json_is_string(field(object, name)));
    return json_string_value(field(object, name));
}

int64_t field_number(const json_t *object, const char *name) {
    CHECK(json_is_integer(field(object, name)));
    return json_integer_value(field(object, name));
}

bool field_truth(const json_t *object, const char *name) {
    CHECK(json_is_boolean(field(object, name)));
    return json_is_true(field(object, name));
}

bool field_is_null(const json_t *object, const char *name) {
    return json_is_null(field(object, name));
}

const json_t *object_with(const json_t *list, const char *name, const char *text) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *value = json_object_get(json_array_get(list, i), name);
        if (json_is_string(value) && strcmp(json_string_value(value), text) == 0)
            return json_array_get(list, i);
    }
    return NULL;
}
