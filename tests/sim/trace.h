// One line per event of a seed: printed as it happens, or the last ones kept for when something breaks.
#ifndef SIM_TRACE_H
#define SIM_TRACE_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

enum { TRACE_LINES = 200, TRACE_LINE_SIZE = 240 };

// May lie in memory that a process shares with the one that it runs for.
struct trace {
    FILE *printed_to; // NULL: nowhere yet
    uint64_t count;   // lines ever added
    char lines[TRACE_LINES][TRACE_LINE_SIZE];
};

// `at_ms`: virtual time since the seed began. A longer line is cut.
void trace_add(struct trace *trace, int64_t at_ms, const char *format, va_list arguments);
// The lines kept, oldest first, and how many came before them.
void trace_print(const struct trace *trace, FILE *to);

#endif
