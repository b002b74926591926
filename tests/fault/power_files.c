// Files, what of them is durable, and what of the rest survives.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/rng.h"
#include "fault/power_disk_inner.h"

struct power_device power_device;
unsigned power_life;

static struct power_file *files;
static uint64_t operations, cut_at;
static bool is_cut;

// --- Content ---

static void *must(void *memory) {
    CHECK(memory != NULL);
    return memory;
}

static void content_size(struct power_content *content, size_t size) {
    if (size > content->capacity) {
        size_t capacity = content->capacity == 0 ? 16384 : content->capacity;
        while (capacity < size)
            capacity *= 2;
        content->data = must(realloc(content->data, capacity));
        content->capacity = capacity;
    }
    if (size > content->size)
        memset(content->data + content->size, 0, size - content->size);
    content->size = size;
}

static void content_put(struct power_content *content, const void *data, size_t size, size_t offset) {
    if (offset + size > content->size)
        content_size(content, offset + size);
    if (size > 0)
        memcpy(content->data + offset, data, size);
}

static void content_copy(struct power_content *to, const struct power_content *from) {
    content_size(to, from->size);
    if (from->size > 0)
        memcpy(to->data, from->data, from->size);
}

static void content_free(struct power_content *content) {
    free(content->data);
    *content = (struct power_content){0};
}

// --- Files ---

struct power_file *power_file_find(const char *name) {
    for (struct power_file *file = files; file != NULL; file = file->next)
        if (file->is_named && strcmp(file->name, name) == 0)
            return file;
    return NULL;
}

struct power_file *power_file_create(const char *name) {
    struct power_file *file = must(calloc(1, sizeof *file));
    snprintf(file->name, sizeof file->name, "%s", name == NULL ? "" : name);
    file->is_named = name != NULL;
    file->next = files;
    files = file;
    return file;
}

void power_regions_free(struct power_file *file) {
    for (size_t i = 0; i < POWER_REGIONS_MAX; i++) {
        free(file->regions[i]);
        file->regions[i] = NULL;
    }
    file->region_users = 0;
}

static void pending_forget(struct power_file *file) {
    while (file->first != NULL) {
        struct power_write *next = file->first->next;
        free(file->first);
        file->first = next;
    }
    file->last = NULL;
}

static void file_free(struct power_file *file) {
    pending_forget(file);
    power_regions_free(file);
    content_free(&file->now);
    content_free(&file->durable);
    free(file);
}

static void pending_add(struct power_file *file, bool is_truncation, const void *data, size_t size, size_t offset) {
    struct power_write *write = must(malloc(sizeof *write + size));
    *write = (struct power_write){.is_truncation = is_truncation, .offset = offset, .size = size};
    if (size > 0)
        memcpy(write->data, data, size);
    *(file->last != NULL ? &file->last->next : &file->first) = write;
    file->last = write;
}

void power_file_write(struct power_file *file, const void *data, size_t size, size_t offset) {
    content_put(&file->now, data, size, offset);
    pending_add(file, false, data, size, offset);
}

void power_file_truncate(struct power_file *file, size_t size) {
    content_size(&file->now, size);
    pending_add(file, true, NULL, 0, size);
}

static void apply(struct power_file *file, const struct power_write *write) {
    if (write->is_truncation)
        content_size(&file->durable, write->offset);
    else
        content_put(&file->durable, write->data, write->size, write->offset);
}

void power_file_sync(struct power_file *file) {
    for (const struct power_write *write = file->first; write != NULL; write = write->next)
        apply(file, write);
    pending_forget(file);
}

void power_directory_sync(void) {
    for (struct power_file *file = files; file != NULL; file = file->next)
        file->is_named_durably = file->is_named;
}

// --- Power ---

bool power_is_on(void) {
    return !is_cut;
}

bool power_operation(bool *ret_is_last) {
    if (is_cut)
        return false;
    operations++;
    is_cut = *ret_is_last = operations == cut_at;
    return true;
}

void power_disk_cut_at(uint64_t operation) {
    operations = 0;
    cut_at = operation;
}

uint64_t power_disk_operations(void) {
    return operations;
}

bool power_disk_is_cut(void) {
    return is_cut;
}

// --- What survives ---

enum survival { SURVIVES_NOTHING, SURVIVES_ALL, SURVIVES_BY_CHANCE };
struct fate {
    struct rng_seeded seeded;
    struct rng rng;
    enum survival survival;
};

static uint64_t below(struct fate *fate, uint64_t bound) {
    return rng_below(&fate->rng, bound);
}

// Without safe overwrite nothing in a sector that was being written can be relied on.
static void sector_damage(struct power_file *file, struct fate *fate, size_t at) {
    if (power_device.is_overwrite_safe)
        return;
    size_t from = at - at % power_device.sector_size;
    for (size_t i = from; i < from + power_device.sector_size && i < file->durable.size; i++)
        file->durable.data[i] = (unsigned char)below(fate, 256);
}

static void apply_part(struct power_file *file, struct fate *fate, const struct power_write *write, size_t from, size_t to) {
    content_put(&file->durable, write->data + from, to - from, write->offset + from);
    sector_damage(file, fate, write->offset + (to > 0 ? to - 1 : 0));
}

// Up to a sector's end.
static size_t whole_sectors(const struct power_write *write, size_t size) {
    size_t end = write->offset + size;
    end -= end % power_device.sector_size;
    return end > write->offset ? end - write->offset : 0;
}

static void apply_torn(struct power_file *file, struct fate *fate, const struct power_write *write) {
    size_t size = (size_t)below(fate, write->size + 1);
    switch (below(fate, 3)) {
    case 0: // its first sectors
        apply_part(file, fate, write, 0, whole_sectors(write, size));
        break;
    case 1: // its last ones
        apply_part(file, fate, write, whole_sectors(write, size), write->size);
        break;
    default: // it ends within a sector
        apply_part(file, fate, write, 0, size);
    }
}

static void write_meets_fate(struct power_file *file, struct fate *fate, const struct power_write *write) {
    if (fate->survival == SURVIVES_NOTHING)
        return;
    uint64_t lot = fate->survival == SURVIVES_ALL ? 9 : below(fate, 10);
    if (lot < 4)
        return;
    if (lot < 7 && write->size > 0)
        apply_torn(file, fate, write);
    else
        apply(file, write);
}

// The file as it was written and its pending changes become what the disk has.
static void file_meets_fate(struct power_file *file, struct fate *fate) {
    for (const struct power_write *write = file->first; write != NULL; write = write->next)
        write_meets_fate(file, fate, write);
    pending_forget(file);
    content_copy(&file->now, &file->durable);
    power_regions_free(file);
    memset(file->shared, 0, sizeof file->shared);
    memset(file->exclusive, 0, sizeof file->exclusive);
    if (file->is_named != file->is_named_durably)
        file->is_named =
            fate->survival == SURVIVES_BY_CHANCE ? below(fate, 2) == 0 : (fate->survival == SURVIVES_ALL) == file->is_named;
    file->is_named_durably = file->is_named;
}

// A name that was taken over by another file leads to one of the two.
static bool is_superseded(const struct power_file *file) {
    for (const struct power_file *newer = files; newer != file; newer = newer->next)
        if (newer->is_named && strcmp(newer->name, file->name) == 0)
            return true;
    return false;
}

static void drop_nameless(void) {
    for (struct power_file **at = &files; *at != NULL;) {
        struct power_file *file = *at;
        if (file->is_named && !is_superseded(file)) {
            at = &file->next;
            continue;
        }
        *at = file->next;
        file_free(file);
    }
}

// One seed in four keeps nothing that was pending, one all of it.
void power_disk_restart(uint64_t seed) {
    struct fate fate = {.survival = seed % 4 == 0 ? SURVIVES_NOTHING : seed % 4 == 1 ? SURVIVES_ALL : SURVIVES_BY_CHANCE};
    rng_seeded_init(&fate.seeded, seed);
    fate.rng = rng_seeded_as_rng(&fate.seeded);
    for (struct power_file *file = files; file != NULL; file = file->next)
        file_meets_fate(file, &fate);
    drop_nameless();
    power_life++;
    is_cut = false;
    cut_at = operations = 0;
}

void power_disk_format(const struct power_device *device) {
    power_device = *device;
    while (files != NULL) {
        struct power_file *next = files->next;
        file_free(files);
        files = next;
    }
    power_life++;
    is_cut = false;
    cut_at = operations = 0;
}

void power_disk_damage(const char *name, size_t offset) {
    struct power_file *file = power_file_find(name);
    CHECK(file != NULL && offset < file->now.size && file->first == NULL);
    file->now.data[offset] ^= 0x55;
    file->durable.data[offset] ^= 0x55;
}

// --- Images ---

struct power_image {
    struct power_image *next;
    char name[POWER_NAME_SIZE];
    struct power_content content;
};

struct power_image *power_disk_save(void) {
    struct power_image *image = must(calloc(1, sizeof *image)); // the first one is empty
    for (const struct power_file *file = files; file != NULL; file = file->next) {
        if (!file->is_named)
            continue;
        struct power_image *one = must(calloc(1, sizeof *one));
        memcpy(one->name, file->name, sizeof one->name);
        content_copy(&one->content, &file->now);
        one->next = image->next;
        image->next = one;
    }
    return image;
}

void power_disk_load(const struct power_image *image) {
    const struct power_device device = power_device;
    power_disk_format(&device);
    for (const struct power_image *one = image->next; one != NULL; one = one->next) {
        struct power_file *file = power_file_create(one->name);
        content_copy(&file->now, &one->content);
        content_copy(&file->durable, &one->content);
        file->is_named_durably = true;
    }
}

void power_image_destroy(struct power_image *image) {
    while (image != NULL) {
        struct power_image *next = image->next;
        content_free(&image->content);
        free(image);
        image = next;
    }
}
