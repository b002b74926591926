#include <getopt.h>
#include <string.h>

#include "text_table.h"
#include "wall_time.h"

const char help_actions[] =
    "rond actions\n"
    "\n"
    "Unsafe places of the device's area that are not put right yet, whoever found them, as of the last sync; the most\n"
    "urgent first. Whoever has walked there again names the first column:\n"
    "\n"
    "  rond report walk --safe bangatan --rewalk K7Q2MX-08-3:1\n";
const char help_summary[] =
    "rond summary [--swedish]\n"
    "\n"
    "What your organisation's reports of the newest week that has ended led to, as of the last sync. --json has both\n"
    "languages.\n";

// --- Open actions ---

static json_t *action_json(struct cli *cli, const rond_action *action) {
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "reference", action->reference, "finding",
                     action->finding, "commitment", action->commitment, "place", json_text(action->place), "place_text",
                     json_text(action->place_text), "cause", json_text(action->cause), "responsible",
                     json_text(action->responsible), "promised_action", json_text(action->promised_action), "due",
                     json_text(action->due), "found", wall_time_json(cli->rond, action->found_s), "overdue",
                     action->overdue);
}

static const char *shown(const char *text) {
    return text != NULL ? text : "";
}

static void action_row(struct cli *cli, const rond_action *action, struct text_table *table) {
    char rewalk[ROND_REFERENCE_SIZE + 72], found[WALL_TIME_SIZE], place[160];
    snprintf(rewalk, sizeof rewalk, "%s:%.64s", action->reference, action->finding);
    wall_time_format(cli->rond, action->found_s, found);
    found[strcspn(found, " ")] = '\0';
    snprintf(place, sizeof place, "%.64s%s%.80s", shown(action->place),
             action->place != NULL && action->place_text != NULL ? ", " : "", shown(action->place_text));
    const char *cells[] = {
        rewalk, place, shown(action->cause), shown(action->responsible), shown(action->promised_action), shown(action->due),
        found};
    text_table_add(table, action->overdue ? STYLE_BAD : STYLE_PLAIN, cells);
}

int command_actions(struct cli *cli, int argc, char **argv) {
    rond_actions *actions;
    struct text_table table;
    if (argc != 1)
        return cli_usage(cli, "actions takes nothing more.");
    int code = cli_open(cli);
    if (code != EXIT_CODE_OK)
        return code;
    enum rond_err err = rond_actions_get(cli->rond, &actions);
    if (err != ROND_OK)
        return cli_fail(cli, err, NULL);
    json_t *list = json_array();
    text_table_init(&table, 7);
    text_table_add(&table, STYLE_BOLD,
                   (const char *const[]){"REWALK", "PLACE", "CAUSE", "RESPONSIBLE", "PROMISED", "DUE", "FOUND"});
    for (size_t i = 0; i < actions->count; i++) {
        action_row(cli, &actions->actions[i], &table);
        json_array_append_new(list, action_json(cli, &actions->actions[i]));
    }
    if (cli->is_json)
        code = cli_json(json_pack("{s:O}", "actions", list));
    else if (actions->count == 0)
        puts("No unsafe place is open, as far as is known here; rond sync fetches what is new.");
    else
        text_table_print(&table, cli);
    json_decref(list);
    text_table_deinit(&table);
    rond_actions_free(actions);
    return code;
}

// --- The weekly summary ---

static json_t *lines_json(const char *const *lines, size_t count) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_text(lines[i]));
    return list;
}

int command_summary(struct cli *cli, int argc, char **argv) {
    static const struct option options[] = {{"swedish", no_argument, NULL, 's'}, {0}};
    bool is_swedish = false;
    rond_summary *summary;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1; is_swedish = true)
        if (option != 's')
            return cli_usage(cli, "wrong option.");
    if (optind != argc)
        return cli_usage(cli, "summary takes nothing more.");
    int code = cli_open(cli);
    if (code != EXIT_CODE_OK)
        return code;
    enum rond_err err = rond_summary_get(cli->rond, &summary);
    if (err == ROND_ENOTFOUND)
        return cli_fail(cli, err, &(rond_fault){.text = "No weekly summary has come down yet; rond sync fetches it."});
    if (err != ROND_OK)
        return cli_fail(cli, err, NULL);
    if (cli->is_json) {
        code = cli_json(json_pack("{s:s, s:s, s:o, s:o}", "week", summary->week, "organisation", summary->organisation,
                                  "lines_sv", lines_json(summary->lines_sv, summary->count), "lines_en",
                                  lines_json(summary->lines_en, summary->count)));
    } else {
        printf("%s, %s\n", summary->organisation, summary->week);
        for (size_t i = 0; i < summary->count; i++)
            printf("  %s\n", is_swedish ? summary->lines_sv[i] : summary->lines_en[i]);
    }
    rond_summary_free(summary);
    return code;
}
