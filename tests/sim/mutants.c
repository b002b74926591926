#include "sim/mutants.h"

#include <stdio.h>
#include <string.h>

#include "base/planted.h"

#ifdef ROND_PLANTED

#include <fcntl.h>
#include <unistd.h>

#include "base/check.h"
#include "sim/crew.h"

enum planted planted_now = PLANTED_NOTHING;

static const struct {
    const char *name, *text;
} defects[] = {{"NOTHING", "nothing"},
#define PLANTED_ROW(name, text) {#name, text},
               PLANTED_DEFECTS(PLANTED_ROW)
#undef PLANTED_ROW
};

bool mutants_plant(const char *name) {
    for (size_t i = 0; i < ARRAY_COUNT(defects); i++)
        if (strcmp(defects[i].name, name) == 0) {
            planted_now = (enum planted)i;
            return true;
        }
    return false;
}

// What a defect makes a process say while it aborts is nobody's news.
static int errors_silence(void) {
    int kept = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    CHECK(kept >= 0 && nowhere >= 0 && dup2(nowhere, STDERR_FILENO) >= 0);
    close(nowhere);
    return kept;
}

static void errors_hear(int take_kept) {
    CHECK(dup2(take_kept, STDERR_FILENO) >= 0);
    close(take_kept);
}

static bool look_for(enum planted defect, uint64_t seeds, unsigned jobs) {
    static struct crew_result result;
    int kept = errors_silence();
    planted_now = defect;
    crew_run(&(struct crew_order){.first = 1, .count = seeds, .jobs = jobs, .stops_at_failure = true}, &result);
    planted_now = PLANTED_NOTHING;
    errors_hear(kept);
    const struct crew_failure *first = &result.failures[0];
    if (result.failed == 0) {
        printf("  %-32s NOT FOUND in %llu seeds: %s\n", defects[defect].name, (unsigned long long)seeds,
               defects[defect].text);
        return false;
    }
    printf("  %-32s %6llu  %-29.*s %s\n", defects[defect].name, (unsigned long long)first->seed,
           (int)strcspn(first->text, ":"), first->text, defects[defect].text);
    fflush(stdout);
    return true;
}

bool mutants_run(uint64_t seeds, unsigned jobs) {
    size_t found = 0;
    printf("  %-32s %6s  %-29s %s\n", "planted defect", "seeds", "found by", "what it is");
    for (size_t i = 1; i < PLANTED_COUNT; i++)
        found += look_for((enum planted)i, seeds, jobs);
    printf("%zu of %d planted defects found\n", found, PLANTED_COUNT - 1);
    return found == PLANTED_COUNT - 1;
}

#else

bool mutants_plant(const char *name) {
    (void)name;
    fputs("Nothing is planted in this build: make sim-mutants has them.\n", stderr);
    return false;
}

bool mutants_run(uint64_t seeds, unsigned jobs) {
    (void)seeds, (void)jobs;
    return mutants_plant("");
}

#endif
