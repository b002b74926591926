// Rescue files: sealed for one organisation, opened by it alone, and what a hostile one could try at the import.
//
// Tests: proto/wire/rescue.c server/rescue/import.c client-sdk/src/client_rescue.c
#include "wire/rescue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/ca.h"
#include "base/sha256.h"
#include "rescue/import.h"
#include "support/lund.h"
#include "support/test.h"

enum { NOW_S = LUND_NOW_S, DEVICE = 0, OUTBOX = 7 };

struct place {
    struct lund lund;
    struct ca *ca, *other;
    char other_directory[64];
    struct buffer file;
    struct rescue_writer writer;
    struct chain chain; // of the outbox that is written
    struct rescued rescued;
    struct fault fault;
};

static void put_key(struct place *place, unsigned device) {
    struct device_key key = {.device = lund_device(device), .current = true, .since_ms = place->lund.now_ms};
    uint8_t *spki;
    size_t size;
    assert_ok(sign_key_spki(lund_key(device), &spki, &size));
    key.spki = bytes_of(spki, size);
    sha256_of(key.spki, &key.spki_hash);
    lund_begin(&place->lund);
    assert_ok(place->lund.store->registry->key_put(place->lund.store, &key));
    lund_commit(&place->lund);
    free(spki);
}

static int setup(void **state) {
    struct place *place = calloc(1, sizeof *place);
    lund_open(&place->lund);
    strcpy(place->other_directory, "/tmp/rond-rescue-XXXXXX");
    assert_non_null(mkdtemp(place->other_directory));
    assert_ok(ca_create(place->lund.directory, "Lund", rng_system(), place->lund.now_ms, NULL));
    assert_ok(ca_open(place->lund.directory, &place->ca, NULL));
    assert_ok(ca_create(place->other_directory, "Other", rng_system(), place->lund.now_ms, NULL));
    assert_ok(ca_open(place->other_directory, &place->other, NULL));
    buffer_init(&place->file, RESCUE_BYTES_MAX);
    put_key(place, DEVICE);
    put_key(place, DEVICE + 1);
    *state = place;
    return 0;
}

static int teardown(void **state) {
    struct place *place = *state;
    char command[128];
    ca_close(place->ca);
    ca_close(place->other);
    lund_close(&place->lund);
    buffer_deinit(&place->file);
    snprintf(command, sizeof command, "rm -rf %s", place->other_directory);
    assert_int_equal(system(command), 0);
    free(place);
    return 0;
}

// --- Writing as a handheld would ---

static void begin(struct place *place, unsigned key_of) {
    struct bytes anchors[] = {ca_certificate(place->other), ca_certificate(place->ca)};
    struct hash256 hash, seed = {.b = {1, 2, 3}};
    uint8_t *spki;
    size_t size;
    buffer_clear(&place->file);
    chain_init(&place->chain, &seed);
    assert_ok(rescue_begin(&place->writer, rng_system(), anchors, 2, &place->file));
    assert_ok(sign_key_spki(lund_key(key_of), &spki, &size));
    sha256_of(bytes_of(spki, size), &hash);
    free(spki);
    assert_ok(rescue_add(&place->writer, bytes_of(hash.b, HASH_SIZE), &place->file));
}

static void end(struct place *place) {
    assert_ok(rescue_add(&place->writer, bytes_of(NULL, 0), &place->file));
    rescue_end(&place->writer);
}

static void add_frame(struct place *place, const Rond__V1__Frame *frame) {
    struct buffer bytes;
    buffer_init(&bytes, FRAME_BYTES_MAX);
    assert_ok(codec_frame_encode(frame, &bytes));
    assert_ok(rescue_add(&place->writer, buffer_bytes(&bytes), &place->file));
    buffer_deinit(&bytes);
}

static ProtobufCBinaryData borrowed(const void *data, size_t size) {
    return (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)data, .len = size};
}

static void add_hello(struct place *place, unsigned device, int64_t wall_ms) {
    Rond__V1__Hello hello = ROND__V1__HELLO__INIT;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    struct id128 id = lund_device(device), outbox = lund_outbox(DEVICE, OUTBOX);
    struct hash256 head = {0};
    hello.protocol = PROTOCOL_VERSION;
    hello.device = borrowed(id.b, ID_SIZE);
    hello.outbox = borrowed(outbox.b, ID_SIZE);
    hello.head = borrowed(head.b, HASH_SIZE);
    hello.last_seq = 100;
    hello.wall_ms = wall_ms;
    frame.kind_case = ROND__V1__FRAME__KIND_HELLO;
    frame.hello = &hello;
    add_frame(place, &frame);
}

// The next report of the outbox, as a batch of its own that this device's key signs.
static void add_batch(struct place *place, unsigned signer) {
    struct lund *lund = &place->lund;
    struct record record = record_of_report(&lund->arena, sample_report(&lund->arena, ROND__V1__KIND__KIND_CHECK, 0));
    struct id128 device = lund_device(DEVICE), outbox = lund_outbox(DEVICE, OUTBOX);
    struct hash256 seed = place->chain.ratchet;
    struct signature signature;
    struct statement statement;
    struct buffer scratch;
    Rond__V1__Batch batch = ROND__V1__BATCH__INIT;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    buffer_init(&scratch, 2 * BATCH_RECORDS_BYTES_MAX);
    assert_ok(codec_records_encode(&record, 1, 0, &scratch, &batch));
    batch.first_seq = place->chain.seq + 1;
    if (place->chain.seq == 0)
        batch.chain_seed = borrowed(seed.b, HASH_SIZE);
    chain_append(&place->chain, &record, NULL, NULL);
    statement_batch(&statement, &device, &outbox, place->chain.seq, place->chain.seq, &place->chain.head);
    assert_ok(signature_make(lund_key(signer), &statement, &signature));
    batch.head = borrowed(place->chain.head.b, HASH_SIZE);
    batch.signature = borrowed(signature.b, SIGNATURE_SIZE);
    frame.kind_case = ROND__V1__FRAME__KIND_BATCH;
    frame.batch = &batch;
    add_frame(place, &frame);
    buffer_deinit(&scratch);
}

static void write_honest(struct place *place) {
    begin(place, DEVICE);
    add_hello(place, DEVICE, place->lund.now_ms - 1000);
    add_batch(place, DEVICE);
    add_batch(place, DEVICE);
    end(place);
}

static enum rond_err import_bytes(struct place *place, const struct ca *ca, struct bytes file) {
    struct store *store = place->lund.store;
    place->fault = (struct fault){0};
    assert_ok(store->ledger->begin(store));
    enum rond_err err =
        rescue_import(store, place->lund.catalogue, ca, file, place->lund.now_ms, &place->rescued, &place->fault);
    if (err == ROND_OK)
        assert_ok(store->ledger->commit(store));
    else
        store->ledger->rollback(store);
    assert_true(err == ROND_OK || place->fault.text[0] != '\0');
    return err;
}

static enum rond_err import(struct place *place) {
    return import_bytes(place, place->ca, buffer_bytes(&place->file));
}

static uint64_t stored(struct place *place) {
    struct store_counts counts;
    assert_ok(place->lund.store->views->counts(place->lund.store, &counts));
    return counts.reports;
}

// --- The file ---

static void every_anchor_opens_it_and_nobody_else(void **state) {
    struct place *place = *state;
    char directory[] = "/tmp/rond-third-XXXXXX", command[64];
    struct ca *third;
    write_honest(place);
    assert_ok(import_bytes(place, place->other, buffer_bytes(&place->file)));
    assert_non_null(mkdtemp(directory));
    assert_ok(ca_create(directory, "Third", rng_system(), place->lund.now_ms, NULL));
    assert_ok(ca_open(directory, &third, NULL));
    assert_err(ROND_EAUTH, import_bytes(place, third, buffer_bytes(&place->file)));
    ca_close(third);
    snprintf(command, sizeof command, "rm -rf %s", directory);
    assert_int_equal(system(command), 0);
}

static void a_file_with_a_bit_flipped_anywhere_is_not_taken_in(void **state) {
    struct place *place = *state;
    write_honest(place);
    size_t other_key = 15 + ID_SIZE + 1, ours = other_key + HASH_SIZE + RESCUE_POINT_SIZE + RESCUE_WRAPPED_SIZE;
    for (size_t i = 0; i < place->file.size; i++) {
        if (i >= other_key && i < ours)
            continue; // sealed for somebody else
        place->file.data[i] ^= 0x10;
        assert_int_not_equal(import(place), ROND_OK);
        place->file.data[i] ^= 0x10;
    }
    assert_int_equal(stored(place), 0);
    assert_ok(import(place));
    assert_int_equal(stored(place), 2);
}

static void a_file_that_was_cut_off_anywhere_is_not_taken_in(void **state) {
    struct place *place = *state;
    write_honest(place);
    for (size_t size = 0; size < place->file.size; size++)
        assert_int_not_equal(import_bytes(place, place->ca, bytes_of(place->file.data, size)), ROND_OK);
    assert_int_equal(stored(place), 0);
    assert_ok(buffer_append(&place->file, bytes_of("x", 1)));
    assert_err(ROND_ECORRUPT, import(place));
}

// --- Taking it in ---

static void what_comes_in_twice_is_there_once(void **state) {
    struct place *place = *state;
    write_honest(place);
    assert_ok(import(place));
    assert_int_equal(place->rescued.reports.reports_applied, 2);
    assert_int_equal(place->rescued.reports.reports_repeated, 0);
    assert_ok(import(place));
    assert_int_equal(place->rescued.reports.reports_applied, 0);
    assert_int_equal(place->rescued.reports.reports_repeated, 2);
    assert_int_equal(stored(place), 2);
}

static void what_the_devices_key_did_not_sign_is_refused_whole(void **state) {
    struct place *place = *state;
    begin(place, DEVICE);
    add_hello(place, DEVICE, place->lund.now_ms);
    add_batch(place, DEVICE);
    add_batch(place, DEVICE + 1);
    end(place);
    assert_err(ROND_EAUTH, import(place));
    assert_int_equal(stored(place), 0);
}

static void a_device_speaks_for_itself_alone(void **state) {
    struct place *place = *state;
    begin(place, DEVICE + 1);
    add_hello(place, DEVICE, place->lund.now_ms);
    add_batch(place, DEVICE + 1);
    end(place);
    assert_err(ROND_EAUTH, import(place));
    begin(place, DEVICE);
    add_batch(place, DEVICE); // without a Hello
    end(place);
    assert_err(ROND_EINVALID, import(place));
    begin(place, DEVICE);
    assert_ok(rescue_add(&place->writer, bytes_of_text("garbage"), &place->file));
    end(place);
    assert_err(ROND_EINVALID, import(place));
    assert_int_equal(stored(place), 0);
}

static void a_file_that_begins_too_late_says_what_to_do(void **state) {
    struct place *place = *state;
    begin(place, DEVICE);
    add_hello(place, DEVICE, place->lund.now_ms);
    place->chain.seq = 4;
    add_batch(place, DEVICE);
    end(place);
    assert_err(ROND_ECONFLICT, import(place));
    assert_non_null(strstr(place->fault.text, "--all"));
}

static void another_history_of_the_queue_is_kept_apart(void **state) {
    struct place *place = *state;
    write_honest(place);
    assert_ok(import(place));
    begin(place, DEVICE);
    add_hello(place, DEVICE, place->lund.now_ms);
    place->chain.ratchet.b[0] ^= 1; // a clone of another seed
    add_batch(place, DEVICE);
    add_batch(place, DEVICE);
    add_batch(place, DEVICE);
    end(place);
    assert_ok(import(place));
    assert_int_equal(place->rescued.reports.reports_forked, 1); // the others are the same reports
    assert_int_equal(stored(place), 2);
}

static void a_clock_ahead_moves_nothing_into_the_future_and_nobody_was_heard(void **state) {
    struct place *place = *state;
    struct stored_report report;
    struct device_record before, after;
    struct store *store = place->lund.store;
    struct id128 id = lund_device(DEVICE);
    assert_ok(store->registry->device_get(store, &id, &place->lund.arena, &before));
    begin(place, DEVICE);
    add_hello(place, DEVICE, place->lund.now_ms + INT64_C(400) * 24 * 3600 * 1000);
    add_batch(place, DEVICE);
    end(place);
    assert_ok(import(place));
    assert_ok(store->views->report(store, 1, &place->lund.arena, &report));
    assert_true(report.from_s <= NOW_S);
    assert_int_equal(report.received_ms, place->lund.now_ms);
    assert_ok(store->registry->device_get(store, &id, &place->lund.arena, &after));
    assert_int_equal(after.seen_ms, before.seen_ms);
}

static void of_a_lost_device_nothing_and_of_a_retired_one_into_quarantine(void **state) {
    struct place *place = *state;
    struct device_record device;
    struct store *store = place->lund.store;
    struct id128 id = lund_device(DEVICE);
    write_honest(place);
    assert_ok(store->registry->device_get(store, &id, &place->lund.arena, &device));
    static const enum device_status statuses[] = {DEVICE_LOST, DEVICE_RETIRED};
    for (size_t i = 0; i < ARRAY_COUNT(statuses); i++) {
        device.status = statuses[i];
        lund_begin(&place->lund);
        assert_ok(store->registry->device_put(store, &device));
        lund_commit(&place->lund);
        assert_err(statuses[i] == DEVICE_LOST ? ROND_EAUTH : ROND_OK, import(place));
    }
    assert_int_equal(place->rescued.reports.reports_quarantined, 2);
}

#define TEST(test)                                                                                                          \
    { #test, test, setup, teardown, NULL }

static void what_a_replaced_key_signed_waits_in_quarantine(void **state) {
    struct place *place = *state;
    struct device_key fresh = {
        .device = lund_device(DEVICE), .spki_hash = {{0xf1}}, .spki = bytes_of("k", 1), .current = true};
    write_honest(place);
    lund_begin(&place->lund);
    assert_ok(place->lund.store->registry->key_put(place->lund.store, &fresh));
    lund_commit(&place->lund);
    assert_ok(import(place));
    assert_int_equal(place->rescued.reports.reports_quarantined, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_anchor_opens_it_and_nobody_else),
        TEST(a_file_with_a_bit_flipped_anywhere_is_not_taken_in),
        TEST(a_file_that_was_cut_off_anywhere_is_not_taken_in),
        TEST(what_comes_in_twice_is_there_once),
        TEST(what_the_devices_key_did_not_sign_is_refused_whole),
        TEST(a_device_speaks_for_itself_alone),
        TEST(a_file_that_begins_too_late_says_what_to_do),
        TEST(another_history_of_the_queue_is_kept_apart),
        TEST(a_clock_ahead_moves_nothing_into_the_future_and_nobody_was_heard),
        TEST(of_a_lost_device_nothing_and_of_a_retired_one_into_quarantine),
        TEST(what_a_replaced_key_signed_waits_in_quarantine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
