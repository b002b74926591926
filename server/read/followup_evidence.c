#include "read/followup_evidence.h"

#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"

static const char MAGIC[] = "rond evidence v1";
enum { MAGIC_SIZE = sizeof MAGIC - 1, ENTRY_SIZE = 24, ENTRIES_FIRST = 64 };
enum { PATH_BYTES_MAX = 1024, DEFINITION_BYTES_MAX = 16 * 1024 * 1024 };

void evidence_deinit(struct followup_evidence *evidence) {
    for (size_t i = 0; i < evidence->count; i++) {
        free(evidence->commitments[i].path);
        free(evidence->commitments[i].entries);
    }
    free(evidence->commitments);
    *evidence = (struct followup_evidence){0};
}

const struct evidence_commitment *evidence_find(const struct followup_evidence *evidence, const char *path) {
    for (size_t i = 0; i < evidence->count; i++)
        if (strcmp(evidence->commitments[i].path, path) == 0)
            return &evidence->commitments[i];
    return NULL;
}

// ---- Gathering ----

static enum rond_err commitment_new(struct followup_evidence *evidence, const char *path, size_t path_size,
                                    struct evidence_commitment **ret_added) {
    struct evidence_commitment *grown =
        realloc(evidence->commitments, (evidence->count + 1) * sizeof *evidence->commitments);
    if (grown == NULL)
        return ROND_ENOMEM;
    evidence->commitments = grown;
    struct evidence_commitment *added = &grown[evidence->count];
    *added = (struct evidence_commitment){.path = strndup(path, path_size)};
    if (added->path == NULL)
        return ROND_ENOMEM;
    evidence->count++;
    *ret_added = added;
    return ROND_OK;
}

static enum rond_err message_append(struct buffer *to, const ProtobufCMessage *message) {
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *packed = malloc(size + 1);
    if (packed == NULL)
        return ROND_ENOMEM;
    protobuf_c_message_pack(message, packed);
    enum rond_err err = buffer_append(to, bytes_of(packed, size));
    free(packed);
    return err;
}

// The commitment as it is stored, and of its promise what decides which days count and who must take part; then the places
// that it names, whose circles decide too. The promise's version is not among it: an edit elsewhere leaves the commitment
// as it was.
static enum rond_err definition_hash(const struct commitment *commitment, struct hash256 *ret_hash) {
    const Rond__V1__Commitment *definition = commitment->definition;
    Rond__V1__Promise around = *commitment->promise;
    Rond__V1__Commitment *only = (Rond__V1__Commitment *)(uintptr_t)definition;
    struct buffer all;
    around.commitments = &only;
    around.n_commitments = 1;
    around.title_sv = around.title_en = (char *)(uintptr_t) "";
    around.n_sources = 0;
    around.version = 0;
    buffer_init(&all, DEFINITION_BYTES_MAX);
    enum rond_err err = message_append(&all, &around.base);
    for (size_t i = 0; i < definition->n_among_places && err == ROND_OK; i++) {
        const Rond__V1__Place *place = commitment_place(commitment, definition->among_places[i]);
        err = place == NULL ? ROND_OK : message_append(&all, &place->base);
    }
    if (err == ROND_OK)
        sha256_of(buffer_bytes(&all), ret_hash);
    buffer_deinit(&all);
    return err;
}

enum rond_err evidence_commitment_add(struct followup_evidence *evidence, const struct commitment *commitment,
                                      const char *path, struct evidence_commitment **ret_added) {
    enum rond_err err = commitment_new(evidence, path, strlen(path), ret_added);
    return err == ROND_OK ? definition_hash(commitment, &(*ret_added)->definition) : err;
}

static enum rond_err entry_add(struct evidence_commitment *commitment, struct evidence_entry entry) {
    if (commitment->count == commitment->capacity) {
        size_t capacity = commitment->capacity == 0 ? ENTRIES_FIRST : 2 * commitment->capacity;
        struct evidence_entry *grown = realloc(commitment->entries, capacity * sizeof *grown);
        if (grown == NULL)
            return ROND_ENOMEM;
        commitment->entries = grown;
        commitment->capacity = capacity;
    }
    commitment->entries[commitment->count++] = entry;
    return ROND_OK;
}

static uint64_t bucket_name(const char *bucket) {
    struct hash256 hash;
    sha256_of(bytes_of_text(bucket), &hash);
    return get_be64(hash.b);
}

enum rond_err evidence_watch(void *context, const struct stored_contribution *contribution) {
    struct evidence_entry entry = {.row = contribution->row, .reason = contribution->value.reason};
    if (entry.reason == REASON_COUNTED) {
        entry.bucket = bucket_name(contribution->value.bucket);
        entry.places = contribution->value.places;
        entry.places_open = contribution->value.places_open;
    }
    return entry_add(context, entry);
}

// ---- As bytes ----

static enum rond_err put_number(struct buffer *to, uint64_t value, size_t size) {
    uint8_t bytes[8];
    put_be64(bytes, value);
    return buffer_append(to, bytes_of(bytes + sizeof bytes - size, size));
}

static enum rond_err entries_encode(const struct evidence_commitment *commitment, struct buffer *to) {
    uint64_t counted = 0;
    for (size_t i = 0; i < commitment->count; i++)
        counted += commitment->entries[i].reason == REASON_COUNTED;
    enum rond_err err = put_number(to, counted, 8);
    for (size_t i = 0; i < commitment->count && err == ROND_OK; i++) {
        if (commitment->entries[i].reason != REASON_COUNTED)
            continue;
        const struct evidence_entry *entry = &commitment->entries[i];
        err = put_number(to, entry->row, 8);
        err = err == ROND_OK ? put_number(to, entry->bucket, 8) : err;
        err = err == ROND_OK ? put_number(to, entry->places, 4) : err;
        err = err == ROND_OK ? put_number(to, entry->places_open, 4) : err;
    }
    return err;
}

static enum rond_err commitment_encode(const struct evidence_commitment *commitment, struct buffer *to) {
    struct bytes path = bytes_of_text(commitment->path);
    enum rond_err err = put_number(to, path.size, 4);
    err = err == ROND_OK ? buffer_append(to, path) : err;
    err = err == ROND_OK ? buffer_append(to, bytes_of(commitment->definition.b, HASH_SIZE)) : err;
    return err == ROND_OK ? entries_encode(commitment, to) : err;
}

enum rond_err evidence_encode(const struct followup_evidence *evidence, struct buffer *to) {
    enum rond_err err = buffer_append(to, bytes_of(MAGIC, MAGIC_SIZE));
    err = err == ROND_OK ? put_number(to, evidence->last_row, 8) : err;
    err = err == ROND_OK ? put_number(to, evidence->rules, 4) : err;
    err = err == ROND_OK ? put_number(to, evidence->count, 4) : err;
    for (size_t i = 0; i < evidence->count && err == ROND_OK; i++)
        err = commitment_encode(&evidence->commitments[i], to);
    return err;
}

// Takes from the front; NULL where there is not so much.
static const uint8_t *take(struct bytes *from, size_t size) {
    const uint8_t *taken = from->data;
    if (from->size < size)
        return NULL;
    *from = bytes_of(from->data + size, from->size - size);
    return taken;
}

static enum rond_err entries_decode(struct bytes *from, struct evidence_commitment *commitment) {
    const uint8_t *count_bytes = take(from, 8);
    uint64_t count = count_bytes == NULL ? UINT64_MAX : get_be64(count_bytes);
    enum rond_err err = count > from->size / ENTRY_SIZE ? ROND_ECORRUPT : ROND_OK;
    for (uint64_t i = 0; err == ROND_OK && i < count; i++) {
        const uint8_t *bytes = take(from, ENTRY_SIZE);
        const struct evidence_entry entry = {
            .row = get_be64(bytes),
            .bucket = get_be64(bytes + 8),
            .places = get_be32(bytes + 16),
            .places_open = get_be32(bytes + 20),
            .reason = REASON_COUNTED,
        };
        err = entry_add(commitment, entry);
    }
    return err;
}

static enum rond_err commitment_decode(struct bytes *from, struct followup_evidence *evidence) {
    struct evidence_commitment *added;
    const uint8_t *size = take(from, 4);
    uint32_t path_size = size == NULL ? UINT32_MAX : get_be32(size);
    const uint8_t *path = path_size > PATH_BYTES_MAX ? NULL : take(from, path_size);
    const uint8_t *definition = take(from, HASH_SIZE);
    if (path == NULL || definition == NULL)
        return ROND_ECORRUPT;
    enum rond_err err = commitment_new(evidence, (const char *)path, path_size, &added);
    if (err != ROND_OK)
        return err;
    memcpy(added->definition.b, definition, HASH_SIZE);
    return entries_decode(from, added);
}

enum rond_err evidence_decode(struct bytes from, struct followup_evidence *ret_evidence) {
    *ret_evidence = (struct followup_evidence){0};
    const uint8_t *head = take(&from, MAGIC_SIZE + 8 + 4 + 4);
    if (head == NULL || memcmp(head, MAGIC, MAGIC_SIZE) != 0)
        return ROND_ECORRUPT;
    ret_evidence->last_row = get_be64(head + MAGIC_SIZE);
    ret_evidence->rules = get_be32(head + MAGIC_SIZE + 8);
    uint32_t count = get_be32(head + MAGIC_SIZE + 12);
    enum rond_err err = ROND_OK;
    for (uint32_t i = 0; i < count && err == ROND_OK; i++)
        err = commitment_decode(&from, ret_evidence);
    return err == ROND_OK && from.size > 0 ? ROND_ECORRUPT : err;
}
