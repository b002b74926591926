// Small settings, each sealed to its name.
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "outbox_world.h"

static struct outbox *outbox_of(void **state) {
    return ((struct world *)*state)->outbox;
}

static void execute(struct outbox *outbox, const char *sql) {
    assert_int_equal(sqlite3_exec(outbox->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void assert_value(void **state, const char *name, struct bytes expected) {
    struct world *world = *state;
    struct bytes value;
    assert_ok(outbox_setting_get(world->outbox, name, &world->arena, &value));
    assert_true(bytes_equal(value, expected));
}

static void assert_none(void **state, const char *name, enum rond_err err) {
    struct world *world = *state;
    struct bytes value = bytes_of_text("untouched");
    assert_err(err, outbox_setting_get(world->outbox, name, &world->arena, &value));
    assert_true(bytes_equal(value, bytes_of_text("untouched")));
}

static void the_last_value_put_is_the_value(void **state) {
    struct outbox *outbox = outbox_of(state);
    assert_none(state, "a", ROND_ENOTFOUND);
    assert_ok(outbox_setting_put(outbox, "a", bytes_of_text("one")));
    assert_ok(outbox_setting_put(outbox, "a", bytes_of_text("two")));
    assert_ok(outbox_setting_put(outbox, "A", bytes_of_text("another")));
    assert_ok(outbox_setting_put(outbox, "", bytes_of_text("of no name")));
    assert_value(state, "a", bytes_of_text("two"));
    assert_value(state, "A", bytes_of_text("another"));
    assert_value(state, "", bytes_of_text("of no name"));
}

static void an_empty_value_removes_it(void **state) {
    struct outbox *outbox = outbox_of(state);
    assert_ok(outbox_setting_put(outbox, "a", bytes_of(NULL, 0))); // of nothing there
    assert_ok(outbox_setting_put(outbox, "a", bytes_of_text("one")));
    assert_ok(outbox_setting_put(outbox, "b", bytes_of_text("two")));
    assert_ok(outbox_setting_put(outbox, "a", bytes_of(NULL, 0)));
    assert_none(state, "a", ROND_ENOTFOUND);
    assert_value(state, "b", bytes_of_text("two"));
}

static void values_of_any_bytes_and_sizes_come_back(void **state) {
    static uint8_t bytes[100 * 1000];
    static const size_t sizes[] = {1, 15, 16, 17, 255, 256, 4096, sizeof bytes};
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7); // NUL among them
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        assert_ok(outbox_setting_put(outbox_of(state), "a", bytes_of(bytes, sizes[i])));
        assert_value(state, "a", bytes_of(bytes, sizes[i]));
    }
}

static void a_name_has_a_bound_and_no_quoting(void **state) {
    struct outbox *outbox = outbox_of(state);
    char name[98];
    memset(name, 'n', sizeof name);
    name[97] = '\0';
    assert_err(ROND_EINVALID, outbox_setting_put(outbox, name, bytes_of_text("x")));
    assert_err(ROND_EINVALID, outbox_setting_put(outbox, name, bytes_of(NULL, 0)));
    assert_none(state, name, ROND_ENOTFOUND);
    name[96] = '\0';
    assert_ok(outbox_setting_put(outbox, name, bytes_of_text("x")));
    assert_value(state, name, bytes_of_text("x"));
    name[95] = '\0'; // a name that another begins with is another
    assert_none(state, name, ROND_ENOTFOUND);
    assert_ok(outbox_setting_put(outbox, "'; DROP TABLE settings; --", bytes_of_text("y")));
    assert_value(state, "'; DROP TABLE settings; --", bytes_of_text("y"));
}

static void a_value_moved_under_another_name_is_not_believed(void **state) {
    struct outbox *outbox = outbox_of(state);
    assert_ok(outbox_setting_put(outbox, "address.other", bytes_of_text("mine")));
    assert_ok(outbox_setting_put(outbox, "address.last", bytes_of_text("192.0.2.1")));
    execute(outbox, "UPDATE settings SET sealed = (SELECT sealed FROM settings WHERE name = 'address.last')"
                    " WHERE name = 'address.other'");
    assert_none(state, "address.other", ROND_ECORRUPT);
    assert_value(state, "address.last", bytes_of_text("192.0.2.1"));
}

static void an_enrolment_that_cannot_be_read_is_read_from_its_copy(void **state) {
    struct outbox *outbox = outbox_of(state);
    assert_ok(outbox_setting_put(outbox, "enrolment.current", bytes_of_text("first")));
    assert_ok(outbox_setting_put(outbox, "enrolment.current", bytes_of_text("mine")));
    execute(outbox, "UPDATE settings SET sealed = zeroblob(length(sealed))");
    assert_value(state, "enrolment.current", bytes_of_text("mine"));
    execute(outbox, "UPDATE meta SET value = zeroblob(length(value)) WHERE name LIKE 'setting %'");
    assert_none(state, "enrolment.current", ROND_ECORRUPT);
    assert_ok(outbox_setting_put(outbox, "enrolment.current", bytes_of_text("again")));
    execute(outbox, "UPDATE settings SET sealed = zeroblob(length(sealed))");
    assert_value(state, "enrolment.current", bytes_of_text("again"));
}

static void every_altered_byte_is_noticed_and_a_new_value_mends_it(void **state) {
    struct outbox *outbox = outbox_of(state);
    static const char *const damages[] = {
        "UPDATE settings SET sealed = x''",
        "UPDATE settings SET sealed = NULL",
        "UPDATE settings SET sealed = 17",
        "UPDATE settings SET sealed = zeroblob(10000)",
        "UPDATE settings SET sealed = substr(sealed, 1, length(sealed) - 1)",
        "UPDATE settings SET sealed = sealed || x'00'",
    };
    for (size_t i = 0; i < ARRAY_COUNT(damages); i++) {
        assert_ok(outbox_setting_put(outbox, "a", bytes_of_text("secret")));
        if (sqlite3_exec(outbox->db, damages[i], NULL, NULL, NULL) == SQLITE_OK) // the table may refuse it itself
            assert_none(state, "a", ROND_ECORRUPT);
    }
    int size = 1;
    for (int i = 1; i <= size; i++) {
        char sql[300];
        assert_ok(outbox_setting_put(outbox, "a", bytes_of_text("secret")));
        size = (int)outbox->sealed.size;
        snprintf(sql, sizeof sql,
                 "UPDATE settings SET sealed = cast(substr(sealed, 1, %d) || CASE substr(sealed, %d, 1) WHEN x'00'"
                 " THEN x'01' ELSE x'00' END || substr(sealed, %d) AS BLOB)",
                 i - 1, i, i + 1);
        execute(outbox, sql);
        assert_none(state, "a", ROND_ECORRUPT);
    }
    assert_true(size > 6);
    assert_ok(outbox_setting_put(outbox, "a", bytes_of_text("anew")));
    assert_value(state, "a", bytes_of_text("anew"));
}

static void without_memory_for_the_value_nothing_is_answered(void **state) {
    struct world *world = *state;
    struct arena small;
    struct bytes value;
    static const uint8_t big[64 * 1024] = {1};
    arena_init(&small, 1024);
    assert_ok(outbox_setting_put(world->outbox, "a", bytes_of(big, sizeof big)));
    assert_err(ROND_ENOMEM, outbox_setting_get(world->outbox, "a", &small, &value));
    arena_deinit(&small);
    assert_value(state, "a", bytes_of(big, sizeof big)); // the statement was ended: it can be asked again
}

static void a_broken_table_is_an_error_and_not_an_absence(void **state) {
    execute(outbox_of(state), "DROP TABLE settings");
    struct bytes value;
    struct world *world = *state;
    enum rond_err err = outbox_setting_get(world->outbox, "a", &world->arena, &value);
    assert_true(err != ROND_OK && err != ROND_ENOTFOUND);
    err = outbox_setting_put(world->outbox, "a", bytes_of_text("x"));
    assert_true(err != ROND_OK);
}

static void settings_are_there_again_after_reopening_and_unreadable_without_the_key(void **state) {
    struct world *world = *state;
    char directory[] = "/tmp/rond-settings-XXXXXX", path[64], command[64];
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/outbox", directory);
    struct outbox_config config = {.path = path, .key = &world->key, .rng = rng_system(), .clock = clock_system()};
    outbox_close(world->outbox);
    assert_ok(outbox_open(&config, &world->outbox, NULL));
    assert_ok(outbox_setting_put(world->outbox, "a", bytes_of_text("a value in clear")));
    outbox_close(world->outbox);
    assert_ok(outbox_open(&config, &world->outbox, NULL));
    assert_value(state, "a", bytes_of_text("a value in clear"));
    snprintf(command, sizeof command, "grep -q 'a value in clear' %s/*", directory);
    assert_int_not_equal(system(command), 0);
    snprintf(command, sizeof command, "rm -rf %s", directory);
    assert_int_equal(system(command), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_last_value_put_is_the_value),
        TEST(an_empty_value_removes_it),
        TEST(values_of_any_bytes_and_sizes_come_back),
        TEST(a_name_has_a_bound_and_no_quoting),
        TEST(a_value_moved_under_another_name_is_not_believed),
        TEST(an_enrolment_that_cannot_be_read_is_read_from_its_copy),
        TEST(every_altered_byte_is_noticed_and_a_new_value_mends_it),
        TEST(without_memory_for_the_value_nothing_is_answered),
        TEST(a_broken_table_is_an_error_and_not_an_absence),
        TEST(settings_are_there_again_after_reopening_and_unreadable_without_the_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
