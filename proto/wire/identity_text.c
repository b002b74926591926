#include "wire/identity_text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ID_TEXT_LENGTH = 2 * ID_SIZE, SEQ_TEXT_LENGTH_MAX = 19 };

void identity_text_format(const struct id128 *device, const struct id128 *outbox, uint64_t seq,
                          char ret_text[IDENTITY_TEXT_SIZE]) {
    char device_text[ID_TEXT_LENGTH + 1], outbox_text[ID_TEXT_LENGTH + 1];
    hex_encode(bytes_of(device->b, ID_SIZE), device_text);
    hex_encode(bytes_of(outbox->b, ID_SIZE), outbox_text);
    snprintf(ret_text, IDENTITY_TEXT_SIZE, "%s-%s-%" PRIu64, device_text, outbox_text, seq);
}

bool identity_text_is_meant(const char *text) {
    return strlen(text) > ID_TEXT_LENGTH; // a short reference has at most 23 characters
}

// An id and the dash behind it; the rest of the text, or NULL.
static const char *id_take(const char *text, struct id128 *ret_id) {
    char lower[ID_TEXT_LENGTH + 1] = "";
    for (size_t i = 0; i < ID_TEXT_LENGTH; i++) {
        if (text[i] == '\0')
            return NULL;
        lower[i] = (char)tolower((unsigned char)text[i]);
    }
    if (text[ID_TEXT_LENGTH] != '-' || !hex_decode(lower, ret_id->b, ID_SIZE))
        return NULL;
    return text + ID_TEXT_LENGTH + 1;
}

static bool seq_take(const char *text, uint64_t *ret_seq) {
    size_t length = strlen(text);
    uint64_t seq = 0;
    if (length == 0 || length > SEQ_TEXT_LENGTH_MAX)
        return false;
    for (; *text != '\0'; text++) {
        if (!isdigit((unsigned char)*text))
            return false;
        seq = seq * 10 + (uint64_t)(*text - '0');
    }
    *ret_seq = seq;
    return seq > 0 && seq <= INT64_MAX;
}

enum rond_err identity_text_parse(const char *text, struct id128 *ret_device, struct id128 *ret_outbox, uint64_t *ret_seq,
                                  struct fault *fault) {
    struct id128 device, outbox;
    uint64_t seq;
    const char *rest = id_take(text, &device);
    rest = rest == NULL ? NULL : id_take(rest, &outbox);
    if (rest == NULL || !seq_take(rest, &seq))
        return fault_set(fault, ROND_EINVALID, 0, "reference",
                         "It is no identity of a report (DEVICE-OUTBOX-NUMBER). Copy it whole from where it is shown.");
    *ret_device = device;
    *ret_outbox = outbox;
    *ret_seq = seq;
    return ROND_OK;
}
