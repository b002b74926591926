// Tests: server/promise/promise_check.c server/promise/where_file.c
// Tests: server/promise/commitment_file.c
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/check.h"
#include "promise/promise_file.h"
#include "wire/limits.h"

static struct arena arena;
static struct file_faults faults;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, 8 * 1024 * 1024);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    arena_deinit(&arena);
    return 0;
}

static struct promise_file imported(const char *path) {
    static uint8_t text[64 * 1024];
    struct promise_file file = {0};
    FILE *opened = fopen(path, "rb");
    assert_non_null(opened);
    size_t size = fread(text, 1, sizeof text, opened);
    fclose(opened);
    enum rond_err err = promise_file_parse(path, bytes_of(text, size), &arena, &file, &faults);
    if (faults.count > 0) {
        print_error("%s\n", faults.faults[0].message);
    }
    assert_int_equal(err, ROND_OK);
    return file;
}

static const char *joined(char *const *list, size_t count) {
    char *text = arena_text(&arena, "");
    for (size_t i = 0; i < count; i++) {
        text = arena_printf(&arena, "%s%s%s", text, i ? " " : "", list[i]);
    }
    return text;
}

static const Rond__V1__Commitment *commitment_of(const struct promise_file *file, size_t promise, const char *id) {
    for (size_t i = 0; i < file->promises[promise]->n_commitments; i++) {
        if (strcmp(file->promises[promise]->commitments[i]->id, id) == 0) {
            return file->promises[promise]->commitments[i];
        }
    }
    fail_msg("no commitment %s", id);
    return NULL;
}

static const Rond__V1__Term *term_of(const struct promise_file *file, const char *list, const char *id) {
    for (size_t i = 0; i < file->term_count; i++) {
        if (strcmp(file->terms[i]->list, list) == 0 && strcmp(file->terms[i]->id, id) == 0) {
            return file->terms[i];
        }
    }
    return NULL;
}

static void lund_imports_with_its_area_organisations_and_places(void **state) {
    (void)state;
    struct promise_file file = imported("tests/fixtures/lund-2015.yaml");
    assert_string_equal(file.area->id, "lund");
    assert_string_equal(file.area->name, "Lund");
    assert_string_equal(file.area->time_zone, "Europe/Stockholm");
    assert_int_equal(file.organisation_count, 5);
    assert_string_equal(file.organisations[2]->id, "jernhusen");
    assert_string_equal(file.organisations[2]->name, "jernhusen");
    assert_string_equal(file.organisations[2]->kind, "station_owner");
    assert_int_equal(file.place_count, 4);
    assert_string_equal(file.places[0]->id, "lund-c-stationen");
    assert_string_equal(file.places[0]->name, "Lund C");
    assert_string_equal(file.places[0]->area, "lund");
    assert_int_equal(file.places[0]->latitude_e6, 55705900);
    assert_int_equal(file.places[0]->longitude_e6, 13187100);
    assert_int_equal(file.places[0]->radius_m, 150);
    assert_int_equal(file.promise_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(file.promises[i]->area, "lund");
        assert_string_equal(file.promises[i]->from, "2015-01-01");
        assert_string_equal(file.promises[i]->to, "2015-12-31");
        assert_int_equal(file.promises[i]->n_phases, 0);
    }
    assert_string_equal(file.promises[0]->title_sv, "En tryggare trafiksituation");
    assert_string_equal(joined(file.promises[0]->sources, file.promises[0]->n_sources), "citizen_dialogue staff_dialogue");
    assert_string_equal(joined(file.promises[1]->parties, file.promises[1]->n_parties), "polisen lunds-kommun jernhusen");
    assert_int_equal(file.promises[0]->n_commitments, 5);
    assert_int_equal(file.promises[1]->n_commitments, 4);
}

static void every_commitment_of_lund_says_what_the_file_says(void **state) {
    (void)state;
    struct promise_file file = imported("tests/fixtures/lund-2015.yaml");
    static const struct {
        size_t promise;
        const char *id;
        Rond__V1__Measure measure;
        uint64_t target;
        Rond__V1__Per per;
        bool about, joint;
        Rond__V1__Kind kind;
        const char *of, *form, *with, *required, *follows, *season_from, *season_to;
        size_t parts, windows;
    } vectors[] = {
        {0, "skyltar", 2, 0, 0, false, false, 6, "traffic_signs", "", "", "", "", "", "", 0, 0},
        {0, "cykel", 1, 10, 0, false, false, 1, "cyclist_behaviour", "targeted", "", "", "", "", "", 0, 0},
        {0, "taxi", 1, 2, 0, false, false, 1, "taxi", "coordinated", "", "skatteverket forsakringskassan", "", "", "", 0, 0},
        {0, "taximoten", 1, 2, 0, false, false, 5, "", "", "taxi_trade", "", "", "", "", 0, 0},
        {0, "synas", 2, 0, 0, false, false, 0, "", "", "", "polisen lunds-kommun", "", "09-01", "11-30", 3, 0},
        {1, "samverkan", 3, 1, 2, true, false, 5, "", "", "", "lunds-kommun jernhusen", "", "", "", 0, 0},
        {1, "vandring", 1, 2, 0, false, true, 4, "", "", "", "", "", "", "", 0, 0},
        {1, "atgarder", 5, 0, 0, false, false, 4, "", "", "", "", "vandring", "", "", 0, 0},
        {1, "narvaro", 4, 0, 0, false, false, 3, "", "", "", "", "", "", "", 0, 2},
    };
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        const Rond__V1__Commitment *one = commitment_of(&file, vectors[i].promise, vectors[i].id);
        assert_true(strlen(one->title_sv) > 10);
        assert_int_equal(one->measure, vectors[i].measure);
        assert_int_equal(one->target, vectors[i].target);
        assert_int_equal(one->per, vectors[i].per);
        assert_int_equal(one->about, vectors[i].about);
        assert_int_equal(one->joint, vectors[i].joint);
        assert_int_equal(one->filter->kind, vectors[i].kind);
        assert_string_equal(one->filter->of, vectors[i].of);
        assert_string_equal(one->filter->form, vectors[i].form);
        assert_string_equal(one->filter->with, vectors[i].with);
        assert_string_equal(joined(one->required_organisations, one->n_required_organisations), vectors[i].required);
        assert_string_equal(one->follows, vectors[i].follows);
        assert_string_equal(one->season_from, vectors[i].season_from);
        assert_string_equal(one->season_to, vectors[i].season_to);
        assert_int_equal(one->n_parts, vectors[i].parts);
        assert_int_equal(one->n_windows, vectors[i].windows);
    }
    const Rond__V1__Commitment *campaign = commitment_of(&file, 0, "synas");
    assert_int_equal(campaign->parts[0]->kind, ROND__V1__KIND__KIND_CHECK);
    assert_string_equal(campaign->parts[0]->of, "cycle_equipment");
    assert_string_equal(joined(campaign->parts[1]->items, campaign->parts[1]->n_items), "lights reflectors");
    assert_false(campaign->parts[1]->information);
    assert_int_equal(campaign->parts[2]->kind, ROND__V1__KIND__KIND_CAMPAIGN_HANDOUT);
    assert_true(campaign->parts[2]->information);
    const Rond__V1__Commitment *presence = commitment_of(&file, 1, "narvaro");
    assert_string_equal(joined(presence->roles, presence->n_roles),
                        "police_officer public_order_guard security_guard station_host");
    assert_string_equal(presence->windows[0]->place, "lund-c-stationen");
    assert_int_equal(presence->windows[0]->weekdays, 0x30);
    assert_int_equal(presence->windows[0]->from_minute, 1200);
    assert_int_equal(presence->windows[0]->to_minute, 120);
    assert_int_equal(presence->windows[0]->minutes, 60);
    assert_int_equal(presence->windows[1]->weekdays, 0x1f);
    assert_int_equal(presence->windows[1]->from_minute, 390);
    assert_int_equal(presence->windows[1]->to_minute, 540);
    assert_int_equal(presence->windows[1]->minutes, 20);
}

static void words_that_a_commitment_uses_become_terms(void **state) {
    (void)state;
    struct promise_file file = imported("tests/fixtures/lund-2015.yaml");
    static const char *const used[][2] = {{"inventory", "traffic_signs"},
                                          {"check", "cyclist_behaviour"},
                                          {"check", "taxi"},
                                          {"check", "cycle_equipment"},
                                          {"item", "lights"},
                                          {"item", "reflectors"},
                                          {"counterpart", "taxi_trade"},
                                          {"role", "municipal_staff"}};
    for (size_t i = 0; i < ARRAY_COUNT(used); i++) {
        assert_non_null(term_of(&file, used[i][0], used[i][1]));
    }
    assert_string_equal(term_of(&file, "check", "taxi")->name_sv, "taxi");
    assert_string_equal(term_of(&file, "role", "security_guard")->name_sv, "väktare");
    assert_string_equal(term_of(&file, "form", "targeted")->name_sv, "riktad");
    assert_int_equal(file.term_count, 8 + 7 + 1);
}

static void strangnas_imports_with_words_of_its_own(void **state) {
    (void)state;
    struct promise_file file = imported("tests/fixtures/strangnas-2019.yaml");
    assert_string_equal(file.area->time_zone, "Europe/Stockholm");
    assert_string_equal(file.promises[0]->from, "2019-02-01");
    assert_string_equal(file.promises[0]->title_en, "Citizen promise of Strängnäs, 2019");
    assert_int_equal(file.promises[0]->n_commitments, 6);
    assert_string_equal(term_of(&file, "initiative", "boat_watch_area")->name_en, "new boat-watch area");
    const Rond__V1__Commitment *walk = commitment_of(&file, 0, "vandring");
    assert_string_equal(joined(walk->among_places, walk->n_among_places), "strangnas-resecentrum laggesta-station");
    assert_int_equal(commitment_of(&file, 0, "trafik")->measure, ROND__V1__MEASURE__MEASURE_UNQUANTIFIED);
}

static const Rond__V1__Condition *condition_of(const Rond__V1__Filter *filter, const char *field) {
    for (size_t i = 0; i < filter->n_where; i++) {
        if (strcmp(filter->where[i]->field, field) == 0) {
            return filter->where[i];
        }
    }
    fail_msg("no condition of %s", field);
    return NULL;
}

static struct promise_file parsed(const char *text) {
    struct promise_file file = {0};
    enum rond_err err = promise_file_parse("good.yaml", bytes_of_text(text), &arena, &file, &faults);
    if (faults.count > 0) {
        print_error("%s\n", faults.faults[0].message);
    }
    assert_int_equal(err, ROND_OK);
    return file;
}

// Line 1 of a file that is right; %s is the commitment or the part that is spoiled.
#define HEAD                                                                                                                \
    "area: {id: a, name: A}\n"                                                                                              \
    "period: {from: 2015-01-01, to: 2015-12-31}\n"                                                                          \
    "organisations: [{id: p, kind: police}, {id: k, kind: municipality}]\n"                                                 \
    "places: [{id: s, name: S, lat: 55.7, lon: 13.2, radius_m: 100}]\n"
#define PROMISE                                                                                                             \
    "promises:\n"                                                                                                           \
    "  - id: l\n"                                                                                                           \
    "    title_sv: L\n"                                                                                                     \
    "    parties: [p]\n"
#define COMMITMENTS                                                                                                         \
    "    commitments:\n"                                                                                                    \
    "      - {id: x, title_sv: X, measure: at_least, target: 1, kind: check}\n"
#define C(text) HEAD PROMISE COMMITMENTS "      - {id: y, title_sv: Y, " text "}\n"
#define C1 "promises[0].commitments[1]"
#define WINDOW(text) C("measure: presence, windows: [{" text "}]")

static void conditions_are_read_from_a_word_or_a_list_and_their_words_become_terms(void **state) {
    (void)state;
    struct promise_file file =
        parsed(C("measure: at_least, target: 1, kind: initiative, owner: k, among_places: [s], where: {initiative.type: "
                 "[boat_watch, moped], initiative.unit: nya områden, role: field_lead, organisation: k, place: s}"));
    const Rond__V1__Commitment *one = commitment_of(&file, 0, "y");
    assert_string_equal(one->owner, "k");
    assert_string_equal(joined(one->among_places, one->n_among_places), "s");
    assert_int_equal(one->filter->n_where, 5);
    const Rond__V1__Condition *types = condition_of(one->filter, "initiative.type");
    assert_string_equal(joined(types->any_of, types->n_any_of), "boat_watch moped");
    assert_string_equal(condition_of(one->filter, "initiative.unit")->any_of[0], "nya områden");
    assert_non_null(term_of(&file, "initiative", "moped"));
    assert_non_null(term_of(&file, "role", "field_lead"));
}

// The block of examples after a heading of docs/promises.md, each line set in by six blanks.
static const char *examples_of(const char *heading) {
    static char text[64 * 1024];
    FILE *opened = fopen("docs/promises.md", "rb");
    assert_non_null(opened);
    text[fread(text, 1, sizeof text - 1, opened)] = '\0';
    fclose(opened);
    char *from = strstr(text, heading);
    assert_non_null(from);
    from = strstr(from, "```yaml\n");
    assert_non_null(from);
    *strstr(from + 8, "```") = '\0';
    char *indented = arena_text(&arena, "");
    for (char *rest = from + 8, *line = strtok_r(rest, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        indented = arena_printf(&arena, "%s      %s\n", indented, line);
    }
    return indented;
}

static void the_documents_examples_of_every_shape_import(void **state) {
    (void)state;
    static const char head[] =
        "area: {id: lund, name: Lund}\nperiod: {from: 2015-01-01, to: 2015-12-31}\norganisations:\n"
        "  - {id: polisen, kind: police}\n  - {id: lunds-kommun, kind: municipality}\n"
        "  - {id: jernhusen, kind: station_owner}\n  - {id: skatteverket, kind: agency}\n"
        "  - {id: forsakringskassan, kind: agency}\nplaces:\n"
        "  - {id: lund-c, name: Lund C, lat: 55.7059, lon: 13.1871, radius_m: 150}\n"
        "  - {id: gunnesbo, name: Gunnesbo, lat: 55.7280, lon: 13.1680, radius_m: 150}\n"
        "promises:\n  - id: l\n    title_sv: L\n    parties: [polisen, lunds-kommun]\n    commitments:\n";
    struct promise_file file = parsed(arena_printf(&arena, "%s%s", head, examples_of("## Every shape")));
    bool measures[8] = {0};
    for (size_t i = 0; i < file.promises[0]->n_commitments; i++) {
        measures[file.promises[0]->commitments[i]->measure] = true;
    }
    for (int i = ROND__V1__MEASURE__MEASURE_AT_LEAST; i <= ROND__V1__MEASURE__MEASURE_UNQUANTIFIED; i++) {
        assert_true(measures[i]);
    }
}

static void a_role_says_whose_reports_it_may_correct(void **state) {
    (void)state;
    struct promise_file file = parsed(
        HEAD "promises: []\nterms:\n  - {list: role, id: shift_lead, name_sv: L, corrects: [police_officer, trainee]}\n");
    const Rond__V1__Term *lead = term_of(&file, "role", "shift_lead");
    assert_string_equal(joined(lead->corrects, lead->n_corrects), "police_officer trainee");
    assert_non_null(term_of(&file, "role", "trainee"));
    assert_int_equal(term_of(&file, "role", "police_officer")->n_corrects, 0);
}

static void a_promise_that_has_not_come_to_the_phase_act_may_have_windows_and_seasons(void **state) {
    (void)state;
    struct promise_file file =
        parsed(HEAD PROMISE "    phases: [{phase: map, entered: 2015-01-01}]\n" COMMITMENTS
                            "      - {id: y, title_sv: Y, measure: presence, season: {from: 11-15, to: 02-15}, windows: "
                            "[{place: s, days: [fri], from: \"22:00\", to: \"02:00\", minutes: 5}]}\n");
    assert_int_equal(commitment_of(&file, 0, "y")->n_windows, 1);
}

static void a_bad_file_is_refused_with_line_and_field(void **state) {
    (void)state;
    static const struct {
        const char *text;
        unsigned line;
        const char *field, *says;
    } vectors[] = {
        {C("measure: at_least, target: 0, kind: check"), 11, C1 ".target", "must be at least 1"},
        {C("measure: at_least, target: -3, kind: check"), 11, C1 ".target", "must be at least 1"},
        {C("measure: at_least, target: ten, kind: check"), 11, C1 ".target", "whole number"},
        {C("measure: at_least, target: 99999999999999999999, kind: check"), 11, C1 ".target", "whole number"},
        {C("measure: at_least, target: [1], kind: check"), 11, C1 ".target", "whole number"},
        {C("measure: at_least, kind: check"), 11, C1 ".target", "is missing"},
        {C("measure: at_least, tagret: 1, kind: check"), 11, C1 ".tagret", "did you mean target?"},
        {C("measure: at_least, target: 1, colour: red, kind: check"), 11, C1 ".colour", "unknown key"},
        {C("measure: at_least, target: 1, target: 2, kind: check"), 11, C1 ".target", "comes twice"},
        {C("measure: sometimes, kind: check"), 11, C1 ".measure", "at_least, once"},
        {C("kind: check"), 11, C1 ".measure", "is missing"},
        {C("measure: at_least, target: 1"), 11, C1 ".kind", "is missing"},
        {C("measure: at_least, target: 1, kind: chekc"), 11, C1 ".kind", "check, campaign_handout"},
        {C("measure: rate, target: 1, kind: meeting"), 11, C1 ".per", "is missing"},
        {C("measure: rate, per: month, kind: meeting"), 11, C1 ".target", "is missing"},
        {C("measure: rate, per: year, target: 1, kind: meeting"), 11, C1 ".per", "week, month"},
        {C("measure: rate, per: month, target: 1, tolerance: ish, kind: meeting"), 11, C1 ".tolerance", "about"},
        {C("measure: once, target: 1, kind: check"), 11, C1 ".target", "leave it out"},
        {C("measure: at_least, target: 1, per: month, kind: check"), 11, C1 ".per", "leave it out"},
        {C("measure: at_least, target: 1, kind: meeting, of: taxi"), 11, C1 ".of", "leave it out"},
        {C("measure: at_least, target: 1, kind: meeting, form: targeted"), 11, C1 ".form", "leave it out"},
        {C("measure: at_least, target: 1, kind: check, with: taxi"), 11, C1 ".with", "leave it out"},
        {C("measure: at_least, target: 1, kind: check, of: Taxi"), 11, C1 ".of", "must be an id"},
        {C("measure: at_least, target: 1, kind: check, form: fast"), 11, C1 ".form", "targeted, coordinated"},
        {C("measure: at_least, target: 1, kind: check, places: [s, t]"), 11, C1 ".places[1]", "unknown place t"},
        {C("measure: at_least, target: 1, kind: check, places: s"), 11, C1 ".places", "must be a list"},
        {C("measure: at_least, target: 1, kind: check, with_all: [k, q]"), 11, C1 ".with_all[1]", "unknown organisation q"},
        {C("measure: at_least, target: 1, kind: check, required_parties: [k]"), 11, C1 ".required_parties[0]", "no party"},
        {C("measure: at_least, target: 1, kind: check, joint: yes"), 11, C1 ".joint", "true or false"},
        {C("measure: once, kind: check, season: {from: 09-31, to: 11-30}"), 11, C1 ".season.from", "MM-DD"},
        {C("measure: once, kind: check, season: {from: 09-01}"), 11, C1 ".season.to", "is missing"},
        {C("measure: once, kind: check, season: autumn"), 11, C1 ".season", "mapping"},
        {C("measure: once, consists_of: [{of: taxi}]"), 11, C1 ".consists_of[0].kind", "is missing"},
        {C("measure: once, consists_of: [{kind: check}], kind: check"), 11, C1 ".kind", "leave it out"},
        {C("measure: once, consists_of: [{kind: check}], of: taxi"), 11, C1 ".of", "leave it out"},
        {C("measure: actions_closed"), 11, C1 ".follows", "is missing"},
        {C("measure: actions_closed, follows: z"), 11, C1 ".follows", "must name"},
        {C("measure: actions_closed, follows: x"), 11, C1 ".follows", "safety_walk"},
        {C("measure: actions_closed, follows: y"), 11, C1 ".follows", "safety_walk"},
        {C("measure: actions_closed, follows: x, joint: true"), 11, C1 ".joint", "leave it out"},
        {C("measure: actions_closed, follows: x, owner: p"), 11, C1 ".owner", "leave it out"},
        {C("measure: at_least, target: 1, kind: check, owner: q"), 11, C1 ".owner", "unknown organisation q"},
        {C("measure: at_least, target: 1, kind: check, owner: p, joint: true"), 11, C1 ".owner", "contradicts joint"},
        {C("measure: at_least, target: 1, kind: check, owner: k, required_parties: [p]"), 11, C1 ".owner",
         "contradicts required_parties"},
        {C("measure: at_least, target: 1, kind: check, owner: k, where: {organisation: p}"), 11, C1 ".owner",
         "contradicts where"},
        {C("measure: at_least, target: 1, kind: check, among_places: [s, t]"), 11, C1 ".among_places[1]", "unknown place t"},
        {C("measure: at_least, target: 1, kind: check, among_places: [s, s]"), 11, C1 ".among_places[1]", "comes twice"},
        {C("measure: at_least, target: 1, kind: check, among_places: []"), 11, C1 ".among_places", "at least one place"},
        {C("measure: at_least, target: 1, kind: check, among_places: [s,s,s,s,s,s,s,s,s,s,s,s,s,s,s,s,s,s,s,s,s,s,s,s,s,s,"
           "s,s,s,s,s,s,s]"),
         11, C1 ".among_places", "at most 32"},
        {C("measure: unquantified, kind: check, among_places: [s]"), 11, C1 ".among_places", "leave it out"},
        {C("measure: at_least, target: 1, kind: check, places: [s], among_places: [r]"), 11, C1 ".among_places[0]",
         "unknown place"},
        {"area: {id: a, name: A}\nperiod: {from: 2015-01-01, to: 2015-12-31}\norganisations: [{id: p, kind: police}]\n"
         "places: [{id: s, name: S, lat: 55, lon: 13, radius_m: 1}, {id: r, name: R, lat: 56, lon: 13, radius_m: "
         "1}]\n" PROMISE
         "    commitments:\n      - {id: y, title_sv: Y, measure: once, kind: check, places: [s], among_places: [r]}\n",
         10, "promises[0].commitments[0].among_places[0]", "r is none of places"},
        {C("measure: at_least, target: 1, kind: check, where: {check.off: taxi}"), 11, C1 ".where.check.off",
         "did you mean check.of?"},
        {C("measure: at_least, target: 1, kind: check, where: taxi"), 11, C1 ".where", "mapping"},
        {C("measure: at_least, target: 1, kind: check, where: {}"), 11, C1 ".where", "at least one field"},
        {C("measure: at_least, target: 1, kind: check, where: {check.of: []}"), 11, C1 ".where.check.of",
         "at least one word"},
        {C("measure: at_least, target: 1, kind: check, where: {check.of: [taxi, taxi]}"), 11, C1 ".where.check.of[1]",
         "comes twice"},
        {C("measure: at_least, target: 1, kind: check, where: {check.of: Taxi}"), 11, C1 ".where.check.of", "must be an id"},
        {C("measure: at_least, target: 1, kind: check, where: {check.form: fast}"), 11, C1 ".where.check.form",
         "targeted, coordinated"},
        {C("measure: at_least, target: 1, kind: check, where: {organisation: [p, q]}"), 11, C1 ".where.organisation[1]",
         "unknown organisation q"},
        {C("measure: at_least, target: 1, kind: check, where: {place: t}"), 11, C1 ".where.place", "unknown place t"},
        {C("measure: at_least, target: 1, kind: check, where: {meeting.with: taxi}"), 11, C1 ".where.meeting.with",
         "says nothing with check"},
        {C("measure: at_least, target: 1, kind: check, of: taxi, where: {check.of: bus}"), 11, C1 ".where.check.of",
         "is said by of already"},
        {C("measure: once, consists_of: [{kind: check}], where: {check.of: bus}"), 11, C1 ".where.check.of",
         "says nothing with consists_of"},
        {C("measure: once, consists_of: [{kind: check, where: {handout.item: lights}}]"), 11,
         C1 ".consists_of[0].where.handout.item", "says nothing with check"},
        {C("measure: actions_closed, follows: x, where: {check.of: bus}"), 11, C1 ".where.check.of",
         "says nothing with safety_walk"},
        {HEAD PROMISE "    period: {from: 2015-03-01, to: 2015-05-31}\n" COMMITMENTS
                      "      - id: y\n        title_sv: Y\n        measure: once\n        kind: check\n"
                      "        season: {from: 09-01, to: 11-30}\n",
         16, C1 ".season", "wholly outside the promise's period 2015-03-01 to 2015-05-31"},
        {HEAD PROMISE "    period: {from: 2015-05-04, to: 2015-05-07}\n" COMMITMENTS
                      "      - id: y\n        title_sv: Y\n        measure: presence\n        windows:\n"
                      "          - {place: s, days: [mon], from: \"10:00\", to: \"11:00\", minutes: 5}\n"
                      "          - {place: s, days: [fri, sat], from: \"10:00\", to: \"11:00\", minutes: 5}\n",
         17, C1 ".windows[1]", "never opens: none of its days lies in the promise's period"},
        {HEAD PROMISE
         "    period: {from: 2015-05-01, to: 2015-12-31}\n" COMMITMENTS
         "      - {id: y, title_sv: Y, measure: presence, season: {from: 05-04, to: 05-07}, windows: [{place: s, days: "
         "[fri], from: \"10:00\", to: \"11:00\", minutes: 5}]}\n",
         12, C1 ".windows[0]", "period and season"},
        {C("measure: presence"), 11, C1 ".windows", "is missing"},
        {C("measure: presence, windows: []"), 11, C1 ".windows", "at least one"},
        {WINDOW("place: t, days: [fri], from: \"20:00\", to: \"02:00\", minutes: 60"), 11, C1 ".windows[0].place",
         "unknown place"},
        {WINDOW("place: s, days: [friday], from: \"20:00\", to: \"02:00\", minutes: 60"), 11, C1 ".windows[0].days[0]",
         "mon, tue"},
        {WINDOW("place: s, days: [], from: \"20:00\", to: \"02:00\", minutes: 60"), 11, C1 ".windows[0].days",
         "at least one"},
        {WINDOW("place: s, days: [fri], from: \"24:00\", to: \"02:00\", minutes: 60"), 11, C1 ".windows[0].from", "HH:MM"},
        {WINDOW("place: s, days: [fri], from: \"20:00\", to: \"2:00\", minutes: 60"), 11, C1 ".windows[0].to", "HH:MM"},
        {WINDOW("place: s, days: [fri], from: \"20:00\", to: \"02:60\", minutes: 60"), 11, C1 ".windows[0].to", "HH:MM"},
        {WINDOW("place: s, days: [fri], from: \"20:00\", to: \"21:00\", minutes: 61"), 11, C1 ".windows[0].minutes",
         "at most 60"},
        {HEAD PROMISE COMMITMENTS "      - {id: x, title_sv: X, measure: once, kind: check}\n", 11, C1 ".id", "comes twice"},
        {HEAD PROMISE "    period: {from: 2015-07-01, to: 2015-06-30}\n" COMMITMENTS, 9, "promises[0].period.to",
         "before from"},
        {HEAD PROMISE "    period: {from: 2015-02-29, to: 2015-06-30}\n" COMMITMENTS, 9, "promises[0].period.from",
         "exists"},
        {HEAD PROMISE "    life: [{state: done, entered: 2015-01-01}]\n" COMMITMENTS, 9, "promises[0].life[0].state", "must be one of"},
        {HEAD PROMISE "    life: [{state: active, entered: 2015-02-01}, {state: draft, entered: 2015-03-01}]\n" COMMITMENTS, 9,
         "promises[0].life[1]", "after the state"},
        {HEAD PROMISE "    life: [{state: active}]\n" COMMITMENTS, 9, "promises[0].life[0].entered", "missing"},
        {HEAD PROMISE "    phases: [{phase: acting, entered: 2015-01-01}]\n" COMMITMENTS, 9, "promises[0].phases[0].phase",
         "act"},
        {HEAD PROMISE "    phases: [{phase: act, entered: 2015-02-01}, {phase: map, entered: 2015-03-01}]\n" COMMITMENTS, 9,
         "promises[0].phases[1]", "after the phase"},
        {HEAD "promises:\n  - {id: l, title_sv: L, parties: [p, q], commitments: []}\n", 6, "promises[0].parties[1]",
         "unknown organisation"},
        {HEAD "promises:\n  - {id: l, title_sv: L, parties: [p], commitments: []}\n  - {id: l, title_sv: L, parties: [p], "
              "commitments: []}\n",
         7, "promises[1].id", "comes twice"},
        {HEAD "promises:\n  - {id: l, parties: [p], commitments: []}\n", 6, "promises[0].title_sv", "is missing"},
        {HEAD, 1, "promises", "is missing"},
        {HEAD "promises: []\nterms: [{list: checks, id: a, name_sv: A}]\n", 6, "terms[0].list", "role, check"},
        {HEAD "promises: []\nterms:\n  - {list: check, id: a, name_sv: A, corrects: [b]}\n", 7, "terms[0].corrects",
         "no role"},
        {HEAD "promises: []\nterms:\n  - {list: role, id: a, name_sv: A, corrects: [b, b]}\n", 7, "terms[0].corrects[1]",
         "comes twice"},
        {HEAD "promises: []\nterms:\n  - {list: check, id: a, name_sv: A}\n  - {list: check, id: a, name_sv: B}\n", 8,
         "terms[1].id", "comes twice"},
        {"area: {id: a, name: A}\nperiod: {from: 2015-12-31, to: 2015-01-01}\norganisations: []\npromises: []\n", 2,
         "period.to", "before from"},
        {"area: {id: a}\norganisations: []\npromises: []\n", 1, "area.name", "is missing"},
        {"organisations: []\npromises: []\n", 1, "area", "is missing"},
        {"area: {id: a, name: A}\norganisations:\n  - {id: p, kind: polis}\npromises: []\n", 3, "organisations[0].kind",
         "police"},
        {"area: {id: a, name: A}\norganisations:\n  - {id: p, kind: police}\n  - {id: p, kind: police}\npromises: []\n", 4,
         "organisations[1].id", "comes twice"},
        {"area: {id: a, name: A}\norganisations: []\nplaces:\n  - {id: s, name: S, lat: 95, lon: 1, radius_m: 1}\npromises: "
         "[]\n",
         4, "places[0].lat", "between -90 and 90"},
        {"area: {id: a, name: A}\norganisations: []\npromises: []\nplace: []\n", 4, "place", "did you mean places?"},
        {"area: {id: a, name: A}\norganisations: []\npromises: [}\n", 3, "", "is no valid YAML"},
        {"", 1, "", "must be a mapping"},
        {"- a\n", 1, "", "must be a mapping"},
        {"area: {id: a, name: A}\norganisations: []\npromises: []\n---\na: b\n", 5, "", "second document"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        struct promise_file file = {0};
        enum rond_err err = promise_file_parse("bad.yaml", bytes_of_text(vectors[i].text), &arena, &file, &faults);
        if (err != ROND_EINVALID || faults.faults[0].line != vectors[i].line ||
            strcmp(faults.faults[0].field, vectors[i].field) != 0 ||
            strstr(faults.faults[0].text, vectors[i].says) == NULL) {
            print_error("%zu: wanted %u: %s: %s\n", i, vectors[i].line, vectors[i].field, vectors[i].says);
            print_error("   got %s\n", faults.count > 0 ? faults.faults[0].message : "no fault");
            fail();
        }
        assert_null(file.area);
        arena_reset(&arena);
    }
}

static void a_fault_reads_as_file_line_field_and_what_to_do(void **state) {
    (void)state;
    struct promise_file file;
    assert_int_equal(promise_file_parse("lund.yaml", bytes_of_text(C("measure: at_least, target: 0, kind: check")), &arena,
                                        &file, &faults),
                     ROND_EINVALID);
    assert_int_equal(faults.count, 1);
    assert_string_equal(faults.faults[0].message, "lund.yaml:11: promises[0].commitments[1].target: must be at least 1");
}

static void all_faults_of_a_file_are_told_up_to_a_bound(void **state) {
    (void)state;
    struct promise_file file;
    assert_int_equal(
        promise_file_parse("x", bytes_of_text(C("measure: often, kind: chat, joint: 1, size: 3")), &arena, &file, &faults),
        ROND_EINVALID);
    assert_int_equal(faults.count, 4);
    char *text = arena_text(&arena, HEAD "promises: []\n");
    for (int i = 0; i < 40; i++) {
        text = arena_printf(&arena, "%skey%d: 1\n", text, i);
    }
    assert_int_equal(promise_file_parse("x", bytes_of_text(text), &arena, &file, &faults), ROND_EINVALID);
    assert_int_equal(faults.count, FILE_FAULTS_MAX);
}

static void an_alias_to_itself_ends(void **state) {
    (void)state;
    struct promise_file file;
    assert_int_equal(
        promise_file_parse("x", bytes_of_text("area: &a {id: *a, name: *a}\norganisations: &o [*o]\npromises: &p [*p]\n"),
                           &arena, &file, &faults),
        ROND_EINVALID);
}

static void a_file_beyond_the_bound_or_the_memory_is_refused(void **state) {
    (void)state;
    struct promise_file file;
    static uint8_t large[PROMISE_FILE_BYTES_MAX + 1];
    assert_int_equal(promise_file_parse("x", bytes_of(large, sizeof large), &arena, &file, &faults), ROND_EINVALID);
    for (size_t size = 0; size < 20000; size += 500) {
        struct arena small;
        arena_init(&small, size);
        assert_int_equal(promise_file_parse("x", bytes_of_text(C("measure: once, kind: check")), &small, &file, &faults),
                         ROND_ENOMEM);
        arena_deinit(&small);
        if (size >= 15000) {
            break;
        }
    }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(lund_imports_with_its_area_organisations_and_places),
        TEST(every_commitment_of_lund_says_what_the_file_says),
        TEST(words_that_a_commitment_uses_become_terms),
        TEST(strangnas_imports_with_words_of_its_own),
        TEST(conditions_are_read_from_a_word_or_a_list_and_their_words_become_terms),
        TEST(the_documents_examples_of_every_shape_import),
        TEST(a_role_says_whose_reports_it_may_correct),
        TEST(a_promise_that_has_not_come_to_the_phase_act_may_have_windows_and_seasons),
        TEST(a_bad_file_is_refused_with_line_and_field),
        TEST(a_fault_reads_as_file_line_field_and_what_to_do),
        TEST(all_faults_of_a_file_are_told_up_to_a_bound),
        TEST(an_alias_to_itself_ends),
        TEST(a_file_beyond_the_bound_or_the_memory_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
