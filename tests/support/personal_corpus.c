#include "support/personal_corpus.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "wire/short_reference.h"

static unsigned below(const struct rng *rng, unsigned bound) {
    return (unsigned)rng_below(rng, bound);
}
static unsigned between(const struct rng *rng, unsigned first, unsigned last) {
    return first + below(rng, last - first + 1);
}
#define PICK(rng, list) ((list)[below(rng, ARRAY_COUNT(list))])

// ---- Sentences ----

static const char *const frames[][2] = {
    {"", ""},
    {"", " sågs vid stationen."},
    {"Kontrollerade ", " på Stortorget."},
    {"Enligt uppgift gäller det ", ", som inte var på plats"},
    {"Ägaren (", ") underrättades."},
    {"Cyklisten uppgav ", "; lyse saknades."},
    {"Ordningsvakten noterade:\n", "\nInget mer att rapportera."},
    {"Vittnet sa \"", "\" och gick vidare mot Bangatan."},
    {"Två personer kontrollerades, varav en ", ". Ingen åtgärd."},
    {"Händelsen rör “", "”, ärendet lämnas över"},
    {"åäö – ", " – åäö"},
    {"12 lampor, 3 reflexer, ", ", 4 samtal"},
};

static size_t framed(const struct rng *rng, const char *what, char ret_text[CORPUS_TEXT_SIZE]) {
    const char *const *frame = PICK(rng, frames);
    int size = snprintf(ret_text, CORPUS_TEXT_SIZE, "%s%s%s", frame[0], what, frame[1]);
    CHECK(size > 0 && size < CORPUS_TEXT_SIZE);
    return strlen(frame[0]);
}

// ---- Numbers ----

static unsigned days_of(unsigned year, unsigned month) {
    static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

static void checksum_put(char digits[11]) {
    unsigned sum = 0;
    for (size_t i = 0; i < 9; i++) {
        unsigned value = (unsigned)(digits[i] - '0') * (i % 2 == 0 ? 2 : 1);
        sum += value / 10 + value % 10;
    }
    digits[9] = (char)('0' + (10 - sum % 10) % 10);
}

// YYYYMMDDNNNC. add: 60 for a coordination number.
static void number_make(const struct rng *rng, unsigned add, char ret_digits[13]) {
    unsigned year = between(rng, 1900, 2024), month = between(rng, 1, 12);
    unsigned day = between(rng, 1, days_of(year, month));
    if (add > 0 && below(rng, 10) == 0)
        day = 0;
    if (add > 0 && below(rng, 20) == 0)
        month = 0;
    snprintf(ret_digits, 13, "%04u%02u%02u%03u?", year % 10000, month % 100, (day + add) % 100, between(rng, 980, 999));
    checksum_put(ret_digits + 2);
}

struct form {
    const char *name;
    size_t century;        // 0: written, 2: left out
    const char *separator; // NULL: a plate
    bool dashed;           // YYYY-MM-DD
    const char *plate;     // "ABC 123": capitals and blank as here
    const char *before;    // announces it
};
static const struct form forms[] = {
    {.name = "YYMMDD-NNNN", .century = 2, .separator = "-"},
    {.name = "YYMMDDNNNN", .century = 2, .separator = ""},
    {.name = "YYYYMMDD-NNNN", .separator = "-"},
    {.name = "YYYYMMDDNNNN", .separator = ""},
    {.name = "YYMMDD+NNNN", .century = 2, .separator = "+"},
    {.name = "YYYYMMDD+NNNN", .separator = "+"},
    {.name = "YYMMDD NNNN", .century = 2, .separator = " "},
    {.name = "YYYYMMDD NNNN", .separator = " "},
    {.name = "YYMMDD-NNNN, en dash", .century = 2, .separator = "–"},
    {.name = "YYYYMMDD-NNNN, en dash", .separator = "–"},
    {.name = "YYMMDD - NNNN", .century = 2, .separator = " - "},
    {.name = "YYYYMMDD - NNNN, en dash", .separator = " – "},
    {.name = "YYMMDD NNNN, no-break space", .century = 2, .separator = "\u00A0"},
    {.name = "YYMMDD-NNNN, no-break hyphen", .century = 2, .separator = "\u2011"},
    {.name = "YYYY-MM-DD-NNNN", .separator = "-", .dashed = true},
    {.name = "ABC 123", .plate = "ABC 123"},
    {.name = "ABC 12D", .plate = "ABC 12D"},
    {.name = "ABC123", .plate = "ABC123"},
    {.name = "ABC12D", .plate = "ABC12D"},
    {.name = "ABC-123", .plate = "ABC-123"},
    {.name = "ABC-12D", .plate = "ABC-12D"},
    {.name = "ABC 123, no-break space",
     .plate = "ABC\u00A0"
              "123"},
    {.name = "abc123", .plate = "abc123"},
    {.name = "abc12d", .plate = "abc12d"},
    {.name = "reg.nr abc 123", .plate = "abc 123", .before = "reg.nr "},
    {.name = "regnr: abc 12d", .plate = "abc 12d", .before = "regnr: "},
};

size_t corpus_forms_count(void) {
    return ARRAY_COUNT(forms);
}

const char *corpus_form_name(size_t form) {
    return forms[form].name;
}

static size_t number_write(const struct rng *rng, const struct form *form, char to[64], enum personal_data_kind *ret_kind) {
    char digits[13];
    *ret_kind = below(rng, 4) == 0 ? PERSONAL_DATA_COORDINATION : PERSONAL_DATA_NUMBER;
    number_make(rng, *ret_kind == PERSONAL_DATA_COORDINATION ? 60 : 0, digits);
    if (form->dashed)
        return (size_t)snprintf(to, 64, "%.4s-%.2s-%.2s%s%s", digits, digits + 4, digits + 6, form->separator, digits + 8);
    return (size_t)snprintf(to, 64, "%.*s%s%s", (int)(8 - form->century), digits + form->century, form->separator,
                            digits + 8);
}

// Three letters that the guard takes for a word where they stand apart ("MAX 200"). That these are few, and which, is
// personal_data_test.c's to say.
static bool is_word(const char letters[3]) {
    char text[16];
    snprintf(text, sizeof text, "%c%c%c 123", letters[0] & ~0x20, letters[1] & ~0x20, letters[2] & ~0x20);
    return personal_data_kinds(bytes_of_text(text)) == 0;
}

static size_t plate_write(const struct rng *rng, const char *pattern, char to[64]) {
    static const char letters[] = "ABCDEFGHJKLMNOPRSTUWXYZ", last[] = "ABCDEFGHJKLMNPRSTUWXYZ";
    size_t size = strlen(pattern), place;
    bool capitals_joined = pattern[0] == 'A' && pattern[3] == '1';
    do {
        place = 0;
        for (size_t i = 0; i <= size; i++) {
            char c = pattern[i], lower = (char)(c | 0x20);
            bool is_letter = lower >= 'a' && lower <= 'd' && (c & 0x80) == 0;
            to[i] = c;
            if (is_letter)
                to[i] = (char)((place++ < 3 ? letters[below(rng, 23)] : last[below(rng, 22)]) | (c & 0x20));
            else if (c >= '1' && c <= '3')
                to[i] = (char)('0' + below(rng, 10));
        }
    } while (!capitals_joined && is_word(to));
    return size;
}

void corpus_hit_make(const struct rng *rng, size_t form, struct corpus_hit *ret_hit) {
    char what[64], whole[96];
    const char *before = forms[form].before == NULL ? "" : forms[form].before;
    ret_hit->hit.kind = PERSONAL_DATA_PLATE;
    ret_hit->hit.size = forms[form].plate != NULL ? plate_write(rng, forms[form].plate, what)
                                                  : number_write(rng, &forms[form], what, &ret_hit->hit.kind);
    snprintf(whole, sizeof whole, "%s%s", before, what);
    ret_hit->hit.start = framed(rng, whole, ret_hit->text) + strlen(before);
}

// ---- Near misses ----

static void digits_write(const struct rng *rng, size_t count, char *to) {
    for (size_t i = 0; i < count; i++)
        to[i] = (char)('0' + below(rng, 10));
    to[count] = '\0';
}

// '#' is a digit.
static void pattern_write(const struct rng *rng, const char *pattern, char to[64]) {
    size_t i = 0;
    for (; pattern[i] != '\0'; i++)
        to[i] = pattern[i] == '#' ? (char)('0' + below(rng, 10)) : pattern[i];
    to[i] = '\0';
}

static void separated(const struct rng *rng, const char digits[13], char to[64]) {
    size_t century = below(rng, 2) == 0 ? 0 : 2;
    static const char *const separators[] = {"-", "", " ", "–", "+"};
    snprintf(to, 64, "%.*s%s%s", (int)(8 - century), digits + century, PICK(rng, separators), digits + 8);
}

static void wrong_checksum(const struct rng *rng, char to[64]) {
    char digits[13];
    number_make(rng, below(rng, 4) == 0 ? 60 : 0, digits);
    digits[11] = (char)('0' + (unsigned)(digits[11] - '0' + 1 + (int)below(rng, 9)) % 10);
    separated(rng, digits, to);
}

static void wrong_day(const struct rng *rng, char to[64]) {
    static const char *const days[] = {"1301", "0230", "0432", "0001", "0100", "1131", "9901", "0692", "0645", "1393"};
    char digits[13];
    number_make(rng, 0, digits);
    memcpy(digits + 4, PICK(rng, days), 4);
    checksum_put(digits + 2);
    separated(rng, digits, to);
}

static void long_number(const struct rng *rng, char to[64]) {
    static const size_t sizes[] = {11, 13, 14, 15, 16, 17, 18, 19, 20, 25};
    digits_write(rng, PICK(rng, sizes), to);
}

static void phone(const struct rng *rng, char to[64]) {
    static const char *const patterns[] = {"07#-### ## ##",    "07########",       "07# ### ## ##", "+467########",
                                           "+46 7# ### ## ##", "0046 7# #### ###", "046-## ## ##",  "046-35 ## ##",
                                           "08-### ### ##",    "040-######",       "07#-#######"};
    static const char mobile[] = {'0', '2', '3', '6', '9'}; // the ones in use
    pattern_write(rng, PICK(rng, patterns), to);
    if (strncmp(to, "07", 2) == 0)
        to[2] = PICK(rng, mobile);
}

static void case_number(const struct rng *rng, char to[64]) {
    unsigned which = below(rng, 4), number = between(rng, 100, 999), year = between(rng, 10, 25);
    if (which == 0)
        snprintf(to, 64, "5000-K%06u-%02u", below(rng, 1000000), year);
    else if (which == 1)
        snprintf(to, 64, "KS %u/20%02u", number, year);
    else if (which == 2)
        snprintf(to, 64, "TEK %u/%02u", number, year);
    else
        snprintf(to, 64, "A%06u-%02u", below(rng, 1000000), year);
}

static void organisation_number(const struct rng *rng, char to[64]) {
    char digits[13];
    snprintf(digits, sizeof digits, "16%u%u%u", between(rng, 2, 9), below(rng, 10), between(rng, 2, 9));
    digits_write(rng, 7, digits + 5);
    checksum_put(digits + 2);
    separated(rng, digits, to);
}

static void account(const struct rng *rng, char to[64]) {
    static const char *const patterns[] = {"8###-#,### ### ###-#", "####-####",          "###-####",
                                           "## ## ##-#",           "5### ## ### ##",     "SE## #### #### #### #### ####",
                                           "6###-### ### ###",     "#### #### #### ####"};
    pattern_write(rng, PICK(rng, patterns), to);
}

static void date(const struct rng *rng, char to[64]) {
    unsigned year = between(rng, 2015, 2030), month = between(rng, 1, 12), day = between(rng, 1, days_of(year, month));
    unsigned hour = below(rng, 24), minute = below(rng, 60);
    switch (below(rng, 7)) {
    case 0:
        snprintf(to, 64, "%04u-%02u-%02u %02u:%02u", year, month, day, hour, minute);
        break;
    case 1:
        snprintf(to, 64, "%04u%02u%02u", year, month, day);
        break;
    case 2:
        snprintf(to, 64, "%02u%02u%02u", year % 100, month, day);
        break;
    case 3:
        snprintf(to, 64, "%u/%u %u", day, month, year);
        break;
    case 4:
        snprintf(to, 64, "%04u-%02u-%02u %02u%02u", year, month, day, hour, minute);
        break;
    case 5:
        snprintf(to, 64, "%02u%02u%02u kl. %02u%02u", year % 100, month, day, hour, minute);
        break;
    default:
        snprintf(to, 64, "%02u%02u%02u-%02u%02u%02u", year % 100, month, day, year % 100 + 1, month, day);
        break;
    }
}

// Cannot be told from a number but by its checksum, which one in ten has by chance.
static void date_with_time(const struct rng *rng, char to[64]) {
    unsigned year = between(rng, 2015, 2030), month = between(rng, 1, 12), day = between(rng, 1, days_of(year, month));
    unsigned hour = below(rng, 24), minute = below(rng, 12) * 5;
    const char *separator = below(rng, 2) == 0 ? " " : "-";
    if (below(rng, 2) == 0)
        snprintf(to, 64, "%04u%02u%02u%s%02u%02u", year, month, day, separator, hour, minute);
    else
        snprintf(to, 64, "%02u%02u%02u%s%02u%02u", year % 100, month, day, separator, hour, minute);
}

static void price(const struct rng *rng, char to[64]) {
    switch (below(rng, 7)) {
    case 0:
        snprintf(to, 64, "%u kr", between(rng, 10, 99999));
        break;
    case 1:
        snprintf(to, 64, "%u,50 kr", between(rng, 10, 9999));
        break;
    case 2:
        snprintf(to, 64, "SEK %u", between(rng, 100, 999));
        break;
    case 3:
        snprintf(to, 64, "SEK %u 000", between(rng, 100, 999));
        break;
    case 4:
        snprintf(to, 64, "%u 000 kronor", between(rng, 10, 999));
        break;
    case 5:
        snprintf(to, 64, "EUR %u", between(rng, 100, 999));
        break;
    default:
        snprintf(to, 64, "à %u:-", between(rng, 100, 999));
        break;
    }
}

// Some are in the guard's own list of words, some are not.
static void capital_word(const struct rng *rng, char to[64]) {
    static const char *const list[] = {"MAX",  "MIN",   "BOX",  "TEL",   "RUM", "SAL", "HUS", "DEL", "KAP",  "LGH",
                                       "BUSS", "LINJE", "SPÅR", "PLAN",  "NR",  "KL",  "CA",  "RAL", "GSM",  "LUX",
                                       "TUR",  "REF",   "DNR",  "SOS",   "USA", "DAG", "STR", "POS", "KOD",  "MOM",
                                       "OBS",  "AVD",   "SID",  "PUNKT", "ZON", "ETT", "FEM", "SEK", "GPS",  "USB",
                                       "LED",  "PDF",   "SMS",  "OCH",   "MED", "TOT", "ANT", "STK", "PERS", "VID"};
    snprintf(to, 64, "%s %u", PICK(rng, list), between(rng, 100, 999));
}

static void standard(const struct rng *rng, char to[64]) {
    static const char *const list[] = {"ISO", "EN",      "SS-EN", "IEC", "DIN", "SIS",
                                       "SFS", "ISO/IEC", "AFS",   "VGU", "BBR", "IP"};
    static const unsigned numbers[] = {900, 124, 9001, 27001, 471, 2010, 100, 305, 14001};
    snprintf(to, 64, "%s %u", PICK(rng, list), PICK(rng, numbers));
}

static void road(const struct rng *rng, char to[64]) {
    static const char *const list[] = {"väg", "riksväg", "länsväg", "RV",     "E",     "Rv",
                                       "LV",  "VÄG",     "v.",      "avfart", "linje", "buss"};
    snprintf(to, 64, below(rng, 3) == 0 ? "%s%u" : "%s %u", PICK(rng, list), between(rng, 4, 999));
}

static void prose(const struct rng *rng, char to[64]) {
    static const char *const list[] = {"och", "med",  "var",    "tog", "har", "ser",  "per",  "den",   "det",   "hos",
                                       "att", "fick", "delade", "Max", "Box", "Rum",  "tel",  "cirka", "drygt", "nära",
                                       "upp", "ner",  "sen",    "Och", "Den", "kvar", "plus", "tät",   "mot",   "kom",
                                       "gav", "bar",  "hel",    "bra", "ny",  "gps",  "bor",  "lag",   "bok"};
    static const char *const units[] = {"", " personer", "m", "h", "s", "g", " meter", " st", "-tal"};
    unsigned number = below(rng, 2) == 0 ? between(rng, 100, 999) : between(rng, 10, 99);
    snprintf(to, 64, "%s %u%s", PICK(rng, list), number, PICK(rng, units));
}

static void address(const struct rng *rng, char to[64]) {
    switch (below(rng, 5)) {
    case 0:
        snprintf(to, 64, "Storgatan %u%c", between(rng, 1, 99), 'A' + (int)below(rng, 4));
        break;
    case 1:
        snprintf(to, 64, "%u %02u Lund", between(rng, 220, 229), below(rng, 100));
        break;
    case 2:
        snprintf(to, 64, "lgh %u", between(rng, 1001, 1499));
        break;
    case 3:
        snprintf(to, 64, "N 55 %02u %02u, E 13 %02u %02u", below(rng, 60), below(rng, 60), below(rng, 60), below(rng, 60));
        break;
    default:
        snprintf(to, 64, "55.%06u, 13.%06u", below(rng, 1000000), below(rng, 1000000));
        break;
    }
}

static void file_name(const struct rng *rng, char to[64]) {
    static const char *const list[] = {"IMG_%04u",     "img%u.jpg", "bild_abc%u", "dsc%u.raw", "foto/abc%u",
                                       "kamera@tak%u", "kod#ab%u",  "%u.pdf",     "rond-%u"};
    const char *chosen = PICK(rng, list);
    const char *number = strchr(chosen, '%');
    const char *behind = strchr(number, 'u') + 1;
    snprintf(to, 64, "%.*s%u%s", (int)(number - chosen), chosen, between(rng, 100, 999), behind);
}

static void short_reference(const struct rng *rng, char to[64]) {
    struct id128 device, outbox;
    rng_fill(rng, device.b, sizeof device.b);
    rng_fill(rng, outbox.b, sizeof outbox.b);
    char text[SHORT_REFERENCE_SIZE];
    short_reference_format(&device, &outbox, between(rng, 1, 5000), text);
    snprintf(to, 64, "%s", text);
}

static void words_alone(const struct rng *rng, char to[64]) {
    static const char *const list[] = {"polisen",      "trygghetsvandring",
                                       "ABF",          "SJ",
                                       "Jernhusen",    "Skatteverket",
                                       "ordningsvakt", "Försäkringskassan",
                                       "kl. 14-16",    "2 st",
                                       "12 av 14",     "3:e",
                                       "1:a",          "24/7",
                                       "50-60"};
    snprintf(to, 64, "%s %s", PICK(rng, list), PICK(rng, list));
}

static const struct {
    const char *name;
    void (*make)(const struct rng *rng, char to[64]);
} misses[] = {
    {"wrong checksum", wrong_checksum},
    {"wrong day or month", wrong_day},
    {"11 and 13 to 25 digits", long_number},
    {"phone numbers", phone},
    {"case numbers", case_number},
    {"organisation numbers", organisation_number},
    {"accounts, cards", account},
    {"dates", date},
    {"date and clock unseparated", date_with_time},
    {"prices", price},
    {"capital words: MAX 200", capital_word},
    {"standards: ISO 900", standard},
    {"roads and lines", road},
    {"prose: och 200", prose},
    {"addresses, positions", address},
    {"file names", file_name},
    {"short references", short_reference},
    {"words", words_alone},
};

size_t corpus_misses_count(void) {
    return ARRAY_COUNT(misses);
}

const char *corpus_miss_name(size_t miss) {
    return misses[miss].name;
}

void corpus_miss_make(const struct rng *rng, size_t miss, char ret_text[CORPUS_TEXT_SIZE]) {
    char what[64];
    misses[miss].make(rng, what);
    framed(rng, what, ret_text);
}
