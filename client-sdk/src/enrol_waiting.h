// What a device needs to ask once more where it waits for a second person's approval: kept sealed in the outbox file (setting
// "enrolment.waiting"), so that the person need not keep the code. The code serves this device's key alone by then.
#ifndef CLIENT_ENROL_WAITING_H
#define CLIENT_ENROL_WAITING_H

#include "enrol.h"

struct enrol_waiting {
    const char *url;
    struct enrol_code_parts code;
    const char *name; // of the device; "" where none was given
};

MUST_CHECK enum rond_err enrol_waiting_put(struct outbox *outbox, const struct enrol_waiting *waiting);
// ROND_ENOTFOUND: nothing waits. Texts are in the arena; the code is the caller's to wipe.
MUST_CHECK enum rond_err enrol_waiting_get(struct outbox *outbox, struct arena *arena, struct enrol_waiting *ret_waiting);
// ROND_OK, too, where nothing waits.
MUST_CHECK enum rond_err enrol_waiting_end(struct outbox *outbox);

#endif
