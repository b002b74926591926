#include "read/silence.h"

#include <string.h>

#include "read/rows.h"
#include "read/waiting.h"

struct silence_device {
    struct device_record record;
    bool is_silent;
};

static bool is_meant(const struct device_record *device, const char *area, int64_t until_s) {
    return device->status == DEVICE_ACTIVE && strcmp(device->area, area) == 0 && device->enrolled_ms < until_s * 1000;
}

static struct silence_device *device_add(struct silence *silence) {
    if (silence->count == silence->capacity) {
        size_t capacity = silence->capacity == 0 ? 64 : 2 * silence->capacity;
        struct silence_device *grown = arena_array(&silence->arena, capacity, sizeof *grown);
        if (grown == NULL)
            return NULL;
        if (silence->count > 0)
            memcpy(grown, silence->devices, silence->count * sizeof *grown);
        silence->devices = grown;
        silence->capacity = capacity;
    }
    return &silence->devices[silence->count++];
}

static enum rond_err device_weigh(struct store *store, const struct device_record *device, int64_t until_s,
                                  struct silence *silence) {
    uint64_t waiting = 0;
    enum rond_err err = read_waiting(store, &device->device, &silence->arena, &waiting);
    struct silence_device *added = err == ROND_OK ? device_add(silence) : NULL;
    if (added == NULL)
        return err == ROND_OK ? ROND_ENOMEM : err;
    *added = (struct silence_device){*device, device->seen_ms < until_s * 1000 || waiting > 0};
    return ROND_OK;
}

enum rond_err silence_read(struct store *store, const char *area, int64_t until_s, struct silence *ret_silence) {
    uint64_t cursor = 0;
    enum rond_err err = ROND_OK;
    *ret_silence = (struct silence){0};
    arena_init(&ret_silence->arena, READ_ARENA_BYTES_MAX);
    do {
        struct device_record *devices = NULL;
        size_t count = 0;
        err = store->views->devices(store, cursor, READ_PAGE_ROWS, &ret_silence->arena, &devices, &count, &cursor);
        for (size_t i = 0; i < count && err == ROND_OK; i++)
            if (is_meant(&devices[i], area, until_s))
                err = device_weigh(store, &devices[i], until_s, ret_silence);
    } while (err == ROND_OK && cursor != 0);
    return err;
}

void silence_deinit(struct silence *silence) {
    arena_deinit(&silence->arena);
}

static bool has_role(const struct device_record *device, const Rond__V1__Commitment *commitment) {
    for (size_t i = 0; i < commitment->n_roles; i++)
        for (size_t k = 0; k < device->roles_count; k++)
            if (strcmp(commitment->roles[i], device->roles[k]) == 0)
                return true;
    return commitment->n_roles == 0;
}

static bool may_count(const struct device_record *device, const Rond__V1__Commitment *commitment) {
    return has_role(device, commitment) &&
           (commitment->owner[0] == '\0' || strcmp(commitment->owner, device->organisation) == 0);
}

void silence_count(const struct silence *silence, const Rond__V1__Commitment *commitment, int64_t *ret_devices,
                   int64_t *ret_silent) {
    *ret_devices = *ret_silent = 0;
    for (size_t i = 0; i < silence->count; i++) {
        if (!may_count(&silence->devices[i].record, commitment))
            continue;
        ++*ret_devices;
        *ret_silent += silence->devices[i].is_silent;
    }
}
