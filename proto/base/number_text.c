#include "base/number_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *number_write(int64_t number, bool swedish, char ret_text[NUMBER_TEXT_SIZE]) {
    const char *minus = swedish ? "\u2212" : "-", *between = swedish ? "\u00a0" : ",";
    char digits[24];
    uint64_t size = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    size_t count = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, size);
    size_t at = strlen(strcpy(ret_text, number < 0 ? minus : ""));
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0)
            at += strlen(strcpy(ret_text + at, between));
        ret_text[at++] = digits[i];
    }
    ret_text[at] = '\0';
    return ret_text;
}
