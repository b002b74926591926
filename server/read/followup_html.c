#include "read/followup_html.h"

#include <string.h>

#include "read/followup_document.h"
#include "read/followup_page.h"
#include "read/public_documents.h"
#include "read/public_page_inner.h"
#include "read/public_words.h"

static const char STYLE[] =
    "@page{size:A4;margin:18mm 16mm}"
    "body{font:10.5pt/1.4 \"Liberation Sans\",Arial,sans-serif;color:#111;max-width:178mm;margin:0 auto;padding:1em}"
    "h1{font-size:19pt;line-height:1.2;margin:.1em 0 .2em}h2{font-size:12.5pt;margin:1.4em 0 .4em}"
    ".kind{margin:0;color:#444}.period{font-size:12pt;margin:.2em 0 1em}.early{border:1px solid #111;padding:.4em .6em}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.15em 1em;margin:0}dt{color:#444}dd{margin:0}"
    "table{border-collapse:collapse;width:100%}caption{text-align:left;font-weight:bold;font-size:12.5pt;padding:1em 0 .3em}"
    "th,td{text-align:left;vertical-align:top;padding:.35em .6em .35em 0;border-bottom:1px solid #bbb}"
    "thead th{border-bottom:1.5px solid #111;font-size:9pt}tbody th{font-weight:normal;width:32%}.sure{width:18%}"
    "tr{break-inside:avoid}thead{display:table-header-group}.status{font-weight:bold;white-space:nowrap}"
    ".met,.counted{color:#1a5c2e}.behind,.missed{color:#9b1c1c}.small{font-size:9pt;color:#444}"
    "footer{margin-top:1.6em;border-top:1px solid #bbb;padding-top:.5em;font-size:8.5pt;color:#444}"
    "code{font-family:\"Liberation Mono\",monospace;overflow-wrap:anywhere}@media print{body{padding:0;max-width:none}}";

// ---- The head ----

static void put_period(struct page *page) {
    const json_t *period = json_object_get(page->document, "period");
    const char *name = json_text_of(period, "name");
    page_put(page, "<p class=\"period\">");
    if (page_is_final(page)) {
        page_word(page, WORD_FINAL);
    } else {
        page_word(page, WORD_TERTIAL);
        page_put(page, " ");
        page_text(page, strlen(name) == 7 ? name + 6 : name);
    }
    page_put(page, ", ");
    page_days(page, period);
    page_put(page, "</p>\n");
    if (json_is_true(json_object_get(period, "early"))) {
        page_put(page, "<p class=\"early\">");
        page_word(page, WORD_EARLY);
        page_put(page, " ");
        page_day(page, json_text_of(period, "until"));
        page_put(page, ".</p>\n");
    }
}

static void put_entry(struct page *page, enum followup_word word) {
    page_put(page, "<dt>");
    page_word(page, word);
    page_put(page, "</dt><dd>");
}

static void put_parties(struct page *page, const json_t *parties) {
    put_entry(page, WORD_PARTIES);
    for (size_t i = 0; i < json_array_size(parties); i++) {
        page_put(page, i > 0 ? ", " : "");
        page_text(page, json_text_of(json_array_get(parties, i), "name"));
    }
    page_put(page, "</dd>\n");
}

static void put_sources(struct page *page, const json_t *sources) {
    if (json_array_size(sources) == 0)
        return;
    put_entry(page, WORD_SOURCES);
    for (size_t i = 0; i < json_array_size(sources); i++) {
        const char *source = json_string_value(json_array_get(sources, i));
        const char *words = followup_source(source, page->swedish);
        page_put(page, i > 0 ? ", " : "");
        page_text(page, words == NULL ? source : words);
    }
    page_put(page, "</dd>\n");
}

static void put_promise(struct page *page) {
    const json_t *promise = json_object_get(page->document, "promise");
    const char *phase = followup_phase(json_text_of(promise, "phase"), page->swedish);
    page_put(page, "<dl>\n");
    put_entry(page, WORD_PROMISE_PERIOD);
    page_days(page, promise);
    page_put(page, "</dd>\n");
    put_parties(page, json_object_get(promise, "parties"));
    put_sources(page, json_object_get(promise, "sources"));
    if (phase != NULL) {
        put_entry(page, WORD_PHASE);
        page_text(page, phase);
        page_put(page, "</dd>\n");
    }
    if (json_number_of(promise, "version") > 0) {
        put_entry(page, WORD_PROMISE_VERSION);
        page_put(page, "version ");
        page_number(page, json_number_of(promise, "version"));
        page_put(page, "</dd>\n");
    }
    put_entry(page, WORD_VERSION);
    page_put(page, "version ");
    page_number(page, json_number_of(page->document, "version"));
    page_put(page, "</dd>\n</dl>\n");
}

// ---- The whole ----

static void put_footer(struct page *page, const char *styles) {
    const json_t *zone = json_object_get(page->document, "time_zone");
    page_put(page, "<footer>\n<p>");
    page_word(page, WORD_CHECK);
    page_put(page, "</p>\n<p>");
    page_word(page, WORD_MADE_FROM);
    page_put(page, " ");
    page_word(page, WORD_STATE);
    page_put(page, " <code>");
    page_text(page, json_text_of(json_object_get(page->document, "state"), "name"));
    page_put(page, "</code>, ");
    page_word(page, WORD_ZONE);
    page_put(page, " ");
    page_text(page, json_text_of(zone, "id"));
    page_put(page, " ");
    page_text(page, json_text_of(zone, "version"));
    page_put(page, ".</p>\n");
    if (styles != NULL) {
        page_put(page, "<p>");
        public_page_accessibility(page);
        page_put(page, "</p>\n");
    }
    page_put(page, "</footer>\n");
}

static void put_styles(struct page *page, const char *styles) {
    page_put(page, styles == NULL ? "<style>" : "<link rel=\"stylesheet\" href=\"");
    if (styles == NULL)
        page_put(page, STYLE);
    else
        page_text(page, styles);
    page_put(page, styles == NULL ? "</style>\n" : "\">\n");
}

static void put_head(struct page *page, const char *styles) {
    const json_t *promise = json_object_get(page->document, "promise");
    page_put(page, page->swedish ? "<!doctype html>\n<html lang=\"sv\">\n" : "<!doctype html>\n<html lang=\"en\">\n");
    page_put(page, "<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
    page_text(page,
              json_text_of(promise, page->swedish || *json_text_of(promise, "title_en") == '\0' ? "title_sv" : "title_en"));
    page_put(page, " – ");
    page_text(page, json_text_of(json_object_get(page->document, "period"), "name"));
    page_put(page, "</title>\n");
    put_styles(page, styles);
    page_put(page, "</head>\n");
}

// Back to the promise's page, and the same in the other language.
static void put_ways(struct page *page) {
    page_put(page, "<nav aria-label=\"Rond\"><a href=\"" PUBLIC_PAGE "/");
    page_text(page, json_text_of(json_object_get(page->document, "promise"), "id"));
    page_put(page, page->swedish ? "?lang=sv\">" : "?lang=en\">");
    page_title(page, json_object_get(page->document, "promise"));
    page_put(page, page->swedish ? "</a> <a href=\"?lang=en\" hreflang=\"en\" lang=\"en\">"
                                 : "</a> <a href=\"?lang=sv\" hreflang=\"sv\" lang=\"sv\">");
    page_text(page, public_word(PUBLIC_OTHER_LANGUAGE, page->swedish));
    page_put(page, "</a></nav>\n");
}

static void put_page(struct page *page, const char *styles) {
    put_head(page, styles);
    page_put(page, "<body>\n<header>\n");
    if (styles != NULL)
        put_ways(page);
    page_put(page, "<p class=\"kind\">");
    page_word(page, WORD_KIND);
    page_put(page, " · ");
    page_text(page, json_text_of(json_object_get(page->document, "area"), "name"));
    page_put(page, "</p>\n<h1>");
    page_title(page, json_object_get(page->document, "promise"));
    page_put(page, "</h1>\n");
    put_period(page);
    page_put(page, "</header>\n<main>\n");
    put_promise(page);
    page_commitments(page);
    page_changes(page);
    page_put(page, "<h2>");
    page_word(page, WORD_SURENESS);
    page_put(page, "</h2>\n<p>");
    page_word(page, WORD_SURENESS_TEXT);
    if (page_tells_unknown(page)) {
        page_put(page, " ");
        page_word(page, WORD_UNKNOWN_TEXT);
    }
    page_put(page, "</p>\n</main>\n");
    put_footer(page, styles);
    page_put(page, "</body>\n</html>\n");
}

static bool is_known_format(const char *format) {
    return strcmp(format, FOLLOWUP_FORMAT) == 0 || strcmp(format, FOLLOWUP_FORMAT_1) == 0;
}

enum rond_err followup_html_write(struct bytes document, bool swedish, const char *styles, struct buffer *to,
                                  struct fault *fault) {
    json_error_t error;
    json_t *parsed = json_loadb((const char *)document.data, document.size, JSON_REJECT_DUPLICATES, &error);
    struct page page = {.to = to, .document = parsed, .swedish = swedish};
    if (!is_known_format(json_text_of(parsed, "format")))
        page.err = fault_both(fault, ROND_EINVALID, 0, "", "This is no follow-up that this program knows.",
                              "Det här är ingen uppföljning som programmet känner.");
    else
        put_page(&page, styles);
    json_decref(parsed);
    return page.err;
}
