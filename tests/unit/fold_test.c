#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/check.h"
#include "base/rng.h"
#include "support/counting.h"

static struct arena arena;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, 16 * 1024 * 1024);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    arena_deinit(&arena);
    return 0;
}

// The contributions of all reports, one after the other.
struct told {
    struct contribution list[64];
    size_t count;
};

static void tell(struct told *told, const struct commitment *commitment, const struct counted_report *report) {
    struct contribution *contributions;
    size_t count;
    assert_int_equal(match(commitment, report, &arena, &contributions, &count), ROND_OK);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(contributions[i].reason, REASON_COUNTED);
        assert_string_equal(contributions[i].bucket, contributions[0].bucket);
        assert_true(told->count < ARRAY_COUNT(told->list));
        told->list[told->count++] = contributions[i];
    }
}

static struct tally value_of(const struct commitment *commitment, const struct told *told, enum counting_reason wanted) {
    struct tally value;
    enum counting_reason reason;
    for (size_t i = 1; i < told->count; i++) {
        assert_string_equal(told->list[i].bucket, told->list[0].bucket);
    }
    bucket_value(commitment, told->list, told->count, &value, &reason);
    assert_string_equal(reason_name(reason), reason_name(wanted));
    assert_int_equal(value.reports, told->count);
    return value;
}

static Rond__V1__Promise *taxi_promise(void) {
    Rond__V1__Commitment *definition = a_commitment(&arena, ROND__V1__MEASURE__MEASURE_AT_LEAST, ROND__V1__KIND__KIND_CHECK);
    definition->required_organisations =
        words(&arena, "skatteverket forsakringskassan", &definition->n_required_organisations);
    definition->target = 2;
    return a_promise(&arena, definition);
}

static Rond__V1__Report *taxi_check(const char *activity, const char *organisations) {
    Rond__V1__Report *check = a_report(&arena, ROND__V1__REPORT__BODY_CHECK);
    check->activity = arena_text(&arena, activity);
    check->organisations = words(&arena, organisations, &check->n_organisations);
    return check;
}

static void a_joint_activity_by_three_reports_counts_once_and_only_when_all_required_are_there(void **state) {
    (void)state;
    struct commitment commitment = derived(taxi_promise(), 0);
    struct told told = {0};
    static const char *const reporters[] = {"polisen", "skatteverket", "forsakringskassan"};
    for (size_t i = 0; i < 3; i++) {
        struct counted_report report =
            counted(taxi_check("taxi-1", ""), i + 1, reporters[i], "2015-05-04 10:00", "2015-05-04 12:00");
        tell(&told, &commitment, &report);
        struct tally value = value_of(&commitment, &told, i < 2 ? REASON_ORGANISATIONS : REASON_COUNTED);
        assert_int_equal(value.count, i < 2 ? 0 : 1);
    }
}

static void one_report_that_names_the_partners_is_enough(void **state) {
    (void)state;
    struct commitment commitment = derived(taxi_promise(), 0);
    struct told told = {0};
    struct counted_report report =
        counted(taxi_check("", "skatteverket forsakringskassan"), 1, "polisen", "2015-05-04 10:00", "2015-05-04 12:00");
    tell(&told, &commitment, &report);
    assert_int_equal(value_of(&commitment, &told, REASON_COUNTED).count, 1);
}

static void of_one_activity_the_highest_quantity_counts(void **state) {
    (void)state;
    Rond__V1__Commitment *definition =
        a_commitment(&arena, ROND__V1__MEASURE__MEASURE_AT_LEAST, ROND__V1__KIND__KIND_INITIATIVE);
    struct commitment commitment = derived(a_promise(&arena, definition), 0);
    struct told told = {0};
    for (unsigned i = 1; i <= 3; i++) {
        Rond__V1__Report *initiative = a_report(&arena, ROND__V1__REPORT__BODY_INITIATIVE);
        initiative->activity = arena_text(&arena, "watch");
        initiative->initiative->quantity = i == 2 ? 7 : i;
        struct counted_report report = counted(initiative, i, "polisen", "2015-05-04 10:00", "2015-05-04 12:00");
        tell(&told, &commitment, &report);
    }
    assert_int_equal(value_of(&commitment, &told, REASON_COUNTED).count, 7);
}

static void a_campaign_is_done_once_when_every_part_and_party_is_there(void **state) {
    (void)state;
    Rond__V1__Commitment *definition =
        a_commitment(&arena, ROND__V1__MEASURE__MEASURE_ONCE, ROND__V1__KIND__KIND_UNSPECIFIED);
    definition->season_from = arena_text(&arena, "09-01");
    definition->season_to = arena_text(&arena, "11-30");
    definition->required_organisations = words(&arena, "polisen lunds-kommun", &definition->n_required_organisations);
    definition->parts = arena_array(&arena, 2, sizeof(Rond__V1__Filter *));
    definition->n_parts = 2;
    definition->parts[0] = a_filter(&arena, ROND__V1__KIND__KIND_CHECK);
    definition->parts[1] = a_filter(&arena, ROND__V1__KIND__KIND_CAMPAIGN_HANDOUT);
    definition->parts[1]->items = words(&arena, "lights reflectors", &definition->parts[1]->n_items);
    struct commitment commitment = derived(a_promise(&arena, definition), 0);
    struct told told = {0};
    Rond__V1__Report *lights = a_report(&arena, ROND__V1__REPORT__BODY_HANDOUT);
    Rond__V1__Report *reflectors = a_report(&arena, ROND__V1__REPORT__BODY_HANDOUT);
    Rond__V1__Report *check = a_report(&arena, ROND__V1__REPORT__BODY_CHECK);
    add_item(&arena, lights, "lights", 20);
    add_item(&arena, reflectors, "reflectors", 20);
    struct counted_report reports[] = {
        counted(lights, 1, "polisen", "2015-09-10 10:00", "2015-09-10 12:00"),
        counted(check, 2, "polisen", "2015-10-10 10:00", "2015-10-10 12:00"),
        counted(reflectors, 3, "polisen", "2015-11-10 10:00", "2015-11-10 12:00"),
        counted(reflectors, 4, "lunds-kommun", "2015-11-30 10:00", "2015-11-30 12:00"),
    };
    static const enum counting_reason reasons[] = {REASON_PARTS, REASON_PARTS, REASON_ORGANISATIONS, REASON_COUNTED};
    for (size_t i = 0; i < ARRAY_COUNT(reports); i++) {
        tell(&told, &commitment, &reports[i]);
        assert_int_equal(value_of(&commitment, &told, reasons[i]).count, i == 3 ? 1 : 0);
    }
}

static Rond__V1__Promise *presence_promise(void) {
    Rond__V1__Commitment *definition =
        a_commitment(&arena, ROND__V1__MEASURE__MEASURE_PRESENCE, ROND__V1__KIND__KIND_VISIBLE_PATROL);
    add_window(&arena, definition, "lund-c", "fri sat", "20:00", "02:00", 60);
    return a_promise(&arena, definition);
}

static void tell_patrol(struct told *told, const struct commitment *commitment, const char *from, const char *to,
                        unsigned persons) {
    Rond__V1__Report *patrol = a_report(&arena, ROND__V1__REPORT__BODY_PATROL);
    add_persons(&arena, patrol, "police_officer", persons);
    struct counted_report report = counted(patrol, told->count + 1, "polisen", from, to);
    tell(told, commitment, &report);
}

static void several_at_once_add_up_in_person_minutes_and_cover_each_minute_once(void **state) {
    (void)state;
    struct commitment commitment = derived(presence_promise(), 0);
    struct told told = {0};
    tell_patrol(&told, &commitment, "2015-05-08 20:00", "2015-05-08 20:30", 2); // 60 person-minutes
    struct tally value = value_of(&commitment, &told, REASON_COUNTED);
    assert_int_equal(value.person_minutes, 60);
    assert_int_equal(value.covered_minutes, 30);
    assert_int_equal(value.windows_met, 0);
    tell_patrol(&told, &commitment, "2015-05-08 20:15", "2015-05-08 20:40", 1); // overlaps: 10 more covered
    tell_patrol(&told, &commitment, "2015-05-09 01:50", "2015-05-09 02:30", 3); // clipped to 10 minutes
    tell_patrol(&told, &commitment, "2015-05-08 20:20", "2015-05-08 20:25", 1); // inside another
    value = value_of(&commitment, &told, REASON_COUNTED);
    assert_int_equal(value.person_minutes, 60 + 25 + 30 + 5);
    assert_int_equal(value.covered_minutes, 50);
    assert_int_equal(value.windows_met, 0);
    tell_patrol(&told, &commitment, "2015-05-08 21:00", "2015-05-08 21:10", 1);
    assert_int_equal(value_of(&commitment, &told, REASON_COUNTED).windows_met, 1);
}

static void tell_look(struct told *told, const struct commitment *commitment, const struct report_key *first, const char *at,
                      Rond__V1__Safety safety) {
    Rond__V1__Report *walk = a_report(&arena, ROND__V1__REPORT__BODY_WALK);
    Rond__V1__Finding *finding = add_finding(&arena, walk, "1", safety);
    struct counted_report report = counted(walk, first == NULL ? 1 : 100 + told->count, "polisen", at, at);
    if (first != NULL) {
        rewalk_of(&arena, finding, first, "1");
    }
    tell(told, commitment, &report);
}

static void an_action_is_closed_by_the_latest_look_in_whatever_order_they_come(void **state) {
    (void)state;
    Rond__V1__Commitment *definition =
        a_commitment(&arena, ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED, ROND__V1__KIND__KIND_SAFETY_WALK);
    definition->follows = arena_text(&arena, "c1");
    struct commitment commitment = derived(a_promise(&arena, definition), 0);
    struct report_key first =
        counted(a_report(&arena, ROND__V1__REPORT__BODY_WALK), 1, "", "2015-05-04 10:00", "2015-05-04 10:00").key;
    struct told told = {0};
    tell_look(&told, &commitment, &first, "2015-09-01 18:00", ROND__V1__SAFETY__SAFETY_SAFE); // arrives before the first
    struct tally value = value_of(&commitment, &told, REASON_PARTS);
    assert_int_equal(value.actions_closed + value.actions_open, 0);
    tell_look(&told, &commitment, NULL, "2015-05-04 18:00", ROND__V1__SAFETY__SAFETY_UNSAFE);
    value = value_of(&commitment, &told, REASON_COUNTED);
    assert_int_equal(value.actions_closed, 1);
    assert_int_equal(value.actions_open, 0);
    tell_look(&told, &commitment, &first, "2015-07-04 18:00", ROND__V1__SAFETY__SAFETY_UNSAFE); // earlier than the safe one
    assert_int_equal(value_of(&commitment, &told, REASON_COUNTED).actions_closed, 1);
    tell_look(&told, &commitment, &first, "2015-09-01 18:00", ROND__V1__SAFETY__SAFETY_UNSAFE); // at one moment: unsafe
    assert_int_equal(value_of(&commitment, &told, REASON_COUNTED).actions_open, 1);
    tell_look(&told, &commitment, &first, "2015-10-01 18:00", ROND__V1__SAFETY__SAFETY_SAFE);
    assert_int_equal(value_of(&commitment, &told, REASON_COUNTED).actions_open, 0);
}

static void an_empty_bucket_is_worth_nothing(void **state) {
    (void)state;
    struct commitment commitment = derived(presence_promise(), 0);
    struct tally value;
    enum counting_reason reason;
    bucket_value(&commitment, NULL, 0, &value, &reason);
    assert_true(tally_is_zero(&value));
    assert_string_equal(bucket_period(NULL, 0), "");
}

static void an_activity_told_of_in_two_months_counts_in_the_one_in_which_it_began(void **state) {
    (void)state;
    struct contribution told[2] = {{.from_s = 200, .period = "2015-06"}, {.from_s = 100, .period = "2015-05"}};
    assert_string_equal(bucket_period(told, 2), "2015-05");
    told[0].from_s = 100;
    assert_string_equal(bucket_period(told, 2), "2015-05");
}

// --- Whatever the order, and whether step by step or all at once ---

enum { BUCKETS = 6, SLOTS = 40 };

struct slot {
    bool is_there;
    unsigned bucket;
    struct contribution value;
};

static struct contribution a_random_contribution(const struct rng *rng) {
    struct contribution made = {0};
    made.parts = (uint32_t)rng_below(rng, 4);
    made.organisations = (uint32_t)rng_below(rng, 8);
    made.quantity = (uint32_t)rng_below(rng, 5);
    made.persons = (uint32_t)rng_below(rng, 4);
    made.from_s = (int64_t)rng_below(rng, 3600);
    made.to_s = made.from_s + (int64_t)rng_below(rng, 3600);
    made.finding_state = (uint32_t)(1 + rng_below(rng, 2));
    snprintf(made.period, sizeof made.period, "w%u", (unsigned)rng_below(rng, 2));
    return made;
}

// Value of a bucket with its contributions taken in slot order from `start`, going round.
static struct tally bucket_of_slots(const struct commitment *commitment, const struct slot *slots, unsigned bucket,
                                    size_t start, char period[PERIOD_SIZE]) {
    struct contribution list[SLOTS];
    size_t count = 0;
    struct tally value;
    enum counting_reason reason;
    for (size_t i = 0; i < SLOTS; i++) {
        const struct slot *slot = &slots[(start + i) % SLOTS];
        if (slot->is_there && slot->bucket == bucket) {
            list[count++] = slot->value;
        }
    }
    bucket_value(commitment, list, count, &value, &reason);
    snprintf(period, PERIOD_SIZE, "%s", bucket_period(list, count));
    return value;
}

static void totals_step_by_step_equal_a_rebuild_in_any_order(void **state) {
    (void)state;
    static const Rond__V1__Measure measures[] = {
        ROND__V1__MEASURE__MEASURE_AT_LEAST, ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED, ROND__V1__MEASURE__MEASURE_PRESENCE};
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct rng_seeded seeded;
        rng_seeded_init(&seeded, seed);
        struct rng rng = rng_seeded_as_rng(&seeded);
        arena_reset(&arena);
        Rond__V1__Commitment *definition = a_commitment(&arena, measures[seed % 3], ROND__V1__KIND__KIND_UNSPECIFIED);
        definition->follows = definition->id;
        definition->joint = seed % 2 == 0 && seed % 3 == 0;
        add_window(&arena, definition, "", "fri", "20:00", "22:00", 30);
        add_window(&arena, definition, "", "sat", "20:00", "22:00", 10);
        struct commitment commitment = derived(a_promise(&arena, definition), 0);
        struct slot slots[SLOTS] = {0};
        struct tally total = {0};
        for (int step = 0; step < 120; step++) {
            // A correction or withdrawal takes one out, an arrival puts one in: the bucket's old value goes, the new comes.
            struct slot *slot = &slots[rng_below(&rng, SLOTS)];
            unsigned bucket = slot->is_there ? slot->bucket : (unsigned)rng_below(&rng, BUCKETS);
            char period[PERIOD_SIZE], same[PERIOD_SIZE];
            struct tally before = bucket_of_slots(&commitment, slots, bucket, 0, period);
            tally_subtract(&total, &before);
            slot->is_there = !slot->is_there;
            slot->bucket = bucket;
            slot->value = a_random_contribution(&rng);
            if (commitment.definition->measure == ROND__V1__MEASURE__MEASURE_PRESENCE) {
                snprintf(slot->value.period, PERIOD_SIZE, "w%u", bucket % 2); // a bucket is of one window
            }
            struct tally after = bucket_of_slots(&commitment, slots, bucket, 0, period);
            struct tally turned = bucket_of_slots(&commitment, slots, bucket, (size_t)rng_below(&rng, SLOTS), same);
            assert_string_equal(period, same);
            assert_memory_equal(&after, &turned, sizeof after);
            tally_add(&total, &after);
        }
        struct tally rebuilt = {0};
        for (unsigned bucket = BUCKETS; bucket-- > 0;) {
            char period[PERIOD_SIZE];
            struct tally value = bucket_of_slots(&commitment, slots, bucket, 0, period);
            tally_add(&rebuilt, &value);
        }
        assert_memory_equal(&total, &rebuilt, sizeof total);
        tally_subtract(&total, &rebuilt);
        assert_true(tally_is_zero(&total));
    }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_joint_activity_by_three_reports_counts_once_and_only_when_all_required_are_there),
        TEST(one_report_that_names_the_partners_is_enough),
        TEST(of_one_activity_the_highest_quantity_counts),
        TEST(a_campaign_is_done_once_when_every_part_and_party_is_there),
        TEST(several_at_once_add_up_in_person_minutes_and_cover_each_minute_once),
        TEST(an_action_is_closed_by_the_latest_look_in_whatever_order_they_come),
        TEST(an_empty_bucket_is_worth_nothing),
        TEST(an_activity_told_of_in_two_months_counts_in_the_one_in_which_it_began),
        TEST(totals_step_by_step_equal_a_rebuild_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
