// This version's SDK with the server of an earlier one: the whole client on a handheld's files as that version left them,
// full queue and all, against the very frames that its server answered then. Only the socket is played.
#include <string.h>

#include "rond/rond.h"

#include "support/conversation.h"
#include "support/test.h"

#include "fake_transport.h"
#include "handheld.h"

static const struct conversation *kept;
static size_t next;       // to be said
static uint64_t sent_seq; // by the device
static bool awaits_received;

// What the old server said goes down as soon as the device has sent what it answers.
static bool is_due(const Rond__V1__Frame *frame) {
    if (frame->kind_case == ROND__V1__FRAME__KIND_VERDICTS)
        return frame->verdicts->watermark <= sent_seq;
    return !awaits_received;
}

static void answer(const Rond__V1__Frame *frame) {
    if (frame->kind_case == ROND__V1__FRAME__KIND_BATCH)
        sent_seq = frame->batch->first_seq + frame->batch->count - 1;
    if (frame->kind_case == ROND__V1__FRAME__KIND_RECEIVED)
        awaits_received = false;
    for (; next < kept->count; next++) {
        const struct spoken *spoken = &kept->spoken[next];
        if (spoken->by_device)
            continue;
        if (!is_due(spoken->frame))
            return;
        fake_say_bytes(spoken->bytes);
        awaits_received = spoken->frame->kind_case == ROND__V1__FRAME__KIND_REFERENCE ||
                          spoken->frame->kind_case == ROND__V1__FRAME__KIND_FEEDBACK;
    }
}

static void open_kept(struct handheld *handheld) {
    *handheld = (struct handheld){0};
    conversation_copy(kept, "handheld", handheld->directory, sizeof handheld->directory);
    snprintf(handheld->path, sizeof handheld->path, "%s/outbox.db", handheld->directory);
    handheld_wall_ms = kept->spoken[0].frame->hello->wall_ms; // its certificate was good then
    arena_init(&handheld->arena, 16 * 1024 * 1024);
    start(handheld);
}

static void drain(struct handheld *handheld, rond_sync_result *ret_result) {
    rond_wait wait;
    rond_fault fault = {0};
    enum rond_err err = rond_sync_start(handheld->rond, &fault);
    for (int i = 0; i < 200 && (err == ROND_OK || err == ROND_EAGAIN); i++) {
        err = rond_sync_step(handheld->rond, &wait, ret_result, &fault);
        handheld_wall_ms += 10;
        if (err == ROND_OK)
            break;
    }
    if (err != ROND_OK)
        print_error("%s: %u %s\n", rond_err_name(err), fault.code, fault.text);
    assert_ok(err);
    rond_sync_stop(handheld->rond);
}

static void sync_with_the_old_server(const struct conversation *conversation) {
    struct handheld handheld;
    rond_sync_result result;
    rond_totals before, after;
    size_t exceptions;
    kept = conversation;
    next = sent_seq = 0;
    awaits_received = false;
    fake_reset();
    fake.play = answer;
    open_kept(&handheld);
    assert_ok(rond_totals_get(handheld.rond, &before));
    const Rond__V1__Verdicts *verdicts = conversation_verdicts(conversation, &exceptions);
    assert_int_equal(before.waiting, verdicts->watermark);
    drain(&handheld, &result);
    assert_int_equal(next, conversation->count);
    assert_int_equal(result.acknowledged, before.waiting);
    handheld_reopen(&handheld);
    assert_ok(rond_totals_get(handheld.rond, &after));
    assert_int_equal(after.waiting, 0);
    assert_int_equal(after.lost, 0);
    assert_int_equal(after.queued, before.queued);
    assert_int_equal(after.needs_you, exceptions);
    handheld_close(&handheld);
    fake_reset();
}

static void every_kept_queue_drains_into_the_server_of_its_version(void **state) {
    UNUSED(state);
    conversations_play(sync_with_the_old_server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kept_queue_drains_into_the_server_of_its_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
