// The pages' files, built into the program by server/web/build.mjs: as they are, and compressed, since libwebsockets
// compresses nothing.
#ifndef WEB_ASSETS_H
#define WEB_ASSETS_H

#include "base/bytes.h"

struct web_asset {
    const char *path; // "/assets/main-3MZK7XQ2.js"
    const char *type;
    const char *tag;  // "\"9f86d081884c7d65\"", of the content
    bool is_hashed;   // its name changes with its content: it may be kept for ever
    struct bytes plain, brotli, gzip; // size 0: compressing it does not pay
};
extern const struct web_asset WEB_ASSETS[];
extern const size_t WEB_ASSETS_COUNT;

// NULL where there is none of that path.
const struct web_asset *web_asset_find(const char *path);

// A list of the API as a file: its columns, from its description (server/web/openapi/).
struct web_columns {
    const char *pattern; // of auth/endpoints.h: "/api/v1/reports"
    const char *file;    // its name without the ending: "rond-reports"
    const char *const *paths;
    size_t count;
};
extern const struct web_columns WEB_COLUMNS[];
extern const size_t WEB_COLUMNS_COUNT;

// NULL where it is no list.
const struct web_columns *web_columns_find(const char *pattern);

#endif
