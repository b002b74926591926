#include "net/address_limits.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/check.h"

enum { PROBES_MAX = 16, MINUTE_MS = 60 * 1000 };

void address_key_of(const struct sockaddr *address, struct address_key *ret_key) {
    *ret_key = (struct address_key){0};
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof in6);
        size_t size = IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr) ? 16 : 8;
        memcpy(ret_key->b, &in6.sin6_addr, size);
    } else if (address->sa_family == AF_INET) {
        struct sockaddr_in in4;
        memcpy(&in4, address, sizeof in4);
        ret_key->b[10] = ret_key->b[11] = 0xff;
        memcpy(ret_key->b + 12, &in4.sin_addr, 4);
    }
}

enum rond_err address_limits_init(struct address_limits *limits, uint32_t connections_max, uint32_t requests_per_minute,
                                  const struct rng *rng) {
    *limits = (struct address_limits){.seed = rng_u64(rng) | 1,
                                      .connections_max = connections_max,
                                      .requests_per_minute = requests_per_minute};
    limits->slots = calloc(ADDRESS_LIMITS_SLOTS, sizeof *limits->slots);
    return limits->slots ? ROND_OK : ROND_ENOMEM;
}

void address_limits_deinit(struct address_limits *limits) {
    free(limits->slots);
    limits->slots = NULL;
}

static size_t home_of(const struct address_limits *limits, const struct address_key *key) {
    uint64_t mixed = (get_be64(key->b) ^ limits->seed) * UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ (mixed >> 29) ^ get_be64(key->b + 8)) * UINT64_C(0xbf58476d1ce4e5b9);
    return (size_t)(mixed >> 32) % ADDRESS_LIMITS_SLOTS;
}

static void refill(const struct address_limits *limits, struct address_slot *slot, int64_t now_ms) {
    uint64_t full = (uint64_t)limits->requests_per_minute * 1000;
    uint64_t passed_ms = now_ms > slot->filled_ms ? (uint64_t)(now_ms - slot->filled_ms) : 0;
    if (passed_ms > MINUTE_MS)
        passed_ms = MINUTE_MS;
    uint64_t tokens = slot->tokens_milli + full * passed_ms / MINUTE_MS;
    slot->tokens_milli = (uint32_t)(tokens < full ? tokens : full);
    slot->filled_ms = now_ms;
}

static bool is_idle(const struct address_limits *limits, struct address_slot *slot, int64_t now_ms) {
    if (slot->connections > 0)
        return false;
    refill(limits, slot, now_ms);
    return slot->tokens_milli == limits->requests_per_minute * 1000;
}

static struct address_slot *lookup(const struct address_limits *limits, const struct address_key *key) {
    size_t home = home_of(limits, key);
    for (size_t i = 0; i < PROBES_MAX; i++) {
        struct address_slot *slot = &limits->slots[(home + i) % ADDRESS_LIMITS_SLOTS];
        if (slot->used && !memcmp(&slot->key, key, sizeof *key))
            return slot;
    }
    return NULL;
}

// The address's slot, or one that nothing hangs on any more; NULL where all its places are busy.
static struct address_slot *claim(struct address_limits *limits, const struct address_key *key, int64_t now_ms) {
    struct address_slot *slot = lookup(limits, key);
    size_t home = home_of(limits, key);
    for (size_t i = 0; !slot && i < PROBES_MAX; i++) {
        struct address_slot *other = &limits->slots[(home + i) % ADDRESS_LIMITS_SLOTS];
        if (other->used && !is_idle(limits, other, now_ms))
            continue;
        slot = other;
        *slot = (struct address_slot){
            .key = *key, .used = true, .tokens_milli = limits->requests_per_minute * 1000, .filled_ms = now_ms};
    }
    return slot;
}

bool address_limits_enter(struct address_limits *limits, int64_t now_ms, const struct address_key *key) {
    struct address_slot *slot = claim(limits, key, now_ms);
    if (!slot || slot->connections >= limits->connections_max)
        return false;
    slot->connections++;
    return true;
}

void address_limits_left(struct address_limits *limits, const struct address_key *key) {
    struct address_slot *slot = lookup(limits, key);
    CHECK(slot && slot->connections > 0);
    slot->connections--;
}

bool address_limits_take(struct address_limits *limits, int64_t now_ms, const struct address_key *key) {
    struct address_slot *slot = claim(limits, key, now_ms);
    if (!slot)
        return false;
    refill(limits, slot, now_ms);
    if (slot->tokens_milli < 1000)
        return false;
    slot->tokens_milli -= 1000;
    return true;
}
