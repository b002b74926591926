// Which frame may come from whom in which state: one table drives both ends.
#ifndef WIRE_FLOW_H
#define WIRE_FLOW_H

#include <stdbool.h>

#include "rond/v1/sync.pb-c.h"

enum flow_side { FLOW_DEVICE, FLOW_SERVER };
// States of a conversation, the same at both ends.
enum flow_state {
    FLOW_OPEN,    // upgraded; Hello (and the first Batch or Lost) not yet answered
    FLOW_READY,   // Welcome sent / received
    FLOW_CLOSING, // a Refusal or Forked ended it; frames that were under way are dropped
    FLOW_STATE_COUNT
};

// True where `side` may send this frame while the conversation is in `state`.
bool flow_is_legal(enum flow_side side, enum flow_state state, Rond__V1__Frame__KindCase kind);
const char *flow_frame_name(Rond__V1__Frame__KindCase kind);

#endif
