// Questions that may take long: each runs on a thread of libuv's pool with a read-only store of its own, so that the
// network thread never waits for the disk and no reader delays an acknowledgement. All calls on the network thread.
#ifndef NET_READERS_H
#define NET_READERS_H

#include <uv.h>

#include "store/store.h"

enum { READERS_STORES = 3, READERS_WAITING_MAX = 64, READERS_NICE = 10 };

struct readers;

// The caller's; lives until `done`.
struct reader_job {
    // On a reader thread. store is NULL where none could be opened; open_err and fault say why.
    void (*run)(struct reader_job *job, struct store *read_only);
    void (*done)(struct reader_job *job); // on the network thread afterwards; the job is the caller's again
    enum rond_err open_err;
    struct fault fault;

    // The readers' own.
    uv_work_t work;
    struct readers *readers;
    struct reader_job *next;
    unsigned store_index;
};

MUST_CHECK enum rond_err readers_create(uv_loop_t *loop, const char *data_dir, const struct rng *rng, struct readers **ret_readers);
// ROND_EFULL where too many wait.
MUST_CHECK enum rond_err readers_submit(struct readers *readers, struct reader_job *job);
// Jobs under way or waiting.
size_t readers_busy(const struct readers *readers);
// Only when nothing is under way. NULL is fine.
void readers_destroy(struct readers *readers);

#endif
