// Every call that glibc, SQLite, OpenSSL, libuv and libwebsockets make for us on Debian 12 and a few newer names of the same
// things, for libraries that are updated under us. A name that libseccomp does not know on this machine is passed over.
// clone3 is answered with ENOSYS, on which glibc falls back to clone, whose flags can be looked at: threads, no processes.
#include "sandbox_calls.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"

// clang-format off
// Memory, time, threads, signals to itself, what is open already: enough for the signer.
static const char *const EACH[] = {
    "brk", "munmap", "mremap", "madvise", "read", "readv", "write", "writev", "close", "fstat", "poll", "ppoll", "lseek",
    "recvfrom", "recvmsg", "sendto", "sendmsg", "futex", "sched_yield", "getrandom", "clock_gettime", "gettimeofday", "time",
    "clock_nanosleep", "nanosleep", "getpid", "gettid", "getppid", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack",
    "restart_syscall", "exit", "exit_group", "set_robust_list", "rseq", "uname", "sysinfo", "getuid", "geteuid", "getgid", "getegid",
};
static const char *const SERVER[] = {
    // files, of which Landlock says which
    "open", "openat", "openat2", "creat", "stat", "lstat", "newfstatat", "statx", "fstatfs", "statfs", "access", "faccessat",
    "faccessat2", "getdents64", "getcwd", "readlink", "readlinkat", "unlink", "unlinkat", "rename", "renameat", "renameat2", "link",
    "linkat", "mkdir", "mkdirat", "ftruncate", "fallocate", "fsync", "fdatasync", "pread64", "preadv", "pwrite64", "pwritev", "fcntl",
    "flock", "fchmod", "fchown", "umask", "utimensat", "fadvise64", "copy_file_range", "sync_file_range",
    // sockets; connecting is for systemd's, by its path, and TCP is Landlock's to say
    "bind", "listen", "accept", "accept4", "connect", "shutdown", "getsockname", "getpeername", "getsockopt", "setsockopt", "recvmmsg",
    "sendmmsg", "socketpair",
    // the event loop
    "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd2", "pipe", "pipe2", "dup", "dup2", "dup3",
    "select", "pselect6", "timerfd_create", "timerfd_settime", "timerfd_gettime",
    // threads and what they are asked
    "sched_getaffinity", "sched_getparam", "sched_getscheduler", "sched_setscheduler", "set_tid_address", "getcpu", "membarrier",
    "prlimit64", "getrlimit", "setrlimit", "getrusage", "times", "wait4", "rt_sigtimedwait", "rt_sigsuspend", "clock_getres",
};
// clang-format on

static int allow(scmp_filter_ctx filter, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++) {
        int number = seccomp_syscall_resolve_name(names[i]);
        int error = number == __NR_SCMP_ERROR ? 0 : seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
        if (error != 0 && error != -EDOM) // which is of a call that this machine has not
            return error;
    }
    return 0;
}

// ioctl: what libuv and libwebsockets ask of sockets, no terminal (TIOCSTI would type into it) and no device.
static int allow_ioctl(scmp_filter_ctx filter) {
    static const unsigned REQUESTS[] = {0x5421 /* FIONBIO */, 0x5451 /* FIOCLEX */, 0x541B /* FIONREAD */,
                                        0x5401 /* TCGETS: isatty */};
    int error = 0;
    for (size_t i = 0; i < ARRAY_COUNT(REQUESTS) && error == 0; i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
                                 SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, REQUESTS[i]));
    return error;
}

static int allow_sockets(scmp_filter_ctx filter) {
    // Of the network TCP alone, of which Landlock says the ports: a datagram would go anywhere.
    static const int NETWORKS[] = {AF_INET, AF_INET6};
    int error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
    for (size_t i = 0; i < ARRAY_COUNT(NETWORKS) && error == 0; i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)NETWORKS[i]),
                                 SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, SOCK_STREAM));
    return error;
}

// Signals go to itself and to the signer, a priority to who sets it.
static int allow_by_argument(scmp_filter_ctx filter, pid_t signer) {
    static const int OPTIONS[] = {PR_SET_NAME, PR_GET_NAME, PR_SET_VMA};
    scmp_datum_t own = (scmp_datum_t)getpid();
    int error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, own));
    if (error == 0)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(kill), 1, SCMP_A0(SCMP_CMP_EQ, own));
    if (error == 0 && signer > 0)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(kill), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)signer));
    for (size_t i = 0; i < ARRAY_COUNT(OPTIONS) && error == 0; i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)OPTIONS[i]));
    if (error == 0)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                                 SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
    if (error == 0)
        error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    if (error == 0) // a thread's own (net/readers.c)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(setpriority), 2, SCMP_A0(SCMP_CMP_EQ, PRIO_PROCESS),
                                 SCMP_A1(SCMP_CMP_EQ, 0));
    return error;
}

// Memory is never both writable and executable. Executable at all: for a library that is loaded later (libwebsockets' event
// loop); the signer needs none.
static int allow_memory(scmp_filter_ctx filter, bool executable) {
    static const int CALLS[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};
    static const unsigned EITHER[] = {0, PROT_WRITE, PROT_EXEC};
    int error = 0;
    for (size_t i = 0; i < ARRAY_COUNT(CALLS); i++)
        for (size_t k = 0; k < (executable ? ARRAY_COUNT(EITHER) : 2) && error == 0; k++)
            error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, CALLS[i], 1,
                                     SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_WRITE | PROT_EXEC, EITHER[k]));
    return error;
}

static scmp_filter_ctx begin(void) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (filter)
        (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1); // an older kernel does not
    return filter;
}

static int end(scmp_filter_ctx filter, int error) {
    if (error == 0)
        error = seccomp_load(filter);
    seccomp_release(filter);
    return -error;
}

int sandbox_calls_of_server(pid_t signer) {
    scmp_filter_ctx filter = begin();
    if (!filter)
        return ENOMEM;
    int error = allow(filter, EACH, ARRAY_COUNT(EACH));
    if (error == 0)
        error = allow(filter, SERVER, ARRAY_COUNT(SERVER));
    if (error == 0)
        error = allow_ioctl(filter);
    if (error == 0)
        error = allow_sockets(filter);
    if (error == 0)
        error = allow_by_argument(filter, signer);
    if (error == 0)
        error = allow_memory(filter, true);
    return end(filter, error);
}

int sandbox_calls_of_signer(void) {
    scmp_filter_ctx filter = begin();
    if (!filter)
        return ENOMEM;
    int error = allow(filter, EACH, ARRAY_COUNT(EACH));
    if (error == 0)
        error = allow_memory(filter, false);
    return end(filter, error);
}
