// A process for the measurement "sdk" (tests/bench/sdk.c) to look at: it is linked to the libraries that librond needs, and
// to librond not, which it loads when it is told to.
//
//   probe                          what it takes of memory with the libraries alone
//   probe LIBROND DIRECTORY IDLE_S  opens the enrolled outbox there, does nothing for so long, syncs twice with nothing to
//   send,
//                                  and tells of the second
//
// Prints one line: private KiB, then (with LIBROND) KiB after a sync, wake-ups while idle, wake-ups and bytes out and in of
// a sync.
#include <dirent.h>
#include <dlfcn.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "rond/rond.h"

static long bytes_out, bytes_in;

// ---- What goes over sockets, counted at the calls that OpenSSL makes ----

__attribute__((visibility("default"))) ssize_t read(int descriptor, void *room, size_t size);
__attribute__((visibility("default"))) ssize_t write(int descriptor, const void *data, size_t size);

static long of_network(int descriptor, long done) {
    int domain = 0;
    socklen_t size = sizeof domain;
    bool is_network = done > 0 && getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
                      (domain == AF_INET || domain == AF_INET6);
    return is_network ? done : 0;
}

ssize_t read(int descriptor, void *room, size_t size) {
    long done = syscall(SYS_read, descriptor, room, size);
    bytes_in += of_network(descriptor, done);
    return done;
}

ssize_t write(int descriptor, const void *data, size_t size) {
    long done = syscall(SYS_write, descriptor, data, size);
    bytes_out += of_network(descriptor, done);
    return done;
}

// ---- Looking at oneself ----

static long sum_of(const char *path, const char *name) {
    char line[256];
    long sum = 0;
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0)
            sum += strtol(line + strlen(name), NULL, 10);
    if (file)
        (void)fclose(file);
    return sum;
}

static long private_kib(void) {
    return sum_of("/proc/self/smaps_rollup", "Private_Clean:") + sum_of("/proc/self/smaps_rollup", "Private_Dirty:");
}

// Times that a thread of ours gave the processor back of itself, and was woken.
static long wake_ups(void) {
    long sum = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *task; tasks && (task = readdir(tasks));) {
        char path[300];
        (void)snprintf(path, sizeof path, "/proc/self/task/%s/status", task->d_name);
        if (task->d_name[0] != '.')
            sum += sum_of(path, "voluntary_ctxt_switches:");
    }
    if (tasks)
        (void)closedir(tasks);
    return sum;
}

// ---- As an app does ----

struct sdk {
    enum rond_err (*keystore_files)(const char *, rond_keystore *, rond_fault *);
    enum rond_err (*open)(const rond_config *, rond **, rond_fault *);
    enum rond_err (*sync)(rond *, int, rond_sync_result *, rond_fault *);
    void (*close)(rond *);
};

static void fail(const char *what, const char *why) {
    (void)fprintf(stderr, "probe: %s: %s\n", what, why);
    exit(1);
}

static void *symbol(void *library, const char *name) {
    void *found = dlsym(library, name);
    if (!found)
        fail(name, dlerror());
    return found;
}

static struct sdk load(const char *path) {
    struct sdk sdk;
    void *library = dlopen(path, RTLD_NOW);
    if (!library)
        fail(path, dlerror());
    *(void **)&sdk.keystore_files = symbol(library, "rond_keystore_files");
    *(void **)&sdk.open = symbol(library, "rond_open");
    *(void **)&sdk.sync = symbol(library, "rond_sync");
    *(void **)&sdk.close = symbol(library, "rond_close");
    return sdk;
}

int main(int argc, char **argv) {
    rond_fault fault = {0};
    rond_keystore keystore;
    rond *client;
    char path[600];
    enum { WINDOW_MS = 20000 };
    if (argc < 4) {
        printf("%ld\n", private_kib());
        return 0;
    }
    struct sdk sdk = load(argv[1]);
    if (sdk.keystore_files(argv[2], &keystore, &fault))
        fail("keystore", fault.text);
    (void)snprintf(path, sizeof path, "%s/outbox.db", argv[2]);
    rond_config config = {.struct_size = sizeof config, .path = path, .keystore = &keystore, .client = "probe"};
    if (sdk.open(&config, &client, &fault))
        fail("outbox", fault.text);
    long opened_kib = private_kib(), before = wake_ups();
    (void)poll(NULL, 0, (int)strtol(argv[3], NULL, 10) * 1000);
    long idle = wake_ups() - before - 1; // the wait itself ends by one
    if (sdk.sync(client, WINDOW_MS, NULL, &fault))
        fail("sync", fault.text);
    bytes_out = bytes_in = 0;
    before = wake_ups();
    if (sdk.sync(client, WINDOW_MS, NULL, &fault))
        fail("sync", fault.text);
    long awake = wake_ups() - before;
    printf("%ld %ld %ld %ld %ld %ld\n", opened_kib, private_kib(), idle, awake, bytes_out, bytes_in);
    sdk.close(client);
    return 0;
}
