// A refusal is a result, not a failure: the command answers ROND_OK and is committed, so that a try that was spent stays
// spent. Only a store that failed makes the command fail, and then everything it changed is rolled back.
#include "auth/enrolment.h"

#include <stdio.h>
#include <string.h>

#include "auth/code.h"
#include "base/check.h"
#include "base/sha256.h"
#include "rond/v1/enrol.pb-c.h"
#include "wire/codes.h"
#include "wire/key_fingerprint.h"
#include "wire/limits.h"
#include "wire/sign.h"

enum {
    WORK_ARENA_BYTES_MAX = 256 * 1024,
    NONCE_SIZE = 16,
    SPKI_BYTES_MAX = 256,
    HTTP_OK = 200,
    HTTP_MALFORMED = 400,
    HTTP_REFUSED = 403,
    HTTP_CONFLICT = 409,
    HTTP_LATER = 503,
};
static const int64_t hour_ms = INT64_C(60) * 60 * 1000;
static const int64_t day_ms = INT64_C(24) * 60 * 60 * 1000;

// One request on its way; lives in the submission's arena.
struct work {
    const struct enrolment_config *config;
    enum enrolment_kind kind;
    bool settled;
    struct bytes request_spki; // of the key to be certified; size 0: the request cannot be read
    struct hash256 request_hash;
    // Enrolment.
    struct hash256 secret_hash;
    const char *device_name;
    // Renewal.
    struct hash256 signer_hash; // the key that proved itself
    // Outcome.
    int http_status;
    unsigned code; // refusal
    const Rond__V1__EnrolResponse *response;
};

static enum rond_err refuse(struct work *work, int http_status, unsigned code) {
    work->http_status = http_status;
    work->code = code;
    work->response = NULL;
    return ROND_OK;
}

static void settle(struct work *work, int http_status, unsigned code) {
    (void)refuse(work, http_status, code);
    work->settled = true;
}

// --- Out of the body ---

static struct bytes bytes_of_binary(ProtobufCBinaryData data) {
    return bytes_of(data.data, data.len);
}

static enum rond_err read_request(struct work *work, struct bytes request, struct arena *arena) {
    struct buffer spki;
    buffer_init(&spki, SPKI_BYTES_MAX);
    enum rond_err err = ca_request_key(request, &spki);
    if (err == ROND_OK) {
        sha256_of(buffer_bytes(&spki), &work->request_hash);
        err = arena_copy(arena, buffer_bytes(&spki), &work->request_spki) ? ROND_OK : ROND_ENOMEM;
    }
    buffer_deinit(&spki);
    return err == ROND_ENOMEM ? err : ROND_OK;
}

static enum rond_err read_enrol(struct work *work, struct bytes body, struct arena *arena) {
    const Rond__V1__EnrolRequest *message = rond__v1__enrol_request__unpack(&arena->pb, body.size, body.data);
    if (arena->is_starved)
        return ROND_ENOMEM;
    if (message == NULL || message->secret.len != CODE_SECRET_SIZE || strlen(message->device_name) > DEVICE_NAME_BYTES_MAX ||
        !utf8_is_valid(bytes_of_text(message->device_name))) {
        settle(work, HTTP_MALFORMED, CODE_REQUEST_MALFORMED);
        return ROND_OK;
    }
    if (message->protocol != PROTOCOL_VERSION) {
        settle(work, HTTP_MALFORMED, CODE_PROTOCOL_UNKNOWN);
        return ROND_OK;
    }
    code_secret_hash(message->secret.data, &work->secret_hash);
    work->device_name = message->device_name;
    return read_request(work, bytes_of_binary(message->request), arena);
}

// The enrolled key signed exactly this request; else ROND_EAUTH, or ROND_EINVALID where it is no key.
static enum rond_err proof_verify(const Rond__V1__RenewRequest *message, const struct id128 *device) {
    struct verify_key *key;
    struct statement statement;
    enum rond_err err = verify_key_create(bytes_of_binary(message->public_key), &key);
    if (err != ROND_OK)
        return err;
    statement_renewal(&statement, device, message->wall_ms, message->nonce.data, bytes_of_binary(message->request));
    err = signature_verify(key, &statement, bytes_of_binary(message->signature));
    verify_key_destroy(key);
    return err;
}

// The device's clock is not held against it: a handheld whose clock is wrong must still get its queue through. A request
// played back is harmless, for the certificate is of use only to whoever has the private key.
static enum rond_err read_renew(struct work *work, struct bytes body, struct submission *submission) {
    struct arena *arena = &submission->arena;
    const Rond__V1__RenewRequest *message = rond__v1__renew_request__unpack(&arena->pb, body.size, body.data);
    if (arena->is_starved)
        return ROND_ENOMEM;
    if (message == NULL || !id128_from_bytes(bytes_of_binary(message->device), &submission->device) ||
        message->nonce.len != NONCE_SIZE) {
        settle(work, HTTP_MALFORMED, CODE_REQUEST_MALFORMED);
        return ROND_OK;
    }
    if (message->protocol != PROTOCOL_VERSION) {
        settle(work, HTTP_MALFORMED, CODE_PROTOCOL_UNKNOWN);
        return ROND_OK;
    }
    enum rond_err err = proof_verify(message, &submission->device);
    if (err == ROND_ENOMEM)
        return err;
    if (err != ROND_OK) {
        settle(work, HTTP_REFUSED, CODE_PROOF_INVALID);
        return ROND_OK;
    }
    sha256_of(bytes_of_binary(message->public_key), &work->signer_hash);
    err = read_request(work, bytes_of_binary(message->request), arena);
    if (err == ROND_OK && work->request_spki.size == 0)
        settle(work, HTTP_MALFORMED, CODE_REQUEST_MALFORMED);
    return err;
}

// --- In the transaction ---

static char *device_text(struct arena *arena, const char *format, const struct id128 *device) {
    char hex[2 * ID_SIZE + 1];
    hex_encode(bytes_of(device->b, ID_SIZE), hex);
    return arena_printf(arena, "%s%s", format, hex);
}

static enum rond_err write_audit(struct submission *submission, struct store *store, const char *action,
                                 const struct device_record *device) {
    const struct work *work = submission->command_context;
    char fingerprint[KEY_FINGERPRINT_SIZE];
    key_fingerprint_format(&work->request_hash, fingerprint);
    struct audit_row row = {
        .at_ms = submission->received_ms,
        .actor = device_text(&submission->arena, "device:", &device->device),
        .action = action,
        .detail = arena_printf(&submission->arena, "organisation=%s area=%s key=%s", device->organisation, device->area,
                               fingerprint),
    };
    return row.actor == NULL || row.detail == NULL ? ROND_ENOMEM : store->registry->audit(store, &row);
}

// A copy that protobuf-c's fields without const may point at; NULL without memory.
static ProtobufCBinaryData binary_copy(struct arena *arena, struct bytes from) {
    ProtobufCBinaryData copy = {.data = arena_alloc(arena, from.size + 1)};
    if (copy.data != NULL) {
        memcpy(copy.data, from.data, from.size);
        copy.len = from.size;
    }
    return copy;
}

static char **texts_copy(struct arena *arena, const char *const *from, size_t count) {
    char **copies = arena_array(arena, count + 1, sizeof *copies);
    for (size_t i = 0; copies != NULL && i < count; i++)
        if ((copies[i] = arena_text(arena, from[i])) == NULL)
            return NULL;
    return copies;
}

static enum rond_err response_make(struct submission *submission, const struct device_record *device,
                                   struct bytes certificate) {
    struct work *work = submission->command_context;
    struct arena *arena = &submission->arena;
    Rond__V1__EnrolResponse *response = arena_alloc(arena, sizeof *response);
    ProtobufCBinaryData *anchor = arena_alloc(arena, sizeof *anchor);
    if (response == NULL || anchor == NULL)
        return ROND_ENOMEM;
    rond__v1__enrol_response__init(response);
    *anchor = binary_copy(arena, ca_certificate(work->config->ca));
    response->device = binary_copy(arena, bytes_of(device->device.b, ID_SIZE));
    response->organisation = arena_text(arena, device->organisation);
    response->area = arena_text(arena, device->area);
    response->roles = texts_copy(arena, device->roles, device->roles_count);
    response->n_roles = device->roles_count;
    response->certificate = binary_copy(arena, certificate);
    response->anchors = anchor;
    response->n_anchors = 1;
    response->servers = texts_copy(arena, work->config->servers, work->config->servers_count);
    response->n_servers = work->config->servers_count;
    response->server_ms = submission->received_ms;
    if (anchor->data == NULL || response->device.data == NULL || response->organisation == NULL || response->area == NULL ||
        response->roles == NULL || response->certificate.data == NULL || response->servers == NULL)
        return ROND_ENOMEM;
    work->response = response;
    return ROND_OK;
}

// Certificate, device, key, audit row, answer: the same for enrolment and renewal.
static enum rond_err admit(struct submission *submission, struct store *store, const struct device_record *device) {
    struct work *work = submission->command_context;
    struct buffer certificate;
    struct device_key key = {
        .spki_hash = work->request_hash,
        .device = device->device,
        .spki = work->request_spki,
        .current = true,
        .since_ms = submission->received_ms,
    };
    buffer_init(&certificate, ENROL_BODY_BYTES_MAX);
    enum rond_err err =
        ca_issue_device(work->config->ca, work->request_spki, &device->device, work->config->certificate_days,
                        work->config->rng, submission->received_ms, &certificate);
    if (err == ROND_OK)
        err = store->registry->device_put(store, device);
    if (err == ROND_OK)
        err = store->registry->key_put(store, &key);
    if (err == ROND_OK)
        err = write_audit(submission, store, work->kind == ENROLMENT_ENROL ? "device.enrol" : "device.renew", device);
    if (err == ROND_OK)
        err = response_make(submission, device, buffer_bytes(&certificate));
    buffer_deinit(&certificate);
    if (err == ROND_OK) {
        work->http_status = HTTP_OK;
        submission->device = device->device;
    }
    return err;
}

// Which device a code makes of a key: the one the code re-attaches, else the one that has the key already (a handheld
// that is enrolled once more keeps its id and so its reports' order), else a new one. *ret_found: it is there.
static enum rond_err device_choose(struct submission *submission, struct store *store, const struct enrol_code *code,
                                   struct device_record *ret_device, bool *ret_conflict) {
    const struct work *work = submission->command_context;
    struct device_key key = {0};
    enum rond_err err = store->registry->key_get(store, &work->request_hash, &submission->arena, &key);
    if (err != ROND_OK && err != ROND_ENOTFOUND)
        return err;
    bool key_is_known = err == ROND_OK;
    struct device_record device = {.device = code->device};
    *ret_conflict = key_is_known && !id128_is_zero(&code->device) && !id128_equal(&key.device, &code->device);
    if (*ret_conflict)
        return ROND_OK;
    if (id128_is_zero(&device.device) && key_is_known)
        device.device = key.device;
    if (id128_is_zero(&device.device)) {
        rng_fill(work->config->rng, device.device.b, ID_SIZE);
        err = ROND_ENOTFOUND;
    } else {
        struct id128 id = device.device;
        err = store->registry->device_get(store, &id, &submission->arena, &device);
        device.device = id;
    }
    if (err != ROND_OK && err != ROND_ENOTFOUND)
        return err;
    if (err == ROND_ENOTFOUND)
        device.enrolled_ms = submission->received_ms;
    *ret_device = device;
    return ROND_OK;
}

// As the device calls itself, else as it was called before, else by its id.
static const char *name_choose(struct submission *submission, const struct device_record *device) {
    const struct work *work = submission->command_context;
    char hex[2 * ID_SIZE + 1];
    if (work->device_name[0] != '\0')
        return work->device_name;
    if (device->name != NULL && device->name[0] != '\0')
        return device->name;
    hex_encode(bytes_of(device->device.b, ID_SIZE), hex);
    return arena_printf(&submission->arena, "device-%.8s", hex);
}

// The device waits at its code: nothing else of it is kept yet, and a device that is to be re-attached stays what it is.
static enum rond_err wait_for_approval(struct submission *submission, struct store *store, struct enrol_code *code,
                                       const struct device_record *device) {
    struct work *work = submission->command_context;
    struct enrol_code *waiting;
    size_t count;
    enum rond_err err = store->views->codes_waiting(store, submission->received_ms, APPROVALS_WAITING_MAX,
                                                    &submission->arena, &waiting, &count);
    if (err != ROND_OK)
        return err;
    if (count >= APPROVALS_WAITING_MAX) {
        code->tries_left++; // this one is not spent
        err = store->registry->code_update(store, code);
        return err == ROND_OK ? refuse(work, HTTP_LATER, CODE_BUSY) : err;
    }
    code->used = true;
    code->device = device->device;
    code->approval = APPROVAL_WAITING;
    code->key_hash = work->request_hash;
    code->name = device->name;
    code->asked_ms = submission->received_ms;
    code->approval_ends_ms = submission->received_ms + work->config->approval_hours * hour_ms;
    err = store->registry->code_update(store, code);
    if (err == ROND_OK)
        err = write_audit(submission, store, "device.ask", device);
    return err == ROND_OK ? refuse(work, HTTP_REFUSED, CODE_APPROVAL_AWAITED) : err;
}

static enum rond_err enrol_with(struct submission *submission, struct store *store, struct enrol_code *code) {
    struct work *work = submission->command_context;
    struct device_record device;
    bool conflict = false, needs_approval = code->approval != APPROVAL_NONE || work->config->wants_approval;
    enum rond_err err = device_choose(submission, store, code, &device, &conflict);
    if (err != ROND_OK)
        return err;
    if (conflict)
        return refuse(work, HTTP_CONFLICT, CODE_PROOF_INVALID);
    if ((device.name = name_choose(submission, &device)) == NULL)
        return ROND_ENOMEM;
    device.organisation = code->organisation;
    device.area = code->area;
    device.roles = code->roles;
    device.roles_count = code->roles_count;
    device.status = DEVICE_ACTIVE;
    device.revoked_ms = 0;
    if (needs_approval && code->approval != APPROVAL_GIVEN)
        return wait_for_approval(submission, store, code, &device);
    code->used = true;
    code->device = device.device;
    code->approval = needs_approval ? APPROVAL_USED : APPROVAL_NONE;
    err = store->registry->code_update(store, code);
    return err == ROND_OK ? admit(submission, store, &device) : err;
}

// The code is used up; yet the very key that used it, in good standing, only lost the answer.
static enum rond_err enrol_again(struct submission *submission, struct store *store, const struct enrol_code *code) {
    struct work *work = submission->command_context;
    struct device_key key;
    struct device_record device;
    enum rond_err err = store->registry->key_get(store, &work->request_hash, &submission->arena, &key);
    if (err == ROND_ENOTFOUND || (err == ROND_OK && (!key.current || !id128_equal(&key.device, &code->device))))
        return refuse(work, HTTP_CONFLICT, CODE_CODE_USED);
    if (err == ROND_OK)
        err = store->registry->device_get(store, &code->device, &submission->arena, &device);
    if (err != ROND_OK)
        return err;
    if (device.status != DEVICE_ACTIVE)
        return refuse(work, HTTP_REFUSED, CODE_DEVICE_REVOKED);
    return admit(submission, store, &device);
}

// The key that waits asks again: that costs no try, and may be long after the code ran out. Under the name that was
// approved.
static enum rond_err enrol_waiting(struct submission *submission, struct store *store, struct enrol_code *code) {
    struct work *work = submission->command_context;
    if (work->request_spki.size == 0)
        return refuse(work, HTTP_MALFORMED, CODE_REQUEST_MALFORMED);
    if (!hash256_equal(&code->key_hash, &work->request_hash))
        return refuse(work, HTTP_CONFLICT, CODE_CODE_USED);
    if (code->approval == APPROVAL_REFUSED)
        return refuse(work, HTTP_REFUSED, CODE_ENROLMENT_REFUSED);
    if (code->approval_ends_ms <= submission->received_ms)
        return refuse(work, HTTP_REFUSED, CODE_CODE_EXPIRED);
    if (code->approval == APPROVAL_WAITING)
        return refuse(work, HTTP_REFUSED, CODE_APPROVAL_AWAITED);
    work->device_name = code->name;
    return code->approval == APPROVAL_GIVEN ? enrol_with(submission, store, code) : enrol_again(submission, store, code);
}

static enum rond_err enrol_command(struct submission *submission, struct store *store) {
    struct work *work = submission->command_context;
    struct enrol_code code;
    enum rond_err err = store->registry->code_get(store, &work->secret_hash, &submission->arena, &code);
    if (err == ROND_ENOTFOUND)
        return refuse(work, HTTP_REFUSED, CODE_CODE_UNKNOWN);
    if (err != ROND_OK)
        return err;
    if (code.approval >= APPROVAL_WAITING)
        return enrol_waiting(submission, store, &code);
    if (code.expires_ms <= submission->received_ms || code.tries_left == 0)
        return refuse(work, code.used ? HTTP_CONFLICT : HTTP_REFUSED, code.used ? CODE_CODE_USED : CODE_CODE_EXPIRED);
    code.tries_left--;
    if ((err = store->registry->code_update(store, &code)) != ROND_OK)
        return err;
    if (work->request_spki.size == 0)
        return refuse(work, HTTP_MALFORMED, CODE_REQUEST_MALFORMED);
    return code.used ? enrol_again(submission, store, &code) : enrol_with(submission, store, &code);
}

// The key that asks was put or renewed at since_ms; its certificate ran out certificate_days later.
static enum rond_err renew_command(struct submission *submission, struct store *store) {
    struct work *work = submission->command_context;
    struct device_key signer, wanted;
    struct device_record device;
    enum rond_err err = store->registry->key_get(store, &work->signer_hash, &submission->arena, &signer);
    if (err == ROND_OK && !id128_equal(&signer.device, &submission->device))
        return refuse(work, HTTP_REFUSED, CODE_PROOF_INVALID);
    if (err == ROND_OK)
        err = store->registry->device_get(store, &submission->device, &submission->arena, &device);
    if (err == ROND_ENOTFOUND)
        return refuse(work, HTTP_REFUSED, CODE_DEVICE_UNKNOWN);
    if (err != ROND_OK)
        return err;
    if (device.status != DEVICE_ACTIVE)
        return refuse(work, HTTP_REFUSED, CODE_DEVICE_REVOKED);
    if (!signer.current)
        return refuse(work, HTTP_REFUSED, CODE_PROOF_INVALID);
    if (submission->received_ms > signer.since_ms + (work->config->certificate_days + work->config->grace_days) * day_ms)
        return refuse(work, HTTP_REFUSED, CODE_GRACE_OVER);
    err = store->registry->key_get(store, &work->request_hash, &submission->arena, &wanted);
    if (err == ROND_OK && !id128_equal(&wanted.device, &submission->device))
        return refuse(work, HTTP_CONFLICT, CODE_PROOF_INVALID);
    return err == ROND_OK || err == ROND_ENOTFOUND ? admit(submission, store, &device) : err;
}

// --- What the network calls ---

enum rond_err enrolment_receive(const struct enrolment_config *config, enum enrolment_kind kind, struct bytes body,
                                int64_t now_ms, struct submission **ret_submission) {
    struct submission *submission = submission_create(SUBMISSION_COMMAND, WORK_ARENA_BYTES_MAX);
    struct work *work = submission == NULL ? NULL : arena_alloc(&submission->arena, sizeof *work);
    if (work == NULL) {
        submission_destroy(submission);
        return ROND_ENOMEM;
    }
    work->config = config;
    work->kind = kind;
    submission->bytes = body.size;
    submission->received_ms = now_ms;
    submission->command = kind == ENROLMENT_ENROL ? enrol_command : renew_command;
    submission->command_context = work;
    enum rond_err err = ROND_OK;
    if (body.size == 0 || body.size > ENROL_BODY_BYTES_MAX)
        settle(work, HTTP_MALFORMED, CODE_REQUEST_MALFORMED);
    else
        err = kind == ENROLMENT_ENROL ? read_enrol(work, body, &submission->arena) : read_renew(work, body, submission);
    if (err != ROND_OK) {
        submission_destroy(submission);
        return err;
    }
    *ret_submission = submission;
    return ROND_OK;
}

bool enrolment_is_settled(const struct submission *submission) {
    const struct work *work = submission->command_context;
    return work->settled;
}

static enum rond_err message_append(const ProtobufCMessage *message, struct buffer *to) {
    size_t size = protobuf_c_message_get_packed_size(message);
    enum rond_err err = buffer_reserve(to, size);
    if (err == ROND_OK)
        to->size += protobuf_c_message_pack(message, to->data + to->size);
    return err;
}

static int answer_refusal(int http_status, unsigned code, struct buffer *to) {
    char sentence[FAULT_TEXT_SIZE];
    snprintf(sentence, sizeof sentence, "%s", wire_code_sentence(code));
    Rond__V1__EnrolRefusal refusal = ROND__V1__ENROL_REFUSAL__INIT;
    refusal.code = code;
    refusal.sentence = sentence;
    refusal.retry = wire_code_is_retryable(code);
    return message_append(&refusal.base, to) == ROND_OK ? http_status : HTTP_LATER;
}

static bool store_failed(const struct submission *submission) {
    const struct work *work = submission->command_context;
    return !work->settled && submission->err != ROND_OK;
}

unsigned enrolment_code(const struct submission *submission) {
    const struct work *work = submission->command_context;
    if (store_failed(submission))
        return submission->err == ROND_EAGAIN  ? CODE_BUSY // the signer's; the code's try is not spent
               : submission->err == ROND_EFULL ? CODE_STORE_FULL
                                               : CODE_STORE_FAILED;
    return work->response == NULL ? work->code : CODE_NONE;
}

int enrolment_answer(const struct submission *submission, struct buffer *to) {
    const struct work *work = submission->command_context;
    if (store_failed(submission))
        return answer_refusal(HTTP_LATER, enrolment_code(submission), to);
    if (work->response == NULL)
        return answer_refusal(work->http_status, work->code, to);
    return message_append(&work->response->base, to) == ROND_OK ? HTTP_OK : HTTP_LATER;
}

int enrolment_unavailable(unsigned code, struct buffer *to) {
    return answer_refusal(HTTP_LATER, code, to);
}

const struct id128 *enrolment_device(const struct submission *submission) {
    const struct work *work = submission->command_context;
    return !work->settled && submission->err == ROND_OK && work->response != NULL ? &submission->device : NULL;
}
