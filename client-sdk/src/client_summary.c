// What the organisation's reports of the newest week led to.
#include "client_internal.h"

static enum rond_err summary_read(rond *r, rond_summary *summary) {
    const Rond__V1__WeeklySummary *from;
    enum rond_err err = outbox_summary(r->outbox, object_arena(summary), &from);
    if (err != ROND_OK)
        return err;
    *summary = (rond_summary){
        .week = from->week,
        .organisation = from->organisation,
        .lines_sv = (const char *const *)from->lines_sv,
        .lines_en = (const char *const *)from->lines_en,
        .count = from->n_lines_sv < from->n_lines_en ? from->n_lines_sv : from->n_lines_en,
    };
    return ROND_OK;
}

enum rond_err rond_summary_get(rond *r, rond_summary **ret_summary) {
    rond_summary *summary = object_create(sizeof *summary);
    enum rond_err err = summary == NULL ? ROND_ENOMEM : summary_read(r, summary);
    if (err == ROND_OK)
        *ret_summary = summary;
    else
        object_destroy(summary);
    return err;
}

void rond_summary_free(rond_summary *summary) {
    object_destroy(summary);
}
