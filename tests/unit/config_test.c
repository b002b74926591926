#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "support/test.h"

static char path[] = "/tmp/config_test.XXXXXX";

static void write_file(const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void collect(void *context, const char *line) {
    assert_ok(buffer_printf(context, "%s\n", line));
}

static enum rond_err load(const char *text, struct config *ret_config, struct buffer *problems) {
    write_file(text);
    buffer_clear(problems);
    return config_load(path, collect, problems, ret_config);
}

static void an_empty_file_gives_the_defaults(void **state) {
    UNUSED(state);
    struct buffer problems;
    buffer_init(&problems, 4096);
    struct config config;
    assert_ok(load("", &config, &problems));
    assert_string_equal(config.data_dir, "/var/lib/rond");
    assert_int_equal(config.devices.port, 7443);
    assert_int_equal(config.enrolment.port, 7444);
    assert_string_equal(config.operations.host, "127.0.0.1");
    assert_int_equal(config.control_mode, 0600);
    assert_int_equal(config.hostnames_count, 1);
    buffer_deinit(&problems);
}

static void every_key_is_read(void **state) {
    UNUSED(state);
    struct buffer problems;
    buffer_init(&problems, 4096);
    struct config config;
    assert_ok(load("[server]\ndata_dir = /srv/rond\nhostnames = rond.example.se, 10.0.0.7, ::1\n"
                   "servers = wss://rond.example.se:7443, wss://[::1]:1\ncontrol_mode = 0660\n"
                   "[listen]\ndevices = 10.0.0.7:1\nenrolment = [::1]:2\noperations = :0\n"
                   "[limits]\nconnections = 5\nconnections_per_address = 6\nenrolments_per_minute = 7\ndrain_ms = 800\n"
                   "device_batches_per_minute = 10\ndevice_reports_per_minute = 1000\ndevice_kib_per_minute = 64\n"
                   "device_mib_per_day = 31\n"
                   "frame_ms = 900\n[enrolment]\ncode_minutes = 12\ncode_tries = 3\napproval = second\napproval_hours = "
                   "5\ngrace_days = 0\n[log]\nlevel = debug\n",
                   &config, &problems));
    assert_string_equal(config.data_dir, "/srv/rond");
    assert_int_equal(config.hostnames_count, 3);
    assert_string_equal(config.hostnames[1], "10.0.0.7");
    assert_int_equal(config.servers_count, 2);
    assert_string_equal(config.servers[1], "wss://[::1]:1");
    assert_int_equal(config.control_mode, 0660);
    assert_string_equal(config.devices.host, "10.0.0.7");
    assert_string_equal(config.enrolment.host, "::1");
    assert_int_equal(config.enrolment.port, 2);
    assert_string_equal(config.operations.host, "");
    assert_int_equal(config.operations.port, 0);
    assert_int_equal(config.connections_max, 5);
    assert_int_equal(config.connections_per_address_max, 6);
    assert_int_equal(config.enrolments_per_minute, 7);
    assert_int_equal(config.device_batches_per_minute, 10);
    assert_int_equal(config.device_reports_per_minute, 1000);
    assert_int_equal(config.device_kib_per_minute, 64);
    assert_int_equal(config.device_mib_per_day, 31);
    assert_int_equal(config.drain_ms_max, 800);
    assert_int_equal(config.frame_deadline_ms, 900);
    assert_int_equal(config.code_minutes, 12);
    assert_int_equal(config.code_tries, 3);
    assert_true(config.wants_approval);
    assert_int_equal(config.approval_hours, 5);
    assert_int_equal(config.grace_days, 0);
    assert_int_equal(config.log_level, LOG_LEVEL_DEBUG);
    buffer_deinit(&problems);
}

static void each_mistake_is_named_with_line_and_key(void **state) {
    UNUSED(state);
    static const struct {
        const char *text, *place, *advice;
    } CASES[] = {
        {"[people]\ncertificate = /x/people.crt\n", " people.key:", "both, or neither"},
        {"[people]\nkey = /x/people.key\n", " people.key:", "both, or neither"},
        {"[bogus]\n", ":1 bogus:", "server, listen, people"},
        {"[server]\ndata_dirr = /x\n", ":2 server.data_dirr:", "no such key"},
        {"[sever]\ndata_dir = /x\n", ":1 sever:", "no section [sever]"},
        {"data_dir = /x\n", ":1 (no section).data_dir:", "before any section"},
        {"[log]\nlevel = info\n[bogus]\n", ":3 bogus:", "no section [bogus]"},
        {"[server]\ndata_dir = x\n", ":2 server.data_dir:", "absolute path"},
        {"[server]\n\ndata_dir = /x\ndata_dir = /y\n",
         ":4 server.data_dir:", "set twice; remove this one or that in line 3"},
        {"[server]\nhostnames = , \n", ":2 server.hostnames:", "at least one"},
        {"[server]\nhostnames = a_b\n", ":2 server.hostnames:", "no host name"},
        {"[server]\nservers = rond.example.se\n", ":2 server.servers:", "wss://HOST:PORT"},
        {"[server]\nservers = wss://rond.example.se\n", ":2 server.servers:", "wss://HOST:PORT"},
        {"[server]\nservers = wss://h:0\n", ":2 server.servers:", "wss://HOST:PORT"},
        {"[server]\nservers = wss://h:70000\n", ":2 server.servers:", "wss://HOST:PORT"},
        {"[server]\nhostnames = a,b,c,d,e,f,g,h,i\n", ":2 server.hostnames:", "at most 8"},
        {"[server]\ncontrol_mode = 0666\n", ":2 server.control_mode:", "0600"},
        {"[listen]\ndevices = 7443\n", ":2 listen.devices:", "ADDRESS:PORT"},
        {"[listen]\ndevices = example.se:7443\n", ":2 listen.devices:", "ADDRESS:PORT"},
        {"[listen]\ndevices = :70000\n", ":2 listen.devices:", "ADDRESS:PORT"},
        {"[listen]\ndevices = ::1:7443\n", ":2 listen.devices:", "ADDRESS:PORT"},
        {"[listen]\ndevices = :-1\n", ":2 listen.devices:", "ADDRESS:PORT"},
        {"[public]\nenabled = maybe\n", ":2 public.enabled:", "give yes"},
        {"[public]\nlicence = a b\n", ":2 public.licence:", "CC0-1.0"},
        {"[listen]\npublic = :8443\n", ":2 listen.public:", "no such key"},
        {"[listen]\npeople = 8443\n", ":2 listen.people:", "ADDRESS:PORT"},
        {"[people]\ncertificate = people.crt\n", ":2 people.certificate:", "absolute path"},
        {"[people]\norigins = http://rond.example\n", ":2 people.origins:", "https://HOST"},
        {"[people]\norigins = https://rond.example/\n", ":2 people.origins:", "without a path"},
        {"[people]\norigins = https://Rond.example\n", ":2 people.origins:", "lower case"},
        {"[people]\nforbidden_passwords = list.txt\n", ":2 people.forbidden_passwords:", "absolute path"},
        {"[people]\nforbidden_passwords = /nowhere/list.txt\n", " people.forbidden_passwords:", "No such file"},
        {"[people]\nproxy = proxy.example\n", ":2 people.proxy:", "numeric address"},
        {"[people]\nproxy = 10.0.0.0/8\n", ":2 people.proxy:", "numeric address"},
        {"[people]\nproxy_header = X Remote User\n", ":2 people.proxy_header:", "X-Remote-User"},
        {"[people]\nmap_tiles = http://tiles.example/{z}/{x}/{y}.png\n", ":2 people.map_tiles:", "https://HOST"},
        {"[people]\nmap_tiles = https://tiles.example/{z}/{x}.png\n", ":2 people.map_tiles:", "{y}"},
        {"[people]\nmap_tiles = https:///{z}/{x}/{y}.png\n", ":2 people.map_tiles:", "https://HOST"},
        {"[people]\nmap_tiles = https://t.example' *'/{z}/{x}/{y}.png\n", ":2 people.map_tiles:", "https://HOST"},
        {"[people]\nmap_tiles = https://Tiles.example/{z}/{x}/{y}.png\n", ":2 people.map_tiles:", "lower case"},
        {"[people]\nmap_tiles_directory = tiles\n", ":2 people.map_tiles_directory:", "absolute path"},
        {"[people]\nmap_tiles_directory = /nowhere/tiles\n", " people.map_tiles_directory:", "No such file"},
        {"[people]\nmap_tiles_directory = /etc/passwd\n", " people.map_tiles_directory:", "no directory"},
        {"[people]\nmap_tiles_directory = /tmp\nmap_tiles = https://tiles.example/{z}/{x}/{y}.png\n",
         " people.map_tiles_directory:", "not both"},
        {"[people]\nmap_tiles_directory = /tmp//\n[server]\ndata_dir = /tmp/rond\n",
         " people.map_tiles_directory:", "data_dir lies in it"},
        {"[people]\nmap_tiles_directory = /\n", " people.map_tiles_directory:", "data_dir lies in it"},
        {"[people]\nmap_attribution = \xff\n", ":2 people.map_attribution:", "UTF-8"},
        {"[people]\naccessibility_contact = a\tb\n", ":2 people.accessibility_contact:", "a line of text"},
        {"[people]\naccessibility_assessed = 2026-02-30\n", ":2 people.accessibility_assessed:", "YYYY-MM-DD"},
        {"[people]\nidle_minutes = 0\n", ":2 people.idle_minutes:", "from 1 to 1440"},
        {"[limits]\nconnections = 0\n", ":2 limits.connections:", "from 1 to 100000"},
        {"[limits]\ndevice_reports_per_minute = 999\n", ":2 limits.device_reports_per_minute:", "from 1000 to"},
        {"[limits]\nconnections = 12x\n", ":2 limits.connections:", "whole number"},
        {"[limits]\nconnections = 99999999999999999999\n", ":2 limits.connections:", "whole number"},
        {"[enrolment]\napproval = third\n", ":2 enrolment.approval:", "second where a second person"},
        {"[enrolment]\napproval_hours = 169\n", ":2 enrolment.approval_hours:", "from 1 to 168"},
        {"[log]\nlevel = loud\n", ":2 log.level:", "one of error"},
        {"[log]\nnonsense\n", ":2 (line):", "key = value"},
        {"[log\nlevel = info\n", ":1 (line):", "[section]"},
    };
    struct buffer problems;
    buffer_init(&problems, 4096);
    for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
        struct config config;
        assert_err(ROND_EINVALID, load(CASES[i].text, &config, &problems));
        if (!strstr(buffer_text(&problems), CASES[i].place) || !strstr(buffer_text(&problems), CASES[i].advice))
            fail_msg("case %zu: wanted \"%s\" and \"%s\", got: %s", i, CASES[i].place, CASES[i].advice,
                     buffer_text(&problems));
    }
    buffer_deinit(&problems);
}

static void a_directory_of_tiles_beside_the_data_is_taken(void **state) {
    UNUSED(state);
    struct buffer problems;
    buffer_init(&problems, 4096);
    struct config config;
    assert_ok(load("[server]\ndata_dir = /tmpdata\n[people]\nmap_tiles_directory = /tmp\nmap_attribution = ours\n", &config,
                   &problems));
    assert_string_equal(config.people_map_tiles_directory, "/tmp");
    assert_string_equal(config.people_map_attribution, "ours");
    buffer_deinit(&problems);
}

static void all_mistakes_of_a_file_are_told_at_once(void **state) {
    UNUSED(state);
    struct buffer problems;
    buffer_init(&problems, 4096);
    struct config config;
    assert_err(ROND_EINVALID, load("[log]\nlevel = x\n[limits]\nconnections = y\nz = 1\n", &config, &problems));
    assert_non_null(strstr(buffer_text(&problems), ":2 log.level"));
    assert_non_null(strstr(buffer_text(&problems), ":4 limits.connections"));
    assert_non_null(strstr(buffer_text(&problems), ":5 limits.z"));
    buffer_deinit(&problems);
}

static void a_line_too_long_is_refused_whole(void **state) {
    UNUSED(state);
    struct buffer problems;
    buffer_init(&problems, 4096);
    char text[700] = "[server]\nhostnames = ";
    size_t start = strlen(text);
    memset(text + start, 'a', 500);
    strcpy(text + start + 500, "\n[log]\nlevel = debug\n");
    struct config config;
    assert_err(ROND_EINVALID, load(text, &config, &problems));
    assert_non_null(strstr(buffer_text(&problems), ":2 (line): shorten"));
    assert_null(strstr(buffer_text(&problems), ":3"));
    buffer_deinit(&problems);
}

static void a_missing_file_is_told(void **state) {
    UNUSED(state);
    struct buffer problems;
    buffer_init(&problems, 4096);
    struct config config;
    assert_err(ROND_ENOTFOUND, config_load("/nonexistent/rondd.conf", collect, &problems, &config));
    assert_non_null(strstr(buffer_text(&problems), "No such file"));
    buffer_deinit(&problems);
}

static void the_commented_example_shows_the_defaults(void **state) {
    UNUSED(state);
    struct buffer problems;
    buffer_init(&problems, 4096);
    struct config example, defaults;
    assert_ok(config_load("docs/rondd.conf.example", collect, &problems, &example));
    assert_ok(load("", &defaults, &problems));
    assert_memory_equal(&example, &defaults, sizeof example);
    buffer_deinit(&problems);
}

int main(void) {
    int descriptor = mkstemp(path);
    CHECK(descriptor >= 0);
    close(descriptor);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_file_gives_the_defaults),
        cmocka_unit_test(every_key_is_read),
        cmocka_unit_test(each_mistake_is_named_with_line_and_key),
        cmocka_unit_test(a_directory_of_tiles_beside_the_data_is_taken),
        cmocka_unit_test(all_mistakes_of_a_file_are_told_at_once),
        cmocka_unit_test(a_line_too_long_is_refused_whole),
        cmocka_unit_test(a_missing_file_is_told),
        cmocka_unit_test(the_commented_example_shows_the_defaults),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
