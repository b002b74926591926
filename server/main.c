// rondd: the Rond server.
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "base/log.h"
#include "base/process.h"
#include "libraries.h"
#include "privileges.h"

#define DEFAULT_CONFIG "/etc/rond/rondd.conf"

static const char HELP[] =
    "Usage: rondd [--config FILE] [--check-config]\n"
    "\n"
    "The Rond server: takes field reports in from handhelds and counts them toward promises.\n"
    "\n"
    "  --config FILE    configuration (default " DEFAULT_CONFIG "); docs/rondd.conf.example explains every key\n"
    "  --check-config   say what is wrong with the configuration, start nothing\n"
    "  --help           this text\n"
    "  --version        the version, and those of the libraries that it found\n"
    "\n"
    "Started by root it becomes the user who owns the data directory, and refuses where that is root (ROND_AS_ROOT=1: for a\n"
    "trial). Runs in the foreground and logs to standard error. SIGTERM and SIGINT: take nothing new in, finish what was\n"
    "received, exit 0; a second one exits at once. Make a data directory with rondctl init.\n"
    "\n"
    "Exit: 0 ok, 1 failed, 2 usage, 3 configuration, 4 data directory missing, in use or root's.\n";

struct options {
    const char *config;
    bool check_config;
};

static void print_problem(void *context, const char *line) {
    (void)context;
    (void)fprintf(stderr, "%s\n", line);
}

static int say(const char *text) {
    return fputs(text, stdout) >= 0 && fflush(stdout) == 0 ? APP_EXIT_OK : APP_EXIT_FAILED;
}

static int say_versions(void) {
    struct buffer text;
    buffer_init(&text, 4096);
    bool made = buffer_printf(&text, "rondd " ROND_VERSION "\n") == ROND_OK && libraries_list(&text) == ROND_OK;
    int code = made ? say(buffer_text(&text)) : APP_EXIT_FAILED;
    buffer_deinit(&text);
    return code;
}

static void warn_of_newer(const struct library *library) {
    log_event(LOG_LEVEL_WARN, "library_is_newer", "name=%s version=%s compiled=%s", library->name, library->running, library->compiled);
}

// False where it may not run.
static bool libraries_fit_us(void) {
    struct fault fault = {0};
    enum rond_err err = libraries_check(warn_of_newer, &fault);
    if (err)
        log_event(LOG_LEVEL_ERROR, "start_failed", "err=%s text=%s", rond_err_name(err), log_quote(fault.text).text);
    return !err;
}

// Every group and every read takes some megabytes and gives them back. The C library would give them to the kernel each
// time, whose fetching them again, page by page, costs a tenth of ingest: a bounded part of them stays with each thread.
static void keep_memory(void) {
    enum { KEPT_BYTES_MAX = 8 * 1024 * 1024, MAPPED_BYTES_MIN = 4 * 1024 * 1024 };
    (void)mallopt(M_TRIM_THRESHOLD, KEPT_BYTES_MAX);
    (void)mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES_MIN);
}

// False where it may not run.
static bool leave_root(const struct config *config) {
    struct fault fault = {0};
    bool is_root = false;
    enum rond_err err = privileges_leave_root(config->data_dir, &is_root, &fault);
    if (err)
        log_event(LOG_LEVEL_ERROR, "start_failed", "err=%s field=%s text=%s", rond_err_name(err), log_quote(fault.field).text,
                  log_quote(fault.text).text);
    else if (is_root)
        log_event(LOG_LEVEL_WARN, "runs_as_root", "capabilities=none because=ROND_AS_ROOT");
    return !err;
}

static int serve(const struct options *options) {
    struct config config;
    if (config_load(options->config, print_problem, NULL, &config) != ROND_OK)
        return APP_EXIT_CONFIG;
    if (options->check_config)
        return say("The configuration is good.\n");
    log_configure(STDERR_FILENO, config.log_level);
    keep_memory();
    if (!libraries_fit_us())
        return APP_EXIT_FAILED;
    if (!leave_root(&config))
        return APP_EXIT_DATA;
    process_keep_secrets(); // another user: the kernel took back what was said of dumps
    return app_run(&config, clock_system(), rng_system());
}

int main(int argc, char **argv) {
    static const struct option OPTIONS[] = {
        {"config", required_argument, NULL, 'c'}, {"check-config", no_argument, NULL, 'k'},
        {"help", no_argument, NULL, 'h'},         {"version", no_argument, NULL, 'v'},
        {0},
    };
    struct options options = {.config = DEFAULT_CONFIG};
    process_keep_secrets();
    for (int option; (option = getopt_long(argc, argv, "c:h", OPTIONS, NULL)) != -1;) {
        switch (option) {
        case 'c':
            options.config = optarg;
            break;
        case 'k':
            options.check_config = true;
            break;
        case 'h':
            return say(HELP);
        case 'v':
            return say_versions();
        default:
            (void)fputs("Try rondd --help.\n", stderr);
            return APP_EXIT_USAGE;
        }
    }
    if (optind < argc) {
        (void)fprintf(stderr, "rondd: \"%s\" is not understood. Try rondd --help.\n", argv[optind]);
        return APP_EXIT_USAGE;
    }
    return serve(&options);
}
