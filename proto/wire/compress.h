// zstd over one batch, or one Feedback. Bounds are checked before memory is taken.
#ifndef WIRE_COMPRESS_H
#define WIRE_COMPRESS_H

#include "base/arena.h"
#include "base/buffer.h"

// Room that compress_append reserves for raw_size bytes, whatever they are.
size_t compress_bound(size_t raw_size);
// Appends the compressed bytes. Dictionary 0 is none; ROND_ENOTFOUND for one that is not built in.
MUST_CHECK enum rond_err compress_append(struct bytes raw, uint32_t dictionary, struct buffer *to);
// The same without a dictionary, quickly: for what says the same again and again.
MUST_CHECK enum rond_err compress_append_fast(struct bytes raw, struct buffer *to);
// The content must be exactly raw_size bytes, said by the zstd frame header itself too; ROND_EPROTOCOL otherwise.
MUST_CHECK enum rond_err decompress(struct arena *arena, struct bytes packed, uint32_t dictionary, size_t raw_size,
                                    struct bytes *ret_raw);

#endif
