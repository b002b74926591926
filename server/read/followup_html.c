#include "read/followup_html.h"

#include <jansson.h>
#include <string.h>

#include "counting/zone.h"
#include "read/followup_words.h"

// Errors stick: after the first one nothing more is written.
struct page {
    struct buffer *to;
    const json_t *document;
    bool swedish;
    enum rond_err err;
};

static const char STYLE[] =
    "@page{size:A4;margin:18mm 16mm}"
    "body{font:10.5pt/1.4 \"Liberation Sans\",Arial,sans-serif;color:#111;max-width:178mm;margin:0 auto;padding:1em}"
    "h1{font-size:19pt;line-height:1.2;margin:.1em 0 .2em}h2{font-size:12.5pt;margin:1.4em 0 .4em}"
    ".kind{margin:0;color:#444}.period{font-size:12pt;margin:.2em 0 1em}.early{border:1px solid #111;padding:.4em .6em}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.15em 1em;margin:0}dt{color:#444}dd{margin:0}"
    "table{border-collapse:collapse;width:100%}caption{text-align:left;font-weight:bold;font-size:12.5pt;padding:1em 0 .3em}"
    "th,td{text-align:left;vertical-align:top;padding:.35em .6em .35em 0;border-bottom:1px solid #bbb}"
    "thead th{border-bottom:1.5px solid #111;font-size:9pt}tbody th{font-weight:normal;width:30%}"
    "tr{break-inside:avoid}thead{display:table-header-group}.status{font-weight:bold;white-space:nowrap}"
    ".met,.counted{color:#1a5c2e}.behind,.missed{color:#9b1c1c}.small{font-size:9pt;color:#444}"
    "footer{margin-top:1.6em;border-top:1px solid #bbb;padding-top:.5em;font-size:8.5pt;color:#444}"
    "code{font-family:\"Liberation Mono\",monospace;overflow-wrap:anywhere}@media print{body{padding:0;max-width:none}}";

// ---- Writing ----

static void put(struct page *page, const char *html) {
    if (page->err == ROND_OK)
        page->err = buffer_append(page->to, bytes_of_text(html));
}

static void put_text(struct page *page, const char *text) {
    for (const char *at = text == NULL ? "" : text; *at != '\0'; at++) {
        char one[2] = {*at, '\0'};
        put(page, *at == '&' ? "&amp;" : *at == '<' ? "&lt;" : *at == '>' ? "&gt;" : *at == '"' ? "&quot;" : one);
    }
}

static void put_number(struct page *page, json_int_t number) {
    if (page->err == ROND_OK)
        page->err = buffer_printf(page->to, "%" JSON_INTEGER_FORMAT, number);
}

static void put_word(struct page *page, enum followup_word word) {
    put_text(page, followup_word(word, page->swedish));
}

static const char *text_of(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

static json_int_t number_of(const json_t *object, const char *name) {
    return json_integer_value(json_object_get(object, name));
}

// Where there is no English title the Swedish one stands, and is said to be Swedish.
static void put_title(struct page *page, const json_t *object) {
    const char *english = text_of(object, "title_en");
    bool foreign = !page->swedish && *english == '\0';
    put(page, foreign ? "<span lang=\"sv\">" : "");
    put_text(page, page->swedish || foreign ? text_of(object, "title_sv") : english);
    put(page, foreign ? "</span>" : "");
}

static void put_day(struct page *page, const char *date) {
    day_t day;
    int year, month, day_of_month;
    if (!day_parse(date, &day)) {
        put_text(page, date);
        return;
    }
    day_to_civil(day, &year, &month, &day_of_month);
    put(page, "<time datetime=\"");
    put_text(page, date);
    put(page, "\">");
    put_number(page, day_of_month);
    put(page, " ");
    put_text(page, followup_month(month, page->swedish));
    put(page, " ");
    put_number(page, year);
    put(page, "</time>");
}

static void put_days(struct page *page, const json_t *object) {
    put_day(page, text_of(object, "from"));
    put(page, "–");
    put_day(page, text_of(object, "to"));
}

// ---- The head ----

static bool is_final(const struct page *page) {
    return strcmp(text_of(json_object_get(page->document, "period"), "name"), "final") == 0;
}

static void put_period(struct page *page) {
    const json_t *period = json_object_get(page->document, "period");
    const char *name = text_of(period, "name");
    put(page, "<p class=\"period\">");
    if (is_final(page)) {
        put_word(page, WORD_FINAL);
    } else {
        put_word(page, WORD_TERTIAL);
        put(page, " ");
        put_text(page, strlen(name) == 7 ? name + 6 : name);
    }
    put(page, ", ");
    put_days(page, period);
    put(page, "</p>\n");
    if (json_is_true(json_object_get(period, "early"))) {
        put(page, "<p class=\"early\">");
        put_word(page, WORD_EARLY);
        put(page, " ");
        put_day(page, text_of(period, "until"));
        put(page, ".</p>\n");
    }
}

static void put_entry(struct page *page, enum followup_word word) {
    put(page, "<dt>");
    put_word(page, word);
    put(page, "</dt><dd>");
}

static void put_parties(struct page *page, const json_t *parties) {
    put_entry(page, WORD_PARTIES);
    for (size_t i = 0; i < json_array_size(parties); i++) {
        put(page, i > 0 ? ", " : "");
        put_text(page, text_of(json_array_get(parties, i), "name"));
    }
    put(page, "</dd>\n");
}

static void put_sources(struct page *page, const json_t *sources) {
    if (json_array_size(sources) == 0)
        return;
    put_entry(page, WORD_SOURCES);
    for (size_t i = 0; i < json_array_size(sources); i++) {
        const char *source = json_string_value(json_array_get(sources, i));
        const char *words = followup_source(source, page->swedish);
        put(page, i > 0 ? ", " : "");
        put_text(page, words == NULL ? source : words);
    }
    put(page, "</dd>\n");
}

static void put_promise(struct page *page) {
    const json_t *promise = json_object_get(page->document, "promise");
    const char *phase = followup_phase(text_of(promise, "phase"), page->swedish);
    put(page, "<dl>\n");
    put_entry(page, WORD_PROMISE_PERIOD);
    put_days(page, promise);
    put(page, "</dd>\n");
    put_parties(page, json_object_get(promise, "parties"));
    put_sources(page, json_object_get(promise, "sources"));
    if (phase != NULL) {
        put_entry(page, WORD_PHASE);
        put_text(page, phase);
        put(page, "</dd>\n");
    }
    if (number_of(promise, "version") > 0) {
        put_entry(page, WORD_PROMISE_VERSION);
        put(page, "version ");
        put_number(page, number_of(promise, "version"));
        put(page, "</dd>\n");
    }
    put_entry(page, WORD_VERSION);
    put(page, "version ");
    put_number(page, number_of(page->document, "version"));
    put(page, "</dd>\n</dl>\n");
}

// ---- Commitments ----

static void put_status(struct page *page, const json_t *side) {
    const char *status = text_of(side, "status"), *words = followup_status(status, page->swedish);
    put(page, "<span class=\"status ");
    put_text(page, status);
    put(page, "\">");
    put_text(page, words == NULL ? status : words);
    put(page, "</span>");
}

static void put_summary(struct page *page, const json_t *side) {
    put_text(page, text_of(json_object_get(side, "figure"), page->swedish ? "summary_sv" : "summary_en"));
}

static void put_part(struct page *page, const json_t *commitment) {
    const json_t *part = json_object_get(commitment, "part");
    const char *measure = text_of(commitment, "measure");
    if (strcmp(measure, "presence") == 0) {
        put_number(page, number_of(part, "windows_met"));
        put(page, page->swedish ? " pass; " : " windows; ");
        put_number(page, number_of(part, "person_minutes"));
        put(page, page->swedish ? " personminuter" : " person-minutes");
    } else {
        put_number(page, number_of(part, strcmp(measure, "actions_closed") == 0 ? "done" : "count"));
    }
}

static void put_sureness(struct page *page, const json_t *commitment) {
    const json_t *sureness = json_object_get(commitment, "sureness");
    json_int_t devices = number_of(sureness, "devices"), silent = number_of(sureness, "silent");
    if (devices == 0) {
        put(page, page->swedish ? "Ingen enhet var ansluten" : "No device was enrolled");
        return;
    }
    if (silent == 0) {
        put(page, page->swedish ? "Alla enheter har hörts av" : "Every device has been heard of");
        return;
    }
    put_number(page, silent);
    put(page, page->swedish ? " av " : " of ");
    put_number(page, devices);
    put(page, page->swedish ? " enheter har inte hörts av sedan perioden gick ut"
                            : " devices not heard of since the period ended");
}

static void put_corrected(struct page *page, const json_t *commitment) {
    json_int_t corrected = number_of(commitment, "corrected");
    if (corrected == 0)
        return;
    put(page, page->swedish ? "<br>Rättade rapporter: " : "<br>Corrected reports: ");
    put_number(page, corrected);
}

static void put_commitment(struct page *page, const json_t *commitment) {
    put(page, "<tr><th scope=\"row\">");
    put_title(page, commitment);
    put(page, "</th><td>");
    put_status(page, commitment);
    put(page, "</td><td>");
    put_summary(page, commitment);
    if (!is_final(page)) {
        put(page, "</td><td>");
        put_part(page, commitment);
    }
    put(page, "</td><td class=\"small\">");
    put_sureness(page, commitment);
    put_corrected(page, commitment);
    put(page, "</td></tr>\n");
}

static void put_column(struct page *page, enum followup_word word, const char *day) {
    put(page, "<th scope=\"col\">");
    put_word(page, word);
    if (day != NULL) {
        put(page, " ");
        put_day(page, day);
    }
    put(page, "</th>");
}

static void put_table(struct page *page, enum followup_word caption) {
    put(page, "<table>\n<caption>");
    put_word(page, caption);
    put(page, "</caption>\n<thead><tr>");
}

static void put_commitments(struct page *page) {
    const json_t *list = json_object_get(page->document, "commitments");
    put_table(page, WORD_COMMITMENTS);
    put_column(page, WORD_COMMITMENT, NULL);
    put_column(page, WORD_STATUS, NULL);
    put_column(page, WORD_UNTIL, text_of(json_object_get(page->document, "period"), "until"));
    if (!is_final(page))
        put_column(page, WORD_PART, NULL);
    put_column(page, WORD_BASIS, NULL);
    put(page, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < json_array_size(list); i++)
        put_commitment(page, json_array_get(list, i));
    put(page, "</tbody>\n</table>\n");
}

// ---- Changes ----

static void put_side(struct page *page, const json_t *side) {
    put(page, "<td>");
    if (json_is_object(side)) {
        put_status(page, side);
        put(page, "<br>");
        put_summary(page, side);
    } else {
        put_word(page, WORD_ABSENT);
    }
    put(page, "</td>");
}

static void put_reason(struct page *page, const struct followup_reason *reason, const json_t *value, bool *is_first) {
    json_int_t number = json_integer_value(value);
    if (number == 0 && !json_is_true(value))
        return;
    put(page, *is_first ? "" : "; ");
    *is_first = false;
    if (reason->many_sv != NULL) {
        put_number(page, number);
        put(page, " ");
    }
    bool many = reason->many_sv != NULL && number != 1;
    put_text(page, page->swedish ? (many ? reason->many_sv : reason->one_sv) : (many ? reason->many_en : reason->one_en));
}

static void put_change(struct page *page, const json_t *change) {
    const json_t *why = json_object_get(change, "why");
    bool is_first = true;
    put(page, "<tr><th scope=\"row\">");
    put_title(page, change);
    put(page, "</th>");
    put_side(page, json_object_get(change, "from"));
    put_side(page, json_object_get(change, "to"));
    put(page, "<td>");
    for (size_t i = 0; i < FOLLOWUP_REASONS_COUNT; i++)
        put_reason(page, &FOLLOWUP_REASONS[i], json_object_get(why, FOLLOWUP_REASONS[i].name), &is_first);
    put(page, "</td></tr>\n");
}

static void put_changes_table(struct page *page, const json_t *changes) {
    put(page, "<table>\n<thead><tr>");
    put_column(page, WORD_COMMITMENT, NULL);
    put_column(page, WORD_BEFORE, NULL);
    put_column(page, WORD_NOW, NULL);
    put_column(page, WORD_WHY, NULL);
    put(page, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < json_array_size(changes); i++)
        put_change(page, json_array_get(changes, i));
    put(page, "</tbody>\n</table>\n");
}

static void put_changes(struct page *page) {
    const json_t *replaces = json_object_get(page->document, "replaces");
    const json_t *changes = json_object_get(page->document, "changes");
    if (!json_is_object(replaces))
        return;
    put(page, "<h2>");
    put_word(page, WORD_CHANGES);
    put(page, " ");
    put_number(page, number_of(replaces, "version"));
    put(page, "</h2>\n<p>");
    put_word(page, WORD_CHANGES_TEXT);
    if (json_is_true(json_object_get(replaces, "promise_edited"))) {
        put(page, " ");
        put_word(page, WORD_PROMISE_EDITED);
    }
    put(page, " ");
    if (json_array_size(changes) == 0)
        put_word(page, WORD_NO_CHANGES);
    put(page, "</p>\n");
    if (json_array_size(changes) > 0)
        put_changes_table(page, changes);
}

// ---- The whole ----

static void put_footer(struct page *page) {
    const json_t *zone = json_object_get(page->document, "time_zone");
    put(page, "<footer>\n<p>");
    put_word(page, WORD_CHECK);
    put(page, "</p>\n<p>");
    put_word(page, WORD_MADE_FROM);
    put(page, " ");
    put_word(page, WORD_STATE);
    put(page, " <code>");
    put_text(page, text_of(json_object_get(page->document, "state"), "name"));
    put(page, "</code>, ");
    put_word(page, WORD_ZONE);
    put(page, " ");
    put_text(page, text_of(zone, "id"));
    put(page, " ");
    put_text(page, text_of(zone, "version"));
    put(page, ".</p>\n</footer>\n");
}

static void put_head(struct page *page) {
    const json_t *promise = json_object_get(page->document, "promise");
    put(page, page->swedish ? "<!doctype html>\n<html lang=\"sv\">\n" : "<!doctype html>\n<html lang=\"en\">\n");
    put(page, "<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
    put_text(page, text_of(promise, page->swedish || *text_of(promise, "title_en") == '\0' ? "title_sv" : "title_en"));
    put(page, " – ");
    put_text(page, text_of(json_object_get(page->document, "period"), "name"));
    put(page, "</title>\n<style>");
    put(page, STYLE);
    put(page, "</style>\n</head>\n");
}

static void put_page(struct page *page) {
    put_head(page);
    put(page, "<body>\n<header>\n<p class=\"kind\">");
    put_word(page, WORD_KIND);
    put(page, " · ");
    put_text(page, text_of(json_object_get(page->document, "area"), "name"));
    put(page, "</p>\n<h1>");
    put_title(page, json_object_get(page->document, "promise"));
    put(page, "</h1>\n");
    put_period(page);
    put(page, "</header>\n<main>\n");
    put_promise(page);
    put_commitments(page);
    put_changes(page);
    put(page, "<h2>");
    put_word(page, WORD_SURENESS);
    put(page, "</h2>\n<p>");
    put_word(page, WORD_SURENESS_TEXT);
    put(page, "</p>\n</main>\n");
    put_footer(page);
    put(page, "</body>\n</html>\n");
}

enum rond_err followup_html_write(struct bytes document, bool swedish, struct buffer *to, struct fault *fault) {
    json_error_t error;
    json_t *parsed = json_loadb((const char *)document.data, document.size, JSON_REJECT_DUPLICATES, &error);
    struct page page = {.to = to, .document = parsed, .swedish = swedish};
    if (strcmp(text_of(parsed, "format"), "rond follow-up 1") != 0)
        page.err = fault_set(fault, ROND_EINVALID, 0, "", "This is no follow-up that this program knows.");
    else
        put_page(&page);
    json_decref(parsed);
    return page.err;
}
