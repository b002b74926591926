#include "read/accessibility_page.h"

#include <string.h>

#include "base/check.h"
#include "read/followup_page.h"
#include "read/public_page.h"
#include "read/public_words.h"

enum { SWEDISH = 1 };

// By language: English, Swedish.
static const char *const ABOUT[2] = {
    "The organisation that runs this site stands behind it. We want as many as possible to be able to use it. Here we "
    "describe how the site, its public pages and those behind the log-in, meets the Swedish Act on accessibility of digital "
    "public service (2018:1937), which shortcomings we know of, and how you can report shortcomings to us.",
    "Den organisation som driver webbplatsen står bakom den. Vi vill att så många som möjligt ska kunna använda den. Här "
    "beskriver vi hur webbplatsen, de öppna sidorna och de bakom inloggningen, uppfyller lagen om tillgänglighet till "
    "digital "
    "offentlig service (2018:1937), vilka brister vi känner till och hur du kan rapportera brister till oss."};

// A heading, and lines beneath it: a line with "- " before it is a point of a list.
enum { LINES_MAX = 7 };
struct section {
    const char *heading[2];
    const char *lines[LINES_MAX][2];
};
static const struct section STATE[] = {
    {{"How accessible is the site?", "Hur tillgänglig är webbplatsen?"},
     {{"The site conforms in part with the Act, which follows WCAG 2.1 at level AA (EN 301 549). The shortcomings are "
       "listed below. This works:",
       "Webbplatsen är delvis förenlig med lagen, som följer WCAG 2.1 på nivå AA (EN 301 549). Bristerna står nedan. Det "
       "här fungerar:"},
      {"- Everything can be reached and used with a keyboard, and it shows where one is.",
       "- Allt går att nå och använda med tangentbord, och det syns var man är."},
      {"- Pages have headings, labels and table headers that screen readers read out. What changes is announced.",
       "- Sidorna har rubriker, etiketter och tabellhuvuden som skärmläsare läser upp. Det som ändras sägs till."},
      {"- Text has a contrast of at least 4.5:1, in the light and the dark appearance. Nothing is shown by colour alone.",
       "- Text har minst kontrasten 4,5:1, i ljust och mörkt utseende. Inget visas med enbart färg."},
      {"- The pages can be used from a width of 320 pixels, which is what is left of a desk's screen at 400 per cent, and "
       "in Swedish and English.",
       "- Sidorna kan användas från 320 pixlars bredd, det som blir kvar av en skärm vid 400 procents förstoring, och på "
       "svenska och engelska."},
      {"- No motion is shown to whoever has chosen so on the own device.",
       "- Rörelser visas inte för den som har valt bort rörelser i sin enhet."}}},
    {{"Known shortcomings", "Kända brister"},
     {{"This is not fully accessible yet:", "Det här är inte fullt tillgängligt än:"},
      {"- Names of promises, places and commitments are shown as the organisations wrote them. Where a translation is "
       "missing, the other language is shown.",
       "- Namn på löften, platser och åtaganden visas som organisationerna har skrivit dem. Där en översättning saknas "
       "visas det andra språket."},
      {"- Maps may be hard to use with a screen reader. The same facts are there as lists and tables.",
       "- Kartor kan vara svåra att använda med skärmläsare. Samma uppgifter finns som listor och tabeller."},
      {"- The site has not been tried by users of different aids; it has been tried automatically and by those who made "
       "it.",
       "- Webbplatsen är inte prövad av användare med olika hjälpmedel; den är prövad automatiskt och av dem som har gjort "
       "den."}}}};
static const struct section REPORTING = {
    {"Report shortcomings to us", "Rapportera brister till oss"},
    {{"If you find shortcomings that are not listed here, or need the content in another form, tell us. You are to be "
      "answered without delay.",
      "Om du hittar brister som inte står här, eller behöver innehållet i en annan form, så säg till oss. Du ska få svar "
      "utan dröjsmål."}}};
static const struct section SUPERVISION = {
    {"Supervision", "Tillsyn"},
    {{"The Agency for Digital Government (Digg, Myndigheten för digital förvaltning) supervises the Act. If you are not "
      "content with how we deal with what you said, you can report it to Digg.",
      "Myndigheten för digital förvaltning (Digg) har ansvaret för tillsyn över lagen om tillgänglighet till digital "
      "offentlig service. Om du inte är nöjd med hur vi hanterar dina synpunkter kan du anmäla det till Digg."}}};
static const struct section TRIED = {
    {"How the site has been tried", "Hur webbplatsen har prövats"},
    {{"Each page is tried automatically against WCAG 2.1 level A and AA in a real browser, in Swedish and English and in "
      "the light and the dark appearance, before each release.",
      "Varje sida prövas automatiskt mot WCAG 2.1 nivå A och AA i en riktig webbläsare, på svenska och engelska och i "
      "ljust och mörkt utseende, inför varje utgåva."}}};
static const char *const AUTHORITY[2] = {"Report to Digg", "Anmäl till Digg"};
static const char *const NO_CONTACT[2] = {
    "Whoever runs the site has not said yet to whom. Turn to the organisation's ordinary ways of contact.",
    "Den som driver webbplatsen har inte angett någon kontakt än. Vänd dig till organisationens vanliga kontaktvägar."};
static const char *const CONTACT[2] = {"Contact: ", "Kontakt: "};
static const char *const ASSESSED[2] = {"This statement was last gone through on ", "Redogörelsen sågs senast över den "};
static const char *const NOT_ASSESSED[2] = {
    "Whoever runs the site has not said yet when this statement was last gone through.",
    "Den som driver webbplatsen har inte angett när redogörelsen senast sågs över."};
static const char *const LICENCES[2] = {"Licences of the free software that the pages contain",
                                        "Licenser för den fria programvara som sidorna innehåller"};

static const char *say(const struct page *page, const char *const words[2]) {
    return words[page->swedish ? SWEDISH : 0];
}

static void line(struct page *page, const char *open, const char *text, const char *close) {
    page_put(page, open);
    page_text(page, text);
    page_put(page, close);
}

// The heading and its lines; what else belongs to it may follow.
static void put_section(struct page *page, const struct section *section) {
    bool is_list = false;
    line(page, "<h2>", say(page, section->heading), "</h2>\n");
    for (size_t i = 0; i < LINES_MAX && section->lines[i][0] != NULL; i++) {
        const char *text = say(page, section->lines[i]);
        bool is_point = strncmp(text, "- ", 2) == 0;
        if (is_point != is_list)
            page_put(page, is_point ? "<ul>\n" : "</ul>\n");
        is_list = is_point;
        line(page, is_point ? "<li>" : "<p>", is_point ? text + 2 : text, is_point ? "</li>\n" : "</p>\n");
    }
    page_put(page, is_list ? "</ul>\n" : "");
}

static void put_link(struct page *page, const char *scheme, const char *address, const char *words) {
    page_put(page, "<a href=\"");
    line(page, scheme, address, "\">");
    line(page, "", words, "</a>");
}

static void put_contact(struct page *page, const char *contact) {
    bool is_one_word = strchr(contact, ' ') == NULL;
    page_put(page, "<p>");
    page_text(page, say(page, contact[0] == '\0' ? NO_CONTACT : CONTACT));
    if (strncmp(contact, "https://", 8) == 0 && is_one_word)
        put_link(page, "", contact, contact);
    else if (strchr(contact, '@') != NULL && is_one_word)
        put_link(page, "mailto:", contact, contact);
    else
        page_text(page, contact);
    page_put(page, "</p>\n");
}

static void put_assessed(struct page *page, const char *assessed) {
    page_put(page, "<p>");
    page_text(page, say(page, assessed[0] == '\0' ? NOT_ASSESSED : ASSESSED));
    if (assessed[0] != '\0') {
        page_day(page, assessed);
        page_put(page, ".");
    }
    page_put(page, "</p>\n");
}

static void put_head(struct page *page) {
    line(page, page->swedish ? "<!doctype html>\n<html lang=\"sv\">\n" : "<!doctype html>\n<html lang=\"en\">\n", "",
         "<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n");
    line(page, "<title>", public_word(PUBLIC_ACCESSIBILITY, page->swedish),
         " – Rond</title>\n<link rel=\"stylesheet\" href=\"" PUBLIC_STYLES "\">\n"
         "<link rel=\"icon\" href=\"/favicon.svg\">\n</head>\n<body>\n<header>\n<nav aria-label=\"Rond\"><a "
         "href=\"/\">Rond</a> ");
    page_put(page, page->swedish ? "<a href=\"?lang=en\" hreflang=\"en\" lang=\"en\">"
                                 : "<a href=\"?lang=sv\" hreflang=\"sv\" lang=\"sv\">");
    page_text(page, public_word(PUBLIC_OTHER_LANGUAGE, page->swedish));
    line(page, "</a></nav>\n<h1>", public_word(PUBLIC_ACCESSIBILITY, page->swedish), "</h1>\n</header>\n<main>\n");
}

enum rond_err accessibility_page_write(const struct accessibility *of, bool swedish, struct buffer *to) {
    struct page page = {.to = to, .swedish = swedish};
    put_head(&page);
    line(&page, "<p>", say(&page, ABOUT), "</p>\n");
    for (size_t i = 0; i < ARRAY_COUNT(STATE); i++)
        put_section(&page, &STATE[i]);
    put_section(&page, &REPORTING);
    put_contact(&page, of->contact);
    put_section(&page, &SUPERVISION);
    page_put(&page, "<p>");
    put_link(&page, "", "https://www.digg.se/tdosanmalan", say(&page, AUTHORITY));
    page_put(&page, "</p>\n");
    put_section(&page, &TRIED);
    put_assessed(&page, of->assessed);
    page_put(&page, "</main>\n<footer><p>");
    put_link(&page, "", "/assets/licences.txt", say(&page, LICENCES));
    page_put(&page, "</p></footer>\n</body>\n</html>\n");
    return page.err;
}
