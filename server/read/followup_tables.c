// The two tables of a follow-up's page: the commitments, and what changed since the version before.
#include <string.h>

#include "base/check.h"
#include "read/followup_page.h"

// ---- Commitments ----

static void put_status(struct page *page, const json_t *side) {
    const char *status = json_text_of(side, "status"), *words = followup_status(status, page->swedish);
    page_put(page, "<span class=\"status ");
    page_text(page, status);
    page_put(page, "\">");
    page_text(page, words == NULL ? status : words);
    page_put(page, "</span>");
}

// Behind, or not met; a status that people have yet to decide says nothing more.
static void put_by_reports(struct page *page, const json_t *side) {
    const char *by_reports = json_text_of(side, "status_by_reports");
    const char *words = followup_status(by_reports, page->swedish);
    if (words == NULL || strcmp(by_reports, json_text_of(side, "status")) == 0)
        return;
    page_put(page, "<br><span class=\"small\">");
    page_word(page, WORD_BY_REPORTS);
    page_put(page, " ");
    page_text(page, words);
    page_put(page, "</span>");
}

static void put_summary(struct page *page, const json_t *side) {
    page_text(page, json_text_of(json_object_get(side, "figure"), page->swedish ? "summary_sv" : "summary_en"));
}

static void put_part(struct page *page, const json_t *commitment) {
    const json_t *part = json_object_get(commitment, "part");
    const char *measure = json_text_of(commitment, "measure");
    if (strcmp(measure, "presence") == 0) {
        page_number(page, json_number_of(part, "windows_met"));
        page_put(page, page->swedish ? " pass; " : " windows; ");
        page_number(page, json_number_of(part, "person_minutes"));
        page_put(page, page->swedish ? " personminuter" : " person-minutes");
    } else {
        page_number(page, json_number_of(part, strcmp(measure, "actions_closed") == 0 ? "done" : "count"));
    }
}

static void put_number(struct page *page, enum followup_word word, json_int_t number) {
    page_word(page, word);
    page_put(page, " ");
    page_number(page, number);
}

// Since when, and which of them differ from the rest.
static void put_silence(struct page *page, const json_t *sureness) {
    static const struct {
        const char *name;
        enum followup_word word;
    } parts[] = {{"never_heard", WORD_NEVER_HEARD}, {"unsent", WORD_UNSENT}};
    const char *since = json_text_of(sureness, "since");
    if (*since != '\0') {
        page_put(page, ", ");
        page_word(page, WORD_SILENT_SINCE);
        page_put(page, " ");
        page_day(page, since);
    }
    for (size_t i = 0; i < ARRAY_COUNT(parts); i++)
        if (json_number_of(sureness, parts[i].name) > 0) {
            page_put(page, "; ");
            put_number(page, parts[i].word, json_number_of(sureness, parts[i].name));
        }
}

static void put_sureness(struct page *page, const json_t *commitment) {
    const json_t *sureness = json_object_get(commitment, "sureness");
    json_int_t devices = json_number_of(sureness, "devices"), silent = json_number_of(sureness, "silent");
    if (devices == 0) {
        page_word(page, page_tells_unknown(page) ? WORD_NO_DEVICE : WORD_NO_DEVICE_THEN);
        return;
    }
    put_number(page, silent == 0 ? WORD_ALL_HEARD : WORD_SILENT, silent == 0 ? devices : silent);
    if (silent > 0) {
        page_put(page, page->swedish ? "\u00a0av\u00a0" : "\u00a0of\u00a0");
        page_number(page, devices);
        put_silence(page, sureness);
    }
}

static void put_corrected(struct page *page, const json_t *commitment) {
    json_int_t corrected = json_number_of(commitment, "corrected");
    if (corrected == 0)
        return;
    page_put(page, page->swedish ? "<br>Rättade rapporter: " : "<br>Corrected reports: ");
    page_number(page, corrected);
}

// With the column's name in it, for where a row is shown as a card.
static void put_cell(struct page *page, enum followup_word word) {
    page_put(page, "<td data-label=\"");
    page_word(page, word);
    page_put(page, "\">");
}

static void put_commitment(struct page *page, const json_t *commitment) {
    page_put(page, "<tr><th scope=\"row\">");
    page_title(page, commitment);
    page_put(page, "</th><td>");
    put_status(page, commitment);
    put_by_reports(page, commitment);
    page_put(page, "</td><td>");
    put_summary(page, commitment);
    if (!page_is_final(page)) {
        page_put(page, "</td>");
        put_cell(page, WORD_PART);
        put_part(page, commitment);
    }
    page_put(page, "</td><td class=\"small sure\">");
    put_sureness(page, commitment);
    put_corrected(page, commitment);
    page_put(page, "</td></tr>\n");
}

static void put_column(struct page *page, enum followup_word word, const char *day) {
    page_put(page, "<th scope=\"col\">");
    page_word(page, word);
    if (day != NULL) {
        page_put(page, " ");
        page_day(page, day);
    }
    page_put(page, "</th>");
}

static void put_table(struct page *page, enum followup_word caption) {
    page_put(page, "<table>\n<caption>");
    page_word(page, caption);
    page_put(page, "</caption>\n<thead><tr>");
}

void page_commitments(struct page *page) {
    const json_t *list = json_object_get(page->document, "commitments");
    put_table(page, WORD_COMMITMENTS);
    put_column(page, WORD_COMMITMENT, NULL);
    put_column(page, WORD_STATUS, NULL);
    put_column(page, WORD_UNTIL, json_text_of(json_object_get(page->document, "period"), "until"));
    if (!page_is_final(page))
        put_column(page, WORD_PART, NULL);
    put_column(page, WORD_BASIS, NULL);
    page_put(page, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < json_array_size(list); i++)
        put_commitment(page, json_array_get(list, i));
    page_put(page, "</tbody>\n</table>\n");
}

// ---- Changes ----

static void put_side(struct page *page, enum followup_word when, const json_t *side) {
    put_cell(page, when);
    if (json_is_object(side)) {
        put_status(page, side);
        put_by_reports(page, side);
        page_put(page, "<br>");
        put_summary(page, side);
    } else {
        page_word(page, WORD_ABSENT);
    }
    page_put(page, "</td>");
}

static void put_reason(struct page *page, const struct followup_reason *reason, const json_t *value, bool *is_first) {
    json_int_t number = json_integer_value(value);
    if (number == 0 && !json_is_true(value))
        return;
    page_put(page, *is_first ? "" : "; ");
    *is_first = false;
    if (reason->many_sv != NULL) {
        page_number(page, number);
        page_put(page, " ");
    }
    bool many = reason->many_sv != NULL && number != 1;
    page_text(page, page->swedish ? (many ? reason->many_sv : reason->one_sv) : (many ? reason->many_en : reason->one_en));
}

static void put_change(struct page *page, const json_t *change) {
    const json_t *why = json_object_get(change, "why");
    bool is_first = true;
    page_put(page, "<tr><th scope=\"row\">");
    page_title(page, change);
    page_put(page, "</th>");
    put_side(page, WORD_BEFORE, json_object_get(change, "from"));
    put_side(page, WORD_NOW, json_object_get(change, "to"));
    put_cell(page, WORD_WHY);
    for (size_t i = 0; i < FOLLOWUP_REASONS_COUNT; i++)
        put_reason(page, &FOLLOWUP_REASONS[i], json_object_get(why, FOLLOWUP_REASONS[i].name), &is_first);
    page_put(page, "</td></tr>\n");
}

static void put_changes_table(struct page *page, const json_t *changes) {
    page_put(page, "<table>\n<thead><tr>");
    put_column(page, WORD_COMMITMENT, NULL);
    put_column(page, WORD_BEFORE, NULL);
    put_column(page, WORD_NOW, NULL);
    put_column(page, WORD_WHY, NULL);
    page_put(page, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < json_array_size(changes); i++)
        put_change(page, json_array_get(changes, i));
    page_put(page, "</tbody>\n</table>\n");
}

void page_changes(struct page *page) {
    const json_t *replaces = json_object_get(page->document, "replaces");
    const json_t *changes = json_object_get(page->document, "changes");
    if (!json_is_object(replaces))
        return;
    page_put(page, "<h2>");
    page_word(page, WORD_CHANGES);
    page_put(page, " ");
    page_number(page, json_number_of(replaces, "version"));
    page_put(page, "</h2>\n<p>");
    page_word(page, WORD_CHANGES_TEXT);
    if (json_is_true(json_object_get(replaces, "promise_edited"))) {
        page_put(page, " ");
        page_word(page, WORD_PROMISE_EDITED);
    }
    page_put(page, " ");
    if (json_array_size(changes) == 0)
        page_word(page, WORD_NO_CHANGES);
    page_put(page, "</p>\n");
    if (json_array_size(changes) > 0)
        put_changes_table(page, changes);
}
