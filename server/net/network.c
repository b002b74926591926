// Why a foreign loop: libwebsockets' own poll loop costs time in proportion to the connections, its libev loop does not
// fire timers in 4.1.6, and its own libuv loop takes SIGTERM for itself and then spins.
//
// Why a context for each kind of caller: within one, libwebsockets chooses the vhost by the name that the caller gives
// (SNI, Host), so a caller without a certificate could name itself onto the devices' vhost, or be answered by another.
#include "net/network.h"

#include <string.h>
#include <sys/resource.h>

#include "base/log.h"
#include "wire/limits.h"

enum { SERVICE_BUFFER_BYTES = 16 * 1024, FILES_BESIDE = 256, HANDSHAKE_SECONDS = HANDSHAKE_DEADLINE_MS / 1000 };

// All zero: no validity timer for each connection (they live in a sorted list); deadlines are ours.
static const lws_retry_bo_t NO_RETRY;

static void on_log(int level, const char *line) {
    char copy[LOG_QUOTE_SIZE];
    size_t size = strcspn(line, "\n");
    size = size < sizeof copy - 1 ? size : sizeof copy - 1;
    memcpy(copy, line, size);
    copy[size] = '\0';
    log_event(level == LLL_ERR ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG, "libwebsockets", "text=%s", log_quote(copy).text);
}

static struct lws_context_creation_info info_base(uv_loop_t **loops, struct lws_context **context) {
    struct lws_context_creation_info info;
    memset(&info, 0, sizeof info);
    info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_LIBUV |
                   LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS |
                   LWS_SERVER_OPTION_HTTP_HEADERS_SECURITY_BEST_PRACTICES_ENFORCE;
    info.foreign_loops = (void **)loops;
    info.pcontext = context;
    info.pt_serv_buf_size = SERVICE_BUFFER_BYTES;
    info.retry_and_idle_policy = &NO_RETRY;
    info.timeout_secs = HANDSHAKE_SECONDS;
    info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
    info.server_string = "rond";
    return info;
}

static bool open_port(struct network *network, const struct network_config *config, enum network_port port, const char *name,
                      const struct lws_protocols *protocols, void *user) {
    uv_loop_t *loops[] = {config->loop};
    struct lws_context_creation_info info = info_base(loops, &network->contexts[port]);
    network->contexts[port] = lws_create_context(&info);
    if (!network->contexts[port])
        return false;
    info.vhost_name = name;
    info.protocols = protocols;
    info.user = user;
    info.alpn = "http/1.1";
    if (port == NETWORK_PEOPLE) // has its own, app_people_door.c: of two policies of one name browsers and checkers make what they like
        info.options &= ~(uint64_t)LWS_SERVER_OPTION_HTTP_HEADERS_SECURITY_BEST_PRACTICES_ENFORCE;
    if (port != NETWORK_OPERATIONS) {
        info.ssl_cert_filepath = port == NETWORK_PEOPLE ? config->people_certificate_path : config->certificate_path;
        info.ssl_private_key_filepath = port == NETWORK_PEOPLE ? config->people_key_path : config->key_path;
    }
    if (port == NETWORK_DEVICES) {
        info.ssl_ca_filepath = config->ca_path;
        // The bits of REQUIRE_VALID contain DO_SSL_GLOBAL_INIT; without it the vhost would be plaintext.
        info.options |= LWS_SERVER_OPTION_REQUIRE_VALID_OPENSSL_CLIENT_CERT | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    }
    network->vhosts[port] = lws_create_vhost(network->contexts[port], &info);
    return network->vhosts[port] != NULL;
}

enum rond_err network_open(struct network *network, const struct network_config *config, struct fault *fault) {
    *network = (struct network){0};
    lws_set_log_level(LLL_ERR | LLL_WARN, on_log);
    if (open_port(network, config, NETWORK_DEVICES, "devices", DEVICE_LISTENER_PROTOCOLS, config->device_listener) &&
        open_port(network, config, NETWORK_ENROLMENT, "enrolment", HTTP_LISTENER_PROTOCOLS, config->enrolment) &&
        open_port(network, config, NETWORK_OPERATIONS, "operations", HTTP_LISTENER_PROTOCOLS, config->operations) &&
        (!config->people || open_port(network, config, NETWORK_PEOPLE, "people", HTTP_LISTENER_PROTOCOLS, config->people)))
        return ROND_OK;
    network_close(network);
    return fault_set(fault, ROND_EIO, 0, "",
                     "libwebsockets or TLS cannot be set up; the log says more. Is libwebsockets-evlib-uv installed?");
}

void network_close(struct network *network) {
    for (size_t i = 0; i < NETWORK_PORT_COUNT; i++)
        if (network->contexts[i])
            lws_context_destroy(network->contexts[i]);
}

void network_limit_files(size_t connections, size_t *ret_connections) {
    struct rlimit limit = {0};
    *ret_connections = connections;
    if (getrlimit(RLIMIT_NOFILE, &limit))
        return;
    rlim_t wanted = (rlim_t)connections + FILES_BESIDE;
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) || getrlimit(RLIMIT_NOFILE, &limit))
        return;
    if (limit.rlim_cur < wanted)
        *ret_connections = limit.rlim_cur > 2 * FILES_BESIDE ? (size_t)limit.rlim_cur - FILES_BESIDE : (size_t)limit.rlim_cur / 2;
}
