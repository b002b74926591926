// A TZif file holds two blocks of the same shape, the first with 32-bit times for old readers, the second with 64-bit
// times, and a footer: a POSIX TZ rule that holds after the last transition of the second block. "Slim" files, such as
// Debian's today, end their table where the rule begins, so the rule is not an exotic case but the present.
//
// POSIX counts offsets westwards ("CET-1"): seconds here are the negated value.
#include "promise/zone_file.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "counting/zone.h"
#include "wire/limits.h"

enum { HEADER_SIZE = 44, YEAR_FIRST = 1970, YEAR_LAST = 2099, ZONE_FILE_BYTES_MAX = 64 * 1024, RULE_HOURS_MAX = 167 };

struct block {
    const uint8_t *times;   // 8 bytes each
    const uint8_t *types;   // index of each transition's type
    const uint8_t *offsets; // 6 bytes each: offset, is summer time, name
    uint32_t time_count;
    uint32_t type_count;
};

struct table {
    Rond__V1__TimeZone *zone;
    struct arena *arena;
    int32_t offset_s; // after the last transition
    int64_t last_s;
};

static enum rond_err malformed(struct fault *fault, const char *what) {
    return fault_set(fault, ROND_EINVALID, 0, "time_zone", "the time zone's file cannot be read: %s", what);
}

// --- The table ---

// Size of the block behind a header, with times of time_size bytes; 0 where the counts are absurd.
static size_t block_size(const uint8_t *header, size_t time_size) {
    uint64_t utc = get_be32(header + 20), standard = get_be32(header + 24), leap = get_be32(header + 28);
    uint64_t times = get_be32(header + 32), types = get_be32(header + 36), chars = get_be32(header + 40);
    if ((utc | standard | leap | times | types | chars) > ZONE_FILE_BYTES_MAX) {
        return 0;
    }
    return (size_t)(times * (time_size + 1) + types * 6 + chars + leap * (time_size + 4) + standard + utc);
}

static bool header_is_valid(struct bytes file, size_t at) {
    return file.size >= at + HEADER_SIZE && memcmp(file.data + at, "TZif", 4) == 0;
}

static enum rond_err block_find(struct bytes file, struct block *ret_block, struct bytes *ret_footer, struct fault *fault) {
    if (!header_is_valid(file, 0) || file.data[4] < '2') {
        return malformed(fault, "it is not TZif of version 2 or later");
    }
    size_t second = HEADER_SIZE + block_size(file.data, 4);
    if (!header_is_valid(file, second)) {
        return malformed(fault, "its second header is missing");
    }
    const uint8_t *header = file.data + second;
    size_t size = block_size(header, 8);
    size_t end = second + HEADER_SIZE + size;
    struct block block = {.time_count = get_be32(header + 32), .type_count = get_be32(header + 36)};
    if (size == 0 || block.type_count == 0 || file.size < end + 2 || file.data[end] != '\n' ||
        file.data[file.size - 1] != '\n') {
        return malformed(fault, "it is cut short");
    }
    block.times = header + HEADER_SIZE;
    block.types = block.times + 8 * (size_t)block.time_count;
    block.offsets = block.types + block.time_count;
    for (uint32_t i = 0; i < block.time_count; i++) {
        if (block.types[i] >= block.type_count) {
            return malformed(fault, "a transition names no type");
        }
    }
    *ret_block = block;
    *ret_footer = bytes_of(file.data + end + 1, file.size - end - 2);
    return ROND_OK;
}

// Appends a change of offset; what changes nothing (a name, the summer flag) is left out.
static enum rond_err table_add(struct table *table, int64_t at_s, int32_t offset_s, struct fault *fault) {
    if (offset_s == table->offset_s) {
        return ROND_OK;
    }
    if (table->zone->n_transitions == ZONE_TRANSITIONS_MAX) {
        return malformed(fault, "it has too many transitions");
    }
    if (at_s <= table->last_s) {
        return malformed(fault, "its transitions are not in order");
    }
    Rond__V1__Transition *transition = arena_alloc(table->arena, sizeof *transition);
    if (transition == NULL) {
        return ROND_ENOMEM;
    }
    rond__v1__transition__init(transition);
    transition->at_s = at_s;
    transition->offset_s = offset_s;
    table->zone->transitions[table->zone->n_transitions++] = transition;
    table->offset_s = offset_s;
    table->last_s = at_s;
    return ROND_OK;
}

static enum rond_err table_add_block(struct table *table, const struct block *block, struct fault *fault) {
    table->offset_s = (int32_t)get_be32(block->offsets);
    table->zone->offset_before_s = table->offset_s;
    for (uint32_t i = 0; i < block->time_count; i++) {
        int64_t at_s = (int64_t)get_be64(block->times + 8 * (size_t)i);
        int32_t offset_s = (int32_t)get_be32(block->offsets + 6 * (size_t)block->types[i]);
        if (at_s < 0) { // before 1970: only what holds then matters
            table->offset_s = offset_s;
            table->zone->offset_before_s = offset_s;
            continue;
        }
        enum rond_err err = table_add(table, at_s, offset_s, fault);
        if (err) {
            return err;
        }
    }
    if (block->time_count > 0) {
        int64_t last_s = (int64_t)get_be64(block->times + 8 * ((size_t)block->time_count - 1));
        table->last_s = last_s > table->last_s ? last_s : table->last_s;
    }
    return ROND_OK;
}

// --- The rule of the footer: std offset [dst [offset] , start [/time] , end [/time]] ---

struct rule_day {
    char form; // M: month, week, weekday; J: day 1..365 without the leap day; 0: day 0..365
    int month, week, day;
    int32_t time_s; // by the wall before the change
};
struct rule {
    int32_t standard_s;
    bool has_summer;
    int32_t summer_s;
    struct rule_day start, end;
};

static bool scan_number(const char **at, int max, int *ret_number) {
    int number = 0;
    const char *digit = *at;
    for (; isdigit((unsigned char)*digit); digit++) {
        number = number * 10 + (*digit - '0');
        if (number > max) {
            return false;
        }
    }
    if (digit == *at) {
        return false;
    }
    *at = digit;
    *ret_number = number;
    return true;
}

static bool scan_char(const char **at, char wanted) {
    if (**at != wanted) {
        return false;
    }
    (*at)++;
    return true;
}

static bool scan_name(const char **at) {
    const char *start = *at;
    if (scan_char(at, '<')) {
        *at = strchr(*at, '>');
        if (*at == NULL) {
            *at = start;
            return false;
        }
        (*at)++;
        return true;
    }
    while (isalpha((unsigned char)**at)) {
        (*at)++;
    }
    return *at - start >= 3;
}

// [+-]hours[:minutes[:seconds]]
static bool scan_time(const char **at, int32_t *ret_time_s) {
    int sign = scan_char(at, '-') ? -1 : 1;
    if (sign == 1) {
        (void)scan_char(at, '+');
    }
    int hours, minutes = 0, seconds = 0;
    if (!scan_number(at, RULE_HOURS_MAX, &hours) || (scan_char(at, ':') && !scan_number(at, 59, &minutes)) ||
        (scan_char(at, ':') && !scan_number(at, 59, &seconds))) {
        return false;
    }
    *ret_time_s = sign * (hours * 3600 + minutes * 60 + seconds);
    return true;
}

static bool scan_rule_day(const char **at, struct rule_day *ret_day) {
    struct rule_day day = {.time_s = 2 * 3600};
    if (!scan_char(at, ',')) {
        return false;
    }
    if (scan_char(at, 'M')) {
        day.form = 'M';
        if (!scan_number(at, 12, &day.month) || day.month < 1 || !scan_char(at, '.') || !scan_number(at, 5, &day.week) ||
            day.week < 1 || !scan_char(at, '.') || !scan_number(at, 6, &day.day)) {
            return false;
        }
    } else {
        day.form = scan_char(at, 'J') ? 'J' : '0';
        if (!scan_number(at, 365, &day.day) || (day.form == 'J' && day.day < 1)) {
            return false;
        }
    }
    if (scan_char(at, '/') && !scan_time(at, &day.time_s)) {
        return false;
    }
    *ret_day = day;
    return true;
}

static bool rule_parse(const char *text, struct rule *ret_rule) {
    struct rule rule = {0};
    int32_t west_s;
    if (!scan_name(&text) || !scan_time(&text, &west_s)) {
        return false;
    }
    rule.standard_s = -west_s;
    if (*text != '\0') {
        rule.has_summer = true;
        rule.summer_s = rule.standard_s + 3600;
        if (!scan_name(&text)) {
            return false;
        }
        if (*text != ',') {
            if (!scan_time(&text, &west_s)) {
                return false;
            }
            rule.summer_s = -west_s;
        }
        if (!scan_rule_day(&text, &rule.start) || !scan_rule_day(&text, &rule.end)) {
            return false;
        }
    }
    *ret_rule = rule;
    return *text == '\0';
}

static bool year_is_leap(int year) {
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static day_t rule_day_in(const struct rule_day *rule, int year) {
    if (rule->form == '0') {
        return day_from_civil(year, 1, 1) + rule->day;
    }
    if (rule->form == 'J') {
        return day_from_civil(year, 1, 1) + rule->day - 1 + (year_is_leap(year) && rule->day >= 60 ? 1 : 0);
    }
    int weekday = (rule->day + 6) % 7; // POSIX begins the week on Sunday
    day_t first = day_from_civil(year, rule->month, 1);
    day_t next = rule->month == 12 ? day_from_civil(year + 1, 1, 1) : day_from_civil(year, rule->month + 1, 1);
    day_t day = first + (weekday - day_weekday(first) + 7) % 7 + 7 * (rule->week - 1);
    while (day >= next) { // the fifth may be the fourth: "last"
        day -= 7;
    }
    return day;
}

static enum rond_err table_add_rule(struct table *table, const struct rule *rule, struct fault *fault) {
    int64_t after_s = table->last_s;
    for (int year = YEAR_FIRST; rule->has_summer && year <= YEAR_LAST; year++) {
        int64_t start_s = (int64_t)rule_day_in(&rule->start, year) * 86400 + rule->start.time_s - rule->standard_s;
        int64_t end_s = (int64_t)rule_day_in(&rule->end, year) * 86400 + rule->end.time_s - rule->summer_s;
        bool north = start_s < end_s; // in the south summer begins the year's second half
        int64_t first_s = north ? start_s : end_s;
        int64_t second_s = north ? end_s : start_s;
        enum rond_err err = ROND_OK;
        if (first_s > after_s) {
            err = table_add(table, first_s, north ? rule->summer_s : rule->standard_s, fault);
        }
        if (!err && second_s > after_s) {
            err = table_add(table, second_s, north ? rule->standard_s : rule->summer_s, fault);
        }
        if (err) {
            return err;
        }
    }
    return ROND_OK;
}

enum rond_err zone_file_parse(struct bytes file, const char *id, const char *version, struct arena *arena,
                              Rond__V1__TimeZone **ret_zone, struct fault *fault) {
    struct block block = {0};
    struct bytes footer = {0};
    struct rule rule = {0};
    enum rond_err err = block_find(file, &block, &footer, fault);
    if (err) {
        return err;
    }
    struct table table = {.arena = arena, .zone = arena_alloc(arena, sizeof *table.zone), .last_s = -1};
    char *rule_text = arena_alloc(arena, footer.size + 1);
    Rond__V1__Transition **transitions = arena_array(arena, ZONE_TRANSITIONS_MAX, sizeof(Rond__V1__Transition *));
    if (table.zone == NULL || rule_text == NULL || transitions == NULL) {
        return ROND_ENOMEM;
    }
    rond__v1__time_zone__init(table.zone);
    table.zone->id = arena_text(arena, id);
    table.zone->version = arena_text(arena, version);
    table.zone->transitions = transitions;
    memcpy(rule_text, footer.data, footer.size);
    if (table.zone->id == NULL || table.zone->version == NULL) {
        return ROND_ENOMEM;
    }
    if (rule_text[0] != '\0' && !rule_parse(rule_text, &rule)) {
        return malformed(fault, "its rule for later years is not understood");
    }
    err = table_add_block(&table, &block, fault);
    err = err ? err : table_add_rule(&table, &rule, fault);
    if (err == ROND_OK) {
        *ret_zone = table.zone;
    }
    return err;
}

// --- The file ---

// Names of the tables only: no way out of the directory.
static bool id_is_valid(const char *id) {
    for (const char *at = id; *at != '\0'; at++) {
        if (!isalnum((unsigned char)*at) && strchr("_+-/", *at) == NULL) {
            return false;
        }
    }
    return id[0] != '\0' && id[0] != '/' && strlen(id) < 64;
}

static enum rond_err open_fault(const char *path, struct fault *fault) {
    return fault_set(fault, errno == ENOMEM ? ROND_ENOMEM : ROND_EIO, 0, "time_zone", "%s cannot be opened", path);
}

static enum rond_err file_read(const char *path, struct arena *arena, struct bytes *ret_file, struct fault *fault) {
    uint8_t *data = arena_alloc(arena, ZONE_FILE_BYTES_MAX);
    if (data == NULL) {
        return ROND_ENOMEM;
    }
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        return errno == ENOENT || errno == ENOTDIR ? fault_set(fault, ROND_EINVALID, 0, "time_zone",
                                                               "%s does not exist; name a zone as in Europe/Stockholm", path)
                                                   : open_fault(path, fault);
    }
    size_t size = fread(data, 1, ZONE_FILE_BYTES_MAX, file);
    bool failed = ferror(file) != 0;
    fclose(file);
    if (failed) {
        return fault_set(fault, ROND_EIO, 0, "time_zone", "%s cannot be read", path);
    }
    *ret_file = bytes_of(data, size);
    return ROND_OK;
}

// "# version 2026f" is the first line of tzdata.zi; where there is no such file, the table's hash.
static enum rond_err version_of(const char *directory, struct bytes zone, struct arena *arena, const char **ret_version,
                                struct fault *fault) {
    char line[64] = "";
    char version[32];
    uint8_t hash[HASH_SIZE];
    char text[17];
    char *path = arena_printf(arena, "%s/tzdata.zi", directory);
    FILE *file = path == NULL ? NULL : fopen(path, "re");
    bool known = false;
    if (path == NULL) {
        return ROND_ENOMEM;
    }
    if (file == NULL && errno != ENOENT) {
        return open_fault(path, fault);
    }
    if (file != NULL) {
        known = fgets(line, sizeof line, file) != NULL && sscanf(line, "# version %31s", version) == 1;
        fclose(file);
    }
    SHA256(zone.data, zone.size, hash);
    hex_encode(bytes_of(hash, 8), text);
    *ret_version = known ? arena_text(arena, version) : arena_printf(arena, "sha256-%s", text);
    return *ret_version == NULL ? ROND_ENOMEM : ROND_OK;
}

enum rond_err zone_file_read(const char *directory, const char *id, struct arena *arena, Rond__V1__TimeZone **ret_zone,
                             struct fault *fault) {
    struct bytes file;
    if (!id_is_valid(id)) {
        return fault_set(fault, ROND_EINVALID, 0, "time_zone", "%.64s is no name of a time zone, as in Europe/Stockholm",
                         id);
    }
    char *path = arena_printf(arena, "%s/%s", directory, id);
    if (path == NULL) {
        return ROND_ENOMEM;
    }
    enum rond_err err = file_read(path, arena, &file, fault);
    if (err) {
        return err;
    }
    const char *version = NULL;
    err = version_of(directory, file, arena, &version, fault);
    return err ? err : zone_file_parse(file, id, version, arena, ret_zone, fault);
}
