// What a backup says of itself: BACKUP/manifest.json, written last. A directory without it is no backup.
//
//   {"format": 1, "program": "0.2.0", "taken_ms", "took_ms", "store_id": hex, "epoch", "reports", "lost", "devices",
//    "outboxes", "received": the sum of all outboxes' watermarks, "files": [{"name", "bytes", "sha256": hex}, ...]}
#ifndef BACKUP_MANIFEST_H
#define BACKUP_MANIFEST_H

#include "backup/files.h"
#include "store/store.h"

#define BACKUP_STORE "rond.db"
#define BACKUP_MANIFEST "manifest.json"

enum { MANIFEST_FILES_MAX = 8, MANIFEST_NAME_SIZE = 32, MANIFEST_PROGRAM_SIZE = 32 };

struct manifest {
    char program[MANIFEST_PROGRAM_SIZE]; // version that wrote it
    int64_t taken_ms;                    // wall clock, of the state that it holds
    int64_t took_ms;
    struct store_identity store;
    uint64_t reports, lost, devices, outboxes, received;
    struct {
        char name[MANIFEST_NAME_SIZE];
        struct file_stamp stamp;
    } files[MANIFEST_FILES_MAX];
    size_t files_count;
};

// Files that a data directory and a backup of it have beside the store, in the order in which they are put in place.
// `needed`: without it there is no backup.
struct backup_file {
    const char *name;
    bool needed;
};
enum { BACKUP_FILES_COUNT = 4 };
extern const struct backup_file BACKUP_FILES[BACKUP_FILES_COUNT];

MUST_CHECK enum rond_err manifest_write(const struct manifest *manifest, const char *directory, struct fault *fault);
// ROND_ENOTFOUND: it is no backup, or a half one. ROND_EINVALID: of a later format; ROND_ECORRUPT: it makes no sense;
// ROND_ENOMEM. Not while another thread has to do with JSON.
MUST_CHECK enum rond_err manifest_read(const char *directory, struct manifest *ret_manifest, struct fault *fault);
// Reads every file that it names through; ROND_ECORRUPT where one is missing or differs.
MUST_CHECK enum rond_err manifest_check(const struct manifest *manifest, const char *directory, struct fault *fault);

#endif
