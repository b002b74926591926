// rondctl: the administrator's command line.
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "ctl/ctl.h"

static const struct {
    const char *name;
    ctl_command *run;
    const char *what;
} commands[] = {
    {"init", ctl_init, "make a data directory: store, certificate authority"},
    {"promise", ctl_promise, "import FILE.yaml | list | show ID | history ID | remove ID"},
    {"device", ctl_device, "code | list | revoke DEVICE --lost|--retired"},
    {"progress", ctl_progress, "how each promise stands; --why PROMISE/COMMITMENT for what is behind a number"},
    {"summary", ctl_summary, "--organisation ORG: what its reports of one week led to"},
    {"followup", ctl_followup, "publish | list | show | diff | verify | export | keys | rotate-key: signed statements per tertial"},
    {"quarantine", ctl_quarantine, "list | show REF | release REF | discard REF"},
    {"outbox", ctl_outbox, "list | forks: what devices have queued, and what of it was received, lost or forked"},
    {"report", ctl_report, "show REF | erase REF | flagged | place REF PLACE yes|no|undo | undecided"},
    {"join", ctl_join, "list | make REF REF | part REF | dismiss REF REF | undo ID | log: several reports of one activity"},
    {"activity", ctl_activity, "plan | list | cancel ID: joint activities that devices can pick"},
    {"export", ctl_export, "every report with its verdict, as JSON lines"},
    {"verify", ctl_verify, "check every chain, signature, total and the files themselves"},
    {"rebuild", ctl_rebuild, "count everything anew from the reports"},
    {"counts", ctl_counts, "how many reports, verdicts, devices"},
    {"words", ctl_words, "the words that reports may use: roles, kinds of check, items, places, ..."},
    {"audit", ctl_audit, "who changed what"},
};

static void usage(FILE *to) {
    fputs("usage: rondctl [--data DIR] [--json] COMMAND ...\n\n", to);
    for (size_t i = 0; i < ARRAY_COUNT(commands); i++) {
        fprintf(to, "  %-11s %s\n", commands[i].name, commands[i].what);
    }
    fputs("\n"
          "  --data DIR  the data directory (default $ROND_DATA, else /var/lib/rond)\n"
          "  --json      rows as JSON, one object a line\n"
          "  --version   print the version\n"
          "  --help      this text; 'rondctl COMMAND --help' tells more\n\n"
          "Speaks to the running rondd over DIR/control.sock, and opens the store itself only when no rondd holds it.\n"
          "REF is a report's short reference (K7QF2M-1A-C) or #ROW.\n\n"
          "Exit codes: 0 done, 1 failed, 2 usage, 3 wrong input, 4 not found, 5 conflict, 6 server does not answer,\n"
          "            7 verify found something\n",
          to);
}

int ctl_exit_of(enum rond_err err) {
    switch (err) {
    case ROND_OK: return CTL_OK;
    case ROND_EINVALID: return CTL_INVALID;
    case ROND_ENOTFOUND: return CTL_NOT_FOUND;
    case ROND_ECONFLICT: return CTL_CONFLICT;
    default: return CTL_FAILED;
    }
}

int ctl_fail(int code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("rondctl: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return code;
}

// --json may stand behind the command too; answers the new argc.
static int take_json(struct ctl *ctl, int argc, char **argv) {
    int kept = 0;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            ctl->json = true;
        } else {
            argv[kept++] = argv[i];
        }
    }
    argv[kept] = NULL;
    return kept;
}

static bool asks_help(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            return true;
        }
    }
    return false;
}

static int run(const struct ctl *ctl, int argc, char **argv) {
    char help[] = "--help";
    char *asked[] = {argv[0], help, NULL};
    for (size_t i = 0; i < ARRAY_COUNT(commands); i++) {
        if (strcmp(commands[i].name, argv[0]) == 0) {
            optind = 1;
            return asks_help(argc, argv) ? commands[i].run(ctl, 2, asked) : commands[i].run(ctl, argc, argv);
        }
    }
    return ctl_fail(CTL_USAGE, "there is no command '%s'; see rondctl --help", argv[0]);
}

int main(int argc, char **argv) {
    static const struct option options[] = {
        {"data", required_argument, NULL, 'd'}, {"json", no_argument, NULL, 'j'},    {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},    {NULL, 0, NULL, 0},
    };
    const char *data = getenv("ROND_DATA");
    struct ctl ctl = {.data = data != NULL ? data : "/var/lib/rond", .color = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL};
    for (int option; (option = getopt_long(argc, argv, "+", options, NULL)) != -1;) {
        switch (option) {
        case 'd': ctl.data = optarg; break;
        case 'j': ctl.json = true; break;
        case 'h': usage(stdout); return CTL_OK;
        case 'v': puts("rondctl " ROND_VERSION); return CTL_OK;
        default: fputs("see rondctl --help\n", stderr); return CTL_USAGE;
        }
    }
    if (optind == argc) {
        usage(stderr);
        return CTL_USAGE;
    }
    argc = take_json(&ctl, argc - optind, argv + optind);
    if (argc == 0) {
        usage(stderr);
        return CTL_USAGE;
    }
    int code = run(&ctl, argc, argv + optind);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        return ctl_fail(CTL_FAILED, "the output could not be written");
    }
    return code;
}
