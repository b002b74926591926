// One arena holds everything that was read; beside the entries stand arrays of pointers, sorted by id, for bsearch. A
// snapshot never changes, so readers need no lock: only the count of references is atomic.
#include "promise/catalogue.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

enum {
    CATALOGUE_BYTES_MAX = 64 * 1024 * 1024,
    PAGE_ENTRIES = 256,
};

// Entries of one kind, sorted by id (terms: by list, then id).
struct shelf {
    const Rond__V1__ReferenceEntry **entries;
    size_t count;
};

struct catalogue {
    struct catalogue *self; // a reference taken through a const pointer counts here
    atomic_size_t references;
    struct arena arena;
    uint64_t revision;
    struct shelf areas, places, organisations, terms, promises, zones, activities;
    struct commitment *commitments; // promise after promise, each in file order
    size_t commitments_count;
    char **paths;                      // of commitments[i]
    const struct commitment **all;     // promises in the order in which they were first imported
    const struct commitment **by_area; // the same, grouped by area
    const struct commitment **by_number;
    size_t *by_path; // indices into commitments
};

// ---- Reading ----

struct page_list {
    const Rond__V1__ReferenceEntry **entries;
    size_t count;
    size_t capacity;
};

static bool list_add(struct page_list *list, const Rond__V1__ReferenceEntry *entry) {
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? PAGE_ENTRIES : 2 * list->capacity;
        const Rond__V1__ReferenceEntry **entries = realloc(list->entries, capacity * sizeof *entries);
        if (entries == NULL)
            return false;
        list->entries = entries;
        list->capacity = capacity;
    }
    list->entries[list->count++] = entry;
    return true;
}

static enum rond_err read_all(struct catalogue *catalogue, struct store *store, struct page_list *list) {
    uint64_t cursor = 0;
    size_t count = 0;
    do {
        Rond__V1__ReferenceEntry **entries = NULL;
        uint64_t newest = 0;
        enum rond_err err =
            store->views->reference(store, cursor, PAGE_ENTRIES, &catalogue->arena, &entries, &count, &newest);
        for (size_t i = 0; err == ROND_OK && i < count; i++) {
            cursor = entries[i]->revision;
            if (!entries[i]->removed && !list_add(list, entries[i]))
                err = ROND_ENOMEM;
        }
        if (err != ROND_OK)
            return err;
        catalogue->revision = newest > cursor ? newest : cursor;
    } while (count > 0);
    return ROND_OK;
}

static const char *term_list(const Rond__V1__ReferenceEntry *entry) {
    return entry->body_case == ROND__V1__REFERENCE_ENTRY__BODY_TERM ? entry->term->list : "";
}

// The id that counts is the body's where it has one; a term's id is unique within its list only.
static const char *entry_id(const Rond__V1__ReferenceEntry *entry) {
    return entry->body_case == ROND__V1__REFERENCE_ENTRY__BODY_TERM ? entry->term->id : entry->id;
}

static int entry_compare(const void *left, const void *right) {
    const Rond__V1__ReferenceEntry *a = *(const Rond__V1__ReferenceEntry *const *)left;
    const Rond__V1__ReferenceEntry *b = *(const Rond__V1__ReferenceEntry *const *)right;
    int lists = strcmp(term_list(a), term_list(b));
    return lists != 0 ? lists : strcmp(entry_id(a), entry_id(b));
}

static bool shelf_fill(struct catalogue *catalogue, const struct page_list *list,
                       Rond__V1__ReferenceEntry__BodyCase body_case, struct shelf *shelf) {
    shelf->entries = arena_array(&catalogue->arena, list->count + 1, sizeof *shelf->entries);
    if (shelf->entries == NULL)
        return false;
    for (size_t i = 0; i < list->count; i++)
        if (list->entries[i]->body_case == body_case)
            shelf->entries[shelf->count++] = list->entries[i];
    qsort(shelf->entries, shelf->count, sizeof *shelf->entries, entry_compare);
    return true;
}

static bool shelves_fill(struct catalogue *catalogue, const struct page_list *list) {
    return shelf_fill(catalogue, list, ROND__V1__REFERENCE_ENTRY__BODY_AREA, &catalogue->areas) &&
           shelf_fill(catalogue, list, ROND__V1__REFERENCE_ENTRY__BODY_PLACE, &catalogue->places) &&
           shelf_fill(catalogue, list, ROND__V1__REFERENCE_ENTRY__BODY_ORGANISATION, &catalogue->organisations) &&
           shelf_fill(catalogue, list, ROND__V1__REFERENCE_ENTRY__BODY_TERM, &catalogue->terms) &&
           shelf_fill(catalogue, list, ROND__V1__REFERENCE_ENTRY__BODY_PROMISE, &catalogue->promises) &&
           shelf_fill(catalogue, list, ROND__V1__REFERENCE_ENTRY__BODY_TIME_ZONE, &catalogue->zones) &&
           shelf_fill(catalogue, list, ROND__V1__REFERENCE_ENTRY__BODY_ACTIVITY, &catalogue->activities);
}

// ---- Commitments ----

static int compare_numbers(const void *left, const void *right) {
    const struct commitment *a = *(const struct commitment *const *)left, *b = *(const struct commitment *const *)right;
    return a->number < b->number ? -1 : a->number > b->number;
}

// A promise keeps the place of its first import: that of its lowest commitment number.
static uint32_t promise_order(const struct catalogue *catalogue, const Rond__V1__Promise *promise) {
    uint32_t lowest = UINT32_MAX;
    for (size_t i = 0; i < catalogue->commitments_count; i++)
        if (catalogue->commitments[i].promise == promise && catalogue->commitments[i].number < lowest)
            lowest = catalogue->commitments[i].number;
    return lowest;
}

struct ordered {
    const struct commitment *commitment;
    uint32_t promise_order;
};

static int compare_order(const void *left, const void *right) {
    const struct ordered *a = left, *b = right;
    if (a->promise_order != b->promise_order)
        return a->promise_order < b->promise_order ? -1 : 1;
    return a->commitment < b->commitment ? -1 : a->commitment > b->commitment; // one array: file order
}

static int compare_areas(const void *left, const void *right) {
    const struct ordered *a = left, *b = right;
    int areas = strcmp(a->commitment->promise->area, b->commitment->promise->area);
    return areas != 0 ? areas : compare_order(left, right);
}

static int compare_paths(const void *left, const void *right, void *context) {
    const struct catalogue *catalogue = context;
    return strcmp(catalogue->paths[*(const size_t *)left], catalogue->paths[*(const size_t *)right]);
}

static const struct commitment **take_order(struct catalogue *catalogue, const struct ordered *ordered) {
    const struct commitment **list = arena_array(&catalogue->arena, catalogue->commitments_count + 1, sizeof *list);
    for (size_t i = 0; list != NULL && i < catalogue->commitments_count; i++)
        list[i] = ordered[i].commitment;
    return list;
}

static enum rond_err sort_commitments(struct catalogue *catalogue) {
    size_t count = catalogue->commitments_count;
    struct ordered *ordered = arena_array(&catalogue->arena, count + 1, sizeof *ordered);
    catalogue->by_path = arena_array(&catalogue->arena, count + 1, sizeof *catalogue->by_path);
    if (ordered == NULL || catalogue->by_path == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const struct commitment *commitment = &catalogue->commitments[i];
        ordered[i] = (struct ordered){commitment, promise_order(catalogue, commitment->promise)};
        catalogue->by_path[i] = i;
    }
    catalogue->by_number = take_order(catalogue, ordered);
    qsort(ordered, count, sizeof *ordered, compare_order);
    catalogue->all = take_order(catalogue, ordered);
    qsort(ordered, count, sizeof *ordered, compare_areas);
    catalogue->by_area = take_order(catalogue, ordered);
    if (catalogue->by_number == NULL || catalogue->all == NULL || catalogue->by_area == NULL)
        return ROND_ENOMEM;
    qsort(catalogue->by_number, count, sizeof *catalogue->by_number, compare_numbers);
    qsort_r(catalogue->by_path, count, sizeof *catalogue->by_path, compare_paths, catalogue);
    return ROND_OK;
}

static const Rond__V1__Place *find_place(const void *context, const char *id) {
    return catalogue_place(context, id);
}

static enum rond_err add_commitment(struct catalogue *catalogue, struct store *store, const Rond__V1__Promise *promise,
                                    const Rond__V1__Commitment *definition, struct fault *fault) {
    const Rond__V1__TimeZone *zone = catalogue_zone_of_area(catalogue, promise->area);
    char *path = arena_printf(&catalogue->arena, "%s/%s", promise->id, definition->id);
    uint32_t number = 0;
    if (path == NULL)
        return ROND_ENOMEM;
    if (zone == NULL)
        return fault_set(fault, ROND_ECORRUPT, 0, path, "The area \"%s\" or its time zone is not there.", promise->area);
    enum rond_err err = store->registry->commitment_number(store, path, &number);
    if (err != ROND_OK)
        return err;
    struct fault why = {0};
    const struct place_table places = {.find = find_place, .context = catalogue};
    err = commitment_init(&catalogue->commitments[catalogue->commitments_count], number, promise, definition, zone, &places,
                          &why);
    if (err == ROND_EINVALID)
        return fault_set(fault, ROND_ECORRUPT, 0, path, "%s", why.text);
    if (err == ROND_OK)
        catalogue->paths[catalogue->commitments_count++] = path;
    return err;
}

static enum rond_err derive_commitments(struct catalogue *catalogue, struct store *store, struct fault *fault) {
    size_t count = 0;
    for (size_t i = 0; i < catalogue->promises.count; i++)
        count += catalogue->promises.entries[i]->promise->n_commitments;
    catalogue->commitments = arena_array(&catalogue->arena, count + 1, sizeof *catalogue->commitments);
    catalogue->paths = arena_array(&catalogue->arena, count + 1, sizeof *catalogue->paths);
    if (catalogue->commitments == NULL || catalogue->paths == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < catalogue->promises.count; i++) {
        const Rond__V1__Promise *promise = catalogue->promises.entries[i]->promise;
        for (size_t k = 0; k < promise->n_commitments; k++) {
            enum rond_err err = add_commitment(catalogue, store, promise, promise->commitments[k], fault);
            if (err != ROND_OK)
                return err;
        }
    }
    return sort_commitments(catalogue);
}

static enum rond_err fill(struct catalogue *catalogue, struct store *store, struct fault *fault) {
    struct page_list list = {0};
    enum rond_err err = read_all(catalogue, store, &list);
    if (err == ROND_OK && !shelves_fill(catalogue, &list))
        err = ROND_ENOMEM;
    if (err == ROND_OK)
        err = derive_commitments(catalogue, store, fault);
    free(list.entries);
    return err;
}

enum rond_err catalogue_create(struct store *store, struct catalogue **ret_catalogue, struct fault *fault) {
    struct catalogue *catalogue = calloc(1, sizeof *catalogue);
    if (catalogue == NULL)
        return ROND_ENOMEM;
    catalogue->self = catalogue;
    atomic_init(&catalogue->references, 1);
    arena_init(&catalogue->arena, CATALOGUE_BYTES_MAX);
    enum rond_err err = fill(catalogue, store, fault);
    if (err != ROND_OK) {
        if (err != ROND_ECORRUPT || (fault != NULL && fault->text[0] == '\0'))
            fault_set(fault, err, 0, NULL, "The reference data cannot be read.");
        catalogue_unref(catalogue);
        return err;
    }
    *ret_catalogue = catalogue;
    return ROND_OK;
}

struct catalogue *catalogue_ref(const struct catalogue *catalogue) {
    struct catalogue *self = catalogue->self;
    atomic_fetch_add_explicit(&self->references, 1, memory_order_relaxed);
    return self;
}

void catalogue_unref(struct catalogue *catalogue) {
    if (catalogue == NULL || atomic_fetch_sub_explicit(&catalogue->references, 1, memory_order_acq_rel) != 1)
        return;
    arena_deinit(&catalogue->arena);
    free(catalogue);
}

// ---- Look-ups ----

static const Rond__V1__ReferenceEntry *shelf_find(const struct shelf *shelf, const char *list, const char *id) {
    size_t low = 0, high = shelf->count;
    while (id != NULL && low < high) {
        size_t middle = low + (high - low) / 2;
        const Rond__V1__ReferenceEntry *entry = shelf->entries[middle];
        int order = strcmp(list, term_list(entry));
        order = order != 0 ? order : strcmp(id, entry_id(entry));
        if (order == 0)
            return entry;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const Rond__V1__Area *catalogue_area(const struct catalogue *catalogue, const char *id) {
    const Rond__V1__ReferenceEntry *entry = shelf_find(&catalogue->areas, "", id);
    return entry == NULL ? NULL : entry->area;
}

const Rond__V1__TimeZone *catalogue_zone_of_area(const struct catalogue *catalogue, const char *area) {
    const Rond__V1__Area *found = catalogue_area(catalogue, area);
    const Rond__V1__ReferenceEntry *entry = found == NULL ? NULL : shelf_find(&catalogue->zones, "", found->time_zone);
    return entry == NULL ? NULL : entry->time_zone;
}

const Rond__V1__Place *catalogue_place(const struct catalogue *catalogue, const char *id) {
    const Rond__V1__ReferenceEntry *entry = shelf_find(&catalogue->places, "", id);
    return entry == NULL ? NULL : entry->place;
}

const Rond__V1__Organisation *catalogue_organisation(const struct catalogue *catalogue, const char *id) {
    const Rond__V1__ReferenceEntry *entry = shelf_find(&catalogue->organisations, "", id);
    return entry == NULL ? NULL : entry->organisation;
}

const Rond__V1__Term *catalogue_term(const struct catalogue *catalogue, const char *list, const char *id) {
    const Rond__V1__ReferenceEntry *entry = shelf_find(&catalogue->terms, list, id);
    return entry == NULL ? NULL : entry->term;
}

const Rond__V1__Promise *catalogue_promise(const struct catalogue *catalogue, const char *id) {
    const Rond__V1__ReferenceEntry *entry = shelf_find(&catalogue->promises, "", id);
    return entry == NULL ? NULL : entry->promise;
}

const Rond__V1__Activity *catalogue_activity(const struct catalogue *catalogue, const char *id) {
    const Rond__V1__ReferenceEntry *entry = shelf_find(&catalogue->activities, "", id);
    return entry == NULL ? NULL : entry->activity;
}

const Rond__V1__ReferenceEntry *const *catalogue_organisations(const struct catalogue *catalogue, size_t *ret_count) {
    *ret_count = catalogue->organisations.count;
    return catalogue->organisations.entries;
}

const Rond__V1__ReferenceEntry *const *catalogue_areas(const struct catalogue *catalogue, size_t *ret_count) {
    *ret_count = catalogue->areas.count;
    return catalogue->areas.entries;
}

const Rond__V1__ReferenceEntry *const *catalogue_activities(const struct catalogue *catalogue, size_t *ret_count) {
    *ret_count = catalogue->activities.count;
    return catalogue->activities.entries;
}

// First of by_area whose area is not before (or, with `after`, is after) the one asked for.
static size_t area_bound(const struct catalogue *catalogue, const char *area, bool after) {
    size_t low = 0, high = catalogue->commitments_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(catalogue->by_area[middle]->promise->area, area);
        if (order < 0 || (after && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct commitment *const *catalogue_commitments(const struct catalogue *catalogue, const char *area,
                                                      size_t *ret_count) {
    if (area == NULL || area[0] == '\0') {
        *ret_count = catalogue->commitments_count;
        return catalogue->all;
    }
    size_t first = area_bound(catalogue, area, false);
    *ret_count = area_bound(catalogue, area, true) - first;
    return &catalogue->by_area[first];
}

const struct commitment *catalogue_commitment(const struct catalogue *catalogue, uint32_t number) {
    struct commitment key = {.number = number};
    const struct commitment *wanted = &key;
    const struct commitment **found =
        bsearch(&wanted, catalogue->by_number, catalogue->commitments_count, sizeof *catalogue->by_number, compare_numbers);
    return found == NULL ? NULL : *found;
}

const struct commitment *catalogue_commitment_by_path(const struct catalogue *catalogue, const char *path) {
    size_t low = 0, high = catalogue->commitments_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        size_t index = catalogue->by_path[middle];
        int order = strcmp(path, catalogue->paths[index]);
        if (order == 0)
            return &catalogue->commitments[index];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

uint64_t catalogue_revision(const struct catalogue *catalogue) {
    return catalogue->revision;
}

const char *catalogue_commitment_path(const struct catalogue *catalogue, uint32_t number) {
    const struct commitment *commitment = catalogue_commitment(catalogue, number);
    return commitment == NULL ? NULL : catalogue->paths[commitment - catalogue->commitments];
}
