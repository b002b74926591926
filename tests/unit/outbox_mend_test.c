// A damaged outbox costs at most what lay on the damaged page: each page of a file with hundreds of reports is overwritten in
// turn, the file is opened and handed in, by the real device engine to the real session and committer. What the damage did
// not hold arrives, the rest is declared lost, and both ends show it.
//
// The same for each frame and each block of a write-ahead log that a killed process left.
//
// Tests: client-sdk/src/outbox_pages.c client-sdk/src/outbox_log.c
#include "outbox_mend.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device.h"
#include "ingest/committer.h"
#include "outbox_internal.h"
#include "store/memory.h"
#include "store/shape.h"
#include "support/lund.h"
#include "support/test.h"
#include "sync/session.h"

enum { PAGE = 4096, SENT = 40, WAITING = 260, REPORTS = SENT + WAITING, STEPS_MAX = 20000 };

// The sanitizers are slow: every page is for the plain build.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { PAGE_STEP = 4 };
#else
enum { PAGE_STEP = 1 };
#endif

static const char enrolment[] = "enrolment.current";

struct world {
    struct lund lund;
    struct rng_seeded seeded;
    struct rng rng;
    char directory[64];
    char path[96];
    struct seal_key key;
    struct arena arena;
    struct outbox *outbox;
};

static int64_t wall_ms(void *context) {
    return ((const struct world *)context)->lund.now_ms;
}
static uint64_t boot_id(void *context) {
    UNUSED(context);
    return 7;
}

static enum rond_err outbox_start(struct world *world) {
    static struct clock clock;
    clock = (struct clock){.wall_ms = wall_ms, .monotonic_ms = wall_ms, .boot_id = boot_id, .context = world};
    const struct outbox_config config = {.path = world->path, .key = &world->key, .rng = rng_system(), .clock = &clock};
    struct fault fault = {0};
    return outbox_open(&config, &world->outbox, &fault);
}

static void outbox_stop(struct world *world) {
    outbox_close(world->outbox);
    world->outbox = NULL;
}

static void open_world(struct world *world) {
    *world = (struct world){0};
    rng_seeded_init(&world->seeded, 4);
    world->rng = rng_seeded_as_rng(&world->seeded);
    lund_open_memory(&world->lund, &world->rng);
    arena_init(&world->arena, 256 * 1024 * 1024);
    bool in_memory = access("/dev/shm", W_OK) == 0; // what is damaged here is no matter of a disk's speed
    strcpy(world->directory, in_memory ? "/dev/shm/outbox_mend_test.XXXXXX" : "/tmp/outbox_mend_test.XXXXXX");
    assert_non_null(mkdtemp(world->directory));
    (void)snprintf(world->path, sizeof world->path, "%s/outbox.db", world->directory);
    memset(world->key.b, 0x42, sizeof world->key.b);
}

static void close_world(struct world *world) {
    outbox_stop(world);
    arena_deinit(&world->arena);
    lund_close(&world->lund);
    char command[96];
    (void)snprintf(command, sizeof command, "rm -rf %s", world->directory);
    assert_int_equal(system(command), 0);
}

// --- One window, without a network ---

static enum rond_err sign(void *context, const struct statement *statement, struct signature *ret_signature) {
    UNUSED(context);
    return signature_make(lund_key(0), statement, ret_signature);
}

struct window {
    struct world *world;
    struct device *device;
    struct session *session;
    struct device_now now;
    bool over;
    unsigned refusal_code;
};

static void device_side(struct window *window);

static void session_side(struct window *window) {
    struct session_action action;
    for (session_next_action(window->session, &action); action.kind != SESSION_NOTHING && !window->over;
         session_next_action(window->session, &action)) {
        Rond__V1__Reference reference = ROND__V1__REFERENCE__INIT;
        Rond__V1__Feedback feedback = ROND__V1__FEEDBACK__INIT;
        struct commit_census census = {0};
        struct catalogue *changed = NULL;
        switch (action.kind) {
        case SESSION_SEND:
            assert_ok(device_receive(window->device, &window->now, action.frame));
            device_side(window);
            break;
        case SESSION_SUBMIT:
            committer_run(window->world->lund.store, action.submission, window->world->lund.catalogue, &census, &changed);
            assert_ok(action.submission->err);
            assert_ok(session_result(window->session, window->now.wall_ms, action.submission));
            submission_destroy(action.submission);
            break;
        case SESSION_READ:
            reference.cursor = catalogue_revision(window->world->lund.catalogue);
            assert_ok(session_downstream(window->session, &reference, &feedback));
            break;
        default:
            window->refusal_code = action.refusal_code;
            window->over = true;
            break;
        }
    }
}

static void fork_outbox(struct window *window) {
    struct device_outbox_state state;
    assert_ok(outbox_fork(window->world->outbox));
    outbox_state(window->world->outbox, &state);
    assert_ok(device_outbox(window->device, &window->now, &state));
}

static void device_act(struct window *window, const struct device_action *action) {
    struct outbox *outbox = window->world->outbox;
    struct device_answer answer;
    switch (action->kind) {
    case DEVICE_SEND:
        assert_ok(session_receive(window->session, window->now.wall_ms, window->now.monotonic_ms, action->frame));
        break;
    case DEVICE_READ:
        arena_reset(&window->world->arena);
        assert_ok(outbox_read(outbox, action->first_seq, action->bytes_max, &window->world->arena, &answer));
        assert_ok(device_records(window->device, &window->now, &answer));
        break;
    case DEVICE_WELCOME:
        assert_ok(outbox_server_store(outbox, &action->server));
        break;
    case DEVICE_ACKNOWLEDGED:
        assert_ok(outbox_acknowledge(outbox, &action->chain, action->verdicts));
        break;
    case DEVICE_FORKED:
        fork_outbox(window);
        break;
    case DEVICE_REFERENCE:
        assert_ok(outbox_reference_store(outbox, action->reference));
        assert_ok(device_stored(window->device));
        break;
    case DEVICE_FEEDBACK:
        assert_ok(outbox_feedback_store(outbox, action->feedback));
        assert_ok(device_stored(window->device));
        break;
    default:
        window->refusal_code = action->refusal_code;
        window->over = true;
        break;
    }
}

static void device_side(struct window *window) {
    struct device_action action;
    for (device_next_action(window->device, &action); action.kind != DEVICE_NOTHING && !window->over;
         device_next_action(window->device, &action))
        device_act(window, &action);
}

static void start_session(struct window *window) {
    struct world *world = window->world;
    struct device_record device;
    struct id128 id = lund_device(0);
    uint8_t *spki = NULL;
    size_t size = 0;
    assert_ok(world->lund.store->registry->device_get(world->lund.store, &id, &world->lund.arena, &device));
    assert_ok(sign_key_spki(lund_key(0), &spki, &size));
    struct session_config config = {.id = 1,
                                    .device = &device,
                                    .spki = bytes_of(spki, size),
                                    .catalogue = world->lund.catalogue,
                                    .now_ms = window->now.wall_ms,
                                    .now_monotonic_ms = window->now.monotonic_ms};
    assert_ok(world->lund.store->registry->identity(world->lund.store, &config.store));
    assert_ok(session_create(&config, &window->session));
    free(spki);
}

// Hands in all that is queued.
static void sync_outbox(struct world *world) {
    struct window window = {.world = world, .now = {.wall_ms = world->lund.now_ms, .monotonic_ms = world->lund.now_ms, .boot_id = 7}};
    struct device_config config = {.device = lund_device(0), .client = "test", .sign = sign};
    struct device_outbox_state state;
    outbox_state(world->outbox, &config.outbox);
    outbox_server(world->outbox, &config.server);
    assert_ok(device_create(&config, &window.device));
    start_session(&window);
    assert_ok(device_connected(window.device, &window.now, 0));
    for (int step = 0; !window.over && step < STEPS_MAX; step++) {
        device_side(&window);
        session_side(&window);
        window.now.monotonic_ms += 50;
        device_tick(window.device, &window.now);
        session_tick(window.session, window.now.wall_ms, window.now.monotonic_ms);
    }
    if (window.refusal_code != 0)
        fail_msg("refused with %u", window.refusal_code);
    assert_true(window.over);
    outbox_state(world->outbox, &state);
    assert_int_equal(state.acknowledged.seq, state.last_seq);
    session_destroy(window.session);
    device_destroy(window.device);
}

// --- The outbox that is damaged ---

static void queue(struct world *world, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        uint64_t seq = 0;
        struct record record = sample_record(&world->lund.arena, ROND__V1__KIND__KIND_CHECK, i % 20);
        Rond__V1__Report *report = rond__v1__report__unpack(NULL, record.report.size, record.report.data);
        char text[3000]; // some lie on overflow pages
        memset(text, 'a' + (int)(i % 26), sizeof text);
        text[i % 40 == 39 ? sizeof text - 1 : 12] = '\0';
        report->text = text;
        size_t size = rond__v1__report__get_packed_size(report);
        uint8_t *packed = malloc(size);
        rond__v1__report__pack(report, packed);
        assert_ok(outbox_append(world->outbox, bytes_of(packed, size), &seq));
        free(packed);
        report->text = NULL;
        rond__v1__report__free_unpacked(report, NULL);
    }
}

static char *read_file(const char *path, size_t *ret_size) {
    struct stat file;
    int descriptor = open(path, O_RDONLY);
    assert_true(descriptor >= 0);
    assert_int_equal(fstat(descriptor, &file), 0);
    char *content = malloc((size_t)file.st_size);
    assert_int_equal(read(descriptor, content, (size_t)file.st_size), file.st_size);
    close(descriptor);
    *ret_size = (size_t)file.st_size;
    return content;
}

static void write_file(const char *path, const char *content, size_t size) {
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, content, size), size);
    close(descriptor);
}

// 40 reports that are there already, 260 that wait, a draft, an enrolment.
static void make_outbox(struct world *world) {
    uint64_t draft = 0;
    static char certificate[2500];
    memset(certificate, 'c', sizeof certificate);
    assert_ok(outbox_start(world));
    assert_ok(outbox_setting_put(world->outbox, enrolment, bytes_of(certificate, sizeof certificate)));
    queue(world, SENT);
    sync_outbox(world);
    queue(world, WAITING);
    assert_ok(outbox_draft_save(world->outbox, &draft, bytes_of_text("half of a report")));
    outbox_stop(world);
}

static struct store_counts counts_of(const struct world *world) {
    struct store_counts counts;
    assert_ok(world->lund.store->views->counts(world->lund.store, &counts));
    assert_true(store_counts_add_up(&counts));
    return counts;
}

// Reports that count, each under its first identity once.
static size_t distinct(struct world *world) {
    struct stored_report *rows;
    size_t count = 0, originals = 0;
    struct store *store = world->lund.store;
    assert_ok(store->views->reports(store, 0, 10 * REPORTS, &world->lund.arena, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        bool again = false;
        struct report_key root = rows[i].key;
        if (rows[i].record.has_formerly)
            root = (struct report_key){.device = rows[i].key.device, .outbox = rows[i].record.formerly_outbox, .seq = rows[i].record.formerly_seq};
        for (size_t n = 0; n < i && !again; n++) {
            struct report_key other = rows[n].key;
            if (rows[n].record.has_formerly)
                other = (struct report_key){.device = rows[n].key.device, .outbox = rows[n].record.formerly_outbox, .seq = rows[n].record.formerly_seq};
            again = report_key_equal(&root, &other);
        }
        originals += !again;
    }
    return originals;
}

struct cost {
    size_t pages, damaged, lost_most, lost_sum;
};

// What a page holds at most: reports of this size, and it may be the interior page that leads to others, which costs one row.
enum { LOST_BY_A_PAGE_MAX = 24 };

// Opens what was damaged, queues three more and hands all in: what did not arrive is what both ends know to be lost. How many.
static size_t expect_mended(struct world *world, const char *part, long page, size_t reports, size_t silent_max) {
    enum rond_err err = outbox_start(world);
    if (err != ROND_OK)
        fail_msg("%s %ld: the outbox does not open: %s", part, page, rond_err_name(err));
    struct bytes value;
    assert_ok(outbox_setting_get(world->outbox, enrolment, &world->lund.arena, &value));
    queue(world, 3); // it takes new ones at once
    sync_outbox(world);
    struct outbox_totals totals;
    assert_ok(outbox_totals(world->outbox, &totals));
    struct store_counts counts = counts_of(world);
    size_t there = distinct(world), missing = reports + 3 - there;
    bool fits = counts.lost == totals.lost && totals.lost <= missing && missing <= totals.lost + silent_max;
    if (missing > LOST_BY_A_PAGE_MAX || !fits || totals.waiting != 0)
        fail_msg("%s %ld: %zu of %zu are there, the server knows of %llu lost, the device of %llu, %llu wait", part, page, there,
                 reports + 3, (unsigned long long)counts.lost, (unsigned long long)totals.lost, (unsigned long long)totals.waiting);
    outbox_stop(world);
    return missing;
}

static void cost_add(struct cost *cost, size_t lost) {
    cost->pages++;
    cost->damaged += lost > 0;
    cost->lost_sum += lost;
    cost->lost_most = lost > cost->lost_most ? lost : cost->lost_most;
}

static void clean_up(struct world *world) {
    static const char *const suffixes[] = {"", "-wal", "-shm", ".damaged", ".damaged-wal", ".mended", ".mending"};
    for (size_t i = 0; i < ARRAY_COUNT(suffixes); i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s%s", world->path, suffixes[i]);
        (void)unlink(path);
    }
}

static void each_page_in_turn(char (*spoilt)(size_t at)) {
    struct world first;
    struct cost cost = {0};
    size_t size;
    open_world(&first);
    make_outbox(&first);
    char *whole = read_file(first.path, &size);
    assert_true(size > 40 * PAGE);
    struct store *snapshot;
    assert_ok(memory_store_snapshot(first.lund.store, &snapshot));
    for (size_t page = 1; page <= size / PAGE; page += page == 1 ? 1 : PAGE_STEP) {
        char *damaged = malloc(size);
        memcpy(damaged, whole, size);
        for (size_t i = 0; i < PAGE; i++)
            damaged[(page - 1) * PAGE + i] = spoilt(page * PAGE + i);
        clean_up(&first);
        write_file(first.path, damaged, size);
        free(damaged);
        store_close(first.lund.store);
        first.lund.store = snapshot;
        assert_ok(memory_store_snapshot(first.lund.store, &snapshot));
        cost_add(&cost, expect_mended(&first, "page", (long)page, REPORTS, 0));
    }
    print_message("%zu pages, %zu of them cost reports: %zu at most, %.1f on average\n", cost.pages, cost.damaged, cost.lost_most,
                  cost.damaged ? (double)cost.lost_sum / (double)cost.damaged : 0);
    store_close(snapshot);
    free(whole);
    close_world(&first);
}

static char zeros(size_t at) {
    UNUSED(at);
    return 0;
}
static char noise(size_t at) {
    uint64_t x = at * UINT64_C(0x9e3779b97f4a7c15);
    x ^= x >> 29;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    return (char)(x >> 40);
}

static void a_page_of_zeros_costs_at_most_what_it_held(void **state) {
    UNUSED(state);
    each_page_in_turn(zeros);
}

static void a_page_of_noise_costs_at_most_what_it_held(void **state) {
    UNUSED(state);
    each_page_in_turn(noise);
}
// --- The log that a killed process left ---

enum { LOG_HEADER = 32, FRAME_HEADER = 24, FRAME = FRAME_HEADER + PAGE, LOGGED = 24 };

// A file in which 40 reports are there already, with a log in which 24 wait; the server as it was then.
struct logged {
    struct world world;
    struct store *snapshot;
    char log_path[128];
    char *file, *log;
    size_t file_size, log_size, frames;
    size_t newest; // first frame of the newest transaction
};

static uint32_t commit_of(const struct logged *logged, size_t frame) {
    return get_be32((const uint8_t *)logged->log + LOG_HEADER + frame * FRAME + 4);
}

static void killed_while_it_queues(struct world *world) {
    uint64_t draft = 0;
    pid_t child = fork();
    if (child == 0) {
        assert_ok(outbox_start(world));
        queue(world, LOGGED / 2);
        assert_ok(outbox_draft_save(world->outbox, &draft, bytes_of_text("half of a report")));
        queue(world, LOGGED / 2);
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void open_logged(struct logged *logged) {
    static char certificate[2500];
    *logged = (struct logged){0};
    struct world *world = &logged->world;
    open_world(world);
    memset(certificate, 'c', sizeof certificate);
    assert_ok(outbox_start(world));
    assert_ok(outbox_setting_put(world->outbox, enrolment, bytes_of(certificate, sizeof certificate)));
    queue(world, SENT);
    sync_outbox(world);
    outbox_stop(world);
    assert_ok(memory_store_snapshot(world->lund.store, &logged->snapshot));
    killed_while_it_queues(world);
    (void)snprintf(logged->log_path, sizeof logged->log_path, "%s-wal", world->path);
    logged->file = read_file(world->path, &logged->file_size);
    logged->log = read_file(logged->log_path, &logged->log_size);
    logged->frames = (logged->log_size - LOG_HEADER) / FRAME;
    assert_true(logged->frames > LOGGED);
    assert_int_not_equal(commit_of(logged, logged->frames - 1), 0);
    for (logged->newest = logged->frames - 1; commit_of(logged, logged->newest - 1) == 0;)
        logged->newest--;
}

static void close_logged(struct logged *logged) {
    free(logged->file);
    free(logged->log);
    store_close(logged->snapshot);
    close_world(&logged->world);
}

// The files as they were left, but for what is spoilt of the log; the server as it was.
static void leave_spoilt(struct logged *logged, size_t from, size_t size, char (*spoilt)(size_t at)) {
    char *damaged = malloc(logged->log_size);
    memcpy(damaged, logged->log, logged->log_size);
    for (size_t at = from; at < from + size && at < logged->log_size; at++)
        damaged[at] = spoilt(at + PAGE);
    clean_up(&logged->world);
    write_file(logged->world.path, logged->file, logged->file_size);
    write_file(logged->log_path, damaged, logged->log_size);
    free(damaged);
    store_close(logged->world.lund.store);
    logged->world.lund.store = logged->snapshot;
    assert_ok(memory_store_snapshot(logged->world.lund.store, &logged->snapshot));
}

static bool was_mended(const struct world *world) {
    char beside[128];
    (void)snprintf(beside, sizeof beside, "%s.damaged", world->path);
    return access(beside, F_OK) == 0;
}

// Of the newest transaction alone nothing tells whether it was confirmed: its report may be missing without a word.
static void each_part_in_turn(struct logged *logged, const char *part, size_t first, size_t size, char (*spoilt)(size_t at)) {
    struct cost cost = {0};
    size_t newest_at = LOG_HEADER + logged->newest * FRAME;
    for (size_t i = 0; first + i * size < logged->log_size; i += PAGE_STEP) {
        size_t from = first + i * size;
        leave_spoilt(logged, from, size, spoilt);
        bool is_newest = from + size > newest_at;
        cost_add(&cost, expect_mended(&logged->world, part, (long)i, SENT + LOGGED, is_newest ? 1 : 0));
        if (was_mended(&logged->world) != (from + size <= newest_at))
            assert_true(from < newest_at); // a block may reach from one transaction into the newest
    }
    print_message("%zu %ss, %zu of them cost reports: %zu at most\n", cost.pages, part, cost.damaged, cost.lost_most);
}

static void a_spoilt_frame_of_the_log_costs_at_most_what_it_held(void **state) {
    UNUSED(state);
    struct logged logged;
    open_logged(&logged);
    each_part_in_turn(&logged, "frame", LOG_HEADER, FRAME, zeros);
    each_part_in_turn(&logged, "frame", LOG_HEADER, FRAME, noise);
    close_logged(&logged);
}

// Its header among it.
static void a_spoilt_block_of_the_log_costs_at_most_what_it_held(void **state) {
    UNUSED(state);
    struct logged logged;
    open_logged(&logged);
    each_part_in_turn(&logged, "block", 0, PAGE, zeros);
    each_part_in_turn(&logged, "block", 0, PAGE, noise);
    close_logged(&logged);
}

static void a_log_whose_header_alone_is_spoilt_costs_nothing(void **state) {
    UNUSED(state);
    struct logged logged;
    open_logged(&logged);
    leave_spoilt(&logged, 0, LOG_HEADER, zeros);
    assert_int_equal(expect_mended(&logged.world, "header", 0, SENT + LOGGED, 0), 0);
    assert_true(was_mended(&logged.world));
    close_logged(&logged);
}

// A log whose header a power cut tore while the log was begun anew: all of it is in the file.
static void a_log_that_is_in_the_file_already_is_no_damage(void **state) {
    UNUSED(state);
    struct logged logged;
    open_logged(&logged);
    assert_ok(outbox_start(&logged.world));
    outbox_stop(&logged.world);
    free(logged.file);
    logged.file = read_file(logged.world.path, &logged.file_size);
    leave_spoilt(&logged, 0, LOG_HEADER, noise);
    assert_int_equal(expect_mended(&logged.world, "header", 0, SENT + LOGGED, 0), 0);
    assert_false(was_mended(&logged.world));
    close_logged(&logged);
}

// Each subset of the newest transaction's frames that may be missing after a power cut.
static void a_tail_that_a_power_cut_tore_is_no_damage(void **state) {
    UNUSED(state);
    struct logged logged;
    open_logged(&logged);
    size_t count = logged.frames - logged.newest;
    assert_in_range(count, 2, 6);
    char *whole = malloc(logged.log_size);
    memcpy(whole, logged.log, logged.log_size);
    for (size_t missing = 1; missing < (size_t)1 << count; missing++) {
        memcpy(logged.log, whole, logged.log_size);
        for (size_t i = 0; i < count; i++)
            if (missing >> i & 1)
                memset(logged.log + LOG_HEADER + (logged.newest + i) * FRAME + (missing % 2 ? 0 : FRAME_HEADER + 512), 0, PAGE - 512);
        leave_spoilt(&logged, 0, 0, zeros);
        assert_int_equal(expect_mended(&logged.world, "tail", (long)missing, SENT + LOGGED, 1), 1);
        assert_false(was_mended(&logged.world));
    }
    free(whole);
    close_logged(&logged);
}

// --- Cut short, left behind, and not ours ---

static void spoil(const struct world *world, long page) {
    char junk[PAGE];
    int descriptor = open(world->path, O_WRONLY);
    assert_true(descriptor >= 0);
    memset(junk, 0xa5, sizeof junk);
    assert_int_equal(pwrite(descriptor, junk, sizeof junk, (page - 1) * PAGE), PAGE);
    close(descriptor);
}

static void reports_in_a_log_that_a_crash_left_are_there_though_the_header_is_gone(void **state) {
    UNUSED(state);
    struct world world;
    struct stat log;
    char log_path[128];
    open_world(&world);
    pid_t child = fork();
    if (child == 0) { // queues, and ends without a word
        assert_ok(outbox_start(&world));
        queue(&world, 30);
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    (void)snprintf(log_path, sizeof log_path, "%s-wal", world.path);
    assert_int_equal(stat(log_path, &log), 0);
    assert_true(log.st_size > 30 * PAGE);
    spoil(&world, 1);
    assert_ok(outbox_start(&world));
    sync_outbox(&world);
    assert_int_equal(counts_of(&world).reports, 30);
    assert_int_equal(counts_of(&world).lost, 0);
    close_world(&world);
}

static void a_page_that_is_met_spoilt_in_the_middle_of_a_window_ends_it_and_the_next_one_goes_on(void **state) {
    UNUSED(state);
    struct world world;
    int64_t pages = 0;
    open_world(&world);
    assert_ok(outbox_start(&world));
    queue(&world, 200);
    assert_int_equal(sqlite3_wal_checkpoint_v2(world.outbox->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL), SQLITE_OK);
    assert_ok(sql_number(world.outbox, &pages, "PRAGMA page_count", ""));
    assert_int_equal(sqlite3_exec(world.outbox->db, "PRAGMA shrink_memory", NULL, NULL, NULL), SQLITE_OK);
    for (long page = 16; page <= pages; page++) // most of the reports' own
        if (page % 4 == 0 || page == pages)
            spoil(&world, page);
    struct device_answer answer;
    enum rond_err err = ROND_OK;
    for (uint64_t seq = 1; err == ROND_OK && seq <= 200; seq++) // a window is under way
        err = outbox_read(world.outbox, seq, 1, &world.arena, &answer);
    assert_err(ROND_EAGAIN, err);
    assert_int_equal(outbox_mends(world.outbox), 1);
    queue(&world, 5);
    sync_outbox(&world);
    struct store_counts counts = counts_of(&world);
    assert_true(counts.lost > 0 && counts.lost < 100);
    assert_int_equal(counts.reports + counts.lost, 205);
    close_world(&world);
}

static void a_mend_that_a_crash_cut_short_is_finished_or_forgotten(void **state) {
    UNUSED(state);
    struct world world;
    char beside[128];
    size_t size;
    open_world(&world);
    assert_ok(outbox_start(&world));
    queue(&world, 10);
    outbox_stop(&world);
    char *whole = read_file(world.path, &size);
    (void)snprintf(beside, sizeof beside, "%s.mending", world.path);
    write_file(beside, whole, size / 2); // not whole: of no use
    assert_ok(outbox_start(&world));
    assert_int_equal(world.outbox->position.last.seq, 10);
    assert_int_not_equal(access(beside, F_OK), 0);
    queue(&world, 1);
    outbox_stop(&world);
    (void)snprintf(beside, sizeof beside, "%s.mended", world.path);
    write_file(beside, whole, size); // whole, and the damaged one still in its place
    assert_ok(outbox_start(&world));
    assert_int_equal(world.outbox->position.last.seq, 10);
    outbox_stop(&world);
    assert_int_not_equal(access(beside, F_OK), 0);
    (void)snprintf(beside, sizeof beside, "%s.damaged", world.path);
    assert_int_equal(access(beside, F_OK), 0);
    assert_int_equal(unlink(world.path), 0); // between the two names
    (void)snprintf(beside, sizeof beside, "%s.mended", world.path);
    write_file(beside, whole, size);
    assert_ok(outbox_start(&world));
    assert_int_equal(world.outbox->position.last.seq, 10);
    free(whole);
    close_world(&world);
}

static void a_damaged_file_of_another_key_is_left_as_it_is(void **state) {
    UNUSED(state);
    struct world world;
    char beside[128];
    size_t size, size_after;
    open_world(&world);
    assert_ok(outbox_start(&world));
    queue(&world, 10);
    outbox_stop(&world);
    spoil(&world, 1);
    char *before = read_file(world.path, &size);
    world.key.b[0] ^= 1;
    assert_err(ROND_ECORRUPT, outbox_start(&world));
    char *after = read_file(world.path, &size_after);
    assert_int_equal(size_after, size);
    assert_memory_equal(after, before, size);
    (void)snprintf(beside, sizeof beside, "%s.damaged", world.path);
    assert_int_not_equal(access(beside, F_OK), 0);
    world.key.b[0] ^= 1; // with its own it is mended
    assert_ok(outbox_start(&world));
    assert_int_equal(world.outbox->position.last.seq, 10);
    assert_int_equal(access(beside, F_OK), 0);
    free(before);
    free(after);
    close_world(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_of_zeros_costs_at_most_what_it_held),
        cmocka_unit_test(a_page_of_noise_costs_at_most_what_it_held),
        cmocka_unit_test(a_spoilt_frame_of_the_log_costs_at_most_what_it_held),
        cmocka_unit_test(a_spoilt_block_of_the_log_costs_at_most_what_it_held),
        cmocka_unit_test(a_log_whose_header_alone_is_spoilt_costs_nothing),
        cmocka_unit_test(a_log_that_is_in_the_file_already_is_no_damage),
        cmocka_unit_test(a_tail_that_a_power_cut_tore_is_no_damage),
        cmocka_unit_test(reports_in_a_log_that_a_crash_left_are_there_though_the_header_is_gone),
        cmocka_unit_test(a_page_that_is_met_spoilt_in_the_middle_of_a_window_ends_it_and_the_next_one_goes_on),
        cmocka_unit_test(a_mend_that_a_crash_cut_short_is_finished_or_forgotten),
        cmocka_unit_test(a_damaged_file_of_another_key_is_left_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
