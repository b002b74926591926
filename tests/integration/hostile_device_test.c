// An enrolled device that means ill, over real TLS: what it sends is refused with the code that docs/protocol.md gives, or
// changes nothing; the server lives, its memory stays bounded, an honest device is served, and nothing is stored that should
// not be. Broken WebSocket frames are tests/interop's.
//
// Tests: server/app_devices.c server/net/device_listener.c
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zstd.h>

#include "net/device_listener.h"
#include "support/rondd.h"
#include "support/test.h"
#include "wire/codec.h"
#include "wire/codes.h"
#include "wire/limits.h"

enum { HOSTILE = 0, NEW = 1, OTHER = 2, HONEST = 3 }; // devices of support/lund.h
enum { CLOSE_MS_MAX = 10 * 1000, READ_MS = 10 * 1000, MEMORY_KB_MAX = 48 * 1024, DEEP = 16 * 1024 };
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { CACHE_FULL_AFTER = 0 }; // where memory is not measured
#else
enum { CACHE_FULL_AFTER = 5 };
#endif
enum { UNREADABLE_BATCHES = 80, CUT_MS_MAX = 40 * 1000 };

// The quota of a device would end most of what follows before the bound that it is about.
static const char LIMITS[] = "frame_ms = 400\ndevice_reports_per_minute = 1000000\ndevice_kib_per_minute = 1000000\n";

static const char *test_program;

static int setup(void **state) {
    static struct rondd rondd;
    rondd_start(&rondd, test_program, LIMITS);
    *state = &rondd;
    return 0;
}

static int teardown(void **state) {
    struct rondd *rondd = *state;
    assert_int_equal(rondd_stop(rondd, SIGTERM), 0); // alive, and ends as it should
    rondd_end(rondd);
    return 0;
}

// --- The server, from outside ---

static unsigned count_of(const struct rondd *rondd, const char *name) {
    struct buffer line;
    char key[32];
    buffer_init(&line, 64 * 1024);
    rondd_control(rondd, "{\"command\":\"counts\"}", &line);
    (void)snprintf(key, sizeof key, "\"%s\":", name);
    const char *found = strstr(buffer_text(&line), key);
    if (!found)
        fail_msg("%s", buffer_text(&line));
    unsigned count = (unsigned)strtoul(found + strlen(key), NULL, 10);
    buffer_deinit(&line);
    return count;
}

// Kilobytes that the server's process holds; 0 where a sanitizer's own would be counted with them.
static long memory_kb(const struct rondd *rondd) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    UNUSED(rondd);
    return 0;
#else
    char path[64], line[128];
    long kb = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)rondd->pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "VmRSS: %ld", &kb) == 1)
            break;
    assert_int_equal(fclose(file), 0);
    return kb;
#endif
}

static void greet(struct handset *handset, struct rondd *rondd, unsigned number) {
    handset_init(handset, rondd, number);
    assert_true(handset_connect(handset));
    handset_hello(handset, PROTOCOL_VERSION);
    assert_non_null(handset_expect(handset, ROND__V1__FRAME__KIND_WELCOME));
}

static void expect_refusal(struct handset *handset, unsigned code, int close_code) {
    const Rond__V1__Frame *frame = handset_expect(handset, ROND__V1__FRAME__KIND_REFUSAL);
    assert_non_null(frame);
    assert_int_equal(frame->refusal->code, code);
    assert_true(ws_read_until_closed(&handset->client, CLOSE_MS_MAX) >= 0);
    assert_int_equal(handset->client.close_code, close_code);
}

// An honest device gets through, and no more is stored than what it sent and `expected` before.
static void expect_served(struct rondd *rondd, unsigned expected) {
    struct handset honest;
    assert_int_equal(count_of(rondd, "reports"), expected);
    greet(&honest, rondd, HONEST);
    handset_batch(&honest, 2);
    assert_true(handset_acknowledged(&honest));
    assert_int_equal(count_of(rondd, "reports"), expected + 2);
    handset_deinit(&honest);
}

// --- Frames that handset_batch does not make ---

static ProtobufCBinaryData data_of(const void *data, size_t size) {
    return (ProtobufCBinaryData){.len = size, .data = (uint8_t *)(uintptr_t)data};
}

// It may have been cut off already: then what comes next tells.
static void send_frame(struct handset *handset, const Rond__V1__Frame *frame) {
    struct buffer bytes;
    buffer_init(&bytes, FRAME_BYTES_MAX);
    assert_ok(codec_frame_encode(frame, &bytes));
    (void)ws_send(&handset->client, WS_FINAL | WS_BINARY, buffer_bytes(&bytes));
    buffer_deinit(&bytes);
}

// Signed by `signer` over what the batch says, whatever that is.
static void send_signed(struct handset *handset, Rond__V1__Batch *batch, unsigned signer) {
    struct statement statement;
    struct signature signature;
    struct hash256 head;
    memcpy(head.b, batch->head.data, HASH_SIZE);
    statement_batch(&statement, &handset->device, &handset->outbox, batch->first_seq, batch->first_seq + batch->count - 1,
                    &head);
    assert_ok(signature_make(lund_key(signer), &statement, &signature));
    batch->signature = data_of(signature.b, SIGNATURE_SIZE);
    if (batch->first_seq == 1)
        batch->chain_seed = data_of(handset->seed.b, HASH_SIZE);
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_BATCH;
    frame.batch = batch;
    send_frame(handset, &frame);
}

// One report as a batch that stands at `first`, chained after what the handset sent.
static void send_at(struct handset *handset, uint64_t first, unsigned signer) {
    struct record record = sample_record(&handset->arena, ROND__V1__KIND__KIND_CHECK, 3);
    struct chain chain = handset->chain;
    struct buffer scratch;
    Rond__V1__Batch batch = ROND__V1__BATCH__INIT;
    buffer_init(&scratch, BATCH_RECORDS_BYTES_MAX);
    chain_append(&chain, &record, NULL, NULL);
    assert_ok(codec_records_encode(&record, 1, 0, &scratch, &batch));
    batch.first_seq = first;
    batch.head = data_of(chain.head.b, HASH_SIZE);
    send_signed(handset, &batch, signer);
    buffer_deinit(&scratch);
}

static void hello_at(struct handset *handset, const struct chain *known) {
    struct chain own = handset->chain;
    handset->chain = *known;
    assert_true(handset_connect(handset));
    handset_hello(handset, PROTOCOL_VERSION);
    handset->chain = own;
}

// --- Order ---

static void an_old_batch_sent_again_is_stored_once(void **state) {
    struct rondd *rondd = *state;
    struct handset handset;
    unsigned before = count_of(rondd, "reports");
    greet(&handset, rondd, HOSTILE);
    struct chain start = handset.chain;
    handset_batch(&handset, 5);
    assert_true(handset_acknowledged(&handset));
    for (int again = 0; again < 3; again++) {
        hello_at(&handset, &start);
        handset.chain = start; // sample reports: the same five, byte by byte
        handset_batch(&handset, 5);
        assert_true(handset_acknowledged(&handset));
    }
    handset_deinit(&handset);
    expect_served(rondd, before + 5);
}

// Wound back to its second report, the device tells another story from there on.
static void another_story_from_an_earlier_number_is_a_fork(void **state) {
    struct rondd *rondd = *state;
    struct handset handset;
    unsigned before = count_of(rondd, "reports");
    greet(&handset, rondd, HOSTILE);
    handset_batch(&handset, 2);
    struct chain early = handset.chain;
    handset_batch(&handset, 3);
    assert_true(handset_acknowledged(&handset));
    struct chain whole = handset.chain;
    hello_at(&handset, &early);
    assert_non_null(handset_expect(&handset, ROND__V1__FRAME__KIND_WELCOME));
    handset.chain = early;
    send_at(&handset, 3, HOSTILE);
    const Rond__V1__Frame *frame = handset_expect(&handset, ROND__V1__FRAME__KIND_FORKED);
    assert_non_null(frame);
    assert_memory_equal(frame->forked->outbox.data, handset.outbox.b, ID_SIZE);
    hello_at(&handset, &whole); // for good
    assert_non_null(handset_expect(&handset, ROND__V1__FRAME__KIND_FORKED));
    handset_deinit(&handset);
    assert_in_range(count_of(rondd, "reports"), before + 5, before + 6); // the other one may be kept, under a key of its own
    expect_served(rondd, count_of(rondd, "reports"));
}

static void a_number_ahead_of_its_turn_is_not_stored(void **state) {
    static const uint64_t AHEAD[] = {2, 1000, SEQ_MAX - BATCH_REPORTS_MAX};
    struct rondd *rondd = *state;
    struct handset handset;
    unsigned before = count_of(rondd, "reports");
    for (size_t i = 0; i < ARRAY_COUNT(AHEAD); i++) {
        greet(&handset, rondd, HOSTILE);
        send_at(&handset, AHEAD[i], HOSTILE);
        const Rond__V1__Frame *frame = handset_expect(&handset, ROND__V1__FRAME__KIND_EXPECTED);
        assert_non_null(frame);
        assert_int_equal(frame->expected->seq, 1);
        handset_deinit(&handset);
    }
    greet(&handset, rondd, HOSTILE);
    send_at(&handset, UINT64_MAX, HOSTILE); // first and last would run over
    expect_refusal(&handset, CODE_BATCH_MALFORMED, 1002);
    handset_deinit(&handset);
    expect_served(rondd, before);
}

// --- Whose ---

static void what_another_key_signed_is_refused(void **state) {
    struct rondd *rondd = *state;
    struct handset handset;
    unsigned before = count_of(rondd, "reports");
    greet(&handset, rondd, HOSTILE);
    send_at(&handset, 1, OTHER);
    expect_refusal(&handset, CODE_BATCH_SIGNATURE, 1008);
    handset_deinit(&handset);
    expect_served(rondd, before);
}

static void another_devices_batch_is_refused_on_ones_own_connection(void **state) {
    struct rondd *rondd = *state;
    struct handset thief;
    unsigned before = count_of(rondd, "reports");
    greet(&thief, rondd, HOSTILE);
    thief.device = lund_device(OTHER); // as that one's batch says and signed it
    send_at(&thief, 1, OTHER);
    expect_refusal(&thief, CODE_BATCH_SIGNATURE, 1008);
    handset_deinit(&thief);
    expect_served(rondd, before);
}

// The name alone opens nothing and moves nothing.
static void another_devices_outbox_is_refused_and_stays_as_it_is(void **state) {
    struct rondd *rondd = *state;
    struct handset owner, thief;
    unsigned before = count_of(rondd, "reports");
    greet(&owner, rondd, OTHER);
    handset_batch(&owner, 4);
    assert_true(handset_acknowledged(&owner));
    handset_init(&thief, rondd, HOSTILE);
    thief.outbox = owner.outbox;
    thief.seed = owner.seed;
    assert_true(handset_connect(&thief));
    handset_hello(&thief, PROTOCOL_VERSION);
    handset_batch(&thief, 1); // beside Hello
    expect_refusal(&thief, CODE_IDENTITY_FOREIGN, 1008);
    handset_deinit(&thief);
    hello_at(&owner, &owner.chain);
    const Rond__V1__Frame *frame = handset_expect(&owner, ROND__V1__FRAME__KIND_WELCOME);
    assert_non_null(frame);
    assert_int_equal(frame->welcome->watermark, 4);
    handset_deinit(&owner);
    expect_served(rondd, before + 4);
}

static void send_received(struct handset *handset, uint64_t reference, uint64_t feedback) {
    Rond__V1__Received received = ROND__V1__RECEIVED__INIT;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    received.reference_cursor = reference;
    received.feedback_cursor = feedback;
    frame.kind_case = ROND__V1__FRAME__KIND_RECEIVED;
    frame.received = &received;
    handset_send_frame(handset, &frame);
}

// Had the cursors been believed, nothing would be left to tell of what became of the reports.
static void a_receipt_for_what_never_came_is_ignored(void **state) {
    struct rondd *rondd = *state;
    struct handset handset;
    greet(&handset, rondd, NEW);                     // nothing is known of it yet
    send_received(&handset, UINT64_MAX, UINT64_MAX); // before anything came down
    const Rond__V1__Frame *down = handset_expect(&handset, ROND__V1__FRAME__KIND_REFERENCE);
    assert_non_null(down);
    uint64_t reference = down->reference->cursor;
    send_received(&handset, reference + 1, UINT64_MAX);
    handset_batch(&handset, 1);
    assert_true(handset_acknowledged(&handset));
    send_received(&handset, reference, 0);
    for (bool told = false; !told;) {
        down = handset_expect(&handset, ROND__V1__FRAME__KIND_FEEDBACK);
        assert_non_null(down);
        told = down->feedback->n_outcomes > 0;
        send_received(&handset, reference, down->feedback->cursor);
    }
    handset_deinit(&handset);
    expect_served(rondd, count_of(rondd, "reports"));
}

// --- Lengths ---

static void lengths_that_are_never_sent_are_refused_at_once(void **state) {
    static const struct {
        const char *bytes;
        size_t size;
        unsigned code;
    } cases[] = {
        {"\x1a\xff\xff\xff\xff\x0f"
         "abc",
         9, CODE_FRAME_MALFORMED},                                                  // Batch of 4 GiB
        {"\x1a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, CODE_FRAME_MALFORMED}, // of 2^64 - 1
        {"\x1a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10, CODE_FRAME_MALFORMED},     // of 2^63 - 1
        {"\x1a\x08\x32\xff\xff\xff\xff\x0f"
         "ab",
         10, CODE_FRAME_MALFORMED},                                                     // records of 4 GiB in a small one
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12, CODE_FRAME_MALFORMED}, // a tag without end
        {"\x7a\xff\xff\xff\xff\x0f", 6, CODE_FRAME_MALFORMED},                          // an unknown field of 4 GiB
    };
    struct rondd *rondd = *state;
    unsigned before = count_of(rondd, "reports");
    long memory = memory_kb(rondd);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct handset handset;
        greet(&handset, rondd, HOSTILE);
        assert_true(ws_send(&handset.client, WS_FINAL | WS_BINARY, bytes_of(cases[i].bytes, cases[i].size)));
        expect_refusal(&handset, cases[i].code, 1002);
        handset_deinit(&handset);
    }
    assert_true(memory_kb(rondd) <= memory + MEMORY_KB_MAX);
    expect_served(rondd, before);
}

// Fields in fields in fields, as groups (which nobody uses) and as bytes, of a kind that nobody knows and of Batch.
static void deep_nesting_is_refused(void **state) {
    static uint8_t groups[2 * DEEP], fields[4 * DEEP];
    struct rondd *rondd = *state;
    unsigned before = count_of(rondd, "reports");
    memset(groups, 0x7b, sizeof groups); // a group begins, of number 15
    size_t size = 0;
    for (size_t at = sizeof fields; at >= 4 && size < 3 * DEEP; size += 4) {
        at -= 4;
        fields[at] = 0x1a; // Batch, of all that follows
        fields[at + 1] = (uint8_t)(0x80 | (size & 0x7f));
        fields[at + 2] = (uint8_t)(0x80 | (size >> 7 & 0x7f));
        fields[at + 3] = (uint8_t)(size >> 14);
    }
    const struct bytes sent[] = {bytes_of(groups, sizeof groups), bytes_of(fields + sizeof fields - size, size)};
    for (size_t i = 0; i < ARRAY_COUNT(sent); i++) {
        struct handset handset;
        greet(&handset, rondd, HOSTILE);
        assert_true(ws_send(&handset.client, WS_FINAL | WS_BINARY, sent[i]));
        expect_refusal(&handset, CODE_FRAME_MALFORMED, 1002);
        handset_deinit(&handset);
    }
    expect_served(rondd, before);
}

// --- Bombs: a few bytes that would become many ---

static size_t compress_zeros(size_t size, bool says_size, uint8_t *to, size_t room) {
    uint8_t *zeros = calloc(1, size);
    ZSTD_CCtx *context = ZSTD_createCCtx();
    assert_non_null(zeros);
    assert_non_null(context);
    (void)ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, says_size);
    size_t compressed = ZSTD_compress2(context, to, room, zeros, size);
    assert_false(ZSTD_isError(compressed));
    ZSTD_freeCCtx(context);
    free(zeros);
    return compressed;
}

static void send_bomb(struct handset *handset, struct bytes records, uint32_t says_size) {
    static const struct hash256 HEAD = {{1}};
    Rond__V1__Batch batch = ROND__V1__BATCH__INIT;
    batch.first_seq = 1;
    batch.count = 1;
    batch.encoding = ROND__V1__ENCODING__ENCODING_ZSTD;
    batch.records_size = says_size;
    batch.records = data_of(records.data, records.size);
    batch.head = data_of(HEAD.b, HASH_SIZE);
    send_signed(handset, &batch, HOSTILE);
}

static void a_decompression_bomb_is_refused_before_it_grows(void **state) {
    // A frame header of zstd that says 2^32 and 2^62 bytes, and nothing behind it.
    static const uint8_t FOUR_GB[] = {0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0};
    static const uint8_t HUGE_ONE[] = {0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0x40, 1, 0, 0};
    static uint8_t large[64 * 1024], silent[64 * 1024];
    struct rondd *rondd = *state;
    unsigned before = count_of(rondd, "reports");
    long memory = memory_kb(rondd);
    struct bytes bomb = bytes_of(large, compress_zeros(64u << 20, true, large, sizeof large));
    struct bytes unsaid = bytes_of(silent, compress_zeros(64u << 20, false, silent, sizeof silent));
    const struct {
        struct bytes records;
        uint32_t says;
    } cases[] = {{bomb, 64u << 20},
                 {bomb, BATCH_RECORDS_BYTES_MAX}, // a lie
                 {unsaid, BATCH_RECORDS_BYTES_MAX},
                 {unsaid, 0},
                 {bytes_of(FOUR_GB, sizeof FOUR_GB), BATCH_RECORDS_BYTES_MAX},
                 {bytes_of(HUGE_ONE, sizeof HUGE_ONE), 0},
                 {bytes_of(HUGE_ONE, sizeof HUGE_ONE), UINT32_MAX}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct handset handset;
        greet(&handset, rondd, HOSTILE);
        send_bomb(&handset, cases[i].records, cases[i].says);
        expect_refusal(&handset, CODE_BATCH_MALFORMED, 1002);
        handset_deinit(&handset);
    }
    assert_true(memory_kb(rondd) <= memory + MEMORY_KB_MAX);
    expect_served(rondd, before);
}

// --- Time ---

static void pause_ms(long ms) {
    const struct timespec wait = {.tv_nsec = ms * 1000000};
    nanosleep(&wait, NULL);
}

// One byte, or none, every few milliseconds: there is always something new, and never an end.
static void a_message_that_never_ends_is_refused_after_its_deadline(void **state) {
    struct rondd *rondd = *state;
    unsigned before = count_of(rondd, "reports");
    for (size_t size = 0; size < 2; size++) {
        struct handset handset;
        greet(&handset, rondd, HOSTILE);
        (void)ws_send(&handset.client, WS_BINARY, bytes_of("*", size));
        for (int i = 0; i < 100 && ws_send(&handset.client, WS_CONTINUATION, bytes_of("*", size)); i++)
            pause_ms(10);
        expect_refusal(&handset, CODE_FRAME_STALLED, 1008);
        handset_deinit(&handset);
    }
    expect_served(rondd, before);
}

// --- Not reading ---

// A thousand reports of one byte that is none: two hundred bytes up, and a verdict with a sentence for each down.
static void send_unreadable(struct handset *handset) {
    struct record *records = arena_array(&handset->arena, BATCH_REPORTS_MAX, sizeof *records);
    struct buffer scratch;
    Rond__V1__Batch batch = ROND__V1__BATCH__INIT;
    uint64_t first = handset->chain.seq + 1;
    assert_non_null(records);
    for (int i = 0; i < BATCH_REPORTS_MAX; i++) {
        records[i] = (struct record){.report = bytes_of("\xff", 1)};
        chain_append(&handset->chain, &records[i], NULL, NULL);
    }
    buffer_init(&scratch, 2 * BATCH_RECORDS_BYTES_MAX);
    assert_ok(codec_records_encode(records, BATCH_REPORTS_MAX, 0, &scratch, &batch));
    batch.first_seq = first;
    batch.head = data_of(handset->chain.head.b, HASH_SIZE);
    send_signed(handset, &batch, handset->number);
    buffer_deinit(&scratch);
}

static void wait_until_cut(const struct rondd *rondd, double connections) {
    for (int waited_ms = 0;
         rondd_metric(rondd, "rond_connections") > connections || rondd_metric(rondd, "rond_commit_queue_bytes") > 0;
         waited_ms += 50) {
        assert_true(waited_ms < CUT_MS_MAX);
        assert_true(rondd_metric(rondd, "rond_send_queue_bytes") <= CONNECTION_SEND_BYTES_MAX);
        pause_ms(50);
    }
}

// Its verdicts wait for it up to CONNECTION_SEND_BYTES_MAX; then it is let go. What was committed stays, with its verdicts.
static void never_read(struct rondd *rondd) {
    struct handset handset, honest;
    double connections = rondd_metric(rondd, "rond_connections");
    handset_init(&handset, rondd, HOSTILE);
    struct ws_options options = handset_options(&handset);
    options.receives_little = handset.connected = true;
    assert_true(ws_open(&handset.client, &options));
    handset_hello(&handset, PROTOCOL_VERSION);
    assert_non_null(handset_expect(&handset, ROND__V1__FRAME__KIND_WELCOME));
    for (int i = 0; i < UNREADABLE_BATCHES; i++)
        send_unreadable(&handset);
    greet(&honest, rondd, HONEST);
    handset_batch(&honest, 20);
    assert_true(handset_acknowledged(&honest));
    handset_deinit(&honest);
    wait_until_cut(rondd, connections);
    assert_false(handset_acknowledged(&handset)); // some of it had been sent; then the end
    handset_deinit(&handset);
}

// What it sent is stored, and what is stored is kept in the store's cache of 64 MiB: so what one more costs is asked when
// the cache is full.
static void a_device_that_never_reads_is_cut_and_holds_no_memory(void **state) {
    struct rondd *rondd = *state;
    for (int i = 0; i < CACHE_FULL_AFTER; i++)
        never_read(rondd);
    long memory = memory_kb(rondd);
    never_read(rondd);
    assert_true(memory_kb(rondd) <= memory + MEMORY_KB_MAX / 2);
    expect_served(rondd, count_of(rondd, "reports"));
}

int main(int argc, char **argv) {
    UNUSED(argc);
    test_program = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_old_batch_sent_again_is_stored_once),
        cmocka_unit_test(another_story_from_an_earlier_number_is_a_fork),
        cmocka_unit_test(a_number_ahead_of_its_turn_is_not_stored),
        cmocka_unit_test(what_another_key_signed_is_refused),
        cmocka_unit_test(another_devices_batch_is_refused_on_ones_own_connection),
        cmocka_unit_test(another_devices_outbox_is_refused_and_stays_as_it_is),
        cmocka_unit_test(a_receipt_for_what_never_came_is_ignored),
        cmocka_unit_test(lengths_that_are_never_sent_are_refused_at_once),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(a_decompression_bomb_is_refused_before_it_grows),
        cmocka_unit_test(a_message_that_never_ends_is_refused_after_its_deadline),
        cmocka_unit_test(a_device_that_never_reads_is_cut_and_holds_no_memory),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
