// The rule vectors of tests/fixtures/rules: promises in the file format, reports as plain fields, and what must come of
// them. tests/fixtures/rules/README.md describes the form. The pure fold, the server's store and the SDK each have a test
// that runs all of them. Everything aborts where a file is wrong.
#ifndef SUPPORT_RULES_H
#define SUPPORT_RULES_H

#include <jansson.h>

#include "counting/fold.h"
#include "promise/promise_file.h"

enum { RULES_REPORTS_MAX = 24, RULES_COMMITMENTS_MAX = 48, RULES_RULINGS_MAX = 4 };

struct rules_device {
    const char *name; // "p1"
    const char *organisation;
    const char *role; // unless the report says another
};

struct rules_report {
    const char *id;
    const struct rules_device *device;
    struct report_key key; // an outbox of its own, so that any order of arrival is possible
    Rond__V1__Report *report;
    int64_t from_s, to_s;
    uint32_t uncertainty_s;
    bool quarantined, released;
    bool is_withdrawal;
    bool has_target;           // corrects or withdraws ...
    struct report_key target;
    int target_index;          // ... one of the same case; -1: one that never arrives
    int repeats;               // the same report queued anew after a fork; -1: none
    struct ruling rulings[RULES_RULINGS_MAX];
    size_t rulings_count;
};

struct rules_case {
    const char *file;
    const char *says;
    int64_t now_s;
    struct rules_report reports[RULES_REPORTS_MAX];
    size_t count;
    const json_t *expect;
};

// One file of vectors.
struct rules {
    struct arena arena;
    const char *name;
    struct promise_file promises;
    // In file order, promise after promise.
    const Rond__V1__Promise *promise_of[RULES_COMMITMENTS_MAX];
    const Rond__V1__Commitment *definitions[RULES_COMMITMENTS_MAX];
    const char *paths[RULES_COMMITMENTS_MAX];
    size_t commitments_count;
    json_t *json;
    size_t cases_count;
};

// Names of all files, NULL at the end.
extern const char *const rules_files[];
void rules_open(struct rules *rules, const char *name);
void rules_close(struct rules *rules);
void rules_case_read(struct rules *rules, size_t index, struct rules_case *ret_case);
struct place_table rules_places(const struct rules *rules);
// "counted", "counted 2015-05", "period unsure", "counted at:lund-c perhaps:bangatan", of presence "counted w0 45min 2p".
// reason: of the contribution, or what its bucket lacks. NULL text before: nothing; else it is appended to that.
const char *rules_text(struct rules *rules, const char *before, const Rond__V1__Commitment *definition,
                       const struct contribution *contribution, enum counting_reason reason);

// What somebody made of a case.
struct rules_outcome {
    const char *texts[RULES_REPORTS_MAX][RULES_COMMITMENTS_MAX]; // NULL: no contribution
    struct progress progress[RULES_COMMITMENTS_MAX];
};
// Fails the test where it is not what the case expects, saying how it differs. Every contribution must be expected, and
// every commitment that has one must be.
void rules_check(const struct rules *rules, const struct rules_case *one, const struct rules_outcome *outcome);
// What the case expects of a report toward a commitment; NULL: nothing.
const char *rules_expected(const struct rules *rules, const struct rules_case *one, size_t report, size_t commitment);

#endif
