#include "support/rules.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "support/counting.h"
#include "support/test.h"
#include "wire/codec.h"

#define FOLDER "tests/fixtures/rules/"
enum { FILE_BYTES_MAX = 64 * 1024 };

const char *const rules_files[] = {"counts",   "filters", "places", "rulings",     "rates", "presence",
                                   "campaign", "actions", "times",  "corrections", NULL};

static const struct rules_device devices[] = {
    {"p1", "polisen", "police_officer"},         {"p2", "polisen", "police_officer"},
    {"k1", "lunds-kommun", "municipal_staff"},   {"j1", "jernhusen", "station_host"},
    {"v1", "vaktbolaget", "security_guard"},     {"s1", "skatteverket", "agency_staff"},
    {"f1", "forsakringskassan", "agency_staff"},
};

// ---- Reading fields ----

static const char *text_of(const json_t *object, const char *name, const char *otherwise) {
    const json_t *value = json_object_get(object, name);
    CHECK(value == NULL || json_is_string(value));
    return value == NULL ? otherwise : json_string_value(value);
}

static int64_t number_of(const json_t *object, const char *name, int64_t otherwise) {
    const json_t *value = json_object_get(object, name);
    CHECK(value == NULL || json_is_integer(value));
    return value == NULL ? otherwise : json_integer_value(value);
}

static char *copy(struct rules *rules, const char *text) {
    char *made = arena_text(&rules->arena, text);
    CHECK(made != NULL);
    return made;
}

static char *text(struct rules *rules, const json_t *object, const char *name) {
    return copy(rules, text_of(object, name, ""));
}

static char **texts(struct rules *rules, const json_t *object, const char *name, size_t *ret_count) {
    const json_t *list = json_object_get(object, name);
    char **made = arena_array(&rules->arena, json_array_size(list) + 1, sizeof *made);
    CHECK(made != NULL);
    for (size_t i = 0; i < json_array_size(list); i++)
        made[i] = copy(rules, json_string_value(json_array_get(list, i)));
    *ret_count = json_array_size(list);
    return made;
}

// A mistyped field must not pass as one that says nothing.
static void fields_check(const json_t *object) {
    static const char *const known[] = {
        "id",       "by",          "kind",          "at",          "to",       "minutes",
        "place",    "of",          "form",          "with",        "items",    "information",
        "persons",  "findings",    "quantity",      "unit",        "role",     "area",
        "activity", "commitment",  "organisations", "position",    "corrects", "withdraws",
        "claimed",  "quarantined", "released",      "uncertainty", "rulings",  "repeats",
    };
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, name, value) {
        bool found = false;
        for (size_t i = 0; i < ARRAY_COUNT(known); i++)
            found = found || strcmp(known[i], name) == 0;
        if (!found)
            fail_msg("unknown field %s", name);
    }
}

// ---- Bodies ----

static void walk_fill(struct rules *rules, const struct rules_case *one, const json_t *findings, Rond__V1__Report *report) {
    for (size_t i = 0; i < json_array_size(findings); i++) {
        const json_t *said = json_array_get(findings, i);
        const char *rewalk = text_of(said, "rewalk", "");
        bool unsafe = json_is_true(json_object_get(said, "unsafe"));
        Rond__V1__Finding *finding = add_finding(&rules->arena, report, text_of(said, "id", "1"),
                                                 unsafe ? ROND__V1__SAFETY__SAFETY_UNSAFE : ROND__V1__SAFETY__SAFETY_SAFE);
        finding->place = text(rules, said, "place");
        finding->responsible = text(rules, said, "responsible");
        finding->promised_action = text(rules, said, "action");
        finding->due = text(rules, said, "due");
        for (size_t k = 0; rewalk[0] != '\0' && k < one->count; k++)
            if (strncmp(rewalk, one->reports[k].id, strlen(one->reports[k].id)) == 0)
                rewalk_of(&rules->arena, finding, &one->reports[k].key, strchr(rewalk, '/') + 1);
    }
}

static void inventory_fill(struct rules *rules, const json_t *findings, Rond__V1__Inventory *inventory) {
    inventory->findings = arena_array(&rules->arena, json_array_size(findings) + 1, sizeof *inventory->findings);
    for (size_t i = 0; i < json_array_size(findings); i++) {
        Rond__V1__InventoryFinding *finding = arena_alloc(&rules->arena, sizeof *finding);
        rond__v1__inventory_finding__init(finding);
        finding->place = text(rules, json_array_get(findings, i), "place");
        inventory->findings[inventory->n_findings++] = finding;
    }
}

static void counted_things_fill(struct rules *rules, const json_t *things, Rond__V1__Report *report) {
    const char *name;
    json_t *count;
    json_object_foreach((json_t *)(uintptr_t)things, name, count) {
        if (report->body_case == ROND__V1__REPORT__BODY_PATROL)
            add_persons(&rules->arena, report, name, (unsigned)json_integer_value(count));
        else
            add_item(&rules->arena, report, name, (unsigned)json_integer_value(count));
    }
}

static void body_fill(struct rules *rules, const struct rules_case *one, const json_t *said, Rond__V1__Report *report) {
    char *of = text(rules, said, "of");
    switch (report->body_case) {
    case ROND__V1__REPORT__BODY_CHECK:
        report->check->of = of;
        report->check->form = strcmp(text_of(said, "form", "targeted"), "targeted") == 0
                                  ? ROND__V1__CHECK_FORM__CHECK_FORM_TARGETED
                                  : ROND__V1__CHECK_FORM__CHECK_FORM_COORDINATED;
        report->check->checked = 1;
        break;
    case ROND__V1__REPORT__BODY_HANDOUT:
        counted_things_fill(rules, json_object_get(said, "items"), report);
        report->handout->information_given = json_is_true(json_object_get(said, "information"));
        break;
    case ROND__V1__REPORT__BODY_PATROL:
        counted_things_fill(rules, json_object_get(said, "persons"), report);
        break;
    case ROND__V1__REPORT__BODY_WALK:
        walk_fill(rules, one, json_object_get(said, "findings"), report);
        break;
    case ROND__V1__REPORT__BODY_MEETING:
        report->meeting->with = text(rules, said, "with");
        break;
    case ROND__V1__REPORT__BODY_INVENTORY:
        report->inventory->of = of;
        inventory_fill(rules, json_object_get(said, "findings"), report->inventory);
        break;
    case ROND__V1__REPORT__BODY_INITIATIVE:
        report->initiative->type = of;
        report->initiative->unit = text(rules, said, "unit");
        report->initiative->quantity = (uint64_t)number_of(said, "quantity", 0);
        break;
    default:
        break;
    }
}

// ---- One report ----

static Rond__V1__Report__BodyCase body_of(const json_t *said) {
    Rond__V1__Kind kind;
    if (json_object_get(said, "withdraws") != NULL)
        return ROND__V1__REPORT__BODY_WITHDRAWAL;
    if (!kind_from_name(text_of(said, "kind", ""), &kind))
        fail_msg("%s is no kind", text_of(said, "kind", "(nothing)"));
    return (Rond__V1__Report__BodyCase)((int)kind - ROND__V1__KIND__KIND_CHECK + ROND__V1__REPORT__BODY_CHECK);
}

static int index_of(const struct rules_case *one, const char *id) {
    for (size_t i = 0; i < one->count; i++)
        if (strcmp(one->reports[i].id, id) == 0)
            return (int)i;
    return -1;
}

static Rond__V1__Identity *identity_of(struct rules *rules, const struct report_key *key) {
    Rond__V1__Finding finding = ROND__V1__FINDING__INIT;
    rewalk_of(&rules->arena, &finding, key, "");
    return finding.rewalk_of->report;
}

static void target_fill(struct rules *rules, const struct rules_case *one, const json_t *said, struct rules_report *report) {
    const char *corrects = text_of(said, "corrects", ""), *withdraws = text_of(said, "withdraws", "");
    const char *id = corrects[0] != '\0' ? corrects : withdraws;
    if (id[0] == '\0')
        return;
    report->has_target = true;
    report->is_withdrawal = id == withdraws;
    report->target_index = index_of(one, id);
    report->target = (struct report_key){.device = {{0xd9}}, .outbox = {{0x99}}, .seq = 1};
    if (report->target_index >= 0)
        report->target = one->reports[report->target_index].key;
    if (report->is_withdrawal)
        report->report->withdrawal->target = identity_of(rules, &report->target);
    else
        report->report->corrects = identity_of(rules, &report->target);
}

static void rulings_fill(const json_t *said, struct rules_report *report) {
    const json_t *list = json_object_get(said, "rulings");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *ruling = json_array_get(list, i);
        const char *place = text_of(ruling, "place", NULL);
        CHECK(report->rulings_count < RULES_RULINGS_MAX);
        report->rulings[report->rulings_count++] = (struct ruling){
            .kind = place != NULL ? RULING_PLACE : RULING_ACTIVITY,
            .subject = place != NULL ? place : "",
            .value = text_of(ruling, place != NULL ? "was_there" : "activity", ""),
        };
    }
}

static void place_and_people_fill(struct rules *rules, const json_t *said, Rond__V1__Report *report) {
    const json_t *position = json_object_get(said, "position");
    report->place = text(rules, said, "place");
    report->area = text(rules, said, "area");
    report->activity = text(rules, said, "activity");
    report->commitment = text(rules, said, "commitment");
    report->organisations = texts(rules, said, "organisations", &report->n_organisations);
    if (position == NULL)
        return;
    report->position = arena_alloc(&rules->arena, sizeof *report->position);
    rond__v1__position__init(report->position);
    report->position->latitude_e6 = (int32_t)(json_number_value(json_array_get(position, 0)) * 1e6 + 0.5);
    report->position->longitude_e6 = (int32_t)(json_number_value(json_array_get(position, 1)) * 1e6 + 0.5);
    report->position->accuracy_m = (uint32_t)json_integer_value(json_array_get(position, 2));
}

static void times_fill(const json_t *said, struct rules_report *report) {
    const char *at = text_of(said, "at", "2015-05-04 10:00");
    report->from_s = stockholm_at(at);
    report->to_s = json_object_get(said, "to") != NULL ? stockholm_at(text_of(said, "to", ""))
                                                       : report->from_s + 60 * number_of(said, "minutes", 30);
    report->uncertainty_s = (uint32_t)number_of(said, "uncertainty", 0);
    report->report->occurred_from_s = report->from_s;
    report->report->occurred_to_s = report->to_s;
    report->report->claimed_ms = 1000 * (report->to_s + 60 * number_of(said, "claimed", 1));
}

static void report_read(struct rules *rules, const struct rules_case *one, const json_t *said, struct rules_report *report) {
    report->report = a_report(&rules->arena, body_of(said));
    report->report->role = copy(rules, text_of(said, "role", report->device->role));
    report->quarantined = json_is_true(json_object_get(said, "quarantined"));
    report->released = json_is_true(json_object_get(said, "released"));
    report->repeats = index_of(one, text_of(said, "repeats", ""));
    fields_check(said);
    place_and_people_fill(rules, said, report->report);
    body_fill(rules, one, said, report->report);
    times_fill(said, report);
    target_fill(rules, one, said, report);
    rulings_fill(said, report);
}

// Ids and keys first: reports name each other.
static void report_name(const json_t *said, size_t index, struct rules_report *report) {
    const char *by = text_of(said, "by", "p1");
    report->id = text_of(said, "id", NULL);
    CHECK(report->id != NULL);
    for (size_t i = 0; i < ARRAY_COUNT(devices); i++)
        if (strcmp(devices[i].name, by) == 0)
            report->device = &devices[i];
    CHECK(report->device != NULL);
    report->key = (struct report_key){
        .device = {{0xd0, (uint8_t)(report->device - devices)}}, .outbox = {{0x0b, (uint8_t)index}}, .seq = 1};
    report->target_index = report->repeats = -1;
}

static void repeat(const struct rules_report *first, struct rules_report *report) {
    report->report = first->report;
    report->from_s = first->from_s;
    report->to_s = first->to_s;
    report->uncertainty_s = first->uncertainty_s;
}

void rules_case_read(struct rules *rules, size_t index, struct rules_case *ret_case) {
    const json_t *said = json_array_get(json_object_get(rules->json, "cases"), index);
    const json_t *reports = json_object_get(said, "reports");
    *ret_case = (struct rules_case){.file = rules->name, .says = text_of(said, "says", NULL)};
    ret_case->now_s = stockholm_at(text_of(said, "now", "2015-06-01 12:00"));
    ret_case->expect = json_object_get(said, "expect");
    ret_case->count = json_array_size(reports);
    CHECK(ret_case->says != NULL && ret_case->expect != NULL && ret_case->count <= RULES_REPORTS_MAX);
    for (size_t i = 0; i < ret_case->count; i++)
        report_name(json_array_get(reports, i), i, &ret_case->reports[i]);
    for (size_t i = 0; i < ret_case->count; i++)
        report_read(rules, ret_case, json_array_get(reports, i), &ret_case->reports[i]);
    for (size_t i = 0; i < ret_case->count; i++)
        if (ret_case->reports[i].repeats >= 0)
            repeat(&ret_case->reports[ret_case->reports[i].repeats], &ret_case->reports[i]);
}

// ---- A file ----

static struct bytes file_read(struct rules *rules, const char *ending) {
    char path[128];
    uint8_t *room = arena_alloc(&rules->arena, FILE_BYTES_MAX);
    snprintf(path, sizeof path, FOLDER "%s.%s", rules->name, ending);
    FILE *file = fopen(path, "rb");
    if (file == NULL || room == NULL)
        fail_msg("%s cannot be read", path);
    size_t size = fread(room, 1, FILE_BYTES_MAX, file);
    fclose(file);
    CHECK(size < FILE_BYTES_MAX);
    return bytes_of(room, size);
}

static void commitments_list(struct rules *rules) {
    for (size_t i = 0; i < rules->promises.promise_count; i++) {
        const Rond__V1__Promise *promise = rules->promises.promises[i];
        for (size_t k = 0; k < promise->n_commitments; k++) {
            size_t at = rules->commitments_count++;
            CHECK(at < RULES_COMMITMENTS_MAX);
            rules->promise_of[at] = promise;
            rules->definitions[at] = promise->commitments[k];
            rules->paths[at] = arena_printf(&rules->arena, "%s/%s", promise->id, promise->commitments[k]->id);
        }
    }
}

void rules_open(struct rules *rules, const char *name) {
    struct file_faults faults;
    json_error_t error;
    *rules = (struct rules){.name = name};
    arena_init(&rules->arena, 64 * 1024 * 1024);
    if (promise_file_parse(name, file_read(rules, "yaml"), &rules->arena, &rules->promises, &faults) != ROND_OK)
        fail_msg("%s", faults.count > 0 ? faults.faults[0].message : "no memory");
    commitments_list(rules);
    struct bytes vectors = file_read(rules, "json");
    rules->json = json_loadb((const char *)vectors.data, vectors.size, JSON_REJECT_DUPLICATES, &error);
    if (rules->json == NULL)
        fail_msg("%s.json:%d: %s", name, error.line, error.text);
    rules->cases_count = json_array_size(json_object_get(rules->json, "cases"));
    CHECK(rules->cases_count > 0);
}

void rules_close(struct rules *rules) {
    json_decref(rules->json);
    arena_deinit(&rules->arena);
}

static const Rond__V1__Place *find_place(const void *context, const char *id) {
    const struct rules *rules = context;
    for (size_t i = 0; i < rules->promises.place_count; i++)
        if (strcmp(rules->promises.places[i]->id, id) == 0)
            return rules->promises.places[i];
    return NULL;
}

struct place_table rules_places(const struct rules *rules) {
    return (struct place_table){.find = find_place, .context = rules};
}

// ---- What came of it ----

const char *rules_text(struct rules *rules, const char *before, const Rond__V1__Commitment *definition,
                       const struct contribution *contribution, enum counting_reason reason) {
    struct arena *arena = &rules->arena;
    bool inside = contribution->bucket[0] != '\0';
    char *said =
        arena_printf(arena, "%s%s%s", before == NULL ? "" : before, before == NULL ? "" : " + ", reason_name(reason));
    if (inside && contribution->period[0] != '\0')
        said = arena_printf(arena, "%s %s", said, contribution->period);
    if (inside && definition->measure == ROND__V1__MEASURE__MEASURE_PRESENCE)
        said = arena_printf(arena, "%s %dmin %up", said, (int)((contribution->to_s - contribution->from_s) / 60),
                            contribution->persons);
    if ((contribution->flags & CONTRIBUTION_TIME_UNSURE) != 0)
        said = arena_printf(arena, "%s unsure", said);
    for (size_t i = 0; i < definition->n_among_places; i++) {
        if ((contribution->places >> i & 1) != 0)
            said = arena_printf(arena, "%s at:%s", said, definition->among_places[i]);
        if ((contribution->places_open >> i & 1) != 0)
            said = arena_printf(arena, "%s perhaps:%s", said, definition->among_places[i]);
    }
    CHECK(said != NULL);
    return said;
}

const char *rules_expected(const struct rules *rules, const struct rules_case *one, size_t report, size_t commitment) {
    const json_t *of_report = json_object_get(json_object_get(one->expect, "reports"), one->reports[report].id);
    return json_string_value(json_object_get(of_report, rules->paths[commitment]));
}

static void report_check_outcome(const struct rules *rules, const struct rules_case *one,
                                 const struct rules_outcome *outcome, size_t report, bool *inout_differs) {
    for (size_t i = 0; i < rules->commitments_count; i++) {
        const char *expected = rules_expected(rules, one, report, i), *got = outcome->texts[report][i];
        if (strcmp(expected == NULL ? "" : expected, got == NULL ? "" : got) == 0)
            continue;
        print_error("  report %s toward %s: expected \"%s\", got \"%s\"\n", one->reports[report].id, rules->paths[i],
                    expected == NULL ? "" : expected, got == NULL ? "" : got);
        *inout_differs = true;
    }
}

static json_t *progress_value(const struct progress *progress, const char *name) {
    if (strcmp(name, "status") == 0)
        return json_string(progress_status_name(progress->status));
    if (strcmp(name, "sv") == 0)
        return json_string(progress->summary_sv);
    if (strcmp(name, "en") == 0)
        return json_string(progress->summary_en);
    if (strcmp(name, "places") == 0) {
        json_t *places = json_object();
        for (size_t i = 0; i < progress->places_count; i++)
            json_object_set_new(
                places, progress->places[i].place,
                json_pack("[I,I]", (json_int_t)progress->places[i].count, (json_int_t)progress->places[i].open));
        return places;
    }
    int64_t value = strcmp(name, "done") == 0              ? progress->done
                    : strcmp(name, "target") == 0          ? progress->target
                    : strcmp(name, "target_whole") == 0    ? progress->target_whole
                    : strcmp(name, "count") == 0           ? progress->sum.count
                    : strcmp(name, "person_minutes") == 0  ? progress->sum.person_minutes
                    : strcmp(name, "covered_minutes") == 0 ? progress->sum.covered_minutes
                    : strcmp(name, "actions_open") == 0    ? progress->sum.actions_open
                                                           : INT64_MIN;
    if (value == INT64_MIN)
        fail_msg("unknown figure %s", name);
    return json_integer(value);
}

static void commitment_check_outcome(const struct rules *rules, const struct rules_case *one,
                                     const struct rules_outcome *outcome, size_t commitment, bool *inout_differs) {
    json_t *expected = json_object_get(json_object_get(one->expect, "commitments"), rules->paths[commitment]), *value;
    const char *name;
    json_object_foreach(expected, name, value) {
        json_t *got = progress_value(&outcome->progress[commitment], name);
        if (!json_equal(got, value)) {
            char *dump = json_dumps(got, JSON_ENCODE_ANY);
            print_error("  %s %s: got %s\n", rules->paths[commitment], name, dump);
            free(dump);
            *inout_differs = true;
        }
        json_decref(got);
    }
    for (size_t i = 0; i < one->count && expected == NULL; i++)
        if (outcome->texts[i][commitment] != NULL) {
            const struct progress *progress = &outcome->progress[commitment];
            print_error("  nothing is expected of %s: got done %d, target %d, %s, \"%s\", \"%s\"\n",
                        rules->paths[commitment], (int)progress->done, (int)progress->target,
                        progress_status_name(progress->status), progress->summary_sv, progress->summary_en);
            *inout_differs = true;
            break;
        }
}

// A mistyped name in what is expected must not pass as nothing.
static void names_check(const struct rules *rules, const struct rules_case *one) {
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(one->expect, "commitments"), name, value) {
        bool found = false;
        for (size_t i = 0; i < rules->commitments_count; i++)
            found = found || strcmp(rules->paths[i], name) == 0;
        if (!found)
            fail_msg("%s: %s: no commitment %s", one->file, one->says, name);
    }
    json_object_foreach(json_object_get(one->expect, "reports"), name, value) {
        if (index_of(one, name) < 0)
            fail_msg("%s: %s: no report %s", one->file, one->says, name);
    }
}

void rules_check(const struct rules *rules, const struct rules_case *one, const struct rules_outcome *outcome) {
    bool differs = false;
    names_check(rules, one);
    for (size_t i = 0; i < one->count; i++)
        report_check_outcome(rules, one, outcome, i, &differs);
    for (size_t i = 0; i < rules->commitments_count; i++)
        commitment_check_outcome(rules, one, outcome, i, &differs);
    if (differs)
        fail_msg("%s: %s", one->file, one->says);
}
