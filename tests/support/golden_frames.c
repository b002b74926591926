#include "support/golden_frames.h"

#include <stdio.h>
#include <string.h>

#include "support/report_samples.h"
#include "wire/codes.h"
#include "wire/limits.h"

enum { SERVER_MS_PER_S = 1000, STORY_END_S = SAMPLE_START_S + 86400 };
#define STORY_END_MS ((int64_t)STORY_END_S * SERVER_MS_PER_S)

struct maker {
    struct arena *arena;
    const struct sign_key *key;
    golden_read *read;
    void *context;
    struct golden *golden;
    struct id128 device;
    struct id128 outbox;
    struct id128 old_outbox;
    struct id128 store;
    struct record records[GOLDEN_REPORTS];
    size_t frames;
};

static void *need(void *memory) {
    CHECK(memory != NULL);
    return memory;
}
#define MESSAGE(maker, type, variable, init)                                                                                \
    type *variable = need(arena_alloc((maker)->arena, sizeof *variable));                                                   \
    init(variable)

static ProtobufCBinaryData binary(struct maker *maker, const void *data, size_t size) {
    struct bytes copy;
    CHECK(arena_copy(maker->arena, bytes_of(data, size), &copy));
    return (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)copy.data, .len = copy.size};
}
static ProtobufCBinaryData binary_id(struct maker *maker, const struct id128 *id) {
    return binary(maker, id->b, ID_SIZE);
}
static ProtobufCBinaryData binary_hash(struct maker *maker, const struct hash256 *hash) {
    return binary(maker, hash->b, HASH_SIZE);
}
static char *text(struct maker *maker, const char *from) {
    return need(arena_text(maker->arena, from));
}

// --- Fixtures ---

enum rond_err golden_read_file(void *directory, struct arena *arena, const char *name, struct bytes *ret_bytes) {
    char *path = need(arena_printf(arena, "%s/%s.hex", (const char *)directory, name));
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return ROND_ENOTFOUND;
    char *digits = need(arena_alloc(arena, 2 * FRAME_BYTES_MAX + 2));
    bool read = fgets(digits, 2 * FRAME_BYTES_MAX + 2, file) != NULL;
    (void)fclose(file);
    size_t size = read ? strcspn(digits, "\n") / 2 : 0;
    digits[2 * size] = '\0';
    uint8_t *data = need(arena_alloc(arena, size + 1));
    if (!read || !hex_decode(digits, data, size))
        return ROND_ECORRUPT;
    *ret_bytes = bytes_of(data, size);
    return ROND_OK;
}

static Rond__V1__Frame *fixture(struct maker *maker, const char *name, Rond__V1__Frame__KindCase kind) {
    struct bytes bytes;
    Rond__V1__Frame *frame;
    if (maker->read(maker->context, maker->arena, name, &bytes) != ROND_OK ||
        codec_frame_decode(maker->arena, bytes, &frame, NULL) != ROND_OK || frame->kind_case != kind)
        return NULL;
    return frame;
}

static ProtobufCBinaryData sign(struct maker *maker, const struct statement *statement, const ProtobufCBinaryData *known) {
    uint8_t *spki;
    size_t size;
    struct verify_key *verifier;
    struct signature signature;
    CHECK(sign_key_spki(maker->key, &spki, &size) == ROND_OK);
    CHECK(verify_key_create(bytes_of(spki, size), &verifier) == ROND_OK);
    bool stands = known && signature_verify(verifier, statement, bytes_of(known->data, known->len)) == ROND_OK;
    free(spki);
    verify_key_destroy(verifier);
    if (stands)
        return binary(maker, known->data, known->len);
    CHECK(signature_make(maker->key, statement, &signature) == ROND_OK);
    return binary(maker, signature.b, SIGNATURE_SIZE);
}

static void add_frame(struct maker *maker, const char *name, const char *about, const Rond__V1__Frame *frame) {
    struct buffer buffer;
    CHECK(maker->frames < GOLDEN_FRAMES);
    struct golden_item *item = &maker->golden->frames[maker->frames++];
    *item = (struct golden_item){.name = name, .about = about};
    buffer_init(&buffer, FRAME_BYTES_MAX);
    CHECK(codec_frame_encode(frame, &buffer) == ROND_OK);
    CHECK(arena_copy(maker->arena, buffer_bytes(&buffer), &item->bytes));
    buffer_deinit(&buffer);
}
#define FRAME(member, CASE, message)                                                                                        \
    &(Rond__V1__Frame) {                                                                                                    \
        PROTOBUF_C_MESSAGE_INIT(&rond__v1__frame__descriptor), ROND__V1__FRAME__KIND_##CASE, { .member = message }          \
    }

// --- Reports and chain ---

static void add_report(struct maker *maker, size_t index, const char *name, const char *about, const Rond__V1__Report *report) {
    maker->records[index] = record_of_report(maker->arena, report);
    maker->golden->reports[index] = (struct golden_item){.name = name, .about = about, .bytes = maker->records[index].report};
}

static void make_reports(struct maker *maker) {
    static const char *const names[] = {"report_check",   "report_handout",   "report_patrol",    "report_walk",
                                        "report_meeting", "report_inventory", "report_initiative"};
    static const char *const about[] = {"Report 1: a check",   "Report 2: a campaign handout", "Report 3: a visible patrol",
                                        "Report 4: a safety walk", "Report 5: a meeting",      "Report 6: an inventory",
                                        "Report 7: an initiative"};
    struct arena *arena = maker->arena;
    for (size_t i = 0; i < ARRAY_COUNT(names); i++)
        add_report(maker, i, names[i], about[i], sample_report(arena, (Rond__V1__Kind)(ROND__V1__KIND__KIND_CHECK + i), 0));
    Rond__V1__Report *correction = sample_report(arena, ROND__V1__KIND__KIND_CHECK, 1);
    correction->corrects = sample_identity(arena, &maker->device, &maker->outbox, 1);
    correction->text = text(maker, "Två kontroller till");
    add_report(maker, 7, "report_correction", "Report 8: stands in the place of report 1", correction);
    add_report(maker, 8, "report_withdrawal", "Report 9: takes report 2 back",
               sample_withdrawal(arena, &maker->device, &maker->outbox, 2));
    Rond__V1__Report *placed = sample_report(arena, ROND__V1__KIND__KIND_CHECK, 2);
    MESSAGE(maker, Rond__V1__Position, position, rond__v1__position__init);
    position->latitude_e6 = 55708060;
    position->longitude_e6 = 13187370;
    position->accuracy_m = 12;
    placed->position = position;
    placed->commitment = text(maker, "lund-2015-traffic/cyclist-checks");
    placed->activity = text(maker, "host-7");
    add_report(maker, 9, "report_position", "Report 15: a check with position, commitment and activity, queued before", placed);
    maker->records[9].has_formerly = true;
    maker->records[9].formerly_outbox = maker->old_outbox;
    maker->records[9].formerly_seq = 7;
}

// Answers where the chain stands after the first nine, after the loss, and after the last.
static void make_chain(struct maker *maker, struct chain after[3]) {
    struct hash256 seed = golden_hash(GOLDEN_SEED);
    struct hash256 ratchet = golden_hash(0x80);
    struct chain chain;
    chain_init(&chain, &seed);
    for (size_t i = 0; i <= GOLDEN_REPORTS; i++) {
        struct golden_link *link = &maker->golden->links[i];
        *link = (struct golden_link){.lost = i == GOLDEN_REPORTS - 1};
        if (link->lost) {
            chain_lose(&chain, GOLDEN_LOST_LAST, ROND__V1__LOST_REASON__LOST_REASON_UNREADABLE, &ratchet);
        } else {
            chain_append(&chain, &maker->records[i < GOLDEN_REPORTS ? i : GOLDEN_REPORTS - 1], &link->salt, &link->leaf);
        }
        link->seq = chain.seq;
        link->head = chain.head;
        if (i >= GOLDEN_REPORTS - 2)
            after[i - (GOLDEN_REPORTS - 2)] = chain;
    }
}

// --- The device's frames ---

static Rond__V1__Hello *hello_make(struct maker *maker, uint64_t watermark, const struct hash256 *head) {
    MESSAGE(maker, Rond__V1__Hello, hello, rond__v1__hello__init);
    hello->protocol = PROTOCOL_VERSION;
    hello->device = binary_id(maker, &maker->device);
    hello->outbox = binary_id(maker, &maker->outbox);
    hello->watermark = watermark;
    hello->head = binary_hash(maker, head);
    hello->last_seq = GOLDEN_LOST_LAST + 1;
    hello->wall_ms = STORY_END_MS;
    hello->boot_id = UINT64_C(0x1122334455667788);
    hello->monotonic_ms = 7200000;
    hello->client = text(maker, "golden 1");
    if (watermark > 0) {
        hello->store_id = binary_id(maker, &maker->store);
        hello->epoch = 1;
        hello->reference_cursor = 9;
        hello->feedback_cursor = 3;
    }
    return hello;
}

static void make_hello(struct maker *maker, const char *name, const char *about, uint64_t watermark, const struct hash256 *head) {
    Rond__V1__Hello *hello = hello_make(maker, watermark, head);
    add_frame(maker, name, about, FRAME(hello, HELLO, hello));
}

static void make_hello_summary(struct maker *maker, const struct chain *after) {
    Rond__V1__Hello *hello = hello_make(maker, after->seq, &after->head);
    hello->summary_week = text(maker, "2015-W19");
    hello->standings_stamp = 0x57a2d;
    add_frame(maker, "hello_summary", "Hello: the same, with the weekly summary of 2015-W19 and standings there",
              FRAME(hello, HELLO, hello));
}

// Records as they are, so that the bytes do not hang on a release of zstd.
static void records_plain(struct maker *maker, const struct record *records, size_t count, Rond__V1__Batch *batch) {
    MESSAGE(maker, Rond__V1__Records, plain, rond__v1__records__init);
    plain->reports = need(arena_array(maker->arena, count, sizeof *plain->reports));
    plain->formerly = need(arena_array(maker->arena, count, sizeof *plain->formerly));
    for (size_t i = 0; i < count; i++) {
        plain->reports[plain->n_reports++] = binary(maker, records[i].report.data, records[i].report.size);
        if (!records[i].has_formerly)
            continue;
        MESSAGE(maker, Rond__V1__Formerly, formerly, rond__v1__formerly__init);
        formerly->index = (uint32_t)i;
        formerly->outbox = binary_id(maker, &records[i].formerly_outbox);
        formerly->seq = records[i].formerly_seq;
        plain->formerly[plain->n_formerly++] = formerly;
    }
    size_t size = rond__v1__records__get_packed_size(plain);
    uint8_t *packed = need(arena_alloc(maker->arena, size));
    rond__v1__records__pack(plain, packed);
    batch->count = (uint32_t)count;
    batch->records_size = (uint32_t)size;
    batch->records = (ProtobufCBinaryData){.data = packed, .len = size};
}

// Compressed bytes of the fixture stand where they hold the very records.
static void records_zstd(struct maker *maker, const Rond__V1__Batch *known, Rond__V1__Batch *batch) {
    struct record *records;
    size_t count = 0;
    bool stands = known && known->encoding == ROND__V1__ENCODING__ENCODING_ZSTD &&
                  codec_records_decode(maker->arena, known, &records, &count, NULL) == ROND_OK && count == GOLDEN_REPORTS - 1;
    for (size_t i = 0; stands && i < count; i++)
        stands = bytes_equal(records[i].report, maker->records[i].report);
    if (stands) {
        batch->count = known->count;
        batch->encoding = known->encoding;
        batch->records_size = known->records_size;
        batch->records = binary(maker, known->records.data, known->records.len);
        return;
    }
    struct buffer scratch;
    buffer_init(&scratch, 2 * BATCH_RECORDS_BYTES_MAX);
    CHECK(codec_records_encode(maker->records, GOLDEN_REPORTS - 1, 0, &scratch, batch) == ROND_OK);
    CHECK(batch->encoding == ROND__V1__ENCODING__ENCODING_ZSTD);
    batch->records = binary(maker, batch->records.data, batch->records.len);
    buffer_deinit(&scratch);
}

static void make_batch(struct maker *maker, const char *name, const char *about, uint64_t first, const struct chain *after,
                       bool compressed) {
    MESSAGE(maker, Rond__V1__Batch, batch, rond__v1__batch__init);
    Rond__V1__Frame *known = fixture(maker, name, ROND__V1__FRAME__KIND_BATCH);
    if (compressed) {
        records_zstd(maker, known ? known->batch : NULL, batch);
    } else {
        bool one = first > 1;
        records_plain(maker, one ? &maker->records[GOLDEN_REPORTS - 1] : maker->records, one ? 1 : GOLDEN_REPORTS - 1, batch);
    }
    struct statement statement;
    statement_batch(&statement, &maker->device, &maker->outbox, first, after->seq, &after->head);
    batch->first_seq = first;
    batch->head = binary_hash(maker, &after->head);
    batch->signature = sign(maker, &statement, known ? &known->batch->signature : NULL);
    struct hash256 seed = golden_hash(GOLDEN_SEED);
    if (first == 1)
        batch->chain_seed = binary_hash(maker, &seed);
    add_frame(maker, name, about, FRAME(batch, BATCH, batch));
}

static void make_lost(struct maker *maker, const struct chain *after) {
    MESSAGE(maker, Rond__V1__Lost, lost, rond__v1__lost__init);
    Rond__V1__Frame *known = fixture(maker, "lost", ROND__V1__FRAME__KIND_LOST);
    struct statement statement;
    lost->first_seq = GOLDEN_REPORTS;
    lost->last_seq = GOLDEN_LOST_LAST;
    lost->reason = ROND__V1__LOST_REASON__LOST_REASON_UNREADABLE;
    lost->ratchet = binary_hash(maker, &after->ratchet);
    lost->head = binary_hash(maker, &after->head);
    statement_lost(&statement, &maker->device, &maker->outbox, lost->first_seq, lost->last_seq, &after->head);
    lost->signature = sign(maker, &statement, known ? &known->lost->signature : NULL);
    add_frame(maker, "lost", "Lost: reports 10 to 14 cannot be read any more", FRAME(lost, LOST, lost));
}

static void make_received(struct maker *maker) {
    MESSAGE(maker, Rond__V1__Received, received, rond__v1__received__init);
    received->reference_cursor = 9;
    received->feedback_cursor = 3;
    add_frame(maker, "received", "Received: reference data and feedback are on disk", FRAME(received, RECEIVED, received));
}

// --- The server's frames ---

static void make_welcome(struct maker *maker, const struct hash256 *zero) {
    MESSAGE(maker, Rond__V1__Welcome, welcome, rond__v1__welcome__init);
    welcome->protocol = PROTOCOL_VERSION;
    welcome->store_id = binary_id(maker, &maker->store);
    welcome->epoch = 1;
    welcome->outbox = binary_id(maker, &maker->outbox);
    welcome->head = binary_hash(maker, zero);
    welcome->server_ms = STORY_END_MS;
    welcome->credit_bytes = CREDIT_BYTES;
    welcome->batch_bytes_max = BATCH_BYTES_MAX;
    welcome->reference_cursor = 9;
    add_frame(maker, "welcome", "Welcome: an outbox that the server does not have yet", FRAME(welcome, WELCOME, welcome));
}

static void make_verdicts(struct maker *maker, const struct chain *after) {
    MESSAGE(maker, Rond__V1__Verdicts, verdicts, rond__v1__verdicts__init);
    MESSAGE(maker, Rond__V1__Exception, exception, rond__v1__exception__init);
    exception->seq = 3;
    exception->verdict = ROND__V1__VERDICT__VERDICT_QUARANTINED;
    exception->code = CODE_PLACE_UNKNOWN;
    exception->reason = text(maker, wire_code_sentence(CODE_PLACE_UNKNOWN));
    exception->field = text(maker, "place");
    verdicts->watermark = after->seq;
    verdicts->head = binary_hash(maker, &after->head);
    verdicts->exceptions = need(arena_array(maker->arena, 1, sizeof *verdicts->exceptions));
    verdicts->exceptions[verdicts->n_exceptions++] = exception;
    verdicts->credit_bytes = CREDIT_BYTES;
    verdicts->server_ms = STORY_END_MS + 40;
    add_frame(maker, "verdicts", "Verdicts: 1 to 9 are durable, 3 is quarantined", FRAME(verdicts, VERDICTS, verdicts));
}

static void make_expected(struct maker *maker, const struct chain *after) {
    MESSAGE(maker, Rond__V1__Expected, expected, rond__v1__expected__init);
    expected->seq = after->seq + 1;
    expected->head = binary_hash(maker, &after->head);
    add_frame(maker, "expected", "Expected: go on at 10", FRAME(expected, EXPECTED, expected));
}

static void make_forked(struct maker *maker) {
    MESSAGE(maker, Rond__V1__Forked, forked, rond__v1__forked__init);
    forked->outbox = binary_id(maker, &maker->old_outbox);
    forked->seq = 7;
    forked->reason = text(maker, "Another report has this number.");
    add_frame(maker, "forked", "Forked: the old outbox differs from seq 7 on", FRAME(forked, FORKED, forked));
}

static void make_refusal(struct maker *maker) {
    MESSAGE(maker, Rond__V1__Refusal, refusal, rond__v1__refusal__init);
    refusal->code = CODE_DRAINING;
    refusal->sentence = text(maker, wire_code_sentence(CODE_DRAINING));
    refusal->retry = true;
    refusal->retry_after_ms = 2000;
    add_frame(maker, "refusal", "Refusal: the server is being restarted", FRAME(refusal, REFUSAL, refusal));
}

static void make_reference(struct maker *maker) {
    MESSAGE(maker, Rond__V1__Reference, reference, rond__v1__reference__init);
    reference->cursor = 9;
    reference->entries = need(arena_array(maker->arena, 2, sizeof *reference->entries));
    for (unsigned i = 0; i < 2; i++) {
        MESSAGE(maker, Rond__V1__ReferenceEntry, entry, rond__v1__reference_entry__init);
        MESSAGE(maker, Rond__V1__Place, place, rond__v1__place__init);
        entry->revision = 8 + i;
        entry->id = text(maker, i == 0 ? "lund-c-stationen" : "stora-torget");
        entry->removed = i == 1;
        entry->body_case = ROND__V1__REFERENCE_ENTRY__BODY_PLACE;
        entry->place = place;
        reference->entries[reference->n_entries++] = entry;
        if (entry->removed)
            continue;
        place->id = entry->id;
        place->name = text(maker, "Lund C, stationen");
        place->area = text(maker, "lund");
        place->latitude_e6 = 55708060;
        place->longitude_e6 = 13187370;
        place->radius_m = 150;
    }
    add_frame(maker, "reference", "Reference: a place, and a tombstone of another", FRAME(reference, REFERENCE, reference));
}

static void make_reference_activity(struct maker *maker) {
    MESSAGE(maker, Rond__V1__Reference, reference, rond__v1__reference__init);
    MESSAGE(maker, Rond__V1__ReferenceEntry, entry, rond__v1__reference_entry__init);
    MESSAGE(maker, Rond__V1__Activity, activity, rond__v1__activity__init);
    activity->id = entry->id = text(maker, "P-7QK2M");
    activity->area = text(maker, "lund");
    activity->kind = ROND__V1__KIND__KIND_CHECK;
    activity->title = text(maker, "Taxikontroll vid Lund C");
    activity->place = text(maker, "lund-c-stationen");
    activity->from_s = SAMPLE_START_S;
    activity->to_s = SAMPLE_START_S + 3 * 3600;
    activity->organisations = need(arena_array(maker->arena, 2, sizeof *activity->organisations));
    activity->organisations[activity->n_organisations++] = text(maker, "polisen");
    activity->organisations[activity->n_organisations++] = text(maker, "skatteverket");
    activity->commitment = text(maker, "lund-2015-trafik/taxi");
    activity->of = text(maker, "taxi");
    entry->revision = 12;
    entry->body_case = ROND__V1__REFERENCE_ENTRY__BODY_ACTIVITY;
    entry->activity = activity;
    reference->cursor = 14; // two more, which are for other organisations
    reference->entries = need(arena_array(maker->arena, 1, sizeof *reference->entries));
    reference->entries[reference->n_entries++] = entry;
    add_frame(maker, "reference_activity", "Reference: a planned joint activity, and a cursor that passes what is for others",
              FRAME(reference, REFERENCE, reference));
}

static void make_feedback(struct maker *maker) {
    MESSAGE(maker, Rond__V1__Feedback, feedback, rond__v1__feedback__init);
    MESSAGE(maker, Rond__V1__Outcome, outcome, rond__v1__outcome__init);
    MESSAGE(maker, Rond__V1__Toward, toward, rond__v1__toward__init);
    MESSAGE(maker, Rond__V1__Standing, standing, rond__v1__standing__init);
    toward->commitment = text(maker, "lund-2015-traffic/cyclist-checks");
    toward->counted = true;
    outcome->outbox = binary_id(maker, &maker->outbox);
    outcome->seq = 8;
    outcome->state = ROND__V1__OUTCOME_STATE__OUTCOME_STATE_COUNTED;
    outcome->toward = need(arena_array(maker->arena, 1, sizeof *outcome->toward));
    outcome->toward[outcome->n_toward++] = toward;
    standing->commitment = toward->commitment;
    standing->done = 4;
    standing->target = 10;
    standing->summary_sv = text(maker, "4 av 10");
    standing->summary_en = text(maker, "4 of 10");
    feedback->cursor = 3;
    feedback->outcomes = need(arena_array(maker->arena, 1, sizeof *feedback->outcomes));
    feedback->outcomes[feedback->n_outcomes++] = outcome;
    feedback->standings = need(arena_array(maker->arena, 1, sizeof *feedback->standings));
    feedback->standings[feedback->n_standings++] = standing;
    add_frame(maker, "feedback", "Feedback: report 8 counts, the promise stands at 4 of 10", FRAME(feedback, FEEDBACK, feedback));
}

static Rond__V1__OpenAction *action_make(struct maker *maker) {
    MESSAGE(maker, Rond__V1__OpenAction, action, rond__v1__open_action__init);
    MESSAGE(maker, Rond__V1__Identity, walk, rond__v1__identity__init);
    walk->device = binary_id(maker, &maker->store); // of another device
    walk->outbox = binary_id(maker, &maker->old_outbox);
    walk->seq = 4;
    action->report = walk;
    action->finding = text(maker, "2");
    action->commitment = text(maker, "lund-2015-station/atgarder");
    action->place = text(maker, "bangatan");
    action->place_text = text(maker, "gångtunneln");
    action->cause = text(maker, "Trasig belysning");
    action->responsible = text(maker, "jernhusen");
    action->promised_action = text(maker, "Ny belysning");
    action->due = text(maker, "2015-09-30");
    action->found_s = SAMPLE_START_S;
    return action;
}

static Rond__V1__WeeklySummary *summary_make(struct maker *maker) {
    MESSAGE(maker, Rond__V1__WeeklySummary, summary, rond__v1__weekly_summary__init);
    summary->week = text(maker, "2015-W19");
    summary->organisation = text(maker, "polisen");
    summary->lines_sv = need(arena_array(maker->arena, 1, sizeof(char *)));
    summary->lines_en = need(arena_array(maker->arena, 1, sizeof(char *)));
    summary->lines_sv[summary->n_lines_sv++] = text(maker, "4 av era 5 rapporter från vecka 2015-W19 räknas.");
    summary->lines_en[summary->n_lines_en++] = text(maker, "4 of your 5 reports of week 2015-W19 count.");
    return summary;
}

static void make_feedback_actions(struct maker *maker) {
    MESSAGE(maker, Rond__V1__Feedback, feedback, rond__v1__feedback__init);
    MESSAGE(maker, Rond__V1__Outcome, outcome, rond__v1__outcome__init);
    MESSAGE(maker, Rond__V1__Standing, standing, rond__v1__standing__init);
    outcome->outbox = binary_id(maker, &maker->outbox);
    outcome->seq = 3;
    outcome->state = ROND__V1__OUTCOME_STATE__OUTCOME_STATE_QUARANTINED;
    outcome->reason = text(maker, "The place is not known in this area.");
    outcome->reason_sv = text(maker, "Platsen är inte känd i området.");
    standing->commitment = text(maker, "lund-2015-station/atgarder");
    standing->done = 1;
    standing->target = 2;
    standing->status = text(maker, "unknown");
    standing->promise_version = 2;
    standing->status_by_reports = text(maker, "behind");
    standing->silent_devices = 3;
    standing->silent_since_s = 1430982000;
    feedback->cursor = 4;
    feedback->outcomes = need(arena_array(maker->arena, 1, sizeof *feedback->outcomes));
    feedback->outcomes[feedback->n_outcomes++] = outcome;
    feedback->standings = need(arena_array(maker->arena, 1, sizeof *feedback->standings));
    feedback->standings[feedback->n_standings++] = standing;
    feedback->actions_stamp = 0x5eed;
    feedback->standings_stamp = 0x57a2d;
    feedback->actions = need(arena_array(maker->arena, 1, sizeof *feedback->actions));
    feedback->actions[feedback->n_actions++] = action_make(maker);
    feedback->summary = summary_make(maker);
    add_frame(maker, "feedback_actions", "Feedback: a standing that is not known, an open unsafe place, the summary of a week, a reason in both languages",
              FRAME(feedback, FEEDBACK, feedback));
}

void golden_make(struct arena *arena, const struct sign_key *key, golden_read *read, void *context, struct golden *ret_golden) {
    struct maker maker = {.arena = arena, .key = key, .read = read, .context = context, .golden = ret_golden};
    struct hash256 zero = {{0}};
    struct chain after[3];
    maker.device = golden_id(GOLDEN_DEVICE);
    maker.outbox = golden_id(GOLDEN_OUTBOX);
    maker.old_outbox = golden_id(GOLDEN_OLD_OUTBOX);
    maker.store = golden_id(GOLDEN_NONCE);
    make_reports(&maker);
    make_chain(&maker, after);
    make_hello(&maker, "hello", "Hello: nothing acknowledged, 15 queued", 0, &zero);
    make_welcome(&maker, &zero);
    make_batch(&maker, "batch", "Batch: reports 1 to 9, not compressed, with the chain's seed", 1, &after[0], false);
    make_batch(&maker, "batch_zstd", "Batch: the same, compressed", 1, &after[0], true);
    make_verdicts(&maker, &after[0]);
    make_expected(&maker, &after[0]);
    make_lost(&maker, &after[1]);
    make_batch(&maker, "batch_formerly", "Batch: report 15, queued before as seq 7 of another outbox", GOLDEN_LOST_LAST + 1,
               &after[2], false);
    make_hello(&maker, "hello_again", "Hello: all 15 acknowledged, store, epoch and cursors known", after[2].seq, &after[2].head);
    make_hello_summary(&maker, &after[2]);
    make_forked(&maker);
    make_refusal(&maker);
    make_reference(&maker);
    make_reference_activity(&maker);
    make_feedback(&maker);
    make_feedback_actions(&maker);
    make_received(&maker);
    CHECK(maker.frames == GOLDEN_FRAMES);
}
