// rondctl rescue: what a handheld that cannot connect wrote to a file.
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backup/files.h"
#include "base/check.h"
#include "ctl/asker.h"
#include "wire/limits.h"

static const char help[] =
    "usage: rondctl rescue FILE\n\n"
    "Takes in what a handheld that can no longer connect wrote with 'rond rescue': as if it had synced, whole or not at all. The\n"
    "file goes through the data directory: run this as the server's user or as root. Twice is as good as once, and so is a\n"
    "later sync of the handheld. Of a device revoked as lost nothing is taken in; of a retired one it goes into quarantine.\n";

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

// The server reads nothing outside its data directory (server/sandbox.h), so the file is laid there for as long as it takes.
static int lay_in(const struct ctl *ctl, const char *from, const char *name) {
    struct fault fault = {0};
    struct buffer content;
    buffer_init(&content, RESCUE_BYTES_MAX);
    FILE *file = fopen(from, "re");
    if (file == NULL) {
        return ctl_fail(errno == ENOENT ? CTL_NOT_FOUND : CTL_INVALID, "%s cannot be read: %s", from, strerror(errno));
    }
    uint8_t chunk[64 * 1024];
    enum rond_err err = ROND_OK;
    for (size_t got; err == ROND_OK && (got = fread(chunk, 1, sizeof chunk, file)) > 0;) {
        err = buffer_append(&content, bytes_of(chunk, got));
    }
    bool read = ferror(file) == 0;
    fclose(file);
    if (err == ROND_OK && read) {
        err = files_write(ctl->data, name, buffer_bytes(&content), &fault);
    }
    if (err == ROND_OK && read) {
        err = files_give_to_owner(ctl->data, name, &fault);
    }
    buffer_deinit(&content);
    if (!read) {
        return ctl_fail(CTL_INVALID, "%s cannot be read: it is no file", from);
    }
    if (err == ROND_EFULL && fault.text[0] == '\0') {
        return ctl_fail(CTL_INVALID, "%s is larger than a rescue file is", from);
    }
    return err == ROND_OK ? CTL_OK : ctl_fail(ctl_exit_of(err), "%s", fault.text[0] != '\0' ? fault.text : rond_err_name(err));
}

int ctl_rescue(const struct ctl *ctl, int argc, char **argv) {
    char data[PATH_MAX], name[64], path[PATH_MAX + 64];
    if (argc != 2 || argv[1][0] == '-') {
        return ctl_help(help, argc == 2 && strcmp(argv[1], "--help") == 0);
    }
    if (realpath(ctl->data, data) == NULL) { // the server has a working directory of its own
        return ctl_fail(CTL_NOT_FOUND, "there is no data directory at %s; name yours with --data DIR or $ROND_DATA", ctl->data);
    }
    snprintf(name, sizeof name, "incoming-%ld.rescue", (long)getpid());
    snprintf(path, sizeof path, "%s/%s", data, name);
    int code = lay_in(ctl, argv[1], name);
    if (code == CTL_OK) {
        code = asker_show(ctl, json_pack("{s:s,s:s}", "command", "rescue", "file", path), NULL, print_rescued);
        (void)unlink(path);
    }
    return code;
}
