// Tests: server/read/devices.c server/read/waiting.c
#include "read/devices.h"

#include "support/lund.h"
#include "support/rows.h"
#include "support/test.h"
#include "wire/chain.h"
#include "wire/limits.h"
#include "wire/sign.h"

#define HOUR_MS (INT64_C(3600) * 1000)

static struct lund lund;
static struct kept_rows kept;

static int open_lund(void **state) {
    lund_open(&lund);
    kept_rows_init(&kept);
    return 0;
}

static int close_lund(void **state) {
    kept_rows_deinit(&kept);
    lund_close(&lund);
    return 0;
}

static Rond__V1__Report *check(unsigned variant) {
    return sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, variant);
}

static void seen(unsigned device, uint64_t last_seq, const char *client) {
    struct id128 id = lund_device(device);
    lund_begin(&lund);
    assert_ok(lund.store->registry->device_seen(lund.store, &id, lund.now_ms, NULL, last_seq, client));
    lund_commit(&lund);
}

// The device declares all up to `last` lost that is not there yet.
static void lose(unsigned device, uint64_t last) {
    struct ledger_lost lost = {.device = lund_device(device), .outbox = lund_outbox(device, 1), .organisation = "polisen"};
    struct outbox_state state = {0};
    struct append_result result = {0};
    struct hash256 ratchet = {.b = {1}};
    struct statement statement;
    lund_begin(&lund);
    assert_ok(lund.store->ledger->outbox_load(lund.store, &lost.device, &lost.outbox, &state));
    lost.first_seq = state.chain.seq + 1;
    lost.last_seq = last;
    lost.reason = ROND__V1__LOST_REASON__LOST_REASON_UNREADABLE;
    chain_lose(&state.chain, last, lost.reason, &ratchet);
    lost.chain_after = state.chain;
    statement_lost(&statement, &lost.device, &lost.outbox, lost.first_seq, last, &state.chain.head);
    assert_ok(signature_make(lund_key(device), &statement, &lost.signature));
    assert_ok(lund.store->ledger->lose(lund.store, &lost, &result));
    lund_commit(&lund);
}

static void devices_are_listed_with_what_they_have_waiting(void **state) {
    lund_report(&lund, 0, 1, check(0));
    seen(0, 4, "app/1.2");
    assert_ok(read_devices(lund.store, lund.now_ms, &kept.rows));
    assert_int_equal(kept_count(&kept), LUND_DEVICES);
    assert_string_equal(field_text(kept_row(&kept, 0), "name"), "handheld 0");
    assert_int_equal(json_array_size(field(kept_row(&kept, 0), "name_kinds")), 0);
    assert_string_equal(field_text(kept_row(&kept, 0), "status"), "active");
    assert_string_equal(field_text(kept_row(&kept, 0), "seen"), "2015-06-01T10:00:00Z");
    assert_string_equal(field_text(kept_row(&kept, 0), "client"), "app/1.2");
    assert_int_equal(field_number(kept_row(&kept, 0), "waiting"), 3);
    assert_string_equal(field_text(kept_row(&kept, 0), "waiting_since"), "2015-06-01T10:00:00Z");
    assert_true(field_is_null(kept_row(&kept, 1), "seen"));
    assert_true(field_is_null(kept_row(&kept, 1), "waiting_since"));
    assert_int_equal(json_array_size(field(kept_row(&kept, 1), "roles")), 4);
}

static void a_device_in_use_is_silent_after_a_day_without_a_word(void **state) {
    seen(0, 0, "");
    assert_ok(read_devices(lund.store, lund.now_ms + 24 * HOUR_MS - 1, &kept.rows));
    assert_false(field_truth(kept_row(&kept, 0), "is_silent"));
    assert_true(field_truth(kept_row(&kept, 1), "is_silent")); // never heard of
    kept_rows_deinit(&kept);
    kept_rows_init(&kept);
    struct device_record device;
    struct id128 id = lund_device(1);
    assert_ok(lund.store->registry->device_get(lund.store, &id, &lund.arena, &device));
    device.status = DEVICE_RETIRED;
    lund_begin(&lund);
    assert_ok(lund.store->registry->device_put(lund.store, &device));
    lund_commit(&lund);
    assert_ok(read_devices(lund.store, lund.now_ms + 24 * HOUR_MS, &kept.rows));
    assert_true(field_truth(kept_row(&kept, 0), "is_silent"));
    assert_false(field_truth(kept_row(&kept, 1), "is_silent"));
}

static void what_is_lost_and_what_forked_is_told(void **state) {
    lund_report(&lund, 0, 1, check(0));
    lose(0, 4);
    struct record record = sample_record(&lund.arena, ROND__V1__KIND__KIND_MEETING, 3);
    struct append_result result = {0};
    struct ledger_batch *other = lund_batch(&lund, 1, 1, &record, 1);
    lund_report(&lund, 1, 1, check(0));
    lund_begin(&lund);
    assert_ok(lund.store->ledger->append(lund.store, other, &result));
    assert_int_equal(result.status, APPEND_FORKED);
    lund_commit(&lund);
    assert_ok(read_devices(lund.store, lund.now_ms, &kept.rows));
    assert_int_equal(field_number(kept_row(&kept, 0), "lost"), 3);
    assert_int_equal(field_number(kept_row(&kept, 0), "forks"), 0);
    assert_int_equal(field_number(kept_row(&kept, 1), "lost"), 0);
    assert_int_equal(field_number(kept_row(&kept, 1), "forks"), 1);
}

static void a_certificate_ends_so_long_after_its_key_was_put(void **state) {
    assert_ok(read_devices(lund.store, lund.now_ms, &kept.rows));
    struct device_key *keys = NULL;
    size_t count = 0;
    struct id128 id = lund_device(0);
    assert_ok(lund.store->views->keys_of(lund.store, &id, &lund.arena, &keys, &count));
    assert_int_equal(count, 1);
    assert_int_equal(field_number(kept_row(&kept, 0), "certificate_ends_ms"),
                     keys[0].since_ms + CERTIFICATE_DAYS * 24 * HOUR_MS);
    assert_false(field_is_null(kept_row(&kept, 0), "key"));
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, open_lund, close_lund)
    const struct CMUnitTest tests[] = {
        TEST(devices_are_listed_with_what_they_have_waiting),
        TEST(a_device_in_use_is_silent_after_a_day_without_a_word),
        TEST(what_is_lost_and_what_forked_is_told),
        TEST(a_certificate_ends_so_long_after_its_key_was_put),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
