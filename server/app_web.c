// The pages' files, as they were built in. What has its hash in its name is kept by browsers for a year; the pages
// themselves are asked for again each time, and answered with 304 where they are the same.
#include "app_people.h"

#include <string.h>

#include "web/assets.h"

static struct bytes encoded(const struct web_asset *asset, const struct http_head *head, const char **ret_encoding) {
    *ret_encoding = "br";
    if (asset->brotli.size > 0 && http_head_accepts(head, "br"))
        return asset->brotli;
    *ret_encoding = "gzip";
    if (asset->gzip.size > 0 && http_head_accepts(head, "gzip"))
        return asset->gzip;
    *ret_encoding = NULL;
    return asset->plain;
}

void app_web_answer(struct people_request *request, const char *path) {
    struct http_exchange *exchange = request->exchange;
    const struct http_head *head = http_exchange_head(exchange);
    bool is_front = !strcmp(request->endpoint->pattern, "/");
    const struct web_asset *asset = web_asset_find(is_front ? "/index.html" : path);
    const char *encoding;
    if (!asset) {
        people_request_refuse(request, REFUSAL_NOT_FOUND, NULL);
        return;
    }
    bool has_it = http_head_has_tag(head, asset->tag);
    struct bytes body = encoded(asset, head, &encoding);
    (void)http_exchange_header(exchange,
                               "cache-control:", asset->is_hashed ? "public, max-age=31536000, immutable" : "no-cache");
    (void)http_exchange_header(exchange, "etag:", asset->tag);
    (void)http_exchange_header(exchange, "vary:", "accept-encoding");
    if (encoding && !has_it)
        (void)http_exchange_header(exchange, "content-encoding:", encoding);
    http_exchange_answer_lasting(exchange, has_it ? HTTP_STATUS_NOT_MODIFIED : HTTP_STATUS_OK, asset->type,
                                 has_it ? bytes_of(NULL, 0) : body);
    people_request_destroy(request);
}
