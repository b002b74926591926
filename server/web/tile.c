#include "web/tile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"

// --- Addresses ---

// Up to `end`; no sign, no blank, no zero before others.
static bool number_of(const char *text, const char *end, uint32_t max, uint32_t *ret_number) {
    size_t size = strspn(text, "0123456789");
    if (size == 0 || size > 7 || strcmp(text + size, end) != 0 || (size > 1 && text[0] == '0'))
        return false;
    *ret_number = (uint32_t)strtoul(text, NULL, 10);
    return *ret_number <= max;
}

bool tile_parse(const char *zoom, const char *x, const char *file, struct tile *ret_tile) {
    struct tile tile = {0};
    if (!number_of(zoom, "", TILE_ZOOM_MAX, &tile.zoom))
        return false;
    uint32_t last = (UINT32_C(1) << tile.zoom) - 1;
    if (!number_of(x, "", last, &tile.x) || !number_of(file, ".png", last, &tile.y))
        return false;
    *ret_tile = tile;
    return true;
}

// --- The directory ---

enum rond_err tile_zooms(const char *directory, struct tile_zooms *ret_zooms) {
    struct tile_zooms zooms = {TILE_ZOOM_MAX + 1, 0};
    DIR *stream = opendir(directory);
    if (!stream)
        return ROND_EIO;
    for (const struct dirent *entry; (entry = readdir(stream));) {
        uint32_t zoom;
        if (!number_of(entry->d_name, "", TILE_ZOOM_MAX, &zoom))
            continue;
        zooms.first = zoom < zooms.first ? zoom : zooms.first;
        zooms.last = zoom > zooms.last ? zoom : zooms.last;
    }
    (void)closedir(stream);
    if (zooms.first > TILE_ZOOM_MAX)
        return ROND_ENOTFOUND;
    *ret_zooms = zooms;
    return ROND_OK;
}

static enum rond_err read_all(int descriptor, size_t size, struct buffer *to) {
    enum rond_err err = buffer_reserve(to, size);
    while (!err && to->size < size) {
        ssize_t got = read(descriptor, to->data + to->size, size - to->size);
        if (got > 0)
            to->size += (size_t)got;
        else if (got == 0 || errno != EINTR) // it became shorter meanwhile, or is broken
            err = ROND_EIO;
    }
    return err;
}

// A pipe that lies there must not be waited for.
static enum rond_err read_file(const char *path, struct buffer *to) {
    struct stat status;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (descriptor < 0)
        return errno == ENOENT || errno == ENOTDIR ? ROND_ENOTFOUND : ROND_EIO;
    enum rond_err err = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) ? ROND_OK : ROND_EIO;
    if (!err && status.st_size == 0)
        err = ROND_ENOTFOUND;
    else if (!err && status.st_size > TILE_BYTES_MAX)
        err = ROND_EFULL;
    if (!err)
        err = read_all(descriptor, (size_t)status.st_size, to);
    (void)close(descriptor);
    return err;
}

enum rond_err tile_read(const char *directory, const struct tile *tile, struct buffer *to, const char **ret_type) {
    static const struct {
        const char *ending, *type;
    } KINDS[] = {{"png", "image/png"}, {"jpg", "image/jpeg"}, {"webp", "image/webp"}};
    char path[512];
    enum rond_err err = ROND_ENOTFOUND;
    for (size_t i = 0; i < ARRAY_COUNT(KINDS) && err == ROND_ENOTFOUND; i++) {
        int size = snprintf(path, sizeof path, "%s/%" PRIu32 "/%" PRIu32 "/%" PRIu32 ".%s", directory, tile->zoom, tile->x,
                            tile->y, KINDS[i].ending);
        if (size < 0 || (size_t)size >= sizeof path)
            return ROND_EIO;
        err = read_file(path, to);
        if (!err)
            *ret_type = KINDS[i].type;
    }
    return err;
}
