#include "base/rng.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/check.h"

static void system_fill(void *context, uint8_t *data, size_t size) {
    (void)context;
    while (size > 0) {
        ssize_t filled = getrandom(data, size, 0);
        if (filled < 0) {
            CHECK(errno == EINTR); // the only failure that a kernel with getrandom(2) gives for a valid buffer
            continue;
        }
        data += filled;
        size -= (size_t)filled;
    }
}

const struct rng *rng_system(void) {
    static const struct rng system = {.fill = system_fill};
    return &system;
}

// splitmix64 spreads a small seed over the whole state (as the authors of xoshiro advise).
void rng_seeded_init(struct rng_seeded *seeded, uint64_t seed) {
    for (int i = 0; i < 4; i++) {
        seed += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t z = seed;
        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        seeded->state[i] = z ^ z >> 31;
    }
}

static uint64_t rotate_left(uint64_t value, int bits) {
    return value << bits | value >> (64 - bits);
}

// xoshiro256** 1.0, Blackman and Vigna, public domain.
static uint64_t seeded_next(struct rng_seeded *seeded) {
    uint64_t *s = seeded->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

static void seeded_fill(void *context, uint8_t *data, size_t size) {
    while (size > 0) {
        uint64_t value = seeded_next(context);
        size_t part = size < sizeof value ? size : sizeof value;
        memcpy(data, &value, part);
        data += part;
        size -= part;
    }
}

struct rng rng_seeded_as_rng(struct rng_seeded *seeded) {
    return (struct rng){.fill = seeded_fill, .context = seeded};
}

uint64_t rng_u64(const struct rng *rng) {
    uint64_t value;
    rng_fill(rng, &value, sizeof value);
    return value;
}

// Values beyond the last whole multiple of bound are drawn again, or the small ones would come more often.
uint64_t rng_below(const struct rng *rng, uint64_t bound) {
    CHECK(bound > 0);
    uint64_t unfair = (UINT64_MAX - bound + 1) % bound;
    uint64_t value;
    do
        value = rng_u64(rng);
    while (value < unfair);
    return value % bound;
}
