// Every call of a handheld and its server fails while they sync, once and from then on.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fault/dump.h"
#include "fault/fault_loop.h"
#include "fault/server_steps.h"
#include "fault/talk.h"
#include "outbox_internal.h"
#include "support/report_samples.h"
#include "support/test.h"

enum { REPORTS = 12, CONNECTIONS_MAX = 4 };

static struct server_life server;
static struct talk talk = {.server = &server, .device = 0};
static char root[] = "/tmp/rond-sync-XXXXXX", prepared[64];
static const struct seal_key key = {{9}};

static int64_t wall(void *context) {
    UNUSED(context);
    return server.lund.now_ms;
}
static const struct clock test_clock = {.wall_ms = wall, .monotonic_ms = wall};

static enum rond_err open_outbox(const char *directory) {
    char path[96];
    snprintf(path, sizeof path, "%s/outbox.db", directory);
    const struct outbox_config config = {.path = path, .key = &key, .rng = rng_system(), .clock = &test_clock};
    return outbox_open(&config, &talk.outbox, NULL);
}

static void close_outbox(void) {
    outbox_close(talk.outbox);
    talk.outbox = NULL;
}

// Both ends, which live in one folder.
static enum rond_err open_both(const char *directory) {
    CHECK(strlen(directory) < sizeof server.lund.directory);
    strcpy(server.lund.directory, directory);
    enum rond_err err = talk.outbox == NULL ? open_outbox(directory) : ROND_OK;
    if (err == ROND_OK && server.lund.store == NULL && (err = server_life_open(&server)) != ROND_OK)
        server_life_close(&server);
    return err;
}

static void close_both(void) {
    server_life_close(&server);
    close_outbox();
}

static enum rond_err sync_in(const char *directory) {
    enum rond_err err = ROND_EAGAIN;
    for (int i = 0; i < CONNECTIONS_MAX && err != ROND_OK; i++) {
        err = open_both(directory);
        if (err == ROND_OK)
            err = talk_once(&talk);
    }
    return err;
}

static enum rond_err run(void *context, const char *directory) {
    UNUSED(context);
    enum rond_err err = sync_in(directory);
    close_both();
    return err;
}

// What the device counts as acknowledged, the server has.
static const char *acknowledged_fault(void) {
    struct device_outbox_state state;
    struct outbox_state stored;
    struct store *store = server.lund.store;
    struct id128 device = lund_device(talk.device);
    outbox_state(talk.outbox, &state);
    if (store->ledger->outbox_load(store, &device, &state.outbox, &stored) != ROND_OK)
        return "the server cannot tell what it has";
    return stored.chain.seq < state.acknowledged.seq ? "what was acknowledged is not there" : "";
}

static const char *all_in_fault(void) {
    static char wrong[160];
    struct store_counts counts;
    struct outbox_totals totals;
    if (server.lund.store->views->counts(server.lund.store, &counts) != ROND_OK ||
        outbox_totals(talk.outbox, &totals) != ROND_OK)
        return "it cannot be counted";
    if (counts.reports != REPORTS || counts.lost != 0 || counts.forked != 0)
        return "not every report is there once";
    if (totals.received != REPORTS || totals.lost != 0 || totals.waiting != 0) {
        snprintf(wrong, sizeof wrong, "the device knows of %llu received, %llu waiting, %llu lost, %llu quarantined",
                 (unsigned long long)totals.received, (unsigned long long)totals.waiting, (unsigned long long)totals.lost,
                 (unsigned long long)totals.quarantined);
        return wrong;
    }
    return server_life_fault(&server, true);
}

static const char *check(void *context, const char *directory, enum rond_err err) {
    UNUSED(context);
    UNUSED(err);
    if (open_both(directory) != ROND_OK)
        return "it does not open";
    const char *fault = acknowledged_fault();
    if (fault[0] == '\0')
        fault = dump_integrity(talk.outbox->db);
    if (fault[0] == '\0' && sync_in(directory) != ROND_OK)
        fault = "a sync fails again";
    if (fault[0] == '\0')
        fault = all_in_fault();
    close_both();
    return fault;
}

static void queue(void) {
    uint64_t seq;
    for (unsigned i = 0; i < REPORTS; i++) {
        Rond__V1__Kind kind = i % 2 == 0 ? ROND__V1__KIND__KIND_CHECK : ROND__V1__KIND__KIND_VISIBLE_PATROL;
        struct record record = sample_record(&server.lund.arena, kind, i);
        assert_ok(outbox_append(talk.outbox, record.report, &seq));
    }
}

static int setup(void **state) {
    UNUSED(state);
    char home[sizeof server.lund.directory];
    assert_non_null(mkdtemp(root));
    server_life_init(&server);
    memcpy(home, server.lund.directory, sizeof home);
    (void)lund_key(talk.device);
    snprintf(prepared, sizeof prepared, "%s/prepared", root);
    fault_folder_copy(home, prepared);
    assert_ok(open_outbox(prepared));
    queue();
    close_outbox();
    fault_folder_remove(home);
    return 0;
}

static int teardown(void **state) {
    UNUSED(state);
    strcpy(server.lund.directory, root);
    server_life_deinit(&server);
    return 0;
}

static void no_failing_call_loses_or_doubles_what_is_synced(void **state) {
    UNUSED(state);
    const struct fault_scenario scenario = {
        .name = "sync", .run = run, .check = check, .prepared = prepared, .may_end_otherwise = true};
    fault_loop(&scenario, 24);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_failing_call_loses_or_doubles_what_is_synced)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
