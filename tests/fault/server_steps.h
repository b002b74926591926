// What a server does with its store, as steps that repeat exactly: reports of several devices, corrections, a fork, people's
// decisions, an import with its counting anew, a rebuild, erasing, checkpoints, closing and opening again.
//
// Signatures are random, so the batches are made once, in the first run, and committed again as they are in later ones.
#ifndef FAULT_SERVER_STEPS_H
#define FAULT_SERVER_STEPS_H

#include "support/lund.h"

enum { SERVER_STEPS_MAX = 32, SERVER_BATCHES_MAX = 4 };

struct server_batches {
    size_t count; // 0: not made yet
    const struct ledger_batch *batches[SERVER_BATCHES_MAX];
};
struct server_life {
    struct lund lund; // its store and catalogue: NULL where closed
    struct server_batches made[SERVER_STEPS_MAX];
    struct rng_seeded seeded;
    struct rng rng;
    struct fault fault;      // of the last thing that failed
    const char *synchronous; // planted: PRAGMA synchronous; NULL: as the store sets it
};

// A store in a folder of its own with Lund's reference data, closed.
void server_life_init(struct server_life *life);
void server_life_deinit(struct server_life *life);

// Opens what is in life->lund.directory, for writing, brought up to date.
MUST_CHECK enum rond_err server_life_open(struct server_life *life);
void server_life_close(struct server_life *life);

size_t server_steps(void);
MUST_CHECK enum rond_err server_step(struct server_life *life, size_t step);
const char *server_step_name(size_t step);

// The same way with a request of an administrator, as JSON text.
MUST_CHECK enum rond_err server_ask(struct server_life *life, const char *request);

// "" or what is wrong with the files and the tables; deeply: every chain, signature and total, and that counting anew
// gives what is there.
const char *server_life_fault(struct server_life *life, bool deeply);

#endif
