// A list for spreadsheets (read/csv.h): the same question, whose rows become lines of CSV as they come. A part is larger
// than one of JSON, since whoever opens a file wants the whole of it, and the part ends where the next one goes on.
#include <stdio.h>
#include <string.h>

#include "app_people.h"
#include "read/csv.h"

bool people_csv_take(struct people_request *request, const struct http_head *head) {
    const char *format = http_head_argument(head, "format");
    if (!format || !strcmp(format, "json"))
        return true;
    request->columns = request->endpoint->flags & ENDPOINT_LIST ? web_columns_find(request->endpoint->pattern) : NULL;
    return request->columns && !strcmp(format, "csv");
}

static enum rond_err write_row(struct people_request *request) {
    const struct csv_columns columns = {.paths = request->columns->paths, .count = request->columns->count};
    json_t *row = json_loadb((const char *)request->answer.data, request->answer.size, 0, NULL);
    enum rond_err err = row ? csv_row(&columns, row, &request->csv) : ROND_ENOMEM;
    json_decref(row);
    buffer_clear(&request->answer);
    return err;
}

// The line before is a row as soon as another one follows it; the last one stays.
enum rond_err people_csv_line(void *context, struct bytes bytes) {
    struct people_request *request = context;
    const struct csv_columns columns = {.paths = request->columns->paths, .count = request->columns->count};
    struct buffer *line = &request->answer;
    bool is_whole = line->size > 0 && line->data[line->size - 1] == '\n';
    enum rond_err err = request->csv.size == 0 ? csv_begin(&columns, &request->csv) : ROND_OK;
    if (!err && is_whole)
        err = write_row(request);
    return err ? err : buffer_append(line, bytes);
}

void people_csv_head(struct people_request *request, const json_t *last) {
    const json_t *next = json_object_get(last, "next");
    char text[96];
    if (!request->exchange)
        return;
    (void)snprintf(text, sizeof text, "attachment; filename=\"%s\"", request->columns->file);
    (void)http_exchange_header(request->exchange, "content-disposition:", text);
    if (!json_is_integer(next))
        return;
    (void)snprintf(text, sizeof text, "%lld", (long long)json_integer_value(next));
    (void)http_exchange_header(request->exchange, "x-rond-next:", text);
}
