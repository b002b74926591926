// Randomness as an argument. Only rng.c asks the operating system.
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
    void (*fill)(void *context, uint8_t *data, size_t size);
    void *context;
};

// getrandom(2). Static, never freed.
const struct rng *rng_system(void);

// A repeatable generator (xoshiro256**) for simulator and tests; not for secrets.
struct rng_seeded {
    uint64_t state[4];
};
void rng_seeded_init(struct rng_seeded *seeded, uint64_t seed);
struct rng rng_seeded_as_rng(struct rng_seeded *seeded);

static inline void rng_fill(const struct rng *rng, void *data, size_t size) {
    rng->fill(rng->context, (uint8_t *)data, size);
}
uint64_t rng_u64(const struct rng *rng);
// Uniform in [0, bound); bound > 0.
uint64_t rng_below(const struct rng *rng, uint64_t bound);

#endif
