// A person's corrections of a report that was put aside: one field of it says something else from then on. The report's bytes
// stay as they came; a correction is a ruling (RULING_FIELD) beside them, and whoever counts the report lays it over what was
// decoded. It is of that one revision: what the device itself corrects later says everything anew.
//
// Fields are named as in a fault: "place", "organisations[0]", "walk.findings[2].place". Ids, numbers and times may be
// corrected; free texts may not, since nobody else knows what was meant, nor the area, which decides who may do this.
#ifndef PROMISE_AMEND_H
#define PROMISE_AMEND_H

#include "counting/match.h"

enum { AMEND_VALUE_BYTES_MAX = 128 };

// Makes one field of the decoded report say `value`; "" empties a text. Texts are in the arena. ROND_EINVALID with the field's path and a sentence where it may not be amended, is not in a report of this
// kind, or cannot hold the value.
MUST_CHECK enum rond_err amend_field(Rond__V1__Report *report, const char *path, const char *value, struct arena *arena,
                                     struct fault *fault);

// Behind the last of them: an organisation that was emptied is none. Only now, so that every path counts as the device did.
void amend_end(Rond__V1__Report *report);

// Every RULING_FIELD among them, without amend_end, those that no longer fit passed over. *ret_times: one of them was about a time.
MUST_CHECK enum rond_err amend_by_rulings(Rond__V1__Report *report, const struct ruling *rulings, size_t count,
                                          struct arena *arena, bool *ret_times);

#endif
