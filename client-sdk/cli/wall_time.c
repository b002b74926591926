#include "wall_time.h"

#include <string.h>
#include <time.h>

// Whether it begins so; 0 stands for any digit. (The numbers of sscanf may have signs and blanks.)
static bool has_shape(const char *text, const char *shape) {
    for (; *shape != '\0'; text++, shape++)
        if (*shape == '0' ? *text < '0' || *text > '9' : *text != *shape)
            return false;
    return true;
}

static bool fields_to_utc(const int *f, int64_t *ret_at_s) {
    struct tm parts = {
        .tm_year = f[0] - 1900,
        .tm_mon = f[1] - 1,
        .tm_mday = f[2],
        .tm_hour = f[3],
        .tm_min = f[4],
        .tm_sec = f[5],
    };
    struct tm back = parts;
    int64_t at_s = (int64_t)timegm(&back);
    // A day that is not in the calendar comes back as another one.
    if (back.tm_mday != parts.tm_mday || back.tm_mon != parts.tm_mon || f[3] > 23 || f[4] > 59 || f[5] > 59)
        return false;
    *ret_at_s = at_s;
    return true;
}

static bool rfc3339_offset_parse(const char *text, int64_t *ret_offset_s) {
    int hour = 0, minute = 0;
    if (strcmp(text, "Z") != 0 && strcmp(text, "z") != 0 &&
        (strlen(text) != 6 || strchr("+-", text[0]) == NULL || !has_shape(text + 1, "00:00") ||
         sscanf(text + 1, "%2d:%2d", &hour, &minute) != 2 || hour > 23 || minute > 59))
        return false;
    *ret_offset_s = (text[0] == '-' ? -1 : 1) * (hour * 3600 + minute * 60);
    return true;
}

static bool rfc3339_parse(const char *text, int64_t *ret_at_s) {
    int f[6];
    int64_t at_s, offset_s;
    if (!has_shape(text, "0000-00-00") || text[10] == '\0' || strchr("Tt ", text[10]) == NULL ||
        !has_shape(text + 11, "00:00:00") ||
        sscanf(text, "%4d-%2d-%2d%*c%2d:%2d:%2d", &f[0], &f[1], &f[2], &f[3], &f[4], &f[5]) != 6 ||
        !rfc3339_offset_parse(text + 19, &offset_s) || !fields_to_utc(f, &at_s))
        return false;
    *ret_at_s = at_s - offset_s;
    return true;
}

static enum rond_err local_parse(rond *r, const char *text, int64_t *ret_at_s) {
    char wall[17];
    if (strlen(text) != 16 || (text[10] != ' ' && text[10] != 'T'))
        return ROND_EINVALID;
    memcpy(wall, text, sizeof wall);
    wall[10] = ' ';
    return rond_zone_instant_s(r, wall, ret_at_s);
}

// "14:00", on the day that it is at near_s where the device is. While that is not known the day does not matter.
static enum rond_err hour_parse(rond *r, const char *text, int64_t near_s, int64_t *ret_at_s) {
    char wall[WALL_TIME_SIZE];
    wall_time_format(r, near_s, wall);
    memcpy(wall + 11, text, 6);
    return local_parse(r, wall, ret_at_s);
}

enum rond_err wall_time_parse(rond *r, const char *text, int64_t near_s, int64_t *ret_at_s) {
    unsigned long long seconds;
    if (text[0] == '@') {
        if (!cli_number(text + 1, INT64_MAX / 1000, &seconds))
            return ROND_EINVALID;
        *ret_at_s = (int64_t)seconds;
        return ROND_OK;
    }
    if (strlen(text) == 5 && has_shape(text, "00:00"))
        return hour_parse(r, text, near_s, ret_at_s);
    return rfc3339_parse(text, ret_at_s) ? ROND_OK : local_parse(r, text, ret_at_s);
}

static void format(int64_t at_s, int32_t offset_s, bool is_rfc3339, char ret_text[WALL_TIME_SIZE]) {
    time_t shifted = (time_t)(at_s + offset_s);
    struct tm parts;
    size_t size = 0;
    if (gmtime_r(&shifted, &parts) != NULL)
        size = is_rfc3339 ? strftime(ret_text, WALL_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &parts)
                          : strftime(ret_text, WALL_TIME_SIZE, "%Y-%m-%d %H:%M", &parts);
    if (size == 0)
        strcpy(ret_text, "?");
}

void wall_time_format(rond *r, int64_t at_s, char ret_text[WALL_TIME_SIZE]) {
    int32_t offset_s = 0;
    bool is_known = rond_zone_offset_s(r, at_s, &offset_s) == ROND_OK;
    format(at_s, offset_s, false, ret_text);
    if (!is_known)
        strcat(ret_text, " UTC");
}

json_t *wall_time_json(rond *r, int64_t at_s) {
    char wall[WALL_TIME_SIZE], text[2 * WALL_TIME_SIZE];
    int32_t offset_s = 0;
    if (at_s == 0)
        return json_null();
    bool is_known = rond_zone_offset_s(r, at_s, &offset_s) == ROND_OK;
    int minutes = (offset_s < 0 ? -offset_s : offset_s) / 60;
    format(at_s, offset_s, true, wall);
    if (is_known)
        snprintf(text, sizeof text, "%s%c%02d:%02d", wall, offset_s < 0 ? '-' : '+', minutes / 60, minutes % 60);
    else
        snprintf(text, sizeof text, "%sZ", wall);
    return json_string(text);
}
