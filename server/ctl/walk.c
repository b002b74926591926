// rondctl walk: list | set | close | reopen
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "ctl/asker.h"

static const char help[] = "usage: rondctl walk list [--area ID] [--which all|open|overdue|safe|closed]\n"
                           "           the unsafe places that safety walks found, of walks that a commitment follows\n"
                           "       rondctl walk set REF FINDING [--responsible ORG] [--action TEXT] [--due YYYY-MM-DD]\n"
                           "           who is responsible, what is promised and until when; \"\" takes it away\n"
                           "       rondctl walk close REF FINDING --reason TEXT\n"
                           "           nobody need look at it again: it goes from the handhelds' lists. It does not count "
                           "as put right, which only\n"
                           "           a re-walk that finds it safe does; a re-walk that finds it unsafe opens it again\n"
                           "       rondctl walk reopen ID\n"
                           "           takes a decision back, also one by which something was set\n\n"
                           "REF and FINDING are as 'rondctl walk list' shows them.\n";

static const char *text_of(json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

static bool any_place; // of this one run of the program

static void print_none(void *context, json_t *line) {
    UNUSED(context);
    UNUSED(line);
    if (!any_place) {
        puts("No unsafe places.");
    }
}

static void print_field(const char *label, const char *text) {
    if (*text != '\0') {
        printf("    %s %s\n", label, text);
    }
}

static void print_place(void *context, json_t *row) {
    UNUSED(context);
    any_place = true;
    const char *where = *text_of(row, "place") != '\0' ? text_of(row, "place") : text_of(row, "place_text");
    printf("%-14s %-4s %-8s %s%s  %s, found %.10s\n", text_of(row, "reference"), text_of(row, "finding"),
           text_of(row, "status"), json_is_true(json_object_get(row, "overdue")) ? "OVERDUE " : "", text_of(row, "area"),
           *where == '\0' ? "(no place)" : where, text_of(row, "found"));
    print_field("cause:", text_of(row, "cause"));
    print_field("responsible:", text_of(row, "responsible"));
    print_field("promised:", text_of(row, "promised_action"));
    print_field("due:", text_of(row, "due"));
    json_t *closed = json_object_get(row, "closed_by");
    if (json_is_integer(closed)) {
        printf("    closed by decision %" JSON_INTEGER_FORMAT "\n", json_integer_value(closed));
    }
}

static int usage(json_t *take_request) {
    json_decref(take_request);
    return ctl_help(help, false);
}

// Options that are given as they are; NULL where one is wrong.
static bool take_options(int argc, char **argv, const struct option *options, json_t *request) {
    int option, index = 0;
    optind = 1;
    while ((option = getopt_long(argc, argv, "", options, &index)) == 1) {
        const char *name = strcmp(options[index].name, "action") == 0 ? "promised_action" : options[index].name;
        if (json_object_set_new(request, name, json_string(optarg)) != 0) {
            return false;
        }
    }
    return option == -1 && optind == argc;
}

static int walk_list(const struct ctl *ctl, int argc, char **argv) {
    static const struct option options[] = {
        {"area", required_argument, NULL, 1}, {"which", required_argument, NULL, 1}, {NULL, 0, NULL, 0}};
    json_t *request = json_pack("{s:s}", "command", "walk.list");
    return take_options(argc, argv, options, request) ? asker_show(ctl, request, print_place, print_none) : usage(request);
}

static void print_set(void *context, json_t *line) {
    UNUSED(context);
    printf("set (decision %" JSON_INTEGER_FORMAT ")\n", json_integer_value(json_object_get(line, "decision")));
}

static void print_closed(void *context, json_t *line) {
    UNUSED(context);
    printf("closed (decision %" JSON_INTEGER_FORMAT ")\n", json_integer_value(json_object_get(line, "decision")));
}

static void print_undone(void *context, json_t *line) {
    UNUSED(context);
    printf("undone: decision %" JSON_INTEGER_FORMAT "\n", json_integer_value(json_object_get(line, "undone")));
}

// argv: REF FINDING and options.
static int walk_decide(const struct ctl *ctl, const char *command, int argc, char **argv, const struct option *options,
                       asker_line *last) {
    json_t *request = json_pack("{s:s,s:s,s:s}", "command", command, "reference", argv[0], "finding", argv[1]);
    return request != NULL && take_options(argc - 1, argv + 1, options, request) ? asker_show(ctl, request, NULL, last)
                                                                                 : usage(request);
}

static int walk_reopen(const struct ctl *ctl, const char *text) {
    char *end;
    long long number = strtoll(text, &end, 10);
    if (*text == '\0' || *end != '\0' || number <= 0) {
        return ctl_fail(CTL_USAGE, "'%s' is no decision; 'rondctl walk list' tells by which one a place was closed", text);
    }
    return asker_show(ctl, json_pack("{s:s,s:I}", "command", "join.undo", "decision", (json_int_t)number), NULL,
                      print_undone);
}

int ctl_walk(const struct ctl *ctl, int argc, char **argv) {
    static const struct option set[] = {{"responsible", required_argument, NULL, 1},
                                        {"action", required_argument, NULL, 1},
                                        {"due", required_argument, NULL, 1},
                                        {NULL, 0, NULL, 0}};
    static const struct option close[] = {{"reason", required_argument, NULL, 1}, {NULL, 0, NULL, 0}};
    const char *action = argc > 1 ? argv[1] : "";
    if (strcmp(action, "list") == 0) {
        return walk_list(ctl, argc - 1, argv + 1);
    }
    if (strcmp(action, "set") == 0 && argc > 4) {
        return walk_decide(ctl, "walk.set", argc - 2, argv + 2, set, print_set);
    }
    if (strcmp(action, "close") == 0 && argc > 4) {
        return walk_decide(ctl, "walk.close", argc - 2, argv + 2, close, print_closed);
    }
    if (strcmp(action, "reopen") == 0 && argc == 3) {
        return walk_reopen(ctl, argv[2]);
    }
    return ctl_help(help, strcmp(action, "--help") == 0);
}
