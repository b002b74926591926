#include "read/reference.h"

#include <string.h>

#include "read/rows.h"
#include "wire/limits.h"

// What an entry costs inside its frame: itself, and tag and length before it.
static size_t entry_bytes(const Rond__V1__ReferenceEntry *entry) {
    return protobuf_c_message_get_packed_size(&entry->base) + 8;
}

// Whom the entries are read for. Its organisation is looked up where one of them asks for it.
struct reader {
    struct store *store;
    const struct id128 *device;
    struct arena *arena;
    const char *organisation;
};

static enum rond_err organisation_find(struct reader *reader) {
    struct device_record record;
    if (reader->organisation != NULL)
        return ROND_OK;
    enum rond_err err = reader->store->registry->device_get(reader->store, reader->device, reader->arena, &record);
    if (err == ROND_OK)
        reader->organisation = record.organisation;
    return err;
}

// A promise that is still being written goes to nobody; it never becomes a draft again.
static bool is_draft(const Rond__V1__ReferenceEntry *entry) {
    if (entry->removed || entry->body_case != ROND__V1__REFERENCE_ENTRY__BODY_PROMISE || entry->promise->n_lives == 0)
        return false;
    return entry->promise->lives[entry->promise->n_lives - 1]->life == ROND__V1__LIFE__LIFE_DRAFT;
}

static enum rond_err is_meant(struct reader *reader, const Rond__V1__ReferenceEntry *entry, bool *ret_meant) {
    *ret_meant = !is_draft(entry);
    if (entry->removed || entry->body_case != ROND__V1__REFERENCE_ENTRY__BODY_ACTIVITY)
        return ROND_OK;
    enum rond_err err = organisation_find(reader);
    *ret_meant = false;
    for (size_t i = 0; err == ROND_OK && i < entry->activity->n_organisations && !*ret_meant; i++)
        *ret_meant = strcmp(entry->activity->organisations[i], reader->organisation) == 0;
    return err;
}

// Takes those that are for the reader, as many as fit one frame, at least one. *ret_looked: how far it came.
static enum rond_err entries_take(struct reader *reader, Rond__V1__ReferenceEntry **entries, size_t count,
                                  Rond__V1__Reference *reference, size_t *ret_looked) {
    size_t bytes = 0, looked = 0;
    reference->entries = entries; // those that are taken move to the front
    for (; looked < count && looked < REFERENCE_ENTRIES_MAX; looked++) {
        bool meant;
        enum rond_err err = is_meant(reader, entries[looked], &meant);
        if (err != ROND_OK)
            return err;
        bytes += meant ? entry_bytes(entries[looked]) : 0;
        if (meant && reference->n_entries > 0 && bytes > FRAME_BYTES_MAX / 2)
            break;
        if (meant)
            entries[reference->n_entries++] = entries[looked];
        reference->cursor = entries[looked]->revision;
    }
    *ret_looked = looked;
    return ROND_OK;
}

enum rond_err read_reference(struct store *store, const struct id128 *device, uint64_t cursor, struct arena *arena,
                             Rond__V1__Reference **ret_reference) {
    struct reader reader = {.store = store, .device = device, .arena = arena};
    Rond__V1__ReferenceEntry **entries = NULL;
    size_t count = 0, looked = 0;
    uint64_t newest = 0;
    Rond__V1__Reference *reference = arena_alloc(arena, sizeof *reference);
    if (reference == NULL)
        return ROND_ENOMEM;
    rond__v1__reference__init(reference);
    reference->cursor = cursor;
    // One more than fits, so that `more` is known without a further read.
    enum rond_err err = store->views->reference(store, cursor, REFERENCE_ENTRIES_MAX + 1, arena, &entries, &count, &newest);
    if (err == ROND_OK)
        err = entries_take(&reader, entries, count, reference, &looked);
    if (err != ROND_OK)
        return err;
    reference->more = looked < count;
    *ret_reference = reference;
    return ROND_OK;
}
