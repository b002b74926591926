#include "support/counting.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"

static void *zeroed(struct arena *arena, size_t size) {
    void *memory = arena_alloc(arena, size);
    CHECK(memory != NULL);
    return memory;
}

static char *copy(struct arena *arena, const char *text) {
    char *made = arena_text(arena, text);
    CHECK(made != NULL);
    return made;
}

char **words(struct arena *arena, const char *text, size_t *ret_count) {
    char **list = zeroed(arena, 32 * sizeof *list);
    size_t count = 0;
    char *rest = copy(arena, text);
    for (char *word = strtok_r(rest, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        CHECK(count < 32);
        list[count++] = word;
    }
    *ret_count = count;
    return list;
}

Rond__V1__Filter *a_filter(struct arena *arena, Rond__V1__Kind kind) {
    Rond__V1__Filter *filter = zeroed(arena, sizeof *filter);
    rond__v1__filter__init(filter);
    filter->kind = kind;
    return filter;
}

Rond__V1__Commitment *a_commitment(struct arena *arena, Rond__V1__Measure measure, Rond__V1__Kind kind) {
    Rond__V1__Commitment *commitment = zeroed(arena, sizeof *commitment);
    rond__v1__commitment__init(commitment);
    commitment->id = copy(arena, "c1");
    commitment->measure = measure;
    commitment->filter = a_filter(arena, kind);
    return commitment;
}

Rond__V1__Promise *a_promise(struct arena *arena, Rond__V1__Commitment *commitment) {
    Rond__V1__Promise *promise = zeroed(arena, sizeof *promise);
    rond__v1__promise__init(promise);
    promise->id = copy(arena, "lund-2015");
    promise->area = copy(arena, "lund");
    promise->from = copy(arena, "2015-01-01");
    promise->to = copy(arena, "2015-12-31");
    promise->parties = words(arena, "polisen lunds-kommun jernhusen", &promise->n_parties);
    promise->commitments = zeroed(arena, 4 * sizeof(Rond__V1__Commitment *));
    promise->commitments[0] = commitment;
    promise->n_commitments = 1;
    return promise;
}

static uint32_t minute_of(const char *text) {
    unsigned hour, minute;
    CHECK(sscanf(text, "%2u:%2u", &hour, &minute) == 2);
    return hour * 60 + minute;
}

void add_window(struct arena *arena, Rond__V1__Commitment *commitment, const char *place, const char *days, const char *from,
                const char *to, unsigned minutes) {
    static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    if (commitment->windows == NULL) {
        commitment->windows = zeroed(arena, 8 * sizeof(Rond__V1__Window *));
    }
    Rond__V1__Window *window = zeroed(arena, sizeof *window);
    rond__v1__window__init(window);
    window->place = copy(arena, place);
    for (unsigned i = 0; i < 7; i++) {
        window->weekdays |= (strstr(days, names[i]) != NULL ? 1U : 0U) << i;
    }
    window->from_minute = minute_of(from);
    window->to_minute = minute_of(to);
    window->minutes = minutes;
    commitment->windows[commitment->n_windows++] = window;
}

Rond__V1__Report *a_report(struct arena *arena, Rond__V1__Report__BodyCase body) {
    Rond__V1__Report *report = zeroed(arena, sizeof *report);
    rond__v1__report__init(report);
    report->schema_version = 1;
    report->place = copy(arena, "lund-c");
    report->body_case = body;
    // Every body is smaller than this; each begins as protobuf-c wants it.
    void *room = zeroed(arena, 256);
    switch (body) {
    case ROND__V1__REPORT__BODY_CHECK:
        rond__v1__check__init(room);
        break;
    case ROND__V1__REPORT__BODY_HANDOUT:
        rond__v1__handout__init(room);
        break;
    case ROND__V1__REPORT__BODY_PATROL:
        rond__v1__patrol__init(room);
        break;
    case ROND__V1__REPORT__BODY_WALK:
        rond__v1__walk__init(room);
        break;
    case ROND__V1__REPORT__BODY_MEETING:
        rond__v1__meeting__init(room);
        break;
    case ROND__V1__REPORT__BODY_INVENTORY:
        rond__v1__inventory__init(room);
        break;
    case ROND__V1__REPORT__BODY_INITIATIVE:
        rond__v1__initiative__init(room);
        break;
    case ROND__V1__REPORT__BODY_WITHDRAWAL:
        rond__v1__withdrawal__init(room);
        break;
    default:
        CHECK(!"a body");
    }
    report->check = room;
    return report;
}

void add_persons(struct arena *arena, Rond__V1__Report *report, const char *role, unsigned persons) {
    Rond__V1__Patrol *patrol = report->patrol;
    if (patrol->persons == NULL) {
        patrol->persons = zeroed(arena, 8 * sizeof(Rond__V1__RolePersons *));
    }
    Rond__V1__RolePersons *one = zeroed(arena, sizeof *one);
    rond__v1__role_persons__init(one);
    one->role = copy(arena, role);
    one->persons = persons;
    patrol->persons[patrol->n_persons++] = one;
}

void add_item(struct arena *arena, Rond__V1__Report *report, const char *item, unsigned count) {
    Rond__V1__Handout *handout = report->handout;
    if (handout->items == NULL) {
        handout->items = zeroed(arena, 8 * sizeof(Rond__V1__HandoutItem *));
    }
    Rond__V1__HandoutItem *one = zeroed(arena, sizeof *one);
    rond__v1__handout_item__init(one);
    one->item = copy(arena, item);
    one->count = count;
    handout->items[handout->n_items++] = one;
}

Rond__V1__Finding *add_finding(struct arena *arena, Rond__V1__Report *report, const char *id, Rond__V1__Safety safety) {
    Rond__V1__Walk *walk = report->walk;
    if (walk->findings == NULL) {
        walk->findings = zeroed(arena, 8 * sizeof(Rond__V1__Finding *));
    }
    Rond__V1__Finding *finding = zeroed(arena, sizeof *finding);
    rond__v1__finding__init(finding);
    finding->id = copy(arena, id);
    finding->safety = safety;
    walk->findings[walk->n_findings++] = finding;
    return finding;
}

static ProtobufCBinaryData id_bytes(struct arena *arena, const struct id128 *id) {
    uint8_t *data = zeroed(arena, ID_SIZE);
    memcpy(data, id->b, ID_SIZE);
    return (ProtobufCBinaryData){.data = data, .len = ID_SIZE};
}

void rewalk_of(struct arena *arena, Rond__V1__Finding *finding, const struct report_key *first, const char *first_finding) {
    Rond__V1__Identity *identity = zeroed(arena, sizeof *identity);
    rond__v1__identity__init(identity);
    identity->device = id_bytes(arena, &first->device);
    identity->outbox = id_bytes(arena, &first->outbox);
    identity->seq = first->seq;
    finding->rewalk_of = zeroed(arena, sizeof *finding->rewalk_of);
    rond__v1__finding_ref__init(finding->rewalk_of);
    finding->rewalk_of->report = identity;
    finding->rewalk_of->finding = copy(arena, first_finding);
}

struct counted_report counted(const Rond__V1__Report *report, uint64_t seq, const char *organisation, const char *from,
                              const char *to) {
    struct counted_report made = {.report = report, .organisation = organisation, .area = "lund"};
    memset(made.key.device.b, 0xd1, ID_SIZE);
    memset(made.key.outbox.b, 0x0b, ID_SIZE);
    made.key.seq = seq;
    made.from_s = stockholm_at(from);
    made.to_s = stockholm_at(to);
    return made;
}

struct commitment derived(const Rond__V1__Promise *promise, size_t index) {
    struct commitment commitment;
    struct fault fault;
    enum rond_err err = commitment_init(&commitment, 1, promise, promise->commitments[index], stockholm(), NULL, &fault);
    CHECK(err == ROND_OK);
    return commitment;
}
