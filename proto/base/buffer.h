// A growing run of bytes with a bound. Bytes and text alike; text is kept NUL-terminated after the last byte. What it held
// is wiped when it is cleared, moved or freed: it holds reports, frames and keys.
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include "base/bytes.h"
#include "base/err.h"

struct buffer {
    uint8_t *data;
    size_t size;
    size_t capacity;
    size_t size_max; // appending beyond it answers ROND_EFULL and changes nothing
};

void buffer_init(struct buffer *buffer, size_t size_max);
void buffer_deinit(struct buffer *buffer); // NULL and half-built are fine
void buffer_clear(struct buffer *buffer);  // keeps the memory
// ROND_EFULL beyond the bound, ROND_ENOMEM without memory; the buffer is as before then.
MUST_CHECK enum rond_err buffer_append(struct buffer *buffer, struct bytes bytes);
MUST_CHECK enum rond_err buffer_reserve(struct buffer *buffer, size_t more);
MUST_CHECK enum rond_err buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline struct bytes buffer_bytes(const struct buffer *buffer) {
    return bytes_of(buffer->data, buffer->size);
}
// The bytes as a C string; "" where nothing was appended. Valid until the next append.
const char *buffer_text(const struct buffer *buffer);

#endif
