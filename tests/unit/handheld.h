// A handheld for the tests of the SDK: an outbox file and keys in a folder of its own, a clock that the test moves, and,
// where wanted, an enrolment (area lund, organisation polisen) signed by a certificate authority. Included by those
// tests only: every other test would have to link the whole SDK.
#ifndef TESTS_UNIT_HANDHELD_H
#define TESTS_UNIT_HANDHELD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "auth/ca.h"
#include "base/check.h"
#include "client_internal.h"
#include "rond/v1/enrol.pb-c.h"
#include "support/counting.h"

struct handheld {
    char directory[64];
    char path[96];
    rond *rond;
    struct arena arena; // for whatever the test makes
};

static int64_t handheld_wall_ms; // 2015-06-01T10:00:00Z at handheld_open

static int64_t handheld_wrong_ms;   // so far is its wall clock off
static int64_t handheld_booted_ms;  // when it was started last: its monotonic clock began
static uint64_t handheld_boot;

static int64_t wall(void *context) {
    return handheld_wall_ms + handheld_wrong_ms;
}
static int64_t monotonic(void *context) {
    return handheld_wall_ms - handheld_booted_ms;
}
static uint64_t boot(void *context) {
    return handheld_boot;
}
static const struct clock handheld_clock = {.wall_ms = wall, .monotonic_ms = monotonic, .boot_id = boot};

static void start(struct handheld *handheld) {
    char keys[96];
    snprintf(keys, sizeof keys, "%s/keys", handheld->directory);
    rond_keystore keystore;
    CHECK(rond_keystore_files(keys, &keystore, NULL) == ROND_OK);
    rond_config config = {.struct_size = sizeof config, .path = handheld->path, .keystore = &keystore};
    CHECK(client_open(&config, &handheld_clock, rng_system(), &handheld->rond, NULL) == ROND_OK);
}

__attribute__((unused)) static void handheld_open(struct handheld *handheld) {
    *handheld = (struct handheld){0};
    handheld_wall_ms = 1433152800000;
    handheld_wrong_ms = handheld_booted_ms = 0;
    handheld_boot = 77;
    strcpy(handheld->directory, "/tmp/handheld.XXXXXX");
    CHECK(mkdtemp(handheld->directory) != NULL);
    snprintf(handheld->path, sizeof handheld->path, "%s/outbox", handheld->directory);
    arena_init(&handheld->arena, 16 * 1024 * 1024);
    start(handheld);
}

__attribute__((unused)) static void handheld_reopen(struct handheld *handheld) {
    rond_close(handheld->rond);
    start(handheld);
}

// Removes the folder.
__attribute__((unused)) static void handheld_close(struct handheld *handheld) {
    rond_close(handheld->rond);
    arena_deinit(&handheld->arena);
    char command[96];
    snprintf(command, sizeof command, "rm -rf %s", handheld->directory);
    CHECK(system(command) == 0);
}

// --- Enrolment: what a server would have answered ---

static ProtobufCBinaryData binary(struct arena *arena, struct bytes bytes) {
    uint8_t *copy = arena_alloc(arena, bytes.size);
    memcpy(copy, bytes.data, bytes.size);
    return (ProtobufCBinaryData){.data = copy, .len = bytes.size};
}

static void certificates(struct handheld *handheld, const struct id128 *device, Rond__V1__EnrolResponse *answer) {
    char directory[96];
    snprintf(directory, sizeof directory, "%s/ca", handheld->directory);
    struct ca *ca;
    struct bytes spki;
    struct buffer certificate;
    buffer_init(&certificate, 64 * 1024);
    if (mkdir(directory, 0700) == 0)
        CHECK(ca_create(directory, "Test CA", rng_system(), handheld_wall_ms, NULL) == ROND_OK);
    CHECK(ca_open(directory, &ca, NULL) == ROND_OK);
    CHECK(keystore_spki(handheld->rond->keystore, &spki) == ROND_OK);
    CHECK(ca_issue_device(ca, spki, device, 14, rng_system(), handheld_wall_ms, &certificate) == ROND_OK);
    answer->certificate = binary(&handheld->arena, buffer_bytes(&certificate));
    answer->n_anchors = 1;
    answer->anchors = arena_array(&handheld->arena, 1, sizeof *answer->anchors);
    answer->anchors[0] = binary(&handheld->arena, ca_certificate(ca));
    buffer_deinit(&certificate);
    ca_close(ca);
}

// What the server answers a device that enrols or renews. roles: separated by blanks.
__attribute__((unused)) static struct bytes handheld_answer(struct handheld *handheld, const char *roles, uint8_t device) {
    struct arena *arena = &handheld->arena;
    struct id128 id;
    memset(id.b, device, sizeof id.b);
    Rond__V1__EnrolResponse answer = ROND__V1__ENROL_RESPONSE__INIT;
    answer.device = binary(arena, bytes_of(id.b, ID_SIZE));
    answer.organisation = arena_text(arena, "polisen");
    answer.area = arena_text(arena, "lund");
    answer.roles = words(arena, roles, &answer.n_roles);
    answer.servers = words(arena, "wss://localhost:1", &answer.n_servers);
    answer.server_ms = handheld_wall_ms;
    certificates(handheld, &id, &answer);
    size_t size = rond__v1__enrol_response__get_packed_size(&answer);
    uint8_t *body = arena_alloc(arena, size);
    rond__v1__enrol_response__pack(&answer, body);
    return bytes_of(body, size);
}

__attribute__((unused)) static void handheld_enrol(struct handheld *handheld, const char *roles, uint8_t device) {
    struct bytes body = handheld_answer(handheld, roles, device);
    CHECK(enrol_answer_store(handheld->rond->outbox, "https://localhost:2", 200, body, NULL) == ROND_OK);
    CHECK(client_enrolment_reload(handheld->rond) == ROND_OK);
    CHECK(client_time_heard(handheld->rond, handheld_wall_ms) == ROND_OK);
}

// --- Reference data ---

static Rond__V1__ReferenceEntry *entry_add(struct arena *arena, Rond__V1__Reference *reference, const char *id,
                                           Rond__V1__ReferenceEntry__BodyCase kind) {
    Rond__V1__ReferenceEntry *entry = arena_alloc(arena, sizeof *entry);
    rond__v1__reference_entry__init(entry);
    entry->id = arena_text(arena, id);
    entry->body_case = kind;
    entry->revision = ++reference->cursor;
    reference->entries[reference->n_entries++] = entry;
    return entry;
}

static void term_add(struct arena *arena, Rond__V1__Reference *reference, const char *list, const char *id,
                     const char *name) {
    Rond__V1__ReferenceEntry *entry = entry_add(arena, reference, id, ROND__V1__REFERENCE_ENTRY__BODY_TERM);
    entry->term = arena_alloc(arena, sizeof *entry->term);
    rond__v1__term__init(entry->term);
    entry->term->list = arena_text(arena, list);
    entry->term->id = entry->id;
    entry->term->name_sv = arena_text(arena, name);
}

// Lund: area, zone, a few words, and a promise "lund-2015" with the commitment "checks".
__attribute__((unused)) static void handheld_reference(struct handheld *handheld) {
    struct arena *arena = &handheld->arena;
    Rond__V1__Reference reference = ROND__V1__REFERENCE__INIT;
    reference.entries = arena_array(arena, 16, sizeof *reference.entries);
    Rond__V1__ReferenceEntry *entry = entry_add(arena, &reference, "lund", ROND__V1__REFERENCE_ENTRY__BODY_AREA);
    entry->area = arena_alloc(arena, sizeof *entry->area);
    rond__v1__area__init(entry->area);
    entry->area->id = entry->id;
    entry->area->name = arena_text(arena, "Lund");
    entry->area->time_zone = arena_text(arena, stockholm()->id);
    entry = entry_add(arena, &reference, stockholm()->id, ROND__V1__REFERENCE_ENTRY__BODY_TIME_ZONE);
    Rond__V1__TimeZone *zone = arena_alloc(arena, sizeof *zone);
    *zone = *stockholm();
    entry->time_zone = zone;
    term_add(arena, &reference, "role", "police_officer", "polis");
    term_add(arena, &reference, "check", "cyclist_behaviour", "cyklisters beteende");
    entry = entry_add(arena, &reference, "stortorget", ROND__V1__REFERENCE_ENTRY__BODY_PLACE);
    entry->place = arena_alloc(arena, sizeof *entry->place);
    rond__v1__place__init(entry->place);
    entry->place->id = entry->id;
    entry->place->name = arena_text(arena, "Stortorget");
    Rond__V1__Commitment *commitment = a_commitment(arena, ROND__V1__MEASURE__MEASURE_AT_LEAST, ROND__V1__KIND__KIND_CHECK);
    commitment->id = arena_text(arena, "checks");
    commitment->title_sv = arena_text(arena, "Minst 10 kontroller");
    commitment->target = 10;
    entry = entry_add(arena, &reference, "lund-2015", ROND__V1__REFERENCE_ENTRY__BODY_PROMISE);
    entry->promise = a_promise(arena, commitment);
    CHECK(outbox_reference_store(handheld->rond->outbox, &reference) == ROND_OK);
}

#endif
