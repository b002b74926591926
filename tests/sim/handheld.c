// One device: the real engine over the real outbox on the simulated disk, driven the way the SDK drives them.
#include "sim/world.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/sha256.h"
#include "sim/disk.h"
#include "wire/codes.h"
#include "wire/limits.h"

#define OK(call) CHECK((call) == ROND_OK)

static void engine_again(struct handheld *handheld);

// False where the outbox could not do it, which only a bad disk excuses: the round is over, as it is in the SDK, and the
// next one begins with what is on disk.
static bool went_well(struct handheld *handheld, enum rond_err err) {
    if (err == ROND_OK)
        return true;
    struct world *world = handheld->world;
    world_trace(world, "handheld %u: the outbox answers %s", handheld->index, rond_err_name(err));
    if (!handheld->is_disk_bad || (err != ROND_EIO && err != ROND_EFULL)) {
        world_fail(world, "unacknowledged_never_dropped", "the outbox of handheld %u answers %s", handheld->index,
                   rond_err_name(err));
        return false;
    }
    world->census->disk_failures++;
    engine_again(handheld);
    return false;
}

// --- Its clocks ---

static int64_t wall_ms(void *context) {
    const struct handheld *handheld = context;
    return handheld->world->now_ms + handheld->skew_ms;
}
static int64_t monotonic_ms(void *context) {
    const struct handheld *handheld = context;
    return handheld->world->now_ms - handheld->boot_at_ms;
}
static uint64_t boot_id(void *context) {
    return ((const struct handheld *)context)->boot_id;
}

static struct device_now device_now(struct handheld *handheld) {
    return (struct device_now){
        .wall_ms = wall_ms(handheld), .monotonic_ms = monotonic_ms(handheld), .boot_id = handheld->boot_id};
}

// --- Life ---

static enum rond_err sign(void *context, const struct statement *statement, struct signature *ret_signature) {
    return signature_make(lund_key(((struct handheld *)context)->index), statement, ret_signature);
}

static void engine_create(struct handheld *handheld) {
    struct world *world = handheld->world;
    struct device_config device = {.device = lund_device(handheld->index),
                                   .client = "sim",
                                   .sign = sign,
                                   .sign_context = handheld,
                                   .census = &world->census->device};
    outbox_state(handheld->outbox, &device.outbox);
    outbox_server(handheld->outbox, &device.server);
    OK(device_create(&device, &handheld->device));
}

void handheld_boot(struct handheld *handheld) {
    struct world *world = handheld->world;
    handheld->boot_at_ms = world->now_ms - (int64_t)world_below(world, 100000);
    handheld->boot_id = rng_u64(&world->rng);
    struct outbox_config config = {.path = handheld->path,
                                   .key = &handheld->key,
                                   .rng = &world->rng,
                                   .clock = &handheld->clock,
                                   .acknowledged_keep_days = world->keep_days};
    struct fault fault = {0};
    enum rond_err err = outbox_open(&config, &handheld->outbox, &fault);
    if (err != ROND_OK) {
        world_fail(world, "unacknowledged_never_dropped", "the outbox of handheld %u does not open: %s %s", handheld->index,
                   rond_err_name(err), fault.text);
        return;
    }
    engine_create(handheld);
}

void handheld_start(struct world *world, unsigned index) {
    struct handheld *handheld = &world->handhelds[index];
    handheld->world = world;
    handheld->index = index;
    snprintf(handheld->path, sizeof handheld->path, "device%u.db", index);
    snprintf(handheld->image_path, sizeof handheld->image_path, "image%u.db", index);
    handheld->clock =
        (struct clock){.wall_ms = wall_ms, .monotonic_ms = monotonic_ms, .boot_id = boot_id, .context = handheld};
    rng_fill(&world->rng, handheld->key.b, SEAL_KEY_SIZE);
    if (world_strikes(world, FAULT_CLOCK_SKEW, 60))
        handheld->skew_ms = (int64_t)world_below(world, 200000000) - 100000000;
    handheld_boot(handheld);
    struct device_outbox_state state;
    outbox_state(handheld->outbox, &state);
    handheld->outbox_id = state.outbox;
    world_at(world, world->now_ms + (int64_t)world_below(world, 600000), EVENT_QUEUE, handheld, 0);
}

void handheld_stop(struct handheld *handheld) {
    device_destroy(handheld->device);
    outbox_close(handheld->outbox);
    handheld->device = NULL;
    handheld->outbox = NULL;
}

static void engine_again(struct handheld *handheld) {
    struct world *world = handheld->world;
    struct link *link = handheld->link;
    handheld->link = NULL;
    handheld->read_number++;
    device_destroy(handheld->device);
    engine_create(handheld);
    if (link != NULL) {
        link->device_open = false;
        link_close(link);
    }
    handheld_connect_at(handheld, world->now_ms + backoff_next_ms(&handheld->backoff, &world->rng, 0));
}

// --- Actions ---

static void take_outbox(struct handheld *handheld) {
    struct device_outbox_state state;
    struct device_now now = device_now(handheld);
    outbox_offered_state(handheld->outbox, &state);
    OK(device_outbox(handheld->device, &now, &state));
}

// A closed outbox was on offer: what the restored server may lack of it is queued anew in the active one.
static void leave_offer(struct handheld *handheld) {
    struct device_outbox_state after;
    if (!went_well(handheld, outbox_offer_forked(handheld->outbox, handheld->fork_seq)))
        return;
    outbox_state(handheld->outbox, &after);
    world_trace(handheld->world, "handheld %u leaves an old outbox, queued up to %llu", handheld->index,
                (unsigned long long)after.last_seq);
    handheld->last_seq = after.last_seq;
    take_outbox(handheld);
}

static void fork_outbox(struct handheld *handheld) {
    struct world *world = handheld->world;
    struct device_outbox_state before, after;
    outbox_offered_state(handheld->outbox, &before);
    if (before.is_closed) {
        leave_offer(handheld);
        return;
    }
    check_fork_has_cause(handheld);
    if (!went_well(handheld, outbox_offer_forked(handheld->outbox, handheld->fork_seq)))
        return;
    outbox_state(handheld->outbox, &after);
    world_trace(world, "handheld %u forks at %llu of %llu", handheld->index, (unsigned long long)before.acknowledged.seq,
                (unsigned long long)before.last_seq);
    if (after.last_seq > before.last_seq - before.acknowledged.seq)
        world_fail(world, "stored_exactly_once", "a fork queued %llu reports anew of %llu that were not acknowledged",
                   (unsigned long long)after.last_seq, (unsigned long long)(before.last_seq - before.acknowledged.seq));
    handheld->outbox_id = after.outbox;
    handheld->last_seq = after.last_seq;
    handheld->has_image = false; // an image of an outbox that was left behind twice is beyond what identities can tell
    take_outbox(handheld);
}

// As client_receipts.c does, but for what only a certificate can say.
static void receipt(struct handheld *handheld, const struct device_action *action) {
    struct device_server_state server;
    struct device_outbox_state offered;
    outbox_server(handheld->outbox, &server);
    outbox_offered_state(handheld->outbox, &offered);
    struct bytes certificate = bytes_of(action->receipt->certificate.data, action->receipt->certificate.len);
    struct receipt receipt = {.store = server.store_id,
                              .epoch = server.epoch,
                              .device = lund_device(handheld->index),
                              .outbox = offered.outbox,
                              .watermark = action->said.watermark,
                              .head = action->said.head,
                              .certificate = offered.receipt.certificate};
    CHECK(action->receipt->signature.len == SIGNATURE_SIZE);
    memcpy(receipt.signature.b, action->receipt->signature.data, SIGNATURE_SIZE);
    if (certificate.size > 0)
        sha256_of(certificate, &receipt.certificate);
    check_receipt(handheld, &receipt);
    enum rond_err err = outbox_receipt_store(handheld->outbox, &receipt, certificate);
    if (err != ROND_ECONFLICT) // of another chain than its own: it forks
        (void)went_well(handheld, err);
}

static void acknowledge(struct handheld *handheld, const struct device_action *action) {
    struct world *world = handheld->world;
    check_acknowledged_implies_durable(handheld, &action->chain);
    for (size_t i = 0; i < action->verdicts->n_exceptions; i++)
        if (action->verdicts->exceptions[i]->code < CENSUS_CODES)
            world->census->exceptions[action->verdicts->exceptions[i]->code]++;
    went_well(handheld, outbox_acknowledge(handheld->outbox, &action->chain, action->verdicts));
}

static void closed(struct handheld *handheld, const struct device_action *action) {
    struct world *world = handheld->world;
    struct link *link = handheld->link;
    world_trace(world, "handheld %u closes: %u %s", handheld->index, action->refusal_code,
                action->sentence != NULL ? action->sentence : "");
    if (action->refusal_code > 0 && action->refusal_code < 200 && link != NULL && !link->is_silent)
        world_fail(world, "all_bounds_held", "handheld %u and the server disagree about the protocol: %s", handheld->index,
                   wire_code_name(action->refusal_code));
    if (link != NULL) {
        link->device_open = false;
        link_close(link);
    }
    handheld->link = NULL;
    handheld->read_number++;
    device_disconnected(handheld->device);
    outbox_offer_end(handheld->outbox);
    if (action->refusal_code == CODE_IDLE && handheld_is_empty(handheld))
        return; // until something is queued
    handheld_connect_at(handheld, world->now_ms + backoff_next_ms(&handheld->backoff, &world->rng, action->retry_after_ms));
}

static void answer_read(struct handheld *handheld) {
    struct device_answer answer = {0};
    struct device_now now = device_now(handheld);
    if (!went_well(handheld, outbox_read(handheld->outbox, handheld->read_first, handheld->read_bytes,
                                         &handheld->world->arena, &answer)))
        return;
    if (answer.lost_last > 0)
        world_trace(handheld->world, "handheld %u lost %llu..%llu", handheld->index, (unsigned long long)answer.first_seq,
                    (unsigned long long)answer.lost_last);
    OK(device_records(handheld->device, &now, &answer));
}

static void want_read(struct handheld *handheld, const struct device_action *action) {
    struct world *world = handheld->world;
    handheld->read_first = action->first_seq;
    handheld->read_bytes = action->bytes_max;
    handheld->read_number++;
    if (world_strikes(world, FAULT_SLOW_DISK, 50))
        world_at(world, world->now_ms + (int64_t)world_below(world, 60000), EVENT_READ, handheld, handheld->read_number);
    else
        answer_read(handheld);
}

static void want_fork(struct handheld *handheld, const struct device_action *action) {
    struct world *world = handheld->world;
    handheld->fork_seq = action->first_seq;
    handheld->read_number++;
    if (!went_well(handheld, outbox_receipt_forked(handheld->outbox, action->first_seq)))
        return;
    if (world_strikes(world, FAULT_SLOW_DISK, 70))
        world_at(world, world->now_ms + (int64_t)world_below(world, 1200000), EVENT_FORK, handheld, handheld->read_number);
    else
        fork_outbox(handheld);
}

static void drained(struct handheld *handheld) {
    struct world *world = handheld->world;
    bool is_another = false;
    if (!went_well(handheld, outbox_offer_next(handheld->outbox, &is_another)))
        return;
    if (is_another) {
        take_outbox(handheld);
        return;
    }
    world_trace(world, "handheld %u is drained", handheld->index);
    backoff_reset(&handheld->backoff);
    handheld->has_drained = handheld->has_drained || world->is_calm;
    if (world->is_calm || !world_chance(world, 50) || handheld->link == NULL)
        return;
    handheld->link->device_open = false; // the window is used; the app hangs up
    link_close(handheld->link);
    handheld->link = NULL;
    device_disconnected(handheld->device);
}

// After a last page there are standings, and those of the stamp that the server is told.
static void check_standings(struct handheld *handheld, const struct device_server_state *server) {
    struct world *world = handheld->world;
    Rond__V1__Standing **standings;
    size_t count;
    OK(outbox_standings(handheld->outbox, &world->arena, &standings, &count));
    if (count == 0 || downstream_stamp(world, standings, count) != server->standings_stamp)
        world_fail(world, "feedback_kept", "handheld %u has %zu standings under the stamp %llu", handheld->index, count,
                   (unsigned long long)server->standings_stamp);
}

// What is on disk is what came, and a summary never goes back to an older week.
static void keep_feedback(struct handheld *handheld, const Rond__V1__Feedback *feedback) {
    struct world *world = handheld->world;
    struct device_server_state before, after;
    Rond__V1__OpenAction **actions;
    size_t count;
    outbox_server(handheld->outbox, &before);
    if (!went_well(handheld, outbox_feedback_store(handheld->outbox, feedback)))
        return;
    outbox_server(handheld->outbox, &after);
    OK(outbox_actions(handheld->outbox, &world->arena, &actions, &count));
    if (feedback->actions_stamp != 0 && (count != feedback->n_actions || after.actions_stamp != feedback->actions_stamp))
        world_fail(world, "feedback_kept", "handheld %u keeps %zu open actions of %zu", handheld->index, count,
                   feedback->n_actions);
    if (strcmp(after.summary_week, before.summary_week) < 0)
        world_fail(world, "feedback_kept", "the summary of handheld %u goes back from %s to %s", handheld->index,
                   before.summary_week, after.summary_week);
    if (!feedback->more)
        check_standings(handheld, &after);
    world->census->actions += feedback->n_actions;
    world->census->summaries += feedback->summary != NULL;
    OK(device_stored(handheld->device));
}

static void welcomed(struct handheld *handheld, const struct device_action *action) {
    bool is_another = false, is_contradicted = false;
    if (!went_well(handheld, outbox_server_store(handheld->outbox, &action->server)) ||
        !went_well(handheld, outbox_receipt_hold(handheld->outbox, &action->said, &is_contradicted)))
        return;
    check_not_contradicted(handheld, is_contradicted);
    if (!went_well(handheld, outbox_offer_first(handheld->outbox, &is_another)))
        return;
    if (is_another)
        take_outbox(handheld);
}

static void act(struct handheld *handheld, const struct device_action *action) {
    switch (action->kind) {
    case DEVICE_SEND:
        if (handheld->link != NULL)
            link_send_up(handheld->link, action->frame);
        break;
    case DEVICE_READ:
        want_read(handheld, action);
        break;
    case DEVICE_WELCOME:
        welcomed(handheld, action);
        break;
    case DEVICE_ACKNOWLEDGED:
        acknowledge(handheld, action);
        break;
    case DEVICE_RECEIPT:
        receipt(handheld, action);
        break;
    case DEVICE_FORKED:
        want_fork(handheld, action);
        break;
    case DEVICE_REFERENCE:
        if (went_well(handheld, outbox_reference_store(handheld->outbox, action->reference)))
            OK(device_stored(handheld->device));
        break;
    case DEVICE_FEEDBACK:
        keep_feedback(handheld, action->feedback);
        break;
    case DEVICE_DRAINED:
        drained(handheld);
        break;
    case DEVICE_CLOSE:
        closed(handheld, action);
        break;
    case DEVICE_NOTHING:
        break;
    }
}

static void pump(struct handheld *handheld) {
    struct world *world = handheld->world;
    struct device_action action;
    for (device_next_action(handheld->device, &action); action.kind != DEVICE_NOTHING && !world->has_failed;
         device_next_action(handheld->device, &action))
        act(handheld, &action);
    int64_t deadline_ms = device_deadline(handheld->device);
    if (deadline_ms == INT64_MAX || handheld->boot_at_ms + deadline_ms == handheld->tick_ms)
        return;
    handheld->tick_ms = handheld->boot_at_ms + deadline_ms;
    world_at(world, handheld->tick_ms, EVENT_DEVICE_TICK, handheld, 0);
}

void handheld_tick(struct handheld *handheld) {
    struct device_now now = device_now(handheld);
    if (handheld->device == NULL || now.monotonic_ms < device_deadline(handheld->device))
        return; // something has happened since; another tick is planned
    device_tick(handheld->device, &now);
    pump(handheld);
}

void handheld_read(struct handheld *handheld, uint64_t number) {
    if (handheld->read_number != number)
        return;
    answer_read(handheld);
    pump(handheld);
}

void handheld_fork(struct handheld *handheld, uint64_t number) {
    if (handheld->read_number != number)
        return;
    fork_outbox(handheld);
    pump(handheld);
}

// --- Connecting ---

void handheld_connect_at(struct handheld *handheld, int64_t at_ms) {
    world_at(handheld->world, at_ms, EVENT_CONNECT, handheld, ++handheld->connect_number);
}

void handheld_connect(struct handheld *handheld) {
    struct world *world = handheld->world;
    if (handheld->link != NULL)
        return;
    if (world->now_ms < handheld->covered_ms) {
        handheld_connect_at(handheld, handheld->covered_ms);
        return;
    }
    if (!world->host.is_up) {
        handheld_connect_at(handheld, world->now_ms + backoff_next_ms(&handheld->backoff, &world->rng, 0));
        return;
    }
    handheld->link = link_create(world, handheld);
    world_at(world, world->now_ms + 2 * handheld->link->delay_ms, EVENT_LINK_UP, handheld->link, 0);
}

void handheld_link_up(struct handheld *handheld, struct link *link) {
    if (handheld->link != link)
        return;
    if (!link->host_open && !link->was_refused) { // the server went down meanwhile
        handheld->link = NULL;
        handheld_connect_at(handheld,
                            handheld->world->now_ms + backoff_next_ms(&handheld->backoff, &handheld->world->rng, 0));
        return;
    }
    struct device_now now = device_now(handheld);
    link->device_open = true;
    handheld->read_number++;
    outbox_offer_end(handheld->outbox);
    take_outbox(handheld);
    OK(device_connected(handheld->device, &now, link->upgrade_credit));
    pump(handheld);
}

void handheld_receive(struct handheld *handheld, struct link *link, struct bytes frame) {
    if (handheld->link != link || !link->device_open)
        return;
    struct device_now now = device_now(handheld);
    OK(device_receive(handheld->device, &now, frame));
    pump(handheld);
}

void handheld_gone(struct handheld *handheld, struct link *link) {
    if (handheld->link != link)
        return;
    link->device_open = false;
    handheld->link = NULL;
    handheld->read_number++;
    device_disconnected(handheld->device);
    handheld_connect_at(handheld, handheld->world->now_ms + backoff_next_ms(&handheld->backoff, &handheld->world->rng, 0));
}

// --- The person ---

static void check_nothing_half_queued(struct handheld *handheld, enum rond_err err) {
    struct world *world = handheld->world;
    struct device_outbox_state state;
    outbox_state(handheld->outbox, &state);
    world->census->queueing_refused++;
    world_trace(world, "handheld %u cannot queue: %s", handheld->index, rond_err_name(err));
    if ((err != ROND_EFULL && err != ROND_EIO) || state.last_seq != handheld->last_seq)
        world_fail(world, "save_never_lies", "handheld %u was told %s, and has queued up to %llu, not %llu", handheld->index,
                   rond_err_name(err), (unsigned long long)state.last_seq, (unsigned long long)handheld->last_seq);
}

void handheld_queue(struct handheld *handheld, size_t count) {
    struct world *world = handheld->world;
    for (size_t i = 0; i < count && handheld->entry_count < ENTRIES_MAX; i++) {
        struct entry *entry = &handheld->entries[handheld->entry_count];
        *entry = (struct entry){0};
        struct bytes report = report_make(handheld, &entry->is_bad);
        uint64_t seq = 0;
        enum rond_err err = outbox_append(handheld->outbox, report, &seq);
        if (err != ROND_OK && handheld->is_disk_bad) {
            check_nothing_half_queued(handheld, err);
            break; // the person knows
        }
        OK(err);
        entry->hash = report_hash(report);
        handheld->entry_count++;
        handheld->last_seq++;
        world->reports_made++;
        world->census->reports++;
        if (seq != handheld->last_seq)
            world_fail(world, "order_kept", "handheld %u queued %llu as %llu", handheld->index,
                       (unsigned long long)handheld->last_seq, (unsigned long long)seq);
    }
    world_trace(world, "handheld %u queued up to %llu", handheld->index, (unsigned long long)handheld->last_seq);
    take_outbox(handheld);
    if (handheld->link == NULL)
        handheld_connect_at(handheld, world->now_ms + (int64_t)world_below(world, 5000));
    pump(handheld);
}

void handheld_report(struct handheld *handheld) {
    struct world *world = handheld->world;
    if (world->is_calm || world->reports_made >= world->reports_wanted)
        return;
    int64_t rest_ms = (world->calm_ms - world->started_ms) * (int64_t)world->handheld_count / (int64_t)world->reports_wanted;
    world_at(world, world->now_ms + (int64_t)world_below(world, 4 * (uint64_t)rest_ms), EVENT_QUEUE, handheld, 0);
    handheld_queue(handheld, world_chance(world, 20) ? 1 + (size_t)world_below(world, 40) : 1);
}

bool handheld_is_empty(const struct handheld *handheld) {
    struct device_outbox_state state;
    outbox_state(handheld->outbox, &state);
    return state.acknowledged.seq >= state.last_seq;
}
