// What stands around a request's path and body: the few header fields that the people's listener needs, copied when the
// request begins, since libwebsockets forgets them. Whatever does not fit is told by is_wrong, and the request is refused.
// Of a header that comes twice libwebsockets gives one, so a proxy has to replace what a client says of itself, not to add.
#ifndef NET_HTTP_HEAD_H
#define NET_HTTP_HEAD_H

#include <libwebsockets.h>

#include "base/bytes.h"

enum { HTTP_QUERY_SIZE = 1024, HTTP_HEAD_TEXT_SIZE = 300, HTTP_HEADER_NAME_SIZE = 64, HTTP_PEER_SIZE = 64 };

struct http_head {
    bool is_wrong;
    char query[HTTP_QUERY_SIZE]; // "name=value" decoded, each ended by NUL; an empty one ends them
    char cookie[HTTP_QUERY_SIZE];
    char origin[HTTP_HEAD_TEXT_SIZE];
    char content_type[HTTP_HEAD_TEXT_SIZE];
    char csrf[HTTP_HEAD_TEXT_SIZE];       // X-Rond-CSRF
    char fetch_site[HTTP_HEAD_TEXT_SIZE]; // Sec-Fetch-Site
    bool is_automatic;                    // X-Rond-Auto: 1: a page asks by itself, nobody sits there for it
    char if_none_match[HTTP_HEAD_TEXT_SIZE];
    char accept_encoding[HTTP_HEAD_TEXT_SIZE];
    char accept_language[HTTP_HEAD_TEXT_SIZE]; // "" where it is too long: it is a wish
    bool wants_page;                           // Accept names HTML: somebody looks at the answer
    bool has_remote_user;                      // the header that a trusted proxy sets is there
    char remote_user[HTTP_HEAD_TEXT_SIZE];
    char peer[HTTP_PEER_SIZE]; // numeric address without port; "unix" of a Unix socket
};

// remote_user_header: its name in lower case with a colon behind.
void http_head_read(struct lws *wsi, const char *remote_user_header, struct http_head *ret_head);
// The value of "name" in the query; NULL where it is not there. Borrowed.
const char *http_head_argument(const struct http_head *head, const char *name);
// Whether the content is of that type, with or without parameters.
bool http_head_is_of_type(const struct http_head *head, const char *type);
// Whether the asker has what goes by that tag ("\"9f86d081\"") already.
bool http_head_has_tag(const struct http_head *head, const char *tag);
// Whether the asker takes a body in that encoding ("br").
bool http_head_accepts(const struct http_head *head, const char *encoding);
// Whether the asker would rather read that language ("en") than the other ("sv").
bool http_head_prefers(const struct http_head *head, const char *language, const char *other);
// The value of the cookie, copied; false where it is missing, too long or there twice.
bool http_head_cookie(const struct http_head *head, const char *name, char *ret_value, size_t size);

#endif
