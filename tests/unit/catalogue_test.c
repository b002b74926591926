#include "promise/catalogue.h"

#include <string.h>

#include "support/lund.h"
#include "support/test.h"

static int open_lund(void **state) {
    static struct lund lund;
    lund_open(&lund);
    *state = &lund;
    return 0;
}

static int close_lund(void **state) {
    lund_close(*state);
    return 0;
}

static void everything_is_found_by_its_id_and_nothing_else_is(void **state) {
    struct lund *lund = *state;
    const struct catalogue *catalogue = lund->catalogue;
    assert_string_equal(catalogue_area(catalogue, "lund")->name, "Lund");
    assert_string_equal(catalogue_zone_of_area(catalogue, "lund")->id, "Europe/Stockholm");
    assert_string_equal(catalogue_place(catalogue, "bangatan")->area, "lund");
    assert_string_equal(catalogue_organisation(catalogue, "jernhusen")->kind, "station_owner");
    assert_string_equal(catalogue_term(catalogue, "check", "taxi")->id, "taxi");
    assert_string_equal(catalogue_promise(catalogue, "lund-2015-trafik")->id, "lund-2015-trafik");
    assert_null(catalogue_term(catalogue, "item", "taxi"));
    assert_null(catalogue_place(catalogue, ""));
    assert_null(catalogue_place(catalogue, NULL));
    assert_null(catalogue_area(catalogue, "lun"));
    assert_null(catalogue_zone_of_area(catalogue, "kiruna"));
    assert_null(catalogue_commitment_by_path(catalogue, "lund-2015-trafik/"));
}

static void commitments_keep_the_order_of_their_file_and_are_found_by_path_and_number(void **state) {
    static const char *const paths[] = {
        "lund-2015-trafik/skyltar",   "lund-2015-trafik/cykel",     "lund-2015-trafik/taxi",
        "lund-2015-trafik/taximoten", "lund-2015-trafik/synas",     "lund-2015-station/samverkan",
        "lund-2015-station/vandring", "lund-2015-station/atgarder", "lund-2015-station/narvaro",
        "lund-2015-station/grannar",
    };
    struct lund *lund = *state;
    size_t count;
    const struct commitment *const *all = catalogue_commitments(lund->catalogue, NULL, &count);
    assert_int_equal(count, ARRAY_COUNT(paths));
    bool seen[ARRAY_COUNT(paths)] = {0};
    for (size_t i = 0; i < count; i++) {
        const struct commitment *commitment = all[i];
        const char *path = catalogue_commitment_path(lund->catalogue, commitment->number);
        assert_ptr_equal(catalogue_commitment_by_path(lund->catalogue, path), commitment);
        assert_ptr_equal(catalogue_commitment(lund->catalogue, commitment->number), commitment);
        for (size_t k = 0; k < count; k++)
            seen[k] = seen[k] || strcmp(paths[k], path) == 0;
    }
    for (size_t k = 0; k < count; k++)
        assert_true(seen[k]);
    // Within a promise: as in the file.
    assert_true(catalogue_commitment_by_path(lund->catalogue, paths[1]) ==
                catalogue_commitment_by_path(lund->catalogue, paths[0]) + 1);
    catalogue_commitments(lund->catalogue, "malmo", &count);
    assert_int_equal(count, 0);
    catalogue_commitments(lund->catalogue, "lund", &count);
    assert_int_equal(count, ARRAY_COUNT(paths));
    assert_null(catalogue_commitment(lund->catalogue, 9999));
    assert_null(catalogue_commitment_path(lund->catalogue, 0));
}

static void what_is_removed_is_gone_from_the_next_snapshot_only(void **state) {
    struct lund *lund = *state;
    struct catalogue *before = catalogue_ref(lund->catalogue);
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    Rond__V1__Place place = ROND__V1__PLACE__INIT;
    entry.id = place.id = arena_text(&lund->arena, "stortorget");
    entry.removed = true;
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_PLACE;
    entry.place = &place;
    lund_begin(lund);
    assert_ok(lund->store->registry->reference_put(lund->store, &entry, NULL));
    lund_refresh(lund);
    lund_commit(lund);
    assert_null(catalogue_place(lund->catalogue, "stortorget"));
    assert_non_null(catalogue_place(before, "stortorget"));
    assert_true(catalogue_revision(lund->catalogue) > catalogue_revision(before));
    catalogue_unref(before);
}

static void a_promise_without_its_area_is_named_as_what_cannot_be_read(void **state) {
    struct lund *lund = *state;
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    Rond__V1__Area area = ROND__V1__AREA__INIT;
    struct catalogue *none = NULL;
    struct fault fault = {0};
    entry.id = area.id = arena_text(&lund->arena, "lund");
    entry.removed = true;
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_AREA;
    entry.area = &area;
    lund_begin(lund);
    assert_ok(lund->store->registry->reference_put(lund->store, &entry, NULL));
    assert_err(ROND_ECORRUPT, catalogue_create(lund->store, &none, &fault));
    lund->store->ledger->rollback(lund->store);
    assert_non_null(strstr(fault.field, "lund-2015-"));
    assert_null(none);
}

static void a_snapshot_may_be_let_go_as_nothing(void **state) {
    (void)state;
    catalogue_unref(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everything_is_found_by_its_id_and_nothing_else_is, open_lund, close_lund),
        cmocka_unit_test_setup_teardown(commitments_keep_the_order_of_their_file_and_are_found_by_path_and_number, open_lund,
                                        close_lund),
        cmocka_unit_test_setup_teardown(what_is_removed_is_gone_from_the_next_snapshot_only, open_lund, close_lund),
        cmocka_unit_test_setup_teardown(a_promise_without_its_area_is_named_as_what_cannot_be_read, open_lund, close_lund),
        cmocka_unit_test(a_snapshot_may_be_let_go_as_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
