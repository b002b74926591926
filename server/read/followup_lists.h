// Published follow-ups, the keys that signed them, and what has changed since.
#ifndef READ_FOLLOWUP_LISTS_H
#define READ_FOLLOWUP_LISTS_H

#include "promise/catalogue.h"
#include "read/rows.h"

// In order of publication, of one promise or of all (NULL or ""):
// {"promise", "period", "version", "state", "key", "at_ms", "at", "actor"}
MUST_CHECK enum rond_err read_followups(struct store *store, const char *promise, const struct read_rows *rows);
// The same row with "document" (its exact text) and "signature" (hexadecimal). Version 0: the newest. ROND_ENOTFOUND with a
// sentence.
MUST_CHECK enum rond_err read_followup(struct store *store, const char *promise, const char *period, uint32_t version,
                                       const struct read_rows *rows, struct fault *fault);
// {"id", "pem", "since_ms", "since", "retired_ms", "retired"}, in the order in which they were used.
MUST_CHECK enum rond_err read_followup_keys(struct store *store, const struct read_rows *rows);
// A key as openssl reads it: an Ed25519 key fits one line.
json_t *followup_key_pem(struct bytes spki);
// Every follow-up as read_followup gives it, then every key.
MUST_CHECK enum rond_err read_followup_export(struct store *store, const struct read_rows *rows);

// What a restatement made now would tell of the newest version: {"promise", "period", "version", "differs", "replaces",
// "changes"}, as in read/followup_document.h. ROND_ENOTFOUND with a sentence where nothing is published.
MUST_CHECK enum rond_err read_followup_diff(struct store *store, const struct catalogue *catalogue, const char *promise,
                                            const char *period, int64_t now_s, json_t **ret_json, struct fault *fault);

// What would be published now: {"promise", "period", "version", "differs", "document"}, the document without its state and
// as of yesterday where the period still runs. ROND_ENOTFOUND without such a promise, ROND_ECONFLICT where no day of it has
// passed.
MUST_CHECK enum rond_err read_followup_draft(struct store *store, const struct catalogue *catalogue, const char *promise,
                                             const char *period, int64_t now_s, json_t **ret_json, struct fault *fault);

#endif
