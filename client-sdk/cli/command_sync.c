#include <getopt.h>
#include <time.h>

#include "cli.h"

const char help_sync[] =
    "rond sync [--deadline SECONDS] [--wait]\n"
    "\n"
    "One connectivity window: sends what is waiting, and fetches reference data and what became of the reports.\n"
    "Ends when all is through, or after SECONDS (30 unless given). What was acknowledged stays so.\n"
    "A device that waits for approval asks for it first (rond enrol).\n"
    "--wait tries again and again while no server can be reached, until the deadline (without one: for ever).\n"
    "\n"
    "Ends with 0 where everything is acknowledged, 6 where something still waits, 4 where the server refuses.\n";

enum { DEADLINE_DEFAULT_S = 30, DEADLINE_MAX_S = 86400, APPROVAL_PAUSE_MS = 15 * 1000 };

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void pause_ms(int64_t ms) {
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

// A device that waits for approval is enrolled first; one that was enrolled before goes on as that meanwhile.
static enum rond_err resume(struct cli *cli, int left_ms, rond_fault *fault) {
    bool waits = false;
    rond_enrolment *enrolment = NULL;
    enum rond_err err = rond_enrol_waits(cli->rond, &waits);
    if (err != ROND_OK || !waits)
        return err;
    err = rond_enrol_resume(cli->rond, left_ms, fault);
    if (err != ROND_OK && rond_enrolment_get(cli->rond, &enrolment) == ROND_OK) {
        cli_warn(cli, "%s", fault->text);
        err = ROND_OK;
    }
    rond_enrolment_free(enrolment);
    return err;
}

// until_ms 0: for ever.
static enum rond_err sync_until(struct cli *cli, int64_t until_ms, bool is_patient, rond_sync_result *total,
                                rond_fault *fault) {
    for (;;) {
        rond_sync_result result;
        int64_t left_ms = until_ms == 0 ? DEADLINE_DEFAULT_S * 1000 : until_ms - now_ms();
        if (left_ms < 1)
            left_ms = 1;
        enum rond_err err = resume(cli, (int)left_ms, fault);
        if (err != ROND_OK)
            result = (rond_sync_result){.retry_after_ms = fault->code == ROND_CODE_APPROVAL_AWAITED ? APPROVAL_PAUSE_MS : 0};
        else
            err = rond_sync(cli->rond, (int)left_ms, &result, fault);
        total->acknowledged += result.acknowledged;
        total->waiting = result.waiting;
        total->connected = total->connected || result.connected;
        total->retry_after_ms = result.retry_after_ms;
        int64_t retry_ms = result.retry_after_ms > 0 ? result.retry_after_ms : 1000;
        if (!is_patient || (err != ROND_EIO && err != ROND_EAGAIN) || (until_ms != 0 && now_ms() + retry_ms >= until_ms))
            return err;
        pause_ms(retry_ms);
    }
}

// One object, also where it failed: what was acknowledged stays so.
static json_t *result_json(const rond_sync_result *total, enum rond_err err, const rond_fault *fault) {
    json_t *object = json_pack("{s:I, s:I, s:b, s:I}", "acknowledged", (json_int_t)total->acknowledged, "waiting",
                               (json_int_t)total->waiting, "connected", total->connected, "retry_after_ms",
                               (json_int_t)total->retry_after_ms);
    if (err != ROND_OK)
        json_object_set_new(object, "error", cli_error_json(err, fault));
    return object;
}

int command_sync(struct cli *cli, int argc, char **argv) {
    static const struct option options[] = {
        {"deadline", required_argument, NULL, 'd'},
        {"wait", no_argument, NULL, 'w'},
        {0},
    };
    unsigned long long deadline_s = 0;
    bool is_patient = false;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == '?')
            return cli_usage_option(cli, argv);
        if (option == 'w')
            is_patient = true;
        else if (!cli_number(optarg, DEADLINE_MAX_S, &deadline_s) || deadline_s == 0)
            return cli_usage(cli, "--deadline wants seconds, 1 to %d.", DEADLINE_MAX_S);
    }
    if (optind != argc)
        return cli_usage(cli, "'%s' is too much.", argv[optind]);
    int code = cli_open(cli);
    if (code != EXIT_CODE_OK)
        return code;
    if (deadline_s == 0 && !is_patient)
        deadline_s = DEADLINE_DEFAULT_S;
    rond_sync_result total = {0};
    rond_fault fault = {0};
    int64_t until_ms = deadline_s == 0 ? 0 : now_ms() + (int64_t)deadline_s * 1000;
    enum rond_err err = sync_until(cli, until_ms, is_patient, &total, &fault);
    if (cli->is_json)
        (void)cli_json(result_json(&total, err, &fault));
    else
        printf("%llu acknowledged, %llu waiting\n", (unsigned long long)total.acknowledged,
               (unsigned long long)total.waiting);
    cli->is_json = false; // it is said
    receipts_warn(cli);
    return err == ROND_OK ? EXIT_CODE_OK : cli_fail_network(cli, err, &fault);
}
