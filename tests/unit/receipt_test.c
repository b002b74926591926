// Tests: proto/wire/receipt.c
#include "wire/receipt.h"

#include <string.h>

#include "base/sha256.h"
#include "support/test.h"

static struct receipt sample(void) {
    struct receipt receipt = {.epoch = 0x0102030405060708, .watermark = 0x1112131415161718};
    memset(receipt.store.b, 0x51, ID_SIZE);
    memset(receipt.device.b, 0xd1, ID_SIZE);
    memset(receipt.outbox.b, 0x0b, ID_SIZE);
    memset(receipt.head.b, 0xee, HASH_SIZE);
    memset(receipt.signature.b, 0x77, SIGNATURE_SIZE);
    memset(receipt.certificate.b, 0xce, HASH_SIZE);
    return receipt;
}

// By hand from docs/protocol.md.
static void the_statement_is_what_the_protocol_says(void **state) {
    const struct receipt receipt = sample();
    struct statement statement;
    char hex[2 * STATEMENT_SIZE_MAX + 1];
    statement_receipt(&statement, &receipt);
    hex_encode(bytes_of(statement.b, statement.size), hex);
    assert_string_equal(hex, "726f6e642072656365697074207631"                                     // rond receipt v1
                             "51515151515151515151515151515151"                                   // store
                             "0102030405060708"                                                   // epoch
                             "d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1"                                   // device
                             "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"                                   // outbox
                             "1112131415161718"                                                   // watermark
                             "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"); // head
}

static void what_is_kept_comes_back_and_nothing_else_is_taken(void **state) {
    const struct receipt receipt = sample();
    struct receipt back;
    uint8_t b[RECEIPT_SIZE + 1] = {0};
    receipt_pack(&receipt, b);
    memset(&back, 0, sizeof back);
    assert_true(receipt_unpack(bytes_of(b, RECEIPT_SIZE), &back));
    assert_int_equal(back.epoch, receipt.epoch);
    assert_int_equal(back.watermark, receipt.watermark);
    assert_memory_equal(&back.store, &receipt.store, ID_SIZE);
    assert_memory_equal(&back.device, &receipt.device, ID_SIZE);
    assert_memory_equal(&back.outbox, &receipt.outbox, ID_SIZE);
    assert_memory_equal(&back.head, &receipt.head, HASH_SIZE);
    assert_memory_equal(&back.signature, &receipt.signature, SIGNATURE_SIZE);
    assert_memory_equal(&back.certificate, &receipt.certificate, HASH_SIZE);
    assert_false(receipt_unpack(bytes_of(b, RECEIPT_SIZE + 1), &back));
    assert_false(receipt_unpack(bytes_of(b, RECEIPT_SIZE - 1), &back));
    b[0] = 2; // of a newer version
    assert_false(receipt_unpack(bytes_of(b, RECEIPT_SIZE), &back));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_statement_is_what_the_protocol_says),
        cmocka_unit_test(what_is_kept_comes_back_and_nothing_else_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
