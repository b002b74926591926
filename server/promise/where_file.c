#include "promise/where_file.h"

#include <string.h>

#include "base/check.h"
#include "counting/filter.h"
#include "promise/commitment_file.h"
#include "wire/limits.h"

enum { FIELDS_MAX = 32 };

// ---- One field ----

static char *word_read(struct yaml_reader *reader, struct promise_file *file, const struct yaml_at *at,
                       const struct filter_field *field) {
    static const char *const forms[] = {"targeted", "coordinated"};
    if (strcmp(field->list, "") == 0) {
        return yaml_text(reader, at);
    }
    char *word = yaml_id(reader, at);
    if (strcmp(field->list, "organisation") == 0) {
        promise_file_organisation(reader, file, at, word);
    } else if (strcmp(field->list, "place") == 0) {
        promise_file_place(reader, file, at, word);
    } else if (strcmp(field->list, "form") == 0) {
        (void)yaml_choice(reader, at, forms, ARRAY_COUNT(forms));
    } else {
        promise_file_word(reader, file, field->list, word);
    }
    return word;
}

static void words_read(struct yaml_reader *reader, struct promise_file *file, const struct yaml_at *at,
                       const struct filter_field *field, Rond__V1__Condition *condition) {
    bool single = at->node->type == YAML_SCALAR_NODE;
    size_t count = single ? 1 : yaml_length(reader, at, HANDOUT_ITEMS_MAX);
    if (count == 0) {
        yaml_fault(reader, at, "must name at least one word");
    }
    condition->any_of = yaml_new(reader, count, sizeof(char *));
    for (size_t i = 0; condition->any_of != NULL && i < count; i++) {
        struct yaml_at item = single ? *at : yaml_item(reader, at, i);
        condition->any_of[i] = word_read(reader, file, &item, field);
        condition->n_any_of = i + 1;
        for (size_t j = 0; j < i; j++) {
            if (condition->any_of[i][0] != '\0' && strcmp(condition->any_of[i], condition->any_of[j]) == 0) {
                yaml_fault(reader, &item, "%s comes twice; keep one", condition->any_of[i]);
            }
        }
    }
}

static Rond__V1__Condition *condition_read(struct yaml_reader *reader, struct promise_file *file, const struct yaml_at *at,
                                           const struct filter_field *field) {
    Rond__V1__Condition *condition = yaml_new(reader, 1, sizeof *condition);
    if (condition == NULL) {
        return NULL;
    }
    rond__v1__condition__init(condition);
    condition->field = arena_text(reader->arena, field->name);
    reader->no_memory = reader->no_memory || condition->field == NULL;
    words_read(reader, file, at, field, condition);
    return reader->no_memory ? NULL : condition;
}

// ---- All of them ----

void where_file_read(struct yaml_reader *reader, struct promise_file *file, const struct yaml_at *at,
                     Rond__V1__Filter *filter) {
    struct yaml_at where = yaml_get(reader, at, "where");
    const char *names[FIELDS_MAX];
    size_t count;
    const struct filter_field *fields = filter_fields(&count);
    CHECK(count <= FIELDS_MAX);
    for (size_t i = 0; i < count; i++) {
        names[i] = fields[i].name;
    }
    yaml_mapping(reader, &where, names, count);
    filter->where = yaml_new(reader, count, sizeof(Rond__V1__Condition *));
    for (size_t i = 0; filter->where != NULL && i < count; i++) {
        struct yaml_at value = yaml_get(reader, &where, fields[i].name);
        Rond__V1__Condition *condition = yaml_has(&value) ? condition_read(reader, file, &value, &fields[i]) : NULL;
        if (condition != NULL) {
            filter->where[filter->n_where++] = condition;
        }
    }
    if (yaml_has(&where) && where.node->type == YAML_MAPPING_NODE &&
        where.node->data.mapping.pairs.start == where.node->data.mapping.pairs.top) {
        yaml_fault(reader, &where, "must name at least one field");
    }
}

void where_file_check(struct yaml_reader *reader, const struct yaml_at *at, Rond__V1__Kind kind, const char *name) {
    struct yaml_at where = yaml_get(reader, at, "where");
    size_t count;
    const struct filter_field *fields = filter_fields(&count);
    for (size_t i = 0; i < count; i++) {
        struct yaml_at value = yaml_get(reader, &where, fields[i].name);
        if (!yaml_has(&value)) {
            continue;
        }
        if (fields[i].kind != ROND__V1__KIND__KIND_UNSPECIFIED && fields[i].kind != kind) {
            yaml_fault(reader, &value, "says nothing with %s; leave it out", name);
        } else if (fields[i].shorthand != NULL) {
            struct yaml_at shorthand = yaml_get(reader, at, fields[i].shorthand);
            if (yaml_has(&shorthand)) {
                yaml_fault(reader, &value, "is said by %s already; keep one", fields[i].shorthand);
            }
        }
    }
}
