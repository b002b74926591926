#include "app_acknowledged.h"

#include "base/check.h"
#include "wire/chain.h"

enum { REPORT_ARENA_BYTES_MAX = 1024 * 1024 };

static bool is_stored(const struct submission *submission) {
    bool brings = submission->kind == SUBMISSION_BATCH || submission->kind == SUBMISSION_LOST;
    return brings && !submission->err && submission->appended.status == APPEND_DONE && submission->appended.chain.seq > 0;
}

void app_acknowledged_note(struct app_acknowledged *acknowledged, const struct submission *group) {
    size_t count = 0;
    for (; group && count < GROUP_REPORTS_MAX; group = group->next)
        if (is_stored(group))
            acknowledged->ends[count++] = (struct acknowledged_end){.device = group->device,
                                                                    .outbox = group->outbox,
                                                                    .seq = group->appended.chain.seq,
                                                                    .head = group->appended.chain.head};
    acknowledged->count = count ? count : acknowledged->count;
}

// Its bytes are those that the chain names. One that is erased, or was declared lost, has none.
static enum rond_err check_report(const struct acknowledged_end *end, struct store *store) {
    struct report_key key = {.device = end->device, .outbox = end->outbox, .seq = end->seq};
    struct stored_report report = {0};
    struct hash256 leaf;
    struct arena arena;
    arena_init(&arena, REPORT_ARENA_BYTES_MAX);
    enum rond_err err = store->ledger->find(store, &key, 1, &arena, &report);
    if (!err && report.row && !report.erased) {
        chain_leaf(&report.salt, &report.record, &leaf);
        err = hash256_equal(&leaf, &report.leaf) ? ROND_OK : ROND_ECORRUPT;
    }
    arena_deinit(&arena);
    return err;
}

static enum rond_err check_end(const struct acknowledged_end *end, struct store *store) {
    struct outbox_state state = {0};
    struct hash256 head;
    enum rond_err err = store->ledger->outbox_load(store, &end->device, &end->outbox, &state);
    if (!err && state.chain.seq < end->seq)
        err = ROND_ECORRUPT;
    if (!err)
        err = store->ledger->head_at(store, &end->device, &end->outbox, end->seq, &head);
    if (!err && !hash256_equal(&head, &end->head))
        err = ROND_ECORRUPT;
    return err ? err : check_report(end, store);
}

enum rond_err app_acknowledged_check(const struct app_acknowledged *acknowledged, struct store *store, struct fault *fault) {
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < acknowledged->count && !err; i++)
        err = check_end(&acknowledged->ends[i], store);
    if (err == ROND_ECORRUPT || err == ROND_ENOTFOUND || err == ROND_EAUTH)
        return fault_set(fault, ROND_ECORRUPT, 0, "", "What was acknowledged last is not in the store any more.");
    return err;
}
