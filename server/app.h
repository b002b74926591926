// The server, wired top to bottom: listeners -> sessions -> group commit -> committer -> store, and back.
//
// Two threads (network, committer) and a few readers. The network thread runs everything here but app_committer's thread
// and what readers run.
#ifndef APP_H
#define APP_H

#include "base/clock.h"
#include "base/rng.h"
#include "config.h"

// Exit codes of rondd.
enum {
    APP_EXIT_OK = 0,
    APP_EXIT_FAILED = 1,
    APP_EXIT_USAGE = 2,
    APP_EXIT_CONFIG = 3,
    APP_EXIT_DATA = 4, // the data directory is missing, not initialised, or another process holds it
};

// Serves until SIGTERM or SIGINT; answers an exit code. Once in a process.
int app_run(const struct config *config, const struct clock *clock, const struct rng *rng);

#endif
