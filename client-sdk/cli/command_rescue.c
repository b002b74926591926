#include <getopt.h>

#include "cli.h"

const char help_rescue[] =
    "rond rescue FILE [--all]\n"
    "\n"
    "Writes what waits to a new file, sealed for the server's organisation alone, where this device can no longer connect: "
    "the\n"
    "administrator takes it in with 'rondctl rescue FILE'. Nothing changes here; a later sync finds the reports there, and\n"
    "nothing counts twice.\n"
    "\n"
    "  --all  acknowledged reports too, as long as they are kept here: for a server that lost them\n";

int command_rescue(struct cli *cli, int argc, char **argv) {
    static const struct option options[] = {{"all", no_argument, NULL, 'a'}, {0}};
    bool is_all = false;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == '?')
            return cli_usage_option(cli, argv);
        is_all = true;
    }
    if (optind != argc - 1)
        return cli_usage(cli, "rescue wants one FILE.");
    const char *path = argv[optind];
    int code = cli_open(cli);
    if (code != EXIT_CODE_OK)
        return code;
    uint64_t reports = 0;
    rond_fault fault = {0};
    enum rond_err err = rond_rescue_export(cli->rond, path, is_all, &reports, &fault);
    if (err != ROND_OK)
        return cli_fail(cli, err, &fault);
    if (cli->is_json)
        return cli_json(json_pack("{s:o, s:I}", "file", json_text(path), "reports", (json_int_t)reports));
    printf("%llu reports are sealed in %s; hand it to the administrator, who takes it in with 'rondctl rescue'\n",
           (unsigned long long)reports, path);
    return EXIT_CODE_OK;
}
