// One setting:
//   secret (16 bytes) || the CA's fingerprint (16 bytes) || be32(size of the URL) || URL || name
#include "enrol_waiting.h"

#include <string.h>

#include "wire/limits.h"

enum {
    URL_BYTES_MAX = 512,
    CODE_SIZE = CODE_SECRET_SIZE + CA_FINGERPRINT_SIZE,
    HEAD_SIZE = CODE_SIZE + 4,
    WAITING_BYTES_MAX = HEAD_SIZE + URL_BYTES_MAX + DEVICE_NAME_BYTES_MAX
};
static const char setting[] = "enrolment.waiting";

enum rond_err enrol_waiting_put(struct outbox *outbox, const struct enrol_waiting *waiting) {
    uint8_t head[HEAD_SIZE];
    struct buffer value;
    memcpy(head, waiting->code.secret, CODE_SECRET_SIZE);
    memcpy(head + CODE_SECRET_SIZE, waiting->code.ca_fingerprint, CA_FINGERPRINT_SIZE);
    put_be32(head + CODE_SIZE, (uint32_t)strlen(waiting->url));
    buffer_init(&value, WAITING_BYTES_MAX);
    enum rond_err err = strlen(waiting->url) <= URL_BYTES_MAX ? ROND_OK : ROND_EINVALID;
    if (err == ROND_OK)
        err = buffer_append(&value, bytes_of(head, sizeof head));
    if (err == ROND_OK)
        err = buffer_append(&value, bytes_of_text(waiting->url));
    if (err == ROND_OK)
        err = buffer_append(&value, bytes_of_text(waiting->name));
    if (err == ROND_OK)
        err = outbox_setting_put(outbox, setting, buffer_bytes(&value));
    bytes_wipe(head, sizeof head);
    if (value.data != NULL)
        bytes_wipe(value.data, value.capacity);
    buffer_deinit(&value);
    return err;
}

static enum rond_err waiting_decode(struct bytes stored, struct arena *arena, struct enrol_waiting *ret_waiting) {
    if (stored.size < HEAD_SIZE || stored.size > WAITING_BYTES_MAX ||
        get_be32(stored.data + CODE_SIZE) > stored.size - HEAD_SIZE)
        return ROND_ECORRUPT;
    size_t url_size = get_be32(stored.data + CODE_SIZE), name_size = stored.size - HEAD_SIZE - url_size;
    char *url = arena_alloc(arena, url_size + 1), *name = arena_alloc(arena, name_size + 1);
    if (url == NULL || name == NULL)
        return ROND_ENOMEM;
    memcpy(url, stored.data + HEAD_SIZE, url_size);
    memcpy(name, stored.data + HEAD_SIZE + url_size, name_size);
    memcpy(ret_waiting->code.secret, stored.data, CODE_SECRET_SIZE);
    memcpy(ret_waiting->code.ca_fingerprint, stored.data + CODE_SECRET_SIZE, CA_FINGERPRINT_SIZE);
    ret_waiting->url = url;
    ret_waiting->name = name;
    return ROND_OK;
}

enum rond_err enrol_waiting_get(struct outbox *outbox, struct arena *arena, struct enrol_waiting *ret_waiting) {
    struct bytes stored;
    enum rond_err err = outbox_setting_get(outbox, setting, arena, &stored);
    return err == ROND_OK ? waiting_decode(stored, arena, ret_waiting) : err;
}

enum rond_err enrol_waiting_end(struct outbox *outbox) {
    struct arena arena;
    struct bytes stored;
    arena_init(&arena, WAITING_BYTES_MAX + 4096);
    enum rond_err err = outbox_setting_get(outbox, setting, &arena, &stored);
    if (err == ROND_OK || err == ROND_ECORRUPT) // where nothing waits nothing is written
        err = outbox_setting_put(outbox, setting, bytes_of(NULL, 0));
    arena_deinit(&arena);
    return err == ROND_ENOTFOUND ? ROND_OK : err;
}
