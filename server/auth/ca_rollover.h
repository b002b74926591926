// Another key and certificate in the place of the CA's, while no server runs:
//
//   one CA ── ca_renew ──> two, of which the new one signs ── ca_retire ──> the new one alone
//
// What holds is what ca.crt says: it is replaced in one step, after ca.key has all keys that it will need and before ca.key
// loses any. So a crash at any moment leaves the one state or the other, whole; a key too many in ca.key is not used, and
// is gone with the next step. docs/decisions/0015-ca-rollover.md
#ifndef AUTH_CA_ROLLOVER_H
#define AUTH_CA_ROLLOVER_H

#include "auth/ca.h"

// A new CA of the same name, which the old one certifies. ROND_ECONFLICT while there are two already; else as ca_open.
MUST_CHECK enum rond_err ca_renew(const char *directory, const struct rng *rng, int64_t now_ms, struct fault *fault);
// The CA before is not trusted any more; its key goes. ROND_ENOTFOUND where there is none; else as ca_open.
MUST_CHECK enum rond_err ca_retire(const char *directory, struct fault *fault);

#endif
