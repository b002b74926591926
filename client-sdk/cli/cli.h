// What the commands of `rond` share: where the outbox is, how answers are shown, and how the program ends.
// The program uses rond.h only, as any app would.
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "rond/rond.h"

// A number means the same in `rondctl` (docs/operating.md), which has 9 for a conflict.
enum exit_code {
    EXIT_CODE_OK = 0,
    EXIT_CODE_UNEXPECTED = 1,
    EXIT_CODE_USAGE = 2,
    EXIT_CODE_INVALID = 3,
    EXIT_CODE_REFUSED = 4,
    EXIT_CODE_FULL = 5,
    EXIT_CODE_AGAIN = 6,
    EXIT_CODE_NOT_FOUND = 7,
    EXIT_CODE_STORAGE = 8,
    EXIT_CODE_PERSONAL_DATA = 10, // nothing saved
};

struct command;

struct cli {
    const char *directory;
    bool is_json;
    bool is_coloured;
    rond *rond; // after cli_open
    rond_activities *planned; // whose texts a report takes; NULL: none
    const struct command *command;
};

// argv[0] is the command's name. Answers an exit code.
struct command {
    const char *name;
    const char *summary; // one line in the list of commands
    const char *help;
    int (*run)(struct cli *cli, int argc, char **argv);
};

int command_enrol(struct cli *cli, int argc, char **argv);
int command_device(struct cli *cli, int argc, char **argv);
int command_report(struct cli *cli, int argc, char **argv);
int command_correct(struct cli *cli, int argc, char **argv);
int command_withdraw(struct cli *cli, int argc, char **argv);
int command_draft(struct cli *cli, int argc, char **argv);
int command_sync(struct cli *cli, int argc, char **argv);
int command_status(struct cli *cli, int argc, char **argv);
int command_promises(struct cli *cli, int argc, char **argv);
int command_words(struct cli *cli, int argc, char **argv);
int command_activities(struct cli *cli, int argc, char **argv);
int command_actions(struct cli *cli, int argc, char **argv);
int command_summary(struct cli *cli, int argc, char **argv);
int command_rescue(struct cli *cli, int argc, char **argv);
int command_receipt(struct cli *cli, int argc, char **argv);

extern const char help_enrol[], help_device[], help_report[], help_correct[], help_withdraw[], help_draft[], help_sync[],
    help_status[], help_promises[], help_words[], help_activities[], help_actions[], help_summary[], help_rescue[], help_receipt[];

// Opens (and creates) the directory's keys and outbox. On failure it has said why; ends with the code then.
int cli_open(struct cli *cli);
// Says what went wrong and answers the exit code. fault may be NULL.
int cli_fail(struct cli *cli, enum rond_err err, const rond_fault *fault);
int cli_fail_network(struct cli *cli, enum rond_err err, const rond_fault *fault); // ROND_EIO is the network's
int cli_usage(struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Says what is wrong with the option that getopt_long has just answered '?' for.
int cli_usage_option(struct cli *cli, char **argv);
void cli_warn(struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Prints and drops the object.
int cli_json(json_t *object);
// A whole number of 0..max, nothing behind it.
bool cli_number(const char *text, unsigned long long max, unsigned long long *ret_number);

// Warns of what the server does not stand by, as long as nobody has read it (command_receipt.c).
void receipts_warn(struct cli *cli);

enum cli_style { STYLE_PLAIN, STYLE_BOLD, STYLE_GOOD, STYLE_BAD, STYLE_DIM };
// Escape codes on a terminal, "" elsewhere.
const char *cli_style(const struct cli *cli, enum cli_style style);

json_t *cli_error_json(enum rond_err err, const rond_fault *fault); // as cli_fail prints it
// null for NULL and "". What is no UTF-8 (a folder's name, a sentence that was cut) has ? in place of its letters.
json_t *json_text(const char *text);

#endif
