// rondctl activity: plan | list | cancel
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "ctl/asker.h"

static const char help[] =
    "usage: rondctl activity plan --area ID --kind KIND --title TEXT --from \"YYYY-MM-DD HH:MM\" --to \"YYYY-MM-DD HH:MM\"\n"
    "                             --organisations ID,ID,... [--place ID] [--of WORD] [--commitment PROMISE/COMMITMENT]\n"
    "           local times of the area; it goes down to the devices of these organisations, whose reports can name it\n"
    "       rondctl activity list [--area ID]\n"
    "           what is planned, and which organisations have reported on it\n"
    "       rondctl activity cancel ID\n"
    "           devices no longer see it; what was reported on it stays\n\n"
    "KIND: check, campaign_handout, visible_patrol, safety_walk, meeting, inventory, initiative\n"
    "An activity never changes: cancel it, and plan it anew.\n";

static const char *text_of(json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

static json_t *split(char *text) {
    json_t *list = json_array();
    for (char *part; (part = strsep(&text, ",")) != NULL;) {
        if (*part != '\0') {
            json_array_append_new(list, json_string(part));
        }
    }
    return list;
}

static void print_planned(void *context, json_t *line) {
    UNUSED(context);
    printf("%s\n", text_of(line, "activity"));
}

static int activity_plan(const struct ctl *ctl, int argc, char **argv) {
    static const struct option options[] = {
        {"area", required_argument, NULL, 1},       {"kind", required_argument, NULL, 1},
        {"title", required_argument, NULL, 1},      {"from", required_argument, NULL, 1},
        {"to", required_argument, NULL, 1},         {"organisations", required_argument, NULL, 2},
        {"place", required_argument, NULL, 1},      {"of", required_argument, NULL, 1},
        {"commitment", required_argument, NULL, 1}, {NULL, 0, NULL, 0},
    };
    json_t *request = json_pack("{s:s}", "command", "activity.plan");
    int option, index = 0;
    optind = 1;
    while ((option = getopt_long(argc, argv, "", options, &index)) == 1 || option == 2) {
        json_t *value = option == 1 ? json_string(optarg) : split(optarg);
        if (json_object_set_new(request, options[index].name, value) != 0) {
            json_decref(request);
            return ctl_fail(CTL_USAGE, "--%s is not UTF-8", options[index].name);
        }
    }
    if (option != -1 || optind < argc) {
        json_decref(request);
        fputs(help, stderr);
        return CTL_USAGE;
    }
    return asker_show(ctl, request, NULL, print_planned);
}

static void print_list(const char *label, json_t *list) {
    json_t *value;
    size_t i;
    json_array_foreach(list, i, value) {
        printf("%s%s", i == 0 ? label : ", ", json_string_value(value));
    }
}

static bool any_planned; // of this one run of the program

static void print_none(void *context, json_t *line) {
    UNUSED(context);
    UNUSED(line);
    if (!any_planned) {
        puts("Nothing is planned.");
    }
}

static void print_activity(void *context, json_t *row) {
    UNUSED(context);
    any_planned = true;
    const char *place = text_of(row, "place"), *of = text_of(row, "of"), *commitment = text_of(row, "commitment");
    json_int_t reports = json_integer_value(json_object_get(row, "reports"));
    printf("%s  %s - %s  %s%s%s%s%s  %s\n", text_of(row, "activity"), text_of(row, "from_local"), text_of(row, "to_local"),
           text_of(row, "kind"), *of == '\0' ? "" : " of ", of, *place == '\0' ? "" : " at ", place, text_of(row, "title"));
    print_list("         for ", json_object_get(row, "organisations"));
    printf("%s%s\n         ", *commitment == '\0' ? "" : ", toward ", commitment);
    if (reports == 0) {
        puts("nobody has reported on it yet");
        return;
    }
    printf("%" JSON_INTEGER_FORMAT " report%s", reports, reports == 1 ? "" : "s");
    print_list(" of ", json_object_get(row, "reported_by"));
    print_list("; missing: ", json_object_get(row, "missing"));
    puts(json_is_true(json_object_get(row, "complete")) ? "; all are there" : "");
}

static void print_cancelled(void *context, json_t *line) {
    UNUSED(context);
    printf("cancelled %s\n", text_of(line, "cancelled"));
}

int ctl_activity(const struct ctl *ctl, int argc, char **argv) {
    const char *action = argc > 1 ? argv[1] : "";
    if (strcmp(action, "plan") == 0) {
        return activity_plan(ctl, argc - 1, argv + 1);
    }
    if (strcmp(action, "list") == 0 && (argc == 2 || (argc == 4 && strcmp(argv[2], "--area") == 0))) {
        return asker_show(ctl, json_pack("{s:s,s:s*}", "command", "activity.list", "area", argc == 4 ? argv[3] : NULL),
                          print_activity, print_none);
    }
    if (strcmp(action, "cancel") == 0 && argc == 3) {
        return asker_show(ctl, json_pack("{s:s,s:s}", "command", "activity.cancel", "activity", argv[2]), NULL,
                          print_cancelled);
    }
    bool asked = strcmp(action, "--help") == 0;
    fputs(help, asked ? stdout : stderr);
    return asked ? CTL_OK : CTL_USAGE;
}
