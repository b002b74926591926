#include "cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { OPEN_TRIES = 20, OPEN_PAUSE_MS = 100, PATH_SIZE = 4096 };

static int exit_code_of(enum rond_err err, bool is_network) {
    switch (err) {
    case ROND_OK:
        return EXIT_CODE_OK;
    case ROND_EINVALID:
        return EXIT_CODE_INVALID;
    case ROND_EAUTH:
        return EXIT_CODE_REFUSED;
    case ROND_EFULL:
        return EXIT_CODE_FULL;
    case ROND_EAGAIN:
    case ROND_ECONFLICT:
        return EXIT_CODE_AGAIN;
    case ROND_EIO:
        return is_network ? EXIT_CODE_AGAIN : EXIT_CODE_STORAGE;
    case ROND_ENOTFOUND:
        return EXIT_CODE_NOT_FOUND;
    case ROND_ECORRUPT:
        return EXIT_CODE_STORAGE;
    default:
        return EXIT_CODE_UNEXPECTED;
    }
}

static json_t *error_json(const char *name, const rond_fault *fault) {
    return json_pack("{s:s, s:i, s:o, s:o}", "name", name, "code", (int)fault->code, "field", json_text(fault->field),
                     "text", json_text(fault->text));
}

static int fail(struct cli *cli, enum rond_err err, const rond_fault *fault, bool is_network) {
    const char *text = fault != NULL && fault->text[0] != '\0' ? fault->text : rond_err_name(err);
    const char *field = fault != NULL ? fault->field : "";
    if (cli->is_json)
        (void)cli_json(json_pack("{s:o}", "error", cli_error_json(err, fault)));
    fprintf(stderr, "rond: %s%s%s", field, field[0] != '\0' ? ": " : "", text);
    if (fault != NULL && fault->code != 0)
        fprintf(stderr, " (%u)", fault->code);
    fputc('\n', stderr);
    return exit_code_of(err, is_network);
}

json_t *cli_error_json(enum rond_err err, const rond_fault *fault) {
    static const rond_fault none;
    return error_json(rond_err_name(err), fault != NULL ? fault : &none);
}

int cli_fail(struct cli *cli, enum rond_err err, const rond_fault *fault) {
    return fail(cli, err, fault, false);
}

int cli_fail_network(struct cli *cli, enum rond_err err, const rond_fault *fault) {
    return fail(cli, err, fault, true);
}

int cli_usage(struct cli *cli, const char *format, ...) {
    rond_fault fault = {0};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fault.text, sizeof fault.text, format, arguments);
    va_end(arguments);
    if (cli->is_json)
        (void)cli_json(json_pack("{s:o}", "error", error_json("usage", &fault)));
    fprintf(stderr, "rond: %s\nSee: rond%s%s --help\n", fault.text, cli->command != NULL ? " " : "",
            cli->command != NULL ? cli->command->name : "");
    return EXIT_CODE_USAGE;
}

int cli_usage_option(struct cli *cli, char **argv) {
    const char *option = argv[optind - 1];
    if (strncmp(option, "--", 2) != 0)
        return cli_usage(cli, "there is no option '-%c'.", optopt);
    if (optopt == 0)
        return cli_usage(cli, "there is no option '%s'.", option);
    return cli_usage(cli, strchr(option, '=') != NULL ? "'%s': the option takes no value." : "'%s' wants a value.", option);
}

void cli_warn(struct cli *cli, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("rond: warning: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

int cli_json(json_t *object) {
    int failed = object == NULL || json_dumpf(object, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII * 0) != 0;
    fputc('\n', stdout);
    json_decref(object);
    return failed ? EXIT_CODE_UNEXPECTED : EXIT_CODE_OK;
}

json_t *json_text(const char *text) {
    if (text == NULL || text[0] == '\0')
        return json_null();
    json_t *string = json_string(text);
    if (string != NULL)
        return string;
    char *plain = strdup(text);
    for (char *at = plain; at != NULL && *at != '\0'; at++)
        *at = (unsigned char)*at < 0x80 ? *at : '?';
    string = json_string(plain);
    free(plain);
    return string;
}

bool cli_number(const char *text, unsigned long long max, unsigned long long *ret_number) {
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || number > max)
        return false;
    *ret_number = number;
    return true;
}

const char *cli_style(const struct cli *cli, enum cli_style style) {
    static const char *const codes[] = {
        [STYLE_PLAIN] = "\033[0m", [STYLE_BOLD] = "\033[1m", [STYLE_GOOD] = "\033[32m",
        [STYLE_BAD] = "\033[31m",  [STYLE_DIM] = "\033[2m",
    };
    return cli->is_coloured ? codes[style] : "";
}

// --- The outbox ---

static enum rond_err keystore_open(const struct cli *cli, rond_keystore *ret_keystore, rond_fault *fault) {
    char keys[PATH_SIZE];
    snprintf(keys, sizeof keys, "%s/keys", cli->directory);
    if (mkdir(cli->directory, 0700) != 0 && errno != EEXIST) {
        snprintf(fault->text, sizeof fault->text, "%.160s cannot be made: %s.", cli->directory, strerror(errno));
        return ROND_EIO;
    }
    return rond_keystore_files(keys, ret_keystore, fault);
}

static enum rond_err outbox_open(const struct cli *cli, rond **ret_rond, rond_fault *fault) {
    char path[PATH_SIZE];
    rond_keystore keystore;
    enum rond_err err = keystore_open(cli, &keystore, fault);
    if (err != ROND_OK)
        return err;
    snprintf(path, sizeof path, "%s/outbox.db", cli->directory);
    const rond_config config = {
        .struct_size = sizeof config,
        .path = path,
        .keystore = &keystore,
        .client = "rond/" ROND_VERSION,
    };
    return rond_open(&config, ret_rond, fault);
}

int cli_open(struct cli *cli) {
    const struct timespec pause = {.tv_nsec = OPEN_PAUSE_MS * 1000000L};
    rond_fault fault = {0};
    enum rond_err err = ROND_ECONFLICT;
    for (int i = 0; i < OPEN_TRIES; i++) {
        err = outbox_open(cli, &cli->rond, &fault);
        if (err != ROND_ECONFLICT)
            break;
        nanosleep(&pause, NULL); // another `rond` may be at work for a moment
    }
    return err == ROND_OK ? EXIT_CODE_OK : cli_fail(cli, err, &fault);
}
