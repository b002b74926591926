#include "support/followups.h"

#include <string.h>

#include "base/check.h"
#include "support/stockholm.h"

#define OK(call) CHECK((call) == ROND_OK)
#define LONG_AFTER "2020-01-01 12:00"

Rond__V1__Report *report_at(struct lund *lund, Rond__V1__Kind kind, const char *wall, int minutes) {
    Rond__V1__Report *report = sample_report(&lund->arena, kind, 0);
    report->occurred_from_s = stockholm_at(wall);
    report->occurred_to_s = report->occurred_from_s + minutes * 60;
    report->claimed_ms = (report->occurred_to_s + 60) * 1000;
    if (lund->now_ms < report->claimed_ms)
        lund->now_ms = report->claimed_ms;
    return report;
}

Rond__V1__Report *cycle_check(struct lund *lund, const char *wall) {
    return report_at(lund, ROND__V1__KIND__KIND_CHECK, wall, 30);
}

static void make(struct lund *lund, const char *promise, const char *period, const char *now, struct followup *previous,
                 struct followup_draft *draft, struct buffer *document, struct buffer *evidence) {
    struct followup_request request = {.promise = promise};
    enum rond_err err = lund->store->views->followup(lund->store, promise, period, 0, &lund->arena, previous);
    CHECK(err == ROND_OK || err == ROND_ENOTFOUND);
    request.previous = err == ROND_OK ? previous : NULL;
    previous->version = err == ROND_OK ? previous->version : 0;
    OK(followup_period_of(lund->catalogue, promise, period, stockholm_at(now), true, &request.period, NULL));
    OK(followup_draft_make(lund->store, lund->catalogue, &request, draft));
    buffer_init(document, 16 * 1024 * 1024);
    buffer_init(evidence, 16 * 1024 * 1024);
    OK(followup_draft_finish(lund->store, lund->catalogue, draft, document, evidence));
}

struct followup published(struct lund *lund, const char *promise, const char *period) {
    struct followup_draft draft;
    struct followup previous, stored;
    struct buffer document, evidence;
    struct followup_key key = {.id.b = {7}, .spki = bytes_of("key", 3), .since_ms = 1};
    lund_begin(lund);
    make(lund, promise, period, LONG_AFTER, &previous, &draft, &document, &evidence);
    struct followup made = {.promise = promise,
                            .period = period,
                            .version = previous.version + 1,
                            .state = draft.state,
                            .at_ms = lund->now_ms,
                            .actor = "test",
                            .key_id = key.id,
                            .document = buffer_bytes(&document),
                            .evidence = buffer_bytes(&evidence)};
    OK(lund->store->registry->followup_key_put(lund->store, &key));
    OK(lund->store->registry->followup_put(lund->store, &made));
    lund_commit(lund);
    OK(lund->store->views->followup(lund->store, promise, period, made.version, &lund->arena, &stored));
    followup_draft_deinit(&draft);
    buffer_deinit(&document);
    buffer_deinit(&evidence);
    return stored;
}

const char *drafted(struct lund *lund, const char *promise, const char *period, const char *now) {
    struct followup_draft draft;
    struct followup previous;
    struct buffer document, evidence;
    make(lund, promise, period, now, &previous, &draft, &document, &evidence);
    const char *text = arena_text(&lund->arena, buffer_text(&document));
    CHECK(text != NULL);
    followup_draft_deinit(&draft);
    buffer_deinit(&document);
    buffer_deinit(&evidence);
    return text;
}

json_t *document_json(const struct followup *followup) {
    json_error_t error;
    json_t *document = json_loadb((const char *)followup->document.data, followup->document.size, 0, &error);
    CHECK(document != NULL);
    return document;
}

const json_t *commitment_in(const json_t *document, const char *list, const char *path) {
    const json_t *all = json_object_get(document, list);
    for (size_t i = 0; i < json_array_size(all); i++)
        if (strcmp(json_string_value(json_object_get(json_array_get(all, i), "commitment")), path) == 0)
            return json_array_get(all, i);
    return NULL;
}
