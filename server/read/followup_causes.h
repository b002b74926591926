// Why a figure is another one than was published: what was behind it then, held against what is behind it now.
#ifndef READ_FOLLOWUP_CAUSES_H
#define READ_FOLLOWUP_CAUSES_H

#include "read/followup_evidence.h"

// Reports by what became of them since, each once.
struct followup_causes {
    int64_t late;      // arrived since, and counts
    int64_t corrected; // a correction stands in its place, or in place of another one than then
    int64_t withdrawn;
    int64_t released;  // from quarantine
    int64_t decided;   // counts otherwise: joined to others, parted from them, at a named place or not, by a decision
    bool edited;       // the commitment is another one
    bool rules;        // the program counts by other rules
};

// then, now: one commitment of each; NULL where it was not there, or is not any more. Goes through both once and reads only
// those reports that count otherwise.
MUST_CHECK enum rond_err followup_causes_find(struct store *store, const struct followup_evidence *then_all,
                                              const struct evidence_commitment *then,
                                              const struct followup_evidence *now_all,
                                              const struct evidence_commitment *now, struct followup_causes *ret_causes);

#endif
