// Most of what must hold is about texts: which are ids, which are sentences, how long, which must be there. That part is
// data (struct text_rule), one table a message; the rest is code, one function a kind. A field's path is put together only
// once it is known to be wrong.
#include "wire/report_check.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "wire/codes.h"
#include "wire/limits.h"

enum { HOUR_S = 3600, DAY_S = 24 * HOUR_S };

// Where a field is: "base", "base.name" or "base[index].name"; base may be empty.
struct path {
    const char *base;
    size_t index;
    bool is_element;
};
static const struct path envelope = {.base = ""};

static struct path element(const char *base, size_t index) {
    return (struct path){.base = base, .index = index, .is_element = true};
}

static enum rond_err wrong(struct fault *fault, struct path path, const char *name, const char *sentence,
                           const char *swedish) {
    char field[FAULT_FIELD_SIZE];
    const char *dot = path.base[0] != '\0' && name[0] != '\0' ? "." : "";
    if (path.is_element)
        snprintf(field, sizeof field, "%s[%zu]%s%s", path.base, path.index, dot, name);
    else
        snprintf(field, sizeof field, "%s%s%s", path.base, dot, name);
    (void)fault_set(fault, ROND_EINVALID, CODE_REPORT_INVALID, field, "%s", sentence);
    return fault_in_swedish(fault, ROND_EINVALID, "%s", swedish);
}

static enum rond_err unknown(struct fault *fault, unsigned code, const char *field) {
    (void)fault_set(fault, ROND_EINVALID, code, field, "%s", wire_code_sentence(code));
    return fault_in_swedish(fault, ROND_EINVALID, "%s", wire_code_sentence_swedish(code));
}

// ---- Texts ----

static bool is_empty(const char *text) {
    return text == NULL || text[0] == '\0';
}

static bool id_part_is_valid(const char *id, size_t size) {
    if (size == 0 || size > REFERENCE_ID_BYTES_MAX)
        return false;
    for (size_t i = 0; i < size; i++) {
        bool word = (id[i] >= 'a' && id[i] <= 'z') || (id[i] >= '0' && id[i] <= '9');
        if (!word && (i == 0 || (id[i] != '_' && id[i] != '-')))
            return false;
    }
    return true;
}

bool reference_id_is_valid(const char *id) {
    return id_part_is_valid(id, strlen(id));
}

static bool commitment_is_valid(const char *text) {
    const char *slash = strchr(text, '/');
    return slash != NULL && id_part_is_valid(text, (size_t)(slash - text)) && reference_id_is_valid(slash + 1);
}

static bool read_number(const char *digits, size_t count, int *ret_number) {
    int number = 0;
    for (size_t i = 0; i < count; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return false;
        number = number * 10 + (digits[i] - '0');
    }
    *ret_number = number;
    return true;
}

static int days_of_month(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

bool date_is_valid(const char *date) {
    int year, month, day;
    if (strlen(date) != strlen("YYYY-MM-DD") || date[4] != '-' || date[7] != '-')
        return false;
    if (!read_number(date, 4, &year) || !read_number(date + 5, 2, &month) || !read_number(date + 8, 2, &day))
        return false;
    return year >= 1900 && year <= 2999 && month >= 1 && month <= 12 && day >= 1 && day <= days_of_month(year, month);
}

enum text_form { FORM_ID, FORM_COMMITMENT, FORM_DATE, FORM_ACTIVITY, FORM_LINE, FORM_TEXT };
enum text_presence { OPTIONAL, REQUIRED };

struct text_rule {
    const char *name;
    size_t offset; // of the char * in the message
    enum text_form form;
    enum text_presence presence;
};
#define TEXT(type, field, form, presence)                                                                                   \
    { #field, offsetof(type, field), form, presence }

static size_t bytes_max(enum text_form form) {
    switch (form) {
    case FORM_ACTIVITY:
        return ACTIVITY_BYTES_MAX;
    case FORM_LINE:
        return LINE_BYTES_MAX;
    default:
        return TEXT_BYTES_MAX;
    }
}

static enum rond_err check_text(const char *text, const struct text_rule *rule, struct path path, struct fault *fault) {
    if (is_empty(text))
        return rule->presence == OPTIONAL
                   ? ROND_OK
                   : wrong(fault, path, rule->name, "This must be filled in.", "Det här måste fyllas i.");
    if (rule->form == FORM_ID && !reference_id_is_valid(text))
        return wrong(fault, path, rule->name, "This is not an id: small letters, digits, - and _ only, at most 64.",
                     "Det här är inget id: bara små bokstäver (a–z), siffror, - och _, högst 64.");
    if (rule->form == FORM_COMMITMENT && !commitment_is_valid(text))
        return wrong(fault, path, rule->name, "This must name a promise and a commitment: PROMISE/COMMITMENT.",
                     "Det här ska ange ett löfte och ett åtagande: LÖFTE/ÅTAGANDE.");
    if (rule->form == FORM_DATE && !date_is_valid(text))
        return wrong(fault, path, rule->name, "This must be a day, written YYYY-MM-DD.",
                     "Det här ska vara en dag, skriven ÅÅÅÅ-MM-DD.");
    struct bytes bytes = bytes_of_text(text);
    if (bytes.size > bytes_max(rule->form))
        return wrong(fault, path, rule->name, "This text is too long; shorten it.", "Texten är för lång; korta den.");
    if (!utf8_is_valid(bytes))
        return wrong(fault, path, rule->name, "This text is not UTF-8.", "Texten är inte UTF-8.");
    return ROND_OK;
}

static enum rond_err check_texts(const void *message, const struct text_rule *rules, size_t count, struct path path,
                                 struct fault *fault) {
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        const char *text;
        memcpy(&text, (const char *)message + rules[i].offset, sizeof text);
        err = check_text(text, &rules[i], path, fault);
    }
    return err;
}
#define CHECK_TEXTS(message, rules, path, fault) check_texts(message, rules, ARRAY_COUNT(rules), path, fault)

// ---- The envelope ----

static const struct text_rule envelope_texts[] = {
    TEXT(Rond__V1__Report, area, FORM_ID, OPTIONAL),
    TEXT(Rond__V1__Report, place, FORM_ID, OPTIONAL),
    TEXT(Rond__V1__Report, commitment, FORM_COMMITMENT, OPTIONAL),
    TEXT(Rond__V1__Report, activity, FORM_ACTIVITY, OPTIONAL),
    TEXT(Rond__V1__Report, role, FORM_ID, REQUIRED),
    TEXT(Rond__V1__Report, text, FORM_TEXT, OPTIONAL),
};

static bool identity_is_full(const Rond__V1__Identity *identity) {
    return identity != NULL && identity->device.len == ID_SIZE && identity->outbox.len == ID_SIZE && identity->seq > 0;
}

static enum rond_err check_times(const Rond__V1__Report *report, struct fault *fault) {
    if (report->claimed_ms <= 0)
        return wrong(fault, envelope, "claimed_ms", "The device's clock must be told.", "Enhetens klocka måste anges.");
    if (report->occurred_from_s <= 0)
        return wrong(fault, envelope, "occurred_from_s", "It must be told when this happened.",
                     "Det måste anges när det hände.");
    if (report->occurred_to_s < report->occurred_from_s)
        return wrong(fault, envelope, "occurred_to_s", "The end cannot be before the beginning.",
                     "Slutet kan inte vara före början.");
    // A patrol's own, shorter bound is check_patrol's.
    if (report->occurred_to_s - report->occurred_from_s > (int64_t)OCCURRED_DAYS_MAX * DAY_S)
        return wrong(fault, envelope, "occurred_to_s", "This lasted too long; report it in parts.",
                     "Det varade för länge; rapportera det i delar.");
    return ROND_OK;
}

static enum rond_err check_position(const Rond__V1__Position *position, struct fault *fault) {
    struct path path = {.base = "position"};
    if (position == NULL)
        return ROND_OK;
    if (position->latitude_e6 < -90000000 || position->latitude_e6 > 90000000)
        return wrong(fault, path, "latitude_e6", "The latitude must be from -90 to 90 degrees.",
                     "Latituden ska vara från -90 till 90 grader.");
    if (position->longitude_e6 < -180000000 || position->longitude_e6 > 180000000)
        return wrong(fault, path, "longitude_e6", "The longitude must be from -180 to 180 degrees.",
                     "Longituden ska vara från -180 till 180 grader.");
    return ROND_OK;
}

static enum rond_err check_organisations(const Rond__V1__Report *report, struct fault *fault) {
    if (report->n_organisations > ORGANISATIONS_MAX)
        return wrong(fault, envelope, "organisations", "These are too many organisations.",
                     "Det är för många organisationer.");
    for (size_t i = 0; i < report->n_organisations; i++) {
        const char *id = report->organisations[i];
        struct path path = element("organisations", i);
        if (is_empty(id) || !reference_id_is_valid(id))
            return wrong(fault, path, "", "This is not an organisation's id.", "Det här är inget id för en organisation.");
        for (size_t k = 0; k < i; k++)
            if (strcmp(id, report->organisations[k]) == 0)
                return wrong(fault, path, "", "This organisation is named twice.", "Organisationen är angiven två gånger.");
    }
    return ROND_OK;
}

static enum rond_err check_corrects(const Rond__V1__Report *report, struct fault *fault) {
    if (report->corrects == NULL)
        return ROND_OK;
    if (report->body_case == ROND__V1__REPORT__BODY_WITHDRAWAL)
        return wrong(fault, envelope, "corrects", "A withdrawal cannot correct a report at the same time.",
                     "Ett återtagande kan inte samtidigt rätta en rapport.");
    if (!identity_is_full(report->corrects))
        return wrong(fault, envelope, "corrects", "The corrected report must be named by device, outbox and seq.",
                     "Den rättade rapporten ska anges med enhet, utkorg och nummer.");
    return ROND_OK;
}

static enum rond_err check_envelope(const Rond__V1__Report *report, struct fault *fault) {
    enum rond_err err = check_times(report, fault);
    if (err == ROND_OK)
        err = check_position(report->position, fault);
    if (err == ROND_OK)
        err = CHECK_TEXTS(report, envelope_texts, envelope, fault);
    if (err == ROND_OK)
        err = check_organisations(report, fault);
    if (err == ROND_OK)
        err = check_corrects(report, fault);
    return err;
}

// ---- The kinds ----

static enum rond_err check_check(const Rond__V1__Report *report, struct fault *fault) {
    static const struct text_rule texts[] = {TEXT(Rond__V1__Check, of, FORM_ID, REQUIRED)};
    const Rond__V1__Check *check = report->check;
    struct path path = {.base = "check"};
    enum rond_err err = CHECK_TEXTS(check, texts, path, fault);
    if (err != ROND_OK)
        return err;
    if (check->form != ROND__V1__CHECK_FORM__CHECK_FORM_TARGETED &&
        check->form != ROND__V1__CHECK_FORM__CHECK_FORM_COORDINATED)
        return wrong(fault, path, "form", "The check must be targeted or coordinated.",
                     "Kontrollen ska vara riktad eller samordnad.");
    if (check->checked < 1 || check->checked > COUNT_MAX)
        return wrong(fault, path, "checked", "The number checked must be at least 1 and at most 1000000.",
                     "Antalet kontrollerade ska vara minst 1 och högst 1000000.");
    if (check->remarked > check->checked)
        return wrong(fault, path, "remarked", "No more can have had remarks than were checked.",
                     "Fler kan inte ha fått anmärkning än som kontrollerades.");
    if (check->reported > check->checked)
        return wrong(fault, path, "reported", "No more can have been reported than were checked.",
                     "Fler kan inte ha rapporterats än som kontrollerades.");
    return ROND_OK;
}

static enum rond_err check_handout(const Rond__V1__Report *report, struct fault *fault) {
    static const struct text_rule texts[] = {TEXT(Rond__V1__HandoutItem, item, FORM_ID, REQUIRED)};
    const Rond__V1__Handout *handout = report->handout;
    struct path path = {.base = "handout"};
    if (handout->n_items == 0 && !handout->information_given)
        return wrong(fault, path, "items", "Say what was handed out, or that information was given.",
                     "Ange vad som delades ut, eller att information gavs.");
    if (handout->n_items > HANDOUT_ITEMS_MAX)
        return wrong(fault, path, "items", "These are too many items.", "Det är för många saker.");
    for (size_t i = 0; i < handout->n_items; i++) {
        const Rond__V1__HandoutItem *item = handout->items[i];
        enum rond_err err = CHECK_TEXTS(item, texts, element("handout.items", i), fault);
        if (err != ROND_OK)
            return err;
        if (item->count < 1 || item->count > COUNT_MAX)
            return wrong(fault, element("handout.items", i), "count", "The number must be at least 1 and at most 1000000.",
                         "Antalet ska vara minst 1 och högst 1000000.");
    }
    return ROND_OK;
}

static enum rond_err check_patrol(const Rond__V1__Report *report, struct fault *fault) {
    static const struct text_rule texts[] = {TEXT(Rond__V1__RolePersons, role, FORM_ID, REQUIRED)};
    const Rond__V1__Patrol *patrol = report->patrol;
    if (report->occurred_to_s == report->occurred_from_s)
        return wrong(fault, envelope, "occurred_to_s", "A patrol must end after it began.",
                     "En patrullering ska sluta efter att den började.");
    if (report->occurred_to_s - report->occurred_from_s > (int64_t)PATROL_HOURS_MAX * HOUR_S)
        return wrong(fault, envelope, "occurred_to_s", "A patrol lasts at most 24 hours; report it in parts.",
                     "En patrullering varar högst 24 timmar; rapportera den i delar.");
    if (is_empty(report->place))
        return wrong(fault, envelope, "place", "A patrol must name its place.", "En patrullering ska ange sin plats.");
    if (patrol->n_persons == 0 || patrol->n_persons > PATROL_ROLES_MAX)
        return wrong(fault, (struct path){.base = "patrol"}, "persons",
                     "Say how many of which role patrolled, 1 to 16 roles.",
                     "Ange hur många av vilken roll som patrullerade, 1 till 16 roller.");
    for (size_t i = 0; i < patrol->n_persons; i++) {
        struct path path = element("patrol.persons", i);
        enum rond_err err = CHECK_TEXTS(patrol->persons[i], texts, path, fault);
        if (err != ROND_OK)
            return err;
        if (patrol->persons[i]->persons < 1 || patrol->persons[i]->persons > PATROL_PERSONS_MAX)
            return wrong(fault, path, "persons", "The number of persons must be at least 1 and at most 500.",
                         "Antalet personer ska vara minst 1 och högst 500.");
    }
    return ROND_OK;
}

static const struct text_rule finding_texts[] = {
    TEXT(Rond__V1__Finding, id, FORM_ID, REQUIRED),           TEXT(Rond__V1__Finding, place, FORM_ID, OPTIONAL),
    TEXT(Rond__V1__Finding, place_text, FORM_LINE, OPTIONAL), TEXT(Rond__V1__Finding, cause, FORM_LINE, OPTIONAL),
    TEXT(Rond__V1__Finding, responsible, FORM_ID, OPTIONAL),  TEXT(Rond__V1__Finding, promised_action, FORM_LINE, OPTIONAL),
    TEXT(Rond__V1__Finding, due, FORM_DATE, OPTIONAL),
};

static enum rond_err check_finding(const Rond__V1__Finding *finding, struct path path, struct fault *fault) {
    enum rond_err err = CHECK_TEXTS(finding, finding_texts, path, fault);
    if (err != ROND_OK)
        return err;
    if (is_empty(finding->place) && is_empty(finding->place_text))
        return wrong(fault, path, "place", "Name the place, or describe it.", "Ange platsen, eller beskriv den.");
    if (finding->safety != ROND__V1__SAFETY__SAFETY_SAFE && finding->safety != ROND__V1__SAFETY__SAFETY_UNSAFE)
        return wrong(fault, path, "safety", "Say whether the place feels safe or unsafe.",
                     "Ange om platsen känns trygg eller otrygg.");
    if (finding->safety == ROND__V1__SAFETY__SAFETY_UNSAFE && is_empty(finding->cause))
        return wrong(fault, path, "cause", "Say why the place feels unsafe.", "Ange varför platsen känns otrygg.");
    if (!is_empty(finding->promised_action) && is_empty(finding->responsible))
        return wrong(fault, path, "responsible", "Say who is responsible for the promised action.",
                     "Ange vem som ansvarar för den lovade åtgärden.");
    const Rond__V1__FindingRef *rewalk_of = finding->rewalk_of;
    if (rewalk_of == NULL)
        return ROND_OK;
    if (!identity_is_full(rewalk_of->report))
        return wrong(fault, path, "rewalk_of.report", "The earlier report must be named by device, outbox and seq.",
                     "Den tidigare rapporten ska anges med enhet, utkorg och nummer.");
    if (is_empty(rewalk_of->finding) || !reference_id_is_valid(rewalk_of->finding))
        return wrong(fault, path, "rewalk_of.finding", "Name the earlier finding.", "Ange det tidigare fyndet.");
    return ROND_OK;
}

static enum rond_err check_walk(const Rond__V1__Report *report, struct fault *fault) {
    const Rond__V1__Walk *walk = report->walk;
    if (walk->n_findings == 0 || walk->n_findings > WALK_FINDINGS_MAX)
        return wrong(fault, (struct path){.base = "walk"}, "findings", "A walk must have 1 to 64 findings.",
                     "En vandring ska ha 1 till 64 fynd.");
    for (size_t i = 0; i < walk->n_findings; i++) {
        struct path path = element("walk.findings", i);
        enum rond_err err = check_finding(walk->findings[i], path, fault);
        if (err != ROND_OK)
            return err;
        for (size_t k = 0; k < i; k++)
            if (strcmp(walk->findings[i]->id, walk->findings[k]->id) == 0)
                return wrong(fault, path, "id", "Two findings have this id.", "Två fynd har det här id:t.");
    }
    return ROND_OK;
}

static enum rond_err check_meeting(const Rond__V1__Report *report, struct fault *fault) {
    static const struct text_rule texts[] = {
        TEXT(Rond__V1__Meeting, with, FORM_ID, OPTIONAL),
        TEXT(Rond__V1__Meeting, subject, FORM_LINE, OPTIONAL),
    };
    if (is_empty(report->meeting->with) && report->n_organisations == 0)
        return wrong(fault, (struct path){.base = "meeting"}, "with",
                     "Say who was met, or which organisations were present.",
                     "Ange vem ni mötte, eller vilka organisationer som var med.");
    return CHECK_TEXTS(report->meeting, texts, (struct path){.base = "meeting"}, fault);
}

static enum rond_err check_inventory(const Rond__V1__Report *report, struct fault *fault) {
    static const struct text_rule texts[] = {TEXT(Rond__V1__Inventory, of, FORM_ID, REQUIRED)};
    static const struct text_rule found_texts[] = {
        TEXT(Rond__V1__InventoryFinding, place, FORM_ID, OPTIONAL),
        TEXT(Rond__V1__InventoryFinding, text, FORM_LINE, OPTIONAL),
    };
    const Rond__V1__Inventory *inventory = report->inventory;
    struct path path = {.base = "inventory"};
    if (inventory->surveyed > COUNT_MAX)
        return wrong(fault, path, "surveyed", "The number must be at most 1000000.", "Antalet ska vara högst 1000000.");
    if (inventory->n_findings > INVENTORY_FINDINGS_MAX)
        return wrong(fault, path, "findings", "These are too many findings; report them in parts.",
                     "Det är för många fynd; rapportera dem i delar.");
    enum rond_err err = CHECK_TEXTS(inventory, texts, path, fault);
    for (size_t i = 0; i < inventory->n_findings && err == ROND_OK; i++) {
        const Rond__V1__InventoryFinding *finding = inventory->findings[i];
        err = CHECK_TEXTS(finding, found_texts, element("inventory.findings", i), fault);
        if (err == ROND_OK && is_empty(finding->place) && is_empty(finding->text))
            err = wrong(fault, element("inventory.findings", i), "text", "Say what was found, or where.",
                        "Ange vad som hittades, eller var.");
    }
    return err;
}

static enum rond_err check_initiative(const Rond__V1__Report *report, struct fault *fault) {
    static const struct text_rule texts[] = {
        TEXT(Rond__V1__Initiative, type, FORM_ID, REQUIRED),
        TEXT(Rond__V1__Initiative, unit, FORM_LINE, OPTIONAL),
        TEXT(Rond__V1__Initiative, outcome, FORM_LINE, OPTIONAL),
    };
    struct path path = {.base = "initiative"};
    if (report->initiative->quantity > COUNT_MAX)
        return wrong(fault, path, "quantity", "The quantity must be at most 1000000.", "Mängden ska vara högst 1000000.");
    return CHECK_TEXTS(report->initiative, texts, path, fault);
}

static enum rond_err check_withdrawal(const Rond__V1__Report *report, struct fault *fault) {
    static const struct text_rule texts[] = {TEXT(Rond__V1__Withdrawal, reason, FORM_LINE, OPTIONAL)};
    struct path path = {.base = "withdrawal"};
    if (!identity_is_full(report->withdrawal->target))
        return wrong(fault, path, "target", "The withdrawn report must be named by device, outbox and seq.",
                     "Den återtagna rapporten ska anges med enhet, utkorg och nummer.");
    return CHECK_TEXTS(report->withdrawal, texts, path, fault);
}

static enum rond_err check_body(const Rond__V1__Report *report, struct fault *fault) {
    switch (report->body_case) {
    case ROND__V1__REPORT__BODY_CHECK:
        return check_check(report, fault);
    case ROND__V1__REPORT__BODY_HANDOUT:
        return check_handout(report, fault);
    case ROND__V1__REPORT__BODY_PATROL:
        return check_patrol(report, fault);
    case ROND__V1__REPORT__BODY_WALK:
        return check_walk(report, fault);
    case ROND__V1__REPORT__BODY_MEETING:
        return check_meeting(report, fault);
    case ROND__V1__REPORT__BODY_INVENTORY:
        return check_inventory(report, fault);
    case ROND__V1__REPORT__BODY_INITIATIVE:
        return check_initiative(report, fault);
    case ROND__V1__REPORT__BODY_WITHDRAWAL:
        return check_withdrawal(report, fault);
    default:
        return unknown(fault, CODE_KIND_UNKNOWN, "body");
    }
}

// The schema comes first: of a newer form nothing else may be judged.
enum rond_err report_check(const Rond__V1__Report *report, struct fault *fault) {
    if (report->schema_version > REPORT_SCHEMA_VERSION)
        return unknown(fault, CODE_REPORT_SCHEMA, "schema_version");
    if (report->schema_version == 0)
        return wrong(fault, envelope, "schema_version", "The form of the report must be told.",
                     "Rapportens form måste anges.");
    enum rond_err err = check_envelope(report, fault);
    return err == ROND_OK ? check_body(report, fault) : err;
}
