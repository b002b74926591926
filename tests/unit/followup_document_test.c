// Tests: server/read/followup_causes.c server/read/followup_changes.c server/read/followup_state.c
// read/followup_document.c, followup_changes.c, followup_state.c: what a follow-up says, that it says it
// again, and that it goes on saying it.
#include "read/followup_document.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "promise/apply.h"
#include "read/sureness.h"
#include "support/followups.h"
#include "support/rows.h"
#include "support/stockholm.h"
#include "support/test.h"

static struct lund lund;
static json_t *document;

static int open_memory(void **state) {
    lund_open_memory(&lund, rng_system());
    document = NULL;
    return 0;
}
static int open_sqlite(void **state) {
    lund_open(&lund);
    document = NULL;
    return 0;
}
static int close_lund(void **state) {
    json_decref(document);
    lund_close(&lund);
    return 0;
}

#define TRAFFIC "lund-2015-trafik"
#define STATION "lund-2015-station"
#define CYCLE TRAFFIC "/cykel"
#define TAXI TRAFFIC "/taxi"
#define PRESENCE STATION "/narvaro"

static uint64_t check(unsigned device, const char *wall) {
    return lund_report(&lund, device, 1, cycle_check(&lund, wall));
}

static void correct(unsigned device, uint64_t seq, const char *wall) {
    struct report_key key = lund_key_of(device, 1, seq);
    Rond__V1__Report *report = cycle_check(&lund, wall);
    report->corrects = lund_identity(&lund.arena, &key);
    lund_report(&lund, device, 1, report);
}

static void withdraw(unsigned device, uint64_t seq) {
    struct report_key key = lund_key_of(device, 1, seq);
    lund_report(&lund, device, 1, sample_withdrawal(&lund.arena, &key.device, &key.outbox, key.seq));
}

static const json_t *published_now(const char *promise, const char *period) {
    struct followup followup = published(&lund, promise, period);
    json_decref(document);
    return document = document_json(&followup);
}

static int64_t figure(const char *path, const char *object, const char *name) {
    return field_number(field(commitment_in(document, "commitments", path), object), name);
}

// ---- What it says ----

static void heard_of(unsigned device, const char *wall, uint64_t last_seq) {
    struct id128 id = lund_device(device);
    lund_begin(&lund);
    assert_ok(lund.store->registry->device_seen(lund.store, &id, 1000 * stockholm_at(wall), NULL, last_seq, ""));
    lund_commit(&lund);
}

static void all_heard_of(const char *wall) {
    for (unsigned device = 0; device < LUND_DEVICES; device++)
        heard_of(device, wall, 0);
}

static const char *status_of(const char *path) {
    return field_text(commitment_in(document, "commitments", path), "status");
}

static const char *by_reports(const char *path) {
    return field_text(commitment_in(document, "commitments", path), "status_by_reports");
}

static void it_tells_how_each_commitment_stood_at_the_end_of_the_period(void **state) {
    all_heard_of("2016-01-01 08:00");
    check(0, "2015-02-01 10:00");
    check(0, "2015-04-30 23:30");
    check(1, "2015-05-01 00:00");
    published_now(TRAFFIC, "2015-T1");
    assert_string_equal(field_text(document, "format"), "rond follow-up 2");
    assert_int_equal(field_number(document, "version"), 1);
    assert_int_equal(figure(CYCLE, "figure", "done"), 2);
    assert_int_equal(figure(CYCLE, "figure", "target"), 10);
    assert_string_equal(field_text(commitment_in(document, "commitments", CYCLE), "status"), "behind");
    assert_string_equal(field_text(field(commitment_in(document, "commitments", CYCLE), "figure"), "summary_sv"),
                        "2 av minst 10 kontroller");
    assert_int_equal(json_array_size(field(document, "commitments")), 5);
    assert_string_equal(field_text(field(document, "promise"), "phase"), "act");
    assert_string_equal(field_text(field(document, "period"), "until"), "2015-04-30");
    assert_string_equal(field_text(field(document, "time_zone"), "id"), "Europe/Stockholm");
    assert_null(json_object_get(document, "changes"));
    published_now(TRAFFIC, "final");
    assert_int_equal(figure(CYCLE, "figure", "done"), 3);
    assert_string_equal(field_text(commitment_in(document, "commitments", CYCLE), "status"), "missed");
}

static void the_parts_of_all_tertials_add_up_to_the_whole(void **state) {
    static const char *const tertials[] = {"2015-T1", "2015-T2", "2015-T3"};
    int64_t checks = 0, minutes = 0, done = 0;
    for (unsigned i = 0; i < 3; i++)
        check(i, "2015-03-01 10:00");
    check(0, "2015-10-10 10:00");
    lund_report(&lund, 0, 1, report_at(&lund, ROND__V1__KIND__KIND_VISIBLE_PATROL, "2015-02-06 20:00", 90));
    lund_report(&lund, 1, 1, report_at(&lund, ROND__V1__KIND__KIND_VISIBLE_PATROL, "2015-05-08 20:00", 30));
    for (size_t i = 0; i < 3; i++) {
        published_now(TRAFFIC, tertials[i]);
        checks += figure(CYCLE, "part", "count");
        published_now(STATION, tertials[i]);
        minutes += figure(PRESENCE, "part", "person_minutes");
        done += figure(PRESENCE, "part", "done");
    }
    published_now(TRAFFIC, "final");
    assert_int_equal(checks, 4);
    assert_int_equal(figure(CYCLE, "figure", "count"), checks);
    assert_int_equal(figure(CYCLE, "part", "count"), checks);
    published_now(STATION, "final");
    assert_int_equal(figure(PRESENCE, "figure", "person_minutes"), minutes);
    assert_int_equal(figure(PRESENCE, "figure", "done"), done);
    assert_int_equal(done, 1);
}

static void corrections_are_counted_and_shown(void **state) {
    for (unsigned i = 0; i < 3; i++)
        check(0, "2015-03-01 10:00");
    correct(0, 1, "2015-03-02 10:00");
    withdraw(0, 2);
    published_now(TRAFFIC, "2015-T1");
    assert_int_equal(figure(CYCLE, "figure", "done"), 2);
    assert_int_equal(field_number(commitment_in(document, "commitments", CYCLE), "corrected"), 1);
    assert_int_equal(field_number(commitment_in(document, "commitments", TAXI), "corrected"), 0);
}

static void how_many_devices_are_silent_is_told_and_not_which(void **state) {
    published_now(TRAFFIC, "2015-T2");
    assert_int_equal(figure(CYCLE, "sureness", "devices"), LUND_DEVICES);
    assert_int_equal(figure(CYCLE, "sureness", "silent"), LUND_DEVICES);
    assert_int_equal(figure(CYCLE, "sureness", "never_heard"), LUND_DEVICES);
    assert_true(field_is_null(field(commitment_in(document, "commitments", CYCLE), "sureness"), "since"));
    heard_of(0, "2015-09-01 00:00", 0);
    heard_of(1, "2015-08-31 23:59", 0);
    heard_of(2, "2015-07-11 00:10", 0); // the day before by the clock of the world
    published_now(TRAFFIC, "2015-T2");
    assert_int_equal(figure(CYCLE, "sureness", "silent"), LUND_DEVICES - 1);
    assert_int_equal(figure(CYCLE, "sureness", "never_heard"), LUND_DEVICES - 3);
    assert_string_equal(field_text(field(commitment_in(document, "commitments", CYCLE), "sureness"), "since"), "2015-07-11");
    assert_true(field_truth(field(commitment_in(document, "changes", CYCLE), "why"), "heard"));
}

// It may bring late reports and corrections of that time.
static void a_device_that_was_enrolled_after_the_period_counts_like_any_other(void **state) {
    published_now(TRAFFIC, "2015-T1"); // all were enrolled in June
    assert_int_equal(figure(CYCLE, "sureness", "devices"), LUND_DEVICES);
    assert_int_equal(figure(CYCLE, "sureness", "silent"), LUND_DEVICES);
    assert_string_equal(status_of(CYCLE), "unknown");
    assert_string_equal(by_reports(CYCLE), "behind");
    all_heard_of("2015-06-01 12:00");
    published_now(TRAFFIC, "2015-T1");
    assert_int_equal(figure(CYCLE, "sureness", "silent"), 0);
    assert_string_equal(status_of(CYCLE), "behind");
}

static void reports_known_to_be_waiting_make_a_device_silent(void **state) {
    check(0, "2015-06-02 10:00");
    all_heard_of("2015-10-01 00:00");
    heard_of(0, "2015-10-01 00:00", 3);
    published_now(TRAFFIC, "2015-T2");
    assert_int_equal(figure(CYCLE, "sureness", "silent"), 1);
    assert_int_equal(figure(CYCLE, "sureness", "unsent"), 1);
    assert_true(field_is_null(field(commitment_in(document, "commitments", CYCLE), "sureness"), "since"));
    assert_string_equal(status_of(CYCLE), "unknown");
}

static void what_is_missed_is_unknown_while_a_device_is_silent_and_what_is_met_is_met(void **state) {
    for (unsigned i = 0; i < 10; i++)
        check(0, "2015-03-01 10:00");
    all_heard_of("2016-01-01 00:00");
    heard_of(3, "2015-12-31 23:59", 0);
    published_now(TRAFFIC, "final");
    assert_string_equal(status_of(CYCLE), "met");
    assert_string_equal(by_reports(CYCLE), "met");
    assert_string_equal(status_of(TAXI), "unknown");
    assert_string_equal(by_reports(TAXI), "missed");
    assert_int_equal(figure(TAXI, "sureness", "silent"), 1);
}

// The last window opens on the last evening and closes after midnight.
static void of_presence_a_device_has_told_all_once_the_last_window_has_closed(void **state) {
    const struct commitment *presence = catalogue_commitment_by_path(lund.catalogue, PRESENCE);
    Rond__V1__Commitment definition = *presence->definition;
    Rond__V1__Window window = *definition.windows[0], *windows[] = {&window};
    struct commitment late = *presence;
    day_t day = presence->to;
    late.definition = &definition;
    definition.windows = windows;
    definition.n_windows = 1;
    window.from_minute = 20 * 60;
    window.to_minute = 22 * 60;
    assert_int_equal(sureness_day_end_ms(&late, day), 1000 * stockholm_at("2016-01-01 00:00"));
    window.from_minute = 22 * 60;
    window.to_minute = 2 * 60;
    assert_int_equal(sureness_day_end_ms(&late, day), 1000 * stockholm_at("2016-01-01 02:00"));
}

static bool matches(const char *text, const char *pattern) {
    regex_t expression;
    assert_int_equal(regcomp(&expression, pattern, REG_EXTENDED | REG_NOSUB), 0);
    bool found = regexec(&expression, text, 0, NULL, 0) == 0;
    regfree(&expression);
    return found;
}

static void it_names_no_device_person_moment_or_position(void **state) {
    char hex[2 * ID_SIZE + 1];
    check(0, "2015-02-01 10:17");
    lund_report(&lund, 1, 1, report_at(&lund, ROND__V1__KIND__KIND_SAFETY_WALK, "2015-03-01 18:00", 60));
    lund_report(&lund, 2, 1, report_at(&lund, ROND__V1__KIND__KIND_VISIBLE_PATROL, "2015-02-06 20:00", 90));
    for (unsigned i = 0; i < 2; i++) {
        const char *text = drafted(&lund, i == 0 ? TRAFFIC : STATION, "2015-T1", "2020-01-01 12:00");
        for (unsigned device = 0; device < LUND_DEVICES; device++) {
            struct id128 id = lund_device(device), outbox = lund_outbox(device, 1);
            hex_encode(bytes_of(id.b, ID_SIZE), hex);
            assert_null(strstr(text, hex));
            hex_encode(bytes_of(outbox.b, ID_SIZE), hex);
            assert_null(strstr(text, hex));
        }
        assert_null(strstr(text, "handheld"));
        assert_null(strstr(text, "bangatan"));
        assert_null(strstr(text, "belysning"));
        assert_null(strstr(text, "557059"));
        assert_false(matches(text, "[0-9]T[0-9][0-9]:|[0-9]{2}:[0-9]{2}|\"[a-z_]*(_s|_ms|row|seq)\": [0-9]{7}"));
        assert_false(matches(text, "\"(device|outbox|seq|reference|name_of|position|latitude[a-z0-9_]*)\":"));
    }
}

// ---- That it says it again ----

static void the_same_state_gives_the_same_bytes(void **state) {
    check(0, "2015-02-01 10:00");
    const char *first = drafted(&lund, TRAFFIC, "2015-T1", "2015-05-01 00:00");
    assert_string_equal(first, drafted(&lund, TRAFFIC, "2015-T1", "2019-12-24 15:00"));
    assert_int_equal(first[strlen(first) - 1], '\n');
    check(0, "2015-12-01 10:00"); // later than the period, but another state
    const char *second = drafted(&lund, TRAFFIC, "2015-T1", "2015-05-01 00:00");
    assert_string_not_equal(first, second);
}

static void its_bytes_are_canonical_and_its_state_is_the_folds(void **state) {
    struct hash256 fold;
    char hex[2 * HASH_SIZE + 1];
    json_error_t error;
    check(0, "2015-02-01 10:00");
    const char *text = drafted(&lund, TRAFFIC, "2015-T1", "2020-01-01 12:00");
    document = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    char *again = json_dumps(document, JSON_SORT_KEYS | JSON_INDENT(2));
    assert_string_equal(arena_printf(&lund.arena, "%s\n", again), text);
    free(again);
    assert_ok(promise_digest(lund.store, &fold));
    hex_encode(bytes_of(fold.b, HASH_SIZE), hex);
    assert_string_equal(field_text(field(document, "state"), "fold"), hex);
    assert_int_equal(field_number(field(document, "state"), "last_row"), 1);
    assert_int_equal(field_number(field(document, "state"), "catalogue_revision"), catalogue_revision(lund.catalogue));
}

// The same reports, of three devices, in an order that follows from the seed.
static const char *text_after(unsigned order, const struct rng *rng, struct arena *keep) {
    static const unsigned orders[3][6] = {{0, 0, 1, 1, 2, 2}, {2, 1, 0, 2, 1, 0}, {1, 2, 2, 0, 0, 1}};
    unsigned sent[3] = {0};
    lund_close(&lund);
    if (rng == NULL)
        lund_open(&lund);
    else
        lund_open_memory(&lund, rng);
    lund.now_ms = 1000 * stockholm_at("2015-11-01 00:00");
    for (unsigned i = 0; i < 6; i++) {
        unsigned device = orders[order][i];
        struct report_key first = lund_key_of(device, 1, 1);
        if (sent[device]++ == 0)
            check(device, "2015-02-01 10:00");
        else if (device == 0)
            correct(0, 1, "2015-02-02 10:00");
        else if (device == 1)
            withdraw(1, 1);
        else
            lund_report(&lund, 2, 1, report_at(&lund, ROND__V1__KIND__KIND_VISIBLE_PATROL, "2015-02-06 20:00", 90));
        (void)first;
    }
    return arena_text(keep, drafted(&lund, TRAFFIC, "2015-T1", "2020-01-01 12:00"));
}

static void the_order_of_arrival_does_not_show(void **state) {
    struct rng_seeded seeded;
    struct rng rng = rng_seeded_as_rng(&seeded);
    struct arena keep;
    const char *texts[3];
    arena_init(&keep, 1024 * 1024);
    for (unsigned order = 0; order < 3; order++) {
        rng_seeded_init(&seeded, 99); // the same store id
        texts[order] = text_after(order, &rng, &keep);
    }
    assert_string_equal(texts[0], texts[1]);
    assert_string_equal(texts[0], texts[2]);
    arena_deinit(&keep);
}

// The store's own id apart, and with it the state's name.
static const char *without_store(struct arena *keep, const char *text) {
    json_error_t error;
    json_t *json = json_loads(text, 0, &error), *where = json_object_get(json, "state");
    assert_int_equal(json_object_del(where, "store"), 0);
    assert_int_equal(json_object_del(where, "name"), 0);
    char *dumped = json_dumps(json, JSON_SORT_KEYS);
    const char *kept = arena_text(keep, dumped);
    free(dumped);
    json_decref(json);
    return kept;
}

static void every_backend_tells_the_same(void **state) {
    struct arena keep;
    arena_init(&keep, 1024 * 1024);
    const char *memory = without_store(&keep, text_after(0, rng_system(), &keep));
    const char *sqlite = without_store(&keep, text_after(1, NULL, &keep));
    assert_string_equal(memory, sqlite);
    arena_deinit(&keep);
}

// ---- That it goes on saying it ----

static void whatever_comes_later_leaves_it_as_it_was(void **state) {
    struct followup now;
    uint64_t rows[3];
    for (unsigned i = 0; i < 3; i++)
        rows[i] = check(0, "2015-03-01 10:00");
    struct followup then = published(&lund, TRAFFIC, "2015-T1");
    check(1, "2015-04-01 10:00");
    correct(0, 1, "2015-06-02 10:00");
    withdraw(0, 2);
    lund_begin(&lund);
    assert_ok(lund.store->ledger->erase(lund.store, rows[2], FOR_A_TEST));
    assert_ok(promise_rebuild(lund.store, lund.catalogue, NULL, NULL));
    lund_commit(&lund);
    assert_ok(lund.store->views->followup(lund.store, TRAFFIC, "2015-T1", 0, &lund.arena, &now));
    assert_int_equal(now.version, 1);
    assert_true(bytes_equal(then.document, now.document));
    assert_true(bytes_equal(then.evidence, now.evidence));
}

static void an_erased_report_counts_on(void **state) {
    uint64_t row = check(0, "2015-03-01 10:00");
    const char *before = drafted(&lund, TRAFFIC, "2015-T1", "2020-01-01 12:00");
    lund_begin(&lund);
    assert_ok(lund.store->ledger->erase(lund.store, row, FOR_A_TEST));
    assert_ok(promise_rebuild(lund.store, lund.catalogue, NULL, NULL));
    lund_commit(&lund);
    assert_string_equal(before, drafted(&lund, TRAFFIC, "2015-T1", "2020-01-01 12:00"));
}

static const json_t *why_of(const char *path) {
    const json_t *change = commitment_in(document, "changes", path);
    assert_non_null(change);
    return field(change, "why");
}

static void a_restatement_tells_what_changed_and_why(void **state) {
    for (unsigned i = 0; i < 4; i++)
        check(0, "2015-03-01 10:00");
    struct followup first = published(&lund, TRAFFIC, "2015-T1");
    for (unsigned i = 0; i < 3; i++)
        check(1, "2015-04-01 10:00");  // late
    check(1, "2015-05-02 10:00");      // belongs to another tertial
    correct(0, 1, "2015-06-02 10:00"); // out of the tertial: it stands, as the one claimed later
    correct(0, 1, "2015-03-02 10:00");
    withdraw(0, 2);
    struct followup second = published(&lund, TRAFFIC, "2015-T1");
    json_decref(document);
    document = document_json(&second);
    assert_int_equal(second.version, 2);
    assert_int_equal(json_array_size(field(document, "changes")), 1);
    const json_t *change = commitment_in(document, "changes", CYCLE);
    assert_int_equal(field_number(field(field(change, "from"), "figure"), "done"), 4);
    assert_int_equal(field_number(field(field(change, "to"), "figure"), "done"), 5);
    assert_int_equal(field_number(why_of(CYCLE), "late"), 3);
    assert_int_equal(field_number(why_of(CYCLE), "corrected"), 1);
    assert_int_equal(field_number(why_of(CYCLE), "withdrawn"), 1);
    assert_int_equal(field_number(why_of(CYCLE), "decided"), 0);
    assert_false(field_truth(why_of(CYCLE), "edited"));
    assert_int_equal(field_number(field(document, "replaces"), "version"), 1);
    struct hash256 hash;
    char hex[2 * HASH_SIZE + 1];
    sha256_of(first.document, &hash);
    hex_encode(bytes_of(hash.b, HASH_SIZE), hex);
    assert_string_equal(field_text(field(document, "replaces"), "sha256"), hex);
}

static void a_restatement_tells_what_became_known(void **state) {
    for (unsigned i = 0; i < 9; i++)
        check(0, "2015-03-01 10:00");
    all_heard_of("2016-01-01 00:00");
    heard_of(1, "2015-12-01 10:00", 0);
    published_now(TRAFFIC, "final");
    assert_string_equal(status_of(CYCLE), "unknown");
    check(1, "2015-12-02 10:00"); // the tenth
    heard_of(1, "2016-02-01 10:00", 1);
    published_now(TRAFFIC, "final");
    const json_t *cycle = commitment_in(document, "changes", CYCLE), *taxi = commitment_in(document, "changes", TAXI);
    assert_string_equal(field_text(field(cycle, "from"), "status"), "unknown");
    assert_string_equal(field_text(field(cycle, "from"), "status_by_reports"), "missed");
    assert_string_equal(field_text(field(cycle, "to"), "status"), "met");
    assert_int_equal(field_number(why_of(CYCLE), "late"), 1);
    assert_true(field_truth(why_of(CYCLE), "heard"));
    assert_string_equal(field_text(field(taxi, "from"), "status"), "unknown");
    assert_string_equal(field_text(field(taxi, "to"), "status"), "missed");
    assert_true(field_truth(why_of(TAXI), "heard"));
    assert_false(field_truth(why_of(TAXI), "form"));
    assert_int_equal(field_number(why_of(TAXI), "late"), 0);
}

static bool differs_now(const char *promise, const char *period) {
    struct followup_request request = {.promise = promise};
    struct followup_draft draft;
    struct followup previous;
    assert_ok(lund.store->views->followup(lund.store, promise, period, 0, &lund.arena, &previous));
    request.previous = &previous;
    assert_ok(
        followup_period_of(lund.catalogue, promise, period, stockholm_at("2020-01-01 12:00"), false, &request.period, NULL));
    assert_ok(followup_draft_make(lund.store, lund.catalogue, &request, &draft));
    bool differs = draft.differs;
    assert_int_equal(differs, json_array_size(json_object_get(draft.document, "changes")) > 0);
    followup_draft_deinit(&draft);
    return differs;
}

static void what_happened_after_the_period_is_no_change(void **state) {
    check(0, "2015-03-01 10:00");
    published_now(TRAFFIC, "2015-T1");
    assert_false(differs_now(TRAFFIC, "2015-T1"));
    check(0, "2015-05-01 10:00");
    lund_report(&lund, 1, 1, report_at(&lund, ROND__V1__KIND__KIND_MEETING, "2015-09-01 10:00", 30));
    assert_false(differs_now(TRAFFIC, "2015-T1"));
    check(0, "2015-04-30 22:00");
    assert_true(differs_now(TRAFFIC, "2015-T1"));
    published_now(TRAFFIC, "2015-T1");
    assert_false(differs_now(TRAFFIC, "2015-T1"));
}

static void another_device_that_was_heard_of_is_no_change(void **state) {
    all_heard_of("2015-06-01 12:00");
    heard_of(0, "2015-03-01 12:00", 0);
    published_now(TRAFFIC, "2015-T1");
    heard_of(0, "2015-06-01 12:00", 0);
    heard_of(1, "2015-03-02 12:00", 0);
    assert_false(differs_now(TRAFFIC, "2015-T1"));
    heard_of(1, "2015-06-01 12:00", 0);
    assert_true(differs_now(TRAFFIC, "2015-T1"));
}

// As it was published by the release that knew no silence in a status.
static struct followup as_format_1(struct followup followup, unsigned devices) {
    json_t *old = document_json(&followup), *commitment;
    size_t i;
    assert_int_equal(json_object_set_new(old, "format", json_string(FOLLOWUP_FORMAT_1)), 0);
    json_array_foreach(json_object_get(old, "commitments"), i, commitment) {
        json_t *sureness = json_object_get(commitment, "sureness");
        assert_int_equal(json_object_set(commitment, "status", json_object_get(commitment, "status_by_reports")), 0);
        assert_int_equal(json_object_del(commitment, "status_by_reports"), 0);
        assert_int_equal(json_object_set_new(sureness, "devices", json_integer(devices)), 0);
        assert_int_equal(json_object_del(sureness, "never_heard"), 0);
        assert_int_equal(json_object_del(sureness, "unsent"), 0);
        assert_int_equal(json_object_del(sureness, "since"), 0);
    }
    char *text = json_dumps(old, JSON_SORT_KEYS | JSON_INDENT(2));
    const char *kept = arena_printf(&lund.arena, "%s\n", text);
    free(text);
    json_decref(old);
    followup.document = bytes_of_text(kept);
    followup.version = 1;
    return followup;
}

static void restate(const struct followup *previous, bool *ret_differs) {
    struct followup_request request = {.promise = TRAFFIC, .previous = previous};
    struct followup_draft draft;
    assert_ok(followup_period_of(lund.catalogue, TRAFFIC, "2015-T1", stockholm_at("2020-01-01 12:00"), false,
                                 &request.period, NULL));
    assert_ok(followup_draft_make(lund.store, lund.catalogue, &request, &draft));
    *ret_differs = draft.differs;
    json_decref(document);
    document = json_incref(draft.document);
    followup_draft_deinit(&draft);
}

// As a release would have published it that put its sentences otherwise.
static struct followup as_worded_before(struct followup followup) {
    json_t *old = document_json(&followup), *commitment;
    size_t i;
    json_array_foreach(json_object_get(old, "commitments"), i, commitment) {
        json_t *figure = json_object_get(commitment, "figure");
        assert_int_equal(json_object_set_new(figure, "summary_sv", json_string("annorlunda")), 0);
        assert_int_equal(json_object_set_new(figure, "summary_en", json_string("otherwise")), 0);
    }
    char *text = json_dumps(old, JSON_SORT_KEYS | JSON_INDENT(2));
    followup.document = bytes_of_text(arena_printf(&lund.arena, "%s\n", text));
    free(text);
    json_decref(old);
    return followup;
}

static void how_a_figure_is_put_into_words_is_no_news(void **state) {
    bool differs = true;
    all_heard_of("2015-06-01 12:00");
    struct followup first = published(&lund, TRAFFIC, "2015-T1"), old = as_worded_before(first);
    old.version = 1;
    restate(&old, &differs);
    assert_false(differs);
}

static void one_of_the_older_format_is_restated_for_what_it_told_otherwise(void **state) {
    bool differs = true;
    all_heard_of("2015-06-01 12:00");
    struct followup first = published(&lund, TRAFFIC, "2015-T1");
    struct followup old = as_format_1(first, LUND_DEVICES - 1);
    restate(&old, &differs); // the format alone is no news
    assert_false(differs);
    old = as_format_1(first, 0); // but that no device was enrolled was wrong
    restate(&old, &differs);
    assert_true(differs);
    assert_true(field_truth(why_of(CYCLE), "form"));
    heard_of(0, "2015-03-01 12:00", 0);
    restate(&old, &differs);
    assert_true(differs);
    assert_true(field_truth(why_of(CYCLE), "form"));
    assert_false(field_truth(why_of(CYCLE), "heard"));
    const json_t *change = commitment_in(document, "changes", CYCLE);
    assert_string_equal(field_text(field(change, "from"), "status"), "behind");
    assert_null(json_object_get(field(change, "from"), "status_by_reports"));
    assert_string_equal(field_text(field(change, "to"), "status"), "unknown");
}

static void change_target(const char *commitment, uint64_t target) {
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    Rond__V1__Promise promise = *catalogue_promise(lund.catalogue, TRAFFIC);
    for (size_t i = 0; i < promise.n_commitments; i++)
        if (strcmp(promise.commitments[i]->id, commitment) == 0)
            promise.commitments[i]->target = target;
    entry.id = promise.id;
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_PROMISE;
    entry.promise = &promise;
    lund_begin(&lund);
    assert_ok(lund.store->registry->reference_put(lund.store, &entry, NULL));
    lund_refresh(&lund);
    assert_ok(promise_rebuild(lund.store, lund.catalogue, NULL, NULL));
    lund_commit(&lund);
}

static void an_edited_promise_is_told_as_the_cause(void **state) {
    check(0, "2015-03-01 10:00");
    published_now(TRAFFIC, "2015-T1");
    change_target("cykel", 1);
    published_now(TRAFFIC, "2015-T1");
    assert_true(field_truth(why_of(CYCLE), "edited"));
    assert_int_equal(field_number(why_of(CYCLE), "late"), 0);
    assert_string_equal(field_text(field(commitment_in(document, "changes", CYCLE), "to"), "status"), "met");
    assert_null(commitment_in(document, "changes", TAXI));
}

static void one_published_early_says_so_and_is_restated_at_the_end(void **state) {
    check(0, "2015-03-01 10:00");
    json_error_t error;
    document = json_loads(drafted(&lund, TRAFFIC, "2015-T1", "2015-03-02 09:00"), 0, &error);
    assert_true(field_truth(field(document, "period"), "early"));
    assert_string_equal(field_text(field(document, "period"), "until"), "2015-03-01");
    assert_int_equal(figure(CYCLE, "figure", "done"), 1);
    json_decref(document);
    document = json_loads(drafted(&lund, TRAFFIC, "2015-T1", "2015-03-01 23:00"), 0, &error);
    assert_int_equal(figure(CYCLE, "figure", "done"), 0);
}

int main(void) {
#define TEST(test)                                                                                                          \
    cmocka_unit_test_setup_teardown(test, open_memory, close_lund),                                                         \
        cmocka_unit_test_setup_teardown(test, open_sqlite, close_lund)
    const struct CMUnitTest tests[] = {
        TEST(it_tells_how_each_commitment_stood_at_the_end_of_the_period),
        TEST(the_parts_of_all_tertials_add_up_to_the_whole),
        TEST(corrections_are_counted_and_shown),
        TEST(how_many_devices_are_silent_is_told_and_not_which),
        TEST(a_device_that_was_enrolled_after_the_period_counts_like_any_other),
        TEST(what_is_missed_is_unknown_while_a_device_is_silent_and_what_is_met_is_met),
        TEST(of_presence_a_device_has_told_all_once_the_last_window_has_closed),
        TEST(reports_known_to_be_waiting_make_a_device_silent),
        TEST(it_names_no_device_person_moment_or_position),
        TEST(the_same_state_gives_the_same_bytes),
        TEST(its_bytes_are_canonical_and_its_state_is_the_folds),
        cmocka_unit_test_setup_teardown(the_order_of_arrival_does_not_show, open_memory, close_lund),
        cmocka_unit_test_setup_teardown(every_backend_tells_the_same, open_memory, close_lund),
        TEST(whatever_comes_later_leaves_it_as_it_was),
        TEST(an_erased_report_counts_on),
        TEST(a_restatement_tells_what_changed_and_why),
        TEST(a_restatement_tells_what_became_known),
        TEST(what_happened_after_the_period_is_no_change),
        TEST(another_device_that_was_heard_of_is_no_change),
        TEST(how_a_figure_is_put_into_words_is_no_news),
        TEST(one_of_the_older_format_is_restated_for_what_it_told_otherwise),
        TEST(an_edited_promise_is_told_as_the_cause),
        TEST(one_published_early_says_so_and_is_restated_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
