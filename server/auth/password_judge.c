#include "auth/password_judge.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"

enum {
    SIGNS_AROUND_MAX = 8, // beside a known password: more of them are worth something by themselves
    UNIT_BYTES_MAX = 6,   // whatever it is, it is not repeated
    WORD_BYTES_MIN = 3,
    LETTERS_LEFT_MIN = 4,
};

static size_t characters(const char *text) {
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

// Without the digits and signs around it.
static struct bytes stem_of(struct bytes text) {
    while (text.size > 0 && !is_letter((char)text.data[0]))
        text = bytes_of(text.data + 1, text.size - 1);
    while (text.size > 0 && !is_letter((char)text.data[text.size - 1]))
        text.size--;
    return text;
}

static bool is_known(struct bytes folded, const struct password_rules *rules) {
    struct bytes stem = stem_of(folded);
    return known_passwords_has(rules->known, folded) ||
           (stem.size > 0 && folded.size - stem.size <= SIGNS_AROUND_MAX && known_passwords_has(rules->known, stem));
}

// The shortest that the text is whole repetitions of; the text itself where it is none.
static struct bytes unit_of(struct bytes text) {
    for (size_t size = 1; size <= text.size / 2; size++)
        if (text.size % size == 0 && !memcmp(text.data, text.data + size, text.size - size))
            return bytes_of(text.data, size);
    return text;
}

static bool is_repeated(struct bytes folded, const struct password_rules *rules) {
    struct bytes unit = unit_of(stem_of(folded).size > 0 ? stem_of(folded) : folded);
    struct bytes whole = unit_of(folded);
    return (whole.size < folded.size && (whole.size <= UNIT_BYTES_MAX || is_known(whole, rules))) ||
           (unit.size < stem_of(folded).size && is_known(unit, rules));
}

// Of a list by blanks and hyphens: how much of the text begins with the longest of its words.
static size_t word_at(const char *text, const char *words) {
    size_t longest = 0;
    for (const char *at = words; *at != '\0';) {
        size_t size = strcspn(at, " -");
        if (size >= WORD_BYTES_MIN && size > longest && !strncmp(at, text, size))
            longest = size;
        at += size;
        at += strspn(at, " -");
    }
    return longest;
}

static bool is_of_the_place(const char *folded, const char *words) {
    size_t letters = 0;
    bool has_word = false;
    while (*folded != '\0') {
        size_t size = word_at(folded, words), own = word_at(folded, "rond rondd");
        size = own > size ? own : size;
        has_word |= size > 0;
        letters += size == 0 && is_letter(*folded) && ((unsigned char)*folded & 0xc0) != 0x80;
        folded += size > 0 ? size : 1;
    }
    return has_word && letters < LETTERS_LEFT_MIN;
}

static bool is_guessable(const char *password, const struct password_rules *rules) {
    char folded[PASSWORD_BYTES_MAX + 1];
    (void)snprintf(folded, sizeof folded, "%s", password);
    known_passwords_fold(folded);
    bool is = is_known(bytes_of_text(folded), rules) || is_repeated(bytes_of_text(folded), rules) ||
              (strlen(rules->login) >= WORD_BYTES_MIN && strstr(folded, rules->login) != NULL) ||
              is_of_the_place(folded, rules->words);
    bytes_wipe(folded, sizeof folded);
    return is;
}

enum rond_err password_judge(const char *password, const struct password_rules *rules, const char *field,
                             struct fault *fault) {
    if (strlen(password) > PASSWORD_BYTES_MAX || !utf8_is_valid(bytes_of_text(password)))
        return fault_both(fault, ROND_EINVALID, 0, field, "The password may have at most %d bytes.",
                          "Lösenordet får vara högst %d byte (å, ä och ö är två).", PASSWORD_BYTES_MAX);
    if (characters(password) < PASSWORD_CHARACTERS_MIN)
        return fault_both(fault, ROND_EINVALID, 0, field, "The password needs at least %d characters; a few words do.",
                          "Lösenordet behöver minst %d tecken; några ord räcker.", PASSWORD_CHARACTERS_MIN);
    if (is_guessable(password, rules))
        return fault_both(fault, ROND_EINVALID, 0, field,
                          "That password is among the first that anybody would try; choose another.",
                          "Lösenordet är bland de första som någon skulle prova; välj ett annat.");
    return ROND_OK;
}
