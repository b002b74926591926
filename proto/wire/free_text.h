// Which texts of a report are free: where somebody writes what comes to mind, and so perhaps what points out a citizen.
// One table for both ends: the device warns by it, the server flags by it, and what may not be shown is taken out by it.
// Everything else in a report is a number, a time or an id.
#ifndef WIRE_FREE_TEXT_H
#define WIRE_FREE_TEXT_H

#include "wire/codec.h"
#include "wire/personal_data.h"

// Goes through them in the order of the table: {.report = report}, then next until it is false.
struct free_texts {
    Rond__V1__Report *report;
    size_t rule;
    size_t index;
};
struct free_text {
    char **text; // in the report; neither it nor what it points to is NULL
    const char *base, *name;
    size_t index;
    bool is_element;
};
bool free_texts_next(struct free_texts *at, struct free_text *ret_text);
// Its path, as in a fault: "walk.findings[2].cause".
void free_text_field(const struct free_text *text, char ret_field[FAULT_FIELD_SIZE]);

// Kinds of personal data (bits) in all of them; 0: none was found.
unsigned free_texts_kinds(Rond__V1__Report *report);
// Empties them. True where one was not empty.
bool free_texts_remove(Rond__V1__Report *report);

#endif
