// rondd's configuration: an INI file with a bound and a default for every key. docs/rondd.conf.example has them all.
#ifndef CONFIG_H
#define CONFIG_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/log.h"
#include "counting/zone.h"
#include "wire/limits.h"

enum {
    CONFIG_PATH_SIZE = 256,
    CONFIG_HOST_SIZE = 64,
    CONFIG_HOSTNAME_SIZE = 254,
    CONFIG_HOSTNAMES_MAX = 8,
    CONFIG_URL_SIZE = 300,
    CONFIG_LICENCE_SIZE = 120,
};

// A numeric address; an empty host is every address of the machine. Port 0: any free one.
struct listen_address {
    char host[CONFIG_HOST_SIZE];
    uint16_t port;
};

struct config {
    char data_dir[CONFIG_PATH_SIZE];
    // Names and addresses that devices use for this server; into its certificate. The first one is what enrolment tells.
    char hostnames[CONFIG_HOSTNAMES_MAX][CONFIG_HOSTNAME_SIZE];
    size_t hostnames_count;
    // wss:// addresses that devices are told, best first; none: made from the hostnames and the devices' port. For a server
    // behind a forwarded port, or with a second one to go to.
    char servers[SERVERS_MAX][CONFIG_URL_SIZE];
    size_t servers_count;
    uint32_t control_mode; // of the control socket: 0600 or 0660

    struct listen_address devices;
    struct listen_address enrolment;
    struct listen_address operations;
    struct listen_address people;
    bool people_listens; // the key is there

    // [people]
    char people_certificate[CONFIG_PATH_SIZE]; // PEM, with the chain; "": the server's own
    char people_key[CONFIG_PATH_SIZE];         // PEM
    char people_origins[CONFIG_URL_SIZE];      // https://HOST[:PORT], by commas; "": made from the hostnames and the port
    char people_forbidden_passwords[CONFIG_PATH_SIZE]; // a file of them, a line each; "": our own short list
    char people_proxy[CONFIG_PATH_SIZE];    // a numeric address, or the path of a Unix socket; "": none is trusted
    char people_proxy_header[64];           // in lower case with a colon behind
    char people_map_tiles[CONFIG_URL_SIZE]; // https://HOST/...{z}...{x}...{y}...; "": the map has no ground
    char people_map_tiles_directory[CONFIG_PATH_SIZE];   // web/tile.h; "": none. Not both
    char people_accessibility_contact[CONFIG_PATH_SIZE]; // to whom shortcomings are reported; "": not said
    char people_accessibility_assessed[DATE_TEXT_SIZE];  // when the statement was last gone through; "": not said
    char people_map_attribution[CONFIG_PATH_SIZE];       // whose the tiles are
    uint32_t people_idle_minutes;
    uint32_t people_session_hours;
    uint32_t people_logins_per_minute; // from one address

    bool public_enabled;                      // [public]: figures and statements to whoever asks, on the people's port
    char public_licence[CONFIG_LICENCE_SIZE]; // of that as open data

    uint32_t connections_max;             // devices at one time
    uint32_t connections_per_address_max; // from one address, all listeners together
    uint32_t enrolments_per_minute;       // from one address
    uint32_t device_batches_per_minute;   // of one device; sync/quota.h
    uint32_t device_reports_per_minute;
    uint32_t device_kib_per_minute;
    uint32_t device_mib_per_day;
    uint32_t drain_ms_max;      // from SIGTERM to the end
    uint32_t frame_deadline_ms; // from a message's first byte to its last

    uint32_t code_minutes;   // an enrolment code holds, where its issuer does not say otherwise
    uint32_t code_tries;     // and so many requests with it
    bool wants_approval;     // of a second person, before a device that enrolled becomes one
    uint32_t approval_hours; // it waits so long for that, and may then take so long to fetch its certificate
    uint32_t grace_days;     // so long after it ran out a device renews its certificate by its key alone

    // Warnings of /healthz; 0: never.
    uint32_t certificate_warn_days; // the listeners' certificate ends within
    uint32_t ca_warn_days;          // the CA's
    uint32_t device_warn_days;      // devices', since they last renewed
    uint32_t backup_warn_days;      // age of the last backup
    uint32_t disk_warn_mb;          // free where the data directory lies

    uint32_t retention_hour; // of the day, UTC, at which what is due is erased; 24: never by itself

    enum log_level log_level;
};

// Called for each problem with one line "FILE:LINE section.key: what to do".
typedef void config_report(void *context, const char *line);

// Reads the whole file and reports every problem, not only the first. ROND_ENOTFOUND or ROND_EIO where the file cannot be
// read, ROND_EINVALID where something in it is wrong; *ret_config is written only on success.
MUST_CHECK enum rond_err config_load(const char *path, config_report *report, void *context, struct config *ret_config);

// "10.0.0.1:7443", "[::1]:7443", ":7443". False where it is none of these.
bool listen_address_parse(const char *text, struct listen_address *ret_address);

#endif
