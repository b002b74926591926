// What the two halves of the disk share: power_files.c keeps files and decides what survives, power_disk.c is what
// SQLite calls.
#ifndef FAULT_POWER_DISK_INNER_H
#define FAULT_POWER_DISK_INNER_H

#include "fault/power_disk.h"

enum { POWER_NAME_SIZE = 128, POWER_REGIONS_MAX = 64, POWER_LOCKS = 8 };

struct power_content {
    unsigned char *data;
    size_t size, capacity;
};
// Not yet durable. A truncation has no data and its new size as offset.
struct power_write {
    struct power_write *next;
    bool is_truncation;
    size_t offset, size;
    unsigned char data[];
};
struct power_file {
    struct power_file *next;
    char name[POWER_NAME_SIZE];
    struct power_content now, durable;
    struct power_write *first, *last; // pending, in order
    bool is_named, is_named_durably;  // in the directory
    void *regions[POWER_REGIONS_MAX]; // shared memory
    int region_users;
    int shared[POWER_LOCKS]; // holders
    bool exclusive[POWER_LOCKS];
};

extern struct power_device power_device;
extern unsigned power_life; // counts restarts; handles of an older life are dead

struct power_file *power_file_find(const char *name);   // NULL: there is none
struct power_file *power_file_create(const char *name); // NULL name: a nameless one
// False where the power is out; else counts one operation. The last one counted is the one at which it goes.
bool power_operation(bool *ret_is_last);
bool power_is_on(void);

void power_file_write(struct power_file *file, const void *data, size_t size, size_t offset);
void power_file_truncate(struct power_file *file, size_t size);
void power_file_sync(struct power_file *file);
void power_directory_sync(void);
void power_regions_free(struct power_file *file);

#endif
