#include "read/report_json.h"

#include "wire/codes.h"
#include "wire/free_text.h"
#include "wire/identity_text.h"
#include "wire/limits.h"

// ---- Parts ----

// Adds a text that is not empty.
static bool add_text(json_t *object, const char *name, const char *text) {
    return text == NULL || text[0] == '\0' || read_add(object, name, read_text(text));
}

static bool add_number(json_t *object, const char *name, uint64_t number) {
    return read_add(object, name, json_integer((json_int_t)number));
}

static json_t *identity_json(const Rond__V1__Identity *identity) {
    struct report_key key;
    return report_key_from_identity(identity, &key) == ROND_OK ? read_key(&key) : json_null();
}

static json_t *position_json(const Rond__V1__Position *position) {
    json_t *object = json_object();
    bool added = read_add(object, "latitude_e6", json_integer(position->latitude_e6)) &&
                 read_add(object, "longitude_e6", json_integer(position->longitude_e6)) &&
                 add_number(object, "accuracy_m", position->accuracy_m);
    return read_whole(object, added);
}

static const char *form_name(Rond__V1__CheckForm form) {
    return form == ROND__V1__CHECK_FORM__CHECK_FORM_TARGETED      ? "targeted"
           : form == ROND__V1__CHECK_FORM__CHECK_FORM_COORDINATED ? "coordinated"
                                                                  : NULL;
}

static const char *safety_name(Rond__V1__Safety safety) {
    return safety == ROND__V1__SAFETY__SAFETY_SAFE     ? "safe"
           : safety == ROND__V1__SAFETY__SAFETY_UNSAFE ? "unsafe"
                                                       : NULL;
}

// A list of messages, each made by its own function.
#define LIST_JSON(list, count, make)                                                                                    \
    json_t *list_json = json_array();                                                                                   \
    for (size_t i = 0; i < (count); i++)                                                                                \
        if (json_array_append_new(list_json, make((list)[i])) != 0)                                                     \
            return read_whole(list_json, false);                                                                        \
    return list_json

// ---- Bodies ----

static json_t *check_json(const Rond__V1__Check *check) {
    json_t *object = json_object();
    bool added = add_text(object, "form", form_name(check->form)) && add_text(object, "of", check->of) &&
                 add_number(object, "checked", check->checked) && add_number(object, "remarked", check->remarked) &&
                 add_number(object, "reported", check->reported);
    return read_whole(object, added);
}

static json_t *item_json(const Rond__V1__HandoutItem *item) {
    json_t *object = json_object();
    return read_whole(object, add_text(object, "item", item->item) && add_number(object, "count", item->count));
}

static json_t *items_json(const Rond__V1__Handout *handout) {
    LIST_JSON(handout->items, handout->n_items, item_json);
}

static json_t *handout_json(const Rond__V1__Handout *handout) {
    json_t *object = json_object();
    bool added = read_add(object, "items", items_json(handout)) &&
                 read_add(object, "information_given", json_boolean(handout->information_given));
    return read_whole(object, added);
}

static json_t *persons_json(const Rond__V1__RolePersons *persons) {
    json_t *object = json_object();
    return read_whole(object, add_text(object, "role", persons->role) && add_number(object, "persons", persons->persons));
}

static json_t *patrol_persons_json(const Rond__V1__Patrol *patrol) {
    LIST_JSON(patrol->persons, patrol->n_persons, persons_json);
}

static json_t *patrol_json(const Rond__V1__Patrol *patrol) {
    json_t *object = json_object();
    return read_whole(object, read_add(object, "persons", patrol_persons_json(patrol)));
}

static json_t *rewalk_json(const Rond__V1__FindingRef *reference) {
    json_t *object = json_object();
    bool added = (reference->report == NULL || read_add(object, "report", identity_json(reference->report))) &&
                 add_text(object, "finding", reference->finding);
    return read_whole(object, added);
}

static json_t *finding_json(const Rond__V1__Finding *finding) {
    json_t *object = json_object();
    bool added = add_text(object, "id", finding->id) && add_text(object, "place", finding->place) &&
                 add_text(object, "place_text", finding->place_text) &&
                 add_text(object, "safety", safety_name(finding->safety)) && add_text(object, "cause", finding->cause) &&
                 add_text(object, "responsible", finding->responsible) &&
                 add_text(object, "promised_action", finding->promised_action) && add_text(object, "due", finding->due) &&
                 (finding->rewalk_of == NULL || read_add(object, "rewalk_of", rewalk_json(finding->rewalk_of)));
    return read_whole(object, added);
}

static json_t *walk_findings_json(const Rond__V1__Walk *walk) {
    LIST_JSON(walk->findings, walk->n_findings, finding_json);
}

static json_t *walk_json(const Rond__V1__Walk *walk) {
    json_t *object = json_object();
    return read_whole(object, read_add(object, "findings", walk_findings_json(walk)));
}

static json_t *meeting_json(const Rond__V1__Meeting *meeting) {
    json_t *object = json_object();
    return read_whole(object, add_text(object, "with", meeting->with) && add_text(object, "subject", meeting->subject));
}

static json_t *inventory_finding_json(const Rond__V1__InventoryFinding *finding) {
    json_t *object = json_object();
    return read_whole(object, add_text(object, "place", finding->place) && add_text(object, "text", finding->text));
}

static json_t *inventory_findings_json(const Rond__V1__Inventory *inventory) {
    LIST_JSON(inventory->findings, inventory->n_findings, inventory_finding_json);
}

static json_t *inventory_json(const Rond__V1__Inventory *inventory) {
    json_t *object = json_object();
    bool added = add_text(object, "of", inventory->of) && add_number(object, "surveyed", inventory->surveyed) &&
                 read_add(object, "findings", inventory_findings_json(inventory));
    return read_whole(object, added);
}

static json_t *initiative_json(const Rond__V1__Initiative *initiative) {
    json_t *object = json_object();
    bool added = add_text(object, "type", initiative->type) && add_number(object, "quantity", initiative->quantity) &&
                 add_text(object, "unit", initiative->unit) && add_text(object, "outcome", initiative->outcome);
    return read_whole(object, added);
}

static json_t *withdrawal_json(const Rond__V1__Withdrawal *withdrawal) {
    json_t *object = json_object();
    bool added = (withdrawal->target == NULL || read_add(object, "target", identity_json(withdrawal->target))) &&
                 add_text(object, "reason", withdrawal->reason);
    return read_whole(object, added);
}

static bool add_body(json_t *object, const Rond__V1__Report *report) {
    switch (report->body_case) {
    case ROND__V1__REPORT__BODY_CHECK:
        return read_add(object, "check", check_json(report->check));
    case ROND__V1__REPORT__BODY_HANDOUT:
        return read_add(object, "handout", handout_json(report->handout));
    case ROND__V1__REPORT__BODY_PATROL:
        return read_add(object, "patrol", patrol_json(report->patrol));
    case ROND__V1__REPORT__BODY_WALK:
        return read_add(object, "walk", walk_json(report->walk));
    case ROND__V1__REPORT__BODY_MEETING:
        return read_add(object, "meeting", meeting_json(report->meeting));
    case ROND__V1__REPORT__BODY_INVENTORY:
        return read_add(object, "inventory", inventory_json(report->inventory));
    case ROND__V1__REPORT__BODY_INITIATIVE:
        return read_add(object, "initiative", initiative_json(report->initiative));
    case ROND__V1__REPORT__BODY_WITHDRAWAL:
        return read_add(object, "withdrawal", withdrawal_json(report->withdrawal));
    default:
        return true;
    }
}

// ---- The envelope ----

static json_t *boot_json(uint64_t boot_id) { // beyond what most readers of JSON can hold as a number
    uint8_t data[8];
    put_be64(data, boot_id);
    return read_hex(bytes_of(data, sizeof data));
}

static bool add_capture(json_t *object, const Rond__V1__Report *report) {
    return add_number(object, "schema_version", report->schema_version) &&
           read_add_ms(object, "claimed", report->claimed_ms) && read_add(object, "boot_id", boot_json(report->boot_id)) &&
           add_number(object, "monotonic_ms", report->monotonic_ms) &&
           read_add_s(object, "occurred_from", report->occurred_from_s) &&
           read_add_s(object, "occurred_to", report->occurred_to_s);
}

static bool add_envelope(json_t *object, const Rond__V1__Report *report) {
    return (report->position == NULL || read_add(object, "position", position_json(report->position))) &&
           add_text(object, "area", report->area) && add_text(object, "place", report->place) &&
           add_text(object, "commitment", report->commitment) &&
           (report->n_organisations == 0 ||
            read_add(object, "organisations", read_texts(report->organisations, report->n_organisations))) &&
           add_text(object, "activity", report->activity) && add_text(object, "role", report->role) &&
           add_text(object, "text", report->text) &&
           (report->corrects == NULL || read_add(object, "corrects", identity_json(report->corrects)));
}

json_t *report_json_kind(uint32_t kind, bool is_withdrawal) {
    if (is_withdrawal)
        return json_string("withdrawal");
    return kind == 0 || kind > ROND__V1__KIND__KIND_INITIATIVE ? json_null() : json_string(kind_name((Rond__V1__Kind)kind));
}

json_t *report_json(const Rond__V1__Report *report) {
    json_t *object = json_object();
    bool is_withdrawal = report->body_case == ROND__V1__REPORT__BODY_WITHDRAWAL;
    bool added = add_capture(object, report) && add_envelope(object, report) &&
                 read_add(object, "kind", report_json_kind((uint32_t)report_kind(report), is_withdrawal)) &&
                 add_body(object, report);
    return read_whole(object, added);
}

// ---- As stored ----

static bool add_unreadable(json_t *object, struct bytes body, enum report_texts texts) {
    return read_add(object, "report", json_null()) &&
           (texts == TEXTS_SHOWN ? read_add(object, "unreadable", read_hex(body))
                                 : read_add(object, "texts_left_out", json_true()));
}

static bool add_readable(json_t *object, Rond__V1__Report *report, enum report_texts texts) {
    bool left_out = texts == TEXTS_LEFT_OUT && free_texts_remove(report);
    return read_add(object, "report", report_json(report)) &&
           (!left_out || read_add(object, "texts_left_out", json_true()));
}

enum rond_err report_json_body(struct bytes body, enum report_texts texts, json_t *object) {
    struct arena arena;
    struct fault fault = {0};
    Rond__V1__Report *report = NULL;
    arena_init(&arena, RECORD_ARENA_BYTES_MAX);
    enum rond_err err = codec_report_decode(&arena, body, &report, &fault);
    bool added = err == ROND_OK        ? add_readable(object, report, texts)
                 : err != ROND_ENOMEM ? add_unreadable(object, body, texts)
                                      : false;
    arena_deinit(&arena);
    return added ? ROND_OK : ROND_ENOMEM;
}

static bool add_decision(json_t *object, const struct stored_report *stored) {
    bool quarantined = stored->verdict == VERDICT_QUARANTINED;
    if (!read_add(object, "verdict", json_string(quarantined ? "quarantined" : "applied")) || !quarantined)
        return object != NULL;
    return read_add(object, "released", json_boolean(stored->released)) &&
           read_add(object, "discarded", json_boolean(stored->discarded)) && add_number(object, "code", stored->code) &&
           read_add(object, "code_name", json_string(wire_code_name(stored->code))) &&
           read_add(object, "reason", read_text(stored->reason)) &&
           read_add(object, "reason_sv", json_string(wire_code_sentence_swedish(stored->code))) &&
           read_add(object, "field", read_text(stored->field));
}

static bool add_links(json_t *object, const struct stored_report *stored) {
    const struct record *record = &stored->record;
    struct report_key formerly = {stored->key.device, record->formerly_outbox, record->formerly_seq};
    return (!stored->has_target ||
            read_add(object, stored->is_withdrawal ? "withdraws" : "corrects", read_key(&stored->target))) &&
           (!record->has_formerly || read_add(object, "formerly", read_key(&formerly)));
}

static json_t *identity_text_json(const struct report_key *key) {
    char text[IDENTITY_TEXT_SIZE];
    identity_text_format(&key->device, &key->outbox, key->seq, text);
    return json_string_nocheck(text);
}

bool report_json_erasure(json_t *object, const struct stored_report *stored) {
    if (stored->keyless || stored->altered)
        return read_add(object, "no_text", json_string(stored->keyless ? "keyless" : "altered"));
    return !stored->erased || (read_add_ms_or_null(object, "erased_at", stored->erased_ms) &&
                               read_add(object, "erased_rule", read_text(stored->erased_rule)));
}

static bool add_stored(json_t *object, const struct stored_report *stored) {
    return read_add_key(object, &stored->key) && read_add(object, "identity", identity_text_json(&stored->key)) &&
           add_number(object, "row", stored->row) &&
           read_add(object, "organisation", read_text(stored->organisation)) &&
           read_add(object, "area", read_text(stored->area)) &&
           read_add(object, "kind", report_json_kind(stored->kind, stored->is_withdrawal)) && add_decision(object, stored) &&
           read_add_ms(object, "claimed", stored->claimed_ms) && read_add_s(object, "occurred_from", stored->from_s) &&
           read_add_s(object, "occurred_to", stored->to_s) && add_number(object, "uncertainty_s", stored->uncertainty_s) &&
           read_add_ms(object, "received", stored->received_ms) &&
           read_add(object, "erased", json_boolean(stored->erased && !stored->keyless && !stored->altered)) &&
           report_json_erasure(object, stored) && add_links(object, stored);
}

enum rond_err report_json_stored(const struct stored_report *stored, enum report_texts texts, json_t **ret_json) {
    json_t *object = json_object();
    enum rond_err err = add_stored(object, stored) ? ROND_OK : ROND_ENOMEM;
    if (err == ROND_OK && stored->erased)
        err = read_add(object, "report", json_null()) ? ROND_OK : ROND_ENOMEM;
    else if (err == ROND_OK)
        err = report_json_body(stored->record.report, texts, object);
    if (err != ROND_OK) {
        json_decref(object);
        return err;
    }
    *ret_json = object;
    return ROND_OK;
}
