#include "store/shape.h"

#include <errno.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "wire/codec.h"
#include "wire/limits.h"

enum { AUDIT_BYTES_MAX = 1024 * 1024 };

void *arena_list_add(struct arena_list *list) {
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 8 : list->capacity * 2;
        uint8_t *items = arena_array(list->arena, capacity, list->item_size);
        if (items == NULL)
            return NULL;
        if (list->count > 0)
            memcpy(items, list->items, list->count * list->item_size);
        list->items = items;
        list->capacity = capacity;
    }
    return list->items + list->count++ * list->item_size;
}

enum rond_err report_role(struct bytes body, struct arena *arena, const char **ret_role) {
    struct arena scratch; // a hostile body uses up no more than its own
    Rond__V1__Report *report = NULL;
    const char *role = NULL;
    arena_init(&scratch, DECODE_ARENA_BYTES_MAX);
    enum rond_err err = codec_report_decode(&scratch, body, &report, NULL);
    if (err == ROND_OK && (role = arena_text(arena, report->role)) == NULL)
        err = ROND_ENOMEM;
    arena_deinit(&scratch);
    if (err == ROND_ENOMEM)
        return err;
    *ret_role = role;
    return ROND_OK;
}

bool bucket_own_key(const char *bucket, struct id128 *ret_outbox, uint64_t *ret_seq) {
    enum { HEX_FROM = 2, HEX_SIZE = 2 * ID_SIZE };
    char hex[HEX_SIZE + 1] = "";
    if (strncmp(bucket, "r:", HEX_FROM) != 0 || strlen(bucket) < HEX_FROM + HEX_SIZE + 2 ||
        bucket[HEX_FROM + HEX_SIZE] != ':')
        return false;
    memcpy(hex, bucket + HEX_FROM, HEX_SIZE);
    const char *digits = bucket + HEX_FROM + HEX_SIZE + 1;
    if (digits[strspn(digits, "0123456789")] != '\0' || !hex_decode(hex, ret_outbox->b, ID_SIZE))
        return false;
    errno = 0;
    *ret_seq = strtoull(digits, NULL, 10);
    return errno == 0;
}

bool decision_ruling(const struct decision *decision, struct ruling *ret_ruling) {
    if (decision->undone_ms != 0)
        return false;
    switch (decision->kind) {
    case DECISION_JOIN:
    case DECISION_PART:
        *ret_ruling = (struct ruling){RULING_ACTIVITY, "", decision->kind == DECISION_JOIN ? decision->subject : ""};
        return true;
    case DECISION_PLACE:
        *ret_ruling = (struct ruling){RULING_PLACE, decision->subject, decision->value};
        return true;
    case DECISION_AMEND:
        *ret_ruling = (struct ruling){RULING_FIELD, decision->subject, decision->value};
        return true;
    case DECISION_DISTINCT:
    case DECISION_ACTION:
        break;
    }
    return false;
}

static bool is_ruled(const struct ruling *rulings, size_t count, const struct ruling *ruling) {
    for (size_t i = 0; i < count; i++)
        if (rulings[i].kind == ruling->kind && strcmp(rulings[i].subject, ruling->subject) == 0)
            return true;
    return false;
}

enum rond_err decisions_rule(const struct decision *decisions, size_t count, struct arena *arena,
                             struct ruling_list *ret_list) {
    struct ruling *rulings = arena_array(arena, count, sizeof *rulings), ruling;
    size_t ruled = 0;
    if (rulings == NULL)
        return ROND_ENOMEM;
    for (size_t i = count; i-- > 0;) // the newest first
        if (decision_ruling(&decisions[i], &ruling) && !is_ruled(rulings, ruled, &ruling))
            rulings[ruled++] = ruling;
    *ret_list = (struct ruling_list){rulings, ruled};
    return ROND_OK;
}

enum rond_err roles_join(const char *const *roles, size_t count, struct buffer *to) {
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = strchr(roles[i], '\n') != NULL ? ROND_EINVALID : buffer_printf(to, "%s%s", i > 0 ? "\n" : "", roles[i]);
    return err;
}

enum rond_err roles_split(const char *text, struct arena *arena, const char ***ret_roles, size_t *ret_count) {
    size_t count = text[0] != '\0';
    for (const char *at = text; *at != '\0'; at++)
        count += *at == '\n';
    const char **roles = arena_array(arena, count, sizeof *roles);
    char *rest = arena_text(arena, text);
    if (roles == NULL || rest == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < count; i++)
        roles[i] = strsep(&rest, "\n");
    *ret_roles = roles;
    *ret_count = count;
    return ROND_OK;
}

static enum rond_err sized_append(struct buffer *to, const char *text) {
    uint8_t size[4];
    put_be32(size, (uint32_t)strlen(text));
    enum rond_err err = buffer_append(to, bytes_of(size, sizeof size));
    return err == ROND_OK ? buffer_append(to, bytes_of_text(text)) : err;
}

enum rond_err audit_hash(const struct hash256 *previous, uint64_t id, const struct audit_row *row,
                         struct hash256 *ret_hash) {
    uint8_t numbers[16];
    struct buffer buffer;
    buffer_init(&buffer, AUDIT_BYTES_MAX);
    put_be64(numbers, id);
    put_be64(numbers + 8, (uint64_t)row->at_ms);
    enum rond_err err = buffer_append(&buffer, bytes_of_text("rond audit v1"));
    if (err == ROND_OK)
        err = buffer_append(&buffer, bytes_of(previous->b, HASH_SIZE));
    if (err == ROND_OK)
        err = buffer_append(&buffer, bytes_of(numbers, sizeof numbers));
    if (err == ROND_OK)
        err = sized_append(&buffer, row->actor);
    if (err == ROND_OK)
        err = sized_append(&buffer, row->action);
    if (err == ROND_OK)
        err = sized_append(&buffer, row->detail);
    if (err == ROND_OK)
        SHA256(buffer.data, buffer.size, ret_hash->b);
    buffer_deinit(&buffer);
    return err == ROND_EFULL ? ROND_EINVALID : err;
}

enum rond_err reference_pack(const Rond__V1__ReferenceEntry *entry, struct buffer *to) {
    if (entry->id == NULL || entry->id[0] == '\0' || entry->body_case == ROND__V1__REFERENCE_ENTRY__BODY__NOT_SET)
        return ROND_EINVALID;
    Rond__V1__ReferenceEntry unnumbered = *entry;
    unnumbered.revision = 0;
    size_t size = rond__v1__reference_entry__get_packed_size(&unnumbered);
    enum rond_err err = buffer_reserve(to, size);
    if (err == ROND_OK) {
        rond__v1__reference_entry__pack(&unnumbered, to->data + to->size);
        to->size += size;
    }
    return err;
}

enum rond_err reference_unpack(struct bytes packed, uint64_t revision, struct arena *arena,
                               Rond__V1__ReferenceEntry **ret_entry) {
    Rond__V1__ReferenceEntry *entry = rond__v1__reference_entry__unpack(&arena->pb, packed.size, packed.data);
    if (entry == NULL) // what is stored was packed here, so it is memory that lacks, as far as can be told
        return arena->size_max - arena->used < packed.size ? ROND_ENOMEM : arena_err(arena, ROND_ECORRUPT);
    entry->revision = revision;
    *ret_entry = entry;
    return ROND_OK;
}

bool store_counts_add_up(const struct store_counts *counts) {
    uint64_t quarantined = counts->quarantined_open + counts->quarantined_released + counts->quarantined_discarded;
    return counts->reports == counts->applied + quarantined && counts->received == counts->reports + counts->lost;
}

bool seqs_fit(uint64_t first_seq, uint64_t count) {
    return first_seq >= 1 && count >= 1 && first_seq <= INT64_MAX && count - 1 <= INT64_MAX - first_seq;
}
