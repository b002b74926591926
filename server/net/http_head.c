#include "net/http_head.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

static void copy_known(struct lws *wsi, enum lws_token_indexes token, struct http_head *head, char *to, size_t size) {
    int length = lws_hdr_total_length(wsi, token);
    if (length <= 0)
        return;
    if ((size_t)length >= size || lws_hdr_copy(wsi, to, (int)size, token) < 0) {
        to[0] = '\0';
        head->is_wrong = true;
    }
}

static bool copy_custom(struct lws *wsi, const char *name, struct http_head *head, char *to, size_t size) {
    int length = lws_hdr_custom_length(wsi, name, (int)strlen(name));
    if (length < 0)
        return false;
    if ((size_t)length >= size || (length > 0 && lws_hdr_custom_copy(wsi, to, (int)size, name, (int)strlen(name)) < 0)) {
        to[0] = '\0';
        head->is_wrong = true;
    }
    return true;
}

// libwebsockets decodes the query and keeps each argument as a fragment.
static void copy_query(struct lws *wsi, struct http_head *head) {
    size_t used = 0;
    for (int i = 0;; i++) {
        int length = lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS, i);
        if (length <= 0)
            return;
        if (used + (size_t)length + 2 > sizeof head->query ||
            lws_hdr_copy_fragment(wsi, head->query + used, (int)(sizeof head->query - used - 1), WSI_TOKEN_HTTP_URI_ARGS,
                                  i) < 0) {
            head->query[used] = '\0';
            head->is_wrong = true;
            return;
        }
        used += strlen(head->query + used) + 1;
    }
}

static void copy_peer(struct lws *wsi, struct http_head *head) {
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    if (getpeername(lws_get_socket_fd(wsi), (struct sockaddr *)&address, &size))
        return;
    const struct sockaddr_in *in4 = (const struct sockaddr_in *)&address;
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&address;
    if (address.ss_family == AF_UNIX)
        strcpy(head->peer, "unix");
    else if (address.ss_family == AF_INET)
        (void)inet_ntop(AF_INET, &in4->sin_addr, head->peer, sizeof head->peer);
    else if (address.ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
        (void)inet_ntop(AF_INET, &in6->sin6_addr.s6_addr[12], head->peer, sizeof head->peer);
    else if (address.ss_family == AF_INET6)
        (void)inet_ntop(AF_INET6, &in6->sin6_addr, head->peer, sizeof head->peer);
}

// A list too long to be looked through asks for nothing in particular.
static bool accepts_html(struct lws *wsi) {
    char accept[HTTP_HEAD_TEXT_SIZE] = "";
    int size = lws_hdr_copy(wsi, accept, sizeof accept, WSI_TOKEN_HTTP_ACCEPT);
    return size > 0 && strstr(accept, "text/html") != NULL;
}

void http_head_read(struct lws *wsi, const char *remote_user_header, struct http_head *ret_head) {
    *ret_head = (struct http_head){0};
    copy_query(wsi, ret_head);
    copy_known(wsi, WSI_TOKEN_HTTP_COOKIE, ret_head, ret_head->cookie, sizeof ret_head->cookie);
    copy_known(wsi, WSI_TOKEN_ORIGIN, ret_head, ret_head->origin, sizeof ret_head->origin);
    copy_known(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE, ret_head, ret_head->content_type, sizeof ret_head->content_type);
    (void)copy_custom(wsi, "x-rond-csrf:", ret_head, ret_head->csrf, sizeof ret_head->csrf);
    (void)copy_custom(wsi, "sec-fetch-site:", ret_head, ret_head->fetch_site, sizeof ret_head->fetch_site);
    char automatic[HTTP_HEAD_TEXT_SIZE] = "";
    (void)copy_custom(wsi, "x-rond-auto:", ret_head, automatic, sizeof automatic);
    ret_head->is_automatic = !strcmp(automatic, "1");
    copy_known(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH, ret_head, ret_head->if_none_match, sizeof ret_head->if_none_match);
    copy_known(wsi, WSI_TOKEN_HTTP_ACCEPT_ENCODING, ret_head, ret_head->accept_encoding, sizeof ret_head->accept_encoding);
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_ACCEPT_LANGUAGE) < (int)sizeof ret_head->accept_language)
        copy_known(wsi, WSI_TOKEN_HTTP_ACCEPT_LANGUAGE, ret_head, ret_head->accept_language,
                   sizeof ret_head->accept_language);
    ret_head->wants_page = accepts_html(wsi);
    ret_head->has_remote_user =
        copy_custom(wsi, remote_user_header, ret_head, ret_head->remote_user, sizeof ret_head->remote_user);
    copy_peer(wsi, ret_head);
}

const char *http_head_argument(const struct http_head *head, const char *name) {
    size_t size = strlen(name);
    for (const char *at = head->query; *at != '\0'; at += strlen(at) + 1)
        if (strncmp(at, name, size) == 0 && at[size] == '=')
            return at + size + 1;
    return NULL;
}

bool http_head_cookie(const struct http_head *head, const char *name, char *ret_value, size_t size) {
    size_t name_size = strlen(name), found = 0;
    for (const char *at = head->cookie; *at != '\0';) {
        at += strspn(at, "; ");
        size_t length = strcspn(at, ";");
        if (length > name_size && strncmp(at, name, name_size) == 0 && at[name_size] == '=') {
            if (++found > 1 || length - name_size > size)
                return false;
            memcpy(ret_value, at + name_size + 1, length - name_size - 1);
            ret_value[length - name_size - 1] = '\0';
        }
        at += length;
    }
    return found == 1;
}

bool http_head_is_of_type(const struct http_head *head, const char *type) {
    size_t size = strlen(type);
    const char *given = head->content_type;
    return !strncmp(given, type, size) && (given[size] == '\0' || given[size] == ';' || given[size] == ' ');
}

// The next of a list of values, without the spaces and commas around it; empty at the end.
static struct bytes next_value(const char **at) {
    *at += strspn(*at, ", \t");
    struct bytes value = bytes_of(*at, strcspn(*at, ","));
    *at += value.size;
    while (value.size > 0 && (value.data[value.size - 1] == ' ' || value.data[value.size - 1] == '\t'))
        value.size--;
    return value;
}

bool http_head_has_tag(const struct http_head *head, const char *tag) {
    const char *at = head->if_none_match;
    for (struct bytes value = next_value(&at); value.size > 0; value = next_value(&at)) {
        bool is_weak = value.size > 2 && !memcmp(value.data, "W/", 2);
        if (bytes_equal(is_weak ? bytes_of(value.data + 2, value.size - 2) : value, bytes_of_text(tag)))
            return true;
    }
    return false;
}

// "br;q=0" is a refusal; other weights do not matter, since whoever names an encoding can read it.
bool http_head_accepts(const struct http_head *head, const char *encoding) {
    const char *at = head->accept_encoding;
    size_t size = strlen(encoding);
    for (struct bytes value = next_value(&at); value.size > 0; value = next_value(&at)) {
        if (value.size < size || memcmp(value.data, encoding, size) != 0)
            continue;
        const char *rest = (const char *)value.data + size, *end = (const char *)value.data + value.size;
        if (rest == end)
            return true;
        if (*rest == ';' || *rest == ' ') {
            const char *weight = memchr(rest, '=', (size_t)(end - rest));
            return weight == NULL || strtod(weight + 1, NULL) > 0;
        }
    }
    return false;
}

// "en-GB;q=0.8" weighs 0.8 for "en"; the heaviest of them all.
static double weight_of(const struct http_head *head, const char *language) {
    const char *at = head->accept_language;
    size_t size = strlen(language);
    double heaviest = 0;
    for (struct bytes value = next_value(&at); value.size > 0; value = next_value(&at)) {
        const char *start = (const char *)value.data, *end = start + value.size;
        if (value.size < size || strncasecmp(start, language, size) != 0 ||
            (value.size > size && !strchr("-; ", start[size])))
            continue;
        const char *weight = memchr(start, '=', value.size);
        double said = weight == NULL ? 1 : weight + 1 == end ? 0 : strtod(weight + 1, NULL);
        heaviest = said > heaviest ? said : heaviest;
    }
    return heaviest;
}

bool http_head_prefers(const struct http_head *head, const char *language, const char *other) {
    return weight_of(head, language) > weight_of(head, other);
}
