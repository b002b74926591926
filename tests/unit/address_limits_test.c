#include "net/address_limits.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "support/test.h"

static struct address_key key_of(const char *text) {
    struct sockaddr_storage address = {0};
    struct address_key key;
    struct sockaddr_in *in4 = (struct sockaddr_in *)&address;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address;
    if (inet_pton(AF_INET, text, &in4->sin_addr) == 1) {
        address.ss_family = AF_INET;
    } else {
        assert_int_equal(inet_pton(AF_INET6, text, &in6->sin6_addr), 1);
        address.ss_family = AF_INET6;
    }
    address_key_of((struct sockaddr *)&address, &key);
    return key;
}

static void one_network_is_one_address(void **state) {
    UNUSED(state);
    struct address_key a = key_of("2001:db8::1"), b = key_of("2001:db8::ffff:2"), c = key_of("2001:db8:0:1::1");
    assert_memory_equal(&a, &b, sizeof a);
    assert_memory_not_equal(&a, &c, sizeof a);
    struct address_key v4 = key_of("10.0.0.1"), mapped = key_of("::ffff:10.0.0.1"), other = key_of("10.0.0.2");
    assert_memory_equal(&v4, &mapped, sizeof v4);
    assert_memory_not_equal(&v4, &other, sizeof v4);
}

static void an_address_has_only_so_many_connections(void **state) {
    UNUSED(state);
    struct address_limits limits;
    assert_ok(address_limits_init(&limits, 2, 10, rng_system()));
    struct address_key a = key_of("10.0.0.1"), b = key_of("10.0.0.2");
    assert_true(address_limits_enter(&limits, 0, &a));
    assert_true(address_limits_enter(&limits, 0, &a));
    assert_false(address_limits_enter(&limits, 0, &a));
    assert_true(address_limits_enter(&limits, 0, &b));
    address_limits_left(&limits, &a);
    assert_true(address_limits_enter(&limits, 0, &a));
    address_limits_deinit(&limits);
}

static void requests_are_let_through_at_the_rate_set(void **state) {
    UNUSED(state);
    struct address_limits limits;
    assert_ok(address_limits_init(&limits, 2, 6, rng_system()));
    struct address_key a = key_of("10.0.0.1"), b = key_of("10.0.0.2");
    for (int i = 0; i < 6; i++)
        assert_true(address_limits_take(&limits, 1000, &a));
    assert_false(address_limits_take(&limits, 1000, &a));
    assert_true(address_limits_take(&limits, 1000, &b));
    assert_false(address_limits_take(&limits, 10000, &a));
    assert_true(address_limits_take(&limits, 11001, &a));
    assert_false(address_limits_take(&limits, 11001, &a));
    int passed = 0; // asking often gains nothing
    for (int64_t now = 11001; now <= 71001; now += 10)
        passed += address_limits_take(&limits, now, &a) ? 1 : 0;
    assert_in_range(passed, 5, 6);
    address_limits_deinit(&limits);
}

static void a_flood_of_addresses_does_not_free_a_busy_one(void **state) {
    UNUSED(state);
    struct address_limits limits;
    assert_ok(address_limits_init(&limits, 1, 6, rng_system()));
    struct address_key a = key_of("10.0.0.1");
    assert_true(address_limits_enter(&limits, 0, &a));
    for (uint32_t i = 0; i < 100000; i++) {
        struct address_key other = {{0x20, 1}};
        memcpy(other.b + 4, &i, sizeof i);
        (void)address_limits_take(&limits, 0, &other);
    }
    assert_false(address_limits_enter(&limits, 0, &a));
    address_limits_left(&limits, &a);
    address_limits_deinit(&limits);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_network_is_one_address),
        cmocka_unit_test(an_address_has_only_so_many_connections),
        cmocka_unit_test(requests_are_let_through_at_the_rate_set),
        cmocka_unit_test(a_flood_of_addresses_does_not_free_a_busy_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
