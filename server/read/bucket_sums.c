#include "read/bucket_sums.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_FIRST = 1024, PERIODS_FIRST = 16 };

void bucket_sums_deinit(struct bucket_sums *sums) {
    free(sums->slots);
    free(sums->totals);
    *sums = (struct bucket_sums){0};
}

bool bucket_is_own(const char *bucket) {
    return strncmp(bucket, "r:", 2) == 0;
}

// ---- Seen buckets ----

uint64_t bucket_hash(const char *bucket) {
    uint64_t hash = UINT64_C(14695981039346656037); // FNV-1a
    for (; *bucket != '\0'; bucket++)
        hash = (hash ^ (uint8_t)*bucket) * UINT64_C(1099511628211);
    hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
    hash ^= hash >> 33;
    return hash == 0 ? 1 : hash;
}

static uint64_t *slot_of(const struct bucket_sums *sums, uint64_t hash) {
    size_t at = hash & (sums->slots_count - 1);
    while (sums->slots[at] != 0 && sums->slots[at] != hash)
        at = (at + 1) & (sums->slots_count - 1);
    return &sums->slots[at];
}

static bool slots_grow(struct bucket_sums *sums) {
    struct bucket_sums grown = {.slots_count = sums->slots_count == 0 ? SLOTS_FIRST : 2 * sums->slots_count};
    grown.slots = calloc(grown.slots_count, sizeof *grown.slots);
    if (grown.slots == NULL)
        return false;
    for (size_t i = 0; i < sums->slots_count; i++)
        if (sums->slots[i] != 0)
            *slot_of(&grown, sums->slots[i]) = sums->slots[i];
    free(sums->slots);
    sums->slots = grown.slots;
    sums->slots_count = grown.slots_count;
    return true;
}

enum rond_err bucket_sums_see(struct bucket_sums *sums, const char *bucket, bool *ret_is_new) {
    if (4 * (sums->seen + 1) > 3 * sums->slots_count && !slots_grow(sums))
        return ROND_ENOMEM;
    uint64_t hash = bucket_hash(bucket), *slot = slot_of(sums, hash);
    *ret_is_new = *slot == 0;
    sums->seen += *slot == 0;
    *slot = hash;
    return ROND_OK;
}

// ---- Sums by period ----

static struct period_total *total_find(const struct bucket_sums *sums, const char *period) {
    for (size_t i = 0; i < sums->count; i++)
        if (strcmp(sums->totals[i].period, period) == 0)
            return &sums->totals[i];
    return NULL;
}

enum rond_err bucket_sums_add(struct bucket_sums *sums, const char *period, const struct tally *value) {
    struct period_total *total = total_find(sums, period);
    if (total == NULL && sums->count == sums->capacity) {
        size_t capacity = sums->capacity == 0 ? PERIODS_FIRST : 2 * sums->capacity;
        struct period_total *totals = realloc(sums->totals, capacity * sizeof *totals);
        if (totals == NULL)
            return ROND_ENOMEM;
        sums->totals = totals;
        sums->capacity = capacity;
    }
    if (total == NULL) {
        total = &sums->totals[sums->count++];
        *total = (struct period_total){0};
        snprintf(total->period, sizeof total->period, "%s", period);
    }
    tally_add(&total->tally, value);
    return ROND_OK;
}

enum rond_err bucket_sums_add_places(struct bucket_sums *sums, const struct contribution *values, size_t count) {
    const struct tally one = {.count = 1};
    uint32_t bits[2];
    enum rond_err err = ROND_OK;
    bucket_places(values, count, &bits[0], &bits[1]);
    for (size_t i = 0; i < 2 * (size_t)AMONG_PLACES_MAX && err == ROND_OK; i++) {
        char period[PERIOD_SIZE];
        bool open = i >= AMONG_PLACES_MAX;
        if ((bits[open] >> i % AMONG_PLACES_MAX & 1) == 0)
            continue;
        place_period(open, i % AMONG_PLACES_MAX, period);
        err = bucket_sums_add(sums, period, &one);
    }
    return err;
}
