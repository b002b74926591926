// promise.import: a promise file becomes reference data, all of it or nothing.
// promise.save: one promise alone, with its words: those that are there stand in what is read as they are
// (read/promise_document.h), so that new ones are added and nothing else changes.
#include <string.h>

#include "admin/inner.h"
#include "promise/zone_file.h"
#include "read/promise_source.h"

static enum rond_err put(struct store *store, Rond__V1__ReferenceEntry__BodyCase kind, char *id, void *body) {
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    entry.id = id;
    entry.body_case = kind;
    entry.area = body; // every body is a pointer in the same union
    return store->registry->reference_put(store, &entry, NULL);
}

static enum rond_err put_file(const struct promise_file *file, Rond__V1__TimeZone *zone, struct store *store) {
    enum rond_err err = put(store, ROND__V1__REFERENCE_ENTRY__BODY_TIME_ZONE, zone->id, zone);
    if (err == ROND_OK) {
        err = put(store, ROND__V1__REFERENCE_ENTRY__BODY_AREA, file->area->id, file->area);
    }
    for (size_t i = 0; err == ROND_OK && i < file->organisation_count; i++) {
        err = put(store, ROND__V1__REFERENCE_ENTRY__BODY_ORGANISATION, file->organisations[i]->id, file->organisations[i]);
    }
    for (size_t i = 0; err == ROND_OK && i < file->place_count; i++) {
        err = put(store, ROND__V1__REFERENCE_ENTRY__BODY_PLACE, file->places[i]->id, file->places[i]);
    }
    return err;
}

static enum rond_err put_promises(const struct admin_change *change, struct submission *submission, struct store *store) {
    enum rond_err err = ROND_OK;
    for (size_t i = 0; err == ROND_OK && i < change->file.promise_count; i++) {
        err = promise_edit(change, store, change->file.promises[i], &submission->arena, &submission->fault);
    }
    return err;
}

// A word is unique within its list: "check/taxi" and "counterpart/taxi" are two words.
static enum rond_err put_terms(const struct promise_file *file, struct arena *arena, struct store *store) {
    for (size_t i = 0; i < file->term_count; i++) {
        Rond__V1__Term *term = file->terms[i];
        char *id = arena_printf(arena, "%s/%s", term->list, term->id);
        if (id == NULL) {
            return ROND_ENOMEM;
        }
        enum rond_err err = put(store, ROND__V1__REFERENCE_ENTRY__BODY_TERM, id, term);
        if (err != ROND_OK) {
            return err;
        }
    }
    return ROND_OK;
}

static enum rond_err number_commitments(const struct promise_file *file, struct arena *arena, struct store *store) {
    for (size_t i = 0; i < file->promise_count; i++) {
        const Rond__V1__Promise *promise = file->promises[i];
        for (size_t j = 0; j < promise->n_commitments; j++) {
            char *path = arena_printf(arena, "%s/%s", promise->id, promise->commitments[j]->id);
            uint32_t number;
            enum rond_err err = path == NULL ? ROND_ENOMEM : store->registry->commitment_number(store, path, &number);
            if (err != ROND_OK) {
                return err;
            }
        }
    }
    return ROND_OK;
}

static enum rond_err put_contents(const struct admin_change *change, struct submission *submission, struct store *store) {
    enum rond_err err = put_terms(&change->file, &submission->arena, store);
    if (err == ROND_OK) {
        err = put_promises(change, submission, store);
    }
    if (err == ROND_OK) {
        err = number_commitments(&change->file, &submission->arena, store);
    }
    submission->changes_catalogue = err == ROND_OK;
    return err;
}

static enum rond_err import_run(struct admin_change *change, struct submission *submission, struct store *store) {
    const struct promise_file *file = &change->file;
    size_t commitments = 0;
    for (size_t i = 0; i < file->promise_count; i++) {
        commitments += file->promises[i]->n_commitments;
    }
    enum rond_err err = put_file(file, change->zone, store);
    if (err == ROND_OK) {
        err = put_contents(change, submission, store);
    }
    if (err == ROND_OK) {
        err = audit_put(change, store,
                        arena_printf(&submission->arena, "area=%s promises=%zu commitments=%zu", file->area->id,
                                     file->promise_count, commitments));
    }
    return err != ROND_OK
               ? err
               : answer_put(change, &submission->arena,
                            json_pack("{s:s,s:I,s:I,s:I,s:I}", "area", file->area->id, "promises",
                                      (json_int_t)file->promise_count, "commitments", (json_int_t)commitments, "places",
                                      (json_int_t)file->place_count, "words", (json_int_t)file->term_count));
}

static enum rond_err save_run(struct admin_change *change, struct submission *submission, struct store *store) {
    const Rond__V1__Promise *promise = change->file.promises[0];
    enum rond_err err = put_contents(change, submission, store);
    if (err == ROND_OK) {
        err = audit_put(change, store,
                        arena_printf(&submission->arena, "area=%s promise=%s version=%u commitments=%zu", promise->area,
                                     promise->id, promise->version, promise->n_commitments));
    }
    return err != ROND_OK ? err
                          : answer_put(change, &submission->arena,
                                       json_pack("{s:s,s:s,s:I}", "area", promise->area, "promise", promise->id, "version",
                                                 (json_int_t)promise->version));
}

// The versions that whoever sends it has seen, as {"PROMISE": version, ...}; a promise that must not be there yet has 0.
// What is not named is put whatever is there.
static enum rond_err expected_prepare(json_t *arguments, struct arena *arena, struct admin_change *change,
                                      struct fault *fault) {
    json_t *given = json_object_get(arguments, "expected_versions");
    const char *promise;
    json_t *version;
    if (given != NULL && !json_is_object(given)) {
        return fault_both(fault, ROND_EINVALID, 0, "expected_versions", "Say it as {\"PROMISE\": version}.",
                          "Ange det som {”LÖFTE”: version}.");
    }
    change->expected = arena_array(arena, json_object_size(given) + 1, sizeof *change->expected);
    if (change->expected == NULL) {
        return ROND_ENOMEM;
    }
    json_object_foreach(given, promise, version) {
        json_int_t number = json_integer_value(version);
        if (!json_is_integer(version) || number < 0 || number > UINT32_MAX) {
            return fault_both(fault, ROND_EINVALID, 0, "expected_versions", "A version is a whole number from 0.",
                              "En version är ett heltal från 0.");
        }
        struct expected_version *expected = &change->expected[change->expected_count++];
        *expected = (struct expected_version){arena_text(arena, promise), (uint32_t)number};
        if (expected->promise == NULL) {
            return ROND_ENOMEM;
        }
    }
    return ROND_OK;
}

// What is wrong with it is told in English; in Swedish where, and the page says what by read/promise_check.h.
static enum rond_err parse(const struct promise_source *source, struct arena *arena, struct admin_change *change,
                           struct fault *fault) {
    struct file_faults faults = {0};
    enum rond_err err = promise_source_parse(source, arena, &change->file, &faults);
    if (err == ROND_OK || faults.count == 0)
        return err;
    const struct file_fault *first = &faults.faults[0];
    (void)fault_set(fault, err, 0, first->field, "%.240s", first->message);
    return fault_in_swedish(fault, err, "Felet är vid ”%s”; kontrollera löftet, så visas vad som är fel.", first->field);
}

enum rond_err import_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                             struct admin_change *change, struct fault *fault) {
    UNUSED(context);
    struct promise_source source;
    enum rond_err err = expected_prepare(arguments, arena, change, fault);
    if (err == ROND_OK) {
        err = promise_source_take_file(arguments, arena, &source, fault);
    }
    if (err == ROND_OK) {
        err = parse(&source, arena, change, fault);
    }
    if (err != ROND_OK) {
        return err;
    }
    change->run = import_run;
    err = zone_file_read(ZONE_FILE_DIRECTORY, change->file.area->time_zone, arena, &change->zone, fault);
    if (err == ROND_EINVALID) {
        err = fault_both(fault, err, 0, "area.timezone",
                         "%.160s:%u: area.timezone: there is no time zone '%.60s'; write one as Europe/Stockholm",
                         "%.160s:%u: area.timezone: tidszonen ”%.60s” finns inte; skriv som Europe/Stockholm", source.name,
                         change->file.time_zone_line, change->file.area->time_zone);
    }
    return err;
}

enum rond_err save_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                           struct admin_change *change, struct fault *fault) {
    struct promise_source source;
    enum rond_err err = promise_source_take_promise(arguments, context->catalogue, arena, &source, fault);
    if (err == ROND_OK) {
        err = expected_prepare(arguments, arena, change, fault);
    }
    if (err == ROND_OK) {
        err = parse(&source, arena, change, fault);
    }
    if (err != ROND_OK) {
        return err;
    }
    CHECK(change->file.promise_count == 1);
    if (change->expected_count != 1 || strcmp(change->expected[0].promise, change->file.promises[0]->id) != 0) {
        return fault_both(fault, ROND_EINVALID, 0, "expected_versions",
                          "Say of this promise which version you have seen; 0: none.",
                          "Ange vilken version av löftet du har sett; 0: ingen.");
    }
    change->run = save_run;
    return ROND_OK;
}
