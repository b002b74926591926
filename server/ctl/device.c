// rondctl device: code | list | approve | refuse | revoke
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "ctl/asker.h"
#include "ctl/qr.h"

static const char help[] =
    "usage: rondctl device code --organisation ID --area ID --role ID [--role ID ...] [--minutes N] [--device DEVICE]\n"
    "                           [--approval] [--qr|--no-qr]\n"
    "           a one-time enrolment code, on standard output; with --device it re-attaches a device that is known.\n"
    "           On a terminal it is drawn as a QR code as well, on standard error. --approval: somebody else has to\n"
    "           approve the device that enrols with it (with [enrolment] approval = second: always)\n"
    "       rondctl device list\n"
    "           with each key's fingerprint: compare it by voice with what the device shows (rond device); at the end those\n"
    "           that wait for approval (pending), or have it and did not come for their certificates yet (approved)\n"
    "       rondctl device approve DEVICE\n"
    "           as a second person, not the one who issued the code; best with the fingerprint that you were read as DEVICE\n"
    "       rondctl device refuse DEVICE --reason TEXT\n"
    "           one that waits, or is approved and has not come yet; its code serves nobody any more\n"
    "       rondctl device revoke DEVICE --lost|--retired\n"
    "           lost: nothing more is taken in; retired: its queue still goes into quarantine\n\n"
    "DEVICE is an id (or at least four digits of it) or a name; of one that waits, its key's fingerprint as well.\n";

static void print_code(void *context, json_t *line) {
    UNUSED(context);
    puts(json_string_value(json_object_get(line, "code")));
    time_t expires = (time_t)(json_integer_value(json_object_get(line, "expires_ms")) / 1000);
    char at[32];
    struct tm utc;
    strftime(at, sizeof at, "%H:%M UTC", gmtime_r(&expires, &utc));
    bool waits = json_is_true(json_object_get(line, "wants_approval"));
    fprintf(stderr, "valid once, until %s%s\n", at, waits ? "; somebody else has to approve the device (rondctl device approve)" : "");
}

static void print_code_and_qr(void *context, json_t *line) {
    qr_print(json_string_value(json_object_get(line, "code")), stderr);
    print_code(context, line);
}

static int device_code(const struct ctl *ctl, int argc, char **argv) {
    static const struct option options[] = {
        {"organisation", required_argument, NULL, 'o'}, {"area", required_argument, NULL, 'a'},   {"role", required_argument, NULL, 'r'},
        {"minutes", required_argument, NULL, 'm'},      {"device", required_argument, NULL, 'd'}, {"help", no_argument, NULL, 'h'},
        {"qr", no_argument, NULL, 'q'},                 {"no-qr", no_argument, NULL, 'n'},        {"approval", no_argument, NULL, 'p'},
        {NULL, 0, NULL, 0},
    };
    bool draws = isatty(STDOUT_FILENO) != 0 && isatty(STDERR_FILENO) != 0;
    json_t *request = json_pack("{s:s,s:[]}", "command", "device.code", "roles");
    json_t *roles = json_object_get(request, "roles");
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'o': json_object_set_new(request, "organisation", json_string(optarg)); break;
        case 'a': json_object_set_new(request, "area", json_string(optarg)); break;
        case 'r': json_array_append_new(roles, json_string(optarg)); break;
        case 'm': json_object_set_new(request, "minutes", json_integer(atoi(optarg))); break;
        case 'd': json_object_set_new(request, "device", json_string(optarg)); break;
        case 'p': json_object_set_new(request, "approval", json_true()); break;
        case 'q': draws = true; break;
        case 'n': draws = false; break;
        default: json_decref(request); return ctl_help(help, option == 'h');
        }
    }
    if (optind != argc) {
        json_decref(request);
        return ctl_help(help, false);
    }
    return asker_show(ctl, request, NULL, draws ? print_code_and_qr : print_code);
}

// With when it was seen last, or how long it has waited.
static void print_row(json_t *row, const char *seen) {
    char *roles = NULL;
    json_t *list = json_object_get(row, "roles");
    size_t size = 0;
    FILE *text = open_memstream(&roles, &size);
    for (size_t i = 0; text != NULL && i < json_array_size(list); i++) {
        fprintf(text, "%s%s", i == 0 ? "" : ",", json_string_value(json_array_get(list, i)));
    }
    if (text != NULL) {
        fclose(text);
    }
    const char *key = json_string_value(json_object_get(row, "key"));
    bool names_somebody = json_array_size(json_object_get(row, "name_kinds")) > 0;
    printf("%s  %-19s  %-20s %-16s %-12s %-8s %-18s %s%s\n", json_string_value(json_object_get(row, "device")),
           key == NULL ? "" : key, json_string_value(json_object_get(row, "name")), json_string_value(json_object_get(row, "organisation")),
           json_string_value(json_object_get(row, "area")), json_string_value(json_object_get(row, "status")), seen,
           roles == NULL ? "" : roles, names_somebody ? "  (the name seems to hold personal data)" : "");
    free(roles);
}

static void print_device(void *context, json_t *row) {
    UNUSED(context);
    json_int_t seen_ms = json_integer_value(json_object_get(row, "seen_ms"));
    char seen[32] = "never";
    if (seen_ms != 0) {
        time_t at = (time_t)(seen_ms / 1000);
        struct tm utc;
        strftime(seen, sizeof seen, "%Y-%m-%d %H:%MZ", gmtime_r(&at, &utc));
    }
    print_row(row, seen);
}

static void print_waiting(void *context, json_t *row) {
    UNUSED(context);
    int64_t minutes = (clock_wall_ms(clock_system()) - json_integer_value(json_object_get(row, "asked_ms"))) / 60000;
    char age[32];
    snprintf(age, sizeof age, "for %lld min", minutes > 0 ? (long long)minutes : 0);
    print_row(row, age);
    printf("    its code was issued by %s\n", json_string_value(json_object_get(row, "issuer")));
}

static int device_list(const struct ctl *ctl) {
    int code = asker_show(ctl, json_pack("{s:s}", "command", "device.list"), print_device, NULL);
    return code != CTL_OK ? code : asker_show(ctl, json_pack("{s:s}", "command", "device.waiting"), print_waiting, NULL);
}

static void print_decided(void *context, json_t *line) {
    UNUSED(context);
    bool approved = strcmp(json_string_value(json_object_get(line, "decided")), "approved") == 0;
    printf("%s %s (%s), key %s%s\n", json_string_value(json_object_get(line, "decided")),
           json_string_value(json_object_get(line, "device")), json_string_value(json_object_get(line, "name")),
           json_string_value(json_object_get(line, "key")), approved ? "; it goes on with its next 'rond sync'" : "");
}

static int device_decide(const struct ctl *ctl, bool approves, int argc, char **argv) {
    static const struct option options[] = {{"reason", required_argument, NULL, 'r'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    const char *reason = NULL;
    optind = 0; // anew: the device may stand before the option
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option != 'r') {
            return ctl_help(help, option == 'h');
        }
        reason = optarg;
    }
    if (optind + 1 != argc || (reason == NULL && !approves)) {
        return ctl_help(help, false);
    }
    json_t *request = json_pack("{s:s,s:s}", "command", approves ? "device.approve" : "device.refuse", "device", argv[optind]);
    if (request != NULL && reason != NULL) {
        json_object_set_new(request, "reason", json_string(reason));
    }
    return asker_show(ctl, request, NULL, print_decided);
}

static void print_revoked(void *context, json_t *line) {
    UNUSED(context);
    printf("revoked %s (%s) as %s\n", json_string_value(json_object_get(line, "device")),
           json_string_value(json_object_get(line, "name")), json_string_value(json_object_get(line, "revoked")));
}

static int device_revoke(const struct ctl *ctl, int argc, char **argv) {
    const char *device = NULL, *how = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--lost") == 0 || strcmp(argv[i], "--retired") == 0) {
            how = argv[i] + 2;
        } else if (argv[i][0] != '-' && device == NULL) {
            device = argv[i];
        } else {
            device = NULL;
            break;
        }
    }
    if (device == NULL || how == NULL) {
        return ctl_help(help, false);
    }
    return asker_show(ctl, json_pack("{s:s,s:s,s:s}", "command", "device.revoke", "device", device, "how", how), NULL, print_revoked);
}

int ctl_device(const struct ctl *ctl, int argc, char **argv) {
    const char *action = argc > 1 ? argv[1] : "";
    if (strcmp(action, "code") == 0) {
        return device_code(ctl, argc - 1, argv + 1);
    }
    if (strcmp(action, "list") == 0 && argc == 2) {
        return device_list(ctl);
    }
    if (strcmp(action, "approve") == 0 || strcmp(action, "refuse") == 0) {
        return device_decide(ctl, strcmp(action, "approve") == 0, argc - 1, argv + 1);
    }
    if (strcmp(action, "revoke") == 0) {
        return device_revoke(ctl, argc - 1, argv + 1);
    }
    return ctl_help(help, strcmp(action, "--help") == 0);
}
