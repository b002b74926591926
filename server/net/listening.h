// A listening socket of our own: libwebsockets is handed only what was accepted here, so that limits apply before TLS,
// draining can close it, and running out of descriptors pauses accepting instead of spinning.
#ifndef NET_LISTENING_H
#define NET_LISTENING_H

#include <sys/socket.h>
#include <uv.h>

#include "base/err.h"

struct listening;

// The descriptor is the callee's.
typedef void listening_accepted(void *context, int take_descriptor, const struct sockaddr *address);

// host: numeric, or "" for every address. Port 0: any. ROND_ECONFLICT where it is in use, ROND_EIO otherwise.
MUST_CHECK enum rond_err listening_open(uv_loop_t *loop, const char *host, uint16_t port, listening_accepted *accepted,
                                        void *context, struct listening **ret_listening, struct fault *fault);
// A Unix socket at that path, for the server's user and its group; what a dead server left there is replaced.
MUST_CHECK enum rond_err listening_open_unix(uv_loop_t *loop, const char *path, listening_accepted *accepted, void *context,
                                             struct listening **ret_listening, struct fault *fault);
// TCP Fast Open: a caller that was here before may bring its first bytes with the SYN. For TLS, of which they are a
// ClientHello: they may come twice. Nothing happens where the kernel does not allow it (net.ipv4.tcp_fastopen; for IPv6
// too).
void listening_take_data_with_syn(struct listening *listening);
uint16_t listening_port(const struct listening *listening);
// Accepting paused where descriptors ran out: goes on. Call now and then.
void listening_resume(struct listening *listening);
// Nothing is accepted any more; freed by the loop. NULL is fine.
void listening_close(struct listening *listening);

#endif
