// The server: the real sessions, identities, group commit and committer, with one committer that takes its virtual time.
// What is in work when it dies is gone, or is stored and never answered. Its store is in host_store.c.
#include "sim/world.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "wire/codes.h"
#include "wire/limits.h"

enum { DOWN_MS = 60000, COMMIT_MS = 40 };

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
            downstream_answer(world, hosted, &action);
            break;
        case SESSION_CLOSE:
            world_trace(world, "session %llu closes: %u %s", (unsigned long long)hosted->id, action.close_code,
                        wire_code_name(action.refusal_code));
            if (action.refusal_code < CENSUS_CODES)
                world->census->refusals[action.refusal_code]++;
            if (hosted->link->handheld != NULL && !hosted->link->is_twin && action.refusal_code >= 100 &&
                action.refusal_code < 200)
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
        if (hosted->id == 0 || !id128_equal(session_device(hosted->session), device) || hosted->link->handheld == NULL ||
            hosted->link->is_voice)
            continue;
        session_refuse(hosted->session, CODE_SUPERSEDED);
        pump(world, hosted);
    }
}

// As the server does before it makes a session.
static void refuse_at_the_door(struct link *link, unsigned code) {
    struct world *world = link->world;
    Rond__V1__Refusal refusal = ROND__V1__REFUSAL__INIT;
    refusal.code = code;
    refusal.sentence = (char *)(uintptr_t)wire_code_sentence(code);
    refusal.retry = wire_code_is_retryable(code);
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_REFUSAL;
    frame.refusal = &refusal;
    struct buffer bytes;
    buffer_init(&bytes, FRAME_BYTES_MAX);
    OK(codec_frame_encode(&frame, &bytes));
    world->census->refusals[code]++;
    link->host_open = true; // the upgrade was answered
    link_send_down(link, buffer_bytes(&bytes));
    link_close(link);
    link->host_open = false;
    link->was_refused = true;
    buffer_deinit(&bytes);
}

void host_accept(struct world *world, struct link *link) {
    struct host *host = &world->host;
    struct store *store = world->lund.store;
    struct host_session *hosted = NULL;
    unsigned index = link->handheld != NULL ? link->handheld->index : 0;
    struct id128 id = lund_device(index);
    if (!host->is_up)
        return;
    const struct identity *identity = identity_by_device(&host->identities, &id);
    unsigned code = identity_check(identity);
    if (code != CODE_NONE) {
        refuse_at_the_door(link, code);
        return;
    }
    if (link->handheld != NULL && world_chance(world, 70)) // else both live for a while
        supersede(world, &id);
    for (size_t i = 0; i < SESSIONS_MAX && hosted == NULL; i++)
        if (host->sessions[i].id == 0)
            hosted = &host->sessions[i];
    if (hosted == NULL)
        return;
    struct session_config config = {.id = ++host->next_session,
                                    .device = &identity->device,
                                    .catalogue = world->lund.catalogue,
                                    .credit_bytes = host->credit_bytes,
                                    .census = &world->census->session,
                                    .now_ms = world->now_ms,
                                    .now_monotonic_ms = host_monotonic(world)};
    OK(store->registry->identity(store, &config.store));
    config.spki = lund_spki(index);
    host->receipts.certificate = bytes_of_text(SIM_RECEIPT_CERTIFICATE);
    config.receipts = &host->receipts;
    OK(session_create(&config, &hosted->session));
    hosted->id = config.id;
    hosted->link = link;
    hosted->status = identity->device.status;
    link->session = config.id;
    link->host_open = true;
    world_trace(world, "link %u is session %llu of device %u", link->number, (unsigned long long)hosted->id, index);
    pump(world, hosted);
}

void host_receive(struct world *world, struct link *link, struct bytes frame) {
    struct host_session *hosted = session_of(world, link);
    if (hosted == NULL)
        return;
    unsigned code = identity_check(identity_by_device(&world->host.identities, session_device(hosted->session)));
    if (code != CODE_NONE)
        session_refuse(hosted->session, code);
    else
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

// Who is revoked as lost is known from here on: nothing that is sent later may get in.
static void statuses_note(struct world *world) {
    struct store *store = world->lund.store;
    for (unsigned i = 0; i < world->handheld_count; i++) {
        struct handheld *handheld = &world->handhelds[i];
        struct device_record device;
        struct id128 id = lund_device(i);
        OK(store->registry->device_get(store, &id, &world->arena, &device));
        if (device.status == DEVICE_LOST && !handheld->is_lost)
            handheld->lost_at_ms = world->now_ms;
        handheld->is_lost = device.status == DEVICE_LOST;
    }
}

// A device was revoked, or is in use again: its connections end, and the next one is what it is now.
static void devices_changed(struct world *world, const struct id128 *device) {
    struct host *host = &world->host;
    struct store *store = world->lund.store;
    OK(identities_refresh(&host->identities, store, device));
    const struct identity *identity = identity_by_device(&host->identities, device);
    unsigned code = identity_check(identity);
    statuses_note(world);
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct host_session *hosted = &host->sessions[i];
        if (hosted->id == 0 || !id128_equal(session_device(hosted->session), device) || hosted->link->handheld == NULL ||
            hosted->status == identity->device.status)
            continue;
        session_refuse(hosted->session, code != CODE_NONE ? code : CODE_BUSY);
        pump(world, hosted);
    }
}

static void tell(struct world *world, struct submission *submission) {
    bool is_reports = submission->kind == SUBMISSION_BATCH || submission->kind == SUBMISSION_LOST;
    if (is_reports && submission->err == ROND_OK)
        host_note_durable(world, submission);
    else if (is_reports)
        host_note_durable_anyway(world, submission);
    if (is_reports && submission->err == ROND_OK) {
        host_note_committed(world, submission);
        check_the_lost_stay_out(world, submission);
    }
    if (submission->kind == SUBMISSION_COMMAND) {
        world->census->commands[submission->err == ROND_OK]++;
        if (!id128_is_zero(&submission->changed_device))
            devices_changed(world, &submission->changed_device);
        return;
    }
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

// What a certificate says of a key is not looked at here; a device's stands for the server's.
static enum rond_err receipt_sign(void *context, const struct receipt *receipt, struct signature *ret_signature) {
    struct statement statement;
    (void)context;
    statement_receipt(&statement, receipt);
    return signature_make(lund_key(SIM_RECEIPT_KEY), &statement, ret_signature);
}

static void commit_group(struct world *world, struct submission *group) {
    struct commit_census counted = {0};
    struct catalogue *changed = NULL;
    committer_run(world->lund.store, group, world->lund.catalogue, &counted, &changed);
    CHECK(changed == NULL);
    receipts_sign(&(struct receipts){.sign = receipt_sign}, group);
    world->census->groups++;
    world->census->applied += counted.reports_applied;
    world->census->repeated += counted.reports_repeated;
    world->census->forked += counted.reports_forked;
    check_counters_of_group(world, group, &counted);
}

static void host_die(struct world *world);

void host_commit(struct world *world, uint64_t life) {
    struct host *host = &world->host;
    if (life != host->life || host->out == NULL)
        return;
    if (host->dies_in_commit) {
        host_die(world);
        return;
    }
    struct submission *group = host->out;
    host->out = NULL;
    host_store_fail_soon(world);
    commit_group(world, group);
    host_store_rest(world);
    group_commit_done(&host->group, group);
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

void host_submit(struct world *world, struct submission *take_submission) {
    struct host *host = &world->host;
    if (host->is_up && group_commit_add(&host->group, take_submission) == ROND_OK)
        host_start_commit(world);
    else
        submission_destroy(take_submission); // the person is told so
}

// --- Life ---

void host_start(struct world *world) {
    struct host *host = &world->host;
    identities_init(&host->identities);
    OK(identities_load(&host->identities, world->lund.store));
    statuses_note(world);
    group_commit_init(&host->group);
    host->is_up = true;
    host->dies_in_commit = false;
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
    identities_deinit(&host->identities);
    identities_init(&host->identities);
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

static void host_die(struct world *world) {
    struct host *host = &world->host;
    world_trace(world, "the server dies");
    if (host->out != NULL && world_chance(world, 70)) { // in the commit, or after it and before any answer
        struct submission *group = host->out;
        host_store_cut_soon(world);
        commit_group(world, group);
        bool was_cut = host_store_was_cut(world);
        for (struct submission *one = group; one != NULL && !was_cut; one = one->next)
            if (one->kind == SUBMISSION_BATCH || one->kind == SUBMISSION_LOST)
                host_note_durable_anyway(world, one);
    }
    host_down(world);
    host_store_lose_power(world);
}

// At once, or when it commits next.
void host_crash(struct world *world) {
    world->host.dies_in_commit = world_chance(world, 60);
    if (!world->host.dies_in_commit)
        host_die(world);
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

static void identities_again(struct world *world) {
    struct host *host = &world->host;
    identities_deinit(&host->identities);
    identities_init(&host->identities);
    OK(identities_load(&host->identities, world->lund.store));
    statuses_note(world);
}

void host_restore(struct world *world) {
    struct host *host = &world->host;
    // Now and then under the sessions' feet: they then find the store elsewhere and say so.
    bool is_hot = host->out == NULL && world_chance(world, 40);
    world_trace(world, "the server is restored from its backup%s", is_hot ? ", sessions live on" : "");
    if (!is_hot)
        host_down(world);
    host_store_restore(world);
    host->was_restored_hot = host->was_restored_hot || is_hot;
    if (is_hot)
        identities_again(world);
    for (unsigned i = 0; is_hot && i < world->handheld_count; i++)
        handheld_queue(&world->handhelds[i], 1);
}
