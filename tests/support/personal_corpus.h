// Sentences that hold what the guard must find, and sentences that only look so, as many as asked for; the same generator
// state gives the same sentences. Every personal and coordination number in it is of the Tax Agency's series for tests:
// birth numbers 980 to 999.
#ifndef TESTS_SUPPORT_PERSONAL_CORPUS_H
#define TESTS_SUPPORT_PERSONAL_CORPUS_H

#include "base/rng.h"
#include "wire/personal_data.h"

enum { CORPUS_TEXT_SIZE = 256 };

// A sentence with one thing to be found, and where it stands.
struct corpus_hit {
    char text[CORPUS_TEXT_SIZE];
    struct personal_data_hit hit;
};
// A form is a way to write it: 0 .. count - 1.
size_t corpus_forms_count(void);
const char *corpus_form_name(size_t form);
void corpus_hit_make(const struct rng *rng, size_t form, struct corpus_hit *ret_hit);

// Near misses, by what they are.
size_t corpus_misses_count(void);
const char *corpus_miss_name(size_t miss);
void corpus_miss_make(const struct rng *rng, size_t miss, char ret_text[CORPUS_TEXT_SIZE]);

#endif
