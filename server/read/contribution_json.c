#include "read/contribution_json.h"

bool contribution_add_reason(json_t *object, enum counting_reason reason) {
    return read_add(object, "counted", json_boolean(reason == REASON_COUNTED)) &&
           read_add(object, "reason", json_string(reason_name(reason))) &&
           read_add(object, "reason_sv", json_string(reason_sentence(reason, true))) &&
           read_add(object, "reason_en", json_string(reason_sentence(reason, false)));
}

// Places of among_places by a contribution's bits.
static json_t *places_json(const struct commitment *commitment, uint32_t bits) {
    const Rond__V1__Commitment *definition = commitment->definition;
    json_t *list = json_array();
    for (size_t i = 0; i < definition->n_among_places && i < 32; i++)
        if ((bits >> i & 1) != 0 && json_array_append_new(list, read_text(definition->among_places[i])) != 0)
            return read_whole(list, false);
    return list;
}

bool contribution_add(json_t *object, const struct commitment *commitment, const struct contribution *value) {
    return read_add(object, "bucket", read_bucket(value->bucket)) && read_add(object, "period", read_text(value->period)) &&
           read_add(object, "quantity", json_integer(value->quantity)) &&
           read_add(object, "persons", json_integer(value->persons)) && read_add_s(object, "counted_from", value->from_s) &&
           read_add_s(object, "counted_to", value->to_s) &&
           read_add(object, "time_unsure", json_boolean((value->flags & CONTRIBUTION_TIME_UNSURE) != 0)) &&
           read_add(object, "places", places_json(commitment, value->places)) &&
           read_add(object, "places_open", places_json(commitment, value->places_open));
}

static json_t *toward_json(const struct catalogue *catalogue, const struct commitment *commitment,
                           const struct contribution *value, enum counting_reason reason) {
    json_t *object = json_object();
    const char *path = catalogue_commitment_path(catalogue, commitment->number);
    bool is_whole = read_add(object, "commitment", read_text(path)) &&
                    read_add(object, "title_sv", read_text(commitment->definition->title_sv)) &&
                    read_add(object, "title_en", read_text(commitment->definition->title_en)) &&
                    contribution_add_reason(object, reason) &&
                    (value == NULL || contribution_add(object, commitment, value));
    return read_whole(object, is_whole);
}

// What was told last of a report: a patrol that lies in many windows counts toward each, and one line says so.
struct told {
    uint32_t commitment;
    enum counting_reason reason;
};

enum rond_err contribution_list(struct store *store, const struct catalogue *catalogue, uint64_t row,
                                enum contribution_extent extent, struct bucket_reasons *reasons, struct arena *arena,
                                json_t **ret_list) {
    struct stored_contribution *found = NULL;
    size_t count = 0;
    json_t *list = json_array();
    struct told last = {0};
    enum rond_err err = store->views->contributions_of_row(store, row, arena, &found, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        const struct commitment *commitment = catalogue_commitment(catalogue, found[i].commitment);
        enum counting_reason reason;
        if (commitment == NULL) // of a promise that was removed
            continue;
        err = bucket_reason(store, commitment, &found[i], reasons, &reason);
        bool is_told = last.commitment == found[i].commitment && last.reason == reason;
        if (err != ROND_OK || (extent == CONTRIBUTIONS_BRIEF && is_told))
            continue;
        last = (struct told){found[i].commitment, reason};
        const struct contribution *value = extent == CONTRIBUTIONS_WHOLE ? &found[i].value : NULL;
        if (json_array_append_new(list, toward_json(catalogue, commitment, value, reason)) != 0)
            err = ROND_ENOMEM;
    }
    if (err == ROND_OK && list == NULL)
        err = ROND_ENOMEM;
    if (err == ROND_OK)
        *ret_list = list;
    else
        json_decref(list);
    return err;
}
