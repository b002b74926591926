#include "wire/activity_reference.h"

#include <ctype.h>
#include <string.h>

enum { DIGITS = 5, DIGITS_FROM = 2 };

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void activity_reference_make(enum activity_reference what, uint32_t random, char ret_text[ACTIVITY_REFERENCE_SIZE]) {
    ret_text[0] = (char)what;
    ret_text[1] = '-';
    for (int i = 0; i < DIGITS; i++)
        ret_text[DIGITS_FROM + i] = alphabet[random >> (5 * (DIGITS - 1 - i)) & 31];
    ret_text[DIGITS_FROM + DIGITS] = '\0';
}

static char digit_read(char typed) {
    char upper = (char)toupper((unsigned char)typed);
    upper = upper == 'O' ? '0' : upper == 'I' || upper == 'L' ? '1' : upper;
    return upper != '\0' && strchr(alphabet, upper) != NULL ? upper : '\0';
}

bool activity_reference_is_planned(const char *text, char ret_text[ACTIVITY_REFERENCE_SIZE]) {
    char read[ACTIVITY_REFERENCE_SIZE] = "P-";
    if (strlen(text) != ACTIVITY_REFERENCE_SIZE - 1 || toupper((unsigned char)text[0]) != ACTIVITY_PLANNED || text[1] != '-')
        return false;
    for (int i = DIGITS_FROM; i < DIGITS_FROM + DIGITS; i++)
        if ((read[i] = digit_read(text[i])) == '\0')
            return false;
    memcpy(ret_text, read, sizeof read);
    return true;
}
