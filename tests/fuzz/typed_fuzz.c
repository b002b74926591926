// What people type: codes and references, command lines, and the requests that rondctl makes of them.
#include <getopt.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/command.h"
#include "auth/ca.h"
#include "cli/activity_options.h"
#include "enrol.h"
#include "fuzz/fuzz.h"
#include "support/lund.h"
#include "unit/handheld.h"
#include "wire/activity_reference.h"
#include "wire/limits.h"
#include "wire/report_check.h"
#include "wire/short_reference.h"

static struct arena arena;
enum { TYPED_BYTES_MAX = 4096, WORDS_MAX = 150, ARENA_BYTES_MAX = 1024 * 1024 };

static void begin(void) {
    arena_deinit(&arena); // of another target
    arena_init(&arena, ARENA_BYTES_MAX);
}

// --- typed: one text, read as everything that a person reads out or types ---

static void typed_run(struct bytes input) {
    struct input in = {input};
    struct enrol_code_parts parts;
    struct fault fault = {0};
    uint32_t prefix;
    uint64_t seq;
    arena_reset(&arena);
    char *text = input_text(&in, TYPED_BYTES_MAX, &arena);
    enum rond_err err = enrol_code_parse(text, &parts, &fault);
    CHECK(err == ROND_OK || (err == ROND_EINVALID && fault.text[0] != '\0'));
    fault = (struct fault){0};
    err = short_reference_parse(text, &prefix, &seq, &fault);
    CHECK(err == ROND_OK ? prefix < 1u << 30 && seq > 0 : err == ROND_EINVALID && fault.text[0] != '\0');
    (void)reference_id_is_valid(text);
    (void)date_is_valid(text);
}

static void typed_seed(fuzz_take *take, void *context) {
    static const char *const TEXTS[] = {"2015-05-08", "lund-c-stationen", "P-7QK2M", "RABCDE-FGHJK"};
    char reference[SHORT_REFERENCE_SIZE];
    struct id128 device = lund_device(0), outbox = lund_outbox(0, 0);
    short_reference_format(&device, &outbox, 42, reference);
    take(context, bytes_of_text(reference));
    for (size_t i = 0; i < ARRAY_COUNT(TEXTS); i++)
        take(context, bytes_of_text(TEXTS[i]));
}

const struct fuzz_target FUZZ_TYPED = {"typed", begin, typed_run, typed_seed};

// --- control: one line on the control socket; a question or change is made ready, or it says why not ---

static struct lund lund;
static struct rng_seeded seeded;
static struct rng rng;

static struct ca *ca;

static void make_ca(void) {
    char directory[] = "/tmp/rond-fuzz-XXXXXX", command[64];
    CHECK(mkdtemp(directory) != NULL);
    CHECK(ca_create(directory, "Fuzz CA", &rng, 0, NULL) == ROND_OK && ca_open(directory, &ca, NULL) == ROND_OK);
    (void)snprintf(command, sizeof command, "rm -rf %s", directory);
    CHECK(system(command) == 0);
}

static void control_begin(void) {
    begin();
    rng_seeded_init(&seeded, 1);
    rng = rng_seeded_as_rng(&seeded);
    lund_open_memory(&lund, &rng);
    make_ca();
}

static void control_run(struct bytes input) {
    const struct admin_context context = {.catalogue = lund.catalogue,
                                          .ca = ca,
                                          .enrolment_url = "https://localhost:1",
                                          .directory = "/nonexistent",
                                          .clock = clock_system(),
                                          .rng = &rng};
    const struct admin_request request = {.uid = 1000, .pid = 1, .json = input};
    struct admin_work work;
    admin_prepare(&request, &context, &work);
    if (work.route == ADMIN_COMMAND)
        submission_destroy(work.submission);
    else if (work.route == ADMIN_READ)
        admin_job_destroy(work.job);
    else
        CHECK(work.err != ROND_OK && work.fault.text[0] != '\0');
}

// The line, and the same with a number in the place of each of its texts, one after the other.
static void seed_line(const char *line, fuzz_take *take, void *context) {
    take(context, bytes_of_text(line));
    for (const char *at = line; (at = strstr(at, ":\"")) != NULL; at++) {
        char other[256];
        const char *end = strchr(at + 2, '"');
        CHECK(end != NULL);
        int size = snprintf(other, sizeof other, "%.*s:1%s", (int)(at - line), line, end + 1);
        take(context, bytes_of(other, (size_t)size));
    }
}

static void control_seed(fuzz_take *take, void *context) {
    static const char *const LINES[] = {
        "{\"command\":\"device.revoke\",\"device\":\"00ff\",\"how\":\"lost\"}",
        "{\"command\":\"device.code\",\"organisation\":\"polisen\",\"area\":\"lund\",\"roles\":[\"police_officer\"],"
        "\"minutes\":5}",
        "{\"command\":\"promise.import\",\"name\":\"x.yaml\",\"text\":\"area: {id: lund}\"}",
        "{\"command\":\"promise.remove\",\"promise\":\"lund-2015-trafik\"}",
        "{\"command\":\"join.make\",\"references\":[\"ABCDEF-01-2\",\"#4\"]}",
        "{\"command\":\"join.dismiss\",\"references\":[\"#3\",\"#4\"]}",
        "{\"command\":\"join.undo\",\"decision\":7}",
        "{\"command\":\"quarantine.release\",\"reference\":\"#4\"}",
        "{\"command\":\"report.place\",\"reference\":\"#4\",\"place\":\"bangatan\",\"value\":\"yes\"}",
        "{\"command\":\"followup.publish\",\"promise\":\"lund-2015-trafik\",\"period\":\"2015-T1\",\"early\":true}",
        "{\"command\":\"activity.plan\",\"area\":\"lund\",\"kind\":\"check\",\"of\":\"taxi\",\"title\":\"x\",\"from_s\":1,"
        "\"to_s\":2}",
        "{\"command\":\"activity.cancel\",\"activity\":\"P-7QK2M\"}",
        "{\"command\":\"progress\",\"area\":\"lund\"}",
        "{\"command\":\"progress.why\",\"commitment\":\"lund-2015-trafik/taxi\"}",
        "{\"command\":\"summary\",\"organisation\":\"polisen\",\"week\":\"2015-W19\"}",
        "{\"command\":\"followup.show\",\"promise\":\"a\",\"period\":\"2015-T1\",\"version\":1}",
        "{\"command\":\"words\",\"list\":\"role\"}",
        "{\"command\":\"counts\"}",
        "[]",
    };
    for (size_t i = 0; i < ARRAY_COUNT(LINES); i++)
        seed_line(LINES[i], take, context);
}

const struct fuzz_target FUZZ_CONTROL = {"control", control_begin, control_run, control_seed};

// --- Command lines: a word a line. None may name a path, so that nothing outside of an empty folder is touched ---

int rond_main(int argc, char **argv);
int rondctl_main(int argc, char **argv);
_Noreturn void fuzz_exit(int code);

static jmp_buf ended;

_Noreturn void fuzz_exit(int code) { // in place of the programs' own exit
    longjmp(ended, code + 1);
}

// Words of the input behind `name`; 0 where one may name a path, or says --help, which only prints.
static int take_words(struct bytes input, char *name, char *argv[WORDS_MAX + 2]) {
    struct input in = {input};
    int argc = 0;
    arena_reset(&arena);
    char *rest = input_text(&in, TYPED_BYTES_MAX, &arena);
    if (strpbrk(rest, "/~") != NULL || strstr(rest, "--d") != NULL)
        return 0;
    argv[argc++] = name;
    for (char *word; rest != NULL && *rest != '\0' && argc < WORDS_MAX && (word = strsep(&rest, "\n")) != NULL;)
        argv[argc++] = word;
    argv[argc] = NULL;
    return argc;
}

static void call(int (*program)(int argc, char **argv), int argc, char **argv) {
    FILE *own_out = stdout, *own_err = stderr;
    FILE *volatile nowhere = fopen("/dev/null", "w");
    CHECK(nowhere != NULL);
    stdout = stderr = nowhere;
    optind = 0;
    if (setjmp(ended) == 0)
        (void)program(argc, argv);
    stdout = own_out;
    stderr = own_err;
    CHECK(fclose(nowhere) == 0);
}

static void empty_folder(void) {
    char directory[] = "/tmp/rond-fuzz-XXXXXX";
    begin();
    CHECK(mkdtemp(directory) != NULL && rmdir(directory) == 0);
    CHECK(setenv("ROND_DIR", directory, 1) == 0 && setenv("ROND_DATA", directory, 1) == 0); // nor made again
}

static struct handheld handheld; // with the words of reference data, whose names the options may say

static void rond_begin(void) {
    empty_folder();
    handheld_open(&handheld);
    handheld_enrol(&handheld, "police_officer", 1);
    handheld_reference(&handheld);
    char command[96];
    (void)snprintf(command, sizeof command, "rm -rf %s", handheld.directory);
    CHECK(system(command) == 0); // it stays open
}

// `rond` itself makes its folder and writes to disk: here only what comes before that, the reading of the options.
static int parse_options(int argc, char **argv) {
    static const struct command COMMAND = {.name = "report"};
    struct activity_options options;
    struct cli cli = {.rond = handheld.rond, .command = &COMMAND};
    opterr = 0;
    return activity_options_parse(&cli, argc, argv, &options);
}

static bool is_saving(const char *word) {
    static const char *const SAVING[] = {"report",   "correct", "withdraw",   "draft",   "sync",    "enrol", "status",
                                         "promises", "words",   "activities", "actions", "summary", "device"};
    for (size_t i = 0; i < ARRAY_COUNT(SAVING); i++)
        if (!strcmp(word, SAVING[i]))
            return true;
    return false;
}

static void rond_run(struct bytes input) {
    char name[] = "rond", *argv[WORDS_MAX + 2];
    int argc = take_words(input, name, argv);
    bool saves = false;
    for (int i = 1; i < argc; i++)
        saves = saves || is_saving(argv[i]);
    if (argc > 1)
        call(parse_options, argc - 1, argv + 1);
    argc = take_words(input, name, argv); // the parser changes them in place
    if (argc > 0 && !saves)
        call(rond_main, argc, argv);
}

static void rond_seed(fuzz_take *take, void *context) {
    static const char *const LINES[] = {
        "check\n--of\ncyclist_behaviour\n--form\ntargeted\n--checked\n14\n--remarked\n3\n--place\nstortorget\n--from\n@"
        "1431086400\n--to\n15:30",
        "handout\n--item\nlights=40\n--item\nreflectors=60\n--information\n--position\n55.7,13.2,10",
        "patrol\n--place\nx\n--persons\npolice_officer=2\n--from\n2015-05-08 22:00\n--to\n02:00",
        "walk\n--unsafe\nplace=bangatan,cause=dark\\, "
        "cold,responsible=x,action=lamps,due=2015-06-30,id=2\n--safe\nstortorget\n--rewalk\nK7Q2MX-08-3:1",
        "inventory\n--of\ntraffic_signs\n--surveyed\n40\n--finding\nplace=bangatan,text=sign missing",
        "meeting\n--with\ntaxi_trade\n--subject\nrank",
        "initiative\n--of\nschool_visit\n--quantity\n2",
        "--json\nhelp\nnothing",
    };
    // As often as may be, and once more.
    static const char *const AGAIN[] = {"handout", "\n--item\na=1",  "patrol",    "\n--persons\na=1",
                                        "walk",    "\n--safe\na",    "inventory", "\n--finding\ntext=a",
                                        "check",   "\n--with-org\na"};
    for (size_t i = 0; i < ARRAY_COUNT(LINES); i++)
        take(context, bytes_of_text(LINES[i]));
    for (size_t i = 0; i + 1 < ARRAY_COUNT(AGAIN); i += 2) {
        char line[TYPED_BYTES_MAX];
        size_t size = (size_t)snprintf(line, sizeof line, "%s", AGAIN[i]);
        for (int n = 0; n < 66; n++)
            size += (size_t)snprintf(line + size, sizeof line - size, "%s", AGAIN[i + 1]);
        take(context, bytes_of(line, size));
    }
}

const struct fuzz_target FUZZ_ROND = {"rond", rond_begin, rond_run, rond_seed};

static void rondctl_run(struct bytes input) {
    char name[] = "rondctl", *argv[WORDS_MAX + 2];
    int argc = take_words(input, name, argv);
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "init")) // makes a data directory
            return;
    if (argc > 0)
        call(rondctl_main, argc, argv);
}

static void rondctl_seed(fuzz_take *take, void *context) {
    static const char *const LINES[] = {
        "device\ncode\n--organisation\npolisen\n--area\nlund\n--role\npolice_officer\n--minutes\n30",
        "device\nrevoke\n00ff\n--lost",
        "promise\nshow\nlund-2015",
        "promise\nimport\nx.yaml",
        "--json\nprogress\n--why\na:b",
        "report\nplace\n#1\nbangatan\nyes",
        "followup\npublish\nlund-2015\n--period\n2015-T1\n--early",
        "quarantine\nrelease\nABCDEF-01-2",
        "join\nmake\n#1\n#2",
        "join\nundo\n7",
        "activity\nplan\n--kind\ncheck\n--from\n2015-05-08 14:00",
        "summary\n--organisation\npolisen\n--week\n2015-W19",
        "export",
        "verify",
    };
    for (size_t i = 0; i < ARRAY_COUNT(LINES); i++)
        take(context, bytes_of_text(LINES[i]));
}

const struct fuzz_target FUZZ_RONDCTL = {"rondctl", empty_folder, rondctl_run, rondctl_seed};
