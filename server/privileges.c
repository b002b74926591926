// Before any thread: a user's id is each thread's own in the kernel's eyes.
#include "privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// With none in the bounding set, none comes back with an execve either.
static bool capabilities_drop(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
        (void)prctl(PR_CAPBSET_DROP, capability, 0, 0, 0); // refused in a container that has none to drop
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return syscall(SYS_capset, &header, none) == 0;
}

static bool become(uid_t user, gid_t group) {
    return setgroups(0, NULL) == 0 && setresgid(group, group, group) == 0 && setresuid(user, user, user) == 0 &&
           setuid(0) != 0; // there is no way back
}

enum rond_err privileges_leave_root(const char *data_dir, bool *ret_is_root, struct fault *fault) {
    struct stat owner;
    const char *told = getenv("ROND_AS_ROOT");
    *ret_is_root = false;
    if (geteuid() != 0 || stat(data_dir, &owner) != 0)
        return ROND_OK;
    if (owner.st_uid != 0)
        return become(owner.st_uid, owner.st_gid)
                   ? ROND_OK
                   : fault_set(fault, ROND_EAUTH, 0, "server.data_dir", "rondd cannot become user %u, who owns %.120s: %s.",
                               (unsigned)owner.st_uid, data_dir, strerror(errno));
    if (!told || strcmp(told, "1") != 0)
        return fault_set(
            fault, ROND_EAUTH, 0, "server.data_dir",
            "rondd does not run as root: give %.120s to a user of its own (chown -R rond:rond), or, for a trial, set "
            "ROND_AS_ROOT=1.",
            data_dir);
    *ret_is_root = true;
    return capabilities_drop() ? ROND_OK : fault_set(fault, ROND_EAUTH, 0, "", "root's capabilities cannot be given up.");
}
