#include "store/spot.h"

#include <string.h>

#include "counting/zone.h"

// Numbers of squares begin at the south pole and the date line, so that none is negative; one more, so that none is 0.
enum { COLUMNS_BITS = 20 };

static int compare(int64_t left, int64_t right) {
    return left < right ? -1 : left > right;
}

// Reports of one batch have the same text where they have the same area or organisation.
static int compare_text(const char *left, const char *right) {
    return left == right ? 0 : strcmp(left, right);
}

int map_key_compare(const struct map_key *left, const struct map_key *right) {
    int order = compare(left->span, right->span);
    order = order != 0 ? order : compare(left->day, right->day);
    order = order != 0 ? order : compare(left->kind, right->kind);
    order = order != 0 ? order : compare(left->square, right->square);
    order = order != 0 ? order : compare_text(left->area, right->area);
    order = order != 0 ? order : compare_text(left->organisation, right->organisation);
    return order != 0 ? order : compare_text(left->place, right->place);
}

bool map_tally_is_zero(const struct map_tally *tally) {
    return tally->reports == 0 && tally->person_minutes == 0 && tally->quantity == 0;
}

void map_tally_add(struct map_tally *to, const struct map_tally *add) {
    to->reports += add->reports;
    to->person_minutes += add->person_minutes;
    to->quantity += add->quantity;
}

void map_tally_subtract(struct map_tally *from, const struct map_tally *value) {
    from->reports -= value->reports;
    from->person_minutes -= value->person_minutes;
    from->quantity -= value->quantity;
}

int32_t map_span_start(enum map_span span, int32_t day) {
    int year, month, day_of_month;
    if (span == MAP_DAY)
        return day;
    day_to_civil(day, &year, &month, &day_of_month);
    return day_from_civil(year, span == MAP_YEAR ? 1 : month, 1);
}

int32_t map_span_end(enum map_span span, int32_t day) {
    if (span == MAP_DAY)
        return day;
    return map_span_start(span, map_span_start(span, day) + (span == MAP_YEAR ? 366 : 31)) - 1;
}

int64_t square_of(int32_t latitude_e6, int32_t longitude_e6) {
    int64_t row = (latitude_e6 + INT64_C(90000000)) / SQUARE_HEIGHT_E6;
    int64_t column = (longitude_e6 + INT64_C(180000000)) / SQUARE_WIDTH_E6;
    return (row << COLUMNS_BITS | column) + 1;
}

int64_t square_coarser(int64_t square, unsigned level) {
    int64_t row = (square - 1) >> COLUMNS_BITS, column = (square - 1) & (SQUARE_COLUMNS - 1);
    return (row >> level << level << COLUMNS_BITS | column >> level << level) + 1;
}

struct square_range squares_in(int64_t coarser, unsigned level) {
    int64_t column = (coarser - 1) % SQUARE_COLUMNS, more = (INT64_C(1) << level) - 1;
    if (coarser == 0)
        return (struct square_range){0, 0, column, column};
    return (struct square_range){coarser, coarser + (more << COLUMNS_BITS) + more, column, column + more};
}

void square_middle(int64_t square, unsigned level, int32_t *ret_latitude_e6, int32_t *ret_longitude_e6) {
    int64_t row = (square - 1) >> COLUMNS_BITS, column = (square - 1) & (SQUARE_COLUMNS - 1);
    int64_t size = INT64_C(1) << level;
    *ret_latitude_e6 = (int32_t)((2 * row + size) * SQUARE_HEIGHT_E6 / 2 - 90000000);
    *ret_longitude_e6 = (int32_t)((2 * column + size) * SQUARE_WIDTH_E6 / 2 - 180000000);
}
