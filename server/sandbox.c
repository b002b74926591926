// Landlock's numbers are given here where Debian 12's header is older than the kernel: an older kernel is asked for less.
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/check.h"
#include "sandbox_calls.h"

#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#define ACCESS_FS_TRUNCATE (1ULL << 14)
#define ACCESS_FS_IOCTL_DEV (1ULL << 15)
#define ACCESS_NET_BIND_TCP (1ULL << 0)
#define ACCESS_NET_CONNECT_TCP (1ULL << 1)
#define ALL_OF_ABI_1 ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

enum { RULE_NET_PORT = 2 };

// As the kernel knows it since ABI 4; one that is older takes the first field alone.
struct ruleset {
    uint64_t fs, net;
};
struct net_rule {
    uint64_t allowed, port;
};

#ifndef ROND_WITHOUT_SANDBOX

static enum rond_err failed(const char *what, struct fault *fault) {
    return fault_set(fault, ROND_EIO, 0, "", "The process cannot confine itself (%s): %s.", what, strerror(errno));
}

static int landlock_abi(void) {
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return abi < 0 ? 0 : (int)abi;
}

static uint64_t fs_rights(int abi) {
    return ALL_OF_ABI_1 | (abi >= 2 ? LANDLOCK_ACCESS_FS_REFER : 0) | (abi >= 3 ? ACCESS_FS_TRUNCATE : 0) |
           (abi >= 5 ? ACCESS_FS_IOCTL_DEV : 0);
}

// What is not there needs no rule. Rights of directories are none of a file's.
static bool allow_path(int ruleset, uint64_t handled, const char *path, uint64_t rights) {
    const uint64_t of_files = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_FS_TRUNCATE;
    struct stat status;
    int descriptor = open(path, O_PATH | O_CLOEXEC);
    if (descriptor < 0)
        return errno == ENOENT;
    bool is_directory = fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode);
    struct landlock_path_beneath_attr rule = {.allowed_access = rights & handled & (is_directory ? ~UINT64_C(0) : of_files),
                                              .parent_fd = descriptor};
    bool added = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
    (void)close(descriptor);
    return added;
}

// The directory in which it is made and replaced.
static bool allow_socket(int ruleset, uint64_t handled, const char *path) {
    char directory[4096];
    const char *slash = path ? strrchr(path, '/') : NULL;
    if (!slash)
        return true;
    (void)snprintf(directory, sizeof directory, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    return allow_path(ruleset, handled, directory, LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE);
}

static bool allow_paths(int ruleset, uint64_t handled, const struct sandbox_config *config) {
    static const char *const READ[] = {"/usr/lib", "/usr/share/zoneinfo", "/lib",        "/lib64", "/etc/ld.so.cache",
                                       "/etc/ssl", "/etc/localtime",      "/dev/urandom"};
    const uint64_t reading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
    const uint64_t writing = reading | LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_MAKE_REG |
                             LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE;
    bool allowed = allow_path(ruleset, handled, config->data_dir, writing) && allow_socket(ruleset, handled, config->socket_path) &&
                   allow_path(ruleset, handled, "/dev/null", LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE);
    for (size_t i = 0; i < ARRAY_COUNT(READ); i++)
        allowed = allowed && allow_path(ruleset, handled, READ[i], reading);
    for (size_t i = 0; i < ARRAY_COUNT(config->read); i++)
        if (config->read[i] && config->read[i][0] != '\0')
            allowed = allowed && allow_path(ruleset, handled, config->read[i], LANDLOCK_ACCESS_FS_READ_FILE);
    return allowed;
}

static bool allow_ports(int ruleset, const uint16_t *ports, size_t count) {
    bool allowed = true;
    for (size_t i = 0; i < count; i++) {
        struct net_rule rule = {.allowed = ACCESS_NET_BIND_TCP, .port = ports[i]};
        allowed = allowed && syscall(SYS_landlock_add_rule, ruleset, RULE_NET_PORT, &rule, 0) == 0;
    }
    return allowed;
}

// config NULL: nothing is allowed.
static enum rond_err landlock_enter(const struct sandbox_config *config, int *ret_abi, struct fault *fault) {
    int abi = landlock_abi();
    struct ruleset rights = {.fs = fs_rights(abi), .net = abi >= 4 ? ACCESS_NET_BIND_TCP | ACCESS_NET_CONNECT_TCP : 0};
    size_t size = abi >= 4 ? sizeof rights : sizeof rights.fs;
    *ret_abi = abi;
    if (abi == 0)
        return ROND_OK;
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &rights, size, 0);
    if (ruleset < 0)
        return failed("Landlock", fault);
    bool entered = (!config || allow_paths(ruleset, rights.fs, config)) &&
                   (!config || abi < 4 || allow_ports(ruleset, config->ports, config->ports_count)) &&
                   syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    enum rond_err err = entered ? ROND_OK : failed("Landlock", fault);
    (void)close(ruleset);
    return err;
}

static enum rond_err enter(const struct sandbox_config *config, struct sandbox_walls *ret_walls, struct fault *fault) {
    struct sandbox_walls walls = {0};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return failed("no new privileges", fault);
    enum rond_err err = landlock_enter(config, &walls.landlock_abi, fault);
    if (err)
        return err;
    int error = config ? sandbox_calls_of_server(config->signer) : sandbox_calls_of_signer();
    walls.seccomp = error == 0;
    errno = error;
    if (error != 0 && error != EINVAL && error != ENOSYS) // which say that this kernel has no filters
        return failed("seccomp", fault);
    *ret_walls = walls;
    return ROND_OK;
}

#else

static enum rond_err enter(const struct sandbox_config *config, struct sandbox_walls *ret_walls, struct fault *fault) {
    UNUSED(config);
    UNUSED(fault);
    *ret_walls = (struct sandbox_walls){0};
    return ROND_OK;
}

#endif

enum rond_err sandbox_enter(const struct sandbox_config *config, struct sandbox_walls *ret_walls, struct fault *fault) {
    return enter(config, ret_walls, fault);
}

enum rond_err sandbox_enter_signer(struct fault *fault) {
    struct sandbox_walls walls;
    return enter(NULL, &walls, fault);
}
