#include "fault/fault_loop.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"

enum { RUN_S_MAX = 240, ERRORS = 16, WRONG_SHOWN = 5 };

// What a run tells its parent.
struct outcome {
    uint64_t calls;
    enum rond_err err;
    bool is_checked, was_read, was_lock;
    char struck[24];
    char wrong[400];
};

static struct outcome *outcome;
static char root[64];

// --- Folders ---

static int remove_one(const char *path, const struct stat *status, int flag, struct FTW *position) {
    (void)status, (void)flag, (void)position;
    return remove(path);
}

void fault_folder_remove(const char *path) {
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static char copy_from[512], copy_to[512];

static int copy_one(const char *path, const struct stat *status, int flag, struct FTW *position) {
    char to[1024], part[16384];
    (void)position;
    snprintf(to, sizeof to, "%s%s", copy_to, path + strlen(copy_from));
    if (flag == FTW_D)
        return mkdir(to, status->st_mode & 0777);
    if (flag == FTW_SL) {
        ssize_t size = readlink(path, part, sizeof part - 1);
        CHECK(size > 0);
        part[size] = '\0';
        return symlink(part, to);
    }
    FILE *in = fopen(path, "re"), *out = fopen(to, "we");
    CHECK(in != NULL && out != NULL);
    for (size_t size; (size = fread(part, 1, sizeof part, in)) > 0;)
        CHECK(fwrite(part, 1, size, out) == size);
    CHECK(fclose(out) == 0 && chmod(to, status->st_mode & 0777) == 0);
    fclose(in);
    return 0;
}

void fault_folder_copy(const char *from, const char *to) {
    snprintf(copy_from, sizeof copy_from, "%s", from);
    snprintf(copy_to, sizeof copy_to, "%s", to);
    CHECK(nftw(from, copy_one, 16, FTW_PHYS) == 0);
}

// --- One run ---

static _Noreturn void run_in_child(const struct fault_scenario *scenario, const char *directory,
                                   const struct fault_plan *plan) {
    alarm(RUN_S_MAX);
    if (scenario->prepared != NULL)
        fault_folder_copy(scenario->prepared, directory);
    failing_calls_arm(plan);
    enum rond_err err = scenario->run(scenario->context, directory);
    outcome->calls = failing_calls_disarm();
    outcome->err = err;
    outcome->was_read = failing_calls_struck_a_read();
    outcome->was_lock = failing_calls_struck_a_lock();
    snprintf(outcome->struck, sizeof outcome->struck, "%s", failing_calls_struck());
    const char *wrong = scenario->check(scenario->context, directory, err);
    snprintf(outcome->wrong, sizeof outcome->wrong, "%s", wrong);
    outcome->is_checked = true;
    exit(0); // by way of the leak checker
}

static void run_once(const struct fault_scenario *scenario, const struct fault_plan *plan) {
    char directory[96];
    int status = 0;
    memset(outcome, 0, sizeof *outcome);
    snprintf(directory, sizeof directory, "%s/run", root);
    (void)fflush(NULL);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0)
        run_in_child(scenario, directory, plan);
    CHECK(waitpid(child, &status, 0) == child);
    fault_folder_remove(directory);
    if (WIFSIGNALED(status))
        snprintf(outcome->wrong, sizeof outcome->wrong, "%s", strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) != 0)
        snprintf(outcome->wrong, sizeof outcome->wrong, "exit %d", WEXITSTATUS(status));
    else if (!outcome->is_checked)
        snprintf(outcome->wrong, sizeof outcome->wrong, "it ended without an answer");
}

// Libraries look things up at their first use and keep them. OpenSSL 3.0 keeps even that it found nothing where there was
// no memory to look, for as long as the process lives; so all of it is used once before anything fails.
static void warm_up(const struct fault_scenario *scenario) {
    char directory[96];
    snprintf(directory, sizeof directory, "%s/warm", root);
    if (scenario->prepared != NULL)
        fault_folder_copy(scenario->prepared, directory);
    enum rond_err err = scenario->run(scenario->context, directory);
    const char *wrong = scenario->check(scenario->context, directory, err);
    if (err != ROND_OK || wrong[0] != '\0')
        fail_msg("%s, undisturbed: '%s' %s", scenario->name, rond_err_name(err), wrong);
    fault_folder_remove(directory);
}

// --- The loop ---

struct loop {
    const struct fault_scenario *scenario;
    uint64_t sample, runs, wrong;
    uint64_t answers[ERRORS];
};

static bool is_long(void) {
    const char *set = getenv("FAULT_LONG");
    return set != NULL && set[0] != '\0' && set[0] != '0';
}

// No memory is no memory, and a full disk full; what must not fail for want of room says so as a failure. A page that
// cannot be read is damaged for SQLite, and a lock that cannot be had is another's.
static bool fits(enum rond_err err, const struct fault_plan *plan) {
    if (err == ROND_OK)
        return true;
    if (plan->class == FAULT_MEMORY)
        return err == ROND_ENOMEM;
    if (err == ROND_EAGAIN || err == ROND_ECONFLICT)
        return outcome->was_lock;
    return err == ROND_EIO || (err == ROND_EFULL && plan->how != FAULT_IO) || (err == ROND_ECORRUPT && outcome->was_read);
}

static void show(const struct loop *loop, const struct fault_plan *plan) {
    static const char *const hows[] = {"EIO", "ENOSPC", "half"};
    print_error("%s: %s %llu%s%s%s (%s) answered '%s': %s\n", loop->scenario->name,
                plan->class == FAULT_MEMORY ? "allocation" : "file operation", (unsigned long long)plan->at,
                plan->stays ? " and all after it" : "", plan->class == FAULT_MEMORY ? "" : " with ",
                plan->class == FAULT_MEMORY ? "" : hows[plan->how], outcome->struck, rond_err_name(outcome->err),
                outcome->wrong);
}

static void try_one(struct loop *loop, const struct fault_plan *plan) {
    run_once(loop->scenario, plan);
    if (outcome->wrong[0] == '\0' && !loop->scenario->may_end_otherwise && !fits(outcome->err, plan))
        snprintf(outcome->wrong, sizeof outcome->wrong, "that is not what failed");
    loop->runs++;
    loop->answers[outcome->err % ERRORS]++;
    if (outcome->wrong[0] == '\0')
        return;
    if (loop->wrong++ < WRONG_SHOWN || is_long())
        show(loop, plan);
}

static uint64_t calls_of(const struct loop *loop, enum fault_class class) {
    const struct fault_plan none = {.class = class};
    run_once(loop->scenario, &none);
    if (outcome->wrong[0] != '\0' || outcome->err != ROND_OK)
        fail_msg("%s, undisturbed: '%s' %s", loop->scenario->name, rond_err_name(outcome->err), outcome->wrong);
    return outcome->calls;
}

// Samples of different kinds fall on different calls.
static void try_all(struct loop *loop, struct fault_plan plan, uint64_t calls) {
    uint64_t stride = is_long() || calls <= loop->sample ? 1 : calls / loop->sample;
    uint64_t first = 1 + (stride > 1 ? (2 * (uint64_t)plan.how + plan.stays) * stride / 6 : 0);
    for (plan.at = first; plan.at <= calls; plan.at += stride)
        try_one(loop, &plan);
}

static void tell(const struct loop *loop, uint64_t allocations, uint64_t operations) {
    print_message("%s: %llu allocations, %llu file operations, %llu runs:", loop->scenario->name,
                  (unsigned long long)allocations, (unsigned long long)operations, (unsigned long long)loop->runs);
    for (size_t i = 0; i < ERRORS; i++)
        if (loop->answers[i] > 0)
            print_message(" %llu %s", (unsigned long long)loop->answers[i], rond_err_name((enum rond_err)i));
    print_message(", %llu wrong\n", (unsigned long long)loop->wrong);
}

static void begin(void) {
    snprintf(root, sizeof root, "/tmp/rond-fault-XXXXXX");
    CHECK(mkdtemp(root) != NULL);
    outcome = mmap(NULL, sizeof *outcome, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(outcome != MAP_FAILED);
}

// One by hand: FAULT_ONLY="memory 17", "memory 17 stays", "file 5 full stays".
static bool only(struct fault_plan *ret_plan) {
    const char *text = getenv("FAULT_ONLY");
    unsigned long long at = 0;
    if (text == NULL || sscanf(text, "%*s %llu", &at) != 1)
        return false;
    *ret_plan = (struct fault_plan){.class = text[0] == 'm' ? FAULT_MEMORY : FAULT_FILE,
                                    .at = at,
                                    .stays = strstr(text, "stays") != NULL,
                                    .how = strstr(text, "full") != NULL   ? FAULT_FULL
                                           : strstr(text, "half") != NULL ? FAULT_SHORT
                                                                          : FAULT_IO};
    return true;
}

// FAULT_SAMPLE=n: another sample than the test's own. A process costs several times as much under the address sanitizer.
static uint64_t sample_of(uint64_t sample) {
    const char *set = getenv("FAULT_SAMPLE");
#ifdef __SANITIZE_ADDRESS__
    sample = sample / 8 + 1;
#endif
    return set != NULL ? strtoull(set, NULL, 10) : sample;
}

void fault_loop(const struct fault_scenario *scenario, uint64_t sample) {
    struct loop loop = {.scenario = scenario, .sample = sample_of(sample)};
    struct fault_plan plan;
    begin();
    warm_up(scenario);
    if (only(&plan)) {
        try_one(&loop, &plan);
        show(&loop, &plan);
    } else {
        uint64_t allocations = calls_of(&loop, FAULT_MEMORY), operations = calls_of(&loop, FAULT_FILE);
        for (int stays = 0; stays < 2; stays++) {
            try_all(&loop, (struct fault_plan){.class = FAULT_MEMORY, .stays = stays}, allocations);
            for (int how = FAULT_IO; how <= FAULT_SHORT - stays; how++)
                try_all(&loop, (struct fault_plan){.class = FAULT_FILE, .how = (enum fault_how)how, .stays = stays},
                        operations);
        }
        tell(&loop, allocations, operations);
    }
    fault_folder_remove(root);
    (void)munmap(outcome, sizeof *outcome);
    assert_true(loop.runs > 0);
    assert_int_equal(loop.wrong, 0);
}
