// The log, page after page: for export, verification and counting anew, which go over all of it. A statement of the
// reports and their keys, since of what else a report has nearly all is the same again and again (texts, outboxes, which are
// remembered), and the rest is rare (quarantine, erasures, which are asked for where they are).
#include <string.h>

#include "store/sqlite.h"

enum { PAGE_FIRST = 2048 };

// In the order in which they are stored, so that a row is walked through once.
enum column {
    COLUMN_ROW,
    COLUMN_OUTBOX,
    COLUMN_SEQ,
    COLUMN_KIND,
    COLUMN_VERDICT,
    COLUMN_ORGANISATION,
    COLUMN_AREA,
    COLUMN_CLAIMED_MS,
    COLUMN_FROM_S,
    COLUMN_TO_S,
    COLUMN_UNCERTAINTY_S,
    COLUMN_RECEIVED_MS,
    COLUMN_IS_WITHDRAWAL,
    COLUMN_TARGET,
    COLUMN_FORMERLY_OUTBOX,
    COLUMN_FORMERLY_SEQ,
    COLUMN_LEAF,
    COLUMN_SALT,
    COLUMN_BODY,
    COLUMN_KEY,
};
#define PAGE_COLUMNS                                                                                                        \
    "r.row, outbox, seq, kind, verdict, organisation, area, claimed_ms, from_s, to_s, uncertainty_s, received_ms,"          \
    " is_withdrawal, target, formerly_outbox, formerly_seq, leaf, salt, body, key "

// A text as it was last copied into the arena.
struct copied_text {
    int64_t number;
    const char *text;
};
struct page {
    struct sqlite_store *store;
    struct arena *arena;
    struct query query;
    struct copied_text organisation, area;
    struct stored_report *reports;
    size_t count, capacity, limit;
};

// ---- What is the same again and again ----

static enum rond_err text_read(struct page *page, int64_t number, struct copied_text *ret_text) {
    const char *text = NULL;
    enum rond_err err = sqlite_text_of(page->store, number, page->arena, &text);
    if (err == ROND_OK)
        *ret_text = (struct copied_text){number, text};
    return err;
}

static const char *text_of(struct page *page, int64_t number, struct copied_text *text) {
    if (text->number != number && page->query.err == ROND_OK)
        page->query.err = text_read(page, number, text);
    return text->text;
}

static enum rond_err owner_read(struct page *page, int64_t number, struct sqlite_owner *owner) {
    struct sqlite_owner found = {.number = number};
    struct query query = query_start(page->store, "SELECT device, outbox FROM outboxes WHERE number = ?");
    query_int(&query, number);
    bool is_there = query_next(&query);
    if (is_there) {
        column_exactly(&query, 0, found.device.b, ID_SIZE);
        column_exactly(&query, 1, found.outbox.b, ID_SIZE);
    }
    enum rond_err err = query_finish(&query);
    if (err == ROND_OK && !is_there)
        err = ROND_ECORRUPT;
    if (err == ROND_OK)
        *owner = found;
    return err;
}

static void key_read(struct page *page, struct report_key *key) {
    int64_t number = column_int(&page->query, COLUMN_OUTBOX);
    struct sqlite_owner *owner = &page->store->owners[(uint64_t)number % SQLITE_OWNERS_MAX];
    if (owner->number != number && page->query.err == ROND_OK)
        page->query.err = owner_read(page, number, owner);
    *key = (struct report_key){owner->device, owner->outbox, (uint64_t)column_int(&page->query, COLUMN_SEQ)};
}

// ---- What few have ----

static enum rond_err quarantine_read(struct page *page, struct stored_report *report) {
    struct query query = query_start(page->store, "SELECT code, reason, field, decided FROM quarantine WHERE row = ?");
    query_int(&query, (int64_t)report->row);
    if (query_next(&query)) {
        report->code = (unsigned)column_int(&query, 0);
        report->reason = column_text(&query, 1, page->arena);
        report->field = column_text(&query, 2, page->arena);
        report->released = column_int(&query, 3) == QUARANTINE_RELEASED;
        report->discarded = column_int(&query, 3) == QUARANTINE_DISCARDED;
    }
    return query_finish(&query);
}

static void content_read(struct page *page, struct stored_report *report) {
    struct query *query = &page->query;
    if (!column_is_null(query, COLUMN_SALT))
        column_exactly(query, COLUMN_SALT, report->salt.b, SALT_SIZE);
    sqlite_body_read(query, COLUMN_BODY, COLUMN_KEY, page->arena, report);
    if (report->verdict == VERDICT_QUARANTINED && query->err == ROND_OK)
        query->err = quarantine_read(page, report);
}

// ---- The page ----

static void row_read(struct page *page, struct stored_report *report) {
    struct query *query = &page->query;
    report->row = (uint64_t)column_int(query, COLUMN_ROW);
    key_read(page, &report->key);
    report->kind = (uint32_t)column_int(query, COLUMN_KIND);
    report->verdict = (enum verdict)column_int(query, COLUMN_VERDICT);
    report->organisation = text_of(page, column_int(query, COLUMN_ORGANISATION), &page->organisation);
    report->area = text_of(page, column_int(query, COLUMN_AREA), &page->area);
    report->claimed_ms = column_int(query, COLUMN_CLAIMED_MS);
    report->from_s = column_int(query, COLUMN_FROM_S);
    report->to_s = column_int(query, COLUMN_TO_S);
    report->uncertainty_s = (uint32_t)column_int(query, COLUMN_UNCERTAINTY_S);
    report->received_ms = column_int(query, COLUMN_RECEIVED_MS);
    report->is_withdrawal = column_int(query, COLUMN_IS_WITHDRAWAL) != 0;
    sqlite_target_read(query, COLUMN_TARGET, report);
    sqlite_formerly_read(query, COLUMN_FORMERLY_OUTBOX, &report->record);
    column_exactly(query, COLUMN_LEAF, report->leaf.b, HASH_SIZE);
    content_read(page, report);
}

// Zeroed, and room for a usual page at once.
static struct stored_report *report_add(struct page *page) {
    if (page->count == page->capacity) {
        size_t first = page->limit < PAGE_FIRST ? page->limit : PAGE_FIRST;
        size_t capacity = page->capacity == 0 ? first : 2 * page->capacity;
        struct stored_report *grown = arena_array(page->arena, capacity, sizeof *grown);
        if (grown == NULL)
            return NULL;
        if (page->count > 0)
            memcpy(grown, page->reports, page->count * sizeof *grown);
        page->reports = grown;
        page->capacity = capacity;
    }
    return &page->reports[page->count++];
}

enum rond_err sqlite_reports_page(struct store *base, uint64_t after_row, size_t limit, struct arena *arena,
                                  struct stored_report **ret_reports, size_t *ret_count) {
    struct page page = {.store = sqlite_of(base), .arena = arena, .limit = limit};
    page.query = query_start(page.store, "SELECT " PAGE_COLUMNS "FROM reports r LEFT JOIN body_keys k ON k.row = r.row"
                                         " WHERE r.row > ? ORDER BY r.row LIMIT ?");
    query_int(&page.query, (int64_t)after_row);
    query_int(&page.query, limit >= INT32_MAX ? INT32_MAX : (int64_t)limit);
    while (query_next(&page.query)) {
        struct stored_report *report = report_add(&page);
        if (report == NULL)
            page.query.err = ROND_ENOMEM;
        else
            row_read(&page, report);
    }
    enum rond_err err = query_finish(&page.query);
    if (err != ROND_OK)
        return err;
    *ret_reports = page.reports;
    *ret_count = page.count;
    return ROND_OK;
}
