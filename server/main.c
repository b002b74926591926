// rondd: the Rond server.
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "base/log.h"

#define DEFAULT_CONFIG "/etc/rond/rondd.conf"

static const char HELP[] =
    "Usage: rondd [--config FILE] [--check-config]\n"
    "\n"
    "The Rond server: takes field reports in from handhelds and counts them toward promises.\n"
    "\n"
    "  --config FILE    configuration (default " DEFAULT_CONFIG "); docs/rondd.conf.example explains every key\n"
    "  --check-config   say what is wrong with the configuration, start nothing\n"
    "  --help           this text\n"
    "  --version        the version\n"
    "\n"
    "Runs in the foreground and logs to standard error. SIGTERM and SIGINT: take nothing new in, finish what was\n"
    "received, exit 0; a second one exits at once. Make a data directory with rondctl init.\n"
    "\n"
    "Exit: 0 ok, 1 failed, 2 usage, 3 configuration, 4 data directory missing or in use.\n";

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

// Every group and every read takes some megabytes and gives them back. The C library would give them to the kernel each
// time, whose fetching them again, page by page, costs a tenth of ingest: a bounded part of them stays with each thread.
static void keep_memory(void) {
    enum { KEPT_BYTES_MAX = 8 * 1024 * 1024, MAPPED_BYTES_MIN = 4 * 1024 * 1024 };
    (void)mallopt(M_TRIM_THRESHOLD, KEPT_BYTES_MAX);
    (void)mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES_MIN);
}

static int serve(const struct options *options) {
    struct config config;
    if (config_load(options->config, print_problem, NULL, &config) != ROND_OK)
        return APP_EXIT_CONFIG;
    if (options->check_config)
        return say("The configuration is good.\n");
    log_configure(STDERR_FILENO, config.log_level);
    keep_memory();
    return app_run(&config, clock_system(), rng_system());
}

int main(int argc, char **argv) {
    static const struct option OPTIONS[] = {
        {"config", required_argument, NULL, 'c'}, {"check-config", no_argument, NULL, 'k'},
        {"help", no_argument, NULL, 'h'},         {"version", no_argument, NULL, 'v'},
        {0},
    };
    struct options options = {.config = DEFAULT_CONFIG};
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
            return say("rondd " ROND_VERSION "\n");
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
