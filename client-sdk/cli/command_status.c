#include <getopt.h>
#include <string.h>

#include "activity_options.h"
#include "standing.h"
#include "text_table.h"
#include "wall_time.h"

const char help_status[] = "rond status [--limit N | --all]   the reports, newest first (20 unless said)\n"
                           "rond status REFERENCE             one report, with where it counts, why not, and how that stands\n"
                           "\n"
                           "  --swedish  reasons in Swedish; --json has both\n"
                           "\n"
                           "  draft      not yet a report\n"
                           "  waiting    saved here, sent at the next sync\n"
                           "  received   durable at the server\n"
                           "  counted    counts toward a promise\n"
                           "  needs_you  put aside by the server: the reason says what is wrong; correct or withdraw it\n"
                           "  discarded  put aside for good by an administrator: nothing to do\n"
                           "  withdrawn, replaced   taken back, or another report stands in its place\n"
                           "  lost       could no longer be read on this device\n";

enum { LIMIT_DEFAULT = 20, PAGE = 100 };

static bool swedish; // of this one run of the program

static enum cli_style style_of(enum rond_status status) {
    switch (status) {
    case ROND_COUNTED:
        return STYLE_GOOD;
    case ROND_NEEDS_YOU:
    case ROND_LOST:
        return STYLE_BAD;
    case ROND_WITHDRAWN:
    case ROND_REPLACED:
    case ROND_DISCARDED:
        return STYLE_DIM;
    default:
        return STYLE_PLAIN;
    }
}

static const char *kind_of(const rond_report_status *report) {
    return report->is_withdrawal ? "withdrawal" : kind_label(report->kind);
}

// --- JSON ---

static json_t *toward_json(struct cli *cli, const rond_report_status *report) {
    json_t *list = json_array();
    for (size_t i = 0; i < report->toward_count; i++)
        json_array_append_new(list, json_pack("{s:s, s:b, s:o, s:o, s:o}", "commitment", report->toward[i].commitment,
                                              "counted", report->toward[i].counted, "reason",
                                              json_text(report->toward[i].reason), "reason_sv",
                                              json_text(report->toward[i].reason_sv), "standing",
                                              standing_json(cli->rond, report->toward[i].standing)));
    return list;
}

static json_t *report_json(struct cli *cli, const rond_report_status *report) {
    json_t *object = json_pack(
        "{s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:o}", "reference", json_text(report->reference), "status",
        rond_status_name(report->status), "kind", kind_of(report), "corrects", json_text(report->corrects), "queued",
        wall_time_json(cli->rond, report->queued_ms / 1000), "occurred_from",
        wall_time_json(cli->rond, report->occurred_from_s), "occurred_to", wall_time_json(cli->rond, report->occurred_to_s),
        "place", json_text(report->place), "text", json_text(report->text), "code", (int)report->code, "reason",
        json_text(report->reason), "toward", toward_json(cli, report));
    json_object_set_new(object, "reason_sv", json_text(report->reason_sv));
    json_object_set_new(object, "identity", json_text(report->identity));
    json_object_set_new(object, "draft", report->draft == 0 ? json_null() : json_integer((json_int_t)report->draft));
    return object;
}

static json_t *totals_json(const rond_totals *totals) {
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "drafts", (json_int_t)totals->drafts, "queued",
                     (json_int_t)totals->queued, "waiting", (json_int_t)totals->waiting, "received",
                     (json_int_t)totals->received, "needs_you", (json_int_t)totals->needs_you, "lost",
                     (json_int_t)totals->lost, "oldest_waiting_age_ms", (json_int_t)totals->oldest_waiting_age_ms);
}

// --- The list ---

static void report_row(struct cli *cli, const rond_report_status *report, struct text_table *table) {
    char when[WALL_TIME_SIZE] = "", reference[ROND_REFERENCE_SIZE + 8];
    if (report->occurred_from_s != 0)
        wall_time_format(cli->rond, report->occurred_from_s, when);
    if (report->status == ROND_DRAFT)
        snprintf(reference, sizeof reference, "draft %llu", (unsigned long long)report->draft);
    else
        snprintf(reference, sizeof reference, "%s", report->reference);
    char target[ROND_REFERENCE_SIZE + 16] = "";
    if (report->corrects[0] != '\0')
        snprintf(target, sizeof target, "%s %s", report->is_withdrawal ? "withdraws" : "corrects", report->corrects);
    bool needs_reason = report->status == ROND_NEEDS_YOU || report->status == ROND_LOST || report->status == ROND_DISCARDED;
    char text[TEXT_TABLE_CUT_SIZE];
    const char *detail = needs_reason        ? (swedish ? report->reason_sv : report->reason)
                         : target[0] != '\0' ? target
                                             : text_table_cut(report->text, text);
    const char *cells[] = {reference, rond_status_name(report->status), kind_of(report), when, report->place, detail};
    text_table_add(table, style_of(report->status), cells);
}

static void totals_print(const rond_totals *totals) {
    printf("%llu waiting, %llu received, %llu needs you, %llu lost, %llu drafts", (unsigned long long)totals->waiting,
           (unsigned long long)totals->received, (unsigned long long)totals->needs_you, (unsigned long long)totals->lost,
           (unsigned long long)totals->drafts);
    if (totals->waiting > 0)
        printf("; the oldest has waited %lld minutes", (long long)(totals->oldest_waiting_age_ms / 60000));
    putchar('\n');
}

static enum rond_err list_collect(struct cli *cli, uint64_t limit, struct text_table *table, json_t *list) {
    uint64_t cursor = 0, seen = 0;
    do {
        rond_status_list *page;
        enum rond_err err =
            rond_status_list_get(cli->rond, cursor, limit - seen < PAGE ? (size_t)(limit - seen) : PAGE, &page);
        if (err != ROND_OK)
            return err;
        for (size_t i = 0; i < page->count; i++) {
            report_row(cli, &page->reports[i], table);
            json_array_append_new(list, report_json(cli, &page->reports[i]));
        }
        seen += page->count;
        cursor = page->cursor;
        rond_status_list_free(page);
    } while (cursor != 0 && seen < limit);
    return ROND_OK;
}

static int status_list(struct cli *cli, uint64_t limit) {
    struct text_table table;
    rond_totals totals;
    json_t *list = json_array();
    text_table_init(&table, 6);
    text_table_add(&table, STYLE_BOLD, (const char *const[]){"REFERENCE", "STATUS", "KIND", "WHEN", "PLACE", ""});
    enum rond_err err = list_collect(cli, limit, &table, list);
    if (err == ROND_OK)
        err = rond_totals_get(cli->rond, &totals);
    int code = EXIT_CODE_OK;
    if (err != ROND_OK) {
        code = cli_fail(cli, err, NULL);
    } else if (cli->is_json) {
        code = cli_json(json_pack("{s:o, s:O}", "totals", totals_json(&totals), "reports", list));
    } else {
        if (json_array_size(list) > 0)
            text_table_print(&table, cli);
        totals_print(&totals);
    }
    receipts_warn(cli);
    text_table_deinit(&table);
    json_decref(list);
    return code;
}

// --- One report ---

static void line(const char *label, const char *text) {
    if (text != NULL && text[0] != '\0')
        printf("%-10s %s\n", label, text);
}

static void toward_print(struct cli *cli, const rond_toward *toward) {
    const char *reason = swedish ? toward->reason_sv : toward->reason;
    printf("%-10s %s%s%s\n", toward->counted ? "counts" : "not", toward->commitment, toward->counted ? "" : ": ",
           toward->counted ? "" : reason);
    if (toward->counted && toward->standing != NULL) {
        char said[STANDING_TEXT_SIZE];
        standing_format(cli->rond, toward->standing, swedish, said);
        printf("%-10s %s: %s\n", "", standing_status(toward->standing->status, swedish), said);
    }
}

static void one_print(struct cli *cli, const rond_report_status *report) {
    char when[2 * WALL_TIME_SIZE + 8] = "", from[WALL_TIME_SIZE], to[WALL_TIME_SIZE];
    if (report->occurred_from_s != 0) {
        wall_time_format(cli->rond, report->occurred_from_s, from);
        wall_time_format(cli->rond, report->occurred_to_s, to);
        snprintf(when, sizeof when, "%s - %s", from, strncmp(from, to, 10) == 0 ? to + 11 : to);
    }
    line("report", report->reference);
    line("identity", report->identity);
    printf("%-10s %s%s%s\n", "status", cli_style(cli, style_of(report->status)), rond_status_name(report->status),
           cli_style(cli, STYLE_PLAIN));
    line("kind", kind_of(report));
    line("of", report->corrects);
    line("when", when);
    line("place", report->place);
    line("text", report->text);
    line("reason", swedish ? report->reason_sv : report->reason);
    for (size_t i = 0; i < report->toward_count; i++)
        toward_print(cli, &report->toward[i]);
}

static int status_one(struct cli *cli, const char *reference) {
    rond_status_list *list;
    rond_fault fault = {0};
    enum rond_err err = rond_status_get(cli->rond, reference, &list, &fault);
    if (err != ROND_OK)
        return cli_fail(cli, err, &fault);
    int code = EXIT_CODE_OK;
    if (cli->is_json)
        code = cli_json(report_json(cli, &list->reports[0]));
    else
        one_print(cli, &list->reports[0]);
    rond_status_list_free(list);
    return code;
}

int command_status(struct cli *cli, int argc, char **argv) {
    static const struct option options[] = {
        {"limit", required_argument, NULL, 'l'}, {"all", no_argument, NULL, 'a'}, {"swedish", no_argument, NULL, 's'}, {0}};
    unsigned long long limit = LIMIT_DEFAULT;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == '?')
            return cli_usage_option(cli, argv);
        if (option == 'a')
            limit = UINT64_MAX;
        else if (option == 's')
            swedish = true;
        else if (!cli_number(optarg, UINT32_MAX, &limit) || limit == 0)
            return cli_usage(cli, "--limit wants a number.");
    }
    if (argc - optind > 1)
        return cli_usage(cli, "one reference at a time.");
    int code = cli_open(cli);
    if (code != EXIT_CODE_OK)
        return code;
    return optind < argc ? status_one(cli, argv[optind]) : status_list(cli, limit);
}
