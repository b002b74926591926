// The file format of SQLite (https://www.sqlite.org/fileformat2.html), as far as rows need it.
//
//   page    flag, ..., count of cells (2 bytes at 3), then from 8 (leaf) or 12 (interior) on the cells' offsets
//   cell    of a table's leaf: size, row number, payload; of an index' leaf: size, payload; of an index' interior page the
//           same behind the number of a child. (A table WITHOUT ROWID is an index.)
//   payload what does not fit follows on a list of overflow pages, each beginning with the number of the next
//   record  size of its header, a serial type for each value, then the values
//
// Everything is taken as hostile: every offset, size and page number is held against what is there.
//
// A page is what the log beside the file says last of it, where there is one (outbox_log.h).
#include "outbox_pages.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "outbox_log.h"

enum {
    PAGE_SIZE_USUAL = 4096, // where the header does not tell
    PAGE_SIZE_MAX = 65536,
    PATH_SIZE = 4096,
    FILE_HEADER = 100,
    PAYLOAD_MAX = 1024 * 1024,
    INDEX_INTERIOR = 0x02,
    INDEX_LEAF = 0x0a,
    TABLE_LEAF = 0x0d,
};

struct walk {
    int descriptor;
    int log_descriptor; // -1: none
    struct outbox_log log;
    size_t *newest;     // for each page: 1 + the frame of the log that has it, 0 where none has
    uint32_t page_size;
    uint32_t page_count;
    uint8_t *page;     // the one that is walked
    uint8_t *overflow; // one that continues a payload
    uint8_t *payload;
    page_visit *visit;
    void *context;
};

static uint32_t big_endian(const uint8_t *from, size_t size) {
    uint32_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | from[i];
    return value;
}

// Up to nine bytes, the last one whole; the bytes taken, 0 where they do not end within `room`.
static size_t varint(const uint8_t *from, size_t room, uint64_t *ret_value) {
    uint64_t value = 0;
    for (size_t i = 0; i < room && i < 9; i++) {
        if (i == 8) {
            *ret_value = value << 8 | from[i];
            return 9;
        }
        value = value << 7 | (from[i] & 0x7f);
        if (from[i] < 0x80) {
            *ret_value = value;
            return i + 1;
        }
    }
    return 0;
}

static bool image_read(const struct walk *walk, size_t frame, uint8_t *to) {
    int64_t at = outbox_log_image_at(&walk->log, frame);
    return pread(walk->log_descriptor, to, walk->page_size, at) == (ssize_t)walk->page_size;
}

static bool page_read(const struct walk *walk, uint32_t number, uint8_t *to) {
    if (number < 1 || number > walk->page_count)
        return false;
    if (walk->newest[number] != 0)
        return image_read(walk, walk->newest[number] - 1, to);
    return pread(walk->descriptor, to, walk->page_size, (off_t)(number - 1) * walk->page_size) == (ssize_t)walk->page_size;
}

// --- Records ---

// The value of one serial type at *from; false where it does not fit.
static bool value_read(uint64_t type, const uint8_t **from, const uint8_t *end, struct page_value *ret_value) {
    static const uint8_t sizes[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0};
    uint64_t size = type >= 12 ? (type - 12) / 2 : type < sizeof sizes ? sizes[type] : UINT64_MAX;
    if (size > (uint64_t)(end - *from))
        return false;
    struct page_value value = {.kind = type == 0 ? PAGE_NULL : type >= 12 ? (type % 2 == 0 ? PAGE_BLOB : PAGE_TEXT) : PAGE_NUMBER};
    if (type == 7)
        value.kind = PAGE_OTHER;
    else if (type == 8 || type == 9)
        value.number = type == 9;
    else if (type >= 12)
        value.bytes = bytes_of(*from, (size_t)size);
    else if (size > 0) {
        uint64_t number = **from & 0x80 ? UINT64_MAX : 0;
        for (size_t i = 0; i < size; i++)
            number = number << 8 | (*from)[i];
        value.number = (int64_t)number;
    }
    *from += size;
    *ret_value = value;
    return true;
}

static bool row_read(struct bytes payload, struct page_row *row) {
    uint64_t header_size;
    size_t at = varint(payload.data, payload.size, &header_size);
    if (at == 0 || header_size < at || header_size > payload.size)
        return false;
    const uint8_t *from = payload.data + header_size, *end = payload.data + payload.size;
    for (row->count = 0; at < header_size; row->count++) {
        uint64_t type;
        size_t taken = varint(payload.data + at, (size_t)header_size - at, &type);
        if (taken == 0 || row->count == PAGE_VALUES_MAX || !value_read(type, &from, end, &row->values[row->count]))
            return false;
        at += taken;
    }
    return from == end;
}

// --- Cells ---

// How much of a payload lies in its cell.
static size_t local_size(const struct walk *walk, bool is_table, uint64_t size) {
    uint64_t usable = walk->page_size, least = (usable - 12) * 32 / 255 - 23;
    uint64_t most = is_table ? usable - 35 : (usable - 12) * 64 / 255 - 23;
    if (size <= most)
        return (size_t)size;
    uint64_t fitting = least + (size - least) % (usable - 4);
    return (size_t)(fitting <= most ? fitting : least);
}

// The whole payload, gathered from its overflow pages where it has some; false where they do not hold it.
static bool payload_gather(const struct walk *walk, const uint8_t *local, size_t local_bytes, uint64_t size, struct bytes *ret_payload) {
    if (local_bytes == size) {
        *ret_payload = bytes_of(local, local_bytes);
        return true;
    }
    memcpy(walk->payload, local, local_bytes);
    uint32_t next = big_endian(local + local_bytes, 4);
    for (size_t have = local_bytes; have < size;) {
        size_t more = size - have < walk->page_size - 4 ? (size_t)size - have : walk->page_size - 4;
        if (!page_read(walk, next, walk->overflow))
            return false;
        memcpy(walk->payload + have, walk->overflow + 4, more);
        next = big_endian(walk->overflow, 4);
        have += more;
    }
    *ret_payload = bytes_of(walk->payload, (size_t)size);
    return true;
}

static enum rond_err cell_visit(const struct walk *walk, uint8_t flag, size_t offset) {
    const uint8_t *cell = walk->page + offset;
    size_t room = walk->page_size - offset, at = flag == INDEX_INTERIOR ? 4 : 0;
    struct page_row row = {.has_number = flag == TABLE_LEAF};
    uint64_t size, number = 0;
    size_t taken = at < room ? varint(cell + at, room - at, &size) : 0;
    at += taken;
    if (taken == 0 || size == 0 || size > PAYLOAD_MAX)
        return ROND_OK;
    if (row.has_number) {
        taken = varint(cell + at, room - at, &number);
        at += taken;
        row.number = (int64_t)number;
    }
    size_t local = local_size(walk, row.has_number, size);
    struct bytes payload;
    if (taken == 0 || at + local + (local < size ? 4 : 0) > room || !payload_gather(walk, cell + at, local, size, &payload) ||
        !row_read(payload, &row))
        return ROND_OK;
    return walk->visit(walk->context, &row);
}

// The one that was read into walk->page.
static enum rond_err page_walk(const struct walk *walk, uint32_t number) {
    size_t start = number == 1 ? FILE_HEADER : 0;
    uint8_t flag = walk->page[start];
    if (flag != INDEX_INTERIOR && flag != INDEX_LEAF && flag != TABLE_LEAF)
        return ROND_OK;
    size_t count = big_endian(walk->page + start + 3, 2), offsets = start + (flag == INDEX_INTERIOR ? 12 : 8);
    enum rond_err err = ROND_OK;
    for (size_t i = 0; err == ROND_OK && i < count && offsets + 2 * i + 2 <= walk->page_size; i++) {
        size_t offset = big_endian(walk->page + offsets + 2 * i, 2);
        if (offset >= offsets && offset < walk->page_size)
            err = cell_visit(walk, flag, offset);
    }
    return err;
}

// --- The file ---

static uint32_t page_size_of(int descriptor) {
    static const char magic[16] = "SQLite format 3";
    uint8_t header[18];
    if (pread(descriptor, header, sizeof header, 0) != sizeof header || memcmp(header, magic, sizeof magic) != 0)
        return PAGE_SIZE_USUAL;
    uint32_t size = big_endian(header + 16, 2);
    size = size == 1 ? PAGE_SIZE_MAX : size;
    return size >= 512 && (size & (size - 1)) == 0 ? size : PAGE_SIZE_USUAL;
}

static enum rond_err log_file_read(void *context, uint8_t *to, size_t size, int64_t at) {
    ssize_t have = pread(*(const int *)context, to, size, at);
    return have < 0 ? ROND_EIO : have == (ssize_t)size ? ROND_OK : ROND_ENOTFOUND;
}

// A log adds no more pages than it has frames.
static enum rond_err log_read(struct walk *walk) {
    const struct outbox_log_file file = {.read = log_file_read, .context = &walk->log_descriptor};
    enum rond_err err = walk->log_descriptor < 0 ? ROND_OK : outbox_log_read(&file, walk->page_size, &walk->log);
    if (err == ROND_OK && walk->log.page_size != walk->page_size)
        walk->log.committed = 0;
    walk->page_count += (uint32_t)walk->log.committed;
    walk->newest = calloc((size_t)walk->page_count + 1, sizeof *walk->newest);
    if (err != ROND_OK || walk->newest == NULL)
        return err != ROND_OK ? err : ROND_ENOMEM;
    for (size_t i = 0; i < walk->log.committed; i++)
        if (outbox_log_is_usable(&walk->log, i) && walk->log.frames[i].page <= walk->page_count)
            walk->newest[walk->log.frames[i].page] = i + 1;
    return ROND_OK;
}

static enum rond_err walk_begin(struct walk *walk) {
    off_t size = lseek(walk->descriptor, 0, SEEK_END);
    if (size < 0)
        return ROND_EIO;
    walk->page_size = page_size_of(walk->descriptor);
    walk->page_count = (uint32_t)(size / walk->page_size);
    walk->page = malloc(walk->page_size);
    walk->overflow = malloc(walk->page_size);
    walk->payload = malloc(PAYLOAD_MAX);
    return walk->page && walk->overflow && walk->payload ? log_read(walk) : ROND_ENOMEM;
}

static void walk_end(struct walk *walk) {
    free(walk->page);
    free(walk->overflow);
    free(walk->payload);
    free(walk->newest);
    outbox_log_deinit(&walk->log);
    if (walk->log_descriptor >= 0)
        close(walk->log_descriptor);
    close(walk->descriptor);
}

static enum rond_err walk_open(struct walk *walk, const char *path) {
    char log_path[PATH_SIZE];
    if (snprintf(log_path, sizeof log_path, "%s-wal", path) >= PATH_SIZE)
        return ROND_EINVALID;
    walk->descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (walk->descriptor < 0)
        return ROND_EIO;
    walk->log_descriptor = open(log_path, O_RDONLY | O_CLOEXEC);
    enum rond_err err = walk_begin(walk);
    if (err != ROND_OK)
        walk_end(walk);
    return err;
}

enum rond_err pages_walk(const char *path, page_visit *visit, void *context) {
    struct walk walk = {.visit = visit, .context = context};
    enum rond_err err = walk_open(&walk, path);
    if (err != ROND_OK)
        return err;
    for (uint32_t number = 1; err == ROND_OK && number <= walk.page_count; number++)
        if (page_read(&walk, number, walk.page))
            err = page_walk(&walk, number);
    walk_end(&walk);
    return err;
}

static bool is_former(const struct walk *walk, size_t frame) {
    uint32_t page = walk->log.frames[frame].page;
    return outbox_log_is_usable(&walk->log, frame) && page <= walk->page_count && walk->newest[page] != frame + 1;
}

enum rond_err pages_walk_former(const char *path, page_visit *visit, void *context) {
    struct walk walk = {.visit = visit, .context = context};
    enum rond_err err = walk_open(&walk, path);
    if (err != ROND_OK)
        return err;
    for (size_t frame = walk.log.committed; err == ROND_OK && frame-- > 0;)
        if (is_former(&walk, frame) && image_read(&walk, frame, walk.page))
            err = page_walk(&walk, walk.log.frames[frame].page);
    walk_end(&walk);
    return err;
}
