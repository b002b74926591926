// Calls of libc that fail when they are told to: allocations, and what touches files. This program's own functions stand
// before libc's, for every library it uses; they pass everything on while nothing is armed, and only the thread that armed
// them sees them fail. Syncing a file never waits for the disk here.
#ifndef FAULT_FAILING_CALLS_H
#define FAULT_FAILING_CALLS_H

#include <stdbool.h>
#include <stdint.h>

enum fault_class {
    FAULT_MEMORY, // malloc, calloc, realloc, and what libc makes of them
    FAULT_FILE,   // open, read, write, sync, truncate, rename, link, unlink, mkdir, locks, mapping
    FAULT_SYNC,   // fsync and fdatasync alone: EIO
};
enum fault_how {
    FAULT_IO,    // EIO
    FAULT_FULL,  // ENOSPC from what may need room, EIO from the rest
    FAULT_SHORT, // a write writes half, a read reads half; EIO from the rest
};
struct fault_plan {
    enum fault_class class;
    enum fault_how how; // of FAULT_FILE
    uint64_t at;        // the nth such call fails, from 1; 0: none, they are counted
    bool stays;         // and all after it
};

void failing_calls_arm(const struct fault_plan *plan);
// How many calls of that class there were since.
uint64_t failing_calls_disarm(void);
// Name of the first call that failed; "" none did.
const char *failing_calls_struck(void);
// Whether one of those that failed was such a one.
bool failing_calls_struck_a_read(void);
bool failing_calls_struck_a_lock(void);
// Whether everything after the first failed, too.
bool failing_calls_stayed(void);

#endif
