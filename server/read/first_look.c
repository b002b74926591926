// A correction keeps the bucket of what it corrects, and so does a walk that was queued anew after a fork: whether a report
// is the first look follows from whom it names, not from its own identity.
#include "read/first_look.h"

#include <stdlib.h>
#include <string.h>

#include "promise/counted.h"

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

// NULL where the walk was erased or cannot be read.
static enum rond_err content_of(struct store *store, const struct stored_report *report, const char *finding,
                                struct arena *arena, const Rond__V1__Finding **ret_content) {
    Rond__V1__Report *said = NULL;
    enum rond_err err = counted_content(store, report, arena, &said);
    *ret_content = NULL;
    if (err == ROND_ENOTFOUND || err == ROND_EINVALID || (err == ROND_OK && said->body_case != ROND__V1__REPORT__BODY_WALK))
        return ROND_OK;
    for (size_t i = 0; err == ROND_OK && i < said->walk->n_findings; i++)
        if (strcmp(said->walk->findings[i]->id, finding) == 0 && said->walk->findings[i]->rewalk_of == NULL) {
            *ret_content = said->walk->findings[i];
            break;
        }
    return err;
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
        err = content_of(store, &look.report, name.finding, arena, &look.content);
        if (err == ROND_OK)
            *ret_look = look;
        return err;
    }
    return ROND_ENOTFOUND;
}
