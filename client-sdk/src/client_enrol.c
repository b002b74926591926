#include <poll.h>
#include <string.h>

#include "base/check.h"
#include "base/sha256.h"
#include "client_internal.h"
#include "enrol_waiting.h"
#include "transport.h"
#include "wire/codes.h"
#include "wire/key_fingerprint.h"

// --- One HTTPS exchange, waited for ---

struct post {
    struct buffer body;
    int status;
    bool is_over;
    enum rond_err err;
    struct fault *fault;
};

static void post_answered(void *context, int status, struct bytes body) {
    struct post *post = context;
    post->status = status;
    buffer_clear(&post->body);
    if (buffer_append(&post->body, body) != ROND_OK)
        post->status = 0;
}

static void post_ended(void *context, enum rond_err err, const struct fault *fault) {
    struct post *post = context;
    post->is_over = true;
    post->err = err;
    if (err != ROND_OK && fault != NULL && post->fault != NULL)
        *post->fault = *fault;
}

static void post_wait(rond *r, struct transport *transport, struct post *post, int64_t deadline_ms) {
    while (!post->is_over) {
        int64_t left_ms = deadline_ms - clock_monotonic_ms(r->clock);
        if (left_ms <= 0) {
            post->is_over = true;
            post->err = fault_set(post->fault, ROND_EAGAIN, 0, "", "The server did not answer in time; try again.");
            return;
        }
        int timeout_ms = transport_timeout_ms(transport);
        if (timeout_ms < 0 || timeout_ms > left_ms)
            timeout_ms = left_ms < INT32_MAX ? (int)left_ms : INT32_MAX;
        struct pollfd wait = {.fd = transport_descriptor(transport), .events = POLLIN};
        (void)poll(&wait, 1, timeout_ms);
        transport_step(transport);
    }
}

static enum rond_err post_run(rond *r, const char *url, const char *path, const struct transport_tls *tls,
                              struct bytes request, int deadline_ms, struct post *post) {
    const struct transport_events events = {.context = post, .answered = post_answered, .ended = post_ended};
    struct transport *transport;
    enum rond_err err = transport_create(&events, r->name_servers, &transport);
    if (err != ROND_OK)
        return err;
    int64_t until_ms = clock_monotonic_ms(r->clock) + deadline_ms;
    err = transport_post(transport, url, path, tls, request, deadline_ms, post->fault);
    if (err == ROND_OK) {
        post_wait(r, transport, post, until_ms);
        err = post->status != 0 ? ROND_OK : post->err != ROND_OK ? post->err : ROND_EIO;
    }
    transport_destroy(transport);
    return err;
}

// --- Enrolment ---

static enum rond_err answer_keep(rond *r, const char *url, int status, struct bytes body, struct fault *fault) {
    enum rond_err err = enrol_answer_store(r->outbox, url, status, body, fault);
    if (err == ROND_OK)
        err = client_enrolment_reload(r);
    return err != ROND_OK ? err : client_time_heard(r, r->enrolment.answered_ms);
}

_Static_assert((int)ROND_CODE_APPROVAL_AWAITED == (int)CODE_APPROVAL_AWAITED, "an app knows it by the same number");

// Once, with the code of a person or with the one that is kept while the device waits.
static enum rond_err enrol_once(rond *r, const struct enrol_waiting *asked, int deadline_ms, struct fault *fault) {
    struct buffer request;
    struct post post = {.fault = fault};
    buffer_init(&request, ENROL_BODY_BYTES_MAX);
    buffer_init(&post.body, DECODE_ARENA_BYTES_MAX);
    struct transport_tls tls = {.ca_fingerprint = asked->code.ca_fingerprint};
    enum rond_err err = enrol_request_make(r->keystore, r->rng, &asked->code, asked->name, &request);
    if (err == ROND_EINVALID)
        err = fault_set(fault, err, 0, "device_name", "The device's name is too long or not UTF-8.");
    if (err == ROND_OK)
        err = post_run(r, asked->url, "/v1/enrol", &tls, buffer_bytes(&request), deadline_ms, &post);
    if (err == ROND_OK)
        err = answer_keep(r, asked->url, post.status, buffer_bytes(&post.body), fault);
    if (request.data != NULL)
        bytes_wipe(request.data, request.capacity);
    buffer_deinit(&request);
    buffer_deinit(&post.body);
    return err;
}

// What the answer means for asking again: it has to, it is done, or it would be in vain. Any other failure changes nothing.
static enum rond_err waiting_settle(rond *r, const struct enrol_waiting *asked, bool is_kept, enum rond_err err,
                                    struct fault *fault) {
    static const unsigned OVER[] = {CODE_CODE_UNKNOWN,  CODE_CODE_EXPIRED,      CODE_CODE_USED,
                                    CODE_PROOF_INVALID, CODE_ENROLMENT_REFUSED, CODE_DEVICE_REVOKED};
    bool is_over = err == ROND_OK;
    for (size_t i = 0; i < ARRAY_COUNT(OVER); i++)
        is_over |= is_kept && err == ROND_EAUTH && fault->code == OVER[i];
    bool waits = err == ROND_EAGAIN && fault->code == CODE_APPROVAL_AWAITED;
    enum rond_err kept = is_over             ? enrol_waiting_end(r->outbox)
                         : waits && !is_kept ? enrol_waiting_put(r->outbox, asked)
                                             : ROND_OK;
    return kept == ROND_OK ? err
                           : fault_set(fault, kept, 0, NULL, "That it waits could not be saved on this device (%s).",
                                       rond_err_name(kept));
}

static enum rond_err enrol(rond *r, const char *url, const char *code, const char *device_name, int deadline_ms,
                           struct fault *fault) {
    struct enrol_waiting asked = {.url = url, .name = device_name != NULL ? device_name : ""};
    enum rond_err err = enrol_code_parse(code, &asked.code, fault);
    if (err == ROND_OK)
        err = waiting_settle(r, &asked, false, enrol_once(r, &asked, deadline_ms, fault), fault);
    bytes_wipe(&asked.code, sizeof asked.code);
    return err;
}

// One that cannot be read is none: the person has the code once more.
static enum rond_err waiting_get(rond *r, struct arena *arena, struct enrol_waiting *ret_waiting) {
    enum rond_err err = enrol_waiting_get(r->outbox, arena, ret_waiting);
    return err == ROND_ECORRUPT ? ROND_ENOTFOUND : err;
}

static enum rond_err enrol_resume(rond *r, int deadline_ms, struct fault *fault) {
    struct arena arena;
    struct enrol_waiting asked;
    arena_init(&arena, RECORD_ARENA_BYTES_MAX);
    enum rond_err err = waiting_get(r, &arena, &asked);
    if (err == ROND_OK)
        err = waiting_settle(r, &asked, true, enrol_once(r, &asked, deadline_ms, fault), fault);
    else if (err == ROND_ENOTFOUND)
        (void)fault_set(fault, err, 0, NULL, "This device does not wait for approval; ask for an enrolment code.");
    arena_deinit(&arena);
    bytes_wipe(&asked, sizeof asked);
    return err;
}

enum rond_err rond_enrol_resume(rond *r, int deadline_ms, rond_fault *ret_fault) {
    struct fault fault = {0};
    if (r->sync != NULL)
        return client_fault(ROND_ECONFLICT, NULL, ret_fault);
    return client_fault(enrol_resume(r, deadline_ms, &fault), &fault, ret_fault);
}

enum rond_err rond_enrol_waits(rond *r, bool *ret_waits) {
    struct arena arena;
    struct enrol_waiting waiting;
    arena_init(&arena, RECORD_ARENA_BYTES_MAX);
    enum rond_err err = waiting_get(r, &arena, &waiting);
    arena_deinit(&arena);
    bytes_wipe(&waiting, sizeof waiting);
    if (err == ROND_OK || err == ROND_ENOTFOUND)
        *ret_waits = err == ROND_OK;
    return err == ROND_ENOTFOUND ? ROND_OK : err;
}

enum rond_err rond_enrol(rond *r, const char *url, const char *code, const char *device_name, int deadline_ms,
                         rond_fault *ret_fault) {
    struct fault fault = {0};
    if (r->sync != NULL)
        return client_fault(ROND_ECONFLICT, NULL, ret_fault);
    return client_fault(enrol(r, url, code, device_name, deadline_ms, &fault), &fault, ret_fault);
}

// --- Renewal ---

bool client_renewal_is_due(const rond *r) {
    const struct enrolment *enrolment = &r->enrolment;
    int64_t half_ms = enrolment->not_before_ms + (enrolment->not_after_ms - enrolment->not_before_ms) / 2;
    return client_time_ms(r) >= half_ms;
}

// A server that moved says so in its list of servers; the address of the enrolment is the old one's then.
enum rond_err client_renewal_urls(rond *r, struct arena *arena, const char ***ret_urls, size_t *ret_count) {
    Rond__V1__ReferenceEntry **lists;
    size_t lists_count, count = 0;
    const char **urls = arena_array(arena, SERVERS_MAX + 1, sizeof *urls);
    if (urls == NULL)
        return ROND_ENOMEM;
    enum rond_err err =
        outbox_reference_list(r->outbox, ROND__V1__REFERENCE_ENTRY__BODY_SERVER_LIST, arena, &lists, &lists_count);
    if (err != ROND_OK)
        return err;
    for (size_t i = 0; i < lists_count; i++)
        for (size_t k = 0; k < lists[i]->server_list->n_renewals && count < SERVERS_MAX; k++)
            if (strcmp(lists[i]->server_list->renewals[k], r->enrolment.enrol_url) != 0)
                urls[count++] = lists[i]->server_list->renewals[k];
    urls[count] = arena_text(arena, r->enrolment.enrol_url); // the enrolment is read anew before this one is done with
    if (urls[count++] == NULL)
        return ROND_ENOMEM;
    *ret_urls = urls;
    *ret_count = count;
    return ROND_OK;
}

enum rond_err client_answer_keep_renewed(rond *r, const char *url, int status, struct bytes body, struct fault *fault) {
    return answer_keep(r, url, status, body, fault);
}

static enum rond_err renew_at(rond *r, const char *url, int deadline_ms, struct fault *fault) {
    struct buffer request;
    struct post post = {.fault = fault};
    buffer_init(&request, ENROL_BODY_BYTES_MAX);
    buffer_init(&post.body, DECODE_ARENA_BYTES_MAX);
    const struct transport_tls tls = {
        .anchors = r->enrolment.anchors, .anchors_count = r->enrolment.anchors_count, .now_ms = client_time_ms(r)};
    enum rond_err err = renew_request_make(r->keystore, r->rng, r->clock, &r->enrolment, &request);
    if (err == ROND_OK)
        err = post_run(r, url, "/v1/renew", &tls, buffer_bytes(&request), deadline_ms, &post);
    if (err == ROND_OK)
        err = client_answer_keep_renewed(r, url, post.status, buffer_bytes(&post.body), fault);
    buffer_deinit(&request);
    buffer_deinit(&post.body);
    return err;
}

// Within the deadline: one that cannot be reached leaves what is left of it to the next.
static enum rond_err renew(rond *r, int deadline_ms, struct fault *fault) {
    struct arena arena;
    const char **urls;
    size_t count = 0;
    int64_t until_ms = clock_monotonic_ms(r->clock) + deadline_ms;
    arena_init(&arena, DECODE_ARENA_BYTES_MAX);
    enum rond_err err = client_renewal_urls(r, &arena, &urls, &count);
    for (size_t i = 0; i < count; i++) {
        int64_t left_ms = until_ms - clock_monotonic_ms(r->clock);
        err = renew_at(r, urls[i], left_ms > 0 ? (int)left_ms : 0, fault);
        if (err != ROND_EIO)
            break;
    }
    arena_deinit(&arena);
    return err;
}

enum rond_err rond_renew(rond *r, bool force, int deadline_ms, rond_fault *ret_fault) {
    struct fault fault = {0};
    if (r->sync != NULL)
        return client_fault(ROND_ECONFLICT, NULL, ret_fault);
    enum rond_err err = client_must_be_enrolled(r, &fault);
    if (err == ROND_OK && (force || client_renewal_is_due(r)))
        err = renew(r, deadline_ms, &fault);
    return client_fault(err, &fault, ret_fault);
}

// --- What is known of it ---

_Static_assert((int)ROND_FINGERPRINT_SIZE == (int)KEY_FINGERPRINT_SIZE, "a fingerprint must fit what the app sees");

enum rond_err rond_fingerprint_get(rond *r, char ret_fingerprint[ROND_FINGERPRINT_SIZE]) {
    struct bytes spki;
    struct hash256 hash;
    enum rond_err err = keystore_spki(r->keystore, &spki);
    if (err != ROND_OK)
        return err;
    sha256_of(spki, &hash);
    key_fingerprint_format(&hash, ret_fingerprint);
    return ROND_OK;
}

static const char *const *texts_copy(struct arena *arena, const char *const *texts, size_t count) {
    const char **copy = arena_array(arena, count, sizeof *copy);
    for (size_t i = 0; copy != NULL && i < count; i++) {
        copy[i] = arena_text(arena, texts[i]);
        if (copy[i] == NULL)
            return NULL;
    }
    return copy;
}

enum rond_err rond_enrolment_get(rond *r, rond_enrolment **ret_enrolment) {
    if (!r->is_enrolled)
        return ROND_ENOTFOUND;
    rond_enrolment *copy = object_create(sizeof *copy);
    if (copy == NULL)
        return ROND_ENOMEM;
    struct arena *arena = object_arena(copy);
    const struct enrolment *enrolment = &r->enrolment;
    hex_encode(bytes_of(enrolment->device.b, ID_SIZE), copy->device);
    copy->organisation = arena_text(arena, enrolment->organisation);
    copy->area = arena_text(arena, enrolment->area);
    copy->roles = texts_copy(arena, enrolment->roles, enrolment->roles_count);
    copy->roles_count = enrolment->roles_count;
    copy->servers = texts_copy(arena, enrolment->servers, enrolment->servers_count);
    copy->servers_count = enrolment->servers_count;
    copy->certificate_expires_ms = enrolment->not_after_ms;
    if (copy->organisation == NULL || copy->area == NULL || copy->roles == NULL || copy->servers == NULL) {
        object_destroy(copy);
        return ROND_ENOMEM;
    }
    *ret_enrolment = copy;
    return ROND_OK;
}

void rond_enrolment_free(rond_enrolment *enrolment) {
    object_destroy(enrolment);
}
