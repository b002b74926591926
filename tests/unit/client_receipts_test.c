#include "rond/rond.h"

#include "support/test.h"

#include <string.h>

#include "auth/receipt_signer.h"
#include "base/sha256.h"
#include "handheld.h"
#include "wire/codes.h"
#include "wire/receipt.h"

static struct handheld handheld;
static struct receipt_signer *signer;
static struct ca *ca;
static unsigned told;
static char reference[ROND_REFERENCE_SIZE];

static void changed(void *context, enum rond_change change) {
    told += change == ROND_CHANGE_RECEIPTS;
}

// One report is queued, and a server was met.
static int setup(void **state) {
    const rond_activity check = {.struct_size = sizeof check,
                                 .kind = ROND_CHECK,
                                 .of = "cyclist_behaviour",
                                 .check_form = ROND_TARGETED,
                                 .checked = 14};
    char directory[96];
    handheld_open(&handheld);
    handheld_enrol(&handheld, "police_officer", 1);
    assert_ok(rond_report(handheld.rond, &check, reference, NULL));
    assert_ok(outbox_server_store(handheld.rond->outbox,
                                  &(struct device_server_state){.known = true, .store_id = {{5}}, .epoch = 3}));
    snprintf(directory, sizeof directory, "%s/ca", handheld.directory);
    assert_ok(ca_open(directory, &ca, NULL));
    assert_ok(receipt_signer_open(directory, ca, rng_system(), handheld_wall_ms, &signer, NULL));
    told = 0;
    rond_subscribe(handheld.rond, changed, NULL);
    return 0;
}

static int teardown(void **state) {
    receipt_signer_close(signer);
    ca_close(ca);
    handheld_close(&handheld);
    return 0;
}

static struct device_said said_now(void) {
    struct device_outbox_state state;
    struct device_said said = {.watermark = 1};
    outbox_state(handheld.rond->outbox, &state);
    struct outbox_head *heads;
    size_t count;
    assert_ok(outbox_heads(handheld.rond->outbox, &state.outbox, 1, 1, &handheld.arena, &heads, &count));
    said.head = heads[0].head;
    return said;
}

static struct receipt receipt_of(const struct device_said *said) {
    struct device_outbox_state state;
    outbox_state(handheld.rond->outbox, &state);
    return (struct receipt){.store = {{5}},
                            .epoch = 3,
                            .device = handheld.rond->enrolment.device,
                            .outbox = state.outbox,
                            .watermark = said->watermark,
                            .head = said->head};
}

static struct signature signed_by_server(const struct device_said *said) {
    const struct receipt receipt = receipt_of(said);
    struct signature signature;
    assert_ok(receipt_signer_sign(signer, &receipt, &signature));
    return signature;
}

static struct signature signed_by_device(const struct device_said *said) {
    const struct receipt receipt = receipt_of(said);
    struct statement statement;
    struct signature signature;
    statement_receipt(&statement, &receipt);
    assert_ok(keystore_sign(handheld.rond->keystore, &statement, &signature));
    return signature;
}

static void take(struct signature signature, struct bytes certificate, const struct device_said *said) {
    Rond__V1__Receipt from = ROND__V1__RECEIPT__INIT;
    from.signature = (ProtobufCBinaryData){.data = signature.b, .len = SIGNATURE_SIZE};
    from.certificate = (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)certificate.data, .len = certificate.size};
    const struct enrolment *enrolment = &handheld.rond->enrolment;
    assert_ok(client_receipt_take(handheld.rond, enrolment->anchors, enrolment->anchors_count, said, &from));
}

static rond_receipts *all(void) {
    rond_receipts *receipts;
    assert_ok(rond_receipts_get(handheld.rond, NULL, &receipts, NULL));
    return receipts;
}

static void assert_refused(void) {
    rond_receipts *receipts = all();
    assert_int_equal(receipts->count, 1);
    assert_int_equal(receipts->unseen, 1);
    assert_int_equal(receipts->receipts[0].code, CODE_RECEIPT_INVALID);
    assert_string_equal(receipts->receipts[0].sentence, wire_code_sentence(CODE_RECEIPT_INVALID));
    assert_string_equal(receipts->receipts[0].sentence_sv, wire_code_sentence_swedish(CODE_RECEIPT_INVALID));
    rond_receipts_free(receipts);
    assert_int_equal(told, 1);
    rond_fault fault = {0};
    assert_err(ROND_ENOTFOUND, rond_receipts_get(handheld.rond, reference, &receipts, &fault)); // it speaks for nothing
    assert_string_equal(fault.field, "reference");
}

static void what_the_server_signed_is_kept_and_handed_out_with_its_proof(void **state) {
    struct device_said said = said_now();
    take(signed_by_server(&said), receipt_signer_certificate(signer), &said);
    take(signed_by_server(&said), bytes_of(NULL, 0), &said); // the certificate is here now
    rond_receipts *receipts = all();
    assert_int_equal(receipts->count, 1);
    const rond_receipt *one = &receipts->receipts[0];
    assert_int_equal(one->code, 0);
    assert_string_equal(one->sentence, "");
    assert_int_equal(one->watermark, 1);
    assert_int_equal(one->epoch, 3);
    assert_int_equal(one->heads_count, 1);
    assert_string_equal(one->heads[0].head, one->head);
    assert_memory_equal(one->statement, "rond receipt v1", 15);
    assert_true(bytes_equal(bytes_of(one->certificate, one->certificate_size), receipt_signer_certificate(signer)));
    struct signature back;
    assert_ok(signature_from_der(bytes_of(one->signature, one->signature_size), &back));
    rond_receipts_free(receipts);
    assert_ok(rond_receipts_get(handheld.rond, reference, &receipts, NULL));
    assert_int_equal(receipts->count, 1);
    rond_receipts_free(receipts);
    assert_int_equal(told, 0);
}

static void what_another_key_signed_is_told_and_not_kept_and_fails_nothing(void **state) {
    struct device_said said = said_now();
    take(signed_by_device(&said), receipt_signer_certificate(signer), &said);
    assert_refused();
    take(signed_by_device(&said), receipt_signer_certificate(signer), &said);
    assert_refused(); // once
}

// The authority issued that one, too.
static void a_device_that_signs_with_its_own_certificate_is_not_the_server(void **state) {
    struct device_said said = said_now();
    take(signed_by_device(&said), handheld.rond->enrolment.certificate, &said);
    assert_refused();
}

static void a_receipt_under_a_certificate_that_is_not_here_is_none(void **state) {
    struct device_said said = said_now();
    take(signed_by_server(&said), bytes_of(NULL, 0), &said);
    assert_refused();
}

static void one_that_speaks_of_another_chain_is_left_to_the_conversation(void **state) {
    struct device_said said = said_now();
    said.head.b[0] ^= 1;
    take(signed_by_server(&said), receipt_signer_certificate(signer), &said);
    rond_receipts *receipts = all();
    assert_int_equal(receipts->count, 0);
    rond_receipts_free(receipts);
    assert_int_equal(told, 0);
}

static void a_contradiction_comes_first_until_it_is_seen_and_stays_in_the_list(void **state) {
    bool is_contradicted = false;
    struct device_said said = said_now();
    take(signed_by_server(&said), receipt_signer_certificate(signer), &said);
    assert_ok(outbox_receipt_hold(handheld.rond->outbox, &(struct device_said){.watermark = 0}, &is_contradicted));
    assert_true(is_contradicted);
    for (int seen = 0; seen < 2; seen++) {
        rond_receipts *receipts = all();
        assert_int_equal(receipts->count, 2);
        assert_int_equal(receipts->unseen, !seen);
        assert_int_equal(receipts->receipts[0].code, CODE_RECEIPT_CONTRADICTED);
        assert_int_equal(receipts->receipts[0].contradicted_seq, 1);
        assert_int_equal(receipts->receipts[0].is_seen, seen);
        assert_int_equal(receipts->receipts[1].code, 0);
        rond_receipts_free(receipts);
        assert_ok(rond_receipts_seen(handheld.rond));
    }
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_the_server_signed_is_kept_and_handed_out_with_its_proof),
        TEST(what_another_key_signed_is_told_and_not_kept_and_fails_nothing),
        TEST(a_device_that_signs_with_its_own_certificate_is_not_the_server),
        TEST(a_receipt_under_a_certificate_that_is_not_here_is_none),
        TEST(one_that_speaks_of_another_chain_is_left_to_the_conversation),
        TEST(a_contradiction_comes_first_until_it_is_seen_and_stays_in_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
