// Proof over the stored rows that nothing was lost, doubled or altered: the chain of every outbox is made again from the
// stored salts and bytes, every batch's head and signature checked, every report found in exactly one batch, and the
// totals added up again from the contributions. In time linear in the reports; memory does not grow with them, but for
// some 16 bytes for each bucket of one commitment at a time.
#ifndef READ_VERIFY_H
#define READ_VERIFY_H

#include "promise/catalogue.h"
#include "read/rows.h"

// A row for each finding, READ_FINDINGS_MAX at most: {"what": a sentence, "device", "outbox", "seq", "commitment"}, null
// where it does not apply. Then the summary:
//   {"sound": no finding, "findings", "outboxes", "batches", "reports", "signatures", "erased", "keyless", "lost",
//   "commitments"}
// signatures: those that hold; lost: reports declared lost. A failure to read is an error, not a finding.
enum { READ_FINDINGS_MAX = 1000 };
MUST_CHECK enum rond_err read_verify(struct store *store, const struct catalogue *catalogue, const struct read_rows *rows,
                                     json_t **ret_summary);

#endif
