// The short reference of a report, to be read out and typed: OOOOOO-SSSS-C.
//
// OOOOOO: the first 30 bits of SHA-256("rond reference v1" || device || outbox) in Crockford base32; SSSS: seq in
// Crockford base32, at least 2 characters; C: a check character (sum of 5-bit values x (index + 1), modulo 31, over both parts).
// Typed in any case, O for 0, I and L for 1, with or without dashes. Several outboxes may share a prefix
// (1 in 10^9 pairs): look-ups return all that fit.
#ifndef WIRE_SHORT_REFERENCE_H
#define WIRE_SHORT_REFERENCE_H

#include "base/bytes.h"
#include "base/err.h"

enum { SHORT_REFERENCE_SIZE = 24 }; // with NUL

uint32_t short_reference_prefix(const struct id128 *device, const struct id128 *outbox); // 30 bits
void short_reference_format(const struct id128 *device, const struct id128 *outbox, uint64_t seq,
                            char ret_text[SHORT_REFERENCE_SIZE]);
// ROND_EINVALID with a sentence where it is mistyped.
MUST_CHECK enum rond_err short_reference_parse(const char *text, uint32_t *ret_prefix, uint64_t *ret_seq, struct fault *fault);

#endif
