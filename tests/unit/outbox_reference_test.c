// Tests: client-sdk/src/outbox_reference.c client-sdk/src/outbox_feedback.c
#include "outbox.h"

#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outbox_world.h"

static void term_make(Rond__V1__ReferenceEntry *entry, Rond__V1__Term *term, char *id, char *name, uint64_t revision) {
    rond__v1__term__init(term);
    term->id = id;
    term->name_sv = name;
    rond__v1__reference_entry__init(entry);
    entry->revision = revision;
    entry->id = id;
    entry->body_case = ROND__V1__REFERENCE_ENTRY__BODY_TERM;
    entry->term = term;
}

static void store(struct world *world, uint64_t cursor, Rond__V1__ReferenceEntry **entries, size_t count) {
    Rond__V1__Reference reference = ROND__V1__REFERENCE__INIT;
    reference.cursor = cursor;
    reference.n_entries = count;
    reference.entries = entries;
    assert_ok(outbox_reference_store(world->outbox, &reference));
}

static size_t terms(struct world *world, Rond__V1__ReferenceEntry ***entries) {
    size_t count = 99;
    assert_ok(outbox_reference_list(world->outbox, ROND__V1__REFERENCE_ENTRY__BODY_TERM, &world->arena, entries, &count));
    return count;
}

static void reference_data_is_kept_changed_and_removed_with_its_cursor(void **state) {
    struct world *world = *state;
    char b[] = "b", a[] = "a", first[] = "first", second[] = "second";
    Rond__V1__ReferenceEntry one, two, *both[] = {&one, &two};
    Rond__V1__Term term_one, term_two;
    term_make(&one, &term_one, b, first, 1);
    term_make(&two, &term_two, a, first, 2);
    store(world, 2, both, 2);
    Rond__V1__ReferenceEntry **entries;
    assert_int_equal(terms(world, &entries), 2);
    assert_string_equal(entries[0]->id, "a");
    assert_string_equal(entries[1]->term->name_sv, "first");
    term_make(&one, &term_one, a, second, 3);
    term_make(&two, &term_two, b, first, 4);
    two.removed = true;
    store(world, 4, both, 2);
    assert_int_equal(terms(world, &entries), 1);
    assert_string_equal(entries[0]->term->name_sv, "second");
    struct device_server_state server;
    outbox_server(world->outbox, &server);
    assert_int_equal(server.reference_cursor, 4);
}

static char directory[32], path[64];

// On a file from here on, the same one each time.
static void reopen(struct world *world) {
    const struct outbox_config config = {.path = path, .key = &world->key, .rng = rng_system(), .clock = clock_system()};
    outbox_close(world->outbox);
    assert_ok(outbox_open(&config, &world->outbox, NULL));
}

static int file_setup(void **state) {
    (void)setup(state);
    strcpy(directory, "/tmp/rond-test-XXXXXX");
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/outbox.db", directory);
    reopen(*state);
    return 0;
}

static int file_teardown(void **state) {
    char command[64];
    (void)teardown(state);
    snprintf(command, sizeof command, "rm -r %s", directory);
    return system(command);
}

static bool file_holds(const char *suffix, const char *words) {
    static char content[1024 * 1024];
    char name[80];
    snprintf(name, sizeof name, "%s%s", path, suffix);
    FILE *file = fopen(name, "r");
    size_t size = file == NULL ? 0 : fread(content, 1, sizeof content, file);
    if (file != NULL)
        fclose(file);
    return memmem(content, size, words, strlen(words)) != NULL;
}

static void activity_make(Rond__V1__ReferenceEntry *entry, Rond__V1__Activity *activity, char *id, char *title) {
    rond__v1__activity__init(activity);
    activity->id = id;
    activity->title = title;
    rond__v1__reference_entry__init(entry);
    entry->revision = 7;
    entry->id = id;
    entry->body_case = ROND__V1__REFERENCE_ENTRY__BODY_ACTIVITY;
    entry->activity = activity;
}

static void expect_activity(struct world *world, const char *title) {
    Rond__V1__ReferenceEntry **entries;
    size_t count = 0;
    assert_ok(
        outbox_reference_list(world->outbox, ROND__V1__REFERENCE_ENTRY__BODY_ACTIVITY, &world->arena, &entries, &count));
    assert_int_equal(count, 1);
    assert_string_equal(entries[0]->activity->title, title);
}

// What a thief would read of a handheld that is locked: where the next check takes place.
static void a_planned_activity_lies_sealed_in_the_file_and_reads_back(void **state) {
    struct world *world = *state;
    char id[] = "P-7QK2M", title[] = "taxi check that nobody may know of";
    Rond__V1__ReferenceEntry entry, *list[] = {&entry};
    Rond__V1__Activity activity;
    activity_make(&entry, &activity, id, title);
    store(world, 7, list, 1);
    expect_activity(world, title);
    reopen(world);
    expect_activity(world, title);
    assert_true(file_holds("", id) || file_holds("-wal", id)); // the search does find what lies open
    assert_false(file_holds("", title) || file_holds("-wal", title));
}

static void an_activity_that_an_older_version_left_open_is_sealed_at_the_next_opening(void **state) {
    struct world *world = *state;
    char id[] = "P-7QK2M", title[] = "taxi check that nobody may know of";
    uint8_t packed[256];
    Rond__V1__ReferenceEntry entry;
    Rond__V1__Activity activity;
    activity_make(&entry, &activity, id, title);
    size_t size = rond__v1__reference_entry__pack(&entry, packed);
    assert_ok(sql_run(world->outbox, "INSERT INTO reference VALUES(?, ?, ?, ?)", "itib", (int64_t)entry.body_case, id,
                      (int64_t)7, bytes_of(packed, size)));
    expect_activity(world, title);
    reopen(world);
    expect_activity(world, title);
    outbox_close(world->outbox);
    world->outbox = NULL;
    assert_true(file_holds("", id));
    assert_false(file_holds("", title) || file_holds("-wal", title));
}

static void an_activity_that_does_not_open_is_passed_over(void **state) {
    struct world *world = *state;
    char id[] = "P-7QK2M", title[] = "taxi check", other[] = "P-7QK2N";
    Rond__V1__ReferenceEntry one, two, *list[] = {&one, &two};
    Rond__V1__Activity first, second;
    activity_make(&one, &first, id, title);
    activity_make(&two, &second, other, title);
    two.revision = 8;
    store(world, 8, list, 2);
    assert_ok(sql_run(world->outbox,
                      "UPDATE reference SET body = (SELECT body FROM reference WHERE id = 'P-7QK2M')"
                      " WHERE id = 'P-7QK2N'",
                      ""));
    expect_activity(world, title);
}

static void a_cursor_that_begins_anew_begins_with_nothing(void **state) {
    struct world *world = *state;
    char a[] = "a", name[] = "name";
    Rond__V1__ReferenceEntry entry, *list[] = {&entry}, **entries;
    Rond__V1__Term term;
    term_make(&entry, &term, a, name, 5);
    store(world, 5, list, 1);
    struct device_server_state server = {
        .known = true, .epoch = 2, .store_id = {{3}}, .credit_bytes = 77, .reference_cursor = 5};
    assert_ok(outbox_server_store(world->outbox, &server));
    assert_int_equal(terms(world, &entries), 1);
    server.reference_cursor = 0;
    assert_ok(outbox_server_store(world->outbox, &server));
    assert_int_equal(terms(world, &entries), 0);
    struct device_server_state kept;
    outbox_server(world->outbox, &kept);
    assert_true(kept.known);
    assert_int_equal(kept.epoch, 2);
    assert_int_equal(kept.credit_bytes, 77);
    assert_true(id128_equal(&kept.store_id, &server.store_id));
    world->outbox->server = (struct device_server_state){0};
    assert_ok(outbox_server_load(world->outbox)); // the same from the file
    assert_true(id128_equal(&world->outbox->server.store_id, &server.store_id));
    assert_int_equal(world->outbox->server.credit_bytes, 77);
}

static void feed(struct world *world, const struct id128 *outbox, uint64_t seq, Rond__V1__OutcomeState state,
                 uint64_t cursor) {
    struct id128 id = *outbox;
    char commitment[] = "lund/checks", reason[] = "why";
    Rond__V1__Toward toward = ROND__V1__TOWARD__INIT, *towards[] = {&toward};
    toward.commitment = commitment;
    toward.counted = true;
    Rond__V1__Outcome outcome = ROND__V1__OUTCOME__INIT, *outcomes[] = {&outcome};
    outcome.outbox.data = id.b;
    outcome.outbox.len = ID_SIZE;
    outcome.seq = seq;
    outcome.state = state;
    outcome.reason = reason;
    outcome.n_toward = 1;
    outcome.toward = towards;
    Rond__V1__Standing standing = ROND__V1__STANDING__INIT, *standings[] = {&standing};
    standing.commitment = commitment;
    standing.done = cursor;
    Rond__V1__Feedback feedback = ROND__V1__FEEDBACK__INIT;
    feedback.cursor = cursor;
    feedback.n_outcomes = 1;
    feedback.outcomes = outcomes;
    feedback.n_standings = 1;
    feedback.standings = standings;
    assert_ok(outbox_feedback_store(world->outbox, &feedback));
}

static void feedback_tells_what_became_of_a_report_also_under_its_old_identity(void **state) {
    struct world *world = *state;
    uint64_t seq;
    struct device_outbox_state at;
    outbox_state(world->outbox, &at);
    assert_ok(outbox_append(world->outbox, bytes_of_text("one"), &seq));
    assert_ok(outbox_fork(world->outbox));
    assert_ok(outbox_acknowledge(world->outbox, &(struct chain){.seq = 1}, NULL));
    feed(world, &at.outbox, 1, ROND__V1__OUTCOME_STATE__OUTCOME_STATE_QUARANTINED, 1);
    struct outbox_report report;
    assert_ok(outbox_find(world->outbox, &at.outbox, 1, &world->arena, &report));
    assert_int_equal(report.status, OUTBOX_QUARANTINED);
    assert_string_equal(report.outcome->reason, "why");
    feed(world, &at.outbox, 1, ROND__V1__OUTCOME_STATE__OUTCOME_STATE_COUNTED, 2); // released
    assert_ok(outbox_find(world->outbox, &at.outbox, 1, &world->arena, &report));
    assert_int_equal(report.status, OUTBOX_RECEIVED);
    assert_int_equal(report.outcome->n_toward, 1);
    struct id128 foreign = {{5}};
    feed(world, &foreign, 1, ROND__V1__OUTCOME_STATE__OUTCOME_STATE_COUNTED, 3); // of another file: passed over
    Rond__V1__Standing **standings;
    size_t count;
    assert_ok(outbox_standings(world->outbox, &world->arena, &standings, &count));
    assert_int_equal(count, 1);
    assert_int_equal(standings[0]->done, 3);
    struct device_server_state server;
    outbox_server(world->outbox, &server);
    assert_int_equal(server.feedback_cursor, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void the_stamp_of_the_standings_stands_and_goes_with_them(void **state) {
    struct world *world = *state;
    char commitment[] = "lund-2015/checks";
    Rond__V1__Feedback feedback = ROND__V1__FEEDBACK__INIT, page = ROND__V1__FEEDBACK__INIT;
    Rond__V1__Standing standing = ROND__V1__STANDING__INIT, *standings[] = {&standing}, **kept;
    struct device_server_state server;
    size_t count;
    standing.commitment = commitment;
    feedback.n_standings = 1;
    feedback.standings = standings;
    feedback.standings_stamp = 78;
    assert_ok(outbox_feedback_store(world->outbox, &feedback));
    assert_ok(outbox_feedback_store(world->outbox, &page)); // says nothing of standings
    outbox_server(world->outbox, &server);
    assert_int_equal(server.standings_stamp, 78);
    world->outbox->server.standings_stamp = 0;
    assert_ok(outbox_server_load(world->outbox)); // from the file
    outbox_server(world->outbox, &server);
    assert_int_equal(server.standings_stamp, 78);
    server.standings_stamp = 0; // another history
    assert_ok(outbox_server_store(world->outbox, &server));
    assert_ok(outbox_standings(world->outbox, &world->arena, &kept, &count));
    assert_int_equal(count, 0);
    assert_ok(outbox_feedback_store(world->outbox, &feedback));
    feedback.standings_stamp = 0; // of an older server
    assert_ok(outbox_feedback_store(world->outbox, &feedback));
    assert_ok(outbox_server_load(world->outbox));
    outbox_server(world->outbox, &server);
    assert_int_equal(server.standings_stamp, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(reference_data_is_kept_changed_and_removed_with_its_cursor),
        cmocka_unit_test_setup_teardown(a_planned_activity_lies_sealed_in_the_file_and_reads_back, file_setup,
                                        file_teardown),
        cmocka_unit_test_setup_teardown(an_activity_that_an_older_version_left_open_is_sealed_at_the_next_opening,
                                        file_setup, file_teardown),
        TEST(an_activity_that_does_not_open_is_passed_over),
        TEST(a_cursor_that_begins_anew_begins_with_nothing),
        TEST(feedback_tells_what_became_of_a_report_also_under_its_old_identity),
        TEST(the_stamp_of_the_standings_stands_and_goes_with_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
