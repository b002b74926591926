// Tests: server/read/open_actions.c server/read/open_actions_find.c server/read/open_actions_cache.c
// Tests: server/read/first_look.c
// Through the Feedback that carries them.
#include "read/open_actions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "read/feedback.h"
#include "support/lund.h"
#include "support/test.h"

static struct lund lund;

static int open_sqlite(void **state) {
    lund_open(&lund);
    return 0;
}
static int open_memory(void **state) {
    lund_open_memory(&lund, rng_system());
    return 0;
}
static int close_lund(void **state) {
    lund_close(&lund);
    return 0;
}

static Rond__V1__Feedback *feedback_of(unsigned device) {
    Rond__V1__Feedback *feedback = NULL;
    struct id128 id = lund_device(device);
    assert_ok(read_feedback(lund.store, lund.catalogue, &id, &(struct feedback_known){.cursor = 0, .week = "9999-W01"},
                            LUND_NOW_S, NULL, &lund.arena, &feedback));
    assert_true(rond__v1__feedback__get_packed_size(feedback) < FRAME_BYTES_MAX);
    return feedback;
}

// A walk with one finding "1".
static Rond__V1__Report *walk(unsigned variant, Rond__V1__Safety safety, const char *due) {
    Rond__V1__Report *report = sample_report(&lund.arena, ROND__V1__KIND__KIND_SAFETY_WALK, variant);
    report->walk->n_findings = 1;
    Rond__V1__Finding *finding = report->walk->findings[0];
    rond__v1__finding__init(finding);
    finding->id = arena_text(&lund.arena, "1");
    finding->place = arena_text(&lund.arena, "bangatan");
    finding->safety = safety;
    finding->cause = arena_text(&lund.arena, "mörkt");
    finding->responsible = arena_text(&lund.arena, "lunds-kommun");
    finding->promised_action = arena_text(&lund.arena, "lampor");
    finding->due = arena_text(&lund.arena, due);
    return report;
}

static Rond__V1__Report *rewalk(unsigned variant, Rond__V1__Safety safety, unsigned device, uint64_t seq) {
    Rond__V1__Report *report = walk(variant, safety, "");
    struct report_key key = lund_key_of(device, 1, seq);
    Rond__V1__FindingRef *of = arena_alloc(&lund.arena, sizeof *of);
    rond__v1__finding_ref__init(of);
    of->report = lund_identity(&lund.arena, &key);
    of->finding = arena_text(&lund.arena, "1");
    report->walk->findings[0]->rewalk_of = of;
    return report;
}
#define UNSAFE ROND__V1__SAFETY__SAFETY_UNSAFE
#define SAFE ROND__V1__SAFETY__SAFETY_SAFE

static Rond__V1__Feedback *feedback_with(uint64_t stamp) {
    Rond__V1__Feedback *feedback = NULL;
    struct id128 id = lund_device(0);
    const struct feedback_known known = {.week = "9999-W01", .actions_stamp = stamp};
    assert_ok(read_feedback(lund.store, lund.catalogue, &id, &known, LUND_NOW_S, NULL, &lund.arena, &feedback));
    return feedback;
}

static void what_the_device_has_already_is_not_told_again_until_it_changes(void **state) {
    uint64_t none = feedback_with(0)->actions_stamp; // that there is none is told once, too
    assert_true(none != 0);
    assert_int_equal(feedback_with(none)->actions_stamp, 0);
    lund_report(&lund, 0, 1, walk(0, UNSAFE, "2015-06-30"));
    uint64_t one = feedback_with(none)->actions_stamp;
    assert_true(one != 0 && one != none);
    assert_int_equal(feedback_with(none)->n_actions, 1);
    lund_report(&lund, 0, 1, sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, 1)); // nothing of a walk
    assert_int_equal(feedback_with(one)->actions_stamp, 0);
    assert_int_equal(feedback_with(one)->n_actions, 0);
    Rond__V1__Report *correction = walk(2, UNSAFE, "2015-07-31");
    struct report_key first = lund_key_of(0, 1, 1);
    correction->corrects = lund_identity(&lund.arena, &first);
    lund_report(&lund, 0, 1, correction);
    Rond__V1__Feedback *changed = feedback_with(one);
    assert_true(changed->actions_stamp != 0);
    assert_string_equal(changed->actions[0]->due, "2015-07-31");
}

static void an_unsafe_place_goes_down_to_every_device_of_the_area(void **state) {
    lund_report(&lund, 0, 1, walk(0, UNSAFE, "2015-06-30"));
    for (unsigned device = 0; device < LUND_DEVICES; device++) {
        Rond__V1__Feedback *feedback = feedback_of(device);
        assert_int_equal(feedback->n_actions, 1);
        const Rond__V1__OpenAction *action = feedback->actions[0];
        struct report_key key, first = lund_key_of(0, 1, 1);
        assert_ok(report_key_from_identity(action->report, &key));
        assert_true(report_key_equal(&key, &first));
        assert_string_equal(action->finding, "1");
        assert_string_equal(action->commitment, "lund-2015-station/atgarder");
        assert_string_equal(action->place, "bangatan");
        assert_string_equal(action->cause, "mörkt");
        assert_string_equal(action->responsible, "lunds-kommun");
        assert_string_equal(action->promised_action, "lampor");
        assert_string_equal(action->due, "2015-06-30");
        assert_int_equal(action->found_s, SAMPLE_START_S);
    }
}

static void a_place_is_open_until_the_latest_look_finds_it_safe(void **state) {
    lund_report(&lund, 0, 1, walk(0, UNSAFE, ""));
    lund_report(&lund, 3, 1, rewalk(2, SAFE, 0, 1));
    assert_int_equal(feedback_of(0)->n_actions, 0);
    lund_report(&lund, 2, 1, rewalk(1, UNSAFE, 0, 1)); // between the two, told later
    assert_int_equal(feedback_of(0)->n_actions, 0);
    lund_report(&lund, 2, 1, rewalk(3, UNSAFE, 0, 1));
    Rond__V1__Feedback *feedback = feedback_of(0);
    assert_int_equal(feedback->n_actions, 1);
    assert_int_equal(feedback->actions[0]->report->seq, 1);
    assert_int_equal(feedback->actions[0]->found_s, SAMPLE_START_S);
}

static void a_rewalk_whose_first_look_is_not_here_opens_nothing(void **state) {
    lund_report(&lund, 3, 1, rewalk(2, UNSAFE, 0, 1));
    for (size_t i = 0; i < feedback_of(0)->n_actions; i++)
        fail(); // nobody could say where
    lund_report(&lund, 0, 1, walk(0, UNSAFE, ""));
    assert_int_equal(feedback_of(0)->n_actions, 1);
}

static void a_corrected_walk_keeps_its_name_and_tells_what_is_right(void **state) {
    lund_report(&lund, 0, 1, walk(0, UNSAFE, "2015-06-30"));
    Rond__V1__Report *right = walk(0, UNSAFE, "2015-07-31");
    struct report_key key = lund_key_of(0, 1, 1);
    right->corrects = lund_identity(&lund.arena, &key);
    right->claimed_ms += 1000;
    lund_report(&lund, 1, 1, right); // from another device of the organisation
    Rond__V1__Feedback *feedback = feedback_of(0);
    assert_int_equal(feedback->n_actions, 1);
    assert_int_equal(feedback->actions[0]->report->seq, 1);
    struct id128 device = lund_device(0);
    assert_memory_equal(feedback->actions[0]->report->device.data, device.b, ID_SIZE);
    assert_string_equal(feedback->actions[0]->due, "2015-07-31");
}

static void the_most_urgent_come_first_and_more_than_fit_are_left_out(void **state) {
    enum { WALKS = FEEDBACK_ACTIONS_MAX + 10 };
    lund_report(&lund, 0, 1, walk(0, UNSAFE, ""));
    lund_report(&lund, 0, 1, walk(1, UNSAFE, "2015-09-30"));
    lund_report(&lund, 0, 1, walk(2, UNSAFE, "2015-06-30"));
    lund_report(&lund, 0, 1, walk(3, UNSAFE, "2015-06-30"));
    Rond__V1__Feedback *feedback = feedback_of(1);
    static const uint64_t order[] = {3, 4, 2, 1};
    assert_int_equal(feedback->n_actions, ARRAY_COUNT(order));
    for (size_t i = 0; i < ARRAY_COUNT(order); i++)
        assert_int_equal(feedback->actions[i]->report->seq, order[i]);
    for (unsigned i = 4; i < WALKS; i++)
        lund_report(&lund, 0, 1, walk(i, UNSAFE, "2015-08-31"));
    feedback = feedback_of(1);
    assert_int_equal(feedback->n_actions, FEEDBACK_ACTIONS_MAX);
    assert_int_equal(feedback->actions[0]->report->seq, 3);
    assert_string_equal(feedback->actions[FEEDBACK_ACTIONS_MAX - 1]->due, "2015-08-31");
}

static void a_free_text_that_seems_to_hold_personal_data_is_held_back(void **state) {
    Rond__V1__Report *report = walk(0, UNSAFE, "2015-06-30");
    report->walk->findings[0]->cause = arena_text(&lund.arena, "bilen ABC123 i vägen");
    report->walk->findings[0]->place_text = arena_text(&lund.arena, "vid grinden");
    lund_report(&lund, 0, 1, report);
    const Rond__V1__OpenAction *action = feedback_of(3)->actions[0];
    assert_string_equal(action->cause, "");
    assert_string_equal(action->place_text, "vid grinden");
    assert_string_equal(action->promised_action, "lampor");
}

static void an_erased_walk_still_names_the_place_that_is_open(void **state) {
    uint64_t row = lund_report(&lund, 0, 1, walk(0, UNSAFE, "2015-06-30"));
    lund_begin(&lund);
    assert_ok(lund.store->ledger->erase(lund.store, row, FOR_A_TEST));
    lund_commit(&lund);
    Rond__V1__Feedback *feedback = feedback_of(3);
    assert_int_equal(feedback->n_actions, 1);
    assert_int_equal(feedback->actions[0]->report->seq, 1);
    assert_string_equal(feedback->actions[0]->finding, "1");
    assert_string_equal(feedback->actions[0]->cause, "");
}

static const Rond__V1__Feedback *feedback_from(struct answer_cache *cache, unsigned device) {
    Rond__V1__Feedback *feedback = NULL;
    struct id128 id = lund_device(device);
    const struct feedback_known known = {.week = "9999-W01"};
    const struct feedback_caches caches = {.actions = cache};
    assert_ok(read_feedback(lund.store, lund.catalogue, &id, &known, LUND_NOW_S, &caches, &lund.arena, &feedback));
    return feedback;
}

static void what_was_read_for_one_device_is_told_to_others_until_people_change_something(void **state) {
    struct answer_cache *cache;
    assert_ok(answer_cache_create(&cache));
    uint64_t row = lund_report(&lund, 0, 1, walk(0, UNSAFE, "2015-06-30"));
    assert_string_equal(feedback_from(cache, 1)->actions[0]->cause, "mörkt");
    lund_begin(&lund);
    assert_ok(lund.store->ledger->erase(lund.store, row, FOR_A_TEST));
    lund_commit(&lund);
    assert_string_equal(feedback_from(cache, 2)->actions[0]->cause, "mörkt"); // not read again: nothing came in
    answer_cache_clear(cache);
    assert_string_equal(feedback_from(cache, 3)->actions[0]->cause, "");
    lund_report(&lund, 0, 1, walk(1, UNSAFE, "2015-05-31"));
    const Rond__V1__Feedback *now = feedback_from(cache, 4);
    assert_int_equal(now->n_actions, 2);
    assert_string_equal(now->actions[0]->due, "2015-05-31");
    assert_int_equal(feedback_from(cache, 5)->n_actions, 2);
    answer_cache_destroy(cache);
}

static void told_alike(const Rond__V1__Feedback *known, const Rond__V1__Feedback *anew) {
    assert_int_equal(known->n_actions, anew->n_actions);
    for (size_t i = 0; i < anew->n_actions; i++) {
        struct report_key left, right;
        assert_ok(report_key_from_identity(known->actions[i]->report, &left));
        assert_ok(report_key_from_identity(anew->actions[i]->report, &right));
        assert_true(report_key_equal(&left, &right));
        assert_string_equal(known->actions[i]->due, anew->actions[i]->due);
        assert_int_equal(known->actions[i]->found_s, anew->actions[i]->found_s);
    }
}

// Whatever comes in about places, what is known of them from before tells the same as everything read anew.
static void what_is_known_of_places_tells_the_same_as_all_read_anew(void **state) {
    enum { STEPS = 400, OTHERS = 7, DUES = 28 };
    struct answer_cache *cache;
    uint64_t random = 42, walks[STEPS], walks_count = 0;
    size_t opened = 0, told = 0;
    assert_ok(answer_cache_create(&cache));
    for (unsigned step = 0; step < STEPS; step++) {
        char due[DATE_TEXT_SIZE];
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        unsigned what = (unsigned)(random >> 33) % 10, other = (unsigned)(random >> 40);
        uint64_t of = walks_count == 0 ? 0 : walks[other % walks_count];
        struct report_key key = lund_key_of(0, 1, of);
        (void)snprintf(due, sizeof due, "2015-%02u-%02u", 6 + other % OTHERS, 1 + other % DUES);
        Rond__V1__Report *report = walk(step, UNSAFE, other % 5 == 0 ? "" : due);
        if (of != 0 && what < 2)
            report = rewalk(step, SAFE, 0, of);
        else if (of != 0 && what < 4)
            report = rewalk(step, UNSAFE, 0, of);
        else if (of != 0 && what == 4)
            report->corrects = lund_identity(&lund.arena, &key);
        else if (of != 0 && what == 5)
            report = sample_withdrawal(&lund.arena, &key.device, &key.outbox, other % (uint32_t)(step + 1));
        lund_report(&lund, 0, 1, report);
        if (what > 5 || of == 0)
            walks[walks_count++] = step + 1;
        if (step % 3 != 0) // some come in together
            continue;
        const Rond__V1__Feedback *known = feedback_from(cache, 1);
        told_alike(known, feedback_of(1));
        opened += known->n_actions > told;
        told = known->n_actions;
    }
    assert_true(opened > 10);
    answer_cache_destroy(cache);
}

static void what_was_read_before_people_changed_something_is_not_kept(void **state) {
    struct answer_cache *cache;
    struct open_actions *actions = calloc(1, sizeof *actions);
    Rond__V1__OpenAction **messages = NULL;
    struct answer answer;
    size_t count = 0;
    assert_non_null(actions);
    assert_ok(answer_cache_create(&cache));
    struct open_actions_wanted wanted = {.area = "lund",
                                         .stamp = 1,
                                         .actions = actions,
                                         .bytes_max = FRAME_BYTES_MAX,
                                         .generation = answer_cache_generation(cache)};
    answer_cache_clear(cache);
    assert_ok(open_actions_cache_read(cache, lund.store, lund.catalogue, &wanted, &lund.arena, &messages, &count));
    assert_false(answer_cache_look(cache, "lund", &lund.arena, &answer));
    wanted.generation = answer_cache_generation(cache);
    assert_ok(open_actions_cache_read(cache, lund.store, lund.catalogue, &wanted, &lund.arena, &messages, &count));
    assert_true(answer_cache_look(cache, "lund", &lund.arena, &answer));
    free(actions);
    answer_cache_destroy(cache);
}

static void no_more_are_told_than_there_is_room_for(void **state) {
    for (unsigned i = 0; i < 4; i++)
        lund_report(&lund, 0, 1, walk(i, UNSAFE, "2015-06-30"));
    const Rond__V1__Feedback *feedback = feedback_of(1);
    size_t one = rond__v1__open_action__get_packed_size(feedback->actions[0]);
    assert_int_equal(feedback->n_actions, 4);
    assert_int_equal(open_actions_fit(feedback->actions, 4, 4 * (one + 16)), 4);
    assert_int_equal(open_actions_fit(feedback->actions, 4, 2 * (one + 16)), 2);
    assert_int_equal(open_actions_fit(feedback->actions, 4, one), 0);
}

#define BOTH(name)                                                                                                          \
    cmocka_unit_test_setup_teardown(name, open_sqlite, close_lund),                                                         \
        cmocka_unit_test_setup_teardown(name, open_memory, close_lund)

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(what_the_device_has_already_is_not_told_again_until_it_changes),
        BOTH(an_unsafe_place_goes_down_to_every_device_of_the_area),
        BOTH(a_place_is_open_until_the_latest_look_finds_it_safe),
        BOTH(a_rewalk_whose_first_look_is_not_here_opens_nothing),
        BOTH(a_corrected_walk_keeps_its_name_and_tells_what_is_right),
        BOTH(the_most_urgent_come_first_and_more_than_fit_are_left_out),
        BOTH(a_free_text_that_seems_to_hold_personal_data_is_held_back),
        BOTH(an_erased_walk_still_names_the_place_that_is_open),
        BOTH(what_was_read_for_one_device_is_told_to_others_until_people_change_something),
        BOTH(what_is_known_of_places_tells_the_same_as_all_read_anew),
        BOTH(what_was_read_before_people_changed_something_is_not_kept),
        BOTH(no_more_are_told_than_there_is_room_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
