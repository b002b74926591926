// A list of blocks; the first is the one being filled. Blocks double from 4 KiB (small: 192 B) to 64 KiB, so that a small
// frame costs one small block and a large batch few large ones. What does not fit such a block gets one of its own, put
// behind the first so that the room left there stays in use.
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Under the address sanitizer every allocation has a block of its own, of just its size: running over its end is seen then.
#if defined(__SANITIZE_ADDRESS__)
#define EACH_ALONE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EACH_ALONE 1
#endif
#endif
#ifndef EACH_ALONE
#define EACH_ALONE 0
#endif

enum { ALIGNMENT = 16, BLOCK_SIZE_SMALL = 192, BLOCK_SIZE_MIN = 4 * 1024, BLOCK_SIZE_MAX = 64 * 1024 };

struct arena_block {
    struct arena_block *next;
    size_t capacity;
    size_t used;
    _Alignas(ALIGNMENT) uint8_t data[];
};

static void *pb_alloc(void *context, size_t size) {
    return arena_alloc(context, size);
}

static void pb_free(void *context, void *data) {
    (void)context;
    (void)data;
}

void arena_init(struct arena *arena, size_t size_max) {
    *arena = (struct arena){.size_max = size_max, .first_size = BLOCK_SIZE_MIN};
    arena->pb = (ProtobufCAllocator){.alloc = pb_alloc, .free = pb_free, .allocator_data = arena};
}

void arena_init_small(struct arena *arena, size_t size_max) {
    arena_init(arena, size_max);
    arena->first_size = BLOCK_SIZE_SMALL;
}

static void blocks_free(struct arena_block *block) {
    while (block != NULL) {
        struct arena_block *next = block->next;
        bytes_wipe(block->data, block->used);
        free(block);
        block = next;
    }
}

void arena_deinit(struct arena *arena) {
    if (arena == NULL)
        return;
    blocks_free(arena->blocks);
    arena->blocks = NULL;
    arena->used = 0;
}

void arena_allow(struct arena *arena, size_t more) {
    arena->size_max = arena->used + more;
}

void arena_reset(struct arena *arena) {
    struct arena_block *kept = arena->blocks;
    arena->used = 0;
    arena->is_starved = false;
    if (kept == NULL)
        return;
    blocks_free(kept->next);
    kept->next = NULL;
    bytes_wipe(kept->data, kept->used);
    kept->used = 0;
    if (EACH_ALONE || kept->capacity > BLOCK_SIZE_MAX) {
        free(kept);
        arena->blocks = NULL;
    }
}

void arena_release(struct arena *arena) {
    arena_deinit(arena);
    arena->is_starved = false;
}

static struct arena_block *block_create(size_t capacity) {
    struct arena_block *block = malloc(sizeof *block + capacity);
    if (block != NULL)
        *block = (struct arena_block){.capacity = capacity};
    return block;
}

static size_t next_capacity(const struct arena *arena) {
    if (arena->blocks == NULL)
        return arena->first_size;
    size_t doubled = arena->blocks->capacity * 2;
    return doubled < BLOCK_SIZE_MAX ? doubled : BLOCK_SIZE_MAX;
}

// A block with room for `size`; size is a multiple of the alignment, unless each is alone.
static struct arena_block *block_with_room(struct arena *arena, size_t size) {
    struct arena_block *first = arena->blocks;
    if (!EACH_ALONE && first != NULL && first->capacity - first->used >= size)
        return first;
    size_t capacity = next_capacity(arena);
    bool own = EACH_ALONE || size > capacity;
    struct arena_block *block = block_create(own ? size : capacity);
    if (block == NULL)
        return NULL;
    if (own && first != NULL) {
        block->next = first->next;
        first->next = block;
    } else {
        block->next = first;
        arena->blocks = block;
    }
    return block;
}

void *arena_alloc(struct arena *arena, size_t size) {
    if (size > arena->size_max)
        return NULL;
    // An empty allocation takes room too: an unbounded number of them must meet the cap.
    size_t rounded = size == 0 ? ALIGNMENT : (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (rounded > arena->size_max - arena->used)
        return NULL;
    size_t taken = EACH_ALONE ? size : rounded;
    struct arena_block *block = block_with_room(arena, taken);
    if (block == NULL) {
        arena->is_starved = true;
        return NULL;
    }
    void *data = block->data + block->used;
    block->used += taken;
    arena->used += rounded;
    return memset(data, 0, taken);
}

enum rond_err arena_err(const struct arena *arena, enum rond_err otherwise) {
    return arena->is_starved ? ROND_ENOMEM : otherwise;
}

void *arena_array(struct arena *arena, size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    return arena_alloc(arena, total);
}

char *arena_text(struct arena *arena, const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = arena_alloc(arena, size);
    return copy == NULL ? NULL : memcpy(copy, text, size);
}

char *arena_printf(struct arena *arena, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = size < 0 ? NULL : arena_alloc(arena, (size_t)size + 1);
    if (text == NULL)
        return NULL;
    va_start(arguments, format);
    vsnprintf(text, (size_t)size + 1, format, arguments);
    va_end(arguments);
    return text;
}

bool arena_copy(struct arena *arena, struct bytes from, struct bytes *ret_copy) {
    uint8_t *data = arena_alloc(arena, from.size);
    if (data == NULL)
        return false;
    if (from.size > 0)
        memcpy(data, from.data, from.size);
    *ret_copy = bytes_of(data, from.size);
    return true;
}
