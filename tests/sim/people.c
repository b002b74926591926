// What people decide while devices report. Commands take the way that they take in the server: prepared by admin/, carried
// out by the committer in its turn, and then told to the connections that they concern.
#include <stdio.h>
#include <string.h>

#include "admin/command.h"
#include "base/check.h"
#include "promise/apply.h"
#include "promise/lineage.h"
#include "sim/world.h"

enum { ROWS_TRIED = 40 };

#define OK(call) CHECK((call) == ROND_OK)

// --- Commands ---

static int64_t server_wall_ms(void *context) {
    return ((const struct world *)context)->now_ms;
}

static void command(struct world *world, const char *json) {
    const struct clock clock = {.wall_ms = server_wall_ms, .context = world};
    const struct admin_request request = {.json = bytes_of_text(json)};
    const struct admin_context context = {.catalogue = world->lund.catalogue, .clock = &clock, .rng = &world->rng};
    struct admin_work work;
    admin_prepare(&request, &context, &work);
    CHECK(work.route == ADMIN_COMMAND);
    world_trace(world, "a person asks: %s", json);
    host_submit(world, work.submission);
}

static const char *device_hex(struct world *world, const struct id128 *device) {
    char *hex = arena_array(&world->arena, 2 * ID_SIZE + 1, 1);
    CHECK(hex != NULL);
    hex_encode(bytes_of(device->b, ID_SIZE), hex);
    return hex;
}

void people_revoke(struct world *world, struct handheld *handheld, const char *how) {
    struct id128 device = lund_device(handheld->index);
    command(world, arena_printf(&world->arena, "{\"command\":\"device.revoke\",\"device\":\"%s\",\"how\":\"%s\"}",
                                device_hex(world, &device), how));
}

// What an enrolment with the key that the server knows already comes to: the same device, in use again. Certificates are
// no matter here.
static enum rond_err enrol_run(struct submission *submission, struct store *store) {
    struct device_record device;
    enum rond_err err = store->registry->device_get(store, &submission->device, &submission->arena, &device);
    if (err != ROND_OK)
        return err;
    device.status = DEVICE_ACTIVE;
    device.revoked_ms = 0;
    submission->changed_device = device.device;
    return store->registry->device_put(store, &device);
}

void people_enrol_again(struct world *world, struct handheld *handheld) {
    struct submission *submission = submission_create(SUBMISSION_COMMAND, 64 * 1024);
    CHECK(submission != NULL);
    submission->device = lund_device(handheld->index);
    submission->command = enrol_run;
    submission->bytes = 1;
    world_trace(world, "handheld %u is enrolled again", handheld->index);
    host_submit(world, submission);
}

static uint64_t reports_count(struct world *world) {
    struct store_counts counts;
    struct store *store = world->lund.store;
    OK(store->views->counts(store, &counts));
    return counts.reports;
}

bool people_decide_quarantine(struct world *world) {
    struct store *store = world->lund.store;
    uint64_t reports = reports_count(world);
    for (int i = 0; i < ROWS_TRIED && reports > 0; i++) {
        struct stored_report report;
        OK(store->views->report(store, 1 + world_below(world, reports), &world->arena, &report));
        if (report.verdict != VERDICT_QUARANTINED || report.released || report.discarded)
            continue;
        command(world, arena_printf(&world->arena, "{\"command\":\"quarantine.%s\",\"reference\":\"#%llu\"}",
                                    world_chance(world, 70) ? "release" : "discard", (unsigned long long)report.row));
        return true;
    }
    return false;
}

// --- Joint activities ---

// The original of any report that is there.
static struct report_key any_original(struct world *world, uint64_t reports) {
    struct store *store = world->lund.store;
    struct stored_report report;
    struct lineages set;
    OK(store->views->report(store, 1 + world_below(world, reports), &world->arena, &report));
    OK(lineages_load(store, world->lund.catalogue, &report, 1, &world->arena, &set));
    return set.nodes[0].counts_as;
}

// Joins two or parts one, whatever they are: what may be decided is the admin's to judge, what comes of it the fold's.
static void decide_anew(struct world *world, uint64_t reports, struct decision *ret_decision) {
    static const char *const activities[] = {"J-00001", "J-00002", "J-00003"};
    struct store *store = world->lund.store;
    struct report_key keys[2] = {any_original(world, reports), any_original(world, reports)};
    bool parts = world_chance(world, 30);
    struct decision decision = {.kind = parts ? DECISION_PART : DECISION_JOIN,
                                .subject = parts ? "" : activities[world_below(world, ARRAY_COUNT(activities))],
                                .value = "",
                                .reports = keys,
                                .reports_count = parts || report_key_equal(&keys[0], &keys[1]) ? 1 : 2,
                                .at_ms = world->now_ms,
                                .actor = "uid:1000"};
    uint64_t number;
    OK(store->registry->decision_put(store, &decision, &number));
    OK(store->views->decision(store, number, &world->arena, ret_decision));
    world_trace(world, "a person decides: %llu", (unsigned long long)number);
}

static bool decide_back(struct world *world, struct decision *ret_decision) {
    struct store *store = world->lund.store;
    uint64_t number = 1 + world_below(world, 6);
    if (store->registry->decision_undo(store, number, world->now_ms, "uid:1000") != ROND_OK)
        return false;
    OK(store->views->decision(store, number, &world->arena, ret_decision));
    world_trace(world, "a person takes decision %llu back", (unsigned long long)number);
    return true;
}

bool people_decide(struct world *world) {
    struct store *store = world->lund.store;
    struct decision decision;
    uint64_t reports = reports_count(world);
    if (reports == 0)
        return false;
    OK(store->ledger->begin(store));
    if (!world_chance(world, 25) || !decide_back(world, &decision))
        decide_anew(world, reports, &decision);
    for (size_t i = 0; i < decision.reports_count; i++) {
        struct stored_report report;
        OK(store->views->report_by_key(store, &decision.reports[i], &world->arena, &report));
        OK(promise_refold(store, world->lund.catalogue, report.row));
    }
    OK(store->ledger->commit(store));
    return true;
}
