// What reports would count toward, by the server's own rules and what this device knows.
#ifndef CLIENT_CLIENT_COUNTING_H
#define CLIENT_CLIENT_COUNTING_H

#include "client_internal.h"
#include "counting/match.h"

// Own reports that are not yet acknowledged and stand.
struct client_pending {
    const Rond__V1__Report **reports;
    struct report_key *keys;
    size_t count;
};
struct client_counting {
    rond *r;
    struct arena scratch; // of one match
    Rond__V1__ReferenceEntry **areas, **zones, **places;
    size_t areas_count, zones_count, places_count;
    struct client_pending pending;
    Rond__V1__OpenAction **actions; // of the area, as came down last
    size_t actions_count;
};
// What it reads lives in the arena. Deinit in any case.
MUST_CHECK enum rond_err client_counting_load(struct client_counting *counting, rond *r, struct arena *arena);
void client_counting_deinit(struct client_counting *counting);

// Own pending reports that lie in a bucket of the commitment, whatever that still lacks.
uint64_t client_counting_pending(struct client_counting *counting, const Rond__V1__Promise *promise,
                                 const Rond__V1__Commitment *definition);

// One report that is not yet queued.
struct client_verdict {
    bool is_candidate; // else the commitment has nothing to do with it
    bool counted;
    bool waits; // its bucket still lacks something, which others may report
    enum counting_reason reason;
    bool added_known;
    uint64_t added; // by all own pending reports and this one
};
MUST_CHECK enum rond_err client_counting_try(struct client_counting *counting, const Rond__V1__Promise *promise,
                                             const Rond__V1__Commitment *definition, const Rond__V1__Report *report,
                                             struct arena *arena, struct client_verdict *ret_verdict);

#endif
