#include "auth/identity.h"

#include "support/lund.h"
#include "support/test.h"
#include "wire/codes.h"

// support/lund.h enrols its devices under these.
static struct hash256 hash_of(unsigned device) {
    return (struct hash256){{(uint8_t)(device + 1)}};
}

static void put(struct lund *lund, unsigned device, enum device_status status) {
    struct id128 id = lund_device(device);
    struct device_record record;
    lund_begin(lund);
    assert_ok(lund->store->registry->device_get(lund->store, &id, &lund->arena, &record));
    record.status = status;
    assert_ok(lund->store->registry->device_put(lund->store, &record));
    lund_commit(lund);
}

static void every_enrolled_key_leads_to_its_device(void **state) {
    UNUSED(state);
    struct lund lund;
    struct identities identities;
    lund_open(&lund);
    identities_init(&identities);
    assert_ok(identities_load(&identities, lund.store));
    for (unsigned i = 0; i < LUND_DEVICES; i++) {
        struct hash256 hash = hash_of(i);
        struct id128 device = lund_device(i);
        const struct identity *identity = identity_by_key(&identities, &hash);
        assert_non_null(identity);
        assert_true(id128_equal(&identity->device.device, &device));
        assert_ptr_equal(identity_by_device(&identities, &device), identity);
        assert_int_equal(identity_check(identity), CODE_NONE);
    }
    struct hash256 other = hash_of(0);
    other.b[31] = 1; // only the part that the map does not look at differs
    assert_null(identity_by_key(&identities, &other));
    assert_int_equal(identity_check(NULL), CODE_DEVICE_UNKNOWN);
    identities_deinit(&identities);
    lund_close(&lund);
}

static void a_change_is_known_after_a_refresh(void **state) {
    UNUSED(state);
    struct lund lund;
    struct identities identities;
    lund_open(&lund);
    identities_init(&identities);
    assert_ok(identities_load(&identities, lund.store));
    struct id128 device = lund_device(0);
    put(&lund, 0, DEVICE_RETIRED);
    assert_ok(identities_refresh(&identities, lund.store, &device));
    assert_int_equal(identity_check(identity_by_device(&identities, &device)), CODE_NONE); // its queue is still taken in
    put(&lund, 0, DEVICE_LOST);
    assert_ok(identities_refresh(&identities, lund.store, &device));
    assert_int_equal(identity_check(identity_by_device(&identities, &device)), CODE_DEVICE_REVOKED);
    struct hash256 hash = hash_of(0);
    assert_int_equal(identity_check(identity_by_key(&identities, &hash)), CODE_DEVICE_REVOKED);
    identities_deinit(&identities);
    lund_close(&lund);
}

static enum rond_err unreadable(struct store *store, const struct id128 *device, struct arena *arena,
                                struct device_record *ret_record) {
    UNUSED(store);
    UNUSED(device);
    UNUSED(arena);
    UNUSED(ret_record);
    return ROND_EIO;
}

// It may just have been revoked: what cannot be read is not assumed to be as it was.
static void a_device_that_cannot_be_read_again_is_not_known_any_more(void **state) {
    UNUSED(state);
    struct lund lund;
    struct identities identities;
    lund_open(&lund);
    identities_init(&identities);
    assert_ok(identities_load(&identities, lund.store));
    struct id128 device = lund_device(0);
    struct hash256 hash = hash_of(0);
    const struct registry_ops *working = lund.store->registry;
    struct registry_ops failing = *working;
    failing.device_get = unreadable;
    lund.store->registry = &failing;
    assert_err(ROND_EIO, identities_refresh(&identities, lund.store, &device));
    lund.store->registry = working;
    assert_null(identity_by_device(&identities, &device));
    assert_null(identity_by_key(&identities, &hash));
    assert_ok(identities_refresh(&identities, lund.store, &device)); // and is once it can be
    assert_int_equal(identity_check(identity_by_key(&identities, &hash)), CODE_NONE);
    identities_deinit(&identities);
    lund_close(&lund);
}

static void only_the_newest_key_of_a_device_is_welcome(void **state) {
    UNUSED(state);
    struct lund lund;
    struct identities identities;
    struct id128 device = lund_device(0);
    struct hash256 old = hash_of(0), fresh = {{0xf1}}, other = hash_of(1);
    struct device_key key = {.device = device, .spki_hash = fresh, .spki = bytes_of("k", 1), .current = true, .since_ms = 1};
    lund_open(&lund);
    identities_init(&identities);
    assert_ok(identities_load(&identities, lund.store));
    const struct identity *identity = identity_by_key(&identities, &old);
    assert_int_equal(identity_check_key(identity, &old), CODE_NONE);
    assert_int_equal(identity_check_key(identity, &other), CODE_DEVICE_UNKNOWN);
    assert_int_equal(identity_check_key(NULL, &old), CODE_DEVICE_UNKNOWN);
    lund_begin(&lund);
    assert_ok(lund.store->registry->key_put(lund.store, &key));
    lund_commit(&lund);
    assert_ok(identities_refresh(&identities, lund.store, &device));
    identity = identity_by_key(&identities, &old); // it is known whose it was
    assert_non_null(identity);
    assert_int_equal(identity_check_key(identity, &old), CODE_DEVICE_UNKNOWN);
    assert_int_equal(identity_check_key(identity, &fresh), CODE_NONE);
    put(&lund, 0, DEVICE_LOST);
    assert_ok(identities_refresh(&identities, lund.store, &device));
    assert_int_equal(identity_check_key(identity_by_key(&identities, &old), &old), CODE_DEVICE_REVOKED);
    assert_int_equal(identity_check_key(identity_by_key(&identities, &fresh), &fresh), CODE_DEVICE_REVOKED);
    identities_deinit(&identities);
    lund_close(&lund);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_enrolled_key_leads_to_its_device),
        cmocka_unit_test(a_change_is_known_after_a_refresh),
        cmocka_unit_test(a_device_that_cannot_be_read_again_is_not_known_any_more),
        cmocka_unit_test(only_the_newest_key_of_a_device_is_welcome),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
