#include "libraries.h"

#include <jansson.h>
#include <libwebsockets.h>
#include <openssl/crypto.h>
#include <openssl/opensslv.h>
#include <protobuf-c/protobuf-c.h>
#include <seccomp.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>
#include <zstd.h>

#define NUMBERS(major, minor, patch) TEXT(major) "." TEXT(minor) "." TEXT(patch)
#define TEXT(number) TEXT_OF(number)
#define TEXT_OF(number) #number

static const char *openssl_running(void) {
    return OpenSSL_version(OPENSSL_VERSION_STRING);
}

static const char *seccomp_running(void) {
    static _Thread_local char text[LIBRARY_VERSION_SIZE];
    const struct scmp_version *version = seccomp_version();
    (void)snprintf(text, sizeof text, "%u.%u.%u", version->major, version->minor, version->micro);
    return text;
}

// libyaml, inih, libqrencode, libcares and libsystemd do not say what they were compiled as, or not what they are.
static const struct {
    const char *name, *compiled;
    const char *(*running)(void);
} LINKED[] = {
    {"libwebsockets", LWS_LIBRARY_VERSION, lws_get_library_version},
    {"libuv", NUMBERS(UV_VERSION_MAJOR, UV_VERSION_MINOR, UV_VERSION_PATCH), uv_version_string},
    {"sqlite", SQLITE_VERSION, sqlite3_libversion},
    {"openssl", OPENSSL_VERSION_STR, openssl_running},
    {"protobuf-c", PROTOBUF_C_VERSION, protobuf_c_version},
    {"zstd", ZSTD_VERSION_STRING, ZSTD_versionString},
    {"jansson", JANSSON_VERSION, jansson_version_str},
    {"libseccomp", NUMBERS(SCMP_VER_MAJOR, SCMP_VER_MINOR, SCMP_VER_MICRO), seccomp_running},
};

// Digits and points: libwebsockets says "4.1.6-" and what it was built from behind that.
static void numbers_of(const char *text, char (*ret_numbers)[LIBRARY_VERSION_SIZE]) {
    size_t size = strspn(text, "0123456789.");
    (void)snprintf(*ret_numbers, sizeof *ret_numbers, "%.*s", (int)size, text);
}

bool libraries_get(size_t index, struct library *ret_library) {
    if (index >= sizeof LINKED / sizeof *LINKED)
        return false;
    ret_library->name = LINKED[index].name;
    numbers_of(LINKED[index].compiled, &ret_library->compiled);
    numbers_of(LINKED[index].running(), &ret_library->running);
    return true;
}

static long number_at(const char *version, int place) {
    for (; place > 0 && version; place--) {
        version = strchr(version, '.');
        version = version ? version + 1 : NULL;
    }
    return version ? strtol(version, NULL, 10) : 0;
}

enum library_fit libraries_fit(const struct library *library) {
    int abi_places = strcmp(library->name, "libwebsockets") == 0 ? 2 : 1;
    for (int place = 0; place < 3; place++) {
        long compiled = number_at(library->compiled, place), running = number_at(library->running, place);
        if (compiled == running)
            continue;
        if (place < abi_places)
            return LIBRARY_OTHER_ABI;
        return running > compiled ? LIBRARY_NEWER : LIBRARY_OLDER;
    }
    return LIBRARY_SAME;
}

enum rond_err libraries_list(struct buffer *to) {
    struct library library;
    enum rond_err err = ROND_OK;
    for (size_t i = 0; libraries_get(i, &library) && !err; i++)
        err = strcmp(library.compiled, library.running) == 0
                  ? buffer_printf(to, "%s %s\n", library.name, library.running)
                  : buffer_printf(to, "%s %s (compiled against %s)\n", library.name, library.running, library.compiled);
    return err;
}

enum rond_err libraries_check(void (*newer)(const struct library *library), struct fault *fault) {
    struct library library;
    for (size_t i = 0; libraries_get(i, &library); i++) {
        enum library_fit fit = libraries_fit(&library);
        if (fit == LIBRARY_NEWER)
            newer(&library);
        if (fit == LIBRARY_OLDER || fit == LIBRARY_OTHER_ABI)
            return fault_set(fault, ROND_ECONFLICT, 0, "",
                             "%s %s is installed and rondd was made for %s: install that, or build anew.", library.name,
                             library.running, library.compiled);
    }
    return ROND_OK;
}
