// The bytes in tests/fixtures/frames are the protocol: what is there is read today, and made again today.
#include "support/golden_frames.h"

#include <stdio.h>
#include <string.h>

#include "wire/limits.h"

#define DIRECTORY "tests/fixtures/frames"

struct state {
    struct arena arena;
    struct sign_key *key;
    struct verify_key *verifier;
    struct golden golden;
};

static struct bytes fixture(struct state *state, const char *name) {
    char directory[] = DIRECTORY;
    struct bytes bytes;
    assert_ok(golden_read_file(directory, &state->arena, name, &bytes));
    return bytes;
}

static int setup(void **ret_state) {
    char directory[] = DIRECTORY;
    struct state *state = calloc(1, sizeof *state);
    arena_init(&state->arena, 64 * 1024 * 1024);
    assert_ok(sign_key_from_der(fixture(state, "device_key"), &state->key));
    assert_ok(verify_key_create(fixture(state, "device_public_key"), &state->verifier));
    golden_make(&state->arena, state->key, golden_read_file, directory, &state->golden);
    *ret_state = state;
    return 0;
}

static int teardown(void **ret_state) {
    struct state *state = *ret_state;
    sign_key_destroy(state->key);
    verify_key_destroy(state->verifier);
    arena_deinit(&state->arena);
    free(state);
    return 0;
}

static Rond__V1__Frame *decoded(struct state *state, const char *name) {
    Rond__V1__Frame *frame;
    assert_ok(codec_frame_decode(&state->arena, fixture(state, name), &frame, NULL));
    return frame;
}

static void every_frame_is_made_again_to_the_same_bytes(void **ret_state) {
    struct state *state = *ret_state;
    bool seen[ROND__V1__FRAME__KIND_RECEIVED + 1] = {false};
    for (size_t i = 0; i < GOLDEN_FRAMES; i++) {
        const struct golden_item *item = &state->golden.frames[i];
        struct bytes bytes = fixture(state, item->name);
        assert_int_equal(item->bytes.size, bytes.size);
        assert_memory_equal(item->bytes.data, bytes.data, bytes.size);
        Rond__V1__Frame *frame = decoded(state, item->name);
        seen[frame->kind_case] = true;
        struct buffer again;
        buffer_init(&again, FRAME_BYTES_MAX);
        assert_ok(codec_frame_encode(frame, &again));
        assert_true(bytes_equal(buffer_bytes(&again), bytes));
        buffer_deinit(&again);
    }
    for (int kind = ROND__V1__FRAME__KIND_HELLO; kind <= ROND__V1__FRAME__KIND_RECEIVED; kind++)
        assert_true(seen[kind]);
}

static void every_report_is_made_again_to_the_same_bytes(void **ret_state) {
    struct state *state = *ret_state;
    for (size_t i = 0; i < GOLDEN_REPORTS; i++) {
        const struct golden_item *item = &state->golden.reports[i];
        struct bytes bytes = fixture(state, item->name);
        assert_int_equal(item->bytes.size, bytes.size);
        assert_memory_equal(item->bytes.data, bytes.data, bytes.size);
        Rond__V1__Report *report;
        struct buffer again;
        assert_ok(codec_report_decode(&state->arena, bytes, &report, NULL));
        buffer_init(&again, REPORT_BYTES_MAX);
        assert_ok(codec_report_encode(report, &again));
        assert_true(bytes_equal(buffer_bytes(&again), bytes));
        buffer_deinit(&again);
    }
}

static void fields_read_what_was_meant(void **ret_state) {
    struct state *state = *ret_state;
    Rond__V1__Report *report;
    assert_ok(codec_report_decode(&state->arena, fixture(state, "report_patrol"), &report, NULL));
    assert_int_equal(report_kind(report), ROND__V1__KIND__KIND_VISIBLE_PATROL);
    assert_string_equal(report->place, "lund-c-stationen");
    assert_int_equal(report->occurred_to_s - report->occurred_from_s, 3600);
    assert_ok(codec_report_decode(&state->arena, fixture(state, "report_withdrawal"), &report, NULL));
    assert_int_equal(report->withdrawal->target->seq, 2);
    assert_int_equal(decoded(state, "hello")->hello->last_seq, 15);
    assert_int_equal(decoded(state, "hello_again")->hello->watermark, 15);
    assert_int_equal(decoded(state, "welcome")->welcome->epoch, 1);
    assert_int_equal(decoded(state, "verdicts")->verdicts->exceptions[0]->code, 405);
    assert_int_equal(decoded(state, "expected")->expected->seq, 10);
    assert_int_equal(decoded(state, "forked")->forked->seq, 7);
    assert_int_equal(decoded(state, "refusal")->refusal->code, 303);
    assert_true(decoded(state, "reference")->reference->entries[1]->removed);
    const Rond__V1__Reference *planned = decoded(state, "reference_activity")->reference;
    assert_string_equal(planned->entries[0]->activity->id, "P-7QK2M");
    assert_true(planned->cursor > planned->entries[0]->revision);
    assert_int_equal(decoded(state, "feedback")->feedback->standings[0]->done, 4);
    assert_int_equal(decoded(state, "received")->received->reference_cursor, 9);
}

// Every line of chain.txt, from the fixtures alone.
static void salts_leaves_and_heads_follow_from_the_reports(void **ret_state) {
    struct state *state = *ret_state;
    FILE *file = fopen(DIRECTORY "/chain.txt", "r");
    assert_non_null(file);
    char line[512];
    size_t links = 0;
    while (fgets(line, sizeof line, file)) {
        unsigned seq;
        char salt[2 * SALT_SIZE + 2], leaf[2 * HASH_SIZE + 2], head[2 * HASH_SIZE + 2];
        if (line[0] == '#')
            continue;
        assert_int_equal(sscanf(line, "%u %33s %65s %65s", &seq, salt, leaf, head), 4);
        const struct golden_link *link = &state->golden.links[links++];
        assert_int_equal(seq, link->seq);
        assert_hex(bytes_of(link->head.b, HASH_SIZE), head);
        if (link->lost)
            continue;
        assert_hex(bytes_of(link->salt.b, SALT_SIZE), salt);
        assert_hex(bytes_of(link->leaf.b, HASH_SIZE), leaf);
    }
    (void)fclose(file);
    assert_int_equal(links, GOLDEN_REPORTS + 1);
}

static void assert_batch(struct state *state, const char *name, size_t report, uint64_t first, size_t count) {
    struct id128 device = golden_id(GOLDEN_DEVICE), outbox = golden_id(GOLDEN_OUTBOX);
    Rond__V1__Batch *batch = decoded(state, name)->batch;
    struct record *records;
    struct statement statement;
    struct hash256 head;
    size_t decoded_count;
    assert_ok(codec_records_decode(&state->arena, batch, &records, &decoded_count, NULL));
    assert_int_equal(decoded_count, count);
    assert_int_equal(batch->first_seq, first);
    for (size_t i = 0; i < count; i++)
        assert_true(bytes_equal(records[i].report, fixture(state, state->golden.reports[report + i].name)));
    assert_int_equal(records[0].has_formerly, first > 1);
    assert_true(hash256_from_bytes(bytes_of(batch->head.data, batch->head.len), &head));
    assert_true(hash256_equal(&head, &state->golden.links[first == 1 ? count - 1 : GOLDEN_REPORTS].head));
    statement_batch(&statement, &device, &outbox, first, first + count - 1, &head);
    assert_ok(signature_verify(state->verifier, &statement, bytes_of(batch->signature.data, batch->signature.len)));
}

static void batches_hold_the_reports_and_are_signed_over_the_head(void **ret_state) {
    struct state *state = *ret_state;
    assert_batch(state, "batch", 0, 1, GOLDEN_REPORTS - 1);
    assert_batch(state, "batch_zstd", 0, 1, GOLDEN_REPORTS - 1);
    assert_batch(state, "batch_formerly", GOLDEN_REPORTS - 1, GOLDEN_LOST_LAST + 1, 1);
}

static void a_declaration_of_loss_is_signed_over_the_head_behind_it(void **ret_state) {
    struct state *state = *ret_state;
    struct id128 device = golden_id(GOLDEN_DEVICE), outbox = golden_id(GOLDEN_OUTBOX);
    Rond__V1__Lost *lost = decoded(state, "lost")->lost;
    struct statement statement;
    struct hash256 head;
    assert_true(hash256_from_bytes(bytes_of(lost->head.data, lost->head.len), &head));
    assert_true(hash256_equal(&head, &state->golden.links[GOLDEN_REPORTS - 1].head));
    statement_lost(&statement, &device, &outbox, lost->first_seq, lost->last_seq, &head);
    assert_ok(signature_verify(state->verifier, &statement, bytes_of(lost->signature.data, lost->signature.len)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_frame_is_made_again_to_the_same_bytes),
        cmocka_unit_test(every_report_is_made_again_to_the_same_bytes),
        cmocka_unit_test(fields_read_what_was_meant),
        cmocka_unit_test(salts_leaves_and_heads_follow_from_the_reports),
        cmocka_unit_test(batches_hold_the_reports_and_are_signed_over_the_head),
        cmocka_unit_test(a_declaration_of_loss_is_signed_over_the_head_behind_it),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
