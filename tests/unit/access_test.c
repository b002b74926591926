// Every role x organisation x area x time x endpoint against tests/fixtures/access/expected.csv.
//
// Tests: server/auth/access.c server/auth/endpoints.c
#include <stdio.h>
#include <string.h>

#include "auth/endpoints.h"
#include "base/check.h"
#include "support/test.h"

enum { ROLES = PERSON_ROLES_END - 1, LINES_MAX = 200, NOW_MS = 1000 };

struct line {
    char method[8], path[128], may[ROLES][12];
    bool used;
};
static struct line lines[LINES_MAX];
static size_t lines_count;

static int read_expected(void **state) {
    UNUSED(state);
    char text[512];
    FILE *file = fopen("tests/fixtures/access/expected.csv", "r");
    assert_non_null(file);
    while (fgets(text, sizeof text, file) != NULL) {
        if (text[0] == '#' || text[0] == '\n')
            continue;
        assert_true(lines_count < LINES_MAX);
        struct line *line = &lines[lines_count++];
        int fields = sscanf(text, "%7[^,],%127[^,],%11[^,],%11[^,],%11[^,],%11[^,],%11[^,\n]", line->method, line->path,
                            line->may[0], line->may[1], line->may[2], line->may[3], line->may[4]);
        if (fields != 2 + ROLES)
            fail_msg("not a line of the table: %s", text);
    }
    fclose(file);
    return 0;
}

static const char *method_name(const struct endpoint *endpoint) {
    return endpoint->method == ENDPOINT_GET ? "GET" : "POST";
}

static struct line *line_of(const struct endpoint *endpoint) {
    for (size_t i = 0; i < lines_count; i++)
        if (!strcmp(lines[i].method, method_name(endpoint)) && !strcmp(lines[i].path, endpoint->pattern))
            return &lines[i];
    fail_msg("%s %s is missing in tests/fixtures/access/expected.csv", method_name(endpoint), endpoint->pattern);
    return NULL;
}

static bool same(const char *granted, const char *asked) {
    return asked != NULL && strcmp(granted, asked) == 0;
}

// What the word in the table means, said once more and otherwise than auth/access.c does.
static bool expected(const char *word, const char *organisation, const char *area, const struct access_object *object) {
    bool every_organisation = same("*", organisation), every_area = same("*", area);
    if (!strcmp(word, "self") || !strcmp(word, "any"))
        return true;
    if (!strcmp(word, "all"))
        return every_organisation && every_area;
    bool in_area = every_area || same(area, object->area);
    if (!strcmp(word, "area"))
        return in_area;
    if (!strcmp(word, "org"))
        return every_organisation || same(organisation, object->organisation);
    if (!strcmp(word, "own"))
        return in_area && (every_organisation || same(organisation, object->organisation));
    if (strcmp(word, "-"))
        fail_msg("what is '%s'?", word);
    return false;
}

static void hold_object(const struct endpoint *endpoint, const char *word, const struct person_grant *grant,
                        const char *organisation, const char *area) {
    const struct access_object object = {organisation, area};
    bool may = access_may(grant, 1, endpoint->action, &object, NOW_MS);
    bool is_valid = grant->from_ms <= NOW_MS && (grant->to_ms == 0 || grant->to_ms > NOW_MS);
    bool should = (is_valid || !strcmp(word, "self")) && expected(word, grant->organisation, grant->area, &object);
    if (may != should)
        fail_msg("%s %s: %s of %s in %s (%lld to %lld) asks for what is of %s in %s: %s", method_name(endpoint),
                 endpoint->pattern, access_role_name(grant->role), grant->organisation, grant->area,
                 (long long)grant->from_ms, (long long)grant->to_ms, organisation ? organisation : "none",
                 area ? area : "none", may ? "allowed" : "denied");
}

static size_t held;

static void hold_grant(const struct endpoint *endpoint, const char *word, const struct person_grant *grant) {
    static const char *const ORGANISATIONS[] = {"polisen", "jernhusen", "lunds-kommun", NULL};
    static const char *const AREAS[] = {"lund", "strangnas", NULL};
    bool somewhere = false;
    for (size_t o = 0; o < ARRAY_COUNT(ORGANISATIONS); o++)
        for (size_t a = 0; a < ARRAY_COUNT(AREAS); a++) {
            const struct access_object object = {ORGANISATIONS[o], AREAS[a]};
            hold_object(endpoint, word, grant, ORGANISATIONS[o], AREAS[a]);
            somewhere |= access_may(grant, 1, endpoint->action, &object, NOW_MS);
            held++;
        }
    assert_int_equal(access_may_somewhere(grant, 1, endpoint->action, NOW_MS), somewhere);
}

static void every_role_may_what_the_table_says_and_nothing_else(void **state) {
    UNUSED(state);
    static const char *const ORGANISATIONS[] = {"polisen", "jernhusen", "*"};
    static const char *const AREAS[] = {"lund", "strangnas", "*"};
    static const int64_t TIMES[][2] = {{0, 0}, {NOW_MS, NOW_MS + 1}, {NOW_MS + 1, 0}, {0, NOW_MS}};
    size_t count;
    const struct endpoint *list = endpoints(&count);
    for (size_t e = 0; e < count; e++) {
        struct line *line = line_of(&list[e]);
        line->used = true;
        bool is_public = list[e].object == OBJECT_PUBLIC;
        for (size_t r = 0; r < ROLES; r++) {
            assert_int_equal(is_public, !strcmp(line->may[r], "public"));
            for (size_t i = 0; i < 36 && !is_public; i++) {
                const struct person_grant grant = {(enum person_role)(r + 1), ORGANISATIONS[i % 3], AREAS[i / 3 % 3],
                                                   TIMES[i / 9][0], TIMES[i / 9][1]};
                hold_grant(&list[e], line->may[r], &grant);
            }
        }
    }
    for (size_t i = 0; i < lines_count; i++)
        if (!lines[i].used)
            fail_msg("%s %s is in the table and answered by nobody", lines[i].method, lines[i].path);
    print_message("%zu questions\n", held);
}

static void who_has_no_grant_may_only_end_the_own_session(void **state) {
    UNUSED(state);
    const struct access_object object = {"polisen", "lund"};
    for (unsigned action = 0; action < ACCESS_ACTIONS; action++) {
        assert_int_equal(access_may(NULL, 0, (enum access_action)action, &object, NOW_MS), action == ACCESS_SELF);
        assert_int_equal(access_may_somewhere(NULL, 0, (enum access_action)action, NOW_MS), action == ACCESS_SELF);
    }
}

static void grants_add_up_and_never_mix(void **state) {
    UNUSED(state);
    const struct person_grant grants[] = {{PERSON_AREA_CHIEF, "polisen", "lund", 0, 0},
                                          {PERSON_PARTNER_VIEWER, "jernhusen", "strangnas", 0, 0}};
    const struct access_object both[] = {{"polisen", "lund"}, {"jernhusen", "strangnas"}};
    const struct access_object mixed[] = {{"polisen", "strangnas"}, {"jernhusen", "lund"}};
    for (size_t i = 0; i < 2; i++) {
        assert_true(access_may(grants, 2, ACCESS_REPORT_READ, &both[i], NOW_MS));
        assert_false(access_may(grants, 2, ACCESS_REPORT_READ, &mixed[i], NOW_MS));
    }
    assert_false(access_may(grants, 2, ACCESS_QUARANTINE_DECIDE, &both[1], NOW_MS));
}

static void a_role_that_nobody_knows_may_nothing(void **state) {
    UNUSED(state);
    const struct access_object object = {"polisen", "lund"};
    enum person_role role;
    for (int number = -1; number < 20; number++) {
        const struct person_grant grant = {(enum person_role)number, "*", "*", 0, 0};
        bool is_role = number > 0 && number < PERSON_ROLES_END;
        assert_int_equal(access_may(&grant, 1, ACCESS_REFERENCE_READ, &object, NOW_MS), is_role);
        assert_int_equal(access_role_name(grant.role) != NULL, is_role);
        if (is_role) {
            assert_true(access_role_parse(access_role_name(grant.role), &role));
            assert_int_equal(role, number);
        }
    }
    assert_false(access_role_parse("root", &role));
    assert_false(access_role_parse("", &role));
}

static void a_path_is_taken_apart_by_its_pattern(void **state) {
    UNUSED(state);
    struct endpoint_match match = endpoint_match(ENDPOINT_POST, "/api/v1/devices/4f%20a/revoke");
    assert_non_null(match.endpoint);
    assert_string_equal(match.endpoint->command, "device.revoke");
    assert_int_equal(match.count, 1);
    assert_true(bytes_equal(match.arguments[0].name, bytes_of_text("device")));
    assert_true(bytes_equal(match.arguments[0].value, bytes_of_text("4f%20a")));
    match = endpoint_match(ENDPOINT_POST, "/api/v1/people/anna/grants/3/end");
    assert_int_equal(match.count, 2);
    match = endpoint_match(ENDPOINT_POST, "/api/v1/joins/dismiss");
    assert_string_equal(match.endpoint->command, "join.dismiss");
    assert_null(endpoint_match(ENDPOINT_GET, "/api/v1/devices/4f/revoke").endpoint);
    assert_true(endpoint_match(ENDPOINT_GET, "/api/v1/devices/4f/revoke").other_method);
    static const char *const NOTHING[] = {
        "",       "/api/v1", "/api/v1/devices/", "/api/v1/devices//revoke", "/api/v1/devices/4f/revoke/",
        "//",     "/api",    "/api/v1/device",   "/api/v2/devices",         "api/v1/devices",
        "/setup/"};
    for (size_t i = 0; i < ARRAY_COUNT(NOTHING); i++) {
        struct endpoint_match none = endpoint_match(ENDPOINT_GET, NOTHING[i]);
        if (none.endpoint || none.other_method)
            fail_msg("'%s' is answered", NOTHING[i]);
    }
}

static void every_change_is_a_post_and_every_action_has_a_name(void **state) {
    UNUSED(state);
    static const enum access_action READING[] = {ACCESS_REFERENCE_READ, ACCESS_PROMISES_READ,   ACCESS_FIGURES_READ,
                                                 ACCESS_EVIDENCE_READ,  ACCESS_DEVICES_READ,    ACCESS_PEOPLE_READ,
                                                 ACCESS_AUDIT_READ,     ACCESS_OPERATIONS_READ, ACCESS_RETENTION_READ,
                                                 ACCESS_HOLD_READ,      ACCESS_DISCLOSURE_READ};
    size_t count;
    const struct endpoint *list = endpoints(&count);
    for (size_t i = 0; i < count; i++) {
        bool reads = list[i].action == ACCESS_SELF;
        for (size_t k = 0; k < ARRAY_COUNT(READING); k++)
            reads |= list[i].action == READING[k];
        if (!reads)
            assert_int_equal(list[i].method, ENDPOINT_POST);
        assert_non_null(access_action_name(list[i].action));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_role_may_what_the_table_says_and_nothing_else),
        cmocka_unit_test(who_has_no_grant_may_only_end_the_own_session),
        cmocka_unit_test(grants_add_up_and_never_mix),
        cmocka_unit_test(a_role_that_nobody_knows_may_nothing),
        cmocka_unit_test(a_path_is_taken_apart_by_its_pattern),
        cmocka_unit_test(every_change_is_a_post_and_every_action_has_a_name),
    };
    return cmocka_run_group_tests(tests, read_expected, NULL);
}
