#include "bench/handheld.h"

#include <string.h>

#include "base/rng.h"
#include "client_internal.h"

enum { ENROL_MS = 10000 };

static void new_code(struct bench *bench, const struct server *server, char *ret_code, int size) {
    char command[800];
    (void)snprintf(
        command, sizeof command,
        "'%s/rondctl' --data '%s' device code --organisation polisen --area lund --role police_officer 2>/dev/null",
        bench->programs, server->data);
    FILE *pipe = popen(command, "r");
    if (!pipe || !fgets(ret_code, size, pipe) || pclose(pipe) != 0)
        bench_fail("no enrolment code: %s", command);
    ret_code[strcspn(ret_code, "\n")] = '\0';
}

rond *handheld_open(struct bench *bench, const char *name, const struct clock *clock) {
    char path[500];
    struct fault why = {0};
    rond_fault fault = {0};
    rond_keystore keystore;
    rond *client;
    (void)snprintf(path, sizeof path, "%s/%s", bench->directory, name);
    if (rond_keystore_files(path, &keystore, &fault))
        bench_fail("keystore: %s", fault.text);
    (void)snprintf(path, sizeof path, "%s/%s/outbox.db", bench->directory, name);
    rond_config config = {.struct_size = sizeof config, .path = path, .keystore = &keystore, .client = "bench"};
    if (client_open(&config, clock ? clock : clock_system(), rng_system(), &client, &why))
        bench_fail("outbox: %s", why.text);
    return client;
}

rond *handheld_enrol(struct bench *bench, const struct server *server, const char *name) {
    char code[200] = "", url[64];
    rond_fault fault = {0};
    new_code(bench, server, code, sizeof code);
    bench_run("rm -rf '%s/%s' && mkdir -m 0700 '%s/%s'", bench->directory, name, bench->directory, name);
    rond *client = handheld_open(bench, name, NULL);
    (void)snprintf(url, sizeof url, "https://%s:%d", server->address ? server->address : "localhost",
                   server->enrolment_port);
    if (rond_enrol(client, url, code, "bench", ENROL_MS, &fault))
        bench_fail("enrolment: %s", fault.text);
    return client;
}
