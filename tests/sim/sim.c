// The simulator: the real device engine, outbox, session, group commit and committer over a virtual network, disk,
// clock and store, from a seed. A seed and a commit repeat any failure exactly.
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/disk.h"
#include "sim/world.h"

static const char help[] = "Usage: sim [--seeds N] [--first-seed K]   run N seeds from K on (1000 from 1)\n"
                           "       sim --seed N [--trace]             run one; with one line per event\n"
                           "       sim --help\n"
                           "\n"
                           "Prints how often each fault, verdict, frame and state transition occurred. Exits 1 where a\n"
                           "promise was broken, or where in a run of 1000 seeds or more one of them never occurred.\n";

enum { HEAP_KEPT_BYTES = 256 * 1024 * 1024, SEEDS_FOR_CENSUS = 1000, FAILURES_SHOWN = 10 };

struct arguments {
    uint64_t first, count;
    bool is_traced;
};

static bool number_parse(const char *text, uint64_t *ret_number) {
    char *end;
    *ret_number = strtoull(text, &end, 10);
    return *text != '\0' && *end == '\0';
}

static int arguments_parse(int argc, char **argv, struct arguments *ret_arguments) {
    static const struct option options[] = {
        {"seeds", required_argument, NULL, 'n'}, {"first-seed", required_argument, NULL, 'k'},
        {"seed", required_argument, NULL, 's'},  {"trace", no_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},        {NULL, 0, NULL, 0}};
    *ret_arguments = (struct arguments){.first = 1, .count = 1000};
    bool is_fine = true;
    for (int option; is_fine && (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'n':
            is_fine = number_parse(optarg, &ret_arguments->count);
            break;
        case 'k':
            is_fine = number_parse(optarg, &ret_arguments->first);
            break;
        case 's':
            is_fine = number_parse(optarg, &ret_arguments->first);
            ret_arguments->count = 1;
            break;
        case 't':
            ret_arguments->is_traced = true;
            break;
        case 'h':
            fputs(help, stdout);
            exit(0);
        default:
            is_fine = false;
        }
    }
    if (!is_fine || optind != argc)
        fputs(help, stderr);
    return is_fine && optind == argc ? 0 : 2;
}

int main(int argc, char **argv) {
    static struct world world;
    static struct census census;
    struct arguments arguments;
    int wrong = arguments_parse(argc, argv, &arguments);
    if (wrong != 0)
        return wrong;
    mallopt(M_TRIM_THRESHOLD, HEAP_KEPT_BYTES); // a seed takes what the one before gave back
    mallopt(M_MMAP_THRESHOLD, HEAP_KEPT_BYTES);
    disk_register();
    uint64_t failed = 0;
    for (uint64_t seed = arguments.first; seed < arguments.first + arguments.count; seed++) {
        if (world_run(&world, seed, &census, arguments.is_traced))
            continue;
        if (failed++ < FAILURES_SHOWN) {
            world_describe(&world, stdout);
            printf("  BROKEN %s\n  again: sim --seed %llu --trace\n", world.failure, (unsigned long long)seed);
        }
    }
    if (arguments.count > 1)
        census_print(&census, stdout);
    else
        world_describe(&world, stdout);
    bool is_complete = arguments.count < SEEDS_FOR_CENSUS || census_is_complete(&census, stdout);
    printf("%llu passed, %llu failed\n", (unsigned long long)(arguments.count - failed), (unsigned long long)failed);
    return failed == 0 && is_complete ? 0 : 1;
}
