// Who asks, from where, and for what; then the way of every question and change.
//
// Checks go from what costs nothing to what costs most: a proxy's header from a stranger, the path, the origin of a change,
// the session's token and what the page says with it, the session itself, the role, and last, in admin/right.c, the object.
#include "app_people.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/command.h"
#include "base/check.h"
#include "base/log.h"

enum { ROWS_DEFAULT = 100, ROWS_MAX = 500, SEEN_EVERY_MS = 60 * 1000 };

const struct http_header APP_PEOPLE_HEADERS[] = {
    {"content-security-policy:",
     "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"},
    // In place of libwebsockets' own no-referrer, under which a browser says of a form that it comes from nowhere (Origin:
    // null).
    {"referrer-policy:", "same-origin"},
    {"strict-transport-security:", "max-age=31536000; includeSubDomains"},
    {"cross-origin-opener-policy:", "same-origin"},
    {"cross-origin-resource-policy:", "same-origin"},
    {"permissions-policy:", "camera=(), microphone=(), geolocation=()"},
};
const size_t APP_PEOPLE_HEADERS_COUNT = ARRAY_COUNT(APP_PEOPLE_HEADERS);

static struct login_config login_config_of(const struct app *app) {
    return (struct login_config){.idle_ms = (int64_t)app->config->people_idle_minutes * 60 * 1000,
                                 .session_ms = (int64_t)app->config->people_session_hours * 3600 * 1000};
}

// --- Answers ---

void people_refuse(struct app *app, struct http_exchange *exchange, enum people_refusal refusal, const char *field,
                   const char *detail) {
    struct buffer body;
    buffer_init(&body, 8 * 1024);
    app->people.refusals[refusal]++;
    if (people_refusal_write(refusal, field, detail, &body) != ROND_OK)
        buffer_clear(&body);
    if (refusal == REFUSAL_BUSY || refusal == REFUSAL_TOO_MANY)
        (void)http_exchange_header(exchange, "retry-after:", refusal == REFUSAL_BUSY ? "5" : "60");
    http_exchange_answer(exchange, people_refusal_status(refusal), "application/problem+json", buffer_bytes(&body));
    buffer_deinit(&body);
}

struct people_request *people_request_create(struct app *app, struct http_exchange *exchange,
                                             const struct endpoint *endpoint) {
    struct people_request *request = calloc(1, sizeof *request);
    if (!request)
        return NULL;
    request->app = app;
    request->exchange = exchange;
    request->endpoint = endpoint;
    request->id = ++app->next_id;
    (void)snprintf(request->address, sizeof request->address, "%s", http_exchange_head(exchange)->peer);
    buffer_init(&request->answer, PEOPLE_ANSWER_BYTES_MAX);
    http_exchange_set_owner(exchange, request);
    app->people.count++;
    return request;
}

void people_request_destroy(struct people_request *request) {
    request->app->people.count--;
    admin_job_destroy(request->question);
    catalogue_unref(request->catalogue);
    json_decref(request->arguments);
    buffer_deinit(&request->answer);
    if (request->login_try)
        bytes_wipe(request->login_try, sizeof *request->login_try);
    free(request->login_try);
    bytes_wipe(request->token, sizeof request->token);
    free(request);
}

void people_request_refuse(struct people_request *request, enum people_refusal refusal, const char *field,
                           const char *detail) {
    log_event(LOG_LEVEL_INFO, "people_refused", "code=%s endpoint=%s login=%s peer=%s", people_refusal_code(refusal),
              request->endpoint->pattern, request->login[0] ? request->login : "-", request->address);
    if (request->exchange)
        people_refuse(request->app, request->exchange, refusal, field, detail);
    people_request_destroy(request);
}

void people_request_answer(struct people_request *request, unsigned status, const char *content_type, struct bytes body) {
    if (request->exchange)
        http_exchange_answer(request->exchange, status, content_type, body);
    people_request_destroy(request);
}

void app_people_gone(void *context, void *owner) {
    UNUSED(context);
    struct people_request *request = owner;
    request->exchange = NULL; // what was asked is done all the same
    if (request->is_stream)
        app_events_gone(request);
}

// --- What a page says with each change ---

static void proxied_csrf(const struct app *app, const char *login, char ret_csrf[LOGIN_TOKEN_TEXT_SIZE]) {
    char secret[2 * HASH_SIZE + 1 + PERSON_LOGIN_BYTES_MAX + 1];
    hex_encode(bytes_of(app->people.secret, HASH_SIZE), secret);
    (void)snprintf(secret + strlen(secret), sizeof secret - strlen(secret), "%s", login);
    login_token_csrf(secret, ret_csrf);
    bytes_wipe(secret, sizeof secret);
}

static void own_csrf(const struct people_request *request, char ret_csrf[LOGIN_TOKEN_TEXT_SIZE]) {
    if (request->token[0] == '\0')
        proxied_csrf(request->app, request->login, ret_csrf);
    else
        login_token_csrf(request->token, ret_csrf);
}

// --- Lines of admin/command.h to one JSON object ---

static enum rond_err keep_line(void *context, struct bytes bytes) {
    return buffer_append(context, bytes);
}

// Where the last line begins; size_of its text without the line end.
static size_t last_line(const struct buffer *lines) {
    size_t at = lines->size > 0 ? lines->size - 1 : 0;
    while (at > 0 && lines->data[at - 1] != '\n')
        at--;
    return at;
}

static void refuse_by_line(struct people_request *request, json_t *last) {
    enum people_refusal refusal = people_refusal_of((enum rond_err)json_integer_value(json_object_get(last, "err")));
    const char *field = json_string_value(json_object_get(last, "field")),
               *text = json_string_value(json_object_get(last, "error"));
    bool tells = refusal == REFUSAL_ARGUMENT || refusal == REFUSAL_CONFLICT || refusal == REFUSAL_NOT_PERMITTED;
    char kept_field[FAULT_FIELD_SIZE], kept_text[FAULT_TEXT_SIZE];
    (void)snprintf(kept_field, sizeof kept_field, "%s", tells && field ? field : "");
    (void)snprintf(kept_text, sizeof kept_text, "%s", tells && text ? text : "");
    json_decref(last);
    people_request_refuse(request, refusal, kept_field, kept_text);
}

// {"items": [rows], members of the last line}, or the last line alone.
static enum rond_err join_lines(const struct people_request *request, size_t last, struct buffer *body) {
    const struct buffer *lines = &request->answer;
    struct bytes end = bytes_of(lines->data + last, lines->size - last);
    char csrf[LOGIN_TOKEN_TEXT_SIZE];
    enum rond_err err = ROND_OK;
    if ((request->endpoint->flags & ENDPOINT_LIST) || last > 0) {
        err = buffer_append(body, bytes_of_text("{\"items\":["));
        for (size_t at = 0; at < last && !err;) {
            size_t size = (size_t)((const uint8_t *)memchr(lines->data + at, '\n', last - at) - (lines->data + at));
            err = at > 0 ? buffer_append(body, bytes_of_text(",")) : ROND_OK;
            if (!err)
                err = buffer_append(body, bytes_of(lines->data + at, size));
            at += size + 1;
        }
        if (!err)
            err = buffer_append(body, bytes_of_text("],"));
        return err ? err : buffer_append(body, bytes_of(end.data + 1, end.size - 1));
    }
    if (!strcmp(request->endpoint->command, "session.show")) {
        own_csrf(request, csrf);
        err = buffer_printf(body, "{\"csrf\":\"%s\",", csrf);
        return err ? err : buffer_append(body, bytes_of(end.data + 1, end.size - 1));
    }
    return buffer_append(body, end);
}

static void end_cookie(struct people_request *request) {
    bool ends = !strcmp(request->endpoint->command, "session.end") || !strcmp(request->endpoint->command, "session.end-all");
    if (ends && request->exchange)
        (void)http_exchange_header(request->exchange,
                                   "set-cookie:", PEOPLE_COOKIE "=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0");
}

static void answer_lines(struct people_request *request) {
    size_t at = last_line(&request->answer);
    json_t *last = json_loadb((const char *)request->answer.data + at, request->answer.size - at, 0, NULL);
    struct buffer body;
    if (!last || !json_is_true(json_object_get(last, "ok"))) {
        refuse_by_line(request, last);
        return;
    }
    json_decref(last);
    buffer_init(&body, PEOPLE_ANSWER_BYTES_MAX + 1024);
    if (join_lines(request, at, &body) != ROND_OK) {
        people_request_refuse(request, REFUSAL_FAILED, "", "");
    } else {
        end_cookie(request);
        people_request_answer(request, HTTP_STATUS_OK, "application/json", buffer_bytes(&body));
    }
    buffer_deinit(&body);
}

// --- Question and change ---

static void run_question(struct reader_job *job, struct store *read_only) {
    struct people_request *request = (struct people_request *)((char *)job - offsetof(struct people_request, job));
    const struct admin_out out = {.write = keep_line, .context = &request->answer};
    request->err = read_only ? admin_read(request->question, read_only, request->catalogue, &out)
                             : admin_refuse(job->open_err, &job->fault, &out);
}

static void end_question(struct reader_job *job) {
    struct people_request *request = (struct people_request *)((char *)job - offsetof(struct people_request, job));
    if (request->err) // longer than an answer may be, or no memory: there is no last line
        people_request_refuse(request, REFUSAL_FAILED, "", "");
    else
        answer_lines(request);
}

static void ask(struct people_request *request) {
    request->catalogue = catalogue_ref(request->app->catalogue);
    request->job = (struct reader_job){.run = run_question, .done = end_question};
    if (readers_submit(request->app->readers, &request->job) != ROND_OK)
        people_request_refuse(request, REFUSAL_BUSY, "", "");
}

static struct id128 key_of(uint64_t id) {
    struct id128 key = {0};
    put_be64(key.b, id);
    return key;
}

void people_request_submit(struct people_request *request, struct submission *take_submission) {
    struct id128 key = key_of(request->id);
    take_submission->session = request->id;
    take_submission->received_ms = clock_wall_ms(request->app->clock);
    if (id_map_put(&request->app->people.pending, &key, request) == ROND_OK) {
        if (app_submit(request->app, take_submission) == ROND_OK)
            return;
        id_map_remove(&request->app->people.pending, &key);
    }
    submission_destroy(take_submission);
    people_request_refuse(request, REFUSAL_BUSY, "", "");
}

bool app_people_settle(struct app *app, struct submission *submission) {
    struct id128 key = key_of(submission->session);
    struct people_request *request = submission->session ? id_map_get(&app->people.pending, &key) : NULL;
    if (!request)
        return false;
    id_map_remove(&app->people.pending, &key);
    if (request->login_try) {
        people_login_settle(request, submission);
        return true;
    }
    if (!submission->err && request->question) {
        ask(request);
    } else {
        const struct admin_out out = {.write = keep_line, .context = &request->answer};
        if (admin_answer(submission, &out) != ROND_OK)
            people_request_refuse(request, REFUSAL_FAILED, "", "");
        else
            answer_lines(request);
    }
    submission_destroy(submission);
    return true;
}

static void see(struct people_request *request, int64_t now_ms) {
    struct submission *submission = NULL;
    if (request->token[0] == '\0' || now_ms - request->session.seen_ms < SEEN_EVERY_MS)
        return;
    if (session_seen_submission(&request->session, now_ms, &submission) != ROND_OK)
        return;
    if (app_submit(request->app, submission) != ROND_OK)
        submission_destroy(submission); // the next request says it
}

static void carry_out(struct people_request *request) {
    struct app *app = request->app;
    char *text = json_dumps(request->arguments, JSON_COMPACT);
    if (!text) {
        people_request_refuse(request, REFUSAL_FAILED, "", "");
        return;
    }
    const struct admin_request asked = {
        .login = request->login, .endpoint = request->endpoint, .page = request->page, .json = bytes_of_text(text)};
    const struct admin_context against = {.catalogue = app->catalogue,
                                          .ca = app->ca,
                                          .enrolment_url = app->enrolment_url,
                                          .directory = app->config->data_dir,
                                          .clock = app->clock,
                                          .rng = app->rng};
    struct admin_work work = {0};
    admin_prepare(&asked, &against, &work);
    free(text);
    request->question = work.job;
    switch (work.route) {
    case ADMIN_INVALID:
        people_request_refuse(request, people_refusal_of(work.err), work.fault.field, work.fault.text);
        break;
    case ADMIN_READ:
        ask(request);
        break;
    case ADMIN_COMMAND:
        people_request_submit(request, work.submission);
        break;
    }
}

// --- Session and role: on a reader thread ---

static enum rond_err find_session(struct people_request *request, struct store *store, struct arena *arena, int64_t now_ms) {
    const struct login_config config = login_config_of(request->app);
    if (request->token[0] == '\0')
        return ROND_OK; // the proxy has said who it is
    enum rond_err err = store->registry->session_get(store, &request->session.token_hash, arena, &request->session);
    if (!err && !session_lasts(&request->session, &config, now_ms))
        err = ROND_ENOTFOUND;
    if (!err)
        (void)snprintf(request->login, sizeof request->login, "%s", request->session.login);
    request->session.login = NULL;
    return err;
}

static void look_up(struct people_request *request, struct store *store, struct arena *arena) {
    struct person person;
    int64_t now_ms = clock_wall_ms(request->app->clock);
    enum rond_err err = find_session(request, store, arena, now_ms);
    if (!err)
        err = store->registry->person_get(store, request->login, arena, &person);
    if (err == ROND_ENOTFOUND || (!err && person.locked))
        request->refusal = REFUSAL_NOT_LOGGED_IN;
    else if (err)
        request->refusal = REFUSAL_FAILED;
    else if (!access_may_somewhere(person.grants, person.grants_count, request->endpoint->action, now_ms))
        request->refusal = REFUSAL_NOT_PERMITTED;
}

static void run_look_up(struct reader_job *job, struct store *read_only) {
    struct people_request *request = (struct people_request *)((char *)job - offsetof(struct people_request, job));
    struct arena arena;
    arena_init(&arena, 256 * 1024);
    if (read_only)
        look_up(request, read_only, &arena);
    else
        request->refusal = REFUSAL_FAILED;
    arena_deinit(&arena);
}

// What names the own session is said by us, whatever the body says.
static bool add_own_session(struct people_request *request) {
    char hash[2 * HASH_SIZE + 1];
    if (request->endpoint->object != OBJECT_SELF)
        return true;
    hex_encode(bytes_of(request->session.token_hash.b, HASH_SIZE), hash);
    return json_object_set_new(request->arguments, "login", json_string(request->login)) == 0 &&
           json_object_set_new(request->arguments, "session", json_string(hash)) == 0;
}

static void end_look_up(struct reader_job *job) {
    struct people_request *request = (struct people_request *)((char *)job - offsetof(struct people_request, job));
    struct app *app = request->app;
    const char *reason = json_string_value(json_object_get(request->arguments, "reason"));
    if (app->stage != APP_SERVING)
        people_request_refuse(request, REFUSAL_BUSY, "", "");
    else if (request->refusal)
        people_request_refuse(request, request->refusal, "", "");
    else if ((request->endpoint->flags & ENDPOINT_REASON) && (!reason || strspn(reason, " ") == strlen(reason)))
        people_request_refuse(request, REFUSAL_REASON, "reason", "");
    else if (!add_own_session(request))
        people_request_refuse(request, REFUSAL_FAILED, "", "");
    else if (request->endpoint->flags & ENDPOINT_STREAM)
        app_events_begin(request);
    else {
        see(request, clock_wall_ms(app->clock));
        carry_out(request);
    }
}

// --- Arguments ---

static bool put_text(json_t *arguments, const char *name, const char *value) {
    static const char *const NUMBERS[] = {"decision", "number", "version", "size", "seed"};
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

static bool put_query(struct people_request *request, const struct http_head *head) {
    static const char *const NAMES[] = {"area", "organisation", "promise", "since",  "until", "which",
                                        "list", "week",         "version", "from",   "to",    "size",
                                        "seed", "reason",       "actor",   "action", "order"};
    uint64_t limit = 0;
    if (!number_of(http_head_argument(head, "after"), 0, INT64_MAX, &request->page.after) ||
        !number_of(http_head_argument(head, "limit"), ROWS_DEFAULT, ROWS_MAX, &limit) || limit == 0)
        return false;
    request->page.limit = request->endpoint->flags & ENDPOINT_LIST ? (size_t)limit : 0;
    for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++) {
        const char *value = http_head_argument(head, NAMES[i]);
        if (value && (!utf8_is_valid(bytes_of_text(value)) || !put_text(request->arguments, NAMES[i], value)))
            return false;
    }
    return true;
}

// What the path says stands above what the body or the query says.
static bool take_arguments(struct people_request *request, const struct endpoint_match *match, struct bytes body) {
    const struct http_head *head = http_exchange_head(request->exchange);
    bool is_post = match->endpoint->method == ENDPOINT_POST;
    request->arguments = is_post && body.size > 0
                             ? json_loadb((const char *)body.data, body.size, JSON_REJECT_DUPLICATES, NULL)
                             : json_object();
    return json_is_object(request->arguments) && (is_post || put_query(request, head)) &&
           put_path(request->arguments, match) &&
           json_object_set_new(request->arguments, "command", json_string(match->endpoint->command)) == 0;
}

// --- From where, and by whom ---

static bool is_own_origin(const struct app *app, const char *origin) {
    size_t size = strlen(origin);
    for (const char *at = app->people.origins; *at != '\0' && size > 0;) {
        size_t length = strcspn(at, " ");
        if (length == size && !memcmp(at, origin, size))
            return true;
        at += length + strspn(at + length, " ");
    }
    return false;
}

// A browser says with each change where it comes from; whoever says nothing is no browser of ours. The pages before a log-in
// may be reached by a link from anywhere.
static bool comes_from_us(const struct app *app, const struct http_head *head, const struct endpoint *endpoint) {
    if (endpoint->method == ENDPOINT_GET)
        return endpoint->object == OBJECT_PUBLIC || strcmp(head->fetch_site, "cross-site") != 0;
    return is_own_origin(app, head->origin) && (head->fetch_site[0] == '\0' || !strcmp(head->fetch_site, "same-origin"));
}

static bool is_the_proxy(const struct app *app, const struct http_head *head) {
    return app->people.proxy[0] != '\0' && !strcmp(app->people.proxy, head->peer);
}

// Who it is said to be; whether that session is there is looked up later. REFUSAL_NONE where it may go on.
static enum people_refusal take_person(struct people_request *request, bool is_post) {
    const struct http_head *head = http_exchange_head(request->exchange);
    char csrf[LOGIN_TOKEN_TEXT_SIZE];
    if (head->has_remote_user) {
        if (!login_name_is_valid(head->remote_user))
            return REFUSAL_NOT_LOGGED_IN;
        strcpy(request->login, head->remote_user);
    } else {
        if (!http_head_cookie(head, PEOPLE_COOKIE, request->token, sizeof request->token) ||
            !login_token_hash(request->token, &request->session.token_hash)) {
            request->token[0] = '\0';
            return REFUSAL_NOT_LOGGED_IN;
        }
    }
    own_csrf(request, csrf);
    bool says_it = strlen(head->csrf) == strlen(csrf) &&
                   bytes_equal_secret((const uint8_t *)head->csrf, (const uint8_t *)csrf, strlen(csrf));
    return is_post && !says_it ? REFUSAL_CSRF : REFUSAL_NONE;
}

static void begin(struct people_request *request, const struct endpoint_match *match, struct bytes body) {
    bool is_post = match->endpoint->method == ENDPOINT_POST;
    const struct http_head *head = http_exchange_head(request->exchange);
    enum people_refusal refusal = take_person(request, is_post);
    if (refusal) {
        people_request_refuse(request, refusal, "", "");
    } else if ((is_post && body.size > 0 && !http_head_is_of_type(head, "application/json")) ||
               !take_arguments(request, match, body)) {
        people_request_refuse(request, REFUSAL_REQUEST_INVALID, "", "");
    } else {
        request->job = (struct reader_job){.run = run_look_up, .done = end_look_up};
        if (readers_submit(request->app->readers, &request->job) != ROND_OK)
            people_request_refuse(request, REFUSAL_BUSY, "", "");
    }
}

// --- Public ---

static void answer_page(struct people_request *request) {
    struct buffer page;
    buffer_init(&page, 64 * 1024);
    bool is_style = !strcmp(request->endpoint->pattern, "/rond.css");
    enum rond_err err = is_style ? buffer_append(&page, bytes_of_text(PEOPLE_STYLE))
                                 : people_page_write(!strcmp(request->endpoint->pattern, "/setup") ? PAGE_SETUP : PAGE_LOGIN,
                                                     REFUSAL_NONE, "", &page);
    if (err)
        people_request_refuse(request, REFUSAL_FAILED, "", "");
    else
        people_request_answer(request, HTTP_STATUS_OK, is_style ? "text/css" : "text/html; charset=utf-8",
                              buffer_bytes(&page));
    buffer_deinit(&page);
}

static void refuse_stranger(struct app *app, struct http_exchange *exchange, enum people_refusal refusal) {
    log_event(LOG_LEVEL_WARN, "people_refused", "code=%s peer=%s", people_refusal_code(refusal),
              http_exchange_head(exchange)->peer);
    people_refuse(app, exchange, refusal, "", "");
}

void app_people_requested(void *context, struct http_exchange *exchange, enum http_method method, const char *path,
                          struct bytes body) {
    struct app *app = context;
    const struct http_head *head = http_exchange_head(exchange);
    bool is_post = method == HTTP_POST;
    struct endpoint_match match = endpoint_match(is_post ? ENDPOINT_POST : ENDPOINT_GET, path);
    enum people_refusal refusal = REFUSAL_NONE;
    if (head->has_remote_user && !is_the_proxy(app, head))
        refusal = REFUSAL_PROXY_HEADER;
    else if (head->is_wrong)
        refusal = REFUSAL_REQUEST_INVALID;
    else if (!match.endpoint)
        refusal = match.other_method ? REFUSAL_METHOD : REFUSAL_NOT_FOUND;
    else if (!comes_from_us(app, head, match.endpoint))
        refusal = REFUSAL_ORIGIN;
    else if (app->stage != APP_SERVING)
        refusal = REFUSAL_BUSY;
    struct people_request *request = refusal ? NULL : people_request_create(app, exchange, match.endpoint);
    if (!request)
        refuse_stranger(app, exchange, refusal ? refusal : REFUSAL_BUSY);
    else if (match.endpoint->object != OBJECT_PUBLIC)
        begin(request, &match, body);
    else if (is_post)
        people_login_begin(request, body);
    else if (match.endpoint->flags & ENDPOINT_FILE)
        app_web_answer(request, path);
    else
        answer_page(request);
}

// --- Life ---

enum rond_err app_people_init(struct app *app) {
    struct app_people *people = &app->people;
    const char *proxy = app->config->people_proxy;
    struct in6_addr address;
    rng_fill(app->rng, people->secret, sizeof people->secret);
    if (proxy[0] == '/')
        strcpy(people->proxy, "unix");
    else if (inet_pton(AF_INET, proxy, &address) == 1)
        (void)inet_ntop(AF_INET, &address, people->proxy, sizeof people->proxy);
    else if (inet_pton(AF_INET6, proxy, &address) == 1)
        (void)inet_ntop(AF_INET6, &address, people->proxy, sizeof people->proxy);
    return address_limits_init(&people->limits, 1, app->config->people_logins_per_minute, app->rng);
}

enum rond_err app_people_open(struct app *app, struct fault *fault) {
    const struct config *config = app->config;
    struct buffer origins;
    enum rond_err err = ROND_OK;
    buffer_init(&origins, sizeof app->people.origins - 1);
    for (const char *at = config->people_origins; *at != '\0' && !err; at += strcspn(at, ", \t"), at += strspn(at, ", \t"))
        err = buffer_printf(&origins, "%.*s ", (int)strcspn(at, ", \t"), at);
    for (size_t i = 0; i < config->hostnames_count && config->people_origins[0] == '\0' && !err; i++) {
        const char *name = config->hostnames[i];
        bool is_v6 = strchr(name, ':') != NULL;
        err = app->ports[NETWORK_PEOPLE] == 443
                  ? buffer_printf(&origins, "https://%s%s%s ", is_v6 ? "[" : "", name, is_v6 ? "]" : "")
                  : buffer_printf(&origins, "https://%s%s%s:%u ", is_v6 ? "[" : "", name, is_v6 ? "]" : "",
                                  (unsigned)app->ports[NETWORK_PEOPLE]);
    }
    (void)snprintf(app->people.origins, sizeof app->people.origins, "%s", buffer_text(&origins));
    buffer_deinit(&origins);
    return err ? fault_set(fault, err, 0, "people.origins", "The origins are too long.") : ROND_OK;
}

void app_people_deinit(struct app *app) {
    for (size_t i = 0; i < app->people.pending.capacity; i++) {
        struct people_request *request = app->people.pending.slots[i].value;
        if (request)
            people_request_destroy(request); // its asker went with the listener
    }
    id_map_deinit(&app->people.pending);
    address_limits_deinit(&app->people.limits);
    bytes_wipe(app->people.secret, sizeof app->people.secret);
}
