// The write-ahead log of an outbox as it lies there, beside what SQLite takes of it. SQLite ends a log at the first frame
// whose checksum does not hold. After a power cut that is right: what follows was never confirmed. Where flash memory spoilt
// a page in the middle, confirmed reports follow, and would be gone without a word.
#ifndef CLIENT_OUTBOX_LOG_H
#define CLIENT_OUTBOX_LOG_H

#include <sqlite3.h>

#include "base/bytes.h"
#include "base/err.h"

// A file to read from. ROND_ENOTFOUND where it ends before at + size, ROND_EIO.
struct outbox_log_file {
    enum rond_err (*read)(void *context, uint8_t *to, size_t size, int64_t at);
    void *context;
};
struct outbox_log_frame {
    uint32_t page;
    uint32_t commit; // of the last frame of a transaction: the pages that the database has then; else 0
    uint64_t salts;  // of its generation: a log that is begun anew has others
    uint64_t sum;    // as the frame says
    uint64_t content;
    bool is_chained; // its sum is the one that follows from the frame before
};
struct outbox_log {
    uint32_t page_size;
    bool has_header; // one that holds
    bool is_big_endian;
    uint64_t salts;
    uint64_t header_sum;
    struct outbox_log_frame *frames;
    size_t count, capacity;
    size_t committed; // frames of this generation until behind the last one that ends a transaction
};

// No log, or an empty one, has no frames. page_size: the database's, where the log does not tell. ROND_ENOMEM, ROND_EIO.
MUST_CHECK enum rond_err outbox_log_read(const struct outbox_log_file *file, uint32_t page_size, struct outbox_log *ret_log);
void outbox_log_deinit(struct outbox_log *log);

// Whether a transaction that was confirmed lies beyond what SQLite would take. The newest transaction alone never counts as
// one: nothing tells a spoilt page in it from the tail that a power cut leaves.
bool outbox_log_hides_more(const struct outbox_log *log);
// Whether the frame holds a page as it was committed.
bool outbox_log_is_usable(const struct outbox_log *log, size_t frame);
// Where the image of that page begins in the file.
int64_t outbox_log_image_at(const struct outbox_log *log, size_t frame);

// Of a database that was opened and locked, before anything is written: ROND_ECORRUPT where its log is spoilt.
MUST_CHECK enum rond_err outbox_log_check(sqlite3 *db);

#endif
