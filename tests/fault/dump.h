// Everything in a database as one hash: the rows of all tables, in their order, with their types. Writes nothing.
#ifndef FAULT_DUMP_H
#define FAULT_DUMP_H

#include <sqlite3.h>

#include "base/bytes.h"

void dump_hash(sqlite3 *db, struct hash256 *ret_hash);
// "" or what PRAGMA integrity_check says; static.
const char *dump_integrity(sqlite3 *db);

#endif
