// Tests: client-sdk/src/client_sync_act.c client-sdk/src/client_sync_peer.c
#include "rond/rond.h"

#include "support/test.h"

#include <string.h>

#include "client_sync_internal.h"
#include "device_inner.h"
#include "fake_transport.h"
#include "handheld.h"
#include "outbox_internal.h"
#include "wire/codes.h"

static int setup(void **state) {
    static struct handheld handheld;
    fake_reset();
    handheld_open(&handheld);
    handheld_enrol(&handheld, "police_officer", 1);
    *state = &handheld;
    return 0;
}

static int teardown(void **state) {
    handheld_close(*state);
    assert_int_equal(fake.transports, 0);
    fake_reset();
    return 0;
}

static void report(struct handheld *handheld, unsigned count) {
    const rond_activity check = {
        .struct_size = sizeof check,
        .kind = ROND_CHECK,
        .of = "cyclist_behaviour",
        .check_form = ROND_TARGETED,
        .checked = 14,
        .place = "stortorget",
    };
    while (count-- > 0)
        assert_ok(rond_report(handheld->rond, &check, NULL, NULL));
}

// Steps until the end or for so many steps; the clock goes on by step_ms each time.
static enum rond_err steps(struct handheld *handheld, unsigned count, int64_t step_ms, rond_sync_result *result,
                           rond_fault *fault) {
    enum rond_err err = ROND_EAGAIN;
    rond_wait wait;
    while (count-- > 0 && err == ROND_EAGAIN) {
        err = rond_sync_step(handheld->rond, &wait, result, fault);
        handheld_wall_ms += step_ms;
    }
    return err;
}

static enum rond_err sync_whole(struct handheld *handheld, rond_sync_result *result, rond_fault *fault) {
    enum rond_err err = rond_sync_start(handheld->rond, fault);
    if (err == ROND_OK)
        err = steps(handheld, 100, 100, result, fault);
    rond_sync_stop(handheld->rond);
    return err;
}

static uint64_t waiting(struct handheld *handheld) {
    rond_totals totals;
    assert_ok(rond_totals_get(handheld->rond, &totals));
    return totals.waiting;
}

static void servers(struct handheld *handheld, char **urls, size_t count) {
    Rond__V1__ServerList list = ROND__V1__SERVER_LIST__INIT;
    list.n_urls = count;
    list.urls = urls;
    char id[] = "lund";
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT, *entries[] = {&entry};
    entry.id = id;
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_SERVER_LIST;
    entry.server_list = &list;
    Rond__V1__Reference reference = ROND__V1__REFERENCE__INIT;
    reference.n_entries = 1;
    reference.entries = entries;
    assert_ok(outbox_reference_store(handheld->rond->outbox, &reference));
}

static void a_window_brings_every_report_through(void **state) {
    struct handheld *handheld = *state;
    rond_sync_result result;
    report(handheld, 25);
    assert_ok(sync_whole(handheld, &result, NULL));
    assert_int_equal(result.acknowledged, 25);
    assert_int_equal(result.waiting, 0);
    assert_true(result.connected);
    assert_int_equal(result.retry_after_ms, 0);
    assert_int_equal(waiting(handheld), 0);
    handheld_reopen(handheld);
    assert_int_equal(waiting(handheld), 0);
    report(handheld, 1); // the next window goes on where this one ended
    assert_ok(sync_whole(handheld, &result, NULL));
    assert_int_equal(result.acknowledged, 1);
    assert_int_equal(fake.watermark, 26);
}

static void with_nothing_to_send_a_window_is_over_at_once(void **state) {
    rond_sync_result result;
    assert_ok(sync_whole(*state, &result, NULL));
    assert_int_equal(result.acknowledged, 0);
    assert_int_equal(fake.batches, 0);
    assert_int_equal(fake.hellos, 1);
}

static void a_window_ends_with_the_feedback_and_no_sooner(void **state) {
    struct handheld *handheld = *state;
    rond_sync_result result;
    report(handheld, 3);
    fake.lacks_feedback = true;
    assert_ok(rond_sync_start(handheld->rond, NULL));
    assert_err(ROND_EAGAIN, steps(handheld, 20, 500, &result, NULL));
    assert_int_equal(result.acknowledged, 3);
    fake.lacks_feedback = false;
    fake_feedback();
    assert_ok(steps(handheld, 2, 0, &result, NULL)); // no time passes
    rond_sync_stop(handheld->rond);
    assert_int_equal(fake.hellos, 1);
}

static void let_time_pass(void) {
    handheld_wall_ms += 100;
}

// A server that never says Feedback.
static void where_only_feedback_is_missing_at_the_deadline_all_is_acknowledged_all_the_same(void **state) {
    struct handheld *handheld = *state;
    rond_sync_result result;
    rond_fault fault;
    fake.lacks_feedback = true;
    fake.stepped = let_time_pass;
    for (unsigned count = 0; count <= 3; count += 3) { // nothing queued, three reports
        report(handheld, count);
        assert_ok(rond_sync(handheld->rond, 5000, &result, &fault));
        assert_int_equal(result.acknowledged, count);
        assert_int_equal(result.waiting, 0);
        assert_true(result.connected);
        fake.is_connected = false;
    }
    fake.acknowledge_to = 3; // and where a report waits too, the window was too short
    report(handheld, 1);
    assert_err(ROND_EAGAIN, rond_sync(handheld->rond, 5000, &result, &fault));
    assert_int_equal(result.waiting, 1);
}

static void what_was_acknowledged_before_the_window_closed_stays_so(void **state) {
    struct handheld *handheld = *state;
    rond_sync_result result;
    report(handheld, 60);
    fake.acknowledge_to = 30;
    assert_err(ROND_EAGAIN, sync_whole(handheld, &result, NULL));
    assert_true(result.acknowledged > 0 && result.acknowledged <= 30);
    assert_int_equal(waiting(handheld), 60 - result.acknowledged);
    assert_true(result.retry_after_ms > 0);
    uint64_t before = result.acknowledged;
    fake.acknowledge_to = UINT64_MAX;
    fake.is_connected = fake.is_closing = false;
    assert_ok(sync_whole(handheld, &result, NULL));
    assert_int_equal(result.acknowledged, 60 - before);
}

static void a_connection_that_breaks_is_made_again_in_the_same_window(void **state) {
    struct handheld *handheld = *state;
    rond_sync_result result;
    report(handheld, 5);
    fake.drops_at_batch = true;
    assert_ok(sync_whole(handheld, &result, NULL));
    assert_int_equal(result.acknowledged, 5);
    assert_int_equal(fake.urls_count, 2);
    assert_int_equal(fake.hellos, 2);
}

static void a_report_queued_while_syncing_goes_out_on_the_same_connection(void **state) {
    struct handheld *handheld = *state;
    rond_sync_result result;
    report(handheld, 1);
    fake.lacks_feedback = true;
    assert_ok(rond_sync_start(handheld->rond, NULL));
    assert_err(ROND_EAGAIN, steps(handheld, 2, 1, &result, NULL));
    assert_int_equal(result.acknowledged, 1);
    fake.lacks_feedback = false;
    report(handheld, 1);
    assert_ok(steps(handheld, 100, 10, &result, NULL));
    rond_sync_stop(handheld->rond);
    assert_int_equal(result.acknowledged, 2);
    assert_int_equal(fake.hellos, 1);
}

static void servers_are_tried_in_order_and_the_last_good_one_first(void **state) {
    struct handheld *handheld = *state;
    char a[] = "wss://a:1", b[] = "wss://b:1", c[] = "wss://c:1";
    char *urls[] = {a, b, c};
    rond_sync_result result;
    rond_fault fault;
    servers(handheld, urls, 3);
    fake.reachable = b;
    assert_ok(sync_whole(handheld, &result, NULL));
    assert_int_equal(fake.urls_count, 2);
    assert_string_equal(fake.urls[0], a);
    assert_string_equal(fake.urls[1], b);
    assert_ok(sync_whole(handheld, &result, NULL));
    assert_int_equal(fake.urls_count, 3);
    assert_string_equal(fake.urls[2], b);
    fake.reachable = "";
    assert_err(ROND_EIO, sync_whole(handheld, &result, &fault));
    assert_string_equal(fault.text, "nobody there");
    assert_false(result.connected);
    assert_string_equal(fake.urls[3], b);
    assert_string_equal(fake.urls[4], a);
    assert_string_equal(fake.urls[5], c);
}

// The server moved, and the device was enrolled anew with it: the list of then leads nowhere.
static void where_no_listed_server_is_left_the_one_of_the_enrolment_is_tried(void **state) {
    struct handheld *handheld = *state;
    char a[] = "wss://a:1", b[] = "wss://b:1";
    char *urls[] = {a, b};
    rond_sync_result result;
    servers(handheld, urls, 2);
    report(handheld, 1);
    fake.reachable = handheld->rond->enrolment.servers[0];
    assert_ok(sync_whole(handheld, &result, NULL));
    assert_int_equal(fake.urls_count, 3);
    assert_int_equal(result.acknowledged, 1);
    assert_ok(sync_whole(handheld, &result, NULL)); // the last good one first
    assert_int_equal(fake.urls_count, 4);
}

static void a_refusal_for_good_ends_the_window_and_says_why(void **state) {
    struct handheld *handheld = *state;
    rond_sync_result result;
    rond_fault fault;
    report(handheld, 3);
    fake.refuses = CODE_DEVICE_REVOKED;
    assert_err(ROND_EAUTH, sync_whole(handheld, &result, &fault));
    assert_int_equal(fault.code, CODE_DEVICE_REVOKED);
    assert_string_not_equal(fault.text, "");
    assert_int_equal(waiting(handheld), 3); // intact
    assert_int_equal(fake.hellos, 1);
}

static void a_busy_server_is_asked_again_later(void **state) {
    struct handheld *handheld = *state;
    rond_sync_result result;
    report(handheld, 3);
    fake.refuses = CODE_BUSY;
    fake.refusal_may_retry = true;
    assert_ok(rond_sync_start(handheld->rond, NULL));
    assert_err(ROND_EAGAIN, steps(handheld, 5, 10, &result, NULL));
    assert_int_equal(fake.hellos, 1);
    assert_true(result.retry_after_ms >= 100);
    fake.refuses = 0;
    assert_ok(steps(handheld, 50, 500, &result, NULL));
    rond_sync_stop(handheld->rond);
    assert_int_equal(result.acknowledged, 3);
}

static bool was_asked_to_renew;
static void refuse_renewal(const char *url, const char *path, struct bytes body) {
    was_asked_to_renew = true;
    assert_string_equal(url, "https://localhost:2");
    assert_string_equal(path, "/v1/renew");
    assert_true(body.size > 100);
}

static void a_certificate_past_half_its_life_is_renewed_first_and_used_while_it_holds(void **state) {
    struct handheld *handheld = *state;
    rond_sync_result result;
    rond_fault fault;
    const int64_t day_ms = 24 * 3600 * 1000;
    was_asked_to_renew = false;
    fake.answer_post = refuse_renewal;
    handheld_wall_ms += 2 * day_ms;
    report(handheld, 1);
    assert_ok(sync_whole(handheld, &result, &fault));
    assert_false(was_asked_to_renew);
    handheld_wall_ms += 6 * day_ms;
    report(handheld, 1);
    assert_ok(sync_whole(handheld, &result, &fault)); // the renewal failed, the certificate still holds
    assert_true(was_asked_to_renew);
    assert_int_equal(result.acknowledged, 1);
}

// --- Renewal on the way ---

static struct handheld *renewing;
static int renewal_status;
static unsigned renewals;
static void answer_renewal(const char *url, const char *path, struct bytes body) {
    static uint8_t refusal[64];
    Rond__V1__EnrolRefusal no = ROND__V1__ENROL_REFUSAL__INIT;
    no.code = CODE_DEVICE_REVOKED;
    renewals++;
    fake.refuses = 0; // content with whatever comes now
    if (renewal_status == 200)
        fake.events.answered(fake.events.context, 200, handheld_answer(renewing, "police_officer", 1));
    else
        fake.events.answered(fake.events.context, renewal_status,
                             bytes_of(refusal, rond__v1__enrol_refusal__pack(&no, refusal)));
}

static void renew_with(struct handheld *handheld, int status) {
    renewing = handheld;
    renewal_status = status;
    renewals = 0;
    fake.answer_post = answer_renewal;
}

static void a_certificate_that_the_server_finds_too_old_is_renewed_once_whatever_the_clock_says(void **state) {
    struct handheld *handheld = *state;
    rond_sync_result result;
    rond_fault fault;
    report(handheld, 2);
    renew_with(handheld, 200);
    fake.refuses = CODE_CERTIFICATE_EXPIRED;
    assert_ok(sync_whole(handheld, &result, &fault));
    assert_int_equal(renewals, 1);
    assert_int_equal(result.acknowledged, 2);
    fake.answer_post = refuse_renewal; // brings nothing, and the server stays with it
    fake.refuses = CODE_CERTIFICATE_EXPIRED;
    assert_err(ROND_EAUTH, sync_whole(handheld, &result, &fault));
    assert_int_equal(fault.code, CODE_CERTIFICATE_EXPIRED);
}

static void a_certificate_that_ran_out_and_is_not_renewed_ends_the_window(void **state) {
    struct handheld *handheld = *state;
    rond_sync_result result;
    rond_fault fault;
    report(handheld, 1);
    handheld_wall_ms = handheld->rond->enrolment.not_after_ms + 1000;
    renew_with(handheld, 403);
    assert_err(ROND_EAUTH, sync_whole(handheld, &result, &fault));
    assert_int_equal(fault.code, CODE_DEVICE_REVOKED);
    assert_int_equal(fake.hellos, 0);
    assert_int_equal(waiting(handheld), 1);
    fake.answer_post = NULL; // no network for the renewal: the servers are tried all the same
    assert_ok(sync_whole(handheld, &result, &fault));
    renew_with(handheld, 200);
    report(handheld, 1);
    assert_ok(sync_whole(handheld, &result, &fault));
    assert_int_equal(renewals, 1);
    assert_true(handheld->rond->enrolment.not_after_ms > handheld_wall_ms);
}

// --- What the server says on the way ---

static unsigned reference_changes;
static void count_reference(void *context, enum rond_change change) {
    reference_changes += change == ROND_CHANGE_REFERENCE;
}

static void reference_data_that_comes_is_stored_and_told(void **state) {
    struct handheld *handheld = *state;
    rond_sync_result result;
    rond_words *words_known;
    Rond__V1__Reference reference = ROND__V1__REFERENCE__INIT;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    reference.entries = arena_array(&handheld->arena, 1, sizeof *reference.entries);
    term_add(&handheld->arena, &reference, "item", "lights", "lampor");
    frame.kind_case = ROND__V1__FRAME__KIND_REFERENCE;
    frame.reference = &reference;
    reference_changes = 0;
    rond_subscribe(handheld->rond, count_reference, NULL);
    fake.lacks_feedback = true;
    assert_ok(rond_sync_start(handheld->rond, NULL));
    assert_err(ROND_EAGAIN, steps(handheld, 3, 1, &result, NULL));
    fake_say(&frame);
    fake_feedback();
    fake.lacks_feedback = false;
    fake_feedback();
    assert_ok(steps(handheld, 10, 1, &result, NULL));
    rond_sync_stop(handheld->rond);
    assert_int_equal(reference_changes, 1);
    assert_ok(rond_words_get(handheld->rond, "item", &words_known));
    assert_int_equal(words_known->count, 1);
    assert_string_equal(words_known->words[0].name_sv, "lampor");
    rond_words_free(words_known);
}

static void after_a_fork_everything_goes_out_under_a_fresh_outbox_in_the_same_window(void **state) {
    struct handheld *handheld = *state;
    struct device_outbox_state before, after;
    rond_sync_result result;
    Rond__V1__Forked forked = ROND__V1__FORKED__INIT;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    report(handheld, 3);
    outbox_state(handheld->rond->outbox, &before);
    fake.acknowledge_to = 0;
    assert_ok(rond_sync_start(handheld->rond, NULL));
    assert_err(ROND_EAGAIN, steps(handheld, 3, 1, &result, NULL));
    forked.outbox = (ProtobufCBinaryData){.data = before.outbox.b, .len = ID_SIZE};
    forked.seq = 1;
    frame.kind_case = ROND__V1__FRAME__KIND_FORKED;
    frame.forked = &forked;
    fake_say(&frame);
    fake.acknowledge_to = UINT64_MAX;
    assert_ok(steps(handheld, 20, 1, &result, NULL));
    rond_sync_stop(handheld->rond);
    outbox_state(handheld->rond->outbox, &after);
    assert_memory_not_equal(after.outbox.b, before.outbox.b, ID_SIZE);
    assert_int_equal(result.acknowledged, 3);
    assert_int_equal(waiting(handheld), 0);
}

static void a_server_that_speaks_nonsense_is_left_and_tried_again_later(void **state) {
    struct handheld *handheld = *state;
    rond_sync_result result;
    report(handheld, 2);
    fake.acknowledge_to = 0;
    assert_ok(rond_sync_start(handheld->rond, NULL));
    assert_err(ROND_EAGAIN, steps(handheld, 2, 1, &result, NULL));
    struct buffer *junk = &fake.waiting[fake.waiting_count++];
    buffer_init(junk, 100);
    assert_ok(buffer_append(junk, bytes_of_text("\xff\xff this is no frame")));
    assert_err(ROND_EAGAIN, steps(handheld, 2, 1, &result, NULL));
    assert_false(fake.is_connected);
    assert_true(result.retry_after_ms > 0);
    fake.acknowledge_to = UINT64_MAX;
    assert_ok(steps(handheld, 100, 1000, &result, NULL));
    rond_sync_stop(handheld->rond);
    assert_int_equal(result.acknowledged, 2);
}

static void a_server_that_refuses_the_handshake_ends_the_window(void **state) {
    struct handheld *handheld = *state;
    const struct fault revoked = {.code = CODE_DEVICE_REVOKED, .text = "Revoked."};
    rond_sync_result result;
    rond_fault fault;
    rond_wait wait;
    report(handheld, 1);
    assert_ok(rond_sync_start(handheld->rond, NULL));
    fake.is_connecting = false;
    fake.events.ended(fake.events.context, ROND_EAUTH, &revoked);
    assert_err(ROND_EAUTH, rond_sync_step(handheld->rond, &wait, &result, &fault));
    rond_sync_stop(handheld->rond);
    assert_int_equal(fault.code, CODE_DEVICE_REVOKED);
    assert_string_equal(fault.text, "Revoked.");
}

// --- A slow link, and the device's own storage ---

static void frames_wait_until_the_link_takes_them(void **state) {
    struct handheld *handheld = *state;
    rond_sync_result result;
    report(handheld, 5);
    fake.is_blocked = true;
    assert_ok(rond_sync_start(handheld->rond, NULL));
    assert_err(ROND_EAGAIN, steps(handheld, 5, 1, &result, NULL));
    assert_int_equal(fake.hellos, 0);
    fake.is_blocked = false;
    fake.events.writable(fake.events.context);
    assert_int_equal(fake.hellos, 1);
    assert_ok(steps(handheld, 20, 1, &result, NULL));
    rond_sync_stop(handheld->rond);
    assert_int_equal(result.acknowledged, 5);
    assert_int_equal(fake.hellos, 1);
}

static unsigned batches_played;
static void count_batches(const Rond__V1__Frame *frame) {
    batches_played += frame->kind_case == ROND__V1__FRAME__KIND_BATCH;
}

static int64_t writes(const struct handheld *handheld) {
    return sqlite3_total_changes(handheld->rond->outbox->db);
}

static void what_the_transport_remembers_is_written_once_the_first_frames_have_left(void **state) {
    struct handheld *handheld = *state;
    rond_wait wait;
    fake.is_blocked = true;
    assert_ok(rond_sync_start(handheld->rond, NULL));
    fake.events.remember(fake.events.context, "address.a:1", bytes_of_text("192.0.2.1"));
    int64_t before = writes(handheld);
    assert_err(ROND_EAGAIN, rond_sync_step(handheld->rond, &wait, NULL, NULL));
    assert_int_equal(writes(handheld), before);
    fake.is_blocked = false;
    fake.events.writable(fake.events.context);
    assert_int_equal(writes(handheld), before + 2); // and the server that was good
    fake.events.remember(fake.events.context, "address.a:1", bytes_of_text("192.0.2.1"));
    fake.events.writable(fake.events.context);
    assert_int_equal(writes(handheld), before + 2); // is there as it is
    fake.events.remember(fake.events.context, "address.a:1", bytes_of_text("192.0.2.2"));
    rond_sync_stop(handheld->rond); // not lost with the connection
    assert_int_equal(writes(handheld), before + 3);
}

static void as_much_as_the_upgrade_told_goes_before_the_welcome(void **state) {
    struct handheld *handheld = *state;
    rond_sync_result result;
    report(handheld, 400);
    fake.upgrade_credit = CREDIT_UPGRADE_BYTES;
    fake.play = count_batches;
    batches_played = 0;
    assert_ok(rond_sync_start(handheld->rond, NULL));
    assert_err(ROND_EAGAIN, steps(handheld, 2, 0, &result, NULL));
    rond_sync_stop(handheld->rond);
    assert_true(batches_played > 1);
}

static void what_the_transport_remembers_is_there_in_the_next_window(void **state) {
    struct handheld *handheld = *state;
    char long_name[200];
    struct bytes value;
    memset(long_name, 'x', sizeof long_name);
    long_name[sizeof long_name - 1] = '\0';
    assert_ok(rond_sync_start(handheld->rond, NULL));
    assert_false(fake.events.recall(fake.events.context, "address.a:1", &value));
    fake.events.remember(fake.events.context, "address.a:1", bytes_of_text("192.0.2.1"));
    fake.events.remember(fake.events.context, long_name, bytes_of_text("y")); // too long a name: not kept, no harm
    rond_sync_stop(handheld->rond);
    handheld_reopen(handheld);
    fake.is_connecting = false;
    assert_ok(rond_sync_start(handheld->rond, NULL));
    assert_true(fake.events.recall(fake.events.context, "address.a:1", &value));
    assert_true(bytes_equal(value, bytes_of_text("192.0.2.1")));
    assert_false(fake.events.recall(fake.events.context, "address.b:1", &value));
    assert_false(fake.events.recall(fake.events.context, long_name, &value));
    rond_sync_stop(handheld->rond);
}

static void storage_that_fails_ends_the_window_and_is_not_taken_for_the_network(void **state) {
    struct handheld *handheld = *state;
    rond_sync_result result;
    rond_fault fault;
    report(handheld, 1);
    assert_int_equal(sqlite3_exec(handheld->rond->outbox->db, "DROP TABLE settings", NULL, NULL, NULL), SQLITE_OK);
    enum rond_err err = sync_whole(handheld, &result, &fault);
    assert_true(err != ROND_OK && err != ROND_EAGAIN && err != ROND_EAUTH);
    assert_string_not_equal(fault.text, "");
    assert_string_not_equal(fault.text, "nobody there");
    assert_int_equal(result.acknowledged, 0);
}

static enum rond_err sign_later(void *context, const struct statement *statement, struct signature *ret_signature) {
    UNUSED(context), UNUSED(statement), UNUSED(ret_signature);
    return ROND_EAGAIN;
}

static void what_can_be_done_only_later_ends_the_conversation_at_once(void **state) {
    struct handheld *handheld = *state;
    rond_sync_result result;
    report(handheld, 1);
    assert_ok(rond_sync_start(handheld->rond, NULL));
    handheld->rond->sync->device->sign = sign_later;
    assert_err(ROND_EAGAIN, steps(handheld, 10, 1, &result, NULL));
    assert_int_equal(handheld->rond->sync->phase, SYNC_RESTING); // and begins anew after a while
    rond_sync_stop(handheld->rond);
    assert_int_equal(waiting(handheld), 1);
    assert_ok(sync_whole(handheld, &result, NULL));
    assert_int_equal(waiting(handheld), 0);
}

static unsigned connection_changes;
static void count_connections(void *context, enum rond_change change) {
    connection_changes += change == ROND_CHANGE_CONNECTION;
}

static void stopping_at_any_step_loses_nothing(void **state) {
    struct handheld *handheld = *state;
    connection_changes = 0;
    rond_subscribe(handheld->rond, count_connections, NULL);
    report(handheld, 40);
    for (unsigned count = 0; count < 8; count++) {
        rond_sync_result result;
        fake.is_connecting = fake.is_connected = fake.is_closing = false;
        assert_ok(rond_sync_start(handheld->rond, NULL));
        (void)!steps(handheld, count, 1, &result, NULL);
        rond_sync_stop(handheld->rond);
        for (size_t i = 0; i < fake.waiting_count; i++)
            buffer_deinit(&fake.waiting[i]);
        fake.waiting_count = 0;
        assert_true(40 - waiting(handheld) <= fake.watermark);
    }
    rond_sync_result result;
    fake.is_connecting = fake.is_connected = fake.is_closing = false;
    assert_ok(sync_whole(handheld, &result, NULL));
    assert_int_equal(fake.watermark, 40);
    assert_int_equal(waiting(handheld), 0);
    assert_true(connection_changes > 0);
}

static void only_one_sync_runs_at_a_time_and_only_once_enrolled(void **state) {
    struct handheld *handheld = *state;
    rond_wait wait;
    rond_sync_result result;
    rond_fault fault;
    assert_err(ROND_ECONFLICT, rond_sync_step(handheld->rond, &wait, &result, &fault));
    assert_ok(rond_sync_start(handheld->rond, NULL));
    assert_err(ROND_ECONFLICT, rond_sync_start(handheld->rond, NULL));
    assert_err(ROND_ECONFLICT, rond_renew(handheld->rond, true, 100, NULL));
    rond_sync_stop(handheld->rond);
    rond_sync_stop(handheld->rond);
    handheld->rond->is_enrolled = false;
    assert_err(ROND_EAUTH, rond_sync(handheld->rond, 100, &result, &fault));
    assert_err(ROND_EAUTH, rond_renew(handheld->rond, true, 100, NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_window_brings_every_report_through),
        TEST(with_nothing_to_send_a_window_is_over_at_once),
        TEST(a_window_ends_with_the_feedback_and_no_sooner),
        TEST(where_only_feedback_is_missing_at_the_deadline_all_is_acknowledged_all_the_same),
        TEST(what_was_acknowledged_before_the_window_closed_stays_so),
        TEST(a_connection_that_breaks_is_made_again_in_the_same_window),
        TEST(a_report_queued_while_syncing_goes_out_on_the_same_connection),
        TEST(servers_are_tried_in_order_and_the_last_good_one_first),
        TEST(where_no_listed_server_is_left_the_one_of_the_enrolment_is_tried),
        TEST(a_refusal_for_good_ends_the_window_and_says_why),
        TEST(a_busy_server_is_asked_again_later),
        TEST(a_certificate_past_half_its_life_is_renewed_first_and_used_while_it_holds),
        TEST(a_certificate_that_the_server_finds_too_old_is_renewed_once_whatever_the_clock_says),
        TEST(a_certificate_that_ran_out_and_is_not_renewed_ends_the_window),
        TEST(reference_data_that_comes_is_stored_and_told),
        TEST(after_a_fork_everything_goes_out_under_a_fresh_outbox_in_the_same_window),
        TEST(a_server_that_speaks_nonsense_is_left_and_tried_again_later),
        TEST(a_server_that_refuses_the_handshake_ends_the_window),
        TEST(frames_wait_until_the_link_takes_them),
        TEST(what_the_transport_remembers_is_written_once_the_first_frames_have_left),
        TEST(as_much_as_the_upgrade_told_goes_before_the_welcome),
        TEST(what_the_transport_remembers_is_there_in_the_next_window),
        TEST(what_can_be_done_only_later_ends_the_conversation_at_once),
        TEST(storage_that_fails_ends_the_window_and_is_not_taken_for_the_network),
        TEST(stopping_at_any_step_loses_nothing),
        TEST(only_one_sync_runs_at_a_time_and_only_once_enrolled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
