// What every backend needs to agree on beyond the contract: names in texts, hashes, comparisons. No storage here.
#ifndef STORE_SHAPE_H
#define STORE_SHAPE_H

#include "base/buffer.h"
#include "store/store.h"

// A list that grows in an arena while its rows are read; the count need not be known before.
struct arena_list {
    struct arena *arena;
    size_t item_size;
    uint8_t *items;
    size_t count;
    size_t capacity;
};
// A zeroed new item; NULL without memory.
void *arena_list_add(struct arena_list *list);

// The role of a report, which outlives its body; NULL where the bytes are no report. Lives in the arena; ROND_ENOMEM.
MUST_CHECK enum rond_err report_role(struct bytes body, struct arena *arena, const char **ret_role);

// The key in an own bucket, "r:" OUTBOX(hex) ":" SEQ; false where the text is another kind of bucket.
bool bucket_own_key(const char *bucket, struct id128 *ret_outbox, uint64_t *ret_seq);

// What a decision means for each report that it names; false where it stands no longer or rules nothing.
bool decision_ruling(const struct decision *decision, struct ruling *ret_ruling);
// Decisions about one report, in order, to what holds for it. Texts stay where the decisions have them.
MUST_CHECK enum rond_err decisions_rule(const struct decision *decisions, size_t count, struct arena *arena,
                                        struct ruling_list *ret_list);

// Lists of ids are stored as one text, joined by line ends.
MUST_CHECK enum rond_err roles_join(const char *const *roles, size_t count, struct buffer *to);
MUST_CHECK enum rond_err roles_split(const char *text, struct arena *arena, const char ***ret_roles, size_t *ret_count);

// Hash of an audit row, chained over the one before (zero before the first):
// SHA-256("rond audit v1" || previous || be64(id) || be64(at_ms) || for actor, action, detail: be32(size) || bytes)
MUST_CHECK enum rond_err audit_hash(const struct hash256 *previous, uint64_t id, const struct audit_row *row,
                                    struct hash256 *ret_hash);

// Each seq that was taken in is one thing: applied, in quarantine (open, released or discarded), or declared lost. A
// decision about a quarantined one moves it, so the sum stays. Forks lie beside and count in neither.
bool store_counts_add_up(const struct store_counts *counts);

// Seqs are kept as signed 64-bit integers: false for a run that leaves them, begins at 0 or is empty.
bool seqs_fit(uint64_t first_seq, uint64_t count);

// Reference data as it is compared and stored: serialized without its revision. ROND_EINVALID without id or body.
MUST_CHECK enum rond_err reference_pack(const Rond__V1__ReferenceEntry *entry, struct buffer *to);
MUST_CHECK enum rond_err reference_unpack(struct bytes packed, uint64_t revision, struct arena *arena,
                                          Rond__V1__ReferenceEntry **ret_entry);

#endif
