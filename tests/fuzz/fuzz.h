// Fuzz targets: entry points that take bytes from outside, each with what must hold of them whatever the bytes are. One
// program fuzzes them all (libfuzzer.c: its first argument chooses), another plays every kept input and every seed again in
// each build (replay.c).
//
// A target's inputs that once found something are kept in tests/fuzz/corpus/NAME/; its seeds it makes itself, of the
// fixtures; words for the fuzzer to put in are in tests/fuzz/NAME.dict. Run from the project's own folder.
//
// A target aborts (CHECK) where something does not hold; what the sanitizers find aborts by itself.
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/check.h"

struct fuzz_target {
    const char *name;
    void (*begin)(void);             // once, before the first input; may be NULL
    void (*run)(struct bytes input); // the same for the same input
    void (*seed)(void (*take)(void *context, struct bytes input), void *context); // may be NULL
};
typedef void fuzz_take(void *context, struct bytes input);

// NULL where there is none of that name.
const struct fuzz_target *fuzz_target_find(const char *name);
const struct fuzz_target *fuzz_target_at(size_t index); // NULL behind the last

extern const struct fuzz_target FUZZ_FRAME, FUZZ_RECORDS, FUZZ_REPORT, FUZZ_SESSION, FUZZ_DEVICE, FUZZ_ENROLMENT,
    FUZZ_REQUEST, FUZZ_ANSWER, FUZZ_HTTP, FUZZ_PROMISE_FILE, FUZZ_ZONE_FILE, FUZZ_CONFIGURATION, FUZZ_CONTROL, FUZZ_TYPED,
    FUZZ_ROND, FUZZ_RONDCTL;

// --- Reading an input ---

// Bytes off the front; zeros and nothing where it ends.
struct input {
    struct bytes left;
};
uint8_t input_u8(struct input *input);
uint16_t input_u16(struct input *input);
uint32_t input_u32(struct input *input);
struct bytes input_bytes(struct input *input, size_t size_max);
// Up to size_max bytes as a text that ends at the first NUL; in the arena.
char *input_text(struct input *input, size_t size_max, struct arena *arena);

// --- Making seeds ---

// Every file that fits, as it is.
void seed_files(const char *pattern, fuzz_take *take, void *context);
// The bytes of tests/fixtures/frames/NAME.hex.
struct bytes seed_frame(const char *name, struct arena *arena);
// Every such fixture whose name begins so.
void seed_frames(const char *prefix, fuzz_take *take, void *context);

#endif
