// Sentences are made from figures alone, most telling first; nothing is read here.
#include "base/number_text.h"
#include "read/rows.h"
#include "read/weekly.h"

struct lines {
    struct arena *arena;
    Rond__V1__WeeklySummary *message;
    bool failed;
};

// Takes over both; one that is NULL makes all of it fail.
static void add(struct lines *lines, char *sv, char *en) {
    Rond__V1__WeeklySummary *message = lines->message;
    lines->failed = lines->failed || sv == NULL || en == NULL;
    if (lines->failed || message->n_lines_sv == SUMMARY_LINES_MAX)
        return;
    message->lines_sv[message->n_lines_sv++] = sv;
    message->lines_en[message->n_lines_en++] = en;
}

static void add_reports(struct lines *lines, const struct weekly *weekly) {
    struct arena *arena = lines->arena;
    if (weekly->reports == 0)
        add(lines, arena_printf(arena, "Inga rapporter från vecka %s har kommit in.", weekly->week),
            arena_printf(arena, "No reports of week %s have come in.", weekly->week));
    else if (weekly->reports == 1)
        add(lines,
            arena_printf(arena, "Er enda rapport från vecka %s räknas%s.", weekly->week,
                         weekly->counted == 1 ? "" : " inte"),
            arena_printf(arena, "Your only report of week %s %s.", weekly->week,
                         weekly->counted == 1 ? "counts" : "does not count"));
    else
        add(lines,
            arena_printf(arena, "%s av era %s rapporter från vecka %s räknas.", number_sv(weekly->counted),
                         number_sv(weekly->reports), weekly->week),
            arena_printf(arena, "%s of your %s reports of week %s count.", number_en(weekly->counted),
                         number_en(weekly->reports), weekly->week));
}

static void add_commitment(struct lines *lines, const struct weekly_commitment *moved) {
    add(lines, arena_printf(lines->arena, "%s: +%s, nu %s.", moved->title_sv, number_sv(moved->added), moved->summary_sv),
        arena_printf(lines->arena, "%s: +%s, now %s.", moved->title_en, number_en(moved->added), moved->summary_en));
}

static void add_place(struct lines *lines, const struct weekly_place *place) {
    bool named = place->place[0] != '\0';
    add(lines,
        arena_printf(lines->arena, "%s är åtgärdad: otrygg enligt %s, nu trygg enligt %s.",
                     named ? place->place : "En otrygg plats", place->found_by, place->walked_by),
        arena_printf(lines->arena, "%s was put right: found unsafe by %s, found safe by %s.",
                     named ? place->place : "An unsafe place", place->found_by, place->walked_by));
}

static void add_places(struct lines *lines, const struct weekly *weekly) {
    int64_t more = weekly->put_right - (int64_t)weekly->places_count;
    for (size_t i = 0; i < weekly->places_count; i++)
        add_place(lines, &weekly->places[i]);
    if (more > 0)
        add(lines, arena_printf(lines->arena, "Ytterligare %s otrygga platser är åtgärdade.", number_sv(more)),
            arena_printf(lines->arena, "%s more unsafe places were put right.", number_en(more)));
}

// ---- What did not count ----

static const struct weekly_reason *commonest(const struct weekly_reasons *reasons) {
    const struct weekly_reason *most = &reasons->reasons[0];
    for (size_t i = 1; i < reasons->count; i++)
        if (reasons->reasons[i].reports > most->reports)
            most = &reasons->reasons[i];
    return most;
}

static void add_reasons(struct lines *lines, const struct weekly_reasons *reasons, const char *sv_one, const char *sv_more,
                        const char *en_one, const char *en_more) {
    if (reasons->reports == 0 || reasons->count == 0)
        return;
    bool is_one = reasons->reports == 1;
    const struct weekly_reason *most = commonest(reasons);
    add(lines,
        arena_printf(lines->arena, "%s %s%s: %s", number_sv(reasons->reports), is_one ? sv_one : sv_more,
                     is_one ? "" : ", oftast", most->sv),
        arena_printf(lines->arena, "%s %s%s: %s", number_en(reasons->reports), is_one ? en_one : en_more,
                     is_one ? "" : ", most often", most->en));
}

enum rond_err weekly_message(const struct weekly *weekly, struct arena *arena, Rond__V1__WeeklySummary **ret_message) {
    struct lines lines = {.arena = arena, .message = arena_alloc(arena, sizeof *lines.message)};
    Rond__V1__WeeklySummary *message = lines.message;
    if (message == NULL)
        return ROND_ENOMEM;
    rond__v1__weekly_summary__init(message);
    message->week = arena_text(arena, weekly->week);
    message->organisation = arena_text(arena, weekly->organisation);
    message->lines_sv = arena_array(arena, SUMMARY_LINES_MAX, sizeof(char *));
    message->lines_en = arena_array(arena, SUMMARY_LINES_MAX, sizeof(char *));
    if (message->week == NULL || message->organisation == NULL || message->lines_sv == NULL || message->lines_en == NULL)
        return ROND_ENOMEM;
    add_reports(&lines, weekly);
    for (size_t i = 0; i < weekly->commitments_count; i++)
        add_commitment(&lines, &weekly->commitments[i]);
    add_places(&lines, weekly);
    add_reasons(&lines, &weekly->waiting, "rapport väntar i karantän", "rapporter väntar i karantän",
                "report waits in quarantine", "reports wait in quarantine");
    add_reasons(&lines, &weekly->not_counted, "rapport räknas inte", "rapporter räknas inte", "report does not count",
                "reports do not count");
    if (lines.failed)
        return ROND_ENOMEM;
    *ret_message = message;
    return ROND_OK;
}

// ---- As JSON ----

static json_t *commitments_json(const struct weekly *weekly) {
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < weekly->commitments_count; i++) {
        const struct weekly_commitment *moved = &weekly->commitments[i];
        json_t *object = json_object();
        bool added = read_add(object, "commitment", read_text(moved->path)) &&
                     read_add(object, "title_sv", read_text(moved->title_sv)) &&
                     read_add(object, "title_en", read_text(moved->title_en)) &&
                     read_add(object, "added", json_integer(moved->added)) &&
                     read_add(object, "summary_sv", read_text(moved->summary_sv)) &&
                     read_add(object, "summary_en", read_text(moved->summary_en));
        if (json_array_append_new(list, read_whole(object, added)) != 0)
            return read_whole(list, false);
    }
    return list;
}

static json_t *places_json(const struct weekly *weekly) {
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < weekly->places_count; i++) {
        json_t *object = json_object();
        bool added = read_add(object, "place", read_text(weekly->places[i].place)) &&
                     read_add(object, "found_by", read_text(weekly->places[i].found_by)) &&
                     read_add(object, "walked_by", read_text(weekly->places[i].walked_by));
        if (json_array_append_new(list, read_whole(object, added)) != 0)
            return read_whole(list, false);
    }
    return list;
}

json_t *weekly_json(const struct weekly *weekly, const Rond__V1__WeeklySummary *message) {
    json_t *object = json_object();
    bool added = read_add(object, "organisation", read_text(weekly->organisation)) &&
                 read_add(object, "area", read_text(weekly->area)) && read_add(object, "week", read_text(weekly->week)) &&
                 read_add(object, "reports", json_integer(weekly->reports)) &&
                 read_add(object, "counted", json_integer(weekly->counted)) &&
                 read_add(object, "waiting", json_integer(weekly->waiting.reports)) &&
                 read_add(object, "not_counted", json_integer(weekly->not_counted.reports)) &&
                 read_add(object, "put_right", json_integer(weekly->put_right)) &&
                 read_add(object, "commitments", commitments_json(weekly)) &&
                 read_add(object, "places", places_json(weekly)) &&
                 read_add(object, "lines_sv", read_texts(message->lines_sv, message->n_lines_sv)) &&
                 read_add(object, "lines_en", read_texts(message->lines_en, message->n_lines_en));
    return read_whole(object, added);
}
