// One program for all targets. FUZZ_TARGET=name chooses; "fuzzer --list" prints the names, "fuzzer --seeds NAME DIRECTORY"
// writes that target's seeds. tests/fuzz/run.sh calls it.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct fuzz_target *target;

struct writing {
    const char *directory;
    unsigned count;
};

static void write_seed(void *context, struct bytes input) {
    struct writing *writing = context;
    char path[512];
    (void)snprintf(path, sizeof path, "%s/seed-%u", writing->directory, writing->count++);
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL && fwrite(input.data, 1, input.size, file) == input.size && fclose(file) == 0);
}

static void list(void) {
    for (size_t i = 0; fuzz_target_at(i); i++)
        printf("%s\n", fuzz_target_at(i)->name);
    exit(0);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    if (*argc == 2 && !strcmp((*argv)[1], "--list"))
        list();
    bool seeds = *argc == 4 && !strcmp((*argv)[1], "--seeds");
    const char *name = seeds ? (*argv)[2] : getenv("FUZZ_TARGET");
    target = name ? fuzz_target_find(name) : NULL;
    if (!target) {
        (void)fprintf(stderr, "FUZZ_TARGET names none of the targets; see --list.\n");
        exit(2);
    }
    if (target->begin)
        target->begin();
    if (!seeds)
        return 0;
    struct writing writing = {.directory = (*argv)[3]};
    if (target->seed)
        target->seed(write_seed, &writing);
    exit(0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    target->run(bytes_of(data, size));
    return 0;
}
