// Tests: client-sdk/src/client_trust.c
#include "rond/rond.h"

#include "base/sha256.h"
#include "support/test.h"

#include "handheld.h"

static struct ca *own, *other;

static struct ca *ca_in(struct handheld *handheld, const char *name) {
    char directory[96];
    struct ca *ca;
    snprintf(directory, sizeof directory, "%s/%s", handheld->directory, name);
    if (mkdir(directory, 0700) == 0)
        assert_ok(ca_create(directory, "Test CA", rng_system(), handheld_wall_ms, NULL));
    assert_ok(ca_open(directory, &ca, NULL));
    return ca;
}

static int setup(void **state) {
    static struct handheld handheld;
    handheld_open(&handheld);
    handheld_enrol(&handheld, "police_officer", 1);
    own = ca_in(&handheld, "ca"); // that handheld_enrol made
    other = ca_in(&handheld, "other");
    *state = &handheld;
    return 0;
}

static int teardown(void **state) {
    ca_close(own);
    ca_close(other);
    handheld_close(*state);
    return 0;
}

static void comes_down(struct handheld *handheld, const struct ca *ca, bool removed, uint64_t cursor) {
    struct bytes certificate = ca_certificate(ca);
    Rond__V1__TrustAnchor anchor = ROND__V1__TRUST_ANCHOR__INIT;
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT, *entries[] = {&entry};
    Rond__V1__Reference reference = ROND__V1__REFERENCE__INIT;
    struct hash256 hash;
    char id[2 * HASH_SIZE + 1];
    ca_spki_fingerprint(ca, &hash);
    hex_encode(bytes_of(hash.b, HASH_SIZE), id);
    if (!removed)
        anchor.certificate = binary(&handheld->arena, certificate);
    entry.id = id;
    entry.revision = cursor;
    entry.removed = removed;
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_TRUST_ANCHOR;
    entry.trust_anchor = &anchor;
    reference.n_entries = 1;
    reference.entries = entries;
    reference.cursor = cursor;
    assert_ok(outbox_reference_store(handheld->rond->outbox, &reference));
}

// "own", "other", in that order; and "newer" where another takes over.
static const char *trusted(struct handheld *handheld) {
    static char text[64];
    struct client_trust trust;
    text[0] = '\0';
    handheld_reopen(handheld); // what is trusted outlives the app
    assert_ok(client_trust_load(handheld->rond, &handheld->arena, &trust));
    for (size_t i = 0; i < trust.anchors_count; i++)
        strcat(text, bytes_equal(trust.anchors[i], ca_certificate(own))     ? "own "
                     : bytes_equal(trust.anchors[i], ca_certificate(other)) ? "other "
                                                                            : "? ");
    strcat(text, trust.has_newer ? "newer" : "");
    assert_int_equal(client_renewal_is_due(handheld->rond, &trust), trust.has_newer);
    return text;
}

static void what_the_enrolment_named_is_trusted_and_is_nothing_new(void **state) {
    assert_string_equal(trusted(*state), "own ");
    comes_down(*state, own, false, 1);
    assert_string_equal(trusted(*state), "own ");
}

static void another_ca_is_trusted_beside_it_and_calls_for_a_renewal(void **state) {
    comes_down(*state, own, false, 1);
    comes_down(*state, other, false, 2);
    assert_string_equal(trusted(*state), "own other newer");
}

static void one_that_was_taken_back_is_not_trusted_for_having_been_named_before(void **state) {
    comes_down(*state, other, false, 1);
    comes_down(*state, own, true, 2);
    assert_string_equal(trusted(*state), "other newer");
    comes_down(*state, other, true, 3);
    assert_string_equal(trusted(*state), ""); // and nobody is trusted for want of another
}

static void the_newest_answer_says_it_all(void **state) {
    struct handheld *handheld = *state;
    comes_down(handheld, other, false, 1);
    comes_down(handheld, own, true, 2);
    handheld_enrol(handheld, "police_officer", 1); // at a server of `own`, later than all that
    assert_string_equal(trusted(handheld), "own ");
}

static void a_restored_server_does_not_make_a_device_forget_whom_it_trusts(void **state) {
    struct handheld *handheld = *state;
    struct device_server_state server = {.known = true, .epoch = 1};
    assert_ok(outbox_server_store(handheld->rond->outbox, &server));
    comes_down(handheld, other, false, 5);
    server.epoch = 2; // its cursors begin anew
    assert_ok(outbox_server_store(handheld->rond->outbox, &server));
    assert_string_equal(trusted(handheld), "own other newer");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_the_enrolment_named_is_trusted_and_is_nothing_new),
        TEST(another_ca_is_trusted_beside_it_and_calls_for_a_renewal),
        TEST(one_that_was_taken_back_is_not_trusted_for_having_been_named_before),
        TEST(the_newest_answer_says_it_all),
        TEST(a_restored_server_does_not_make_a_device_forget_whom_it_trusts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
