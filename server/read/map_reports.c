#include "read/map_reports.h"

#include <stdlib.h>
#include <string.h>

#include "read/contribution_json.h"
#include "read/report_row.h"

struct reading {
    struct store *store;
    const struct catalogue *catalogue;
    const struct read_rows *rows;
    const Rond__V1__TimeZone *zone; // of the area
    struct spots_wanted spots;
    struct bucket_reasons *reasons;
};

// ---- What is wanted ----

static const char *text_or_none(const char *text) {
    return text == NULL ? "" : text;
}

static enum rond_err missing(const char *field, struct fault *fault) {
    return fault_set(fault, ROND_EINVALID, 0, field, "Say which row of the map: area, organisation and kind.");
}

// The square that lies so around the point, as a row of the map gives both.
static enum rond_err square_read(const struct map_reports_wanted *wanted, struct spots_wanted *spots, struct fault *fault) {
    const int64_t north = 90 * 1000000, east = 180 * 1000000;
    if (wanted->square_m == 0 || spots->at.place[0] != '\0')
        return ROND_OK;
    while (spots->level < SQUARE_LEVEL_MAX && wanted->square_m > (int64_t)MAP_SQUARE_M << spots->level)
        spots->level++;
    if (wanted->square_m != (int64_t)MAP_SQUARE_M << spots->level)
        return fault_set(fault, ROND_EINVALID, 0, "square_m", "The map has no squares of that height.");
    bool is_north = wanted->latitude_e6 >= -north && wanted->latitude_e6 <= north,
         is_east = wanted->longitude_e6 >= -east && wanted->longitude_e6 <= east;
    if (!is_north || !is_east)
        return fault_set(fault, ROND_EINVALID, 0, is_north ? "longitude_e6" : "latitude_e6", "There is no such point.");
    int64_t square = square_of((int32_t)wanted->latitude_e6, (int32_t)wanted->longitude_e6);
    spots->at.square = square_coarser(square, spots->level);
    return ROND_OK;
}

static enum rond_err spots_read(const struct map_reports_wanted *wanted, struct spots_wanted *ret_spots,
                                struct fault *fault) {
    struct spots_wanted spots = {.at = {.area = text_or_none(wanted->of.area),
                                        .organisation = text_or_none(wanted->of.organisation),
                                        .place = text_or_none(wanted->place)}};
    enum rond_err err = map_days(&wanted->of, &spots.first, &spots.last, fault);
    if (err == ROND_OK)
        err = map_kind(wanted->of.kind, &spots.at.kind, fault);
    if (err == ROND_OK)
        err = square_read(wanted, &spots, fault);
    if (err == ROND_OK && (spots.at.area[0] == '\0' || spots.at.organisation[0] == '\0' || spots.at.kind == 0))
        err = missing(spots.at.area[0] == '\0' ? "area" : spots.at.kind == 0 ? "kind" : "organisation", fault);
    if (err == ROND_OK)
        *ret_spots = spots;
    return err;
}

static bool may_be_shown(const struct map_wanted *wanted) {
    return (wanted->may_see == NULL || wanted->may_see(wanted->context, wanted->area)) &&
           (wanted->shows == NULL || wanted->shows(wanted->context, wanted->organisation, wanted->area, wanted->kind));
}

// ---- Reading ----

// Goes on after a report: on its day before its row. Of one that has left the map meanwhile the day is that on which it
// happened.
static enum rond_err go_on_after(struct reading *reading, uint64_t row, struct arena *arena) {
    struct stored_report report;
    struct spot spot;
    struct local_time local;
    enum rond_err err = reading->store->views->report(reading->store, row, arena, &report);
    if (err == ROND_OK)
        err = reading->store->ledger->spots_of(reading->store, &row, 1, arena, &spot);
    if (err != ROND_OK)
        return err;
    zone_local(reading->zone, report.from_s, &local);
    day_t day = spot.tally.reports != 0 ? spot.at.day : local.day;
    if (day <= reading->spots.last) {
        reading->spots.last = day;
        reading->spots.before = row;
    }
    return ROND_OK;
}

static enum rond_err give(struct reading *reading, uint64_t row, struct arena *arena) {
    struct stored_report report;
    json_t *contributions = NULL;
    enum rond_err err = reading->store->views->report(reading->store, row, arena, &report);
    if (err == ROND_OK)
        err = contribution_list(reading->store, reading->catalogue, row, CONTRIBUTIONS_BRIEF, reading->reasons, arena,
                                &contributions);
    if (err != ROND_OK)
        return err;
    json_t *object = json_object();
    bool added = read_add(object, "contributions", contributions) && report_row_add(object, reading->zone, &report) &&
                 read_add(object, "area", read_text(reading->spots.at.area));
    return read_rows_give(reading->rows, read_whole(object, added));
}

static enum rond_err page_give(struct reading *reading, struct arena *arena, uint64_t *ret_last) {
    uint64_t *rows = NULL;
    size_t count = 0;
    enum rond_err err = reading->store->views->spots(reading->store, &reading->spots, READ_PAGE_ROWS, arena, &rows, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = give(reading, rows[i], arena);
    *ret_last = count == 0 ? 0 : rows[count - 1];
    return err;
}

static enum rond_err pages_give(struct reading *reading, uint64_t after, struct fault *fault) {
    struct arena arena;
    enum rond_err err = ROND_OK;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    if (after != 0 && (err = go_on_after(reading, after, &arena)) == ROND_ENOTFOUND)
        err = fault_set(fault, ROND_EINVALID, 0, "after", "There is no report of that row.");
    for (uint64_t last = 1; err == ROND_OK && last != 0;) {
        arena_reset(&arena);
        err = page_give(reading, &arena, &last);
        if (err == ROND_OK && last != 0)
            err = go_on_after(reading, last, &arena);
    }
    arena_deinit(&arena);
    return err;
}

enum rond_err read_map_reports(struct store *store, const struct catalogue *catalogue,
                               const struct map_reports_wanted *wanted, const struct read_rows *rows, struct fault *fault) {
    struct reading reading = {.store = store, .catalogue = catalogue, .rows = rows};
    enum rond_err err = spots_read(wanted, &reading.spots, fault);
    if (err != ROND_OK)
        return err;
    if (catalogue_area(catalogue, wanted->of.area) == NULL)
        return fault_set(fault, ROND_ENOTFOUND, 0, "area", "There is no area '%.64s'.", wanted->of.area);
    if (!may_be_shown(&wanted->of))
        return ROND_OK;
    reading.zone = catalogue_zone_of_area(catalogue, wanted->of.area);
    reading.reasons = calloc(1, sizeof *reading.reasons);
    err = reading.reasons == NULL ? ROND_ENOMEM : read_begin(store);
    if (err == ROND_OK) {
        err = pages_give(&reading, wanted->after, fault);
        read_end(store);
    }
    free(reading.reasons);
    return err;
}
