// Whom devices are told to trust follows the CA's files, carried out by the committer as every change is.
#include "admin/anchors.h"

#include <string.h>

#include "auth/ca_rollover.h"
#include "ingest/committer.h"
#include "support/lund.h"
#include "support/test.h"

static struct lund lund;

static int setup(void **state) {
    UNUSED(state);
    lund_open(&lund);
    return ca_create(lund.directory, "Rond CA test", rng_system(), lund.now_ms, NULL) != ROND_OK;
}

static int teardown(void **state) {
    UNUSED(state);
    lund_close(&lund);
    return 0;
}

// Whether it made a new catalogue.
static bool follow(void) {
    const struct ca_keeper nobody = {0};
    struct submission *submission = NULL;
    struct commit_census census = {0};
    struct catalogue *changed = NULL;
    struct ca *ca = NULL;
    assert_ok(ca_open_kept(lund.directory, &nobody, &ca, NULL));
    assert_ok(admin_anchors(ca, lund.now_ms, &submission));
    committer_run(lund.store, submission, lund.catalogue, &census, &changed);
    assert_ok(submission->err);
    submission_destroy(submission);
    ca_close(ca);
    if (!changed)
        return false;
    catalogue_unref(lund.catalogue);
    lund.catalogue = changed;
    return true;
}

// Which of the CA's two are among them ("0", "1"), and how many were taken back ("-").
static const char *told(const struct ca *ca) {
    static char text[64];
    Rond__V1__ReferenceEntry **entries;
    size_t count;
    uint64_t newest;
    text[0] = '\0';
    assert_ok(lund.store->views->reference(lund.store, 0, 1000, &lund.arena, &entries, &count, &newest));
    for (size_t i = 0; i < count; i++) {
        if (entries[i]->body_case != ROND__V1__REFERENCE_ENTRY__BODY_TRUST_ANCHOR)
            continue;
        const Rond__V1__TrustAnchor *anchor = entries[i]->trust_anchor;
        struct bytes der =
            entries[i]->removed ? bytes_of(NULL, 0) : bytes_of(anchor->certificate.data, anchor->certificate.len);
        for (size_t k = 0; k < ca_authorities(ca); k++)
            if (bytes_equal(der, ca_authority(ca, k)))
                strcat(text, k == 0 ? "0" : "1");
        strcat(text, entries[i]->removed ? "-" : "");
    }
    return text;
}

static void devices_are_told_of_both_and_then_of_the_new_one_alone(void **state) {
    UNUSED(state);
    struct ca *ca;
    assert_true(follow());
    assert_false(follow());
    assert_ok(ca_renew(lund.directory, rng_system(), lund.now_ms, NULL));
    assert_ok(ca_open(lund.directory, &ca, NULL));
    assert_string_equal(told(ca), "1");
    assert_true(follow());
    assert_string_equal(told(ca), "10"); // in the order of their revisions
    assert_false(follow());
    assert_ok(ca_retire(lund.directory, NULL));
    assert_true(follow());
    assert_string_equal(told(ca), "0-");
    assert_false(follow());
    ca_close(ca);
}

static void who_is_trusted_stands_in_the_audit_log(void **state) {
    UNUSED(state);
    struct audit_row *rows = NULL;
    size_t count = 0;
    uint64_t cursor;
    (void)follow();
    assert_ok(ca_renew(lund.directory, rng_system(), lund.now_ms, NULL));
    (void)follow();
    (void)follow(); // nothing new, nothing said
    assert_ok(lund.store->views->audit(lund.store, 0, 100, &lund.arena, &rows, &count, &cursor));
    size_t said = 0;
    for (size_t i = 0; i < count; i++)
        said += strcmp(rows[i].action, "ca.trusted") == 0 && strstr(rows[i].detail, "also_trusted=none") == NULL;
    assert_int_equal(said, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(devices_are_told_of_both_and_then_of_the_new_one_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(who_is_trusted_stands_in_the_audit_log, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
