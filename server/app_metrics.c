// Figures in the Prometheus text format.
#include <inttypes.h>

#include "app_inner.h"
#include "auth/password.h"
#include "base/check.h"
#include "wire/codes.h"
#include "wire/flow.h"

#ifndef ROND_VERSION
#define ROND_VERSION "unknown"
#endif

struct figure {
    const char *name; // with labels
    const char *type; // NULL: the same family as the one before
    const char *help;
    uint64_t value;
};

static enum rond_err write_figures(struct buffer *to, const struct figure *figures, size_t count) {
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && !err; i++) {
        int family = 0;
        while (figures[i].name[family] && figures[i].name[family] != '{')
            family++;
        if (figures[i].type)
            err = buffer_printf(to, "# HELP %.*s %s\n# TYPE %.*s %s\n", family, figures[i].name, figures[i].help, family,
                                figures[i].name, figures[i].type);
        if (!err)
            err = buffer_printf(to, "%s %" PRIu64 "\n", figures[i].name, figures[i].value);
    }
    return err;
}

static enum rond_err write_network(struct app *app, struct buffer *to) {
    const struct device_listener *devices = &app->device_listener;
    uint64_t states[FLOW_STATE_COUNT] = {0}, refused = 0;
    for (struct live *each = app->devices.first; each; each = each->next) {
        if (each->session)
            states[session_state(each->session)]++;
        else
            refused++;
    }
    const struct figure figures[] = {
        {"rond_sockets", "gauge", "Accepted sockets on all listeners.", app->admissions.count},
        {"rond_sockets_refused_total", "counter", "Sockets refused by a cap.", app->admissions.refused},
        {"rond_sockets_timed_out_total", "counter", "Sockets that came to nothing in time.", app->admissions.timed_out},
        {"rond_connections", "gauge", "Devices connected.", app->devices.count},
        {"rond_connections_opened_total", "counter", "Upgraded device connections.", devices->opened},
        {"rond_connections_resumed_total", "counter", "Of these, with a resumed TLS session.", devices->resumed},
        {"rond_upgrades_refused_total", "counter", "Upgrades refused before the WebSocket.", devices->refused_upgrades},
        {"rond_sessions{state=\"open\"}", "gauge", "Sessions by state.", states[FLOW_OPEN]},
        {"rond_sessions{state=\"ready\"}", NULL, NULL, states[FLOW_READY]},
        {"rond_sessions{state=\"closing\"}", NULL, NULL, states[FLOW_CLOSING] + refused},
        {"rond_sessions_superseded_total", "counter", "Sessions ended by a newer one of the device.", app->devices.superseded},
        {"rond_sessions_cut_total", "counter", "Live sessions ended by a revocation.", app->devices.cut},
        {"rond_received_bytes_total", "counter", "Message bytes from devices.", devices->bytes_received},
        {"rond_sent_bytes_total", "counter", "Message bytes to devices.", devices->bytes_sent},
        {"rond_received_messages_total", "counter", "Messages from devices.", devices->messages_received},
        {"rond_sent_messages_total", "counter", "Messages to devices.", devices->messages_sent},
        {"rond_messages_too_large_total", "counter", "Messages beyond the bound.", devices->too_large},
        {"rond_held_bytes", "gauge", "Messages that wait because the commit queue is full.", app->pressure.held_bytes},
        {"rond_held_total", "counter", "Messages that had to wait so.", app->pressure.held_total},
        {"rond_send_queue_bytes", "gauge", "Waiting to be sent to devices.", devices->send_queue_bytes},
        {"rond_enrolments_total", "counter", "Enrolment requests.", app->commands.enrolments},
        {"rond_renewals_total", "counter", "Renewal requests.", app->commands.renewals},
        {"rond_enrolments_refused_total", "counter", "Enrolments and renewals refused.", app->commands.enrolment_refusals},
        {"rond_receipts_total{state=\"made\"}", "counter", "Receipts signed for devices; failed: they come with a later Welcome.", app->receipts.made},
        {"rond_receipts_total{state=\"failed\"}", NULL, NULL, app->receipts.failed},
        {"rond_receipts_contradicted_total", "counter", "Devices that hold a receipt for more than is stored.", app->receipts.contradictions},
        {"rond_requests_refused_total", "counter", "HTTP requests refused unread: too many, too large, no such method or path.",
         app->enrolment_listener.refused + app->operations_listener.refused + app->people_listener.refused},
        {"rond_control_requests_total", "counter", "Requests on the control socket.", app->commands.requests},
    };
    return write_figures(to, figures, ARRAY_COUNT(figures));
}

static enum rond_err write_committer(struct app *app, struct buffer *to) {
    struct app_committer_status status;
    app_committer_status(app->committer, &status);
    const struct commit_census *census = &status.census;
    const struct figure figures[] = {
        {"rond_reports_total{verdict=\"applied\"}", "counter", "What became of reports since the start; failed: the device still has it.", census->reports_applied},
        {"rond_reports_total{verdict=\"quarantined\"}", NULL, NULL, census->reports_quarantined},
        {"rond_reports_total{verdict=\"repeated\"}", NULL, NULL, census->reports_repeated},
        {"rond_reports_total{verdict=\"forked\"}", NULL, NULL, census->reports_forked},
        {"rond_reports_total{verdict=\"lost\"}", NULL, NULL, census->lost},
        {"rond_reports_total{verdict=\"refused\"}", NULL, NULL, census->reports_refused},
        {"rond_reports_total{verdict=\"failed\"}", NULL, NULL, census->reports_failed},
        {"rond_reports_received_total", "counter", "Reports handed to the committer since the start, those declared lost too.",
         app->group.reports_taken},
        {"rond_reports_in_flight", "gauge", "Of these, not committed yet.", app->group.reports},
        {"rond_counters_agree", "gauge", "1 while received is the sum of what became of them, here and in the store.",
         !app->balance.disagrees && app_balance_sum(app) == app->group.reports_taken},
        {"rond_reports_flagged_total", "counter", "Of these, with texts that seem to hold personal data.", census->reports_flagged},
        {"rond_reports_lost_total", "counter", "Reports that devices declared lost.", census->lost},
        {"rond_groups_failed_total", "counter", "Transactions that failed.", census->failed_groups},
        {"rond_commit_queue_bytes", "gauge", "Submitted and not yet committed.", app->group.waiting_bytes},
        {"rond_commit_busy_ms", "gauge", "Age of the transaction under way.", (uint64_t)status.busy_ms},
        {"rond_store_works", "gauge", "1 while the store can be written.", !status.trouble.err},
        {"rond_store_troubles_total", "counter", "How often that began to fail.", status.trouble.begun},
    };
    enum rond_err err = write_figures(to, figures, ARRAY_COUNT(figures));
    if (err)
        return err;
    return buffer_printf(to,
                         "# HELP rond_commit_seconds Time in transactions, and how many.\n# TYPE rond_commit_seconds summary\n"
                         "rond_commit_seconds_sum %.6f\nrond_commit_seconds_count %" PRIu64 "\n",
                         (double)status.commit_us_sum / 1e6, census->groups);
}

static enum rond_err write_store(struct app *app, struct buffer *to) {
    const struct store_counts *counts = &app->counts;
    const struct figure figures[] = {
        {"rond_stored_received", "gauge", "Reports that the store ever took in: the sum of what follows, lost included.",
         counts->received},
        {"rond_stored_reports{state=\"applied\"}", "gauge", "Reports in the store, every ten seconds.", counts->applied},
        {"rond_stored_reports{state=\"quarantined\"}", NULL, NULL, counts->quarantined_open},
        {"rond_stored_reports{state=\"released\"}", NULL, NULL, counts->quarantined_released},
        {"rond_stored_reports{state=\"discarded\"}", NULL, NULL, counts->quarantined_discarded},
        {"rond_stored_lost", "gauge", "Reports declared lost.", counts->lost},
        {"rond_stored_forks", "gauge", "Reports kept beside another of the same identity.", counts->forked},
        {"rond_stored_flagged", "gauge", "Reports whose texts seem to hold personal data.", counts->flagged},
        {"rond_stored_devices", "gauge", "Devices enrolled.", counts->devices},
        {"rond_stored_outboxes", "gauge", "Outboxes known.", counts->outboxes},
        {"rond_certificate_expiry_seconds", "gauge", "When the listeners' certificate runs out, Unix time.",
         (uint64_t)(app->files.certificate_expires_ms / 1000)},
        {"rond_start_time_seconds", "gauge", "When the server started, Unix time.", (uint64_t)(app->started_ms / 1000)},
        {"rond_build_info{version=\"" ROND_VERSION "\"}", "gauge", "Always 1.", 1},
    };
    return write_figures(to, figures, ARRAY_COUNT(figures));
}

static enum rond_err write_health(struct app *app, struct buffer *to) {
    const struct app_health *health = &app->health;
    const struct figure figures[] = {
        {"rond_ca_expiry_seconds", "gauge", "When the certificate authority's certificate runs out, Unix time.",
         (uint64_t)(ca_expires_ms(app->ca) / 1000)},
        {"rond_device_certificates{state=\"ending\"}", "gauge", "Devices whose certificate runs out soon, or has and may be renewed.",
         health->devices_ending},
        {"rond_device_certificates{state=\"ended\"}", NULL, NULL, health->devices_ended},
        {"rond_backup_time_seconds", "gauge", "When the last backup was made, Unix time; 0: never.",
         (uint64_t)(health->backup_ms / 1000)},
        {"rond_disk_free_bytes", "gauge", "Free where the data directory lies.",
         (uint64_t)(health->disk_free_bytes < 0 ? 0 : health->disk_free_bytes)},
    };
    enum rond_err err = write_figures(to, figures, ARRAY_COUNT(figures));
    if (!err)
        err = buffer_printf(to, "# HELP rond_health_warning What /healthz warns of.\n# TYPE rond_health_warning gauge\n");
    for (size_t kind = 0; kind < HEALTH_KINDS && !err; kind++)
        err = buffer_printf(to, "rond_health_warning{name=\"%s\"} %d\n", app_health_name(kind), health->texts[kind][0] != '\0');
    return err;
}

static enum rond_err write_refusals(struct app *app, struct buffer *to) {
    enum rond_err err =
        buffer_printf(to, "# HELP rond_refusals_total Conversations, enrolments and changes refused, by code.\n# TYPE rond_refusals_total counter\n");
    for (unsigned code = 0; code < APP_CODES && !err; code++)
        if (app->devices.refusals[code])
            err = buffer_printf(to, "rond_refusals_total{code=\"%u\",name=\"%s\"} %" PRIu64 "\n", code, wire_code_name(code),
                                app->devices.refusals[code]);
    return err;
}

static enum rond_err write_people(struct app *app, struct buffer *to) {
    const struct app_people *people = &app->people;
    const struct figure figures[] = {
        {"rond_people_requests_total", "counter", "Requests on the people's listener.", app->people_listener.requests},
        {"rond_people_requests_in_progress", "gauge", "Of these, under way.", people->count},
        {"rond_people_password_changes_total", "counter", "Passwords changed by who was logged in.", people->password_changes},
        {"rond_people_setups_total", "counter", "Passwords and second factors set by a one-time code.", people->setups},
        {"rond_password_checks_total", "counter", "Passwords that were hashed.", password_runs()},
        {"rond_public_made_total", "counter", "How often what the public gets was put together.", app->open.made_total},
        {"rond_public_answers_total", "counter", "Answers to the public.", app->open.answers},
        {"rond_public_unchanged_total", "counter", "Of these, to who had it already.", app->open.unchanged},
        {"rond_public_absent_total", "counter", "Of these, of what is not there.", app->open.absent},
    };
    enum rond_err err = write_figures(to, figures, ARRAY_COUNT(figures));
    if (!err)
        err = buffer_printf(
            to, "# HELP rond_people_logins_total Log-ins by outcome.\n# TYPE rond_people_logins_total counter\n");
    for (unsigned i = 0; i < LOGIN_OUTCOMES && !err; i++)
        err = buffer_printf(to, "rond_people_logins_total{outcome=\"%s\"} %" PRIu64 "\n",
                            login_outcome_name((enum login_outcome)i), people->outcomes[i]);
    if (!err)
        err = buffer_printf(to, "# HELP rond_people_refusals_total People's requests refused, by code.\n"
                                "# TYPE rond_people_refusals_total counter\n");
    for (unsigned i = REFUSAL_NONE + 1; i < PEOPLE_REFUSALS && !err; i++)
        err = buffer_printf(to, "rond_people_refusals_total{code=\"%s\"} %" PRIu64 "\n",
                            people_refusal_code((enum people_refusal)i), people->refusals[i]);
    return err;
}

enum rond_err app_metrics_write(struct app *app, struct buffer *to) {
    enum rond_err err = write_network(app, to);
    if (!err)
        err = write_committer(app, to);
    if (!err)
        err = write_refusals(app, to);
    if (!err)
        err = write_people(app, to);
    if (!err)
        err = write_health(app, to);
    return err ? err : write_store(app, to);
}
