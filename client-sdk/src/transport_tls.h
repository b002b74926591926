// The TLS of the transport: one SSL_CTX for its whole life, whose decisions (whom to trust, which certificate to show,
// which session to resume) are made anew for each connection by what tls_client_begin was told.
#ifndef CLIENT_TRANSPORT_TLS_H
#define CLIENT_TRANSPORT_TLS_H

#include <openssl/ssl.h>

#include "base/bytes.h"
#include "base/err.h"
#include "transport.h"

struct tls_client;

// session: a session to resume by has come (i2d form behind what it is bound to); borrowed for the call.
MUST_CHECK enum rond_err tls_client_create(void (*session)(void *context, struct bytes session), void *context,
                                           struct tls_client **ret_client);
// After every connection of its SSL_CTX is gone.
void tls_client_destroy(struct tls_client *client);
SSL_CTX *tls_client_context(struct tls_client *client); // borrowed

// Copies what it needs of tls; the keystore must outlive the connection. session: from an earlier `session` for the
// same host, or size 0; one that was made under other anchors or another certificate is not used.
// ROND_EINVALID: anchors or certificate cannot be read. ROND_EAUTH and others: the keystore's.
MUST_CHECK enum rond_err tls_client_begin(struct tls_client *client, const char *host, const struct transport_tls *tls,
                                          struct bytes session, struct fault *fault);
// After a connection failed: ROND_OK where TLS was not the reason, else the reason as a person understands it.
enum rond_err tls_client_reason(const struct tls_client *client, struct fault *fault);

#endif
