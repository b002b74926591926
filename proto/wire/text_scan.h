// Looks at the texts of a serialized message before it is decoded.
#ifndef WIRE_TEXT_SCAN_H
#define WIRE_TEXT_SCAN_H

#include <protobuf-c/protobuf-c.h>

#include "base/bytes.h"
#include "base/err.h"

// ROND_EINVALID where a text (string field) anywhere in the message is not UTF-8 or holds a NUL; the field's path is
// then in fault->field and fault->text says which; the code is the caller's. Bytes that are not a message at all are
// left to the decoder, which refuses them.
MUST_CHECK enum rond_err text_scan(const ProtobufCMessageDescriptor *type, struct bytes message, struct fault *fault);

#endif
