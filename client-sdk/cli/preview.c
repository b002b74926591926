#include "preview.h"

#include <string.h>

static json_t *line_json(const rond_preview_line *line) {
    return json_pack("{s:s, s:o, s:o, s:b, s:b, s:o, s:o, s:I, s:I, s:o}", "commitment", line->commitment, "title_sv",
                     json_text(line->title_sv), "title_en", json_text(line->title_en), "counted", line->counted, "waits",
                     line->waits, "reason_sv", json_text(line->reason_sv), "reason_en", json_text(line->reason_en), "done",
                     (json_int_t)line->done, "target", (json_int_t)line->target, "after",
                     line->after_known ? json_integer((json_int_t)line->after) : json_null());
}

static void line_print(struct cli *cli, const rond_preview_line *line) {
    const char *word = line->counted ? "counts" : line->waits ? "waits" : "not";
    printf("%s%-6s%s %s", cli_style(cli, line->counted ? STYLE_GOOD : STYLE_PLAIN), word, cli_style(cli, STYLE_PLAIN),
           line->commitment);
    if (!line->counted)
        printf(": %s", line->reason_en);
    else if (line->after_known && line->target > 0)
        printf(": %llu of %llu with what waits here and this one, %llu now", (unsigned long long)line->after,
               (unsigned long long)line->target, (unsigned long long)line->done);
    else if (line->after_known)
        printf(": %llu with what waits here and this one, %llu now", (unsigned long long)line->after,
               (unsigned long long)line->done);
    putchar('\n');
}

int preview_show(struct cli *cli, rond_preview *take_preview) {
    int code = EXIT_CODE_OK;
    json_t *list = json_array();
    for (size_t i = 0; i < take_preview->count; i++)
        json_array_append_new(list, line_json(&take_preview->lines[i]));
    if (cli->is_json)
        code = cli_json(json_pack("{s:O}", "preview", list));
    for (size_t i = 0; !cli->is_json && i < take_preview->count; i++)
        line_print(cli, &take_preview->lines[i]);
    if (!cli->is_json && take_preview->count == 0)
        puts("It is fine; no commitment that is known here asks for it.");
    json_decref(list);
    rond_preview_free(take_preview);
    return code;
}

// As much as there is room for.
static void append(char *line, size_t size, const char *text) {
    size_t used = strlen(line);
    if (used + strlen(text) < size)
        memcpy(line + used, text, strlen(text) + 1);
}

static void commitments_append(const rond_preview *preview, bool waits, const char *words, char *line, size_t size) {
    bool is_first = true;
    for (size_t i = 0; i < preview->count; i++) {
        const rond_preview_line *one = &preview->lines[i];
        if (waits ? !one->waits : !one->counted)
            continue;
        append(line, size, !is_first ? ", " : line[0] != '\0' ? "; " : "");
        append(line, size, is_first ? words : "");
        append(line, size, one->commitment);
        is_first = false;
    }
}

void preview_line(rond_preview *take_preview, char *ret_line, size_t size) {
    ret_line[0] = '\0';
    commitments_append(take_preview, false, "counts toward ", ret_line, size);
    commitments_append(take_preview, true, "waits for others toward ", ret_line, size);
    rond_preview_free(take_preview);
}
