// The server's own certificate authority: DIRECTORY/ca.key (PKCS#8 PEM, mode 0600) and DIRECTORY/ca.crt (PEM). It signs
// the devices' certificates and those of the listeners; an enrolment code carries the fingerprint of its key, so that
// a device trusts it before it ever connected. P-256 throughout.
//
// While another takes its place (auth/ca_rollover.h) two are trusted and the new one signs: ca.crt has the new certificate,
// the new key certified by the CA before (a cross-certificate), and the certificate of the CA before; ca.key has both keys.
// A CA of one is the first alone. Both have one name, so that a path over the cross-certificate keeps to pathlen 0.
//
// Once open it does not change: any thread may use it, several at once. DIRECTORY/ca.key may be a link to where the server
// itself may not read (auth/seclusion.h).
#ifndef AUTH_CA_H
#define AUTH_CA_H

#include "base/buffer.h"
#include "base/rng.h"
#include "wire/rescue.h"

struct ca;

enum { CA_YEARS = 10, SERVER_CERTIFICATE_DAYS_MAX = 397, CA_AUTHORITIES_MAX = 2, CA_KEYS_MAX = 3 };

// Who has the key where the CA itself has not: another process (auth/signer.h). Any error of these is the answer of the
// function of the CA that came to it; ROND_EAGAIN: not now.
struct ca_keeper {
    // A certificate (DER) from the one template of ca_issue_device.
    enum rond_err (*issue_device)(void *context, struct bytes spki, const struct id128 *device, int days,
                                  struct buffer *ret_certificate);
    // A certificate (DER) for a listener's key. What names it gets is the keeper's to know.
    enum rond_err (*issue_server)(void *context, struct bytes spki, struct buffer *ret_certificate);
    enum rond_err (*agree)(void *context, const struct hash256 *spki_hash, const uint8_t point[RESCUE_POINT_SIZE],
                           uint8_t ret_secret[RESCUE_SECRET_SIZE]);
    void *context;
};

// Makes key and certificate (10 years, pathlen 0) in a directory that is there. ROND_ECONFLICT where either file is
// there already: nothing is replaced. name: the subject's common name, "Rond CA Lund".
MUST_CHECK enum rond_err ca_create(const char *directory, const char *name, const struct rng *rng, int64_t now_ms,
                                   struct fault *fault);
// ROND_ENOTFOUND without the files; ROND_ECORRUPT where they cannot be read or do not belong together; ROND_EAUTH where
// others than the owner can read the key.
MUST_CHECK enum rond_err ca_open(const char *directory, struct ca **ret_ca, struct fault *fault);
// The same without the key, which is never looked at: what needs it is asked of the keeper, which outlives the CA.
MUST_CHECK enum rond_err ca_open_kept(const char *directory, const struct ca_keeper *keeper, struct ca **ret_ca,
                                      struct fault *fault);
void ca_close(struct ca *ca);

// Whose certificates are trusted: 0 the CA that signs, 1 the one before, while it is.
size_t ca_authorities(const struct ca *ca);
struct bytes ca_authority(const struct ca *ca, size_t index); // its certificate, DER; lives as long as the CA
// SHA-256 over its SubjectPublicKeyInfo, DER.
void ca_authority_fingerprint(const struct ca *ca, size_t index, struct hash256 *ret_hash);
int64_t ca_authority_expires_ms(const struct ca *ca, size_t index); // wall clock; 0 where it cannot be told
// Which of them a certificate says that issued it, by its authority key identifier. The signature is not looked at.
bool ca_issuer(const struct ca *ca, struct bytes key_id, size_t *ret_index);
// Of the one that signs.
struct bytes ca_certificate(const struct ca *ca);
int64_t ca_expires_ms(const struct ca *ca);
void ca_spki_fingerprint(const struct ca *ca, struct hash256 *ret_hash);

// ECDH with the key of the authority that has this fingerprint: opens what was sealed for it (wire/rescue.h).
// ROND_ENOTFOUND: the key is not there; ROND_ECORRUPT where it is no point of the curve.
MUST_CHECK enum rond_err ca_agree(const struct ca *ca, const struct hash256 *spki_hash,
                                  const uint8_t point[RESCUE_POINT_SIZE], uint8_t ret_secret[RESCUE_SECRET_SIZE]);

// Reads a PKCS#10 request strictly: P-256 in its one usual encoding, signed by that very key, nothing behind it.
// ROND_EINVALID otherwise. Appends the key's SubjectPublicKeyInfo (DER).
MUST_CHECK enum rond_err ca_request_key(struct bytes request, struct buffer *ret_spki);
// A device's certificate (DER) for such a key: CN and URI SAN "urn:rond:device:HEX" name the device and nothing of the
// request does; clientAuth only; valid from a day before now_ms for `days` from now.
MUST_CHECK enum rond_err ca_issue_device(const struct ca *ca, struct bytes spki, const struct id128 *device, int days,
                                         const struct rng *rng, int64_t now_ms, struct buffer *ret_certificate);
// A certificate (DER) for the key that signs receipts, for that alone (wire/receipt_key.h), as long as the CA's own lasts.
// ROND_EINVALID where it is no P-256 key.
MUST_CHECK enum rond_err ca_issue_receipt(const struct ca *ca, struct bytes spki, const struct rng *rng, int64_t now_ms,
                                          struct buffer *ret_certificate);
// A certificate (PEM; behind it the cross-certificate where there is one, and the CA's own: devices that enrol need it) and
// fresh key (PEM) for the listeners. names: host names and IP addresses as text, one at least; not looked at where a keeper
// knows them.
MUST_CHECK enum rond_err ca_issue_server(const struct ca *ca, const char *const *names, size_t names_count, int days,
                                         const struct rng *rng, int64_t now_ms, struct buffer *ret_certificates_pem,
                                         struct buffer *ret_key_pem);
// The certificate alone (DER), for a key that is there.
MUST_CHECK enum rond_err ca_certify_server(const struct ca *ca, struct bytes spki, const char *const *names,
                                           size_t names_count, int days, const struct rng *rng, int64_t now_ms,
                                           struct buffer *ret_certificate);

#endif
