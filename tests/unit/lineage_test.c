#include "promise/lineage.h"

#include <string.h>

#include "support/lund.h"
#include "support/test.h"

static struct lund lund;

static int open_lund(void **state) {
    (void)state;
    lund_open_memory(&lund, rng_system());
    lund_begin(&lund);
    return 0;
}

static int close_lund(void **state) {
    (void)state;
    lund_commit(&lund);
    lund_close(&lund);
    return 0;
}

static Rond__V1__Report *check(unsigned variant, const struct report_key *corrects) {
    Rond__V1__Report *report = sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, variant);
    if (corrects != NULL)
        report->corrects = lund_identity(&lund.arena, corrects);
    return report;
}

static uint64_t send_anew(unsigned device, unsigned outbox, const Rond__V1__Report *report,
                          const struct report_key *formerly) {
    struct record record = record_of_report(&lund.arena, report);
    record.has_formerly = true;
    record.formerly_outbox = formerly->outbox;
    record.formerly_seq = formerly->seq;
    return lund_append_record(&lund, device, outbox, &record);
}

static struct lineages load(uint64_t row) {
    struct stored_report report;
    struct lineages set;
    assert_ok(lund.store->views->report(lund.store, row, &lund.arena, &report));
    assert_ok(lineages_load(lund.store, lund.catalogue, &report, 1, &lund.arena, &set));
    assert_int_equal(set.nodes[0].report.row, row); // the given ones come first
    return set;
}

static const struct lineage_node *node(const struct lineages *set, uint64_t row) {
    for (size_t i = 0; i < set->count; i++)
        if (set->nodes[i].report.row == row)
            return &set->nodes[i];
    fail_msg("row %d was not loaded", (int)row);
    return NULL;
}

static void a_report_that_nobody_names_stands_alone(void **state) {
    (void)state;
    uint64_t row = lund_append(&lund, 0, 0, check(0, NULL));
    lund_append(&lund, 0, 0, check(1, NULL));
    struct lineages set = load(row);
    assert_int_equal(set.count, 1);
    assert_false(set.nodes[0].linked);
    assert_false(set.nodes[0].silent);
    assert_int_equal(set.nodes[0].part, REASON_COUNTED);
    assert_true(report_key_equal(&set.nodes[0].counts_as, &set.nodes[0].key));
}

static void whichever_of_a_lineage_is_loaded_all_of_it_comes_and_the_answer_is_the_same(void **state) {
    (void)state;
    struct report_key original = lund_key_of(0, 0, 1), first = lund_key_of(0, 1, 1);
    uint64_t rows[] = {
        lund_append(&lund, 0, 0, check(0, NULL)),
        lund_append(&lund, 0, 1, check(1, &original)),
        lund_append(&lund, 0, 2, check(2, &first)),
        lund_append(&lund, 1, 3, check(3, &original)),
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct lineages set = load(rows[i]);
        assert_int_equal(set.count, ARRAY_COUNT(rows));
        for (size_t k = 0; k < ARRAY_COUNT(rows); k++) {
            const struct lineage_node *member = node(&set, rows[k]);
            assert_true(report_key_equal(&member->counts_as, &original));
            assert_true(member->linked);
            assert_int_equal(member->part, k == 3 ? REASON_COUNTED : REASON_REPLACED); // claimed last
        }
    }
}

static void a_withdrawal_is_silent_and_takes_the_whole_lineage_out(void **state) {
    (void)state;
    struct report_key original = lund_key_of(0, 0, 1), first = lund_key_of(0, 1, 1);
    uint64_t row = lund_append(&lund, 0, 0, check(0, NULL));
    uint64_t correction = lund_append(&lund, 0, 1, check(1, &original));
    uint64_t withdrawal = lund_append(&lund, 1, 0, sample_withdrawal(&lund.arena, &first.device, &first.outbox, first.seq));
    struct lineages set = load(withdrawal);
    assert_true(node(&set, withdrawal)->silent);
    assert_int_equal(node(&set, row)->part, REASON_WITHDRAWN);
    assert_int_equal(node(&set, correction)->part, REASON_WITHDRAWN);
}

static void what_is_above_a_missing_or_a_foreign_target_is_said_to_be(void **state) {
    (void)state;
    struct report_key missing = lund_key_of(0, 9, 1), waiting = lund_key_of(0, 0, 1), own = lund_key_of(0, 5, 1);
    lund_append(&lund, 0, 0, check(0, &missing));
    uint64_t above = lund_append(&lund, 0, 1, check(1, &waiting));
    struct lineages set = load(above);
    assert_int_equal(set.nodes[0].part, REASON_WAITING_TARGET);
    uint64_t target = lund_append(&lund, 0, 5, check(2, NULL));
    uint64_t foreign = lund_append(&lund, 2, 0, check(3, &own));
    set = load(foreign);
    assert_int_equal(node(&set, foreign)->part, REASON_FOREIGN_TARGET);
    assert_int_equal(node(&set, target)->part, REASON_COUNTED);
}

// Two devices of one organisation.
static Rond__V1__Report *check_as(const char *role, unsigned variant, const struct report_key *corrects) {
    Rond__V1__Report *report = check(variant, corrects);
    report->role = arena_text(&lund.arena, role);
    return report;
}

static void put_role(const char *id, const char *corrects) {
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    Rond__V1__Term term = ROND__V1__TERM__INIT;
    char *list[] = {arena_text(&lund.arena, corrects)};
    term.id = term.name_sv = arena_text(&lund.arena, id);
    term.list = arena_text(&lund.arena, "role");
    term.corrects = list;
    term.n_corrects = 1;
    entry.id = arena_printf(&lund.arena, "role/%s", id);
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_TERM;
    entry.term = &term;
    assert_ok(lund.store->registry->reference_put(lund.store, &entry, NULL));
    lund_refresh(&lund);
}

static void another_device_corrects_in_its_own_role_or_one_that_may(void **state) {
    (void)state;
    static const struct {
        unsigned device;
        const char *role, *corrected;
        bool erases;
        enum counting_reason part;
    } cases[] = {
        {1, "police_officer", "police_officer", false, REASON_COUNTED},
        {1, "station_host", "police_officer", false, REASON_ROLE_TARGET},
        {0, "station_host", "police_officer", false, REASON_COUNTED}, // its own device
        {1, "public_order_guard", "station_host", false, REASON_COUNTED},
        {1, "station_host", "public_order_guard", false, REASON_ROLE_TARGET}, // not the other way round
        {1, "station_host", "police_officer", true, REASON_ROLE_TARGET},
        {1, "public_order_guard", "station_host", true, REASON_COUNTED},
    };
    put_role("public_order_guard", "station_host");
    for (unsigned i = 0; i < ARRAY_COUNT(cases); i++) {
        struct report_key original = lund_key_of(0, 2 * i, 1), correction = lund_key_of(cases[i].device, 2 * i + 1, 1);
        uint64_t first = lund_append(&lund, 0, 2 * i, check_as(cases[i].corrected, 0, NULL));
        uint64_t second = lund_append(&lund, cases[i].device, 2 * i + 1, check_as(cases[i].role, 1, &original));
        uint64_t third = lund_append(&lund, cases[i].device, 2 * i + 100, check_as(cases[i].role, 2, &correction));
        for (uint64_t row = first; cases[i].erases && row <= second; row++)
            assert_ok(lund.store->ledger->erase(lund.store, row, FOR_A_TEST));
        bool allowed = cases[i].part == REASON_COUNTED;
        struct lineages set = load(first);
        assert_int_equal(node(&set, first)->part, allowed ? REASON_REPLACED : REASON_COUNTED);
        assert_int_equal(node(&set, second)->part, allowed ? REASON_REPLACED : REASON_ROLE_TARGET);
        assert_int_equal(node(&set, third)->part, cases[i].part); // what hangs on a refused one is refused with it
    }
}

static void a_twin_is_repeated_and_who_names_it_names_the_first(void **state) {
    (void)state;
    struct report_key old = lund_key_of(0, 0, 1), anew = lund_key_of(0, 1, 1);
    uint64_t first = lund_append(&lund, 0, 0, check(0, NULL));
    uint64_t twin = send_anew(0, 1, check(0, NULL), &old);
    uint64_t correction = lund_append(&lund, 0, 1, check(1, &anew));
    struct lineages set = load(first);
    assert_int_equal(node(&set, twin)->part, REASON_REPEATED);
    assert_int_equal(node(&set, first)->part, REASON_REPLACED);
    assert_int_equal(node(&set, correction)->part, REASON_COUNTED);
    assert_true(report_key_equal(&node(&set, correction)->counts_as, &old));
}

// The outbox was cloned: under the identity that the device meant stands what the clone reported.
static void a_target_means_the_report_of_the_same_outbox_before_what_a_clone_stored_there(void **state) {
    (void)state;
    struct report_key taken = lund_key_of(0, 0, 1), old_correction = lund_key_of(0, 0, 2);
    uint64_t clone = lund_append(&lund, 0, 0, check(7, NULL));
    uint64_t mine = send_anew(0, 1, check(0, NULL), &taken);
    uint64_t correction = send_anew(0, 1, check(1, &taken), &old_correction);
    struct lineages set = load(clone);
    assert_int_equal(node(&set, clone)->part, REASON_COUNTED);
    assert_int_equal(node(&set, mine)->part, REASON_REPLACED);
    assert_int_equal(node(&set, correction)->part, REASON_COUNTED);
}

// Enrolled under another device id, a handheld queues anew what it does not know to be received.
static void what_was_queued_anew_under_another_device_id_counts_once(void **state) {
    (void)state;
    struct report_key old = lund_key_of(0, 0, 1), anew = lund_key_of(1, 1, 1);
    uint64_t first = lund_append(&lund, 0, 0, check(0, NULL));
    uint64_t twin = send_anew(1, 1, check(0, NULL), &old);
    uint64_t correction = lund_append(&lund, 1, 1, check(1, &anew));
    for (uint64_t row = first; row <= correction; row++) {
        struct lineages set = load(row);
        assert_int_equal(node(&set, first)->part, REASON_REPLACED);
        assert_int_equal(node(&set, twin)->part, REASON_REPEATED);
        assert_int_equal(node(&set, correction)->part, REASON_COUNTED);
        assert_memory_equal(&node(&set, correction)->counts_as, &old, sizeof old);
    }
}

static void queued_anew_under_two_more_device_ids_it_counts_once_though_the_first_never_arrived(void **state) {
    (void)state;
    struct report_key never = lund_key_of(2, 0, 1);
    uint64_t second = send_anew(0, 1, check(0, NULL), &never);
    uint64_t third = send_anew(1, 2, check(0, NULL), &never);
    struct lineages set = load(third);
    assert_int_equal(node(&set, second)->part, REASON_COUNTED);
    assert_int_equal(node(&set, third)->part, REASON_REPEATED);
}

static void a_correction_that_takes_its_target_for_the_new_devices_own_finds_it(void **state) {
    (void)state;
    struct report_key named = {lund_device(1), lund_outbox(0, 0), 1}, real = lund_key_of(0, 0, 1);
    uint64_t correction = lund_append(&lund, 1, 0, check(1, &named)); // comes first, too
    struct lineages set = load(correction);
    assert_int_equal(node(&set, correction)->part, REASON_WAITING_TARGET);
    uint64_t target = lund_append(&lund, 0, 0, check(0, NULL));
    for (uint64_t row = correction; row <= target; row++) {
        set = load(row);
        assert_int_equal(node(&set, target)->part, REASON_REPLACED);
        assert_int_equal(node(&set, correction)->part, REASON_COUNTED);
        assert_memory_equal(&node(&set, correction)->counts_as, &real, sizeof real);
    }
}

static void who_claims_another_organisations_report_suppresses_nothing_but_his_own(void **state) {
    (void)state;
    struct report_key there = lund_key_of(0, 0, 1), never = lund_key_of(0, 9, 1), waiting = lund_key_of(0, 9, 2);
    uint64_t original = lund_append(&lund, 0, 0, check(0, NULL));
    uint64_t claim = send_anew(2, 0, check(0, NULL), &there);
    uint64_t first_claim = send_anew(2, 1, check(3, NULL), &never);
    uint64_t mine = send_anew(0, 1, check(3, NULL), &never);
    struct lineages set = load(original);
    assert_int_equal(node(&set, original)->part, REASON_COUNTED);
    assert_int_equal(node(&set, claim)->part, REASON_REPEATED);
    set = load(mine);
    assert_int_equal(node(&set, mine)->part, REASON_COUNTED);
    assert_int_equal(node(&set, first_claim)->part, REASON_COUNTED); // a report of the other organisation's own
    for (unsigned outbox = 2; outbox < 6; outbox++) // whatever their ids, as the order of them must not matter
        send_anew(2, outbox, check(4, NULL), &waiting);
    send_anew(0, 2, check(4, NULL), &waiting);
    uint64_t correction = lund_append(&lund, 0, 3, check(5, &waiting));
    set = load(correction);
    assert_int_equal(node(&set, correction)->part, REASON_COUNTED);
}

static void a_colleagues_claim_that_did_not_get_in_speaks_for_nobody_else(void **state) {
    (void)state;
    struct report_key never = lund_key_of(0, 9, 1), claimed = lund_key_of(1, 0, 1);
    Rond__V1__Report *report = check(0, NULL);
    report->role = arena_text(&lund.arena, "agency_staff"); // which neither is enrolled for: quarantined
    uint64_t claim = send_anew(1, 0, report, &never);
    uint64_t mine = send_anew(0, 1, report, &never);
    assert_ok(lund.store->ledger->quarantine_decide(lund.store, mine, true));
    lund_append(&lund, 1, 1, sample_withdrawal(&lund.arena, &claimed.device, &claimed.outbox, claimed.seq));
    struct lineages set = load(mine);
    assert_int_equal(node(&set, mine)->part, REASON_COUNTED);
    assert_ok(lund.store->ledger->quarantine_decide(lund.store, claim, true));
    set = load(mine);
    assert_int_equal(node(&set, claim)->part, REASON_WITHDRAWN); // a person let it in: now it does
    assert_int_equal(node(&set, mine)->part, REASON_REPEATED);
}

static void an_erased_report_is_compared_by_what_is_kept_of_it(void **state) {
    (void)state;
    struct report_key old = lund_key_of(0, 0, 1), other = lund_key_of(0, 0, 2);
    uint64_t first = lund_append(&lund, 0, 0, check(0, NULL));
    uint64_t second = lund_append(&lund, 0, 0, check(5, NULL));
    assert_ok(lund.store->ledger->erase(lund.store, first, FOR_A_TEST));
    assert_ok(lund.store->ledger->erase(lund.store, second, FOR_A_TEST));
    uint64_t same = send_anew(0, 1, check(0, NULL), &old);
    uint64_t later = send_anew(0, 1, check(6, NULL), &other); // an hour later
    assert_int_equal(load(same).nodes[0].part, REASON_REPEATED);
    assert_int_equal(load(later).nodes[0].part, REASON_COUNTED);
}

static void more_nodes_than_fit_at_first_are_all_found_again(void **state) {
    (void)state;
    struct report_key original = lund_key_of(0, 0, 1);
    uint64_t first = lund_append(&lund, 0, 0, check(0, NULL));
    for (unsigned i = 0; i < 300; i++)
        lund_append(&lund, 1, i, check(1 + i, &original));
    struct lineages set = load(first);
    assert_int_equal(set.count, 301);
    size_t standing = 0;
    for (size_t i = 0; i < set.count; i++)
        standing += set.nodes[i].part == REASON_COUNTED;
    assert_int_equal(standing, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_lund, close_lund)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_report_that_nobody_names_stands_alone),
        TEST(whichever_of_a_lineage_is_loaded_all_of_it_comes_and_the_answer_is_the_same),
        TEST(a_withdrawal_is_silent_and_takes_the_whole_lineage_out),
        TEST(what_is_above_a_missing_or_a_foreign_target_is_said_to_be),
        TEST(another_device_corrects_in_its_own_role_or_one_that_may),
        TEST(a_twin_is_repeated_and_who_names_it_names_the_first),
        TEST(a_target_means_the_report_of_the_same_outbox_before_what_a_clone_stored_there),
        TEST(what_was_queued_anew_under_another_device_id_counts_once),
        TEST(queued_anew_under_two_more_device_ids_it_counts_once_though_the_first_never_arrived),
        TEST(a_correction_that_takes_its_target_for_the_new_devices_own_finds_it),
        TEST(who_claims_another_organisations_report_suppresses_nothing_but_his_own),
        TEST(a_colleagues_claim_that_did_not_get_in_speaks_for_nobody_else),
        TEST(an_erased_report_is_compared_by_what_is_kept_of_it),
        TEST(more_nodes_than_fit_at_first_are_all_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
