// Nothing of a report is readable once it is queued: words that nobody could guess go through librond into reports and
// drafts, and are then looked for, in every encoding that text is likely to take, in all files of the handheld and in all
// memory of the living process. That memory is what a core dump holds.
#include <fcntl.h>
#include <openssl/evp.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"
#include "unit/handheld.h"

enum { WORD_SIZE = 24, WORDS_COUNT = 24, FORM_SIZE_MAX = 4 * WORD_SIZE, FORMS_MAX = 12, CHUNK_BYTES = 1 << 20 };

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MEMORY_IS_OURS false // the sanitizers keep copies of what they have seen
#else
#define MEMORY_IS_OURS true
#endif

struct words {
    char text[WORDS_COUNT][WORD_SIZE + 1];
};

// --- The forms of a word ---

struct form {
    const char *name;
    uint8_t b[FORM_SIZE_MAX];
    size_t size;
};

static void form_add(struct form *forms, size_t *count, const char *name, const void *data, size_t size) {
    CHECK(*count < FORMS_MAX && size <= FORM_SIZE_MAX);
    forms[*count].name = name;
    forms[*count].size = size;
    memcpy(forms[(*count)++].b, data, size);
}

static void form_add_utf16(struct form *forms, size_t *count, const char *name, const char *word, size_t offset) {
    uint8_t wide[2 * WORD_SIZE] = {0};
    for (size_t i = 0; i < WORD_SIZE; i++)
        wide[2 * i + offset] = (uint8_t)word[i];
    form_add(forms, count, name, wide, sizeof wide);
}

// What stays the same whatever stands around it: the first and the last group of four may hold a neighbour.
static void form_add_base64(struct form *forms, size_t *count, const char *word, size_t shift) {
    uint8_t shifted[WORD_SIZE + 2] = {0}, encoded[FORM_SIZE_MAX];
    memcpy(shifted + shift, word, WORD_SIZE);
    int size = EVP_EncodeBlock(encoded, shifted, (int)(WORD_SIZE + shift));
    form_add(forms, count, "base64", encoded + 4, (size_t)size - 8);
}

static size_t forms_of(const char *word, struct form *forms) {
    char hex[2 * WORD_SIZE + 1];
    size_t count = 0;
    form_add(forms, &count, "its beginning", word, WORD_SIZE / 2);
    form_add(forms, &count, "its end", word + WORD_SIZE / 2, WORD_SIZE / 2);
    form_add_utf16(forms, &count, "utf-16le", word, 0);
    form_add_utf16(forms, &count, "utf-16be", word, 1);
    hex_encode(bytes_of(word, WORD_SIZE), hex);
    form_add(forms, &count, "hexadecimal", hex, 2 * WORD_SIZE);
    for (char *at = hex; *at != '\0'; at++)
        *at = *at >= 'a' ? (char)(*at - 'a' + 'A') : *at;
    form_add(forms, &count, "hexadecimal", hex, 2 * WORD_SIZE);
    for (size_t shift = 0; shift < 3; shift++)
        form_add_base64(forms, &count, word, shift);
    return count;
}

// --- Looking ---

static bool is_quiet; // where finding them is what the test wants

static unsigned found_in(const struct words *words, const uint8_t *data, size_t size, const char *where) {
    unsigned found = 0;
    for (size_t i = 0; i < WORDS_COUNT && size > 0; i++) { // an empty log has no bytes to look at
        struct form forms[FORMS_MAX];
        size_t count = forms_of(words->text[i], forms);
        for (size_t k = 0; k < count; k++) {
            if (memmem(data, size, forms[k].b, forms[k].size) == NULL)
                continue;
            if (!is_quiet)
                print_message("word %zu, %s: in %s\n", i, forms[k].name, where);
            found++;
        }
    }
    return found;
}

static unsigned found_in_file(const struct words *words, const char *path) {
    int file = open(path, O_RDONLY);
    struct buffer all;
    uint8_t part[4096];
    buffer_init(&all, SIZE_MAX / 2);
    CHECK(file >= 0);
    for (ssize_t got; (got = read(file, part, sizeof part)) > 0;)
        CHECK(buffer_append(&all, bytes_of(part, (size_t)got)) == ROND_OK);
    close(file);
    unsigned found = found_in(words, all.data, all.size, path);
    buffer_deinit(&all);
    return found;
}

static unsigned found_in_files(const struct words *words, const char *directory, unsigned *ret_files) {
    char command[160], path[512];
    unsigned found = 0;
    snprintf(command, sizeof command, "find %s -type f", directory);
    FILE *list = popen(command, "r");
    CHECK(list != NULL);
    for (*ret_files = 0; fgets(path, sizeof path, list) != NULL; (*ret_files)++) {
        path[strcspn(path, "\n")] = '\0';
        found += found_in_file(words, path);
    }
    pclose(list);
    return found;
}

// Chunks overlap, so that no word lies across an edge unseen.
static unsigned found_in_mapping(const struct words *words, int memory, unsigned long from, unsigned long to,
                                 const char *line) {
    static uint8_t chunk[CHUNK_BYTES];
    unsigned found = 0;
    for (unsigned long at = from; at < to; at += CHUNK_BYTES - FORM_SIZE_MAX) {
        size_t size = to - at < CHUNK_BYTES ? to - at : CHUNK_BYTES;
        ssize_t got = pread(memory, chunk, size, (off_t)at);
        if (got > 0)
            found += found_in(words, chunk, (size_t)got, line);
    }
    return found;
}

static unsigned found_in_memory(const struct words *words, pid_t pid) {
    char path[64], line[512], rights[5];
    unsigned found = 0;
    unsigned long from, to;
    snprintf(path, sizeof path, "/proc/%d/maps", pid);
    FILE *maps = fopen(path, "r");
    snprintf(path, sizeof path, "/proc/%d/mem", pid);
    int memory = open(path, O_RDONLY);
    CHECK(maps != NULL && memory >= 0);
    while (fgets(line, sizeof line, maps) != NULL)
        if (sscanf(line, "%lx-%lx %4s", &from, &to, rights) == 3 && rights[0] == 'r' && rights[1] == 'w')
            found += found_in_mapping(words, memory, from, to, line);
    fclose(maps);
    close(memory);
    return found;
}

// --- The app: a process of its own, that gets the words through a pipe and forgets them when it has queued them ---

struct app {
    pid_t pid;
    int words_to, ready_from;
    struct handheld *handheld; // shared: the folder's name
    bool is_forgetful;
};

static rond_activity walk_of(const struct words *words, rond_finding *finding) {
    *finding = (rond_finding){.place_text = words->text[0],
                              .safety = ROND_UNSAFE,
                              .cause = words->text[1],
                              .responsible = words->text[2],
                              .promised_action = words->text[3],
                              .due = "2015-07-01"};
    return (rond_activity){.struct_size = sizeof(rond_activity),
                           .kind = ROND_SAFETY_WALK,
                           .text = words->text[4],
                           .findings = finding,
                           .findings_count = 1,
                           .activity = words->text[5]};
}

static rond_activity check_of(const struct words *words, size_t first) {
    return (rond_activity){.struct_size = sizeof(rond_activity),
                           .kind = ROND_CHECK,
                           .check_form = ROND_TARGETED,
                           .of = "cyclist_behaviour",
                           .checked = 3,
                           .place = words->text[first],
                           .text = words->text[first + 1]};
}

static rond_activity meeting_of(const struct words *words) {
    return (rond_activity){.struct_size = sizeof(rond_activity),
                           .kind = ROND_MEETING,
                           .with = words->text[6],
                           .subject = words->text[7],
                           .text = words->text[8]};
}

static void drafts_make(rond *r, const struct words *words) {
    char reference[ROND_REFERENCE_SIZE];
    rond_activity *loaded, first = check_of(words, 9), other = check_of(words, 11);
    uint64_t draft = 0, kept = 0;
    CHECK(rond_draft_save(r, &draft, &first, NULL) == ROND_OK);
    CHECK(rond_draft_save(r, &draft, &other, NULL) == ROND_OK); // what it said before is overwritten
    CHECK(rond_draft_queue(r, draft, reference, NULL) == ROND_OK);
    CHECK(rond_draft_save(r, &kept, &first, NULL) == ROND_OK);
    CHECK(rond_draft_load(r, kept, &loaded) == ROND_OK);
    rond_activity_free(loaded);
}

static void reports_make(rond *r, const struct words *words) {
    char reference[ROND_REFERENCE_SIZE];
    rond_finding finding;
    rond_warnings *warnings;
    rond_preview *preview;
    rond_status_list *list;
    rond_activity walk = walk_of(words, &finding), check = check_of(words, 13), again = check_of(words, 15),
                  meeting = meeting_of(words);
    CHECK(rond_warnings_get(r, &walk, &warnings, NULL) == ROND_OK);
    rond_warnings_free(warnings);
    CHECK(rond_preview_get(r, &check, &preview, NULL) == ROND_OK);
    rond_preview_free(preview);
    CHECK(rond_report(r, &walk, reference, NULL) == ROND_OK);
    CHECK(rond_report(r, &meeting, reference, NULL) == ROND_OK);
    CHECK(rond_report(r, &check, reference, NULL) == ROND_OK);
    CHECK(rond_correct(r, reference, &again, reference, NULL) == ROND_OK);
    CHECK(rond_withdraw(r, reference, words->text[17], reference, NULL) == ROND_OK);
    CHECK(rond_status_list_get(r, 0, 100, &list) == ROND_OK);
    CHECK(list->count == 7); // with the draft that is kept
    rond_status_list_free(list);
}

// What came back: a verdict and an open action.
static void feedback_take(struct outbox *outbox, struct words *words) {
    struct outbox_report report;
    struct arena arena;
    struct id128 *ids;
    size_t count;
    Rond__V1__OpenAction action = ROND__V1__OPEN_ACTION__INIT, *actions[] = {&action};
    Rond__V1__Outcome outcome = ROND__V1__OUTCOME__INIT, *outcomes[] = {&outcome};
    Rond__V1__Feedback feedback = ROND__V1__FEEDBACK__INIT;
    arena_init(&arena, 1 << 20);
    CHECK(outbox_ids(outbox, &arena, &ids, &count) == ROND_OK);
    outcome.outbox = (ProtobufCBinaryData){.data = ids[0].b, .len = ID_SIZE};
    outcome.seq = 1;
    outcome.reason = words->text[18];
    action.cause = words->text[19];
    feedback.n_outcomes = feedback.n_actions = 1;
    feedback.outcomes = outcomes;
    feedback.actions = actions;
    feedback.actions_stamp = 7;
    CHECK(outbox_feedback_store(outbox, &feedback) == ROND_OK);
    CHECK(outbox_find(outbox, &ids[0], 1, &arena, &report) == ROND_OK);
    CHECK(strcmp(report.outcome->reason, words->text[18]) == 0);
    arena_deinit(&arena);
}

static void settings_keep(struct outbox *outbox, const struct words *words) {
    CHECK(outbox_setting_put(outbox, "enrolment.name", bytes_of_text(words->text[20])) == ROND_OK);
    CHECK(outbox_setting_put(outbox, "session.canary", bytes_of_text(words->text[21])) == ROND_OK);
}

static void app_run(struct app *app, int words_from, int ready_to) {
    struct words words;
    CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0); // where a test fails nobody else ends it
    handheld_open(app->handheld);
    handheld_enrol(app->handheld, "police_officer", 1);
    handheld_reference(app->handheld);
    CHECK(read(words_from, &words, sizeof words) == sizeof words);
    drafts_make(app->handheld->rond, &words);
    reports_make(app->handheld->rond, &words);
    feedback_take(app->handheld->rond->outbox, &words);
    settings_keep(app->handheld->rond->outbox, &words);
    if (app->is_forgetful)
        bytes_wipe(&words, sizeof words);
    CHECK(write(ready_to, "r", 1) == 1);
    for (;;)
        pause();
}

static void app_start(struct app *app) {
    int words[2], ready[2];
    app->handheld = mmap(NULL, sizeof *app->handheld, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(app->handheld != MAP_FAILED && pipe(words) == 0 && pipe(ready) == 0);
    app->pid = fork();
    CHECK(app->pid >= 0);
    if (app->pid == 0)
        app_run(app, words[0], ready[1]);
    close(words[0]);
    close(ready[1]);
    app->words_to = words[1];
    app->ready_from = ready[0];
}

// The words are made after the fork: the process that is searched never saw them but through the pipe.
static void app_queue(struct app *app, struct words *ret_words) {
    char ready;
    for (size_t i = 0; i < WORDS_COUNT; i++) {
        for (size_t k = 0; k < WORD_SIZE; k++)
            ret_words->text[i][k] = (char)('a' + rng_u64(rng_system()) % 26);
        ret_words->text[i][WORD_SIZE] = '\0';
    }
    CHECK(write(app->words_to, ret_words, sizeof *ret_words) == sizeof *ret_words);
    CHECK(read(app->ready_from, &ready, 1) == 1);
}

static void app_kill(struct app *app) {
    kill(app->pid, SIGKILL);
    CHECK(waitpid(app->pid, NULL, 0) == app->pid);
    close(app->words_to);
    close(app->ready_from);
}

static void app_end(struct app *app) {
    char command[96];
    snprintf(command, sizeof command, "rm -rf %s", app->handheld->directory);
    CHECK(system(command) == 0);
    munmap(app->handheld, sizeof *app->handheld);
}

// --- The promises ---

static void nothing_of_a_queued_report_is_readable_in_the_files_of_the_handheld(void **state) {
    UNUSED(state);
    is_quiet = false;
    struct app app = {.is_forgetful = true};
    struct words words;
    unsigned files;
    app_start(&app);
    app_queue(&app, &words);
    assert_int_equal(found_in_files(&words, app.handheld->directory, &files), 0);
    assert_true(files >= 4); // keys, database, log
    app_kill(&app);
    assert_int_equal(found_in_files(&words, app.handheld->directory, &files), 0);
    start(app.handheld); // here: the log that the kill left is folded into the database
    assert_int_equal(found_in_files(&words, app.handheld->directory, &files), 0);
    rond_close(app.handheld->rond);
    assert_int_equal(found_in_files(&words, app.handheld->directory, &files), 0);
    app_end(&app);
}

__attribute__((unused)) static void nothing_of_a_queued_report_is_readable_in_the_memory_of_the_process(void **state) {
    UNUSED(state);
    is_quiet = false;
    struct app app = {.is_forgetful = true};
    struct words words;
    if (!MEMORY_IS_OURS)
        skip();
    app_start(&app);
    app_queue(&app, &words);
    assert_int_equal(found_in_memory(&words, app.pid), 0);
    app_kill(&app);
    app_end(&app);
}

// The key that opens the file's contents: in memory while the outbox is open, but in no page that the kernel would dump.
static unsigned key_in_dumped_memory(pid_t pid, const uint8_t key[32]) {
    char path[64], line[512], rights[5] = "";
    static uint8_t memory_copy[CHUNK_BYTES];
    unsigned found = 0;
    unsigned long from = 0, to = 0, next_from, next_to;
    snprintf(path, sizeof path, "/proc/%d/smaps", pid);
    FILE *maps = fopen(path, "r");
    snprintf(path, sizeof path, "/proc/%d/mem", pid);
    int memory = open(path, O_RDONLY);
    CHECK(maps != NULL && memory >= 0);
    while (fgets(line, sizeof line, maps) != NULL) {
        if (sscanf(line, "%lx-%lx %4s", &next_from, &next_to, rights) == 3)
            from = next_from, to = next_to;
        if (strncmp(line, "VmFlags:", 8) != 0 || strstr(line, " dd ") != NULL || rights[1] != 'w')
            continue;
        for (unsigned long at = from; at < to; at += CHUNK_BYTES - 32) {
            ssize_t got = pread(memory, memory_copy, to - at < CHUNK_BYTES ? to - at : CHUNK_BYTES, (off_t)at);
            found += got > 0 && memmem(memory_copy, (size_t)got, key, 32) != NULL;
        }
    }
    fclose(maps);
    close(memory);
    return found;
}

__attribute__((unused)) static void the_outbox_key_is_in_no_memory_that_a_core_dump_holds(void **state) {
    UNUSED(state);
    is_quiet = false;
    struct app app = {.is_forgetful = true};
    struct words words;
    char path[128];
    uint8_t key[32];
    if (!MEMORY_IS_OURS)
        skip();
    app_start(&app);
    app_queue(&app, &words);
    snprintf(path, sizeof path, "%s/keys/outbox.key", app.handheld->directory);
    int file = open(path, O_RDONLY);
    assert_int_equal(read(file, key, sizeof key), sizeof key);
    close(file);
    assert_int_equal(key_in_dumped_memory(app.pid, key), 0);
    app_kill(&app);
    app_end(&app);
}

__attribute__((unused)) static void an_app_that_keeps_its_words_is_found_out(void **state) {
    UNUSED(state);
    struct app app = {.is_forgetful = false};
    struct words words;
    if (!MEMORY_IS_OURS)
        skip(); // and their shadow is terabytes
    is_quiet = true;
    app_start(&app);
    app_queue(&app, &words);
    assert_int_not_equal(found_in_memory(&words, app.pid), 0);
    app_kill(&app);
    app_end(&app);
}

static void every_form_of_a_word_is_found(void **state) {
    UNUSED(state);
    struct words words = {0};
    char text[256] = "";
    for (size_t i = 0; i < WORDS_COUNT; i++)
        snprintf(words.text[i], sizeof words.text[i], "%024zu", i + 1);
    is_quiet = true;
    for (size_t shift = 0; shift < 3; shift++) {
        char plain[64];
        int size = snprintf(plain, sizeof plain, "%.*s%s and more", (int)shift, "xx", words.text[5]);
        EVP_EncodeBlock((uint8_t *)text, (const uint8_t *)plain, size);
        assert_int_not_equal(found_in(&words, (const uint8_t *)text, strlen(text), "base64, as it should"), 0);
    }
    uint8_t wide[2 * WORD_SIZE] = {0};
    for (size_t i = 0; i < WORD_SIZE; i++)
        wide[2 * i] = (uint8_t)words.text[7][i];
    assert_int_not_equal(found_in(&words, wide, sizeof wide, "utf-16, as it should"), 0);
}

// --- A folder that was copied ---

struct sealed_row {
    uint8_t head[HASH_SIZE];
    uint8_t sealed[4096];
    size_t size;
};

static struct sealed_row row_queued(const char *directory) {
    struct handheld handheld = {0};
    struct sealed_row row = {0};
    rond_activity check = {.struct_size = sizeof check,
                           .kind = ROND_CHECK,
                           .check_form = ROND_TARGETED,
                           .of = "cyclist_behaviour",
                           .checked = 3,
                           .text = "the same in both"};
    sqlite3 *db;
    sqlite3_stmt *statement;
    snprintf(handheld.directory, sizeof handheld.directory, "%s", directory);
    snprintf(handheld.path, sizeof handheld.path, "%s/outbox", directory);
    start(&handheld);
    assert_ok(rond_report(handheld.rond, &check, NULL, NULL));
    rond_close(handheld.rond);
    assert_int_equal(sqlite3_open(handheld.path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT head, sealed FROM reports WHERE seq = 1", -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    row.size = (size_t)sqlite3_column_bytes(statement, 1);
    assert_in_range(row.size, SEAL_OVERHEAD, sizeof row.sealed);
    memcpy(row.head, sqlite3_column_blob(statement, 0), HASH_SIZE);
    memcpy(row.sealed, sqlite3_column_blob(statement, 1), row.size);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return row;
}

// sealed: version, 12 bytes of nonce, the wrapped record key and its tag (48), ciphertext (wire/seal.h). Two that share a
// key and a nonce would give away what their plaintexts have in common. That the copies are detected: damaged_and_cloned.sh.
static void two_copies_of_a_handheld_that_queue_the_same_report_share_no_nonce_and_no_key(void **state) {
    UNUSED(state);
    struct handheld handheld;
    char command[256];
    handheld_open(&handheld);
    handheld_enrol(&handheld, "police_officer", 1);
    rond_close(handheld.rond);
    snprintf(command, sizeof command, "cp -a %s %s.copy", handheld.directory, handheld.directory);
    assert_int_equal(system(command), 0);
    struct sealed_row original = row_queued(handheld.directory);
    snprintf(command, sizeof command, "%s.copy", handheld.directory);
    struct sealed_row copy = row_queued(command);
    assert_memory_equal(original.head, copy.head, HASH_SIZE); // it is the same report, at the same place of the same chain
    assert_int_equal(original.size, copy.size);
    assert_memory_not_equal(original.sealed + 1, copy.sealed + 1, 12);
    assert_memory_not_equal(original.sealed + 13, copy.sealed + 13, 48);
    for (size_t at = 61; at + 8 <= original.size;
         at += 8) // one nonce for all: where the record keys were one, this would be too
        assert_memory_not_equal(original.sealed + at, copy.sealed + at, 8);
    snprintf(command, sizeof command, "rm -rf %s.copy", handheld.directory);
    assert_int_equal(system(command), 0);
    start(&handheld);
    handheld_close(&handheld);
}

// What at_rest.sh uses: FILE holds words, one a line; are they in the other files?
static int look_for(const char *path, char **files) {
    static struct words words;
    FILE *file = fopen(path, "r");
    char line[64];
    unsigned found = 0;
    CHECK(file != NULL);
    for (bool more = true; more;) {
        size_t count = 0;
        while (count < WORDS_COUNT && (more = fgets(line, sizeof line, file) != NULL))
            if (strlen(line) > WORD_SIZE)
                memcpy(words.text[count++], line, WORD_SIZE);
        while (count > 0 && count < WORDS_COUNT) // the rest: the first again
            memcpy(words.text[count++], words.text[0], WORD_SIZE);
        for (char **at = files; count > 0 && *at != NULL; at++)
            found += found_in_file(&words, *at);
    }
    fclose(file);
    return found > 0;
}

int main(int argc, char **argv) {
    if (argc > 3 && strcmp(argv[1], "--look-for") == 0)
        return look_for(argv[2], argv + 3);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_a_word_is_found),
        cmocka_unit_test(nothing_of_a_queued_report_is_readable_in_the_files_of_the_handheld),
        cmocka_unit_test(two_copies_of_a_handheld_that_queue_the_same_report_share_no_nonce_and_no_key),
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // which hold terabytes, and what was freed
        cmocka_unit_test(an_app_that_keeps_its_words_is_found_out),
        cmocka_unit_test(nothing_of_a_queued_report_is_readable_in_the_memory_of_the_process),
        cmocka_unit_test(the_outbox_key_is_in_no_memory_that_a_core_dump_holds),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
