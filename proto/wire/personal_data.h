// Finds what names a citizen in a free text: Swedish personal identity numbers, coordination numbers and vehicle
// registration plates. Linked by both ends: the device warns before it queues, the server flags. Pure; linear in the size of
// the text, whatever stands in it (it need not be UTF-8). What is found and what is not: docs/personal-data.md.
#ifndef WIRE_PERSONAL_DATA_H
#define WIRE_PERSONAL_DATA_H

#include "base/bytes.h"

// Bits, stored with a report by the server: never renumbered.
enum personal_data_kind {
    PERSONAL_DATA_NUMBER = 1,       // personnummer
    PERSONAL_DATA_COORDINATION = 2, // samordningsnummer
    PERSONAL_DATA_PLATE = 4,        // registreringsskylt
};
enum { PERSONAL_DATA_HITS_MAX = 16, PERSONAL_DATA_KINDS_MAX = 3 };

struct personal_data_hit {
    enum personal_data_kind kind;
    size_t start; // bytes
    size_t size;
};
struct personal_data {
    unsigned kinds; // of all that was found, also beyond the list
    size_t count;   // of the list: the first ones, in order, not overlapping
    struct personal_data_hit hits[PERSONAL_DATA_HITS_MAX];
};
void personal_data_find(struct bytes text, struct personal_data *ret_found);
// The kinds alone; 0: nothing was found.
unsigned personal_data_kinds(struct bytes text);

// "personal_number", "coordination_number", "vehicle_plate".
const char *personal_data_name(enum personal_data_kind kind);
// What to tell whoever wrote it, in Swedish or English. Never says what was found, only of what kind.
const char *personal_data_sentence(enum personal_data_kind kind, bool swedish);

#endif
