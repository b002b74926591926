#include "read/public_record.h"

#include <string.h>

#include "base/check.h"
#include "counting/zone.h"
#include "read/report_json.h"
#include "wire/codec.h"
#include "wire/limits.h"

enum { DAY_S = 86400, WINTER_S = 3600 };

static const char *const MASKED[] = {
    "Places are left out; the area is what is said of where.",
    "Times are left out; days are what is said of when.",
    "Ids of devices, queues and reports, roles and positions are left out.",
    "Free texts, units and outcomes typed by hand are left out.",
    "Quarantined reports are left out.",
};

json_t *public_record_masked(void) {
    json_t *list = json_array();
    for (size_t i = 0; i < ARRAY_COUNT(MASKED); i++)
        if (json_array_append_new(list, json_string(MASKED[i])) != 0)
            return read_whole(list, false);
    return list;
}

// ---- What was done, in numbers and words of the reference data ----

static bool add_number(json_t *object, const char *name, uint64_t number) {
    return read_add(object, name, json_integer((json_int_t)number));
}

static bool add_check(json_t *object, const Rond__V1__Check *check) {
    bool targeted = check->form == ROND__V1__CHECK_FORM__CHECK_FORM_TARGETED;
    return read_add(object, "form", json_string(targeted ? "targeted" : "coordinated")) &&
           read_add(object, "of", read_text(check->of)) && add_number(object, "checked", check->checked) &&
           add_number(object, "remarked", check->remarked) && add_number(object, "reported", check->reported);
}

static bool add_handout(json_t *object, const Rond__V1__Handout *handout) {
    uint64_t items = 0;
    for (size_t i = 0; i < handout->n_items; i++)
        items += handout->items[i]->count;
    return add_number(object, "items", items) &&
           read_add(object, "information_given", json_boolean(handout->information_given));
}

static bool add_patrol(json_t *object, const Rond__V1__Patrol *patrol) {
    uint64_t persons = 0;
    for (size_t i = 0; i < patrol->n_persons; i++)
        persons += patrol->persons[i]->persons;
    return add_number(object, "persons", persons);
}

static bool add_walk(json_t *object, const Rond__V1__Walk *walk) {
    uint64_t safe = 0;
    for (size_t i = 0; i < walk->n_findings; i++)
        safe += walk->findings[i]->safety == ROND__V1__SAFETY__SAFETY_SAFE;
    return add_number(object, "safe", safe) && add_number(object, "unsafe", walk->n_findings - safe);
}

static bool add_body(json_t *object, const Rond__V1__Report *report) {
    switch (report->body_case) {
    case ROND__V1__REPORT__BODY_CHECK:
        return add_check(object, report->check);
    case ROND__V1__REPORT__BODY_HANDOUT:
        return add_handout(object, report->handout);
    case ROND__V1__REPORT__BODY_PATROL:
        return add_patrol(object, report->patrol);
    case ROND__V1__REPORT__BODY_WALK:
        return add_walk(object, report->walk);
    case ROND__V1__REPORT__BODY_MEETING:
        return read_add(object, "with", read_text(report->meeting->with));
    case ROND__V1__REPORT__BODY_INVENTORY:
        return read_add(object, "of", read_text(report->inventory->of)) &&
               add_number(object, "surveyed", report->inventory->surveyed);
    case ROND__V1__REPORT__BODY_INITIATIVE:
        return read_add(object, "type", read_text(report->initiative->type)) &&
               add_number(object, "quantity", report->initiative->quantity);
    default:
        return true;
    }
}

// ---- Which ones ----

struct giving {
    struct store *store;
    const struct public_record_wanted *wanted;
    day_t from, to;
    const struct read_rows *rows;
};

static day_t day_of(int64_t at_s) {
    int64_t local_s = at_s + WINTER_S;
    return (day_t)(local_s / DAY_S - (local_s % DAY_S < 0));
}

static bool is_wanted(const struct giving *giving, const struct stored_report *report) {
    const struct public_record_wanted *wanted = giving->wanted;
    return report->verdict == VERDICT_APPLIED && !report->is_withdrawal &&
           strcmp(report->organisation, wanted->controller) == 0 &&
           (wanted->area == NULL || strcmp(wanted->area, report->area) == 0) && day_of(report->to_s) >= giving->from &&
           day_of(report->from_s) <= giving->to;
}

static enum rond_err add_done(json_t *object, const struct stored_report *report) {
    struct arena arena;
    Rond__V1__Report *decoded = NULL;
    if (report->erased)
        return ROND_OK;
    arena_init(&arena, RECORD_ARENA_BYTES_MAX);
    enum rond_err err = codec_report_decode(&arena, report->record.report, &decoded, NULL);
    if (err == ROND_OK && !add_body(object, decoded))
        err = ROND_ENOMEM;
    arena_deinit(&arena);
    return err == ROND_ENOMEM ? err : ROND_OK;
}

static enum rond_err give(const struct giving *giving, const struct stored_report *report) {
    char day[DATE_TEXT_SIZE];
    json_t *object = json_object();
    day_format(day_of(report->from_s), day);
    bool added = read_add(object, "organisation", read_text(report->organisation)) &&
                 read_add(object, "area", read_text(report->area)) &&
                 read_add(object, "kind", report_json_kind(report->kind, false)) &&
                 read_add(object, "day", json_string(day)) &&
                 add_number(object, "days", (uint64_t)(day_of(report->to_s) - day_of(report->from_s) + 1));
    if (!added || add_done(object, report) != ROND_OK) {
        json_decref(object);
        return ROND_ENOMEM;
    }
    return read_rows_give(giving->rows, object);
}

static enum rond_err give_all(const struct giving *giving, struct arena *arena) {
    uint64_t row = 0;
    size_t count = 0;
    enum rond_err err = ROND_OK;
    do {
        struct stored_report *reports = NULL;
        arena_reset(arena);
        err = giving->store->views->reports(giving->store, row, READ_PAGE_ROWS, arena, &reports, &count);
        for (size_t i = 0; i < count && err == ROND_OK; i++) {
            row = reports[i].row;
            if (is_wanted(giving, &reports[i]))
                err = give(giving, &reports[i]);
        }
    } while (err == ROND_OK && count > 0);
    return err;
}

enum rond_err read_public_record(struct store *store, const struct public_record_wanted *wanted,
                                 const struct read_rows *rows, struct fault *fault) {
    struct giving giving = {.store = store, .wanted = wanted, .from = INT32_MIN, .to = INT32_MAX, .rows = rows};
    struct arena arena;
    enum rond_err err = read_day(wanted->from, "from", giving.from, &giving.from, fault);
    if (err == ROND_OK)
        err = read_day(wanted->to, "to", giving.to, &giving.to, fault);
    if (err == ROND_OK)
        err = read_begin(store);
    if (err != ROND_OK)
        return err;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    err = give_all(&giving, &arena);
    arena_deinit(&arena);
    read_end(store);
    return err;
}
