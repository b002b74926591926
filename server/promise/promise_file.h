// The promise file: an area, its organisations and places, its words and its promises, as people write them.
// docs/promises.md describes the format. Checked by a strict schema: nothing is guessed and nothing is ignored.
#ifndef PROMISE_PROMISE_FILE_H
#define PROMISE_PROMISE_FILE_H

#include "promise/yaml_reader.h"
#include "rond/v1/reference.pb-c.h"

// Ready to be stored as bodies of ReferenceEntry. All memory is the arena's.
struct promise_file {
    Rond__V1__Area *area;
    unsigned time_zone_line; // where the file says it, or would
    Rond__V1__Organisation **organisations;
    size_t organisation_count;
    Rond__V1__Place **places;
    size_t place_count;
    Rond__V1__Term **terms; // those of the file, those that Rond knows, and every other word that a commitment uses
    size_t term_count;
    Rond__V1__Promise **promises;
    size_t promise_count;
};

// name: of the file, for messages. ROND_EINVALID: the faults say where and what, and nothing may be imported.
// ROND_ENOMEM beyond the arena.
MUST_CHECK enum rond_err promise_file_parse(const char *name, struct bytes text, struct arena *arena,
                                            struct promise_file *ret_file, struct file_faults *ret_faults);

// The words that Rond knows and every import puts, by their ids, from 0; NULL behind the last.
const char *promise_file_known_word(size_t index);

#endif
