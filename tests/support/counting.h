// Promises and reports made by hand, for the tests of counting. All memory is the arena's; a failure aborts.
#ifndef SUPPORT_COUNTING_H
#define SUPPORT_COUNTING_H

#include "counting/fold.h"
#include "support/stockholm.h"

// "lund-2015" of area "lund", 2015-01-01..2015-12-31, parties polisen, lunds-kommun, jernhusen, with this one commitment.
Rond__V1__Promise *a_promise(struct arena *arena, Rond__V1__Commitment *commitment);
// Id "c1", with an own empty filter of the kind.
Rond__V1__Commitment *a_commitment(struct arena *arena, Rond__V1__Measure measure, Rond__V1__Kind kind);
Rond__V1__Filter *a_filter(struct arena *arena, Rond__V1__Kind kind);
// Seven days of the week as text, "fri sat"; times as "20:00".
void add_window(struct arena *arena, Rond__V1__Commitment *commitment, const char *place, const char *days, const char *from,
                const char *to, unsigned minutes);
// Words separated by blanks.
char **words(struct arena *arena, const char *text, size_t *ret_count);

// A report with an empty body of the kind, place "lund-c", area left to the device.
Rond__V1__Report *a_report(struct arena *arena, Rond__V1__Report__BodyCase body);
void add_persons(struct arena *arena, Rond__V1__Report *report, const char *role, unsigned persons);
void add_item(struct arena *arena, Rond__V1__Report *report, const char *item, unsigned count);
Rond__V1__Finding *add_finding(struct arena *arena, Rond__V1__Report *report, const char *id, Rond__V1__Safety safety);
void rewalk_of(struct arena *arena, Rond__V1__Finding *finding, const struct report_key *first, const char *first_finding);

// As counting sees it: by the organisation, in area "lund", at Stockholm wall times "YYYY-MM-DD HH:MM".
struct counted_report counted(const Rond__V1__Report *report, uint64_t seq, const char *organisation, const char *from,
                              const char *to);
// Derives a commitment in 2015 Stockholm; aborts where that fails.
struct commitment derived(const Rond__V1__Promise *promise, size_t index);

#endif
