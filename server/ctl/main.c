// rondctl: the administrator's command line.
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/err.h"
#include "base/process.h"
#include "libraries.h"
#include "ctl/ctl.h"

static const struct {
    const char *name;
    ctl_command *run;
    const char *what;
} commands[] = {
    {"init", ctl_init, "make a data directory: store, certificate authority"},
    {"ca", ctl_ca, "status | renew | retire: another certificate authority in the place of this one"},
    {"promise", ctl_promise, "import FILE.yaml | list | show ID | history ID | remove ID"},
    {"device", ctl_device, "code | list | approve | refuse | revoke DEVICE --lost|--retired"},
    {"progress", ctl_progress, "how each promise stands; --why PROMISE/COMMITMENT for what is behind a number"},
    {"summary", ctl_summary, "--organisation ORG: what its reports of one week led to"},
    {"followup", ctl_followup, "publish | list | show | diff | verify | export | keys | rotate-key: signed statements per tertial"},
    {"quarantine", ctl_quarantine, "list | show REF | release REF | discard REF"},
    {"outbox", ctl_outbox, "list | forks: what devices have queued, and what of it was received, lost or forked"},
    {"report", ctl_report, "show REF | erase REF | flagged | place REF PLACE yes|no|undo | undecided"},
    {"join", ctl_join, "list | make REF REF | part REF | dismiss REF REF | undo ID | log: several reports of one activity"},
    {"walk", ctl_walk, "list | set REF FINDING | close REF FINDING | reopen ID: unsafe places of safety walks"},
    {"activity", ctl_activity, "plan | list | cancel ID: joint activities that devices can pick"},
    {"export", ctl_export, "every report with its verdict, as JSON lines; --for ORG, --public-record"},
    {"retention", ctl_retention, "set | unset | list | run [--dry-run] | protocol: how long bodies are kept"},
    {"hold", ctl_hold, "add | list | lift ID: what is not erased meanwhile"},
    {"disclosure", ctl_disclosure, "set | unset | list: what organisations may see of each other"},
    {"verify", ctl_verify, "check every chain, signature, total and the files themselves; of a backup with --backup DIR; a device's receipt with --receipt FILE"},
    {"rescue", ctl_rescue, "FILE: take in what a handheld that cannot connect wrote with 'rond rescue'"},
    {"backup", ctl_backup, "DEST: a checked copy, while the server runs; --keys FILE: what opens its texts"},
    {"restore", ctl_restore, "BACKUP --keys FILE: a backup becomes the data directory, while no server runs"},
    {"rebuild", ctl_rebuild, "count everything anew from the reports"},
    {"health", ctl_health, "is the store written, and what will go wrong if nobody looks"},
    {"counts", ctl_counts, "how many reports, verdicts, devices"},
    {"seclude", ctl_seclude, "move ca.key and receipt.key to where the running server cannot read them"},
    {"words", ctl_words, "the words that reports may use: roles, kinds of check, items, places, ..."},
    {"person", ctl_person, "add | grant | list | lock | log-out | reset-password | reset-second-factor ...: people who log in"},
    {"audit", ctl_audit, "who did what and why; export | sample --size N"},
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
          "Exit codes: 0 done, 1 unexpected, 2 wrong usage, 3 wrong input, 4 refused, 5 disk full, 6 the server does not\n"
          "            answer: try again, 7 no such thing, 8 storage failed or damaged, verify found something, or a\n"
          "            signature does not fit, 9 it contradicts what is there\n",
          to);
}

int ctl_exit_of(enum rond_err err) {
    switch (err) {
    case ROND_OK: return CTL_OK;
    case ROND_EINVALID: return CTL_INVALID;
    case ROND_EAUTH: return CTL_REFUSED;
    case ROND_EFULL: return CTL_FULL;
    case ROND_EAGAIN: return CTL_UNREACHABLE;
    case ROND_ENOTFOUND: return CTL_NOT_FOUND;
    case ROND_EIO:
    case ROND_ECORRUPT: return CTL_UNSOUND;
    case ROND_ECONFLICT: return CTL_CONFLICT;
    default: return CTL_FAILED;
    }
}

// --- What went wrong ---

static bool is_json; // of this one run of the program

static const char *name_of(int code) {
    static const char *const names[] = {
        [CTL_OK] = "ok",          [CTL_FAILED] = "unexpected", [CTL_USAGE] = "usage",         [CTL_INVALID] = "invalid", [CTL_REFUSED] = "auth",
        [CTL_FULL] = "full",      [CTL_UNREACHABLE] = "again", [CTL_NOT_FOUND] = "not found", [CTL_UNSOUND] = "io",      [CTL_CONFLICT] = "conflict",
    };
    return names[code];
}

static void print_error(const char *name, int code, const char *field, const char *text) {
    json_t *field_json = field[0] != '\0' ? json_string(field) : json_null();
    json_t *error = json_pack("{s:{s:s,s:i,s:o,s:s}}", "error", "name", name, "code", code, "field", field_json, "text", text);
    if (error != NULL) {
        json_dumpf(error, stdout, JSON_COMPACT);
        putchar('\n');
    }
    json_decref(error);
}

void ctl_fail_refused(const char *name, int code, const char *field, const char *text) {
    if (is_json) {
        print_error(name, code, field, text);
    }
    fprintf(stderr, "rondctl: %s%s%s\n", field, field[0] != '\0' ? ": " : "", text);
}

int ctl_fail(int code, const char *format, ...) {
    char text[4096 + FAULT_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    ctl_fail_refused(name_of(code), 0, "", text);
    return code;
}

int ctl_help(const char *help, bool was_asked) {
    if (!was_asked && is_json) {
        print_error(name_of(CTL_USAGE), 0, "", "wrong usage; ask the command with --help");
    }
    fputs(help, was_asked ? stdout : stderr);
    return was_asked ? CTL_OK : CTL_USAGE;
}

// --json may stand anywhere; answers the new argc.
static int take_json(struct ctl *ctl, int argc, char **argv) {
    int kept = 0;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            ctl->json = is_json = true;
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

static int versions(void) {
    struct buffer text;
    buffer_init(&text, 4096);
    bool made = buffer_printf(&text, "rondctl " ROND_VERSION "\n") == ROND_OK && libraries_list(&text) == ROND_OK;
    fputs(made ? buffer_text(&text) : "", stdout);
    buffer_deinit(&text);
    return made ? CTL_OK : CTL_FAILED;
}

int main(int argc, char **argv) {
    static const struct option options[] = {
        {"data", required_argument, NULL, 'd'}, {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},    {NULL, 0, NULL, 0},
    };
    const char *data = getenv("ROND_DATA");
    process_keep_secrets();
    struct ctl ctl = {.data = data != NULL ? data : "/var/lib/rond", .color = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL};
    argc = take_json(&ctl, argc, argv);
    for (int option; (option = getopt_long(argc, argv, "+", options, NULL)) != -1;) {
        switch (option) {
        case 'd': ctl.data = optarg; break;
        case 'h': usage(stdout); return CTL_OK;
        case 'v': return versions();
        default: return ctl_help("see rondctl --help\n", false);
        }
    }
    if (optind == argc) {
        usage(stderr);
        return ctl_help("", false);
    }
    int code = run(&ctl, argc - optind, argv + optind);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        return ctl_fail(CTL_FAILED, "the output could not be written");
    }
    return code;
}
