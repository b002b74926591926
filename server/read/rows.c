#include "read/rows.h"

#include <stdio.h>
#include <stdlib.h>

#include "counting/zone.h"
#include "wire/personal_data.h"
#include "wire/short_reference.h"

enum { MOMENT_SIZE = 40, DAY_S = 24 * 60 * 60, HOUR_S = 60 * 60 };

enum rond_err read_rows_give(const struct read_rows *rows, json_t *take_row) {
    if (take_row == NULL)
        return ROND_ENOMEM;
    enum rond_err err = rows->row(rows->context, take_row);
    json_decref(take_row);
    return err;
}

enum rond_err read_begin(struct store *store) {
    return store->views->read_begin == NULL ? ROND_OK : store->views->read_begin(store);
}

void read_end(struct store *store) {
    if (store->views->read_end != NULL)
        store->views->read_end(store);
}

json_t *read_hex(struct bytes bytes) {
    char *text = malloc(2 * bytes.size + 1);
    if (text == NULL)
        return NULL;
    hex_encode(bytes, text);
    json_t *value = json_string_nocheck(text);
    free(text);
    return value;
}

json_t *read_id(const struct id128 *id) {
    return read_hex(bytes_of(id->b, ID_SIZE));
}

static json_t *text_as_hex(struct bytes bytes) {
    json_t *hex = read_hex(bytes);
    json_t *value = hex == NULL ? NULL : json_sprintf("hex:%s", json_string_value(hex));
    json_decref(hex);
    return value;
}

json_t *read_text(const char *text) {
    if (text == NULL)
        return json_null();
    struct bytes bytes = bytes_of_text(text);
    return utf8_is_valid(bytes) ? json_string_nocheck(text) : text_as_hex(bytes);
}

json_t *read_bucket(const char *bucket) {
    return personal_data_kinds(bytes_of_text(bucket)) == 0 ? read_text(bucket) : json_string("a:-");
}

json_t *read_moment(int64_t at_s) {
    char text[MOMENT_SIZE];
    int year, month, day_of_month;
    int64_t day = at_s / DAY_S - (at_s % DAY_S < 0);
    int64_t second = at_s - day * DAY_S;
    // Years of four digits are all that RFC 3339 can write.
    if (day < day_from_civil(0, 1, 1) || day > day_from_civil(9999, 12, 31))
        return json_null();
    day_to_civil((day_t)day, &year, &month, &day_of_month);
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", year, month, day_of_month, (int)(second / HOUR_S),
             (int)(second / 60 % 60), (int)(second % 60));
    return json_string_nocheck(text);
}

json_t *read_local(const Rond__V1__TimeZone *zone, int64_t at_s) {
    struct local_time local;
    char day[DATE_TEXT_SIZE];
    if (zone == NULL)
        return json_null();
    zone_local(zone, at_s, &local);
    day_format(local.day, day);
    return json_sprintf("%s %02d:%02d", day, local.second / HOUR_S % 24, local.second / 60 % 60);
}

json_t *read_weekdays(uint32_t weekdays) {
    json_t *list = json_array();
    for (unsigned i = 0; i < WEEKDAYS; i++)
        if ((weekdays >> i & 1) != 0 && json_array_append_new(list, json_string(WEEKDAY_NAMES[i])) != 0)
            return read_whole(list, false);
    return list;
}

enum rond_err read_day(const char *text, const char *field, day_t otherwise, day_t *ret_day, struct fault *fault) {
    *ret_day = otherwise;
    if (text == NULL || text[0] == '\0' || day_parse(text, ret_day))
        return ROND_OK;
    return fault_both(fault, ROND_EINVALID, 0, field, "'%.40s' is no day; write YYYY-MM-DD.",
                      "”%.40s” är ingen dag; skriv ÅÅÅÅ-MM-DD.", text);
}

bool read_add(json_t *object, const char *name, json_t *take_value) {
    return json_object_set_new_nocheck(object, name, take_value) == 0; // drops take_value where object is NULL
}

static bool add_moment(json_t *object, const char *name, const char *unit, json_t *take_number, json_t *take_moment) {
    char numbered[64];
    snprintf(numbered, sizeof numbered, "%s_%s", name, unit);
    bool added = read_add(object, numbered, take_number);
    return read_add(object, name, take_moment) && added;
}

bool read_add_s(json_t *object, const char *name, int64_t at_s) {
    return add_moment(object, name, "s", json_integer(at_s), read_moment(at_s));
}

bool read_add_ms(json_t *object, const char *name, int64_t at_ms) {
    return add_moment(object, name, "ms", json_integer(at_ms), read_moment(at_ms / 1000 - (at_ms % 1000 < 0)));
}

bool read_add_ms_or_null(json_t *object, const char *name, int64_t at_ms) {
    return at_ms != 0 ? read_add_ms(object, name, at_ms) : add_moment(object, name, "ms", json_null(), json_null());
}

json_t *read_reference_text(const struct report_key *key) {
    char text[SHORT_REFERENCE_SIZE];
    short_reference_format(&key->device, &key->outbox, key->seq, text);
    return json_string_nocheck(text);
}

bool read_add_key(json_t *object, const struct report_key *key) {
    return read_add(object, "reference", read_reference_text(key)) && read_add(object, "device", read_id(&key->device)) &&
           read_add(object, "outbox", read_id(&key->outbox)) && read_add(object, "seq", json_integer((json_int_t)key->seq));
}

json_t *read_key(const struct report_key *key) {
    json_t *object = json_object();
    return read_whole(object, read_add_key(object, key));
}

json_t *read_texts(char *const *texts, size_t count) {
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < count; i++)
        if (json_array_append_new(list, read_text(texts[i])) != 0)
            return read_whole(list, false);
    return list;
}

json_t *read_whole(json_t *take_object, bool complete) {
    if (complete)
        return take_object;
    json_decref(take_object);
    return NULL;
}
