// A handheld of the bench's own: librond with an outbox in a folder below the bench's.
#ifndef BENCH_HANDHELD_H
#define BENCH_HANDHELD_H

#include "base/clock.h"
#include "bench/server.h"
#include "rond/rond.h"

// A fresh one in the folder `name`, enrolled at a server that runs, as a police officer of Lund. The caller closes it.
rond *handheld_enrol(struct bench *bench, const struct server *server, const char *name);
// The same again after rond_close; clock NULL: the system's.
rond *handheld_open(struct bench *bench, const char *name, const struct clock *clock);

#endif
