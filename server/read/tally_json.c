#include "read/tally_json.h"

bool read_add_tally(json_t *object, const struct tally *tally) {
    return read_add(object, "count", json_integer(tally->count)) &&
           read_add(object, "person_minutes", json_integer(tally->person_minutes)) &&
           read_add(object, "covered_minutes", json_integer(tally->covered_minutes)) &&
           read_add(object, "windows_met", json_integer(tally->windows_met)) &&
           read_add(object, "actions_open", json_integer(tally->actions_open)) &&
           read_add(object, "actions_closed", json_integer(tally->actions_closed));
}

json_t *read_places(const struct progress *progress) {
    json_t *list = json_array();
    for (size_t i = 0; i < progress->places_count; i++) {
        const struct place_progress *place = &progress->places[i];
        json_t *object = json_object();
        bool added = read_add(object, "place", read_text(place->place)) &&
                     read_add(object, "count", json_integer(place->count)) &&
                     read_add(object, "open", json_integer(place->open));
        if (json_array_append_new(list, read_whole(object, added)) != 0)
            return read_whole(list, false);
    }
    return list;
}
