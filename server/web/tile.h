// Tiles of the map's ground, where they lie in a directory of ours: DIR/Z/X/Y.png, .jpg or .webp, as programs that make
// tiles lay them out (XYZ, Web Mercator: 2^Z tiles each way, Y from the north). Read from any thread; nothing is kept.
#ifndef WEB_TILE_H
#define WEB_TILE_H

#include "base/buffer.h"

enum { TILE_ZOOM_MAX = 22, TILE_BYTES_MAX = 1024 * 1024 };
#define TILE_ADDRESS "/tiles/{z}/{x}/{y}.png" // whichever of the three a file is

struct tile {
    uint32_t zoom, x, y;
};
struct tile_zooms {
    uint32_t first, last;
};

// As they stand in an address: "12", "2200", "1290.png". Digits alone, and such a tile that there can be: no other name of a
// file can follow from it. False otherwise.
bool tile_parse(const char *zoom, const char *x, const char *file, struct tile *ret_tile);
// The folders of DIR that are zooms. ROND_ENOTFOUND: there is none; ROND_EIO: it cannot be read.
MUST_CHECK enum rond_err tile_zooms(const char *directory, struct tile_zooms *ret_zooms);
// Into an empty buffer. ROND_ENOTFOUND: there is none, or an empty file; ROND_EFULL: larger than TILE_BYTES_MAX; ROND_EIO:
// it cannot be read, or is no file; ROND_ENOMEM. *ret_type: "image/png".
MUST_CHECK enum rond_err tile_read(const char *directory, const struct tile *tile, struct buffer *to, const char **ret_type);

#endif
