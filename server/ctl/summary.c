// rondctl summary: what an organisation's reports of one week led to.
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "ctl/asker.h"

static const char help[] =
    "usage: rondctl summary --organisation ORG [--week 2015-W19] [--area ID] [--swedish]\n"
    "           what its reports of that week led to: how many count, which commitments moved and how they stand now,\n"
    "           which unsafe places were put right, and what did not count and why. Without --week the newest week that\n"
    "           has ended; its devices get that one at their next sync\n";

static bool swedish; // of this one run of the program

static void print_summary(void *context, json_t *row) {
    (void)context;
    json_t *line;
    size_t i;
    printf("%s, %s, %s\n", json_string_value(json_object_get(row, "organisation")),
           json_string_value(json_object_get(row, "area")), json_string_value(json_object_get(row, "week")));
    json_array_foreach(json_object_get(row, swedish ? "lines_sv" : "lines_en"), i, line) {
        printf("  %s\n", json_string_value(line));
    }
}

int ctl_summary(const struct ctl *ctl, int argc, char **argv) {
    static const struct option options[] = {{"organisation", required_argument, NULL, 'o'},
                                            {"week", required_argument, NULL, 'w'},
                                            {"area", required_argument, NULL, 'a'},
                                            {"swedish", no_argument, NULL, 's'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *organisation = NULL, *week = NULL, *area = NULL;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'o': organisation = optarg; break;
        case 'w': week = optarg; break;
        case 'a': area = optarg; break;
        case 's': swedish = true; break;
        default: fputs(help, option == 'h' ? stdout : stderr); return option == 'h' ? CTL_OK : CTL_USAGE;
        }
    }
    if (optind < argc || organisation == NULL) {
        fputs(help, stderr);
        return CTL_USAGE;
    }
    return asker_show(ctl,
                      json_pack("{s:s,s:s,s:s*,s:s*}", "command", "summary", "organisation", organisation, "week", week,
                                "area", area),
                      print_summary, NULL);
}
