// The frames whose bytes stand in tests/fixtures/frames: one outbox's story, the same every time but for what cannot be
// (signatures, compressed bytes), which is taken from the fixture.
//
// Reports 1-9 go up in one batch (each kind, a correction, a withdrawal), 10-14 are declared lost, 15 was queued before
// under another identity. The tests' sample reports are its content: whoever changes those makes the fixtures anew.
#ifndef SUPPORT_GOLDEN_FRAMES_H
#define SUPPORT_GOLDEN_FRAMES_H

#include "support/golden.h"
#include "wire/chain.h"
#include "wire/sign.h"

enum { GOLDEN_REPORTS = 10, GOLDEN_FRAMES = 17, GOLDEN_LOST_LAST = 14 };

// A frame's bytes, or a serialized report's.
struct golden_item {
    const char *name; // of the file, without ".hex"
    const char *about;
    struct bytes bytes;
};
// Where a report stands in the chain. A loss has no salt and leaf.
struct golden_link {
    uint64_t seq;
    bool lost;
    struct salt salt;
    struct hash256 leaf;
    struct hash256 head;
};
struct golden {
    struct golden_item reports[GOLDEN_REPORTS];
    struct golden_item frames[GOLDEN_FRAMES];
    struct golden_link links[GOLDEN_REPORTS + 1]; // the loss stands before the last report
};

// What is in a fixture already; ROND_ENOTFOUND where there is none.
typedef enum rond_err golden_read(void *context, struct arena *arena, const char *name, struct bytes *ret_bytes);

// Makes everything in the arena. A signature, or records compressed, come from the fixture where it has them and they are
// right; otherwise they are made with `key`.
void golden_make(struct arena *arena, const struct sign_key *key, golden_read *read, void *context, struct golden *ret_golden);

// Reads DIRECTORY/NAME.hex; context is the directory.
enum rond_err golden_read_file(void *directory, struct arena *arena, const char *name, struct bytes *ret_bytes);

#endif
