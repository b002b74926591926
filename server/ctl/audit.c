// rondctl audit: who did what, when and why; a sample of readings for review
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "ctl/asker.h"

static const char help[] =
    "usage: rondctl audit [--from DAY] [--to DAY]          who did what and why, oldest first\n"
    "       rondctl audit export [--from DAY] [--to DAY]   the same as JSON, one object a line, with the hashes of its chain\n"
    "       rondctl audit sample --size N [--seed S] [--from DAY] [--to DAY]\n"
    "           N readings of reports at random, for somebody to ask whether each had its reason; the same seed gives the same\n\n"
    "DAY: YYYY-MM-DD, in UTC. 'rondctl verify' checks the chain.\n";

static const char *text_of(json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

static void print_row(void *context, json_t *row) {
    UNUSED(context);
    printf("%s  %-12s %-20s %s\n", text_of(row, "at"), text_of(row, "actor"), text_of(row, "action"), text_of(row, "detail"));
}

static void print_json(void *context, json_t *row) {
    UNUSED(context);
    json_dumpf(row, stdout, JSON_COMPACT);
    putchar('\n');
}

static void print_of(void *context, json_t *line) {
    UNUSED(context);
    fprintf(stderr, "of %" JSON_INTEGER_FORMAT " readings\n", json_integer_value(json_object_get(line, "of")));
}

static bool take_number(json_t *request, const char *name, const char *text) {
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && number >= 0 && json_object_set_new(request, name, json_integer(number)) == 0;
}

// False where an option is wrong.
static bool take_options(json_t *request, bool is_sample, int argc, char **argv) {
    static const struct option options[] = {
        {"from", required_argument, NULL, 'f'}, {"to", required_argument, NULL, 't'}, {"size", required_argument, NULL, 's'},
        {"seed", required_argument, NULL, 'r'}, {NULL, 0, NULL, 0},
    };
    bool taken = true;
    optind = 0;
    for (int option; taken && (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'f': json_object_set_new(request, "from", json_string(optarg)); break;
        case 't': json_object_set_new(request, "to", json_string(optarg)); break;
        case 's': taken = is_sample && take_number(request, "size", optarg); break;
        case 'r': taken = is_sample && take_number(request, "seed", optarg); break;
        default: taken = false;
        }
    }
    return taken && optind == argc;
}

int ctl_audit(const struct ctl *ctl, int argc, char **argv) {
    const char *action = argc > 1 && argv[1][0] != '-' ? argv[1] : "";
    bool is_sample = strcmp(action, "sample") == 0, is_export = strcmp(action, "export") == 0;
    int skipped = is_sample || is_export ? 1 : 0;
    json_t *request = json_pack("{s:s}", "command", is_sample ? "audit.sample" : "audit");
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        json_decref(request);
        return ctl_help(help, true);
    }
    if (!take_options(request, is_sample, argc - skipped, argv + skipped) || (is_sample && json_object_get(request, "size") == NULL)) {
        json_decref(request);
        return ctl_help(help, false);
    }
    return asker_show(ctl, request, is_export ? print_json : print_row, is_sample ? print_of : NULL);
}
