// rondctl person: people who log in, and what they may do
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "ctl/asker.h"

static const char help[] =
    "usage: rondctl person add LOGIN --name NAME [--role ROLE [--organisation ID] [--area ID] [--from DAY] [--to DAY]]\n"
    "           a one-time code, on standard output: with it the person sets password and second factor at https://SERVER/setup\n"
    "       rondctl person code LOGIN                  a new code for one who has not set a password yet\n"
    "       rondctl person list                        who there is, and what each may do\n"
    "       rondctl person grant LOGIN --role ROLE [--organisation ID] [--area ID] [--from DAY] [--to DAY]\n"
    "       rondctl person end-grant LOGIN NUMBER      that one is over now; 'person list' has the numbers\n"
    "       rondctl person lock LOGIN                  out at once, and stays out\n"
    "       rondctl person unlock LOGIN                may log in again; also ends the wait after failed log-ins\n"
    "       rondctl person log-out LOGIN               every session ends\n"
    "       rondctl person reset-password LOGIN        every session ends; a one-time code for another password alone\n"
    "       rondctl person reset-second-factor LOGIN   every session ends; a one-time code to begin anew\n\n"
    "ROLE: administrator, area_chief, coordinator, partner_viewer, auditor. Without --organisation or --area a grant is for\n"
    "every one. DAY: YYYY-MM-DD; a grant begins at its first day's beginning and ends at its last day's end, in UTC.\n"
    "The first administrator: rondctl person add LOGIN --name NAME --role administrator\n";

static const char *text_of(json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

static void print_code(void *context, json_t *line) {
    UNUSED(context);
    puts(text_of(line, "code"));
    time_t expires = (time_t)(json_integer_value(json_object_get(line, "expires_ms")) / 1000);
    char at[32];
    struct tm utc;
    strftime(at, sizeof at, "%Y-%m-%d %H:%M UTC", gmtime_r(&expires, &utc));
    fprintf(stderr, "for %s; valid once, until %s\n", text_of(line, "login"), at);
}

static void print_done(void *context, json_t *line) {
    UNUSED(context);
    printf("%s: %s\n", text_of(line, "login"), text_of(line, "done"));
}

static void print_granted(void *context, json_t *line) {
    UNUSED(context);
    bool is_end = json_object_get(line, "ended") != NULL;
    printf("%s: grant %" JSON_INTEGER_FORMAT "%s\n", text_of(line, "login"), json_integer_value(json_object_get(line, is_end ? "ended" : "number")),
           is_end ? " ended" : "");
}

static void print_person(void *context, json_t *row) {
    UNUSED(context);
    json_t *grant;
    size_t i;
    printf("%-20s %-11s %s\n", text_of(row, "login"), text_of(row, "state"), text_of(row, "name"));
    json_array_foreach(json_object_get(row, "grants"), i, grant) {
        printf("    %2" JSON_INTEGER_FORMAT "  %-15s %-18s %-14s %.10s to %.10s%s\n", json_integer_value(json_object_get(grant, "number")),
               text_of(grant, "role"), text_of(grant, "organisation"), text_of(grant, "area"), text_of(grant, "from"),
               *text_of(grant, "to") == '\0' ? "-" : text_of(grant, "to"), json_is_true(json_object_get(grant, "valid")) ? "" : "  (not now)");
    }
}

// A day's beginning, or its end.
static bool day_ms(const char *text, bool end, json_int_t *ret_ms) {
    struct tm day = {0};
    int used = 0;
    if (sscanf(text, "%4d-%2d-%2d%n", &day.tm_year, &day.tm_mon, &day.tm_mday, &used) != 3 || text[used] != '\0') {
        return false;
    }
    day.tm_year -= 1900;
    day.tm_mon -= 1;
    struct tm asked = day;
    time_t at = timegm(&day);
    *ret_ms = ((json_int_t)at + (end ? 24 * 60 * 60 : 0)) * 1000;
    return at > 0 && day.tm_mday == asked.tm_mday && day.tm_mon == asked.tm_mon;
}

static bool take_day(json_t *request, const char *name, const char *text, bool end) {
    json_int_t ms;
    return day_ms(text, end, &ms) && json_object_set_new(request, name, json_integer(ms)) == 0;
}

// Options of add and grant into the request; false where one is wrong.
static bool take_options(json_t *request, int argc, char **argv) {
    static const struct option options[] = {
        {"name", required_argument, NULL, 'n'}, {"role", required_argument, NULL, 'r'}, {"organisation", required_argument, NULL, 'o'},
        {"area", required_argument, NULL, 'a'}, {"from", required_argument, NULL, 'f'}, {"to", required_argument, NULL, 't'},
        {NULL, 0, NULL, 0},
    };
    bool taken = true;
    optind = 0; // glibc: begins anew, and lets options stand behind the name
    for (int option; taken && (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'n': json_object_set_new(request, "name", json_string(optarg)); break;
        case 'r': json_object_set_new(request, "role", json_string(optarg)); break;
        case 'o': json_object_set_new(request, "organisation", json_string(optarg)); break;
        case 'a': json_object_set_new(request, "area", json_string(optarg)); break;
        case 'f': taken = take_day(request, "from_ms", optarg, false); break;
        case 't': taken = take_day(request, "to_ms", optarg, true); break;
        default: taken = false;
        }
    }
    if (!taken || optind != argc - 1) {
        return false;
    }
    json_object_set_new(request, "login", json_string(argv[optind]));
    return true;
}

static int with_options(const struct ctl *ctl, const char *command, int argc, char **argv, asker_line *print) {
    json_t *request = json_pack("{s:s}", "command", command);
    if (!take_options(request, argc, argv)) {
        json_decref(request);
        return ctl_help(help, false);
    }
    return asker_show(ctl, request, NULL, print);
}

int ctl_person(const struct ctl *ctl, int argc, char **argv) {
    static const struct {
        const char *action, *command;
        asker_line *print;
    } plain[] = {
        {"code", "person.code", print_code},
        {"lock", "person.lock", print_done},
        {"unlock", "person.unlock", print_done},
        {"log-out", "person.log-out", print_done},
        {"reset-password", "person.reset-password", print_code},
        {"reset-second-factor", "person.reset-second-factor", print_code},
    };
    const char *action = argc > 1 ? argv[1] : "";
    if (strcmp(action, "list") == 0 && argc == 2) {
        return asker_show(ctl, json_pack("{s:s}", "command", "person.list"), print_person, NULL);
    }
    if (strcmp(action, "add") == 0) {
        return with_options(ctl, "person.add", argc - 1, argv + 1, print_code);
    }
    if (strcmp(action, "grant") == 0) {
        return with_options(ctl, "person.grant", argc - 1, argv + 1, print_granted);
    }
    if (strcmp(action, "end-grant") == 0 && argc == 4) {
        return asker_show(ctl, json_pack("{s:s,s:s,s:I}", "command", "person.end-grant", "login", argv[2], "number", (json_int_t)atoi(argv[3])), NULL,
                          print_granted);
    }
    for (size_t i = 0; i < ARRAY_COUNT(plain) && argc == 3; i++) {
        if (strcmp(action, plain[i].action) == 0) {
            return asker_show(ctl, json_pack("{s:s,s:s}", "command", plain[i].command, "login", argv[2]), NULL, plain[i].print);
        }
    }
    return ctl_help(help, strcmp(action, "--help") == 0);
}
