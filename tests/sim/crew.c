// What the processes share is one block of memory: the next seed, the lowest that failed, and for each process what it
// counted and where it is. A process that dies leaves its counts and its seed behind; another takes its place.
#include "sim/crew.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"

enum { SEED_CPU_S_MAX = 60, DEATHS_MAX = 16, LOOK_MS = 20 };

struct worker {
    pid_t pid;
    _Atomic uint64_t seed; // under way; 0: none
    _Atomic uint64_t run;
    uint64_t failed;
    int64_t virtual_ms;
    struct crew_failure failures[CREW_FAILURES_MAX];
    size_t failures_count;
    struct census census;
};
struct crew {
    _Atomic uint64_t next;
    _Atomic uint64_t end; // seeds from here on are not looked at
    _Atomic uint64_t failed;
    struct trace trace;
    struct worker workers[];
};

static int64_t real_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct crew *crew_map(unsigned workers, size_t *ret_size) {
    size_t size = sizeof(struct crew) + workers * sizeof(struct worker);
    struct crew *crew = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(crew != MAP_FAILED);
    *ret_size = size;
    return crew;
}

// --- A process ---

static void failure_note(struct crew *crew, struct worker *worker, const struct crew_order *order, uint64_t seed,
                         const char *text) {
    worker->failed++;
    atomic_fetch_add(&crew->failed, 1);
    if (worker->failures_count < CREW_FAILURES_MAX) { // its seeds come in order: the first are the lowest
        struct crew_failure *failure = &worker->failures[worker->failures_count++];
        failure->seed = seed;
        snprintf(failure->text, sizeof failure->text, "%s", text);
    }
    uint64_t end = atomic_load(&crew->end);
    while (order->stops_at_failure && seed < end && !atomic_compare_exchange_weak(&crew->end, &end, seed))
        continue;
}

// A seed that goes round in circles is ended by the signal, whatever else the machine does meanwhile.
static void watch(bool is_on) {
    struct itimerval timer = {.it_value.tv_sec = is_on ? SEED_CPU_S_MAX : 0};
    setitimer(ITIMER_VIRTUAL, &timer, NULL);
}

static void work(struct crew *crew, struct worker *worker, const struct crew_order *order) {
    static struct world world;
    for (;;) {
        uint64_t seed = atomic_fetch_add(&crew->next, 1);
        if (seed >= atomic_load(&crew->end))
            return;
        atomic_store(&worker->seed, seed);
        watch(true);
        bool is_fine = world_run(&world, seed, &worker->census, NULL);
        watch(false);
        worker->virtual_ms += world.now_ms - world.started_ms;
        atomic_fetch_add(&worker->run, 1);
        if (!is_fine)
            failure_note(crew, worker, order, seed, world.failure);
        atomic_store(&worker->seed, 0);
    }
}

static void worker_start(struct crew *crew, struct worker *worker, const struct crew_order *order) {
    fflush(stdout);
    fflush(stderr);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        work(crew, worker, order);
        exit(0);
    }
    worker->pid = pid;
}

// --- Gathering ---

static void died(struct crew *crew, struct worker *worker, const struct crew_order *order, int status) {
    char text[CREW_TEXT_SIZE];
    uint64_t seed = atomic_load(&worker->seed);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGVTALRM)
        snprintf(text, sizeof text, "ends_in_time: not after %d s of computing", SEED_CPU_S_MAX);
    else if (WIFSIGNALED(status))
        snprintf(text, sizeof text, "never_aborts: ended by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(text, sizeof text, "never_aborts: the process ended with %d", WEXITSTATUS(status));
    atomic_fetch_add(&worker->run, seed != 0);
    failure_note(crew, worker, order, seed, text);
    atomic_store(&worker->seed, 0);
}

static uint64_t run_so_far(struct crew *crew, unsigned jobs) {
    uint64_t run = 0;
    for (unsigned i = 0; i < jobs; i++)
        run += atomic_load(&crew->workers[i].run);
    return run;
}

static void progress_say(struct crew *crew, const struct crew_order *order, unsigned jobs, int64_t took_ms) {
    uint64_t run = run_so_far(crew, jobs);
    double rate = (double)run * 1000 / (double)took_ms;
    double left_s = rate > 0 ? (double)(order->count - run) / rate : 0;
    fprintf(stderr, "  %llu of %llu seeds, %llu failed, %.0f seeds/s, %.0f s left\n", (unsigned long long)run,
            (unsigned long long)order->count, (unsigned long long)atomic_load(&crew->failed), rate, left_s);
}

static void watch_over(struct crew *crew, const struct crew_order *order, unsigned jobs) {
    unsigned alive = jobs, deaths = 0;
    int64_t began_ms = real_ms(), said_ms = began_ms;
    while (alive > 0) {
        int status = 0;
        pid_t pid = waitpid(-1, &status, WNOHANG);
        CHECK(pid >= 0);
        for (unsigned i = 0; i < jobs && pid > 0; i++) {
            struct worker *worker = &crew->workers[i];
            if (worker->pid != pid)
                continue;
            alive--;
            if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
                continue;
            died(crew, worker, order, status);
            if (++deaths > DEATHS_MAX)
                atomic_store(&crew->end, 0);
            worker_start(crew, worker, order);
            alive++;
        }
        if (pid == 0)
            nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000}, NULL);
        if (order->progress_ms > 0 && real_ms() - said_ms >= order->progress_ms)
            progress_say(crew, order, jobs, (said_ms = real_ms()) - began_ms);
    }
}

static int failure_compare(const void *left, const void *right) {
    const struct crew_failure *a = left, *b = right;
    return a->seed < b->seed ? -1 : a->seed > b->seed;
}

static void gather(const struct crew *crew, unsigned jobs, struct crew_result *result) {
    static struct crew_failure all[CREW_JOBS_MAX * CREW_FAILURES_MAX];
    size_t count = 0;
    for (unsigned i = 0; i < jobs; i++) {
        const struct worker *worker = &crew->workers[i];
        census_add(&result->census, &worker->census);
        result->run += atomic_load(&worker->run);
        result->failed += worker->failed;
        result->virtual_ms += worker->virtual_ms;
        for (size_t k = 0; k < worker->failures_count; k++)
            all[count++] = worker->failures[k];
    }
    qsort(all, count, sizeof *all, failure_compare);
    result->failures_count = count < CREW_FAILURES_MAX ? count : CREW_FAILURES_MAX;
    memcpy(result->failures, all, result->failures_count * sizeof *all);
}

void crew_run(const struct crew_order *order, struct crew_result *ret_result) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned jobs = order->jobs > 0 ? order->jobs : cores > 0 ? (unsigned)cores : 1;
    if (jobs > CREW_JOBS_MAX)
        jobs = CREW_JOBS_MAX;
    size_t size;
    struct crew *crew = crew_map(jobs, &size);
    atomic_store(&crew->next, order->first);
    atomic_store(&crew->end, order->first + order->count);
    int64_t began_ms = real_ms();
    for (unsigned i = 0; i < jobs; i++)
        worker_start(crew, &crew->workers[i], order);
    watch_over(crew, order, jobs);
    memset(ret_result, 0, sizeof *ret_result);
    gather(crew, jobs, ret_result);
    ret_result->real_ms = real_ms() - began_ms;
    munmap(crew, size);
}

// --- One seed again ---

static void again(struct crew *crew, uint64_t seed) {
    static struct world world;
    struct worker *worker = &crew->workers[0];
    atomic_store(&worker->seed, seed);
    watch(true);
    if (!world_run(&world, seed, &worker->census, &crew->trace))
        snprintf(worker->failures[0].text, CREW_TEXT_SIZE, "%s", world.failure);
}

void crew_again(uint64_t seed, struct trace *ret_trace, struct crew_failure *ret_failure) {
    size_t size;
    const struct crew_order order = {.first = seed, .count = 1};
    struct crew *crew = crew_map(1, &size);
    struct worker *worker = &crew->workers[0];
    int status = 0;
    fflush(stdout);
    fflush(stderr);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        again(crew, seed);
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        died(crew, worker, &order, status);
    *ret_trace = crew->trace;
    *ret_failure = worker->failures[0];
    ret_failure->seed = seed;
    munmap(crew, size);
}
