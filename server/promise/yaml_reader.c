#include "promise/yaml_reader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counting/zone.h"
#include "wire/limits.h"
#include "wire/report_check.h"

enum { WORD_BYTES_MAX = 32 };

static char nothing[] = "";

void yaml_fault(struct yaml_reader *reader, const struct yaml_at *at, const char *format, ...) {
    if (reader->faults->count == FILE_FAULTS_MAX) {
        reader->faults->more++;
        return;
    }
    struct file_fault *fault = &reader->faults->faults[reader->faults->count++];
    char text[FAULT_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fault->line = at->line;
    memcpy(fault->text, text, sizeof text);
    snprintf(fault->field, sizeof fault->field, "%s", at->path);
    snprintf(fault->message, sizeof fault->message, "%.200s:%u: %s%s%s", reader->name, at->line, at->path,
             at->path[0] ? ": " : "", text);
}

void *yaml_new(struct yaml_reader *reader, size_t count, size_t size) {
    void *memory = arena_array(reader->arena, count > 0 ? count : 1, size);
    reader->no_memory = reader->no_memory || memory == NULL;
    return memory;
}

static unsigned line_of(const yaml_node_t *node) {
    return (unsigned)node->start_mark.line + 1;
}

struct yaml_at yaml_root(struct yaml_reader *reader) {
    struct yaml_at root = {.node = yaml_document_get_root_node(reader->document), .line = 1};
    root.line = root.node != NULL ? line_of(root.node) : 1;
    return root;
}

static const char *scalar_of(const yaml_node_t *node) {
    return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : "";
}

// Edit distance of two short words, for the nearest known key.
static size_t distance(const char *a, const char *b) {
    size_t row[WORD_BYTES_MAX + 1];
    size_t size = strlen(b);
    if (size > WORD_BYTES_MAX || strlen(a) > WORD_BYTES_MAX) {
        return SIZE_MAX;
    }
    for (size_t j = 0; j <= size; j++) {
        row[j] = j;
    }
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= size; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);
            size_t shorter = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            diagonal = row[j];
            row[j] = change < shorter ? change : shorter;
        }
    }
    return row[size];
}

static const char *nearest(const char *word, const char *const *words, size_t count) {
    const char *best = NULL;
    size_t best_distance = 3;
    for (size_t i = 0; i < count; i++) {
        size_t this_distance = distance(word, words[i]);
        if (this_distance < best_distance) {
            best = words[i];
            best_distance = this_distance;
        }
    }
    return best;
}

static struct yaml_at below(const struct yaml_at *parent, yaml_node_t *node, unsigned line, const char *key) {
    struct yaml_at at = {.node = node, .line = line};
    snprintf(at.path, sizeof at.path, "%.60s%s%.32s", parent->path, parent->path[0] ? "." : "", key);
    return at;
}

static void key_check(struct yaml_reader *reader, const struct yaml_at *at, const yaml_node_pair_t *pair,
                      const char *const *keys, size_t count) {
    yaml_node_t *key = yaml_document_get_node(reader->document, pair->key);
    struct yaml_at key_at = below(at, key, line_of(key), scalar_of(key));
    for (const yaml_node_pair_t *earlier = at->node->data.mapping.pairs.start; earlier < pair; earlier++) {
        if (strcmp(scalar_of(yaml_document_get_node(reader->document, earlier->key)), scalar_of(key)) == 0) {
            yaml_fault(reader, &key_at, "comes twice; keep one");
            return;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(keys[i], scalar_of(key)) == 0) {
            return;
        }
    }
    const char *near = nearest(scalar_of(key), keys, count);
    yaml_fault(reader, &key_at, near != NULL ? "unknown key; did you mean %s?" : "unknown key%s", near != NULL ? near : "");
}

void yaml_mapping(struct yaml_reader *reader, const struct yaml_at *at, const char *const *keys, size_t count) {
    if (at->node == NULL) {
        return;
    }
    if (at->node->type != YAML_MAPPING_NODE) {
        yaml_fault(reader, at, "must be a mapping, as in {id: ...}");
        return;
    }
    const yaml_node_pair_t *pair = at->node->data.mapping.pairs.start;
    // Each key costs a look at all before it: no further than faults are kept, so that a mapping of junk ends soon.
    for (; pair < at->node->data.mapping.pairs.top && reader->faults->count < FILE_FAULTS_MAX; pair++) {
        key_check(reader, at, pair, keys, count);
    }
}

struct yaml_at yaml_get(struct yaml_reader *reader, const struct yaml_at *mapping, const char *key) {
    if (mapping->node != NULL && mapping->node->type == YAML_MAPPING_NODE) {
        const yaml_node_pair_t *pair = mapping->node->data.mapping.pairs.start;
        for (; pair < mapping->node->data.mapping.pairs.top; pair++) {
            if (strcmp(scalar_of(yaml_document_get_node(reader->document, pair->key)), key) == 0) {
                yaml_node_t *value = yaml_document_get_node(reader->document, pair->value);
                return below(mapping, value, line_of(value), key);
            }
        }
    }
    return below(mapping, NULL, mapping->line, key);
}

size_t yaml_length(struct yaml_reader *reader, const struct yaml_at *at, size_t max) {
    if (at->node == NULL) {
        return 0;
    }
    if (at->node->type != YAML_SEQUENCE_NODE) {
        yaml_fault(reader, at, "must be a list, as in [a, b]");
        return 0;
    }
    size_t length = (size_t)(at->node->data.sequence.items.top - at->node->data.sequence.items.start);
    if (length > max) {
        yaml_fault(reader, at, "has %zu entries; at most %zu are possible", length, max);
        return 0;
    }
    return length;
}

struct yaml_at yaml_item(struct yaml_reader *reader, const struct yaml_at *sequence, size_t index) {
    yaml_node_t *node = yaml_document_get_node(reader->document, sequence->node->data.sequence.items.start[index]);
    struct yaml_at at = {.node = node, .line = line_of(node)};
    snprintf(at.path, sizeof at.path, "%.80s[%zu]", sequence->path, index);
    return at;
}

void yaml_require(struct yaml_reader *reader, const struct yaml_at *at) {
    if (at->node == NULL) {
        yaml_fault(reader, at, "is missing");
    }
}

char *yaml_text(struct yaml_reader *reader, const struct yaml_at *at) {
    if (at->node == NULL) {
        return nothing;
    }
    if (at->node->type != YAML_SCALAR_NODE || at->node->data.scalar.length == 0) {
        yaml_fault(reader, at, "must be a text");
        return nothing;
    }
    struct bytes text = bytes_of(at->node->data.scalar.value, at->node->data.scalar.length);
    if (!utf8_is_valid(text) || text.size > LINE_BYTES_MAX) {
        yaml_fault(reader, at, "must be at most %d bytes of UTF-8 without NUL", LINE_BYTES_MAX);
        return nothing;
    }
    char *copy = arena_text(reader->arena, (const char *)text.data);
    reader->no_memory = reader->no_memory || copy == NULL;
    return copy != NULL ? copy : nothing;
}

char *yaml_id(struct yaml_reader *reader, const struct yaml_at *at) {
    char *id = yaml_text(reader, at);
    if (id[0] != '\0' && !reference_id_is_valid(id)) {
        yaml_fault(reader, at, "must be an id: a-z, 0-9, - and _, at most %d", REFERENCE_ID_BYTES_MAX);
        return nothing;
    }
    return id;
}

char *yaml_date(struct yaml_reader *reader, const struct yaml_at *at) {
    char *date = yaml_text(reader, at);
    day_t day;
    if (date[0] != '\0' && (!day_parse(date, &day) || !date_is_valid(date))) {
        yaml_fault(reader, at, "must be a day that exists, YYYY-MM-DD");
        return nothing;
    }
    return date;
}

int64_t yaml_number(struct yaml_reader *reader, const struct yaml_at *at, int64_t min, int64_t max) {
    const char *text = at->node != NULL ? scalar_of(at->node) : "0";
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (at->node == NULL) {
        return 0;
    }
    if (end == text || *end != '\0' || errno != 0 || strchr("+-0123456789", text[0]) == NULL) {
        yaml_fault(reader, at, "must be a whole number");
        return 0;
    }
    if (number < min || number > max) {
        yaml_fault(reader, at, number < min ? "must be at least %lld" : "must be at most %lld",
                   (long long)(number < min ? min : max));
        return 0;
    }
    return number;
}

int32_t yaml_degrees_e6(struct yaml_reader *reader, const struct yaml_at *at, int max) {
    if (at->node == NULL) {
        return 0;
    }
    const char *text = scalar_of(at->node);
    char *end;
    double degrees = strtod(text, &end);
    if (end == text || *end != '\0' || strspn(text, "-0123456789.") != strlen(text) || degrees < -max || degrees > max) {
        yaml_fault(reader, at, "must be degrees between -%d and %d, as in 55.7059", max, max);
        return 0;
    }
    return (int32_t)(degrees * 1e6 + (degrees < 0 ? -0.5 : 0.5));
}

bool yaml_flag(struct yaml_reader *reader, const struct yaml_at *at) {
    if (at->node == NULL) {
        return false;
    }
    bool is_true = strcmp(scalar_of(at->node), "true") == 0;
    if (!is_true && strcmp(scalar_of(at->node), "false") != 0) {
        yaml_fault(reader, at, "must be true or false");
    }
    return is_true;
}

int yaml_choice(struct yaml_reader *reader, const struct yaml_at *at, const char *const *words, size_t count) {
    if (at->node == NULL) {
        return -1;
    }
    char list[160] = "";
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(scalar_of(at->node), words[i]) == 0) {
            return (int)i;
        }
        int size = snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "", words[i]);
        used = used + (size_t)size < sizeof list ? used + (size_t)size : sizeof list - 1;
    }
    yaml_fault(reader, at, "must be one of %s", list);
    return -1;
}

char **yaml_ids(struct yaml_reader *reader, const struct yaml_at *at, size_t max, size_t *ret_count) {
    size_t count = yaml_length(reader, at, max);
    char **ids = yaml_new(reader, count, sizeof *ids);
    *ret_count = ids != NULL ? count : 0;
    for (size_t i = 0; i < *ret_count; i++) {
        struct yaml_at item = yaml_item(reader, at, i);
        ids[i] = yaml_id(reader, &item);
        for (size_t j = 0; j < i; j++) {
            if (ids[i][0] != '\0' && strcmp(ids[i], ids[j]) == 0) {
                yaml_fault(reader, &item, "%s comes twice; keep one", ids[i]);
            }
        }
    }
    return ids;
}
