// Memory for one batch of work: allocated by bumping, freed all at once, capped.
//
// What was handed out is wiped when it is freed: it holds decoded reports, and memory outlives its use in core dumps, in
// swap and in whatever is given it next.
//
// The cap is the one bound that holds against hostile messages (a repeated empty submessage grows a hundredfold
// when decoded), so every decoded message lives in an arena.
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <protobuf-c/protobuf-c.h>

#include "base/bytes.h"
#include "base/err.h"

struct arena_block;

struct arena {
    struct arena_block *blocks;
    size_t used;             // bytes handed out since the last reset
    size_t size_max;         // cap on them
    size_t first_size;       // of the first block; those behind it double
    bool is_starved;         // memory was missing, below the cap; until the next reset
    ProtobufCAllocator pb;   // allocates here; pass &arena->pb to protobuf-c
};

// An arena is not moved after init (pb points back at it).
void arena_init(struct arena *arena, size_t size_max);
// For what is little and lives long: begins with a block of some hundred bytes instead of some thousand.
void arena_init_small(struct arena *arena, size_t size_max);
void arena_deinit(struct arena *arena);
// The cap becomes what is handed out by now and `more`.
void arena_allow(struct arena *arena, size_t more);
// Frees everything handed out; keeps one block.
void arena_reset(struct arena *arena);
// The same, and keeps none: nothing may come for hours.
void arena_release(struct arena *arena);
// Aligned to 16. NULL beyond the cap or without memory. Zero-filled.
void *arena_alloc(struct arena *arena, size_t size);
// What a decoder that allocated here and gave up has to answer: `otherwise`, of the input or the cap, unless memory was
// missing, which says nothing about the input.
enum rond_err arena_err(const struct arena *arena, enum rond_err otherwise);
void *arena_array(struct arena *arena, size_t count, size_t size); // overflow-safe
char *arena_text(struct arena *arena, const char *text);           // a copy; NULL as above
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool arena_copy(struct arena *arena, struct bytes from, struct bytes *ret_copy);

#endif
