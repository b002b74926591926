// From contributions to figures. Pure values: buckets give values, values add up to totals, totals and the calendar
// give progress. Totals are sums over buckets, so the incremental way (subtract the bucket's old value, add its new
// one) and a rebuild from nothing give the same result by construction; tests hold that.
#ifndef COUNTING_FOLD_H
#define COUNTING_FOLD_H

#include "counting/match.h"

// The value of one bucket, and, summed, of one period of one commitment.
struct tally {
    int64_t count;           // activities, quantity, times done
    int64_t person_minutes;  // presence inside promised windows
    int64_t covered_minutes; // presence: minutes with at least one person
    int64_t windows_met;     // presence: occurrences with at least the promised minutes
    int64_t actions_open;    // actions closed
    int64_t actions_closed;
    int64_t reports;         // contributions that lie in the bucket
};
void tally_add(struct tally *to, const struct tally *value);
void tally_subtract(struct tally *from, const struct tally *value);
bool tally_is_zero(const struct tally *tally);

// Value of a bucket from all contributions in it (any order; reorders nothing).
// ret_reason: REASON_COUNTED, or what the bucket still lacks (REASON_ORGANISATIONS, REASON_PARTS); then only `reports`
// is not zero. Of several reports of one activity the highest quantity counts. An action is a place that some look
// found unsafe; the latest look decides whether it is closed, and of two at one moment the one that says unsafe.
void bucket_value(const struct commitment *commitment, const struct contribution *contributions, size_t count,
                  struct tally *ret_value, enum counting_reason *ret_reason);

// The period in which a bucket counts: that of the contribution that happened first. Reports of one activity that tell
// of different periods must not count in both. The same for every order; "" for an empty bucket.
const char *bucket_period(const struct contribution *contributions, size_t count);

// The named places (Commitment.among_places) that a bucket which counts was at, and those at which only a person can tell
// whether it was; bit i, never both. Over all who tell of it.
void bucket_places(const struct contribution *contributions, size_t count, uint32_t *ret_places, uint32_t *ret_open);
// They have totals of their own, of which `count` is used: "@0" for the buckets at the first place, "?0" for those that may
// have been at it. Totals of periods never begin like that.
void place_period(bool open, size_t index, char ret_period[PERIOD_SIZE]);
bool period_is_place(const char *period);

// One revision of a report: the report itself, a correction of it (directly or through other corrections), or a
// withdrawal of any of them.
struct revision {
    struct report_key key;
    bool is_original;
    bool is_withdrawal;
    int64_t claimed_ms;
};
// Index of the revision that stands, or -1 where the report is withdrawn. The same for every order of the list:
// a withdrawal withdraws the whole thread; otherwise the correction with the highest (claimed_ms, outbox, seq) stands,
// else the original.
int revision_standing(const struct revision *revisions, size_t count);

// Totals of one commitment in one period ("" for all but rate and presence), or at a named place.
struct period_total {
    char period[PERIOD_SIZE];
    struct tally tally;
};

enum progress_status {
    PROGRESS_NOT_STARTED, // the promise's period has not begun
    PROGRESS_MET,
    PROGRESS_ON_PACE,     // not met, but as far as the calendar is
    PROGRESS_BEHIND,
    PROGRESS_MISSED,      // the period is over, or the promise followed up or closed, and it was not met
    PROGRESS_COUNTED,     // no target: counted only
    PROGRESS_UNKNOWN,     // it is over likewise, and whether it was met hangs on what a person has still to decide
};
const char *progress_status_name(enum progress_status status); // "met", "on_pace", ...

// A named place of a commitment.
struct place_progress {
    const char *place; // id; the definition's
    int64_t count;     // buckets that were there
    int64_t open;      // that may have been there
};

enum { SUMMARY_SIZE = 160 };
struct progress {
    enum progress_status status;
    int64_t done;    // at least, once, unquantified: count; rate: periods kept; presence: windows kept; actions: closed
    int64_t target;  // 0: none. rate: periods until now (of which 'done' should be kept); presence: windows until now
    int64_t target_whole; // over the whole period
    struct tally sum;            // over all periods; named places are not in it
    struct place_progress places[AMONG_PLACES_MAX];
    size_t places_count;
    char summary_sv[SUMMARY_SIZE]; // "7 av minst 10 kontroller"
    char summary_en[SUMMARY_SIZE];
};
// Progress at a moment, from the totals of all periods. Rates: a period counts as kept with `target` in it, or, where
// the rate is meant as "about", the average over the elapsed periods decides (at least the target, whichever periods it
// came in). A partial first or last period counts whole. The period that runs now is due only when it has passed, but
// counts as kept as soon as it is; the same holds for windows. Days outside season and phase do not set the pace.
// From the day on which the promise was followed up or closed the calendar stands still: what is not met then is missed.
// With named places it is met only where the target is and each of them was reached; the summary names those that were not.
void progress_at(const struct commitment *commitment, const struct period_total *totals, size_t count, int64_t now_s,
                 struct progress *ret_progress);
// The same of all the days before that one, when they are over: a window belongs to the day on which it opens, also where it
// closes after midnight.
void progress_until(const struct commitment *commitment, const struct period_total *totals, size_t count, day_t day,
                    struct progress *ret_progress);

#endif
