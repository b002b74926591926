#include "net/readers.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/check.h"

struct readers {
    uv_loop_t *loop;
    char *data_dir;
    const struct rng *rng;
    struct store *stores[READERS_STORES]; // opened at first use, on the thread that uses it
    bool taken[READERS_STORES];
    struct reader_job *first_waiting;
    struct reader_job *last_waiting;
    size_t waiting;
    size_t running;
};

enum rond_err readers_create(uv_loop_t *loop, const char *data_dir, const struct rng *rng, struct readers **ret_readers) {
    struct readers *readers = calloc(1, sizeof *readers);
    if (!readers)
        return ROND_ENOMEM;
    readers->loop = loop;
    readers->rng = rng;
    readers->data_dir = strdup(data_dir);
    if (!readers->data_dir) {
        free(readers);
        return ROND_ENOMEM;
    }
    *ret_readers = readers;
    return ROND_OK;
}

// Where processors are short, devices are acknowledged first: a question is answered a little later, but none delays what is
// being taken in. Once for each thread of the pool.
static void make_way(void) {
    static _Thread_local bool makes_way;
    if (!makes_way)
        (void)setpriority(PRIO_PROCESS, 0, READERS_NICE);
    makes_way = true;
}

static void on_work(uv_work_t *work) {
    struct reader_job *job = work->data;
    make_way();
    struct store **store = &job->readers->stores[job->store_index];
    job->open_err = *store ? ROND_OK
                           : store_open_sqlite(job->readers->data_dir, STORE_READ_ONLY, job->readers->rng, store, &job->fault);
    job->run(job, *store);
}

static void start_next(struct readers *readers);

static void on_done(uv_work_t *work, int status) {
    UNUSED(status); // never cancelled
    struct reader_job *job = work->data;
    struct readers *readers = job->readers;
    readers->taken[job->store_index] = false;
    readers->running--;
    start_next(readers);
    job->done(job);
}

static void start(struct readers *readers, struct reader_job *job, unsigned store_index) {
    readers->taken[store_index] = true;
    readers->running++;
    job->store_index = store_index;
    job->work.data = job;
    CHECK(uv_queue_work(readers->loop, &job->work, on_work, on_done) == 0);
}

static void start_next(struct readers *readers) {
    for (unsigned i = 0; i < READERS_STORES && readers->first_waiting; i++) {
        if (readers->taken[i])
            continue;
        struct reader_job *job = readers->first_waiting;
        readers->first_waiting = job->next;
        if (!readers->first_waiting)
            readers->last_waiting = NULL;
        readers->waiting--;
        start(readers, job, i);
    }
}

enum rond_err readers_submit(struct readers *readers, struct reader_job *job) {
    if (readers->waiting >= READERS_WAITING_MAX)
        return ROND_EFULL;
    job->readers = readers;
    job->next = NULL;
    if (readers->last_waiting)
        readers->last_waiting->next = job;
    else
        readers->first_waiting = job;
    readers->last_waiting = job;
    readers->waiting++;
    start_next(readers);
    return ROND_OK;
}

size_t readers_busy(const struct readers *readers) {
    return readers ? readers->running + readers->waiting : 0;
}

void readers_destroy(struct readers *readers) {
    if (!readers)
        return;
    CHECK(readers_busy(readers) == 0);
    for (unsigned i = 0; i < READERS_STORES; i++)
        store_close(readers->stores[i]);
    free(readers->data_dir);
    free(readers);
}
