// The ordered list of servers, as reference data for the devices: the server's own change, made when it starts.
#ifndef ADMIN_SERVERS_H
#define ADMIN_SERVERS_H

#include "ingest/submission.h"

// A command that stores the list (wss://HOST:PORT, best first; copied) where it differs from what is stored. renewals:
// https://HOST:PORT where devices renew; NULL: not said.
MUST_CHECK enum rond_err admin_servers(char *const *servers, size_t count, const char *renewals, int64_t now_ms,
                                       struct submission **ret_submission);

#endif
