// SQLite looks at the checksums of its log when it recovers one after a crash, and at no other time: while any connection is
// open the index in shared memory says where the log ends, and a checkpoint copies what stands there. After a failed sync
// that is not enough. The kernel counts pages that it could not write as written, and may read them from the disk again
// later, as they were before. So before a store that was opened anew goes on, the log is read from the disk, from its
// header to the last frame that the index names, and its checksums are followed:
//
//     header  magic, version, page size, sequence, 2 salts, 2 sums        frame  page, size after a commit, 2 salts, 2 sums;
//     page
//
// The index's header is read through SQLite's own file, and so is the log (https://www.sqlite.org/fileformat2.html, section
// 4; https://www.sqlite.org/walformat.html, section 2.1). A log is as large as checkpoints let it grow, whatever the store
// is.
#include "store/sqlite_log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INDEX_SIZE = 32768, INDEX_HEADER_SIZE = 48, HEADER_SIZE = 32, FRAME_HEADER_SIZE = 24, PAGE_SIZE_MAX = 65536 };

struct log_index {
    uint32_t frames;
    uint32_t page_size;
    uint8_t salts[8];
    uint32_t sums[2]; // after the last frame
};

// False where there is none yet.
static bool index_read(sqlite3_file *file, struct log_index *ret_index) {
    uint8_t header[INDEX_HEADER_SIZE];
    uint16_t page_size;
    void volatile *memory = NULL;
    if (file->pMethods == NULL || file->pMethods->iVersion < 2 || file->pMethods->xShmMap == NULL ||
        file->pMethods->xShmMap(file, 0, INDEX_SIZE, 0, &memory) != SQLITE_OK || memory == NULL)
        return false;
    for (size_t i = 0; i < sizeof header; i++)
        header[i] = ((const uint8_t volatile *)memory)[i];
    memcpy(&page_size, header + 14, sizeof page_size);
    memcpy(&ret_index->frames, header + 16, sizeof ret_index->frames);
    memcpy(ret_index->sums, header + 24, sizeof ret_index->sums);
    memcpy(ret_index->salts, header + 32, sizeof ret_index->salts);
    ret_index->page_size = page_size == 1 ? PAGE_SIZE_MAX : page_size;
    return header[12] != 0;
}

static uint32_t word_at(const uint8_t *at, bool is_big_endian) {
    uint32_t big = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    return is_big_endian ? big : __builtin_bswap32(big);
}

static void sums_add(uint32_t sums[2], bool is_big_endian, const uint8_t *data, size_t size) {
    for (size_t i = 0; i < size; i += 8) {
        sums[0] += word_at(data + i, is_big_endian) + sums[1];
        sums[1] += word_at(data + i + 4, is_big_endian) + sums[0];
    }
}

static bool sums_stand_at(const uint32_t sums[2], const uint8_t *at) {
    return word_at(at, true) == sums[0] && word_at(at + 4, true) == sums[1];
}

static enum rond_err read_at(sqlite3_file *log, uint8_t *to, size_t size, int64_t offset) {
    int result = log->pMethods->xRead(log, to, (int)size, offset);
    if (result == SQLITE_IOERR_SHORT_READ)
        return ROND_ECORRUPT;
    return sqlite_err(NULL, result);
}

static enum rond_err frames_check(sqlite3_file *log, const struct log_index *index, uint8_t *frame) {
    uint32_t sums[2] = {0};
    enum rond_err err = read_at(log, frame, HEADER_SIZE, 0);
    if (err != ROND_OK)
        return err;
    bool is_big_endian = frame[3] & 1;
    sums_add(sums, is_big_endian, frame, HEADER_SIZE - 8);
    if (memcmp(frame + 16, index->salts, sizeof index->salts) != 0 || !sums_stand_at(sums, frame + HEADER_SIZE - 8))
        return ROND_ECORRUPT;
    size_t size = FRAME_HEADER_SIZE + index->page_size;
    for (uint32_t i = 0; i < index->frames; i++) {
        if ((err = read_at(log, frame, size, HEADER_SIZE + (int64_t)i * (int64_t)size)) != ROND_OK)
            return err;
        sums_add(sums, is_big_endian, frame, 8);
        sums_add(sums, is_big_endian, frame + FRAME_HEADER_SIZE, index->page_size);
        if (memcmp(frame + 8, index->salts, sizeof index->salts) != 0 || !sums_stand_at(sums, frame + 16))
            return ROND_ECORRUPT;
    }
    return sums[0] == index->sums[0] && sums[1] == index->sums[1] ? ROND_OK : ROND_ECORRUPT;
}

// What the kernel remembers of the file is let go of, so that it is read from the disk. The log is never locked, so that
// closing another descriptor of it takes no lock away.
static void memory_drop(sqlite3 *db) {
    const char *path = sqlite3_filename_wal(sqlite3_db_filename(db, "main"));
    int descriptor = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (descriptor < 0)
        return;
    (void)posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
    close(descriptor);
}

enum rond_err sqlite_log_check(struct sqlite_store *store, bool has_system_files) {
    sqlite3_file *file = NULL, *log = NULL;
    struct log_index index = {0};
    int result = sqlite3_file_control(store->db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (result == SQLITE_OK)
        result = sqlite3_file_control(store->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (result != SQLITE_OK || file == NULL)
        return sqlite_err(store->db, result);
    // Where changing to it failed SQLite goes on without a log, and without a word; an index made then is nobody's to free.
    if (log == NULL || log->pMethods == NULL)
        return ROND_EIO;
    if (!index_read(file, &index) || index.frames == 0)
        return ROND_OK;
    if (has_system_files)
        memory_drop(store->db);
    uint8_t *frame = malloc(FRAME_HEADER_SIZE + PAGE_SIZE_MAX);
    if (frame == NULL)
        return ROND_ENOMEM;
    enum rond_err err = frames_check(log, &index, frame);
    free(frame);
    return err;
}
