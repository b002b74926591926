// auth/followup_signer.c: the key in its file, and what the store keeps of it.
#include "auth/followup_signer.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/test.h"
#include "wire/followup_signature.h"

static char directory[64];
static struct store *store;
static struct arena arena;

static int open_all(void **state) {
    strcpy(directory, "/tmp/rond-signer-test-XXXXXX");
    arena_init(&arena, 1024 * 1024);
    return mkdtemp(directory) == NULL || store_open_memory(rng_system(), &store) != ROND_OK;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk) {
    return remove(path);
}
static int close_all(void **state) {
    store_close(store);
    arena_deinit(&arena);
    return nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static char *path_of(const char *name) {
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static struct followup_signer *opened(void) {
    struct followup_signer *signer;
    assert_ok(followup_signer_open(directory, &signer, NULL));
    return signer;
}

static void adopt(const struct followup_signer *signer, int64_t now_ms, enum rond_err expected) {
    struct fault fault = {0};
    assert_ok(store->ledger->begin(store));
    assert_err(expected, followup_signer_adopt(signer, store, now_ms, &fault));
    assert_ok(store->ledger->commit(store));
    assert_int_equal(fault.text[0] != '\0', expected != ROND_OK);
}

static void a_key_is_made_at_first_use_and_read_after_that(void **state) {
    struct stat status;
    struct followup_signer *first = opened(), *second = opened();
    struct hash256 one = followup_signer_id(first), two = followup_signer_id(second);
    assert_true(hash256_equal(&one, &two));
    assert_int_equal(stat(path_of("statement.key"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    followup_signer_close(first);
    followup_signer_close(second);
}

static void a_key_that_others_can_read_is_not_used(void **state) {
    struct followup_signer *signer = opened();
    struct fault fault = {0};
    followup_signer_close(signer);
    assert_int_equal(chmod(path_of("statement.key"), 0640), 0);
    assert_err(ROND_EAUTH, followup_signer_open(directory, &signer, &fault));
    assert_non_null(strstr(fault.text, "chmod 600"));
}

static void what_is_no_such_key_is_refused(void **state) {
    struct followup_signer *signer;
    struct fault fault = {0};
    FILE *file = fopen(path_of("statement.key"), "w");
    assert_non_null(file);
    fputs("nonsense\n", file);
    fclose(file);
    assert_int_equal(chmod(path_of("statement.key"), 0600), 0);
    assert_err(ROND_ECORRUPT, followup_signer_open(directory, &signer, &fault));
    assert_non_null(strstr(fault.text, "rotate-key"));
}

static void an_old_signature_still_verifies_after_the_key_changed(void **state) {
    struct followup_signer *old = opened(), *new;
    struct signature signature;
    struct followup_key *keys;
    size_t count;
    struct bytes document = bytes_of_text("{}\n");
    adopt(old, 10, ROND_OK);
    adopt(old, 11, ROND_OK);
    assert_ok(followup_signer_sign(old, document, &signature));
    assert_ok(followup_signer_rotate(directory, &new, NULL));
    adopt(new, 20, ROND_OK);
    adopt(old, 30, ROND_ECONFLICT);
    assert_ok(store->views->followup_keys(store, &arena, &keys, &count));
    assert_int_equal(count, 2);
    assert_int_equal(keys[0].since_ms, 10);
    assert_int_equal(keys[0].retired_ms, 20);
    assert_ok(followup_signature_verify(keys[0].spki, document, bytes_of(signature.b, SIGNATURE_SIZE)));
    assert_err(ROND_EAUTH, followup_signature_verify(keys[1].spki, document, bytes_of(signature.b, SIGNATURE_SIZE)));
    followup_signer_close(old);
    old = opened(); // the file has the new one
    struct hash256 id = followup_signer_id(old);
    assert_true(hash256_equal(&id, &keys[1].id));
    followup_signer_close(old);
    followup_signer_close(new);
}

static void a_half_made_key_is_replaced(void **state) {
    struct followup_signer *signer;
    FILE *file = fopen(path_of("statement.key.new"), "w");
    assert_non_null(file);
    fclose(file);
    assert_ok(followup_signer_rotate(directory, &signer, NULL));
    assert_int_not_equal(access(path_of("statement.key.new"), F_OK), 0);
    followup_signer_close(signer);
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, open_all, close_all)
    const struct CMUnitTest tests[] = {
        TEST(a_key_is_made_at_first_use_and_read_after_that),
        TEST(a_key_that_others_can_read_is_not_used),
        TEST(what_is_no_such_key_is_refused),
        TEST(an_old_signature_still_verifies_after_the_key_changed),
        TEST(a_half_made_key_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
