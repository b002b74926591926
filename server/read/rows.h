// What the readers share: where rows go, one state for a whole answer, and the texts in which ids and times are given.
//
// read/ only ever reads. Every function here takes a store that may be read-only and may be called on any thread that
// has one of its own; those that make more than one call on it do so between read_begin and read_end, so that an answer
// is of one moment, whatever the writer does meanwhile. Lists are paged inside: memory does not grow with the store.
//
// A single object is given as `json_t **ret_json`, the caller's to json_decref. Rows are given one at a time to a
// callback; an error that it returns ends the reading and is what the reader answers.
//
// In every object: ids are lower-case hexadecimal; a moment is given twice, as seconds or milliseconds ("..._s",
// "..._ms") and, without the unit, as RFC 3339 in UTC; what is not there is null.
#ifndef READ_ROWS_H
#define READ_ROWS_H

#include <jansson.h>

#include "counting/zone.h"
#include "rond/v1/reference.pb-c.h"
#include "store/store.h"

struct read_rows {
    enum rond_err (*row)(void *context, json_t *row); // borrowed
    void *context;
};
// Gives the row and drops it; ROND_ENOMEM where take_row is NULL, which is what jansson answers without memory.
MUST_CHECK enum rond_err read_rows_give(const struct read_rows *rows, json_t *take_row);

// One state until read_end, on backends that can. Nothing happens inside a transaction, which is one state already.
MUST_CHECK enum rond_err read_begin(struct store *store);
void read_end(struct store *store);

enum { READ_PAGE_ROWS = 256, READ_ARENA_BYTES_MAX = 64 * 1024 * 1024 };

json_t *read_hex(struct bytes bytes);      // NULL without memory, as all of these
json_t *read_id(const struct id128 *id);
json_t *read_text(const char *text);       // null where NULL; what is no UTF-8 is given as "hex:..."
// A bucket's name. That of a joint activity is what somebody typed: where it seems to hold personal data it is "a:-".
json_t *read_bucket(const char *bucket);
json_t *read_moment(int64_t at_s);         // "2015-05-08T12:00:00Z"
// Adds a value that it takes over. False without memory; also where `object` or take_value is NULL, so that adding can
// be chained with && and checked once.
bool read_add(json_t *object, const char *name, json_t *take_value);
// Adds NAME_s (NAME_ms) and NAME.
bool read_add_s(json_t *object, const char *name, int64_t at_s);
bool read_add_ms(json_t *object, const char *name, int64_t at_ms);
// The same with null in both where at_ms is 0: never.
bool read_add_ms_or_null(json_t *object, const char *name, int64_t at_ms);
// "2015-05-08 14:00" by the wall of an area, as people there read it; null where zone is NULL.
json_t *read_local(const Rond__V1__TimeZone *zone, int64_t at_s);
json_t *read_weekdays(uint32_t weekdays); // ["mon", ...]: bit 0 Monday
// "2015-05-08", or, where the text is NULL or "", another. ROND_EINVALID of that field with a sentence.
MUST_CHECK enum rond_err read_day(const char *text, const char *field, day_t otherwise, day_t *ret_day, struct fault *fault);
json_t *read_reference_text(const struct report_key *key); // "7QK2MB-0F-9", wire/short_reference.h
// "device", "outbox", "seq" and "reference", as fields of an object, and as an object of their own.
bool read_add_key(json_t *object, const struct report_key *key);
json_t *read_key(const struct report_key *key);
// Texts as a list.
json_t *read_texts(char *const *texts, size_t count);
// Drops the object where `complete` is false, and answers NULL then.
json_t *read_whole(json_t *take_object, bool complete);

#endif
