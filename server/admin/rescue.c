// What a handheld that cannot connect wrote to a file, taken in as if it had synced.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/inner.h"
#include "rescue/import.h"
#include "wire/limits.h"

enum { RESCUE_PATH_BYTES_MAX = 4096, READ_BYTES = 64 * 1024 };

static enum rond_err unreadable(const char *path, const char *why, struct fault *fault) {
    return fault_set(fault, ROND_EINVALID, 0, "file", "%.120s cannot be read by user %u, who takes it in: %s.", path,
                     (unsigned)geteuid(), why);
}

// A stick that cannot be read is another matter than a file that may not be.
static enum rond_err failed(const char *path, int error, struct fault *fault) {
    if (error != EIO && error != ENOMEM) {
        return unreadable(path, strerror(error), fault);
    }
    return fault_set(fault, error == EIO ? ROND_EIO : ROND_ENOMEM, 0, "file", "%.120s cannot be read: %s.", path,
                     strerror(error));
}

static enum rond_err read_all(int descriptor, const char *path, struct buffer *to, struct fault *fault) {
    uint8_t chunk[READ_BYTES];
    for (;;) {
        ssize_t got = read(descriptor, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return failed(path, errno, fault);
        }
        enum rond_err err = got == 0 ? ROND_OK : buffer_append(to, bytes_of(chunk, (size_t)got));
        if (err == ROND_EFULL) {
            return fault_set(fault, ROND_EINVALID, 0, "file", "The file is larger than a rescue file is.");
        }
        if (got == 0 || err != ROND_OK) {
            return err;
        }
    }
}

// Nothing but a file: the committer waits for it.
static enum rond_err file_read(const char *path, struct buffer *to, struct fault *fault) {
    struct stat status;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (descriptor < 0) {
        return failed(path, errno, fault);
    }
    bool is_file = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
    enum rond_err err = is_file ? read_all(descriptor, path, to, fault) : unreadable(path, "it is no file", fault);
    close(descriptor);
    return err;
}

static enum rond_err answer(struct admin_change *change, struct submission *submission, struct store *store,
                            const struct rescued *rescued) {
    const struct commit_census *reports = &rescued->reports;
    json_int_t stored = (json_int_t)(reports->reports_applied + reports->reports_quarantined);
    json_int_t there = (json_int_t)reports->reports_repeated, quarantined = (json_int_t)reports->reports_quarantined;
    char device[2 * ID_SIZE + 1];
    hex_encode(bytes_of(rescued->device.b, ID_SIZE), device);
    enum rond_err err = audit_put(change, store,
                                  arena_printf(&submission->arena,
                                               "device=%s stored=%" JSON_INTEGER_FORMAT " there=%" JSON_INTEGER_FORMAT
                                               " quarantined=%" JSON_INTEGER_FORMAT,
                                               device, stored, there, quarantined));
    return err != ROND_OK ? err
                          : answer_put(change, &submission->arena,
                                       json_pack("{s:s,s:I,s:I,s:I,s:I,s:I}", "device", device, "stored", stored, "there",
                                                 there, "quarantined", quarantined, "forked",
                                                 (json_int_t)reports->reports_forked, "lost", (json_int_t)reports->lost));
}

static enum rond_err rescue_run(struct admin_change *change, struct submission *submission, struct store *store) {
    struct rescued rescued;
    struct catalogue *catalogue = NULL;
    struct buffer file;
    buffer_init(&file, RESCUE_BYTES_MAX);
    enum rond_err err = file_read(change->subject, &file, &submission->fault);
    if (err == ROND_OK) {
        err = catalogue_create(store, &catalogue, &submission->fault);
    }
    if (err == ROND_OK) {
        err = rescue_import(store, catalogue, change->ca, buffer_bytes(&file), change->now_ms, &rescued, &submission->fault);
    }
    if (err == ROND_OK) {
        err = answer(change, submission, store, &rescued);
    }
    if (err == ROND_OK) {
        submission->taken = rescued.reports;
    }
    catalogue_unref(catalogue);
    buffer_deinit(&file);
    return err;
}

enum rond_err rescue_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                             struct admin_change *change, struct fault *fault) {
    change->run = rescue_run;
    change->ca = context->ca;
    return argument_text(arguments, "file", RESCUE_PATH_BYTES_MAX, arena, &change->subject, fault);
}
