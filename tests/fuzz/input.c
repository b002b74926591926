#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "support/golden_frames.h"

enum { SEED_BYTES_MAX = 256 * 1024 };
#define FRAMES "tests/fixtures/frames"

struct bytes input_bytes(struct input *input, size_t size_max) {
    size_t size = input->left.size < size_max ? input->left.size : size_max;
    struct bytes taken = bytes_of(input->left.data, size);
    input->left = bytes_of(size > 0 ? input->left.data + size : input->left.data, input->left.size - size);
    return taken;
}

static uint32_t number(struct input *input, size_t size) {
    struct bytes taken = input_bytes(input, size);
    uint32_t value = 0;
    for (size_t i = 0; i < taken.size; i++)
        value = value << 8 | taken.data[i];
    return value;
}

uint8_t input_u8(struct input *input) {
    return (uint8_t)number(input, 1);
}
uint16_t input_u16(struct input *input) {
    return (uint16_t)number(input, 2);
}
uint32_t input_u32(struct input *input) {
    return number(input, 4);
}

char *input_text(struct input *input, size_t size_max, struct arena *arena) {
    struct bytes taken = input_bytes(input, size_max);
    char *text = arena_alloc(arena, taken.size + 1);
    CHECK(text != NULL);
    if (taken.size > 0)
        memcpy(text, taken.data, taken.size);
    return text;
}

static void seed_file(const char *path, fuzz_take *take, void *context) {
    static uint8_t bytes[SEED_BYTES_MAX];
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    CHECK(fclose(file) == 0);
    take(context, bytes_of(bytes, size));
}

void seed_files(const char *pattern, fuzz_take *take, void *context) {
    glob_t found;
    if (glob(pattern, 0, NULL, &found) != 0)
        return;
    for (size_t i = 0; i < found.gl_pathc; i++)
        seed_file(found.gl_pathv[i], take, context);
    globfree(&found);
}

struct bytes seed_frame(const char *name, struct arena *arena) {
    struct bytes bytes = {0};
    CHECK(golden_read_file((char *)(uintptr_t)FRAMES, arena, name, &bytes) == ROND_OK);
    return bytes;
}

void seed_frames(const char *prefix, fuzz_take *take, void *context) {
    glob_t found;
    struct arena arena;
    char pattern[128];
    (void)snprintf(pattern, sizeof pattern, FRAMES "/%s*.hex", prefix);
    arena_init(&arena, 64 * 1024 * 1024);
    CHECK(glob(pattern, 0, NULL, &found) == 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char name[64];
        const char *base = strrchr(found.gl_pathv[i], '/') + 1;
        (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(base, "."), base);
        arena_reset(&arena);
        take(context, seed_frame(name, &arena));
    }
    globfree(&found);
    arena_deinit(&arena);
}
