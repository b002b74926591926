// Reports name each other in two ways: a correction or withdrawal names its target, and a report queued anew after a fork
// names the identity it had before (formerly). Loading follows both kinds of naming in both directions, in waves, until
// nothing new appears: each wave is one `find` and one `revisions_of` for all, so a batch of plain reports costs one call.
//
//        T <--corrects-- C <--withdraws-- W         one lineage, its root is T
//        ^
//        '--formerly---- T'                         the same report again: a twin of T, no report of its own
//
// Then each question is answered for all nodes:
//   1. Who is whose twin?   Same bytes and the same former identity. One of them speaks for all; who names any, names it.
//      Whose device it was is no matter: a handheld that was enrolled under another device id hands in anew, under that one,
//      what it does not know to be received. A device can say of its own report only that it is another one's repetition: where
//      the one that it names is there, that one speaks. Where it is not, the first of those that claim it does; of another
//      device only one of the same organisation that got in, which may do no more to the others than correct them.
//   2. Whom does a report name? The device knows its reports by the identity it gave them. Where a fork took one over, the
//      report meant is the one queued anew from the same outbox; else what is stored there; else whoever was formerly it:
//      of its own device first, then of its organisation, so that no claim of a stranger gets between.
//   3. What is its root? Along the targets as far as they lead. An edge to another organisation's report does not count:
//      everything above it is REASON_FOREIGN_TARGET. Nor does an edge between two devices whose role may not correct the
//      other's: REASON_ROLE_TARGET. Roles are in the reports; of an erased one the ledger keeps it. Where a target has not
//      arrived (or the names go in a circle, which only a broken device can make), everything is REASON_WAITING_TARGET until
//      it does.
//   4. Which stands? revision_standing() over those of a root that are not in quarantine. A quarantined report still
//      links: a correction of it stands in its place, which is how a bad report is mended from the device.
// Nothing here depends on the order of arrival, except which of two twins is shown as repeated.
#include "promise/lineage.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/planted.h"
#include "wire/codec.h"
#include "wire/limits.h"

enum { NODES_FIRST = 64 };

// ---- The set of nodes ----

static size_t key_hash(const struct report_key *key) {
    uint64_t hash = key->seq * UINT64_C(0x9E3779B97F4A7C15);
    hash ^= get_be64(key->outbox.b) ^ get_be64(key->outbox.b + 8) * 31;
    hash ^= hash >> 32;
    return (size_t)(hash * UINT64_C(0xD6E8FEB86659FD93) >> 16);
}

static uint32_t *slot_of(const struct lineages *set, const struct report_key *key) {
    size_t at = key_hash(key) & (set->slots_count - 1);
    while (set->slots[at] != 0 && !report_key_equal(&set->nodes[set->slots[at] - 1].key, key))
        at = (at + 1) & (set->slots_count - 1);
    return &set->slots[at];
}

static uint32_t index_of(const struct lineages *set, const struct report_key *key) {
    uint32_t slot = *slot_of(set, key);
    return slot == 0 ? LINEAGE_NONE : slot - 1;
}

static bool grow(struct lineages *set, size_t capacity) {
    struct lineage_node *nodes = arena_array(set->arena, capacity, sizeof *nodes);
    uint32_t *slots = arena_array(set->arena, 2 * capacity, sizeof *slots);
    if (nodes == NULL || slots == NULL || capacity >= LINEAGE_NONE)
        return false;
    if (set->count > 0)
        memcpy(nodes, set->nodes, set->count * sizeof *nodes);
    set->nodes = nodes;
    set->capacity = capacity;
    set->slots = slots;
    set->slots_count = 2 * capacity;
    for (size_t i = 0; i < set->count; i++)
        *slot_of(set, &set->nodes[i].key) = (uint32_t)i + 1;
    return true;
}

// The node of that key, new or not.
static enum rond_err node_add(struct lineages *set, const struct report_key *key, uint32_t *ret_index) {
    if (set->count == set->capacity && !grow(set, 2 * set->capacity))
        return ROND_ENOMEM;
    uint32_t *slot = slot_of(set, key);
    if (*slot == 0) {
        set->nodes[set->count] = (struct lineage_node){
            .key = *key,
            .target = LINEAGE_NONE,
            .formerly = LINEAGE_NONE,
            .namers = LINEAGE_NONE,
            .next_namer = LINEAGE_NONE,
            .root = LINEAGE_NONE,
        };
        *slot = (uint32_t)++set->count;
    }
    *ret_index = *slot - 1;
    return ROND_OK;
}

// Whoever named it before may have taken it for another device's.
static void report_put(struct lineage_node *node, const struct stored_report *report) {
    node->report = *report;
    node->key = report->key;
}

static enum rond_err report_add(struct lineages *set, const struct stored_report *report) {
    uint32_t index;
    enum rond_err err = node_add(set, &report->key, &index);
    if (err == ROND_OK)
        report_put(&set->nodes[index], report);
    return err;
}

// ---- Loading in waves ----

// The device is its own, for want of a better; it is not looked at.
static struct report_key former_key(const struct stored_report *report) {
    return (struct report_key){report->key.device, report->record.formerly_outbox, report->record.formerly_seq};
}

static bool names_another(const struct stored_report *report) {
    return report->row != 0 && (report->has_target || report->record.has_formerly);
}

// Nodes for what nodes[from ..] name.
static enum rond_err add_named(struct lineages *set, size_t from) {
    enum rond_err err = ROND_OK;
    for (size_t i = from; i < set->count && err == ROND_OK; i++) {
        if (!names_another(&set->nodes[i].report))
            continue;
        struct stored_report report = set->nodes[i].report; // the array may move
        uint32_t ignored;
        if (report.has_target)
            err = node_add(set, &report.target, &ignored);
        if (err == ROND_OK && report.record.has_formerly) {
            struct report_key key = former_key(&report);
            err = node_add(set, &key, &ignored);
        }
    }
    return err;
}

static enum rond_err find_missing(struct store *store, struct lineages *set, size_t from) {
    size_t missing = 0, count = 0;
    for (size_t i = from; i < set->count; i++)
        missing += set->nodes[i].report.row == 0 ? 1 : 0;
    if (missing == 0)
        return ROND_OK;
    struct report_key *keys = arena_array(set->arena, missing, sizeof *keys);
    struct stored_report *found = arena_array(set->arena, missing, sizeof *found);
    if (keys == NULL || found == NULL)
        return ROND_ENOMEM;
    for (size_t i = from; i < set->count; i++)
        if (set->nodes[i].report.row == 0)
            keys[count++] = set->nodes[i].key;
    enum rond_err err = store->ledger->find(store, keys, count, set->arena, found);
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        if (found[i].row != 0)
            report_put(&set->nodes[index_of(set, &keys[i])], &found[i]);
    return err;
}

static enum rond_err add_namers(struct store *store, struct lineages *set, size_t from) {
    if (PLANTED(LATE_CORRECTION_LOST))
        return ROND_OK;
    size_t count = set->count - from;
    struct report_key *keys = arena_array(set->arena, count, sizeof *keys);
    struct stored_report **lists = arena_array(set->arena, count, sizeof *lists);
    size_t *counts = arena_array(set->arena, count, sizeof *counts);
    if (keys == NULL || lists == NULL || counts == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < count; i++)
        keys[i] = set->nodes[from + i].key;
    enum rond_err err = store->ledger->revisions_of(store, keys, count, set->arena, lists, counts);
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        for (size_t k = 0; k < counts[i] && err == ROND_OK; k++)
            err = report_add(set, &lists[i][k]);
    return err;
}

static enum rond_err load(struct store *store, struct lineages *set) {
    size_t asked = 0; // nodes whose namers are loaded
    enum rond_err err = ROND_OK;
    while (asked < set->count && err == ROND_OK) {
        size_t from = asked;
        err = add_named(set, from); // appends; what it appends names nobody yet
        if (err == ROND_OK)
            err = find_missing(store, set, from);
        if (err != ROND_OK)
            break;
        asked = set->count;
        err = add_namers(store, set, from);
        // What was found just now may name others, too.
        if (err == ROND_OK)
            err = add_named(set, from);
    }
    return err;
}

// ---- 1. Twins ----

static bool is_there(const struct lineage_node *node) {
    return node->report.row != 0;
}

static bool is_eligible(const struct lineage_node *node) {
    return is_there(node) && (node->report.verdict == VERDICT_APPLIED || node->report.released);
}

static void link_nodes(struct lineages *set) {
    for (size_t i = 0; i < set->count; i++) {
        struct lineage_node *node = &set->nodes[i];
        node->twin = (uint32_t)i;
        if (is_there(node) && node->report.has_target) {
            node->target = index_of(set, &node->report.target);
            node->linked = set->nodes[node->target].linked = true;
        }
        if (is_there(node) && node->report.record.has_formerly) {
            struct report_key key = former_key(&node->report);
            node->formerly = index_of(set, &key);
            node->next_namer = set->nodes[node->formerly].namers;
            set->nodes[node->formerly].namers = (uint32_t)i;
            node->linked = set->nodes[node->formerly].linked = true;
        }
    }
}

// Whatever the times claimed: no overflow.
static uint64_t distance(int64_t a, int64_t b) {
    return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

// An erased report can no longer be compared byte by byte; what the ledger keeps of it must do: the same kind and target,
// as long, and at the same time as far as the two estimates go.
static bool is_same_outside(const struct stored_report *a, const struct stored_report *b) {
    bool same_target = a->has_target == b->has_target && (!a->has_target || report_key_equal(&a->target, &b->target));
    return same_target && a->kind == b->kind && distance(a->to_s, a->from_s) == distance(b->to_s, b->from_s) &&
           distance(a->from_s, b->from_s) <= (uint64_t)a->uncertainty_s + b->uncertainty_s;
}

static bool is_same_content(const struct lineage_node *a, const struct lineage_node *b) {
    if (a->report.erased || b->report.erased)
        return is_same_outside(&a->report, &b->report);
    return bytes_equal(a->report.record.report, b->report.record.report);
}

static bool is_same_device(const struct lineage_node *a, const struct lineage_node *b) {
    return id128_equal(&a->key.device, &b->key.device);
}

static bool is_same_organisation(const struct lineage_node *a, const struct lineage_node *b) {
    return strcmp(a->report.organisation, b->report.organisation) == 0;
}

static bool may_speak_for(const struct lineage_node *claimant, const struct lineage_node *node) {
    return is_same_device(claimant, node) || (is_same_organisation(claimant, node) && is_eligible(claimant));
}

static uint32_t twin_before(const struct lineages *set, uint32_t index) {
    const struct lineage_node *node = &set->nodes[index];
    if (node->formerly == LINEAGE_NONE)
        return index;
    const struct lineage_node *former = &set->nodes[node->formerly];
    if (is_there(former) && is_same_content(node, former))
        return node->formerly;
    uint32_t first = index;
    for (uint32_t i = former->namers; i != LINEAGE_NONE; i = set->nodes[i].next_namer)
        if (set->nodes[i].report.row < set->nodes[first].report.row && may_speak_for(&set->nodes[i], node) &&
            is_same_content(node, &set->nodes[i]))
            first = i;
    return first;
}

// Former identities may go in a circle where a device is broken: its first node then speaks for all.
static uint32_t first_of_circle(const struct lineages *set, uint32_t start) {
    uint32_t first = start;
    for (uint32_t at = twin_before(set, start); at != start; at = twin_before(set, at))
        first = set->nodes[at].report.row < set->nodes[first].report.row ? at : first;
    return first;
}

static uint32_t find_twin(const struct lineages *set, uint32_t index) {
    uint32_t at = index;
    for (size_t steps = 0; steps <= set->count; steps++) {
        uint32_t before = twin_before(set, at);
        if (before == at)
            return at;
        at = before;
    }
    return first_of_circle(set, at);
}

static void find_twins(struct lineages *set) {
    for (size_t i = 0; i < set->count; i++)
        if (set->nodes[i].linked && !PLANTED(TWIN_COUNTED_TWICE))
            set->nodes[i].twin = find_twin(set, (uint32_t)i);
}

// ---- 2. Targets, 3. roots ----

static enum rond_err role_of(const struct stored_report *report, struct arena *arena, const char **ret_role) {
    Rond__V1__Report *decoded = NULL;
    enum rond_err err =
        report->erased ? ROND_ENOTFOUND : codec_report_decode(arena, report->record.report, &decoded, NULL);
    if (err == ROND_ENOMEM)
        return err;
    *ret_role = err == ROND_OK ? decoded->role : report->role;
    return ROND_OK;
}

static bool role_corrects(const struct catalogue *catalogue, const char *role, const char *other) {
    const Rond__V1__Term *term = catalogue == NULL ? NULL : catalogue_term(catalogue, "role", role);
    bool may = strcmp(role, other) == 0;
    for (size_t i = 0; term != NULL && !may && i < term->n_corrects; i++)
        may = strcmp(term->corrects[i], other) == 0;
    return may;
}

// Where a role cannot be read (only a report that is none at all has no role), nothing speaks against it.
static bool role_allows(struct lineages *set, const struct lineage_node *node, const struct lineage_node *target) {
    struct arena scratch;
    const char *role = NULL, *other = NULL;
    bool may = is_same_device(node, target);
    if (may)
        return true;
    arena_init(&scratch, 2 * DECODE_ARENA_BYTES_MAX);
    if (role_of(&node->report, &scratch, &role) != ROND_OK || role_of(&target->report, &scratch, &other) != ROND_OK)
        set->is_starved = true;
    may = role == NULL || other == NULL || role_corrects(set->catalogue, role, other);
    arena_deinit(&scratch);
    return may;
}

enum nearness { NEAR_NOT, NEAR_ORGANISATION, NEAR_DEVICE, NEAR_OUTBOX };

static enum nearness nearness_of(const struct lineage_node *claimant, const struct lineage_node *asking) {
    if (id128_equal(&claimant->key.outbox, &asking->key.outbox))
        return NEAR_OUTBOX;
    if (is_same_device(claimant, asking) || id128_equal(&claimant->key.device, &asking->report.target.device))
        return NEAR_DEVICE;
    return is_same_organisation(claimant, asking) ? NEAR_ORGANISATION : NEAR_NOT;
}

// Of those queued anew as the one that is named: the nearest to whoever names it, and never by the order of loading.
static bool is_meant_before(const struct lineage_node *a, const struct lineage_node *b, const struct lineage_node *asking) {
    enum nearness a_near = nearness_of(a, asking), b_near = nearness_of(b, asking);
    int order = memcmp(&a->key.outbox, &b->key.outbox, ID_SIZE);
    return a_near != b_near ? a_near > b_near : order != 0 ? order < 0 : a->key.seq < b->key.seq;
}

static uint32_t target_of(const struct lineages *set, const struct lineage_node *node) {
    const struct lineage_node *named = &set->nodes[node->target];
    uint32_t best = LINEAGE_NONE;
    for (uint32_t i = named->namers; i != LINEAGE_NONE; i = set->nodes[i].next_namer)
        if (best == LINEAGE_NONE || is_meant_before(&set->nodes[i], &set->nodes[best], node))
            best = i;
    bool is_own = best != LINEAGE_NONE && id128_equal(&set->nodes[best].key.outbox, &node->key.outbox);
    if (is_there(named) && !is_own)
        return named->twin;
    return best == LINEAGE_NONE ? LINEAGE_NONE : set->nodes[best].twin;
}

struct path {
    uint32_t *indices;
    size_t count;
};

static void path_settle(struct lineages *set, const struct path *path, uint32_t root, enum counting_reason part) {
    for (size_t i = 0; i < path->count; i++) {
        set->nodes[path->indices[i]].root = root;
        set->nodes[path->indices[i]].part = part;
    }
}

// Walks up from a node that speaks for its twins, and settles all it passes. `walking` marks what is on the path.
static void find_root(struct lineages *set, uint32_t index, struct path *path, bool *walking) {
    enum counting_reason part = REASON_COUNTED;
    uint32_t at = index, root = LINEAGE_NONE;
    path->count = 0;
    while (root == LINEAGE_NONE) {
        struct lineage_node *node = &set->nodes[at];
        uint32_t target = LINEAGE_NONE;
        path->indices[path->count++] = at;
        walking[at] = true;
        if (node->target == LINEAGE_NONE) {
            root = at;
        } else if ((target = target_of(set, node)) == LINEAGE_NONE || walking[target]) {
            root = at;
            part = REASON_WAITING_TARGET;
        } else if (strcmp(set->nodes[target].report.organisation, node->report.organisation) != 0) {
            root = at;
            part = REASON_FOREIGN_TARGET;
        } else if (!role_allows(set, node, &set->nodes[target])) {
            root = at;
            part = REASON_ROLE_TARGET;
        } else if (set->nodes[target].root != LINEAGE_NONE) {
            root = set->nodes[target].root;
            part = set->nodes[target].part;
        }
        at = target;
    }
    for (size_t i = 0; i < path->count; i++)
        walking[path->indices[i]] = false;
    path_settle(set, path, root, part);
}

static enum rond_err find_roots(struct lineages *set) {
    struct path path = {.indices = arena_array(set->arena, set->count + 1, sizeof *path.indices)};
    bool *walking = arena_array(set->arena, set->count + 1, sizeof *walking);
    if (path.indices == NULL || walking == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < set->count; i++) {
        struct lineage_node *node = &set->nodes[i];
        if (is_there(node) && node->twin == i && node->root == LINEAGE_NONE)
            find_root(set, (uint32_t)i, &path, walking);
    }
    for (size_t i = 0; i < set->count; i++)
        if (set->nodes[i].twin != i) {
            set->nodes[i].root = set->nodes[set->nodes[i].twin].root;
            set->nodes[i].part = set->nodes[set->nodes[i].twin].part;
        }
    return ROND_OK;
}

// ---- 4. Which stands ----

// Members of the lineages, ordered by root, then by the twin that speaks, then by row.
struct member {
    uint32_t root;
    uint32_t twin;
    uint64_t row;
    uint32_t index;
};

static int member_compare(const void *left, const void *right) {
    const struct member *a = left, *b = right;
    if (a->root != b->root)
        return a->root < b->root ? -1 : 1;
    if (a->twin != b->twin)
        return a->twin < b->twin ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

static struct revision revision_of(const struct lineages *set, const struct member *member) {
    const struct lineage_node *node = &set->nodes[member->index];
    return (struct revision){
        .key = node->key,
        .is_original = member->twin == member->root,
        .is_withdrawal = node->report.is_withdrawal,
        .claimed_ms = node->report.claimed_ms,
    };
}

// Decides on the members of one root. Loose lineages (waiting, foreign, wrong role) only have their repeated ones marked.
static void decide(struct lineages *set, const struct member *members, size_t count, struct revision *revisions,
                   uint32_t *speakers) {
    size_t speaking = 0;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && members[i].twin == members[i - 1].twin) {
            set->nodes[members[i].index].part = REASON_REPEATED;
            continue;
        }
        revisions[speaking] = revision_of(set, &members[i]);
        speakers[speaking++] = members[i].index;
    }
    if (set->nodes[members[0].root].part != REASON_COUNTED)
        return;
    int standing = revision_standing(revisions, speaking);
    for (size_t i = 0; i < speaking; i++)
        set->nodes[speakers[i]].part = standing < 0            ? REASON_WITHDRAWN
                                       : (size_t)standing == i ? REASON_COUNTED
                                                               : REASON_REPLACED;
}

static enum rond_err find_standing(struct lineages *set) {
    struct member *members = arena_array(set->arena, set->count + 1, sizeof *members);
    struct revision *revisions = arena_array(set->arena, set->count + 1, sizeof *revisions);
    uint32_t *speakers = arena_array(set->arena, set->count + 1, sizeof *speakers);
    size_t count = 0;
    if (members == NULL || revisions == NULL || speakers == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < set->count; i++) {
        const struct lineage_node *node = &set->nodes[i];
        if (node->linked && is_eligible(node))
            members[count++] = (struct member){node->root, node->twin, node->report.row, (uint32_t)i};
    }
    qsort(members, count, sizeof *members, member_compare);
    for (size_t first = 0, next; first < count; first = next) {
        for (next = first + 1; next < count && members[next].root == members[first].root; next++)
            continue;
        decide(set, &members[first], next - first, revisions, speakers);
    }
    return ROND_OK;
}

static void finish(struct lineages *set) {
    for (size_t i = 0; i < set->count; i++) {
        struct lineage_node *node = &set->nodes[i];
        node->silent = !is_eligible(node) || node->report.is_withdrawal;
        node->counts_as = node->root == LINEAGE_NONE ? node->key : set->nodes[node->root].key;
    }
}

enum rond_err lineages_load(struct store *store, const struct catalogue *catalogue, const struct stored_report *reports,
                            size_t count, struct arena *arena, struct lineages *ret_lineages) {
    struct lineages set = {.arena = arena, .catalogue = catalogue};
    size_t capacity = NODES_FIRST;
    while (capacity < count)
        capacity *= 2;
    enum rond_err err = grow(&set, capacity) ? ROND_OK : ROND_ENOMEM;
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = report_add(&set, &reports[i]);
    if (err == ROND_OK)
        err = load(store, &set);
    if (err != ROND_OK)
        return err;
    link_nodes(&set);
    find_twins(&set);
    err = find_roots(&set);
    if (err == ROND_OK)
        err = find_standing(&set);
    if (err == ROND_OK && set.is_starved)
        err = ROND_ENOMEM;
    if (err != ROND_OK)
        return err;
    finish(&set);
    *ret_lineages = set;
    return ROND_OK;
}
