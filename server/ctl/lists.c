// rondctl outbox, words: what devices have queued and how far it has come; the words that reports may use.
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "ctl/asker.h"

static const char *text_of(json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

static json_int_t number_of(json_t *object, const char *name) {
    return json_integer_value(json_object_get(object, name));
}

static int usage(const char *help, int argc, char **argv) {
    return ctl_help(help, argc > 1 && strcmp(argv[1], "--help") == 0);
}

// --- outbox ---

static const char outbox_help[] =
    "usage: rondctl outbox list    each outbox of each device: received, waiting there, lost, forked\n"
    "       rondctl outbox forks   reports of forked outboxes that have no place in their chain, kept apart\n";

static void print_outbox(void *context, json_t *row) {
    UNUSED(context);
    printf("device %.8s  outbox %.8s  received %8" JSON_INTEGER_FORMAT "  waiting %6" JSON_INTEGER_FORMAT
           "  lost %4" JSON_INTEGER_FORMAT "%s\n",
           text_of(row, "device"), text_of(row, "outbox"), number_of(row, "watermark"), number_of(row, "waiting"),
           number_of(row, "lost"), json_is_true(json_object_get(row, "forked")) ? "  forked" : "");
}

static void print_fork(void *context, json_t *row) {
    UNUSED(context);
    printf("%-14s  received %s  device %.8s  outbox %.8s  seq %" JSON_INTEGER_FORMAT "\n", text_of(row, "reference"),
           text_of(row, "received"), text_of(row, "device"), text_of(row, "outbox"), number_of(row, "seq"));
}

int ctl_outbox(const struct ctl *ctl, int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "list") == 0) {
        return asker_show(ctl, json_pack("{s:s}", "command", "outbox.list"), print_outbox, NULL);
    }
    if (argc == 2 && strcmp(argv[1], "forks") == 0) {
        return asker_show(ctl, json_pack("{s:s}", "command", "fork.list"), print_fork, NULL);
    }
    return usage(outbox_help, argc, argv);
}

// --- words ---

static const char words_help[] = "usage: rondctl words [LIST]\n"
                                 "LIST: role, check, form, item, inventory, initiative, counterpart, area, place, organisation\n";

static void print_word(void *context, json_t *row) {
    UNUSED(context);
    const char *name = json_object_get(row, "name") != NULL ? text_of(row, "name") : text_of(row, "name_sv");
    printf("%-12s %-24s %s\n", text_of(row, "list"), text_of(row, "id"), name);
}

int ctl_words(const struct ctl *ctl, int argc, char **argv) {
    if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
        return usage(words_help, argc, argv);
    }
    return asker_show(ctl, json_pack("{s:s,s:s*}", "command", "words", "list", argc == 2 ? argv[1] : NULL), print_word, NULL);
}
