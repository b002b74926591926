// Every rule vector by the SDK: what a report that waits in the queue would count toward. The device knows nothing of other
// reports, so a report that lies in a bucket which lacks something still counts as pending; and what only the server can
// tell (whose correction stands, what is in quarantine, what was repeated) is not asked.
#include "handheld.h"
#include "support/report_samples.h"
#include "support/rules.h"
#include "support/test.h"

static struct rules rules;
static struct rules_case one;

// ---- What the server would have sent ----

static void entry_put(Rond__V1__Reference *reference, const char *id, Rond__V1__ReferenceEntry__BodyCase kind,
                      const void *body) {
    Rond__V1__ReferenceEntry *entry = entry_add(&rules.arena, reference, id, kind);
    memcpy(&entry->area, &body, sizeof body); // every body is a pointer in the same union
}

static void reference_store(struct handheld *handheld) {
    const struct promise_file *file = &rules.promises;
    Rond__V1__Reference reference = ROND__V1__REFERENCE__INIT;
    reference.entries = arena_array(&rules.arena, 256, sizeof *reference.entries);
    entry_put(&reference, stockholm()->id, ROND__V1__REFERENCE_ENTRY__BODY_TIME_ZONE, stockholm());
    entry_put(&reference, file->area->id, ROND__V1__REFERENCE_ENTRY__BODY_AREA, file->area);
    for (size_t i = 0; i < file->place_count; i++)
        entry_put(&reference, file->places[i]->id, ROND__V1__REFERENCE_ENTRY__BODY_PLACE, file->places[i]);
    for (size_t i = 0; i < file->promise_count; i++)
        entry_put(&reference, file->promises[i]->id, ROND__V1__REFERENCE_ENTRY__BODY_PROMISE, file->promises[i]);
    assert_ok(outbox_reference_store(handheld->rond->outbox, &reference));
}

// ---- One report ----

static void pending_read(struct handheld *handheld, uint64_t ret_pending[RULES_COMMITMENTS_MAX]) {
    rond_promises *promises;
    assert_ok(rond_promises_get(handheld->rond, &promises));
    assert_int_equal(promises->count, rules.commitments_count);
    for (size_t i = 0; i < promises->count; i++)
        for (size_t k = 0; k < rules.commitments_count; k++)
            if (strcmp(promises->lines[i].commitment, rules.paths[k]) == 0)
                ret_pending[k] = promises->lines[i].own_pending;
    rond_promises_free(promises);
}

static bool begins_with(const char *text, const char *word) {
    return text != NULL && strncmp(text, word, strlen(word)) == 0;
}

// Lies in a bucket, whatever that lacks.
static bool is_inside(const char *expected) {
    return begins_with(expected, "counted") || begins_with(expected, "parts") || begins_with(expected, "organisations");
}

static bool is_the_servers_to_tell(size_t report) {
    const struct rules_report *said = &one.reports[report];
    bool tells = said->has_target || said->quarantined || said->repeats >= 0;
    for (size_t i = 0; i < rules.commitments_count; i++) {
        const char *expected = rules_expected(&rules, &one, report, i);
        tells = tells || begins_with(expected, "replaced") || begins_with(expected, "withdrawn");
    }
    return tells;
}

// The device speaks for the report's organisation. Rulings come from people at the server.
static void report_try(struct handheld *handheld, size_t report) {
    uint64_t before[RULES_COMMITMENTS_MAX] = {0}, after[RULES_COMMITMENTS_MAX] = {0}, seq;
    struct record record = record_of_report(&rules.arena, one.reports[report].report);
    handheld->rond->enrolment.organisation = arena_text(&handheld->arena, one.reports[report].device->organisation);
    pending_read(handheld, before);
    assert_ok(outbox_append(handheld->rond->outbox, record.report, &seq));
    pending_read(handheld, after);
    for (size_t i = 0; i < rules.commitments_count; i++) {
        bool expected = is_inside(rules_expected(&rules, &one, report, i));
        if (after[i] - before[i] != expected)
            fail_msg("%s: %s: %s toward %s: %d pending, expected %d", one.file, one.says, one.reports[report].id,
                     rules.paths[i], (int)(after[i] - before[i]), expected);
    }
}

static void every_vector_counts_on_the_device_as_on_the_server(void **state) {
    (void)state;
    size_t tried = 0;
    for (size_t i = 0; rules_files[i] != NULL; i++) {
        struct handheld handheld;
        handheld_open(&handheld);
        handheld_enrol(&handheld, "police_officer", 0xd0);
        rules_open(&rules, rules_files[i]);
        reference_store(&handheld);
        const char *enrolled = handheld.rond->enrolment.organisation;
        for (size_t k = 0; k < rules.cases_count; k++) {
            rules_case_read(&rules, k, &one);
            for (size_t n = 0; n < one.count; n++)
                if (!is_the_servers_to_tell(n)) {
                    report_try(&handheld, n);
                    tried++;
                }
        }
        handheld.rond->enrolment.organisation = enrolled;
        rules_close(&rules);
        handheld_close(&handheld);
    }
    assert_true(tried > 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_vector_counts_on_the_device_as_on_the_server)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
