#include "sim/world.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "sim/disk.h"
#include "sim/signatures.h"

enum {
    STORM_MS_MIN = 12 * 3600 * 1000, // with faults
    STORM_MS_MAX = 36 * 3600 * 1000,
    REAL_SIGNATURES_EACH = 16, // worlds
    READ_FEEDBACK_EACH = 4,
    CALM_MS_MAX = 2 * 3600 * 1000, // within which all must drain
    EVENTS_PER_SEED_MAX = 2000000,
};

// --- Events: a binary heap by time, then by order ---

static bool is_before(const struct event *a, const struct event *b) {
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void swap(struct event *a, struct event *b) {
    struct event kept = *a;
    *a = *b;
    *b = kept;
}

static void push(struct world *world, struct event event) {
    if (world->event_count == world->event_capacity) {
        world->event_capacity = world->event_capacity == 0 ? 256 : 2 * world->event_capacity;
        world->events = realloc(world->events, world->event_capacity * sizeof *world->events);
        CHECK(world->events != NULL);
    }
    event.order = world->event_order++;
    if (event.at_ms < world->now_ms)
        event.at_ms = world->now_ms;
    size_t i = world->event_count++;
    world->events[i] = event;
    for (; i > 0 && is_before(&world->events[i], &world->events[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&world->events[i], &world->events[(i - 1) / 2]);
}

static struct event pop(struct world *world) {
    struct event first = world->events[0];
    world->events[0] = world->events[--world->event_count];
    for (size_t i = 0;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < world->event_count; child++)
            if (is_before(&world->events[child], &world->events[least]))
                least = child;
        if (least == i)
            return first;
        swap(&world->events[i], &world->events[least]);
        i = least;
    }
}

void world_at(struct world *world, int64_t at_ms, enum event_kind kind, void *object, uint64_t number) {
    push(world, (struct event){.at_ms = at_ms, .kind = kind, .object = object, .number = number});
}

void world_at_with(struct world *world, int64_t at_ms, enum event_kind kind, void *object, struct bytes bytes) {
    struct event event = {
        .at_ms = at_ms, .kind = kind, .object = object, .data = malloc(bytes.size + 1), .size = bytes.size};
    CHECK(event.data != NULL);
    if (bytes.size > 0)
        memcpy(event.data, bytes.data, bytes.size);
    push(world, event);
}

// --- Small things ---

void world_trace(const struct world *world, const char *format, ...) {
    if (world->trace == NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    trace_add(world->trace, world->now_ms - world->started_ms, format, arguments);
    va_end(arguments);
}

void world_fail(struct world *world, const char *checker, const char *format, ...) {
    if (world->has_failed)
        return;
    world->has_failed = true;
    va_list arguments;
    int used = snprintf(world->failure, sizeof world->failure, "%s: ", checker);
    va_start(arguments, format);
    vsnprintf(world->failure + used, sizeof world->failure - (size_t)used, format, arguments);
    va_end(arguments);
    world_trace(world, "BROKEN %s", world->failure);
}

uint64_t world_below(struct world *world, uint64_t bound) {
    return rng_below(&world->rng, bound);
}

bool world_chance(struct world *world, unsigned percent) {
    return world_below(world, 100) < percent;
}

bool world_strikes(struct world *world, enum fault_kind fault, unsigned percent) {
    if (world->is_calm || !world->on[fault] || !world_chance(world, percent))
        return false;
    world->census->faults[fault]++;
    return true;
}

void world_describe(const struct world *world, FILE *to) {
    fprintf(to, "seed %llu: %u handhelds, %zu reports, delay %lld ms, acknowledged kept %d days, credit %u, faults:",
            (unsigned long long)world->seed, world->handheld_count, world->reports_wanted, (long long)world->delay_ms,
            world->keep_days, world->host.credit_bytes);
    fprintf(to, "%s%s%s", world->on_disk ? " STORE_ON_DISK" : "", world->season_s != 0 ? " CLOCK_CHANGE" : "",
            world->reads_feedback ? " READ_FEEDBACK" : "");
    for (int i = 0; i < FAULT_COUNT; i++)
        if (world->on[i])
            fprintf(to, " %s", fault_name((enum fault_kind)i));
    fputc('\n', to);
}

// --- A seed ---

static void dispatch(struct world *world, struct event *event) {
    struct link *link = event->object;
    struct bytes bytes = bytes_of(event->data, event->size);
    switch (event->kind) {
    case EVENT_CONNECT:
        if (((struct handheld *)event->object)->connect_number == event->number)
            handheld_connect(event->object);
        break;
    case EVENT_LINK_UP:
        host_accept(world, link);
        if (link->handheld != NULL)
            handheld_link_up(link->handheld, link);
        break;
    case EVENT_UP:
        if (world->now_ms < link->dead_ms)
            host_receive(world, link, bytes);
        break;
    case EVENT_DOWN:
        if (link->handheld != NULL && world->now_ms < link->dead_ms)
            handheld_receive(link->handheld, link, bytes);
        break;
    case EVENT_GONE_UP:
        host_gone(world, link);
        break;
    case EVENT_GONE_DOWN:
        if (link->handheld != NULL)
            handheld_gone(link->handheld, link);
        break;
    case EVENT_DEVICE_TICK:
        handheld_tick(event->object);
        break;
    case EVENT_SESSION_TICK:
        host_tick(world, link->session, event->number);
        break;
    case EVENT_READ:
        handheld_read(event->object, event->number);
        break;
    case EVENT_FORK:
        handheld_fork(event->object, event->number);
        break;
    case EVENT_COMMIT:
        host_commit(world, event->number);
        break;
    case EVENT_QUEUE:
        handheld_report(event->object);
        break;
    case EVENT_FAULT:
        faults_strike(world, (enum fault_kind)event->number);
        break;
    case EVENT_SERVER_UP:
        host_up(world);
        break;
    }
}

static void run_until(struct world *world, int64_t end_ms, bool (*is_done)(const struct world *world)) {
    for (unsigned n = 0; world->event_count > 0 && !world->has_failed; n++) {
        if (is_done != NULL && is_done(world))
            return;
        if (world->events[0].at_ms > end_ms)
            break;
        if (n > EVENTS_PER_SEED_MAX) {
            world_fail(world, "all_bounds_held", "more than %d events: something goes round in circles",
                       EVENTS_PER_SEED_MAX);
            return;
        }
        struct event event = pop(world);
        world->now_ms = event.at_ms;
        arena_reset(&world->arena);
        dispatch(world, &event);
        free(event.data);
    }
    world->now_ms = end_ms > world->now_ms ? end_ms : world->now_ms;
}

static bool is_drained(const struct world *world) {
    for (unsigned i = 0; i < world->handheld_count; i++)
        if (!world->handhelds[i].is_lost && (!world->handhelds[i].has_drained || !handheld_is_empty(&world->handhelds[i])))
            return false;
    return world->host.is_up && world->host.out == NULL && group_commit_is_idle(&world->host.group);
}

// No faults from here on. Some connections begin anew, on the others something more is queued: they must bring it in, or
// find out that they are dead.
static void begin_calm(struct world *world) {
    world->is_calm = true;
    world->host.dies_in_commit = false;
    world_trace(world, "--- calm ---");
    if (!world->host.is_up)
        host_up(world);
    for (unsigned i = 0; i < world->handheld_count; i++) {
        struct handheld *handheld = &world->handhelds[i];
        struct link *link = handheld->link;
        handheld->covered_ms = 0;
        handheld_mend_disk(handheld);
        if (handheld->is_lost && world_chance(world, 50))
            people_enrol_again(world, handheld);
        if (link != NULL && world_chance(world, 50)) {
            handheld_queue(handheld, 1);
            continue;
        }
        if (link != NULL) {
            link_close(link);
            handheld_gone(handheld, link);
        }
        backoff_reset(&handheld->backoff);
        handheld_connect_at(handheld, world->now_ms);
    }
}

static void world_init(struct world *world, uint64_t seed, struct census *census, struct trace *trace) {
    memset(world, 0, sizeof *world);
    world->seed = seed;
    world->census = census;
    world->trace = trace;
    rng_seeded_init(&world->seeded, seed);
    world->rng = rng_seeded_as_rng(&world->seeded);
    arena_init(&world->arena, 64 * 1024 * 1024);
    disk_format();
    signatures_use_real(seed % REAL_SIGNATURES_EACH == 0);
    world->reads_feedback = seed % READ_FEEDBACK_EACH == 1;
    faults_pick(world);
    host_store_open(world);
    world->now_ms = world->started_ms = world->lund.now_ms + 1000 * world->season_s;
    world->calm_ms = world->started_ms + STORM_MS_MIN + (int64_t)world_below(world, STORM_MS_MAX - STORM_MS_MIN);
}

static void world_deinit(struct world *world) {
    for (unsigned i = 0; i < world->handheld_count; i++)
        handheld_stop(&world->handhelds[i]);
    host_stop(world);
    while (world->links != NULL) {
        struct link *next = world->links->next;
        free(world->links);
        world->links = next;
    }
    for (size_t i = 0; i < world->event_count; i++)
        free(world->events[i].data);
    free(world->events);
    lund_close(&world->lund);
    arena_deinit(&world->arena);
    disk_format();
}

bool world_run(struct world *world, uint64_t seed, struct census *census, struct trace *trace) {
    world_init(world, seed, census, trace);
    host_start(world);
    for (unsigned i = 0; i < world->handheld_count; i++)
        handheld_start(world, i);
    faults_arm(world);
    run_until(world, world->calm_ms, NULL);
    if (!world->has_failed)
        begin_calm(world);
    run_until(world, world->calm_ms + CALM_MS_MAX, is_drained);
    if (!world->has_failed && !is_drained(world))
        world_fail(world, "unacknowledged_never_dropped", "not everything is acknowledged two hours after the last fault");
    if (!world->has_failed)
        check_the_end(world);
    census->seeds++;
    world_deinit(world);
    return !world->has_failed;
}
