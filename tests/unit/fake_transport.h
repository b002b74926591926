// A transport that reaches nobody but the test: included by the tests of the SDK's API, it stands in the place of the
// real one. It talks to a server of a few lines that acknowledges whatever it is told to.
#ifndef TESTS_UNIT_FAKE_TRANSPORT_H
#define TESTS_UNIT_FAKE_TRANSPORT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "transport.h"
#include "wire/codec.h"
#include "wire/limits.h"

enum { FAKE_FRAMES_MAX = 64, FAKE_URLS_MAX = 32 };

struct transport {
    int unused;
};

static struct fake {
    struct transport transport;
    struct transport_events events;
    unsigned transports;           // alive
    char urls[FAKE_URLS_MAX][128]; // tried, in order
    size_t urls_count;
    const char *reachable; // NULL: every server, "": none
    bool is_connecting, is_connected, is_closing, is_posting;
    bool is_blocked;     // takes one frame, then none until fake_unblock
    bool drops_at_batch; // the connection breaks at the next Batch, unanswered
    uint32_t upgrade_credit; // told with the upgrade
    bool lacks_feedback; // never says Feedback
    unsigned refuses;    // answers Hello with this refusal
    bool refusal_may_retry;
    struct buffer waiting[FAKE_FRAMES_MAX]; // to the device
    size_t waiting_count;
    unsigned hellos, batches;
    uint64_t watermark;
    struct hash256 head;
    uint64_t acknowledge_to;                    // of what comes; UINT64_MAX: everything
    void (*stepped)(void);                      // at each step; may be NULL
    void (*play)(const Rond__V1__Frame *frame); // answers instead, with fake_say_bytes; may be NULL
    void (*answer_post)(const char *url, const char *path, struct bytes body);
} fake;

static void fake_reset(void) {
    for (size_t i = 0; i < fake.waiting_count; i++)
        buffer_deinit(&fake.waiting[i]);
    fake = (struct fake){.acknowledge_to = UINT64_MAX};
}

static void fake_say(const Rond__V1__Frame *frame) {
    CHECK(fake.waiting_count < FAKE_FRAMES_MAX);
    struct buffer *to = &fake.waiting[fake.waiting_count++];
    buffer_init(to, FRAME_BYTES_MAX);
    CHECK(codec_frame_encode(frame, to) == ROND_OK);
}

__attribute__((unused)) static void fake_say_bytes(struct bytes bytes) {
    CHECK(fake.waiting_count < FAKE_FRAMES_MAX);
    struct buffer *to = &fake.waiting[fake.waiting_count++];
    buffer_init(to, FRAME_BYTES_MAX);
    CHECK(buffer_append(to, bytes) == ROND_OK);
}

static void fake_feedback(void) {
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    Rond__V1__Feedback feedback = ROND__V1__FEEDBACK__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_FEEDBACK;
    frame.feedback = &feedback;
    if (!fake.lacks_feedback)
        fake_say(&frame);
}

static void fake_hello(const Rond__V1__Hello *hello) {
    static uint8_t store_id[ID_SIZE] = {1};
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    Rond__V1__Welcome welcome = ROND__V1__WELCOME__INIT;
    Rond__V1__Refusal refusal = ROND__V1__REFUSAL__INIT;
    char sentence[] = "No.";
    fake.hellos++;
    if (fake.refuses != 0) {
        refusal.code = fake.refuses;
        refusal.sentence = sentence;
        refusal.retry = fake.refusal_may_retry;
        frame.kind_case = ROND__V1__FRAME__KIND_REFUSAL;
        frame.refusal = &refusal;
    } else {
        welcome.protocol = PROTOCOL_VERSION;
        welcome.store_id = (ProtobufCBinaryData){.data = store_id, .len = ID_SIZE};
        welcome.epoch = 1;
        welcome.outbox = hello->outbox;
        welcome.watermark = fake.watermark;
        welcome.head = (ProtobufCBinaryData){.data = fake.head.b, .len = HASH_SIZE};
        welcome.credit_bytes = CREDIT_BYTES;
        welcome.batch_bytes_max = BATCH_BYTES_MAX;
        frame.kind_case = ROND__V1__FRAME__KIND_WELCOME;
        frame.welcome = &welcome;
    }
    fake_say(&frame);
    if (fake.refuses == 0)
        fake_feedback();
}

static void fake_batch(const Rond__V1__Batch *batch) {
    uint64_t last = batch->first_seq + batch->count - 1;
    fake.batches++;
    if (fake.drops_at_batch) {
        fake.drops_at_batch = false;
        fake.is_closing = true;
        return;
    }
    if (last > fake.acknowledge_to)
        return;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    Rond__V1__Verdicts verdicts = ROND__V1__VERDICTS__INIT;
    fake.watermark = last;
    CHECK(hash256_from_bytes(bytes_of(batch->head.data, batch->head.len), &fake.head));
    verdicts.watermark = last;
    verdicts.head = batch->head;
    verdicts.credit_bytes = CREDIT_BYTES;
    frame.kind_case = ROND__V1__FRAME__KIND_VERDICTS;
    frame.verdicts = &verdicts;
    fake_say(&frame);
    fake_feedback();
}

enum rond_err transport_create(const struct transport_events *events, const char *name_servers,
                               struct transport **ret_transport) {
    fake.events = *events;
    fake.transports++;
    *ret_transport = &fake.transport;
    return ROND_OK;
}

void transport_destroy(struct transport *transport) {
    fake.transports -= transport != NULL;
}

static void fake_url(const char *url) {
    CHECK(fake.urls_count < FAKE_URLS_MAX);
    snprintf(fake.urls[fake.urls_count++], sizeof fake.urls[0], "%s", url);
}

enum rond_err transport_connect(struct transport *transport, const char *url, const struct transport_tls *tls,
                                int deadline_ms, struct fault *fault) {
    fake_url(url);
    fake.is_connecting = true;
    return ROND_OK;
}

enum rond_err transport_post(struct transport *transport, const char *url, const char *path, const struct transport_tls *tls,
                             struct bytes body, int deadline_ms, struct fault *fault) {
    fake_url(url);
    fake.is_posting = true;
    if (fake.answer_post != NULL)
        fake.answer_post(url, path, body);
    return ROND_OK;
}

enum rond_err transport_send(struct transport *transport, struct bytes bytes) {
    struct arena arena;
    Rond__V1__Frame *frame;
    if (fake.is_blocked)
        return ROND_EAGAIN;
    arena_init(&arena, DECODE_ARENA_BYTES_MAX);
    CHECK(codec_frame_decode(&arena, bytes, &frame, NULL) == ROND_OK);
    if (fake.play != NULL)
        fake.play(frame);
    else if (frame->kind_case == ROND__V1__FRAME__KIND_HELLO)
        fake_hello(frame->hello);
    else if (frame->kind_case == ROND__V1__FRAME__KIND_BATCH)
        fake_batch(frame->batch);
    arena_deinit(&arena);
    return ROND_OK;
}

void transport_close(struct transport *transport) {
    fake.is_closing = true;
}

static void fake_end(enum rond_err err) {
    const struct fault fault = {.text = "nobody there"};
    fake.is_connecting = fake.is_connected = fake.is_closing = fake.is_posting = false;
    for (size_t i = 0; i < fake.waiting_count; i++)
        buffer_deinit(&fake.waiting[i]);
    fake.waiting_count = 0;
    fake.events.ended(fake.events.context, err, err == ROND_OK ? NULL : &fault);
}

void transport_step(struct transport *transport) {
    if (fake.stepped != NULL)
        fake.stepped();
    if (fake.is_posting) {
        fake_end(fake.answer_post == NULL ? ROND_EIO : ROND_OK);
    } else if (fake.is_connecting) {
        const char *url = fake.urls[fake.urls_count - 1];
        fake.is_connecting = false;
        fake.is_connected = fake.reachable == NULL || strcmp(fake.reachable, url) == 0;
        if (fake.is_connected)
            fake.events.connected(fake.events.context, fake.upgrade_credit);
        else
            fake_end(ROND_EIO);
    }
    while (fake.waiting_count > 0) {
        struct buffer frame = fake.waiting[0];
        memmove(fake.waiting, fake.waiting + 1, --fake.waiting_count * sizeof *fake.waiting);
        fake.events.received(fake.events.context, buffer_bytes(&frame));
        buffer_deinit(&frame);
    }
    if (fake.is_closing)
        fake_end(ROND_OK);
}

int transport_descriptor(const struct transport *transport) {
    return -1;
}

int transport_timeout_ms(const struct transport *transport) {
    return 0;
}

#endif
