#include "promise/yaml_writer.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "base/check.h"

// A word that some reader of YAML takes for a flag or for nothing.
static bool is_reserved(const char *text) {
    static const char *const words[] = {"true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf"};
    for (size_t i = 0; i < ARRAY_COUNT(words); i++)
        if (strcasecmp(text, words[i]) == 0)
            return true;
    return false;
}

// "2015-01-01", "09-01": as people write days.
static bool is_day(const char *text) {
    size_t size = strlen(text);
    return (size == 10 || size == 5) && strspn(text, "0123456789-") == size && text[size - 3] == '-';
}

// Whether it needs no quotes, for any reader: "20:00" is a number to some. The emitter quotes what this lets through where
// the syntax asks for it.
static bool is_plain(const char *text) {
    bool is_letter = isalpha((unsigned char)text[0]) || (unsigned char)text[0] >= 0x80;
    return is_day(text) || (is_letter && !is_reserved(text) && strpbrk(text, ":#\n\t") == NULL);
}

static bool emit(yaml_emitter_t *emitter, int made, yaml_event_t *event) {
    return made != 0 && yaml_emitter_emit(emitter, event) != 0;
}

static bool emit_scalar(yaml_emitter_t *emitter, const char *text, bool plain) {
    yaml_event_t event;
    return emit(emitter,
                yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text, (int)strlen(text), plain, 1,
                                             plain ? YAML_ANY_SCALAR_STYLE : YAML_DOUBLE_QUOTED_SCALAR_STYLE),
                &event);
}

static bool emit_number(yaml_emitter_t *emitter, json_t *value) {
    char text[32];
    if (json_is_integer(value))
        (void)snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else
        (void)snprintf(text, sizeof text, "%.6f", json_real_value(value));
    return emit_scalar(emitter, text, true);
}

// Holds nothing that would itself be a list or an object; or a list of days, places and the like beside a few words.
static bool is_flat(json_t *value) {
    const char *name;
    json_t *member;
    for (size_t i = 0; i < json_array_size(value); i++)
        if (json_is_array(json_array_get(value, i)) || json_is_object(json_array_get(value, i)))
            return false;
    json_object_foreach(value, name, member) {
        if (json_is_object(member) || (json_is_array(member) && !is_flat(member)))
            return false;
    }
    return true;
}

static bool emit_value(yaml_emitter_t *emitter, json_t *value);

static bool emit_list(yaml_emitter_t *emitter, json_t *list) {
    yaml_event_t event;
    yaml_sequence_style_t style = is_flat(list) ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE;
    bool emitted = emit(emitter, yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, style), &event);
    for (size_t i = 0; emitted && i < json_array_size(list); i++)
        emitted = emit_value(emitter, json_array_get(list, i));
    return emitted && emit(emitter, yaml_sequence_end_event_initialize(&event), &event);
}

static bool emit_object(yaml_emitter_t *emitter, json_t *object) {
    yaml_event_t event;
    yaml_mapping_style_t style = is_flat(object) ? YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE;
    bool emitted = emit(emitter, yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, style), &event);
    const char *name;
    json_t *member;
    json_object_foreach(object, name, member) {
        emitted = emitted && emit_scalar(emitter, name, is_plain(name)) && emit_value(emitter, member);
    }
    return emitted && emit(emitter, yaml_mapping_end_event_initialize(&event), &event);
}

static bool emit_value(yaml_emitter_t *emitter, json_t *value) {
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return emit_object(emitter, value);
    case JSON_ARRAY:
        return emit_list(emitter, value);
    case JSON_STRING:
        return emit_scalar(emitter, json_string_value(value), is_plain(json_string_value(value)));
    case JSON_INTEGER:
    case JSON_REAL:
        return emit_number(emitter, value);
    default:
        return emit_scalar(emitter, json_is_true(value) ? "true" : "false", true);
    }
}

static bool emit_document(yaml_emitter_t *emitter, json_t *document) {
    yaml_event_t event;
    return emit(emitter, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING), &event) &&
           emit(emitter, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1), &event) &&
           emit_value(emitter, document) && emit(emitter, yaml_document_end_event_initialize(&event, 1), &event) &&
           emit(emitter, yaml_stream_end_event_initialize(&event), &event);
}

static int keep(void *context, unsigned char *bytes, size_t size) {
    return buffer_append(context, bytes_of(bytes, size)) == ROND_OK;
}

enum rond_err yaml_write(json_t *document, const char *comment, struct buffer *to) {
    yaml_emitter_t emitter;
    enum rond_err err = comment == NULL ? ROND_OK : buffer_printf(to, "# %s\n", comment);
    if (err != ROND_OK || yaml_emitter_initialize(&emitter) == 0)
        return ROND_ENOMEM;
    yaml_emitter_set_output(&emitter, keep, to);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, -1);
    err = emit_document(&emitter, document) ? ROND_OK : ROND_ENOMEM;
    yaml_emitter_delete(&emitter);
    return err;
}
