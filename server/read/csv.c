#include "read/csv.h"

#include <stdlib.h>
#include <string.h>

static enum rond_err put(struct buffer *to, const char *text) {
    return buffer_append(to, bytes_of_text(text));
}

// In quotes where it needs them; each quote within is doubled.
static enum rond_err put_cell(struct buffer *to, const char *text) {
    bool is_quoted = strpbrk(text, "\",\r\n") != NULL || text[0] == ' ';
    enum rond_err err = is_quoted ? put(to, "\"") : ROND_OK;
    while (is_quoted && !err && *text != '\0') {
        size_t size = strcspn(text, "\"");
        err = buffer_append(to, bytes_of(text, size));
        text += size;
        if (!err && *text == '"') {
            err = put(to, "\"\"");
            text++;
        }
    }
    return err ? err : put(to, is_quoted ? "\"" : text);
}

static bool is_formula(const char *text) {
    return text[0] != '\0' && strchr("=+-@\t\r\n", text[0]) != NULL;
}

static enum rond_err put_text(struct buffer *cell, const char *text) {
    enum rond_err err = cell->size == 0 && is_formula(text) ? put(cell, "'") : ROND_OK;
    return err ? err : put(cell, text);
}

static enum rond_err put_scalar(struct buffer *cell, const json_t *value) {
    if (json_is_string(value))
        return put_text(cell, json_string_value(value));
    if (json_is_integer(value))
        return buffer_printf(cell, "%lld", (long long)json_integer_value(value));
    if (json_is_real(value))
        return buffer_printf(cell, "%.15g", json_real_value(value));
    return json_is_boolean(value) ? put(cell, json_is_true(value) ? "true" : "false") : ROND_OK;
}

static enum rond_err put_json(struct buffer *cell, const json_t *value) {
    char *text = json_dumps(value, JSON_COMPACT);
    enum rond_err err = text == NULL ? ROND_ENOMEM : put(cell, text);
    free(text);
    return err;
}

static bool is_plain_list(const json_t *value) {
    bool is_plain = json_is_array(value);
    for (size_t i = 0; i < json_array_size(value) && is_plain; i++)
        is_plain = !json_is_array(json_array_get(value, i)) && !json_is_object(json_array_get(value, i));
    return is_plain;
}

static enum rond_err put_value(struct buffer *cell, const json_t *value) {
    enum rond_err err = ROND_OK;
    if (!is_plain_list(value))
        return json_is_array(value) || json_is_object(value) ? put_json(cell, value) : put_scalar(cell, value);
    for (size_t i = 0; i < json_array_size(value) && !err; i++) {
        err = i > 0 ? put(cell, "; ") : ROND_OK;
        if (!err)
            err = put_scalar(cell, json_array_get(value, i));
    }
    return err;
}

static const json_t *value_at(const json_t *row, const char *path) {
    while (row && *path != '\0') {
        size_t size = strcspn(path, ".");
        row = json_object_getn(row, path, size);
        path += size + (path[size] == '.');
    }
    return row;
}

enum rond_err csv_begin(const struct csv_columns *columns, struct buffer *to) {
    enum rond_err err = put(to, "\xef\xbb\xbf");
    for (size_t i = 0; i < columns->count && !err; i++) {
        err = i > 0 ? put(to, ",") : ROND_OK;
        if (!err)
            err = put_cell(to, columns->paths[i]);
    }
    return err ? err : put(to, "\r\n");
}

enum rond_err csv_row(const struct csv_columns *columns, const json_t *row, struct buffer *to) {
    struct buffer cell;
    enum rond_err err = ROND_OK;
    buffer_init(&cell, to->size_max);
    for (size_t i = 0; i < columns->count && !err; i++) {
        buffer_clear(&cell);
        err = i > 0 ? put(to, ",") : ROND_OK;
        if (!err)
            err = put_value(&cell, value_at(row, columns->paths[i]));
        if (!err && cell.size > 0)
            err = put_cell(to, buffer_text(&cell));
    }
    buffer_deinit(&cell);
    return err ? err : put(to, "\r\n");
}
