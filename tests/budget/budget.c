// What is counted in instructions: taking in 10,000 reports, as one connection of the server does it without its network, and queueing
// 1,000 durably. Run under callgrind (tests/budget/count.sh), which counts what happens inside of measured_*.
// Usage: budget ingest|queueing
#include <string.h>

#include "ingest/committer.h"
#include "support/lund.h"
#include "sync/session.h"
#include "unit/handheld.h"
#include "wire/dictionary.h"
#include "wire/limits.h"

enum { BATCHES = 100, BATCH_REPORTS = 100, GROUP_BATCHES = 10, QUEUED = 1000, KINDS = 7, VARIANTS = 5000 };
static const int64_t NOW_MS = INT64_C(1790000000000); // after all that is reported

// ---- Taking in ----

static struct lund lund;
static struct session *session;
static struct commit_census census;

static void frame_make(const Rond__V1__Frame *frame, struct buffer *ret_bytes) {
    buffer_init(ret_bytes, FRAME_BYTES_MAX);
    CHECK(codec_frame_encode(frame, ret_bytes) == ROND_OK);
}

static ProtobufCBinaryData data_of(const void *data, size_t size) {
    return (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)data, .len = size};
}

static void batch_make(struct chain *chain, const struct hash256 *seed, size_t number, struct buffer *ret_bytes) {
    static struct record records[BATCH_REPORTS];
    const struct id128 device = lund_device(0), outbox = lund_outbox(0, 0);
    Rond__V1__Batch batch = ROND__V1__BATCH__INIT;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    struct statement statement;
    struct signature signature;
    struct buffer scratch;
    struct arena arena;
    arena_init(&arena, BATCH_RECORDS_BYTES_MAX);
    buffer_init(&scratch, 2 * BATCH_RECORDS_BYTES_MAX);
    uint64_t first = chain->seq + 1;
    for (size_t i = 0; i < BATCH_REPORTS; i++) {
        size_t index = number * BATCH_REPORTS + i;
        records[i] = sample_record(&arena, (Rond__V1__Kind)(ROND__V1__KIND__KIND_CHECK + index % KINDS), (unsigned)(index % VARIANTS));
        chain_append(chain, &records[i], NULL, NULL);
    }
    CHECK(codec_records_encode(records, BATCH_REPORTS, DICTIONARY_NEWEST, &scratch, &batch) == ROND_OK);
    statement_batch(&statement, &device, &outbox, first, chain->seq, &chain->head);
    CHECK(signature_make(lund_key(0), &statement, &signature) == ROND_OK);
    batch.first_seq = first;
    batch.head = data_of(chain->head.b, HASH_SIZE);
    batch.signature = data_of(signature.b, SIGNATURE_SIZE);
    if (first == 1)
        batch.chain_seed = data_of(seed->b, HASH_SIZE);
    frame.kind_case = ROND__V1__FRAME__KIND_BATCH;
    frame.batch = &batch;
    frame_make(&frame, ret_bytes);
    buffer_deinit(&scratch);
    arena_deinit(&arena);
}

static void hello_make(struct buffer *ret_bytes) {
    static const uint8_t none[HASH_SIZE];
    const struct id128 device = lund_device(0), outbox = lund_outbox(0, 0);
    Rond__V1__Hello hello = ROND__V1__HELLO__INIT;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    hello.protocol = PROTOCOL_VERSION;
    hello.device = data_of(device.b, ID_SIZE);
    hello.outbox = data_of(outbox.b, ID_SIZE);
    hello.head = data_of(none, HASH_SIZE);
    hello.last_seq = BATCHES * BATCH_REPORTS;
    frame.kind_case = ROND__V1__FRAME__KIND_HELLO;
    frame.hello = &hello;
    frame_make(&frame, ret_bytes);
}

static void session_begin(void) {
    const char *roles[] = {"police_officer"};
    const struct device_record device = {
        .device = lund_device(0), .name = "unit", .organisation = "polisen", .area = "lund", .roles = roles, .roles_count = 1};
    const struct session_config config = {.id = 1,
                                          .device = &device,
                                          .spki = lund_spki(0),
                                          .store = {.store_id = {{0x55}}, .epoch = 1},
                                          .catalogue = lund.catalogue,
                                          .credit_bytes = CREDIT_BYTES,
                                          .now_ms = NOW_MS};
    CHECK(session_create(&config, &session) == ROND_OK);
}

// What the session wants done: submissions are gathered in order, questions are answered with nothing new.
static void actions_take(struct submission **last) {
    struct session_action action;
    for (session_next_action(session, &action); action.kind != SESSION_NOTHING; session_next_action(session, &action)) {
        CHECK(action.kind != SESSION_CLOSE);
        if (action.kind == SESSION_READ)
            CHECK(session_downstream(session, NULL, NULL) == ROND_OK);
        if (action.kind != SESSION_SUBMIT)
            continue;
        while (*last != NULL)
            last = &(*last)->next;
        *last = action.submission;
    }
}

static void group_take_in(const struct buffer *frames, size_t count) {
    struct submission *group = NULL, *none = NULL;
    struct catalogue *changed = NULL;
    for (size_t i = 0; i < count; i++) {
        CHECK(session_receive(session, NOW_MS, 0, buffer_bytes(&frames[i])) == ROND_OK);
        actions_take(&group);
    }
    committer_run(lund.store, group, lund.catalogue, &census, &changed);
    while (group != NULL) {
        struct submission *next = group->next;
        CHECK(group->err == ROND_OK && session_result(session, NOW_MS, group) == ROND_OK);
        submission_destroy(group);
        actions_take(&none);
        group = next;
    }
    CHECK(none == NULL && changed == NULL);
}

__attribute__((noinline)) void measured_ingest(const struct buffer *frames);
void measured_ingest(const struct buffer *frames) {
    for (size_t i = 0; i < BATCHES; i += GROUP_BATCHES)
        group_take_in(&frames[i], GROUP_BATCHES);
}

static void ingest(void) {
    static struct buffer frames[BATCHES];
    const struct hash256 seed = {{0x5e, 0xed}};
    struct buffer hello;
    struct chain chain;
    lund_open(&lund);
    session_begin();
    chain_init(&chain, &seed);
    for (size_t i = 0; i < BATCHES; i++)
        batch_make(&chain, &seed, i, &frames[i]);
    hello_make(&hello);
    group_take_in(&hello, 1);
    measured_ingest(frames);
    CHECK(census.reports_applied == BATCHES * BATCH_REPORTS && census.reports_quarantined == 0);
    session_destroy(session);
    for (size_t i = 0; i < BATCHES; i++)
        buffer_deinit(&frames[i]);
    buffer_deinit(&hello);
    lund_close(&lund);
}

// ---- Queueing ----

__attribute__((noinline)) void measured_queueing(rond *client);
void measured_queueing(rond *client) {
    for (unsigned i = 0; i < QUEUED; i++) {
        const rond_activity check = {.struct_size = sizeof check,
                                     .kind = ROND_CHECK,
                                     .place = "stortorget",
                                     .role = "police_officer",
                                     .text = "Cyklister utan lyse vid torget",
                                     .check_form = ROND_TARGETED,
                                     .of = "cyclist_behaviour",
                                     .checked = 20 + i % 100,
                                     .remarked = 3};
        CHECK(rond_report(client, &check, NULL, NULL) == ROND_OK);
    }
}

static void queueing(void) {
    static struct handheld handheld;
    handheld_open(&handheld);
    handheld_enrol(&handheld, "police_officer", 1);
    measured_queueing(handheld.rond);
    handheld_close(&handheld);
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "ingest") == 0) {
        ingest();
    } else if (argc == 2 && strcmp(argv[1], "queueing") == 0) {
        queueing();
    } else {
        fputs("usage: budget ingest|queueing\n", stderr);
        return 2;
    }
    return 0;
}
