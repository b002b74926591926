// rondctl followup: publish | list | show | diff | verify | export | keys | rotate-key
#include "ctl/followup.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/buffer.h"
#include "read/followup_html.h"

const char followup_help[] =
    "usage: rondctl followup publish PROMISE (--tertial 2015-T1 | --final) [--restate] [--early]\n"
    "           signs and keeps how the promise stood at the end of that period, for ever\n"
    "           --restate: a new version, where something changed since the last one\n"
    "           --early:   before the period has ended, of what has happened until yesterday\n"
    "       rondctl followup list [PROMISE]\n"
    "       rondctl followup show PROMISE PERIOD [--version N] [--html sv|en] [--out FILE]\n"
    "           the document exactly as it was signed; --html: the page made from it;\n"
    "           --out: into FILE, of a document its signature into FILE.sig as well\n"
    "       rondctl followup diff PROMISE PERIOD     what has changed since, and why\n"
    "       rondctl followup verify FILE SIGNATURE [--key KEYFILE]\n"
    "           against the public keys in KEYFILE (PEM), else against those of the data directory; exit code 8\n"
    "           where it does not fit. With --key it needs no server and no data directory\n"
    "       rondctl followup export DIR              all documents, signatures and public keys\n"
    "       rondctl followup keys                    the public keys that ever signed\n"
    "       rondctl followup rotate-key              a new key signs from now on\n\n"
    "PERIOD is 2015-T1 (January to April; T2 to August, T3 to December), or final. See docs/follow-up.md.\n";

static const char *text_of(json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

static json_int_t number_of(json_t *object, const char *name) {
    return json_integer_value(json_object_get(object, name));
}

// --- Changes ---

static const char *summary_of(json_t *change, const char *side) {
    json_t *figure = json_object_get(json_object_get(change, side), "figure");
    return figure == NULL ? "(not there)" : text_of(figure, "summary_en");
}

static void print_why(json_t *why) {
    const char *name;
    json_t *value;
    printf("      ");
    json_object_foreach(why, name, value) {
        if (json_is_true(value)) {
            printf(" %s", name);
        } else if (json_integer_value(value) != 0) {
            printf(" %s %" JSON_INTEGER_FORMAT, name, json_integer_value(value));
        }
    }
    putchar('\n');
}

static void print_changes(json_t *changes) {
    json_t *change;
    size_t i;
    json_array_foreach(changes, i, change) {
        printf("  %s\n    from: %s [%s]\n    to:   %s [%s]\n", text_of(change, "commitment"), summary_of(change, "from"),
               text_of(json_object_get(change, "from"), "status"), summary_of(change, "to"),
               text_of(json_object_get(change, "to"), "status"));
        print_why(json_object_get(change, "why"));
    }
}

static void print_published(void *context, json_t *line) {
    UNUSED(context);
    printf("published %s %s, version %" JSON_INTEGER_FORMAT "\n", text_of(line, "promise"), text_of(line, "period"),
           number_of(line, "version"));
    print_changes(json_object_get(line, "changes"));
}

static int publish(const struct ctl *ctl, int argc, char **argv) {
    static const struct option options[] = {{"tertial", required_argument, NULL, 't'}, {"final", no_argument, NULL, 'f'},
                                            {"restate", no_argument, NULL, 'r'},       {"early", no_argument, NULL, 'e'},
                                            {NULL, 0, NULL, 0}};
    const char *period = NULL;
    bool restate = false, early = false, twice = false;
    optind = 0; // options may stand behind the names, unlike in main
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 't':
        case 'f':
            twice = period != NULL;
            period = option == 't' ? optarg : "final";
            break;
        case 'r': restate = true; break;
        case 'e': early = true; break;
        default: return ctl_help(followup_help, false);
        }
    }
    if (period == NULL || twice || optind + 1 != argc) {
        return ctl_help(followup_help, false);
    }
    return asker_show(ctl, json_pack("{s:s,s:s,s:s,s:b,s:b}", "command", "followup.publish", "promise", argv[optind], "period", period,
                                     "restate", restate, "early", early),
                      NULL, print_published);
}

static void print_difference(void *context, json_t *line) {
    UNUSED(context);
    if (!json_is_true(json_object_get(line, "differs"))) {
        printf("nothing has changed since version %" JSON_INTEGER_FORMAT "\n", number_of(line, "version"));
        return;
    }
    printf("since version %" JSON_INTEGER_FORMAT " of %s %s:\n", number_of(line, "version"), text_of(line, "promise"), text_of(line, "period"));
    if (json_is_true(json_object_get(json_object_get(line, "replaces"), "promise_edited"))) {
        puts("  the promise was edited");
    }
    print_changes(json_object_get(line, "changes"));
}

static int diff(const struct ctl *ctl, const char *promise, const char *period) {
    return asker_show(ctl, json_pack("{s:s,s:s,s:s}", "command", "followup.diff", "promise", promise, "period", period), NULL, print_difference);
}

// --- Lists ---

static void print_head(void *context, json_t *row) {
    UNUSED(context);
    printf("%-28s %-8s version %-3" JSON_INTEGER_FORMAT " %-22s %-10s key %.16s  state %.16s\n", text_of(row, "promise"),
           text_of(row, "period"), number_of(row, "version"), text_of(row, "at"), text_of(row, "actor"), text_of(row, "key"),
           text_of(row, "state"));
}

static void print_key(void *context, json_t *row) {
    UNUSED(context);
    const char *retired = text_of(row, "retired");
    printf("%s  since %s  %s%s\n%s", text_of(row, "id"), text_of(row, "since"), *retired == '\0' ? "current" : "retired ", retired,
           text_of(row, "pem"));
}

static void print_rotated(void *context, json_t *line) {
    UNUSED(context);
    printf("from now on the key %s signs; earlier follow-ups still verify\n", text_of(line, "key"));
}

// --- Showing one ---

struct shown {
    const char *html; // NULL: the document itself
    const char *out;  // NULL: standard output
    bool json;
    int code;
};

int followup_file_write(const char *path, struct bytes content) {
    FILE *file = fopen(path, "wb");
    bool written = file != NULL && fwrite(content.data, 1, content.size, file) == content.size;
    if (file != NULL && fclose(file) != 0) {
        written = false;
    }
    return written ? CTL_OK : ctl_fail(CTL_FAILED, "%s cannot be written: %s", path, strerror(errno));
}

bool followup_signature_of(json_t *row, struct signature *ret_signature) {
    return hex_decode(text_of(row, "signature"), ret_signature->b, SIGNATURE_SIZE);
}

static int write_signature(const char *out, json_t *row) {
    char path[4096];
    struct signature signature;
    int size = snprintf(path, sizeof path, "%s.sig", out);
    if (size < 0 || (size_t)size >= sizeof path || !followup_signature_of(row, &signature)) {
        return ctl_fail(CTL_FAILED, "%s.sig cannot be written", out);
    }
    return followup_file_write(path, bytes_of(signature.b, SIGNATURE_SIZE));
}

static int put_bytes(const struct shown *shown, struct bytes content) {
    if (shown->out != NULL) {
        return followup_file_write(shown->out, content);
    }
    return fwrite(content.data, 1, content.size, stdout) == content.size ? CTL_OK : CTL_FAILED;
}

static int put_page(const struct shown *shown, struct bytes document) {
    struct buffer page;
    struct fault fault = {0};
    buffer_init(&page, FOLLOWUP_HTML_BYTES_MAX);
    enum rond_err err = followup_html_write(document, strcmp(shown->html, "sv") == 0, NULL, &page, &fault);
    int code = err == ROND_OK ? put_bytes(shown, buffer_bytes(&page)) : ctl_fail(ctl_exit_of(err), "%s", fault.text);
    buffer_deinit(&page);
    return code;
}

static void show_row(void *context, json_t *row) {
    struct shown *shown = context;
    json_t *text = json_object_get(row, "document");
    if (text == NULL) {
        return;
    }
    struct bytes document = bytes_of(json_string_value(text), json_string_length(text));
    if (shown->json) {
        json_dumpf(row, stdout, JSON_COMPACT);
        putchar('\n');
    }
    if (shown->json && shown->out == NULL) {
        shown->code = CTL_OK;
    } else if (shown->html != NULL) {
        shown->code = put_page(shown, document);
    } else {
        shown->code = put_bytes(shown, document);
        if (shown->code == CTL_OK && shown->out != NULL) {
            shown->code = write_signature(shown->out, row);
        }
    }
}

static int show(const struct ctl *ctl, int argc, char **argv) {
    static const struct option options[] = {
        {"version", required_argument, NULL, 'v'}, {"html", required_argument, NULL, 'h'}, {"out", required_argument, NULL, 'o'}, {NULL, 0, NULL, 0}};
    struct shown shown = {.json = ctl->json, .code = CTL_OK};
    long version = 0;
    char *end = NULL;
    optind = 0; // options may stand behind the names, unlike in main
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'v': version = strtol(optarg, &end, 10); break;
        case 'h': shown.html = optarg; break;
        case 'o': shown.out = optarg; break;
        default: return ctl_help(followup_help, false);
        }
    }
    bool fits = end == NULL || (*end == '\0' && version >= 1);
    if (!fits || (shown.html != NULL && strcmp(shown.html, "sv") != 0 && strcmp(shown.html, "en") != 0) || optind + 2 != argc) {
        return ctl_help(followup_help, false);
    }
    int code = asker_ask(ctl, json_pack("{s:s,s:s,s:s,s:I}", "command", "followup.show", "promise", argv[optind], "period", argv[optind + 1],
                                        "version", (json_int_t)version),
                         show_row, &shown);
    return code == CTL_OK ? shown.code : code;
}

// --- All of them ---

int ctl_followup(const struct ctl *ctl, int argc, char **argv) {
    const char *action = argc > 1 ? argv[1] : "";
    if (strcmp(action, "--help") == 0) {
        return ctl_help(followup_help, true);
    }
    if (strcmp(action, "publish") == 0) {
        return publish(ctl, argc - 1, argv + 1);
    }
    if (strcmp(action, "list") == 0 && argc <= 3) {
        return asker_show(ctl, json_pack("{s:s,s:s*}", "command", "followup.list", "promise", argc == 3 ? argv[2] : NULL), print_head, NULL);
    }
    if (strcmp(action, "show") == 0) {
        return show(ctl, argc - 1, argv + 1);
    }
    if (strcmp(action, "diff") == 0 && argc == 4) {
        return diff(ctl, argv[2], argv[3]);
    }
    if (strcmp(action, "verify") == 0) {
        return followup_verify(ctl, argc - 1, argv + 1);
    }
    if (strcmp(action, "export") == 0) {
        return followup_export(ctl, argc - 1, argv + 1);
    }
    if (strcmp(action, "keys") == 0 && argc == 2) {
        return asker_show(ctl, json_pack("{s:s}", "command", "followup.keys"), print_key, NULL);
    }
    if (strcmp(action, "rotate-key") == 0 && argc == 2) {
        return asker_show(ctl, json_pack("{s:s}", "command", "followup.rotate-key"), NULL, print_rotated);
    }
    return ctl_help(followup_help, false);
}
