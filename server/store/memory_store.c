#include "store/memory_store.h"

#include <stdlib.h>
#include <string.h>

struct memory_store *memory_of(struct store *store) {
    return (struct memory_store *)store;
}

struct table *memory_write(struct memory_store *store, enum memory_table_id id) {
    CHECK(store->in_transaction);
    return &store->tables[id];
}

uint64_t memory_hash_id(const struct id128 *id) {
    return hash_add(HASH_START, id->b, ID_SIZE);
}
uint64_t memory_hash_number(uint64_t number) {
    return hash_add_number(HASH_START, number);
}
uint64_t memory_hash_seq(uint64_t outbox, uint64_t seq) {
    return hash_add_number(memory_hash_number(outbox), seq);
}
uint64_t memory_hash_identity(const struct id128 *outbox, uint64_t seq) {
    return hash_add_number(memory_hash_id(outbox), seq);
}
uint64_t memory_hash_text(uint64_t number, const char *text) {
    return hash_add_text(memory_hash_number(number), text);
}

uint64_t memory_hash_joint(const char *area, uint32_t kind, const char *reference) {
    return hash_add_text(memory_hash_text(kind, area), reference);
}

static uint64_t outbox_by_outbox(const void *item) {
    return memory_hash_id(&((const struct memory_outbox *)item)->outbox);
}
static uint64_t outbox_by_device(const void *item) {
    return memory_hash_id(&((const struct memory_outbox *)item)->device);
}
static uint64_t outbox_by_prefix(const void *item) {
    return memory_hash_number(((const struct memory_outbox *)item)->reference_prefix);
}
static uint64_t report_by_seq(const void *item) {
    const struct memory_report *report = item;
    return memory_hash_seq(report->outbox, report->report.key.seq);
}
static uint64_t batch_by_outbox(const void *item) {
    return memory_hash_number(((const struct memory_batch *)item)->outbox);
}
static uint64_t revision_by_named(const void *item) {
    const struct memory_revision *revision = item;
    return memory_hash_identity(&revision->outbox, revision->seq);
}
static uint64_t fork_by_key(const void *item) {
    const struct memory_fork *fork = item;
    return memory_hash_identity(&fork->fork.key.outbox, fork->fork.key.seq);
}
static uint64_t logged_by_outbox(const void *item) {
    return memory_hash_number(((const struct memory_logged *)item)->outbox);
}
static uint64_t ruling_by_key(const void *item) {
    const struct memory_ruling *ruling = item;
    return memory_hash_identity(&ruling->key.outbox, ruling->key.seq);
}
static uint64_t joint_by_key(const void *item) {
    const struct memory_joint *joint = item;
    return memory_hash_joint(joint->area, joint->kind, joint->reference);
}
static uint64_t contribution_by_row(const void *item) {
    return memory_hash_number(((const struct memory_contribution *)item)->stored.row);
}
static uint64_t contribution_by_bucket(const void *item) {
    const struct stored_contribution *stored = &((const struct memory_contribution *)item)->stored;
    return memory_hash_text(stored->commitment, stored->value.bucket);
}
static uint64_t contribution_by_commitment(const void *item) {
    return memory_hash_number(((const struct memory_contribution *)item)->stored.commitment);
}
static uint64_t total_by_period(const void *item) {
    const struct memory_total *total = item;
    return memory_hash_text(total->commitment, total->total.period);
}
static uint64_t total_by_commitment(const void *item) {
    return memory_hash_number(((const struct memory_total *)item)->commitment);
}
static uint64_t crowd_by_bucket(const void *item) {
    const struct memory_crowd *crowd = item;
    return memory_hash_text(crowd->commitment, crowd->bucket);
}
static uint64_t spot_by_row(const void *item) {
    return memory_hash_number(((const struct memory_spot *)item)->spot.row);
}
static uint64_t map_by_key(const void *item) {
    return memory_hash_map(&((const struct memory_map *)item)->row.at);
}
static uint64_t device_by_id(const void *item) {
    return memory_hash_id(&((const struct memory_device *)item)->record.device);
}
static uint64_t key_by_hash(const void *item) {
    return hash_add(HASH_START, ((const struct device_key *)item)->spki_hash.b, HASH_SIZE);
}
static uint64_t key_by_device(const void *item) {
    return memory_hash_id(&((const struct device_key *)item)->device);
}
static uint64_t code_by_hash(const void *item) {
    return hash_add(HASH_START, ((const struct enrol_code *)item)->secret_hash.b, HASH_SIZE);
}
static uint64_t reference_by_id(const void *item) {
    const struct memory_reference *reference = item;
    return memory_hash_text(reference->kind, reference->id);
}

static uint64_t promise_version_by_promise(const void *item) {
    return memory_hash_text(0, ((const struct memory_promise_version *)item)->promise);
}

static const struct {
    size_t item_size;
    uint64_t (*hashes[TABLE_INDEXES_MAX])(const void *item);
} SHAPES[MEMORY_TABLE_COUNT] = {
    [MEMORY_OUTBOXES] = {sizeof(struct memory_outbox), {outbox_by_outbox, outbox_by_device, outbox_by_prefix}},
    [MEMORY_REPORTS] = {sizeof(struct memory_report), {report_by_seq}},
    [MEMORY_BATCHES] = {sizeof(struct memory_batch), {batch_by_outbox}},
    [MEMORY_REVISIONS] = {sizeof(struct memory_revision), {revision_by_named}},
    [MEMORY_FLAGS] = {sizeof(struct memory_flag), {NULL}},
    [MEMORY_FORKS] = {sizeof(struct memory_fork), {fork_by_key}},
    [MEMORY_LOG] = {sizeof(struct memory_logged), {logged_by_outbox}},
    [MEMORY_COMMITMENTS] = {sizeof(const char *), {NULL}},
    [MEMORY_CONTRIBUTIONS] = {sizeof(struct memory_contribution),
                              {contribution_by_row, contribution_by_bucket, contribution_by_commitment}},
    [MEMORY_TOTALS] = {sizeof(struct memory_total), {total_by_period, total_by_commitment}},
    [MEMORY_CROWDS] = {sizeof(struct memory_crowd), {crowd_by_bucket}},
    [MEMORY_SPOTS] = {sizeof(struct memory_spot), {spot_by_row}},
    [MEMORY_MAP] = {sizeof(struct memory_map), {map_by_key}},
    [MEMORY_DEVICES] = {sizeof(struct memory_device), {device_by_id}},
    [MEMORY_KEYS] = {sizeof(struct device_key), {key_by_hash, key_by_device}},
    [MEMORY_CODES] = {sizeof(struct enrol_code), {code_by_hash}},
    [MEMORY_REFERENCE] = {sizeof(struct memory_reference), {reference_by_id}},
    [MEMORY_PROMISE_VERSIONS] = {sizeof(struct memory_promise_version), {promise_version_by_promise}},
    [MEMORY_FOLLOWUPS] = {sizeof(struct followup), {NULL}},
    [MEMORY_FOLLOWUP_KEYS] = {sizeof(struct followup_key), {NULL}},
    [MEMORY_AUDIT] = {sizeof(struct memory_audit), {NULL}},
    [MEMORY_DECISIONS] = {sizeof(struct decision), {NULL}},
    [MEMORY_RULINGS] = {sizeof(struct memory_ruling), {ruling_by_key}},
    [MEMORY_PEOPLE] = {sizeof(struct person), {NULL}},
    [MEMORY_SESSIONS] = {sizeof(struct memory_session), {NULL}},
    [MEMORY_JOINTS] = {sizeof(struct memory_joint), {joint_by_key}},
    [MEMORY_RULES] = {sizeof(struct memory_rule), {NULL}},
    [MEMORY_NOTES] = {sizeof(struct retention_note), {NULL}},
};

enum rond_err memory_begin(struct store *base) {
    struct memory_store *store = memory_of(base);
    CHECK(!store->in_transaction);
    store->in_transaction = true;
    return ROND_OK;
}

static struct memory_fault fault_take(struct memory_store *store) {
    struct memory_fault fault = {0};
    if (store->faults_count > 0) {
        fault = store->faults[0];
        store->faults_count--;
        memmove(store->faults, store->faults + 1, store->faults_count * sizeof *store->faults);
    }
    return fault;
}

enum rond_err memory_commit(struct store *base) {
    struct memory_store *store = memory_of(base);
    struct memory_fault fault = fault_take(store);
    CHECK(store->in_transaction);
    if (fault.err != ROND_OK && !fault.lose_answer) {
        memory_rollback(base);
        return fault.err;
    }
    for (size_t i = 0; i < MEMORY_TABLE_COUNT; i++)
        table_commit(&store->tables[i]);
    store->in_transaction = false;
    return fault.lose_answer ? ROND_EIO : ROND_OK;
}

void memory_rollback(struct store *base) {
    struct memory_store *store = memory_of(base);
    for (size_t i = 0; i < MEMORY_TABLE_COUNT; i++)
        table_rollback(&store->tables[i]);
    store->in_transaction = false;
}

void memory_store_fail_commit(struct store *base, enum rond_err err, bool lose_answer) {
    struct memory_store *store = memory_of(base);
    CHECK(store->faults_count < MEMORY_FAULTS_MAX);
    store->faults[store->faults_count++] = (struct memory_fault){err, lose_answer};
}

static void memory_close(struct store *base) {
    struct memory_store *store = memory_of(base);
    for (size_t i = 0; i < MEMORY_TABLE_COUNT; i++)
        table_deinit(&store->tables[i]);
    if (store->heap != NULL && --store->heap->references == 0) {
        arena_deinit(&store->heap->arena);
        free(store->heap);
    }
    free(store);
}

static struct memory_store *memory_create(struct memory_heap *take_heap) {
    struct memory_store *store = calloc(1, sizeof *store);
    if (store == NULL)
        return NULL;
    store->store = (struct store){&memory_ledger, &memory_registry, &memory_views, memory_close};
    store->heap = take_heap;
    return store;
}

enum rond_err store_open_memory(const struct rng *rng, struct store **ret_store) {
    struct memory_heap *heap = calloc(1, sizeof *heap);
    if (heap == NULL)
        return ROND_ENOMEM;
    arena_init(&heap->arena, SIZE_MAX);
    heap->references = 1;
    struct memory_store *store = memory_create(heap);
    if (store == NULL) {
        free(heap);
        return ROND_ENOMEM;
    }
    for (size_t i = 0; i < MEMORY_TABLE_COUNT; i++) {
        table_init(&store->tables[i], SHAPES[i].item_size);
        for (size_t j = 0; j < TABLE_INDEXES_MAX && SHAPES[i].hashes[j] != NULL; j++)
            table_index_add(&store->tables[i], SHAPES[i].hashes[j]);
    }
    rng_fill(rng, store->identity.store_id.b, ID_SIZE);
    store->identity.epoch = 1;
    *ret_store = &store->store;
    return ROND_OK;
}

enum rond_err memory_store_snapshot(struct store *base, struct store **ret_snapshot) {
    struct memory_store *store = memory_of(base);
    CHECK(!store->in_transaction);
    struct memory_store *copy = memory_create(store->heap);
    if (copy == NULL)
        return ROND_ENOMEM;
    store->heap->references++;
    copy->identity = store->identity;
    copy->identity.epoch++;
    copy->fold_version = store->fold_version;
    for (size_t i = 0; i < MEMORY_TABLE_COUNT; i++)
        if (table_copy(&store->tables[i], &copy->tables[i]) != ROND_OK) {
            memory_close(&copy->store);
            return ROND_ENOMEM;
        }
    *ret_snapshot = &copy->store;
    return ROND_OK;
}
