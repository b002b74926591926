// The rules run from the outside in, and the first that fails is the reason: kind, area, owner, period, phase, season,
// place, detail, role, window. Place, detail and role come before the times where presence is promised: its windows say
// the times. Required organisations and parts are not judged here: they hold for a bucket, in which several
// reports may join (counting/fold.c).
#include "counting/match.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "counting/among.h"
#include "counting/edges.h"
#include "counting/filter.h"
#include "wire/codec.h"

bool report_key_equal(const struct report_key *a, const struct report_key *b) {
    return a->seq == b->seq && id128_equal(&a->outbox, &b->outbox);
}

enum rond_err report_key_from_identity(const Rond__V1__Identity *identity, struct report_key *ret_key) {
    struct report_key key = {.seq = identity->seq};
    if (!id128_from_bytes(bytes_of(identity->device.data, identity->device.len), &key.device) ||
        !id128_from_bytes(bytes_of(identity->outbox.data, identity->outbox.len), &key.outbox) || key.seq == 0) {
        return ROND_EINVALID;
    }
    *ret_key = key;
    return ROND_OK;
}

// --- Is it worth storing? ---

static bool measure_takes(Rond__V1__Measure measure, Rond__V1__Kind kind) {
    switch (measure) {
    case ROND__V1__MEASURE__MEASURE_PRESENCE:
        return kind == ROND__V1__KIND__KIND_VISIBLE_PATROL;
    case ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED:
        return kind == ROND__V1__KIND__KIND_SAFETY_WALK;
    default:
        return kind != ROND__V1__KIND__KIND_UNSPECIFIED;
    }
}

static bool commitment_takes(const struct commitment *commitment, Rond__V1__Kind kind) {
    const Rond__V1__Commitment *definition = commitment->definition;
    if (!measure_takes(definition->measure, kind) || !filter_takes_kind(definition->filter, kind)) {
        return false;
    }
    for (size_t i = 0; i < definition->n_parts; i++) {
        if (filter_takes_kind(definition->parts[i], kind)) {
            return true;
        }
    }
    return definition->n_parts == 0;
}

static bool is_named(const struct commitment *commitment, const char *path) {
    size_t promise_size = strlen(commitment->promise->id);
    return strncmp(path, commitment->promise->id, promise_size) == 0 && path[promise_size] == '/' &&
           strcmp(path + promise_size + 1, commitment->definition->id) == 0;
}

bool match_is_candidate(const struct commitment *commitment, const struct counted_report *report) {
    Rond__V1__Kind kind = report_kind(report->report);
    if (kind == ROND__V1__KIND__KIND_UNSPECIFIED) {
        return false;
    }
    return (strcmp(commitment->promise->area, report->area) == 0 && commitment_takes(commitment, kind)) ||
           is_named(commitment, report->report->commitment);
}

// --- Contributions ---

struct matching {
    const struct commitment *commitment;
    const struct counted_report *report;
    struct contribution shared; // what all contributions of this report have in common
    struct contribution *contributions;
    size_t count;
};

static enum rond_err add(struct matching *matching, const struct contribution *contribution) {
    if (matching->count == CONTRIBUTIONS_MAX) {
        return ROND_EFULL;
    }
    matching->contributions[matching->count++] = *contribution;
    return ROND_OK;
}

static enum rond_err add_reason(struct matching *matching, enum counting_reason reason) {
    struct contribution contribution = matching->shared;
    contribution.reason = reason;
    return add(matching, &contribution);
}

// What the calendar says, and what everything else does. Only where all else fits is the doubt of the time worth telling.
static enum counting_reason time_match(struct matching *matching, day_t day, enum counting_reason else_reason) {
    enum counting_reason reason = edges_match(matching->commitment, day);
    if (else_reason == REASON_COUNTED && matching->report->uncertainty_s > 0 &&
        edges_unsure(matching->commitment, matching->report)) {
        matching->shared.flags |= CONTRIBUTION_TIME_UNSURE;
    }
    return reason != REASON_COUNTED ? reason : else_reason;
}

static enum rond_err bucket_print(char bucket[BUCKET_SIZE], const char *format, ...) __attribute__((format(printf, 2, 3)));
static enum rond_err bucket_print(char bucket[BUCKET_SIZE], const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(bucket, BUCKET_SIZE, format, arguments);
    va_end(arguments);
    return size > 0 && size < BUCKET_SIZE ? ROND_OK : ROND_EFULL;
}

enum rond_err match_window_bucket(size_t index, day_t day, char ret_bucket[BUCKET_SIZE]) {
    char date[DATE_TEXT_SIZE];
    day_format(day, date);
    return bucket_print(ret_bucket, "w%zu:%s", index, date);
}

static uint32_t organisations_of(const struct commitment *commitment, const struct counted_report *report) {
    uint32_t bits = 0;
    for (size_t i = 0; i < commitment->required_count; i++) {
        bool there = strcmp(commitment->required[i], report->organisation) == 0;
        for (size_t j = 0; !there && j < report->report->n_organisations; j++) {
            there = strcmp(commitment->required[i], report->report->organisations[j]) == 0;
        }
        bits |= (uint32_t)there << i;
    }
    return bits;
}

static uint32_t quantity_of(const Rond__V1__Report *report) {
    if (report->body_case != ROND__V1__REPORT__BODY_INITIATIVE || report->initiative->quantity == 0) {
        return 1;
    }
    return report->initiative->quantity > UINT32_MAX ? UINT32_MAX : (uint32_t)report->initiative->quantity;
}

// Which requirements the report fulfils; where none, the reason that came nearest.
static enum counting_reason requirements_match(const struct commitment *commitment, const struct counted_report *report,
                                               uint32_t *ret_parts) {
    enum counting_reason nearest = REASON_KIND;
    uint32_t parts = 0;
    for (size_t i = 0; i < commitment->requirement_count; i++) {
        const struct requirement *requirement = &commitment->requirements[i];
        enum counting_reason reason = filter_match(requirement->part, report, requirement->item);
        if (reason == REASON_COUNTED) {
            parts |= UINT32_C(1) << i;
        } else if (reason > nearest) { // kind < place < detail < role
            nearest = reason;
        }
    }
    if (parts == 0) {
        return nearest;
    }
    *ret_parts = parts;
    return REASON_COUNTED;
}

const char *counted_activity(const struct counted_report *report) {
    for (size_t i = 0; i < report->rulings_count; i++) {
        if (report->rulings[i].kind == RULING_ACTIVITY) {
            return report->rulings[i].value;
        }
    }
    return report->report->activity;
}

static Rond__V1__Kind kind_taken(const struct commitment *commitment) {
    const Rond__V1__Filter *filter = commitment->definition->filter;
    return filter == NULL ? ROND__V1__KIND__KIND_UNSPECIFIED : filter->kind;
}

bool match_bucket_joint(const struct commitment *commitment, const char *bucket, Rond__V1__Kind *ret_kind,
                        const char **ret_reference) {
    Rond__V1__Kind kind = kind_taken(commitment);
    if (strncmp(bucket, "a:", 2) != 0) {
        return false;
    }
    const char *reference = bucket + 2;
    if (kind == ROND__V1__KIND__KIND_UNSPECIFIED) {
        kind = (Rond__V1__Kind)(*reference - '0'); // one digit, see match_joint_bucket
        reference += 2;
    }
    *ret_kind = kind;
    *ret_reference = reference;
    return true;
}

// An area needs no saying: all that lies in a bucket of a commitment is of its promise's area.
enum rond_err match_joint_bucket(const struct commitment *commitment, Rond__V1__Kind kind, const char *reference,
                                 char ret_bucket[BUCKET_SIZE]) {
    if (kind_taken(commitment) == ROND__V1__KIND__KIND_UNSPECIFIED) {
        return bucket_print(ret_bucket, "a:%u:%s", (unsigned)kind, reference);
    }
    return bucket_print(ret_bucket, "a:%s", reference);
}

static enum rond_err activity_bucket(const struct commitment *commitment, const struct counted_report *report,
                                     char bucket[BUCKET_SIZE]) {
    const char *activity = counted_activity(report);
    if (activity[0] != '\0') {
        return match_joint_bucket(commitment, report_kind(report->report), activity, bucket);
    }
    char outbox[2 * ID_SIZE + 1];
    hex_encode(bytes_of(report->key.outbox.b, ID_SIZE), outbox);
    return bucket_print(bucket, "r:%s:%" PRIu64, outbox, report->key.seq);
}

static enum rond_err season_bucket(const struct commitment *commitment, day_t day, char bucket[BUCKET_SIZE]) {
    day_t first;
    char date[DATE_TEXT_SIZE];
    if (commitment->season_from == 0 || !commitment_in_season(commitment, day, &first)) {
        return bucket_print(bucket, "p");
    }
    day_format(first, date);
    return bucket_print(bucket, "s:%s", date);
}

// At least, once, rate, unquantified: the report happens on the local day on which it begins.
static enum rond_err match_activity(struct matching *matching) {
    const struct commitment *commitment = matching->commitment;
    struct local_time local;
    zone_local(commitment->zone, matching->report->from_s, &local);
    enum counting_reason reason = filter_match(commitment->definition->filter, matching->report, NULL);
    uint32_t parts = 0;
    if (reason == REASON_COUNTED && commitment->requirement_count > 0) {
        reason = requirements_match(commitment, matching->report, &parts);
    }
    reason = time_match(matching, local.day, reason);
    if (reason != REASON_COUNTED) {
        return add_reason(matching, reason);
    }
    struct contribution contribution = matching->shared;
    contribution.parts = parts;
    among_match(commitment, matching->report, &contribution.places, &contribution.places_open);
    enum rond_err err = commitment->requirement_count > 0
                            ? season_bucket(commitment, local.day, contribution.bucket)
                            : activity_bucket(commitment, matching->report, contribution.bucket);
    if (commitment->definition->measure == ROND__V1__MEASURE__MEASURE_RATE) {
        period_name(commitment->definition->per, local.day, contribution.period);
    }
    return err ? err : add(matching, &contribution);
}

static bool role_counts(const Rond__V1__Commitment *definition, const char *role) {
    for (size_t i = 0; i < definition->n_roles; i++) {
        if (strcmp(definition->roles[i], role) == 0) {
            return true;
        }
    }
    return definition->n_roles == 0;
}

// Persons in the roles that count. A patrol without a list is the one person who reports it.
static uint32_t persons_of(const Rond__V1__Commitment *definition, const Rond__V1__Report *report) {
    const Rond__V1__Patrol *patrol = report->patrol;
    if (patrol->n_persons == 0) {
        return role_counts(definition, report->role) ? 1 : 0;
    }
    uint64_t persons = 0;
    for (size_t i = 0; i < patrol->n_persons; i++) {
        persons += role_counts(definition, patrol->persons[i]->role) ? patrol->persons[i]->persons : 0;
    }
    return persons > UINT32_MAX ? UINT32_MAX : (uint32_t)persons;
}

static bool some_window_at(const Rond__V1__Commitment *definition, const char *place) {
    for (size_t i = 0; i < definition->n_windows; i++) {
        if (filter_takes_word(definition->windows[i]->place, place)) {
            return true;
        }
    }
    return false;
}

// The uncertainty of when the patrol began or ended reaches over this edge of a window.
static bool edge_is_near(const struct counted_report *report, int64_t edge_s) {
    uint32_t uncertainty_s = report->uncertainty_s;
    return (edge_s > edges_earliest_s(report->from_s, uncertainty_s) &&
            edge_s < edges_latest_s(report->from_s, uncertainty_s)) ||
           (edge_s > edges_earliest_s(report->to_s, uncertainty_s) && edge_s < edges_latest_s(report->to_s, uncertainty_s));
}

// One contribution for the part of the patrol that lies in the occurrence of window `index` that opens on `day`.
// An occurrence that does not count leaves its reason in *reason.
static enum rond_err match_occurrence(struct matching *matching, size_t index, day_t day, enum counting_reason *reason) {
    const struct commitment *commitment = matching->commitment;
    const Rond__V1__Window *window = commitment->definition->windows[index];
    int64_t from_s, to_s;
    if (!filter_takes_word(window->place, matching->report->report->place) ||
        (window->weekdays >> day_weekday(day) & 1) == 0) {
        return ROND_OK;
    }
    commitment_window_span(commitment, window, day, &from_s, &to_s);
    bool unsure = edge_is_near(matching->report, from_s) || edge_is_near(matching->report, to_s);
    from_s = from_s > matching->report->from_s ? from_s : matching->report->from_s;
    to_s = to_s < matching->report->to_s ? to_s : matching->report->to_s;
    if (from_s >= to_s) {
        return ROND_OK;
    }
    if (!commitment_window_opens(commitment, window, day)) {
        *reason = edges_match(commitment, day);
        return ROND_OK;
    }
    struct contribution contribution = matching->shared;
    contribution.flags |= unsure ? CONTRIBUTION_TIME_UNSURE : 0;
    contribution.from_s = from_s;
    contribution.to_s = to_s;
    snprintf(contribution.period, PERIOD_SIZE, "w%u", (unsigned)index);
    enum rond_err err = match_window_bucket(index, day, contribution.bucket);
    return err ? err : add(matching, &contribution);
}

// Local days of a stretch of time on which a window may open that it meets: its own, and the day before, since a window
// may go over midnight. They are held to the period and the day before it, so that a report of absurd length costs no more
// than the period has days.
static void days_of(const struct commitment *commitment, int64_t from_s, int64_t to_s, day_t *ret_from, day_t *ret_to) {
    struct local_time first, last;
    zone_local(commitment->zone, from_s, &first);
    zone_local(commitment->zone, to_s, &last);
    *ret_from = first.day - 1 > commitment->from - 1 ? first.day - 1 : commitment->from - 1;
    *ret_to = last.day < commitment->to + 1 ? last.day : commitment->to + 1;
}

// A patrol that met no window would meet one at another moment within its uncertainty.
static bool window_is_near(const struct matching *matching) {
    const struct commitment *commitment = matching->commitment;
    const Rond__V1__Commitment *definition = commitment->definition;
    int64_t earliest_s = edges_earliest_s(matching->report->from_s, matching->report->uncertainty_s);
    int64_t latest_s = edges_latest_s(matching->report->to_s, matching->report->uncertainty_s);
    day_t from, to;
    days_of(commitment, earliest_s, latest_s, &from, &to);
    for (day_t day = from; day <= to; day++) {
        for (size_t i = 0; i < definition->n_windows; i++) {
            int64_t from_s, to_s;
            if (!filter_takes_word(definition->windows[i]->place, matching->report->report->place) ||
                !commitment_window_opens(commitment, definition->windows[i], day)) {
                continue;
            }
            commitment_window_span(commitment, definition->windows[i], day, &from_s, &to_s);
            if (earliest_s < to_s && latest_s > from_s) {
                return true;
            }
        }
    }
    return false;
}

static enum rond_err match_windows(struct matching *matching) {
    const struct commitment *commitment = matching->commitment;
    struct local_time first, last;
    zone_local(commitment->zone, matching->report->from_s, &first);
    zone_local(commitment->zone, matching->report->to_s, &last);
    bool outside = first.day > commitment->to || last.day < commitment->from;
    enum counting_reason reason = outside ? REASON_PERIOD : REASON_WINDOW;
    day_t from, to;
    days_of(commitment, matching->report->from_s, matching->report->to_s, &from, &to);
    for (day_t day = from; day <= to; day++) {
        for (size_t i = 0; i < commitment->definition->n_windows; i++) {
            enum rond_err err = match_occurrence(matching, i, day, &reason);
            if (err) {
                return err;
            }
        }
    }
    if (matching->count > 0) {
        return ROND_OK;
    }
    if (matching->report->uncertainty_s > 0 && window_is_near(matching)) {
        matching->shared.flags |= CONTRIBUTION_TIME_UNSURE;
    }
    return add_reason(matching, reason);
}

static enum rond_err match_presence(struct matching *matching) {
    const Rond__V1__Commitment *definition = matching->commitment->definition;
    const Rond__V1__Report *report = matching->report->report;
    enum counting_reason reason = filter_match(definition->filter, matching->report, NULL);
    if (reason == REASON_COUNTED && !some_window_at(definition, report->place)) {
        reason = REASON_PLACE;
    }
    matching->shared.persons = persons_of(definition, report);
    if (reason == REASON_COUNTED && matching->shared.persons == 0) {
        reason = REASON_ROLE;
    }
    return reason == REASON_COUNTED ? match_windows(matching) : add_reason(matching, reason);
}

enum rond_err match_finding_bucket(const struct report_key *first, const char *finding, char ret_bucket[BUCKET_SIZE]) {
    char outbox[2 * ID_SIZE + 1];
    hex_encode(bytes_of(first->outbox.b, ID_SIZE), outbox);
    return bucket_print(ret_bucket, "f:%s:%" PRIu64 ":%s", outbox, first->seq, finding);
}

// A first look opens a bucket only where the place was found unsafe; a re-walk goes into the bucket of the first look.
static enum rond_err match_finding(struct matching *matching, const Rond__V1__Finding *finding) {
    struct contribution contribution = matching->shared;
    contribution.finding_state = (uint32_t)finding->safety;
    enum rond_err err;
    if (finding->rewalk_of != NULL) {
        struct report_key first;
        if (finding->safety == ROND__V1__SAFETY__SAFETY_UNSPECIFIED || finding->rewalk_of->report == NULL ||
            report_key_from_identity(finding->rewalk_of->report, &first) != ROND_OK) {
            return ROND_OK;
        }
        err = match_finding_bucket(&first, finding->rewalk_of->finding, contribution.bucket);
    } else {
        if (finding->safety != ROND__V1__SAFETY__SAFETY_UNSAFE) {
            return ROND_OK;
        }
        err = match_finding_bucket(&matching->report->key, finding->id, contribution.bucket);
    }
    return err ? err : add(matching, &contribution);
}

static enum rond_err match_actions(struct matching *matching) {
    const struct commitment *commitment = matching->commitment;
    const Rond__V1__Report *report = matching->report->report;
    struct local_time local;
    zone_local(commitment->zone, matching->report->from_s, &local);
    enum counting_reason reason = filter_match(commitment->definition->filter, matching->report, NULL);
    if (reason == REASON_COUNTED) {
        reason = filter_match(commitment->followed, matching->report, NULL);
    }
    reason = time_match(matching, local.day, reason);
    if (reason != REASON_COUNTED) {
        return add_reason(matching, reason);
    }
    for (size_t i = 0; i < report->walk->n_findings; i++) {
        enum rond_err err = match_finding(matching, report->walk->findings[i]);
        if (err) {
            return err;
        }
    }
    return matching->count > 0 ? ROND_OK : add_reason(matching, REASON_NOTHING_UNSAFE);
}

static enum rond_err match_measure(struct matching *matching) {
    switch (matching->commitment->definition->measure) {
    case ROND__V1__MEASURE__MEASURE_PRESENCE:
        return match_presence(matching);
    case ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED:
        return match_actions(matching);
    default:
        return match_activity(matching);
    }
}

enum rond_err match(const struct commitment *commitment, const struct counted_report *report, struct arena *arena,
                    struct contribution **ret_contributions, size_t *ret_count) {
    struct contribution room[CONTRIBUTIONS_MAX];
    struct matching matching = {.commitment = commitment, .report = report, .contributions = room};
    matching.shared = (struct contribution){
        .organisations = organisations_of(commitment, report),
        .quantity = quantity_of(report->report),
        .from_s = report->from_s,
        .to_s = report->to_s,
    };
    const char *owner = commitment->definition->owner;
    enum rond_err err = !commitment_takes(commitment, report_kind(report->report)) ? add_reason(&matching, REASON_KIND)
                        : strcmp(commitment->promise->area, report->area) != 0     ? add_reason(&matching, REASON_AREA)
                        : !filter_takes_word(owner, report->organisation)          ? add_reason(&matching, REASON_OWNER)
                                                                                   : match_measure(&matching);
    if (err) {
        return err;
    }
    CHECK(matching.count > 0);
    struct contribution *contributions = arena_array(arena, matching.count, sizeof *contributions);
    if (contributions == NULL) {
        return ROND_ENOMEM;
    }
    memcpy(contributions, room, matching.count * sizeof *contributions);
    *ret_contributions = contributions;
    *ret_count = matching.count;
    return ROND_OK;
}
