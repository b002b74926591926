// Certificates and what is around them: the bodies of enrolment and renewal, the certificate request in them, and at the
// device the server's answer.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/code.h"
#include "auth/enrolment.h"
#include "enrol.h"
#include "fuzz/fuzz.h"
#include "outbox.h"
#include "rond/v1/enrol.pb-c.h"
#include "support/lund.h"
#include "wire/codes.h"
#include "wire/limits.h"

static struct ca *ca;
static struct keystore *keystore;
static struct lund lund;
static struct rng_seeded seeded;
static struct rng rng;
static const int64_t NOW_MS = INT64_C(1000) * LUND_NOW_S;
static const char *const SERVERS[] = {"wss://rond.example:7443"};
static struct enrolment_config config;
static uint8_t secret[CODE_SECRET_SIZE];
enum { SIDE_BYTES_MAX = 64 * 1024 };

static void remove_tree(const char *directory) {
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf %s", directory);
    CHECK(system(command) == 0);
}

static void begin_keys(void) {
    char directory[] = "/tmp/rond-fuzz-XXXXXX", keys[64];
    rond_keystore files;
    if (ca != NULL) // another target was here
        return;
    CHECK(mkdtemp(directory) != NULL);
    rng_seeded_init(&seeded, 1);
    rng = rng_seeded_as_rng(&seeded);
    CHECK(ca_create(directory, "Fuzz CA", &rng, NOW_MS, NULL) == ROND_OK && ca_open(directory, &ca, NULL) == ROND_OK);
    (void)snprintf(keys, sizeof keys, "%s/keys", directory);
    CHECK(rond_keystore_files(keys, &files, NULL) == ROND_OK && keystore_create(&files, &keystore) == ROND_OK);
    struct bytes spki;
    CHECK(keystore_spki(keystore, &spki) == ROND_OK); // makes the key
    remove_tree(directory);
}

static void put_code(void) {
    static const char *const ROLES[] = {"police_officer"};
    struct enrol_code code = {.organisation = "polisen",
                              .area = "lund",
                              .roles = (const char **)(uintptr_t)ROLES,
                              .roles_count = 1,
                              .expires_ms = NOW_MS + CODE_MINUTES * 60000,
                              .tries_left = 1000000};
    memset(secret, 0x5e, sizeof secret);
    code_secret_hash(secret, &code.secret_hash);
    lund_begin(&lund);
    CHECK(lund.store->registry->code_put(lund.store, &code) == ROND_OK);
    lund_commit(&lund);
}

static void begin(void) {
    begin_keys();
    lund_open_memory(&lund, &rng);
    put_code();
    config =
        (struct enrolment_config){.ca = ca, .rng = &rng, .certificate_days = 14, .grace_days = RENEWAL_GRACE_DAYS, .servers = SERVERS, .servers_count = 1};
}

// --- enrolment: an answer for every body; what is not settled at once goes through the registry and back out of it ---

static void check_answer(int status, struct bytes body) {
    struct arena arena;
    arena_init(&arena, SIDE_BYTES_MAX);
    if (status == 200) {
        CHECK(rond__v1__enrol_response__unpack(&arena.pb, body.size, body.data) != NULL);
    } else {
        const Rond__V1__EnrolRefusal *refusal = rond__v1__enrol_refusal__unpack(&arena.pb, body.size, body.data);
        CHECK(refusal != NULL && refusal->code >= 100 && strlen(refusal->sentence) > 0);
    }
    arena_deinit(&arena);
}

static void run(struct bytes input) {
    struct input in = {input};
    struct submission *submission;
    struct buffer answer;
    enum enrolment_kind kind = input_u8(&in) & 1 ? ENROLMENT_RENEW : ENROLMENT_ENROL;
    CHECK(enrolment_receive(&config, kind, in.left, NOW_MS, &submission) == ROND_OK);
    if (!enrolment_is_settled(submission)) {
        lund_begin(&lund);
        submission->err = submission->command(submission, lund.store);
        lund.store->ledger->rollback(lund.store);
    }
    buffer_init(&answer, SIDE_BYTES_MAX);
    int status = enrolment_answer(submission, &answer);
    CHECK(status == 200 || status == 400 || status == 403 || status == 409 || status == 503);
    check_answer(status, buffer_bytes(&answer));
    buffer_deinit(&answer);
    submission_destroy(submission);
}

static void seed_body(uint8_t kind, const struct buffer *body, fuzz_take *take, void *context) {
    uint8_t bytes[1 + ENROL_BODY_BYTES_MAX] = {kind};
    CHECK(body->size < sizeof bytes);
    memcpy(bytes + 1, body->data, body->size);
    take(context, bytes_of(bytes, 1 + body->size));
}

static void seed(fuzz_take *take, void *context) {
    struct enrol_code_parts parts = {0};
    struct buffer body;
    memcpy(parts.secret, secret, sizeof secret);
    buffer_init(&body, ENROL_BODY_BYTES_MAX);
    CHECK(enrol_request_make(keystore, &rng, &parts, "fuzz", &body) == ROND_OK);
    seed_body(ENROLMENT_ENROL, &body, take, context);
    struct enrolment enrolment = {.device = lund_device(0)};
    buffer_clear(&body);
    CHECK(renew_request_make(keystore, &rng, clock_system(), &enrolment, &body) == ROND_OK);
    seed_body(ENROLMENT_RENEW, &body, take, context);
    buffer_deinit(&body);
}

const struct fuzz_target FUZZ_ENROLMENT = {"enrolment", begin, run, seed};

// --- request: DER as it comes: a certificate request, and a public key ---

static void request_run(struct bytes input) {
    struct buffer spki, certificate;
    struct verify_key *key;
    buffer_init(&spki, SIDE_BYTES_MAX);
    buffer_init(&certificate, SIDE_BYTES_MAX);
    if (ca_request_key(input, &spki) == ROND_OK) {
        struct id128 device = lund_device(0);
        CHECK(verify_key_create(buffer_bytes(&spki), &key) == ROND_OK);
        verify_key_destroy(key);
        CHECK(ca_issue_device(ca, buffer_bytes(&spki), &device, 14, &rng, NOW_MS, &certificate) == ROND_OK);
    }
    if (verify_key_create(input, &key) == ROND_OK)
        verify_key_destroy(key);
    buffer_deinit(&spki);
    buffer_deinit(&certificate);
}

static void request_seed(fuzz_take *take, void *context) {
    struct enrol_code_parts parts = {0};
    struct buffer body;
    struct arena arena;
    struct bytes spki;
    arena_init(&arena, SIDE_BYTES_MAX);
    buffer_init(&body, ENROL_BODY_BYTES_MAX);
    CHECK(enrol_request_make(keystore, &rng, &parts, "fuzz", &body) == ROND_OK);
    const Rond__V1__EnrolRequest *message = rond__v1__enrol_request__unpack(&arena.pb, body.size, body.data);
    CHECK(message != NULL && keystore_spki(keystore, &spki) == ROND_OK);
    take(context, bytes_of(message->request.data, message->request.len));
    take(context, spki);
    buffer_deinit(&body);
    arena_deinit(&arena);
}

const struct fuzz_target FUZZ_REQUEST = {"request", begin_keys, request_run, request_seed};

// --- answer: what a server, or whoever answers in its place, says to a device that enrols ---

static struct outbox *outbox;

static void answer_begin(void) {
    static const struct seal_key SEAL = {{1}};
    begin_keys();
    struct outbox_config of = {.path = ":memory:", .key = &SEAL, .rng = &rng, .clock = clock_system()};
    CHECK(outbox_open(&of, &outbox, NULL) == ROND_OK);
}

static void answer_run(struct bytes input) {
    static const int STATUS[] = {200, 400, 403, 409, 503, 429, 0, 200};
    struct input in = {input};
    struct fault fault = {0};
    struct arena arena;
    struct enrolment enrolment;
    int status = STATUS[input_u8(&in) % ARRAY_COUNT(STATUS)];
    arena_init(&arena, 1024 * 1024);
    enum rond_err err = enrol_answer_store(outbox, "https://localhost:7444", status, in.left, &fault);
    CHECK(err == ROND_OK ? status == 200 : true);
    if (err == ROND_OK)
        CHECK(enrolment_load(outbox, &arena, &enrolment) == ROND_OK && enrolment.anchors_count > 0);
    arena_deinit(&arena);
}

static void answer_seed(fuzz_take *take, void *context) {
    struct buffer body, certificate;
    struct bytes spki;
    struct id128 device = lund_device(0);
    buffer_init(&certificate, SIDE_BYTES_MAX);
    buffer_init(&body, SIDE_BYTES_MAX);
    CHECK(keystore_spki(keystore, &spki) == ROND_OK);
    CHECK(ca_issue_device(ca, spki, &device, 14, &rng, NOW_MS, &certificate) == ROND_OK);
    struct bytes anchor = ca_certificate(ca);
    char role[] = "police_officer", server[] = "wss://localhost:7443", organisation[] = "polisen", area[] = "lund";
    char *roles[] = {role}, *servers[] = {server};
    ProtobufCBinaryData anchors[] = {{.data = (uint8_t *)(uintptr_t)anchor.data, .len = anchor.size}};
    Rond__V1__EnrolResponse answer = ROND__V1__ENROL_RESPONSE__INIT;
    answer.device = (ProtobufCBinaryData){.data = device.b, .len = ID_SIZE};
    answer.organisation = organisation;
    answer.area = area;
    answer.roles = roles;
    answer.servers = servers;
    answer.anchors = anchors;
    answer.n_roles = answer.n_servers = answer.n_anchors = 1;
    answer.certificate = (ProtobufCBinaryData){.data = certificate.data, .len = certificate.size};
    answer.server_ms = NOW_MS;
    CHECK(buffer_reserve(&body, 1 + rond__v1__enrol_response__get_packed_size(&answer)) == ROND_OK);
    body.data[0] = 0;
    body.size = 1 + rond__v1__enrol_response__pack(&answer, body.data + 1);
    take(context, buffer_bytes(&body));
    buffer_clear(&body);
    CHECK(buffer_append(&body, bytes_of("\x01", 1)) == ROND_OK && enrolment_unavailable(CODE_BUSY, &body) == 503);
    take(context, buffer_bytes(&body));
    buffer_deinit(&body);
    buffer_deinit(&certificate);
}

const struct fuzz_target FUZZ_ANSWER = {"answer", answer_begin, answer_run, answer_seed};
