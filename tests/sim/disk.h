// A disk in memory as SQLite's default file system, so that the real outbox runs on it: files survive a crash only as
// far as they were synced, and an image of a device's files can be taken and put back.
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
// A copy of the files under another prefix, replacing what is there. Nothing may be open under the
// second, and no transaction under the first.
void disk_copy(const char *from_prefix, const char *to_prefix);
bool disk_exists(const char *prefix);
void disk_remove(const char *prefix);

#endif
