#include "read/public_page.h"

#include <string.h>

#include "base/check.h"
#include "read/accessibility_page.h"
#include "read/public_documents.h"
#include "read/public_page_inner.h"

// ---- Head and foot ----

static const char *language(const struct page *page) {
    return page->swedish ? "sv" : "en";
}

static void entry(struct page *page, enum public_word which) {
    public_page_heading(page, "<dt>", which, "</dt><dd>");
}

static void put_head(struct page *page, const json_t *promise) {
    page_put(page, "<!doctype html>\n<html lang=\"");
    page_put(page, language(page));
    page_put(page,
             "\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
    if (promise != NULL) {
        const char *english = json_text_of(promise, "title_en");
        page_text(page, page->swedish || *english == '\0' ? json_text_of(promise, "title_sv") : english);
        page_put(page, " – ");
    }
    public_page_word(page, PUBLIC_TITLE);
    page_put(page,
             "</title>\n<link rel=\"stylesheet\" href=\"" PUBLIC_STYLES "\">\n<link rel=\"icon\" href=\"/favicon.svg\">\n"
             "</head>\n<body>\n<a class=\"skip\" href=\"#main\">");
    public_page_word(page, PUBLIC_SKIP);
    page_put(page, "</a>\n<header>\n<nav aria-label=\"");
    public_page_word(page, PUBLIC_LANGUAGE);
    page_put(page, page->swedish ? "\"><a href=\"?lang=en\" hreflang=\"en\" lang=\"en\">"
                                 : "\"><a href=\"?lang=sv\" hreflang=\"sv\" lang=\"sv\">");
    public_page_word(page, PUBLIC_OTHER_LANGUAGE);
    page_put(page, "</a></nav>\n");
}

static void put_week(struct page *page) {
    page_put(page, "<p class=\"period\">");
    public_page_word(page, PUBLIC_WEEK);
    page_put(page, " ");
    page_day(page, json_text_of(page->document, "week"));
    page_put(page, "</p>\n");
}

static void put_data(struct page *page) {
    static const struct {
        const char *path, *name;
        int word;
    } files[] = {
        {PUBLIC_API "/promises.csv", "CSV", PUBLIC_TABLE},
        {PUBLIC_API "/promises.geojson", "GeoJSON", PUBLIC_MAP},
        {PUBLIC_API "/promises.json", "JSON", -1},
    };
    public_page_heading(page, "<section aria-labelledby=\"data\">\n<h2 id=\"data\">", PUBLIC_DATA, "</h2>\n<p>");
    public_page_heading(page, "", PUBLIC_DATA_TEXT, "</p>\n<ul>\n");
    for (size_t i = 0; i < ARRAY_COUNT(files); i++) {
        page_put(page, "<li>");
        public_page_link(page, files[i].path, "");
        page_put(page, files[i].name);
        if (files[i].word >= 0) {
            page_put(page, " (");
            public_page_word(page, (enum public_word)files[i].word);
            page_put(page, ")");
        }
        page_put(page, "</a></li>\n");
    }
    page_put(page, "</ul>\n<p>");
    public_page_word(page, PUBLIC_LICENCE);
    page_put(page, ": ");
    page_text(page, json_text_of(page->document, "licence"));
    page_put(page, "</p>\n</section>\n");
}

void public_page_accessibility(struct page *page) {
    page_put(page,
             page->swedish ? "<a href=\"" ACCESSIBILITY_PAGE "?lang=sv\">" : "<a href=\"" ACCESSIBILITY_PAGE "?lang=en\">");
    public_page_word(page, PUBLIC_ACCESSIBILITY);
    page_put(page, "</a>");
}

static void put_foot(struct page *page) {
    public_page_heading(page, "<section aria-labelledby=\"how\">\n<h2 id=\"how\">", PUBLIC_HOW, "</h2>\n<p>");
    public_page_heading(page, "", PUBLIC_HOW_TEXT, "</p>\n<p>");
    public_page_heading(page, "", PUBLIC_NOT_SHOWN, "</p>\n</section>\n</main>\n<footer><p>");
    public_page_accessibility(page);
    page_put(page, "</p></footer>\n</body>\n</html>\n");
}

// ---- A promise ----

static void put_names(struct page *page, enum public_word which, const json_t *list) {
    if (json_array_size(list) == 0)
        return;
    entry(page, which);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const char *source = json_string_value(one), *words = followup_source(source, page->swedish);
        page_put(page, i > 0 ? ", " : "");
        page_text(page, words != NULL ? words : source != NULL ? source : json_text_of(one, "name"));
    }
    page_put(page, "</dd>\n");
}

static void put_facts(struct page *page, const json_t *promise) {
    page_put(page, "<dl>\n");
    entry(page, PUBLIC_HOLDS);
    page_days(page, promise);
    page_put(page, "</dd>\n");
    put_names(page, PUBLIC_PARTIES, json_object_get(promise, "parties"));
    put_names(page, PUBLIC_SOURCES, json_object_get(promise, "sources"));
    put_names(page, PUBLIC_PLACES, json_object_get(promise, "places"));
    page_put(page, "</dl>\n");
}

enum rond_err public_page_write_promise(const json_t *document, const json_t *promise, bool swedish, struct buffer *to) {
    struct page page = {.to = to, .document = document, .swedish = swedish};
    const json_t *commitments = json_object_get(promise, "commitments");
    put_head(&page, promise);
    page_put(&page, "<p class=\"back\">");
    public_page_link_page(&page, PUBLIC_PAGE);
    public_page_heading(&page, "", PUBLIC_BACK, "</a></p>\n<p class=\"kind\">");
    page_text(&page, json_text_of(json_object_get(promise, "area"), "name"));
    page_put(&page, "</p>\n<h1>");
    page_title(&page, promise);
    page_put(&page, "</h1>\n");
    put_week(&page);
    page_put(&page, "</header>\n<main id=\"main\">\n");
    put_facts(&page, promise);
    public_page_commitments(&page, promise, true);
    for (size_t i = 0; i < json_array_size(commitments); i++)
        public_page_breakdown(&page, json_array_get(commitments, i));
    public_page_statements(&page, promise);
    put_data(&page);
    put_foot(&page);
    return page.err;
}

// ---- All of them ----

static void put_promise(struct page *page, const json_t *promise) {
    page_put(page, "<article>\n<h3>");
    public_page_link_page(page, json_text_of(promise, "page"));
    page_title(page, promise);
    page_put(page, "</a></h3>\n");
    put_facts(page, promise);
    public_page_commitments(page, promise, false);
    page_put(page, "</article>\n");
}

enum rond_err public_page_write(const json_t *document, bool swedish, struct buffer *to) {
    struct page page = {.to = to, .document = document, .swedish = swedish};
    const json_t *promises = json_object_get(document, "promises");
    const char *area = "";
    put_head(&page, NULL);
    public_page_heading(&page, "<h1>", PUBLIC_TITLE, "</h1>\n");
    put_week(&page);
    public_page_heading(&page, "<p>", PUBLIC_INTRODUCTION, "</p>\n</header>\n<main id=\"main\">\n");
    if (json_array_size(promises) == 0)
        public_page_heading(&page, "<p>", PUBLIC_NONE, "</p>\n");
    for (size_t i = 0; i < json_array_size(promises); i++) {
        const json_t *promise = json_array_get(promises, i), *of = json_object_get(promise, "area");
        if (strcmp(area, json_text_of(of, "id")) != 0) {
            area = json_text_of(of, "id");
            page_put(&page, "<h2>");
            page_text(&page, json_text_of(of, "name"));
            page_put(&page, "</h2>\n");
        }
        put_promise(&page, promise);
    }
    put_data(&page);
    put_foot(&page);
    return page.err;
}

// ---- None of them ----

enum rond_err public_page_write_absent(bool swedish, struct buffer *to) {
    struct page page = {.to = to, .swedish = swedish};
    put_head(&page, NULL);
    public_page_heading(&page, "<h1>", PUBLIC_ABSENT, "</h1>\n</header>\n<main id=\"main\">\n<p>");
    public_page_word(&page, PUBLIC_ABSENT_TEXT);
    page_put(&page, "</p>\n<p>");
    public_page_link_page(&page, PUBLIC_PAGE);
    public_page_heading(&page, "", PUBLIC_BACK, "</a></p>\n</main>\n</body>\n</html>\n");
    return page.err;
}
