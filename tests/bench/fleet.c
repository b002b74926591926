#include "bench/fleet.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/ca.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/sha256.h"
#include "bench/connection.h"
#include "support/patrols.h"
#include "support/report_samples.h"
#include "wire/dictionary.h"
#include "wire/limits.h"
#include "wire/sign.h"

enum { LOAD_ARENA_BYTES_MAX = 256 * 1024 * 1024, VARIANTS = 5000, VARIANT_STEP = 157, CERTIFICATE_LIFE_DAYS = 14 };

static void ok(enum rond_err err, const char *what, const struct fault *fault) {
    if (err)
        bench_fail("%s: %s %s", what, rond_err_name(err), fault ? fault->text : "");
}

// --- Enrolment without the network ---

static void make_device(struct fleet *fleet, struct store *store, const struct ca *ca, size_t index, int64_t now_ms) {
    static const char *roles[] = {"police_officer", "public_order_guard", "station_host"};
    struct fleet_device *device = &fleet->devices[index];
    char name[32];
    uint8_t *spki;
    size_t spki_size;
    struct buffer certificate;
    (void)snprintf(name, sizeof name, "bench %zu", index);
    rng_fill(rng_system(), device->device.b, ID_SIZE); // random, as enrolment gives them: look-ups rest on it
    ok(sign_key_generate(&device->key), "key", NULL);
    ok(sign_key_spki(device->key, &spki, &spki_size), "key", NULL);
    struct device_record record = {.device = device->device,
                                   .name = name,
                                   .organisation = "polisen",
                                   .area = "lund",
                                   .roles = roles,
                                   .roles_count = ARRAY_COUNT(roles),
                                   .enrolled_ms = now_ms};
    struct device_key key = {.device = device->device, .spki = bytes_of(spki, spki_size), .current = true, .since_ms = now_ms};
    sha256_of(key.spki, &key.spki_hash);
    ok(store->registry->device_put(store, &record), "device", NULL);
    ok(store->registry->key_put(store, &key), "key", NULL);
    buffer_init(&certificate, 64 * 1024);
    ok(ca_issue_device(ca, key.spki, &device->device, CERTIFICATE_LIFE_DAYS, rng_system(), now_ms, &certificate), "certificate", NULL);
    const uint8_t *der = certificate.data;
    device->certificate = d2i_X509(NULL, &der, (long)certificate.size);
    buffer_deinit(&certificate);
    free(spki);
}

// The one word of the sample reports that the Lund file does not bring.
static void put_word(struct store *store) {
    char id[] = "initiative/neighbourhood_watch", list[] = "initiative", word[] = "neighbourhood_watch";
    Rond__V1__Term term = ROND__V1__TERM__INIT;
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    term.id = term.name_sv = term.name_en = word;
    term.list = list;
    entry.id = id;
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_TERM;
    entry.term = &term;
    ok(store->registry->reference_put(store, &entry, NULL), "word", NULL);
}

static void enrol_all(struct fleet *fleet, const char *directory) {
    struct fault fault = {0};
    struct store *store;
    struct ca *ca;
    int lock;
    int64_t now_ms = clock_wall_ms(clock_system());
    ok(store_lock(directory, &lock, &fault), "lock", &fault);
    ok(store_open_sqlite(directory, STORE_READ_WRITE, rng_system(), &store, &fault), "store", &fault);
    ok(ca_open(directory, &ca, &fault), "ca", &fault);
    ok(store->ledger->begin(store), "begin", NULL);
    put_word(store);
    patrols_put_places(store, &PATROLS_IN_LUND);
    for (size_t i = 0; i < fleet->count; i++)
        make_device(fleet, store, ca, i, now_ms);
    ok(store->ledger->commit(store), "commit", NULL);
    ok(store->registry->identity(store, &fleet->store), "identity", NULL);
    store_close(store);
    ca_close(ca);
    close(lock);
}

struct fleet *fleet_create(struct bench *bench) {
    struct fleet *fleet = calloc(1, sizeof *fleet);
    char directory[400];
    if (!fleet)
        bench_fail("no memory");
    fleet->bench = bench;
    fleet->count = bench_setting("BENCH_DEVICES", FLEET_DEVICES);
    if (fleet->count < 1 || fleet->count > FLEET_DEVICES)
        bench_fail("BENCH_DEVICES: 1 to %d", FLEET_DEVICES);
    (void)snprintf(directory, sizeof directory, "%s/master", bench->directory);
    bench_run("rm -rf '%s'", directory);
    bench_run("'%s/rondctl' --data '%s' init >'%s/bench.log' 2>&1", bench->programs, directory, bench->directory);
    bench_run("'%s/rondctl' --data '%s' promise import tests/fixtures/lund-2015.yaml >>'%s/bench.log' 2>&1", bench->programs,
              directory, bench->directory);
    enrol_all(fleet, directory);
    fleet->tls = connection_tls(directory);
    return fleet;
}

void fleet_destroy(struct fleet *fleet) {
    for (size_t i = 0; i < fleet->count; i++) {
        sign_key_destroy(fleet->devices[i].key);
        X509_free(fleet->devices[i].certificate);
    }
    SSL_CTX_free(fleet->tls);
    free(fleet);
}

// --- Frames ---

// Spread over kinds, places and half a year, so that no window is fuller than a busy one would be.
static struct record record_of_all_kinds(const struct shape *shape, struct arena *arena, size_t device, size_t index) {
    UNUSED(shape);
    Rond__V1__Kind kind = (Rond__V1__Kind)(ROND__V1__KIND__KIND_CHECK + (device + index) % 7);
    return sample_record(arena, kind, (unsigned)((device * VARIANT_STEP + index) % VARIANTS));
}
const struct shape SHAPE_OF_ALL_KINDS = {.make = record_of_all_kinds};

static void prepare_batch(struct load *load, const struct fleet *fleet, struct chain *chain, const struct hash256 *seed,
                          const struct record *records, size_t count) {
    const struct fleet_device *device = &fleet->devices[load->device];
    struct prepared *prepared = &load->batches[load->batches_count++];
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    Rond__V1__Batch batch = ROND__V1__BATCH__INIT;
    struct buffer scratch, encoded;
    struct statement statement;
    struct signature signature;
    uint64_t first = chain->seq + 1;
    for (size_t i = 0; i < count; i++)
        chain_append(chain, &records[i], NULL, NULL);
    buffer_init(&scratch, 2 * BATCH_RECORDS_BYTES_MAX);
    buffer_init(&encoded, FRAME_BYTES_MAX);
    ok(codec_records_encode(records, count, DICTIONARY_NEWEST, &scratch, &batch), "records", NULL);
    statement_batch(&statement, &device->device, &load->outbox, first, chain->seq, &chain->head);
    ok(signature_make(device->key, &statement, &signature), "signature", NULL);
    batch.first_seq = first;
    batch.head = (ProtobufCBinaryData){.data = chain->head.b, .len = HASH_SIZE};
    batch.signature = (ProtobufCBinaryData){.data = signature.b, .len = SIGNATURE_SIZE};
    if (first == 1)
        batch.chain_seed = (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)seed->b, .len = HASH_SIZE};
    frame.kind_case = ROND__V1__FRAME__KIND_BATCH;
    frame.batch = &batch;
    ok(codec_frame_encode(&frame, &encoded), "frame", NULL);
    *prepared = (struct prepared){.last_seq = chain->seq, .frame_bytes = encoded.size};
    prepared->message = connection_frame(&load->arena, buffer_bytes(&encoded));
    buffer_deinit(&scratch);
    buffer_deinit(&encoded);
}

void load_init_of(struct load *load, const struct fleet *fleet, size_t device, unsigned number, size_t reports, size_t batch_reports,
                  const struct shape *shape) {
    *load = (struct load){.device = device, .reports = reports};
    arena_init(&load->arena, LOAD_ARENA_BYTES_MAX);
    put_be64(load->outbox.b, number + 1);
    put_be64(load->outbox.b + 8, device + 1);
    load->batches = arena_array(&load->arena, reports / batch_reports + 1, sizeof *load->batches);
    struct record *records = calloc(batch_reports, sizeof *records);
    struct hash256 seed = {{0x5e, 0xed, (uint8_t)number, (uint8_t)(device >> 8), (uint8_t)device}};
    struct chain chain;
    struct arena scratch, keep;
    arena_init(&scratch, LOAD_ARENA_BYTES_MAX);
    arena_init(&keep, LOAD_ARENA_BYTES_MAX);
    chain_init(&chain, &seed);
    for (size_t done = 0; done < reports;) {
        size_t count = reports - done < batch_reports ? reports - done : batch_reports;
        for (size_t i = 0; i < count; i++) {
            records[i] = shape->make(shape, &scratch, device, done + i);
            CHECK(arena_copy(&keep, records[i].report, &records[i].report));
            arena_reset(&scratch);
        }
        prepare_batch(load, fleet, &chain, &seed, records, count);
        arena_reset(&keep);
        done += count;
    }
    arena_deinit(&scratch);
    arena_deinit(&keep);
    free(records);
}

void load_init(struct load *load, const struct fleet *fleet, size_t device, unsigned number, size_t reports, size_t batch_reports) {
    load_init_of(load, fleet, device, number, reports, batch_reports, &SHAPE_OF_ALL_KINDS);
}

void load_deinit(struct load *load) {
    arena_deinit(&load->arena);
}
