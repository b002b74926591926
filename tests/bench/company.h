// What keeps the machine busy beside a measurement: people who look at pages all the time, or, to tell what that costs by
// the processors it takes from what it costs by what is asked, threads that compute and touch nothing of the server's.
#ifndef BENCH_COMPANY_H
#define BENCH_COMPANY_H

#include "bench/visitor.h"

struct company;
struct company_answers {
    size_t asked;
    size_t refused;        // of them answered by anything but 200, or by nothing
    unsigned last_refusal; // one such status; 0: the connection ended
};

// They begin before this returns, and go on until they leave.
struct company *company_visitors(const struct visitor *logged_in, size_t count);
struct company *company_computing(size_t count);
// Waits for all of them; what the visitors were answered.
struct company_answers company_leave(struct company *take_company);

#endif
