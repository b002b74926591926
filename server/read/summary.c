#include "read/summary.h"

#include <string.h>

#include "read/weekly.h"

enum { AREAS_MAX = 64 };

struct areas {
    const char *areas[AREAS_MAX];
    size_t count;
};

static void area_add(struct areas *areas, const char *area) {
    for (size_t i = 0; i < areas->count; i++)
        if (strcmp(areas->areas[i], area) == 0)
            return;
    if (area[0] != '\0' && areas->count < AREAS_MAX)
        areas->areas[areas->count++] = area;
}

static enum rond_err areas_find(struct store *store, const char *organisation, struct arena *arena, struct areas *areas) {
    uint64_t cursor = 0;
    enum rond_err err;
    do {
        struct device_record *devices;
        size_t count = 0;
        err = store->views->devices(store, cursor, READ_PAGE_ROWS, arena, &devices, &count, &cursor);
        for (size_t i = 0; err == ROND_OK && i < count; i++)
            if (strcmp(devices[i].organisation, organisation) == 0)
                area_add(areas, devices[i].area);
    } while (err == ROND_OK && cursor != 0);
    return err;
}

static enum rond_err area_give(struct store *store, const struct catalogue *catalogue, const struct weekly_wanted *wanted,
                               const struct read_rows *rows, struct fault *fault) {
    struct arena arena;
    struct weekly *weekly;
    Rond__V1__WeeklySummary *message;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    enum rond_err err = weekly_read(store, catalogue, wanted, &arena, &weekly);
    if (err == ROND_OK)
        err = weekly_message(weekly, &arena, &message);
    if (err == ROND_OK)
        err = read_rows_give(rows, weekly_json(weekly, message));
    arena_deinit(&arena);
    if (err == ROND_EINVALID)
        return fault_both(fault, err, 0, "week", "'%.20s' is no week; write it like 2015-W19.",
                          "”%.20s” är ingen vecka; skriv som 2015-W19.", wanted->week);
    return err == ROND_ENOTFOUND
               ? fault_both(fault, err, 0, "area", "There is no area '%.64s'.", "Området ”%.64s” finns inte.", wanted->area)
               : err;
}

static enum rond_err areas_give(struct store *store, const struct catalogue *catalogue, struct weekly_wanted *wanted,
                                const struct read_rows *rows, struct fault *fault) {
    struct arena arena;
    struct areas areas = {.count = 0};
    enum rond_err err = ROND_OK;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    if (wanted->area != NULL)
        area_add(&areas, wanted->area);
    else
        err = areas_find(store, wanted->organisation, &arena, &areas);
    if (err == ROND_OK && areas.count == 0)
        err = fault_both(fault, ROND_ENOTFOUND, 0, "organisation",
                         "No device of '%.64s' is enrolled; 'rondctl words organisation' lists the organisations.",
                         "Ingen enhet från ”%.64s” är ansluten.", wanted->organisation);
    for (size_t i = 0; i < areas.count && err == ROND_OK; i++) {
        wanted->area = areas.areas[i];
        err = area_give(store, catalogue, wanted, rows, fault);
    }
    arena_deinit(&arena);
    return err;
}

enum rond_err read_summary(struct store *store, const struct catalogue *catalogue, const char *organisation,
                           const char *area, const char *week, int64_t now_s, const struct read_rows *rows,
                           struct fault *fault) {
    struct weekly_wanted wanted = {.organisation = organisation, .area = area, .week = week, .now_s = now_s};
    enum rond_err err = read_begin(store);
    if (err != ROND_OK)
        return err;
    err = areas_give(store, catalogue, &wanted, rows, fault);
    read_end(store);
    return err;
}
