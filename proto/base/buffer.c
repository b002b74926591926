#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_MIN = 256 };

void buffer_init(struct buffer *buffer, size_t size_max) {
    *buffer = (struct buffer){.size_max = size_max};
}

void buffer_deinit(struct buffer *buffer) {
    if (buffer == NULL)
        return;
    bytes_wipe(buffer->data, buffer->capacity);
    free(buffer->data);
    *buffer = (struct buffer){.size_max = buffer->size_max};
}

void buffer_clear(struct buffer *buffer) {
    bytes_wipe(buffer->data, buffer->size);
    buffer->size = 0;
}

// realloc would leave what was there behind, unwiped.
static enum rond_err grow(struct buffer *buffer, size_t capacity) {
    uint8_t *data = malloc(capacity);
    if (data == NULL)
        return ROND_ENOMEM;
    if (buffer->size > 0)
        memcpy(data, buffer->data, buffer->size);
    bytes_wipe(buffer->data, buffer->capacity);
    free(buffer->data);
    buffer->data = data;
    buffer->capacity = capacity;
    return ROND_OK;
}

// One byte more than asked for is kept, for the NUL of buffer_text.
enum rond_err buffer_reserve(struct buffer *buffer, size_t more) {
    if (more > buffer->size_max - buffer->size)
        return ROND_EFULL;
    size_t needed = buffer->size + more + 1;
    if (needed <= buffer->capacity)
        return ROND_OK;
    size_t capacity = buffer->capacity < CAPACITY_MIN ? CAPACITY_MIN : buffer->capacity * 2;
    if (capacity > buffer->size_max)
        capacity = buffer->size_max + 1;
    if (capacity < needed)
        capacity = needed;
    return grow(buffer, capacity);
}

enum rond_err buffer_append(struct buffer *buffer, struct bytes bytes) {
    enum rond_err err = buffer_reserve(buffer, bytes.size);
    if (err != ROND_OK)
        return err;
    if (bytes.size > 0)
        memcpy(buffer->data + buffer->size, bytes.data, bytes.size);
    buffer->size += bytes.size;
    buffer->data[buffer->size] = '\0';
    return ROND_OK;
}

enum rond_err buffer_printf(struct buffer *buffer, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (size < 0)
        return ROND_EINVALID;
    enum rond_err err = buffer_reserve(buffer, (size_t)size);
    if (err != ROND_OK)
        return err;
    va_start(arguments, format);
    vsnprintf((char *)buffer->data + buffer->size, (size_t)size + 1, format, arguments);
    va_end(arguments);
    buffer->size += (size_t)size;
    return ROND_OK;
}

// The NUL is written here too: whoever reserved and filled the room itself did not write one.
const char *buffer_text(const struct buffer *buffer) {
    if (buffer->data == NULL)
        return "";
    buffer->data[buffer->size] = '\0';
    return (const char *)buffer->data;
}
