// Whose signature under a receipt counts. The key's certificate is issued by the server's authority for this purpose and no
// other: its extended key usage is RECEIPT_PURPOSE alone, critical, so that neither a device's certificate (clientAuth) nor
// the listeners' (serverAuth) passes for one, and this one opens no connection.
//
// Its dates are not looked at. A receipt says what was there when it was made and is held against the store years later;
// it bears no time that could be believed.
#ifndef WIRE_RECEIPT_KEY_H
#define WIRE_RECEIPT_KEY_H

#include "wire/sign.h"

// Under 2.25, where a UUID needs nobody's leave.
#define RECEIPT_PURPOSE "2.25.229673975790436218043082771273415951813"
enum { RECEIPT_CERTIFICATE_SIZE_MAX = 2048 };

// The key of a receipt certificate (DER) that one of the anchors (DER) issued. ROND_EAUTH where it is none: another
// authority's, for another purpose, not of P-256, or no certificate.
MUST_CHECK enum rond_err receipt_key_create(struct bytes certificate, const struct bytes *anchors, size_t anchors_count,
                                            struct verify_key **ret_key);

#endif
