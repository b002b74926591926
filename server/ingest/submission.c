#include "ingest/submission.h"

#include <stdlib.h>

uint64_t submission_reports(const struct submission *submission) {
    switch (submission->kind) {
    case SUBMISSION_BATCH:
        return submission->batch.count;
    case SUBMISSION_LOST:
        return submission->lost.last_seq - submission->lost.first_seq + 1;
    case SUBMISSION_COMMAND:
        return commit_census_reports(&submission->taken);
    case SUBMISSION_HELLO:
        break;
    }
    return 0;
}

static const struct chain *lesser(const struct chain *committed, const struct chain *received) {
    return committed->seq <= received->seq ? committed : received;
}

const struct chain *submission_acknowledges(const struct submission *submission) {
    bool is_done = submission->appended.status == APPEND_DONE;
    switch (submission->kind) {
    case SUBMISSION_HELLO:
        return submission->state.exists && !submission->state.forked ? &submission->state.chain : NULL;
    case SUBMISSION_BATCH:
        return is_done ? lesser(&submission->appended.chain, &submission->batch.chain_after) : NULL;
    case SUBMISSION_LOST:
        return is_done ? lesser(&submission->appended.chain, &submission->lost.chain_after) : NULL;
    case SUBMISSION_COMMAND:
        break;
    }
    return NULL;
}

bool submission_is_news(const struct submission *submission) {
    switch (submission->kind) {
    case SUBMISSION_BATCH:
    case SUBMISSION_LOST:
        return submission->err == ROND_OK &&
               (submission->appended.appended > 0 || submission->appended.status == APPEND_FORKED);
    case SUBMISSION_COMMAND:
        return submission->err == ROND_OK && !submission->is_of_no_news;
    case SUBMISSION_HELLO:
        break;
    }
    return false;
}

uint64_t commit_census_reports(const struct commit_census *census) {
    return census->reports_applied + census->reports_quarantined + census->reports_repeated + census->reports_forked +
           census->lost + census->reports_refused + census->reports_failed;
}

void commit_census_add(struct commit_census *census, const struct commit_census *more) {
    census->groups += more->groups;
    census->failed_groups += more->failed_groups;
    census->reports_applied += more->reports_applied;
    census->reports_quarantined += more->reports_quarantined;
    census->reports_repeated += more->reports_repeated;
    census->reports_forked += more->reports_forked;
    census->lost += more->lost;
    census->reports_refused += more->reports_refused;
    census->reports_failed += more->reports_failed;
    census->reports_flagged += more->reports_flagged;
}

struct submission *submission_create(enum submission_kind kind, size_t arena_bytes_max) {
    struct submission *submission = calloc(1, sizeof *submission);
    if (submission == NULL)
        return NULL;
    submission->kind = kind;
    submission->bytes = sizeof *submission;
    arena_init(&submission->arena, arena_bytes_max);
    arena_init(&submission->decoded, 0);
    return submission;
}

void submission_progress(void *context, uint64_t rows, uint64_t of) {
    struct submission *submission = context;
    atomic_store_explicit(&submission->progress_rows, rows, memory_order_relaxed);
    atomic_store_explicit(&submission->progress_of, of, memory_order_release);
    if (submission->progressed != NULL)
        submission->progressed(submission);
}

void submission_destroy(struct submission *submission) {
    if (submission == NULL)
        return;
    arena_deinit(&submission->decoded);
    arena_deinit(&submission->arena);
    free(submission);
}
