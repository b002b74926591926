// rondctl promise: import FILE.yaml | list | remove ID
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "ctl/asker.h"
#include "promise/promise_file.h"
#include "wire/limits.h"

static const char help[] = "usage: rondctl promise import FILE.yaml   all of the file or nothing; docs/promises.md has the format\n"
                           "       rondctl promise list\n"
                           "       rondctl promise show ID[@VERSION]      the newest version, or that one\n"
                           "       rondctl promise history ID             each edit, by whom and since when\n"
                           "       rondctl promise remove ID\n";

enum { FILE_ARENA_BYTES_MAX = 16 * 1024 * 1024 };

static char *read_file(const char *path, size_t *ret_size) {
    FILE *file = fopen(path, "rb");
    char *text = file == NULL ? NULL : malloc(PROMISE_FILE_BYTES_MAX + 2);
    size_t size = text == NULL ? 0 : fread(text, 1, PROMISE_FILE_BYTES_MAX + 1, file);
    bool failed = file == NULL || text == NULL || ferror(file);
    if (file != NULL) {
        fclose(file);
    }
    if (failed) {
        free(text);
        return NULL;
    }
    text[size] = '\0';
    *ret_size = size;
    return text;
}

static void print_fault(const struct ctl *ctl, const char *message) {
    json_t *row = ctl->json ? json_pack("{s:s}", "fault", message) : NULL;
    if (row != NULL) {
        json_dumpf(row, stdout, JSON_COMPACT);
        putchar('\n');
    }
    json_decref(row);
    fprintf(stderr, "%s\n", message);
}

// The whole list of faults, which the server's one sentence has no room for.
static int check_file(const struct ctl *ctl, const char *path, struct bytes text) {
    struct arena arena;
    struct promise_file file;
    struct file_faults faults = {0};
    arena_init(&arena, FILE_ARENA_BYTES_MAX);
    enum rond_err err = promise_file_parse(path, text, &arena, &file, &faults);
    for (size_t i = 0; i < faults.count; i++) {
        print_fault(ctl, faults.faults[i].message);
    }
    if (faults.more > 0) {
        fprintf(stderr, "%s: and %zu more\n", path, faults.more);
    }
    arena_deinit(&arena);
    if (err == ROND_OK) {
        return CTL_OK;
    }
    return ctl_fail(ctl_exit_of(err), "%s: nothing was imported", path);
}

static void print_imported(void *context, json_t *line) {
    UNUSED(context);
    printf("imported %" JSON_INTEGER_FORMAT " promises with %" JSON_INTEGER_FORMAT " commitments for %s\n",
           json_integer_value(json_object_get(line, "promises")), json_integer_value(json_object_get(line, "commitments")),
           json_string_value(json_object_get(line, "area")));
}

static int promise_import(const struct ctl *ctl, const char *path) {
    size_t size = 0;
    char *text = read_file(path, &size);
    if (text == NULL) {
        return ctl_fail(CTL_NOT_FOUND, "%s cannot be read: %s", path, strerror(errno));
    }
    if (size > PROMISE_FILE_BYTES_MAX) {
        free(text);
        return ctl_fail(CTL_INVALID, "%s is larger than %d bytes", path, PROMISE_FILE_BYTES_MAX);
    }
    int code = check_file(ctl, path, bytes_of(text, size));
    if (code == CTL_OK) {
        json_t *request = json_pack("{s:s,s:s,s:s%}", "command", "promise.import", "name", path, "text", text, size);
        code = request == NULL ? ctl_fail(CTL_INVALID, "%s is not UTF-8", path) : asker_show(ctl, request, NULL, print_imported);
    }
    free(text);
    return code;
}

static void print_promise(void *context, json_t *row) {
    UNUSED(context);
    printf("%-24s %-12s %s..%s  %-11s version %" JSON_INTEGER_FORMAT "  %2zu commitments  %s\n",
           json_string_value(json_object_get(row, "promise")), json_string_value(json_object_get(row, "area")),
           json_string_value(json_object_get(row, "from")), json_string_value(json_object_get(row, "to")),
           json_string_value(json_object_get(row, "state")), json_integer_value(json_object_get(row, "version")),
           json_array_size(json_object_get(row, "commitments")), json_string_value(json_object_get(row, "title_sv")));
}

static void print_version(void *context, json_t *row) {
    UNUSED(context);
    const char *since = json_string_value(json_object_get(row, "since"));
    printf("version %-3" JSON_INTEGER_FORMAT " since %-20s %-10s %-11s %-9s %2zu commitments\n",
           json_integer_value(json_object_get(row, "version")), since == NULL ? "the beginning" : since,
           json_string_value(json_object_get(row, "actor")), json_string_value(json_object_get(row, "state")),
           json_string_value(json_object_get(row, "phase")), json_array_size(json_object_get(row, "commitments")));
}

// Keeps the newest of the rows that come.
static void keep_row(void *context, json_t *row) {
    json_t **kept = context;
    if (json_object_get(row, "ok") == NULL) {
        json_decref(*kept);
        *kept = json_incref(row);
    }
}

static int promise_show(const struct ctl *ctl, const char *which) {
    json_t *newest = NULL;
    int code = asker_ask(ctl, json_pack("{s:s,s:s}", "command", "promise.versions", "promise", which), keep_row, &newest);
    if (newest != NULL) {
        json_dumpf(newest, stdout, ctl->json ? JSON_COMPACT : JSON_INDENT(2));
        putchar('\n');
        json_decref(newest);
    }
    return code;
}

static void print_removed(void *context, json_t *line) {
    UNUSED(context);
    printf("removed %s\n", json_string_value(json_object_get(line, "removed")));
}

int ctl_promise(const struct ctl *ctl, int argc, char **argv) {
    const char *action = argc > 1 ? argv[1] : "";
    if (strcmp(action, "--help") == 0) {
        return ctl_help(help, true);
    }
    if (strcmp(action, "import") == 0 && argc == 3) {
        return promise_import(ctl, argv[2]);
    }
    if (strcmp(action, "list") == 0 && argc == 2) {
        return asker_show(ctl, json_pack("{s:s}", "command", "promise.list"), print_promise, NULL);
    }
    if (strcmp(action, "show") == 0 && argc == 3) {
        return promise_show(ctl, argv[2]);
    }
    if (strcmp(action, "history") == 0 && argc == 3) {
        return asker_show(ctl, json_pack("{s:s,s:s}", "command", "promise.versions", "promise", argv[2]), print_version, NULL);
    }
    if (strcmp(action, "remove") == 0 && argc == 3) {
        return asker_show(ctl, json_pack("{s:s,s:s}", "command", "promise.remove", "promise", argv[2]), NULL, print_removed);
    }
    return ctl_help(help, false);
}
