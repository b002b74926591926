// Simulated devices: enrolled directly into a data directory ("master", copied for every server), their frames prepared
// (encoded, compressed, chained, signed, masked) before any clock starts.
#ifndef BENCH_FLEET_H
#define BENCH_FLEET_H

#include <openssl/ssl.h>

#include "bench/bench.h"
#include "store/store.h"
#include "wire/chain.h"
#include "wire/codec.h"

enum { FLEET_DEVICES = 10002 };

struct fleet_device {
    struct id128 device;
    struct sign_key *key;
    X509 *certificate;
};

struct fleet {
    struct bench *bench;
    size_t count; // of the devices; FLEET_DEVICES unless BENCH_DEVICES says less
    struct fleet_device devices[FLEET_DEVICES];
    struct store_identity store;
    SSL_CTX *tls;
};

// One Batch, ready to be written to the connection.
struct prepared {
    uint64_t last_seq;
    size_t frame_bytes;  // as counted against the credit
    struct bytes message; // with WebSocket header, masked
};
// What one device sends: an outbox of its own, from seq 1.
struct load {
    size_t device;
    struct id128 outbox;
    struct prepared *batches;
    size_t batches_count;
    uint64_t reports;
    struct arena arena;
};

struct fleet *fleet_create(struct bench *bench);
void fleet_destroy(struct fleet *fleet);

// What is reported: make gives the index'th record of a device, in the arena.
struct shape {
    const char *name;
    struct record (*make)(const struct shape *shape, struct arena *arena, size_t device, size_t index);
    Rond__V1__Kind kind;
};
// `reports` in batches of `batch_reports`. number tells a device's loads apart.
void load_init_of(struct load *load, const struct fleet *fleet, size_t device, unsigned number, size_t reports, size_t batch_reports,
                  const struct shape *shape);
// Of all seven kinds.
extern const struct shape SHAPE_OF_ALL_KINDS;
void load_init(struct load *load, const struct fleet *fleet, size_t device, unsigned number, size_t reports, size_t batch_reports);
void load_deinit(struct load *load);

#endif
