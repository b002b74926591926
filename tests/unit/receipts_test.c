// What of a committed group gets a receipt.
#include "ingest/receipts.h"

#include <string.h>

#include "support/test.h"

static struct {
    struct receipt asked[8];
    size_t count;
    enum rond_err err;
} signer;

static enum rond_err sign(void *context, const struct receipt *receipt, struct signature *ret_signature) {
    UNUSED(context);
    signer.asked[signer.count++] = *receipt;
    memset(ret_signature->b, 0x51, SIGNATURE_SIZE);
    return signer.err;
}

static const struct receipts receipts = {.sign = sign};

static int set_up(void **state) {
    UNUSED(state);
    memset(&signer, 0, sizeof signer);
    return 0;
}

static struct chain chain_at(uint64_t seq) {
    return (struct chain){.seq = seq, .head = {{(uint8_t)seq}}};
}

// Committed as it came in; the device has a receipt up to `known`.
static struct submission batch_of(uint64_t session, uint64_t last_seq, uint64_t known) {
    return (struct submission){.kind = SUBMISSION_BATCH,
                               .session = session,
                               .receipt_wanted = true,
                               .receipt = {.epoch = 3, .outbox = {{(uint8_t)session}}, .watermark = known},
                               .batch.chain_after = chain_at(last_seq),
                               .appended = {.status = APPEND_DONE, .chain = chain_at(last_seq)}};
}

static void assert_receipt(const struct submission *submission, uint64_t watermark) {
    const struct hash256 head = chain_at(watermark).head;
    assert_true(submission->receipt_signed);
    assert_int_equal(submission->receipt.epoch, 3);
    assert_int_equal(submission->receipt.outbox.b[0], submission->session);
    assert_int_equal(submission->receipt.watermark, watermark);
    assert_true(hash256_equal(&submission->receipt.head, &head));
    assert_int_equal(submission->receipt.signature.b[0], 0x51);
}

static void each_outbox_of_a_group_is_signed_for_once_at_its_end(void **state) {
    UNUSED(state);
    struct submission last = batch_of(1, 9, 0), other = batch_of(2, 4, 0), first = batch_of(1, 7, 0);
    first.next = &other;
    other.next = &last;
    receipts_sign(&receipts, &first);
    assert_int_equal(signer.count, 2);
    assert_false(first.receipt_signed);
    assert_receipt(&other, 4);
    assert_receipt(&last, 9);
}

static void what_the_device_has_does_not_want_or_did_not_get_in_is_not_signed_for(void **state) {
    UNUSED(state);
    struct submission known = batch_of(1, 7, 7), unwanted = batch_of(2, 7, 0), failed = batch_of(3, 7, 0),
                      forked = batch_of(4, 7, 0), unordered = batch_of(5, 7, 0), orphan = batch_of(0, 7, 0);
    unwanted.receipt_wanted = false;
    failed.err = ROND_EFULL;
    forked.appended.status = APPEND_FORKED;
    unordered.appended.status = APPEND_OUT_OF_ORDER;
    struct submission *group[] = {&known, &unwanted, &failed, &forked, &unordered, &orphan};
    for (size_t i = 0; i + 1 < ARRAY_COUNT(group); i++)
        group[i]->next = group[i + 1];
    receipts_sign(&receipts, group[0]);
    assert_int_equal(signer.count, 0);
}

// Another connection of the device was faster: this one can tell what came over it, and not more.
static void no_more_is_signed_for_than_came_over_this_connection(void **state) {
    UNUSED(state);
    struct submission batch = batch_of(1, 5, 0);
    batch.appended.chain = chain_at(9);
    receipts_sign(&receipts, &batch);
    assert_receipt(&batch, 5);
}

static void hello_is_signed_for_what_is_there_unless_it_forked(void **state) {
    UNUSED(state);
    struct submission hello = batch_of(1, 0, 3);
    hello.kind = SUBMISSION_HELLO;
    receipts_sign(&receipts, &hello);
    hello.state = (struct outbox_state){.exists = true, .chain = chain_at(5), .forked = true};
    receipts_sign(&receipts, &hello);
    assert_int_equal(signer.count, 0);
    hello.state.forked = false;
    receipts_sign(&receipts, &hello);
    assert_receipt(&hello, 5);
}

static void what_cannot_be_signed_goes_without(void **state) {
    UNUSED(state);
    struct submission batch = batch_of(1, 5, 0);
    signer.err = ROND_EAGAIN;
    receipts_sign(&receipts, &batch);
    assert_int_equal(signer.count, 1);
    assert_false(batch.receipt_signed);
    const struct receipts none = {0};
    receipts_sign(&none, &batch);
    assert_false(batch.receipt_signed);
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup(test, set_up)
    const struct CMUnitTest tests[] = {
        TEST(each_outbox_of_a_group_is_signed_for_once_at_its_end),
        TEST(what_the_device_has_does_not_want_or_did_not_get_in_is_not_signed_for),
        TEST(no_more_is_signed_for_than_came_over_this_connection),
        TEST(hello_is_signed_for_what_is_there_unless_it_forked),
        TEST(what_cannot_be_signed_goes_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
