#include "wire/frame_queue.h"

#include <stdlib.h>

#include "wire/codes.h"
#include "wire/limits.h"

struct queued_frame {
    struct queued_frame *next;
    struct buffer bytes;
};

static void queued_frame_destroy(struct queued_frame *frame) {
    if (frame == NULL)
        return;
    buffer_deinit(&frame->bytes);
    free(frame);
}

void frame_queue_init(struct frame_queue *queue) {
    *queue = (struct frame_queue){0};
}

void frame_queue_clear(struct frame_queue *queue) {
    while (queue->first != NULL) {
        struct queued_frame *next = queue->first->next;
        queued_frame_destroy(queue->first);
        queue->first = next;
    }
    queue->last = NULL;
}

void frame_queue_deinit(struct frame_queue *queue) {
    if (queue == NULL)
        return;
    frame_queue_clear(queue);
    queued_frame_destroy(queue->taken);
    queue->taken = NULL;
}

enum rond_err frame_queue_push(struct frame_queue *queue, const Rond__V1__Frame *frame, size_t *ret_size) {
    struct queued_frame *queued = calloc(1, sizeof *queued);
    if (queued == NULL)
        return ROND_ENOMEM;
    buffer_init(&queued->bytes, FRAME_BYTES_MAX);
    enum rond_err err = codec_frame_encode(frame, &queued->bytes);
    if (err != ROND_OK) {
        queued_frame_destroy(queued);
        return err;
    }
    if (queue->last != NULL)
        queue->last->next = queued;
    else
        queue->first = queued;
    queue->last = queued;
    if (ret_size != NULL)
        *ret_size = queued->bytes.size;
    return ROND_OK;
}

bool frame_queue_take(struct frame_queue *queue, struct bytes *ret_frame) {
    struct queued_frame *first = queue->first;
    queued_frame_destroy(queue->taken);
    queue->taken = first;
    if (first == NULL)
        return false;
    queue->first = first->next;
    if (queue->first == NULL)
        queue->last = NULL;
    *ret_frame = buffer_bytes(&first->bytes);
    return true;
}

bool frame_queue_is_empty(const struct frame_queue *queue) {
    return queue->first == NULL;
}

// protobuf-c wants writable text in its structures; encoding only reads it.
static char *borrowed_text(const char *text) {
    union {
        const char *from;
        char *to;
    } text_as = {.from = text};
    return text_as.to;
}

enum rond_err frame_queue_push_refusal(struct frame_queue *queue, unsigned code, uint32_t retry_after_ms) {
    Rond__V1__Refusal refusal = ROND__V1__REFUSAL__INIT;
    refusal.code = code;
    refusal.sentence = borrowed_text(wire_code_sentence(code));
    refusal.retry = wire_code_is_retryable(code);
    refusal.retry_after_ms = retry_after_ms;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_REFUSAL;
    frame.refusal = &refusal;
    return frame_queue_push(queue, &frame, NULL);
}
