// Hello and its answer. Hello goes through the committer like a batch, so that its Welcome tells a watermark that
// everything submitted earlier has been committed into, from this connection or another of the same device.
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/planted.h"
#include "sync/session_inner.h"
#include "wire/codes.h"
#include "wire/dictionary.h"
#include "wire/limits.h"

enum { HELLO_ARENA_BYTES_MAX = 4096 };

static ProtobufCBinaryData borrowed(const void *data, size_t size) {
    return (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)data, .len = size};
}

// --- Hello ---

static bool hello_parse(const Rond__V1__Hello *hello, struct id128 *ret_outbox, struct hash256 *ret_head) {
    return hello->watermark <= INT64_MAX && hello->last_seq <= INT64_MAX && hello->last_seq >= hello->watermark &&
           id128_from_bytes(bytes_of(hello->outbox.data, hello->outbox.len), ret_outbox) &&
           hash256_from_bytes(bytes_of(hello->head.data, hello->head.len), ret_head);
}

static unsigned hello_refusal(const struct session *session, const Rond__V1__Hello *hello) {
    struct id128 device;
    if (hello->protocol != PROTOCOL_VERSION)
        return CODE_PROTOCOL_UNKNOWN;
    if (!id128_from_bytes(bytes_of(hello->device.data, hello->device.len), &device))
        return CODE_FRAME_MALFORMED;
    if (!id128_equal(&device, &session->device.device))
        return CODE_IDENTITY_FOREIGN;
    return session->device.status == DEVICE_LOST ? CODE_DEVICE_REVOKED : CODE_NONE;
}

// One that no server of ours ever sent stands for none.
void session_take_week(struct session *session, const char *week) {
    bool fits = strlen(week) < sizeof session->summary_week;
    memcpy(session->summary_week, fits ? week : "", fits ? strlen(week) + 1 : 1);
}

// Cursors are of one history; under another store or epoch the device begins anew.
static void session_take_cursors(struct session *session, const Rond__V1__Hello *hello) {
    bool is_same =
        bytes_equal(bytes_of(hello->store_id.data, hello->store_id.len), bytes_of(session->store.store_id.b, ID_SIZE)) &&
        (hello->epoch == session->store.epoch || PLANTED(EPOCH_IGNORED_BY_SERVER));
    session->reference_cursor = session->reference_sent = is_same ? hello->reference_cursor : 0;
    session->feedback_cursor = session->feedback_sent = is_same ? hello->feedback_cursor : 0;
    session_take_week(session, is_same ? hello->summary_week : "");
    session->actions_stamp = is_same ? hello->actions_stamp : 0;
    session->standings_stamp = is_same ? hello->standings_stamp : 0;
    session_take_receipt_known(session, hello, is_same);
}

// The submission outlives the frame. NULL where it is no text, or without memory: no reason to turn a device away.
static const char *client_said(const Rond__V1__Hello *hello, struct arena *arena) {
    bool is_text = strlen(hello->client) <= DEVICE_CLIENT_BYTES_MAX && utf8_is_valid(bytes_of_text(hello->client));
    return is_text ? arena_text(arena, hello->client) : NULL;
}

enum rond_err session_take_hello(struct session *session, const Rond__V1__Hello *hello, size_t frame_bytes) {
    struct id128 outbox;
    struct hash256 head;
    unsigned code = hello_refusal(session, hello);
    if (code == CODE_NONE && !hello_parse(hello, &outbox, &head))
        code = CODE_FRAME_MALFORMED;
    if (code != CODE_NONE) {
        session_end(session, code);
        return ROND_OK;
    }
    if (!session_within_quota(session, 0, frame_bytes))
        return ROND_OK;
    struct submission *submission = submission_create(SUBMISSION_HELLO, HELLO_ARENA_BYTES_MAX);
    if (submission == NULL)
        return ROND_ENOMEM;
    session->clock = (struct hello_clock){.wall_ms = hello->wall_ms,
                                          .boot_id = hello->boot_id,
                                          .monotonic_ms = hello->monotonic_ms,
                                          .server_ms = session->now_ms};
    session->outbox = outbox;
    session->hello_watermark = hello->watermark;
    session->hello_head = head;
    session->generation++;
    session->expected_said = false;
    session->hello_last_seq = hello->last_seq;
    session->takes_packed = hello->takes_packed;
    session_take_cursors(session, hello);
    session->read_stale = session->read_out;
    submission->hello_watermark = hello->watermark;
    submission->hello_last_seq = hello->last_seq;
    submission->issuer = session->issuer;
    submission->hello_client = client_said(hello, &submission->arena);
    session_submit(session, submission);
    session_move(session, SESSION_PHASE_GREETING);
    return ROND_OK;
}

// --- What came with it ---

enum rond_err session_hold(struct session *session, struct bytes frame) {
    size_t most = session->credit_bytes < CREDIT_UPGRADE_BYTES ? session->credit_bytes : CREDIT_UPGRADE_BYTES;
    if (session->held_bytes + frame.size > most) {
        session_end(session, CODE_CREDIT_EXCEEDED);
        return ROND_OK;
    }
    struct held_frame *held = malloc(sizeof *held + frame.size);
    if (held == NULL)
        return ROND_ENOMEM;
    held->next = NULL;
    held->size = frame.size;
    memcpy(held->data, frame.data, frame.size);
    if (session->held_last != NULL)
        session->held_last->next = held;
    else
        session->held_first = held;
    session->held_last = held;
    session->held_bytes += frame.size;
    return ROND_OK;
}

void session_held_clear(struct session *session) {
    while (session->held_first != NULL) {
        struct held_frame *next = session->held_first->next;
        free(session->held_first);
        session->held_first = next;
    }
    session->held_last = NULL;
    session->held_bytes = 0;
}

static struct held_frame *session_take_held(struct session *session) {
    struct held_frame *held = session->held_first;
    if (held == NULL)
        return NULL;
    session->held_first = held->next;
    if (session->held_first == NULL)
        session->held_last = NULL;
    session->held_bytes -= held->size;
    return held;
}

// One that ends the session, or forks, clears those behind it: each is off the list before it is looked at.
static enum rond_err session_release_held(struct session *session) {
    enum rond_err err = ROND_OK;
    while (err == ROND_OK && session->phase == SESSION_PHASE_READY) {
        struct held_frame *held = session_take_held(session);
        if (held == NULL)
            break;
        err = session_dispatch(session, bytes_of(held->data, held->size));
        free(held);
    }
    session_held_clear(session);
    return err;
}

// --- The answer ---

enum rond_err session_say_forked(struct session *session, uint64_t seq, const char *reason) {
    Rond__V1__Forked forked = ROND__V1__FORKED__INIT;
    forked.outbox = borrowed(session->outbox.b, ID_SIZE);
    forked.seq = seq;
    forked.reason = (char *)(uintptr_t)reason;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_FORKED;
    frame.forked = &forked;
    if (session->phase != SESSION_PHASE_FORKED)
        session_move(session, SESSION_PHASE_FORKED);
    session_held_clear(session);
    return session_say(session, &frame);
}

static enum rond_err session_say_welcome(struct session *session) {
    Rond__V1__Welcome welcome = ROND__V1__WELCOME__INIT;
    welcome.protocol = PROTOCOL_VERSION;
    welcome.store_id = borrowed(session->store.store_id.b, ID_SIZE);
    welcome.epoch = session->store.epoch;
    welcome.outbox = borrowed(session->outbox.b, ID_SIZE);
    welcome.watermark = session->acknowledged.seq;
    welcome.head = borrowed(session->acknowledged.head.b, HASH_SIZE);
    welcome.server_ms = session->now_ms;
    welcome.credit_bytes = session->credit_told_bytes;
    welcome.batch_bytes_max = BATCH_BYTES_MAX;
    welcome.reference_cursor = session->catalogue != NULL ? catalogue_revision(session->catalogue) : 0;
    welcome.keep_days = session->keep_days;
    static uint32_t dictionaries[] = {DICTIONARY_NEWEST};
    welcome.dictionaries = dictionaries;
    welcome.n_dictionaries = ARRAY_COUNT(dictionaries);
    welcome.retired = session->device.status == DEVICE_RETIRED;
    Rond__V1__Receipt receipt;
    if (session_make_receipt(session, &receipt))
        welcome.receipt = &receipt;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_WELCOME;
    frame.welcome = &welcome;
    return session_say(session, &frame);
}

enum rond_err session_greet(struct session *session, const struct submission *submission) {
    CHECK(session->phase == SESSION_PHASE_GREETING);
    const struct outbox_state *state = &submission->state;
    session_hold_receipt(session, submission);
    if (state->exists && submission->hello_head_known && !hash256_equal(&submission->hello_head, &session->hello_head))
        return session_say_forked(session, session->hello_watermark,
                                  "What the device knows to be received is not what is stored.");
    // Beyond Hello's watermark where all up to there is stored: the device need not queue any of it anew.
    if (state->exists && state->forked)
        return session_say_forked(session, state->chain.seq + 1, "This queue was found to be a copy before.");
    session->chain = state->exists ? state->chain : (struct chain){0};
    session->acknowledged = session->chain;
    session_take_receipt(session, submission);
    session_move(session, SESSION_PHASE_READY);
    session->read_wanted = session->feedback_owed = true;
    session->batch_awaited = session->hello_last_seq > session->acknowledged.seq;
    session->batch_awaited_until_ms = session->heard_ms + BATCH_WAIT_MS;
    enum rond_err err = session_say_welcome(session);
    if (err != ROND_OK)
        return err;
    return session_release_held(session);
}
