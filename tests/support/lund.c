#include "support/lund.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "ingest/validate.h"
#include "promise/apply.h"
#include "support/stockholm.h"

#define OK(call) CHECK((call) == ROND_OK)

// ---- Reference data ----

static void put(struct lund *lund, Rond__V1__ReferenceEntry *entry) {
    OK(lund->store->registry->reference_put(lund->store, entry, NULL));
}

#define TEXT(text) arena_text(&lund->arena, text)

static void put_area(struct lund *lund) {
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    entry.id = TEXT("Europe/Stockholm");
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_TIME_ZONE;
    Rond__V1__TimeZone zone = *stockholm();
    entry.time_zone = &zone;
    put(lund, &entry);
    Rond__V1__Area area = ROND__V1__AREA__INIT;
    area.id = TEXT("lund");
    area.name = TEXT("Lund");
    area.time_zone = TEXT("Europe/Stockholm");
    entry.id = area.id;
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_AREA;
    entry.area = &area;
    put(lund, &entry);
    area.id = entry.id = TEXT("malmo");
    area.name = TEXT("Malmö");
    put(lund, &entry);
}

static void put_place(struct lund *lund, const char *id, const char *area) {
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    Rond__V1__Place place = ROND__V1__PLACE__INIT;
    place.id = place.name = TEXT(id);
    place.area = TEXT(area);
    place.latitude_e6 = 55705900;
    place.longitude_e6 = 13187100;
    place.radius_m = 150;
    entry.id = place.id;
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_PLACE;
    entry.place = &place;
    put(lund, &entry);
}

static void put_organisation(struct lund *lund, const char *id, const char *kind) {
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    Rond__V1__Organisation organisation = ROND__V1__ORGANISATION__INIT;
    organisation.id = organisation.name = TEXT(id);
    organisation.kind = TEXT(kind);
    entry.id = organisation.id;
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_ORGANISATION;
    entry.organisation = &organisation;
    put(lund, &entry);
}

static void put_term(struct lund *lund, const char *list, const char *id) {
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    Rond__V1__Term term = ROND__V1__TERM__INIT;
    term.id = term.name_sv = term.name_en = TEXT(id);
    term.list = TEXT(list);
    entry.id = arena_printf(&lund->arena, "%s/%s", list, id);
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_TERM;
    entry.term = &term;
    put(lund, &entry);
}

static void put_words(struct lund *lund) {
    static const char *const terms[][2] = {
        {"role", "police_officer"},     {"role", "public_order_guard"},
        {"role", "security_guard"},     {"role", "station_host"},
        {"role", "municipal_staff"},    {"role", "agency_staff"},
        {"check", "cyclist_behaviour"}, {"check", "taxi"},
        {"check", "cycle_equipment"},   {"item", "lights"},
        {"item", "reflectors"},         {"inventory", "traffic_signs"},
        {"counterpart", "taxi_trade"},  {"initiative", "neighbourhood_watch"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(terms); i++)
        put_term(lund, terms[i][0], terms[i][1]);
    put_organisation(lund, "polisen", "police");
    put_organisation(lund, "lunds-kommun", "municipality");
    put_organisation(lund, "jernhusen", "station_owner");
    put_organisation(lund, "skatteverket", "agency");
    put_organisation(lund, "forsakringskassan", "agency");
    put_place(lund, "lund-c-stationen", "lund");
    put_place(lund, "bangatan", "lund");
    put_place(lund, "clemenstorget", "lund");
    put_place(lund, "stortorget", "lund");
    put_place(lund, "mollevangen", "malmo");
}

// ---- Promises ----

static char **list(struct lund *lund, const char *words, size_t *ret_count) {
    char **made = arena_array(&lund->arena, 8, sizeof *made);
    char *rest = TEXT(words);
    size_t count = 0;
    for (char *word = strtok_r(rest, " ", &rest); word != NULL && count < 8; word = strtok_r(NULL, " ", &rest))
        made[count++] = word;
    *ret_count = count;
    return made;
}

static Rond__V1__Filter *filter(struct lund *lund, Rond__V1__Kind kind, const char *of, const char *form) {
    Rond__V1__Filter *made = arena_alloc(&lund->arena, sizeof *made);
    rond__v1__filter__init(made);
    made->kind = kind;
    made->of = TEXT(of);
    made->form = TEXT(form);
    return made;
}

static Rond__V1__Commitment *commit_to(struct lund *lund, Rond__V1__Promise *promise, const char *id,
                                       Rond__V1__Measure measure, uint64_t target, Rond__V1__Filter *what) {
    Rond__V1__Commitment *made = arena_alloc(&lund->arena, sizeof *made);
    rond__v1__commitment__init(made);
    made->id = made->title_sv = made->title_en = TEXT(id);
    made->measure = measure;
    made->target = target;
    made->filter = what;
    if (promise->commitments == NULL)
        promise->commitments = arena_array(&lund->arena, 16, sizeof(Rond__V1__Commitment *));
    promise->commitments[promise->n_commitments++] = made;
    return made;
}

static void put_promise(struct lund *lund, Rond__V1__Promise *promise) {
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    promise->area = TEXT("lund");
    promise->from = TEXT("2015-01-01");
    promise->to = TEXT("2015-12-31");
    entry.id = promise->id;
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_PROMISE;
    entry.promise = promise;
    put(lund, &entry);
}

static void put_traffic(struct lund *lund) {
    Rond__V1__Promise promise = ROND__V1__PROMISE__INIT;
    promise.id = promise.title_sv = TEXT("lund-2015-trafik");
    promise.parties = list(lund, "polisen lunds-kommun", &promise.n_parties);
    commit_to(lund, &promise, "skyltar", ROND__V1__MEASURE__MEASURE_ONCE, 0,
              filter(lund, ROND__V1__KIND__KIND_INVENTORY, "traffic_signs", ""));
    commit_to(lund, &promise, "cykel", ROND__V1__MEASURE__MEASURE_AT_LEAST, 10,
              filter(lund, ROND__V1__KIND__KIND_CHECK, "cyclist_behaviour", "targeted"));
    Rond__V1__Commitment *taxi = commit_to(lund, &promise, "taxi", ROND__V1__MEASURE__MEASURE_AT_LEAST, 2,
                                           filter(lund, ROND__V1__KIND__KIND_CHECK, "taxi", "coordinated"));
    taxi->required_organisations = list(lund, "skatteverket forsakringskassan", &taxi->n_required_organisations);
    Rond__V1__Commitment *meetings = commit_to(lund, &promise, "taximoten", ROND__V1__MEASURE__MEASURE_AT_LEAST, 2,
                                               filter(lund, ROND__V1__KIND__KIND_MEETING, "", ""));
    meetings->filter->with = TEXT("taxi_trade");
    Rond__V1__Commitment *campaign = commit_to(lund, &promise, "synas", ROND__V1__MEASURE__MEASURE_ONCE, 0, NULL);
    campaign->parts = arena_array(&lund->arena, 2, sizeof(Rond__V1__Filter *));
    campaign->parts[campaign->n_parts++] = filter(lund, ROND__V1__KIND__KIND_CHECK, "cycle_equipment", "");
    campaign->parts[campaign->n_parts] = filter(lund, ROND__V1__KIND__KIND_CAMPAIGN_HANDOUT, "", "");
    campaign->parts[campaign->n_parts++]->information = true;
    put_promise(lund, &promise);
}

static void add_window(struct lund *lund, Rond__V1__Commitment *presence, uint32_t from, uint32_t to, uint32_t minutes) {
    Rond__V1__Window *window = arena_alloc(&lund->arena, sizeof *window);
    rond__v1__window__init(window);
    window->place = TEXT("lund-c-stationen");
    window->weekdays = 0x7F;
    window->from_minute = from;
    window->to_minute = to;
    window->minutes = minutes;
    if (presence->windows == NULL)
        presence->windows = arena_array(&lund->arena, 4, sizeof(Rond__V1__Window *));
    presence->windows[presence->n_windows++] = window;
}

static void put_station(struct lund *lund) {
    Rond__V1__Promise promise = ROND__V1__PROMISE__INIT;
    promise.id = promise.title_sv = TEXT("lund-2015-station");
    promise.parties = list(lund, "polisen lunds-kommun jernhusen", &promise.n_parties);
    Rond__V1__Commitment *monthly = commit_to(lund, &promise, "samverkan", ROND__V1__MEASURE__MEASURE_RATE, 1,
                                              filter(lund, ROND__V1__KIND__KIND_MEETING, "", ""));
    monthly->per = ROND__V1__PER__PER_MONTH;
    monthly->about = true;
    Rond__V1__Commitment *walks = commit_to(lund, &promise, "vandring", ROND__V1__MEASURE__MEASURE_AT_LEAST, 2,
                                            filter(lund, ROND__V1__KIND__KIND_SAFETY_WALK, "", ""));
    walks->joint = true;
    Rond__V1__Commitment *actions =
        commit_to(lund, &promise, "atgarder", ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED, 0, NULL);
    actions->follows = TEXT("vandring");
    Rond__V1__Commitment *presence = commit_to(lund, &promise, "narvaro", ROND__V1__MEASURE__MEASURE_PRESENCE, 0,
                                               filter(lund, ROND__V1__KIND__KIND_VISIBLE_PATROL, "", ""));
    presence->roles = list(lund, "police_officer public_order_guard security_guard station_host", &presence->n_roles);
    add_window(lund, presence, 12 * 60, 22 * 60, 60);
    commit_to(lund, &promise, "grannar", ROND__V1__MEASURE__MEASURE_UNQUANTIFIED, 0,
              filter(lund, ROND__V1__KIND__KIND_INITIATIVE, "neighbourhood_watch", ""));
    put_promise(lund, &promise);
}

void lund_promise_enters(struct lund *lund, const char *promise, Rond__V1__Life life, const char *day) {
    Rond__V1__Promise entering = *catalogue_promise(lund->catalogue, promise);
    Rond__V1__LifeEntry entries[2] = {ROND__V1__LIFE_ENTRY__INIT, ROND__V1__LIFE_ENTRY__INIT};
    Rond__V1__LifeEntry *lives[2] = {&entries[0], &entries[1]};
    entries[0].life = ROND__V1__LIFE__LIFE_ACTIVE;
    entries[0].entered = TEXT("2015-01-01");
    entries[1].life = life;
    entries[1].entered = TEXT(day);
    entering.lives = lives;
    entering.n_lives = 2;
    put_promise(lund, &entering);
    lund_refresh(lund);
}

// ---- Devices ----

static const char *const organisations[LUND_DEVICES] = {"polisen",   "polisen",      "lunds-kommun",
                                                        "jernhusen", "skatteverket", "forsakringskassan"};

struct id128 lund_device(unsigned device) {
    struct id128 id = {{0xde, 0x71, 0xce}};
    id.b[ID_SIZE - 1] = (uint8_t)(device + 1);
    return id;
}

const char *lund_organisation(unsigned device) {
    return organisations[device];
}

struct id128 lund_outbox(unsigned device, unsigned outbox) {
    struct id128 id = {{(uint8_t)(device + 1), 0x0b, (uint8_t)(outbox >> 8), (uint8_t)outbox, 0x77}};
    return id;
}

struct report_key lund_key_of(unsigned device, unsigned outbox, uint64_t seq) {
    return (struct report_key){.device = lund_device(device), .outbox = lund_outbox(device, outbox), .seq = seq};
}

Rond__V1__Identity *lund_identity(struct arena *arena, const struct report_key *key) {
    return sample_identity(arena, &key->device, &key->outbox, key->seq);
}

static void forget_keys(void);
static struct sign_key *keys[LUND_DEVICES];
static uint8_t *spkis[LUND_DEVICES]; // encoding one takes longer than a signature
static size_t spki_sizes[LUND_DEVICES];

const struct sign_key *lund_key(unsigned device) {
    static bool registered;
    if (!registered)
        registered = atexit(forget_keys) == 0;
    if (keys[device] == NULL)
        OK(sign_key_generate(&keys[device]));
    return keys[device];
}

static void forget_keys(void) {
    for (size_t i = 0; i < LUND_DEVICES; i++) {
        sign_key_destroy(keys[i]);
        free(spkis[i]);
    }
}

struct bytes lund_spki(unsigned device) {
    if (spkis[device] == NULL)
        OK(sign_key_spki(lund_key(device), &spkis[device], &spki_sizes[device]));
    return bytes_of(spkis[device], spki_sizes[device]);
}

static void put_device(struct lund *lund, unsigned device) {
    static const char *roles[] = {"police_officer", "public_order_guard", "municipal_staff", "station_host"};
    struct device_record record = {
        .device = lund_device(device),
        .name = arena_printf(&lund->arena, "handheld %u", device),
        .organisation = organisations[device],
        .area = "lund",
        .roles = roles,
        .roles_count = ARRAY_COUNT(roles),
        .enrolled_ms = lund->now_ms,
    };
    OK(lund->store->registry->device_put(lund->store, &record));
    struct device_key key = {.device = record.device, .spki = lund_spki(device), .current = true, .since_ms = lund->now_ms};
    key.spki_hash.b[0] = (uint8_t)(device + 1);
    OK(lund->store->registry->key_put(lund->store, &key));
}

// ---- The store ----

static void open_store(struct lund *lund) {
    snprintf(lund->directory, sizeof lund->directory, "/tmp/rond-test-XXXXXX");
    CHECK(mkdtemp(lund->directory) != NULL);
    struct fault fault = {0};
    OK(store_open_sqlite(lund->directory, STORE_CREATE, rng_system(), &lund->store, &fault));
}

static void fill(struct lund *lund) {
    lund_begin(lund);
    put_area(lund);
    put_words(lund);
    put_traffic(lund);
    put_station(lund);
    for (unsigned i = 0; i < LUND_DEVICES; i++)
        put_device(lund, i);
    lund_refresh(lund);
    lund_commit(lund);
}

static void init(struct lund *lund) {
    memset(lund, 0, sizeof *lund);
    arena_init(&lund->arena, 64 * 1024 * 1024);
    lund->now_ms = INT64_C(1000) * LUND_NOW_S;
}

void lund_open(struct lund *lund) {
    init(lund);
    open_store(lund);
    fill(lund);
}

void lund_open_in(struct lund *lund, struct store *take_store) {
    init(lund);
    lund->store = take_store;
    fill(lund);
}

void lund_open_memory(struct lund *lund, const struct rng *rng) {
    struct store *store;
    OK(store_open_memory(rng, &store));
    lund_open_in(lund, store);
}

static int remove_one(const char *path, const struct stat *status, int flag, struct FTW *position) {
    (void)status, (void)flag, (void)position;
    return remove(path);
}

void lund_close(struct lund *lund) {
    catalogue_unref(lund->catalogue);
    store_close(lund->store);
    arena_deinit(&lund->arena);
    if (lund->directory[0] != '\0')
        nftw(lund->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void lund_begin(struct lund *lund) {
    OK(lund->store->ledger->begin(lund->store));
}

void lund_commit(struct lund *lund) {
    OK(lund->store->ledger->commit(lund->store));
}

void lund_refresh(struct lund *lund) {
    struct fault fault = {0};
    struct catalogue *made;
    OK(catalogue_create(lund->store, &made, &fault));
    catalogue_unref(lund->catalogue);
    lund->catalogue = made;
}

// ---- Reports ----

static void start_chain(struct chain *chain, const struct id128 *outbox) {
    struct hash256 seed = {{0x5e, 0xed}};
    memcpy(seed.b + 8, outbox->b, ID_SIZE);
    chain_init(chain, &seed);
}

static void validate(struct lund *lund, unsigned device, const struct record *record, struct ledger_report *report) {
    static const char *roles[] = {"police_officer", "public_order_guard", "municipal_staff", "station_host"};
    struct device_record who = {
        .device = lund_device(device),
        .organisation = organisations[device],
        .area = "lund",
        .roles = roles,
        .roles_count = ARRAY_COUNT(roles),
    };
    struct validate_context context = {
        .device = &who,
        .catalogue = lund->catalogue,
        .now_ms = lund->now_ms,
        .clock = {.wall_ms = lund->now_ms, .boot_id = 1, .server_ms = lund->now_ms},
    };
    OK(validate_report(&context, record, &lund->arena, report));
}

struct ledger_batch *lund_batch(struct lund *lund, unsigned device, unsigned outbox, const struct record *records,
                                size_t count) {
    struct ledger_batch *batch = arena_alloc(&lund->arena, sizeof *batch);
    struct ledger_report *reports = arena_array(&lund->arena, count, sizeof *reports);
    struct outbox_state state;
    struct statement statement;
    *batch = (struct ledger_batch){
        .device = lund_device(device),
        .outbox = lund_outbox(device, outbox),
        .organisation = organisations[device],
        .reports = reports,
        .count = count,
        .received_ms = lund->now_ms,
    };
    OK(lund->store->ledger->outbox_load(lund->store, &batch->device, &batch->outbox, &state));
    if (!state.exists || state.chain.seq == 0)
        start_chain(&state.chain, &batch->outbox);
    batch->first_seq = state.chain.seq + 1;
    for (size_t i = 0; i < count; i++) {
        validate(lund, device, &records[i], &reports[i]);
        chain_append(&state.chain, &records[i], &reports[i].salt, &reports[i].leaf);
    }
    batch->chain_after = state.chain;
    statement_batch(&statement, &batch->device, &batch->outbox, batch->first_seq, state.chain.seq, &state.chain.head);
    OK(signature_make(lund_key(device), &statement, &batch->signature));
    return batch;
}

void lund_apply(struct lund *lund, const struct ledger_batch *batch, const struct append_result *appended) {
    struct appended_reports reports = {batch, appended->repeated, appended->appended, appended->first_row, NULL};
    OK(promise_apply(lund->store, lund->catalogue, &reports));
}

static struct append_result append_one(struct lund *lund, const struct ledger_batch *batch) {
    struct append_result result;
    OK(lund->store->ledger->append(lund->store, batch, &result));
    CHECK(result.status == APPEND_DONE && result.appended == 1);
    return result;
}

uint64_t lund_append_record(struct lund *lund, unsigned device, unsigned outbox, const struct record *record) {
    return append_one(lund, lund_batch(lund, device, outbox, record, 1)).first_row;
}

uint64_t lund_apply_record(struct lund *lund, unsigned device, unsigned outbox, const struct record *record) {
    const struct ledger_batch *batch = lund_batch(lund, device, outbox, record, 1);
    struct append_result result = append_one(lund, batch);
    lund_apply(lund, batch, &result);
    return result.first_row;
}

uint64_t lund_append(struct lund *lund, unsigned device, unsigned outbox, const Rond__V1__Report *report) {
    struct record record = record_of_report(&lund->arena, report);
    return lund_append_record(lund, device, outbox, &record);
}

uint64_t lund_report(struct lund *lund, unsigned device, unsigned outbox, const Rond__V1__Report *report) {
    lund_begin(lund);
    struct record record = record_of_report(&lund->arena, report);
    uint64_t row = lund_apply_record(lund, device, outbox, &record);
    lund_commit(lund);
    return row;
}
