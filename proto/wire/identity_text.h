// The full identity of a report as text: DEVICE-OUTBOX-SEQ, two ids of 32 hexadecimal digits and a decimal number. Unlike
// the short reference it names one report among those of all devices, to be copied from one screen to another.
#ifndef WIRE_IDENTITY_TEXT_H
#define WIRE_IDENTITY_TEXT_H

#include "base/bytes.h"
#include "base/err.h"

enum { IDENTITY_TEXT_SIZE = 88 }; // with NUL

void identity_text_format(const struct id128 *device, const struct id128 *outbox, uint64_t seq,
                          char ret_text[IDENTITY_TEXT_SIZE]);
// True where the text can be meant as one, however mistyped; a short reference never is.
bool identity_text_is_meant(const char *text);
// ROND_EINVALID with a sentence where it is mistyped. Digits in any case.
MUST_CHECK enum rond_err identity_text_parse(const char *text, struct id128 *ret_device, struct id128 *ret_outbox,
                                             uint64_t *ret_seq, struct fault *fault);

#endif
