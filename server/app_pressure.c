// What happens while the commit queue is full. Whoever brings more waits in a row, is not read from meanwhile, and has its
// turn in the order of coming: the one who waits longest goes on first. A message that arrives once somebody waits is kept
// as it came, not decoded (a decoded batch takes many times its bytes), and what is kept so is bounded; beyond that the
// device is told to come again. Meanwhile devices are told a smaller credit, so that a turn is short.
#include <stdlib.h>
#include <string.h>

#include "app_inner.h"
#include "base/check.h"
#include "wire/codes.h"
#include "wire/limits.h"

struct held_message {
    struct held_message *next;
    size_t size;
    uint8_t data[];
};

static void wait_in_row(struct app *app, struct live *live) {
    struct app_pressure *pressure = &app->pressure;
    if (live->is_paused)
        return;
    live->is_paused = true;
    live->paused_next = NULL;
    if (pressure->last)
        pressure->last->paused_next = live;
    else
        pressure->first = live;
    pressure->last = live;
    connection_pause(live->connection, true);
}

static void leave_row(struct app_pressure *pressure, struct live *live) {
    struct live *before = NULL;
    for (struct live *each = pressure->first; each != live; each = each->paused_next)
        before = each;
    if (before)
        before->paused_next = live->paused_next;
    else
        pressure->first = live->paused_next;
    if (pressure->last == live)
        pressure->last = before;
    live->is_paused = false;
}

bool app_pressure_is_on(const struct app *app) {
    return app->pressure.first != NULL;
}

uint32_t app_pressure_credit(const struct app *app) {
    return app_pressure_is_on(app) ? CREDIT_PRESSED_BYTES : CREDIT_BYTES;
}

void app_pressure_give(struct app *app, struct live *live, struct submission *take_submission) {
    if (!live->waiting_first && app_submit(app, take_submission) == ROND_OK) {
        live->in_flight++;
        return;
    }
    take_submission->next = NULL;
    if (live->waiting_last)
        live->waiting_last->next = take_submission;
    else
        live->waiting_first = take_submission;
    live->waiting_last = take_submission;
    wait_in_row(app, live);
}

enum rond_err app_pressure_hold(struct app *app, struct live *live, struct bytes message) {
    struct app_pressure *pressure = &app->pressure;
    size_t size = sizeof(struct held_message) + message.size;
    if (size > HELD_BYTES_MAX - pressure->held_bytes)
        return ROND_EFULL;
    struct held_message *held = malloc(size);
    if (!held)
        return ROND_ENOMEM;
    *held = (struct held_message){.size = message.size};
    memcpy(held->data, message.data, message.size);
    struct held_message **link = &live->held;
    while (*link)
        link = &(*link)->next;
    *link = held;
    pressure->held_bytes += size;
    pressure->held_total++;
    wait_in_row(app, live);
    return ROND_OK;
}

static struct held_message *take_held(struct app_pressure *pressure, struct live *live) {
    struct held_message *held = live->held;
    live->held = held->next;
    pressure->held_bytes -= sizeof *held + held->size;
    return held;
}

// False where the queue is full again.
static bool feed(struct app *app, struct live *live) {
    while (live->waiting_first) {
        struct submission *submission = live->waiting_first;
        struct submission *next = submission->next;
        if (app_submit(app, submission) != ROND_OK) {
            submission->next = next;
            return false;
        }
        live->in_flight++;
        live->waiting_first = next;
        if (!next)
            live->waiting_last = NULL;
    }
    return true;
}

void app_pressure_resume(struct app *app) {
    struct app_pressure *pressure = &app->pressure;
    while (pressure->first) {
        struct live *live = pressure->first;
        if (!feed(app, live))
            return;
        if (live->held) { // what comes of it may not fit any more: it stays at the front then
            struct held_message *held = take_held(pressure, live);
            app_devices_deliver(app, live, bytes_of(held->data, held->size));
            free(held);
            continue;
        }
        leave_row(pressure, live);
        connection_pause(live->connection, false);
    }
}

void app_pressure_forget(struct app *app, struct live *live) {
    while (live->held)
        free(take_held(&app->pressure, live));
    while (live->waiting_first) {
        struct submission *next = live->waiting_first->next;
        submission_destroy(live->waiting_first);
        live->waiting_first = next;
    }
    live->waiting_last = NULL;
    if (live->is_paused)
        leave_row(&app->pressure, live);
}
