#include "ingest/submission.h"

#include <stdlib.h>

uint64_t submission_reports(const struct submission *submission) {
    switch (submission->kind) {
    case SUBMISSION_BATCH:
        return submission->batch.count;
    case SUBMISSION_LOST:
        return submission->lost.last_seq - submission->lost.first_seq + 1;
    default:
        return 0;
    }
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
