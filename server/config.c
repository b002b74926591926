#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/check.h"
#include "wire/limits.h"

enum key_type {
    KEY_PATH,
    KEY_HOSTNAMES,
    KEY_SERVERS,
    KEY_ADDRESS,
    KEY_PEOPLE,
    KEY_NUMBER,
    KEY_MODE,
    KEY_LEVEL,
    KEY_APPROVAL,
    KEY_ORIGINS,
    KEY_PROXY,
    KEY_HEADER,
    KEY_PUBLIC,
    KEY_LICENCE,
    KEY_TILES,
    KEY_LINE,
    KEY_DAY
};

struct key {
    const char *section;
    const char *name;
    enum key_type type;
    size_t offset;
    long min; // KEY_NUMBER
    long max;
};

static const struct key KEYS[] = {
    {"server", "data_dir", KEY_PATH, offsetof(struct config, data_dir)},
    {"server", "hostnames", KEY_HOSTNAMES, offsetof(struct config, hostnames)},
    {"server", "servers", KEY_SERVERS, offsetof(struct config, servers)},
    {"server", "control_mode", KEY_MODE, offsetof(struct config, control_mode)},
    {"listen", "devices", KEY_ADDRESS, offsetof(struct config, devices)},
    {"listen", "enrolment", KEY_ADDRESS, offsetof(struct config, enrolment)},
    {"listen", "operations", KEY_ADDRESS, offsetof(struct config, operations)},
    {"listen", "people", KEY_PEOPLE, offsetof(struct config, people)},
    {"people", "certificate", KEY_PATH, offsetof(struct config, people_certificate)},
    {"people", "key", KEY_PATH, offsetof(struct config, people_key)},
    {"people", "forbidden_passwords", KEY_PATH, offsetof(struct config, people_forbidden_passwords)},
    {"people", "origins", KEY_ORIGINS, offsetof(struct config, people_origins)},
    {"people", "proxy", KEY_PROXY, offsetof(struct config, people_proxy)},
    {"people", "proxy_header", KEY_HEADER, offsetof(struct config, people_proxy_header)},
    {"people", "map_tiles", KEY_TILES, offsetof(struct config, people_map_tiles)},
    {"people", "map_tiles_directory", KEY_PATH, offsetof(struct config, people_map_tiles_directory)},
    {"people", "map_attribution", KEY_LINE, offsetof(struct config, people_map_attribution)},
    {"people", "accessibility_contact", KEY_LINE, offsetof(struct config, people_accessibility_contact)},
    {"people", "accessibility_assessed", KEY_DAY, offsetof(struct config, people_accessibility_assessed)},
    {"people", "idle_minutes", KEY_NUMBER, offsetof(struct config, people_idle_minutes), 1, 24 * 60},
    {"people", "session_hours", KEY_NUMBER, offsetof(struct config, people_session_hours), 1, 24 * 7},
    {"people", "logins_per_minute", KEY_NUMBER, offsetof(struct config, people_logins_per_minute), 1, 10000},
    {"public", "enabled", KEY_PUBLIC, offsetof(struct config, public_enabled)},
    {"public", "licence", KEY_LICENCE, offsetof(struct config, public_licence)},
    {"limits", "connections", KEY_NUMBER, offsetof(struct config, connections_max), 1, 100000},
    {"limits", "connections_per_address", KEY_NUMBER, offsetof(struct config, connections_per_address_max), 1, 100000},
    {"limits", "enrolments_per_minute", KEY_NUMBER, offsetof(struct config, enrolments_per_minute), 1, 10000},
    {"limits", "device_batches_per_minute", KEY_NUMBER, offsetof(struct config, device_batches_per_minute), 10, 10000000},
    {"limits", "device_reports_per_minute", KEY_NUMBER, offsetof(struct config, device_reports_per_minute),
     BATCH_REPORTS_MAX, 10000000},
    {"limits", "device_kib_per_minute", KEY_NUMBER, offsetof(struct config, device_kib_per_minute), BATCH_BYTES_MAX / 1024,
     10000000},
    {"limits", "device_mib_per_day", KEY_NUMBER, offsetof(struct config, device_mib_per_day),
     BATCH_BYTES_MAX / (1024 * 1024) + 1, 100000},
    {"limits", "drain_ms", KEY_NUMBER, offsetof(struct config, drain_ms_max), 100, 60000},
    {"limits", "frame_ms", KEY_NUMBER, offsetof(struct config, frame_deadline_ms), 100, 300000},
    {"enrolment", "code_minutes", KEY_NUMBER, offsetof(struct config, code_minutes), 1, 24 * 60},
    {"enrolment", "code_tries", KEY_NUMBER, offsetof(struct config, code_tries), 1, 100},
    {"enrolment", "approval", KEY_APPROVAL, offsetof(struct config, wants_approval)},
    {"enrolment", "approval_hours", KEY_NUMBER, offsetof(struct config, approval_hours), 1, 24 * 7},
    {"enrolment", "grace_days", KEY_NUMBER, offsetof(struct config, grace_days), 0, 3660},
    {"health", "certificate_days", KEY_NUMBER, offsetof(struct config, certificate_warn_days), 0, 397},
    {"health", "ca_days", KEY_NUMBER, offsetof(struct config, ca_warn_days), 0, 3660},
    {"health", "device_days", KEY_NUMBER, offsetof(struct config, device_warn_days), 0, 14},
    {"health", "backup_days", KEY_NUMBER, offsetof(struct config, backup_warn_days), 0, 3660},
    {"health", "disk_free_mb", KEY_NUMBER, offsetof(struct config, disk_warn_mb), 0, 1000000},
    {"retention", "hour", KEY_NUMBER, offsetof(struct config, retention_hour), 0, 24},
    {"log", "level", KEY_LEVEL, offsetof(struct config, log_level)},
};

static const struct config DEFAULTS = {
    .data_dir = "/var/lib/rond",
    .hostnames = {"localhost"},
    .hostnames_count = 1,
    .control_mode = 0600,
    .devices = {"", 7443},
    .enrolment = {"", 7444},
    .operations = {"127.0.0.1", 9443},
    .people_proxy_header = "x-remote-user:",
    .people_idle_minutes = 30,
    .people_session_hours = 12,
    .people_logins_per_minute = 20,
    .public_licence = "CC0-1.0",
    .connections_max = 10000,
    .connections_per_address_max = 1000,
    .enrolments_per_minute = 30,
    .device_batches_per_minute = 1200,
    .device_reports_per_minute = 60 * 1000,
    .device_kib_per_minute = 64 * 1024,
    .device_mib_per_day = 256,
    .drain_ms_max = 10 * 1000,
    .frame_deadline_ms = FRAME_DEADLINE_MS,
    .code_minutes = CODE_MINUTES,
    .code_tries = CODE_TRIES_MAX,
    .approval_hours = APPROVAL_HOURS,
    .grace_days = RENEWAL_GRACE_DAYS,
    .certificate_warn_days = 14,
    .ca_warn_days = 180,
    .device_warn_days = 3,
    .backup_warn_days = 7,
    .disk_warn_mb = 1024,
    .retention_hour = 2,
    .log_level = LOG_LEVEL_INFO,
};

// One reading of a file. inih does not tell the handler the line, so its reader counts them.
struct reading {
    const char *path;
    FILE *file;
    int line;
    bool line_too_long;
    size_t problems;
    int seen_at[ARRAY_COUNT(KEYS)]; // line where a key was set; 0: not
    struct config config;
    config_report *report;
    void *context;
};

static void problem(struct reading *reading, const char *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void problem(struct reading *reading, const char *where, const char *format, ...) {
    char what[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    char line[1024];
    (void)snprintf(line, sizeof line, "%s:%d %s: %s", reading->path, reading->line, where, what);
    reading->problems++;
    reading->report(reading->context, line);
}

bool listen_address_parse(const char *text, struct listen_address *ret_address) {
    const char *colon = strrchr(text, ':');
    if (!colon || colon[1] == '\0' || strlen(colon + 1) > 5 || strspn(colon + 1, "0123456789") != strlen(colon + 1))
        return false;
    long port = strtol(colon + 1, NULL, 10);
    size_t host_size = (size_t)(colon - text);
    bool bracketed = host_size >= 2 && text[0] == '[' && colon[-1] == ']';
    const char *host = bracketed ? text + 1 : text;
    host_size -= bracketed ? 2 : 0;
    struct listen_address address = {.port = (uint16_t)port};
    if (port > 65535 || host_size >= sizeof address.host)
        return false;
    memcpy(address.host, host, host_size);
    struct in6_addr ignored;
    if (host_size > 0 && inet_pton(bracketed ? AF_INET6 : AF_INET, address.host, &ignored) != 1)
        return false;
    *ret_address = address;
    return true;
}

static bool hostname_is_valid(const char *name) {
    size_t size = strlen(name);
    if (size == 0 || size >= CONFIG_HOSTNAME_SIZE)
        return false;
    struct in6_addr ignored;
    if (inet_pton(AF_INET6, name, &ignored) == 1)
        return true;
    return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") == size && name[0] != '-' &&
           name[0] != '.';
}

static void set_hostnames(struct reading *reading, const char *where, const char *value) {
    struct config *config = &reading->config;
    config->hostnames_count = 0;
    char copy[1024];
    if (strlen(value) >= sizeof copy) {
        problem(reading, where, "shorten it to at most %zu characters", sizeof copy - 1);
        return;
    }
    strcpy(copy, value);
    char *rest = copy;
    for (char *name; (name = strsep(&rest, ", \t"));) {
        if (name[0] == '\0')
            continue;
        if (!hostname_is_valid(name)) {
            problem(reading, where, "\"%s\" is no host name and no address; give names without port", name);
        } else if (config->hostnames_count == CONFIG_HOSTNAMES_MAX) {
            problem(reading, where, "give at most %d names", CONFIG_HOSTNAMES_MAX);
            return;
        } else {
            strcpy(config->hostnames[config->hostnames_count++], name);
        }
    }
    if (config->hostnames_count == 0)
        problem(reading, where, "give at least one name that devices use for this server");
}

// "wss://HOST:PORT"; [IPv6] in brackets.
static bool server_url_is_valid(const char *url) {
    static const char SCHEME[] = "wss://";
    if (strncmp(url, SCHEME, sizeof SCHEME - 1) != 0 || strlen(url) >= CONFIG_URL_SIZE)
        return false;
    const char *host = url + sizeof SCHEME - 1, *colon = strrchr(host, ':');
    char name[CONFIG_HOSTNAME_SIZE];
    size_t size = colon ? (size_t)(colon - host) : 0;
    bool is_v6 = size > 2 && host[0] == '[' && host[size - 1] == ']';
    if (size == 0 || size >= sizeof name || strspn(colon + 1, "0123456789") != strlen(colon + 1))
        return false;
    long port = strtol(colon + 1, NULL, 10);
    (void)snprintf(name, sizeof name, "%.*s", (int)(is_v6 ? size - 2 : size), host + is_v6);
    return port > 0 && port <= 65535 && hostname_is_valid(name);
}

static void set_servers(struct reading *reading, const char *where, const char *value) {
    struct config *config = &reading->config;
    config->servers_count = 0;
    char copy[CONFIG_URL_SIZE * SERVERS_MAX];
    if (strlen(value) >= sizeof copy) {
        problem(reading, where, "shorten it to at most %zu characters", sizeof copy - 1);
        return;
    }
    strcpy(copy, value);
    char *rest = copy;
    for (char *url; (url = strsep(&rest, ", \t"));) {
        if (url[0] == '\0')
            continue;
        if (!server_url_is_valid(url)) {
            problem(reading, where, "\"%s\" is no address; give wss://HOST:PORT, several separated by commas", url);
        } else if (config->servers_count == SERVERS_MAX) {
            problem(reading, where, "give at most %d addresses", SERVERS_MAX);
            return;
        } else {
            strcpy(config->servers[config->servers_count++], url);
        }
    }
}

static void set_number(struct reading *reading, const char *where, const struct key *key, const char *value) {
    char *end = NULL;
    errno = 0;
    long number = strtol(value, &end, 10);
    if (errno || end == value || *end != '\0' || number < key->min || number > key->max) {
        problem(reading, where, "give a whole number from %ld to %ld", key->min, key->max);
        return;
    }
    uint32_t stored = (uint32_t)number;
    memcpy((char *)&reading->config + key->offset, &stored, sizeof stored);
}

static void set_path(struct reading *reading, const char *where, const struct key *key, const char *value) {
    if (value[0] != '/')
        problem(reading, where, "give an absolute path");
    else if (strlen(value) >= CONFIG_PATH_SIZE)
        problem(reading, where, "shorten the path to at most %d characters", CONFIG_PATH_SIZE - 1);
    else
        strcpy((char *)&reading->config + key->offset, value);
}

static void set_level(struct reading *reading, const char *where, const char *value) {
    static const char *const NAMES[] = {"error", "warn", "info", "debug"};
    for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++)
        if (!strcmp(value, NAMES[i])) {
            reading->config.log_level = (enum log_level)i;
            return;
        }
    problem(reading, where, "give one of error, warn, info, debug");
}

static void set_approval(struct reading *reading, const char *where, const char *value) {
    if (!strcmp(value, "none") || !strcmp(value, "second"))
        reading->config.wants_approval = !strcmp(value, "second");
    else
        problem(reading, where, "give none, or second where a second person approves each device");
}

static void set_address(struct reading *reading, const char *where, const struct key *key, const char *value) {
    struct listen_address address;
    if (listen_address_parse(value, &address))
        memcpy((char *)&reading->config + key->offset, &address, sizeof address);
    else
        problem(reading, where, "give ADDRESS:PORT such as 127.0.0.1:7443, [::1]:7443, or :7443 for every address");
}

static void set_mode(struct reading *reading, const char *where, const char *value) {
    if (!strcmp(value, "0600") || !strcmp(value, "0660"))
        reading->config.control_mode = (uint32_t)strtol(value, NULL, 8);
    else
        problem(reading, where, "give 0600 (the server's own user) or 0660 (its group too)");
}

static void set_people(struct reading *reading, const char *where, const struct key *key, const char *value) {
    reading->config.people_listens = true;
    set_address(reading, where, key, value);
}

// As browsers send them: no path, no capitals, the port left out where it is 443.
static void set_origins(struct reading *reading, const char *where, const char *value) {
    static const char SCHEME[] = "https://";
    char copy[CONFIG_URL_SIZE];
    if (strlen(value) >= sizeof copy) {
        problem(reading, where, "shorten it to at most %zu characters", sizeof copy - 1);
        return;
    }
    strcpy(copy, value);
    char *rest = copy;
    for (char *origin; (origin = strsep(&rest, ", \t"));)
        if (origin[0] != '\0' && (strncmp(origin, SCHEME, sizeof SCHEME - 1) != 0 || origin[sizeof SCHEME - 1] == '\0' ||
                                  strspn(origin + sizeof SCHEME - 1, "abcdefghijklmnopqrstuvwxyz0123456789.-:[]") !=
                                      strlen(origin + sizeof SCHEME - 1)))
            problem(reading, where,
                    "\"%s\" is no origin; give https://HOST or https://HOST:PORT in lower case, without a path", origin);
    strcpy(reading->config.people_origins, value);
}

static void set_proxy(struct reading *reading, const char *where, const char *value) {
    struct in6_addr ignored;
    bool is_address = inet_pton(AF_INET, value, &ignored) == 1 || inet_pton(AF_INET6, value, &ignored) == 1;
    if (value[0] == '\0')
        reading->config.people_proxy[0] = '\0';
    else if (strlen(value) >= 100 || (value[0] != '/' && !is_address))
        problem(reading, where, "give the proxy's numeric address, or the path of a Unix socket to be made for it");
    else
        strcpy(reading->config.people_proxy, value);
}

static void set_public(struct reading *reading, const char *where, const char *value) {
    if (!strcmp(value, "yes") || !strcmp(value, "no"))
        reading->config.public_enabled = !strcmp(value, "yes");
    else
        problem(reading, where, "give yes, where anybody may read the figures and follow-ups of promises, or no");
}

// An SPDX name or an address; it stands in every answer as it is.
static void set_licence(struct reading *reading, const char *where, const char *value) {
    static const char GOOD[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:/";
    size_t size = strlen(value);
    if (size == 0 || size >= CONFIG_LICENCE_SIZE || strspn(value, GOOD) != size)
        problem(reading, where, "give the name of a licence such as CC0-1.0 or CC-BY-4.0, or its address");
    else
        strcpy(reading->config.public_licence, value);
}

static void set_header(struct reading *reading, const char *where, const char *value) {
    char *to = reading->config.people_proxy_header;
    size_t size = strlen(value);
    if (size == 0 || size > 60 || strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != size) {
        problem(reading, where, "give the name of a header such as X-Remote-User");
        return;
    }
    for (size_t i = 0; i < size; i++)
        to[i] = value[i] >= 'A' && value[i] <= 'Z' ? (char)(value[i] - 'A' + 'a') : value[i];
    strcpy(to + size, ":");
}

// Its origin goes into the pages' policy and the whole into a page, so that nothing may stand in it that means something
// there.
static void set_tiles(struct reading *reading, const char *where, const char *value) {
    static const char SCHEME[] = "https://",
                      LETTERS[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/?&=%:@+{}";
    const char *host = value + sizeof SCHEME - 1;
    bool is_address = strncmp(value, SCHEME, sizeof SCHEME - 1) == 0 && strlen(value) < CONFIG_URL_SIZE &&
                      strspn(value, LETTERS) == strlen(value) && strstr(value, "{z}") && strstr(value, "{x}") &&
                      strstr(value, "{y}");
    size_t size = is_address ? strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-:") : 0;
    if (value[0] != '\0' && (size == 0 || host[size] != '/'))
        problem(reading, where, "give https://HOST/... with {z}, {x} and {y} in it, the host in lower case");
    else
        strcpy(reading->config.people_map_tiles, value);
}

static void set_line(struct reading *reading, const char *where, const struct key *key, const char *value) {
    bool is_plain = utf8_is_valid(bytes_of_text(value));
    for (const char *at = value; *at != '\0'; at++)
        is_plain = is_plain && (unsigned char)*at >= 0x20 && *at != 0x7f;
    if (!is_plain || strlen(value) >= CONFIG_PATH_SIZE)
        problem(reading, where, "give a line of text, at most %d bytes of UTF-8", CONFIG_PATH_SIZE - 1);
    else
        strcpy((char *)&reading->config + key->offset, value);
}

static void set_day(struct reading *reading, const char *where, const struct key *key, const char *value) {
    day_t day;
    if (value[0] != '\0' && !day_parse(value, &day))
        problem(reading, where, "give a day, YYYY-MM-DD");
    else
        strcpy((char *)&reading->config + key->offset, value);
}

static void set(struct reading *reading, const struct key *key, const char *where, const char *value) {
    switch (key->type) {
    case KEY_PATH:
        set_path(reading, where, key, value);
        break;
    case KEY_HOSTNAMES:
        set_hostnames(reading, where, value);
        break;
    case KEY_SERVERS:
        set_servers(reading, where, value);
        break;
    case KEY_ADDRESS:
        set_address(reading, where, key, value);
        break;
    case KEY_PEOPLE:
        set_people(reading, where, key, value);
        break;
    case KEY_ORIGINS:
        set_origins(reading, where, value);
        break;
    case KEY_PROXY:
        set_proxy(reading, where, value);
        break;
    case KEY_HEADER:
        set_header(reading, where, value);
        break;
    case KEY_PUBLIC:
        set_public(reading, where, value);
        break;
    case KEY_LICENCE:
        set_licence(reading, where, value);
        break;
    case KEY_TILES:
        set_tiles(reading, where, value);
        break;
    case KEY_LINE:
        set_line(reading, where, key, value);
        break;
    case KEY_DAY:
        set_day(reading, where, key, value);
        break;
    case KEY_NUMBER:
        set_number(reading, where, key, value);
        break;
    case KEY_MODE:
        set_mode(reading, where, value);
        break;
    case KEY_LEVEL:
        set_level(reading, where, value);
        break;
    case KEY_APPROVAL:
        set_approval(reading, where, value);
        break;
    }
}

// As they stand in KEYS, one after another.
static const char *sections_text(char (*ret_text)[160]) {
    size_t size = 0;
    for (size_t i = 0; i < ARRAY_COUNT(KEYS); i++)
        if (i == 0 || strcmp(KEYS[i].section, KEYS[i - 1].section) != 0)
            size += (size_t)snprintf(*ret_text + size, sizeof *ret_text - size, "%s%s", i == 0 ? "" : ", ", KEYS[i].section);
    return *ret_text;
}

static int on_value(void *context, const char *section, const char *name, const char *value) {
    struct reading *reading = context;
    char where[160], sections[160];
    (void)snprintf(where, sizeof where, "%.64s.%.80s", section[0] ? section : "(no section)", name);
    bool section_known = false;
    for (size_t i = 0; i < ARRAY_COUNT(KEYS); i++) {
        section_known = section_known || !strcmp(KEYS[i].section, section);
        if (strcmp(KEYS[i].section, section) || strcmp(KEYS[i].name, name))
            continue;
        if (reading->seen_at[i]) {
            problem(reading, where, "it is set twice; remove this one or that in line %d", reading->seen_at[i]);
            return 1;
        }
        reading->seen_at[i] = reading->line;
        set(reading, &KEYS[i], where, value);
        return 1;
    }
    if (section_known)
        problem(reading, where, "there is no such key; see docs/rondd.conf.example");
    else if (!section[0])
        problem(reading, where, "it stands before any section; the sections are %s", sections_text(&sections));
    return 1; // an unknown section was told of where it began
}

// inih tells only of keys, so that a section without any would pass whatever its name.
static void section_check(struct reading *reading, const char *line) {
    char section[80], sections[160];
    if (sscanf(line, " [%79[^]]]", section) != 1)
        return;
    for (size_t i = 0; i < ARRAY_COUNT(KEYS); i++)
        if (!strcmp(KEYS[i].section, section))
            return;
    problem(reading, section, "there is no section [%.64s]; the sections are %s", section, sections_text(&sections));
}

static char *read_line(char *line, int size, void *stream) {
    struct reading *reading = stream;
    if (!fgets(line, size, reading->file))
        return NULL;
    reading->line++;
    size_t length = strlen(line);
    if (length > 0 && line[length - 1] != '\n' && !feof(reading->file)) {
        problem(reading, "(line)", "shorten it to at most %d characters", size - 2);
        for (int c; (c = fgetc(reading->file)) != EOF && c != '\n';)
            continue;
        strcpy(line, "\n");
    }
    section_check(reading, line);
    return line;
}

// Whatever lies in that directory may be read by the server: the keys beside its data may not.
static void check_tiles(struct reading *reading) {
    static const char KEY[] = "people.map_tiles_directory";
    const struct config *config = &reading->config;
    const char *directory = config->people_map_tiles_directory;
    struct stat status;
    size_t size = strlen(directory);
    while (size > 0 && directory[size - 1] == '/')
        size--;
    if (directory[0] == '\0')
        return;
    if (config->people_map_tiles[0] != '\0')
        problem(reading, KEY, "give it or map_tiles, not both: the map has one ground");
    if (stat(directory, &status) == 0 && !S_ISDIR(status.st_mode))
        problem(reading, KEY, "it is no directory; give the one that the zooms' folders lie in");
    else if (access(directory, R_OK | X_OK) != 0)
        problem(reading, KEY, "it cannot be read: %s; give a directory of tiles, or take the key out", strerror(errno));
    if (!strncmp(directory, config->data_dir, size) && (config->data_dir[size] == '/' || config->data_dir[size] == '\0'))
        problem(reading, KEY, "data_dir lies in it; give a directory that holds tiles alone");
}

enum rond_err config_load(const char *path, config_report *report, void *context, struct config *ret_config) {
    struct reading reading = {.path = path, .config = DEFAULTS, .report = report, .context = context};
    reading.file = fopen(path, "re");
    if (!reading.file) {
        int error = errno;
        problem(&reading, "(file)", "%s", strerror(error));
        return error == ENOENT ? ROND_ENOTFOUND : ROND_EIO;
    }
    int bad_line = ini_parse_stream(read_line, &reading, on_value, &reading);
    bool failed = ferror(reading.file) != 0;
    (void)fclose(reading.file);
    if (failed || bad_line < 0) {
        problem(&reading, "(file)", "it cannot be read");
        return ROND_EIO;
    }
    if (bad_line > 0) {
        reading.line = bad_line;
        problem(&reading, "(line)", "write [section] or key = value");
    }
    if ((reading.config.people_certificate[0] == '\0') != (reading.config.people_key[0] == '\0'))
        problem(&reading, "people.key", "give certificate and key both, or neither");
    if (reading.config.people_forbidden_passwords[0] != '\0' && access(reading.config.people_forbidden_passwords, R_OK) != 0)
        problem(&reading, "people.forbidden_passwords",
                "it cannot be read: %s; give a file of passwords, one a line, or take the key out", strerror(errno));
    check_tiles(&reading);
    if (reading.problems > 0)
        return ROND_EINVALID;
    *ret_config = reading.config;
    return ROND_OK;
}
