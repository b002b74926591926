// Pages that stay open hear that something was committed, and ask anew for what they show: what it was is not said here, so
// that a stream can tell nobody what is not for them. A stream ends after some minutes, and the browser comes again, so that
// who has logged out or was locked hears no more.
//
// On the network thread. While a request is a stream, app->events has it.
#include "app_people.h"

#include "base/check.h"

enum { STREAM_MS_MAX = 5 * 60 * 1000, BEAT_MS = 15 * 1000, STREAMS_MAX = 500 };

static int64_t now_of(const struct app *app) {
    return clock_monotonic_ms(app->clock);
}

static void leave(struct people_request *request) {
    struct app_events *events = &request->app->events;
    struct people_request **link = &events->first;
    while (*link != request)
        link = &(*link)->next_stream;
    *link = request->next_stream;
    events->count--;
    request->is_stream = false;
}

static void end_stream(struct people_request *request) {
    leave(request);
    http_exchange_stream_end(request->exchange);
    people_request_destroy(request);
}

void app_events_begin(struct people_request *request) {
    struct app_events *events = &request->app->events;
    if (!request->exchange) {
        people_request_destroy(request); // its asker has left
        return;
    }
    if (events->count == STREAMS_MAX) {
        people_request_refuse(request, REFUSAL_BUSY, NULL);
        return;
    }
    request->is_stream = true;
    request->stream_until_ms = now_of(request->app) + STREAM_MS_MAX;
    request->next_stream = events->first;
    events->first = request;
    events->count++;
    http_exchange_stream(request->exchange, "text/event-stream");
    (void)http_exchange_stream_write(request->exchange, bytes_of_text("retry: 2000\n\n")); // the first always fits
}

void app_events_gone(struct people_request *request) {
    leave(request);
    people_request_destroy(request);
}

void app_events_changed(struct app *app) {
    app->events.is_due = true;
}

void app_events_sweep(struct app *app) {
    struct app_events *events = &app->events;
    int64_t now_ms = now_of(app);
    bool beats = now_ms - events->told_ms >= BEAT_MS; // so that a connection that is dead is found out
    struct bytes event = bytes_of_text(events->is_due ? "event: changed\ndata:\n\n" : ":\n\n");
    if (!events->is_due && !beats && app->stage == APP_SERVING)
        return;
    events->told_ms = now_ms;
    events->is_due = false;
    for (struct people_request *each = events->first, *next; each; each = next) {
        next = each->next_stream;
        if (app->stage != APP_SERVING || now_ms >= each->stream_until_ms ||
            !http_exchange_stream_write(each->exchange, event))
            end_stream(each);
    }
}
