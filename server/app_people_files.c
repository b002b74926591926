// A list as a file, for spreadsheets (read/csv.h) and map programs (read/geojson.h): the same question, whose rows become
// lines of the file as they come. A part is larger than one of JSON, since whoever opens a file wants the whole of it, and the
// part ends where the next one goes on.
#include <stdio.h>
#include <string.h>

#include "app_people.h"
#include "read/csv.h"
#include "read/geojson.h"

static bool stands_on_the_ground(const struct web_columns *columns) {
    for (size_t i = 0; i < columns->count; i++)
        if (!strcmp(columns->paths[i], "latitude_e6"))
            return true;
    return false;
}

bool people_file_take(struct people_request *request, const struct http_head *head) {
    const char *format = http_head_argument(head, "format");
    if (!format || !strcmp(format, "json"))
        return true;
    request->columns = request->endpoint->flags & ENDPOINT_LIST ? web_columns_find(request->endpoint->pattern) : NULL;
    request->is_geojson = request->columns && stands_on_the_ground(request->columns) && !strcmp(format, "geojson");
    return request->columns && (request->is_geojson || !strcmp(format, "csv"));
}

static struct csv_columns columns_of(const struct people_request *request) {
    return (struct csv_columns){.paths = request->columns->paths, .count = request->columns->count};
}

static enum rond_err write_row(struct people_request *request) {
    const struct csv_columns columns = columns_of(request);
    json_t *row = json_loadb((const char *)request->answer.data, request->answer.size, 0, NULL);
    enum rond_err err = !row                  ? ROND_ENOMEM
                        : request->is_geojson ? geojson_row(row, request->file_rows == 0, &request->file)
                                              : csv_row(&columns, row, &request->file);
    request->file_rows++;
    json_decref(row);
    buffer_clear(&request->answer);
    return err;
}

static enum rond_err begin(struct people_request *request) {
    const struct csv_columns columns = columns_of(request);
    return request->is_geojson ? geojson_begin(&request->file) : csv_begin(&columns, &request->file);
}

// The line before is a row as soon as another one follows it; the last one stays.
enum rond_err people_file_line(void *context, struct bytes bytes) {
    struct people_request *request = context;
    struct buffer *line = &request->answer;
    bool is_whole = line->size > 0 && line->data[line->size - 1] == '\n';
    enum rond_err err = request->file.size == 0 ? begin(request) : ROND_OK;
    if (!err && is_whole)
        err = write_row(request);
    return err ? err : buffer_append(line, bytes);
}

enum rond_err people_file_end(struct people_request *request) {
    return request->is_geojson ? geojson_end(&request->file) : ROND_OK;
}

const char *people_file_type(const struct people_request *request) {
    return request->is_geojson ? "application/geo+json" : "text/csv; charset=utf-8; header=present";
}

void people_file_head(struct people_request *request, const json_t *last) {
    const json_t *next = json_object_get(last, "next");
    char text[96];
    if (!request->exchange)
        return;
    (void)snprintf(text, sizeof text, "attachment; filename=\"%s.%s\"", request->columns->file,
                   request->is_geojson ? "geojson" : "csv");
    (void)http_exchange_header(request->exchange, "content-disposition:", text);
    if (!json_is_integer(next))
        return;
    (void)snprintf(text, sizeof text, "%lld", (long long)json_integer_value(next));
    (void)http_exchange_header(request->exchange, "x-rond-next:", text);
}
