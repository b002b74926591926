#include "wire/dictionary.h"

#include <zstd.h>

#include "base/check.h"

// The path is from where the compiler runs.
#define DICTIONARY(name, path)                                                                                              \
    __asm__(".section .rodata\n.balign 16\n.hidden " #name "\n.globl " #name "\n" #name ":\n.incbin \"" path "\"\n"         \
            ".hidden " #name "_end\n.globl " #name "_end\n" #name "_end:\n.previous\n");                                    \
    extern const uint8_t name[], name##_end[];

DICTIONARY(dictionary_1, "proto/wire/dictionaries/1.zdict.zst")

static struct bytes packed_of(uint32_t number) {
    switch (number) {
    case 1:
        return bytes_of(dictionary_1, (size_t)(dictionary_1_end - dictionary_1));
    default:
        return bytes_of(NULL, 0);
    }
}

enum rond_err dictionary_unpack(uint32_t number, struct buffer *to) {
    struct bytes packed = packed_of(number);
    if (packed.size == 0)
        return ROND_ENOTFOUND;
    unsigned long long size = ZSTD_getFrameContentSize(packed.data, packed.size);
    CHECK(size <= DICTIONARY_BYTES_MAX); // it is ours
    enum rond_err err = buffer_reserve(to, (size_t)size);
    if (err != ROND_OK)
        return err;
    if (ZSTD_isError(ZSTD_decompress(to->data + to->size, (size_t)size, packed.data, packed.size)))
        return ROND_ENOMEM; // what else could it be
    to->size += (size_t)size;
    return ROND_OK;
}

uint32_t dictionary_common(const uint32_t *numbers, size_t count) {
    uint32_t newest = DICTIONARY_NONE;
    for (size_t i = 0; i < count; i++)
        if (numbers[i] > newest && numbers[i] <= DICTIONARY_NEWEST)
            newest = numbers[i];
    return newest;
}
