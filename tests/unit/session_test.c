// The session engine against a device and a committer played by hand.
//
// Tests: server/sync/session_batch.c server/sync/session_downstream.c server/sync/session_hello.c
// Tests: server/sync/session_receipt.c server/sync/session_result.c
#include "sync/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "ingest/receipts.h"
#include "support/lund.h"
#include "support/test.h"
#include "wire/codes.h"
#include "wire/dictionary.h"
#include "wire/receipt.h"
#include "wire/limits.h"

enum { REPORTS_MAX = 64, SENT_MAX = 64, SUBMITTED_MAX = 16 };
static const int64_t NOW_MS = INT64_C(1000) * LUND_NOW_S;

// --- A device's queue and a session ---

struct fixture {
    struct sign_key *key, *other_key;
    struct id128 device, outbox;
    struct hash256 seed;
    struct record records[REPORTS_MAX + 1];
    struct chain chains[REPORTS_MAX + 1];
    struct lund lund;
    enum device_status status;
    uint32_t credit;
    struct quota quota;
    struct quota_limits quota_limits; // all 0: none
    struct session_receipts receipts; // without a certificate: none are given
    struct receipts signer;
    unsigned signed_count;
    uint64_t contradicted_seq, contradicted_watermark;
    struct session *session;
    struct arena arena;
    Rond__V1__Frame *sent[SENT_MAX];
    size_t sent_bytes[SENT_MAX];
    size_t sent_count;
    struct submission *submitted[SUBMITTED_MAX];
    size_t submitted_count;
    struct session_action read, closed;
    size_t read_count, close_count;
    size_t frame_bytes; // of what was handed in last
};

static struct record record_at(const struct fixture *f, uint64_t seq) {
    return f->records[seq];
}

static void chains_make(struct fixture *f) {
    chain_init(&f->chains[0], &f->seed);
    for (uint64_t seq = 1; seq <= REPORTS_MAX; seq++) {
        struct record record = record_at(f, seq);
        f->chains[seq] = f->chains[seq - 1];
        chain_append(&f->chains[seq], &record, NULL, NULL);
    }
}

static int setup(void **state) {
    struct fixture *f = test_calloc(1, sizeof *f);
    assert_ok(sign_key_generate(&f->key));
    assert_ok(sign_key_generate(&f->other_key));
    memset(f->device.b, 0xd1, ID_SIZE);
    memset(f->outbox.b, 0x0b, ID_SIZE);
    memset(f->seed.b, 0x5e, HASH_SIZE);
    arena_init(&f->arena, 64 * 1024 * 1024);
    lund_open_memory(&f->lund, rng_system());
    for (int seq = 1; seq <= REPORTS_MAX; seq++)
        f->records[seq] = sample_record(&f->arena, ROND__V1__KIND__KIND_CHECK, (unsigned)seq);
    chains_make(f);
    *state = f;
    return 0;
}

static void drop_submitted(struct fixture *f) {
    for (size_t i = 0; i < f->submitted_count; i++)
        submission_destroy(f->submitted[i]);
    f->submitted_count = 0;
}

static void stop(struct fixture *f) {
    drop_submitted(f);
    session_destroy(f->session);
    f->session = NULL;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    stop(f);
    lund_close(&f->lund);
    sign_key_destroy(f->key);
    sign_key_destroy(f->other_key);
    arena_deinit(&f->arena);
    test_free(f);
    return 0;
}

static void start(struct fixture *f) {
    const char *roles[] = {"police_officer"};
    struct device_record device = {.device = f->device,
                                   .name = "unit",
                                   .organisation = "polisen",
                                   .area = "lund",
                                   .roles = roles,
                                   .roles_count = 1,
                                   .status = f->status};
    uint8_t *spki;
    size_t size;
    assert_ok(sign_key_spki(f->key, &spki, &size));
    struct session_config config = {.id = 1,
                                    .issuer = {{0xca}},
                                    .device = &device,
                                    .spki = bytes_of(spki, size),
                                    .store = {.store_id = {.b = {0x55}}, .epoch = 3},
                                    .catalogue = f->lund.catalogue,
                                    .credit_bytes = f->credit,
                                    .quota = f->quota_limits.batches_per_minute > 0 ? &f->quota : NULL,
                                    .quota_limits = &f->quota_limits,
                                    .keep_days = 12,
                                    .receipts = f->receipts.certificate.size > 0 ? &f->receipts : NULL,
                                    .now_ms = NOW_MS,
                                    .now_monotonic_ms = 0};
    assert_ok(session_create(&config, &f->session));
    free(spki);
    f->sent_count = f->read_count = f->close_count = 0;
}

static void run(struct fixture *f) {
    struct session_action action;
    for (session_next_action(f->session, &action); action.kind != SESSION_NOTHING;
         session_next_action(f->session, &action)) {
        switch (action.kind) {
        case SESSION_SEND:
            assert_true(f->sent_count < SENT_MAX);
            f->sent_bytes[f->sent_count] = action.frame.size;
            assert_ok(codec_frame_decode(&f->arena, action.frame, &f->sent[f->sent_count++], NULL));
            break;
        case SESSION_SUBMIT:
            assert_true(f->submitted_count < SUBMITTED_MAX);
            f->submitted[f->submitted_count++] = action.submission;
            break;
        case SESSION_READ:
            f->read = action;
            f->read_count++;
            break;
        case SESSION_CLOSE:
            f->closed = action;
            f->close_count++;
            break;
        case SESSION_NOTHING:
            break;
        }
    }
}

static void hand_in(struct fixture *f, Rond__V1__Frame *frame) {
    struct buffer buffer;
    buffer_init(&buffer, 2 * FRAME_BYTES_MAX);
    assert_ok(codec_frame_encode(frame, &buffer));
    f->sent_count = 0;
    f->frame_bytes = buffer.size;
    assert_ok(session_receive(f->session, NOW_MS, 100, buffer_bytes(&buffer)));
    run(f);
    buffer_deinit(&buffer);
}

static ProtobufCBinaryData data_of(const void *data, size_t size) {
    return (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)data, .len = size};
}

// --- Frames of the device ---

struct hello_options {
    uint32_t protocol;
    const struct id128 *device;
    uint64_t watermark;
    uint64_t more; // queued beyond the watermark, as far as Hello says
    const struct hash256 *head;
    const char *week; // NULL: none
    uint64_t standings_stamp;
    bool knows_store;
    bool takes_packed;
    Rond__V1__ReceiptKnown *receipt; // NULL: it wants none
};

static void hello(struct fixture *f, struct hello_options options) {
    Rond__V1__Hello message = ROND__V1__HELLO__INIT;
    message.protocol = options.protocol != 0 ? options.protocol : PROTOCOL_VERSION;
    message.device = data_of(options.device != NULL ? options.device->b : f->device.b, ID_SIZE);
    message.outbox = data_of(f->outbox.b, ID_SIZE);
    message.watermark = options.watermark;
    message.head = data_of(options.head != NULL ? options.head->b : f->chains[options.watermark].head.b, HASH_SIZE);
    message.last_seq = options.watermark + options.more;
    if (options.week != NULL)
        message.summary_week = (char *)(uintptr_t)options.week;
    message.standings_stamp = options.standings_stamp;
    message.receipt = options.receipt;
    message.takes_packed = options.takes_packed;
    static const uint8_t store[ID_SIZE] = {0x55};
    if (options.knows_store) {
        message.store_id = data_of(store, ID_SIZE);
        message.epoch = 3;
    }
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_HELLO;
    frame.hello = &message;
    hand_in(f, &frame);
}

struct batch_options {
    const struct sign_key *key; // NULL: the device's
    const struct hash256 *head; // NULL: the right one
    bool without_seed;
    uint32_t count_claimed; // 0: the right one
    uint32_t records_size;  // 0: the right one
    uint32_t dictionary;
};

static void batch_with(struct fixture *f, uint64_t first, uint64_t last, struct batch_options options) {
    struct record records[REPORTS_MAX];
    for (uint64_t seq = first; seq <= last; seq++)
        records[seq - first] = record_at(f, seq);
    struct buffer scratch;
    buffer_init(&scratch, BATCH_RECORDS_BYTES_MAX);
    Rond__V1__Batch message = ROND__V1__BATCH__INIT;
    assert_ok(codec_records_encode(records, last - first + 1, options.dictionary, &scratch, &message));
    const struct hash256 *head = options.head != NULL ? options.head : &f->chains[last].head;
    struct statement statement;
    struct signature signature;
    statement_batch(&statement, &f->device, &f->outbox, first, last, head);
    assert_ok(signature_make(options.key != NULL ? options.key : f->key, &statement, &signature));
    message.first_seq = first;
    message.count = options.count_claimed != 0 ? options.count_claimed : (uint32_t)(last - first + 1);
    message.head = data_of(head->b, HASH_SIZE);
    message.signature = data_of(signature.b, SIGNATURE_SIZE);
    if (options.records_size != 0)
        message.records_size = options.records_size;
    if (first == 1 && !options.without_seed)
        message.chain_seed = data_of(f->seed.b, HASH_SIZE);
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_BATCH;
    frame.batch = &message;
    hand_in(f, &frame);
    buffer_deinit(&scratch);
}

static void batch(struct fixture *f, uint64_t first, uint64_t last) {
    batch_with(f, first, last, (struct batch_options){0});
}

static void lost(struct fixture *f, uint64_t first, uint64_t last, const struct sign_key *key, bool wrong_head) {
    struct chain after = f->chains[first - 1];
    struct hash256 ratchet = f->chains[last < ARRAY_COUNT(f->chains) ? last : first].ratchet;
    chain_lose(&after, last, ROND__V1__LOST_REASON__LOST_REASON_UNREADABLE, &ratchet);
    if (wrong_head)
        after.head.b[0] ^= 1;
    struct statement statement;
    struct signature signature;
    statement_lost(&statement, &f->device, &f->outbox, first, last, &after.head);
    assert_ok(signature_make(key != NULL ? key : f->key, &statement, &signature));
    Rond__V1__Lost message = ROND__V1__LOST__INIT;
    message.first_seq = first;
    message.last_seq = last;
    message.reason = ROND__V1__LOST_REASON__LOST_REASON_UNREADABLE;
    message.ratchet = data_of(ratchet.b, HASH_SIZE);
    message.head = data_of(after.head.b, HASH_SIZE);
    message.signature = data_of(signature.b, SIGNATURE_SIZE);
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_LOST;
    frame.lost = &message;
    hand_in(f, &frame);
}

static void received(struct fixture *f, uint64_t reference, uint64_t feedback) {
    Rond__V1__Received message = ROND__V1__RECEIVED__INIT;
    message.reference_cursor = reference;
    message.feedback_cursor = feedback;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_RECEIVED;
    frame.received = &message;
    hand_in(f, &frame);
}

// --- The committer ---

// Answers the oldest submission. The frames it leads to are at sent[0]...
static void answer(struct fixture *f, enum rond_err err, enum append_status status, struct chain chain) {
    assert_true(f->submitted_count > 0);
    struct submission *submission = f->submitted[0];
    f->submitted_count--;
    memmove(f->submitted, f->submitted + 1, f->submitted_count * sizeof *f->submitted);
    submission->err = err;
    submission->appended = (struct append_result){.status = status, .chain = chain, .forked_seq = chain.seq + 1};
    submission->next = NULL;
    receipts_sign(&f->signer, submission);
    f->sent_count = 0;
    assert_ok(session_result(f->session, NOW_MS, submission));
    submission_destroy(submission);
}

static void commit(struct fixture *f, uint64_t watermark) {
    answer(f, ROND_OK, APPEND_DONE, f->chains[watermark]);
}

static void answer_hello(struct fixture *f, uint64_t watermark, bool forked) {
    struct submission *submission = f->submitted[0];
    assert_int_equal(submission->kind, SUBMISSION_HELLO);
    submission->state =
        (struct outbox_state){.exists = watermark > 0 || forked, .chain = f->chains[watermark], .forked = forked};
    submission->hello_head_known = watermark >= submission->hello_watermark;
    if (submission->hello_head_known)
        submission->hello_head = f->chains[submission->hello_watermark].head;
    answer(f, ROND_OK, APPEND_DONE, (struct chain){0});
    run(f);
}

static void greet(struct fixture *f, uint64_t watermark) {
    hello(f, (struct hello_options){.watermark = watermark});
    answer_hello(f, watermark, false);
    assert_int_equal(session_state(f->session), FLOW_READY);
}

static const Rond__V1__Frame *only_sent(const struct fixture *f, Rond__V1__Frame__KindCase kind) {
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(f->sent[0]->kind_case, kind);
    return f->sent[0];
}

static void assert_closed(const struct fixture *f, unsigned code, uint16_t close_code) {
    assert_int_equal(f->close_count, 1);
    assert_int_equal(f->closed.refusal_code, code);
    assert_int_equal(f->closed.close_code, close_code);
    assert_true(f->sent_count > 0);
    const Rond__V1__Frame *last = f->sent[f->sent_count - 1];
    assert_int_equal(last->kind_case, ROND__V1__FRAME__KIND_REFUSAL);
    assert_int_equal(last->refusal->code, code);
    assert_string_equal(last->refusal->sentence, wire_code_sentence(code));
    assert_int_equal(session_state(f->session), FLOW_CLOSING);
}

// --- Hello ---

static void welcome_tells_what_is_committed(void **state) {
    struct fixture *f = *state;
    start(f);
    hello(f, (struct hello_options){.watermark = 5});
    assert_int_equal(f->sent_count, 0);
    assert_int_equal(f->submitted[0]->hello_watermark, 5);
    assert_int_equal(f->submitted[0]->issuer.b[0], 0xca);
    answer_hello(f, 9, false);
    const Rond__V1__Welcome *welcome = only_sent(f, ROND__V1__FRAME__KIND_WELCOME)->welcome;
    assert_int_equal(welcome->watermark, 9);
    assert_memory_equal(welcome->head.data, f->chains[9].head.b, HASH_SIZE);
    assert_int_equal(welcome->epoch, 3);
    assert_int_equal(welcome->credit_bytes, CREDIT_BYTES);
    assert_int_equal(welcome->batch_bytes_max, BATCH_BYTES_MAX);
    assert_int_equal(welcome->reference_cursor, catalogue_revision(f->lund.catalogue));
    assert_int_equal(welcome->server_ms, NOW_MS);
    assert_int_equal(welcome->keep_days, 12);
    assert_int_equal(welcome->n_dictionaries, 1);
    assert_int_equal(welcome->dictionaries[0], DICTIONARY_NEWEST);
    assert_int_equal(session_watermark(f->session), 9);
}

static void a_batch_beside_hello_waits_for_the_welcome(void **state) {
    struct fixture *f = *state;
    start(f);
    hello(f, (struct hello_options){0});
    batch(f, 1, 4);
    assert_int_equal(f->submitted_count, 1);
    answer_hello(f, 0, false);
    only_sent(f, ROND__V1__FRAME__KIND_WELCOME);
    assert_int_equal(f->submitted_count, 1);
    assert_int_equal(f->submitted[0]->kind, SUBMISSION_BATCH);
    commit(f, 4);
    run(f);
    assert_int_equal(only_sent(f, ROND__V1__FRAME__KIND_VERDICTS)->verdicts->watermark, 4);
}

static void all_that_came_beside_hello_is_taken_in_order_after_the_welcome(void **state) {
    struct fixture *f = *state;
    start(f);
    hello(f, (struct hello_options){.more = 60});
    for (uint64_t seq = 1; seq < 60; seq += 20)
        batch(f, seq, seq + 19);
    assert_int_equal(f->submitted_count, 1);
    answer_hello(f, 30, false); // an acknowledgement was lost: the second batch overlaps what is there
    only_sent(f, ROND__V1__FRAME__KIND_WELCOME);
    assert_int_equal(f->submitted_count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(f->submitted[i]->batch.first_seq, 1 + 20 * i);
    commit(f, 30);
    commit(f, 40);
    commit(f, 60);
    run(f);
    assert_int_equal(f->sent[f->sent_count - 1]->verdicts->watermark, 60);
    assert_int_equal(f->close_count, 0);
}

// A device that offers again what it left behind learns from the seq whether it is all there.
static void of_a_queue_that_forked_before_it_is_told_whether_hello_was_right(void **state) {
    struct fixture *f = *state;
    struct hash256 other = {.b = {9}};
    const struct {
        uint64_t watermark;
        const struct hash256 *head;
        bool is_all_there;
    } cases[] = {{5, NULL, true}, {8, NULL, true}, {5, &other, false}, {9, NULL, false}};
    start(f);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        hello(f, (struct hello_options){.watermark = cases[i].watermark, .head = cases[i].head});
        answer_hello(f, 8, true);
        uint64_t seq = only_sent(f, ROND__V1__FRAME__KIND_FORKED)->forked->seq;
        assert_int_equal(seq > cases[i].watermark, cases[i].is_all_there);
    }
}

static void another_head_than_the_stored_one_is_a_fork(void **state) {
    struct fixture *f = *state;
    struct hash256 head = {.b = {9}};
    start(f);
    hello(f, (struct hello_options){.watermark = 5, .head = &head});
    batch(f, 6, 7); // dropped
    answer_hello(f, 8, false);
    assert_memory_equal(only_sent(f, ROND__V1__FRAME__KIND_FORKED)->forked->outbox.data, f->outbox.b, ID_SIZE);
    assert_int_equal(f->submitted_count, 0);
    assert_int_equal(f->close_count, 0);
}

static void a_batch_that_was_packed_with_the_dictionary_is_taken(void **state) {
    struct fixture *f = *state;
    start(f);
    greet(f, 0);
    batch_with(f, 1, 5, (struct batch_options){.dictionary = DICTIONARY_NEWEST});
    assert_int_equal(f->submitted_count, 1);
    assert_int_equal(f->close_count, 0);
}

static void after_a_fork_another_outbox_goes_on_and_the_old_one_is_dropped(void **state) {
    struct fixture *f = *state;
    start(f);
    hello(f, (struct hello_options){0});
    answer_hello(f, 0, true);
    only_sent(f, ROND__V1__FRAME__KIND_FORKED);
    batch(f, 1, 3);
    assert_int_equal(f->submitted_count, 0);
    assert_int_equal(f->sent_count, 0);
    f->outbox.b[0] = 0x77;
    greet(f, 0);
    batch(f, 1, 3);
    assert_int_equal(f->submitted_count, 1);
    assert_memory_equal(f->submitted[0]->outbox.b, f->outbox.b, ID_SIZE);
}

static void a_device_ahead_of_a_restored_store_is_welcomed_where_the_store_is(void **state) {
    struct fixture *f = *state;
    start(f);
    hello(f, (struct hello_options){.watermark = 20});
    answer_hello(f, 6, false);
    assert_int_equal(only_sent(f, ROND__V1__FRAME__KIND_WELCOME)->welcome->watermark, 6);
    batch(f, 21, 25);
    assert_int_equal(only_sent(f, ROND__V1__FRAME__KIND_EXPECTED)->expected->seq, 7);
    batch(f, 26, 27); // the same gap: said once
    assert_int_equal(f->sent_count, 0);
    batch(f, 7, 20);
    assert_int_equal(f->submitted_count, 1);
    batch(f, 30, 31); // another gap
    assert_int_equal(only_sent(f, ROND__V1__FRAME__KIND_EXPECTED)->expected->seq, 21);
}

// --- Batches ---

static void nothing_is_acknowledged_before_it_is_committed(void **state) {
    struct fixture *f = *state;
    start(f);
    greet(f, 0);
    batch(f, 1, 3);
    batch(f, 4, 6);
    assert_int_equal(f->sent_count, 0);
    assert_int_equal(session_watermark(f->session), 0);
    commit(f, 3);
    commit(f, 6);
    run(f);
    const Rond__V1__Verdicts *verdicts = only_sent(f, ROND__V1__FRAME__KIND_VERDICTS)->verdicts; // merged
    assert_int_equal(verdicts->watermark, 6);
    assert_memory_equal(verdicts->head.data, f->chains[6].head.b, HASH_SIZE);
    assert_int_equal(verdicts->n_exceptions, 0);
}

static void the_ledger_gets_salts_leaves_and_the_chain_after(void **state) {
    struct fixture *f = *state;
    start(f);
    greet(f, 4);
    batch(f, 3, 8); // overlaps
    const struct ledger_batch *in = &f->submitted[0]->batch;
    assert_int_equal(in->first_seq, 3);
    assert_int_equal(in->count, 6);
    assert_false(in->forked);
    assert_memory_equal(in->chain_after.head.b, f->chains[8].head.b, HASH_SIZE);
    assert_string_equal(in->organisation, "polisen");
    struct hash256 zero = {0};
    for (uint64_t seq = 3; seq <= 8; seq++) {
        struct hash256 leaf = zero;
        struct chain chain = f->chains[seq - 1];
        struct record record = record_at(f, seq);
        if (seq > 4)
            chain_append(&chain, &record, NULL, &leaf);
        assert_memory_equal(in->reports[seq - 3].leaf.b, leaf.b, HASH_SIZE);
        assert_true(bytes_equal(in->reports[seq - 3].record.report, record.report));
    }
}

static void what_a_batch_holds_outlives_its_session_and_only_small_reports_stay_decoded(void **state) {
    struct fixture *f = *state;
    Rond__V1__Report *large = sample_report(&f->arena, ROND__V1__KIND__KIND_CHECK, 2);
    large->text = arena_alloc(&f->arena, 3001);
    memset(large->text, 'x', 3000);
    f->records[2] = record_of_report(&f->arena, large);
    f->records[3].report = bytes_of_text("not a report");
    chains_make(f);
    start(f);
    greet(f, 0);
    batch(f, 1, 4);
    session_destroy(f->session);
    f->session = NULL;
    const struct ledger_report *reports = f->submitted[0]->batch.reports;
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(reports[i].area, "lund");
    assert_int_equal(reports[0].decoded->body_case, ROND__V1__REPORT__BODY_CHECK);
    assert_null(reports[1].decoded);
    assert_null(reports[2].decoded);
    assert_non_null(reports[3].decoded);
    assert_int_equal(reports[1].verdict, VERDICT_APPLIED);
    assert_int_equal(reports[2].verdict, VERDICT_QUARANTINED);
    assert_true(reports[2].reason[0] != '\0');
    assert_true(f->submitted[0]->bytes > f->submitted[0]->decoded.used);
}

static void a_bad_report_is_an_exception_and_the_connection_goes_on(void **state) {
    struct fixture *f = *state;
    f->records[2].report = bytes_of_text("not a report");
    chains_make(f);
    start(f);
    greet(f, 0);
    batch(f, 1, 3);
    commit(f, 3);
    run(f);
    const Rond__V1__Verdicts *verdicts = only_sent(f, ROND__V1__FRAME__KIND_VERDICTS)->verdicts;
    assert_int_equal(verdicts->n_exceptions, 1);
    assert_int_equal(verdicts->exceptions[0]->seq, 2);
    assert_int_equal(verdicts->exceptions[0]->code, CODE_REPORT_UNREADABLE);
    assert_true(strlen(verdicts->exceptions[0]->reason) > 0);
    batch(f, 4, 5);
    assert_int_equal(f->submitted_count, 1);
    assert_int_equal(f->close_count, 0);
}

static void what_another_connection_brought_is_not_acknowledged_beyond_what_came_here(void **state) {
    struct fixture *f = *state;
    start(f);
    greet(f, 0);
    batch(f, 1, 3);
    commit(f, 9);
    run(f);
    const Rond__V1__Verdicts *verdicts = only_sent(f, ROND__V1__FRAME__KIND_VERDICTS)->verdicts;
    assert_int_equal(verdicts->watermark, 3);
    assert_memory_equal(verdicts->head.data, f->chains[3].head.b, HASH_SIZE);
}

static void another_chain_is_submitted_as_a_fork_and_answered_when_it_is_kept(void **state) {
    struct fixture *f = *state;
    struct hash256 head = {.b = {3}};
    start(f);
    greet(f, 4);
    batch_with(f, 5, 6, (struct batch_options){.head = &head});
    assert_true(f->submitted[0]->batch.forked);
    assert_int_equal(f->sent_count, 0);
    batch(f, 7, 8);
    assert_int_equal(f->submitted_count, 1);
    answer(f, ROND_OK, APPEND_FORKED, f->chains[4]);
    run(f);
    assert_int_equal(only_sent(f, ROND__V1__FRAME__KIND_FORKED)->forked->seq, 5);
}

static void a_store_that_is_elsewhere_resets_the_chain(void **state) {
    struct fixture *f = *state;
    start(f);
    greet(f, 4);
    batch(f, 5, 6);
    batch(f, 7, 8);
    answer(f, ROND_OK, APPEND_OUT_OF_ORDER, f->chains[2]);
    run(f);
    assert_int_equal(session_watermark(f->session), 2);
    assert_int_equal(only_sent(f, ROND__V1__FRAME__KIND_EXPECTED)->expected->seq, 3);
    batch(f, 3, 6);
    answer(f, ROND_OK, APPEND_OUT_OF_ORDER, f->chains[2]); // of the old run: said already
    run(f);
    assert_int_equal(f->sent_count, 0);
    commit(f, 6);
    run(f);
    assert_int_equal(only_sent(f, ROND__V1__FRAME__KIND_VERDICTS)->verdicts->watermark, 6);
}

static void credit_comes_back_with_the_results(void **state) {
    struct fixture *f = *state;
    f->credit = 1024;
    start(f);
    greet(f, 0);
    for (uint64_t seq = 1; seq <= 40; seq += 4) { // each some 250 bytes
        batch(f, seq, seq + 3);
        commit(f, seq + 3);
        run(f);
        only_sent(f, ROND__V1__FRAME__KIND_VERDICTS);
    }
    assert_int_equal(f->close_count, 0);
}

// --- Lost ---

static void the_credit_told_shrinks_and_what_was_sent_before_is_taken(void **state) {
    struct fixture *f = *state;
    start(f);
    session_set_credit(f->session, 300);
    hello(f, (struct hello_options){0});
    answer_hello(f, 0, false);
    assert_int_equal(only_sent(f, ROND__V1__FRAME__KIND_WELCOME)->welcome->credit_bytes, 300);
    for (uint64_t seq = 1; seq <= 4; seq++)
        batch(f, seq, seq);
    assert_int_equal(f->submitted_count, 4);
    assert_true(4 * f->frame_bytes > 2 * 300);
    assert_int_equal(f->close_count, 0);
    session_set_credit(f->session, UINT32_MAX);
    commit(f, 1);
    run(f);
    assert_int_equal(only_sent(f, ROND__V1__FRAME__KIND_VERDICTS)->verdicts->credit_bytes, CREDIT_BYTES);
}

static void beyond_its_quota_a_device_is_told_when_to_come_again(void **state) {
    struct fixture *f = *state;
    f->quota_limits = (struct quota_limits){
        .batches_per_minute = 3, .reports_per_minute = 1000, .kib_per_minute = 1000, .mib_per_day = 1000};
    start(f);
    greet(f, 0);
    batch(f, 1, 2);
    batch(f, 3, 4);
    commit(f, 2);
    batch(f, 5, 6);
    assert_closed(f, CODE_QUOTA_EXCEEDED, 1001);
    const Rond__V1__Frame *last = f->sent[f->sent_count - 1];
    assert_true(last->refusal->retry);
    assert_in_range(last->refusal->retry_after_ms, 20 * 1000 - 100, 20 * 1000); // one of three in a minute
    assert_int_equal(f->sent[0]->verdicts->watermark, 2);                       // what was committed is said
    drop_submitted(f);
    stop(f);
    start(f); // connecting anew does not help
    hello(f, (struct hello_options){.watermark = 2});
    assert_closed(f, CODE_QUOTA_EXCEEDED, 1001);
}

static void lost_reports_pass_the_chain(void **state) {
    struct fixture *f = *state;
    start(f);
    greet(f, 4);
    lost(f, 7, 8, NULL, false);
    assert_int_equal(only_sent(f, ROND__V1__FRAME__KIND_EXPECTED)->expected->seq, 5);
    lost(f, 5, 8, NULL, false);
    assert_int_equal(f->submitted[0]->kind, SUBMISSION_LOST);
    assert_int_equal(f->submitted[0]->lost.last_seq, 8);
    struct chain after = f->submitted[0]->lost.chain_after;
    assert_int_equal(after.seq, 8);
    answer(f, ROND_OK, APPEND_DONE, after);
    run(f);
    assert_int_equal(only_sent(f, ROND__V1__FRAME__KIND_VERDICTS)->verdicts->watermark, 8);
    lost(f, 5, 8, NULL, false); // again: below the watermark
    assert_int_equal(f->submitted_count, 1);
}

// --- Failures ---

static void a_failed_commit_acknowledges_nothing_and_asks_to_come_again(void **state) {
    static const struct {
        enum rond_err err;
        unsigned code;
    } cases[] = {{ROND_EIO, CODE_STORE_FAILED}, {ROND_EFULL, CODE_STORE_FULL}, {ROND_EAGAIN, CODE_BUSY}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct fixture *f = *state;
        start(f);
        greet(f, 0);
        batch(f, 1, 3);
        batch(f, 4, 5);
        answer(f, cases[i].err, APPEND_DONE, f->chains[3]);
        run(f);
        assert_closed(f, cases[i].code, 1001);
        assert_int_equal(f->sent_count, 1);
        assert_true(f->sent[0]->refusal->retry);
        assert_true(f->sent[0]->refusal->retry_after_ms > 0);
        assert_int_equal(session_watermark(f->session), 0);
        commit(f, 5); // comes back after the end
        run(f);
        assert_int_equal(f->sent_count, 0);
        stop(f);
    }
}

static void what_was_committed_is_said_before_the_connection_ends(void **state) {
    struct fixture *f = *state;
    start(f);
    greet(f, 0);
    batch(f, 1, 3);
    commit(f, 3);
    session_refuse(f->session, CODE_DRAINING);
    run(f);
    assert_int_equal(f->sent[0]->kind_case, ROND__V1__FRAME__KIND_VERDICTS);
    assert_closed(f, CODE_DRAINING, 1001);
}

// --- Downstream ---

static void reference_and_feedback_go_down_one_page_at_a_time(void **state) {
    struct fixture *f = *state;
    Rond__V1__Reference reference = ROND__V1__REFERENCE__INIT;
    Rond__V1__Feedback feedback = ROND__V1__FEEDBACK__INIT;
    start(f);
    greet(f, 0);
    assert_int_equal(f->read_count, 1);
    session_notify(f->session, NULL); // one READ is out
    run(f);
    assert_int_equal(f->read_count, 1);
    reference.cursor = 5;
    reference.more = true;
    feedback.cursor = 2;
    f->sent_count = 0;
    assert_ok(session_downstream(f->session, &reference, &feedback));
    run(f);
    assert_int_equal(f->sent_count, 2);
    received(f, 5, 0);
    assert_int_equal(f->read_count, 1);
    received(f, 5, 2);
    assert_int_equal(f->read_count, 2);
    assert_int_equal(f->read.reference_cursor, 5);
    assert_int_equal(f->read.feedback_cursor, 2);
    assert_ok(session_downstream(f->session, NULL, NULL));
    run(f);
    assert_int_equal(f->sent_count, 0);
}

static void the_week_of_the_newest_summary_goes_with_the_read(void **state) {
    static const struct {
        const char *week;
        bool knows_store;
        const char *read;
    } cases[] = {
        {NULL, true, ""},
        {"2015-W19", true, "2015-W19"},
        {"2015-W19", false, ""}, // of another history
        {"2015-W19 and much that is no week", true, ""},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        start(f);
        hello(f, (struct hello_options){.week = cases[i].week, .knows_store = cases[i].knows_store});
        answer_hello(f, 0, false);
        assert_int_equal(f->read_count, 1);
        assert_string_equal(f->read.summary_week, cases[i].read);
        stop(f);
    }
    start(f);
}

static void a_summary_that_was_sent_is_not_asked_for_again(void **state) {
    struct fixture *f = *state;
    Rond__V1__Feedback feedback = ROND__V1__FEEDBACK__INIT;
    Rond__V1__WeeklySummary summary = ROND__V1__WEEKLY_SUMMARY__INIT;
    char week[] = "2015-W20";
    summary.week = week;
    feedback.summary = &summary;
    feedback.actions_stamp = 77;
    start(f);
    greet(f, 0);
    assert_ok(session_downstream(f->session, NULL, &feedback));
    run(f);
    session_notify(f->session, NULL);
    run(f);
    assert_int_equal(f->read_count, 2);
    assert_string_equal(f->read.summary_week, "2015-W20");
    assert_int_equal(f->read.actions_stamp, 77);
}

// One that says no stamp may keep none: it is told whole each time, as ever.
static void standings_are_told_once_to_a_device_that_keeps_their_stamp(void **state) {
    static const struct { uint64_t said, read; } cases[] = {{5, 77}, {0, 0}};
    struct fixture *f = *state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        Rond__V1__Feedback feedback = ROND__V1__FEEDBACK__INIT;
        feedback.standings_stamp = 77;
        start(f);
        hello(f, (struct hello_options){.knows_store = true, .standings_stamp = cases[i].said});
        answer_hello(f, 0, false);
        assert_int_equal(f->read.standings_stamp, cases[i].said);
        assert_ok(session_downstream(f->session, NULL, &feedback));
        run(f);
        session_notify(f->session, NULL);
        run(f);
        assert_int_equal(f->read_count, 2);
        assert_int_equal(f->read.standings_stamp, cases[i].read);
        stop(f);
    }
    start(f);
    hello(f, (struct hello_options){.standings_stamp = 5}); // of another history
    answer_hello(f, 0, false);
    assert_int_equal(f->read.standings_stamp, 0);
}

static void verdicts_go_before_reference_data(void **state) {
    struct fixture *f = *state;
    Rond__V1__Reference reference = ROND__V1__REFERENCE__INIT;
    reference.cursor = 5;
    start(f);
    greet(f, 0);
    batch(f, 1, 3);
    assert_ok(session_downstream(f->session, &reference, NULL));
    commit(f, 3);
    f->sent_count = 0;
    run(f);
    assert_int_equal(f->sent_count, 3);
    assert_int_equal(f->sent[0]->kind_case, ROND__V1__FRAME__KIND_VERDICTS);
    assert_int_equal(f->sent[1]->kind_case, ROND__V1__FRAME__KIND_REFERENCE);
    assert_int_equal(f->sent[2]->kind_case, ROND__V1__FRAME__KIND_FEEDBACK);
}

static void downstream(struct fixture *f, const Rond__V1__Feedback *feedback) {
    f->sent_count = 0;
    assert_ok(session_downstream(f->session, NULL, feedback));
    run(f);
}

static void who_takes_feedback_packed_gets_it_so(void **state) {
    struct fixture *f = *state;
    Rond__V1__Outcome outcome = ROND__V1__OUTCOME__INIT, *outcomes[FEEDBACK_OUTCOMES_MAX];
    Rond__V1__Feedback feedback = ROND__V1__FEEDBACK__INIT;
    char reason[] = "The report lies outside the period of the promise.";
    outcome.reason = reason;
    for (size_t i = 0; i < FEEDBACK_OUTCOMES_MAX; i++)
        outcomes[i] = &outcome;
    feedback.n_outcomes = FEEDBACK_OUTCOMES_MAX;
    feedback.outcomes = outcomes;
    feedback.cursor = 5;
    size_t bytes[2];
    for (int takes = 0; takes < 2; takes++) {
        start(f);
        hello(f, (struct hello_options){.takes_packed = takes});
        answer_hello(f, 0, false);
        downstream(f, &feedback);
        assert_int_equal(only_sent(f, ROND__V1__FRAME__KIND_FEEDBACK)->feedback->n_outcomes, FEEDBACK_OUTCOMES_MAX);
        bytes[takes] = f->sent_bytes[0];
        stop(f);
    }
    assert_true(bytes[0] > rond__v1__feedback__get_packed_size(&feedback));
    assert_true(bytes[1] < bytes[0] / 10);
    start(f);
}

static void welcome_and_verdicts_are_followed_by_one_feedback_even_where_it_has_nothing_new(void **state) {
    static const Rond__V1__Feedback empty = ROND__V1__FEEDBACK__INIT;
    const Rond__V1__Feedback *const answers[] = {&empty, NULL}; // NULL: it could not be read
    for (size_t i = 0; i < ARRAY_COUNT(answers); i++) {
        struct fixture *f = *state;
        start(f);
        greet(f, 0);
        downstream(f, answers[i]);
        assert_false(only_sent(f, ROND__V1__FRAME__KIND_FEEDBACK)->feedback->more);
        batch(f, 1, 3);
        commit(f, 3);
        run(f);
        only_sent(f, ROND__V1__FRAME__KIND_VERDICTS);
        assert_int_equal(f->read_count, 2);
        downstream(f, answers[i]);
        assert_false(only_sent(f, ROND__V1__FRAME__KIND_FEEDBACK)->feedback->more);
        session_notify(f->session, NULL); // nothing is owed any more
        run(f);
        assert_int_equal(f->read_count, 3);
        downstream(f, answers[i]);
        assert_int_equal(f->sent_count, 0);
        stop(f);
    }
}

static void more_feedback_is_followed_by_the_last_page_even_where_that_is_empty(void **state) {
    struct fixture *f = *state;
    Rond__V1__Feedback feedback = ROND__V1__FEEDBACK__INIT;
    start(f);
    greet(f, 0);
    feedback.cursor = 2;
    feedback.more = true;
    downstream(f, &feedback);
    assert_true(only_sent(f, ROND__V1__FRAME__KIND_FEEDBACK)->feedback->more);
    received(f, 0, 2);
    assert_int_equal(f->read_count, 2);
    feedback.more = false;
    downstream(f, &feedback);
    assert_false(only_sent(f, ROND__V1__FRAME__KIND_FEEDBACK)->feedback->more);
    received(f, 0, 2);
    assert_int_equal(f->read_count, 2);
}

static void feedback_that_was_read_before_the_commit_does_not_pass_for_the_one_after_it(void **state) {
    struct fixture *f = *state;
    Rond__V1__Feedback before = ROND__V1__FEEDBACK__INIT;
    start(f);
    greet(f, 0);
    batch(f, 1, 3);
    commit(f, 3);
    run(f); // Verdicts; the READ of the Welcome is still out
    assert_int_equal(f->read_count, 1);
    downstream(f, &before);
    assert_int_equal(f->sent_count, 0); // the one that is owed comes
    assert_int_equal(f->read_count, 2);
    downstream(f, NULL);
    only_sent(f, ROND__V1__FRAME__KIND_FEEDBACK);
    batch(f, 4, 5);
    commit(f, 5);
    run(f);
    batch(f, 6, 7);
    commit(f, 7);
    run(f);
    assert_int_equal(f->read_count, 3);
    before.cursor = 2; // has something new, but of what was committed first
    downstream(f, &before);
    assert_true(only_sent(f, ROND__V1__FRAME__KIND_FEEDBACK)->feedback->more);
    received(f, 0, 2);
    assert_int_equal(f->read_count, 4);
    downstream(f, NULL);
    assert_false(only_sent(f, ROND__V1__FRAME__KIND_FEEDBACK)->feedback->more);
}

static void what_was_read_for_an_earlier_hello_is_dropped(void **state) {
    struct fixture *f = *state;
    Rond__V1__Reference reference = ROND__V1__REFERENCE__INIT;
    Rond__V1__Feedback feedback = ROND__V1__FEEDBACK__INIT;
    reference.cursor = feedback.cursor = 7;
    start(f);
    greet(f, 0);
    assert_int_equal(f->read_count, 1);
    greet(f, 0); // the READ of the first is still out
    assert_int_equal(f->read_count, 1);
    f->sent_count = 0;
    assert_ok(session_downstream(f->session, &reference, &feedback));
    run(f);
    assert_int_equal(f->sent_count, 0);
    assert_int_equal(f->read_count, 2);
    assert_int_equal(f->read.feedback_cursor, 0);
    downstream(f, &feedback);
    assert_int_equal(only_sent(f, ROND__V1__FRAME__KIND_FEEDBACK)->feedback->cursor, 7);
}

static void nothing_is_read_for_the_way_down_while_reports_are_under_way(void **state) {
    struct fixture *f = *state;
    start(f);
    greet(f, 0);
    assert_ok(session_downstream(f->session, NULL, NULL));
    batch(f, 1, 3);
    session_notify(f->session, NULL);
    f->read_count = 0;
    run(f);
    assert_int_equal(f->read_count, 0);
    commit(f, 3);
    run(f);
    assert_int_equal(f->read_count, 1);
}

static void nothing_is_read_for_the_way_down_before_all_that_hello_foretells_is_there(void **state) {
    struct fixture *f = *state;
    start(f);
    hello(f, (struct hello_options){.watermark = 2, .more = 3});
    answer_hello(f, 2, false);
    only_sent(f, ROND__V1__FRAME__KIND_WELCOME);
    assert_int_equal(f->read_count, 0);
    batch(f, 3, 3);
    commit(f, 3);
    run(f);
    only_sent(f, ROND__V1__FRAME__KIND_VERDICTS);
    assert_int_equal(f->read_count, 0); // the next one is on its way
    assert_int_equal(session_deadline(f->session), 100 + BATCH_WAIT_MS);
    batch(f, 4, 5);
    run(f);
    assert_int_equal(f->read_count, 0);
    commit(f, 5);
    run(f);
    only_sent(f, ROND__V1__FRAME__KIND_VERDICTS);
    assert_int_equal(f->read_count, 1);
}

static void a_batch_that_hello_foretells_and_that_does_not_come_is_not_waited_for_long(void **state) {
    struct fixture *f = *state;
    start(f);
    hello(f, (struct hello_options){.more = 3});
    answer_hello(f, 0, false);
    assert_int_equal(session_deadline(f->session), 100 + BATCH_WAIT_MS);
    session_tick(f->session, NOW_MS, 100 + BATCH_WAIT_MS - 1);
    run(f);
    assert_int_equal(f->read_count, 0);
    session_tick(f->session, NOW_MS, 100 + BATCH_WAIT_MS);
    run(f);
    assert_int_equal(f->read_count, 1);
    assert_int_equal(session_deadline(f->session), 100 + IDLE_DEADLINE_MS);
}

static void reports_that_another_connection_brought_are_not_waited_for(void **state) {
    struct fixture *f = *state;
    start(f);
    hello(f, (struct hello_options){.more = 3});
    answer_hello(f, 3, false);
    assert_int_equal(f->read_count, 1);
}

// --- Time ---

static void silence_ends_it(void **state) {
    struct fixture *f = *state;
    start(f);
    assert_int_equal(session_deadline(f->session), HELLO_DEADLINE_MS);
    session_tick(f->session, NOW_MS, HELLO_DEADLINE_MS - 1);
    run(f);
    assert_int_equal(f->close_count, 0);
    session_tick(f->session, NOW_MS, HELLO_DEADLINE_MS);
    run(f);
    assert_closed(f, CODE_IDLE, 1000);
    stop(f);
    start(f);
    greet(f, 0);
    assert_int_equal(session_deadline(f->session), 100 + IDLE_DEADLINE_MS);
    session_tick(f->session, NOW_MS, 100 + IDLE_DEADLINE_MS);
    f->sent_count = 0;
    run(f);
    assert_closed(f, CODE_IDLE, 1000);
}

// --- A hostile device ---

static void play_truncated(struct fixture *f) {
    static const uint8_t bytes[] = {0x1a, 0x7f, 0x08};
    greet(f, 0);
    assert_ok(session_receive(f->session, NOW_MS, 100, bytes_of(bytes, sizeof bytes)));
}
static void play_unknown(struct fixture *f) {
    static const uint8_t bytes[] = {0xfa, 0x01, 0x00};
    greet(f, 0);
    assert_ok(session_receive(f->session, NOW_MS, 100, bytes_of(bytes, sizeof bytes)));
}
static void play_too_large(struct fixture *f) {
    static uint8_t bytes[FRAME_BYTES_MAX + 1];
    greet(f, 0);
    assert_ok(session_receive(f->session, NOW_MS, 100, bytes_of(bytes, sizeof bytes)));
}
static void play_batch_first(struct fixture *f) {
    batch(f, 1, 2);
}
static void play_hello_twice_at_once(struct fixture *f) {
    hello(f, (struct hello_options){0});
    hello(f, (struct hello_options){0});
}
static void play_servers_frame(struct fixture *f) {
    Rond__V1__Welcome welcome = ROND__V1__WELCOME__INIT;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_WELCOME;
    frame.welcome = &welcome;
    greet(f, 0);
    hand_in(f, &frame);
}
static void play_bad_version(struct fixture *f) {
    hello(f, (struct hello_options){.protocol = 99});
}
static void play_foreign_device(struct fixture *f) {
    struct id128 other = {.b = {1}};
    hello(f, (struct hello_options){.device = &other});
}
static void play_foreign_outbox(struct fixture *f) {
    hello(f, (struct hello_options){0});
    answer(f, ROND_EAUTH, APPEND_DONE, (struct chain){0});
    run(f);
}
static void play_revoked(struct fixture *f) {
    stop(f);
    f->status = DEVICE_LOST;
    start(f);
    hello(f, (struct hello_options){0});
    f->status = DEVICE_ACTIVE;
}
static void play_bad_signature(struct fixture *f) {
    greet(f, 0);
    batch_with(f, 1, 2, (struct batch_options){.key = f->other_key});
}
static void play_bad_signature_beside_hello(struct fixture *f) {
    hello(f, (struct hello_options){0});
    batch_with(f, 1, 1, (struct batch_options){.key = f->other_key});
    batch(f, 2, 2); // waits behind it, and is gone when its turn would come
    answer_hello(f, 0, false);
}
static void play_bad_count(struct fixture *f) {
    greet(f, 4);
    batch_with(f, 5, 6, (struct batch_options){.count_claimed = BATCH_REPORTS_MAX + 1});
}
static void play_bad_records_size(struct fixture *f) {
    greet(f, 0);
    batch_with(f, 1, 2, (struct batch_options){.records_size = BATCH_RECORDS_BYTES_MAX + 1});
}
static void play_no_seed(struct fixture *f) {
    greet(f, 0);
    batch_with(f, 1, 2, (struct batch_options){.without_seed = true});
}
static void play_beyond_credit(struct fixture *f) {
    stop(f);
    f->credit = 1024;
    start(f);
    greet(f, 0);
    for (uint64_t seq = 1; seq <= 60 && f->close_count == 0; seq += 4)
        batch(f, seq, seq + 3);
    f->credit = 0;
}
static void play_too_much_beside_hello(struct fixture *f) {
    hello(f, (struct hello_options){0});
    for (size_t bytes = 0; f->close_count == 0; bytes += f->frame_bytes) {
        assert_true(bytes <= CREDIT_UPGRADE_BYTES);
        batch(f, 1, REPORTS_MAX); // nobody looks at it yet
    }
}
static void play_beyond_a_small_credit_beside_hello(struct fixture *f) {
    stop(f);
    f->credit = 1024;
    start(f);
    f->credit = 0;
    hello(f, (struct hello_options){0});
    batch(f, 1, REPORTS_MAX);
    assert_in_range(f->frame_bytes, 1025, 4096);
}
// The first of two that wait for the Welcome ends the session: the second, and the place where both were kept, are gone
// then.
static void play_bad_beside_hello(struct fixture *f) {
    hello(f, (struct hello_options){0});
    batch_with(f, 1, 2, (struct batch_options){.key = f->other_key});
    batch(f, 3, 4);
    answer_hello(f, 0, false);
}
static void play_lost_signature(struct fixture *f) {
    greet(f, 0);
    lost(f, 1, 2, f->other_key, false);
}
static void play_lost_head(struct fixture *f) {
    greet(f, 0);
    lost(f, 1, 2, NULL, true);
}

static void play_lost_beyond(struct fixture *f) {
    greet(f, 0);
    lost(f, 1, (uint64_t)SEQ_MAX + 1, NULL, false);
}

static void a_device_that_breaks_the_protocol_is_refused_with_its_code(void **state) {
    static const struct {
        const char *name;
        void (*play)(struct fixture *f);
        unsigned code;
        uint16_t close_code;
    } cases[] = {
        {"truncated", play_truncated, CODE_FRAME_MALFORMED, 1002},
        {"unknown type", play_unknown, CODE_FRAME_UNKNOWN, 1002},
        {"too large", play_too_large, CODE_FRAME_TOO_LARGE, 1009},
        {"batch before hello", play_batch_first, CODE_FRAME_OUT_OF_ORDER, 1002},
        {"hello twice at once", play_hello_twice_at_once, CODE_FRAME_OUT_OF_ORDER, 1002},
        {"a server's frame", play_servers_frame, CODE_FRAME_OUT_OF_ORDER, 1002},
        {"unknown version", play_bad_version, CODE_PROTOCOL_UNKNOWN, 1002},
        {"another device", play_foreign_device, CODE_IDENTITY_FOREIGN, 1008},
        {"another device's outbox", play_foreign_outbox, CODE_IDENTITY_FOREIGN, 1008},
        {"revoked as lost", play_revoked, CODE_DEVICE_REVOKED, 1008},
        {"signed by another key", play_bad_signature, CODE_BATCH_SIGNATURE, 1008},
        {"signed by another key beside hello", play_bad_signature_beside_hello, CODE_BATCH_SIGNATURE, 1008},
        {"too many reports", play_bad_count, CODE_BATCH_MALFORMED, 1002},
        {"too large records", play_bad_records_size, CODE_BATCH_MALFORMED, 1002},
        {"no seed", play_no_seed, CODE_BATCH_MALFORMED, 1002},
        {"beyond the credit", play_beyond_credit, CODE_CREDIT_EXCEEDED, 1008},
        {"too much beside hello", play_too_much_beside_hello, CODE_CREDIT_EXCEEDED, 1008},
        {"beyond a small credit beside hello", play_beyond_a_small_credit_beside_hello, CODE_CREDIT_EXCEEDED, 1008},
        {"signed by another key, beside hello", play_bad_beside_hello, CODE_BATCH_SIGNATURE, 1008},
        {"lost, signed by another key", play_lost_signature, CODE_BATCH_SIGNATURE, 1008},
        {"lost, another head", play_lost_head, CODE_LOST_MALFORMED, 1002},
        {"lost, beyond every seq", play_lost_beyond, CODE_LOST_MALFORMED, 1002},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct fixture *f = *state;
        start(f);
        cases[i].play(f);
        run(f);
        if (f->close_count != 1 || f->closed.refusal_code != cases[i].code)
            print_error("%s: closed %zu times, code %u\n", cases[i].name, f->close_count, f->closed.refusal_code);
        assert_closed(f, cases[i].code, cases[i].close_code);
        f->sent_count = 0;
        batch(f, 1, 1); // after the end nothing is heard
        assert_int_equal(f->sent_count, 0);
        stop(f);
    }
}

// --- Receipts ---

static enum rond_err receipt_sign(void *context, const struct receipt *receipt, struct signature *ret_signature) {
    struct fixture *f = context;
    struct statement statement;
    statement_receipt(&statement, receipt);
    f->signed_count++;
    return signature_make(f->other_key, &statement, ret_signature);
}

static enum rond_err receipt_sign_not(void *context, const struct receipt *receipt, struct signature *ret_signature) {
    return ROND_EIO;
}

static void receipt_contradicted(void *context, const struct id128 *device, const struct id128 *outbox, uint64_t receipt_seq,
                                 uint64_t watermark) {
    struct fixture *f = context;
    f->contradicted_seq = receipt_seq;
    f->contradicted_watermark = watermark;
}

static void start_with_receipts(struct fixture *f) {
    f->receipts = (struct session_receipts){.certificate = bytes_of_text("a certificate"),
                                            .contradicted = receipt_contradicted,
                                            .context = f};
    f->signer = (struct receipts){.sign = receipt_sign, .context = f};
    start(f);
}

static void hello_known(struct fixture *f, uint64_t watermark, uint64_t more, uint64_t receipt_seq, bool knows_certificate) {
    Rond__V1__ReceiptKnown known = ROND__V1__RECEIPT_KNOWN__INIT;
    struct hash256 hash;
    sha256_of(f->receipts.certificate, &hash);
    known.watermark = receipt_seq;
    if (knows_certificate)
        known.certificate = data_of(hash.b, HASH_SIZE);
    hello(f, (struct hello_options){.watermark = watermark, .more = more, .knows_store = true, .receipt = &known});
}

// It is the server's over what is said to be there.
static void assert_receipt(struct fixture *f, const Rond__V1__Receipt *receipt, uint64_t watermark, bool with_certificate) {
    const struct receipt said = {.store = {.b = {0x55}},
                                 .epoch = 3,
                                 .device = f->device,
                                 .outbox = f->outbox,
                                 .watermark = watermark,
                                 .head = f->chains[watermark].head};
    struct statement statement;
    struct verify_key *key;
    uint8_t *spki;
    size_t size;
    assert_non_null(receipt);
    assert_ok(sign_key_spki(f->other_key, &spki, &size));
    assert_ok(verify_key_create(bytes_of(spki, size), &key));
    statement_receipt(&statement, &said);
    assert_ok(signature_verify(key, &statement, bytes_of(receipt->signature.data, receipt->signature.len)));
    assert_int_equal(receipt->certificate.len, with_certificate ? f->receipts.certificate.size : 0);
    verify_key_destroy(key);
    free(spki);
}

static void the_verdicts_that_end_a_window_bear_a_receipt_and_no_others(void **state) {
    struct fixture *f = *state;
    start_with_receipts(f);
    hello_known(f, 0, 6, 0, false);
    answer_hello(f, 0, false);
    assert_null(f->sent[0]->welcome->receipt);
    batch(f, 1, 2);
    batch(f, 3, 4);
    commit(f, 2);
    run(f);
    assert_null(only_sent(f, ROND__V1__FRAME__KIND_VERDICTS)->verdicts->receipt); // more is under way
    commit(f, 4);
    run(f);
    assert_null(only_sent(f, ROND__V1__FRAME__KIND_VERDICTS)->verdicts->receipt); // Hello foretold more
    batch(f, 5, 6);
    commit(f, 6);
    run(f);
    assert_receipt(f, only_sent(f, ROND__V1__FRAME__KIND_VERDICTS)->verdicts->receipt, 6, true);
    batch(f, 7, 7); // queued since
    commit(f, 7);
    run(f);
    assert_receipt(f, only_sent(f, ROND__V1__FRAME__KIND_VERDICTS)->verdicts->receipt, 7, false);
    batch(f, 7, 7); // again: nothing is signed twice
    commit(f, 7);
    run(f);
    assert_null(only_sent(f, ROND__V1__FRAME__KIND_VERDICTS)->verdicts->receipt);
    assert_int_equal(f->receipts.made, 2);
    assert_int_equal(f->signed_count, 2); // none that nobody gets
}

static void welcome_brings_a_receipt_that_the_device_lacks(void **state) {
    struct fixture *f = *state;
    start_with_receipts(f);
    hello_known(f, 5, 0, 3, true);
    answer_hello(f, 5, false);
    assert_receipt(f, f->sent[0]->welcome->receipt, 5, false);
    stop(f);
    start(f);
    hello_known(f, 5, 0, 5, true);
    answer_hello(f, 5, false);
    assert_null(f->sent[0]->welcome->receipt);
    assert_int_equal(f->receipts.made, 1);
    assert_int_equal(f->receipts.contradictions, 0);
}

static void who_wants_no_receipts_gets_none(void **state) {
    struct fixture *f = *state;
    start_with_receipts(f);
    hello(f, (struct hello_options){.watermark = 4});
    answer_hello(f, 4, false);
    assert_null(f->sent[0]->welcome->receipt);
    batch(f, 5, 5);
    commit(f, 5);
    run(f);
    assert_null(only_sent(f, ROND__V1__FRAME__KIND_VERDICTS)->verdicts->receipt);
    assert_int_equal(f->receipts.made, 0);
}

static void what_cannot_be_signed_is_acknowledged_all_the_same(void **state) {
    struct fixture *f = *state;
    start_with_receipts(f);
    f->signer.sign = receipt_sign_not;
    hello_known(f, 0, 1, 0, false);
    answer_hello(f, 0, false);
    batch(f, 1, 1);
    commit(f, 1);
    run(f);
    assert_int_equal(only_sent(f, ROND__V1__FRAME__KIND_VERDICTS)->verdicts->watermark, 1);
    assert_null(f->sent[0]->verdicts->receipt);
    assert_int_equal(f->receipts.failed, 1);
}

static void a_receipt_for_more_than_is_stored_is_noticed(void **state) {
    struct fixture *f = *state;
    start_with_receipts(f);
    hello_known(f, 5, 0, 5, true);
    answer_hello(f, 2, false);
    assert_int_equal(f->receipts.contradictions, 1);
    assert_int_equal(f->contradicted_seq, 5);
    assert_int_equal(f->contradicted_watermark, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_batch_that_was_packed_with_the_dictionary_is_taken),
        TEST(welcome_tells_what_is_committed),
        TEST(a_batch_beside_hello_waits_for_the_welcome),
        TEST(all_that_came_beside_hello_is_taken_in_order_after_the_welcome),
        TEST(of_a_queue_that_forked_before_it_is_told_whether_hello_was_right),
        TEST(another_head_than_the_stored_one_is_a_fork),
        TEST(after_a_fork_another_outbox_goes_on_and_the_old_one_is_dropped),
        TEST(a_device_ahead_of_a_restored_store_is_welcomed_where_the_store_is),
        TEST(nothing_is_acknowledged_before_it_is_committed),
        TEST(the_ledger_gets_salts_leaves_and_the_chain_after),
        TEST(what_a_batch_holds_outlives_its_session_and_only_small_reports_stay_decoded),
        TEST(a_bad_report_is_an_exception_and_the_connection_goes_on),
        TEST(what_another_connection_brought_is_not_acknowledged_beyond_what_came_here),
        TEST(another_chain_is_submitted_as_a_fork_and_answered_when_it_is_kept),
        TEST(a_store_that_is_elsewhere_resets_the_chain),
        TEST(credit_comes_back_with_the_results),
        TEST(the_credit_told_shrinks_and_what_was_sent_before_is_taken),
        TEST(beyond_its_quota_a_device_is_told_when_to_come_again),
        TEST(lost_reports_pass_the_chain),
        TEST(a_failed_commit_acknowledges_nothing_and_asks_to_come_again),
        TEST(what_was_committed_is_said_before_the_connection_ends),
        TEST(reference_and_feedback_go_down_one_page_at_a_time),
        TEST(the_week_of_the_newest_summary_goes_with_the_read),
        TEST(a_summary_that_was_sent_is_not_asked_for_again),
        TEST(standings_are_told_once_to_a_device_that_keeps_their_stamp),
        TEST(verdicts_go_before_reference_data),
        TEST(what_was_read_for_an_earlier_hello_is_dropped),
        TEST(nothing_is_read_for_the_way_down_while_reports_are_under_way),
        TEST(nothing_is_read_for_the_way_down_before_all_that_hello_foretells_is_there),
        TEST(a_batch_that_hello_foretells_and_that_does_not_come_is_not_waited_for_long),
        TEST(reports_that_another_connection_brought_are_not_waited_for),
        TEST(who_takes_feedback_packed_gets_it_so),
        TEST(welcome_and_verdicts_are_followed_by_one_feedback_even_where_it_has_nothing_new),
        TEST(more_feedback_is_followed_by_the_last_page_even_where_that_is_empty),
        TEST(feedback_that_was_read_before_the_commit_does_not_pass_for_the_one_after_it),
        TEST(the_verdicts_that_end_a_window_bear_a_receipt_and_no_others),
        TEST(welcome_brings_a_receipt_that_the_device_lacks),
        TEST(who_wants_no_receipts_gets_none),
        TEST(what_cannot_be_signed_is_acknowledged_all_the_same),
        TEST(a_receipt_for_more_than_is_stored_is_noticed),
        TEST(silence_ends_it),
        TEST(a_device_that_breaks_the_protocol_is_refused_with_its_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
