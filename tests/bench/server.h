// A rondd of the bench's own: started in a data directory, asked for its figures, stopped.
#ifndef BENCH_SERVER_H
#define BENCH_SERVER_H

#include <sys/types.h>

#include "bench/bench.h"

struct server {
    pid_t pid;
    char data[300];
    const char *address; // where it listens for devices and calls itself; NULL: 127.0.0.1, localhost
    int devices_port, enrolment_port, operations_port, people_port;
};

// Copies the prepared data directory `from` (NULL: the fleet's) to a fresh one.
void server_prepare(struct bench *bench, const char *name, char *ret_directory, size_t size);
void server_start(struct server *server, struct bench *bench, const char *data);
void server_start_at(struct server *server, struct bench *bench, const char *data, const char *address);
void server_stop(struct server *server);
void server_kill(struct server *server);
// Again in the same directory, on the same ports.
void server_start_again(struct server *server, struct bench *bench);
double server_cpu_s(const struct server *server); // user and system time of the process
// The same by what its threads are for.
struct server_threads {
    double network_s;   // receives, checks, verifies, acknowledges
    double committer_s; // appends, counts, commits
    double readers_s;   // what devices and people ask for
};
void server_threads(const struct server *server, struct server_threads *ret_threads);
// One figure of /metrics.
double server_metric(const struct server *server, const char *name);
// Resident memory, KiB.
double server_memory_kib(const struct server *server);

#endif
