// What came of an enrolment, kept in one sealed setting so that a crash leaves the old one or the new one whole:
//   be32(size of the URL) || URL || EnrolResponse, as the server sent it
#include <openssl/x509.h>
#include <string.h>
#include <time.h>

#include "base/openssl_err.h"
#include "enrol.h"
#include "rond/v1/enrol.pb-c.h"
#include "wire/codes.h"
#include "wire/limits.h"

enum { ANSWER_BYTES_MAX = 64 * 1024, ANSWER_ARENA_BYTES_MAX = 256 * 1024, URL_BYTES_MAX = 512 };
static const char setting[] = "enrolment.current";

// --- Certificates ---

static X509 *certificate_decode(struct bytes der) {
    const unsigned char *at = der.data;
    return der.size == 0 ? NULL : d2i_X509(NULL, &at, (long)der.size);
}

static bool time_of(const ASN1_TIME *time, int64_t *ret_ms) {
    struct tm parts;
    if (ASN1_TIME_to_tm(time, &parts) != 1)
        return false;
    *ret_ms = (int64_t)timegm(&parts) * 1000;
    return true;
}

static bool is_issued_by(X509 *certificate, struct bytes anchor_der) {
    X509 *anchor = certificate_decode(anchor_der);
    bool issued = anchor != NULL && X509_verify(certificate, X509_get0_pubkey(anchor)) == 1;
    X509_free(anchor);
    return issued;
}

// ROND_EPROTOCOL: it is none, or of another CA.
static enum rond_err certificate_check(struct enrolment *enrolment) {
    X509 *certificate = certificate_decode(enrolment->certificate);
    bool fits = certificate != NULL && time_of(X509_get0_notBefore(certificate), &enrolment->not_before_ms) &&
                time_of(X509_get0_notAfter(certificate), &enrolment->not_after_ms);
    bool issued = false;
    for (size_t i = 0; fits && i < enrolment->anchors_count; i++)
        issued |= is_issued_by(certificate, enrolment->anchors[i]);
    X509_free(certificate);
    enum rond_err err = openssl_err(ROND_EPROTOCOL);
    return fits && issued ? ROND_OK : err;
}

// --- The answer as an enrolment; everything in it is checked, since it decides whom the device trusts ---

static bool id_is_valid(const char *id) {
    size_t size = strlen(id);
    return size > 0 && size <= REFERENCE_ID_BYTES_MAX && utf8_is_valid(bytes_of(id, size));
}

static bool lists_fit(const Rond__V1__EnrolResponse *answer) {
    bool fits = answer->n_roles > 0 && answer->n_roles <= DEVICE_ROLES_MAX && answer->n_anchors > 0 &&
                answer->n_anchors <= TRUST_ANCHORS_MAX && answer->n_servers > 0 && answer->n_servers <= SERVERS_MAX;
    for (size_t i = 0; fits && i < answer->n_roles; i++)
        fits = id_is_valid(answer->roles[i]);
    for (size_t i = 0; fits && i < answer->n_servers; i++)
        fits = strncmp(answer->servers[i], "wss://", 6) == 0 && strlen(answer->servers[i]) <= URL_BYTES_MAX &&
               utf8_is_valid(bytes_of_text(answer->servers[i]));
    return fits;
}

static enum rond_err answer_decode(struct bytes body, struct arena *arena, struct enrolment *ret_enrolment) {
    const Rond__V1__EnrolResponse *answer =
        body.size > ANSWER_BYTES_MAX ? NULL : rond__v1__enrol_response__unpack(&arena->pb, body.size, body.data);
    struct enrolment enrolment = {0};
    if (answer == NULL || !id128_from_bytes(bytes_of(answer->device.data, answer->device.len), &enrolment.device) ||
        !id_is_valid(answer->organisation) || !id_is_valid(answer->area) || !lists_fit(answer))
        return arena_err(arena, ROND_EPROTOCOL);
    struct bytes *anchors = arena_array(arena, answer->n_anchors, sizeof *anchors);
    if (anchors == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < answer->n_anchors; i++)
        anchors[i] = bytes_of(answer->anchors[i].data, answer->anchors[i].len);
    enrolment.organisation = answer->organisation;
    enrolment.area = answer->area;
    enrolment.roles = (const char *const *)answer->roles;
    enrolment.roles_count = answer->n_roles;
    enrolment.certificate = bytes_of(answer->certificate.data, answer->certificate.len);
    enrolment.anchors = anchors;
    enrolment.anchors_count = answer->n_anchors;
    enrolment.servers = (const char *const *)answer->servers;
    enrolment.servers_count = answer->n_servers;
    enrolment.answered_ms = answer->server_ms;
    enum rond_err err = certificate_check(&enrolment);
    if (err == ROND_OK)
        *ret_enrolment = enrolment;
    return err;
}

static enum rond_err enrolment_decode(struct bytes stored, struct arena *arena, struct enrolment *ret_enrolment) {
    if (stored.size < 4 || get_be32(stored.data) > URL_BYTES_MAX || get_be32(stored.data) > stored.size - 4)
        return ROND_ECORRUPT;
    size_t url_size = get_be32(stored.data);
    char *url = arena_alloc(arena, url_size + 1);
    if (url == NULL)
        return ROND_ENOMEM;
    memcpy(url, stored.data + 4, url_size);
    struct enrolment enrolment;
    enum rond_err err = answer_decode(bytes_of(stored.data + 4 + url_size, stored.size - 4 - url_size), arena, &enrolment);
    if (err != ROND_OK)
        return err == ROND_EPROTOCOL ? ROND_ECORRUPT : err;
    enrolment.enrol_url = url;
    *ret_enrolment = enrolment;
    return ROND_OK;
}

enum rond_err enrolment_load(struct outbox *outbox, struct arena *arena, struct enrolment *ret_enrolment) {
    struct bytes stored;
    enum rond_err err = outbox_setting_get(outbox, setting, arena, &stored);
    return err == ROND_OK ? enrolment_decode(stored, arena, ret_enrolment) : err;
}

// --- Storing an answer ---

static enum rond_err refusal(int http_status, struct bytes body, struct arena *arena, struct fault *fault) {
    const Rond__V1__EnrolRefusal *message =
        body.size > ANSWER_BYTES_MAX ? NULL : rond__v1__enrol_refusal__unpack(&arena->pb, body.size, body.data);
    if (arena->is_starved)
        return ROND_ENOMEM;
    if (message == NULL || message->code == 0) {
        bool later = http_status >= 500 || http_status == 429;
        return fault_set(fault, later ? ROND_EAGAIN : ROND_EAUTH, 0, NULL,
                         "The server answered %d instead of enrolling; %s.", http_status,
                         later ? "try again later" : "check the address");
    }
    bool readable = message->sentence[0] != '\0' && utf8_is_valid(bytes_of_text(message->sentence));
    return fault_set(fault, message->retry ? ROND_EAGAIN : ROND_EAUTH, message->code, NULL, "%s",
                     readable ? message->sentence : wire_code_sentence(message->code));
}

static enum rond_err store(struct outbox *outbox, const char *url, struct bytes body, bool anew) {
    uint8_t size[4];
    struct buffer value;
    put_be32(size, (uint32_t)strlen(url));
    buffer_init(&value, sizeof size + URL_BYTES_MAX + ANSWER_BYTES_MAX);
    enum rond_err err = buffer_append(&value, bytes_of(size, sizeof size));
    if (err == ROND_OK)
        err = buffer_append(&value, bytes_of_text(url));
    if (err == ROND_OK)
        err = buffer_append(&value, body);
    if (err == ROND_OK)
        err = anew ? outbox_fork_with(outbox, setting, buffer_bytes(&value))
                   : outbox_enrolment_put(outbox, setting, buffer_bytes(&value));
    buffer_deinit(&value);
    return err;
}

// What was queued bears the device's id: under another one it begins anew. Where it is not known any more under which id it
// was queued, it is enough that a server has seen of it.
static enum rond_err begins_anew(struct outbox *outbox, const struct enrolment *now, struct arena *arena, bool *ret_anew) {
    struct enrolment before;
    struct device_outbox_state state;
    struct device_server_state server;
    outbox_state(outbox, &state);
    outbox_server(outbox, &server);
    enum rond_err err = enrolment_load(outbox, arena, &before);
    bool is_known = err == ROND_OK, is_other = is_known && !id128_equal(&before.device, &now->device);
    if (!is_known && err != ROND_ENOTFOUND && err != ROND_ECORRUPT)
        return err;
    *ret_anew = state.last_seq > 0 && (is_known ? is_other : !id128_is_zero(&server.store_id));
    return ROND_OK;
}

enum rond_err enrol_answer_store(struct outbox *outbox, const char *enrol_url, int http_status, struct bytes body,
                                 struct fault *fault) {
    if (strlen(enrol_url) > URL_BYTES_MAX)
        return fault_set(fault, ROND_EINVALID, 0, "url", "The address is too long.");
    struct arena arena;
    struct enrolment enrolment;
    bool anew = false;
    arena_init(&arena, 2 * ANSWER_ARENA_BYTES_MAX);
    enum rond_err err =
        http_status == 200 ? answer_decode(body, &arena, &enrolment) : refusal(http_status, body, &arena, fault);
    if (http_status == 200 && err == ROND_EPROTOCOL)
        err = fault_set(fault, err, 0, NULL, "The server's answer to the enrolment cannot be used; update the app.");
    if (err == ROND_OK)
        err = begins_anew(outbox, &enrolment, &arena, &anew);
    if (err == ROND_OK && (err = store(outbox, enrol_url, body, anew)) != ROND_OK)
        fault_set(fault, err, 0, NULL, "The enrolment could not be saved on this device (%s).", rond_err_name(err));
    arena_deinit(&arena);
    return err;
}
