#include "fault/server_steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/command.h"
#include "base/check.h"
#include "ingest/committer.h"
#include "promise/upgrade.h"
#include "read/verify.h"
#include "store/sqlite.h"
#include "support/rows.h"

enum { ARENA_BYTES_MAX = 4 * 1024 * 1024, ANSWER_BYTES_MAX = 1024 * 1024, REQUEST_SIZE = 128 * 1024 };

#define OK(call) CHECK((call) == ROND_OK)

static int64_t fixed_ms(void *context) {
    return ((const struct server_life *)context)->lund.now_ms;
}
static uint64_t fixed_boot(void *context) {
    UNUSED(context);
    return 1;
}

// --- Life ---

void server_life_init(struct server_life *life) {
    *life = (struct server_life){.synchronous = NULL};
    life->rng = rng_seeded_as_rng(&life->seeded);
    lund_open(&life->lund);
    server_life_close(life);
}

void server_life_deinit(struct server_life *life) {
    server_life_close(life);
    lund_close(&life->lund);
}

enum rond_err server_life_open(struct server_life *life) {
    struct lund *lund = &life->lund;
    rng_seeded_init(&life->seeded, 77);
    life->fault = (struct fault){0};
    enum rond_err err = store_open_sqlite(lund->directory, STORE_READ_WRITE, &life->rng, &lund->store, &life->fault);
    char pragma[64];
    snprintf(pragma, sizeof pragma, "PRAGMA synchronous = %s", life->synchronous == NULL ? "FULL" : life->synchronous);
    if (err == ROND_OK && life->synchronous != NULL)
        CHECK(sqlite3_exec(sqlite_of(lund->store)->db, pragma, NULL, NULL, NULL) == SQLITE_OK);
    if (err == ROND_OK)
        err = catalogue_create(lund->store, &lund->catalogue, &life->fault);
    if (err == ROND_OK)
        err = promise_upgrade(lund->store, lund->catalogue, NULL, NULL);
    return err;
}

void server_life_close(struct server_life *life) {
    catalogue_unref(life->lund.catalogue);
    store_close(life->lund.store);
    life->lund.catalogue = NULL;
    life->lund.store = NULL;
}

// --- Committing a group ---

static enum rond_err group_run(struct server_life *life, struct submission *group) {
    struct commit_census census = {0};
    struct catalogue *changed = NULL;
    enum rond_err err = ROND_OK;
    committer_run(life->lund.store, group, life->lund.catalogue, &census, &changed);
    if (changed != NULL) {
        catalogue_unref(life->lund.catalogue);
        life->lund.catalogue = changed;
    }
    for (const struct submission *each = group; each != NULL; each = each->next) {
        if (each->err != ROND_OK && err == ROND_OK) {
            err = each->err;
            life->fault = each->fault;
        }
    }
    return err;
}

static void group_destroy(struct submission *group) {
    while (group != NULL) {
        struct submission *next = group->next;
        submission_destroy(group);
        group = next;
    }
}

static struct submission *batch_submission(const struct ledger_batch *batch, struct submission *take_next) {
    struct submission *submission = submission_create(SUBMISSION_BATCH, ARENA_BYTES_MAX);
    if (submission == NULL) {
        group_destroy(take_next);
        return NULL;
    }
    submission->batch = *batch;
    submission->device = batch->device;
    submission->outbox = batch->outbox;
    submission->received_ms = batch->received_ms;
    submission->next = take_next;
    return submission;
}

// Batches of one step, each of another device, in one group.
static enum rond_err batches_commit(struct server_life *life, size_t step) {
    const struct server_batches *made = &life->made[step];
    struct submission *group = NULL;
    for (size_t i = made->count; i-- > 0;)
        if ((group = batch_submission(made->batches[i], group)) == NULL)
            return ROND_ENOMEM;
    enum rond_err err = group_run(life, group);
    group_destroy(group);
    return err;
}

static void batch_make(struct server_life *life, size_t step, unsigned device, const struct record *records, size_t count) {
    struct server_batches *made = &life->made[step];
    CHECK(made->count < SERVER_BATCHES_MAX);
    made->batches[made->count++] = lund_batch(&life->lund, device, 0, records, count);
}

static struct record sample(struct server_life *life, Rond__V1__Kind kind, unsigned variant) {
    return sample_record(&life->lund.arena, kind, variant);
}

typedef enum rond_err command(struct submission *submission, struct store *store);

static enum rond_err command_run(struct server_life *life, command *run) {
    struct submission *submission = submission_create(SUBMISSION_COMMAND, ARENA_BYTES_MAX);
    if (submission == NULL)
        return ROND_ENOMEM;
    submission->command = run;
    submission->command_context = life;
    enum rond_err err = group_run(life, submission);
    submission_destroy(submission);
    return err;
}

// --- Steps: reports ---

static enum rond_err one_device(struct server_life *life, size_t step) {
    const struct record records[] = {sample(life, ROND__V1__KIND__KIND_CHECK, 0),
                                     sample(life, ROND__V1__KIND__KIND_VISIBLE_PATROL, 0),
                                     sample(life, ROND__V1__KIND__KIND_MEETING, 0)};
    if (life->made[step].count == 0)
        batch_make(life, step, 0, records, ARRAY_COUNT(records));
    return batches_commit(life, step);
}

static enum rond_err three_devices(struct server_life *life, size_t step) {
    static const Rond__V1__Kind kinds[] = {ROND__V1__KIND__KIND_VISIBLE_PATROL, ROND__V1__KIND__KIND_SAFETY_WALK,
                                           ROND__V1__KIND__KIND_CHECK, ROND__V1__KIND__KIND_VISIBLE_PATROL};
    struct record records[ARRAY_COUNT(kinds)];
    for (unsigned device = 1; device <= 3 && life->made[step].count < 3; device++) {
        for (unsigned i = 0; i < ARRAY_COUNT(kinds); i++)
            records[i] = sample(life, kinds[i], 10 * device + i + (unsigned)step);
        batch_make(life, step, device, records, ARRAY_COUNT(kinds));
    }
    return batches_commit(life, step);
}

static enum rond_err corrections(struct server_life *life, size_t step) {
    if (life->made[step].count == 0) {
        struct arena *arena = &life->lund.arena;
        struct report_key first = lund_key_of(0, 0, 1);
        Rond__V1__Report *corrected = sample_report(arena, ROND__V1__KIND__KIND_CHECK, 5);
        corrected->corrects = lund_identity(arena, &first);
        const Rond__V1__Report *withdrawal = sample_withdrawal(arena, &first.device, &first.outbox, 2);
        const struct record records[] = {record_of_report(arena, corrected), record_of_report(arena, withdrawal)};
        batch_make(life, step, 0, records, ARRAY_COUNT(records));
    }
    return batches_commit(life, step);
}

static enum rond_err quarantined(struct server_life *life, size_t step) {
    if (life->made[step].count == 0) {
        Rond__V1__Report *elsewhere = sample_report(&life->lund.arena, ROND__V1__KIND__KIND_VISIBLE_PATROL, 30);
        elsewhere->place = arena_text(&life->lund.arena, "nowhere");
        const struct record records[] = {record_of_report(&life->lund.arena, elsewhere),
                                         sample(life, ROND__V1__KIND__KIND_VISIBLE_PATROL, 31)};
        batch_make(life, step, 1, records, ARRAY_COUNT(records));
        CHECK(life->made[step].batches[0]->reports[0].verdict == VERDICT_QUARANTINED);
    }
    return batches_commit(life, step);
}

// The same seqs with another content, as a clone of the handheld would send them.
static enum rond_err forked(struct server_life *life, size_t step) {
    if (life->made[step].count == 0) {
        const struct record other = sample(life, ROND__V1__KIND__KIND_CHECK, 40);
        batch_make(life, step, 2, &other, 1);
        struct ledger_batch *batch = arena_alloc(&life->lund.arena, sizeof *batch);
        *batch = *life->made[step].batches[0];
        batch->forked = true;
        batch->first_seq--;
        batch->chain_after.seq--;
        life->made[step].batches[0] = batch;
    }
    return batches_commit(life, step);
}

// --- Steps: what people decide ---

static enum rond_err release_run(struct submission *submission, struct store *store) {
    struct server_life *life = submission->command_context;
    struct stored_report *reports;
    size_t count;
    enum rond_err err = store->views->quarantine(store, false, 0, 1, &submission->arena, &reports, &count);
    if (err == ROND_OK && count == 0)
        return ROND_ENOTFOUND;
    if (err == ROND_OK)
        err = store->ledger->quarantine_decide(store, reports[0].row, true);
    return err == ROND_OK ? promise_refold(store, life->lund.catalogue, reports[0].row) : err;
}

static enum rond_err release(struct server_life *life, size_t step) {
    UNUSED(step);
    return command_run(life, release_run);
}

static enum rond_err join_run(struct submission *submission, struct store *store) {
    struct server_life *life = submission->command_context;
    struct report_key keys[] = {lund_key_of(1, 0, 2), lund_key_of(2, 0, 2)};
    const struct decision decision = {.kind = DECISION_JOIN,
                                      .subject = "J-00001",
                                      .value = "",
                                      .reports = keys,
                                      .reports_count = ARRAY_COUNT(keys),
                                      .at_ms = life->lund.now_ms,
                                      .actor = "uid:1000"};
    uint64_t number;
    enum rond_err err = store->registry->decision_put(store, &decision, &number);
    for (size_t i = 0; i < ARRAY_COUNT(keys) && err == ROND_OK; i++) {
        struct stored_report report;
        err = store->views->report_by_key(store, &keys[i], &submission->arena, &report);
        if (err == ROND_OK)
            err = promise_refold(store, life->lund.catalogue, report.row);
    }
    return err;
}

static enum rond_err join(struct server_life *life, size_t step) {
    UNUSED(step);
    return command_run(life, join_run);
}

static enum rond_err erase_run(struct submission *submission, struct store *store) {
    UNUSED(submission);
    return store->ledger->erase(store, 2, &(struct erasure){.at_ms = 7, .rule = "test"});
}

static enum rond_err erase(struct server_life *life, size_t step) {
    UNUSED(step);
    return command_run(life, erase_run);
}

static enum rond_err import(struct server_life *life, size_t step) {
    UNUSED(step);
    static char request[REQUEST_SIZE];
    if (request[0] == '\0') {
        static char text[REQUEST_SIZE / 2];
        FILE *file = fopen("tests/fixtures/lund-2015.yaml", "re");
        CHECK(file != NULL);
        text[fread(text, 1, sizeof text - 1, file)] = '\0';
        fclose(file);
        json_t *object = json_pack("{s:s,s:s,s:s}", "command", "promise.import", "name", "lund.yaml", "text", text);
        char *packed = json_dumps(object, JSON_COMPACT);
        snprintf(request, sizeof request, "%s", packed);
        free(packed);
        json_decref(object);
    }
    return server_ask(life, request);
}

static enum rond_err rebuild(struct server_life *life, size_t step) {
    UNUSED(step);
    return server_ask(life, "{\"command\":\"rebuild\"}");
}

// --- Steps: the file ---

static enum rond_err checkpoint(struct server_life *life, size_t step) {
    UNUSED(step);
    return life->lund.store->ledger->checkpoint(life->lund.store, true);
}

static enum rond_err reopen(struct server_life *life, size_t step) {
    UNUSED(step);
    server_life_close(life);
    return server_life_open(life);
}

static const struct {
    const char *name;
    enum rond_err (*run)(struct server_life *life, size_t step);
} STEPS[] = {
    {"a batch", one_device},
    {"a group of three devices", three_devices},
    {"a correction and a withdrawal", corrections},
    {"a checkpoint in a lull", checkpoint},
    {"a report for quarantine", quarantined},
    {"a fork", forked},
    {"a release from quarantine", release},
    {"two reports joined", join},
    {"a promise file imported, all counted anew", import},
    {"a group after it", three_devices},
    {"open again", reopen},
    {"an erased report", erase},
    {"a rebuild", rebuild},
    {"a checkpoint", checkpoint},
    {"a group after it", three_devices},
};

size_t server_steps(void) {
    return ARRAY_COUNT(STEPS);
}

const char *server_step_name(size_t step) {
    return step < ARRAY_COUNT(STEPS) ? STEPS[step].name : "the end";
}

enum rond_err server_step(struct server_life *life, size_t step) {
    CHECK(step < SERVER_STEPS_MAX);
    rng_seeded_init(&life->seeded, 1000 + step);
    return STEPS[step].run(life, step);
}

// --- Asking ---

static enum rond_err take_answer(void *context, struct bytes bytes) {
    return buffer_append(context, bytes);
}

enum rond_err server_ask(struct server_life *life, const char *request) {
    const struct clock clock = {.wall_ms = fixed_ms, .monotonic_ms = fixed_ms, .boot_id = fixed_boot, .context = life};
    const struct admin_context context = {
        .catalogue = life->lund.catalogue, .enrolment_url = "", .clock = &clock, .rng = &life->rng};
    const struct admin_request asked = {.uid = 1000, .json = bytes_of_text(request)};
    struct admin_work work;
    struct buffer answer;
    admin_prepare(&asked, &context, &work);
    if (work.route != ADMIN_COMMAND) {
        life->fault = work.fault;
        return work.err != ROND_OK ? work.err : ROND_EINVALID;
    }
    enum rond_err err = group_run(life, work.submission);
    buffer_init(&answer, ANSWER_BYTES_MAX);
    const struct admin_out out = {.write = take_answer, .context = &answer};
    // What cannot be told is told by the error alone; what was done stays done.
    enum rond_err told = admin_answer(work.submission, &out);
    UNUSED(told);
    buffer_deinit(&answer);
    submission_destroy(work.submission);
    return err;
}

// --- Looking at it ---

static bool is_as_counted_anew(struct lund *lund) {
    struct hash256 before, after;
    OK(promise_digest(lund->store, &before));
    OK(lund->store->ledger->begin(lund->store));
    OK(promise_rebuild(lund->store, lund->catalogue, NULL, NULL));
    OK(promise_digest(lund->store, &after));
    lund->store->ledger->rollback(lund->store);
    return hash256_equal(&before, &after);
}

const char *server_life_fault(struct server_life *life, bool deeply) {
    static char text[256];
    struct lund *lund = &life->lund;
    struct fault fault = {0};
    if (lund->store->views->integrity(lund->store, &fault) != ROND_OK) {
        snprintf(text, sizeof text, "%s", fault.text);
        return text;
    }
    if (!deeply)
        return "";
    struct kept_rows rows;
    json_t *summary = NULL;
    kept_rows_init(&rows);
    OK(read_verify(lund->store, lund->catalogue, &rows.rows, &summary));
    snprintf(text, sizeof text, "%s", kept_count(&rows) > 0 ? field_text(kept_row(&rows, 0), "what") : "");
    json_decref(summary);
    kept_rows_deinit(&rows);
    return text[0] != '\0' || is_as_counted_anew(lund) ? text : "counting anew gives something else";
}
