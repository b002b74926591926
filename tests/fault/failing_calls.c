// Definitions in the program itself come before those of any library, so SQLite's, OpenSSL's and protobuf-c's calls come
// here, too; the real ones are the next in order, which under the address sanitizer are its own.
//
// Where FAULT_TRACE is set the failing call's stack goes to standard error.
#undef _FORTIFY_SOURCE // its checking variants would hide the plain ones
#include "fault/failing_calls.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define VISIBLE __attribute__((visibility("default")))

static _Thread_local struct {
    struct fault_plan plan;
    uint64_t counts;
    bool is_armed;
    bool was_read, was_lock; // what failed, once at least
    const char *struck;
} now;

void failing_calls_arm(const struct fault_plan *plan) {
    now.plan = *plan;
    now.counts = 0;
    now.struck = NULL;
    now.was_read = now.was_lock = false;
    now.is_armed = true;
}

uint64_t failing_calls_disarm(void) {
    now.is_armed = false;
    return now.counts;
}

bool failing_calls_struck_a_read(void) {
    return now.was_read;
}

bool failing_calls_struck_a_lock(void) {
    return now.was_lock;
}

bool failing_calls_stayed(void) {
    return now.plan.stays;
}

const char *failing_calls_struck(void) {
    return now.struck == NULL ? "" : now.struck;
}

static void trace(const char *name) {
    void *frames[24];
    char line[64];
    now.is_armed = false;
    int size = snprintf(line, sizeof line, "%s number %llu fails\n", name, (unsigned long long)now.counts);
    (void)!write(STDERR_FILENO, line, (size_t)size);
    backtrace_symbols_fd(frames, backtrace(frames, 24), STDERR_FILENO);
    now.is_armed = true;
}

// Whether this call is to fail.
static bool fails(enum fault_class class, const char *name) {
    if (!now.is_armed || now.plan.class != class)
        return false;
    now.counts++;
    bool is_it = now.plan.at != 0 && (now.counts == now.plan.at || (now.plan.stays && now.counts > now.plan.at));
    if (is_it && now.struck == NULL) {
        now.struck = name;
        if (getenv("FAULT_TRACE") != NULL)
            trace(name);
    }
    return is_it;
}

static void *real_of(void **kept, const char *name) {
    if (*kept == NULL)
        *kept = dlsym(RTLD_NEXT, name);
    if (*kept == NULL)
        abort();
    return *kept;
}

// CALL(type, name, (parameters)) gives `real`, a pointer to the next function of that name.
#define REAL(type, name, ...)                                                                                               \
    static void *kept_##name;                                                                                               \
    type (*real)(__VA_ARGS__);                                                                                              \
    *(void **)&real = real_of(&kept_##name, #name)

// --- Memory ---

// The next ones in order, by their own names, since looking a name up may allocate: the address sanitizer's where it is
// there (it runs before this program begins, so this file is compiled without it), else libc's.
void *__interceptor_malloc(size_t size) __attribute__((weak));
void *__interceptor_calloc(size_t count, size_t size) __attribute__((weak));
void *__interceptor_realloc(void *memory, size_t size) __attribute__((weak));
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

static bool is_missing(const char *name) {
    bool missing = fails(FAULT_MEMORY, name);
    if (missing)
        errno = ENOMEM;
    return missing;
}

VISIBLE void *malloc(size_t size) {
    if (is_missing("malloc"))
        return NULL;
    return __interceptor_malloc != NULL ? __interceptor_malloc(size) : __libc_malloc(size);
}

VISIBLE void *calloc(size_t count, size_t size) {
    if (is_missing("calloc"))
        return NULL;
    return __interceptor_calloc != NULL ? __interceptor_calloc(count, size) : __libc_calloc(count, size);
}

VISIBLE void *realloc(void *memory, size_t size) {
    if (is_missing("realloc"))
        return NULL;
    return __interceptor_realloc != NULL ? __interceptor_realloc(memory, size) : __libc_realloc(memory, size);
}

// --- Files ---

static int errno_of(bool may_need_room) {
    return now.plan.how == FAULT_FULL && may_need_room ? ENOSPC : EIO;
}

// 0 where the call is to be passed on.
static int failing(const char *name, bool may_need_room) {
    return fails(FAULT_FILE, name) ? errno = errno_of(may_need_room) : 0;
}

static mode_t mode_of(int flags, va_list *arguments) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(*arguments, mode_t) : 0;
}

#define OPEN(name)                                                                                                          \
    VISIBLE int name(const char *path, int flags, ...) {                                                                    \
        REAL(int, name, const char *, int, ...);                                                                            \
        va_list arguments;                                                                                                  \
        va_start(arguments, flags);                                                                                         \
        mode_t mode = mode_of(flags, &arguments);                                                                           \
        va_end(arguments);                                                                                                  \
        return failing(#name, flags & O_CREAT) ? -1 : real(path, flags, mode);                                              \
    }
#define OPENAT(name)                                                                                                        \
    VISIBLE int name(int directory, const char *path, int flags, ...) {                                                     \
        REAL(int, name, int, const char *, int, ...);                                                                       \
        va_list arguments;                                                                                                  \
        va_start(arguments, flags);                                                                                         \
        mode_t mode = mode_of(flags, &arguments);                                                                           \
        va_end(arguments);                                                                                                  \
        return failing(#name, flags & O_CREAT) ? -1 : real(directory, path, flags, mode);                                   \
    }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

#define FOPEN(name)                                                                                                         \
    VISIBLE FILE *name(const char *path, const char *mode) {                                                                \
        REAL(FILE *, name, const char *, const char *);                                                                     \
        return failing(#name, strpbrk(mode, "wa") != NULL) ? NULL : real(path, mode);                                       \
    }
FOPEN(fopen)
FOPEN(fopen64)

// How much a transfer comes to: 0 where it fails.
static size_t transfer(const char *name, int descriptor, size_t size, bool writes) {
    if (descriptor <= STDERR_FILENO || !fails(FAULT_FILE, name))
        return size;
    now.was_read = now.was_read || !writes;
    if (now.plan.how == FAULT_SHORT && size > 1)
        return size / 2;
    errno = errno_of(writes);
    return 0;
}

#define TRANSFER(name, memory, writes)                                                                                      \
    VISIBLE ssize_t name(int descriptor, memory, size_t size) {                                                             \
        REAL(ssize_t, name, int, memory, size_t);                                                                           \
        size_t part = transfer(#name, descriptor, size, writes);                                                            \
        return part == 0 && size > 0 ? -1 : real(descriptor, data, part);                                                   \
    }
TRANSFER(read, void *data, false)
TRANSFER(write, const void *data, true)

#define TRANSFER_AT(name, memory, writes)                                                                                   \
    VISIBLE ssize_t name(int descriptor, memory, size_t size, off_t offset) {                                               \
        REAL(ssize_t, name, int, memory, size_t, off_t);                                                                    \
        size_t part = transfer(#name, descriptor, size, writes);                                                            \
        return part == 0 && size > 0 ? -1 : real(descriptor, data, part, offset);                                           \
    }
TRANSFER_AT(pread, void *data, false)
TRANSFER_AT(pread64, void *data, false)
TRANSFER_AT(pwrite, const void *data, true)
TRANSFER_AT(pwrite64, const void *data, true)

#define SYNC(name)                                                                                                          \
    VISIBLE int name(int descriptor) {                                                                                      \
        (void)descriptor;                                                                                                   \
        if (fails(FAULT_SYNC, #name))                                                                                       \
            return errno = EIO, -1;                                                                                         \
        return failing(#name, true) ? -1 : 0;                                                                               \
    }
SYNC(fsync)
SYNC(fdatasync)

#define TRUNCATE(name)                                                                                                      \
    VISIBLE int name(int descriptor, off_t size) {                                                                          \
        REAL(int, name, int, off_t);                                                                                        \
        return failing(#name, true) ? -1 : real(descriptor, size);                                                          \
    }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

VISIBLE int rename(const char *from, const char *to) {
    REAL(int, rename, const char *, const char *);
    return failing("rename", true) ? -1 : real(from, to);
}

VISIBLE int renameat2(int from_directory, const char *from, int to_directory, const char *to, unsigned flags) {
    REAL(int, renameat2, int, const char *, int, const char *, unsigned);
    return failing("renameat2", true) ? -1 : real(from_directory, from, to_directory, to, flags);
}

VISIBLE int link(const char *from, const char *to) {
    REAL(int, link, const char *, const char *);
    return failing("link", true) ? -1 : real(from, to);
}

VISIBLE int linkat(int from_directory, const char *from, int to_directory, const char *to, int flags) {
    REAL(int, linkat, int, const char *, int, const char *, int);
    return failing("linkat", true) ? -1 : real(from_directory, from, to_directory, to, flags);
}

VISIBLE int unlink(const char *path) {
    REAL(int, unlink, const char *);
    return failing("unlink", false) ? -1 : real(path);
}

VISIBLE int unlinkat(int directory, const char *path, int flags) {
    REAL(int, unlinkat, int, const char *, int);
    return failing("unlinkat", false) ? -1 : real(directory, path, flags);
}

VISIBLE int rmdir(const char *path) {
    REAL(int, rmdir, const char *);
    return failing("rmdir", false) ? -1 : real(path);
}

VISIBLE int mkdir(const char *path, mode_t mode) {
    REAL(int, mkdir, const char *, mode_t);
    return failing("mkdir", true) ? -1 : real(path, mode);
}

VISIBLE int flock(int descriptor, int operation) {
    REAL(int, flock, int, int);
    return failing("flock", false) ? -1 : real(descriptor, operation);
}

// Of a lock alone; what else it does needs no disk.
#define FCNTL(name)                                                                                                         \
    VISIBLE int name(int descriptor, int command, ...) {                                                                    \
        REAL(int, name, int, int, ...);                                                                                     \
        va_list arguments;                                                                                                  \
        va_start(arguments, command);                                                                                       \
        void *argument = va_arg(arguments, void *);                                                                         \
        va_end(arguments);                                                                                                  \
        bool locks = command == F_SETLK || command == F_SETLKW;                                                             \
        if (!locks || !failing(#name, false))                                                                               \
            return real(descriptor, command, argument);                                                                     \
        now.was_lock = true;                                                                                                \
        return -1;                                                                                                          \
    }
FCNTL(fcntl)
FCNTL(fcntl64)

VISIBLE void *mmap64(void *at, size_t size, int protection, int flags, int descriptor, off_t offset) {
    REAL(void *, mmap64, void *, size_t, int, int, int, off_t);
    if (descriptor < 0 || !failing("mmap64", true))
        return real(at, size, protection, flags, descriptor, offset);
    return MAP_FAILED;
}

// --- Waiting for a lock that fails is not waited for ---

VISIBLE int usleep(useconds_t us) {
    REAL(int, usleep, useconds_t);
    return now.is_armed ? 0 : real(us);
}

VISIBLE unsigned sleep(unsigned s) {
    REAL(unsigned, sleep, unsigned);
    return now.is_armed ? 0 : real(s);
}
