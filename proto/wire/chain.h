// The salted hash chain of one outbox.
//
//   ratchet(1) = seed (32 random bytes, made with the outbox, sent once with the first batch)
//   salt(n)    = first 16 bytes of SHA-256("rond salt v1"    || ratchet(n))
//   ratchet(n+1) =                  SHA-256("rond ratchet v1" || ratchet(n))
//   leaf(n)    = SHA-256("rond leaf v1" || salt(n) || be32(size) || report bytes || [ 0x01 || outbox || be64(seq) ])
//                the bracket only where the record was queued before under another identity (formerly)
//   head(0)    = 32 zero bytes
//   head(n)    = SHA-256("rond head v1" || head(n-1) || be64(n) || leaf(n))
//   head(last) = SHA-256("rond lost v1" || head(first-1) || be64(first) || be64(last) || be32(reason) || mark)
//                where first..last were declared lost; mark = SHA-256("rond mark v1" || ratchet(last+1))
//
// The salt keeps a leaf from being guessed back to a report once its body and salt are erased; the ratchet goes
// forward only, so that whoever keeps the newest state cannot make the erased salts again. For the same reason what is kept
// of a declared loss is the mark, from which no ratchet can be made. Labels carry no NUL.
#ifndef WIRE_CHAIN_H
#define WIRE_CHAIN_H

#include "base/bytes.h"
#include "wire/codec.h"

enum { SALT_SIZE = 16 };
struct salt {
    uint8_t b[SALT_SIZE];
};

// Where a chain stands after seq reports. Plain value; copy to try something out.
struct chain {
    uint64_t seq;
    struct hash256 head;
    struct hash256 ratchet; // for seq + 1
};

void chain_init(struct chain *chain, const struct hash256 *seed);
// The leaf under a known salt: comparison with what is stored, verification.
void chain_leaf(const struct salt *salt, const struct record *record, struct hash256 *ret_leaf);
// Adds one report as seq + 1. ret_salt and ret_leaf may be NULL.
void chain_append(struct chain *chain, const struct record *record, struct salt *ret_salt, struct hash256 *ret_leaf);
// Adds a leaf made elsewhere (verification of erased reports); the ratchet is left as it is.
void chain_append_leaf(struct chain *chain, const struct hash256 *leaf);
void chain_lost_mark(const struct hash256 *ratchet_after, struct hash256 *ret_mark);
// Passes seq+1 .. last, declared lost.
void chain_lose(struct chain *chain, uint64_t last, uint32_t reason, const struct hash256 *ratchet_after);
// The same from the mark alone (verification); the ratchet is left as it is.
void chain_lose_marked(struct chain *chain, uint64_t last, uint32_t reason, const struct hash256 *mark);

#endif
