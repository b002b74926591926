// A receipt that a device kept (wire/receipt.h) held against the store: is everything that the server signed for still here,
// as it was? Whether the receipt is the server's own is asked elsewhere (receipt_key.h): this looks at the store alone.
#ifndef READ_VERIFY_RECEIPT_H
#define READ_VERIFY_RECEIPT_H

#include "read/rows.h"

// receipt: as `rond receipt --to FILE` writes it; of it device, outbox, store, epoch, watermark, head and, where they are
// there, heads below it are looked at. ROND_EINVALID with a sentence where it is none.
//
// A row for each finding as of read_verify. The chain of that outbox is made again from the stored reports, and its findings
// are given as well. Where the receipt is not kept to, one names the first seq that differs or is missing, as exactly as the
// heads tell. Then the summary:
//   {"sound", "findings", "watermark": the receipt's, "stored": the store's, "restored": the epoch is another now}
MUST_CHECK enum rond_err read_verify_receipt(struct store *store, const json_t *receipt, const struct read_rows *rows,
                                             json_t **ret_summary, struct fault *fault);

#endif
