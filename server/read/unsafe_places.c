// The register (read/walks.h) with the ground of each place in the words' stead.
#include "read/unsafe_places.h"

struct telling {
    const struct catalogue *catalogue;
    const struct read_rows *rows;
};

static bool add_ground(json_t *object, const struct catalogue *catalogue, const char *id) {
    const Rond__V1__Place *place = id == NULL ? NULL : catalogue_place(catalogue, id);
    bool is_known = place != NULL && (place->latitude_e6 != 0 || place->longitude_e6 != 0);
    return read_add(object, "latitude_e6", is_known ? json_integer(place->latitude_e6) : json_null()) &&
           read_add(object, "longitude_e6", is_known ? json_integer(place->longitude_e6) : json_null());
}

static enum rond_err place_tell(void *context, json_t *place) {
    static const char *const KEPT[] = {"row",         "area", "commitment", "reference", "place",
                                       "responsible", "due",  "overdue",    "found_s",   "found"};
    const struct telling *telling = context;
    json_t *object = json_object();
    bool added = add_ground(object, telling->catalogue, json_string_value(json_object_get(place, "place")));
    for (size_t i = 0; i < sizeof KEPT / sizeof *KEPT && added; i++)
        added = read_add(object, KEPT[i], json_incref(json_object_get(place, KEPT[i])));
    return read_rows_give(telling->rows, read_whole(object, added));
}

enum rond_err read_unsafe_places(struct store *store, const struct catalogue *catalogue, const struct walks_wanted *wanted,
                                 const struct read_rows *rows, uint64_t *ret_stopped) {
    struct telling telling = {.catalogue = catalogue, .rows = rows};
    const struct read_rows told = {.row = place_tell, .context = &telling};
    return read_walks(store, catalogue, wanted, &told, ret_stopped);
}
