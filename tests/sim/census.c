#include "sim/census.h"

#include "base/check.h"
#include "device.h"
#include "sync/session.h"
#include "wire/codes.h"

static const char *const fault_names[] = {
#define SIM_FAULT_NAME(name, chance, mean_s, text) #name,
    SIM_FAULTS(SIM_FAULT_NAME)
#undef SIM_FAULT_NAME
};
static const char *const fault_texts[] = {
#define SIM_FAULT_TEXT(name, chance, mean_s, text) text,
    SIM_FAULTS(SIM_FAULT_TEXT)
#undef SIM_FAULT_TEXT
};

const char *fault_name(enum fault_kind fault) {
    return fault_names[fault];
}

// What the seeds are made to meet; other codes may occur.
static const unsigned codes_expected[] = {CODE_REPORT_UNREADABLE, CODE_REPORT_INVALID, CODE_ROLE_NOT_ENROLLED,
                                          CODE_AREA_UNKNOWN,      CODE_PLACE_UNKNOWN,  CODE_TERM_UNKNOWN,
                                          CODE_TIME_IMPLAUSIBLE,  CODE_DEVICE_RETIRED, CODE_ORGANISATION_UNKNOWN,
                                          CODE_REPORT_SCHEMA,     CODE_KIND_UNKNOWN};
static const unsigned refusals_expected[] = {CODE_FRAME_MALFORMED, CODE_FRAME_UNKNOWN, CODE_STORE_FULL, CODE_STORE_FAILED,
                                             CODE_DRAINING,        CODE_SUPERSEDED,    CODE_IDLE,       CODE_DEVICE_REVOKED,
                                             CODE_BATCH_SIGNATURE};

static void line(FILE *to, const char *what, uint64_t count, const char *text) {
    fprintf(to, "  %-26s %12llu  %s\n", what, (unsigned long long)count, text);
}

// --- State transitions ---

struct machine {
    const struct state_table *table;
    const struct state_census *census;
};

static void transitions_print(const struct machine *machine, FILE *to) {
    fprintf(to, "%s states\n", machine->table->machine);
    for (unsigned from = 0; from < machine->table->count; from++)
        for (unsigned next = 0; next < machine->table->count; next++)
            if (machine->table->successors[from] & STATE_BIT(next))
                fprintf(to, "  %-12s -> %-10s %12llu\n", machine->table->names[from], machine->table->names[next],
                        (unsigned long long)machine->census->taken[from][next]);
}

static bool transitions_complete(const struct machine *machine, FILE *to) {
    bool complete = true;
    for (unsigned from = 0; from < machine->table->count; from++)
        for (unsigned next = 0; next < machine->table->count; next++)
            if ((machine->table->successors[from] & STATE_BIT(next)) && machine->census->taken[from][next] == 0) {
                fprintf(to, "never happened: %s %s -> %s\n", machine->table->machine, machine->table->names[from],
                        machine->table->names[next]);
                complete = false;
            }
    return complete;
}

// --- All of it ---

// It is counts and nothing else, of which one is a maximum.
void census_add(struct census *to, const struct census *from) {
    _Static_assert(sizeof *to % sizeof(uint64_t) == 0, "counts alone");
    uint64_t largest = to->group_largest > from->group_largest ? to->group_largest : from->group_largest;
    uint64_t *sums = (uint64_t *)(void *)to;
    const uint64_t *counts = (const uint64_t *)(const void *)from;
    for (size_t i = 0; i < sizeof *to / sizeof *sums; i++)
        sums[i] += counts[i];
    to->group_largest = largest;
}

void census_print(const struct census *census, FILE *to) {
    fprintf(to, "faults\n");
    for (int i = 0; i < FAULT_COUNT; i++)
        line(to, fault_names[i], census->faults[i], fault_texts[i]);
    fprintf(to, "verdicts\n");
    line(to, "reports queued", census->reports, "");
    line(to, "applied", census->applied, "");
    for (unsigned code = 1; code < CENSUS_CODES; code++)
        if (census->exceptions[code] > 0)
            line(to, wire_code_name(code), census->exceptions[code], "quarantined, as told to the device");
    line(to, "repeated", census->repeated, "sent again, found there");
    line(to, "forked", census->forked, "kept under their own key");
    line(to, "lost, unreadable", census->lost_unreadable, "declarations");
    line(to, "lost, expired", census->lost_expired, "declarations");
    fprintf(to, "frames\n");
    for (unsigned kind = 1; kind < CENSUS_FRAMES; kind++)
        if (census->frames[kind] > 0)
            line(to, flow_frame_name((Rond__V1__Frame__KindCase)kind), census->frames[kind], "");
    for (unsigned kind = 1; kind < CENSUS_FRAMES; kind++)
        if (census->cut_inside[kind] > 0)
            line(to, flow_frame_name((Rond__V1__Frame__KindCase)kind), census->cut_inside[kind], "cut inside");
    line(to, "open actions", census->actions, "taken in");
    line(to, "weekly summaries", census->summaries, "taken in");
    line(to, "weeks said", census->weeks_said, "Hellos that name a summary");
    fprintf(to, "refusals\n");
    for (unsigned code = 1; code < CENSUS_CODES; code++)
        if (census->refusals[code] > 0)
            line(to, wire_code_name(code), census->refusals[code], "");
    transitions_print(&(struct machine){device_state_table(), &census->device}, to);
    transitions_print(&(struct machine){session_state_table(), &census->session}, to);
    fprintf(to, "stores, disks, commands\n");
    line(to, "stores on disk", census->on_disk, "seeds");
    line(to, "clock changes", census->clock_changes, "seeds around one");
    line(to, "power cuts", census->power_cuts, "of a server with a disk");
    line(to, "power cuts in a commit", census->cuts_in_commit, "");
    line(to, "queueing refused", census->queueing_refused, "and said so");
    line(to, "disk failures", census->disk_failures, "of a device while it synced");
    line(to, "commands carried out", census->commands[true], "");
    line(to, "commands refused", census->commands[false], "or lost with their group");
    line(to, "groups committed", census->groups, "");
    line(to, "submissions in the largest", census->group_largest, "");
}

static bool seen(uint64_t count, const char *kind, const char *name, FILE *to) {
    if (count == 0)
        fprintf(to, "never happened: %s %s\n", kind, name);
    return count > 0;
}

bool census_is_complete(const struct census *census, FILE *to) {
    bool complete = true;
    for (int i = 0; i < FAULT_COUNT; i++)
        complete &= seen(census->faults[i], "fault", fault_names[i], to);
    for (size_t i = 0; i < ARRAY_COUNT(codes_expected); i++)
        complete &= seen(census->exceptions[codes_expected[i]], "verdict", wire_code_name(codes_expected[i]), to);
    for (size_t i = 0; i < ARRAY_COUNT(refusals_expected); i++)
        complete &= seen(census->refusals[refusals_expected[i]], "refusal", wire_code_name(refusals_expected[i]), to);
    for (unsigned kind = ROND__V1__FRAME__KIND_HELLO; kind <= ROND__V1__FRAME__KIND_RECEIVED; kind++)
        complete &= seen(census->frames[kind], "frame", flow_frame_name((Rond__V1__Frame__KindCase)kind), to);
    complete &= seen(census->applied, "verdict", "applied", to);
    complete &= seen(census->repeated, "verdict", "repeated", to);
    complete &= seen(census->forked, "verdict", "forked", to);
    complete &= seen(census->lost_unreadable, "lost", "unreadable", to);
    complete &= seen(census->lost_expired, "lost", "expired", to);
    complete &= seen(census->actions, "feedback", "open action", to);
    complete &= seen(census->summaries, "feedback", "weekly summary", to);
    complete &= seen(census->weeks_said, "hello", "summary week", to);
    for (unsigned kind = ROND__V1__FRAME__KIND_HELLO; kind <= ROND__V1__FRAME__KIND_RECEIVED; kind++)
        complete &= seen(census->cut_inside[kind], "cut inside", flow_frame_name((Rond__V1__Frame__KindCase)kind), to);
    complete &= seen(census->on_disk, "store", "on disk", to);
    complete &= seen(census->clock_changes, "world", "clock change", to);
    complete &= seen(census->power_cuts, "power cut", "of a server", to);
    complete &= seen(census->cuts_in_commit, "power cut", "in a commit", to);
    complete &= seen(census->queueing_refused, "disk", "queueing refused", to);
    complete &= seen(census->disk_failures, "disk", "failure while syncing", to);
    complete &= seen(census->commands[true], "command", "carried out", to);
    complete &= transitions_complete(&(struct machine){device_state_table(), &census->device}, to);
    complete &= transitions_complete(&(struct machine){session_state_table(), &census->session}, to);
    return complete;
}
