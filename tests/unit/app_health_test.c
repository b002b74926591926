// What is warned of, over a real CA, store and folder; the clock is the test's.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app_inner.h"
#include "auth/seclusion.h"
#include "support/lund.h"
#include "support/test.h"
#include "wire/limits.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)
#define NOW_MS ((int64_t)LUND_NOW_S * 1000)

static struct lund lund;
static struct app *app;
static struct config config;
static int64_t now_ms, monotonic_ms;

static int64_t wall(void *context) {
    UNUSED(context);
    return now_ms;
}

static int64_t monotonic(void *context) {
    UNUSED(context);
    return monotonic_ms;
}

static const struct clock test_clock = {.wall_ms = wall, .monotonic_ms = monotonic};

static void wake(void *context) {
    UNUSED(context);
}

static int setup(void **state) {
    UNUSED(state);
    struct fault fault = {0};
    now_ms = NOW_MS;
    monotonic_ms = 1000;
    lund_open(&lund);
    assert_ok(ca_create(lund.directory, "Rond test CA", rng_system(), now_ms, &fault));
    store_close(lund.store);
    lund.store = NULL;
    app = calloc(1, sizeof *app);
    assert_non_null(app);
    config = (struct config){.certificate_warn_days = 14, .ca_warn_days = 180, .device_warn_days = 3, .grace_days = RENEWAL_GRACE_DAYS, .backup_warn_days = 7};
    (void)snprintf(config.data_dir, sizeof config.data_dir, "%s", lund.directory);
    app->config = &config;
    app->clock = &test_clock;
    app->files.certificate_expires_ms = now_ms + 365 * DAY_MS;
    const struct app_committer_config committer = {
        .data_dir = lund.directory, .clock = &test_clock, .rng = rng_system(), .wake = wake};
    identities_init(&app->identities);
    assert_ok(seclusion_make(lund.directory, &fault));
    assert_ok(ca_open(lund.directory, &app->ca, &fault));
    assert_ok(app_committer_create(&committer, &app->committer, &app->catalogue, &app->store_identity, &fault));
    assert_ok(store_open_sqlite(lund.directory, STORE_READ_ONLY, rng_system(), &app->read_only, &fault));
    assert_ok(identities_load(&app->identities, app->read_only));
    return 0;
}

static int teardown(void **state) {
    UNUSED(state);
    app_committer_destroy(app->committer);
    identities_deinit(&app->identities);
    catalogue_unref(app->catalogue);
    store_close(app->read_only);
    ca_close(app->ca);
    free(app);
    char command[sizeof lund.directory + 16];
    (void)snprintf(command, sizeof command, "rm -rf %s-ca", lund.directory);
    lund_close(&lund);
    return system(command);
}

static const char *look(void) {
    static char text[4096];
    struct buffer to;
    monotonic_ms += 60 * 1000;
    app_health_sweep(app);
    buffer_init(&to, sizeof text);
    assert_ok(app_health_write(app, false, &to));
    (void)snprintf(text, sizeof text, "%s", buffer_text(&to));
    buffer_deinit(&to);
    return text;
}

static void expect(const char *words) {
    const char *text = look();
    if (!strstr(text, words))
        fail_msg("%s does not say %s", text, words);
}

#define NONE "{\"alive\":true,\"store\":\"works\",\"store_trouble_s\":0,\"warnings\":[]}\n"

static void where_all_is_well_there_is_no_warning(void **state) {
    UNUSED(state);
    assert_string_equal(look(), NONE);
}

static void certificates_that_are_about_to_end_are_warned_of(void **state) {
    UNUSED(state);
    app->files.certificate_expires_ms = now_ms + 14 * DAY_MS;
    assert_string_equal(look(), NONE);
    app->files.certificate_expires_ms = now_ms + 14 * DAY_MS - 1;
    expect("{\"name\":\"server_certificate\",\"text\":\"The certificate of the listeners runs out in 13 days.\"}");
    app->files.certificate_expires_ms = now_ms;
    expect("The certificate of the listeners has run out.");
    config.certificate_warn_days = 0;
    assert_string_equal(look(), NONE);
    int64_t ends_ms = ca_expires_ms(app->ca);
    assert_true(ends_ms > now_ms + 3600 * DAY_MS && ends_ms < now_ms + 3700 * DAY_MS); // ten years
    config.device_warn_days = 0;
    now_ms = ends_ms - 180 * DAY_MS + 1000;
    expect("{\"name\":\"ca_certificate\",\"text\":\"The certificate of the certificate authority runs out in 179 days.\"}");
}

static struct identity identity_of(const struct device_key *key) {
    return (struct identity){
        .device = {.device = lund_device(0), .status = DEVICE_ACTIVE}, .keys = key, .keys_count = 1};
}

static void devices_that_have_not_renewed_are_warned_of_until_nobody_can_help_them(void **state) {
    UNUSED(state);
    struct device_key key = {.current = true, .since_ms = now_ms - (CERTIFICATE_DAYS - 3) * DAY_MS};
    struct identity identity = identity_of(&key);
    struct id128 id = lund_device(0);
    struct identities real = app->identities;
    id_map_init(&app->identities.by_device);
    assert_ok(id_map_put(&app->identities.by_device, &id, &identity));
    assert_string_equal(look(), NONE);
    now_ms += 1;
    expect("{\"name\":\"device_certificates\",\"text\":\"The certificates of 1 devices run out within 3 days and those of 0 have");
    now_ms += 3 * DAY_MS;
    expect("The certificates of 0 devices run out within 3 days and those of 1 have");
    identity.device.status = DEVICE_LOST;
    assert_string_equal(look(), NONE);
    identity.device.status = DEVICE_ACTIVE;
    now_ms += RENEWAL_GRACE_DAYS * DAY_MS;
    assert_string_equal(look(), NONE);
    id_map_deinit(&app->identities.by_device);
    app->identities = real;
}

static void write_time(const char *name, int64_t at_ms) {
    char path[96];
    (void)snprintf(path, sizeof path, "%s/%s", lund.directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "{\"at_ms\": %lld}\n", (long long)at_ms);
    assert_int_equal(fclose(file), 0);
}

static void an_old_backup_and_none_at_all_are_warned_of(void **state) {
    UNUSED(state);
    app->counts.reports = 1;
    expect("{\"name\":\"backup\",\"text\":\"There is no backup; make one with rondctl backup.\"}");
    write_time("backup.json", now_ms - 7 * DAY_MS);
    expect("There is no key file");
    write_time("keys.json", now_ms - 7 * DAY_MS - 1);
    expect("The last backup is newer than its key file");
    write_time("keys.json", now_ms - 7 * DAY_MS + 1);
    assert_string_equal(look(), NONE);
    write_time("backup.json", now_ms - 9 * DAY_MS);
    expect("The last backup is 9 days old.");
    config.backup_warn_days = 0;
    assert_string_equal(look(), NONE);
}

static void a_disk_that_is_nearly_full_is_warned_of(void **state) {
    UNUSED(state);
    config.disk_warn_mb = 1000 * 1000 * 1000; // more than any disk has
    expect("{\"name\":\"disk\",\"text\":\"The disk of the data directory is nearly full: ");
    assert_true(app->health.disk_free_bytes > 0);
}

static void counters_that_differ_are_warned_of(void **state) {
    UNUSED(state);
    app->balance.disagrees = true;
    expect("\"counters\"");
}

static void a_warning_is_said_when_it_begins_and_once_a_day(void **state) {
    UNUSED(state);
    app->balance.disagrees = true;
    look();
    int64_t first_ms = app->health.said_ms[HEALTH_COUNTERS];
    assert_int_equal(first_ms, monotonic_ms);
    monotonic_ms += DAY_MS - 2 * 60 * 1000;
    look();
    assert_int_equal(app->health.said_ms[HEALTH_COUNTERS], first_ms);
    look();
    assert_int_equal(app->health.said_ms[HEALTH_COUNTERS], first_ms + DAY_MS);
    app->balance.disagrees = false;
    look();
    assert_int_equal(app->health.said_ms[HEALTH_COUNTERS], 0);
}

static void a_store_that_cannot_be_written_is_said_first(void **state) {
    UNUSED(state);
    app_committer_condemn(app->committer, "Table forks: it is gone.");
    expect("\"store\":\"store_damaged\"");
    expect("\"warnings\":[{\"name\":\"store_damaged\",\"text\":\"Table forks: it is gone.\"}]");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(where_all_is_well_there_is_no_warning),
        TEST(certificates_that_are_about_to_end_are_warned_of),
        TEST(devices_that_have_not_renewed_are_warned_of_until_nobody_can_help_them),
        TEST(an_old_backup_and_none_at_all_are_warned_of),
        TEST(a_disk_that_is_nearly_full_is_warned_of),
        TEST(counters_that_differ_are_warned_of),
        TEST(a_warning_is_said_when_it_begins_and_once_a_day),
        TEST(a_store_that_cannot_be_written_is_said_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
