// rondctl progress: how each promise stands, and what is behind a number.
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "ctl/asker.h"
#include "ctl/why.h"

static const char help[] = "usage: rondctl progress [--area ID] [--swedish]\n"
                           "       rondctl progress --why PROMISE/COMMITMENT [--swedish]\n"
                           "           the figure, every report that counted, and every one that did not and why\n";

static bool swedish; // of this one run of the program

static const char *text_of(json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

static const char *color_of(const char *status) {
    return strcmp(status, "met") == 0 || strcmp(status, "counted") == 0     ? "\033[32m"
           : strcmp(status, "behind") == 0 || strcmp(status, "missed") == 0 ? "\033[31m"
                                                                            : "\033[33m";
}

// Columns count characters, not bytes: printf's own width would cut into å, ä and ö.
static void put_column(const char *text, int width) {
    int shown = 0;
    for (const char *at = text; *at != '\0'; at++) {
        shown += ((unsigned char)*at & 0xC0) != 0x80;
    }
    fputs(text, stdout);
    printf("%*s", shown < width ? width - shown : 1, "");
}

static void print_commitment(const struct ctl *ctl, json_t *commitment) {
    const char *status = text_of(commitment, "status");
    printf("    ");
    put_column(text_of(commitment, "commitment"), 34);
    printf("%s%-12s%s ", ctl->color ? color_of(status) : "", status, ctl->color ? "\033[0m" : "");
    fputs(text_of(commitment, swedish ? "summary_sv" : "summary_en"), stdout);
    if (strcmp(status, "unknown") == 0) {
        size_t silent = json_array_size(json_object_get(commitment, "silent"));
        printf(swedish ? " (%s efter det som kommit in; %zu enheter tysta)" : " (%s by what has come in; %zu devices silent)",
               text_of(commitment, "status_by_reports"), silent);
    }
    if (strcmp(text_of(commitment, "state"), "closed") == 0) {
        fputs(swedish ? " (avslutat)" : " (closed)", stdout);
    } else if (strcmp(text_of(commitment, "state"), "followed_up") == 0) {
        fputs(swedish ? " (uppföljt)" : " (followed up)", stdout);
    }
    putchar('\n');
}

static void print_area(const struct ctl *ctl, json_t *area) {
    json_t *promise, *commitment, *device;
    size_t i, j;
    printf("%s\n", text_of(area, "name"));
    json_array_foreach(json_object_get(area, "promises"), i, promise) {
        printf("  %s (%s..%s; %s, version %" JSON_INTEGER_FORMAT ")\n", text_of(promise, "title_sv"), text_of(promise, "from"),
               text_of(promise, "to"), text_of(promise, "state"), json_integer_value(json_object_get(promise, "version")));
        json_array_foreach(json_object_get(promise, "commitments"), j, commitment) {
            print_commitment(ctl, commitment);
        }
    }
    json_t *silent = json_object_get(area, "silent_devices");
    if (json_integer_value(json_object_get(area, "devices")) == 0) {
        printf("  No device is enrolled here yet.\n");
        return;
    }
    if (json_array_size(silent) == 0) {
        printf("  Complete until %s: every device has been heard of since.\n", text_of(area, "complete_until"));
        return;
    }
    printf("  Not yet known, because these devices are silent or have more to send:\n");
    json_array_foreach(silent, i, device) {
        const char *seen = text_of(device, "seen");
        printf("    %-20s %-16s last heard of %s, %" JSON_INTEGER_FORMAT " waiting there\n", text_of(device, "name"),
               text_of(device, "organisation"), *seen == '\0' ? "never" : seen, json_integer_value(json_object_get(device, "waiting")));
    }
}

static void print_progress(void *context, json_t *line) {
    json_t *area;
    size_t i;
    json_array_foreach(json_object_get(line, "areas"), i, area) {
        print_area(context, area);
    }
}

int ctl_progress(const struct ctl *ctl, int argc, char **argv) {
    static const struct option options[] = {{"area", required_argument, NULL, 'a'}, {"why", required_argument, NULL, 'w'},
                                            {"swedish", no_argument, NULL, 's'},    {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *area = NULL, *why = NULL;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'a': area = optarg; break;
        case 'w': why = optarg; break;
        case 's': swedish = true; break;
        default: return ctl_help(help, option == 'h');
        }
    }
    if (optind != argc) {
        return ctl_fail(CTL_USAGE, "progress takes no '%s'; see rondctl progress --help", argv[optind]);
    }
    if (why != NULL) {
        return why_show(ctl, why, swedish);
    }
    return asker_show(ctl, json_pack("{s:s,s:s*}", "command", "progress", "area", area), NULL, print_progress);
}
