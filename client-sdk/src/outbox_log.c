// The log's format (https://www.sqlite.org/fileformat2.html#walformat), as far as it is needed to tell a spoilt page from a
// tail that a power cut left:
//
//   header  magic (its lowest bit: byte order of the sums), version, page size, count of checkpoints, two salts, two sums
//   frame   page number, size after a commit or 0, the header's salts, two sums; then the page
//
// Each frame's sum goes on from the one before, so a frame is known to be whole by its neighbour even where the log before
// that is not. And a transaction is begun only when the one before it is on disk (synchronous = FULL): what a power cut may
// tear is the newest one, never two. So two transactions behind the first frame that does not hold mean that the first of
// them was confirmed, and the log is spoilt. That there are two is seen where a frame goes on from one that ended a
// transaction, and in a short tail by a page that comes twice (a transaction writes a page once, unless it is so large that
// the cache overflows).
//
// The header is on disk before the first frame, and frames of an older generation have other salts. A header that does not
// hold before frames that do is spoilt, unless all of them are in the database already: then it was being written anew.
//
// Where a file does not promise that a torn write leaves the bytes beside it alone ("powersafe overwrite"; SQLite's own
// files do), SQLite repeats frames to fill sectors, and a power cut may damage what was confirmed: nothing is concluded
// there.
#include "outbox_log.h"

#include <stdlib.h>
#include <string.h>

enum {
    HEADER = 32,
    FRAME_HEADER = 24,
    PAGE_SIZE_USUAL = 4096,
    PAGE_SIZE_LEAST = 512,
    PAGE_SIZE_MOST = 65536,
    SHORT_TAIL_FRAMES = 64
};
#define MAGIC UINT32_C(0x377f0682)

static bool machine_is_big_endian(void) {
    const uint16_t one = 1;
    uint8_t first;
    memcpy(&first, &one, 1);
    return first == 0;
}

static uint32_t word(const uint8_t *at, bool is_big_endian) {
    return is_big_endian ? get_be32(at) : (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

// SQLite's own sum of pairs of words, going on from `sum`.
static uint64_t sum_on(uint64_t sum, bool is_big_endian, const uint8_t *from, size_t size) {
    uint32_t first = (uint32_t)(sum >> 32), second = (uint32_t)sum;
    for (size_t i = 0; i + 8 <= size; i += 8) {
        first += word(from + i, is_big_endian) + second;
        second += word(from + i + 4, is_big_endian) + first;
    }
    return (uint64_t)first << 32 | second;
}

// --- Reading ---

static enum rond_err header_read(const struct outbox_log_file *file, struct outbox_log *log) {
    uint8_t header[HEADER];
    enum rond_err err = file->read(file->context, header, sizeof header, 0);
    if (err != ROND_OK)
        return err;
    uint32_t magic = get_be32(header), page_size = get_be32(header + 8);
    bool is_big_endian = magic & 1;
    uint64_t sum = sum_on(0, is_big_endian, header, HEADER - 8);
    bool fits = (magic & ~UINT32_C(1)) == MAGIC && page_size >= PAGE_SIZE_LEAST && page_size <= PAGE_SIZE_MOST &&
                (page_size & (page_size - 1)) == 0 && sum == get_be64(header + HEADER - 8);
    if (!fits)
        return ROND_OK;
    log->has_header = true;
    log->is_big_endian = is_big_endian;
    log->page_size = page_size;
    log->salts = get_be64(header + 16);
    log->header_sum = sum;
    return ROND_OK;
}

static enum rond_err frame_add(struct outbox_log *log, const uint8_t *bytes) {
    if (log->count == log->capacity) {
        size_t capacity = log->capacity == 0 ? 256 : 2 * log->capacity;
        struct outbox_log_frame *frames = realloc(log->frames, capacity * sizeof *frames);
        if (frames == NULL)
            return ROND_ENOMEM;
        log->frames = frames;
        log->capacity = capacity;
    }
    const uint8_t *page = bytes + FRAME_HEADER;
    uint64_t before = log->count == 0 ? log->header_sum : log->frames[log->count - 1].sum;
    uint64_t sum = sum_on(sum_on(before, log->is_big_endian, bytes, 8), log->is_big_endian, page, log->page_size);
    struct outbox_log_frame frame = {.page = get_be32(bytes),
                                     .commit = get_be32(bytes + 4),
                                     .salts = get_be64(bytes + 8),
                                     .sum = get_be64(bytes + 16),
                                     .content = sum_on(0, log->is_big_endian, page, log->page_size)};
    frame.is_chained = frame.sum == sum && (log->count > 0 || log->has_header);
    log->frames[log->count++] = frame;
    return ROND_OK;
}

static enum rond_err frames_read(const struct outbox_log_file *file, struct outbox_log *log) {
    size_t size = FRAME_HEADER + log->page_size;
    uint8_t *bytes = malloc(size);
    enum rond_err err = bytes == NULL ? ROND_ENOMEM : ROND_OK;
    for (int64_t at = HEADER; err == ROND_OK; at += (int64_t)size) {
        err = file->read(file->context, bytes, size, at);
        if (err == ROND_OK)
            err = frame_add(log, bytes);
    }
    free(bytes);
    return err == ROND_ENOTFOUND ? ROND_OK : err;
}

static bool is_ours(const struct outbox_log *log, size_t frame) {
    return log->frames[frame].salts == log->salts && log->frames[frame].page != 0;
}

// Without the header, the generation is that of the first two frames that belong together.
static void salts_find(struct outbox_log *log) {
    for (size_t i = 1; i < log->count; i++)
        if (log->frames[i].is_chained && log->frames[i].salts == log->frames[i - 1].salts) {
            log->salts = log->frames[i].salts;
            return;
        }
    log->count = 0;
}

enum rond_err outbox_log_read(const struct outbox_log_file *file, uint32_t page_size, struct outbox_log *ret_log) {
    struct outbox_log log = {.page_size = page_size, .is_big_endian = machine_is_big_endian()};
    enum rond_err err = header_read(file, &log);
    if (err == ROND_OK)
        err = frames_read(file, &log);
    if (err == ROND_OK && !log.has_header)
        salts_find(&log);
    for (size_t i = 0; err == ROND_OK && i < log.count; i++)
        if (is_ours(&log, i) && log.frames[i].commit != 0)
            log.committed = i + 1;
    if (err != ROND_OK)
        outbox_log_deinit(&log);
    if (err == ROND_OK || err == ROND_ENOTFOUND)
        *ret_log = log;
    return err == ROND_ENOTFOUND ? ROND_OK : err;
}

void outbox_log_deinit(struct outbox_log *log) {
    free(log->frames);
    *log = (struct outbox_log){0};
}

// --- What it says ---

// A frame that is ours behind one that is, and does not go on from it, is not what was written there.
static bool is_broken(const struct outbox_log *log, size_t frame) {
    bool is_followed = frame == 0 ? log->has_header : is_ours(log, frame - 1);
    return is_followed && !log->frames[frame].is_chained;
}

bool outbox_log_is_usable(const struct outbox_log *log, size_t frame) {
    return frame < log->committed && is_ours(log, frame) && !is_broken(log, frame);
}

int64_t outbox_log_image_at(const struct outbox_log *log, size_t frame) {
    return HEADER + (int64_t)frame * (FRAME_HEADER + log->page_size) + FRAME_HEADER;
}

// The first frame that does not hold, and behind which commit SQLite ends the log for its sake.
static size_t first_broken(const struct outbox_log *log, size_t *ret_taken) {
    size_t frame = 0;
    *ret_taken = 0;
    for (; log->has_header && frame < log->count && is_ours(log, frame) && log->frames[frame].is_chained; frame++)
        if (log->frames[frame].commit != 0)
            *ret_taken = frame + 1;
    return frame;
}

static bool goes_on_behind_a_commit(const struct outbox_log *log, size_t frame) {
    const struct outbox_log_frame *at = &log->frames[frame];
    return at->is_chained && is_ours(log, frame) && is_ours(log, frame - 1) && at[-1].commit != 0;
}

static bool page_comes_again(const struct outbox_log *log, size_t from, size_t frame) {
    for (size_t i = from; i < frame && is_ours(log, frame); i++)
        if (is_ours(log, i) && log->frames[i].page == log->frames[frame].page)
            return true;
    return false;
}

bool outbox_log_hides_more(const struct outbox_log *log) {
    size_t taken, broken = first_broken(log, &taken);
    for (size_t i = taken + 1; i < log->committed; i++) {
        if (i > broken + 1 && is_ours(log, i) && is_broken(log, i))
            return false; // what a transaction that failed left there
        if ((i > broken && goes_on_behind_a_commit(log, i)) ||
            (i - taken < SHORT_TAIL_FRAMES && page_comes_again(log, taken, i)))
            return true;
    }
    return false;
}

// --- Of a database that is open ---

static enum rond_err sqlite_read(void *context, uint8_t *to, size_t size, int64_t at) {
    sqlite3_file *file = context;
    if (file == NULL || file->pMethods == NULL)
        return ROND_ENOTFOUND;
    int code = file->pMethods->xRead(file, to, (int)size, at);
    return code == SQLITE_OK                 ? ROND_OK
           : code == SQLITE_IOERR_SHORT_READ ? ROND_ENOTFOUND
           : (code & 0xff) == SQLITE_NOMEM   ? ROND_ENOMEM
                                             : ROND_EIO;
}

static struct outbox_log_file file_of(sqlite3 *db, int which) {
    sqlite3_file *file = NULL;
    (void)sqlite3_file_control(db, "main", which, &file);
    return (struct outbox_log_file){.read = sqlite_read, .context = file};
}

static bool keeps_bytes_beside(const struct outbox_log_file *file) {
    sqlite3_file *opened = file->context;
    return opened != NULL && opened->pMethods != NULL &&
           (opened->pMethods->xDeviceCharacteristics(opened) & SQLITE_IOCAP_POWERSAFE_OVERWRITE) != 0;
}

static bool is_newest(const struct outbox_log *log, size_t frame) {
    for (size_t i = frame + 1; i < log->committed; i++)
        if (outbox_log_is_usable(log, i) && log->frames[i].page == log->frames[frame].page)
            return false;
    return true;
}

static enum rond_err page_check(const struct outbox_log *log, size_t frame, const struct outbox_log_file *database,
                                uint8_t *page) {
    int64_t at = (int64_t)(log->frames[frame].page - 1) * log->page_size;
    enum rond_err err = database->read(database->context, page, log->page_size, at);
    if (err == ROND_ENOTFOUND)
        return ROND_ECORRUPT;
    if (err == ROND_OK && sum_on(0, log->is_big_endian, page, log->page_size) != log->frames[frame].content)
        err = ROND_ECORRUPT;
    return err;
}

// ROND_ECORRUPT where a page is in the log otherwise than in the database.
static enum rond_err folded_check(const struct outbox_log *log, const struct outbox_log_file *database) {
    uint8_t *page = malloc(log->page_size);
    enum rond_err err = page == NULL ? ROND_ENOMEM : ROND_OK;
    for (size_t i = 0; err == ROND_OK && i < log->committed; i++)
        if (outbox_log_is_usable(log, i) && is_newest(log, i))
            err = page_check(log, i, database, page);
    free(page);
    return err;
}

enum rond_err outbox_log_check(sqlite3 *db) {
    struct outbox_log_file file = file_of(db, SQLITE_FCNTL_JOURNAL_POINTER),
                           database = file_of(db, SQLITE_FCNTL_FILE_POINTER);
    struct outbox_log log = {0};
    if (!keeps_bytes_beside(&database))
        return ROND_OK;
    enum rond_err err = outbox_log_read(&file, PAGE_SIZE_USUAL, &log);
    if (err == ROND_OK && outbox_log_hides_more(&log))
        err = log.has_header ? ROND_ECORRUPT : folded_check(&log, &database);
    outbox_log_deinit(&log);
    return err;
}
