// The enrolment code where it is no argument: what stands on a command line is seen by every user of the machine, and kept
// in the shell's history.
#ifndef CLI_CODE_LINE_H
#define CLI_CODE_LINE_H

#include <stdbool.h>

enum { CODE_LINE_SIZE = 256 }; // with NUL

// True where a person can be asked: standard input is a terminal.
bool code_line_can_ask(void);
// One line of standard input, without its end. On a terminal it is asked for and not shown. False where there is none, where
// it is too long, or where a signal came (which then ends the program). Whoever calls wipes it.
bool code_line_read(char ret_line[CODE_LINE_SIZE]);

#endif
