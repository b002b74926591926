// One person's sessions, as a list for that person.
#ifndef READ_SESSIONS_H
#define READ_SESSIONS_H

#include "read/rows.h"

enum { READ_SESSION_ID_SIZE = 17 };
// By which a session is named; it opens nothing.
void read_session_id(const struct person_session *session, char ret_id[READ_SESSION_ID_SIZE]);

struct sessions_wanted {
    const char *login;
    const char *own;                 // token hash of the session that asks, in hexadecimal; NULL: none of them
    int64_t now_ms, idle_ms, age_ms; // those that were idle for so long, or are so old, have ended; 0: not looked at
};

// {"id", "began_ms", "began", "seen_ms", "seen", "address", "this"}, the oldest first. seen: to the minute; address: where
// it began, "" where that was not kept.
MUST_CHECK enum rond_err read_sessions(struct store *store, const struct sessions_wanted *wanted,
                                       const struct read_rows *rows);

#endif
