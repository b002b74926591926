// No dictionary is built in yet; their numbers are on the wire already, so that one can be added without a new protocol.
#include "wire/compress.h"

#include <pthread.h>
#include <zstd.h>

#include "base/check.h"

enum { LEVEL = 3 };

// Contexts are large and costly to make, so each thread keeps its own.
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t compressor_key, decompressor_key;

static void compressor_free(void *context) {
    ZSTD_freeCCtx(context);
}

static void decompressor_free(void *context) {
    ZSTD_freeDCtx(context);
}

static void setup(void) {
    CHECK(pthread_key_create(&compressor_key, compressor_free) == 0);
    CHECK(pthread_key_create(&decompressor_key, decompressor_free) == 0);
}

static ZSTD_CCtx *thread_compressor(void) {
    pthread_once(&once, setup);
    ZSTD_CCtx *context = pthread_getspecific(compressor_key);
    if (context == NULL && (context = ZSTD_createCCtx()) != NULL)
        CHECK(pthread_setspecific(compressor_key, context) == 0);
    return context;
}

static ZSTD_DCtx *thread_decompressor(void) {
    pthread_once(&once, setup);
    ZSTD_DCtx *context = pthread_getspecific(decompressor_key);
    if (context == NULL && (context = ZSTD_createDCtx()) != NULL)
        CHECK(pthread_setspecific(decompressor_key, context) == 0);
    return context;
}

size_t compress_bound(size_t raw_size) {
    return ZSTD_compressBound(raw_size);
}

enum rond_err compress_append(struct bytes raw, uint32_t dictionary, struct buffer *to) {
    if (dictionary != 0)
        return ROND_ENOTFOUND;
    size_t bound = compress_bound(raw.size);
    enum rond_err err = buffer_reserve(to, bound);
    if (err != ROND_OK)
        return err;
    ZSTD_CCtx *context = thread_compressor();
    if (context == NULL)
        return ROND_ENOMEM;
    size_t size = ZSTD_compressCCtx(context, to->data + to->size, bound, raw.data, raw.size, LEVEL);
    if (ZSTD_isError(size))
        return ROND_ENOMEM;
    to->size += size;
    return ROND_OK;
}

// One frame and nothing behind it, which says its own content size. Later frames and skippable ones would be a way
// to carry bytes that nobody looks at.
static bool is_one_frame_of(struct bytes packed, size_t raw_size) {
    return ZSTD_getFrameContentSize(packed.data, packed.size) == raw_size &&
           ZSTD_findFrameCompressedSize(packed.data, packed.size) == packed.size;
}

enum rond_err decompress(struct arena *arena, struct bytes packed, uint32_t dictionary, size_t raw_size,
                         struct bytes *ret_raw) {
    if (dictionary != 0)
        return ROND_ENOTFOUND;
    if (!is_one_frame_of(packed, raw_size))
        return ROND_EPROTOCOL;
    uint8_t *raw = arena_alloc(arena, raw_size);
    ZSTD_DCtx *context = thread_decompressor();
    if (raw == NULL || context == NULL)
        return ROND_ENOMEM;
    size_t size = ZSTD_decompressDCtx(context, raw, raw_size, packed.data, packed.size);
    if (ZSTD_isError(size) || size != raw_size)
        return ROND_EPROTOCOL;
    *ret_raw = bytes_of(raw, raw_size);
    return ROND_OK;
}
