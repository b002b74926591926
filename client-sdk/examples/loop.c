/* Syncing from the app's own loop, in C99: nothing blocks but the app's own poll().
 *
 *   cc -std=c99 -D_POSIX_C_SOURCE=200809L loop.c $(pkg-config --cflags --libs rond) -o loop
 *   ./loop DIRECTORY                  of a device that is enrolled
 */
#include <poll.h>
#include <stdio.h>

#include <rond/rond.h>

static void changed(void *context, enum rond_change change) {
    (void)context;
    if (change == ROND_CHANGE_CONNECTION)
        puts("connection changed");
}

/* One turn of the app's loop: waits for the library's descriptor as it would for its own. */
static void wait_for(const rond_wait *wait) {
    struct pollfd descriptor;
    descriptor.fd = wait->descriptor;
    descriptor.events = wait->events;
    poll(&descriptor, wait->descriptor >= 0 ? 1 : 0, wait->timeout_ms < 0 || wait->timeout_ms > 1000 ? 1000 : (int)wait->timeout_ms);
}

int main(int argc, char **argv) {
    char path[4096];
    rond_keystore keystore;
    rond_config config = {0};
    rond_fault fault = {0};
    rond_sync_result result;
    rond_wait wait;
    rond *r;
    enum rond_err err;
    if (argc != 2) {
        fprintf(stderr, "usage: loop DIRECTORY\n");
        return 2;
    }
    snprintf(path, sizeof path, "%s/outbox.db", argv[1]);
    err = rond_keystore_files(argv[1], &keystore, &fault);
    if (err == ROND_OK) {
        config.struct_size = sizeof config;
        config.path = path;
        config.keystore = &keystore;
        err = rond_open(&config, &r, &fault);
    }
    if (err != ROND_OK) {
        fprintf(stderr, "%s\n", fault.text);
        return 1;
    }
    rond_subscribe(r, changed, NULL);
    err = rond_sync_start(r, &fault);
    while (err == ROND_OK || err == ROND_EAGAIN) {
        err = rond_sync_step(r, &wait, &result, &fault);
        if (err != ROND_EAGAIN)
            break;
        wait_for(&wait);
    }
    rond_sync_stop(r);
    printf("%s: %lu acknowledged, %lu waiting\n", rond_err_name(err), (unsigned long)result.acknowledged, (unsigned long)result.waiting);
    rond_close(r);
    return err == ROND_OK ? 0 : 1;
}
