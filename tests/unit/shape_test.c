#include "store/shape.h"

#include <string.h>

#include "support/test.h"

#define OUTBOX_HEX "202122232425262728292a2b2c2d2e2f"

static struct arena arena;

static int arena_setup(void **state) {
    UNUSED(state);
    arena_init(&arena, 64 * 1024);
    return 0;
}

static int arena_teardown(void **state) {
    UNUSED(state);
    arena_deinit(&arena);
    return 0;
}

static void a_list_keeps_its_items_while_it_grows_and_says_when_memory_ends(void **state) {
    UNUSED(state);
    struct arena_list list = {.arena = &arena, .item_size = sizeof(uint64_t)};
    uint64_t count = 0;
    for (uint64_t *item; (item = arena_list_add(&list)); count++) {
        assert_int_equal(*item, 0);
        *item = count * 7;
    }
    assert_true(count >= 1024 && count == list.count);
    for (uint64_t i = 0; i < count; i++)
        assert_int_equal(((const uint64_t *)(const void *)list.items)[i], i * 7);
}

static void an_own_buckets_key_is_read_and_every_other_text_is_none(void **state) {
    UNUSED(state);
    static const struct {
        const char *bucket;
        bool own;
        uint64_t seq;
    } cases[] = {
        {"r:" OUTBOX_HEX ":1", true, 1},
        {"r:" OUTBOX_HEX ":9223372036854775807", true, INT64_MAX},
        {"r:" OUTBOX_HEX ":99999999999999999999999", false, 0},
        {"r:" OUTBOX_HEX ":", false, 0},
        {"r:" OUTBOX_HEX, false, 0},
        {"r:" OUTBOX_HEX ":-1", false, 0},
        {"r:" OUTBOX_HEX ": 1", false, 0},
        {"r:" OUTBOX_HEX ":1x", false, 0},
        {"r:" OUTBOX_HEX "0:1", false, 0},
        {"r:202122232425262728292a2b2c2d2e2g:1", false, 0},
        {"r:2021:1", false, 0},
        {"w:" OUTBOX_HEX ":1", false, 0},
        {"", false, 0},
        {"r:", false, 0},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct id128 outbox;
        uint64_t seq = 0;
        if (bucket_own_key(cases[i].bucket, &outbox, &seq) != cases[i].own)
            fail_msg("%s is not %d", cases[i].bucket, cases[i].own);
        if (!cases[i].own)
            continue;
        assert_int_equal(seq, cases[i].seq);
        assert_int_equal(outbox.b[0], 0x20);
        assert_int_equal(outbox.b[15], 0x2f);
    }
}

static void roles_come_back_as_they_were_joined(void **state) {
    UNUSED(state);
    static const char *const roles[] = {"police_officer", "station_host", "x"};
    for (size_t count = 0; count <= ARRAY_COUNT(roles); count++) {
        struct buffer text;
        buffer_init(&text, 256);
        const char **split;
        size_t split_count;
        assert_ok(roles_join(roles, count, &text));
        assert_ok(roles_split(buffer_text(&text), &arena, &split, &split_count));
        assert_int_equal(split_count, count);
        for (size_t i = 0; i < count; i++)
            assert_string_equal(split[i], roles[i]);
        buffer_deinit(&text);
    }
}

static void a_role_that_would_become_two_is_refused(void **state) {
    UNUSED(state);
    static const char *const roles[] = {"guard", "guard\npolice_officer"};
    struct buffer text;
    buffer_init(&text, 256);
    assert_err(ROND_EINVALID, roles_join(roles, 2, &text));
    buffer_deinit(&text);
}

// Two rows whose texts only run together differently must not have one hash: sizes are hashed too.
static void an_audit_hash_depends_on_everything_in_the_row_and_before(void **state) {
    UNUSED(state);
    const struct hash256 zero = {{0}}, one = {{1}};
    const struct audit_row row = {.at_ms = 5, .actor = "uid:1", .action = "ab", .detail = "c"};
    struct audit_row rows[] = {row, row, row, row, row};
    rows[0].at_ms = 6;
    rows[1].actor = "uid:2";
    rows[2].action = "a", rows[2].detail = "bc";
    rows[3].detail = "";
    rows[4].actor = "uid:1a", rows[4].action = "b";
    struct hash256 base, again, hash;
    assert_ok(audit_hash(&zero, 1, &row, &base));
    assert_ok(audit_hash(&zero, 1, &row, &again));
    assert_memory_equal(&base, &again, sizeof base);
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        assert_ok(audit_hash(&zero, 1, &rows[i], &hash));
        assert_memory_not_equal(&base, &hash, sizeof base);
    }
    assert_ok(audit_hash(&zero, 2, &row, &hash));
    assert_memory_not_equal(&base, &hash, sizeof base);
    assert_ok(audit_hash(&one, 1, &row, &hash));
    assert_memory_not_equal(&base, &hash, sizeof base);
}

static void an_audit_row_beyond_all_measure_is_invalid(void **state) {
    UNUSED(state);
    static char detail[2 * 1024 * 1024];
    memset(detail, 'x', sizeof detail - 1);
    const struct hash256 zero = {{0}};
    const struct audit_row row = {.actor = "uid:1", .action = "a", .detail = detail};
    struct hash256 hash;
    assert_err(ROND_EINVALID, audit_hash(&zero, 1, &row, &hash));
}

static void runs_of_seqs_stay_within_what_can_be_stored(void **state) {
    UNUSED(state);
    static const struct {
        uint64_t first, count;
        bool fit;
    } cases[] = {
        {1, 1, true},
        {0, 1, false},
        {1, 0, false},
        {1, INT64_MAX, true},
        {2, INT64_MAX, false},
        {INT64_MAX, 1, true},
        {INT64_MAX, 2, false},
        {(uint64_t)INT64_MAX + 1, 1, false},
        {UINT64_MAX, UINT64_MAX, false},
        {1, UINT64_MAX, false},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
        if (seqs_fit(cases[i].first, cases[i].count) != cases[i].fit)
            fail_msg("%llu, %llu is not %d", (unsigned long long)cases[i].first, (unsigned long long)cases[i].count,
                     cases[i].fit);
}

static char place_id[] = "stortorget", place_name[] = "Stortorget", empty[] = "";

static void reference_data_is_compared_without_its_revision_and_gets_the_one_it_is_read_with(void **state) {
    UNUSED(state);
    Rond__V1__Place place = ROND__V1__PLACE__INIT;
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT, *read = NULL;
    place.id = place_id;
    place.name = place_name;
    entry.id = place_id;
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_PLACE;
    entry.place = &place;
    struct buffer first, second;
    buffer_init(&first, 1024);
    buffer_init(&second, 1024);
    entry.revision = 4;
    assert_ok(reference_pack(&entry, &first));
    entry.revision = 5;
    assert_ok(reference_pack(&entry, &second));
    assert_int_equal(entry.revision, 5);
    assert_int_equal(first.size, second.size);
    assert_memory_equal(first.data, second.data, first.size);
    assert_ok(reference_unpack(buffer_bytes(&first), 77, &arena, &read));
    assert_int_equal(read->revision, 77);
    assert_string_equal(read->place->name, "Stortorget");
    buffer_deinit(&first);
    buffer_deinit(&second);
}

static void reference_data_without_an_id_or_a_body_is_refused(void **state) {
    UNUSED(state);
    Rond__V1__Place place = ROND__V1__PLACE__INIT;
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    struct buffer to;
    buffer_init(&to, 1024);
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_PLACE;
    entry.place = &place;
    entry.id = NULL;
    assert_err(ROND_EINVALID, reference_pack(&entry, &to));
    entry.id = empty;
    assert_err(ROND_EINVALID, reference_pack(&entry, &to));
    entry.id = place_id;
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY__NOT_SET;
    assert_err(ROND_EINVALID, reference_pack(&entry, &to));
    assert_int_equal(to.size, 0);
    buffer_deinit(&to);
}

static void stored_reference_data_that_is_damaged_is_corrupt_and_not_a_lack_of_memory(void **state) {
    UNUSED(state);
    static const uint8_t damaged[] = {0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x41};
    Rond__V1__ReferenceEntry *entry = NULL;
    struct arena small;
    arena_init(&small, 4);
    assert_err(ROND_ECORRUPT, reference_unpack(bytes_of(damaged, sizeof damaged), 1, &arena, &entry));
    assert_err(ROND_ENOMEM, reference_unpack(bytes_of(damaged, sizeof damaged), 1, &small, &entry));
    assert_null(entry);
    arena_deinit(&small);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, arena_setup, arena_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_list_keeps_its_items_while_it_grows_and_says_when_memory_ends),
        TEST(an_own_buckets_key_is_read_and_every_other_text_is_none),
        TEST(roles_come_back_as_they_were_joined),
        TEST(a_role_that_would_become_two_is_refused),
        TEST(an_audit_hash_depends_on_everything_in_the_row_and_before),
        TEST(an_audit_row_beyond_all_measure_is_invalid),
        TEST(runs_of_seqs_stay_within_what_can_be_stored),
        TEST(reference_data_is_compared_without_its_revision_and_gets_the_one_it_is_read_with),
        TEST(reference_data_without_an_id_or_a_body_is_refused),
        TEST(stored_reference_data_that_is_damaged_is_corrupt_and_not_a_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
