#include "admin/right.h"

#include <stdlib.h>
#include <string.h>

#include "admin/inner.h"
#include "read/disclosure_lists.h"
#include "read/retention.h"
#include "store/shape.h"
#include "wire/limits.h"

enum { REFERENCES_MAX = 64 };

// --- What is asked about ---

static const char *text_argument(json_t *arguments, const char *name, struct arena *arena, bool *starved) {
    const char *text = json_string_value(json_object_get(arguments, name));
    const char *copy = text == NULL ? NULL : arena_text(arena, text);
    *starved |= text != NULL && copy == NULL;
    return copy;
}

static void references_argument(json_t *arguments, struct right *right, struct arena *arena, bool *starved) {
    json_t *list = json_object_get(arguments, "references");
    const char *one = text_argument(arguments, "reference", arena, starved);
    size_t count = json_array_size(list) < REFERENCES_MAX ? json_array_size(list) : REFERENCES_MAX;
    right->references = arena_array(arena, count + 1, sizeof *right->references);
    *starved |= right->references == NULL;
    if (*starved)
        return;
    if (one != NULL)
        right->references[right->references_count++] = one;
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        right->references[right->references_count] = arena_text(arena, text == NULL ? "" : text);
        *starved |= right->references[right->references_count++] == NULL;
    }
    right->is_missing |= json_array_size(list) > REFERENCES_MAX;
}

// The area of what the catalogue knows.
static const char *area_named(enum endpoint_object object, json_t *arguments, const struct catalogue *catalogue) {
    const char *name = json_string_value(json_object_get(arguments, object == OBJECT_PROMISE      ? "promise"
                                                                    : object == OBJECT_COMMITMENT ? "commitment"
                                                                                                  : "activity"));
    if (name == NULL)
        return NULL;
    if (object == OBJECT_ACTIVITY) {
        const Rond__V1__Activity *activity = catalogue_activity(catalogue, name);
        return activity == NULL ? NULL : activity->area;
    }
    if (object == OBJECT_COMMITMENT) {
        const struct commitment *commitment = catalogue_commitment_by_path(catalogue, name);
        return commitment == NULL ? NULL : commitment->promise->area;
    }
    char promise[REFERENCE_ID_BYTES_MAX + 1];
    size_t size = strcspn(name, "@"); // a version
    if (size >= sizeof promise)
        return NULL;
    memcpy(promise, name, size);
    promise[size] = '\0';
    const Rond__V1__Promise *found = catalogue_promise(catalogue, promise);
    return found == NULL ? NULL : found->area;
}

static void area_argument(struct right *right, json_t *arguments, const struct catalogue *catalogue, struct arena *arena,
                          bool *starved) {
    bool is_known =
        right->object == OBJECT_PROMISE || right->object == OBJECT_COMMITMENT || right->object == OBJECT_ACTIVITY;
    if (!is_known) {
        right->area = text_argument(arguments, "area", arena, starved);
        return;
    }
    const char *area = area_named(right->object, arguments, catalogue);
    right->is_missing |= area == NULL;
    right->area = area == NULL ? NULL : arena_text(arena, area);
    *starved |= area != NULL && right->area == NULL;
}

// "promise" is an object where it comes whole.
static const char *promise_argument(json_t *arguments, struct arena *arena, bool *starved) {
    json_t *promise = json_object_get(arguments, "promise");
    return json_is_object(promise) ? text_argument(promise, "id", arena, starved) : NULL;
}

static const char *organisation_argument(enum endpoint_object object) {
    return object == OBJECT_CONTROLLER || object == OBJECT_HOLDING ? "controller"
           : object == OBJECT_DISCLOSURE                           ? "from"
                                                                   : "organisation";
}

enum rond_err right_prepare(const struct endpoint *endpoint, const char *login, json_t *arguments,
                            const struct catalogue *catalogue, int64_t now_ms, struct arena *arena,
                            struct right **ret_right) {
    bool starved = false;
    struct right *right = arena_alloc(arena, sizeof *right);
    if (right == NULL)
        return ROND_ENOMEM;
    enum endpoint_object object = endpoint->object;
    *right = (struct right){.action = endpoint->action, .object = object, .now_ms = now_ms, .arena = arena};
    right->is_change = endpoint->method == ENDPOINT_POST;
    right->filters = !right->is_change && (object == OBJECT_ROWS || object == OBJECT_AREA || object == OBJECT_COMMITMENT);
    right->login = arena_text(arena, login);
    starved = right->login == NULL;
    area_argument(right, arguments, catalogue, arena, &starved);
    right->organisation = text_argument(arguments, organisation_argument(object), arena, &starved);
    right->promise = promise_argument(arguments, arena, &starved);
    right->id = text_argument(arguments, "id", arena, &starved);
    right->device = text_argument(arguments, "device", arena, &starved);
    right->person = text_argument(arguments, "login", arena, &starved);
    right->role = text_argument(arguments, "role", arena, &starved);
    references_argument(arguments, right, arena, &starved);
    json_int_t decision = json_integer_value(json_object_get(arguments, "decision"));
    right->decision = decision > 0 ? (uint64_t)decision : 0;
    if (starved)
        return ROND_ENOMEM;
    *ret_right = right;
    return ROND_OK;
}

// --- The decision ---

static bool may(const struct right *right, const char *organisation, const char *area) {
    const struct access_object object = {.organisation = organisation, .area = area};
    return access_may(right->asker->grants, right->asker->grants_count, right->action, &object, right->now_ms);
}

// Of the person's own in that area, at least.
static bool may_in_area(const struct right *right, const char *area) {
    bool allowed = may(right, NULL, area);
    for (size_t i = 0; i < right->asker->grants_count && !allowed; i++)
        allowed = may(right, right->asker->grants[i].organisation, area);
    return allowed;
}

static bool may_somewhere(const struct right *right) {
    return access_may_somewhere(right->asker->grants, right->asker->grants_count, right->action, right->now_ms);
}

// Beside what a grant reaches there is what another organisation has disclosed, by a rule of its own, to one that the person
// stands for in that area: the reports of that kind, or their texts as well.
static bool is_disclosed(const struct right *right, const char *organisation, const char *area, const char *kind) {
    enum disclosure_level wanted = right->action == ACCESS_EVIDENCE_READ ? DISCLOSE_REPORTS : DISCLOSE_TEXTS;
    if ((right->action != ACCESS_EVIDENCE_READ && right->action != ACCESS_REPORT_READ) || organisation == NULL)
        return false;
    for (size_t i = 0; i < right->asker->grants_count; i++) {
        const char *own = right->asker->grants[i].organisation;
        if (strcmp(own, PERSON_EVERY) != 0 && may(right, own, area) &&
            disclosure_level_of(&right->disclosure, organisation, own, kind == NULL ? "" : kind) >= wanted)
            return true;
    }
    return false;
}

static bool may_see(const struct right *right, const char *organisation, const char *area, const char *kind) {
    return may(right, organisation, area) || is_disclosed(right, organisation, area, kind);
}

bool right_sees(const struct right *right, const char *organisation, const char *area, const char *kind) {
    return !right->filters || may_see(right, organisation, area, kind);
}

bool right_reaches(const struct right *right, const char *area) {
    return may_in_area(right, area);
}

static enum rond_err check_report(const struct right *right, const struct stored_report *report) {
    const char *kind = kind_name((Rond__V1__Kind)report->kind);
    return may_see(right, report->organisation, report->area, kind) ? ROND_OK : ROND_ENOTFOUND;
}

static enum rond_err check_reports(const struct right *right, struct store *store) {
    enum rond_err err = right->references_count == 0 ? ROND_ENOTFOUND : ROND_OK;
    for (size_t i = 0; i < right->references_count && err == ROND_OK; i++) {
        struct stored_report report;
        err = find_report(store, right->references[i], right->arena, &report, NULL);
        if (err == ROND_OK)
            err = check_report(right, &report);
    }
    return err;
}

// Whoever may amend a report may take that back, and nobody else.
static enum rond_err check_decision(const struct right *right, struct store *store) {
    struct decision decision;
    struct right amending = *right;
    amending.action = ACCESS_QUARANTINE_DECIDE;
    enum rond_err err = store->views->decision(store, right->decision, right->arena, &decision);
    for (size_t i = 0; err == ROND_OK && i < decision.reports_count; i++) {
        struct stored_report report;
        err = store->views->report_by_key(store, &decision.reports[i], right->arena, &report);
        if (err == ROND_OK)
            err = check_report(decision.kind == DECISION_AMEND ? &amending : right, &report);
    }
    return err;
}

static enum rond_err check_device(const struct right *right, struct store *store) {
    struct device_record device;
    enum rond_err err = find_device(store, right->device == NULL ? "" : right->device, right->arena, &device, NULL);
    if (err == ROND_OK && !may(right, device.organisation, device.area))
        err = ROND_ENOTFOUND;
    return err;
}

static enum rond_err check_waiting(const struct right *right, struct store *store) {
    struct enrol_code code;
    enum rond_err err =
        find_waiting(store, right->device == NULL ? "" : right->device, right->now_ms, right->arena, &code, NULL);
    if (err == ROND_OK && !may(right, code.organisation, code.area))
        err = ROND_ENOTFOUND;
    return err;
}

static enum rond_err of(bool allowed) {
    return allowed ? ROND_OK : ROND_ENOTFOUND;
}

// In the area that it is to be of, and in the one that it was of in its newest version, removed or not.
static enum rond_err check_saved(const struct right *right, struct store *store) {
    struct promise_version *versions = NULL;
    size_t count = 0;
    if (right->promise == NULL || !may_in_area(right, right->area))
        return ROND_ENOTFOUND;
    enum rond_err err = store->views->promise_versions(store, right->promise, right->arena, &versions, &count);
    return err != ROND_OK ? err : of(count == 0 || may_in_area(right, versions[count - 1].entry->promise->area));
}

static enum rond_err check_share(const struct right *right, struct store *store) {
    if (!may(right, right->organisation, right->area))
        return ROND_ENOTFOUND;
    return right->device == NULL ? ROND_OK : check_device(right, store);
}

// Of all organisations, where it is not said of which: a grant for every one reaches that.
static enum rond_err check_controller(const struct right *right, const char *area) {
    const char *whose = right->organisation;
    bool is_everybodys = whose == NULL || strcmp(whose, RETENTION_EVERYBODY) == 0;
    return may(right, is_everybodys ? NULL : whose, area) ? ROND_OK : ROND_ENOTFOUND;
}

static enum rond_err check_hold(const struct right *right, struct store *store) {
    struct retention retention;
    enum rond_err err = retention_load(store, right->arena, &retention);
    if (err != ROND_OK)
        return err;
    for (size_t i = 0; i < retention.holds_count && right->id != NULL; i++)
        if (strcmp(retention.holds[i].id, right->id) == 0)
            return may(right, retention.holds[i].controller, retention.holds[i].area) ? ROND_OK : ROND_ENOTFOUND;
    return ROND_ENOTFOUND;
}

// Whoever may change an account must reach all that was ever granted to it: else one who looks after one organisation
// could take over the account of one who looks after all.
static bool reaches_all(const struct right *right, const struct person *person) {
    bool reaches = may_somewhere(right);
    for (size_t i = 0; i < person->grants_count && reaches; i++)
        reaches = may(right, person->grants[i].organisation, person->grants[i].area);
    return reaches;
}

static enum rond_err check_person(const struct right *right, struct store *store, struct fault *fault) {
    struct person person;
    enum rond_err err =
        store->registry->person_get(store, right->person == NULL ? "" : right->person, right->arena, &person);
    if (err != ROND_OK)
        return err;
    if (strcmp(person.login, right->login) == 0 && right->is_change)
        return fault_both(fault, ROND_EAUTH, 0, "login", "Another administrator must change your own account.",
                          "En annan administratör måste ändra ditt eget konto.");
    return reaches_all(right, &person) ? ROND_OK : ROND_ENOTFOUND;
}

// A new person need not be there yet; without a role nothing is granted.
static enum rond_err check_grant(const struct right *right, struct store *store, struct fault *fault) {
    const char *organisation = right->organisation == NULL ? PERSON_EVERY : right->organisation;
    const char *area = right->area == NULL ? PERSON_EVERY : right->area;
    if (right->role == NULL ? !may_somewhere(right) : !may(right, organisation, area))
        return ROND_ENOTFOUND;
    enum rond_err err = check_person(right, store, fault);
    return err == ROND_ENOTFOUND && right->person != NULL &&
                   store->registry->person_get(store, right->person, right->arena, &(struct person){0}) == ROND_ENOTFOUND
               ? ROND_OK
               : err;
}

static enum rond_err check_object(const struct right *right, struct store *store, struct fault *fault) {
    switch (right->object) {
    case OBJECT_PUBLIC:
    case OBJECT_SELF:
        return ROND_OK;
    case OBJECT_INSTALLATION:
        return of(may(right, NULL, NULL));
    case OBJECT_ROWS:
        return of(may_somewhere(right));
    case OBJECT_AREA:
        return of(right->area == NULL && !right->is_change ? may_somewhere(right) : may_in_area(right, right->area));
    case OBJECT_SHARE:
        return check_share(right, store);
    case OBJECT_PROMISE:
    case OBJECT_COMMITMENT:
    case OBJECT_ACTIVITY:
        return of(may_in_area(right, right->area));
    case OBJECT_SAVED:
        return check_saved(right, store);
    case OBJECT_REPORTS:
        return check_reports(right, store);
    case OBJECT_DECISION:
        return check_decision(right, store);
    case OBJECT_DEVICE:
        return check_device(right, store);
    case OBJECT_WAITING:
        return check_waiting(right, store);
    case OBJECT_PERSON:
        return check_person(right, store, fault);
    case OBJECT_GRANT:
        return check_grant(right, store, fault);
    case OBJECT_CONTROLLER:
        return check_controller(right, right->area);
    case OBJECT_HOLDING:
        return right->references_count > 0 ? check_reports(right, store) : check_controller(right, right->area);
    case OBJECT_HOLD:
        return check_hold(right, store);
    case OBJECT_DISCLOSURE:
        return check_controller(right, NULL);
    }
    return ROND_ENOTFOUND;
}

static enum rond_err hidden(struct fault *fault) {
    return fault_both(fault, ROND_ENOTFOUND, 0, "", "There is no such thing, or it is not yours to see.",
                      "Det finns inte, eller är inte till för dig.");
}

enum rond_err right_check(struct right *right, struct store *store, struct fault *fault) {
    struct person *asker = arena_alloc(right->arena, sizeof *asker);
    if (asker == NULL)
        return ROND_ENOMEM;
    enum rond_err err = store->registry->person_get(store, right->login, right->arena, asker);
    right->asker = asker;
    if (err == ROND_OK && (asker->locked || right->is_missing))
        err = ROND_ENOTFOUND;
    if (err == ROND_OK)
        err = disclosure_load(store, right->arena, &right->disclosure);
    if (err == ROND_OK)
        err = check_object(right, store, fault);
    // Mistyped, ambiguous, not there, not allowed: one answer.
    return err == ROND_ENOTFOUND || err == ROND_EINVALID || err == ROND_ECONFLICT ? hidden(fault) : err;
}

// --- Rows ---

static const char *text_of(const json_t *object, const char *name) {
    return json_string_value(json_object_get(object, name));
}

static const char *area_of_row(const struct right *right, const struct catalogue *catalogue, const json_t *row) {
    const char *area = text_of(row, "area"), *path = text_of(row, "commitment");
    if (area != NULL)
        return area;
    const struct commitment *commitment = path == NULL ? NULL : catalogue_commitment_by_path(catalogue, path);
    return commitment != NULL ? commitment->promise->area : right->area;
}

// A person's row: shown to whoever reaches all of the grants.
static bool shows_grants(const struct right *right, const json_t *grants) {
    bool shows = may_somewhere(right);
    for (size_t i = 0; i < json_array_size(grants) && shows; i++) {
        const json_t *grant = json_array_get(grants, i);
        shows = may(right, text_of(grant, "organisation"), text_of(grant, "area"));
    }
    return shows;
}

// A rule: of its controller, or of who discloses and to whom; what holds for everybody is everybody's to know.
static bool shows_rule(const struct right *right, const json_t *row) {
    const char *of = text_of(row, "controller"), *from = text_of(row, "from"), *to = text_of(row, "to");
    if (right->action == ACCESS_HOLD_READ)
        return may(right, of, text_of(row, "area"));
    if (right->action == ACCESS_DISCLOSURE_READ)
        return may(right, from, NULL) || may(right, to, NULL) ||
               (from != NULL && strcmp(from, RETENTION_EVERYBODY) == 0 && may_somewhere(right));
    return may(right, of, NULL) || (of != NULL && strcmp(of, RETENTION_EVERYBODY) == 0 && may_somewhere(right));
}

static bool is_rule(const struct right *right) {
    return right->action == ACCESS_HOLD_READ || right->action == ACCESS_DISCLOSURE_READ ||
           right->action == ACCESS_RETENTION_READ;
}

bool right_shows(const struct right *right, const struct catalogue *catalogue, const json_t *row) {
    const json_t *reports = json_object_get(row, "reports"), *grants = json_object_get(row, "grants");
    const char *area = area_of_row(right, catalogue, row);
    if (!right->filters)
        return true;
    if (is_rule(right))
        return shows_rule(right, row);
    if (json_is_array(grants))
        return shows_grants(right, grants);
    if (!json_is_array(reports))
        return may_see(right, text_of(row, "organisation"), area, text_of(row, "kind"));
    bool shows = true;
    for (size_t i = 0; i < json_array_size(reports) && shows; i++) {
        const json_t *report = json_array_get(reports, i);
        const char *own_area = text_of(report, "area");
        shows = may_see(right, text_of(report, "organisation"), own_area != NULL ? own_area : area, text_of(report, "kind"));
    }
    return shows;
}

static void mask_devices(const struct right *right, json_t *devices, const char *area) {
    for (size_t i = 0; i < json_array_size(devices); i++) {
        json_t *device = json_array_get(devices, i);
        const struct access_object object = {.organisation = text_of(device, "organisation"), .area = area};
        if (access_may(right->asker->grants, right->asker->grants_count, ACCESS_DEVICES_READ, &object, right->now_ms))
            continue;
        (void)json_object_del(device, "device");
        (void)json_object_del(device, "name");
        (void)json_object_del(device, "waiting");
    }
}

// What a decision beside a report is about, too: other organisations' reports that are not seen are not named.
static void mask_decision(const struct right *right, json_t *decision, const char *area) {
    struct right seeing = *right;
    json_t *reports = json_object_get(decision, "reports");
    seeing.action = ACCESS_EVIDENCE_READ;
    for (size_t i = json_array_size(reports); i-- > 0;) {
        const json_t *report = json_array_get(reports, i);
        const char *own_area = text_of(report, "area");
        if (!may_see(&seeing, text_of(report, "organisation"), own_area != NULL ? own_area : area, text_of(report, "kind")))
            (void)json_array_remove(reports, i);
    }
}

static void mask_inside(const struct right *right, json_t *value, const char *area) {
    const char *own_area = json_is_object(value) ? text_of(value, "area") : NULL;
    area = own_area != NULL ? own_area : area;
    for (size_t i = 0; i < json_array_size(value); i++)
        mask_inside(right, json_array_get(value, i), area);
    if (json_object_get(value, "decision") != NULL)
        mask_decision(right, value, area);
    const char *name;
    json_t *member;
    json_object_foreach(value, name, member) {
        if (strcmp(name, "silent") == 0 || strcmp(name, "silent_devices") == 0 || strcmp(name, "devices") == 0)
            mask_devices(right, member, area);
        else
            mask_inside(right, member, area);
    }
}

// What is behind a published figure is evidence, of all organisations together.
static void mask_evidence(const struct right *right, json_t *object) {
    const struct access_object everybodys = {.organisation = NULL, .area = right->area};
    if (!access_may(right->asker->grants, right->asker->grants_count, ACCESS_EVIDENCE_READ, &everybodys, right->now_ms))
        (void)json_object_del(object, "evidence");
}

// With its salt a report's hash would tell whether a text was guessed.
static void mask_salt(const struct right *right, json_t *row) {
    const struct access_object report = {.organisation = text_of(row, "organisation"), .area = text_of(row, "area")};
    if (json_object_get(row, "salt") != NULL &&
        !access_may(right->asker->grants, right->asker->grants_count, ACCESS_REPORT_READ, &report, right->now_ms))
        (void)json_object_del(row, "salt");
}

static bool is_free_text(const json_t *decision) {
    const char *field = text_of(decision, "field");
    return field != NULL && (strcmp(field, "promised_action") == 0 || strcmp(field, "closed") == 0);
}

// Does the promise of a place stand as a person decided it, and not as its walk says?
static bool is_promise_decided(const json_t *place) {
    const json_t *decisions = json_object_get(place, "decisions");
    for (size_t i = 0; i < json_array_size(decisions); i++) {
        const json_t *one = json_array_get(decisions, i);
        const char *field = text_of(one, "field");
        if (field != NULL && strcmp(field, "promised_action") == 0 && json_is_null(json_object_get(one, "undone_ms")))
            return true;
    }
    return false;
}

static void mask_decided(json_t *place) {
    json_t *decisions = json_object_get(place, "decisions");
    for (size_t i = 0; i < json_array_size(decisions); i++)
        if (is_free_text(json_array_get(decisions, i)))
            (void)json_object_set_new(json_array_get(decisions, i), "value", json_null());
}

// What a walk says of an unsafe place (read/walks.h) is a text of its report. What people wrote there is for those who
// decide there, too.
static void mask_walk_texts(const struct right *right, json_t *place) {
    const struct access_object in_area = {.area = text_of(place, "area")};
    struct right reading = *right;
    reading.action = ACCESS_REPORT_READ;
    if (json_object_get(place, "place_text") == NULL ||
        may_see(&reading, text_of(place, "organisation"), in_area.area, kind_name(ROND__V1__KIND__KIND_SAFETY_WALK)))
        return;
    bool decides =
        access_may(right->asker->grants, right->asker->grants_count, ACCESS_COUNTING_DECIDE, &in_area, right->now_ms);
    (void)json_object_set_new(place, "texts_shown", json_false());
    (void)json_object_set_new(place, "place_text", json_null());
    (void)json_object_set_new(place, "cause", json_null());
    if (!decides || !is_promise_decided(place))
        (void)json_object_set_new(place, "promised_action", json_null());
    if (!decides)
        mask_decided(place);
}

void right_mask(const struct right *right, json_t *object) {
    json_t *areas = json_object_get(object, "areas");
    for (size_t i = json_array_size(areas); right->filters && i-- > 0;)
        if (!may_in_area(right, text_of(json_array_get(areas, i), "area")))
            (void)json_array_remove(areas, i);
    mask_evidence(right, object);
    mask_salt(right, object);
    mask_walk_texts(right, object);
    mask_inside(right, object, right->area);
}
