// How the people's listener refuses: a status, a stable code (docs/protocol.md), and a sentence that says what to do and
// tells nothing to whoever should not know. Answers are problem details, RFC 9457.
#ifndef PEOPLE_REFUSAL_H
#define PEOPLE_REFUSAL_H

#include "base/buffer.h"

enum people_refusal {
    REFUSAL_NONE,
    REFUSAL_REQUEST_INVALID,
    REFUSAL_NOT_LOGGED_IN,
    REFUSAL_LOGIN,
    REFUSAL_SETUP,
    REFUSAL_PASSWORD,
    REFUSAL_ORIGIN,
    REFUSAL_CSRF,
    REFUSAL_PROXY_HEADER,
    REFUSAL_NOT_PERMITTED,
    REFUSAL_NOT_FOUND,
    REFUSAL_METHOD,
    REFUSAL_TOO_LARGE,
    REFUSAL_ADDRESS,
    REFUSAL_CONFLICT,
    REFUSAL_VERSION,
    REFUSAL_ARGUMENT,
    REFUSAL_REASON,
    REFUSAL_TOO_MANY,
    REFUSAL_BUSY,
    REFUSAL_FAILED,
    PEOPLE_REFUSALS,
};

unsigned people_refusal_status(enum people_refusal refusal);
const char *people_refusal_code(enum people_refusal refusal); // "not_logged_in"
const char *people_refusal_sentence(enum people_refusal refusal);
const char *people_refusal_sentence_swedish(enum people_refusal refusal);
// What an error of the committer or of a reader is to the person.
enum people_refusal people_refusal_of(enum rond_err err);
// {"type":"about:blank","title":...,"title_sv":...,"status":...,"code":...,"detail":...,"detail_sv":...,"field":...}; why
// may be NULL, and each of its texts empty: then the details are the titles.
MUST_CHECK enum rond_err people_refusal_write(enum people_refusal refusal, const struct fault *why, struct buffer *to);

#endif
