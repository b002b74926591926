// A damaged outbox file: what is still readable of it goes into a fresh one, which takes its place; the old one is kept beside
// it as PATH.damaged. Nobody else includes this but the outbox.
//
// What cannot be read is lost, and said so: where the row of the active outbox is whole, its chain goes on and the missing
// seqs are declared lost in it; where it is not, what is unacknowledged is queued anew in a fresh outbox under its former
// identities, with a lost seq for each that is missing. Reference data and standings that are readable serve until the server
// has sent them again. docs/decisions/0008-damaged-outbox.md
#ifndef CLIENT_OUTBOX_MEND_H
#define CLIENT_OUTBOX_MEND_H

#include "outbox.h"

// Nothing is open. ROND_ECORRUPT where nothing in the file can be read with this key (it may be no outbox at all: it is left
// as it is), ROND_ECONFLICT where another process mends it, ROND_EFULL or ROND_EIO where the fresh file cannot be written;
// then all is as it was.
MUST_CHECK enum rond_err outbox_mend(const struct outbox_config *config);
// Before opening: finishes a mend that was cut short after the fresh file was whole, and removes what is left of one that
// was not.
MUST_CHECK enum rond_err outbox_mend_finish(const char *path);
// Whether the file is one that can be mended: not in memory, and on the system's own files.
bool outbox_mend_applies(const char *path);

#endif
