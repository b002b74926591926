// People who may log in, as a list; no secret and no hash of one.
#ifndef READ_PEOPLE_H
#define READ_PEOPLE_H

#include "read/rows.h"

// {"login", "name", "created_ms", "created", "state": "active" | "locked" | "waiting" | "not_set_up", "blocked_until_ms",
//  "blocked_until", "second_factor", "recovery_codes", "failures", "sessions", "grants": [{"number", "role", "organisation",
//  "area", "from_ms", "from", "to_ms", "to", "valid"}]}
// waiting: log-ins failed too often. recovery_codes: how many are left. number: counts the person's grants from 1, those
// that ended too. organisation and area are "*" where it is for every one.
MUST_CHECK enum rond_err read_people(struct store *store, int64_t now_ms, const struct read_rows *rows);
// One of them, as read_people gives it. NULL without memory.
json_t *read_person(const struct person *person, size_t sessions, int64_t now_ms);

#endif
