#include "support/desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/command.h"
#include "base/check.h"
#include "ingest/committer.h"
#include "support/test.h"
#include "wire/short_reference.h"

void desk_open(struct desk *desk) {
    lund_open_memory(&desk->lund, rng_system());
    buffer_init(&desk->answer, 16 * 1024 * 1024);
    kept_rows_init(&desk->rows);
    desk->last = NULL;
    desk->by_server = desk->no_news = false;
}

void desk_close(struct desk *desk) {
    json_decref(desk->last);
    kept_rows_deinit(&desk->rows);
    buffer_deinit(&desk->answer);
    lund_close(&desk->lund);
}

static enum rond_err take(void *context, struct bytes bytes) {
    struct desk *desk = context;
    return buffer_append(&desk->answer, bytes);
}

static void run_command(struct desk *desk, struct submission *submission, struct admin_job *job,
                        const struct admin_out *out) {
    struct commit_census census = {0};
    struct catalogue *changed = NULL;
    committer_run(desk->lund.store, submission, desk->lund.catalogue, &census, &changed);
    if (changed != NULL) {
        catalogue_unref(desk->lund.catalogue);
        desk->lund.catalogue = changed;
    }
    desk->no_news = submission->is_of_no_news;
    if (job != NULL && submission->err == ROND_OK)
        assert_ok(admin_read(job, desk->lund.store, desk->lund.catalogue, out));
    else
        assert_ok(admin_answer(submission, out));
    admin_job_destroy(job);
    submission_destroy(submission);
}

static void ask_text(struct desk *desk, const char *text) {
    const struct admin_context context = {
        .catalogue = desk->lund.catalogue, .enrolment_url = "", .clock = clock_system(), .rng = rng_system()};
    const struct admin_request request = {.uid = 1000, .by_server = desk->by_server, .json = bytes_of_text(text)};
    const struct admin_out out = {.write = take, .context = desk};
    struct admin_work work;
    admin_prepare(&request, &context, &work);
    if (work.route == ADMIN_COMMAND) {
        run_command(desk, work.submission, work.job, &out);
    } else if (work.route == ADMIN_READ) {
        assert_ok(admin_read(work.job, desk->lund.store, desk->lund.catalogue, &out));
        admin_job_destroy(work.job);
    } else {
        assert_ok(admin_refuse(work.err, &work.fault, &out));
    }
}

const json_t *desk_ask(struct desk *desk, json_t *take_request) {
    char *text = json_dumps(take_request, JSON_COMPACT);
    json_decref(take_request);
    json_decref(desk->last);
    desk->last = NULL;
    kept_rows_deinit(&desk->rows);
    kept_rows_init(&desk->rows);
    buffer_clear(&desk->answer);
    ask_text(desk, text);
    free(text);
    char *rest = strdup(buffer_text(&desk->answer)), *kept = rest;
    for (char *line; (line = strsep(&rest, "\n")) != NULL && *line != '\0';) {
        json_t *object = json_loads(line, 0, NULL);
        CHECK(object != NULL && desk->last == NULL);
        if (json_object_get(object, "ok") != NULL)
            desk->last = object;
        else
            json_array_append_new(desk->rows.list, object);
    }
    free(kept);
    CHECK(desk->last != NULL);
    return desk->last;
}

const json_t *desk_do(struct desk *desk, json_t *take_request) {
    const json_t *last = desk_ask(desk, take_request);
    if (!field_truth(last, "ok"))
        fail_msg("%s: %s", field_text(last, "field"), field_text(last, "error"));
    return last;
}

void desk_refused(struct desk *desk, json_t *take_request, enum rond_err err, const char *about) {
    const json_t *last = desk_ask(desk, take_request);
    assert_false(field_truth(last, "ok"));
    assert_string_equal(field_text(last, "name"), rond_err_name(err));
    assert_string_equal(field_text(last, "field"), about);
    assert_true(strlen(field_text(last, "error")) > 10);
}

const char *desk_report(struct desk *desk, unsigned device, const Rond__V1__Report *report) {
    struct stored_report stored;
    char text[SHORT_REFERENCE_SIZE];
    uint64_t row = lund_report(&desk->lund, device, 0, report);
    assert_ok(desk->lund.store->views->report(desk->lund.store, row, &desk->lund.arena, &stored));
    short_reference_format(&stored.key.device, &stored.key.outbox, stored.key.seq, text);
    return arena_text(&desk->lund.arena, text);
}

int64_t desk_count(struct desk *desk, const char *path) {
    const struct commitment *commitment = catalogue_commitment_by_path(desk->lund.catalogue, path);
    struct period_total *totals;
    size_t count;
    struct tally sum = {0};
    assert_non_null(commitment);
    assert_ok(desk->lund.store->views->totals(desk->lund.store, commitment->number, &desk->lund.arena, &totals, &count));
    for (size_t i = 0; i < count; i++)
        tally_add(&sum, &totals[i].tally);
    return sum.count;
}
