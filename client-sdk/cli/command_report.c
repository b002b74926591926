#include <getopt.h>
#include <string.h>

#include "activity_options.h"
#include "preview.h"

const char help_report[] =
    "rond report KIND [OPTIONS]\n"
    "\n"
    "Saves a report on this device, for good, also without coverage; it is sent at the next `rond sync`.\n"
    "Prints its short reference, by which it can be corrected and withdrawn, and on standard error what it counts\n"
    "toward by what is known here. --dry-run tells that beforehand, with reasons and what the figures would become.\n"
    "\n"
    "KIND: check, handout, patrol, walk, meeting, inventory, initiative\n"
    "\n" ACTIVITY_OPTIONS_HELP "\n" WARNINGS_HELP_MORE "\n"
    "Examples:\n"
    "  rond report check --of cyclist_behaviour --form targeted --checked 14 --remarked 3 --reported 1 \\\n"
    "      --place stortorget --from \"2015-05-08 14:00\" --to 15:30\n"
    "  rond report check --of taxi --form coordinated --checked 22 --place lund-c-stationen \\\n"
    "      --with-org skatteverket --with-org forsakringskassan --activity taxi-0508\n"
    "  rond report handout --item lights=40 --item reflectors=60 --information --place bangatan\n"
    "  rond report patrol --place lund-c-stationen --from \"2015-05-08 22:00\" --to 02:00 --persons police_officer=2\n"
    "  rond report walk --unsafe \"place=bangatan,cause=dark,responsible=lunds-kommun,action=lamps,due=2015-06-30\" \\\n"
    "      --safe stortorget\n"
    "  rond report walk --safe bangatan --rewalk K7Q2MX-08-3:1\n"
    "  rond report meeting --with taxi_trade --subject \"agreement on the rank\"\n"
    "  rond report inventory --of traffic_signs --surveyed 40 --finding \"place=bangatan,text=sign missing\"\n"
    "  rond report initiative --of school_visit --quantity 2\n";
const char help_correct[] =
    "rond correct REFERENCE KIND [OPTIONS]\n"
    "\n"
    "Saves a new report that stands in the place of an earlier one. It says everything anew; the options are those\n"
    "of `rond report`. REFERENCE: the short reference of a report of this device, or the identity of one of another\n"
    "device of your organisation (DEVICE-OUTBOX-NUMBER, as `rond status REFERENCE` shows it there), where your role\n"
    "may correct its role.\n"
    "\n"
    "  rond correct K7Q2MX-08-3 check --of cyclist_behaviour --form targeted --checked 41\n";
const char help_withdraw[] = "rond withdraw REFERENCE [--reason TEXT] [--anyway]\n"
                             "\n"
                             "Takes an earlier report back; it counts no more. REFERENCE as of `rond correct`.\n"
                             "\n" WARNINGS_HELP_MORE;

static int saved(struct cli *cli, const char *reference) {
    if (cli->is_json)
        return cli_json(json_pack("{s:s}", "reference", reference));
    printf("%s\n", reference);
    return EXIT_CODE_OK;
}

static int dry_run(struct cli *cli, const rond_activity *activity) {
    rond_preview *preview;
    rond_fault fault = {0};
    enum rond_err err = rond_preview_get(cli->rond, activity, &preview, &fault);
    return err == ROND_OK ? preview_show(cli, preview) : cli_fail(cli, err, &fault);
}

// The preview is made before the report is saved, since it would be among the waiting ones then.
static int save(struct cli *cli, const rond_activity *activity) {
    char reference[ROND_REFERENCE_SIZE], line[256] = "";
    rond_preview *preview;
    rond_fault fault = {0};
    if (!cli->is_json && rond_preview_get(cli->rond, activity, &preview, NULL) == ROND_OK)
        preview_line(preview, line, sizeof line);
    enum rond_err err = rond_report(cli->rond, activity, reference, &fault);
    if (err != ROND_OK)
        return cli_fail(cli, err, &fault);
    int code = saved(cli, reference);
    if (line[0] != '\0')
        fprintf(stderr, "%s\n", line); // standard output holds the reference alone
    return code;
}

int command_report(struct cli *cli, int argc, char **argv) {
    struct activity_options options;
    int code = cli_open(cli);
    if (code == EXIT_CODE_OK)
        code = activity_options_parse(cli, argc - 1, argv + 1, &options);
    if (code != EXIT_CODE_OK)
        return code;
    activity_options_warn(cli, &options.activity);
    code = warnings_of_activity(cli, &options.activity, activity_options_answer(&options));
    if (code != EXIT_CODE_OK)
        return code;
    return options.is_dry_run ? dry_run(cli, &options.activity) : save(cli, &options.activity);
}

int command_correct(struct cli *cli, int argc, char **argv) {
    struct activity_options options;
    char reference[ROND_REFERENCE_SIZE];
    rond_fault fault = {0};
    if (argc < 3 || argv[1][0] == '-')
        return cli_usage(cli, "say which report, and what it should have been.");
    int code = cli_open(cli);
    if (code == EXIT_CODE_OK)
        code = activity_options_parse(cli, argc - 2, argv + 2, &options);
    if (code != EXIT_CODE_OK)
        return code;
    activity_options_warn(cli, &options.activity);
    code = warnings_of_activity(cli, &options.activity, activity_options_answer(&options));
    if (code != EXIT_CODE_OK)
        return code;
    enum rond_err err = options.is_dry_run ? rond_check_activity(cli->rond, &options.activity, &fault)
                                           : rond_correct(cli->rond, argv[1], &options.activity, reference, &fault);
    if (err != ROND_OK)
        return cli_fail(cli, err, &fault);
    return options.is_dry_run ? EXIT_CODE_OK : saved(cli, reference);
}

int command_withdraw(struct cli *cli, int argc, char **argv) {
    static const struct option options[] = {
        {"reason", required_argument, NULL, 'r'}, {"anyway", no_argument, NULL, 'a'}, {0}};
    enum warnings_answer answer = WARNINGS_ASK;
    const char *reason = NULL;
    char reference[ROND_REFERENCE_SIZE];
    rond_fault fault = {0};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == '?')
            return cli_usage_option(cli, argv);
        if (option == 'a')
            answer = WARNINGS_ANYWAY;
        else
            reason = optarg;
    }
    if (optind + 1 != argc)
        return cli_usage(cli, "say which report.");
    int code = cli_open(cli);
    if (code == EXIT_CODE_OK)
        code = warnings_of_text(cli, "withdrawal.reason", reason, answer);
    if (code != EXIT_CODE_OK)
        return code;
    enum rond_err err = rond_withdraw(cli->rond, argv[optind], reason, reference, &fault);
    return err == ROND_OK ? saved(cli, reference) : cli_fail(cli, err, &fault);
}
