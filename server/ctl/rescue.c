// rondctl rescue: what a handheld that cannot connect wrote to a file.
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "ctl/asker.h"

static const char help[] =
    "usage: rondctl rescue FILE\n\n"
    "Takes in what a handheld that can no longer connect wrote with 'rond rescue': as if it had synced, whole or not at all. The\n"
    "file must be readable for the server's user. Twice is as good as once, and so is a later sync of the handheld. Of a device\n"
    "revoked as lost nothing is taken in; of a retired one it goes into quarantine.\n";

static void print_rescued(void *context, json_t *line) {
    UNUSED(context);
    const struct {
        const char *name, *what;
    } parts[] = {{"quarantined", "in quarantine"}, {"there", "already there"}, {"forked", "kept apart (forked)"}, {"lost", "declared lost"}};
    printf("device %.8s: %" JSON_INTEGER_FORMAT " stored", json_string_value(json_object_get(line, "device")),
           json_integer_value(json_object_get(line, "stored")));
    for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
        json_int_t count = json_integer_value(json_object_get(line, parts[i].name));
        if (count > 0 || i < 2) {
            printf(", %s%" JSON_INTEGER_FORMAT " %s", i == 0 ? "of them " : "", count, parts[i].what);
        }
    }
    putchar('\n');
}

int ctl_rescue(const struct ctl *ctl, int argc, char **argv) {
    char path[PATH_MAX];
    if (argc != 2 || argv[1][0] == '-') {
        return ctl_help(help, argc == 2 && strcmp(argv[1], "--help") == 0);
    }
    if (realpath(argv[1], path) == NULL) { // the server has a working directory of its own
        return ctl_fail(errno == ENOENT ? CTL_NOT_FOUND : CTL_INVALID, "%s cannot be read: %s", argv[1], strerror(errno));
    }
    return asker_show(ctl, json_pack("{s:s,s:s}", "command", "rescue", "file", path), NULL, print_rescued);
}
