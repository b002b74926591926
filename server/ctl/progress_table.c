// Columns are as wide as what stands in them. The figure comes last and goes on below itself where the line ends.
#include "ctl/progress_table.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "ctl/wording.h"

enum { LINE_WIDTH = 100, INDENT = 4, GAP = 2, FIGURE_WIDTH_MIN = 24, FIGURE_SIZE = 512, NUMBER_SIZE = 24 };

static const char *text_of(json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

static const char *color_of(const char *status) {
    return strcmp(status, "met") == 0 || strcmp(status, "counted") == 0     ? "\033[32m"
           : strcmp(status, "behind") == 0 || strcmp(status, "missed") == 0 ? "\033[31m"
                                                                            : "\033[33m";
}

static const char *heading(enum progress_column column, bool swedish) {
    static const char *const words[COLUMN_COUNT][2] = {
        [COLUMN_COMMITMENT] = {"commitment", "åtagande"}, [COLUMN_STATUS] = {"status", "läge"}, [COLUMN_DUE] = {"due now", "väntat nu"},
        [COLUMN_END] = {"at end*", "i slutet*"},          [COLUMN_DONE] = {"done", "gjort"},
    };
    return words[column][swedish];
}

// --- What stands in the columns ---

// Nothing is due any more where no day is left.
static json_t *pace_of(json_t *commitment) {
    json_t *pace = json_object_get(commitment, "pace");
    return json_integer_value(json_object_get(pace, "days_left")) > 0 ? pace : NULL;
}

static json_t *number_in(json_t *commitment, enum progress_column column) {
    return column == COLUMN_DUE ? json_object_get(pace_of(commitment), "due_now")
                                : json_object_get(json_object_get(commitment, "forecast"), "at_end");
}

static const char *cell(json_t *commitment, enum progress_column column, bool swedish, char number[NUMBER_SIZE]) {
    if (column == COLUMN_COMMITMENT) {
        return text_of(commitment, "commitment");
    }
    if (column == COLUMN_STATUS) {
        return wording_status(text_of(commitment, "status"), swedish);
    }
    json_t *value = number_in(commitment, column);
    if (value == NULL) {
        return "-";
    }
    snprintf(number, NUMBER_SIZE, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    return number;
}

// The figure, and why it is not known.
static void say_figure(json_t *commitment, bool swedish, char figure[FIGURE_SIZE]) {
    const char *by_reports = wording_status(text_of(commitment, "status_by_reports"), swedish);
    json_int_t silent = json_integer_value(json_object_get(commitment, "silent_count"));
    snprintf(figure, FIGURE_SIZE, "%s", text_of(commitment, swedish ? "summary_sv" : "summary_en"));
    if (strcmp(text_of(commitment, "status"), text_of(commitment, "status_by_reports")) != 0) {
        size_t size = strlen(figure);
        snprintf(figure + size, FIGURE_SIZE - size,
                 swedish ? " (enligt det som kommit in: %s; %" JSON_INTEGER_FORMAT " %s)"
                         : " (%s by what has come in; %" JSON_INTEGER_FORMAT " %s silent)", by_reports, silent,
                 swedish ? (silent == 1 ? "enhet tyst" : "enheter tysta") : (silent == 1 ? "device" : "devices"));
    }
}

// --- Lines ---

// Breaks at blanks; each line below begins under the first.
static void print_figure(const char *figure, size_t column) {
    size_t width = column + FIGURE_WIDTH_MIN < LINE_WIDTH ? LINE_WIDTH - column : FIGURE_WIDTH_MIN;
    while (wording_width(figure) > width) {
        size_t shown = 0, end = 0;
        for (size_t i = 0; figure[i] != '\0' && (shown <= width || end == 0); i++) {
            end = figure[i] == ' ' ? i : end;
            shown += ((unsigned char)figure[i] & 0xC0) != 0x80;
        }
        if (end == 0) {
            break; // one word
        }
        printf("%.*s\n%*s", (int)end, figure, (int)column, "");
        figure += end + 1;
    }
    puts(figure);
}

static void print_cell(const struct progress_table *table, enum progress_column column, const char *text, const char *status) {
    bool colored = column == COLUMN_STATUS && table->ctl->color && status != NULL;
    fputs(colored ? color_of(status) : "", stdout);
    if (column == COLUMN_DUE || column == COLUMN_END) {
        wording_right(text, table->widths[column]);
    } else {
        wording_left(text, table->widths[column]);
    }
    printf("%s%*s", colored ? "\033[0m" : "", GAP, "");
}

void progress_table_heading(const struct progress_table *table) {
    printf("%*s", INDENT, "");
    for (enum progress_column column = COLUMN_COMMITMENT; column < COLUMN_DONE; column++) {
        if (table->widths[column] > 0) {
            print_cell(table, column, heading(column, table->swedish), NULL);
        }
    }
    puts(heading(COLUMN_DONE, table->swedish));
}

void progress_table_row(const struct progress_table *table, json_t *commitment) {
    size_t at = INDENT;
    char number[NUMBER_SIZE], figure[FIGURE_SIZE];
    printf("%*s", INDENT, "");
    for (enum progress_column column = COLUMN_COMMITMENT; column < COLUMN_DONE; column++) {
        if (table->widths[column] > 0) {
            print_cell(table, column, cell(commitment, column, table->swedish, number), text_of(commitment, "status"));
            at += table->widths[column] + GAP;
        }
    }
    say_figure(commitment, table->swedish, figure);
    print_figure(figure, at);
}

void progress_table_explain(const struct progress_table *table) {
    if (table->widths[COLUMN_DUE] > 0) {
        puts(table->swedish ? "  väntat nu: så mycket som borde vara gjort i dag enligt kalendern"
                            : "  due now: what should be done by today, by the calendar");
    }
    if (table->widths[COLUMN_END] > 0) {
        puts(table->swedish ? "  * i slutet: om takten hittills håller i sig; sägs bara där tillräckligt är gjort"
                            : "  * at end: if the pace so far goes on; told only where enough is done");
    }
}

// --- How wide the columns are ---

static void widen(struct progress_table *table, json_t *commitment) {
    char number[NUMBER_SIZE];
    for (enum progress_column column = COLUMN_COMMITMENT; column < COLUMN_DONE; column++) {
        if (column >= COLUMN_DUE && number_in(commitment, column) == NULL) {
            continue;
        }
        size_t least = wording_width(heading(column, table->swedish));
        size_t wanted = wording_width(cell(commitment, column, table->swedish, number));
        wanted = wanted > least ? wanted : least;
        table->widths[column] = wanted > table->widths[column] ? wanted : table->widths[column];
    }
}

void progress_table_init(struct progress_table *table, const struct ctl *ctl, json_t *area, bool swedish) {
    json_t *promise, *commitment;
    size_t i, j;
    *table = (struct progress_table){.ctl = ctl, .swedish = swedish};
    json_array_foreach(json_object_get(area, "promises"), i, promise) {
        json_array_foreach(json_object_get(promise, "commitments"), j, commitment) {
            widen(table, commitment);
        }
    }
}
