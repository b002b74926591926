#include "base/process.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/check.h"

void process_keep_secrets(void) {
    const struct rlimit none = {0, 0};
    CHECK(setrlimit(RLIMIT_CORE, &none) == 0);
#ifndef ROND_WITHOUT_SANDBOX
    CHECK(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0); // a core may also go to a pipe, which no limit holds back
#endif
}
