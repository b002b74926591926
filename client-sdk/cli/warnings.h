// Personal data in what is about to be saved: said on standard error, and asked about where somebody can answer.
#ifndef CLI_WARNINGS_H
#define CLI_WARNINGS_H

#include "cli.h"

enum warnings_answer {
    WARNINGS_ASK,    // ask on a terminal, else refuse
    WARNINGS_REFUSE, // --dry-run: nobody is asked
    WARNINGS_ANYWAY, // --anyway: say it and go on
};

#define WARNINGS_HELP "  --anyway                    save it although a text seems to hold personal data\n"
#define WARNINGS_HELP_MORE                                                                                                  \
    "A text that seems to hold a personal identity number, a coordination number or a vehicle's plate is warned of:\n"      \
    "on a terminal you are asked whether to save it all the same, elsewhere nothing is saved and the exit code is 10.\n"

// EXIT_CODE_OK: go on. EXIT_CODE_PERSONAL_DATA: nothing shall be saved. Else it has said what failed.
int warnings_of_activity(struct cli *cli, const rond_activity *activity, enum warnings_answer answer);
int warnings_of_draft(struct cli *cli, uint64_t draft, enum warnings_answer answer);
int warnings_of_text(struct cli *cli, const char *field, const char *text, enum warnings_answer answer);

#endif
