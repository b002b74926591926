// A receipt: the server's signature under what it has of one outbox, so that nobody who can change the store can take
// away, alter or add a report there unnoticed. The device keeps the newest (client-sdk/src/outbox_receipts.c).
//
//   receipt statement: "rond receipt v1" || store || be64(epoch) || device || outbox || be64(watermark) || head
//
// It says: under this store and epoch everything of the outbox up to the watermark is durable, and `head` is the chain's
// head there. The key is one of its own; wire/receipt_key.h tells how it is trusted.
#ifndef WIRE_RECEIPT_H
#define WIRE_RECEIPT_H

#include "wire/sign.h"

struct receipt {
    struct id128 store;
    uint64_t epoch;
    struct id128 device;
    struct id128 outbox;
    uint64_t watermark;
    struct hash256 head;
    struct signature signature;
    struct hash256 certificate; // SHA-256 of the certificate (DER) of the key that signed
};

void statement_receipt(struct statement *statement, const struct receipt *receipt);

// To keep it: a fixed layout that begins with its version.
enum { RECEIPT_SIZE = 1 + ID_SIZE + 8 + ID_SIZE + ID_SIZE + 8 + HASH_SIZE + SIGNATURE_SIZE + HASH_SIZE };
void receipt_pack(const struct receipt *receipt, uint8_t ret_b[RECEIPT_SIZE]);
// False where it is none.
bool receipt_unpack(struct bytes b, struct receipt *ret_receipt);

#endif
