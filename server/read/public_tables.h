// The public's figures as tables: CSV for a spreadsheet, GeoJSON for a map. Both from public_document
// (read/public_documents.h), so that they say the same.
#ifndef READ_PUBLIC_TABLES_H
#define READ_PUBLIC_TABLES_H

#include <jansson.h>

#include "base/buffer.h"

enum { PUBLIC_TABLE_BYTES_MAX = 32 * 1024 * 1024 };

// As read/csv.h writes it. A row for each commitment, and for a breakdown by place one for each place: "place" is empty for
// the commitment's own figure, and "done" where a count is small.
MUST_CHECK enum rond_err public_csv_write(const json_t *document, struct buffer *to);

// RFC 7946: a point for each place that a promise names, about where it is; one without geometry for a promise that names
// none.
MUST_CHECK enum rond_err public_geojson_write(const json_t *document, struct buffer *to);

#endif
