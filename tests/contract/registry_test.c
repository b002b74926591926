// Tests: server/store/memory_registry.c server/store/sqlite_registry.c server/store/memory_views.c
// Tests: server/store/sqlite_views.c server/store/memory_promise.c server/store/sqlite_promise.c
// Tests: server/store/memory_codes.c server/store/sqlite_codes.c
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/shape.h"
#include "support/store_fixture.h"

static const char *ROLES[] = {"police_officer", "station_host"};

static struct device_record device_made(unsigned number) {
    struct device_record device = {.device.b = {0xd0, (uint8_t)number}, .name = "Bil 7", .organisation = "polisen"};
    device.area = "lund";
    device.roles = ROLES;
    device.roles_count = 2;
    device.enrolled_ms = 111;
    return device;
}

static void device_put(struct store_fixture *fixture, const struct device_record *device) {
    fixture_begin(fixture);
    assert_ok(fixture->store->registry->device_put(fixture->store, device));
    fixture_commit(fixture);
}

static struct device_record device_got(struct store_fixture *fixture, unsigned number) {
    struct id128 id = {.b = {0xd0, (uint8_t)number}};
    struct device_record device = {0};
    assert_ok(fixture->store->registry->device_get(fixture->store, &id, &fixture->arena, &device));
    return device;
}

static void the_identity_stays_the_same(void **state) {
    struct store_fixture *fixture = *state;
    struct store_identity before, after;
    assert_ok(fixture->store->registry->identity(fixture->store, &before));
    assert_false(id128_is_zero(&before.store_id));
    assert_int_equal(before.epoch, 1);
    fixture_reopen(fixture);
    assert_ok(fixture->store->registry->identity(fixture->store, &after));
    assert_memory_equal(&before, &after, sizeof before);
}

static void an_epoch_begins_and_never_goes_back(void **state) {
    struct store_fixture *fixture = *state;
    struct store_identity before, after;
    assert_ok(fixture->store->registry->identity(fixture->store, &before));
    fixture_begin(fixture);
    assert_err(ROND_EINVALID, fixture->store->registry->epoch_put(fixture->store, before.epoch));
    assert_err(ROND_EINVALID, fixture->store->registry->epoch_put(fixture->store, UINT64_MAX));
    assert_ok(fixture->store->registry->epoch_put(fixture->store, 1433152800000));
    fixture_commit(fixture);
    fixture_reopen(fixture);
    assert_ok(fixture->store->registry->identity(fixture->store, &after));
    assert_int_equal(after.epoch, 1433152800000);
    assert_true(id128_equal(&after.store_id, &before.store_id));
    fixture_begin(fixture);
    assert_err(ROND_EINVALID, fixture->store->registry->epoch_put(fixture->store, 2));
    fixture_rollback(fixture);
}

static void a_device_is_kept_and_changed(void **state) {
    struct store_fixture *fixture = *state;
    struct id128 unknown = {.b = {1}};
    struct device_record got, device = device_made(1);
    device_put(fixture, &device);
    fixture_reopen(fixture);
    got = device_got(fixture, 1);
    assert_string_equal(got.name, "Bil 7");
    assert_string_equal(got.organisation, "polisen");
    assert_string_equal(got.area, "lund");
    assert_int_equal(got.roles_count, 2);
    assert_string_equal(got.roles[0], "police_officer");
    assert_string_equal(got.roles[1], "station_host");
    assert_int_equal(got.status, DEVICE_ACTIVE);
    assert_int_equal(got.enrolled_ms, 111);
    device.status = DEVICE_LOST;
    device.revoked_ms = 222;
    device.roles_count = 0;
    fixture_begin(fixture);
    assert_ok(fixture->store->registry->device_put(fixture->store, &device));
    fixture_rollback(fixture);
    assert_int_equal(device_got(fixture, 1).status, DEVICE_ACTIVE);
    device_put(fixture, &device);
    got = device_got(fixture, 1);
    assert_int_equal(got.status, DEVICE_LOST);
    assert_int_equal(got.revoked_ms, 222);
    assert_int_equal(got.roles_count, 0);
    assert_err(ROND_ENOTFOUND, fixture->store->registry->device_get(fixture->store, &unknown, &fixture->arena, &got));
}

static void by_which_ca_a_device_came_is_kept_with_it(void **state) {
    struct store_fixture *fixture = *state;
    const struct hash256 issuer = {{0x15, 0x50}}, none = {0};
    struct id128 unknown = {.b = {1}};
    struct device_record got, device = device_made(1);
    device_put(fixture, &device);
    got = device_got(fixture, 1);
    assert_true(hash256_equal(&got.issuer, &none));
    fixture_begin(fixture);
    assert_ok(fixture->store->registry->device_certified(fixture->store, &device.device, &issuer));
    assert_err(ROND_ENOTFOUND, fixture->store->registry->device_certified(fixture->store, &unknown, &issuer));
    fixture_commit(fixture);
    fixture_reopen(fixture);
    got = device_got(fixture, 1);
    assert_true(hash256_equal(&got.issuer, &issuer));
    got.status = DEVICE_LOST;
    device_put(fixture, &got);
    got = device_got(fixture, 1);
    assert_true(hash256_equal(&got.issuer, &issuer));
}

static void what_a_device_last_said_belongs_to_its_newest_outbox(void **state) {
    struct store_fixture *fixture = *state;
    struct sender older, newer;
    struct id128 unknown = {.b = {1}};
    struct outbox_row *outboxes = NULL;
    size_t count = 0;
    uint64_t cursor = 0;
    struct device_record device = device_made(1);
    device_put(fixture, &device);
    sender_init(&older, 1, 1);
    sender_init(&newer, 1, 2);
    sender_send(fixture, &older, 3);
    sender_send(fixture, &newer, 2);
    fixture_begin(fixture);
    assert_ok(fixture->store->registry->device_seen(fixture->store, &device.device, 333, NULL, 9, "app/1.2"));
    assert_err(ROND_ENOTFOUND, fixture->store->registry->device_seen(fixture->store, &unknown, 333, NULL, 9, ""));
    fixture_commit(fixture);
    assert_int_equal(device_got(fixture, 1).seen_ms, 333);
    assert_string_equal(device_got(fixture, 1).client, "app/1.2");
    device_put(fixture, &device); // what is said about it is not what it says
    assert_string_equal(device_got(fixture, 1).client, "app/1.2");
    assert_ok(
        fixture->store->views->outboxes(fixture->store, &device.device, 0, 10, &fixture->arena, &outboxes, &count, &cursor));
    assert_int_equal(count, 2);
    assert_int_equal(outboxes[0].last_seq, 3);
    assert_int_equal(outboxes[1].last_seq, 9);
    assert_int_equal(outboxes[1].chain.seq, 2);
}

static void said_of(struct store_fixture *fixture, const struct id128 *outbox, uint64_t older_last, uint64_t newer_last) {
    struct id128 device = device_made(1).device;
    struct outbox_row *outboxes = NULL;
    size_t count = 0;
    uint64_t cursor = 0;
    fixture_begin(fixture);
    assert_ok(fixture->store->registry->device_seen(fixture->store, &device, 333, outbox, 9, ""));
    fixture_commit(fixture);
    assert_ok(fixture->store->views->outboxes(fixture->store, &device, 0, 10, &fixture->arena, &outboxes, &count, &cursor));
    assert_int_equal(count, 2);
    assert_int_equal(outboxes[0].last_seq, older_last);
    assert_int_equal(outboxes[1].last_seq, newer_last);
}

// A handheld that was restored from an older image of itself goes on with an outbox that is not its newest here.
static void what_a_device_says_of_an_older_outbox_is_not_taken_for_its_newest(void **state) {
    struct store_fixture *fixture = *state;
    struct sender older, newer;
    struct device_record device = device_made(1);
    const struct id128 not_here = {.b = {7}};
    device_put(fixture, &device);
    sender_init(&older, 1, 1);
    sender_init(&newer, 1, 2);
    sender_send(fixture, &older, 3);
    sender_send(fixture, &newer, 2);
    const struct id128 outboxes[] = {sender_key(&older, 1).outbox, sender_key(&newer, 1).outbox};
    said_of(fixture, &outboxes[0], 9, 2);
    said_of(fixture, &outboxes[1], 3, 9);
    said_of(fixture, &not_here, 3, 9);
}

static struct device_key key_made(unsigned number, unsigned device) {
    static const uint8_t spki[] = {0x30, 0x59, 0x00, 0x13};
    struct device_key key = {.spki_hash.b = {(uint8_t)number}, .device.b = {0xd0, (uint8_t)device}, .since_ms = number};
    key.spki = bytes_of(spki, sizeof spki);
    return key;
}

static void one_key_is_current_and_old_ones_stay(void **state) {
    struct store_fixture *fixture = *state;
    const struct registry_ops *registry = fixture->store->registry;
    struct device_key first = key_made(1, 1), second = key_made(2, 1), other = key_made(3, 2), stolen = key_made(3, 1), got;
    struct device_key *keys = NULL;
    size_t count = 0;
    fixture_begin(fixture);
    assert_ok(registry->key_put(fixture->store, &first));
    assert_ok(registry->key_put(fixture->store, &other));
    assert_ok(registry->key_put(fixture->store, &second));
    fixture_commit(fixture);
    fixture_begin(fixture);
    assert_err(ROND_ECONFLICT, registry->key_put(fixture->store, &stolen));
    fixture_rollback(fixture);
    fixture_reopen(fixture);
    registry = fixture->store->registry;
    assert_ok(fixture->store->views->keys_of(fixture->store, &first.device, &fixture->arena, &keys, &count));
    assert_int_equal(count, 2);
    assert_false(keys[0].current);
    assert_true(keys[1].current);
    assert_true(bytes_equal(keys[1].spki, second.spki));
    assert_int_equal(keys[1].since_ms, 2);
    assert_ok(registry->key_get(fixture->store, &other.spki_hash, &fixture->arena, &got));
    assert_true(got.current && id128_equal(&got.device, &other.device));
    fixture_begin(fixture);
    assert_ok(registry->key_put(fixture->store, &first)); // taken up again
    fixture_commit(fixture);
    assert_ok(registry->key_get(fixture->store, &first.spki_hash, &fixture->arena, &got));
    assert_true(got.current);
    assert_ok(registry->key_get(fixture->store, &second.spki_hash, &fixture->arena, &got));
    assert_false(got.current);
    struct hash256 unknown = {{9}};
    assert_err(ROND_ENOTFOUND, registry->key_get(fixture->store, &unknown, &fixture->arena, &got));
}

static void an_enrolment_code_is_used_up(void **state) {
    struct store_fixture *fixture = *state;
    const struct registry_ops *registry = fixture->store->registry;
    struct enrol_code got, code = {.secret_hash.b = {1, 2}, .organisation = "polisen", .area = "lund", .roles = ROLES};
    code.roles_count = 1;
    code.expires_ms = 999;
    code.tries_left = 5;
    fixture_begin(fixture);
    assert_ok(registry->code_put(fixture->store, &code));
    fixture_commit(fixture);
    fixture_begin(fixture);
    assert_err(ROND_ECONFLICT, registry->code_put(fixture->store, &code));
    fixture_rollback(fixture);
    code.tries_left = 4;
    code.used = true;
    code.device.b[3] = 7;
    fixture_begin(fixture);
    assert_ok(registry->code_update(fixture->store, &code));
    fixture_commit(fixture);
    fixture_reopen(fixture);
    registry = fixture->store->registry;
    assert_ok(registry->code_get(fixture->store, &code.secret_hash, &fixture->arena, &got));
    assert_string_equal(got.organisation, "polisen");
    assert_string_equal(got.area, "lund");
    assert_int_equal(got.roles_count, 1);
    assert_string_equal(got.roles[0], "police_officer");
    assert_int_equal(got.expires_ms, 999);
    assert_int_equal(got.tries_left, 4);
    assert_true(got.used && got.device.b[3] == 7);
    code.secret_hash.b[0] = 9;
    assert_err(ROND_ENOTFOUND, registry->code_get(fixture->store, &code.secret_hash, &fixture->arena, &got));
    fixture_begin(fixture);
    assert_err(ROND_ENOTFOUND, registry->code_update(fixture->store, &code));
    fixture_rollback(fixture);
}

static struct enrol_code waiting_code(uint8_t secret, enum code_approval approval, int64_t asked_ms, int64_t ends_ms) {
    return (struct enrol_code){.secret_hash.b = {secret},
                               .organisation = "polisen",
                               .area = "lund",
                               .roles = ROLES,
                               .roles_count = 1,
                               .issuer = "uid:7",
                               .approval = approval,
                               .key_hash.b = {secret, 9},
                               .name = "Bil 7",
                               .asked_ms = asked_ms,
                               .approval_ends_ms = ends_ms};
}

static void a_code_keeps_its_issuer_and_what_came_of_its_approval(void **state) {
    struct store_fixture *fixture = *state;
    const struct registry_ops *registry = fixture->store->registry;
    struct enrol_code got, code = {.secret_hash.b = {1}, .organisation = "polisen", .area = "lund", .roles = ROLES};
    code.issuer = "person:anna";
    code.approval = APPROVAL_WANTED;
    fixture_begin(fixture);
    assert_ok(registry->code_put(fixture->store, &code));
    fixture_commit(fixture);
    assert_ok(registry->code_get(fixture->store, &code.secret_hash, &fixture->arena, &got));
    assert_string_equal(got.name, "");
    code = waiting_code(1, APPROVAL_WAITING, 500, 900);
    code.issuer = "person:another"; // stays who it was
    fixture_begin(fixture);
    assert_ok(registry->code_update(fixture->store, &code));
    fixture_commit(fixture);
    fixture_begin(fixture);
    code.name = "rolled back";
    assert_ok(registry->code_update(fixture->store, &code));
    fixture_rollback(fixture);
    fixture_reopen(fixture);
    registry = fixture->store->registry;
    assert_ok(registry->code_get(fixture->store, &code.secret_hash, &fixture->arena, &got));
    assert_string_equal(got.issuer, "person:anna");
    assert_int_equal(got.approval, APPROVAL_WAITING);
    assert_string_equal(got.name, "Bil 7");
    assert_int_equal(got.key_hash.b[1], 9);
    assert_int_equal(got.asked_ms, 500);
    assert_int_equal(got.approval_ends_ms, 900);
}

static void codes_that_wait_are_listed_first_come_first_until_their_time_is_over(void **state) {
    struct store_fixture *fixture = *state;
    const struct enrol_code codes[] = {
        waiting_code(1, APPROVAL_WAITING, 300, 900), waiting_code(2, APPROVAL_GIVEN, 200, 900),
        waiting_code(3, APPROVAL_WAITING, 100, 400), // over
        waiting_code(4, APPROVAL_WANTED, 0, 900),    waiting_code(5, APPROVAL_REFUSED, 1, 900),
        waiting_code(6, APPROVAL_USED, 1, 900),      waiting_code(7, APPROVAL_NONE, 1, 900),
    };
    struct enrol_code *waiting = NULL;
    size_t count = 0;
    fixture_begin(fixture);
    for (size_t i = 0; i < ARRAY_COUNT(codes); i++)
        assert_ok(fixture->store->registry->code_put(fixture->store, &codes[i]));
    fixture_commit(fixture);
    assert_ok(fixture->store->views->codes_waiting(fixture->store, 400, 10, &fixture->arena, &waiting, &count));
    assert_int_equal(count, 2);
    assert_int_equal(waiting[0].secret_hash.b[0], 2);
    assert_int_equal(waiting[1].secret_hash.b[0], 1);
    assert_string_equal(waiting[1].name, "Bil 7");
    assert_string_equal(waiting[1].roles[0], "police_officer");
    assert_ok(fixture->store->views->codes_waiting(fixture->store, 399, 2, &fixture->arena, &waiting, &count));
    assert_int_equal(count, 2);
    assert_int_equal(waiting[0].secret_hash.b[0], 3);
}

static void a_commitment_keeps_its_number(void **state) {
    struct store_fixture *fixture = *state;
    const struct registry_ops *registry = fixture->store->registry;
    uint32_t first = 0, second = 0, again = 0;
    const char *path = NULL;
    fixture_begin(fixture);
    assert_ok(registry->commitment_number(fixture->store, "lund-2015/kontroller", &first));
    assert_ok(registry->commitment_number(fixture->store, "lund-2015/taxi", &second));
    fixture_commit(fixture);
    fixture_reopen(fixture);
    assert_true(first != 0 && second != 0 && first != second);
    assert_ok(fixture->store->registry->commitment_number(fixture->store, "lund-2015/kontroller", &again)); // only reads
    assert_int_equal(again, first);
    assert_ok(fixture->store->views->commitment_path(fixture->store, second, &fixture->arena, &path));
    assert_string_equal(path, "lund-2015/taxi");
    assert_err(ROND_ENOTFOUND, fixture->store->views->commitment_path(fixture->store, 99, &fixture->arena, &path));
}

static uint64_t reference_put(struct store_fixture *fixture, const char *id, const char *name, bool removed) {
    Rond__V1__Area area = ROND__V1__AREA__INIT;
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    uint64_t revision = 99;
    area.id = strdup(id);
    area.name = strdup(name);
    entry.id = area.id;
    entry.removed = removed;
    entry.revision = 12345; // of no meaning
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_AREA;
    entry.area = &area;
    fixture_begin(fixture);
    assert_ok(fixture->store->registry->reference_put(fixture->store, &entry, &revision));
    fixture_commit(fixture);
    free(area.id);
    free(area.name);
    return revision;
}

static size_t reference_after(struct store_fixture *fixture, uint64_t cursor, size_t limit, Rond__V1__ReferenceEntry ***ret,
                              uint64_t *ret_newest) {
    size_t count = 99;
    assert_ok(fixture->store->views->reference(fixture->store, cursor, limit, &fixture->arena, ret, &count, ret_newest));
    return count;
}

static void reference_data_comes_in_order_of_its_last_change(void **state) {
    struct store_fixture *fixture = *state;
    Rond__V1__ReferenceEntry **entries = NULL;
    uint64_t newest = 99;
    assert_int_equal(reference_after(fixture, 0, 10, &entries, &newest), 0);
    assert_int_equal(newest, 0);
    assert_int_equal(reference_put(fixture, "lund", "Lund", false), 1);
    assert_int_equal(reference_put(fixture, "pitea", "Piteå", false), 2);
    assert_int_equal(reference_put(fixture, "angered", "Angered", false), 3);
    assert_int_equal(reference_put(fixture, "lund", "Lund", false), 1); // nothing changed
    assert_int_equal(reference_put(fixture, "lund", "Lunds kommun", false), 4);
    fixture_reopen(fixture);
    assert_int_equal(reference_after(fixture, 0, 10, &entries, &newest), 3);
    assert_int_equal(newest, 4);
    assert_string_equal(entries[0]->id, "pitea");
    assert_int_equal(entries[0]->revision, 2);
    assert_string_equal(entries[2]->area->name, "Lunds kommun");
    assert_int_equal(entries[2]->revision, 4);
    assert_int_equal(reference_after(fixture, 2, 1, &entries, &newest), 1);
    assert_string_equal(entries[0]->id, "angered");
    assert_int_equal(newest, 4);
    assert_int_equal(reference_after(fixture, 4, 10, &entries, &newest), 0);
    assert_int_equal(newest, 4);
    assert_int_equal(reference_after(fixture, UINT64_MAX, 10, &entries, &newest), 0);
}

static void removed_reference_data_leaves_a_tombstone(void **state) {
    struct store_fixture *fixture = *state;
    Rond__V1__ReferenceEntry **entries = NULL;
    uint64_t newest = 0;
    reference_put(fixture, "lund", "Lund", false);
    assert_int_equal(reference_put(fixture, "lund", "", true), 2);
    assert_int_equal(reference_put(fixture, "lund", "whatever", true), 2); // it is gone already
    assert_int_equal(reference_put(fixture, "never-there", "", true), 0);
    assert_int_equal(reference_after(fixture, 0, 10, &entries, &newest), 1);
    assert_true(entries[0]->removed);
    assert_int_equal(entries[0]->body_case, ROND__V1__REFERENCE_ENTRY__BODY_AREA);
    assert_int_equal(reference_put(fixture, "lund", "Lund", false), 3); // back again
    assert_int_equal(reference_after(fixture, 2, 10, &entries, &newest), 1);
    assert_false(entries[0]->removed);
}

static void reference_data_without_id_or_body_is_refused(void **state) {
    struct store_fixture *fixture = *state;
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    Rond__V1__Area area = ROND__V1__AREA__INIT;
    char id[] = "lund";
    fixture_begin(fixture);
    entry.id = id;
    assert_err(ROND_EINVALID, fixture->store->registry->reference_put(fixture->store, &entry, NULL));
    id[0] = '\0';
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_AREA;
    entry.area = &area;
    assert_err(ROND_EINVALID, fixture->store->registry->reference_put(fixture->store, &entry, NULL));
    fixture_rollback(fixture);
}

static void audit_put(struct store_fixture *fixture, int64_t at_ms, const char *actor, const char *action) {
    struct audit_row row = {.at_ms = at_ms, .actor = actor, .action = action, .detail = ""};
    assert_ok(fixture->store->registry->audit(fixture->store, &row));
}

// The ids, as "5 4 3 |" with a bar where a page ends.
static void assert_newest(struct store_fixture *fixture, const struct audit_filter *filter, size_t limit,
                          const char *expected) {
    char ids[128] = "";
    uint64_t cursor = 0;
    do {
        struct audit_row *rows = NULL;
        size_t count = 0;
        assert_ok(fixture->store->views->audit_newest(fixture->store, filter, cursor, limit, &fixture->arena, &rows, &count,
                                                      &cursor));
        for (size_t i = 0; i < count; i++)
            snprintf(ids + strlen(ids), sizeof ids - strlen(ids), "%u ", (unsigned)rows[i].id);
        strcat(ids, "|");
    } while (cursor != 0);
    assert_string_equal(ids, expected);
}

static void the_audit_log_is_read_from_its_newest_end(void **state) {
    struct store_fixture *fixture = *state;
    const struct {
        struct audit_filter filter;
        size_t limit;
        const char *expected;
    } cases[] = {
        {{.to_ms = INT64_MAX}, 10, "5 3 4 2 1 |"}, // the clock went back between 3 and 4
        {{.to_ms = INT64_MAX}, 2, "5 3 |4 2 |1 |"},
        {{.to_ms = INT64_MAX}, 5, "5 3 4 2 1 |"},
        {{.from_ms = 20, .to_ms = 30}, 10, "4 2 |"},
        {{.from_ms = 20, .to_ms = 30}, 1, "4 |2 |"},
        {{.actor = "bo", .to_ms = INT64_MAX}, 1, "5 |4 |2 |"},
        {{.action = "export", .to_ms = INT64_MAX}, 10, "3 4 |"},
        {{.actor = "bo", .action = "export", .to_ms = INT64_MAX}, 10, "4 |"},
        {{.actor = "nobody", .to_ms = INT64_MAX}, 10, "|"},
    };
    fixture_begin(fixture);
    audit_put(fixture, 10, "anna", "words");
    audit_put(fixture, 20, "bo", "words");
    audit_put(fixture, 30, "anna", "export");
    audit_put(fixture, 20, "bo", "export");
    audit_put(fixture, 40, "bo", "words");
    fixture_commit(fixture);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
        assert_newest(fixture, &cases[i].filter, cases[i].limit, cases[i].expected);
}

static void audit_rows_are_kept_in_order(void **state) {
    struct store_fixture *fixture = *state;
    struct audit_row *rows = NULL;
    size_t count = 0;
    uint64_t cursor = 0;
    for (int i = 0; i < 5; i++) {
        struct audit_row row = {
            .at_ms = i, .actor = "uid:1000", .action = "device.revoke", .detail = i == 3 ? "" : "å device=4f"};
        fixture_begin(fixture);
        assert_ok(fixture->store->registry->audit(fixture->store, &row));
        fixture_commit(fixture);
    }
    fixture_reopen(fixture); // checks the chain
    assert_ok(fixture->store->views->audit(fixture->store, 0, 3, &fixture->arena, &rows, &count, &cursor));
    assert_int_equal(count, 3);
    assert_string_equal(rows[2].detail, "å device=4f");
    assert_string_equal(rows[0].actor, "uid:1000");
    assert_string_equal(rows[0].action, "device.revoke");
    struct hash256 before = {0}, hash;
    for (size_t i = 0; i < count; before = rows[i++].hash) {
        assert_ok(audit_hash(&before, rows[i].id, &rows[i], &hash));
        assert_true(hash256_equal(&hash, &rows[i].hash)); // so that who has an export can check it
    }
    assert_true(cursor != 0);
    assert_ok(fixture->store->views->audit(fixture->store, cursor, 3, &fixture->arena, &rows, &count, &cursor));
    assert_int_equal(count, 2);
    assert_int_equal(rows[0].at_ms, 3);
    assert_int_equal(rows[0].id, 4);
    assert_int_equal(cursor, 0);
}

static enum rond_err version_put(struct store_fixture *fixture, char *id, uint32_t version, char *title, uint64_t revision) {
    Rond__V1__Promise promise = ROND__V1__PROMISE__INIT;
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    promise.id = entry.id = id;
    promise.title_sv = title;
    entry.revision = revision;
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_PROMISE;
    entry.promise = &promise;
    const struct promise_version row = {version, 1000 + version, "uid:7", &entry};
    fixture_begin(fixture);
    enum rond_err err = fixture->store->registry->promise_version_put(fixture->store, &row);
    if (err == ROND_OK)
        fixture_commit(fixture);
    else
        fixture_rollback(fixture);
    return err;
}

static void every_version_of_a_promise_is_kept(void **state) {
    struct store_fixture *fixture = *state;
    struct promise_version *versions = NULL;
    size_t count = 1;
    char lund[] = "lund-2015", pitea[] = "pitea-2015", first[] = "Första", second[] = "Andra";
    assert_ok(version_put(fixture, lund, 1, first, 4));
    assert_ok(version_put(fixture, pitea, 1, second, 5));
    assert_ok(version_put(fixture, lund, 2, second, 9));
    assert_err(ROND_ECONFLICT, version_put(fixture, lund, 2, first, 10));
    assert_err(ROND_EINVALID, version_put(fixture, lund, 0, first, 10));
    fixture_reopen(fixture);
    assert_ok(fixture->store->views->promise_versions(fixture->store, "lund-2015", &fixture->arena, &versions, &count));
    assert_int_equal(count, 2);
    assert_int_equal(versions[0].version, 1);
    assert_string_equal(versions[0].entry->promise->title_sv, "Första");
    assert_int_equal(versions[1].version, 2);
    assert_int_equal(versions[1].at_ms, 1002);
    assert_string_equal(versions[1].actor, "uid:7");
    assert_int_equal(versions[1].entry->revision, 9);
    assert_string_equal(versions[1].entry->promise->title_sv, "Andra");
    assert_ok(fixture->store->views->promise_versions(fixture->store, "nowhere", &fixture->arena, &versions, &count));
    assert_int_equal(count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_EVERY_BACKEND(the_identity_stays_the_same),
        ON_EVERY_BACKEND(an_epoch_begins_and_never_goes_back),
        ON_EVERY_BACKEND(a_device_is_kept_and_changed),
        ON_EVERY_BACKEND(by_which_ca_a_device_came_is_kept_with_it),
        ON_EVERY_BACKEND(what_a_device_last_said_belongs_to_its_newest_outbox),
        ON_EVERY_BACKEND(what_a_device_says_of_an_older_outbox_is_not_taken_for_its_newest),
        ON_EVERY_BACKEND(one_key_is_current_and_old_ones_stay),
        ON_EVERY_BACKEND(an_enrolment_code_is_used_up),
        ON_EVERY_BACKEND(a_code_keeps_its_issuer_and_what_came_of_its_approval),
        ON_EVERY_BACKEND(codes_that_wait_are_listed_first_come_first_until_their_time_is_over),
        ON_EVERY_BACKEND(a_commitment_keeps_its_number),
        ON_EVERY_BACKEND(reference_data_comes_in_order_of_its_last_change),
        ON_EVERY_BACKEND(removed_reference_data_leaves_a_tombstone),
        ON_EVERY_BACKEND(reference_data_without_id_or_body_is_refused),
        ON_EVERY_BACKEND(every_version_of_a_promise_is_kept),
        ON_EVERY_BACKEND(audit_rows_are_kept_in_order),
        ON_EVERY_BACKEND(the_audit_log_is_read_from_its_newest_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
