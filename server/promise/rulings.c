#include "promise/rulings.h"

#include <stdlib.h>
#include <string.h>

#include "store/shape.h"

enum { PAGE_DECISIONS = 256 };

static int key_compare(const struct report_key *a, const struct report_key *b) {
    int order = memcmp(&a->outbox, &b->outbox, ID_SIZE);
    if (order == 0)
        order = memcmp(&a->device, &b->device, ID_SIZE);
    return order != 0 ? order : a->seq < b->seq ? -1 : a->seq > b->seq;
}

static int keys_order(const void *left, const void *right) {
    return key_compare(left, right);
}

static size_t without_repeats(struct report_key *keys, size_t count) {
    size_t kept = 0;
    if (count > 0)
        qsort(keys, count, sizeof *keys, keys_order);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || !report_key_equal(&keys[i], &keys[i - 1]))
            keys[kept++] = keys[i];
    return kept;
}

enum rond_err rulings_load(struct store *store, struct report_key *keys, size_t count, struct arena *arena,
                           struct rulings *ret_rulings) {
    struct rulings rulings = {0};
    count = without_repeats(keys, count);
    if (count == 0) {
        *ret_rulings = rulings;
        return ROND_OK;
    }
    struct ruling_list *lists = arena_array(arena, count, sizeof *lists);
    rulings.ruled = arena_array(arena, count, sizeof *rulings.ruled);
    if (lists == NULL || rulings.ruled == NULL)
        return ROND_ENOMEM;
    enum rond_err err = store->ledger->rulings_of(store, keys, count, arena, lists);
    for (size_t i = 0; err == ROND_OK && i < count; i++)
        if (lists[i].count > 0)
            rulings.ruled[rulings.count++] = (struct ruled){keys[i], lists[i]};
    if (err == ROND_OK)
        *ret_rulings = rulings;
    return err;
}

// ---- All of them ----

// A report with one decision about it.
struct decided {
    struct report_key key;
    const struct decision *decision;
};

static int decided_order(const void *left, const void *right) {
    const struct decided *a = left, *b = right;
    int order = key_compare(&a->key, &b->key);
    return order != 0 ? order : a->decision->number < b->decision->number ? -1 : a->decision->number > b->decision->number;
}

static bool decided_add(struct arena_list *list, const struct decision *decision) {
    struct ruling ignored;
    bool rules = decision_ruling(decision, &ignored);
    for (size_t i = 0; rules && i < decision->reports_count; i++) {
        struct decided *decided = arena_list_add(list);
        if (decided == NULL)
            return false;
        *decided = (struct decided){decision->reports[i], decision};
    }
    return true;
}

static enum rond_err read_all(struct store *store, struct arena *arena, struct arena_list *list) {
    uint64_t cursor = 0;
    enum rond_err err;
    do {
        struct decision *decisions = NULL;
        size_t count = 0;
        err = store->views->decisions(store, cursor, PAGE_DECISIONS, arena, &decisions, &count, &cursor);
        for (size_t i = 0; i < count && err == ROND_OK; i++)
            err = decided_add(list, &decisions[i]) ? ROND_OK : ROND_ENOMEM;
    } while (err == ROND_OK && cursor != 0);
    return err;
}

// The decisions about one report, `count` of them, in order.
static enum rond_err rule(const struct decided *decided, size_t count, struct arena *arena, struct ruling_list *ret_list) {
    struct decision *decisions = arena_array(arena, count, sizeof *decisions);
    if (decisions == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < count; i++)
        decisions[i] = *decided[i].decision;
    return decisions_rule(decisions, count, arena, ret_list);
}

enum rond_err rulings_load_all(struct store *store, struct arena *arena, struct rulings *ret_rulings) {
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct decided)};
    struct rulings rulings = {0};
    enum rond_err err = read_all(store, arena, &list);
    struct decided *decided = (struct decided *)(void *)list.items;
    if (err == ROND_OK && list.count > 0) {
        qsort(decided, list.count, sizeof *decided, decided_order);
        rulings.ruled = arena_array(arena, list.count, sizeof *rulings.ruled);
        err = rulings.ruled == NULL ? ROND_ENOMEM : ROND_OK;
    }
    for (size_t first = 0, next; first < list.count && err == ROND_OK; first = next) {
        for (next = first + 1; next < list.count && report_key_equal(&decided[next].key, &decided[first].key); next++)
            continue;
        struct ruled *ruled = &rulings.ruled[rulings.count++];
        ruled->key = decided[first].key;
        err = rule(&decided[first], next - first, arena, &ruled->list);
    }
    if (err == ROND_OK)
        *ret_rulings = rulings;
    return err;
}

static int ruled_order(const void *key, const void *ruled) {
    return key_compare(key, &((const struct ruled *)ruled)->key);
}

struct ruling_list rulings_find(const struct rulings *rulings, const struct report_key *key) {
    const struct ruled *found =
        rulings->count == 0 ? NULL : bsearch(key, rulings->ruled, rulings->count, sizeof *rulings->ruled, ruled_order);
    return found == NULL ? (struct ruling_list){0} : found->list;
}
