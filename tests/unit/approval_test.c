// A second person's word on devices that enrolled, over the store of Lund: by the control socket and as people who log in.
//
// Tests: server/admin/approval.c
#include <stdio.h>
#include <string.h>

#include "admin/command.h"
#include "auth/endpoints.h"
#include "base/check.h"
#include "ingest/committer.h"
#include "support/desk.h"
#include "support/test.h"
#include "wire/codes.h"
#include "wire/key_fingerprint.h"
#include "wire/limits.h"

static struct desk desk;
static struct fault fault;
static int64_t now_ms;

// One that asked with a code of that issuer; its id, key and secret are made of `number`.
static void wait(uint8_t number, const char *name, const char *issuer, const char *organisation) {
    static const char *roles[] = {"police_officer"};
    struct enrol_code code = {.secret_hash.b = {number},
                              .organisation = organisation,
                              .area = "lund",
                              .roles = roles,
                              .roles_count = 1,
                              .used = true,
                              .issuer = issuer,
                              .approval = APPROVAL_WAITING,
                              .name = name,
                              .asked_ms = now_ms,
                              .approval_ends_ms = now_ms + 60000};
    memset(code.device.b, number, ID_SIZE);
    memset(code.key_hash.b, number, HASH_SIZE);
    lund_begin(&desk.lund);
    assert_ok(desk.lund.store->registry->code_put(desk.lund.store, &code));
    lund_commit(&desk.lund);
}

static struct enrol_code got(uint8_t number) {
    struct enrol_code code;
    assert_ok(
        desk.lund.store->registry->code_get(desk.lund.store, &(struct hash256){.b = {number}}, &desk.lund.arena, &code));
    return code;
}

static int setup(void **state) {
    UNUSED(state);
    desk_open(&desk);
    now_ms = clock_wall_ms(clock_system());
    wait(0xa1, "Bil 1", "uid:1000", "polisen");
    wait(0xa2, "Bil 2", "person:lo", "polisen");
    return 0;
}

static int teardown(void **state) {
    UNUSED(state);
    desk_close(&desk);
    return 0;
}

static void add(const char *login, const char *role, const char *organisation, const char *area) {
    desk_do(&desk, json_pack("{s:s,s:s,s:s,s:s*,s:s*,s:s*}", "command", "person.add", "login", login, "name", login, "role",
                             role, "organisation", organisation, "area", area));
}

// As that uid, or as a person through that endpoint.
static enum rond_err decide(uint32_t uid, const char *login, const char *path, const char *json) {
    const struct admin_context context = {.catalogue = desk.lund.catalogue,
                                          .enrolment_url = "",
                                          .approval_hours = 2,
                                          .clock = clock_system(),
                                          .rng = rng_system()};
    const struct admin_request request = {.uid = uid,
                                          .login = login,
                                          .endpoint = path == NULL ? NULL : endpoint_match(ENDPOINT_POST, path).endpoint,
                                          .json = bytes_of_text(json)};
    struct admin_work work;
    struct commit_census census = {0};
    struct catalogue *changed = NULL;
    admin_prepare(&request, &context, &work);
    fault = work.fault;
    if (work.route == ADMIN_INVALID)
        return work.err;
    committer_run(desk.lund.store, work.submission, desk.lund.catalogue, &census, &changed);
    catalogue_unref(changed);
    enum rond_err err = work.submission->err;
    fault = work.submission->fault;
    submission_destroy(work.submission);
    return err;
}
#define APPROVE(device) "{\"command\":\"device.approve\",\"device\":\"" device "\"}"
#define REFUSE(device) "{\"command\":\"device.refuse\",\"device\":\"" device "\",\"reason\":\"nobody knows it\"}"
static const char approve_path[] = "/api/v1/devices/x/approve", refuse_path[] = "/api/v1/devices/x/refuse";

static void another_person_approves_and_the_time_to_come_for_it_begins(void **state) {
    UNUSED(state);
    assert_ok(decide(1001, NULL, NULL, APPROVE("Bil 1")));
    struct enrol_code code = got(0xa1);
    assert_int_equal(code.approval, APPROVAL_GIVEN);
    assert_in_range(code.approval_ends_ms - now_ms, 2 * 60 * 60 * 1000, 2 * 60 * 60 * 1000 + 60000);
    assert_err(ROND_ECONFLICT, decide(1002, NULL, NULL, APPROVE("Bil 1")));
    desk_do(&desk, json_pack("{s:s}", "command", "audit"));
    assert_non_null(strstr(buffer_text(&desk.answer), "device.approve"));
    assert_non_null(strstr(buffer_text(&desk.answer), "issuer=uid:1000"));
    assert_null(strstr(buffer_text(&desk.answer), "Bil 1"));
}

static void whoever_issued_the_code_may_not_approve_it(void **state) {
    UNUSED(state);
    add("lo", "administrator", "polisen", "lund");
    add("li", "administrator", "polisen", "lund");
    assert_err(ROND_EAUTH, decide(1000, NULL, NULL, APPROVE("Bil 1")));
    assert_int_equal(fault.code, CODE_APPROVAL_OWN);
    assert_string_equal(fault.text, wire_code_sentence(CODE_APPROVAL_OWN));
    assert_err(ROND_EAUTH, decide(0, "lo", approve_path, APPROVE("Bil 2")));
    assert_int_equal(fault.code, CODE_APPROVAL_OWN);
    assert_int_equal(got(0xa1).approval, APPROVAL_WAITING);
    assert_int_equal(got(0xa2).approval, APPROVAL_WAITING);
    assert_ok(decide(0, "li", approve_path, APPROVE("Bil 2")));
    assert_int_equal(got(0xa2).approval, APPROVAL_GIVEN);
    assert_ok(decide(0, "lo", refuse_path, REFUSE("Bil 2"))); // taking it back is everybody's
}

static void it_is_refused_with_a_reason_also_after_it_was_approved(void **state) {
    UNUSED(state);
    assert_err(ROND_EINVALID, decide(1001, NULL, NULL, "{\"command\":\"device.refuse\",\"device\":\"Bil 1\"}"));
    assert_string_equal(fault.field, "reason");
    assert_ok(decide(1001, NULL, NULL, APPROVE("Bil 1")));
    assert_ok(decide(1000, NULL, NULL, REFUSE("Bil 1")));
    assert_int_equal(got(0xa1).approval, APPROVAL_REFUSED);
    assert_err(ROND_ENOTFOUND, decide(1001, NULL, NULL, APPROVE("Bil 1")));
    desk_do(&desk, json_pack("{s:s}", "command", "audit"));
    assert_non_null(strstr(buffer_text(&desk.answer), "reason=nobody knows it"));
}

static void it_is_meant_by_id_name_or_the_fingerprint_of_its_key(void **state) {
    UNUSED(state);
    char key[KEY_FINGERPRINT_SIZE], json[128];
    wait(0xa3, "Bil 1", "uid:1000", "polisen"); // calls itself by another's name
    assert_err(ROND_ECONFLICT, decide(1001, NULL, NULL, APPROVE("Bil 1")));
    assert_err(ROND_ENOTFOUND, decide(1001, NULL, NULL, APPROVE("Bil 9")));
    key_fingerprint_format(&(struct hash256){{0xa3, 0xa3, 0xa3, 0xa3, 0xa3, 0xa3, 0xa3, 0xa3, 0xa3, 0xa3}}, key);
    for (char *c = key; *c != '\0'; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c); // as somebody types it
    (void)snprintf(json, sizeof json, "{\"command\":\"device.approve\",\"device\":\"%s\"}", key);
    assert_ok(decide(1001, NULL, NULL, json));
    assert_int_equal(got(0xa3).approval, APPROVAL_GIVEN);
    assert_int_equal(got(0xa1).approval, APPROVAL_WAITING);
    assert_ok(decide(1001, NULL, NULL, APPROVE("a2a2")));
    assert_int_equal(got(0xa2).approval, APPROVAL_GIVEN);
}

static void another_organisations_administrator_neither_sees_nor_approves_it(void **state) {
    UNUSED(state);
    add("jo", "administrator", "jernhusen", "lund");
    add("anna", "area_chief", "polisen", "lund");
    assert_err(ROND_ENOTFOUND, decide(0, "jo", approve_path, APPROVE("Bil 1")));
    assert_err(ROND_ENOTFOUND, decide(0, "jo", refuse_path, REFUSE("Bil 1")));
    assert_err(ROND_ENOTFOUND, decide(0, "anna", approve_path, APPROVE("Bil 1")));
    assert_err(ROND_ENOTFOUND, decide(0, "anna", approve_path, APPROVE("Bil 9"))); // the same for what is not there
    assert_int_equal(got(0xa1).approval, APPROVAL_WAITING);
}

static void who_waits_is_listed_with_key_age_and_issuer(void **state) {
    UNUSED(state);
    assert_ok(decide(1001, NULL, NULL, APPROVE("Bil 1")));
    desk_do(&desk, json_pack("{s:s}", "command", "device.waiting"));
    assert_int_equal(json_array_size(desk.rows.list), 2);
    const json_t *row = kept_row(&desk.rows, 0);
    assert_string_equal(field_text(row, "status"), "approved");
    assert_string_equal(field_text(row, "issuer"), "uid:1000");
    row = kept_row(&desk.rows, 1);
    assert_string_equal(field_text(row, "status"), "pending");
    assert_string_equal(field_text(row, "name"), "Bil 2");
    assert_int_equal(strlen(field_text(row, "key")), KEY_FINGERPRINT_SIZE - 1);
    assert_int_equal(json_integer_value(json_object_get(row, "asked_ms")), now_ms);
}

// It would be let in again by what was asked before it was lost.
static void revoking_a_device_ends_its_waiting(void **state) {
    UNUSED(state);
    struct device_record device = {.name = "Bil 1", .organisation = "polisen", .area = "lund", .enrolled_ms = 1};
    memset(device.device.b, 0xa1, ID_SIZE);
    lund_begin(&desk.lund);
    assert_ok(desk.lund.store->registry->device_put(desk.lund.store, &device));
    lund_commit(&desk.lund);
    assert_ok(decide(1001, NULL, NULL, APPROVE("Bil 1")));
    desk_do(&desk, json_pack("{s:s,s:s,s:s}", "command", "device.revoke", "device", "Bil 1", "how", "lost"));
    assert_int_equal(got(0xa1).approval, APPROVAL_REFUSED);
    assert_int_equal(got(0xa2).approval, APPROVAL_WAITING);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(another_person_approves_and_the_time_to_come_for_it_begins),
        TEST(whoever_issued_the_code_may_not_approve_it),
        TEST(it_is_refused_with_a_reason_also_after_it_was_approved),
        TEST(it_is_meant_by_id_name_or_the_fingerprint_of_its_key),
        TEST(another_organisations_administrator_neither_sees_nor_approves_it),
        TEST(who_waits_is_listed_with_key_age_and_issuer),
        TEST(revoking_a_device_ends_its_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
