#include "read/lists.h"

#include <stdlib.h>
#include <string.h>

#include "read/decisions.h"
#include "read/export.h"
#include "read/flagged.h"
#include "read/promise_json.h"
#include "read/report_json.h"
#include "store/shape.h"
#include "wire/limits.h"
#include "wire/short_reference.h"

// A list is read page by page into an arena that is emptied in between. `page` gives the rows after *cursor, moves it
// on, and sets *ret_done at the end.
struct list {
    struct store *store;
    const struct read_rows *rows;
    const void *argument;
    uint64_t cursor;
    bool done;
};

static enum rond_err list_read(struct list *list, enum rond_err (*page)(struct list *list, struct arena *arena)) {
    struct arena arena;
    enum rond_err err = read_begin(list->store);
    if (err != ROND_OK)
        return err;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    while (err == ROND_OK && !list->done) {
        arena_reset(&arena);
        err = page(list, &arena);
    }
    arena_deinit(&arena);
    read_end(list->store);
    return err;
}

// ---- Outboxes ----

static enum rond_err row_or(const struct list *list, json_t *take_row, enum rond_err err) {
    if (err == ROND_OK)
        return read_rows_give(list->rows, take_row);
    json_decref(take_row);
    return err;
}

// Whose device it is; nothing where it is not known any more.
static enum rond_err add_owner(struct store *store, const struct id128 *device, struct arena *arena, json_t *object) {
    struct device_record record;
    enum rond_err err = object == NULL ? ROND_ENOMEM : store->registry->device_get(store, device, arena, &record);
    if (err == ROND_OK && !(read_add(object, "organisation", read_text(record.organisation)) &&
                            read_add(object, "area", read_text(record.area))))
        err = ROND_ENOMEM;
    return err == ROND_ENOTFOUND ? ROND_OK : err;
}

static json_t *outbox_json(const struct outbox_row *outbox) {
    json_t *object = json_object();
    bool added = read_add(object, "device", read_id(&outbox->device)) &&
                 read_add(object, "outbox", read_id(&outbox->outbox)) &&
                 read_add(object, "watermark", json_integer((json_int_t)outbox->chain.seq)) &&
                 read_add(object, "head", read_hex(bytes_of(outbox->chain.head.b, HASH_SIZE))) &&
                 read_add(object, "last_seq", json_integer((json_int_t)outbox->last_seq)) &&
                 read_add(object, "waiting", json_integer((json_int_t)(outbox->last_seq - outbox->chain.seq))) &&
                 read_add(object, "lost", json_integer((json_int_t)outbox->lost)) &&
                 read_add(object, "forked", json_boolean(outbox->forked));
    return read_whole(object, added);
}

static enum rond_err outboxes_page(struct list *list, struct arena *arena) {
    struct outbox_row *outboxes = NULL;
    size_t count = 0;
    enum rond_err err = list->store->views->outboxes(list->store, list->argument, list->cursor, READ_PAGE_ROWS, arena,
                                                     &outboxes, &count, &list->cursor);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        json_t *object = outbox_json(&outboxes[i]);
        err = add_owner(list->store, &outboxes[i].device, arena, object);
        err = row_or(list, object, err);
    }
    list->done = list->cursor == 0;
    return err;
}

enum rond_err read_outboxes(struct store *store, const struct id128 *device, const struct read_rows *rows) {
    struct list list = {.store = store, .rows = rows, .argument = device};
    return list_read(&list, outboxes_page);
}

// ---- Reports ----

static enum rond_err quarantine_page(struct list *list, struct arena *arena) {
    const bool *decided_too = list->argument;
    struct stored_report *reports = NULL;
    size_t count = 0;
    enum rond_err err =
        list->store->views->quarantine(list->store, *decided_too, list->cursor, READ_PAGE_ROWS, arena, &reports, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        json_t *object = NULL;
        err = report_json_stored(&reports[i], TEXTS_LEFT_OUT, &object);
        if (err == ROND_OK)
            err = read_rows_give(list->rows, object);
        list->cursor = reports[i].row;
    }
    list->done = count == 0;
    return err;
}

enum rond_err read_quarantine(struct store *store, bool decided_too, uint64_t after_row, const struct read_rows *rows) {
    struct list list = {.store = store, .rows = rows, .argument = &decided_too, .cursor = after_row};
    return list_read(&list, quarantine_page);
}

// All that a reference names; its argument is the parsed reference.
struct reference {
    uint32_t prefix;
    uint64_t seq;
};

static enum rond_err report_give(struct list *list, const struct stored_report *report) {
    json_t *object = NULL, *contributions = NULL, *decisions = NULL;
    enum rond_err err = report_json_stored(report, TEXTS_SHOWN, &object);
    if (err != ROND_OK)
        return err;
    err = read_contributions_of(list->store, report->row, &contributions);
    if (err == ROND_OK && !(read_add(object, "contributions", contributions) &&
                            read_add(object, "found", flagged_found(report->record.report))))
        err = ROND_ENOMEM;
    if (err == ROND_OK)
        err = read_decisions_about(list->store, report, &decisions);
    if (err == ROND_OK && !read_add(object, "decisions", decisions))
        err = ROND_ENOMEM;
    if (err != ROND_OK) {
        json_decref(object);
        return err;
    }
    return read_rows_give(list->rows, object);
}

static enum rond_err reference_page(struct list *list, struct arena *arena) {
    const struct reference *reference = list->argument;
    struct stored_report *reports = NULL;
    size_t count = 0;
    enum rond_err err =
        list->store->views->reports_by_reference(list->store, reference->prefix, reference->seq, arena, &reports, &count);
    if (err == ROND_OK && count == 0)
        return ROND_ENOTFOUND;
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = report_give(list, &reports[i]);
    list->done = true;
    return err;
}

static enum rond_err row_page(struct list *list, struct arena *arena) {
    const uint64_t *row = list->argument;
    struct stored_report report;
    enum rond_err err = list->store->views->report(list->store, *row, arena, &report);
    list->done = true;
    return err == ROND_OK ? report_give(list, &report) : err;
}

static enum rond_err report_by_row(struct store *store, const char *digits, const struct read_rows *rows,
                                   struct fault *fault) {
    char *end;
    uint64_t row = strtoull(digits, &end, 10);
    struct list list = {.store = store, .rows = rows, .argument = &row};
    bool is_number = digits[0] >= '0' && digits[0] <= '9' && *end == '\0';
    enum rond_err err = is_number ? list_read(&list, row_page) : ROND_ENOTFOUND;
    return err != ROND_ENOTFOUND
               ? err
               : fault_both(fault, err, 0, "reference", "There is no report #%s.", "Rapport #%s finns inte.", digits);
}

enum rond_err read_report(struct store *store, const char *reference, const struct read_rows *rows, struct fault *fault) {
    if (reference[0] == '#')
        return report_by_row(store, reference + 1, rows, fault);
    struct reference parsed = {0};
    enum rond_err err = short_reference_parse(reference, &parsed.prefix, &parsed.seq, fault);
    if (err != ROND_OK)
        return err;
    struct list list = {.store = store, .rows = rows, .argument = &parsed};
    err = list_read(&list, reference_page);
    return err != ROND_ENOTFOUND ? err
                                 : fault_both(fault, err, 0, "reference", "There is no report %s here.",
                                              "Rapport %s finns inte här.", reference);
}

// ---- Forks ----

static enum rond_err fork_give(struct list *list, const struct fork_row *fork, struct arena *arena) {
    json_t *object = json_object();
    bool added = read_add_key(object, &fork->key) && read_add(object, "leaf", read_hex(bytes_of(fork->leaf.b, HASH_SIZE))) &&
                 read_add_ms(object, "received", fork->received_ms);
    enum rond_err err = added ? report_json_body(fork->record.report, TEXTS_LEFT_OUT, object) : ROND_ENOMEM;
    if (err == ROND_OK)
        err = add_owner(list->store, &fork->key.device, arena, object);
    return row_or(list, object, err);
}

static enum rond_err forks_page(struct list *list, struct arena *arena) {
    struct fork_row *forks = NULL;
    size_t count = 0;
    enum rond_err err =
        list->store->views->forks(list->store, list->cursor, READ_PAGE_ROWS, arena, &forks, &count, &list->cursor);
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = fork_give(list, &forks[i], arena);
    list->done = list->cursor == 0;
    return err;
}

enum rond_err read_forks(struct store *store, const struct read_rows *rows) {
    struct list list = {.store = store, .rows = rows};
    return list_read(&list, forks_page);
}

// ---- Reference data ----

// Gives what `make` makes of each entry that is there; its argument narrows the list, and null is passed over.
struct reference_list {
    json_t *(*make)(const Rond__V1__ReferenceEntry *entry, const char *only);
    const char *only; // NULL: all
};

static enum rond_err reference_data_page(struct list *list, struct arena *arena) {
    const struct reference_list *wanted = list->argument;
    Rond__V1__ReferenceEntry **entries = NULL;
    size_t count = 0;
    uint64_t newest = 0;
    enum rond_err err =
        list->store->views->reference(list->store, list->cursor, READ_PAGE_ROWS, arena, &entries, &count, &newest);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        list->cursor = entries[i]->revision;
        json_t *object = entries[i]->removed ? json_null() : wanted->make(entries[i], wanted->only);
        if (!json_is_null(object))
            err = read_rows_give(list->rows, object);
    }
    list->done = count == 0;
    return err;
}

static json_t *word_make(const Rond__V1__ReferenceEntry *entry, const char *only) {
    json_t *word = promise_json_word(entry);
    if (only == NULL || word == NULL || json_is_null(word))
        return word;
    bool wanted = strcmp(json_string_value(json_object_get(word, "list")), only) == 0;
    return wanted ? word : (json_decref(word), json_null());
}

static json_t *promise_make(const Rond__V1__ReferenceEntry *entry, const char *only) {
    bool wanted = entry->body_case == ROND__V1__REFERENCE_ENTRY__BODY_PROMISE &&
                  (only == NULL || only[0] == '\0' || strcmp(entry->promise->area, only) == 0);
    return wanted ? promise_json(entry->promise) : json_null();
}

enum rond_err read_words(struct store *store, const char *only, const struct read_rows *rows) {
    struct reference_list wanted = {.make = word_make, .only = only};
    struct list list = {.store = store, .rows = rows, .argument = &wanted};
    return list_read(&list, reference_data_page);
}

enum rond_err read_promises(struct store *store, const char *area, const struct read_rows *rows) {
    struct reference_list wanted = {.make = promise_make, .only = area};
    struct list list = {.store = store, .rows = rows, .argument = &wanted};
    return list_read(&list, reference_data_page);
}

// ---- Counts ----

enum rond_err read_counts(struct store *store, json_t **ret_json) {
    struct store_counts counts;
    enum rond_err err = store->views->counts(store, &counts);
    if (err != ROND_OK)
        return err;
    const struct {
        const char *name;
        uint64_t value;
    } fields[] = {
        {"received", counts.received},
        {"reports", counts.reports},
        {"applied", counts.applied},
        {"quarantined", counts.quarantined_open + counts.quarantined_released + counts.quarantined_discarded},
        {"quarantined_open", counts.quarantined_open},
        {"quarantined_released", counts.quarantined_released},
        {"quarantined_discarded", counts.quarantined_discarded},
        {"lost", counts.lost},
        {"forked", counts.forked},
        {"erased", counts.erased},
        {"keyless", counts.keyless},
        {"flagged", counts.flagged},
        {"devices", counts.devices},
        {"outboxes", counts.outboxes},
    };
    json_t *object = json_object();
    bool added = object != NULL;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0] && added; i++)
        added = read_add(object, fields[i].name, json_integer((json_int_t)fields[i].value));
    added = added && read_add(object, "add_up", json_boolean(store_counts_add_up(&counts)));
    object = read_whole(object, added);
    if (object == NULL)
        return ROND_ENOMEM;
    *ret_json = object;
    return ROND_OK;
}

// ---- Versions of a promise ----

struct version_wanted {
    char promise[REFERENCE_ID_BYTES_MAX + 1];
    uint32_t version; // 0: all
};

static bool version_parse(const char *which, struct version_wanted *ret_wanted) {
    const char *at = strchr(which, '@');
    size_t size = at == NULL ? strlen(which) : (size_t)(at - which);
    char *end = NULL;
    if (size > REFERENCE_ID_BYTES_MAX)
        return false;
    *ret_wanted = (struct version_wanted){0};
    memcpy(ret_wanted->promise, which, size);
    if (at == NULL)
        return true;
    unsigned long version = strtoul(at + 1, &end, 10);
    ret_wanted->version = (uint32_t)version;
    return at[1] >= '1' && at[1] <= '9' && *end == '\0' && version <= UINT32_MAX;
}

static json_t *version_json(const struct promise_version *version) {
    json_t *object = promise_json(version->entry->promise);
    bool added = read_add(object, "version", json_integer(version->version)) &&
                 read_add_ms_or_null(object, "since", version->at_ms) &&
                 read_add(object, "actor", read_text(version->actor));
    return read_whole(object, added);
}

static enum rond_err versions_page(struct list *list, struct arena *arena) {
    const struct version_wanted *wanted = list->argument;
    struct promise_version *versions = NULL;
    size_t count = 0, given = 0;
    enum rond_err err = list->store->views->promise_versions(list->store, wanted->promise, arena, &versions, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        if (wanted->version != 0 && wanted->version != versions[i].version)
            continue;
        err = read_rows_give(list->rows, version_json(&versions[i]));
        given++;
    }
    list->done = true;
    return err == ROND_OK && given == 0 ? ROND_ENOTFOUND : err;
}

enum rond_err read_promise_versions(struct store *store, const char *which, const struct read_rows *rows) {
    struct version_wanted wanted;
    struct list list = {.store = store, .rows = rows, .argument = &wanted};
    return version_parse(which, &wanted) ? list_read(&list, versions_page) : ROND_ENOTFOUND;
}
