#include "web/assets.h"

#include <string.h>

const struct web_asset *web_asset_find(const char *path) {
    for (size_t i = 0; i < WEB_ASSETS_COUNT; i++)
        if (!strcmp(WEB_ASSETS[i].path, path))
            return &WEB_ASSETS[i];
    return NULL;
}

const struct web_columns *web_columns_find(const char *pattern) {
    for (size_t i = 0; i < WEB_COLUMNS_COUNT; i++)
        if (!strcmp(WEB_COLUMNS[i].pattern, pattern))
            return &WEB_COLUMNS[i];
    return NULL;
}
