#include "support/report_samples.h"

#include "base/check.h"

enum { MINUTE_S = 60, HOUR_S = 60 * MINUTE_S };

static void *need(void *memory) {
    CHECK(memory != NULL);
    return memory;
}

#define SAMPLE(arena, type, variable, init)                                                                                 \
    type *variable = need(arena_alloc(arena, sizeof *variable));                                                            \
    init(variable)

static char *text(struct arena *arena, const char *from) {
    return need(arena_text(arena, from));
}

static const char *place_of(unsigned variant) {
    static const char *const places[] = {"lund-c-stationen", "bangatan", "clemenstorget", "stortorget"};
    return places[variant % ARRAY_COUNT(places)];
}

static void add_organisation(struct arena *arena, Rond__V1__Report *report, const char *id) {
    char **grown = need(arena_array(arena, report->n_organisations + 1, sizeof *grown));
    for (size_t i = 0; i < report->n_organisations; i++)
        grown[i] = report->organisations[i];
    grown[report->n_organisations++] = text(arena, id);
    report->organisations = grown;
}

static Rond__V1__Report *envelope(struct arena *arena, unsigned variant, int64_t lasts_s) {
    SAMPLE(arena, Rond__V1__Report, report, rond__v1__report__init);
    report->schema_version = 1;
    report->occurred_from_s = SAMPLE_START_S + (int64_t)variant * HOUR_S;
    report->occurred_to_s = report->occurred_from_s + lasts_s;
    report->claimed_ms = (report->occurred_to_s + MINUTE_S) * 1000;
    report->boot_id = UINT64_C(0x1122334455667788);
    report->monotonic_ms = UINT64_C(1000) * HOUR_S * (variant + 1);
    report->area = text(arena, "lund");
    report->place = text(arena, place_of(variant));
    report->role = text(arena, "police_officer");
    return report;
}

static void fill_check(struct arena *arena, Rond__V1__Report *report, unsigned variant) {
    SAMPLE(arena, Rond__V1__Check, check, rond__v1__check__init);
    check->form = ROND__V1__CHECK_FORM__CHECK_FORM_TARGETED;
    check->of = text(arena, "cyclist_behaviour");
    check->checked = 20 + variant;
    check->remarked = 3;
    check->reported = 1;
    report->body_case = ROND__V1__REPORT__BODY_CHECK;
    report->check = check;
}

static void fill_handout(struct arena *arena, Rond__V1__Report *report, unsigned variant) {
    static const char *const kinds[] = {"lights", "reflectors"};
    SAMPLE(arena, Rond__V1__Handout, handout, rond__v1__handout__init);
    handout->items = need(arena_array(arena, ARRAY_COUNT(kinds), sizeof *handout->items));
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        SAMPLE(arena, Rond__V1__HandoutItem, item, rond__v1__handout_item__init);
        item->item = text(arena, kinds[i]);
        item->count = 50 + variant;
        handout->items[handout->n_items++] = item;
    }
    handout->information_given = true;
    report->body_case = ROND__V1__REPORT__BODY_HANDOUT;
    report->handout = handout;
}

static void fill_patrol(struct arena *arena, Rond__V1__Report *report, unsigned variant) {
    static const char *const roles[] = {"police_officer", "public_order_guard"};
    SAMPLE(arena, Rond__V1__Patrol, patrol, rond__v1__patrol__init);
    patrol->persons = need(arena_array(arena, ARRAY_COUNT(roles), sizeof *patrol->persons));
    for (size_t i = 0; i < ARRAY_COUNT(roles); i++) {
        SAMPLE(arena, Rond__V1__RolePersons, persons, rond__v1__role_persons__init);
        persons->role = text(arena, roles[i]);
        persons->persons = 1 + variant % 4;
        patrol->persons[patrol->n_persons++] = persons;
    }
    report->body_case = ROND__V1__REPORT__BODY_PATROL;
    report->patrol = patrol;
}

static Rond__V1__Finding *finding(struct arena *arena, const char *id, unsigned variant) {
    SAMPLE(arena, Rond__V1__Finding, found, rond__v1__finding__init);
    found->id = text(arena, id);
    found->place = text(arena, place_of(variant));
    found->safety = ROND__V1__SAFETY__SAFETY_SAFE;
    return found;
}

// One safe place and one unsafe, which Jernhusen is to light by the end of September.
static void fill_walk(struct arena *arena, Rond__V1__Report *report, unsigned variant) {
    SAMPLE(arena, Rond__V1__Walk, walk, rond__v1__walk__init);
    walk->findings = need(arena_array(arena, 2, sizeof *walk->findings));
    walk->findings[walk->n_findings++] = finding(arena, "1", variant);
    Rond__V1__Finding *unsafe = finding(arena, "2", variant + 1);
    unsafe->safety = ROND__V1__SAFETY__SAFETY_UNSAFE;
    unsafe->cause = text(arena, "Trasig belysning i gångtunneln");
    unsafe->responsible = text(arena, "jernhusen");
    unsafe->promised_action = text(arena, "Ny belysning");
    unsafe->due = text(arena, "2015-09-30");
    walk->findings[walk->n_findings++] = unsafe;
    add_organisation(arena, report, "lunds-kommun");
    add_organisation(arena, report, "jernhusen");
    report->body_case = ROND__V1__REPORT__BODY_WALK;
    report->walk = walk;
}

static void fill_meeting(struct arena *arena, Rond__V1__Report *report, unsigned variant) {
    SAMPLE(arena, Rond__V1__Meeting, meeting, rond__v1__meeting__init);
    meeting->with = text(arena, "taxi_trade");
    meeting->subject = need(arena_printf(arena, "Möte %u", variant + 1));
    add_organisation(arena, report, "lunds-kommun");
    report->body_case = ROND__V1__REPORT__BODY_MEETING;
    report->meeting = meeting;
}

static void fill_inventory(struct arena *arena, Rond__V1__Report *report, unsigned variant) {
    SAMPLE(arena, Rond__V1__Inventory, inventory, rond__v1__inventory__init);
    SAMPLE(arena, Rond__V1__InventoryFinding, found, rond__v1__inventory_finding__init);
    found->place = text(arena, place_of(variant));
    found->text = text(arena, "Skylten syns inte");
    inventory->of = text(arena, "traffic_signs");
    inventory->surveyed = 40 + variant;
    inventory->findings = need(arena_array(arena, 1, sizeof *inventory->findings));
    inventory->findings[inventory->n_findings++] = found;
    report->body_case = ROND__V1__REPORT__BODY_INVENTORY;
    report->inventory = inventory;
}

static void fill_initiative(struct arena *arena, Rond__V1__Report *report, unsigned variant) {
    SAMPLE(arena, Rond__V1__Initiative, initiative, rond__v1__initiative__init);
    initiative->type = text(arena, "neighbourhood_watch");
    initiative->quantity = 1 + variant;
    initiative->unit = text(arena, "områden");
    initiative->outcome = text(arena, "Startat");
    report->body_case = ROND__V1__REPORT__BODY_INITIATIVE;
    report->initiative = initiative;
}

Rond__V1__Report *sample_report(struct arena *arena, Rond__V1__Kind kind, unsigned variant) {
    static void (*const fill[])(struct arena *, Rond__V1__Report *, unsigned) = {
        [ROND__V1__KIND__KIND_CHECK] = fill_check,           [ROND__V1__KIND__KIND_CAMPAIGN_HANDOUT] = fill_handout,
        [ROND__V1__KIND__KIND_VISIBLE_PATROL] = fill_patrol, [ROND__V1__KIND__KIND_SAFETY_WALK] = fill_walk,
        [ROND__V1__KIND__KIND_MEETING] = fill_meeting,       [ROND__V1__KIND__KIND_INVENTORY] = fill_inventory,
        [ROND__V1__KIND__KIND_INITIATIVE] = fill_initiative,
    };
    CHECK(kind >= ROND__V1__KIND__KIND_CHECK && kind <= ROND__V1__KIND__KIND_INITIATIVE);
    bool patrol = kind == ROND__V1__KIND__KIND_VISIBLE_PATROL;
    Rond__V1__Report *report = envelope(arena, variant, patrol ? HOUR_S : HOUR_S / 2);
    fill[kind](arena, report, variant);
    return report;
}

static ProtobufCBinaryData id_copy(struct arena *arena, const struct id128 *id) {
    uint8_t *copy = need(arena_alloc(arena, ID_SIZE));
    for (size_t i = 0; i < ID_SIZE; i++)
        copy[i] = id->b[i];
    return (ProtobufCBinaryData){.len = ID_SIZE, .data = copy};
}

Rond__V1__Identity *sample_identity(struct arena *arena, const struct id128 *device, const struct id128 *outbox,
                                    uint64_t seq) {
    SAMPLE(arena, Rond__V1__Identity, identity, rond__v1__identity__init);
    identity->device = id_copy(arena, device);
    identity->outbox = id_copy(arena, outbox);
    identity->seq = seq;
    return identity;
}

Rond__V1__Report *sample_withdrawal(struct arena *arena, const struct id128 *device, const struct id128 *outbox,
                                    uint64_t seq) {
    Rond__V1__Report *report = envelope(arena, 1, 0);
    SAMPLE(arena, Rond__V1__Withdrawal, withdrawal, rond__v1__withdrawal__init);
    withdrawal->target = sample_identity(arena, device, outbox, seq);
    withdrawal->reason = text(arena, "Dubbelt");
    report->body_case = ROND__V1__REPORT__BODY_WITHDRAWAL;
    report->withdrawal = withdrawal;
    return report;
}

struct record record_of_report(struct arena *arena, const Rond__V1__Report *report) {
    struct buffer buffer;
    struct record record = {0};
    buffer_init(&buffer, 64 * 1024);
    CHECK(codec_report_encode(report, &buffer) == ROND_OK);
    CHECK(arena_copy(arena, buffer_bytes(&buffer), &record.report));
    buffer_deinit(&buffer);
    return record;
}

struct record sample_record(struct arena *arena, Rond__V1__Kind kind, unsigned variant) {
    return record_of_report(arena, sample_report(arena, kind, variant));
}
