// Valid reports to test with: Lund, May 2015.
#ifndef TESTS_SUPPORT_REPORT_SAMPLES_H
#define TESTS_SUPPORT_REPORT_SAMPLES_H

#include "wire/codec.h"

enum { SAMPLE_START_S = 1431086400 }; // 2015-05-08T12:00:00Z, a Friday

// All fine by report_check. The same (kind, variant) gives the same report; a variant is one hour later than the one
// before, at the next of the four places lund-c-stationen, bangatan, clemenstorget, stortorget, and counts one more.
// A patrol lasts one hour, anything else half an hour. May be changed by the test; never NULL (fails the test instead).
Rond__V1__Report *sample_report(struct arena *arena, Rond__V1__Kind kind, unsigned variant);
// Withdraws the report named; claimed an hour after SAMPLE_START_S.
Rond__V1__Report *sample_withdrawal(struct arena *arena, const struct id128 *device, const struct id128 *outbox,
                                    uint64_t seq);
// Names a report: for corrects, or a finding looked at again.
Rond__V1__Identity *sample_identity(struct arena *arena, const struct id128 *device, const struct id128 *outbox,
                                    uint64_t seq);

// The same as bytes, in the arena.
struct record sample_record(struct arena *arena, Rond__V1__Kind kind, unsigned variant);
struct record record_of_report(struct arena *arena, const Rond__V1__Report *report);

#endif
