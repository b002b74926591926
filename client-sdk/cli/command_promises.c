#include <string.h>

#include "text_table.h"

const char help_promises[] =
    "rond promises\n"
    "\n"
    "How the promises of the device's area stand by the server's last word (DONE, STATUS, and under which version\n"
    "of the promise), and how many own reports that still wait here may add to each (MAY ADD). Offline.\n";
const char help_words[] =
    "rond words [LIST]\n"
    "\n"
    "The words to report with, as last fetched. LIST: place, organisation, area, role, check, form, item, inventory,\n"
    "initiative, counterpart; all where none is given.\n";

// Zero and not yet known are two things: of other areas, and before the first sync, the server has said nothing.
static bool is_known(const rond_promise_line *line) {
    return line->summary_sv[0] != '\0';
}

static json_t *promise_json(const rond_promise_line *line) {
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:o, s:o, s:I}", "commitment", line->commitment,
                     "promise_title_sv", json_text(line->promise_title_sv), "title_sv", json_text(line->title_sv),
                     "title_en", json_text(line->title_en), "done",
                     is_known(line) ? json_integer((json_int_t)line->done) : json_null(), "target",
                     (json_int_t)line->target, "own_pending", (json_int_t)line->own_pending, "summary_sv",
                     json_text(line->summary_sv), "summary_en", json_text(line->summary_en), "status",
                     json_text(line->status), "version", (json_int_t)line->version);
}

static void promise_row(const rond_promise_line *line, struct text_table *table) {
    char done[32], pending[32] = "", version[16] = "";
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
    const char *cells[] = {line->commitment, done,    pending,
                           line->status,     version, line->summary_sv[0] != '\0' ? line->summary_sv : line->title_sv};
    text_table_add(table, is_known(line) && line->target > 0 && line->done >= line->target ? STYLE_GOOD : STYLE_PLAIN, cells);
}

int command_promises(struct cli *cli, int argc, char **argv) {
    rond_promises *promises;
    struct text_table table;
    if (argc != 1)
        return cli_usage(cli, "promises takes nothing more.");
    int code = cli_open(cli);
    if (code != EXIT_CODE_OK)
        return code;
    enum rond_err err = rond_promises_get(cli->rond, &promises);
    if (err != ROND_OK)
        return cli_fail(cli, err, NULL);
    json_t *list = json_array();
    text_table_init(&table, 6);
    text_table_add(&table, STYLE_BOLD, (const char *const[]){"COMMITMENT", "DONE", "MAY ADD", "STATUS", "VERSION", ""});
    for (size_t i = 0; i < promises->count; i++) {
        promise_row(&promises->lines[i], &table);
        json_array_append_new(list, promise_json(&promises->lines[i]));
    }
    if (cli->is_json)
        code = cli_json(json_pack("{s:O}", "promises", list));
    else if (promises->count == 0)
        puts("Nothing is known yet; rond sync fetches it.");
    else
        text_table_print(&table, cli);
    json_decref(list);
    text_table_deinit(&table);
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
