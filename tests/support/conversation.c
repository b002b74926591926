#include "support/conversation.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "support/test.h"
#include "wire/codec.h"
#include "wire/limits.h"

#define KEPT "tests/fixtures/versions/*/conversation"

static struct bytes read_hex(struct arena *arena, const char *path) {
    FILE *file = fopen(path, "r");
    uint8_t *bytes = arena_alloc(arena, FRAME_BYTES_MAX);
    size_t size = 0;
    unsigned byte;
    if (file == NULL || bytes == NULL)
        fail_msg("%s cannot be read", path);
    while (size < FRAME_BYTES_MAX && fscanf(file, " %2x", &byte) == 1)
        bytes[size++] = (uint8_t)byte;
    fclose(file);
    return bytes_of(bytes, size);
}

static void load(struct conversation *conversation, const char *folder) {
    char pattern[256];
    glob_t files;
    *conversation = (struct conversation){0};
    snprintf(conversation->folder, sizeof conversation->folder, "%s", folder);
    CHECK(sscanf(folder, "tests/fixtures/versions/%31[^/]/", conversation->version) == 1);
    arena_init(&conversation->arena, 64 * 1024 * 1024);
    snprintf(pattern, sizeof pattern, "%s/*-*.hex", folder);
    assert_int_equal(glob(pattern, 0, NULL, &files), 0); // sorted
    for (size_t i = 0; i < files.gl_pathc; i++) {
        CHECK(conversation->count < CONVERSATION_FRAMES_MAX);
        struct spoken *spoken = &conversation->spoken[conversation->count++];
        spoken->by_device = strstr(files.gl_pathv[i], "-device.hex") != NULL;
        spoken->bytes = read_hex(&conversation->arena, files.gl_pathv[i]);
        assert_ok(codec_frame_decode(&conversation->arena, spoken->bytes, &spoken->frame, NULL));
    }
    globfree(&files);
}

void conversations_play(void (*play)(const struct conversation *conversation)) {
    static struct conversation conversation;
    glob_t folders;
    assert_int_equal(glob(KEPT, 0, NULL, &folders), 0);
    assert_true(folders.gl_pathc >= 2);
    for (size_t i = 0; i < folders.gl_pathc; i++) {
        load(&conversation, folders.gl_pathv[i]);
        print_message("version %s\n", conversation.version);
        play(&conversation);
        arena_deinit(&conversation.arena);
    }
    globfree(&folders);
}

const Rond__V1__Verdicts *conversation_verdicts(const struct conversation *conversation, size_t *ret_exceptions) {
    const Rond__V1__Verdicts *last = NULL;
    *ret_exceptions = 0;
    for (size_t i = 0; i < conversation->count; i++) {
        const Rond__V1__Frame *frame = conversation->spoken[i].frame;
        if (frame->kind_case != ROND__V1__FRAME__KIND_VERDICTS)
            continue;
        last = frame->verdicts;
        *ret_exceptions += last->n_exceptions;
    }
    assert_non_null(last);
    return last;
}

void conversation_copy(const struct conversation *conversation, const char *name, char *ret_folder, size_t size) {
    char command[600];
    snprintf(ret_folder, size, "/tmp/rond-kept-XXXXXX");
    assert_non_null(mkdtemp(ret_folder));
    snprintf(command, sizeof command, "cp -r '%s/%s/.' '%s' && chmod -R go=,u+rwX '%s'", conversation->folder, name,
             ret_folder, ret_folder);
    assert_int_equal(system(command), 0);
}
