// The same matching as the server's (proto/counting), with what this device has: its reference data, its own reports that
// are not yet acknowledged, and the unsafe places that are open in its area, whoever found them. What else other devices
// reported, and what people decided, is the server's to know.
#include "client_counting.h"

#include <string.h>

#include "base/check.h"
#include "counting/fold.h"

// --- Own reports that are not yet acknowledged ---

enum { PENDING_PAGE = 200, PENDING_MAX = 10000 };

// A report adds to the server's figure unless something later of this device stands against it, or it replaces one
// that the server counts already.
static bool is_pending(rond *r, const Rond__V1__Report *report) {
    struct id128 outbox;
    struct device_outbox_state state;
    if (report->body_case == ROND__V1__REPORT__BODY_WITHDRAWAL)
        return false;
    if (report->corrects == NULL)
        return true;
    outbox_state(r->outbox, &state);
    return id128_from_bytes(bytes_of(report->corrects->outbox.data, report->corrects->outbox.len), &outbox) &&
           id128_equal(&outbox, &state.outbox) && report->corrects->seq > state.acknowledged.seq;
}

static enum rond_err pending_collect(rond *r, struct arena *arena, struct client_pending *ret_pending) {
    struct superseded *superseded;
    size_t superseded_count;
    enum rond_err err = superseded_list(r, arena, &superseded, &superseded_count);
    struct client_pending pending = {
        .reports = arena_array(arena, PENDING_MAX, sizeof *pending.reports),
        .keys = arena_array(arena, PENDING_MAX, sizeof *pending.keys),
    };
    if (err != ROND_OK || pending.reports == NULL || pending.keys == NULL)
        return err != ROND_OK ? err : ROND_ENOMEM;
    bool is_over = false;
    uint64_t cursor = 0;
    do {
        struct outbox_report *page;
        size_t count;
        err = outbox_list(r->outbox, cursor, PENDING_PAGE, arena, &page, &count, &cursor);
        for (size_t i = 0; err == ROND_OK && i < count && !is_over; i++) {
            Rond__V1__Report *report;
            is_over = page[i].status == OUTBOX_RECEIVED || page[i].status == OUTBOX_QUARANTINED ||
                      page[i].status == OUTBOX_DISCARDED; // all before are known there
            if (page[i].status != OUTBOX_WAITING || pending.count == PENDING_MAX ||
                superseded_find(superseded, superseded_count, &page[i].outbox, page[i].seq) != NULL ||
                codec_report_decode(arena, page[i].report, &report, NULL) != ROND_OK || !is_pending(r, report))
                continue;
            pending.keys[pending.count] =
                (struct report_key){.device = r->enrolment.device, .outbox = page[i].outbox, .seq = page[i].seq};
            pending.reports[pending.count++] = report;
        }
    } while (err == ROND_OK && cursor != 0 && !is_over && pending.count < PENDING_MAX);
    if (err == ROND_OK)
        *ret_pending = pending;
    return err;
}

// --- What the reference data gives ---

static const Rond__V1__TimeZone *zone_of(const struct client_counting *counting, const char *area) {
    for (size_t i = 0; i < counting->areas_count; i++) {
        if (strcmp(counting->areas[i]->id, area) != 0)
            continue;
        for (size_t z = 0; z < counting->zones_count; z++)
            if (strcmp(counting->zones[z]->id, counting->areas[i]->area->time_zone) == 0)
                return counting->zones[z]->time_zone;
    }
    return NULL;
}

static const Rond__V1__Place *place_find(const void *context, const char *id) {
    const struct client_counting *counting = context;
    for (size_t i = 0; i < counting->places_count; i++)
        if (strcmp(counting->places[i]->id, id) == 0)
            return counting->places[i]->place;
    return NULL;
}

static bool commitment_make(const struct client_counting *counting, const Rond__V1__Promise *promise,
                            const Rond__V1__Commitment *definition, struct commitment *commitment) {
    const Rond__V1__TimeZone *zone = zone_of(counting, promise->area);
    const struct place_table places = {.find = place_find, .context = counting};
    return zone != NULL && commitment_init(commitment, 0, promise, definition, zone, &places, NULL) == ROND_OK;
}

static enum rond_err reference_load(struct client_counting *counting, struct arena *arena) {
    struct outbox *outbox = counting->r->outbox;
    enum rond_err err =
        outbox_reference_list(outbox, ROND__V1__REFERENCE_ENTRY__BODY_AREA, arena, &counting->areas, &counting->areas_count);
    if (err == ROND_OK)
        err = outbox_reference_list(outbox, ROND__V1__REFERENCE_ENTRY__BODY_TIME_ZONE, arena, &counting->zones,
                                    &counting->zones_count);
    if (err == ROND_OK)
        err = outbox_reference_list(outbox, ROND__V1__REFERENCE_ENTRY__BODY_PLACE, arena, &counting->places,
                                    &counting->places_count);
    return err;
}

// Without them a walk that looks again is still previewed, as waiting for its first look.
static enum rond_err actions_load(struct client_counting *counting, struct arena *arena) {
    enum rond_err err = outbox_actions(counting->r->outbox, arena, &counting->actions, &counting->actions_count);
    if (err == ROND_ECORRUPT)
        counting->actions_count = 0;
    return err == ROND_ECORRUPT ? ROND_OK : err;
}

enum rond_err client_counting_load(struct client_counting *counting, rond *r, struct arena *arena) {
    *counting = (struct client_counting){.r = r};
    arena_init(&counting->scratch, DECODE_ARENA_BYTES_MAX);
    enum rond_err err = reference_load(counting, arena);
    if (err == ROND_OK)
        err = actions_load(counting, arena);
    return err == ROND_OK && r->is_enrolled ? pending_collect(r, arena, &counting->pending) : err;
}

void client_counting_deinit(struct client_counting *counting) {
    arena_deinit(&counting->scratch);
}

// --- One report toward one commitment ---

// False where the commitment has nothing to do with it, or it cannot be told here. In the scratch arena.
static bool matched(struct client_counting *counting, const struct commitment *commitment, const Rond__V1__Report *report,
                    const struct report_key *key, struct contribution **ret_contributions, size_t *ret_count) {
    const struct rond *r = counting->r;
    const struct counted_report counted = {
        .report = report,
        .key = *key,
        .organisation = r->enrolment.organisation,
        .area = report->area[0] != '\0' ? report->area : r->enrolment.area,
        .from_s = report->occurred_from_s,
        .to_s = report->occurred_to_s,
    };
    return match_is_candidate(commitment, &counted) &&
           match(commitment, &counted, &counting->scratch, ret_contributions, ret_count) == ROND_OK;
}

static bool lies_in_a_bucket(const struct contribution *contributions, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (contributions[i].reason == REASON_COUNTED)
            return true;
    return false;
}

uint64_t client_counting_pending(struct client_counting *counting, const Rond__V1__Promise *promise,
                                 const Rond__V1__Commitment *definition) {
    const struct client_pending *pending = &counting->pending;
    struct commitment commitment;
    uint64_t own = 0;
    if (!commitment_make(counting, promise, definition, &commitment))
        return 0;
    for (size_t i = 0; i < pending->count; i++) {
        struct contribution *contributions;
        size_t count;
        arena_reset(&counting->scratch);
        own += matched(counting, &commitment, pending->reports[i], &pending->keys[i], &contributions, &count) &&
               lies_in_a_bucket(contributions, count);
    }
    return own;
}

// --- Before it is queued ---

// What pending reports and the new one add to a figure of activities: of several in one bucket the highest counts once.
struct sum {
    struct sum_bucket {
        char bucket[BUCKET_SIZE];
        uint32_t quantity;
    } * shared;
    size_t count, capacity;
    uint64_t own;
};

static void sum_add(struct sum *sum, const struct contribution *value) {
    size_t at = 0;
    if (strncmp(value->bucket, "r:", 2) == 0) { // a report's own
        sum->own += value->quantity;
        return;
    }
    while (at < sum->count && strcmp(sum->shared[at].bucket, value->bucket) != 0)
        at++;
    if (at == sum->capacity)
        return;
    if (at == sum->count) {
        memcpy(sum->shared[sum->count].bucket, value->bucket, BUCKET_SIZE);
        sum->shared[sum->count++].quantity = 0;
    }
    if (value->quantity > sum->shared[at].quantity)
        sum->shared[at].quantity = value->quantity;
}

static uint64_t sum_total(const struct sum *sum) {
    uint64_t total = sum->own;
    for (size_t i = 0; i < sum->count; i++)
        total += sum->shared[i].quantity;
    return total;
}

static enum counting_reason lacks(const struct commitment *commitment, const struct contribution *contributions,
                                  size_t count) {
    struct tally value;
    enum counting_reason reason;
    bucket_value(commitment, contributions, count, &value, &reason);
    return reason;
}

static void sum_add_counted(struct sum *sum, const struct commitment *commitment, const struct contribution *contributions,
                            size_t count) {
    for (size_t i = 0; i < count; i++)
        if (contributions[i].reason == REASON_COUNTED && lacks(commitment, &contributions[i], 1) == REASON_COUNTED)
            sum_add(sum, &contributions[i]);
}

static enum rond_err added_count(struct client_counting *counting, const struct commitment *commitment,
                                 const Rond__V1__Report *report, struct arena *arena, uint64_t *ret_added) {
    const struct client_pending *pending = &counting->pending;
    static const struct report_key new_key = {.seq = UINT64_MAX};
    struct sum sum = {.capacity = pending->count + 1};
    sum.shared = arena_array(arena, sum.capacity, sizeof *sum.shared);
    if (sum.shared == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i <= pending->count; i++) {
        struct contribution *contributions;
        size_t count;
        bool is_new = i == pending->count;
        arena_reset(&counting->scratch);
        if (matched(counting, commitment, is_new ? report : pending->reports[i], is_new ? &new_key : &pending->keys[i],
                    &contributions, &count))
            sum_add_counted(&sum, commitment, contributions, count);
    }
    *ret_added = sum_total(&sum);
    return ROND_OK;
}

// Periods, windows and closed actions cannot be added up from one report.
static bool counts_activities(const struct commitment *commitment) {
    Rond__V1__Measure measure = commitment->definition->measure;
    return measure == ROND__V1__MEASURE__MEASURE_AT_LEAST || measure == ROND__V1__MEASURE__MEASURE_ONCE ||
           measure == ROND__V1__MEASURE__MEASURE_UNQUANTIFIED;
}

// --- A place that is looked at again ---

static bool is_unsafe_look(const struct contribution *look, const char *bucket) {
    return look->reason == REASON_COUNTED && look->finding_state == ROND__V1__SAFETY__SAFETY_UNSAFE &&
           strcmp(look->bucket, bucket) == 0;
}

static bool action_bucket(const Rond__V1__OpenAction *action, char ret_bucket[BUCKET_SIZE]) {
    struct report_key first;
    return action->report != NULL && report_key_from_identity(action->report, &first) == ROND_OK &&
           match_finding_bucket(&first, action->finding, ret_bucket) == ROND_OK;
}

static bool is_of(const Rond__V1__OpenAction *action, const struct commitment *commitment) {
    size_t size = strlen(commitment->promise->id);
    return strncmp(action->commitment, commitment->promise->id, size) == 0 && action->commitment[size] == '/' &&
           strcmp(action->commitment + size + 1, commitment->definition->id) == 0;
}

static bool open_look_find(const struct client_counting *counting, const struct commitment *commitment, const char *bucket,
                           struct contribution *ret_look) {
    char open[BUCKET_SIZE];
    for (size_t i = 0; i < counting->actions_count; i++) {
        const Rond__V1__OpenAction *action = counting->actions[i];
        if (!is_of(action, commitment) || !action_bucket(action, open) || strcmp(open, bucket) != 0)
            continue;
        *ret_look = (struct contribution){
            .from_s = action->found_s, .to_s = action->found_s, .finding_state = ROND__V1__SAFETY__SAFETY_UNSAFE};
        return true;
    }
    return false;
}

static bool pending_look_find(struct client_counting *counting, const struct commitment *commitment, const char *bucket,
                              struct contribution *ret_look) {
    for (size_t i = 0; i < counting->pending.count; i++) {
        struct contribution *looks;
        size_t count;
        arena_reset(&counting->scratch);
        if (!matched(counting, commitment, counting->pending.reports[i], &counting->pending.keys[i], &looks, &count))
            continue;
        for (size_t k = 0; k < count; k++)
            if (is_unsafe_look(&looks[k], bucket)) {
                *ret_look = looks[k];
                return true;
            }
    }
    return false;
}

// What a bucket still lacks with this one in it, by what is known here of the look that found the place unsafe.
static enum counting_reason lacks_here(struct client_counting *counting, const struct commitment *commitment,
                                       const struct contribution *contribution) {
    struct contribution looks[2] = {*contribution};
    bool looks_again = commitment->definition->measure == ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED &&
                       contribution->finding_state != ROND__V1__SAFETY__SAFETY_UNSAFE;
    bool is_known = looks_again && (open_look_find(counting, commitment, contribution->bucket, &looks[1]) ||
                                    pending_look_find(counting, commitment, contribution->bucket, &looks[1]));
    return lacks(commitment, looks, is_known ? 2 : 1);
}

static void verdict_fill(struct client_counting *counting, const struct commitment *commitment,
                         const struct contribution *contributions, size_t count, struct client_verdict *verdict) {
    // It counts where one of its contributions does; waits where one lies in a bucket; else the first says why not.
    verdict->reason = count > 0 ? contributions[0].reason : REASON_KIND;
    for (size_t i = 0; i < count && !verdict->counted; i++) {
        if (contributions[i].reason != REASON_COUNTED)
            continue;
        enum counting_reason reason = lacks_here(counting, commitment, &contributions[i]);
        verdict->counted = reason == REASON_COUNTED;
        verdict->waits = !verdict->counted;
        verdict->reason = reason;
    }
}

enum rond_err client_counting_try(struct client_counting *counting, const Rond__V1__Promise *promise,
                                  const Rond__V1__Commitment *definition, const Rond__V1__Report *report,
                                  struct arena *arena, struct client_verdict *ret_verdict) {
    static const struct report_key new_key = {.seq = UINT64_MAX};
    struct client_verdict verdict = {.is_candidate = false};
    struct commitment commitment;
    struct contribution *contributions;
    size_t count;
    arena_reset(&counting->scratch);
    verdict.is_candidate = commitment_make(counting, promise, definition, &commitment) &&
                           matched(counting, &commitment, report, &new_key, &contributions, &count);
    enum rond_err err = ROND_OK;
    if (verdict.is_candidate) { // the scratch arena is used anew meanwhile
        struct contribution *kept = arena_array(arena, count + 1, sizeof *kept);
        if (kept == NULL)
            return ROND_ENOMEM;
        memcpy(kept, contributions, count * sizeof *kept);
        verdict_fill(counting, &commitment, kept, count, &verdict);
    }
    verdict.added_known = verdict.is_candidate && counts_activities(&commitment);
    if (verdict.added_known)
        err = added_count(counting, &commitment, report, arena, &verdict.added);
    if (err == ROND_OK)
        *ret_verdict = verdict;
    return err;
}
