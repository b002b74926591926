// rondctl progress: how each promise stands, and what is behind a number.
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "ctl/asker.h"
#include "ctl/progress_table.h"
#include "ctl/why.h"
#include "ctl/wording.h"

static const char help[] = "usage: rondctl progress [--area ID] [--swedish]\n"
                           "       rondctl progress --why PROMISE/COMMITMENT [--swedish]\n"
                           "           the figure, every report that counted, and every one that did not and why\n";

static bool swedish; // of this one run of the program

static const char *text_of(json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

// Where there is no English title, the Swedish one stands.
static const char *title_of(json_t *promise) {
    const char *title = text_of(promise, swedish ? "title_sv" : "title_en");
    return *title == '\0' ? text_of(promise, "title_sv") : title;
}

static void print_promise(const struct progress_table *table, json_t *promise) {
    json_t *commitment;
    size_t i;
    printf("  %s (%s..%s; %s, version %" JSON_INTEGER_FORMAT ")\n", title_of(promise), text_of(promise, "from"), text_of(promise, "to"),
           wording_state(text_of(promise, "state"), swedish), json_integer_value(json_object_get(promise, "version")));
    json_array_foreach(json_object_get(promise, "commitments"), i, commitment) {
        progress_table_row(table, commitment);
    }
}

static void print_silent(json_t *device) {
    char moment[WORDING_MOMENT_SIZE];
    json_int_t waiting = json_integer_value(json_object_get(device, "waiting"));
    printf("    ");
    wording_left(text_of(device, "name"), 20);
    printf(" ");
    wording_left(text_of(device, "organisation"), 16);
    printf(" %s %s", swedish ? "senast hörd" : "last heard of", wording_moment(text_of(device, "seen"), swedish, moment));
    if (waiting > 0) {
        printf(swedish ? ", %" JSON_INTEGER_FORMAT " väntar där" : ", %" JSON_INTEGER_FORMAT " waiting there", waiting);
    }
    putchar('\n');
}

static void print_sureness(json_t *area) {
    json_t *device, *silent = json_object_get(area, "silent_devices");
    size_t i;
    char moment[WORDING_MOMENT_SIZE];
    if (json_integer_value(json_object_get(area, "devices")) == 0) {
        puts(swedish ? "  Ingen enhet är ansluten här än." : "  No device is enrolled here yet.");
        return;
    }
    if (json_array_size(silent) == 0) {
        printf(swedish ? "  Fullständigt till %s: alla enheter har hörts av sedan dess.\n"
                       : "  Complete until %s: every device has been heard of since.\n",
               wording_moment(text_of(area, "complete_until"), swedish, moment));
        return;
    }
    puts(swedish ? "  Vet inte än, eftersom dessa enheter är tysta eller har mer att skicka:"
                 : "  Not yet known, because these devices are silent or have more to send:");
    json_array_foreach(silent, i, device) {
        print_silent(device);
    }
    json_int_t more = json_integer_value(json_object_get(area, "silent_devices_count")) - (json_int_t)json_array_size(silent);
    if (more > 0) {
        printf(swedish ? "    och %" JSON_INTEGER_FORMAT " till (rondctl device list)\n"
                       : "    and %" JSON_INTEGER_FORMAT " more (rondctl device list)\n", more);
    }
}

static void print_area(const struct ctl *ctl, json_t *area) {
    json_t *promise;
    size_t i;
    struct progress_table table;
    progress_table_init(&table, ctl, area, swedish);
    printf("%s\n", text_of(area, "name"));
    if (table.widths[COLUMN_COMMITMENT] > 0) {
        progress_table_heading(&table);
    }
    json_array_foreach(json_object_get(area, "promises"), i, promise) {
        print_promise(&table, promise);
    }
    progress_table_explain(&table);
    print_sureness(area);
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
