// The second factor: time-based one-time passwords, RFC 6238 with SHA-1, six digits and steps of 30 seconds, as every
// authenticator app has them. Pure: time comes in.
#ifndef AUTH_TOTP_H
#define AUTH_TOTP_H

#include "base/bytes.h"
#include "base/err.h"

enum {
    TOTP_SECRET_SIZE = 20,
    TOTP_SECRET_TEXT_SIZE = 33, // base32
    TOTP_STEP_S = 30,
    TOTP_SKEW_STEPS = 1, // either way
    TOTP_DIGITS = 6,
};

// The number shown in one step; below 1,000,000.
uint32_t totp_code(struct bytes secret, uint64_t step);
// True where the text is the code of now, of the step before or of that behind, and of a step after the one accepted last:
// none is ever accepted twice. ret_step: which it is of.
bool totp_accept(struct bytes secret, const char *text, int64_t now_s, uint64_t last_step, uint64_t *ret_step);
// As a person types it into the app.
void totp_secret_text(const uint8_t secret[TOTP_SECRET_SIZE], char ret_text[TOTP_SECRET_TEXT_SIZE]);

// Base32 of RFC 4648 in capitals; size must be a multiple of five. ret_text: 8 * size / 5 + 1.
void totp_base32(struct bytes from, char *ret_text);

#endif
