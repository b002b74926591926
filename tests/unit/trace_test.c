// Where one report came from and what became of it.
#include "read/trace.h"

#include <stdlib.h>
#include <string.h>

#include "support/lund.h"
#include "support/rows.h"
#include "support/test.h"

static struct lund lund;
static json_t *trace;
static const struct hash256 RECEIPT_KEY = {{0xab, 1}};

static int open_lund(void **state) {
    UNUSED(state);
    lund_open(&lund);
    trace = NULL;
    return 0;
}

static int close_lund(void **state) {
    UNUSED(state);
    json_decref(trace);
    lund_close(&lund);
    return 0;
}

static void ask_with(uint64_t row, const struct hash256 *receipt_key) {
    struct stored_report report;
    assert_ok(lund.store->views->report(lund.store, row, &lund.arena, &report));
    json_decref(trace);
    trace = NULL;
    assert_ok(read_trace(lund.store, lund.catalogue, &report, receipt_key, &trace));
}

static void ask(uint64_t row) {
    ask_with(row, &RECEIPT_KEY);
}

static Rond__V1__Report *check(unsigned variant) {
    return sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, variant);
}

static Rond__V1__Report *correcting(unsigned device, unsigned outbox, uint64_t seq) {
    struct report_key key = lund_key_of(device, outbox, seq);
    Rond__V1__Report *report = check(1);
    report->corrects = lund_identity(&lund.arena, &key);
    return report;
}

static void it_tells_the_device_the_batch_and_the_chain(void **state) {
    UNUSED(state);
    for (unsigned i = 0; i < 3; i++)
        (void)lund_report(&lund, 0, 1, check(i));
    ask(2);
    const json_t *device = json_array_get(field(trace, "devices"), 0);
    assert_string_equal(field_text(device, "organisation"), "polisen");
    assert_string_equal(field_text(device, "status"), "active");
    assert_int_equal(field_number(field(trace, "batch"), "first_seq"), 2);
    assert_int_equal(field_number(field(trace, "batch"), "last_seq"), 2);
    assert_int_equal(field_number(field(trace, "chain"), "watermark"), 3);
    assert_false(field_truth(field(trace, "chain"), "forked"));
}

static void assert_receipt_names(const char *name, const uint8_t *bytes, size_t size) {
    char hex[2 * HASH_SIZE + 1];
    hex_encode(bytes_of(bytes, size), hex);
    assert_string_equal(field_text(field(trace, "receipt"), name), hex);
}

static void it_tells_what_the_receipt_for_the_device_states(void **state) {
    UNUSED(state);
    struct store_identity identity;
    struct outbox_state outbox;
    const struct report_key key = lund_key_of(0, 1, 1);
    for (unsigned i = 0; i < 3; i++)
        (void)lund_report(&lund, 0, 1, check(i));
    ask(2);
    assert_ok(lund.store->registry->identity(lund.store, &identity));
    assert_ok(lund.store->ledger->outbox_load(lund.store, &key.device, &key.outbox, &outbox));
    const json_t *receipt = field(trace, "receipt");
    assert_receipt_names("store", identity.store_id.b, ID_SIZE);
    assert_receipt_names("outbox", key.outbox.b, ID_SIZE);
    assert_receipt_names("head", outbox.chain.head.b, HASH_SIZE);
    assert_receipt_names("key", RECEIPT_KEY.b, HASH_SIZE);
    assert_int_equal(field_number(receipt, "epoch"), (json_int_t)identity.epoch);
    assert_int_equal(field_number(receipt, "watermark"), 3);
    assert_true(field_truth(receipt, "covers"));
    ask(3); // the last of what it states
    assert_int_equal(field_number(field(trace, "receipt"), "since_ms"), field_number(field(trace, "batch"), "received_ms"));
    ask_with(3, NULL);
    assert_true(field_is_null(field(trace, "receipt"), "key"));
}

static void device_speaks(int64_t at_ms) {
    const struct report_key key = lund_key_of(0, 1, 1);
    lund_begin(&lund);
    assert_ok(lund.store->registry->device_seen(lund.store, &key.device, at_ms, &key.outbox, 1, NULL));
    lund_commit(&lund);
}

// The store keeps no receipts: whether the device has one over the report is known only from when it last spoke.
static void a_device_may_have_the_receipt_once_it_has_spoken_since(void **state) {
    UNUSED(state);
    (void)lund_report(&lund, 0, 1, check(0));
    ask(1);
    int64_t received_ms = field_number(trace, "received_ms");
    assert_false(field_truth(field(trace, "receipt"), "met_since"));
    device_speaks(received_ms - 1);
    ask(1);
    assert_false(field_truth(field(trace, "receipt"), "met_since"));
    device_speaks(received_ms + 1);
    ask(1);
    assert_true(field_truth(field(trace, "receipt"), "met_since"));
}

static void no_text_is_in_it(void **state) {
    UNUSED(state);
    Rond__V1__Report *report = check(0);
    report->text = arena_text(&lund.arena, "somebody wrote this");
    ask(lund_report(&lund, 0, 1, report));
    char *text = json_dumps(trace, 0);
    assert_null(strstr(text, "somebody wrote this"));
    assert_true(field_truth(trace, "texts_left_out"));
    free(text);
}

static void corrections_are_its_history_in_order_of_arrival(void **state) {
    UNUSED(state);
    uint64_t first = lund_report(&lund, 0, 1, check(0));
    uint64_t second = lund_report(&lund, 0, 1, correcting(0, 1, 1));
    (void)lund_report(&lund, 3, 1, correcting(0, 1, 1)); // another organisation's: it is no part of it
    ask(first);
    const json_t *history = field(trace, "history");
    assert_int_equal(json_array_size(history), 2);
    assert_int_equal(field_number(json_array_get(history, 0), "row"), (json_int_t)first);
    assert_string_equal(field_text(json_array_get(history, 0), "standing"), "replaced");
    assert_int_equal(field_number(json_array_get(history, 1), "row"), (json_int_t)second);
    assert_string_equal(field_text(json_array_get(history, 1), "standing"), "counted");
    ask(second);
    assert_int_equal(json_array_size(field(trace, "history")), 2);
}

static void it_says_toward_what_it_counts_and_why_not(void **state) {
    UNUSED(state);
    ask(lund_report(&lund, 0, 1, check(0)));
    const json_t *cycling = object_with(field(trace, "contributions"), "commitment", "lund-2015-trafik/cykel");
    assert_non_null(cycling);
    assert_true(field_truth(cycling, "counted"));
    const json_t *taxi = object_with(field(trace, "contributions"), "commitment", "lund-2015-trafik/taxi");
    assert_non_null(taxi);
    assert_false(field_truth(taxi, "counted"));
    assert_string_equal(field_text(taxi, "reason"), "detail");
}

static void of_one_in_quarantine_the_standing_says_so(void **state) {
    UNUSED(state);
    Rond__V1__Report *report = check(0);
    report->place = arena_text(&lund.arena, "atlantis");
    ask(lund_report(&lund, 0, 1, report));
    assert_string_equal(field_text(trace, "verdict"), "quarantined");
    assert_string_equal(field_text(trace, "reason_sv"), "Platsen är inte känd i området.");
    assert_string_equal(field_text(json_array_get(field(trace, "history"), 0), "standing"), "quarantined");
    assert_int_equal(json_array_size(field(trace, "contributions")), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_lund, close_lund)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(it_tells_the_device_the_batch_and_the_chain),
        TEST(it_tells_what_the_receipt_for_the_device_states),
        TEST(a_device_may_have_the_receipt_once_it_has_spoken_since),
        TEST(no_text_is_in_it),
        TEST(corrections_are_its_history_in_order_of_arrival),
        TEST(it_says_toward_what_it_counts_and_why_not),
        TEST(of_one_in_quarantine_the_standing_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
