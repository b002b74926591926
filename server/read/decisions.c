#include "read/decisions.h"

#include "promise/lineage.h"
#include "read/action_state.h"
#include "read/report_json.h"
#include "store/shape.h"

static const char *decision_name(enum decision_kind kind) {
    switch (kind) {
    case DECISION_JOIN:
        return "join";
    case DECISION_PART:
        return "part";
    case DECISION_DISTINCT:
        return "dismiss";
    case DECISION_PLACE:
        return "place";
    case DECISION_AMEND:
        return "amend";
    case DECISION_ACTION:
        return "action";
    }
    return "unknown";
}

static json_t *reports_json(const struct decision *decision) {
    json_t *list = json_array();
    bool made = list != NULL;
    for (size_t i = 0; i < decision->reports_count && made; i++)
        made = json_array_append_new(list, read_key(&decision->reports[i])) == 0;
    return read_whole(list, made);
}

static bool add_subject(json_t *object, const struct decision *decision) {
    if (decision->kind == DECISION_JOIN)
        return read_add(object, "activity", read_text(decision->subject));
    if (decision->kind == DECISION_AMEND)
        return read_add(object, "field", read_text(decision->subject)) &&
               read_add(object, "value", read_text(decision->value));
    if (decision->kind == DECISION_ACTION)
        return action_subject_add(object, decision->subject) && read_add(object, "value", read_text(decision->value));
    return decision->kind != DECISION_PLACE || (read_add(object, "place", read_text(decision->subject)) &&
                                                read_add(object, "value", read_text(decision->value)));
}

static json_t *decision_json(const struct decision *decision) {
    json_t *object = json_object();
    bool is_undone = decision->undone_ms != 0;
    bool added = read_add(object, "decision", json_integer((json_int_t)decision->number)) &&
                 read_add(object, "kind", json_string(decision_name(decision->kind))) && add_subject(object, decision) &&
                 read_add(object, "reports", reports_json(decision)) && read_add_ms(object, "at", decision->at_ms) &&
                 read_add(object, "actor", read_text(decision->actor)) &&
                 read_add_ms_or_null(object, "undone", decision->undone_ms) &&
                 read_add(object, "undone_by", is_undone ? read_text(decision->undone_actor) : json_null());
    return read_whole(object, added);
}

// Whose its reports are: who may see it follows from that.
static enum rond_err add_owners(struct store *store, const struct decision *decision, struct arena *arena, json_t *object) {
    json_t *reports = json_object_get(object, "reports");
    enum rond_err err = object == NULL ? ROND_ENOMEM : ROND_OK;
    for (size_t i = 0; i < decision->reports_count && err == ROND_OK; i++) {
        struct stored_report report;
        json_t *one = json_array_get(reports, i);
        err = store->views->report_by_key(store, &decision->reports[i], arena, &report);
        if (err == ROND_OK && !(read_add(one, "organisation", read_text(report.organisation)) &&
                                read_add(one, "area", read_text(report.area)) &&
                                read_add(one, "kind", report_json_kind(report.kind, report.is_withdrawal)) &&
                                read_add_s(one, "occurred_from", report.from_s) &&
                                (i > 0 || read_add(object, "area", read_text(report.area)))))
            err = ROND_ENOMEM;
        err = err == ROND_ENOTFOUND ? ROND_OK : err;
    }
    return err;
}

// As JSON, with whose reports it is about.
static enum rond_err decision_tell(struct store *store, const struct decision *decision, struct arena *arena,
                                   json_t **ret_object) {
    json_t *object = decision_json(decision);
    enum rond_err err = add_owners(store, decision, arena, object);
    if (err == ROND_OK)
        *ret_object = object;
    else
        json_decref(object);
    return err;
}

static enum rond_err decision_give(struct store *store, const struct decision *decision, struct arena *arena,
                                   const struct read_rows *rows) {
    json_t *object = NULL;
    enum rond_err err = decision_tell(store, decision, arena, &object);
    return err == ROND_OK ? read_rows_give(rows, object) : err;
}

static enum rond_err decisions_give(struct store *store, uint64_t after, bool newest_first, const struct read_rows *rows) {
    struct arena arena;
    uint64_t cursor = after;
    enum rond_err err;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    do {
        struct decision *decisions = NULL;
        size_t count = 0;
        arena_reset(&arena);
        err = newest_first
                  ? store->views->decisions_newest(store, cursor, READ_PAGE_ROWS, &arena, &decisions, &count, &cursor)
                  : store->views->decisions(store, cursor, READ_PAGE_ROWS, &arena, &decisions, &count, &cursor);
        for (size_t i = 0; i < count && err == ROND_OK; i++)
            err = decision_give(store, &decisions[i], &arena, rows);
    } while (err == ROND_OK && cursor != 0);
    arena_deinit(&arena);
    return err;
}

enum rond_err read_decisions(struct store *store, uint64_t after, bool newest_first, const struct read_rows *rows) {
    enum rond_err err = read_begin(store);
    if (err == ROND_OK) {
        err = decisions_give(store, after, newest_first, rows);
        read_end(store);
    }
    return err;
}

// Two lists in order of number, as one.
static enum rond_err merge(const struct decision *left, size_t left_count, const struct decision *right, size_t right_count,
                           struct arena *arena, struct decision **ret_decisions) {
    struct decision *merged = arena_array(arena, left_count + right_count + 1, sizeof *merged);
    if (merged == NULL)
        return ROND_ENOMEM;
    for (size_t l = 0, r = 0; l + r < left_count + right_count;) {
        bool is_left = r == right_count || (l < left_count && left[l].number < right[r].number);
        struct decision *next = &merged[l + r];
        *next = is_left ? left[l++] : right[r++];
    }
    *ret_decisions = merged;
    return ROND_OK;
}

static size_t keep_amendments(struct decision *decisions, size_t count, bool are_kept) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if ((decisions[i].kind == DECISION_AMEND) == are_kept)
            decisions[kept++] = decisions[i];
    return kept;
}

// An amendment is of that one revision, and so under its own identity; everything else is decided about the original.
static enum rond_err about_both(struct store *store, const struct report_key *own, const struct report_key *original,
                                struct arena *arena, struct decision **ret_decisions, size_t *ret_count) {
    struct decision *amended = NULL, *decided = NULL;
    size_t amended_count = 0, decided_count = 0;
    enum rond_err err = store->views->decisions_about(store, own, arena, &amended, &amended_count);
    if (err == ROND_OK)
        err = store->views->decisions_about(store, original, arena, &decided, &decided_count);
    if (err != ROND_OK)
        return err;
    amended_count = keep_amendments(amended, amended_count, true);
    decided_count = keep_amendments(decided, decided_count, false);
    *ret_count = amended_count + decided_count;
    return merge(amended, amended_count, decided, decided_count, arena, ret_decisions);
}

// The decisions about a report, in order, in the arena.
static enum rond_err about(struct store *store, const struct stored_report *report, struct arena *arena,
                           struct decision **ret_decisions, size_t *ret_count) {
    struct lineages set;
    struct catalogue *catalogue = NULL;
    enum rond_err err = report->has_target ? catalogue_create(store, &catalogue, NULL) : ROND_OK;
    if (err == ROND_OK)
        err = lineages_load(store, catalogue, report, 1, arena, &set);
    catalogue_unref(catalogue);
    if (err != ROND_OK)
        return err;
    const struct report_key *original = &set.nodes[0].counts_as;
    return report_key_equal(&report->key, original)
               ? store->views->decisions_about(store, original, arena, ret_decisions, ret_count)
               : about_both(store, &report->key, original, arena, ret_decisions, ret_count);
}

enum rond_err read_ruling_of(struct store *store, const struct stored_report *report, json_t **ret_ruling) {
    struct arena arena;
    struct decision *decisions = NULL;
    size_t count = 0;
    struct ruling ruling;
    json_t *object = json_null();
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    enum rond_err err = about(store, report, &arena, &decisions, &count);
    for (size_t i = count; i-- > 0 && err == ROND_OK;)
        if (decision_ruling(&decisions[i], &ruling) && ruling.kind == RULING_ACTIVITY) {
            err = decision_tell(store, &decisions[i], &arena, &object);
            break;
        }
    arena_deinit(&arena);
    if (err == ROND_OK)
        *ret_ruling = object;
    return err;
}

enum rond_err read_decisions_about(struct store *store, const struct stored_report *report, json_t **ret_list) {
    struct arena arena;
    struct decision *decisions = NULL;
    size_t count = 0;
    json_t *list = json_array();
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    enum rond_err err = list == NULL ? ROND_ENOMEM : about(store, report, &arena, &decisions, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        json_t *object = NULL;
        err = decision_tell(store, &decisions[i], &arena, &object);
        if (err == ROND_OK && json_array_append_new(list, object) != 0)
            err = ROND_ENOMEM;
    }
    arena_deinit(&arena);
    if (err == ROND_OK)
        *ret_list = list;
    else
        json_decref(list);
    return err;
}

// ---- What waits for a decision ----

struct undecided {
    struct store *store;
    const struct read_rows *rows;
    const struct commitment *commitment;
    const char *path;
    struct arena arena;
};

static enum rond_err undecided_give(struct undecided *undecided, const struct stored_contribution *contribution) {
    struct stored_report report;
    const Rond__V1__Commitment *definition = undecided->commitment->definition;
    enum rond_err err = undecided->store->views->report(undecided->store, contribution->row, &undecided->arena, &report);
    for (size_t i = 0; i < definition->n_among_places && i < 32 && err == ROND_OK; i++) {
        if ((contribution->value.places_open >> i & 1) == 0)
            continue;
        json_t *object = json_object();
        bool added = read_add(object, "reference", read_reference_text(&report.key)) &&
                     read_add(object, "row", json_integer((json_int_t)report.row)) &&
                     read_add(object, "organisation", read_text(report.organisation)) &&
                     read_add_s(object, "occurred_from", report.from_s) &&
                     read_add(object, "commitment", json_string(undecided->path)) &&
                     read_add(object, "place", read_text(definition->among_places[i]));
        err = read_rows_give(undecided->rows, read_whole(object, added));
    }
    return err;
}

static enum rond_err undecided_of(struct undecided *undecided) {
    uint64_t after = 0;
    size_t count = 0;
    enum rond_err err;
    do {
        struct stored_contribution *page = NULL;
        arena_reset(&undecided->arena);
        err = undecided->store->views->contributions(undecided->store, undecided->commitment->number, after, READ_PAGE_ROWS,
                                                     &undecided->arena, &page, &count);
        for (size_t i = 0; i < count && err == ROND_OK; i++) {
            after = page[i].row;
            if (page[i].value.places_open != 0)
                err = undecided_give(undecided, &page[i]);
        }
    } while (err == ROND_OK && count > 0);
    return err;
}

enum rond_err read_undecided(struct store *store, const struct catalogue *catalogue, const struct read_rows *rows) {
    struct undecided undecided = {.store = store, .rows = rows};
    size_t count = 0;
    const struct commitment *const *commitments = catalogue_commitments(catalogue, NULL, &count);
    enum rond_err err = read_begin(store);
    if (err != ROND_OK)
        return err;
    arena_init(&undecided.arena, READ_ARENA_BYTES_MAX);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        undecided.commitment = commitments[i];
        undecided.path = catalogue_commitment_path(catalogue, commitments[i]->number);
        if (commitments[i]->definition->n_among_places > 0)
            err = undecided_of(&undecided);
    }
    arena_deinit(&undecided.arena);
    read_end(store);
    return err;
}
