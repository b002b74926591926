// One connection at a time through libwebsockets, on a loop of ours: a WebSocket of whole binary messages, or one POST.
// What is peculiar to libwebsockets ends here.
#ifndef CLIENT_TRANSPORT_LWS_H
#define CLIENT_TRANSPORT_LWS_H

#include <openssl/ssl.h>
#include <uv.h>

#include "base/bytes.h"
#include "base/err.h"
#include "fast_open.h"

struct link;

// How a connection ended, as far as is known.
struct link_end {
    bool established;  // the WebSocket stood, or the POST was answered whole
    bool frame_broken; // the peer sent too much, or text
    int http_status;   // of an upgrade that was refused; 0: none came
    int close_code;    // of the peer's Close; 0: none came
    char text[124];    // of the peer's Close, else libwebsockets' word for it; may be empty
};

struct link_events {
    void *context;
    void (*established)(void *context, uint32_t credit_bytes); // of a WebSocket: as the upgrade's Rond-Credit said; 0: it did not
    void (*received)(void *context, struct bytes frame);
    void (*writable)(void *context);
    void (*answered)(void *context, int http_status, struct bytes body);
    void (*ended)(void *context, const struct link_end *end); // once; the link may be opened again from the loop
};

struct link_target {
    const char *address; // numeric
    const char *host;    // as in the URL
    int port;
    const char *path;
    bool is_post;
    bool may_open_fast;
    struct bytes body; // borrowed until the link ended
};

// tls: for every connection; must outlive the link.
MUST_CHECK enum rond_err link_create(uv_loop_t *loop, SSL_CTX *tls, const struct link_events *events,
                                     struct link **ret_link);
// Begins; run the loop until link_is_gone, then link_free.
void link_destroy(struct link *link);
bool link_is_gone(const struct link *link);
void link_free(struct link *link);

// ROND_EIO: nothing came of it, and no event follows.
MUST_CHECK enum rond_err link_open(struct link *link, const struct link_target *target);
// Whether the newest one was begun by fast_open.h, and what came of that, once it stands.
bool link_is_fast(const struct link *link);
enum fast_open_outcome link_fast_open(const struct link *link);
// ROND_EAGAIN until `writable` (or `established`); ROND_EFULL beyond FRAME_BYTES_MAX.
MUST_CHECK enum rond_err link_send(struct link *link, struct bytes frame);
bool link_is_sending(const struct link *link);
// Orderly: sends a Close, and ended follows with the peer's; a frame still being sent is lost. Not from within an event.
void link_close(struct link *link);
// At once and without a further event; nothing where nothing is open. Not from within an event.
void link_kill(struct link *link);

#endif
