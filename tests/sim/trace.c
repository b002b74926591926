#include "sim/trace.h"

void trace_add(struct trace *trace, int64_t at_ms, const char *format, va_list arguments) {
    char *line = trace->lines[trace->count % TRACE_LINES];
    int used = snprintf(line, TRACE_LINE_SIZE, "%12.3f  ", (double)at_ms / 1000);
    vsnprintf(line + used, TRACE_LINE_SIZE - (size_t)used, format, arguments);
    trace->count++;
    if (trace->printed_to != NULL)
        fprintf(trace->printed_to, "%s\n", line);
}

void trace_print(const struct trace *trace, FILE *to) {
    uint64_t first = trace->count > TRACE_LINES ? trace->count - TRACE_LINES : 0;
    if (first > 0)
        fprintf(to, "  ... %llu lines before ...\n", (unsigned long long)first);
    for (uint64_t i = first; i < trace->count; i++)
        fprintf(to, "%s\n", trace->lines[i % TRACE_LINES]);
}
