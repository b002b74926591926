// A number of devices that send what was prepared, to a server that is started for it.
#ifndef BENCH_INGEST_H
#define BENCH_INGEST_H

#include "bench/connection.h"
#include "bench/server.h"

struct ingest {
    struct fleet *fleet;
    const struct load *loads; // one a device
    size_t devices;
    struct server server;
    struct connections all;
    struct connection *connections;
};

// Starts a server of that name and connects the devices to it.
void ingest_start(struct ingest *ingest, struct bench *bench, struct fleet *fleet, const char *name,
                  const struct load *loads, size_t devices);
// All that was prepared, as fast as the credit allows; seconds until the last of it was acknowledged.
double ingest_send(struct ingest *ingest);
void ingest_stop(struct ingest *ingest);

// How long a batch takes to be acknowledged while batches are sent as a clock says, whether or not earlier ones are
// acknowledged, at 10, 50 and 90 % of `reports_per_s`.
void latency_measure(struct bench *bench, struct fleet *fleet, const struct load *loads, size_t devices,
                     double reports_per_s);

#endif
