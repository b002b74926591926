// Log-in, set-up and another password. Each goes three ways: a reader looks the person up, one thread of the pool hashes the
// password, the committer decides. A name that is nobody's takes every one of them, and comes to the same answer.
#include <stdlib.h>
#include <string.h>

#include "app_people.h"
#include "base/check.h"
#include "base/log.h"

static struct people_request *request_of(const struct reader_job *job) {
    return (struct people_request *)((uintptr_t)job - offsetof(struct people_request, job));
}

// --- Answers ---

static void answer_page(struct people_request *request, unsigned status, struct buffer *page, enum rond_err err) {
    if (err)
        people_request_refuse(request, REFUSAL_FAILED, NULL);
    else
        people_request_answer(request, status, "text/html; charset=utf-8", buffer_bytes(page));
}

static void refuse(struct people_request *request, enum people_refusal refusal, const struct fault *why) {
    struct buffer page;
    if (!request->login_try || !request->login_try->as_page) {
        people_request_refuse(request, refusal, why);
        return;
    }
    log_event(LOG_LEVEL_INFO, "people_refused", "code=%s endpoint=%s peer=%s", people_refusal_code(refusal),
              request->endpoint->pattern, request->address);
    request->app->people.refusals[refusal]++;
    buffer_init(&page, 64 * 1024);
    enum rond_err err =
        people_page_write(request->login_try->kind == PEOPLE_SETUP ? PAGE_SETUP : PAGE_LOGIN, refusal, why, &page);
    answer_page(request, people_refusal_status(refusal), &page, err);
    buffer_deinit(&page);
}

static void answer_in(struct people_request *request) {
    struct people_login *login = request->login_try;
    char cookie[160], csrf[LOGIN_TOKEN_TEXT_SIZE];
    struct buffer body;
    (void)snprintf(cookie, sizeof cookie, PEOPLE_COOKIE "=%s; Path=/; Secure; HttpOnly; SameSite=Strict", login->token);
    login_token_csrf(login->token, csrf);
    buffer_init(&body, 64 * 1024);
    if (request->exchange)
        CHECK(http_exchange_header(request->exchange, "set-cookie:", cookie));
    if (login->as_page) { // a page of its own would be sent again by a reload
        if (request->exchange)
            CHECK(http_exchange_header(request->exchange, "location:", "/"));
        people_request_answer(request, HTTP_STATUS_SEE_OTHER, "text/html; charset=utf-8", bytes_of(NULL, 0));
    } else if (buffer_printf(&body, "{\"login\":\"%s\",\"csrf\":\"%s\",\"ok\":true}", login->login, csrf) != ROND_OK) {
        people_request_refuse(request, REFUSAL_FAILED, NULL);
    } else {
        people_request_answer(request, HTTP_STATUS_OK, "application/json", buffer_bytes(&body));
    }
    buffer_deinit(&body);
    bytes_wipe(cookie, sizeof cookie);
}

static enum rond_err write_secrets(const struct people_login *login, struct buffer *body) {
    if (!login->secrets_used)
        return buffer_printf(body, "{\"login\":\"%s\",\"second_factor\":null,\"recovery_codes\":null,\"ok\":true}",
                             login->login);
    enum rond_err err = buffer_printf(body, "{\"login\":\"%s\",\"second_factor\":\"%s\",\"recovery_codes\":[", login->login,
                                      login->secrets.second_factor_text);
    for (size_t i = 0; i < PERSON_RECOVERY_CODES && !err; i++)
        err = buffer_printf(body, "%s\"%s\"", i ? "," : "", login->secrets.recovery_texts[i]);
    return err ? err : buffer_printf(body, "],\"ok\":true}");
}

static void answer_set_up(struct people_request *request) {
    struct people_login *login = request->login_try;
    struct buffer body;
    buffer_init(&body, 64 * 1024);
    enum rond_err err = !login->as_page       ? write_secrets(login, &body)
                        : login->secrets_used ? people_page_write_secrets(&login->secrets, login->login, &body)
                                              : people_page_write_set(&body);
    if (err)
        people_request_refuse(request, REFUSAL_FAILED, NULL);
    else
        people_request_answer(request, HTTP_STATUS_OK, login->as_page ? "text/html; charset=utf-8" : "application/json",
                              buffer_bytes(&body));
    if (body.data)
        bytes_wipe(body.data, body.size);
    buffer_deinit(&body);
}

// --- The committer's answer ---

static void settle_login(struct people_request *request, const struct submission *submission) {
    enum login_outcome outcome = login_outcome_of(submission);
    request->app->people.outcomes[outcome]++;
    log_event(LOG_LEVEL_INFO, "login", "outcome=%s peer=%s", login_outcome_name(outcome), request->address);
    if (outcome == LOGIN_DONE || outcome == LOGIN_BY_RECOVERY)
        answer_in(request);
    else
        refuse(request, REFUSAL_LOGIN, NULL);
}

static void settle_setup(struct people_request *request, const struct submission *submission) {
    enum setup_outcome outcome = setup_outcome_of(submission);
    if (outcome == SETUP_REFUSED) {
        refuse(request, REFUSAL_SETUP, NULL);
        return;
    }
    request->login_try->secrets_used = outcome == SETUP_DONE;
    request->app->people.setups++;
    answer_set_up(request);
}

static void settle_password(struct people_request *request, const struct submission *submission) {
    enum login_outcome outcome = own_password_outcome_of(submission);
    log_event(LOG_LEVEL_INFO, "password_change", "outcome=%s login=%s peer=%s", login_outcome_name(outcome), request->login,
              request->address);
    if (outcome != LOGIN_DONE) {
        refuse(request, REFUSAL_PASSWORD, &(struct fault){.field = "password"});
        return;
    }
    request->app->people.password_changes++;
    people_request_answer(
        request, HTTP_STATUS_OK, "application/json",
        bytes_of_text("{\"done\":\"the password is changed, and every other session ended\",\"ok\":true}"));
}

void people_login_settle(struct people_request *request, struct submission *take_submission) {
    if (take_submission->err)
        refuse(request, people_refusal_of(take_submission->err), NULL);
    else if (request->login_try->kind == PEOPLE_LOGIN)
        settle_login(request, take_submission);
    else if (request->login_try->kind == PEOPLE_SETUP)
        settle_setup(request, take_submission);
    else
        settle_password(request, take_submission);
    submission_destroy(take_submission);
}

static enum rond_err submit_setup(struct people_request *request, int64_t now_ms, struct submission **ret_submission) {
    struct people_login *login = request->login_try;
    struct setup_request setup = {.login = login->login,
                                  .password = login->new_stored,
                                  .secrets = &login->secrets,
                                  .address = request->address,
                                  .now_ms = now_ms};
    login_code_hash(login->code, &setup.code_hash);
    login_secrets_make(request->app->rng, &login->secrets);
    return setup_submission(&setup, ret_submission);
}

static enum rond_err submit_login(struct people_request *request, int64_t now_ms, struct submission **ret_submission) {
    const struct login_config limits = people_login_config(request->app);
    struct people_login *login = request->login_try;
    struct login_request wanted = {.login = login->login,
                                   .code = login->code,
                                   .password_fits = login->password_fits,
                                   .address = request->address,
                                   .now_ms = now_ms};
    login_token_make(request->app->rng, login->token);
    CHECK(login_token_hash(login->token, &wanted.token_hash));
    return login_submission(&wanted, &limits, ret_submission);
}

static enum rond_err submit_password(struct people_request *request, int64_t now_ms, struct submission **ret_submission) {
    const struct people_login *login = request->login_try;
    const struct own_password_request wanted = {.login = login->login,
                                                .checked = bytes_of(login->stored, login->stored_size),
                                                .old_fits = login->password_fits,
                                                .password = login->new_stored,
                                                .address = request->address,
                                                .token_hash = request->session.token_hash,
                                                .now_ms = now_ms};
    return own_password_submission(&wanted, ret_submission);
}

// On the network thread again.
static void decide(struct people_request *request) {
    static enum rond_err (*const SUBMIT[])(struct people_request *, int64_t, struct submission **) = {
        [PEOPLE_LOGIN] = submit_login, [PEOPLE_SETUP] = submit_setup, [PEOPLE_PASSWORD] = submit_password};
    struct submission *submission = NULL;
    enum rond_err err = SUBMIT[request->login_try->kind](request, clock_wall_ms(request->app->clock), &submission);
    if (err)
        refuse(request, REFUSAL_FAILED, NULL);
    else
        people_request_submit(request, submission);
}

static void on_hashed(struct people_request *request) {
    if (request->login_try->err)
        refuse(request, REFUSAL_FAILED, NULL);
    else if (request->app->stage != APP_SERVING)
        refuse(request, REFUSAL_BUSY, NULL);
    else
        decide(request);
}

static void hash(struct people_request *request) {
    if (!people_password_hash(request, on_hashed))
        refuse(request, REFUSAL_BUSY, NULL);
}

// --- The person, on a reader thread ---

static void look_up(struct people_request *request, struct store *store, struct arena *arena) {
    struct people_login *login = request->login_try;
    struct person person;
    struct hash256 hash;
    login_code_hash(login->code, &hash);
    login->err = login->kind == PEOPLE_SETUP ? store->registry->person_by_setup(store, &hash, arena, &person)
                                             : store->registry->person_get(store, login->login, arena, &person);
    if (login->err == ROND_ENOTFOUND) {
        login->err = ROND_OK; // and nothing is stored that a password would fit
    } else if (login->err == ROND_OK && login->kind == PEOPLE_SETUP) {
        login->setup_fits = setup_fits(&person, login->login, clock_wall_ms(request->app->clock));
    } else if (login->err == ROND_OK && person.password.size == PASSWORD_STORED_SIZE) {
        memcpy(login->stored, person.password.data, PASSWORD_STORED_SIZE);
        login->stored_size = PASSWORD_STORED_SIZE;
    }
}

static void run_look_up(struct reader_job *job, struct store *read_only) {
    struct people_request *request = request_of(job);
    struct arena arena;
    arena_init(&arena, 256 * 1024);
    if (read_only)
        look_up(request, read_only, &arena);
    else
        request->login_try->err = job->open_err;
    arena_deinit(&arena);
}

static void end_look_up(struct reader_job *job) {
    struct people_request *request = request_of(job);
    if (request->login_try->err)
        refuse(request, REFUSAL_FAILED, NULL);
    else if (request->login_try->kind == PEOPLE_SETUP && !request->login_try->setup_fits)
        refuse(request, REFUSAL_SETUP, NULL);
    else
        hash(request);
}

// --- What was typed ---

static bool json_field(json_t *body, const char *name, char *ret_value, size_t size) {
    json_t *value = json_object_get(body, name);
    if (!json_is_string(value) || json_string_length(value) >= size ||
        strlen(json_string_value(value)) != json_string_length(value))
        return false;
    strcpy(ret_value, json_string_value(value));
    return true;
}

static char *password_of(struct people_login *login) {
    return login->kind == PEOPLE_SETUP ? login->new_password : login->password;
}

static bool take_json(struct people_login *login, struct bytes body) {
    json_t *object = json_loadb((const char *)body.data, body.size, JSON_REJECT_DUPLICATES, NULL);
    bool taken = json_field(object, "login", login->login, sizeof login->login) &&
                 json_field(object, "password", password_of(login), sizeof login->password) &&
                 json_field(object, "code", login->code, sizeof login->code);
    json_decref(object);
    return taken;
}

static bool take_form(struct people_login *login, struct bytes body) {
    return people_form_field(body, "login", login->login, sizeof login->login) &&
           people_form_field(body, "password", password_of(login), sizeof login->password) &&
           people_form_field(body, "code", login->code, sizeof login->code);
}

static bool take(struct people_request *request, struct bytes body) {
    struct people_login *login = request->login_try;
    const struct http_head *head = http_exchange_head(request->exchange);
    bool taken = login->as_page ? http_head_is_of_type(head, "application/x-www-form-urlencoded") && take_form(login, body)
                                : http_head_is_of_type(head, "application/json") && body.size > 0 && take_json(login, body);
    for (char *at = login->login; *at != '\0'; at++)
        *at = *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at;
    return taken;
}

static struct people_login *login_create(struct people_request *request, enum people_login_kind kind) {
    struct people_login *login = request->login_try = calloc(1, sizeof *login);
    if (!login)
        people_request_refuse(request, REFUSAL_BUSY, NULL);
    else
        login->kind = kind;
    return login;
}

static bool is_within_rate(struct people_request *request) {
    struct app *app = request->app;
    return address_limits_take(&app->people.limits, clock_monotonic_ms(app->clock),
                               http_exchange_address(request->exchange));
}

static void find(struct people_request *request) {
    request->job = (struct reader_job){.run = run_look_up, .done = end_look_up};
    if (readers_submit(request->app->readers, &request->job) != ROND_OK)
        refuse(request, REFUSAL_BUSY, NULL);
}

void people_login_begin(struct people_request *request, struct bytes body) {
    bool is_setup = request->endpoint->flags & ENDPOINT_SETUP;
    struct people_login *login = login_create(request, is_setup ? PEOPLE_SETUP : PEOPLE_LOGIN);
    struct fault fault = {0};
    if (!login)
        return;
    login->as_page = request->endpoint->flags & ENDPOINT_PAGE;
    if (!is_within_rate(request))
        refuse(request, REFUSAL_TOO_MANY, NULL);
    else if (!take(request, body))
        refuse(request, REFUSAL_REQUEST_INVALID, NULL);
    else if (!login_name_is_valid(login->login) && (login->login[0] = '\0', is_setup))
        refuse(request, REFUSAL_SETUP, NULL);
    else if (is_setup && people_password_judge(request, "password", &fault) != ROND_OK)
        refuse(request, REFUSAL_ARGUMENT, &fault);
    else
        find(request);
}

void people_password_begin(struct people_request *request) {
    struct people_login *login = login_create(request, PEOPLE_PASSWORD);
    struct fault fault = {0};
    if (!login)
        return;
    strcpy(login->login, request->login);
    bool is_taken = json_field(request->arguments, "password", login->password, sizeof login->password) &&
                    json_field(request->arguments, "new_password", login->new_password, sizeof login->new_password);
    json_decref(request->arguments);
    request->arguments = NULL;
    if (!request->exchange || !is_within_rate(request)) // who left is not waited for
        refuse(request, REFUSAL_TOO_MANY, NULL);
    else if (!is_taken)
        refuse(request, REFUSAL_REQUEST_INVALID, NULL);
    else if (people_password_judge(request, "new_password", &fault) != ROND_OK)
        refuse(request, REFUSAL_ARGUMENT, &fault);
    else
        find(request);
}
