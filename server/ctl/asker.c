#include "ctl/asker.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "admin/command.h"
#include "auth/ca.h"
#include "base/check.h"
#include "ingest/committer.h"
#include "promise/upgrade.h"

enum {
    ALIVE_S = 5,            // a server that runs answers the first line at once
    OWNER_WAIT_MS = 5000,   // for one that starts or stops, or for another rondctl
    OWNER_PAUSE_MS = 20,
    PROGRESS_MS = 250,
};

struct lines {
    struct buffer partial; // of a line that has not ended
    asker_line *line;
    void *context;
    int exit_code;
    bool ended;
    bool watched;          // standard error is a terminal: progress is shown there
    bool shows;            // a line of progress stands there
    int64_t begun_ms;      // when the first one came
    uint64_t begun_rows;
};

// --- How far a long command has come ---

static void progress_clear(struct lines *lines) {
    if (lines->shows) {
        (void)fputs("\r\033[K", stderr);
    }
    lines->shows = false;
}

static void progress_show(struct lines *lines, json_t *progress) {
    uint64_t rows = (uint64_t)json_integer_value(json_object_get(progress, "rows"));
    uint64_t of = (uint64_t)json_integer_value(json_object_get(progress, "of"));
    int64_t now_ms = clock_monotonic_ms(clock_system());
    if (!lines->watched || of == 0) {
        return;
    }
    if (lines->begun_ms == 0) {
        lines->begun_ms = now_ms;
        lines->begun_rows = rows;
    }
    int64_t took_ms = now_ms - lines->begun_ms;
    (void)fprintf(stderr, "\r\033[Kcounting anew: %" PRIu64 " of %" PRIu64 " reports, %u %%", rows, of, (unsigned)(rows * 100 / of));
    if (took_ms >= 1000) {
        (void)fprintf(stderr, ", %.0f /s", (double)(rows - lines->begun_rows) * 1000 / (double)took_ms);
    }
    lines->shows = true;
}

// --- Lines of an answer ---

static void last_line(struct lines *lines, json_t *object) {
    if (json_is_true(json_object_get(object, "ok"))) {
        lines->exit_code = CTL_OK;
        return;
    }
    const char *field = json_string_value(json_object_get(object, "field"));
    const char *sentence = json_string_value(json_object_get(object, "error"));
    const char *name = json_string_value(json_object_get(object, "name"));
    lines->exit_code = ctl_exit_of((enum rond_err)json_integer_value(json_object_get(object, "err")));
    ctl_fail_refused(name == NULL ? "unexpected" : name, (int)json_integer_value(json_object_get(object, "code")), field == NULL ? "" : field,
                     sentence == NULL ? "refused" : sentence);
}

static void one_line(struct lines *lines, const char *text, size_t size) {
    json_error_t error;
    json_t *object = json_loadb(text, size, 0, &error);
    if (object == NULL) {
        return;
    }
    if (json_object_get(object, "progress") != NULL && json_object_get(object, "ok") == NULL) {
        progress_show(lines, json_object_get(object, "progress"));
        json_decref(object);
        return;
    }
    progress_clear(lines);
    if (json_object_get(object, "ok") != NULL) {
        lines->ended = true;
        last_line(lines, object);
    }
    if (!lines->ended || lines->exit_code == CTL_OK) {
        lines->line(lines->context, object);
    }
    json_decref(object);
}

static enum rond_err take_bytes(void *context, struct bytes bytes) {
    struct lines *lines = context;
    enum rond_err err = buffer_append(&lines->partial, bytes);
    if (err != ROND_OK) {
        return err;
    }
    const char *from = (const char *)lines->partial.data, *end = from + lines->partial.size, *newline;
    while (from < end && (newline = memchr(from, '\n', (size_t)(end - from))) != NULL) {
        one_line(lines, from, (size_t)(newline - from));
        from = newline + 1;
    }
    size_t rest = (size_t)(end - from);
    memmove(lines->partial.data, from, rest);
    lines->partial.size = rest;
    return ROND_OK;
}

// --- The running server ---

static int socket_open(const struct ctl *ctl) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int size = snprintf(address.sun_path, sizeof address.sun_path, "%s/control.sock", ctl->data);
    if (size < 0 || (size_t)size >= sizeof address.sun_path) {
        return -1;
    }
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor >= 0 && connect(descriptor, (const struct sockaddr *)&address, sizeof address) != 0) {
        close(descriptor);
        descriptor = -1;
    }
    return descriptor;
}

static bool send_all(int descriptor, const char *text, size_t size) {
    while (size > 0) {
        ssize_t sent = send(descriptor, text, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent <= 0) {
            return false;
        }
        text += sent;
        size -= (size_t)sent;
    }
    return true;
}

// The network thread refuses an empty object at once, whatever the committer is busy with. So a server that is stopped or
// hangs is told from one whose answer takes long, as of a rebuild.
static bool is_alive(int descriptor) {
    static const char probe[] = "{}\n";
    const struct timeval limit = {.tv_sec = ALIVE_S}, none = {0};
    char got = '\0';
    (void)setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    bool alive = send_all(descriptor, probe, sizeof probe - 1);
    while (alive && got != '\n') {
        alive = recv(descriptor, &got, 1, 0) == 1;
    }
    (void)setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof none);
    return alive;
}

static void ask_server(const struct ctl *ctl, int descriptor, const char *request, struct lines *lines) {
    static const char newline[] = "\n";
    uint8_t chunk[16 * 1024];
    if (!is_alive(descriptor)) {
        lines->ended = true;
        lines->exit_code = ctl_fail(CTL_UNREACHABLE, "the server that holds %s does not answer; does it hang, or was it stopped?", ctl->data);
        return;
    }
    if (!send_all(descriptor, request, strlen(request)) || !send_all(descriptor, newline, 1)) {
        return;
    }
    while (!lines->ended) {
        ssize_t got = recv(descriptor, chunk, sizeof chunk, 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0 || take_bytes(lines, bytes_of(chunk, (size_t)got)) != ROND_OK) {
            return;
        }
    }
}

// --- The store itself ---

// In this process the submission is the only one, and so is who looks.
static const struct admin_out *progress_out;

static void tell_progress(struct submission *submission) {
    static int64_t told_ms;
    int64_t now_ms = clock_monotonic_ms(clock_system());
    if (told_ms != 0 && now_ms - told_ms < PROGRESS_MS) {
        return;
    }
    told_ms = now_ms;
    enum rond_err err = admin_progress(submission, progress_out);
    UNUSED(err);
}

static enum rond_err answer_command(struct submission *submission, struct admin_job *job, struct store *store, struct catalogue *catalogue,
                                    const struct admin_out *out) {
    struct commit_census census = {0};
    struct catalogue *changed = NULL;
    progress_out = out;
    submission->progressed = tell_progress;
    committer_run(store, submission, catalogue, &census, &changed);
    catalogue_unref(changed);
    bool goes_on = job != NULL && (submission->err == ROND_OK || admin_reads_unnoted(job, submission->err));
    return goes_on ? admin_read(job, store, catalogue, out) : admin_answer(submission, out);
}

static void tell_upgrade(void *context, uint64_t rows, uint64_t of) {
    const struct admin_out *out = context;
    char line[96];
    (void)snprintf(line, sizeof line, "{\"progress\":{\"rows\":%" PRIu64 ",\"of\":%" PRIu64 "}}\n", rows, of);
    enum rond_err err = out->write(out->context, bytes_of_text(line));
    UNUSED(err);
}

static enum rond_err ask_opened(const struct ctl *ctl, struct store *store, struct ca *ca, const char *request,
                                const struct admin_out *out) {
    struct fault fault = {0};
    struct catalogue *catalogue;
    enum rond_err err = catalogue_create(store, &catalogue, &fault);
    if (err != ROND_OK) {
        return admin_refuse(err, &fault, out);
    }
    err = promise_upgrade(store, catalogue, tell_upgrade, (void *)(uintptr_t)out);
    if (err != ROND_OK) {
        catalogue_unref(catalogue);
        return admin_refuse(err, NULL, out);
    }
    const struct admin_context context = {.catalogue = catalogue, .ca = ca, .enrolment_url = "", .directory = ctl->data, .clock = clock_system(), .rng = rng_system()};
    const struct admin_request asked = {.uid = (uint32_t)getuid(), .pid = (int32_t)getpid(), .json = bytes_of_text(request)};
    struct admin_work work;
    admin_prepare(&asked, &context, &work);
    if (work.route == ADMIN_COMMAND) {
        err = answer_command(work.submission, work.job, store, catalogue, out);
        admin_job_destroy(work.job);
        submission_destroy(work.submission);
    } else if (work.route == ADMIN_READ) {
        err = admin_read(work.job, store, catalogue, out);
        admin_job_destroy(work.job);
    } else {
        err = admin_refuse(work.err, &work.fault, out);
    }
    catalogue_unref(catalogue);
    return err;
}

static void ask_store(const struct ctl *ctl, int lock, const char *request, struct lines *lines) {
    struct fault fault = {0};
    struct store *store = NULL;
    struct ca *ca = NULL;
    const struct admin_out out = {.write = take_bytes, .context = lines};
    enum rond_err err = store_open_sqlite(ctl->data, STORE_READ_WRITE, rng_system(), &store, &fault);
    if (err == ROND_OK) {
        err = ca_open(ctl->data, &ca, &fault);
    }
    err = err == ROND_OK ? ask_opened(ctl, store, ca, request, &out) : admin_refuse(err, &fault, &out);
    UNUSED(err);
    ca_close(ca);
    store_close(store);
    close(lock);
}

// --- Whoever owns the data directory ---

static int no_owner(const struct ctl *ctl, enum rond_err err, const struct fault *fault) {
    if (err == ROND_ECONFLICT) {
        return ctl_fail(CTL_UNREACHABLE, "a server holds %s, but does not answer on its control.sock; is it starting or stopping?", ctl->data);
    }
    if (err == ROND_ENOTFOUND) {
        return ctl_fail(CTL_NOT_FOUND, "there is no data directory at %s; name yours with --data DIR or $ROND_DATA, or make one with 'rondctl --data DIR init'", ctl->data);
    }
    return ctl_fail(ctl_exit_of(err), "%s", fault->text);
}

// Between its lock and its socket a starting server can be asked neither way, so this waits a little.
static void ask_owner(const struct ctl *ctl, const char *request, struct lines *lines) {
    const struct timespec pause = {.tv_nsec = OWNER_PAUSE_MS * 1000000L};
    struct fault fault = {0};
    for (int waited_ms = 0;; waited_ms += OWNER_PAUSE_MS) {
        int lock, descriptor = socket_open(ctl);
        if (descriptor >= 0) {
            ask_server(ctl, descriptor, request, lines);
            close(descriptor);
            return;
        }
        enum rond_err err = store_lock(ctl->data, &lock, &fault);
        if (err == ROND_OK) {
            ask_store(ctl, lock, request, lines);
            return;
        }
        if (err != ROND_ECONFLICT || waited_ms >= OWNER_WAIT_MS) {
            lines->ended = true;
            lines->exit_code = no_owner(ctl, err, &fault);
            return;
        }
        nanosleep(&pause, NULL);
    }
}

int asker_ask(const struct ctl *ctl, json_t *take_request, asker_line *line, void *context) {
    struct lines lines = {.line = line, .context = context, .exit_code = CTL_FAILED, .watched = isatty(STDERR_FILENO) != 0};
    char *request = json_dumps(take_request, JSON_COMPACT);
    json_decref(take_request);
    if (request == NULL) {
        return ctl_fail(CTL_FAILED, "no memory");
    }
    buffer_init(&lines.partial, 64 * 1024 * 1024);
    ask_owner(ctl, request, &lines);
    progress_clear(&lines);
    if (!lines.ended) {
        lines.exit_code = ctl_fail(CTL_FAILED, "the answer broke off; ask again");
    }
    buffer_deinit(&lines.partial);
    free(request);
    return lines.exit_code;
}

// --- Showing ---

struct show {
    const struct ctl *ctl;
    asker_line *row;
    asker_line *last;
};

static void show_line(void *context, json_t *line) {
    struct show *show = context;
    bool says_only_ok = json_object_get(line, "ok") != NULL && json_object_size(line) == 1; // as the exit code does
    if (show->ctl->json && says_only_ok) {
        return;
    }
    if (show->ctl->json) {
        json_dumpf(line, stdout, JSON_COMPACT);
        putchar('\n');
        return;
    }
    asker_line *print = json_object_get(line, "ok") != NULL ? show->last : show->row;
    if (print != NULL) {
        print((void *)(uintptr_t)show->ctl, line);
    }
}

int asker_show(const struct ctl *ctl, json_t *take_request, asker_line *row, asker_line *last) {
    struct show show = {.ctl = ctl, .row = row, .last = last};
    return asker_ask(ctl, take_request, show_line, &show);
}
