// Names to addresses with c-ares, on the transport's loop: nothing here blocks, and a name server that never answers
// costs nothing but the caller's own deadline.
#ifndef CLIENT_RESOLVE_H
#define CLIENT_RESOLVE_H

#include <uv.h>

#include "base/err.h"

enum { ADDRESSES_MAX = 4, ADDRESS_TEXT_SIZE = 46, HOST_BYTES_MAX = 120 };

// Numeric addresses, best first.
struct address_list {
    char text[ADDRESSES_MAX][ADDRESS_TEXT_SIZE];
    size_t count;
};
// list.count 0: not resolved, and fault says why.
typedef void (*resolve_done)(void *context, const struct address_list *list, const struct fault *fault);

struct resolver;

// name_servers: "127.0.0.1:5353", or NULL for the system's (read anew at each start: a handheld changes networks).
// Borrowed for the resolver's life.
MUST_CHECK enum rond_err resolver_create(uv_loop_t *loop, const char *name_servers, resolve_done done, void *context,
                                         struct resolver **ret_resolver);
// One at a time. `done` comes once, from the loop, unless cancelled before.
MUST_CHECK enum rond_err resolver_start(struct resolver *resolver, const char *host, struct fault *fault);
void resolver_cancel(struct resolver *resolver);
// Closes its handles; its memory goes when the loop has run once more.
void resolver_destroy(struct resolver *resolver);

bool address_is_numeric(const char *host);

#endif
