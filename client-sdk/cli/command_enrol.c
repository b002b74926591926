#include <getopt.h>
#include <string.h>

#include "code_line.h"
#include "text_table.h"
#include "wall_time.h"
#include "warnings.h"

enum { DEADLINE_DEFAULT_S = 30, DEADLINE_MAX_S = 86400 };

const char help_enrol[] =
    "rond enrol URL [CODE|-] [--name NAME] [--deadline SECONDS] [--anyway]\n"
    "rond enrol [--deadline SECONDS]\n"
    "\n"
    "Enrols this device with the one-time code that an administrator issued (rondctl device code).\n"
    "Without a code it is asked for on the terminal, and not shown; - reads it from standard input. Both keep it out of\n"
    "the list of processes, which every user of this machine can read, and out of the shell's history.\n"
    "URL is the enrolment address, https://HOST:PORT. The code carries the fingerprint of the server's CA,\n"
    "which is checked before anything is sent. NAME is what the administrators see; without it a device that\n"
    "is known keeps its name, and a new one is called after its id. The key that is printed is read by voice to whoever\n"
    "issued the code, who sees the same one in `rondctl device list`: then nobody stands between.\n"
    "Where a second person has to approve it, the device waits (exit code 6), and shows its key to be read to them; alone,\n"
    "`rond enrol` asks again, without the code, and `rond sync` does so by itself.\n"
    "\n" WARNINGS_HELP_MORE "\n"
    "  rond enrol https://rond.example.se:7444\n"
    "  rond enrol https://rond.example.se:7444 - <code.txt\n";
const char help_device[] = "rond device [--renew]\n"
                           "\n"
                           "Who this device is: its id, organisation, area, roles, servers, how long its certificate holds, "
                           "and its key's fingerprint.\n"
                           "--renew renews the certificate now; `rond sync` does so by itself in time.\n";

static json_t *texts_json(const char *const *texts, size_t count) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(texts[i]));
    return list;
}

// The key is what the second person is read.
static int waits_show(struct cli *cli, const rond_fault *fault) {
    char fingerprint[ROND_FINGERPRINT_SIZE];
    enum rond_err err = rond_fingerprint_get(cli->rond, fingerprint);
    if (err != ROND_OK)
        return cli_fail(cli, err, NULL);
    if (cli->is_json)
        (void)cli_json(json_pack("{s:o, s:s}", "error", cli_error_json(ROND_EAGAIN, fault), "key", fingerprint));
    else
        printf("key           %s\n", fingerprint);
    cli->is_json = false; // it is said
    return cli_fail(cli, ROND_EAGAIN, fault);
}

static int not_enrolled_show(struct cli *cli) {
    bool waits = false;
    enum rond_err err = rond_enrol_waits(cli->rond, &waits);
    if (err != ROND_OK)
        return cli_fail(cli, err, NULL);
    if (!waits)
        return cli_fail(cli, ROND_EAUTH, &(rond_fault){.text = "This device is not enrolled yet; see rond enrol --help."});
    return waits_show(cli,
                      &(rond_fault){.code = ROND_CODE_APPROVAL_AWAITED,
                                    .text = "This device waits for a second person's approval; rond enrol asks again."});
}

static int device_json(struct cli *cli, const rond_enrolment *enrolment, const char *fingerprint) {
    return cli_json(json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "key", fingerprint, "device", enrolment->device,
                              "organisation", enrolment->organisation, "area", enrolment->area, "roles",
                              texts_json(enrolment->roles, enrolment->roles_count), "servers",
                              texts_json(enrolment->servers, enrolment->servers_count), "certificate_expires",
                              wall_time_json(cli->rond, enrolment->certificate_expires_ms / 1000)));
}

static int device_show(struct cli *cli) {
    rond_enrolment *enrolment;
    enum rond_err err = rond_enrolment_get(cli->rond, &enrolment);
    if (err == ROND_ENOTFOUND)
        return not_enrolled_show(cli);
    if (err != ROND_OK)
        return cli_fail(cli, err, NULL);
    char fingerprint[ROND_FINGERPRINT_SIZE];
    err = rond_fingerprint_get(cli->rond, fingerprint);
    if (err != ROND_OK) {
        rond_enrolment_free(enrolment);
        return cli_fail(cli, err, NULL);
    }
    int code = EXIT_CODE_OK;
    if (cli->is_json) {
        code = device_json(cli, enrolment, fingerprint);
    } else {
        char expires[WALL_TIME_SIZE];
        wall_time_format(cli->rond, enrolment->certificate_expires_ms / 1000, expires);
        printf("device        %s\norganisation  %s\narea          %s\nroles        ", enrolment->device,
               enrolment->organisation, enrolment->area);
        for (size_t i = 0; i < enrolment->roles_count; i++)
            printf(" %s", enrolment->roles[i]);
        printf("\nservers      ");
        for (size_t i = 0; i < enrolment->servers_count; i++)
            printf(" %s", enrolment->servers[i]);
        printf("\ncertificate   until %s\nkey           %s\n", expires, fingerprint);
    }
    rond_enrolment_free(enrolment);
    return code;
}

// The code into the line, wherever it comes from; else what is wrong has been said.
static int code_take(struct cli *cli, const char *argument, char line[CODE_LINE_SIZE]) {
    if (argument != NULL && strcmp(argument, "-") != 0) {
        size_t size = strlen(argument);
        memcpy(line, argument, size < CODE_LINE_SIZE ? size + 1 : CODE_LINE_SIZE - 1); // one too long is told as mistyped
        return EXIT_CODE_OK;
    }
    if (argument == NULL && !code_line_can_ask())
        return cli_usage(cli, "say the address and the code, or - to read the code from standard input.");
    return code_line_read(line) ? EXIT_CODE_OK : cli_usage(cli, "there is no code on standard input.");
}

static int answer_show(struct cli *cli, enum rond_err err, const rond_fault *fault) {
    if (err == ROND_OK)
        return device_show(cli);
    bool waits = err == ROND_EAGAIN && fault->code == ROND_CODE_APPROVAL_AWAITED;
    return waits ? waits_show(cli, fault) : cli_fail_network(cli, err, fault);
}

// Alone, it goes on where it waits.
static int enrol_resume(struct cli *cli, int deadline_ms) {
    bool waits = false;
    rond_fault fault = {0};
    int code = cli_open(cli);
    if (code != EXIT_CODE_OK)
        return code;
    enum rond_err err = rond_enrol_waits(cli->rond, &waits);
    if (err == ROND_OK && !waits)
        return cli_usage(cli, "say the address and the code, or - to read the code from standard input.");
    if (err == ROND_OK)
        err = rond_enrol_resume(cli->rond, deadline_ms, &fault);
    return answer_show(cli, err, &fault);
}

int command_enrol(struct cli *cli, int argc, char **argv) {
    static const struct option options[] = {
        {"name", required_argument, NULL, 'n'},
        {"deadline", required_argument, NULL, 'd'},
        {"anyway", no_argument, NULL, 'a'},
        {0},
    };
    const char *name = NULL;
    enum warnings_answer answer = WARNINGS_ASK;
    unsigned long long deadline_s = DEADLINE_DEFAULT_S;
    rond_fault fault = {0};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == '?')
            return cli_usage_option(cli, argv);
        if (option == 'n')
            name = optarg;
        else if (option == 'a')
            answer = WARNINGS_ANYWAY;
        else if (!cli_number(optarg, DEADLINE_MAX_S, &deadline_s) || deadline_s == 0)
            return cli_usage(cli, "--deadline wants seconds, 1 to %d.", DEADLINE_MAX_S);
    }
    if (optind == argc && name == NULL)
        return enrol_resume(cli, (int)deadline_s * 1000);
    if (optind + 1 != argc && optind + 2 != argc)
        return cli_usage(cli, "say the address and the code, or - to read the code from standard input.");
    char line[CODE_LINE_SIZE] = "";
    int code = code_take(cli, argv[optind + 1], line);
    if (code == EXIT_CODE_OK)
        code = cli_open(cli);
    if (code == EXIT_CODE_OK)
        code = warnings_of_text(cli, "name", name, answer);
    if (code == EXIT_CODE_OK) {
        enum rond_err err = rond_enrol(cli->rond, argv[optind], line, name, (int)deadline_s * 1000, &fault);
        code = answer_show(cli, err, &fault);
    }
    explicit_bzero(line, sizeof line);
    return code;
}

int command_device(struct cli *cli, int argc, char **argv) {
    static const struct option options[] = {{"renew", no_argument, NULL, 'r'}, {0}};
    bool wants_renewal = false;
    rond_fault fault = {0};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == '?')
            return cli_usage_option(cli, argv);
        wants_renewal = true;
    }
    if (optind != argc)
        return cli_usage(cli, "'%s' is too much.", argv[optind]);
    int code = cli_open(cli);
    if (code != EXIT_CODE_OK)
        return code;
    enum rond_err err = wants_renewal ? rond_renew(cli->rond, true, 30000, &fault) : ROND_OK;
    return err == ROND_OK ? device_show(cli) : cli_fail_network(cli, err, &fault);
}
