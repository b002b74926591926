// The follow-up of a promise for one period, as the document that is signed and published.
//
// Its bytes follow from the state alone (read/followup_state.h), the period, and for a restatement the version before: no
// moment of its making is in it. JSON with sorted keys, two blanks a level, whole numbers only, one line feed at its end.
// It is public: it names no device, no person, no moment and no position.
//
// What was published stays in the format of its time; the page (read/followup_html.h) and a restatement read every one:
//   rond follow-up 1   had no "status_by_reports", and of "sureness" only "devices" and "silent", of those devices that
//                      were enrolled before the period ended; its "status" never told what is not known for silence
//
//   {"area": {"id", "name"}, "time_zone": {"id", "version"}, "format": "rond follow-up 2", "version": 1,
//    "promise": {"id", "title_sv", "title_en", "from", "to", "version", "phase": "act", "sources": [...],
//                "parties": [{"id", "name"}]},
//    "period": {"name": "2015-T1", "from", "to", "until", "early": false},    until: last day told of
//    "commitments": [{"commitment": "PROMISE/COMMITMENT", "title_sv", "title_en", "measure", "per", "about",
//      "status",                              "unknown" also where it is behind or missed and a device is silent
//      "status_by_reports",                   by what has come in
//      "figure": {"done", "target", "target_whole", "summary_sv", "summary_en", TALLY},   as of the end of `until`
//      "part": {"done", TALLY},                                                          the period's own: the difference
//      "sureness": {"devices", "silent",      that could report toward it; of them, by the end of `until` (read/sureness.h)
//        "never_heard", "unsent",             of the silent: never heard of; heard of since, with reports still to send
//        "since": "2015-04-12"},              the day on which the one of the others was heard of that is silent longest
//      "corrected"}],                         reports that count in place of an earlier one
//    "state": {...},
//    "replaces": {"version", "sha256", "promise_edited"},     of a restatement
//    "changes": [{"commitment", "title_sv", "title_en", "from": {...}, "to": {...},
//      "why": {"late", "corrected", "withdrawn", "released", "decided", "edited", "rules", "ended", "heard", "form"}}]}
//
// TALLY: "count", "person_minutes", "covered_minutes", "windows_met", "actions_open", "actions_closed". A change's `from` and
// `to` have "status", "status_by_reports", "figure", "part", "sureness" and "corrected"; null where the commitment was not
// there, or is gone.
#ifndef READ_FOLLOWUP_DOCUMENT_H
#define READ_FOLLOWUP_DOCUMENT_H

#include "base/buffer.h"
#include "read/followup_evidence.h"
#include "read/followup_period.h"
#include "read/followup_state.h"

// Of what is made now, and of what was made before.
#define FOLLOWUP_FORMAT "rond follow-up 2"
#define FOLLOWUP_FORMAT_1 "rond follow-up 1"

struct followup_request {
    const char *promise;
    struct followup_period period;
    const struct followup *previous; // the newest that is published; NULL: none
};

struct followup_draft {
    json_t *document;                  // without state and, of a first one, changes, until it is finished
    struct followup_evidence evidence; // what is behind it
    bool differs;                      // from the one before; true where there is none
    char state[STATE_NAME_SIZE];
};

// The period of a promise in the catalogue: followup_period_find for its area's zone. ROND_ENOTFOUND without such a promise.
MUST_CHECK enum rond_err followup_period_of(const struct catalogue *catalogue, const char *promise, const char *name,
                                            int64_t now_s, bool early, struct followup_period *ret_period,
                                            struct fault *fault);

// Everything but the state: what would be published now, and what changed since the one before. To be deinited in any case.
MUST_CHECK enum rond_err followup_draft_make(struct store *store, const struct catalogue *catalogue,
                                             const struct followup_request *request, struct followup_draft *ret_draft);
// Adds the state and writes the bytes.
MUST_CHECK enum rond_err followup_draft_finish(struct store *store, const struct catalogue *catalogue,
                                               struct followup_draft *draft, struct buffer *document, struct buffer *evidence);
void followup_draft_deinit(struct followup_draft *draft);

#endif
