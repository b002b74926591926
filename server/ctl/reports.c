// rondctl quarantine, report, export, counts, rebuild, verify.
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "ctl/asker.h"
#include "ctl/backup.h"
#include "ctl/receipt.h"

static const char *text_of(json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

static void print_pretty(void *context, json_t *row) {
    UNUSED(context);
    json_dumpf(row, stdout, JSON_INDENT(2));
    putchar('\n');
}

static void print_line(void *context, json_t *row) {
    UNUSED(context);
    json_dumpf(row, stdout, JSON_COMPACT);
    putchar('\n');
}

static int usage(const char *help, int argc, char **argv) {
    return ctl_help(help, argc > 1 && strcmp(argv[1], "--help") == 0);
}

// --- quarantine ---

static const char quarantine_help[] = "usage: rondctl quarantine list [--all]   what nobody has decided about yet (--all: and what was)\n"
                                      "       rondctl quarantine show REF        the whole report, and why it is there\n"
                                      "       rondctl quarantine release REF     it may count from now on\n"
                                      "       rondctl quarantine amend REF --set FIELD=VALUE [--set ...] [--reason TEXT]\n"
                                      "           a field of it says something else from now on, and it may count; what came stays as it is.\n"
                                      "           FIELD as shown (organisations[0], walk.findings[2].place); ids, numbers and times (\"2015-05-08 14:00\")\n"
                                      "       rondctl quarantine discard REF     it never counts; the report stays\n";

static void print_quarantined(void *context, json_t *row) {
    UNUSED(context);
    const char *decided = json_is_true(json_object_get(row, "released"))    ? "released"
                          : json_is_true(json_object_get(row, "discarded")) ? "discarded"
                                                                            : "open";
    printf("%-14s %-9s %-16s %-16s %s%s%s\n", text_of(row, "reference"), decided, text_of(row, "organisation"), text_of(row, "kind"),
           text_of(row, "field"), *text_of(row, "field") == '\0' ? "" : ": ", text_of(row, "reason"));
}

static void print_decided(void *context, json_t *line) {
    UNUSED(context);
    printf("%s %s\n", text_of(line, "decided"), text_of(line, "reference"));
}

// NULL where an option is none.
static json_t *amend_request(int argc, char **argv) {
    json_t *set = json_object(), *request = json_pack("{s:s,s:s,s:o}", "command", "quarantine.amend", "reference", argv[2], "set", set);
    bool is_said = argc > 3;
    for (int i = 3; i < argc && is_said; i += 2) {
        char *value = i + 1 < argc ? strchr(argv[i + 1], '=') : NULL;
        if (i + 1 < argc && strcmp(argv[i], "--reason") == 0) {
            is_said = json_object_set_new(request, "reason", json_string(argv[i + 1])) == 0;
            continue;
        }
        is_said = value != NULL && strcmp(argv[i], "--set") == 0;
        if (is_said) {
            *value = '\0';
            is_said = json_object_set_new(set, argv[i + 1], json_string(value + 1)) == 0;
        }
    }
    return is_said ? request : (json_decref(request), NULL);
}

int ctl_quarantine(const struct ctl *ctl, int argc, char **argv) {
    const char *action = argc > 1 ? argv[1] : "";
    if (strcmp(action, "list") == 0 && (argc == 2 || (argc == 3 && strcmp(argv[2], "--all") == 0))) {
        return asker_show(ctl, json_pack("{s:s,s:s}", "command", "quarantine.list", "which", argc == 3 ? "all" : "open"), print_quarantined, NULL);
    }
    if (strcmp(action, "show") == 0 && argc == 3) {
        return asker_show(ctl, json_pack("{s:s,s:s}", "command", "report.show", "reference", argv[2]), print_pretty, NULL);
    }
    if ((strcmp(action, "release") == 0 || strcmp(action, "discard") == 0) && argc == 3) {
        const char *command = action[0] == 'r' ? "quarantine.release" : "quarantine.discard";
        return asker_show(ctl, json_pack("{s:s,s:s}", "command", command, "reference", argv[2]), NULL, print_decided);
    }
    json_t *amend = strcmp(action, "amend") == 0 && argc > 3 ? amend_request(argc, argv) : NULL;
    if (amend != NULL) {
        return asker_show(ctl, amend, NULL, print_decided);
    }
    return usage(quarantine_help, argc, argv);
}

// --- report ---

static const char report_help[] = "usage: rondctl report show REF [--reason TEXT]\n"
                                  "           the whole report, its verdict and what it counted toward; why goes into the audit log\n"
                                  "       rondctl report erase REF   its body goes; hash, verdict and figures stay\n"
                                  "       rondctl report undecided   of which reports it is open whether they were at a promised place\n"
                                  "       rondctl report place REF PLACE yes|no|undo\n"
                                  "           it was there, it was not, or nobody has decided after all\n"
                                  "       rondctl report flagged     reports whose texts seem to hold personal data: where, not what\n"
                                  "Showing a report shows its texts, and is kept in the audit log.\n";

// "walk.findings[2].cause: vehicle_plate, ..."; the kinds alone where the body is gone.
static void print_found(json_t *row) {
    json_t *found, *kind;
    size_t i;
    const char *before = "";
    json_array_foreach(json_object_get(row, "found"), i, found) {
        printf("%s%s: %s", before, text_of(found, "field"), text_of(found, "kind"));
        before = ", ";
    }
    if (!json_is_true(json_object_get(row, "erased"))) {
        return;
    }
    json_array_foreach(json_object_get(row, "kinds"), i, kind) {
        printf("%s%s", before, json_string_value(kind));
        before = ", ";
    }
}

static void print_flagged(void *context, json_t *row) {
    UNUSED(context);
    printf("%-14s %-7s %-18s %-12s ", text_of(row, "reference"), json_is_true(json_object_get(row, "erased")) ? "erased" : "open",
           text_of(row, "organisation"), text_of(row, "area"));
    print_found(row);
    putchar('\n');
}

static void print_erased(void *context, json_t *line) {
    UNUSED(context);
    printf("erased the body of %s\n", text_of(line, "erased"));
}

static bool any_undecided; // of this one run of the program

static void print_undecided(void *context, json_t *row) {
    UNUSED(context);
    any_undecided = true;
    printf("%-14s %-18s %s  %-34s %s\n", text_of(row, "reference"), text_of(row, "organisation"), text_of(row, "occurred_from"),
           text_of(row, "commitment"), text_of(row, "place"));
}

static void print_all_decided(void *context, json_t *line) {
    UNUSED(context);
    UNUSED(line);
    if (!any_undecided) {
        puts("Nothing is undecided.");
    }
}

static void print_placed(void *context, json_t *line) {
    UNUSED(context);
    if (json_object_get(line, "undone") != NULL) {
        printf("undone: decision %" JSON_INTEGER_FORMAT "\n", json_integer_value(json_object_get(line, "undone")));
        return;
    }
    bool there = strcmp(text_of(line, "value"), "yes") == 0;
    printf("%s was %sat %s (decision %" JSON_INTEGER_FORMAT ")\n", text_of(line, "reports"), there ? "" : "not ", text_of(line, "subject"),
           json_integer_value(json_object_get(line, "decision")));
}

int ctl_report(const struct ctl *ctl, int argc, char **argv) {
    const char *action = argc > 1 ? argv[1] : "";
    if (strcmp(action, "undecided") == 0 && argc == 2) {
        return asker_show(ctl, json_pack("{s:s}", "command", "report.undecided"), print_undecided, print_all_decided);
    }
    if (strcmp(action, "place") == 0 && argc == 5) {
        return asker_show(ctl, json_pack("{s:s,s:[s],s:s,s:s}", "command", "report.place", "references", argv[2], "place", argv[3], "value", argv[4]),
                          NULL, print_placed);
    }
    if (strcmp(action, "show") == 0 && (argc == 3 || (argc == 5 && strcmp(argv[3], "--reason") == 0))) {
        return asker_show(ctl, json_pack("{s:s,s:s,s:s*}", "command", "report.show", "reference", argv[2], "reason", argc == 5 ? argv[4] : NULL),
                          print_pretty, NULL);
    }
    if (strcmp(action, "flagged") == 0 && argc == 2) {
        return asker_show(ctl, json_pack("{s:s}", "command", "report.flagged"), print_flagged, NULL);
    }
    if (strcmp(action, "erase") == 0 && argc == 3) {
        return asker_show(ctl, json_pack("{s:s,s:s}", "command", "report.erase", "reference", argv[2]), NULL, print_erased);
    }
    return usage(report_help, argc, argv);
}

// --- counts, audit ---

static void print_counts(void *context, json_t *line) {
    UNUSED(context);
    const char *name;
    json_t *value;
    json_object_foreach(line, name, value) {
        if (json_is_integer(value)) {
            printf("%-24s %12" JSON_INTEGER_FORMAT "\n", name, json_integer_value(value));
        }
    }
}

static bool add_up; // of this one run of the program

static void counts_line(void *context, json_t *line) {
    const struct ctl *ctl = context;
    add_up = json_is_true(json_object_get(line, "add_up"));
    if (ctl->json) {
        print_line(context, line);
    } else {
        print_counts(context, line);
        puts(add_up ? "received is the sum of applied, quarantined and lost" : "THE COUNTS DO NOT ADD UP");
    }
}

int ctl_counts(const struct ctl *ctl, int argc, char **argv) {
    if (argc > 1) {
        return usage("usage: rondctl counts   how many reports, verdicts, devices, outboxes; exit code 8 where they do not add up\n", argc, argv);
    }
    int code = asker_ask(ctl, json_pack("{s:s}", "command", "counts"), counts_line, (void *)(uintptr_t)ctl);
    return code == CTL_OK && !add_up ? CTL_UNSOUND : code;
}

// --- rebuild, verify ---

static void print_rebuilt(void *context, json_t *line) {
    UNUSED(context);
    printf("counted anew: %s (digest %.16s)\n",
           json_is_true(json_object_get(line, "unchanged")) ? "the same as before" : "the figures have CHANGED", text_of(line, "digest"));
}

int ctl_rebuild(const struct ctl *ctl, int argc, char **argv) {
    if (argc > 1) {
        return usage("usage: rondctl rebuild   counts everything anew from the stored reports, in one transaction\n"
                     "Shows how far it has come where standard error is a terminal. Devices keep what they have and wait meanwhile.\n",
                     argc, argv);
    }
    return asker_show(ctl, json_pack("{s:s}", "command", "rebuild"), NULL, print_rebuilt);
}

static void print_finding(void *context, json_t *row) {
    UNUSED(context);
    printf("UNSOUND  %s  device %s outbox %s seq %" JSON_INTEGER_FORMAT " %s\n", text_of(row, "what"), text_of(row, "device"),
           text_of(row, "outbox"), json_integer_value(json_object_get(row, "seq")), text_of(row, "commitment"));
}

static bool all_sound = true; // of this one run of the program

static void print_verified(void *context, json_t *line) {
    const struct ctl *ctl = context;
    bool sound = json_is_true(json_object_get(line, "sound"));
    all_sound = all_sound && sound;
    if (!ctl->json) {
        print_counts(context, line);
        puts(sound ? "sound" : "NOT SOUND");
    }
}

static void verify_row(void *context, json_t *row) {
    const struct ctl *ctl = context;
    if (ctl->json) {
        print_line(context, row);
    }
    if (json_object_get(row, "ok") != NULL) {
        print_verified(context, row);
    } else if (!ctl->json) {
        print_finding(context, row);
    }
}

static const char verify_help[] =
    "usage: rondctl verify [--backup DIR] [--receipt FILE]\n\n"
    "Checks every chain, signature and total, and the files; exit code 8 where something is wrong.\n\n"
    "  --backup DIR    the same of a backup, and that its files are what was written; changes nothing there\n"
    "  --receipt FILE  is everything there that the server gave this receipt for ('rond receipt --to FILE'), and as it was?\n"
    "                  Names the device and the first seq that differs or is missing\n";

int ctl_verify(const struct ctl *ctl, int argc, char **argv) {
    static const struct option options[] = {
        {"backup", required_argument, NULL, 'b'}, {"receipt", required_argument, NULL, 'r'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    const char *backup = NULL, *receipt = NULL;
    int code;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'b': backup = optarg; break;
        case 'r': receipt = optarg; break;
        default: return ctl_help(verify_help, option == 'h');
        }
    }
    if (optind != argc) {
        return ctl_help(verify_help, false);
    }
    if (receipt != NULL) {
        code = receipt_verify(ctl, receipt, backup, verify_row, (void *)(uintptr_t)ctl);
    } else if (backup != NULL) {
        code = backup_verify(ctl, backup, verify_row, (void *)(uintptr_t)ctl);
    } else {
        code = asker_ask(ctl, json_pack("{s:s}", "command", "verify"), verify_row, (void *)(uintptr_t)ctl);
    }
    return code == CTL_OK && !all_sound ? CTL_UNSOUND : code;
}
