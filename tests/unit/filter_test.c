#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/check.h"
#include "support/counting.h"

enum { ARENA_BYTES = 4 * 1024 * 1024 };

static struct arena arena;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, ARENA_BYTES);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    arena_deinit(&arena);
    return 0;
}

static struct contribution *matched(const struct commitment *commitment, const struct counted_report *report,
                                    size_t *ret_count) {
    struct contribution *contributions = NULL;
    assert_int_equal(match(commitment, report, &arena, &contributions, ret_count), ROND_OK);
    assert_true(*ret_count >= 1);
    return contributions;
}

static struct contribution matched_one(const struct commitment *commitment, const struct counted_report *report) {
    size_t count;
    struct contribution *contributions = matched(commitment, report, &count);
    assert_int_equal(count, 1);
    return contributions[0];
}

static void assert_reason(const struct commitment *commitment, const struct counted_report *report,
                          enum counting_reason reason) {
    struct contribution one = matched_one(commitment, report);
    assert_string_equal(reason_name(one.reason), reason_name(reason));
    assert_int_equal(one.bucket[0] == '\0', reason != REASON_COUNTED);
}

static void a_place_fits_by_the_report_or_by_one_of_its_findings(void **state) {
    (void)state;
    Rond__V1__Commitment *definition =
        a_commitment(&arena, ROND__V1__MEASURE__MEASURE_AT_LEAST, ROND__V1__KIND__KIND_SAFETY_WALK);
    definition->filter->places = words(&arena, "bangatan stortorget", &definition->filter->n_places);
    struct commitment commitment = derived(a_promise(&arena, definition), 0);
    Rond__V1__Report *walk = a_report(&arena, ROND__V1__REPORT__BODY_WALK);
    struct counted_report report = counted(walk, 1, "polisen", "2015-05-04 10:00", "2015-05-04 11:00");
    assert_reason(&commitment, &report, REASON_PLACE);
    add_finding(&arena, walk, "1", ROND__V1__SAFETY__SAFETY_SAFE)->place = arena_text(&arena, "stortorget");
    assert_reason(&commitment, &report, REASON_COUNTED);
    Rond__V1__Report *elsewhere = a_report(&arena, ROND__V1__REPORT__BODY_WALK);
    elsewhere->place = arena_text(&arena, "bangatan");
    report.report = elsewhere;
    assert_reason(&commitment, &report, REASON_COUNTED);
}

static void every_detail_of_a_filter_must_fit(void **state) {
    (void)state;
    static const struct {
        const char *of, *form, *with, *items;
        bool information;
        Rond__V1__Report__BodyCase body;
        const char *said_of, *said_with, *said_items;
        Rond__V1__CheckForm said_form;
        bool said_information;
        bool fits;
    } vectors[] = {
        {"taxi", "", "", "", false, ROND__V1__REPORT__BODY_CHECK, "taxi", "", "", 0, false, true},
        {"taxi", "", "", "", false, ROND__V1__REPORT__BODY_CHECK, "bus", "", "", 0, false, false},
        {"taxi", "coordinated", "", "", false, ROND__V1__REPORT__BODY_CHECK, "taxi", "", "", 1, false, false},
        {"taxi", "coordinated", "", "", false, ROND__V1__REPORT__BODY_CHECK, "taxi", "", "", 2, false, true},
        {"taxi", "targeted", "", "", false, ROND__V1__REPORT__BODY_CHECK, "taxi", "", "", 0, false, false},
        {"traffic_signs", "", "", "", false, ROND__V1__REPORT__BODY_INVENTORY, "traffic_signs", "", "", 0, false, true},
        {"traffic_signs", "", "", "", false, ROND__V1__REPORT__BODY_INVENTORY, "lamps", "", "", 0, false, false},
        {"boat_watch", "", "", "", false, ROND__V1__REPORT__BODY_INITIATIVE, "boat_watch", "", "", 0, false, true},
        {"boat_watch", "", "", "", false, ROND__V1__REPORT__BODY_INITIATIVE, "", "", "", 0, false, false},
        {"", "", "taxi_trade", "", false, ROND__V1__REPORT__BODY_MEETING, "", "taxi_trade", "", 0, false, true},
        {"", "", "taxi_trade", "", false, ROND__V1__REPORT__BODY_MEETING, "", "", "", 0, false, false},
        {"", "", "", "lights reflectors", false, ROND__V1__REPORT__BODY_HANDOUT, "", "", "lights reflectors", 0, false,
         true},
        {"", "", "", "lights reflectors", false, ROND__V1__REPORT__BODY_HANDOUT, "", "", "lights", 0, true, false},
        {"", "", "", "", true, ROND__V1__REPORT__BODY_HANDOUT, "", "", "lights", 0, false, false},
        {"", "", "", "", true, ROND__V1__REPORT__BODY_HANDOUT, "", "", "", 0, true, true},
        {"", "", "", "", true, ROND__V1__REPORT__BODY_CHECK, "", "", "", 0, false, false},
    };
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        Rond__V1__Commitment *definition =
            a_commitment(&arena, ROND__V1__MEASURE__MEASURE_AT_LEAST, ROND__V1__KIND__KIND_UNSPECIFIED);
        definition->filter->of = arena_text(&arena, vectors[i].of);
        definition->filter->form = arena_text(&arena, vectors[i].form);
        definition->filter->with = arena_text(&arena, vectors[i].with);
        definition->filter->items = words(&arena, vectors[i].items, &definition->filter->n_items);
        definition->filter->information = vectors[i].information;
        Rond__V1__Report *report = a_report(&arena, vectors[i].body);
        if (vectors[i].body == ROND__V1__REPORT__BODY_CHECK) {
            report->check->of = arena_text(&arena, vectors[i].said_of);
            report->check->form = vectors[i].said_form;
        } else if (vectors[i].body == ROND__V1__REPORT__BODY_INVENTORY) {
            report->inventory->of = arena_text(&arena, vectors[i].said_of);
        } else if (vectors[i].body == ROND__V1__REPORT__BODY_INITIATIVE) {
            report->initiative->type = arena_text(&arena, vectors[i].said_of);
        } else if (vectors[i].body == ROND__V1__REPORT__BODY_MEETING) {
            report->meeting->with = arena_text(&arena, vectors[i].said_with);
        } else {
            size_t count;
            char **items = words(&arena, vectors[i].said_items, &count);
            for (size_t j = 0; j < count; j++) {
                add_item(&arena, report, items[j], 3);
            }
            add_item(&arena, report, "reflectors", 0); // none handed out
            report->handout->information_given = vectors[i].said_information;
        }
        struct commitment commitment = derived(a_promise(&arena, definition), 0);
        struct counted_report seen = counted(report, 1, "polisen", "2015-05-04 10:00", "2015-05-04 11:00");
        assert_reason(&commitment, &seen, vectors[i].fits ? REASON_COUNTED : REASON_DETAIL);
    }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_place_fits_by_the_report_or_by_one_of_its_findings),
        TEST(every_detail_of_a_filter_must_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
