// The walls, from inside: a child takes the product's own functions in and then tries what somebody would who has taken over
// the process. Where the kernel has no Landlock, what it would keep out is not tried.
// Tests: server/sandbox.c server/sandbox_calls.c server/auth/seclusion.c server/privileges.c proto/base/process.c
#include "sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth/ca.h"
#include "auth/receipt_signer.h"
#include "auth/seclusion.h"
#include "base/clock.h"
#include "base/process.h"
#include "privileges.h"
#include "support/test.h"

static char house[32], data[64];
static uint16_t port_taken; // somebody listens there

static const char *in(const char *folder, const char *name) {
    static char paths[8][160];
    static size_t next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof *paths, "%s/%s", folder, name);
    return path;
}

static int set_up(void **state) {
    UNUSED(state);
    strcpy(house, "/tmp/rond-sandbox-XXXXXX");
    assert_non_null(mkdtemp(house));
    snprintf(data, sizeof data, "%s/data", house);
    assert_int_equal(mkdir(data, 0700), 0);
    assert_int_equal(mkdir(in(house, "tiles"), 0700), 0);
    int tile = open(in(house, "tiles/0"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(tile >= 0);
    close(tile);
    assert_ok(ca_create(data, "Test CA", rng_system(), INT64_C(1790000000000), NULL));
    return 0;
}

static int tear_down(void **state) {
    UNUSED(state);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", house);
    return system(command);
}

// --- In the child ---

static pid_t parent;
static struct sandbox_walls walls;

static bool may_open(const char *path, int flags) {
    int descriptor = open(path, flags, 0600);
    if (descriptor >= 0)
        close(descriptor);
    return descriptor >= 0;
}

static bool refused(bool done, int error) {
    return !done && errno == error;
}

static void *nothing(void *context) {
    return context;
}

// Its number where something is otherwise than it should be; 0: all is well.
#define EXPECT(condition)                                                                                                   \
    do {                                                                                                                    \
        errno = 0;                                                                                                          \
        if (!(condition)) {                                                                                                 \
            fprintf(stderr, "%s: errno %d\n", #condition, errno);                                                           \
            return 1;                                                                                                       \
        }                                                                                                                   \
    } while (0)

static int its_files_are_open_to_it_and_no_others(void) {
    EXPECT(may_open(in(data, "rond.db"), O_RDWR | O_CREAT));
    EXPECT(rename(in(data, "rond.db"), in(data, "rond.db-wal")) == 0);
    EXPECT(unlink(in(data, "rond.db-wal")) == 0);
    EXPECT(may_open(in(data, "ca.crt"), O_RDONLY));
    EXPECT(may_open("/usr/share/zoneinfo/Europe/Stockholm", O_RDONLY));
    EXPECT(may_open(in(house, "tiles/0"), O_RDONLY));
    if (walls.landlock_abi == 0)
        return 0;
    EXPECT(refused(may_open(in(data, "ca.key"), O_RDONLY), EACCES)); // by its link
    EXPECT(refused(may_open(in(data, "receipt.key"), O_RDONLY), EACCES));
    EXPECT(refused(may_open(in(house, "data-ca"), O_RDONLY | O_DIRECTORY), EACCES));
    EXPECT(refused(may_open("/etc/passwd", O_RDONLY), EACCES));
    EXPECT(refused(may_open("/proc/self/environ", O_RDONLY), EACCES));
    EXPECT(refused(may_open(in(house, "outside"), O_WRONLY | O_CREAT), EACCES));
    EXPECT(refused(may_open(in(house, "tiles/0"), O_WRONLY), EACCES));
    EXPECT(refused(may_open(in(house, "tiles/1"), O_WRONLY | O_CREAT), EACCES));
    EXPECT(refused(may_open("/usr/lib/rond-test", O_WRONLY | O_CREAT), EACCES));
    EXPECT(refused(symlink("/etc/passwd", in(data, "link")) == 0, EPERM)); // not on the list of calls
    EXPECT(refused(mkdir(in(data, "folder"), 0700) == 0, EACCES));
    EXPECT(refused(rename(in(data, "ca.crt"), in(house, "ca.crt")) == 0, walls.landlock_abi >= 2 ? EACCES : EXDEV));
    return 0;
}

static int no_program_is_run_and_no_process_begun(void) {
    char *const arguments[] = {(char *)(uintptr_t) "true", NULL};
    EXPECT(refused(execve("/usr/bin/true", arguments, arguments) == 0, EPERM));
    EXPECT(refused(syscall(SYS_execveat, AT_FDCWD, "/usr/bin/true", arguments, arguments, 0) == 0, EPERM));
    EXPECT(refused(fork() >= 0, EPERM));
    EXPECT(refused(syscall(SYS_clone3, NULL, 0) >= 0, ENOSYS));
    EXPECT(refused(unshare(CLONE_NEWUSER) == 0, EPERM));
    pthread_t thread;
    EXPECT(pthread_create(&thread, NULL, nothing, NULL) == 0); // threads are
    EXPECT(pthread_join(thread, NULL) == 0);
    return 0;
}

static int no_other_process_is_looked_into_or_signalled(void) {
    char byte;
    struct iovec here = {&byte, 1}, there = {&parent, 1};
    EXPECT(refused(ptrace(PTRACE_ATTACH, parent, NULL, NULL) == 0, EPERM));
    EXPECT(refused(process_vm_readv(parent, &here, 1, &there, 1, 0) >= 0, EPERM));
    EXPECT(refused(kill(parent, 0) == 0, EPERM));
    EXPECT(kill(getpid(), 0) == 0);
    EXPECT(refused(setpriority(PRIO_PROCESS, (id_t)parent, 10) == 0, EPERM));
    EXPECT(setpriority(PRIO_PROCESS, 0, 10) == 0); // its own
    EXPECT(refused(prctl(PR_SET_DUMPABLE, 1) == 0, EPERM)); // nor is it made visible itself
    return 0;
}

static int the_kernel_s_rarer_doors_are_shut(void) {
    static const long CALLS[] = {
        SYS_mount,       SYS_bpf,   SYS_keyctl, SYS_add_key, SYS_userfaultfd, SYS_perf_event_open, SYS_io_uring_setup,
        SYS_init_module, SYS_setns, SYS_chroot, SYS_setuid,  SYS_fchmodat,    SYS_memfd_create};
    for (size_t i = 0; i < ARRAY_COUNT(CALLS); i++)
        if (!refused(syscall(CALLS[i], 0, 0, 0, 0, 0) >= 0, EPERM)) {
            fprintf(stderr, "call %ld: errno %d\n", CALLS[i], errno);
            return 1;
        }
    EXPECT(refused(mmap(NULL, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED, EPERM));
    EXPECT(refused(socket(AF_NETLINK, SOCK_RAW, 0) >= 0, EPERM));
    EXPECT(refused(socket(AF_PACKET, SOCK_RAW, 0) >= 0, EPERM));
    return 0;
}

static int it_listens_and_connects_nowhere(void) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port_taken), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT(descriptor >= 0);
    EXPECT(refused(socket(AF_INET, SOCK_DGRAM, 0) >= 0, EPERM));
    EXPECT(refused(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0) >= 0, EPERM));
    EXPECT(socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) >= 0 || errno == EAFNOSUPPORT);
    if (walls.landlock_abi < 4)
        return 0;
    EXPECT(refused(connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0, EACCES));
    EXPECT(refused(bind(descriptor, (struct sockaddr *)&address, sizeof address) == 0, EACCES)); // another's port
    address.sin_port = 0;
    EXPECT(bind(descriptor, (struct sockaddr *)&address, sizeof address) == 0);
    EXPECT(listen(descriptor, 1) == 0);
    return 0;
}

static int the_signer_has_its_socket_and_no_file(void) {
    EXPECT(refused(may_open(in(data, "ca.crt"), O_RDONLY), EPERM));
    EXPECT(refused(may_open(in(data, "ca.key"), O_RDONLY), EPERM));
    EXPECT(refused(socket(AF_UNIX, SOCK_STREAM, 0) >= 0, EPERM));
    EXPECT(refused(kill(parent, 0) == 0, EPERM));
    EXPECT(refused(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED, EPERM));
    EXPECT(malloc(1024 * 1024) != NULL);
    return 0;
}

// --- In the parent ---

static int exit_of(pid_t pid) {
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void receipt_key_make(void) {
    struct ca *ca;
    struct receipt_signer *signer;
    assert_ok(ca_open(data, &ca, NULL));
    assert_ok(receipt_signer_open(data, ca, rng_system(), clock_wall_ms(clock_system()), &signer, NULL));
    receipt_signer_close(signer);
    ca_close(ca);
}

static void try_inside(int (*attempts)(void), bool is_signer) {
#ifdef ROND_WITHOUT_SANDBOX
    UNUSED(attempts);
    UNUSED(is_signer);
    skip();
#else
    receipt_key_make();
    assert_ok(seclusion_make(data, NULL));
    parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        const struct sandbox_config config = {.data_dir = data, .read = {in(house, "tiles")}, .ports_count = 1};
        enum rond_err err = is_signer ? sandbox_enter_signer(NULL) : sandbox_enter(&config, &walls, NULL);
        _exit(err != ROND_OK ? 99 : attempts());
    }
    assert_int_equal(exit_of(pid), 0);
#endif
}

static void the_server_has_its_own_files_and_not_the_ca_s_key(void **state) {
    UNUSED(state);
    try_inside(its_files_are_open_to_it_and_no_others, false);
}

static void the_server_runs_no_program(void **state) {
    UNUSED(state);
    try_inside(no_program_is_run_and_no_process_begun, false);
}

static void the_server_reaches_no_other_process(void **state) {
    UNUSED(state);
    try_inside(no_other_process_is_looked_into_or_signalled, false);
}

static void the_server_has_a_small_kernel(void **state) {
    UNUSED(state);
    try_inside(the_kernel_s_rarer_doors_are_shut, false);
}

static void the_server_calls_nobody(void **state) {
    UNUSED(state);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listening, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listening, 1), 0);
    assert_int_equal(getsockname(listening, (struct sockaddr *)&address, &size), 0);
    port_taken = ntohs(address.sin_port);
    try_inside(it_listens_and_connects_nowhere, false);
    close(listening);
}

static void the_signer_can_do_next_to_nothing(void **state) {
    UNUSED(state);
    try_inside(the_signer_has_its_socket_and_no_file, true);
}

// --- Where the key lies ---

static void the_ca_s_key_moves_out_of_the_data_directory_and_is_found_by_its_link(void **state) {
    UNUSED(state);
    struct ca *ca;
    struct stat status;
    struct hash256 before, after;
    assert_ok(ca_open(data, &ca, NULL));
    ca_spki_fingerprint(ca, &before);
    ca_close(ca);
    assert_false(seclusion_is_whole(data));
    assert_ok(seclusion_make(data, NULL));
    assert_true(seclusion_is_whole(data));
    assert_ok(seclusion_make(data, NULL)); // once more changes nothing
    assert_int_equal(lstat(in(data, "ca.key"), &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_int_equal(stat(in(data, "ca.key"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(stat(in(house, "data-ca"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    assert_ok(ca_open(data, &ca, NULL));
    ca_spki_fingerprint(ca, &after);
    ca_close(ca);
    assert_memory_equal(&before, &after, sizeof before);
}

static void the_key_of_receipts_goes_where_the_ca_s_lies(void **state) {
    UNUSED(state);
    struct stat status;
    receipt_key_make();
    assert_ok(seclusion_follow(data, NULL));
    assert_int_equal(lstat(in(data, "receipt.key"), &status), 0);
    assert_false(S_ISLNK(status.st_mode)); // as the CA's
    assert_ok(seclusion_make(data, NULL));
    assert_true(seclusion_is_whole(data));
    assert_int_equal(unlink(in(data, "receipt.key")), 0);
    assert_true(seclusion_is_whole(data)); // there is none
    receipt_key_make();
    assert_false(seclusion_is_whole(data));
    assert_ok(seclusion_follow(data, NULL));
    assert_true(seclusion_is_whole(data));
    assert_int_equal(lstat(in(data, "receipt.key"), &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    receipt_key_make(); // is found by its link
}

static void a_link_that_stays_within_the_data_directory_secludes_nothing(void **state) {
    UNUSED(state);
    assert_int_equal(rename(in(data, "ca.key"), in(data, "kept.key")), 0);
    assert_int_equal(symlink(in(data, "kept.key"), in(data, "ca.key")), 0);
    assert_false(seclusion_is_whole(data));
    assert_ok(seclusion_make(data, NULL));
    assert_true(seclusion_is_whole(data));
}

static void a_key_that_is_not_there_or_open_to_others_is_not_moved(void **state) {
    UNUSED(state);
    struct fault fault = {0};
    assert_int_equal(chmod(in(data, "ca.key"), 0644), 0);
    assert_err(ROND_EAUTH, seclusion_make(data, &fault));
    assert_int_equal(unlink(in(data, "ca.key")), 0);
    assert_err(ROND_ENOTFOUND, seclusion_make(data, &fault));
    assert_err(ROND_ENOTFOUND, seclusion_make("/tmp/rond-no-such-directory", &fault));
}

// --- Who it is ---

static int secrets_are_kept(void) {
    struct rlimit limit;
    process_keep_secrets();
    EXPECT(getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0);
#ifndef ROND_WITHOUT_SANDBOX
    EXPECT(prctl(PR_GET_DUMPABLE) == 0);
#endif
    return 0;
}

static void a_process_with_keys_dumps_no_core_and_cannot_be_attached_to(void **state) {
    UNUSED(state);
    pid_t pid = fork();
    if (pid == 0)
        _exit(secrets_are_kept());
    assert_int_equal(exit_of(pid), 0);
}

static int root_becomes_the_owner(void) {
    bool is_root = true;
    EXPECT(chown(data, 4711, 4712) == 0);
    EXPECT(privileges_leave_root(data, &is_root, NULL) == ROND_OK && !is_root);
    EXPECT(getuid() == 4711 && geteuid() == 4711 && getgid() == 4712 && getgroups(0, NULL) == 0);
    EXPECT(setuid(0) != 0);
    EXPECT(!may_open("/etc/shadow", O_RDONLY));
    return 0;
}

static int root_s_own_data_directory_is_refused_unless_told(void) {
    struct fault fault = {0};
    bool is_root = false;
    unsetenv("ROND_AS_ROOT");
    EXPECT(privileges_leave_root(data, &is_root, &fault) == ROND_EAUTH &&
           strstr(fault.text, "does not run as root") != NULL);
    EXPECT(privileges_leave_root("/tmp/rond-no-such-directory", &is_root, &fault) == ROND_OK);
    setenv("ROND_AS_ROOT", "1", 1);
    EXPECT(privileges_leave_root(data, &is_root, &fault) == ROND_OK && is_root);
    EXPECT(refused(chroot("/") == 0, EPERM)); // root by name alone
    return 0;
}

static void as_root(int (*attempts)(void)) {
    if (geteuid() != 0)
        skip();
    pid_t pid = fork();
    if (pid == 0)
        _exit(attempts());
    assert_int_equal(exit_of(pid), 0);
}

static void started_by_root_it_becomes_the_owner_of_the_data_directory_for_good(void **state) {
    UNUSED(state);
    as_root(root_becomes_the_owner);
}

static void it_does_not_run_as_root_unless_told_and_then_without_capabilities(void **state) {
    UNUSED(state);
    as_root(root_s_own_data_directory_is_refused_unless_told);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_server_has_its_own_files_and_not_the_ca_s_key),
        TEST(the_server_runs_no_program),
        TEST(the_server_reaches_no_other_process),
        TEST(the_server_has_a_small_kernel),
        TEST(the_server_calls_nobody),
        TEST(the_signer_can_do_next_to_nothing),
        TEST(the_ca_s_key_moves_out_of_the_data_directory_and_is_found_by_its_link),
        TEST(the_key_of_receipts_goes_where_the_ca_s_lies),
        TEST(a_link_that_stays_within_the_data_directory_secludes_nothing),
        TEST(a_key_that_is_not_there_or_open_to_others_is_not_moved),
        TEST(a_process_with_keys_dumps_no_core_and_cannot_be_attached_to),
        TEST(started_by_root_it_becomes_the_owner_of_the_data_directory_for_good),
        TEST(it_does_not_run_as_root_unless_told_and_then_without_capabilities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
