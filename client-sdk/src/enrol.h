// Enrolment and renewal of a device: what is in a code, what is sent, what is kept. The HTTPS exchange itself is
// transport.h's.
//
// Code: Crockford base32 in groups of 5, "RXXXX-XXXXX-...": version (1 byte, 0x01), secret (16 bytes), the first 16 bytes
// of SHA-256 over the CA's SubjectPublicKeyInfo, checksum (first 2 bytes of SHA-256 over what is before).
// server/auth/code.h makes them.
#ifndef CLIENT_ENROL_H
#define CLIENT_ENROL_H

#include "base/arena.h"
#include "keystore.h"
#include "outbox.h"

enum { CA_FINGERPRINT_SIZE = 16 };
struct enrol_code_parts {
    uint8_t secret[16];
    uint8_t ca_fingerprint[CA_FINGERPRINT_SIZE];
};
// ROND_EINVALID with a sentence where it is mistyped. Case, dashes and spaces do not matter.
MUST_CHECK enum rond_err enrol_code_parse(const char *code, struct enrol_code_parts *ret_parts, struct fault *fault);

// What a device knows of its enrolment; stored sealed in the outbox file (settings "enrolment.*").
struct enrolment {
    struct id128 device;
    const char *organisation;
    const char *area;
    const char *const *roles;
    size_t roles_count;
    struct bytes certificate;      // DER
    const struct bytes *anchors;   // DER
    size_t anchors_count;
    const char *const *servers;    // wss://HOST:PORT
    size_t servers_count;
    const char *enrol_url;         // https://HOST:PORT, for renewal
    int64_t not_before_ms;         // of the certificate
    int64_t not_after_ms;
    int64_t answered_ms;           // by the server's clock
};
MUST_CHECK enum rond_err enrolment_load(struct outbox *outbox, struct arena *arena, struct enrolment *ret_enrolment); // ROND_ENOTFOUND

// Request bodies, and storing the answer. Answers that are a refusal fill fault with its code and sentence (ROND_EAUTH
// or, where it may be retried, ROND_EAGAIN).
MUST_CHECK enum rond_err enrol_request_make(struct keystore *keystore, const struct rng *rng, const struct enrol_code_parts *code,
                                            const char *device_name, struct buffer *to);
MUST_CHECK enum rond_err renew_request_make(struct keystore *keystore, const struct rng *rng, const struct clock *clock,
                                            const struct enrolment *enrolment, struct buffer *to);
MUST_CHECK enum rond_err enrol_answer_store(struct outbox *outbox, const char *enrol_url, int http_status, struct bytes body,
                                            struct fault *fault);

#endif
