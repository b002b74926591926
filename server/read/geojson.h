// Rows of a list that stand at a point of the ground, as GeoJSON (RFC 7946), which map programs open: a feature for each row,
// its point by "latitude_e6" and "longitude_e6" (none where these are null), its properties all that the row says else.
#ifndef READ_GEOJSON_H
#define READ_GEOJSON_H

#include <jansson.h>

#include "base/buffer.h"

MUST_CHECK enum rond_err geojson_begin(struct buffer *to);
// Takes both out of the row.
MUST_CHECK enum rond_err geojson_row(json_t *row, bool is_first, struct buffer *to);
MUST_CHECK enum rond_err geojson_end(struct buffer *to);

#endif
