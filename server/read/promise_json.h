// Promises and other reference data as JSON, with the words of the promise file.
#ifndef READ_PROMISE_JSON_H
#define READ_PROMISE_JSON_H

#include "read/rows.h"

json_t *read_measure(Rond__V1__Measure measure); // "at_least", ...; null where unspecified
json_t *read_per(Rond__V1__Per per);             // "week", ...; null where unspecified
// "act", ...: the last phase of the promise that was entered by that day ("YYYY-MM-DD", or NULL: the last of all); a
// promise without phases is in "act". null before the first.
json_t *read_phase(const Rond__V1__Promise *promise, const char *day);
// The same of its life: "draft", "agreed", "active", "followed_up", "closed"; "active" without any.
json_t *read_life(const Rond__V1__Promise *promise, const char *day);
const char *read_life_name(const Rond__V1__Promise *promise, const char *day); // NULL before the first
// "PROMISE/COMMITMENT"
json_t *read_commitment_path(const Rond__V1__Promise *promise, const Rond__V1__Commitment *commitment);

// A promise with its commitments, as read_promises gives it (read/lists.h).
json_t *promise_json(const Rond__V1__Promise *promise);
uint32_t promise_json_version(const Rond__V1__Promise *promise); // one from before there were versions is the first
// A word, area, place or organisation, as read_words gives it; null for anything else.
json_t *promise_json_word(const Rond__V1__ReferenceEntry *entry);

#endif
