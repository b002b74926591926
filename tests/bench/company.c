#include "bench/company.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

enum { STEPS_AT_ONCE = 10000 };

struct member {
    pthread_t thread;
    const struct company *company;
    size_t index;
    struct visitor visitor;
    struct company_answers answers;
    uint64_t computed;
};

struct company {
    atomic_bool may_leave;
    bool visits;
    size_t count;
    struct member members[];
};

// What the pages ask: the ledger, a commitment's evidence, the devices, duplicates to decide, the map of a month that the
// fleet's reports lie in. Without the ETag of the last answer, which would spare the answer but not the question.
static void *keep_looking(void *context) {
    static const char *const paths[] = {
        "/api/v1/progress",
        "/api/v1/commitments/lund-2015-trafik/cykel/evidence?order=newest&limit=100",
        "/api/v1/devices?limit=100",
        "/api/v1/joins?limit=100",
        "/api/v1/map?from=2015-06-01&to=2015-06-30",
    };
    struct member *member = context;
    for (size_t i = member->index; !atomic_load(&member->company->may_leave); i++) {
        unsigned status = visitor_get(&member->visitor, paths[i % ARRAY_COUNT(paths)]);
        member->answers.asked++;
        if (status != 200) {
            member->answers.refused++;
            member->answers.last_refusal = status;
        }
    }
    return NULL;
}

static void *keep_computing(void *context) {
    struct member *member = context;
    uint64_t number = member->index + 1;
    while (!atomic_load(&member->company->may_leave))
        for (size_t i = 0; i < STEPS_AT_ONCE; i++) {
            number ^= number << 13;
            number ^= number >> 7;
            number ^= number << 17;
        }
    member->computed = number; // so that it is not left out
    return NULL;
}

static struct company *company_of(size_t count, const struct visitor *logged_in, void *(*run)(void *)) {
    struct company *company = calloc(1, sizeof *company + count * sizeof *company->members);
    CHECK(company != NULL);
    company->count = count;
    company->visits = logged_in != NULL;
    for (size_t i = 0; i < count; i++) {
        struct member *member = &company->members[i];
        member->company = company;
        member->index = i;
        if (logged_in)
            visitor_open(&member->visitor, logged_in);
    }
    for (size_t i = 0; i < count; i++) {
        int failure = pthread_create(&company->members[i].thread, NULL, run, &company->members[i]);
        if (failure)
            bench_fail("a thread: %s", strerror(failure));
    }
    return company;
}

struct company *company_visitors(const struct visitor *logged_in, size_t count) {
    return company_of(count, logged_in, keep_looking);
}

struct company *company_computing(size_t count) {
    return company_of(count, NULL, keep_computing);
}

struct company_answers company_leave(struct company *take_company) {
    struct company_answers all = {0};
    atomic_store(&take_company->may_leave, true);
    for (size_t i = 0; i < take_company->count; i++) {
        struct member *member = &take_company->members[i];
        (void)pthread_join(member->thread, NULL);
        all.asked += member->answers.asked;
        all.refused += member->answers.refused;
        if (member->answers.refused > 0)
            all.last_refusal = member->answers.last_refusal;
        if (take_company->visits)
            visitor_close(&member->visitor);
    }
    free(take_company);
    return all;
}
