// One group, one transaction. A submission that cannot be carried out by its own fault (a command refused, an outbox of
// another device) must not spoil the others, and may have written before it found out: the transaction is rolled back,
// that one is taken out (its err stays set), and the rest of the group runs again from the start. Each run takes at least
// one out, so this ends. Where the store itself fails there is nothing to save: all carry that error.
//
// The fold runs over all appended rows at once, at the end or before a command (which may look at totals or decide on a
// quarantined report). Where reference data changed, a new snapshot is made and, if counting depends on what changed,
// everything is counted anew in the same transaction: figures never lag behind the promises they are shown under.
#include "ingest/committer.h"

#include "base/check.h"
#include "base/planted.h"
#include "promise/apply.h"

enum { REVISIONS_ARENA_BYTES_MAX = 64 * 1024 * 1024, REVISIONS_PAGE = 256 };

struct run {
    struct store *store;
    const struct catalogue *catalogue;
    struct catalogue *changed;             // the new snapshot; owned until handed out
    struct appended_reports *first, *last; // appended and not yet folded, without gaps between their rows
    struct submission *changer;            // last command that changed reference data; NULL: none did
    struct submission *at_fault;           // whose own failure ended the run; NULL: the store's
};

static bool is_store_failure(enum rond_err err) {
    return err == ROND_EIO || err == ROND_EFULL || err == ROND_ENOMEM;
}

// ---- The fold ----

static enum rond_err fold_appended(struct run *run) {
    enum rond_err err = ROND_OK;
    if (run->first != NULL)
        err = promise_apply(run->store, run->catalogue, run->first);
    run->first = run->last = NULL;
    return err;
}

static enum rond_err note_appended(struct run *run, struct submission *submission) {
    const struct append_result *appended = &submission->appended;
    if (appended->appended == 0)
        return ROND_OK;
    if (run->last != NULL && appended->first_row != run->last->first_row + run->last->count) {
        enum rond_err err = fold_appended(run);
        if (err != ROND_OK)
            return err;
    }
    submission->fold =
        (struct appended_reports){&submission->batch, appended->repeated, appended->appended, appended->first_row, NULL};
    if (run->last != NULL)
        run->last->next = &submission->fold;
    else
        run->first = &submission->fold;
    run->last = &submission->fold;
    return ROND_OK;
}

// ---- One submission ----

static enum rond_err look_for_hello(struct store *store, struct submission *submission) {
    enum rond_err err = store->ledger->outbox_load(store, &submission->device, &submission->outbox, &submission->state);
    if (err != ROND_OK || submission->hello_watermark > submission->state.chain.seq)
        return err;
    err = store->ledger->head_at(store, &submission->device, &submission->outbox, submission->hello_watermark,
                                 &submission->hello_head);
    submission->hello_head_known = err == ROND_OK;
    return err == ROND_ENOTFOUND ? ROND_OK : err;
}

enum rond_err committer_take(struct store *store, struct submission *submission) {
    switch (submission->kind) {
    case SUBMISSION_HELLO:
        return look_for_hello(store, submission);
    case SUBMISSION_BATCH:
        return store->ledger->append(store, &submission->batch, &submission->appended);
    case SUBMISSION_LOST:
        return store->ledger->lose(store, &submission->lost, &submission->appended);
    case SUBMISSION_COMMAND:
        break;
    }
    return ROND_EINVALID;
}

static enum rond_err run_command(struct run *run, struct submission *submission) {
    enum rond_err err = fold_appended(run);
    if (err != ROND_OK)
        return err;
    err = submission->command(submission, run->store);
    if (err == ROND_OK && submission->changes_catalogue)
        run->changer = submission;
    if (err != ROND_OK)
        run->at_fault = submission;
    return err;
}

static bool has_quarantined(const struct submission *submission) {
    bool found = false;
    for (size_t i = 0; submission->kind == SUBMISSION_BATCH && i < submission->batch.count; i++)
        found = found || submission->batch.reports[i].verdict == VERDICT_QUARANTINED;
    return found;
}

static enum rond_err run_one(struct run *run, struct submission *submission) {
    struct store *store = run->store;
    if (submission->kind == SUBMISSION_COMMAND)
        return run_command(run, submission);
    enum rond_err err = committer_take(store, submission);
    if (err == ROND_OK && submission->kind == SUBMISSION_HELLO)
        err = store->registry->device_seen(store, &submission->device, submission->received_ms, &submission->outbox,
                                           submission->hello_last_seq,
                                           submission->hello_client == NULL ? "" : submission->hello_client);
    if (err == ROND_OK && submission->kind == SUBMISSION_HELLO && !hash256_equal(&submission->issuer, &(struct hash256){0}))
        err = store->registry->device_certified(store, &submission->device, &submission->issuer);
    if (PLANTED(QUARANTINE_BLOCKS) && has_quarantined(submission))
        err = ROND_EINVALID;
    if (err != ROND_OK && !is_store_failure(err))
        run->at_fault = submission;
    return err == ROND_OK && submission->kind == SUBMISSION_BATCH ? note_appended(run, submission) : err;
}

// ---- Changed reference data ----

static bool counting_depends_on(const Rond__V1__ReferenceEntry *entry) {
    switch (entry->body_case) {
    case ROND__V1__REFERENCE_ENTRY__BODY_TERM:
    case ROND__V1__REFERENCE_ENTRY__BODY_TRUST_ANCHOR:
    case ROND__V1__REFERENCE_ENTRY__BODY_SERVER_LIST:
    case ROND__V1__REFERENCE_ENTRY__BODY_ACTIVITY: // reports name it, whether it was planned or not
        return false;
    default:
        return true;
    }
}

static enum rond_err needs_rebuild(struct run *run, bool *ret_needed) {
    struct arena arena;
    uint64_t cursor = catalogue_revision(run->catalogue), newest;
    size_t count = 0;
    bool needed = false;
    enum rond_err err;
    arena_init(&arena, REVISIONS_ARENA_BYTES_MAX);
    do {
        Rond__V1__ReferenceEntry **entries = NULL;
        arena_reset(&arena);
        err = run->store->views->reference(run->store, cursor, REVISIONS_PAGE, &arena, &entries, &count, &newest);
        for (size_t i = 0; err == ROND_OK && i < count; i++) {
            cursor = entries[i]->revision;
            needed = needed || counting_depends_on(entries[i]);
        }
    } while (err == ROND_OK && count > 0 && !needed);
    arena_deinit(&arena);
    *ret_needed = needed;
    return err;
}

static enum rond_err take_changes(struct run *run) {
    bool needed = false;
    enum rond_err err = catalogue_create(run->store, &run->changed, &run->changer->fault);
    if (err != ROND_OK && !is_store_failure(err))
        run->at_fault = run->changer;
    if (err == ROND_OK)
        err = needs_rebuild(run, &needed);
    if (err != ROND_OK)
        return err;
    run->catalogue = run->changed;
    return needed ? promise_rebuild(run->store, run->catalogue, submission_progress, run->changer) : fold_appended(run);
}

// ---- The group ----

static void clear_results(struct submission *submission) {
    submission->appended = (struct append_result){0};
    submission->state = (struct outbox_state){0};
    submission->hello_head = (struct hash256){0};
    submission->hello_head_known = false;
    submission->changes_catalogue = false;
    submission->publishes = false;
    submission->taken = (struct commit_census){0};
}

static enum rond_err run_group(struct run *run, struct submission *group) {
    enum rond_err err = run->store->ledger->begin(run->store);
    if (err != ROND_OK)
        return err;
    for (struct submission *submission = group; submission != NULL && err == ROND_OK; submission = submission->next) {
        if (submission->err == ROND_OK) {
            clear_results(submission);
            err = run_one(run, submission);
        }
    }
    if (err == ROND_OK)
        err = run->changer != NULL ? take_changes(run) : fold_appended(run);
    if (err != ROND_OK) {
        run->store->ledger->rollback(run->store);
        return err;
    }
    return run->store->ledger->commit(run->store);
}

// ---- The census ----

static void count_batch(const struct submission *submission, struct commit_census *census) {
    const struct append_result *result = &submission->appended;
    size_t neither = submission->batch.count - result->repeated - result->appended;
    census->reports_repeated += result->repeated;
    if (result->status == APPEND_FORKED)
        census->reports_forked += neither;
    else
        census->reports_refused += neither;
    for (size_t i = 0; i < result->appended; i++) {
        const struct ledger_report *report = &submission->batch.reports[result->repeated + i];
        if (report->verdict == VERDICT_APPLIED)
            census->reports_applied++;
        else
            census->reports_quarantined++;
        census->reports_flagged += report->flagged != 0;
    }
}

static void count_lost(const struct submission *submission, struct commit_census *census) {
    const struct append_result *result = &submission->appended;
    census->lost += result->appended;
    census->reports_repeated += result->repeated;
    census->reports_refused += submission_reports(submission) - result->appended - result->repeated;
}

void committer_count(const struct submission *submission, struct commit_census *census) {
    if (submission->err != ROND_OK)
        census->reports_refused += submission_reports(submission);
    else if (submission->kind == SUBMISSION_BATCH)
        count_batch(submission, census);
    else if (submission->kind == SUBMISSION_LOST)
        count_lost(submission, census);
    else if (submission->kind == SUBMISSION_COMMAND)
        commit_census_add(census, &submission->taken);
}

void committer_fail(struct submission *group, enum rond_err err, const struct fault *fault, struct commit_census *census) {
    census->failed_groups++;
    for (struct submission *submission = group; submission != NULL; submission = submission->next) {
        if (submission->err != ROND_OK) {
            committer_count(submission, census);
            continue;
        }
        if (PLANTED(GROUP_HALF_FAILED) && submission == group)
            continue;
        clear_results(submission);
        submission->err = err;
        if (fault != NULL)
            submission->fault = *fault;
        census->reports_failed += submission_reports(submission);
    }
}

void committer_run(struct store *store, struct submission *group, const struct catalogue *catalogue,
                   struct commit_census *census, struct catalogue **ret_catalogue) {
    struct run run;
    enum rond_err err;
    *ret_catalogue = NULL;
    for (struct submission *submission = group; submission != NULL; submission = submission->next)
        submission->err = ROND_OK;
    for (;;) {
        run = (struct run){.store = store, .catalogue = catalogue};
        err = run_group(&run, group);
        if (err == ROND_OK || run.at_fault == NULL)
            break;
        run.at_fault->err = err;
        catalogue_unref(run.changed);
    }
    if (err != ROND_OK) {
        catalogue_unref(run.changed);
        committer_fail(group, err, NULL, census);
        return;
    }
    census->groups++;
    for (const struct submission *submission = group; submission != NULL; submission = submission->next)
        committer_count(submission, census);
    *ret_catalogue = run.changed;
}
