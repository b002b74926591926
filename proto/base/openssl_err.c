#include "base/openssl_err.h"

#include <openssl/err.h>

enum rond_err openssl_err(enum rond_err otherwise) {
    enum rond_err err = otherwise;
    for (unsigned long error; (error = ERR_get_error()) != 0;)
        if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE)
            err = ROND_ENOMEM;
    return err;
}
