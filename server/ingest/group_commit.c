// One fdatasync costs the same for one report as for two thousand. While a group is being committed, whatever arrives
// waits; when the committer comes back, all that waits goes into one transaction. Under no load a report is committed
// at once, alone; under load groups grow by themselves, and no timer is needed. Where a whole group waits already, it is
// given out ahead, so that the committer need not wait until the network thread has looked at what comes back.
#include "ingest/group_commit.h"

#include "base/check.h"
#include "wire/limits.h"

void group_commit_init(struct group_commit *group) {
    *group = (struct group_commit){0};
}

void group_commit_deinit(struct group_commit *group) {
    if (group == NULL)
        return;
    while (group->first != NULL) {
        struct submission *next = group->first->next;
        submission_destroy(group->first);
        group->first = next;
    }
    *group = (struct group_commit){0};
}

// What a submission weighs in the transaction; a look-up or a command counts as one report.
static size_t submission_weight(const struct submission *submission) {
    return submission->kind == SUBMISSION_BATCH && submission->batch.count > 0 ? submission->batch.count : 1;
}

enum rond_err group_commit_add(struct group_commit *group, struct submission *submission) {
    if (submission->bytes > COMMIT_QUEUE_BYTES_MAX - group->waiting_bytes)
        return ROND_EFULL;
    group->waiting_bytes += submission->bytes;
    group->waiting_weight += submission_weight(submission);
    group->reports += submission_reports(submission);
    group->reports_taken += submission_reports(submission);
    submission->next = NULL;
    if (group->last != NULL)
        group->last->next = submission;
    else
        group->first = submission;
    group->last = submission;
    return ROND_OK;
}

// The longest run from the front that stays within the bound, the first one whatever its size.
static struct submission *last_of_group(struct submission *first, size_t *ret_weight) {
    struct submission *last = first;
    size_t weight = submission_weight(first);
    while (last->next != NULL && weight + submission_weight(last->next) <= GROUP_REPORTS_MAX) {
        last = last->next;
        weight += submission_weight(last);
    }
    *ret_weight = weight;
    return last;
}

static struct submission *give_out(struct group_commit *group) {
    size_t weight, slot = group->out_count++;
    struct submission *first = group->first;
    struct submission *last = last_of_group(first, &weight);
    group->out_bytes[slot] = group->out_reports[slot] = 0;
    for (const struct submission *each = first; each != last->next; each = each->next) {
        group->out_bytes[slot] += each->bytes;
        group->out_reports[slot] += submission_reports(each);
    }
    group->waiting_weight -= weight;
    group->first = last->next;
    if (group->first == NULL)
        group->last = NULL;
    last->next = NULL;
    group->groups++;
    return first;
}

struct submission *group_commit_next(struct group_commit *group) {
    return group->out_count == 0 && group->first != NULL ? give_out(group) : NULL;
}

struct submission *group_commit_ahead(struct group_commit *group) {
    return group->out_count == 1 && group->waiting_weight > GROUP_REPORTS_MAX ? give_out(group) : NULL;
}

void group_commit_done(struct group_commit *group, const struct submission *back) {
    CHECK(group->out_count > 0);
    for (const struct submission *each = back; each != NULL; each = each->next)
        group->reports_taken += each->kind == SUBMISSION_COMMAND ? submission_reports(each) : 0;
    group->waiting_bytes -= group->out_bytes[0];
    group->reports -= group->out_reports[0];
    group->out_bytes[0] = group->out_bytes[1];
    group->out_reports[0] = group->out_reports[1];
    group->out_count--;
}

bool group_commit_is_idle(const struct group_commit *group) {
    return group->out_count == 0 && group->first == NULL;
}
