// What goes down to a device. In one world of four it is what the server's own reader makes of the store; in the others it
// is made here, in small pages and of things that change often, so that paging and stamps have their turn in a day.
#include <string.h>

#include "base/check.h"
#include "base/sha256.h"
#include "read/feedback.h"
#include "sim/world.h"

enum { REFERENCE_PAGE = 16, FEEDBACK_PAGE = 16 };

#define OK(call) CHECK((call) == ROND_OK)

// --- Made here ---

// A week of this world lasts six hours, so that one ends while a device is away.
enum { SIM_WEEK_MS = 6 * 3600 * 1000 };

static void summary_fill(struct world *world, const struct session_action *action, Rond__V1__Feedback *feedback) {
    char *week = arena_printf(&world->arena, "2015-W%02u", (unsigned)((world->now_ms - world->started_ms) / SIM_WEEK_MS));
    if (feedback->more || strcmp(action->summary_week, week) >= 0)
        return;
    feedback->summary = arena_alloc(&world->arena, sizeof *feedback->summary);
    rond__v1__weekly_summary__init(feedback->summary);
    feedback->summary->week = week;
}

// One that changes with the week, and bears its stamp as its figure.
static void standings_fill(struct world *world, const struct session_action *read, Rond__V1__Feedback *feedback) {
    Rond__V1__Standing *standing = arena_alloc(&world->arena, sizeof *standing);
    rond__v1__standing__init(standing);
    standing->commitment = arena_text(&world->arena, "lund-2015-trygghet/vandring");
    standing->done = 1 + (uint64_t)((world->now_ms - world->started_ms) / SIM_WEEK_MS);
    feedback->standings = arena_array(&world->arena, 1, sizeof *feedback->standings);
    if (standing->done == read->standings_stamp)
        return;
    feedback->standings_stamp = standing->done;
    feedback->standings[feedback->n_standings++] = standing;
}

// Now and then a place is open, now and then none.
static void actions_fill(struct world *world, const struct session_action *read, Rond__V1__Feedback *feedback) {
    Rond__V1__OpenAction *action = arena_alloc(&world->arena, sizeof *action);
    rond__v1__open_action__init(action);
    action->commitment = arena_text(&world->arena, "lund-2015-trygghet/vandring");
    feedback->actions = arena_array(&world->arena, 1, sizeof *feedback->actions);
    uint64_t stamp = world_chance(world, 50) ? 2 : 1;
    if (stamp == read->actions_stamp)
        return;
    feedback->actions_stamp = stamp;
    if (stamp == 2)
        feedback->actions[feedback->n_actions++] = action;
}

static void outcomes_fill(struct world *world, const struct id128 *device, const struct session_action *read,
                          Rond__V1__Feedback *feedback) {
    struct store *store = world->lund.store;
    struct arena *arena = &world->arena;
    struct feedback_row *rows, *more_rows;
    size_t count, more_count;
    uint64_t moved;
    OK(store->views->feedback(store, device, read->feedback_cursor, FEEDBACK_PAGE, arena, &rows, &count, &feedback->cursor));
    OK(store->views->feedback(store, device, feedback->cursor, 0, arena, &more_rows, &more_count, &moved));
    feedback->more = moved != feedback->cursor;
    feedback->outcomes = arena_array(arena, count + 1, sizeof *feedback->outcomes);
    for (size_t i = 0; i < count; i++) {
        Rond__V1__Outcome *outcome = arena_alloc(arena, sizeof *outcome);
        rond__v1__outcome__init(outcome);
        outcome->outbox = (ProtobufCBinaryData){.data = rows[i].report.key.outbox.b, .len = ID_SIZE};
        outcome->seq = rows[i].report.key.seq;
        outcome->state = ROND__V1__OUTCOME_STATE__OUTCOME_STATE_COUNTED;
        feedback->outcomes[feedback->n_outcomes++] = outcome;
    }
}

static Rond__V1__Feedback *feedback_made(struct world *world, const struct id128 *device,
                                         const struct session_action *read) {
    Rond__V1__Feedback *feedback = arena_alloc(&world->arena, sizeof *feedback);
    rond__v1__feedback__init(feedback);
    outcomes_fill(world, device, read, feedback);
    summary_fill(world, read, feedback);
    if (!feedback->more) {
        standings_fill(world, read, feedback);
        actions_fill(world, read, feedback);
    }
    return feedback;
}

// --- Read ---

static Rond__V1__Feedback *feedback_read(struct world *world, const struct id128 *device,
                                         const struct session_action *read) {
    const struct feedback_known known = {.cursor = read->feedback_cursor,
                                         .week = read->summary_week,
                                         .actions_stamp = read->actions_stamp,
                                         .standings_stamp = read->standings_stamp};
    Rond__V1__Feedback *feedback = NULL;
    OK(read_feedback(world->lund.store, world->lund.catalogue, device, &known, world->now_ms / 1000, NULL, &world->arena,
                     &feedback));
    return feedback;
}

// A device keeps them by name, the reader has them in the catalogue's order. False where they are not the same commitments.
static bool order_as_read(struct world *world, Rond__V1__Standing **standings, size_t count,
                          Rond__V1__Standing **ret_ordered) {
    size_t total, found = 0;
    const struct commitment *const *all = catalogue_commitments(world->lund.catalogue, "lund", &total);
    for (size_t i = 0; i < total; i++) {
        const char *name = arena_printf(&world->arena, "%s/%s", all[i]->promise->id, all[i]->definition->id);
        for (size_t k = 0; k < count && found == i; k++)
            if (strcmp(standings[k]->commitment, name) == 0)
                ret_ordered[found++] = standings[k];
    }
    return found == count && found == total;
}

uint64_t downstream_stamp(struct world *world, Rond__V1__Standing **standings, size_t count) {
    Rond__V1__Feedback only = ROND__V1__FEEDBACK__INIT;
    struct hash256 hash;
    if (!world->reads_feedback)
        return count == 1 ? standings[0]->done : 0;
    only.standings = arena_array(&world->arena, count + 1, sizeof *only.standings);
    only.n_standings = count;
    if (!order_as_read(world, standings, count, only.standings))
        return 0;
    size_t size = rond__v1__feedback__get_packed_size(&only);
    uint8_t *packed = arena_alloc(&world->arena, size + 1);
    rond__v1__feedback__pack(&only, packed);
    sha256_of(bytes_of(packed, size), &hash);
    return get_be64(hash.b);
}

// --- Both ---

void downstream_answer(struct world *world, struct host_session *hosted, const struct session_action *action) {
    struct store *store = world->lund.store;
    const struct id128 *device = session_device(hosted->session);
    Rond__V1__Reference reference = ROND__V1__REFERENCE__INIT;
    uint64_t newest = 0;
    OK(store->views->reference(store, action->reference_cursor, REFERENCE_PAGE, &world->arena, &reference.entries,
                               &reference.n_entries, &newest));
    reference.cursor = reference.n_entries > 0 ? reference.entries[reference.n_entries - 1]->revision : newest;
    reference.more = reference.cursor < newest;
    const Rond__V1__Feedback *feedback =
        world->reads_feedback ? feedback_read(world, device, action) : feedback_made(world, device, action);
    OK(session_downstream(hosted->session, &reference, feedback));
}
