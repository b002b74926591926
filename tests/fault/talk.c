#include "fault/talk.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "ingest/committer.h"
#include "ingest/group_commit.h"
#include "read/feedback.h"
#include "read/reference.h"
#include "sync/session.h"

enum { ARENA_BYTES_MAX = 8 * 1024 * 1024 };

// Frames on their way: each side takes one when it has nothing else to do.
struct parcel {
    struct parcel *next;
    size_t size;
    unsigned char data[];
};
struct way {
    struct parcel *first, *last;
};
struct line {
    struct talk *talk;
    struct way up, down;
    struct device *device;
    struct session *session;
    struct group_commit group;
    struct arena device_arena, server_arena;
    enum rond_err err; // of the device
    bool is_over;
};

static struct device_now device_now(const struct line *line) {
    int64_t now_ms = line->talk->server->lund.now_ms;
    return (struct device_now){.wall_ms = now_ms, .monotonic_ms = 1000, .boot_id = 7};
}

static enum rond_err sign(void *context, const struct statement *statement, struct signature *ret_signature) {
    const struct line *line = context;
    return signature_make(lund_key(line->talk->device), statement, ret_signature);
}

// --- Ways ---

// What there is no memory for ends the connection.
static void way_put(struct line *line, struct way *way, struct bytes frame) {
    struct parcel *parcel = malloc(sizeof *parcel + frame.size);
    if (parcel == NULL) {
        line->is_over = true;
        return;
    }
    *parcel = (struct parcel){.size = frame.size};
    memcpy(parcel->data, frame.data, frame.size);
    *(way->last != NULL ? &way->last->next : &way->first) = parcel;
    way->last = parcel;
}

static struct parcel *way_take(struct way *way) {
    struct parcel *parcel = way->first;
    if (parcel != NULL)
        way->first = parcel->next;
    if (way->first == NULL)
        way->last = NULL;
    return parcel;
}

static void way_clear(struct way *way) {
    for (struct parcel *parcel; (parcel = way_take(way)) != NULL;)
        free(parcel);
}

// --- The server ---

static void server_end(struct line *line, enum rond_err err) {
    if (err != ROND_OK)
        line->is_over = true;
}

// Reads what goes down; what cannot be read is not sent.
static enum rond_err downstream(struct line *line, const struct session_action *action) {
    struct lund *lund = &line->talk->server->lund;
    struct id128 device = lund_device(line->talk->device);
    const struct feedback_known known = {
        .cursor = action->feedback_cursor, .week = action->summary_week, .actions_stamp = action->actions_stamp};
    Rond__V1__Reference *reference = NULL;
    Rond__V1__Feedback *feedback = NULL;
    arena_reset(&line->server_arena);
    enum rond_err err = read_reference(lund->store, &device, action->reference_cursor, &line->server_arena, &reference);
    if (err == ROND_OK)
        err = read_feedback(lund->store, lund->catalogue, &device, &known, lund->now_ms / 1000, NULL, &line->server_arena,
                            &feedback);
    return session_downstream(line->session, err == ROND_OK ? reference : NULL, err == ROND_OK ? feedback : NULL);
}

static enum rond_err submit(struct line *line, struct submission *take_submission) {
    enum rond_err err = group_commit_add(&line->group, take_submission);
    if (err != ROND_OK)
        submission_destroy(take_submission);
    return err;
}

static bool server_act(struct line *line) {
    struct session_action action;
    session_next_action(line->session, &action);
    switch (action.kind) {
    case SESSION_NOTHING:
        return false;
    case SESSION_SEND:
        way_put(line, &line->down, action.frame);
        break;
    case SESSION_SUBMIT:
        server_end(line, submit(line, action.submission));
        break;
    case SESSION_READ:
        server_end(line, downstream(line, &action));
        break;
    case SESSION_CLOSE:
        line->is_over = true;
        break;
    }
    return true;
}

// As the committer does: a store that failed a group is closed and opened anew before the next.
static void group_run(struct line *line, struct submission *group) {
    struct server_life *server = line->talk->server;
    struct commit_census census = {0};
    struct catalogue *changed = NULL;
    enum rond_err opened = server->lund.store == NULL ? server_life_open(server) : ROND_OK;
    if (opened == ROND_OK)
        committer_run(server->lund.store, group, server->lund.catalogue, &census, &changed);
    CHECK(changed == NULL);
    for (struct submission *each = group; each != NULL && opened != ROND_OK; each = each->next)
        each->err = opened;
    if (census.failed_groups > 0 || opened != ROND_OK) {
        server_life_close(server);
        line->is_over = true; // its session may still tell the device why
    }
    group_commit_done(&line->group, group);
}

static bool server_commit(struct line *line) {
    struct submission *group = group_commit_next(&line->group);
    if (group == NULL)
        return false;
    group_run(line, group);
    while (group != NULL) {
        struct submission *next = group->next;
        server_end(line, session_result(line->session, line->talk->server->lund.now_ms, group));
        submission_destroy(group);
        group = next;
    }
    return true;
}

static enum rond_err session_open(struct line *line) {
    struct lund *lund = &line->talk->server->lund;
    struct id128 id = lund_device(line->talk->device);
    struct device_record device;
    uint8_t *spki = NULL;
    size_t size = 0;
    struct session_config config = {.id = 1, .device = &device, .catalogue = lund->catalogue, .now_ms = lund->now_ms};
    enum rond_err err = lund->store->registry->device_get(lund->store, &id, &line->server_arena, &device);
    if (err == ROND_OK)
        err = lund->store->registry->identity(lund->store, &config.store);
    if (err == ROND_OK)
        err = sign_key_spki(lund_key(line->talk->device), &spki, &size);
    config.spki = bytes_of(spki, size);
    if (err == ROND_OK)
        err = session_create(&config, &line->session);
    free(spki);
    return err;
}

// --- The device ---

static enum rond_err answer_read(struct line *line, const struct device_action *action) {
    struct device_answer answer;
    struct device_now now = device_now(line);
    arena_reset(&line->device_arena);
    enum rond_err err = outbox_read(line->talk->outbox, action->first_seq, action->bytes_max, &line->device_arena, &answer);
    return err == ROND_OK ? device_records(line->device, &now, &answer) : err;
}

static enum rond_err fork_outbox(struct line *line) {
    struct device_outbox_state state;
    struct device_now now = device_now(line);
    enum rond_err err = outbox_fork(line->talk->outbox);
    outbox_state(line->talk->outbox, &state);
    return err == ROND_OK ? device_outbox(line->device, &now, &state) : err;
}

static enum rond_err store_then_say(struct line *line, enum rond_err stored) {
    return stored == ROND_OK ? device_stored(line->device) : stored;
}

static enum rond_err device_do(struct line *line, const struct device_action *action) {
    struct outbox *outbox = line->talk->outbox;
    switch (action->kind) {
    case DEVICE_SEND:
        way_put(line, &line->up, action->frame);
        return ROND_OK;
    case DEVICE_READ:
        return answer_read(line, action);
    case DEVICE_WELCOME:
        return outbox_server_store(outbox, &action->server);
    case DEVICE_ACKNOWLEDGED:
        return outbox_acknowledge(outbox, &action->chain, action->verdicts);
    case DEVICE_FORKED:
        return fork_outbox(line);
    case DEVICE_RECEIPT: // this server gives none
        return ROND_OK;
    case DEVICE_REFERENCE:
        return store_then_say(line, outbox_reference_store(outbox, action->reference));
    case DEVICE_FEEDBACK:
        return store_then_say(line, outbox_feedback_store(outbox, action->feedback));
    case DEVICE_DRAINED:
        line->talk->is_drained = true;
        return ROND_OK;
    case DEVICE_CLOSE:
        line->is_over = true;
        return ROND_OK;
    case DEVICE_NOTHING:
        break;
    }
    return ROND_OK;
}

static bool device_act(struct line *line) {
    struct device_action action;
    device_next_action(line->device, &action);
    if (action.kind == DEVICE_NOTHING)
        return false;
    line->err = device_do(line, &action);
    return true;
}

static enum rond_err device_open(struct line *line) {
    struct device_config config = {
        .device = lund_device(line->talk->device), .client = "fault", .sign = sign, .sign_context = line};
    struct device_now now = device_now(line);
    outbox_state(line->talk->outbox, &config.outbox);
    outbox_server(line->talk->outbox, &config.server);
    enum rond_err err = device_create(&config, &line->device);
    return err == ROND_OK ? device_connected(line->device, &now, CREDIT_UPGRADE_BYTES) : err;
}

// --- Both ---

static bool device_take(struct line *line) {
    struct parcel *parcel = way_take(&line->down);
    struct device_now now = device_now(line);
    if (parcel == NULL)
        return false;
    enum rond_err err = device_receive(line->device, &now, bytes_of(parcel->data, parcel->size));
    free(parcel);
    if (err != ROND_EPROTOCOL) // what broke the protocol, the engine closes by itself
        line->err = err;
    return true;
}

static bool server_take(struct line *line) {
    struct parcel *parcel = way_take(&line->up);
    struct device_now now = device_now(line);
    if (parcel == NULL)
        return false;
    server_end(line, session_receive(line->session, now.wall_ms, now.monotonic_ms, bytes_of(parcel->data, parcel->size)));
    free(parcel);
    return true;
}

static bool goes_on(const struct line *line) {
    return line->err == ROND_OK && !line->is_over && !line->talk->is_drained;
}

static void converse(struct line *line) {
    bool moved = true;
    while (moved && goes_on(line)) {
        moved = device_act(line) || device_take(line);
        while (goes_on(line) && server_act(line))
            moved = true;
        if (goes_on(line) && (server_commit(line) || server_take(line)))
            moved = true;
    }
}

enum rond_err talk_once(struct talk *talk) {
    struct line line = {.talk = talk};
    talk->is_drained = false;
    arena_init(&line.device_arena, ARENA_BYTES_MAX);
    arena_init(&line.server_arena, ARENA_BYTES_MAX);
    group_commit_init(&line.group);
    enum rond_err served = session_open(&line);
    line.err = served == ROND_OK ? device_open(&line) : ROND_EAGAIN;
    if (line.err == ROND_OK)
        converse(&line);
    if (line.err == ROND_OK && !talk->is_drained)
        line.err = ROND_EAGAIN;
    device_destroy(line.device);
    session_destroy(line.session);
    group_commit_deinit(&line.group);
    way_clear(&line.up);
    way_clear(&line.down);
    arena_deinit(&line.server_arena);
    arena_deinit(&line.device_arena);
    return line.err;
}
