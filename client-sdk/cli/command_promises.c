#include <getopt.h>
#include <string.h>

#include "standing.h"
#include "text_table.h"

const char help_promises[] =
    "rond promises [--all] [--swedish]\n"
    "\n"
    "How the promises of the device's area stand by the server's last word (DONE, STATUS, and under which version\n"
    "of the promise), and how many own reports that still wait here may add to each (MAY ADD). Offline.\n"
    "\n"
    "  --all      promises of other areas too, of which the server does not say how they stand\n"
    "  --swedish  sentences in Swedish; --json has both\n"
    "\n"
    "  unknown    behind or missed by what has come in, but devices that could report toward it are silent\n";
const char help_words[] =
    "rond words [LIST]\n"
    "\n"
    "The words to report with, as last fetched. LIST: place, organisation, area, role, check, form, item, inventory,\n"
    "initiative, counterpart; all where none is given.\n";

static bool swedish; // of this one run of the program

// Zero and not yet known are two things: of other areas, and before the first sync, the server has said nothing.
static bool is_known(const rond_promise_line *line) {
    return line->standing != NULL;
}

static json_t *promise_json(struct cli *cli, const rond_promise_line *line) {
    return json_pack("{s:s, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:o, s:o, s:I}", "commitment", line->commitment,
                     "area", json_text(line->area), "own_area", line->is_own_area, "standing",
                     standing_json(cli->rond, line->standing),
                     "promise_title_sv", json_text(line->promise_title_sv), "title_sv", json_text(line->title_sv),
                     "title_en", json_text(line->title_en), "done",
                     is_known(line) ? json_integer((json_int_t)line->done) : json_null(), "target",
                     (json_int_t)line->target, "own_pending", (json_int_t)line->own_pending, "summary_sv",
                     json_text(line->summary_sv), "summary_en", json_text(line->summary_en), "status",
                     json_text(line->status), "version", (json_int_t)line->version);
}

static void promise_row(struct cli *cli, const rond_promise_line *line, struct text_table *table) {
    char said[STANDING_TEXT_SIZE], done[32], pending[32] = "", version[16] = "";
    if (!is_known(line))
        snprintf(done, sizeof done, "-");
    else if (line->target > 0)
        snprintf(done, sizeof done, "%llu/%llu", (unsigned long long)line->done, (unsigned long long)line->target);
    else
        snprintf(done, sizeof done, "%llu", (unsigned long long)line->done);
    if (line->own_pending > 0)
        snprintf(pending, sizeof pending, "+%llu", (unsigned long long)line->own_pending);
    if (line->version > 0)
        snprintf(version, sizeof version, "%u", (unsigned)line->version);
    if (is_known(line))
        standing_format(cli->rond, line->standing, swedish, said);
    else
        snprintf(said, sizeof said, "%s", swedish || line->title_en[0] == '\0' ? line->title_sv : line->title_en);
    const char *cells[] = {line->commitment, done, pending, standing_status(line->status, swedish), version, said};
    text_table_add(table, is_known(line) && line->target > 0 && line->done >= line->target ? STYLE_GOOD : STYLE_PLAIN, cells);
}

// How many devices may still have something to say: of the commitment for which they are most.
static const rond_standing *most_silent(const rond_promises *promises) {
    const rond_standing *most = NULL;
    for (size_t i = 0; i < promises->count; i++) {
        const rond_standing *standing = promises->lines[i].standing;
        if (standing != NULL && (most == NULL || standing->silent_devices > most->silent_devices))
            most = standing;
    }
    return most;
}

static const char *const headings_en[] = {"COMMITMENT", "DONE", "MAY ADD", "STATUS", "VERSION", ""},
                         *const headings_sv[] = {"ÅTAGANDE", "GJORT", "KAN TILLKOMMA", "STATUS", "VERSION", ""};

static int promises_show(struct cli *cli, const rond_promises *promises, bool all) {
    struct text_table table;
    size_t shown = 0;
    int code = EXIT_CODE_OK;
    json_t *list = json_array();
    text_table_init(&table, 6);
    text_table_add(&table, STYLE_BOLD, swedish ? headings_sv : headings_en);
    for (size_t i = 0; i < promises->count; i++) {
        if (!all && !promises->lines[i].is_own_area)
            continue;
        promise_row(cli, &promises->lines[i], &table);
        json_array_append_new(list, promise_json(cli, &promises->lines[i]));
        shown++;
    }
    if (cli->is_json)
        code = cli_json(json_pack("{s:O}", "promises", list));
    else if (promises->count == 0)
        puts("Nothing is known yet; rond sync fetches it.");
    else if (shown == 0)
        puts("There is no promise of this device's area; --all shows those of others.");
    else
        text_table_print(&table, cli);
    if (!cli->is_json)
        standing_print_silence(cli->rond, most_silent(promises), swedish);
    json_decref(list);
    text_table_deinit(&table);
    return code;
}

int command_promises(struct cli *cli, int argc, char **argv) {
    static const struct option options[] = {{"all", no_argument, NULL, 'a'}, {"swedish", no_argument, NULL, 's'}, {0}};
    rond_promises *promises;
    bool all = false;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == '?')
            return cli_usage_option(cli, argv);
        all = all || option == 'a';
        swedish = swedish || option == 's';
    }
    if (optind != argc)
        return cli_usage(cli, "promises takes nothing more.");
    int code = cli_open(cli);
    if (code != EXIT_CODE_OK)
        return code;
    enum rond_err err = rond_promises_get(cli->rond, &promises);
    if (err != ROND_OK)
        return cli_fail(cli, err, NULL);
    code = promises_show(cli, promises, all);
    rond_promises_free(promises);
    return code;
}

int command_words(struct cli *cli, int argc, char **argv) {
    rond_words *words;
    struct text_table table;
    if (argc > 2 || (argc == 2 && argv[1][0] == '-'))
        return cli_usage(cli, "words takes one list.");
    int code = cli_open(cli);
    if (code != EXIT_CODE_OK)
        return code;
    enum rond_err err = rond_words_get(cli->rond, argc == 2 ? argv[1] : NULL, &words);
    if (err != ROND_OK)
        return cli_fail(cli, err, NULL);
    json_t *list = json_array();
    text_table_init(&table, 4);
    text_table_add(&table, STYLE_BOLD, (const char *const[]){"LIST", "WORD", "SVENSKA", "ENGLISH"});
    for (size_t i = 0; i < words->count; i++) {
        const rond_word *word = &words->words[i];
        text_table_add(&table, STYLE_PLAIN, (const char *const[]){word->list, word->id, word->name_sv, word->name_en});
        json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:o}", "list", word->list, "id", word->id, "name_sv",
                                              json_text(word->name_sv), "name_en", json_text(word->name_en)));
    }
    if (cli->is_json)
        code = cli_json(json_pack("{s:O}", "words", list));
    else if (words->count == 0)
        puts("No such words are known here; rond sync fetches them.");
    else
        text_table_print(&table, cli);
    json_decref(list);
    text_table_deinit(&table);
    rond_words_free(words);
    return code;
}
