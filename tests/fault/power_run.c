#include "fault/power_run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "support/test.h"

enum { LIVES_MAX = 4, SEEDS_LONG = 8 };

static char what[400], cut_text[160];

static bool wrong(const char **ret_what, const char *how, const char *detail, size_t step) {
    snprintf(what, sizeof what, "%s: %s (step %zu)", how, detail, step);
    *ret_what = what;
    return false;
}

static bool is_sound(const struct power_scenario *scenario, bool deeply, size_t step, const char **ret_what) {
    const char *fault = scenario->fault(scenario->context, deeply);
    return fault[0] == '\0' || wrong(ret_what, "unsound", fault, step);
}

static void disk_begin(const struct power_scenario *scenario, const struct power_device *device) {
    power_disk_format(device);
    if (scenario->image != NULL)
        power_disk_load(scenario->image);
}

bool power_run_begin(struct power_run *run, const struct power_scenario *scenario, const struct power_device *device,
                     const char **ret_what) {
    CHECK(scenario->steps <= POWER_STEPS_MAX);
    *run = (struct power_run){.scenario = scenario};
    disk_begin(scenario, device);
    power_disk_cut_at(0);
    bool holds = true;
    for (size_t i = 0; i <= scenario->steps && holds; i++) {
        enum rond_err err = i == 0 ? scenario->open(scenario->context) : scenario->step(scenario->context, i - 1);
        if (err != ROND_OK)
            holds = wrong(ret_what, "failed undisturbed", rond_err_name(err), i);
        else if ((holds = is_sound(scenario, true, i, ret_what)))
            scenario->digest(scenario->context, &run->after[i]);
    }
    scenario->close(scenario->context);
    run->operations = power_disk_operations();
    return holds;
}

// Which step comes next by what is there: *inout_step, or the one after it where that was under way.
static bool place_find(const struct power_run *run, bool was_under_way, size_t *inout_step, const char **ret_what) {
    struct hash256 now;
    if (!is_sound(run->scenario, false, *inout_step, ret_what))
        return false;
    run->scenario->digest(run->scenario->context, &now);
    if (hash256_equal(&now, &run->after[*inout_step]))
        return true;
    if (was_under_way && hash256_equal(&now, &run->after[*inout_step + 1])) {
        ++*inout_step;
        return true;
    }
    return wrong(ret_what, "after the cut", "what is there is neither what was there before nor after", *inout_step);
}

// From opening to the end or the next cut.
static bool live(const struct power_run *run, size_t *inout_step, bool *inout_under_way, const char **ret_what) {
    const struct power_scenario *scenario = run->scenario;
    enum rond_err err = scenario->open(scenario->context);
    if (power_disk_is_cut())
        return true;
    if (err != ROND_OK)
        return wrong(ret_what, "does not open", rond_err_name(err), *inout_step);
    if (!place_find(run, *inout_under_way, inout_step, ret_what))
        return false;
    *inout_under_way = false;
    while (*inout_step < scenario->steps) {
        err = scenario->step(scenario->context, *inout_step);
        *inout_under_way = err != ROND_OK;
        if (err != ROND_OK)
            return power_disk_is_cut() || wrong(ret_what, "failed", rond_err_name(err), *inout_step);
        ++*inout_step;
        if (power_disk_is_cut())
            return true;
    }
    return place_find(run, false, inout_step, ret_what);
}

bool power_run_cut(const struct power_run *run, const struct power_device *device, uint64_t first, uint64_t second,
                   uint64_t seed, const char **ret_what) {
    size_t step = 0;
    bool under_way = false, holds = true;
    snprintf(cut_text, sizeof cut_text, "cut at %llu, then at %llu, seed %llu, sectors of %zu%s", (unsigned long long)first,
             (unsigned long long)second, (unsigned long long)seed, device->sector_size,
             device->is_overwrite_safe ? "" : ", overwriting unsafe");
    disk_begin(run->scenario, device);
    power_disk_cut_at(first);
    for (unsigned life = 0; life < LIVES_MAX && holds; life++) {
        holds = live(run, &step, &under_way, ret_what);
        run->scenario->close(run->scenario->context);
        if (!power_disk_is_cut())
            return holds;
        power_disk_restart(seed + 7919 * life);
        power_disk_cut_at(life == 0 ? second : 0);
    }
    return holds && wrong(ret_what, "too many cuts", "", step);
}

// --- Many cuts ---

// What "unix" files claim comes first; a test without that claim, and with small sectors, belongs to it.
static const struct power_device DEVICES[] = {{4096, true}, {512, true}, {4096, false}, {512, false}};

static bool is_long(void) {
    const char *set = getenv("FAULT_LONG");
    return set != NULL && set[0] != '\0' && set[0] != '0';
}

// The address sanitizer makes each cut several times as expensive.
#ifdef __SANITIZE_ADDRESS__
enum { FEWER = 10 };
#else
enum { FEWER = 1 };
#endif

struct tally {
    uint64_t cuts, wrong;
};

static void cut(const struct power_run *run, size_t device, uint64_t first, uint64_t second, uint64_t seed,
                struct tally *tally) {
    const char *how = "";
    tally->cuts++;
    if (power_run_cut(run, &DEVICES[device], first, second, seed, &how))
        return;
    if (tally->wrong++ == 0)
        print_error("%s: %s\n", cut_text, how);
}

// Every operation or some of them, so that over the cuts every device and every eighth of the seeds has its turn.
static void cuts_of(const struct power_run *run, size_t device, const struct power_sample *sample, struct tally *tally) {
    uint64_t all = run->operations;
    uint64_t cuts_max = sample->cuts / FEWER;
    uint64_t stride = is_long() || all <= cuts_max ? 1 : all / cuts_max;
    for (uint64_t n = 1; n <= all; n += stride) {
        uint64_t seeds = is_long() ? SEEDS_LONG : 1;
        for (uint64_t seed = 0; seed < seeds; seed++)
            cut(run, device, n, 0, n + seed * 31, tally);
        uint64_t left = all - n, seconds = is_long() ? 2 * sample->seconds : sample->seconds;
        for (uint64_t i = 0; i < seconds; i++) // near the way back, where it is busiest, and further on
            cut(run, device, n, 1 + (i * i * 13 + n + i) % (i % 2 == 0 ? 12 : left + 1), n * 17 + i, tally);
    }
}

static void begin(struct power_run *run, const struct power_scenario *scenario, const struct power_device *device) {
    const char *how = "";
    snprintf(cut_text, sizeof cut_text, "undisturbed");
    if (!power_run_begin(run, scenario, device, &how))
        fail_msg("%s", how);
}

void power_run_all(const struct power_scenario *scenario, const struct power_sample *sample) {
    struct tally tally = {0};
    struct power_run run;
    for (size_t i = 0; i < ARRAY_COUNT(DEVICES); i++) {
        begin(&run, scenario, &DEVICES[i]);
        cuts_of(&run, i, sample, &tally);
    }
    print_message("%llu operations, %llu power cuts, %llu wrong\n", (unsigned long long)run.operations,
                  (unsigned long long)tally.cuts, (unsigned long long)tally.wrong);
    assert_true(tally.cuts > 0);
    assert_int_equal(tally.wrong, 0);
}

unsigned power_run_wrong(const struct power_scenario *scenario, uint64_t cuts) {
    struct power_run run;
    unsigned wrong_count = 0;
    begin(&run, scenario, &DEVICES[0]);
    for (uint64_t i = 0; i < cuts; i++) {
        const char *how = "";
        wrong_count += !power_run_cut(&run, &DEVICES[0], 1 + i * run.operations / cuts, 0, i, &how);
    }
    return wrong_count;
}

// --- Where the program dies, the cut under way is worth knowing ---

static void tell(int number) {
    (void)!write(STDERR_FILENO, cut_text, strlen(cut_text));
    (void)!write(STDERR_FILENO, "\n", 1);
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

void power_run_watch(void) {
    (void)signal(SIGABRT, tell);
}
