// Tests: client-sdk/src/enrolment.c
// The device's side of enrolment; the settings of the outbox are played here.
#include "enrol.h"

#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/ca.h"
#include "rond/v1/enrol.pb-c.h"
#include "support/test.h"
#include "wire/codes.h"
#include "wire/limits.h"

// --- An outbox of one setting ---
struct outbox {
    uint8_t value[64 * 1024];
    size_t size;
    enum rond_err err;
};
enum rond_err outbox_setting_put(struct outbox *outbox, const char *name, struct bytes value) {
    assert_string_equal(name, "enrolment.current");
    if (outbox->err != ROND_OK)
        return outbox->err;
    assert_true(value.size <= sizeof outbox->value);
    memcpy(outbox->value, value.data, value.size);
    outbox->size = value.size;
    return ROND_OK;
}
enum rond_err outbox_enrolment_put(struct outbox *outbox, const char *name, struct bytes value) {
    return outbox_setting_put(outbox, name, value);
}

enum rond_err outbox_fork_with(struct outbox *outbox, const char *name, struct bytes value) {
    return outbox_setting_put(outbox, name, value);
}
void outbox_state(const struct outbox *outbox, struct device_outbox_state *ret_state) { // nothing is queued
    UNUSED(outbox);
    *ret_state = (struct device_outbox_state){0};
}
void outbox_server(const struct outbox *outbox, struct device_server_state *ret_server) {
    UNUSED(outbox);
    *ret_server = (struct device_server_state){0};
}
enum rond_err outbox_setting_get(struct outbox *outbox, const char *name, struct arena *arena, struct bytes *ret_value) {
    if (outbox->size == 0)
        return ROND_ENOTFOUND;
    return arena_copy(arena, bytes_of(outbox->value, outbox->size), ret_value) ? ROND_OK : ROND_ENOMEM;
}

static struct {
    char directory[64];
    struct keystore *keystore;
    struct ca *ca;
    struct outbox *outbox;
    struct arena arena;
    struct buffer certificate;
} t;

static int setup(void **state) {
    rond_keystore files;
    struct bytes spki;
    strcpy(t.directory, "/tmp/rond-enrol-XXXXXX");
    int64_t now_ms = clock_wall_ms(clock_system());
    if (mkdtemp(t.directory) == NULL || rond_keystore_files(t.directory, &files, NULL) != ROND_OK ||
        keystore_create(&files, &t.keystore) != ROND_OK || keystore_spki(t.keystore, &spki) != ROND_OK ||
        ca_create(t.directory, "Rond CA test", rng_system(), now_ms, NULL) != ROND_OK ||
        ca_open(t.directory, &t.ca, NULL) != ROND_OK)
        return 1;
    t.outbox = calloc(1, sizeof *t.outbox);
    arena_init(&t.arena, 1024 * 1024);
    buffer_init(&t.certificate, 10000);
    const struct id128 device = {{1, 2, 3}};
    return ca_issue_device(t.ca, spki, &device, 14, rng_system(), now_ms, &t.certificate) != ROND_OK;
}

static int teardown(void **state) {
    char command[128];
    keystore_destroy(t.keystore);
    ca_close(t.ca);
    free(t.outbox);
    arena_deinit(&t.arena);
    buffer_deinit(&t.certificate);
    snprintf(command, sizeof command, "rm -rf %s", t.directory);
    return system(command);
}

// --- Requests ---

static void the_request_is_signed_by_the_device_key_and_carries_the_secret(void **state) {
    struct enrol_code_parts parts = {.secret = {4, 5, 6}};
    struct buffer body, spki;
    struct bytes own;
    buffer_init(&body, 8000);
    buffer_init(&spki, 1000);
    assert_ok(enrol_request_make(t.keystore, rng_system(), &parts, "Bil 7", &body));
    const Rond__V1__EnrolRequest *request = rond__v1__enrol_request__unpack(&t.arena.pb, body.size, body.data);
    assert_non_null(request);
    assert_memory_equal(request->secret.data, parts.secret, sizeof parts.secret);
    assert_string_equal(request->device_name, "Bil 7");
    assert_ok(ca_request_key(bytes_of(request->request.data, request->request.len), &spki));
    assert_ok(keystore_spki(t.keystore, &own));
    assert_true(bytes_equal(own, buffer_bytes(&spki)));
    char longer[DEVICE_NAME_BYTES_MAX + 2];
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    assert_err(ROND_EINVALID, enrol_request_make(t.keystore, rng_system(), &parts, longer, &body));
    assert_err(ROND_EINVALID, enrol_request_make(t.keystore, rng_system(), &parts, "\xff", &body));
    buffer_deinit(&body);
    buffer_deinit(&spki);
}

static void a_renewal_is_signed_over_all_that_it_asks_for(void **state) {
    const struct enrolment enrolment = {.device = {{1, 2, 3}}};
    struct buffer body[2];
    struct bytes spki;
    struct verify_key *key;
    const Rond__V1__RenewRequest *request[2];
    assert_ok(keystore_spki(t.keystore, &spki));
    assert_ok(verify_key_create(spki, &key));
    for (int i = 0; i < 2; i++) {
        buffer_init(&body[i], 8000);
        assert_ok(renew_request_make(t.keystore, rng_system(), clock_system(), &enrolment, &body[i]));
        request[i] = rond__v1__renew_request__unpack(&t.arena.pb, body[i].size, body[i].data);
        assert_non_null(request[i]);
        assert_int_equal(request[i]->protocol, PROTOCOL_VERSION);
        assert_int_equal(request[i]->nonce.len, 16);
        assert_memory_equal(request[i]->device.data, enrolment.device.b, ID_SIZE);
        assert_true(bytes_equal(bytes_of(request[i]->public_key.data, request[i]->public_key.len), spki));
        struct bytes signature = bytes_of(request[i]->signature.data, request[i]->signature.len);
        struct bytes asked = bytes_of(request[i]->request.data, request[i]->request.len);
        struct statement statement;
        statement_renewal(&statement, &enrolment.device, request[i]->wall_ms, request[i]->nonce.data, asked);
        assert_ok(signature_verify(key, &statement, signature));
        statement_renewal(&statement, &enrolment.device, request[i]->wall_ms + 1, request[i]->nonce.data, asked);
        assert_err(ROND_EAUTH, signature_verify(key, &statement, signature));
    }
    assert_memory_not_equal(request[0]->nonce.data, request[1]->nonce.data, 16); // never the same twice
    buffer_deinit(&body[0]);
    buffer_deinit(&body[1]);
    verify_key_destroy(key);
}

// --- Answers ---

static char organisation[] = "polisen", area[] = "lund", role[] = "police_officer", server[] = "wss://rond.example:7443";
static char *role_list[] = {role}, *server_list[] = {server};
static uint8_t device_id[ID_SIZE] = {1, 2, 3};

static struct bytes answer_pack(struct buffer *body, size_t anchor_size, void (*change)(Rond__V1__EnrolResponse *)) {
    Rond__V1__EnrolResponse answer = ROND__V1__ENROL_RESPONSE__INIT;
    struct bytes anchor;
    assert_true(arena_copy(&t.arena, ca_certificate(t.ca), &anchor));
    ProtobufCBinaryData anchors[] = {{.len = anchor_size < anchor.size ? anchor_size : anchor.size}};
    memcpy(&anchors[0].data, &anchor.data, sizeof anchor.data);
    answer.device = (ProtobufCBinaryData){.data = device_id, .len = sizeof device_id};
    answer.organisation = organisation;
    answer.area = area;
    answer.roles = role_list;
    answer.n_roles = 1;
    answer.certificate = (ProtobufCBinaryData){.data = t.certificate.data, .len = t.certificate.size};
    answer.anchors = anchors;
    answer.n_anchors = 1;
    answer.servers = server_list;
    answer.n_servers = 1;
    if (change != NULL)
        change(&answer);
    buffer_init(body, 64 * 1024);
    assert_ok(buffer_reserve(body, rond__v1__enrol_response__get_packed_size(&answer)));
    body->size = rond__v1__enrol_response__pack(&answer, body->data);
    return buffer_bytes(body);
}

static void what_was_stored_is_loaded(void **state) {
    struct buffer body;
    struct enrolment enrolment;
    assert_err(ROND_ENOTFOUND, enrolment_load(t.outbox, &t.arena, &enrolment));
    struct bytes answer = answer_pack(&body, SIZE_MAX, NULL);
    assert_ok(enrol_answer_store(t.outbox, "https://rond.example:7444", 200, answer, NULL));
    assert_ok(enrolment_load(t.outbox, &t.arena, &enrolment));
    assert_memory_equal(enrolment.device.b, device_id, ID_SIZE);
    assert_string_equal(enrolment.organisation, organisation);
    assert_string_equal(enrolment.roles[0], role);
    assert_string_equal(enrolment.servers[0], server);
    assert_string_equal(enrolment.enrol_url, "https://rond.example:7444");
    assert_true(bytes_equal(enrolment.certificate, buffer_bytes(&t.certificate)));
    assert_true(bytes_equal(enrolment.anchors[0], ca_certificate(t.ca)));
    assert_true(enrolment.not_after_ms - enrolment.not_before_ms == INT64_C(15) * 86400000);
    t.outbox->size--;
    assert_err(ROND_ECORRUPT, enrolment_load(t.outbox, &t.arena, &enrolment));
    buffer_deinit(&body);
}

static void no_anchors(Rond__V1__EnrolResponse *answer) {
    answer->n_anchors = 0;
}
static void no_servers(Rond__V1__EnrolResponse *answer) {
    answer->n_servers = 0;
}
static void plain_server(Rond__V1__EnrolResponse *answer) {
    static char plain[] = "ws://rond.example";
    static char *list[] = {plain};
    answer->servers = list;
}
static void short_device(Rond__V1__EnrolResponse *answer) {
    answer->device.len = 15;
}
static void other_certificate(Rond__V1__EnrolResponse *answer) {
    answer->certificate.data[answer->certificate.len - 1] ^= 1;
}
static void many_roles(Rond__V1__EnrolResponse *answer) {
    static char *list[DEVICE_ROLES_MAX + 1];
    for (size_t i = 0; i < ARRAY_COUNT(list); i++)
        list[i] = role;
    answer->roles = list;
    answer->n_roles = ARRAY_COUNT(list);
}

static void an_answer_that_cannot_be_used_changes_nothing(void **state) {
    void (*changes[])(Rond__V1__EnrolResponse *) = {no_anchors,   no_servers, plain_server,
                                                    short_device, many_roles, other_certificate};
    for (size_t i = 0; i < ARRAY_COUNT(changes); i++) {
        struct buffer body;
        struct fault fault = {0};
        struct bytes answer = answer_pack(&body, SIZE_MAX, changes[i]);
        assert_err(ROND_EPROTOCOL, enrol_answer_store(t.outbox, "https://rond.example:7444", 200, answer, &fault));
        assert_true(fault.text[0] != '\0');
        buffer_deinit(&body);
    }
    assert_err(ROND_EPROTOCOL,
               enrol_answer_store(t.outbox, "https://rond.example:7444", 200, bytes_of_text("<html>"), NULL));
    assert_int_equal(t.outbox->size, 0);
}

static void a_refusal_says_why_and_whether_to_try_again(void **state) {
    Rond__V1__EnrolRefusal refusal = ROND__V1__ENROL_REFUSAL__INIT;
    struct fault fault = {0};
    uint8_t body[200];
    char sentence[] = "The enrolment code has run out; ask for a new one.";
    refusal.code = CODE_CODE_EXPIRED;
    refusal.sentence = sentence;
    size_t size = rond__v1__enrol_refusal__pack(&refusal, body);
    assert_err(ROND_EAUTH, enrol_answer_store(t.outbox, "https://x", 403, bytes_of(body, size), &fault));
    assert_int_equal(fault.code, CODE_CODE_EXPIRED);
    assert_string_equal(fault.text, sentence);
    refusal.retry = true;
    size = rond__v1__enrol_refusal__pack(&refusal, body);
    assert_err(ROND_EAGAIN, enrol_answer_store(t.outbox, "https://x", 503, bytes_of(body, size), &fault));
    assert_err(ROND_EAGAIN,
               enrol_answer_store(t.outbox, "https://x", 502, bytes_of_text("<html>bad gateway</html>"), &fault));
    assert_err(ROND_EAUTH, enrol_answer_store(t.outbox, "https://x", 404, bytes_of_text("<html>"), &fault));
    assert_non_null(strstr(fault.text, "404"));
}

static void a_full_disk_is_told_and_the_old_enrolment_stays(void **state) {
    struct buffer body;
    struct fault fault = {0};
    struct bytes answer = answer_pack(&body, SIZE_MAX, NULL);
    t.outbox->err = ROND_EFULL;
    assert_err(ROND_EFULL, enrol_answer_store(t.outbox, "https://rond.example:7444", 200, answer, &fault));
    assert_true(fault.text[0] != '\0');
    buffer_deinit(&body);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_request_is_signed_by_the_device_key_and_carries_the_secret),
        TEST(a_renewal_is_signed_over_all_that_it_asks_for),
        TEST(what_was_stored_is_loaded),
        TEST(an_answer_that_cannot_be_used_changes_nothing),
        TEST(a_refusal_says_why_and_whether_to_try_again),
        TEST(a_full_disk_is_told_and_the_old_enrolment_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
