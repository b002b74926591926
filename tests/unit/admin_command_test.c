// People's changes and questions over a memory store, the way that the server and rondctl use them.
//
// Tests: server/admin/command.c server/admin/changes.c server/admin/import.c server/admin/questions.c server/admin/promise_edit.c
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "admin/command.h"
#include "auth/ca.h"
#include "ingest/committer.h"
#include "support/test.h"

struct desk {
    struct store *store;
    struct catalogue *catalogue;
    struct ca *ca;
    char directory[64];
    struct buffer answer;
    bool publishes; // what was asked last put a statement, or a key
};

static int desk_setup(void **state) {
    struct desk *desk = calloc(1, sizeof *desk);
    strcpy(desk->directory, "/tmp/rond-admin-test-XXXXXX");
    assert_non_null(mkdtemp(desk->directory));
    assert_ok(ca_create(desk->directory, "Test CA", rng_system(), clock_wall_ms(clock_system()), NULL));
    assert_ok(ca_open(desk->directory, &desk->ca, NULL));
    assert_ok(store_open_memory(rng_system(), &desk->store));
    assert_ok(catalogue_create(desk->store, &desk->catalogue, NULL));
    buffer_init(&desk->answer, 16 * 1024 * 1024);
    *state = desk;
    return 0;
}

static int desk_teardown(void **state) {
    struct desk *desk = *state;
    char path[128];
    catalogue_unref(desk->catalogue);
    store_close(desk->store);
    ca_close(desk->ca);
    buffer_deinit(&desk->answer);
    snprintf(path, sizeof path, "%s/ca.key", desk->directory);
    unlink(path);
    snprintf(path, sizeof path, "%s/ca.crt", desk->directory);
    unlink(path);
    snprintf(path, sizeof path, "%s/statement.key", desk->directory);
    unlink(path);
    rmdir(desk->directory);
    free(desk);
    return 0;
}

static enum rond_err take(void *context, struct bytes bytes) {
    struct desk *desk = context;
    return buffer_append(&desk->answer, bytes);
}

static void run_command(struct desk *desk, struct submission *submission, struct admin_job *job, const struct admin_out *out) {
    struct commit_census census = {0};
    struct catalogue *changed = NULL;
    committer_run(desk->store, submission, desk->catalogue, &census, &changed);
    desk->publishes = submission->publishes;
    if (changed != NULL) {
        catalogue_unref(desk->catalogue);
        desk->catalogue = changed;
    }
    if (job != NULL && submission->err == ROND_OK)
        assert_ok(admin_read(job, desk->store, desk->catalogue, out));
    else
        assert_ok(admin_answer(submission, out));
    admin_job_destroy(job);
    submission_destroy(submission);
}

// The last line of the answer, to be json_decref'd; the rows before it stay in desk->answer.
static json_t *ask_text(struct desk *desk, const char *text) {
    const struct admin_context context = {.catalogue = desk->catalogue, .ca = desk->ca, .enrolment_url = "https://localhost:7444", .directory = desk->directory, .clock = clock_system(), .rng = rng_system()};
    const struct admin_request request = {.uid = 1000, .json = bytes_of_text(text)};
    const struct admin_out out = {.write = take, .context = desk};
    struct admin_work work;
    buffer_clear(&desk->answer);
    admin_prepare(&request, &context, &work);
    if (work.route == ADMIN_COMMAND) {
        run_command(desk, work.submission, work.job, &out);
    } else if (work.route == ADMIN_READ) {
        assert_ok(admin_read(work.job, desk->store, desk->catalogue, &out));
        admin_job_destroy(work.job);
    } else {
        assert_ok(admin_refuse(work.err, &work.fault, &out));
    }
    char *lines = strdup(buffer_text(&desk->answer));
    size_t size = strlen(lines);
    assert_true(size > 1 && lines[size - 1] == '\n');
    lines[size - 1] = '\0';
    char *last = strrchr(lines, '\n');
    json_error_t error;
    json_t *object = json_loads(last == NULL ? lines : last + 1, 0, &error);
    assert_non_null(object);
    free(lines);
    return object;
}

static json_t *ask(struct desk *desk, json_t *take_request) {
    char *text = json_dumps(take_request, JSON_COMPACT);
    json_decref(take_request);
    json_t *answer = ask_text(desk, text);
    free(text);
    return answer;
}

static void assert_done(json_t *take_answer) {
    if (!json_is_true(json_object_get(take_answer, "ok"))) {
        fail_msg("%s", json_string_value(json_object_get(take_answer, "error")));
    }
    json_decref(take_answer);
}

static void import_lund(struct desk *desk) {
    FILE *file = fopen("tests/fixtures/lund-2015.yaml", "r");
    assert_non_null(file);
    static char text[64 * 1024];
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_done(ask(desk, json_pack("{s:s,s:s,s:s}", "command", "promise.import", "name", "lund.yaml", "text", text)));
}

static void admin_imports_a_promise_file_and_shows_its_commitments(void **state) {
    struct desk *desk = *state;
    import_lund(desk);
    json_t *progress = ask(desk, json_pack("{s:s}", "command", "progress"));
    json_t *area = json_array_get(json_object_get(progress, "areas"), 0);
    assert_false(desk->publishes); // a promise is of the catalogue
    assert_string_equal(json_string_value(json_object_get(area, "name")), "Lund");
    json_t *promises = json_object_get(area, "promises");
    assert_int_equal(json_array_size(promises), 2);
    assert_int_equal(json_array_size(json_object_get(json_array_get(promises, 0), "commitments")), 5);
    assert_int_equal(json_array_size(json_object_get(json_array_get(promises, 1), "commitments")), 4);
    json_decref(progress);
}

static void admin_importing_the_same_file_again_changes_nothing(void **state) {
    struct desk *desk = *state;
    import_lund(desk);
    uint64_t revision = catalogue_revision(desk->catalogue);
    import_lund(desk);
    assert_int_equal(catalogue_revision(desk->catalogue), revision);
}

// The Lund file with one thing changed.
static json_t *import_changed(struct desk *desk, const char *from, const char *to) {
    static char text[64 * 1024], changed[64 * 1024];
    FILE *file = fopen("tests/fixtures/lund-2015.yaml", "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    char *at = strstr(text, from);
    assert_non_null(at);
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return ask(desk, json_pack("{s:s,s:s,s:s}", "command", "promise.import", "name", "lund.yaml", "text", changed));
}

static json_int_t version_now(struct desk *desk) {
    return catalogue_promise(desk->catalogue, "lund-2015-trafik")->version;
}

static void admin_an_edit_is_a_version_and_the_same_again_is_none(void **state) {
    struct desk *desk = *state;
    import_lund(desk);
    assert_int_equal(version_now(desk), 1);
    assert_done(import_changed(desk, "target: 10", "target: 12"));
    assert_int_equal(version_now(desk), 2);
    assert_done(import_changed(desk, "target: 10", "target: 12"));
    assert_int_equal(version_now(desk), 2);
    assert_int_equal(catalogue_promise(desk->catalogue, "lund-2015-station")->version, 1);
    json_t *old = ask(desk, json_pack("{s:s,s:s}", "command", "promise.versions", "promise", "lund-2015-trafik@1"));
    assert_done(old);
    json_t *none = ask(desk, json_pack("{s:s,s:s}", "command", "promise.versions", "promise", "lund-2015-trafik@3"));
    assert_false(json_is_true(json_object_get(none, "ok")));
    json_decref(none);
}

static void admin_a_promise_does_not_go_back_and_a_closed_one_stands(void **state) {
    static const char where[] = "    parties: [polisen, lunds-kommun]\n    commitments:";
    static const struct {
        const char *life;
        const char *refusal; // NULL: taken
    } steps[] = {
        {"[{state: draft, entered: 2014-10-01}]", NULL},
        {"[{state: draft, entered: 2014-10-01}, {state: active, entered: 2015-01-01}]", NULL},
        {"[{state: draft, entered: 2014-10-01}]", "does not go back to draft"},
        {"[{state: active, entered: 2015-01-01}, {state: closed, entered: 2016-02-01}]", NULL},
        {"[{state: active, entered: 2015-01-02}, {state: closed, entered: 2016-02-01}]", "is closed"},
    };
    struct desk *desk = *state;
    for (size_t i = 0; i < ARRAY_COUNT(steps); i++) {
        char with[256];
        snprintf(with, sizeof with, "    parties: [polisen, lunds-kommun]\n    life: %s\n    commitments:", steps[i].life);
        json_t *answer = import_changed(desk, where, with);
        const char *error = json_string_value(json_object_get(answer, "error"));
        if (i == 0) { // still a draft
            json_t *early = ask(desk, json_pack("{s:s,s:s,s:s,s:b}", "command", "followup.publish", "promise",
                                                "lund-2015-trafik", "period", "2015-T1", "early", 1));
            const char *refusal = json_string_value(json_object_get(early, "error"));
            assert_non_null(refusal);
            assert_non_null(strstr(refusal, "is not active yet"));
            json_decref(early);
        }
        if (steps[i].refusal == NULL ? error != NULL : error == NULL || strstr(error, steps[i].refusal) == NULL)
            fail_msg("step %zu: %s", i, error == NULL ? "taken" : error);
        json_decref(answer);
    }
    assert_int_equal(version_now(desk), 3);
}

static void admin_refuses_a_faulty_file_with_its_line_and_imports_nothing(void **state) {
    struct desk *desk = *state;
    json_t *answer = ask(desk, json_pack("{s:s,s:s,s:s}", "command", "promise.import", "name", "bad.yaml", "text",
                                         "area: {id: lund, name: Lund, timezone: Europe/Stockholm}\nperiod: {from: 2015-12-31, to: 2015-01-01}\n"));
    assert_false(json_is_true(json_object_get(answer, "ok")));
    assert_non_null(strstr(json_string_value(json_object_get(answer, "error")), "bad.yaml:2"));
    json_decref(answer);
    assert_null(catalogue_area(desk->catalogue, "lund"));
}

static void admin_gives_out_an_enrolment_code_and_stores_only_its_hash(void **state) {
    struct desk *desk = *state;
    import_lund(desk);
    json_t *answer = ask(desk, json_pack("{s:s,s:s,s:s,s:[s]}", "command", "device.code", "organisation", "polisen", "area",
                                         "lund", "roles", "police_officer"));
    const char *code = json_string_value(json_object_get(answer, "code"));
    assert_non_null(code);
    assert_int_equal(code[0], 'R');
    json_decref(answer);
    assert_done(ask(desk, json_pack("{s:s}", "command", "audit")));
    assert_non_null(strstr(buffer_text(&desk->answer), "device.code"));
    assert_null(strstr(buffer_text(&desk->answer), "\"R"));
}

static void admin_says_of_a_code_whether_a_second_person_has_to_approve(void **state) {
    struct desk *desk = *state;
    import_lund(desk);
    for (int wanted = 0; wanted < 2; wanted++) {
        json_t *answer = ask(desk, json_pack("{s:s,s:s,s:s,s:[s],s:b}", "command", "device.code", "organisation", "polisen", "area",
                                             "lund", "roles", "police_officer", "approval", wanted));
        assert_int_equal(json_is_true(json_object_get(answer, "wants_approval")), wanted);
        json_decref(answer);
        assert_done(ask(desk, json_pack("{s:s}", "command", "audit")));
        assert_int_equal(strstr(buffer_text(&desk->answer), "approval=second") != NULL, wanted);
    }
}

static void admin_removes_a_promise(void **state) {
    struct desk *desk = *state;
    import_lund(desk);
    assert_done(ask(desk, json_pack("{s:s,s:s}", "command", "promise.remove", "promise", "lund-2015-trafik")));
    assert_null(catalogue_promise(desk->catalogue, "lund-2015-trafik"));
    assert_non_null(catalogue_promise(desk->catalogue, "lund-2015-station"));
}

static void admin_revokes_a_device_by_name_and_says_whom_to_cut(void **state) {
    struct desk *desk = *state;
    const char *roles[] = {"police_officer"};
    struct device_record device = {.device = {{0xAB, 0xCD, 0xEF}}, .name = "patrol 1", .organisation = "polisen", .area = "lund", .roles = roles, .roles_count = 1, .enrolled_ms = 1};
    assert_ok(desk->store->ledger->begin(desk->store));
    assert_ok(desk->store->registry->device_put(desk->store, &device));
    assert_ok(desk->store->ledger->commit(desk->store));
    json_t *answer = ask(desk, json_pack("{s:s,s:s,s:s}", "command", "device.revoke", "device", "patrol 1", "how", "lost"));
    assert_string_equal(json_string_value(json_object_get(answer, "revoked")), "lost");
    json_decref(answer);
    struct arena arena;
    struct device_record stored;
    arena_init(&arena, 65536);
    assert_ok(desk->store->registry->device_get(desk->store, &device.device, &arena, &stored));
    assert_int_equal(stored.status, DEVICE_LOST);
    arena_deinit(&arena);
    // Lost is for good: it cannot become the milder "retired".
    answer = ask(desk, json_pack("{s:s,s:s,s:s}", "command", "device.revoke", "device", "abcdef", "how", "retired"));
    assert_false(json_is_true(json_object_get(answer, "ok")));
    json_decref(answer);
}

static void admin_answers_bad_requests_with_the_field_and_what_to_do(void **state) {
    static const struct {
        const char *request, *field;
    } cases[] = {
        {"", "command"},
        {"[]", "command"},
        {"{\"command\":7}", "command"},
        {"{\"command\":\"no.such\"}", "command"},
        {"{\"command\":\"device.code\"}", "organisation"},
        {"{\"command\":\"device.code\",\"organisation\":\"nobody\",\"area\":\"lund\"}", "organisation"},
        {"{\"command\":\"device.code\",\"organisation\":\"polisen\",\"area\":\"lund\",\"roles\":[]}", "roles"},
        {"{\"command\":\"device.code\",\"organisation\":\"polisen\",\"area\":\"lund\",\"roles\":[\"king\"]}", "roles"},
        {"{\"command\":\"device.code\",\"organisation\":\"polisen\",\"area\":\"lund\",\"roles\":[\"police_officer\"],\"minutes\":0}", "minutes"},
        {"{\"command\":\"device.revoke\",\"device\":\"x\",\"how\":\"gone\"}", "how"},
        {"{\"command\":\"device.revoke\",\"device\":\"nobody\",\"how\":\"lost\"}", "device"},
        {"{\"command\":\"promise.remove\",\"promise\":\"nothing\"}", "promise"},
        {"{\"command\":\"quarantine.release\",\"reference\":\"#99\"}", "reference"},
        {"{\"command\":\"report.show\",\"reference\":\"#99\"}", "reference"},
        {"{\"command\":\"progress.why\",\"commitment\":\"a/b\"}", "commitment"},
        {"{\"command\":\"progress\",\"area\":\"atlantis\"}", "area"},
        {"{\"command\":\"followup.publish\",\"period\":\"final\"}", "promise"},
        {"{\"command\":\"followup.publish\",\"promise\":\"nothing\",\"period\":\"final\"}", "promise"},
        {"{\"command\":\"followup.publish\",\"promise\":\"lund-2015-trafik\"}", "period"},
        {"{\"command\":\"followup.publish\",\"promise\":\"lund-2015-trafik\",\"period\":\"2016-T1\"}", "period"},
        {"{\"command\":\"followup.publish\",\"promise\":\"lund-2015-trafik\",\"period\":\"2015-T1-and-more\"}", "period"},
        {"{\"command\":\"followup.publish\",\"promise\":\"lund-2015-trafik\",\"period\":\"final\",\"restate\":true}", "period"},
        {"{\"command\":\"followup.show\",\"promise\":\"lund-2015-trafik\",\"period\":\"final\"}", "period"},
        {"{\"command\":\"followup.show\"}", "period"},
        {"{\"command\":\"followup.diff\",\"promise\":\"lund-2015-trafik\",\"period\":\"final\"}", "period"},
    };
    struct desk *desk = *state;
    import_lund(desk);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        json_t *answer = ask_text(desk, cases[i].request);
        assert_true(json_is_false(json_object_get(answer, "ok")));
        assert_string_equal(json_string_value(json_object_get(answer, "field")), cases[i].field);
        assert_true(json_string_length(json_object_get(answer, "error")) > 10);
        json_decref(answer);
    }
}

static void admin_rebuild_of_an_unchanged_store_says_so(void **state) {
    struct desk *desk = *state;
    import_lund(desk);
    json_t *answer = ask(desk, json_pack("{s:s}", "command", "rebuild"));
    assert_true(json_is_true(json_object_get(answer, "unchanged")));
    json_decref(answer);
}

static void admin_tells_how_far_a_command_has_come(void **state) {
    struct desk *desk = *state;
    struct admin_out out = {.write = take, .context = desk};
    struct submission *submission = submission_create(SUBMISSION_COMMAND, 1024);
    submission_progress(submission, 1234000, 10000000);
    assert_ok(admin_progress(submission, &out));
    assert_string_equal(buffer_text(&desk->answer), "{\"progress\":{\"rows\":1234000,\"of\":10000000}}\n");
    submission_destroy(submission);
}

static void admin_questions_all_answer_on_an_empty_store(void **state) {
    static const char *const questions[] = {"progress", "promise.list", "device.list", "outbox.list", "quarantine.list", "words",
                                            "counts",   "fork.list",    "audit",       "export",      "verify",          "report.flagged",
                                            "followup.list", "followup.export", "followup.keys"};
    struct desk *desk = *state;
    for (size_t i = 0; i < ARRAY_COUNT(questions); i++) {
        assert_done(ask(desk, json_pack("{s:s}", "command", questions[i])));
    }
}

static json_t *publish(struct desk *desk, const char *period, bool restate) {
    return ask(desk, json_pack("{s:s,s:s,s:s,s:b}", "command", "followup.publish", "promise", "lund-2015-trafik", "period", period,
                               "restate", restate));
}

static void assert_refused(json_t *take_answer, enum rond_err expected) {
    assert_true(json_is_false(json_object_get(take_answer, "ok")));
    assert_int_equal(json_integer_value(json_object_get(take_answer, "err")), expected);
    json_decref(take_answer);
}

// Reading it at 0 fails as a worn stick does.
static void admin_tells_a_rescue_file_that_fails_from_one_that_may_not_be_read(void **state) {
    assert_refused(ask(*state, json_pack("{s:s,s:s}", "command", "rescue", "file", "/proc/self/mem")), ROND_EIO);
    assert_refused(ask(*state, json_pack("{s:s,s:s}", "command", "rescue", "file", "/nowhere")), ROND_EINVALID);
    assert_refused(ask(*state, json_pack("{s:s,s:s}", "command", "rescue", "file", "/")), ROND_EINVALID);
}

static void admin_publishes_a_followup_once_and_again_only_where_something_changed(void **state) {
    struct desk *desk = *state;
    import_lund(desk);
    json_t *answer = publish(desk, "2015-T1", false);
    assert_true(json_is_true(json_object_get(answer, "ok")));
    assert_int_equal(json_integer_value(json_object_get(answer, "version")), 1);
    assert_true(desk->publishes);
    json_decref(answer);
    assert_refused(publish(desk, "2015-T1", false), ROND_ECONFLICT);
    assert_false(desk->publishes);
    assert_refused(publish(desk, "2015-T1", true), ROND_ECONFLICT);
    assert_refused(publish(desk, "2015-T2", true), ROND_ENOTFOUND);
    assert_done(ask(desk, json_pack("{s:s,s:s,s:s}", "command", "followup.show", "promise", "lund-2015-trafik", "period", "2015-T1")));
    assert_non_null(strstr(buffer_text(&desk->answer), "rond follow-up 2"));
    assert_refused(ask(desk, json_pack("{s:s,s:s,s:s,s:i}", "command", "followup.show", "promise", "lund-2015-trafik", "period", "2015-T1",
                                       "version", 2)),
                   ROND_ENOTFOUND);
    answer = ask(desk, json_pack("{s:s,s:s,s:s}", "command", "followup.diff", "promise", "lund-2015-trafik", "period", "2015-T1"));
    assert_true(json_is_false(json_object_get(answer, "differs")));
    json_decref(answer);
    answer = ask(desk, json_pack("{s:s}", "command", "verify"));
    assert_int_equal(json_integer_value(json_object_get(answer, "followups")), 1);
    assert_true(json_is_true(json_object_get(answer, "sound")));
    json_decref(answer);
    assert_done(ask(desk, json_pack("{s:s}", "command", "audit")));
    assert_non_null(strstr(buffer_text(&desk->answer), "period=2015-T1 version=1"));
}

static void admin_signs_with_another_key_after_it_was_changed(void **state) {
    struct desk *desk = *state;
    import_lund(desk);
    json_t *first = publish(desk, "2015-T1", false), *changed = ask(desk, json_pack("{s:s}", "command", "followup.rotate-key"));
    assert_true(desk->publishes);
    json_t *second = publish(desk, "2015-T2", false);
    const char *key = json_string_value(json_object_get(changed, "key"));
    assert_string_not_equal(json_string_value(json_object_get(first, "key")), key);
    assert_string_equal(json_string_value(json_object_get(second, "key")), key);
    json_t *verified = ask(desk, json_pack("{s:s}", "command", "verify"));
    assert_int_equal(json_integer_value(json_object_get(verified, "followups")), 2);
    assert_int_equal(json_integer_value(json_object_get(verified, "findings")), 0);
    json_decref(verified);
    json_decref(first);
    json_decref(second);
    json_decref(changed);
}

static void admin_verify_finds_a_followup_that_its_key_did_not_sign(void **state) {
    struct desk *desk = *state;
    import_lund(desk);
    json_decref(publish(desk, "2015-T1", false));
    struct arena arena;
    struct followup forged;
    arena_init(&arena, 1024 * 1024);
    assert_ok(desk->store->views->followup(desk->store, "lund-2015-trafik", "2015-T1", 1, &arena, &forged));
    forged.period = "2015-T2";
    forged.document = bytes_of_text("{}");
    assert_ok(desk->store->ledger->begin(desk->store));
    assert_ok(desk->store->registry->followup_put(desk->store, &forged));
    assert_ok(desk->store->ledger->commit(desk->store));
    arena_deinit(&arena);
    json_t *answer = ask(desk, json_pack("{s:s}", "command", "verify"));
    assert_int_equal(json_integer_value(json_object_get(answer, "findings")), 1);
    json_decref(answer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(admin_imports_a_promise_file_and_shows_its_commitments),
        TEST(admin_importing_the_same_file_again_changes_nothing),
        TEST(admin_an_edit_is_a_version_and_the_same_again_is_none),
        TEST(admin_a_promise_does_not_go_back_and_a_closed_one_stands),
        TEST(admin_refuses_a_faulty_file_with_its_line_and_imports_nothing),
        TEST(admin_gives_out_an_enrolment_code_and_stores_only_its_hash),
        TEST(admin_says_of_a_code_whether_a_second_person_has_to_approve),
        TEST(admin_removes_a_promise),
        TEST(admin_revokes_a_device_by_name_and_says_whom_to_cut),
        TEST(admin_answers_bad_requests_with_the_field_and_what_to_do),
        TEST(admin_rebuild_of_an_unchanged_store_says_so),
        TEST(admin_tells_how_far_a_command_has_come),
        TEST(admin_questions_all_answer_on_an_empty_store),
        TEST(admin_tells_a_rescue_file_that_fails_from_one_that_may_not_be_read),
        TEST(admin_publishes_a_followup_once_and_again_only_where_something_changed),
        TEST(admin_signs_with_another_key_after_it_was_changed),
        TEST(admin_verify_finds_a_followup_that_its_key_did_not_sign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
