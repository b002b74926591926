// Tests: server/read/verify_chain.c server/read/verify_receipt.c server/read/verify_totals.c server/read/findings.c
#include "read/verify.h"
#include "read/verify_receipt.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "promise/apply.h"
#include "support/lund.h"
#include "support/rows.h"
#include "support/test.h"

static struct lund lund;
static struct kept_rows findings;
static json_t *summary;

static int open_lund(void **state) {
    lund_open(&lund);
    kept_rows_init(&findings);
    summary = NULL;
    return 0;
}

static int close_lund(void **state) {
    json_decref(summary);
    kept_rows_deinit(&findings);
    lund_close(&lund);
    return 0;
}

static void send_batch(unsigned device, unsigned count) {
    struct record records[16];
    struct append_result result;
    for (unsigned i = 0; i < count; i++)
        records[i] =
            sample_record(&lund.arena, i % 2 == 0 ? ROND__V1__KIND__KIND_CHECK : ROND__V1__KIND__KIND_VISIBLE_PATROL, i);
    lund_begin(&lund);
    const struct ledger_batch *batch = lund_batch(&lund, device, 1, records, count);
    assert_ok(lund.store->ledger->append(lund.store, batch, &result));
    lund_apply(&lund, batch, &result);
    lund_commit(&lund);
}

static void lose(unsigned device, uint64_t last) {
    struct ledger_lost lost = {.device = lund_device(device), .outbox = lund_outbox(device, 1), .organisation = "polisen"};
    struct outbox_state state;
    struct append_result result;
    struct statement statement;
    struct hash256 ratchet = {{0x11}};
    lund_begin(&lund);
    assert_ok(lund.store->ledger->outbox_load(lund.store, &lost.device, &lost.outbox, &state));
    lost.first_seq = state.chain.seq + 1;
    lost.last_seq = last;
    lost.reason = ROND__V1__LOST_REASON__LOST_REASON_UNREADABLE;
    chain_lose(&state.chain, last, lost.reason, &ratchet);
    lost.chain_after = state.chain;
    statement_lost(&statement, &lost.device, &lost.outbox, lost.first_seq, last, &state.chain.head);
    assert_ok(signature_make(lund_key(device), &statement, &lost.signature));
    assert_ok(lund.store->ledger->lose(lund.store, &lost, &result));
    assert_int_equal(result.status, APPEND_DONE);
    lund_commit(&lund);
}

// Changes the file behind the store's back.
static void tamper(const char *sql) {
    char path[128];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/rond.db", lund.directory);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_true(sqlite3_changes(db) > 0);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void verify(void) {
    assert_ok(read_verify(lund.store, lund.catalogue, &findings.rows, &summary));
    assert_int_equal(field_number(summary, "findings"), kept_count(&findings));
    assert_int_equal(field_truth(summary, "sound"), kept_count(&findings) == 0);
}

static bool is_found(const char *what) {
    return object_with(findings.list, "what", what) != NULL;
}

static void a_store_that_nobody_touched_is_sound(void **state) {
    send_batch(0, 5);
    send_batch(0, 1);
    lose(0, 9);
    send_batch(0, 3);
    send_batch(2, 7);
    verify();
    assert_true(field_truth(summary, "sound"));
    assert_int_equal(field_number(summary, "outboxes"), 2);
    assert_int_equal(field_number(summary, "batches"), 5);
    assert_int_equal(field_number(summary, "reports"), 16);
    assert_int_equal(field_number(summary, "signatures"), 5);
    assert_int_equal(field_number(summary, "lost"), 3);
    assert_int_equal(field_number(summary, "erased"), 0);
    assert_int_equal(field_number(summary, "commitments"), 10);
}

static void an_empty_store_is_sound(void **state) {
    verify();
    assert_true(field_truth(summary, "sound"));
    assert_int_equal(field_number(summary, "reports"), 0);
}

static void an_erased_report_leaves_the_chain_whole(void **state) {
    send_batch(0, 4);
    lund_begin(&lund);
    assert_ok(lund.store->ledger->erase(lund.store, 2, FOR_A_TEST));
    lund_commit(&lund);
    verify();
    assert_true(field_truth(summary, "sound"));
    assert_int_equal(field_number(summary, "erased"), 1);
}

static void an_altered_body_is_one_finding_with_its_name(void **state) {
    send_batch(0, 3);
    send_batch(0, 3);
    tamper("UPDATE reports SET body = x'0801' WHERE row = 2");
    verify();
    assert_int_equal(kept_count(&findings), 1);
    assert_string_equal(field_text(kept_row(&findings, 0), "what"), "The report is not what its hash says.");
    assert_int_equal(field_number(kept_row(&findings, 0), "seq"), 2);
}

static void an_altered_leaf_breaks_the_head(void **state) {
    send_batch(0, 3);
    tamper("UPDATE reports SET leaf = zeroblob(32) WHERE row = 3");
    verify();
    assert_true(is_found("The report is not what its hash says."));
    assert_true(is_found("The batch's head is not that of its reports."));
}

static void a_body_with_a_hash_made_anew_cannot_be_signed(void **state) {
    send_batch(0, 2);
    tamper("UPDATE batches SET head = zeroblob(32)");
    verify();
    assert_true(is_found("The batch's head is not that of its reports."));
    assert_true(is_found("The batch is not signed by a key of its device."));
}

static void a_signature_of_another_device_does_not_hold(void **state) {
    send_batch(0, 2);
    tamper("UPDATE device_keys SET device = (SELECT device FROM devices WHERE number = 2) WHERE number = 1");
    verify();
    assert_int_equal(kept_count(&findings), 1);
    assert_true(is_found("The batch is not signed by a key of its device."));
    assert_int_equal(field_number(summary, "signatures"), 0);
}

static void a_watermark_set_back_is_found(void **state) {
    send_batch(0, 3);
    tamper("UPDATE outboxes SET watermark = 2");
    verify();
    assert_true(is_found("The outbox's watermark is not the end of its last batch."));
}

static void a_report_that_is_gone_is_found(void **state) {
    send_batch(0, 3);
    send_batch(0, 3);
    tamper("DELETE FROM reports WHERE row = 5");
    verify();
    assert_true(is_found("The report does not lie where its batch says."));
    assert_false(field_truth(summary, "sound"));
}

static void the_same_identity_twice_is_found(void **state) {
    send_batch(0, 2);
    tamper("INSERT INTO reports SELECT 3, outbox, seq, kind, verdict, organisation, area, claimed_ms, from_s, to_s,"
           " uncertainty_s, received_ms, is_withdrawal, target, formerly_outbox, formerly_seq, leaf, salt, body FROM reports"
           " WHERE row = 2");
    verify();
    assert_true(is_found("The batches do not hold as many reports as there are: some lie in none, or are missing."));
}

static void a_batch_that_is_gone_is_found(void **state) {
    send_batch(0, 2);
    send_batch(0, 2);
    tamper("DELETE FROM batches WHERE first_seq = 1");
    verify();
    assert_true(is_found("The batch does not follow the one before it."));
}

static void a_total_that_is_not_the_sum_is_found(void **state) {
    send_batch(0, 4);
    tamper("UPDATE totals SET count = count + 1 WHERE commitment = (SELECT number FROM commitments"
           " WHERE path = 'lund-2015-trafik/cykel')");
    verify();
    assert_int_equal(kept_count(&findings), 1);
    assert_true(is_found("The totals are not what the reports behind them add up to."));
    assert_string_equal(field_text(kept_row(&findings, 0), "commitment"), "lund-2015-trafik/cykel");
}

static void a_contribution_that_is_gone_is_found(void **state) {
    send_batch(0, 3);
    tamper("DELETE FROM contributions WHERE row = 1");
    verify();
    assert_true(is_found("The totals are not what the reports behind them add up to."));
}

static void two_reports_that_count_as_one_event_are_found(void **state) {
    send_batch(0, 3);
    tamper("UPDATE contributions SET shared = 1, bucket = (SELECT c.bucket FROM contributions c WHERE c.row = 1"
           " AND c.commitment = contributions.commitment) WHERE row = 3 AND commitment = (SELECT number FROM commitments"
           " WHERE path = 'lund-2015-trafik/cykel')");
    verify();
    assert_true(is_found("Two reports count as one and the same."));
}

// Whoever doctors the store is found out, with the device and the seq of what he did: one finding at least names both.
static void each_way_of_doctoring_a_store_names_device_and_seq(void **state) {
    static const struct {
        const char *what, *sql;
        unsigned seq; // of device 0
    } WAYS[] = {
        {"an altered body", "UPDATE reports SET body = CAST(x'00' || substr(body, 2) AS BLOB) WHERE row = 5", 5},
        {"a body sealed anew under a key of one's own",
         "UPDATE reports SET body = (SELECT body FROM reports r WHERE r.row = 4) WHERE row = 5;"
         "UPDATE body_keys SET key = (SELECT key FROM body_keys k WHERE k.row = 4) WHERE row = 5",
         5},
        {"an altered leaf", "UPDATE reports SET leaf = zeroblob(32) WHERE row = 5", 5},
        {"an altered salt", "UPDATE reports SET salt = zeroblob(16) WHERE row = 5", 5},
        {"a removed row", "DELETE FROM reports WHERE row = 5", 5},
        {"a removed last row", "DELETE FROM reports WHERE row = 6", 6},
        {"swapped rows",
         "UPDATE reports SET row = 99 WHERE row = 4; UPDATE reports SET row = 4 WHERE row = 5;"
         "UPDATE reports SET row = 5 WHERE row = 99",
         5},
        {"swapped seqs", "UPDATE reports SET seq = 9 - seq WHERE row IN (4, 5)", 5},
        {"a report moved to another device", "UPDATE reports SET outbox = (SELECT max(number) FROM outboxes) WHERE row = 5",
         5},
        {"a quarantined report made an applied one", "UPDATE reports SET verdict = 1 WHERE row = 5", 5},
        {"an altered head of a batch", "UPDATE batches SET head = zeroblob(32) WHERE first_seq = 4", 4},
        {"an altered signature", "UPDATE batches SET signature = zeroblob(64) WHERE first_seq = 4", 4},
        {"an altered head of an outbox", "UPDATE outboxes SET head = zeroblob(32) WHERE number = 1", 6},
        {"a batch that is gone", "DELETE FROM batches WHERE first_seq = 4", 6},
    };
    char device[2 * ID_SIZE + 1], path[128];
    struct id128 id = lund_device(0);
    hex_encode(bytes_of(id.b, ID_SIZE), device);
    send_batch(0, 3);
    send_batch(0, 3);
    send_batch(1, 2);
    snprintf(path, sizeof path, "%s/rond.db", lund.directory);
    for (size_t i = 0; i < ARRAY_COUNT(WAYS); i++) {
        bool is_named = false;
        sqlite3 *db = NULL;
        char *message = NULL;
        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        assert_int_equal(
            sqlite3_exec(
                db,
                "CREATE TABLE IF NOT EXISTS kept_r AS SELECT * FROM reports; CREATE TABLE IF NOT EXISTS kept_b AS SELECT * "
                "FROM"
                " batches; CREATE TABLE IF NOT EXISTS kept_o AS SELECT * FROM outboxes; CREATE TABLE IF NOT EXISTS kept_k AS"
                " SELECT * FROM body_keys",
                NULL, NULL, NULL),
            SQLITE_OK);
        if (sqlite3_exec(db, WAYS[i].sql, NULL, NULL, &message) != SQLITE_OK)
            fail_msg("%s: %s", WAYS[i].what, message);
        verify();
        for (size_t k = 0; k < kept_count(&findings); k++) {
            const json_t *finding = kept_row(&findings, k);
            is_named = is_named || (json_is_string(json_object_get(finding, "device")) &&
                                    strcmp(field_text(finding, "device"), device) == 0 &&
                                    field_number(finding, "seq") == (json_int_t)WAYS[i].seq);
        }
        if (!is_named)
            fail_msg("%s: no finding names device and seq %u", WAYS[i].what, WAYS[i].seq);
        assert_int_equal(
            sqlite3_exec(
                db,
                "DELETE FROM reports; INSERT INTO reports SELECT * FROM kept_r; DELETE FROM batches; INSERT INTO batches "
                "SELECT"
                " * FROM kept_b; DELETE FROM outboxes; INSERT INTO outboxes SELECT * FROM kept_o; DELETE FROM body_keys;"
                " INSERT INTO body_keys SELECT * FROM kept_k",
                NULL, NULL, NULL),
            SQLITE_OK);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
        json_decref(summary);
        summary = NULL;
        kept_rows_deinit(&findings);
        kept_rows_init(&findings);
    }
    verify();
    assert_true(field_truth(summary, "sound"));
}

// What lies in no batch bears no identity that could be held against a signature, so the backend names what it says it is.
static void an_inserted_row_is_named_by_what_it_says_it_is(void **state) {
    char said[128], device[2 * ID_SIZE + 1];
    struct id128 id = lund_device(0);
    hex_encode(bytes_of(id.b, ID_SIZE), device);
    send_batch(0, 3);
    tamper("INSERT INTO reports SELECT 4, outbox, 4, kind, verdict, organisation, area, claimed_ms, from_s, to_s,"
           " uncertainty_s, received_ms, is_withdrawal, target, formerly_outbox, formerly_seq, leaf, NULL, NULL FROM reports"
           " WHERE row = 2");
    verify();
    assert_false(field_truth(summary, "sound"));
    snprintf(said, sizeof said, "(device %s, seq 4)", device);
    bool is_named = false;
    for (size_t k = 0; k < kept_count(&findings); k++)
        is_named = is_named || strstr(field_text(kept_row(&findings, k), "what"), said) != NULL;
    if (!is_named)
        fail_msg("%s", field_text(kept_row(&findings, 0), "what"));
}

static void a_listener_that_is_gone_ends_it(void **state) {
    send_batch(0, 3);
    tamper("UPDATE outboxes SET watermark = 2");
    findings.stop_after = 1;
    assert_err(ROND_EIO, read_verify(lund.store, lund.catalogue, &findings.rows, &summary));
    // and the store is not left in the middle of a read
    send_batch(0, 1);
}

// --- Receipts ---

static json_t *hex_json(const void *data, size_t size) {
    char text[2 * HASH_SIZE + 1];
    hex_encode(bytes_of(data, size), text);
    return json_string(text);
}

static struct hash256 head_of(unsigned device, uint64_t seq) {
    struct hash256 head;
    struct id128 id = lund_device(device), outbox = lund_outbox(device, 1);
    assert_ok(lund.store->ledger->head_at(lund.store, &id, &outbox, seq, &head));
    return head;
}

// For all that is there now; with the heads of each seq below it where the device kept them.
static json_t *receipt_now(unsigned device, uint64_t watermark, bool with_heads) {
    struct store_identity identity;
    struct id128 id = lund_device(device), outbox = lund_outbox(device, 1);
    struct hash256 head = head_of(device, watermark);
    json_t *heads = json_array();
    for (uint64_t seq = 1; with_heads && seq <= watermark; seq++) {
        struct hash256 one = head_of(device, seq);
        json_array_append_new(heads, json_pack("{s:I,s:o}", "seq", (json_int_t)seq, "head", hex_json(one.b, HASH_SIZE)));
    }
    assert_ok(lund.store->registry->identity(lund.store, &identity));
    return json_pack("{s:o,s:I,s:o,s:o,s:I,s:o,s:o}", "store", hex_json(identity.store_id.b, ID_SIZE), "epoch",
                     (json_int_t)identity.epoch, "device", hex_json(id.b, ID_SIZE), "outbox", hex_json(outbox.b, ID_SIZE),
                     "watermark", (json_int_t)watermark, "head", hex_json(head.b, HASH_SIZE), "heads", heads);
}

static void hold(json_t *take_receipt) {
    struct fault fault = {0};
    assert_ok(read_verify_receipt(lund.store, take_receipt, &findings.rows, &summary, &fault));
    assert_int_equal(field_truth(summary, "sound"), kept_count(&findings) == 0);
    json_decref(take_receipt);
}

static void assert_only_finding(const char *what, int64_t seq) {
    assert_int_equal(kept_count(&findings), 1);
    assert_string_equal(field_text(kept_row(&findings, 0), "what"), what);
    assert_int_equal(field_number(kept_row(&findings, 0), "seq"), seq);
}

static void a_receipt_is_kept_to_where_more_has_come_since_and_where_reports_were_erased(void **state) {
    send_batch(0, 4);
    json_t *receipt = receipt_now(0, 4, true);
    send_batch(0, 3);
    lose(0, 9);
    lund_begin(&lund);
    assert_ok(lund.store->ledger->erase(lund.store, 2, FOR_A_TEST));
    lund_commit(&lund);
    hold(receipt);
    assert_true(field_truth(summary, "sound"));
    assert_int_equal(field_number(summary, "watermark"), 4);
    assert_int_equal(field_number(summary, "stored"), 9);
    assert_false(field_truth(summary, "restored"));
}

static void reports_taken_off_the_end_are_missing_from_their_first_on(void **state) {
    send_batch(0, 3);
    char sql[256], head[2 * HASH_SIZE + 1];
    struct hash256 before = head_of(0, 3);
    hex_encode(bytes_of(before.b, HASH_SIZE), head);
    send_batch(0, 4);
    json_t *receipt = receipt_now(0, 7, false);
    tamper("DELETE FROM reports WHERE seq > 3");
    tamper("DELETE FROM batches WHERE first_seq > 3");
    snprintf(sql, sizeof sql, "UPDATE outboxes SET watermark = 3, head = x'%s'", head);
    tamper(sql);
    hold(receipt);
    assert_only_finding("Missing from here on, though there is a receipt for it.", 4);
}

// A device and an administrator who make another history together, signatures and all: only the receipt tells.
static void another_history_that_is_signed_is_found_at_its_first_report(void **state) {
    send_batch(0, 6);
    json_t *receipt = receipt_now(0, 6, true);
    json_t *heads = json_object_get(receipt, "heads");
    for (size_t i = 3; i < 6; i++) // as if what the device has began to differ at seq 4
        json_object_set_new(json_array_get(heads, i), "head", hex_json((struct hash256){{1}}.b, HASH_SIZE));
    json_object_set_new(receipt, "head", hex_json((struct hash256){{1}}.b, HASH_SIZE));
    hold(receipt);
    assert_only_finding("Another report than the one that there is a receipt for.", 4);
}

static void without_heads_the_place_is_told_as_far_as_it_is_known(void **state) {
    send_batch(0, 6);
    json_t *receipt = receipt_now(0, 6, false);
    json_object_set_new(receipt, "head", hex_json((struct hash256){{1}}.b, HASH_SIZE));
    hold(receipt);
    assert_only_finding("From here on not what there is a receipt for.", 1);
}

static void an_altered_body_is_named_under_a_receipt_too(void **state) {
    send_batch(0, 6);
    json_t *receipt = receipt_now(0, 6, true);
    tamper("UPDATE reports SET body = x'0801' WHERE row = 5");
    hold(receipt);
    assert_only_finding("The report is not what its hash says.", 5);
}

static void an_outbox_that_is_gone_and_another_store_are_told(void **state) {
    send_batch(0, 2);
    json_t *receipt = receipt_now(0, 2, true);
    json_object_set_new(receipt, "outbox", hex_json((struct id128){{1}}.b, ID_SIZE));
    hold(json_incref(receipt));
    assert_only_finding("Missing from here on, though there is a receipt for it.", 1);
    json_decref(summary);
    summary = NULL;
    json_object_set_new(receipt, "store", hex_json((struct id128){{1}}.b, ID_SIZE));
    assert_ok(read_verify_receipt(lund.store, receipt, &findings.rows, &summary, NULL));
    assert_true(is_found("The receipt is of another store."));
    json_decref(receipt);
}

static void after_a_restore_what_is_missing_is_told_with_its_cause(void **state) {
    send_batch(0, 2);
    json_t *receipt = receipt_now(0, 2, true);
    json_object_set_new(receipt, "epoch", json_integer(99));
    json_object_set_new(receipt, "watermark", json_integer(5));
    hold(receipt);
    assert_true(field_truth(summary, "restored"));
    assert_only_finding("Missing from here on, though there is a receipt for it; the store was restored since the receipt.",
                        3);
}

static void what_is_no_receipt_is_refused(void **state) {
    struct fault fault = {0};
    send_batch(0, 2);
    json_t *receipt = receipt_now(0, 2, true);
    json_array_append_new(json_object_get(receipt, "heads"), json_pack("{s:i,s:s}", "seq", 1, "head", "00"));
    assert_err(ROND_EINVALID, read_verify_receipt(lund.store, receipt, &findings.rows, &summary, &fault));
    assert_string_equal(fault.text, "The file holds no receipt.");
    assert_err(ROND_EINVALID, read_verify_receipt(lund.store, NULL, &findings.rows, &summary, &fault));
    json_decref(receipt);
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, open_lund, close_lund)
    const struct CMUnitTest tests[] = {
        TEST(a_store_that_nobody_touched_is_sound),
        TEST(an_empty_store_is_sound),
        TEST(an_erased_report_leaves_the_chain_whole),
        TEST(an_altered_body_is_one_finding_with_its_name),
        TEST(an_altered_leaf_breaks_the_head),
        TEST(a_body_with_a_hash_made_anew_cannot_be_signed),
        TEST(a_signature_of_another_device_does_not_hold),
        TEST(a_watermark_set_back_is_found),
        TEST(a_report_that_is_gone_is_found),
        TEST(the_same_identity_twice_is_found),
        TEST(a_batch_that_is_gone_is_found),
        TEST(a_total_that_is_not_the_sum_is_found),
        TEST(a_contribution_that_is_gone_is_found),
        TEST(two_reports_that_count_as_one_event_are_found),
        TEST(each_way_of_doctoring_a_store_names_device_and_seq),
        TEST(an_inserted_row_is_named_by_what_it_says_it_is),
        TEST(a_listener_that_is_gone_ends_it),
        TEST(a_receipt_is_kept_to_where_more_has_come_since_and_where_reports_were_erased),
        TEST(reports_taken_off_the_end_are_missing_from_their_first_on),
        TEST(another_history_that_is_signed_is_found_at_its_first_report),
        TEST(without_heads_the_place_is_told_as_far_as_it_is_known),
        TEST(an_altered_body_is_named_under_a_receipt_too),
        TEST(an_outbox_that_is_gone_and_another_store_are_told),
        TEST(after_a_restore_what_is_missing_is_told_with_its_cause),
        TEST(what_is_no_receipt_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
