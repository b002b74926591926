// A time zone of the system's tables (TZif, RFC 8536) as the transition table that devices and counting use.
// Read at start-up and at import only; nobody needs a zone file at run time.
#ifndef PROMISE_ZONE_FILE_H
#define PROMISE_ZONE_FILE_H

#include "base/arena.h"
#include "rond/v1/reference.pb-c.h"

#define ZONE_FILE_DIRECTORY "/usr/share/zoneinfo"

// Reads DIRECTORY/ID, id an IANA name such as "Europe/Stockholm". Transitions of 1970..2099: those of the file, then
// those that its footer rule gives. version: of the tables where DIRECTORY/tzdata.zi tells, else a hash of the file.
// ROND_EINVALID: no such name, or a file that is no TZif; ROND_EIO; ROND_ENOMEM.
MUST_CHECK enum rond_err zone_file_read(const char *directory, const char *id, struct arena *arena,
                                        Rond__V1__TimeZone **ret_zone, struct fault *fault);
// The same from the file's bytes.
MUST_CHECK enum rond_err zone_file_parse(struct bytes file, const char *id, const char *version, struct arena *arena,
                                         Rond__V1__TimeZone **ret_zone, struct fault *fault);

#endif
