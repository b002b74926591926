// Numbers as people write them in sentences, as the pages' own do (server/web/src/format.ts): thousands set apart by a
// no-break space in Swedish, by a comma in English. For sentences alone: what a program reads has plain digits.
#ifndef BASE_NUMBER_TEXT_H
#define BASE_NUMBER_TEXT_H

#include <stdbool.h>
#include <stdint.h>

enum { NUMBER_TEXT_SIZE = 36 };

// Returns ret_text.
const char *number_write(int64_t number, bool swedish, char ret_text[NUMBER_TEXT_SIZE]);
// The same in a text of the block in which they stand.
#define number_sv(number) number_write(number, true, (char[NUMBER_TEXT_SIZE]){0})  // "1 234 567", with U+00A0
#define number_en(number) number_write(number, false, (char[NUMBER_TEXT_SIZE]){0}) // "1,234,567"

#endif
