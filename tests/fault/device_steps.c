#include "fault/device_steps.h"

#include <stdio.h>
#include <string.h>

#include "fault/dump.h"
#include "wire/limits.h"

enum { BIG_REPORT_SIZE = REPORT_BYTES_MAX, DAY_MS = 24 * 3600 * 1000 };

static const struct seal_key key = {{0x42, 7}};

// --- Time and randomness ---

static int64_t wall(void *context) {
    return ((const struct device_life *)context)->now_ms;
}
static uint64_t boot(void *context) {
    UNUSED(context);
    return 7;
}

static void begin_as(struct device_life *life, uint64_t number) {
    rng_seeded_init(&life->seeded, 1000 + number);
    life->now_ms = INT64_C(1431086400000) + (int64_t)number * 4 * DAY_MS;
}

void device_life_init(struct device_life *life, const char *path) {
    *life = (struct device_life){.synchronous = NULL};
    snprintf(life->path, sizeof life->path, "%s", path);
    arena_init(&life->arena, 16 * 1024 * 1024);
    life->rng = rng_seeded_as_rng(&life->seeded);
    life->clock = (struct clock){.wall_ms = wall, .monotonic_ms = wall, .boot_id = boot, .context = life};
}

void device_life_deinit(struct device_life *life) {
    device_life_close(life);
    arena_deinit(&life->arena);
}

enum rond_err device_life_open(struct device_life *life, struct fault *fault) {
    const struct outbox_config config = {.path = life->path, .key = &key, .rng = &life->rng, .clock = &life->clock};
    begin_as(life, 0);
    enum rond_err err = outbox_open(&config, &life->outbox, fault);
    char pragma[64];
    snprintf(pragma, sizeof pragma, "PRAGMA synchronous = %s", life->synchronous == NULL ? "FULL" : life->synchronous);
    if (err == ROND_OK && life->synchronous != NULL)
        CHECK(sqlite3_exec(life->outbox->db, pragma, NULL, NULL, NULL) == SQLITE_OK);
    return err;
}

void device_life_close(struct device_life *life) {
    outbox_close(life->outbox);
    life->outbox = NULL;
}

// --- Steps ---

static enum rond_err append(struct device_life *life, size_t step, size_t size) {
    static char body[BIG_REPORT_SIZE + 1];
    uint64_t seq;
    int head = snprintf(body, sizeof body, "report of step %zu. ", step);
    for (size_t i = (size_t)head; i < size; i++)
        body[i] = (char)('a' + (i * 7 + step) % 26);
    return outbox_append(life->outbox, bytes_of(body, size), &seq);
}

static enum rond_err append_small(struct device_life *life, size_t step) {
    return append(life, step, 90 + step);
}

static enum rond_err append_big(struct device_life *life, size_t step) {
    return append(life, step, BIG_REPORT_SIZE);
}

static enum rond_err draft_save(struct device_life *life, size_t step) {
    UNUSED(step);
    uint64_t id = 0;
    return outbox_draft_save(life->outbox, &id, bytes_of_text("a draft that will be queued"));
}

static enum rond_err draft_queue(struct device_life *life, size_t step) {
    UNUSED(step);
    uint64_t seq;
    return outbox_draft_queue(life->outbox, 1, bytes_of_text("it was a draft"), &seq);
}

// Up to `seq`, with the first one there quarantined.
static enum rond_err acknowledge_to(struct device_life *life, uint64_t seq, bool quarantined) {
    struct device_outbox_state state;
    outbox_state(life->outbox, &state);
    char reason[] = "the place is in another area", field[] = "place";
    Rond__V1__Exception exception = ROND__V1__EXCEPTION__INIT, *exceptions[] = {&exception};
    Rond__V1__Verdicts verdicts = ROND__V1__VERDICTS__INIT;
    exception.seq = state.acknowledged.seq + 1;
    exception.verdict = ROND__V1__VERDICT__VERDICT_QUARANTINED;
    exception.code = 301;
    exception.reason = reason;
    exception.field = field;
    verdicts.n_exceptions = quarantined ? 1 : 0;
    verdicts.exceptions = exceptions;
    struct device_answer answer;
    arena_reset(&life->arena);
    enum rond_err err = outbox_read(life->outbox, seq + 1, 1, &life->arena, &answer);
    return err == ROND_OK ? outbox_acknowledge(life->outbox, &answer.before, &verdicts) : err;
}

static enum rond_err acknowledge_some(struct device_life *life, size_t step) {
    UNUSED(step);
    struct device_outbox_state state;
    outbox_state(life->outbox, &state);
    return acknowledge_to(life, state.last_seq - 1, true);
}

static enum rond_err acknowledge_all(struct device_life *life, size_t step) {
    UNUSED(step);
    struct device_outbox_state state;
    outbox_state(life->outbox, &state);
    return acknowledge_to(life, state.last_seq, false);
}

static enum rond_err take_server(struct device_life *life, size_t step) {
    UNUSED(step);
    const struct device_server_state server = {.known = true, .epoch = 1, .store_id = {{3}}, .credit_bytes = 65536};
    return outbox_server_store(life->outbox, &server);
}

static enum rond_err take_reference(struct device_life *life, size_t step) {
    UNUSED(step);
    char ids[40][16], name[] = "a word of some length, so that the rows fill more than one page of the file";
    Rond__V1__Term terms[ARRAY_COUNT(ids)];
    Rond__V1__ReferenceEntry entries[ARRAY_COUNT(ids)], *list[ARRAY_COUNT(ids)];
    for (size_t i = 0; i < ARRAY_COUNT(ids); i++) {
        snprintf(ids[i], sizeof ids[i], "check/%zu", i);
        terms[i] = (Rond__V1__Term)ROND__V1__TERM__INIT;
        entries[i] = (Rond__V1__ReferenceEntry)ROND__V1__REFERENCE_ENTRY__INIT;
        terms[i].id = entries[i].id = ids[i];
        terms[i].list = terms[i].name_sv = terms[i].name_en = name;
        entries[i].revision = i + 1;
        entries[i].body_case = ROND__V1__REFERENCE_ENTRY__BODY_TERM;
        entries[i].term = &terms[i];
        list[i] = &entries[i];
    }
    Rond__V1__Reference reference = ROND__V1__REFERENCE__INIT;
    reference.cursor = ARRAY_COUNT(ids);
    reference.n_entries = ARRAY_COUNT(ids);
    reference.entries = list;
    return outbox_reference_store(life->outbox, &reference);
}

static enum rond_err take_feedback(struct device_life *life, size_t step) {
    struct device_outbox_state state;
    outbox_state(life->outbox, &state);
    char commitment[] = "lund/checks", reason[] = "it counted";
    Rond__V1__Outcome outcome = ROND__V1__OUTCOME__INIT, *outcomes[] = {&outcome};
    Rond__V1__Standing standing = ROND__V1__STANDING__INIT, *standings[] = {&standing};
    Rond__V1__Feedback feedback = ROND__V1__FEEDBACK__INIT;
    outcome.outbox.data = state.outbox.b;
    outcome.outbox.len = ID_SIZE;
    outcome.seq = state.acknowledged.seq;
    outcome.state = ROND__V1__OUTCOME_STATE__OUTCOME_STATE_COUNTED;
    outcome.reason = reason;
    standing.commitment = commitment;
    standing.done = step;
    feedback.cursor = step;
    feedback.n_outcomes = feedback.n_standings = 1;
    feedback.outcomes = outcomes;
    feedback.standings = standings;
    return outbox_feedback_store(life->outbox, &feedback);
}

static enum rond_err keep_setting(struct device_life *life, size_t step) {
    UNUSED(step);
    return outbox_setting_put(life->outbox, "sync.last_good", bytes_of_text("wss://rond.example:7443"));
}

static enum rond_err fork_now(struct device_life *life, size_t step) {
    UNUSED(step);
    return outbox_fork(life->outbox);
}

static enum rond_err reopen(struct device_life *life, size_t step) {
    UNUSED(step);
    device_life_close(life);
    return device_life_open(life, NULL);
}

static const struct {
    const char *name;
    enum rond_err (*run)(struct device_life *life, size_t step);
} STEPS[] = {
    {"append", append_small},
    {"append much", append_big},
    {"save a draft", draft_save},
    {"take the server's state", take_server},
    {"append", append_small},
    {"acknowledge some", acknowledge_some},
    {"take reference data", take_reference},
    {"keep a setting", keep_setting},
    {"queue the draft", draft_queue},
    {"take feedback", take_feedback},
    {"append", append_small},
    {"open again", reopen},
    {"acknowledge all", acknowledge_all},
    {"append", append_small},
    {"append much", append_big},
    {"append", append_small},
    {"acknowledge some, dropping the oldest payloads", acknowledge_some},
    {"append", append_small},
    {"fork", fork_now},
    {"append", append_small},
    {"open again", reopen},
    {"take feedback", take_feedback},
    {"acknowledge some", acknowledge_some},
    {"append much", append_big},
    {"acknowledge all, dropping what the fork left", acknowledge_all},
    {"append", append_small},
};

size_t device_steps(void) {
    return ARRAY_COUNT(STEPS);
}

const char *device_step_name(size_t step) {
    return step < ARRAY_COUNT(STEPS) ? STEPS[step].name : "the end";
}

enum rond_err device_step(struct device_life *life, size_t step) {
    begin_as(life, step + 1);
    return STEPS[step].run(life, step);
}

// --- Looking at it ---

static const char *chain_fault(struct device_life *life) {
    struct device_outbox_state state;
    outbox_state(life->outbox, &state);
    struct chain chain = {0};
    for (uint64_t seq = life->outbox->position.base_seq + 1; seq <= state.last_seq; seq++) {
        struct device_answer answer;
        if (outbox_read(life->outbox, seq, 1, &life->arena, &answer) != ROND_OK || !answer.before_known)
            return "a report cannot be read";
        if (answer.lost_last != 0 || answer.count != 1)
            return "a report is lost";
        if (chain.seq != 0 && !hash256_equal(&chain.head, &answer.before.head))
            return "the chain is broken";
        chain = answer.before;
        chain_append(&chain, &answer.records[0], NULL, NULL);
    }
    return chain.seq == 0 || hash256_equal(&chain.head, &life->outbox->position.last.head) ? "" : "the chain ends otherwise";
}

const char *device_life_fault(struct device_life *life) {
    const char *fault = dump_integrity(life->outbox->db);
    arena_reset(&life->arena);
    return fault[0] != '\0' ? fault : chain_fault(life);
}
