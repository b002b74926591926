// One handheld and one server in a process: the real device engine over the real outbox, the real session over the real
// store, joined without a network, the way the SDK and the server drive them. Any call of either may fail.
#ifndef FAULT_TALK_H
#define FAULT_TALK_H

#include "device.h"
#include "fault/server_steps.h"
#include "outbox.h"

struct talk {
    struct server_life *server; // open
    struct outbox *outbox;      // open
    unsigned device;            // of Lund's
    bool is_drained;            // all that was queued is acknowledged, and what came down is stored
};
// One connection, to its end. ROND_OK: drained. Else the first thing that failed on the device, ROND_EAGAIN where the
// server ended it; the connection is gone then, and whoever has to try again opens anew what failed.
MUST_CHECK enum rond_err talk_once(struct talk *talk);

#endif
