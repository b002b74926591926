// What became of the reports and how the promises stand, with its cursor in one transaction. Outcomes, open actions and the
// weekly summary speak of reports and are sealed.
#include <stdlib.h>
#include <string.h>

#include "base/planted.h"
#include "outbox_internal.h"

static const char actions_setting[] = "open actions", summary_setting[] = "weekly summary",
                  standings_setting[] = "standings stamp";

static enum rond_err message_store(struct outbox *outbox, const char *setting, const ProtobufCMessage *message) {
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *packed = malloc(size + 1);
    if (packed == NULL)
        return ROND_ENOMEM;
    protobuf_c_message_pack(message, packed);
    enum rond_err err = outbox_setting_put(outbox, setting, bytes_of(packed, size));
    bytes_wipe(packed, size);
    free(packed);
    return err;
}

// --- Outcomes and standings ---

static enum row_status row_status_of(Rond__V1__OutcomeState state) {
    switch (state) {
    case ROND__V1__OUTCOME_STATE__OUTCOME_STATE_QUARANTINED:
        return ROW_QUARANTINED;
    case ROND__V1__OUTCOME_STATE__OUTCOME_STATE_DISCARDED:
        return ROW_DISCARDED;
    default:
        return ROW_PLAIN;
    }
}

// A report released from quarantine, or set aside there for good, needs nobody any more; one put there later does.
static enum rond_err outcome_status(struct outbox *outbox, int64_t number, uint64_t seq, Rond__V1__OutcomeState state) {
    return sql_run(outbox,
                   "UPDATE reports SET status = ?3 WHERE outbox = ?1 AND seq = ?2 AND status IN (0, 2, 5) AND status <> ?3",
                   "iii", number, (int64_t)seq, (int64_t)row_status_of(state));
}

static enum rond_err outcome_store(struct outbox *outbox, const Rond__V1__Outcome *outcome) {
    struct id128 id;
    if (!id128_from_bytes(bytes_of(outcome->outbox.data, outcome->outbox.len), &id))
        return ROND_OK;
    int64_t number;
    uint64_t seq;
    enum rond_err err = outbox_locate(outbox, &id, outcome->seq, &number, &seq);
    if (err != ROND_OK)
        return err == ROND_ENOTFOUND ? ROND_OK : err; // another outbox file of this device
    size_t size = rond__v1__outcome__get_packed_size(outcome);
    uint8_t *packed = malloc(size + 1);
    if (packed == NULL)
        return ROND_ENOMEM;
    rond__v1__outcome__pack(outcome, packed);
    err = outbox_seal(outbox, place_of_row("rond outcome v1", number, seq), bytes_of(packed, size));
    bytes_wipe(packed, size);
    free(packed);
    if (err == ROND_OK)
        err = sql_run(outbox, "INSERT OR REPLACE INTO outcomes VALUES(?, ?, ?)", "iib", number, (int64_t)seq,
                      buffer_bytes(&outbox->sealed));
    if (err == ROND_OK)
        err = outcome_status(outbox, number, seq, outcome->state);
    return err;
}

static enum rond_err standing_store(struct outbox *outbox, const Rond__V1__Standing *standing) {
    size_t size = rond__v1__standing__get_packed_size(standing);
    uint8_t *packed = malloc(size + 1);
    if (packed == NULL)
        return ROND_ENOMEM;
    rond__v1__standing__pack(standing, packed);
    enum rond_err err =
        sql_run(outbox, "INSERT OR REPLACE INTO standings VALUES(?, ?)", "tb", standing->commitment, bytes_of(packed, size));
    free(packed);
    return err;
}

// They come whole. The stamp of those that are here stands in a setting, so that files of every version can hold it.
static enum rond_err standings_store(struct outbox *outbox, const Rond__V1__Feedback *feedback) {
    uint8_t stamp[8];
    enum rond_err err = ROND_OK;
    if (feedback->n_standings == 0)
        return ROND_OK;
    for (size_t i = 0; err == ROND_OK && i < feedback->n_standings; i++)
        err = standing_store(outbox, feedback->standings[i]);
    put_be64(stamp, feedback->standings_stamp);
    if (err == ROND_OK)
        err = outbox_setting_put(outbox, standings_setting, bytes_of(stamp, feedback->standings_stamp == 0 ? 0 : sizeof stamp));
    if (err == ROND_OK)
        outbox->server.standings_stamp = feedback->standings_stamp;
    return err;
}

static enum rond_err standings_stamp_load(struct outbox *outbox, struct arena *arena) {
    struct bytes stamp;
    enum rond_err err = outbox_setting_get(outbox, standings_setting, arena, &stamp);
    outbox->server.standings_stamp = err == ROND_OK && stamp.size == 8 ? get_be64(stamp.data) : 0;
    return err == ROND_ENOTFOUND || err == ROND_ECORRUPT ? ROND_OK : err;
}

enum rond_err outbox_standings_forget(struct outbox *outbox) {
    enum rond_err err = sql_run(outbox, "DELETE FROM standings", "");
    return err == ROND_OK ? outbox_setting_put(outbox, standings_setting, bytes_of(NULL, 0)) : err;
}

// --- Open actions and the weekly summary: small sealed settings, so that files of every version can hold them ---

// Open actions come whole with a stamp, in place of those before. A page without one says nothing of them.
static enum rond_err actions_store(struct outbox *outbox, const Rond__V1__Feedback *feedback) {
    Rond__V1__Feedback only = ROND__V1__FEEDBACK__INIT;
    if (feedback->actions_stamp == 0)
        return ROND_OK;
    only.actions = feedback->actions;
    only.n_actions = feedback->n_actions;
    only.actions_stamp = feedback->actions_stamp;
    enum rond_err err = message_store(outbox, actions_setting, &only.base);
    if (err == ROND_OK)
        outbox->server.actions_stamp = feedback->actions_stamp;
    return err;
}

static enum rond_err summary_store(struct outbox *outbox, const Rond__V1__WeeklySummary *summary) {
    if (summary == NULL)
        return ROND_OK;
    enum rond_err err = message_store(outbox, summary_setting, &summary->base);
    if (err == ROND_OK)
        device_take_week(&outbox->server, summary);
    return err;
}

static enum rond_err actions_read(struct outbox *outbox, struct arena *arena, Rond__V1__Feedback **ret_only) {
    struct bytes packed = {0};
    enum rond_err err = outbox_setting_get(outbox, actions_setting, arena, &packed);
    if (err != ROND_OK && err != ROND_ENOTFOUND)
        return err;
    *ret_only = rond__v1__feedback__unpack(&arena->pb, packed.size, packed.data);
    return *ret_only == NULL ? ROND_ENOMEM : ROND_OK;
}

static enum rond_err stamp_load(struct outbox *outbox, struct arena *arena) {
    Rond__V1__Feedback *only;
    enum rond_err err = actions_read(outbox, arena, &only);
    outbox->server.actions_stamp = err == ROND_OK ? only->actions_stamp : 0;
    return err == ROND_ECORRUPT ? ROND_OK : err;
}

// Which week there is follows from the summary itself, and the stamp stands with the actions; what cannot be read is none,
// and comes again.
enum rond_err outbox_week_load(struct outbox *outbox) {
    struct arena arena;
    const Rond__V1__WeeklySummary *summary;
    arena_init(&arena, DECODE_ARENA_BYTES_MAX);
    enum rond_err err = outbox_summary(outbox, &arena, &summary);
    outbox->server.summary_week[0] = '\0';
    if (err == ROND_OK)
        device_take_week(&outbox->server, summary);
    err = err == ROND_ENOTFOUND || err == ROND_ECORRUPT ? ROND_OK : err;
    if (err == ROND_OK)
        err = stamp_load(outbox, &arena);
    if (err == ROND_OK)
        err = standings_stamp_load(outbox, &arena);
    arena_deinit(&arena);
    return err;
}

enum rond_err outbox_feedback_forget(struct outbox *outbox) {
    enum rond_err err = outbox_setting_put(outbox, actions_setting, bytes_of(NULL, 0));
    return err == ROND_OK ? outbox_setting_put(outbox, summary_setting, bytes_of(NULL, 0)) : err;
}

enum rond_err outbox_feedback_store(struct outbox *outbox, const Rond__V1__Feedback *feedback) {
    enum rond_err err = transaction_begin(outbox);
    if (err != ROND_OK)
        return err;
    size_t outcomes = feedback->n_outcomes - (PLANTED(FEEDBACK_LOSES_ONE) && feedback->n_outcomes > 0 ? 1 : 0);
    for (size_t i = 0; err == ROND_OK && i < outcomes; i++)
        err = outcome_store(outbox, feedback->outcomes[i]);
    if (err == ROND_OK)
        err = standings_store(outbox, feedback);
    if (err == ROND_OK)
        err = actions_store(outbox, feedback);
    if (err == ROND_OK)
        err = summary_store(outbox, feedback->summary);
    outbox->server.feedback_cursor = feedback->cursor;
    if (err == ROND_OK)
        err = outbox_server_save(outbox);
    return transaction_end(outbox, err);
}

enum rond_err outbox_standings(struct outbox *outbox, struct arena *arena, Rond__V1__Standing ***ret_standings,
                               size_t *ret_count) {
    int64_t total = 0;
    enum rond_err err = sql_number(outbox, &total, "SELECT count(*) FROM standings", "");
    if (err != ROND_OK)
        return err;
    Rond__V1__Standing **standings = arena_array(arena, (size_t)total + 1, sizeof *standings);
    sqlite3_stmt *row = NULL;
    err = standings == NULL ? ROND_ENOMEM : sql_query(outbox, &row, "SELECT body FROM standings ORDER BY commitment", "");
    size_t count = 0;
    while (err == ROND_OK && count < (size_t)total && (err = sql_next(outbox, row)) == ROND_OK) {
        struct bytes body = sql_bytes(row, 0);
        standings[count] = rond__v1__standing__unpack(&arena->pb, body.size, body.data);
        if (standings[count++] == NULL)
            err = ROND_ENOMEM;
    }
    sql_end(row);
    if (err != ROND_OK)
        return err;
    *ret_standings = standings;
    *ret_count = count;
    return ROND_OK;
}

enum rond_err outbox_actions(struct outbox *outbox, struct arena *arena, Rond__V1__OpenAction ***ret_actions,
                             size_t *ret_count) {
    Rond__V1__Feedback *only;
    enum rond_err err = actions_read(outbox, arena, &only);
    if (err != ROND_OK)
        return err;
    *ret_actions = only->actions;
    *ret_count = only->n_actions;
    return ROND_OK;
}

enum rond_err outbox_summary(struct outbox *outbox, struct arena *arena, const Rond__V1__WeeklySummary **ret_summary) {
    struct bytes packed;
    enum rond_err err = outbox_setting_get(outbox, summary_setting, arena, &packed);
    if (err != ROND_OK)
        return err;
    const Rond__V1__WeeklySummary *summary = rond__v1__weekly_summary__unpack(&arena->pb, packed.size, packed.data);
    if (summary == NULL)
        return ROND_ENOMEM;
    *ret_summary = summary;
    return ROND_OK;
}
