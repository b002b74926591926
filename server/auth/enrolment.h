// Enrolment and renewal, server side: from the body of POST /v1/enrol or /v1/renew to a command for the committer, and
// from its outcome to the answer's body. The network passes bytes and gets bytes:
//
//   enrolment_receive(kind, body) -> submission --(unless enrolment_is_settled)--> committer --done--> enrolment_answer
//
// What costs time (reading the request, checking its signatures) happens in enrolment_receive, before the committer;
// the look-ups, the certificate and the rows happen in the transaction. The certificate leaves with the answer after
// the commit, so that a certificate whose device is not stored never leaves the house.
//
// Where a second person has to approve (a code says so, or the configuration of all), the key that asks is kept at its code and
// waits (307). Asked again after the approval, the same key becomes the device; until then there is none. admin/approval.c
// decides.
//
// One body, one submission, one answer. A device that lost the answer asks again with the same code and the same key
// and gets another certificate; with any other key the code is used up.
#ifndef AUTH_ENROLMENT_H
#define AUTH_ENROLMENT_H

#include "auth/ca.h"
#include "ingest/submission.h"

struct enrolment_config {
    const struct ca *ca;
    const struct rng *rng;      // used on the network and on the committer thread
    int certificate_days;       // CERTIFICATE_DAYS unless set otherwise
    int grace_days;             // so long after it ran out a certificate is renewed; RENEWAL_GRACE_DAYS unless set otherwise
    bool wants_approval;        // of a second person, whatever the code says
    int approval_hours;         // APPROVAL_HOURS unless set otherwise
    const char *const *servers; // wss://HOST:PORT, best first
    size_t servers_count;
};
enum enrolment_kind { ENROLMENT_ENROL, ENROLMENT_RENEW };

// config is borrowed until the submission is destroyed. now_ms becomes received_ms; `session` and `done` are the
// caller's to fill. ROND_ENOMEM: answer with enrolment_unavailable.
MUST_CHECK enum rond_err enrolment_receive(const struct enrolment_config *config, enum enrolment_kind kind,
                                           struct bytes body, int64_t now_ms, struct submission **ret_submission);
// True where the body alone was reason to refuse: answer at once, nothing is to be committed.
bool enrolment_is_settled(const struct submission *submission);
// The answer's body (application/x-protobuf: EnrolResponse with status 200, else EnrolRefusal) appended; returns the
// HTTP status: 200, 400, 403, 409 or 503. After the commit, or at once where settled.
int enrolment_answer(const struct submission *submission, struct buffer *to);
// Of the refusal that enrolment_answer gives; CODE_NONE: none.
unsigned enrolment_code(const struct submission *submission);
// An answer where nothing was received or handed on: 503 and an EnrolRefusal with this code, which is one to come again with
// (CODE_BUSY, CODE_DRAINING). An empty body without memory.
int enrolment_unavailable(unsigned code, struct buffer *to);
// After status 200: the device that is active now (it may have been revoked before). NULL otherwise.
const struct id128 *enrolment_device(const struct submission *submission);

#endif
