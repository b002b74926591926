// Open unsafe places, as they came down last.
#include <string.h>

#include "client_internal.h"
#include "counting/zone.h"
#include "wire/short_reference.h"

static bool identity_of(const Rond__V1__OpenAction *action, struct id128 *ret_device, struct id128 *ret_outbox) {
    const Rond__V1__Identity *report = action->report;
    return report != NULL && id128_from_bytes(bytes_of(report->device.data, report->device.len), ret_device) &&
           id128_from_bytes(bytes_of(report->outbox.data, report->outbox.len), ret_outbox);
}

static const char *said(const char *text) {
    return text[0] != '\0' ? text : NULL;
}

// Today in the device's area; false until its clock is known.
static bool today_of(rond *r, char ret_today[DATE_TEXT_SIZE]) {
    enum { DAY_S = 24 * 60 * 60 };
    int32_t offset_s;
    int64_t now_s = clock_wall_ms(r->clock) / 1000;
    if (rond_zone_offset_s(r, now_s, &offset_s) != ROND_OK)
        return false;
    day_format((day_t)((now_s + offset_s) / DAY_S), ret_today);
    return true;
}

static bool action_fill(const Rond__V1__OpenAction *from, const char *today, rond_action *to) {
    struct id128 device, outbox;
    if (!identity_of(from, &device, &outbox))
        return false;
    *to = (rond_action){
        .finding = from->finding,
        .commitment = from->commitment,
        .place = said(from->place),
        .place_text = said(from->place_text),
        .cause = said(from->cause),
        .responsible = said(from->responsible),
        .promised_action = said(from->promised_action),
        .due = said(from->due),
        .found_s = from->found_s,
        .overdue = today[0] != '\0' && from->due[0] != '\0' && strcmp(from->due, today) < 0,
    };
    short_reference_format(&device, &outbox, from->report->seq, to->reference);
    return true;
}

static enum rond_err actions_read(rond *r, rond_actions *actions) {
    struct arena *arena = object_arena(actions);
    Rond__V1__OpenAction **open;
    char today[DATE_TEXT_SIZE] = "";
    size_t count;
    enum rond_err err = outbox_actions(r->outbox, arena, &open, &count);
    if (err != ROND_OK)
        return err;
    actions->actions = arena_array(arena, count + 1, sizeof *actions->actions);
    if (actions->actions == NULL)
        return ROND_ENOMEM;
    if (!today_of(r, today))
        today[0] = '\0';
    for (size_t i = 0; i < count; i++)
        actions->count += action_fill(open[i], today, &actions->actions[actions->count]);
    return ROND_OK;
}

enum rond_err rond_actions_get(rond *r, rond_actions **ret_actions) {
    rond_actions *actions = object_create(sizeof *actions);
    enum rond_err err = actions == NULL ? ROND_ENOMEM : actions_read(r, actions);
    if (err == ROND_OK)
        *ret_actions = actions;
    else
        object_destroy(actions);
    return err;
}

void rond_actions_free(rond_actions *actions) {
    object_destroy(actions);
}

enum rond_err client_action_find(rond *r, const char *reference, const char *finding, struct arena *arena,
                                 Rond__V1__Identity **ret_identity) {
    Rond__V1__OpenAction **open;
    uint32_t prefix;
    uint64_t seq;
    size_t count;
    enum rond_err err = short_reference_parse(reference, &prefix, &seq, NULL);
    if (err == ROND_OK)
        err = outbox_actions(r->outbox, arena, &open, &count);
    for (size_t i = 0; err == ROND_OK && i < count; i++) {
        struct id128 device, outbox;
        if (identity_of(open[i], &device, &outbox) && open[i]->report->seq == seq && finding != NULL &&
            short_reference_prefix(&device, &outbox) == prefix && strcmp(open[i]->finding, finding) == 0)
            return client_identity(arena, &device, &outbox, seq, ret_identity);
    }
    return err == ROND_OK ? ROND_ENOTFOUND : err;
}
