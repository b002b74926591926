// Who asks, and from where: what is let in.
//
// Checks go from what costs nothing to what costs most: a proxy's header from a stranger, the path, the origin of a change,
// the session's token and what the page says with it, the session itself, the role, and last, in admin/right.c, the object.
#include <stdio.h>
#include <string.h>

#include "app_people.h"
#include "base/check.h"
#include "base/log.h"
#include "read/accessibility_page.h"
#include "read/public_documents.h"
#include "read/public_page.h"

enum { SEEN_EVERY_MS = 60 * 1000, SEEN_TIMES_A_WAIT = 4 };

static const struct http_header HEADERS[] = {
    // Under no-referrer a browser says of a form that it comes from nowhere (Origin: null).
    {"referrer-policy:", "same-origin"},
    {"x-content-type-options:", "nosniff"},
    {"x-frame-options:", "deny"},
    {"strict-transport-security:", "max-age=31536000; includeSubDomains"},
    {"cross-origin-opener-policy:", "same-origin"},
    {"cross-origin-resource-policy:", "same-origin"},
    {"permissions-policy:", "camera=(), microphone=(), geolocation=()"},
};

// Where the map's tiles come from, "https://tiles.example:8443"; nothing where they come from nowhere.
static struct bytes tiles_origin(const struct config *config) {
    const char *tiles = config->people_map_tiles;
    size_t scheme = strlen("https://");
    return bytes_of(tiles, tiles[0] == '\0' ? 0 : scheme + strcspn(tiles + scheme, "/"));
}

void app_people_headers_make(struct app *app) {
    struct app_people *people = &app->people;
    struct bytes origin = tiles_origin(app->config);
    int size =
        snprintf(people->policy, sizeof people->policy,
                 "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:%s%.*s; font-src 'self';"
                 " connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
                 origin.size > 0 ? " " : "", (int)origin.size, (const char *)origin.data);
    CHECK(size > 0 && (size_t)size < sizeof people->policy && ARRAY_COUNT(HEADERS) < APP_PEOPLE_HEADERS_MAX);
    people->headers[0] = (struct http_header){"content-security-policy:", people->policy};
    memcpy(&people->headers[1], HEADERS, sizeof HEADERS);
    people->headers_count = 1 + ARRAY_COUNT(HEADERS);
}

// --- What a page says with each change ---

static void proxied_csrf(const struct app *app, const char *login, char ret_csrf[LOGIN_TOKEN_TEXT_SIZE]) {
    char secret[2 * HASH_SIZE + 1 + PERSON_LOGIN_BYTES_MAX + 1];
    hex_encode(bytes_of(app->people.secret, HASH_SIZE), secret);
    (void)snprintf(secret + strlen(secret), sizeof secret - strlen(secret), "%s", login);
    login_token_csrf(secret, ret_csrf);
    bytes_wipe(secret, sizeof secret);
}

void people_request_csrf(const struct people_request *request, char ret_csrf[LOGIN_TOKEN_TEXT_SIZE]) {
    if (request->token[0] == '\0')
        proxied_csrf(request->app, request->login, ret_csrf);
    else
        login_token_csrf(request->token, ret_csrf);
}

// --- Session and role: on a reader thread ---

static enum rond_err find_session(struct people_request *request, struct store *store, struct arena *arena, int64_t now_ms) {
    const struct login_config config = people_login_config(request->app);
    if (request->token[0] == '\0')
        return ROND_OK; // the proxy has said who it is
    enum rond_err err = store->registry->session_get(store, &request->session.token_hash, arena, &request->session);
    if (!err && !session_lasts(&request->session, &config, now_ms))
        err = ROND_ENOTFOUND;
    if (!err)
        (void)snprintf(request->login, sizeof request->login, "%s", request->session.login);
    request->session.login = request->session.address = NULL; // the arena's
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

// A page that is left open asks again whenever something was committed, and holds a stream for that: neither says that
// somebody sits there, so neither keeps a session.
static bool is_by_a_person(const struct people_request *request) {
    return request->endpoint->method == ENDPOINT_POST ||
           !(request->is_automatic || (request->endpoint->flags & ENDPOINT_STREAM));
}

static void see(struct people_request *request, int64_t now_ms) {
    struct submission *submission = NULL;
    int64_t part_ms = people_login_config(request->app).idle_ms / SEEN_TIMES_A_WAIT;
    if (request->token[0] == '\0' || !is_by_a_person(request) ||
        now_ms - request->session.seen_ms < (part_ms < SEEN_EVERY_MS ? part_ms : SEEN_EVERY_MS))
        return;
    if (session_seen_submission(&request->session, now_ms, &submission) != ROND_OK)
        return;
    if (app_submit(request->app, submission) != ROND_OK)
        submission_destroy(submission); // the next request says it
}

static void end_look_up(struct reader_job *job) {
    struct people_request *request = (struct people_request *)((char *)job - offsetof(struct people_request, job));
    struct app *app = request->app;
    const char *reason = json_string_value(json_object_get(request->arguments, "reason"));
    if (app->stage != APP_SERVING)
        people_request_refuse(request, REFUSAL_BUSY, NULL);
    else if (request->refusal)
        people_request_refuse(request, request->refusal, NULL);
    else if ((request->endpoint->flags & ENDPOINT_REASON) && (!reason || strspn(reason, " ") == strlen(reason)))
        people_request_refuse(request, REFUSAL_REASON, &(struct fault){.field = "reason"});
    else if (!people_request_add_own(request))
        people_request_refuse(request, REFUSAL_FAILED, NULL);
    else {
        see(request, clock_wall_ms(app->clock));
        if (request->endpoint->flags & ENDPOINT_STREAM)
            app_events_begin(request);
        else if (request->endpoint->flags & ENDPOINT_TILE)
            app_tiles_answer(request);
        else if (request->endpoint->command)
            people_request_carry_out(request);
        else
            people_password_begin(request);
    }
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
    people_request_csrf(request, csrf);
    bool says_it = strlen(head->csrf) == strlen(csrf) &&
                   bytes_equal_secret((const uint8_t *)head->csrf, (const uint8_t *)csrf, strlen(csrf));
    return is_post && !says_it ? REFUSAL_CSRF : REFUSAL_NONE;
}

static void begin(struct people_request *request, const struct endpoint_match *match, struct bytes body) {
    bool is_post = match->endpoint->method == ENDPOINT_POST;
    const struct http_head *head = http_exchange_head(request->exchange);
    request->is_automatic = head->is_automatic;
    enum people_refusal refusal = take_person(request, is_post);
    if (refusal) {
        people_request_refuse(request, refusal, NULL);
    } else if ((is_post && body.size > 0 && !http_head_is_of_type(head, "application/json")) ||
               !people_request_take(request, match, body)) {
        people_request_refuse(request, REFUSAL_REQUEST_INVALID, NULL);
    } else {
        request->job = (struct reader_job){.run = run_look_up, .done = end_look_up};
        if (readers_submit(request->app->readers, &request->job) != ROND_OK)
            people_request_refuse(request, REFUSAL_BUSY, NULL);
    }
}

// --- Public ---

static void answer_page(struct people_request *request) {
    struct buffer page;
    buffer_init(&page, 64 * 1024);
    bool is_style = request->endpoint->flags & ENDPOINT_STYLE;
    enum rond_err err = is_style ? buffer_append(&page, bytes_of_text(PEOPLE_STYLE))
                                 : people_page_write(request->endpoint->flags & ENDPOINT_SETUP ? PAGE_SETUP : PAGE_LOGIN,
                                                     REFUSAL_NONE, NULL, &page);
    if (err)
        people_request_refuse(request, REFUSAL_FAILED, NULL);
    else
        people_request_answer(request, HTTP_STATUS_OK, is_style ? "text/css" : "text/html; charset=utf-8",
                              buffer_bytes(&page));
    buffer_deinit(&page);
}

static void answer_accessibility(struct people_request *request) {
    const struct config *config = request->app->config;
    const struct accessibility of = {config->people_accessibility_contact, config->people_accessibility_assessed};
    struct buffer page;
    buffer_init(&page, ACCESSIBILITY_PAGE_BYTES_MAX);
    if (accessibility_page_write(&of, people_wants_swedish(http_exchange_head(request->exchange)), &page) != ROND_OK) {
        people_request_refuse(request, REFUSAL_FAILED, NULL);
    } else {
        (void)http_exchange_header(request->exchange, "vary:", "accept-language");
        people_request_answer(request, HTTP_STATUS_OK, "text/html; charset=utf-8", buffer_bytes(&page));
    }
    buffer_deinit(&page);
}

static bool is_under(const char *path, const char *root) {
    size_t size = strlen(root);
    return !strncmp(path, root, size) && (path[size] == '/' || path[size] == '\0');
}

// Programs are answered as the API answers, people by a page.
void people_turn_away(struct app *app, struct http_exchange *exchange, const char *path, enum people_refusal refusal) {
    const struct http_head *head = http_exchange_head(exchange);
    struct buffer page;
    if (is_under(path, "/api") || !head->wants_page) {
        people_refuse(app, exchange, refusal, NULL);
        return;
    }
    app->people.refusals[refusal]++;
    buffer_init(&page, 64 * 1024);
    bool is_open = refusal == REFUSAL_NOT_FOUND && is_under(path, PUBLIC_PAGE) && app_public_is_open(app);
    enum rond_err err =
        is_open ? public_page_write_absent(people_wants_swedish(head), &page) : people_page_write_refusal(refusal, &page);
    http_exchange_answer(exchange, err ? people_refusal_status(REFUSAL_FAILED) : people_refusal_status(refusal),
                         "text/html; charset=utf-8", err ? bytes_of(NULL, 0) : buffer_bytes(&page));
    buffer_deinit(&page);
}

static void refuse_stranger(struct app *app, struct http_exchange *exchange, const char *path, enum people_refusal refusal) {
    log_event(LOG_LEVEL_WARN, "people_refused", "code=%s peer=%s", people_refusal_code(refusal),
              http_exchange_head(exchange)->peer);
    people_turn_away(app, exchange, path, refusal);
}

void app_people_turned_away(void *context, struct http_exchange *exchange, unsigned status, const char *path) {
    refuse_stranger(context, exchange, path,
                    status == HTTP_STATUS_REQ_URI_TOO_LONG     ? REFUSAL_ADDRESS
                    : status == HTTP_STATUS_METHOD_NOT_ALLOWED ? REFUSAL_METHOD
                    : status == 429                            ? REFUSAL_TOO_MANY
                                                               : REFUSAL_TOO_LARGE);
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
        refuse_stranger(app, exchange, path, refusal ? refusal : REFUSAL_BUSY);
    else if (match.endpoint->object != OBJECT_PUBLIC)
        begin(request, &match, body);
    else if (is_post)
        people_login_begin(request, body);
    else if (match.endpoint->flags & ENDPOINT_FILE)
        app_web_answer(request, path);
    else if (match.endpoint->flags & ENDPOINT_OPEN)
        app_public_answer(request, path);
    else if (match.endpoint->flags & ENDPOINT_ACCESSIBILITY)
        answer_accessibility(request);
    else
        answer_page(request);
}
