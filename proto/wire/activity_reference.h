// The reference of an activity that several reports share, where the server gave it: J-7QK2M of a join that a person made,
// P-7QK2M of an activity that a coordinator planned. Only digits and letters that nobody takes for one
// another (Crockford base32, as in short_reference.h). What officers agree on by themselves may be anything else.
#ifndef WIRE_ACTIVITY_REFERENCE_H
#define WIRE_ACTIVITY_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>

enum { ACTIVITY_REFERENCE_SIZE = 8 }; // with NUL
enum activity_reference { ACTIVITY_JOINED = 'J', ACTIVITY_PLANNED = 'P' };

// random: of which 25 bits are used.
void activity_reference_make(enum activity_reference what, uint32_t random, char ret_text[ACTIVITY_REFERENCE_SIZE]);
// True where it was typed as a planned activity's ("p-7qk2m", "P-7OKZM"), and how it is written.
bool activity_reference_is_planned(const char *text, char ret_text[ACTIVITY_REFERENCE_SIZE]);

#endif
