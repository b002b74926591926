// Nothing may be lost between the counters, either. Two sums are held against each other:
//
//   since the start   received = applied + quarantined + repeated + forked + lost + refused + failed + in flight
//   in the store      the sum of all watermarks = applied + quarantined (open, released, discarded) + lost
//
// and one sum against the other: what the store has beyond what it had at the start is what was applied, quarantined and
// declared lost since. A transaction that failed may have reached the disk all the same (the answer was lost), so the store
// may have up to `failed` more. That is asked only where nothing was under way when the store was looked at.
//
// In flight is counted where work waits (ingest/group_commit.h), what became of it where it was committed
// (ingest/committer.h), so that a report that falls between the two shows.
#include <inttypes.h>
#include <string.h>

#include "app_inner.h"
#include "base/log.h"
#include "store/shape.h"

static struct commit_census census_of(const struct app *app) {
    struct app_committer_status status;
    app_committer_status(app->committer, &status);
    return status.census;
}

uint64_t app_balance_sum(const struct app *app) {
    struct commit_census census = census_of(app);
    return commit_census_reports(&census) + app->group.reports;
}

// Of a store that cannot be counted nothing is held against anything.
void app_balance_begin(struct app *app) {
    app->balance.begun = app->read_only->views->counts(app->read_only, &app->balance.start) == ROND_OK;
    app->counts = app->balance.start;
}

static void say(struct app *app, const char *what, uint64_t received, uint64_t sum) {
    if (!app->balance.disagrees)
        log_event(LOG_LEVEL_ERROR, "counters_disagree", "what=%s received=%" PRIu64 " sum=%" PRIu64, what, received, sum);
    app->balance.disagrees = true;
}

static void compare_process(struct app *app) {
    uint64_t sum = app_balance_sum(app);
    if (sum != app->group.reports_taken)
        say(app, "process", app->group.reports_taken, sum);
}

static void compare_store(struct app *app, const struct store_counts *counts) {
    if (!store_counts_add_up(counts))
        say(app, "store", counts->received, counts->reports + counts->lost);
}

static void compare_both(struct app *app, const struct store_counts *counts) {
    const struct commit_census *census = &app->balance.census;
    uint64_t added = census->reports_applied + census->reports_quarantined + census->lost;
    uint64_t found = counts->received - app->balance.start.received;
    if (found < added || found - added > census->reports_failed)
        say(app, "store_since_start", found, added);
}

void app_balance_ask(struct app *app) {
    app->balance.census = census_of(app);
    app->balance.quiet = app->group.reports == 0;
}

bool app_balance_answer(struct app *app, const struct store_counts *counts) {
    struct commit_census census = census_of(app);
    bool quiet = app->balance.quiet && commit_census_reports(&census) == app->group.reports_taken &&
                 memcmp(&census, &app->balance.census, sizeof census) == 0;
    compare_process(app);
    if (!app->balance.begun)
        return !app->balance.disagrees;
    compare_store(app, counts);
    if (quiet)
        compare_both(app, counts);
    return !app->balance.disagrees;
}

static void take_rest(struct app *app) {
    struct catalogue *newer = NULL;
    for (struct submission *group; (group = app_committer_take(app->committer, &newer));) {
        group_commit_done(&app->group, group);
        while (group) {
            struct submission *next = group->next;
            submission_destroy(group);
            group = next;
        }
        catalogue_unref(newer);
    }
    catalogue_unref(newer);
}

bool app_balance_end(struct app *app) {
    struct store_counts counts;
    if (!app->balance.begun || !app->read_only)
        return true;
    take_rest(app);
    app->balance.census = census_of(app);
    compare_process(app);
    struct app_committer_status status;
    app_committer_status(app->committer, &status);
    bool can_tell = status.trouble.err != ROND_ECORRUPT;
    if (can_tell && app->read_only->views->counts(app->read_only, &counts) == ROND_OK) {
        compare_store(app, &counts);
        compare_both(app, &counts);
    }
    return !app->balance.disagrees;
}
