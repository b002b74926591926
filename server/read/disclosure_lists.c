#include "read/disclosure_lists.h"

#include "store/shape.h"

enum { RULES_ARENA_BYTES_MAX = 16 * 1024 * 1024 };

static const char *field_of(json_t *object, const char *name, struct arena *arena) {
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? NULL : arena_text(arena, text);
}

static enum rond_err rule_take(const struct rule *stored, struct arena *arena, struct disclosure_rule *ret_rule) {
    json_t *object = json_loads(stored->body, JSON_REJECT_DUPLICATES, NULL);
    struct disclosure_rule rule = {.from = field_of(object, "from", arena),
                                   .to = field_of(object, "to", arena),
                                   .category = field_of(object, "category", arena)};
    const char *level = json_string_value(json_object_get(object, "level"));
    bool makes_sense = rule.from != NULL && rule.to != NULL && rule.category != NULL && level != NULL &&
                       disclosure_level_from_name(level, &rule.level);
    json_decref(object);
    *ret_rule = rule;
    return makes_sense ? ROND_OK : arena_err(arena, ROND_ECORRUPT);
}

enum rond_err disclosure_load(struct store *store, struct arena *arena, struct disclosure *ret_disclosure) {
    struct rule *stored = NULL;
    size_t count = 0;
    enum rond_err err = store->views->rules(store, RULE_DISCLOSURE, arena, &stored, &count);
    struct disclosure_rule *rules = err == ROND_OK ? arena_array(arena, count, sizeof *rules) : NULL;
    if (err == ROND_OK && rules == NULL)
        err = ROND_ENOMEM;
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = rule_take(&stored[i], arena, &rules[i]);
    if (err == ROND_OK)
        *ret_disclosure = (struct disclosure){rules, count};
    return err;
}

static enum rond_err rule_give(const struct rule *stored, const struct disclosure_rule *rule, const struct read_rows *rows) {
    json_t *object = json_object();
    bool added = read_add(object, "from", read_text(rule->from)) && read_add(object, "to", read_text(rule->to)) &&
                 read_add(object, "category", read_text(rule->category)) &&
                 read_add(object, "level", json_string(disclosure_level_name(rule->level))) &&
                 read_add_ms(object, "set", stored->at_ms) && read_add(object, "actor", read_text(stored->actor));
    return read_rows_give(rows, read_whole(object, added));
}

enum rond_err read_disclosure_rules(struct store *store, const struct read_rows *rows) {
    struct rule *stored = NULL;
    struct arena arena;
    size_t count = 0;
    arena_init(&arena, RULES_ARENA_BYTES_MAX);
    enum rond_err err = store->views->rules(store, RULE_DISCLOSURE, &arena, &stored, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        struct disclosure_rule rule;
        err = rule_take(&stored[i], &arena, &rule);
        if (err == ROND_OK)
            err = rule_give(&stored[i], &rule, rows);
    }
    arena_deinit(&arena);
    return err;
}
