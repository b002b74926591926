// One logfmt line per event, for the server and its tools only (the SDK never logs). No report content, no secrets.
//
//   ts=2026-11-22T17:20:01.123Z level=info event=session_open device=4f… remote=127.0.0.1
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

// Where lines go and the highest level written; default standard error and info. Thread-safe: a line is one write(2).
void log_configure(int descriptor, enum log_level level);
// keys_format: logfmt pairs after event=, such as "device=%s count=%u"; text values go through log_quote.
void log_event(enum log_level level, const char *event, const char *keys_format, ...) __attribute__((format(printf, 3, 4)));

enum { LOG_QUOTE_SIZE = 320 };
struct log_quoted {
    char text[LOG_QUOTE_SIZE];
};
// A value quoted and escaped where it needs to be, cut to fit: log_event(..., "path=%s", log_quote(path).text).
struct log_quoted log_quote(const char *value);

#endif
