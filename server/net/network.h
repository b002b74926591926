// libwebsockets on our own libuv loop: a context with one vhost for each kind of caller, no listening of its own.
#ifndef NET_NETWORK_H
#define NET_NETWORK_H

#include <libwebsockets.h>
#include <uv.h>

#include "net/device_listener.h"
#include "net/http_listener.h"

enum network_port { NETWORK_DEVICES, NETWORK_ENROLMENT, NETWORK_OPERATIONS, NETWORK_PEOPLE, NETWORK_PORT_COUNT };

struct network {
    struct lws_context *contexts[NETWORK_PORT_COUNT]; // NULL once it is gone
    struct lws_vhost *vhosts[NETWORK_PORT_COUNT];
};

struct network_config {
    uv_loop_t *loop;
    const char *certificate_path; // PEM, leaf first, the CA's behind it
    const char *key_path;         // PEM
    const char *ca_path;          // PEM, what device certificates are checked against
    struct device_listener *device_listener;
    struct http_listener *enrolment;
    struct http_listener *operations;
    struct http_listener *people;        // NULL: none
    const char *people_certificate_path; // PEM
    const char *people_key_path;         // PEM
};

// The network must not move afterwards. Raise the limit of open files before: libwebsockets sizes its table by it.
MUST_CHECK enum rond_err network_open(struct network *network, const struct network_config *config, struct fault *fault);
// Ends every connection; the loop must run until it is empty afterwards.
void network_close(struct network *network);
// Soft limit of open files for this many connections, within the hard one; ret_connections is what fits.
void network_limit_files(size_t connections, size_t *ret_connections);

#endif
