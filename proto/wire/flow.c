#include "wire/flow.h"

#include <stdint.h>

#define HELLO (1u << ROND__V1__FRAME__KIND_HELLO)
#define WELCOME (1u << ROND__V1__FRAME__KIND_WELCOME)
#define BATCH (1u << ROND__V1__FRAME__KIND_BATCH)
#define VERDICTS (1u << ROND__V1__FRAME__KIND_VERDICTS)
#define EXPECTED (1u << ROND__V1__FRAME__KIND_EXPECTED)
#define LOST (1u << ROND__V1__FRAME__KIND_LOST)
#define FORKED (1u << ROND__V1__FRAME__KIND_FORKED)
#define REFUSAL (1u << ROND__V1__FRAME__KIND_REFUSAL)
#define REFERENCE (1u << ROND__V1__FRAME__KIND_REFERENCE)
#define FEEDBACK (1u << ROND__V1__FRAME__KIND_FEEDBACK)
#define RECEIVED (1u << ROND__V1__FRAME__KIND_RECEIVED)

// In FLOW_READY a device may say Hello again (it goes on with another outbox) and is answered by another Welcome.
static const uint32_t legal[2][FLOW_STATE_COUNT] = {
    [FLOW_DEVICE] =
        {
            [FLOW_OPEN] = HELLO | BATCH | LOST | REFUSAL,
            [FLOW_READY] = HELLO | BATCH | LOST | RECEIVED | REFUSAL,
        },
    [FLOW_SERVER] =
        {
            [FLOW_OPEN] = WELCOME | FORKED | REFUSAL,
            [FLOW_READY] = WELCOME | VERDICTS | EXPECTED | FORKED | REFUSAL | REFERENCE | FEEDBACK,
        },
};

bool flow_is_legal(enum flow_side side, enum flow_state state, Rond__V1__Frame__KindCase kind) {
    if (side > FLOW_SERVER || state >= FLOW_STATE_COUNT || (unsigned)kind > ROND__V1__FRAME__KIND_RECEIVED)
        return false;
    return (legal[side][state] & 1u << kind) != 0;
}

const char *flow_frame_name(Rond__V1__Frame__KindCase kind) {
    static const char *const names[] = {
        [ROND__V1__FRAME__KIND__NOT_SET] = "unknown",  [ROND__V1__FRAME__KIND_HELLO] = "hello",
        [ROND__V1__FRAME__KIND_WELCOME] = "welcome",   [ROND__V1__FRAME__KIND_BATCH] = "batch",
        [ROND__V1__FRAME__KIND_VERDICTS] = "verdicts", [ROND__V1__FRAME__KIND_EXPECTED] = "expected",
        [ROND__V1__FRAME__KIND_LOST] = "lost",         [ROND__V1__FRAME__KIND_FORKED] = "forked",
        [ROND__V1__FRAME__KIND_REFUSAL] = "refusal",   [ROND__V1__FRAME__KIND_REFERENCE] = "reference",
        [ROND__V1__FRAME__KIND_FEEDBACK] = "feedback", [ROND__V1__FRAME__KIND_RECEIVED] = "received",
    };
    return (unsigned)kind <= ROND__V1__FRAME__KIND_RECEIVED ? names[kind] : "unknown";
}
