// A disk in memory that loses its power, as SQLite's default file system.
//
// What SQLite writes goes to the file as everybody sees it and, until the file is synced, is only pending on the disk. At
// a chosen operation the power goes: that operation is the last one that the disk heard of, and everything fails from then
// on. When power is back each pending write has survived, or not, or in part, by the seed: any subset of them, cut at a
// sector or within one. Names are pending too, until SQLite syncs the directory. Shared memory is gone, and so are locks.
//
// What the device claims is what ext4 below SQLite's own "unix" files claims: no atomic writes, no safe append, no order.
// "Powersafe overwrite" (a torn write leaves the bytes beside it alone) is claimed there by default, so it is a choice
// here; without it the sectors in which a write ended are damaged as a whole.
//
// A file that is not on this disk but under the same path on the real one is read from there, and was always durable.
#ifndef FAULT_POWER_DISK_H
#define FAULT_POWER_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct power_device {
    size_t sector_size;     // 512 or 4096
    bool is_overwrite_safe; // SQLITE_IOCAP_POWERSAFE_OVERWRITE
};

// Registers the file system; once per process.
void power_disk_register(void);
// Every file goes, the power is on, and all handles are dead.
void power_disk_format(const struct power_device *device);
// The power goes at the nth operation from now on that changes a file, a name or what is durable; 0: never. Counts anew.
void power_disk_cut_at(uint64_t operation);
uint64_t power_disk_operations(void); // since then
bool power_disk_is_cut(void);
// Power is back, and stays until the next power_disk_cut_at. Where it was not cut, it is now, after the last operation.
void power_disk_restart(uint64_t seed);
// Damages a byte of what is durable, so that a test can see that damage is found.
void power_disk_damage(const char *name, size_t offset);

// The files as they are now, synced or not, to begin from again; freed with power_image_destroy.
struct power_image;
struct power_image *power_disk_save(void);
void power_disk_load(const struct power_image *image);
void power_image_destroy(struct power_image *image);

#endif
