// The simulator: the real device engine, outbox, session, group commit and committer over a virtual network, disk,
// clock and store, from a seed. A seed and a commit repeat any failure exactly.
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/crew.h"
#include "sim/disk.h"
#include "sim/mutants.h"
#include "sim/world.h"

static const char help[] = "Usage: sim [--seeds N] [--first-seed K] [--jobs J]   run N seeds from K on (1000 from 1)\n"
                           "       sim --seed N [--trace]                        run one; with one line per event\n"
                           "       sim --mutants [--seeds N]                     which planted defects are found\n"
                           "       sim --plant NAME ...                          run with one of them\n"
                           "       sim --help\n"
                           "\n"
                           "Prints how often each fault, verdict, frame and state transition occurred. Exits 1 where a\n"
                           "promise was broken, or where in a run of 1000 seeds or more one of them never occurred.\n"
                           "A seed that broke one is run again, and its last events are printed.\n";

enum {
    HEAP_KEPT_BYTES = 256 * 1024 * 1024,
    SEEDS_FOR_CENSUS = 1000,
    FAILURES_SHOWN = 3,
    PROGRESS_MS = 30000,
};

struct arguments {
    uint64_t first, count, jobs;
    bool is_one, is_traced, is_mutants;
};

static bool number_parse(const char *text, uint64_t *ret_number) {
    char *end;
    *ret_number = strtoull(text, &end, 10);
    return *text != '\0' && *end == '\0';
}

static bool option_take(int option, struct arguments *arguments) {
    switch (option) {
    case 'n':
        return number_parse(optarg, &arguments->count);
    case 'k':
        return number_parse(optarg, &arguments->first);
    case 's':
        arguments->is_one = true;
        return number_parse(optarg, &arguments->first);
    case 'j':
        return number_parse(optarg, &arguments->jobs) && arguments->jobs <= CREW_JOBS_MAX;
    case 't':
        arguments->is_traced = true;
        return true;
    case 'm':
        arguments->is_mutants = true;
        return true;
    case 'p':
        return mutants_plant(optarg);
    case 'h':
        fputs(help, stdout);
        exit(0);
    default:
        return false;
    }
}

static bool arguments_parse(int argc, char **argv, struct arguments *ret_arguments) {
    static const struct option options[] = {{"seeds", required_argument, NULL, 'n'},
                                            {"first-seed", required_argument, NULL, 'k'},
                                            {"seed", required_argument, NULL, 's'},
                                            {"jobs", required_argument, NULL, 'j'},
                                            {"mutants", no_argument, NULL, 'm'},
                                            {"plant", required_argument, NULL, 'p'},
                                            {"trace", no_argument, NULL, 't'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    *ret_arguments = (struct arguments){.first = 1, .count = 1000};
    bool is_fine = true;
    for (int option; is_fine && (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        is_fine = option_take(option, ret_arguments);
    is_fine = is_fine && optind == argc && ret_arguments->first > 0;
    if (!is_fine)
        fputs(help, stderr);
    return is_fine;
}

static int run_one(const struct arguments *arguments) {
    static struct world world;
    static struct census census;
    static struct trace trace;
    trace.printed_to = arguments->is_traced ? stdout : NULL;
    bool is_fine = world_run(&world, arguments->first, &census, &trace);
    world_describe(&world, stdout);
    if (!is_fine && !arguments->is_traced)
        trace_print(&trace, stdout);
    if (!is_fine)
        printf("  BROKEN %s\n", world.failure);
    return is_fine ? 0 : 1;
}

// What a failure looks like from near: its seed once more, with the events that led to it.
static void failure_show(const struct crew_failure *failure, bool with_trace) {
    static struct trace trace;
    struct crew_failure again;
    if (with_trace) {
        crew_again(failure->seed, &trace, &again);
        trace_print(&trace, stdout);
        if (strcmp(again.text, failure->text) != 0)
            printf("  another time: %s\n", again.text[0] != '\0' ? again.text : "nothing broken");
    }
    printf("seed %llu BROKEN %s\n  again: make sim SEED=%llu\n", (unsigned long long)failure->seed, failure->text,
           (unsigned long long)failure->seed);
}

static int run_many(const struct arguments *arguments) {
    static struct crew_result result;
    crew_run(&(struct crew_order){.first = arguments->first,
                                  .count = arguments->count,
                                  .jobs = (unsigned)arguments->jobs,
                                  .progress_ms = PROGRESS_MS},
             &result);
    census_print(&result.census, stdout);
    for (size_t i = 0; i < result.failures_count; i++)
        failure_show(&result.failures[i], i < FAILURES_SHOWN);
    bool is_complete = arguments->count < SEEDS_FOR_CENSUS || census_is_complete(&result.census, stdout);
    double real_s = (double)result.real_ms / 1000, virtual_s = (double)result.virtual_ms / 1000;
    printf("%.1f years of virtual time in %.1f s: %.0f times as fast\n", virtual_s / (365.25 * 86400), real_s,
           real_s > 0 ? virtual_s / real_s : 0);
    printf("%llu passed, %llu failed\n", (unsigned long long)(result.run - result.failed),
           (unsigned long long)result.failed);
    return result.failed == 0 && is_complete ? 0 : 1;
}

int main(int argc, char **argv) {
    struct arguments arguments;
    if (!arguments_parse(argc, argv, &arguments))
        return 2;
    mallopt(M_TRIM_THRESHOLD, HEAP_KEPT_BYTES); // a seed takes what the one before gave back
    mallopt(M_MMAP_THRESHOLD, HEAP_KEPT_BYTES);
    disk_register();
    if (arguments.is_mutants)
        return mutants_run(arguments.count, (unsigned)arguments.jobs) ? 0 : 1;
    return arguments.is_one ? run_one(&arguments) : run_many(&arguments);
}
