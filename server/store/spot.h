// What the map is made of: where and when each report that stands was, and how much that comes to for a day, a month, a
// year.
//
// Nothing here is more exact than the map may be: a report is at a named place, or else in a square of the ground of about
// 150 m, or nowhere; on a local day. What the fold gives is kept; what it means is promise/spots.h.
#ifndef STORE_SPOT_H
#define STORE_SPOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum map_span { MAP_DAY = 0, MAP_MONTH = 1, MAP_YEAR = 2 }; // stored

// One report, or all of them that have this in common.
struct map_key {
    const char *area;
    enum map_span span;
    int32_t day; // the local day on which the span begins, since 1970-01-01
    uint32_t kind;
    const char *organisation;
    const char *place; // id; "" where none is named
    int64_t square;    // where no place is named but a position is known; else 0
};
struct map_tally {
    int64_t reports;
    int64_t person_minutes; // of patrols
    int64_t quantity;       // checked, handed out, surveyed, of an initiative
};
struct map_change {
    struct map_key at;
    struct map_tally add; // negative parts subtract
};
// One report on the map; the span is its day. tally.reports is 1, or 0: it is not on the map.
struct spot {
    uint64_t row;
    struct map_key at;
    struct map_tally tally;
};

// Of one area the spans that begin on a day from first to last.
struct map_range {
    const char *area;
    enum map_span span;
    int32_t first, last;
};
// Given one at a time, texts borrowed for the call; an error that it answers ends the reading.
struct map_rows {
    enum rond_err (*row)(void *context, const struct map_change *row);
    void *context;
};

// The reports of one row of the map, on the days from first to last: its area, kind and organisation, and its place, its
// square as one of that level names it (square_coarser), or neither. span and day of `at` are not looked at.
struct spots_wanted {
    struct map_key at;
    unsigned level;
    int32_t first, last;
    uint64_t before; // on the last day only rows before it; 0: all
};

// What the reports of one kind in an area, on the days from first to last, contribute that counts and touches a time.
struct counted_wanted {
    const char *area;
    uint32_t kind;
    int32_t first, last;
    int64_t from_s, to_s; // both included
};
struct counted_one {
    uint64_t row; // of the report
    uint32_t commitment;
    const char *bucket;
    int64_t from_s, to_s;
};
// Given one at a time, the text borrowed for the call, those of one report together; an error that it answers ends the reading.
struct counted_ones {
    enum rond_err (*one)(void *context, const struct counted_one *one);
    void *context;
};

// The first and the last day of the span that holds a day.
int32_t map_span_start(enum map_span span, int32_t day);
int32_t map_span_end(enum map_span span, int32_t day);
// By numbers first, which tell most apart: span, day, kind, square; then area, organisation and place.
int map_key_compare(const struct map_key *left, const struct map_key *right);
bool map_tally_is_zero(const struct map_tally *tally);
void map_tally_add(struct map_tally *to, const struct map_tally *add);
void map_tally_subtract(struct map_tally *from, const struct map_tally *value);

// The square of the ground that holds a position, never 0; and its middle. Squares are 0.00135 degrees high (150 m) and
// twice as many degrees wide, which is 170 m in Lund and 110 m in Kiruna. Coarser ones hold 2^level x 2^level of them.
enum { SQUARE_HEIGHT_E6 = 1350, SQUARE_WIDTH_E6 = 2700, SQUARE_LEVEL_MAX = 12 };
int64_t square_of(int32_t latitude_e6, int32_t longitude_e6);
int64_t square_coarser(int64_t square, unsigned level); // its coarser one, named by the first square in it
// Those in a coarser one: whose numbers lie from first to last, and whose columns, (number - 1) % SQUARE_COLUMNS, do so too.
// Of 0, which is no square, 0 alone.
struct square_range {
    int64_t first, last;
    int64_t column_first, column_last;
};
enum { SQUARE_COLUMNS = 1 << 20 };
struct square_range squares_in(int64_t coarser, unsigned level);
void square_middle(int64_t square, unsigned level, int32_t *ret_latitude_e6, int32_t *ret_longitude_e6);

#endif
