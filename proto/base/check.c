#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

void check_failed(const char *condition, const char *file, int line) {
    fprintf(stderr, "level=error event=check_failed file=%s line=%d condition=\"%s\"\n", file, line, condition);
    abort();
}
