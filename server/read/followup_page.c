#include "read/followup_page.h"

#include <string.h>

#include "base/number_text.h"
#include "counting/zone.h"
#include "read/followup_document.h"

void page_put(struct page *page, const char *html) {
    if (page->err == ROND_OK)
        page->err = buffer_append(page->to, bytes_of_text(html));
}

void page_text(struct page *page, const char *text) {
    for (const char *at = text == NULL ? "" : text; *at != '\0'; at++) {
        char one[2] = {*at, '\0'};
        page_put(page, *at == '&' ? "&amp;" : *at == '<' ? "&lt;" : *at == '>' ? "&gt;" : *at == '"' ? "&quot;" : one);
    }
}

void page_number(struct page *page, json_int_t number) {
    page_put(page, number_write(number, page->swedish, (char[NUMBER_TEXT_SIZE]){0}));
}

void page_word(struct page *page, enum followup_word word) {
    page_text(page, followup_word(word, page->swedish));
}

const char *json_text_of(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

json_int_t json_number_of(const json_t *object, const char *name) {
    return json_integer_value(json_object_get(object, name));
}

void page_title(struct page *page, const json_t *object) {
    const char *english = json_text_of(object, "title_en");
    bool foreign = !page->swedish && *english == '\0';
    page_put(page, foreign ? "<span lang=\"sv\">" : "");
    page_text(page, page->swedish || foreign ? json_text_of(object, "title_sv") : english);
    page_put(page, foreign ? "</span>" : "");
}

void page_day(struct page *page, const char *date) {
    day_t day;
    int year, month, day_of_month;
    if (!day_parse(date, &day)) {
        page_text(page, date);
        return;
    }
    day_to_civil(day, &year, &month, &day_of_month);
    page_put(page, "<time datetime=\"");
    page_text(page, date);
    if (page->err == ROND_OK)
        page->err = buffer_printf(page->to, "\">%d %s %d</time>", day_of_month, followup_month(month, page->swedish), year);
}

void page_days(struct page *page, const json_t *object) {
    page_day(page, json_text_of(object, "from"));
    page_put(page, "–");
    page_day(page, json_text_of(object, "to"));
}

bool page_tells_unknown(const struct page *page) {
    return strcmp(json_text_of(page->document, "format"), FOLLOWUP_FORMAT_1) != 0;
}

bool page_is_final(const struct page *page) {
    return strcmp(json_text_of(json_object_get(page->document, "period"), "name"), "final") == 0;
}
