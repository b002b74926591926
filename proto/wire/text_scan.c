// protobuf-c hands texts over as C strings without looking at them: a NUL inside cuts the rest off silently, so that
// server and device would show another text than was signed, and bytes that are not UTF-8 go through. Comparing the
// size of a re-encoding would find the cut but also refuse what is merely encoded otherwise (a default written out, a
// field given twice, of which the last counts). So the bytes are walked once along the message's descriptor, and
// every string field is looked at where it stands. No message of the schema is recursive, which bounds the depth.
#include "wire/text_scan.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"

enum { DEPTH_MAX = 8, WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_SIZED = 2, WIRE_FIXED32 = 5 };

struct scan {
    const char *names[DEPTH_MAX]; // path of the field being looked at
    struct fault *fault;
};

static bool read_varint(struct bytes *at, uint64_t *ret_value) {
    uint64_t value = 0;
    for (unsigned i = 0; i < 10 && i < at->size; i++) {
        value |= (uint64_t)(at->data[i] & 0x7f) << (7 * i);
        if ((at->data[i] & 0x80) == 0) {
            *ret_value = value;
            *at = bytes_of(at->data + i + 1, at->size - i - 1);
            return true;
        }
    }
    return false;
}

// Takes one field off; *ret_body is its content where it is of the sized kind, else empty.
static bool read_field(struct bytes *at, uint32_t *ret_number, unsigned *ret_wire, struct bytes *ret_body) {
    uint64_t key, size = 0, ignored;
    if (!read_varint(at, &key))
        return false;
    *ret_number = (uint32_t)(key >> 3);
    *ret_wire = key & 7;
    *ret_body = bytes_of(NULL, 0);
    switch (*ret_wire) {
    case WIRE_VARINT:
        return read_varint(at, &ignored);
    case WIRE_FIXED64:
        size = 8;
        break;
    case WIRE_FIXED32:
        size = 4;
        break;
    case WIRE_SIZED:
        if (!read_varint(at, &size))
            return false;
        break;
    default:
        return false;
    }
    if (size > at->size)
        return false;
    if (*ret_wire == WIRE_SIZED)
        *ret_body = bytes_of(at->data, (size_t)size);
    *at = bytes_of(at->data + size, at->size - (size_t)size);
    return true;
}

static enum rond_err bad_text(const struct scan *scan, unsigned depth, struct bytes text) {
    char path[FAULT_FIELD_SIZE] = "";
    for (unsigned i = 0; i <= depth; i++) {
        size_t size = strlen(path);
        snprintf(path + size, sizeof path - size, "%s%s", i == 0 ? "" : ".", scan->names[i]);
    }
    bool nul = memchr(text.data, 0, text.size) != NULL;
    return fault_set(scan->fault, ROND_EINVALID, 0, path, "%s", nul ? "The text holds a NUL." : "The text is not UTF-8.");
}

static enum rond_err scan_message(struct scan *scan, unsigned depth, const ProtobufCMessageDescriptor *type,
                                  struct bytes message) {
    while (message.size > 0) {
        uint32_t number;
        unsigned wire;
        struct bytes body;
        if (!read_field(&message, &number, &wire, &body))
            return ROND_OK;
        if (wire != WIRE_SIZED)
            continue;
        const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field(type, number);
        if (field == NULL)
            continue;
        scan->names[depth] = field->name;
        if (field->type == PROTOBUF_C_TYPE_STRING && !utf8_is_valid(body))
            return bad_text(scan, depth, body);
        if (field->type != PROTOBUF_C_TYPE_MESSAGE)
            continue;
        CHECK(depth + 1 < DEPTH_MAX);
        enum rond_err err = scan_message(scan, depth + 1, field->descriptor, body);
        if (err != ROND_OK)
            return err;
    }
    return ROND_OK;
}

enum rond_err text_scan(const ProtobufCMessageDescriptor *type, struct bytes message, struct fault *fault) {
    struct scan scan = {.fault = fault};
    return scan_message(&scan, 0, type, message);
}
