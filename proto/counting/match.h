// Does a report count toward a commitment, and as what? Pure; the same at both ends.
//
// Matching turns one report and one commitment into contributions. A contribution that counts lies in a bucket: the
// unit in which the commitment counts once, however many reports tell of it. Several reports of one joint activity
// share a bucket, as do all patrols in one occurrence of a promised window, and all looks at one unsafe place.
// The value of a bucket is a pure function of the contributions in it (counting/fold.h), so order cannot matter and
// a correction is: take the old contributions out, put the new ones in.
//
//   measure          bucket                                                    period
//   at least, rate,  "a:" activity reference, else "r:" OUTBOX(hex) ":" SEQ    rate: 2015-W19, 2015-05, 2015-T2,
//   unquantified,    ("a:" KIND ":" reference where it takes every kind, so    2015-Q2; else ""
//   once             that activities of different kinds never mix)
//   once with parts  "s:" first local day of the season, or "p" without one    ""
//                    (whatever was done for it in that season belongs to one activity)
//   presence         "w" INDEX ":" local day on which the window opened        "w" INDEX
//   actions closed   "f:" OUTBOX(hex) ":" SEQ ":" FINDING of the first finding  ""
#ifndef COUNTING_MATCH_H
#define COUNTING_MATCH_H

#include "base/arena.h"
#include "counting/zone.h"
#include "rond/v1/reference.pb-c.h"
#include "rond/v1/report.pb-c.h"

// Names one report; the plain-C form of Rond__V1__Identity. An outbox is one device's for ever, so outbox and seq are enough
// to know a report by. The device that a name says may be wrong: a handheld that was enrolled under another device id names
// what it reported before as its own.
struct report_key {
    struct id128 device;
    struct id128 outbox;
    uint64_t seq;
};
// The same report; the devices that the two say are not looked at.
bool report_key_equal(const struct report_key *a, const struct report_key *b);
// ROND_EINVALID where a part has the wrong size.
MUST_CHECK enum rond_err report_key_from_identity(const Rond__V1__Identity *identity, struct report_key *ret_key);

// A person's decision about one report. It holds for the original and whatever stands in its place.
enum ruling_kind {
    RULING_ACTIVITY = 1, // value: the joint activity that it belongs to, whatever it says itself; "" none
    RULING_PLACE = 2,    // subject: a place; value: "yes" it was there, "no" it was not
    RULING_FIELD = 3,    // subject: a field of this very revision; value: what it says instead (server/promise/amend.h)
};
struct ruling {
    enum ruling_kind kind;
    const char *subject; // "" for an activity
    const char *value;
};

// A report as counting sees it. Borrowed.
struct counted_report {
    const Rond__V1__Report *report;
    struct report_key key;    // its own, or the original's in whose place it stands (buckets and findings keep their names)
    const char *organisation; // of the device that reported
    const char *area;         // the report's, or the device's
    int64_t from_s;           // when it happened: the server's estimate (on the device: the device's clock)
    int64_t to_s;
    uint32_t uncertainty_s;
    const struct ruling *rulings; // people's decisions about it; none on the device
    size_t rulings_count;
};

// The joint activity that the report belongs to: what a person ruled, else what it says itself; "" where it is on its own.
const char *counted_activity(const struct counted_report *report);

// Why a report does not count. Values are stored: never renumbered. Names and sentences in both languages below.
enum counting_reason {
    REASON_COUNTED = 0,
    REASON_KIND = 1,             // another kind of report (said only where the officer named the commitment)
    REASON_AREA = 2,
    REASON_PERIOD = 3,           // outside the promise's period
    REASON_PHASE = 4,            // the promise was not yet in the phase act
    REASON_SEASON = 5,
    REASON_PLACE = 6,
    REASON_DETAIL = 7,           // of, form, items, information, with
    REASON_ROLE = 8,
    REASON_WINDOW = 9,           // presence outside every promised window
    REASON_NOTHING_UNSAFE = 10,  // a walk without an unsafe place opens no action
    REASON_REPLACED = 11,        // a correction stands in its place
    REASON_WITHDRAWN = 12,
    REASON_REPEATED = 13,        // queued anew after a fork, and there already under its first identity
    REASON_QUARANTINED = 14,
    REASON_WAITING_TARGET = 15,  // corrects a report that has not arrived
    REASON_FOREIGN_TARGET = 16,  // corrects a report of another organisation
    REASON_ORGANISATIONS = 17,   // in its bucket some required organisation is still missing
    REASON_PARTS = 18,           // in its bucket some part is still missing: of a campaign, or the first finding that
                                 // a re-walk looks at again
    REASON_OWNER = 19,           // another organisation's; the commitment is its owner's alone
    REASON_ROLE_TARGET = 20,     // corrects a report of a role that it may not correct
    REASON_COUNT,
};
const char *reason_name(enum counting_reason reason); // "period", "organisations", ...
const char *reason_sentence(enum counting_reason reason, bool swedish);

enum { BUCKET_SIZE = 128, PERIOD_SIZE = 16 };

// One contribution of one report to one commitment. Plain value, as stored.
struct contribution {
    enum counting_reason reason; // REASON_COUNTED: it lies in the bucket
    char bucket[BUCKET_SIZE];    // "" where it does not count
    char period[PERIOD_SIZE];
    uint32_t parts;              // bit i: fulfils requirement i of the commitment
    uint32_t organisations;      // bit i: required organisation i is among those reported
    uint32_t quantity;           // of an initiative; else 1
    uint32_t persons;            // presence
    int64_t from_s;              // presence: clipped to the window; else when it happened
    int64_t to_s;
    uint32_t finding_state;      // actions closed: Rond__V1__Safety of this look
    uint32_t flags;              // CONTRIBUTION_...
    uint32_t places;             // bit i: it was at among_places[i] of the commitment
    uint32_t places_open;        // bit i: it may have been there; a person must decide
};
enum {
    // The uncertainty of its time reaches over an edge that decided: of the promise's period, its phase act, the season,
    // the period of a rate, the window. The estimate decides; where it did not count, it would have on the other side.
    CONTRIBUTION_TIME_UNSURE = 1,
};

enum { CONTRIBUTIONS_MAX = 512 }; // of one report toward one commitment

enum { REQUIRED_MAX = 32, AMONG_PLACES_MAX = 32 };

// Where places are looked up by id: the caller's reference data. NULL where it has none of that id.
struct place_table {
    const Rond__V1__Place *(*find)(const void *context, const char *id);
    const void *context;
};

// One thing that a commitment with parts consists of: a part, or one item of a part that lists several, so that two
// people may hand out one kind each.
struct requirement {
    const Rond__V1__Filter *part;
    const char *item; // NULL: the whole part
};

enum { DAY_NEVER = INT32_MAX };

// All that the matcher needs of one commitment, looked up once.
struct commitment {
    uint32_t number;                      // the store's number for "PROMISE/COMMITMENT"
    const Rond__V1__Promise *promise;
    const Rond__V1__Commitment *definition;
    const Rond__V1__TimeZone *zone;       // of the promise's area
    struct place_table places;            // find NULL: no place is known but by its id
    // Derived by commitment_init:
    day_t from, to;
    day_t act_from, act_to;               // days in phase act or later, of an active promise; act_to is `to`; none where act_from is after it
    day_t judged_from;                    // followed up or closed since that day; DAY_NEVER where it is neither
    size_t required_count;                // required_organisations and, where it is joint, all parties of the promise
    const char *required[REQUIRED_MAX];   // bit i of contribution.organisations
    size_t requirement_count;             // of a commitment with parts, see struct requirement
    struct requirement requirements[REQUIRED_MAX];
    int season_from, season_to;           // month * 100 + day, both included; 0 and 0: the whole year
    const Rond__V1__Filter *followed;     // actions closed: the filter of the walks it follows, else NULL
};
// places may be NULL; its context is kept. ROND_EINVALID where the definition contradicts itself (dates, season, windows,
// more than 32 required, parts or named places) or no zone is given.
MUST_CHECK enum rond_err commitment_init(struct commitment *commitment, uint32_t number, const Rond__V1__Promise *promise,
                                         const Rond__V1__Commitment *definition, const Rond__V1__TimeZone *zone,
                                         const struct place_table *places, struct fault *fault);
// The place's entry, or NULL.
const Rond__V1__Place *commitment_place(const struct commitment *commitment, const char *id);

// Whether the day lies in the commitment's season (always, without one), and the day on which that season began (its
// first day of an earlier year where it goes over the new year). *ret_first may be NULL; without a season it is `from`.
bool commitment_in_season(const struct commitment *commitment, day_t day, day_t *ret_first);
// True for a weekday of the window, in the period, in phase act, in season: an occurrence opens on that day.
bool commitment_window_opens(const struct commitment *commitment, const Rond__V1__Window *window, day_t day);
// The moments at which an occurrence opens and closes: [*ret_from_s, *ret_to_s).
void commitment_window_span(const struct commitment *commitment, const Rond__V1__Window *window, day_t day,
                            int64_t *ret_from_s, int64_t *ret_to_s);
// Name of the week, month, tertial or quarter of a day.
void period_name(Rond__V1__Per per, day_t day, char ret_period[PERIOD_SIZE]);
// Whether the day after bears another name.
bool period_ends(Rond__V1__Per per, day_t day);

// True where the pair is worth storing: area and kind fit, or the officer named the commitment. Cheap; called first.
// Naming a commitment has a reason shown where it does not count; it overrides no rule.
bool match_is_candidate(const struct commitment *commitment, const struct counted_report *report);
// The contributions of a candidate: at least one; a single one with a reason where it does not count.
// ROND_ENOMEM beyond the arena; ROND_EFULL beyond CONTRIBUTIONS_MAX, or where an id is too long for a bucket's name
// (never for a report that passed report_check).
MUST_CHECK enum rond_err match(const struct commitment *commitment, const struct counted_report *report,
                               struct arena *arena, struct contribution **ret_contributions, size_t *ret_count);

// The bucket of a joint activity, of a commitment that counts activities one by one. ROND_EFULL where the reference is too long.
MUST_CHECK enum rond_err match_joint_bucket(const struct commitment *commitment, Rond__V1__Kind kind, const char *reference,
                                            char ret_bucket[BUCKET_SIZE]);
// The bucket of an unsafe place, by its first look: the walk and the finding. ROND_EFULL where the finding's id is too long.
MUST_CHECK enum rond_err match_finding_bucket(const struct report_key *first, const char *finding,
                                              char ret_bucket[BUCKET_SIZE]);
// The bucket of one opening of a window of presence: which of the commitment's windows, and on which local day it opens.
MUST_CHECK enum rond_err match_window_bucket(size_t index, day_t day, char ret_bucket[BUCKET_SIZE]);
// Of a bucket that the reports of one joint activity share: that activity's kind and its reference, which lies in the
// bucket's text. False for every other bucket.
bool match_bucket_joint(const struct commitment *commitment, const char *bucket, Rond__V1__Kind *ret_kind,
                        const char **ret_reference);

#endif
