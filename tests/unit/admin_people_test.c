// People and their rights over the store of Lund: what rondctl changes about them, and what a person's request finds.
//
// Tests: server/admin/people.c server/admin/right.c server/read/people.c server/admin/login.c
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/command.h"
#include "admin/login.h"
#include "auth/endpoints.h"
#include "auth/password.h"
#include "base/check.h"
#include "ingest/committer.h"
#include "support/desk.h"
#include "support/test.h"

static struct desk desk;

static int open_desk(void **state) {
    UNUSED(state);
    desk_open(&desk);
    return 0;
}

static int close_desk(void **state) {
    UNUSED(state);
    desk_close(&desk);
    return 0;
}

static void add(const char *login, const char *role, const char *organisation, const char *area) {
    desk_do(&desk, json_pack("{s:s,s:s,s:s,s:s*,s:s*,s:s*}", "command", "person.add", "login", login, "name", login, "role",
                             role, "organisation", organisation, "area", area));
}

static struct person got(const char *login) {
    struct person person;
    assert_ok(desk.lund.store->registry->person_get(desk.lund.store, login, &desk.lund.arena, &person));
    return person;
}

static enum rond_err take(void *context, struct bytes bytes) {
    return buffer_append(context, bytes);
}

// Asks as a person who logged in, through the endpoint of that method and path; the arguments are taken. Its rows are in
// desk.rows. The error of the last line.
static enum rond_err asks(const char *login, enum endpoint_method method, const char *path, json_t *take_arguments) {
    struct endpoint_match match = endpoint_match(method, path);
    assert_non_null(match.endpoint);
    json_object_set_new(take_arguments, "command", json_string(match.endpoint->command));
    char *text = json_dumps(take_arguments, JSON_COMPACT);
    json_decref(take_arguments);
    const struct admin_context context = {
        .catalogue = desk.lund.catalogue, .enrolment_url = "", .clock = clock_system(), .rng = rng_system()};
    const struct admin_request request = {.login = login, .endpoint = match.endpoint, .json = bytes_of_text(text)};
    struct buffer answer;
    struct admin_work work;
    buffer_init(&answer, 16 * 1024 * 1024);
    const struct admin_out out = {.write = take, .context = &answer};
    admin_prepare(&request, &context, &work);
    free(text);
    enum rond_err err = work.route == ADMIN_INVALID ? work.err : ROND_OK;
    if (work.submission != NULL) {
        struct commit_census census = {0};
        struct catalogue *changed = NULL;
        committer_run(desk.lund.store, work.submission, desk.lund.catalogue, &census, &changed);
        catalogue_unref(changed);
        err = work.submission->err;
    }
    if (err == ROND_OK && work.submission != NULL && work.job == NULL)
        assert_ok(admin_answer(work.submission, &out));
    if (err == ROND_OK && work.job != NULL)
        assert_ok(admin_read(work.job, desk.lund.store, desk.lund.catalogue, &out));
    json_decref(desk.last);
    desk.last = NULL;
    kept_rows_deinit(&desk.rows);
    kept_rows_init(&desk.rows);
    char *rest = strdup(buffer_text(&answer)), *kept = rest;
    for (char *line; (line = strsep(&rest, "\n")) != NULL && *line != '\0';) {
        json_t *object = json_loads(line, 0, NULL);
        if (json_object_get(object, "ok") == NULL) {
            json_array_append_new(desk.rows.list, object);
            continue;
        }
        if (!json_is_true(json_object_get(object, "ok")))
            err = (enum rond_err)json_integer_value(json_object_get(object, "err"));
        json_decref(desk.last);
        desk.last = object;
    }
    free(kept);
    buffer_deinit(&answer);
    admin_job_destroy(work.job);
    submission_destroy(work.submission);
    return err;
}
#define GET(login, path, ...) asks(login, ENDPOINT_GET, path, json_pack(__VA_ARGS__))
#define POST(login, path, ...) asks(login, ENDPOINT_POST, path, json_pack(__VA_ARGS__))

static void the_people_of_lund(void) {
    add("root", "administrator", NULL, NULL);
    add("lo", "administrator", "polisen", "lund");
    add("anna", "area_chief", "polisen", "lund");
    add("petra", "partner_viewer", "jernhusen", "lund");
    add("rut", "auditor", NULL, NULL);
}

static const char *meeting(unsigned device) {
    return desk_report(&desk, device, sample_report(&desk.lund.arena, ROND__V1__KIND__KIND_MEETING, 0));
}

// --- What rondctl changes ---

static void a_new_person_waits_for_the_set_up_with_a_code_that_is_not_stored(void **state) {
    UNUSED(state);
    struct hash256 hash;
    const json_t *answer =
        desk_do(&desk, json_pack("{s:s,s:s,s:s}", "command", "person.add", "login", "anna", "name", "Chefen"));
    char code[LOGIN_SETUP_TEXT_SIZE];
    (void)snprintf(code, sizeof code, "%s", field_text(answer, "code"));
    login_code_hash(code, &hash);
    struct person person = got("anna");
    assert_true(hash256_equal(&person.setup_hash, &hash));
    assert_int_equal(person.password.size + person.second_factor.size + person.grants_count, 0);
    desk_do(&desk, json_pack("{s:s}", "command", "person.list"));
    assert_string_equal(field_text(kept_row(&desk.rows, 0), "state"), "not_set_up");
    desk_do(&desk, json_pack("{s:s}", "command", "audit"));
    assert_null(strstr(buffer_text(&desk.answer), code));
}

static void what_cannot_be_a_person_or_a_grant_is_refused_by_its_field(void **state) {
    UNUSED(state);
    add("anna", "area_chief", "polisen", "lund");
    desk_refused(&desk, json_pack("{s:s,s:s,s:s}", "command", "person.add", "login", "anna", "name", "x"), ROND_ECONFLICT,
                 "login");
    desk_refused(&desk, json_pack("{s:s,s:s,s:s}", "command", "person.add", "login", "Anna", "name", "x"), ROND_EINVALID,
                 "login");
    desk_refused(&desk, json_pack("{s:s,s:s,s:s}", "command", "person.add", "login", "bo", "name", "a\nb"), ROND_EINVALID,
                 "name");
    desk_refused(&desk, json_pack("{s:s,s:s,s:s}", "command", "person.grant", "login", "anna", "role", "king"),
                 ROND_EINVALID, "role");
    desk_refused(
        &desk,
        json_pack("{s:s,s:s,s:s,s:s}", "command", "person.grant", "login", "anna", "role", "auditor", "area", "atlantis"),
        ROND_EINVALID, "area");
    desk_refused(
        &desk,
        json_pack("{s:s,s:s,s:s,s:s}", "command", "person.grant", "login", "anna", "role", "auditor", "organisation", "x"),
        ROND_EINVALID, "organisation");
    desk_refused(&desk,
                 json_pack("{s:s,s:s,s:s,s:i,s:i}", "command", "person.grant", "login", "anna", "role", "auditor", "from_ms",
                           9, "to_ms", 9),
                 ROND_EINVALID, "to_ms");
    desk_refused(&desk, json_pack("{s:s,s:s,s:s}", "command", "person.grant", "login", "bo", "role", "auditor"),
                 ROND_ENOTFOUND, "login");
    desk_refused(&desk, json_pack("{s:s,s:s,s:i}", "command", "person.end-grant", "login", "anna", "number", 2),
                 ROND_ENOTFOUND, "number");
    desk_refused(&desk, json_pack("{s:s,s:s}", "command", "person.lock", "login", "bo"), ROND_ENOTFOUND, "login");
}

static void a_grant_that_ended_stays_and_is_not_valid(void **state) {
    UNUSED(state);
    add("anna", "area_chief", "polisen", "lund");
    desk_do(&desk, json_pack("{s:s,s:s,s:i}", "command", "person.end-grant", "login", "anna", "number", 1));
    desk_refused(&desk, json_pack("{s:s,s:s,s:i}", "command", "person.end-grant", "login", "anna", "number", 1),
                 ROND_ECONFLICT, "number");
    desk_do(&desk, json_pack("{s:s}", "command", "person.list"));
    const json_t *grant = json_array_get(field(kept_row(&desk.rows, 0), "grants"), 0);
    assert_false(field_truth(grant, "valid"));
    assert_err(ROND_ENOTFOUND, GET("anna", "/api/v1/reports", "{}"));
}

// --- What a person's request finds ---

static void each_sees_the_rows_that_are_theirs(void **state) {
    UNUSED(state);
    the_people_of_lund();
    for (unsigned device = 0; device < 4; device++)
        meeting(device); // 0 and 1 polisen, 2 lunds-kommun, 3 jernhusen
    assert_ok(GET("anna", "/api/v1/reports", "{}"));
    assert_int_equal(kept_count(&desk.rows), 4);
    for (size_t i = 0; i < 4; i++) // with it a text could be guessed
        assert_int_equal(json_object_get(kept_row(&desk.rows, i), "salt") != NULL,
                         !strcmp(field_text(kept_row(&desk.rows, i), "organisation"), "polisen"));
    assert_ok(GET("petra", "/api/v1/reports", "{}"));
    assert_int_equal(kept_count(&desk.rows), 1);
    assert_string_equal(field_text(kept_row(&desk.rows, 0), "organisation"), "jernhusen");
    assert_ok(GET("anna", "/api/v1/devices", "{}"));
    assert_int_equal(kept_count(&desk.rows), 2);
    assert_ok(GET("root", "/api/v1/devices", "{}"));
    assert_int_equal(kept_count(&desk.rows), LUND_DEVICES);
    assert_ok(GET("lo", "/api/v1/people", "{}"));
    assert_int_equal(kept_count(&desk.rows), 2); // herself and anna
    assert_ok(GET("rut", "/api/v1/people", "{}"));
    assert_int_equal(kept_count(&desk.rows), 5);
    desk_do(&desk, json_pack("{s:s}", "command", "audit"));
    assert_non_null(strstr(buffer_text(&desk.answer), "\"actor\":\"person:petra\",\"action\":\"export\""));
}

static void what_is_not_theirs_is_not_there_and_leaves_no_trace(void **state) {
    UNUSED(state);
    the_people_of_lund();
    const char *ours = meeting(0), *theirs = meeting(3);
    const char *const mistyped[] = {theirs, "000000-01-1", "", "nonsense", "#99"};
    assert_ok(POST("anna", "/api/v1/reports/x/reading", "{s:s,s:s}", "reference", ours, "reason", "why not"));
    assert_int_equal(kept_count(&desk.rows), 1);
    for (size_t i = 0; i < ARRAY_COUNT(mistyped); i++)
        if (mistyped[i][0] != '\0')
            assert_err(ROND_ENOTFOUND, POST("anna", "/api/v1/reports/x/reading", "{s:s}", "reference", mistyped[i]));
    assert_err(ROND_ENOTFOUND, POST("root", "/api/v1/reports/x/reading", "{s:s}", "reference", ours));
    assert_err(ROND_ENOTFOUND, POST("nobody", "/api/v1/reports/x/reading", "{s:s}", "reference", ours));
    assert_ok(POST("petra", "/api/v1/reports/x/reading", "{s:s}", "reference", theirs));
    assert_err(ROND_ENOTFOUND, POST("anna", "/api/v1/quarantine/x/release", "{s:s}", "reference", theirs));
    desk_do(&desk, json_pack("{s:s}", "command", "audit"));
    size_t shown = 0;
    for (size_t i = 0; i < kept_count(&desk.rows); i++)
        shown += strcmp(field_text(kept_row(&desk.rows, i), "action"), "report.show") == 0;
    assert_int_equal(shown, 2);
    assert_non_null(strstr(buffer_text(&desk.answer), "reason=why not"));
}

static void several_reports_are_decided_about_only_where_each_may_be(void **state) {
    UNUSED(state);
    the_people_of_lund();
    add("sten", "area_chief", "polisen", "lund");
    const char *one = meeting(0), *two = meeting(3);
    assert_err(ROND_ENOTFOUND, POST("petra", "/api/v1/joins", "{s:[s,s]}", "references", one, two));
    assert_err(ROND_ENOTFOUND, POST("anna", "/api/v1/joins", "{s:[s,s]}", "references", one, "000000-01-1"));
    assert_ok(POST("anna", "/api/v1/joins", "{s:[s,s]}", "references", one, two));
    assert_ok(GET("anna", "/api/v1/joins/decisions", "{}"));
    assert_int_equal(kept_count(&desk.rows), 1);
    assert_ok(GET("petra", "/api/v1/joins/decisions", "{}")); // one of the two reports is not hers
    assert_int_equal(kept_count(&desk.rows), 0);
    assert_err(ROND_ENOTFOUND, POST("petra", "/api/v1/joins/1/undo", "{s:i}", "decision", 1));
    assert_err(ROND_ENOTFOUND, POST("anna", "/api/v1/joins/1/undo", "{s:i}", "decision", 99));
    assert_ok(POST("sten", "/api/v1/joins/1/undo", "{s:i}", "decision", 1));
}

static void the_trace_of_a_report_names_the_handheld_to_its_own_organisation_alone(void **state) {
    UNUSED(state);
    the_people_of_lund();
    const char *ours = meeting(0), *theirs = meeting(3);
    assert_ok(GET("anna", "/api/v1/reports/x", "{s:s}", "reference", ours));
    assert_non_null(json_object_get(json_array_get(field(desk.last, "devices"), 0), "name"));
    assert_ok(GET("anna", "/api/v1/reports/x", "{s:s}", "reference", theirs));
    assert_null(json_object_get(json_array_get(field(desk.last, "devices"), 0), "name"));
    assert_ok(GET("petra", "/api/v1/reports/x", "{s:s}", "reference", theirs));
    assert_err(ROND_ENOTFOUND, GET("petra", "/api/v1/reports/x", "{s:s}", "reference", ours));
    assert_err(ROND_ENOTFOUND, GET("rut", "/api/v1/reports/x", "{s:s}", "reference", ours));
    assert_err(ROND_ENOTFOUND, GET("anna", "/api/v1/reports/x", "{s:s}", "reference", "000000-01-1"));
}

static void a_locked_person_finds_nothing(void **state) {
    UNUSED(state);
    the_people_of_lund();
    meeting(0);
    assert_ok(GET("anna", "/api/v1/reports", "{}"));
    desk_do(&desk, json_pack("{s:s,s:s}", "command", "person.lock", "login", "anna"));
    assert_err(ROND_ENOTFOUND, GET("anna", "/api/v1/reports", "{}"));
    desk_do(&desk, json_pack("{s:s,s:s}", "command", "person.unlock", "login", "anna"));
    assert_ok(GET("anna", "/api/v1/reports", "{}"));
}

static void an_area_or_a_promise_that_is_not_theirs_is_not_there(void **state) {
    UNUSED(state);
    the_people_of_lund();
    assert_ok(GET("anna", "/api/v1/progress", "{s:s}", "area", "lund"));
    assert_err(ROND_ENOTFOUND, GET("anna", "/api/v1/progress", "{s:s}", "area", "strangnas"));
    assert_err(ROND_ENOTFOUND, GET("rut", "/api/v1/progress", "{}"));
    assert_ok(GET("petra", "/api/v1/promises", "{}"));
    assert_int_equal(kept_count(&desk.rows), 2);
    assert_err(ROND_ENOTFOUND, GET("rut", "/api/v1/promises", "{}"));
    assert_ok(GET("petra", "/api/v1/promises/x/followups", "{s:s}", "promise", "lund-2015-trafik"));
    assert_err(ROND_ENOTFOUND, GET("petra", "/api/v1/promises/x/versions", "{s:s}", "promise", "nowhere"));
    assert_ok(GET("petra", "/api/v1/commitments/a/b", "{s:s}", "commitment", "lund-2015-trafik/cykel"));
    assert_err(ROND_ENOTFOUND, GET("petra", "/api/v1/commitments/a/b", "{s:s}", "commitment", "lund-2015-trafik/nothing"));
}

static void names_of_others_handhelds_are_not_in_the_joint_figures(void **state) {
    UNUSED(state);
    the_people_of_lund();
    const struct {
        const char *login;
        size_t named;
    } cases[] = {{"petra", 0}, {"anna", 2}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        assert_ok(GET(cases[i].login, "/api/v1/progress", "{}"));
        const json_t *silent = field(json_array_get(field(desk.last, "areas"), 0), "silent_devices");
        size_t named = 0;
        assert_int_equal(json_array_size(silent), LUND_DEVICES);
        for (size_t k = 0; k < json_array_size(silent); k++) {
            const json_t *device = json_array_get(silent, k);
            named += json_object_get(device, "name") != NULL;
            assert_non_null(json_object_get(device, "organisation"));
            assert_int_equal(json_object_get(device, "name") != NULL, json_object_get(device, "device") != NULL);
        }
        assert_int_equal(named, cases[i].named);
    }
}

static void nobody_changes_the_own_account_or_one_that_reaches_further(void **state) {
    UNUSED(state);
    the_people_of_lund();
    static const char *const CHANGES[] = {"lock", "unlock", "log-out", "reset-second-factor"};
    for (size_t i = 0; i < ARRAY_COUNT(CHANGES); i++) {
        char path[80];
        (void)snprintf(path, sizeof path, "/api/v1/people/x/%s", CHANGES[i]);
        assert_err(ROND_ENOTFOUND, POST("lo", path, "{s:s}", "login", "root"));
        assert_err(ROND_ENOTFOUND, POST("lo", path, "{s:s}", "login", "nobody"));
        assert_err(ROND_EAUTH, POST("lo", path, "{s:s}", "login", "lo"));
        assert_ok(POST("lo", path, "{s:s}", "login", "anna"));
        assert_err(ROND_ENOTFOUND, POST("rut", path, "{s:s}", "login", "anna"));
    }
    assert_err(ROND_EAUTH, POST("root", "/api/v1/people/x/grants", "{s:s,s:s}", "login", "root", "role", "auditor"));
    assert_err(ROND_ENOTFOUND, POST("lo", "/api/v1/people/x/grants", "{s:s,s:s}", "login", "anna", "role", "auditor"));
    assert_err(ROND_ENOTFOUND,
               POST("lo", "/api/v1/people", "{s:s,s:s,s:s}", "login", "new", "name", "x", "role", "administrator"));
    assert_ok(POST("lo", "/api/v1/people", "{s:s,s:s}", "login", "new", "name", "x"));
    assert_ok(POST("lo", "/api/v1/people/x/grants", "{s:s,s:s,s:s,s:s}", "login", "new", "role", "area_chief",
                   "organisation", "polisen", "area", "lund"));
    assert_int_equal(got("new").grants_count, 1);
    desk_do(&desk, json_pack("{s:s,s:s,s:s}", "command", "person.grant", "login", "new", "role", "auditor"));
    assert_err(ROND_ENOTFOUND, POST("lo", "/api/v1/people/x/lock", "{s:s}", "login", "new"));
}

// --- Log-in, as the committer carries it out ---

static enum login_outcome tries(const char *login, bool fits, const char *code, uint8_t token) {
    const struct login_config config = {.idle_ms = 1000, .session_ms = 5000};
    const struct login_request request = {.login = login,
                                          .code = code,
                                          .password_fits = fits,
                                          .address = "192.0.2.1",
                                          .token_hash = {.b = {token}},
                                          .now_ms = 100000};
    struct commit_census census = {0};
    struct catalogue *changed = NULL;
    struct submission *submission = NULL;
    assert_ok(login_submission(&request, &config, &submission));
    committer_run(desk.lund.store, submission, desk.lund.catalogue, &census, &changed);
    assert_ok(submission->err);
    enum login_outcome outcome = login_outcome_of(submission);
    submission_destroy(submission);
    return outcome;
}

static bool sets_up(const char *login, const char *code, struct login_secrets *secrets, int64_t now_ms) {
    uint8_t password[PASSWORD_STORED_SIZE] = {1};
    struct setup_request request = {
        .login = login, .password = password, .secrets = secrets, .address = "192.0.2.1", .now_ms = now_ms};
    struct commit_census census = {0};
    struct catalogue *changed = NULL;
    struct submission *submission = NULL;
    login_code_hash(code, &request.code_hash);
    login_secrets_make(rng_system(), secrets);
    assert_ok(setup_submission(&request, &submission));
    committer_run(desk.lund.store, submission, desk.lund.catalogue, &census, &changed);
    assert_ok(submission->err);
    bool done = setup_was_done(submission);
    submission_destroy(submission);
    return done;
}

static void a_set_up_code_is_for_one_person_once_and_for_a_day(void **state) {
    UNUSED(state);
    struct login_secrets secrets, refused;
    const json_t *answer = desk_do(&desk, json_pack("{s:s,s:s,s:s}", "command", "person.add", "login", "anna", "name", "x"));
    char code[LOGIN_SETUP_TEXT_SIZE];
    (void)snprintf(code, sizeof code, "%s", field_text(answer, "code"));
    int64_t expires_ms = field_number(answer, "expires_ms");
    add("bo", "auditor", NULL, NULL);
    assert_false(sets_up("bo", code, &refused, 1));
    assert_false(sets_up("anna", "AAAA-BBBB", &refused, 1));
    assert_false(sets_up("anna", code, &refused, expires_ms));
    assert_true(sets_up("anna", code, &secrets, expires_ms - 1));
    assert_false(sets_up("anna", code, &refused, 1));
    assert_int_equal(got("anna").recovery_count, PERSON_RECOVERY_CODES);
    assert_int_equal(tries("anna", true, secrets.recovery_texts[3], 1), LOGIN_BY_RECOVERY);
    assert_int_equal(tries("anna", true, secrets.recovery_texts[3], 2), LOGIN_WRONG_CODE);
}

static void every_try_is_counted_and_written_down_and_a_session_begins_only_with_both(void **state) {
    UNUSED(state);
    struct login_secrets secrets;
    struct person_session session;
    struct hash256 refused = {.b = {1}}, begun = {.b = {2}};
    const json_t *answer = desk_do(&desk, json_pack("{s:s,s:s,s:s}", "command", "person.add", "login", "anna", "name", "x"));
    assert_true(sets_up("anna", field_text(answer, "code"), &secrets, 1));
    assert_int_equal(tries("anna", false, secrets.recovery_texts[0], 1), LOGIN_WRONG_PASSWORD);
    assert_int_equal(tries("who-is-this", false, "hunter2hunter2", 1), LOGIN_UNKNOWN);
    assert_int_equal(got("anna").failures, 1);
    assert_err(ROND_ENOTFOUND,
               desk.lund.store->registry->session_get(desk.lund.store, &refused, &desk.lund.arena, &session));
    assert_int_equal(tries("anna", true, secrets.recovery_texts[0], 2), LOGIN_BY_RECOVERY);
    assert_ok(desk.lund.store->registry->session_get(desk.lund.store, &begun, &desk.lund.arena, &session));
    assert_string_equal(session.login, "anna");
    assert_int_equal(got("anna").failures, 0);
    desk_do(&desk, json_pack("{s:s}", "command", "audit"));
    const char *log = buffer_text(&desk.answer);
    assert_non_null(strstr(log, "\"action\":\"login.refused\",\"detail\":\"by=password address=192.0.2.1\""));
    assert_non_null(strstr(log, "\"actor\":\"person:-\",\"action\":\"login.refused\",\"detail\":\"by=unknown"));
    assert_non_null(strstr(log, "\"action\":\"login\",\"detail\":\"by=recovery"));
    assert_null(strstr(log, "who-is-this")); // it may be a password in the wrong field
    assert_null(strstr(log, "hunter2"));
}

static void a_session_lasts_until_it_idles_or_is_old(void **state) {
    UNUSED(state);
    const struct login_config config = {.idle_ms = 1000, .session_ms = 5000};
    const struct person_session session = {.began_ms = 10000, .seen_ms = 12000};
    assert_true(session_lasts(&session, &config, 12999));
    assert_false(session_lasts(&session, &config, 13000));
    const struct person_session busy = {.began_ms = 10000, .seen_ms = 14999};
    assert_true(session_lasts(&busy, &config, 14999));
    assert_false(session_lasts(&busy, &config, 15000));
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, open_desk, close_desk)
    const struct CMUnitTest tests[] = {
        TEST(a_new_person_waits_for_the_set_up_with_a_code_that_is_not_stored),
        TEST(what_cannot_be_a_person_or_a_grant_is_refused_by_its_field),
        TEST(a_grant_that_ended_stays_and_is_not_valid),
        TEST(each_sees_the_rows_that_are_theirs),
        TEST(what_is_not_theirs_is_not_there_and_leaves_no_trace),
        TEST(several_reports_are_decided_about_only_where_each_may_be),
        TEST(the_trace_of_a_report_names_the_handheld_to_its_own_organisation_alone),
        TEST(a_locked_person_finds_nothing),
        TEST(an_area_or_a_promise_that_is_not_theirs_is_not_there),
        TEST(names_of_others_handhelds_are_not_in_the_joint_figures),
        TEST(nobody_changes_the_own_account_or_one_that_reaches_further),
        TEST(a_set_up_code_is_for_one_person_once_and_for_a_day),
        TEST(every_try_is_counted_and_written_down_and_a_session_begins_only_with_both),
        TEST(a_session_lasts_until_it_idles_or_is_old),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
