// What the public gets as JSON: how the promises stand (read/public_figures.h), which statements are published, and the keys
// that verify them. Every address in it is whole and stays.
//
//   ORIGIN/public                                                   a page, and one for each promise behind it
//   ORIGIN/public/PROMISE/PERIOD/VERSION                            a statement as a page
//   ORIGIN/api/v1/public/promises.json, .csv, .geojson              all promises
//   ORIGIN/api/v1/public/promises/PROMISE
//   ORIGIN/api/v1/public/promises/PROMISE/statements
//   ORIGIN/api/v1/public/promises/PROMISE/statements/PERIOD/vVERSION.json, .json.sig    as signed, and the signature
//   ORIGIN/api/v1/public/keys, keys/ID.pem
#ifndef READ_PUBLIC_DOCUMENTS_H
#define READ_PUBLIC_DOCUMENTS_H

#include "promise/catalogue.h"
#include "read/rows.h"

#define PUBLIC_PAGE "/public"
#define PUBLIC_API "/api/v1/public"
#define PUBLIC_FORMAT "rond public 1"

struct public_settings {
    const char *origin;  // "https://rond.example.se"
    const char *licence; // of the data: an SPDX name or an address
};

// A row of the statements that are published: {"promise", "period", "version", "published": "2015-05-04", "key"}; no moment
// and nobody's name.
json_t *public_statement_row(const struct followup *followup);
// {"id", "pem"}
json_t *public_key_row(const struct followup_key *key);

// {"format", "licence", "address", "week", "promises": [...]}: each promise with "address", "page" and its "statements",
// each of those with "address", "signature" and "page". figures: public_figures_read's; statements, keys: rows. NULL without
// memory, as all of these.
json_t *public_document(const struct public_settings *settings, const char *week, const json_t *figures,
                        const json_t *statements);
// {"format", "licence", "week", "promise": {as above}}
json_t *public_document_promise(const json_t *document, json_t *promise);
// {"licence", "promise", "statements": [as above]}, whether or not the promise is still told of.
json_t *public_document_statements(const struct public_settings *settings, const char *promise, const json_t *statements);
// {"licence", "keys": [{"id", "pem", "address"}]}
json_t *public_document_keys(const struct public_settings *settings, const json_t *keys);

#endif
