// Where the keys lie that only the signer's process may read: the CA's, and that of receipts, which follows it. The server may
// do what it likes in its data directory and nothing outside (server/sandbox.h), and a directory's rules hold for all that is
// in it. So they lie in a directory of their own beside that one, and in the place of each there is a link, by which all who
// may (the signer at its start, rondctl) find it:
//
//   /var/lib/rond/ca.key      -> /var/lib/rond-ca/FINGERPRINT.key
//   /var/lib/rond/receipt.key -> /var/lib/rond-ca/FINGERPRINT.key
#ifndef AUTH_SECLUSION_H
#define AUTH_SECLUSION_H

#include "base/bytes.h"
#include "base/err.h"

// Moves DIRECTORY/ca.key there (DIRECTORY-ca, mode 0700, is made where it is missing), and receipt.key, if there is one. What
// was moved already stays. A crash leaves each where it was, or moved. ROND_EAUTH: the place cannot be made or written to;
// ROND_ENOTFOUND: there is no ca.key.
MUST_CHECK enum rond_err seclusion_make(const char *directory, struct fault *fault);
// The same of receipt.key alone, where ca.key was moved: one that was made just now goes where that is.
MUST_CHECK enum rond_err seclusion_follow(const char *directory, struct fault *fault);
// Other keys in the place of the CA's, whether moved or not: what ca.key leads to is one or the other, whole. The file of those
// before goes, after a crash with the next call.
MUST_CHECK enum rond_err seclusion_replace(const char *directory, struct bytes pem, struct fault *fault);
// All that is there was moved. Reads links only, never a key.
bool seclusion_is_whole(const char *directory);

#endif
