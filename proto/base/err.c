#include "base/err.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

const char *rond_err_name(enum rond_err err) {
    switch (err) {
    case ROND_OK:
        return "ok";
    case ROND_EAGAIN:
        return "again";
    case ROND_EINVALID:
        return "invalid";
    case ROND_ECONFLICT:
        return "conflict";
    case ROND_EAUTH:
        return "auth";
    case ROND_EFULL:
        return "full";
    case ROND_EIO:
        return "io";
    case ROND_ENOMEM:
        return "no memory";
    case ROND_ECORRUPT:
        return "corrupt";
    case ROND_EPROTOCOL:
        return "protocol";
    case ROND_ENOTFOUND:
        return "not found";
    }
    return "unknown";
}

bool err_is_retryable(enum rond_err err) {
    return err == ROND_EAGAIN || err == ROND_EIO || err == ROND_ENOMEM;
}

enum rond_err fault_set(struct fault *fault, enum rond_err err, unsigned code, const char *field, const char *format, ...) {
    if (fault == NULL)
        return err;
    fault->code = code;
    snprintf(fault->field, sizeof fault->field, "%s", field == NULL ? "" : field);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fault->text, sizeof fault->text, format, arguments);
    va_end(arguments);
    return err;
}
