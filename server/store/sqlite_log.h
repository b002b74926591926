// The write-ahead log, read from its file: does it hold what was committed to it?
#ifndef STORE_SQLITE_LOG_H
#define STORE_SQLITE_LOG_H

#include "store/sqlite.h"

// Of a connection that writes, between transactions, before it changes anything. ROND_ECORRUPT where the log's file lacks
// some of what its index says was committed; ROND_EIO, ROND_ENOMEM where it cannot be read.
MUST_CHECK enum rond_err sqlite_log_check(struct sqlite_store *store, bool has_system_files);

#endif
