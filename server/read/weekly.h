// What the reports of one organisation in one week led to: which count, which commitments moved and how they stand now,
// which unsafe places were put right, and what did not count.
#ifndef READ_WEEKLY_H
#define READ_WEEKLY_H

#include <jansson.h>

#include "promise/catalogue.h"
#include "rond/v1/sync.pb-c.h"
#include "wire/limits.h"

enum { WEEKLY_REASONS_MAX = 32, WEEKLY_COMMITMENTS_MAX = 24, WEEKLY_PLACES_MAX = 12 };

// Sentences in both languages, and how many reports they were said of. Reasons beyond the list count only as reports.
struct weekly_reasons {
    int64_t reports;
    size_t count;
    struct weekly_reason {
        const char *sv;
        const char *en;
        int64_t reports;
    } reasons[WEEKLY_REASONS_MAX];
};
struct weekly {
    const char *week; // "2015-W19"
    const char *organisation;
    const char *area;
    int64_t now_s;   // of what stands now
    int64_t reports; // that happened in that week and stand: corrections in place of what they correct, withdrawn ones not
    int64_t counted; // of them, toward at least one commitment
    struct weekly_reasons waiting; // in quarantine
    struct weekly_reasons not_counted;
    size_t commitments_count; // that moved, in the order of their promises
    struct weekly_commitment {
        const struct commitment *commitment;
        const char *path;
        const char *title_sv, *title_en;
        int64_t added;                       // activities, windows or closed actions that the reports tell of
        const char *summary_sv, *summary_en; // how it stands now
    } commitments[WEEKLY_COMMITMENTS_MAX];
    int64_t
        put_right; // unsafe places that a re-walk of that week found safe, where this organisation found or re-walked them
    size_t places_count; // the first of them
    struct weekly_place {
        const char *place;                // its name; "" where it cannot be told
        const char *found_by, *walked_by; // names of organisations
    } places[WEEKLY_PLACES_MAX];
};
struct weekly_wanted {
    const char *organisation;
    const char *area; // whose reports are meant and whose calendar decides
    const char *week; // NULL: the newest that has ended
    int64_t now_s;
};

// The newest week that has ended by the area's clock; false where the area has no clock.
bool weekly_newest(const struct catalogue *catalogue, const char *area, int64_t now_s, char ret_week[PERIOD_SIZE]);
// Everything in the arena. ROND_EINVALID where the week is none, ROND_ENOTFOUND where the area is not known.
// Reports arrive after they happened: the log is read from the first row that was received in that week, by pages, whatever
// came before untouched. Within the caller's read_begin.
MUST_CHECK enum rond_err weekly_read(struct store *store, const struct catalogue *catalogue,
                                     const struct weekly_wanted *wanted, struct arena *arena, struct weekly **ret_weekly);

// weekly_lines.c: pure. In the arena; at most SUMMARY_LINES_MAX lines in each language.
MUST_CHECK enum rond_err weekly_message(const struct weekly *weekly, struct arena *arena,
                                        Rond__V1__WeeklySummary **ret_message);
// {"organisation", "area", "week", "reports", "counted", "waiting", "not_counted", "put_right", "commitments":
//  [{"commitment", "title_sv", "title_en", "added", "summary_sv", "summary_en"}], "places": [{"place", "found_by",
//  "walked_by"}], "lines_sv", "lines_en"}; NULL without memory.
json_t *weekly_json(const struct weekly *weekly, const Rond__V1__WeeklySummary *message);

#endif
