// rondctl: what its files share. A command is asked as one JSON object; its answer is rows and a last line, each a JSON
// object, from the running server or from the store itself (asker.h); a printer shows them to a person.
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"

// Exit codes, the same for every command; a number means the same in `rond` (docs/operating.md).
enum ctl_exit {
    CTL_OK = 0,
    CTL_FAILED = 1,      // something unexpected: memory, a broken answer
    CTL_USAGE = 2,       // wrong options
    CTL_INVALID = 3,     // the input is wrong: file, field
    CTL_REFUSED = 4,     // it may not be done
    CTL_FULL = 5,        // the disk is full
    CTL_UNREACHABLE = 6, // try again: the server is busy, or holds the data directory but does not answer
    CTL_NOT_FOUND = 7,   // no such device, report, promise, data directory
    CTL_UNSOUND = 8,     // the storage failed or is damaged, verify found something, or a signature does not fit
    CTL_CONFLICT = 9,    // it contradicts what is there
};

struct ctl {
    const char *data; // the data directory
    bool json;
    bool color;
};

// Runs one command with its own arguments (argv[0] is its name). Answers an exit code.
typedef int ctl_command(const struct ctl *ctl, int argc, char **argv);
ctl_command ctl_init, ctl_ca, ctl_promise, ctl_device, ctl_progress, ctl_summary, ctl_quarantine, ctl_report, ctl_export, ctl_verify, ctl_rebuild,
    ctl_counts, ctl_audit, ctl_outbox, ctl_words, ctl_followup, ctl_join, ctl_walk, ctl_activity,
    ctl_backup, ctl_restore, ctl_health, ctl_rescue, ctl_seclude, ctl_retention, ctl_hold, ctl_disclosure, ctl_person;

// Exit code that fits an error; prints nothing.
int ctl_exit_of(enum rond_err err);
// "rondctl: ..." on standard error, and with --json {"error":{"name","code","field","text"}} on standard output, as `rond`
// does. Answers `code`.
int ctl_fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));
// The same for what was refused: code is of wire/codes.h or 0, field may be "".
void ctl_fail_refused(const char *name, int code, const char *field, const char *text);
// Prints the help: because it was asked for, or because the command was used wrongly. Answers the exit code.
int ctl_help(const char *help, bool was_asked);

#endif
