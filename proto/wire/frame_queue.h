// Encoded frames on their way out of an engine, in order. The engines at both ends use it; whoever drives them takes
// one frame after the other until none is left, so it holds a handful.
#ifndef WIRE_FRAME_QUEUE_H
#define WIRE_FRAME_QUEUE_H

#include "wire/codec.h"

struct queued_frame;

struct frame_queue {
    struct queued_frame *first;
    struct queued_frame *last;
    struct queued_frame *taken; // what the last take gave; freed at the next one
};

void frame_queue_init(struct frame_queue *queue);
void frame_queue_deinit(struct frame_queue *queue);
// Drops what waits; what was taken stays valid.
void frame_queue_clear(struct frame_queue *queue);
// Encodes and adds. ROND_EFULL where it is larger than FRAME_BYTES_MAX. ret_size may be NULL.
MUST_CHECK enum rond_err frame_queue_push(struct frame_queue *queue, const Rond__V1__Frame *frame, size_t *ret_size);
// False where none waits. The bytes are valid until the next take, whether that finds one or not, or deinit.
bool frame_queue_take(struct frame_queue *queue, struct bytes *ret_frame);
bool frame_queue_is_empty(const struct frame_queue *queue);

// A Refusal by its code: its own sentence, and whether it may be tried again.
MUST_CHECK enum rond_err frame_queue_push_refusal(struct frame_queue *queue, unsigned code, uint32_t retry_after_ms);

#endif
