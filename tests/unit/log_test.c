#include "base/log.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "support/test.h"

static int pipe_ends[2];
static char read_text[8192];

static int capture(void **state) {
    return pipe(pipe_ends);
}

static int release(void **state) {
    log_configure(STDERR_FILENO, LOG_LEVEL_INFO);
    close(pipe_ends[1]);
    return close(pipe_ends[0]);
}

static const char *written(void) {
    ssize_t size = read(pipe_ends[0], read_text, sizeof read_text - 1);
    assert_true(size > 0);
    read_text[size] = '\0';
    return read_text;
}

static void an_event_is_one_logfmt_line(void **state) {
    log_configure(pipe_ends[1], LOG_LEVEL_INFO);
    errno = ENOSPC;
    log_event(LOG_LEVEL_WARN, "store_full", "bytes=%d path=%s", 7, log_quote("/a b").text);
    assert_int_equal(errno, ENOSPC);
    const char *line = written();
    assert_memory_equal(line, "ts=20", 5);
    assert_string_equal(strchr(line, ' '), " level=warn event=store_full bytes=7 path=\"/a b\"\n");
}

static void levels_above_the_highest_are_not_written(void **state) {
    log_configure(pipe_ends[1], LOG_LEVEL_WARN);
    log_event(LOG_LEVEL_INFO, "quiet", "n=%d", 1);
    log_event(LOG_LEVEL_ERROR, "loud", "n=%d", 1);
    const char *line = written();
    assert_null(strstr(line, "quiet"));
    assert_non_null(strstr(line, "event=loud n=1\n"));
}

static void a_value_cannot_forge_a_line_or_overflow_one(void **state) {
    log_configure(pipe_ends[1], LOG_LEVEL_INFO);
    log_event(LOG_LEVEL_INFO, "raw", "v=%s", "a\nlevel=error event=forged");
    const char *line = written();
    assert_string_equal(strchr(line, '\n'), "\n");
    char huge[5000];
    memset(huge, 'x', sizeof huge);
    huge[sizeof huge - 1] = '\0';
    log_event(LOG_LEVEL_INFO, "huge", "v=%s", huge);
    line = written();
    assert_int_equal(line[strlen(line) - 1], '\n');
    assert_true(strlen(line) <= 2049);
}

static void values_are_quoted_only_where_needed_and_cut_to_fit(void **state) {
    assert_string_equal(log_quote("plain-1.2").text, "plain-1.2");
    assert_string_equal(log_quote("").text, "\"\"");
    assert_string_equal(log_quote(NULL).text, "\"\"");
    assert_string_equal(log_quote("a=\"b\"\\\n\t").text, "\"a=\\\"b\\\"\\\\\\n\\x09\"");
    char huge[2000];
    memset(huge, '"', sizeof huge);
    huge[sizeof huge - 1] = '\0';
    struct log_quoted quoted = log_quote(huge);
    size_t size = strlen(quoted.text);
    assert_true(size < LOG_QUOTE_SIZE);
    assert_int_equal(quoted.text[size - 1], '"');
    assert_int_equal(size % 2, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_event_is_one_logfmt_line, capture, release),
        cmocka_unit_test_setup_teardown(levels_above_the_highest_are_not_written, capture, release),
        cmocka_unit_test_setup_teardown(a_value_cannot_forge_a_line_or_overflow_one, capture, release),
        cmocka_unit_test(values_are_quoted_only_where_needed_and_cut_to_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
