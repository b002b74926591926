// Where the CA's key lies. The server may do what it likes in its data directory and nothing outside (server/sandbox.h), and
// a directory's rules hold for all that is in it. So the key lies in a directory of its own beside that one, and in its
// place there is a link, by which all who may (the signer at its start, rondctl) find it:
//
//   /var/lib/rond/ca.key -> /var/lib/rond-ca/FINGERPRINT.key
#ifndef AUTH_CA_KEY_H
#define AUTH_CA_KEY_H

#include "base/bytes.h"
#include "base/err.h"

// Moves DIRECTORY/ca.key there (DIRECTORY-ca, mode 0700, is made where it is missing). Nothing where that was done already.
// A crash leaves it where it was, or moved. ROND_EAUTH: the place cannot be made or written to; ROND_ENOTFOUND: there is no
// key.
MUST_CHECK enum rond_err ca_key_seclude(const char *directory, struct fault *fault);
// Other keys in its place, whether secluded or not: what ca.key leads to is one or the other, whole. The file of those
// before goes, after a crash with the next call.
MUST_CHECK enum rond_err ca_key_replace(const char *directory, struct bytes pem, struct fault *fault);
// Reads links only, never the key.
bool ca_key_is_secluded(const char *directory);

#endif
