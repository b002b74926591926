// rond: a handheld on the command line.
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/process.h"
#include "cli.h"

static const struct command commands[] = {
    {"enrol", "Enrol this device with a one-time code", help_enrol, command_enrol},
    {"report", "Save a report: check, handout, patrol, walk, meeting, inventory, initiative", help_report, command_report},
    {"correct", "Put a new report in the place of an earlier one", help_correct, command_correct},
    {"withdraw", "Take an earlier report back", help_withdraw, command_withdraw},
    {"draft", "Save, list, queue and discard drafts", help_draft, command_draft},
    {"sync", "Send what is waiting, fetch what is new", help_sync, command_sync},
    {"status", "What became of the reports", help_status, command_status},
    {"promises", "How the area's promises stand", help_promises, command_promises},
    {"words", "Places, organisations and other words to report with", help_words, command_words},
    {"activities", "Joint activities that are planned for your organisation", help_activities, command_activities},
    {"actions", "Unsafe places that are not put right yet", help_actions, command_actions},
    {"summary", "What the organisation's reports of the last week led to", help_summary, command_summary},
    {"receipt", "The server's signature under what it has received", help_receipt, command_receipt},
    {"rescue", "Write what waits to a sealed file, where no server can be reached any more", help_rescue, command_rescue},
    {"device", "Who this device is", help_device, command_device},
};
enum { COMMANDS_COUNT = sizeof commands / sizeof commands[0] };

static const char help_head[] = "rond: report what was done, offline too, and see what became of it.\n"
                                "\n"
                                "  rond [--dir DIR] [--json] COMMAND [ARGUMENTS]\n"
                                "\n"
                                "Commands:\n";
static const char help_tail[] =
    "\n"
    "Options:\n"
    "  --dir DIR    where keys and outbox lie (else $ROND_DIR, else ~/.rond)\n"
    "  --json       answer as JSON\n"
    "  --help       this text, or after a command that command's\n"
    "  --version    the version\n"
    "\n"
    "A first day:\n"
    "  rond enrol https://rond.example.se:7444      (it asks for the code)\n"
    "  rond report check --of cyclist_behaviour --form targeted --checked 14 --remarked 3 --place stortorget\n"
    "  rond sync\n"
    "  rond status\n"
    "\n"
    "Exit codes:\n"
    "  0 done           1 unexpected         2 wrong usage\n"
    "  3 report or argument not valid        4 not enrolled, or refused\n"
    "  5 disk or queue full, nothing saved   6 no network or too little time: try again\n"
    "  7 no such thing                       8 the device's storage failed or is damaged\n"
    "  10 a text seems to hold personal data, nothing saved\n";

static int help_print(void) {
    fputs(help_head, stdout);
    for (size_t i = 0; i < COMMANDS_COUNT; i++)
        printf("  %-10s %s\n", commands[i].name, commands[i].summary);
    fputs(help_tail, stdout);
    return EXIT_CODE_OK;
}

static const struct command *command_find(const char *name) {
    for (size_t i = 0; i < COMMANDS_COUNT; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static bool wants_help(int argc, char **argv) {
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

static int command_run(struct cli *cli, int argc, char **argv) {
    bool is_help = strcmp(argv[0], "help") == 0;
    if (is_help && argc == 1)
        return help_print();
    cli->command = command_find(argv[is_help ? 1 : 0]);
    if (cli->command == NULL)
        return cli_usage(cli, "there is no command '%s'.", argv[is_help ? 1 : 0]);
    if (is_help || wants_help(argc, argv)) {
        fputs(cli->command->help, stdout);
        return EXIT_CODE_OK;
    }
    optind = 0; // getopt anew, for the command's own options
    return cli->command->run(cli, argc, argv);
}

// --json may stand anywhere; answers the new argc.
static int take_json(struct cli *cli, int argc, char **argv) {
    int kept = 0;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            cli->is_json = true;
        else
            argv[kept++] = argv[i];
    }
    argv[kept] = NULL;
    return kept;
}

static const char *directory_default(void) {
    static char directory[4096];
    const char *chosen = getenv("ROND_DIR"), *home = getenv("HOME");
    if (chosen != NULL && chosen[0] != '\0')
        return chosen;
    snprintf(directory, sizeof directory, "%s/.rond", home != NULL ? home : ".");
    return directory;
}

static int main_options(struct cli *cli, int argc, char **argv) {
    static const struct option options[] = {
        {"dir", required_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {0},
    };
    for (int option; (option = getopt_long(argc, argv, "+h", options, NULL)) != -1;) {
        switch (option) {
        case 'd':
            cli->directory = optarg;
            break;
        case 'h':
            exit(help_print());
        case 'v':
            printf("rond %s\n", rond_version());
            exit(EXIT_CODE_OK);
        default:
            exit(cli_usage_option(cli, argv));
        }
    }
    return optind;
}

int main(int argc, char **argv) {
    process_keep_secrets();
    setlocale(LC_CTYPE, "");
    struct cli cli = {
        .directory = directory_default(),
        .is_coloured = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == NULL,
    };
    opterr = 0; // what is wrong is said once, and as JSON too
    argc = take_json(&cli, argc, argv);
    int first = main_options(&cli, argc, argv);
    if (first == argc) {
        help_print();
        return EXIT_CODE_USAGE;
    }
    int code = command_run(&cli, argc - first, argv + first);
    rond_activities_free(cli.planned);
    rond_close(cli.rond);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "rond: the answer could not be written: %s\n", strerror(errno));
        return code == EXIT_CODE_OK ? EXIT_CODE_UNEXPECTED : code;
    }
    return code;
}
