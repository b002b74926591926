// Tests: server/read/verify_chain.c server/read/verify_totals.c server/read/findings.c
#include "read/verify.h"

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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
