// Enrolment and renewal as an app calls them, over a transport that reaches nobody but the test.
//
// Tests: client-sdk/src/client_enrol.c client-sdk/src/enrol_waiting.c
#include "rond/rond.h"

#include "support/test.h"

#include "fake_transport.h"
#include "handheld.h"
#include "outbox_internal.h"
#include "wire/codes.h"

static const char code[] = "R0400-00000-00000-00000-00000-000FZ-ZR000-00000-00000-00000-0001B-X6";

static struct {
    struct handheld handheld;
    int status; // of the answer; 0: the request ends without one
    struct bytes answer;
    unsigned posts;
    char path[32];
    struct bytes asked; // in the handheld's arena
} t;

static void answer(const char *url, const char *path, struct bytes body) {
    t.posts++;
    snprintf(t.path, sizeof t.path, "%s", path);
    CHECK(arena_copy(&t.handheld.arena, body, &t.asked));
    if (t.status != 0)
        fake.events.answered(fake.events.context, t.status, t.answer);
}

static int setup(void **state) {
    fake_reset();
    memset(&t, 0, sizeof t);
    handheld_open(&t.handheld);
    fake.answer_post = answer;
    t.status = 200;
    return 0;
}

static int teardown(void **state) {
    assert_int_equal(fake.transports, 0);
    handheld_close(&t.handheld);
    return 0;
}

static enum rond_err enrol(rond_fault *fault) {
    return rond_enrol(t.handheld.rond, "https://localhost:2", code, "Bil 7", 1000, fault);
}

static void refuse(int status, unsigned refusal_code, bool may_retry, char *sentence) {
    static uint8_t body[512];
    Rond__V1__EnrolRefusal refusal = ROND__V1__ENROL_REFUSAL__INIT;
    refusal.code = refusal_code;
    refusal.sentence = sentence;
    refusal.retry = may_retry;
    t.status = status;
    t.answer = bytes_of(body, rond__v1__enrol_refusal__pack(&refusal, body));
}

static uint64_t queue_one(void) {
    const rond_activity meeting = {
        .struct_size = sizeof meeting, .kind = ROND_MEETING, .with = "taxi_trade", .subject = "autumn"};
    assert_ok(rond_report(t.handheld.rond, &meeting, NULL, NULL));
    rond_totals totals;
    assert_ok(rond_totals_get(t.handheld.rond, &totals));
    return totals.waiting;
}

// --- Enrolment ---

static void a_code_makes_a_device_of_it_that_can_report(void **state) {
    rond_enrolment *enrolment;
    t.answer = handheld_answer(&t.handheld, "police_officer station_host", 1);
    assert_ok(enrol(NULL));
    assert_string_equal(t.path, "/v1/enrol");
    assert_string_equal(fake.urls[0], "https://localhost:2");
    assert_ok(rond_enrolment_get(t.handheld.rond, &enrolment));
    assert_string_equal(enrolment->device, "01010101010101010101010101010101");
    assert_string_equal(enrolment->organisation, "polisen");
    assert_string_equal(enrolment->area, "lund");
    assert_int_equal(enrolment->roles_count, 2);
    assert_string_equal(enrolment->roles[1], "station_host");
    assert_int_equal(enrolment->servers_count, 1);
    assert_string_equal(enrolment->servers[0], "wss://localhost:1");
    assert_true(enrolment->certificate_expires_ms > handheld_wall_ms);
    rond_enrolment_free(enrolment);
    handheld_reopen(&t.handheld); // and stays one
    assert_ok(rond_enrolment_get(t.handheld.rond, &enrolment));
    rond_enrolment_free(enrolment);
    rond_enrolment_free(NULL);
}

static void what_is_sent_is_the_secret_of_the_code_and_the_name(void **state) {
    t.answer = handheld_answer(&t.handheld, "police_officer", 1);
    assert_ok(enrol(NULL));
    const Rond__V1__EnrolRequest *request =
        rond__v1__enrol_request__unpack(&t.handheld.arena.pb, t.asked.size, t.asked.data);
    static const uint8_t secret[16] = {0};
    assert_memory_equal(request->secret.data, secret, sizeof secret);
    assert_string_equal(request->device_name, "Bil 7");
    assert_ok(rond_enrol(t.handheld.rond, "https://localhost:2", code, NULL, 1000, NULL)); // a name is not needed
}

static void what_is_mistyped_is_told_before_anything_is_sent(void **state) {
    char long_name[1000], mistyped[sizeof code];
    memset(long_name, 'x', sizeof long_name);
    long_name[sizeof long_name - 1] = '\0';
    strcpy(mistyped, code);
    mistyped[10] = '1';
    const struct {
        const char *code, *name, *field;
    } cases[] = {
        {mistyped, "Bil 7", "code"},
        {"", "Bil 7", "code"},
        {code, long_name, "device_name"},
        {code, "\xff\xfe", "device_name"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        rond_fault fault;
        assert_err(ROND_EINVALID,
                   rond_enrol(t.handheld.rond, "https://localhost:2", cases[i].code, cases[i].name, 1000, &fault));
        assert_string_equal(fault.field, cases[i].field);
        assert_string_not_equal(fault.text, "");
    }
    assert_int_equal(t.posts, 0);
}

static void a_refusal_is_told_with_its_code_and_changes_nothing(void **state) {
    static char run_out[] = "The enrolment code has run out; ask for a new one.", busy[] = "Busy.";
    const struct {
        int status;
        unsigned code;
        bool may_retry;
        char *sentence;
        enum rond_err err;
    } cases[] = {
        {403, CODE_CODE_EXPIRED, false, run_out, ROND_EAUTH},
        {503, CODE_CODE_UNKNOWN, true, busy, ROND_EAGAIN},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        rond_fault fault;
        rond_enrolment *enrolment;
        refuse(cases[i].status, cases[i].code, cases[i].may_retry, cases[i].sentence);
        assert_err(cases[i].err, enrol(&fault));
        assert_int_equal(fault.code, cases[i].code);
        assert_string_equal(fault.text, cases[i].sentence);
        assert_err(ROND_ENOTFOUND, rond_enrolment_get(t.handheld.rond, &enrolment));
    }
}

static void an_answer_that_is_none_changes_nothing(void **state) {
    const struct {
        int status;
        const char *body;
        enum rond_err err;
    } cases[] = {
        {200, "", ROND_EPROTOCOL},   {200, "<html>", ROND_EPROTOCOL},
        {404, "<html>", ROND_EAUTH}, {502, "bad gateway", ROND_EAGAIN},
        {0, "", ROND_EIO},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        rond_fault fault;
        rond_enrolment *enrolment;
        t.status = cases[i].status;
        t.answer = bytes_of_text(cases[i].body);
        assert_err(cases[i].err, enrol(&fault));
        assert_string_not_equal(fault.text, "");
        assert_err(ROND_ENOTFOUND, rond_enrolment_get(t.handheld.rond, &enrolment));
    }
}

static void no_server_is_told_as_such(void **state) {
    rond_fault fault;
    fake.answer_post = NULL;
    assert_err(ROND_EIO, enrol(&fault));
    assert_string_equal(fault.text, "nobody there");
}

static void tick(void) {
    handheld_wall_ms += 400;
    fake.is_posting = false; // the answer never comes
}

static void a_server_that_never_answers_costs_the_deadline(void **state) {
    rond_fault fault;
    int64_t before_ms = handheld_wall_ms;
    t.status = 0;
    fake.stepped = tick;
    assert_err(ROND_EAGAIN, enrol(&fault));
    assert_non_null(strstr(fault.text, "in time"));
    assert_int_equal(handheld_wall_ms - before_ms, 1200);
}

// A new device id: what is queued goes on under a fresh outbox and is still waiting.
static void enrolling_as_another_device_keeps_what_is_queued(void **state) {
    struct device_outbox_state before, after;
    t.answer = handheld_answer(&t.handheld, "police_officer", 1);
    assert_ok(enrol(NULL));
    assert_int_equal(queue_one(), 1);
    outbox_state(t.handheld.rond->outbox, &before);
    assert_ok(enrol(NULL)); // the same device: nothing begins anew
    outbox_state(t.handheld.rond->outbox, &after);
    assert_memory_equal(after.outbox.b, before.outbox.b, ID_SIZE);
    t.answer = handheld_answer(&t.handheld, "police_officer", 2);
    assert_ok(enrol(NULL));
    outbox_state(t.handheld.rond->outbox, &after);
    assert_memory_not_equal(after.outbox.b, before.outbox.b, ID_SIZE);
    assert_int_equal(queue_one(), 2);
}

static void enrolled_as(unsigned device) {
    struct enrolment enrolment;
    assert_ok(enrolment_load(t.handheld.rond->outbox, &t.handheld.arena, &enrolment));
    assert_int_equal(enrolment.device.b[ID_SIZE - 1], device);
}

// Else the outbox would go on under an id that it does not belong to, and the server would refuse it for ever.
static void another_device_id_and_its_fresh_outbox_are_stored_together_or_not_at_all(void **state) {
    struct device_outbox_state before, after;
    sqlite3 *db = t.handheld.rond->outbox->db;
    t.answer = handheld_answer(&t.handheld, "police_officer", 1);
    assert_ok(enrol(NULL));
    assert_int_equal(queue_one(), 1);
    outbox_state(t.handheld.rond->outbox, &before);
    t.answer = handheld_answer(&t.handheld, "police_officer", 2);
    assert_int_equal(sqlite3_exec(db,
                                  "CREATE TEMP TRIGGER full BEFORE INSERT ON outboxes BEGIN SELECT RAISE(ABORT, ''); END",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_true(enrol(NULL) != ROND_OK);
    enrolled_as(1);
    outbox_state(t.handheld.rond->outbox, &after);
    assert_memory_equal(after.outbox.b, before.outbox.b, ID_SIZE);
    assert_int_equal(sqlite3_exec(db, "DROP TRIGGER full", NULL, NULL, NULL), SQLITE_OK);
    assert_ok(enrol(NULL));
    enrolled_as(2);
    outbox_state(t.handheld.rond->outbox, &after);
    assert_memory_not_equal(after.outbox.b, before.outbox.b, ID_SIZE);
}

// A damaged file may have lost its enrolment, and with it the id under which it is known.
static void without_its_enrolment_a_queue_begins_anew_where_a_server_has_seen_of_it(void **state) {
    struct device_outbox_state before, after;
    struct outbox *outbox = t.handheld.rond->outbox;
    struct device_server_state server;
    uint64_t seq;
    t.answer = handheld_answer(&t.handheld, "police_officer", 2);
    assert_ok(outbox_append(outbox, bytes_of("\x08\x01", 2), &seq));
    outbox_state(outbox, &before);
    assert_ok(enrol(NULL)); // queued before the first enrolment: no server knows of it
    outbox_state(outbox, &after);
    assert_memory_equal(after.outbox.b, before.outbox.b, ID_SIZE);
    assert_ok(outbox_setting_put(outbox, "enrolment.current", bytes_of(NULL, 0)));
    outbox_server(outbox, &server);
    server.store_id = (struct id128){{7}};
    assert_ok(outbox_server_store(outbox, &server));
    assert_ok(enrol(NULL));
    outbox_state(outbox, &after);
    assert_memory_not_equal(after.outbox.b, before.outbox.b, ID_SIZE);
    assert_int_equal(after.last_seq, 1);
}

// --- A second person's approval ---

static char awaited[] = "A second person must approve this device.";

static bool waits(void) {
    bool waits = false;
    assert_ok(rond_enrol_waits(t.handheld.rond, &waits));
    return waits;
}

static void a_device_that_waits_asks_again_with_the_same_key_and_without_the_code(void **state) {
    rond_fault fault;
    char before[ROND_FINGERPRINT_SIZE], after[ROND_FINGERPRINT_SIZE];
    assert_false(waits());
    refuse(403, CODE_APPROVAL_AWAITED, true, awaited);
    assert_err(ROND_EAGAIN, enrol(&fault));
    assert_int_equal(fault.code, ROND_CODE_APPROVAL_AWAITED);
    assert_true(waits());
    assert_ok(rond_fingerprint_get(t.handheld.rond, before));
    handheld_reopen(&t.handheld);
    assert_err(ROND_EAGAIN, rond_enrol_resume(t.handheld.rond, 1000, NULL));
    assert_true(waits());
    t.status = 200;
    t.answer = handheld_answer(&t.handheld, "police_officer", 1);
    assert_ok(rond_enrol_resume(t.handheld.rond, 1000, NULL));
    assert_string_equal(t.path, "/v1/enrol");
    assert_string_equal(fake.urls[2], "https://localhost:2");
    const Rond__V1__EnrolRequest *request =
        rond__v1__enrol_request__unpack(&t.handheld.arena.pb, t.asked.size, t.asked.data);
    static const uint8_t secret[16] = {0};
    assert_memory_equal(request->secret.data, secret, sizeof secret);
    assert_string_equal(request->device_name, "Bil 7");
    assert_ok(rond_fingerprint_get(t.handheld.rond, after));
    assert_string_equal(before, after);
    assert_false(waits());
    assert_int_equal(queue_one(), 1);
    assert_err(ROND_ENOTFOUND, rond_enrol_resume(t.handheld.rond, 1000, &fault));
    assert_non_null(strstr(fault.text, "does not wait"));
    assert_int_equal(t.posts, 3);
}

static void waiting_ends_where_asking_again_is_in_vain_and_nowhere_else(void **state) {
    static char sentence[] = "A sentence.";
    static const struct {
        int status;
        unsigned code;
        bool may_retry, waits_on;
    } CASES[] = {
        {503, CODE_BUSY, true, true},
        {400, CODE_PROTOCOL_UNKNOWN, false, true},
        {403, CODE_ENROLMENT_REFUSED, false, false},
        {403, CODE_CODE_EXPIRED, false, false},
        {409, CODE_CODE_USED, false, false},
    };
    for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
        refuse(403, CODE_APPROVAL_AWAITED, true, awaited);
        assert_err(ROND_EAGAIN, enrol(NULL));
        refuse(CASES[i].status, CASES[i].code, CASES[i].may_retry, sentence);
        assert_err(CASES[i].may_retry ? ROND_EAGAIN : ROND_EAUTH, rond_enrol_resume(t.handheld.rond, 1000, NULL));
        if (waits() != CASES[i].waits_on)
            fail_msg("code %u", CASES[i].code);
    }
    refuse(403, CODE_APPROVAL_AWAITED, true, awaited);
    assert_err(ROND_EAGAIN, enrol(NULL));
    t.status = 404; // the address of something else
    t.answer = bytes_of_text("<html>");
    assert_err(ROND_EAUTH, rond_enrol_resume(t.handheld.rond, 1000, NULL));
    fake.answer_post = NULL;
    assert_err(ROND_EIO, rond_enrol_resume(t.handheld.rond, 1000, NULL));
    assert_true(waits());
}

static void an_enrolled_device_that_waits_for_a_new_enrolment_stays_what_it_is(void **state) {
    t.answer = handheld_answer(&t.handheld, "police_officer", 1);
    assert_ok(enrol(NULL));
    refuse(403, CODE_APPROVAL_AWAITED, true, awaited);
    assert_err(ROND_EAGAIN, enrol(NULL));
    assert_int_equal(queue_one(), 1);
    assert_true(waits());
    refuse(409, CODE_CODE_USED, false, awaited);
    assert_err(ROND_EAUTH, enrol(NULL)); // with a code that is wrong: the one that waits is not touched
    assert_true(waits());
}

static void what_is_kept_while_it_waits_is_not_readable_and_where_spoilt_is_none(void **state) {
    struct outbox *outbox = t.handheld.rond->outbox;
    refuse(403, CODE_APPROVAL_AWAITED, true, awaited);
    assert_err(ROND_EAGAIN, enrol(NULL));
    sqlite3_stmt *found;
    assert_int_equal(sqlite3_prepare_v2(outbox->db,
                                        "SELECT instr(sealed, CAST('localhost' AS BLOB)) FROM settings"
                                        " WHERE name = 'enrolment.waiting'",
                                        -1, &found, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(found), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(found, 0), 0);
    sqlite3_finalize(found);
    assert_ok(outbox_setting_put(outbox, "enrolment.waiting", bytes_of("short", 5)));
    assert_false(waits());
    assert_err(ROND_ENOTFOUND, rond_enrol_resume(t.handheld.rond, 1000, NULL));
}

// --- Renewal ---

static void a_certificate_is_renewed_from_half_its_life_on_or_when_told_to(void **state) {
    t.answer = handheld_answer(&t.handheld, "police_officer", 1);
    assert_ok(enrol(NULL));
    const struct enrolment *enrolment = &t.handheld.rond->enrolment;
    int64_t half_ms = (enrolment->not_before_ms + enrolment->not_after_ms) / 2, old_ms = enrolment->not_after_ms;
    handheld_wall_ms = half_ms - 1000;
    assert_ok(rond_renew(t.handheld.rond, false, 1000, NULL));
    assert_int_equal(t.posts, 1);
    handheld_wall_ms = half_ms + 1000;
    t.answer = handheld_answer(&t.handheld, "station_host", 1);
    assert_ok(rond_renew(t.handheld.rond, false, 1000, NULL));
    assert_int_equal(t.posts, 2);
    assert_string_equal(t.path, "/v1/renew");
    assert_string_equal(fake.urls[1], "https://localhost:2");
    assert_true(t.handheld.rond->enrolment.not_after_ms > old_ms);
    assert_string_equal(t.handheld.rond->enrolment.roles[0], "station_host");
    assert_ok(rond_renew(t.handheld.rond, false, 1000, NULL)); // is fresh again
    assert_int_equal(t.posts, 2);
    assert_ok(rond_renew(t.handheld.rond, true, 1000, NULL));
    assert_int_equal(t.posts, 3);
}

static void a_renewal_that_fails_leaves_the_certificate(void **state) {
    static char revoked[] = "This device has been revoked.";
    rond_fault fault;
    t.answer = handheld_answer(&t.handheld, "police_officer", 1);
    assert_ok(enrol(NULL));
    int64_t old_ms = t.handheld.rond->enrolment.not_after_ms;
    refuse(403, CODE_DEVICE_REVOKED, false, revoked);
    assert_err(ROND_EAUTH, rond_renew(t.handheld.rond, true, 1000, &fault));
    assert_int_equal(fault.code, CODE_DEVICE_REVOKED);
    fake.answer_post = NULL;
    assert_err(ROND_EIO, rond_renew(t.handheld.rond, true, 1000, &fault));
    assert_true(t.handheld.rond->enrolment.not_after_ms == old_ms);
    assert_int_equal(queue_one(), 1);
}

static void nothing_is_renewed_before_enrolment(void **state) {
    rond_fault fault;
    assert_err(ROND_EAUTH, rond_renew(t.handheld.rond, true, 1000, &fault));
    assert_non_null(strstr(fault.text, "enrol"));
    assert_int_equal(t.posts, 0);
}

static void while_a_sync_runs_neither_begins(void **state) {
    t.answer = handheld_answer(&t.handheld, "police_officer", 1);
    assert_ok(enrol(NULL));
    assert_ok(rond_sync_start(t.handheld.rond, NULL));
    assert_err(ROND_ECONFLICT, enrol(NULL));
    assert_err(ROND_ECONFLICT, rond_enrol_resume(t.handheld.rond, 1000, NULL));
    assert_err(ROND_ECONFLICT, rond_renew(t.handheld.rond, true, 1000, NULL));
    rond_sync_stop(t.handheld.rond);
    assert_int_equal(t.posts, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_code_makes_a_device_of_it_that_can_report),
        TEST(what_is_sent_is_the_secret_of_the_code_and_the_name),
        TEST(what_is_mistyped_is_told_before_anything_is_sent),
        TEST(a_refusal_is_told_with_its_code_and_changes_nothing),
        TEST(an_answer_that_is_none_changes_nothing),
        TEST(no_server_is_told_as_such),
        TEST(a_server_that_never_answers_costs_the_deadline),
        TEST(enrolling_as_another_device_keeps_what_is_queued),
        TEST(another_device_id_and_its_fresh_outbox_are_stored_together_or_not_at_all),
        TEST(without_its_enrolment_a_queue_begins_anew_where_a_server_has_seen_of_it),
        TEST(a_device_that_waits_asks_again_with_the_same_key_and_without_the_code),
        TEST(waiting_ends_where_asking_again_is_in_vain_and_nowhere_else),
        TEST(an_enrolled_device_that_waits_for_a_new_enrolment_stays_what_it_is),
        TEST(what_is_kept_while_it_waits_is_not_readable_and_where_spoilt_is_none),
        TEST(a_certificate_is_renewed_from_half_its_life_on_or_when_told_to),
        TEST(a_renewal_that_fails_leaves_the_certificate),
        TEST(nothing_is_renewed_before_enrolment),
        TEST(while_a_sync_runs_neither_begins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
