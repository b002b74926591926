#include "rond/rond.h"

#include "support/test.h"

#include <string.h>

#include "fake_transport.h"
#include "handheld.h"

static int setup(void **state) {
    static struct handheld handheld;
    fake_reset();
    handheld_open(&handheld);
    handheld_enrol(&handheld, "police_officer", 1);
    handheld_reference(&handheld);
    *state = &handheld;
    return 0;
}

static int teardown(void **state) {
    handheld_close(*state);
    return 0;
}

static int64_t now_s(const struct handheld *handheld) {
    return clock_wall_ms(handheld->rond->clock) / 1000;
}

// Planned for an hour that ends so many seconds from now; `removed` cancels it.
static void plan(struct handheld *handheld, const char *id, Rond__V1__Kind kind, int64_t ends_in_s, bool removed) {
    struct arena *arena = &handheld->arena;
    char *organisations[] = {arena_text(arena, "polisen"), arena_text(arena, "lunds-kommun")};
    Rond__V1__Reference reference = ROND__V1__REFERENCE__INIT;
    Rond__V1__ReferenceEntry *room[1];
    Rond__V1__Activity activity = ROND__V1__ACTIVITY__INIT;
    reference.entries = room;
    Rond__V1__ReferenceEntry *entry = entry_add(arena, &reference, id, ROND__V1__REFERENCE_ENTRY__BODY_ACTIVITY);
    entry->activity = &activity;
    entry->removed = removed;
    activity.id = entry->id;
    activity.kind = kind;
    activity.area = arena_text(arena, "lund");
    activity.title = arena_text(arena, "Cykelkontroll");
    activity.place = arena_text(arena, "stortorget");
    activity.to_s = now_s(handheld) + ends_in_s;
    activity.from_s = activity.to_s - 3600;
    activity.organisations = organisations;
    activity.n_organisations = 2;
    activity.of = arena_text(arena, "cyclist_behaviour");
    CHECK(outbox_reference_store(handheld->rond->outbox, &reference) == ROND_OK);
}

static void planned_activities_are_listed_in_order_of_time_until_two_days_after(void **state) {
    struct handheld *handheld = *state;
    rond_activities *activities;
    assert_ok(rond_activities_get(handheld->rond, &activities));
    assert_int_equal(activities->count, 0);
    rond_activities_free(activities);
    plan(handheld, "P-00001", ROND__V1__KIND__KIND_CHECK, 100000, false);
    plan(handheld, "P-00002", ROND__V1__KIND__KIND_MEETING, 50000, false);
    plan(handheld, "P-00003", ROND__V1__KIND__KIND_CHECK, -2 * 24 * 3600 + 60, false);
    plan(handheld, "P-00004", ROND__V1__KIND__KIND_CHECK, -2 * 24 * 3600 - 60, false);
    assert_ok(rond_activities_get(handheld->rond, &activities));
    assert_int_equal(activities->count, 3);
    assert_string_equal(activities->activities[0].id, "P-00003");
    assert_string_equal(activities->activities[1].id, "P-00002");
    assert_string_equal(activities->activities[2].id, "P-00001");
    const rond_planned *first = &activities->activities[0];
    assert_int_equal(first->kind, ROND_CHECK);
    assert_string_equal(first->place, "stortorget");
    assert_string_equal(first->organisations[1], "lunds-kommun");
    assert_string_equal(first->of, "cyclist_behaviour");
    assert_null(first->commitment);
    assert_int_equal(first->to_s - first->from_s, 3600);
    rond_activities_free(activities);
    plan(handheld, "P-00003", ROND__V1__KIND__KIND_CHECK, 0, true);
    assert_ok(rond_activities_get(handheld->rond, &activities));
    assert_int_equal(activities->count, 2);
    rond_activities_free(activities);
}

static void one_is_found_by_its_id_however_typed_and_however_long_ago(void **state) {
    struct handheld *handheld = *state;
    rond_activities *activities;
    plan(handheld, "P-0001A", ROND__V1__KIND__KIND_CHECK, -90 * 24 * 3600, false);
    assert_ok(rond_activities_find(handheld->rond, "p-OO01a", &activities));
    assert_int_equal(activities->count, 1);
    assert_string_equal(activities->activities[0].id, "P-0001A");
    rond_activities_free(activities);
    assert_err(ROND_ENOTFOUND, rond_activities_find(handheld->rond, "P-0001B", &activities));
    assert_err(ROND_EINVALID, rond_activities_find(handheld->rond, "taxi-0508", &activities));
}

static rond_activity a_check(const char *activity) {
    return (rond_activity){
        .struct_size = sizeof(rond_activity),
        .kind = ROND_CHECK,
        .of = "cyclist_behaviour",
        .check_form = ROND_TARGETED,
        .checked = 14,
        .activity = activity,
    };
}

static Rond__V1__Report *newest(struct handheld *handheld) {
    struct outbox_report *reports;
    size_t count;
    uint64_t cursor;
    Rond__V1__Report *report;
    assert_ok(outbox_list(handheld->rond->outbox, 0, 1, &handheld->arena, &reports, &count, &cursor));
    assert_int_equal(count, 1);
    assert_ok(codec_report_decode(&handheld->arena, reports[0].report, &report, NULL));
    return report;
}

static void a_report_names_a_planned_activity_as_it_is_written(void **state) {
    struct handheld *handheld = *state;
    plan(handheld, "P-7QK2M", ROND__V1__KIND__KIND_CHECK, 60, false);
    rond_activity check = a_check("p-7qk2m"), other = a_check("taxi-0508"), unknown = a_check("p-zzzzz");
    assert_ok(rond_report(handheld->rond, &check, NULL, NULL));
    assert_string_equal(newest(handheld)->activity, "P-7QK2M");
    assert_ok(rond_report(handheld->rond, &other, NULL, NULL));
    assert_string_equal(newest(handheld)->activity, "taxi-0508");
    assert_ok(rond_report(handheld->rond, &unknown, NULL, NULL)); // perhaps planned since the last sync
    assert_string_equal(newest(handheld)->activity, "P-ZZZZZ");
}

static void a_report_of_another_kind_than_planned_is_refused_and_not_saved(void **state) {
    struct handheld *handheld = *state;
    rond_totals totals;
    rond_fault fault = {0};
    uint64_t draft = 0;
    plan(handheld, "P-7QK2M", ROND__V1__KIND__KIND_MEETING, 60, false);
    rond_activity check = a_check("P-7QK2M");
    assert_err(ROND_EINVALID, rond_check_activity(handheld->rond, &check, &fault));
    assert_err(ROND_EINVALID, rond_report(handheld->rond, &check, NULL, &fault));
    assert_string_equal(fault.field, "activity");
    assert_non_null(strstr(fault.text, "meeting"));
    assert_ok(rond_draft_save(handheld->rond, &draft, &check, NULL)); // may still be changed
    assert_err(ROND_EINVALID, rond_draft_queue(handheld->rond, draft, NULL, &fault));
    assert_ok(rond_totals_get(handheld->rond, &totals));
    assert_int_equal(totals.queued, 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(planned_activities_are_listed_in_order_of_time_until_two_days_after),
        TEST(one_is_found_by_its_id_however_typed_and_however_long_ago),
        TEST(a_report_names_a_planned_activity_as_it_is_written),
        TEST(a_report_of_another_kind_than_planned_is_refused_and_not_saved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
