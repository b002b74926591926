#include "bench/server.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { START_TRIES = 500, TRY_US = 10000, METRICS_BYTES_MAX = 256 * 1024 };

void server_prepare(struct bench *bench, const char *name, char *ret_directory, size_t size) {
    (void)snprintf(ret_directory, size, "%s/%s", bench->directory, name);
    bench_run("rm -rf '%s' && cp -a '%s/master' '%s'", ret_directory, bench->directory, ret_directory);
}

static bool read_ports(struct server *server) {
    char path[400];
    (void)snprintf(path, sizeof path, "%s/ports", server->data);
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    bool read = fscanf(file, "devices=%d\nenrolment=%d\noperations=%d\npeople=%d\n", &server->devices_port,
                       &server->enrolment_port, &server->operations_port, &server->people_port) == 4;
    (void)fclose(file);
    return read;
}

static void write_config(const struct server *server) {
    char path[400];
    (void)snprintf(path, sizeof path, "%s/rondd.conf", server->data);
    const char *address = server->address ? server->address : "127.0.0.1";
    FILE *file = fopen(path, "w");
    if (!file || fprintf(file,
                         "[server]\ndata_dir = %s\nhostnames = %s\n"
                         "[listen]\ndevices = %s:%d\nenrolment = %s:%d\noperations = 127.0.0.1:%d\n"
                         "people = 127.0.0.1:%d\n"
                         "[limits]\nconnections = 20000\nconnections_per_address = 20000\nenrolments_per_minute = 1000\n"
                         "device_batches_per_minute = 10000000\ndevice_reports_per_minute = 10000000\n"
                         "device_kib_per_minute = 10000000\ndevice_mib_per_day = 100000\n"
                         "[log]\nlevel = warn\n",
                         server->data, server->address ? server->address : "localhost", address, server->devices_port, address,
                         server->enrolment_port, server->operations_port, server->people_port) < 0)
        bench_fail("%s cannot be written", path);
    (void)fclose(file);
}

static void become_server(const struct server *server, const struct bench *bench) {
    char program[400], config[400], log[400];
    (void)snprintf(program, sizeof program, "%s/rondd", bench->programs);
    (void)snprintf(config, sizeof config, "%s/rondd.conf", server->data);
    (void)snprintf(log, sizeof log, "%s/rondd.log", server->data);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); // it does not outlive a bench that fails
    int descriptor = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (descriptor < 0 || dup2(descriptor, STDERR_FILENO) < 0 || dup2(descriptor, STDOUT_FILENO) < 0)
        _exit(126);
    // A profiler may stand in front: BENCH_WRAP="valgrind --tool=callgrind --callgrind-out-file=..."
    const char *wrap = getenv("BENCH_WRAP");
    if (wrap) {
        char command[2048];
        (void)snprintf(command, sizeof command, "exec %s '%s' --config '%s'", wrap, program, config);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    }
    execl(program, program, "--config", config, (char *)NULL);
    _exit(127);
}

static void start(struct server *server, struct bench *bench) {
    char ports[400];
    (void)snprintf(ports, sizeof ports, "%s/ports", server->data);
    (void)unlink(ports); // of one that was killed
    write_config(server);
    server->pid = fork();
    if (server->pid == 0)
        become_server(server, bench);
    for (int i = 0; i < START_TRIES; i++) {
        if (read_ports(server))
            return;
        if (waitpid(server->pid, NULL, WNOHANG) != 0)
            break;
        usleep(getenv("BENCH_WRAP") ? 10 * TRY_US : TRY_US);
    }
    bench_fail("rondd did not start; see %s/rondd.log", server->data);
}

void server_start_at(struct server *server, struct bench *bench, const char *data, const char *address) {
    *server = (struct server){.address = address};
    (void)snprintf(server->data, sizeof server->data, "%s", data);
    start(server, bench);
}

void server_start(struct server *server, struct bench *bench, const char *data) {
    server_start_at(server, bench, data, NULL);
}

void server_start_again(struct server *server, struct bench *bench) {
    start(server, bench);
}

void server_kill(struct server *server) {
    (void)kill(server->pid, SIGKILL);
    (void)waitpid(server->pid, NULL, 0);
}

void server_stop(struct server *server) {
    int status = 0;
    (void)kill(server->pid, SIGTERM);
    if (waitpid(server->pid, &status, 0) != server->pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        bench_fail("rondd did not end in order; see %s/rondd.log", server->data);
}

double server_cpu_s(const struct server *server) {
    clockid_t clock;
    struct timespec used;
    if (clock_getcpuclockid(server->pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
        bench_fail("the processor time of rondd cannot be read");
    return (double)used.tv_sec + (double)used.tv_nsec * 1e-9;
}

static double thread_cpu_s(const char *directory, const char *thread) {
    char path[400];
    double ns = 0;
    (void)snprintf(path, sizeof path, "%s/%s/schedstat", directory, thread);
    FILE *file = fopen(path, "r");
    if (file && fscanf(file, "%lf", &ns) != 1)
        ns = 0;
    if (file)
        (void)fclose(file);
    return ns * 1e-9;
}

static bool thread_is_called(const char *directory, const char *thread, const char *name) {
    char path[400], called[32] = "";
    (void)snprintf(path, sizeof path, "%s/%s/comm", directory, thread);
    FILE *file = fopen(path, "r");
    if (file && !fgets(called, sizeof called, file))
        called[0] = '\0';
    if (file)
        (void)fclose(file);
    called[strcspn(called, "\n")] = '\0';
    return strcmp(called, name) == 0;
}

void server_threads(const struct server *server, struct server_threads *ret_threads) {
    char directory[64];
    struct server_threads threads = {0};
    (void)snprintf(directory, sizeof directory, "/proc/%d/task", (int)server->pid);
    DIR *tasks = opendir(directory);
    for (struct dirent *task; tasks && (task = readdir(tasks));) {
        if (task->d_name[0] == '.')
            continue;
        double used_s = thread_cpu_s(directory, task->d_name);
        if (strtol(task->d_name, NULL, 10) == server->pid)
            threads.network_s += used_s;
        else if (thread_is_called(directory, task->d_name, "rondd-committer"))
            threads.committer_s += used_s;
        else
            threads.readers_s += used_s;
    }
    if (!tasks || closedir(tasks) != 0)
        bench_fail("the threads of rondd cannot be seen");
    *ret_threads = threads;
}

static size_t get(int port, const char *path, char *room, size_t size) {
    char request[200];
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
    if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&to, sizeof to) != 0 ||
        write(descriptor, request, (size_t)length) != length)
        bench_fail("the operations port does not answer");
    size_t filled = 0;
    for (ssize_t got; filled + 1 < size && (got = read(descriptor, room + filled, size - filled - 1)) > 0;)
        filled += (size_t)got;
    room[filled] = '\0';
    close(descriptor);
    return filled;
}

double server_metric(const struct server *server, const char *name) {
    char *text = malloc(METRICS_BYTES_MAX);
    char wanted[128];
    (void)get(server->operations_port, "/metrics", text, METRICS_BYTES_MAX);
    (void)snprintf(wanted, sizeof wanted, "\n%s ", name);
    const char *found = strstr(text, wanted);
    if (!found)
        bench_fail("there is no %s in /metrics", name);
    double value = strtod(found + strlen(wanted), NULL);
    free(text);
    return value;
}

double server_memory_kib(const struct server *server) {
    char path[64], line[256];
    double kib = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)server->pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtod(line + 6, NULL);
    if (file)
        (void)fclose(file);
    return kib;
}
