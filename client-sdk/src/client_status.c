// What became of each report: what the outbox keeps, the server's newest outcome, and what this device itself has said
// since. A withdrawal is told at once, not only when the server has confirmed it.
#include <string.h>

#include "client_internal.h"
#include "wire/codes.h"
#include "wire/identity_text.h"
#include "wire/short_reference.h"

enum { SUPERSEDED_REPORTS_MAX = 1000, STATUS_LIMIT_MAX = 500 };
static const uint64_t draft_cursor = UINT64_C(1) << 63;

const char *rond_status_name(enum rond_status status) {
    static const char *const names[] = {
        [ROND_DRAFT] = "draft",       [ROND_WAITING] = "waiting",     [ROND_RECEIVED] = "received",
        [ROND_COUNTED] = "counted",   [ROND_NEEDS_YOU] = "needs_you", [ROND_WITHDRAWN] = "withdrawn",
        [ROND_REPLACED] = "replaced", [ROND_LOST] = "lost",           [ROND_DISCARDED] = "discarded",
    };
    return status >= ROND_DRAFT && status <= ROND_DISCARDED ? names[status] : "unknown";
}

// --- What later reports of this device say of earlier ones ---

static const Rond__V1__Identity *target_of(const Rond__V1__Report *report) {
    return report->body_case == ROND__V1__REPORT__BODY_WITHDRAWAL ? report->withdrawal->target : report->corrects;
}

static bool superseded_from(rond *r, const struct outbox_report *from, struct arena *arena, struct superseded *ret_one) {
    Rond__V1__Report *report;
    bool is_nothing = from->status == OUTBOX_QUARANTINED || from->status == OUTBOX_DISCARDED || from->status == OUTBOX_LOST;
    if (from->report.size == 0 || is_nothing || codec_report_decode(arena, from->report, &report, NULL) != ROND_OK)
        return false;
    const Rond__V1__Identity *target = target_of(report);
    struct superseded one = {.is_withdrawn = report->body_case == ROND__V1__REPORT__BODY_WITHDRAWAL};
    if (target == NULL || !id128_from_bytes(bytes_of(target->outbox.data, target->outbox.len), &one.outbox))
        return false;
    // By the identity under which the target is queued now.
    struct outbox_report now;
    one.seq = target->seq;
    if (outbox_find(r->outbox, &one.outbox, one.seq, arena, &now) == ROND_OK) {
        one.outbox = now.outbox;
        one.seq = now.seq;
    }
    *ret_one = one;
    return true;
}

enum rond_err superseded_list(rond *r, struct arena *arena, struct superseded **ret_list, size_t *ret_count) {
    struct outbox_report *reports;
    size_t reports_count, count = 0;
    uint64_t cursor;
    enum rond_err err = outbox_list(r->outbox, 0, SUPERSEDED_REPORTS_MAX, arena, &reports, &reports_count, &cursor);
    if (err != ROND_OK)
        return err;
    struct superseded *list = arena_array(arena, reports_count, sizeof *list);
    if (list == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < reports_count; i++)
        if (superseded_from(r, &reports[i], arena, &list[count]))
            count++;
    *ret_list = list;
    *ret_count = count;
    return ROND_OK;
}

// Withdrawn weighs more than replaced.
const struct superseded *superseded_find(const struct superseded *list, size_t count, const struct id128 *outbox,
                                         uint64_t seq) {
    const struct superseded *found = NULL;
    for (size_t i = 0; i < count; i++)
        if (list[i].seq == seq && id128_equal(&list[i].outbox, outbox) && (found == NULL || list[i].is_withdrawn))
            found = &list[i];
    return found;
}

// --- One line ---

struct status_work {
    rond *r;
    struct arena *arena; // of the object handed out
    struct superseded *superseded;
    size_t superseded_count;
    struct client_standings standings;
};

static enum rond_err work_load(struct status_work *work) {
    enum rond_err err = superseded_list(work->r, work->arena, &work->superseded, &work->superseded_count);
    return err == ROND_OK ? client_standings_load(work->r, work->arena, &work->standings) : err;
}

static enum rond_status status_of_outcome(const Rond__V1__Outcome *outcome) {
    if (outcome == NULL)
        return ROND_RECEIVED;
    switch (outcome->state) {
    case ROND__V1__OUTCOME_STATE__OUTCOME_STATE_COUNTED:
        return ROND_COUNTED;
    case ROND__V1__OUTCOME_STATE__OUTCOME_STATE_QUARANTINED:
        return ROND_NEEDS_YOU;
    case ROND__V1__OUTCOME_STATE__OUTCOME_STATE_REPLACED:
        return ROND_REPLACED;
    case ROND__V1__OUTCOME_STATE__OUTCOME_STATE_WITHDRAWN:
        return ROND_WITHDRAWN;
    default:
        return ROND_RECEIVED;
    }
}

static enum rond_status status_of(const struct status_work *work, const struct outbox_report *report) {
    if (report->status == OUTBOX_LOST)
        return ROND_LOST;
    const struct superseded *by = superseded_find(work->superseded, work->superseded_count, &report->outbox, report->seq);
    if (by != NULL)
        return by->is_withdrawn ? ROND_WITHDRAWN : ROND_REPLACED;
    if (report->status == OUTBOX_QUARANTINED)
        return ROND_NEEDS_YOU;
    if (report->status == OUTBOX_DISCARDED)
        return ROND_DISCARDED;
    return report->status == OUTBOX_WAITING ? ROND_WAITING : status_of_outcome(report->outcome);
}

static bool is_in_quarantine(enum rond_status status) {
    return status == ROND_NEEDS_YOU || status == ROND_DISCARDED;
}

// Why it was put in quarantine is said while it lies there; of one that was released it would be wrong.
static const char *reason_of(const struct outbox_report *report, enum rond_status status) {
    if (report->outcome != NULL && report->outcome->reason[0] != '\0')
        return report->outcome->reason;
    if (!is_in_quarantine(status))
        return "";
    return report->reason[0] != '\0' ? report->reason : wire_code_sentence(report->code);
}

static const char *swedish_reason_of(const struct outbox_report *report, enum rond_status status) {
    if (report->outcome != NULL && report->outcome->reason_sv[0] != '\0')
        return report->outcome->reason_sv;
    return status == ROND_NEEDS_YOU && report->code != 0 ? wire_code_sentence_swedish(report->code) : reason_of(report, status);
}

static enum rond_err toward_fill(const struct status_work *work, const struct outbox_report *report, rond_report_status *line) {
    if (report->outcome == NULL)
        return ROND_OK;
    size_t count = report->outcome->n_toward;
    rond_toward *toward = arena_array(work->arena, count, sizeof *toward);
    if (toward == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const Rond__V1__Toward *from = report->outcome->toward[i];
        toward[i] = (rond_toward){.commitment = from->commitment, .counted = from->counted, .reason = from->reason, .reason_sv = from->reason_sv,
                                  .standing = client_standing_find(&work->standings, from->commitment)};
        if (from->reason_sv[0] == '\0') // of an older server
            toward[i].reason_sv = from->reason;
    }
    line->toward = toward;
    line->toward_count = count;
    return ROND_OK;
}

static void content_fill(const Rond__V1__Report *report, rond_report_status *line) {
    const Rond__V1__Identity *target = target_of(report);
    struct id128 device, outbox;
    line->kind = kind_of_report(report);
    line->is_withdrawal = report->body_case == ROND__V1__REPORT__BODY_WITHDRAWAL;
    line->occurred_from_s = report->occurred_from_s;
    line->occurred_to_s = report->occurred_to_s;
    line->place = report->place;
    line->text = line->is_withdrawal ? report->withdrawal->reason : report->text;
    if (target != NULL && id128_from_bytes(bytes_of(target->device.data, target->device.len), &device) &&
        id128_from_bytes(bytes_of(target->outbox.data, target->outbox.len), &outbox))
        short_reference_format(&device, &outbox, target->seq, line->corrects);
}

static enum rond_err line_fill(const struct status_work *work, const struct outbox_report *report,
                               rond_report_status *ret_line) {
    rond_report_status line = {.queued_ms = report->queued_ms, .place = "", .text = ""};
    client_reference(work->r, &report->outbox, report->seq, line.reference);
    identity_text_format(&work->r->enrolment.device, &report->outbox, report->seq, line.identity);
    line.status = status_of(work, report);
    line.code = is_in_quarantine(line.status) ? report->code : 0;
    line.reason = reason_of(report, line.status);
    line.reason_sv = swedish_reason_of(report, line.status);
    Rond__V1__Report *content;
    enum rond_err err =
        report->report.size > 0 ? codec_report_decode(work->arena, report->report, &content, NULL) : ROND_ENOTFOUND;
    if (err == ROND_ENOMEM)
        return err;
    if (err == ROND_OK)
        content_fill(content, &line);
    err = toward_fill(work, report, &line);
    if (err == ROND_OK)
        *ret_line = line;
    return err;
}

static enum rond_err draft_line_fill(const struct status_work *work, uint64_t draft, rond_report_status *ret_line) {
    struct bytes packed;
    Rond__V1__Report *content;
    rond_report_status line = {.draft = draft, .status = ROND_DRAFT, .place = "", .text = "", .reason = "", .reason_sv = ""};
    enum rond_err err = outbox_draft_load(work->r->outbox, draft, work->arena, &packed);
    if (err == ROND_OK && (err = codec_report_decode(work->arena, packed, &content, NULL)) == ROND_OK)
        content_fill(content, &line);
    if (err == ROND_ENOMEM)
        return err;
    *ret_line = line;
    return ROND_OK;
}

// --- The list: drafts first, then reports, newest first ---

static enum rond_err drafts_append(const struct status_work *work, uint64_t *cursor, size_t limit, rond_status_list *list) {
    uint64_t *ids;
    size_t count;
    enum rond_err err = outbox_draft_list(work->r->outbox, work->arena, &ids, &count);
    size_t next = (size_t)(*cursor & ~draft_cursor);
    while (err == ROND_OK && next < count && list->count < limit)
        err = draft_line_fill(work, ids[count - 1 - next++], &list->reports[list->count++]);
    *cursor = err == ROND_OK && next < count ? draft_cursor | next : 0;
    return err;
}

static enum rond_err reports_append(const struct status_work *work, uint64_t *cursor, size_t limit, rond_status_list *list) {
    struct outbox_report *reports;
    size_t count;
    enum rond_err err = outbox_list(work->r->outbox, *cursor, limit - list->count, work->arena, &reports, &count, cursor);
    for (size_t i = 0; err == ROND_OK && i < count; i++)
        err = line_fill(work, &reports[i], &list->reports[list->count++]);
    return err;
}

static enum rond_err list_fill(rond *r, uint64_t cursor, size_t limit, rond_status_list *list) {
    struct status_work work = {.r = r, .arena = object_arena(list)};
    enum rond_err err = work_load(&work);
    list->reports = arena_array(work.arena, limit, sizeof *list->reports);
    if (err != ROND_OK || list->reports == NULL)
        return err != ROND_OK ? err : ROND_ENOMEM;
    bool has_drafts_left = false;
    if (cursor == 0 || (cursor & draft_cursor) != 0) {
        err = drafts_append(&work, &cursor, limit, list);
        has_drafts_left = cursor != 0;
        // Full of drafts to the last: the reports begin on the next page, told by a draft position past the end.
        if (err == ROND_OK && !has_drafts_left && list->count == limit) {
            cursor = draft_cursor | DRAFTS_MAX;
            has_drafts_left = true;
        }
    }
    if (err == ROND_OK && !has_drafts_left)
        err = reports_append(&work, &cursor, limit, list);
    list->cursor = cursor;
    return err;
}

enum rond_err rond_status_list_get(rond *r, uint64_t cursor, size_t limit, rond_status_list **ret_list) {
    if (limit == 0)
        return ROND_EINVALID;
    rond_status_list *list = object_create(sizeof *list);
    if (list == NULL)
        return ROND_ENOMEM;
    enum rond_err err = list_fill(r, cursor, limit < STATUS_LIMIT_MAX ? limit : STATUS_LIMIT_MAX, list);
    if (err == ROND_OK)
        *ret_list = list;
    else
        object_destroy(list);
    return err;
}

void rond_status_list_free(rond_status_list *list) {
    object_destroy(list);
}

static enum rond_err one_fill(rond *r, const char *reference, rond_status_list *list, struct fault *fault) {
    struct status_work work = {.r = r, .arena = object_arena(list)};
    struct outbox_report report;
    enum rond_err err = client_find(r, reference, work.arena, &report, fault);
    if (err == ROND_OK)
        err = work_load(&work);
    if (err != ROND_OK)
        return err;
    list->reports = arena_array(work.arena, 1, sizeof *list->reports);
    if (list->reports == NULL)
        return ROND_ENOMEM;
    list->count = 1;
    return line_fill(&work, &report, &list->reports[0]);
}

enum rond_err rond_status_get(rond *r, const char *reference, rond_status_list **ret_list, rond_fault *ret_fault) {
    struct fault fault = {0};
    rond_status_list *list = object_create(sizeof *list);
    enum rond_err err = list == NULL ? ROND_ENOMEM : one_fill(r, reference, list, &fault);
    if (err == ROND_OK)
        *ret_list = list;
    else
        object_destroy(list);
    return client_fault(err, &fault, ret_fault);
}
