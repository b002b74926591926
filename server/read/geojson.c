#include "read/geojson.h"

#include <stdlib.h>

#include "read/rows.h"

enum { DIGITS = 9 }; // of a number with six decimals, up to a hundred and eighty

static json_t *degrees(const json_t *e6) {
    return json_real((double)json_integer_value(e6) / 1e6);
}

static json_t *geometry(const json_t *latitude_e6, const json_t *longitude_e6) {
    if (!json_is_integer(latitude_e6) || !json_is_integer(longitude_e6))
        return json_null();
    json_t *position = json_array(), *object = json_object();
    bool added = json_array_append_new(position, degrees(longitude_e6)) == 0 &&
                 json_array_append_new(position, degrees(latitude_e6)) == 0;
    added = read_add(object, "coordinates", position) && added && read_add(object, "type", json_string("Point"));
    return read_whole(object, added);
}

static json_t *feature(json_t *row) {
    json_t *object = json_object();
    json_t *point = geometry(json_object_get(row, "latitude_e6"), json_object_get(row, "longitude_e6"));
    (void)json_object_del(row, "latitude_e6");
    (void)json_object_del(row, "longitude_e6");
    bool added = read_add(object, "geometry", point);
    added = read_add(object, "properties", json_incref(row)) && added && read_add(object, "type", json_string("Feature"));
    return read_whole(object, added);
}

enum rond_err geojson_begin(struct buffer *to) {
    return buffer_append(to, bytes_of_text("{\"type\":\"FeatureCollection\",\"features\":["));
}

enum rond_err geojson_row(json_t *row, bool is_first, struct buffer *to) {
    json_t *object = feature(row);
    char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS));
    enum rond_err err = text == NULL ? ROND_ENOMEM : buffer_printf(to, "%s\n%s", is_first ? "" : ",", text);
    free(text);
    json_decref(object);
    return err;
}

enum rond_err geojson_end(struct buffer *to) {
    return buffer_append(to, bytes_of_text("\n]}\n"));
}
