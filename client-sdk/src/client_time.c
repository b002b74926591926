// What time it is by the server's clock, as well as this device can tell. Its own wall clock has no say: it may be years
// off, and anybody who holds the device can set it. What the server said last (at a Welcome, or when it certified this
// device) is carried on by the monotonic clock; after a restart of the device the time that it was off is missing, so
// that the estimate is never ahead of the real time, and behind by no more than what nobody could have measured.
#include "client_internal.h"

static const char SETTING[] = "server.time"; // be64 server_ms || be64 monotonic_ms || be64 boot_id

enum { SETTING_SIZE = 24, KEPT_UNLESS_OFF_MS = 60 * 1000 };

static int64_t carried_on(const rond *r) {
    const struct client_time *heard = &r->heard;
    int64_t monotonic_ms = clock_monotonic_ms(r->clock), since_ms = monotonic_ms;
    if (heard->boot_id == clock_boot_id(r->clock))
        since_ms -= heard->monotonic_ms;
    return heard->server_ms + (since_ms > 0 ? since_ms : 0);
}

int64_t client_time_ms(const rond *r) {
    int64_t time_ms = r->heard.server_ms > 0 ? carried_on(r) : 0;
    return time_ms == 0 && r->is_enrolled ? r->enrolment.answered_ms : time_ms;
}

enum rond_err client_time_load(rond *r) {
    struct arena arena;
    struct bytes kept = {0};
    r->heard = (struct client_time){0};
    arena_init(&arena, 1024);
    enum rond_err err = outbox_setting_get(r->outbox, SETTING, &arena, &kept);
    if (err == ROND_OK && kept.size == SETTING_SIZE)
        r->heard = (struct client_time){.server_ms = (int64_t)get_be64(kept.data),
                                        .monotonic_ms = (int64_t)get_be64(kept.data + 8),
                                        .boot_id = get_be64(kept.data + 16)};
    arena_deinit(&arena);
    return err == ROND_ENOMEM ? err : ROND_OK; // a spoilt one is heard anew
}

// Kept only where what is kept would come to something else: a Welcome costs no write.
enum rond_err client_time_heard(rond *r, int64_t server_ms) {
    if (server_ms <= 0)
        return ROND_OK;
    int64_t off_ms = r->heard.server_ms > 0 ? carried_on(r) - server_ms : INT64_MAX;
    bool is_this_boot = r->heard.boot_id == clock_boot_id(r->clock);
    if (is_this_boot && off_ms < KEPT_UNLESS_OFF_MS && off_ms > -KEPT_UNLESS_OFF_MS)
        return ROND_OK;
    r->heard = (struct client_time){
        .server_ms = server_ms, .monotonic_ms = clock_monotonic_ms(r->clock), .boot_id = clock_boot_id(r->clock)};
    uint8_t kept[SETTING_SIZE];
    put_be64(kept, (uint64_t)r->heard.server_ms);
    put_be64(kept + 8, (uint64_t)r->heard.monotonic_ms);
    put_be64(kept + 16, r->heard.boot_id);
    return outbox_setting_put(r->outbox, SETTING, bytes_of(kept, sizeof kept));
}
