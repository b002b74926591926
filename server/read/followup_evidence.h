// What was behind the figures of a follow-up: for each commitment which reports counted, in which bucket and at which of the
// named places. Kept beside the published document and not public. Held against what counts now (read/followup_causes.h) it
// tells why a figure is another one.
//
// As bytes: "rond evidence v1" || be64 last row || be32 rules || be32 commitments, then for each of them
// be32 size || path || SHA-256 of its definition || be64 entries, then for each be64 row || the first 8 bytes of
// SHA-256 of the bucket's name || be32 places || be32 places that are open. Entries come by row.
#ifndef READ_FOLLOWUP_EVIDENCE_H
#define READ_FOLLOWUP_EVIDENCE_H

#include "base/buffer.h"
#include "read/figures_until.h"

struct evidence_entry {
    uint64_t row;
    uint64_t bucket;             // 0 where it does not count
    uint32_t places;             // of the contribution; 0 where it does not count
    uint32_t places_open;
    enum counting_reason reason; // REASON_COUNTED; others are seen now, and not kept
};
struct evidence_commitment {
    char *path;
    struct hash256 definition;   // of all that decides what counts, and of the named places
    struct evidence_entry *entries;
    size_t count;
    size_t capacity;
};
struct followup_evidence {
    uint64_t last_row;           // the last report that had arrived
    uint32_t rules;              // version of the rules of counting
    struct evidence_commitment *commitments;
    size_t count;
};

// Zeroed before the first use.
void evidence_deinit(struct followup_evidence *evidence);
MUST_CHECK enum rond_err evidence_commitment_add(struct followup_evidence *evidence, const struct commitment *commitment,
                                                 const char *path, struct evidence_commitment **ret_added);
// Sees contributions for figures_until; context is the struct evidence_commitment.
enum rond_err evidence_watch(void *context, const struct stored_contribution *contribution);
// NULL where there is none.
const struct evidence_commitment *evidence_find(const struct followup_evidence *evidence, const char *path);

enum { EVIDENCE_BYTES_MAX = 512 * 1024 * 1024, FOLLOWUP_ARENA_BYTES_MAX = 640 * 1024 * 1024 };
MUST_CHECK enum rond_err evidence_encode(const struct followup_evidence *evidence, struct buffer *to);
// ROND_ECORRUPT; to be deinited in any case.
MUST_CHECK enum rond_err evidence_decode(struct bytes from, struct followup_evidence *ret_evidence);

#endif
