// Read byte by byte, past stdio, whose buffer would keep the code.
#include "code_line.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const int SIGNALS[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
enum { SIGNALS_COUNT = sizeof SIGNALS / sizeof SIGNALS[0] };

static volatile sig_atomic_t caught;

static void take_signal(int number) {
    caught = number;
}

static bool line_read(char line[CODE_LINE_SIZE]) {
    size_t size = 0;
    for (char c; read(STDIN_FILENO, &c, 1) == 1 && c != '\n';) {
        if (size == CODE_LINE_SIZE - 1)
            return false;
        line[size++] = c;
    }
    line[size] = '\0';
    return size > 0;
}

// Signals end the reading and not the program, until the terminal shows again what is typed.
static bool hidden_line_read(const struct termios *shown, char line[CODE_LINE_SIZE]) {
    struct sigaction before[SIGNALS_COUNT];
    const struct sigaction catches = {.sa_handler = take_signal};
    struct termios hidden = *shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    caught = 0;
    for (size_t i = 0; i < SIGNALS_COUNT; i++)
        (void)sigaction(SIGNALS[i], &catches, &before[i]);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    fputs("Enrolment code (not shown): ", stderr);
    bool is_read = line_read(line) && caught == 0;
    fputc('\n', stderr);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, shown);
    for (size_t i = 0; i < SIGNALS_COUNT; i++)
        (void)sigaction(SIGNALS[i], &before[i], NULL);
    if (caught != 0)
        (void)raise(caught);
    return is_read;
}

bool code_line_can_ask(void) {
    return isatty(STDIN_FILENO) == 1;
}

bool code_line_read(char ret_line[CODE_LINE_SIZE]) {
    struct termios shown;
    char line[CODE_LINE_SIZE] = "";
    bool is_read = tcgetattr(STDIN_FILENO, &shown) == 0 ? hidden_line_read(&shown, line) : line_read(line);
    if (is_read)
        memcpy(ret_line, line, sizeof line);
    explicit_bzero(line, sizeof line);
    return is_read;
}
