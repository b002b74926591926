// rondctl join: list | make | part | dismiss | undo | log
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "ctl/asker.h"

static const char help[] =
    "usage: rondctl join list [--area ID] [--since YYYY-MM-DD] [--until YYYY-MM-DD]\n"
    "           likely duplicates, with the evidence: two reports of one kind, near in time and place, that count as two\n"
    "       rondctl join make REF REF [REF ...]\n"
    "           they are one activity, and count once; under a reference that one of them has, else a new one\n"
    "       rondctl join part REF\n"
    "           it counts on its own from now on, whatever reference it names\n"
    "       rondctl join dismiss REF REF\n"
    "           they are not the same, and are not offered again\n"
    "       rondctl join undo ID\n"
    "           takes a decision back; what was before holds again\n"
    "       rondctl join log\n"
    "           every decision, who made it and when\n\n"
    "Nothing is ever joined by itself. A decision holds for the report and every correction of it.\n";

static const char *text_of(json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

static json_int_t number_of(json_t *object, const char *name) {
    return json_integer_value(json_object_get(object, name));
}

// --- list ---

static void print_report(json_t *report) {
    json_t *organisation;
    size_t i;
    printf("  %-14s %-18s %s - %s  %-16s %s%s", text_of(report, "reference"), text_of(report, "organisation"),
           text_of(report, "from_local"), text_of(report, "to_local") + 11,
           *text_of(report, "place") == '\0' ? "(no place)" : text_of(report, "place"),
           *text_of(report, "activity") == '\0' ? "" : "activity ", text_of(report, "activity"));
    json_array_foreach(json_object_get(report, "organisations"), i, organisation) {
        printf("%s%s", i == 0 ? " with " : ", ", json_string_value(organisation));
    }
    putchar('\n');
}

static void print_evidence(json_t *row) {
    json_int_t apart_s = number_of(row, "apart_s");
    const char *near = text_of(row, "near");
    printf("    %s in %s: ", text_of(row, "kind"), text_of(row, "area"));
    if (apart_s == 0) {
        printf("at the same time");
    } else {
        printf("%" JSON_INTEGER_FORMAT " minutes apart", (apart_s + 59) / 60);
    }
    if (strcmp(near, "same_place") == 0) {
        printf(", the same place\n");
    } else if (strcmp(near, "no_place") == 0) {
        printf(", one says no place\n");
    } else {
        printf(", %" JSON_INTEGER_FORMAT " m from each other\n", number_of(row, "distance_m"));
    }
}

static bool any_offer; // of this one run of the program

static void print_offer(void *context, json_t *row) {
    json_t *report, *toward, *reports = json_object_get(row, "reports");
    size_t i;
    UNUSED(context);
    if (any_offer) {
        putchar('\n');
    }
    any_offer = true;
    json_array_foreach(reports, i, report) {
        print_report(report);
    }
    print_evidence(row);
    json_array_foreach(json_object_get(row, "commitments"), i, toward) {
        printf("    %-40s counts %" JSON_INTEGER_FORMAT ", joined it would be %" JSON_INTEGER_FORMAT "\n",
               text_of(toward, "commitment"), number_of(toward, "done"), number_of(toward, "would_be"));
    }
    const char *one = text_of(json_array_get(reports, 0), "reference"),
               *other = text_of(json_array_get(reports, 1), "reference");
    printf("    rondctl join make %s %s   or   rondctl join dismiss %s %s\n", one, other, one, other);
}

static void print_offered(void *context, json_t *line) {
    UNUSED(context);
    if (!any_offer) {
        puts("No likely duplicates.");
    }
    if (json_is_true(json_object_get(line, "more"))) {
        puts("\nThere are more; ask for an area, or fewer days with --since and --until.");
    }
}

static int join_list(const struct ctl *ctl, int argc, char **argv) {
    static const struct option options[] = {{"area", required_argument, NULL, 'a'},
                                            {"since", required_argument, NULL, 's'},
                                            {"until", required_argument, NULL, 'u'},
                                            {NULL, 0, NULL, 0}};
    json_t *request = json_pack("{s:s}", "command", "join.list");
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        const char *name = option == 'a' ? "area" : option == 's' ? "since" : option == 'u' ? "until" : NULL;
        if (name == NULL || json_object_set_new(request, name, json_string(optarg)) != 0) {
            json_decref(request);
            fputs(help, stderr);
            return CTL_USAGE;
        }
    }
    if (optind < argc) {
        json_decref(request);
        fputs(help, stderr);
        return CTL_USAGE;
    }
    return asker_show(ctl, request, print_offer, print_offered);
}

// --- log ---

static void print_references(json_t *reports) {
    json_t *report;
    size_t i;
    json_array_foreach(reports, i, report) {
        printf("%s%s", i == 0 ? "" : " ", text_of(report, "reference"));
    }
}

static bool any_logged; // of this one run of the program

static void print_none_logged(void *context, json_t *line) {
    UNUSED(context);
    UNUSED(line);
    if (!any_logged) {
        puts("Nobody has decided anything yet.");
    }
}

static void print_logged(void *context, json_t *row) {
    UNUSED(context);
    any_logged = true;
    const char *subject = *text_of(row, "activity") != '\0' ? text_of(row, "activity")
                          : *text_of(row, "place") != '\0'  ? text_of(row, "place")
                                                             : text_of(row, "field");
    printf("%5" JSON_INTEGER_FORMAT "  %s  %-12s %-8s ", number_of(row, "decision"), text_of(row, "at"),
           text_of(row, "actor"), text_of(row, "kind"));
    print_references(json_object_get(row, "reports"));
    printf("%s%s%s%s", *subject == '\0' ? "" : " as ", subject, *text_of(row, "value") == '\0' ? "" : " ",
           text_of(row, "value"));
    if (*text_of(row, "undone") != '\0') {
        printf("  (undone %s by %s)", text_of(row, "undone"), text_of(row, "undone_by"));
    }
    putchar('\n');
}

// --- Decisions ---

static void print_joined(void *context, json_t *line) {
    UNUSED(context);
    printf("joined %s as %s (decision %" JSON_INTEGER_FORMAT ")\n", text_of(line, "reports"), text_of(line, "subject"),
           number_of(line, "decision"));
}

static void print_parted(void *context, json_t *line) {
    UNUSED(context);
    printf("%s counts on its own (decision %" JSON_INTEGER_FORMAT ")\n", text_of(line, "reports"),
           number_of(line, "decision"));
}

static void print_dismissed(void *context, json_t *line) {
    UNUSED(context);
    printf("%s are not the same (decision %" JSON_INTEGER_FORMAT ")\n", text_of(line, "reports"),
           number_of(line, "decision"));
}

static void print_undone(void *context, json_t *line) {
    UNUSED(context);
    printf("undone: decision %" JSON_INTEGER_FORMAT "\n", number_of(line, "undone"));
}

static int decide(const struct ctl *ctl, const char *command, int argc, char **argv, asker_line *last) {
    json_t *references = json_array();
    for (int i = 0; i < argc; i++) {
        json_array_append_new(references, json_string(argv[i]));
    }
    return asker_show(ctl, json_pack("{s:s,s:o}", "command", command, "references", references), NULL, last);
}

static int join_undo(const struct ctl *ctl, const char *text) {
    char *end;
    long long number = strtoll(text, &end, 10);
    if (*text == '\0' || *end != '\0' || number <= 0) {
        return ctl_fail(CTL_USAGE, "'%s' is no decision; 'rondctl join log' lists them by number", text);
    }
    return asker_show(ctl, json_pack("{s:s,s:I}", "command", "join.undo", "decision", (json_int_t)number), NULL,
                      print_undone);
}

int ctl_join(const struct ctl *ctl, int argc, char **argv) {
    const char *action = argc > 1 ? argv[1] : "";
    if (strcmp(action, "list") == 0) {
        return join_list(ctl, argc - 1, argv + 1);
    }
    if (strcmp(action, "make") == 0 && argc >= 4) {
        return decide(ctl, "join.make", argc - 2, argv + 2, print_joined);
    }
    if (strcmp(action, "part") == 0 && argc == 3) {
        return decide(ctl, "join.part", 1, argv + 2, print_parted);
    }
    if (strcmp(action, "dismiss") == 0 && argc == 4) {
        return decide(ctl, "join.dismiss", 2, argv + 2, print_dismissed);
    }
    if (strcmp(action, "undo") == 0 && argc == 3) {
        return join_undo(ctl, argv[2]);
    }
    if (strcmp(action, "log") == 0 && argc == 2) {
        return asker_show(ctl, json_pack("{s:s}", "command", "join.log"), print_logged, print_none_logged);
    }
    bool asked = strcmp(action, "--help") == 0;
    fputs(help, asked ? stdout : stderr);
    return asked ? CTL_OK : CTL_USAGE;
}
