#include "net/admission.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "wire/limits.h"

enum { SWEEP_MS_MAX = 1000 }; // as often as it comes where the loop is not busy, and more

enum rond_err admissions_init(struct admissions *admissions, size_t count_max, uint32_t per_address_max,
                              uint32_t requests_per_minute, const struct clock *clock, const struct rng *rng) {
    *admissions = (struct admissions){.count_max = count_max, .clock = clock};
    return address_limits_init(&admissions->limits, per_address_max, requests_per_minute, rng);
}

void admissions_deinit(struct admissions *admissions) {
    while (admissions->first) {
        struct admission *next = admissions->first->next;
        free(admissions->first);
        admissions->first = next;
    }
    address_limits_deinit(&admissions->limits);
}

static void unlink_admission(struct admission *admission) {
    struct admissions *admissions = admission->admissions;
    if (admission->previous)
        admission->previous->next = admission->next;
    else
        admissions->first = admission->next;
    if (admission->next)
        admission->next->previous = admission->previous;
    admissions->count--;
    address_limits_left(&admissions->limits, &admission->address);
    free(admission);
}

static struct admission *make(struct admissions *admissions, const struct sockaddr *address, size_t extra) {
    int64_t now_ms = clock_monotonic_ms(admissions->clock);
    struct address_key key;
    address_key_of(address, &key);
    if (admissions->count >= admissions->count_max + extra || !address_limits_enter(&admissions->limits, now_ms, &key))
        return NULL;
    struct admission *admission = calloc(1, sizeof *admission);
    if (!admission) {
        address_limits_left(&admissions->limits, &key);
        return NULL;
    }
    *admission = (struct admission){.admissions = admissions,
                                    .next = admissions->first,
                                    .address = key,
                                    .deadline_ms = now_ms + HANDSHAKE_DEADLINE_MS};
    if (admissions->first)
        admissions->first->previous = admission;
    admissions->first = admission;
    admissions->count++;
    return admission;
}

void admission_enter(struct admissions *admissions, struct lws_vhost *vhost, int take_descriptor,
                     const struct sockaddr *address, size_t extra) {
    struct admission *admission = make(admissions, address, extra);
    if (!admission) {
        admissions->refused++;
        close(take_descriptor);
        return;
    }
    struct lws *wsi = lws_adopt_socket_vhost(vhost, take_descriptor); // closes it where it fails
    if (!wsi) {
        admissions->refused++;
        unlink_admission(admission);
        return;
    }
    admission->wsi = wsi;
    lws_set_opaque_user_data(wsi, admission);
}

struct admission *admission_of(struct lws *wsi) {
    return lws_get_opaque_user_data(wsi);
}

void admission_settle(struct admission *admission) {
    admission->deadline_ms = 0;
}

void admission_forget(struct lws *wsi) {
    struct admission *admission = admission_of(wsi);
    if (!admission)
        return;
    lws_set_opaque_user_data(wsi, NULL);
    unlink_admission(admission);
}

// libwebsockets does not notice a timer that was set from outside its callbacks until something wakes it.
void admission_kill(struct admission *admission) {
    lws_set_timeout(admission->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    lws_cancel_service(lws_get_context(admission->wsi));
}

// Where this comes late, the loop was busy: with hundreds of handshakes at once, say. That time is nobody's fault who waits
// for his turn, and to throw away half a handshake for it would only make more of them.
static void allow_for_our_own_delay(struct admissions *admissions, int64_t now_ms) {
    int64_t late_ms = now_ms - admissions->swept_ms - SWEEP_MS_MAX;
    for (struct admission *each = admissions->first; each && admissions->swept_ms && late_ms > 0; each = each->next)
        if (each->deadline_ms)
            each->deadline_ms += late_ms;
    admissions->swept_ms = now_ms;
}

static bool has_left(const struct admission *admission) {
    struct pollfd end = {.fd = lws_get_socket_fd(admission->wsi), .events = POLLRDHUP};
    return poll(&end, 1, 0) > 0;
}

void admissions_sweep(struct admissions *admissions) {
    int64_t now_ms = clock_monotonic_ms(admissions->clock);
    allow_for_our_own_delay(admissions, now_ms);
    for (struct admission *each = admissions->first; each; each = each->next) {
        if (each->is_unread && has_left(each)) {
            each->is_unread = false;
            each->deadline_ms = 0;
            admission_kill(each);
        }
        if (each->deadline_ms == 0 || now_ms < each->deadline_ms)
            continue;
        each->deadline_ms = 0;
        admissions->timed_out++;
        admission_kill(each);
    }
}
