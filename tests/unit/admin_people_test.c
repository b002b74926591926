// People and their rights over the store of Lund: what rondctl changes about them, and what a person's request finds.
//
// Tests: server/admin/people.c server/admin/sessions.c server/read/sessions.c server/read/promise_check.c
// Tests: server/admin/right.c server/read/people.c server/admin/login.c
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/command.h"
#include "admin/login.h"
#include "auth/endpoints.h"
#include "auth/password.h"
#include "base/check.h"
#include "ingest/committer.h"
#include "read/sessions.h"
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
        if (changed != NULL) {
            catalogue_unref(desk.lund.catalogue);
            desk.lund.catalogue = changed;
        }
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

static void an_amendment_is_taken_back_only_by_who_may_amend(void **state) {
    UNUSED(state);
    the_people_of_lund();
    add("kim", "coordinator", "lunds-kommun", "lund");
    Rond__V1__Report *lost = sample_report(&desk.lund.arena, ROND__V1__KIND__KIND_CHECK, 0);
    lost->place = arena_text(&desk.lund.arena, "atlantis");
    const char *reference = desk_report(&desk, 0, lost), *undo = "/api/v1/joins/x/undo";
    assert_ok(POST("anna", "/api/v1/quarantine/x/amend", "{s:s,s:{s:s},s:s}", "reference", reference, "set", "place",
                   "stortorget", "reason", "so said the patrol"));
    assert_ok(POST("anna", "/api/v1/quarantine/x/amend", "{s:s,s:{s:s},s:s}", "reference", reference, "set", "place",
                   "bangatan", "reason", "so said the patrol"));
    assert_err(ROND_ENOTFOUND, POST("kim", undo, "{s:i}", "decision", 2));
    assert_ok(POST("anna", undo, "{s:i}", "decision", 2));
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
    static const char *const CHANGES[] = {"lock", "unlock", "log-out", "reset-password", "reset-second-factor"};
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

// --- Texts that go, and what is passed on ---

static const char *held(const char *login, json_t *take_arguments, enum rond_err expected) {
    json_object_set_new(take_arguments, "reason", json_string("case 4711"));
    assert_err(expected, asks(login, ENDPOINT_POST, "/api/v1/holds", take_arguments));
    return expected ? NULL : arena_text(&desk.lund.arena, field_text(desk.last, "id"));
}

static void a_hold_is_made_seen_and_lifted_by_who_reaches_what_it_holds(void **state) {
    UNUSED(state);
    the_people_of_lund();
    add("jo", "area_chief", "jernhusen", "lund");
    const char *ours = meeting(0), *theirs = meeting(3);
    held("anna", json_pack("{s:s}", "reference", theirs), ROND_ENOTFOUND);
    held("anna", json_pack("{s:s,s:s}", "controller", "jernhusen", "area", "lund"), ROND_ENOTFOUND);
    held("anna", json_pack("{s:s}", "controller", "polisen"), ROND_ENOTFOUND); // in all areas: further than her grant
    held("anna", json_pack("{s:s}", "area", "lund"), ROND_ENOTFOUND);          // of all organisations
    held("petra", json_pack("{s:s}", "reference", theirs), ROND_ENOTFOUND);
    held("rut", json_pack("{s:s}", "controller", "*"), ROND_ENOTFOUND);
    const char *one = held("anna", json_pack("{s:s}", "reference", ours), ROND_OK);
    const char *two = held("anna", json_pack("{s:s,s:s}", "controller", "polisen", "area", "lund"), ROND_OK);
    const char *all = held("root", json_pack("{s:s}", "controller", "*"), ROND_OK);
    assert_ok(GET("anna", "/api/v1/holds", "{}"));
    assert_int_equal(kept_count(&desk.rows), 2);
    assert_ok(GET("jo", "/api/v1/holds", "{}"));
    assert_int_equal(kept_count(&desk.rows), 0);
    assert_ok(GET("rut", "/api/v1/holds", "{}"));
    assert_int_equal(kept_count(&desk.rows), 3);
    assert_err(ROND_ENOTFOUND, POST("jo", "/api/v1/holds/x/lift", "{s:s,s:s}", "id", one, "reason", "r"));
    assert_err(ROND_ENOTFOUND, POST("anna", "/api/v1/holds/x/lift", "{s:s,s:s}", "id", all, "reason", "r"));
    assert_err(ROND_ENOTFOUND, POST("anna", "/api/v1/holds/x/lift", "{s:s,s:s}", "id", "H-00000000", "reason", "r"));
    assert_err(ROND_EINVALID, POST("anna", "/api/v1/holds/x/lift", "{s:s}", "reason", "r"));
    assert_ok(POST("anna", "/api/v1/holds/x/lift", "{s:s,s:s}", "id", one, "reason", "r"));
    assert_ok(POST("lo", "/api/v1/holds/x/lift", "{s:s,s:s}", "id", two, "reason", "r"));
    assert_ok(POST("root", "/api/v1/holds/x/lift", "{s:s,s:s}", "id", all, "reason", "r"));
}

static json_t *rule(const char *from, const char *to) {
    return json_pack("{s:s,s:s,s:s,s:s}", "from", from, "to", to, "category", "check", "level", "figures");
}

static void rules_of_disclosure_are_set_by_whose_it_is_and_seen_by_both_sides(void **state) {
    UNUSED(state);
    the_people_of_lund();
    add("polly", "administrator", "polisen", NULL);
    add("kim", "coordinator", "lunds-kommun", "lund");
    assert_err(ROND_ENOTFOUND, asks("lo", ENDPOINT_POST, "/api/v1/disclosure", rule("polisen", "jernhusen"))); // one area's
    assert_err(ROND_ENOTFOUND, asks("polly", ENDPOINT_POST, "/api/v1/disclosure", rule("jernhusen", "polisen")));
    assert_err(ROND_ENOTFOUND, asks("polly", ENDPOINT_POST, "/api/v1/disclosure", rule("*", "polisen")));
    assert_err(ROND_ENOTFOUND, asks("anna", ENDPOINT_POST, "/api/v1/disclosure", rule("polisen", "jernhusen")));
    assert_ok(asks("polly", ENDPOINT_POST, "/api/v1/disclosure", rule("polisen", "jernhusen")));
    static const struct {
        const char *login;
        size_t rows;
    } cases[] = {{"polly", 1}, {"anna", 1}, {"petra", 1}, {"kim", 0}, {"rut", 1}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        assert_ok(GET(cases[i].login, "/api/v1/disclosure", "{}"));
        assert_int_equal(kept_count(&desk.rows), cases[i].rows);
    }
    assert_err(ROND_ENOTFOUND, asks("petra", ENDPOINT_POST, "/api/v1/disclosure/unset", rule("polisen", "jernhusen")));
    assert_ok(asks("polly", ENDPOINT_POST, "/api/v1/disclosure/unset", rule("polisen", "jernhusen")));
}

static void disclose(const char *to, const char *category, const char *level) {
    desk_do(&desk, json_pack("{s:s,s:s,s:s,s:s,s:s}", "command", "disclosure.set", "from", "polisen", "to", to, "category",
                             category, "level", level));
}

static size_t reports_seen_by(const char *login) {
    assert_ok(GET(login, "/api/v1/reports", "{}"));
    return kept_count(&desk.rows);
}

static void what_another_organisation_discloses_is_seen_as_far_as_its_rule_goes(void **state) {
    UNUSED(state);
    the_people_of_lund();
    add("clerk", "administrator", "jernhusen", "lund"); // who keeps accounts sees no reports, whoever discloses them
    const char *theirs = meeting(0);
    desk_report(&desk, 0, sample_report(&desk.lund.arena, ROND__V1__KIND__KIND_CHECK, 0));
    const char *read = "/api/v1/reports/x/reading";
    assert_int_equal(reports_seen_by("petra"), 0);
    disclose("jernhusen", "meeting", "figures");
    assert_int_equal(reports_seen_by("petra"), 0);
    disclose("jernhusen", "meeting", "reports");
    assert_int_equal(reports_seen_by("petra"), 1);
    assert_string_equal(field_text(kept_row(&desk.rows, 0), "kind"), "meeting");
    assert_null(json_object_get(kept_row(&desk.rows, 0), "salt"));
    assert_int_equal(GET("clerk", "/api/v1/reports", "{}") == ROND_OK ? kept_count(&desk.rows) : 0, 0);
    assert_err(ROND_ENOTFOUND, POST("petra", read, "{s:s,s:s}", "reference", theirs, "reason", "a question of ours"));
    disclose("jernhusen", "meeting", "texts");
    assert_ok(POST("petra", read, "{s:s,s:s}", "reference", theirs, "reason", "a question of ours"));
    assert_err(ROND_ENOTFOUND, POST("clerk", read, "{s:s,s:s}", "reference", theirs, "reason", "a question of ours"));
    assert_err(ROND_ENOTFOUND, POST("petra", "/api/v1/quarantine/x/release", "{s:s}", "reference", theirs)); // only seen
    assert_ok(asks("root", ENDPOINT_POST, "/api/v1/disclosure/unset",
                   json_pack("{s:s,s:s,s:s}", "from", "polisen", "to", "jernhusen", "category", "meeting")));
    assert_int_equal(reports_seen_by("petra"), 0);
}

static void a_decision_names_only_reports_that_are_seen(void **state) {
    UNUSED(state);
    the_people_of_lund();
    Rond__V1__Report *check = sample_report(&desk.lund.arena, ROND__V1__KIND__KIND_CHECK, 0);
    const char *ours = desk_report(&desk, 0, check), *theirs = desk_report(&desk, 3, check);
    assert_ok(POST("anna", "/api/v1/joins", "{s:[s,s]}", "references", ours, theirs));
    const char *trace = "/api/v1/reports/x", *evidence = "/api/v1/commitments/x/y/evidence";
    static const struct {
        const char *login;
        size_t seen;
    } cases[] = {{"anna", 2}, {"petra", 1}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        assert_ok(GET(cases[i].login, trace, "{s:s}", "reference", theirs));
        const json_t *reports = field(json_array_get(field(desk.last, "decisions"), 0), "reports");
        assert_int_equal(json_array_size(reports), cases[i].seen);
        assert_string_equal(field_text(json_array_get(reports, cases[i].seen - 1), "reference"), theirs);
        assert_ok(GET(cases[i].login, evidence, "{s:s}", "commitment", "lund-2015-trafik/cykel"));
        assert_int_equal(kept_count(&desk.rows), cases[i].seen);
        const json_t *ruling = field(kept_row(&desk.rows, cases[i].seen - 1), "ruling");
        assert_int_equal(json_array_size(field(ruling, "reports")), cases[i].seen);
        assert_ok(POST(cases[i].login, "/api/v1/reports/x/reading", "{s:s,s:s}", "reference",
                       strcmp(cases[i].login, "anna") == 0 ? ours : theirs, "reason", "why not"));
        reports = field(json_array_get(field(kept_row(&desk.rows, 0), "decisions"), 0), "reports");
        assert_int_equal(json_array_size(reports), cases[i].seen);
    }
}

// One unsafe place that a walk of the police found.
static const json_t *place_seen_by(const char *login) {
    assert_ok(GET(login, "/api/v1/walks", "{}"));
    assert_int_equal(kept_count(&desk.rows), 1);
    return kept_row(&desk.rows, 0);
}

static void what_a_walk_says_of_a_place_is_read_by_who_may_read_its_texts(void **state) {
    UNUSED(state);
    the_people_of_lund();
    add("kim", "coordinator", "lunds-kommun", "lund");
    Rond__V1__Report *walk = sample_report(&desk.lund.arena, ROND__V1__KIND__KIND_SAFETY_WALK, 0);
    walk->walk->n_findings = 1;
    rond__v1__finding__init(walk->walk->findings[0]);
    walk->walk->findings[0]->id = arena_text(&desk.lund.arena, "1");
    walk->walk->findings[0]->safety = ROND__V1__SAFETY__SAFETY_UNSAFE;
    walk->walk->findings[0]->place_text = arena_text(&desk.lund.arena, "bakom kiosken");
    walk->walk->findings[0]->cause = arena_text(&desk.lund.arena, "mörkt");
    walk->walk->findings[0]->promised_action = arena_text(&desk.lund.arena, "lampor");
    walk->walk->findings[0]->responsible = arena_text(&desk.lund.arena, "lunds-kommun");
    const char *reference = desk_report(&desk, 0, walk), *const texts[] = {"place_text", "cause", "promised_action"};
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        assert_non_null(field_text(place_seen_by("anna"), texts[i]));
        assert_true(field_is_null(place_seen_by("kim"), texts[i]));
        assert_true(field_is_null(place_seen_by("petra"), texts[i]));
    }
    assert_true(field_truth(place_seen_by("anna"), "texts_shown"));
    assert_false(field_truth(place_seen_by("petra"), "texts_shown"));
    assert_ok(POST("kim", "/api/v1/walks/x", "{s:s,s:s,s:s}", "reference", reference, "finding", "1", "promised_action",
                   "spegel"));
    assert_ok(
        POST("kim", "/api/v1/walks/x/close", "{s:s,s:s,s:s}", "reference", reference, "finding", "1", "reason", "riven"));
    // Whoever decides there reads what was decided, and not what the walk says beside it.
    assert_string_equal(field_text(place_seen_by("kim"), "promised_action"), "spegel");
    assert_true(field_is_null(place_seen_by("kim"), "cause"));
    const json_t *closed = json_array_get(field(place_seen_by("kim"), "decisions"), 1);
    assert_string_equal(field_text(closed, "value"), "riven");
    const json_t *partners = place_seen_by("petra");
    assert_true(field_is_null(partners, "promised_action"));
    assert_true(field_is_null(json_array_get(field(partners, "decisions"), 0), "value"));
    assert_true(field_is_null(json_array_get(field(partners, "decisions"), 1), "value"));
    disclose("jernhusen", "safety_walk", "reports");
    assert_true(field_is_null(place_seen_by("petra"), "cause"));
    disclose("jernhusen", "safety_walk", "texts");
    assert_string_equal(field_text(place_seen_by("petra"), "cause"), "mörkt");
}

static void rules_of_retention_are_seen_by_whose_texts_they_are(void **state) {
    UNUSED(state);
    the_people_of_lund();
    add("kim", "coordinator", "lunds-kommun", "lund");
    static const char *const WHOSE[] = {"polisen", "jernhusen", "*"};
    for (size_t i = 0; i < ARRAY_COUNT(WHOSE); i++)
        desk_do(&desk, json_pack("{s:s,s:s,s:s,s:s}", "command", "retention.set", "controller", WHOSE[i], "category",
                                 "check", "keep", "90d"));
    assert_ok(GET("anna", "/api/v1/retention", "{}"));
    assert_int_equal(kept_count(&desk.rows), 3); // her own, everybody's, the built-in one
    assert_ok(GET("rut", "/api/v1/retention", "{}"));
    assert_int_equal(kept_count(&desk.rows), 4);
    assert_ok(GET("anna", "/api/v1/retention/plan", "{}"));
    assert_ok(GET("anna", "/api/v1/retention/protocol", "{}"));
    assert_err(ROND_ENOTFOUND, GET("kim", "/api/v1/retention", "{}"));
    assert_err(ROND_ENOTFOUND, GET("petra", "/api/v1/retention/plan", "{}"));
}

static void a_public_record_is_given_out_by_whose_reports_they_are(void **state) {
    UNUSED(state);
    the_people_of_lund();
    const char *ours = meeting(0);
    meeting(3);
#define RECORD(controller) "{s:s,s:s,s:s}", "controller", controller, "area", "lund", "decision", "dnr 12"
    assert_err(ROND_ENOTFOUND, POST("anna", "/api/v1/public-record", RECORD("jernhusen")));
    assert_err(ROND_ENOTFOUND, POST("root", "/api/v1/public-record", RECORD("polisen")));
    assert_err(ROND_ENOTFOUND, POST("anna", "/api/v1/public-record", "{s:s,s:s,s:s}", "controller", "jernhusen", "decision",
                                    "dnr 12", "reference", ours)); // a report of hers opens nothing of another's
    assert_ok(POST("anna", "/api/v1/public-record", RECORD("polisen")));
    assert_int_equal(kept_count(&desk.rows), 1);
}

// --- What stands behind figures ---

static void decisions_are_seen_with_the_reports_they_are_about(void **state) {
    UNUSED(state);
    the_people_of_lund();
    const char *one = meeting(0), *two = meeting(3);
    assert_ok(POST("anna", "/api/v1/joins", "{s:[s,s]}", "references", one, two));
    assert_ok(POST("anna", "/api/v1/reports/x/part", "{s:s}", "reference", two));
    assert_ok(
        POST("anna", "/api/v1/reports/x/place", "{s:s,s:s,s:s}", "reference", one, "place", "stortorget", "value", "yes"));
    assert_err(ROND_ENOTFOUND, POST("petra", "/api/v1/reports/x/part", "{s:s}", "reference", two));
    assert_ok(GET("anna", "/api/v1/joins/decisions", "{}"));
    assert_int_equal(kept_count(&desk.rows), 3);
    assert_ok(GET("petra", "/api/v1/joins/decisions", "{}")); // of the others a report is not hers
    assert_int_equal(kept_count(&desk.rows), 1);
    assert_string_equal(field_text(kept_row(&desk.rows, 0), "kind"), "part");
    assert_err(ROND_ENOTFOUND, GET("root", "/api/v1/joins/decisions", "{}"));
}

static void outboxes_and_forks_are_seen_by_whose_handheld_it_is(void **state) {
    UNUSED(state);
    the_people_of_lund();
    add("jo", "administrator", "jernhusen", "lund");
    struct record record = sample_record(&desk.lund.arena, ROND__V1__KIND__KIND_MEETING, 3);
    struct ledger_batch *other = lund_batch(&desk.lund, 3, 0, &record, 1);
    meeting(0);
    meeting(3);
    static const char *const LOGINS[] = {"anna", "jo"}, *const WHOSE[] = {"polisen", "jernhusen"};
    for (size_t i = 0; i < ARRAY_COUNT(LOGINS); i++) {
        assert_ok(GET(LOGINS[i], "/api/v1/outboxes", "{}"));
        assert_int_equal(kept_count(&desk.rows), 1);
        assert_string_equal(field_text(kept_row(&desk.rows, 0), "organisation"), WHOSE[i]);
    }
    assert_err(ROND_ENOTFOUND, GET("petra", "/api/v1/outboxes", "{}"));
    struct append_result result;
    lund_begin(&desk.lund);
    assert_ok(desk.lund.store->ledger->append(desk.lund.store, other, &result));
    assert_int_equal(result.status, APPEND_FORKED);
    lund_commit(&desk.lund);
    assert_ok(GET("anna", "/api/v1/forks", "{}")); // evidence: of all in her area
    assert_int_equal(kept_count(&desk.rows), 1);
    assert_string_equal(field_text(kept_row(&desk.rows, 0), "organisation"), "jernhusen");
    assert_ok(GET("petra", "/api/v1/forks", "{}"));
    assert_int_equal(kept_count(&desk.rows), 1);
    assert_err(ROND_ENOTFOUND, GET("jo", "/api/v1/forks", "{}"));
}

static void a_follow_up_is_looked_at_before_it_is_published(void **state) {
    UNUSED(state);
    the_people_of_lund();
#define DRAFT(promise, period) "{s:s,s:s}", "promise", promise, "period", period
    const char path[] = "/api/v1/promises/x/followups/y/draft";
    assert_ok(GET("petra", path, DRAFT("lund-2015-trafik", "2015-T1")));
    assert_int_equal(field_number(desk.last, "version"), 1);
    assert_true(json_array_size(field(field(desk.last, "document"), "commitments")) > 0);
    assert_err(ROND_ENOTFOUND, GET("root", path, DRAFT("lund-2015-trafik", "2015-T1")));
    assert_err(ROND_ENOTFOUND, GET("anna", path, DRAFT("nowhere", "2015-T1")));
    assert_err(ROND_EINVALID, GET("anna", path, DRAFT("lund-2015-trafik", "2015-T9")));
    assert_err(ROND_ENOTFOUND, GET("anna", "/api/v1/promises/x/followups/y/changes", DRAFT("lund-2015-trafik", "2015-T1")));
    assert_ok(GET("petra", "/api/v1/followup-keys", "{}"));
}

// With its versions, which a promise that was put by itself has not.
static void import_file(const char *path) {
    static char text[64 * 1024];
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    (void)fclose(file);
    desk_do(&desk, json_pack("{s:s,s:s,s:s}", "command", "promise.import", "name", path, "text", text));
}

static void import_lund(void) {
    import_file("tests/fixtures/lund-2015.yaml");
}

static const char *exported(const char *promise) {
    desk_do(&desk, json_pack("{s:s,s:s}", "command", "promise.file", "promise", promise));
    return arena_text(&desk.lund.arena, field_text(desk.last, "text"));
}

static void a_promise_file_is_looked_at_before_it_is_imported(void **state) {
    UNUSED(state);
    the_people_of_lund();
    const char path[] = "/api/v1/promises/check";
    assert_ok(POST("root", path, "{s:s,s:s}", "name", "new.yaml", "text", "area: [\n"));
    assert_int_equal(json_is_true(field(desk.last, "good")), 0);
    assert_int_equal(kept_count(&desk.rows), 1);
    assert_non_null(strstr(field_text(kept_row(&desk.rows, 0), "fault"), "new.yaml"));
    assert_err(ROND_EINVALID, POST("root", path, "{s:s}", "name", "new.yaml"));
    assert_err(ROND_ENOTFOUND, POST("lo", path, "{s:s}", "text", "x"));
    char text[64 * 1024];
    FILE *file = fopen("tests/fixtures/lund-2015.yaml", "re");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    (void)fclose(file);
    assert_ok(POST("root", path, "{s:s}", "text", text));
    assert_true(json_is_true(field(desk.last, "good")));
    assert_int_equal(kept_count(&desk.rows), 0);
    const json_t *promises = field(desk.last, "promises");
    assert_int_equal(json_array_size(promises), 2);
    assert_false(json_is_true(field(json_array_get(promises, 0), "is_new")));
    assert_string_equal(field_text(desk.last, "area"), "lund");
}

static void a_promise_is_tried_by_whom_the_evidence_of_all_is_open_to(void **state) {
    UNUSED(state);
    the_people_of_lund();
    add("carl", "coordinator", "lunds-kommun", "malmo");
    add("cilla", "coordinator", "lunds-kommun", "lund");
    const char path[] = "/api/v1/promises/preview", show[] = "/api/v1/promises/x", file[] = "/api/v1/promises/x/file";
#define TRIED "{s:s,s:{s:s}}", "area", "lund", "promise", "id", "x"
    assert_ok(POST("anna", path, TRIED));
    assert_false(field_truth(desk.last, "good"));
    assert_ok(POST("cilla", path, TRIED));
    assert_err(ROND_ENOTFOUND, POST("carl", path, TRIED)); // of another area
    assert_err(ROND_ENOTFOUND, POST("petra", path, TRIED));
    assert_err(ROND_ENOTFOUND, POST("root", path, TRIED));
    assert_err(ROND_ENOTFOUND, POST("rut", path, TRIED));
    import_lund();
    assert_ok(GET("petra", show, "{s:s}", "promise", "lund-2015-trafik"));
    assert_ok(GET("petra", file, "{s:s}", "promise", "lund-2015-trafik"));
    assert_err(ROND_ENOTFOUND, GET("carl", show, "{s:s}", "promise", "lund-2015-trafik"));
    assert_err(ROND_ENOTFOUND, GET("rut", file, "{s:s}", "promise", "lund-2015-trafik"));
}

static json_t *small_promise(const char *id, const char *life) {
    return json_pack("{s:s,s:s,s:{s:s,s:s},s:[s],s:[{s:s,s:s}],s:[{s:s,s:s,s:s,s:i,s:s}]}", "id", id, "title_sv", "Litet",
                     "period", "from", "2015-01-01", "to", "2015-12-31", "parties", "polisen", "life", "state", life,
                     "entered", "2015-01-01", "commitments", "id", "moten", "title_sv", "Möten", "measure", "at_least",
                     "target", 2, "kind", "meeting");
}

static enum rond_err saves(const char *login, const char *area, const char *id, const char *life, int version) {
    return POST(login, "/api/v1/promises/save", "{s:s,s:o,s:{s:i}}", "area", area, "promise", small_promise(id, life),
                "expected_versions", id, version);
}

static const char *area_of_promise(const char *id) {
    desk_do(&desk, json_pack("{s:s,s:s}", "command", "promise.show", "promise", id));
    return field_text(desk.last, "area");
}

// Its chief answers for it, and nobody else does; nor does a chief take or leave one of an area that is another's.
static void a_promise_is_saved_by_the_chief_of_its_area_before_and_after(void **state) {
    UNUSED(state);
    the_people_of_lund();
    import_lund();
    import_file("tests/fixtures/strangnas-2019.yaml");
    add("sten", "area_chief", "polisen", "strangnas");
    add("cilla", "coordinator", "lunds-kommun", "lund");
    assert_ok(saves("anna", "lund", "ours", "draft", 0));
    assert_int_equal(field_number(desk.last, "version"), 1);
    assert_err(ROND_ECONFLICT, saves("anna", "lund", "ours", "agreed", 0));
    assert_ok(saves("anna", "lund", "ours", "agreed", 1));
    static const char *const NOT[] = {"sten", "cilla", "petra", "rut", "lo"}; // lo: no grant for every organisation and area
    for (size_t i = 0; i < ARRAY_COUNT(NOT); i++) {
        assert_err(ROND_ENOTFOUND, saves(NOT[i], "lund", "ours", "active", 2));
        assert_err(ROND_ENOTFOUND, saves(NOT[i], "lund", "another", "draft", 0));
    }
    // To another area, from one by its id, and one that ends: refused in the words of what is not there.
    assert_err(ROND_ENOTFOUND, saves("anna", "strangnas", "ours", "active", 2));
    assert_err(ROND_ENOTFOUND, saves("anna", "strangnas", "theirs", "draft", 0));
    assert_ok(saves("sten", "strangnas", "theirs", "draft", 0));
    assert_err(ROND_ENOTFOUND, saves("anna", "lund", "theirs", "closed", 1));
    assert_err(ROND_ENOTFOUND, saves("anna", "strangnas", "theirs", "closed", 1));
    assert_err(ROND_ENOTFOUND, saves("sten", "strangnas", "ours", "closed", 2));
    // Nor is the id free once the promise was taken away.
    assert_err(ROND_ENOTFOUND, POST("anna", "/api/v1/promises/theirs/remove", "{s:s}", "promise", "theirs"));
    assert_ok(POST("root", "/api/v1/promises/theirs/remove", "{s:s}", "promise", "theirs"));
    assert_err(ROND_ENOTFOUND, saves("anna", "lund", "theirs", "draft", 1));
    // A file is not looked into, whatever stands beside it; an import stays the administrator's.
    assert_err(ROND_EINVALID, POST("anna", "/api/v1/promises/save", "{s:s,s:s}", "area", "lund", "text", "area: [\n"));
    assert_err(ROND_ENOTFOUND, POST("anna", "/api/v1/promises", "{s:s,s:s}", "area", "lund", "text", exported("ours")));
    assert_err(ROND_EINVALID, POST("anna", "/api/v1/promises/save", "{s:s,s:s,s:{s:i}}", "area", "lund", "promise", "theirs",
                                   "expected_versions", "theirs", 1));
    assert_string_equal(area_of_promise("ours"), "lund");
    assert_string_equal(area_of_promise("theirs"), "strangnas");
    // Whoever looks after the whole installation may, and may give it to another area; from then on it is theirs.
    assert_ok(saves("root", "strangnas", "ours", "agreed", 2));
    assert_err(ROND_ENOTFOUND, saves("anna", "lund", "ours", "agreed", 3));
    assert_ok(saves("sten", "strangnas", "ours", "active", 3));
}

// --- The table is whole ---

static bool has_endpoint(const char *command) {
    size_t count;
    const struct endpoint *list = endpoints(&count);
    for (size_t i = 0; i < count; i++)
        if (list[i].command != NULL && strcmp(list[i].command, command) == 0)
            return true;
    return false;
}

static bool is_the_operators(const char *command) {
    char line[256];
    bool found = false;
    size_t size = strlen(command);
    FILE *file = fopen("tests/fixtures/access/operator.csv", "re");
    assert_non_null(file);
    while (!found && fgets(line, sizeof line, file) != NULL)
        found = strncmp(line, command, size) == 0 && line[size] == ',';
    (void)fclose(file);
    return found;
}

static void every_command_has_an_endpoint_or_is_the_operators(void **state) {
    UNUSED(state);
    size_t count = 0;
    for (const char *name; (name = admin_command_name(count)) != NULL; count++)
        if (has_endpoint(name) == is_the_operators(name))
            fail_msg("%s %s", name, has_endpoint(name) ? "has an endpoint and is the operator's" : "has no endpoint");
    assert_true(count > 60);
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

static enum setup_outcome set_up_as; // by the last sets_up
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
    set_up_as = setup_outcome_of(submission);
    submission_destroy(submission);
    return set_up_as != SETUP_REFUSED;
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

static void another_password_by_an_administrator_leaves_the_second_factor(void **state) {
    UNUSED(state);
    struct login_secrets secrets, unused;
    char code[LOGIN_SETUP_TEXT_SIZE];
    add("root", "administrator", NULL, NULL);
    const json_t *answer = desk_do(&desk, json_pack("{s:s,s:s,s:s}", "command", "person.add", "login", "anna", "name", "x"));
    assert_true(sets_up("anna", field_text(answer, "code"), &secrets, 1));
    assert_int_equal(set_up_as, SETUP_DONE);
    assert_int_equal(tries("anna", true, secrets.recovery_texts[0], 1), LOGIN_BY_RECOVERY);
    assert_ok(POST("root", "/api/v1/people/x/reset-password", "{s:s}", "login", "anna"));
    (void)snprintf(code, sizeof code, "%s", field_text(desk.last, "code"));
    struct person_session session;
    const struct hash256 begun = {.b = {1}};
    assert_err(ROND_ENOTFOUND, desk.lund.store->registry->session_get(desk.lund.store, &begun, &desk.lund.arena, &session));
    assert_int_equal(tries("anna", true, secrets.recovery_texts[1], 2), LOGIN_WRONG_PASSWORD); // none is there
    assert_true(sets_up("anna", code, &unused, 1));
    assert_int_equal(set_up_as, SETUP_OF_PASSWORD);
    assert_true(bytes_equal(got("anna").second_factor, bytes_of(secrets.second_factor, TOTP_SECRET_SIZE)));
    assert_int_equal(got("anna").recovery_count, PERSON_RECOVERY_CODES - 1);
    assert_int_equal(tries("anna", true, unused.recovery_texts[0], 3), LOGIN_WRONG_CODE);
    assert_int_equal(tries("anna", true, secrets.recovery_texts[1], 3), LOGIN_BY_RECOVERY);
    assert_false(sets_up("anna", code, &unused, 1));
}

// --- One's own password and sessions ---

static const uint8_t OLD[PASSWORD_STORED_SIZE] = {1}, NEW[PASSWORD_STORED_SIZE] = {9, 9};

static enum login_outcome changes_password(const char *login, struct bytes checked, bool old_fits, uint8_t token) {
    const struct own_password_request request = {.login = login,
                                                 .checked = checked,
                                                 .old_fits = old_fits,
                                                 .password = NEW,
                                                 .address = "192.0.2.1",
                                                 .token_hash = {.b = {token}},
                                                 .now_ms = 100000};
    struct commit_census census = {0};
    struct catalogue *changed = NULL;
    struct submission *submission = NULL;
    assert_ok(own_password_submission(&request, &submission));
    committer_run(desk.lund.store, submission, desk.lund.catalogue, &census, &changed);
    assert_ok(submission->err);
    enum login_outcome outcome = own_password_outcome_of(submission);
    submission_destroy(submission);
    return outcome;
}

static void anna_with_sessions(struct login_secrets *secrets, uint8_t count) {
    const json_t *answer = desk_do(&desk, json_pack("{s:s,s:s,s:s}", "command", "person.add", "login", "anna", "name", "x"));
    assert_true(sets_up("anna", field_text(answer, "code"), secrets, 1));
    for (uint8_t i = 1; i <= count; i++)
        assert_int_equal(tries("anna", true, secrets->recovery_texts[i], i), LOGIN_BY_RECOVERY);
}

static size_t sessions_of(const char *login) {
    struct person_session *sessions;
    size_t count;
    assert_ok(desk.lund.store->views->sessions(desk.lund.store, login, &desk.lund.arena, &sessions, &count));
    return count;
}

static void another_own_password_needs_the_old_one_and_ends_the_other_sessions(void **state) {
    UNUSED(state);
    struct login_secrets secrets;
    struct person_session session;
    const struct hash256 own = {.b = {2}};
    const struct bytes old = bytes_of(OLD, sizeof OLD);
    anna_with_sessions(&secrets, 3);
    assert_int_equal(changes_password("anna", old, false, 2), LOGIN_WRONG_PASSWORD);
    assert_int_equal(changes_password("anna", (struct bytes){0}, true, 2), LOGIN_WRONG_PASSWORD); // was checked against none
    assert_int_equal(got("anna").failures, 2);
    assert_int_equal(sessions_of("anna"), 3);
    assert_int_equal(changes_password("anna", old, true, 2), LOGIN_DONE);
    assert_true(bytes_equal(got("anna").password, bytes_of(NEW, sizeof NEW)));
    assert_int_equal(sessions_of("anna"), 1);
    assert_ok(desk.lund.store->registry->session_get(desk.lund.store, &own, &desk.lund.arena, &session));
    assert_int_equal(changes_password("anna", old, true, 2), LOGIN_WRONG_PASSWORD); // another was faster
    desk_do(&desk, json_pack("{s:s}", "command", "audit"));
    const char *log = buffer_text(&desk.answer);
    assert_non_null(
        strstr(log, "\"actor\":\"person:anna\",\"action\":\"session.password\",\"detail\":\"ended=2 address=192.0.2.1\""));
    assert_non_null(strstr(log, "\"action\":\"session.password.refused\",\"detail\":\"by=password address=192.0.2.1\""));
}

#define TOKEN_2 "0200000000000000000000000000000000000000000000000000000000000000"
static void own_sessions_are_seen_and_ended_one_by_one_or_all_others(void **state) {
    UNUSED(state);
    struct login_secrets secrets, others;
    anna_with_sessions(&secrets, 4);
    const json_t *answer = desk_do(&desk, json_pack("{s:s,s:s,s:s}", "command", "person.add", "login", "bo", "name", "x"));
    assert_true(sets_up("bo", field_text(answer, "code"), &others, 1));
    assert_int_equal(tries("bo", true, others.recovery_texts[0], 9), LOGIN_BY_RECOVERY);
    assert_ok(GET("anna", "/api/v1/sessions", "{s:s,s:s}", "login", "anna", "session", TOKEN_2));
    assert_int_equal(kept_count(&desk.rows), 4);
    for (size_t i = 0; i < 4; i++) {
        const json_t *row = kept_row(&desk.rows, i);
        assert_string_equal(field_text(row, "address"), "192.0.2.1");
        assert_int_equal(field_number(row, "began_ms"), 100000);
        assert_int_equal(json_is_true(field(row, "this")), !strcmp(field_text(row, "id"), "0200000000000000"));
    }
    assert_err(ROND_ENOTFOUND,
               POST("anna", "/api/v1/sessions/x/end", "{s:s,s:s,s:s}", "login", "anna", "session", TOKEN_2, "id",
                    "0900000000000000")); // bo's
    assert_err(ROND_EINVALID, POST("anna", "/api/v1/sessions/x/end", "{s:s,s:s}", "login", "anna", "session", TOKEN_2));
    assert_ok(POST("anna", "/api/v1/sessions/x/end", "{s:s,s:s,s:s}", "login", "anna", "session", TOKEN_2, "id",
                   "0300000000000000"));
    assert_int_equal(sessions_of("anna"), 3);
    assert_ok(POST("anna", "/api/v1/sessions/end-others", "{s:s,s:s}", "login", "anna", "session", TOKEN_2));
    assert_int_equal(field_number(desk.last, "ended"), 2);
    assert_ok(GET("anna", "/api/v1/sessions", "{s:s,s:s}", "login", "anna", "session", TOKEN_2));
    assert_int_equal(kept_count(&desk.rows), 1);
    assert_string_equal(field_text(kept_row(&desk.rows, 0), "id"), "0200000000000000");
    assert_int_equal(sessions_of("bo"), 1);
}

static void a_session_that_idled_is_not_in_the_list(void **state) {
    UNUSED(state);
    struct login_secrets secrets;
    anna_with_sessions(&secrets, 1);
    kept_rows_deinit(&desk.rows);
    kept_rows_init(&desk.rows);
    struct sessions_wanted wanted = {.login = "anna", .now_ms = 100999, .idle_ms = 1000, .age_ms = 5000};
    assert_ok(read_sessions(desk.lund.store, &wanted, &desk.rows.rows));
    assert_int_equal(kept_count(&desk.rows), 1);
    wanted.now_ms = 101000;
    assert_ok(read_sessions(desk.lund.store, &wanted, &desk.rows.rows));
    assert_int_equal(kept_count(&desk.rows), 1);
    wanted = (struct sessions_wanted){.login = "anna", .now_ms = 105000, .age_ms = 5000};
    assert_ok(read_sessions(desk.lund.store, &wanted, &desk.rows.rows));
    assert_int_equal(kept_count(&desk.rows), 1);
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

static void that_a_session_was_seen_is_no_news_for_the_pages(void **state) {
    UNUSED(state);
    const struct person_session session = {.began_ms = 10000, .seen_ms = 12000};
    struct submission *submission = NULL;
    assert_ok(session_seen_submission(&session, 13000, &submission));
    assert_false(submission_is_news(submission));
    submission_destroy(submission);
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, open_desk, close_desk)
    const struct CMUnitTest tests[] = {
        TEST(a_new_person_waits_for_the_set_up_with_a_code_that_is_not_stored),
        TEST(what_cannot_be_a_person_or_a_grant_is_refused_by_its_field),
        TEST(a_grant_that_ended_stays_and_is_not_valid),
        TEST(each_sees_the_rows_that_are_theirs),
        TEST(what_is_not_theirs_is_not_there_and_leaves_no_trace),
        TEST(an_amendment_is_taken_back_only_by_who_may_amend),
        TEST(several_reports_are_decided_about_only_where_each_may_be),
        TEST(the_trace_of_a_report_names_the_handheld_to_its_own_organisation_alone),
        TEST(a_locked_person_finds_nothing),
        TEST(an_area_or_a_promise_that_is_not_theirs_is_not_there),
        TEST(names_of_others_handhelds_are_not_in_the_joint_figures),
        TEST(nobody_changes_the_own_account_or_one_that_reaches_further),
        TEST(a_hold_is_made_seen_and_lifted_by_who_reaches_what_it_holds),
        TEST(rules_of_disclosure_are_set_by_whose_it_is_and_seen_by_both_sides),
        TEST(what_another_organisation_discloses_is_seen_as_far_as_its_rule_goes),
        TEST(a_decision_names_only_reports_that_are_seen),
        TEST(what_a_walk_says_of_a_place_is_read_by_who_may_read_its_texts),
        TEST(rules_of_retention_are_seen_by_whose_texts_they_are),
        TEST(a_public_record_is_given_out_by_whose_reports_they_are),
        TEST(decisions_are_seen_with_the_reports_they_are_about),
        TEST(outboxes_and_forks_are_seen_by_whose_handheld_it_is),
        TEST(a_follow_up_is_looked_at_before_it_is_published),
        TEST(a_promise_file_is_looked_at_before_it_is_imported),
        TEST(a_promise_is_tried_by_whom_the_evidence_of_all_is_open_to),
        TEST(a_promise_is_saved_by_the_chief_of_its_area_before_and_after),
        TEST(every_command_has_an_endpoint_or_is_the_operators),
        TEST(a_set_up_code_is_for_one_person_once_and_for_a_day),
        TEST(another_password_by_an_administrator_leaves_the_second_factor),
        TEST(another_own_password_needs_the_old_one_and_ends_the_other_sessions),
        TEST(own_sessions_are_seen_and_ended_one_by_one_or_all_others),
        TEST(a_session_that_idled_is_not_in_the_list),
        TEST(every_try_is_counted_and_written_down_and_a_session_begins_only_with_both),
        TEST(a_session_lasts_until_it_idles_or_is_old),
        TEST(that_a_session_was_seen_is_no_news_for_the_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
