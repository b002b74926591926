#include <string.h>

#include "activity_options.h"
#include "text_table.h"
#include "wall_time.h"

const char help_draft[] =
    "rond draft save KIND [OPTIONS] [--number N]   save a draft; it may be incomplete. With --number it stands in the\n"
    "                                              place of all that draft N said\n"
    "rond draft list                               the drafts\n"
    "rond draft queue N [--anyway]                 make it a report; prints the reference\n"
    "rond draft discard N                          throw it away\n"
    "\n"
    "The options are those of `rond report`. Personal data is warned of when a draft is queued.\n"
    "\n" WARNINGS_HELP_MORE;

static int draft_number(struct cli *cli, int argc, char **argv, unsigned long long *ret_number) {
    if (argc != 3 || !cli_number(argv[2], UINT64_MAX, ret_number))
        return cli_usage(cli, "say the number of the draft.");
    return EXIT_CODE_OK;
}

static int draft_save(struct cli *cli, int argc, char **argv) {
    struct activity_options options;
    rond_fault fault = {0};
    int code = activity_options_parse(cli, argc - 2, argv + 2, &options);
    if (code != EXIT_CODE_OK)
        return code;
    uint64_t draft = options.draft;
    enum rond_err err = rond_draft_save(cli->rond, &draft, &options.activity, &fault);
    if (err != ROND_OK)
        return cli_fail(cli, err, &fault);
    if (cli->is_json)
        return cli_json(json_pack("{s:I}", "draft", (json_int_t)draft));
    printf("%llu\n", (unsigned long long)draft);
    return EXIT_CODE_OK;
}

static void draft_show(struct cli *cli, uint64_t draft, const rond_activity *activity, struct text_table *table,
                       json_t *list) {
    char number[24], when[WALL_TIME_SIZE] = "", text[TEXT_TABLE_CUT_SIZE];
    snprintf(number, sizeof number, "%llu", (unsigned long long)draft);
    if (activity->occurred_from_s != 0)
        wall_time_format(cli->rond, activity->occurred_from_s, when);
    const char *cells[] = {number, kind_label(activity->kind), when, activity->place,
                           text_table_cut(activity->text != NULL ? activity->text : "", text)};
    text_table_add(table, STYLE_PLAIN, cells);
    json_array_append_new(list, json_pack("{s:I, s:s, s:o, s:o, s:o}", "draft", (json_int_t)draft, "kind",
                                          kind_label(activity->kind), "occurred_from",
                                          wall_time_json(cli->rond, activity->occurred_from_s), "place",
                                          json_text(activity->place), "text", json_text(activity->text)));
}

static int draft_list(struct cli *cli) {
    uint64_t *drafts;
    size_t count;
    struct text_table table;
    enum rond_err err = rond_draft_list(cli->rond, &drafts, &count);
    if (err != ROND_OK)
        return cli_fail(cli, err, NULL);
    json_t *list = json_array();
    text_table_init(&table, 5);
    text_table_add(&table, STYLE_BOLD, (const char *const[]){"DRAFT", "KIND", "WHEN", "PLACE", "TEXT"});
    for (size_t i = 0; i < count; i++) {
        rond_activity *activity;
        if (rond_draft_load(cli->rond, drafts[i], &activity) != ROND_OK)
            continue;
        draft_show(cli, drafts[i], activity, &table, list);
        rond_activity_free(activity);
    }
    rond_free(drafts);
    int code = EXIT_CODE_OK;
    if (cli->is_json)
        code = cli_json(json_pack("{s:O}", "drafts", list));
    else if (count == 0)
        puts("There are no drafts.");
    else
        text_table_print(&table, cli);
    text_table_deinit(&table);
    json_decref(list);
    return code;
}

static int draft_queue(struct cli *cli, unsigned long long draft, enum warnings_answer answer) {
    char reference[ROND_REFERENCE_SIZE];
    rond_fault fault = {0};
    int code = warnings_of_draft(cli, draft, answer);
    if (code != EXIT_CODE_OK)
        return code;
    enum rond_err err = rond_draft_queue(cli->rond, draft, reference, &fault);
    if (err != ROND_OK)
        return cli_fail(cli, err, &fault);
    if (cli->is_json)
        return cli_json(json_pack("{s:s}", "reference", reference));
    puts(reference);
    return EXIT_CODE_OK;
}

static int draft_discard(struct cli *cli, unsigned long long draft) {
    enum rond_err err = rond_draft_discard(cli->rond, draft);
    if (err != ROND_OK)
        return cli_fail(cli, err, &(rond_fault){.text = "There is no such draft."});
    return cli->is_json ? cli_json(json_pack("{s:I}", "discarded", (json_int_t)draft)) : EXIT_CODE_OK;
}

int command_draft(struct cli *cli, int argc, char **argv) {
    const char *verb = argc > 1 ? argv[1] : "";
    unsigned long long draft = 0;
    bool is_save = strcmp(verb, "save") == 0, is_list = strcmp(verb, "list") == 0, is_queue = strcmp(verb, "queue") == 0;
    if (!is_save && !is_list && !is_queue && strcmp(verb, "discard") != 0)
        return cli_usage(cli, "say save, list, queue or discard.");
    if (is_list && argc != 2)
        return cli_usage(cli, "list takes nothing more.");
    enum warnings_answer answer = WARNINGS_ASK;
    if (is_queue && argc == 4 && strcmp(argv[3], "--anyway") == 0) {
        answer = WARNINGS_ANYWAY;
        argc--;
    }
    int code = is_save || is_list ? EXIT_CODE_OK : draft_number(cli, argc, argv, &draft);
    if (code == EXIT_CODE_OK)
        code = cli_open(cli);
    if (code != EXIT_CODE_OK)
        return code;
    if (is_save)
        return draft_save(cli, argc, argv);
    if (is_list)
        return draft_list(cli);
    return is_queue ? draft_queue(cli, draft, answer) : draft_discard(cli, draft);
}
