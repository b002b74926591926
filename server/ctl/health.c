// rondctl health: what the running server says of itself.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "ctl/asker.h"

static const char help[] =
    "usage: rondctl health   whether the store is written, and warnings: certificates that end, an old backup, a disk that is\n"
    "                        nearly full, counters that do not add up. Exit code 8 where the store cannot be written, 6\n"
    "                        where no server runs\n";

static bool alive, works; // of this one run of the program

static void print_health(void *context, json_t *line) {
    const struct ctl *ctl = context;
    const char *store = json_string_value(json_object_get(line, "store"));
    json_t *warning;
    size_t i;
    alive = json_is_true(json_object_get(line, "alive"));
    works = store != NULL && strcmp(store, "works") == 0;
    if (ctl->json) {
        json_dumpf(line, stdout, JSON_COMPACT);
        putchar('\n');
        return;
    }
    if (alive) {
        printf("store %s\n", store == NULL ? "?" : store);
    }
    json_array_foreach(json_object_get(line, "warnings"), i, warning) {
        printf("%-20s %s\n", json_string_value(json_object_get(warning, "name")), json_string_value(json_object_get(warning, "text")));
    }
}

int ctl_health(const struct ctl *ctl, int argc, char **argv) {
    if (argc > 1) {
        return ctl_help(help, strcmp(argv[1], "--help") == 0);
    }
    int code = asker_ask(ctl, json_pack("{s:s}", "command", "health"), print_health, (void *)(uintptr_t)ctl);
    if (code == CTL_OK && !alive) {
        return ctl_fail(CTL_UNREACHABLE, "no server runs on %s", ctl->data);
    }
    return code == CTL_OK && !works ? CTL_UNSOUND : code;
}
