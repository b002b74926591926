// The keys that TLS tickets are sealed with: one that seals, and for a while the one before it, which still opens. They are
// turned by the clock, so that whoever takes them can open what was recorded within hours and resume nobody's session after
// that; and kept in a file, so that devices resume theirs after a restart.
//
//   made ── seals TICKET_KEY_MS ── opens TICKET_LIFE_S more ── gone
//
// All on the network thread.
#ifndef NET_TICKET_KEYS_H
#define NET_TICKET_KEYS_H

#include <openssl/ssl.h>

#include "base/bytes.h"
#include "base/rng.h"

enum { TICKET_LIFE_S = 2 * 60 * 60, TICKET_KEY_MS = 12 * 60 * 60 * 1000, TICKET_KEYS_SIZE = 2 * 88 };

struct ticket_key {
    uint8_t name[16], mac[32], cipher[32]; // HMAC-SHA-256, AES-256-CBC
    int64_t made_ms;                       // wall clock; 0: there is none
};
struct ticket_keys {
    struct ticket_key now, before;
};

// As they are kept. False where they are none.
bool ticket_keys_read(struct ticket_keys *keys, struct bytes kept);
void ticket_keys_write(const struct ticket_keys *keys, uint8_t ret_kept[TICKET_KEYS_SIZE]);
// What is due is made anew or dropped; none were there: made. True where they changed, so that they are to be kept anew.
bool ticket_keys_turn(struct ticket_keys *keys, const struct rng *rng, int64_t now_ms);
// Tickets of this context are theirs, as they are at the time; they outlive it.
void ticket_keys_use(const struct ticket_keys *keys, SSL_CTX *context);

#endif
