#include "wire/receipt.h"

#include <string.h>

#include "base/check.h"

enum { LAYOUT = 1 };

void statement_receipt(struct statement *statement, const struct receipt *receipt) {
    static const char label[] = "rond receipt v1";
    statement->size = 0;
    statement_put(statement, label, strlen(label));
    statement_put(statement, receipt->store.b, ID_SIZE);
    statement_put_number(statement, receipt->epoch);
    statement_put(statement, receipt->device.b, ID_SIZE);
    statement_put(statement, receipt->outbox.b, ID_SIZE);
    statement_put_number(statement, receipt->watermark);
    statement_put(statement, receipt->head.b, HASH_SIZE);
}

static uint8_t *put(uint8_t *at, const void *data, size_t size) {
    memcpy(at, data, size);
    return at + size;
}

static uint8_t *put_number(uint8_t *at, uint64_t number) {
    put_be64(at, number);
    return at + 8;
}

void receipt_pack(const struct receipt *receipt, uint8_t ret_b[RECEIPT_SIZE]) {
    uint8_t *at = ret_b;
    *at++ = LAYOUT;
    at = put(at, receipt->store.b, ID_SIZE);
    at = put_number(at, receipt->epoch);
    at = put(at, receipt->device.b, ID_SIZE);
    at = put(at, receipt->outbox.b, ID_SIZE);
    at = put_number(at, receipt->watermark);
    at = put(at, receipt->head.b, HASH_SIZE);
    at = put(at, receipt->signature.b, SIGNATURE_SIZE);
    at = put(at, receipt->certificate.b, HASH_SIZE);
    CHECK(at == ret_b + RECEIPT_SIZE);
}

static const uint8_t *take(const uint8_t *at, void *to, size_t size) {
    memcpy(to, at, size);
    return at + size;
}

bool receipt_unpack(struct bytes b, struct receipt *ret_receipt) {
    if (b.size != RECEIPT_SIZE || b.data[0] != LAYOUT)
        return false;
    const uint8_t *at = take(b.data + 1, ret_receipt->store.b, ID_SIZE);
    ret_receipt->epoch = get_be64(at);
    at = take(at + 8, ret_receipt->device.b, ID_SIZE);
    at = take(at, ret_receipt->outbox.b, ID_SIZE);
    ret_receipt->watermark = get_be64(at);
    at = take(at + 8, ret_receipt->head.b, HASH_SIZE);
    at = take(at, ret_receipt->signature.b, SIGNATURE_SIZE);
    take(at, ret_receipt->certificate.b, HASH_SIZE);
    return true;
}
