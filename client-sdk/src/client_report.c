#include <string.h>

#include "base/check.h"
#include "client_internal.h"
#include "wire/codes.h"
#include "wire/identity_text.h"
#include "wire/report_check.h"
#include "wire/short_reference.h"
#include "wire/text_scan.h"

_Static_assert((int)ROND_IDENTITY_SIZE == (int)IDENTITY_TEXT_SIZE, "an identity must fit what the app sees");
_Static_assert((int)ROND_REFERENCE_SIZE == (int)SHORT_REFERENCE_SIZE, "a short reference must fit what the app sees");

void client_reference(const rond *r, const struct id128 *outbox, uint64_t seq, char ret_reference[ROND_REFERENCE_SIZE]) {
    short_reference_format(&r->enrolment.device, outbox, seq, ret_reference);
}

// --- Finding an earlier report ---

enum rond_err client_find(rond *r, const char *reference, struct arena *arena, struct outbox_report *ret_report,
                          struct fault *fault) {
    uint32_t prefix;
    uint64_t seq;
    struct id128 *ids;
    size_t count;
    enum rond_err err = client_must_be_enrolled(r, fault);
    if (err == ROND_OK)
        err = short_reference_parse(reference, &prefix, &seq, fault);
    if (err == ROND_OK)
        err = outbox_ids(r->outbox, arena, &ids, &count);
    if (err != ROND_OK)
        return err;
    for (size_t i = count; i > 0; i--) {
        if (short_reference_prefix(&r->enrolment.device, &ids[i - 1]) != prefix)
            continue;
        err = outbox_find(r->outbox, &ids[i - 1], seq, arena, ret_report);
        if (err != ROND_ENOTFOUND)
            return err;
    }
    return fault_set(fault, ROND_ENOTFOUND, 0, "reference", "This device has no report %.40s.", reference);
}

// --- Checking ---

static enum rond_err role_check(rond *r, const Rond__V1__Report *report, struct fault *fault) {
    for (size_t i = 0; i < r->enrolment.roles_count; i++)
        if (strcmp(report->role, r->enrolment.roles[i]) == 0)
            return ROND_OK;
    if (report->role[0] == '\0' && report->body_case == ROND__V1__REPORT__BODY_WITHDRAWAL)
        return ROND_OK;
    return fault_set(fault, ROND_EINVALID, CODE_ROLE_NOT_ENROLLED, "role",
                     "The device is not enrolled for the role '%.64s'.", report->role);
}

enum rond_err client_report_pack(rond *r, const Rond__V1__Report *report, struct buffer *to, struct fault *fault) {
    enum rond_err err = report_check(report, fault);
    if (err == ROND_OK)
        err = role_check(r, report, fault);
    if (err != ROND_OK)
        return err;
    err = codec_report_encode(report, to);
    if (err == ROND_EFULL)
        err = fault_set(fault, ROND_EINVALID, CODE_REPORT_INVALID, "", "The report is too large; shorten its texts.");
    return err;
}

// --- Queueing ---

struct queueing {
    rond *r;
    struct arena arena;
    struct buffer packed;
    struct fault fault;
};

static void queueing_init(struct queueing *q, rond *r) {
    *q = (struct queueing){.r = r};
    arena_init(&q->arena, DECODE_ARENA_BYTES_MAX);
    buffer_init(&q->packed, REPORT_BYTES_MAX);
}

static void queueing_deinit(struct queueing *q) {
    arena_deinit(&q->arena);
    buffer_deinit(&q->packed);
}

static enum rond_err queueing_append(struct queueing *q, const Rond__V1__Report *report, char *ret_reference) {
    uint64_t seq;
    enum rond_err err = client_report_pack(q->r, report, &q->packed, &q->fault);
    if (err == ROND_OK)
        err = outbox_append(q->r->outbox, buffer_bytes(&q->packed), &seq);
    if (err != ROND_OK)
        return err;
    struct device_outbox_state state;
    outbox_state(q->r->outbox, &state);
    if (ret_reference != NULL)
        client_reference(q->r, &state.outbox, seq, ret_reference);
    client_changed(q->r, ROND_CHANGE_REPORTS);
    return ROND_OK;
}

static enum rond_err activity_convert(struct queueing *q, const rond_activity *activity, Rond__V1__Report **ret_report) {
    enum rond_err err = client_must_be_enrolled(q->r, &q->fault);
    return err != ROND_OK ? err : activity_to_report(q->r, activity, true, &q->arena, ret_report, &q->fault);
}

enum rond_err rond_check_activity(rond *r, const rond_activity *activity, rond_fault *ret_fault) {
    struct queueing q;
    queueing_init(&q, r);
    Rond__V1__Report *report;
    enum rond_err err = activity_convert(&q, activity, &report);
    if (err == ROND_OK)
        err = client_report_pack(r, report, &q.packed, &q.fault);
    queueing_deinit(&q);
    return client_fault(err, &q.fault, ret_fault);
}

enum rond_err rond_report(rond *r, const rond_activity *activity, char ret_reference[ROND_REFERENCE_SIZE],
                          rond_fault *ret_fault) {
    struct queueing q;
    queueing_init(&q, r);
    Rond__V1__Report *report;
    enum rond_err err = activity_convert(&q, activity, &report);
    if (err == ROND_OK)
        err = queueing_append(&q, report, ret_reference);
    queueing_deinit(&q);
    return client_fault(err, &q.fault, ret_fault);
}

// --- Correcting and withdrawing: later reports that name an earlier one ---

static enum rond_err own_identity(struct queueing *q, const char *reference, Rond__V1__Identity **ret_identity) {
    struct outbox_report target;
    enum rond_err err = client_find(q->r, reference, &q->arena, &target, &q->fault);
    if (err != ROND_OK)
        return err;
    Rond__V1__Report *report = NULL;
    if (target.report.size > 0 &&
        (err = codec_report_decode(&q->arena, target.report, &report, NULL)) == ROND_ENOMEM)
        return err;
    if (report != NULL && report->body_case == ROND__V1__REPORT__BODY_WITHDRAWAL)
        return fault_set(&q->fault, ROND_EINVALID, 0, "reference",
                         "That is a withdrawal; report the activity anew instead.");
    return client_identity(&q->arena, &q->r->enrolment.device, &target.outbox, target.seq, ret_identity);
}

// Of another device this one has nothing to look into: the server decides.
static enum rond_err target_identity(struct queueing *q, const char *reference, Rond__V1__Identity **ret_identity) {
    struct id128 device, outbox;
    uint64_t seq;
    if (reference == NULL || !identity_text_is_meant(reference))
        return own_identity(q, reference != NULL ? reference : "", ret_identity);
    enum rond_err err = identity_text_parse(reference, &device, &outbox, &seq, &q->fault);
    if (err == ROND_OK && id128_equal(&device, &q->r->enrolment.device)) {
        char own[SHORT_REFERENCE_SIZE];
        short_reference_format(&device, &outbox, seq, own);
        return own_identity(q, own, ret_identity);
    }
    return err == ROND_OK ? client_identity(&q->arena, &device, &outbox, seq, ret_identity) : err;
}

enum rond_err rond_correct(rond *r, const char *reference, const rond_activity *activity,
                           char ret_reference[ROND_REFERENCE_SIZE], rond_fault *ret_fault) {
    struct queueing q;
    queueing_init(&q, r);
    Rond__V1__Report *report;
    enum rond_err err = activity_convert(&q, activity, &report);
    if (err == ROND_OK)
        err = target_identity(&q, reference, &report->corrects);
    if (err == ROND_OK)
        err = queueing_append(&q, report, ret_reference);
    queueing_deinit(&q);
    return client_fault(err, &q.fault, ret_fault);
}

static enum rond_err withdrawal_make(struct queueing *q, const char *reference, const char *reason,
                                     Rond__V1__Report **ret_report) {
    Rond__V1__Report *report = arena_alloc(&q->arena, sizeof *report);
    Rond__V1__Withdrawal *withdrawal = arena_alloc(&q->arena, sizeof *withdrawal);
    char *copy = arena_text(&q->arena, reason != NULL ? reason : "");
    if (report == NULL || withdrawal == NULL || copy == NULL)
        return ROND_ENOMEM;
    rond__v1__report__init(report);
    rond__v1__withdrawal__init(withdrawal);
    report->schema_version = REPORT_SCHEMA_VERSION;
    report->claimed_ms = clock_wall_ms(q->r->clock);
    report->boot_id = clock_boot_id(q->r->clock);
    report->monotonic_ms = (uint64_t)clock_monotonic_ms(q->r->clock);
    report->occurred_from_s = report->occurred_to_s = report->claimed_ms / 1000;
    if (q->r->enrolment.roles_count > 0) {
        report->role = arena_text(&q->arena, q->r->enrolment.roles[0]);
        if (report->role == NULL)
            return ROND_ENOMEM;
    }
    report->body_case = ROND__V1__REPORT__BODY_WITHDRAWAL;
    report->withdrawal = withdrawal;
    withdrawal->reason = copy;
    *ret_report = report;
    return target_identity(q, reference, &withdrawal->target);
}

enum rond_err rond_withdraw(rond *r, const char *reference, const char *reason, char ret_reference[ROND_REFERENCE_SIZE],
                            rond_fault *ret_fault) {
    struct queueing q;
    queueing_init(&q, r);
    Rond__V1__Report *report;
    enum rond_err err = withdrawal_make(&q, reference, reason, &report);
    if (err == ROND_OK)
        err = queueing_append(&q, report, ret_reference);
    queueing_deinit(&q);
    return client_fault(err, &q.fault, ret_fault);
}
