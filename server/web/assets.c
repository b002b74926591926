#include "web/assets.h"

#include <string.h>

const struct web_asset *web_asset_find(const char *path) {
    for (size_t i = 0; i < WEB_ASSETS_COUNT; i++)
        if (!strcmp(WEB_ASSETS[i].path, path))
            return &WEB_ASSETS[i];
    return NULL;
}
