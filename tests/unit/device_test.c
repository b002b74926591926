// Tests: client-sdk/src/device_receive.c client-sdk/src/device_send.c client-sdk/src/device.c
// The device engine against a server played by hand: each test says what the server answers and looks at what goes out.
#include "device.h"

#include <stdlib.h>
#include <string.h>

#include "support/test.h"
#include "wire/codes.h"
#include "wire/dictionary.h"
#include "wire/limits.h"

enum { REPORTS_MAX = 400, REPORT_SIZE = 60, SENT_MAX = 64 };

// A queue of reports with its chain, as the outbox keeps it.
struct queue {
    struct id128 id;
    struct hash256 seed;
    uint8_t bytes[REPORTS_MAX + 1][REPORT_SIZE];
    struct chain chains[REPORTS_MAX + 1]; // [seq]: after seq
    uint64_t last_seq;
    uint64_t lost_first, lost_last; // cannot be read
    uint64_t kept_from;             // below it nothing is known any more
};

struct fixture {
    struct sign_key *key;
    struct queue queue;
    struct device *device;
    struct device_now now;
    struct arena arena; // frames that were sent
    Rond__V1__Frame *sent[SENT_MAX];
    size_t sizes[SENT_MAX];
    size_t sent_count;
    bool is_locked;
    bool answers_reads;
    uint32_t upgrade_credit; // told with the upgrade
    // Newest of each.
    struct device_action welcome, acknowledged, closed;
    struct device_action forked, receipt;
    size_t receipt_count;
    Rond__V1__Receipt *receipt_to_say;         // goes with the next Verdicts; NULL: none
    uint8_t receipt_signature[SIGNATURE_SIZE]; // of the newest that came
    size_t acknowledged_count, exceptions_count, forked_count, drained_count, reference_count, read_count, close_count;
    uint64_t read_seq;
};

static struct record queue_record(const struct queue *queue, uint64_t seq) {
    return (struct record){.report = bytes_of(queue->bytes[seq], REPORT_SIZE)};
}

static void queue_chain(struct queue *queue) {
    for (uint64_t seq = 1; seq <= queue->last_seq; seq++) {
        struct record record = queue_record(queue, seq);
        queue->chains[seq] = queue->chains[seq - 1];
        chain_append(&queue->chains[seq], &record, NULL, NULL);
    }
}

static void queue_fill(struct queue *queue, uint8_t id, uint64_t count) {
    memset(queue, 0, sizeof *queue);
    memset(queue->id.b, id, ID_SIZE);
    memset(queue->seed.b, id + 1, HASH_SIZE);
    chain_init(&queue->chains[0], &queue->seed);
    for (uint64_t seq = 1; seq <= count; seq++)
        for (size_t i = 0; i < REPORT_SIZE; i++)
            queue->bytes[seq][i] = (uint8_t)((seq * 131 + i * i * 31 + id) * 2654435761u >> 13); // does not compress
    queue->last_seq = count;
    queue_chain(queue);
}

static enum rond_err sign(void *context, const struct statement *statement, struct signature *ret_signature) {
    struct fixture *f = context;
    return f->is_locked ? ROND_EAUTH : signature_make(f->key, statement, ret_signature);
}

static struct device_outbox_state queue_state(const struct queue *queue, uint64_t acknowledged) {
    return (struct device_outbox_state){.outbox = queue->id,
                                        .acknowledged = queue->chains[acknowledged],
                                        .last_seq = queue->last_seq,
                                        .seed = queue->seed,
                                        .seed_known = true};
}

static void start(struct fixture *f, uint64_t acknowledged) {
    struct device_config config = {
        .client = "test 1", .outbox = queue_state(&f->queue, acknowledged), .sign = sign, .sign_context = f};
    memset(config.device.b, 0xd0, ID_SIZE);
    assert_ok(device_create(&config, &f->device));
}

static int setup(void **state) {
    struct fixture *f = test_calloc(1, sizeof *f);
    assert_ok(sign_key_generate(&f->key));
    arena_init(&f->arena, 16 * 1024 * 1024);
    f->answers_reads = true;
    f->now = (struct device_now){.wall_ms = 1700000000000, .monotonic_ms = 5000, .boot_id = 7};
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    device_destroy(f->device);
    sign_key_destroy(f->key);
    arena_deinit(&f->arena);
    test_free(f);
    return 0;
}

// --- Driving ---

static enum rond_err answer_read(struct fixture *f, uint64_t first, size_t bytes_max) {
    const struct queue *queue = &f->queue;
    struct record records[REPORTS_MAX];
    struct device_answer answer = {.first_seq = first};
    if (first < queue->kept_from) {
        answer.lost_last = queue->kept_from - 1;
        answer.lost_reason = ROND__V1__LOST_REASON__LOST_REASON_EXPIRED;
        answer.lost_ratchet = queue->chains[answer.lost_last].ratchet;
        return device_records(f->device, &f->now, &answer);
    }
    answer.before_known = true;
    answer.before = queue->chains[first - 1];
    if (queue->lost_first != 0 && first >= queue->lost_first && first <= queue->lost_last) {
        answer.lost_last = queue->lost_last;
        answer.lost_reason = ROND__V1__LOST_REASON__LOST_REASON_UNREADABLE;
        answer.lost_ratchet = queue->chains[answer.lost_last].ratchet;
        return device_records(f->device, &f->now, &answer);
    }
    size_t bytes = 0;
    for (uint64_t seq = first; seq <= queue->last_seq && seq != queue->lost_first; seq++) {
        if (answer.count > 0 && bytes + REPORT_SIZE > bytes_max)
            break;
        records[answer.count++] = queue_record(queue, seq);
        bytes += REPORT_SIZE;
    }
    answer.records = records;
    return device_records(f->device, &f->now, &answer);
}

static void note_sent(struct fixture *f, struct bytes bytes) {
    assert_true(f->sent_count < SENT_MAX);
    assert_ok(codec_frame_decode(&f->arena, bytes, &f->sent[f->sent_count], NULL));
    f->sizes[f->sent_count++] = bytes.size;
}

static enum rond_err act(struct fixture *f, const struct device_action *action) {
    switch (action->kind) {
    case DEVICE_SEND:
        note_sent(f, action->frame);
        return ROND_OK;
    case DEVICE_READ:
        f->read_count++;
        f->read_seq = action->first_seq;
        return f->answers_reads ? answer_read(f, action->first_seq, action->bytes_max) : ROND_OK;
    case DEVICE_WELCOME:
        f->welcome = *action;
        return ROND_OK;
    case DEVICE_ACKNOWLEDGED:
        assert_true(f->welcome.kind == DEVICE_WELCOME); // its epoch is on disk before what it confirms
        f->acknowledged = *action;
        f->acknowledged_count++;
        f->exceptions_count += action->verdicts->n_exceptions;
        return ROND_OK;
    case DEVICE_RECEIPT:
        assert_true(f->welcome.kind == DEVICE_WELCOME);
        f->receipt = *action;
        f->receipt_count++;
        memcpy(f->receipt_signature, action->receipt->signature.data, SIGNATURE_SIZE);
        return ROND_OK;
    case DEVICE_FORKED:
        f->forked = *action;
        f->forked_count++;
        return ROND_OK;
    case DEVICE_REFERENCE:
    case DEVICE_FEEDBACK:
        f->reference_count++;
        return device_stored(f->device);
    case DEVICE_DRAINED:
        f->drained_count++;
        return ROND_OK;
    case DEVICE_CLOSE:
        f->closed = *action;
        f->close_count++;
        return ROND_OK;
    case DEVICE_NOTHING:
        break;
    }
    return ROND_OK;
}

// Until there is nothing to do; what was sent since begins at sent[0].
static enum rond_err run(struct fixture *f) {
    enum rond_err err = ROND_OK;
    struct device_action action;
    for (device_next_action(f->device, &action); action.kind != DEVICE_NOTHING; device_next_action(f->device, &action)) {
        enum rond_err one = act(f, &action);
        err = one != ROND_OK ? one : err;
    }
    return err;
}

static void connect_device(struct fixture *f) {
    f->sent_count = 0;
    assert_ok(device_connected(f->device, &f->now, f->upgrade_credit));
    assert_ok(run(f));
}

static void hand_in(struct fixture *f, Rond__V1__Frame *frame) {
    struct buffer buffer;
    buffer_init(&buffer, FRAME_BYTES_MAX);
    assert_ok(codec_frame_encode(frame, &buffer));
    f->sent_count = 0;
    assert_ok(device_receive(f->device, &f->now, buffer_bytes(&buffer)));
    assert_ok(run(f));
    buffer_deinit(&buffer);
}

static ProtobufCBinaryData data_of(void *data, size_t size) {
    return (ProtobufCBinaryData){.data = data, .len = size};
}

struct welcome_options {
    uint64_t epoch;
    uint32_t credit;
    uint64_t reference_cursor;
    const struct hash256 *head; // NULL: the queue's own
    uint32_t dictionary;        // one that the server names; 0: none
};

static void welcome(struct fixture *f, uint64_t watermark, struct welcome_options options) {
    Rond__V1__Welcome message = ROND__V1__WELCOME__INIT;
    struct id128 store = {.b = {0x55}};
    struct hash256 head =
        options.head != NULL ? *options.head : f->queue.chains[watermark <= f->queue.last_seq ? watermark : 0].head;
    message.protocol = PROTOCOL_VERSION;
    message.store_id = data_of(store.b, ID_SIZE);
    message.epoch = options.epoch != 0 ? options.epoch : 1;
    message.outbox = data_of(f->queue.id.b, ID_SIZE);
    message.watermark = watermark;
    message.head = data_of(head.b, HASH_SIZE);
    message.credit_bytes = options.credit != 0 ? options.credit : CREDIT_BYTES;
    message.batch_bytes_max = BATCH_BYTES_MAX;
    message.reference_cursor = options.reference_cursor;
    message.dictionaries = &options.dictionary;
    message.n_dictionaries = options.dictionary != 0;
    message.server_ms = 42;
    message.keep_days = 12;
    message.receipt = f->receipt_to_say;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_WELCOME;
    frame.welcome = &message;
    hand_in(f, &frame);
}

static void verdicts_with(struct fixture *f, uint64_t watermark, struct hash256 head, size_t exceptions) {
    Rond__V1__Verdicts message = ROND__V1__VERDICTS__INIT;
    Rond__V1__Exception exception = ROND__V1__EXCEPTION__INIT;
    Rond__V1__Exception *list[] = {&exception};
    exception.seq = watermark;
    exception.code = CODE_ROLE_NOT_ENROLLED;
    exception.verdict = ROND__V1__VERDICT__VERDICT_QUARANTINED;
    message.watermark = watermark;
    message.head = data_of(head.b, HASH_SIZE);
    message.exceptions = list;
    message.n_exceptions = exceptions;
    message.receipt = f->receipt_to_say;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_VERDICTS;
    frame.verdicts = &message;
    hand_in(f, &frame);
}

static void verdicts(struct fixture *f, uint64_t watermark) {
    verdicts_with(f, watermark, f->queue.chains[watermark].head, 0);
}

// The cursor stays; nothing new.
static void feedback(struct fixture *f, bool more) {
    Rond__V1__Feedback message = ROND__V1__FEEDBACK__INIT;
    message.more = more;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_FEEDBACK;
    frame.feedback = &message;
    hand_in(f, &frame);
}

static void expected(struct fixture *f, uint64_t seq) {
    Rond__V1__Expected message = ROND__V1__EXPECTED__INIT;
    message.seq = seq;
    message.head = data_of(f->queue.chains[seq - 1].head.b, HASH_SIZE);
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_EXPECTED;
    frame.expected = &message;
    hand_in(f, &frame);
}

static void forked(struct fixture *f, struct id128 outbox) {
    Rond__V1__Forked message = ROND__V1__FORKED__INIT;
    message.outbox = data_of(outbox.b, ID_SIZE);
    message.seq = 1;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_FORKED;
    frame.forked = &message;
    hand_in(f, &frame);
}

static const Rond__V1__Batch *batch_at(const struct fixture *f, size_t index) {
    assert_true(index < f->sent_count);
    assert_int_equal(f->sent[index]->kind_case, ROND__V1__FRAME__KIND_BATCH);
    return f->sent[index]->batch;
}

static uint64_t batch_last(const Rond__V1__Batch *batch) {
    return batch->first_seq + batch->count - 1;
}

static void assert_batch_is_whole(struct fixture *f, const Rond__V1__Batch *batch) {
    uint64_t last = batch_last(batch);
    assert_memory_equal(batch->head.data, f->queue.chains[last].head.b, HASH_SIZE);
    struct record *records;
    size_t count;
    assert_ok(codec_records_decode(&f->arena, batch, &records, &count, NULL));
    assert_int_equal(count, batch->count);
    for (size_t i = 0; i < count; i++)
        assert_true(bytes_equal(records[i].report, queue_record(&f->queue, batch->first_seq + i).report));
    struct statement statement;
    struct id128 device;
    memset(device.b, 0xd0, ID_SIZE);
    statement_batch(&statement, &device, &f->queue.id, batch->first_seq, last, &f->queue.chains[last].head);
    uint8_t *spki;
    size_t size;
    struct verify_key *key;
    assert_ok(sign_key_spki(f->key, &spki, &size));
    assert_ok(verify_key_create(bytes_of(spki, size), &key));
    assert_ok(signature_verify(key, &statement, bytes_of(batch->signature.data, batch->signature.len)));
    verify_key_destroy(key);
    free(spki);
}

// Says Verdicts for everything that goes out, until nothing does. Returns the largest Batch frame seen.
static size_t serve(struct fixture *f) {
    size_t largest = 0;
    for (int rounds = 0; rounds < 100; rounds++) {
        uint64_t last = 0;
        for (size_t i = 0; i < f->sent_count; i++) {
            if (f->sent[i]->kind_case == ROND__V1__FRAME__KIND_BATCH) {
                last = batch_last(f->sent[i]->batch);
                largest = f->sizes[i] > largest ? f->sizes[i] : largest;
            } else if (f->sent[i]->kind_case == ROND__V1__FRAME__KIND_LOST) {
                last = f->sent[i]->lost->last_seq;
            }
        }
        if (last == 0)
            return largest;
        verdicts(f, last);
    }
    fail();
    return 0;
}

// --- The first flight ---

static void the_first_batch_goes_with_hello_and_fits_one_kilobyte(void **state) {
    struct fixture *f = *state;
    queue_fill(&f->queue, 1, 100);
    start(f, 0);
    connect_device(f);
    assert_int_equal(f->sent_count, 2);
    assert_int_equal(f->sent[0]->kind_case, ROND__V1__FRAME__KIND_HELLO);
    assert_int_equal(f->sent[0]->hello->last_seq, 100);
    const Rond__V1__Batch *batch = batch_at(f, 1);
    assert_int_equal(batch->first_seq, 1);
    assert_in_range(batch->count, 5, 20);
    assert_in_range(f->sizes[1], FIRST_BATCH_BYTES_MAX / 2, FIRST_BATCH_BYTES_MAX);
    assert_memory_equal(batch->chain_seed.data, f->queue.seed.b, HASH_SIZE);
    assert_batch_is_whole(f, batch);
    assert_int_equal(device_state(f->device), FLOW_OPEN);
}

static void as_much_as_the_upgrade_told_goes_with_hello_in_batches_that_grow(void **state) {
    struct fixture *f = *state;
    queue_fill(&f->queue, 1, 400);
    start(f, 0);
    f->upgrade_credit = CREDIT_UPGRADE_BYTES;
    connect_device(f);
    assert_in_range(f->sizes[1], FIRST_BATCH_BYTES_MAX / 2, FIRST_BATCH_BYTES_MAX);
    size_t under_way = 0;
    for (size_t i = 1; i < f->sent_count; i++) {
        assert_int_equal(batch_at(f, i)->first_seq, i == 1 ? 1 : batch_last(batch_at(f, i - 1)) + 1);
        assert_in_range(f->sizes[i], FIRST_BATCH_BYTES_MAX / 2, FLIGHT_BATCH_BYTES_MAX);
        assert_batch_is_whole(f, batch_at(f, i));
        under_way += f->sizes[i];
    }
    assert_true(f->sizes[3] > 2 * FIRST_BATCH_BYTES_MAX);
    assert_in_range(under_way, CREDIT_UPGRADE_BYTES - FLIGHT_BATCH_BYTES_MAX, CREDIT_UPGRADE_BYTES);
    uint64_t last = batch_last(batch_at(f, f->sent_count - 1));
    welcome(f, 0, (struct welcome_options){0});
    assert_int_equal(batch_at(f, 0)->first_seq, last + 1);
    verdicts(f, last);
    assert_int_equal(device_acknowledged(f->device), last);
}

static void what_goes_with_hello_is_a_kilobyte_again_on_a_connection_that_tells_no_more(void **state) {
    struct fixture *f = *state;
    queue_fill(&f->queue, 1, 400);
    start(f, 0);
    f->upgrade_credit = CREDIT_UPGRADE_BYTES;
    connect_device(f);
    f->upgrade_credit = 0;
    connect_device(f);
    assert_int_equal(f->sent_count, 2);
    assert_true(f->sizes[1] <= FIRST_BATCH_BYTES_MAX);
}

// An acknowledgement was lost: the server takes the batch that overlaps what it has, and those behind it.
static void a_watermark_inside_what_went_with_hello_lets_the_rest_go_on(void **state) {
    struct fixture *f = *state;
    queue_fill(&f->queue, 1, 200);
    start(f, 0);
    f->upgrade_credit = CREDIT_UPGRADE_BYTES;
    connect_device(f);
    size_t batches = f->sent_count - 1;
    assert_true(batches >= 4);
    uint64_t last[SENT_MAX] = {0};
    for (size_t i = 1; i <= batches; i++)
        last[i] = batch_last(batch_at(f, i));
    assert_int_equal(last[batches], 200);
    welcome(f, last[1] + 1, (struct welcome_options){0});
    assert_int_equal(device_acknowledged(f->device), last[1] + 1);
    assert_int_equal(f->sent_count, 0); // nothing is sent again
    for (size_t i = 2; i <= batches; i++)
        verdicts(f, last[i]);
    assert_int_equal(f->close_count, 0);
    assert_int_equal(device_acknowledged(f->device), 200);
}

static void the_seed_is_sent_with_seq_1_alone(void **state) {
    struct fixture *f = *state;
    queue_fill(&f->queue, 1, 20);
    start(f, 5);
    connect_device(f);
    assert_int_equal(batch_at(f, 1)->first_seq, 6);
    assert_int_equal(batch_at(f, 1)->chain_seed.len, 0);
}

static void an_empty_queue_says_hello_alone_and_is_drained_by_the_first_feedback(void **state) {
    struct fixture *f = *state;
    queue_fill(&f->queue, 1, 0);
    start(f, 0);
    connect_device(f);
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(f->read_count, 0);
    welcome(f, 0, (struct welcome_options){0});
    assert_int_equal(f->welcome.server_ms, 42);
    assert_int_equal(f->welcome.server.keep_days, 12);
    assert_true(f->welcome.server.known);
    assert_int_equal(f->drained_count, 0);
    feedback(f, false);
    assert_int_equal(f->drained_count, 1);
}

static void the_week_of_a_stored_summary_is_said_at_the_next_hello_to_the_same_store(void **state) {
    struct fixture *f = *state;
    Rond__V1__WeeklySummary summary = ROND__V1__WEEKLY_SUMMARY__INIT;
    Rond__V1__Feedback message = ROND__V1__FEEDBACK__INIT;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    char week[] = "2015-W19";
    summary.week = week;
    message.summary = &summary;
    Rond__V1__Standing standing = ROND__V1__STANDING__INIT, *standings[] = {&standing};
    message.actions_stamp = 77;
    message.standings = standings;
    message.n_standings = 1;
    message.standings_stamp = 78;
    frame.kind_case = ROND__V1__FRAME__KIND_FEEDBACK;
    frame.feedback = &message;
    queue_fill(&f->queue, 1, 0);
    start(f, 0);
    connect_device(f);
    assert_string_equal(f->sent[0]->hello->summary_week, "");
    welcome(f, 0, (struct welcome_options){0});
    hand_in(f, &frame);
    device_disconnected(f->device);
    connect_device(f);
    assert_string_equal(f->sent[f->sent_count - 1]->hello->summary_week, "2015-W19");
    assert_int_equal(f->sent[f->sent_count - 1]->hello->actions_stamp, 77);
    assert_int_equal(f->sent[f->sent_count - 1]->hello->standings_stamp, 78);
    welcome(f, 0, (struct welcome_options){.epoch = 2}); // restored: another history
    assert_string_equal(f->welcome.server.summary_week, "");
    assert_int_equal(f->welcome.server.standings_stamp, 0);
}

static void a_report_larger_than_the_first_batch_waits_for_welcome(void **state) {
    static uint8_t large[2000];
    struct fixture *f = *state;
    queue_fill(&f->queue, 1, 1);
    for (size_t i = 0; i < sizeof large; i++)
        large[i] = (uint8_t)((i * 2654435761u + i * i * 40503u) >> 11);
    struct record record = {.report = bytes_of(large, sizeof large)};
    f->answers_reads = false;
    start(f, 0);
    connect_device(f);
    assert_int_equal(f->read_count, 1);
    struct device_answer answer = {
        .first_seq = 1, .before_known = true, .before = f->queue.chains[0], .records = &record, .count = 1};
    assert_ok(device_records(f->device, &f->now, &answer));
    assert_ok(run(f));
    assert_int_equal(f->sent_count, 1); // Hello
    welcome(f, 0, (struct welcome_options){0});
    assert_int_equal(f->read_count, 2);
    assert_ok(device_records(f->device, &f->now, &answer));
    assert_ok(run(f));
    assert_int_equal(batch_at(f, 0)->count, 1);
}

static void a_dictionary_is_used_once_this_connections_welcome_has_named_it(void **state) {
    struct fixture *f = *state;
    static const struct {
        uint32_t named, used;
    } cases[] = {{0, 0}, {DICTIONARY_NEWEST, DICTIONARY_NEWEST}, {0, 0}, {DICTIONARY_NEWEST + 1, 0}};
    queue_fill(&f->queue, 1, REPORTS_MAX);
    for (uint64_t seq = 1; seq <= REPORTS_MAX; seq++)
        memset(f->queue.bytes[seq], (int)seq, REPORT_SIZE); // compresses
    queue_chain(&f->queue);
    start(f, 0);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        connect_device(f);
        assert_int_equal(batch_at(f, 1)->dictionary, 0); // with Hello
        uint64_t first_last = batch_last(batch_at(f, 1));
        assert_true(first_last < REPORTS_MAX);
        welcome(f, 0, (struct welcome_options){.dictionary = cases[i].named});
        assert_true(f->sent_count > 0);
        assert_int_equal(batch_at(f, 0)->dictionary, cases[i].used);
        assert_batch_is_whole(f, batch_at(f, 0));
        device_disconnected(f->device);
    }
}

// --- Going on ---

static void a_fresh_outbox_with_elders_waits_for_welcome(void **state) {
    struct fixture *f = *state;
    queue_fill(&f->queue, 1, 3);
    start(f, 0);
    struct device_outbox_state at = queue_state(&f->queue, 0);
    at.outbox.b[0] ^= 1;
    assert_ok(device_outbox(f->device, &f->now, &at)); // another one, and back again
    at = queue_state(&f->queue, 0);
    at.has_elders = true;
    assert_ok(device_outbox(f->device, &f->now, &at));
    connect_device(f);
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(f->sent[0]->kind_case, ROND__V1__FRAME__KIND_HELLO);
    welcome(f, 0, (struct welcome_options){0});
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(f->sent[0]->kind_case, ROND__V1__FRAME__KIND_BATCH);
    verdicts(f, 3);
    device_disconnected(f->device);
    queue_fill(&f->queue, 1, 5);
    at = queue_state(&f->queue, 3);
    at.has_elders = true;
    assert_ok(device_outbox(f->device, &f->now, &at)); // a server that does not know it asks for 1, and stores nothing
    connect_device(f);
    assert_int_equal(f->sent_count, 2);
}

static void what_was_sent_with_hello_is_not_sent_again_where_the_watermark_agrees(void **state) {
    struct fixture *f = *state;
    queue_fill(&f->queue, 1, 100);
    start(f, 0);
    connect_device(f);
    uint64_t first = batch_last(batch_at(f, 1));
    welcome(f, 0, (struct welcome_options){0});
    assert_int_equal(device_state(f->device), FLOW_READY);
    assert_int_equal(batch_at(f, 0)->first_seq, first + 1);
}

static void everything_arrives_once_and_batches_grow(void **state) {
    struct fixture *f = *state;
    queue_fill(&f->queue, 1, 400);
    start(f, 0);
    connect_device(f);
    welcome(f, 0, (struct welcome_options){.credit = 4096});
    size_t largest = serve(f);
    assert_true(largest > FIRST_BATCH_BYTES_MAX);
    assert_int_equal(device_acknowledged(f->device), 400);
    assert_memory_equal(f->acknowledged.chain.head.b, f->queue.chains[400].head.b, HASH_SIZE);
    feedback(f, false);
    assert_int_equal(f->drained_count, 1);
    assert_int_equal(device_deadline(f->device), INT64_MAX);
}

static void bytes_under_way_stay_within_the_credit(void **state) {
    struct fixture *f = *state;
    queue_fill(&f->queue, 1, 300);
    start(f, 0);
    connect_device(f);
    size_t under_way = f->sizes[1];
    welcome(f, 0, (struct welcome_options){.credit = 3000});
    for (size_t i = 0; i < f->sent_count; i++)
        under_way += f->sizes[i];
    assert_in_range(under_way, 1500, 3000);
    assert_ok(run(f));
}

static void more_queued_on_a_drained_connection_goes_out_and_drains_again(void **state) {
    struct fixture *f = *state;
    queue_fill(&f->queue, 1, 10);
    f->queue.last_seq = 3;
    start(f, 0);
    connect_device(f);
    welcome(f, 0, (struct welcome_options){0});
    verdicts(f, 3);
    feedback(f, false);
    assert_int_equal(f->drained_count, 1);
    f->queue.last_seq = 10;
    struct device_outbox_state outbox = queue_state(&f->queue, 3);
    f->sent_count = 0;
    assert_ok(device_outbox(f->device, &f->now, &outbox));
    assert_ok(run(f));
    assert_int_equal(batch_at(f, 0)->first_seq, 4);
    verdicts(f, 10);
    assert_int_equal(f->drained_count, 1);
    feedback(f, false);
    assert_int_equal(f->drained_count, 2);
}

static void exceptions_come_with_the_acknowledgement(void **state) {
    struct fixture *f = *state;
    queue_fill(&f->queue, 1, 3);
    start(f, 0);
    connect_device(f);
    welcome(f, 0, (struct welcome_options){0});
    verdicts_with(f, 3, f->queue.chains[3].head, 1);
    assert_int_equal(f->acknowledged_count, 1);
    assert_int_equal(f->exceptions_count, 1);
    verdicts_with(f, 3, f->queue.chains[3].head, 1); // of what was sent a second time
    assert_int_equal(f->exceptions_count, 2);
    assert_int_equal(f->close_count, 0);
}

static void a_lost_answer_becomes_a_signed_declaration(void **state) {
    struct fixture *f = *state;
    queue_fill(&f->queue, 1, 20);
    f->queue.lost_first = 3;
    f->queue.lost_last = 5;
    start(f, 0);
    connect_device(f);
    assert_int_equal(batch_last(batch_at(f, 1)), 2);
    // The chain behind the loss is another one.
    struct chain after = f->queue.chains[2];
    struct hash256 ratchet = f->queue.chains[5].ratchet;
    chain_lose(&after, 5, ROND__V1__LOST_REASON__LOST_REASON_UNREADABLE, &ratchet);
    f->queue.chains[5] = after;
    for (uint64_t seq = 6; seq <= 20; seq++) {
        struct record record = queue_record(&f->queue, seq);
        f->queue.chains[seq] = f->queue.chains[seq - 1];
        chain_append(&f->queue.chains[seq], &record, NULL, NULL);
    }
    welcome(f, 0, (struct welcome_options){0});
    assert_int_equal(f->sent[0]->kind_case, ROND__V1__FRAME__KIND_LOST);
    assert_int_equal(f->sent[0]->lost->first_seq, 3);
    assert_int_equal(f->sent[0]->lost->last_seq, 5);
    assert_memory_equal(f->sent[0]->lost->head.data, after.head.b, HASH_SIZE);
    assert_batch_is_whole(f, batch_at(f, 1));
    verdicts(f, 2);
    verdicts(f, 20);
    feedback(f, false);
    assert_int_equal(f->drained_count, 1);
}

// --- The server is elsewhere ---

static void a_higher_watermark_is_checked_against_the_own_chain_and_skipped_to(void **state) {
    struct fixture *f = *state;
    queue_fill(&f->queue, 1, 100);
    start(f, 0);
    connect_device(f);
    welcome(f, 50, (struct welcome_options){0});
    assert_int_equal(f->forked_count, 0);
    assert_int_equal(device_acknowledged(f->device), 50);
    assert_int_equal(batch_at(f, 0)->first_seq, 51);
    verdicts_with(f, 50, f->queue.chains[50].head, 1); // what went with Hello was there already
    assert_int_equal(f->close_count, 0);
    assert_int_equal(f->exceptions_count, 1);
    serve(f);
    verdicts(f, 100);
    assert_int_equal(device_acknowledged(f->device), 100);
}

static void a_restored_server_is_offered_again_what_it_lacks(void **state) {
    struct fixture *f = *state;
    queue_fill(&f->queue, 1, 30);
    start(f, 20);
    connect_device(f);
    assert_int_equal(batch_at(f, 1)->first_seq, 21);
    welcome(f, 4, (struct welcome_options){.epoch = 2});
    assert_int_equal(batch_at(f, 0)->first_seq, 5);
    size_t count = f->sent_count;
    assert_true(count > 0);
    uint64_t last = batch_last(batch_at(f, count - 1));
    expected(f, 5); // for what went with Hello
    assert_int_equal(f->sent_count, 0);
    verdicts(f, last);
    serve(f);
    assert_int_equal(device_acknowledged(f->device), 30);
    feedback(f, false);
    assert_int_equal(f->drained_count, 1);
    assert_int_equal(f->close_count, 0);
}

// What was acknowledged by a history that is no more is confirmed anew, wherever that is.
static void another_epoch_confirms_what_it_has(void **state) {
    static const uint64_t watermarks[] = {4, 20, 25}; // lower, as known, higher
    for (size_t i = 0; i < ARRAY_COUNT(watermarks); i++) {
        struct fixture *f = *state;
        f->acknowledged_count = 0;
        queue_fill(&f->queue, 1, 30);
        start(f, 20);
        connect_device(f);
        welcome(f, 20, (struct welcome_options){.epoch = 1});
        assert_int_equal(f->acknowledged_count, 0);
        device_disconnected(f->device);
        connect_device(f);
        welcome(f, watermarks[i], (struct welcome_options){.epoch = 2});
        assert_int_equal(f->acknowledged_count, 1);
        assert_int_equal(f->acknowledged.chain.seq, watermarks[i]);
        assert_true(hash256_equal(&f->acknowledged.chain.head, &f->queue.chains[watermarks[i]].head));
        device_disconnected(f->device);
        connect_device(f);
        welcome(f, watermarks[i], (struct welcome_options){.epoch = 2});
        assert_int_equal(f->acknowledged_count, 1);
        device_destroy(f->device);
        f->device = NULL;
    }
}

static void offer_closed(struct fixture *f) {
    queue_fill(&f->queue, 1, 0);
    start(f, 0);
    connect_device(f);
    welcome(f, 0, (struct welcome_options){.epoch = 2});
    feedback(f, false);
    assert_int_equal(f->drained_count, 1);
    queue_fill(&f->queue, 9, 30);
    struct device_outbox_state closed = queue_state(&f->queue, 30);
    closed.is_closed = true;
    f->sent_count = 0;
    f->acknowledged_count = f->drained_count = f->forked_count = 0;
    assert_ok(device_outbox(f->device, &f->now, &closed));
    assert_ok(run(f));
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(f->sent[0]->hello->watermark, 30);
    assert_memory_equal(f->sent[0]->hello->head.data, f->queue.chains[30].head.b, HASH_SIZE);
}

static void a_closed_outbox_hands_in_what_a_restored_server_lacks(void **state) {
    struct fixture *f = *state;
    offer_closed(f);
    welcome(f, 4, (struct welcome_options){.epoch = 2});
    assert_int_equal(f->acknowledged.chain.seq, 4);
    assert_int_equal(batch_at(f, 0)->first_seq, 5);
    verdicts(f, batch_last(batch_at(f, f->sent_count - 1)));
    serve(f);
    assert_int_equal(f->acknowledged.chain.seq, 30);
    feedback(f, false);
    assert_int_equal(f->drained_count, 1);
    assert_int_equal(f->forked_count, 0);
}

static void of_a_closed_outbox_that_is_there_nothing_is_sent(void **state) {
    static const uint64_t watermarks[] = {30, 77}; // a clone went on with it
    for (size_t i = 0; i < ARRAY_COUNT(watermarks); i++) {
        struct fixture *f = *state;
        f->drained_count = 0;
        offer_closed(f);
        welcome(f, watermarks[i], (struct welcome_options){.epoch = 2});
        assert_int_equal(f->sent_count, 0);
        assert_int_equal(f->acknowledged.chain.seq, 30);
        feedback(f, false);
        assert_int_equal(f->drained_count, 1);
        assert_int_equal(f->forked_count, 0);
        device_destroy(f->device);
        f->device = NULL;
    }
}

static void where_a_server_says_that_it_differs_is_passed_on(void **state) {
    struct fixture *f = *state;
    offer_closed(f);
    forked(f, f->queue.id);
    assert_int_equal(f->forked_count, 1);
    assert_int_equal(f->forked.first_seq, 1);
}

static void what_is_kept_no_longer_is_declared_expired(void **state) {
    struct fixture *f = *state;
    queue_fill(&f->queue, 1, 30);
    f->queue.kept_from = 16;
    start(f, 20);
    connect_device(f);
    struct hash256 head = f->queue.chains[4].head;
    welcome(f, 4, (struct welcome_options){.epoch = 2, .head = &head});
    assert_int_equal(f->sent[0]->kind_case, ROND__V1__FRAME__KIND_LOST);
    assert_int_equal(f->sent[0]->lost->first_seq, 5);
    assert_int_equal(f->sent[0]->lost->last_seq, 15);
    assert_int_equal(f->sent[0]->lost->reason, ROND__V1__LOST_REASON__LOST_REASON_EXPIRED);
    assert_int_equal(batch_at(f, 1)->first_seq, 16);
    assert_int_equal(f->forked_count, 0);
}

static void expected_rewinds_to_where_the_server_is(void **state) {
    struct fixture *f = *state;
    queue_fill(&f->queue, 1, 60);
    start(f, 0);
    connect_device(f);
    welcome(f, 0, (struct welcome_options){0});
    serve(f);
    assert_int_equal(device_acknowledged(f->device), 60);
    expected(f, 31);
    assert_int_equal(batch_at(f, 0)->first_seq, 31);
    assert_int_equal(device_acknowledged(f->device), 60);
}

// --- Forks ---

static void a_fork_goes_on_with_a_fresh_outbox_on_the_same_connection(void **state) {
    struct fixture *f = *state;
    queue_fill(&f->queue, 1, 10);
    start(f, 0);
    connect_device(f);
    struct id128 old = f->queue.id;
    forked(f, old);
    assert_int_equal(f->forked_count, 1);
    assert_int_equal(device_state(f->device), FLOW_CLOSING);
    queue_fill(&f->queue, 9, 10);
    struct device_outbox_state outbox = queue_state(&f->queue, 0);
    f->sent_count = 0;
    assert_ok(device_outbox(f->device, &f->now, &outbox));
    assert_ok(run(f));
    assert_int_equal(f->sent[0]->kind_case, ROND__V1__FRAME__KIND_HELLO);
    assert_memory_equal(f->sent[0]->hello->outbox.data, f->queue.id.b, ID_SIZE);
    assert_int_equal(batch_at(f, 1)->first_seq, 1);
    forked(f, old); // once more, of the one that was left
    verdicts_with(f, 7, f->queue.chains[7].head, 0);
    assert_int_equal(f->forked_count, 1);
    assert_int_equal(f->close_count, 0);
    welcome(f, 0, (struct welcome_options){0});
    verdicts(f, 10);
    feedback(f, false);
    assert_int_equal(f->drained_count, 1);
}

static void another_head_at_welcome_is_a_fork(void **state) {
    static const uint64_t watermarks[] = {0, 5, 8, 99}; // as known, lower, higher, beyond anything ever queued
    for (size_t i = 0; i < ARRAY_COUNT(watermarks); i++) {
        struct fixture *f = *state;
        queue_fill(&f->queue, 1, 10);
        start(f, 0);
        connect_device(f);
        struct hash256 head = {.b = {1, 2, 3}};
        f->forked_count = 0;
        welcome(f, watermarks[i], (struct welcome_options){.head = &head});
        assert_int_equal(f->forked_count, 1);
        device_destroy(f->device);
        f->device = NULL;
    }
}

// --- What came down ---

static void received_is_said_when_it_is_stored_and_drained_waits_for_it(void **state) {
    struct fixture *f = *state;
    queue_fill(&f->queue, 1, 0);
    start(f, 0);
    connect_device(f);
    welcome(f, 0, (struct welcome_options){.reference_cursor = 9});
    assert_int_equal(f->drained_count, 0);
    Rond__V1__Reference reference = ROND__V1__REFERENCE__INIT;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_REFERENCE;
    frame.reference = &reference;
    reference.cursor = 5;
    reference.more = true;
    hand_in(f, &frame);
    assert_int_equal(f->sent[0]->received->reference_cursor, 5);
    assert_int_equal(f->drained_count, 0);
    reference.cursor = 9;
    reference.more = false;
    hand_in(f, &frame);
    assert_int_equal(f->sent[0]->received->reference_cursor, 9);
    assert_int_equal(f->reference_count, 2);
    assert_int_equal(f->drained_count, 0);
    feedback(f, false);
    assert_int_equal(f->sent[0]->kind_case, ROND__V1__FRAME__KIND_RECEIVED);
    assert_int_equal(f->reference_count, 3);
    assert_int_equal(f->drained_count, 1);
}

static void drained_waits_for_the_last_page_of_feedback_after_welcome_and_after_each_verdicts(void **state) {
    struct fixture *f = *state;
    queue_fill(&f->queue, 1, 30);
    start(f, 0);
    connect_device(f);
    uint64_t first = batch_last(batch_at(f, 1));
    welcome(f, 0, (struct welcome_options){0});
    feedback(f, false); // on the Welcome: reports are under way still
    verdicts(f, first);
    feedback(f, false);
    verdicts(f, 30);
    assert_int_equal(device_acknowledged(f->device), 30);
    assert_int_equal(f->drained_count, 0);
    feedback(f, true);
    assert_int_equal(f->drained_count, 0);
    feedback(f, false);
    assert_int_equal(f->drained_count, 1);
    feedback(f, false); // others' reports: nobody waits for it
    assert_int_equal(f->drained_count, 1);
    device_disconnected(f->device);
    connect_device(f); // anew, with nothing queued
    welcome(f, 30, (struct welcome_options){0});
    assert_int_equal(f->drained_count, 1);
    feedback(f, false);
    assert_int_equal(f->drained_count, 2);
}

// --- Endings ---

static void silence_closes_and_is_worth_another_try(void **state) {
    static const bool after_welcome[] = {false, true};
    for (size_t i = 0; i < ARRAY_COUNT(after_welcome); i++) {
        struct fixture *f = *state;
        queue_fill(&f->queue, 1, 10);
        start(f, 0);
        connect_device(f);
        if (after_welcome[i])
            welcome(f, 0, (struct welcome_options){0});
        f->close_count = 0;
        struct device_now later = f->now;
        later.monotonic_ms = device_deadline(f->device) - 1;
        device_tick(f->device, &later);
        assert_ok(run(f));
        assert_int_equal(f->close_count, 0);
        later.monotonic_ms++;
        assert_int_equal(later.monotonic_ms, f->now.monotonic_ms + VERDICT_DEADLINE_MS);
        device_tick(f->device, &later);
        assert_ok(run(f));
        assert_int_equal(f->close_count, 1);
        assert_true(f->closed.may_retry);
        assert_int_equal(f->closed.refusal_code, CODE_NONE);
        device_destroy(f->device);
        f->device = NULL;
    }
}

// Of the closed outbox on offer all is there; what is queued in the active one meanwhile is not sent, so nothing else would
// tell that the server is gone.
static void silence_while_more_is_to_come_down_closes_too(void **state) {
    struct fixture *f = *state;
    queue_fill(&f->queue, 1, 10);
    start(f, 0);
    connect_device(f);
    welcome(f, 0, (struct welcome_options){0});
    serve(f);
    feedback(f, true);
    assert_int_equal(f->drained_count, 0);
    f->close_count = 0;
    assert_int_equal(device_deadline(f->device), f->now.monotonic_ms + VERDICT_DEADLINE_MS);
    f->now.monotonic_ms += VERDICT_DEADLINE_MS - 1;
    feedback(f, true); // was heard of
    f->now.monotonic_ms += VERDICT_DEADLINE_MS;
    device_tick(f->device, &f->now);
    assert_ok(run(f));
    assert_int_equal(f->close_count, 1);
    assert_true(f->closed.may_retry);
}

static void a_refusal_is_passed_on_whole(void **state) {
    struct fixture *f = *state;
    char sentence[] = "Not today.";
    queue_fill(&f->queue, 1, 10);
    start(f, 0);
    connect_device(f);
    Rond__V1__Refusal refusal = ROND__V1__REFUSAL__INIT;
    refusal.code = CODE_STORE_FULL;
    refusal.sentence = sentence;
    refusal.retry = true;
    refusal.retry_after_ms = 7000;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_REFUSAL;
    frame.refusal = &refusal;
    hand_in(f, &frame);
    assert_int_equal(f->close_count, 1);
    assert_int_equal(f->closed.refusal_code, CODE_STORE_FULL);
    assert_string_equal(f->closed.sentence, sentence);
    assert_true(f->closed.may_retry);
    assert_int_equal(f->closed.retry_after_ms, 7000);
    assert_int_equal(device_state(f->device), FLOW_CLOSING);
}

static void nothing_under_way_counts_after_a_disconnect(void **state) {
    struct fixture *f = *state;
    queue_fill(&f->queue, 1, 10);
    start(f, 0);
    connect_device(f);
    uint64_t first = batch_at(f, 1)->first_seq;
    device_disconnected(f->device);
    assert_int_equal(device_acknowledged(f->device), 0);
    connect_device(f);
    assert_int_equal(batch_at(f, 1)->first_seq, first);
}

static void a_locked_key_stops_reading_until_something_changes(void **state) {
    struct fixture *f = *state;
    queue_fill(&f->queue, 1, 10);
    start(f, 0);
    f->is_locked = true;
    f->sent_count = 0;
    assert_ok(device_connected(f->device, &f->now, f->upgrade_credit));
    assert_err(ROND_EAUTH, run(f));
    assert_int_equal(f->read_count, 1);
    assert_int_equal(f->sent_count, 1);
    f->is_locked = false;
    struct device_outbox_state outbox = queue_state(&f->queue, 0);
    assert_ok(device_outbox(f->device, &f->now, &outbox));
    assert_ok(run(f));
    assert_int_equal(batch_at(f, 1)->first_seq, 1);
}

// --- A server that breaks the protocol ---

enum hostile {
    TRUNCATED,
    UNKNOWN,
    VERDICTS_EARLY,
    FOREIGN_OUTBOX,
    BEYOND_SENT,
    OTHER_HEAD,
    SHORT_HEAD,
    FROM_DEVICE,
    SECOND_WELCOME,
    WELCOME_AGAIN
};

static void hostile_welcome(struct fixture *f, struct id128 outbox) {
    struct id128 own = f->queue.id;
    f->queue.id = outbox;
    welcome(f, 0, (struct welcome_options){0});
    f->queue.id = own;
}

static void play(struct fixture *f, enum hostile hostile) {
    static const uint8_t truncated[] = {0x12, 0x7f, 0x08};
    static const uint8_t unknown[] = {0xfa, 0x01, 0x00}; // field 31
    struct hash256 head = {.b = {1}};
    if (hostile != VERDICTS_EARLY && hostile != FOREIGN_OUTBOX)
        welcome(f, 0, (struct welcome_options){0});
    f->sent_count = 0;
    Rond__V1__Verdicts verdicts_short = ROND__V1__VERDICTS__INIT;
    Rond__V1__Received received = ROND__V1__RECEIVED__INIT;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    switch (hostile) {
    case TRUNCATED:
        assert_ok(device_receive(f->device, &f->now, bytes_of(truncated, sizeof truncated)));
        break;
    case UNKNOWN:
        assert_ok(device_receive(f->device, &f->now, bytes_of(unknown, sizeof unknown)));
        break;
    case VERDICTS_EARLY:
        verdicts(f, 5);
        return;
    case FOREIGN_OUTBOX:
        hostile_welcome(f, (struct id128){.b = {0xee}});
        return;
    case BEYOND_SENT:
        verdicts_with(f, 5000, head, 0);
        return;
    case OTHER_HEAD:
        verdicts_with(f, 10, head, 0);
        return;
    case SHORT_HEAD:
        frame.kind_case = ROND__V1__FRAME__KIND_VERDICTS;
        frame.verdicts = &verdicts_short;
        hand_in(f, &frame);
        return;
    case FROM_DEVICE:
        frame.kind_case = ROND__V1__FRAME__KIND_RECEIVED;
        frame.received = &received;
        hand_in(f, &frame);
        return;
    case SECOND_WELCOME:
        hostile_welcome(f, (struct id128){.b = {0xee}});
        return;
    case WELCOME_AGAIN:
        hostile_welcome(f, f->queue.id);
        return;
    }
    assert_ok(run(f));
}

static void a_server_that_breaks_the_protocol_is_refused_with_its_code(void **state) {
    static const struct {
        enum hostile hostile;
        unsigned code;
    } cases[] = {
        {TRUNCATED, CODE_FRAME_MALFORMED},         {UNKNOWN, CODE_FRAME_UNKNOWN},
        {VERDICTS_EARLY, CODE_FRAME_OUT_OF_ORDER}, {FOREIGN_OUTBOX, CODE_FRAME_OUT_OF_ORDER},
        {BEYOND_SENT, CODE_FRAME_OUT_OF_ORDER},    {OTHER_HEAD, CODE_FRAME_OUT_OF_ORDER},
        {SHORT_HEAD, CODE_FRAME_MALFORMED},        {FROM_DEVICE, CODE_FRAME_OUT_OF_ORDER},
        {SECOND_WELCOME, CODE_FRAME_OUT_OF_ORDER}, {WELCOME_AGAIN, CODE_FRAME_OUT_OF_ORDER},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct fixture *f = *state;
        queue_fill(&f->queue, 1, 10);
        start(f, 0);
        connect_device(f);
        f->close_count = 0;
        play(f, cases[i].hostile);
        assert_int_equal(f->close_count, 1);
        assert_int_equal(f->closed.refusal_code, cases[i].code);
        assert_int_equal(f->sent[f->sent_count - 1]->kind_case, ROND__V1__FRAME__KIND_REFUSAL);
        assert_int_equal(f->sent[f->sent_count - 1]->refusal->code, cases[i].code);
        assert_int_equal(device_acknowledged(f->device), 0);
        device_destroy(f->device);
        f->device = NULL;
    }
}

// --- Receipts ---

static void a_receipt_is_passed_on_with_what_it_is_for(void **state) {
    struct fixture *f = *state;
    uint8_t signature[SIGNATURE_SIZE] = {7, 8, 9};
    Rond__V1__Receipt receipt = ROND__V1__RECEIPT__INIT;
    receipt.signature = data_of(signature, sizeof signature);
    queue_fill(&f->queue, 1, 3);
    start(f, 1);
    connect_device(f);
    f->receipt_to_say = &receipt;
    welcome(f, 1, (struct welcome_options){0});
    assert_int_equal(f->receipt_count, 1);
    assert_int_equal(f->receipt.said.watermark, 1);
    assert_memory_equal(&f->receipt.said.head, &f->queue.chains[1].head, HASH_SIZE);
    assert_int_equal(f->welcome.said.watermark, 1);
    assert_memory_equal(&f->welcome.said.head, &f->queue.chains[1].head, HASH_SIZE);
    verdicts(f, 3);
    assert_int_equal(f->receipt_count, 2);
    assert_int_equal(f->receipt.said.watermark, 3);
    assert_memory_equal(&f->receipt.said.head, &f->queue.chains[3].head, HASH_SIZE);
    assert_memory_equal(f->receipt_signature, signature, SIGNATURE_SIZE);
    verdicts(f, 3); // once more for the same: the outbox decides
    assert_int_equal(f->receipt_count, 3);
    f->receipt_to_say = NULL;
    verdicts(f, 3);
    assert_int_equal(f->receipt_count, 3);
}

static void hello_tells_what_is_here_of_receipts(void **state) {
    struct fixture *f = *state;
    queue_fill(&f->queue, 1, 3);
    start(f, 3);
    connect_device(f);
    assert_non_null(f->sent[0]->hello->receipt); // it wants them
    assert_int_equal(f->sent[0]->hello->receipt->watermark, 0);
    assert_int_equal(f->sent[0]->hello->receipt->certificate.len, 0);
    struct device_outbox_state outbox = queue_state(&f->queue, 3);
    outbox.receipt = (struct device_receipt_state){.certificate = {{0xce}}, .watermark = 3};
    assert_ok(device_outbox(f->device, &f->now, &outbox));
    connect_device(f);
    assert_int_equal(f->sent[0]->hello->receipt->watermark, 3);
    assert_int_equal(f->sent[0]->hello->receipt->certificate.len, HASH_SIZE);
    assert_int_equal(f->sent[0]->hello->receipt->certificate.data[0], 0xce);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_first_batch_goes_with_hello_and_fits_one_kilobyte),
        TEST(as_much_as_the_upgrade_told_goes_with_hello_in_batches_that_grow),
        TEST(what_goes_with_hello_is_a_kilobyte_again_on_a_connection_that_tells_no_more),
        TEST(a_watermark_inside_what_went_with_hello_lets_the_rest_go_on),
        TEST(the_seed_is_sent_with_seq_1_alone),
        TEST(an_empty_queue_says_hello_alone_and_is_drained_by_the_first_feedback),
        TEST(a_dictionary_is_used_once_this_connections_welcome_has_named_it),
        TEST(the_week_of_a_stored_summary_is_said_at_the_next_hello_to_the_same_store),
        TEST(a_report_larger_than_the_first_batch_waits_for_welcome),
        TEST(a_fresh_outbox_with_elders_waits_for_welcome),
        TEST(what_was_sent_with_hello_is_not_sent_again_where_the_watermark_agrees),
        TEST(everything_arrives_once_and_batches_grow),
        TEST(bytes_under_way_stay_within_the_credit),
        TEST(more_queued_on_a_drained_connection_goes_out_and_drains_again),
        TEST(exceptions_come_with_the_acknowledgement),
        TEST(a_lost_answer_becomes_a_signed_declaration),
        TEST(a_higher_watermark_is_checked_against_the_own_chain_and_skipped_to),
        TEST(a_restored_server_is_offered_again_what_it_lacks),
        TEST(another_epoch_confirms_what_it_has),
        TEST(a_closed_outbox_hands_in_what_a_restored_server_lacks),
        TEST(of_a_closed_outbox_that_is_there_nothing_is_sent),
        TEST(where_a_server_says_that_it_differs_is_passed_on),
        TEST(what_is_kept_no_longer_is_declared_expired),
        TEST(expected_rewinds_to_where_the_server_is),
        TEST(a_fork_goes_on_with_a_fresh_outbox_on_the_same_connection),
        TEST(another_head_at_welcome_is_a_fork),
        TEST(received_is_said_when_it_is_stored_and_drained_waits_for_it),
        TEST(drained_waits_for_the_last_page_of_feedback_after_welcome_and_after_each_verdicts),
        TEST(a_receipt_is_passed_on_with_what_it_is_for),
        TEST(hello_tells_what_is_here_of_receipts),
        TEST(silence_closes_and_is_worth_another_try),
        TEST(silence_while_more_is_to_come_down_closes_too),
        TEST(a_refusal_is_passed_on_whole),
        TEST(nothing_under_way_counts_after_a_disconnect),
        TEST(a_locked_key_stops_reading_until_something_changes),
        TEST(a_server_that_breaks_the_protocol_is_refused_with_its_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
