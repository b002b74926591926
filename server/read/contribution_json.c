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
