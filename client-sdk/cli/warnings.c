#include "warnings.h"

#include <unistd.h>

// What was found is not repeated: standard error is kept in logs.
static void warning_say(struct cli *cli, const rond_warning *warning) {
    cli_warn(cli, "%s, byte %zu to %zu: %s", warning->field, warning->start + 1, warning->start + warning->length,
             warning->sentence_en);
}

static const char refusal[] = "nothing was saved; take it out, or add --anyway.";

static int refuse(struct cli *cli, const rond_warnings *warnings) {
    json_t *list = json_array();
    for (size_t i = 0; i < warnings->count; i++) {
        const rond_warning *warning = &warnings->warnings[i];
        json_array_append_new(list, json_pack("{s:s, s:i, s:I, s:I, s:s, s:s}", "field", warning->field, "kind",
                                              (int)warning->kind, "start", (json_int_t)warning->start, "length",
                                              (json_int_t)warning->length, "sentence_sv", warning->sentence_sv,
                                              "sentence_en", warning->sentence_en));
    }
    if (cli->is_json)
        (void)cli_json(json_pack("{s:{s:s, s:i, s:s, s:s}, s:O}", "error", "name", "personal data", "code", 0, "field",
                                 warnings->warnings[0].field, "text", refusal, "warnings", list));
    json_decref(list);
    fprintf(stderr, "rond: %s\n", refusal);
    return EXIT_CODE_PERSONAL_DATA;
}

static bool is_answered_yes(void) {
    char line[16];
    fputs("Save it all the same? [y/N] ", stderr);
    if (fgets(line, sizeof line, stdin) == NULL)
        return false;
    return line[0] == 'y' || line[0] == 'Y' || line[0] == 'j' || line[0] == 'J';
}

static int warnings_settle(struct cli *cli, rond_warnings *take_warnings, enum warnings_answer answer) {
    int code = EXIT_CODE_OK;
    for (size_t i = 0; i < take_warnings->count; i++)
        warning_say(cli, &take_warnings->warnings[i]);
    bool can_ask = answer == WARNINGS_ASK && isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
    if (take_warnings->count > 0 && answer != WARNINGS_ANYWAY && (!can_ask || !is_answered_yes()))
        code = refuse(cli, take_warnings);
    rond_warnings_free(take_warnings);
    return code;
}

int warnings_of_activity(struct cli *cli, const rond_activity *activity, enum warnings_answer answer) {
    rond_warnings *warnings;
    rond_fault fault = {0};
    enum rond_err err = rond_warnings_get(cli->rond, activity, &warnings, &fault);
    return err == ROND_OK ? warnings_settle(cli, warnings, answer) : cli_fail(cli, err, &fault);
}

int warnings_of_draft(struct cli *cli, uint64_t draft, enum warnings_answer answer) {
    rond_activity *activity;
    if (rond_draft_load(cli->rond, draft, &activity) != ROND_OK)
        return EXIT_CODE_OK; // queueing says what is wrong with it
    int code = warnings_of_activity(cli, activity, answer);
    rond_activity_free(activity);
    return code;
}

int warnings_of_text(struct cli *cli, const char *field, const char *text, enum warnings_answer answer) {
    rond_warnings *warnings;
    enum rond_err err = rond_text_warnings_get(field, text, &warnings);
    return err == ROND_OK ? warnings_settle(cli, warnings, answer) : cli_fail(cli, err, NULL);
}
