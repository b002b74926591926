#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE_SIZE = 2048 };

static atomic_int log_descriptor = STDERR_FILENO;
static atomic_int log_level_max = LOG_LEVEL_INFO;

void log_configure(int descriptor, enum log_level level) {
    atomic_store(&log_descriptor, descriptor);
    atomic_store(&log_level_max, (int)level);
}

static const char *level_name(enum log_level level) {
    static const char *const names[] = {"error", "warn", "info", "debug"};
    return names[level];
}

// The log carries its own time: it is for operators and must not follow a simulated clock.
static size_t write_prefix(char *line, enum log_level level, const char *event) {
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    char stamp[32];
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
    int size =
        snprintf(line, LINE_SIZE, "ts=%s.%03ldZ level=%s event=%s", stamp, now.tv_nsec / 1000000, level_name(level), event);
    return size < LINE_SIZE ? (size_t)size : LINE_SIZE - 1;
}

// A line stays one line whatever a value held.
static void replace_controls(char *line, size_t size) {
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
}

// errno is kept: a log line between a failure and its handling must not change what is handled.
void log_event(enum log_level level, const char *event, const char *keys_format, ...) {
    if ((int)level > atomic_load(&log_level_max))
        return;
    int saved = errno;
    char line[LINE_SIZE + 1];
    size_t size = write_prefix(line, level, event);
    if (keys_format != NULL && keys_format[0] != '\0' && size + 1 < LINE_SIZE) {
        line[size++] = ' ';
        va_list arguments;
        va_start(arguments, keys_format);
        int more = vsnprintf(line + size, LINE_SIZE - size, keys_format, arguments);
        va_end(arguments);
        if (more > 0)
            size = size + (size_t)more < LINE_SIZE ? size + (size_t)more : LINE_SIZE - 1;
    }
    replace_controls(line, size);
    line[size++] = '\n';
    ssize_t written;
    do
        written = write(atomic_load(&log_descriptor), line, size);
    while (written < 0 && errno == EINTR);
    errno = saved;
}

static bool needs_quotes(const char *value) {
    if (value[0] == '\0')
        return true;
    for (const unsigned char *c = (const unsigned char *)value; *c != '\0'; c++)
        if (*c <= ' ' || *c == '"' || *c == '=' || *c == '\\' || *c == 0x7f)
            return true;
    return false;
}

// The escaped form of one byte, and its size.
static size_t escape(unsigned char c, char ret_escaped[5]) {
    if (c == '"' || c == '\\')
        return (size_t)snprintf(ret_escaped, 5, "\\%c", c);
    if (c == '\n')
        return (size_t)snprintf(ret_escaped, 5, "\\n");
    if (c < 0x20 || c == 0x7f)
        return (size_t)snprintf(ret_escaped, 5, "\\x%02x", c);
    return (size_t)snprintf(ret_escaped, 5, "%c", c);
}

struct log_quoted log_quote(const char *value) {
    struct log_quoted quoted;
    if (value == NULL)
        value = "";
    if (!needs_quotes(value)) {
        snprintf(quoted.text, sizeof quoted.text, "%s", value);
        return quoted;
    }
    size_t size = 0;
    quoted.text[size++] = '"';
    for (const unsigned char *c = (const unsigned char *)value; *c != '\0'; c++) {
        char escaped[5];
        size_t more = escape(*c, escaped);
        if (size + more > sizeof quoted.text - 2)
            break;
        memcpy(quoted.text + size, escaped, more);
        size += more;
    }
    quoted.text[size++] = '"';
    quoted.text[size] = '\0';
    return quoted;
}
