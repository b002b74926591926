#include "read/reference.h"

#include <string.h>

#include "support/lund.h"
#include "support/test.h"
#include "wire/limits.h"

static struct lund lund;

static int open_lund(void **state) {
    lund_open_memory(&lund, rng_system());
    return 0;
}

static int open_sqlite(void **state) {
    lund_open(&lund);
    return 0;
}

static int close_lund(void **state) {
    lund_close(&lund);
    return 0;
}

static Rond__V1__Reference *after_for(unsigned device, uint64_t cursor) {
    Rond__V1__Reference *reference = NULL;
    struct id128 id = lund_device(device);
    assert_ok(read_reference(lund.store, &id, cursor, &lund.arena, &reference));
    assert_true(reference->n_entries <= REFERENCE_ENTRIES_MAX);
    return reference;
}

static Rond__V1__Reference *after(uint64_t cursor) {
    return after_for(0, cursor);
}

static void put_place(const char *id, size_t name_size, bool removed) {
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    Rond__V1__Place place = ROND__V1__PLACE__INIT;
    place.id = entry.id = arena_text(&lund.arena, id);
    place.name = arena_alloc(&lund.arena, name_size + 1);
    memset(place.name, 'x', name_size);
    place.area = arena_text(&lund.arena, "lund");
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_PLACE;
    entry.place = &place;
    entry.removed = removed;
    assert_ok(lund.store->registry->reference_put(lund.store, &entry, NULL));
}

static void put_places(unsigned count, size_t name_size) {
    lund_begin(&lund);
    for (unsigned i = 0; i < count; i++)
        put_place(arena_printf(&lund.arena, "place-%u", i), name_size, false);
    lund_commit(&lund);
}

// Goes through all of it; every entry once, in order.
static unsigned read_all(uint64_t cursor, unsigned *ret_pages) {
    unsigned entries = 0;
    *ret_pages = 0;
    for (;;) {
        Rond__V1__Reference *reference = after(cursor);
        size_t size = rond__v1__reference__get_packed_size(reference);
        assert_true(size <= FRAME_BYTES_MAX / 2 + 32 || reference->n_entries == 1);
        for (size_t i = 0; i < reference->n_entries; i++, entries++) {
            assert_true(reference->entries[i]->revision > cursor);
            cursor = reference->entries[i]->revision;
        }
        assert_int_equal(reference->cursor, cursor);
        ++*ret_pages;
        if (!reference->more)
            return entries;
    }
}

static void everything_comes_after_nothing(void **state) {
    Rond__V1__Reference *all = after(0);
    assert_false(all->more);
    assert_int_equal(all->cursor, catalogue_revision(lund.catalogue));
    assert_int_equal(all->n_entries, 14 + 5 + 5 + 2 + 2 + 1); // words, organisations, places, areas, promises, zone
}

static void nothing_new_leaves_the_cursor(void **state) {
    uint64_t newest = after(0)->cursor;
    assert_int_equal(after(newest)->n_entries, 0);
    assert_int_equal(after(newest)->cursor, newest);
    assert_false(after(newest)->more);
    assert_int_equal(after(newest + 100)->cursor, newest + 100);
}

static void a_change_and_a_removal_are_all_that_comes_again(void **state) {
    uint64_t newest = after(0)->cursor;
    lund_begin(&lund);
    put_place("bangatan", 3, false);
    put_place("stortorget", 3, true);
    lund_commit(&lund);
    Rond__V1__Reference *delta = after(newest);
    assert_int_equal(delta->n_entries, 2);
    assert_false(delta->entries[0]->removed);
    assert_true(delta->entries[1]->removed);
    assert_string_equal(delta->entries[1]->id, "stortorget");
}

static void more_entries_than_a_frame_takes_come_in_pages(void **state) {
    unsigned pages;
    uint64_t newest = after(0)->cursor;
    put_places(2 * REFERENCE_ENTRIES_MAX, 10);
    assert_int_equal(read_all(newest, &pages), 2 * REFERENCE_ENTRIES_MAX);
    assert_int_equal(pages, 2); // exactly full, and nothing after it
}

static void more_bytes_than_a_frame_takes_come_in_pages(void **state) {
    unsigned pages;
    uint64_t newest = after(0)->cursor;
    put_places(50, 10 * 1024);
    assert_int_equal(read_all(newest, &pages), 50);
    assert_true(pages >= 4);
}

static void one_entry_larger_than_half_a_frame_comes_alone(void **state) {
    unsigned pages;
    uint64_t newest = after(0)->cursor;
    put_places(3, FRAME_BYTES_MAX / 2 + 1000);
    assert_int_equal(read_all(newest, &pages), 3);
    assert_int_equal(pages, 3);
}

static void put_activity(const char *id, const char *one, const char *other, bool removed) {
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    Rond__V1__Activity activity = ROND__V1__ACTIVITY__INIT;
    char *organisations[] = {arena_text(&lund.arena, one), arena_text(&lund.arena, other)};
    activity.id = entry.id = arena_text(&lund.arena, id);
    activity.organisations = organisations;
    activity.n_organisations = 2;
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_ACTIVITY;
    entry.activity = &activity;
    entry.removed = removed;
    assert_ok(lund.store->registry->reference_put(lund.store, &entry, NULL));
}

// Device 0 is of polisen, 2 of lunds-kommun, 3 of jernhusen.
static void a_planned_activity_goes_to_its_organisations_and_its_end_to_all(void **state) {
    uint64_t newest = after(0)->cursor;
    lund_begin(&lund);
    put_activity("P-00001", "polisen", "lunds-kommun", false);
    put_activity("P-00002", "lunds-kommun", "jernhusen", false);
    lund_commit(&lund);
    assert_int_equal(after_for(0, newest)->n_entries, 1);
    assert_string_equal(after_for(0, newest)->entries[0]->id, "P-00001");
    assert_int_equal(after_for(2, newest)->n_entries, 2);
    assert_int_equal(after_for(3, newest)->n_entries, 1);
    assert_string_equal(after_for(3, newest)->entries[0]->id, "P-00002");
    assert_int_equal(after_for(4, newest)->n_entries, 0);
    for (unsigned device = 0; device < LUND_DEVICES; device++) {
        assert_int_equal(after_for(device, newest)->cursor, newest + 2);
        assert_false(after_for(device, newest)->more);
    }
    lund_begin(&lund);
    put_activity("P-00001", "polisen", "lunds-kommun", true);
    lund_commit(&lund);
    for (unsigned device = 0; device < LUND_DEVICES; device++)
        assert_true(after_for(device, newest + 2)->entries[0]->removed);
}

static void a_page_of_what_is_for_others_is_passed_over_and_says_that_more_follows(void **state) {
    uint64_t newest = after(0)->cursor;
    lund_begin(&lund);
    for (unsigned i = 0; i < REFERENCE_ENTRIES_MAX; i++)
        put_activity(arena_printf(&lund.arena, "P-%05u", i), "skatteverket", "jernhusen", false);
    put_place("bangatan", 3, false);
    lund_commit(&lund);
    Rond__V1__Reference *page = after(newest);
    assert_int_equal(page->n_entries, 0);
    assert_true(page->more);
    assert_int_equal(page->cursor, newest + REFERENCE_ENTRIES_MAX);
    assert_int_equal(after(page->cursor)->n_entries, 1);
}

int main(void) {
#define TEST(test)                                                                                                          \
    cmocka_unit_test_setup_teardown(test, open_lund, close_lund),                                                           \
        cmocka_unit_test_setup_teardown(test, open_sqlite, close_lund)
    const struct CMUnitTest tests[] = {
        TEST(everything_comes_after_nothing),
        TEST(nothing_new_leaves_the_cursor),
        TEST(a_change_and_a_removal_are_all_that_comes_again),
        TEST(more_entries_than_a_frame_takes_come_in_pages),
        TEST(more_bytes_than_a_frame_takes_come_in_pages),
        TEST(one_entry_larger_than_half_a_frame_comes_alone),
        TEST(a_planned_activity_goes_to_its_organisations_and_its_end_to_all),
        TEST(a_page_of_what_is_for_others_is_passed_over_and_says_that_more_follows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
