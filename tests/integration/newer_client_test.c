// Reports of a newer client: what this version does not know of them is kept, byte by byte, and the rest counts. Only a
// newer form (schema_version) goes into quarantine, whole, and counts once a server that knows the form releases it.
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/report_samples.h"
#include "support/rondd.h"
#include "support/test.h"
#include "wire/codes.h"
#include "wire/limits.h"

enum { FIELD_OF_LATER = 2000 };

static const char *program;
static struct rondd rondd;
static struct handset handset;

static int begin(void **state) {
    UNUSED(state);
    rondd_start(&rondd, program, "");
    handset_init(&handset, &rondd, 0);
    assert_true(handset_connect(&handset));
    handset_hello(&handset, 1);
    assert_non_null(handset_expect(&handset, ROND__V1__FRAME__KIND_WELCOME));
    return 0;
}

static int end(void **state) {
    UNUSED(state);
    handset_deinit(&handset);
    rondd_end(&rondd);
    return 0;
}

// A field that comes with a later version, in a message of this one.
static void add_unknown(ProtobufCMessage *message, const char *text) {
    ProtobufCMessageUnknownField *field = arena_alloc(&handset.arena, sizeof *field);
    size_t size = bytes_of_text(text).size;
    uint8_t *data = arena_alloc(&handset.arena, size + 1);
    data[0] = (uint8_t)size; // length-prefixed
    memcpy(data + 1, text, size);
    *field = (ProtobufCMessageUnknownField){
        .tag = FIELD_OF_LATER, .wire_type = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED, .len = size + 1, .data = data};
    message->n_unknown_fields = 1;
    message->unknown_fields = field;
}

static struct record newer_record(uint32_t schema_version, const char *text) {
    Rond__V1__Report *report = sample_report(&handset.arena, ROND__V1__KIND__KIND_CHECK, 0);
    report->schema_version = schema_version;
    add_unknown(&report->base, text);
    add_unknown(&report->check->base, text);
    size_t size = rond__v1__report__get_packed_size(report);
    uint8_t *data = arena_alloc(&handset.arena, size);
    assert_int_equal(rond__v1__report__pack(report, data), size);
    return (struct record){.report = bytes_of(data, size)};
}

static void assert_stored_as_sent(uint64_t seq, struct bytes sent) {
    struct store *store = NULL;
    struct stored_report *reports = NULL;
    struct arena arena;
    size_t count = 0, found = 0;
    arena_init(&arena, 1 << 24);
    assert_ok(store_open_sqlite(rondd.lund.directory, STORE_READ_ONLY, NULL, &store, NULL));
    assert_ok(store->views->reports(store, 0, 1000, &arena, &reports, &count));
    for (size_t i = 0; i < count; i++) {
        if (reports[i].key.seq != seq)
            continue;
        found++;
        assert_true(bytes_equal(reports[i].record.report, sent));
    }
    assert_int_equal(found, 1);
    store_close(store);
    arena_deinit(&arena);
}

static void assert_ctl_says(const char *arguments, const char *words) {
    char command[600];
    const char *slash = strrchr(program, '/');
    (void)snprintf(command, sizeof command, "'%.*s/../../rondctl' --data '%s' %s 2>&1 | grep -q -- '%s'",
                   (int)(slash - program), program, rondd.lund.directory, arguments, words);
    if (system(command) != 0)
        fail_msg("%s does not say %s", arguments, words);
}

static void what_is_not_known_is_kept_and_the_rest_counts(void **state) {
    UNUSED(state);
    struct record record = newer_record(REPORT_SCHEMA_VERSION, "of a later version");
    handset_records(&handset, &record, 1);
    const Rond__V1__Frame *frame = handset_expect(&handset, ROND__V1__FRAME__KIND_VERDICTS);
    assert_non_null(frame);
    assert_int_equal(frame->verdicts->n_exceptions, 0);
    assert_stored_as_sent(1, record.report);
    assert_ctl_says("verify", "sound");
    assert_ctl_says("export", "\"verdict\":\"applied\"");
    assert_ctl_says("rebuild", "same as before");
    assert_ctl_says("--json progress --why lund-2015-trafik/cykel", "\"counted\":true");
}

static void a_newer_form_waits_whole_until_the_server_knows_it(void **state) {
    UNUSED(state);
    struct record record = newer_record(REPORT_SCHEMA_VERSION + 1, "of a later form");
    handset_records(&handset, &record, 1);
    const Rond__V1__Frame *frame = handset_expect(&handset, ROND__V1__FRAME__KIND_VERDICTS);
    assert_non_null(frame);
    assert_int_equal(frame->verdicts->n_exceptions, 1);
    assert_int_equal(frame->verdicts->exceptions[0]->code, CODE_REPORT_SCHEMA);
    assert_stored_as_sent(1, record.report);
    assert_ctl_says("verify", "sound");
    assert_ctl_says("--json counts", "\"applied\":0");
    assert_ctl_says("quarantine release '#1'", "");
    assert_ctl_says("--json counts", "\"quarantined_released\":1");
    // This server cannot tell what the newer form means, whoever releases it.
    assert_ctl_says("--json progress --why lund-2015-trafik/cykel", "\"counted\":false,\"reason\":\"quarantined\"");
    assert_ctl_says("rebuild", "same as before");
    assert_ctl_says("verify", "sound");
    assert_stored_as_sent(1, record.report);
}

// The store as a server left it for which form 1 was a newer one.
static void make_it_a_newer_form_of_then(void) {
    char path[256];
    sqlite3 *db;
    (void)snprintf(path, sizeof path, "%s/rond.db", rondd.lund.directory);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db,
                     "UPDATE reports SET verdict = 1; INSERT INTO quarantine (row, code, reason, field, decided)"
                     " SELECT row, 402, 'newer', 'schema_version', 0 FROM reports; UPDATE store SET fold = 1",
                     NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
}

static void what_was_a_newer_form_counts_when_it_is_released_after_the_upgrade(void **state) {
    UNUSED(state);
    struct record record = newer_record(REPORT_SCHEMA_VERSION, "known by now");
    handset_records(&handset, &record, 1);
    assert_true(handset_acknowledged(&handset));
    handset_disconnect(&handset);
    assert_int_equal(rondd_stop(&rondd, SIGTERM), 0);
    make_it_a_newer_form_of_then();
    rondd_start_again(&rondd);
    assert_ctl_says("--json counts", "\"applied\":0.*\"quarantined_open\":1");
    assert_ctl_says("quarantine release '#1'", "");
    assert_ctl_says("--json progress --why lund-2015-trafik/cykel", "\"counted\":true");
    assert_ctl_says("rebuild", "same as before");
    assert_ctl_says("verify", "sound");
    assert_stored_as_sent(1, record.report);
}

int main(int argc, char **argv) {
    UNUSED(argc);
    program = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_not_known_is_kept_and_the_rest_counts, begin, end),
        cmocka_unit_test_setup_teardown(what_was_a_newer_form_counts_when_it_is_released_after_the_upgrade, begin, end),
        cmocka_unit_test_setup_teardown(a_newer_form_waits_whole_until_the_server_knows_it, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
