// A disk in memory as SQLite's default file system, so that the real outbox and the real store run on it: files survive a
// crash only as far as they were synced, calls fail where a trap was set, and an image of files can be taken and put back.
#ifndef SIM_DISK_H
#define SIM_DISK_H

#include <stdbool.h>
#include <stddef.h>

// Registers the file system; once per process.
void disk_register(void);
// Every file goes.
void disk_format(void);
// Power is lost for the files whose names begin so: what was not synced is gone, open handles write into nothing.
void disk_crash(const char *prefix);
// A copy of the files under another prefix as far as they were synced, replacing what is there: what a sync has failed on is in no
// image. Nothing may be open under the second, and no transaction under the first.
void disk_copy(const char *from_prefix, const char *to_prefix);
bool disk_exists(const char *prefix);
void disk_remove(const char *prefix);

enum disk_trap {
    DISK_FULL,  // nothing more can be written
    DISK_ERROR, // writes and syncs fail
    DISK_POWER, // power is lost at that write, as with disk_crash; the rest goes nowhere
};
// The `after`th write or sync of the files with that prefix from now on meets it, and so do `lasts` - 1 behind it.
void disk_trap(const char *prefix, enum disk_trap trap, unsigned after, unsigned lasts);
// Takes the trap of that prefix away; true where it was met.
bool disk_trap_end(const char *prefix);

#endif
