// The device engine: its life, and what it wants next. Batches out are in device_send.c, frames in in device_receive.c.
//
//   offline --connected--> open --Welcome--> ready <--> rewinding        (the server goes on elsewhere)
//                            \________________|____________|--> forked --fresh outbox--> open
//                             any --Refusal, broken protocol, silence--> closing --disconnected--> offline
//
// What is under way is a list of flights, each with the chain after it, so that an acknowledgement is checked against
// our own head before anything is forgotten. Nothing that is sent counts before Verdicts cover it; nothing that is
// remembered of a connection outlives it but the outbox's acknowledged chain and what the last Welcome said.
#include "device_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/planted.h"
#include "wire/codes.h"
#include "wire/dictionary.h"
#include "wire/limits.h"

const struct state_table device_phases = {
    .machine = "device",
    .count = DEVICE_PHASE_COUNT,
    .names = {"offline", "open", "rewinding", "ready", "forked", "closing"},
    .successors =
        {
            [DEVICE_PHASE_OFFLINE] = STATE_BIT(DEVICE_PHASE_OPEN),
            [DEVICE_PHASE_OPEN] = STATE_BIT(DEVICE_PHASE_READY) | STATE_BIT(DEVICE_PHASE_REWINDING) |
                                  STATE_BIT(DEVICE_PHASE_FORKED) | STATE_BIT(DEVICE_PHASE_CLOSING) |
                                  STATE_BIT(DEVICE_PHASE_OFFLINE),
            [DEVICE_PHASE_REWINDING] = STATE_BIT(DEVICE_PHASE_READY) | STATE_BIT(DEVICE_PHASE_FORKED) |
                                       STATE_BIT(DEVICE_PHASE_CLOSING) | STATE_BIT(DEVICE_PHASE_OFFLINE),
            [DEVICE_PHASE_READY] = STATE_BIT(DEVICE_PHASE_REWINDING) | STATE_BIT(DEVICE_PHASE_FORKED) |
                                   STATE_BIT(DEVICE_PHASE_CLOSING) | STATE_BIT(DEVICE_PHASE_OFFLINE),
            [DEVICE_PHASE_FORKED] =
                STATE_BIT(DEVICE_PHASE_OPEN) | STATE_BIT(DEVICE_PHASE_CLOSING) | STATE_BIT(DEVICE_PHASE_OFFLINE),
            [DEVICE_PHASE_CLOSING] = STATE_BIT(DEVICE_PHASE_OFFLINE),
        },
};

const struct state_table *device_state_table(void) {
    return &device_phases;
}

void device_move(struct device *device, enum device_phase next) {
    state_move(&device_phases, device->census, &device->phase, next);
}

// --- Life ---

enum rond_err device_create(const struct device_config *config, struct device **ret_device) {
    struct device *device = calloc(1, sizeof *device);
    if (device == NULL)
        return ROND_ENOMEM;
    device->device = config->device;
    snprintf(device->client, sizeof device->client, "%s", config->client != NULL ? config->client : "");
    device->outbox = config->outbox;
    device->server = config->server;
    device->sign = config->sign;
    device->sign_context = config->sign_context;
    device->census = config->census;
    device->phase = DEVICE_PHASE_OFFLINE;
    rond__v1__verdicts__init(&device->verdicts_empty);
    arena_init(&device->arena, DECODE_ARENA_BYTES_MAX);
    frame_queue_init(&device->out);
    buffer_init(&device->scratch, BATCH_RECORDS_BYTES_MAX);
    *ret_device = device;
    return ROND_OK;
}

void device_destroy(struct device *device) {
    if (device == NULL)
        return;
    frame_queue_deinit(&device->out);
    buffer_deinit(&device->scratch);
    arena_deinit(&device->arena);
    bytes_wipe(&device->outbox, sizeof device->outbox);
    free(device);
}

// Forgets what belongs to one connection or one outbox on it.
static void device_forget_conversation(struct device *device) {
    device_flights_clear(device);
    device->sent = device->outbox.acknowledged;
    device->server_watermark = 0;
    device->rewind_seq = 0;
    device->batch_target = FIRST_BATCH_BYTES_MAX;
    device->dictionary = DICTIONARY_NONE;
    device->first_flight_over = device->outbox.has_elders && device->outbox.acknowledged.seq == 0;
    device->is_reading = false;
    device->is_held = false;
    device->drained_said = false;
    device->welcome_wanted = false;
    device->receipt = NULL;
    device->acknowledged_wanted = false;
    device->forked_wanted = false;
    device->forked_seq = 0;
}

enum rond_err device_say_hello(struct device *device, const struct device_now *now) {
    device_forget_conversation(device);
    Rond__V1__Hello hello = ROND__V1__HELLO__INIT;
    hello.protocol = PROTOCOL_VERSION;
    hello.device = (ProtobufCBinaryData){.data = device->device.b, .len = ID_SIZE};
    hello.outbox = (ProtobufCBinaryData){.data = device->outbox.outbox.b, .len = ID_SIZE};
    hello.watermark = device->outbox.acknowledged.seq;
    hello.head = (ProtobufCBinaryData){.data = device->outbox.acknowledged.head.b, .len = HASH_SIZE};
    hello.last_seq = device->outbox.last_seq;
    hello.wall_ms = now->wall_ms;
    hello.boot_id = now->boot_id;
    hello.monotonic_ms = (uint64_t)now->monotonic_ms;
    if (device->server.known) {
        hello.store_id = (ProtobufCBinaryData){.data = device->server.store_id.b, .len = ID_SIZE};
        hello.epoch = device->server.epoch;
    }
    hello.reference_cursor = device->server.reference_cursor;
    hello.feedback_cursor = device->server.feedback_cursor;
    hello.summary_week = device->server.summary_week;
    hello.actions_stamp = device->server.actions_stamp;
    hello.standings_stamp = device->server.standings_stamp;
    Rond__V1__ReceiptKnown receipt = ROND__V1__RECEIPT_KNOWN__INIT;
    static const struct hash256 none;
    if (!hash256_equal(&device->outbox.receipt.certificate, &none))
        receipt.certificate = (ProtobufCBinaryData){.data = device->outbox.receipt.certificate.b, .len = HASH_SIZE};
    receipt.watermark = device->outbox.receipt.watermark;
    hello.receipt = &receipt;
    hello.client = device->client;
    hello.takes_packed = true;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_HELLO;
    frame.hello = &hello;
    enum rond_err err = frame_queue_push(&device->out, &frame, NULL);
    if (err != ROND_OK)
        return err;
    device->hellos++;
    device->hello_ms = device->heard_ms = now->monotonic_ms;
    device_move(device, DEVICE_PHASE_OPEN);
    return ROND_OK;
}

enum rond_err device_connected(struct device *device, const struct device_now *now, uint32_t credit_bytes) {
    device_disconnected(device);
    device->first_credit = credit_bytes < CREDIT_INITIAL_BYTES ? CREDIT_INITIAL_BYTES : credit_bytes;
    if (device->first_credit > CREDIT_BYTES)
        device->first_credit = CREDIT_BYTES;
    return device_say_hello(device, now);
}

void device_disconnected(struct device *device) {
    frame_queue_clear(&device->out);
    device_forget_conversation(device);
    device->hellos = 0;
    device->is_storing = false;
    device->reference = device->reference_storing = NULL;
    device->feedback = device->feedback_storing = NULL;
    device->more_reference = device->more_feedback = false;
    device->close = (struct device_close){0};
    if (device->phase != DEVICE_PHASE_OFFLINE)
        device_move(device, DEVICE_PHASE_OFFLINE);
}

enum rond_err device_outbox(struct device *device, const struct device_now *now, const struct device_outbox_state *outbox) {
    device->is_held = false;
    if (id128_equal(&outbox->outbox, &device->outbox.outbox)) {
        device->outbox.receipt = outbox->receipt;
        if (outbox->last_seq > device->outbox.last_seq) {
            device->outbox.last_seq = outbox->last_seq;
            device->drained_said = false;
            device->heard_ms = now->monotonic_ms;
        }
        return ROND_OK;
    }
    device->outbox = *outbox;
    device->history_is_new = outbox->is_closed;
    switch (device->phase) {
    case DEVICE_PHASE_OPEN:
    case DEVICE_PHASE_REWINDING:
    case DEVICE_PHASE_READY:
        device_move(device, DEVICE_PHASE_FORKED);
        return device_say_hello(device, now);
    case DEVICE_PHASE_FORKED:
        return device_say_hello(device, now);
    default:
        device_forget_conversation(device);
        return ROND_OK;
    }
}

void device_take_week(struct device_server_state *server, const Rond__V1__WeeklySummary *summary) {
    if (summary != NULL && strlen(summary->week) < sizeof server->summary_week)
        memcpy(server->summary_week, summary->week, strlen(summary->week) + 1);
}

enum rond_err device_stored(struct device *device) {
    if (!device->is_storing)
        return ROND_OK;
    if (device->reference_storing != NULL) {
        device->server.reference_cursor = device->reference_storing->cursor;
        device->more_reference = device->reference_storing->more;
    }
    if (device->feedback_storing != NULL) {
        device->server.feedback_cursor = device->feedback_storing->cursor;
        device_take_week(&device->server, device->feedback_storing->summary);
        if (device->feedback_storing->actions_stamp != 0)
            device->server.actions_stamp = device->feedback_storing->actions_stamp;
        if (device->feedback_storing->n_standings > 0)
            device->server.standings_stamp = device->feedback_storing->standings_stamp;
        device->more_feedback = device->feedback_storing->more;
    }
    device->reference_storing = NULL;
    device->feedback_storing = NULL;
    device->is_storing = false;
    if (device->phase == DEVICE_PHASE_OFFLINE || device->phase == DEVICE_PHASE_CLOSING)
        return ROND_OK;
    Rond__V1__Received received = ROND__V1__RECEIVED__INIT;
    received.reference_cursor = device->server.reference_cursor;
    received.feedback_cursor = device->server.feedback_cursor;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_RECEIVED;
    frame.received = &received;
    return frame_queue_push(&device->out, &frame, NULL);
}

// --- Endings ---

void device_close_for(struct device *device, unsigned code, const char *sentence, bool may_retry, uint32_t retry_after_ms) {
    if (device->phase == DEVICE_PHASE_OFFLINE || device->phase == DEVICE_PHASE_CLOSING)
        return;
    device_flights_clear(device);
    device->is_reading = false;
    device->close = (struct device_close){true, code, sentence, may_retry, retry_after_ms};
    device_move(device, DEVICE_PHASE_CLOSING);
}

enum rond_err device_protest(struct device *device, unsigned code) {
    // It is the server that is wrong: our queue is intact and another try may meet a mended server.
    device_close_for(device, code, wire_code_sentence(code), true, 0);
    return frame_queue_push_refusal(&device->out, code, 0);
}

void device_fork(struct device *device) {
    device_flights_clear(device);
    device->is_reading = false;
    device->forked_wanted = true;
    device_move(device, DEVICE_PHASE_FORKED);
}

// --- Time ---

// All reports are in and more is to come down. Where another outbox is on offer, nothing that is queued meanwhile would show
// that the server is not there any more.
static bool device_waits_for_more(const struct device *device) {
    return device->phase == DEVICE_PHASE_READY && !device->drained_said && !device->is_reading && !device->is_storing &&
           device->reference == NULL && device->feedback == NULL;
}

int64_t device_deadline(const struct device *device) {
    if (device->phase == DEVICE_PHASE_OPEN)
        return PLANTED(HELLO_NEVER_TIMES_OUT) ? INT64_MAX : device->hello_ms + VERDICT_DEADLINE_MS;
    if (device->flight_count > 0)
        return PLANTED(RETRY_NEVER_FIRES) ? INT64_MAX : device->flights[0].sent_ms + VERDICT_DEADLINE_MS;
    if (device_waits_for_more(device))
        return device->heard_ms + VERDICT_DEADLINE_MS;
    return INT64_MAX;
}

void device_tick(struct device *device, const struct device_now *now) {
    if (now->monotonic_ms >= device_deadline(device))
        device_close_for(device, CODE_NONE, "The server does not answer; the reports stay safe here and are sent later.",
                         true, 0);
}

// --- Actions ---

static bool device_is_drained(const struct device *device) {
    return device->phase == DEVICE_PHASE_READY && !device->drained_said && device->flight_count == 0 &&
           device->server_watermark >= device->outbox.last_seq && !device->is_reading && !device->is_storing &&
           !device->more_reference && !device->more_feedback && device->server.reference_cursor >= device->newest_reference;
}

// What must be on disk or known to the caller before anything else is said.
static bool device_next_event(struct device *device, struct device_action *action) {
    if (device->welcome_wanted) { // before what it confirms: another epoch takes back what was acknowledged
        device->welcome_wanted = false;
        action->kind = DEVICE_WELCOME;
        action->server = device->server;
        action->server_ms = device->server_ms;
        action->said = device->welcomed;
    } else if (device->acknowledged_wanted) {
        device->acknowledged_wanted = false;
        action->kind = DEVICE_ACKNOWLEDGED;
        action->chain = device->outbox.acknowledged;
        action->verdicts = device->verdicts;
    } else if (device->receipt != NULL) { // after what it is for
        action->kind = DEVICE_RECEIPT;
        action->said = device->receipted;
        action->receipt = device->receipt;
        device->receipt = NULL;
    } else if (device->forked_wanted) {
        device->forked_wanted = false;
        action->kind = DEVICE_FORKED;
        action->first_seq = device->forked_seq;
    } else if (device->reference != NULL) {
        action->kind = DEVICE_REFERENCE;
        action->reference = device->reference_storing = device->reference;
        device->reference = NULL;
        device->is_storing = true;
    } else if (device->feedback != NULL) {
        action->kind = DEVICE_FEEDBACK;
        action->feedback = device->feedback_storing = device->feedback;
        device->feedback = NULL;
        device->is_storing = true;
    } else {
        return false;
    }
    return true;
}

static void device_next_close(struct device *device, struct device_action *action) {
    action->kind = DEVICE_CLOSE;
    action->refusal_code = device->close.code;
    action->sentence = device->close.sentence;
    action->may_retry = device->close.may_retry;
    action->retry_after_ms = device->close.retry_after_ms;
    device->close.is_wanted = false;
}

void device_next_action(struct device *device, struct device_action *ret_action) {
    *ret_action = (struct device_action){.kind = DEVICE_NOTHING};
    if (device_next_event(device, ret_action))
        return;
    if (frame_queue_take(&device->out, &ret_action->frame)) {
        ret_action->kind = DEVICE_SEND;
    } else if (device->close.is_wanted) {
        device_next_close(device, ret_action);
    } else if (device_wants_read(device, &ret_action->first_seq, &ret_action->bytes_max)) {
        device->is_reading = true;
        device->read_seq = ret_action->first_seq;
        ret_action->kind = DEVICE_READ;
    } else if (device_is_drained(device)) {
        device->drained_said = true;
        ret_action->kind = DEVICE_DRAINED;
    }
}

enum flow_state device_state(const struct device *device) {
    switch (device->phase) {
    case DEVICE_PHASE_OPEN:
        return FLOW_OPEN;
    case DEVICE_PHASE_REWINDING:
    case DEVICE_PHASE_READY:
        return FLOW_READY;
    default:
        return FLOW_CLOSING;
    }
}

uint64_t device_acknowledged(const struct device *device) {
    return device->outbox.acknowledged.seq;
}
