// One pass over the log from the first row received in that week on. Of the organisation's own reports that happened in it,
// the outcome tells what they led to; of walks of anybody, which places they found safe again. What is met again (a bucket
// that several reports lie in) is known by a set of hashes, eight bytes each.
#include "read/weekly.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "read/bucket_sums.h"
#include "read/first_look.h"
#include "read/outcome.h"
#include "read/rows.h"
#include "wire/codes.h"
#include "wire/personal_data.h"

enum { CLOCK_SLACK_MS = 60 * 60 * 1000, SEEN_NAME_SIZE = BUCKET_SIZE + 16 };

struct week {
    int64_t from_s, to_s; // [from, to)
};

struct weekly_work {
    struct store *store;
    const struct catalogue *catalogue;
    struct week week;
    struct arena *arena;  // of what is given
    struct arena scratch; // of one page
    struct bucket_reasons *reasons;
    struct bucket_sums seen;
    struct weekly *weekly;
};

// ---- The week ----

static day_t monday_of(day_t day) {
    return day - day_weekday(day);
}

// "2015-W19": week 1 is that of 4 January.
static bool week_parse(const char *text, day_t *ret_monday) {
    int year = 0, number = 0;
    char name[PERIOD_SIZE];
    if (strlen(text) != 8 || sscanf(text, "%4d-W%2d", &year, &number) != 2 || year < 1970)
        return false;
    day_t monday = monday_of(day_from_civil(year, 1, 4)) + 7 * (number - 1);
    period_name(ROND__V1__PER__PER_WEEK, monday, name);
    *ret_monday = monday;
    return strcmp(name, text) == 0;
}

bool weekly_newest(const struct catalogue *catalogue, const char *area, int64_t now_s, char ret_week[PERIOD_SIZE]) {
    const Rond__V1__TimeZone *zone = catalogue_zone_of_area(catalogue, area);
    struct local_time local;
    if (zone == NULL)
        return false;
    zone_local(zone, now_s, &local);
    period_name(ROND__V1__PER__PER_WEEK, monday_of(local.day) - 7, ret_week);
    return true;
}

// ---- Where to begin ----

// Is every row after this one received at that time or later?
static enum rond_err begins_after(struct weekly_work *work, uint64_t row, int64_t at_ms, bool *ret_answer) {
    struct stored_report *reports;
    size_t count = 0;
    arena_reset(&work->scratch);
    enum rond_err err = work->store->views->reports(work->store, row, 1, &work->scratch, &reports, &count);
    if (err == ROND_OK)
        *ret_answer = count == 0 || reports[0].received_ms >= at_ms;
    return err;
}

// Rows are in order of arrival: the last one before the week, by doubling and halving.
static enum rond_err row_before(struct weekly_work *work, int64_t at_ms, uint64_t *ret_row) {
    uint64_t low = 0, high = 1;
    bool answer = false;
    enum rond_err err = begins_after(work, 0, at_ms, &answer);
    if (err != ROND_OK || answer) {
        *ret_row = 0;
        return err;
    }
    while ((err = begins_after(work, high, at_ms, &answer)) == ROND_OK && !answer) {
        low = high;
        high *= 2;
    }
    while (err == ROND_OK && high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        err = begins_after(work, middle, at_ms, &answer);
        if (answer)
            high = middle;
        else
            low = middle;
    }
    *ret_row = high;
    return err;
}

// ---- Commitments that moved ----

static enum rond_err see(struct weekly_work *work, uint32_t commitment, const char *bucket, bool *ret_is_new) {
    char name[SEEN_NAME_SIZE];
    snprintf(name, sizeof name, "%u %s", (unsigned)commitment, bucket);
    return bucket_sums_see(&work->seen, name, ret_is_new);
}

static struct weekly_commitment *moved_of(struct weekly_work *work, const struct commitment *commitment) {
    struct weekly *weekly = work->weekly;
    for (size_t i = 0; i < weekly->commitments_count; i++)
        if (weekly->commitments[i].commitment == commitment)
            return &weekly->commitments[i];
    if (weekly->commitments_count == WEEKLY_COMMITMENTS_MAX)
        return NULL;
    struct weekly_commitment *moved = &weekly->commitments[weekly->commitments_count++];
    *moved = (struct weekly_commitment){.commitment = commitment};
    return moved;
}

static enum rond_err bucket_read(struct weekly_work *work, const struct stored_contribution *contribution,
                                 struct bucket_contents *contents, struct tally *value, enum counting_reason *reason) {
    const struct bucket_key key = {.commitment = contribution->commitment, .bucket = contribution->value.bucket};
    enum rond_err err = work->store->views->bucket(work->store, &key, &work->scratch, contents);
    struct contribution *values = arena_array(&work->scratch, contents->count + 1, sizeof *values);
    if (err != ROND_OK || values == NULL)
        return err != ROND_OK ? err : ROND_ENOMEM;
    for (size_t i = 0; i < contents->count; i++)
        values[i] = contents->contributions[i].value;
    bucket_value(catalogue_commitment(work->catalogue, key.commitment), values, contents->count, value, reason);
    return ROND_OK;
}

// What lies in a shared bucket counts once, whoever tells of it. Actions are told by the places that were put right.
static enum rond_err contribution_add(struct weekly_work *work, const struct stored_contribution *contribution) {
    const struct commitment *commitment = catalogue_commitment(work->catalogue, contribution->commitment);
    struct bucket_contents contents = {0};
    struct tally value;
    enum counting_reason reason;
    bool is_new = false;
    if (commitment == NULL || contribution->value.reason != REASON_COUNTED ||
        commitment->definition->measure == ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED)
        return ROND_OK;
    enum rond_err err = see(work, contribution->commitment, contribution->value.bucket, &is_new);
    if (err != ROND_OK || !is_new)
        return err;
    err = bucket_read(work, contribution, &contents, &value, &reason);
    struct weekly_commitment *moved = err != ROND_OK || reason != REASON_COUNTED ? NULL : moved_of(work, commitment);
    if (moved != NULL)
        moved->added += value.count > 0 ? value.count : 1;
    return err;
}

// ---- Places that were put right ----

static const char *organisation_name(const struct weekly_work *work, const char *id) {
    const Rond__V1__Organisation *known = catalogue_organisation(work->catalogue, id);
    return known != NULL && known->name[0] != '\0' ? known->name : id;
}

static const char *place_name(const struct weekly_work *work, const Rond__V1__Finding *content) {
    const Rond__V1__Place *known = content == NULL ? NULL : catalogue_place(work->catalogue, content->place);
    if (known != NULL)
        return known->name;
    return content != NULL && personal_data_kinds(bytes_of_text(content->place_text)) == 0 ? content->place_text : "";
}

static bool is_latest(const struct bucket_contents *contents, const struct stored_contribution *look) {
    for (size_t i = 0; i < contents->count; i++)
        if (contents->contributions[i].value.to_s > look->value.to_s)
            return false;
    return true;
}

static enum rond_err place_add(struct weekly_work *work, const struct stored_report *walk,
                               const struct stored_contribution *look, const struct first_look *first) {
    struct weekly *weekly = work->weekly;
    bool is_new = false;
    if (strcmp(walk->organisation, weekly->organisation) != 0 &&
        strcmp(first->report.organisation, weekly->organisation) != 0)
        return ROND_OK;
    enum rond_err err = see(work, UINT32_MAX, look->value.bucket, &is_new); // once, whichever commitments follow it
    struct weekly_commitment *moved = moved_of(work, catalogue_commitment(work->catalogue, look->commitment));
    if (moved != NULL)
        moved->added++;
    if (err != ROND_OK || !is_new)
        return err;
    weekly->put_right++;
    if (weekly->places_count == WEEKLY_PLACES_MAX)
        return ROND_OK;
    struct weekly_place place = {
        .place = arena_text(work->arena, place_name(work, first->content)),
        .found_by = arena_text(work->arena, organisation_name(work, first->report.organisation)),
        .walked_by = arena_text(work->arena, organisation_name(work, walk->organisation)),
    };
    weekly->places[weekly->places_count++] = place;
    return place.place == NULL || place.found_by == NULL || place.walked_by == NULL ? ROND_ENOMEM : ROND_OK;
}

static enum rond_err look_add(struct weekly_work *work, const struct stored_report *walk,
                              const struct stored_contribution *look) {
    const struct commitment *commitment = catalogue_commitment(work->catalogue, look->commitment);
    struct bucket_contents contents = {0};
    struct tally value;
    enum counting_reason reason;
    struct first_look first;
    bool is_new = false;
    if (commitment == NULL || look->value.reason != REASON_COUNTED ||
        commitment->definition->measure != ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED ||
        look->value.finding_state != ROND__V1__SAFETY__SAFETY_SAFE)
        return ROND_OK;
    enum rond_err err = bucket_read(work, look, &contents, &value, &reason);
    if (err != ROND_OK || reason != REASON_COUNTED || value.actions_closed == 0 || !is_latest(&contents, look))
        return err;
    err = see(work, look->commitment, look->value.bucket, &is_new);
    if (err != ROND_OK || !is_new)
        return err;
    err = first_look_find(work->store, look->value.bucket, &contents, &work->scratch, &first);
    return err == ROND_OK ? place_add(work, walk, look, &first) : err == ROND_ENOTFOUND ? ROND_OK : err;
}

// ---- One report ----

static void reason_add(struct weekly_reasons *reasons, const Rond__V1__Outcome *outcome, struct arena *arena) {
    size_t at = 0;
    reasons->reports++;
    while (at < reasons->count && strcmp(reasons->reasons[at].en, outcome->reason) != 0)
        at++;
    if (at == WEEKLY_REASONS_MAX)
        return;
    if (at == reasons->count) { // without memory it is left out: the figure stays right
        struct weekly_reason made = {arena_text(arena, outcome->reason_sv), arena_text(arena, outcome->reason), 0};
        if (made.sv == NULL || made.en == NULL)
            return;
        reasons->reasons[reasons->count++] = made;
    }
    reasons->reasons[at].reports++;
}

// A reason for quarantine is told as what its code means: the report's own sentence may repeat what somebody wrote.
static void outcome_add(struct weekly_work *work, const struct stored_report *report, Rond__V1__Outcome *outcome) {
    struct weekly *weekly = work->weekly;
    bool in_quarantine = outcome->state == ROND__V1__OUTCOME_STATE__OUTCOME_STATE_QUARANTINED;
    weekly->reports++;
    if (outcome->state == ROND__V1__OUTCOME_STATE__OUTCOME_STATE_COUNTED) {
        weekly->counted++;
        return;
    }
    if (in_quarantine) {
        outcome->reason = (char *)(uintptr_t)wire_code_sentence(report->code);
        outcome->reason_sv = (char *)(uintptr_t)wire_code_sentence_swedish(report->code);
    }
    reason_add(in_quarantine && !report->discarded ? &weekly->waiting : &weekly->not_counted, outcome, work->arena);
}

static enum rond_err contributions_add(struct weekly_work *work, const struct stored_report *report, bool is_own) {
    struct stored_contribution *contributions;
    size_t count = 0;
    enum rond_err err =
        work->store->views->contributions_of_row(work->store, report->row, &work->scratch, &contributions, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        if (is_own)
            err = contribution_add(work, &contributions[i]);
        if (err == ROND_OK && report->kind == ROND__V1__KIND__KIND_SAFETY_WALK)
            err = look_add(work, report, &contributions[i]);
    }
    return err;
}

static enum rond_err own_add(struct weekly_work *work, const struct lineages *set, uint32_t index) {
    const struct outcome_source source = {
        .store = work->store, .catalogue = work->catalogue, .reasons = work->reasons, .scratch = &work->scratch};
    const struct lineage_node *node = &set->nodes[index];
    Rond__V1__Outcome *outcome;
    if (node->part == REASON_REPEATED) // told by its twin
        return ROND_OK;
    enum rond_err err = outcome_make(&source, set, index, &work->scratch, &outcome);
    if (err != ROND_OK || outcome->state == ROND__V1__OUTCOME_STATE__OUTCOME_STATE_REPLACED ||
        outcome->state == ROND__V1__OUTCOME_STATE__OUTCOME_STATE_WITHDRAWN)
        return err;
    outcome_add(work, &node->report, outcome);
    return contributions_add(work, &node->report, true);
}

// ---- The pass ----

static bool is_wanted(const struct weekly_work *work, const struct stored_report *report) {
    return report->from_s >= work->week.from_s && report->from_s < work->week.to_s && !report->is_withdrawal &&
           strcmp(report->area, work->weekly->area) == 0;
}

static bool is_own(const struct weekly_work *work, const struct stored_report *report) {
    return strcmp(report->organisation, work->weekly->organisation) == 0;
}

static enum rond_err own_take(struct weekly_work *work, struct stored_report *reports, size_t count) {
    struct lineages set;
    if (count == 0)
        return ROND_OK;
    enum rond_err err = lineages_load(work->store, work->catalogue, reports, count, &work->scratch, &set);
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = own_add(work, &set, (uint32_t)i);
    return err;
}

static enum rond_err page_take(struct weekly_work *work, uint64_t *row, size_t *ret_count) {
    struct stored_report *reports = NULL;
    size_t count = 0, own = 0;
    arena_reset(&work->scratch);
    enum rond_err err = work->store->views->reports(work->store, *row, READ_PAGE_ROWS, &work->scratch, &reports, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        *row = reports[i].row;
        if (!is_wanted(work, &reports[i]))
            continue;
        if (is_own(work, &reports[i]))
            reports[own++] = reports[i];
        else if (reports[i].kind == ROND__V1__KIND__KIND_SAFETY_WALK)
            err = contributions_add(work, &reports[i], false);
    }
    *ret_count = count;
    return err == ROND_OK ? own_take(work, reports, own) : err;
}

// ---- How the commitments that moved stand now ----

static int order_compare(const void *left, const void *right) {
    const struct weekly_commitment *a = left, *b = right;
    return strcmp(a->path, b->path);
}

static enum rond_err standing_add(struct weekly_work *work, struct weekly_commitment *moved) {
    struct period_total *totals = NULL;
    struct progress progress;
    size_t count = 0;
    const struct commitment *commitment = moved->commitment;
    const Rond__V1__Commitment *definition = commitment->definition;
    arena_reset(&work->scratch);
    enum rond_err err = work->store->views->totals(work->store, commitment->number, &work->scratch, &totals, &count);
    if (err != ROND_OK)
        return err;
    progress_at(commitment, totals, count, work->weekly->now_s, &progress);
    moved->path = catalogue_commitment_path(work->catalogue, commitment->number);
    moved->title_sv = definition->title_sv[0] != '\0' ? definition->title_sv : moved->path;
    moved->title_en = definition->title_en[0] != '\0' ? definition->title_en : moved->title_sv;
    moved->summary_sv = arena_text(work->arena, progress.summary_sv);
    moved->summary_en = arena_text(work->arena, progress.summary_en);
    return moved->summary_sv == NULL || moved->summary_en == NULL ? ROND_ENOMEM : ROND_OK;
}

static enum rond_err fill(struct weekly_work *work) {
    uint64_t row = 0;
    size_t count = 0;
    enum rond_err err = row_before(work, work->week.from_s * 1000 - CLOCK_SLACK_MS, &row);
    do
        err = err == ROND_OK ? page_take(work, &row, &count) : err;
    while (err == ROND_OK && count > 0);
    struct weekly *weekly = work->weekly;
    for (size_t i = 0; i < weekly->commitments_count && err == ROND_OK; i++)
        err = standing_add(work, &weekly->commitments[i]);
    if (err == ROND_OK && weekly->commitments_count > 0)
        qsort(weekly->commitments, weekly->commitments_count, sizeof *weekly->commitments, order_compare);
    return err;
}

static enum rond_err week_find(const struct catalogue *catalogue, const struct weekly_wanted *wanted, struct week *ret_week,
                               char ret_name[PERIOD_SIZE]) {
    const Rond__V1__TimeZone *zone = catalogue_zone_of_area(catalogue, wanted->area);
    day_t monday;
    if (zone == NULL)
        return ROND_ENOTFOUND;
    if (wanted->week != NULL)
        snprintf(ret_name, PERIOD_SIZE, "%s", wanted->week);
    else if (!weekly_newest(catalogue, wanted->area, wanted->now_s, ret_name))
        return ROND_ENOTFOUND;
    if (!week_parse(wanted->week != NULL ? wanted->week : ret_name, &monday))
        return ROND_EINVALID;
    ret_week->from_s = zone_instant(zone, monday, 0);
    ret_week->to_s = zone_instant(zone, monday + 7, 0);
    return ROND_OK;
}

enum rond_err weekly_read(struct store *store, const struct catalogue *catalogue, const struct weekly_wanted *wanted,
                          struct arena *arena, struct weekly **ret_weekly) {
    char name[PERIOD_SIZE];
    struct weekly_work work = {.store = store, .catalogue = catalogue, .arena = arena};
    enum rond_err err = week_find(catalogue, wanted, &work.week, name);
    if (err != ROND_OK)
        return err;
    struct weekly *weekly = work.weekly = arena_alloc(arena, sizeof *weekly);
    work.reasons = calloc(1, sizeof *work.reasons);
    if (weekly == NULL || work.reasons == NULL) {
        free(work.reasons);
        return ROND_ENOMEM;
    }
    *weekly = (struct weekly){.now_s = wanted->now_s,
                              .week = arena_text(arena, name),
                              .organisation = arena_text(arena, wanted->organisation),
                              .area = arena_text(arena, wanted->area)};
    arena_init(&work.scratch, READ_ARENA_BYTES_MAX);
    if (weekly->week == NULL || weekly->organisation == NULL || weekly->area == NULL)
        err = ROND_ENOMEM;
    if (err == ROND_OK)
        err = fill(&work);
    arena_deinit(&work.scratch);
    bucket_sums_deinit(&work.seen);
    free(work.reasons);
    if (err == ROND_OK)
        *ret_weekly = weekly;
    return err;
}
