// What is asked for, as the arguments of admin/command.h: what the path says stands above body and query.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app_people.h"
#include "base/check.h"

enum { ROWS_DEFAULT = 100, ROWS_MAX = 500 };

static bool put_text(json_t *arguments, const char *name, const char *value) {
    static const char *const NUMBERS[] = {"decision",    "number",       "version",  "size",    "seed",
                                          "latitude_e6", "longitude_e6", "square_m", "from_ms", "to_ms"};
    char *end = NULL;
    for (size_t i = 0; i < ARRAY_COUNT(NUMBERS); i++)
        if (!strcmp(NUMBERS[i], name)) {
            long long number = strtoll(value, &end, 10);
            return value[0] != '\0' && *end == '\0' && json_object_set_new(arguments, name, json_integer(number)) == 0;
        }
    return json_object_set_new(arguments, name, json_string(value)) == 0;
}

static bool put_path(json_t *arguments, const struct endpoint_match *match) {
    for (size_t i = 0; i < match->count; i++) {
        char name[32], value[ENDPOINT_PATH_BYTES_MAX];
        if (match->arguments[i].name.size >= sizeof name || match->arguments[i].value.size >= sizeof value)
            return false;
        (void)snprintf(name, sizeof name, "%.*s", (int)match->arguments[i].name.size,
                       (const char *)match->arguments[i].name.data);
        (void)snprintf(value, sizeof value, "%.*s", (int)match->arguments[i].value.size,
                       (const char *)match->arguments[i].value.data);
        if (!utf8_is_valid(bytes_of_text(value)) || !put_text(arguments, name, value))
            return false;
    }
    if (match->endpoint->object != OBJECT_COMMITMENT)
        return true;
    json_t *path = json_sprintf("%s/%s", json_string_value(json_object_get(arguments, "promise")),
                                json_string_value(json_object_get(arguments, "commitment")));
    return path && json_object_set_new(arguments, "commitment", path) == 0;
}

static bool number_of(const char *text, uint64_t otherwise, uint64_t max, uint64_t *ret_number) {
    *ret_number = otherwise;
    if (!text)
        return true;
    if (text[0] == '\0' || strlen(text) > 18 || strspn(text, "0123456789") != strlen(text))
        return false;
    *ret_number = strtoull(text, NULL, 10);
    return *ret_number <= max;
}

// Of a part of a list: where nothing is said, and at most.
static uint64_t rows_default(const struct people_request *request) {
    bool is_whole = request->endpoint->flags & ENDPOINT_WHOLE;
    return request->columns ? PEOPLE_FILE_ROWS_MAX : is_whole ? PEOPLE_WHOLE_ROWS_MAX : ROWS_DEFAULT;
}

static uint64_t rows_max(const struct people_request *request) {
    return rows_default(request) == ROWS_DEFAULT ? ROWS_MAX : rows_default(request);
}

static bool put_query(struct people_request *request, const struct http_head *head) {
    static const char *const NAMES[] = {"area",  "organisation", "promise",      "since",    "until",   "which", "list",
                                        "week",  "version",      "from",         "to",       "size",    "seed",  "reason",
                                        "actor", "action",       "order",        "kind",     "period",  "place", "weekday",
                                        "hour",  "latitude_e6",  "longitude_e6", "square_m", "from_ms", "to_ms"};
    uint64_t limit = 0;
    if (!number_of(http_head_argument(head, "after"), 0, INT64_MAX, &request->page.after) ||
        !people_file_take(request, head))
        return false;
    if (!number_of(http_head_argument(head, "limit"), rows_default(request), rows_max(request), &limit) || limit == 0)
        return false;
    request->page.limit = request->endpoint->flags & ENDPOINT_LIST ? (size_t)limit : 0;
    for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++) {
        const char *value = http_head_argument(head, NAMES[i]);
        if (value && (!utf8_is_valid(bytes_of_text(value)) || !put_text(request->arguments, NAMES[i], value)))
            return false;
    }
    return true;
}

bool people_request_take(struct people_request *request, const struct endpoint_match *match, struct bytes body) {
    const struct http_head *head = http_exchange_head(request->exchange);
    bool is_post = match->endpoint->method == ENDPOINT_POST;
    request->body_size = body.size;
    request->arguments = is_post && body.size > 0
                             ? json_loadb((const char *)body.data, body.size, JSON_REJECT_DUPLICATES, NULL)
                             : json_object();
    return json_is_object(request->arguments) && (is_post || put_query(request, head)) &&
           put_path(request->arguments, match) &&
           (!match->endpoint->command ||
            json_object_set_new(request->arguments, "command", json_string(match->endpoint->command)) == 0);
}

bool people_request_add_own(struct people_request *request) {
    char hash[2 * HASH_SIZE + 1];
    if (request->endpoint->object != OBJECT_SELF)
        return true;
    hex_encode(bytes_of(request->session.token_hash.b, HASH_SIZE), hash);
    return json_object_set_new(request->arguments, "login", json_string(request->login)) == 0 &&
           json_object_set_new(request->arguments, "session", json_string(hash)) == 0;
}
