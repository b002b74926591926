#include "read/followup_changes.h"

#include <string.h>

#include "base/check.h"
#include "base/sha256.h"

struct comparing {
    struct store *store;
    const struct followup_evidence *then;
    const struct followup_evidence *now;
    const json_t *published; // document
    json_t *document;
    json_t *changes;
};

static const char *path_of(const json_t *commitment) {
    const char *path = json_string_value(json_object_get(commitment, "commitment"));
    return path == NULL ? "" : path;
}

static json_t *commitment_with(const json_t *document, const char *path) {
    const json_t *list = json_object_get(document, "commitments");
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(path_of(json_array_get(list, i)), path) == 0)
            return json_array_get(list, i);
    return NULL;
}

static bool is_same(const struct comparing *comparing, const char *name) {
    return json_equal(json_object_get(comparing->published, name), json_object_get(comparing->document, name));
}

// ---- One change ----

// What an older format does not have is left out.
static json_t *side_json(const json_t *commitment) {
    static const char *const names[] = {"status", "status_by_reports", "figure", "part", "sureness", "corrected"};
    json_t *object = commitment == NULL ? json_null() : json_object();
    bool added = object != NULL;
    for (size_t i = 0; i < ARRAY_COUNT(names) && added && commitment != NULL; i++) {
        const json_t *told = json_object_get(commitment, names[i]);
        added = told == NULL || read_add(object, names[i], json_deep_copy(told));
    }
    return read_whole(object, added);
}

static bool differs_in(const json_t *then, const json_t *now, const char *name, const char *part) {
    const json_t *a = json_object_get(json_object_get(then, name), part);
    const json_t *b = json_object_get(json_object_get(now, name), part);
    return a != NULL && b != NULL && !json_equal(a, b);
}

// The older format left out devices that were enrolled after the period, and so could say that there was none.
static bool left_out_every_device(const json_t *then, const json_t *now) {
    const json_t *sureness = json_object_get(then, "sureness"), *sureness_now = json_object_get(now, "sureness");
    return sureness != NULL && json_object_get(sureness, "unsent") == NULL &&
           json_integer_value(json_object_get(sureness, "devices")) == 0 &&
           json_integer_value(json_object_get(sureness_now, "devices")) > 0;
}

static json_t *why_json(const struct comparing *comparing, const struct followup_causes *causes, const json_t *then,
                        const json_t *now) {
    bool ended = differs_in(comparing->published, comparing->document, "period", "until");
    bool other_form = then != NULL && now != NULL && !is_same(comparing, "format");
    bool other_status = !json_equal(json_object_get(then, "status"), json_object_get(now, "status"));
    bool other_silence = differs_in(then, now, "sureness", "silent") || left_out_every_device(then, now);
    json_t *object = json_object();
    bool added = read_add(object, "late", json_integer(causes->late)) &&
                 read_add(object, "corrected", json_integer(causes->corrected)) &&
                 read_add(object, "withdrawn", json_integer(causes->withdrawn)) &&
                 read_add(object, "released", json_integer(causes->released)) &&
                 read_add(object, "decided", json_integer(causes->decided)) &&
                 read_add(object, "edited", json_boolean(causes->edited)) &&
                 read_add(object, "rules", json_boolean(causes->rules)) && read_add(object, "ended", json_boolean(ended)) &&
                 read_add(object, "heard", json_boolean(other_silence && !other_form)) &&
                 read_add(object, "form", json_boolean(other_form && (other_silence || other_status)));
    return read_whole(object, added);
}

// The sentences are made from the numbers beside them: how they are put may change with a release, and is no news.
static bool is_same_figure(const json_t *then, const json_t *now) {
    static const char *const sentences[] = {"summary_sv", "summary_en"};
    if (then == NULL)
        return true;
    json_t *figures[] = {json_copy((json_t *)(uintptr_t)then), json_copy((json_t *)(uintptr_t)now)};
    for (size_t i = 0; i < 2 * ARRAY_COUNT(sentences); i++)
        (void)json_object_del(figures[i % 2], sentences[i / 2]);
    bool same = json_equal(figures[0], figures[1]);
    json_decref(figures[0]);
    json_decref(figures[1]);
    return same;
}

// Another device enrolled, or another one silent in place of one that was: no figure is surer or less sure for that.
static bool tells_the_same(const json_t *then, const json_t *now) {
    static const char *const names[] = {"title_sv", "title_en",          "measure", "per",      "about",
                                        "status",   "status_by_reports", "part",    "corrected"};
    bool same = !differs_in(then, now, "sureness", "silent") && !left_out_every_device(then, now) &&
                is_same_figure(json_object_get(then, "figure"), json_object_get(now, "figure"));
    for (size_t i = 0; i < ARRAY_COUNT(names) && same; i++) {
        const json_t *before = json_object_get(then, names[i]);
        same = before == NULL || json_equal(before, json_object_get(now, names[i]));
    }
    return same;
}

// then, now: one of them may be NULL.
static enum rond_err change_add(struct comparing *comparing, const json_t *then, const json_t *now) {
    const json_t *either = now == NULL ? then : now;
    struct followup_causes causes;
    const char *path = path_of(either);
    enum rond_err err = followup_causes_find(comparing->store, comparing->then, evidence_find(comparing->then, path),
                                             comparing->now, evidence_find(comparing->now, path), &causes);
    if (err != ROND_OK)
        return err;
    json_t *object = json_object();
    bool added = read_add(object, "commitment", read_text(path)) &&
                 read_add(object, "title_sv", json_copy(json_object_get(either, "title_sv"))) &&
                 read_add(object, "title_en", json_copy(json_object_get(either, "title_en"))) &&
                 read_add(object, "from", side_json(then)) && read_add(object, "to", side_json(now)) &&
                 read_add(object, "why", why_json(comparing, &causes, then, now));
    return json_array_append_new(comparing->changes, read_whole(object, added)) == 0 ? ROND_OK : ROND_ENOMEM;
}

// ---- All of them ----

// In the order of the document; those that are gone follow.
static enum rond_err changes_find(struct comparing *comparing) {
    const json_t *now = json_object_get(comparing->document, "commitments");
    const json_t *then = json_object_get(comparing->published, "commitments");
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < json_array_size(now) && err == ROND_OK; i++) {
        const json_t *one = json_array_get(now, i), *before = commitment_with(comparing->published, path_of(one));
        if (before == NULL || !tells_the_same(before, one))
            err = change_add(comparing, before, one);
    }
    for (size_t i = 0; i < json_array_size(then) && err == ROND_OK; i++)
        if (commitment_with(comparing->document, path_of(json_array_get(then, i))) == NULL)
            err = change_add(comparing, json_array_get(then, i), NULL);
    return err;
}

static bool add_replaces(const struct followup *published, bool promise_edited, json_t *document) {
    struct hash256 hash;
    json_t *object = json_object();
    sha256_of(published->document, &hash);
    bool added = read_add(object, "version", json_integer(published->version)) &&
                 read_add(object, "sha256", read_hex(bytes_of(hash.b, HASH_SIZE))) &&
                 read_add(object, "promise_edited", json_boolean(promise_edited));
    return read_add(document, "replaces", read_whole(object, added));
}

static enum rond_err compare(struct comparing *comparing, const struct followup *published, bool *ret_differs) {
    comparing->changes = json_array();
    if (!read_add(comparing->document, "changes", comparing->changes) ||
        !add_replaces(published, !is_same(comparing, "promise"), comparing->document))
        return ROND_ENOMEM;
    enum rond_err err = changes_find(comparing);
    *ret_differs = !is_same(comparing, "promise") || !is_same(comparing, "period") || !is_same(comparing, "area") ||
                   json_array_size(comparing->changes) > 0;
    return err;
}

enum rond_err followup_changes_add(struct store *store, const struct followup *published,
                                   const struct followup_evidence *evidence, json_t *document, bool *ret_differs) {
    struct followup_evidence then;
    json_error_t error;
    json_t *parsed = json_loadb((const char *)published->document.data, published->document.size, 0, &error);
    struct comparing comparing = {.store = store, .then = &then, .now = evidence, .published = parsed, .document = document};
    enum rond_err err = evidence_decode(published->evidence, &then);
    if (err == ROND_OK)
        err = parsed == NULL ? ROND_ECORRUPT : compare(&comparing, published, ret_differs);
    evidence_deinit(&then);
    json_decref(parsed);
    return err;
}
