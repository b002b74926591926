// What the contract says of bodies that are destroyed, of the keys that they lie under, and of the rules by which that
// happens. The verbs are in ledger.h, registry.h and views.h.
#ifndef STORE_ERASURE_H
#define STORE_ERASURE_H

#include "base/bytes.h"
#include "counting/match.h"

enum { BODY_KEY_SIZE = 32 };
struct body_key {
    uint8_t b[BODY_KEY_SIZE];
};

// When and why a body was destroyed.
#define ERASED_BY_REQUEST "request" // a person decided about this one
struct erasure {
    int64_t at_ms;
    const char *rule; // ERASED_BY_REQUEST, or the retention rule: "polisen/default year+1y"; no content
    const char *role; // as stored_report.role, where the body cannot tell it any more; else NULL
};
// The key of a report's body, or of a fork's. Rows may be numbered otherwise after a restore, so the leaf goes with them.
struct body_key_row {
    uint64_t row;  // of a fork: its id
    uint64_t leaf; // first eight bytes
    struct body_key key;
};
struct erasure_row {
    uint64_t row;
    uint64_t leaf;
    struct erasure erasure;
};

// A rule that people set: of retention, a legal hold, of disclosure. What its body says is retention.h's and disclosure.h's.
enum rule_kind { RULE_RETENTION = 1, RULE_HOLD = 2, RULE_DISCLOSURE = 3 }; // stored
struct rule {
    enum rule_kind kind;
    const char *id;
    const char *body; // one JSON object; NULL in rule_put: it goes
    int64_t at_ms;
    const char *actor;
};

// A line of the retention protocol: what one step of a run erased by one rule of one controller. It names nobody and holds
// no content.
struct retention_note {
    int64_t run_ms; // when the run began
    int64_t at_ms;
    const char *actor;
    const char *rule; // as erasure.rule
    const char *controller;
    uint64_t reports, forks;
    int64_t first_ms, last_ms; // of their receipt
};

// What retention must know of a report, without its body.
struct retained_row {
    uint64_t row;
    struct report_key key;
    const char *organisation, *area;
    uint32_t kind;
    bool is_withdrawal, quarantined, flagged;
    int64_t received_ms;
    int64_t from_s, to_s;
};

#endif
