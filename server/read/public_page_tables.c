// The tables of the public's pages, and how words and links are written.
#include <string.h>

#include "read/public_documents.h"
#include "read/public_page_inner.h"

// ---- Writing ----

void public_page_word(struct page *page, enum public_word which) {
    page_text(page, public_word(which, page->swedish));
}

static const char *path_of(const char *address) {
    static const char SCHEME[] = "https://";
    const char *path = strncmp(address, SCHEME, sizeof SCHEME - 1) == 0 ? strchr(address + sizeof SCHEME - 1, '/') : NULL;
    return path == NULL ? address : path;
}

void public_page_link(struct page *page, const char *address, const char *query) {
    page_put(page, "<a href=\"");
    page_text(page, path_of(address));
    page_put(page, query);
    page_put(page, "\">");
}

void public_page_link_page(struct page *page, const char *address) {
    public_page_link(page, address, page->swedish ? "?lang=sv" : "?lang=en");
}

void public_page_heading(struct page *page, const char *open, enum public_word which, const char *close) {
    page_put(page, open);
    public_page_word(page, which);
    page_put(page, close);
}

void public_page_column(struct page *page, enum public_word which) {
    public_page_heading(page, "<th scope=\"col\">", which, "</th>");
}

// ---- Commitments ----

static void put_status(struct page *page, const json_t *commitment) {
    const char *status = json_text_of(commitment, "status"), *by_reports = json_text_of(commitment, "status_by_reports");
    const char *words = followup_status(status, page->swedish), *other = followup_status(by_reports, page->swedish);
    page_put(page, "<span class=\"status ");
    page_text(page, status);
    page_put(page, "\">");
    page_text(page, words == NULL ? status : words);
    page_put(page, "</span>");
    if (other != NULL && strcmp(status, by_reports) != 0) {
        page_put(page, "<br><span class=\"small\">");
        page_word(page, WORD_BY_REPORTS);
        page_put(page, " ");
        page_text(page, other);
        page_put(page, "</span>");
    }
}

static void put_sureness(struct page *page, const json_t *commitment) {
    json_int_t devices = json_number_of(commitment, "devices"), silent = json_number_of(commitment, "silent");
    if (devices == 0) {
        public_page_word(page, PUBLIC_NO_DEVICE);
        return;
    }
    public_page_word(page, silent == 0 ? PUBLIC_ALL_HEARD : PUBLIC_SILENT);
    page_put(page, " ");
    page_number(page, silent == 0 ? devices : silent);
    if (silent > 0) {
        page_put(page, page->swedish ? "\u00a0av\u00a0" : "\u00a0of\u00a0");
        page_number(page, devices);
    }
}

static void put_commitment(struct page *page, const json_t *commitment) {
    page_put(page, "<tr><th scope=\"row\">");
    page_title(page, commitment);
    page_put(page, "</th><td>");
    put_status(page, commitment);
    page_put(page, "</td><td>");
    page_text(page, json_text_of(commitment, page->swedish ? "summary_sv" : "summary_en"));
    page_put(page, "</td><td class=\"small sure\">");
    put_sureness(page, commitment);
    page_put(page, "</td></tr>\n");
}

void public_page_commitments(struct page *page, const json_t *promise, bool has_heading) {
    const json_t *list = json_object_get(promise, "commitments");
    page_put(page, has_heading ? "<table>\n<caption>" : "<table>\n<caption class=\"unseen\">");
    page_word(page, WORD_COMMITMENTS);
    page_put(page, "</caption>\n<thead><tr><th scope=\"col\">");
    page_word(page, WORD_COMMITMENT);
    page_put(page, "</th><th scope=\"col\">");
    page_word(page, WORD_STATUS);
    page_put(page, "</th>");
    public_page_column(page, PUBLIC_FIGURE);
    public_page_column(page, PUBLIC_SURE);
    page_put(page, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < json_array_size(list); i++)
        put_commitment(page, json_array_get(list, i));
    page_put(page, "</tbody>\n</table>\n");
}

// ---- A breakdown by place ----

static bool put_kept(struct page *page, const json_t *place) {
    const json_t *kept = json_object_get(place, "kept");
    page_put(page, "<tr><th scope=\"row\">");
    page_text(page, json_text_of(place, "name"));
    page_put(page, "</th><td>");
    if (json_is_null(kept))
        public_page_word(page, PUBLIC_SMALL);
    else
        page_number(page, json_integer_value(kept));
    page_put(page, "</td></tr>\n");
    return json_is_null(kept);
}

void public_page_breakdown(struct page *page, const json_t *commitment) {
    const json_t *places = json_object_get(commitment, "kept_by_place");
    bool is_hidden = false;
    if (json_array_size(places) == 0)
        return;
    page_put(page, "<table>\n<caption>");
    public_page_word(page, PUBLIC_BY_PLACE);
    page_put(page, ": ");
    page_title(page, commitment);
    page_put(page, "</caption>\n<thead><tr>");
    public_page_column(page, PUBLIC_PLACE);
    public_page_column(page, PUBLIC_KEPT);
    page_put(page, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < json_array_size(places); i++)
        is_hidden |= put_kept(page, json_array_get(places, i));
    page_put(page, "</tbody>\n</table>\n");
    if (is_hidden)
        public_page_heading(page, "<p class=\"small\">", PUBLIC_SMALL_TEXT, "</p>\n");
}

// ---- Statements ----

static void put_period(struct page *page, const json_t *statement) {
    const char *name = json_text_of(statement, "period");
    if (strcmp(name, "final") == 0) {
        public_page_word(page, PUBLIC_WHOLE_PERIOD);
        return;
    }
    public_page_word(page, PUBLIC_TERTIAL); // "2015-T1"
    page_put(page, " ");
    page_text(page, strlen(name) == 7 ? name + 6 : name);
    if (strlen(name) == 7) {
        char year[5] = {name[0], name[1], name[2], name[3], '\0'};
        page_put(page, ", ");
        page_text(page, year);
    }
}

static void put_statement(struct page *page, const json_t *statement) {
    json_int_t version = json_number_of(statement, "version");
    page_put(page, "<tr><th scope=\"row\">");
    public_page_link_page(page, json_text_of(statement, "page"));
    put_period(page, statement);
    page_put(page, "</a></th><td>");
    page_number(page, version);
    if (version > 1) {
        page_put(page, " <span class=\"small\">(");
        public_page_word(page, PUBLIC_RESTATEMENT);
        page_put(page, ")</span>");
    }
    page_put(page, "</td><td>");
    page_day(page, json_text_of(statement, "published"));
    page_put(page, "</td><td>");
    public_page_link(page, json_text_of(statement, "address"), "");
    public_page_word(page, PUBLIC_DOCUMENT);
    page_put(page, "</a>, ");
    public_page_link(page, json_text_of(statement, "signature"), "");
    public_page_word(page, PUBLIC_SIGNATURE);
    page_put(page, "</a></td></tr>\n");
}

void public_page_statements(struct page *page, const json_t *promise) {
    const json_t *list = json_object_get(promise, "statements");
    public_page_heading(page, "<section aria-labelledby=\"statements\">\n<h2 id=\"statements\">", PUBLIC_STATEMENTS,
                        "</h2>\n<p>");
    if (json_array_size(list) == 0) {
        public_page_heading(page, "", PUBLIC_NO_STATEMENTS, "</p>\n</section>\n");
        return;
    }
    public_page_heading(page, "", PUBLIC_CHECK, "</p>\n");
    public_page_heading(page, "<table>\n<caption class=\"unseen\">", PUBLIC_STATEMENTS_OF, "</caption>\n<thead><tr>");
    public_page_column(page, PUBLIC_PERIOD);
    public_page_column(page, PUBLIC_VERSION);
    public_page_column(page, PUBLIC_PUBLISHED);
    public_page_column(page, PUBLIC_DATA);
    page_put(page, "</tr></thead>\n<tbody>\n");
    for (size_t i = json_array_size(list); i > 0; i--) // the newest first
        put_statement(page, json_array_get(list, i - 1));
    page_put(page, "</tbody>\n</table>\n<p>");
    public_page_link(page, PUBLIC_API "/keys", "");
    public_page_heading(page, "", PUBLIC_KEYS, "</a></p>\n</section>\n");
}
