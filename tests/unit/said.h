// What a command says on standard output and standard error, caught while it runs.
#ifndef TESTS_UNIT_SAID_H
#define TESTS_UNIT_SAID_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/test.h"

static struct said {
    FILE *own_out, *own_err; // as they were
    char out[16 * 1024], err[16 * 1024];
} said;

__attribute__((unused)) static void said_begin(void) {
    memset(said.out, 0, sizeof said.out);
    memset(said.err, 0, sizeof said.err);
    said.own_out = stdout;
    said.own_err = stderr;
    stdout = fmemopen(said.out, sizeof said.out - 1, "w");
    stderr = fmemopen(said.err, sizeof said.err - 1, "w");
    assert_true(stdout != NULL && stderr != NULL);
}

__attribute__((unused)) static void said_end(void) {
    fclose(stdout);
    fclose(stderr);
    stdout = said.own_out;
    stderr = said.own_err;
}

#endif
