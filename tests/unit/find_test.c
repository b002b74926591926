// Tests: server/admin/find.c
#include <stdio.h>
#include <string.h>

#include "admin/inner.h"
#include "support/lund.h"
#include "support/test.h"
#include "wire/short_reference.h"

#define FULL_ID "000102030405060708090a0b0c0d0e0f"

static struct lund lund;
static struct fault fault;
static struct device_record found;

static void put(unsigned first_byte, const char *name) {
    struct device_record device = {.name = name, .organisation = "polisen", .area = "lund", .enrolled_ms = 1};
    for (unsigned i = 0; i < ID_SIZE; i++)
        device.device.b[i] = (uint8_t)(first_byte + i);
    lund_begin(&lund);
    assert_ok(lund.store->registry->device_put(lund.store, &device));
    lund_commit(&lund);
}

static int setup(void **state) {
    UNUSED(state);
    lund_open_memory(&lund, rng_system());
    fault = (struct fault){0};
    put(0, "patrol 1");
    put(0x40, "patrol 2");
    return 0;
}

static int teardown(void **state) {
    UNUSED(state);
    lund_close(&lund);
    return 0;
}

static enum rond_err find(const char *text) {
    return find_device(lund.store, text, &lund.arena, &found, &fault);
}

static void a_device_is_found_by_its_id_the_beginning_of_it_or_its_name(void **state) {
    UNUSED(state);
    static const struct {
        const char *text, *name;
    } cases[] = {
        {FULL_ID, "patrol 1"}, {"0001", "patrol 1"},     {"000102", "patrol 1"},       {"patrol 1", "patrol 1"},
        {"4041", "patrol 2"},  {"patrol 2", "patrol 2"}, {"handheld 3", "handheld 3"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        assert_ok(find(cases[i].text));
        assert_string_equal(found.name, cases[i].name);
    }
}

static void what_fits_nobody_is_not_found(void **state) {
    UNUSED(state);
    static const char *const cases[] = {"", "000", "0002", "patrol", "Patrol 1", FULL_ID "0", "patrol 1 ", "%s%n"};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        assert_err(ROND_ENOTFOUND, find(cases[i]));
        assert_string_equal(fault.field, "device");
        assert_non_null(strstr(fault.text, cases[i]));
    }
}

static void what_fits_several_names_nobody(void **state) {
    UNUSED(state);
    assert_err(ROND_ECONFLICT, find("de71")); // all that support/lund.h made
    assert_non_null(strstr(fault.text, "6 devices fit"));
    put(0x80, "patrol 1");
    assert_err(ROND_ECONFLICT, find("patrol 1"));
    assert_ok(find("8081"));
}

// A device says its own name; it must not be able to hide another from who revokes.
static void a_device_that_calls_itself_by_anothers_id_does_not_stand_in_its_way(void **state) {
    UNUSED(state);
    put(0x80, FULL_ID);
    assert_ok(find(FULL_ID));
    assert_string_equal(found.name, "patrol 1");
    assert_ok(find("80818283"));
    assert_string_equal(found.name, FULL_ID);
}

static void a_device_is_found_beyond_the_first_page(void **state) {
    UNUSED(state);
    enum { MANY = 450 };
    lund_begin(&lund);
    for (unsigned i = 0; i < MANY; i++) {
        struct device_record device = {.device = {{0xf0, (uint8_t)(i >> 8), (uint8_t)i}},
                                       .name = arena_printf(&lund.arena, "many %u", i),
                                       .organisation = "polisen",
                                       .area = "lund",
                                       .enrolled_ms = 1};
        assert_ok(lund.store->registry->device_put(lund.store, &device));
    }
    lund_commit(&lund);
    assert_ok(find("many 0"));
    assert_ok(find("many 449"));
    assert_err(ROND_ENOTFOUND, find("many 450"));
}

static void a_report_is_found_by_its_reference_and_by_its_row(void **state) {
    UNUSED(state);
    struct stored_report report;
    char reference[SHORT_REFERENCE_SIZE], by_row[32];
    uint64_t row = lund_report(&lund, 0, 1, sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, 0));
    const struct report_key key = lund_key_of(0, 1, 1);
    short_reference_format(&key.device, &key.outbox, key.seq, reference);
    (void)snprintf(by_row, sizeof by_row, "#%llu", (unsigned long long)row);
    assert_ok(find_report(lund.store, reference, &lund.arena, &report, &fault));
    assert_int_equal(report.row, row);
    assert_ok(find_report(lund.store, by_row, &lund.arena, &report, &fault));
    assert_int_equal(report.row, row);
    short_reference_format(&key.device, &key.outbox, 2, reference);
    static const char *const nowhere[] = {"#", "#0", "#7", "#-1", "#1x", "#x"};
    for (size_t i = 0; i < ARRAY_COUNT(nowhere); i++)
        assert_err(ROND_ENOTFOUND, find_report(lund.store, nowhere[i], &lund.arena, &report, &fault));
    assert_err(ROND_ENOTFOUND, find_report(lund.store, reference, &lund.arena, &report, &fault));
    assert_err(ROND_EINVALID, find_report(lund.store, "K7QF2M-1A-D", &lund.arena, &report, &fault));
}

// One chance in a thousand million a pair, but then a person must hear of both. Two outboxes whose first 30 bits agree
// are looked for here.
static void a_reference_that_two_reports_share_names_their_rows(void **state) {
    UNUSED(state);
    enum { OUTBOXES = 0x10000 };
    static uint32_t prefixes[OUTBOXES];
    const struct id128 device = lund_device(0);
    unsigned one = 0, other = 0;
    for (unsigned i = 0; i < OUTBOXES && !other; i++) {
        const struct id128 outbox = lund_outbox(0, i);
        prefixes[i] = short_reference_prefix(&device, &outbox);
        for (unsigned j = 0; j < i && !other; j++)
            if (prefixes[j] == prefixes[i])
                one = j, other = i;
    }
    assert_true(other > 0);
    uint64_t row = lund_report(&lund, 0, one, sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, 0));
    (void)lund_report(&lund, 0, other, sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, 1));
    const struct report_key key = lund_key_of(0, one, 1);
    char reference[SHORT_REFERENCE_SIZE], by_row[32];
    struct stored_report report;
    short_reference_format(&key.device, &key.outbox, 1, reference);
    assert_err(ROND_ECONFLICT, find_report(lund.store, reference, &lund.arena, &report, &fault));
    (void)snprintf(by_row, sizeof by_row, "#%llu", (unsigned long long)row);
    assert_non_null(strstr(fault.text, by_row));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_device_is_found_by_its_id_the_beginning_of_it_or_its_name),
        TEST(what_fits_nobody_is_not_found),
        TEST(what_fits_several_names_nobody),
        TEST(a_device_that_calls_itself_by_anothers_id_does_not_stand_in_its_way),
        TEST(a_device_is_found_beyond_the_first_page),
        TEST(a_report_is_found_by_its_reference_and_by_its_row),
        TEST(a_reference_that_two_reports_share_names_their_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
