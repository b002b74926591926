#include <string.h>

#include "client_internal.h"
#include "counting/zone.h"

static enum rond_err zone_find(rond *r, struct arena *arena, const Rond__V1__TimeZone **ret_zone) {
    Rond__V1__ReferenceEntry **areas, **zones;
    size_t areas_count, zones_count;
    if (!r->is_enrolled)
        return ROND_ENOTFOUND;
    enum rond_err err = outbox_reference_list(r->outbox, ROND__V1__REFERENCE_ENTRY__BODY_AREA, arena, &areas, &areas_count);
    if (err == ROND_OK)
        err = outbox_reference_list(r->outbox, ROND__V1__REFERENCE_ENTRY__BODY_TIME_ZONE, arena, &zones, &zones_count);
    if (err != ROND_OK)
        return err;
    for (size_t a = 0; a < areas_count; a++) {
        for (size_t z = 0; z < zones_count && strcmp(areas[a]->id, r->enrolment.area) == 0; z++) {
            if (strcmp(zones[z]->id, areas[a]->area->time_zone) == 0) {
                *ret_zone = zones[z]->time_zone;
                return ROND_OK;
            }
        }
    }
    return ROND_ENOTFOUND;
}

enum rond_err rond_zone_offset_s(rond *r, int64_t at_s, int32_t *ret_offset_s) {
    struct arena arena;
    arena_init(&arena, CLIENT_ARENA_BYTES_MAX);
    const Rond__V1__TimeZone *zone;
    enum rond_err err = zone_find(r, &arena, &zone);
    if (err == ROND_OK)
        *ret_offset_s = zone_offset_s(zone, at_s);
    arena_deinit(&arena);
    return err;
}

// Two digits, and nothing that sscanf would let pass (signs, blanks).
static bool two_digits(const char *text, int *ret_number) {
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
        return false;
    *ret_number = (text[0] - '0') * 10 + (text[1] - '0');
    return true;
}

static bool wall_parse(const char *wall, day_t *ret_day, int *ret_minute) {
    char date[DATE_TEXT_SIZE];
    int hour, minute;
    if (strlen(wall) != strlen("YYYY-MM-DD HH:MM"))
        return false;
    memcpy(date, wall, sizeof date - 1);
    date[sizeof date - 1] = '\0';
    const char *time = wall + sizeof date - 1;
    if (!day_parse(date, ret_day) || time[0] != ' ' || !two_digits(time + 1, &hour) || time[3] != ':' ||
        !two_digits(time + 4, &minute))
        return false;
    *ret_minute = hour * 60 + minute;
    return hour < 24 && minute < 60;
}

enum rond_err rond_zone_instant_s(rond *r, const char *wall, int64_t *ret_at_s) {
    day_t day;
    int minute;
    if (!wall_parse(wall, &day, &minute))
        return ROND_EINVALID;
    struct arena arena;
    arena_init(&arena, CLIENT_ARENA_BYTES_MAX);
    const Rond__V1__TimeZone *zone;
    enum rond_err err = zone_find(r, &arena, &zone);
    if (err == ROND_OK)
        *ret_at_s = zone_instant(zone, day, minute);
    arena_deinit(&arena);
    return err;
}
