#include "read/retention.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "counting/zone.h"
#include "store/shape.h"
#include "wire/codec.h"
#include "wire/identity_text.h"

enum { HOUR_MS = 3600 * 1000, NAME_SIZE = RETENTION_ID_SIZE + 16 };
#define DAY_MS (INT64_C(24) * HOUR_MS)

// ---- How long ----

bool retention_keep_parse(const char *text, struct retention_keep *ret_keep) {
    struct retention_keep keep = {0};
    char *end = NULL;
    keep.from_year_end = strncmp(text, "year+", 5) == 0;
    const char *digits = keep.from_year_end ? text + 5 : text;
    if (*digits < '0' || *digits > '9')
        return false;
    unsigned long amount = strtoul(digits, &end, 10);
    unsigned long most = keep.from_year_end ? RETENTION_YEARS_MAX : RETENTION_DAYS_MAX;
    if (strcmp(end, keep.from_year_end ? "y" : "d") != 0 || amount > most || (!keep.from_year_end && amount == 0))
        return false;
    keep.amount = (uint32_t)amount;
    *ret_keep = keep;
    return true;
}

// Midnight at which a year begins in Sweden, where it is winter then.
static int64_t year_begins_ms(int year) {
    return day_from_civil(year, 1, 1) * DAY_MS - HOUR_MS;
}

static int year_of(int64_t at_ms) {
    int year, month, day_of_month;
    int64_t local_ms = at_ms + HOUR_MS;
    day_to_civil((day_t)(local_ms / DAY_MS - (local_ms % DAY_MS < 0)), &year, &month, &day_of_month);
    return year;
}

int64_t retention_due_ms(const struct retention_keep *keep, int64_t received_ms) {
    return keep->from_year_end ? year_begins_ms(year_of(received_ms) + 1 + (int)keep->amount)
                               : received_ms + (int64_t)keep->amount * DAY_MS;
}

bool retention_category_is_known(const char *category) {
    static const char *const OTHERS[] = {"default", "flagged", "withdrawal", "quarantined"};
    for (size_t i = 0; i < ARRAY_COUNT(OTHERS); i++)
        if (strcmp(category, OTHERS[i]) == 0)
            return true;
    for (int kind = 1; kind <= ROND__V1__KIND__KIND_INITIATIVE; kind++)
        if (strcmp(category, kind_name((Rond__V1__Kind)kind)) == 0)
            return true;
    return false;
}

// ---- As the store has them ----

static const char *field_of(json_t *object, const char *name, struct arena *arena) {
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? NULL : arena_text(arena, text);
}

static enum rond_err rule_take(json_t *object, struct arena *arena, struct retention_rule *ret_rule) {
    struct retention_rule rule = {.controller = field_of(object, "controller", arena),
                                  .category = field_of(object, "category", arena),
                                  .keep_text = field_of(object, "keep", arena)};
    if (rule.controller == NULL || rule.category == NULL || rule.keep_text == NULL ||
        !retention_keep_parse(rule.keep_text, &rule.keep))
        return arena_err(arena, ROND_ECORRUPT);
    rule.name = arena_printf(arena, "%s/%s %s", rule.controller, rule.category, rule.keep_text);
    *ret_rule = rule;
    return rule.name == NULL ? ROND_ENOMEM : ROND_OK;
}

static int64_t moment_of(json_t *object, const char *name, int64_t otherwise) {
    json_t *value = json_object_get(object, name);
    return json_is_integer(value) ? (int64_t)json_integer_value(value) : otherwise;
}

static enum rond_err hold_take(json_t *object, const char *id, struct arena *arena, struct retention_hold *ret_hold) {
    const char *report = json_string_value(json_object_get(object, "report"));
    struct retention_hold hold = {.id = arena_text(arena, id),
                                  .reason = field_of(object, "reason", arena),
                                  .controller = field_of(object, "controller", arena),
                                  .area = field_of(object, "area", arena),
                                  .from_s = moment_of(object, "from_s", INT64_MIN),
                                  .to_s = moment_of(object, "to_s", INT64_MAX)};
    if (hold.id == NULL || hold.reason == NULL)
        return arena_err(arena, ROND_ECORRUPT);
    hold.has_report = report != NULL;
    if (report != NULL &&
        identity_text_parse(report, &hold.report.device, &hold.report.outbox, &hold.report.seq, NULL) != ROND_OK)
        return ROND_ECORRUPT;
    *ret_hold = hold;
    return ROND_OK;
}

static enum rond_err loaded_take(const struct rule *stored, struct arena *arena, void *item) {
    json_t *object = json_loads(stored->body, JSON_REJECT_DUPLICATES, NULL);
    enum rond_err err = object == NULL                   ? ROND_ECORRUPT
                        : stored->kind == RULE_RETENTION ? rule_take(object, arena, item)
                                                         : hold_take(object, stored->id, arena, item);
    json_decref(object);
    return err;
}

static enum rond_err load_kind(struct store *store, enum rule_kind kind, size_t item_size, struct arena *arena,
                               uint8_t **ret_items, size_t *ret_count) {
    struct arena_list list = {.arena = arena, .item_size = item_size};
    struct rule *stored = NULL;
    size_t count = 0;
    enum rond_err err = store->views->rules(store, kind, arena, &stored, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        void *item = arena_list_add(&list);
        err = item == NULL ? ROND_ENOMEM : loaded_take(&stored[i], arena, item);
    }
    *ret_items = list.items;
    *ret_count = list.count;
    return err;
}

enum rond_err retention_load(struct store *store, struct arena *arena, struct retention *ret_retention) {
    struct retention retention = {0};
    uint8_t *rules = NULL, *holds = NULL;
    enum rond_err err =
        load_kind(store, RULE_RETENTION, sizeof(struct retention_rule), arena, &rules, &retention.rules_count);
    if (err == ROND_OK)
        err = load_kind(store, RULE_HOLD, sizeof(struct retention_hold), arena, &holds, &retention.holds_count);
    if (err != ROND_OK)
        return err;
    retention.rules = (struct retention_rule *)(void *)rules;
    retention.holds = (struct retention_hold *)(void *)holds;
    *ret_retention = retention;
    return ROND_OK;
}

// ---- Which one ----

static const struct retention_rule BUILT_IN = {
    RETENTION_EVERYBODY, "default", RETENTION_DEFAULT_KEEP, {true, 1}, "*/default year+1y"};

static const struct retention_rule *rule_find(const struct retention *retention, const char *controller,
                                              const char *category) {
    for (size_t i = 0; i < retention->rules_count; i++)
        if (strcmp(retention->rules[i].controller, controller) == 0 && strcmp(retention->rules[i].category, category) == 0)
            return &retention->rules[i];
    return NULL;
}

const struct retention_rule *retention_rule_for(const struct retention *retention, const struct retained_row *row) {
    const char *const controllers[] = {row->organisation, RETENTION_EVERYBODY};
    const char *const categories[] = {row->flagged ? "flagged" : NULL, row->quarantined ? "quarantined" : NULL,
                                      row->is_withdrawal ? "withdrawal"
                                      : row->kind > 0 && row->kind <= ROND__V1__KIND__KIND_INITIATIVE
                                          ? kind_name((Rond__V1__Kind)row->kind)
                                          : NULL,
                                      "default"};
    for (size_t i = 0; i < ARRAY_COUNT(controllers); i++)
        for (size_t k = 0; k < ARRAY_COUNT(categories); k++) {
            const struct retention_rule *rule =
                categories[k] == NULL ? NULL : rule_find(retention, controllers[i], categories[k]);
            if (rule != NULL)
                return rule;
        }
    return &BUILT_IN;
}

static bool holds(const struct retention_hold *hold, const struct retained_row *row) {
    return (hold->controller == NULL || strcmp(hold->controller, row->organisation) == 0) &&
           (hold->area == NULL || strcmp(hold->area, row->area) == 0) && row->to_s >= hold->from_s &&
           row->from_s <= hold->to_s && (!hold->has_report || report_key_equal(&hold->report, &row->key));
}

const struct retention_hold *retention_hold_of(const struct retention *retention, const struct retained_row *row) {
    for (size_t i = 0; i < retention->holds_count; i++)
        if (holds(&retention->holds[i], row))
            return &retention->holds[i];
    return NULL;
}

static int64_t newest_due_ms(const struct retention_keep *keep, int64_t now_ms) {
    return keep->from_year_end ? year_begins_ms(year_of(now_ms) - (int)keep->amount)
                               : now_ms - (int64_t)keep->amount * DAY_MS + 1;
}

static bool has_own(const struct retention *retention, const char *controller, const char *category) {
    for (size_t i = 0; i < retention->rules_count; i++)
        if (strcmp(retention->rules[i].controller, controller) == 0 && strcmp(retention->rules[i].category, category) == 0)
            return true;
    return false;
}

uint32_t retention_days_least(const struct retention *retention, const char *controller) {
    uint32_t least = 0;
    for (size_t i = 0; i < retention->rules_count; i++) {
        const struct retention_rule *rule = &retention->rules[i];
        bool holds = strcmp(rule->controller, controller) == 0 ||
                     (strcmp(rule->controller, RETENTION_EVERYBODY) == 0 && !has_own(retention, controller, rule->category));
        if (holds && !rule->keep.from_year_end && (least == 0 || rule->keep.amount < least))
            least = rule->keep.amount;
    }
    return least;
}

int64_t retention_newest_due_ms(const struct retention *retention, int64_t now_ms) {
    int64_t newest = newest_due_ms(&BUILT_IN.keep, now_ms);
    for (size_t i = 0; i < retention->rules_count; i++) {
        int64_t of_rule = newest_due_ms(&retention->rules[i].keep, now_ms);
        newest = of_rule > newest ? of_rule : newest;
    }
    return newest;
}

// ---- Lists ----

static bool add_set(json_t *object, const struct rule *stored) {
    return read_add_ms(object, "set", stored->at_ms) && read_add(object, "actor", read_text(stored->actor));
}

static bool add_moment(json_t *object, const char *name, json_t *value) {
    char name_s[16];
    if (json_is_integer(value))
        return read_add_s(object, name, (int64_t)json_integer_value(value));
    (void)snprintf(name_s, sizeof name_s, "%s_s", name);
    return read_add(object, name_s, json_null()) && read_add(object, name, json_null());
}

static json_t *hold_json(const struct rule *stored, json_t *body) {
    static const char *const FIELDS[] = {"reason", "controller", "area", "report"};
    json_t *object = json_object();
    bool added = read_add(object, "id", read_text(stored->id)) && add_set(object, stored) &&
                 add_moment(object, "from", json_object_get(body, "from_s")) &&
                 add_moment(object, "to", json_object_get(body, "to_s"));
    for (size_t i = 0; i < ARRAY_COUNT(FIELDS) && added; i++)
        added = read_add(object, FIELDS[i], read_text(json_string_value(json_object_get(body, FIELDS[i]))));
    return read_whole(object, added);
}

static json_t *rule_json(const struct rule *stored, json_t *body) {
    static const char *const FIELDS[] = {"controller", "category", "keep"};
    json_t *object = json_object();
    bool added = add_set(object, stored);
    for (size_t i = 0; i < ARRAY_COUNT(FIELDS) && added; i++)
        added = read_add(object, FIELDS[i], read_text(json_string_value(json_object_get(body, FIELDS[i]))));
    return read_whole(object, added);
}

enum { LIST_ARENA_BYTES_MAX = 16 * 1024 * 1024 };

static enum rond_err list_rules(struct store *store, enum rule_kind kind, const struct read_rows *rows,
                                json_t *(*give)(const struct rule *stored, json_t *body)) {
    struct rule *stored = NULL;
    struct arena arena;
    size_t count = 0;
    arena_init(&arena, LIST_ARENA_BYTES_MAX);
    enum rond_err err = store->views->rules(store, kind, &arena, &stored, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        json_t *body = json_loads(stored[i].body, 0, NULL);
        err = body == NULL ? ROND_ECORRUPT : read_rows_give(rows, give(&stored[i], body));
        json_decref(body);
    }
    arena_deinit(&arena);
    return err;
}

enum rond_err read_retention_rules(struct store *store, const struct read_rows *rows) {
    enum rond_err err = list_rules(store, RULE_RETENTION, rows, rule_json);
    return err == ROND_OK ? read_rows_give(rows, json_pack("{s:s,s:s,s:s}", "controller", BUILT_IN.controller, "category",
                                                           BUILT_IN.category, "keep", BUILT_IN.keep_text))
                          : err;
}

enum rond_err read_holds(struct store *store, const struct read_rows *rows) {
    return list_rules(store, RULE_HOLD, rows, hold_json);
}

static json_t *note_json(const struct retention_note *note) {
    json_t *object = json_object();
    bool added = read_add_ms(object, "run", note->run_ms) && read_add_ms(object, "at", note->at_ms) &&
                 read_add(object, "actor", read_text(note->actor)) && read_add(object, "rule", read_text(note->rule)) &&
                 read_add(object, "controller", read_text(note->controller)) &&
                 read_add(object, "reports", json_integer((json_int_t)note->reports)) &&
                 read_add(object, "forks", json_integer((json_int_t)note->forks)) &&
                 read_add_ms(object, "first", note->first_ms) && read_add_ms(object, "last", note->last_ms);
    return read_whole(object, added);
}

enum rond_err read_retention_protocol(struct store *store, const struct read_rows *rows) {
    struct retention_note *notes = NULL;
    struct arena arena;
    uint64_t cursor = 0;
    size_t count = 0;
    enum rond_err err;
    arena_init(&arena, LIST_ARENA_BYTES_MAX);
    do {
        arena_reset(&arena);
        err = store->views->retention_notes(store, cursor, READ_PAGE_ROWS, &arena, &notes, &count, &cursor);
        for (size_t i = 0; i < count && err == ROND_OK; i++)
            err = read_rows_give(rows, note_json(&notes[i]));
    } while (err == ROND_OK && cursor != 0);
    arena_deinit(&arena);
    return err;
}

// ---- What would go ----

enum { PLAN_LINES_MAX = 4096 };
struct plan_line {
    const struct retention_rule *rule;
    char controller[80];
    int year, month;
    uint64_t reports, held;
};
struct plan {
    struct retention retention;
    struct plan_line *lines;
    size_t count;
    int64_t now_ms;
};

static struct plan_line *line_of(struct plan *plan, const struct retention_rule *rule, const struct retained_row *row) {
    int year, month, day_of_month;
    day_to_civil((day_t)((row->received_ms + HOUR_MS) / DAY_MS), &year, &month, &day_of_month);
    for (size_t i = plan->count; i-- > 0;) { // the month of the report before, nearly always
        struct plan_line *line = &plan->lines[i];
        if (line->rule == rule && line->year == year && line->month == month &&
            strcmp(line->controller, row->organisation) == 0)
            return line;
    }
    if (plan->count == PLAN_LINES_MAX)
        return NULL;
    struct plan_line *line = &plan->lines[plan->count++];
    *line = (struct plan_line){.rule = rule, .year = year, .month = month};
    (void)snprintf(line->controller, sizeof line->controller, "%s", row->organisation);
    return line;
}

static enum rond_err plan_row(struct plan *plan, const struct retained_row *row) {
    const struct retention_rule *rule = retention_rule_for(&plan->retention, row);
    if (retention_due_ms(&rule->keep, row->received_ms) > plan->now_ms)
        return ROND_OK;
    struct plan_line *line = line_of(plan, rule, row);
    if (line == NULL)
        return ROND_EFULL;
    bool is_held = retention_hold_of(&plan->retention, row) != NULL;
    line->held += is_held;
    line->reports += !is_held;
    return ROND_OK;
}

static enum rond_err plan_all(struct store *store, struct plan *plan, struct arena *arena) {
    uint64_t after = 0;
    size_t count = 0;
    enum rond_err err = ROND_OK;
    do {
        struct retained_row *page = NULL;
        arena_reset(arena);
        err = store->views->retained(store, after, READ_PAGE_ROWS, arena, &page, &count);
        for (size_t i = 0; i < count && err == ROND_OK; i++) {
            err = plan_row(plan, &page[i]);
            after = page[i].row;
        }
    } while (err == ROND_OK && count > 0);
    return err;
}

static enum rond_err plan_give(const struct plan *plan, const struct read_rows *rows) {
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < plan->count && err == ROND_OK; i++) {
        const struct plan_line *line = &plan->lines[i];
        json_t *object = json_object();
        bool added = read_add(object, "rule", read_text(line->rule->name)) &&
                     read_add(object, "controller", read_text(line->controller)) &&
                     read_add(object, "month", json_sprintf("%04d-%02d", line->year, line->month)) &&
                     read_add(object, "reports", json_integer((json_int_t)line->reports)) &&
                     read_add(object, "held", json_integer((json_int_t)line->held));
        err = read_rows_give(rows, read_whole(object, added));
    }
    return err;
}

enum rond_err read_retention_plan(struct store *store, int64_t now_ms, const struct read_rows *rows) {
    struct plan plan = {.now_ms = now_ms, .lines = calloc(PLAN_LINES_MAX, sizeof *plan.lines)};
    struct arena arena, rules_arena;
    if (plan.lines == NULL)
        return ROND_ENOMEM;
    arena_init(&arena, LIST_ARENA_BYTES_MAX);
    arena_init(&rules_arena, LIST_ARENA_BYTES_MAX);
    enum rond_err err = read_begin(store);
    if (err == ROND_OK) {
        err = retention_load(store, &rules_arena, &plan.retention);
        if (err == ROND_OK)
            err = plan_all(store, &plan, &arena);
        read_end(store);
    }
    if (err == ROND_OK)
        err = plan_give(&plan, rows);
    arena_deinit(&rules_arena);
    arena_deinit(&arena);
    free(plan.lines);
    return err;
}
