#include <stdlib.h>
#include <string.h>

#include "activity_options.h"
#include "text_table.h"
#include "wall_time.h"

const char help_activities[] =
    "rond activities\n"
    "\n"
    "Joint activities that a coordinator has planned for your organisation and others: those to come, and those that\n"
    "ended at most two days ago. A report names one by --activity, and counts with the others' as one:\n"
    "\n"
    "  rond report check --activity P-7QK2M --form targeted --checked 14\n";

static json_t *planned_json(struct cli *cli, const rond_planned *planned) {
    json_t *organisations = json_array();
    for (size_t i = 0; i < planned->organisations_count; i++)
        json_array_append_new(organisations, json_string(planned->organisations[i]));
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "activity", planned->id, "title", planned->title,
                     "kind", kind_label(planned->kind), "place", json_text(planned->place), "from",
                     wall_time_json(cli->rond, planned->from_s), "to", wall_time_json(cli->rond, planned->to_s),
                     "organisations", organisations, "commitment", json_text(planned->commitment), "of",
                     json_text(planned->of));
}

static void planned_row(struct cli *cli, const rond_planned *planned, struct text_table *table) {
    char from[WALL_TIME_SIZE], to[WALL_TIME_SIZE], kind[128];
    wall_time_format(cli->rond, planned->from_s, from);
    wall_time_format(cli->rond, planned->to_s, to);
    snprintf(kind, sizeof kind, "%s%s%.80s", kind_label(planned->kind), planned->of == NULL ? "" : " of ",
             planned->of == NULL ? "" : planned->of);
    bool same_day = strncmp(from, to, 10) == 0 && strlen(to) > 11;
    const char *cells[] = {planned->id,   from, same_day ? to + 11 : to, kind, planned->place == NULL ? "" : planned->place,
                           planned->title};
    text_table_add(table, STYLE_PLAIN, cells);
}

int command_activities(struct cli *cli, int argc, char **argv) {
    rond_activities *activities;
    struct text_table table;
    if (argc != 1)
        return cli_usage(cli, "activities takes nothing more.");
    int code = cli_open(cli);
    if (code != EXIT_CODE_OK)
        return code;
    enum rond_err err = rond_activities_get(cli->rond, &activities);
    if (err != ROND_OK)
        return cli_fail(cli, err, NULL);
    json_t *list = json_array();
    text_table_init(&table, 6);
    text_table_add(&table, STYLE_BOLD, (const char *const[]){"ACTIVITY", "FROM", "TO", "KIND", "PLACE", ""});
    for (size_t i = 0; i < activities->count; i++) {
        planned_row(cli, &activities->activities[i], &table);
        json_array_append_new(list, planned_json(cli, &activities->activities[i]));
    }
    if (cli->is_json)
        code = cli_json(json_pack("{s:O}", "activities", list));
    else if (activities->count == 0)
        puts("Nothing is planned for your organisation, as far as is known here; rond sync fetches what is new.");
    else
        text_table_print(&table, cli);
    json_decref(list);
    text_table_deinit(&table);
    rond_activities_free(activities);
    return code;
}
