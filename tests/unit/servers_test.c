// The list of servers as reference data, carried out by the committer as every change is.
#include "admin/servers.h"

#include <string.h>

#include "ingest/committer.h"
#include "support/lund.h"
#include "support/test.h"
#include "wire/limits.h"

static struct lund lund;

static int setup(void **state) {
    UNUSED(state);
    lund_open_memory(&lund, rng_system());
    return 0;
}

static int teardown(void **state) {
    UNUSED(state);
    lund_close(&lund);
    return 0;
}

static const char *renewals; // NULL: not said

// Whether it made a new catalogue.
static bool set_servers(char *const *urls, size_t count) {
    struct submission *submission = NULL;
    struct commit_census census = {0};
    struct catalogue *changed = NULL;
    assert_ok(admin_servers(urls, count, renewals, lund.now_ms, &submission));
    committer_run(lund.store, submission, lund.catalogue, &census, &changed);
    assert_ok(submission->err);
    submission_destroy(submission);
    if (!changed)
        return false;
    catalogue_unref(lund.catalogue);
    lund.catalogue = changed;
    return true;
}

// The list that is stored: joined by blanks.
static const char *stored(void) {
    static char text[1024];
    Rond__V1__ReferenceEntry **entries;
    size_t count;
    uint64_t newest;
    text[0] = '\0';
    assert_ok(lund.store->views->reference(lund.store, 0, 1000, &lund.arena, &entries, &count, &newest));
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0;
             entries[i]->body_case == ROND__V1__REFERENCE_ENTRY__BODY_SERVER_LIST && j < entries[i]->server_list->n_urls;
             j++) {
            strcat(text, j ? " " : "");
            strcat(text, entries[i]->server_list->urls[j]);
        }
    return text;
}

static char first[] = "wss://a:7443", second[] = "wss://b:7443";

static void the_list_is_stored_in_its_order(void **state) {
    UNUSED(state);
    char *const urls[] = {first, second}, *const turned[] = {second, first};
    assert_true(set_servers(urls, 2));
    assert_string_equal(stored(), "wss://a:7443 wss://b:7443");
    assert_true(set_servers(turned, 2));
    assert_string_equal(stored(), "wss://b:7443 wss://a:7443");
}

// Every start of the server submits it: devices must not be told anew each time.
static void the_same_list_again_changes_nothing(void **state) {
    UNUSED(state);
    char *const urls[] = {first, second};
    assert_true(set_servers(urls, 2));
    uint64_t revision = catalogue_revision(lund.catalogue);
    assert_false(set_servers(urls, 2));
    assert_int_equal(catalogue_revision(lund.catalogue), revision);
    assert_true(set_servers(urls, 1));
    assert_string_equal(stored(), "wss://a:7443");
}

static void where_certificates_are_renewed_is_told_with_it(void **state) {
    UNUSED(state);
    char *const urls[] = {first};
    Rond__V1__ReferenceEntry **entries;
    size_t count;
    uint64_t newest;
    assert_true(set_servers(urls, 1));
    renewals = "https://a:7444";
    assert_true(set_servers(urls, 1));
    assert_false(set_servers(urls, 1));
    renewals = NULL;
    assert_ok(lund.store->views->reference(lund.store, 0, 1000, &lund.arena, &entries, &count, &newest));
    const Rond__V1__ServerList *list = entries[count - 1]->server_list;
    assert_int_equal(list->n_renewals, 1);
    assert_string_equal(list->renewals[0], "https://a:7444");
}

static void the_list_is_copied_and_may_be_empty(void **state) {
    UNUSED(state);
    struct submission *submission = NULL;
    struct commit_census census = {0};
    struct catalogue *changed = NULL;
    char url[] = "wss://c:7443";
    char *const urls[] = {url};
    assert_ok(admin_servers(urls, 1, NULL, lund.now_ms, &submission));
    memset(url, 'x', strlen(url));
    committer_run(lund.store, submission, lund.catalogue, &census, &changed);
    submission_destroy(submission);
    catalogue_unref(changed);
    assert_string_equal(stored(), "wss://c:7443");
    (void)set_servers(NULL, 0);
    assert_string_equal(stored(), "");
}

static void a_list_beyond_all_memory_is_refused_whole(void **state) {
    UNUSED(state);
    static char long_url[300 * 1024];
    struct submission *submission = NULL;
    char *const urls[] = {first, long_url};
    memset(long_url, 'x', sizeof long_url - 1);
    assert_err(ROND_ENOMEM, admin_servers(urls, 2, NULL, lund.now_ms, &submission));
    assert_null(submission);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_list_is_stored_in_its_order),
        TEST(the_same_list_again_changes_nothing),
        TEST(where_certificates_are_renewed_is_told_with_it),
        TEST(the_list_is_copied_and_may_be_empty),
        TEST(a_list_beyond_all_memory_is_refused_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
