// Trains a zstd dictionary for batches of reports: `make dictionary`. What is in it are the words and fields that reports
// everywhere have in common: the reports are made up, in towns and at places that no figure of the bench knows. Usage:
// dictionary FILE
#include <stdio.h>
#include <stdlib.h>
#include <zdict.h>
#include <zstd.h>

#include "base/check.h"
#include "support/patrols.h"
#include "support/report_samples.h"
#include "wire/limits.h"

enum { DEVICES = 600, BATCH_MAX = 40, DICTIONARY_BYTES = 8 * 1024, SAMPLES_BYTES_MAX = 8 * 1024 * 1024 };

static const char *const NAMES[] = {"centralstationen", "resecentrum",   "stora-torget",   "storgatan", "kungsgatan",
                                    "drottninggatan",   "jarnvagsgatan", "kyrkogatan",     "hamnen",    "busstorget",
                                    "biblioteket",      "stadsparken",   "idrottsplatsen", "simhallen", "galleria",
                                    "folkets-park",     "gymnasieskola", "vasterport"};
static const char *const AREAS[] = {"strangnas", "vasteras", "boras", "malmo", "sundsvall", "uppsala"};
static const char *const ROLES[] = {"police_officer", "public_order_guard", "station_host", "municipal_staff",
                                    "security_guard"};

static struct patrol_world world_of(size_t device) {
    return (struct patrol_world){.area = AREAS[device % ARRAY_COUNT(AREAS)],
                                 .names = NAMES,
                                 .names_count = ARRAY_COUNT(NAMES),
                                 .role = ROLES[device % 7 % ARRAY_COUNT(ROLES)],
                                 .latitude_e6 = 56000000 + (int32_t)(device % 90) * 100000,
                                 .longitude_e6 = 12000000 + (int32_t)(device % 70) * 100000};
}

// Two of three are patrols.
static struct record make(struct arena *arena, size_t device, size_t index) {
    const struct patrol_world world = world_of(device);
    if (index % 3 != 0)
        return record_of_report(arena, patrol_report(arena, &world, 100000 + device, index));
    Rond__V1__Kind kind = (Rond__V1__Kind)(ROND__V1__KIND__KIND_CHECK + (device + index / 3) % 7);
    Rond__V1__Report *report = sample_report(arena, kind, (unsigned)(device * 31 + index));
    report->area = arena_text(arena, world.area);
    report->role = arena_text(arena, world.role);
    report->place = arena_text(arena, NAMES[(device + index) % ARRAY_COUNT(NAMES)]);
    CHECK(report->area != NULL && report->role != NULL && report->place != NULL);
    return record_of_report(arena, report);
}

// One batch as it is compressed: the raw bytes stand in scratch.
static size_t batch_size(struct buffer *scratch, size_t device, size_t count) {
    static struct record records[BATCH_MAX];
    Rond__V1__Batch batch = ROND__V1__BATCH__INIT;
    struct arena arena;
    arena_init(&arena, SAMPLES_BYTES_MAX);
    for (size_t i = 0; i < count; i++)
        records[i] = make(&arena, device, i);
    CHECK(codec_records_encode(records, count, 0, scratch, &batch) == ROND_OK);
    arena_deinit(&arena);
    return batch.records_size;
}

int main(int argc, char **argv) {
    static size_t sizes[DEVICES];
    static uint8_t dictionary[DICTIONARY_BYTES], packed[ZSTD_COMPRESSBOUND(DICTIONARY_BYTES)];
    struct buffer samples, scratch;
    if (argc != 2) {
        fputs("usage: dictionary FILE\n", stderr);
        return 2;
    }
    buffer_init(&samples, SAMPLES_BYTES_MAX);
    buffer_init(&scratch, 2 * BATCH_RECORDS_BYTES_MAX);
    for (size_t i = 0; i < DEVICES; i++) {
        sizes[i] = batch_size(&scratch, i, 1 + i % BATCH_MAX);
        CHECK(buffer_append(&samples, bytes_of(scratch.data, sizes[i])) == ROND_OK);
    }
    size_t size = ZDICT_trainFromBuffer(dictionary, sizeof dictionary, samples.data, sizes, DEVICES);
    CHECK(!ZDICT_isError(size));
    size_t packed_size = ZSTD_compress(packed, sizeof packed, dictionary, size, ZSTD_maxCLevel());
    CHECK(!ZSTD_isError(packed_size));
    FILE *file = fopen(argv[1], "wx"); // a number's bytes never change
    if (file == NULL || fwrite(packed, 1, packed_size, file) != packed_size || fclose(file) != 0) {
        fprintf(stderr,
                "dictionary: %s cannot be written; a dictionary that is there is never changed: give the next number\n",
                argv[1]);
        return 1;
    }
    printf("%s: %zu bytes, %zu packed, of %zu bytes in %d batches\n", argv[1], size, packed_size, samples.size, DEVICES);
    buffer_deinit(&samples);
    buffer_deinit(&scratch);
    return 0;
}
