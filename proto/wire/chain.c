#include "wire/chain.h"

#include <string.h>

#include "base/check.h"
#include "base/sha256.h"

static struct bytes hash_bytes(const struct hash256 *hash) {
    return bytes_of(hash->b, HASH_SIZE);
}

static void ratchet_salt(const struct hash256 *ratchet, struct salt *ret_salt) {
    struct bytes parts[] = {bytes_of_text("rond salt v1"), hash_bytes(ratchet)};
    struct hash256 hash;
    sha256_parts(parts, ARRAY_COUNT(parts), &hash);
    memcpy(ret_salt->b, hash.b, SALT_SIZE);
}

static void ratchet_turn(struct hash256 *ratchet) {
    struct bytes parts[] = {bytes_of_text("rond ratchet v1"), hash_bytes(ratchet)};
    sha256_parts(parts, ARRAY_COUNT(parts), ratchet);
}

void chain_init(struct chain *chain, const struct hash256 *seed) {
    *chain = (struct chain){.ratchet = *seed};
}

void chain_leaf(const struct salt *salt, const struct record *record, struct hash256 *ret_leaf) {
    uint8_t size[4], formerly[1 + ID_SIZE + 8];
    put_be32(size, (uint32_t)record->report.size);
    size_t formerly_size = 0;
    if (record->has_formerly) {
        formerly[0] = 0x01;
        memcpy(formerly + 1, record->formerly_outbox.b, ID_SIZE);
        put_be64(formerly + 1 + ID_SIZE, record->formerly_seq);
        formerly_size = sizeof formerly;
    }
    struct bytes parts[] = {
        bytes_of_text("rond leaf v1"),     bytes_of(salt->b, SALT_SIZE), bytes_of(size, sizeof size), record->report,
        bytes_of(formerly, formerly_size),
    };
    sha256_parts(parts, ARRAY_COUNT(parts), ret_leaf);
}

void chain_append_leaf(struct chain *chain, const struct hash256 *leaf) {
    uint8_t seq[8];
    put_be64(seq, ++chain->seq);
    struct bytes parts[] = {bytes_of_text("rond head v1"), hash_bytes(&chain->head), bytes_of(seq, sizeof seq),
                            hash_bytes(leaf)};
    sha256_parts(parts, ARRAY_COUNT(parts), &chain->head);
}

void chain_append(struct chain *chain, const struct record *record, struct salt *ret_salt, struct hash256 *ret_leaf) {
    struct salt salt;
    struct hash256 leaf;
    ratchet_salt(&chain->ratchet, &salt);
    chain_leaf(&salt, record, &leaf);
    chain_append_leaf(chain, &leaf);
    ratchet_turn(&chain->ratchet);
    if (ret_salt != NULL)
        *ret_salt = salt;
    if (ret_leaf != NULL)
        *ret_leaf = leaf;
}

void chain_lost_mark(const struct hash256 *ratchet_after, struct hash256 *ret_mark) {
    struct bytes parts[] = {bytes_of_text("rond mark v1"), hash_bytes(ratchet_after)};
    sha256_parts(parts, ARRAY_COUNT(parts), ret_mark);
}

void chain_lose_marked(struct chain *chain, uint64_t last, uint32_t reason, const struct hash256 *mark) {
    CHECK(last > chain->seq);
    uint8_t numbers[8 + 8 + 4];
    put_be64(numbers, chain->seq + 1);
    put_be64(numbers + 8, last);
    put_be32(numbers + 16, reason);
    struct bytes parts[] = {bytes_of_text("rond lost v1"), hash_bytes(&chain->head), bytes_of(numbers, sizeof numbers),
                            hash_bytes(mark)};
    sha256_parts(parts, ARRAY_COUNT(parts), &chain->head);
    chain->seq = last;
}

void chain_lose(struct chain *chain, uint64_t last, uint32_t reason, const struct hash256 *ratchet_after) {
    struct hash256 mark;
    chain_lost_mark(ratchet_after, &mark);
    chain_lose_marked(chain, last, reason, &mark);
    chain->ratchet = *ratchet_after;
}
