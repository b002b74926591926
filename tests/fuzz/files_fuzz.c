// Files that people write or that come with the system: promises, configuration, time zones.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config.h"
#include "fuzz/fuzz.h"
#include "promise/promise_file.h"
#include "promise/zone_file.h"
#include "wire/limits.h"

static struct arena arena;
enum { FILE_ARENA_BYTES_MAX = 16 * 1024 * 1024 };

static void begin(void) {
    arena_deinit(&arena); // of the other target
    arena_init(&arena, FILE_ARENA_BYTES_MAX);
}

// --- promise_file: read whole, or at least one fault says where and what ---

static void promise_run(struct bytes input) {
    static struct file_faults faults;
    struct promise_file file;
    arena_reset(&arena);
    memset(&faults, 0, sizeof faults);
    enum rond_err err = promise_file_parse("fuzz.yaml", input, &arena, &file, &faults);
    CHECK(err == ROND_OK || err == ROND_EINVALID || err == ROND_ENOMEM);
    CHECK(err != ROND_EINVALID || faults.count > 0);
    CHECK(err != ROND_OK || (faults.count == 0 && file.area != NULL));
    for (size_t i = 0; i < faults.count; i++)
        CHECK(strlen(faults.faults[i].message) > 0);
}

static void promise_seed(fuzz_take *take, void *context) {
    static const char *const SHORT[] = {
        "area: {id: lund, name: Lund}\norganisations: [{id: a, name: A}]\nplaces: [{id: p, name: P}]\npromises: []\n",
        "area: {id: [a], name: {b: c}}\norganisations: x\nplaces: [[]]\npromises: {}\n",
        "area: &a {id: *a, name: *a}\n",
        "area: {id: a, id: b}\n---\narea: 1\n",
        "promises: [{id: x, commitments: [{id: y, at_least: -1, of: [], where: {check.of: [[]]}, among_places: {}}]}]\n",
    };
    for (size_t i = 0; i < ARRAY_COUNT(SHORT); i++)
        take(context, bytes_of_text(SHORT[i]));
    seed_files("tests/fixtures/*.yaml", take, context);
    seed_files("tests/fixtures/promises/*.yaml", take, context);
    seed_files("tests/fixtures/rules/*.yaml", take, context);
}

const struct fuzz_target FUZZ_PROMISE_FILE = {"promise_file", begin, promise_run, promise_seed};

// --- zone_file: transitions in order, of a bounded number, or a reason ---

static void zone_run(struct bytes input) {
    Rond__V1__TimeZone *zone;
    struct fault fault = {0};
    arena_reset(&arena);
    enum rond_err err = zone_file_parse(input, "Europe/Stockholm", "2024a", &arena, &zone, &fault);
    CHECK(err == ROND_OK || err == ROND_EINVALID || err == ROND_ENOMEM);
    if (err != ROND_OK)
        return;
    CHECK(zone->n_transitions <= ZONE_TRANSITIONS_MAX);
    for (size_t i = 1; i < zone->n_transitions; i++)
        CHECK(zone->transitions[i]->at_s > zone->transitions[i - 1]->at_s);
}

static void zone_seed(fuzz_take *take, void *context) {
    seed_files(ZONE_FILE_DIRECTORY "/Europe/Stockholm", take, context);
    seed_files(ZONE_FILE_DIRECTORY "/Africa/Casablanca", take, context);
    seed_files(ZONE_FILE_DIRECTORY "/UTC", take, context);
    seed_files(ZONE_FILE_DIRECTORY "/Australia/Lord_Howe", take, context);
}

const struct fuzz_target FUZZ_ZONE_FILE = {"zone_file", begin, zone_run, zone_seed};

// --- configuration: taken, or one line at least says what is wrong ---

static void count_line(void *context, const char *line) {
    size_t *count = context;
    CHECK(line[0] != '\0');
    ++*count;
}

static void configuration_run(struct bytes input) {
    static struct config config;
    char path[64];
    size_t problems = 0;
    int file = memfd_create("fuzz.conf", MFD_CLOEXEC);
    CHECK(file >= 0 && write(file, input.data, input.size) == (ssize_t)input.size);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    enum rond_err err = config_load(path, count_line, &problems, &config);
    CHECK(err == ROND_OK || err == ROND_EINVALID || err == ROND_EIO);
    CHECK((err == ROND_OK) == (problems == 0));
    if (err == ROND_OK)
        CHECK(config.hostnames_count >= 1 && config.connections_max >= 1 &&
              memchr(config.data_dir, '\0', sizeof config.data_dir));
    CHECK(close(file) == 0);
}

static void configuration_seed(fuzz_take *take, void *context) {
    static const char TEXT[] =
        "[server]\ndata_dir = /x\nhostnames = a.example, 10.0.0.1\nservers = wss://a:1\n[listen]\n"
        "devices = [::1]:7443\noperations = :0\n[limits]\nconnections = 5\nframe_ms = 400\n[log]\nlevel = warn\n";
    seed_files("docs/rondd.conf.example", take, context);
    take(context, bytes_of(TEXT, sizeof TEXT - 1));
}

const struct fuzz_target FUZZ_CONFIGURATION = {"configuration", NULL, configuration_run, configuration_seed};
