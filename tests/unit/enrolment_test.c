// The server's side of enrolment, with the device's own side making the requests and reading the answers, over a real
// store. Only the network between them is missing.
//
// Tests: server/auth/enrolment.c
#include "auth/enrolment.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/code.h"
#include "base/sha256.h"
#include "enrol.h"
#include "rond/v1/enrol.pb-c.h"
#include "support/test.h"
#include "wire/codes.h"

static const int64_t day_ms = INT64_C(24) * 60 * 60 * 1000;
static const char *servers[] = {"wss://rond.example:7443"};
static struct {
    char directory[64];
    struct store *store;
    struct ca *ca;
    struct enrolment_config config;
    struct hash256 fingerprint;
    int64_t now_ms;
    // A handheld.
    struct keystore *keystore;
    // What the answer to the last request said.
    int http_status;
    struct arena arena;
    const Rond__V1__EnrolResponse *response;
    const Rond__V1__EnrolRefusal *refusal;
} t;

// --- The handheld ---

// With a key of its own.
static void handheld_new(void) {
    static int count;
    char path[96];
    rond_keystore files;
    snprintf(path, sizeof path, "%s/handheld-%d", t.directory, count++);
    keystore_destroy(t.keystore);
    assert_ok(rond_keystore_files(path, &files, NULL));
    assert_ok(keystore_create(&files, &t.keystore));
}

static int64_t wall(void *context) {
    return t.now_ms;
}
static const struct clock test_clock = {.wall_ms = wall};

// --- The server ---

static int setup(void **state) {
    memset(&t, 0, sizeof t);
    strcpy(t.directory, "/tmp/rond-enrolment-XXXXXX");
    t.now_ms = clock_wall_ms(clock_system());
    if (mkdtemp(t.directory) == NULL || ca_create(t.directory, "Rond CA test", rng_system(), t.now_ms, NULL) != ROND_OK ||
        ca_open(t.directory, &t.ca, NULL) != ROND_OK ||
        store_open_sqlite(t.directory, STORE_CREATE, rng_system(), &t.store, NULL) != ROND_OK)
        return 1;
    ca_spki_fingerprint(t.ca, &t.fingerprint);
    t.config = (struct enrolment_config){.ca = t.ca,
                                         .rng = rng_system(),
                                         .certificate_days = 14,
                                         .grace_days = RENEWAL_GRACE_DAYS,
                                         .approval_hours = APPROVAL_HOURS,
                                         .servers = servers,
                                         .servers_count = 1};
    arena_init(&t.arena, 1024 * 1024);
    handheld_new();
    return 0;
}

static int teardown(void **state) {
    char command[128];
    keystore_destroy(t.keystore);
    arena_deinit(&t.arena);
    store_close(t.store);
    ca_close(t.ca);
    snprintf(command, sizeof command, "rm -rf %s", t.directory);
    return system(command);
}

static struct enrol_code_parts code_new(struct enrol_code code) {
    struct enrol_code_parts parts;
    code_secret_make(rng_system(), parts.secret);
    memcpy(parts.ca_fingerprint, t.fingerprint.b, sizeof parts.ca_fingerprint);
    code_secret_hash(parts.secret, &code.secret_hash);
    assert_ok(t.store->ledger->begin(t.store));
    assert_ok(t.store->registry->code_put(t.store, &code));
    assert_ok(t.store->ledger->commit(t.store));
    return parts;
}

static const char *roles[] = {"police_officer", "municipal_staff"};
static struct enrol_code good_code(void) {
    return (struct enrol_code){.organisation = "polisen",
                               .area = "lund",
                               .roles = roles,
                               .roles_count = 2,
                               .expires_ms = t.now_ms + CODE_MINUTES * 60000,
                               .tries_left = CODE_TRIES_MAX};
}

// Body to answer, through a transaction as the committer makes it.
static int ask(enum enrolment_kind kind, struct bytes body) {
    struct submission *submission;
    struct buffer answer;
    assert_ok(enrolment_receive(&t.config, kind, body, t.now_ms, &submission));
    if (!enrolment_is_settled(submission)) {
        assert_ok(t.store->ledger->begin(t.store));
        submission->err = submission->command(submission, t.store);
        if (submission->err == ROND_OK)
            assert_ok(t.store->ledger->commit(t.store));
        else
            t.store->ledger->rollback(t.store);
    }
    buffer_init(&answer, 64 * 1024);
    t.http_status = enrolment_answer(submission, &answer);
    assert_int_equal(enrolment_device(submission) != NULL, t.http_status == 200);
    arena_reset(&t.arena);
    t.response = NULL;
    t.refusal = NULL;
    if (t.http_status == 200)
        assert_non_null(t.response = rond__v1__enrol_response__unpack(&t.arena.pb, answer.size, answer.data));
    else
        assert_non_null(t.refusal = rond__v1__enrol_refusal__unpack(&t.arena.pb, answer.size, answer.data));
    buffer_deinit(&answer);
    submission_destroy(submission);
    return t.http_status;
}

static int enrol_as(const struct enrol_code_parts *code, const char *name) {
    struct buffer body;
    buffer_init(&body, ENROL_BODY_BYTES_MAX);
    assert_ok(enrol_request_make(t.keystore, rng_system(), code, name, &body));
    int status = ask(ENROLMENT_ENROL, buffer_bytes(&body));
    buffer_deinit(&body);
    return status;
}

static int enrol(const struct enrol_code_parts *code) {
    return enrol_as(code, "Bil 7");
}

static int renew(struct id128 device) {
    struct buffer body;
    buffer_init(&body, ENROL_BODY_BYTES_MAX);
    assert_ok(renew_request_make(t.keystore, rng_system(), &test_clock, &(struct enrolment){.device = device}, &body));
    int status = ask(ENROLMENT_RENEW, buffer_bytes(&body));
    buffer_deinit(&body);
    return status;
}

static struct id128 device_of_answer(void) {
    struct id128 device = {{0}};
    assert_true(id128_from_bytes(bytes_of(t.response->device.data, t.response->device.len), &device));
    return device;
}

static struct device_record record_of(struct id128 device) {
    struct device_record record;
    assert_ok(t.store->registry->device_get(t.store, &device, &t.arena, &record));
    return record;
}

static void device_revoke(struct id128 device, enum device_status status) {
    struct device_record record = record_of(device);
    record.status = status;
    record.revoked_ms = t.now_ms;
    assert_ok(t.store->ledger->begin(t.store));
    assert_ok(t.store->registry->device_put(t.store, &record));
    assert_ok(t.store->ledger->commit(t.store));
}

#define assert_refused(status, expected, call)                                                                              \
    do {                                                                                                                    \
        assert_int_equal(call, status);                                                                                     \
        assert_int_equal(t.refusal->code, expected);                                                                        \
        assert_string_equal(t.refusal->sentence, wire_code_sentence(expected));                                             \
    } while (0)

// --- Enrolment ---

static void a_code_makes_a_key_into_a_device(void **state) {
    struct enrol_code_parts code = code_new(good_code());
    assert_int_equal(enrol(&code), 200);
    assert_string_equal(t.response->organisation, "polisen");
    assert_string_equal(t.response->area, "lund");
    assert_int_equal(t.response->n_roles, 2);
    assert_string_equal(t.response->servers[0], servers[0]);
    assert_int_equal(t.response->server_ms, t.now_ms);
    struct device_record device = record_of(device_of_answer());
    assert_string_equal(device.name, "Bil 7");
    assert_int_equal(device.status, DEVICE_ACTIVE);
    struct bytes spki;
    struct hash256 hash;
    struct device_key key;
    assert_ok(keystore_spki(t.keystore, &spki));
    sha256_of(spki, &hash);
    assert_ok(t.store->registry->key_get(t.store, &hash, &t.arena, &key));
    assert_true(id128_equal(&key.device, &device.device));
    assert_true(key.current);
}

static void a_code_works_for_one_key_only(void **state) {
    struct enrol_code_parts code = code_new(good_code());
    assert_int_equal(enrol(&code), 200);
    handheld_new();
    assert_refused(409, CODE_CODE_USED, enrol(&code));
}

static void a_lost_answer_is_given_again_to_the_same_key(void **state) {
    struct enrol_code_parts code = code_new(good_code());
    assert_int_equal(enrol(&code), 200);
    struct id128 first = device_of_answer();
    assert_int_equal(enrol(&code), 200);
    struct id128 second = device_of_answer();
    assert_true(id128_equal(&first, &second));
    device_revoke(first, DEVICE_LOST);
    assert_refused(403, CODE_DEVICE_REVOKED, enrol(&code));
    t.now_ms += CODE_MINUTES * 60000;
    assert_refused(409, CODE_CODE_USED, enrol(&code));
}

static void unknown_and_expired_codes_are_told_apart(void **state) {
    struct enrol_code_parts code = {.secret = {1}};
    assert_refused(403, CODE_CODE_UNKNOWN, enrol(&code));
    code = code_new(good_code());
    t.now_ms += CODE_MINUTES * 60000;
    assert_refused(403, CODE_CODE_EXPIRED, enrol(&code));
}

static void tries_are_spent_even_where_the_request_is_refused(void **state) {
    struct enrol_code_parts code = code_new(good_code());
    struct buffer body;
    Rond__V1__EnrolRequest request = ROND__V1__ENROL_REQUEST__INIT;
    uint8_t rubbish[40] = {0x30, 0x26};
    request.protocol = PROTOCOL_VERSION;
    request.secret = (ProtobufCBinaryData){.data = code.secret, .len = sizeof code.secret};
    request.request = (ProtobufCBinaryData){.data = rubbish, .len = sizeof rubbish};
    buffer_init(&body, 1000);
    assert_ok(buffer_reserve(&body, 500));
    body.size = rond__v1__enrol_request__pack(&request, body.data);
    for (int i = 0; i < CODE_TRIES_MAX; i++)
        assert_refused(400, CODE_REQUEST_MALFORMED, ask(ENROLMENT_ENROL, buffer_bytes(&body)));
    assert_refused(403, CODE_CODE_EXPIRED, enrol(&code));
    buffer_deinit(&body);
}

static void bodies_that_cannot_be_read_never_reach_the_store(void **state) {
    uint8_t body[200] = {0};
    struct submission *submission;
    for (size_t size = 0; size < sizeof body; size += 7) {
        rng_fill(rng_system(), body, sizeof body);
        body[0] = 0x0f; // no message begins so
        assert_ok(enrolment_receive(&t.config, size % 2 ? ENROLMENT_ENROL : ENROLMENT_RENEW, bytes_of(body, size), t.now_ms,
                                    &submission));
        assert_true(enrolment_is_settled(submission));
        submission_destroy(submission);
    }
    struct enrol_code_parts code = code_new(good_code());
    struct buffer other;
    buffer_init(&other, ENROL_BODY_BYTES_MAX);
    assert_ok(enrol_request_make(t.keystore, rng_system(), &code, NULL, &other));
    assert_int_equal(other.data[0], 0x08); // protocol
    other.data[1] = 99;
    assert_refused(400, CODE_PROTOCOL_UNKNOWN, ask(ENROLMENT_ENROL, buffer_bytes(&other)));
    buffer_deinit(&other);
}

static void a_device_keeps_its_id_under_a_new_code(void **state) {
    struct enrol_code_parts code = code_new(good_code());
    assert_int_equal(enrol(&code), 200);
    struct id128 first = device_of_answer();
    device_revoke(first, DEVICE_RETIRED);
    struct enrol_code moved = good_code();
    moved.area = "burlov";
    code = code_new(moved);
    assert_int_equal(enrol(&code), 200);
    struct id128 second = device_of_answer();
    assert_true(id128_equal(&first, &second));
    struct device_record device = record_of(first);
    assert_string_equal(device.area, "burlov");
    assert_int_equal(device.status, DEVICE_ACTIVE);
    assert_int_equal(device.revoked_ms, 0);
}

static void a_code_may_reattach_a_device_to_a_new_key(void **state) {
    struct enrol_code_parts code = code_new(good_code());
    assert_int_equal(enrol(&code), 200);
    struct enrol_code again = good_code();
    again.device = device_of_answer();
    code = code_new(again);
    handheld_new();
    assert_int_equal(enrol(&code), 200);
    struct id128 second = device_of_answer();
    assert_true(id128_equal(&again.device, &second));
    // A key that belongs to another device is not taken from it.
    handheld_new();
    struct enrol_code_parts third = code_new(good_code());
    assert_int_equal(enrol(&third), 200);
    code = code_new(again);
    assert_refused(409, CODE_PROOF_INVALID, enrol(&code));
}

static void a_device_that_does_not_say_its_name_keeps_the_one_it_has(void **state) {
    struct enrol_code_parts code = code_new(good_code());
    char expected[32];
    assert_int_equal(enrol_as(&code, NULL), 200);
    struct enrol_code again = good_code();
    again.device = device_of_answer();
    snprintf(expected, sizeof expected, "device-%02x%02x%02x%02x", again.device.b[0], again.device.b[1], again.device.b[2],
             again.device.b[3]);
    assert_string_equal(record_of(again.device).name, expected);
    const struct {
        const char *said, *kept;
    } names[] = {{NULL, expected}, {"Bil 7", "Bil 7"}, {NULL, "Bil 7"}, {"Bil 8", "Bil 8"}};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        handheld_new();
        code = code_new(again);
        assert_int_equal(enrol_as(&code, names[i].said), 200);
        assert_string_equal(record_of(again.device).name, names[i].kept);
    }
}

// --- Renewal ---

static struct id128 enrolled(void) {
    struct enrol_code_parts code = code_new(good_code());
    assert_int_equal(enrol(&code), 200);
    return device_of_answer();
}

static void a_device_back_from_weeks_of_leave_renews(void **state) {
    struct id128 device = enrolled();
    t.now_ms += (14 + RENEWAL_GRACE_DAYS) * day_ms - 1000;
    assert_int_equal(renew(device), 200);
    struct id128 again = device_of_answer();
    assert_true(id128_equal(&device, &again));
    // The grace counts from the renewal now.
    t.now_ms += (14 + RENEWAL_GRACE_DAYS) * day_ms - 1000;
    assert_int_equal(renew(device), 200);
    t.now_ms += (14 + RENEWAL_GRACE_DAYS) * day_ms + 1000;
    assert_refused(403, CODE_GRACE_OVER, renew(device));
}

static void the_grace_is_as_long_as_it_is_configured(void **state) {
    UNUSED(state);
    struct id128 device = enrolled();
    t.config.grace_days = 2;
    t.now_ms += 16 * day_ms + 1000;
    assert_refused(403, CODE_GRACE_OVER, renew(device));
    t.config.grace_days = 3;
    assert_int_equal(renew(device), 200);
    t.config.grace_days = 0;
    t.now_ms += 14 * day_ms + 1000;
    assert_refused(403, CODE_GRACE_OVER, renew(device));
    t.config.grace_days = RENEWAL_GRACE_DAYS;
}

static void a_revoked_or_unknown_device_does_not_renew(void **state) {
    struct id128 device = enrolled();
    device_revoke(device, DEVICE_LOST);
    assert_refused(403, CODE_DEVICE_REVOKED, renew(device));
    device_revoke(device, DEVICE_RETIRED);
    assert_refused(403, CODE_DEVICE_REVOKED, renew(device));
    handheld_new();
    struct id128 nobody = {{9}};
    assert_refused(403, CODE_DEVICE_UNKNOWN, renew(nobody));
}

static void only_the_enrolled_key_renews_a_device(void **state) {
    struct id128 device = enrolled();
    handheld_new();
    (void)enrolled();
    assert_refused(403, CODE_PROOF_INVALID, renew(device));
    struct buffer body;
    buffer_init(&body, ENROL_BODY_BYTES_MAX);
    assert_ok(renew_request_make(t.keystore, rng_system(), &test_clock, &(struct enrolment){.device = device}, &body));
    body.data[body.size - 1] ^= 1; // the signature stands last
    assert_refused(403, CODE_PROOF_INVALID, ask(ENROLMENT_RENEW, buffer_bytes(&body)));
    buffer_deinit(&body);
}

static void a_wrong_clock_does_not_stop_a_renewal(void **state) {
    struct id128 device = enrolled();
    int64_t server_ms = t.now_ms;
    struct buffer body;
    buffer_init(&body, ENROL_BODY_BYTES_MAX);
    t.now_ms = 0;
    assert_ok(renew_request_make(t.keystore, rng_system(), &test_clock, &(struct enrolment){.device = device}, &body));
    t.now_ms = server_ms;
    assert_int_equal(ask(ENROLMENT_RENEW, buffer_bytes(&body)), 200);
    buffer_deinit(&body);
}

// --- A second person's approval ---

static struct enrol_code careful_code(void) {
    struct enrol_code code = good_code();
    code.issuer = "uid:1";
    code.approval = APPROVAL_WANTED;
    return code;
}

static struct enrol_code stored_code(const struct enrol_code_parts *parts) {
    struct hash256 hash;
    struct enrol_code code;
    code_secret_hash(parts->secret, &hash);
    assert_ok(t.store->registry->code_get(t.store, &hash, &t.arena, &code));
    return code;
}

static void code_decide(const struct enrol_code_parts *parts, enum code_approval approval) {
    struct enrol_code code = stored_code(parts);
    code.approval = approval;
    assert_ok(t.store->ledger->begin(t.store));
    assert_ok(t.store->registry->code_update(t.store, &code));
    assert_ok(t.store->ledger->commit(t.store));
}

static size_t devices_count(void) {
    struct store_counts counts;
    assert_ok(t.store->views->counts(t.store, &counts));
    return counts.devices;
}

static struct hash256 key_hash(void) {
    struct bytes spki;
    struct hash256 hash;
    assert_ok(keystore_spki(t.keystore, &spki));
    sha256_of(spki, &hash);
    return hash;
}

static void a_device_that_wants_approval_waits_and_is_none_until_it_has_it(void **state) {
    struct enrol_code_parts code = code_new(careful_code());
    struct device_key key;
    struct hash256 hash = key_hash();
    assert_refused(403, CODE_APPROVAL_AWAITED, enrol(&code));
    assert_true(t.refusal->retry);
    assert_int_equal(devices_count(), 0);
    assert_err(ROND_ENOTFOUND, t.store->registry->key_get(t.store, &hash, &t.arena, &key));
    struct enrol_code waiting = stored_code(&code);
    assert_true(hash256_equal(&waiting.key_hash, &hash));
    assert_string_equal(waiting.name, "Bil 7");
    assert_string_equal(waiting.issuer, "uid:1");
    assert_int_equal(waiting.asked_ms, t.now_ms);
    assert_refused(403, CODE_DEVICE_UNKNOWN, renew(waiting.device));
    code_decide(&code, APPROVAL_GIVEN);
    waiting = stored_code(&code);
    assert_int_equal(enrol_as(&code, "another name"), 200);
    struct id128 device = device_of_answer();
    assert_memory_equal(device.b, waiting.device.b, ID_SIZE);
    assert_string_equal(record_of(device).name, "Bil 7"); // what was approved
    assert_int_equal(renew(device), 200);
}

// The code itself has run out long ago, and its tries would be spent.
static void asking_again_while_it_waits_costs_no_try_and_needs_no_new_code(void **state) {
    struct enrol_code_parts code = code_new(careful_code());
    assert_refused(403, CODE_APPROVAL_AWAITED, enrol(&code));
    t.now_ms += 2 * CODE_MINUTES * 60000;
    for (int i = 0; i < 3 * CODE_TRIES_MAX; i++)
        assert_refused(403, CODE_APPROVAL_AWAITED, enrol(&code));
    code_decide(&code, APPROVAL_GIVEN);
    assert_int_equal(enrol(&code), 200);
    struct id128 first = device_of_answer(); // an answer that is lost
    assert_int_equal(enrol(&code), 200);
    struct id128 second = device_of_answer();
    assert_true(id128_equal(&first, &second));
    assert_int_equal(devices_count(), 1);
    device_revoke(first, DEVICE_LOST);
    assert_refused(403, CODE_DEVICE_REVOKED, enrol(&code));
}

static void an_approval_is_of_one_key(void **state) {
    struct enrol_code_parts code = code_new(careful_code());
    assert_refused(403, CODE_APPROVAL_AWAITED, enrol(&code));
    handheld_new();
    assert_refused(409, CODE_CODE_USED, enrol(&code));
    code_decide(&code, APPROVAL_GIVEN);
    assert_refused(409, CODE_CODE_USED, enrol(&code));
    assert_int_equal(devices_count(), 0);
}

static void who_was_refused_is_told_so_and_stays_out(void **state) {
    struct enrol_code_parts code = code_new(careful_code());
    assert_refused(403, CODE_APPROVAL_AWAITED, enrol(&code));
    code_decide(&code, APPROVAL_REFUSED);
    assert_refused(403, CODE_ENROLMENT_REFUSED, enrol(&code));
    assert_false(t.refusal->retry);
    assert_int_equal(devices_count(), 0);
}

static void waiting_ends_and_so_does_an_approval_that_nobody_came_for(void **state) {
    static const enum code_approval APPROVALS[] = {APPROVAL_WAITING, APPROVAL_GIVEN, APPROVAL_USED};
    for (size_t i = 0; i < ARRAY_COUNT(APPROVALS); i++) {
        handheld_new();
        struct enrol_code_parts code = code_new(careful_code());
        assert_refused(403, CODE_APPROVAL_AWAITED, enrol(&code));
        code_decide(&code, APPROVALS[i]);
        t.now_ms += (int64_t)APPROVAL_HOURS * 60 * 60 * 1000;
        assert_refused(403, CODE_CODE_EXPIRED, enrol(&code));
    }
}

static void the_configuration_wants_approval_whatever_the_code_says(void **state) {
    struct enrol_code_parts code = code_new(good_code());
    t.config.wants_approval = true;
    assert_refused(403, CODE_APPROVAL_AWAITED, enrol(&code));
    t.config.wants_approval = false; // which lets nobody in who waits
    assert_refused(403, CODE_APPROVAL_AWAITED, enrol(&code));
}

// With the old key, in the old area, until the very moment.
static void a_device_that_is_to_be_reattached_stays_what_it_was_until_it_is_approved(void **state) {
    struct enrol_code_parts code = code_new(good_code());
    assert_int_equal(enrol(&code), 200);
    struct id128 device = device_of_answer();
    struct enrol_code again = careful_code();
    again.device = device;
    again.area = "strangnas";
    code = code_new(again);
    struct keystore *old = t.keystore;
    t.keystore = NULL;
    handheld_new();
    struct keystore *new = t.keystore;
    assert_refused(403, CODE_APPROVAL_AWAITED, enrol(&code));
    assert_string_equal(record_of(device).area, "lund");
    t.keystore = old;
    assert_int_equal(renew(device), 200);
    code_decide(&code, APPROVAL_GIVEN);
    t.keystore = new;
    assert_int_equal(enrol(&code), 200);
    assert_string_equal(record_of(device).area, "strangnas");
    t.keystore = old;
    assert_refused(403, CODE_PROOF_INVALID, renew(device));
    keystore_destroy(new);
}

static void more_than_may_wait_are_told_to_come_again_and_spend_no_try(void **state) {
    for (unsigned i = 0; i < APPROVALS_WAITING_MAX; i++) {
        struct enrol_code waiting = careful_code();
        waiting.approval = APPROVAL_WAITING;
        waiting.approval_ends_ms = t.now_ms + 1000;
        (void)code_new(waiting);
    }
    struct enrol_code_parts code = code_new(careful_code());
    assert_refused(503, CODE_BUSY, enrol(&code));
    assert_int_equal(stored_code(&code).tries_left, CODE_TRIES_MAX);
    t.now_ms += 1000;
    assert_refused(403, CODE_APPROVAL_AWAITED, enrol(&code));
}

static void a_store_that_failed_says_try_again(void **state) {
    struct enrol_code_parts code = code_new(good_code());
    struct submission *submission;
    struct buffer body, answer;
    buffer_init(&body, ENROL_BODY_BYTES_MAX);
    buffer_init(&answer, 1000);
    assert_ok(enrol_request_make(t.keystore, rng_system(), &code, NULL, &body));
    assert_ok(enrolment_receive(&t.config, ENROLMENT_ENROL, buffer_bytes(&body), t.now_ms, &submission));
    submission->err = ROND_EIO;
    assert_int_equal(enrolment_answer(submission, &answer), 503);
    assert_null(enrolment_device(submission));
    arena_reset(&t.arena);
    t.refusal = rond__v1__enrol_refusal__unpack(&t.arena.pb, answer.size, answer.data);
    assert_int_equal(t.refusal->code, CODE_STORE_FAILED);
    assert_true(t.refusal->retry);
    submission_destroy(submission);
    buffer_deinit(&body);
    buffer_deinit(&answer);
}

static void a_server_that_cannot_take_a_request_now_says_so_in_its_body(void **state) {
    static const unsigned CODES[] = {CODE_BUSY, CODE_DRAINING};
    struct buffer answer;
    buffer_init(&answer, 1000);
    for (size_t i = 0; i < ARRAY_COUNT(CODES); i++) {
        buffer_clear(&answer);
        assert_int_equal(enrolment_unavailable(CODES[i], &answer), 503);
        arena_reset(&t.arena);
        t.refusal = rond__v1__enrol_refusal__unpack(&t.arena.pb, answer.size, answer.data);
        assert_int_equal(t.refusal->code, CODES[i]);
        assert_string_equal(t.refusal->sentence, wire_code_sentence(CODES[i]));
        assert_true(t.refusal->retry);
    }
    buffer_deinit(&answer);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_code_makes_a_key_into_a_device),
        TEST(a_code_works_for_one_key_only),
        TEST(a_lost_answer_is_given_again_to_the_same_key),
        TEST(unknown_and_expired_codes_are_told_apart),
        TEST(tries_are_spent_even_where_the_request_is_refused),
        TEST(bodies_that_cannot_be_read_never_reach_the_store),
        TEST(a_device_keeps_its_id_under_a_new_code),
        TEST(a_code_may_reattach_a_device_to_a_new_key),
        TEST(a_device_that_does_not_say_its_name_keeps_the_one_it_has),
        TEST(a_device_back_from_weeks_of_leave_renews),
        TEST(the_grace_is_as_long_as_it_is_configured),
        TEST(a_revoked_or_unknown_device_does_not_renew),
        TEST(only_the_enrolled_key_renews_a_device),
        TEST(a_wrong_clock_does_not_stop_a_renewal),
        TEST(a_device_that_wants_approval_waits_and_is_none_until_it_has_it),
        TEST(asking_again_while_it_waits_costs_no_try_and_needs_no_new_code),
        TEST(an_approval_is_of_one_key),
        TEST(who_was_refused_is_told_so_and_stays_out),
        TEST(waiting_ends_and_so_does_an_approval_that_nobody_came_for),
        TEST(the_configuration_wants_approval_whatever_the_code_says),
        TEST(a_device_that_is_to_be_reattached_stays_what_it_was_until_it_is_approved),
        TEST(more_than_may_wait_are_told_to_come_again_and_spend_no_try),
        TEST(a_store_that_failed_says_try_again),
        TEST(a_server_that_cannot_take_a_request_now_says_so_in_its_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
