#include "read/reference.h"

#include "read/rows.h"
#include "wire/limits.h"

// What an entry costs inside its frame: itself, and tag and length before it.
static size_t entry_bytes(const Rond__V1__ReferenceEntry *entry) {
    return protobuf_c_message_get_packed_size(&entry->base) + 8;
}

// How many of them fit one frame; at least one.
static size_t fitting(Rond__V1__ReferenceEntry *const *entries, size_t count) {
    size_t bytes = 0, fits = 0;
    while (fits < count && fits < REFERENCE_ENTRIES_MAX) {
        bytes += entry_bytes(entries[fits]);
        if (fits > 0 && bytes > FRAME_BYTES_MAX / 2)
            break;
        fits++;
    }
    return fits;
}

enum rond_err read_reference(struct store *store, uint64_t cursor, struct arena *arena, Rond__V1__Reference **ret_reference) {
    Rond__V1__ReferenceEntry **entries = NULL;
    size_t count = 0;
    uint64_t newest = 0;
    Rond__V1__Reference *reference = arena_alloc(arena, sizeof *reference);
    if (reference == NULL)
        return ROND_ENOMEM;
    // One more than fits, so that `more` is known without a further read.
    enum rond_err err =
        store->views->reference(store, cursor, REFERENCE_ENTRIES_MAX + 1, arena, &entries, &count, &newest);
    if (err != ROND_OK)
        return err;
    rond__v1__reference__init(reference);
    reference->entries = entries;
    reference->n_entries = fitting(entries, count);
    reference->cursor = reference->n_entries == 0 ? cursor : entries[reference->n_entries - 1]->revision;
    reference->more = reference->n_entries < count;
    *ret_reference = reference;
    return ROND_OK;
}
