#include "read/followup_state.h"

#include <inttypes.h>

#include "base/buffer.h"
#include "base/check.h"
#include "base/sha256.h"
#include "promise/apply.h"
#include "promise/upgrade.h"

enum { LINES_BYTES_MAX = 4 * 1024 * 1024 };

static enum rond_err lines_of_store(const struct followup_state *state, struct buffer *lines) {
    char store[2 * ID_SIZE + 1], fold[2 * HASH_SIZE + 1];
    hex_encode(bytes_of(state->store.store_id.b, ID_SIZE), store);
    hex_encode(bytes_of(state->fold.b, HASH_SIZE), fold);
    return buffer_printf(lines,
                         "rond state v2\nstore %s\nepoch %" PRIu64 "\nlast_row %" PRIu64 "\ncatalogue_revision %" PRIu64
                         "\nrulings %" PRIu64 "\nrules %" PRIu32 "\nfold %s\n",
                         store, state->store.epoch, state->last_row, state->catalogue_revision, state->rulings, state->rules,
                         fold);
}

static enum rond_err line_of_silence(const json_t *commitment, struct buffer *lines) {
    static const char *const names[] = {"silent", "devices", "never_heard", "unsent"};
    const json_t *sureness = json_object_get(commitment, "sureness");
    const char *since = json_string_value(json_object_get(sureness, "since"));
    enum rond_err err = buffer_printf(lines, "silent %s", json_string_value(json_object_get(commitment, "commitment")));
    for (size_t i = 0; i < ARRAY_COUNT(names) && err == ROND_OK; i++)
        err = buffer_printf(lines, " %" JSON_INTEGER_FORMAT, json_integer_value(json_object_get(sureness, names[i])));
    return err == ROND_OK ? buffer_printf(lines, " %s\n", since == NULL ? "-" : since) : err;
}

static enum rond_err name_make(const json_t *commitments, struct followup_state *state) {
    struct buffer lines;
    struct hash256 hash;
    buffer_init(&lines, LINES_BYTES_MAX);
    enum rond_err err = lines_of_store(state, &lines);
    for (size_t i = 0; i < json_array_size(commitments) && err == ROND_OK; i++)
        err = line_of_silence(json_array_get(commitments, i), &lines);
    sha256_of(buffer_bytes(&lines), &hash);
    hex_encode(bytes_of(hash.b, HASH_SIZE), state->name);
    buffer_deinit(&lines);
    return err;
}

enum rond_err followup_state_read(struct store *store, const struct catalogue *catalogue, const json_t *commitments,
                                  struct followup_state *ret_state) {
    struct followup_state state = {.catalogue_revision = catalogue_revision(catalogue), .rules = FOLD_VERSION};
    struct store_counts counts = {0};
    enum rond_err err = store->registry->identity(store, &state.store);
    if (err == ROND_OK)
        err = store->views->counts(store, &counts);
    if (err == ROND_OK)
        err = promise_digest(store, &state.fold);
    state.last_row = counts.reports;
    state.rulings = counts.rulings;
    if (err == ROND_OK)
        err = name_make(commitments, &state);
    if (err == ROND_OK)
        *ret_state = state;
    return err;
}

json_t *followup_state_json(const struct followup_state *state) {
    json_t *object = json_object();
    bool added = read_add(object, "store", read_id(&state->store.store_id)) &&
                 read_add(object, "epoch", json_integer((json_int_t)state->store.epoch)) &&
                 read_add(object, "last_row", json_integer((json_int_t)state->last_row)) &&
                 read_add(object, "catalogue_revision", json_integer((json_int_t)state->catalogue_revision)) &&
                 read_add(object, "rulings", json_integer((json_int_t)state->rulings)) &&
                 read_add(object, "rules", json_integer(state->rules)) &&
                 read_add(object, "fold", read_hex(bytes_of(state->fold.b, HASH_SIZE))) &&
                 read_add(object, "name", read_text(state->name));
    return read_whole(object, added);
}
