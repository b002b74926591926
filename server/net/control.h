// The control socket: DATA_DIR/control.sock, by which rondctl talks to the running server. One request a line, one at a
// time on a connection; the answer is lines. Who asks is what the kernel says (SO_PEERCRED), never what the peer says.
//
// A request given by `requested` is answered with control_write any number of times, then control_end, once. The asker
// may leave meanwhile: writes then fail and control_end is called all the same.
#ifndef NET_CONTROL_H
#define NET_CONTROL_H

#include <uv.h>

#include "base/bytes.h"
#include "base/err.h"

struct control;
struct control_request;

enum { CONTROL_CONNECTIONS_MAX = 16, CONTROL_WRITE_DEADLINE_MS = 30 * 1000 };

// On the network thread. json: one line without its newline, borrowed for the call.
typedef void control_requested(void *context, struct control_request *request, uint32_t uid, int32_t pid, struct bytes json);

// mode: of the socket file, 0600 or 0660. Replaces a socket that a dead server left: hold the data directory's lock.
MUST_CHECK enum rond_err control_open(uv_loop_t *loop, const char *path, unsigned mode, control_requested *requested,
                                      void *context, struct control **ret_control, struct fault *fault);
// Writes at once and waits for a slow asker up to CONTROL_WRITE_DEADLINE_MS: meant for reader threads. One thread at a
// time for one request. On the network thread for small answers only. ROND_EIO: the asker is gone.
MUST_CHECK enum rond_err control_write(struct control_request *request, struct bytes bytes);
// For a line that may be left out: whole or, where the asker does not keep up, not at all (ROND_EAGAIN). Never waits.
// By one thread at a time for one request, as control_write. ROND_EIO: the asker is gone.
MUST_CHECK enum rond_err control_offer(struct control_request *request, struct bytes line);
// On the network thread: the request is over and not used afterwards.
void control_end(struct control_request *request);
// No more requests; those under way fail at their next write. Freed by the loop when all have ended. NULL is fine.
void control_close(struct control *control);

#endif
