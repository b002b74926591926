// rondctl retention, hold, disclosure: how long bodies are kept, what is held, and who may see what of whom.
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "ctl/asker.h"

static const char *text_of(json_t *line, const char *name) {
    const char *text = json_string_value(json_object_get(line, name));
    return text == NULL ? "" : text;
}

static json_int_t number_of(json_t *line, const char *name) {
    return json_integer_value(json_object_get(line, name));
}

// --- What is asked: COMMAND with --NAME VALUE for each argument that it takes ---

enum { ARGUMENTS_MAX = 8 };

// The request, or NULL where the command line is none; a word that is no option becomes `free_argument` (NULL: none may be).
static json_t *request_of(const char *command, const char *const names[], const char *free_argument, int argc, char **argv) {
    struct option options[ARGUMENTS_MAX + 1] = {{0}};
    json_t *request = json_pack("{s:s}", "command", command);
    int option, index = 0;
    for (size_t i = 0; names[i] != NULL; i++) {
        options[i] = (struct option){names[i], required_argument, NULL, 1};
    }
    optind = 0;
    while ((option = getopt_long(argc - 1, argv + 1, "", options, &index)) == 1) {
        if (json_object_set_new(request, options[index].name, json_string(optarg)) != 0) {
            break;
        }
    }
    int left = argc - 1 - optind;
    bool fits = option == -1 && left == (free_argument != NULL && left > 0 ? 1 : 0);
    if (fits && left == 1) {
        fits = json_object_set_new(request, free_argument, json_string(argv[1 + optind])) == 0;
    }
    if (!fits) {
        json_decref(request);
        return NULL;
    }
    return request;
}

static void print_id(void *context, json_t *line) {
    UNUSED(context);
    printf("%s\n", text_of(line, "id"));
}

static int change(const struct ctl *ctl, const char *command, const char *const names[], const char *free_argument, int argc,
                  char **argv, const char *help) {
    json_t *request = request_of(command, names, free_argument, argc, argv);
    return request == NULL ? ctl_help(help, false) : asker_show(ctl, request, NULL, print_id);
}

static int list(const struct ctl *ctl, const char *command, asker_line *row) {
    return asker_show(ctl, json_pack("{s:s}", "command", command), row, NULL);
}

// --- retention ---

static const char retention_help[] =
    "usage: rondctl retention set --controller ORG --category CATEGORY --keep KEEP\n"
    "       rondctl retention unset --controller ORG --category CATEGORY\n"
    "       rondctl retention list\n"
    "       rondctl retention run [--dry-run]   erase what is due; or only say what would go\n"
    "       rondctl retention protocol          what was erased, by which rule, when\n\n"
    "ORG is a controller or * (all). CATEGORY is a kind of report, withdrawal, quarantined, flagged or default. KEEP is "
    "year+1y\n"
    "(until one year after the end of the calendar year of receipt; what holds where nothing is set) or 90d (from "
    "receipt).\n"
    "rondd runs it daily ([retention] hour). Erased are body, key and salt; figures, hashes and verdicts stay.\n";

static void print_rule(void *context, json_t *row) {
    UNUSED(context);
    printf("%-20s %-18s %-10s %.10s %s\n", text_of(row, "controller"), text_of(row, "category"), text_of(row, "keep"),
           text_of(row, "set"), *text_of(row, "actor") == '\0' ? "(where nothing else is set)" : text_of(row, "actor"));
}

static void print_plan(void *context, json_t *row) {
    UNUSED(context);
    printf("%-36s %-20s %s %8" JSON_INTEGER_FORMAT " reports", text_of(row, "rule"), text_of(row, "controller"),
           text_of(row, "month"), number_of(row, "reports"));
    if (number_of(row, "held") > 0) {
        printf(", %" JSON_INTEGER_FORMAT " held", number_of(row, "held"));
    }
    putchar('\n');
}

static void print_note(void *context, json_t *row) {
    UNUSED(context);
    printf("%.16s %-10s %-36s %-20s %8" JSON_INTEGER_FORMAT " reports %6" JSON_INTEGER_FORMAT
           " forks, received %.10s to %.10s\n",
           text_of(row, "at"), text_of(row, "actor"), text_of(row, "rule"), text_of(row, "controller"),
           number_of(row, "reports"), number_of(row, "forks"), text_of(row, "first"), text_of(row, "last"));
}

struct run {
    json_int_t run_ms, after, erased, forks, held;
    bool over;
};

static void take_step(void *context, json_t *line) {
    struct run *run = context;
    run->run_ms = number_of(line, "run_ms");
    run->after = number_of(line, "after");
    run->erased += number_of(line, "erased");
    run->forks += number_of(line, "forks");
    run->held += number_of(line, "held");
    run->over = json_is_true(json_object_get(line, "over"));
}

static int run_steps(const struct ctl *ctl) {
    struct run run = {0};
    while (!run.over) {
        int code =
            asker_ask(ctl, json_pack("{s:s,s:I,s:I}", "command", "retention.run", "run_ms", run.run_ms, "after", run.after),
                      take_step, &run);
        if (code != CTL_OK) {
            return code;
        }
    }
    printf(ctl->json ? "{\"erased\":%" JSON_INTEGER_FORMAT ",\"forks\":%" JSON_INTEGER_FORMAT
                       ",\"held\":%" JSON_INTEGER_FORMAT "}\n"
                     : "erased %" JSON_INTEGER_FORMAT " reports and %" JSON_INTEGER_FORMAT " forks; %" JSON_INTEGER_FORMAT
                       " are held\n",
           run.erased, run.forks, run.held);
    return CTL_OK;
}

int ctl_retention(const struct ctl *ctl, int argc, char **argv) {
    static const char *const SET[] = {"controller", "category", "keep", NULL}, *const UNSET[] = {"controller", "category",
                                                                                                 NULL};
    const char *action = argc > 1 ? argv[1] : "";
    if (strcmp(action, "set") == 0) {
        return change(ctl, "retention.set", SET, NULL, argc, argv, retention_help);
    }
    if (strcmp(action, "unset") == 0) {
        return change(ctl, "retention.unset", UNSET, NULL, argc, argv, retention_help);
    }
    if (strcmp(action, "list") == 0 && argc == 2) {
        return list(ctl, "retention.list", print_rule);
    }
    if (strcmp(action, "protocol") == 0 && argc == 2) {
        return list(ctl, "retention.protocol", print_note);
    }
    if (strcmp(action, "run") == 0 && argc == 3 && strcmp(argv[2], "--dry-run") == 0) {
        return list(ctl, "retention.plan", print_plan);
    }
    if (strcmp(action, "run") == 0 && argc == 2) {
        return run_steps(ctl);
    }
    return ctl_help(retention_help, strcmp(action, "--help") == 0);
}

// --- hold ---

static const char hold_help[] =
    "usage: rondctl hold add REF --reason TEXT            this report is not erased while the hold stands\n"
    "       rondctl hold add [--controller ORG] [--area AREA] [--from DAY] [--to DAY] --reason TEXT\n"
    "       rondctl hold list\n"
    "       rondctl hold lift ID\n\n"
    "A report is held where it happened at any moment of the days. The reason is kept in the audit log: no names in it.\n";

static void print_hold(void *context, json_t *row) {
    UNUSED(context);
    printf("%-11s %s %s %.10s..%.10s %s: %s\n", text_of(row, "id"),
           *text_of(row, "controller") == '\0' ? "*" : text_of(row, "controller"),
           *text_of(row, "area") == '\0' ? "*" : text_of(row, "area"), text_of(row, "from"), text_of(row, "to"),
           text_of(row, "report"), text_of(row, "reason"));
}

int ctl_hold(const struct ctl *ctl, int argc, char **argv) {
    static const char *const ADD[] = {"controller", "area", "from", "to", "reason", NULL}, *const NONE[] = {NULL};
    const char *action = argc > 1 ? argv[1] : "";
    if (strcmp(action, "add") == 0) {
        return change(ctl, "hold.add", ADD, "reference", argc, argv, hold_help);
    }
    if (strcmp(action, "lift") == 0 && argc == 3) {
        return change(ctl, "hold.lift", NONE, "id", argc, argv, hold_help);
    }
    if (strcmp(action, "list") == 0 && argc == 2) {
        return list(ctl, "hold.list", print_hold);
    }
    return ctl_help(hold_help, strcmp(action, "--help") == 0);
}

// --- disclosure ---

static const char disclosure_help[] =
    "usage: rondctl disclosure set --from ORG --to ORG|public --category CATEGORY --level figures|reports|texts|nothing\n"
    "       rondctl disclosure unset --from ORG --to ORG|public --category CATEGORY\n"
    "       rondctl disclosure list\n\n"
    "What an organisation may see of another's reports: nothing, unless a rule says so. ORG may be * (everybody).\n"
    "CATEGORY is a kind of report or default.\n";

static void print_disclosure(void *context, json_t *row) {
    UNUSED(context);
    printf("%-20s %-20s %-18s %-8s %.10s %s\n", text_of(row, "from"), text_of(row, "to"), text_of(row, "category"),
           text_of(row, "level"), text_of(row, "set"), text_of(row, "actor"));
}

int ctl_disclosure(const struct ctl *ctl, int argc, char **argv) {
    static const char *const SET[] = {"from", "to", "category", "level", NULL}, *const UNSET[] = {"from", "to", "category",
                                                                                                  NULL};
    const char *action = argc > 1 ? argv[1] : "";
    if (strcmp(action, "set") == 0) {
        return change(ctl, "disclosure.set", SET, NULL, argc, argv, disclosure_help);
    }
    if (strcmp(action, "unset") == 0) {
        return change(ctl, "disclosure.unset", UNSET, NULL, argc, argv, disclosure_help);
    }
    if (strcmp(action, "list") == 0 && argc == 2) {
        return list(ctl, "disclosure.list", print_disclosure);
    }
    return ctl_help(disclosure_help, strcmp(action, "--help") == 0);
}

// --- export ---

static const char export_help[] =
    "usage: rondctl export [--reason TEXT]  every report without its free texts, one JSON object a line, in order of "
    "arrival\n"
    "       rondctl export --for ORG [--reason TEXT]  what this organisation may see one by one, by the rules of disclosure\n"
    "       rondctl export --public-record --decision NUMBER --controller ORG [--area AREA] [--from DAY] [--to DAY]\n\n"
    "For a request to see public records: days, areas and what was done; no places, times, ids, persons or texts. The "
    "decision's\n"
    "number is kept in the audit log; who asked is not.\n";

static void print_line(void *context, json_t *line) {
    UNUSED(context);
    json_dumpf(line, stdout, JSON_COMPACT);
    putchar('\n');
}

static void print_masked(void *context, json_t *line) {
    UNUSED(context);
    json_t *sentence;
    size_t i;
    json_array_foreach(json_object_get(line, "masked"), i, sentence) {
        fprintf(stderr, "rondctl: %s\n", json_string_value(sentence));
    }
}

int ctl_export(const struct ctl *ctl, int argc, char **argv) {
    static const char *const PUBLIC[] = {"decision", "controller", "area", "from", "to", NULL};
    static const char *const PLAIN[] = {"for", "reason", NULL};
    bool is_public = argc > 1 && strcmp(argv[1], "--public-record") == 0;
    json_t *request = is_public ? request_of("export.public", PUBLIC, NULL, argc, argv) : request_of("export", PLAIN, NULL, argc + 1, argv - 1);
    return request == NULL ? ctl_help(export_help, argc > 1 && strcmp(argv[1], "--help") == 0)
                           : asker_show(ctl, request, print_line, is_public ? print_masked : NULL);
}
