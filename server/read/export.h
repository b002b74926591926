// Everything that came in, a report a row, in order of arrival: what report_json_stored gives, with "leaf" and "salt"
// (null where erased) and "contributions", and without free texts.
#ifndef READ_EXPORT_H
#define READ_EXPORT_H

#include "read/rows.h"

MUST_CHECK enum rond_err read_export(struct store *store, const struct read_rows *rows);
// What this organisation may see one by one (store/disclosure.h): all of its own, and of others what a rule discloses.
// Without salts, with which a guess at a text could be held against its leaf.
MUST_CHECK enum rond_err read_export_for(struct store *store, const char *organisation, const struct read_rows *rows);
MUST_CHECK enum rond_err read_export_after(struct store *store, uint64_t after_row, const struct read_rows *rows);

// [{"commitment": "PROMISE/COMMITMENT", "counted": true where it lies in a bucket, "reason", "bucket", "period",
//   "quantity", "persons", "counted_from_s", "counted_from", "counted_to_s", "counted_to"}]: as stored. Whether the bucket
// lacks something is not looked up here, see read_why.
MUST_CHECK enum rond_err read_contributions_of(struct store *store, uint64_t row, json_t **ret_list);

#endif
