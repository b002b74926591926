// rondctl progress --why: the figure, then what counted, gathered by what counts once, then what did not and why.
#include "ctl/why.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "ctl/asker.h"
#include "ctl/wording.h"

enum { GATHERED_MAX = 20000 }; // more rows are printed as they come, ungathered

struct why {
    const struct ctl *ctl;
    bool swedish;
    json_t *rows;
    bool heading_said; // of the rows that are printed as they come
};

static const char *text_of(json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

static json_int_t number_of(json_t *object, const char *name) {
    return json_integer_value(json_object_get(object, name));
}

__attribute__((format_arg(2), format_arg(3))) static const char *in(const struct why *why, const char *swedish,
                                                                     const char *english) {
    return why->swedish ? swedish : english;
}

// --- The figure ---

static void print_pace(const struct why *why, json_t *commitment) {
    json_t *pace = json_object_get(commitment, "pace"), *forecast = json_object_get(commitment, "forecast");
    if (json_is_object(pace) && number_of(pace, "days_left") > 0) {
        printf(in(why, "  enligt kalendern %" JSON_INTEGER_FORMAT " vid det här laget; %" JSON_INTEGER_FORMAT
                       " kvar på %" JSON_INTEGER_FORMAT " dagar\n",
                  "  by the calendar %" JSON_INTEGER_FORMAT " by now; %" JSON_INTEGER_FORMAT " left in %" JSON_INTEGER_FORMAT " days\n"),
               number_of(pace, "due_now"), number_of(pace, "remaining"), number_of(pace, "days_left"));
    }
    if (json_is_object(forecast)) {
        printf("  %s\n", text_of(forecast, in(why, "text_sv", "text_en")));
    }
}

static void print_silent(const struct why *why, json_t *commitment) {
    json_t *device;
    size_t i;
    char moment[WORDING_MOMENT_SIZE];
    json_array_foreach(json_object_get(commitment, "silent"), i, device) {
        printf("  %s %s (%s), %s %s", in(why, "tyst:", "silent:"), text_of(device, "name"), text_of(device, "organisation"),
               in(why, "senast hörd", "last heard of"), wording_moment(text_of(device, "since"), why->swedish, moment));
        json_int_t waiting = number_of(device, "waiting");
        if (waiting > 0) {
            printf(in(why, ", %" JSON_INTEGER_FORMAT " väntar där", ", %" JSON_INTEGER_FORMAT " waiting there"), waiting);
        }
        putchar('\n');
    }
    json_int_t more = number_of(commitment, "silent_count") - (json_int_t)i;
    if (more > 0) {
        printf(in(why, "  och %" JSON_INTEGER_FORMAT " tysta till (rondctl device list)\n",
                  "  and %" JSON_INTEGER_FORMAT " more silent ones (rondctl device list)\n"), more);
    }
}

static void print_windows(const struct why *why, json_t *commitment) {
    json_t *window, *day;
    size_t i, j;
    json_array_foreach(json_object_get(commitment, "windows"), i, window) {
        printf("  %-24s ", text_of(window, "place"));
        json_array_foreach(json_object_get(window, "days"), j, day) {
            printf("%s%s", j == 0 ? "" : ",", wording_weekday(json_string_value(day), why->swedish));
        }
        printf(in(why, " %s-%s: %" JSON_INTEGER_FORMAT " av %" JSON_INTEGER_FORMAT " pass, %" JSON_INTEGER_FORMAT
                       " av %" JSON_INTEGER_FORMAT " minuter täckta\n",
                  " %s-%s: %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT " windows, %" JSON_INTEGER_FORMAT
                  " of %" JSON_INTEGER_FORMAT " minutes covered\n"),
               text_of(window, "from"), text_of(window, "to"), number_of(window, "kept"), number_of(window, "planned"),
               number_of(window, "covered_minutes"), number_of(window, "planned_minutes"));
    }
}

static void print_figure(void *context, json_t *commitment) {
    const struct why *why = context;
    const char *status = wording_status(text_of(commitment, "status"), why->swedish);
    const char *by_reports = wording_status(text_of(commitment, "status_by_reports"), why->swedish);
    const char *title = text_of(commitment, in(why, "title_sv", "title_en"));
    printf("%s (%s)\n", *title == '\0' ? text_of(commitment, "title_sv") : title, text_of(commitment, "commitment"));
    printf("  %s: %s", text_of(commitment, in(why, "summary_sv", "summary_en")), status);
    if (strcmp(status, by_reports) != 0) {
        printf(in(why, " (enligt det som kommit in: %s)", " (%s by what has come in)"), by_reports);
    }
    putchar('\n');
    print_pace(why, commitment);
    print_windows(why, commitment);
    print_silent(why, commitment);
}

// --- Rows ---

static void print_tags(const struct why *why, json_t *row) {
    if (json_is_true(json_object_get(row, "late"))) {
        printf(in(why, "  sen: kom %.10s", "  late: came %.10s"), text_of(row, "received"));
    }
    if (json_is_true(json_object_get(row, "time_unsure"))) {
        fputs(in(why, "  tiden osäker", "  time unsure"), stdout);
    }
    json_t *place, *ruling = json_object_get(row, "ruling");
    size_t i;
    if (json_is_object(ruling)) {
        bool joined = *text_of(ruling, "activity") != '\0';
        printf("  %s", joined ? in(why, "förd samman", "joined") : in(why, "skild åt", "parted"));
        printf(in(why, " av en person (%s) %.10s, beslut %" JSON_INTEGER_FORMAT, " by a person (%s) on %.10s, decision %" JSON_INTEGER_FORMAT),
               text_of(ruling, "actor"), text_of(ruling, "at"), number_of(ruling, "decision"));
    }
    if (json_object_get(row, "erased_rule") != NULL) {
        wording_erased(text_of(row, "erased_at"), text_of(row, "erased_rule"), why->swedish);
    } else if (json_object_get(row, "no_text") != NULL) {
        wording_no_text(text_of(row, "no_text"), why->swedish);
    }
    json_array_foreach(json_object_get(row, "places_open"), i, place) {
        printf(in(why, "  kanske vid %s", "  perhaps at %s"), json_string_value(place));
    }
}

static void print_row(const struct why *why, json_t *row, bool with_reason) {
    const char *to = text_of(row, "local_to");
    bool same_day = strncmp(text_of(row, "local_from"), to, 10) == 0 && strlen(to) > 11;
    printf("    %-14s %-18s ", text_of(row, "reference"), text_of(row, "organisation"));
    wording_left(wording_kind(text_of(row, "kind"), why->swedish), 17);
    printf(" %s", text_of(row, "local_from"));
    if (strcmp(text_of(row, "local_from"), to) != 0) {
        printf("-%s", same_day ? to + 11 : to);
    }
    if (number_of(row, "quantity") > 1) {
        printf("  x%" JSON_INTEGER_FORMAT, number_of(row, "quantity"));
    }
    if (number_of(row, "persons") > 0) {
        printf(in(why, "  %" JSON_INTEGER_FORMAT " pers.", "  %" JSON_INTEGER_FORMAT " persons"), number_of(row, "persons"));
    }
    print_tags(why, row);
    if (with_reason) {
        printf("  %s", text_of(row, in(why, "reason_sv", "reason_en")));
    }
    putchar('\n');
}

// What the rows of one bucket have in common; a report alone needs no heading.
static void print_bucket(const struct why *why, const char *bucket, size_t rows) {
    const char *name = strchr(bucket, ':');
    name = name == NULL ? "" : name + 1;
    switch (bucket[0]) {
    case 'a':
    case 'j':
        printf(in(why, "  gemensam insats %s, räknas en gång:\n", "  joint activity %s, counts once:\n"), name);
        break;
    case 'w':
        printf(in(why, "  pass %.*s som öppnar %s:\n", "  window %.*s that opens on %s:\n"), (int)strcspn(bucket + 1, ":"), bucket + 1, name);
        break;
    case 's':
        printf(in(why, "  säsongen från %s:\n", "  the season from %s:\n"), name);
        break;
    case 'f':
        printf(in(why, "  en otrygg plats, %zu iakttagelser:\n", "  an unsafe place, %zu looks:\n"), rows);
        break;
    case 'p':
        fputs(in(why, "  hela perioden:\n", "  the whole period:\n"), stdout);
        break;
    default:
        break;
    }
}

static int by_bucket(const void *left, const void *right) {
    json_t *a = *(json_t *const *)left, *b = *(json_t *const *)right;
    bool own = text_of(a, "bucket")[0] == 'r' && text_of(b, "bucket")[0] == 'r';
    int buckets = own ? 0 : strcmp(text_of(a, "bucket"), text_of(b, "bucket"));
    if (buckets != 0) {
        return buckets;
    }
    json_int_t from_a = number_of(a, "occurred_from_s"), from_b = number_of(b, "occurred_from_s");
    return from_a < from_b ? -1 : from_a > from_b;
}

static size_t select_rows(json_t *rows, bool counted, json_t **ret_selected) {
    size_t count = 0, i;
    json_t *row;
    json_array_foreach(rows, i, row) {
        if (json_is_true(json_object_get(row, "counted")) == counted) {
            ret_selected[count++] = row;
        }
    }
    qsort(ret_selected, count, sizeof *ret_selected, by_bucket);
    return count;
}

static size_t bucket_size(json_t *const *rows, size_t count) {
    size_t same = 1;
    while (same < count && strcmp(text_of(rows[same], "bucket"), text_of(rows[0], "bucket")) == 0) {
        same++;
    }
    return same;
}

static void print_gathered(const struct why *why) {
    size_t size = json_array_size(why->rows);
    json_t **rows = calloc(size + 1, sizeof *rows);
    if (rows == NULL) {
        return;
    }
    size_t count = select_rows(why->rows, true, rows);
    fputs(count > 0 ? in(why, "\nDet här räknas:\n", "\nThis counts:\n") : in(why, "\nInget räknas ännu.\n", "\nNothing counts yet.\n"),
          stdout);
    for (size_t i = 0; i < count;) {
        size_t same = bucket_size(&rows[i], count - i);
        print_bucket(why, text_of(rows[i], "bucket"), same);
        for (; same > 0; same--) {
            print_row(why, rows[i++], false);
        }
    }
    count = select_rows(why->rows, false, rows);
    if (count > 0) {
        fputs(in(why, "\nDet här räknas inte:\n", "\nThis does not count:\n"), stdout);
    }
    for (size_t i = 0; i < count; i++) {
        print_row(why, rows[i], true);
    }
    free(rows);
}

static void take_row(void *context, json_t *row) {
    struct why *why = context;
    if (json_object_get(row, "ok") != NULL) {
        return;
    }
    if (json_array_size(why->rows) < GATHERED_MAX) {
        json_array_append(why->rows, row);
        return;
    }
    if (!why->heading_said) {
        fputs(in(why, "\nFler än så, i den ordning de kom in:\n", "\nMore than that, in order of arrival:\n"), stdout);
        why->heading_said = true;
    }
    print_row(why, row, !json_is_true(json_object_get(row, "counted")));
}

int why_show(const struct ctl *ctl, const char *path, bool swedish) {
    json_t *request = json_pack("{s:s,s:s}", "command", "progress.why", "commitment", path);
    if (ctl->json) {
        return asker_show(ctl, request, NULL, NULL);
    }
    struct why why = {.ctl = ctl, .swedish = swedish, .rows = json_array()};
    int code = asker_ask(ctl, json_pack("{s:s,s:s}", "command", "progress.commitment", "commitment", path), print_figure, &why);
    if (code == CTL_OK) {
        code = asker_ask(ctl, request, take_row, &why);
    } else {
        json_decref(request);
    }
    if (code == CTL_OK) {
        print_gathered(&why);
    }
    json_decref(why.rows);
    return code;
}
