// Between the app's flat rond_activity and the Report on the wire. Every text is copied into the arena: the generated
// structures hold char *, and what the app passes is borrowed for the call only.
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "client_internal.h"
#include "wire/codes.h"
#include "wire/short_reference.h"

// --- To a report ---

struct conversion {
    rond *r;
    const rond_activity *activity;
    bool with_defaults;
    struct arena *arena;
    struct fault *fault;
};

// NULL leaves the field as it is: the empty text.
static enum rond_err text_set(struct conversion *c, const char *text, char **field) {
    if (text == NULL)
        return ROND_OK;
    char *copy = arena_text(c->arena, text);
    if (copy == NULL)
        return ROND_ENOMEM;
    *field = copy;
    return ROND_OK;
}

struct text_pair {
    const char *from;
    char **to;
};

static enum rond_err texts_set(struct conversion *c, const struct text_pair *pairs, size_t count) {
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = text_set(c, pairs[i].from, pairs[i].to);
    return err;
}
#define TEXTS_SET(c, pairs) texts_set(c, pairs, ARRAY_COUNT(pairs))

static enum rond_err too_many(struct conversion *c, const char *field, size_t max) {
    return fault_set(c->fault, ROND_EINVALID, CODE_REPORT_INVALID, field, "There are too many; at most %zu.", max);
}

// Sets a message to its defaults by its descriptor alone: librond.so has no function for each (client-sdk/slim.sed).
static void message_reset(const ProtobufCMessageDescriptor *type, void *message) {
    memset(message, 0, type->sizeof_message);
    ((ProtobufCMessage *)message)->descriptor = type;
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        if (field->type == PROTOBUF_C_TYPE_STRING && field->label != PROTOBUF_C_LABEL_REPEATED)
            memcpy((uint8_t *)message + field->offset, &field->default_value, sizeof field->default_value);
    }
}

// A repeated field of messages: an array of pointers to initialised elements.
static void *elements_create(struct arena *arena, size_t count, size_t size, const ProtobufCMessageDescriptor *type) {
    void **pointers = arena_array(arena, count, sizeof *pointers);
    uint8_t *elements = arena_array(arena, count, size);
    if (pointers == NULL || elements == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        pointers[i] = elements + i * size;
        message_reset(type, pointers[i]);
    }
    return pointers;
}

static void *message_create(struct arena *arena, const ProtobufCMessageDescriptor *type) {
    void *message = arena_alloc(arena, type->sizeof_message);
    if (message != NULL)
        message_reset(type, message);
    return message;
}

static enum rond_err check_fill(struct conversion *c, Rond__V1__Check *check) {
    check->form = (Rond__V1__CheckForm)c->activity->check_form;
    check->checked = c->activity->checked;
    check->remarked = c->activity->remarked;
    check->reported = c->activity->reported;
    return text_set(c, c->activity->of, &check->of);
}

static enum rond_err handout_fill(struct conversion *c, Rond__V1__Handout *handout) {
    size_t count = c->activity->items_count;
    if (count > HANDOUT_ITEMS_MAX)
        return too_many(c, "handout.items", HANDOUT_ITEMS_MAX);
    handout->information_given = c->activity->information_given;
    handout->items = elements_create(c->arena, count, sizeof **handout->items, &rond__v1__handout_item__descriptor);
    if (handout->items == NULL)
        return ROND_ENOMEM;
    handout->n_items = count;
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        handout->items[i]->count = c->activity->items[i].count;
        err = text_set(c, c->activity->items[i].item, &handout->items[i]->item);
    }
    return err;
}

static enum rond_err patrol_fill(struct conversion *c, Rond__V1__Patrol *patrol) {
    size_t count = c->activity->persons_count;
    if (count > PATROL_ROLES_MAX)
        return too_many(c, "patrol.persons", PATROL_ROLES_MAX);
    patrol->persons = elements_create(c->arena, count, sizeof **patrol->persons, &rond__v1__role_persons__descriptor);
    if (patrol->persons == NULL)
        return ROND_ENOMEM;
    patrol->n_persons = count;
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        patrol->persons[i]->persons = c->activity->persons[i].persons;
        err = text_set(c, c->activity->persons[i].role, &patrol->persons[i]->role);
    }
    return err;
}

enum rond_err client_identity(struct arena *arena, const struct id128 *device, const struct id128 *outbox, uint64_t seq,
                              Rond__V1__Identity **ret_identity) {
    Rond__V1__Identity *identity = message_create(arena, &rond__v1__identity__descriptor);
    uint8_t *ids = arena_alloc(arena, 2 * ID_SIZE);
    if (identity == NULL || ids == NULL)
        return ROND_ENOMEM;
    memcpy(ids, device->b, ID_SIZE);
    memcpy(ids + ID_SIZE, outbox->b, ID_SIZE);
    identity->device = (ProtobufCBinaryData){.data = ids, .len = ID_SIZE};
    identity->outbox = (ProtobufCBinaryData){.data = ids + ID_SIZE, .len = ID_SIZE};
    identity->seq = seq;
    *ret_identity = identity;
    return ROND_OK;
}

// An own walk, or one of any device whose place is open as far as is known here.
static enum rond_err walk_find(struct conversion *c, const rond_finding *from, Rond__V1__Identity **ret_walk,
                               struct fault *fault) {
    struct outbox_report walk;
    enum rond_err err = client_find(c->r, from->rewalk_reference, c->arena, &walk, fault);
    if (err == ROND_OK)
        return client_identity(c->arena, &c->r->enrolment.device, &walk.outbox, walk.seq, ret_walk);
    if (err == ROND_ENOTFOUND)
        err = client_action_find(c->r, from->rewalk_reference, from->rewalk_finding, c->arena, ret_walk);
    if (err == ROND_ENOTFOUND)
        return fault_set(
            fault, err, 0, "reference",
            "This device has no report %.40s, and knows of no open place '%.40s' that it found; sync first, and "
            "look which places are open.",
            from->rewalk_reference, from->rewalk_finding != NULL ? from->rewalk_finding : "");
    return err;
}

static enum rond_err rewalk_fill(struct conversion *c, const rond_finding *from, size_t index, Rond__V1__Finding *to) {
    struct fault fault = {0};
    Rond__V1__Identity *walk;
    enum rond_err err = walk_find(c, from, &walk, &fault);
    if (err == ROND_ENOTFOUND || err == ROND_EINVALID || err == ROND_EAUTH) {
        char field[FAULT_FIELD_SIZE];
        snprintf(field, sizeof field, "walk.findings[%zu].rewalk_of", index);
        return fault_set(c->fault, ROND_EINVALID, CODE_REPORT_INVALID, field, "%s", fault.text);
    }
    if (err != ROND_OK)
        return err;
    to->rewalk_of = message_create(c->arena, &rond__v1__finding_ref__descriptor);
    if (to->rewalk_of == NULL)
        return ROND_ENOMEM;
    to->rewalk_of->report = walk;
    return err != ROND_OK ? err : text_set(c, from->rewalk_finding, &to->rewalk_of->finding);
}

static enum rond_err finding_fill(struct conversion *c, const rond_finding *from, size_t index, Rond__V1__Finding *to) {
    const char *id = from->id != NULL ? from->id : arena_printf(c->arena, "%zu", index + 1);
    if (id == NULL)
        return ROND_ENOMEM;
    const struct text_pair texts[] = {
        {id, &to->id},
        {from->place, &to->place},
        {from->cause, &to->cause},
        {from->place_text, &to->place_text},
        {from->due, &to->due},
        {from->promised_action, &to->promised_action},
        {from->responsible, &to->responsible},
    };
    to->safety = (Rond__V1__Safety)from->safety;
    enum rond_err err = TEXTS_SET(c, texts);
    if (err == ROND_OK && from->rewalk_reference != NULL)
        err = rewalk_fill(c, from, index, to);
    return err;
}

static enum rond_err walk_fill(struct conversion *c, Rond__V1__Walk *walk) {
    size_t count = c->activity->findings_count;
    if (count > WALK_FINDINGS_MAX)
        return too_many(c, "walk.findings", WALK_FINDINGS_MAX);
    walk->findings = elements_create(c->arena, count, sizeof **walk->findings, &rond__v1__finding__descriptor);
    if (walk->findings == NULL)
        return ROND_ENOMEM;
    walk->n_findings = count;
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = finding_fill(c, &c->activity->findings[i], i, walk->findings[i]);
    return err;
}

static enum rond_err inventory_fill(struct conversion *c, Rond__V1__Inventory *inventory) {
    size_t count = c->activity->surveyed_findings_count;
    if (count > INVENTORY_FINDINGS_MAX)
        return too_many(c, "inventory.findings", INVENTORY_FINDINGS_MAX);
    inventory->surveyed = c->activity->surveyed_count;
    inventory->findings =
        elements_create(c->arena, count, sizeof **inventory->findings, &rond__v1__inventory_finding__descriptor);
    if (inventory->findings == NULL)
        return ROND_ENOMEM;
    inventory->n_findings = count;
    enum rond_err err = text_set(c, c->activity->of, &inventory->of);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        const struct text_pair texts[] = {
            {c->activity->surveyed[i].place, &inventory->findings[i]->place},
            {c->activity->surveyed[i].text, &inventory->findings[i]->text},
        };
        err = TEXTS_SET(c, texts);
    }
    return err;
}

static enum rond_err meeting_fill(struct conversion *c, Rond__V1__Meeting *meeting) {
    const struct text_pair texts[] = {{c->activity->with, &meeting->with}, {c->activity->subject, &meeting->subject}};
    return TEXTS_SET(c, texts);
}

static enum rond_err initiative_fill(struct conversion *c, Rond__V1__Initiative *initiative) {
    const struct text_pair texts[] = {
        {c->activity->of, &initiative->type},
        {c->activity->unit, &initiative->unit},
        {c->activity->outcome, &initiative->outcome},
    };
    initiative->quantity = c->activity->quantity;
    return TEXTS_SET(c, texts);
}

#define BODY(name, field, NAME)                                                                                             \
    do {                                                                                                                    \
        report->field = message_create(c->arena, &rond__v1__##field##__descriptor);                                         \
        report->body_case = ROND__V1__REPORT__BODY_##NAME;                                                                  \
        return report->field == NULL ? ROND_ENOMEM : name(c, report->field);                                                \
    } while (0)

static enum rond_err body_fill(struct conversion *c, Rond__V1__Report *report) {
    switch (c->activity->kind) {
    case ROND_CHECK:
        BODY(check_fill, check, CHECK);
    case ROND_CAMPAIGN_HANDOUT:
        BODY(handout_fill, handout, HANDOUT);
    case ROND_VISIBLE_PATROL:
        BODY(patrol_fill, patrol, PATROL);
    case ROND_SAFETY_WALK:
        BODY(walk_fill, walk, WALK);
    case ROND_MEETING:
        BODY(meeting_fill, meeting, MEETING);
    case ROND_INVENTORY:
        BODY(inventory_fill, inventory, INVENTORY);
    case ROND_INITIATIVE:
        BODY(initiative_fill, initiative, INITIATIVE);
    }
    return fault_set(c->fault, ROND_EINVALID, CODE_KIND_UNKNOWN, "kind", "Say what kind of activity it was.");
}

static int32_t degrees_e6(double degrees) {
    return (int32_t)(degrees * 1e6 + (degrees < 0 ? -0.5 : 0.5));
}

static enum rond_err position_fill(struct conversion *c, Rond__V1__Report *report) {
    if (!c->activity->has_position)
        return ROND_OK;
    double latitude = c->activity->latitude, longitude = c->activity->longitude;
    if (!(latitude >= -90 && latitude <= 90 && longitude >= -180 && longitude <= 180)) // so written, NaN is refused too
        return fault_set(c->fault, ROND_EINVALID, CODE_REPORT_INVALID, "position", "The position is not on the earth.");
    report->position = message_create(c->arena, &rond__v1__position__descriptor);
    if (report->position == NULL)
        return ROND_ENOMEM;
    report->position->latitude_e6 = degrees_e6(latitude);
    report->position->longitude_e6 = degrees_e6(longitude);
    report->position->accuracy_m = c->activity->accuracy_m;
    return ROND_OK;
}

static enum rond_err organisations_fill(struct conversion *c, Rond__V1__Report *report) {
    size_t count = c->activity->organisations_count;
    if (count > ORGANISATIONS_MAX)
        return too_many(c, "organisations", ORGANISATIONS_MAX);
    report->organisations = arena_array(c->arena, count, sizeof *report->organisations);
    if (report->organisations == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const char *organisation = c->activity->organisations[i];
        report->organisations[i] = arena_text(c->arena, organisation != NULL ? organisation : "");
        if (report->organisations[i] == NULL)
            return ROND_ENOMEM;
    }
    report->n_organisations = count;
    return ROND_OK;
}

static enum rond_err role_fill(struct conversion *c, Rond__V1__Report *report) {
    if (c->activity->role != NULL || !c->with_defaults)
        return text_set(c, c->activity->role, &report->role);
    const struct enrolment *enrolment = &c->r->enrolment;
    if (enrolment->roles_count != 1)
        return fault_set(c->fault, ROND_EINVALID, CODE_REPORT_INVALID, "role",
                         "Say in which role: this device is enrolled for %zu.", enrolment->roles_count);
    return text_set(c, enrolment->roles[0], &report->role);
}

static void times_fill(struct conversion *c, Rond__V1__Report *report) {
    report->occurred_from_s = c->activity->occurred_from_s;
    report->occurred_to_s = c->activity->occurred_to_s;
    if (!c->with_defaults)
        return;
    report->claimed_ms = clock_wall_ms(c->r->clock);
    report->boot_id = clock_boot_id(c->r->clock);
    report->monotonic_ms = (uint64_t)clock_monotonic_ms(c->r->clock);
    if (report->occurred_from_s == 0)
        report->occurred_from_s = report->claimed_ms / 1000;
    if (report->occurred_to_s == 0)
        report->occurred_to_s = report->occurred_from_s;
}

static enum rond_err envelope_fill(struct conversion *c, Rond__V1__Report *report) {
    const rond_activity *activity = c->activity;
    const struct text_pair texts[] = {
        {activity->area, &report->area},
        {activity->place, &report->place},
        {activity->commitment, &report->commitment},
        {activity->activity, &report->activity},
        {activity->text, &report->text},
    };
    report->schema_version = REPORT_SCHEMA_VERSION;
    times_fill(c, report);
    enum rond_err err = TEXTS_SET(c, texts);
    if (err == ROND_OK)
        err = role_fill(c, report);
    if (err == ROND_OK)
        err = organisations_fill(c, report);
    if (err == ROND_OK)
        err = position_fill(c, report);
    return err;
}

enum rond_err activity_to_report(rond *r, const rond_activity *activity, bool with_defaults, struct arena *arena,
                                 Rond__V1__Report **ret_report, struct fault *fault) {
    if (activity == NULL || activity->struct_size < sizeof *activity)
        return fault_set(fault, ROND_EINVALID, 0, "struct_size", "The activity does not say its size.");
    struct conversion c = {.r = r, .activity = activity, .with_defaults = with_defaults, .arena = arena, .fault = fault};
    Rond__V1__Report *report = message_create(arena, &rond__v1__report__descriptor);
    if (report == NULL)
        return ROND_ENOMEM;
    enum rond_err err = envelope_fill(&c, report);
    if (err == ROND_OK)
        err = body_fill(&c, report);
    if (err == ROND_OK && with_defaults)
        err = client_planned_check(r, arena, report, fault);
    if (err == ROND_OK)
        *ret_report = report;
    return err;
}

// --- From a report ---

enum rond_kind kind_of_report(const Rond__V1__Report *report) {
    return (enum rond_kind)report_kind(report); // the same numbers
}
_Static_assert((int)ROND_CHECK == (int)ROND__V1__KIND__KIND_CHECK &&
                   (int)ROND_INITIATIVE == (int)ROND__V1__KIND__KIND_INITIATIVE,
               "kinds are numbered alike");

static const char *said(const char *text) {
    return text != NULL && text[0] != '\0' ? text : NULL;
}

static enum rond_err handout_read(const Rond__V1__Handout *handout, struct arena *arena, rond_activity *activity) {
    rond_item *items = arena_array(arena, handout->n_items, sizeof *items);
    if (items == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < handout->n_items; i++)
        items[i] = (rond_item){.item = said(handout->items[i]->item), .count = handout->items[i]->count};
    activity->items = items;
    activity->items_count = handout->n_items;
    activity->information_given = handout->information_given;
    return ROND_OK;
}

static enum rond_err patrol_read(const Rond__V1__Patrol *patrol, struct arena *arena, rond_activity *activity) {
    rond_persons *persons = arena_array(arena, patrol->n_persons, sizeof *persons);
    if (persons == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < patrol->n_persons; i++)
        persons[i] = (rond_persons){.role = said(patrol->persons[i]->role), .persons = patrol->persons[i]->persons};
    activity->persons = persons;
    activity->persons_count = patrol->n_persons;
    return ROND_OK;
}

static enum rond_err rewalk_read(rond *r, const Rond__V1__FindingRef *rewalk, struct arena *arena, rond_finding *finding) {
    struct id128 device, outbox;
    if (rewalk == NULL || rewalk->report == NULL ||
        !id128_from_bytes(bytes_of(rewalk->report->device.data, rewalk->report->device.len), &device) ||
        !id128_from_bytes(bytes_of(rewalk->report->outbox.data, rewalk->report->outbox.len), &outbox))
        return ROND_OK;
    char *reference = arena_alloc(arena, ROND_REFERENCE_SIZE);
    if (reference == NULL)
        return ROND_ENOMEM;
    short_reference_format(&device, &outbox, rewalk->report->seq, reference);
    finding->rewalk_reference = reference;
    finding->rewalk_finding = said(rewalk->finding);
    return ROND_OK;
}

static enum rond_err walk_read(rond *r, const Rond__V1__Walk *walk, struct arena *arena, rond_activity *activity) {
    rond_finding *findings = arena_array(arena, walk->n_findings, sizeof *findings);
    if (findings == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < walk->n_findings; i++) {
        const Rond__V1__Finding *from = walk->findings[i];
        findings[i] = (rond_finding){
            .id = said(from->id),
            .place = said(from->place),
            .place_text = said(from->place_text),
            .safety = (enum rond_safety)from->safety,
            .cause = said(from->cause),
            .responsible = said(from->responsible),
            .promised_action = said(from->promised_action),
            .due = said(from->due),
        };
        enum rond_err err = rewalk_read(r, from->rewalk_of, arena, &findings[i]);
        if (err != ROND_OK)
            return err;
    }
    activity->findings = findings;
    activity->findings_count = walk->n_findings;
    return ROND_OK;
}

static enum rond_err inventory_read(const Rond__V1__Inventory *inventory, struct arena *arena, rond_activity *activity) {
    rond_surveyed *surveyed = arena_array(arena, inventory->n_findings, sizeof *surveyed);
    if (surveyed == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < inventory->n_findings; i++)
        surveyed[i] =
            (rond_surveyed){.place = said(inventory->findings[i]->place), .text = said(inventory->findings[i]->text)};
    activity->of = said(inventory->of);
    activity->surveyed_count = inventory->surveyed;
    activity->surveyed = surveyed;
    activity->surveyed_findings_count = inventory->n_findings;
    return ROND_OK;
}

static enum rond_err body_read(rond *r, const Rond__V1__Report *report, struct arena *arena, rond_activity *activity) {
    switch (report->body_case) {
    case ROND__V1__REPORT__BODY_CHECK:
        activity->check_form = (enum rond_check_form)report->check->form;
        activity->of = said(report->check->of);
        activity->checked = report->check->checked;
        activity->remarked = report->check->remarked;
        activity->reported = report->check->reported;
        return ROND_OK;
    case ROND__V1__REPORT__BODY_HANDOUT:
        return handout_read(report->handout, arena, activity);
    case ROND__V1__REPORT__BODY_PATROL:
        return patrol_read(report->patrol, arena, activity);
    case ROND__V1__REPORT__BODY_WALK:
        return walk_read(r, report->walk, arena, activity);
    case ROND__V1__REPORT__BODY_MEETING:
        activity->with = said(report->meeting->with);
        activity->subject = said(report->meeting->subject);
        return ROND_OK;
    case ROND__V1__REPORT__BODY_INVENTORY:
        return inventory_read(report->inventory, arena, activity);
    case ROND__V1__REPORT__BODY_INITIATIVE:
        activity->of = said(report->initiative->type);
        activity->quantity = report->initiative->quantity;
        activity->unit = said(report->initiative->unit);
        activity->outcome = said(report->initiative->outcome);
        return ROND_OK;
    default:
        return ROND_OK;
    }
}

enum rond_err activity_from_report(rond *r, const Rond__V1__Report *report, struct arena *arena,
                                   rond_activity *ret_activity) {
    rond_activity activity = {
        .struct_size = sizeof activity,
        .kind = kind_of_report(report),
        .occurred_from_s = report->occurred_from_s,
        .occurred_to_s = report->occurred_to_s,
        .area = said(report->area),
        .place = said(report->place),
        .commitment = said(report->commitment),
        .organisations_count = report->n_organisations,
        .activity = said(report->activity),
        .role = said(report->role),
        .text = said(report->text),
    };
    const char **organisations = arena_array(arena, report->n_organisations, sizeof *organisations);
    if (organisations == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < report->n_organisations; i++)
        organisations[i] = report->organisations[i];
    activity.organisations = organisations;
    if (report->position != NULL) {
        activity.has_position = true;
        activity.latitude = report->position->latitude_e6 / 1e6;
        activity.longitude = report->position->longitude_e6 / 1e6;
        activity.accuracy_m = report->position->accuracy_m;
    }
    enum rond_err err = body_read(r, report, arena, &activity);
    if (err == ROND_OK)
        *ret_activity = activity;
    return err;
}
