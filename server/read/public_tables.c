#include "read/public_tables.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "read/csv.h"
#include "read/rows.h"

// ---- CSV ----

// Where a column's value lies: of the whole document, the promise, the commitment, or the place of a breakdown.
enum source { OF_DOCUMENT, OF_PROMISE, OF_AREA, OF_COMMITMENT, OF_FIGURE, OF_PLACE };
static const struct {
    const char *column;
    enum source source;
    const char *name;
} COLUMNS[] = {
    {"area", OF_AREA, "id"},
    {"area_name", OF_AREA, "name"},
    {"promise", OF_PROMISE, "promise"},
    {"promise_title_sv", OF_PROMISE, "title_sv"},
    {"promise_title_en", OF_PROMISE, "title_en"},
    {"from", OF_PROMISE, "from"},
    {"to", OF_PROMISE, "to"},
    {"phase", OF_PROMISE, "phase"},
    {"commitment", OF_COMMITMENT, "commitment"},
    {"title_sv", OF_COMMITMENT, "title_sv"},
    {"title_en", OF_COMMITMENT, "title_en"},
    {"measure", OF_COMMITMENT, "measure"},
    {"per", OF_COMMITMENT, "per"},
    {"place", OF_PLACE, "place"},
    {"place_name", OF_PLACE, "name"},
    {"done", OF_FIGURE, "done"},
    {"target", OF_FIGURE, "target"},
    {"target_whole", OF_FIGURE, "target_whole"},
    {"status", OF_FIGURE, "status"},
    {"status_by_reports", OF_FIGURE, "status_by_reports"},
    {"summary_sv", OF_FIGURE, "summary_sv"},
    {"summary_en", OF_FIGURE, "summary_en"},
    {"devices", OF_FIGURE, "devices"},
    {"silent", OF_FIGURE, "silent"},
    {"week", OF_DOCUMENT, "week"},
    {"address", OF_PROMISE, "address"},
    {"licence", OF_DOCUMENT, "licence"},
};

struct row {
    const json_t *document, *promise, *commitment;
    const json_t *place; // NULL: the commitment's own figure
};

static json_t *cell(const struct row *row, size_t column) {
    const char *name = COLUMNS[column].name;
    switch (COLUMNS[column].source) {
    case OF_DOCUMENT:
        return json_object_get(row->document, name);
    case OF_PROMISE:
        return json_object_get(row->promise, name);
    case OF_AREA:
        return json_object_get(json_object_get(row->promise, "area"), name);
    case OF_COMMITMENT:
        return json_object_get(row->commitment, name);
    case OF_PLACE:
        return json_object_get(row->place, name);
    case OF_FIGURE:
        if (row->place == NULL)
            return json_object_get(row->commitment, name);
        return strcmp(name, "done") == 0 ? json_object_get(row->place, "kept") : NULL;
    }
    return NULL;
}

struct table {
    struct csv_columns columns;
    struct buffer *to;
};

static enum rond_err put_row(const struct table *table, const struct row *row) {
    json_t *cells = json_object();
    bool added = cells != NULL;
    for (size_t i = 0; i < ARRAY_COUNT(COLUMNS) && added; i++) {
        json_t *value = cell(row, i);
        added = value == NULL || json_object_set(cells, COLUMNS[i].column, value) == 0;
    }
    enum rond_err err = added ? csv_row(&table->columns, cells, table->to) : ROND_ENOMEM;
    json_decref(cells);
    return err;
}

static enum rond_err put_commitment(const struct table *table, struct row row) {
    const json_t *places = json_object_get(row.commitment, "kept_by_place");
    enum rond_err err = put_row(table, &row);
    for (size_t i = 0; i < json_array_size(places) && err == ROND_OK; i++) {
        row.place = json_array_get(places, i);
        err = put_row(table, &row);
    }
    return err;
}

enum rond_err public_csv_write(const json_t *document, struct buffer *to) {
    const char *names[ARRAY_COUNT(COLUMNS)];
    const struct table table = {.columns = {names, ARRAY_COUNT(COLUMNS)}, .to = to};
    const json_t *promises = json_object_get(document, "promises");
    for (size_t i = 0; i < ARRAY_COUNT(COLUMNS); i++)
        names[i] = COLUMNS[i].column;
    enum rond_err err = csv_begin(&table.columns, to);
    for (size_t i = 0; i < json_array_size(promises) && err == ROND_OK; i++) {
        const json_t *promise = json_array_get(promises, i), *commitments = json_object_get(promise, "commitments");
        for (size_t j = 0; j < json_array_size(commitments) && err == ROND_OK; j++)
            err = put_commitment(&table, (struct row){document, promise, json_array_get(commitments, j), NULL});
    }
    return err;
}

// ---- GeoJSON ----

enum { DIGITS = 7 }; // of a number with two decimals, up to a hundred and eighty

static json_t *degrees(const json_t *place, const char *name) {
    return json_real((double)json_integer_value(json_object_get(place, name)) / 100.0);
}

static json_t *point(const json_t *place) {
    json_t *position = json_array(), *object = json_object();
    bool added = json_array_append_new(position, degrees(place, "longitude_e2")) == 0 &&
                 json_array_append_new(position, degrees(place, "latitude_e2")) == 0;
    added = read_add(object, "coordinates", position) && added && read_add(object, "type", json_string("Point"));
    return read_whole(object, added);
}

static bool copy(json_t *to, const char *as, const json_t *from, const char *name) {
    return read_add(to, as, json_incref(json_object_get(from, name)));
}

static json_t *properties(const json_t *document, const json_t *promise, const json_t *place) {
    json_t *object = json_object();
    bool added = copy(object, "promise", promise, "promise") && copy(object, "title_sv", promise, "title_sv") &&
                 copy(object, "title_en", promise, "title_en") &&
                 copy(object, "area", json_object_get(promise, "area"), "name") && copy(object, "from", promise, "from") &&
                 copy(object, "to", promise, "to") && copy(object, "address", promise, "address") &&
                 copy(object, "page", promise, "page") && copy(object, "licence", document, "licence") &&
                 copy(object, "week", document, "week") &&
                 (place == NULL || (copy(object, "place", place, "place") && copy(object, "place_name", place, "name")));
    return read_whole(object, added);
}

static bool feature_add(json_t *features, const json_t *document, const json_t *promise, const json_t *place) {
    json_t *object = json_object();
    bool added = read_add(object, "type", json_string("Feature")) &&
                 read_add(object, "geometry", place == NULL ? json_null() : point(place)) &&
                 read_add(object, "properties", properties(document, promise, place));
    return json_array_append_new(features, read_whole(object, added)) == 0;
}

static bool promise_features_add(json_t *features, const json_t *document, const json_t *promise) {
    const json_t *places = json_object_get(promise, "places");
    bool added = json_array_size(places) > 0 || feature_add(features, document, promise, NULL);
    for (size_t i = 0; i < json_array_size(places) && added; i++)
        added = feature_add(features, document, promise, json_array_get(places, i));
    return added;
}

enum rond_err public_geojson_write(const json_t *document, struct buffer *to) {
    const json_t *promises = json_object_get(document, "promises");
    json_t *object = json_object(), *features = json_array();
    bool added = read_add(object, "features", features) && read_add(object, "type", json_string("FeatureCollection")) &&
                 copy(object, "licence", document, "licence") && copy(object, "week", document, "week");
    for (size_t i = 0; i < json_array_size(promises) && added; i++)
        added = promise_features_add(features, document, json_array_get(promises, i));
    char *text = added ? json_dumps(object, JSON_SORT_KEYS | JSON_COMPACT | JSON_REAL_PRECISION(DIGITS)) : NULL;
    enum rond_err err = text == NULL ? ROND_ENOMEM : buffer_append(to, bytes_of_text(text));
    free(text);
    json_decref(object);
    return err == ROND_OK ? buffer_append(to, bytes_of_text("\n")) : err;
}
