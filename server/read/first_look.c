// A correction keeps the bucket of what it corrects, and so does a walk that was queued anew after a fork: whether a report
// is the first look follows from whom it names, not from its own identity.
#include "read/first_look.h"

#include <stdlib.h>
#include <string.h>

#include "wire/codec.h"

enum { BUCKET_OUTBOX_AT = 2, BUCKET_SEQ_AT = 2 + 2 * ID_SIZE + 1, THREAD_MAX = 1000 };

struct bucket_name {
    struct id128 outbox;
    uint64_t seq;
    const char *finding;
};

static bool bucket_parse(const char *bucket, struct bucket_name *ret_name) {
    char outbox[2 * ID_SIZE + 1], *end;
    if (strncmp(bucket, "f:", BUCKET_OUTBOX_AT) != 0 || strlen(bucket) < BUCKET_SEQ_AT)
        return false;
    memcpy(outbox, bucket + BUCKET_OUTBOX_AT, 2 * ID_SIZE);
    outbox[2 * ID_SIZE] = '\0';
    ret_name->seq = strtoull(bucket + BUCKET_SEQ_AT, &end, 10);
    ret_name->finding = end + 1;
    return *end == ':' && hex_decode(outbox, ret_name->outbox.b, ID_SIZE);
}

static bool is_named(const struct report_key *key, const struct bucket_name *name) {
    return key->seq == name->seq && id128_equal(&key->outbox, &name->outbox);
}

// The next report that this one stands for: what it corrects, or the identity under which it was queued before.
static bool stands_for(const struct stored_report *report, struct report_key *ret_key) {
    const struct record *record = &report->record;
    if (report->has_target)
        *ret_key = report->target;
    else if (record->has_formerly)
        *ret_key = (struct report_key){report->key.device, record->formerly_outbox, record->formerly_seq};
    return report->has_target || record->has_formerly;
}

static enum rond_err leads_to(struct store *store, const struct stored_report *report, const struct bucket_name *name,
                              struct arena *arena, struct report_key *ret_key) {
    struct stored_report at = *report;
    struct report_key key = report->key;
    for (unsigned step = 0; step < THREAD_MAX; step++) {
        if (is_named(&key, name)) {
            *ret_key = key;
            return ROND_OK;
        }
        if (!stands_for(&at, &key))
            return ROND_ENOTFOUND;
        if (is_named(&key, name))
            continue;
        enum rond_err err = store->views->report_by_key(store, &key, arena, &at);
        if (err != ROND_OK)
            return err;
    }
    return ROND_ENOTFOUND;
}

static const Rond__V1__Finding *content_of(const struct stored_report *report, const char *finding, struct arena *arena) {
    Rond__V1__Report *decoded;
    if (report->erased || codec_report_decode(arena, report->record.report, &decoded, NULL) != ROND_OK ||
        decoded->body_case != ROND__V1__REPORT__BODY_WALK)
        return NULL;
    for (size_t i = 0; i < decoded->walk->n_findings; i++)
        if (strcmp(decoded->walk->findings[i]->id, finding) == 0 && decoded->walk->findings[i]->rewalk_of == NULL)
            return decoded->walk->findings[i];
    return NULL;
}

enum rond_err first_look_find(struct store *store, const char *bucket, const struct bucket_contents *contents,
                              struct arena *arena, struct first_look *ret_look) {
    struct bucket_name name;
    struct first_look look;
    if (!bucket_parse(bucket, &name))
        return ROND_ENOTFOUND;
    for (size_t i = 0; i < contents->count; i++) {
        enum rond_err err = store->views->report(store, contents->contributions[i].row, arena, &look.report);
        if (err == ROND_OK)
            err = leads_to(store, &look.report, &name, arena, &look.key);
        if (err == ROND_ENOTFOUND)
            continue;
        if (err != ROND_OK)
            return err;
        look.finding = name.finding;
        look.content = content_of(&look.report, name.finding, arena);
        *ret_look = look;
        return ROND_OK;
    }
    return ROND_ENOTFOUND;
}
