// A person's request that was let in: the way of every question and change, from its arguments to its answer.
#include "app_people.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/command.h"
#include "base/check.h"
#include "base/log.h"
#include "base/sha256.h"

struct login_config people_login_config(const struct app *app) {
    return (struct login_config){.idle_ms = (int64_t)app->config->people_idle_minutes * 60 * 1000,
                                 .session_ms = (int64_t)app->config->people_session_hours * 3600 * 1000};
}

// --- Answers ---

void people_refuse(struct app *app, struct http_exchange *exchange, enum people_refusal refusal, const struct fault *why) {
    struct buffer body;
    buffer_init(&body, 8 * 1024);
    app->people.refusals[refusal]++;
    if (people_refusal_write(refusal, why, &body) != ROND_OK)
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
    buffer_init(&request->file, PEOPLE_FILE_BYTES_MAX);
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
    buffer_deinit(&request->file);
    json_decref(request->last);
    if (request->login_try)
        bytes_wipe(request->login_try, sizeof *request->login_try);
    free(request->login_try);
    bytes_wipe(request->token, sizeof request->token);
    free(request);
}

void people_request_refuse(struct people_request *request, enum people_refusal refusal, const struct fault *why) {
    log_event(LOG_LEVEL_INFO, "people_refused", "code=%s endpoint=%s login=%s peer=%s", people_refusal_code(refusal),
              request->endpoint->pattern, request->login[0] ? request->login : "-", request->address);
    if (request->exchange)
        people_refuse(request->app, request->exchange, refusal, why);
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

static void take_text(const json_t *last, const char *name, char *ret_text, size_t size) {
    const char *text = json_string_value(json_object_get(last, name));
    (void)snprintf(ret_text, size, "%s", text ? text : "");
}

static void refuse_by_line(struct people_request *request, const json_t *last) {
    enum people_refusal refusal = people_refusal_of((enum rond_err)json_integer_value(json_object_get(last, "err")));
    struct fault why = {0};
    take_text(last, "field", why.field, sizeof why.field);
    if (refusal == REFUSAL_CONFLICT && strcmp(why.field, "expected_versions") == 0)
        refusal = REFUSAL_VERSION;
    bool tells = refusal == REFUSAL_VERSION || refusal == REFUSAL_ARGUMENT || refusal == REFUSAL_CONFLICT ||
                 refusal == REFUSAL_NOT_PERMITTED;
    take_text(last, "error", why.text, sizeof why.text);
    take_text(last, "error_sv", why.text_sv, sizeof why.text_sv);
    people_request_refuse(request, refusal, tells ? &why : NULL);
}

// Where the map's ground comes from, and by which zooms where that is known; null: from nowhere.
static json_t *ground_of(const struct app *app) {
    const struct config *config = app->config;
    if (app->tiles.is_open)
        return json_pack("{s:s,s:s,s:{s:i,s:i}}", "tiles", TILE_ADDRESS, "attribution", config->people_map_attribution,
                         "zooms", "first", (int)app->tiles.zooms.first, "last", (int)app->tiles.zooms.last);
    if (config->people_map_tiles[0] != '\0')
        return json_pack("{s:s,s:s,s:n}", "tiles", config->people_map_tiles, "attribution", config->people_map_attribution,
                         "zooms");
    return json_null();
}

// What a page needs to know beside who asks: the word against forged requests, and the map's ground.
static enum rond_err add_session(const struct people_request *request, struct buffer *body) {
    char csrf[LOGIN_TOKEN_TEXT_SIZE];
    people_request_csrf(request, csrf);
    json_t *map = ground_of(request->app);
    char *text = map ? json_dumps(map, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    enum rond_err err = text ? buffer_printf(body, "{\"csrf\":\"%s\",\"map\":%s,", csrf, text) : ROND_ENOMEM;
    free(text);
    json_decref(map);
    return err;
}

// {"items": [rows], members of the last line}, or the last line alone.
static enum rond_err join_lines(const struct people_request *request, size_t last, struct buffer *body) {
    const struct buffer *lines = &request->answer;
    struct bytes end = bytes_of(lines->data + last, lines->size - last);
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
    if (request->endpoint->flags & ENDPOINT_CSRF) {
        err = add_session(request, body);
        return err ? err : buffer_append(body, bytes_of(end.data + 1, end.size - 1));
    }
    return buffer_append(body, end);
}

static void end_cookie(struct people_request *request) {
    if ((request->endpoint->flags & ENDPOINT_LOGS_OUT) && request->exchange)
        (void)http_exchange_header(request->exchange,
                                   "set-cookie:", PEOPLE_COOKIE "=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0");
}

// Whoever has the same answer already gets none. Told by an entity tag (RFC 9110, section 8.8.3) of what the lines say, from
// which the body follows; an answer that bears the session's word for changes has none.
void people_request_tag(struct people_request *request) {
    struct hash256 hash;
    sha256_of(buffer_bytes(request->columns ? &request->file : &request->answer), &hash);
    request->tag[0] = '"';
    hex_encode(bytes_of(hash.b, 16), request->tag + 1);
    strcpy(request->tag + 1 + 2 * 16, "\"");
}

void people_request_answer_tagged(struct people_request *request, const char *type, struct bytes body) {
    bool has_it = false;
    if (request->tag[0] != '\0' && request->exchange) {
        has_it = http_head_has_tag(http_exchange_head(request->exchange), request->tag);
        (void)http_exchange_header(request->exchange, "etag:", request->tag);
    }
    people_request_answer(request, has_it ? HTTP_STATUS_NOT_MODIFIED : HTTP_STATUS_OK, type,
                          has_it ? bytes_of(NULL, 0) : body);
}

// {"name", "text"} as a file that the browser keeps.
static void answer_file(struct people_request *request, const json_t *last) {
    const char *name = json_string_value(json_object_get(last, "name"));
    const json_t *text = json_object_get(last, "text");
    char disposition[PEOPLE_FILE_NAME_BYTES_MAX + 32];
    if (!name || !json_is_string(text) || strlen(name) > PEOPLE_FILE_NAME_BYTES_MAX || strpbrk(name, "\"\\\r\n")) {
        people_request_refuse(request, REFUSAL_FAILED, NULL);
        return;
    }
    (void)snprintf(disposition, sizeof disposition, "attachment; filename=\"%s\"", name);
    if (request->exchange)
        (void)http_exchange_header(request->exchange, "content-disposition:", disposition);
    people_request_answer_tagged(request, "application/yaml", bytes_of(json_string_value(text), json_string_length(text)));
}

// The last line, which may be long: on a reader's thread where a reader answered.
static void last_read(struct people_request *request) {
    size_t at = last_line(&request->answer);
    request->last = json_loadb((const char *)request->answer.data + at, request->answer.size - at, 0, NULL);
}

static void answer_lines(struct people_request *request) {
    size_t at = last_line(&request->answer);
    const json_t *last = request->last;
    struct buffer body;
    if (!last || !json_is_true(json_object_get(last, "ok"))) {
        refuse_by_line(request, last);
        return;
    }
    if (request->endpoint->flags & ENDPOINT_ATTACHMENT) {
        answer_file(request, last);
        return;
    }
    if (request->columns) {
        people_file_head(request, last);
        people_request_answer_tagged(request, people_file_type(request), buffer_bytes(&request->file));
        return;
    }
    buffer_init(&body, PEOPLE_ANSWER_BYTES_MAX + 1024);
    if (join_lines(request, at, &body) != ROND_OK) {
        people_request_refuse(request, REFUSAL_FAILED, NULL);
    } else {
        end_cookie(request);
        people_request_answer_tagged(request, "application/json", buffer_bytes(&body));
    }
    buffer_deinit(&body);
}

// --- Question and change ---

static void run_question(struct reader_job *job, struct store *read_only) {
    struct people_request *request = (struct people_request *)((char *)job - offsetof(struct people_request, job));
    const struct admin_out out = {.write = request->columns ? people_file_line : keep_line,
                                  .context = request->columns ? (void *)request : &request->answer};
    request->err = read_only ? admin_read(request->question, read_only, request->catalogue, &out)
                             : admin_refuse(job->open_err, &job->fault, &out);
    if (!request->err && request->columns)
        request->err = people_file_end(request);
    if (!request->err)
        last_read(request);
    if (!request->err && request->endpoint->method == ENDPOINT_GET && !(request->endpoint->flags & ENDPOINT_CSRF))
        people_request_tag(request);
}

// A list as a file, or an answer of as much work: one at a time, so that readers are left for the others.
static bool is_heavy(const struct people_request *request) {
    return request->columns || request->endpoint->flags & ENDPOINT_HEAVY;
}

static void end_question(struct reader_job *job) {
    struct people_request *request = (struct people_request *)((char *)job - offsetof(struct people_request, job));
    if (is_heavy(request))
        request->app->people.heavy_runs = false;
    if (request->err) // longer than an answer may be, or no memory: there is no last line
        people_request_refuse(request, REFUSAL_FAILED, NULL);
    else
        answer_lines(request);
}

static void ask(struct people_request *request) {
    request->catalogue = catalogue_ref(request->app->catalogue);
    request->job = (struct reader_job){.run = run_question, .done = end_question};
    if ((is_heavy(request) && request->app->people.heavy_runs) ||
        readers_submit(request->app->readers, &request->job) != ROND_OK)
        people_request_refuse(request, REFUSAL_BUSY, NULL);
    else if (is_heavy(request))
        request->app->people.heavy_runs = true;
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
    people_request_refuse(request, REFUSAL_BUSY, NULL);
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
        app_commands_count_refusal(app, submission);
        if (admin_answer(submission, &out) != ROND_OK) {
            people_request_refuse(request, REFUSAL_FAILED, NULL);
        } else {
            last_read(request);
            answer_lines(request);
        }
    }
    submission_destroy(submission);
    return true;
}

void people_request_carry_out(struct people_request *request) {
    struct app *app = request->app;
    const struct admin_request asked = {.login = request->login,
                                        .endpoint = request->endpoint,
                                        .page = request->page,
                                        .arguments = request->arguments,
                                        .size = request->body_size};
    struct admin_context against = app_admin_context(app);
    against.session_idle_ms = people_login_config(app).idle_ms;
    against.session_age_ms = people_login_config(app).session_ms;
    struct admin_work work = {0};
    admin_prepare(&asked, &against, &work);
    request->question = work.job;
    switch (work.route) {
    case ADMIN_INVALID:
        people_request_refuse(request, people_refusal_of(work.err), &work.fault);
        break;
    case ADMIN_READ:
        ask(request);
        break;
    case ADMIN_COMMAND:
        people_request_submit(request, work.submission);
        break;
    }
}

// --- Life ---

enum rond_err app_people_read_known(struct app *app, struct fault *fault) {
    if (!app->config->people_listens)
        return ROND_OK;
    enum rond_err err = known_passwords_read(app->config->people_forbidden_passwords, &app->people.known, fault);
    if (!err)
        log_event(LOG_LEVEL_INFO, "forbidden_passwords", "count=%zu file=%s", known_passwords_count(app->people.known),
                  app->config->people_forbidden_passwords[0] ? "yes" : "no");
    return err;
}

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
    known_passwords_destroy(app->people.known);
    bytes_wipe(app->people.secret, sizeof app->people.secret);
}
