// One walk over the text, run by run: a run of digits may begin a number, a run of letters a plate. From the beginning of
// a run the look ahead is bounded (a separator and the next run's first bytes), and the walk then goes on behind the run
// or behind the hit, so that no byte is looked at more than a few times.
//
//   personal number   [YY]YYMMDD, a separator or none, NNNN; a real day, serial 001..999, the last digit the checksum
//   coordination      the same with 60 added to the day; month and day may be unknown (00 and 60)
//   plate             three letters, a separator or none, two digits, a digit or letter
//
// A number with a real day and a right checksum is always taken for one: nine of ten chance hits are sorted out by the
// checksum already. A plate has no checksum, and "MAX 200" has its form: how it is written decides (plate_is_meant).
#include "wire/personal_data.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"

enum { DATE_SHORT = 6, DATE_LONG = 8, SERIAL = 4, PLATE_LETTERS = 3, DAY_ADDED = 60, ANNOUNCE_BYTES_MAX = 32 };

static bool is_digit(uint8_t byte) {
    return byte >= '0' && byte <= '9';
}

static bool is_letter(uint8_t byte) {
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

static uint8_t to_lower(uint8_t byte) {
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + ('a' - 'A')) : byte;
}

static size_t run_end(struct bytes text, size_t at, bool (*is_member)(uint8_t byte)) {
    while (at < text.size && is_member(text.data[at]))
        at++;
    return at;
}

// ---- Separators ----

enum separator { NO_SEPARATOR, BLANK, DASH };

// What stands at `at`, and its size. Blanks: space, tab, no-break and thin spaces. Dashes: '-', '+' and the typographic
// ones.
static enum separator separator_at(struct bytes text, size_t at, size_t *ret_size) {
    const uint8_t *data = text.data + at;
    size_t left = text.size - at;
    *ret_size = 1;
    if (left >= 1 && (data[0] == ' ' || data[0] == '\t'))
        return BLANK;
    if (left >= 1 && (data[0] == '-' || data[0] == '+'))
        return DASH;
    *ret_size = 2;
    if (left >= 2 && data[0] == 0xC2 && data[1] == 0xA0)
        return BLANK;
    if (left < 3 || data[0] != 0xE2)
        return NO_SEPARATOR;
    *ret_size = 3;
    if (data[1] == 0x80 && data[2] >= 0x90 && data[2] <= 0x95) // U+2010 .. U+2015
        return DASH;
    if (data[1] == 0x88 && data[2] == 0x92) // U+2212, minus
        return DASH;
    bool is_thin = data[1] == 0x80 && (data[2] == 0x89 || data[2] == 0xAF); // U+2009, U+202F
    return is_thin ? BLANK : NO_SEPARATOR;
}

// Passes at most one dash with at most one blank on either side.
static size_t separators_pass(struct bytes text, size_t at) {
    size_t size;
    if (separator_at(text, at, &size) == BLANK)
        at += size;
    if (separator_at(text, at, &size) == DASH)
        at += size;
    if (separator_at(text, at, &size) == BLANK)
        at += size;
    return at;
}

// ---- Numbers ----

static unsigned number_of(const uint8_t *digits, size_t count) {
    unsigned number = 0;
    for (size_t i = 0; i < count; i++)
        number = number * 10 + (digits[i] - '0');
    return number;
}

// Every other digit doubled, from the first of the ten on, and the sums of the digits added up.
static bool checksum_is_right(const uint8_t digits[10]) {
    unsigned sum = 0;
    for (size_t i = 0; i < 10; i++) {
        unsigned digit = (unsigned)(digits[i] - '0') * (i % 2 == 0 ? 2 : 1);
        sum += digit / 10 + digit % 10;
    }
    return sum % 10 == 0;
}

// `century` 0: not written. Then a 29th of February may be of any of the three, of which one has that day if any has.
static bool day_is_real(unsigned century, unsigned year, unsigned month, unsigned day) {
    static const unsigned days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1 || day > days[month - 1])
        return false;
    if (month != 2 || day != 29)
        return true;
    return year % 4 == 0 && (year != 0 || century == 0 || century == 20);
}

// `date` has 6 or 8 digits. 0: it is none.
static unsigned number_kind(const uint8_t *date, size_t date_size, const uint8_t *serial) {
    uint8_t digits[10];
    unsigned century = date_size == DATE_LONG ? number_of(date, 2) : 0;
    memcpy(digits, date + date_size - DATE_SHORT, DATE_SHORT);
    memcpy(digits + DATE_SHORT, serial, SERIAL);
    unsigned year = number_of(digits, 2), month = number_of(digits + 2, 2), day = number_of(digits + 4, 2);
    if (date_size == DATE_LONG && (century < 18 || century > 20))
        return 0;
    if (number_of(serial, 3) == 0 || !checksum_is_right(digits))
        return 0;
    if (day_is_real(century, year, month, day))
        return PERSONAL_DATA_NUMBER;
    return month <= 12 && day >= DAY_ADDED && day <= DAY_ADDED + 31 ? PERSONAL_DATA_COORDINATION : 0;
}

// 1990-01-01-: the date with dashes, whose four digits, of a run that ended at `at`, are `year`. Gives the date's digits.
static bool dashed_date(struct bytes text, size_t at, const uint8_t *year, uint8_t ret_date[DATE_LONG], size_t *ret_end) {
    if (text.size - at < 6 || text.data[at] != '-' || text.data[at + 3] != '-')
        return false;
    memcpy(ret_date, year, 4);
    memcpy(ret_date + 4, text.data + at + 1, 2);
    memcpy(ret_date + 6, text.data + at + 4, 2);
    *ret_end = at + 6;
    for (size_t i = 0; i < DATE_LONG; i++)
        if (!is_digit(ret_date[i]))
            return false;
    return *ret_end < text.size && text.data[*ret_end] == '-';
}

// The digits text[start..end) are a whole run. Answers the end of the number that begins there, 0 where none does.
static size_t number_end(struct bytes text, size_t start, size_t end, unsigned *ret_kind) {
    const uint8_t *run = text.data + start;
    uint8_t dashed[DATE_LONG];
    size_t size = end - start, serial;
    *ret_kind = 0;
    if (size == DATE_SHORT + SERIAL || size == DATE_LONG + SERIAL) {
        *ret_kind = number_kind(run, size - SERIAL, run + size - SERIAL);
        return *ret_kind != 0 ? end : 0;
    }
    if (size == 4 && dashed_date(text, end, run, dashed, &serial)) {
        run = dashed;
        size = DATE_LONG;
        serial++;
    } else if (size == DATE_SHORT || size == DATE_LONG) {
        serial = separators_pass(text, end);
    } else {
        return 0;
    }
    for (size_t i = serial; i < serial + SERIAL; i++)
        if (i >= text.size || !is_digit(text.data[i]))
            return 0;
    if (serial + SERIAL < text.size && is_digit(text.data[serial + SERIAL]))
        return 0;
    *ret_kind = number_kind(run, size, text.data + serial);
    return *ret_kind != 0 ? serial + SERIAL : 0;
}

// ---- Plates ----

// Is what ends before `at` a letter beyond ASCII? Quotes, dashes and signs (U+0080..U+00BF, U+2000..U+2FFF) and what is not
// UTF-8 are none.
static bool letter_ends_before(struct bytes text, size_t at) {
    size_t back = 0;
    while (back < 3 && back < at && (text.data[at - 1 - back] & 0xC0) == 0x80)
        back++;
    if (back == 0 || back >= at)
        return false;
    uint8_t lead = text.data[at - 1 - back];
    return lead >= 0xC3 && lead != 0xE2 && lead < 0xF0;
}

static bool letter_begins_at(struct bytes text, size_t at) {
    return at < text.size && text.data[at] >= 0xC3 && text.data[at] != 0xE2 && text.data[at] < 0xF0;
}

static bool is_one_of(const char *signs, uint8_t byte) {
    return memchr(signs, byte, strlen(signs)) != NULL;
}

static bool stands_alone_before(struct bytes text, size_t start) {
    if (start == 0)
        return true;
    uint8_t before = text.data[start - 1];
    return !is_letter(before) && !is_digit(before) && !letter_ends_before(text, start);
}

// A sign and a digit behind it make it a file's number or a price: "KOM 123/15", "SEK 100,50".
static bool stands_alone_behind(struct bytes text, size_t end) {
    if (end >= text.size)
        return true;
    if (is_letter(text.data[end]) || is_digit(text.data[end]) || letter_begins_at(text, end))
        return false;
    return end + 1 >= text.size || !is_digit(text.data[end + 1]) || !is_one_of("-/:.,", text.data[end]);
}

// Three letters that stand before a number as a word, and some that are never issued as a plate (SEX, KGB). Sorted.
static const char words[][PLATE_LETTERS + 1] = {
    "afs", "akt", "all", "alt", "apr", "arb", "art", "att", "aug", "bar", "bbr", "ben", "bet", "bor", "box", "bro", "bus",
    "cal", "dag", "dec", "del", "dem", "den", "det", "dkk", "dnr", "dok", "dom", "dos", "ett", "eur", "fax", "feb", "fel",
    "fem", "foh", "for", "fot", "fre", "ger", "gps", "gsm", "gud", "han", "har", "hem", "hon", "hos", "hur", "hus", "jan",
    "jul", "jun", "kap", "kbt", "kgb", "kod", "kom", "lag", "led", "lgh", "lok", "lot", "lsd", "lux", "maj", "man", "mar",
    "max", "med", "mhz", "mom", "mot", "nat", "ned", "ner", "nog", "nok", "nya", "obs", "och", "okt", "ord", "ort", "par",
    "pdf", "per", "pkt", "pos", "pub", "rad", "rak", "ral", "ref", "res", "rum", "sal", "sap", "sek", "sen", "sep", "set",
    "sex", "sfs", "sju", "sms", "som", "sos", "sou", "stn", "str", "syd", "tag", "tal", "tar", "tel", "tog", "tom", "tot",
    "tre", "tum", "tur", "tus", "ufo", "upp", "usa", "usb", "usd", "ute", "www", "xxl", "xxx", "zon"};

static int word_compare(const void *left, const void *right) {
    return memcmp(left, right, PLATE_LETTERS);
}

static bool is_word(const uint8_t *letters) {
    uint8_t lower[PLATE_LETTERS];
    for (size_t i = 0; i < PLATE_LETTERS; i++)
        lower[i] = to_lower(letters[i]);
    return bsearch(lower, words, ARRAY_COUNT(words), sizeof words[0], word_compare) != NULL;
}

static bool begins_with(const uint8_t *word, size_t size, const char *with) {
    size_t i = 0;
    while (with[i] != '\0' && i < size && to_lower(word[i]) == (uint8_t)with[i])
        i++;
    return with[i] == '\0';
}

// Does the word before it say that a plate comes: reg, reg.nr, regnr:, registreringsnummer, skylt, skylten ..?
static bool is_announced(struct bytes text, size_t start) {
    size_t end = start;
    while (end > 0 && (text.data[end - 1] == ' ' || text.data[end - 1] == ':'))
        if (start - --end > 2)
            return false;
    size_t at = end;
    while (at > 0 && end - at < ANNOUNCE_BYTES_MAX && (is_letter(text.data[at - 1]) || text.data[at - 1] == '.'))
        at--;
    const uint8_t *word = text.data + at;
    size_t size = end - at;
    bool is_number = begins_with(word, size, "registreringsn") || begins_with(word, size, "registreringss");
    return is_number || begins_with(word, size, "skylt") || (size <= 7 && begins_with(word, size, "reg"));
}

static bool is_upper(const uint8_t *letters, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (letters[i] < 'A' || letters[i] > 'Z')
            return false;
    return true;
}

// K7QF2M-1A-C: a report's own short reference (wire/short_reference.h), whose first part may look like a plate.
static bool is_reference(struct bytes text, size_t end) {
    if (end >= text.size || text.data[end] != '-')
        return false;
    size_t at = end + 1;
    while (at < text.size && at - end <= 13 && (is_letter(text.data[at]) || is_digit(text.data[at])))
        at++;
    return at - end > 2 && at < text.size && text.data[at] == '-';
}

// In a file's name, an address of the net, an identifier.
static bool is_part_of_name(struct bytes text, size_t start, size_t end) {
    bool before = start > 0 && is_one_of("._@/-#\\", text.data[start - 1]);
    bool behind = end < text.size && is_one_of("_@", text.data[end]);
    bool joined = end + 1 < text.size && is_one_of(".-", text.data[end]) && is_letter(text.data[end + 1]);
    return before || behind || joined;
}

// It has the form of a plate. Small letters apart from the digits are Swedish prose ("och 200"), unless announced;
// a word apart from the digits is a word ("MAX 200"), unless announced in capitals.
static bool plate_is_meant(struct bytes text, size_t start, size_t end, bool is_joined) {
    const uint8_t *letters = text.data + start;
    bool capitals = is_upper(letters, PLATE_LETTERS);
    if (is_joined && is_reference(text, end))
        return false;
    if (capitals)
        return is_joined || !is_word(letters) || is_announced(text, start);
    if (is_announced(text, start))
        return !is_word(letters);
    return is_joined && !is_word(letters) && !is_part_of_name(text, start, end);
}

static bool is_plate_letter(uint8_t byte, bool is_last) {
    uint8_t lower = to_lower(byte);
    return is_letter(byte) && lower != 'i' && lower != 'q' && lower != 'v' && !(is_last && lower == 'o');
}

// The letters text[start..end) are a whole run. Answers the end of the plate that begins there, 0 where none does.
static size_t plate_end(struct bytes text, size_t start, size_t end) {
    size_t size;
    if (end - start != PLATE_LETTERS || !stands_alone_before(text, start))
        return 0;
    for (size_t i = start; i < end; i++)
        if (!is_plate_letter(text.data[i], false))
            return 0;
    size_t at = separator_at(text, end, &size) == NO_SEPARATOR ? end : end + size;
    if (text.size - at < 3 || !is_digit(text.data[at]) || !is_digit(text.data[at + 1]))
        return 0;
    if (!is_digit(text.data[at + 2]) && !is_plate_letter(text.data[at + 2], true))
        return 0;
    return stands_alone_behind(text, at + 3) && plate_is_meant(text, start, at + 3, at == end) ? at + 3 : 0;
}

// ---- The walk ----

static void hit_add(struct personal_data *found, unsigned kind, size_t start, size_t end) {
    found->kinds |= kind;
    if (found->count < PERSONAL_DATA_HITS_MAX)
        found->hits[found->count++] = (struct personal_data_hit){(enum personal_data_kind)kind, start, end - start};
}

void personal_data_find(struct bytes text, struct personal_data *ret_found) {
    ret_found->kinds = 0;
    ret_found->count = 0;
    for (size_t at = 0; at < text.size;) {
        size_t end = at + 1, hit = 0;
        unsigned kind = PERSONAL_DATA_PLATE;
        if (is_digit(text.data[at])) {
            end = run_end(text, at, is_digit);
            hit = number_end(text, at, end, &kind);
        } else if (is_letter(text.data[at])) {
            end = run_end(text, at, is_letter);
            hit = plate_end(text, at, end);
        }
        if (hit != 0)
            hit_add(ret_found, kind, at, hit);
        at = hit != 0 ? hit : end;
    }
}

unsigned personal_data_kinds(struct bytes text) {
    struct personal_data found;
    personal_data_find(text, &found);
    return found.kinds;
}

// ---- For people ----

const char *personal_data_name(enum personal_data_kind kind) {
    switch (kind) {
    case PERSONAL_DATA_NUMBER:
        return "personal_number";
    case PERSONAL_DATA_COORDINATION:
        return "coordination_number";
    case PERSONAL_DATA_PLATE:
        return "vehicle_plate";
    }
    return "unknown";
}

const char *personal_data_sentence(enum personal_data_kind kind, bool swedish) {
    switch (kind) {
    case PERSONAL_DATA_NUMBER:
        return swedish
                   ? "Texten ser ut att innehålla ett personnummer. Ta bort det; rapporter får inte peka ut medborgare."
                   : "The text seems to hold a personal identity number. Take it out; reports must not point out citizens.";
    case PERSONAL_DATA_COORDINATION:
        return swedish
                   ? "Texten ser ut att innehålla ett samordningsnummer. Ta bort det; rapporter får inte peka ut medborgare."
                   : "The text seems to hold a coordination number. Take it out; reports must not point out citizens.";
    case PERSONAL_DATA_PLATE:
        return swedish ? "Texten ser ut att innehålla ett registreringsnummer. Ta bort det; rapporter får inte peka ut "
                         "medborgare."
                       : "The text seems to hold a vehicle's registration plate. Take it out; reports must not point out "
                         "citizens.";
    }
    return "";
}
