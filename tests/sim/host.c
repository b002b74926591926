// The server: the real sessions, group commit and committer over the memory store, with one committer that takes its
// virtual time. What is in work when it dies is gone, or is stored and never answered.
#include "sim/world.h"

#include <stdlib.h>
#include <string.h>

#include "store/memory.h"

#include "base/check.h"
#include "promise/apply.h"
#include "promise/lineage.h"
#include "wire/codes.h"
#include "wire/limits.h"

enum { DOWN_MS = 60000, COMMIT_MS = 40, REFERENCE_PAGE = 16, FEEDBACK_PAGE = 16 };

#define OK(call) CHECK((call) == ROND_OK)

static int64_t host_monotonic(const struct world *world) {
    return world->now_ms - world->started_ms;
}

static struct host_session *session_find(struct world *world, uint64_t id) {
    for (size_t i = 0; i < SESSIONS_MAX && id != 0; i++)
        if (world->host.sessions[i].id == id)
            return &world->host.sessions[i];
    return NULL;
}

static struct host_session *session_of(struct world *world, const struct link *link) {
    return link->host_open ? session_find(world, link->session) : NULL;
}

static void session_forget(struct host_session *hosted) {
    session_destroy(hosted->session);
    if (hosted->link != NULL)
        hosted->link->host_open = false;
    *hosted = (struct host_session){0};
}

// --- Actions ---

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

// Now and then a place is open, now and then none.
static void actions_fill(struct world *world, const struct session_action *read, Rond__V1__Feedback *feedback) {
    Rond__V1__Standing *standing = arena_alloc(&world->arena, sizeof *standing);
    Rond__V1__OpenAction *action = arena_alloc(&world->arena, sizeof *action);
    rond__v1__standing__init(standing);
    rond__v1__open_action__init(action);
    standing->commitment = action->commitment = arena_text(&world->arena, "lund-2015-trygghet/vandring");
    feedback->standings = arena_array(&world->arena, 1, sizeof *feedback->standings);
    feedback->actions = arena_array(&world->arena, 1, sizeof *feedback->actions);
    feedback->standings[feedback->n_standings++] = standing;
    uint64_t stamp = world_chance(world, 50) ? 2 : 1;
    if (stamp == read->actions_stamp)
        return;
    feedback->actions_stamp = stamp;
    if (stamp == 2)
        feedback->actions[feedback->n_actions++] = action;
}

static void answer_downstream(struct world *world, struct host_session *hosted, const struct session_action *action) {
    struct arena *arena = &world->arena;
    struct store *store = world->lund.store;
    Rond__V1__Reference reference = ROND__V1__REFERENCE__INIT;
    Rond__V1__Feedback feedback = ROND__V1__FEEDBACK__INIT;
    uint64_t newest = 0;
    OK(store->views->reference(store, action->reference_cursor, REFERENCE_PAGE, arena, &reference.entries,
                               &reference.n_entries, &newest));
    reference.cursor = reference.n_entries > 0 ? reference.entries[reference.n_entries - 1]->revision : newest;
    reference.more = reference.cursor < newest;
    struct feedback_row *rows;
    size_t count;
    OK(store->views->feedback(store, session_device(hosted->session), action->feedback_cursor, FEEDBACK_PAGE, arena, &rows,
                              &count, &feedback.cursor));
    feedback.more = count == FEEDBACK_PAGE;
    feedback.outcomes = arena_array(arena, count + 1, sizeof *feedback.outcomes);
    for (size_t i = 0; i < count; i++) {
        Rond__V1__Outcome *outcome = arena_alloc(arena, sizeof *outcome);
        rond__v1__outcome__init(outcome);
        outcome->outbox = (ProtobufCBinaryData){.data = rows[i].report.key.outbox.b, .len = ID_SIZE};
        outcome->seq = rows[i].report.key.seq;
        outcome->state = ROND__V1__OUTCOME_STATE__OUTCOME_STATE_COUNTED;
        feedback.outcomes[feedback.n_outcomes++] = outcome;
    }
    summary_fill(world, action, &feedback);
    if (!feedback.more)
        actions_fill(world, action, &feedback);
    OK(session_downstream(hosted->session, &reference, &feedback));
}

static void host_start_commit(struct world *world) {
    struct host *host = &world->host;
    struct submission *group = host->is_up ? group_commit_next(&host->group) : NULL;
    if (group == NULL)
        return;
    check_bounds_of_group(world, group);
    host->out = group;
    world_at(world, world->now_ms + 1 + (int64_t)world_below(world, COMMIT_MS), EVENT_COMMIT, NULL, host->life);
}

static void pump(struct world *world, struct host_session *hosted) {
    struct session_action action;
    for (session_next_action(hosted->session, &action); action.kind != SESSION_NOTHING;
         session_next_action(hosted->session, &action)) {
        switch (action.kind) {
        case SESSION_SEND:
            link_send_down(hosted->link, action.frame);
            break;
        case SESSION_SUBMIT:
            if (group_commit_add(&world->host.group, action.submission) != ROND_OK) {
                submission_destroy(action.submission);
                session_refuse(hosted->session, CODE_BUSY);
            }
            break;
        case SESSION_READ:
            answer_downstream(world, hosted, &action);
            break;
        case SESSION_CLOSE:
            world_trace(world, "session %llu closes: %u %s", (unsigned long long)hosted->id, action.close_code,
                        wire_code_name(action.refusal_code));
            if (action.refusal_code < CENSUS_CODES)
                world->census->refusals[action.refusal_code]++;
            if (hosted->link->handheld != NULL && action.refusal_code >= 100 && action.refusal_code < 200)
                world_fail(world, "all_bounds_held", "handheld %u is refused: %s", hosted->link->handheld->index,
                           wire_code_name(action.refusal_code));
            link_close(hosted->link);
            session_forget(hosted);
            host_start_commit(world);
            return;
        case SESSION_NOTHING:
            break;
        }
    }
    int64_t deadline_ms = session_deadline(hosted->session);
    if (deadline_ms != INT64_MAX)
        world_at(world, world->started_ms + deadline_ms, EVENT_SESSION_TICK, hosted->link, ++hosted->tick_number);
    host_start_commit(world);
}

// --- Connections ---

static void supersede(struct world *world, const struct id128 *device) {
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct host_session *hosted = &world->host.sessions[i];
        if (hosted->id == 0 || !id128_equal(session_device(hosted->session), device) || hosted->link->handheld == NULL || hosted->link->is_voice)
            continue;
        session_refuse(hosted->session, CODE_SUPERSEDED);
        pump(world, hosted);
    }
}

void host_accept(struct world *world, struct link *link) {
    struct host *host = &world->host;
    struct store *store = world->lund.store;
    struct host_session *hosted = NULL;
    unsigned index = link->handheld != NULL ? link->handheld->index : 0;
    struct device_record device;
    struct id128 id = lund_device(index);
    if (!host->is_up)
        return;
    if (link->handheld != NULL && world_chance(world, 70)) // else both live for a while
        supersede(world, &id);
    for (size_t i = 0; i < SESSIONS_MAX && hosted == NULL; i++)
        if (host->sessions[i].id == 0)
            hosted = &host->sessions[i];
    if (hosted == NULL)
        return;
    OK(store->registry->device_get(store, &id, &world->arena, &device));
    struct session_config config = {.id = ++host->next_session,
                                    .device = &device,
                                    .catalogue = world->lund.catalogue,
                                    .credit_bytes = host->credit_bytes,
                                    .census = &world->census->session,
                                    .now_ms = world->now_ms,
                                    .now_monotonic_ms = host_monotonic(world)};
    uint8_t *spki;
    size_t size;
    OK(store->registry->identity(store, &config.store));
    OK(sign_key_spki(lund_key(index), &spki, &size));
    config.spki = bytes_of(spki, size);
    OK(session_create(&config, &hosted->session));
    free(spki);
    hosted->id = config.id;
    hosted->link = link;
    link->session = config.id;
    link->host_open = true;
    world_trace(world, "link %u is session %llu of device %u", link->number, (unsigned long long)hosted->id, index);
    pump(world, hosted);
}

void host_receive(struct world *world, struct link *link, struct bytes frame) {
    struct host_session *hosted = session_of(world, link);
    if (hosted == NULL)
        return;
    OK(session_receive(hosted->session, world->now_ms, host_monotonic(world), frame));
    pump(world, hosted);
}

void host_gone(struct world *world, struct link *link) {
    struct host_session *hosted = session_of(world, link);
    if (hosted != NULL)
        session_forget(hosted);
    link->host_open = false;
}

void host_tick(struct world *world, uint64_t session, uint64_t number) {
    struct host_session *hosted = session_find(world, session);
    if (hosted == NULL || hosted->tick_number != number)
        return;
    session_tick(hosted->session, world->now_ms, host_monotonic(world));
    pump(world, hosted);
}

// --- Committing ---

static void note_durable(struct host *host, const struct submission *submission) {
    const struct id128 *device = &submission->device, *outbox = &submission->outbox;
    struct durable *durable = NULL;
    for (size_t i = 0; i < host->durable_count && durable == NULL; i++)
        if (id128_equal(&host->durable[i].device, device) && id128_equal(&host->durable[i].outbox, outbox))
            durable = &host->durable[i];
    if (durable == NULL) {
        CHECK(host->durable_count < DURABLE_MAX);
        durable = &host->durable[host->durable_count++];
        *durable = (struct durable){.device = *device, .outbox = *outbox};
    }
    if (submission->appended.chain.seq > durable->watermark)
        durable->watermark = submission->appended.chain.seq;
}

uint64_t host_durable(const struct world *world, const struct id128 *device, const struct id128 *outbox) {
    const struct host *host = &world->host;
    for (size_t i = 0; i < host->durable_count; i++)
        if (id128_equal(&host->durable[i].device, device) && id128_equal(&host->durable[i].outbox, outbox))
            return host->durable[i].watermark;
    return 0;
}

// What was committed although the answer got lost counts as durable too: the store itself says so.
static void note_durable_anyway(struct world *world, struct submission *submission) {
    struct outbox_state state;
    struct store *store = world->lund.store;
    if (store->ledger->outbox_load(store, &submission->device, &submission->outbox, &state) != ROND_OK || !state.exists)
        return;
    submission->appended.chain = state.chain;
    note_durable(&world->host, submission);
}

static void tell(struct world *world, struct submission *submission) {
    bool is_reports = submission->kind == SUBMISSION_BATCH || submission->kind == SUBMISSION_LOST;
    if (is_reports && submission->err == ROND_OK)
        note_durable(&world->host, submission);
    else if (is_reports)
        note_durable_anyway(world, submission);
    if (submission->kind == SUBMISSION_LOST && submission->err == ROND_OK) {
        bool is_expired = submission->lost.reason == ROND__V1__LOST_REASON__LOST_REASON_EXPIRED;
        *(is_expired ? &world->census->lost_expired : &world->census->lost_unreadable) += 1;
    }
    struct host_session *hosted = session_find(world, submission->session);
    if (hosted == NULL)
        return;
    OK(session_result(hosted->session, world->now_ms, submission));
    session_notify(hosted->session, NULL);
}

static void fail_commit(struct world *world) {
    struct store *store = world->lund.store;
    if (world_strikes(world, FAULT_COMMIT_EIO, 2))
        memory_store_fail_commit(store, ROND_EIO, false);
    else if (world_strikes(world, FAULT_COMMIT_EFULL, 2))
        memory_store_fail_commit(store, ROND_EFULL, false);
    else if (world_strikes(world, FAULT_COMMIT_ANSWER_LOST, 2))
        memory_store_fail_commit(store, ROND_EIO, true);
}

static void commit_group(struct world *world, struct submission *group) {
    struct commit_census counted = {0};
    struct catalogue *changed = NULL;
    fail_commit(world);
    committer_run(world->lund.store, group, world->lund.catalogue, &counted, &changed);
    CHECK(changed == NULL);
    world->census->groups++;
    world->census->applied += counted.reports_applied;
    world->census->repeated += counted.reports_repeated;
    world->census->forked += counted.reports_forked;
}

void host_commit(struct world *world, uint64_t life) {
    struct host *host = &world->host;
    if (life != host->life || host->out == NULL)
        return;
    struct submission *group = host->out;
    host->out = NULL;
    commit_group(world, group);
    group_commit_done(&host->group);
    uint64_t size = 0;
    for (struct submission *next; group != NULL; group = next, size++) {
        next = group->next;
        tell(world, group);
        submission_destroy(group);
    }
    if (size > world->census->group_largest)
        world->census->group_largest = size;
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        if (host->sessions[i].id != 0)
            pump(world, &host->sessions[i]);
    host_start_commit(world);
}

// --- Life ---

void host_start(struct world *world) {
    struct host *host = &world->host;
    group_commit_init(&host->group);
    host->is_up = true;
    host->life++;
}

static void host_drop_work(struct world *world) {
    struct host *host = &world->host;
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        if (host->sessions[i].id == 0)
            continue;
        link_close(host->sessions[i].link);
        session_forget(&host->sessions[i]);
    }
    while (host->out != NULL) {
        struct submission *next = host->out->next;
        submission_destroy(host->out);
        host->out = next;
    }
    group_commit_deinit(&host->group);
}

void host_stop(struct world *world) {
    host_drop_work(world);
    store_close(world->host.snapshot);
}

void host_up(struct world *world) {
    if (world->host.is_up)
        return;
    world_trace(world, "the server is up");
    host_start(world);
}

static void host_down(struct world *world) {
    host_drop_work(world);
    world->host.is_up = false;
    world->host.life++;
    world_at(world, world->now_ms + (int64_t)world_below(world, DOWN_MS), EVENT_SERVER_UP, NULL, 0);
}

void host_crash(struct world *world) {
    struct host *host = &world->host;
    world_trace(world, "the server dies");
    if (host->out != NULL && world_chance(world, 50)) { // after the commit, before any answer
        struct submission *group = host->out;
        commit_group(world, group);
        for (struct submission *one = group; one != NULL; one = one->next)
            if (one->kind == SUBMISSION_BATCH || one->kind == SUBMISSION_LOST)
                note_durable_anyway(world, one);
    }
    host_down(world);
}

void host_drain(struct world *world) {
    struct host *host = &world->host;
    world_trace(world, "the server drains");
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        if (host->sessions[i].id == 0)
            continue;
        session_refuse(host->sessions[i].session, CODE_DRAINING);
        pump(world, &host->sessions[i]);
    }
    host_down(world);
}

void host_take_backup(struct world *world) {
    struct host *host = &world->host;
    world_trace(world, "a backup is taken");
    store_close(host->snapshot);
    host->snapshot = NULL;
    OK(memory_store_snapshot(world->lund.store, &host->snapshot));
}

void host_restore(struct world *world) {
    struct host *host = &world->host;
    // Now and then under the sessions' feet: they then find the store elsewhere and say so.
    bool is_hot = host->out == NULL && world_chance(world, 40);
    world_trace(world, "the server is restored from its backup%s", is_hot ? ", sessions live on" : "");
    if (!is_hot)
        host_down(world);
    store_close(world->lund.store);
    world->lund.store = host->snapshot;
    host->snapshot = NULL;
    if (world_chance(world, 60)) // the same backup may be needed again, when it is older
        OK(memory_store_snapshot(world->lund.store, &host->snapshot));
    OK(world->lund.store->ledger->begin(world->lund.store));
    OK(world->lund.store->registry->epoch_put(world->lund.store, (uint64_t)world->now_ms));
    OK(world->lund.store->ledger->commit(world->lund.store));
    host->was_restored = true;
    for (unsigned i = 0; is_hot && i < world->handheld_count; i++)
        handheld_queue(&world->handhelds[i], 1);
}

void host_retire(struct world *world, struct handheld *handheld) {
    struct store *store = world->lund.store;
    struct device_record device;
    struct id128 id = lund_device(handheld->index);
    world_trace(world, "handheld %u is retired", handheld->index);
    OK(store->registry->device_get(store, &id, &world->arena, &device));
    device.status = DEVICE_RETIRED;
    OK(store->ledger->begin(store));
    OK(store->registry->device_put(store, &device));
    OK(store->ledger->commit(store));
    if (handheld->link != NULL)
        handheld_crash(handheld); // the next connection is the retired one's
}

// --- People who decide ---

// The original of any report that is there.
static struct report_key any_original(struct world *world, uint64_t reports) {
    struct store *store = world->lund.store;
    struct stored_report report;
    struct lineages set;
    OK(store->views->report(store, 1 + world_below(world, reports), &world->arena, &report));
    OK(lineages_load(store, world->lund.catalogue, &report, 1, &world->arena, &set));
    return set.nodes[0].counts_as;
}

// Joins two or parts one, whatever they are: what may be decided is the admin's to judge, what comes of it the fold's.
static void decide_anew(struct world *world, uint64_t reports, struct decision *ret_decision) {
    static const char *const activities[] = {"J-00001", "J-00002", "J-00003"};
    struct store *store = world->lund.store;
    struct report_key keys[2] = {any_original(world, reports), any_original(world, reports)};
    bool parts = world_chance(world, 30);
    struct decision decision = {.kind = parts ? DECISION_PART : DECISION_JOIN,
                                .subject = parts ? "" : activities[world_below(world, ARRAY_COUNT(activities))],
                                .value = "",
                                .reports = keys,
                                .reports_count = parts || report_key_equal(&keys[0], &keys[1]) ? 1 : 2,
                                .at_ms = world->now_ms,
                                .actor = "uid:1000"};
    uint64_t number;
    OK(store->registry->decision_put(store, &decision, &number));
    OK(store->views->decision(store, number, &world->arena, ret_decision));
    world_trace(world, "a person decides: %llu", (unsigned long long)number);
}

static bool decide_back(struct world *world, struct decision *ret_decision) {
    struct store *store = world->lund.store;
    uint64_t number = 1 + world_below(world, 6);
    if (store->registry->decision_undo(store, number, world->now_ms, "uid:1000") != ROND_OK)
        return false;
    OK(store->views->decision(store, number, &world->arena, ret_decision));
    world_trace(world, "a person takes decision %llu back", (unsigned long long)number);
    return true;
}

bool host_decide(struct world *world) {
    struct store *store = world->lund.store;
    struct store_counts counts;
    struct decision decision;
    OK(store->views->counts(store, &counts));
    if (counts.reports == 0)
        return false;
    OK(store->ledger->begin(store));
    if (!world_chance(world, 25) || !decide_back(world, &decision))
        decide_anew(world, counts.reports, &decision);
    for (size_t i = 0; i < decision.reports_count; i++) {
        struct stored_report report;
        OK(store->views->report_by_key(store, &decision.reports[i], &world->arena, &report));
        OK(promise_refold(store, world->lund.catalogue, report.row));
    }
    OK(store->ledger->commit(store));
    return true;
}
