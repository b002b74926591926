// zstd dictionaries that are built in, by number (proto/wire/dictionaries, made by `make dictionary`). A number's bytes never change
// and stay: a batch that was packed with them is unpacked with nothing else.
#ifndef WIRE_DICTIONARY_H
#define WIRE_DICTIONARY_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

enum { DICTIONARY_NONE = 0, DICTIONARY_NEWEST = 1, DICTIONARY_BYTES_MAX = 64 * 1024 };

// Appends its bytes, which are built in packed themselves. ROND_ENOTFOUND where no such dictionary is, ROND_ENOMEM.
MUST_CHECK enum rond_err dictionary_unpack(uint32_t number, struct buffer *to);
// The newest that is built in and among those; DICTIONARY_NONE where there is none.
uint32_t dictionary_common(const uint32_t *numbers, size_t count);

#endif
